\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What other retention tools get wrong: each a test that their way of counting
-- would fail.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(49);

CREATE FUNCTION pg_temp.alone(cvm.tenure) RETURNS cvm.retention
LANGUAGE sql AS $$ SELECT cvm.retention_agg($1) $$;
CREATE FUNCTION pg_temp.act(VARIADIC days date[]) RETURNS cvm.activity
LANGUAGE sql AS $$ SELECT cvm.activity_agg(d) FROM unnest(days) d $$;

-- T1 order
CREATE TEMP TABLE t1 (day date, is_start boolean, is_return boolean);
INSERT INTO t1 VALUES ('2024-01-03', false, true), ('2024-01-10', true, false);
SELECT results_eq($$SELECT period_no, returned_customers FROM cvm.grid(pg_temp.alone(cvm.tenure((SELECT cvm.activity_agg(day, NULL, is_start, is_return) FROM t1),
		'week', '2024-01-29')))$$, 'VALUES (0, 0::bigint), (1, 0), (2, 0)', 'T1: a return before the start is no return');
SELECT results_eq($$SELECT period_no, returned_customers FROM cvm.grid((SELECT cvm.as_of(cvm.retention_agg(1::bigint, day, NULL, is_start, is_return, 'month'), '2024-02-01') FROM t1))$$,
				  'VALUES (0, 0::bigint)', 'T1: not even in the same month');
SELECT is((SELECT value FROM cvm.grid((SELECT cvm.as_of(cvm.retention_agg(1::bigint, day, 10, is_start, is_return, 'month'), '2024-02-01') FROM t1))), 10.0,
		  'T1: nor does money before the start belong to the cohort');

-- T2 streak
SELECT results_eq($$SELECT period_no, retained_customers FROM cvm.grid(pg_temp.alone(cvm.tenure(pg_temp.act('2024-01-01', '2024-01-03', '2024-01-04'), 'day', '2024-01-05', streak => true)))$$,
				  'VALUES (0, 1::bigint), (1, 0), (2, 0), (3, 0)', 'T2: in a streak one missed day ends all later ones');
SELECT results_eq($$SELECT period_no, retained_customers FROM cvm.grid(pg_temp.alone(cvm.tenure(pg_temp.act('2024-01-01', '2024-01-03', '2024-01-04'), 'day', '2024-01-05')))$$,
				  'VALUES (0, 1::bigint), (1, 0), (2, 1), (3, 1)', 'T2: and only in a streak');

-- T3 cut window
SELECT is((SELECT retained_customers FROM cvm.grid((SELECT cvm.as_of(cvm.retention_agg(1::bigint, at, 'Asia/Shanghai', 'day'), '2024-01-09')
				FROM unnest('{2024-01-01 10:00+08,2024-01-08 23:59:59.999+08}'::timestamptz[]) at)) WHERE period_no = 7), 1::bigint,
		  'T3: the last second of the seventh day is in the seventh day');
SELECT is((SELECT eligible_customers FROM cvm.grid((SELECT cvm.retention_agg(1::bigint, at, 'day')
				FROM unnest('{2024-01-01 10:00,2024-01-08 00:00}'::timestamp[]) at)) WHERE period_no = 7), 1::bigint,
		  'T3: observed until the end of the last day, not until its last event');

-- T4 the future is not zero
CREATE TEMP TABLE t4 AS
SELECT c::bigint AS customer, date '2024-03-01' + c AS day FROM generate_series(0, 59) c
UNION ALL SELECT c, date '2024-03-01' + c + 30 FROM generate_series(0, 59, 2) c WHERE c + 30 < 60;
SELECT results_eq($$SELECT eligible_customers, retained_customers, retention_rate FROM cvm.curve((SELECT cvm.retention_agg(customer, day, 'day') FROM t4)) WHERE period_no = 30$$,
				  'VALUES (30::bigint, 15::bigint, 0.5::float8)', 'T4: day 30 divides by the 30 customers who have had one, not by all 60');
SELECT is((SELECT count(*) FROM cvm.grid((SELECT cvm.retention_agg(customer, day, 'day') FROM t4)) WHERE cohort > '2024-03-30' AND period_no = 30), 0::bigint,
		  'T4: who joined last week has no day 30');
