-- SPDX-License-Identifier: PostgreSQL
-- The figures of the company of layouts.sql, counted by plain SQL from every day of
-- every customer, as its design says; for tests of the recipes.  Table counted_layout
-- (layout) says which: stripe, chargebee, recurly, telecom, shopify, woocommerce.

-- lines as each system can know them: Stripe of no end to come, a telecom of no trial
CREATE TEMP TABLE line AS
SELECT k.layout, d.g, CASE k.layout WHEN 'telecom' THEN substr(d.customer, 2) ELSE d.customer END AS customer,
	CASE k.layout WHEN 'telecom' THEN (ARRAY['S', 'M', 'L', 'Home'])[1 + d.g % 4] ELSE d.product END AS product,
	d.started, CASE k.layout WHEN 'stripe' THEN d.ended ELSE coalesce(d.ended, d.planned) END AS ended, d.asked,
	CASE k.layout WHEN 'telecom' THEN d.committed END AS committed,
	CASE WHEN k.layout IN ('stripe', 'telecom') THEN d.unpaid_since END AS unpaid_since
FROM design d JOIN counted_layout k ON k.layout IN ('stripe', 'chargebee', 'recurly', 'telecom') WHERE NOT d.deleted;
-- every day of each: the price, and whether it is paid, or in a pause of up to 90 days
CREATE TEMP TABLE line_day AS
SELECT l.layout, l.g, l.customer, l.product, y.day::date AS day, p.price, coalesce(y.day < l.unpaid_since, true) AS is_on,
	l.layout = 'telecom' AND coalesce(y.day >= l.unpaid_since AND y.day < l.unpaid_since + 90, false) AS is_resting
FROM line l
JOIN design d ON d.g = l.g
CROSS JOIN generate_series(l.started::timestamp, least(l.ended, '2024-12-01') - 1, '1 day') y (day)
CROSS JOIN LATERAL (SELECT CASE
	WHEN l.layout = 'telecom' THEN (1 + l.g % 2) * (ARRAY[9.99, 19.99, 29.99, 35.00])[1 + l.g % 4] * CASE WHEN y.day < d.off_until THEN 0.75 ELSE 1 END - CASE WHEN l.g % 5 = 0 THEN 2.50 ELSE 0 END
	WHEN y.day < d.trial_end THEN 0
	WHEN l.layout = 'recurly' THEN d.quantity * d.cents / d.months::numeric / 100
		* CASE WHEN y.day >= '2024-05-10' AND (l.customer LIKE '%6' OR l.customer LIKE '%1' AND y.day < '2024-08-10') THEN 0.8 ELSE 1 END
	ELSE (d.quantity * d.cents * (100 - CASE WHEN coalesce(y.day < d.percent_until, true) THEN coalesce(d.percent, 0) ELSE 0 END) / 100.0
		- CASE WHEN y.day < d.off_until THEN d.off ELSE 0 END) / d.months / 100 END AS price) p;
CREATE INDEX ON line_day (layout, g, day);
-- a shop knows nobody's country, and WooCommerce who ordered: one of them as a guest
CREATE TEMP TABLE person AS
SELECT k.layout, CASE WHEN k.layout = 'woocommerce' AND p.id = 'c11' THEN 'guest ann@shop.example' WHEN k.layout IN ('telecom', 'shopify', 'woocommerce') THEN substr(p.id, 2) ELSE p.id END AS customer, p.joined, p.country
FROM people p CROSS JOIN counted_layout k
WHERE k.layout <> 'woocommerce' OR EXISTS (SELECT FROM paid o WHERE o.customer = p.id);
CREATE TEMP TABLE customer_day AS
SELECT c.layout, c.customer, y.day::date AS day, coalesce(sum(l.price) FILTER (WHERE l.is_on), 0) AS paid, coalesce(sum(l.price) FILTER (WHERE l.is_on OR l.is_resting), 0) AS kept,
	string_agg(l.product, ' ' ORDER BY l.product) AS products, CASE
	WHEN c.layout IN ('shopify', 'woocommerce') THEN '(none)' WHEN c.layout <> 'telecom' THEN coalesce(c.country, 'unknown') WHEN y.day < c.joined THEN '(none)'
	WHEN c.customer LIKE '%3' OR c.customer LIKE '%7' AND y.day >= '2024-06-15' THEN 'value' ELSE 'mass' END AS segment
