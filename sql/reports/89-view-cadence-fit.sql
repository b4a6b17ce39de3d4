-- SPDX-License-Identifier: PostgreSQL
-- Report view over deliveries: do they come as often as customers want them?  Of
-- services without deliveries, whether the plan is as large as what is used.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(130, 'accepted_outcomes', 'words', '{accepted}',
		'Values of delivery.outcome, in any case of letters, of deliveries that were taken as they were due.'),
	(131, 'too_fast_outcomes', 'words', '{skipped,delayed,paused}',
		'Values of delivery.outcome of deliveries that came sooner than the customer wanted them.'),
	(132, 'too_slow_outcomes', 'words', '{pulled_forward,"pulled forward"}',
		'Values of delivery.outcome of deliveries that the customer wanted sooner.'),
	(133, 'cadence_cycles', 'count', '6',
		'Of so many deliveries of a product, the last ones that were due, it is told what interval a customer prefers.'),
	(134, 'min_cycles', 'count', '3', 'Deliveries due without which nothing is told of what interval a customer prefers.'),
	(135, 'cadence_tolerance', 'fraction', '0.2',
		'As a share of the planned interval, how far the preferred one may lie from it and still fit.'),
	(211, 'usage_kinds', 'words', '{usage,use,used,consumption}',
		'Values of event.kind, in any case of letters, of events that use up product.allowance. NULL: every one.'),
	(212, 'plan_fit_share', 'fraction', '0.5',
		'Share of what a month of a plan includes below which a customer who uses less has too large a plan.');

-- Deliveries, or none; and what is used of what plans include, or nothing
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('delivery_rows', 1, '{delivery}', 'delivery'),
('delivery_rows', 9, '{}', $$(SELECT s.customer_id, NULL::text AS product, NULL::date AS due_on, NULL::date AS delivered_on, NULL::text AS outcome,
		NULL::bigint AS preferred_days FROM subscription s WHERE false)$$),
('plan_until', 1, '{subscription}', '(SELECT o.as_of FROM observed o)'),
('plan_until', 9, '{}', 'NULL::date'),
-- a month counts in which the plan was held on its first day and its last
('plan_months', 1, '{event.product,event.kind,subscription,product.allowance}', $$
	SELECT a.customer_id, a.month, bool_or(u.used > a.allowance) AS is_small, bool_or(coalesce(u.used, 0) < a.allowance * {plan_fit_share}) AS is_large,
		string_agg(format('%s of %s of %s used', round(coalesce(u.used, 0), 1), round(a.allowance, 1), a.product), ', '
			ORDER BY a.product COLLATE "C") AS detail
	FROM (
		SELECT s.customer_id, s.product, m.month::date AS month,
			sum(p.allowance::numeric) FILTER (WHERE coalesce(s.ended_on >= (m.month + interval '1 month')::date, true)) AS allowance
		FROM subscription s
		CROSS JOIN seen o
		JOIN (SELECT q.product, max(q.allowance) AS allowance FROM product q WHERE q.allowance > 0 AND q.allowance < 'Infinity' GROUP BY q.product) p
			ON p.product = s.product
		CROSS JOIN LATERAL generate_series(date_trunc('month', s.started_on::timestamp),
			date_trunc('month', (least(coalesce(s.ended_on, o.as_of), o.as_of) - 1)::timestamp), interval '1 month') AS m (month)
		WHERE s.customer_id IS NOT NULL AND isfinite(s.started_on) AND coalesce(s.ended_on > s.started_on, true) AND ({is_paused}) IS NOT TRUE
			AND s.started_on < (m.month + interval '1 month')::date AND (m.month + interval '1 month')::date <= o.as_of
		GROUP BY s.customer_id, s.product, m.month
		HAVING bool_or(s.started_on <= m.month::date) AND bool_or(coalesce(s.ended_on >= (m.month + interval '1 month')::date, true))) a
	LEFT JOIN (
		SELECT e.customer_id, e.product, date_trunc('month', e.day::timestamp)::date AS month, sum(e.quantity::numeric) AS used
		FROM (
			SELECT e.customer_id, e.product, cvm.day_of(e.occurred_at, {time_zone}) AS day, coalesce(e.quantity, 1) AS quantity
			FROM event e
			WHERE e.customer_id IS NOT NULL AND e.product IS NOT NULL AND isfinite(e.occurred_at)
				AND coalesce(e.quantity NOT IN ('NaN', 'Infinity', '-Infinity'), true)
				AND coalesce(lower(e.kind COLLATE {usage_kinds_collation}) = ANY ({usage_kinds_lower}), {usage_kinds} IS NULL)) e
		GROUP BY e.customer_id, e.product, date_trunc('month', e.day::timestamp)) u ON u.customer_id = a.customer_id AND u.product = a.product AND u.month = a.month
	GROUP BY a.customer_id, a.month$$),
