-- Report views over subscriptions: the waterfall and what follows from it.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(20, 'unpaid_statuses', 'words', '{trial,free,paused}', 'Values of subscription.status in which a spell brings nothing, whatever its price; NULL: none.'),
	(25, 'paused_statuses', 'words', '{paused}', 'Values of subscription.status in which a spell is paused: it brings nothing, and mrr is what it would bring; NULL: none.'),
	(26, 'pause_days', 'count', '90', 'For so many days a paused spell is not lost: its money is in the line paused of the waterfall, not in churn. 0: a pause is the end of paying.'),
	(21, 'subscription_clock', 'words', '{calendar}', 'When subscription_retention looks at customers: calendar (when a month closes) or anniversary (whole months after each one''s first day).'),
	(22, 'lapse_days', 'count', '0', 'Lapses of payment of up to so many days do not end a customer''s tenure in survival.'),
	(23, 'margin_rate', 'fraction', NULL, 'Margin as a share of revenue, for lifetime values; NULL: not known.'),
	(24, 'monthly_discount_rate', 'fraction', NULL, 'Discount a month, for lifetime values; NULL: none is computed.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(20, 'mrr_movement', 'The waterfall of monthly recurring revenue: one row per segment and month. Opening and the lines sum to closing, for money and for customers; losses are negative; money in another currency moves at the rate of the closing, and what rates did to the opening is a line of its own; every line of "(all)" is the sum over segments, in which moves cancel. A month closes just before the next one begins.'),
	(21, 'subscription_kpi', 'Rates of a month: one row per segment and month, with the numerator and denominator of each.'),
	(22, 'subscription_retention', 'Retention of customers and of their money: one row per segment, cohort month and number of months since. A cohort is the customers whose first paid day is in the same month.'),
	(23, 'survival', 'How long customers stay: Kaplan and Meier''s estimate, one row per segment, product and number of days at which somebody left. Counted is the first time of paying of each customer, or of each customer and product.'),
	(24, 'churn_cause', 'Why customers leave, as causes that compete: one row per segment, cause and number of days, by Aalen and Johansen.'),
	(25, 'product_migration', 'Who goes from which product to which: one row per month and pair. A product''s opening customers plus arrivals less departures are its closing ones.');

-- how many customers a row is about, for min_group_size
UPDATE cvm.report_view SET group_size = CASE view
	WHEN 'mrr_movement' THEN 'greatest(opening_customers, closing_customers)'
	WHEN 'subscription_kpi' THEN 'greatest(opening_customers, closing_customers)'
	WHEN 'subscription_retention' THEN 'cohort_customers'
	WHEN 'product_migration' THEN 'customers'
	ELSE 'at_risk_customers' END
WHERE view IN ('mrr_movement', 'subscription_kpi', 'subscription_retention', 'survival', 'churn_cause', 'product_migration');

-- The bodies share their parts, so they are put together here.
WITH part (name, text) AS (VALUES
('base', $$folded AS MATERIALIZED (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, {{price}}, NULL, NULL, {{paused}}) AS holdings
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id
), {{observed}}$$),
-- The same from what is kept
('base_kept', $$folded AS NOT MATERIALIZED (
	SELECT k.customer_id, k.holdings FROM customer_holdings k
), observed AS MATERIALIZED (
	SELECT coalesce({as_of},
		greatest(max(s.started_on) FILTER (WHERE s.started_on <= t.day), max(s.ended_on) FILTER (WHERE s.ended_on <= t.day)) + 1,
		min(s.started_on) + 1) AS as_of
	FROM customer_holdings k
	CROSS JOIN LATERAL cvm.spells(k.holdings) s
	CROSS JOIN (SELECT (now() AT TIME ZONE {time_zone})::date AS day) t
)$$),
-- In several currencies: all at the last rate
('base_fx', $${{observed}}, rate_now AS MATERIALIZED (
	SELECT c.currency, cvm.known_rate(c.currency, {currency}, o.as_of - 1, (
		SELECT f.rate FROM fx_rate f WHERE f.currency = c.currency AND f.valid_from < o.as_of ORDER BY f.valid_from DESC LIMIT 1)) AS rate
	FROM (SELECT DISTINCT s.currency FROM subscription s WHERE s.currency IS NOT NULL) c
	CROSS JOIN observed o
), folded AS MATERIALIZED (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, {{price}} * coalesce(r.rate, 1), NULL, NULL, {{paused}}) AS holdings
	FROM subscription s
	LEFT JOIN rate_now r ON r.currency = s.currency
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id
)$$),
-- Each in its own
('movement_base_fx', $${{observed}}, priced AS MATERIALIZED (
	SELECT s.customer_id, coalesce(s.currency, {currency}, '(none)') AS currency,
		cvm.holdings_agg(s.product, s.started_on, s.ended_on, {{price}}, NULL, NULL, {{paused}}) AS holdings
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
	GROUP BY 1, 2
), folded AS MATERIALIZED (
	SELECT p.customer_id, cvm.rollup(p.holdings) AS holdings FROM priced p GROUP BY p.customer_id
)$$),
-- The day after the last one seen: ends that lie in the future are plans
('observed', $$observed AS MATERIALIZED (
	SELECT coalesce({as_of},
		greatest(max(s.started_on) FILTER (WHERE isfinite(s.started_on) AND s.started_on <= t.day),
			max(s.ended_on) FILTER (WHERE isfinite(s.ended_on) AND s.ended_on <= t.day)) + 1,
		min(s.started_on) FILTER (WHERE isfinite(s.started_on)) + 1) AS as_of
	FROM subscription s
	CROSS JOIN (SELECT (now() AT TIME ZONE {time_zone})::date AS day) t
)$$),
('held', $$spell AS (
	SELECT h.customer_id, h.segment,
		CASE WHEN h.valid_to <= h.valid_from THEN 'empty'::daterange ELSE daterange(h.valid_from, h.valid_to) END AS days
	FROM segment_history h
), held AS (
	SELECT p.customer_id, coalesce(p.segment, '(none)') AS segment, range_agg(p.days) AS days
	FROM spell p
	GROUP BY 1, 2
	UNION ALL
	SELECT f.customer_id, '(none)' AS segment, '{(,)}'::datemultirange - coalesce(range_agg(p.days), '{}'::datemultirange) AS days
	FROM folded f
	LEFT JOIN spell p ON p.customer_id = f.customer_id
	GROUP BY f.customer_id
)$$),
('since', $$since AS (
	SELECT DISTINCT ON (f.customer_id) f.customer_id, h.segment
	FROM folded f
	JOIN segment_history h ON h.customer_id = f.customer_id
		AND h.valid_from <= cvm.first_paid_day(f.holdings)
		AND coalesce(h.valid_to > cvm.first_paid_day(f.holdings), true)
	ORDER BY f.customer_id, h.valid_from DESC, h.segment
)$$),
('waterfall', $$
SELECT '(all)'::text AS segment, cvm.movement_agg(f.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM folded f
	CROSS JOIN observed o$$),
('waterfall_segment', $$
	SELECT h.segment, cvm.movement_agg(f.holdings, 'month', o.as_of, h.days, {pause_days}) AS state
	FROM folded f
	CROSS JOIN observed o
	JOIN held h ON h.customer_id = f.customer_id
	WHERE NOT isempty(h.days)
	GROUP BY h.segment
	UNION ALL$$),
-- Without segments, straight from the spells in one pass
('total', $$
SELECT '(all)'::text AS segment, cvm.movement_agg(s.customer_id, s.product, s.started_on, s.ended_on, {{price}}, {{paused}}, 'month', (SELECT o.as_of FROM observed o), {pause_days}) AS state
	FROM subscription s$$),
('moved', $$moved AS (
	SELECT s.segment, cvm.as_of(s.state) AS as_of, cvm.pause_days(s.state) AS pause_days, m.*
	FROM state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
)$$),
('moved_segment', $$moved AS (
	SELECT s.segment, cvm.as_of(s.state) AS as_of, cvm.pause_days(s.state) AS pause_days, m.*
	FROM state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
)$$),
('moved_fx', $$by_currency AS MATERIALIZED (
	SELECT '(all)'::text AS segment, p.currency, cvm.movement_agg(p.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM priced p
	CROSS JOIN observed o
	GROUP BY p.currency
), money AS (
	SELECT b.segment, m.period_start,
		sum(m.opening_mrr * CASE WHEN m.opening_mrr = 0 THEN 0 ELSE cvm.known_rate(b.currency, {currency}, m.period_start - 1, (
			SELECT f.rate FROM fx_rate f WHERE f.currency = b.currency AND f.valid_from < m.period_start ORDER BY f.valid_from DESC LIMIT 1)) END) AS opening_mrr,
		sum(m.new_mrr * r.rate) AS new_mrr,
		sum(m.reactivation_mrr * r.rate) AS reactivation_mrr,
		sum(m.expansion_mrr * r.rate) AS expansion_mrr,
		sum(m.contraction_mrr * r.rate) AS contraction_mrr,
		sum(m.churn_mrr * r.rate) AS churn_mrr,
		sum(m.moved_in_mrr * r.rate) AS moved_in_mrr,
		sum(m.moved_out_mrr * r.rate) AS moved_out_mrr,
		sum(m.price_expansion_mrr * r.rate) AS price_expansion_mrr,
		sum(m.price_contraction_mrr * r.rate) AS price_contraction_mrr,
		sum(m.to_free_mrr * r.rate) AS to_free_mrr,
		sum(m.paused_mrr * r.rate) AS paused_mrr,
		sum(m.closing_paused_mrr * r.rate) AS closing_paused_mrr,
		sum(m.closing_mrr * r.rate) AS closing_mrr,
		sum(m.expansion_customers)::bigint AS expansion_customers,
		sum(m.contraction_customers)::bigint AS contraction_customers
	FROM by_currency b
	CROSS JOIN LATERAL cvm.movements(b.state) m
	CROSS JOIN LATERAL (SELECT least((m.period_start + interval '1 month')::date, cvm.as_of(b.state)) - 1 AS day) d
	CROSS JOIN LATERAL (SELECT cvm.known_rate(b.currency, {currency}, d.day, (
		SELECT f.rate FROM fx_rate f WHERE f.currency = b.currency AND f.valid_from <= d.day ORDER BY f.valid_from DESC LIMIT 1)) AS rate OFFSET 0) r
	GROUP BY b.segment, m.period_start
), moved AS (
	SELECT s.segment, cvm.as_of(s.state) AS as_of, cvm.pause_days(s.state) AS pause_days, m.period_start,
		y.opening_mrr, m.opening_customers,
		y.new_mrr, m.new_customers, y.reactivation_mrr, m.reactivation_customers,
		y.expansion_mrr, y.expansion_customers, y.contraction_mrr, y.contraction_customers,
		y.churn_mrr, m.churn_customers, y.moved_in_mrr, m.moved_in_customers, y.moved_out_mrr, m.moved_out_customers,
		y.closing_mrr, m.closing_customers, m.same_period_customers, y.price_expansion_mrr, y.price_contraction_mrr,
		y.to_free_mrr, m.to_free_customers, y.paused_mrr, m.paused_customers, y.closing_paused_mrr, m.closing_paused_customers, m.is_complete
	FROM state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
	JOIN money y ON y.segment = s.segment AND y.period_start = m.period_start
)$$),
('moved_segment_fx', $$by_currency AS MATERIALIZED (
	SELECT h.segment, p.currency, cvm.movement_agg(p.holdings, 'month', o.as_of, h.days, {pause_days}) AS state
	FROM priced p
	CROSS JOIN observed o
	JOIN held h ON h.customer_id = p.customer_id
	WHERE NOT isempty(h.days)
	GROUP BY h.segment, p.currency
	UNION ALL
	SELECT '(all)'::text AS segment, p.currency, cvm.movement_agg(p.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM priced p
	CROSS JOIN observed o
	GROUP BY p.currency
), money AS (
	SELECT b.segment, m.period_start,
		sum(m.opening_mrr * CASE WHEN m.opening_mrr = 0 THEN 0 ELSE cvm.known_rate(b.currency, {currency}, m.period_start - 1, (
			SELECT f.rate FROM fx_rate f WHERE f.currency = b.currency AND f.valid_from < m.period_start ORDER BY f.valid_from DESC LIMIT 1)) END) AS opening_mrr,
		sum(m.new_mrr * r.rate) AS new_mrr,
		sum(m.reactivation_mrr * r.rate) AS reactivation_mrr,
		sum(m.expansion_mrr * r.rate) AS expansion_mrr,
		sum(m.contraction_mrr * r.rate) AS contraction_mrr,
		sum(m.churn_mrr * r.rate) AS churn_mrr,
		sum(m.moved_in_mrr * r.rate) AS moved_in_mrr,
		sum(m.moved_out_mrr * r.rate) AS moved_out_mrr,
		sum(m.price_expansion_mrr * r.rate) AS price_expansion_mrr,
		sum(m.price_contraction_mrr * r.rate) AS price_contraction_mrr,
		sum(m.to_free_mrr * r.rate) AS to_free_mrr,
		sum(m.paused_mrr * r.rate) AS paused_mrr,
		sum(m.closing_paused_mrr * r.rate) AS closing_paused_mrr,
		sum(m.closing_mrr * r.rate) AS closing_mrr,
		sum(m.expansion_customers)::bigint AS expansion_customers,
		sum(m.contraction_customers)::bigint AS contraction_customers
	FROM by_currency b
	CROSS JOIN LATERAL cvm.movements(b.state) m
	CROSS JOIN LATERAL (SELECT least((m.period_start + interval '1 month')::date, cvm.as_of(b.state)) - 1 AS day) d
	CROSS JOIN LATERAL (SELECT cvm.known_rate(b.currency, {currency}, d.day, (
		SELECT f.rate FROM fx_rate f WHERE f.currency = b.currency AND f.valid_from <= d.day ORDER BY f.valid_from DESC LIMIT 1)) AS rate OFFSET 0) r
	GROUP BY b.segment, m.period_start
), moved AS (
	SELECT s.segment, cvm.as_of(s.state) AS as_of, cvm.pause_days(s.state) AS pause_days, m.period_start,
		y.opening_mrr, m.opening_customers,
		y.new_mrr, m.new_customers, y.reactivation_mrr, m.reactivation_customers,
		y.expansion_mrr, y.expansion_customers, y.contraction_mrr, y.contraction_customers,
		y.churn_mrr, m.churn_customers, y.moved_in_mrr, m.moved_in_customers, y.moved_out_mrr, m.moved_out_customers,
		y.closing_mrr, m.closing_customers, m.same_period_customers, y.price_expansion_mrr, y.price_contraction_mrr,
		y.to_free_mrr, m.to_free_customers, y.paused_mrr, m.paused_customers, y.closing_paused_mrr, m.closing_paused_customers, m.is_complete
	FROM state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
	JOIN money y ON y.segment = s.segment AND y.period_start = m.period_start
)$$),
('mrr_movement', $$
SELECT m.segment || '|' || to_char(m.period_start::timestamp, 'YYYY-MM') AS row_key,
	m.segment,
	m.period_start AS month,
	to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label,
	{currency} AS currency,
	m.opening_mrr::numeric(18,2) AS opening_mrr,
	m.opening_customers,
	m.new_mrr::numeric(18,2) AS new_mrr,
	m.new_customers,
	m.reactivation_mrr::numeric(18,2) AS reactivation_mrr,
	m.reactivation_customers,
	m.expansion_mrr::numeric(18,2) AS expansion_mrr,
	m.expansion_customers,
	m.contraction_mrr::numeric(18,2) AS contraction_mrr,
	m.contraction_customers,
	m.churn_mrr::numeric(18,2) AS churn_mrr,
	m.churn_customers,
	m.moved_in_mrr::numeric(18,2) AS moved_in_mrr,
	m.moved_in_customers,
	m.moved_out_mrr::numeric(18,2) AS moved_out_mrr,
	m.moved_out_customers,
	m.paused_mrr::numeric(18,2) AS paused_mrr,
	m.paused_customers,
	{{fx}} AS fx_mrr,
	m.closing_mrr::numeric(18,2) AS closing_mrr,
	m.closing_customers,
	m.same_period_customers,
	m.price_expansion_mrr::numeric(18,2) AS price_expansion_mrr,
	m.price_contraction_mrr::numeric(18,2) AS price_contraction_mrr,
	m.to_free_mrr::numeric(18,2) AS to_free_mrr,
	m.to_free_customers,
	m.closing_paused_mrr::numeric(18,2) AS closing_paused_mrr,
	m.closing_paused_customers,
	m.pause_days,
	m.is_complete,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{time_zone} AS time_zone,
	m.as_of
FROM moved m$$),
-- Spells that ended, and whose customers paid on the day after
('due', $$ended AS MATERIALIZED (
	SELECT f.customer_id, p.ended_on, p.mrr, cvm.mrr_at(f.holdings, p.ended_on) > 0 AS stays
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.spells(f.holdings) p
	WHERE p.ended_on < o.as_of AND p.mrr > 0
), due AS MATERIALIZED (
	SELECT e.segment, date_trunc('month', e.ended_on::timestamp)::date AS month,
		count(*) AS due_spells, sum(e.mrr) AS due_mrr,
		count(*) FILTER (WHERE e.stays) AS renewed_spells,
		coalesce(sum(e.mrr) FILTER (WHERE e.stays), 0) AS renewed_mrr
	FROM (
		SELECT '(all)'::text AS segment, a.ended_on, a.mrr, a.stays
		FROM ended a{{due_segments}}
	) e
	GROUP BY 1, 2
)$$),
-- From the closing of twelve months before
('year', $$, year_change AS (
	SELECT y.segment, y.period_start, sum(y.opening_mrr) AS opening, sum(y.gross_retained_mrr) AS gross, sum(y.net_retained_mrr) AS net
	FROM (
		SELECT '(all)'::text AS segment, k.*
		FROM folded f
		CROSS JOIN observed o
		CROSS JOIN LATERAL cvm.kept_changes(f.holdings, 'month', o.as_of, 12) k{{year_segments}}
	) y
	GROUP BY 1, 2
)$$),
('subscription_kpi', $$, month AS (
	-- who can be lost, and with what: who pays, and who is in a pause
	SELECT s.segment, cvm.as_of(s.state) AS as_of, m.*, r.at_risk_customers, r.at_risk_mrr,
		r.at_risk_mrr + m.contraction_mrr + m.churn_mrr AS gross_retained,
		r.at_risk_mrr + m.expansion_mrr + m.contraction_mrr + m.churn_mrr AS net_retained,
		-m.churn_customers / nullif(r.at_risk_customers, 0)::float8 AS churn,
		m.closing_mrr::float8 / nullif(m.closing_customers, 0) AS arpa
	FROM state s
	CROSS JOIN LATERAL cvm.movements(s.state) m
	CROSS JOIN LATERAL (SELECT m.opening_customers + m.paused_customers + m.closing_paused_customers AS at_risk_customers,
		m.opening_mrr + m.paused_mrr + m.closing_paused_mrr AS at_risk_mrr) r
), rate AS (
	SELECT m.*,
		m.gross_retained::float8 / nullif(m.at_risk_mrr::float8, 0) AS grr,
		m.net_retained::float8 / nullif(m.at_risk_mrr::float8, 0) AS nrr
	FROM month m
)
SELECT r.segment || '|' || to_char(r.period_start::timestamp, 'YYYY-MM') AS row_key,
	r.segment,
	r.period_start AS month,
	to_char(r.period_start::timestamp, 'YYYY-MM') AS month_label,
	{currency} AS currency,
	r.opening_customers,
	r.at_risk_customers,
	-r.churn_customers AS churned_customers,
	r.churn AS logo_churn_rate,
	r.opening_mrr::numeric(18,2) AS opening_mrr,
	r.at_risk_mrr::numeric(18,2) AS at_risk_mrr,
	(-r.churn_mrr)::numeric(18,2) AS churned_mrr,
	-r.churn_mrr::float8 / nullif(r.at_risk_mrr::float8, 0) AS revenue_churn_rate,
	r.gross_retained::numeric(18,2) AS gross_retained_mrr,
	r.grr AS gross_revenue_retention_rate,
	r.net_retained::numeric(18,2) AS net_retained_mrr,
	r.nrr AS net_revenue_retention_rate,
	CASE WHEN count(r.grr) OVER year = 12 THEN
		CASE WHEN min(r.grr) OVER year > 0 THEN exp(sum(ln(nullif(r.grr, 0))) OVER year) ELSE 0 END
	END AS gross_revenue_retention_chained_rate,
	CASE WHEN count(r.nrr) OVER year = 12 THEN
		CASE WHEN min(r.nrr) OVER year > 0 THEN exp(sum(ln(nullif(r.nrr, 0))) OVER year) ELSE 0 END
	END AS net_revenue_retention_chained_rate,
	y.opening::numeric(18,2) AS year_opening_mrr,
	y.gross::numeric(18,2) AS year_gross_retained_mrr,
	y.gross::float8 / nullif(y.opening::float8, 0) AS gross_revenue_retention_year_rate,
	y.net::numeric(18,2) AS year_net_retained_mrr,
	y.net::float8 / nullif(y.opening::float8, 0) AS net_revenue_retention_year_rate,
	(r.new_mrr + r.expansion_mrr)::numeric(18,2) AS gained_mrr,
	(-r.churn_mrr - r.contraction_mrr)::numeric(18,2) AS lost_mrr,
	(r.new_mrr + r.expansion_mrr)::float8 / nullif((-r.churn_mrr - r.contraction_mrr)::float8, 0) AS quick_ratio,
	r.closing_mrr::numeric(18,2) AS closing_mrr,
	r.closing_customers,
	r.arpa,
	cvm.ltv_naive(r.arpa, r.churn) AS lifetime_revenue,
	cvm.ltv_margin(r.arpa, {margin_rate}, r.churn) AS lifetime_margin,
	cvm.ltv_discounted(r.arpa, {margin_rate}, r.churn, {monthly_discount_rate}) AS lifetime_margin_discounted,
	coalesce(d.due_spells, 0) AS due_spells,
	coalesce(d.renewed_spells, 0) AS renewed_spells,
	d.renewed_spells / d.due_spells::float8 AS renewal_rate,
	coalesce(d.due_mrr, 0)::numeric(18,2) AS due_mrr,
	coalesce(d.renewed_mrr, 0)::numeric(18,2) AS renewed_mrr,
	d.renewed_mrr::float8 / d.due_mrr::float8 AS renewal_value_rate,
	r.is_complete,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{pause_days} AS pause_days,
	{time_zone} AS time_zone,
	r.as_of
FROM rate r
LEFT JOIN due d ON d.segment = r.segment AND d.month = r.period_start
CROSS JOIN LATERAL (
	SELECT coalesce(sum(c.opening), 0) AS opening, coalesce(sum(c.gross), 0) AS gross, coalesce(sum(c.net), 0) AS net
	FROM year_change c
	WHERE c.segment = r.segment AND c.period_start <= r.period_start
) y
WINDOW year AS (PARTITION BY r.segment ORDER BY r.period_start ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)$$),
('cohorts', $$by_segment AS MATERIALIZED (
	SELECT {{since_segment}} AS segment, cvm.revenue_retention_agg(f.holdings, 'month', o.as_of, ({subscription_clock})[1]) AS state
	FROM folded f
	CROSS JOIN observed o{{since_join}}
	GROUP BY 1
), state AS MATERIALIZED (
	{{all_segments}}
	SELECT '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b
)$$),
('cohort_total', $$state AS MATERIALIZED (
	SELECT '(all)'::text AS segment, cvm.revenue_retention_agg(s.customer_id, s.product, s.started_on, s.ended_on,
		CASE WHEN {{paused}} THEN 0 ELSE {{price}} END, 'month', (SELECT o.as_of FROM observed o), ({subscription_clock})[1]) AS state
	FROM subscription s
)$$),
('subscription_retention', $$
SELECT s.segment || '|' || to_char(g.cohort::timestamp, 'YYYY-MM') || '|' || g.period_no AS row_key,
	s.segment,
	g.cohort,
	to_char(g.cohort::timestamp, 'YYYY-MM') AS cohort_label,
	g.period_no,
	g.period_start,
	g.cohort_customers,
	g.eligible_customers,
	g.retained_customers,
	g.retention_rate,
	g.conf_low,
	g.conf_high,
	g.cohort_mrr::numeric(18,2) AS cohort_mrr,
	g.eligible_mrr::numeric(18,2) AS eligible_mrr,
	g.gross_retained_mrr::numeric(18,2) AS gross_retained_mrr,
	g.net_retained_mrr::numeric(18,2) AS net_retained_mrr,
	g.gross_revenue_retention_rate,
	g.net_revenue_retention_rate,
	g.is_complete,
	{currency} AS currency,
	({subscription_clock})[1] AS clock,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{time_zone} AS time_zone,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.revenue_grid(s.state, {conf}) g$$),
('survival', $$, by_product AS MATERIALIZED (
	SELECT s.customer_id, s.product, cvm.holdings_agg(s.product, s.started_on, s.ended_on,
		CASE WHEN lower(s.status) = ANY ({unpaid_statuses}) THEN 0 ELSE s.mrr END) AS holdings
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id, s.product
), life AS (
	SELECT f.customer_id, '(all)'::text AS product, r.days, r.is_churned
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.runs(f.holdings, o.as_of, {lapse_days}) r
	WHERE r.run_no = 1
	UNION ALL
	SELECT f.customer_id, coalesce(f.product, '(none)') AS product, r.days, r.is_churned
	FROM by_product f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.runs(f.holdings, o.as_of, {lapse_days}) r
	WHERE r.run_no = 1
), by_segment AS MATERIALIZED (
	SELECT {{since_segment}} AS segment, f.product, cvm.survival_agg(f.days, f.is_churned) AS state
	FROM life f{{since_join}}
	GROUP BY 1, 2
), state AS MATERIALIZED (
	{{all_segments}}
	SELECT '(all)' AS segment, b.product, cvm.rollup(b.state) AS state FROM by_segment b GROUP BY b.product
)
SELECT s.segment || '|' || s.product || '|' || c."time" AS row_key,
	s.segment,
	s.product,
	c."time" AS days,
	c.at_risk AS at_risk_customers,
	c.churned AS churned_customers,
	c.censored AS censored_customers,
	c.survival AS survival_rate,
	c.std_error,
	c.conf_low,
	c.conf_high,
	q.median_days,
	{lapse_days} AS lapse_days,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{time_zone} AS time_zone,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL (SELECT cvm.median_survival(s.state) AS median_days OFFSET 0) q
CROSS JOIN LATERAL cvm.survival_curve(s.state, {conf}) c$$),
('churn_cause', $$, reason AS (
	SELECT s.customer_id, s.ended_on, min(s.end_reason) AS cause
	FROM subscription s
	WHERE s.ended_on IS NOT NULL
	GROUP BY 1, 2
), life AS (
	SELECT f.customer_id, r.days, r.is_churned, c.cause
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.runs(f.holdings, o.as_of, {lapse_days}) r
	LEFT JOIN reason c ON c.customer_id = f.customer_id AND c.ended_on = r.ended_on
	WHERE r.run_no = 1
), by_segment AS MATERIALIZED (
	SELECT {{since_segment}} AS segment, cvm.survival_agg(f.days, f.is_churned, f.cause) AS state
	FROM life f{{since_join}}
	GROUP BY 1
), state AS MATERIALIZED (
	{{all_segments}}
	SELECT '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b
)
SELECT s.segment || '|' || c.cause || '|' || c."time" AS row_key,
	s.segment,
	c.cause,
	c."time" AS days,
	c.at_risk AS at_risk_customers,
	c.churned AS churned_customers,
	c.incidence AS incidence_rate,
	c.std_error,
	{lapse_days} AS lapse_days,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{time_zone} AS time_zone,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.cumulative_incidence(s.state) c$$),
('product_migration', $$
SELECT to_char(m.period_start::timestamp, 'YYYY-MM') || '|' || m.from_product || '|' || m.to_product AS row_key,
	m.period_start AS month,
	to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label,
	m.from_product,
	m.to_product,
	count(*) AS customers,
	sum(m.from_mrr)::numeric(18,2) AS from_mrr,
	sum(m.to_mrr)::numeric(18,2) AS to_mrr,
	{currency} AS currency,
	(m.period_start + interval '1 month')::date <= o.as_of AS is_complete,
	{time_zone} AS time_zone,
	o.as_of
FROM folded f
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.migrations(f.holdings, 'month', o.as_of) m
GROUP BY m.period_start, m.from_product, m.to_product, o.as_of$$)),

-- A body is words between parts; {{name}} is a part, of which there may be
-- others for a way: from holdings that are kept, or in several currencies.
body (view, preference, needs, body) AS (VALUES
	('mrr_movement', 1, '{subscription,segment_history}'::text[],
		'WITH {{movement_base}}, {{held}}, state AS MATERIALIZED ({{waterfall_segment}}{{waterfall}}), {{moved_segment}}{{mrr_movement}}'),
	('mrr_movement', 2, '{subscription}',
		'WITH {{total_base}}, state AS MATERIALIZED ({{total}}), {{moved}}{{mrr_movement}}'),
	('subscription_kpi', 1, '{subscription,segment_history}',
		'WITH {{base}}, {{held}}, {{due}}, state AS MATERIALIZED ({{waterfall_segment}}{{waterfall}}){{year}}{{subscription_kpi}}'),
	('subscription_kpi', 2, '{subscription}',
		'WITH {{base}}, {{due}}, state AS MATERIALIZED ({{waterfall}}){{year}}{{subscription_kpi}}'),
	('subscription_retention', 1, '{subscription,segment_history}',
		'WITH {{base}}, {{since}}, {{cohorts}}{{subscription_retention}}'),
	('subscription_retention', 2, '{subscription}',
		'WITH {{total_base}}, {{cohort_total}}{{subscription_retention}}'),
	('survival', 1, '{subscription,segment_history}',
		'WITH {{base}}, {{since}}{{survival}}'),
	('survival', 2, '{subscription}',
		'WITH {{base}}{{survival}}'),
	('churn_cause', 1, '{subscription,subscription.end_reason,segment_history}',
		'WITH {{base}}, {{since}}{{churn_cause}}'),
	('churn_cause', 2, '{subscription,subscription.end_reason}',
		'WITH {{base}}{{churn_cause}}'),
	('product_migration', 1, '{subscription}',
		'WITH {{base}}{{product_migration}}')
), way (way, preference, needs) AS (VALUES
	('raw', 0, '{}'::text[]),
	('kept', -10, '{customer_holdings}'),
	('fx', -20, '{subscription.currency,fx_rate}')
), same (view, way, name, part) AS (VALUES
	-- what a part is in a way
	(NULL, 'raw', 'movement_base', 'base'),
	(NULL, 'kept', 'movement_base', 'base_kept'),
	(NULL, 'raw', 'total_base', 'observed'),
	(NULL, 'kept', 'total_base', 'base_kept'),
	('mrr_movement', 'fx', 'total_base', 'movement_base_fx'),
	('subscription_retention', 'fx', 'total_base', 'base_fx'),
	(NULL, 'kept', 'total', 'waterfall'),
	(NULL, 'fx', 'total', 'waterfall'),
	(NULL, 'kept', 'cohort_total', 'cohorts'),
	(NULL, 'fx', 'cohort_total', 'cohorts')
), laid AS (
	SELECT b.view, b.preference + y.preference AS preference, b.needs || y.needs AS needs, y.way, (
			SELECT string_agg(coalesce(p.text, w.words), '' ORDER BY w.n)
			FROM regexp_matches(b.body, '\{\{(\w+)\}\}|([^{}]+)', 'g') WITH ORDINALITY AS m(found, n)
			CROSS JOIN LATERAL (SELECT m.found[2] AS words, m.found[1] AS name, m.n) w
			LEFT JOIN same e ON e.name = w.name AND e.way = y.way AND coalesce(e.view, b.view) = b.view
			LEFT JOIN LATERAL (
				SELECT a.text FROM part a WHERE a.name IN (e.part, w.name || '_' || y.way, w.name)
				ORDER BY a.name = e.part DESC NULLS LAST, a.name = w.name LIMIT 1) p ON true
		) AS body
	FROM body b
	CROSS JOIN way y
)
INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT l.view, l.preference, l.needs,
	-- parts of parts: a later one may stand in an earlier
	replace(replace(replace(replace(replace(replace(replace(replace(replace(l.body,
		'{{observed}}', o.text),
		'{{since_segment}}', CASE WHEN s.known THEN 'coalesce(since.segment, ''(none)'')' ELSE '''(all)''::text' END),
		'{{since_join}}', CASE WHEN s.known THEN E'\n\tLEFT JOIN since ON since.customer_id = f.customer_id' ELSE '' END),
		'{{all_segments}}', CASE
			WHEN NOT s.known THEN ''
			WHEN l.view = 'survival' THEN E'SELECT b.segment, b.product, b.state FROM by_segment b\n\tUNION ALL'
			ELSE E'SELECT b.segment, b.state FROM by_segment b\n\tUNION ALL' END),
		'{{due_segments}}', CASE WHEN s.known THEN $$
		UNION ALL
		SELECT h.segment, a.ended_on, a.mrr, a.stays
		FROM ended a
		JOIN held h ON h.customer_id = a.customer_id AND h.days @> (a.ended_on - 1)$$ ELSE '' END),
		'{{year_segments}}', CASE WHEN s.known THEN $$
		UNION ALL
		SELECT h.segment, k.*
		FROM folded f
		CROSS JOIN observed o
		JOIN held h ON h.customer_id = f.customer_id
		CROSS JOIN LATERAL cvm.kept_changes(f.holdings, 'month', o.as_of, 12, h.days) k
		WHERE NOT isempty(h.days)$$ ELSE '' END),
		-- what the rates did to the opening, to the cent
		'{{fx}}', CASE WHEN l.way = 'fx' THEN '(m.closing_mrr::numeric(18,2) - m.opening_mrr::numeric(18,2) - m.new_mrr::numeric(18,2)'
			|| ' - m.reactivation_mrr::numeric(18,2) - m.expansion_mrr::numeric(18,2) - m.contraction_mrr::numeric(18,2)'
			|| ' - m.churn_mrr::numeric(18,2) - m.moved_in_mrr::numeric(18,2) - m.moved_out_mrr::numeric(18,2) - m.paused_mrr::numeric(18,2))::numeric(18,2)'
			ELSE '0::numeric(18,2)' END),
		'{{price}}', '{price}'),
		'{{paused}}', '{is_paused}')
FROM laid l
CROSS JOIN LATERAL (SELECT 'segment_history' = ANY (l.needs) AS known) s
CROSS JOIN (SELECT p.text FROM part p WHERE p.name = 'observed') o;

INSERT INTO cvm.customer_state (position, state, entity, column_name, type, fold, last_day, tally, comment) VALUES
	(2, 'customer_holdings', 'subscription', 'holdings', 'cvm.holdings',
		$$cvm.holdings_agg(e.product, e.started_on, e.ended_on,
		CASE WHEN lower(e.status) = ANY ({paused_statuses}) THEN e.mrr WHEN lower(e.status) = ANY ({unpaid_statuses}) THEN 0 ELSE e.mrr END,
		NULL, NULL, lower(e.status) = ANY ({paused_statuses}))$$,
		'cvm.last_day(%s, (now() AT TIME ZONE {time_zone})::date)',
		$$SELECT p.started_on AS day, format('%%s until %%s', p.product, least(p.ended_on, %2$s)) AS what, count(*) AS rows, sum(p.mrr) AS value
			FROM cvm.spells(%1$s) p WHERE p.started_on < %2$s GROUP BY 1, 2$$,
		'One row per customer: what it held, from when to when and for how much.');

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('mrr_movement', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('mrr_movement', 2, 'segment', 'text', 'name', 'segment held when the month opened for who paid then, and when it closed for who came', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('mrr_movement', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('mrr_movement', 4, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('mrr_movement', 5, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of the amounts; NULL when the model has none.'),
	('mrr_movement', 6, 'opening_mrr', 'numeric(18,2)', 'money a month', 'closing_mrr of the month before', true, 'Monthly recurring revenue when the month began.'),
	('mrr_movement', 7, 'opening_customers', 'bigint', 'customers', 'closing_customers of the month before', true, 'Customers who paid when the month began.'),
	('mrr_movement', 8, 'new_mrr', 'numeric(18,2)', 'money a month', 'from customers who pay at the closing, did not at the opening and never had', true, 'Monthly recurring revenue of customers who pay for the first time.'),
	('mrr_movement', 9, 'new_customers', 'bigint', 'customers', 'from customers who pay at the closing, did not at the opening and never had', true, 'Number of customers who pay for the first time.'),
	('mrr_movement', 10, 'reactivation_mrr', 'numeric(18,2)', 'money a month', 'from customers who pay at the closing, did not at the opening and had before', true, 'Monthly recurring revenue of customers who came back.'),
	('mrr_movement', 11, 'reactivation_customers', 'bigint', 'customers', 'from customers who pay at the closing, did not at the opening and had before', true, 'Number of customers who came back.'),
	('mrr_movement', 12, 'expansion_mrr', 'numeric(18,2)', 'money a month', 'what opening customers bring more at the closing', true, 'Monthly recurring revenue of opening customers who bring more than before.'),
	('mrr_movement', 13, 'expansion_customers', 'bigint', 'customers', 'what opening customers bring more at the closing', true, 'Number of opening customers who bring more than before. They stay: not part of the sum of customers.'),
	('mrr_movement', 14, 'contraction_mrr', 'numeric(18,2)', 'money a month', 'what opening customers who still pay bring less at the closing', true, 'Monthly recurring revenue of opening customers who bring less than before, but something, as a negative number.'),
	('mrr_movement', 15, 'contraction_customers', 'bigint', 'customers', 'what opening customers who still pay bring less at the closing', true, 'Number of opening customers who bring less than before, but something. They stay: not part of the sum of customers.'),
	('mrr_movement', 16, 'churn_mrr', 'numeric(18,2)', 'money a month', '-1 * what opening customers brought who pay nothing at the closing', true, 'Monthly recurring revenue of opening customers who stopped paying, as a negative number.'),
	('mrr_movement', 17, 'churn_customers', 'bigint', 'customers', '-1 * what opening customers brought who pay nothing at the closing', true, 'Number of opening customers who stopped paying, as a negative number.'),
	('mrr_movement', 18, 'moved_in_mrr', 'numeric(18,2)', 'money a month', 'from customers who pay at both ends and came from another segment', false, 'Monthly recurring revenue of customers who came from another segment, at what they bring now.'),
	('mrr_movement', 19, 'moved_in_customers', 'bigint', 'customers', 'from customers who pay at both ends and came from another segment', false, 'Number of customers who came from another segment, at what they bring now.'),
	('mrr_movement', 20, 'moved_out_mrr', 'numeric(18,2)', 'money a month', '-1 * from customers who pay at both ends and went to another segment', false, 'Monthly recurring revenue of customers who went to another segment, as a negative number.'),
	('mrr_movement', 21, 'moved_out_customers', 'bigint', 'customers', '-1 * from customers who pay at both ends and went to another segment', false, 'Number of customers who went to another segment, as a negative number.'),
	('mrr_movement', 22, 'paused_mrr', 'numeric(18,2)', 'money a month', 'paused spells at the opening - paused spells at the closing', true, 'What went into pauses, as a negative number, less what came out of them, at the prices that are paused. A pause ends when the spell does, or after pause_days with churn.'),
	('mrr_movement', 23, 'paused_customers', 'bigint', 'customers', 'customers in pause at the opening - at the closing', true, 'Customers who went into a pause with all that they pay for, as a negative number, less those who came out of one.'),
	('mrr_movement', 24, 'fx_mrr', 'numeric(18,2)', 'money a month', 'opening at the rates of the closing - opening_mrr', true, 'What exchange rates did to the opening; lines are money at the rates of the closing. 0 unless subscription.currency and fx_rate are bound.'),
	('mrr_movement', 25, 'closing_mrr', 'numeric(18,2)', 'money a month', 'opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + paused_mrr + fx_mrr', true, 'Monthly recurring revenue when the month ended, or at as_of.'),
	('mrr_movement', 26, 'closing_customers', 'bigint', 'customers', 'opening_customers + new_customers + reactivation_customers + churn_customers + moved_in_customers + moved_out_customers + paused_customers', true, 'Customers who paid when the month ended, or at as_of.'),
	('mrr_movement', 27, 'same_period_customers', 'bigint', 'customers', 'count of customers who paid on some day of the month and at neither end', true, 'Customers who came and went inside the month; in no other column.'),
	('mrr_movement', 28, 'price_expansion_mrr', 'numeric(18,2)', 'money a month', 'part of expansion_mrr of customers with the same lines of the same products', true, 'Expansion by price alone; the rest is plan, product or number of lines.'),
	('mrr_movement', 29, 'price_contraction_mrr', 'numeric(18,2)', 'money a month', 'part of contraction_mrr of customers with the same lines of the same products', true, 'Contraction by price alone.'),
	('mrr_movement', 30, 'to_free_mrr', 'numeric(18,2)', 'money a month', 'part of churn_mrr of customers who still hold a line that is free', true, 'Churn to something free: contraction, where a free plan counts as active.'),
	('mrr_movement', 31, 'to_free_customers', 'bigint', 'customers', 'part of churn_customers who still hold a line that is free', true, 'Customers who stopped paying but still hold a free line, as a negative number.'),
	('mrr_movement', 32, 'closing_paused_mrr', 'numeric(18,2)', 'money a month', '-1 * sum of paused_mrr so far', true, 'What paused spells would bring when the month ended; not in closing_mrr.'),
	('mrr_movement', 33, 'closing_paused_customers', 'bigint', 'customers', '-1 * sum of paused_customers so far', true, 'Customers in pause with all that they pay for when the month ended; not in closing_customers.'),
	('mrr_movement', 34, 'pause_days', 'integer', 'days', 'setting of the model', false, 'For so many days a paused spell is not lost.'),
	('mrr_movement', 35, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false, 'Is the month over?'),
	('mrr_movement', 36, 'unpaid_statuses', 'text', 'words', 'setting of the model', false, 'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('mrr_movement', 37, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('mrr_movement', 38, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('subscription_kpi', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('subscription_kpi', 2, 'segment', 'text', 'name', 'segment held when the month opened for who paid then, and when it closed for who came', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('subscription_kpi', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('subscription_kpi', 4, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('subscription_kpi', 5, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of the amounts; NULL when the model has none.'),
	('subscription_kpi', 6, 'opening_customers', 'bigint', 'customers', 'closing_customers of the month before', true, 'Customers who paid when the month began.'),
	('subscription_kpi', 7, 'at_risk_customers', 'bigint', 'customers', 'opening_customers + mrr_movement.paused_customers + closing_paused_customers', true, 'Customers who paid or were in a pause when the month began: those who can be lost.'),
	('subscription_kpi', 8, 'churned_customers', 'bigint', 'customers', 'count of customers who paid or were in a pause at the opening and are neither at the closing', true, 'Customers of the opening lost, paying or in a pause then.'),
	('subscription_kpi', 9, 'logo_churn_rate', 'double precision', 'fraction 0..1', 'churned_customers / at_risk_customers', false, 'Share of the customers of the opening, paying or in a pause, who were lost. cvm.churn_rates() has other definitions.'),
	('subscription_kpi', 10, 'opening_mrr', 'numeric(18,2)', 'money a month', 'closing_mrr of the month before', true, 'Monthly recurring revenue when the month began.'),
	('subscription_kpi', 11, 'at_risk_mrr', 'numeric(18,2)', 'money a month', 'opening_mrr + mrr_movement.paused_mrr + closing_paused_mrr', true, 'What they brought then, and would have brought without pauses: what can be lost.'),
	('subscription_kpi', 12, 'churned_mrr', 'numeric(18,2)', 'money a month', 'what the churned customers brought', true, 'Recurring revenue of the opening customers lost.'),
	('subscription_kpi', 13, 'revenue_churn_rate', 'double precision', 'fraction 0..1', 'churned_mrr / at_risk_mrr', false, 'Share of the opening revenue that left with its customers.'),
	('subscription_kpi', 14, 'gross_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over opening customers of the lesser of opening and closing: at_risk + contraction + churn', true, 'What is left of the opening revenue, gains not counted; pauses count as kept.'),
	('subscription_kpi', 15, 'gross_revenue_retention_rate', 'double precision', 'fraction 0..1', 'gross_retained_mrr / at_risk_mrr', false, 'GRR of the month; never above 1.'),
	('subscription_kpi', 16, 'net_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over opening customers of closing: at_risk + expansion + contraction + churn', true, 'What the opening customers bring at the closing; new and returning customers not counted; pauses count as kept.'),
	('subscription_kpi', 17, 'net_revenue_retention_rate', 'double precision', 'fraction', 'net_retained_mrr / at_risk_mrr', false, 'NRR of the month.'),
	('subscription_kpi', 18, 'gross_revenue_retention_chained_rate', 'double precision', 'fraction 0..1', 'product of gross_revenue_retention_rate of 12 months', false, 'GRR of the last 12 months, chained; below the rate from point to point.'),
	('subscription_kpi', 19, 'net_revenue_retention_chained_rate', 'double precision', 'fraction', 'product of net_revenue_retention_rate of 12 months', false, 'NRR of the last 12 months, chained.'),
	('subscription_kpi', 20, 'year_opening_mrr', 'numeric(18,2)', 'money a month', 'closing_mrr of twelve months before', true, 'What the customers who paid twelve months before brought then: denominator of the rates of a year.'),
	('subscription_kpi', 21, 'year_gross_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over those customers of the lesser of then and now', true, 'What is left of it, no more of each customer than then.'),
	('subscription_kpi', 22, 'gross_revenue_retention_year_rate', 'double precision', 'fraction 0..1', 'year_gross_retained_mrr / year_opening_mrr', false, 'GRR from closing to closing of twelve months; who left and came back counts.'),
	('subscription_kpi', 23, 'year_net_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over those customers of now', true, 'What they bring now.'),
	('subscription_kpi', 24, 'net_revenue_retention_year_rate', 'double precision', 'fraction', 'year_net_retained_mrr / year_opening_mrr', false, 'NRR from closing to closing of twelve months.'),
	('subscription_kpi', 25, 'gained_mrr', 'numeric(18,2)', 'money a month', 'new_mrr + expansion_mrr', true, 'Numerator of quick_ratio; who came back is left out.'),
	('subscription_kpi', 26, 'lost_mrr', 'numeric(18,2)', 'money a month', '-1 * (churn_mrr + contraction_mrr)', true, 'Denominator of quick_ratio.'),
	('subscription_kpi', 27, 'quick_ratio', 'double precision', 'ratio', 'gained_mrr / lost_mrr', false, 'Revenue gained for each unit lost; NULL where nothing was lost. Do not average.'),
	('subscription_kpi', 28, 'closing_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr on the last day', true, 'Monthly recurring revenue when the month ended, or at as_of.'),
	('subscription_kpi', 29, 'closing_customers', 'bigint', 'customers', 'count of customers who pay on the last day', true, 'Customers who paid when the month ended, or at as_of.'),
	('subscription_kpi', 30, 'arpa', 'double precision', 'money a month per customer', 'closing_mrr / closing_customers', false, 'Average revenue per paying account. Do not average.'),
	('subscription_kpi', 31, 'lifetime_revenue', 'double precision', 'money', 'arpa / logo_churn_rate', false, 'Naive lifetime value: revenue until churn if churn stayed as it was this month; NULL without churn. Do not average.'),
	('subscription_kpi', 32, 'lifetime_margin', 'double precision', 'money', 'arpa * margin_rate / logo_churn_rate', false, 'The same as margin; NULL until the setting margin_rate is given. Do not average.'),
	('subscription_kpi', 33, 'lifetime_margin_discounted', 'double precision', 'money', 'arpa * margin_rate * (1 + d) / (d + logo_churn_rate), d = monthly_discount_rate', false, 'The same, paid in advance and discounted. Do not average.'),
	('subscription_kpi', 34, 'due_spells', 'bigint', 'spells', 'count of paid spells that ended in the month', true, 'Spells that came to their end in the month and were observed to.'),
	('subscription_kpi', 35, 'renewed_spells', 'bigint', 'spells', 'count of due_spells whose customer paid on the day after', true, 'Of those, spells whose customer went on paying, for whatever product.'),
	('subscription_kpi', 36, 'renewal_rate', 'double precision', 'fraction 0..1', 'renewed_spells / due_spells', false, 'Renewal rate by count. Prices that change in the middle of a contract end a spell too: bind terms as spells.'),
	('subscription_kpi', 37, 'due_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr of due_spells', true, 'Recurring revenue that came to its end in the month.'),
	('subscription_kpi', 38, 'renewed_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr of renewed_spells', true, 'Of it, that of spells that were renewed, at the old price.'),
	('subscription_kpi', 39, 'renewal_value_rate', 'double precision', 'fraction 0..1', 'renewed_mrr / due_mrr', false, 'Renewal rate by value.'),
	('subscription_kpi', 40, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false, 'Is the month over?'),
	('subscription_kpi', 41, 'unpaid_statuses', 'text', 'words', 'setting of the model', false, 'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('subscription_kpi', 42, 'pause_days', 'integer', 'days', 'setting of the model', false, 'For so many days a paused spell is not lost.'),
	('subscription_kpi', 43, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('subscription_kpi', 44, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('subscription_retention', 1, 'row_key', 'text', 'key', 'segment|cohort_label|period_no', false, 'One value per row.'),
	('subscription_retention', 2, 'segment', 'text', 'name', 'segment held on the first day on which the customer paid', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	('subscription_retention', 3, 'cohort', 'date', 'date', 'first day of the month of the first paid day', false, 'First day of the month in which the cohorts customers began to pay.'),
	('subscription_retention', 4, 'cohort_label', 'text', 'text', 'cohort as text', false, 'The cohort as text, safe from time zones of clients.'),
	('subscription_retention', 5, 'period_no', 'integer', 'months', 'months from cohort to period_start', false, 'Number of months since; 0 is the cohorts own.'),
	('subscription_retention', 6, 'period_start', 'date', 'date', 'cohort + period_no months', false, 'First day of the month that the row is about.'),
	('subscription_retention', 7, 'cohort_customers', 'bigint', 'customers', 'count of customers whose first paid day is in the month', false, 'Customers in the cohort.'),
	('subscription_retention', 8, 'eligible_customers', 'bigint', 'customers', 'count of cohort customers whose look at this month was observed', true, 'Customers who had the chance: what rates stand on. 0 while the month is not over.'),
	('subscription_retention', 9, 'retained_customers', 'bigint', 'customers', 'count of eligible customers who pay at the look', true, 'Customers who pay at the end of the month; with the anniversary clock, so many months after their first day.'),
	('subscription_retention', 10, 'retention_rate', 'double precision', 'fraction 0..1', 'retained_customers / eligible_customers', false, 'Logo retention. Customers who came back count again.'),
	('subscription_retention', 11, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate, lower end', false, 'Lower end of the confidence interval of retention_rate.'),
	('subscription_retention', 12, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate, upper end', false, 'Upper end of the confidence interval of retention_rate.'),
	('subscription_retention', 13, 'cohort_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr on each customers first paid day', false, 'What the cohort brought on its first days.'),
	('subscription_retention', 14, 'eligible_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr of the eligible on their first paid day', true, 'What the eligible customers brought on their first days: denominator of the money rates.'),
	('subscription_retention', 15, 'gross_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over eligible of the lesser of mrr on the first day and at the look', true, 'What is left of that, gains not counted.'),
	('subscription_retention', 16, 'net_retained_mrr', 'numeric(18,2)', 'money a month', 'sum over eligible of mrr at the look', true, 'What the eligible customers bring at the look. Over cohorts, the closing of the month.'),
	('subscription_retention', 17, 'gross_revenue_retention_rate', 'double precision', 'fraction 0..1', 'gross_retained_mrr / eligible_mrr', false, 'Gross retention of money; never above 1.'),
	('subscription_retention', 18, 'net_revenue_retention_rate', 'double precision', 'fraction', 'net_retained_mrr / eligible_mrr', false, 'Net retention of money.'),
	('subscription_retention', 19, 'is_complete', 'boolean', 'true or false', 'eligible_customers = cohort_customers', false, 'Was the look at every customer of the cohort observed?'),
	('subscription_retention', 20, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of the amounts; NULL when the model has none.'),
	('subscription_retention', 21, 'clock', 'text', 'name', 'setting of the model', false, 'When customers are looked at: calendar, when a period closes, or anniversary, whole periods after their first day.'),
	('subscription_retention', 22, 'unpaid_statuses', 'text', 'words', 'setting of the model', false, 'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('subscription_retention', 23, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('subscription_retention', 24, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('survival', 1, 'row_key', 'text', 'key', 'segment|product|days', false, 'One value per row.'),
	('survival', 2, 'segment', 'text', 'name', 'segment held on the first day of the time counted', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	('survival', 3, 'product', 'text', 'name', 'product', false, 'Product; "(all)" is the customer as such, whatever they pay for.'),
	('survival', 4, 'days', 'integer', 'days', 'days from the first paid day', false, 'Days of tenure at which somebody churned or dropped out of sight.'),
	('survival', 5, 'at_risk_customers', 'bigint', 'customers', 'count of customers with at least so many days', false, 'Customers seen for so long.'),
	('survival', 6, 'churned_customers', 'bigint', 'customers', 'count of customers who churned after so many days', true, 'Customers who churned then.'),
	('survival', 7, 'censored_customers', 'bigint', 'customers', 'count of customers not seen longer', true, 'Customers who still paid when observation ended after so many days.'),
	('survival', 8, 'survival_rate', 'double precision', 'fraction 0..1', 'product over ages of 1 - churned_customers / at_risk_customers', false, 'Share still there after so many days, by Kaplan and Meier.'),
	('survival', 9, 'std_error', 'double precision', 'fraction 0..1', 'Greenwoods standard error', false, 'Standard error of survival_rate.'),
	('survival', 10, 'conf_low', 'double precision', 'fraction 0..1', 'log-log interval of survival_rate, lower end', false, 'Lower end of the confidence interval; NULL before anybody churned.'),
	('survival', 11, 'conf_high', 'double precision', 'fraction 0..1', 'log-log interval of survival_rate, upper end', false, 'Upper end of the confidence interval; NULL before anybody churned.'),
	('survival', 12, 'median_days', 'integer', 'days', 'first age at which survival_rate <= 0.5', false, 'Median tenure of the segment and product; NULL where more than half are still there.'),
	('survival', 13, 'lapse_days', 'integer', 'days', 'setting of the model', false, 'Lapses of up to so many days do not end a customer''s time.'),
	('survival', 14, 'unpaid_statuses', 'text', 'words', 'setting of the model', false, 'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('survival', 15, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('survival', 16, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('churn_cause', 1, 'row_key', 'text', 'key', 'segment|cause|days', false, 'One value per row.'),
	('churn_cause', 2, 'segment', 'text', 'name', 'segment held on the first paid day', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	('churn_cause', 3, 'cause', 'text', 'name', 'end_reason of the spell that ended last', false, 'Why the customers churned; "(none)" where nobody said.'),
	('churn_cause', 4, 'days', 'integer', 'days', 'days from the first paid day', false, 'Days of tenure at which somebody churned or dropped out of sight.'),
	('churn_cause', 5, 'at_risk_customers', 'bigint', 'customers', 'count of customers with at least so many days', false, 'Customers seen for so long.'),
	('churn_cause', 6, 'churned_customers', 'bigint', 'customers', 'count of customers who churned for the cause after so many days', true, 'Customers who churned then, for this cause.'),
	('churn_cause', 7, 'incidence_rate', 'double precision', 'fraction 0..1', 'sum over ages of survival before * churned_customers / at_risk_customers', false, 'Share that has churned for this cause by then, by Aalen and Johansen; with survival_rate they sum to 1.'),
	('churn_cause', 8, 'std_error', 'double precision', 'fraction 0..1', 'standard error of Marubini and Valsecchi', false, 'Standard error of incidence_rate.'),
	('churn_cause', 9, 'lapse_days', 'integer', 'days', 'setting of the model', false, 'Lapses of up to so many days do not end a customer''s time.'),
	('churn_cause', 10, 'unpaid_statuses', 'text', 'words', 'setting of the model', false, 'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('churn_cause', 11, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('churn_cause', 12, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('product_migration', 1, 'row_key', 'text', 'key', 'month_label|from_product|to_product', false, 'One value per row.'),
	('product_migration', 2, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('product_migration', 3, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('product_migration', 4, 'from_product', 'text', 'name', 'product held at the opening, not at the closing', false, 'Product that was given up; "(in)" where the new one replaced nothing.'),
	('product_migration', 5, 'to_product', 'text', 'name', 'product held at the closing, not at the opening', false, 'Product taken up; "(out)" where nothing replaced the old one.'),
	('product_migration', 6, 'customers', 'bigint', 'customers', 'count of customers with the pair', true, 'Customers who went this way. Lost and gained products of one customer are paired by price, so each appears once.'),
	('product_migration', 7, 'from_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr of from_product at the opening', true, 'What they brought with the product given up.'),
	('product_migration', 8, 'to_mrr', 'numeric(18,2)', 'money a month', 'sum of mrr of to_product at the closing', true, 'What they bring with the product taken up.'),
	('product_migration', 9, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of the amounts; NULL when the model has none.'),
	('product_migration', 10, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false, 'Is the month over?'),
	('product_migration', 11, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('product_migration', 12, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
