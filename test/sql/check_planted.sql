\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Each problem alone in a sound world: it is found, nothing else is, and with its
-- fix the views are those of the sound world again.  CVM_PLANTED=all plants all.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(14);
CREATE SCHEMA app;
SET LOCAL search_path = app, cvm, public;
SET LOCAL TimeZone = 'America/New_York';

CREATE TABLE customer (id int, name text);
INSERT INTO customer SELECT i, 'c' || i FROM generate_series(1, 20) i;
CREATE TABLE product (product text, family text);
INSERT INTO product VALUES ('in', 'home'), ('Mobile', 'mobile');
CREATE TABLE sub (cust int, product text, since timestamptz, until timestamptz, fee int, line int, state text, cur text, unit text, gone timestamptz);
INSERT INTO sub SELECT i, CASE WHEN i % 2 = 0 THEN 'in' ELSE 'Mobile' END, timestamptz '2024-01-10 10:00+00' + i * interval '1 day', CASE WHEN i % 4 = 0 THEN timestamptz '2024-04-01 10:00+00' + i * interval '1 day' END, 1050 + 37 * i, i,
	CASE WHEN i % 4 = 0 THEN 'cancelled' ELSE 'active' END, 'eur', 'month', NULL FROM generate_series(1, 20) i;
CREATE TABLE seg (id int, segment text, valid_from date, valid_to date);
INSERT INTO seg SELECT i, CASE WHEN i % 3 = 0 THEN 'gold' ELSE 'silver' END, '2024-01-01', NULL FROM generate_series(1, 20) i;
DO $$
BEGIN
	PERFORM create_model('m', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-07-01');
	PERFORM bind('m', 'customer', 'customer', '{"customer_id": "id"}');
	PERFORM bind('m', 'product', 'product');
	PERFORM bind('m', 'segment_history', 'seg', '{"customer_id": "id"}');
	PERFORM bind('m', 'subscription', 'sub', '{"customer_id": "cust", "started_on": "since", "ended_on": "until", "amount": {"column": "fee", "minor_units": 2}, "billing_interval": "unit", "subscription_id": "line",
		"status": "state", "currency": "cur", "deleted": "gone"}');
END
$$;
SELECT is((SELECT string_agg(DISTINCT severity || ' ' || problem, ', ') FROM check_model('m')), 'info missing_index, info status', 'a sound world has nothing to find but indexes and its statuses');

CREATE FUNCTION pg_temp.answer(view text, columns text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	EXECUTE format('SELECT md5(string_agg(x::text, E''\n'' ORDER BY x::text COLLATE "C")) FROM (SELECT %s FROM m.%I) x', columns, view) INTO answer;
	RETURN answer;
END
$$;
CREATE FUNCTION pg_temp.answers() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', pg_temp.answer('subscription', 'customer_id, product, started_on, ended_on, mrr, subscription_id, currency'), pg_temp.answer('segment_history', '*'), pg_temp.answer('product', '*'), pg_temp.answer('customer', 'customer_id'),
		pg_temp.answer('mrr_movement', '*'), pg_temp.answer('segment_kpi', '*'))
$$;
CREATE TEMP TABLE sound AS SELECT pg_temp.answers() AS answers;
-- what is found, and how the views stand after its fix
CREATE FUNCTION pg_temp.planted(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	f record;
	result text;
BEGIN
	EXECUTE statement;
	SELECT string_agg(concat_ws(' ', c.severity, c.entity, c.problem, c.count), ', ' ORDER BY c.entity, c.problem) AS found, array_agg(c.fix ORDER BY c.n) FILTER (WHERE c.severity <> 'info') AS fixes INTO f
	FROM cvm.check_model('m') WITH ORDINALITY c (severity, entity, problem, count, samples, what, fix, n)
	WHERE c.severity <> 'info' OR c.problem NOT IN ('missing_index', 'status');
	result := coalesce(f.found, 'nothing');
	IF f.fixes IS NOT NULL THEN
		FOREACH statement IN ARRAY f.fixes LOOP
			EXECUTE statement;
		END LOOP;
		result := result || CASE WHEN pg_temp.answers() = (SELECT answers FROM sound) THEN ', mended' ELSE ', not mended by ' || statement END
			|| CASE WHEN EXISTS (SELECT FROM cvm.check_model('m') c WHERE c.severity <> 'info') THEN ', and still there' ELSE '' END;
	END IF;
	RAISE sqlstate 'CVM00';
EXCEPTION WHEN sqlstate 'CVM00' THEN
	RETURN result;
END
$$;
-- a row as it is, but for some of it
CREATE FUNCTION pg_temp.row(changes text) RETURNS text LANGUAGE sql AS $$SELECT format('INSERT INTO app.sub SELECT (jsonb_populate_record(s, %L)).* FROM app.sub s WHERE line = 3', changes)$$;
SELECT is(pg_temp.planted(pg_temp.row('{"unit": null, "line": 99}')), 'error subscription null_value 1, mended', 'a row without an interval');
SELECT is(pg_temp.planted(pg_temp.row('{"unit": "lifetime", "line": 99}')), 'error subscription unknown_interval 1, mended', 'an interval that is none');
SELECT is(pg_temp.planted('UPDATE app.sub SET until = ''1900-01-01 00:00+00'' WHERE line IN (3, 5)'), 'error subscription early_time 2, mended', 'an end that stands for none');
SELECT is(pg_temp.planted(pg_temp.row('{}')), 'warning subscription duplicate_rows 1, warning subscription overlapping_spells 1, mended', 'a row that was loaded twice, which overlaps itself');
SELECT is(pg_temp.planted('UPDATE app.sub SET product = CASE line WHEN 4 THEN '' IN'' ELSE ''In'' END WHERE line IN (4, 6)'), 'warning subscription similar_names 2, mended', 'names in other letters');
SELECT is(pg_temp.planted('UPDATE app.sub SET product = ''(in)'' WHERE product = ''in'''), 'error subscription reserved_name 10, mended', 'a product called as those who come');
SELECT is(pg_temp.planted('UPDATE app.sub SET state = ''Zombie'' WHERE line = 3'), 'warning subscription unknown_status 1, mended', 'a status that nobody knows');
SELECT is(pg_temp.planted(pg_temp.row('{"state": "Expired", "line": 99}')), 'error subscription ended_without_end 1, mended', 'an end without a day');
SELECT is(pg_temp.planted('DELETE FROM app.seg WHERE id = 3'), 'info segment_history no_segment 1', 'who pays and is in no segment is listed');
-- many more, of which each takes as long: CVM_PLANTED=all scripts/check check_planted
\getenv asked CVM_PLANTED
\if :{?asked}
\else
\set asked few
\endif
CREATE TEMP TABLE planted (title text, expected text, statement text);
INSERT INTO planted VALUES
	('a row of nobody', 'error subscription null_key 1, mended', pg_temp.row('{"cust": null, "line": 99}')),
	('a row without a price', 'error subscription null_value 1, mended', pg_temp.row('{"fee": null, "line": 99}')),
	('a start that never comes', 'error subscription infinite_time 1, mended', pg_temp.row('{"since": "infinity", "line": 99}')),
	('a start that stands for none', 'error subscription early_time 1, mended', pg_temp.row('{"since": "0001-01-01", "line": 99}')),
	('an end before the start', 'error subscription inverted_spell 1, mended', pg_temp.row('{"until": "2024-01-02 00:00+00", "line": 99}')),
	('an end on the day of the start', 'warning subscription empty_spell 1, mended', pg_temp.row('{"until": "2024-01-13 15:00+00", "line": 99}')),
	('one that is deleted is none', 'nothing', pg_temp.row('{"gone": "2024-02-01 00:00+00"}')),
	('also of segments', 'warning segment_history similar_names 2, mended', 'UPDATE app.seg SET segment = ''Gold '' WHERE id IN (3, 6)'),
	('a status of what is deleted is not asked about', 'nothing', pg_temp.row('{"state": "Zombie", "line": 99, "gone": "2024-02-01 00:00+00"}')),
	('prices that do not end as cents do say nothing', 'nothing', 'SELECT cvm.bind(''m'', ''subscription'', ''app.sub'', ''{"customer_id": "cust", "started_on": "since", "ended_on": "until", "amount": "fee", "billing_interval": "unit", "subscription_id": "line", "status": "state", "currency": "cur", "deleted": "gone"}'')'),
	('another currency', 'error subscription mixed_currency 1, mended', 'UPDATE app.sub SET cur = ''USD'', line = 98 WHERE false; ' || pg_temp.row('{"cur": "usd", "line": 99}')),
	('a customer who stands twice', 'error customer duplicate_key 1, mended', 'INSERT INTO app.customer VALUES (3, ''again'')'),
	('a customer who is missing', 'warning segment_history orphan_customer 1, warning subscription orphan_customer 1, mended', 'DELETE FROM app.customer WHERE id = 3'),
	('a segment that ends before it begins', 'error segment_history inverted_spell 1, mended', 'INSERT INTO app.seg VALUES (3, ''silver'', ''2024-05-01'', ''2024-04-01'')'),
	('the end of a segment that stands for none', 'error segment_history early_time 1, mended', 'UPDATE app.seg SET valid_to = ''1900-01-01'' WHERE id = 3');
SELECT is((SELECT string_agg(p.title || ': ' || x.found, E'\n') FROM planted p CROSS JOIN LATERAL (SELECT CASE WHEN :'asked' = 'all' OR p.title = 'a row of nobody' THEN pg_temp.planted(p.statement) ELSE p.expected END AS found) x WHERE x.found <> p.expected), NULL,
	'so do all others');

-- cents, by their last digits
CREATE TABLE cents AS SELECT s.cust AS customer_id, s.product, s.since AS started_on, s.until AS ended_on, CASE WHEN s.line % 2 = 0 THEN 2999 ELSE 1500 END AS mrr FROM sub s;
CREATE TABLE euros AS SELECT c.customer_id, c.product, c.started_on, c.ended_on, c.mrr * 0.01 AS mrr FROM cents c;
DO $$ BEGIN PERFORM bind('m', 'subscription', 'euros'); DELETE FROM sound; INSERT INTO sound SELECT pg_temp.answers(); PERFORM bind('m', 'subscription', 'cents'); END $$;
SELECT is(pg_temp.planted('SELECT 1'), 'warning subscription minor_units 20, mended', 'prices in cents');
DO $$ BEGIN PERFORM configure('m', 'currency', 'JPY'); END $$;
SELECT is(pg_temp.planted('SELECT 1'), 'nothing', 'yen have none');
DO $$ BEGIN PERFORM unbind('m', 'segment_history'); PERFORM unbind('m', 'subscription'); END $$;
SELECT is((SELECT string_agg(severity || ' ' || entity || ' ' || problem, ', ') FROM check_model('m')), 'info product unread_entity', 'what no view reads is listed');

SELECT * FROM finish();
ROLLBACK;
