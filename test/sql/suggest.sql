\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(60);

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

CREATE TEMP TABLE told AS SELECT * FROM cvm.suggest('My "Shop"; --');
CREATE FUNCTION pg_temp.see(source text) RETURNS text LANGUAGE sql AS $$
	SELECT s.entity || ' ' || (s.confidence > 0.5)::text || ' ' || substring(s.bind FROM '(\{.*\})') FROM told s WHERE s.source = '"My ""Shop""; --".' || see.source
$$;
SELECT is(pg_temp.see('subs'), 'subscription true {"mrr": "monthly_fee", "offer": "promo_code", "product": "plan_code", "ended_on": "end_dt", "started_on": "start_dt", "customer_id": "cust"}', 'a table of contracts is found by its columns');
SELECT is(pg_temp.see('orders'), 'event true {"amount": "total", "channel": null, "customer_id": "buyer", "occurred_at": "orderedAt"}', 'a foreign key says who the customer is; a column of a type that does not fit is left out');
SELECT is(pg_temp.see('"Kunden''s ""A"""'), 'customer true {"joined_on": "Joined", "customer_id": "Customer Id"}', 'customers are suggested under any name');
SELECT is(pg_temp.see('plans'), 'product true {"product": "code", "list_price": "price", "launched_on": "launched"}', 'a table of plans is one of products');
SELECT is(pg_temp.see('customer_segments'), 'segment_history true {"segment": "cluster", "valid_to": "until", "valid_from": "since", "customer_id": "customer"}', 'a table of segments of customers is a segment history');
SELECT is(pg_temp.see('log'), NULL, 'what is nothing is not proposed');
SELECT is(pg_temp.see('parts_2024'), NULL, 'a part of a table is not proposed');
SELECT is((SELECT s.bind FROM told s WHERE s.source LIKE '%parts'), E'-- instead of "My ""Shop""; --".orders:\n-- SELECT cvm.bind(''acme'', ''event'', ''"My ""Shop""; --".parts'');', 'of several tables for one entity the surest is bound, the others can be read');
SELECT is((SELECT array_agg(DISTINCT s.confidence BETWEEN 0 AND 1) FROM told s), '{t}', 'confidence is a fraction');
SELECT is((SELECT array_agg(s.confidence) = array_agg(s.confidence ORDER BY s.confidence DESC) FROM told s), true, 'the surest comes first');
SELECT alike((SELECT s.why FROM told s WHERE s.source LIKE '%subs'), '%mrr is monthly_fee (0.95)%', 'reasons are given');
CREATE FUNCTION pg_temp.run() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	s record;
BEGIN
	FOR s IN SELECT x.bind FROM told x LOOP
		EXECUTE s.bind;
	END LOOP;
END
$$;
SELECT pg_temp.run() \g /dev/null
SELECT is((SELECT array_agg(entity ORDER BY entity) FROM cvm.binding WHERE model = 'acme'), '{customer,event,product,segment_history,subscription}', 'every proposal runs as it stands');
SELECT is((SELECT count(*) FROM cvm.suggest('acme')), 0::bigint, 'a model''s own views are not proposed');
SELECT throws_ok('SELECT * FROM cvm.suggest(''shpo'')', '3F000', 'schema "shpo" does not exist', 'an unknown schema is refused');
CREATE ROLE cvm_suggest_ann;
GRANT USAGE ON SCHEMA "My ""Shop""; --" TO cvm_suggest_ann;
GRANT SELECT ON "My ""Shop""; --".orders TO cvm_suggest_ann;
CREATE FUNCTION pg_temp.ann_sees() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	SET LOCAL ROLE cvm_suggest_ann;
	SELECT string_agg(s.source || ' ' || substring(s.bind FROM 'SELECT cvm.bind.{13}'), ',') INTO seen FROM cvm.suggest('My "Shop"; --', model => 'anns') s;
	RESET ROLE;
	RETURN seen;
END
$$;
SELECT is(pg_temp.ann_sees(), '"My ""Shop""; --".orders SELECT cvm.bind(''anns'', ''eve', 'nobody is told of tables that they cannot read');

