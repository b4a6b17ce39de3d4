\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Stored reports over sources that show each role its own rows.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET client_min_messages = error;
CREATE ROLE tenant_alice;
CREATE ROLE tenant_bob;
CREATE ROLE tenant_carol;
CREATE SCHEMA tenant AUTHORIZATION tenant_alice;
GRANT USAGE ON SCHEMA tenant TO PUBLIC;
SELECT format('GRANT CREATE ON DATABASE %I TO tenant_alice', current_database()) \gexec
SET ROLE tenant_alice;
CREATE TABLE tenant.orders (customer_id int, occurred_at date, amount numeric, tenant name);
INSERT INTO tenant.orders
SELECT i, date '2024-01-01' + i % 90, i, CASE WHEN i % 2 = 0 THEN 'tenant_bob' ELSE 'tenant_carol' END FROM generate_series(1, 80) i;
GRANT SELECT ON tenant.orders TO tenant_bob, tenant_carol;
CREATE VIEW tenant.mine AS SELECT * FROM tenant.orders WHERE tenant = CURRENT_USER OR CURRENT_USER = 'tenant_alice';
CREATE VIEW tenant.over_mine AS SELECT * FROM tenant.mine;
CREATE VIEW tenant.over_orders WITH (security_invoker = true) AS SELECT * FROM tenant.orders;
GRANT SELECT ON tenant.mine, tenant.over_mine, tenant.over_orders TO tenant_bob, tenant_carol;

