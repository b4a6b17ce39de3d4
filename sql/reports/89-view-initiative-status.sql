-- SPDX-License-Identifier: PostgreSQL
-- Report views over initiatives and reviews: what was decided, what came of it,
-- and what was measured without doing anything, or done without measuring.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(65, 'review_days', 'count', '31', 'Days after which an open initiative is to have been reviewed again.'),
	(68, 'closed_statuses', 'words',
		'{closed,done,measured,rolled out,rolled back,rolled_out,rolled_back,cancelled,canceled,stopped,dropped}',
		'Values of initiative.status, in any case of letters, in which nothing more is to be done.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(161, 'initiative_status',
		'Every initiative: its place in the backlog by impact and effort, how far it is, how long each leg took, and '
		'what is missing before anybody can say that it worked, and what it is part of.', ''),
	(111, 'review_cadence',
		'Every review: held on time, late, overdue or still to come, what was decided and what became of that.', ''),
	(112, 'measurement_without_action',
		'Drivers that customers are asked about without an initiative that is open on them.', ''),
	(113, 'action_without_measurement',
		'Initiatives that were decided without a metric or a baseline: whatever comes of them, nobody will know.',
		'');

-- The day up to which initiatives and reviews are known
@define review_observed
observed AS MATERIALIZED (
	SELECT coalesce({as_of}, cvm.day_of(now(), {time_zone})) AS as_of
)
@end

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('review_rows', 1, '{review}', 'review'),
('review_rows', 2, '{}', '(SELECT NULL::text AS initiative, NULL::date AS held_on, NULL::text AS cycle, NULL::text AS decision WHERE false)'),
('has_initiatives', 1, '{initiative}', 'true'),
('has_initiatives', 2, '{}', 'false');

-- Who was to get an initiative, by the arms of its campaign, and what became of
-- them: lost, where it is about churn, or what they answered
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('arms', 1, '{contact,contact.campaign,contact.arm}', $$
member AS {at_customer} (
	-- as first assigned
	SELECT k.initiative, k.no, c.customer_id, min(cvm.day_of(c.occurred_at, {time_zone})) AS day,
		(array_agg(lower(c.arm) = 'control' ORDER BY c.occurred_at, lower(c.arm) = 'control' DESC))[1] AS is_control, k.as_of
	FROM known k
	JOIN contact c ON c.campaign = coalesce(k.campaign, k.initiative)
	WHERE c.customer_id IS NOT NULL AND c.arm IS NOT NULL AND cvm.day_of(c.occurred_at, {time_zone}) < k.as_of
	GROUP BY k.initiative, k.no, c.customer_id, k.as_of
), outcome AS {at_customer} (
	SELECT w.initiative, w.no, w.customer_id, w.is_control, w.is_lost, w.score
	FROM (
		SELECT NULL::text AS initiative, NULL::bigint AS no, m.customer_id, NULL::boolean AS is_control, NULL::boolean AS is_lost,
			NULL::double precision AS score
		FROM member m WHERE false{arms_churn}{arms_survey}) w
), both_arms AS (
	SELECT w.initiative, w.no,
		count(*) FILTER (WHERE NOT w.is_control) AS n1, count(*) FILTER (WHERE w.is_control) AS n0,
		count(*) FILTER (WHERE NOT w.is_control AND w.is_lost) AS h1, count(*) FILTER (WHERE w.is_control AND w.is_lost) AS h0,
		avg(w.score ORDER BY w.score) FILTER (WHERE NOT w.is_control) AS m1, avg(w.score ORDER BY w.score) FILTER (WHERE w.is_control) AS m0,
		stddev_samp(w.score ORDER BY w.score) FILTER (WHERE NOT w.is_control) / sqrt(nullif(count(*) FILTER (WHERE NOT w.is_control), 0)) AS e1,
		stddev_samp(w.score ORDER BY w.score) FILTER (WHERE w.is_control) / sqrt(nullif(count(*) FILTER (WHERE w.is_control), 0)) AS e0
	-- those with the same outcome are counted where they are, and laid out here
	FROM (SELECT x.initiative, x.no, x.is_control, x.is_lost, x.score, count(*) AS customers FROM outcome x GROUP BY 1, 2, 3, 4, 5) w
	CROSS JOIN LATERAL generate_series(1, w.customers) AS n (n)
	GROUP BY w.initiative, w.no
), clash AS {at_customer} (
	-- who was to get another initiative in the same days
	SELECT s.initiatives[i.i] AS initiative, s.nos[i.i] AS no, s.customer_id, s.initiatives[j.j] AS other
	FROM (
		SELECT m.customer_id, array_agg(m.initiative ORDER BY m.initiative, m.no) AS initiatives, array_agg(m.no ORDER BY m.initiative, m.no) AS nos,
			array_agg(m.day ORDER BY m.initiative, m.no) AS days
		FROM member m
		WHERE NOT m.is_control
		GROUP BY m.customer_id
		HAVING count(*) > 1) s
	CROSS JOIN LATERAL generate_series(1, cardinality(s.days)) AS i (i)
	CROSS JOIN LATERAL generate_series(1, cardinality(s.days)) AS j (j)
	WHERE s.initiatives[j.j] <> s.initiatives[i.i] AND abs(s.days[j.j] - s.days[i.i]) < {campaign_days}
), clashed AS (
	SELECT c.initiative, c.no, count(DISTINCT c.customer_id) AS customers,
		string_agg(DISTINCT c.other COLLATE "C", ', ' ORDER BY c.other COLLATE "C") COLLATE "default" AS others
	FROM clash c
	GROUP BY c.initiative, c.no
)$$),
('arms', 2, '{}', $$
both_arms AS (
	SELECT NULL::text AS initiative, NULL::bigint AS no, NULL::bigint AS n1, NULL::bigint AS n0, NULL::bigint AS h1, NULL::bigint AS h0,
		NULL::double precision AS m1, NULL::double precision AS m0, NULL::double precision AS e1, NULL::double precision AS e0
	WHERE false
), clashed AS (
	SELECT NULL::text AS initiative, NULL::bigint AS no, NULL::bigint AS customers, NULL::text AS others WHERE false
)$$),
('arms_churn', 1, '{subscription}', $$
		UNION ALL
		SELECT p.initiative, p.no, p.customer_id, p.is_control, NOT p.pays AS is_lost, NULL AS score
		FROM (
			SELECT m.initiative, m.no, m.customer_id, m.is_control,
				coalesce(bool_or(s.started_on <= m.day AND coalesce(s.ended_on > m.day, true)), false) AS paid,
				coalesce(bool_or(s.started_on <= m.day + {campaign_days} AND coalesce(s.ended_on > m.day + {campaign_days}, true)), false) AS pays
			FROM member m
			JOIN known k ON k.initiative = m.initiative AND k.no = m.no AND lower(k.metric) IN ('churn_rate', 'logo_churn_rate')
			JOIN subscription s ON s.customer_id = m.customer_id AND {price} > 0 AND ({is_paused}) IS NOT TRUE
			WHERE m.day + {campaign_days} < m.as_of
			GROUP BY m.initiative, m.no, m.customer_id, m.is_control) p
		WHERE p.paid$$),
