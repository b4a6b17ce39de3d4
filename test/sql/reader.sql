\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Who may read what, and what is too small to be shown.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
\i test/world.sql
CREATE FUNCTION pg_temp.quietly(query text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE query; END $$;
SELECT pg_temp.quietly($$SELECT world.model('whole'), world.model('shown')$$);
SELECT is_empty($$SELECT view, waits_for FROM cvm.catalog('whole') WHERE NOT "exists"$$, 'a model with everything bound has every report view');

-- for each view it was decided what a reader may see of it
SELECT is_empty($$SELECT v.view FROM cvm.report_view v JOIN cvm.report_column k ON k.view = v.view AND k.column_name = 'row_key'
	WHERE (v.group_size IS NULL) <> ('customer_id' = ANY (string_to_array(k.formula, '|')))$$,
	'every view says how many customers a row is about, but those with a row per customer');
SELECT is_empty($$SELECT v.view FROM cvm.report_view v JOIN cvm.report_column c USING (view) WHERE v.group_size IS NOT NULL AND c.column_name IN ('customer_id', 'subscription_id')$$,
	'no view that is granted names a customer');
SELECT set_eq($$SELECT view FROM cvm.report_view WHERE group_size = ''$$,
	'{segment_scorecard,managed_driver,programme,owner_gap,owner_conflict,owner_stale,concentration,flavor,initiative_status,benchmark_comparison,loop_closure,review_cadence,measurement_without_action,action_without_measurement}'::text[], 'the views without min_group_size are about nobody in particular');

-- small groups, for every view that is about customers: what of it is left out
-- is counted against the same view of a model that leaves out nothing
SELECT pg_temp.quietly($$SELECT cvm.configure('shown', 'min_group_size', '5')$$);
CREATE FUNCTION pg_temp.told(view text, smallest int, OUT shown bigint, OUT hidden bigint, OUT small bigint, OUT alone bigint, OUT other bigint) LANGUAGE plpgsql AS $$
DECLARE
	size text := (SELECT v.group_size FROM cvm.report_view v WHERE v.view = told.view);
	keys text[] := (SELECT string_to_array(c.formula, '|') FROM cvm.report_column c WHERE c.view = told.view AND c.column_name = 'row_key');
	split text := (SELECT k FROM unnest(keys) k WHERE k IN ('segment', 'channel', 'value_decile', 'to_segment', 'tenure_band') ORDER BY k = 'segment' DESC LIMIT 1);
BEGIN
	PERFORM set_config('search_path', 'whole, pg_catalog', true);
	EXECUTE format($q$
		WITH said AS MATERIALIZED (TABLE shown.%1$I), b AS MATERIALIZED (TABLE whole.%1$I),
			every AS MATERIALIZED (SELECT b.row_key, %2$s AS keys, %5$s AS split, %3$s AS size, b.row_key IN (SELECT s.row_key FROM said s) AS is_shown FROM b),
			families AS (SELECT e.keys, count(*) FILTER (WHERE NOT e.is_shown) AS hidden, coalesce(sum(e.size) FILTER (WHERE NOT e.is_shown), 0) AS together, count(*) FILTER (WHERE e.is_shown) AS shown
				FROM every e WHERE e.split <> '(all)' GROUP BY 1)
		SELECT (SELECT count(*) FROM said), (SELECT count(*) FROM every WHERE NOT is_shown), (SELECT count(*) FROM every WHERE is_shown AND size < %4$s),
			-- one group, or too few customers, between the total and what is shown of it
			(SELECT count(*) FROM families f WHERE f.together > 0 AND (f.hidden = 1 OR f.together < %4$s)
				AND f.shown > 0 AND (%6$L = 'to_segment' OR f.keys IN (SELECT a.keys FROM every a WHERE a.split = '(all)' AND a.is_shown))),
			(SELECT count(*) FROM (TABLE said EXCEPT TABLE b) d)$q$,
		view, (SELECT coalesce('ROW(' || string_agg('b.' || quote_ident(k), ', ') || ')::text', '''''::text') FROM unnest(keys) k WHERE k <> split),
		size, smallest, coalesce('b.' || quote_ident(split), '''(all)''::text'), split)
	INTO shown, hidden, small, alone, other;
	PERFORM set_config('search_path', 'public, pg_catalog', true);
END
$$;
CREATE TEMP TABLE told AS
SELECT v.view, t.* FROM cvm.report_view v, pg_temp.told(v.view, 5) t WHERE v.group_size <> '';
SELECT cmp_ok((SELECT count(*) FROM told), '>=', 20::bigint, 'views that are about customers are looked at');
SELECT is_empty('SELECT view, small FROM told WHERE small > 0', 'no view shows a group of fewer than five');
-- segment_shift is made of what segment_kpi shows and tells nothing beyond it
SELECT is_empty($$SELECT view, alone FROM told WHERE alone > 0 AND view <> 'segment_shift'$$, 'no small group can be had by subtraction from the total');
SELECT is_empty('SELECT view FROM told WHERE shown = 0 AND hidden > 6', 'all other views show the rest');
SELECT cmp_ok((SELECT count(*) FROM told WHERE hidden > 0), '>=', 15::bigint, 'most of them left something out');
SELECT is_empty($$SELECT view FROM told WHERE other > 0 AND view NOT IN ('segment_shift')$$, 'what is shown is what it was');
SELECT is_empty($$SELECT 'kpi', segment FROM shown.segment_kpi WHERE segment = 'tiny' UNION ALL SELECT 'cost', segment FROM shown.segment_cost WHERE segment = 'tiny'
	UNION ALL SELECT 'scorecard', segment FROM shown.segment_scorecard WHERE segment = 'tiny' UNION ALL SELECT 'shift', segment FROM shown.segment_shift WHERE segment = 'tiny'$$,
	'a segment of three customers has no figures, no cost and no targets');
SELECT isnt_empty($$SELECT * FROM whole.segment_cost WHERE segment = 'tiny'$$, 'a segment of three customers would have figures without min_group_size');
SELECT is_empty($$SELECT c.month, c.pool FROM shown.segment_cost c GROUP BY 1, 2 HAVING (SELECT count(*) FROM whole.segment_cost w WHERE w.month = c.month AND w.pool = c.pool) - count(*) = 1$$,
	'the cost of a hidden group cannot be had from the pool');

-- a reader: every report that is stored, and nothing else
SELECT pg_temp.quietly(format('SELECT cvm.store(%L, %L)', 'shown', v.view)) FROM cvm.catalog('shown') v;
SELECT pg_temp.quietly($$SELECT cvm.store('shown', 'customer_activity', mode => 'queue'), cvm.store('shown', 'customer_holdings', mode => 'scan')$$);
CREATE ROLE cvm_reader_of_all;
CREATE TEMP TABLE given AS SELECT * FROM cvm.grant_reader('shown', 'cvm_reader_of_all');
SELECT set_eq('SELECT view FROM given WHERE NOT can_read', $$SELECT view FROM cvm.report_view WHERE group_size IS NULL$$, 'a reader can read every view but those about single customers');
SELECT is_empty('SELECT * FROM given WHERE can_read AND needs IS NOT NULL OR NOT can_read AND needs IS NULL', 'a reader is told what the other views need');
GRANT SELECT ON given TO cvm_reader_of_all;
CREATE FUNCTION pg_temp.can_read(relation text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SELECT FROM %s LIMIT 1', relation);
	RETURN true;
EXCEPTION WHEN insufficient_privilege THEN
	RETURN false;
END
$$;
SET ROLE cvm_reader_of_all;
SELECT is_empty($$SELECT view FROM given WHERE can_read IS DISTINCT FROM pg_temp.can_read('shown.' || quote_ident(view))$$, 'what is said is so, for every view');
SELECT set_eq($$SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace IN ('shown'::regnamespace, 'whole'::regnamespace, 'world'::regnamespace) AND c.relkind IN ('r', 'v', 'p')
		AND has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES') AND NOT c.relname LIKE '%\_queue'$$,
	$$SELECT 'shown.' || view || s FROM given, unnest('{"",_stored}'::text[]) s WHERE can_read$$, 'these views and their tables are all that it has any right on');
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace IN ('shown'::regnamespace, 'whole'::regnamespace, 'world'::regnamespace) AND c.relkind IN ('r', 'v', 'p')
	AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER') AND NOT c.relname LIKE '%\_queue'$$, 'a reader has no right to change anything');
SELECT ok(NOT has_schema_privilege('shown', 'CREATE') AND NOT has_schema_privilege('whole', 'USAGE') AND NOT has_schema_privilege('world', 'USAGE'), 'one schema, to use');
SELECT is_empty($$SELECT 'model' FROM cvm.model UNION ALL SELECT 'setting' FROM cvm.setting UNION ALL SELECT 'binding' FROM cvm.binding UNION ALL SELECT 'generated' FROM cvm.generated
	UNION ALL SELECT 'log' FROM cvm.refresh_log UNION ALL SELECT 'restatement' FROM cvm.restatement UNION ALL SELECT 'reader' FROM cvm.reader UNION ALL SELECT 'part' FROM cvm.source_part$$,
	'a reader sees nothing of the registry');
SELECT is((SELECT count(*) FROM cvm.freshness), (SELECT count(*) FROM given) + 2, 'a reader sees how old each table is');
RESET ROLE;
SELECT pg_temp.quietly($$SELECT cvm.revoke_reader('shown', 'cvm_reader_of_all')$$);
SET ROLE cvm_reader_of_all;
SELECT is_empty($$SELECT view FROM given WHERE pg_temp.can_read('shown.' || quote_ident(view))$$, 'a reader sees nothing after revoke_reader');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
