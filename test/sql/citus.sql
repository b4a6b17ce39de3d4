\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What a model does where Citus is, shown without it: its catalog and its
-- setting are played.  scripts/check-citus asks Citus itself.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET client_min_messages = error;

-- of every entity, made where there is no Citus
\i test/world.sql
SELECT world.model('plain') \g /dev/null
-- and of a history of two schemes that no setting names
CREATE TABLE world.tiers AS SELECT h.*, 'tier' AS scheme FROM world.segment_history h UNION ALL SELECT c.customer_id, c.channel, c.joined_on, NULL, 'channel' FROM world.customer c;
CREATE FUNCTION world.tiered(model name) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM cvm.create_model(model, tz => 'Europe/Vilnius', currency => 'EUR'), cvm.bind(model, 'subscription', 'world.subscription'), cvm.bind(model, 'segment_history', 'world.tiers');
END
$$;
SELECT world.tiered('tiers') \g /dev/null
CREATE TEMP TABLE asked AS
	SELECT 'segment_kpi' AS view, min(k.row_key) AS row_key, 'closing_customers' AS "column" FROM plain.segment_kpi k WHERE k.segment = '(all)' AND k.closing_customers > 0
	UNION ALL SELECT 'segment_kpi', min(k.row_key), 'closing_paused_customers' FROM plain.segment_kpi k WHERE k.segment <> '(all)' AND k.closing_paused_customers > 0
	UNION ALL SELECT 'segment_scheme_kpi', min(k.row_key), 'closing_customers' FROM plain.segment_scheme_kpi k WHERE k.scheme = 'region' AND k.closing_customers > 0
	UNION ALL SELECT 'segment_scheme_migration', min(k.row_key), 'customers' FROM plain.segment_scheme_migration k;
CREATE TEMP TABLE customers_before AS SELECT a.view, a."column", c.* FROM asked a CROSS JOIN LATERAL cvm.customers('plain', a.view, a.row_key, a."column") c;

