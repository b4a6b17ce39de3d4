\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Recipes: the spells and events of one company in the layouts of six systems are those
-- of the truth, and so are the figures of one of them; test/t/055_layouts.sh has those of all.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(46);
\i test/layouts.sql

-- what the views of a recipe hold, without a model
CREATE FUNCTION pg_temp.views(recipe text, source name) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	view text;
	n bigint := 0;
BEGIN
	EXECUTE format('CREATE SCHEMA %I', 'by_' || source);
	FOR view IN SELECT m[1] FROM regexp_matches(cvm.recipe(recipe, source, 'by_' || source, tz => 'Europe/Vilnius'), '(CREATE OR REPLACE VIEW.*?);\nSELECT cvm\.bind', 'g') m LOOP
		EXECUTE view;
		EXECUTE view;
		n := n + 1;
	END LOOP;
	RETURN n;
END
$$;
CREATE FUNCTION pg_temp.differ(one text, other text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	said text;
BEGIN
	EXECUTE format('SELECT count(*) || coalesce('' such as '' || min(x.row), '''') FROM (SELECT coalesce(a.row, b.row) AS row FROM
		(SELECT t::text AS row, count(*) AS n FROM (%s) t GROUP BY 1) a FULL JOIN (SELECT t::text AS row, count(*) AS n FROM (%s) t GROUP BY 1) b ON b.row = a.row WHERE a.n IS DISTINCT FROM b.n) x', one, other) INTO said;
	RETURN said;
END
$$;
CREATE FUNCTION pg_temp.spells(view text) RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT regexp_replace(customer_id::text, ''^c'', ''''), product, %s AS started_on, %s AS ended_on, round(mrr, 6) AS mrr, CASE WHEN status = ''active'' OR mrr > 0 THEN ''paid'' ELSE ''unpaid'' END FROM %s',
		CASE WHEN view LIKE 'told%' OR view LIKE '%telecom%' THEN 'started_on' ELSE '(started_on::timestamptz AT TIME ZONE ''Europe/Vilnius'')::date' END, CASE WHEN view LIKE 'told%' OR view LIKE '%telecom%' THEN 'ended_on' ELSE '(ended_on::timestamptz AT TIME ZONE ''Europe/Vilnius'')::date' END, view)
$$;
CREATE FUNCTION pg_temp.events(view text) RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT regexp_replace(customer_id::text, ''^c'', ''''), occurred_at::timestamptz, kind, round(amount::numeric, 2) AS amount FROM %s', view)
$$;
-- whatever the zone of the session
SET LOCAL TimeZone = 'Pacific/Auckland';
SELECT is(pg_temp.views(l.recipe, l.source::name), l.views::bigint, format('%s makes its views of %s', l.recipe, l.source))
FROM (VALUES ('stripe', 'stripe', 3), ('stripe', 'synced', 3), ('chargebee', 'chargebee', 3), ('chargebee', 'chargebee_plans', 3), ('recurly', 'recurly', 3), ('telecom', 'telco', 7), ('shopify', 'shopify', 2), ('woocommerce', 'woo', 1)) l (recipe, source, views);
SELECT is(pg_temp.differ(pg_temp.spells(format('by_%s.%s_subscription', l.source, l.recipe)), pg_temp.spells(l.truth)), '0', format('%s: the spells of %s are those of the truth', l.recipe, l.source))
FROM (VALUES ('stripe', 'stripe', 'told.subscription'), ('stripe', 'synced', 'told.subscription'), ('chargebee', 'chargebee', 'told_active.subscription'), ('chargebee', 'chargebee_plans', 'told_active.subscription'),
	('recurly', 'recurly', 'told_accounts.subscription'), ('telecom', 'telco', 'told_telco.subscription')) l (recipe, source, truth);
SELECT is(pg_temp.differ(pg_temp.events(format('by_%s.%s_event', l.source, l.recipe)), pg_temp.events(l.truth)), '0', format('%s: the events of %s are those of the truth', l.recipe, l.source))
FROM (VALUES ('stripe', 'stripe', 'told.event'), ('stripe', 'synced', 'told.event'), ('chargebee', 'chargebee', 'told.event'), ('recurly', 'recurly', 'told.event'), ('telecom', 'telco', 'told_telco.event'), ('shopify', 'shopify', 'told_shop.event'), ('woocommerce', 'woo', 'told_shop.guests')) l (recipe, source, truth);

-- a model by a recipe, and one of the truth
SET LOCAL TimeZone = 'UTC';
DO $$
BEGIN
	PERFORM cvm.create_model('truth', tz => 'Europe/Vilnius', currency => 'USD', as_of => '2024-12-01');
	PERFORM cvm.configure('truth', 'segment_schemes', 'country');
	PERFORM cvm.bind('truth', e, ('told.' || e)::regclass) FROM unnest('{customer,event,subscription}'::text[]) e;
END
$$;
SELECT cvm.create_model('from_stripe', tz => 'Europe/Vilnius', currency => 'USD', as_of => '2024-12-01') \g /dev/null
DO $$ BEGIN EXECUTE cvm.recipe('stripe', 'stripe', 'from_stripe', tz => 'Europe/Vilnius'); END $$;
DO $$ BEGIN PERFORM cvm.configure(m, 'margin_rate', '0.6'), cvm.configure(m, 'monthly_discount_rate', '0.01') FROM unnest('{truth,from_stripe}'::name[]) m; END $$;
-- by brute force
CREATE TEMP TABLE counted_layout AS SELECT unnest('{stripe,shopify,woocommerce}'::text[]) AS layout;
\i test/layouts_days.sql
SELECT is(told.miscounted('stripe', 'from_stripe', v), NULL, format('stripe: every figure of %s is that of every day of every customer, counted one by one', v))
FROM unnest('{mrr_movement,subscription_kpi,customer_phase,retention_month}'::text[]) v;
-- orders of shops are paid as people go, and are no waterfall
SELECT cvm.create_model('from_shopify', tz => 'Europe/Vilnius', currency => 'GBP', as_of => '2024-12-01'), cvm.create_model('from_woo', tz => 'Europe/Vilnius', currency => 'GBP', as_of => '2024-12-01') \g /dev/null
DO $$ BEGIN EXECUTE cvm.recipe('shopify', 'shopify', 'from_shopify', tz => 'Europe/Vilnius'); EXECUTE cvm.recipe('woocommerce', 'woo', 'from_woo', tz => 'Europe/Vilnius'); END $$;
SELECT is(told.miscounted(l.layout, l.model::name, v), NULL, format('%s: every figure of %s is that of every day of every customer, counted one by one', l.layout, v))
FROM (VALUES ('shopify', 'from_shopify'), ('woocommerce', 'from_woo')) l (layout, model), unnest('{customer_phase,retention_month}'::text[]) v;
SELECT results_eq($$SELECT m, string_agg(concat_ws(' ', c.view, c."exists", c.waits_for), ', ' ORDER BY c.view) FROM unnest('{from_shopify,from_woo}'::name[]) m, cvm.catalog(m) c WHERE c.view IN ('mrr_movement', 'subscription_kpi') GROUP BY m ORDER BY m$$,
	$$SELECT m, 'mrr_movement f subscription, subscription_kpi f subscription' FROM unnest('{from_shopify,from_woo}'::name[]) m$$, 'the catalog of a shop says what a waterfall waits for');
CREATE FUNCTION pg_temp.differs(model name, truth name, views text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	v text;
	n bigint;
	sample text;
	said text := '';
BEGIN
	FOREACH v IN ARRAY views LOOP
		EXECUTE format('SELECT count(*) FILTER (WHERE a.n IS DISTINCT FROM b.n), min(coalesce(a.row, b.row)) FILTER (WHERE a.n IS DISTINCT FROM b.n) FROM
			(SELECT t::text AS row, count(*) AS n FROM %1$I.%2$I t GROUP BY 1) a FULL JOIN (SELECT t::text AS row, count(*) AS n FROM %3$I.%2$I t GROUP BY 1) b ON b.row = a.row HAVING count(a.n) > 0', model, v, truth) INTO n, sample;
		said := said || CASE WHEN n > 0 THEN format('%s: %s rows such as %s; ', v, n, sample) WHEN n IS NULL THEN v || ' is empty; ' ELSE '' END;
	END LOOP;
	RETURN said;
END
$$;

SELECT is(pg_temp.differs('from_stripe', 'truth', '{mrr_movement,subscription_kpi,customer_phase,retention_month}'), '', 'stripe: waterfall, figures, phases and retention are those of the truth');
-- an item whose price was not loaded
UPDATE stripe.subscription_item SET plan_id = 'p_"gone"' WHERE id = 'si_2';
SELECT is((SELECT string_agg(concat_ws(' ', c.severity, c.entity, c.problem, c.samples), ', ') FROM cvm.check_model('from_stripe') c WHERE c.severity <> 'info'), (SELECT format('error subscription null_value %s', ARRAY[format('%s p_"gone" %s', customer, started)]) FROM design WHERE g = 2),
	'stripe: an item of a price that is not there is found');
SELECT matches(cvm.recipe('stripe', 'stripe', 'acme'), 'SELECT cvm\.create_model\(''acme'', tz => ''UTC'', currency => ''USD''\) WHERE NOT EXISTS', 'stripe: a model is made where there is none, in the currency of the prices');
SELECT is((SELECT count(*) FROM cvm.recipes() r, unnest('{stripe,chargebee,recurly,telco,shopify,woo}'::text[]) s WHERE left(r.recipe, 3) = left(s, 3) OR (r.recipe = 'telecom' AND s = 'telco') HAVING bool_or(cvm.recipe(r.recipe, s::name, 'acme') ~ '\{')), NULL, 'nothing is left open in the text');

-- statuses of a telecom: what is told to be over is, others are what they say, and are found
CREATE SCHEMA lines;
CREATE TABLE lines.account (account_no int, since date);
CREATE TABLE lines.tariff (tariff_code text, monthly_fee int);
CREATE TABLE lines.contract (contract_no int, account_no int, tariff_code text, activation_dt date, termination_dt date, status text, status_since date);
INSERT INTO lines.account SELECT g, '2024-01-01' FROM generate_series(1, 9) g;
INSERT INTO lines.tariff VALUES ('S', 10);
INSERT INTO lines.contract VALUES (1, 1, 'S', '2024-01-05', NULL, 'Active', '2024-01-05'), (2, 2, 'S', '2024-01-05', NULL, 'BARRED', '2024-03-05'), (3, 3, 'S', '2024-01-05', NULL, 'On Hold', NULL),
	(4, 4, 'S', '2024-01-05', NULL, 'Terminated', '2024-03-01'), (5, 5, 'S', '2024-01-05', '2024-03-10', 'Terminated', '2024-03-01'), (6, 6, 'S', '2024-01-05', NULL, 'Disconnected', NULL),
	(7, 7, 'S', '2024-01-05', NULL, 'Pending', NULL), (8, 8, 'S', '2024-01-05', NULL, NULL, NULL), (9, 9, 'S', '2024-01-05', NULL, 'Zombie', '2024-03-01'),
	(10, 1, 'gone', '2024-02-05', NULL, 'Active', NULL);
DO $$ BEGIN PERFORM cvm.create_model('from_lines', tz => 'UTC', as_of => '2024-05-01'); EXECUTE cvm.recipe('telecom', 'lines', 'from_lines'); END $$;
SELECT results_eq($$SELECT string_agg(concat_ws(' ', s.started_on, s.ended_on, s.status), ', ' ORDER BY s.started_on) FROM from_lines.subscription s GROUP BY s.customer_id ORDER BY s.customer_id$$,
	ARRAY['2024-01-05 Active, 2024-02-05 Active', '2024-01-05 2024-03-05 active, 2024-03-05 paused', '2024-01-05 paused', '2024-01-05 2024-03-01 Terminated', '2024-01-05 2024-03-10 Terminated', '2024-01-05 Disconnected', '2024-01-05 Pending', '2024-01-05 active', '2024-01-05 Zombie'],
	'telecom: a status holds since its day, and of what ended and has no end it is the end');
SELECT is((SELECT string_agg(concat_ws(' ', c.severity, c.problem, c.samples), ', ' ORDER BY c.problem) FROM cvm.check_model('from_lines') c WHERE c.problem IN ('ended_without_end', 'unknown_status', 'null_value')),
	'error ended_without_end {Disconnected}, error null_value {"1 gone 2024-02-05"}, warning unknown_status {Zombie}', 'telecom: check_model() finds statuses that say the end of a row that has none, words that nobody knows and tariffs that are not there');

-- the smallest unit of billing systems, which is not that of ISO 4217 everywhere
SELECT results_eq($$SELECT cvm.from_minor_units(m.amount, m.currency)::text FROM (VALUES
		(1, 123456::numeric, 'eur'), (2, 123456, 'JPY'), (3, 123456, 'kwd'), (4, 123456, 'MGA'), (5, 123456, NULL), (6, NULL, 'EUR'), (7, 0.5, 'USD')) AS m(n, amount, currency)
		ORDER BY m.n$$,
	ARRAY['1234.56', '123456', '123.456', '123456', '1234.56', NULL, '0.005'],
	'cents, yen, fils and whole ariary; two decimals where no currency is');

-- what is wrong is said
SELECT is((SELECT array_agg(recipe) FROM cvm.recipes()), '{stripe,chargebee,recurly,shopify,woocommerce,telecom}', 'there are recipes for six systems');
SELECT is((SELECT bool_and(tables LIKE '%*%' AND purpose <> '') FROM cvm.recipes()), true, 'each names the tables that it needs');
CREATE FUNCTION pg_temp.refused(recipe text, source name, model name, tz text DEFAULT 'UTC') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	PERFORM cvm.recipe(recipe, source, model, tz);
	RETURN 'made';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN SQLSTATE || ': ' || SQLERRM || ' | ' || hint;
END
$$;
SELECT is(pg_temp.refused('strip', 'stripe', 'acme'), '22023: unknown recipe "strip" | Did you mean "stripe"? SELECT * FROM cvm.recipes() lists them.', 'an unknown recipe is refused');
SELECT is(pg_temp.refused('stripe', 'strip', 'acme'), '3F000: schema "strip" does not exist | Did you mean "stripe", "by_stripe", "from_stripe"?', 'an unknown schema is refused');
SELECT is(pg_temp.refused('stripe', 'stripe', 'stripe'), '22023: model "stripe" needs a name that is not that of the schema with the tables | Choose another: SELECT cvm.recipe(''stripe'', ''stripe'', ''stripe_model'');', 'the schema of the tables is no model');
SELECT is(pg_temp.refused('stripe', 'stripe', 'acme', NULL), '22004: a model needs a time zone | Name the zone in which days begin: tz => ''Europe/Vilnius''.', 'a zone is asked for');
SELECT alike(pg_temp.refused('stripe', 'stripe', 'acme', 'Vilnius'), '22023: invalid value for setting "time_zone": "Vilnius" | Did you mean "Europe/Vilnius"%', 'a zone that there is not is refused before it is in the text');
CREATE SCHEMA bare;
CREATE TABLE bare.customers (LIKE synced.customers);
CREATE TABLE bare.prices (LIKE synced.prices);
CREATE TABLE bare.subscriptions (LIKE synced.subscriptions);
CREATE TABLE bare.subs_items (id text, subscription text, quantity int);
SELECT alike(pg_temp.refused('stripe', 'bare', 'acme'), '42P01: recipe "stripe" needs a table "subscription_item" or "subscription_items", and schema "bare" has none that you may read | Perhaps it is %"subs_items"%: make a view of it named bare.subscription_item.%', 'a table that is missing is named, with those like it');
ALTER TABLE bare.subs_items RENAME TO subscription_items;
SELECT alike(pg_temp.refused('stripe', 'bare', 'acme'), '42703: recipe "stripe" needs a column "price_id" or "price" or "plan_id" %of bare.subscription_items, of a type that fits | It is to be a name or an id.%', 'a column that is missing is named');

SELECT * FROM finish();
ROLLBACK;