-- a billing system: the price lies two tables away, in cents, for an interval, times a quantity
DO $$ BEGIN PERFORM cvm.drop_model('acme'); END $$;
CREATE SCHEMA st;
SET LOCAL search_path = st, public;
CREATE TABLE customers (id text PRIMARY KEY, created timestamptz, country text, language text);
CREATE TABLE prices (id text PRIMARY KEY, product_id text, unit_amount bigint, currency text, recurring_interval text, recurring_interval_count int);
CREATE TABLE subscriptions (id text PRIMARY KEY, customer_id text REFERENCES customers, status text, created timestamptz, start_date timestamptz, activated_at timestamptz, trial_end timestamptz,
	current_period_end timestamptz, cancel_at timestamptz, canceled_at timestamptz, ended_at timestamptz, is_deleted boolean);
CREATE TABLE subscription_items (id text PRIMARY KEY, subscription_id text, price_id text, quantity int, created timestamptz);
CREATE TABLE coupons (id text PRIMARY KEY, name text, percent_off numeric, duration text, created timestamptz);
CREATE TABLE countries (id int PRIMARY KEY, code text, name text);
INSERT INTO customers SELECT 'c' || g, '2024-01-01', 'DE', 'de' FROM generate_series(1, 40) g;
INSERT INTO prices VALUES ('p1', 'pro', 2900, 'usd', 'month', 1), ('p2', 'pro', 29000, 'usd', 'annual', 1), ('p3', 'team', 9999, 'usd', 'month', 3);
INSERT INTO subscriptions SELECT 's' || g, 'c' || g, 'active', '2024-01-01', '2024-01-01', NULL, CASE WHEN g = 8 THEN timestamptz '2024-02-01' END,
	'2024-06-01', NULL, '2024-03-01', CASE WHEN g % 5 = 0 THEN timestamptz '2024-04-04' END, g = 40 FROM generate_series(1, 40) g;
INSERT INTO subscription_items SELECT 'i' || g, 's' || g, 'p' || 1 + g % 3, 1 + g % 2, '2024-01-01' FROM generate_series(1, 40) g;
INSERT INTO countries VALUES (1, 'DE', 'Germany');
RESET search_path;
TRUNCATE told;
INSERT INTO told SELECT * FROM cvm.suggest('st');
SELECT is((SELECT string_agg(source || ' ' || entity, ', ' ORDER BY source) FROM told), 'st.customers customer, st.subscriptions subscription', 'items, coupons, prices and countries are no customers and no products');
SELECT alike((SELECT bind FROM told WHERE entity = 'subscription'), 'SELECT cvm.create_model(''acme'', tz => ''UTC'', currency => ''USD'') WHERE NOT EXISTS %', 'without a model its creation is part of the statement, in the currency of the table');
SELECT alike((SELECT why FROM told WHERE entity = 'subscription'), '%its items are subscription_items (subscription_id) and their prices st.prices (price_id), by their names%', 'a subscription is joined with its items and prices');
SELECT matches((SELECT bind FROM told WHERE entity = 'subscription'), 's\.ended_at AS ended_on.*s\.canceled_at AS cancel_requested_on', 'a request to leave is not the end where there is one');
SELECT matches((SELECT bind FROM told WHERE entity = 'subscription'), 's\.start_date, s\.trial_end\) AS started_on', 'a column that is always NULL is not the start, and a trial is not paid for');
SELECT cmp_ok((SELECT confidence FROM told WHERE entity = 'subscription'), '<', (SELECT confidence FROM told WHERE entity = 'customer'), 'what had to be guessed is less sure');
SELECT pg_temp.run() \g /dev/null
SELECT results_eq($$SELECT closing_customers, closing_mrr FROM acme.mrr_movement WHERE month = '2024-03-01'$$, $$
	SELECT count(*), round(sum(i.quantity * p.unit_amount / 100.0 / CASE p.id WHEN 'p2' THEN 12 WHEN 'p3' THEN 3 ELSE 1 END), 2)
	FROM st.subscriptions s JOIN st.subscription_items i ON i.subscription_id = s.id JOIN st.prices p ON p.id = i.price_id
	WHERE NOT s.is_deleted$$, 'the statements bring the money of the items, a month, in whole units, without deleted rows');
SELECT is((SELECT count(*) FROM cvm.suggest('acme')), 0::bigint, 'a view that was proposed is not proposed again');

