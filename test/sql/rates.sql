\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Case b02 in every view: half of the customers pay in another currency, at a
-- rate that never changes, and all views say what they say of the same money in
-- one.
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(6);
\i test/world.sql
CREATE SCHEMA abroad;
DO $$
DECLARE
	t record;
BEGIN
	FOR t IN SELECT c.oid, c.relname FROM pg_class c JOIN cvm.entity e ON e.entity = c.relname::text WHERE c.relnamespace = 'world'::regnamespace AND c.relkind IN ('r', 'p') LOOP
		EXECUTE format('CREATE VIEW abroad.%I AS SELECT %s FROM world.%1$I', t.relname, (
			SELECT string_agg(CASE WHEN a.attname = 'mrr' AND t.relname = 'subscription' THEN 'mrr / CASE WHEN customer_id % 2 = 0 THEN 2 ELSE 1 END AS mrr, CASE WHEN customer_id % 2 = 0 THEN ''USD'' ELSE ''eur'' END AS currency'
				ELSE quote_ident(a.attname) END, ', ' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped));
	END LOOP;
	CREATE TABLE abroad.fx_rate AS SELECT 'USD'::text AS currency, date '2020-01-01' AS valid_from, 2::numeric AS rate;
	FOR t IN SELECT * FROM (VALUES ('home', 'world'), ('away', 'abroad')) AS m (model, schema) LOOP
		PERFORM cvm.create_model(t.model, 'UTC', currency => 'EUR');
		PERFORM cvm._register(t.model, 'insert', 'setting', '{"setting": "segment_schemes", "value": "{region}"}');
		PERFORM cvm._register(t.model, 'insert', 'binding', (
			SELECT jsonb_agg(jsonb_build_object('entity', e.entity, 'source_schema', t.schema, 'source_name', e.entity, 'columns', '{}'::jsonb))
			FROM cvm.entity e WHERE to_regclass(format('%I.%I', t.schema, e.entity)) IS NOT NULL));
		PERFORM count(*) FROM cvm.rebuild(t.model);
	END LOOP;
END
$$;
ANALYZE;
CREATE FUNCTION differing(OUT view text, OUT n bigint, OUT differ bigint) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
	-- prices by channel are told in the currency in which they were paid
	FOR view IN SELECT c.view FROM cvm.catalog('away') c WHERE c."exists" AND c.view <> 'channel_price' ORDER BY 1 LOOP
		EXECUTE format('CREATE TEMP TABLE h AS SELECT t.row_key, t::text AS row, to_jsonb(t) AS cells FROM home.%I t', view);
		EXECUTE format('CREATE TEMP TABLE a AS SELECT t.row_key, t::text AS row, to_jsonb(t) AS cells FROM away.%I t', view);
		SELECT count(*), count(*) FILTER (WHERE h.row IS DISTINCT FROM a.row) INTO n, differ FROM h FULL JOIN a USING (row_key);
		IF differ > 0 THEN
			-- but for the last digits of what is not money
			SELECT count(*) INTO differ FROM h FULL JOIN a USING (row_key) CROSS JOIN LATERAL jsonb_each_text(coalesce(h.cells, a.cells)) x
			WHERE h.row IS DISTINCT FROM a.row AND CASE WHEN x.value ~ '^-?\d+\.\d{9,}$' THEN abs(x.value::numeric - (a.cells ->> x.key)::numeric) > 1e-9 ELSE x.value IS DISTINCT FROM a.cells ->> x.key END;
		END IF;
		DROP TABLE h, a;
		RETURN NEXT;
	END LOOP;
END
$$;
CREATE TEMP TABLE seen AS SELECT * FROM differing();
SELECT is_empty('SELECT view, n, differ FROM seen WHERE differ > 0', 'b02: every view values money at its rate');
SELECT is_empty($$SELECT view FROM cvm.report_view WHERE view <> 'channel_price' EXCEPT SELECT view FROM seen WHERE n > 0$$, 'b02: each of them has rows');
-- and so do the customers behind them
CREATE FUNCTION behind(model name) RETURNS TABLE (view text, "column" text, customer_id int, before numeric, after numeric) LANGUAGE plpgsql AS $$
DECLARE
	k text;
BEGIN
	FOR view, "column", k IN VALUES ('segment_kpi', 'closing_customers', 'S|2024-09'), ('value_decile', 'customers', '5'), ('segment_migration', 'customers', NULL),
		('cannibalization', 'customers', 'MAX|(all)|(all)|(all)'), ('phase_flow', 'customers', NULL) LOOP
		IF k IS NULL THEN
			EXECUTE format('SELECT min(row_key) FROM %I.%I', model, view) INTO k;
		END IF;
		RETURN QUERY SELECT behind.view, behind."column", c.customer_id::int, c.mrr_before, c.mrr_after FROM cvm.customers(model, behind.view, k, behind."column") c;
	END LOOP;
END
$$;
CREATE TEMP TABLE at_home AS SELECT * FROM behind('home');
CREATE TEMP TABLE away_from_home AS SELECT * FROM behind('away');
SELECT results_eq('TABLE away_from_home ORDER BY 1, 2, 3', 'TABLE at_home ORDER BY 1, 2, 3', 'b02: customers() values money likewise');
SELECT cmp_ok((SELECT count(DISTINCT view) FROM at_home), '>=', 4::bigint, 'b02: of four views and more');
-- a launch that is named
SELECT results_eq($$SELECT focal_mrr, before_mrr, lost_mrr FROM cvm.cannibalization_verdict(cvm.launch('away', '{MAX}'))$$,
	$$SELECT focal_mrr, before_mrr, lost_mrr FROM cvm.cannibalization_verdict(cvm.launch('home', '{MAX}'))$$, 'b02: so does launch()');
-- a stock of what is paused moves with the rate, and adds up all the same
DO $$ BEGIN INSERT INTO abroad.fx_rate SELECT 'USD', d::date, 2 + extract(month FROM d)::int / 7.0 FROM generate_series('2024-01-01'::timestamp, '2024-12-01', '1 month') d; END $$;
SELECT is_empty($$SELECT month FROM away.mrr_movement GROUP BY month HAVING sum(closing_paused_mrr) FILTER (WHERE segment <> '(all)') <> sum(closing_paused_mrr) FILTER (WHERE segment = '(all)')$$, 'F3: what is paused makes its total where rates move');
SELECT * FROM finish();
ROLLBACK;
