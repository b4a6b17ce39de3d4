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
SELECT is((SELECT bool_or(is_unreviewed) FROM lp.initiative_status WHERE initiative IN ('whole', 'back', 'blind')), false, 'what was closed is not to be reviewed again');
SELECT is((SELECT string_agg(concat_ws(' ', initiative, programme, depth, parts), ', ' ORDER BY initiative COLLATE "C") FROM lp.initiative_status WHERE depth < 16 AND (depth > 0 OR parts > 0)),
	'back value 1 0, blind value 1 0, odd value 2 0, whole value 1 1', 'an initiative is part of the programme of its parents');
SELECT is((SELECT string_agg(concat_ws(' ', initiative, parts), ', ' ORDER BY initiative COLLATE "C") FROM lp.initiative_status WHERE depth >= 16), 'gnir 1, ring 1', 'parents that go around in a circle come to an end');
SELECT cvm.bind('lp', 'review', 'meeting') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', cycle, coalesce(became, '-'), coalesce(became_on::text, '-'), days_open), ', ' ORDER BY cycle) FROM lp.review_cadence),
	'1 rolled_out 2024-03-15, 2 no_initiative - 88, 3 not_found - 57, 4 decided - 27, 5 - -, 6 - -', 'a review says what became of its decision');
SELECT cvm.unbind('lp', 'initiative') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', cycle, coalesce(became, '-')), ', ' ORDER BY cycle) FROM lp.review_cadence), '1 -, 2 no_initiative, 3 -, 4 -, 5 -, 6 -', 'a review does not know what became of its decision where no initiatives are bound');

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

-- ten thousand customers: a tenth leaves in January, a twentieth in April; of the
-- control of the campaign in March twice as many as of those who got it
CREATE TABLE spell AS SELECT n AS customer_id, CASE WHEN n % 3 = 0 THEN 'TV' ELSE 'NET' END AS product, date '2023-01-01' AS started_on,
	CASE WHEN n % 10 = 0 THEN date '2024-01-15' WHEN n % 20 = 1 THEN date '2024-04-15' END AS ended_on, 10.0 AS mrr FROM generate_series(1, 10000) n;
CREATE TABLE mailing AS SELECT n AS customer_id, date '2024-03-20' AS occurred_at, 'bill' AS campaign, CASE WHEN n % 2 = 0 THEN 'target' ELSE 'control' END AS arm
	FROM generate_series(1, 4000) n WHERE n % 10 <> 0;
INSERT INTO mailing SELECT n, '2024-03-28', 'gift', 'target' FROM generate_series(2, 200, 2) n;
-- who was contacted leaves by the arm alone
UPDATE spell s SET ended_on = CASE WHEN s.customer_id % 50 IN (2, 4) THEN date '2024-04-10' WHEN s.customer_id % 50 IN (1, 3, 5, 7, 9) THEN '2024-04-11' END FROM mailing m WHERE m.customer_id = s.customer_id AND m.campaign = 'bill';
CREATE TABLE plan (initiative text, driver text, metric text, baseline_on date, decided_on date, shipped_on date, measured_on date, campaign text);
INSERT INTO plan VALUES ('bill', 'price', 'churn_rate', '2024-01-31', '2024-02-01', '2024-02-10', '2024-05-20', NULL), ('gift', 'price', 'nps', '2024-01-31', '2024-02-01', '2024-02-10', NULL, NULL),
	('blind', 'price', 'churn_rate', NULL, '2024-02-01', '2024-02-10', NULL, NULL), ('soon', 'price', 'churn_rate', '2024-01-31', '2024-05-01', '2024-05-10', NULL, NULL),
	('odd', 'price', 'happiness', '2024-01-31', '2024-05-01', '2024-05-10', NULL, NULL), ('decided', 'price', 'churn_rate', '2024-01-31', '2024-05-01', NULL, NULL, NULL);
ANALYZE spell, mailing, plan;
SELECT cvm.create_model('ef', tz => 'UTC', currency => 'EUR', as_of => '2024-06-01') \g /dev/null
SELECT cvm.bind('ef', 'subscription', 'spell'), cvm.bind('ef', 'initiative', 'plan') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', initiative, effect_verdict, round(baseline_value::numeric, 4), to_char(measured_month, 'MM'), round(effect::numeric, 4)), ', ' ORDER BY initiative COLLATE "C") FROM ef.initiative_status),
	(SELECT concat('bill inconclusive 0.1000 04 ', round((r.april - 0.1)::numeric, 4), ', blind no_baseline, decided not_shipped 0.1000, gift not_measured, odd not_measured, soon immature 0.1000')
	FROM (SELECT count(*) FILTER (WHERE ended_on BETWEEN '2024-04-02' AND '2024-05-01')::float8 / 9000 AS april FROM spell) r),
	'a metric is compared with what it was in the month of the baseline, by the month it was measured in; what cannot be told says why');
