-- SPDX-License-Identifier: PostgreSQL
-- What it takes to make a model and to change one, in milliseconds of processor
-- time, least of the rounds.  In a new database, from the top of the tree:
--
--   psql -XAtq -c 'CREATE EXTENSION cvm' -f test/world.sql -f bench/model.sql
SET client_min_messages = error;
CREATE FUNCTION pg_temp.cpu() RETURNS float8 LANGUAGE sql VOLATILE AS
	$$SELECT split_part(pg_read_file('/proc/' || pg_backend_pid() || '/schedstat'), ' ', 1)::float8 / 1e6$$;
CREATE TEMP TABLE measured (n serial, what text, ms float8);
CREATE PROCEDURE pg_temp.measure(what text, VARIADIC statements text[]) LANGUAGE plpgsql AS $$
DECLARE
	before float8 := pg_temp.cpu();
	statement text;
BEGIN
	FOREACH statement IN ARRAY statements LOOP
		EXECUTE statement;
	END LOOP;
	INSERT INTO measured (what, ms) VALUES (what, pg_temp.cpu() - before);
END
$$;
CREATE PROCEDURE pg_temp.round() LANGUAGE plpgsql AS $$
BEGIN
	CALL pg_temp.measure('model of 25 entities, 83 views, at once', $q$SELECT world.model('bench')$q$);
	CALL pg_temp.measure('rebuild() that changes nothing', $q$SELECT cvm.rebuild('bench')$q$);
	CALL pg_temp.measure('configure() of conf', $q$SELECT cvm.configure('bench', 'conf', '0.9')$q$);
	CALL pg_temp.measure('configure() of as_of', $q$SELECT cvm.configure('bench', 'as_of', '2024-12-01')$q$);
	CALL pg_temp.measure('drop_model()', $q$SELECT cvm.drop_model('bench')$q$);
	CALL pg_temp.measure('create_model() and six bind()', $q$SELECT cvm.create_model('bench', tz => 'Europe/Vilnius', currency => 'EUR')$q$,
		$q$SELECT cvm.bind('bench', 'customer', 'world.customer')$q$, $q$SELECT cvm.bind('bench', 'subscription', 'world.subscription')$q$,
		$q$SELECT cvm.bind('bench', 'product', 'world.product')$q$, $q$SELECT cvm.bind('bench', 'event', 'world.event')$q$,
		$q$SELECT cvm.bind('bench', 'offer', 'world.offer')$q$, $q$SELECT cvm.bind('bench', 'segment_history', 'world.segment_history')$q$);
	PERFORM cvm.drop_model('bench');
END
$$;
CALL pg_temp.round();
CALL pg_temp.round();
CALL pg_temp.round();
SELECT what, round(min(ms)) FROM measured GROUP BY what ORDER BY min(n);