-- what a role gets of a report: rows, or the error
CREATE FUNCTION pg_temp.sees(role name, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	n text;
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', role);
	EXECUTE query INTO n;
	RESET ROLE;
	RETURN n;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLERRM;
END
$$;
CREATE FUNCTION pg_temp.model(model name, source regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	SET LOCAL ROLE tenant_alice;
	PERFORM cvm.create_model(model, tz => 'UTC');
	PERFORM cvm.bind(model, 'event', source);
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO tenant_bob, tenant_carol', model);
	EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO tenant_bob, tenant_carol', model);
END
$$;
RESET ROLE;

-- without policies nothing changes
SELECT pg_temp.model('tenant_open', 'tenant.orders') \g /dev/null
SELECT is(pg_temp.sees('tenant_bob', 'SELECT count(*) FROM tenant_open.customer_rfm'), '80', 'without row-level security a role sees all rows');
SET ROLE tenant_alice;
SELECT cvm.store('tenant_open', 'customer_rfm') \g /dev/null
RESET ROLE;
SELECT is(pg_temp.sees('tenant_bob', 'SELECT count(*) FROM tenant_open.customer_rfm'), '80', 'without row-level security a role sees all rows of a stored report');

SET ROLE tenant_alice;
ALTER TABLE tenant.orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tenant.orders USING (tenant = CURRENT_USER);
RESET ROLE;
SELECT is(pg_temp.sees('tenant_bob', 'SELECT count(*) FROM tenant.orders'), '40', 'with it a role sees its own rows of the source');

-- policies that came later
SET ROLE tenant_alice;
SELECT results_eq($$SELECT entity, problem, samples FROM cvm.check_model('tenant_open') WHERE problem = 'stored_for_all'$$,
	$$VALUES ('customer_rfm', 'stored_for_all', '{tenant_bob,tenant_carol}'::text[])$$, 'check_model names who reads all rows of what was stored before');
DO $$ BEGIN EXECUTE (SELECT fix FROM cvm.check_model('tenant_open') WHERE problem = 'stored_for_all'); END $$;
SELECT count(*) FROM cvm.rebuild('tenant_open') \g /dev/null
RESET ROLE;
SELECT is(pg_temp.sees('tenant_bob', 'SELECT count(*) FROM tenant_open.customer_rfm'), 'permission denied for table customer_rfm_stored', 'its fix takes that away, and a rebuild does not give it back');

-- store under policies: of the table itself, and of views over it
ALTER DEFAULT PRIVILEGES FOR ROLE tenant_alice GRANT SELECT ON TABLES TO tenant_bob;
SELECT pg_temp.model(m, s) FROM (VALUES ('tenant_table', 'tenant.orders'::regclass), ('tenant_invoker', 'tenant.over_orders'), ('tenant_asks', 'tenant.over_mine')) AS v (m, s) \g /dev/null
SELECT is(pg_temp.sees('tenant_bob', format('SELECT count(*) FROM %I.customer_rfm', m)), '40', m || ': before, each sees its own') FROM unnest('{tenant_table,tenant_invoker,tenant_asks}'::text[]) m;
SET ROLE tenant_alice;
SELECT cvm.store(m, r) FROM unnest('{tenant_table,tenant_invoker,tenant_asks}'::text[]) m, unnest('{customer_rfm,retention_month}'::text[]) r \g /dev/null
RESET ROLE;
SELECT is(pg_temp.sees(who, format('SELECT count(*) FROM %I.customer_rfm', m)), 'permission denied for table customer_rfm_stored', format('%s: stored, all customers are not shown to %s', m, who))
FROM unnest('{tenant_table,tenant_invoker,tenant_asks}'::text[]) m, unnest('{tenant_bob,tenant_carol}'::text[]) who;
SELECT is(pg_temp.sees('tenant_alice', format('SELECT count(*) FROM %I.customer_rfm', m)), '80', m || ': the owner sees what she stored') FROM unnest('{tenant_table,tenant_invoker,tenant_asks}'::text[]) m;
SET ROLE tenant_alice;
INSERT INTO tenant.orders VALUES (81, '2024-03-01', 1, 'tenant_bob');
SELECT cvm.refresh_here('tenant_table'), cvm.configure('tenant_table', 'currency', 'EUR'), cvm.refresh_here('tenant_table') \g /dev/null
RESET ROLE;
SELECT is(pg_temp.sees('tenant_bob', 'SELECT count(*) FROM tenant_table.customer_rfm'), 'permission denied for table customer_rfm_stored', 'a tenant may not read single customers after refresh, configure and refresh');
SELECT is(pg_temp.sees('tenant_bob', 'SELECT count(*) > 0 FROM tenant_table.retention_month'), 'permission denied for table retention_month_stored', 'a tenant may not read reports that count everybody');

-- and store says so, here
SET ROLE tenant_alice;
SET client_min_messages = warning;
SELECT cvm.store('tenant_asks', 'customer_rfm') \g /dev/null
SET client_min_messages = error;
-- said so
SELECT cvm.grant_reader('tenant_table', 'tenant_bob') \g /dev/null
RESET ROLE;
SELECT is(pg_temp.sees('tenant_bob', 'SELECT count(*) > 0 FROM tenant_table.retention_month'), 'true', 'a reader reads what counts everybody');
SELECT is(pg_temp.sees('tenant_bob', 'SELECT count(*) FROM tenant_table.customer_rfm'), 'permission denied for table customer_rfm_stored', 'a reader reads no single customers');
SELECT is(pg_temp.sees('tenant_carol', 'SELECT count(*) > 0 FROM tenant_table.retention_month'), 'permission denied for table retention_month_stored', 'nobody else reads what counts everybody');
SET ROLE tenant_alice;
SELECT is_empty($$SELECT * FROM cvm.check_model('tenant_table') WHERE problem = 'stored_for_all'$$, 'check_model takes a report that nobody else reads for meant');
SELECT cvm.unstore(m, 'customer_rfm') FROM unnest('{tenant_table,tenant_invoker}'::text[]) m \g /dev/null
RESET ROLE;
SELECT is(pg_temp.sees('tenant_bob', 'SELECT count(*) FROM tenant_invoker.customer_rfm'), '41', 'unstored, each sees its own again');

SELECT * FROM finish();
ROLLBACK;
