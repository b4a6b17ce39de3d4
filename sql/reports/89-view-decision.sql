-- SPDX-License-Identifier: PostgreSQL
-- Report view over instalments: what became of each, by its number.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(183, 'decision',
		'Each instalment is a fresh decision: at the end of each, was the line renewed, upgraded, downgraded, skipped, paused, '
		'did the payment fail or was it cancelled? By segment and number of the instalment, as counts and money.', 'customers');

-- What happens at the end of instalments is a range of their numbers, for as
-- long as nothing changes, so that there is no row for each.
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('skipped_numbers', 1, '{delivery}', $$
	-- in which everything that was due was skipped
	SELECT c.n, range_agg(int4range(c.number, c.number, '[]')) AS numbers
	FROM (
		SELECT l.n, i.number
		FROM line l
		JOIN delivery d ON d.customer_id = l.customer_id AND (d.product IS NULL OR d.product = l.product) AND isfinite(d.due_on) AND d.due_on < l.as_of
			AND d.due_on >= l.since AND d.due_on < l.ended_on
		CROSS JOIN LATERAL (SELECT cvm._instalments(l.since, d.due_on, l.step_months, l.step_days) AS number) i
		WHERE i.number > 0
		GROUP BY l.n, i.number
		HAVING bool_and(lower(d.outcome) IN ('skipped', 'skip')) IS TRUE) c
	GROUP BY c.n$$),
('skipped_numbers', 9, '{}', 'SELECT NULL::bigint AS n, NULL::int4multirange AS numbers WHERE false'),
-- what is left of what was decided
('unskipped', 1, '{delivery}', $$
	SELECT d.n, CASE WHEN x.is_skipped THEN 'skipped' ELSE d.outcome END AS outcome, lower(x.numbers) AS first, upper(x.numbers) AS next, d.mrr,
		CASE WHEN x.is_skipped THEN 0 ELSE d.next_mrr END AS next_mrr
	FROM decided d
	LEFT JOIN ({skipped_numbers}) k ON k.n = d.n AND d.outcome NOT IN ('paused', 'skipped')
	CROSS JOIN LATERAL (
		SELECT unnest(int4multirange(int4range(d.first, d.next)) - coalesce(k.numbers, '{}'::int4multirange)) AS numbers, false AS is_skipped
		UNION ALL SELECT unnest(int4multirange(int4range(d.first, d.next)) * k.numbers), true) x$$),
('unskipped', 9, '{}', 'SELECT d.n, d.outcome, d.first, d.next, d.mrr, d.next_mrr FROM decided d'),
-- the numbers of a line's instalments in each segment
('decision_stay', 1, '{segment_history}', $$
	SELECT l.n, l.customer_id, l.is_only, (l.stay).segment, cvm._instalments(l.since, (l.stay).stay_from - 1, l.step_months, l.step_days) + 1 AS first,
		CASE WHEN isfinite((l.stay).stay_to) THEN cvm._instalments(l.since, (l.stay).stay_to - 1, l.step_months, l.step_days) + 1 ELSE 2147483647 END AS next
	FROM (
		SELECT k.n, k.customer_id, k.since, k.step_months, k.step_days, count(*) OVER (PARTITION BY k.customer_id) = 1 AS is_only,
			cvm._segment_stays(t.timeline, k.since, 'infinity') AS stay
		FROM line k
		LEFT JOIN segment_timeline t ON t.customer_id = k.customer_id) l$$),
('decision_stay', 9, '{}', $$
	SELECT l.n, l.customer_id, count(*) OVER (PARTITION BY l.customer_id) = 1 AS is_only, '(all)'::text AS segment, 1 AS first, 2147483647 AS next
	FROM line l$$);

