\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Case F3 in every view: what prints parts and a total adds up as it is shown,
-- with prices of thirds and a currency that has no decimals.  CVM_CURRENCIES:
-- others, "JPY KWD EUR".
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
\set currencies JPY
\getenv currencies CVM_CURRENCIES
SELECT cardinality(string_to_array(:'currencies', ' ')) AS ncurrencies \gset
SELECT plan(2 + 3 * :ncurrencies);
\i test/world.sql
-- the world with a third of all its money
CREATE SCHEMA third;
DO $$
DECLARE
	t record;
BEGIN
	FOR t IN SELECT c.oid, c.relname FROM pg_class c JOIN cvm.entity e ON e.entity = c.relname::text WHERE c.relnamespace = 'world'::regnamespace AND c.relkind IN ('r', 'p') LOOP
		EXECUTE format('CREATE VIEW third.%I AS SELECT %s FROM world.%I', t.relname, (
			SELECT string_agg(format(CASE WHEN a.atttypid = 'numeric'::regtype THEN '%1$I / 3.0 AS %1$I' ELSE '%1$I' END, a.attname), ', ' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped), t.relname);
	END LOOP;
	PERFORM cvm.create_model('w', 'UTC', currency => 'JPY');
	PERFORM cvm._register('w', 'insert', 'setting', '{"setting": "segment_schemes", "value": "{region}"}');
	PERFORM cvm._register('w', 'insert', 'setting', '{"setting": "price_customers", "value": 2}');
	PERFORM cvm._register('w', 'insert', 'binding', (
		SELECT jsonb_agg(jsonb_build_object('entity', e.entity, 'source_schema', 'third', 'source_name', e.entity, 'columns', '{}'::jsonb))
		FROM cvm.entity e WHERE to_regclass(format('third.%I', e.entity)) IS NOT NULL));
	PERFORM count(*) FROM cvm.rebuild('w');
END
$$;

-- Columns of money, and what the dictionary says of them
CREATE VIEW money AS
SELECT c.view, c.column_name, c.formula, c.additive, k.formula AS keys
FROM cvm.report_column c
JOIN cvm.report_column k ON k.view = c.view AND k.column_name = 'row_key'
WHERE c.type = 'numeric(28,2)';
-- those that are others added up, in their view
CREATE VIEW identity AS
SELECT m.view, m.column_name, regexp_replace(replace(m.formula, 'max(0, ', 'greatest(0, '), '\m(?!greatest)[a-z]\w*', '(t.row ->> ''\&'')::numeric', 'g') AS expression
FROM money m
WHERE m.formula ~ '^(-?\d+ \* |max\(0, )?[a-z_]+\)?( [+-] [a-z_]+\)?)*$' AND m.formula ~ ' ' AND NOT EXISTS (
	SELECT FROM regexp_matches(m.formula, '\m(?!max\M)[a-z]\w*', 'g') AS w (word)
	WHERE NOT EXISTS (SELECT FROM money o WHERE o.view = m.view AND o.column_name = w.word[1]));
CREATE VIEW summed_over AS
SELECT m.view, d.dimension, array_agg(m.column_name::text) AS columns, m.keys
FROM money m
JOIN cvm.report_sum s USING (view, column_name)
CROSS JOIN LATERAL unnest(s.dimensions) AS d (dimension)
WHERE d.dimension IN ('segment', 'channel', 'value_decile', 'donor')
GROUP BY 1, 2, 4;
CREATE VIEW read AS
SELECT x.view FROM summed_over x UNION SELECT i.view FROM identity i UNION
SELECT unnest('{revenue_bridge,subscription_kpi,cannibalization_matrix,product_kpi,segment_kpi,value_decile,mrr_movement,phase_flow,customer_phase,acquisition_quality,segment_cost}'::text[]);
CREATE TABLE asked (view text, column_name text, dimension text, sums bigint, broken bigint);

-- What does not add up in one currency
CREATE FUNCTION wrong(currency text) RETURNS TABLE (view text, dimension text, name text, key text, parts numeric, total numeric) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	v record;
BEGIN
	IF wrong.currency <> 'JPY' THEN
		PERFORM cvm.configure('w', 'currency', wrong.currency);
	END IF;
	FOR v IN SELECT r.view FROM read r LOOP
		EXECUTE format('CREATE TEMP TABLE %1$I AS SELECT to_jsonb(t) AS row FROM w.%1$I t', v.view);
	END LOOP;
	-- beside the rows of totals
	FOR v IN
		SELECT x.* FROM summed_over x
	LOOP
		EXECUTE format($q$
			CREATE TEMP TABLE summed AS
			SELECT %1$L AS view, %2$L AS dimension, c.name, %3$s AS key, sum((t.row ->> c.name)::numeric) FILTER (WHERE t.row ->> %2$L <> '(all)') AS parts,
				sum((t.row ->> c.name)::numeric) FILTER (WHERE t.row ->> %2$L = '(all)') AS total
			FROM %1$I t CROSS JOIN unnest(%4$L::text[]) AS c (name)
			GROUP BY 3, 4
			HAVING count(*) FILTER (WHERE t.row ->> %2$L <> '(all)') > 0 AND count(t.row ->> c.name) FILTER (WHERE t.row ->> %2$L = '(all)') > 0$q$, v.view, v.dimension,
			coalesce((SELECT 'concat_ws(''|'', ' || string_agg(format('t.row ->> %L', k), ', ') || ')' FROM unnest(string_to_array(v.keys, '|')) k WHERE k <> v.dimension), '''''::text'), v.columns);
		INSERT INTO asked SELECT s.view, s.name, s.dimension, count(*), 0 FROM summed s GROUP BY 1, 2, 3;
		RETURN QUERY SELECT s.view, s.dimension, s.name, s.key, s.parts, s.total FROM summed s WHERE s.parts <> s.total;
		DROP TABLE summed;
	END LOOP;
	-- beside columns of totals
	FOR v IN SELECT i.* FROM identity i LOOP
		RETURN QUERY EXECUTE format($q$SELECT %1$L, '', %2$L, t.row ->> 'row_key', %3$s, (t.row ->> %2$L)::numeric FROM %1$I t WHERE %3$s <> (t.row ->> %2$L)::numeric$q$, v.view, v.column_name, v.expression);
		EXECUTE format('INSERT INTO asked SELECT %1$L, %2$L, ''columns'', count(t.row ->> %2$L), 0 FROM %1$I t', v.view, v.column_name);
	END LOOP;
	-- beside other views
	RETURN QUERY
		SELECT q.* FROM (
			SELECT 'revenue_bridge', 'lines', 'year_net_retained_mrr', t.row ->> 'row_key', (SELECT sum(e.value::numeric) FROM jsonb_each_text(t.row) e WHERE e.key ~ '^year_.*_mrr$' AND e.key <> 'year_net_retained_mrr'),
				(t.row ->> 'year_net_retained_mrr')::numeric
			FROM revenue_bridge t
			UNION ALL
			SELECT 'revenue_bridge', 'subscription_kpi', c.name, t.row ->> 'row_key', (t.row ->> c.name)::numeric, (k.row ->> c.name)::numeric
			FROM revenue_bridge t JOIN subscription_kpi k ON k.row ->> 'row_key' = t.row ->> 'row_key' CROSS JOIN unnest('{year_opening_mrr,year_net_retained_mrr}'::text[]) AS c (name) WHERE t.row ->> 'segment' = '(all)'
			UNION ALL
			SELECT 'cannibalization_matrix', 'segment', 'focal_mrr', x.row ->> 'focal', sum((x.row ->> 'focal_mrr')::numeric) FILTER (WHERE x.row ->> 'segment' <> '(all)'), max((x.row ->> 'focal_mrr')::numeric) FILTER (WHERE x.row ->> 'segment' = '(all)')
			FROM cannibalization_matrix x WHERE x.row ->> 'donor' = '(all)' GROUP BY 4
			UNION ALL
			SELECT 'cannibalization_matrix', 'donor', 'focal_mrr', x.row ->> 'row_key', (x.row ->> 'focal_mrr')::numeric, (a.row ->> 'focal_mrr')::numeric
			FROM cannibalization_matrix x JOIN cannibalization_matrix a ON a.row ->> 'focal' = x.row ->> 'focal' AND a.row ->> 'segment' = x.row ->> 'segment' AND a.row ->> 'donor' = '(all)'
			UNION ALL
			SELECT 'product_kpi', 'product', c.name, p.row ->> 'month_label', sum((p.row ->> c.name)::numeric), max((m.row ->> c.total)::numeric)
			FROM product_kpi p JOIN segment_kpi m ON m.row ->> 'segment' = '(all)' AND m.row ->> 'month' = p.row ->> 'month'
			CROSS JOIN (VALUES ('opening_mrr', 'opening_mrr'), ('closing_mrr', 'closing_mrr'), ('margin', 'product_margin')) AS c (name, total) GROUP BY 3, 4
			UNION ALL
			SELECT 'product_kpi', 'lines', 'closing_mrr', t.row ->> 'row_key', (t.row ->> 'opening_mrr')::numeric + (t.row ->> 'new_mrr')::numeric + (t.row ->> 'reactivation_mrr')::numeric
				+ (t.row ->> 'expansion_mrr')::numeric + (t.row ->> 'contraction_mrr')::numeric + (t.row ->> 'churn_mrr')::numeric + (t.row ->> 'paused_mrr')::numeric, (t.row ->> 'closing_mrr')::numeric
			FROM product_kpi t
			UNION ALL
			SELECT 'value_decile', 'decile', 'mrr', '', sum((d.row ->> 'mrr')::numeric), (SELECT (m.row ->> 'closing_mrr')::numeric FROM mrr_movement m WHERE m.row ->> 'segment' = '(all)' ORDER BY m.row ->> 'month' DESC LIMIT 1) FROM value_decile d
			UNION ALL
			SELECT 'phase_flow', 'phases', c.name, '', (SELECT sum((f.row ->> c.name)::numeric) FROM phase_flow f WHERE f.row ->> 'segment' = '(all)'), sum((p.row ->> c.name)::numeric)
			FROM customer_phase p CROSS JOIN unnest('{mrr,at_risk_mrr,last_mrr,previous_mrr}'::text[]) AS c (name) GROUP BY c.name
			UNION ALL
			SELECT 'acquisition_quality', 'cohort', 'acquisition_cost', a.row ->> 'cohort_label', sum((a.row ->> 'acquisition_cost')::numeric), max(c.amount)
			FROM acquisition_quality a
			JOIN (SELECT to_char(month, 'YYYY-MM') AS label, round(sum(amount), cvm.minor_units(wrong.currency)) AS amount FROM third.cost WHERE pool = 'acquisition' GROUP BY 1) c ON c.label = a.row ->> 'cohort_label' GROUP BY 4
			UNION ALL
			SELECT 'segment_cost', 'segment, month, pool', 'allocated_cost', '', sum((c.row ->> 'allocated_cost')::numeric), (SELECT sum((k.row ->> 'allocated_cost')::numeric) FROM segment_kpi k WHERE k.row ->> 'segment' = '(all)')
			FROM segment_cost c) AS q (view, dimension, name, key, parts, total)
		WHERE q.parts IS DISTINCT FROM q.total;
	FOR v IN SELECT r.view FROM read r LOOP
		EXECUTE format('DROP TABLE %I', v.view);
	END LOOP;
END
$$;
CREATE FUNCTION tested(currency text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	before bigint := (SELECT count(*) FROM asked);
BEGIN
	RETURN NEXT is_empty(format('SELECT * FROM wrong(%L)', currency), format('F3: parts make their totals in every view, in thirds of %s', currency));
	RETURN NEXT is((SELECT string_agg(DISTINCT format_type(a.atttypid, a.atttypmod), ' ') FROM pg_attribute a JOIN money m ON m.column_name = a.attname WHERE a.attrelid = to_regclass('w.' || m.view)),
		format('numeric(28,%s)', cvm.minor_units(currency)), format('F3: money of all views has the decimals of %s', currency));
	RETURN NEXT is((SELECT count(*) > before FROM asked), true, 'F3: and there was something to add up');
END
$$;
SELECT t.* FROM unnest(string_to_array(:'currencies', ' ')) AS c (currency) CROSS JOIN LATERAL tested(c.currency) t;

-- of a change of price so few customers tell nothing: see price
SELECT is_empty($$SELECT a.view, a.column_name, a.dimension FROM asked a WHERE (a.view, a.column_name) <> ('price_change', 'net_mrr') GROUP BY 1, 2, 3 HAVING sum(a.sums) = 0$$, 'F3: of each view and column there were parts beside a total');
-- prices, limits, estimates and what is repeated: the dictionary says why
SELECT is((SELECT string_agg(DISTINCT m.view || '.' || m.column_name, ' ' ORDER BY m.view || '.' || m.column_name) FROM money m
	JOIN cvm.report_column d ON d.view = m.view AND d.column_name = ANY (string_to_array(m.keys, '|')) AND d.comment LIKE '%"(all)"%'
	WHERE NOT EXISTS (SELECT FROM cvm.report_sum s WHERE s.view = m.view AND s.column_name = m.column_name)),
	'cannibalization.donor_margin cannibalization.focal_margin cannibalization.net_margin cannibalization_matrix.focal_mrr channel_segment.cost_per_sale '
	'dominated_offer.by_price dominated_offer.exposed_mrr dominated_offer.mrr dominated_offer.price forecast.high forecast.low mrr_movement.moved_in_mrr mrr_movement.moved_out_mrr '
	'price_book_gap.best_price price_change.faded_mrr price_change.lost_mrr price_change.mrr_after price_change.mrr_before price_change.net_high price_change.net_low price_change.net_margin price_change.net_margin_high price_change.net_margin_low price_change.net_mrr '
	'price_change.net_so_far price_change.uplift_mrr price_change_month.net_mrr segment_complexity.own_cost segment_complexity.tail_mrr segment_cost.pool_amount segment_kpi.moved_in_mrr '
	'segment_kpi.moved_out_mrr segment_kpi.redefined_in_mrr segment_kpi.redefined_out_mrr segment_scheme_kpi.moved_in_mrr segment_scheme_kpi.moved_out_mrr segment_scheme_kpi.redefined_in_mrr '
	'segment_scheme_kpi.redefined_out_mrr subscription_retention.cohort_mrr white_space.expected_margin white_space.expected_mrr white_space.mean_price', 'F3: what is money beside a total and no part of it is known');
SELECT * FROM finish();
ROLLBACK;