('arms_churn', 2, '{}', ''),
('arms_survey', 1, '{survey}', $$
		UNION ALL
		SELECT a.initiative, a.no, a.customer_id, a.is_control, NULL AS is_lost,
			CASE a.instrument WHEN 'nps' THEN CASE WHEN a.score >= 9 THEN 100 WHEN a.score >= 7 THEN 0 ELSE -100 END
				WHEN 'csat' THEN CASE WHEN a.score >= 4 THEN 1 ELSE 0 END ELSE a.score END AS score
		FROM (
			-- the last answer of the days after
			SELECT DISTINCT ON (m.initiative, m.no, m.customer_id) m.initiative, m.no, m.customer_id, m.is_control, lower(s.instrument) AS instrument, s.score
			FROM member m
			JOIN known k ON k.initiative = m.initiative AND k.no = m.no
			JOIN survey s ON s.customer_id = m.customer_id AND lower(s.instrument) = lower(k.metric) AND coalesce(s.driver = k.driver, true)
			WHERE cvm.day_of(s.occurred_at, {time_zone}) > m.day AND cvm.day_of(s.occurred_at, {time_zone}) <= m.day + {campaign_days}
				AND cvm.day_of(s.occurred_at, {time_zone}) < m.as_of AND s.score NOT IN ('NaN', 'Infinity', '-Infinity')
			ORDER BY m.initiative, m.no, m.customer_id, s.occurred_at DESC, s.score) a$$),
('arms_survey', 2, '{}', ''),
('arms_list', 1, '{contact,contact.campaign,contact.arm}', $$
SELECT w.initiative, w.no, w.customer_id, CASE WHEN w.is_control THEN 0 ELSE 1 END AS target,
	CASE WHEN w.is_control THEN 1 ELSE 0 END AS control, 0 AS overlapping
FROM outcome w
UNION ALL
SELECT DISTINCT c.initiative, c.no, c.customer_id, 0 AS target, 0 AS control, 1 AS overlapping
FROM clash c$$),
('arms_list', 2, '{}', $$
SELECT NULL::text AS initiative, NULL::bigint AS no, NULL::bigint AS customer_id, 0 AS target, 0 AS control, 0 AS overlapping WHERE false$$);

