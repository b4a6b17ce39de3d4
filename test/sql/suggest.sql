\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(15);

-- a warehouse of awkward names
CREATE SCHEMA "My ""Shop""; --";
SET LOCAL search_path = "My ""Shop""; --", public;
CREATE TABLE "Kunden's ""A""" ("Customer Id" uuid PRIMARY KEY, "Joined" date, age int);
CREATE TABLE orders (order_no bigserial PRIMARY KEY, buyer uuid REFERENCES "Kunden's ""A""", "orderedAt" timestamptz, total numeric, channel jsonb);
CREATE TABLE subs (cust uuid, plan_code text, start_dt date, end_dt date, monthly_fee numeric(8,2), promo_code text);
CREATE TABLE plans (code text PRIMARY KEY, family text, price numeric, launched date);
CREATE TABLE customer_segments (customer uuid, cluster text, since date, until date);
CREATE TABLE xyz (a1 uuid, b2 timestamptz, c3 numeric);
COMMENT ON COLUMN xyz.a1 IS 'the customer who paid';
CREATE VIEW log AS SELECT 1 AS id, 'x'::text AS line;
CREATE TABLE secret_orders (customer_id uuid, occurred_at date);
CREATE TABLE parts (customer_id uuid, occurred_at date) PARTITION BY RANGE (occurred_at);
CREATE TABLE parts_2024 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
RESET search_path;
DO $$ BEGIN PERFORM cvm.create_model('acme', tz => 'UTC'); END $$;

CREATE FUNCTION pg_temp.see(source text) RETURNS text LANGUAGE sql AS $$
	SELECT s.entity || ' ' || (s.confidence > 0.5)::text || ' ' || substring(s.bind FROM '(\{.*\})') FROM cvm.suggest('My "Shop"; --') s WHERE s.source = '"My ""Shop""; --".' || see.source
$$;
SELECT is(pg_temp.see('subs'), 'subscription true {"mrr": "monthly_fee", "offer": "promo_code", "product": "plan_code", "ended_on": "end_dt", "started_on": "start_dt", "customer_id": "cust"}', 'a table of contracts is found by its columns');
SELECT is(pg_temp.see('orders'), 'event true {"amount": "total", "channel": null, "customer_id": "buyer", "occurred_at": "orderedAt"}', 'a foreign key says who the customer is; a column of a type that does not fit is left out');
SELECT is(pg_temp.see('"Kunden''s ""A"""'), 'customer true {"joined_on": "Joined", "customer_id": "Customer Id"}', 'customers under any name');
SELECT is(pg_temp.see('plans'), 'product true {"product": "code", "list_price": "price", "launched_on": "launched"}', 'products');
SELECT is(pg_temp.see('customer_segments'), 'segment_history true {"segment": "cluster", "valid_to": "until", "valid_from": "since", "customer_id": "customer"}', 'segments');
SELECT is(pg_temp.see('log'), NULL, 'what is nothing is not proposed');
SELECT is(pg_temp.see('parts_2024'), NULL, 'nor is a part of a table');
SELECT is((SELECT s.bind FROM cvm.suggest('My "Shop"; --') s WHERE s.source LIKE '%parts'), 'SELECT cvm.bind(''acme'', ''event'', ''"My ""Shop""; --".parts'');', 'columns of canonical names need no mapping');
SELECT is((SELECT array_agg(DISTINCT s.confidence BETWEEN 0 AND 1) FROM cvm.suggest('My "Shop"; --') s), '{t}', 'confidence is a fraction');
SELECT is((SELECT array_agg(s.confidence) = array_agg(s.confidence ORDER BY s.confidence DESC) FROM cvm.suggest('My "Shop"; --') s), true, 'the surest comes first');
SELECT alike((SELECT s.why FROM cvm.suggest('My "Shop"; --') s WHERE s.source LIKE '%subs'), '%mrr is monthly_fee (0.95)%', 'reasons are given');
DO $$
DECLARE
	s record;
BEGIN
	FOR s IN SELECT x.bind FROM cvm.suggest('My "Shop"; --') x LOOP
		EXECUTE s.bind;
	END LOOP;
END
$$;
SELECT is((SELECT array_agg(entity ORDER BY entity) FROM cvm.binding WHERE model = 'acme'), '{customer,event,product,segment_history,subscription}', 'every proposal runs as it stands');
SELECT is((SELECT count(*) FROM cvm.suggest('acme')), 0::bigint, 'a model''s own views are not proposed');
SELECT throws_ok('SELECT * FROM cvm.suggest(''shpo'')', '3F000', 'schema "shpo" does not exist', 'an unknown schema is refused');
CREATE ROLE cvm_test_ann;
GRANT USAGE ON SCHEMA "My ""Shop""; --" TO cvm_test_ann;
GRANT SELECT ON "My ""Shop""; --".orders TO cvm_test_ann;
CREATE FUNCTION pg_temp.ann_sees() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	SET LOCAL ROLE cvm_test_ann;
	SELECT string_agg(s.source || ' ' || left(s.bind, 28), ',') INTO seen FROM cvm.suggest('My "Shop"; --', model => 'anns') s;
	RESET ROLE;
	RETURN seen;
END
$$;
SELECT is(pg_temp.ann_sees(), '"My ""Shop""; --".orders SELECT cvm.bind(''anns'', ''eve', 'nobody is told of tables that they cannot read');

SELECT * FROM finish();
ROLLBACK;
