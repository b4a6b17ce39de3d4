\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Kinds of input that other software gets wrong: what check_model() says of
-- them, what its fixes make of them, and what bind() refuses.  Each title begins
-- with the number of its case.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(57);
CREATE SCHEMA c;
SET LOCAL search_path = c, cvm, public;
SET LOCAL TimeZone = 'UTC';
CREATE FUNCTION pg_temp.mend(model name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE f text;
BEGIN
	FOR f IN SELECT x.fix FROM cvm.check_model(model) x WHERE x.severity <> 'info' LOOP
		EXECUTE f;
	END LOOP;
END
$$;
CREATE FUNCTION pg_temp.found(model name) RETURNS text LANGUAGE sql AS
	$$SELECT coalesce(string_agg(format('%s %s %s %s', x.severity, x.entity, x.problem, x.count), ', ' ORDER BY x.entity, x.problem), '') FROM cvm.check_model(model) x WHERE x.severity <> 'info'$$;

-- b01: statuses in no list
CREATE TABLE s1 (customer_id int, product text, started_on date, ended_on date, mrr numeric, status text);
INSERT INTO s1 VALUES (1, 'P', '2024-01-05', NULL, 10, 'Trial'), (2, 'P', '2024-01-05', NULL, 10, 'Active'), (3, 'P', '2024-01-05', NULL, 10, 'On Ice'), (4, 'P', '2024-01-05', NULL, 10, 'Paused');
DO $$ BEGIN PERFORM create_model('b01', tz => 'UTC', as_of => '2024-02-01'); PERFORM bind('b01', 'subscription', 's1'); END $$;
SELECT is((SELECT severity || ' ' || samples::text FROM check_model('b01') WHERE problem = 'unknown_status'), 'warning {"On Ice"}', 'b01: a status in no list, and no usual word for paying, is found');
DO $$ BEGIN PERFORM configure('b01', 'paused_statuses', 'Paused, ON ICE'); END $$;
SELECT is(pg_temp.found('b01'), '', 'b01: it is not when it is told, in any case of letters');

-- b02: several currencies
CREATE TABLE s2 (customer_id int, product text, started_on date, ended_on date, mrr numeric, currency text);
INSERT INTO s2 VALUES (1, 'A', '2024-01-05', NULL, 100, 'eur'), (2, 'A', '2024-01-05', NULL, 110, 'usd');
CREATE TABLE fx2 (currency text, valid_from date, rate numeric);
INSERT INTO fx2 VALUES ('USD', '2024-01-01', 0.9);
DO $$ BEGIN PERFORM create_model('b02', tz => 'UTC', as_of => '2024-02-01', currency => 'EUR'); PERFORM bind('b02', 'subscription', 's2'); END $$;
SELECT is(pg_temp.found('b02'), 'error subscription mixed_currency 1', 'b02: without rates amounts in another currency are found, and eur is EUR');
DO $$ BEGIN PERFORM bind('b02', 'fx_rate', 'fx2'); END $$;
SELECT is(pg_temp.found('b02'), '', 'b02: with rates there is nothing to find');
SELECT is((SELECT closing_mrr || ' ' || closing_customers FROM b02.mrr_movement), '199.00 2', 'b02: codes in small letters are converted');
INSERT INTO s2 VALUES (3, 'A', '2024-01-10', NULL, 50, 'GBP');
INSERT INTO fx2 VALUES ('GBP', '2024-02-01', 1.2), ('GBP', '2024-01-01', 0);
SELECT is(pg_temp.found('b02'), 'error fx_rate bad_rate 1, error subscription missing_rate 1', 'b02: a currency without a rate is found, and a rate of 0 is none');
SELECT throws_ok('SELECT closing_mrr FROM b02.mrr_movement', '22023', NULL, 'b02: views stop with an error on it');
DO $$ BEGIN PERFORM pg_temp.mend('b02'); END $$;
SELECT is((SELECT closing_mrr || ' ' || closing_customers FROM b02.mrr_movement), '199.00 2', 'b02: the fixes leave out what cannot be converted, and no more');
-- what is left unsaid: the rows have a currency, the model none
CREATE TABLE dinar AS SELECT 1 AS customer_id, 'P'::text AS product, date '2024-01-05' AS started_on, NULL::date AS ended_on, 4.125 AS mrr, 'kwd'::text AS currency;
DO $$ BEGIN PERFORM create_model('unsaid', tz => 'UTC', as_of => '2024-02-01'); PERFORM bind('unsaid', 'subscription', 'dinar'); END $$;
SELECT is((SELECT concat_ws(' ', severity, entity, count, samples::text) FROM check_model('unsaid') WHERE problem = 'no_currency'), 'info subscription 1 {KWD}', 'unsaid: the currency of the rows is found where the model has none');
DO $$ BEGIN EXECUTE (SELECT fix FROM check_model('unsaid') WHERE problem = 'no_currency'); END $$;
SELECT is((SELECT closing_mrr || ' ' || currency FROM unsaid.mrr_movement), '4.125 KWD', 'unsaid: its fix says so, and views show it');
SELECT is((SELECT count(*) FROM check_model('unsaid') WHERE problem = 'no_currency'), 0::bigint, 'unsaid: and then it is said');

-- b03: keys that are equal without being the same bytes
CREATE COLLATION c.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE s3 (customer_id text COLLATE c.ci, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO s3 VALUES ('Ann@x.lt', 'P', '2024-01-05', '2024-02-10', 10), ('ann@X.lt', 'P', '2024-02-10', NULL, 12), ('bob', 'P', '2024-01-07', NULL, 5);
CREATE TABLE g3 (customer_id text, segment text COLLATE c.ci, valid_from date);
DO $$ BEGIN PERFORM create_model('b03', tz => 'UTC', as_of => '2024-03-01'); END $$;
SELECT throws_ok($$SELECT bind('b03', 'subscription', 's3')$$, '42804', NULL, 'b03: customers with a nondeterministic collation are refused');
CREATE FUNCTION pg_temp.hint(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE h text;
BEGIN
	EXECUTE statement;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS h = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ' ' || h;
END
$$;
SELECT is(pg_temp.hint($$SELECT cvm.bind('b03', 'subscription', 'c.s3')$$), '42804 Make a view with lower(customer_id::text COLLATE "default") and bind the view.', 'b03: the hint says what view to make');
SELECT is(pg_temp.hint($$SELECT cvm.bind('b03', 'segment_history', 'c.g3')$$), '42804 Make a view with lower(segment::text COLLATE "default") and bind the view.', 'b03: so are names with such a collation');
CREATE VIEW s3_lower AS SELECT lower(customer_id::text COLLATE "default") AS customer_id, product, started_on, ended_on, mrr FROM s3;
DO $$ BEGIN PERFORM bind('b03', 'subscription', 's3_lower'); END $$;
SELECT is((SELECT concat_ws(' ', new_mrr, expansion_mrr, churn_mrr, closing_mrr) FROM b03.mrr_movement WHERE month_label = '2024-02'), '0.00 2.00 0.00 17.00', 'b03: with that view who upgrades is expansion');
CREATE TABLE e3 (c text COLLATE c.ci, d date, p text);
INSERT INTO e3 VALUES ('Ann', '2024-01-05', 'P'), ('ann', '2024-02-05', 'P');
SELECT is((SELECT string_agg(f || ': ' || pg_temp.hint(q), E'\n') FROM (VALUES
		('retention_agg', $$SELECT cvm.retention_agg(c, d, 'month') FROM c.e3$$),
		('movement_agg', $$SELECT cvm.movement_agg(c, p, d, NULL::date, 1, false, 'month', '2024-03-01'::date, 90) FROM c.e3$$),
		('cannibalization_agg', $$SELECT cvm.cannibalization_agg(c, p, d, NULL::date, 1, ARRAY['P'], NULL::text[], '2024-03-01'::date, 30, 60, 0, 'x') FROM c.e3$$),
		('fold_activity', $$SELECT count(*) FROM cvm.fold_activity('SELECT c, d FROM c.e3', 'UTC') AS t (c text, a cvm.activity)$$)) v (f, q)),
	E'retention_agg: 0A000 Fold with lower(customer COLLATE "default"), or whatever makes equal keys the same.\nmovement_agg: 0A000 Fold with lower(customer COLLATE "default"), or whatever makes equal keys the same.\ncannibalization_agg: 0A000 Fold with lower(customer COLLATE "default"), or whatever makes equal keys the same.\nfold_activity: 0A000 Fold with lower(customer COLLATE "default"), or whatever makes equal keys the same.',
	'b03: one-pass aggregates refuse such keys');
SELECT is((SELECT sum(g.cohort_customers) FROM cvm.grid((SELECT cvm.retention_agg(lower(c COLLATE "default"), d, 'month') FROM e3)) g WHERE g.period_no = 0), 1::numeric, 'b03: they take them when they are made the same');
CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;
CREATE TABLE s3c (customer_id citext, product text, started_on date, ended_on date, mrr numeric);
SELECT is(pg_temp.hint($$SELECT cvm.bind('b03', 'subscription', 'c.s3c')$$), '42804 Make a view with lower(customer_id::text COLLATE "default") and bind the view.', 'b03: citext is refused with the same hint');
SELECT is(pg_temp.hint($$SELECT cvm.retention_agg(customer_id, started_on, 'month') FROM c.s3c$$), 'no error', 'b03: an aggregate over no rows has nothing to refuse');
INSERT INTO s3c VALUES ('Ann', 'P', '2024-01-05', NULL, 1);
SELECT is(pg_temp.hint($$SELECT cvm.retention_agg(customer_id, started_on, 'month') FROM c.s3c$$), '0A000 Fold with lower(customer::text), or whatever makes equal keys the same.', 'b03: citext is refused by the aggregates');

-- b05: mended views do not depend on the reader's zone
CREATE TABLE g5 (customer_id int, segment text, valid_from timestamptz, valid_to timestamptz);
INSERT INTO g5 VALUES (1, 'A', '2024-01-01 00:00+00', '2024-04-01 00:00+00'), (1, 'B', '2024-04-01 00:00+00', NULL), (2, 'A', '2024-01-01 00:00+00', NULL), (2, 'B', '2024-02-10 00:00+00', NULL),
	(3, 'B', '2024-01-01 18:00+00', NULL), (3, 'A', '2024-01-01 09:00+00', NULL), (4, 'A', '2024-01-01 00:00+00', '2024-02-01 00:00+00'), (4, 'B', '2024-03-15 00:00+00', NULL);
CREATE TABLE s5 (customer_id int, product text, started_on timestamptz, ended_on timestamptz, mrr numeric);
INSERT INTO s5 VALUES (1, 'P', '2024-01-05 00:00+00', '2024-05-01 00:00+00', 10), (2, 'P', '2024-01-05 00:00+00', '2024-05-01 00:00+00', 10), (3, 'Q', '2024-01-05 00:00+00', '2024-04-01 00:00+00', 7), (4, 'Q', '2024-01-05 00:00+00', NULL, 7), (4, 'Q', '2024-02-05 00:00+00', '2024-04-01 00:00+00', 7);
DO $$ BEGIN PERFORM create_model('b05', tz => 'UTC', as_of => '2024-05-01'); PERFORM bind('b05', 'segment_history', 'g5'), bind('b05', 'subscription', 's5'); END $$;
SELECT is(pg_temp.found('b05'), 'warning segment_history segment_overlap 2, warning subscription overlapping_spells 1', 'b05: overlaps are found');
DO $$ DECLARE f text; BEGIN FOR f IN SELECT x.fix FROM cvm.check_model('b05') x WHERE x.problem <> 'missing_index' LOOP EXECUTE f; END LOOP; END $$;
SELECT is(pg_temp.found('b05'), '', 'b05: and mended');
CREATE FUNCTION pg_temp.march() RETURNS text LANGUAGE sql AS $$SELECT string_agg(segment || ' ' || closing_mrr, ', ' ORDER BY segment COLLATE "C") FROM b05.segment_kpi WHERE month_label = '2024-03'$$;
SELECT is(pg_temp.march(), '(all) 34.00, A 10.00, B 24.00', 'b05: at the end of March A and B have what they should');
SET LOCAL TimeZone = 'America/New_York';
SELECT is(pg_temp.march(), '(all) 34.00, A 10.00, B 24.00', 'b05: also for a reader in New York');
SET LOCAL TimeZone = 'Asia/Tokyo';
SELECT is(pg_temp.march(), '(all) 34.00, A 10.00, B 24.00', 'b05: also for a reader in Tokyo');
SET LOCAL TimeZone = 'UTC';
SELECT is((SELECT string_agg(segment || ' ' || valid_from, ', ') FROM b05.segment_history WHERE customer_id = 3), 'B 2024-01-01', 'b06: of two changes on one day the later by the clock counts once it is mended');

-- b07: something inside something longer
CREATE TABLE s7 (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO s7 VALUES (1, 'P', '2024-01-05', NULL, 10), (1, 'P', '2024-03-05', '2024-04-05', 4);
CREATE TABLE g7 (customer_id int, segment text, valid_from date, valid_to date);
INSERT INTO g7 VALUES (1, 'A', '2024-01-01', NULL), (1, 'B', '2024-03-10', '2024-04-10'), (1, 'C', '2024-03-20', '2024-03-25');
CREATE TABLE o7 (subject_kind text, subject text, owner text, valid_from date, valid_to date);
INSERT INTO o7 VALUES ('segment', 'A', 'Ada', '2024-01-01', NULL), ('segment', 'A', 'Bo', '2024-05-01', '2024-06-01'), ('segment', 'B', 'Cy', NULL, NULL), ('segment', 'B', 'Di', '2024-03-15', NULL);
DO $$ BEGIN PERFORM create_model('b07', tz => 'UTC', as_of => '2024-08-01'); PERFORM bind('b07', 'segment_history', 'g7'), bind('b07', 'owner', 'o7'), bind('b07', 'subscription', 's7'); END $$;
CREATE TEMP TABLE before7 AS SELECT (SELECT string_agg(month_label || ' ' || segment || ' ' || closing_customers, ', ' ORDER BY month, segment COLLATE "C") FROM b07.segment_kpi) AS kpi;
SELECT is(pg_temp.found('b07'), 'error owner two_owners 2, warning segment_history segment_overlap 2, warning subscription overlapping_spells 1', 'b07: what overlaps is found');
DO $$ BEGIN PERFORM pg_temp.mend('b07'); END $$;
SELECT is(pg_temp.found('b07'), '', 'b07: and mended');
SELECT is((SELECT string_agg(segment || ' ' || valid_from || ' ' || coalesce(valid_to::text, ''), ', ' ORDER BY valid_from) FROM b07.segment_history),
	'A 2024-01-01 2024-03-10, B 2024-03-10 2024-03-20, C 2024-03-20 2024-03-25, B 2024-03-25 2024-04-10, A 2024-04-10 ', 'b07: after what lies inside the longer segment goes on');
SELECT is((SELECT string_agg(month_label || ' ' || segment || ' ' || closing_customers, ', ' ORDER BY month, segment COLLATE "C") FROM b07.segment_kpi), (SELECT kpi FROM before7), 'b07: the fix changes no segment at any closing');
SELECT is((SELECT string_agg(concat_ws(' ', subject, owner, coalesce(valid_from::text, '-'), coalesce(valid_to::text, '-')), ', ' ORDER BY subject, valid_from NULLS FIRST) FROM b07.owner),
	'A Ada 2024-01-01 2024-05-01, A Bo 2024-05-01 2024-06-01, A Ada 2024-06-01 -, B Cy - 2024-03-15, B Di 2024-03-15 -', 'b07: Ada answers but for May');
SELECT is((SELECT count(*) FROM b07.owner_gap WHERE subject IN ('A', 'B')), 0::bigint, 'b07: there is no day for which nobody answers');
SELECT is((SELECT string_agg(month_label || ' ' || closing_mrr, ', ' ORDER BY month) FROM b07.mrr_movement WHERE segment = '(all)' AND month >= '2024-02-01' AND month < '2024-06-01'), '2024-02 10.00, 2024-03 4.00, 2024-04 10.00, 2024-05 10.00',
	'b07: a spell without an end goes on after what lay inside it');

-- b09: a product that is called as the total
CREATE TABLE s9 AS SELECT 1 AS customer_id, '(all)'::text AS product, date '2024-01-05' AS started_on, NULL::date AS ended_on, 10 AS mrr;
DO $$ BEGIN PERFORM create_model('b09', tz => 'UTC', as_of => '2024-03-01'); PERFORM bind('b09', 'subscription', 's9'); END $$;
SELECT is(pg_temp.found('b09'), 'error subscription reserved_name 1', 'b09: a product that is called as the total is found');
DO $$ BEGIN PERFORM pg_temp.mend('b09'); END $$;
SELECT is((SELECT count(*) = count(DISTINCT row_key) AND count(*) > 1 FROM b09.survival), true, 'b09: once it is mended keys are unique');

-- b12: infinity as an open end
CREATE TABLE s12 (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO s12 VALUES (1, 'P', '2024-01-05', 'infinity', 10);
CREATE TABLE g12 (customer_id int, segment text, valid_from date, valid_to date);
INSERT INTO g12 VALUES (1, 'A', '-infinity', 'infinity');
CREATE TABLE o12 (subject_kind text, subject text, owner text, valid_from date, valid_to date);
INSERT INTO o12 VALUES ('segment', 'A', 'Ada', '-infinity', 'infinity');
DO $$ BEGIN PERFORM create_model('b12', tz => 'UTC', as_of => '2024-03-01'); PERFORM bind('b12', 'segment_history', 'g12'), bind('b12', 'owner', 'o12'), bind('b12', 'subscription', 's12'); END $$;
SELECT is(pg_temp.found('b12'), '', 'b12: infinity as an open end, and as a start that always was, is nothing to find');
SELECT is((SELECT string_agg(DISTINCT segment || ' ' || closing_mrr || ' ' || coalesce(owner, ''), ', ') FROM b12.segment_kpi WHERE segment <> '(all)'), 'A 10.00 Ada', 'b12: it is in its segment, which has its owner');
INSERT INTO s12 VALUES (2, 'P', 'infinity', NULL, 10), (3, 'P', '2024-01-05', '-infinity', 10);
INSERT INTO g12 VALUES (2, 'A', 'infinity', NULL);
SELECT is(pg_temp.found('b12'), 'error segment_history infinite_time 1, error subscription infinite_time 1, error subscription infinite_time 1, error subscription inverted_spell 1', 'b12: a start that never comes is found, and an end that always was');
DO $$ BEGIN PERFORM pg_temp.mend('b12'); END $$;
SELECT is(pg_temp.found('b12') || (SELECT count(*) FROM b12.subscription) || (SELECT count(*) FROM b12.segment_history), '11', 'b12: the fixes leave these out and keep the others');

-- b14: discounts as negative lines
CREATE TABLE s14 (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO s14 VALUES (1, 'Plan', '2024-01-05', NULL, 100), (1, 'Discount', '2024-01-05', '2024-03-05', -20), (2, 'Plan', '2024-01-05', NULL, 100);
DO $$ BEGIN PERFORM create_model('b14', tz => 'UTC', as_of => '2024-04-01'); PERFORM bind('b14', 'subscription', 's14'); END $$;
SELECT is(pg_temp.found('b14'), '', 'b14: a discount as a line below 0 is nothing to find');
INSERT INTO s14 VALUES (3, 'Plan', '2024-01-05', '2024-02-05', 100), (3, 'Refund', '2024-02-10', '2024-03-10', -100), (4, 'Plan', '2024-01-05', NULL, 10), (4, 'Refund', '2024-01-05', '2024-03-10', -30);
SELECT is(pg_temp.found('b14'), 'error subscription negative_mrr 2', 'b14: a refund, with which a customer pays less than nothing, is found');
DO $$ BEGIN PERFORM pg_temp.mend('b14'); END $$;
SELECT is((SELECT string_agg(closing_mrr || ' ' || expansion_mrr, ', ' ORDER BY month) FROM b14.mrr_movement), '290.00 0.00, 190.00 0.00, 210.00 20.00', 'b14: the fix leaves out refunds and keeps discounts');

-- b15: canceled_at is not the end
CREATE SCHEMA stripe;
CREATE TABLE stripe.subscriptions (id text PRIMARY KEY, customer text, plan text, amount bigint, currency text, start_date timestamptz, cancel_at timestamptz, canceled_at timestamptz, current_period_end timestamptz, ended_at timestamptz, status text);
SELECT is((SELECT regexp_replace(bind, '.*("ended_on": "\w+").*("cancel_requested_on": "\w+").*', '\1 \2') FROM suggest('stripe', 'b14') WHERE entity = 'subscription'), '"ended_on": "ended_at" "cancel_requested_on": "canceled_at"', 'b15: a request to leave is not the end');
SELECT matches((SELECT why FROM suggest('stripe', 'b14') WHERE entity = 'subscription'), 'amount counts in whole numbers: where these are cents', 'b15: an amount of whole numbers may be in cents, and the reasons say so');
INSERT INTO stripe.subscriptions SELECT 'sub' || i, 'cus' || i, 'pro', 1999, 'eur', '2024-01-01', '2024-06-01', '2024-05-02', '2024-06-01', NULL, 'active' FROM generate_series(1, 50) i;
SELECT is((SELECT regexp_replace(bind, '.*("ended_on": "\w+").*("cancel_requested_on": "\w+").*', '\1 \2') FROM suggest('stripe', 'b14') WHERE entity = 'subscription'), '"ended_on": "ended_at" "cancel_requested_on": "canceled_at"', 'b15: nor is it where everybody asked to leave and nobody has left');

-- b16: signed up and cancelled on one day
CREATE TABLE s16 (customer_id int, product text, started_on timestamptz, ended_on timestamptz, mrr numeric);
INSERT INTO s16 VALUES (1, 'P', '2024-02-10 09:00+00', '2024-02-10 17:00+00', 10), (2, 'P', '2024-01-10 09:00+00', '2024-02-10 09:00+00', 10), (2, 'P', '2024-02-10 15:00+00', NULL, 10);
DO $$ BEGIN PERFORM create_model('b16', tz => 'UTC', as_of => '2024-03-01'); PERFORM bind('b16', 'subscription', 's16'); END $$;
SELECT is((SELECT severity || ' ' || problem || ' ' || samples::text FROM check_model('b16') WHERE severity <> 'info'), 'warning empty_spell {"1 P 2024-02-10"}', 'b16: a spell that ends on the day on which it begins is listed');
DO $$ BEGIN PERFORM pg_temp.mend('b16'); END $$;
SELECT is(pg_temp.found('b16') || (SELECT count(*) FROM b16.subscription), '2', 'b16: the fix leaves it out');

-- b17: terms whose last day is part of them
CREATE TABLE s17 AS SELECT c AS customer_id, 'P'::text AS product, m::date AS started_on, (m + interval '1 month - 1 day')::date AS ended_on, 10 AS mrr FROM generate_series(1, 40) c, generate_series(timestamp '2024-01-01', '2024-03-01', '1 month') m;
DO $$ BEGIN PERFORM create_model('b17', tz => 'UTC', as_of => '2024-04-01'); PERFORM bind('b17', 'subscription', 's17'); END $$;
SELECT is(pg_temp.found('b17'), 'warning subscription inclusive_end 80', 'b17: terms that are followed by the next one a day later are found');
DO $$ BEGIN PERFORM pg_temp.mend('b17'); END $$;
SELECT is((SELECT string_agg(new_customers || ' ' || churn_customers || ' ' || same_period_customers || ' ' || closing_mrr, ', ' ORDER BY month) FROM b17.mrr_movement), '40 0 0 400.00, 0 0 0 400.00, 0 0 0 400.00', 'b17: after the fix nobody leaves between terms');
-- the same with the last second, in the zone of the model
CREATE TABLE s17_second AS SELECT c AS customer_id, 'P'::text AS product, m AT TIME ZONE 'Europe/Vilnius' AS started_on, (m + interval '1 month - 1 second') AT TIME ZONE 'Europe/Vilnius' AS ended_on, 10 AS mrr
FROM generate_series(1, 3) c, generate_series(timestamp '2024-01-01', '2024-12-01', '1 month') m;
DO $$ BEGIN PERFORM configure('b17', 'time_zone', 'Europe/Vilnius'); PERFORM configure('b17', 'as_of', '2024-12-31'); PERFORM bind('b17', 'subscription', 's17_second'); PERFORM pg_temp.mend('b17'); END $$;
SELECT is((SELECT sum(closing_mrr) || ' ' || sum(churn_customers) || ' ' || sum(same_period_customers) FROM b17.mrr_movement), '360.00 0 0', 'b17: so are terms that end with the last second of a day');

-- b19: two rates of a day
CREATE TABLE s19 (customer_id int, product text, started_on date, ended_on date, mrr numeric, currency text);
INSERT INTO s19 VALUES (1, 'A', '2024-01-05', NULL, 100, 'EUR'), (2, 'A', '2024-01-05', NULL, 110, 'USD');
CREATE TABLE fx19 (currency text, valid_from date, rate numeric);
INSERT INTO fx19 VALUES ('USD', '2024-01-01', 0.5), ('usd', '2024-01-01', 0.9);
CREATE TABLE c19 (id int PRIMARY KEY, month date, pool text, amount numeric);
INSERT INTO c19 VALUES (1, '2024-01-01', 'care', 100), (2, '2024-01-01', 'care', 100), (3, '2024-01-01', 'care', 50);
CREATE TABLE o19 (id int PRIMARY KEY, subject_kind text, subject text, owner text, valid_from date);
INSERT INTO o19 VALUES (1, 'segment', 'S', 'Ada', '2024-01-01'), (2, 'segment', 'S', 'Ada', '2024-01-01');
DO $$ BEGIN PERFORM create_model('b19', tz => 'UTC', as_of => '2024-02-01', currency => 'EUR'); PERFORM bind('b19', 'fx_rate', 'fx19'), bind('b19', 'cost', 'c19'), bind('b19', 'owner', 'o19'), bind('b19', 'subscription', 's19'); END $$;
SELECT is(pg_temp.found('b19'), 'warning cost duplicate_key 1, error fx_rate duplicate_key 1, error owner duplicate_key 1, error owner two_owners 1', 'b19: two rates of a day are found, as are costs that say the same and owners who are named twice');
DO $$ BEGIN PERFORM pg_temp.mend('b19'); END $$;
SELECT is(pg_temp.found('b19') || (SELECT closing_mrr FROM b19.mrr_movement), '199.00', 'b19: the fix keeps the rate that views took');
SELECT is((SELECT sum(amount) FROM b19.cost), 150::numeric, 'b19: costs of one pool that differ are added up');

-- b23: a column of the user's named like an alias
CREATE TABLE c23 (customer_id int, copy int, s int, c int, next_start date, cvm_part int);
INSERT INTO c23 VALUES (1, 1, 1, 1), (2, 1, 1, 1), (2, 1, 1, 1);
DO $$ BEGIN PERFORM create_model('b23', tz => 'UTC'); PERFORM bind('b23', 'customer', 'c23'); END $$;
SELECT is(pg_temp.found('b23'), 'error customer duplicate_key 1', 'b23: attributes may have any name');
DO $$ BEGIN PERFORM pg_temp.mend('b23'); END $$;
SELECT is(pg_temp.found('b23') || (SELECT count(*) FROM b23.customer), '2', 'b23: and be mended');

-- kinds that no event has
CREATE TABLE e26 AS SELECT 1 AS customer_id, date '2024-01-05' AS occurred_at, 'order'::text AS kind;
DO $$ BEGIN PERFORM create_model('b26', tz => 'UTC'); PERFORM bind('b26', 'event', 'e26'); PERFORM configure('b26', 'start_kinds', 'Order'), configure('b26', 'return_kinds', 'order, visit'); END $$;
SELECT is((SELECT string_agg(severity || ' ' || problem || ' ' || samples::text || ' ' || what || ' ' || fix, E'\n' ORDER BY severity) FROM check_model('b26') WHERE problem = 'unknown_kind'),
	E'error unknown_kind {Order} Setting start_kinds names kinds that no event has, and nothing else: retention views are empty. Did you mean "order"? The fix takes every kind. SELECT cvm.configure(''b26'', ''start_kinds'', NULL);\nwarning unknown_kind {visit} Setting return_kinds names kinds that no event has. The fix leaves them out of the setting. SELECT cvm.configure(''b26'', ''return_kinds'', ''{order}'');',
	'kinds in start_kinds and return_kinds that no event has are found');
DO $$ BEGIN PERFORM pg_temp.mend('b26'); END $$;
SELECT is(pg_temp.found('b26') || (SELECT count(*) FROM b26.retention_month), '1', 'the fixes of kinds that no event has bring retention back');

SELECT * FROM finish();
ROLLBACK;