-- What became of each instalment
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES ('decided_instalments', 1, '{}', $$
WITH {observed}, {rates}
@use line_runs coalesce(s.subscription_id, s.product) | concat(s.product{spell_quantity})
@use segment_timelines
, part AS (
	-- the ends of instalments at which the line is at that step; 0 is its beginning
	SELECT l.n, l.seen, r.mrr, r.terms, r.paused = r.held AS is_paused, i.first, least(i.last, l.seen) AS last
	FROM run_step r
	JOIN line l ON l.n = r.n
	CROSS JOIN LATERAL (SELECT cvm._instalments(r.since, r.day - 1, r.step_months, r.step_days) + 1 AS first,
		CASE WHEN isfinite(r.until) THEN cvm._instalments(r.since, r.until - 1, r.step_months, r.step_days) ELSE l.seen END AS last) i
	WHERE least(i.last, l.seen) >= i.first
), follow AS (
	SELECT p.*, lag(p.last) OVER w AS before, lag(p.mrr) OVER w AS mrr_before, lag(p.terms) OVER w AS terms_before
	FROM part p
	WINDOW w AS (PARTITION BY p.n ORDER BY p.first)
), decided AS (
	SELECT f.n, CASE WHEN f.is_paused THEN 'paused' ELSE 'renewed' END AS outcome, f.first + 1 AS first, f.last + 1 AS next, f.mrr,
		CASE WHEN f.is_paused THEN 0 ELSE f.mrr END AS next_mrr
	FROM follow f
	WHERE f.last > f.first
	UNION ALL
	SELECT f.n, CASE WHEN f.is_paused THEN 'paused' WHEN f.terms <> f.terms_before AND f.mrr > f.mrr_before THEN 'upgraded'
			WHEN f.terms <> f.terms_before AND f.mrr < f.mrr_before THEN 'downgraded' ELSE 'renewed' END AS outcome,
		f.first, f.first + 1 AS next, f.mrr_before AS mrr, CASE WHEN f.is_paused THEN 0 ELSE f.mrr END AS next_mrr
	FROM follow f
	WHERE f.first > 0
	UNION ALL
	-- it lapsed, and was taken up again
	SELECT f.n, 'skipped' AS outcome, f.before + 1 AS first, f.first AS next, f.mrr_before AS mrr, 0 AS next_mrr
	FROM follow f
	WHERE f.first > f.before + 1
), happened AS ({unskipped}
	UNION ALL
	SELECT l.n, CASE WHEN NOT l.is_moved THEN CASE WHEN l.is_end_failed THEN 'failed' ELSE 'cancelled' END
			WHEN l.next_mrr > l.end_mrr THEN 'upgraded' WHEN l.next_mrr < l.end_mrr THEN 'downgraded' ELSE 'renewed' END AS outcome,
		l.last AS first, l.last + 1 AS next, l.end_mrr AS mrr, coalesce(l.next_mrr, 0) AS next_mrr
	FROM line l
	WHERE l.last > 0
), placed AS MATERIALIZED (
	-- instalments of the only line are one customer's each
	SELECT t.segment, h.outcome, t.customer_id, t.is_only, greatest(h.first, t.first) AS first, least(h.next, t.next) AS next, h.mrr, h.next_mrr
	FROM happened h
	JOIN ({decision_stay}) t ON t.n = h.n AND t.first < h.next AND t.next > h.first
)
$$);
-- How many instalments of each number ended how, of everybody and in each segment, in one pass over spells, times in
-- segments and deliveries: a tenth of the time that it takes to take lines apart as {decided_instalments} does
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('decision_product', 1, '{delivery}', 's.product'),
('decision_product', 9, '{}', 'NULL::text'),
('decision_deliveries', 1, '{delivery}', $$
		UNION ALL
		SELECT d.customer_id, NULL, NULL, d.due_on, NULL, NULL, NULL, NULL, NULL, NULL, NULL, d.product, lower(d.outcome) IN ('skipped', 'skip')
		FROM delivery d$$),
('decision_deliveries', 9, '{}', '');
@define decision_fold
cvm._decision_agg(r.customer_id, r.line, r.segment, r.day, r.until, r.price, r.is_paused, r.is_failed, r.terms, r.months, r.days,
		r.product, r.is_skipped, {answered_as_of}, {lapse_days}) AS counts
	FROM (
		SELECT s.customer_id, CASE WHEN s.product IS NOT NULL THEN coalesce(s.subscription_id, s.product) END AS line, NULL::text AS segment,
			s.started_on AS day, s.ended_on AS until, ({price}){rate} AS price, {is_paused} AS is_paused, {is_unwanted_end} AS is_failed,
			hashtext(concat(s.product{spell_quantity})) AS terms, {instalment_months} AS months, {instalment_days} AS days,
			{decision_product} AS product, NULL::boolean AS is_skipped
		FROM subscription s
		UNION ALL
		SELECT h.customer_id, NULL, h.segment, h.valid_from, h.valid_to, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
		FROM {segment_rows} h{decision_deliveries}) r{observed_beside}
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- where Citus has customers each is counted where it lives, and what is the same of many is added up there
('decision_counts', 1, '{distributed subscription}', $$
WITH {observed}, {rates}counted AS MATERIALIZED (
	SELECT coalesce(c.segment, '(all)') AS segment, c.outcome, c.number, sum(c.instalments) AS instalments, sum(c.customers) AS customers,
		sum(c.mrr) AS mrr, sum(c.next_mrr) AS next_mrr
	FROM (
		SELECT r.customer_id,
@use decision_fold
		WHERE r.customer_id IS NOT NULL
		GROUP BY r.customer_id) f
	CROSS JOIN LATERAL cvm._decision_counts(f.counts) c
	WHERE {has_segments} OR c.segment IS NULL
	GROUP BY c.segment, c.outcome, c.number
)$$),
('decision_counts', 9, '{}', $$
WITH {observed}, {rates}decision_fold AS MATERIALIZED (
	SELECT
@use decision_fold
), counted AS (
	SELECT coalesce(c.segment, '(all)') AS segment, c.outcome, c.number, c.instalments, c.customers, c.mrr, c.next_mrr
	FROM decision_fold f
	CROSS JOIN LATERAL cvm._decision_counts(f.counts) c
	WHERE {has_segments} OR c.segment IS NULL
)$$);
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('decision', 1, '{subscription}', $$
{decision_counts}
, told AS (
	SELECT c.*, sum(c.instalments) OVER d AS due, sum(c.mrr) OVER d AS due_mrr
	FROM counted c
	WHERE c.instalments > 0
	WINDOW d AS (PARTITION BY c.segment, c.number)
)
SELECT cvm.row_key(t.segment, to_char(t.number, 'FM0000'), t.outcome) AS row_key,
	t.segment,
	to_char(t.number, 'FM0000') AS ordinal_label,
	t.number AS ordinal,
	t.outcome,
	t.instalments::bigint AS instalments,
	t.due::bigint AS due_instalments,
	(t.instalments / t.due)::float8 AS share,
	i.conf_low,
	i.conf_high,
	t.customers::bigint AS customers,
	t.mrr,
	t.next_mrr,
	(t.mrr / t.due_mrr)::float8 AS mrr_share,
	{currency} AS currency,
	{lapse_days} AS lapse_days,
	{time_zone} AS time_zone,
	o.as_of
FROM told t
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.proportion_interval(t.instalments::bigint, t.due::bigint, {conf}) i$$);