-- what names alone get wrong
DO $$ BEGIN PERFORM cvm.drop_model('acme', keep_schema => true); END $$;
DROP SCHEMA acme CASCADE;
CREATE SCHEMA raven;
SET LOCAL search_path = raven, public;
CREATE TABLE subscriptions (subscription_id text PRIMARY KEY, account_id text, start_date date, end_date date, plan_tier text, mrr_amount numeric, arr_amount numeric, is_trial boolean, billing_frequency text);
INSERT INTO subscriptions SELECT 's' || g, 'a' || g % 40, date '2024-01-01' + g, NULL, 'pro', 100 + g, 1200 + 12 * g, g % 7 = 0, (ARRAY['monthly', 'annual'])[1 + g % 2] FROM generate_series(1, 60) g;
CREATE TABLE account_segments (client text, seg text, from_d date, to_d date);
CREATE TABLE page_views (country text, language text, viewed_at timestamptz, n int);
CREATE SCHEMA minor;
SET LOCAL search_path = minor, public;
CREATE TABLE contract (contract_no text PRIMARY KEY, cust_no int, activated_at date, deactivated_at date, amount int, amount_eur numeric(8,2), billing_interval text);
INSERT INTO contract SELECT 'k' || g, g, '2024-01-01', NULL, 1000 + g, (1000 + g) / 100.0, (ARRAY['monthly', 'annual', 'yearly', 'months', 'quarterly'])[1 + g % 5] FROM generate_series(1, 30) g;
CREATE SCHEMA telco;
SET LOCAL search_path = telco, public;
CREATE TABLE account (account_no int PRIMARY KEY, since date);
CREATE TABLE tariff (code text PRIMARY KEY, name text, monthly_fee numeric(8,2), family text);
CREATE TABLE contract (contract_no text PRIMARY KEY, cust_no int, tariff_code text REFERENCES tariff, activation_dt date, termination_dt date, commit_end_dt date, status text);
INSERT INTO tariff VALUES ('S', 'Small', 9.99, 'mobile');
CREATE TABLE customer_merges (old_customer_id int, new_customer_id int, merged_at timestamptz);
CREATE TABLE licence (id int PRIMARY KEY, account_no int, tariff_code text, valid_from date, valid_to date, unit_price int, seats int, cycle_units int, billing_period text, is_deleted boolean, trial_end date);
CREATE SCHEMA seats;
ALTER TABLE licence SET SCHEMA seats;
INSERT INTO seats.licence SELECT g, g % 40, 'L', '2024-01-01', NULL, 1000 + 100 * (g % 9) + 99, 1 + g % 3, 1, (ARRAY['Month', 'YEAR'])[1 + g % 2], g % 10 = 0, CASE WHEN g % 5 = 0 THEN date '2024-02-01' END FROM generate_series(1, 60) g;
CREATE SCHEMA near;
CREATE TABLE near.subscriptions (customer_id int, plan text, start_date date, end_date date);
CREATE SCHEMA guarded;
CREATE TABLE guarded.subscriptions (customer_id int, plan text, start_date date, end_date date, amount int);
INSERT INTO guarded.subscriptions SELECT g, 'p', '2024-01-01', NULL, 1900 + 99 * (g % 2) FROM generate_series(1, 30) g;
ALTER TABLE guarded.subscriptions ENABLE ROW LEVEL SECURITY;
RESET search_path;
TRUNCATE told;
INSERT INTO told SELECT s.* FROM unnest('{raven,minor,telco,seats,near}'::name[]) n, cvm.suggest(n) s;
SELECT matches((SELECT bind FROM told WHERE source = 'raven.subscriptions'), 's\.mrr_amount AS mrr', 'revenue a year is not taken for revenue a month');
SELECT matches((SELECT bind FROM told WHERE source = 'raven.subscriptions'), 'CASE WHEN s\.is_trial THEN ''trial'' ELSE ''active'' END AS status', 'a flag of trials is a status');
SELECT unalike((SELECT bind FROM told WHERE source = 'raven.subscriptions'), '%per_month%', 'what is called monthly is not divided by an interval');
SELECT matches((SELECT bind FROM told WHERE source = 'raven.account_segments'), '"valid_to": "to_d"', 'the second column of times is the end');
SELECT is((SELECT count(*) FROM told WHERE source = 'raven.page_views'), 0::bigint, 'a country and a language are no customers');
SELECT matches((SELECT bind FROM told WHERE source = 'minor.contract'), '"ended_on": "deactivated_at"', 'an end is found beside a start of the same words');
SELECT alike((SELECT why FROM told WHERE source = 'minor.contract'), '%amount is in cents%', 'whole numbers that are a hundred times another column are cents');
SELECT matches((SELECT bind FROM told WHERE source = 'minor.contract'), '"amount": \{"column": "amount", "minor_units": 2\}.*"billing_interval": "billing_interval"', 'cents for an interval are a binding with options, not a view');
DO $$ BEGIN EXECUTE (SELECT bind FROM told WHERE source = 'minor.contract'); END $$;
SELECT is((SELECT string_agg(DISTINCT c.billing_interval || ' ' || round(c.amount_eur / s.mrr), ', ') FROM acme.subscription s JOIN minor.contract c ON c.cust_no = s.customer_id), 'annual 12, monthly 1, months 1, quarterly 3, yearly 12',
	'monthly, annual, yearly and months are intervals');