SELECT results_eq($$SELECT d, eligible_customers, retention_rate FROM (SELECT cvm.retention_agg(1::bigint, date '2024-01-01', 'week') AS r) s, unnest('{2024-01-14,2024-01-15}'::date[]) d,
		cvm.grid(cvm.as_of(r, d)) WHERE period_no = 1$$, $$VALUES (date '2024-01-14', 0::bigint, NULL::float8), ('2024-01-15', 1, 0)$$,
				  'T4: week 1 of the week of 1 January is over on the 15th, not on the 14th');
SELECT results_eq($$SELECT d, eligible_customers FROM unnest('{2024-03-30,2024-03-31,2024-04-01}'::date[]) d,
		cvm.grid(pg_temp.alone(cvm.tenure(pg_temp.act('2024-01-31'), 'month', d, 'anniversary'))) WHERE period_no = 1$$,
				  $$VALUES (date '2024-03-30', 0::bigint), ('2024-03-31', 1), ('2024-04-01', 1)$$, 'T4: own month 1 of 31 January is over on 31 March');
SELECT throws_ok($$SELECT cvm.as_of(cvm.retention_agg(t), '2024-06-01') FROM (SELECT cvm.tenure(pg_temp.act('2024-01-01', '2024-03-01'), 'month', '2024-02-01') AS t) s$$,
				 '22023', NULL, 'T4: who was read up to February is not shown as lost in March');

-- T5 means
CREATE TEMP TABLE t5 AS
SELECT c::bigint AS customer, date '2024-01-01' AS day FROM generate_series(1, 90) c UNION ALL SELECT c, '2024-02-01' FROM generate_series(1, 30) c
UNION ALL SELECT c, '2024-02-01' FROM generate_series(101, 110) c UNION ALL SELECT c, '2024-03-01' FROM generate_series(201, 220) c
UNION ALL SELECT c, '2024-04-03' FROM generate_series(201, 220) c;
SELECT results_eq($$SELECT cohorts, eligible_customers, retained_customers, retention_rate, is_complete FROM cvm.curve((SELECT cvm.retention_agg(customer, day, 'month') FROM t5)) WHERE period_no = 1$$,
				  'VALUES (2::bigint, 100::bigint, 30::bigint, 0.3::float8, false)',
				  'T5: pooled over 90 and 10 customers, the cohort with nobody back included, the unfinished month not');
SELECT is((SELECT count(*) FROM (SELECT retained_or_later_customers > lag(retained_or_later_customers) OVER (PARTITION BY cohort ORDER BY period_no) AS rises
			FROM cvm.grid((SELECT cvm.retention_agg(customer, day, 'day') FROM t4)) WHERE eligible_customers > 0) s WHERE rises), 0::bigint,
		  'T5: retained or later never rises within a cohort');
SELECT ok((SELECT bool_and(eligible_customers = (SELECT sum(eligible_customers) FROM cvm.grid((SELECT cvm.retention_agg(customer, day, 'day') FROM t4)) g WHERE g.period_no = c.period_no))
		   FROM cvm.curve((SELECT cvm.retention_agg(customer, day, 'day') FROM t4)) c), 'T5: every point of the curve names the population it stands on');

-- T6 clock
SELECT results_eq($$SELECT clock, cvm.is_active(pg_temp.act('2024-01-31', '2024-02-01'), 1, 'month', clock) FROM unnest('{calendar,anniversary}'::text[]) clock$$,
				  $$VALUES ('calendar', true), ('anniversary', false)$$, 'T6: a day later is the next calendar month, not the next own month');
SELECT ok(NOT cvm.is_active(pg_temp.act('2024-01-01', '2024-01-31'), 1, 'month', 'anniversary') AND cvm.is_active(pg_temp.act('2024-02-01', '2024-03-01'), 1, 'month', 'anniversary'),
		  'T6: an own month is a month, not 30 days');
