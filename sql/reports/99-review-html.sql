-- SPDX-License-Identifier: PostgreSQL
-- The page of a review, put together.

CREATE FUNCTION cvm._review_style() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $$
:root{--ink:#1b1f24;--soft:#57606a;--paper:#fff;--line:#d0d7de;--tint:#f6f8fa;--up:#0072b2;--down:#d55e00;--end:#6e7781;--good:#0b5f99;--bad:#a84300}
 @media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--paper:#0d1117;--line:#30363d;--tint:#161b22;--up:#56b4e9;--down:#e69f00;--end:#8b949e;--good:#7cc7f5;--bad:#ffb454}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
h1{font-size:1.6rem;margin:0 0 .25rem}
h2{font-size:1.2rem;margin:2.25rem 0 .75rem;padding-top:.75rem;border-top:1px solid var(--line)}
p.stamp{color:var(--soft);margin:0 0 1rem}
ol.headline{padding-left:1.5rem;margin:0}
ol.headline li{margin:.5rem 0}
figure{margin:0;overflow-x:auto}
svg{display:block;width:100%;height:auto;min-width:40rem;font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
svg text{fill:var(--ink);text-anchor:middle}
svg text.cut{text-anchor:start;fill:var(--soft)}
rect.up{fill:var(--up)}rect.down{fill:var(--down)}rect.end{fill:var(--end)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.875rem;margin:.5rem 0}
caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
tbody th{font-weight:400}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
summary{cursor:pointer;color:var(--soft);font-size:.875rem}
.tag{display:inline-block;border:1px solid currentColor;border-radius:.75rem;padding:0 .5rem;font-size:.75rem;white-space:nowrap}
 @media print{:root{--ink:#000;--soft:#444;--paper:#fff;--line:#bbb;--tint:#fff;--up:#0072b2;--down:#d55e00;--end:#6e7781;--good:#0b5f99;--bad:#a84300}
body{max-width:none;padding:0;font-size:10pt}h2{break-after:avoid}figure,tr{break-inside:avoid}svg{min-width:0}details::details-content{content-visibility:visible;block-size:auto}*{print-color-adjust:exact}}
$$::text;
COMMENT ON FUNCTION cvm._review_style() IS 'The style sheet of a review: light, dark and print, in colours that colour-blind people tell apart.';

-- of what is read once
CREATE FUNCTION cvm._review_page(model name, month date, reader text, data jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH pack AS MATERIALIZED (
		SELECT r.*, row_number() OVER () AS place FROM cvm._review_ranked(data, month, reader) r
	)
	SELECT concat_ws(E'\n', '<!DOCTYPE html>', '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
		'<meta name="color-scheme" content="light dark"><title>' || t.title || '</title><style>' || cvm._review_style() || '</style></head><body>',
		'<header><h1>' || t.title || '</h1>',
		'<p class="stamp">' || cvm._html(format('For %s. Data through %s.', reader, to_char((SELECT max(p.as_of) FROM pack p) - 1, 'YYYY-MM-DD'))) || '</p></header><main>',
		'<section><h2>What matters</h2>' || coalesce((
			SELECT '<ol class="headline">' || string_agg(format('<li>%s <span class="tag">%s</span></li>', cvm._html(p.sentence), cvm._html(p.verdict)), E'\n' ORDER BY p.place) || '</ol>'
			FROM pack p WHERE p.section = 'headline'), '<p>Nothing that is sure enough.</p>') || '</section>',
		'<section><h2>Money that came and went</h2>' || cvm._review_waterfall(data, month) || '</section>',
		'</main></body></html>')
	FROM (SELECT cvm._html(format('Review of %s: %s', to_char(month, 'YYYY-MM'), model)) AS title) t;
$$;
COMMENT ON FUNCTION cvm._review_page(name, date, text, jsonb) IS 'The page of a review, of what cvm._review_data() found.';

CREATE FUNCTION cvm.review_html(model name, month text, reader text DEFAULT 'board') RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	day date := cvm._review_month(review_html.month);
	who text := cvm._review_reader(review_html.reader);
	data jsonb := cvm._review_data(review_html.model, day);
BEGIN
	PERFORM cvm._expect_review(review_html.model, day, data);
	RETURN cvm._review_page(review_html.model, day, who, data);
END
$$;
COMMENT ON FUNCTION cvm.review_html(name, text, text) IS
	'The review of a month (2025-11) as one page that needs nothing else: psql -Atc "SELECT cvm.review_html(''acme'', ''2025-11'')" > review.html. '
	'Reads the report views with the rights of the caller.';