FROM person c
CROSS JOIN generate_series(timestamp '2023-08-31', '2024-11-30', '1 day') y (day)
LEFT JOIN line_day l ON l.layout = c.layout AND l.customer = c.customer AND l.day = y.day
GROUP BY c.layout, c.customer, c.joined, c.country, y.day;
CREATE UNIQUE INDEX ON customer_day (layout, customer, day);
ANALYZE customer_day, line_day;

-- from closing to closing
CREATE TEMP TABLE passage AS
SELECT o.layout, o.customer, m.month::date AS month, o.paid AS paid_before, o.kept AS before, c.paid AS paid_after, c.kept AS after, o.segment AS from_segment, c.segment AS to_segment,
	o.products IS NOT DISTINCT FROM c.products AS same, c.products IS NOT NULL AS holds,
	EXISTS (SELECT FROM customer_day e WHERE e.layout = o.layout AND e.customer = o.customer AND e.day < m.month AND e.paid > 0) AS paid_ever,
	ARRAY(SELECT DISTINCT e.segment FROM customer_day e WHERE e.layout = o.layout AND e.customer = o.customer AND e.day >= m.month AND e.day < m.month + interval '1 month' AND e.paid > 0) AS paid_inside,
	z.paid AS paid_then, z.segment AS segment_then
FROM generate_series(timestamp '2023-09-01', '2024-11-01', '1 month') m (month)
JOIN customer_day o ON o.day = m.month::date - 1
JOIN customer_day c ON c.layout = o.layout AND c.customer = o.customer AND c.day = (m.month + interval '1 month')::date - 1
LEFT JOIN customer_day z ON z.layout = o.layout AND z.customer = o.customer AND z.day = (m.month - interval '11 months')::date - 1
WHERE o.layout NOT IN ('shopify', 'woocommerce');
CREATE TEMP TABLE counted_movement AS
SELECT p.layout, s.segment, p.month,
	sum(p.paid_before) FILTER (WHERE leaves) AS opening_mrr, count(*) FILTER (WHERE leaves AND p.paid_before > 0) AS opening_customers,
	sum(p.before) FILTER (WHERE leaves) AS at_risk_mrr, count(*) FILTER (WHERE leaves AND p.before > 0) AS at_risk_customers,
	sum(p.after) FILTER (WHERE reaches AND p.before = 0 AND NOT p.paid_ever) AS new_mrr, count(*) FILTER (WHERE reaches AND p.before = 0 AND p.after > 0 AND NOT p.paid_ever) AS new_customers,
	sum(p.after) FILTER (WHERE reaches AND p.before = 0 AND p.paid_ever) AS reactivation_mrr, count(*) FILTER (WHERE reaches AND p.before = 0 AND p.after > 0 AND p.paid_ever) AS reactivation_customers,
	sum(p.after - p.before) FILTER (WHERE leaves AND up) AS expansion_mrr, count(*) FILTER (WHERE leaves AND up) AS expansion_customers,
	sum(p.after - p.before) FILTER (WHERE leaves AND down) AS contraction_mrr, count(*) FILTER (WHERE leaves AND down) AS contraction_customers,
	sum(-p.before) FILTER (WHERE leaves AND p.after = 0) AS churn_mrr, -count(*) FILTER (WHERE leaves AND p.before > 0 AND p.after = 0) AS churn_customers,
	sum(p.after) FILTER (WHERE reaches AND NOT leaves AND stays) AS moved_in_mrr, count(*) FILTER (WHERE reaches AND NOT leaves AND stays) AS moved_in_customers,
	sum(-p.after) FILTER (WHERE leaves AND NOT reaches AND stays) AS moved_out_mrr, -count(*) FILTER (WHERE leaves AND NOT reaches AND stays) AS moved_out_customers,
	sum(CASE WHEN leaves THEN p.before - p.paid_before ELSE 0 END - CASE WHEN reaches THEN p.after - p.paid_after ELSE 0 END) AS paused_mrr,
	count(*) FILTER (WHERE leaves AND p.before > 0 AND p.paid_before = 0) - count(*) FILTER (WHERE reaches AND p.after > 0 AND p.paid_after = 0) AS paused_customers,
	sum(p.after - p.paid_after) FILTER (WHERE reaches) AS closing_paused_mrr, count(*) FILTER (WHERE reaches AND p.after > 0 AND p.paid_after = 0) AS closing_paused_customers,
	sum(p.paid_after) FILTER (WHERE reaches) AS closing_mrr, count(*) FILTER (WHERE reaches AND p.paid_after > 0) AS closing_customers,
	count(*) FILTER (WHERE p.before = 0 AND p.after = 0 AND p.paid_inside && ARRAY[s.segment, CASE WHEN s.segment = '(all)' THEN p.paid_inside[1] END]) AS same_period_customers,
	sum(p.after - p.before) FILTER (WHERE leaves AND up AND p.same) AS price_expansion_mrr, sum(p.after - p.before) FILTER (WHERE leaves AND down AND p.same) AS price_contraction_mrr,
	sum(-p.before) FILTER (WHERE leaves AND p.after = 0 AND p.holds) AS to_free_mrr, -count(*) FILTER (WHERE leaves AND p.before > 0 AND p.after = 0 AND p.holds) AS to_free_customers,
	sum(least(p.before, p.after)) FILTER (WHERE leaves) AS gross_retained_mrr, sum(p.after) FILTER (WHERE leaves AND p.before > 0) AS net_retained_mrr,
	sum(p.paid_then) FILTER (WHERE s.segment IN ('(all)', p.segment_then)) AS year_opening_mrr,
	sum(least(p.paid_then, p.paid_after)) FILTER (WHERE p.paid_then > 0 AND s.segment IN ('(all)', p.segment_then)) AS year_gross_retained_mrr,
	sum(p.paid_after) FILTER (WHERE p.paid_then > 0 AND s.segment IN ('(all)', p.segment_then)) AS year_net_retained_mrr
