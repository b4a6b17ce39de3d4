-- SPDX-License-Identifier: PostgreSQL
-- The monthly review: does the newest cohort of an age stay as those before it?

CREATE FUNCTION cvm._review_retention(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH cell AS (
		SELECT 'subscription_retention' AS view, 'subscription_retention' AS metric, r.* FROM jsonb_to_recordset(data -> 'subscription_retention') AS r (
			row_key text, segment text, cohort date, cohort_label text, period_no int, period_start date, cohort_customers bigint, eligible_customers bigint,
			retained_customers bigint, retention_rate numeric, cohort_mrr numeric, currency text, is_complete boolean, as_of date)
		UNION ALL
		SELECT 'retention_month', 'activity_retention', r.* FROM jsonb_to_recordset(data -> 'retention_month') AS r (
			row_key text, segment text, cohort date, cohort_label text, period_no int, period_start date, cohort_customers bigint, eligible_customers bigint,
			retained_customers bigint, retention_rate numeric, cohort_mrr numeric, currency text, is_complete boolean, as_of date)
	), newest AS (
		SELECT c.* FROM cell c WHERE c.period_no IN (1, 3, 6, 12) AND c.cohort = ($2 - c.period_no * interval '1 month')::date
	), reference AS (
		-- whole cohorts only, of the same age, one to six months older
		SELECT n.view, n.row_key, sum(c.retained_customers)::bigint AS retained, sum(c.eligible_customers)::bigint AS eligible, count(*) AS cohorts
		FROM newest n
		JOIN cell c ON c.view = n.view AND c.segment = n.segment AND c.period_no = n.period_no AND c.is_complete AND c.cohort < n.cohort
			AND c.cohort >= (n.cohort - interval '6 months')::date
		GROUP BY n.view, n.row_key
	), pair AS (
		SELECT n.*, f.retained, f.eligible, f.cohorts, f.retained::numeric / nullif(f.eligible, 0) AS rate_before, t.*
		FROM newest n
		LEFT JOIN reference f ON f.view = n.view AND f.row_key = n.row_key AND n.is_complete
		LEFT JOIN LATERAL cvm.proportion_difference(f.retained, f.eligible, n.retained_customers, n.eligible_customers, 0.95, 0) t ON true
	), priced AS (
		SELECT p.*, CASE WHEN p.is_complete THEN p.retention_rate - p.rate_before END AS change,
			round((p.retention_rate - p.rate_before) * p.eligible_customers * p.cohort_mrr / nullif(p.cohort_customers, 0),
				cvm.minor_units(p.currency)) AS money
		FROM pair p
	)
	SELECT 'retention', p.metric || '_' || p.period_no, p.segment, p.cohort_label, NULL::text, CASE WHEN p.is_complete THEN p.retention_rate END,
		round(p.rate_before, 8), round(p.change, 8),
		p.conf_low::numeric, p.conf_high::numeric, p.eligible_customers, 'share', p.money, p.p_value,
		CASE WHEN NOT p.is_complete THEN 'immature' WHEN p.p_value IS NULL THEN 'no_data' END,
		format('%s: of the %s customers who %s in %s, %s %s in month %s%s.', cvm._review_whose(p.segment), cvm._review_number(p.cohort_customers),
			CASE p.view WHEN 'retention_month' THEN 'came' ELSE 'began to pay' END, p.cohort_label, coalesce(CASE WHEN p.is_complete
				THEN cvm._review_share(p.retention_rate) END, 'a share not known yet'),
			CASE p.view WHEN 'retention_month' THEN 'were active' ELSE 'still paid' END, p.period_no,
			cvm._review_phrase(', %s of the %s cohorts before (change %s)', cvm._review_share(p.rate_before), p.cohorts::text,
				cvm._review_points(p.conf_low::numeric, p.conf_high::numeric)))
			|| cvm._review_phrase(' That is %s of MRR.', cvm._review_signed(p.money, p.currency)),
		p.view, 'retention_rate', p.row_key, p.is_complete, p.as_of
	FROM priced p;
$$;
COMMENT ON FUNCTION cvm._review_retention(jsonb, date) IS
	'Rows of a review: the newest cohort of 1, 3, 6 and 12 months against the pooled cohorts of the six months before it at the same age.';
