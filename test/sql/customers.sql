\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The customers behind every figure.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
\i test/world.sql
-- fewer customers are walked in less time
DO $$
DECLARE
	t text;
BEGIN
	FOREACH t IN ARRAY '{subscription,segment_history,event,contact,ticket,survey}'::text[] LOOP
		EXECUTE format('DELETE FROM world.%I WHERE customer_id > 110', t);
	END LOOP;
END
$$;
CREATE FUNCTION pg_temp.quietly(query text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; END $$;
SELECT pg_temp.quietly($$SELECT world.model('whole')$$);

\i test/walk.sql

SELECT is_empty($$SELECT DISTINCT c.view FROM counting c JOIN cvm.report_body b USING (view) WHERE NOT EXISTS (SELECT FROM cvm.report_list l WHERE l.view = b.view AND l.preference = b.preference)$$,
	'every view that counts customers tells them, in every way in which it is computed');
SELECT is_empty($$SELECT unnest(w.wrong) FROM counting c, pg_temp.walk('whole', c.view) w$$,
	'in every row of every view a list is as long as each count says, and adds up to each column');

-- Other worlds: of everything that is known of customers a quarter is left out, each time another, and spells begin on other days
\set worlds 1
\getenv worlds CVM_WORLDS
CREATE FUNCTION pg_temp.walk_worlds(worlds int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	found text[];
	relation regclass;
BEGIN
	FOR n IN 1 .. worlds LOOP
		BEGIN
			FOR relation IN SELECT a.attrelid FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
				WHERE c.relnamespace = 'world'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attname = 'customer_id' AND c.relname <> 'customer' LOOP
				EXECUTE format('DELETE FROM %s t WHERE hashtextextended(t::text, %s) %% 4 = 0', relation, n);
			END LOOP;
			UPDATE world.subscription s SET started_on = s.started_on + x.days, ended_on = s.ended_on + x.days
			FROM (SELECT c.customer_id, (hashtextextended(c.customer_id::text, n) % 30)::int AS days FROM world.customer c) x WHERE x.customer_id = s.customer_id;
			found := ARRAY(SELECT format('world %s: %s', n, unnest(w.wrong)) FROM counting c CROSS JOIN LATERAL pg_temp.walk('whole', c.view) w);
			RAISE EXCEPTION USING ERRCODE = 'CVM01';
		EXCEPTION WHEN SQLSTATE 'CVM01' THEN
			NULL;
		END;
		RETURN QUERY SELECT unnest(found);
	END LOOP;
END
$$;
SELECT is_empty(format('SELECT pg_temp.walk_worlds(%s)', :worlds), 'in random worlds too a list is as long as each count says, and adds up to each column');

-- What a list that is narrowed to those for whom something moves in the month, or
-- who hold something in it, has other than the whole one
CREATE FUNCTION pg_temp.narrow(model name, view text, rows int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	have text[];
	literals jsonb;
	l record;
	w jsonb;
	reach text;
	columns text[];
	name text;
	moved text;
	differs bigint;
BEGIN
	EXECUTE format('CREATE TEMP TABLE wanted AS SELECT v.* FROM %I.%I v ORDER BY md5(v.row_key) LIMIT %s', model, view, rows);
	SELECT c.have, c.literals INTO have, literals FROM cvm._composing(model, view, (SELECT max(as_of) FROM wanted)) c;
	SELECT * INTO l FROM cvm._list(model, view, have, literals);
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', model), true);
	EXECUTE 'CREATE TEMP TABLE list AS ' || l.list;
	FOR w IN SELECT to_jsonb(x) FROM pg_temp.wanted x LOOP
		FOREACH reach IN ARRAY '{move,places,hold}'::text[] LOOP
			FOREACH name IN ARRAY CASE WHEN reach = 'hold' THEN l.holds ELSE l.moves END LOOP
				IF reach = 'hold' OR (reach = 'places') = (name ~ '^(moved|redefined)_') THEN
					columns := columns || format('CASE WHEN l.%1$I <> 0 THEN l.%1$I END', name);
				END IF;
			END LOOP;
			CONTINUE WHEN columns IS NULL;
			EXECUTE format($q$
				WITH wanted AS (SELECT w.* FROM jsonb_populate_record(NULL::%1$I.%2$I, $1) w)%3$s, list AS (%4$s), narrow AS (
					SELECT l.customer_id, l.mrr_before, l.mrr_after, l.detail, c.columns FROM list l CROSS JOIN LATERAL (SELECT ARRAY[%5$s] AS columns) c
					WHERE cardinality(array_remove(c.columns, NULL)) > 0
				), whole AS (
					SELECT l.customer_id, l.mrr_before, l.mrr_after, l.detail, c.columns FROM pg_temp.list l CROSS JOIN LATERAL (SELECT ARRAY[%5$s] AS columns) c
					WHERE l.row_key = $1 ->> 'row_key' AND cardinality(array_remove(c.columns, NULL)) > 0
				)
				SELECT count(*) FROM ((TABLE narrow EXCEPT ALL TABLE whole) UNION ALL (TABLE whole EXCEPT ALL TABLE narrow)) d$q$, model, view,
				cvm._narrowed(model, have, literals, reach <> 'hold', reach = 'places', coalesce(w ->> 'segment', '(all)'), (w ->> 'month')::date), l.list, array_to_string(columns, ', '))
			INTO differs USING w;
			IF differs > 0 THEN
				RETURN NEXT format('%s "%s": %s rows where customers %s', view, w ->> 'row_key', differs, reach);
			END IF;
			columns := NULL;
		END LOOP;
		-- and column by column, of those who move alone
		FOREACH name IN ARRAY l.moves LOOP
			moved := cvm._customers_moved_query(model, view, name, coalesce(w ->> 'segment', '(all)'), (w ->> 'month')::date, (w ->> 'as_of')::date);
			CONTINUE WHEN moved IS NULL;
			EXECUTE format($q$
				WITH narrow AS (%1$s), whole AS (
					SELECT l.customer_id::text AS customer_id, l.mrr_before, l.mrr_after, l.detail FROM pg_temp.list l WHERE l.row_key = $1 ->> 'row_key' AND l.%2$I <> 0
				)
				SELECT count(*) FROM ((TABLE narrow EXCEPT ALL TABLE whole) UNION ALL (TABLE whole EXCEPT ALL TABLE narrow)) d$q$, moved, name) INTO differs USING w;
			IF differs > 0 THEN
				RETURN NEXT format('%s.%s "%s": %s rows', view, name, w ->> 'row_key', differs);
			END IF;
		END LOOP;
	END LOOP;
	PERFORM set_config('search_path', 'public, pg_catalog', true);
	DROP TABLE wanted, list;
END
$$;
SELECT is_empty($$SELECT n FROM (SELECT DISTINCT l.view FROM cvm.report_list l WHERE l.moves || l.holds <> '{}') v, pg_temp.narrow('whole', v.view, 12) n$$,
	'who can have nothing to do with a month is left out of its lists, and nobody else');
SELECT is_empty($$SELECT DISTINCT l.view, c.name FROM cvm.report_list l, unnest(l.moves || l.holds) AS c (name) WHERE NOT EXISTS (
		SELECT FROM cvm.report_column k WHERE k.view = l.view AND k.column_name = c.name AND (k.unit LIKE 'customers%' OR k.unit LIKE 'money%'))$$,
	'what may be narrowed are columns of the view');

-- one cell
SELECT results_eq($$SELECT v.view, v.row_key, v."column", count(DISTINCT x.customer_id)
		FROM (VALUES ('mrr_movement', '(all)|2024-08', 'churn_customers'), ('segment_kpi', 'S|2024-08', 'churned_customers'), ('retention_month', '(all)|2024-01|2', 'retained_customers'),
			('lifecycle_month', 'S|2024-05', 'new_customers'), ('segment_migration', '2024-06|Größe, L|Größe, L', 'customers'), ('product_migration', '2024-10|BASIC|PLUS', 'customers'),
			('phase_flow', '(all)|mature|mature', 'customers'), ('mrr_movement', '(all)|2024-08', 'churn_mrr')) AS v (view, row_key, "column"),
			cvm.customers('whole', v.view, v.row_key, v."column") x
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3$$,
	$$SELECT 'lifecycle_month', row_key, 'new_customers', new_customers FROM whole.lifecycle_month WHERE row_key = 'S|2024-05'
	UNION ALL SELECT 'mrr_movement', row_key, c, -churn_customers FROM whole.mrr_movement, unnest('{churn_customers,churn_mrr}'::text[]) c WHERE row_key = '(all)|2024-08'
	UNION ALL SELECT 'phase_flow', row_key, 'customers', customers FROM whole.phase_flow WHERE row_key = '(all)|mature|mature'
	UNION ALL SELECT 'product_migration', row_key, 'customers', customers FROM whole.product_migration WHERE row_key = '2024-10|BASIC|PLUS'
	UNION ALL SELECT 'retention_month', row_key, 'retained_customers', retained_customers FROM whole.retention_month WHERE row_key = '(all)|2024-01|2'
	UNION ALL SELECT 'segment_kpi', row_key, 'churned_customers', -churned_customers FROM whole.segment_kpi WHERE row_key = 'S|2024-08'
	UNION ALL SELECT 'segment_migration', row_key, 'customers', customers FROM whole.segment_migration WHERE row_key = '2024-06|Größe, L|Größe, L'$$,
	'cvm.customers() has as many customers as the count says');
SELECT results_eq($$SELECT sum(x.mrr_before), sum(x.mrr_after) FROM cvm.customers('whole', 'mrr_movement', '(all)|2024-08', 'churn_customers') x WHERE x.detail !~ 'paused'$$,
	$$SELECT sum(m.mrr_before), 0::numeric FROM whole.customer_movement m WHERE m.month = '2024-08-01' AND m.line = 'churn' AND m.cause <> 'to_free'$$, 'what the lost paid before is what customer_movement says');
SELECT results_eq($$SELECT sum(x.mrr_after) FROM cvm.customers('whole', 'mrr_movement', '(all)|2024-08', 'closing_customers') x$$,
	$$SELECT closing_mrr FROM whole.mrr_movement WHERE row_key = '(all)|2024-08'$$, 'what is paid after is the closing');
SELECT results_eq($$SELECT sum(x.mrr_before) FROM cvm.customers('whole', 'mrr_movement', '(all)|2024-08', 'opening_customers') x$$,
	$$SELECT opening_mrr FROM whole.mrr_movement WHERE row_key = '(all)|2024-08'$$, 'what is paid before is the opening');
SELECT results_eq($$SELECT sum(x.mrr_after - x.mrr_before) FROM cvm.customers('whole', 'mrr_movement', '(all)|2024-08', 'expansion_customers') x$$,
	$$SELECT expansion_mrr FROM whole.mrr_movement WHERE row_key = '(all)|2024-08'$$, 'who expands pays so much more');
SELECT is_empty($$SELECT * FROM cvm.customers('whole', 'mrr_movement', '(all)|2024-08', 'churn_customers') x WHERE x.detail !~ '^churn \('$$, 'the detail says what happened');

-- what cannot be
SELECT throws_like($$SELECT * FROM cvm.customers('whole', 'mrr_movment', '', '')$$, 'unknown report view "mrr_movment"', 'an unknown view is an error');
SELECT throws_like($$SELECT * FROM cvm.customers('nowhere', 'mrr_movement', '', '')$$, 'model "nowhere" does not exist', 'an unknown model is an error');
SELECT throws_ok($$SELECT * FROM cvm.customers('whole', 'mrr_movement', '(all)|2024-08', 'churned_customers')$$, '42703', NULL, 'an unknown column has its code');
SELECT throws_ok($$SELECT * FROM cvm.customers('whole', 'mrr_movement', '(all)|2024-08', 'is_complete')$$, '22023', 'column "is_complete" of view "mrr_movement" counts no customers: its unit is "true or false"',
	'a column that counts no customers is an error');
SELECT throws_ok($$SELECT * FROM cvm.customers('whole', 'mrr_movement', '(all)|2034-08', 'churn_customers')$$, 'P0002', 'view "whole.mrr_movement" has no row with row_key "(all)|2034-08"', 'an unknown row is an error');
CREATE FUNCTION pg_temp.hint(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	EXECUTE query;
	RETURN NULL;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN hint;
END
$$;
SELECT matches(pg_temp.hint($$SELECT * FROM cvm.customers('whole', 'mrr_movment', '', '')$$), 'Did you mean "mrr_movement"', 'the hint names the view that is nearest');
SELECT matches(pg_temp.hint($$SELECT * FROM cvm.customers('whole', 'mrr_movement', '(all)|2024-08', 'churned_customers')$$), 'Did you mean "churn_customers"', 'the hint names the column that is nearest');
SELECT matches(pg_temp.hint($$SELECT * FROM cvm.customers('whole', 'mrr_movement', '(al)|2024-08', 'churn_customers')$$), 'Did you mean "\(all\)\|2024-08"', 'the hint names the row that is nearest');
SELECT is_empty($$SELECT * FROM cvm.customers('whole', 'mrr_movement', '(all)|2024-01', 'churn_customers')$$, 'nobody is behind nought');

-- groups that are not shown
SELECT lives_ok($$SELECT * FROM cvm.customers('whole', 'segment_kpi', 'tiny|2024-08', 'closing_customers')$$, 'a small group has a list');
SELECT pg_temp.quietly($$SELECT cvm.configure('whole', 'min_group_size', '5')$$);
SELECT throws_ok($$SELECT * FROM cvm.customers('whole', 'segment_kpi', 'tiny|2024-08', 'closing_customers')$$, 'P0002', NULL, 'a group that is not shown has none');
SELECT matches(pg_temp.hint($$SELECT * FROM cvm.customers('whole', 'segment_kpi', 'tiny|2024-08', 'closing_customers')$$), 'Groups of fewer than 5 customers are not shown', 'the hint says why');
SELECT pg_temp.quietly($$SELECT cvm.configure('whole', 'min_group_size', '0')$$);

-- who sees only some customers is told only those
CREATE ROLE cvm_customers_agent;
CREATE ROLE cvm_customers_stranger;
CREATE ROLE cvm_customers_owner;
GRANT cvm_customers_owner TO cvm_customers_agent;
CREATE TABLE world.book AS SELECT customer_id, product, started_on, ended_on, mrr FROM world.subscription;
ALTER TABLE world.book ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON world.book TO cvm_customers_owner USING (current_user = 'cvm_customers_owner' OR customer_id % 2 = 0);
GRANT USAGE ON SCHEMA world TO cvm_customers_owner;
GRANT SELECT ON world.book TO cvm_customers_owner;
CREATE SCHEMA own AUTHORIZATION cvm_customers_owner;
SET ROLE cvm_customers_owner;
SELECT cvm.create_model('own', tz => 'UTC') IS NULL AS made \gset
SELECT cvm.bind('own', 'subscription', 'world.book') IS NULL AS bound \gset
GRANT USAGE ON SCHEMA own TO cvm_customers_stranger;
RESET ROLE;
SET ROLE cvm_customers_agent;
SELECT results_eq($$SELECT count(*), count(*) FILTER (WHERE x.customer_id::int % 2 = 0) FROM cvm.customers('own', 'mrr_movement', '(all)|2024-08', 'closing_customers') x$$,
	$$SELECT closing_customers, closing_customers FROM own.mrr_movement WHERE row_key = '(all)|2024-08'$$, 'row-level security holds for the list as for the count');
RESET ROLE;
SET ROLE cvm_customers_stranger;
SELECT throws_ok($$SELECT * FROM cvm.customers('own', 'mrr_movement', '(all)|2024-08', 'closing_customers')$$, '42501', NULL, 'who has no rights on the model is told nobody');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
