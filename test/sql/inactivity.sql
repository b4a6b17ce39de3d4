\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Who has left without a contract that ends: active_spells(), inactivity_churn.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

SELECT is(cvm.active_spells(a, 30, '2024-12-01')::text, '{[2024-01-01,2024-03-01),[2024-03-05,2024-04-04)}',
	'days that are at most idle_days apart are one spell, which ends idle_days after the last')
FROM (SELECT cvm.activity_agg(d) AS a FROM unnest('{2024-01-01,2024-01-31,2024-03-05}'::date[]) d) x;
SELECT is(cvm.active_spells(cvm.activity_agg(d), 30, '2024-01-31')::text, '{[2024-01-01,2024-01-31)}', 'what is not observed yet does not count')
FROM unnest('{2024-01-01,2024-01-31}'::date[]) d;
SELECT is(cvm.active_spells(cvm.activity_agg(d, 1::numeric, d > '2024-01-05', d < '2024-01-10'), 1, '2024-12-01')::text, '{[2024-01-06,2024-01-07),[2024-01-08,2024-01-09)}',
	'a spell begins with a start and goes on with returns')
FROM unnest('{2024-01-01,2024-01-06,2024-01-08,2024-01-12}'::date[]) d;
SELECT throws_ok($$SELECT cvm.active_spells(cvm.activity_agg('2024-01-01'::date), 0, '2024-02-01')$$, '22023', NULL, 'nobody leaves after no idle day');
SELECT throws_ok($$SELECT cvm.active_spells(cvm.activity_agg('2024-01-01'::date), 30, 'infinity')$$, '22008', 'cannot use infinite date "infinity"', 'the end of observation is a day');

-- by hand, thirty idle days
CREATE TABLE top_up (customer_id int, occurred_at timestamptz);
INSERT INTO top_up VALUES
	(1, '2024-01-10'), (1, '2024-02-05'), (1, '2024-03-01'), (1, '2024-03-30'), (1, '2024-04-20'), -- stays
	(2, '2024-01-20'),                                   -- gone by 20 January, reported 19 February
	(3, '2024-01-05'), (3, '2024-04-10'),                -- and revived
	(4, '2024-04-15');                                   -- new, undecided
SELECT cvm.create_model('payg', tz => 'UTC', as_of => '2024-05-01'), cvm.bind('payg', 'event', 'top_up') \g /dev/null
SELECT cvm.configure('payg', 'inactivity_days', '30') \g /dev/null
SELECT results_eq($$SELECT month_label, opening_customers, new_customers, revived_customers, churned_customers, closing_customers, active_customers, economic_churned_customers, undecided_customers, is_decided
		FROM payg.inactivity_churn ORDER BY month$$,
	$$VALUES ('2024-01', 0::bigint, 3::bigint, 0::bigint, 0::bigint, 3::bigint, 3::bigint, -2::bigint, 0::bigint, true),
		('2024-02', 3, 0, 0, -2, 1, 1, 0, 0, true), ('2024-03', 1, 0, 0, 0, 1, 1, 0, 0, true), ('2024-04', 1, 1, 1, 0, 3, 3, 0, 3, false)$$,
	'a customer leaves on the day on which idle_days are over, or by the day after the last activity');
SELECT is((SELECT concat_ws(' ', round(churn_rate::numeric, 4), conf_low IS NOT NULL) FROM payg.inactivity_churn WHERE month = '2024-02-01'), '0.6667 t', 'a rate stands on the base at opening, with its interval');
SELECT throws_ok($$SELECT cvm.configure('payg', 'inactivity_days', '30, 0')$$, '22023', 'invalid value for setting "inactivity_days": "30, 0"', 'a window of no days is refused');

