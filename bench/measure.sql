-- SPDX-License-Identifier: PostgreSQL
-- How a way is measured: run once untimed, which warms up and must give the
-- answer that all other ways gave, then between two runs of count(*) on the
-- same table, with the same workers, until enough rounds were steady.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE SCHEMA bench;
\ir ways.sql

CREATE TABLE bench.dataset (
	"table"		text PRIMARY KEY,
	events		bigint NOT NULL,
	customers	bigint NOT NULL,
	months		int NOT NULL,
	arranged	text NOT NULL,
	key			text NOT NULL,
	zone		text NOT NULL,
	opened		date NOT NULL
);

-- The answer to a question, as the first way that was asked gave it
CREATE TABLE bench.answer (
	events		bigint,
	customers	bigint,
	months		int,
	grain		text,
	digest		text NOT NULL,
	cells		bigint NOT NULL,
	way			text NOT NULL,
	PRIMARY KEY (events, customers, months, grain)
);

CREATE TABLE bench.round (
	id			bigint GENERATED ALWAYS AS IDENTITY,
	"table"		text NOT NULL,
	grain		text NOT NULL,
	way			text NOT NULL,
	workers		int NOT NULL,
	planned		int NOT NULL,	-- workers that the plan has
	mem			text NOT NULL,
	floor_ms	float8 NOT NULL,
	took_ms		float8 NOT NULL,
	moved		float8 NOT NULL -- how far the floor moved during the round
);

-- Peak memory of one backend, over what count(*) needed in it
CREATE TABLE bench.peak (
	id			bigint GENERATED ALWAYS AS IDENTITY,
	"table"		text NOT NULL,
	grain		text NOT NULL,
	way			text NOT NULL,
	mem			text NOT NULL,
	kb			bigint NOT NULL,
	temp_bytes	bigint NOT NULL
);

CREATE FUNCTION bench.is_steady(moved float8) RETURNS boolean
	LANGUAGE sql IMMUTABLE RETURN moved <= 0.15;

CREATE FUNCTION bench.query(a_way text, a_table text, a_grain text) RETURNS text
LANGUAGE plpgsql STABLE
AS $function$
DECLARE
	sql text := (SELECT template FROM bench.way WHERE way = a_way);
	d bench.dataset := (SELECT d FROM bench.dataset AS d WHERE d."table" = a_table);
	ends timestamp := d.opened + interval '1 month' * d.months;
	starts timestamptz[];
BEGIN
	IF sql IS NULL OR d IS NULL THEN
		RAISE 'there is no way "%" or no table "%"', a_way, a_table;
	END IF;
	IF sql LIKE '%{starts}%' THEN
		starts := ARRAY(
			SELECT (start AT TIME ZONE d.zone)
			FROM generate_series(date_trunc(a_grain, d.opened::timestamp),
								 ends - interval '1 day', replace('1 ' || a_grain, '1 quarter', '3 months')::interval) AS start);
		IF cardinality(starts) > 63 THEN
			RAISE 'a mask of % bits is too long', cardinality(starts);
		END IF;
	END IF;
	sql := replace(sql, '{table}', quote_ident(a_table));
	sql := replace(sql, '{grain}', quote_literal(a_grain));
	sql := replace(sql, '{zone}', quote_literal(d.zone));
	sql := replace(sql, '{as_of}', format('date %L', ends::date));
	sql := replace(sql, '{starts}', format('%L::timestamptz[]', starts::text));
	RETURN sql;
END
$function$;

CREATE PROCEDURE bench.settle(workers int, mem text)
LANGUAGE plpgsql
AS $procedure$
BEGIN
	PERFORM set_config('max_parallel_workers_per_gather', workers::text, false),
			set_config('work_mem', mem, false);
END
$procedure$;

CREATE FUNCTION bench.planned(query text) RETURNS int
LANGUAGE plpgsql
AS $function$
DECLARE
	line text;
	workers int := 0;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN ' || query LOOP
		workers := greatest(workers, substring(line FROM 'Workers Planned: (\d+)')::int);
	END LOOP;
	RETURN workers;
END
$function$;

CREATE FUNCTION bench.took(query text) RETURNS float8
LANGUAGE plpgsql
AS $function$
DECLARE
	began timestamptz := clock_timestamp();
BEGIN
	EXECUTE query;
	RETURN extract(epoch FROM clock_timestamp() - began) * 1000;
END
$function$;

