-- SPDX-License-Identifier: PostgreSQL
-- Report views over initiatives and reviews: what was decided, what came of it,
-- and what was measured without doing anything, or done without measuring.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(65, 'review_days', 'count', '31', 'Days after which an open initiative is to have been reviewed again.'),
	(68, 'closed_statuses', 'words',
		'{closed,done,measured,rolled out,rolled back,rolled_out,rolled_back,cancelled,canceled,stopped,dropped}',
		'Values of initiative.status, in any case of letters, in which nothing more is to be done.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(110, 'initiative_status',
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

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('initiative_status', 1, '{initiative}', $$
WITH RECURSIVE observed AS MATERIALIZED (
	SELECT coalesce({as_of}, cvm.day_of(now(), {time_zone})) AS as_of
), known AS (
	SELECT i.*, coalesce({is_closed}, false) AS is_closed, o.as_of
	FROM initiative i
	CROSS JOIN observed o
	WHERE i.initiative IS NOT NULL AND coalesce(i.decided_on < o.as_of, true)
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
	SELECT p.initiative, p.parent, 1 AS depth
	FROM part p
	UNION ALL
	SELECT a.initiative, p.parent, a.depth + 1
	FROM above a
	JOIN part p ON p.initiative = a.parent
	WHERE a.depth < 16
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
SELECT cvm.row_key(k.initiative, (row_number() OVER (PARTITION BY k.initiative
	ORDER BY k.decided_on, k.shipped_on, k.status, k.driver, k.metric))::text) AS row_key,
	k.initiative,
	coalesce(k.driver, '(none)') AS driver,
	k.lever,
	k.metric,
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
	k.as_of
FROM known k
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
2 | {survey} | (SELECT NULL::text AS driver, NULL::text AS initiative, NULL::text AS status, NULL::date AS decided_on WHERE false)
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
	WHERE s.driver IS NOT NULL AND s.customer_id IS NOT NULL AND cvm.day_of(s.occurred_at, {time_zone}) < o.as_of
	GROUP BY s.driver, o.as_of
), acted AS (
	SELECT i.driver, max(i.decided_on) AS decided_on, count(*) FILTER (WHERE NOT coalesce({is_closed}, false)) AS initiatives
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

INSERT INTO cvm.report_list (view, preference, list)
SELECT b.view, b.preference, $$
SELECT a.row_key, s.customer_id, 1 AS customers, NULL::numeric AS mrr_before, NULL::numeric AS mrr_after, count(*) || ' answers' AS detail
FROM survey s
JOIN wanted a ON a.driver = s.driver
WHERE s.customer_id IS NOT NULL AND cvm.day_of(s.occurred_at, {time_zone}) < {as_of}
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
	('initiative_status', 6, 'expected_effect', 'double precision', 'unit of the metric',
		'initiative.expected_effect', false, 'Least change of the metric that would count.'),
	('initiative_status', 7, 'impact', 'double precision', 'as told', 'initiative.impact', false,
		'What it is expected to bring.'),
	('initiative_status', 8, 'effort', 'double precision', 'as told', 'initiative.effort', false, 'What it takes.'),
	('initiative_status', 9, 'impact_per_effort', 'double precision', 'impact per effort', 'impact / effort', false,
		'By which the backlog is ordered; NULL where either is not told.'),
	('initiative_status', 10, 'backlog_rank', 'bigint', 'place',
		'rank of impact_per_effort among those that are not closed', false,
		'1 is the first to do; NULL where it cannot be ranked or is closed.'),
	('initiative_status', 11, 'is_flagship', 'boolean', 'yes or no', 'initiative.is_flagship', false,
		'Is it one that the board follows?'),
	('initiative_status', 12, 'stage', 'text', 'word', 'status and the days before as_of', false,
		'proposed, decided, shipped, measured or closed.'),
	('initiative_status', 13, 'status', 'text', 'name', 'initiative.status', false, 'The status as it was told.'),
	('initiative_status', 14, 'baseline_on', 'date', 'date', 'initiative.baseline_on', false,
		'Day on which the metric was measured before.'),
	('initiative_status', 15, 'decided_on', 'date', 'date', 'initiative.decided_on', false, 'Day of the decision.'),
	('initiative_status', 16, 'shipped_on', 'date', 'date', 'initiative.shipped_on', false,
		'Day on which customers got it.'),
	('initiative_status', 17, 'days_to_ship', 'integer', 'days', 'shipped_on - decided_on', false,
		'From decision to shipping.'),
	('initiative_status', 18, 'days_since_decision', 'integer', 'days', 'as_of - decided_on', false,
		'Age of the decision.'),
	('initiative_status', 19, 'reviewed_on', 'date', 'date', 'last review.held_on before as_of', false,
		'When it was reviewed last; NULL: never.'),
	('initiative_status', 20, 'reviews', 'bigint', 'reviews', 'count of reviews held', false,
		'How often it was reviewed.'),
	('initiative_status', 21, 'last_decision', 'text', 'text', 'decision of the last review', false,
		'What was decided about it last.'),
	('initiative_status', 22, 'is_unreviewed', 'boolean', 'yes or no', 'not closed, and no review within review_days',
		false, 'Has it gone without a review for too long?'),
	('initiative_status', 23, 'is_roadmap_only', 'boolean', 'yes or no', 'neither metric nor baseline', false,
		'Is it an item of a roadmap and no experiment?'),
	('initiative_status', 24, 'missing', 'text', 'words', 'metric, baseline (before shipping), expected effect',
		false, 'What has to be there before anybody can say that it worked; NULL: nothing.'),
	('initiative_status', 25, 'measured_on', 'date', 'date', 'initiative.measured_on before as_of', false,
		'Day on which it was measured.'),
	('initiative_status', 26, 'outcome', 'text', 'name', 'initiative.outcome', false, 'What came of it, as it was told.'),
	('initiative_status', 27, 'parent', 'text', 'name', 'initiative.parent', false,
		'Initiative or programme that it is part of.'),
	('initiative_status', 28, 'programme', 'text', 'name', 'the parent of its parents that has none', false,
		'What it is part of in the end; NULL: it is part of nothing.'),
	('initiative_status', 29, 'depth', 'integer', 'steps', 'parents between it and programme, and that', false,
		'How far below its programme it is; 0: part of nothing.'),
	('initiative_status', 30, 'parts', 'bigint', 'initiatives', 'initiatives of which it is a parent, or a parent of parents', false,
		'How many initiatives are part of it.'),
	('initiative_status', 31, 'as_of', 'date', 'date', 'setting of the model; today where that is "data"', false,
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
