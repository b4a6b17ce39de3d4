-- SPDX-License-Identifier: PostgreSQL
-- Report view over drivers of value: how each does, how sure that is, how
-- important it is, and what is at stake.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(106, 'value_driver',
		'Drivers of value by segment and month: the value beside its target, where it moves and how sure that is, how '
		'important it is and in which quadrant that puts it, what customers below its floor pay, who answers for it, and '
		'whether answers, behaviour and words agree.', 'customers');

-- What was seen of each driver, in the segment of its day, customer by customer
@define sited_units
WITH {driver_base}{driver_units}
@use segment_timelines
, sited AS MATERIALIZED (
	SELECT u.*, coalesce(cvm._segment_on(t.timeline, u.day), '(none)') AS segment
	FROM unit u
	LEFT JOIN segment_timeline t ON t.customer_id = u.customer_id
)
@end

-- Each source of a driver by segment and month: sums over customers of what they said and did, who is below the floor, and what
-- they said of all beside it.
@define driver_own_sums
own_sum AS (
	SELECT c.segment, s.driver, s.source, c.month, sum(c.customers) FILTER (WHERE c.what = 'own') AS customers, sum(c.n) FILTER (WHERE c.what = 'own') AS n,
		sum(c.y) FILTER (WHERE c.what = 'own') AS y, sum(c.yy) FILTER (WHERE c.what = 'own') AS yy, sum(c.yn) FILTER (WHERE c.what = 'own') AS yn,
		sum(c.nn) FILTER (WHERE c.what = 'own') AS nn, coalesce(sum(c.customers) FILTER (WHERE c.what = 'below'), 0) AS below,
		sum(c.amount) FILTER (WHERE c.what = 'below') AS mrr, sum(c.importances) AS importances, sum(c.amount) FILTER (WHERE c.what = 'own') AS importance,
		coalesce(sum(c.customers) FILTER (WHERE c.what = 'overall'), 0) AS pairs, sum(c.y) FILTER (WHERE c.what = 'overall') AS x,
		sum(c.n) FILTER (WHERE c.what = 'overall') AS z, sum(c.yy) FILTER (WHERE c.what = 'overall') AS xx,
		sum(c.nn) FILTER (WHERE c.what = 'overall') AS zz, sum(c.yn) FILTER (WHERE c.what = 'overall') AS xz
	FROM series s
	JOIN driver_row d ON d.driver = s.driver
	JOIN driver_cell c ON c.source = s.source AND c.name = s.name AND c.topic = s.topic
	LEFT JOIN floor f ON f.metric = d.metric AND f.sign = d.sign AND f.floor = d.floor
	LEFT JOIN about a ON a.driver = '(none)'
	WHERE c.what = 'own' OR (c.what = 'below' AND c.number = f.floor_no) OR (c.what = 'overall' AND c.overall = a.instrument)
	GROUP BY c.segment, s.driver, s.source, c.month
)
@end

