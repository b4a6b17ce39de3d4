-- SPDX-License-Identifier: PostgreSQL
-- How bench/views and bench/contacts measure a report view of the model acme.
CREATE SCHEMA bench;
CREATE TABLE bench.measured (view text, rows bigint, ms float8, cpu float8, floor_ms float8, floor_cpu float8, kb bigint, temp_bytes bigint);

-- the tables that a view reads, and those that the views in it read
CREATE VIEW bench.source AS
WITH RECURSIVE reads AS (
	SELECT c.oid AS view, c.oid AS relation FROM pg_class c WHERE c.relkind = 'v'
	UNION
	SELECT r.view, d.refobjid
	FROM reads r
	JOIN pg_rewrite w ON w.ev_class = r.relation
	JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass)
SELECT r.view, r.relation FROM reads r JOIN pg_class c ON c.oid = r.relation WHERE c.relkind = 'r';

-- processor time of this process so far, in milliseconds
CREATE FUNCTION bench.cpu() RETURNS float8 LANGUAGE sql VOLATILE AS
	$$SELECT split_part(pg_read_file('/proc/' || pg_backend_pid() || '/schedstat'), ' ', 1)::float8 / 1e6$$;
CREATE FUNCTION bench.peak() RETURNS bigint LANGUAGE sql VOLATILE AS
	$$SELECT substring(pg_read_file('/proc/' || pg_backend_pid() || '/status') FROM 'VmHWM:\s*(\d+)')::bigint$$;

CREATE PROCEDURE bench.measure(which name, rounds int) LANGUAGE plpgsql AS $$
DECLARE
	m bench.measured;
	source regclass;
	-- found before the clock starts
	sources regclass[] := ARRAY(SELECT s.relation FROM bench.source s WHERE s.view = format('acme.%I', measure.which)::regclass);
	clock timestamptz;
	cpu float8;
	peak bigint;
	counts bigint;
	times int;
BEGIN
	m.view := measure.which;
	FOR round IN 1 .. rounds LOOP
		clock := clock_timestamp();
		cpu := bench.cpu();
		times := 0;
		-- a system counts processor time in steps of milliseconds
		WHILE clock_timestamp() < clock + interval '200 ms' LOOP
			FOREACH source IN ARRAY sources LOOP
				EXECUTE format('SELECT count(*) FROM %s', source) INTO counts;
			END LOOP;
			times := times + 1;
		END LOOP;
		m.floor_cpu := least(m.floor_cpu, (bench.cpu() - cpu) / times);
		m.floor_ms := least(m.floor_ms, 1000 * extract(epoch FROM clock_timestamp() - clock) / times);
		peak := coalesce(peak, bench.peak());
		clock := clock_timestamp();
		cpu := bench.cpu();
		EXECUTE format('CREATE TEMP TABLE read AS SELECT * FROM acme.%I', measure.which);
		m.cpu := least(m.cpu, bench.cpu() - cpu);
		m.ms := least(m.ms, 1000 * extract(epoch FROM clock_timestamp() - clock));
		m.kb := coalesce(m.kb, bench.peak() - peak);
		SELECT count(*) INTO m.rows FROM read;
		DROP TABLE read;
	END LOOP;
	INSERT INTO bench.measured SELECT m.*;
END
$$;