SELECT is((SELECT count(*) FROM cvm.check_model('acme') WHERE severity <> 'info'), 0::bigint, 'a model with suggested intervals has nothing wrong');
SELECT alike((SELECT why FROM told WHERE source = 'minor.contract'), '%no column has a product, so all is (none)%', 'a table of periods without a product is a subscription to one');
SELECT matches((SELECT bind FROM told WHERE source = 'telco.contract'), 'p\.monthly_fee AS mrr.*s\.commit_end_dt AS committed_until\s+FROM telco\.contract s\s+JOIN telco\.tariff p ON p\.code = s\.tariff_code', 'a contract has the price of its tariff');
SELECT matches((SELECT bind FROM told WHERE source = 'telco.customer_merges'), '"new_id": "new_customer_id", "old_id": "old_customer_id"', 'a table of merged ids is one of aliases');
SELECT matches((SELECT bind FROM told WHERE source = 'seats.licence'), '"amount": \{"column": "unit_price", "minor_units": 2\}, "deleted": "is_deleted", "product": "tariff_code", "ended_on": "valid_to", "quantity": "seats", "started_on": "valid_from", "customer_id": "account_no", "trial_ends_on": "trial_end", "subscription_id": "id", "billing_interval": "billing_period"',
	'cents, seats, a term, a trial and deleted rows of one table take no view');
SELECT is((SELECT entity FROM told WHERE source = 'telco.account'), 'customer', 'an account by its number is a customer');
SELECT is((SELECT confidence < 0.5 AND bind = '-- near.subscriptions may be a subscription, and has no column like mrr.' FROM told WHERE source = 'near.subscriptions'), true, 'what is nearly an entity is named, with what it lacks');
SELECT is((SELECT count(*) FROM cvm._sample('guarded.subscriptions'::regclass)), 5::bigint, 'a role that no policy binds sees values');
GRANT USAGE ON SCHEMA guarded TO cvm_suggest_ann;
GRANT SELECT ON guarded.subscriptions TO cvm_suggest_ann;
SET LOCAL ROLE cvm_suggest_ann;
SELECT is((SELECT count(*) FROM cvm._sample('guarded.subscriptions'::regclass)), 0::bigint, 'where policies are, values are not looked at');
RESET ROLE;
SELECT is((SELECT count(*) FROM cvm._sample('near.subscriptions'::regclass)), 0::bigint, 'an empty table says nothing');

