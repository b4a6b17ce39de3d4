-- SPDX-License-Identifier: PostgreSQL
-- Report views over survival: how long customers stay, and why they leave.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(22, 'lapse_days', 'count', '0',
		'Lapses of payment of up to so many days do not end a customer''s tenure in survival.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(23, 'survival',
		'How long customers stay: Kaplan and Meier''s estimate, one row per segment, product and number of days at '
		'which somebody left. Counted is the first time of paying of each customer, or of each customer and product.',
		'at_risk_customers'),
	(24, 'churn_cause',
		'Why customers leave, as causes that compete: one row per segment, cause and number of days, by Aalen and '
		'Johansen.', 'at_risk_customers');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('product_segments', 1, '{segment_history}', $$SELECT b.segment, b.product, b.state FROM by_segment b
	UNION ALL$$),
('product_segments', 9, '{}', ''),
-- the time that each customer, or customer and product, is counted with
('lives', 1, '{}', $$by_product AS {at_customer} (
	SELECT s.customer_id, s.product, cvm.holdings_agg(s.product, s.started_on, s.ended_on,
		CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END) AS holdings
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
)$$),
('caused_lives', 1, '{}', $$reason AS (
	-- of reasons of one day the one of the most money, never the first by name
	SELECT r.customer_id, r.ended_on, CASE WHEN count(*) = 1 THEN min(r.end_reason) ELSE '(several)' END AS cause
	FROM (
		SELECT s.customer_id, s.ended_on, s.end_reason,
			rank() OVER (PARTITION BY s.customer_id, s.ended_on ORDER BY coalesce(sum(CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END), 0) DESC) AS place
		FROM subscription s
		WHERE s.ended_on IS NOT NULL AND s.end_reason IS NOT NULL
		GROUP BY 1, 2, 3) r
	WHERE r.place = 1
	GROUP BY 1, 2
), life AS (
	SELECT f.customer_id, r.days, r.is_churned, c.cause
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.runs(f.holdings, o.as_of, {lapse_days}) r
	LEFT JOIN reason c ON c.customer_id = f.customer_id AND c.ended_on = r.ended_on
	WHERE r.run_no = 1
)$$),
-- from the fold of spells and times in segments, where nothing else is stored
('survival_states', 1, '{subscription.currency,fx_rate}', '{lives_states}'),
('survival_states', 2, '{customer_holdings}', '{lives_states}'),
('survival_states', 3, '{distributed subscription}', '{lives_states}'),
('survival_states', 9, '{}', $${observed}, spell_fold AS MATERIALIZED (
	SELECT cvm._segment_life_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.mrr, r.is_paused, r.offer, r.segment, 'month',
		(SELECT o.as_of FROM observed o), {lapse_days}) AS lives
	FROM (
		SELECT s.customer_id, s.product, s.started_on, s.ended_on, CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END AS mrr, {is_paused} AS is_paused,
			NULL::text AS offer, NULL::text AS segment
		FROM subscription s
		UNION ALL
		SELECT h.customer_id, NULL, CASE WHEN h.segment IS NOT NULL THEN h.valid_from END, h.valid_to, NULL, NULL, NULL, h.segment
		FROM {segment_rows} h) r
), state AS MATERIALIZED (
	SELECT b.segment, b.product, b.state
	FROM spell_fold f
	CROSS JOIN LATERAL unnest(f.lives) b
	WHERE {has_segments} OR b.segment = '(all)'
)$$),
('lives_states', 1, '{}', $${base}{since}, {lives}, by_segment AS MATERIALIZED (
	SELECT {since_segment} AS segment, f.product, cvm.survival_agg(f.days, f.is_churned) AS state
	FROM life f{since_join}
	GROUP BY 1, 2
), state AS MATERIALIZED (
	{product_segments}
	SELECT '(all)' AS segment, b.product, cvm.rollup(b.state) AS state FROM by_segment b GROUP BY b.product
)$$),
-- the same with reasons
@for needs
1, '{customer_holdings}'
2, '{distributed subscription}'
@make
('loss_states', {needs}, $${base}{since}, {caused_lives}, by_segment AS MATERIALIZED (
	SELECT {since_segment} AS segment, cvm.survival_agg(f.days, f.is_churned, f.cause) AS state
	FROM life f{since_join}
	GROUP BY 1
), state AS MATERIALIZED (
	{since_segments}
	SELECT '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b
)$$),
@end
('loss_states', 9, '{}', $${observed}, {rates}
@use gathered_in_segments NULL::text | NULL::text | s.end_reason | CASE WHEN {is_unpaid} THEN 0 ELSE s.mrr END |
, state AS MATERIALIZED (
	SELECT b.*
	FROM fold f
	CROSS JOIN LATERAL cvm._segment_losses(f.state, {lapse_days}) b
	WHERE {has_segments} OR b.segment = '(all)'
)$$),
-- once for the segment and once for everybody
('lines', 1, '{}', $$lived AS MATERIALIZED (
	SELECT {since_segment} AS segment, f.*
	FROM life f{since_join}
), line AS (
	{lines_of_segments}
	SELECT '(all)' AS of, p.* FROM lived p
)$$),
('lines_of_segments', 1, '{segment_history}', $$SELECT p.segment AS of, p.* FROM lived p
	UNION ALL$$),