FROM passage p
JOIN (SELECT DISTINCT layout, segment FROM customer_day UNION SELECT layout, '(all)' FROM counted_layout) s ON s.layout = p.layout
CROSS JOIN LATERAL (SELECT s.segment IN ('(all)', p.from_segment) AS leaves, s.segment IN ('(all)', p.to_segment) AS reaches, p.before > 0 AND p.after > p.before AS up,
	p.before > 0 AND p.after > 0 AND p.after < p.before AS down, p.before > 0 AND p.after > 0 AS stays) x
GROUP BY p.layout, s.segment, p.month;

-- what ended, by the day after the last one at that price, and commitments that did
CREATE TEMP TABLE counted_end AS
SELECT e.layout, s.segment, date_trunc('month', e.day::timestamp)::date AS month,
	count(*) FILTER (WHERE NOT e.is_due) AS ended_spells, sum(e.price) FILTER (WHERE NOT e.is_due) AS ended_mrr,
	count(*) FILTER (WHERE NOT e.is_due AND e.stays) AS continued_spells, sum(e.price) FILTER (WHERE NOT e.is_due AND e.stays) AS continued_mrr,
	count(*) FILTER (WHERE e.is_due) AS due_commitments, sum(e.price) FILTER (WHERE e.is_due) AS due_mrr,
	count(*) FILTER (WHERE e.is_due AND e.stays) AS renewed_commitments, sum(e.price) FILTER (WHERE e.is_due AND e.stays) AS renewed_mrr
