\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Kinds of input that other software gets wrong: what the views say of them.
-- Each title begins with the number of its case.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(39);
CREATE SCHEMA c;
SET LOCAL search_path = c, cvm, public;
SET LOCAL TimeZone = 'UTC';

-- b01: words in any case of letters
CREATE TABLE s1 (customer_id int, product text, started_on date, ended_on date, mrr numeric, status text);
INSERT INTO s1 VALUES (1, 'P', '2024-01-05', NULL, 10, 'Trial'), (2, 'P', '2024-01-05', NULL, 10, 'Active'), (3, 'P', '2024-01-05', NULL, 10, 'Active'),
	(4, 'P', '2024-01-05', '2024-01-20', 10, 'Active'), (4, 'P', '2024-01-20', NULL, 10, 'On Hold'), (5, 'P', '2024-01-05', NULL, 7, 'TRIALING'), (6, 'P', '2024-01-05', NULL, 7, 'in_trial');
DO $$ BEGIN PERFORM create_model('b01', tz => 'UTC', as_of => '2024-02-01'); PERFORM bind('b01', 'subscription', 's1'); END $$;
SELECT is((SELECT closing_customers || ' ' || closing_mrr || ' ' || closing_paused_mrr FROM b01.mrr_movement), '2 20.00 10.00', 'b01: trial, trialing and in_trial bring nothing, and what is on hold is paused, without being told');
-- digests of all views over subscriptions, which show the setting as it was told
CREATE FUNCTION pg_temp.digests(model name) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v name; d text; result text := '';
BEGIN
	FOR v IN SELECT k.view FROM cvm.catalog(model) k WHERE k."exists" ORDER BY k.view COLLATE "C" LOOP
		EXECUTE format('SELECT md5(coalesce(string_agg((to_jsonb(x) - ''unpaid_statuses'')::text, E''\n'' ORDER BY x.row_key COLLATE "C"), '''')) FROM %I.%I x', model, v) INTO d;
		result := result || v || ' ' || d || E'\n';
	END LOOP;
	RETURN result;
END
$$;
DO $$ BEGIN PERFORM configure('b01', 'unpaid_statuses', 'trial, trialing, in_trial'), configure('b01', 'paused_statuses', 'on hold'); END $$;
SELECT is((SELECT closing_mrr || ' ' || closing_paused_mrr FROM b01.mrr_movement), '20.00 10.00', 'b01: two pay 10 each and one is on hold, told in small letters');
CREATE TEMP TABLE small AS SELECT pg_temp.digests('b01') AS digests;
DO $$ BEGIN PERFORM configure('b01', 'unpaid_statuses', 'Trial, Trialing, IN_TRIAL'), configure('b01', 'paused_statuses', 'On Hold'); END $$;
SELECT is(pg_temp.digests('b01'), (SELECT digests FROM small), 'b01: every view is the same when the statuses are told as the data spell them');
DO $$ BEGIN PERFORM store('b01', 'customer_holdings'); END $$;
SELECT is((SELECT closing_mrr || ' ' || closing_paused_mrr FROM b01.mrr_movement), '20.00 10.00', 'b01: stored holdings know statuses in any case of letters');
UPDATE s1 SET status = 'ÜBUNG' WHERE customer_id IN (1, 5, 6);
DO $$ BEGIN PERFORM unstore('b01', 'customer_holdings'); PERFORM configure('b01', 'unpaid_statuses', 'Übung'); END $$;
SELECT is((SELECT closing_mrr FROM b01.mrr_movement), 20.00, 'b01: letters that are not ASCII have a case too');

-- b04: zones that are also abbreviations; a system without these names (Debian
-- from 13 on has them in tzdata-legacy) has the zones that they stand for
SELECT coalesce(min(z.name) FILTER (WHERE z.name = 'CET'), 'Europe/Brussels') AS cet, coalesce(min(z.name) FILTER (WHERE z.name = 'EST'), 'America/Panama') AS est
FROM pg_timezone_names z \gset
CREATE TABLE e4 (customer_id int, occurred_at timestamptz);
INSERT INTO e4 VALUES (1, '2024-06-30 22:30+00');
CREATE TABLE s4 (customer_id int, product text, started_on timestamptz, ended_on timestamptz, mrr numeric);
INSERT INTO s4 VALUES (1, 'P', '2024-06-30 22:30+00', '2024-08-31 22:30+00', 10);
SELECT create_model('b04', tz => :'cet', as_of => '2024-10-01'), bind('b04', 'event', 'e4'), bind('b04', 'subscription', 's4') \g /dev/null
SELECT is((SELECT cohort_label FROM b04.retention_month WHERE period_no = 0) || ' ' || (SELECT month_label FROM b04.mrr_movement WHERE new_mrr > 0), '2024-07 2024-07',
	'b04: an instant is one day of CET, for events and for subscriptions');
SELECT is((SELECT string_agg(z.name, ' ' ORDER BY z.name) FROM pg_timezone_names z
		JOIN generate_series(timestamptz '2024-01-01 00:00+00', '2024-12-31', '1 hour') AS at ON true
		CROSS JOIN LATERAL (SELECT cvm.day_of(at, z.name) AS day) d
		WHERE z.name IN ('CET', 'EET', 'MET', 'WET', 'EST', 'HST', 'MST', 'GMT', 'UTC', 'Zulu') AND d.day NOT BETWEEN (at AT TIME ZONE 'UTC')::date - 1 AND (at AT TIME ZONE 'UTC')::date + 1), NULL,
	'b04: zones that are abbreviations too have days like any other');
SELECT configure('b04', 'time_zone', :'est') \g /dev/null
UPDATE s4 SET started_on = '2024-06-30 20:30+00';
SET LOCAL timezone_abbreviations = 'Australia';
SELECT is((SELECT month_label FROM b04.mrr_movement WHERE new_mrr > 0), '2024-06', 'b04: days do not depend on the abbreviations of the session');
RESET timezone_abbreviations;
SELECT is(cvm.moment_of(date '2024-07-01', :'cet') || ' ' || cvm.moment_of(timestamp '2024-01-01 12:00', :'cet') || ' ' || cvm.moment_of(date 'infinity', :'cet'), '2024-06-30 22:00:00+00 2024-01-01 11:00:00+00 infinity',
	'b04: a day of CET begins in summer time');
SELECT is((SELECT string_agg(b.name, ' ') FROM (SELECT r.view AS name, r.body FROM cvm.report_body r UNION ALL SELECT p.part, p.body FROM cvm.report_part p) b WHERE b.body ~* 'at time zone'), NULL, 'b04: no report asks AT TIME ZONE, to which a name may be an abbreviation');
SELECT is((SELECT count(*) FROM pg_views v WHERE v.schemaname = 'b04' AND v.definition ~* 'at time zone|timezone\('), 0::bigint, 'b04: no view converts instants but by the zone of that name');

-- b06: a customer in two segments at once
CREATE TABLE g6 (customer_id int, segment text, valid_from date, valid_to date);
INSERT INTO g6 VALUES (1, 'A', '2024-01-01', NULL), (1, 'B', '2024-03-10', '2024-04-10'), (2, 'Z', '2024-01-01', NULL), (2, 'Y', '2024-01-01', NULL), (3, 'A', '2024-01-01', NULL), (3, NULL, '2024-02-10', NULL);
-- the same history without overlaps
CREATE TABLE g6_plain (customer_id int, segment text, valid_from date, valid_to date);
INSERT INTO g6_plain VALUES (1, 'A', '2024-01-01', '2024-03-10'), (1, 'B', '2024-03-10', '2024-04-10'), (1, 'A', '2024-04-10', NULL), (2, 'Y', '2024-01-01', NULL), (3, 'A', '2024-01-01', NULL);
CREATE TABLE s6 (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO s6 VALUES (1, 'P', '2024-01-05', NULL, 10), (2, 'P', '2024-01-05', '2024-04-20', 5), (3, 'P', '2024-01-05', NULL, 3), (1, 'Q', '2024-04-12', NULL, 4), (3, 'Q', '2024-04-05', NULL, 4);
CREATE TABLE p6 AS SELECT * FROM (VALUES ('P', NULL::date), ('Q', '2024-04-01')) p (product, launched_on);
CREATE TABLE e6 AS SELECT i AS customer_id, d::date AS occurred_at FROM generate_series(1, 3) i, generate_series(date '2024-01-08', '2024-05-20', '17 days') d;
CREATE TABLE a6 AS SELECT e.*, 'nps'::text AS instrument, 3 + e.customer_id AS score, 'price'::text AS driver FROM e6 e;
CREATE TABLE c6 AS SELECT i AS customer_id, date '2024-04-10' AS requested_at, 'price'::text AS reason, NULL::date AS withdrawn_at FROM generate_series(1, 3) i;
CREATE TABLE t6 AS SELECT e.customer_id, e.occurred_at AS opened_at, e.occurred_at + 1 AS first_reply_at FROM e6 e;
DO $$ BEGIN PERFORM create_model('b06', tz => 'UTC', as_of => '2024-06-01'); PERFORM bind('b06', 'segment_history', 'g6'), bind('b06', 'survey', 'a6'), bind('b06', 'cancellation', 'c6'), bind('b06', 'ticket', 't6'), bind('b06', 'subscription', 's6'), bind('b06', 'event', 'e6'), bind('b06', 'product', 'p6'); END $$;
SELECT is((SELECT string_agg(v || ' ' || march, E'\n' ORDER BY v) FROM (
		SELECT 'mrr_movement' AS v, string_agg(segment || ' ' || closing_customers, ', ' ORDER BY segment COLLATE "C") AS march FROM b06.mrr_movement WHERE month_label = '2024-03'
		UNION ALL SELECT 'segment_kpi', string_agg(segment || ' ' || closing_customers, ', ' ORDER BY segment COLLATE "C") FROM b06.segment_kpi WHERE month_label = '2024-03'
		UNION ALL SELECT 'subscription_kpi', string_agg(segment || ' ' || closing_customers, ', ' ORDER BY segment COLLATE "C") FROM b06.subscription_kpi WHERE month_label = '2024-03') x),
	E'mrr_movement (all) 3, A 1, B 1, Y 1\nsegment_kpi (all) 3, A 1, B 1, Y 1\nsubscription_kpi (all) 3, A 1, B 1, Y 1',
	'b06: of two segments at once the one that began last counts, in every view');
CREATE TEMP TABLE overlapping AS SELECT pg_temp.digests('b06') AS digests;
DO $$ BEGIN PERFORM bind('b06', 'segment_history', 'g6_plain'); END $$;
SELECT is(pg_temp.digests('b06'), (SELECT digests FROM overlapping), 'b06: every view is that of the history without overlaps');
SELECT cmp_ok((SELECT count(*) FROM cvm.catalog('b06') WHERE "exists"), '>', 35::bigint, 'b06: that was asked of more than 35 views');

-- b09: keys made of names
SELECT is(cvm.row_key('a', 'b'), 'a|b', 'b09: parts of a key are joined by a bar');
SELECT is((SELECT count(DISTINCT cvm.row_key(VARIADIC p)) FROM (VALUES (ARRAY['x|y', 'z']), (ARRAY['x', 'y|z']), (ARRAY['x\', '|y|z']), (ARRAY['x\|', 'y|z']), (ARRAY['x\\', 'y|z']), (ARRAY['x', 'y', 'z']), (ARRAY['x|y|z', NULL]), (ARRAY['x|y|z', '\N']), (ARRAY['x|y|z', ''])) v (p)), 9::bigint,
	'b09: nine ways to put bars and backslashes into names make nine keys');
SELECT is((SELECT count(DISTINCT k) || ' ' || min(octet_length(k)) || ' ' || max(octet_length(k)) FROM generate_series(995, 1005) n, LATERAL cvm.row_key(repeat('é', n / 2) || n) k), '11 66 999', 'b09: long names make keys that are different, and short');
SELECT is(cvm.row_key(repeat('x', 1000)), repeat('x', 1000), 'b09: a key of 1000 bytes is left as it is');
CREATE TABLE s9 AS SELECT i AS customer_id, 'P'::text AS product, date '2024-01-05' AS started_on, NULL::date AS ended_on, 10 AS mrr FROM generate_series(1, 3) i;
CREATE TABLE g9 (customer_id int, segment text, valid_from date, valid_to date);
INSERT INTO g9 VALUES (1, 'x|y', '2024-01-01', '2024-02-03'), (1, 'z', '2024-02-03', NULL), (2, 'x', '2024-01-01', '2024-02-05'), (2, 'y|z', '2024-02-05', NULL);
-- names that compression does not make short
INSERT INTO g9 SELECT 3, string_agg(md5(i::text), ''), '2024-01-01', NULL::date FROM generate_series(1, 200) i;
DO $$ BEGIN PERFORM create_model('b09', tz => 'UTC', as_of => '2024-03-01'); PERFORM bind('b09', 'segment_history', 'g9'), bind('b09', 'subscription', 's9'); END $$;
SELECT is((SELECT array_agg(row_key ORDER BY row_key COLLATE "C") FROM b09.segment_migration WHERE month_label = '2024-02' AND from_segment LIKE 'x%' AND to_segment LIKE '%z'), ARRAY['2024-02|x\|y|z', '2024-02|x|y\|z'],
	'b09: names with bars make different keys');
-- every view that exists here has one row a key, and can be stored
CREATE FUNCTION pg_temp.stored(model name) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v name; n bigint; k bigint; result text := '';
BEGIN
	FOR v IN SELECT c.view FROM cvm.catalog(model) c WHERE c."exists" LOOP
		EXECUTE format('SELECT count(*), count(DISTINCT row_key) FROM %I.%I', model, v) INTO n, k;
		result := result || CASE WHEN n <> k THEN v || ' has twice what it should once, ' ELSE '' END;
	END LOOP;
	FOREACH v IN ARRAY '{segment_migration,segment_kpi}'::name[] LOOP
		PERFORM cvm.store(model, v);
	END LOOP;
	RETURN result;
END
$$;
SELECT is(pg_temp.stored('b09'), '', 'b09: keys are unique in every view, and reports with long names can be stored');
SELECT is((SELECT string_agg(DISTINCT b.name, ' ') FROM (SELECT r.view AS name, r.body FROM cvm.report_body r UNION ALL SELECT p.part, p.body FROM cvm.report_part p) b WHERE b.body ~ '\|\| ''\|'' \|\|' AND b.body !~ 'n\.scheme\) \|\| ''\|'''), NULL, 'b09: no view makes its key by hand');

