\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The report views over subscriptions.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(40);

CREATE SCHEMA billing;
CREATE TABLE billing.subs (cust text, plan text, began date, ended date, fee numeric, state text, why text);
INSERT INTO billing.subs VALUES
	('m1', 'P', '2023-06-01', NULL, 100, 'paid', NULL), ('m2', 'P', '2023-06-01', '2024-03-01', 50, 'paid', 'moved'),
	('m3', 'P', '2023-06-01', '2024-02-15', 80, 'paid', NULL), ('m3', 'Q', '2024-02-15', NULL, 120, 'paid', NULL),
	('m4', 'P', '2023-06-01', '2024-02-20', 60, 'paid', 'price'), ('m4', 'P', '2024-04-03', NULL, 60, 'paid', NULL),
	('m5', 'P', '2023-06-01', NULL, 40, 'paid', NULL), ('m5', 'Q', '2023-06-01', '2024-03-10', 25, 'paid', NULL),
	('m6', 'P', '2024-02-01', NULL, 100, 'paid', NULL), ('m7', 'P', '2024-02-05', '2024-02-25', 30, 'paid', NULL),
	('m8', 'P', '2024-01-20', '2024-02-03', 20, 'Trial', NULL), ('m8', 'P', '2024-02-03', NULL, 20, 'paid', NULL),
	('m9', 'P', '2023-06-01', '2024-03-15', 90, 'paid', NULL), ('m9', 'F', '2024-03-15', NULL, 0, 'free', NULL),
	(NULL, 'P', '2024-01-01', NULL, 7, 'paid', NULL), ('m10', 'P', '2024-01-01', '2023-01-01', 7, 'paid', NULL);
CREATE TABLE billing.tiers (cust text, tier text, since date, until date);
INSERT INTO billing.tiers VALUES ('m1', 'high', '2023-01-01', NULL), ('m3', 'low', '2023-01-01', '2024-02-10'), ('m3', 'high', '2024-02-10', NULL),
	('m2', 'low', '2023-01-01', '2024-03-01'), ('m4', 'low', '2023-01-01', NULL), ('m5', 'low', '2023-01-01', '2022-01-01');
