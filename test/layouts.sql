-- SPDX-License-Identifier: PostgreSQL
-- One made-up company in the layouts of six systems, and its spells and events as the
-- truth; for tests of the recipes.

-- the company: who held what at which price, with trials, coupons, several of one, ends, planned ones too, and what is asked
CREATE TEMP TABLE design AS
SELECT g, 'c' || 1 + (g * 7) % 40 AS customer, (ARRAY['basic', 'pro', 'pro', 'team'])[1 + g % 4] AS product, (ARRAY['p_basic', 'p_pro', 'p_pro_year', 'p_team'])[1 + g % 4] AS price_id,
	(ARRAY[999, 2900, 29000, 8900])[1 + g % 4] AS cents, (ARRAY['month', 'month', 'year', 'month'])[1 + g % 4] AS unit, (ARRAY[1, 1, 1, 3])[1 + g % 4] AS units, (ARRAY[1, 1, 12, 3])[1 + g % 4] AS months,
	1 + g % 3 AS quantity, d AS started, CASE WHEN g % 6 = 0 THEN d + 14 END AS trial_end,
	CASE g % 5 WHEN 0 THEN 20 WHEN 1 THEN 50 END AS percent, CASE WHEN g % 5 = 1 THEN (d + interval '3 months')::date END AS percent_until,
	CASE WHEN g % 7 = 3 THEN 500 END AS off, CASE WHEN g % 7 = 3 THEN (d + interval '2 months')::date END AS off_until,
	CASE WHEN is_over THEN d + 25 + g % 20 END AS ended, CASE WHEN is_over THEN d + 15 + g % 20 WHEN g % 11 = 3 AND d < '2024-11-01' THEN date '2024-11-20' END AS asked,
	CASE WHEN NOT is_over AND g % 11 = 3 AND d < '2024-11-01' AND g % 2 = 0 THEN date '2024-12-20' END AS planned,
	CASE WHEN g % 13 = 5 AND NOT is_over AND d < '2024-09-01' THEN CASE WHEN d < '2024-06-01' AND g % 2 = 0 THEN date '2024-06-20' ELSE date '2024-10-05' END END AS unpaid_since,
	d + CASE WHEN g % 3 = 0 THEN 90 ELSE 365 END AS committed, g = 77 AS deleted
FROM (SELECT g, d, (g % 4 = 0 OR g % 9 = 2) AND d < '2024-10-15' AS is_over FROM (SELECT g, date '2023-09-03' + (g * 37) % 440 AS d FROM generate_series(1, 80) g) x) y;
-- a local hour of a day, which in UTC may be the day before
CREATE FUNCTION pg_temp.moment(day date, g int) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$ SELECT (day + g % 20 * interval '1 hour') AT TIME ZONE 'Europe/Vilnius' $$;
CREATE TEMP TABLE people AS
SELECT 'c' || g AS id, date '2023-12-20' + g % 30 AS joined, CASE WHEN g % 10 > 0 THEN (ARRAY['DE', 'LT', 'US'])[1 + g % 3] END AS country FROM generate_series(1, 62) g;
CREATE TEMP TABLE paid AS
SELECT d.g * 100 + k AS no, d.customer, pg_temp.moment((d.started + k * interval '1 month')::date, d.g) AS at, 100 + (d.g * 137 + k * 11) % 9000 AS cents
FROM design d, generate_series(0, 15) k WHERE (d.started + k * interval '1 month')::date < least(d.ended, '2024-11-29');

-- who has no contract, and pays as they go: all the time, no more, and again
INSERT INTO paid SELECT 9000 + 300 * c + 3 * k, 'c' || c, timestamptz '2024-02-10 21:30+00' + k * interval '26 days', 500 + 100 * c + k FROM generate_series(58, 60) c, generate_series(0, 11) k
WHERE c = 58 OR c = 59 AND k < 4 OR c = 60 AND k NOT BETWEEN 3 AND 9;