FROM (
	SELECT a.layout, a.customer, a.day + 1 AS day, a.price, false AS is_due, (SELECT c.paid > 0 FROM customer_day c WHERE c.layout = a.layout AND c.customer = a.customer AND c.day = a.day + 1) AS stays
	FROM line_day a
	LEFT JOIN line_day b ON b.layout = a.layout AND b.g = a.g AND b.day = a.day + 1
	WHERE a.is_on AND a.price > 0 AND a.day < '2024-11-30' AND (b.g IS NULL OR b.price <> a.price OR NOT b.is_on)
	UNION ALL
	SELECT l.layout, l.customer, l.committed, t.price, true, EXISTS (SELECT FROM line_day b WHERE b.layout = l.layout AND b.customer = l.customer AND b.day = l.committed AND b.price > 0
		AND (b.g = l.g OR (SELECT n.started >= l.ended FROM line n WHERE n.layout = b.layout AND n.g = b.g)))
	FROM line l
	-- the last price that it has
	CROSS JOIN LATERAL (SELECT b.price FROM line_day b WHERE b.layout = l.layout AND b.g = l.g ORDER BY b.day DESC LIMIT 1) t
	WHERE l.committed < '2024-12-01' AND l.started < l.committed AND t.price > 0) e
JOIN customer_day c ON c.layout = e.layout AND c.customer = e.customer AND c.day = e.day - 1
CROSS JOIN LATERAL (VALUES ('(all)'), (c.segment)) s (segment)
GROUP BY 1, 2, 3;
-- figures under the names that the views have for them
CREATE TABLE told.counted AS
SELECT m.layout, 'mrr_movement'::text AS view, m.segment || '|' || to_char(m.month, 'YYYY-MM') AS row_key, to_jsonb(m) || jsonb_build_object('month_label', to_char(m.month, 'YYYY-MM'), 'fx_mrr', 0,
	'promotion_end_mrr', 0, 'promotion_end_customers', 0, 'pause_days', 90, 'is_complete', true) AS figures
FROM counted_movement m;
INSERT INTO told.counted
WITH rate AS (
	SELECT m.*, -m.churn_customers::float8 / nullif(m.at_risk_customers, 0) AS logo_churn_rate, -coalesce(m.churn_mrr, 0)::float8 / nullif(m.at_risk_mrr, 0)::float8 AS revenue_churn_rate,
		m.gross_retained_mrr::float8 / nullif(m.at_risk_mrr, 0)::float8 AS gross_revenue_retention_rate, coalesce(m.net_retained_mrr, 0)::float8 / nullif(m.at_risk_mrr, 0)::float8 AS net_revenue_retention_rate,
		m.closing_mrr::float8 / nullif(m.closing_customers, 0) AS arpa, coalesce(m.new_mrr, 0) + coalesce(m.expansion_mrr, 0) AS gained_mrr, coalesce(m.churn_mrr, 0) + coalesce(m.contraction_mrr, 0) AS lost_mrr
	FROM counted_movement m
), figure AS (
	SELECT r.*, r.churn_customers AS churned_customers, r.churn_mrr AS churned_mrr, y.gross_revenue_retention_chained_rate, y.net_revenue_retention_chained_rate,
		r.year_gross_retained_mrr::float8 / nullif(r.year_opening_mrr, 0)::float8 AS gross_revenue_retention_year_rate, r.year_net_retained_mrr::float8 / nullif(r.year_opening_mrr, 0)::float8 AS net_revenue_retention_year_rate,
		r.gained_mrr::float8 / nullif(-r.lost_mrr, 0)::float8 AS quick_ratio, r.arpa / nullif(r.logo_churn_rate, 0) AS lifetime_revenue, r.arpa * 0.6 / nullif(r.logo_churn_rate, 0) AS lifetime_margin,
		r.arpa * 0.6 * 1.01 / (0.01 + r.logo_churn_rate) AS lifetime_margin_discounted,
		coalesce(e.ended_spells, 0) AS ended_spells, e.ended_mrr, coalesce(e.continued_spells, 0) AS continued_spells, e.continued_mrr,
		e.continued_spells::float8 / nullif(e.ended_spells, 0) AS continuation_rate, coalesce(e.continued_mrr, 0)::float8 / nullif(e.ended_mrr, 0)::float8 AS continuation_value_rate,
		d.due_commitments, d.renewed_commitments, d.due_mrr, d.renewed_mrr, e.renewed_commitments::float8 / nullif(e.due_commitments, 0) AS renewal_rate,
		coalesce(e.renewed_mrr, 0)::float8 / nullif(e.due_mrr, 0)::float8 AS renewal_value_rate
	FROM rate r
	LEFT JOIN counted_end e ON e.layout = r.layout AND e.segment = r.segment AND e.month = r.month
	LEFT JOIN LATERAL (SELECT coalesce(e.due_commitments, 0) AS due_commitments, coalesce(e.renewed_commitments, 0) AS renewed_commitments, coalesce(e.due_mrr, 0) AS due_mrr, coalesce(e.renewed_mrr, 0) AS renewed_mrr
		WHERE r.layout = 'telecom') d ON true
	-- of twelve months, each of which has a rate
	CROSS JOIN LATERAL (
		SELECT CASE WHEN count(y.gross_revenue_retention_rate) = 12 THEN CASE WHEN min(y.gross_revenue_retention_rate) = 0 THEN 0 ELSE exp(sum(ln(nullif(y.gross_revenue_retention_rate, 0)))) END END AS gross_revenue_retention_chained_rate,
			CASE WHEN count(y.net_revenue_retention_rate) = 12 THEN CASE WHEN min(y.net_revenue_retention_rate) = 0 THEN 0 ELSE exp(sum(ln(nullif(y.net_revenue_retention_rate, 0)))) END END AS net_revenue_retention_chained_rate
		FROM rate y WHERE y.layout = r.layout AND y.segment = r.segment AND y.month > r.month - interval '1 year' AND y.month <= r.month) y
)
SELECT f.layout, 'subscription_kpi', f.segment || '|' || to_char(f.month, 'YYYY-MM'), to_jsonb(f) || jsonb_build_object('month_label', to_char(f.month, 'YYYY-MM'), 'promotion_end_mrr', 0, 'pause_days', 90, 'is_complete', true)
FROM figure f;

