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
		|| (SELECT string_agg(format('<th scope="col"%s>%s</th>',
			CASE WHEN left(h.head, 1) = '#' THEN ' class="n"' ELSE '' END, cvm._html(ltrim(h.head, '#'))), '' ORDER BY h.n)
				FROM unnest(heads) WITH ORDINALITY AS h (head, n))
		|| E'</tr></thead><tbody>\n'
		|| coalesce((SELECT string_agg('<tr>' || (
				SELECT string_agg(format(CASE WHEN c.n = 1 THEN '<th scope="row">%2$s</th>' ELSE '<td%1$s>%2$s</td>' END, CASE WHEN left(heads[c.n], 1) = '#'
					THEN ' class="n"' ELSE '' END,
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
			segment text, month date, currency text, opening_mrr numeric, new_mrr numeric, reactivation_mrr numeric, expansion_mrr numeric,
				promotion_end_mrr numeric,
			contraction_mrr numeric, churn_mrr numeric, moved_in_mrr numeric, moved_out_mrr numeric, paused_mrr numeric, fx_mrr numeric, closing_mrr numeric)
		WHERE m.segment = '(all)' AND m.month = $2 LIMIT 1
	), bar AS (
		SELECT row_number() OVER (ORDER BY l.n) - 1 AS i, count(*) OVER () AS bars, m.currency, l.*, CASE WHEN l.kind = 'end' THEN l.amount ELSE
				m.opening_mrr + coalesce(sum(l.amount) FILTER (WHERE l.kind = 'line') OVER (ORDER BY l.n), 0) END AS after,
			least(m.opening_mrr, m.closing_mrr) AS least, m.opening_mrr
		FROM movement m
		CROSS JOIN LATERAL (VALUES (1, 'Opening', m.opening_mrr, 'end'), (2, 'New', m.new_mrr, 'line'), (3, 'Came back', m.reactivation_mrr, 'line'),
			(4, 'Expansion', m.expansion_mrr, 'line'),
			(5, 'Promotion ends', m.promotion_end_mrr, 'line'), (6, 'Contraction', m.contraction_mrr, 'line'), (7, 'Churn', m.churn_mrr, 'line'),
				(8, 'Moved in', m.moved_in_mrr, 'line'),
			(9, 'Moved out', m.moved_out_mrr, 'line'), (10, 'Pauses', m.paused_mrr, 'line'), (11, 'Currency', m.fx_mrr, 'line'),
				(12, 'Closing', m.closing_mrr, 'end')) AS l (n, name, amount, kind)
		WHERE l.kind = 'end' OR l.amount <> 0
	), scale AS (
		-- bars that stand on the ground may be cut off below: else what moved is a line
		SELECT b.*, b.after - CASE WHEN b.kind = 'end' THEN 0 ELSE b.amount END AS before, t.top, t.low,
			250 / nullif(t.top - t.low, 0) AS per
		FROM bar b
		CROSS JOIN (
			SELECT max(greatest(k.after, k.after - CASE WHEN k.kind = 'line' THEN k.amount ELSE 0 END)) AS top,
				CASE WHEN min(least(k.after, k.opening_mrr)) - 1.2 * (max(k.after) - min(k.after)) > 0
					THEN min(k.after) - 1.2 * (max(k.after) - min(k.after)) ELSE least(0, min(k.after)) END AS low
			FROM bar k) t
	), shape AS (
		SELECT s.*, 20 + 92 * s.i AS x, round(40 + (s.top - greatest(s.after, CASE WHEN s.kind = 'end' THEN s.low ELSE s.before END)) * coalesce(s.per, 0),
			1) AS y,
			greatest(round((CASE WHEN s.kind = 'end' THEN s.after - s.low ELSE abs(s.amount) END) * coalesce(s.per, 0), 1), 1) AS height
		FROM scale s
	)
	SELECT format('<figure id="waterfall"><svg role="img" aria-label="%s" viewBox="0 0 %s 340">', cvm._html('Waterfall of MRR in ' || to_char($2, 'YYYY-MM')),
		30 + 92 * max(s.bars))
		|| string_agg(format('<g><title>%s</title><rect class="%s" x="%s" y="%s" width="72" height="%s"/><text x="%s" y="%s">%s</text><text x="%s" y="318">%s</text></g>',
			cvm._html(s.name || ': ' || cvm._review_money(s.amount, s.currency)), CASE WHEN s.kind = 'end' THEN 'end' WHEN s.amount < 0 THEN 'down'
				ELSE 'up' END,
			s.x, s.y, s.height, s.x + 36, s.y - 8, cvm._html(CASE WHEN s.amount > 0 AND s.kind = 'line' THEN '+' ELSE '' END || cvm._review_number(s.amount)),
				s.x + 36, cvm._html(s.name)), E'\n' ORDER BY s.i)
		|| CASE WHEN min(s.low) > 0 THEN format('<text class="s soft" x="20" y="336">%s</text>', cvm._html('Bars are cut off at '
			|| cvm._review_money(min(s.low), min(s.currency)))) ELSE '' END
		|| '</svg><details><summary>Table</summary>'
		|| cvm._html_table('MRR in ' || to_char($2, 'YYYY-MM'), ARRAY['Line', '#' || coalesce(min(s.currency), 'MRR')],
			jsonb_agg(jsonb_build_array(s.name, cvm._review_number(s.amount, cvm.minor_units(s.currency))) ORDER BY s.i)) || '</details></figure>'
	FROM shape s
	HAVING count(*) > 0;
$$;
COMMENT ON FUNCTION cvm._review_waterfall(jsonb, date) IS 'The waterfall of a month as a picture, with its table; NULL: there is none.';

CREATE FUNCTION cvm._review_heat_map(data jsonb, month date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH cell AS (
		SELECT r.*, row_number() OVER (PARTITION BY r.cohort, r.period_no) AS copy,
			dense_rank() OVER (ORDER BY r.cohort) - 1 AS i
		FROM jsonb_to_recordset(CASE WHEN jsonb_array_length(data -> 'subscription_retention') > 0 THEN data -> 'subscription_retention'
			ELSE data -> 'retention_month' END) AS r (
			segment text, cohort date, cohort_label text, period_no int, period_start date, cohort_customers bigint, eligible_customers bigint,
				retained_customers bigint,
			retention_rate numeric, conf_low numeric, conf_high numeric, is_complete boolean)
		WHERE r.segment = '(all)' AND r.cohort > ($2 - interval '18 months')::date AND r.period_start <= $2 AND r.period_no < 18
	), size AS (
		SELECT max(c.i) + 1 AS cohorts, max(c.period_no) AS periods, min(c.retention_rate) AS low,
			max(c.retention_rate) FILTER (WHERE c.period_no > 0) AS high FROM cell c
	), shape AS (
		SELECT c.*, 150 + 46 * c.period_no AS x, 34 + 26 * c.i AS y, CASE WHEN c.retention_rate IS NULL THEN 'none'
			ELSE 'q' || least(greatest(width_bucket(c.retention_rate, z.low, nullif(greatest(z.high, z.low + 0.001), z.low), 7) - 1, 0), 6) END AS class
		FROM cell c CROSS JOIN size z
	)
	SELECT format('<figure id="heatmap"><svg role="img" aria-label="%s" viewBox="0 0 %s %s">', cvm._html(w.what), 160 + 46 * (z.periods + 1),
		44 + 26 * z.cohorts)
		|| format('<text class="s soft" x="0" y="20">%s</text>', cvm._html('Cohort, customers'))
		|| (SELECT string_agg(format('<text class="soft" x="%s" y="20">%s</text>', 172 + 46 * p.no, p.no), '' ORDER BY p.no)
			FROM generate_series(0, z.periods) AS p (no))
		|| (SELECT string_agg(format('<text class="s" x="0" y="%s">%s</text><text class="e" x="140" y="%s">%s</text>', c.y + 17, cvm._html(c.cohort_label),
			c.y + 17,
			cvm._review_number(c.cohort_customers)), E'\n' ORDER BY c.i) FROM shape c WHERE c.period_no = 0)
		|| (SELECT string_agg(format('<g class="cell"><title>%s</title><rect class="%s" x="%s" y="%s" width="44" height="24"/><text class="%s" x="%s" y="%s">%s</text></g>',
			cvm._html(format('%s, month %s: %s', c.cohort_label, c.period_no, CASE WHEN c.retention_rate IS NULL THEN 'not over' ELSE
				format('%s of %s (%s, %s to %s)', c.retained_customers, c.eligible_customers, cvm._review_share(c.retention_rate),
					cvm._review_share(c.conf_low), cvm._review_share(c.conf_high)) END)),
			c.class, c.x, c.y, CASE WHEN c.class IN ('q5', 'q6') THEN 'pale' WHEN c.class = 'none' THEN 'soft' ELSE 'dark' END, c.x + 22, c.y + 17,
			coalesce(cvm._review_number(100 * c.retention_rate), '&#8230;')), E'\n' ORDER BY c.i, c.period_no) FROM shape c)
		|| format('</svg><p class="note">%s</p><details><summary>Table</summary><div class="scroll" tabindex="0">', cvm._html(w.what
			|| ', in %. The darker, the more. A dotted cell is not over.'))
		|| cvm._html_table(w.what, ARRAY['Cohort', '#Customers'] ||
			(SELECT array_agg('#' || p.no ORDER BY p.no) FROM generate_series(0, z.periods) AS p (no)), (
			SELECT jsonb_agg(t.cells ORDER BY t.cohort) FROM (
				SELECT c.cohort, jsonb_build_array(c.cohort_label, cvm._review_number(max(c.cohort_customers)))
					|| jsonb_agg(coalesce(cvm._review_share(c.retention_rate), '') ORDER BY c.period_no) AS cells
				FROM cell c GROUP BY c.cohort, c.cohort_label) t)) || '</div></details></figure>'
	FROM size z
	CROSS JOIN (SELECT CASE WHEN jsonb_array_length(data -> 'subscription_retention') > 0 THEN 'Customers of a month who still pay so many months later'
		ELSE 'Customers of a month who are active so many months later' END AS what) w
	WHERE z.cohorts > 0;
$$;
COMMENT ON FUNCTION cvm._review_heat_map(jsonb, date) IS 'The cohorts of the last 18 months as a picture, with their table; NULL: there are none.';

CREATE FUNCTION cvm._review_line(points numeric[], what text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH point AS (
		SELECT p.n, p.value, round(4 + (p.n - 1) * 112.0 / greatest(cardinality(points) - 1, 1), 1) AS x,
			round(24 - 20 * coalesce((p.value - min(p.value) OVER ()) / nullif(max(p.value) OVER () - min(p.value) OVER (), 0), 0.5), 1) AS y
		FROM unnest(points) WITH ORDINALITY AS p (value, n)
		WHERE p.value IS NOT NULL
	)
	SELECT format('<svg class="line" role="img" aria-label="%s" viewBox="0 0 120 28"><polyline points="%s"/><circle cx="%s" cy="%s" r="3"/></svg>',
		cvm._html(what),
		string_agg(p.x || ',' || p.y, ' ' ORDER BY p.n), (array_agg(p.x ORDER BY p.n DESC))[1], (array_agg(p.y ORDER BY p.n DESC))[1])
	FROM point p
	HAVING count(*) > 1;
$$;
COMMENT ON FUNCTION cvm._review_line(numeric[], text) IS 'A small line of the last months.';

CREATE FUNCTION cvm._review_tag(verdict text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('<span class="tag %s">%s</span>', CASE WHEN verdict IN ('noise', 'fact', 'result', 'no_data', 'immature', 'on_track', 'on_target',
		'inconclusive') THEN 'calm'
		WHEN verdict IN ('accretive', 'uplift') THEN 'good' ELSE 'stir' END, cvm._html(replace(verdict, '_', ' ')));
$$;
COMMENT ON FUNCTION cvm._review_tag(text) IS 'A verdict as the page shows it.';

CREATE FUNCTION cvm._review_segment_table(data jsonb, month date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH kpi AS (
		SELECT k.* FROM jsonb_to_recordset(data -> 'segment_kpi') AS k (segment text, month date, owner text, currency text, closing_customers bigint,
			closing_mrr numeric,
			churn_rate numeric, churn_rate_low numeric, churn_rate_high numeric, net_revenue_retention_rate numeric, variance numeric, is_complete boolean)
	), history AS (
		SELECT k.segment, array_agg(k.closing_mrr ORDER BY k.month) AS mrr, array_agg(k.churn_rate ORDER BY k.month) AS churn,
			count(*) AS months FROM kpi k GROUP BY k.segment
	), shown AS (
		SELECT k.*, h.*, row_number() OVER (ORDER BY k.segment = '(all)' DESC, k.closing_mrr DESC NULLS LAST, k.segment COLLATE "C") AS place,
			count(*) OVER () AS segments
		FROM kpi k JOIN history h (name, mrr, churn, months) ON h.name = k.segment
		WHERE k.month = $2
	)
	SELECT '<div class="scroll" tabindex="0"><table id="segments"><caption>'
		|| cvm._html(format('Segments at the end of %s; lines: the last %s months', to_char($2,
		'YYYY-MM'), max(s.months)))
		|| '</caption><thead><tr><th scope="col">Segment</th><th scope="col">Owner</th><th scope="col" class="n">Customers</th><th scope="col" class="n">MRR</th><th scope="col">MRR</th>'
		|| '<th scope="col" class="n">Against target</th><th scope="col" class="n">Churn</th><th scope="col">Churn</th><th scope="col" class="n">Net retention</th></tr></thead><tbody>'
		|| string_agg(format('<tr><th scope="row">%s</th><td>%s</td><td class="n">%s</td><td class="n">%s</td><td>%s</td><td class="n">%s</td><td class="n">%s<br/><small>%s</small></td><td>%s</td><td class="n">%s</td></tr>',
			cvm._html(CASE s.segment WHEN '(all)' THEN 'All' WHEN '(none)' THEN 'No segment' ELSE s.segment END), cvm._html(CASE WHEN s.owner = '(none)'
				THEN '-' ELSE s.owner END), cvm._review_number(s.closing_customers),
			cvm._review_number(s.closing_mrr), coalesce(cvm._review_line(s.mrr, 'MRR of ' || s.segment), ''), coalesce(CASE WHEN s.variance > 0 THEN '+'
				ELSE '' END || cvm._review_number(s.variance), '&#8211;'),
			coalesce(cvm._review_share(s.churn_rate), 'not over'), coalesce(cvm._review_share(s.churn_rate_low) || ' to '
				|| cvm._review_share(s.churn_rate_high), ''),
			coalesce(cvm._review_line(s.churn, 'Churn of ' || s.segment), ''), coalesce(cvm._review_share(s.net_revenue_retention_rate), '&#8211;')),
				E'\n' ORDER BY s.place)
		|| '</tbody></table></div>' || CASE WHEN max(s.segments) > 20 THEN format('<p class="note">%s</p>',
			cvm._html(format('%s more segments are in segment_kpi.', max(s.segments) - 20))) ELSE '' END
	FROM shown s
	WHERE s.place <= 20
	HAVING count(*) > 0;
$$;
COMMENT ON FUNCTION cvm._review_segment_table(jsonb, date) IS 'The segments of a month, with small lines; NULL: there are none.';

CREATE FUNCTION cvm._review_reason_bars(data jsonb, month date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH reason AS (
		SELECT r.*, row_number() OVER (ORDER BY r.share DESC NULLS LAST, r.reason COLLATE "C") - 1 AS i, count(*) OVER () AS reasons,
			520 / nullif(max(greatest(r.share_high, r.previous_share)) OVER (), 0) AS per
		FROM jsonb_to_recordset(data -> 'cancel_reason_mix') AS r (segment text, month date, reason text, is_voluntary boolean, requests bigint,
			churned_customers bigint, churned_mrr numeric,
			share numeric, share_low numeric, share_high numeric, previous_share numeric, currency text)
		WHERE r.segment = '(all)' AND r.month = $2 AND r.is_voluntary
	), shown AS (
		SELECT r.*, 34 * r.i AS y FROM reason r WHERE r.i < 12
	)
	SELECT format('<figure id="reasons"><svg role="img" aria-label="%s" viewBox="0 0 860 %s">', cvm._html('Why customers leave, ' || to_char($2, 'YYYY-MM')),
		34 * count(*) + 8)
		|| string_agg(format('<g><title>%s</title><text class="e" x="190" y="%s">%s</text><rect class="end" x="200" y="%s" width="%s" height="20"/><path class="mark" d="M%s %sv12M%s %sh%sM%s %sv12"/>%s<text class="s" x="%s" y="%s">%s</text></g>',
			cvm._html(format('%s: %s requests, %s to %s', r.reason, r.requests, cvm._review_share(r.share_low), cvm._review_share(r.share_high))),
			r.y + 23, cvm._html(CASE WHEN length(r.reason) > 26 THEN left(r.reason, 25) || '...' ELSE r.reason END), r.y + 8, round(coalesce(r.share * r.per,
				0), 1),
			round(200 + coalesce(r.share_low * r.per, 0), 1), r.y + 12, round(200 + coalesce(r.share_low * r.per, 0), 1), r.y + 18,
				round(coalesce((r.share_high - r.share_low) * r.per, 0), 1),
			round(200 + coalesce(r.share_high * r.per, 0), 1), r.y + 12,
			coalesce('<path class="was" d="M' || round(200 + r.previous_share * r.per, 1) || ' ' || r.y + 4 || 'v28"/>', ''),
				round(216 + greatest(coalesce(r.share_high, 0), coalesce(r.previous_share, 0)) * coalesce(r.per, 0), 1), r.y + 23,
			coalesce(cvm._review_share(r.share), '')), E'\n' ORDER BY r.i)
		|| '</svg><p class="note">' || cvm._html('Share of the requests of customers who want to leave. Thin line: how sure. Dashed: the months before.')
		|| CASE WHEN max(r.reasons) > 12 THEN ' ' || cvm._html(format('%s more reasons are in cancel_reason_mix.', max(r.reasons) - 12)) ELSE '' END
			|| '</p><details><summary>Table</summary><div class="scroll" tabindex="0">'
		|| cvm._html_table('Why customers leave', ARRAY['Reason', '#Requests', '#Share', '#From', '#To', '#Before', '#Customers who left', '#MRR'],
			jsonb_agg(jsonb_build_array(r.reason, cvm._review_number(r.requests), cvm._review_share(r.share), cvm._review_share(r.share_low),
				cvm._review_share(r.share_high), cvm._review_share(r.previous_share),
				cvm._review_number(r.churned_customers), cvm._review_money(r.churned_mrr, r.currency)) ORDER BY r.i)) || '</div></details></figure>'
	FROM shown r
	HAVING count(*) > 0;
$$;
COMMENT ON FUNCTION cvm._review_reason_bars(jsonb, date) IS 'Why customers leave, as bars, with their table; NULL: nobody said.';

CREATE FUNCTION cvm._review_board(data jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH initiative AS (
		SELECT i.*, CASE WHEN i.stage = 'closed' THEN 'calm' WHEN i.missing ~ 'metric|baseline' THEN 'unmeasured' WHEN i.is_unreviewed THEN 'not_reviewed'
			ELSE 'on_track' END AS verdict
		FROM jsonb_to_recordset(data -> 'initiative_status') AS i (initiative text, driver text, lever text, stage text, impact numeric, effort numeric,
			backlog_rank int, is_flagship boolean,
			decided_on date, shipped_on date, is_unreviewed boolean, missing text)
	)
	SELECT '<div class="board">' || string_agg(s.html, '' ORDER BY s.place) || '</div>'
	FROM (
		SELECT CASE i.stage WHEN 'decided' THEN 1 WHEN 'shipped' THEN 2 WHEN 'measured' THEN 3 WHEN 'closed' THEN 9 ELSE 0 END AS place,
			format('<div class="stage"><h3>%s (%s)</h3>', cvm._html(initcap(i.stage)), count(*))
			|| string_agg(format('<article class="card"><strong>%s</strong>%s<p>%s</p></article>', cvm._html(i.initiative), CASE WHEN i.stage = 'closed'
				THEN '' ELSE ' ' || cvm._review_tag(i.verdict) END,
				cvm._html(concat_ws(', ', 'driver ' || i.driver, replace(i.lever, '_', ' '), 'rank ' || i.backlog_rank, 'decided ' || i.decided_on::text,
					'shipped ' || i.shipped_on::text, 'missing: ' || i.missing))),
				E'\n' ORDER BY i.backlog_rank NULLS LAST, i.initiative COLLATE "C") || '</div>' AS html
		FROM initiative i
		GROUP BY i.stage) s
	HAVING count(*) > 0;
$$;
COMMENT ON FUNCTION cvm._review_board(jsonb) IS 'The initiatives by stage; NULL: there are none.';

CREATE FUNCTION cvm._review_quadrant(data jsonb, month date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH driver AS (
		SELECT d.*, avg(d.importance) OVER () AS cut
		FROM jsonb_to_recordset(data -> 'value_driver') AS d (segment text, month date, driver text, owner text, metric text, observations bigint,
			value numeric, target numeric,
			below_floor_customers bigint, mrr_at_stake numeric, currency text, importance numeric, importance_kind text, performance numeric, quadrant text,
				verdict text)
		WHERE d.segment = '(all)' AND d.month = $2
	), placed AS (
		SELECT d.*, row_number() OVER (ORDER BY d.importance DESC, d.performance, d.driver COLLATE "C") AS no, count(*) OVER () AS drivers
		FROM driver d
		WHERE d.quadrant IS NOT NULL
	), shape AS (
		-- the cross is in the middle: the farthest of each direction touches the frame
		SELECT p.*, round(260 + 210 * coalesce(p.performance / nullif(max(abs(p.performance)) OVER (), 0), 0), 1) AS x,
			round(170 - 125 * coalesce((p.importance - p.cut) / nullif(max(abs(p.importance - p.cut)) OVER (), 0), 0), 1) AS y
		FROM placed p
		WHERE p.no <= 12
	)
	SELECT format('<figure id="quadrant"><svg role="img" aria-label="%s" viewBox="0 0 860 340"><path class="axis" d="M30 20H490V320H30ZM260 20V320M30 170H490"/>',
			cvm._html('Drivers by importance and performance in ' || to_char($2, 'YYYY-MM')))
		|| '<text class="s soft" x="38" y="38">priority</text><text class="e soft" x="482" y="38">keep up</text><text class="s soft" x="38" y="312">low priority</text><text class="e soft" x="482" y="312">overkill</text>'
		|| string_agg(format('<g class="driver %s"><title>%s</title><circle cx="%s" cy="%s" r="11"/><text class="%s" x="%s" y="%s">%s</text><text class="s" x="512" y="%s">%s</text></g>',
			CASE s.quadrant WHEN 'priority' THEN 'stir' WHEN 'keep_up' THEN 'good' ELSE 'calm' END,
			cvm._html(format('%s (%s): %s, performance %s, importance %s', s.driver, replace(s.metric, '_', ' '), replace(s.quadrant, '_', ' '),
				cvm._review_number(s.performance, 3),
				cvm._review_number(s.importance, 2))),
			s.x, s.y, CASE WHEN s.quadrant IN ('priority', 'keep_up') THEN 'on' ELSE 'off' END, s.x, s.y + 5, s.no, 18 + 25 * s.no,
			cvm._html(format('%s  %s: %s', s.no, CASE WHEN length(s.driver) > 24 THEN left(s.driver, 23) || '...' ELSE s.driver END, cvm._review_number(s.value, 2)
				|| coalesce(' (aimed at ' || cvm._review_number(s.target, 2) || ')', '')))), E'\n' ORDER BY s.no)
		|| '</svg><p class="note">' || cvm._html(format('Up: more important (%s). Right: better than aimed at, or where nothing is aimed at than the other drivers.%s',
			min(s.importance_kind), CASE WHEN max(s.drivers) > 12 THEN format(' %s more drivers are in value_driver.', max(s.drivers) - 12) ELSE '' END))
		|| '</p><details><summary>Table</summary><div class="scroll">' || cvm._html_table('Drivers in ' || to_char($2, 'YYYY-MM'),
			ARRAY['Driver', 'Metric', '#Value', '#Target', '#Importance', '#Performance', '#Below floor', '#At stake', 'Quadrant', 'Owner'],
			jsonb_agg(jsonb_build_array(s.no || '  ' || s.driver, replace(s.metric, '_', ' '), cvm._review_number(s.value, 2), cvm._review_number(s.target, 2),
				cvm._review_number(s.importance, 2),
				cvm._review_number(s.performance, 3), cvm._review_number(s.below_floor_customers), cvm._review_money(s.mrr_at_stake, s.currency),
					replace(s.quadrant, '_', ' '),
				CASE WHEN s.owner = '(none)' THEN NULL ELSE s.owner END) ORDER BY s.no)) || '</div></details></figure>'
	FROM shape s
	HAVING count(*) > 0;
$$;
COMMENT ON FUNCTION cvm._review_quadrant(jsonb, date) IS
	'Drivers of a month by importance and performance as a picture, with their table; NULL: there are none.';

CREATE FUNCTION cvm._review_forest(id text, what text, "rows" jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH line AS (
		SELECT r.*, r.n - 1 AS i, least(min(least(r.low, r.mark, 0)) OVER (), 0) AS least, greatest(max(greatest(r.high, r.mark, 0)) OVER (), 0) AS most
		FROM (
			SELECT j.n, l.* FROM jsonb_array_elements("rows") WITH ORDINALITY AS j (value, n)
			CROSS JOIN LATERAL jsonb_to_record(j.value) AS l (name text, low numeric, mid numeric, high numeric, mark numeric, verdict text)) r
	), shape AS (
		SELECT l.*, 30 * l.i + 8 AS y, k.per, 330 - l.least * k.per AS zero
		FROM line l
		CROSS JOIN LATERAL (SELECT 340 / nullif(l.most - l.least, 0) AS per) k
	)
	SELECT format('<figure id="%s"><svg role="img" aria-label="%s" viewBox="0 0 860 %s"><path class="axis" d="M%s 4V%s"/>', cvm._html(id), cvm._html(what),
		30 * count(*) + 34, round(min(s.zero), 1), 30 * count(*) + 8)
		|| format('<text class="soft" x="%s" y="%s">0</text>', round(min(s.zero), 1), 30 * count(*) + 26)
		|| string_agg(format('<g class="%s"><title>%s</title><text class="e" x="310" y="%s">%s</text><path class="mark" d="M%s %sv10M%s %sH%sM%s %sv10"/><circle cx="%s" cy="%s" r="5"/>%s<text class="s" x="684" y="%s">%s</text></g>',
			CASE WHEN s.verdict IN ('noise', 'inconclusive', 'immature', 'no_data') THEN 'calm' WHEN s.verdict IN ('accretive', 'uplift') THEN 'good'
				ELSE 'stir' END,
			cvm._html(format('%s: %s, %s', s.name, cvm._review_points(s.low, s.high), replace(s.verdict, '_', ' '))), s.y + 19, cvm._html(CASE
				WHEN length(s.name) > 42 THEN left(s.name, 41) || '...' ELSE s.name END),
			round(s.zero + s.low * s.per, 1), s.y + 9, round(s.zero + s.low * s.per, 1), s.y + 14, round(s.zero + s.high * s.per, 1),
				round(s.zero + s.high * s.per, 1), s.y + 9,
			round(s.zero + s.mid * s.per, 1), s.y + 14, coalesce('<path class="was" d="M' || round(s.zero + s.mark * s.per, 1) || ' ' || s.y + 2 || 'v24"/>',
				''), s.y + 19,
			cvm._html(cvm._review_number(100 * s.mid, CASE WHEN abs(s.mid) < 0.1 THEN 2 ELSE 1 END) || ' ' || replace(s.verdict, '_', ' '))),
				E'\n' ORDER BY s.i)
		|| '</svg><p class="note">' || cvm._html(what) || '</p><details><summary>Table</summary><div class="scroll" tabindex="0">'
			|| cvm._html_table(what, ARRAY['What',
			'#Points', '#From', '#To', '#Break-even', 'Verdict'],
			jsonb_agg(jsonb_build_array(s.name, cvm._review_number(100 * s.mid, 2), cvm._review_number(100 * s.low, 2), cvm._review_number(100 * s.high, 2),
				cvm._review_number(100 * s.mark, 2),
				replace(s.verdict, '_', ' ')) ORDER BY s.i)) || '</div></details></figure>'
	FROM shape s
	WHERE s.per IS NOT NULL
	HAVING count(*) > 0;
$$;
COMMENT ON FUNCTION cvm._review_forest(text, text, jsonb) IS
	'Values with their limits and verdicts as a picture, with their table: objects with name, low, mid, high, mark and verdict; NULL: there are none.';
