\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What is no state is told, not raised, to who asks for that: pg_input_is_valid()
-- and COPY ... (ON_ERROR ignore).  Before 16 nobody can ask, and it is raised.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = public;

CREATE FUNCTION pg_temp.is_valid(value text, type text) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
	answer boolean;
BEGIN
	IF current_setting('server_version_num')::integer >= 160000 THEN
		EXECUTE 'SELECT pg_input_is_valid($1, $2)' INTO answer USING value, type;
	ELSE
		BEGIN
			EXECUTE format('SELECT %L::%s', value, type);
			answer := true;
		EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
			answer := false;
		END;
	END IF;
	RETURN answer;
END
$$;

CREATE FUNCTION pg_temp.complaint(value text, type text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	IF current_setting('server_version_num')::integer >= 160000 THEN
		EXECUTE 'SELECT concat_ws(''|'', sql_error_code, message, detail, hint) FROM pg_input_error_info($1, $2)'
			INTO answer USING value, type;
	ELSE
		BEGIN
			EXECUTE format('SELECT %L::%s', value, type);
		EXCEPTION WHEN data_exception THEN
			DECLARE
				detail text;
				hint text;
			BEGIN
				GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
				answer := concat_ws('|', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
			END;
		END;
	END IF;
	RETURN answer;
END
$$;

CREATE TEMP TABLE state_type AS
SELECT t.oid::regtype::text AS type
FROM pg_type t JOIN pg_proc p ON p.oid = t.typinput
WHERE t.typnamespace = 'cvm'::regnamespace AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'c');
SELECT plan(3 * (SELECT count(*) FROM state_type)::integer + 6);

SELECT ok(NOT pg_temp.is_valid('zz', type), format('letters that are no digits are no valid %s', type)) FROM state_type ORDER BY type;
SELECT ok(NOT pg_temp.is_valid('0ff', type), format('half a byte is no valid %s', type)) FROM state_type ORDER BY type;
SELECT ok(NOT pg_temp.is_valid('ff00ff00ff', type), format('bytes of another kind are no valid %s', type)) FROM state_type ORDER BY type;

CREATE TEMP TABLE activity AS SELECT cvm.activity_agg(d, 1.5)::text AS good FROM unnest('{2024-01-01,2024-03-31}'::date[]) d;
SELECT ok(pg_temp.is_valid(good, 'cvm.activity'), 'the text of a state is valid') FROM activity;
SELECT ok(NOT pg_temp.is_valid(good || '00', 'cvm.activity'), 'a byte too many is not valid') FROM activity;
SELECT ok(NOT pg_temp.is_valid(left(good, -2), 'cvm.activity'), 'a byte too few is not valid') FROM activity;
SELECT is(pg_temp.complaint('zz', 'cvm.activity'),
	'22P02|invalid input syntax for type activity: "zz"|The text of a state comes from its own output function only.',
	'the complaint about text has its SQLSTATE and hint');
SELECT matches(pg_temp.complaint('ff00ff00ff', 'cvm.activity'), '^22P03\|invalid bytes for type activity',
	'the complaint about bytes has its SQLSTATE');
-- a thousand refusals in one statement: each ends as the first did
SELECT is(count(*), 1000::bigint, 'a thousand refusals leave the session as it was')
FROM generate_series(1, 1000) g WHERE NOT pg_temp.is_valid('ff' || lpad(to_hex(g), 4, '0'), 'cvm.segment_flow');

SELECT finish();
ROLLBACK;
