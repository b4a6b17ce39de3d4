-- SPDX-License-Identifier: PostgreSQL
-- Report view over initiatives: from the signal to the decision, to shipping, to
-- measuring, and out or back.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(69, 'loop_days', 'count', '90',
		'Days that a decided initiative may wait for its next step: shipped, measured, rolled out or back. A signal '
		'waits for a decision for review_days.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(115, 'loop_closure',
		'The loop of every initiative: signal, decision, shipping, measurement, rolled out or back, how many days '
		'each leg took, where it stands and what is overdue; and the drivers that fell without an initiative.', '');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- The score of a driver that is lower than in the month before, by more than
-- chance has it for so many as are asked about in the month
('fallen', 1, '{survey}', $$
asked AS (
	SELECT s.instrument, s.driver, s.month, s.score, s.is_complete, s.is_enough,
		CASE WHEN s.instrument = 'csat' THEN sqrt(s.score * (1 - s.score) / s.answers) ELSE s.std_error END AS std_error,
		lag(s.month) OVER w AS month_before, lag(s.score) OVER w AS score_before, lag(s.is_enough) OVER w AS was_enough,
		lag(CASE WHEN s.instrument = 'csat' THEN sqrt(s.score * (1 - s.score) / s.answers) ELSE s.std_error END) OVER w AS error_before
	FROM survey_score s
	WHERE s.segment = '(all)' AND s.driver <> '(none)'
	WINDOW w AS (PARTITION BY s.instrument, s.driver, s.kind ORDER BY s.month)
), fallen AS MATERIALIZED (
	SELECT DISTINCT a.driver, a.instrument, (a.month + interval '1 month')::date - 1 AS fell_on
	FROM (
		SELECT k.*, count(*) OVER (PARTITION BY k.month) AS compared
		FROM asked k
		WHERE k.is_complete AND k.is_enough AND k.was_enough AND k.month_before = (k.month - interval '1 month')::date
			AND k.std_error > 0 AND k.error_before > 0) a
	CROSS JOIN LATERAL cvm.mean_difference(a.score_before, a.error_before, a.score, a.std_error, 1 - (1 - {conf}) / a.compared) d
	WHERE d.conf_high < 0
)$$),
('fallen', 2, '{}', $$
fallen AS MATERIALIZED (
	SELECT NULL::text AS driver, NULL::text AS instrument, NULL::date AS fell_on WHERE false
)$$),
-- Who answers on the last day that was observed; nobody where several do
('answering', 1, '{owner}', $$
answering AS MATERIALIZED (
	SELECT lower(w.subject_kind) AS subject_kind, w.subject,
		CASE WHEN count(DISTINCT w.owner) = 1 THEN min(w.owner COLLATE "C") COLLATE "default" END AS owner
	FROM owner w
	CROSS JOIN observed o
	WHERE coalesce(w.accountable, true) AND w.owner IS NOT NULL AND lower(w.subject_kind) IN ('initiative', 'driver')
		AND coalesce(w.valid_from < o.as_of, true) AND coalesce(w.valid_to >= o.as_of, true)
	GROUP BY lower(w.subject_kind), w.subject
)$$),
('answering', 2, '{}', $$
answering AS MATERIALIZED (
	SELECT NULL::text AS subject_kind, NULL::text AS subject, NULL::text AS owner WHERE false
)$$),
-- How far each initiative is, by what is known before as_of
('step', 1, '{initiative}', $$
step AS MATERIALIZED (
	SELECT t.*,
		CASE WHEN t.outcome IN ('rolled_out', 'rolled_back', 'dropped') THEN t.outcome
			WHEN t.measured_on IS NOT NULL OR t.outcome = 'closed' THEN 'measured'
			WHEN t.shipped_on IS NOT NULL THEN 'shipped'
			WHEN t.decided_on IS NOT NULL THEN 'decided'
			ELSE 'proposed' END AS stands
	FROM (
		SELECT i.initiative, coalesce(i.driver, '(none)') AS driver, i.metric, i.status, i.is_closed,
			CASE WHEN i.signal_on < i.as_of THEN i.signal_on END AS signal_on,
			CASE WHEN i.decided_on < i.as_of THEN i.decided_on END AS decided_on,
			CASE WHEN i.shipped_on < i.as_of THEN i.shipped_on END AS shipped_on,
			CASE WHEN i.measured_on < i.as_of THEN i.measured_on END AS measured_on,
			CASE WHEN i.closed_on < i.as_of THEN i.closed_on END AS closed_on,
			CASE WHEN coalesce(i.closed_on < i.as_of, true) THEN
				CASE WHEN i.word ~ 'roll(ed)?[ _-]?back' THEN 'rolled_back'
					WHEN i.word ~ 'roll(ed)?[ _-]?out' THEN 'rolled_out'
					WHEN i.is_closed AND coalesce(i.shipped_on >= i.as_of, true) THEN 'dropped'
					WHEN i.is_closed THEN 'closed' END END AS outcome,
			row_number() OVER (PARTITION BY i.initiative ORDER BY i.decided_on, i.shipped_on, i.status, i.driver, i.metric) AS no, i.as_of
		FROM (
			SELECT i.*, lower(coalesce(i.outcome, i.status) COLLATE "C") AS word, coalesce({is_closed}, false) AS is_closed, o.as_of
			FROM initiative i
			CROSS JOIN observed o
			WHERE i.initiative IS NOT NULL AND coalesce(i.decided_on < o.as_of, true)) i) t
)$$),
('step', 2, '{}', $$
step AS MATERIALIZED (
	SELECT NULL::text AS initiative, NULL::date AS shipped_on, NULL::text AS stands, NULL::date AS closed_on, NULL::date AS measured_on, 0 AS no WHERE false
)$$);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('loop_closure', 1, '{initiative}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, cvm.day_of(now(), {time_zone})) AS as_of
), {fallen}, {answering}, {step}
, acted AS (
	SELECT s.driver, bool_or(s.stands NOT IN ('rolled_out', 'rolled_back', 'dropped') AND NOT s.is_closed) AS is_open, max(s.decided_on) AS decided_on
	FROM step s
	GROUP BY s.driver
), signalled AS (
	-- the last fall before the decision
	SELECT DISTINCT ON (s.initiative, s.no) s.initiative, s.no, k.instrument, k.fell_on
	FROM step s
	JOIN fallen k ON k.driver = s.driver AND k.fell_on < s.as_of AND coalesce(k.fell_on <= s.decided_on, true)
	ORDER BY s.initiative, s.no, k.fell_on DESC, k.instrument
), loop AS (
	SELECT s.initiative, s.no, s.driver, s.metric, s.stands, s.decided_on, s.shipped_on, s.measured_on, s.closed_on, s.as_of,
		CASE WHEN s.signal_on IS NULL THEN f.instrument ELSE 'told' END AS signal, coalesce(s.signal_on, f.fell_on) AS signal_on
	FROM step s
	LEFT JOIN signalled f ON f.initiative = s.initiative AND f.no = s.no
	UNION ALL
	-- nothing is open on the driver, and nothing was decided since
	SELECT '(none)' AS initiative, 0 AS no, k.driver, NULL AS metric, 'signal' AS stands, NULL::date AS decided_on, NULL::date AS shipped_on,
		NULL::date AS measured_on, NULL::date AS closed_on, o.as_of, k.instrument AS signal, k.fell_on AS signal_on
	FROM (SELECT DISTINCT ON (k.driver) k.driver, k.instrument, k.fell_on FROM fallen k ORDER BY k.driver, k.fell_on DESC, k.instrument) k
	CROSS JOIN observed o
	LEFT JOIN acted a ON a.driver = k.driver
	WHERE k.fell_on < o.as_of AND NOT coalesce(a.is_open, false) AND coalesce(a.decided_on < k.fell_on, true)
), waited AS (
	SELECT l.*, greatest(l.signal_on, l.decided_on, l.shipped_on, l.measured_on) AS reached_on, l.stands IN ('rolled_out', 'rolled_back', 'dropped') AS is_over
	FROM loop l
)
SELECT cvm.row_key(w.initiative, w.driver, w.no::text) AS row_key,
	w.initiative,
	w.driver,
	coalesce(oi.owner, od.owner) AS owner,
	w.metric,
	w.stands,
	w.signal,
	w.signal_on,
	w.decided_on,
	w.shipped_on,
	w.measured_on,
	w.closed_on,
	w.decided_on - w.signal_on AS days_to_decide,
	w.shipped_on - w.decided_on AS days_to_ship,
	w.measured_on - w.shipped_on AS days_to_measure,
	w.closed_on - w.measured_on AS days_to_close,
	CASE WHEN NOT w.is_over THEN w.as_of - w.reached_on END AS days_waiting,
	NOT w.is_over AND coalesce(w.as_of - w.reached_on > CASE WHEN w.stands IN ('signal', 'proposed') THEN {review_days} ELSE {loop_days} END, false) AS is_overdue,
	-- each day is there, and none before the one that leads to it
	w.stands IN ('rolled_out', 'rolled_back') AND coalesce(w.signal_on <= w.decided_on, true)
		AND coalesce(w.decided_on <= w.shipped_on AND w.shipped_on <= w.measured_on AND coalesce(w.measured_on <= w.closed_on, true), false) AS is_closed,
	nullif(concat_ws(', ',
		CASE WHEN w.decided_on IS NULL AND coalesce(w.shipped_on, w.measured_on, w.closed_on) IS NOT NULL THEN 'not decided' END,
		CASE WHEN w.shipped_on IS NULL AND (w.measured_on IS NOT NULL OR w.stands IN ('rolled_out', 'rolled_back')) THEN 'not shipped' END,
		CASE WHEN w.measured_on IS NULL AND w.stands IN ('rolled_out', 'rolled_back') THEN 'not measured' END,
		CASE WHEN w.decided_on < w.signal_on THEN 'decided before the signal' END,
		CASE WHEN w.shipped_on < w.decided_on THEN 'shipped before the decision' END,
		CASE WHEN w.measured_on < w.shipped_on THEN 'measured before shipping' END,
		CASE WHEN w.closed_on < w.measured_on THEN 'closed before measuring' END), '') AS broken,
	w.as_of
