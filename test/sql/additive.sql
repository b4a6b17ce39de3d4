\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What may be summed, and over what: in worlds of random customers every column
-- that says so makes its total.  One world; CVM_WORLDS is how many.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
\set worlds 1
\getenv worlds CVM_WORLDS
SELECT plan(6 + :worlds);
\i test/world.sql
-- three of four customers each time, and all other tables whole
CREATE SCHEMA part;
DO $$
DECLARE
	t record;
BEGIN
	FOR t IN SELECT c.relname, c.oid, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'customer_id') AS has_customers
		FROM pg_class c WHERE c.relnamespace = 'world'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'event' LOOP
		EXECUTE format('CREATE VIEW part.%I AS SELECT * FROM world.%I', t.relname, t.relname)
			|| CASE WHEN t.has_customers THEN $q$ WHERE (hashtext(customer_id || current_setting('part.world')) & 3) > 0$q$ ELSE '' END;
	END LOOP;
	CREATE VIEW part.event AS SELECT * FROM world.event WHERE (hashtext(customer_id || current_setting('part.world')) & 3) > 0;
	PERFORM set_config('part.world', '1', true);
	PERFORM cvm.create_model('w', 'UTC', currency => 'EUR');
	PERFORM cvm._register('w', 'insert', 'setting', '{"setting": "segment_schemes", "value": "{region}"}');
	PERFORM cvm._register('w', 'insert', 'setting', '{"setting": "price_customers", "value": 2}');
	PERFORM cvm._register('w', 'insert', 'binding', (
		SELECT jsonb_agg(jsonb_build_object('entity', e.entity, 'source_schema', 'part', 'source_name', e.entity, 'columns', '{}'::jsonb))
		FROM cvm.entity e WHERE to_regclass(format('part.%I', e.entity)) IS NOT NULL));
	PERFORM count(*) FROM cvm.rebuild('w');
END
$$;
-- the sums of a world that are not what they should be, and how many were made
CREATE TABLE asked (view text, dimension text, sums bigint);
CREATE FUNCTION part.wrong(world int) RETURNS TABLE (view text, dimension text, name text, key text, sum numeric, total numeric) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	v record;
	n bigint;