SELECT ok((SELECT effect_low < effect AND effect < effect_high AND effect_high - effect_low < 0.02 FROM ef.initiative_status WHERE initiative = 'bill'), 'the change of a rate has its limits');
SELECT cvm.bind('ef', 'contact', 'mailing') \g /dev/null
SELECT is((SELECT concat_ws(' ', target_customers, control_customers, round(control_effect::numeric, 4), effect_verdict, overlapping_customers, overlaps_with) FROM ef.initiative_status WHERE initiative = 'bill'),
	(SELECT concat_ws(' ', n1, n0, round(h1::numeric / n1 - h0::numeric / n0, 4), 'better', (SELECT count(*) FROM generate_series(2, 200, 2) n WHERE n % 10 <> 0), 'gift') FROM (
		SELECT count(*) FILTER (WHERE m.arm = 'target') AS n1, count(*) FILTER (WHERE m.arm = 'control') AS n0, count(*) FILTER (WHERE m.arm = 'target' AND s.ended_on IS NOT NULL) AS h1, count(*) FILTER (WHERE m.arm = 'control' AND s.ended_on IS NOT NULL) AS h0
		FROM mailing m JOIN spell s USING (customer_id) WHERE m.campaign = 'bill') c), 'beside a control, what came of itself is no effect; who got another initiative at once is counted');
SELECT ok((SELECT control_effect_high < 0 FROM ef.initiative_status WHERE initiative = 'bill'), 'half the churn of the control is beyond chance');
SELECT is((SELECT count(*) FROM cvm.customers('ef', 'initiative_status', 'bill|1', 'overlapping_customers')), (SELECT overlapping_customers FROM ef.initiative_status WHERE initiative = 'bill'), 'overlapping customers of an initiative have their list');
CREATE TABLE reply AS SELECT n AS customer_id, date '2024-04-02' + n % 10 AS occurred_at, 'nps' AS instrument, CASE WHEN n % 4 < CASE WHEN n % 2 = 0 THEN 3 ELSE 2 END THEN 10 ELSE 2 END AS score, 'price' AS driver FROM generate_series(1, 4000) n;
INSERT INTO reply SELECT n, date '2024-01-10', 'nps', CASE WHEN n % 2 = 0 THEN 10 ELSE 2 END, 'price' FROM generate_series(1, 400) n;
UPDATE plan SET metric = 'NPS', measured_on = '2024-05-01', campaign = 'bill' WHERE initiative = 'gift';
ANALYZE reply;
SELECT cvm.bind('ef', 'survey', 'reply') \g /dev/null
SELECT is((SELECT concat_ws(' ', baseline_value, measured_value, to_char(measured_month, 'MM'), target_customers, control_customers, round(control_effect), effect_verdict) FROM ef.initiative_status WHERE initiative = 'gift'),
	(SELECT concat_ws(' ', 0, (SELECT 200.0 * avg((score = 10)::int) - 100 FROM reply WHERE occurred_at >= '2024-04-01')::float8, '04', n1, n0, round(d), 'better') FROM (
		SELECT count(*) FILTER (WHERE m.arm = 'target') AS n1, count(*) FILTER (WHERE m.arm = 'control') AS n0,
			avg(CASE WHEN r.score = 10 THEN 100 ELSE -100 END) FILTER (WHERE m.arm = 'target') - avg(CASE WHEN r.score = 10 THEN 100 ELSE -100 END) FILTER (WHERE m.arm = 'control') AS d
		FROM mailing m JOIN reply r USING (customer_id) WHERE m.campaign = 'bill' AND r.occurred_at >= '2024-04-01') c), 'a score is compared among those who answered, arm against arm');

-- benchmarks: compared where the definition is the same, else refused by name
CREATE TABLE band (metric text, definition text, source text, as_of date, low float8, middle float8, high float8);
INSERT INTO band VALUES ('churn_rate', 'subscription_kpi.logo_churn_rate', 'A', '2024-01-01', 0.001, 0.01, 0.02), ('churn_rate', 'Standard', 'B', '2024-01-01', 0.01, 0.02, 0.03), ('happiness', 'x', 'C', '2024-01-01', 1, 2, 3),
	('arpa', 'subscription_kpi.arpa', 'D', '2024-01-01', 5, 10, NULL), ('nps', 'survey_score.score', 'E', '2024-01-01', 5, 10, 15);
SELECT cvm.bind('ef', 'benchmark', 'band') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', source, to_char(month, 'MM'), round(value::numeric, 4), band, verdict, reason), E'\n' ORDER BY source) FROM ef.benchmark_comparison),
	E'A 05 0.0000 below low better\nB other_definition churn_rate is defined as Standard there, and as subscription_kpi.logo_churn_rate here: not compared\nC not_measured no view of this model measures happiness\n'
	'D 05 10.0000 above middle alike\nE no_data survey_score.score has no whole month', 'a benchmark is compared with what is defined as it is, and refused by name where it is not');