FROM waited w
LEFT JOIN answering oi ON oi.subject_kind = 'initiative' AND oi.subject = w.initiative
LEFT JOIN answering od ON od.subject_kind = 'driver' AND od.subject = w.driver$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('loop_closure', 1, 'row_key', 'text', 'key', 'initiative|driver|number of the row', false, 'One value per row.'),
	('loop_closure', 2, 'initiative', 'text', 'name', 'initiative.initiative', false,
		'The initiative; "(none)" where a driver fell and nothing was decided.'),
	('loop_closure', 3, 'driver', 'text', 'name', 'initiative.driver or survey.driver', false,
		'Driver of value that it is about; "(none)" where none was told.'),
	('loop_closure', 4, 'owner', 'text', 'name', 'accountable owner of the initiative, or else of the driver', false,
		'Who answers for it on the last day observed; NULL: nobody, or several.'),
	('loop_closure', 5, 'metric', 'text', 'name', 'initiative.metric', false, 'Metric that it is to move.'),
	('loop_closure', 6, 'stands', 'text', 'word', 'last step before as_of', false,
		'signal, proposed, decided, shipped, measured, rolled_out, rolled_back or dropped.'),
	('loop_closure', 7, 'signal', 'text', 'word', 'told, or the instrument that fell', false,
		'What it began with: "told" by signal_on of the initiative, or the survey in which the driver fell.'),
	('loop_closure', 8, 'signal_on', 'date', 'date',
		'initiative.signal_on, or the end of the last month before the decision in which a score of the driver was '
		'lower than the month before by more than chance', false, 'Day of the signal; NULL: there was none.'),
	('loop_closure', 9, 'decided_on', 'date', 'date', 'initiative.decided_on before as_of', false,
		'Day of the decision.'),
	('loop_closure', 10, 'shipped_on', 'date', 'date', 'initiative.shipped_on before as_of', false,
		'Day on which customers got it.'),
	('loop_closure', 11, 'measured_on', 'date', 'date', 'initiative.measured_on before as_of', false,
		'Day on which it was measured.'),
	('loop_closure', 12, 'closed_on', 'date', 'date', 'initiative.closed_on before as_of', false,
		'Day on which it was rolled out or back.'),
	('loop_closure', 13, 'days_to_decide', 'integer', 'days', 'decided_on - signal_on', false,
		'From the signal to the decision.'),
	('loop_closure', 14, 'days_to_ship', 'integer', 'days', 'shipped_on - decided_on', false,
		'From the decision to shipping.'),
	('loop_closure', 15, 'days_to_measure', 'integer', 'days', 'measured_on - shipped_on', false,
		'From shipping to the measurement.'),
	('loop_closure', 16, 'days_to_close', 'integer', 'days', 'closed_on - measured_on', false,
		'From the measurement to rolling out or back.'),
	('loop_closure', 17, 'days_waiting', 'integer', 'days', 'as_of - day of the last step', false,
		'For how long it has waited for the next step; NULL: it is over, or has no day.'),
	('loop_closure', 18, 'is_overdue', 'boolean', 'yes or no',
		'days_waiting > review_days for a decision, > loop_days for what comes after it', false,
		'Is the next step overdue?'),
	('loop_closure', 19, 'is_closed', 'boolean', 'yes or no',
		'rolled out or back; decided, shipped and measured, in this order', false, 'Is the loop closed?'),
	('loop_closure', 20, 'broken', 'text', 'words', 'steps that were left out or do not follow each other', false,
		'What breaks the loop: not measured, shipped before the decision, …; NULL: nothing.'),
	('loop_closure', 21, 'as_of', 'date', 'date', 'setting of the model; today where that is "data"', false,
		'First day that is not observed.');