DO $$ BEGIN
	PERFORM cvm.create_model('acme', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-05-01');
	PERFORM cvm.bind('acme', 'subscription', 'billing.subs', '{"customer_id":"cust","product":"plan","started_on":"began","ended_on":"ended","mrr":"fee","status":"state"}');
END $$;
CREATE FUNCTION pg_temp.see(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE seen text;
BEGIN
	EXECUTE format('SELECT string_agg(q::text, '' '') FROM (%s) q', query) INTO seen;
	RETURN seen;
END $$;
CREATE FUNCTION pg_temp.waterfall(segment text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN pg_temp.see(format($q$SELECT month_label, opening_mrr::int, new_mrr::int, reactivation_mrr::int, expansion_mrr::int, contraction_mrr::int, churn_mrr::int,
		moved_in_mrr::int, moved_out_mrr::int, closing_mrr::int FROM acme.mrr_movement WHERE month >= '2024-01-01' AND segment = %L ORDER BY 1$q$, segment));
END $$;
SELECT is(pg_temp.waterfall('(all)'), '(2024-01,445,0,0,0,0,0,0,0,445) (2024-02,445,120,0,40,0,-60,0,0,545) (2024-03,545,0,0,0,-25,-140,0,0,380) (2024-04,380,0,60,0,0,0,0,0,440)',
	'W1 as a view; a trial with a price pays nothing');
CREATE TEMP VIEW ours AS SELECT view FROM cvm.report_view WHERE position BETWEEN 20 AND 25;
SELECT is(pg_temp.see($$SELECT view FROM cvm.catalog('acme') WHERE "exists" AND view IN (TABLE ours) ORDER BY view$$),
	'(mrr_movement) (product_migration) (subscription_kpi) (subscription_retention) (survival)', 'subscriptions alone make five views');
SELECT is(pg_temp.see($$SELECT waits_for FROM cvm.catalog('acme') WHERE view = 'churn_cause'$$), '(subscription.end_reason)', 'a sixth waits for the reasons');
-- four months have no bridge of twelve, and no price moved in them; nobody had two
-- products, or a poor moment
SELECT is((SELECT string_agg(c.view, ' ') FROM cvm.catalog('acme') c WHERE c."exists" AND c.view NOT IN ('revenue_bridge', 'price_change', 'price_change_month', 'product_pair', 'poor_moment') AND pg_temp.see(format('SELECT count(v::text) > 0 FROM acme.%I v', c.view)) IS DISTINCT FROM '(t)'), NULL,
	'dbt_stripe: every column that a view shows exists and can be read');
SELECT is(pg_temp.see($$SELECT round(gross_revenue_retention_rate::numeric, 5), round(net_revenue_retention_rate::numeric, 5), round(quick_ratio::numeric, 4), opening_customers, churned_customers
	FROM acme.subscription_kpi WHERE month >= '2024-01-01' ORDER BY month$$), '(1.00000,1.00000,,6,0) (0.86517,0.95506,2.6667,6,-1) (0.69725,0.69725,0.0000,7,-2) (1.00000,1.00000,,5,0)', 'W1: GRR, NRR, quick ratio, logos');
SELECT is(pg_temp.see($$SELECT arpa, lifetime_revenue, lifetime_margin, ended_spells, continued_spells, round(continuation_rate::numeric, 4), ended_mrr, continued_mrr FROM acme.subscription_kpi WHERE month = '2024-03-01'$$),
	'(76,266,,3,1,0.3333,165.00,25.00)', 'March: ARPA 76, of three lines that ended one customer went on paying');
DO $$ BEGIN PERFORM cvm.configure('acme', 'margin_rate', '0.8'), cvm.configure('acme', 'monthly_discount_rate', '0.01'); END $$;
SELECT is(pg_temp.see($$SELECT round(lifetime_margin::numeric, 4), round(lifetime_margin_discounted::numeric, 4) FROM acme.subscription_kpi WHERE month = '2024-03-01'$$), '(212.8000,207.6599)', 'March: a margin gives lifetime value in margin');
SELECT is(pg_temp.see($$SELECT from_product, to_product, customers, from_mrr, to_mrr FROM acme.product_migration WHERE month >= '2024-02-01' ORDER BY month, 1, 2$$),
	'("(in)",P,1,0.00,100.00) (P,"(out)",1,60.00,0.00) (P,Q,1,80.00,120.00) (P,"(out)",1,50.00,0.00) (P,F,1,90.00,0.00) (Q,"(out)",1,25.00,0.00) ("(in)",P,1,0.00,60.00)', 'moves between products are counted');
SELECT is(pg_temp.see($$SELECT cohort_label, period_no, eligible_customers, retained_customers, gross_retained_mrr::int, net_retained_mrr::int, cohort_mrr::int FROM acme.subscription_retention WHERE period_no IN (0, 9, 10) ORDER BY 1, 2$$),
	'(2023-06,0,6,6,445,445,445) (2023-06,9,6,3,220,260,445) (2023-06,10,6,4,280,320,445) (2024-02,0,3,2,120,120,150)', 'cohorts by month of the first paid day');
SELECT is(pg_temp.see($$SELECT days, at_risk_customers, churned_customers, round(survival_rate::numeric, 4), median_days FROM acme.survival WHERE product = '(all)' AND churned_customers < 0 ORDER BY days$$),
	'(20,9,-1,0.8889,288) (264,6,-1,0.7407,288) (274,5,-1,0.5926,288) (288,4,-1,0.4444,288)', 'survival of customers is that counted by hand');
DO $$ BEGIN PERFORM cvm.configure('acme', 'lapse_days', '60'); END $$;
SELECT is(pg_temp.see($$SELECT days, churned_customers FROM acme.survival WHERE product = '(all)' AND churned_customers < 0 ORDER BY days$$), '(20,-1) (274,-1)', 'who was away for up to 60 days has not churned');
DO $$ BEGIN PERFORM cvm.configure('acme', 'lapse_days', '0'), cvm.configure('acme', 'subscription_clock', 'anniversary'); END $$;
SELECT is(pg_temp.see($$SELECT period_no, eligible_customers, retained_customers FROM acme.subscription_retention WHERE cohort_label = '2024-02' ORDER BY 1$$), '(0,3,3) (1,3,2) (2,3,2)', 'the clock of retention is a setting');
DO $$ BEGIN PERFORM cvm.configure('acme', 'subscription_clock', 'calendar'), cvm.configure('acme', 'unpaid_statuses', NULL); END $$;
SELECT is(pg_temp.see($$SELECT new_mrr::int, expansion_mrr::int FROM acme.mrr_movement WHERE month = '2024-01-01'$$), '(20,0)', 'which statuses pay nothing is a setting');
DO $$ BEGIN PERFORM cvm.configure('acme', 'unpaid_statuses', 'trial,free,paused'), cvm.configure('acme', 'as_of', 'data'); END $$;
SELECT is(pg_temp.see('SELECT DISTINCT as_of FROM acme.mrr_movement'), '(2024-04-04)', 'the data say until when: 3 April was the last day on which anything happened');
INSERT INTO billing.subs VALUES ('m11', 'P', '2024-04-01', '2999-01-01', 10, 'paid', NULL);
SELECT is(pg_temp.see('SELECT DISTINCT as_of FROM acme.mrr_movement'), '(2024-04-04)', 'ends far ahead are plans');
DELETE FROM billing.subs WHERE cust = 'm11';
DO $$ BEGIN
	PERFORM cvm.configure('acme', 'as_of', '2024-05-01');
	PERFORM cvm.bind('acme', 'subscription', 'billing.subs', '{"customer_id":"cust","product":"plan","started_on":"began","ended_on":"ended","mrr":"fee","status":"state","end_reason":"why"}');
END $$;
SELECT is(pg_temp.see($$SELECT cause, round(max(incidence_rate)::numeric, 4) FROM acme.churn_cause GROUP BY 1 ORDER BY 1$$), '("(none)",0.2593) (moved,0.1481) (price,0.1481)', 'causes of churn compete');

-- Segments
DO $$ BEGIN PERFORM cvm.bind('acme', 'segment_history', 'billing.tiers', '{"customer_id":"cust","segment":"tier","valid_from":"since","valid_to":"until"}'); END $$;
SELECT is(pg_temp.waterfall('low'), '(2024-01,190,0,0,0,0,0,0,0,190) (2024-02,190,0,0,40,0,-60,0,-120,50) (2024-03,50,0,0,0,0,-50,0,0,0) (2024-04,0,0,60,0,0,0,0,0,60)',
	'what a segment''s customers do is its own, then they move');
SELECT is(pg_temp.waterfall('high'), '(2024-01,100,0,0,0,0,0,0,0,100) (2024-02,100,0,0,0,0,0,120,0,220) (2024-03,220,0,0,0,0,0,0,0,220) (2024-04,220,0,0,0,0,0,0,0,220)', 'customers who move arrive in a segment with what they bring');
SELECT is(pg_temp.waterfall('(all)'), '(2024-01,445,0,0,0,0,0,0,0,445) (2024-02,445,120,0,40,0,-60,0,0,545) (2024-03,545,0,0,0,-25,-140,0,0,380) (2024-04,380,0,60,0,0,0,0,0,440)', 'the total is as before');
SELECT is_empty($$SELECT row_key FROM acme.mrr_movement WHERE opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr <> closing_mrr
	OR opening_customers + new_customers + reactivation_customers + churn_customers + moved_in_customers + moved_out_customers <> closing_customers$$, 'every line foots');
SELECT is_empty($$SELECT month FROM acme.mrr_movement GROUP BY 1 HAVING sum(closing_mrr) FILTER (WHERE segment = '(all)') <> sum(closing_mrr) FILTER (WHERE segment <> '(all)')
	OR sum(expansion_mrr) FILTER (WHERE segment = '(all)') <> sum(expansion_mrr) FILTER (WHERE segment <> '(all)') OR sum(moved_in_mrr + moved_out_mrr) <> 0$$, 'segments sum to all, and moves cancel');
SELECT is(pg_temp.see($$SELECT segment, gross_retained_mrr::int, net_retained_mrr::int, opening_mrr::int, churned_customers FROM acme.subscription_kpi WHERE month = '2024-02-01' ORDER BY 1$$),
	'("(all)",385,425,445,-1) ("(none)",155,155,155,0) (high,100,100,100,0) (low,130,170,190,-1)', 'rates of a segment stand on its opening customers');
SELECT is_empty($$SELECT k.row_key FROM acme.subscription_kpi k WHERE gross_revenue_retention_rate > least(1, net_revenue_retention_rate) OR abs(gross_revenue_retention_rate - gross_retained_mrr / nullif(opening_mrr, 0)) > 1e-9$$, 'GRR is at most 1 and NRR');
SELECT is(pg_temp.see($$SELECT segment, cohort_customers FROM acme.subscription_retention WHERE period_no = 0 AND cohort_label = '2023-06' ORDER BY 1$$), '("(all)",6) ("(none)",2) (high,1) (low,3)', 'a cohort''s segment is that of its first day');
SELECT is(pg_temp.see($$SELECT segment, sum(ended_spells) FROM acme.subscription_kpi GROUP BY 1 ORDER BY 1$$), '("(all)",6) ("(none)",3) (high,1) (low,2)', 'ends of contracts belong to the segment of their last day');
SELECT is(pg_temp.see($$SELECT segment, max(at_risk_customers) FROM acme.survival WHERE product = '(all)' GROUP BY 1 ORDER BY 1$$), '("(all)",9) ("(none)",5) (high,1) (low,3)', 'survival by segment of the first day');
SELECT is(pg_temp.see($$SELECT segment, round(max(incidence_rate)::numeric, 4) FROM acme.churn_cause WHERE cause = 'price' GROUP BY 1 ORDER BY 1$$), '("(all)",0.1481) (low,0.3333)', 'causes are counted by segment');
SELECT is(pg_temp.see($$SELECT bool_and(is_complete), bool_or(is_complete) FROM acme.mrr_movement$$), '(t,t)', 'every month that is over is complete');

-- What a client sees
CREATE TEMP VIEW shown AS
	SELECT c.oid, c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod) AS type
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
	WHERE c.relnamespace = 'acme'::regnamespace AND c.relname IN (TABLE ours);
SELECT is_empty('SELECT relname, attname, type, attnum::int FROM shown EXCEPT SELECT view, column_name, type, position FROM cvm.report_column', 'the dictionary has every column, with its type and place');
SELECT is_empty('SELECT view, column_name, type, position FROM cvm.report_column WHERE view IN (SELECT relname FROM shown) EXCEPT SELECT relname, attname, type, attnum::int FROM shown', 'the dictionary has no other column');
SELECT is_empty($$SELECT * FROM cvm.report_column WHERE view IN (TABLE ours) AND (coalesce(unit, '') = '' OR coalesce(formula, '') = '' OR coalesce(comment, '') = '')$$, 'each with a unit, a formula and a meaning');
SELECT is_empty($$SELECT * FROM shown WHERE type ~ 'double' AND col_description(oid, attnum) !~ 'Do not average'$$, 'rates warn of averages');
SELECT is_empty($$SELECT * FROM shown WHERE type NOT IN ('text', 'boolean', 'integer', 'bigint', 'double precision', 'date', 'numeric(28,2)')$$, 'only types that every client can read');
SELECT is_empty($$SELECT relname FROM shown GROUP BY 1 HAVING (array_agg(attname ORDER BY attnum))[1] <> 'row_key' OR NOT bool_or(attname = 'as_of')$$, 'row_key comes first, as_of is there');
SELECT is((SELECT string_agg(relname, ' ') FROM (SELECT DISTINCT relname FROM shown) v WHERE pg_temp.see(format('SELECT count(*) - count(DISTINCT row_key), count(*) > 0 FROM acme.%I', relname)) <> '(0,t)'), NULL, 'row_key is unique and never NULL');
CREATE FUNCTION pg_temp.all_of_it() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(md5(pg_temp.see(format('SELECT * FROM acme.%I ORDER BY row_key', relname))), ' ' ORDER BY relname) FROM (SELECT DISTINCT relname FROM pg_temp.shown) v;
$$;
SELECT pg_temp.all_of_it() AS before \gset
SET LOCAL TimeZone = 'Pacific/Kiritimati';
SET LOCAL search_path = '';
SELECT pg_temp.all_of_it() AS after \gset
RESET search_path;
SELECT is(:'after'::text, :'before'::text, 'another zone and search path change nothing');
SET LOCAL TimeZone = 'UTC';
ALTER TABLE billing.subs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON billing.subs USING (cust IN ('m1', 'm2'));
CREATE ROLE cvm_subscription_reader;
GRANT USAGE ON SCHEMA billing, acme, cvm TO cvm_subscription_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA billing, acme TO cvm_subscription_reader;
SET LOCAL ROLE cvm_subscription_reader;
SELECT max(closing_customers) AS seen FROM acme.mrr_movement WHERE segment = '(all)' \gset
RESET ROLE;
SELECT is(:seen, 2, 'a reader sees the money of its own rows');

-- Empty and hopeless sources
DELETE FROM billing.subs;
SELECT is((SELECT string_agg(relname, ' ') FROM (SELECT DISTINCT relname FROM shown) v WHERE pg_temp.see(format('SELECT count(*) FROM acme.%I', relname)) <> '(0)'), NULL, 'without subscriptions the views are empty');
DO $$ BEGIN PERFORM cvm.configure('acme', 'as_of', 'data'); END $$;
SELECT is((SELECT string_agg(relname, ' ') FROM (SELECT DISTINCT relname FROM shown) v WHERE pg_temp.see(format('SELECT count(*) FROM acme.%I', relname)) <> '(0)'), NULL, 'without subscriptions the views are empty even when the data should say until when');
INSERT INTO billing.subs VALUES ('m1', 'P', '2024-01-01', 'infinity', 5, NULL, NULL);
SELECT is(pg_temp.see($$SELECT closing_mrr, as_of FROM acme.mrr_movement WHERE segment = 'high'$$), '(5.00,2024-01-02)', 'an end at infinity is none');

SELECT * FROM finish();
ROLLBACK;