-- Values are those of things observed: of customers with several, whose answers are
-- alike, errors are those of sums by customer.  y / n of this month less y / n of
-- the months before is a sum over customers of (y1 - v1 n1) / N1 - (y0 - v0 n0) / N0,
-- also where the same customers are in both: its square is made of sums by month
-- and, of customers with several months, by pair of months.
INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'value_driver', n.preference, n.needs, $$
WITH {driver_cells}
,
@use driver_own_sums
, month_sum AS MATERIALIZED (
	SELECT x.segment, s.driver, s.source, s.month, sum(s.customers) AS customers, sum(s.n) AS n, sum(s.y) AS y, sum(s.yy) AS yy, sum(s.yn) AS yn,
		sum(s.nn) AS nn,
		sum(s.below) AS below, sum(s.mrr) AS mrr, sum(s.importances) AS importances, sum(s.importance) AS importance, sum(s.pairs) AS pairs, sum(s.x) AS x,
			sum(s.z) AS z,
		sum(s.xx) AS xx, sum(s.zz) AS zz, sum(s.xz) AS xz
	FROM own_sum s
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (s.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	GROUP BY x.segment, s.driver, s.source, s.month
), pair_sum AS MATERIALIZED (
	-- of customers in two months, the earlier one e
	SELECT x.segment, p.driver, p.source, p.month, p.month_before, sum(p.yy) AS yy, sum(p.yn) AS yn, sum(p.ny) AS ny, sum(p.nn) AS nn
	FROM (
		SELECT s.driver, s.source, c.month, c.month_before, c.segment, c.segment IS NOT NULL AS stays, sum(c.yy) AS yy, sum(c.yn) AS yn, sum(c.ny) AS ny,
			sum(c.nn) AS nn
		FROM series s
		JOIN driver_cell c ON c.source = s.source AND c.name = s.name AND c.topic = s.topic
		WHERE c.what = 'pair'
		GROUP BY s.driver, s.source, c.month, c.month_before, c.segment) p
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (p.segment, {has_segments} AND p.stays)) AS v (segment, is_so) WHERE v.is_so) x
	GROUP BY x.segment, p.driver, p.source, p.month, p.month_before
), summed AS MATERIALIZED (
	-- beside the months before each, put together: counted, not joined, for the planner would expect next to no rows.  Of pairs
	-- of two months before all is there twice
	SELECT c.segment, c.driver, c.source, c.month, sum(c.customers) FILTER (WHERE c.back = 0) AS customers, sum(c.n) FILTER (WHERE c.back = 0) AS n,
		sum(c.y) FILTER (WHERE c.back = 0) AS y, sum(c.y) FILTER (WHERE c.back = 0) / sum(c.n) FILTER (WHERE c.back = 0) AS value,
		sum(c.yy) FILTER (WHERE c.back = 0) AS yy, sum(c.yn) FILTER (WHERE c.back = 0) AS yn, sum(c.nn) FILTER (WHERE c.back = 0) AS nn,
		sum(c.below) FILTER (WHERE c.back = 0) AS below, sum(c.mrr) FILTER (WHERE c.back = 0) AS mrr, sum(c.customers) FILTER (WHERE c.back > 0) AS customers0,
		sum(c.n) FILTER (WHERE c.back > 0) AS n0, sum(c.y) FILTER (WHERE c.back > 0) / sum(c.n) FILTER (WHERE c.back > 0) AS previous,
		sum(c.yy) FILTER (WHERE c.back > 0) AS yy0, sum(c.yn) FILTER (WHERE c.back > 0) AS yn0, sum(c.nn) FILTER (WHERE c.back > 0) AS nn0,
		coalesce(sum(c.importances), 0) AS importances, coalesce(sum(c.importance), 0) AS importance, coalesce(sum(c.pairs), 0) AS pairs,
		coalesce(sum(c.x), 0) AS x, coalesce(sum(c.z), 0) AS z, coalesce(sum(c.xx), 0) AS xx, coalesce(sum(c.zz), 0) AS zz, coalesce(sum(c.xz), 0) AS xz,
		sum(2 * c.pair_yy) FILTER (WHERE c.back > 0) AS pair_yy0, sum(c.pair_yn + c.pair_ny) FILTER (WHERE c.back > 0) AS pair_yn0,
		sum(2 * c.pair_nn) FILTER (WHERE c.back > 0) AS pair_nn0, sum(c.pair_yy) FILTER (WHERE c.back = 0) AS pair_yy,
		sum(c.pair_yn) FILTER (WHERE c.back = 0) AS pair_yn, sum(c.pair_ny) FILTER (WHERE c.back = 0) AS pair_ny,
		sum(c.pair_nn) FILTER (WHERE c.back = 0) AS pair_nn
	FROM (
		SELECT m.segment, m.driver, m.source, (m.month + make_interval(months => k.back))::date AS month, k.back, m.customers, m.n, m.y, m.yy, m.yn, m.nn,
			m.below, m.mrr, m.importances, m.importance, m.pairs, m.x, m.z, m.xx, m.zz, m.xz, NULL::numeric AS pair_yy, NULL::numeric AS pair_yn,
			NULL::numeric AS pair_ny, NULL::numeric AS pair_nn
		FROM month_sum m
		CROSS JOIN generate_series(0, {driver_months}) AS k (back)
		UNION ALL
		SELECT p.segment, p.driver, p.source, (p.month + make_interval(months => k.back))::date, k.back, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
			NULL, NULL, NULL, NULL, NULL, NULL, NULL, p.yy, p.yn, p.ny, p.nn
		FROM pair_sum p
		CROSS JOIN generate_series(0, {driver_months}) AS k (back)
		WHERE p.month_before >= p.month + make_interval(months => k.back - {driver_months})) c
	GROUP BY c.segment, c.driver, c.source, c.month
	HAVING sum(c.n) FILTER (WHERE c.back = 0) IS NOT NULL
), error AS (
	SELECT s.*, s.customers / nullif(s.customers - 1, 0) AS more, s.customers0 / nullif(s.customers0 - 1, 0) AS more0,
		(s.yy - 2 * s.value * s.yn + s.value * s.value * s.nn) / (s.n * s.n) AS square,
		(s.yy0 + coalesce(s.pair_yy0, 0) - 2 * s.previous * (s.yn0 + coalesce(s.pair_yn0, 0))
			+ s.previous * s.previous * (s.nn0 + coalesce(s.pair_nn0, 0))) / (s.n0 * s.n0) AS square0,
		coalesce(s.pair_yy - s.previous * s.pair_yn - s.value * s.pair_ny + s.value * s.previous * s.pair_nn, 0) / (s.n * s.n0) AS product
	FROM summed s
), told AS (
	SELECT e.segment, e.driver, e.source, e.month, e.n::bigint AS observations, e.customers::bigint AS customers, e.value::float8 AS value,
		e.n0::bigint AS observations_before,
		e.previous::float8 AS previous, e.below::bigint AS below, e.mrr, sqrt(greatest(round(e.square * e.more, 20), 0))::float8 AS error,
		sqrt(greatest(round(e.square * e.more + e.square0 * e.more0 - 2 * e.product * sqrt(e.more * e.more0), 20), 0))::float8 AS change_error,
		(e.importance / nullif(e.importances, 0))::float8 AS importance, e.pairs::bigint AS pairs,
		((e.pairs * e.xz - e.x * e.z) / nullif(sqrt(greatest((e.pairs * e.xx - e.x * e.x) * (e.pairs * e.zz - e.z * e.z), 0)), 0))::float8 AS correlation
	FROM error e
), themed AS MATERIALIZED (
	SELECT x.segment, u.theme, u.month, sum(u.n) AS n, sum(u.y) AS y
	FROM (SELECT c.segment, c.topic AS theme, c.month, c.n, c.y FROM driver_cell c WHERE c.source = 'words' AND c.what = 'own') u
	CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (u.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
	GROUP BY x.segment, u.theme, u.month
), complained AS (
	SELECT s.segment, s.theme, s.month, sum(s.n) FILTER (WHERE s.back = 0) AS n1, sum(s.y) FILTER (WHERE s.back = 0) AS y1,
		sum(s.n) FILTER (WHERE s.back > 0) AS n0, sum(s.y) FILTER (WHERE s.back > 0) AS y0
	FROM (
		SELECT t.segment, t.theme, (t.month + make_interval(months => k.back))::date AS month, k.back, t.n, t.y
		FROM themed t
		CROSS JOIN generate_series(0, {driver_months}) AS k (back)) s
	GROUP BY s.segment, s.theme, s.month
), wrote AS (
	-- of all that was written, what complains of the theme
	SELECT c.segment, c.theme, c.month, sum(c.n1) OVER w AS n1, coalesce(c.y1, 0) / nullif(sum(c.n1) OVER w, 0) AS share, sum(c.n0) OVER w AS n0,
		coalesce(c.y0, 0) / nullif(sum(c.n0) OVER w, 0) AS share_before
	FROM complained c
	WINDOW w AS (PARTITION BY c.segment, c.month)
), source AS (
	-- on the good side up
	SELECT t.segment, t.month, d.driver, t.source, t.observations, t.observations_before, t.source = d.source AS is_main, t.customers, t.value,
		-- of NPS the error of survey_score
		t.error * CASE WHEN d.metric = 'nps' AND t.source = 'survey' THEN sqrt((t.customers - 1) / t.customers::float8) ELSE 1 END AS error, t.previous,
			t.change_error,
		t.below, t.mrr, t.importance, t.pairs, t.correlation,
		CASE t.source WHEN d.source THEN d.sign WHEN 'behaviour' THEN b.sign ELSE 1 END * (t.value - t.previous) AS change
	FROM told t
	JOIN driver_row d ON d.driver = t.driver
	LEFT JOIN {driver_metrics} AS b (metric, sign, floor, scale, source) ON b.metric = d.behaviour
	UNION ALL
	SELECT w.segment, w.month, d.driver, 'words', w.n1::bigint, w.n0::bigint, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
		(w.share_before - w.share)::float8
	FROM wrote w
	JOIN driver_row d ON d.theme = w.theme
	WHERE w.n1 > 0
), driven AS (
	SELECT s.segment, s.month, s.driver, max(s.observations) FILTER (WHERE s.is_main) AS observations,
		max(s.observations_before) FILTER (WHERE s.is_main) AS observations_before,
		max(s.customers) FILTER (WHERE s.is_main) AS customers, max(s.value) FILTER (WHERE s.is_main) AS value, max(s.error) FILTER (WHERE s.is_main) AS error,
		max(s.previous) FILTER (WHERE s.is_main) AS previous, max(s.change) FILTER (WHERE s.is_main) AS change,
			max(s.change_error) FILTER (WHERE s.is_main) AS change_error,
		max(s.below) FILTER (WHERE s.is_main) AS below, max(s.mrr) FILTER (WHERE s.is_main) AS mrr, max(s.importance) AS importance,
		max(s.pairs) FILTER (WHERE s.is_main) AS pairs, max(s.correlation) FILTER (WHERE s.is_main) AS correlation,
		coalesce(max(s.observations) FILTER (WHERE s.source = 'survey'), 0) AS survey_n, coalesce(max(s.observations) FILTER (WHERE s.source = 'behaviour'),
			0) AS behaviour_n,
		coalesce(max(s.observations) FILTER (WHERE s.source = 'words'), 0) AS words_n,
		max(s.change) FILTER (WHERE s.source = 'survey' AND s.is_known) AS survey_change, max(s.change) FILTER (WHERE s.source = 'behaviour'
			AND s.is_known) AS behaviour_change,
		max(s.change) FILTER (WHERE s.source = 'words' AND s.is_known) AS words_change,
		count(*) FILTER (WHERE s.is_known) AS known, count(*) FILTER (WHERE s.is_known AND s.change > 0) AS up, count(*) FILTER (WHERE s.is_known
			AND s.change < 0) AS down,
		count(*) FILTER (WHERE s.is_known AND s.change = 0) AS still,
		string_agg(s.source, ', ' ORDER BY s.source COLLATE "C") FILTER (WHERE s.is_known) AS sources
	FROM (
		SELECT c.*, coalesce(least(c.observations, c.observations_before) >= {min_answers} AND c.change IS NOT NULL, false) AS is_known FROM source c) s
	GROUP BY s.segment, s.month, s.driver
), placed AS (
	SELECT v.*, d.metric, d.target, d.sign, d.floor, o.as_of, (v.month + interval '1 month')::date <= o.as_of AS is_complete,
		CASE WHEN bool_or(d.importance IS NOT NULL) OVER () THEN d.importance ELSE v.importance END AS stated,
		CASE WHEN v.pairs >= {min_answers} THEN d.sign * v.correlation END AS derived,
		d.sign * (v.value - d.target) AS gap, coalesce(d.scale, nullif(abs(d.target), 0)) AS scale,
		CASE WHEN d.floor IS NOT NULL THEN v.below::float8 / v.customers END AS below_share
	FROM driven v
	JOIN driver_row d ON d.driver = v.driver
	CROSS JOIN known o
	WHERE v.observations > 0
), kind AS (
	SELECT p.*, CASE WHEN count(p.stated) OVER w >= count(p.derived) OVER w AND count(p.stated) OVER w > 0 THEN 'stated'
		WHEN count(p.derived) OVER w > 0 THEN 'derived' END AS kind,
		CASE WHEN p.target IS NOT NULL THEN p.gap / p.scale WHEN count(p.below_share) OVER w > 1 THEN (round(avg(p.below_share::numeric) OVER w,
			12) - round(p.below_share::numeric, 12))::float8 END AS performance
	FROM placed p
	WINDOW w AS (PARTITION BY p.segment, p.month)
), weighted AS (
	SELECT k.*, round(CASE k.kind WHEN 'stated' THEN k.stated ELSE k.derived END::numeric, 12) AS weight
	FROM kind k
), cut AS (
	SELECT w.*, round(avg(w.weight) OVER (PARTITION BY w.segment, w.month), 12) AS cut FROM weighted w
), owned AS MATERIALIZED (
	SELECT c.driver, c.month, string_agg(DISTINCT w.owner COLLATE "C", ', ' ORDER BY w.owner COLLATE "C") COLLATE "default" AS owner
	FROM (SELECT DISTINCT p.driver, p.month, least((p.month + interval '1 month')::date, p.as_of) - 1 AS day FROM placed p) c
	JOIN {driver_owners} w ON w.subject = c.driver AND coalesce(w.valid_from <= c.day, true) AND coalesce(w.valid_to > c.day, true)
	GROUP BY c.driver, c.month
)
SELECT cvm.row_key(to_char(c.month::timestamp, 'YYYY-MM'), c.segment, c.driver) AS row_key,
	c.segment,
	c.month,
	to_char(c.month::timestamp, 'YYYY-MM') AS month_label,
	c.driver,
	coalesce(w.owner, '(none)') AS owner,
	c.metric,
	c.observations,
	c.customers,
	c.value,
	coalesce(i.conf_low, v.conf_low) AS value_low,
	coalesce(i.conf_high, v.conf_high) AS value_high,
	c.target,
	c.gap,
	CASE WHEN c.sign > 0 THEN 'up' ELSE 'down' END AS direction,
	c.floor::float8 AS floor,
	CASE WHEN c.floor IS NOT NULL THEN c.below END AS below_floor_customers,
	c.below_share AS below_floor_share,
	CASE WHEN c.floor IS NOT NULL AND {has_money} THEN coalesce(c.mrr, 0) END AS mrr_at_stake,
	c.stated AS stated_importance,
	c.derived AS derived_importance,
	c.pairs AS derived_pairs,
	c.weight::float8 AS importance,
	c.kind AS importance_kind,
	c.performance,
	CASE WHEN NOT c.is_complete OR c.weight IS NULL OR c.performance IS NULL OR c.observations < {min_answers} THEN NULL
		WHEN c.weight >= c.cut THEN CASE WHEN c.performance < 0 THEN 'priority' ELSE 'keep_up' END
		ELSE CASE WHEN c.performance < 0 THEN 'low_priority' ELSE 'overkill' END END AS quadrant,
	CASE WHEN c.is_complete THEN c.previous END AS previous_value,
	coalesce(c.observations_before, 0) AS previous_observations,
	CASE WHEN c.is_complete THEN c.change END AS trend,
	t.conf_low AS trend_low,
	t.conf_high AS trend_high,
	t.p_value,
	CASE WHEN NOT c.is_complete THEN 'immature'
		WHEN t.p_value IS NULL OR least(c.observations, c.observations_before) < {min_answers} THEN 'no_data'
		WHEN t.conf_low > 0 THEN 'better' WHEN t.conf_high < 0 THEN 'worse' ELSE 'noise' END AS verdict,
	c.survey_n AS survey_observations,
	c.behaviour_n AS behaviour_observations,
	c.words_n AS words_observations,
	CASE WHEN c.is_complete THEN c.survey_change END AS survey_trend,
	CASE WHEN c.is_complete THEN c.behaviour_change END AS behaviour_trend,
	CASE WHEN c.is_complete THEN c.words_change END AS words_trend,
	CASE WHEN c.is_complete THEN coalesce(c.sources, '(none)') END AS sources,
	CASE WHEN NOT c.is_complete THEN NULL
		WHEN c.known = 0 THEN 'no source' WHEN c.known = 1 THEN 'one source'
		WHEN greatest(c.up, c.down, c.still) >= 2 THEN 'triangulated' ELSE 'conflict' END AS triangulation,
	c.observations >= {min_answers} AS is_enough,
	{currency} AS currency,
	c.is_complete,
	{time_zone} AS time_zone,
	c.as_of
FROM cut c
LEFT JOIN owned w ON w.driver = c.driver AND w.month = c.month
LEFT JOIN LATERAL cvm.mean_difference(0, 0, c.value, c.error, {conf}) v ON c.error > 0
-- a share of single observations
LEFT JOIN LATERAL cvm.proportion_interval(CASE WHEN c.scale = 1 AND c.observations = c.customers THEN round((c.value * c.observations)::numeric)::bigint END,
	c.observations, {conf}) i ON true
LEFT JOIN LATERAL cvm.mean_difference(0, 0, c.change, c.change_error, {conf}, 0) t ON c.is_complete AND c.change_error > 0$$
FROM (VALUES (1, '{driver,survey}'::text[]), (2, '{driver,ticket}'), (3, '{survey}'), (4, '{ticket}'),
	(5, '{delivery}'), (6, '{interaction}')) AS n (preference, needs);

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('has_money', 1, '{subscription}', 'true'),
('has_money', 9, '{}', 'false');

INSERT INTO cvm.report_list (view, preference, list)
SELECT b.view, b.preference, $$
@use sited_units
, customer_now AS (
	SELECT a.row_key, u.customer_id, d.sign * u.own < d.sign * d.floor AS is_below, {driver_list_mrr} AS mrr, u.n, d.metric, u.own, d.floor
	FROM sited u
	CROSS JOIN known o
	JOIN driver_row d ON d.driver = u.driver AND d.source = u.source
	JOIN wanted a ON a.month = u.month AND a.driver = u.driver AND a.segment IN ('(all)', u.segment)
	{driver_list_money}
)
SELECT c.row_key, c.customer_id, 1 AS customers, coalesce(c.is_below, false)::int AS below_floor_customers, CASE
	WHEN c.is_below THEN c.mrr END AS mrr_at_stake,
	NULL::numeric AS mrr_before, c.mrr AS mrr_after,
	format('%s %s', c.metric, round(c.own, 2)) || CASE WHEN c.is_below THEN format(', floor %s', round(c.floor, 2)) ELSE '' END AS detail
FROM customer_now c$$
FROM cvm.report_body b
WHERE b.view = 'value_driver';
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('driver_list_money', 1, '{subscription}', 'LEFT JOIN folded f ON f.customer_id = u.customer_id'),
('driver_list_money', 9, '{}', ''),
('driver_list_mrr', 1, '{subscription}', '{driver_mrr}'),
('driver_list_mrr', 9, '{}', 'NULL::numeric');

INSERT INTO cvm.report_footing (view, position, column_name, role, source) VALUES
	('value_driver', 1, 'mrr_at_stake', 'sum', NULL);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment)
