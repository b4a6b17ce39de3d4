-- SPDX-License-Identifier: PostgreSQL
-- Report views over who manages value: is every driver measured, owned and
-- improved, and who stands behind the programme.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(107, 'managed_driver',
		'Every driver of value: is it measurable, owned, improvable, and what is missing; and the share of drivers that '
		'are managed.', ''),
	(108, 'programme',
		'Who answers for what, above all for the programme: is there a sponsor, and senior; what the title says, how far '
		'the line of reporting goes up, and who stands above all.', '');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('driver_initiatives', 1, '{initiative}', $$(SELECT i.initiative, i.driver, i.metric, i.baseline_on, i.decided_on, i.shipped_on FROM initiative i
	WHERE i.driver IS NOT NULL AND i.initiative IS NOT NULL)$$),
('driver_moments', 1, '{initiative}', '(SELECT array_agg(DISTINCT i.shipped_on) FROM {driver_initiatives} i)'),
('driver_moments', 9, '{}', 'NULL::date[]'),
('driver_initiatives', 9, '{}', $$(SELECT NULL::text AS initiative, NULL::text AS driver, NULL::text AS metric, NULL::date AS baseline_on,
	NULL::date AS decided_on,
	NULL::date AS shipped_on WHERE false)$$),
('programme_observed', 1, '{subscription}', '{observed}'),
('programme_observed', 9, '{}', $$observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT greatest(max(w.valid_from) FILTER (WHERE w.valid_from <= t.day), max(w.valid_to) FILTER (WHERE w.valid_to <= t.day)) + 1
		FROM owner w CROSS JOIN (SELECT cvm.day_of(now(), {time_zone}) AS day) t), cvm.day_of(now(), {time_zone})) AS as_of
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'managed_driver', n.preference, n.needs, $$
WITH {driver_cells_around}
, main AS MATERIALIZED (
	SELECT d.driver, c.month, sum(c.n) AS n, sum(c.y) AS y, sum(c.yy) AS yy, sum(c.yn) AS yn, sum(c.nn) AS nn
	FROM series s
	JOIN driver_row d ON d.driver = s.driver AND d.source = s.source
	JOIN driver_cell c ON c.source = s.source AND c.name = s.name AND c.topic = s.topic
	CROSS JOIN known o
	WHERE c.what = 'own' AND (c.month + interval '1 month')::date <= o.as_of
	GROUP BY d.driver, c.month
), pair AS MATERIALIZED (
	-- of customers in two months, the earlier one month_before, twice
	SELECT d.driver, c.month, c.month_before, 2 * sum(c.yy) AS yy, sum(c.yn + c.ny) AS yn, 2 * sum(c.nn) AS nn
	FROM series s
	JOIN driver_row d ON d.driver = s.driver AND d.source = s.source
	JOIN driver_cell c ON c.source = s.source AND c.name = s.name AND c.topic = s.topic
	CROSS JOIN known o
	WHERE c.what = 'pair' AND (c.month + interval '1 month')::date <= o.as_of
	GROUP BY d.driver, c.month, c.month_before
), history AS (
	SELECT m.driver, count(*) AS months, max(m.month) AS month, (array_agg((m.y / m.n)::float8 ORDER BY m.month DESC))[1] AS value
	FROM main m
	GROUP BY m.driver
), owned AS (
	SELECT w.subject AS driver, count(DISTINCT w.owner) AS owners, string_agg(DISTINCT w.owner COLLATE "C",
		', ' ORDER BY w.owner COLLATE "C") COLLATE "default" AS owner
	FROM {driver_owners} w
	CROSS JOIN known o
	WHERE coalesce(w.valid_from < o.as_of, true) AND coalesce(w.valid_to >= o.as_of, true)
	GROUP BY w.subject
), tried AS MATERIALIZED (
	SELECT i.*, date_trunc('month', i.shipped_on::timestamp)::date AS shipped_month, o.as_of
	FROM {driver_initiatives} i
	CROSS JOIN known o
	WHERE coalesce(i.decided_on, i.shipped_on) < o.as_of
), acted AS (
	SELECT t.driver, count(*) AS initiatives, max(t.decided_on) AS decided_on FROM tried t GROUP BY t.driver
), side AS (
	-- months around shipping, without its own
	SELECT b.driver, b.initiative, b.shipped_on, b.is_after, c.customers, (b.y / b.n)::float8 AS value, b.n, b.y,
		b.yy + coalesce(p.yy, 0) AS yy, b.yn + coalesce(p.yn, 0) AS yn, b.nn + coalesce(p.nn, 0) AS nn
	FROM (
		SELECT t.driver, t.initiative, t.shipped_on, t.shipped_month, m.month > t.shipped_month AS is_after, min(m.month) AS first_month,
			max(m.month) AS last_month, sum(m.n) AS n, sum(m.y) AS y, sum(m.yy) AS yy, sum(m.yn) AS yn, sum(m.nn) AS nn
		FROM (
			SELECT DISTINCT k.driver, k.initiative, k.shipped_on, k.shipped_month
			FROM tried k
			WHERE k.shipped_on < k.as_of AND k.baseline_on < k.shipped_on AND k.metric IS NOT NULL) t
		JOIN main m ON m.driver = t.driver AND m.month <> t.shipped_month AND m.month >= t.shipped_month - make_interval(months => {driver_months})
			AND m.month <= t.shipped_month + make_interval(months => {driver_months})
		GROUP BY t.driver, t.initiative, t.shipped_on, t.shipped_month, m.month > t.shipped_month) b
	LEFT JOIN LATERAL (
		SELECT sum(p.yy) AS yy, sum(p.yn) AS yn, sum(p.nn) AS nn
		FROM pair p
		WHERE p.driver = b.driver AND p.month_before >= b.first_month AND p.month <= b.last_month) p ON true
	LEFT JOIN LATERAL (
		SELECT sum(c.customers)::bigint AS customers
		FROM series s
		JOIN driver_row d ON d.driver = s.driver AND d.source = s.source
		JOIN driver_cell c ON c.source = s.source AND c.name = s.name AND c.topic = s.topic
		WHERE s.driver = b.driver AND c.what = 'side' AND c.month = b.shipped_month AND c.number = b.is_after::int) c ON true
), judged AS (
	SELECT s.driver, s.initiative, s.shipped_on, s.is_after, s.value,
		sqrt((s.yy - 2 * s.y / s.n * s.yn + (s.y / s.n) ^ 2 * s.nn) * s.customers / nullif(s.customers - 1, 0))::float8 / s.n::float8 AS error
	FROM side s
), effect AS (
	SELECT DISTINCT ON (a.driver) a.driver, a.initiative, d.sign * (a.value - b.value) AS effect, l.conf_low, l.conf_high
	FROM judged a
	JOIN judged b ON b.driver = a.driver AND b.initiative = a.initiative AND b.shipped_on = a.shipped_on AND NOT b.is_after
	JOIN driver_row d ON d.driver = a.driver
	CROSS JOIN LATERAL cvm.mean_difference(0, 0, d.sign * (a.value - b.value), nullif(sqrt(a.error ^ 2 + b.error ^ 2), 0), {conf}) l
	WHERE a.is_after AND l.conf_low IS NOT NULL
	ORDER BY a.driver, a.shipped_on DESC, a.initiative COLLATE "C"
), stand AS (
	SELECT d.driver, d.metric, d.target, w.owner, coalesce(w.owners, 0) AS owners, coalesce(h.months, 0) AS months, h.month, h.value,
		coalesce(a.initiatives, 0) AS initiatives, a.decided_on, e.initiative, e.effect, e.conf_low, e.conf_high,
		coalesce(h.month >= date_trunc('month', o.as_of::timestamp - interval '1 month')::date, false) AS is_measurable,
		coalesce(w.owners, 0) = 1 AS is_owned, e.effect IS NOT NULL AS is_improvable,
		coalesce(a.decided_on >= o.as_of - 2 * {review_days}, false) AS is_decided, o.as_of
	FROM driver_row d
	CROSS JOIN known o
	LEFT JOIN history h ON h.driver = d.driver
	LEFT JOIN owned w ON w.driver = d.driver
	LEFT JOIN acted a ON a.driver = d.driver
	LEFT JOIN effect e ON e.driver = d.driver
), managed AS (
	SELECT s.*, s.is_owned AND s.months >= 3 AND s.target IS NOT NULL AND s.is_decided AS is_managed FROM stand s
)
SELECT cvm.row_key(m.driver) AS row_key,
	m.driver,
	m.metric,
	coalesce(m.owner, '(none)') AS owner,
	m.owners,
	m.target,
	m.value,
	m.month AS last_month,
	m.months AS months_measured,
	m.initiatives,
	m.decided_on AS last_decision_on,
	m.initiative AS measured_initiative,
	m.effect,
	m.conf_low AS effect_low,
	m.conf_high AS effect_high,
	m.is_measurable,
	m.is_owned,
	m.is_improvable,
	m.is_managed,
	nullif(concat_ws(', ', CASE WHEN NOT m.is_measurable THEN 'no value in the last month' END, CASE WHEN m.months < 3 THEN 'fewer than 3 months' END,
		CASE WHEN m.target IS NULL THEN 'no target' END, CASE WHEN m.owners = 0 THEN 'no owner' WHEN m.owners > 1 THEN m.owners || ' owners' END,
		CASE WHEN NOT m.is_decided THEN 'no recent decision' END, CASE WHEN NOT m.is_improvable THEN 'no measured initiative' END), '') AS missing,
	count(*) OVER () AS drivers,
	count(*) FILTER (WHERE m.is_managed) OVER () AS managed_drivers,
	count(*) FILTER (WHERE m.is_managed) OVER () / (count(*) OVER ())::float8 AS managed_share,
	{time_zone} AS time_zone,
	m.as_of
