\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Each problem that check_model() knows, alone in a sound world: it is found, nothing else is,
-- and with its fix, as printed, the views are those of the sound world again.
-- One of a kind and a few views are asked here; scripts/check-extra gate plants all, and reads every view.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(9);
\getenv asked CVM_PLANTED
\if :{?asked}
\else
\set asked few
-- the others wait for something that there is not
UPDATE cvm.report_body SET needs = needs || '{nothing}'::text[] WHERE view <> ALL ('{mrr_movement,subscription_kpi,segment_kpi,retention_month}');
\endif
CREATE SCHEMA app;
SET LOCAL search_path = app, cvm, public;
SET LOCAL TimeZone = 'America/New_York';

CREATE TABLE customer (id int, name text, joined date);
INSERT INTO customer SELECT i, 'c' || i, CASE WHEN i < 20 THEN date '2023-12-01' + i END FROM generate_series(1, 20) i;
CREATE TABLE product (product text, family text, list_price int);
INSERT INTO product VALUES ('in', 'home', 37), ('Mobile', 'mobile', 21);
-- customers 2, 6, 10, 14 and 18 had another price before
CREATE TABLE sub (cust int, product text, since timestamptz, until timestamptz, fee numeric, line int, state text, changed timestamptz, cur text, unit text, gone timestamptz, via text, why text);
INSERT INTO sub SELECT i, CASE WHEN i % 2 = 0 THEN 'in' ELSE 'Mobile' END, timestamptz '2024-01-10 10:00+00' + i * interval '1 day', CASE WHEN i % 4 = 0 THEN timestamptz '2024-04-01 10:00+00' + i * interval '1 day' END, 1050 + 37 * i, i,
	CASE WHEN i % 4 = 0 THEN 'cancelled' WHEN i = 19 THEN 'Suspended' ELSE 'active' END, CASE WHEN i = 19 THEN timestamptz '2024-05-10 10:00+00' END, CASE WHEN i % 3 > 0 THEN 'eur' END, 'month', NULL, 'shop', CASE WHEN i % 4 = 0 THEN 'price' END FROM generate_series(1, 20) i;
INSERT INTO sub SELECT cust, product, timestamptz '2024-03-05 10:00+00' + cust * interval '1 day', NULL, fee + 200, line, state, NULL, cur, unit, NULL, via, NULL FROM sub WHERE cust % 4 = 2;
UPDATE sub SET until = timestamptz '2024-03-05 10:00+00' + cust * interval '1 day' WHERE cust % 4 = 2 AND since < '2024-03-01';
CREATE TABLE seg (id int, segment text, valid_from date, valid_to date);
INSERT INTO seg SELECT i, CASE WHEN i % 3 = 0 THEN 'gold' ELSE 'silver' END, '2024-01-01', CASE WHEN i % 4 = 1 THEN date '2024-05-01' END FROM generate_series(1, 20) i;
INSERT INTO seg SELECT i, CASE WHEN i % 3 = 0 THEN 'silver' ELSE 'gold' END, '2024-05-01', NULL FROM generate_series(1, 20, 4) i;
CREATE TABLE ev (cust int, at timestamptz, kind text, product text, via text, amount numeric, cur text);
INSERT INTO ev SELECT 1 + i % 17, timestamptz '2024-01-05 09:00+00' + i * interval '37 hours', CASE WHEN i % 5 = 0 THEN 'refund' ELSE 'order' END, CASE WHEN i % 2 = 0 THEN 'in' ELSE 'Mobile' END, 'shop',
	CASE WHEN i % 11 > 0 THEN 10 + i * 0.37 END, CASE WHEN i % 4 > 0 THEN 'EUR' END FROM generate_series(1, 90) i;
CREATE TABLE own (kind text, what text, who text, valid_from date, valid_to date);
INSERT INTO own VALUES ('segment', 'gold', 'Ann', '2024-01-01', '2024-03-01'), ('segment', 'gold', 'Bob', '2024-03-01', NULL), ('segment', 'silver', 'Bob', '2024-01-01', '2024-04-01'), ('segment', 'silver', 'Ann', '2024-04-01', NULL),
	('product', 'in', 'Eve', '2024-01-01', '2024-02-01'), ('product', 'in', 'Ann', '2024-02-01', NULL);
