\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- However rows and states are split, shuffled, sent and added up: the same
-- bytes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(64);
SELECT setseed(0.75) \gset

CREATE FUNCTION pg_temp.hash(n bigint, seed bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT hashint8extended(n, seed) & 1073741823 $$;

CREATE TABLE sale AS
SELECT n, customer, md5(customer::text)::uuid AS uuid_key, 'customer ' || customer AS text_key, day, day + second * interval '1 second' AS at,
	   (day + second * interval '1 second') AT TIME ZONE 'America/St_Johns' AS moment, amount, is_start, is_return
FROM (SELECT n, pg_temp.hash(n, 1) % 900 AS customer, date '2022-06-01' + (pg_temp.hash(n, 2) % 700)::int AS day, 36000 + pg_temp.hash(n, 3) % 36000 AS second,
			 CASE WHEN n % 7 > 0 THEN round((pg_temp.hash(n, 4) % 100000)::numeric / (1 + n % 4) - 12, (n % 4)::int) END AS amount,
			 pg_temp.hash(n, 5) % 3 = 0 AS is_start, pg_temp.hash(n, 6) % 3 > 0 AS is_return
	  FROM generate_series(1, 6000) n) s;
ANALYZE sale;
CREATE TABLE person AS
SELECT customer, cvm.activity_agg(day, amount, is_start, is_return) AS a FROM sale GROUP BY customer;
CREATE TABLE tenure AS
SELECT how, customer, t
FROM person, LATERAL (VALUES
	('month', cvm.tenure(a, 'month', '2024-04-01')), ('week', cvm.tenure(a, 'week', '2024-05-07', week_start => 7)),
	('own month', cvm.tenure(a, 'month', '2024-03-30', 'anniversary')), ('own week', cvm.tenure(a, 'week', '2023-11-11', 'anniversary', streak => true)),
	('brackets', cvm.tenure(a, 'month', '2024-04-15', 'anniversary', brackets => '{"[0,1)","[1,3)","[6,12)"}', min_events => 2)),
	('day', cvm.tenure(a, 'day', '2024-06-01')), ('year', cvm.tenure(a, 'year', '2024-01-01'))) v (how, t);
ANALYZE tenure;
CREATE TABLE whole AS SELECT how, cvm.retention_agg(t) AS r FROM tenure GROUP BY how;

-- ---------------------------------------------------------------------------
-- Any split, any tree, any order
-- ---------------------------------------------------------------------------
-- add the states of parts up two at a time, at random, each now and then
-- through its text or its bytes
CREATE FUNCTION pg_temp.add_up(parts cvm.retention[]) RETURNS cvm.retention
LANGUAGE plpgsql AS $$
DECLARE
	x integer;
	y integer;
	sum cvm.retention;
BEGIN
	WHILE cardinality(parts) > 1 LOOP
		x := 1 + floor(random() * cardinality(parts))::int;
		y := 1 + floor(random() * (cardinality(parts) - 1))::int;
		y := y + (y >= x)::int;
		sum := CASE WHEN random() < 0.7 THEN parts[x] || parts[y] ELSE (SELECT cvm.rollup(r) FROM unnest(ARRAY[parts[x], NULL, parts[y]]) r) END;
		IF random() < 0.3 THEN
			sum := sum::text::cvm.retention;
		END IF;
		parts := (SELECT array_agg(r) FROM unnest(parts) WITH ORDINALITY u (r, n) WHERE n NOT IN (x, y)) || sum;
	END LOOP;
	RETURN parts[1];
END
$$;
SELECT is((SELECT count(*) FROM (SELECT how, k, pg_temp.add_up(array_agg(r)) AS sum
				 FROM (SELECT how, k, cvm.retention_agg(t) AS r FROM tenure, generate_series(2, 8) k
					   GROUP BY how, k, pg_temp.hash(customer, k) % k) s GROUP BY how, k) a JOIN whole USING (how) WHERE sum IS DISTINCT FROM r),
		  0::bigint, 'two steps: 2 to 8 parts, added up in random trees, through text now and then');
SELECT is((SELECT count(*) FROM (SELECT k, pg_temp.add_up(array_agg(r)) AS sum
				 FROM (SELECT k, cvm.retention_agg(customer, day, amount, is_start, is_return, 'week') AS r FROM sale, generate_series(2, 8) k
					   GROUP BY k, pg_temp.hash(customer, k) % k) s GROUP BY k) a
		   WHERE sum IS DISTINCT FROM (SELECT cvm.retention_agg(customer, day, amount, is_start, is_return, 'week') FROM sale)),
		  0::bigint, 'one pass: 2 to 8 parts of the customers, added up in random trees');
CREATE FUNCTION pg_temp.add_up(parts cvm.activity[]) RETURNS cvm.activity
LANGUAGE plpgsql AS $$
DECLARE
	x integer;
	sum cvm.activity;
BEGIN
	WHILE cardinality(parts) > 1 LOOP
		x := 1 + floor(random() * (cardinality(parts) - 1))::int;
		sum := CASE WHEN random() < 0.7 THEN parts[x] || parts[x + 1] ELSE (SELECT cvm.rollup(r) FROM unnest(ARRAY[parts[x + 1], NULL, parts[x]]) r) END;
		parts := parts[:x - 1] || sum::text::cvm.activity || parts[x + 2:];
	END LOOP;
	RETURN parts[1];
END
$$;
SELECT is((SELECT count(*) FROM (SELECT customer, k, pg_temp.add_up(array_agg(a)) AS sum
				 FROM (SELECT customer, k, cvm.activity_agg(day, amount, is_start, is_return) AS a FROM sale, generate_series(2, 8) k
					   WHERE customer < 400 GROUP BY customer, k, pg_temp.hash(n, k) % k) s GROUP BY customer, k) s JOIN person USING (customer) WHERE sum IS DISTINCT FROM a),
		  0::bigint, 'timelines: the rows of a customer in 2 to 8 parts, added up in random trees');
SELECT is((SELECT cvm.retention_agg(cvm.tenure(a, 'month', '2024-04-01'))
		   FROM (SELECT cvm.rollup(a) AS a FROM (SELECT customer, cvm.activity_agg(day, amount, is_start, is_return) AS a FROM sale
				GROUP BY customer, date_trunc('month', day)) s GROUP BY customer) s), (SELECT r FROM whole WHERE how = 'month'),
		  'timelines kept month by month give the triangle of all rows');

-- ---------------------------------------------------------------------------
-- Shuffled
-- ---------------------------------------------------------------------------
CREATE FUNCTION pg_temp.fold(rows text) RETURNS TABLE (form text, state text)
LANGUAGE plpgsql AS $$
DECLARE
	key text;
	tm text;
	what text;
BEGIN
	FOR key, tm, what IN
		SELECT k, t, v FROM unnest('{customer,text_key,uuid_key}'::text[]) k, unnest(ARRAY['day', 'at', 'moment, ''America/St_Johns''']) t,
			unnest(ARRAY['', ', amount', ', amount, is_start, is_return']) v
	LOOP
		form := format('%s %s %s', key, tm, what);
		EXECUTE format('SELECT cvm.retention_agg(%s, %s%s, ''month'')::text FROM %s', key, tm, what, rows) INTO state;
		RETURN NEXT;
	END LOOP;
	FOR what IN SELECT v FROM unnest(ARRAY['', ', amount', ', amount, is_start, is_return']) v LOOP
		form := format('two steps %s', what);
		EXECUTE format('SELECT cvm.retention_agg(cvm.tenure(a, ''month'', ''2024-05-01''))::text FROM (SELECT cvm.activity_agg(day%s) AS a FROM %s GROUP BY customer) s',
			what, rows) INTO state;
		RETURN NEXT;
	END LOOP;
	form := 'rollup of timelines';
	EXECUTE format('SELECT cvm.rollup(a)::text FROM (SELECT cvm.activity_agg(moment, ''America/St_Johns'', amount, is_start, is_return) AS a FROM %s GROUP BY customer) s', rows) INTO state;
	RETURN NEXT;
	form := 'lifecycle';
	EXECUTE format('SELECT cvm.lifecycle_agg(a, ''month'', ''2024-05-01'')::text FROM (SELECT cvm.activity_agg(day, amount, is_start, is_return) AS a FROM %s GROUP BY customer) s', rows) INTO state;
	RETURN NEXT;
END
$$;
CREATE TEMP TABLE plain AS SELECT * FROM pg_temp.fold('sale');
CREATE FUNCTION pg_temp.differ(rows text) RETURNS text
LANGUAGE sql AS $$ SELECT string_agg(form, '; ') FROM pg_temp.fold(rows) f FULL JOIN plain p USING (form) WHERE f.state IS DISTINCT FROM p.state $$;
SELECT is((SELECT count(*) FROM plain WHERE length(state) > 100), 32::bigint, 'there are 32 ways to fold the rows');
SELECT is((SELECT count(DISTINCT state) FROM plain WHERE form NOT LIKE 'two%' AND form NOT LIKE 'rollup%' AND form NOT LIKE 'life%'), 3::bigint,
		  'by number, text or uuid, day, local time or moment: one answer');
CREATE TABLE shuffled AS SELECT * FROM sale ORDER BY pg_temp.hash(n, 99);
SELECT is(pg_temp.differ('shuffled'), NULL, 'shuffled rows give the same states');
SELECT is(pg_temp.differ('(SELECT * FROM sale ORDER BY n DESC) s'), NULL, 'rows read backwards give the same states');
SELECT is(pg_temp.differ('(SELECT * FROM sale ORDER BY customer, day DESC) s'), NULL, 'rows by customer, newest first');

-- ---------------------------------------------------------------------------
-- Parallel
-- ---------------------------------------------------------------------------
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 3;
SET LOCAL cpu_operator_cost = 1;
ALTER TABLE sale SET (parallel_workers = 3);
ALTER TABLE shuffled SET (parallel_workers = 3);
ALTER TABLE tenure SET (parallel_workers = 3);
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	line text;
	plan text := '';
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
		plan := plan || line || E'\n';
	END LOOP;
	RETURN plan;
END
$$;
SELECT alike(pg_temp.plan_of(q), '%Partial%Aggregate%', 'in parallel: ' || q)
FROM unnest(ARRAY['SELECT cvm.retention_agg(customer, day, ''month'') FROM sale', 'SELECT cvm.retention_agg(text_key, moment, ''UTC'', amount, is_start, is_return, ''month'') FROM sale',
	'SELECT cvm.retention_agg(t) FROM tenure', 'SELECT cvm.activity_agg(day) FROM sale', 'SELECT cvm.rollup(t) FROM (SELECT r AS t FROM whole) s']) q
WHERE q NOT LIKE '%rollup%';
SELECT is(pg_temp.differ('sale'), NULL, 'parallel workers give the same states');
SELECT is(pg_temp.differ('shuffled'), NULL, 'parallel workers give the same states of shuffled rows');
SELECT is((SELECT count(*) FROM (SELECT how, cvm.retention_agg(t) AS r FROM tenure GROUP BY how) s JOIN whole w USING (how) WHERE s.r <> w.r), 0::bigint, 'two steps, by group, in parallel');
CREATE TABLE parts AS SELECT how, customer % 50 AS part, cvm.retention_agg(t) AS r FROM tenure GROUP BY how, customer % 50;
ALTER TABLE parts SET (parallel_workers = 3);
SELECT alike(pg_temp.plan_of('SELECT how, cvm.rollup(r) FROM parts GROUP BY how'), '%Partial%Aggregate%', 'rollup runs in parallel');
SELECT is((SELECT count(*) FROM (SELECT how, cvm.rollup(r) AS r FROM parts GROUP BY how) s JOIN whole w USING (how) WHERE s.r <> w.r), 0::bigint, 'rollup in parallel gives the same states');
CREATE TABLE lines AS SELECT n % 9 AS g, cvm.activity_agg(day, amount) AS a FROM sale GROUP BY customer, n % 9;
ALTER TABLE lines SET (parallel_workers = 3);
SELECT alike(pg_temp.plan_of('SELECT cvm.rollup(a) FROM lines'), '%Partial%Aggregate%', 'rollup of timelines runs in parallel');
SELECT is((SELECT cvm.rollup(a) FROM lines), (SELECT cvm.activity_agg(day, amount) FROM sale), 'rollup of timelines in parallel');
SELECT is((SELECT cvm.retention_agg(customer, day, 'month') FROM sale WHERE n < 0), NULL, 'no rows, in parallel: nothing');
SELECT is((SELECT cvm.retention_agg(customer, day, 'month') FROM sale WHERE n = 77), (SELECT cvm.retention_agg(customer, day, 'month') FROM (SELECT * FROM sale WHERE n = 77 LIMIT 1) s),
		  'parallel workers give the same state of one row');
SELECT is((SELECT count(*) FROM (SELECT customer % 7 AS g, cvm.retention_agg(uuid_key, day, amount, 'week') AS r FROM sale GROUP BY ROLLUP (customer % 7)) s
		   WHERE r <> (SELECT cvm.retention_agg(uuid_key, day, amount, 'week' ORDER BY n) FROM sale WHERE g IS NULL OR customer % 7 = g)), 0::bigint, 'grouping sets in parallel give the same states');

-- ---------------------------------------------------------------------------
-- Partitions
-- ---------------------------------------------------------------------------
CREATE TABLE hashed (LIKE sale) PARTITION BY HASH (customer);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE hashed_2 PARTITION OF hashed FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO hashed SELECT * FROM shuffled;
ANALYZE hashed;
CREATE TABLE by_time (LIKE sale) PARTITION BY RANGE (day);
CREATE TABLE by_time_0 PARTITION OF by_time FOR VALUES FROM (MINVALUE) TO ('2023-01-15');
CREATE TABLE by_time_1 PARTITION OF by_time FOR VALUES FROM ('2023-01-15') TO ('2023-09-01');
CREATE TABLE by_time_2 PARTITION OF by_time FOR VALUES FROM ('2023-09-01') TO (MAXVALUE);
INSERT INTO by_time SELECT * FROM shuffled;
ANALYZE by_time;
SET LOCAL enable_partitionwise_aggregate = on;
SELECT is(pg_temp.differ(t), NULL, 'partition by partition, in parallel: ' || t) FROM unnest('{hashed,by_time}'::text[]) t;
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT alike(pg_temp.plan_of(format(q, t)), '%Partial%Aggregate%Partial%Aggregate%', format('partition by partition: ' || q, t))
FROM unnest('{hashed,by_time}'::text[]) t, unnest(ARRAY['SELECT cvm.retention_agg(customer, day, ''month'') FROM %s', 'SELECT cvm.activity_agg(day) FROM %s']) q;
SELECT is(pg_temp.differ(t), NULL, 'partition by partition: ' || t) FROM unnest('{hashed,by_time}'::text[]) t;
RESET enable_partitionwise_aggregate;
RESET cpu_operator_cost;

-- ---------------------------------------------------------------------------
-- Little memory
-- ---------------------------------------------------------------------------
CREATE TABLE large AS
SELECT n, c AS customer, CASE WHEN c % 3 = 0 THEN c * 1000003 ELSE c END AS sparse, 'c' || c AS text_key, md5(c::text)::uuid AS uuid_key,
	   date '2020-01-01' + (pg_temp.hash(n, 8) % 1500)::int AS day, CASE WHEN n > 50000 THEN round(n % 1000 / 1000.0, 3) ELSE n % 77 END AS amount,
	   n % 3 = 0 AS is_start, n % 4 > 0 AS is_return
FROM generate_series(1, 60000) n, LATERAL (SELECT pg_temp.hash(n, 7) % 20000 AS c) c;
ANALYZE large;
CREATE FUNCTION pg_temp.fold_large(query text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
DECLARE
	key text;
	what text;
	state text;
BEGIN
	FOR key, what IN SELECT k, v FROM unnest('{customer,sparse,text_key,uuid_key}'::text[]) k, unnest(ARRAY['', ', amount', ', amount, is_start, is_return']) v
		WHERE k <> 'uuid_key' OR v <> ', amount'
	LOOP
		FOR state IN EXECUTE format(query, key, what) LOOP
			RETURN NEXT md5(state);
		END LOOP;
	END LOOP;
END
$$;
SET LOCAL work_mem = '1GB';
CREATE TEMP TABLE roomy AS SELECT s, row_number() OVER () AS n FROM pg_temp.fold_large('SELECT cvm.retention_agg(%s, day%s, ''month'')::text FROM large') s;
SET LOCAL work_mem = '64kB';
SET LOCAL hash_mem_multiplier = 1;
SELECT is((SELECT count(*) FROM pg_temp.fold_large('SELECT cvm.retention_agg(%s, day%s, ''month'')::text FROM large') WITH ORDINALITY s (s, n) FULL JOIN roomy USING (n, s)
		   WHERE n IS NULL OR roomy.s IS NULL OR s.s IS NULL), 0::bigint, 'a fold that does not fit its memory gives the same answer');
SELECT ok((SELECT cvm.as_of(cvm.retention_agg(customer, day, amount, is_start, is_return, 'month'), '2024-02-19') FROM (SELECT * FROM large ORDER BY n DESC) s) =
		  (SELECT cvm.retention_agg(cvm.tenure(a, 'month', '2024-02-19')) FROM (SELECT cvm.activity_agg(day, amount, is_start, is_return) AS a FROM large GROUP BY customer) s),
		  'the same as two steps');
SELECT is((SELECT count(*) FROM (SELECT customer % 3 AS g, cvm.retention_agg(text_key, day, amount, 'month') AS r FROM large GROUP BY customer % 3) s
		   WHERE r <> (SELECT cvm.retention_agg(customer, day, amount, 'month') FROM large WHERE customer % 3 = g)), 0::bigint, 'large groups have the same states one by one');
SET LOCAL enable_hashagg = off;
SELECT is((SELECT count(*) FROM (SELECT customer % 3 AS g, cvm.retention_agg(text_key, day, amount, 'month') AS r FROM large GROUP BY ROLLUP (customer % 3)) s
		   WHERE r <> (SELECT cvm.retention_agg(customer, day, amount, 'month') FROM large WHERE g IS NULL OR customer % 3 = g)), 0::bigint, 'group by group over sorted rows');
RESET enable_hashagg;
SELECT is((SELECT count(*) FROM generate_series(0, 2) g, LATERAL (SELECT cvm.retention_agg(customer, day, 'month') AS r FROM large WHERE customer % 3 = g OFFSET 0) s
		   WHERE r <> (SELECT cvm.rollup(r) FROM (SELECT cvm.retention_agg(customer, day, 'month') AS r FROM large WHERE customer % 3 = g GROUP BY customer % 6) x)), 0::bigint,
		  'run again and again in one query');
SET LOCAL temp_file_limit = 0;
SELECT throws_ok($$SELECT cvm.retention_agg(customer, day, 'month') FROM large$$, '53400', NULL, 'a fold spills to files that count towards temp_file_limit');
RESET temp_file_limit;
SELECT throws_ok($$SELECT cvm.retention_agg(customer, CASE WHEN n = 59999 THEN 'infinity' ELSE day END, 'month') FROM large$$, '22008', NULL, 'an error after spilling leaves nothing behind');
SET LOCAL max_parallel_workers_per_gather = 3;
ALTER TABLE large SET (parallel_workers = 3);
SELECT is((SELECT count(*) FROM pg_temp.fold_large('SELECT cvm.retention_agg(%s, day%s, ''month'')::text FROM large') WITH ORDINALITY s (s, n) FULL JOIN roomy USING (n, s)
		   WHERE n IS NULL OR roomy.s IS NULL OR s.s IS NULL), 0::bigint, 'little memory and parallel workers give the states that there were');
RESET work_mem;
RESET hash_mem_multiplier;
SET LOCAL max_parallel_workers_per_gather = 0;

-- ---------------------------------------------------------------------------
-- The session
-- ---------------------------------------------------------------------------
CREATE FUNCTION pg_temp.in_session(zone text, style text, path text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	wrong text;
BEGIN
	PERFORM set_config('TimeZone', zone, true), set_config('DateStyle', style, true), set_config('extra_float_digits', '-3', true),
			set_config('IntervalStyle', 'sql_standard', true), set_config('search_path', path, true);
	EXECUTE 'SELECT string_agg(f.form, ''; '') FROM pg_temp.fold(''public.sale'') f FULL JOIN pg_temp.plain p USING (form)
		WHERE f.state IS DISTINCT FROM p.state' INTO wrong;
	PERFORM set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true), set_config('extra_float_digits', '1', true),
			set_config('IntervalStyle', 'postgres', true), set_config('search_path', 'public, cvm', true);
	RETURN wrong;
END
$$;
SELECT is(pg_temp.in_session(zone, style, path), NULL, format('bytes are the same with TimeZone %s, DateStyle %s and %s', zone, style,
		CASE path WHEN '' THEN 'no search path' ELSE 'a search path' END))
FROM unnest('{UTC,America/New_York,Pacific/Kiritimati}'::text[]) zone, unnest('{"ISO, YMD","SQL, DMY","Postgres, MDY","German, DMY"}'::text[]) style, unnest(ARRAY['', 'public, cvm']) path
WHERE (style = 'ISO, YMD') OR (path = '' AND (zone = 'UTC' OR style = 'SQL, DMY'));

-- ---------------------------------------------------------------------------
-- Text, bytes, tables
-- ---------------------------------------------------------------------------
SELECT is((SELECT count(*) FROM whole WHERE r::text::cvm.retention <> r) + (SELECT count(*) FROM tenure WHERE t::text::cvm.tenure <> t) +
		  (SELECT count(*) FROM person WHERE a::text::cvm.activity <> a), 0::bigint, 'every state comes back from its text as it was');
SELECT is((SELECT count(*) FROM whole WHERE encode(cvm.retention_send(r), 'hex') <> r::text AND octet_length(cvm.retention_send(r)) < 1024) + (SELECT count(*) FROM tenure WHERE encode(cvm.tenure_send(t), 'hex') <> t::text) +
		  (SELECT count(*) FROM person WHERE encode(cvm.activity_send(a), 'hex') <> a::text), 0::bigint, 'its text is its bytes');
CREATE TEMP TABLE large AS SELECT cvm.retention_agg(n::bigint, date '2024-01-01' + (n % 400 + n % 7 * 28), 'day') AS state FROM generate_series(1, 4000) n;
SELECT cmp_ok((SELECT length(l.state::text) FROM large l), '<', (SELECT octet_length(cvm.retention_send(l.state)) FROM large l), 'the text of a large state is compressed');
SELECT ok((SELECT l.state::text::cvm.retention = l.state AND cvm.retention_send(l.state::text::cvm.retention) = cvm.retention_send(l.state) FROM large l), 'and comes back as it was');
SELECT ok((SELECT encode(cvm.retention_send(l.state), 'hex')::cvm.retention = l.state FROM large l), 'digits are read of a state of any size');
SELECT throws_ok(format('SELECT %L::cvm.retention', t.text), '22P02', NULL, format('what is not the text of bytes is refused: %s', t.what)) FROM (
	SELECT 'nothing' AS what, 'z' AS text UNION ALL SELECT 'no base64', 'z!' UNION ALL SELECT 'a size alone', 'z' || encode('\x00040000', 'base64')
	UNION ALL SELECT 'more than could be in it', 'z' || encode('\x0000000300', 'base64') UNION ALL SELECT 'less than is compressed', 'z' || encode('\x1000000000414141', 'base64')
	UNION ALL SELECT 'a part', (SELECT left(l.state::text, 1 + length(l.state::text) / 8 * 4) FROM large l) UNION ALL SELECT 'a number in place of it', 'z0001') t;
CREATE TABLE stored AS
SELECT p.customer, a, t, r FROM person p, tenure t, whole w
WHERE p.customer = t.customer AND t.how = w.how AND p.customer % 50 = 0;
ALTER TABLE stored ALTER r SET STORAGE external;
UPDATE stored SET r = r WHERE customer % 100 = 0;
SELECT is((SELECT count(*) FROM stored s JOIN person p USING (customer) WHERE s.a <> p.a OR NOT EXISTS (SELECT FROM whole w WHERE w.r = s.r)), 0::bigint,
		  'what a table keeps, compressed or apart, is what was kept');
SELECT is((SELECT count(*) FROM stored a, stored b WHERE a.r = b.r AND hashtext(a.r::text) <> hashtext(b.r::text) OR
				 (a.r = b.r AND cvm.retention_hash(a.r) <> cvm.retention_hash(b.r)) OR
				 (a.r = b.r AND cvm.retention_hash_extended(a.r, 7) <> cvm.retention_hash_extended(b.r, 7))), 0::bigint, 'equal states have equal hashes');

SELECT * FROM finish();
ROLLBACK;
