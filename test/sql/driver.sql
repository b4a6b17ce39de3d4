\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Drivers of value: how they do, how sure that is, what is at stake, and whether
-- they are managed.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

-- 100 answers a month about each; of quality four in five are content, in April three
CREATE TABLE answer (customer_id int, occurred_at date, instrument text, score float8, driver text, importance float8, theme text);
INSERT INTO answer SELECT 1000 * m + n, make_date(2024, m, 10), 'csat', CASE WHEN n <= CASE WHEN m = 4 THEN 60 ELSE 80 END THEN 5 ELSE 2 END, 'quality', 9, NULL
FROM generate_series(1, 4) m, generate_series(1, 100) n;
INSERT INTO answer SELECT 1000 * m + n, make_date(2024, m, 10), 'nps', CASE WHEN n <= 45 THEN 9 + n % 2 WHEN n <= 75 THEN 7 + n % 2 ELSE n % 7 END, 'price', 5, NULL
FROM generate_series(1, 4) m, generate_series(1, 100) n;
-- what they say of all: as of quality
INSERT INTO answer SELECT customer_id, occurred_at, 'nps', CASE WHEN score = 5 THEN 9 ELSE 3 END, NULL, NULL, CASE WHEN score = 5 THEN 'price' ELSE 'quality' END FROM answer WHERE driver = 'quality';
CREATE TABLE sub (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO sub SELECT 1000 * m + n, 'P', date '2023-01-01', CASE WHEN n = 100 THEN make_date(2024, m, 20) END, 10 FROM generate_series(1, 4) m, generate_series(1, 100) n;
CREATE TABLE value_driver (driver text, metric text, target float8, direction text, importance float8, floor float8);
INSERT INTO value_driver VALUES ('quality', 'CSAT', 0.75, NULL, NULL, NULL), ('price', 'nps', 10, NULL, NULL, NULL), ('portal', 'self_serve', 0.5, NULL, NULL, NULL);
SELECT cvm.create_model('dr', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-05-01') \g /dev/null
SELECT cvm.bind('dr', 'survey', 'answer'), cvm.bind('dr', 'subscription', 'sub'), cvm.bind('dr', 'driver', 'value_driver') \g /dev/null
SELECT results_eq($$SELECT driver, month_label, observations, round(value::numeric, 3), round(gap::numeric, 3) FROM dr.value_driver WHERE month >= '2024-03-01' ORDER BY driver, month$$,
	$$VALUES ('price', '2024-03', 100::bigint, 20.000, 10.000), ('price', '2024-04', 100, 20, 10), ('quality', '2024-03', 100, 0.8, 0.05), ('quality', '2024-04', 100, 0.6, -0.15)$$,
	'a driver has its value beside its target, and one that nothing measures has no row');
SELECT is((SELECT concat_ws(' ', round(value_low::numeric, 1), round(value_high::numeric, 1)) FROM dr.value_driver WHERE driver = 'price' AND month = '2024-04-01'), '4.1 35.9',
	'W7: 45, 30 and 25 of 100 are 20, from 4.1 to 35.9, as survey_score says');
SELECT is((SELECT concat_ws(' ', round(previous_value::numeric, 3), previous_observations, round(trend::numeric, 3), round(trend_low::numeric, 4), round(trend_high::numeric, 4), verdict, round(p_value::numeric, 5))
	FROM dr.value_driver WHERE driver = 'quality' AND month = '2024-04-01'),
	(SELECT concat_ws(' ', 0.800, 300, -0.200, round(-0.2 - 1.959964 * e, 4), round(-0.2 + 1.959964 * e, 4), 'worse', 0.00024) FROM (SELECT sqrt(0.6 * 0.4 / 99 + 0.8 * 0.2 / 299) AS e) s),
	'a driver that falls is worse by the difference to the three months before, with Welch''s error');
SELECT is((SELECT concat_ws(' ', verdict, round(trend::numeric, 3)) FROM dr.value_driver WHERE driver = 'price' AND month = '2024-04-01'), 'noise 0.000', 'one that stands still is noise');
SELECT is((SELECT concat_ws(' ', below_floor_customers, below_floor_share, mrr_at_stake) FROM dr.value_driver WHERE driver = 'quality' AND month = '2024-04-01'), '40 0.4 390.00',
	'what is at stake is what those below the floor of 4 pay at the end of the month: one of forty has left');
SELECT is((SELECT concat_ws(' ', count(*), sum(mrr_after), min(detail)) FROM dr.value_driver v, cvm.customers('dr', 'value_driver', v.row_key, 'below_floor_customers') c WHERE v.driver = 'quality' AND v.month = '2024-04-01'),
	'40 390 csat 2.00, floor 4.00', 'customers below the floor are listed with what they pay');
SELECT is((SELECT concat_ws(' ', count(*), sum(mrr_after)) FROM dr.value_driver v, cvm.customers('dr', 'value_driver', v.row_key, 'customers') c WHERE v.driver = 'quality' AND v.month = '2024-04-01'),
	'100 990', 'all who were observed are listed with what they pay');
SELECT results_eq($$SELECT driver, importance_kind, stated_importance, importance, quadrant, round(performance::numeric, 3) FROM dr.value_driver WHERE month = '2024-04-01' ORDER BY driver$$,
	$$VALUES ('price', 'stated', 5::float8, 5::float8, 'overkill', 0.100), ('quality', 'stated', 9, 9, 'priority', -0.150)$$, 'what is important and short of its target is a priority; what is not and is beyond, overkill');
SELECT is((SELECT quadrant FROM dr.value_driver WHERE driver = 'quality' AND month = '2024-03-01'), 'keep_up', 'what is important and reaches its target is to be kept up');
SELECT is((SELECT concat_ws(' ', round(derived_importance::numeric, 6), derived_pairs) FROM dr.value_driver WHERE driver = 'quality' AND month = '2024-04-01'), '1.000000 400', 'derived importance is how overall opinion follows');
SELECT results_eq($$SELECT driver, sources, triangulation FROM dr.value_driver WHERE month = '2024-04-01' ORDER BY driver$$,
	$$VALUES ('price', 'survey, words', 'triangulated'), ('quality', 'survey, words', 'triangulated')$$, 'answers that fall while more complain agree, and so do answers and complaints that stand still');
-- more complain of the price, which is answered for as before
UPDATE answer SET score = 3 WHERE theme = 'price' AND occurred_at >= '2024-04-01';
SELECT is((SELECT concat_ws(' ', triangulation, round(survey_trend::numeric, 3), round(words_trend::numeric, 3)) FROM dr.value_driver WHERE month = '2024-04-01' AND driver = 'price'), 'conflict 0.000 -0.600',
	'answers that stand still while more complain are in conflict');
UPDATE answer SET theme = NULL;
SELECT is((SELECT string_agg(DISTINCT triangulation, ' ') FROM dr.value_driver WHERE month = '2024-04-01'), 'one source', 'answers alone are one source');
SELECT is((SELECT string_agg(DISTINCT concat_ws(' ', triangulation, sources), '; ') FROM dr.value_driver WHERE month = '2024-01-01'), 'no source (none)', 'the first month has nothing to be compared with');
SELECT cvm.configure('dr', 'as_of', '2024-04-20') \g /dev/null
SELECT results_eq($$SELECT DISTINCT is_complete, verdict, quadrant, trend, triangulation FROM dr.value_driver WHERE month = '2024-04-01'$$, $$VALUES (false, 'immature', NULL, NULL::float8, NULL)$$, 'a month that is not over is not compared');
SELECT cvm.configure('dr', 'as_of', '2024-05-01') \g /dev/null

-- measured, owned, improved
SELECT results_eq($$SELECT driver, is_measurable, is_owned, is_improvable, is_managed, missing FROM dr.managed_driver ORDER BY driver$$,
	$$VALUES ('portal', false, false, false, false, 'no value in the last month, fewer than 3 months, no owner, no recent decision, no measured initiative'),
	('price', true, false, false, false, 'no owner, no recent decision, no measured initiative'), ('quality', true, false, false, false, 'no owner, no recent decision, no measured initiative')$$,
	'of each driver it is said what is missing');
CREATE TABLE accountable (subject_kind text, subject text, owner text, accountable boolean, role_title text, reports_to text, reporting_line text, valid_from date, valid_to date);
INSERT INTO accountable VALUES ('Driver', 'quality', 'Ada', NULL, 'Sr. Retention Manager', 'Bo', 'cmo', NULL, NULL), ('driver', 'price', 'Cy', NULL, 'Customer Value Specialist', 'Ada', NULL, NULL, '2024-06-01'),
	('driver', 'price', 'Di', NULL, 'Prepaid Segment Manager', 'Ada', NULL, '2024-04-01', NULL), ('driver', 'portal', 'Eve', NULL, 'BI, Pricing and CVM Manager', 'Fay', NULL, NULL, '2024-04-30');
CREATE TABLE project (initiative text, driver text, metric text, baseline_on date, decided_on date, shipped_on date);
INSERT INTO project VALUES ('warranty', 'quality', 'csat', '2024-01-31', '2024-03-15', '2024-03-20'), ('bills', 'price', NULL, NULL, '2024-04-20', NULL), ('later', 'portal', NULL, NULL, '2024-05-02', NULL);
SELECT cvm.bind('dr', 'owner', 'accountable'), cvm.bind('dr', 'initiative', 'project') \g /dev/null
SELECT results_eq($$SELECT driver, owner, is_owned, is_improvable, is_managed, missing FROM dr.managed_driver ORDER BY driver$$,
	$$VALUES ('portal', '(none)', false, false, false, 'no value in the last month, fewer than 3 months, no owner, no recent decision, no measured initiative'),
	('price', 'Cy, Di', false, false, false, '2 owners, no measured initiative'), ('quality', 'Ada', true, true, true, NULL)$$,
	'a driver with one owner, a target, three months and a decision is managed; two owners are not one, and one who has gone is none');
SELECT is((SELECT concat_ws(' ', measured_initiative, round(effect::numeric, 6), round(effect_low::numeric, 5), round(effect_high::numeric, 5)) FROM dr.managed_driver WHERE driver = 'quality'),
	(SELECT concat_ws(' ', 'warranty', -0.200000, round(-0.2 - 1.959964 * e, 5), round(-0.2 + 1.959964 * e, 5)) FROM (SELECT sqrt(0.6 * 0.4 / 99 + 0.8 * 0.2 / 199) AS e) s),
	'what an initiative did is the month after it beside the two before, with an interval');
SELECT is((SELECT DISTINCT concat_ws(' ', drivers, managed_drivers, round(managed_share::numeric, 4)) FROM dr.managed_driver), '3 1 0.3333', 'one of three is managed');
SELECT results_eq($$SELECT driver, month_label, owner FROM dr.value_driver WHERE driver = 'price' AND month >= '2024-03-01' ORDER BY month$$, $$VALUES ('price', '2024-03', 'Cy'), ('price', '2024-04', 'Cy, Di')$$, 'the owner of a row is who answered at the end of its month');
-- the programme
SELECT results_eq($$SELECT subject, owner, state, is_sponsor FROM dr.programme WHERE subject_kind = 'programme'$$, $$VALUES ('(none)', '(none)', 'absent', false)$$, 'a programme without a sponsor is a row');
SELECT results_eq($$SELECT owner, seniority, title_function, is_senior, standard_title, is_standard_title, title_segment, depth, top, line FROM dr.programme WHERE subject_kind = 'driver' ORDER BY owner$$,
	$$VALUES ('Ada', 'senior manager', 'retention', false, 'Customer Value Senior Manager', false, NULL, 1, 'Bo', 'Ada > Bo'), ('Cy', 'specialist', 'customer value', false, 'Customer Value Specialist', true, NULL, 2, 'Bo', 'Cy > Ada > Bo'),
	('Di', 'manager', 'segment', false, 'Customer Value Manager', false, 'Prepaid', 2, 'Bo', 'Di > Ada > Bo')$$, 'titles have a function and a rank, lines are followed to the top');
SELECT is((SELECT DISTINCT common_leader FROM dr.programme), 'Ada', 'Ada is the nearest who stands above all who answer, or is one of them');
INSERT INTO accountable VALUES ('programme', 'value', 'Gus', NULL, 'Head of Subscription', NULL, 'board', NULL, '2024-02-01');
SELECT results_eq($$SELECT owner, state, is_sponsor FROM dr.programme WHERE subject_kind = 'programme'$$, $$VALUES ('Gus', 'lapsed', false)$$, 'a sponsor who has gone is told');
UPDATE accountable SET valid_to = NULL WHERE owner = 'Gus';
SELECT results_eq($$SELECT owner, state, is_sponsor, is_senior, depth, reader, common_leader FROM dr.programme WHERE subject_kind = 'programme'$$, $$VALUES ('Gus', 'present', true, true, 0, 'board', NULL)$$, 'a head is a senior sponsor; two tops have no leader above them');
UPDATE accountable SET role_title = 'Campaign Analyst' WHERE owner = 'Gus';
SELECT is((SELECT state FROM dr.programme WHERE subject_kind = 'programme'), 'not senior', 'an analyst is not senior');
UPDATE accountable SET role_title = 'Grand Poobah' WHERE owner = 'Gus';
SELECT is((SELECT state FROM dr.programme WHERE subject_kind = 'programme'), 'rank not known', 'a title that says nothing is not taken for one that does');
INSERT INTO accountable VALUES ('programme', 'value', 'Hal', true, 'CEO', NULL, NULL, NULL, NULL), ('segment', 'S', 'Bo', true, 'VP Marketing', 'Cy', NULL, NULL, NULL), ('segment', 'T', 'Ivy', true, 'COO', 'Ivy', NULL, NULL, NULL);
SELECT results_eq($$SELECT owner, state, seniority FROM dr.programme WHERE subject_kind = 'programme' ORDER BY owner$$, $$VALUES ('Gus', 'doubled', NULL), ('Hal', 'doubled', 'chief')$$, 'two sponsors are one too many');
SELECT results_eq($$SELECT owner, is_circular, depth, top, line FROM dr.programme WHERE subject_kind <> 'programme' ORDER BY owner$$,
	$$VALUES ('Ada', true, NULL::int, NULL, 'Ada > Bo > Cy > Ada'), ('Bo', true, NULL, NULL, 'Bo > Cy > Ada > Bo'), ('Cy', true, NULL, NULL, 'Cy > Ada > Bo > Cy'), ('Di', true, NULL, NULL, 'Di > Ada > Bo > Cy > Ada'), ('Ivy', false, 0, 'Ivy', 'Ivy')$$,
	'a circle is told and not followed; who reports to himself is at the top');
SELECT results_eq($$SELECT t, n.title_function, n.seniority, n.title_segment FROM unnest(ARRAY['Customer Value Manager', 'Customer Base Manager', 'Customer Relationship Manager', 'Retention Manager', 'Lifecycle Manager', 'Engagement Manager',
		'High-Value Segment Manager', 'Prepaid Segment Manager', 'Postpaid Segment Manager', 'Mass Segment Manager', 'Consumer Products and Services Manager', 'Product Marketing Manager', 'BI, Pricing and CVM Manager', 'SVP, Customer Value', 'Chief Commercial Officer']) t,
	cvm.normalise_title(t) n$$, $$VALUES ('Customer Value Manager', 'customer value', 'manager', NULL), ('Customer Base Manager', 'base', 'manager', NULL), ('Customer Relationship Manager', 'relationship', 'manager', NULL), ('Retention Manager', 'retention', 'manager', NULL),
	('Lifecycle Manager', 'lifecycle', 'manager', NULL), ('Engagement Manager', 'engagement', 'manager', NULL), ('High-Value Segment Manager', 'segment', 'manager', 'High-Value'), ('Prepaid Segment Manager', 'segment', 'manager', 'Prepaid'),
	('Postpaid Segment Manager', 'segment', 'manager', 'Postpaid'), ('Mass Segment Manager', 'segment', 'manager', 'Mass'), ('Consumer Products and Services Manager', 'product', 'manager', NULL), ('Product Marketing Manager', 'product', 'manager', NULL),
	('BI, Pricing and CVM Manager', 'customer value', 'manager', NULL), ('SVP, Customer Value', 'customer value', 'VP', NULL), ('Chief Commercial Officer', 'commercial', 'chief', NULL)$$, 'the usual titles are known');
SELECT cvm.unbind('dr', 'owner'), cvm.unbind('dr', 'initiative') \g /dev/null

-- without a list of drivers: what is asked about, and of the usual ones what is measured
SELECT cvm.unbind('dr', 'driver') \g /dev/null
SELECT results_eq($$SELECT driver, metric, quadrant FROM dr.value_driver WHERE month = '2024-04-01' ORDER BY driver$$, $$VALUES ('price', 'nps', 'overkill'), ('quality', 'csat', 'priority')$$,
	'without a list, drivers are those that customers are asked about, compared with each other');
INSERT INTO answer SELECT n, '2024-04-12', 'value', 7, NULL, NULL, NULL FROM generate_series(1, 40) n;
CREATE TABLE request (customer_id int, opened_at timestamptz, first_reply_at timestamptz, reopens int);
INSERT INTO request SELECT n, '2024-04-08 09:00+03', CASE WHEN n <= 30 THEN timestamptz '2024-04-08 15:00+03' END FROM generate_series(1, 40) n;
SELECT cvm.bind('dr', 'ticket', 'request') \g /dev/null
SELECT results_eq($$SELECT driver, metric, observations, value FROM dr.value_driver WHERE month = '2024-04-01' ORDER BY driver$$,
	$$VALUES ('price', 'nps', 100::bigint, 20::float8), ('price-value alignment', 'value', 40, 7), ('quality', 'csat', 100, 0.6), ('support', 'late_replies', 40, 0.25)$$,
	'perceived value is that of price-value alignment, late replies are those of support');
SELECT cvm.drop_model('dr') \g /dev/null

-- 60 customers who answer and wait as hashes will have it, several times a month, in
-- segments that change, against the same one by one
CREATE FUNCTION draw(what text, i int, below int) RETURNS int LANGUAGE sql IMMUTABLE RETURN (hashtext(what || i) & 2147483647) % below;
TRUNCATE answer;
INSERT INTO answer SELECT draw('who', i, 60), date '2024-01-01' + draw('when', i, 200), (ARRAY['csat', 'nps', 'nps', 'own'])[1 + i % 4], CASE WHEN i % 4 = 0 THEN 1 + draw('score', i, 5) ELSE draw('score', i, 11) END,
	(ARRAY['quality', 'price', NULL, 'portal'])[1 + i % 4], CASE WHEN draw('weight', i, 3) > 0 THEN draw('weigh', i, 10) END, (ARRAY['price', 'quality', NULL, 'other'])[1 + draw('theme', i, 4)] FROM generate_series(1, 1600) i;
TRUNCATE request;
INSERT INTO request SELECT draw('asks', i, 60), timestamptz '2024-01-01 12:00+02' + draw('asked', i, 200) * interval '1 day',
	CASE WHEN draw('late', i, 4) < 3 THEN timestamptz '2024-01-01 12:00+02' + draw('asked', i, 200) * interval '1 day' + draw('hours', i, 48) * interval '1 hour' END, draw('again', i, 3) FROM generate_series(1, 600) i;
CREATE TABLE tier (customer_id int, segment text, valid_from date, valid_to date);
INSERT INTO tier SELECT i, 'A', date '2024-01-01', date '2024-03-15' FROM generate_series(0, 39) i UNION ALL SELECT i, CASE WHEN i % 2 = 0 THEN 'A' ELSE 'B' END, '2024-03-15', NULL FROM generate_series(0, 49) i;
INSERT INTO value_driver VALUES ('support', 'late_replies', 0.2, 'down', NULL, 0.4), ('loyal', 'nps', NULL, NULL, NULL, NULL), ('again', 'Reopened_Tickets', NULL, NULL, NULL, NULL);
UPDATE value_driver SET metric = 'own', target = 5, floor = 4 WHERE driver = 'portal';
TRUNCATE sub;
INSERT INTO sub SELECT i, 'P', date '2023-06-01' + i, CASE WHEN i % 3 = 0 THEN date '2024-01-01' + 4 * i END, 10 + i FROM generate_series(0, 55) i;
SELECT cvm.create_model('rd', tz => 'Europe/Vilnius', currency => 'EUR') \g /dev/null
SELECT cvm.bind('rd', 'survey', 'answer'), cvm.bind('rd', 'ticket', 'request'), cvm.bind('rd', 'segment_history', 'tier'), cvm.bind('rd', 'subscription', 'sub'), cvm.bind('rd', 'driver', 'value_driver') \g /dev/null
-- a row per customer, month and driver: n things that were observed, y together
CREATE TABLE naive AS
WITH observed AS (SELECT greatest((SELECT max(occurred_at) FROM answer), (SELECT max(opened_at)::date FROM request)) + 1 AS as_of), one AS (
	SELECT 'quality' AS driver, customer_id, occurred_at AS day, 1 AS n, (score >= 4)::int::numeric AS y, score::numeric AS own, importance FROM answer WHERE instrument = 'csat' AND driver = 'quality'
	UNION ALL SELECT 'price', customer_id, occurred_at, 1, CASE WHEN score >= 9 THEN 100 WHEN score < 7 THEN -100 ELSE 0 END, score::numeric, importance FROM answer WHERE instrument = 'nps' AND driver = 'price'
	UNION ALL SELECT 'loyal', customer_id, occurred_at, 1, CASE WHEN score >= 9 THEN 100 WHEN score < 7 THEN -100 ELSE 0 END, score::numeric, importance FROM answer WHERE instrument = 'nps' AND driver IS NULL
	UNION ALL SELECT 'portal', customer_id, occurred_at, 1, score::numeric, score::numeric, importance FROM answer WHERE instrument = 'own' AND driver = 'portal'
), request AS (
	SELECT r.customer_id, r.opened_at, r.reopens, CASE WHEN r.first_reply_at < (SELECT as_of::timestamp AT TIME ZONE 'Europe/Vilnius' FROM observed) THEN r.first_reply_at END AS first_reply_at FROM request r
), ask AS (
	SELECT 'support' AS driver, customer_id, (opened_at AT TIME ZONE 'Europe/Vilnius')::date AS day, (coalesce(first_reply_at, (SELECT as_of::timestamp AT TIME ZONE 'Europe/Vilnius' FROM observed)) - opened_at > interval '24 hours')::int AS late
	FROM request WHERE first_reply_at IS NOT NULL OR (SELECT as_of::timestamp AT TIME ZONE 'Europe/Vilnius' FROM observed) - opened_at > interval '24 hours'
	UNION ALL SELECT 'again', customer_id, (opened_at AT TIME ZONE 'Europe/Vilnius')::date, (reopens > 0)::int FROM request
), cell AS (
	SELECT o.driver, o.customer_id, date_trunc('month', o.day)::date AS month, o.day, o.n, o.y, o.own, o.importance
	FROM one o WHERE NOT EXISTS (SELECT FROM one p WHERE p.driver = o.driver AND p.customer_id = o.customer_id AND date_trunc('month', p.day) = date_trunc('month', o.day)
		AND (p.day > o.day OR p.day = o.day AND (p.own, coalesce(p.importance, 99)) < (o.own, coalesce(o.importance, 99))))
	UNION ALL SELECT driver, customer_id, date_trunc('month', day)::date, max(day), count(*), sum(late), avg(late), NULL FROM ask GROUP BY 1, 2, 3
)
SELECT DISTINCT c.*, d.target, CASE WHEN c.driver IN ('support', 'again') THEN -1 ELSE 1 END AS sign,
	coalesce((SELECT t.segment FROM tier t WHERE t.customer_id = c.customer_id AND t.valid_from <= c.day AND (t.valid_to IS NULL OR t.valid_to > c.day)), '(none)') AS segment,
	CASE WHEN c.driver IN ('support', 'again') THEN c.own > coalesce(d.floor, 0) ELSE c.own < CASE c.driver WHEN 'quality' THEN 4 WHEN 'portal' THEN 4 ELSE 7 END END AS below,
	(SELECT sum(s.mrr) FROM sub s WHERE s.customer_id = c.customer_id AND s.started_on < least((c.month + interval '1 month')::date, o.as_of)
		AND (s.ended_on IS NULL OR s.ended_on >= least((c.month + interval '1 month')::date, o.as_of))) AS mrr
FROM cell c JOIN value_driver d USING (driver) CROSS JOIN observed o;
CREATE TABLE naive_value AS
WITH key AS (SELECT DISTINCT s.segment, n.driver, n.month, n.sign, n.target FROM naive n, LATERAL (VALUES ('(all)'), (n.segment)) AS s (segment)), sums AS (
	SELECT k.*, a.*, b.*
	FROM key k
	CROSS JOIN LATERAL (SELECT sum(n) AS n1, count(*) AS m1, (sum(y) / sum(n))::float8 AS v1, count(*) FILTER (WHERE below) AS below, coalesce(sum(mrr) FILTER (WHERE below), 0) AS mrr
		FROM naive n WHERE n.driver = k.driver AND n.month = k.month AND k.segment IN ('(all)', n.segment)) a
	CROSS JOIN LATERAL (SELECT sum(n) AS n0, count(*) AS m0, (sum(y) / sum(n))::float8 AS v0
		FROM naive n WHERE n.driver = k.driver AND n.month < k.month AND n.month >= k.month - interval '3 months' AND k.segment IN ('(all)', n.segment)) b
)
SELECT s.*, r.e1, r.e, r.stated
FROM sums s
JOIN (
	SELECT p.segment, p.driver, p.month, sqrt(sum(coalesce(p.now, 0) ^ 2) * p.m1 / nullif(p.m1 - 1, 0)) AS e1,
		CASE WHEN p.m0 > 1 THEN sqrt(sum((sqrt(p.m1 / nullif(p.m1 - 1, 0)::float8) * coalesce(p.now, 0) - sqrt(p.m0 / nullif(p.m0 - 1, 0)::float8) * coalesce(p.before, 0)) ^ 2)) END AS e, sum(p.stated) / sum(p.states) AS stated
	FROM (
		SELECT k.segment, k.driver, k.month, k.m1, k.m0, n.customer_id, sum((n.y - k.v1 * n.n) / k.n1) FILTER (WHERE n.month = k.month) AS now,
			sum((n.y - k.v0 * n.n) / k.n0) FILTER (WHERE n.month < k.month) AS before, sum(n.importance) AS stated, count(n.importance) AS states
		FROM sums k JOIN naive n ON n.driver = k.driver AND n.month <= k.month AND n.month >= k.month - interval '3 months' AND k.segment IN ('(all)', n.segment)
		GROUP BY 1, 2, 3, 4, 5, 6) p
	GROUP BY p.segment, p.driver, p.month, p.m1, p.m0) r USING (segment, driver, month);
CREATE TABLE seen AS SELECT * FROM rd.value_driver;
SELECT cmp_ok((SELECT count(*) FROM naive_value), '>=', 120::bigint, 'many rows are compared');
SELECT is_empty($$SELECT v.row_key, n.* FROM seen v FULL JOIN naive_value n USING (segment, driver, month)
	WHERE (v.observations, v.customers, v.below_floor_customers, v.mrr_at_stake) IS DISTINCT FROM (n.n1, n.m1, n.below, n.mrr) OR abs(v.value - n.v1) > 1e-9 OR v.gap IS DISTINCT FROM n.sign * (v.value - n.target)$$,
	'values, gaps and money at stake are those counted one by one');
SELECT is_empty($$SELECT v.row_key, v.trend, v.trend_low, n.v1 - n.v0, n.e FROM seen v FULL JOIN naive_value n USING (segment, driver, month)
	WHERE v.is_complete AND (v.previous_observations IS DISTINCT FROM coalesce(n.n0, 0) OR abs(v.trend - n.sign * (n.v1 - n.v0)) > 1e-9
		OR abs((v.trend_high - v.trend_low) / 2 / 1.959963984540054 - n.e) > 1e-9 OR (v.trend_low IS NULL) <> (coalesce(n.e, 0) < 1e-12))$$, 'trends have the errors of sums over customers, seen before or not');
SELECT is_empty($$SELECT v.row_key FROM seen v JOIN naive_value n USING (segment, driver, month)
	WHERE v.driver IN ('support', 'again', 'portal') AND v.observations > v.customers AND abs((v.value_high - v.value_low) / 2 / 1.959963984540054 - n.e1) > 1e-9 OR abs(v.stated_importance - n.stated) > 1e-9
		OR (v.stated_importance IS NULL) <> (n.stated IS NULL)$$, 'values have theirs, and stated importance is a mean of answers');
SELECT is_empty($$SELECT v.row_key, v.derived_importance, c.r FROM seen v JOIN (
		SELECT k.segment, k.driver, k.month, corr(n.sign * n.own, o.own) AS r, count(*) AS pairs
		FROM naive_value k JOIN naive n ON n.driver = k.driver AND n.month <= k.month AND n.month >= k.month - interval '3 months' AND k.segment IN ('(all)', n.segment) AND n.driver <> 'loyal'
		JOIN naive o ON o.driver = 'loyal' AND o.customer_id = n.customer_id AND o.month = n.month GROUP BY 1, 2, 3) c USING (segment, driver, month)
	WHERE v.derived_pairs <> c.pairs OR c.pairs >= 30 AND abs(v.derived_importance - c.r) > 1e-9$$, 'derived importance is a correlation');
SELECT cmp_ok((SELECT count(*) FROM seen WHERE derived_importance IS NOT NULL), '>=', 20::bigint, 'many rows have a derived importance');
SELECT is_empty($$SELECT s.row_key FROM rd.survey_score s JOIN seen v ON v.segment = s.segment AND v.month = s.month AND v.driver = coalesce(nullif(s.driver, '(none)'), 'loyal') AND v.metric = s.instrument
	WHERE s.answers <> v.observations OR abs(s.score - v.value) > 1e-9 OR s.instrument <> 'own' AND (abs(s.conf_low - v.value_low) > 1e-9 OR abs(s.conf_high - v.value_high) > 1e-9)$$, 'what survey_score says is the same');
SELECT is_empty($$SELECT t.row_key FROM rd.ticket_response t JOIN seen v ON v.segment = t.segment AND v.month = t.month AND v.driver = 'support' WHERE v.segment = '(all)' AND abs(t.beyond_rate - v.value) > 1e-9$$,
	'what ticket_response says is the same');
SELECT is_empty($$SELECT v.row_key FROM seen v LEFT JOIN LATERAL cvm.customers('rd', 'value_driver', v.row_key, 'below_floor_customers') c ON v.below_floor_customers > 0 WHERE v.segment = 'A' AND v.month = '2024-03-01' AND v.driver IN ('support', 'quality')
	GROUP BY v.row_key, v.below_floor_customers, v.mrr_at_stake HAVING count(c.customer_id) <> v.below_floor_customers OR coalesce(sum(c.mrr_after), 0) <> v.mrr_at_stake$$, 'who is below the floor is listed, with what is at stake');
SELECT is_empty($$SELECT driver, month FROM seen GROUP BY driver, month
	HAVING sum(customers) FILTER (WHERE segment <> '(all)') <> sum(customers) FILTER (WHERE segment = '(all)') OR sum(mrr_at_stake) FILTER (WHERE segment <> '(all)') <> sum(mrr_at_stake) FILTER (WHERE segment = '(all)')$$,
	'segments add up to all');

-- deliveries and what is done in the portal are behaviour, as cadence_fit and self_serve count it
CREATE TABLE box (customer_id int, due_on date, outcome text);
INSERT INTO box SELECT draw('box', i, 60), date '2024-02-01' + draw('due', i, 120), (ARRAY['Accepted', 'accepted', 'skipped', 'pulled_forward', 'lost'])[1 + draw('took', i, 5)] FROM generate_series(1, 500) i;
CREATE TABLE done (customer_id int, at timestamptz, task text, channel text, completed boolean);
INSERT INTO done SELECT draw('does', i, 60), timestamptz '2024-02-01 20:30+02' + draw('hour', i, 24 * 120) * interval '1 hour', (ARRAY['bill', 'Bill ', 'move', 'tell', NULL])[1 + draw('task', i, 5)],
	CASE WHEN draw('task', i, 5) = 3 THEN 'app' WHEN i > 20 THEN (ARRAY['App', 'shop', NULL])[1 + draw('via', i, 3)] ELSE 'shop' END, draw('ended', i, 5) > 0 FROM generate_series(1, 700) i;
SELECT cvm.create_model('rb', tz => 'Europe/Vilnius') \g /dev/null
SELECT cvm.bind('rb', 'delivery', 'box'), cvm.bind('rb', 'interaction', 'done'), cvm.bind('rb', 'segment_history', 'tier') \g /dev/null
SELECT is((SELECT string_agg(DISTINCT driver || ' ' || metric, ', ') FROM rb.value_driver), 'cadence misfit_deliveries, portal assisted_tasks', 'cadence and portal are measured by what customers do where nobody is asked about them');
SELECT is_empty($$SELECT month, v.value, c.fit_rate FROM rb.value_driver v FULL JOIN (SELECT * FROM rb.cadence_fit WHERE deliveries > 0) c USING (segment, month) WHERE v.driver = 'cadence' AND segment = '(all)' AND c.is_complete
	AND ((v.observations, v.is_complete) IS DISTINCT FROM (c.deliveries, c.is_complete) OR abs(v.value - (1 - c.fit_rate)) > 1e-12)$$, 'deliveries that did not fit are those of cadence_fit');
SELECT is_empty($$SELECT month, v.value, c.self_serve_rate FROM rb.value_driver v FULL JOIN rb.self_serve c USING (segment, month) WHERE v.driver = 'portal' AND segment = '(all)' AND c.is_complete
	AND abs(v.value - (1 - c.self_serve_rate)) IS DISTINCT FROM 0 AND coalesce(abs(v.value - (1 - c.self_serve_rate)) > 1e-12, true)$$, 'tasks that were done with help are those of self_serve');
SELECT results_eq($$SELECT count(*) FILTER (WHERE driver = 'cadence') >= 4, count(*) FILTER (WHERE driver = 'portal') >= 3 FROM rb.value_driver WHERE segment = '(all)'$$, $$VALUES (true, true)$$, 'tasks and cadence are compared for several months');
CREATE TABLE opinion (customer_id int, occurred_at date, instrument text, score int, driver text);
INSERT INTO opinion SELECT n, date '2024-03-01' + n % 60, 'csat', 1 + draw('says', n, 5), 'portal' FROM generate_series(1, 59) n;
SELECT cvm.bind('rb', 'survey', 'opinion') \g /dev/null
SELECT results_eq($$SELECT metric COLLATE "default", survey_observations > 0, behaviour_observations > 0 FROM rb.value_driver WHERE driver = 'portal' AND segment = '(all)' AND month = '2024-04-01'$$, $$VALUES ('csat', true, true)$$,
	'what customers say of the portal stands beside what they do there');
SELECT * FROM finish();
ROLLBACK;