-- the truth: a row for each time in which nothing changes
CREATE SCHEMA told;
CREATE TABLE told.subscription AS
SELECT d.customer AS customer_id, d.product, p.day AS started_on, coalesce(p.until, d.ended) AS ended_on, d.g::text AS subscription_id, 'USD'::text AS currency, d.asked AS cancel_requested_on,
	CASE WHEN p.day < d.trial_end THEN 'trial' WHEN p.day >= d.unpaid_since THEN 'unpaid' ELSE 'active' END AS status,
	round(CASE WHEN p.day < d.trial_end OR p.day >= d.unpaid_since THEN 0 ELSE
		(d.quantity * d.cents * (100 - CASE WHEN coalesce(p.day < d.percent_until, true) THEN coalesce(d.percent, 0) ELSE 0 END) / 100.0
		- CASE WHEN p.day < d.off_until THEN d.off ELSE 0 END) / d.months / 100 END, 12) AS mrr
FROM design d CROSS JOIN LATERAL (
	SELECT x.day, lead(x.day) OVER (ORDER BY x.day) AS until
	FROM (SELECT DISTINCT day FROM unnest(ARRAY[d.started, d.trial_end, d.percent_until, d.off_until, d.unpaid_since]) day WHERE day >= d.started AND coalesce(day < d.ended, true)) x) p
WHERE NOT d.deleted;
CREATE TABLE told.event AS SELECT customer AS customer_id, at AS occurred_at, 'payment'::text AS kind, cents / 100.0 AS amount, 'USD'::text AS currency FROM paid;
CREATE TABLE told.customer AS SELECT id AS customer_id, joined AS joined_on, coalesce(country, 'unknown') AS country FROM people;

-- Stripe, as Fivetran loads it
CREATE SCHEMA stripe;
CREATE TABLE stripe.customer AS SELECT id, joined::timestamptz AS created, country AS address_country, 'usd'::text AS currency, '{"a": 1}'::text AS metadata FROM people;
CREATE TABLE stripe.price (id text, product_id text, unit_amount bigint, unit_amount_decimal text, currency text, recurring_interval text, recurring_interval_count int, recurring_usage_type text, type text);
INSERT INTO stripe.price SELECT DISTINCT price_id, product, cents, cents::text, 'usd', unit, units, 'licensed', 'recurring' FROM design;
INSERT INTO stripe.price VALUES ('p_calls', 'calls', 4, '4', 'usd', 'month', 1, 'metered', 'recurring');
-- the oldest is a plan and no price
CREATE TABLE stripe.plan AS SELECT id, product_id, unit_amount AS amount, currency, recurring_interval AS interval, recurring_interval_count AS interval_count, recurring_usage_type AS usage_type FROM stripe.price;
DELETE FROM stripe.price WHERE id = 'p_team';
CREATE TABLE stripe.subscription_history AS
SELECT 'sub_' || g AS id, customer AS customer_id, CASE WHEN unpaid_since IS NOT NULL THEN 'unpaid' WHEN ended IS NOT NULL THEN 'canceled' WHEN trial_end > '2024-11-30' THEN 'trialing' ELSE 'active' END AS status,
	pg_temp.moment(started, g) AS created, pg_temp.moment(started, g) AS start_date, pg_temp.moment(ended, g) AS ended_at, pg_temp.moment(asked, g) AS canceled_at,
	pg_temp.moment(started, g) AS trial_start, pg_temp.moment(trial_end, g) AS trial_end, pg_temp.moment(coalesce(unpaid_since, '2024-11-05'), g) AS current_period_start, true AS _fivetran_active, true AS livemode, '{}'::text AS metadata
