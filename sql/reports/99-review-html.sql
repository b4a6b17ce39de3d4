-- SPDX-License-Identifier: PostgreSQL
-- The page of a review, put together.

CREATE FUNCTION cvm._review_style() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN $$
:root{--ink:#1b1f24;--soft:#57606a;--paper:#fff;--line:#d0d7de;--tint:#f6f8fa;--up:#0072b2;--down:#d55e00;--end:#8c959f;--good:#0b5f99;--stir:#a84300}
 @media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9da7b3;--paper:#0d1117;--line:#30363d;--tint:#161b22;
--up:#56b4e9;--down:#e69f00;--end:#6e7681;--good:#7cc7f5;--stir:#ffb454}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
h1{font-size:1.6rem;margin:0 0 .25rem}
h2{font-size:1.2rem;margin:2.25rem 0 .75rem;padding-top:.75rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:0 0 .5rem}
.stamp,.note,.soft{color:var(--soft)}
.note{font-size:.875rem;margin:.5rem 0}
ol.headline{padding-left:1.5rem;margin:0;max-width:56rem}
ol.headline li{margin:.6rem 0}
figure{margin:0 0 1rem}
figure>svg,.scroll{display:block;overflow-x:auto}
svg{width:100%;height:auto;font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",Arial,sans-serif}
svg.line{width:96px;height:22px;min-width:96px}
svg.line polyline{fill:none;stroke:var(--end);stroke-width:1.5}svg.line circle{fill:var(--up)}
svg text{fill:var(--ink);text-anchor:middle}svg text.s{text-anchor:start}svg text.e{text-anchor:end}svg text.soft{fill:var(--soft)}
svg text.on{fill:var(--paper)}svg text.dark{fill:#111}svg text.pale{fill:#fff}
rect.up{fill:var(--up)}rect.down{fill:var(--down)}rect.end{fill:var(--end)}rect.none{fill:none;stroke:var(--line);stroke-dasharray:3 3}
.q0{fill:#eff3ff}.q1{fill:#d3e2f3}.q2{fill:#b3d1ea}.q3{fill:#8fbfe0}.q4{fill:#6baed6}.q5{fill:#2171b5}.q6{fill:#084594}
path{fill:none}path.axis{stroke:var(--line)}path.mark{stroke:var(--ink);stroke-width:1.5}path.was{stroke:var(--ink);stroke-width:2;stroke-dasharray:3 3}
g.calm circle{fill:var(--paper);stroke:var(--soft);stroke-width:2}g.stir circle{fill:var(--stir)}g.good circle{fill:var(--good)}g.calm path.mark{stroke:var(--soft)}
figure>svg{max-width:60rem}
table{border-collapse:collapse;width:100%;font-size:.875rem;margin:.5rem 0}
caption{text-align:left;color:var(--soft);padding:.25rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
tbody th{font-weight:400}
thead th.n{white-space:normal}
table.rows td:first-child{min-width:15rem}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
small{color:var(--soft)}
summary{cursor:pointer;color:var(--soft);font-size:.875rem}
.tag{display:inline-block;border:1px solid currentColor;border-radius:.75rem;padding:0 .5rem;font-size:.75rem;line-height:1.25rem;white-space:nowrap}
.tag.calm{color:var(--soft)}.tag.stir{color:var(--stir)}.tag.good{color:var(--good)}
.board{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1rem}
.stage{background:var(--tint);padding:.75rem;border-radius:.5rem}
.card{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;padding:.5rem .75rem;margin:.5rem 0;overflow-wrap:anywhere}
.card p{margin:.25rem 0 0;font-size:.875rem;color:var(--soft)}
dt{font-weight:600;font-size:.875rem;overflow-wrap:anywhere}dd{margin:0 0 .5rem;font-size:.875rem;color:var(--soft)}
 @media (max-width:700px){body{padding:1rem}figure{overflow-x:auto}figure>svg{width:44rem}}
 @media print{:root{--ink:#000;--soft:#444;--paper:#fff;--line:#bbb;--tint:#fff;--up:#0072b2;--down:#d55e00;--end:#8c959f;--good:#0b5f99;--stir:#a84300}
body{max-width:none;padding:0;font-size:10pt}h2{break-after:avoid}figure>svg,tr,.card{break-inside:avoid}details.rows{display:none}
.scroll,figure,figure>svg{overflow:visible}table{font-size:7.5pt}th,td{padding:.15rem .3rem}#heatmap tbody th{white-space:nowrap}svg.line{width:72px;min-width:0}
details::details-content{content-visibility:visible;block-size:auto}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
$$::text;
COMMENT ON FUNCTION cvm._review_style() IS
	'The style sheet of a review: light, dark and print, in colours that colour-blind people tell apart.';

CREATE FUNCTION cvm._review_list("rows" jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '<div class="scroll" tabindex="0"><table class="rows"><thead><tr><th scope="col">What</th><th scope="col">Owner</th><th scope="col">Verdict</th><th scope="col" class="n">p</th></tr></thead><tbody>'
		|| string_agg(format('<tr><td>%s</td><td>%s</td><td>%s</td><td class="n">%s</td></tr>', cvm._html(r.sentence), coalesce(cvm._html(nullif(r.owner,
			'(none)')), '&#8211;'), cvm._review_tag(r.verdict),
			coalesce(CASE WHEN r.p_adjusted < 0.0001 THEN '&lt; 0.0001' ELSE cvm._review_number(r.p_adjusted::numeric, 4) END, '')), E'\n' ORDER BY j.n)
		|| '</tbody></table></div>'
	FROM jsonb_array_elements("rows") WITH ORDINALITY AS j (value, n)
	CROSS JOIN LATERAL jsonb_to_record(j.value) AS r (sentence text, owner text, verdict text, p_adjusted double precision)
	HAVING count(*) > 0;
$$;
COMMENT ON FUNCTION cvm._review_list(jsonb) IS 'Rows of a review as a table of sentences.';

-- Of each section the page has its picture, what is a shift or is to be acted on,
-- and its first rows; what it leaves out it counts.
CREATE FUNCTION cvm._review_page(model name, month date, reader text, data jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH pack AS MATERIALIZED (
		SELECT r.*, row_number() OVER () AS place FROM cvm._review_ranked(data, month, reader) r
	), lined AS (
		SELECT p.*, row_number() OVER (PARTITION BY p.section ORDER BY p.place) AS no, count(*) OVER (PARTITION BY p.section) AS total,
			p.rank IS NOT NULL AND p.verdict <> 'result' OR p.section = 'data' OR p.verdict IN ('shift', 'gap', 'conflict', 'stale', 'overdue', 'unmeasured', 'no_action',
				'exposed', 'below_target', 'value_destroying', 'not_read', 'restated', 'harm', 'circle', 'not_senior') AS stirs
		FROM pack p
		WHERE p.section <> 'headline'
	), part AS (
		SELECT r.section, max(r.total) AS total, cvm._review_list(jsonb_agg(to_jsonb(r) ORDER BY abs(r.money) DESC NULLS LAST,
			r.place) FILTER (WHERE r.stirs)) AS stirring,
			cvm._review_list(jsonb_agg(to_jsonb(r) ORDER BY r.place) FILTER (WHERE r.no <= 80)) AS listed
		FROM lined r GROUP BY r.section
	), picture AS (
		SELECT 'movements' AS section, cvm._review_waterfall(data, month) AS html
		UNION ALL SELECT 'segments', cvm._review_segment_table(data, month)
		UNION ALL SELECT 'retention', cvm._review_heat_map(data, month)
		UNION ALL SELECT 'reasons', cvm._review_reason_bars(data, month)
		UNION ALL SELECT 'initiatives', cvm._review_board(data)
		UNION ALL SELECT 'drivers', cvm._review_quadrant(data, month)
		UNION ALL
		SELECT 'products', cvm._review_forest('products', 'Churn of products against the month before, in points',
			jsonb_agg(jsonb_build_object('name', p.subject, 'low', p.conf_low, 'mid', p.change, 'high', p.conf_high, 'verdict',
				p.verdict) ORDER BY abs(p.money) DESC NULLS LAST, p.place))
		FROM (SELECT * FROM pack WHERE section = 'products' AND metric = 'churn_rate' AND conf_low IS NOT NULL ORDER BY abs(money) DESC NULLS LAST,
			place LIMIT 20) p
		UNION ALL
		SELECT 'launches', cvm._review_forest('launches', 'Entries that took the place of another product, in % of entries; dashed: break-even',
			jsonb_agg(jsonb_build_object('name', concat_ws(', ', l.focal, nullif(l.segment, '(all)')), 'low', l.corrected_rate_low, 'mid', l.corrected_rate,
				'high', l.corrected_rate_high,
				'mark', l.break_even_unit_rate, 'verdict', l.verdict) ORDER BY l.focal COLLATE "C", l.segment <> '(all)', l.segment COLLATE "C"))
		FROM (SELECT * FROM jsonb_to_recordset(data -> 'cannibalization') AS c (focal text, segment text, corrected_rate numeric, corrected_rate_low numeric,
			corrected_rate_high numeric,
			break_even_unit_rate numeric, verdict text) WHERE c.corrected_rate_low IS NOT NULL ORDER BY c.focal COLLATE "C", c.segment <> '(all)',
				c.segment COLLATE "C" LIMIT 20) l
	), body AS (
		SELECT string_agg(format('<section id="s-%s"><h2>%s</h2>%s%s%s</section>', s.section, cvm._html(s.title), p.html, t.stirring,
			'<details class="rows"><summary>' || cvm._html(CASE WHEN t.total > 80
				THEN format('The first 80 of %s rows; all: SELECT * FROM cvm.review_pack(%L, %L) WHERE section = %L', t.total, model,
				to_char(month, 'YYYY-MM'), s.section) ELSE format('All rows: %s', t.total) END) || '</summary>' || t.listed || '</details>'),
					E'\n' ORDER BY s.position) AS html
		FROM cvm.review_section s
		JOIN part t ON t.section = s.section
		LEFT JOIN picture p ON p.section = s.section
	)
	SELECT concat_ws(E'\n', '<!DOCTYPE html>',
		'<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
		'<meta name="color-scheme" content="light dark"><title>' || t.title || '</title><style>' || cvm._review_style() || '</style></head><body>',
		'<header><h1>' || t.title || '</h1>', '<p class="stamp">' || cvm._html(format('For %s. Data through %s.', CASE reader WHEN 'cmo' THEN 'the CMO'
				WHEN 'cco_commercial' THEN 'the CCO (commercial)' WHEN 'cco_customer' THEN 'the CCO (customer)' WHEN 'service' THEN 'customer service'
				WHEN 'product' THEN 'product management' WHEN 'it' THEN 'IT and analytics' WHEN 'board' THEN 'the board' ELSE reader END,
			(SELECT coalesce(max(p.as_of) FILTER (WHERE p.is_complete IS NOT NULL), max(p.as_of)) - 1 FROM pack p)::text)) || '</p></header><main>',
		'<section id="s-headline"><h2>What matters</h2>' || coalesce((
			SELECT '<ol class="headline">' || string_agg(format('<li>%s %s%s</li>', cvm._html(p.sentence), cvm._review_tag(p.verdict),
				coalesce(' <small>' || cvm._html(nullif(p.owner, '(none)')) || '</small>', '')), E'\n' ORDER BY p.place) || '</ol>'
			FROM pack p WHERE p.section = 'headline'), '<p>Nothing that is sure enough.</p>')
			|| (SELECT format('<p class="note">%s</p>',
				cvm._html(format('By money. %s rates were compared; one is called a shift where it would be one in twenty such pages that calls anything so by chance (Holm).',
				count(p.p_adjusted)))) FROM pack p WHERE p.section <> 'headline') || '</section>',
		b.html,
		'<section id="s-definitions"><h2>Definitions</h2><details class="defs" open=""><summary>What the words mean</summary><dl>' || (
			SELECT string_agg(format('<dt>%s</dt><dd>%s %s</dd>', cvm._html(d.definition), cvm._html(c.comment), cvm._html('Data through '
				|| (d.as_of - 1)::text || '.')), E'\n' ORDER BY d.place)
			FROM (SELECT p.definition, p.view, min(p.place) AS place, max(p.as_of) AS as_of FROM pack p WHERE p.as_of IS NOT NULL GROUP BY p.definition,
				p.view) d
			LEFT JOIN cvm.report_column c ON c.view = d.view AND c.column_name = split_part(split_part(d.definition, ': ', 1), '.', 2))
				|| '</dl></details></section>',
		'</main></body></html>')
	FROM (SELECT cvm._html(format('Review of %s: %s', to_char(month, 'YYYY-MM'), model)) AS title) t, body b;
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