-- a table of periods, of no product and under no name; what is deleted, by a moment; a trial that no status knows
DO $$ BEGIN PERFORM cvm.drop_model('acme', keep_schema => true); END $$;
DROP SCHEMA acme CASCADE;
CREATE SCHEMA stranger;
SET LOCAL search_path = stranger, public;
CREATE TABLE account_periods (account_id text, period_start date, period_end date, monthly_price_cents int);
INSERT INTO account_periods SELECT 'a' || g % 10, (date '2024-01-01' + g / 10 * interval '1 month')::date, (date '2024-02-01' + g / 10 * interval '1 month')::date, 1999 FROM generate_series(0, 39) g;
CREATE TABLE payments (payment_id int PRIMARY KEY, customer int, paid_on date, amount_cents bigint, voided int, deleted_at timestamptz);
INSERT INTO payments SELECT g, g % 20, date '2024-01-01' + g, 1099, 0, CASE WHEN g % 10 = 0 THEN timestamptz '2024-06-01' END FROM generate_series(1, 60) g;
CREATE SCHEMA flagged;
SET LOCAL search_path = flagged, public;
CREATE TABLE memberships (member_id int, plan text, start_date date, end_date date, mrr numeric(8,2), state text, is_trial boolean, deleted_at timestamptz);
INSERT INTO memberships SELECT g, 'p', '2024-01-01', CASE WHEN g % 4 = 0 THEN date '2024-04-01' END, 20, CASE WHEN g % 4 = 0 THEN 'Cancelled' ELSE 'Active' END, g % 5 = 0, CASE WHEN g = 3 THEN timestamptz '2024-01-02' END
FROM generate_series(1, 40) g;
CREATE SCHEMA plain;
CREATE TABLE plain.subscriptions (customer_id int, plan text, start_date date, end_date date, mrr numeric(8,2), trial_ends_at timestamptz, is_deleted int, lifecycle text);
INSERT INTO plain.subscriptions SELECT g, 'p', '2024-01-10', NULL, 20, CASE WHEN g % 2 = 0 THEN timestamptz '2024-02-10' END, (g = 7)::int, (ARRAY['Active', 'PAST_DUE', 'non-renewing'])[1 + g % 3] FROM generate_series(1, 20) g;
RESET search_path;
TRUNCATE told;
INSERT INTO told SELECT s.* FROM unnest('{stranger,flagged,plain}'::name[]) n, cvm.suggest(n) s;
SELECT matches((SELECT bind FROM told WHERE source = 'stranger.account_periods'), '"mrr": \{"column": "monthly_price_cents", "minor_units": 2\}, "ended_on": "period_end", "started_on": "period_start"', 'a table of periods is a subscription under any name');
SELECT matches((SELECT bind FROM told WHERE source = 'stranger.payments'), '"amount": \{"column": "amount_cents", "minor_units": 2\}', 'cents in the name of a column do not hide that it is money');
SELECT matches((SELECT bind FROM told WHERE source = 'stranger.payments'), '"deleted": "deleted_at"', 'rows that a moment says are deleted are left out of any entity');
SELECT matches((SELECT bind FROM told WHERE source = 'plain.subscriptions'), '"mrr": "mrr".*"deleted": "is_deleted".*"trial_ends_on": "trial_ends_at"|"deleted": "is_deleted", "trial_ends_on": "trial_ends_at"', 'trials and deleted rows count beside an mrr');
SELECT matches((SELECT bind FROM told WHERE source = 'plain.subscriptions'), '"status": "lifecycle"', 'a column of words that billing systems use is a status under any name');
SELECT matches((SELECT bind FROM told WHERE source = 'flagged.memberships'), 'CASE WHEN s\.is_trial THEN ''trial'' ELSE s\.state::text END AS status', 'a flag of trials counts beside a status that knows none');
DO $$ BEGIN EXECUTE (SELECT bind FROM told WHERE source = 'flagged.memberships'); END $$;
SELECT results_eq($$SELECT closing_customers, closing_mrr FROM acme.mrr_movement WHERE month = '2024-03-01'$$, $$SELECT count(*), sum(mrr) FROM flagged.memberships WHERE NOT is_trial AND deleted_at IS NULL$$, 'who tries or is deleted does not pay beside such a status');
DO $$ BEGIN EXECUTE replace((SELECT bind FROM told WHERE source = 'plain.subscriptions'), '''acme''', '''other'''); END $$;
SELECT is((SELECT string_agg(closing_customers || ' ' || closing_mrr, ', ' ORDER BY month) FROM other.mrr_movement), '9 180.00, 19 380.00', 'a binding with both says who pays since when');