FROM design WHERE NOT deleted;
-- an older version of each, one that was never paid, one of the test mode, one that was deleted
INSERT INTO stripe.subscription_history SELECT id, customer_id, 'active', created, start_date, NULL, NULL, trial_start, NULL, current_period_start, false, true, '{}' FROM stripe.subscription_history;
INSERT INTO stripe.subscription_history VALUES ('sub_x', 'c1', 'incomplete_expired', '2024-02-01', '2024-02-01', NULL, NULL, NULL, NULL, '2024-02-01', true, true, '{}'), ('sub_t', 'c2', 'active', '2024-02-01', '2024-02-01', NULL, NULL, NULL, NULL, '2024-02-01', true, false, '{}');
CREATE TABLE stripe.subscription_item AS SELECT 'si_' || g AS id, 'sub_' || g AS subscription_id, price_id AS plan_id, quantity, deleted AS _fivetran_deleted FROM design;
INSERT INTO stripe.subscription_item VALUES ('si_x', 'sub_x', 'p_pro', 1, false), ('si_t', 'sub_t', 'p_pro', 1, false), ('si_m', 'sub_1', 'p_calls', NULL, false);
CREATE TABLE stripe.coupon AS
SELECT DISTINCT 'k' || percent || CASE WHEN percent_until IS NULL THEN '' ELSE '_3' END AS id, percent::float8 AS percent_off, NULL::bigint AS amount_off, 'usd'::text AS currency, CASE WHEN percent_until IS NULL THEN 'forever' ELSE 'repeating' END AS duration FROM design WHERE percent IS NOT NULL
UNION ALL SELECT 'k_off', NULL, 500, 'usd', 'repeating' UNION ALL SELECT 'k_once', 90, NULL, NULL, 'once';
CREATE TABLE stripe.subscription_discount (id text, coupon_id text, customer_id text, subscription_id text, invoice_id text, start timestamptz, "end" timestamptz);
INSERT INTO stripe.subscription_discount
SELECT 'd1_' || g, 'k' || percent || CASE WHEN percent_until IS NULL THEN '' ELSE '_3' END, customer, 'sub_' || g, NULL, pg_temp.moment(started, g), pg_temp.moment(percent_until, g) FROM design WHERE percent IS NOT NULL
UNION ALL SELECT 'd2_' || g, 'k_off', customer, 'sub_' || g, NULL, pg_temp.moment(started, g), pg_temp.moment(off_until, g) FROM design WHERE off IS NOT NULL
UNION ALL SELECT 'd3', 'k_once', 'c7', 'sub_7', NULL, '2024-03-01', NULL;
CREATE TABLE stripe.invoice AS SELECT 'in_' || no AS id, customer AS customer_id, at AS created, cents::bigint AS amount_due, cents::bigint AS amount_paid, 'usd'::text AS currency, 'paid'::text AS status, false AS is_deleted FROM paid
	UNION ALL SELECT 'in_x', 'c3', '2024-05-05', 900, 0, 'usd', 'open', false UNION ALL SELECT 'in_y', 'c3', '2024-05-05', 900, 900, 'usd', 'paid', true;
-- and as its sync loads it: plural names, seconds since 1970, the interval in json
CREATE SCHEMA synced;
CREATE TABLE synced.customers AS SELECT id, extract(epoch FROM created)::bigint AS created, jsonb_build_object('country', address_country) AS address FROM stripe.customer;
CREATE TABLE synced.prices AS SELECT id, product_id AS product, amount AS unit_amount, currency, jsonb_build_object('interval', interval, 'interval_count', interval_count, 'usage_type', usage_type) AS recurring FROM stripe.plan;
CREATE TABLE synced.subscriptions AS SELECT id, customer_id AS customer, status, extract(epoch FROM created)::bigint AS created, extract(epoch FROM start_date)::bigint AS start_date, extract(epoch FROM ended_at)::bigint AS ended_at, extract(epoch FROM canceled_at)::bigint AS canceled_at,
	extract(epoch FROM trial_end)::bigint AS trial_end, extract(epoch FROM current_period_start)::bigint AS current_period_start, livemode FROM stripe.subscription_history WHERE _fivetran_active;