-- days of activity: payments and what was given back, of guests by their address
CREATE TEMP TABLE event_day AS
SELECT k.layout, CASE WHEN k.layout = 'woocommerce' AND p.customer = 'c11' THEN 'guest ann@shop.example' WHEN k.layout IN ('telecom', 'shopify', 'woocommerce') THEN substr(p.customer, 2) ELSE p.customer END AS customer,
	(e.at AT TIME ZONE 'Europe/Vilnius')::date AS day, e.amount, e.is_return, p.customer AS person
FROM paid p
CROSS JOIN LATERAL (VALUES (p.at, p.cents / 100.0, true), (((p.at AT TIME ZONE 'UTC') + interval '40 days') AT TIME ZONE 'UTC', -1.50, false)) e (at, amount, is_return)
JOIN counted_layout k ON e.is_return OR k.layout IN ('shopify', 'woocommerce') AND p.no % 10 = 1
WHERE e.at < timestamptz '2024-12-01 00:00+02';
CREATE TEMP TABLE counted_retention AS
WITH member AS (
	SELECT f.*, date_trunc('month', f.since::timestamp)::date AS cohort, coalesce(c.segment, '(all)') AS segment
	FROM (SELECT e.layout, e.customer, min(e.person) AS person, min(e.day) FILTER (WHERE e.is_return) AS since FROM event_day e GROUP BY 1, 2) f
	LEFT JOIN customer_day c ON c.layout = f.layout AND c.customer = f.customer AND c.day = f.since AND c.layout NOT IN ('shopify', 'woocommerce')
), member_month AS (
	SELECT f.layout, f.customer, f.segment, f.cohort, n.no, m.month::date AS month, coalesce(bool_or(e.is_return), false) AS returns,
		EXISTS (SELECT FROM event_day l WHERE l.layout = f.layout AND l.customer = f.customer AND l.is_return AND l.day >= m.month) AS returns_or_later, coalesce(sum(e.amount), 0) AS value
	FROM member f
	CROSS JOIN LATERAL generate_series(f.cohort::timestamp, '2024-11-01', '1 month') WITH ORDINALITY m (month, n)
	CROSS JOIN LATERAL (SELECT (m.n - 1)::int AS no) n
	LEFT JOIN event_day e ON e.layout = f.layout AND e.customer = f.customer AND e.day >= m.month AND e.day < m.month + interval '1 month'
	GROUP BY 1, 2, 3, 4, 5, 6, m.month
)
SELECT x.layout, s.segment, x.cohort, x.no AS period_no, x.month AS period_start, count(*) AS cohort_customers, count(*) AS eligible_customers, count(*) FILTER (WHERE x.returns OR x.no = 0) AS retained_customers,
	count(*) FILTER (WHERE x.returns_or_later OR x.no = 0) AS retained_or_later_customers, count(*) FILTER (WHERE x.returns) AS returned_customers, sum(x.value) AS value, sum(b.value) AS eligible_value,
	sum(x.value)::float8 / nullif(greatest(sum(b.value), 0), 0)::float8 AS value_rate, true AS is_complete, to_char(x.cohort, 'YYYY-MM') AS cohort_label, to_char(x.month, 'YYYY-MM') AS period_label