SELECT is((SELECT concat_ws(' ', verdict, sentence) FROM cvm.review_pack('ef', '2024-05') WHERE section = 'benchmarks' AND subject = 'B'),
	'other_definition Benchmark of churn_rate (B): churn_rate is defined as Standard there, and as subscription_kpi.logo_churn_rate here: not compared.', 'the pack says so too');

-- pairs of products: four fifths of those with TV have NET too, few with GAME
INSERT INTO spell SELECT n, 'NET', '2024-02-01', NULL, 10 FROM generate_series(3, 8000, 3) n;
INSERT INTO spell SELECT n, 'GAME', '2024-02-01', NULL, 10 FROM generate_series(1, 5000, 2) n;
ANALYZE spell;
CREATE TABLE chief (subject_kind text, subject text, owner text, accountable boolean, valid_from date, valid_to date);
INSERT INTO chief VALUES ('product_pair', 'TV+NET', 'Ada', true, '2024-01-01', '2024-04-01'), ('Product_Pair', 'GAME + NET', 'Bo', true, '2024-01-01', NULL), ('segment', 'x', 'Cy', true, '2024-01-01', NULL);
SELECT is((SELECT string_agg(concat_ws(' ', product, other_product, is_material, coalesce(is_uncoordinated::text, '-')), ', ' ORDER BY row_key) FROM ef.product_pair), 'GAME NET t -, GAME TV t -, NET TV t -', 'without owners nobody is missing');
SELECT cvm.bind('ef', 'owner', 'chief') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', product, other_product, product_customers, other_product_customers, both_customers, coordinator, is_uncoordinated, uncoordinated_from, days), ', ' ORDER BY row_key) FROM ef.product_pair),
	(SELECT string_agg(concat_ws(' ', a.product, b.product, (SELECT count(DISTINCT customer_id) FROM spell s WHERE s.product = a.product AND ended_on IS NULL), (SELECT count(DISTINCT customer_id) FROM spell s WHERE s.product = b.product AND ended_on IS NULL),
		(SELECT count(DISTINCT x.customer_id) FROM spell x JOIN spell y USING (customer_id) WHERE x.product = a.product AND y.product = b.product AND x.ended_on IS NULL AND y.ended_on IS NULL),
		c.words), ', ' ORDER BY a.product, b.product) FROM (VALUES ('GAME', 'NET', 'Bo f'), ('GAME', 'TV', 't 2024-02-01 121'), ('NET', 'TV', 't 2024-04-01 61')) c (a, b, words), (SELECT DISTINCT product FROM spell) a, (SELECT DISTINCT product FROM spell) b WHERE a.product = c.a AND b.product = c.b),
	'a pair that shares much and has no coordinator is named, since the day on which nobody is; one that has is not');
SELECT is((SELECT string_agg(subject || ' ' || verdict, ', ' ORDER BY subject COLLATE "C") FROM cvm.review_pack('ef', '2024-05') WHERE section = 'owners' AND subject LIKE '% + %'), 'GAME + TV gap, NET + TV gap', 'the pack names those and no other');
SELECT cvm.configure('ef', 'pair_share', '0.9') \g /dev/null
SELECT is((SELECT count(*) FILTER (WHERE is_material) FROM ef.product_pair), 0::bigint, 'how much is much is a setting');
SELECT is((SELECT count(*) FROM cvm.customers('ef', 'product_pair', 'NET|TV', 'both_customers')), (SELECT both_customers FROM ef.product_pair WHERE row_key = 'NET|TV'), 'the customers of a pair can be told');
-- what is compared is what subscription_kpi says, whatever is stored
UPDATE band SET metric = v.name, definition = 'subscription_kpi.' || v.name FROM (VALUES ('A', 'logo_churn_rate'), ('B', 'revenue_churn_rate'), ('C', 'gross_revenue_retention_rate'), ('D', 'arpa'), ('E', 'net_revenue_retention_rate')) v (source, name) WHERE v.source = band.source;
DELETE FROM spell WHERE ended_on IS NULL AND customer_id % 7 = 0;
UPDATE spell SET ended_on = '2024-05-20' WHERE ended_on IS NULL AND customer_id % 17 = 0;
CREATE FUNCTION pg_temp.alike() RETURNS bigint LANGUAGE sql AS $$SELECT count(*) FROM ef.benchmark_comparison b JOIN ef.subscription_kpi k ON k.month = b.month AND k.segment = '(all)' AND k.month = '2024-05-01'
	WHERE abs(b.value - (to_jsonb(k) ->> b.metric)::float8) < 1e-9$$;
SELECT is(pg_temp.alike(), 5::bigint, 'what is compared is what subscription_kpi says');
SELECT cvm.store('ef', 'customer_holdings') \g /dev/null
SELECT is(pg_temp.alike(), 5::bigint, 'a metric is what subscription_kpi says where states are stored');
SELECT * FROM finish();
ROLLBACK;
