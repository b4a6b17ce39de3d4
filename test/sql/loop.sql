\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The loop: signal, decision, shipping, measurement, out or back; programmes;
-- what became of decisions.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

CREATE TABLE idea (initiative text, driver text, metric text, status text, outcome text, signal_on date, baseline_on date, decided_on date, shipped_on date, measured_on date, closed_on date, parent text);
INSERT INTO idea VALUES
	('whole', 'price', 'nps', NULL, 'rolled out', '2024-01-01', '2024-01-10', '2024-01-11', '2024-02-01', '2024-03-10', '2024-03-15', 'value'),
	('back', 'price', 'nps', 'Rolled-Back', NULL, NULL, NULL, '2024-01-11', '2024-02-01', '2024-02-20', '2024-02-25', 'value'),
	('blind', 'price', 'nps', NULL, 'rolled_out', NULL, NULL, '2024-01-11', '2024-02-01', NULL, '2024-02-25', 'value'),
	('odd', 'billing', 'nps', NULL, NULL, '2024-02-01', NULL, '2024-01-11', '2024-01-05', NULL, NULL, 'whole'),
	('slow', 'network', 'nps', 'open', NULL, NULL, NULL, '2024-02-01', NULL, NULL, NULL, NULL),
	('young', 'network', 'nps', 'open', NULL, NULL, NULL, '2024-05-20', NULL, NULL, NULL, NULL),
	('stopped', 'shop', 'nps', 'dropped', NULL, NULL, NULL, '2024-02-01', NULL, NULL, NULL, NULL),
	('asked', 'app', 'nps', 'open', NULL, '2024-02-01', NULL, NULL, NULL, NULL, NULL, NULL),
	('later', 'app', 'nps', NULL, 'rolled_out', NULL, NULL, '2024-03-01', '2024-04-01', '2024-05-01', '2024-06-20', NULL),
	('ring', NULL, NULL, NULL, NULL, NULL, NULL, '2024-05-01', NULL, NULL, NULL, 'gnir'), ('gnir', NULL, NULL, NULL, NULL, NULL, NULL, '2024-05-01', NULL, NULL, NULL, 'ring');
CREATE TABLE meeting (cycle text, due_on date, held_on date, subject text, decision text, initiative text);
INSERT INTO meeting VALUES ('1', '2024-02-05', '2024-02-05', NULL, 'do it', 'whole'), ('2', '2024-03-05', '2024-03-05', NULL, 'do it', NULL), ('3', '2024-04-05', '2024-04-05', NULL, 'do it', 'gone'),
	('4', '2024-05-05', '2024-05-05', NULL, 'do it', 'slow'), ('5', '2024-05-06', '2024-05-06', NULL, NULL, NULL), ('6', '2024-06-05', NULL, NULL, NULL, NULL);
SELECT cvm.create_model('lp', tz => 'Europe/Vilnius', as_of => '2024-06-01') \g /dev/null
SELECT cvm.bind('lp', 'initiative', 'idea') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', initiative, stands, coalesce(days_to_decide::text, '-'), coalesce(days_to_ship::text, '-'), coalesce(days_to_measure::text, '-'), coalesce(days_to_close::text, '-'),
	CASE WHEN is_closed THEN 'closed' WHEN is_overdue THEN 'overdue ' || days_waiting ELSE 'open' END, broken), ', ' ORDER BY initiative COLLATE "C") FROM lp.loop_closure WHERE initiative NOT IN ('ring', 'gnir')),
	'asked proposed - - - - overdue 121, back rolled_back - 21 19 5 closed, blind rolled_out - 21 - - open not measured, later measured - 31 30 - open, '
	'odd shipped -21 -6 - - overdue 121 decided before the signal, shipped before the decision, slow decided - - - - overdue 121, stopped dropped - - - - open, '
	'whole rolled_out 10 21 38 5 closed, young decided - - - - open', 'each leg has its days, and says where the loop stands, what is overdue and what breaks it; what comes later is not known');
SELECT is((SELECT string_agg(concat_ws(' ', initiative, programme, depth, parts), ', ' ORDER BY initiative COLLATE "C") FROM lp.initiative_status WHERE depth < 16 AND (depth > 0 OR parts > 0)),
	'back value 1 0, blind value 1 0, odd value 2 0, whole value 1 1', 'an initiative is part of the programme of its parents');
SELECT is((SELECT string_agg(concat_ws(' ', initiative, parts), ', ' ORDER BY initiative COLLATE "C") FROM lp.initiative_status WHERE depth >= 16), 'gnir 1, ring 1', 'parents that go around in a circle come to an end');
SELECT cvm.bind('lp', 'review', 'meeting') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', cycle, coalesce(became, '-'), coalesce(became_on::text, '-'), days_open), ', ' ORDER BY cycle) FROM lp.review_cadence),
	'1 rolled_out 2024-03-15, 2 no_initiative - 88, 3 not_found - 57, 4 decided - 27, 5 - -, 6 - -', 'a review says what became of its decision');
SELECT cvm.unbind('lp', 'initiative') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', cycle, coalesce(became, '-')), ', ' ORDER BY cycle) FROM lp.review_cadence), '1 -, 2 no_initiative, 3 -, 4 -, 5 -, 6 -', 'and does not know it where no initiatives are bound');

-- two drivers of six fall in March: somebody is at one of them
CREATE TABLE answer AS
SELECT d * 10000 + m * 500 + n AS customer_id, (make_date(2024, m, 1) + n % 28) AS occurred_at, 'nps' AS instrument, 'd' || d AS driver,
	CASE WHEN (hashtext(d || '.' || m || '.' || n) & 1023) / 1024.0 < CASE WHEN m >= 3 AND d <= 2 THEN 0.15 ELSE 0.45 END THEN 10 WHEN n % 3 = 0 THEN 8 ELSE 3 END AS score
FROM generate_series(1, 6) d, generate_series(1, 5) m, generate_series(1, 300) n;
INSERT INTO idea VALUES ('helped', 'd2', 'nps', 'open', NULL, NULL, NULL, '2024-04-10', NULL, NULL, NULL, NULL);
CREATE TABLE boss (subject_kind text, subject text, owner text, accountable boolean, valid_from date, valid_to date);
INSERT INTO boss VALUES ('driver', 'd1', 'Ada', true, '2024-01-01', NULL), ('driver', 'd2', 'Bo', true, '2024-01-01', '2024-05-01'), ('driver', 'd2', 'Cy', true, '2024-05-01', NULL), ('Initiative', 'slow', 'Di', true, NULL, NULL), ('driver', 'network', 'Ed', true, NULL, NULL);
SELECT cvm.bind('lp', 'initiative', 'idea'), cvm.bind('lp', 'survey', 'answer'), cvm.bind('lp', 'owner', 'boss') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', initiative, driver, stands, owner, signal, signal_on, days_to_decide, days_waiting, is_overdue), ', ' ORDER BY driver) FROM lp.loop_closure WHERE driver LIKE 'd%'),
	'(none) d1 signal Ada nps 2024-03-31 62 t, helped d2 decided Cy nps 2024-03-31 10 52 f', 'a driver that fell and that nobody is at is named, one that an initiative followed is its signal, and no other driver is');
SELECT is((SELECT string_agg(owner, ' ') FROM lp.loop_closure WHERE initiative IN ('slow', 'young')), 'Di Ed', 'the owner of an initiative comes before that of its driver');
SELECT is((SELECT count(*) - count(DISTINCT row_key) FROM lp.loop_closure), 0::bigint, 'a row has a key of its own');
SELECT * FROM finish();
ROLLBACK;