CREATE TABLE synced.subscription_items AS SELECT id, subscription_id AS subscription, plan_id AS price, quantity, _fivetran_deleted AS deleted FROM stripe.subscription_item;
CREATE TABLE synced.coupons AS SELECT * FROM stripe.coupon;
CREATE TABLE synced.discounts AS SELECT id, coupon_id AS coupon, customer_id AS customer, subscription_id AS subscription, extract(epoch FROM start)::bigint AS start, extract(epoch FROM "end")::bigint AS "end" FROM stripe.subscription_discount;
CREATE TABLE synced.invoices AS SELECT id, customer_id AS customer, extract(epoch FROM created)::bigint AS created, amount_paid, currency, status FROM stripe.invoice WHERE NOT is_deleted;

-- Chargebee: cents, seconds since 1970, items in a table; the older catalogue has the plan in the subscription
CREATE SCHEMA chargebee;
CREATE TABLE chargebee.customers AS SELECT id, extract(epoch FROM joined::timestamp)::bigint AS created_at, country AS billing_address_country FROM people;
CREATE TABLE chargebee.subscriptions AS
SELECT g::text AS id, customer AS customer_id, CASE WHEN planned IS NOT NULL THEN 'non_renewing' WHEN ended IS NOT NULL THEN 'cancelled' WHEN trial_end > '2024-11-30' THEN 'in_trial' ELSE 'active' END AS status,
	extract(epoch FROM pg_temp.moment(started, g))::bigint AS started_at, extract(epoch FROM pg_temp.moment(coalesce(ended, planned), g))::bigint AS cancelled_at, NULL::bigint AS activated_at, extract(epoch FROM pg_temp.moment(trial_end, g))::bigint AS trial_end,
	extract(epoch FROM pg_temp.moment(asked, g))::bigint AS cancel_schedule_created_at, 'USD'::text AS currency_code, units AS billing_period, unit AS billing_period_unit, quantity * cents / months AS mrr, deleted
FROM design;
INSERT INTO chargebee.subscriptions VALUES ('900', 'c1', 'future', 1735689600, NULL, NULL, NULL, NULL, 'USD', 1, 'month', 999, false);
CREATE TABLE chargebee.subscription_items AS SELECT g::text AS subscription_id, product AS item_price_id, 'plan'::text AS item_type, quantity, cents AS unit_price, quantity * cents AS amount FROM design;
INSERT INTO chargebee.subscription_items VALUES ('900', 'pro', 'plan', 1, 2900, 2900), ('1', 'setup', 'charge', 1, 9900, 9900);
CREATE TABLE chargebee.coupons AS SELECT id, percent_off AS discount_percentage, amount_off AS discount_amount, CASE duration WHEN 'repeating' THEN 'limited_period' WHEN 'once' THEN 'one_time' ELSE duration END AS duration_type FROM stripe.coupon;
CREATE TABLE chargebee.subscription_coupons AS SELECT replace(subscription_id, 'sub_', '') AS subscription_id, coupon_id, extract(epoch FROM "end")::bigint AS apply_till FROM stripe.subscription_discount;
CREATE TABLE chargebee.invoices AS SELECT no AS id, customer AS customer_id, extract(epoch FROM at)::bigint AS paid_at, cents AS amount_paid, cents AS total, 'USD'::text AS currency_code, 'paid'::text AS status, false AS deleted FROM paid;
CREATE SCHEMA told_active;
CREATE TABLE told_active.subscription AS
SELECT d.customer AS customer_id, d.product, p.day AS started_on, coalesce(p.until, d.ended, d.planned) AS ended_on, d.g::text AS subscription_id, 'USD'::text AS currency, d.asked AS cancel_requested_on,
	CASE WHEN p.day < d.trial_end THEN 'trial' ELSE 'active' END AS status,
	round(CASE WHEN p.day < d.trial_end THEN 0 ELSE
		(d.quantity * d.cents * (100 - CASE WHEN coalesce(p.day < d.percent_until, true) THEN coalesce(d.percent, 0) ELSE 0 END) / 100.0
		- CASE WHEN p.day < d.off_until THEN d.off ELSE 0 END) / d.months / 100 END, 12) AS mrr