-- b10: days before 2000
CREATE TABLE s10 (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO s10 SELECT c, p, f + n, t + n, m FROM (VALUES (1, 'A', date '2024-01-05', NULL::date, 10), (1, 'B', '2024-02-10', '2024-04-01', 5)) v (c, p, f, t, m), (VALUES (0), (-10227)) shift (n);
UPDATE s10 SET customer_id = 2 WHERE started_on < '2000-01-01';
CREATE TABLE g10 AS SELECT i AS customer_id, 'S'::text AS segment, date '1990-01-01' AS valid_from, NULL::date AS valid_to FROM generate_series(1, 2) i;
DO $$ BEGIN PERFORM create_model('b10', tz => 'UTC', as_of => '2024-08-01'); PERFORM bind('b10', 'segment_history', 'g10'), bind('b10', 'subscription', 's10'); END $$;
SELECT is((SELECT string_agg(month_label || ' ' || cross_sold_customers || ' ' || cross_sell_undone_customers, ', ' ORDER BY month) FROM b10.segment_kpi WHERE segment = '(all)' AND month_label IN ('1996-02', '1996-04', '2024-02', '2024-04')),
	'1996-02 1 0, 1996-04 0 1, 2024-02 1 0, 2024-04 0 1', 'b10: a sale that is undone before 2000 is seen as one after');

-- b18: rates of a month that is not over
CREATE TABLE s18 (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO s18 VALUES (1, 'P', '2024-01-05', '2024-02-20', 50), (2, 'P', '2024-01-05', NULL, 50), (3, 'P', '2024-01-05', NULL, 50), (4, 'P', '2024-01-05', NULL, 50);
CREATE TABLE g18 AS SELECT i AS customer_id, 'S'::text AS segment, date '2023-01-01' AS valid_from, NULL::date AS valid_to FROM generate_series(1, 4) i;
DO $$ BEGIN PERFORM create_model('b18', tz => 'UTC', as_of => '2024-02-21'); PERFORM bind('b18', 'segment_history', 'g18'), bind('b18', 'subscription', 's18'); END $$;
SELECT is((SELECT array_agg(c.key ORDER BY c.key) FROM b18.subscription_kpi k CROSS JOIN LATERAL jsonb_each(to_jsonb(k)) c WHERE NOT k.is_complete AND c.value <> 'null'
		AND (c.key ~ '_rate$' OR c.key ~ '^lifetime' OR c.key = 'quick_ratio')), NULL, 'b18: subscription_kpi has no rate of a month that is not over');
SELECT is((SELECT opening_customers || ' ' || churned_customers FROM b18.subscription_kpi WHERE segment = '(all)' AND NOT is_complete), '4 -1', 'b18: what has happened in it so far is there');
DO $$ BEGIN PERFORM configure('b18', 'as_of', '2024-03-01'); END $$;
SELECT is((SELECT logo_churn_rate || ' ' || gross_revenue_retention_rate || ' ' || lifetime_revenue FROM b18.subscription_kpi WHERE segment = 'S' AND month_label = '2024-02'), '0.25 0.75 200', 'b18: the rates come when the month is over');

-- b19: two rates of a day
CREATE TABLE s19 (customer_id int, product text, started_on date, ended_on date, mrr numeric, currency text);
INSERT INTO s19 VALUES (1, 'A', '2024-01-05', NULL, 100, 'EUR'), (2, 'A', '2024-01-05', NULL, 110, 'USD');
CREATE TABLE fx19 (currency text, valid_from date, rate numeric);
INSERT INTO fx19 VALUES ('USD', '2024-01-01', 0.9), ('USD', '2024-01-01', 0.5);
DO $$ BEGIN PERFORM create_model('b19', tz => 'UTC', as_of => '2024-02-01', currency => 'EUR'); PERFORM bind('b19', 'fx_rate', 'fx19'), bind('b19', 'subscription', 's19'); END $$;
SELECT is((SELECT closing_mrr FROM b19.mrr_movement), 199.00, 'b19: of two rates of a day one is taken');
TRUNCATE fx19;
INSERT INTO fx19 VALUES ('USD', '2024-01-01', 0.5), ('USD', '2024-01-01', 0.9);
SELECT is((SELECT closing_mrr || ' ' || (SELECT closing_mrr FROM b19.subscription_kpi) FROM b19.mrr_movement), '199.00 199.00', 'b19: whatever the order of the rows, in every view');

-- b22: only future starts
CREATE TABLE s22 AS SELECT 1 AS customer_id, 'P'::text AS product, current_date + 30 AS started_on, NULL::date AS ended_on, 10 AS mrr, 'moved'::text AS end_reason;
CREATE TABLE g22 AS SELECT 1 AS customer_id, 'S'::text AS segment, date '2023-01-01' AS valid_from, NULL::date AS valid_to;
CREATE FUNCTION pg_temp.rows_of(model name) RETURNS text LANGUAGE plpgsql AS $$
DECLARE v name; n bigint; result text := '';
BEGIN
	FOR v IN SELECT k.view FROM cvm.catalog(model) k WHERE k."exists" ORDER BY k.view COLLATE "C" LOOP
		BEGIN
			EXECUTE format('SELECT count(*) FROM %I.%I', model, v) INTO n;
		EXCEPTION WHEN OTHERS THEN
			result := result || v || ': ' || SQLERRM || ', ';
			CONTINUE;
		END;
		result := result || CASE WHEN n > 0 THEN v || ' ' || n || ', ' ELSE '' END;
	END LOOP;
	RETURN result;
END
$$;
DO $$ BEGIN PERFORM create_model('b22', tz => 'UTC'); PERFORM bind('b22', 'subscription', 's22'); END $$;
SELECT is(pg_temp.rows_of('b22'), '', 'b22: only future starts make no rows and no error, without segments');
DO $$ BEGIN PERFORM bind('b22', 'segment_history', 'g22'); END $$;
SELECT is(pg_temp.rows_of('b22'), '', 'b22: nor with segments');
DO $$ BEGIN PERFORM store('b22', 'customer_holdings'); END $$;
SELECT is((SELECT count(*) FROM b22.mrr_movement), 0::bigint, 'b22: stored holdings of the future make no rows either');
TRUNCATE s22;
DO $$ BEGIN PERFORM unstore('b22', 'customer_holdings'); PERFORM unbind('b22', 'segment_history'); END $$;
SELECT is(pg_temp.rows_of('b22'), '', 'b22: nor does a table without rows');

-- b24: per cent in a name
CREATE TABLE e24 AS SELECT 1 AS customer_id, date '2024-01-05' AS occurred_at, 5 AS "net %";
DO $$ BEGIN PERFORM create_model('50% %s %1$I', tz => 'UTC', as_of => '2024-02-01'); PERFORM bind('50% %s %1$I', 'event', 'e24', '{"amount":"net %"}'); END $$;
SELECT lives_ok($$SELECT store('50% %s %1$I', 'customer_activity')$$, 'b24: a model with per cent in its name can store states');
SELECT lives_ok($$SELECT store('50% %s %1$I', 'retention_month')$$, 'b24: and reports');
SELECT is((SELECT value FROM "50% %s %1$I".retention_month), 5.00, 'b24: its views read them');
SELECT lives_ok($$SELECT count(*) FROM check_model('50% %s %1$I')$$, 'b24: it can be checked');

-- b25: left on the day of coming
SELECT is((SELECT array_agg("time" || ' ' || at_risk || ' ' || churned || ' ' || survival) FROM survival_curve((SELECT survival_agg(d, c, e) FROM (VALUES (0, true, 0), (2, true, 0), (3, false, 0)) v (d, c, e)))),
	(SELECT array_agg("time" || ' ' || at_risk || ' ' || churned || ' ' || survival) FROM survival_curve((SELECT survival_agg(d, c) FROM (VALUES (0, true), (2, true), (3, false)) v (d, c)))),
	'b25: seen from the start is the same as no entry, for who leaves on the first day too');
SELECT is((SELECT at_risk || ' ' || churned FROM survival_curve((SELECT survival_agg(d, c, e) FROM (VALUES (0, true, 0), (2, true, 0), (3, false, 0)) v (d, c, e))) WHERE "time" = 0), '3 1', 'b25: one of three leaves on the first day');
SELECT throws_ok('SELECT survival_agg(1, true, 1)', '22023', 'entry at "1" is not before the end at "1"', 'b25: who left when first seen was not seen');
SELECT throws_ok('SELECT survival_agg(-1, true, 0)', '22023', 'duration "-1" is negative', 'b25: durations are not negative');

SELECT * FROM finish();
ROLLBACK;