CREATE SCHEMA lake;
CREATE TABLE lake.orders (order_no int, buyer int, placed_at timestamptz, total numeric(10,2), loaded_at timestamptz);
INSERT INTO lake.orders SELECT i, i % 40, timestamptz '2024-01-01 00:00+02' + (i * i % 180) * interval '1 day', i % 50, '2024-07-01 00:00+03' FROM generate_series(1, 300) i;
CREATE TABLE lake.plans (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO lake.plans SELECT i, 'BASIC', date '2024-01-01' + i, NULL, 10 FROM generate_series(1, 40) i;
CREATE TABLE lake.products (product text PRIMARY KEY, family text);
CREATE TABLE lake.tickets (ticket_id text PRIMARY KEY, customer_id int, opened_at timestamptz);
CREATE TABLE lake.tiers (customer_id bigint, segment text, valid_from date, valid_to date);
CREATE VIEW lake.mails AS SELECT 1 AS customer_id, timestamptz '2024-01-01 00:00+02' AS occurred_at;

-- views are made on this node alone, whatever the setting is, and it is left as it was
CREATE TABLE lake.sent (tag text, sends text);
CREATE FUNCTION lake.note() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO lake.sent VALUES (tg_tag, current_setting('citus.enable_ddl_propagation', true));
END
$$;
CREATE EVENT TRIGGER note ON ddl_command_end EXECUTE FUNCTION lake.note();
SET citus.enable_ddl_propagation = on;
SELECT cvm.create_model('acme', tz => 'Europe/Vilnius', currency => 'EUR'),
	cvm.bind('acme', 'event', 'lake.orders', '{"customer_id": "buyer", "occurred_at": "placed_at", "amount": "total"}'), cvm.bind('acme', 'subscription', 'lake.plans'),
	cvm.configure('acme', 'as_of', '2024-07-01'), cvm.store('acme', 'retention_month'), cvm.store('acme', 'customer_activity') \g /dev/null
SELECT ok(count(*) > 20, 'views are made: ' || CASE WHEN count(*) > 20 THEN 'more than twenty' ELSE count(*)::text END) FROM lake.sent WHERE tag = 'CREATE VIEW';
SELECT is_empty($$SELECT * FROM lake.sent WHERE tag = 'CREATE VIEW' AND sends <> 'off'$$, 'no view of a model is sent to other nodes');
SELECT isnt_empty($$SELECT * FROM lake.sent WHERE tag <> 'CREATE VIEW' AND sends = 'on'$$, 'other statements are as the caller has it');
SELECT is(current_setting('citus.enable_ddl_propagation'), 'on', 'the setting of the caller is what it was');
DROP EVENT TRIGGER note;

-- what is to be called
SELECT cvm.store('acme', 'customer_activity', mode => 'queue'), cvm.store('acme', 'customer_holdings'), cvm.bind('acme', 'product', 'lake.products'),
	cvm.bind('acme', 'ticket', 'lake.tickets'), cvm.bind('acme', 'segment_history', 'lake.tiers'), cvm.bind('acme', 'contact', 'lake.mails') \g /dev/null
SELECT results_eq($$SELECT relation, statement FROM cvm.distribute('acme')$$, $$VALUES
	('acme.customer_activity', $q$SELECT cvm.store('acme', 'customer_activity', mode => 'full');$q$),
	('lake.orders', $q$SELECT create_distributed_table('lake.orders', 'buyer');$q$),
	('lake.plans', $q$SELECT create_distributed_table('lake.plans', 'customer_id', colocate_with => 'lake.orders');$q$),
	('lake.tiers', NULL),
	('lake.mails', NULL),
	('lake.tickets', NULL),
	('lake.products', $q$SELECT create_reference_table('lake.products');$q$),
	('acme.customer_activity', $q$SELECT create_distributed_table('acme.customer_activity', 'customer_id', colocate_with => 'lake.orders');$q$),
	('acme.customer_holdings', $q$SELECT create_distributed_table('acme.customer_holdings', 'customer_id', colocate_with => 'lake.orders');$q$),
	('acme', $q$SELECT count(*) FROM cvm.rebuild('acme');$q$)$$,
	'what to call for Citus is said in order');
SELECT results_eq($$SELECT relation, note FROM cvm.distribute('acme') WHERE statement IS NULL$$, $$VALUES
	('lake.tiers', 'Column customer_id is bigint and customers of lake.orders are integer, so they would lie apart. ALTER TABLE lake.tiers ALTER customer_id TYPE integer; and ask again.'),
	('lake.mails', 'It is not a table: distribute the tables behind it.'),
	('lake.tickets', 'Unique lake.tickets_pkey does not hold customer_id, and Citus takes no such table: drop it or add the column, and ask again.')$$,
	'it is said what stands in the way of distributing');

-- where tables are distributed
SET LOCAL allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char", partkey text, colocationid int, repmodel "char");
CREATE FUNCTION pg_catalog.column_to_column_name(regclass, text) RETURNS text LANGUAGE sql RETURN $2;
SET LOCAL allow_system_table_mods = off;
SELECT is((SELECT count(*) FROM cvm.distribute('acme') WHERE statement IS NOT NULL), 7::bigint, 'what Citus does not know of is a table of this server');
INSERT INTO pg_dist_partition VALUES ('lake.orders', 'h', 'buyer', 1, 's'), ('lake.plans', 'h', 'product', 1, 's'), ('lake.products', 'n', NULL, 2, 't'), ('acme.customer_activity', 'h', 'customer_id', 1, 's');
SELECT results_eq($$SELECT relation, coalesce(statement, note) FROM cvm.distribute('acme') WHERE relation NOT IN ('lake.tiers', 'lake.mails', 'lake.tickets')$$, $$VALUES
	('acme.customer_activity', $q$SELECT cvm.store('acme', 'customer_activity', mode => 'full');$q$),
	('lake.orders', 'It is distributed by customer already.'),
	('lake.plans', $q$It is distributed by product and not by customer: the rows of a customer lie on several nodes, and travel. SELECT alter_distributed_table('lake.plans', distribution_column => 'customer_id'); mends that.$q$),
	('lake.products', 'It is distributed already: reference.'),
	('acme.customer_activity', 'It is distributed already.'),
	('acme.customer_holdings', $q$SELECT create_distributed_table('acme.customer_holdings', 'customer_id', colocate_with => 'lake.orders');$q$),
	('acme', $q$SELECT count(*) FROM cvm.rebuild('acme');$q$)$$, 'what is done is said, and done no more');
SELECT throws_ok($$SELECT cvm.store('acme', 'customer_activity', mode => 'queue')$$, '0A000',
	'lake.orders is distributed by Citus, and mode "queue" needs a trigger, which such a table cannot have', 'no queue is fed from a distributed table');
SELECT throws_ok($$SELECT cvm.store('acme', 'customer_activity', mode => 'scan')$$, '0A000',
	'lake.orders is distributed by Citus, and mode "scan" looks at where rows lie, which such a table does not show', 'no distributed table is scanned');
-- as where the triggers were dropped by hand for it
INSERT INTO lake.orders VALUES (301, 7, '2024-06-02 12:00+03', 25, '2024-07-02 00:00+03');
SELECT results_eq($$SELECT object, mode, rows_written FROM cvm.refresh_here('acme', '{customer_activity}')$$, $$VALUES ('customer_activity', 'full', 1::bigint)$$,
	'a refresh of one that was fed by a queue is a full one');
SELECT is(md5(string_agg(a.activity::text, ' ' ORDER BY a.customer_id)), (SELECT md5(string_agg(f.activity, ' ' ORDER BY f.buyer)) FROM (
	SELECT o.buyer, cvm.activity_agg(o.placed_at, 'Europe/Vilnius', o.total)::text AS activity FROM lake.orders o GROUP BY o.buyer) f), 'folded where the rows are, to the same bytes')
FROM acme.customer_activity a;
SELECT lives_ok($$SELECT cvm.store('acme', 'customer_activity', mode => 'watermark', watermark => 'loaded_at')$$, 'a column that grows will do');
SELECT is((SELECT count(*) FROM cvm.distribute('acme') WHERE statement LIKE '%cvm.store(%'), 0::bigint, 'with a column that grows nothing is to be stored in another mode');

-- views that Citus cannot plan read their rows by functions there
SELECT world.tiered('gathered') \g /dev/null
SELECT ok(pg_get_viewdef(format('gathered.%I', g.view)::regclass) ~ '_gathered\(' AND pg_get_viewdef(format('tiers.%I', g.view)::regclass) !~ '_gathered',
	format('%s has its rows from functions where Citus is, and only there', g.view)) FROM cvm.report_gather g WHERE g.what = 'view' ORDER BY g.view;
SELECT bag_eq(format('SELECT * FROM gathered.%I', g.view), format('SELECT * FROM tiers.%I', g.view), g.view || ' says the same') FROM cvm.report_gather g WHERE g.what = 'view' ORDER BY g.view;
SELECT is_empty($$SELECT g.view FROM cvm.report_gather g WHERE g.what = 'view' AND to_regclass('gathered.' || g.view) NOT IN (SELECT r FROM cvm._readers('gathered.subscription'::regclass) r)$$,
	'a view is known to read what it has from a function');
SELECT cvm.configure('gathered', 'segment_schemes', 'tier, channel') \g /dev/null
SELECT ok(pg_get_viewdef(format('gathered.%I', g.view)::regclass) !~ '_gathered', g.view || ' asks the workers once the schemes are named') FROM cvm.report_gather g WHERE g.what = 'view' ORDER BY g.view;
SELECT bag_eq(format('SELECT * FROM gathered.%I', g.view), format('SELECT * FROM tiers.%I', g.view), g.view || ' says the same of named schemes') FROM cvm.report_gather g WHERE g.what = 'view' ORDER BY g.view;
-- and so do the lists of customers
SELECT set_eq(format('SELECT * FROM cvm.customers(%L, %L, %L, %L)', 'plain', a.view, a.row_key, a."column"),
	format('SELECT customer_id, mrr_before, mrr_after, detail FROM customers_before WHERE view = %L AND "column" = %L', a.view, a."column"), a.view || '.' || a."column" || ' has the same customers') FROM asked a;
SELECT lives_ok($$SELECT cvm.unbind('gathered', 'subscription')$$, 'what is gathered goes when the entity is unbound');

-- and where the tables are distributed customers are folded where they live
INSERT INTO pg_dist_partition SELECT a.attrelid, 'h', 'customer_id', 1, 's' FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'world'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'customer_id';
SELECT world.model('there') \g /dev/null
CREATE TEMP VIEW other AS SELECT v.view FROM cvm.report_view v
WHERE replace(pg_get_viewdef(to_regclass('there.' || v.view)), 'there.', 'plain.') <> pg_get_viewdef(to_regclass('plain.' || v.view)) AND v.view NOT LIKE 'segment\_scheme\_%';
SELECT cmp_ok((SELECT count(*) FROM other), '>=', 10::bigint, 'views of tables that are distributed are folded in two steps');
SELECT bag_eq(format('SELECT * FROM there.%I', o.view), format('SELECT * FROM plain.%I', o.view), o.view || ' says the same in two steps') FROM other o ORDER BY o.view;
-- and what is known of each of them is not kept where it is asked for
SELECT ok(pg_get_viewdef(to_regclass('plain.' || v)) ~ k.kept AND pg_get_viewdef(to_regclass('there.' || v)) !~ k.kept, v || ' leaves customers where they live')
FROM unnest('{cadence_fit,cancel_reason_mix,early_warning,flavor,offer_gap,save_rate}'::text[]) v
CROSS JOIN (VALUES ('\m(by_customer|due|flag|folded|lost|member|placed|reason|sale|spell|subject) AS MATERIALIZED|OFFSET 0')) AS k (kept) ORDER BY v;
SELECT * FROM finish();
ROLLBACK;