FROM design d CROSS JOIN LATERAL (
	SELECT x.day, lead(x.day) OVER (ORDER BY x.day) AS until
	FROM (SELECT DISTINCT day FROM unnest(ARRAY[d.started, d.trial_end, d.percent_until, d.off_until]) day WHERE day >= d.started AND coalesce(day < coalesce(d.ended, d.planned), true)) x) p
WHERE NOT d.deleted;
CREATE SCHEMA chargebee_plans;
CREATE TABLE chargebee_plans.customers AS SELECT * FROM chargebee.customers;
CREATE TABLE chargebee_plans.subscriptions AS SELECT s.*, d.product AS plan_id, d.cents::bigint AS plan_unit_price, d.quantity AS plan_quantity FROM chargebee.subscriptions s LEFT JOIN design d ON d.g::text = s.id;
CREATE TABLE chargebee_plans.coupons AS SELECT * FROM chargebee.coupons;
CREATE TABLE chargebee_plans.subscription_coupons AS SELECT * FROM chargebee.subscription_coupons;
CREATE TABLE chargebee_plans.invoices AS SELECT * FROM chargebee.invoices;

-- Recurly: tables of versions, prices in whole units
CREATE SCHEMA recurly;
CREATE TABLE recurly.account_history AS SELECT id, joined::timestamp AS created_at, timestamp '2024-06-01' AS updated_at, country AS account_country, 'active'::text AS state FROM people
	UNION ALL SELECT id, joined::timestamp, '2024-01-01', 'ZZ', 'active' FROM people;
CREATE TABLE recurly.plan_history AS SELECT DISTINCT price_id AS id, product AS code, unit || 's' AS interval_unit, units AS interval_length, timestamp '2024-06-01' AS updated_at FROM design
	UNION ALL SELECT DISTINCT price_id, 'old', 'days', 1, timestamp '2024-01-01' FROM design;
CREATE TABLE recurly.subscription_history AS
SELECT g::text AS id, customer AS account_id, price_id AS plan_id, CASE WHEN planned IS NOT NULL THEN 'canceled' WHEN ended IS NOT NULL THEN 'expired' ELSE 'active' END AS state, pg_temp.moment(started, g) AS activated_at, pg_temp.moment(started, g) AS created_at,
	pg_temp.moment(asked, g) AS canceled_at, pg_temp.moment(coalesce(ended, planned), g) AS expires_at, pg_temp.moment(trial_end, g) AS trial_ends_at, NULL::timestamptz AS paused_at, 'USD'::text AS currency, cents / 100.0::float8 AS unit_amount, quantity, 0.0::float8 AS add_ons_total, timestamptz '2024-11-30' AS updated_at
FROM design WHERE NOT deleted;
INSERT INTO recurly.subscription_history SELECT id, account_id, plan_id, 'active', activated_at, created_at, NULL, NULL, NULL, NULL, 'USD', 1, 1, 0, '2024-01-01' FROM recurly.subscription_history;
INSERT INTO recurly.subscription_history VALUES ('x', 'c1', 'p_pro', 'future', '2025-01-01', '2024-01-01', NULL, NULL, NULL, NULL, 'USD', 29, 1, 0, '2024-01-01');
-- a coupon is an account's: each subscription by itself has one here
CREATE TABLE recurly.coupon_discount AS SELECT id AS coupon_id, percent_off::numeric AS percentage, amount_off / 100.0 AS amount, 'USD'::text AS currency FROM stripe.coupon WHERE id <> 'k_once';
CREATE TABLE recurly.coupon_redemption_history AS
SELECT 'r' || c.id AS id, c.id AS account_id, 'k20'::text AS coupon_id, timestamptz '2024-05-10 09:00+03' AS created_at, CASE WHEN c.id LIKE '%1' THEN timestamptz '2024-08-10 09:00+03' END AS removed_at, timestamptz '2024-11-30' AS updated_at FROM people c WHERE c.id LIKE '%1' OR c.id LIKE '%6';
CREATE TABLE recurly.invoice_history AS SELECT no AS id, customer AS account_id, at AS closed_at, at AS created_at, cents / 100.0 AS paid, cents / 100.0 AS total, 'USD'::text AS currency, 'paid'::text AS state, timestamptz '2024-11-30' AS updated_at FROM paid
	UNION ALL SELECT no, customer, NULL, at, 0, 5, 'USD', 'pending', '2024-01-01' FROM paid;