CREATE TABLE spent (month date, pool text, amount numeric, cur text);
INSERT INTO spent SELECT m::date, p, 100.5, 'EUR' FROM generate_series(timestamp '2024-01-01', '2024-06-01', '1 month') m, unnest('{care,sales}'::text[]) p;
CREATE TABLE share (month date, pool text, quantity numeric, segment text);
INSERT INTO share SELECT m::date, p, q, s FROM generate_series(timestamp '2024-01-01', '2024-06-01', '1 month') m, unnest('{care,sales}'::text[]) p, (VALUES ('gold', 2), ('silver', 3)) v (s, q);
CREATE TABLE goal (segment text, month date, metric text, target numeric);
INSERT INTO goal SELECT 'gold', m::date, 'mrr', 70 FROM generate_series(timestamp '2024-01-01', '2024-06-01', '1 month') m;
CREATE TABLE deal (offer text, product text, price int, valid_from date, valid_to date);
INSERT INTO deal SELECT 'deal ' || m, 'in', 2900 + m, '2024-02-01', '2024-03-01' FROM generate_series(1, 12) m;
CREATE TABLE merged (old_id text, new_id text, since date);
INSERT INTO merged VALUES ('901', '1', '2024-02-01'), ('902', '2', NULL);
CREATE TABLE fx (currency text, day date, rate numeric);
INSERT INTO fx SELECT c, m::date, (r + extract(month FROM m) / 100)::numeric(6,2) FROM generate_series(timestamp '2024-01-01', '2024-06-01', '1 month') m, (VALUES ('USD', 0.9), ('GBP', 1.1)) v (c, r) WHERE c = 'USD' OR m > '2024-02-15';
CREATE TABLE none (LIKE own);
CREATE TABLE sms (customer_id int, occurred_at timestamptz, channel text);
CREATE FUNCTION pg_temp.bind_sub(also jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
	SELECT cvm.bind('m', 'subscription', 'app.sub', '{"customer_id": "cust", "started_on": "since", "ended_on": "until", "amount": {"column": "fee", "minor_units": 2}, "billing_interval": "unit", "subscription_id": "line",
		"status": "state", "status_since": "changed", "currency": "cur", "deleted": "gone", "channel": "via", "end_reason": "why"}' || also)
$$;
DO $$
BEGIN
	PERFORM create_model('m', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-07-01');
	PERFORM bind('m', 'customer', 'customer', '{"customer_id": "id", "joined_on": "joined"}');
	PERFORM bind('m', 'product', 'product');
	PERFORM bind('m', 'segment_history', 'seg', '{"customer_id": "id"}');
	PERFORM bind('m', 'event', 'ev', '{"customer_id": "cust", "occurred_at": "at", "currency": "cur", "channel": "via"}');
	PERFORM bind('m', 'owner', 'own', '{"subject_kind": "kind", "subject": "what", "owner": "who"}');
	PERFORM bind('m', 'cost', 'spent', '{"currency": "cur"}');
	PERFORM bind('m', 'cost_driver', 'share');
	PERFORM bind('m', 'segment_target', 'goal');
	PERFORM pg_temp.bind_sub();
END
$$;
-- what says nothing of the rows: indexes, statuses that are known, and what waits for views that are not asked
CREATE FUNCTION pg_temp.found() RETURNS TABLE (severity text, entity text, problem text, count bigint, fix text, n bigint) LANGUAGE sql AS $$
	SELECT c.severity, c.entity, c.problem, c.count, c.fix, c.n FROM cvm.check_model('m') WITH ORDINALITY c (severity, entity, problem, count, samples, what, fix, n) WHERE c.problem NOT IN ('missing_index', 'status', 'unread_entity')
$$;
SELECT is((SELECT string_agg(problem, ', ') FROM pg_temp.found()), NULL, 'a sound world has nothing to find but indexes and its statuses');

CREATE FUNCTION pg_temp.answers() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	answers jsonb := '{}';
	answer text;
	v name;
BEGIN
	FOR v IN SELECT g.relation FROM cvm.generated g JOIN pg_class c ON c.relname = g.relation AND c.relnamespace = 'm'::regnamespace AND c.relkind = 'v' WHERE g.model = 'm' LOOP
		EXECUTE format('SELECT md5(string_agg(x::text, E''\n'' ORDER BY x::text COLLATE "C")) FROM m.%I x', v) INTO answer;
		answers := answers || jsonb_build_object(v, answer);
	END LOOP;
	RETURN answers;
END
$$;
CREATE FUNCTION pg_temp.sound(statement text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
	answers jsonb;
BEGIN
	EXECUTE statement;
	answers := pg_temp.answers();
	RAISE sqlstate 'CVM00';
EXCEPTION WHEN sqlstate 'CVM00' THEN
	RETURN answers;
END
$$;
CREATE TEMP TABLE sound AS SELECT pg_temp.answers() AS answers;
-- what is found, and how the views stand after its fix: as before, or as after the statement sound
CREATE FUNCTION pg_temp.planted(statement text, sound text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	expected jsonb := CASE WHEN sound IS NULL THEN (SELECT s.answers FROM sound s) ELSE pg_temp.sound(sound) END;
	differ text;
	fixes text[];
	result text;
BEGIN
	EXECUTE statement;
	SELECT coalesce(string_agg(concat_ws(' ', c.severity, c.entity, c.problem, c.count), ', ' ORDER BY c.entity, c.problem), 'nothing'), array_agg(c.fix ORDER BY c.n) INTO result, fixes FROM pg_temp.found() c;
	IF fixes IS NOT NULL THEN
		FOREACH statement IN ARRAY fixes LOOP
			EXECUTE statement;
		END LOOP;
		SELECT string_agg(a.key, ' ') INTO differ FROM jsonb_each_text(pg_temp.answers()) a FULL JOIN jsonb_each_text(expected) e ON e.key = a.key WHERE a.value IS DISTINCT FROM e.value OR a.key IS NULL;
		result := result || coalesce(', and after ' || statement || ' these differ: ' || differ, ', mended') || coalesce((SELECT ', and there is ' || string_agg(problem, ' ') FROM pg_temp.found() c WHERE c.problem <> 'no_segment'), '');
	END IF;
	RAISE sqlstate 'CVM00';
EXCEPTION
	WHEN sqlstate 'CVM00' THEN
		RETURN result;
	WHEN OTHERS THEN
		RETURN concat_ws(' ', result, 'and then', SQLERRM, 'in', statement);
END
$$;
-- a row as it is, but for some of it
CREATE FUNCTION pg_temp.sub(changes text) RETURNS text LANGUAGE sql AS $$SELECT format('INSERT INTO app.sub SELECT (jsonb_populate_record(s, %L)).* FROM app.sub s WHERE line = 3', changes)$$;
CREATE FUNCTION pg_temp.ev(changes text) RETURNS text LANGUAGE sql AS $$SELECT format('INSERT INTO app.ev SELECT (jsonb_populate_record(s, %L)).* FROM app.ev s WHERE at = ''2024-01-08 11:00+00''', changes)$$;

-- always: one for each way in which something is mended
CREATE TEMP TABLE planted (n int GENERATED ALWAYS AS IDENTITY, always boolean, title text, expected text, statement text, sound text);
CREATE FUNCTION pg_temp.wrong() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(p.title || ': ' || x.found, E'\n' ORDER BY p.n) FROM planted p CROSS JOIN LATERAL (SELECT pg_temp.planted(p.statement, p.sound) AS found OFFSET 0) x WHERE x.found <> p.expected
$$;
CREATE FUNCTION pg_temp.plants(asked text) RETURNS bigint LANGUAGE sql AS $$
	WITH gone AS (DELETE FROM planted WHERE asked <> 'all' AND always IS NOT TRUE RETURNING 1) SELECT count(*) FROM gone
$$;
INSERT INTO planted (always, title, expected, statement, sound) VALUES
	(true, 'a row without an interval', 'error subscription null_value 1, mended', pg_temp.sub('{"unit": null, "line": 99}'), NULL),
	(false, 'an interval that is none', 'error subscription unknown_interval 1, mended', pg_temp.sub('{"unit": "lifetime", "line": 99}'), NULL),
	(true, 'an end that stands for none', 'error subscription early_time 2, mended', 'UPDATE sub SET until = ''1900-01-01 00:00+00'' WHERE line IN (3, 5)', NULL),
	(true, 'a row that was loaded twice, which overlaps itself', 'warning subscription duplicate_rows 1, warning subscription overlapping_spells 1, mended', pg_temp.sub('{}'), NULL),
	(true, 'names in other letters', 'warning subscription similar_names 2, mended', 'UPDATE sub SET product = CASE line WHEN 4 THEN '' IN'' ELSE ''In'' END WHERE line IN (4, 8)', NULL),
	(false, 'a product called as those who come', 'error subscription reserved_name 15, mended', 'UPDATE sub SET product = ''(in)'' WHERE product = ''in''', NULL),
	(false, 'a status that nobody knows', 'warning subscription unknown_status 1, mended', 'UPDATE sub SET state = ''Zombie'' WHERE line = 3', 'UPDATE sub SET state = ''Zombie'' WHERE line = 3'),
	(false, 'a status of today that rewrites the past', 'warning subscription status_of_today 1, mended', 'ALTER TABLE sub RENAME changed TO suspended_on; SELECT pg_temp.bind_sub(''{"status_since": null}'')',
		'ALTER TABLE sub RENAME changed TO suspended_on; SELECT pg_temp.bind_sub(''{"status_since": "suspended_on"}'')'),
	(false, 'an end without a day', 'error subscription ended_without_end 1, mended', 'SELECT pg_temp.bind_sub(''{"status_since": null}''); UPDATE sub SET state = ''active'' WHERE line = 19; ' || pg_temp.sub('{"state": "Expired", "line": 99}'),
		'SELECT pg_temp.bind_sub(''{"status_since": null}''); UPDATE sub SET state = ''active'' WHERE line = 19'),
	(false, 'a row of nobody', 'error subscription null_key 1, mended', pg_temp.sub('{"cust": null, "line": 99}'), NULL),
	(false, 'a row without a price', 'error subscription null_value 1, mended', pg_temp.sub('{"fee": null, "line": 99}'), NULL),
	(true, 'a price that is no number', 'error subscription not_a_number 1, mended', pg_temp.sub('{"fee": "NaN", "line": 99}'), NULL),
	(false, 'an amount that is no number', 'error event not_a_number 8, mended', 'UPDATE ev SET amount = ''NaN'' WHERE amount IS NULL', NULL),
	(false, 'a target that is no number', 'error segment_target not_a_number 1, mended', 'INSERT INTO goal VALUES (''silver'', ''2024-03-01'', ''mrr'', ''NaN'')', NULL),
	(false, 'a driver of cost that is no number', 'error cost_driver not_a_number 1, mended', 'INSERT INTO share VALUES (''2024-03-01'', ''care'', ''NaN'', ''gold'')', NULL),
	(true, 'a customer who pays less than nothing', 'error subscription negative_mrr 1, mended', pg_temp.sub('{"fee": -99999, "line": 99}'), NULL),
	(false, 'a discount, which is none', 'nothing', pg_temp.sub('{"fee": -20, "line": 99}'), NULL),
	(false, 'no product', 'error subscription no_product 1, mended', 'UPDATE sub SET product = NULL WHERE line = 3', 'UPDATE sub SET product = ''(unknown)'' WHERE line = 3'),
	(false, 'a product of blanks', 'error subscription no_product 1, mended', 'UPDATE sub SET product = '' '' WHERE line = 3', 'UPDATE sub SET product = ''(unknown)'' WHERE line = 3'),
	(false, 'a start that never comes', 'error subscription infinite_time 1, mended', pg_temp.sub('{"since": "infinity", "line": 99}'), NULL),
	(false, 'an end that always was', 'error subscription infinite_time 1, error subscription inverted_spell 1, mended', pg_temp.sub('{"until": "-infinity", "line": 99}'), NULL),
	(false, 'a start that stands for none', 'error subscription early_time 1, mended', pg_temp.sub('{"since": "0001-01-01", "line": 99}'), NULL),
	(false, 'an end before the start', 'error subscription inverted_spell 1, mended', pg_temp.sub('{"until": "2024-01-02 00:00+00", "line": 99}'), NULL),
	(false, 'an end on the day of the start', 'warning subscription empty_spell 1, mended', pg_temp.sub('{"until": "2024-01-13 15:00+00", "line": 99}'), NULL),
	(true, 'a price that went on beside the next', 'warning subscription overlapping_spells 1, mended', 'UPDATE sub SET until = NULL WHERE line = 2', NULL),
	(true, 'a line that stands twice, from another day', 'warning subscription overlapping_spells 1, mended', pg_temp.sub('{"since": "2024-03-20 10:00+00"}'), NULL),
	(false, 'a line of which a part stands twice', 'warning subscription overlapping_spells 1, mended', pg_temp.sub('{"since": "2024-03-20 10:00+00", "until": "2024-04-20 10:00+00"}'), NULL),
	(false, 'a line in two parts that overlap', 'warning subscription overlapping_spells 1, mended', pg_temp.sub('{"since": "2024-03-20 10:00+00"}') || '; UPDATE sub SET until = ''2024-05-05 10:00+00'' WHERE line = 3 AND since < ''2024-02-01''', NULL),
	(true, 'ends that are the last day', 'warning subscription inclusive_end 5, mended', 'UPDATE sub SET until = until - interval ''1 day''', NULL),
	(false, 'one that is deleted is none', 'nothing', pg_temp.sub('{"gone": "2024-02-01 00:00+00"}'), NULL),
	(false, 'a status of what is deleted is not asked about', 'nothing', pg_temp.sub('{"state": "Zombie", "line": 99, "gone": "2024-02-01 00:00+00"}'), NULL),
	(false, 'another currency', 'error subscription mixed_currency 1, mended', pg_temp.sub('{"cur": "usd", "line": 99}'), NULL),
	(false, 'a channel called as the total', 'error subscription reserved_name 25, mended', 'UPDATE sub SET via = ''(all)''', 'UPDATE sub SET via = ''all'''),
	(false, 'a reason called as the total', 'error subscription reserved_name 5, mended', 'UPDATE sub SET why = ''(all)'' WHERE why IS NOT NULL', 'UPDATE sub SET why = ''all'' WHERE why IS NOT NULL'),
	(false, 'segments that overlap', 'warning segment_history segment_overlap 1, mended', 'UPDATE seg SET valid_to = NULL WHERE id = 1', NULL),
	(true, 'a segment that stands twice', 'warning segment_history segment_overlap 1, mended', 'INSERT INTO seg VALUES (2, ''silver'', ''2024-03-01'', NULL)', NULL),
	(true, 'a time in no segment', 'info segment_history segment_gap 1, mended', 'UPDATE seg SET valid_to = ''2024-04-10'' WHERE id = 1 AND valid_to = ''2024-05-01''', NULL),
	(false, 'segments until their last day', 'warning segment_history inclusive_end 5, info segment_history segment_gap 5, mended', 'UPDATE seg SET valid_to = valid_to - 1', NULL),
	(false, 'a segment that ends before it begins', 'error segment_history inverted_spell 1, mended', 'INSERT INTO seg VALUES (3, ''silver'', ''2024-05-01'', ''2024-04-01'')', NULL),
	(false, 'the end of a segment that stands for none', 'error segment_history early_time 1, mended', 'UPDATE seg SET valid_to = ''1900-01-01'' WHERE id = 3', NULL),
	(false, 'a segment that never begins', 'error segment_history infinite_time 1, mended', 'INSERT INTO seg VALUES (3, ''silver'', ''infinity'', NULL)', NULL),
	(false, 'segments in other letters', 'warning segment_history similar_names 2, mended', 'UPDATE seg SET segment = ''Gold '' WHERE id IN (3, 6)', NULL),
	(false, 'a segment called as the total', 'error segment_history reserved_segment 10, mended', 'UPDATE seg SET segment = ''(all)'' WHERE segment = ''gold''', 'UPDATE seg SET segment = ''all'' WHERE segment = ''gold'''),
	(false, 'a segment without a name', 'warning segment_history blank_key 1, mended', 'INSERT INTO seg VALUES (3, '' '', ''2023-01-01'', ''2024-01-01'')', NULL),
	(false, 'two who answer for it', 'error owner two_owners 1, mended', 'UPDATE own SET valid_to = NULL WHERE what = ''gold''', NULL),
	(true, 'one who stands twice', 'error owner two_owners 1, mended', 'INSERT INTO own VALUES (''segment'', ''gold'', ''Bob'', ''2024-05-01'', NULL)', NULL),
	(false, 'owners until their last day', 'warning owner inclusive_end 3, mended', 'UPDATE own SET valid_to = valid_to - 1', NULL),
	(false, 'an owner who is named twice', 'error owner duplicate_key 1, error owner two_owners 1, mended', 'INSERT INTO own SELECT * FROM own LIMIT 1', NULL),
	(false, 'an event to come', 'warning event future_time 1, mended', pg_temp.ev('{"at": "9999-01-01 00:00+00"}'), NULL),
	(false, 'a subscription to come', 'info subscription future_time 1, mended', pg_temp.sub('{"since": "9999-01-01 00:00+00", "line": 99}'), NULL),
	(false, 'a customer to come', 'warning customer future_time 1, mended', 'UPDATE customer SET joined = ''9999-01-01'' WHERE joined IS NULL', NULL),
	(false, 'a customer who never joined', 'error customer infinite_time 1, mended', 'UPDATE customer SET joined = ''infinity'' WHERE joined IS NULL', NULL),
	(false, 'a customer who joined on a day that stands for none', 'error customer early_time 1, mended', 'UPDATE customer SET joined = ''0001-01-01'' WHERE joined IS NULL', NULL),
	(false, 'a customer who stands twice', 'error customer duplicate_key 1, mended', 'INSERT INTO customer SELECT id, name || '' again'', joined FROM customer WHERE id = 3', NULL),
	(false, 'a customer who is missing', 'warning segment_history orphan_customer 1, warning subscription orphan_customer 1, mended', 'DELETE FROM customer WHERE id = 20', 'UPDATE customer SET name = NULL WHERE id = 20'),
	(true, 'a product that is missing', 'warning event unknown_product 45, warning subscription unknown_product 15, mended', 'DELETE FROM product WHERE product = ''in''', 'UPDATE product SET family = NULL, list_price = NULL WHERE product = ''in'''),
	(false, 'a product without a code', 'warning product blank_key 1, mended', 'INSERT INTO product VALUES ('' '', ''home'', 5)', NULL),
	(false, 'a product that stands twice', 'error product duplicate_key 1, mended', 'INSERT INTO product SELECT * FROM product LIMIT 1', NULL),
	(false, 'an event of nobody', 'error event null_key 1, mended', pg_temp.ev('{"cust": null}'), NULL),
	(false, 'an event that never comes', 'error event infinite_time 1, mended', pg_temp.ev('{"at": "infinity"}'), NULL),
	(false, 'an event that was loaded twice', 'warning event duplicate_rows 1, mended', pg_temp.ev('{}'), NULL),
	(false, 'an event in another currency', 'error event mixed_currency 1, mended', pg_temp.ev('{"cur": "usd"}'), NULL),
	(false, 'products of events in other letters', 'warning event similar_names 45, mended', 'UPDATE ev SET product = ''mobile '' WHERE product = ''Mobile''', NULL),
	(false, 'a cost that stands twice', 'warning cost duplicate_key 1, mended', 'INSERT INTO spent SELECT * FROM spent LIMIT 1', NULL),
	(false, 'a cost of no month', 'error cost null_key 1, mended', 'INSERT INTO spent VALUES (NULL, ''it'', 5, ''EUR'')', NULL),
	(false, 'a cost in another currency', 'error cost mixed_currency 1, mended', 'INSERT INTO spent VALUES (''2024-03-01'', ''it'', 5, ''USD'')', NULL),
	(false, 'a share that stands twice', 'warning cost_driver duplicate_key 1, mended', 'INSERT INTO share SELECT * FROM share LIMIT 1', NULL),
	(false, 'a target that stands twice', 'error segment_target duplicate_key 1, mended', 'INSERT INTO goal SELECT * FROM goal LIMIT 1', NULL),
	(false, 'a kind that no event has', 'warning event unknown_kind 1, mended', 'SELECT configure(''m'', ''start_kinds'', ''order,ordr'')', 'SELECT configure(''m'', ''start_kinds'', ''order'')'),
	(false, 'kinds of which no event has one', 'error event unknown_kind 1, mended', 'SELECT configure(''m'', ''start_kinds'', ''ordr'')', NULL),
	(false, 'a view that was lost', 'error event lost_view 1, mended', 'DROP VIEW m.event CASCADE', NULL),
	(false, 'a column that has another name', 'error event broken_binding 1, mended', 'ALTER TABLE ev RENAME at TO at_utc', NULL),
	(false, 'a column of another type', 'error event broken_binding 1, mended', 'DROP VIEW m.event CASCADE; ALTER TABLE ev ALTER amount TYPE float8', 'UPDATE ev SET amount = amount::float8::numeric'),
	(false, 'a source without rows', 'warning contact empty_source 1, mended', 'SELECT bind(''m'', ''contact'', ''sms'')', 'SELECT 1');
SELECT pg_temp.plants(:'asked') \g /dev/null
SELECT is(pg_temp.wrong(), NULL, 'what is planted is found alone, and with its fix the views are those of the sound world');

-- several currencies, and ids that are merged
DO $$
BEGIN
	INSERT INTO app.sub SELECT (jsonb_populate_record(s, '{"line": 98, "cur": "usd"}')).* FROM app.sub s WHERE line = 3;
	INSERT INTO app.sub SELECT (jsonb_populate_record(s, '{"line": 97, "cur": "GBP", "since": "2024-04-03 10:00+00"}')).* FROM app.sub s WHERE line = 3;
	INSERT INTO app.sub SELECT (jsonb_populate_record(s, '{"line": 96, "cust": 901}')).* FROM app.sub s WHERE line = 3;
	PERFORM bind('m', 'fx_rate', 'fx', '{"valid_from": "day"}'), bind('m', 'customer_alias', 'merged');
	DELETE FROM sound;
	INSERT INTO sound SELECT pg_temp.answers();
	DELETE FROM planted;
END
$$;
SELECT is((SELECT string_agg(problem, ', ') FROM pg_temp.found()), NULL, 'a sound model with rates and merged ids has no problem either');
INSERT INTO planted (always, title, expected, statement, sound) VALUES
	(false, 'a currency that has no rate', 'error subscription missing_rate 1, mended', pg_temp.sub('{"cur": "chf", "line": 99}'), NULL),
	(true, 'one that has none yet, beside rows that have', 'error subscription missing_rate 1, mended', pg_temp.sub('{"cur": "gbp", "line": 99}'), NULL),
	(true, 'a rate of nothing', 'error fx_rate bad_rate 1, mended', 'INSERT INTO fx VALUES (''USD'', ''2024-03-15'', 0)', NULL),
	(false, 'a rate that is no number', 'error fx_rate not_a_number 1, mended', 'INSERT INTO fx VALUES (''USD'', ''2024-03-15'', ''NaN'')', NULL),
	(false, 'two rates of a day', 'error fx_rate duplicate_key 1, mended', 'INSERT INTO fx VALUES (''USD'', ''2024-03-01'', 0.5)', NULL),
	(false, 'a rate of no currency', 'error fx_rate null_key 1, mended', 'INSERT INTO fx VALUES (NULL, ''2024-03-15'', 0.5)', NULL),
	(true, 'an event in a currency that has a rate', 'error event mixed_currency 1, mended', pg_temp.ev('{"cur": "usd", "amount": 20}'), pg_temp.ev('{"cur": "EUR", "amount": 18.20}')),
	(false, 'an event in cents of a currency that has a rate', 'error event mixed_currency 1, mended', pg_temp.ev('{"cur": "usd", "amount": 2000}')
		|| '; SELECT bind(''m'', ''event'', ''ev'', ''{"customer_id": "cust", "occurred_at": "at", "currency": "cur", "channel": "via", "amount": {"column": "amount", "minor_units": "currency"}}'')',
		pg_temp.ev('{"cur": "EUR", "amount": 1820.00}') || '; SELECT bind(''m'', ''event'', ''ev'', ''{"customer_id": "cust", "occurred_at": "at", "currency": "cur", "channel": "via", "amount": {"column": "amount", "minor_units": "currency"}}'')'),
	(false, 'events with and without a rate', 'error event mixed_currency 2, mended', pg_temp.ev('{"cur": "GBP", "amount": 20, "at": "2024-01-09 11:00+00"}') || ';' || pg_temp.ev('{"cur": "usd", "amount": 20}'), pg_temp.ev('{"cur": "EUR", "amount": 18.20}')),
	(false, 'an event in another currency that never was', 'error event infinite_time 1, error event mixed_currency 1, mended', pg_temp.ev('{"cur": "usd", "at": "-infinity"}'), NULL),
	(false, 'a cost in a currency that has a rate', 'error cost mixed_currency 1, mended', 'INSERT INTO spent VALUES (''2024-03-01'', ''it'', 100, ''USD'')', 'INSERT INTO spent VALUES (''2024-03-01'', ''it'', 93.00, ''EUR'')'),
	(true, 'ids in a circle', 'error customer_alias alias_circle 2, mended', 'INSERT INTO merged VALUES (''903'', ''904'', NULL), (''904'', ''903'', NULL)', NULL),
	(false, 'an id that nobody can have', 'error customer_alias unusable_id 1, mended', 'INSERT INTO merged VALUES (''903'', ''x-1'', NULL)', NULL),
	(false, 'an id that became two', 'warning customer_alias duplicate_key 1, mended', 'INSERT INTO merged VALUES (''901'', ''7'', ''2024-01-01'')', NULL),
	(false, 'an id that is none', 'warning customer_alias blank_key 1, error customer_alias unusable_id 1, mended', 'INSERT INTO merged VALUES ('' '', ''7'', NULL)', NULL);
SELECT pg_temp.plants(:'asked') \g /dev/null
SELECT is(pg_temp.wrong(), NULL, 'amounts are converted where there is a rate, and what is planted there is mended');

-- a source that is gone, and comes again
CREATE TABLE kept AS SELECT * FROM own;
DROP TABLE own CASCADE;
SELECT is((SELECT string_agg(concat_ws(' ', severity, entity, problem), ', ') FROM pg_temp.found()), 'error owner missing_source', 'a source that is gone is found');
ALTER TABLE kept RENAME TO own;
DO $$ BEGIN EXECUTE (SELECT fix FROM pg_temp.found() WHERE problem = 'lost_view'); END $$;
SELECT is((SELECT string_agg(a.key, ' ') FROM jsonb_each_text(pg_temp.answers()) a FULL JOIN (SELECT e.* FROM sound, jsonb_each_text(sound.answers) e) e ON e.key = a.key WHERE a.value IS DISTINCT FROM e.value OR a.key IS NULL), NULL,
	'the fix brings the views once the table is loaded again');

-- cents, by their last digits
CREATE TABLE cents AS SELECT s.cust AS customer_id, s.product, s.since AS started_on, s.until AS ended_on, CASE WHEN s.line % 2 = 0 THEN 2999 ELSE 1500 END AS mrr FROM sub s WHERE line < 90 AND until IS NULL;
CREATE TABLE euros AS SELECT c.customer_id, c.product, c.started_on, c.ended_on, c.mrr * 0.01 AS mrr FROM cents c;
CREATE TABLE paid AS SELECT e.cust AS customer_id, e.at AS occurred_at, 100 * (3 + row_number() OVER ()) + 99 * (cust % 2) AS amount FROM ev e;
DO $$
BEGIN
	PERFORM unbind('m', e) FROM unnest('{fx_rate,customer_alias,cost,cost_driver,segment_target,owner}'::text[]) e;
	PERFORM bind('m', 'subscription', 'euros');
	DELETE FROM sound;
	INSERT INTO sound SELECT pg_temp.answers();
	DELETE FROM planted;
END
$$;
INSERT INTO planted (always, title, expected, statement, sound) VALUES
	(true, 'prices in cents', 'warning subscription minor_units 15, mended', 'SELECT bind(''m'', ''subscription'', ''cents'')', NULL),
	(false, 'yen have none', 'nothing', 'SELECT unbind(''m'', ''event''), bind(''m'', ''subscription'', ''cents''), configure(''m'', ''currency'', ''JPY'')', NULL),
	(false, 'prices that do not end as cents do say nothing', 'nothing', 'UPDATE cents SET mrr = mrr + 37 * customer_id; SELECT bind(''m'', ''subscription'', ''cents'')', NULL),
	(false, 'amounts of events in cents', 'warning event minor_units 90, mended', 'SELECT bind(''m'', ''event'', ''paid'')', 'SELECT bind(''m'', ''event'', ''paid'', ''{"amount": {"column": "amount", "minor_units": 2}}'')'),
	(false, 'prices of a catalogue in cents', 'warning product minor_units 14, mended', 'UPDATE product SET list_price = 3799 + 100 * length(product); INSERT INTO product SELECT ''p'' || i, ''x'', 99 + 100 * i FROM generate_series(1, 12) i',
		'UPDATE product SET list_price = 3799 + 100 * length(product); INSERT INTO product SELECT ''p'' || i, ''x'', 99 + 100 * i FROM generate_series(1, 12) i; SELECT bind(''m'', ''product'', ''product'', ''{"list_price": {"column": "list_price", "minor_units": 2}}'')'),
	(false, 'a deal that stands twice', 'error offer duplicate_key 1, mended', 'INSERT INTO deal SELECT * FROM deal LIMIT 1; SELECT bind(''m'', ''offer'', ''deal'')', 'SELECT bind(''m'', ''offer'', ''deal'')');
SELECT pg_temp.plants(:'asked') \g /dev/null
SELECT is(pg_temp.wrong(), NULL, 'cents are found by their last digits, and mended');

-- what is listed, with a statement that lists it
DELETE FROM seg WHERE id = 3;
SELECT is((SELECT string_agg(concat_ws(' ', severity, entity, problem, count), ', ') FROM pg_temp.found()), 'info segment_history no_segment 1', 'who pays and is in no segment is listed');
DO $$ BEGIN PERFORM unbind('m', e) FROM unnest('{segment_history,subscription,event}'::text[]) e; END $$;
SELECT is((SELECT string_agg(severity || ' ' || entity || ' ' || problem, ', ') FROM check_model('m')), 'info product unread_entity', 'what no view reads is listed');

SELECT * FROM finish();
ROLLBACK;