-- and is no prospect who never paid
CREATE TABLE contract (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO contract VALUES (9, 'P', '2024-01-01', NULL, 10);
ALTER TABLE top_up ADD amount numeric;
UPDATE top_up SET amount = 6 WHERE customer_id <> 4;
INSERT INTO top_up VALUES (5, '2022-01-10', 3), (9, '2022-01-10', 99);
CREATE TABLE nobody (customer_id int, segment text, valid_from date);
CREATE TABLE people AS SELECT n AS customer_id FROM generate_series(1, 9) n WHERE n NOT IN (7, 8);
SELECT cvm.bind('payg', 'event', 'top_up'), cvm.bind('payg', 'subscription', 'contract'), cvm.bind('payg', 'segment_history', 'nobody'), cvm.bind('payg', 'customer', 'people') \g /dev/null
SELECT results_eq('SELECT customer_id, phase, since, mrr, last_mrr FROM payg.customer_phase ORDER BY 1', $$VALUES
	(1, 'mature', date '2024-02-09', 8.00, 8.00), (2, 'winback_target', '2024-02-19', 0.00, 2.00), (3, 'reactivated', '2024-04-10', 2.00, 2.00),
	(4, 'prospect', NULL, 0, 0), (5, 'lost', '2023-02-10', 0.00, 1.00), (6, 'prospect', NULL, 0, 0), (9, 'mature', '2024-01-31', 10.00, 10.00)$$,
	'who pays as they go has the phases of a customer, while who never paid is a prospect, and contracts go first');

-- an operator of prepaid lines has no contracts at all
SELECT cvm.create_model('prepaid', tz => 'UTC', as_of => '2024-05-01'), cvm.bind('prepaid', 'event', 'top_up'), cvm.bind('prepaid', 'segment_history', 'nobody'), cvm.bind('prepaid', 'customer', 'people') \g /dev/null
SELECT results_eq('SELECT customer_id, phase, since, mrr, last_mrr FROM prepaid.customer_phase ORDER BY 1', $$VALUES
	(1, 'mature', date '2024-02-09', 8.00, 8.00), (2, 'winback_target', '2024-02-19', 0.00, 2.00), (3, 'reactivated', '2024-04-10', 2.00, 2.00),
	(4, 'prospect', NULL, 0, 0), (5, 'lost', '2023-02-10', 0.00, 1.00), (6, 'prospect', NULL, 0, 0), (9, 'lost', '2023-02-10', 0.00, 33.00)$$,
	'without any subscription who pays as they go has the phases of a customer');
SELECT is((SELECT string_agg(f.from_phase || ' ' || f.to_phase || ' ' || (SELECT string_agg(c.customer_id, ' ' ORDER BY c.customer_id) FROM cvm.customers('prepaid', 'phase_flow', f.row_key, 'customers') c), ', ' ORDER BY f.row_key COLLATE "C")
	FROM prepaid.phase_flow f WHERE f.segment = '(all)'), 'lost lost 5 9, mature mature 1, prospect prospect 4 6, winback_target reactivated 3, winback_target winback_target 2', 'without any subscription the flow between phases has customers');
-- nor segments
CREATE TEMP TABLE phased AS SELECT p.* FROM prepaid.customer_phase p;
CREATE TEMP TABLE flowed AS SELECT f.* FROM prepaid.phase_flow f WHERE f.segment = '(all)';
SELECT cvm.unbind('prepaid', 'segment_history') \g /dev/null
SELECT set_eq('TABLE prepaid.customer_phase', 'TABLE phased', 'without segments the phases are the same');
SELECT set_eq('TABLE prepaid.phase_flow', 'TABLE flowed', 'without segments the flow between phases is that of all');
SELECT is((SELECT string_agg(c.customer_id, ' ' ORDER BY c.customer_id) FROM prepaid.phase_flow f, cvm.customers('prepaid', 'phase_flow', f.row_key, 'customers') c WHERE f.from_phase = 'lost'), '5 9', 'without segments the flow between phases has customers');

-- by brute force: who was active within so many days, asked at the end of every
-- month of everybody, in worlds drawn at random
CREATE TABLE visit (customer_id int, occurred_at timestamptz, kind text);
CREATE TABLE class (customer_id int, segment text, valid_from date, valid_to date);
SELECT cvm.create_model('idle', tz => 'Europe/Vilnius', as_of => '2024-07-11'), cvm.bind('idle', 'event', 'visit'), cvm.bind('idle', 'segment_history', 'class') \g /dev/null
SELECT cvm.configure('idle', 'inactivity_days', '7,30,45') \g /dev/null
CREATE VIEW by_hand AS
WITH visit_day AS MATERIALIZED (
	SELECT DISTINCT v.customer_id, (v.occurred_at AT TIME ZONE 'Europe/Vilnius')::date AS day FROM visit v WHERE v.occurred_at AT TIME ZONE 'Europe/Vilnius' < '2024-07-11'
), month AS (
	SELECT m::date AS month, least((m + interval '1 month')::date, date '2024-07-11') - 1 AS last FROM generate_series(timestamp '2023-12-01', '2024-07-01', '1 month') m
), there AS MATERIALIZED (
	SELECT m.month, w AS idle_days, c.customer_id, x.segment, bool_or(v.day > m.last - w AND v.day <= m.last) AS is_there, coalesce(bool_or(v.day < m.month), false) AS was_ever,
		bool_or(v.day BETWEEN m.month AND m.last) AS is_active
	FROM month m
	CROSS JOIN unnest('{7,30,45}'::int[]) w
	CROSS JOIN (SELECT DISTINCT customer_id FROM visit_day) c
	JOIN visit_day v ON v.customer_id = c.customer_id
	CROSS JOIN LATERAL (SELECT coalesce((SELECT k.segment FROM class k WHERE k.customer_id = c.customer_id AND k.valid_from <= m.last AND coalesce(k.valid_to > m.last, true)
		ORDER BY k.valid_from DESC, k.segment LIMIT 1), '(none)') AS segment) x
	GROUP BY 1, 2, 3, 4
), change AS (
	SELECT t.month, t.idle_days, t.customer_id, t.segment, t.is_there, t.was_ever, t.is_active, b.segment AS was_segment, coalesce(b.is_there, false) AS was_there
	FROM there t LEFT JOIN there b ON b.customer_id = t.customer_id AND b.idle_days = t.idle_days AND b.month = t.month - interval '1 month'
), shown AS (
	SELECT s.segment, c.month, c.idle_days,
		count(*) FILTER (WHERE c.was_there AND s.segment IN ('(all)', c.was_segment)) AS opening,
		count(*) FILTER (WHERE c.is_there AND NOT c.was_there AND NOT c.was_ever AND s.segment IN ('(all)', c.segment)) AS new,
		count(*) FILTER (WHERE c.is_there AND NOT c.was_there AND c.was_ever AND s.segment IN ('(all)', c.segment)) AS revived,
		count(*) FILTER (WHERE c.is_there AND c.was_there AND c.segment <> c.was_segment AND s.segment = c.segment) AS moved_in,
		-count(*) FILTER (WHERE c.is_there AND c.was_there AND c.segment <> c.was_segment AND s.segment = c.was_segment) AS moved_out,
		-count(*) FILTER (WHERE NOT c.is_there AND c.was_there AND s.segment IN ('(all)', c.was_segment)) AS churned,
		count(*) FILTER (WHERE c.is_there AND s.segment IN ('(all)', c.segment)) AS closing,
		count(*) FILTER (WHERE c.is_active AND s.segment IN ('(all)', c.segment)) AS active
	FROM change c CROSS JOIN (SELECT '(all)' AS segment UNION ALL SELECT '(none)' UNION ALL SELECT DISTINCT segment FROM class) s
	GROUP BY 1, 2, 3
), gone AS (
	SELECT DISTINCT ON (g.customer_id, w, date_trunc('month', (g.day + 1)::timestamp)) g.customer_id, w AS idle_days, g.day + 1 AS day, g.day + w < date '2024-07-11' AS is_decided
	FROM unnest('{7,30,45}'::int[]) w CROSS JOIN visit_day g
	WHERE g.day + 1 < '2024-07-11' AND NOT EXISTS (SELECT FROM visit_day v WHERE v.customer_id = g.customer_id AND v.day > g.day AND v.day <= g.day + w)
	ORDER BY g.customer_id, w, date_trunc('month', (g.day + 1)::timestamp), g.day DESC
)
SELECT s.*, (SELECT count(*) FROM gone g WHERE g.idle_days = s.idle_days AND date_trunc('month', g.day::timestamp) = s.month AND g.is_decided AND s.segment IN ('(all)',
		coalesce((SELECT k.segment FROM class k WHERE k.customer_id = g.customer_id AND k.valid_from <= g.day - 1 AND coalesce(k.valid_to > g.day - 1, true) ORDER BY k.valid_from DESC, k.segment LIMIT 1), '(none)'))) AS economic,
	(SELECT count(*) FROM gone g WHERE g.idle_days = s.idle_days AND date_trunc('month', g.day::timestamp) = s.month AND NOT g.is_decided AND s.segment = '(all)') AS undecided
FROM shown s;
CREATE FUNCTION differences(seed int) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	TRUNCATE visit, class;
	PERFORM setseed(seed / 1000.0);
	INSERT INTO visit SELECT i, timestamptz '2023-12-20' + random() * interval '210 days', 'x' FROM generate_series(1, 25) i, generate_series(1, 1 + (random() * 12)::int);
	INSERT INTO class SELECT i, chr(65 + (random() * 2)::int), date '2023-12-01' + (random() * 200)::int, CASE WHEN random() < 0.6 THEN date '2024-07-01' + (random() * 30)::int - 60 END
	FROM generate_series(1, 22) i, generate_series(1, 3);
	RETURN (SELECT count(*) FROM (SELECT segment COLLATE "default" AS segment, month, idle_days, opening_customers, new_customers, revived_customers, moved_in_customers, moved_out_customers, churned_customers, closing_customers,
				active_customers, -economic_churned_customers, CASE segment WHEN '(all)' THEN undecided_customers ELSE 0 END FROM idle.inactivity_churn) v
		FULL JOIN (SELECT h.* FROM by_hand h) b ON (v.*)::text = (b.*)::text
		WHERE v.segment IS NULL AND (b.opening, b.new, b.revived, b.moved_in, b.churned, b.economic, b.undecided) <> (0, 0, 0, 0, 0, 0, 0) OR b.segment IS NULL AND v.month IS NOT NULL);
END
$$;
SELECT is((SELECT sum(differences(seed)) FROM generate_series(1, 4) seed), 0::numeric, 'four worlds with segments are what brute force says, line by line');
SELECT cmp_ok((SELECT count(*) FROM idle.inactivity_churn WHERE segment <> '(all)' AND moved_in_customers > 0 AND churned_customers < 0), '>', 5::bigint, 'the four worlds have lines to compare');
SELECT cvm.store('idle', 'customer_activity') \g /dev/null
SELECT results_eq('SELECT segment COLLATE "default", month, idle_days, opening_customers, closing_customers, churned_customers FROM idle.inactivity_churn ORDER BY 1, 2, 3',
	$$SELECT segment COLLATE "default", month, idle_days, opening, closing, churned FROM by_hand WHERE (segment, month, idle_days) IN (SELECT segment, month, idle_days FROM idle.inactivity_churn) ORDER BY 1, 2, 3$$,
	'states that are kept give the same');
SELECT is((SELECT count(*) FROM idle.inactivity_churn WHERE opening_customers + new_customers + revived_customers + moved_in_customers + moved_out_customers + churned_customers <> closing_customers), 0::bigint, 'every line foots');
-- who will be in another segment is not there yet
CREATE TABLE refill (customer_id bigint, occurred_at date);
CREATE TABLE grade (customer_id bigint, segment text, valid_from date, valid_to date);
INSERT INTO refill VALUES (1, '2024-03-20'), (1, '2024-04-10');
INSERT INTO grade VALUES (1, 'low', '2024-01-01', '2024-04-20'), (1, 'high', '2024-04-20', NULL);
SET LOCAL client_min_messages = warning;
SELECT cvm.create_model('planned', tz => 'UTC', as_of => '2024-04-15'), cvm.bind('planned', 'event', 'refill'),
	cvm.bind('planned', 'segment_history', 'grade') \g /dev/null
SELECT results_eq($$SELECT v.segment, v.closing_customers FROM planned.inactivity_churn v WHERE v.month = '2024-04-01' AND v.idle_days = 30 ORDER BY 1$$,
	$$VALUES ('(all)', 1::bigint), ('low', 1)$$, 'a move planned for after as_of counts for nothing in inactivity_churn');
SELECT results_eq($$SELECT c.customer_id, c.detail FROM cvm.customers('planned', 'inactivity_churn',
		(SELECT v.row_key FROM planned.inactivity_churn v WHERE v.segment = 'low' AND v.month = '2024-04-01' AND v.idle_days = 30), 'moved_out_customers') c$$,
	$$SELECT NULL::text, NULL::text WHERE false$$, 'the customers behind it say the same');
SELECT throws_ok($$SELECT cvm._inactivity_lines(cvm.activity_agg(e.occurred_at, 'UTC'), '{30}', '2024-04-15', '{2,3}', '{2024-01-01}', '{NULL,NULL}', true) FROM planned.event e$$,
	'2202E', 'arrays of times in segments have unequal lengths', 'arrays that do not belong together are refused');
SELECT * FROM finish();
ROLLBACK;