SELECT is((SELECT array_agg(period_no ORDER BY period_no) FROM cvm.grid((SELECT cvm.retention_agg(1::bigint, at, 'Europe/Vilnius', 'day')
				FROM unnest('{2024-01-01 23:52+02,2024-01-02 00:08+02}'::timestamptz[]) at)) WHERE retained_customers = 1), '{0,1}'::int[],
		  'T6: sixteen minutes across midnight are the next day, by the clock of the zone');
SELECT is((SELECT array_agg(period_no ORDER BY period_no) FROM cvm.grid((SELECT cvm.retention_agg(1::bigint, at, 'UTC', 'day')
				FROM unnest('{2024-01-01 23:52+02,2024-01-02 00:08+02}'::timestamptz[]) at)) WHERE retained_customers = 1), '{0}'::int[],
		  'T6: and one day in another zone');

-- T7 words
SELECT throws_ok($$SELECT cvm.tenure(pg_temp.act('2024-01-01'), 'month', '2024-06-01', 'rolling')$$, '22023', 'unknown clock "rolling"', 'T7: nothing is called rolling');
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'cvm'::regnamespace AND array_to_string(proargnames, ' ') || proname ~ 'rolling|unbounded'), 0::bigint,
		  'T7: no function and no argument is');
CREATE TEMP VIEW g AS SELECT * FROM cvm.grid(NULL);
SELECT has_column('g', c, format('T7: the grid says %s apart', c)) FROM unnest('{retained_customers,retained_or_later_customers,returned_customers}'::name[]) c;

-- T8 first ever, or first in the window
CREATE TEMP TABLE t8 AS SELECT customer, day, day = min(day) OVER (PARTITION BY customer) AS is_first
FROM (VALUES (1::bigint, date '2022-05-05'), (1, '2024-02-02'), (2, '2024-02-03'), (2, '2024-03-03')) v (customer, day);
SELECT is((SELECT cohort_customers FROM cvm.grid((SELECT cvm.retention_agg(customer, day, NULL, is_first, true, 'month') FROM t8 WHERE day >= '2024-01-01')) WHERE period_no = 0), 1::bigint,
		  'T8: with starts told apart, a window does not make old customers new');
SELECT is((SELECT cohort_customers FROM cvm.grid((SELECT cvm.retention_agg(customer, day, 'month') FROM t8 WHERE day >= '2024-01-01')) WHERE period_no = 0), 2::bigint,
		  'T8: without, the first in the window is the first');

-- T9 period 0
CREATE TEMP TABLE t9 AS SELECT customer, day, kind = 'signup' AS is_start, kind = 'order' AS is_return
FROM (VALUES (1::bigint, date '2024-01-01', 'signup'), (1, '2024-01-09', 'order'), (2, '2024-01-05', 'signup'), (2, '2024-02-02', 'order'), (3, '2024-01-07', 'signup'),
	(4, '2024-01-02', 'order')) v (customer, day, kind);
SELECT results_eq($$SELECT period_no, cohort_customers, retained_customers, returned_customers FROM cvm.grid((SELECT cvm.as_of(r, '2024-03-01') FROM (SELECT cvm.retention_agg(customer, day, NULL, is_start, is_return, 'month') AS r FROM t9) s))$$,
				  'VALUES (0, 3::bigint, 3::bigint, 1::bigint), (1, 3, 1, 1)', 'T9: all three are retained at 0, one of them ordered in it');

-- T10 repeated starts
SELECT results_eq($$SELECT cohort, period_no, retained_customers FROM cvm.grid((SELECT cvm.retention_agg(1::bigint, d, NULL, s, true, 'day') FROM
		(VALUES (date '2024-01-01', true), ('2024-01-02', true), ('2024-01-03', false)) v (d, s)))$$,
				  $$VALUES (date '2024-01-01', 0, 1::bigint), ('2024-01-01', 1, 1), ('2024-01-01', 2, 1)$$, 'T10: who starts twice is in one cohort, and one return counts once');