('lines_of_segments', 9, '{}', '');

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('survival', 1, '{subscription}', $$
WITH {survival_states}
SELECT cvm.row_key(s.segment, s.product, c."time"::text) AS row_key,
	s.segment,
	s.product,
	c."time" AS days,
	c.at_risk AS at_risk_customers,
	-c.churned AS churned_customers,
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
CROSS JOIN LATERAL cvm.survival_curve(s.state, {conf}) c$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('survival', 1, $$
WITH {base}{since}, {lives}, {lines}
SELECT w.row_key, l.customer_id, 1 AS at_risk_customers,
	CASE WHEN l.days = w.days AND l.is_churned THEN -1 ELSE 0 END AS churned_customers,
	CASE WHEN l.days = w.days AND NOT l.is_churned THEN 1 ELSE 0 END AS censored_customers,
	cvm.mrr_at(f.holdings, cvm.first_paid_day(f.holdings)) AS mrr_before,
	cvm.mrr_at(f.holdings, o.as_of - 1) AS mrr_after,
	CASE WHEN l.is_churned THEN 'churned after ' ELSE 'seen for ' END || l.days || ' days' AS detail
FROM line l
JOIN wanted w ON w.segment = l.of AND w.product = l.product AND w.days <= l.days
JOIN folded f ON f.customer_id = l.customer_id
CROSS JOIN observed o$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('churn_cause', 1, '{subscription,subscription.end_reason}', $$
WITH {loss_states}
SELECT cvm.row_key(s.segment, c.cause, c."time"::text) AS row_key,
	s.segment,
	c.cause,
	c."time" AS days,
	c.at_risk AS at_risk_customers,
	-c.churned AS churned_customers,
	c.incidence AS incidence_rate,
	c.std_error,
	{lapse_days} AS lapse_days,
	array_to_string({unpaid_statuses}, ', ') AS unpaid_statuses,
	{time_zone} AS time_zone,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.cumulative_incidence(s.state) c$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('churn_cause', 1, $$
WITH {base}{since}, {caused_lives}, {lines}
SELECT w.row_key, l.customer_id, 1 AS at_risk_customers,
	CASE WHEN l.days = w.days AND l.is_churned AND coalesce(l.cause, '(none)') = w.cause THEN -1 ELSE 0 END AS churned_customers,
	cvm.mrr_at(f.holdings, cvm.first_paid_day(f.holdings)) AS mrr_before,
	cvm.mrr_at(f.holdings, o.as_of - 1) AS mrr_after,
	CASE WHEN l.is_churned THEN 'churned after ' || l.days || ' days: ' || coalesce(l.cause, '(none)') ELSE 'seen for ' || l.days || ' days' END AS detail
FROM line l
JOIN wanted w ON w.segment = l.of AND w.days <= l.days
JOIN folded f ON f.customer_id = l.customer_id
CROSS JOIN observed o$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('survival', 1, 'row_key', 'text', 'key', 'segment|product|days', false, 'One value per row.'),
	('survival', 2, 'segment', 'text', 'name', 'segment held on the first day of the time counted', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	('survival', 3, 'product', 'text', 'name', 'product', false,
		'Product; "(all)" is the customer as such, whatever they pay for.'),
	('survival', 4, 'days', 'integer', 'days', 'days from the first paid day', false,
		'Days of tenure at which somebody churned or dropped out of sight.'),
	('survival', 5, 'at_risk_customers', 'bigint', 'customers', 'count of customers with at least so many days',
		false, 'Customers seen for so long.'),
	('survival', 6, 'churned_customers', 'bigint', 'customers', '-1 * count of customers who churned after so many days',
		true, 'Customers who churned then: a loss, and so negative, as in every view.'),
	('survival', 7, 'censored_customers', 'bigint', 'customers', 'count of customers not seen longer', true,
		'Customers who still paid when observation ended after so many days.'),
	('survival', 8, 'survival_rate', 'double precision', 'fraction 0..1',
		'product over ages of 1 + churned_customers / at_risk_customers', false,
		'Share still there after so many days, by Kaplan and Meier.'),
	('survival', 9, 'std_error', 'double precision', 'fraction 0..1', 'Greenwoods standard error', false,
		'Standard error of survival_rate.'),
	('survival', 10, 'conf_low', 'double precision', 'fraction 0..1', 'log-log interval of survival_rate, lower end',
		false, 'Lower end of the confidence interval; NULL before anybody churned.'),
	('survival', 11, 'conf_high', 'double precision', 'fraction 0..1', 'log-log interval of survival_rate, upper end',
		false, 'Upper end of the confidence interval; NULL before anybody churned.'),
	('survival', 12, 'median_days', 'integer', 'days', 'first age at which survival_rate <= 0.5', false,
		'Median tenure of the segment and product; NULL where more than half are still there.'),
	('survival', 13, 'lapse_days', 'integer', 'days', 'setting of the model', false,
		'Lapses of up to so many days do not end a customer''s time.'),
	('survival', 14, 'unpaid_statuses', 'text', 'words', 'setting of the model', false,
		'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('survival', 15, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('survival', 16, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('churn_cause', 1, 'row_key', 'text', 'key', 'segment|cause|days', false, 'One value per row.'),
	('churn_cause', 2, 'segment', 'text', 'name', 'segment held on the first paid day', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	('churn_cause', 3, 'cause', 'text', 'name',
		'end_reason of the spells that ended on the last day; of several reasons the one of the most money', false,
		'Why the customers churned; "(none)" where nobody said, "(several)" where reasons weigh the same.'),
	('churn_cause', 4, 'days', 'integer', 'days', 'days from the first paid day', false,
		'Days of tenure at which somebody churned or dropped out of sight.'),
	('churn_cause', 5, 'at_risk_customers', 'bigint', 'customers', 'count of customers with at least so many days',
		false, 'Customers seen for so long.'),
	('churn_cause', 6, 'churned_customers', 'bigint', 'customers',
		'-1 * count of customers who churned for the cause after so many days', true,
		'Customers who churned then, for this cause: a loss, and so negative.'),
	('churn_cause', 7, 'incidence_rate', 'double precision', 'fraction 0..1',
		'-1 * sum over ages of survival before * churned_customers / at_risk_customers', false,
		'Share that has churned for this cause by then, by Aalen and Johansen; with survival_rate they sum to 1.'),
	('churn_cause', 8, 'std_error', 'double precision', 'fraction 0..1', 'standard error of Marubini and Valsecchi',
		false, 'Standard error of incidence_rate.'),
	('churn_cause', 9, 'lapse_days', 'integer', 'days', 'setting of the model', false,
		'Lapses of up to so many days do not end a customer''s time.'),
	('churn_cause', 10, 'unpaid_statuses', 'text', 'words', 'setting of the model', false,
		'Statuses in which a spell brings nothing, whatever its price; NULL: none.'),
	('churn_cause', 11, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('churn_cause', 12, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