FROM member_month x
JOIN member_month b ON b.layout = x.layout AND b.customer = x.customer AND b.no = 0
CROSS JOIN LATERAL (SELECT x.segment UNION SELECT '(all)') s (segment)
GROUP BY 1, 2, 3, 4, 5;
INSERT INTO told.counted
SELECT r.layout, 'retention_month', concat_ws('|', r.segment, r.cohort_label, r.period_no), to_jsonb(r) || jsonb_build_object('retention_rate', p, 'conf_low', greatest(0, (p + z2 / 2 / n - w) / (1 + z2 / n)), 'conf_high', least(1, (p + z2 / 2 / n + w) / (1 + z2 / n)))
FROM counted_retention r
CROSS JOIN LATERAL (SELECT r.retained_customers::float8 / r.eligible_customers AS p, r.eligible_customers::float8 AS n, 1.959963984540054 ^ 2 AS z2) q
CROSS JOIN LATERAL (SELECT sqrt(z2 * p * (1 - p) / n + z2 * z2 / 4 / n / n) AS w) x;

-- the phase of each on two days, with what was known on the last
CREATE TEMP TABLE payer_day AS
SELECT c.layout, c.customer, c.day, c.paid FROM customer_day c WHERE c.paid > 0
UNION ALL
-- who has no contract is there for thirty days after each payment, at a month's mean of the last three
SELECT p.layout, p.customer, y.day::date, p.mrr
FROM (
	SELECT e.layout, e.customer, array_agg(e.day) AS days, sum(e.amount) FILTER (WHERE e.day > (e.last_day - interval '3 months')::date) / 3 AS mrr
	FROM (SELECT e.*, max(e.day) OVER (PARTITION BY e.layout, e.customer) AS last_day FROM event_day e WHERE e.is_return) e
	WHERE NOT EXISTS (SELECT FROM line l WHERE l.layout = e.layout AND l.customer = e.customer)
	GROUP BY 1, 2) p