-- The median of so many runs that together they take a sixth of a second
CREATE FUNCTION bench.floor_took(a_table text, workers int) RETURNS float8
LANGUAGE plpgsql
AS $function$
DECLARE
	query text := bench.query('count(*)', a_table, 'month');
	runs float8[] := '{}';
BEGIN
	CALL bench.settle(workers, '64MB');
	IF bench.planned(query) <> workers THEN
		RAISE 'count(*) on "%" has not % workers', a_table, workers;
	END IF;
	WHILE coalesce((SELECT sum(run) < 160 FROM unnest(runs) AS run), true) LOOP
		runs := runs || bench.took(query);
	END LOOP;
	RETURN (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY run) FROM unnest(runs) AS run);
END
$function$;

-- The answer must be the one that is known; the first one becomes it.
CREATE PROCEDURE bench.compare(a_table text, a_grain text, a_way text,
	digest text, cells bigint)
LANGUAGE plpgsql
AS $procedure$
DECLARE
	known bench.answer;
BEGIN
	INSERT INTO bench.answer
	SELECT d.events, d.customers, d.months, a_grain, compare.digest, compare.cells, a_way
	FROM bench.dataset AS d WHERE d."table" = a_table
	ON CONFLICT DO NOTHING;
	SELECT a.* INTO known
	FROM bench.answer AS a JOIN bench.dataset AS d USING (events, customers, months)
	WHERE d."table" = a_table AND a.grain = a_grain;
	IF known.digest IS DISTINCT FROM digest OR known.cells = 0 THEN
		RAISE 'on "%" by %, "%" (% cells) does not answer as "%" (% cells)',
			a_table, a_grain, a_way, cells, known.way, known.cells;
	END IF;
END
$procedure$;

CREATE PROCEDURE bench.check(a_table text, a_grain text, a_way text)
LANGUAGE plpgsql
AS $procedure$
DECLARE
	digest text;
	cells bigint;
BEGIN
	EXECUTE format($$
		SELECT md5(string_agg(format('%%s,%%s,%%s', cohort, period, customers), E'\n'
							  ORDER BY cohort, period)), count(*)
		FROM (%s) AS q$$, bench.query(a_way, a_table, a_grain))
	INTO digest, cells;
	CALL bench.compare(a_table, a_grain, a_way, digest, cells);
END
$procedure$;

-- Measure a way.  setup runs before every round; query, where it is not the
-- way's own, is not an answer to compare; {round} in it is the round's number.
CREATE PROCEDURE bench.measure(a_table text, a_grain text, a_way text, a_workers int,
	a_mem text DEFAULT '64MB', rounds int DEFAULT 3,
	query text DEFAULT NULL, setup text DEFAULT NULL, most int DEFAULT NULL)
LANGUAGE plpgsql
AS $procedure$
DECLARE
	has_answer boolean := query IS NULL;
	tried int := 0;
	steady int := 0;
	before float8;
	after float8;
	took float8;
	moved float8;
	workers int := 0;
BEGIN
	query := coalesce(query, bench.query(a_way, a_table, a_grain));
	CALL bench.settle(a_workers, a_mem);
	IF has_answer AND query LIKE '%AS period%' THEN
		CALL bench.check(a_table, a_grain, a_way);
	ELSIF has_answer THEN
		PERFORM bench.took(query);
	END IF;
	IF a_workers > 0 THEN
		workers := bench.planned(replace(query, '{round}', '1'));
	END IF;
	PERFORM bench.took(bench.query('count(*)', a_table, a_grain));
	IF setup IS NULL THEN
		before := bench.floor_took(a_table, a_workers);
	END IF;
	most := coalesce(most, rounds * 2);
	WHILE steady < rounds AND tried < most LOOP
		tried := tried + 1;
		IF setup IS NOT NULL THEN
			EXECUTE setup;
			COMMIT;
			before := bench.floor_took(a_table, a_workers);
		END IF;
		CALL bench.settle(a_workers, a_mem);
		took := bench.took(replace(query, '{round}', tried::text));
		COMMIT;
		after := bench.floor_took(a_table, a_workers);
		moved := greatest(before, after) / least(before, after) - 1;
		steady := steady + bench.is_steady(moved)::int;
		INSERT INTO bench.round ("table", grain, way, workers, planned, mem,
								 floor_ms, took_ms, moved)
		VALUES (a_table, a_grain, a_way, a_workers, workers, a_mem,
				(before + after) / 2, took, moved);
		before := after;
		COMMIT;
	END LOOP;
END
$procedure$;