@define initiatives_known
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, cvm.day_of(now(), {time_zone})) AS as_of
), known AS MATERIALIZED (
	SELECT i.*, coalesce({is_closed}, false) OR coalesce(i.closed_on < o.as_of, false) AS is_closed, o.as_of,
		row_number() OVER (PARTITION BY i.initiative ORDER BY i.decided_on, i.shipped_on, i.status, i.driver, i.metric) AS no
	FROM initiative i
	CROSS JOIN observed o
	WHERE i.initiative IS NOT NULL AND coalesce(i.decided_on < o.as_of, true)
), {arms}
@end

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('initiative_status', 1, '{initiative}', $$
@use initiatives_known
, {measured}
, before AS (
	-- the last whole month when the baseline was taken
	SELECT DISTINCT ON (k.initiative, k.no) k.initiative, k.no, m.metric, m.driver, m.hits, m.n, m.value, m.std_error, m.better
	FROM known k
	JOIN measured m ON m.metric = lower(k.metric) AND (m.driver = k.driver OR m.driver = '(none)')
	WHERE (m.month + interval '1 month')::date <= k.baseline_on + 1
	ORDER BY k.initiative, k.no, m.driver = '(none)', m.month DESC
), after AS (
	-- the last whole month since it was shipped, and before it was measured
	SELECT DISTINCT ON (k.initiative, k.no) k.initiative, k.no, m.month, m.hits, m.n, m.value, m.std_error
	FROM known k
	JOIN before b ON b.initiative = k.initiative AND b.no = k.no
	JOIN measured m ON m.metric = b.metric AND m.driver = b.driver
	WHERE m.month >= k.shipped_on AND (m.month + interval '1 month')::date <= least(k.measured_on, k.as_of) AND k.baseline_on < k.shipped_on
	ORDER BY k.initiative, k.no, m.month DESC
), effect AS (
	SELECT b.initiative, b.no, b.value AS before, a.value AS after, a.month, a.value - b.value AS effect, b.better,
		coalesce(p.conf_low, d.conf_low) AS conf_low, coalesce(p.conf_high, d.conf_high) AS conf_high
	FROM before b
	LEFT JOIN after a ON a.initiative = b.initiative AND a.no = b.no
	LEFT JOIN LATERAL (SELECT * FROM cvm.proportion_difference(b.hits, b.n, a.hits, a.n, {conf})) p ON a.n > 0 AND b.n > 0
	LEFT JOIN LATERAL (SELECT * FROM cvm.mean_difference(b.value, b.std_error, a.value, a.std_error, {conf})) d ON a.std_error > 0 AND b.std_error > 0
), compared AS (
	SELECT c.*, CASE WHEN c.m1 IS NULL AND c.m0 IS NULL THEN c.h1 / nullif(c.n1, 0)::float8 - c.h0 / nullif(c.n0, 0)::float8 ELSE c.m1 - c.m0 END AS effect,
		coalesce(p.conf_low, d.conf_low) AS conf_low, coalesce(p.conf_high, d.conf_high) AS conf_high
	FROM both_arms c
	LEFT JOIN LATERAL (SELECT * FROM cvm.proportion_difference(c.h0, c.n0, c.h1, c.n1, {conf})) p ON c.n1 > 0 AND c.n0 > 0 AND c.m1 IS NULL AND c.m0 IS NULL
	LEFT JOIN LATERAL (SELECT * FROM cvm.mean_difference(c.m0, c.e0, c.m1, c.e1, {conf})) d ON c.e1 > 0 AND c.e0 > 0
), reviewed AS (
	SELECT r.initiative, max(r.held_on) AS held_on, count(*) AS reviews, (array_agg(r.decision ORDER BY r.held_on DESC, r.cycle DESC))[1] AS decision
	FROM {review_rows} r
	CROSS JOIN observed o
	WHERE r.held_on < o.as_of
	GROUP BY r.initiative
), part AS (
	SELECT k.initiative, min(k.parent COLLATE "C") AS parent
	FROM known k
	WHERE k.parent <> k.initiative
	GROUP BY k.initiative
), above AS (
	-- what goes around in a circle ends
	SELECT a.name AS initiative, a.superior AS parent, a.steps AS depth
	FROM (SELECT array_agg(p.initiative) AS initiatives, array_agg(p.parent) AS parents FROM part p) p
	CROSS JOIN LATERAL cvm._climb(p.initiatives, p.parents, 16) a
	WHERE a.steps > 0
), top AS (
	SELECT a.initiative, (array_agg(a.parent ORDER BY a.depth DESC))[1] AS programme, max(a.depth) AS depth
	FROM above a
	GROUP BY a.initiative
), below AS (
	SELECT a.parent, count(DISTINCT a.initiative) AS parts
	FROM above a
	WHERE a.initiative <> a.parent
	GROUP BY a.parent
)
SELECT cvm.row_key(k.initiative, k.no::text) AS row_key,
	k.initiative,
	coalesce(k.driver, '(none)') AS driver,
	k.lever,
	k.metric,
	k.hypothesis,
	k.expected_effect,
	k.impact,
	k.effort,
	k.impact / nullif(k.effort, 0) AS impact_per_effort,
	CASE WHEN NOT k.is_closed AND k.impact / nullif(k.effort, 0) IS NOT NULL THEN
		rank() OVER (PARTITION BY k.is_closed, k.impact / nullif(k.effort, 0) IS NULL ORDER BY k.impact / nullif(k.effort, 0) DESC) END AS backlog_rank,
	coalesce(k.is_flagship, false) AS is_flagship,
	CASE WHEN k.is_closed THEN 'closed'
		WHEN k.measured_on < k.as_of THEN 'measured'
		WHEN k.shipped_on < k.as_of THEN 'shipped'
		WHEN k.decided_on IS NOT NULL THEN 'decided'
		ELSE 'proposed' END AS stage,
	k.status,
	k.baseline_on,
	k.decided_on,
	k.shipped_on,
	k.shipped_on - k.decided_on AS days_to_ship,
	k.as_of - k.decided_on AS days_since_decision,
	r.held_on AS reviewed_on,
	coalesce(r.reviews, 0) AS reviews,
	r.decision AS last_decision,
	NOT k.is_closed AND coalesce(r.held_on < k.as_of - {review_days}, true) AS is_unreviewed,
	k.metric IS NULL AND k.baseline_on IS NULL AS is_roadmap_only,
	nullif(concat_ws(', ', CASE WHEN k.metric IS NULL THEN 'metric' END, CASE WHEN k.baseline_on IS NULL THEN 'baseline' END,
		CASE WHEN k.baseline_on >= k.shipped_on THEN 'baseline before shipping' END, CASE WHEN k.expected_effect IS NULL THEN 'expected effect' END), '') AS missing,
	CASE WHEN k.measured_on < k.as_of THEN k.measured_on END AS measured_on,
	k.outcome,
	k.parent,
	t.programme COLLATE "default" AS programme,
	coalesce(t.depth, 0) AS depth,
	coalesce(b.parts, 0) AS parts,
	e.before AS baseline_value,
	e.after AS measured_value,
	e.month AS measured_month,
	e.effect,
	e.conf_low AS effect_low,
	e.conf_high AS effect_high,
	c.n1 AS target_customers,
	c.n0 AS control_customers,
	c.effect AS control_effect,
	c.conf_low AS control_effect_low,
	c.conf_high AS control_effect_high,
	CASE WHEN k.metric IS NULL THEN 'no_metric'
		WHEN lower(k.metric) NOT IN (SELECT m.metric FROM measured m) THEN 'not_measured'
		WHEN coalesce(k.shipped_on >= k.as_of, true) THEN 'not_shipped'
		WHEN coalesce(k.baseline_on >= k.shipped_on, true) OR e.before IS NULL THEN 'no_baseline'
		WHEN e.after IS NULL THEN 'immature'
		-- the control where there is one: what came of itself came to it too
		WHEN coalesce(c.conf_low, e.conf_low) IS NULL THEN 'no_interval'
		WHEN coalesce(c.conf_low, e.conf_low) > 0 THEN CASE e.better WHEN 'higher' THEN 'better' ELSE 'worse' END
		WHEN coalesce(c.conf_high, e.conf_high) < 0 THEN CASE e.better WHEN 'higher' THEN 'worse' ELSE 'better' END
		ELSE 'inconclusive' END AS effect_verdict,
	x.customers AS overlapping_customers,
	x.others AS overlaps_with,
	k.as_of
FROM known k
LEFT JOIN effect e ON e.initiative = k.initiative AND e.no = k.no
LEFT JOIN compared c ON c.initiative = k.initiative AND c.no = k.no
LEFT JOIN clashed x ON x.initiative = k.initiative AND x.no = k.no
LEFT JOIN reviewed r ON r.initiative = k.initiative
LEFT JOIN top t ON t.initiative = k.initiative
LEFT JOIN below b ON b.parent = k.initiative$$),
('review_cadence', 1, '{review}', $$
WITH
@use review_observed
, {step}
SELECT cvm.row_key(r.cycle, (row_number() OVER (PARTITION BY r.cycle ORDER BY r.due_on, r.subject, r.initiative, r.decision))::text) AS row_key,
	r.cycle,
	r.due_on,
	CASE WHEN r.held_on < o.as_of THEN r.held_on END AS held_on,
	CASE WHEN r.held_on < o.as_of THEN r.held_on - r.due_on WHEN r.due_on < o.as_of THEN o.as_of - 1 - r.due_on END AS days_late,
	CASE WHEN r.held_on < o.as_of AND r.held_on <= r.due_on THEN 'on time'
		WHEN r.held_on < o.as_of THEN 'late'
		WHEN r.due_on < o.as_of THEN 'overdue'
		ELSE 'to come' END AS state,
	r.subject,
	r.decision,
	r.initiative,
	CASE WHEN r.held_on < o.as_of AND r.decision IS NOT NULL THEN
		CASE WHEN r.initiative IS NULL THEN 'no_initiative' WHEN s.initiative IS NOT NULL THEN s.stands WHEN {has_initiatives} THEN 'not_found' END END AS became,
	CASE WHEN r.held_on < o.as_of AND r.decision IS NOT NULL THEN coalesce(s.closed_on, s.measured_on, s.shipped_on) END AS became_on,
	CASE WHEN r.held_on < o.as_of AND r.decision IS NOT NULL AND coalesce(s.stands NOT IN ('rolled_out', 'rolled_back', 'dropped'), true) THEN
		o.as_of - r.held_on END AS days_open,
	o.as_of
FROM review r
CROSS JOIN observed o
LEFT JOIN step s ON s.initiative = r.initiative AND s.no = 1
WHERE r.cycle IS NOT NULL$$),
('action_without_measurement', 1, '{initiative}', $$
WITH
@use review_observed
SELECT cvm.row_key(i.initiative, (row_number() OVER (PARTITION BY i.initiative ORDER BY i.decided_on, i.shipped_on, i.driver))::text) AS row_key,
	i.initiative,
	coalesce(i.driver, '(none)') AS driver,
	i.decided_on,
	i.shipped_on,
	i.metric,
	i.baseline_on,
	concat_ws(', ', CASE WHEN i.metric IS NULL THEN 'no metric' END, CASE WHEN i.baseline_on IS NULL THEN 'no baseline'
		WHEN i.baseline_on >= i.shipped_on THEN 'baseline after shipping' END) AS reason,
	o.as_of
FROM initiative i
CROSS JOIN observed o
WHERE i.initiative IS NOT NULL AND coalesce(i.decided_on, i.shipped_on) < o.as_of
	AND (i.metric IS NULL OR i.baseline_on IS NULL OR i.baseline_on >= i.shipped_on)$$);