('plan_months', 9, '{}', $$
	SELECT d.customer_id, NULL::date AS month, NULL::boolean AS is_small, NULL::boolean AS is_large, NULL::text AS detail FROM {delivery_rows} d WHERE false$$);

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(180, 'cadence_fit',
		'Do deliveries come as often as customers want them? By segment and month in which they were due: accepted, too '
		'soon (skipped, delayed, paused) and too late (pulled forward), and how many customers prefer another interval '
		'than is planned, with what they pay. Of services without deliveries, whether the plan is as large as what is '
		'used of it.', 'greatest(customers, plan_customers)');

-- Deliveries, and use of plans, by customer and month, in the segment of the month
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('timed_deliveries', 1, '{}', $$
WITH {paid_base}seen AS MATERIALIZED (
	-- what is due later is a plan
	SELECT coalesce({as_of}, (SELECT max(d.due_on) + 1 FROM {delivery_rows} d
		WHERE isfinite(d.due_on) AND d.due_on <= cvm.day_of(now(), {time_zone})), {plan_until}) AS as_of
), due AS {at_customer} (
	SELECT k.*, row_number() OVER ({rows_of_customer} ORDER BY k.customer_id, k.product, k.due_on, k.delivered_on, k.outcome, k.preferred_days) AS n
	FROM (
		SELECT d.customer_id, d.product, d.due_on, d.delivered_on, d.outcome, date_trunc('month', d.due_on::timestamp)::date AS month, o.as_of, d.preferred_days,
			t.is_fit, t.is_fast, t.is_slow,
			CASE WHEN t.is_fit THEN d.due_on WHEN (t.is_fast OR t.is_slow) AND isfinite(d.delivered_on) AND d.delivered_on < o.as_of THEN d.delivered_on END AS got_on
		FROM {delivery_rows} d
		CROSS JOIN seen o
		CROSS JOIN LATERAL (SELECT coalesce(lower(d.outcome COLLATE {accepted_outcomes_collation}) = ANY ({accepted_outcomes_lower}), false) AS is_fit,
			coalesce(lower(d.outcome COLLATE {too_fast_outcomes_collation}) = ANY ({too_fast_outcomes_lower}), false) AS is_fast,
			coalesce(lower(d.outcome COLLATE {too_slow_outcomes_collation}) = ANY ({too_slow_outcomes_lower}), false) AS is_slow) t
		WHERE d.customer_id IS NOT NULL AND isfinite(d.due_on) AND d.due_on < o.as_of) k
), cycle AS (
	-- days since the delivery before, as planned and as it came
	SELECT d.*, nullif(d.due_on - lag(d.due_on) OVER l, 0) AS planned,
		d.got_on - max(d.got_on) OVER (PARTITION BY d.customer_id, d.product ORDER BY d.n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS got
	FROM due d
	WINDOW l AS (PARTITION BY d.customer_id, d.product ORDER BY d.n)
), line AS (
	-- of each product of a customer the last delivery of the month, with those before it
	SELECT c.*, row_number() OVER (PARTITION BY c.customer_id, c.product, c.month ORDER BY c.n DESC) = 1 AS is_last,
		count(*) OVER w AS cycles, count(c.got_on) OVER w AS received, array_agg(c.planned) OVER w AS planned_days,
		array_agg(CASE WHEN c.got > 0 THEN c.got END) OVER w AS got_days
	FROM cycle c
	WINDOW w AS (PARTITION BY c.customer_id, c.product ORDER BY c.n ROWS BETWEEN {cadence_cycles} - 1 PRECEDING AND CURRENT ROW)
), preference AS (
	SELECT l.n, l.customer_id, l.month, percentile_cont(0.5) WITHIN GROUP (ORDER BY g.planned) AS planned,
		coalesce(l.preferred_days, percentile_cont(0.5) WITHIN GROUP (ORDER BY g.got)) AS preferred, l.received = 0 AS is_never
	FROM line l
	CROSS JOIN LATERAL unnest(l.planned_days, l.got_days) AS g (planned, got)
	WHERE l.is_last AND l.cycles >= {min_cycles}
	GROUP BY l.n, l.customer_id, l.month, l.preferred_days, l.received
), judged AS (
	SELECT p.*, coalesce(p.preferred > p.planned * (1 + {cadence_tolerance}), p.is_never) AS is_fast,
		coalesce(p.preferred < p.planned * (1 - {cadence_tolerance}), false) AS is_slow
	FROM preference p
	WHERE p.planned > 0 AND (p.preferred > 0 OR p.is_never)
), fitted AS (
	-- of several products one that comes too soon counts first
	SELECT j.customer_id, j.month, bool_or(j.is_fast) AS is_fast, bool_or(j.is_slow) AS is_slow,
		string_agg(format('every %s days for %s planned', coalesce(round(j.preferred::numeric, 1)::text, 'no'), round(j.planned::numeric, 1)), ', '
			ORDER BY j.n) AS detail, array_agg(j.planned ORDER BY j.n) AS planned, array_agg(j.preferred ORDER BY j.n) AS preferred
	FROM judged j
	GROUP BY j.customer_id, j.month
), plan_month AS ({plan_months}
), by_customer AS {at_customer} (
	-- put together without a join, in which Citus would not see that all of it is of one customer
	SELECT b.customer_id, b.month, o.as_of, least((b.month + interval '1 month')::date, o.as_of) - 1 AS day,
		coalesce(sum(b.fit), 0) AS fit, coalesce(sum(b.fast), 0) AS fast, coalesce(sum(b.slow), 0) AS slow, coalesce(sum(b.known), 0) AS known,
		coalesce(sum(b.due), 0) AS due, count(b.planned) > 0 AS is_judged, coalesce(bool_or(b.is_fast), false) AS is_fast,
		coalesce(bool_or(b.is_slow AND NOT b.is_fast), false) AS is_slow, max(b.detail) AS detail, max(b.planned) AS planned, max(b.preferred) AS preferred,
		coalesce(bool_or(b.is_plan), false) AS has_plan, coalesce(bool_or(b.is_small), false) AS is_small,
		coalesce(bool_or(b.is_large AND b.is_small IS NOT TRUE), false) AS is_large, max(b.plan_detail) AS plan_detail
	FROM (
		SELECT d.customer_id, d.month, count(*) FILTER (WHERE d.is_fit) AS fit, count(*) FILTER (WHERE d.is_fast) AS fast,
			count(*) FILTER (WHERE d.is_slow) AS slow, count(*) FILTER (WHERE d.is_fit OR d.is_fast OR d.is_slow) AS known, count(*) AS due,
			NULL::boolean AS is_fast, NULL::boolean AS is_slow, NULL::text AS detail, NULL::float8[] AS planned, NULL::float8[] AS preferred,
			NULL::boolean AS is_plan, NULL::boolean AS is_small, NULL::boolean AS is_large, NULL::text AS plan_detail
		FROM due d
		GROUP BY d.customer_id, d.month
		UNION ALL
		SELECT t.customer_id, t.month, NULL, NULL, NULL, NULL, NULL, t.is_fast, t.is_slow, t.detail, t.planned, t.preferred, NULL, NULL, NULL, NULL FROM fitted t
		UNION ALL
		SELECT q.customer_id, q.month, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, true, q.is_small, q.is_large, q.detail FROM plan_month q) b
	CROSS JOIN seen o
	GROUP BY b.customer_id, b.month, o.as_of
)
@use held_on by_customer
, placed AS {at_customer} (
	SELECT c.*, c.in_segment AS segment, {paid_on_day} AS mrr
	FROM member c{paid_join}
)
$$);
@for preference | needs
1 | {delivery}
2 | {event.product,event.kind,subscription,product.allowance}
@make
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('cadence_fit', {preference}, '{needs}', $$
{timed_deliveries}
, told AS (
	SELECT x.segment, p.month, p.as_of, count(*) FILTER (WHERE p.due > 0) AS customers, sum(p.due) AS due, sum(p.known) AS known,
		sum(p.fit) AS fit, sum(p.fast) AS fast, sum(p.slow) AS slow,
		count(*) FILTER (WHERE p.known > 0) AS clusters, sum(p.fit * p.fit) AS fit_fit, sum(p.fit * p.known) AS fit_known, sum(p.known * p.known) AS known_known,
		count(*) FILTER (WHERE p.is_judged) AS judged, count(*) FILTER (WHERE p.is_fast) AS fast_customers, count(*) FILTER (WHERE p.is_slow) AS slow_customers,
		sum(CASE WHEN p.is_fast THEN p.mrr ELSE p.mrr * 0 END) AS fast_mrr, sum(CASE WHEN p.is_slow THEN p.mrr ELSE p.mrr * 0 END) AS slow_mrr,
		count(*) FILTER (WHERE p.has_plan) AS plans, count(*) FILTER (WHERE p.is_small) AS small_plans, count(*) FILTER (WHERE p.is_large) AS large_plans,
		sum(CASE WHEN p.is_small OR p.is_large THEN p.mrr ELSE p.mrr * 0 END) AS plan_mrr
	FROM placed p
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (p.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	GROUP BY x.segment, p.month, p.as_of
), usual AS (
	-- those with the same intervals are counted before they are laid out
	SELECT x.segment, j.month, percentile_cont(0.5) WITHIN GROUP (ORDER BY j.planned) AS planned,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY j.preferred) AS preferred
	FROM (
		SELECT p.segment, p.month, g.planned, g.preferred, count(*) AS customers
		FROM placed p
		CROSS JOIN LATERAL unnest(p.planned, p.preferred) AS g (planned, preferred)
		GROUP BY p.segment, p.month, g.planned, g.preferred) j
	CROSS JOIN LATERAL generate_series(1, j.customers) AS n (n)
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (j.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	GROUP BY x.segment, j.month
)
SELECT cvm.row_key(t.segment, to_char(t.month::timestamp, 'YYYY-MM')) AS row_key,
	t.segment,
	t.month,
	to_char(t.month::timestamp, 'YYYY-MM') AS month_label,
	t.customers,
	t.known::bigint AS deliveries,
	t.fit::bigint AS accepted_deliveries,
	t.fast::bigint AS too_fast_deliveries,
	t.slow::bigint AS too_slow_deliveries,
	(t.due - t.known)::bigint AS other_deliveries,
	CASE WHEN e.is_complete THEN t.fit::float8 / nullif(t.known, 0) END AS fit_rate,
	CASE WHEN e.is_complete THEN i.conf_low END AS conf_low,
	CASE WHEN e.is_complete THEN i.conf_high END AS conf_high,
	CASE WHEN e.is_complete THEN t.fast::float8 / nullif(t.known, 0) END AS too_fast_rate,
	CASE WHEN e.is_complete THEN t.slow::float8 / nullif(t.known, 0) END AS too_slow_rate,
	t.judged AS judged_customers,
	t.judged - t.fast_customers - t.slow_customers AS fitting_customers,
	t.fast_customers AS too_fast_customers,
	t.slow_customers AS too_slow_customers,
	CASE WHEN e.is_complete THEN (t.judged - t.fast_customers - t.slow_customers) / nullif(t.judged, 0)::float8 END AS customer_fit_rate,
	CASE WHEN e.is_complete THEN k.conf_low END AS customer_fit_low,
	CASE WHEN e.is_complete THEN k.conf_high END AS customer_fit_high,
	u.planned AS planned_days,
	u.preferred AS preferred_days,
	t.fast_mrr AS too_fast_mrr,
	t.slow_mrr AS too_slow_mrr,
	t.plans AS plan_customers,
	t.plans - t.small_plans - t.large_plans AS plan_fitting_customers,
	t.large_plans AS plan_too_large_customers,
	t.small_plans AS plan_too_small_customers,
	(t.plans - t.small_plans - t.large_plans) / nullif(t.plans, 0)::float8 AS plan_fit_rate,
	v.conf_low AS plan_fit_low,
	v.conf_high AS plan_fit_high,
	t.plan_mrr AS plan_misfit_mrr,
	{currency} AS currency,
	e.is_complete,
	{time_zone} AS time_zone,
	t.as_of
FROM told t
CROSS JOIN LATERAL (SELECT (t.month + interval '1 month')::date <= t.as_of AS is_complete) e
LEFT JOIN usual u ON u.segment = t.segment AND u.month = t.month
LEFT JOIN LATERAL cvm._clustered_interval(t.fit, t.known, t.clusters, t.fit_fit, t.fit_known, t.known_known, {conf}) i ON t.known > 0
CROSS JOIN LATERAL cvm.proportion_interval(t.judged - t.fast_customers - t.slow_customers, t.judged, {conf}) k
CROSS JOIN LATERAL cvm.proportion_interval(t.plans - t.small_plans - t.large_plans, t.plans, {conf}) v$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('cadence_fit', {preference}, $$
{timed_deliveries}
SELECT a.row_key, p.customer_id, CASE WHEN p.due > 0 THEN 1 ELSE 0 END AS customers, p.is_judged::int AS judged_customers,
	(p.is_judged AND NOT p.is_fast AND NOT p.is_slow)::int AS fitting_customers,
	p.is_fast::int AS too_fast_customers, p.is_slow::int AS too_slow_customers, CASE WHEN p.is_fast THEN p.mrr ELSE 0 END AS too_fast_mrr,
	CASE WHEN p.is_slow THEN p.mrr ELSE 0 END AS too_slow_mrr, p.has_plan::int AS plan_customers,
	(p.has_plan AND NOT p.is_small AND NOT p.is_large)::int AS plan_fitting_customers, p.is_large::int AS plan_too_large_customers,
	p.is_small::int AS plan_too_small_customers, CASE WHEN p.is_small OR p.is_large THEN p.mrr ELSE 0 END AS plan_misfit_mrr,
	NULL::numeric AS mrr_before, p.mrr AS mrr_after,
	concat_ws(', ', CASE WHEN p.due > 0 THEN format('%s of %s accepted', p.fit, p.known) END, p.detail, p.plan_detail) AS detail
FROM placed p
JOIN wanted a ON a.month = p.month AND a.segment IN ('(all)', p.segment)$$);
@end

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('cadence_fit', 1, 'too_fast_mrr', 'sum', NULL),
	('cadence_fit', 2, 'too_slow_mrr', 'sum', NULL),
	('cadence_fit', 3, 'plan_misfit_mrr', 'sum', NULL);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('cadence_fit', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('cadence_fit', 2, 'segment', 'text', 'name', 'segment held at the end of the month', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('cadence_fit', 3, 'month', 'date', 'date', 'first day of the month', false, 'Month in which the deliveries were due, or the plan was used.'),
	('cadence_fit', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('cadence_fit', 5, 'customers', 'bigint', 'customers', 'count of distinct customers', true, 'Customers with a delivery due.'),
	('cadence_fit', 6, 'deliveries', 'bigint', 'deliveries', 'accepted_deliveries + too_fast_deliveries + too_slow_deliveries', true,
		'Deliveries that were due and of which it is known whether they fitted.'),
	('cadence_fit', 7, 'accepted_deliveries', 'bigint', 'deliveries', 'outcome in accepted_outcomes', true,
		'Deliveries that were taken as they were due.'),
	('cadence_fit', 8, 'too_fast_deliveries', 'bigint', 'deliveries', 'outcome in too_fast_outcomes', true,
		'Deliveries that came too soon: skipped, delayed or paused by the customer.'),
	('cadence_fit', 9, 'too_slow_deliveries', 'bigint', 'deliveries', 'outcome in too_slow_outcomes', true,
		'Deliveries that the customer wanted sooner: pulled forward.'),
	('cadence_fit', 10, 'other_deliveries', 'bigint', 'deliveries', 'outcome unknown or in none of the three', true,
		'Deliveries of which nothing is known; in no rate.'),
	('cadence_fit', 11, 'fit_rate', 'double precision', 'fraction 0..1', 'accepted_deliveries / deliveries', false,
		'Share of deliveries that fitted; NULL while the month is not over.'),
	('cadence_fit', 12, 'conf_low', 'double precision', 'fraction 0..1',
		'Wilson interval of fit_rate for as many independent deliveries as make the variance between customers', false,
		'Lower end of the interval.'),
	('cadence_fit', 13, 'conf_high', 'double precision', 'fraction 0..1',
		'Wilson interval of fit_rate for as many independent deliveries as make the variance between customers', false,
		'Upper end of the interval.'),
	('cadence_fit', 14, 'too_fast_rate', 'double precision', 'fraction 0..1', 'too_fast_deliveries / deliveries', false,
		'Share of deliveries that came too soon.'),
	('cadence_fit', 15, 'too_slow_rate', 'double precision', 'fraction 0..1', 'too_slow_deliveries / deliveries', false,
		'Share of deliveries that came too late.'),
	('cadence_fit', 16, 'judged_customers', 'bigint', 'customers',
		'customers with min_cycles among the last cadence_cycles deliveries of a product', true,
		'Customers of whom it is known what interval they prefer.'),
	('cadence_fit', 17, 'fitting_customers', 'bigint', 'customers', 'judged_customers - too_fast_customers - too_slow_customers', true,
		'Of those, customers whose preferred interval is the planned one, within cadence_tolerance.'),
	('cadence_fit', 18, 'too_fast_customers', 'bigint', 'customers',
		'preferred > (1 + cadence_tolerance) * planned for one of their products, or nothing taken', true,
		'Of those, customers who want deliveries less often than planned.'),
	('cadence_fit', 19, 'too_slow_customers', 'bigint', 'customers',
		'not too fast, and preferred < (1 - cadence_tolerance) * planned for one of their products', true,
		'Of those, customers who want deliveries more often than planned.'),
	('cadence_fit', 20, 'customer_fit_rate', 'double precision', 'fraction 0..1', 'fitting_customers / judged_customers', false,
		'Share of customers whose interval fits; NULL while the month is not over.'),
	('cadence_fit', 21, 'customer_fit_low', 'double precision', 'fraction 0..1', 'Wilson interval of customer_fit_rate', false,
		'Lower end of the interval.'),
	('cadence_fit', 22, 'customer_fit_high', 'double precision', 'fraction 0..1', 'Wilson interval of customer_fit_rate', false,
		'Upper end of the interval.'),
	('cadence_fit', 23, 'planned_days', 'double precision', 'days',
		'median over customers and products of the median days from one due_on to the next', false,
		'Interval that is planned.'),
	('cadence_fit', 24, 'preferred_days', 'double precision', 'days',
		'median over customers and products of delivery.preferred_days, or of the median days from one delivery that was '
		'taken to the next', false,
		'Interval that customers prefer; that of each one is in the detail of cvm.customers().'),
	('cadence_fit', 25, 'too_fast_mrr', 'numeric(28,2)', 'money a month', 'MRR of too_fast_customers at the end of the month', true,
		'What customers pay who want deliveries less often; NULL where no subscriptions are bound.'),
	('cadence_fit', 26, 'too_slow_mrr', 'numeric(28,2)', 'money a month', 'MRR of too_slow_customers at the end of the month', true,
		'What customers pay who want deliveries more often; NULL where no subscriptions are bound.'),
	('cadence_fit', 27, 'plan_customers', 'bigint', 'customers',
		'customers with a subscription to a product with an allowance on the first and the last day of the month', true,
		'Customers of whom it is known how much of their plan they use: of services without deliveries.'),
	('cadence_fit', 28, 'plan_fitting_customers', 'bigint', 'customers', 'plan_customers - plan_too_large_customers - plan_too_small_customers', true,
		'Of those, customers who use what they have: from plan_fit_share of the allowance to all of it.'),
	('cadence_fit', 29, 'plan_too_large_customers', 'bigint', 'customers', 'not too small, and used < plan_fit_share * allowance of one of their products', true,
		'Of those, customers who pay for more than they use.'),
	('cadence_fit', 30, 'plan_too_small_customers', 'bigint', 'customers', 'used > allowance of one of their products', true,
		'Of those, customers who use more than the plan includes.'),
	('cadence_fit', 31, 'plan_fit_rate', 'double precision', 'fraction 0..1', 'plan_fitting_customers / plan_customers', false,
		'Share of customers whose plan fits; months that are over alone have one.'),
	('cadence_fit', 32, 'plan_fit_low', 'double precision', 'fraction 0..1', 'Wilson interval of plan_fit_rate', false,
		'Lower end of the interval.'),
	('cadence_fit', 33, 'plan_fit_high', 'double precision', 'fraction 0..1', 'Wilson interval of plan_fit_rate', false,
		'Upper end of the interval.'),
	('cadence_fit', 34, 'plan_misfit_mrr', 'numeric(28,2)', 'money a month',
		'MRR of plan_too_large_customers and plan_too_small_customers at the end of the month', true,
		'What customers pay whose plan does not fit; NULL where no subscriptions are bound.'),
	('cadence_fit', 35, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('cadence_fit', 36, 'is_complete', 'boolean', 'true or false', 'the month ends before as_of', false, 'Is the month over?'),
	('cadence_fit', 37, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('cadence_fit', 38, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
-- a delivery that was put off may come after the month is over
UPDATE cvm.report_column c SET settles = false
WHERE c.view = 'cadence_fit' AND c.column_name IN ('judged_customers', 'fitting_customers', 'too_fast_customers', 'too_slow_customers', 'customer_fit_rate',
	'customer_fit_low', 'customer_fit_high', 'preferred_days', 'too_fast_mrr', 'too_slow_mrr');