SELECT 'value_driver', row_number() OVER (ORDER BY c.n), c.column_name, c.type, c.unit, c.formula, c.additive, c.comment
FROM (VALUES
	(1, 'row_key', 'text', 'key', 'month_label|segment|driver', false, 'One value per row.'),
	(2, 'segment', 'text', 'name', 'segment held on the day of the last observation of the month', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	(3, 'month', 'date', 'date', 'first day of the month', false, 'Month of what was observed.'),
	(4, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	(5, 'driver', 'text', 'name', 'driver.driver; else survey.driver and the usual five', false, 'Driver of value.'),
	(6, 'owner', 'text', 'name', 'owner of subject_kind driver at the end of the month', false,
		'Who answers for the driver; "(none)" where nobody does.'),
	(7, 'metric', 'text', 'name', 'driver.metric in small letters', false, 'What it is measured by.'),
	(8, 'observations', 'bigint', 'observations', 'last answers of customers, or tickets', true, 'How much the value is made of.'),
	(9, 'customers', 'bigint', 'customers', 'count of distinct customers', true, 'Customers of whom something was observed.'),
	(10, 'value', 'double precision', 'unit of the metric',
		'nps: 100 * (promoters - detractors) / answers; csat: satisfied / answers; late_replies, reopened_tickets, '
		'misfit_deliveries, assisted_tasks: share of tickets, deliveries, tasks; else the mean',
		false, 'The value of the metric.'),
	(11, 'value_low', 'double precision', 'unit of the metric',
		'value less its quantile of the normal, errors by customer; Wilson for shares of one observation a customer', false,
		'Lower end of its interval; NULL where observations do not differ.'),
	(12, 'value_high', 'double precision', 'unit of the metric', 'value plus its quantile of the normal; Wilson likewise', false,
		'Upper end of its interval.'),
	(13, 'target', 'double precision', 'unit of the metric', 'driver.target', false, 'Value aimed at; NULL where none is told.'),
	(14, 'gap', 'double precision', 'unit of the metric', 'value - target; with direction down target - value', false,
		'How much better than its target; negative: worse.'),
	(15, 'direction', 'text', 'word', 'driver.direction, or that of the metric', false, 'up or down: which way the metric gets better.'),
	(16, 'floor', 'double precision', 'unit of one answer', 'driver.floor; nps 7, csat 4, ces 5, share of tickets 0', false,
		'What a customer is to get at least (direction down: at most); NULL where it is not known.'),
	(17, 'below_floor_customers', 'bigint', 'customers', 'customers whose own value is worse than the floor', true,
		'Customers who got less than they should.'),
	(18, 'below_floor_share', 'double precision', 'fraction 0..1', 'below_floor_customers / customers', false, 'Their share.'),
	(19, 'mrr_at_stake', 'numeric(28,2)', 'money a month', 'what they pay on the last day observed of the month', true,
		'MRR of the customers below the floor; NULL without subscriptions.'),
	(20, 'stated_importance', 'double precision', 'points',
		'driver.importance; where no driver has one, mean of survey.importance of the month and the driver_months before', false,
		'How important it is said to be.'),
	(21, 'derived_importance', 'double precision', 'correlation -1..1',
		'correlation over customers, of the month and the driver_months before, of their own value (its good side up) '
		'and their answer that is about no driver', false,
		'How closely overall opinion follows the driver; NULL for fewer pairs than min_answers.'),
	(22, 'derived_pairs', 'bigint', 'pairs', 'customers and months with both answers', false, 'How many pairs of answers that is of.'),
	(23, 'importance', 'double precision', 'as importance_kind says', 'stated_importance or derived_importance', false, 'The importance that counts.'),
	(24, 'importance_kind', 'text', 'word', 'stated, unless more drivers of the segment and month have a derived one', false,
		'stated or derived: the same for all drivers of a segment and month.'),
	(25, 'performance', 'double precision', 'fraction',
		'gap / what the metric can be off (nps 100, shares 1, ces 6, else target); without a target, of two drivers or '
		'more, mean of below_floor_share over drivers - below_floor_share', false,
		'How well it does, comparable over drivers; negative: worse than aimed at, or than the others.'),
	(26, 'quadrant', 'text', 'word',
		'importance beside its mean over drivers, performance beside 0: priority, keep_up, low_priority, overkill', false,
		'priority: important, and not good enough; NULL where something is not known, too few observed or the month is not over.'),
	(27, 'previous_value', 'double precision', 'unit of the metric', 'value of the driver_months before, taken together', false, 'What it was before.'),
	(28, 'previous_observations', 'bigint', 'observations', 'observations of the driver_months before', false, 'How much that is made of.'),
	(29, 'trend', 'double precision', 'unit of the metric', 'value - previous_value; with direction down the other way round', false,
		'How much better it got; negative: it falls.'),
	(30, 'trend_low', 'double precision', 'unit of the metric', 'trend less its quantile of the normal, errors by customer, also of those seen in both',
		false, 'Lower end of its interval.'),
	(31, 'trend_high', 'double precision', 'unit of the metric', 'trend plus its quantile of the normal', false, 'Upper end of its interval.'),
	(32, 'p_value', 'double precision', 'fraction 0..1', 'two-sided, normal', false, 'How likely so great a trend is by chance.'),
	(33, 'verdict', 'text', 'word', 'trend_low > 0: better; trend_high < 0: worse; else noise', false,
		'better, worse, noise; no_data: fewer than min_answers in either; immature: the month is not over.'),
	(34, 'survey_observations', 'bigint', 'answers', 'answers about the driver', false, 'What customers say: how much.'),
	(35, 'behaviour_observations', 'bigint', 'observations', 'tickets and the like of the driver''s behaviour', false, 'What customers do: how much.'),
	(36, 'words_observations', 'bigint', 'answers', 'answers with any theme', false, 'What customers write: how much.'),
	(37, 'survey_trend', 'double precision', 'unit of the metric', 'as trend, of answers', false,
		'Trend of what they say; NULL for fewer than min_answers in either.'),
	(38, 'behaviour_trend', 'double precision', 'fraction', 'as trend, of behaviour', false, 'Trend of what they do.'),
	(39, 'words_trend', 'double precision', 'fraction', 'share before - share, of answers with a theme, that name the driver''s with a low score', false,
		'Trend of what they write: negative where more complain of it.'),
	(40, 'sources', 'text', 'words', 'sources with min_answers in the month and before', false, 'survey, behaviour, words: those whose trend is known.'),
	(41, 'triangulation', 'text', 'words', 'signs of survey_trend, behaviour_trend and words_trend', false,
		'triangulated: two of them or more move the same way; conflict: they do not; one source; no source.'),
	(42, 'is_enough', 'boolean', 'yes or no', 'observations >= setting min_answers', false, 'Is enough observed for the value to be shown?'),
	(43, 'currency', 'text', 'name', 'setting of the model', false, 'Currency of money.'),
	(44, 'is_complete', 'boolean', 'yes or no', 'the month ends before as_of', false, 'Is the month over?'),
	(45, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	(46, 'as_of', 'date', 'date', 'setting of the model; else the day after the last observation', false, 'First day that is not observed.')
) AS c (n, column_name, type, unit, formula, additive, comment);
