-- SPDX-License-Identifier: PostgreSQL
-- The monthly review: money that came and went, by segment and by product.

CREATE FUNCTION cvm._review_movements(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH movement AS (
		SELECT m.*, o.owner
		FROM jsonb_to_recordset(data -> 'mrr_movement') AS m (
			row_key text, segment text, month date, currency text, opening_mrr numeric, new_mrr numeric, reactivation_mrr numeric, expansion_mrr numeric,
			promotion_end_mrr numeric, contraction_mrr numeric, churn_mrr numeric, moved_in_mrr numeric, moved_out_mrr numeric, paused_mrr numeric,
				fx_mrr numeric,
			closing_mrr numeric, new_customers bigint, reactivation_customers bigint, expansion_customers bigint, promotion_end_customers bigint,
			contraction_customers bigint, churn_customers bigint, moved_in_customers bigint, moved_out_customers bigint, paused_customers bigint,
			closing_customers bigint, is_complete boolean, as_of date)
		LEFT JOIN jsonb_to_recordset(data -> 'segment_kpi') AS o (segment text, month date, owner text) ON o.segment = m.segment AND o.month = m.month
	), line AS (
		SELECT m.segment, m.month, m.currency, m.row_key, m.owner, m.is_complete, m.as_of, m.opening_mrr, l.*
		FROM movement m
		CROSS JOIN LATERAL (VALUES
			(1, 'new', m.new_mrr, m.new_customers, 'new customers brought'),
			(2, 'reactivation', m.reactivation_mrr, m.reactivation_customers, 'customers who came back brought'),
			(3, 'expansion', m.expansion_mrr, m.expansion_customers, 'customers who took more brought'),
			(4, 'promotion_end', m.promotion_end_mrr, m.promotion_end_customers, 'promotions that ended changed it by'),
			(5, 'contraction', m.contraction_mrr, m.contraction_customers, 'customers who took less cost'),
			(6, 'churn', m.churn_mrr, m.churn_customers, 'customers who left cost'),
			(7, 'moved_in', m.moved_in_mrr, m.moved_in_customers, 'customers who moved in brought'),
			(8, 'moved_out', m.moved_out_mrr, m.moved_out_customers, 'customers who moved out took'),
			(9, 'paused', m.paused_mrr, m.paused_customers, 'pauses changed it by'),
			(10, 'fx', m.fx_mrr, NULL, 'exchange rates changed it by'),
			(11, 'closing', m.closing_mrr, m.closing_customers, NULL)) AS l (n, line, amount, customers, words)
	)
	SELECT 'movements', l.line || '_mrr', l.segment, NULL, l.owner, l.amount, p.amount, CASE WHEN l.is_complete THEN l.amount - p.amount END, NULL::numeric,
		NULL::numeric,
		abs(l.customers), coalesce(l.currency, 'money'), CASE WHEN l.line = 'closing' THEN l.amount - l.opening_mrr ELSE l.amount END, NULL::double precision,
		CASE WHEN NOT l.is_complete THEN 'immature' WHEN l.line = 'closing' AND l.segment = '(all)' THEN 'result' ELSE 'fact' END,
		CASE WHEN l.line = 'closing' THEN format('%s: %s of MRR at the end of %s, %s after %s at its beginning.', cvm._review_whose(l.segment),
			cvm._review_money(l.amount, l.currency),
				to_char(l.month, 'YYYY-MM'), CASE WHEN l.amount < l.opening_mrr THEN cvm._review_money(l.opening_mrr - l.amount, l.currency) || ' less'
					ELSE cvm._review_money(l.amount - l.opening_mrr, l.currency) || ' more' END, cvm._review_money(l.opening_mrr, l.currency))
			ELSE format('%s: %s %s of MRR%s in %s%s.', cvm._review_whose(l.segment), l.words,
				cvm._review_money(CASE WHEN l.words LIKE '% by' THEN l.amount ELSE abs(l.amount) END, l.currency),
				CASE WHEN l.customers <> 0 THEN format(' (%s customers)', cvm._review_number(abs(l.customers))) ELSE '' END, to_char(l.month, 'YYYY-MM'),
				cvm._review_phrase(', %s in %s', cvm._review_money(CASE WHEN l.words LIKE '% by' THEN p.amount ELSE abs(p.amount) END, l.currency),
					to_char(p.month, 'YYYY-MM'))) END
			|| CASE WHEN l.is_complete THEN '' ELSE ' The month is not over.' END,
		'mrr_movement', l.line || '_mrr', l.row_key, l.is_complete, l.as_of
	FROM line l
	LEFT JOIN line p ON p.segment = l.segment AND p.line = l.line AND p.month < l.month AND p.is_complete AND p.currency IS NOT DISTINCT FROM l.currency
	WHERE l.month = $2 AND (l.amount <> 0 OR p.amount <> 0 OR l.line = 'closing');
$$;
COMMENT ON FUNCTION cvm._review_movements(jsonb, date) IS 'Rows of a review: the lines of the waterfall, by segment.';
