-- SPDX-License-Identifier: PostgreSQL
-- The monthly review: whom channels brought, who moved from plan to plan, and
-- what could be sold to whom.

CREATE FUNCTION cvm._review_portfolio(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH came AS (
		-- those whose third month is the month that is reviewed, and those who came in the six months before them
		SELECT q.channel, q.currency, max(q.as_of) AS as_of, min(q.row_key) FILTER (WHERE q.cohort = x.cohort) AS row_key, x.cohort,
			sum(q.cohort_3_customers) FILTER (WHERE q.cohort = x.cohort)::bigint AS customers,
			sum(q.retained_3_customers) FILTER (WHERE q.cohort = x.cohort)::bigint AS retained,
			sum(q.acquired_mrr) FILTER (WHERE q.cohort = x.cohort) AS acquired_mrr,
			sum(q.cohort_3_customers) FILTER (WHERE q.cohort < x.cohort)::bigint AS customers_before,
			sum(q.retained_3_customers) FILTER (WHERE q.cohort < x.cohort)::bigint AS retained_before
		FROM jsonb_to_recordset(data -> 'acquisition_quality') AS q (row_key text, channel text, cohort date, cohort_3_customers bigint,
			retained_3_customers bigint, acquired_mrr numeric, currency text, as_of date)
		CROSS JOIN (SELECT ($2 - interval '3 months')::date AS cohort) x
		GROUP BY q.channel, q.currency, x.cohort
	)
	SELECT 'channels', 'retention_3', '(all)', c.channel, NULL::text, round(r.rate, 8), round(r.rate_before, 8), round(r.rate - r.rate_before, 8),
		t.conf_low::numeric, t.conf_high::numeric, c.customers, 'share', round((r.rate - r.rate_before) * c.acquired_mrr, cvm.minor_units(c.currency)),
		t.p_value, CASE WHEN t.p_value IS NULL THEN 'no_data' END,
		format('Channel %s: of %s customers who came in %s %s still pay in their third month%s.', c.channel, cvm._review_number(c.customers),
			to_char(c.cohort, 'YYYY-MM'), cvm._review_share(r.rate),
			cvm._review_phrase(', %s of those who came in the six months before (change %s)', cvm._review_share(r.rate_before),
				cvm._review_points(t.conf_low::numeric, t.conf_high::numeric))),
		'acquisition_quality', 'retention_3_rate', c.row_key, true, c.as_of
	FROM came c
	CROSS JOIN LATERAL (SELECT c.retained::numeric / c.customers AS rate, c.retained_before::numeric / nullif(c.customers_before, 0) AS rate_before) r
	LEFT JOIN LATERAL cvm.proportion_difference(c.retained_before, c.customers_before, c.retained, c.customers, 0.95, 0) t ON c.customers_before > 0
	WHERE c.customers > 0
	UNION ALL
	SELECT 'products', 'moved_customers', '(all)', m.to_product, NULL, m.customers, b.customers,
		CASE WHEN m.is_complete THEN m.customers - coalesce(b.customers, 0) END, NULL, NULL, m.customers, 'customers', m.to_mrr - m.from_mrr, NULL,
		CASE WHEN m.is_complete THEN 'fact' ELSE 'immature' END,
		format('Product %s: %s customers moved to it from %s in %s, %s of MRR a month.', m.to_product, cvm._review_number(m.customers), m.from_product,
			to_char(m.month, 'YYYY-MM'), cvm._review_signed(m.to_mrr - m.from_mrr, m.currency)),
		'product_migration', 'customers', m.row_key, m.is_complete, m.as_of
	FROM jsonb_to_recordset(data -> 'product_migration') AS m (row_key text, month date, from_product text, to_product text, customers bigint,
		from_mrr numeric, to_mrr numeric, currency text, is_complete boolean, as_of date)
	LEFT JOIN jsonb_to_recordset(data -> 'product_migration') AS b (month date, from_product text, to_product text, customers bigint)
		ON b.from_product = m.from_product AND b.to_product = m.to_product AND b.month < m.month AND m.is_complete
	WHERE m.month = $2 AND m.from_product <> '(in)' AND m.to_product <> '(out)'
	UNION ALL
	SELECT 'products', 'expected_sales', s.segment, s.product, NULL, round(s.expected_sales, 2), NULL, NULL, NULL, NULL, s.candidate_customers,
		'customers', s.expected_mrr, NULL, 'fact',
		format('%s: %s customers do not have it; of such customers %s bought it within %s days (%s to %s), so that %s may, for %s of MRR a month.',
			cvm._review_whose(s.segment, s.product), cvm._review_number(s.candidate_customers), cvm._review_share(s.conversion_rate), s.white_space_days,
			cvm._review_share(s.conf_low), cvm._review_share(s.conf_high), cvm._review_number(s.expected_sales, 1),
			cvm._review_money(s.expected_mrr, s.currency)),
		'white_space', 'expected_sales', s.row_key, NULL, s.as_of
	FROM jsonb_to_recordset(data -> 'white_space') AS s (row_key text, segment text, product text, candidate_customers bigint, conversion_rate numeric,
		conf_low numeric, conf_high numeric, expected_sales numeric, expected_mrr numeric, white_space_days int, currency text, as_of date)
	WHERE s.expected_mrr > 0;
$$;
COMMENT ON FUNCTION cvm._review_portfolio(jsonb, date) IS
	'Rows of a review: whether those whom a channel brought stay, moves from product to product, and who may buy what.';