CROSS JOIN generate_series(timestamp '2023-09-01', '2024-11-30', '1 day') y (day)
WHERE EXISTS (SELECT FROM unnest(p.days) d WHERE y.day >= d AND y.day < d + 30);
CREATE TEMP TABLE product_day AS
SELECT l.layout, l.customer, l.product, l.day, count(*) AS held, count(*) FILTER (WHERE l.is_on AND l.price > 0) AS paid FROM line_day l GROUP BY 1, 2, 3, 4;
CREATE UNIQUE INDEX ON product_day (layout, customer, product, day);
CREATE TEMP TABLE phase_on AS
WITH run AS (
	SELECT r.layout, r.customer, r.at, min(r.day) AS began, max(r.day) + 1 AS ended, row_number() OVER (PARTITION BY r.layout, r.customer, r.at ORDER BY min(r.day)) AS no
	FROM (SELECT p.*, t.at, p.day - (row_number() OVER (PARTITION BY p.layout, p.customer, t.at ORDER BY p.day))::int AS island FROM payer_day p JOIN (VALUES (date '2024-12-01'), (date '2024-11-01')) t (at) ON p.day < t.at) r
	GROUP BY r.layout, r.customer, r.at, r.island
), bought AS (
	SELECT b.layout, b.customer, b.product, b.day, b.held > coalesce(a.held, 0) AS is_more
	FROM product_day b
	LEFT JOIN product_day a ON a.layout = b.layout AND a.customer = b.customer AND a.product = b.product AND a.day = b.day - 1
	JOIN customer_day c ON c.layout = b.layout AND c.customer = b.customer AND c.day = b.day
	JOIN customer_day d ON d.layout = b.layout AND d.customer = b.customer AND d.day = b.day - 1
	WHERE b.paid > coalesce(a.paid, 0) AND c.paid > d.paid
), known AS (
	SELECT c.layout, c.customer, t.at, r.began, r.ended, r.no,
		(SELECT min(l.asked) FROM line l WHERE l.layout = c.layout AND l.customer = c.customer AND l.started < t.at AND coalesce(l.ended >= t.at, true)) AS asked,
		(SELECT min(x.ends) FROM line l CROSS JOIN LATERAL (VALUES (l.ended), (CASE WHEN coalesce(l.committed <= l.ended, true) THEN l.committed END)) x (ends)
			WHERE l.layout = c.layout AND l.customer = c.customer AND l.started < t.at AND x.ends >= '2024-12-01' AND x.ends <= t.at + 60) AS ends,
		(SELECT max(b.day) FROM bought b WHERE b.layout = c.layout AND b.customer = c.customer AND b.day > r.began AND b.day < t.at
			AND (b.is_more OR NOT EXISTS (SELECT FROM product_day z WHERE z.layout = b.layout AND z.customer = b.customer AND z.product = b.product AND z.day >= r.began AND z.day < b.day AND z.paid > 0))) AS grew
	FROM person c
	CROSS JOIN (VALUES (date '2024-12-01'), (date '2024-11-01')) t (at)
	LEFT JOIN LATERAL (SELECT r.* FROM run r WHERE r.layout = c.layout AND r.customer = c.customer AND r.at = t.at ORDER BY r.no DESC LIMIT 1) r ON true
)
SELECT k.layout, k.customer, k.at, CASE WHEN p.phase IN ('winback_target', 'lost') THEN k.ended - 1 ELSE k.at - 1 END AS last_day, p.phase, CASE p.phase
	WHEN 'winback_target' THEN k.ended WHEN 'lost' THEN k.ended + 366 WHEN 'at_risk' THEN greatest(k.began, k.asked) WHEN 'reactivated' THEN k.began WHEN 'onboarding' THEN k.began
	WHEN 'renewal' THEN greatest(k.began + 30, k.ends - 60) WHEN 'growth' THEN greatest(k.began + 30, k.grew) WHEN 'mature' THEN greatest(k.began + 30, k.grew + 90) END AS since
FROM known k
CROSS JOIN LATERAL (SELECT CASE WHEN k.began IS NULL THEN 'prospect' WHEN k.ended < k.at AND k.at - k.ended <= 365 THEN 'winback_target' WHEN k.ended < k.at THEN 'lost' WHEN k.asked < k.at THEN 'at_risk'
	WHEN k.no > 1 AND k.at - k.began <= 90 THEN 'reactivated' WHEN k.at - k.began <= 30 THEN 'onboarding' WHEN k.ends IS NOT NULL THEN 'renewal' WHEN k.at - k.grew <= 90 THEN 'growth' ELSE 'mature' END AS phase) p;