@for preference | needs | initiatives
1 | {survey,initiative} | initiative
2 | {survey} | (SELECT NULL::text AS driver, NULL::text AS initiative, NULL::text AS status, NULL::date AS decided_on, NULL::date AS closed_on WHERE false)
@make
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('measurement_without_action', {preference}, '{needs}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(s.occurred_at, {time_zone})) + 1 FROM survey s)) AS as_of
), asked AS (
	SELECT s.driver, o.as_of, count(DISTINCT s.customer_id) AS customers, count(*) AS answers,
		min(cvm.day_of(s.occurred_at, {time_zone})) AS first_asked_on, max(cvm.day_of(s.occurred_at, {time_zone})) AS last_asked_on
	FROM survey s
	CROSS JOIN observed o
	WHERE s.driver IS NOT NULL AND s.customer_id IS NOT NULL AND s.score IS NOT NULL AND cvm.day_of(s.occurred_at, {time_zone}) < o.as_of
	GROUP BY s.driver, o.as_of
), acted AS (
	SELECT i.driver, max(i.decided_on) AS decided_on,
		count(*) FILTER (WHERE NOT (coalesce({is_closed}, false) OR coalesce(i.closed_on < o.as_of, false))) AS initiatives
	FROM {initiatives} i
	CROSS JOIN observed o
	WHERE coalesce(i.decided_on < o.as_of, true)
	GROUP BY i.driver
)
SELECT cvm.row_key(a.driver) AS row_key,
	a.driver,
	a.answers,
	a.customers,
	a.first_asked_on,
	a.last_asked_on,
	a.as_of - a.first_asked_on AS days_measured,
	d.decided_on AS last_decision_on,
	{time_zone} AS time_zone,
	a.as_of