INSERT INTO cvm.report_list (view, preference, list) VALUES
('decision', 1, $$
{decided_instalments}
SELECT a.row_key, p.customer_id, 1 AS customers, sum(p.mrr) AS mrr, sum(p.next_mrr) AS next_mrr, sum(p.mrr) AS mrr_before, sum(p.next_mrr) AS mrr_after,
	format('%s of %s instalments', a.outcome, count(*)) AS detail
FROM placed p
JOIN wanted a ON a.segment IN ('(all)', p.segment) AND a.outcome = p.outcome AND p.first <= a.ordinal AND p.next > a.ordinal
GROUP BY a.row_key, a.outcome, p.customer_id$$);

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('decision', 1, 'mrr', 'sum', NULL),
	('decision', 2, 'next_mrr', 'sum', NULL);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('decision', 1, 'row_key', 'text', 'key', 'segment|ordinal_label|outcome', false, 'One value per row.'),
	('decision', 2, 'segment', 'text', 'name', 'segment held on the day on which the next instalment was due', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('decision', 3, 'ordinal_label', 'text', 'text', 'ordinal with leading zeroes', false, 'The number as text.'),
	('decision', 4, 'ordinal', 'integer', 'number',
		'instalments since the line began: of billing_interval, or months', false,
		'Number of the instalment that came to its end: 1 is the first that was paid. A line that moves to another one begins anew there.'),
	('decision', 5, 'outcome', 'text', 'word',
		'renewed; upgraded, downgraded: another product or quantity, for more or less; skipped: everything due in the next '
		'instalment was, or a lapse of up to lapse_days; paused; failed: ended by involuntary_reasons; cancelled', false,
		'What became of the line. Another price of the same product is renewed.'),
	('decision', 6, 'instalments', 'bigint', 'instalments', 'count of instalments with that outcome', true, 'How many ended so.'),
	('decision', 7, 'due_instalments', 'bigint', 'instalments', 'instalments of that number in the segment whose end was seen', false,
		'How many came to their end: the denominator.'),
	('decision', 8, 'share', 'double precision', 'fraction 0..1', 'instalments / due_instalments', false,
		'Share with that outcome: of renewed the renewal rate.'),
	('decision', 9, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of share', false, 'Lower end of the interval.'),
	('decision', 10, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of share', false, 'Upper end of the interval.'),
	('decision', 11, 'customers', 'bigint', 'customers', 'count of distinct customers', false, 'Customers behind them.'),
	('decision', 12, 'mrr', 'numeric(28,2)', 'money a month', 'MRR of the instalments that ended', true, 'What they paid before.'),
	('decision', 13, 'next_mrr', 'numeric(28,2)', 'money a month', 'MRR on the day on which the next one was due', true,
		'What they pay after it; 0 where skipped, paused, failed or cancelled.'),
	('decision', 14, 'mrr_share', 'double precision', 'fraction 0..1', 'mrr / mrr of all outcomes', false, 'Share of the money with that outcome.'),
	('decision', 15, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false,
		'Currency of the amounts; NULL when the model has none.'),
	('decision', 16, 'lapse_days', 'integer', 'days', 'setting of the model', false, 'Days for which a lapse does not end a line.'),
	('decision', 17, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('decision', 18, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
