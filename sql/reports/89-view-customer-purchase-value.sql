-- SPDX-License-Identifier: PostgreSQL
-- Report view over events, for those who have no contract: who is a customer still, and what they will buy.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(165, 'purchase_days', 'count', '365',
		'Days ahead in which customer_purchase_value counts what customers without a contract are expected to buy.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(16, 'customer_purchase_value',
		'Each customer who ever bought: how likely they are a customer still, and what they are expected to buy and '
		'bring in the days ahead, by how often they bought and when last (models BG/NBD, else Pareto/NBD, and Gamma-Gamma, '
		'fitted to all of them). Where there is no fit the columns are NULL and reason says why.');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('purchase_values', 1, '{}', $$
, bought AS MATERIALIZED (
	SELECT f.customer_id, s.frequency, s.recency, s.age, s.value, o.as_of
	FROM folded f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.purchase_summary(f.activity, o.as_of) s
	WHERE s.age IS NOT NULL
), counted AS MATERIALIZED (
	SELECT cvm.purchases_agg(b.frequency, b.recency, b.age, b.value, 1::bigint) AS purchases FROM bought b
), fitted AS MATERIALIZED (
	-- the second model where there is no fit of the first
	SELECT CASE WHEN b.reason IS NULL THEN 'bg_nbd' WHEN p.reason IS NULL THEN 'pareto_nbd' ELSE '(none)' END AS method,
		b.r, b.alpha, b.a, b.b, p.r AS p_r, p.alpha AS p_alpha, p.s AS p_s, p.beta AS p_beta, g.p, g.q, g.v,
		CASE WHEN b.reason IS NOT NULL AND p.reason IS NOT NULL THEN 'purchases: ' || b.reason WHEN g.reason IS NOT NULL THEN 'money: ' || g.reason END AS reason
	FROM counted c
	CROSS JOIN LATERAL cvm.bg_nbd_fit(c.purchases, 1) b
	CROSS JOIN LATERAL cvm.pareto_nbd_fit(CASE WHEN b.reason IS NOT NULL THEN c.purchases END, 1) p
	CROSS JOIN LATERAL cvm.gamma_gamma_fit(c.purchases) g
), expected AS (
	SELECT b.*, m.method, m.reason,
		CASE m.method WHEN 'bg_nbd' THEN cvm.bg_nbd_p_alive(m.r, m.alpha, m.a, m.b, b.frequency, b.recency, b.age)
			WHEN 'pareto_nbd' THEN cvm.pareto_nbd_p_alive(m.p_r, m.p_alpha, m.p_s, m.p_beta, b.frequency, b.recency, b.age) END AS p_alive,
		CASE m.method WHEN 'bg_nbd' THEN cvm.bg_nbd_purchases(m.r, m.alpha, m.a, m.b, b.frequency, b.recency, b.age, {purchase_days})
			WHEN 'pareto_nbd' THEN cvm.pareto_nbd_purchases(m.p_r, m.p_alpha, m.p_s, m.p_beta, b.frequency, b.recency, b.age, {purchase_days})
			END AS purchases,
		-- of whom nothing is known that they spent, the mean of all
		cvm.gamma_gamma_value(m.p, m.q, m.v, CASE WHEN b.value IS NULL THEN 0 ELSE b.frequency END,
			coalesce(greatest(b.value, 0)::float8 / nullif(b.frequency, 0), 0)) AS money
	FROM bought b
	CROSS JOIN fitted m
)
SELECT cvm.row_key(e.customer_id::text) AS row_key,
	e.customer_id,
	e.frequency,
	e.recency AS recency_days,
	e.age AS age_days,
	e.p_alive,
	e.purchases AS expected_purchases,
	e.money::numeric AS purchase_value,
	(e.purchases * e.money)::numeric AS expected_value,
	e.method,
	e.reason,
	{purchase_days} AS purchase_days,
	{currency} AS currency,
	true AS is_complete,
	{time_zone} AS time_zone,
	e.as_of
FROM expected e
$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('customer_purchase_value', 1, '{event}', $$
WITH
@use folded_activity
{purchase_values}
$$),
-- the same from what is kept
('customer_purchase_value', -9, '{customer_activity}', $$
WITH
@use kept_activity
{purchase_values}
$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('customer_purchase_value', 1, 'row_key', 'text', 'key', 'customer_id', false, 'One value per row.'),
	('customer_purchase_value', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'event.customer_id', false, 'The customer.'),
	('customer_purchase_value', 3, 'frequency', 'integer', 'days', 'days with an event that counts as a return, after the first start', true,
		'How often the customer bought again.'),
	('customer_purchase_value', 4, 'recency_days', 'integer', 'days', 'last of them - first start', false,
		'Days from the first purchase to the last; 0 where there is one only.'),
	('customer_purchase_value', 5, 'age_days', 'integer', 'days', 'as_of - 1 - first start', false,
		'Days from the first purchase to the last day observed.'),
	('customer_purchase_value', 6, 'p_alive', 'double precision', 'fraction 0..1', 'cvm.bg_nbd_p_alive() or cvm.pareto_nbd_p_alive()', false,
		'Chance that they are a customer still; in BG/NBD 1 of who never bought again.'),
	('customer_purchase_value', 7, 'expected_purchases', 'double precision', 'days (estimate)',
		'cvm.bg_nbd_purchases() or cvm.pareto_nbd_purchases() over purchase_days', true, 'Purchases expected in the days ahead.'),
	('customer_purchase_value', 8, 'purchase_value', 'numeric(28,2)', 'money (estimate)',
		'cvm.gamma_gamma_value() of the mean of purchases after the first', false, 'What a purchase is expected to bring.'),
	('customer_purchase_value', 9, 'expected_value', 'numeric(28,2)', 'money (estimate)', 'expected_purchases * purchase_value, not rounded', true,
		'What the customer is expected to bring in the days ahead, not discounted.'),
	('customer_purchase_value', 10, 'method', 'text', 'word', 'the first model that fits', false,
		'bg_nbd, pareto_nbd; (none): no model of buying fits.'),
	('customer_purchase_value', 11, 'reason', 'text', 'text', 'reason of the fit', false, 'Why columns are NULL; NULL: none is.'),
	('customer_purchase_value', 12, 'purchase_days', 'integer', 'days', 'setting of the model', false, 'How far ahead is counted.'),
	('customer_purchase_value', 13, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('customer_purchase_value', 14, 'is_complete', 'boolean', 'yes or no', 'true', false, 'All that is used was observed.'),
	('customer_purchase_value', 15, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('customer_purchase_value', 16, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