FROM asked a
LEFT JOIN acted d ON d.driver = a.driver
WHERE coalesce(d.initiatives, 0) = 0$$);
@end

INSERT INTO cvm.report_list (view, preference, list) VALUES
('initiative_status', 1, $$
@use initiatives_known
SELECT a.row_key, l.customer_id, max(l.target) AS target_customers, max(l.control) AS control_customers, max(l.overlapping) AS overlapping_customers,
	NULL::numeric AS mrr_before, NULL::numeric AS mrr_after,
	concat_ws(', ', CASE WHEN max(l.target) > 0 THEN 'target' END, CASE WHEN max(l.control) > 0 THEN 'control' END,
		CASE WHEN max(l.overlapping) > 0 THEN 'another initiative too' END) AS detail
FROM ({arms_list}) l
JOIN wanted a ON a.row_key = cvm.row_key(l.initiative, l.no::text)
GROUP BY a.row_key, l.customer_id$$);

INSERT INTO cvm.report_list (view, preference, list)
SELECT b.view, b.preference, $$
SELECT a.row_key, s.customer_id, 1 AS customers, NULL::numeric AS mrr_before, NULL::numeric AS mrr_after, count(*) || ' answers' AS detail
FROM survey s
JOIN wanted a ON a.driver = s.driver
WHERE s.customer_id IS NOT NULL AND s.score IS NOT NULL AND cvm.day_of(s.occurred_at, {time_zone}) < {as_of}
GROUP BY a.row_key, s.customer_id$$
FROM cvm.report_body b
WHERE b.view = 'measurement_without_action';

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('initiative_status', 1, 'row_key', 'text', 'key', 'initiative|number of the row', false, 'One value per row.'),
	('initiative_status', 2, 'initiative', 'text', 'name', 'initiative.initiative', false, 'The initiative.'),
	('initiative_status', 3, 'driver', 'text', 'name', 'initiative.driver', false,
		'Driver of value that it is to move; "(none)" where none was told.'),
	('initiative_status', 4, 'lever', 'text', 'name', 'initiative.lever', false,
		'raise value or cut cost, as it was told.'),
	('initiative_status', 5, 'metric', 'text', 'name', 'initiative.metric', false, 'Metric that it is to move.'),
	('initiative_status', 6, 'hypothesis', 'text', 'text', 'initiative.hypothesis', false,
		'What is expected to happen, and why, as it was told.'),
	('initiative_status', 7, 'expected_effect', 'double precision', 'unit of the metric',
		'initiative.expected_effect', false, 'Least change of the metric that would count.'),
	('initiative_status', 8, 'impact', 'double precision', 'as told', 'initiative.impact', false,
		'What it is expected to bring.'),
	('initiative_status', 9, 'effort', 'double precision', 'as told', 'initiative.effort', false, 'What it takes.'),
	('initiative_status', 10, 'impact_per_effort', 'double precision', 'impact per effort', 'impact / effort', false,
		'By which the backlog is ordered; NULL where either is not told.'),
	('initiative_status', 11, 'backlog_rank', 'bigint', 'place',
		'rank of impact_per_effort among those that are not closed', false,
		'1 is the first to do; NULL where it cannot be ranked or is closed.'),
	('initiative_status', 12, 'is_flagship', 'boolean', 'yes or no', 'initiative.is_flagship', false,
		'Is it one that the board follows?'),
	('initiative_status', 13, 'stage', 'text', 'word', 'status and the days before as_of', false,
		'proposed, decided, shipped, measured or closed.'),
	('initiative_status', 14, 'status', 'text', 'name', 'initiative.status', false, 'The status as it was told.'),
	('initiative_status', 15, 'baseline_on', 'date', 'date', 'initiative.baseline_on', false,
		'Day on which the metric was measured before.'),
	('initiative_status', 16, 'decided_on', 'date', 'date', 'initiative.decided_on', false, 'Day of the decision.'),
	('initiative_status', 17, 'shipped_on', 'date', 'date', 'initiative.shipped_on', false,
		'Day on which customers got it.'),
	('initiative_status', 18, 'days_to_ship', 'integer', 'days', 'shipped_on - decided_on', false,
		'From decision to shipping.'),
	('initiative_status', 19, 'days_since_decision', 'integer', 'days', 'as_of - decided_on', false,
		'Age of the decision.'),
	('initiative_status', 20, 'reviewed_on', 'date', 'date', 'last review.held_on before as_of', false,
		'When it was reviewed last; NULL: never.'),
	('initiative_status', 21, 'reviews', 'bigint', 'reviews', 'count of reviews held', false,
		'How often it was reviewed.'),
	('initiative_status', 22, 'last_decision', 'text', 'text', 'decision of the last review', false,
		'What was decided about it last.'),
	('initiative_status', 23, 'is_unreviewed', 'boolean', 'yes or no', 'neither closed_on nor a status of closed_statuses, and no review within review_days',
		false, 'Has it gone without a review for too long?'),
	('initiative_status', 24, 'is_roadmap_only', 'boolean', 'yes or no', 'neither metric nor baseline', false,
		'Is it an item of a roadmap and no experiment?'),
	('initiative_status', 25, 'missing', 'text', 'words', 'metric, baseline (before shipping), expected effect',
		false, 'What has to be there before anybody can say that it worked; NULL: nothing.'),
	('initiative_status', 26, 'measured_on', 'date', 'date', 'initiative.measured_on before as_of', false,
		'Day on which it was measured.'),
	('initiative_status', 27, 'outcome', 'text', 'name', 'initiative.outcome', false, 'What came of it, as it was told.'),
	('initiative_status', 28, 'parent', 'text', 'name', 'initiative.parent', false,
		'Initiative or programme that it is part of.'),
	('initiative_status', 29, 'programme', 'text', 'name', 'the parent of its parents that has none', false,
		'What it is part of in the end; NULL: it is part of nothing.'),
	('initiative_status', 30, 'depth', 'integer', 'steps', 'parents between it and programme, and that', false,
		'How far below its programme it is; 0: part of nothing.'),
	('initiative_status', 31, 'parts', 'bigint', 'initiatives', 'initiatives of which it is a parent, or a parent of parents', false,
		'How many initiatives are part of it.'),
	('initiative_status', 32, 'baseline_value', 'double precision', 'unit of the metric',
		'the metric in the last whole month at baseline_on, of the driver where it is asked by driver', false,
		'What the metric was before; NULL: no view measured it then.'),
	('initiative_status', 33, 'measured_value', 'double precision', 'unit of the metric',
		'the metric in the last whole month since shipped_on and before measured_on', false, 'What the metric is now.'),
	('initiative_status', 34, 'measured_month', 'date', 'date', 'first day of that month', false, 'Month of measured_value.'),
	('initiative_status', 35, 'effect', 'double precision', 'unit of the metric', 'measured_value - baseline_value', false,
		'What changed, for whatever reason.'),
	('initiative_status', 36, 'effect_low', 'double precision', 'unit of the metric', 'lower limit at conf', false,
		'Lower limit of the change; NULL: a metric without one.'),
	('initiative_status', 37, 'effect_high', 'double precision', 'unit of the metric', 'upper limit at conf', false,
		'Upper limit of the change.'),
	('initiative_status', 38, 'target_customers', 'bigint', 'customers',
		'customers of the campaign in another arm than control who paid then, campaign_days ago or longer, or who answered since', false,
		'Customers who got it and of whom the metric is known; NULL: there is no campaign of its name.'),
	('initiative_status', 39, 'control_customers', 'bigint', 'customers', 'the same of the control arm', false,
		'Customers of the control group of whom the metric is known.'),
	('initiative_status', 40, 'control_effect', 'double precision', 'unit of the metric',
		'the metric of the target customers - that of the control customers', false,
		'What it did: churn within campaign_days, or the score of the answers within campaign_days.'),
	('initiative_status', 41, 'control_effect_low', 'double precision', 'unit of the metric', 'lower limit at conf', false,
		'Lower limit of what it did.'),
	('initiative_status', 42, 'control_effect_high', 'double precision', 'unit of the metric', 'upper limit at conf', false,
		'Upper limit of what it did.'),
	('initiative_status', 43, 'effect_verdict', 'text', 'word',
		'limits of control_effect, or else of effect, beside 0 and the better direction of the metric', false,
		'better, worse, inconclusive; or why nothing can be told: no_metric, not_measured (by any view), not_shipped, no_baseline, '
		'immature, no_interval.'),
	('initiative_status', 44, 'overlapping_customers', 'bigint', 'customers',
		'target customers who were target customers of another initiative less than campaign_days before or after', false,
		'Customers on whom two initiatives worked at once: what came of it is neither''s alone.'),
	('initiative_status', 45, 'overlaps_with', 'text', 'names', 'those initiatives', false, 'The others.'),
	('initiative_status', 46, 'as_of', 'date', 'date', 'setting of the model; today where that is "data"', false,
		'First day that is not observed.'),
	('review_cadence', 1, 'row_key', 'text', 'key', 'cycle|number of the row', false, 'One value per row.'),
	('review_cadence', 2, 'cycle', 'text', 'name', 'review.cycle', false, 'Which review.'),
	('review_cadence', 3, 'due_on', 'date', 'date', 'review.due_on', false, 'Day on which it was due.'),
	('review_cadence', 4, 'held_on', 'date', 'date', 'review.held_on before as_of', false,
		'Day on which it was held; NULL: not yet.'),
	('review_cadence', 5, 'days_late', 'integer', 'days',
		'held_on - due_on; of one not held the last day observed - due_on', false,
		'Days late; negative: before it was due.'),
	('review_cadence', 6, 'state', 'text', 'word', 'held_on and due_on beside as_of', false,
		'on time, late, overdue or to come.'),
	('review_cadence', 7, 'subject', 'text', 'name', 'review.subject', false, 'What was decided about.'),
	('review_cadence', 8, 'decision', 'text', 'text', 'review.decision', false, 'What was decided.'),
	('review_cadence', 9, 'initiative', 'text', 'name', 'review.initiative', false,
		'Initiative that followed from it.'),
	('review_cadence', 10, 'became', 'text', 'word', 'loop_closure.stands of the initiative', false,
		'What became of the decision: proposed, decided, shipped, measured, rolled_out, rolled_back or dropped; '
		'no_initiative: nothing followed; not_found: no such initiative is known; NULL: nothing was decided.'),
	('review_cadence', 11, 'became_on', 'date', 'date', 'closed_on, measured_on or shipped_on of the initiative', false,
		'Day of its last step since it was shipped.'),
	('review_cadence', 12, 'days_open', 'integer', 'days', 'as_of - held_on, while the initiative is not rolled out, back or dropped', false,
		'For how long the decision has not come to an end; NULL: it has, or there was none.'),
	('review_cadence', 13, 'as_of', 'date', 'date', 'setting of the model; today where that is "data"', false,
		'First day that is not observed.'),
	('action_without_measurement', 1, 'row_key', 'text', 'key', 'initiative|number of the row', false,
		'One value per row.'),
	('action_without_measurement', 2, 'initiative', 'text', 'name', 'initiative.initiative', false, 'The initiative.'),
	('action_without_measurement', 3, 'driver', 'text', 'name', 'initiative.driver', false,
		'Driver of value; "(none)" where none was told.'),
	('action_without_measurement', 4, 'decided_on', 'date', 'date', 'initiative.decided_on', false,
		'Day of the decision.'),
	('action_without_measurement', 5, 'shipped_on', 'date', 'date', 'initiative.shipped_on', false,
		'Day on which customers got it.'),
	('action_without_measurement', 6, 'metric', 'text', 'name', 'initiative.metric', false, 'Metric, if there is one.'),
	('action_without_measurement', 7, 'baseline_on', 'date', 'date', 'initiative.baseline_on', false,
		'Day of the baseline, if there is one.'),
	('action_without_measurement', 8, 'reason', 'text', 'words', 'what is missing', false,
		'no metric, no baseline, or a baseline that was taken after shipping.'),
	('action_without_measurement', 9, 'as_of', 'date', 'date', 'setting of the model; today where that is "data"',
		false, 'First day that is not observed.'),
	('measurement_without_action', 1, 'row_key', 'text', 'key', 'driver', false, 'One value per row.'),
	('measurement_without_action', 2, 'driver', 'text', 'name', 'survey.driver', false,
		'Driver of value that customers are asked about.'),
	('measurement_without_action', 3, 'answers', 'bigint', 'answers', 'count of answers', true, 'Answers so far.'),
	('measurement_without_action', 4, 'customers', 'bigint', 'customers', 'count of distinct customers', false,
		'Customers who answered.'),
	('measurement_without_action', 5, 'first_asked_on', 'date', 'date', 'first day of an answer', false,
		'Since when it is measured.'),
	('measurement_without_action', 6, 'last_asked_on', 'date', 'date', 'last day of an answer', false,
		'When it was measured last.'),
	('measurement_without_action', 7, 'days_measured', 'integer', 'days', 'as_of - first_asked_on', false,
		'For how long nothing was done.'),
	('measurement_without_action', 8, 'last_decision_on', 'date', 'date',
		'last initiative.decided_on of the driver, all of them closed', false,
		'When something was last decided about it; NULL: never.'),
	('measurement_without_action', 9, 'time_zone', 'text', 'name', 'setting of the model', false,
		'Time zone in which days begin.'),
	('measurement_without_action', 10, 'as_of', 'date', 'date', 'setting of the model', false,
		'First day that is not observed.');