-- T11 groups
CREATE TEMP TABLE t11 AS SELECT c::bigint AS customer, date '2024-01-01' + (c * k * 7) % 90 AS day, (ARRAY['web', 'shop'])[1 + (c + k) % 2] AS channel
FROM generate_series(1, 50) c, generate_series(1, 4) k;
SELECT is((SELECT cvm.rollup(r) FROM (SELECT cvm.retention_agg(cvm.tenure(a, 'month', '2024-05-01')) AS r
				FROM (SELECT customer, cvm.activity_agg(day) AS a, (array_agg(channel ORDER BY day, channel))[1] AS first_channel FROM t11 GROUP BY customer) s GROUP BY first_channel) g),
		  (SELECT cvm.as_of(cvm.retention_agg(customer, day, 'month'), '2024-05-01') FROM t11), 'T11: grouped by what held at the start, the groups add up to the total');
SELECT cmp_ok((SELECT sum(cohort_customers) FROM (SELECT cvm.retention_agg(customer, day, 'month') AS r FROM t11 GROUP BY channel) s, cvm.grid(r) WHERE period_no = 0), '>', 50::numeric,
			  'T11: grouped by an attribute of events they would not');

-- T12 silent caps
SELECT is((SELECT array_agg(period_no ORDER BY period_no) FROM cvm.grid((SELECT cvm.retention_agg(1::bigint, date '2000-01-01' + n, 'day') FROM generate_series(0, 12000) n)) WHERE retained_customers = 1),
		  (SELECT array_agg(n ORDER BY n) FROM generate_series(0, 12000) n), 'T12: twelve thousand daily periods of one cohort are all there');
SELECT is((SELECT count(*) FROM cvm.grid((SELECT cvm.retention_agg(n::bigint, date '2020-01-01' + n, 'day') FROM generate_series(0, 499) n))), 125250::bigint,
		  'T12: so are 125 250 cells');
SELECT is((SELECT retained_customers FROM cvm.grid(pg_temp.alone(cvm.tenure(pg_temp.act('2020-01-01', '2024-12-31'), 'day', '2025-01-01',
			brackets => (SELECT array_agg(int4range(n, n + 1) ORDER BY n) FROM generate_series(0, 1999) n)))) WHERE period_no = 1826), 1::bigint, 'T12: two thousand brackets are no problem');

-- T13 arguments that are taken and not used
CREATE TEMP TABLE t13 AS SELECT cvm.activity_agg(d, 2.5) AS a FROM unnest('{2024-01-29,2024-01-30,2024-03-04,2024-03-05,2024-06-30}'::date[]) d;
SELECT isnt(pg_temp.alone(x), pg_temp.alone(y), format('T13: %s is used', name))
FROM t13, LATERAL (VALUES
	('grain', cvm.tenure(a, 'month', '2024-08-01'), cvm.tenure(a, 'quarter', '2024-08-01')), ('as_of', cvm.tenure(a, 'month', '2024-08-01'), cvm.tenure(a, 'month', '2024-05-01')),
	('clock', cvm.tenure(a, 'month', '2024-08-01'), cvm.tenure(a, 'month', '2024-08-01', 'anniversary')), ('week_start', cvm.tenure(a, 'week', '2024-08-01'), cvm.tenure(a, 'week', '2024-08-01', week_start => 3)),
	('brackets', cvm.tenure(a, 'month', '2024-08-01'), cvm.tenure(a, 'month', '2024-08-01', brackets => '{"[0,1)","[1,6)"}')),
	('min_events', cvm.tenure(a, 'month', '2024-08-01'), cvm.tenure(a, 'month', '2024-08-01', min_events => 2)), ('streak', cvm.tenure(a, 'month', '2024-08-01'), cvm.tenure(a, 'month', '2024-08-01', streak => true))) v (name, x, y);
SELECT isnt((SELECT array_agg(retained_customers) FROM t13, cvm.grid(pg_temp.alone(cvm.tenure(a, 'month', '2024-08-01', min_events => 2)))),
			(SELECT array_agg(retained_customers) FROM t13, cvm.grid(pg_temp.alone(cvm.tenure(a, 'month', '2024-08-01')))), 'T13: and changes the cells, not only the state');

