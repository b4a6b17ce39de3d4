\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Periods without a product are subscriptions with product "(none)".
BEGIN;
SET LOCAL client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(12);
CREATE SCHEMA app;
CREATE TABLE app.membership (member_no int, from_d date, to_d date, fee numeric(8,2));
INSERT INTO app.membership
SELECT i % 30, date '2024-01-01' + (hashtext('from' || i) & 2147483647) % 300, CASE WHEN i % 3 = 0 THEN date '2024-11-01' + i END, 10 + i % 7 FROM generate_series(1, 80) i;
CREATE TABLE app.segment_history AS SELECT i AS customer_id, CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END AS segment, date '2024-01-01' AS valid_from, NULL::date AS valid_to FROM generate_series(0, 25) i;
CREATE VIEW app.with_product AS SELECT *, '(none)'::text AS plan FROM app.membership;
CREATE VIEW app.event AS SELECT member_no AS customer_id, from_d AS occurred_at FROM app.membership;
DO $$
DECLARE
	m name;
BEGIN
	FOREACH m IN ARRAY '{without,told}'::name[] LOOP
		PERFORM cvm.create_model(m, tz => 'UTC', currency => 'EUR', as_of => '2025-02-01');
		PERFORM cvm._register(m, 'insert', 'binding', jsonb_build_array(
			jsonb_build_object('entity', 'subscription', 'source_schema', 'app', 'source_name', CASE m WHEN 'told' THEN 'with_product' ELSE 'membership' END,
				'columns', '{"customer_id": "member_no", "started_on": "from_d", "ended_on": "to_d", "mrr": "fee"}'::jsonb || CASE m WHEN 'told' THEN '{"product": "plan"}' ELSE '{}' END::jsonb),
			jsonb_build_object('entity', 'segment_history', 'source_schema', 'app', 'source_name', 'segment_history', 'columns', '{}'::jsonb),
			jsonb_build_object('entity', 'event', 'source_schema', 'app', 'source_name', 'event', 'columns', '{}'::jsonb)));
		PERFORM count(*) FROM cvm.rebuild(m);
	END LOOP;
END
$$;
SELECT is((SELECT string_agg(DISTINCT product, ' ') || ' ' || count(*) FROM without.subscription), '(none) 80', 'what was held is (none)');
SELECT col_type_is('without', 'subscription', 'product', 'text', '(none) is text');
SELECT is(col_description('without.subscription'::regclass, 2), 'Product that was held. Not bound: always (none).', 'the comment of the column says that it is always (none)');
CREATE FUNCTION pg_temp.digests(model name) RETURNS TABLE (view text, n bigint, digest text) LANGUAGE plpgsql AS $$
BEGIN
	FOR view IN SELECT c.view FROM cvm.catalog(model) c WHERE c."exists" LOOP
		EXECUTE format($q$SELECT count(*), md5(string_agg(to_jsonb(x)::text, E'\n' ORDER BY to_jsonb(x)::text COLLATE "C")) FROM %I.%I x$q$, model, view) INTO n, digest;
		RETURN NEXT;
	END LOOP;
END
$$;
CREATE TEMP TABLE without AS SELECT * FROM pg_temp.digests('without');
SELECT cmp_ok((SELECT count(*) FROM without WHERE n > 0), '>=', 20::bigint, 'views have rows');
SELECT is((SELECT string_agg(coalesce(w.view, t.view), ', ') FROM without w FULL JOIN pg_temp.digests('told') t ON t.view = w.view WHERE (w.n, w.digest) IS DISTINCT FROM (t.n, t.digest)), NULL,
	'every view is that of a table in which each row says (none)');
SELECT is((SELECT string_agg(product, ', ') FROM (SELECT DISTINCT product FROM without.product_kpi) p), '(none)', 'product_kpi has one product');
SELECT is((SELECT string_agg(DISTINCT problem, ', ') FROM cvm.check_model('without') WHERE entity = 'subscription' AND severity <> 'info' AND problem <> 'duplicate_rows'), NULL,
	'several at once are no problem where nobody knows what they are');
SELECT is((SELECT string_agg(DISTINCT problem, ', ' ORDER BY problem) FROM cvm.check_model('told') WHERE entity = 'subscription' AND severity <> 'info' AND problem <> 'duplicate_rows'), 'overlapping_spells, reserved_name',
	'where rows say (none) themselves they are');
SELECT is((SELECT string_agg(waits_for, ', ') FROM cvm.catalog('without') WHERE view = 'mrr_movement'), NULL, 'nothing waits for a product');

-- suggest binds it as it stands
CREATE SCHEMA gym;
CREATE TABLE gym.membership AS TABLE app.membership;
SELECT is((SELECT bind FROM cvm.suggest('gym', 'without') WHERE entity = 'subscription'), $$SELECT cvm.bind('without', 'subscription', 'gym.membership', '{"mrr": "fee", "ended_on": "to_d", "started_on": "from_d", "customer_id": "member_no"}');$$,
	'a table of periods is suggested as a subscription');
SELECT matches((SELECT why FROM cvm.suggest('gym', 'without') WHERE entity = 'subscription'), 'no column has a product, so all is \(none\)', 'the suggestion says that a table of periods has no product');
SELECT lives_ok((SELECT bind FROM cvm.suggest('gym', 'without') WHERE entity = 'subscription'), 'what is suggested runs');
SELECT * FROM finish();
ROLLBACK;