-- whole hundreds may be cents or not: that is a guess, and said
CREATE SCHEMA hundreds;
CREATE TABLE hundreds.subscriptions (customer_id int, plan text, start_date date, end_date date, unit_price int, billing_interval text);
INSERT INTO hundreds.subscriptions SELECT g, 'p' || g % 3, '2024-01-01', NULL, (ARRAY[2900, 9900, 150000, 1200000])[1 + g % 4], (ARRAY['month', 'year'])[1 + g % 2] FROM generate_series(1, 30) g;
-- discounts of subscriptions are none, and top-ups are no costs of who makes them
CREATE SCHEMA loaded;
SET LOCAL search_path = loaded, public;
CREATE TABLE price (id text, product_id text, unit_amount bigint, currency text, recurring_interval text);
CREATE TABLE subscription_history (id text, customer_id text, status text, start_date timestamptz, ended_at timestamptz, _fivetran_active boolean);
CREATE TABLE subscription_item (id text, subscription_id text, plan_id text, quantity int, _fivetran_deleted boolean);
CREATE TABLE subscription_discount (id text, coupon_id text, customer_id text, subscription_id text, invoice_id text, start timestamptz, "end" timestamptz);
CREATE TABLE invoice (id text, customer_id text, created timestamptz, amount_due bigint, amount_paid bigint, currency text);
INSERT INTO price VALUES ('p1', 'pro', 2999, 'usd', 'month'), ('p2', 'team', 9900, 'usd', 'year');
INSERT INTO subscription_history SELECT 's' || g, 'c' || g, 'active', '2024-01-01', CASE WHEN g % 5 = 0 THEN timestamptz '2024-04-04' END, true FROM generate_series(1, 30) g;
INSERT INTO subscription_item SELECT 'i' || g, 's' || g, 'p' || 1 + g % 2, 1, false FROM generate_series(1, 30) g;
INSERT INTO subscription_discount SELECT 'd' || g, 'k', 'c' || g, 's' || g, NULL, '2024-01-01', '2024-03-01' FROM generate_series(1, 30, 3) g;
INSERT INTO invoice SELECT 'n' || g, 'c' || g % 30, timestamptz '2024-01-01' + g * interval '1 day', 2999, 2999, 'usd' FROM generate_series(1, 60) g;
CREATE TABLE hundreds.account (account_no int PRIMARY KEY, since date);
CREATE TABLE hundreds.topup (account_no int, topup_dt timestamp, amount numeric(8,2));
INSERT INTO hundreds.account SELECT g, '2024-01-01' FROM generate_series(1, 30) g;
INSERT INTO hundreds.topup SELECT 1 + g % 30, timestamp '2024-01-03 10:00' + g * interval '17 hours', 5 + g % 3 FROM generate_series(1, 90) g;
RESET search_path;
TRUNCATE told;
INSERT INTO told SELECT s.* FROM unnest('{loaded,hundreds}'::name[]) n, cvm.suggest(n, 'as_loaded') s;
SELECT is((SELECT string_agg(source, ', ') FROM told WHERE entity = 'subscription' AND source LIKE 'loaded.%'), 'loaded.subscription_history', 'a table of discounts is no subscription');
SELECT matches((SELECT bind FROM told WHERE source = 'loaded.subscription_history'), 'p\.product_id AS product.*FROM loaded\.subscription_history s\s+JOIN loaded\.subscription_item i ON i\.subscription_id = s\.id\s+JOIN loaded\.price p ON p\.id = i\.plan_id', 'versions of subscriptions are joined with items and prices');
SELECT is((SELECT string_agg(entity || ' ' || source, ', ' ORDER BY source) FROM told WHERE source IN ('hundreds.account', 'hundreds.topup')), 'customer hundreds.account, event hundreds.topup', 'top-ups are events of customers, not costs');
SELECT is((SELECT format('%s %s', confidence < 0.7, why LIKE '%unit_price counts in whole hundreds: where these are cents, bind it with "minor_units": 2%') FROM told WHERE source = 'hundreds.subscriptions'), 't t', 'prices in whole hundreds, which may be cents, are a guess');

