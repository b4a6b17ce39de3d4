-- SPDX-License-Identifier: PostgreSQL
-- The page of a review: text and pictures.  What is drawn is SVG whose colours
-- are classes of the page's style sheet; every text goes through _html().

CREATE FUNCTION cvm._html(words text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	plain text := replace(replace(replace(replace(replace(words, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;');
BEGIN
	-- all the rest as references, so that the page is the same in every encoding
	-- of the client; what HTML has no character for is a question mark
	IF plain ~ '[^ -~]' THEN
		RETURN (
			SELECT string_agg(CASE WHEN c.letter ~ '[ -~]' OR c.letter IN (E'\n', E'\t') THEN c.letter WHEN ascii(c.letter) BETWEEN 0 AND 159 THEN '?'
				WHEN getdatabaseencoding() = 'UTF8' THEN format('&#%s;', ascii(c.letter)) ELSE c.letter END, '' ORDER BY c.n)
			FROM regexp_split_to_table(plain, '') WITH ORDINALITY AS c (letter, n));
	END IF;
	RETURN plain;
END
$$;
COMMENT ON FUNCTION cvm._html(text) IS 'A text as HTML shows it, in elements and in attributes.';

CREATE FUNCTION cvm._html_table(caption text, heads text[], "rows" jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '<table><caption>' || cvm._html(caption) || '</caption><thead><tr>'
		|| (SELECT string_agg(format('<th scope="col"%s>%s</th>', CASE WHEN left(h.head, 1) = '#' THEN ' class="n"' ELSE '' END, cvm._html(ltrim(h.head, '#'))), '' ORDER BY h.n) FROM unnest(heads) WITH ORDINALITY AS h (head, n))
		|| E'</tr></thead><tbody>\n'
		|| coalesce((SELECT string_agg('<tr>' || (
				SELECT string_agg(format(CASE WHEN c.n = 1 THEN '<th scope="row">%2$s</th>' ELSE '<td%1$s>%2$s</td>' END, CASE WHEN left(heads[c.n], 1) = '#' THEN ' class="n"' ELSE '' END,
					coalesce(cvm._html(c.cell), '&#8211;')), '' ORDER BY c.n)
				FROM jsonb_array_elements_text(r.cells) WITH ORDINALITY AS c (cell, n)) || E'</tr>\n', '' ORDER BY r.n)
			FROM jsonb_array_elements("rows") WITH ORDINALITY AS r (cells, n)), '')
		|| '</tbody></table>';
$$;
COMMENT ON FUNCTION cvm._html_table(text, text[], jsonb) IS
	'A table of texts: an array of rows, each an array of cells; columns whose head begins with # are of numbers.';

CREATE FUNCTION cvm._review_waterfall(data jsonb, month date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH movement AS (
		SELECT m.* FROM jsonb_to_recordset(data -> 'mrr_movement') AS m (
			segment text, month date, currency text, opening_mrr numeric, new_mrr numeric, reactivation_mrr numeric, expansion_mrr numeric, promotion_end_mrr numeric,
			contraction_mrr numeric, churn_mrr numeric, moved_in_mrr numeric, moved_out_mrr numeric, paused_mrr numeric, fx_mrr numeric, closing_mrr numeric)
		WHERE m.segment = '(all)' AND m.month = $2 LIMIT 1
	), bar AS (
		SELECT row_number() OVER (ORDER BY l.n) - 1 AS i, count(*) OVER () AS bars, m.currency, l.*, CASE WHEN l.kind = 'end' THEN l.amount ELSE
				m.opening_mrr + coalesce(sum(l.amount) FILTER (WHERE l.kind = 'line') OVER (ORDER BY l.n), 0) END AS after,
			least(m.opening_mrr, m.closing_mrr) AS least, m.opening_mrr
		FROM movement m
		CROSS JOIN LATERAL (VALUES (1, 'Opening', m.opening_mrr, 'end'), (2, 'New', m.new_mrr, 'line'), (3, 'Came back', m.reactivation_mrr, 'line'), (4, 'Expansion', m.expansion_mrr, 'line'),
			(5, 'Promotion ends', m.promotion_end_mrr, 'line'), (6, 'Contraction', m.contraction_mrr, 'line'), (7, 'Churn', m.churn_mrr, 'line'), (8, 'Moved in', m.moved_in_mrr, 'line'),
			(9, 'Moved out', m.moved_out_mrr, 'line'), (10, 'Pauses', m.paused_mrr, 'line'), (11, 'Currency', m.fx_mrr, 'line'), (12, 'Closing', m.closing_mrr, 'end')) AS l (n, name, amount, kind)
		WHERE l.kind = 'end' OR l.amount <> 0
	), scale AS (
		-- bars that stand on the ground may be cut off below: else what moved is a line
		SELECT b.*, b.after - CASE WHEN b.kind = 'end' THEN 0 ELSE b.amount END AS before, t.top, t.low,
			250 / nullif(t.top - t.low, 0) AS per
		FROM bar b
		CROSS JOIN (
			SELECT max(greatest(k.after, k.after - CASE WHEN k.kind = 'line' THEN k.amount ELSE 0 END)) AS top,
				CASE WHEN min(least(k.after, k.opening_mrr)) - 1.2 * (max(k.after) - min(k.after)) > 0 THEN min(k.after) - 1.2 * (max(k.after) - min(k.after)) ELSE least(0, min(k.after)) END AS low
			FROM bar k) t
	), shape AS (
		SELECT s.*, 20 + 92 * s.i AS x, round(40 + (s.top - greatest(s.after, CASE WHEN s.kind = 'end' THEN s.low ELSE s.before END)) * coalesce(s.per, 0), 1) AS y,
			greatest(round((CASE WHEN s.kind = 'end' THEN s.after - s.low ELSE abs(s.amount) END) * coalesce(s.per, 0), 1), 1) AS height
		FROM scale s
	)
	SELECT format('<figure id="waterfall"><svg role="img" aria-label="%s" viewBox="0 0 %s 340">', cvm._html('Waterfall of MRR in ' || to_char(month, 'YYYY-MM')), 30 + 92 * max(s.bars))
		|| string_agg(format('<g><title>%s</title><rect class="%s" x="%s" y="%s" width="72" height="%s"/><text class="v" x="%s" y="%s">%s</text><text class="l" x="%s" y="318">%s</text></g>',
			cvm._html(s.name || ': ' || cvm._review_money(s.amount, s.currency)), CASE WHEN s.kind = 'end' THEN 'end' WHEN s.amount < 0 THEN 'down' ELSE 'up' END,
			s.x, s.y, s.height, s.x + 36, s.y - 8, cvm._html(CASE WHEN s.amount > 0 AND s.kind = 'line' THEN '+' ELSE '' END || cvm._review_number(s.amount)), s.x + 36, cvm._html(s.name)), E'\n' ORDER BY s.i)
		|| CASE WHEN min(s.low) > 0 THEN format('<text class="l cut" x="20" y="336">%s</text>', cvm._html('Bars are cut off at ' || cvm._review_money(min(s.low), min(s.currency)))) ELSE '' END
		|| '</svg><details><summary>Table</summary>'
		|| cvm._html_table('MRR in ' || to_char(month, 'YYYY-MM'), ARRAY['Line', '#' || coalesce(min(s.currency), 'MRR')],
			jsonb_agg(jsonb_build_array(s.name, cvm._review_number(s.amount, cvm.minor_units(s.currency))) ORDER BY s.i)) || '</details></figure>'
	FROM shape s
	HAVING count(*) > 0;
$$;
COMMENT ON FUNCTION cvm._review_waterfall(jsonb, date) IS 'The waterfall of a month as a picture, with its table; NULL: there is none.';