FROM managed m$$
FROM (VALUES (1, '{driver}'::text[]), (2, '{survey}'), (3, '{ticket}'), (4, '{delivery}'), (5, '{interaction}')) AS n (preference, needs);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('programme', 1, '{owner}', $$
WITH {programme_observed}, answering AS MATERIALIZED (
	SELECT lower(w.subject_kind) AS subject_kind, w.subject, w.owner, coalesce(w.accountable, true) AS accountable, w.role_title,
		CASE WHEN w.reports_to <> w.owner THEN w.reports_to END AS reports_to, lower(w.reporting_line) AS reporting_line, w.valid_from, w.valid_to,
		coalesce(w.valid_from < o.as_of, true) AND coalesce(w.valid_to >= o.as_of, true) AS is_now, o.as_of
	FROM owner w
	CROSS JOIN observed o
	WHERE w.subject_kind IS NOT NULL AND w.subject IS NOT NULL AND w.owner IS NOT NULL AND coalesce(w.valid_from < w.valid_to, true)
		AND coalesce(w.valid_from < o.as_of, true)
), person AS MATERIALIZED (
	-- a person has one title and one superior: those told last
	SELECT a.owner, (array_agg(a.role_title ORDER BY a.valid_from DESC NULLS LAST, a.role_title) FILTER (WHERE a.role_title IS NOT NULL))[1] AS role_title,
		(array_agg(a.reports_to ORDER BY a.valid_from DESC NULLS LAST, a.reports_to) FILTER (WHERE a.reports_to IS NOT NULL))[1] AS reports_to,
		(array_agg(a.reporting_line ORDER BY a.valid_from DESC NULLS LAST, a.reporting_line) FILTER (WHERE a.reporting_line IS NOT NULL))[1] AS reporting_line
	FROM answering a
	WHERE a.is_now
	GROUP BY a.owner
), chain AS MATERIALIZED (
	SELECT c.name AS owner, c.superior, c.steps, c.path, c.is_circular
	FROM (SELECT array_agg(p.owner) AS owners, array_agg(p.reports_to) AS superiors FROM person p) p
	CROSS JOIN LATERAL cvm._climb(p.owners, p.superiors) c
), line AS (
	SELECT DISTINCT ON (c.owner) c.owner, c.superior, c.steps, c.is_circular, array_to_string(c.path, ' > ') AS line FROM chain c ORDER BY c.owner, c.steps DESC
), held AS MATERIALIZED (
	SELECT DISTINCT a.subject_kind, a.subject, a.owner, a.as_of FROM answering a WHERE a.is_now AND a.accountable
), leader AS (
	-- the nearest who stands above, or is, everybody who answers
	SELECT c.superior
	FROM chain c
	WHERE NOT c.is_circular AND c.owner IN (SELECT h.owner FROM held h)
	GROUP BY c.superior
	HAVING count(DISTINCT c.owner) = (SELECT count(DISTINCT h.owner) FROM held h)
	ORDER BY sum(c.steps), c.superior COLLATE "C"
	LIMIT 1
), subject AS (
	SELECT h.subject_kind, h.subject, h.owner, h.as_of, count(*) OVER (PARTITION BY h.subject_kind, h.subject) AS owners, true AS is_now FROM held h
	UNION ALL
	-- a sponsor who has gone, and one who never was
	SELECT l.subject_kind, l.subject, l.owner, l.as_of, 0, false
	FROM (
		SELECT a.subject_kind, a.subject, a.as_of, string_agg(DISTINCT a.owner COLLATE "C", ', ' ORDER BY a.owner COLLATE "C") COLLATE "default" AS owner,
			row_number() OVER (PARTITION BY a.subject ORDER BY a.valid_to DESC) AS place
		FROM answering a
		WHERE a.subject_kind = 'programme' AND a.accountable AND NOT a.is_now AND NOT EXISTS (SELECT 1 FROM held h WHERE h.subject_kind = 'programme'
			AND h.subject = a.subject)
		GROUP BY a.subject_kind, a.subject, a.as_of, a.valid_to) l
	WHERE l.place = 1
	UNION ALL
	SELECT 'programme', '(none)', '(none)', o.as_of, 0, NULL::boolean
	FROM observed o
	WHERE NOT EXISTS (SELECT 1 FROM answering a WHERE a.subject_kind = 'programme' AND a.accountable)
)
SELECT cvm.row_key(s.subject_kind, s.subject, s.owner) AS row_key,
	s.subject_kind,
	s.subject,
	s.owner,
	s.subject_kind = 'programme' AND coalesce(s.is_now, false) AS is_sponsor,
	CASE WHEN s.is_now IS NULL THEN 'absent' WHEN NOT s.is_now THEN 'lapsed' WHEN s.owners > 1 THEN 'doubled'
		WHEN s.subject_kind <> 'programme' THEN 'present' WHEN n.seniority IS NULL THEN 'rank not known' WHEN n.seniority_level > 6 THEN 'not senior'
		ELSE 'present' END AS state,
	p.role_title,
	n.title_function,
	n.seniority,
	n.seniority_level,
	n.seniority_level <= 6 AS is_senior,
	n.title_segment,
	n.standard_title,
	n.is_standard AS is_standard_title,
	p.reports_to,
	CASE WHEN NOT l.is_circular THEN l.steps END AS depth,
	CASE WHEN NOT l.is_circular THEN l.superior END AS top,
	l.line,
	coalesce(l.is_circular, false) AS is_circular,
	p.reporting_line,
	coalesce(CASE WHEN p.reporting_line = ANY ('{cmo,cco_commercial,cco_customer,sales,service,product,it,board}') THEN p.reporting_line END,
		n.reader) AS reader,
	(SELECT x.superior FROM leader x) AS common_leader,
	s.as_of
FROM subject s
LEFT JOIN person p ON p.owner = s.owner
LEFT JOIN line l ON l.owner = s.owner
LEFT JOIN LATERAL cvm.normalise_title(p.role_title) n ON true$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('managed_driver', 1, 'row_key', 'text', 'key', 'driver', false, 'One value per row.'),
	('managed_driver', 2, 'driver', 'text', 'name', 'driver.driver; else survey.driver and the usual five', false, 'Driver of value.'),
	('managed_driver', 3, 'metric', 'text', 'name', 'driver.metric in small letters', false, 'What it is measured by.'),
	('managed_driver', 4, 'owner', 'text', 'name', 'accountable owners of subject_kind driver on the day before as_of', false,
		'Who answers for it; "(none)" where nobody does.'),
	('managed_driver', 5, 'owners', 'bigint', 'owners', 'count of accountable owners', false, 'How many do: one is right.'),
	('managed_driver', 6, 'target', 'double precision', 'unit of the metric', 'driver.target', false, 'Value aimed at; NULL where none is told.'),
	('managed_driver', 7, 'value', 'double precision', 'unit of the metric', 'value of last_month, as in value_driver', false, 'The last value.'),
	('managed_driver', 8, 'last_month', 'date', 'date', 'last whole month with a value', false, 'When it was measured last; NULL: never.'),
	('managed_driver', 9, 'months_measured', 'bigint', 'months', 'count of whole months with a value', false, 'For how many months there is a value.'),
	('managed_driver', 10, 'initiatives', 'bigint', 'initiatives', 'count of initiatives on the driver, decided before as_of', false,
		'What was decided about it: how often.'),
	('managed_driver', 11, 'last_decision_on', 'date', 'date', 'last initiative.decided_on', false, 'When something was last decided about it; NULL: never.'),
	('managed_driver', 12, 'measured_initiative', 'text', 'name',
		'initiative shipped last that has a metric, a baseline before shipping and values on both sides', false,
			'The last initiative of which the effect is known.'),
	('managed_driver', 13, 'effect', 'double precision', 'unit of the metric',
		'value of up to driver_months months after shipping - of as many before it; with direction down the other way round', false,
		'What the driver did after it was shipped: better, or negative: worse. Nobody was left out to compare with.'),
	('managed_driver', 14, 'effect_low', 'double precision', 'unit of the metric', 'effect less its quantile of the normal, errors by customer', false,
		'Lower end of its interval.'),
	('managed_driver', 15, 'effect_high', 'double precision', 'unit of the metric', 'effect plus its quantile of the normal', false,
		'Upper end of its interval.'),
	('managed_driver', 16, 'is_measurable', 'boolean', 'yes or no', 'a value in the last whole month before as_of', false, 'Is it measured?'),
	('managed_driver', 17, 'is_owned', 'boolean', 'yes or no', 'owners = 1', false, 'Does somebody answer for it, and one only?'),
	('managed_driver', 18, 'is_improvable', 'boolean', 'yes or no', 'effect is known with an interval', false, 'Is it known what moves it?'),
	('managed_driver', 19, 'is_managed', 'boolean', 'yes or no',
		'is_owned, months_measured >= 3, a target, and a decision within 2 * review_days before as_of', false, 'Is it managed?'),
	('managed_driver', 20, 'missing', 'text', 'words', 'what of all this is not so', false, 'What is missing; NULL: nothing.'),
	('managed_driver', 21, 'drivers', 'bigint', 'drivers', 'count of drivers', false, 'How many drivers there are: the same in every row.'),
	('managed_driver', 22, 'managed_drivers', 'bigint', 'drivers', 'count of drivers with is_managed', false, 'How many are managed: the same in every row.'),
	('managed_driver', 23, 'managed_share', 'double precision', 'fraction 0..1', 'managed_drivers / drivers', false,
		'Share of drivers that are managed: the same in every row.'),
	('managed_driver', 24, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('managed_driver', 25, 'as_of', 'date', 'date', 'setting of the model; else the day after the last observation', false, 'First day that is not observed.'),
	('programme', 1, 'row_key', 'text', 'key', 'subject_kind|subject|owner', false, 'One value per row.'),
	('programme', 2, 'subject_kind', 'text', 'name', 'owner.subject_kind in small letters', false,
		'programme, segment, product, driver … what is answered for.'),
	('programme', 3, 'subject', 'text', 'name', 'owner.subject', false, 'Which one; "(none)" where there is no programme.'),
	('programme', 4, 'owner', 'text', 'name', 'accountable owner.owner on the day before as_of', false,
		'Who answers for it; of a programme without a sponsor who did last, or "(none)".'),
	('programme', 5, 'is_sponsor', 'boolean', 'yes or no', 'subject_kind programme, on the day before as_of', false, 'Is this a sponsor of the programme?'),
	('programme', 6, 'state', 'text', 'word', 'owners of the subject, and rank of a sponsor', false,
		'present; doubled: more than one answers; and of programmes absent: there never was a sponsor; lapsed: gone '
		'and not followed; not senior: below head; rank not known.'),
	('programme', 7, 'role_title', 'text', 'name', 'owner.role_title told last', false, 'Title of the owner''s job.'),
	('programme', 8, 'title_function', 'text', 'word', 'cvm.normalise_title(role_title)', false, 'What the title is about; NULL where it does not say.'),
	('programme', 9, 'seniority', 'text', 'word', 'cvm.normalise_title(role_title)', false,
		'board, chief, VP, director, head, senior manager, manager, lead, specialist or assistant.'),
	('programme', 10, 'seniority_level', 'integer', 'place', 'cvm.job_title.position', false, 'Place of that, 1 the highest.'),
	('programme', 11, 'is_senior', 'boolean', 'yes or no', 'head or higher', false, 'Is it senior? NULL where the title does not say.'),
	('programme', 12, 'title_segment', 'text', 'name', 'cvm.normalise_title(role_title)', false,
		'Segment that the title names: High-Value, Prepaid, Postpaid, Mass.'),
	('programme', 13, 'standard_title', 'text', 'name', 'Customer Value and the seniority', false,
		'The same rank under the standard prefix; NULL for chiefs and boards.'),
	('programme', 14, 'is_standard_title', 'boolean', 'yes or no', 'role_title has the standard prefix and a rank', false, 'Is it called so already?'),
	('programme', 15, 'reports_to', 'text', 'name', 'owner.reports_to told last', false, 'To whom the owner reports; NULL: nobody, or not known.'),
	('programme', 16, 'depth', 'integer', 'steps', 'times that reports_to can be followed', false,
		'Steps up to the top of the line, 0: at the top; NULL in a circle.'),
	('programme', 17, 'top', 'text', 'name', 'who reports to nobody, at the end of the line', false, 'Who stands at the top; NULL in a circle.'),
	('programme', 18, 'line', 'text', 'names', 'reports_to, followed', false, 'The line from the owner up.'),
	('programme', 19, 'is_circular', 'boolean', 'yes or no', 'somebody stands in the line twice', false, 'Does the line come back to where it was?'),
	('programme', 20, 'reporting_line', 'text', 'name', 'owner.reporting_line in small letters', false, 'Line of the organisation, as it was told.'),
	('programme', 21, 'reader', 'text', 'name', 'reporting_line if cvm.review_section has it; else by title_function', false,
		'Which review is for the owner: cvm.review_pack(model, month, reader).'),
	('programme', 22, 'common_leader', 'text', 'name', 'nearest person in the lines of all who answer', false,
		'One leader above all, the same in every row; NULL: there is none.'),
	('programme', 23, 'as_of', 'date', 'date', 'setting of the model; else the day after the last one seen', false, 'First day that is not observed.');