BEGIN
	PERFORM set_config('part.world', world::text, true);
	FOR v IN SELECT s.view, max(r.formula) AS keys FROM cvm.report_sum s JOIN cvm.report_column r ON r.view = s.view AND r.column_name = 'row_key' GROUP BY s.view LOOP
		EXECUTE format('CREATE TEMP TABLE %1$I AS SELECT to_jsonb(t) AS row FROM w.%1$I t', v.view) || CASE v.view WHEN 'segment_shift' THEN ' WHERE t.grain = ''quarter''' ELSE '' END;
	END LOOP;
	-- beside the total row
	FOR v IN
		SELECT s.view, d.dimension, array_agg(s.column_name) AS columns, max(r.formula) AS keys
		FROM cvm.report_sum s
		CROSS JOIN LATERAL unnest(s.dimensions) AS d (dimension)
		JOIN cvm.report_column r ON r.view = s.view AND r.column_name = 'row_key'
		WHERE d.dimension IN ('segment', 'channel', 'value_decile', 'donor')
		GROUP BY 1, 2
	LOOP
		RETURN QUERY EXECUTE format($q$
			SELECT %1$L, %2$L, c.name, %3$s, sum((t.row ->> c.name)::numeric) FILTER (WHERE t.row ->> %2$L <> '(all)'), sum((t.row ->> c.name)::numeric) FILTER (WHERE t.row ->> %2$L = '(all)')
			FROM %1$I t CROSS JOIN unnest(%4$L::text[]) AS c (name)
			GROUP BY 3, 4
			HAVING count(*) FILTER (WHERE t.row ->> %2$L <> '(all)') > 0 AND count(t.row ->> c.name) FILTER (WHERE t.row ->> %2$L = '(all)') > 0 AND abs(sum(CASE WHEN t.row ->> %2$L = '(all)' THEN -1 ELSE 1 END * (t.row ->> c.name)::numeric)) > 0.000001$q$, v.view, v.dimension,
			coalesce((SELECT 'concat_ws(''|'', ' || string_agg(format('t.row ->> %L', k), ', ') || ')' FROM unnest(string_to_array(v.keys, '|')) k WHERE k <> v.dimension), '''''::text'), v.columns);
		EXECUTE format('SELECT count(*) * %s FROM %I t WHERE t.row ->> %L = ''(all)'' OR %L = ''segment_cost''', cardinality(v.columns), v.view, v.dimension, v.view) INTO n;
		INSERT INTO asked VALUES (v.view, v.dimension, n);
	END LOOP;
	-- cohorts, beside the curve of all of them
	RETURN QUERY
		SELECT 'retention_month', 'cohort', s.column_name, concat_ws('|', m.segment, m.period_no), m.sum, (c.row ->> s.column_name)::numeric
		FROM cvm.report_sum s
		CROSS JOIN LATERAL (SELECT t.row ->> 'segment' AS segment, t.row ->> 'period_no' AS period_no, sum((t.row ->> s.column_name)::numeric) AS sum FROM retention_month t GROUP BY 1, 2) m
		JOIN retention_curve c ON c.row ->> 'segment' = m.segment AND c.row ->> 'period_no' = m.period_no
		WHERE s.view = 'retention_month' AND 'cohort' = ANY (s.dimensions) AND c.row ? s.column_name AND abs(m.sum - (c.row ->> s.column_name)::numeric) > 0.000001;
	-- months, beside what lies between the first opening and the last closing
	RETURN QUERY
		SELECT h.name, 'month', k.kind, h.segment, h.sum, h.total
		FROM (VALUES ('mrr'), ('customers')) AS k (kind)
		CROSS JOIN LATERAL (
			SELECT x.name, x.row ->> 'segment' AS segment,
				sum((SELECT sum((x.row ->> s.column_name)::numeric) FROM cvm.report_sum s WHERE s.view = x.name AND 'month' = ANY (s.dimensions) AND s.column_name LIKE '%\_' || k.kind)) AS sum,
				(array_agg((x.row ->> ('closing_' || k.kind))::numeric ORDER BY x.row ->> 'month' DESC))[1] - (array_agg((x.row ->> ('opening_' || k.kind))::numeric ORDER BY x.row ->> 'month'))[1] AS total
			FROM (SELECT 'mrr_movement' AS name, t.row FROM mrr_movement t UNION ALL SELECT 'segment_kpi', t.row FROM segment_kpi t) x
			WHERE x.row ->> 'segment' = '(all)'
			GROUP BY 1, 2) h
		WHERE h.sum IS DISTINCT FROM h.total;
	-- products, causes and ages, phases, tenths, customers
	RETURN QUERY
		SELECT q.* FROM (
			SELECT 'product_kpi', 'product', c.name, p.row ->> 'month_label', sum((p.row ->> c.name)::numeric), max((m.row ->> c.total)::numeric)
			FROM product_kpi p JOIN segment_kpi m ON m.row ->> 'segment' = '(all)' AND m.row ->> 'month' = p.row ->> 'month'
			CROSS JOIN (VALUES ('opening_mrr', 'opening_mrr'), ('closing_mrr', 'closing_mrr'), ('margin', 'product_margin')) AS c (name, total) GROUP BY 3, 4
			UNION ALL
			SELECT 'churn_cause', 'cause, days', 'churned_customers', c.segment, c.sum, (SELECT sum((s.row ->> 'churned_customers')::numeric) FROM survival s WHERE s.row ->> 'segment' = c.segment AND s.row ->> 'product' = '(all)')
			FROM (SELECT t.row ->> 'segment' AS segment, sum((t.row ->> 'churned_customers')::numeric) AS sum FROM churn_cause t GROUP BY 1) c
			UNION ALL
			SELECT 'survival', 'days', 'churned_customers', '', sum((s.row ->> 'censored_customers')::numeric - (s.row ->> 'churned_customers')::numeric), max((s.row ->> 'at_risk_customers')::numeric)
			FROM survival s WHERE s.row ->> 'segment' = '(all)' AND s.row ->> 'product' = '(all)'
			UNION ALL
			SELECT 'phase_flow', 'from_phase, to_phase', c.name, '', (SELECT sum((f.row ->> c.name)::numeric) FROM phase_flow f WHERE f.row ->> 'segment' = '(all)'), sum(CASE c.name WHEN 'customers' THEN 1 ELSE (p.row ->> c.name)::numeric END)
			FROM customer_phase p CROSS JOIN unnest('{customers,mrr,at_risk_mrr,last_mrr,previous_mrr}'::text[]) AS c (name) GROUP BY c.name
			UNION ALL
			SELECT 'value_decile', 'decile', 'mrr', '', sum((d.row ->> 'mrr')::numeric), (SELECT (m.row ->> 'closing_mrr')::numeric FROM mrr_movement m WHERE m.row ->> 'segment' = '(all)' ORDER BY m.row ->> 'month' DESC LIMIT 1) FROM value_decile d
			UNION ALL
			SELECT 'segment_cost', 'segment, month, pool', 'allocated_cost', '', sum((c.row ->> 'allocated_cost')::numeric), (SELECT sum((k.row ->> 'allocated_cost')::numeric) FROM segment_kpi k WHERE k.row ->> 'segment' = '(all)')
			FROM segment_cost c) AS q (view, dimension, name, key, sum, total)
		WHERE (abs(q.sum - q.total) < 0.000001) IS NOT TRUE;
	FOR v IN SELECT DISTINCT s.view FROM cvm.report_sum s LOOP
		EXECUTE format('DROP TABLE %I', v.view);
	END LOOP;
END
$$;
SELECT is_empty(format('SELECT * FROM part.wrong(%s)', w), format('world %s: what may be summed over a dimension makes the total', w)) FROM generate_series(1, :worlds) w;
SELECT is_empty($$SELECT a.view, a.dimension FROM asked a GROUP BY 1, 2 HAVING sum(a.sums) = 0$$, 'every view with totals was asked for some');
SELECT cmp_ok((SELECT sum(a.sums) FROM asked a), '>', 5000::numeric, 'many sums were compared');
-- what is said
SELECT results_eq($$SELECT "column", additive_over FROM cvm.dictionary WHERE view = 'segment_kpi' AND "column" IN ('closing_mrr', 'new_mrr', 'churn_rate') ORDER BY 1$$,
	$$VALUES ('churn_rate', ''), ('closing_mrr', 'segment'), ('new_mrr', 'segment, month')$$, 'what stands at a closing sums over segments, and what comes in a month over months too');
SELECT is_empty($$SELECT s.view, s.column_name FROM cvm.report_sum s JOIN cvm.report_column c USING (view, column_name) WHERE NOT c.additive OR s.dimensions = '{}'$$, 'only what is additive sums over anything');
SELECT matches(cvm.cube_yaml('w'), 'Sums over segment\. Look at one month at a time\.', 'Cube is told over what a stock sums');
SELECT matches(cvm.lookml('w'), 'Sums over segment, month\."', 'Looker is told over what a flow sums');
SELECT * FROM finish();
ROLLBACK;
