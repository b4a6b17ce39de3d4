\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Every report view there is, in a model with something bound to every entity.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
\i test/world.sql
CREATE FUNCTION pg_temp.quietly(query text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; END $$;
SELECT pg_temp.quietly($$SELECT world.model('whole')$$);
SELECT is_empty($$SELECT view, waits_for FROM cvm.catalog('whole') WHERE NOT "exists"$$, 'no view waits');
SELECT set_eq($$SELECT e.entity FROM cvm.entity e EXCEPT SELECT regexp_split_to_table(c.reads, ', ') FROM cvm.catalog('whole') c$$, ARRAY['customer_alias', 'fx_rate'],
	'every entity that can be bound is read by a view, and the catalog says by which: two are not bound here');
SELECT is((SELECT reads FROM cvm.catalog('whole') WHERE view = 'ticket_response'), 'segment_history, ticket', 'it names the entities of a view in their order');

-- what the dictionary says is what there is
SELECT set_eq($$SELECT d.view, d."column", CASE d.type WHEN 'bigint, integer, text or uuid' THEN 'integer' ELSE d.type END FROM cvm.dictionary d$$,
	$$SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		JOIN cvm.report_view v ON v.view = c.relname::text WHERE c.relnamespace = 'whole'::regnamespace$$, 'the dictionary has every column of every view, with its type, which for customers is that of the source');
SELECT is_empty($$SELECT view, "column" FROM cvm.dictionary WHERE type = 'bigint, integer, text or uuid' AND "column" NOT LIKE '%customer_id'$$, 'only customers may be of several');
SELECT ok(cvm.dbt_yaml('whole') ~ E'name: "customer_id"\n +description: [^\n]*\n +data_type: "integer"' AND cvm.dbt_yaml('whole') !~ 'or uuid"', 'dbt is told which type customers have');
SELECT is_empty($$SELECT d.view, d."column" FROM cvm.dictionary d WHERE d.unit = '' OR d.formula = '' OR d.comment = '' OR d.additive IS NULL$$, 'every column of the dictionary has unit, formula and meaning');
SELECT is_empty($$SELECT c.relname FROM pg_class c JOIN cvm.report_view v ON v.view = c.relname::text WHERE c.relnamespace = 'whole'::regnamespace AND obj_description(c.oid, 'pg_class') IS DISTINCT FROM v.comment$$, 'views carry their comments');
SELECT is_empty($$SELECT d.view, d."column" FROM cvm.dictionary d WHERE col_description(('whole.' || d.view)::regclass, (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = ('whole.' || d.view)::regclass AND a.attname::text = d."column")) NOT LIKE d.comment || '%'$$, 'columns carry their comments');
SELECT is_empty($$SELECT view, "column", type FROM cvm.dictionary WHERE "column" NOT LIKE '%customer_id' AND type !~ '^(text|boolean|integer|bigint|double precision|date|timestamp with time zone|numeric\((1?\d|2[0-8]),\d+\))$'$$, 'types are those that every client knows');

-- keys, and numbers that clients can take
CREATE FUNCTION pg_temp.odd(view text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	c record;
	n bigint;
BEGIN
	EXECUTE format('CREATE TEMP TABLE one AS TABLE whole.%I', view);
	SELECT count(*) - count(DISTINCT row_key) INTO n FROM one;
	IF n > 0 THEN
		RETURN NEXT format('%s of row_key twice or NULL', n);
	END IF;
	FOR c IN SELECT k.* FROM cvm.report_column k WHERE k.view = odd.view LOOP
		EXECUTE format(CASE WHEN c.type = 'double precision' OR c.type LIKE 'numeric%' THEN 'SELECT count(*) FROM one WHERE %1$I IN (''NaN'', ''Infinity'', ''-Infinity'')'
			WHEN c.type IN ('date', 'timestamp with time zone') THEN 'SELECT count(*) FROM one WHERE NOT isfinite(%1$I)'
			WHEN c.column_name = ANY (SELECT unnest(string_to_array(k.formula, '|')) FROM cvm.report_column k WHERE k.view = odd.view AND k.column_name = 'row_key')
				THEN 'SELECT count(*) FROM one WHERE %1$I IS NULL'
			ELSE 'SELECT 0' END, c.column_name) INTO n;
		IF n > 0 THEN
			RETURN NEXT format('%s of %s', n, c.column_name);
		END IF;
	END LOOP;
	DROP TABLE one;
END
$$;
SELECT is_empty($$SELECT v.view, o.* FROM cvm.report_view v, pg_temp.odd(v.view) o$$, 'row_key is unique, keys are not NULL, numbers and days are finite');

-- what is grouped is grouped once: no plan makes the rows of a group again for
-- each row that looks one up
CREATE FUNCTION pg_temp.again(view text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	plan jsonb;
BEGIN
	EXECUTE format('EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF, SUMMARY OFF, VERBOSE, FORMAT JSON) SELECT * FROM whole.%I', view) INTO plan;
	RETURN QUERY WITH RECURSIVE node AS (
		SELECT plan -> 0 -> 'Plan' AS n
		UNION ALL
		SELECT c FROM node, jsonb_array_elements(node.n -> 'Plans') c)
	SELECT format('%s times %s of %s', n ->> 'Actual Loops', n ->> 'Node Type', left(n ->> 'Output', 100)) FROM node
	WHERE (n ->> 'Actual Loops')::numeric > 4 AND (n ->> 'Node Type' = 'Aggregate' AND (n ->> 'Actual Rows')::numeric > 1 OR n ->> 'Output' ~ 'cvm\.\w+_agg\(');
END
$$;
ANALYZE;
SELECT is_empty($$SELECT v.view, a.* FROM cvm.report_view v, pg_temp.again(v.view) a$$, 'practice 1.17: no view folds or groups again for each of its rows');

-- one word has one sign
CREATE FUNCTION pg_temp.positive(view text, name text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	EXECUTE format('SELECT count(*) FROM whole.%I WHERE %I > 0', view, name) INTO n;
	RETURN n;
END
$$;
SELECT is_empty($$SELECT c.view, c.column_name FROM cvm.report_column c WHERE c.column_name ~ '^(price_)?((churn|churned)_(mrr|customers)|contraction_mrr)$' AND pg_temp.positive(c.view, c.column_name) > 0$$,
	'practice 1.16: what is lost by churn and contraction is negative in every view');

-- users' own materialized views
SELECT lives_ok(format($$CREATE MATERIALIZED VIEW world.my_%1$s AS SELECT * FROM whole.%1$s; CREATE UNIQUE INDEX ON world.my_%1$s (row_key);
	REFRESH MATERIALIZED VIEW CONCURRENTLY world.my_%1$s; REFRESH MATERIALIZED VIEW CONCURRENTLY world.my_%1$s$$, v.view), 'a materialized view over ' || v.view || ' is refreshed concurrently, twice')
FROM cvm.report_view v ORDER BY v.position;

SELECT * FROM finish();
ROLLBACK;