INSERT INTO told.counted
SELECT x.layout, 'customer_phase', x.customer_id, to_jsonb(x)
FROM (
	SELECT n.layout, n.customer AS customer_id, s.segment, n.phase, n.since, b.phase AS previous_phase, coalesce(m.paid, 0) AS mrr, CASE WHEN n.phase = 'at_risk' THEN (
			SELECT coalesce(sum(d.price) FILTER (WHERE d.is_on), 0) FROM line l JOIN line_day d ON d.layout = l.layout AND d.g = l.g AND d.day = '2024-11-30'
			WHERE l.layout = n.layout AND l.customer = n.customer AND l.asked < '2024-12-01') ELSE 0 END AS at_risk_mrr,
		coalesce(t.paid, 0) AS last_mrr, q.segment AS previous_segment, coalesce(r.paid, 0) AS previous_mrr
	FROM phase_on n
	JOIN phase_on b ON b.layout = n.layout AND b.customer = n.customer AND b.at = '2024-11-01'
	JOIN customer_day s ON s.layout = n.layout AND s.customer = n.customer AND s.day = n.last_day
	JOIN customer_day q ON q.layout = n.layout AND q.customer = n.customer AND q.day = '2024-10-31'
	LEFT JOIN payer_day m ON m.layout = n.layout AND m.customer = n.customer AND m.day = '2024-11-30'
	LEFT JOIN payer_day t ON t.layout = n.layout AND t.customer = n.customer AND t.day = n.last_day
	LEFT JOIN payer_day r ON r.layout = n.layout AND r.customer = n.customer AND r.day = '2024-10-31'
	WHERE n.at = '2024-12-01') x;

-- what a view of a model shows otherwise than it was counted: nothing, or how many
-- figures and some of them.  Money that is rounded to add up may be cents beside it.
CREATE FUNCTION told.miscounted(layout text, model name, view text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	EXECUTE format($q$
		WITH pair AS (
			SELECT coalesce(s.row_key, c.row_key) AS row_key, s.figures AS shown, c.figures AS counted
			FROM (SELECT v.row_key COLLATE "default" AS row_key, to_jsonb(v) - '{row_key,currency,time_zone,as_of,unpaid_statuses}'::text[] AS figures FROM %1$I.%2$I v) s
			FULL JOIN (SELECT c.row_key, c.figures FROM told.counted c WHERE c.layout = %3$L AND c.view = %2$L) c ON c.row_key = s.row_key
		), figure AS (
			SELECT p.row_key, k.key, k.value #>> '{}' AS shown, p.counted ->> k.key AS counted, p.counted ? k.key AS is_counted, jsonb_typeof(k.value) = 'number' AS is_number,
				CASE WHEN k.key !~ '(mrr|^value|eligible_value)$' THEN 1e-9 WHEN p.row_key ~ '^\(all\)' AND k.key ~ '^(opening|closing)_mrr$' OR %2$L = 'customer_phase' THEN 0.0051 ELSE 0.05 END AS tolerance
			FROM pair p
			CROSS JOIN LATERAL jsonb_each(p.shown) k
			WHERE p.counted IS NOT NULL
		), differ AS (
			SELECT f.row_key || ' ' || f.key || ' ' || concat_ws(' for ', coalesce(f.shown, 'NULL'), coalesce(f.counted, 'NULL')) AS what
			FROM figure f
			WHERE NOT f.is_counted OR CASE WHEN f.is_number THEN coalesce(abs(f.shown::numeric - CASE WHEN f.key ~ '_mrr$' THEN coalesce(f.counted::numeric, 0) ELSE f.counted::numeric END)
					> f.tolerance * greatest(1, CASE WHEN f.tolerance < 1e-8 THEN abs(f.shown::numeric) END), true) ELSE f.shown IS DISTINCT FROM f.counted END
			UNION ALL
			SELECT p.row_key || ' is shown' FROM pair p WHERE p.counted IS NULL
			UNION ALL
			-- a segment that holds nothing yet needs no row
			SELECT p.row_key || ' is missing' FROM pair p
			WHERE p.shown IS NULL AND (%2$L NOT IN ('mrr_movement', 'subscription_kpi') OR p.row_key ~ '^\(all\)'
				OR EXISTS (SELECT FROM jsonb_each_text(p.counted) k WHERE k.key ~ '(_mrr|_customers|_spells|_commitments)$' AND k.value::numeric <> 0))
		)
		SELECT CASE WHEN (SELECT count(*) FROM figure) = 0 THEN 'nothing to compare' ELSE (SELECT count(*) || ' figures: ' || string_agg(d.what, ', ') FROM (SELECT d.what, row_number() OVER (ORDER BY d.what) AS n FROM differ d) d
			WHERE d.n <= 12 HAVING count(*) > 0) END$q$, model, view, layout) INTO said;
	RETURN said;
END
$$;