-- T14 the session's zone
CREATE TEMP TABLE t14 (zone text, cells text);
SET LOCAL TimeZone = 'UTC';
INSERT INTO t14 SELECT 'UTC', array_agg((cohort, period_no, retained_customers)::text)::text FROM cvm.grid((SELECT cvm.retention_agg(1::bigint, at, 'Europe/Paris', 'month')
	FROM unnest('{2024-01-31 23:30+00,2024-02-29 22:30+00}'::timestamptz[]) at));
SET LOCAL TimeZone = 'Europe/Paris';
INSERT INTO t14 SELECT 'Paris', array_agg((cohort, period_no, retained_customers)::text)::text FROM cvm.grid((SELECT cvm.retention_agg(1::bigint, at, 'Europe/Paris', 'month')
	FROM unnest('{2024-01-31 23:30+00,2024-02-29 22:30+00}'::timestamptz[]) at));
SET LOCAL TimeZone = 'UTC';
SELECT is((SELECT array_agg(DISTINCT cells) FROM t14), '{"{\"(2024-02-01,0,1)\"}"}'::text[], 'T14: the months are those of Paris, whoever asks');
SELECT throws_ok($$SELECT cvm.retention_agg(1::bigint, now(), 'month')$$, '42883', NULL, 'T14: a moment without a zone has no day');
SELECT throws_ok($$SELECT cvm.activity_agg(now())$$, '42883', NULL, 'T14: not in a timeline either');
SELECT is((SELECT array_agg(proname::text ORDER BY proname::text COLLATE "C") FROM pg_proc WHERE pronamespace = 'cvm'::regnamespace AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'c') AND provolatile <> 'i' AND proname !~ '^_move_'), '{_check_schema,_compress_fast,_contact_offers,_customer_moves,_customer_risks,_customers_came,_customers_moved,_customers_won,_digest_of_catalog,_first_day,_is_whole,_last_days,_lock_model,_lock_relations,_lock_stored,
		  _product_migrations,_product_moves,_product_pairs,_register,_relation,_segment_losses,_standing_customers,_standing_losses,_standings,_timelines,_try_lock,_worths,contact_offer_final,customer_move_final,customer_risk_final,fold_activity,last_day_final,queue_changes,timelines_final,worth_final}',
		  'T14: what is computed depends on arguments alone: every C function is immutable, but for those that read or write tables');

-- T15 twelve months
SELECT is((SELECT array_agg(period_no ORDER BY period_no) FROM unnest('{calendar,anniversary}'::text[]) clock,
			cvm.grid(pg_temp.alone(cvm.tenure(pg_temp.act('2022-01-15', '2023-01-20', '2023-02-20', '2024-03-20'), 'month', '2024-06-01', clock))) WHERE retained_customers = 1),
		  '{0,0,12,12,13,13,26,26}'::int[], 'T15: month 12 is 12, and 26 is 26');

-- T16 weeks and month ends
SELECT is((SELECT array_agg(period_no ORDER BY period_no) FROM cvm.grid((SELECT cvm.as_of(cvm.retention_agg(1::bigint, at, 'Europe/Vilnius', 'week'), '2024-04-15')
				FROM unnest('{2024-03-25 00:00+02,2024-04-01 00:00+03,2024-04-08 00:00+03}'::timestamptz[]) at)) WHERE retained_customers = 1),
		  '{0,1,2}'::int[], 'T16: the week in which the clock goes forward is a week');
SELECT is((SELECT array_agg(period_no ORDER BY period_no) FROM cvm.grid(pg_temp.alone(cvm.tenure(pg_temp.act('2024-01-31', '2024-02-28', '2024-02-29', '2024-03-30', '2024-03-31'), 'month', '2024-05-01', 'anniversary', min_events => 2)))
		   WHERE retained_customers = 1), '{0,1}'::int[], 'T16: 28 February is month 0 of 31 January, 29 February and 30 March are month 1, 31 March is month 2');
SELECT is((SELECT period_no FROM cvm.grid(pg_temp.alone(cvm.tenure(pg_temp.act('2024-01-31', '2024-03-31'), 'month', '2024-05-01', 'anniversary'))) WHERE period_no > 0 AND retained_customers = 1), 2,
		  'T16: months are added to the first day, not chained');

SELECT * FROM finish();
ROLLBACK;