CREATE SCHEMA told_accounts;
CREATE TABLE told_accounts.subscription AS
SELECT d.customer AS customer_id, d.product, p.day AS started_on, coalesce(p.until, d.ended, d.planned) AS ended_on, d.g::text AS subscription_id, 'USD'::text AS currency, d.asked AS cancel_requested_on,
	CASE WHEN p.day < d.trial_end THEN 'trial' ELSE 'active' END AS status,
	round(CASE WHEN p.day < d.trial_end THEN 0 ELSE d.quantity * d.cents / d.months::numeric / 100 * CASE WHEN p.day >= r.since AND coalesce(p.day < r.until, true) THEN 0.8 ELSE 1 END END, 12) AS mrr
FROM design d
LEFT JOIN (SELECT id, date '2024-05-10' AS since, CASE WHEN id LIKE '%1' THEN date '2024-08-10' END AS until FROM people WHERE id LIKE '%1' OR id LIKE '%6') r ON r.id = d.customer
CROSS JOIN LATERAL (
	SELECT x.day, lead(x.day) OVER (ORDER BY x.day) AS until
	FROM (SELECT DISTINCT day FROM unnest(ARRAY[d.started, d.trial_end, r.since, r.until]) day WHERE day >= d.started AND coalesce(day < coalesce(d.ended, d.planned), true)) x) p
WHERE NOT d.deleted;

-- a telecom of nine tables, with today's status since a day
CREATE SCHEMA telco;
CREATE TABLE telco.account AS SELECT substr(id, 2)::int AS account_no, joined AS since FROM people;
CREATE TABLE telco.tariff (tariff_code text PRIMARY KEY, family text, monthly_fee numeric(8,2), launched_on date);
INSERT INTO telco.tariff VALUES ('S', 'mobile', 9.99, '2020-01-01'), ('M', 'mobile', 19.99, '2020-01-01'), ('L', 'mobile', 29.99, '2024-05-01'), ('Home', 'fixed', 35.00, '2021-01-01');
CREATE TABLE telco.contract AS
SELECT 'k' || g AS contract_no, substr(customer, 2)::int AS account_no, (ARRAY['S', 'M', 'L', 'Home'])[1 + g % 4] AS tariff_code, started AS activation_dt, coalesce(ended, planned) AS termination_dt, committed AS commit_end_dt, 1 + g % 2 AS sim_count,
	CASE WHEN unpaid_since IS NOT NULL THEN 'Suspended' WHEN ended IS NOT NULL THEN 'Terminated' ELSE 'Active' END AS status, coalesce(unpaid_since, ended, started) AS status_since, asked AS notice_dt, CASE WHEN ended IS NOT NULL THEN 'price' END AS termination_reason, (ARRAY['shop', 'web'])[1 + g % 2] AS channel
FROM design WHERE NOT deleted;
CREATE TABLE telco.contract_discount AS SELECT 'k' || g AS contract_no, 25 AS percent, NULL::numeric AS amount, started AS valid_from, off_until AS valid_to FROM design WHERE off IS NOT NULL AND NOT deleted UNION ALL SELECT 'k' || g, NULL, 2.50, started, NULL FROM design WHERE g % 5 = 0 AND NOT deleted;
CREATE TABLE telco.segment_history AS SELECT substr(id, 2)::int AS account_no, CASE WHEN id LIKE '%3' THEN 'value' ELSE 'mass' END AS segment, joined AS valid_from, CASE WHEN id LIKE '%7' THEN date '2024-06-15' END AS valid_to FROM people
	UNION ALL SELECT substr(id, 2)::int, 'value', '2024-06-15', NULL FROM people WHERE id LIKE '%7';