-- a key that says nothing in words, but what points to it does
CREATE SCHEMA "Ventes 100%";
SET LOCAL search_path = "Ventes 100%", public;
CREATE DOMAIN "Prix €" AS numeric(10,2);
CREATE TABLE "Répertoire" ("Réf %" bigint PRIMARY KEY, "Nom" text, "Customer Since" date);
CREATE TABLE "Contract Lines" ("Contract No" uuid PRIMARY KEY, "Customer Id" bigint REFERENCES "Répertoire", "Plan Code" varchar(20), "Start Date" date, "End Date" date, "Monthly Fee %" "Prix €");
INSERT INTO "Répertoire" SELECT g, 'n' || g, '2024-01-01' FROM generate_series(1, 30) g;
INSERT INTO "Contract Lines" SELECT gen_random_uuid(), g, CASE WHEN g % 2 = 0 THEN 'Base' ELSE 'Plus 50%' END, date '2024-01-03' + g, CASE WHEN g % 5 = 0 THEN date '2024-04-01' + g END, 20 + g FROM generate_series(1, 30) g;
CREATE TABLE "Achats" (n_client bigint, ordered_at timestamptz, total_amount numeric);
INSERT INTO "Achats" SELECT 1 + g % 30, timestamptz '2024-01-03' + g * interval '31 hours', 5 + g FROM generate_series(1, 90) g;
RESET search_path;
TRUNCATE told;
INSERT INTO told SELECT s.* FROM cvm.suggest('Ventes 100%') s;
SELECT is((SELECT string_agg(entity || ' ' || source, ', ' ORDER BY entity COLLATE "C") FROM told), 'customer "Ventes 100%"."Répertoire", event "Ventes 100%"."Achats", subscription "Ventes 100%"."Contract Lines"', 'names of another language are told by foreign keys and by the rest of the row');
SELECT matches((SELECT bind FROM told WHERE entity = 'customer'), '"customer_id": "Réf %"', 'a key to which the customers of others point is that of customers');
SELECT alike((SELECT bind FROM told WHERE entity = 'subscription'), E'-- instead of acme.subscription_source, which the model has:\n-- SELECT cvm.bind(''acme'', ''subscription''%', 'a view that the model has bound is not replaced unasked');

-- an interval is told by its words, under any name
CREATE SCHEMA "Fit & Fun";
SET LOCAL search_path = "Fit & Fun", public;
CREATE TABLE "Members" ("Member #" int PRIMARY KEY, "Full Name" text, "Signed Up" timestamptz);
CREATE TABLE "Tariffs" (code text PRIMARY KEY, "Label" text, price_cents int, "Every" text, size text);
CREATE TABLE "Contracts" (uid int PRIMARY KEY, "Member #" int REFERENCES "Members", tariff_code text REFERENCES "Tariffs", "Valid From" date, "Valid To" date, seats int);
CREATE TABLE visits (member_no int, entered timestamptz, spent_cents bigint);
INSERT INTO "Members" SELECT g, 'n' || g, timestamptz '2024-01-01' + g * interval '1 day' FROM generate_series(1, 30) g;
INSERT INTO "Tariffs" VALUES ('B', 'Basic', 1999, 'monthly', 'M'), ('P', 'Plus', 2999, 'Monthly', 'Y'), ('Y', 'Year', 29900, 'yearly', 'M');
INSERT INTO "Contracts" SELECT g, g, (ARRAY['B', 'P', 'Y'])[1 + g % 3], date '2024-01-05' + g, NULL, 1 + g % 2 FROM generate_series(1, 30) g;
INSERT INTO visits SELECT 1 + g % 30, timestamptz '2024-01-10' + g * interval '7 hours', 350 + 49 * (g % 3) FROM generate_series(1, 90) g;
RESET search_path;
TRUNCATE told;
INSERT INTO told SELECT * FROM cvm.suggest('Fit & Fun', 'gym');
SELECT is((SELECT string_agg(entity, ', ' ORDER BY entity COLLATE "C") FROM told), 'customer, event, product, subscription', 'a gym has members, visits, tariffs and contracts');
SELECT pg_temp.run() \g /dev/null
SELECT results_eq('SELECT closing_customers, closing_mrr FROM gym.mrr_movement WHERE month = ''2024-02-01''', $$
	SELECT count(*), round(sum(c.seats * t.price_cents / 100.0 / CASE lower(t."Every") WHEN 'yearly' THEN 12 ELSE 1 END), 2) FROM "Fit & Fun"."Contracts" c JOIN "Fit & Fun"."Tariffs" t ON t.code = c.tariff_code$$,
	'a price is for the interval that words of a column say, whatever it is called');
SELECT is((SELECT sum(amount) FROM gym.event), (SELECT sum(spent_cents) / 100.0 FROM "Fit & Fun".visits), 'what was spent in cents is money');

SELECT * FROM finish();
ROLLBACK;