CREATE TABLE telco.invoice AS SELECT no, substr(customer, 2)::int AS account_no, (at AT TIME ZONE 'Europe/Vilnius')::date AS invoice_dt, cents / 100.0 AS amount FROM paid WHERE no % 3 > 0;
CREATE TABLE telco.topup AS SELECT substr(customer, 2)::int AS account_no, at AT TIME ZONE 'UTC' AS topup_dt, cents / 100.0 AS amount FROM paid WHERE no % 3 = 0;
CREATE TABLE telco.ticket AS SELECT g AS ticket_no, 1 + g % 60 AS account_no, timestamptz '2024-03-01 10:00+02' + g * interval '1 day' AS opened_at, timestamptz '2024-03-02 10:00+02' + g * interval '1 day' AS solved_at, 'bill'::text AS topic FROM generate_series(1, 40) g;
CREATE TABLE telco.contact AS SELECT 1 + g % 60 AS account_no, timestamptz '2024-03-01 10:00+02' + g * interval '1 day' AS sent_at, 'sms'::text AS channel, 'spring'::text AS campaign, 'marketing'::text AS purpose FROM generate_series(1, 40) g;
CREATE SCHEMA told_telco;
CREATE TABLE told_telco.subscription AS
SELECT substr(d.customer, 2)::int AS customer_id, t.tariff_code AS product, p.day AS started_on, coalesce(p.until, d.ended, d.planned) AS ended_on, 'k' || d.g AS subscription_id, d.asked AS cancel_requested_on, d.committed AS committed_until, (ARRAY['shop', 'web'])[1 + d.g % 2] AS channel,
	CASE WHEN p.day >= d.unpaid_since THEN 'paused' ELSE 'active' END AS status, CASE WHEN p.until IS NULL AND d.ended IS NOT NULL THEN 'price' END AS end_reason,
	round((1 + d.g % 2) * t.monthly_fee * CASE WHEN p.day < d.off_until THEN 0.75 ELSE 1 END - CASE WHEN d.g % 5 = 0 THEN 2.50 ELSE 0 END, 12) AS mrr
FROM design d JOIN telco.tariff t ON t.tariff_code = (ARRAY['S', 'M', 'L', 'Home'])[1 + d.g % 4]
CROSS JOIN LATERAL (
	SELECT x.day, lead(x.day) OVER (ORDER BY x.day) AS until
	FROM (SELECT DISTINCT day FROM unnest(ARRAY[d.started, d.off_until, d.unpaid_since]) day WHERE day >= d.started AND coalesce(day < coalesce(d.ended, d.planned), true)) x) p
WHERE NOT d.deleted;
CREATE TABLE told_telco.event AS SELECT substr(customer, 2)::int AS customer_id, CASE WHEN no % 3 = 0 THEN at ELSE (at AT TIME ZONE 'Europe/Vilnius')::date::timestamp AT TIME ZONE 'Europe/Vilnius' END AS occurred_at, CASE WHEN no % 3 = 0 THEN 'topup' ELSE 'invoice' END AS kind, cents / 100.0 AS amount FROM paid;
CREATE TABLE told_telco.segment_history AS SELECT account_no AS customer_id, segment, valid_from, valid_to FROM telco.segment_history;
CREATE TABLE told_telco.product AS SELECT tariff_code AS product, family, monthly_fee AS list_price, launched_on FROM telco.tariff;
CREATE TABLE told_telco.customer AS SELECT account_no AS customer_id, since AS joined_on FROM telco.account;

-- shops: what was bought and given back
CREATE SCHEMA shopify;
CREATE TABLE shopify.customer AS SELECT substr(id, 2)::bigint AS id, joined::timestamp AS created_at FROM people;
CREATE TABLE shopify."order" AS SELECT no::bigint AS id, substr(customer, 2)::bigint AS customer_id, at AT TIME ZONE 'UTC' AS processed_at, at AT TIME ZONE 'UTC' AS created_at, (cents / 100.0)::float8 AS total_price, 'GBP'::text AS currency, 'paid'::text AS financial_status, 'web'::text AS source_name, NULL::timestamp AS cancelled_at, false AS test FROM paid;
INSERT INTO shopify."order" VALUES (1, 7, '2024-02-01', '2024-02-01', 50, 'GBP', 'paid', 'web', '2024-02-02', false), (2, 7, '2024-02-01', '2024-02-01', 50, 'GBP', 'paid', 'web', NULL, true), (3, 7, '2024-02-01', '2024-02-01', 50, 'GBP', 'voided', 'web', NULL, false), (4, NULL, '2024-02-01', '2024-02-01', 50, 'GBP', 'paid', 'pos', NULL, false);
CREATE TABLE shopify.transaction AS SELECT no::bigint AS order_id, (at AT TIME ZONE 'UTC') + interval '40 days' AS processed_at, 1.50::numeric AS amount, 'refund'::text AS kind, 'success'::text AS status, false AS test FROM paid WHERE no % 10 = 1
	UNION ALL SELECT no, at AT TIME ZONE 'UTC', 9, 'sale', 'success', false FROM paid;
CREATE SCHEMA told_shop;
CREATE TABLE told_shop.customer AS SELECT substr(id, 2)::bigint AS customer_id, joined AS joined_on FROM people;
CREATE TABLE told_shop.event AS SELECT substr(customer, 2)::bigint AS customer_id, at AS occurred_at, 'order'::text AS kind, cents / 100.0 AS amount FROM paid UNION ALL SELECT substr(customer, 2)::bigint, (at AT TIME ZONE 'UTC' + interval '40 days') AT TIME ZONE 'UTC', 'refund', -1.50 FROM paid WHERE no % 10 = 1;
CREATE SCHEMA woo;
CREATE TABLE woo.wc_orders AS SELECT no::bigint AS id, 0::bigint AS parent_order_id, substr(customer, 2)::bigint AS customer_id, NULL::text AS billing_email, at AT TIME ZONE 'UTC' AS date_created_gmt, (cents / 100.0)::numeric(26,8) AS total_amount, 'GBP'::text AS currency, (ARRAY['wc-completed', 'wc-processing'])[1 + no % 2] AS status, 'shop_order'::text AS type, 'checkout'::text AS created_via FROM paid;
-- one customer orders as a guest, and is told by the address
UPDATE woo.wc_orders SET customer_id = 0, billing_email = CASE WHEN id % 2 = 0 THEN ' Ann@shop.example' ELSE 'ann@SHOP.example' END WHERE customer_id = 11;
INSERT INTO woo.wc_orders SELECT 1000000 + no, no, 0, NULL, (at AT TIME ZONE 'UTC') + interval '40 days', -1.50, 'GBP', 'wc-completed', 'shop_order_refund', NULL FROM paid WHERE no % 10 = 1;
INSERT INTO woo.wc_orders VALUES (1, 0, 7, NULL, '2024-02-01', 50, 'GBP', 'wc-cancelled', 'shop_order', NULL), (2, 0, 7, NULL, '2024-02-01', 50, 'GBP', 'wc-pending', 'shop_order', NULL), (3, 0, 0, NULL, '2024-02-01', 50, 'GBP', 'wc-completed', 'shop_order', NULL);
CREATE TABLE told_shop.guests AS SELECT CASE customer_id WHEN 11 THEN 'guest ann@shop.example' ELSE customer_id::text END AS customer_id, occurred_at, kind, amount FROM told_shop.event;

-- words of a status are the same in any case of letters
UPDATE stripe.subscription_history SET status = upper(status) WHERE length(id) % 2 = 0;
UPDATE chargebee.subscriptions SET status = initcap(status) WHERE length(id) % 2 = 0;
UPDATE chargebee.subscription_items SET item_type = upper(item_type);
UPDATE recurly.subscription_history SET state = upper(state) WHERE length(id) % 2 = 0;
UPDATE shopify."order" SET financial_status = upper(financial_status);
UPDATE shopify.transaction SET kind = upper(kind), status = upper(status);
UPDATE woo.wc_orders SET status = upper(status) WHERE id % 2 = 0;
