\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What campaigns brought, by the arms that customers were assigned to, and
-- whether all of them can have brought what each claims.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;
-- a model with these entities bound, its views made once
CREATE FUNCTION pg_temp.make(model name, universal text, VARIADIC bound text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM cvm.create_model(model, tz => 'UTC', currency => 'EUR', as_of => '2024-07-01');
	IF universal <> '' THEN
		PERFORM cvm._register(model, 'insert', 'setting', jsonb_build_object('setting', 'universal_control', 'value', ARRAY[universal]::text));
	END IF;
	PERFORM cvm._register(model, 'insert', 'binding', (
		SELECT jsonb_agg(jsonb_build_object('entity', split_part(b, ' ', 1), 'source_schema', 'public', 'source_name', split_part(b, ' ', 2), 'columns', '{}'::jsonb)) FROM unnest(bound) b));
	PERFORM count(*) FROM cvm.rebuild(model);
END
$$;

-- W12 by members: as they were assigned, reached or not; each target that buys gets 5, a contact is 0.10
CREATE TABLE plan (campaign text, starts_on date, planned_control_share float8, owner text, metric text, contact_cost numeric, reward_cost numeric);
CREATE TABLE member (campaign text, customer_id int, arm text, assigned_at timestamptz, reached boolean);
CREATE TABLE sale (customer_id int, product text, started_on date, ended_on date, mrr numeric);
CREATE TABLE article (product text, unit_margin numeric, list_price numeric);
INSERT INTO plan VALUES ('spring', '2024-02-01', 0.1, 'Ada', 'sales', 0.1, 5);
-- assigned a month before it starts: counted from the start
INSERT INTO member SELECT 'spring', n, CASE WHEN n <= 9000 THEN 'Target' ELSE 'control' END, '2024-01-02 12:00+00', CASE WHEN n <= 9000 THEN n % 2 = 0 END FROM generate_series(1, 10000) n;
INSERT INTO sale SELECT n, 'P', date '2024-02-01', NULL::date, 20 FROM generate_series(1, 540) n UNION ALL SELECT n, 'P', date '2024-02-01', NULL, 20 FROM generate_series(9001, 9045) n
	-- before the start, and too late
	UNION ALL SELECT n, 'P', date '2024-01-20', date '2024-02-01', 20 FROM generate_series(601, 700) n UNION ALL SELECT n, 'P', date '2024-03-02', NULL, 20 FROM generate_series(701, 800) n;
INSERT INTO article VALUES ('P', 12, 25);
SELECT pg_temp.make('cm', '', 'campaign plan', 'campaign_member member', 'subscription sale', 'product article') \g /dev/null
SELECT is((SELECT concat_ws(' ', target_converted, target_customers, control_converted, control_customers, round(uplift::numeric, 4), round(incremental_customers), round(std_error::numeric, 6), round(100 * conf_low::numeric, 3), round(100 * conf_high::numeric, 3), verdict, owner, metric) FROM cm.campaign_uplift),
	'540 9000 45 1000 0.0150 135 0.007017 0.125 2.875 uplift Ada sales', 'W12: as assigned, 540 of 9000 against 45 of 1000 are 1.5 points, from 0.125 to 2.875');
SELECT is((SELECT concat_ws(' ', planned_control_share, actual_control_share, round(sample_ratio_p_value::numeric, 4), round(minimum_detectable::numeric, 5)) FROM cm.campaign_uplift), '0.1 0.1 1.0000 0.02192', 'the arms are as planned, and such a campaign shows 2.2 points');
-- 30 days of 20 a month are 19.71; at 7 of margin 6.90 a buyer
SELECT is((SELECT concat_ws(' ', round(target_revenue::numeric, 6), round(control_revenue::numeric, 6), round(margin_uplift::numeric, 6), campaign_cost, incremental_margin) FROM cm.campaign_uplift),
	(SELECT concat_ws(' ', round(540 * 20 * 30 / 30.4375 / 9000, 6), round(45 * 20 * 30 / 30.4375 / 1000, 6), round(0.015 * 7 * 30 / 30.4375, 6), '3150.00', round(0.015 * 7 * 30 / 30.4375 * 9000 - 3150, 2))),
	'margin beyond the control, less half the target group contacted at 0.10 and 540 rewards of 5');
SELECT is((SELECT count(*) FROM cvm.customers('cm', 'campaign_uplift', 'spring', 'target_converted')), 540::bigint, 'who was converted is told');
UPDATE plan SET planned_control_share = 0.11;
SELECT is((SELECT concat_ws(' ', verdict, sample_ratio_p_value < 0.002, target_rate, uplift IS NULL AND conf_low IS NULL AND incremental_customers IS NULL AND revenue_uplift IS NULL AND cuped_revenue_uplift IS NULL AND incremental_margin IS NULL) FROM cm.campaign_uplift),
	'uplift t 0.06 f', 'a thousand of ten thousand are just about what 1100 planned ones may be');
UPDATE plan SET planned_control_share = 0.12;
SELECT is((SELECT concat_ws(' ', verdict, sample_ratio_p_value < 0.001, target_rate, uplift IS NULL AND conf_low IS NULL AND incremental_customers IS NULL AND revenue_uplift IS NULL AND cuped_revenue_uplift IS NULL AND incremental_margin IS NULL) FROM cm.campaign_uplift),
	'sample_ratio t 0.06 t', 'where the arms are not as planned no uplift is told');
UPDATE plan SET planned_control_share = NULL;
UPDATE member SET reached = true WHERE customer_id BETWEEN 9001 AND 9050;
SELECT is((SELECT concat_ws(' ', verdict, contaminated_customers, uplift IS NULL) FROM cm.campaign_uplift), 'uplift 50 f', 'five in a hundred of the control may be reached');
UPDATE member SET reached = true WHERE customer_id = 9051;
SELECT is((SELECT concat_ws(' ', verdict, contaminated_customers, uplift IS NULL) FROM cm.campaign_uplift), 'contaminated 51 t', 'beyond that it refuses, though they are few of all');

-- CUPED, beside an independent computation: random lines before and after
CREATE TABLE c_member AS SELECT 'c' || n % 3 AS campaign, n AS customer_id, CASE WHEN hashtext('a' || n) & 3 = 0 THEN 'control' ELSE 'target' END AS arm, date '2024-03-01' + n % 40 AS assigned_at FROM generate_series(1, 900) n;
CREATE TABLE c_sale AS SELECT 1 + (hashtext('w' || n) & 2047) % 900 AS customer_id, 'P' || (hashtext('p' || n) & 1) AS product, date '2024-01-15' + (hashtext('d' || n) & 63) AS started_on,
	CASE WHEN hashtext('e' || n) & 1 = 0 THEN date '2024-01-15' + (hashtext('d' || n) & 63) + (hashtext('l' || n) & 63) END AS ended_on, 5 + (hashtext('m' || n) & 15) AS mrr FROM generate_series(1, 2500) n;
CREATE TABLE c_article AS SELECT 'P0' AS product, 3.5::numeric AS unit_margin, 10::numeric AS list_price UNION ALL SELECT 'P1', 4, 12;
SELECT pg_temp.make('cc', '', 'campaign_member c_member', 'subscription c_sale', 'product c_article') \g /dev/null
CREATE TEMP TABLE by_hand AS
WITH x AS (
	SELECT m.campaign, m.customer_id, m.arm, coalesce(sum(s.mrr) FILTER (WHERE d.day >= m.assigned_at), 0) / 30.4375 AS y, coalesce(sum(s.mrr) FILTER (WHERE d.day < m.assigned_at), 0) / 30.4375 AS x,
		coalesce(sum(a.unit_margin + s.mrr - a.list_price) FILTER (WHERE d.day >= m.assigned_at), 0) / 30.4375 AS g
	FROM c_member m
	CROSS JOIN LATERAL (SELECT (m.assigned_at + n)::date AS day FROM generate_series(-30, 29) n) d
	LEFT JOIN c_sale s ON s.customer_id = m.customer_id AND s.started_on <= d.day AND coalesce(s.ended_on > d.day, true)
	LEFT JOIN c_article a USING (product)
	GROUP BY 1, 2, 3
), t AS (SELECT campaign, regr_slope(y, x) AS theta FROM x GROUP BY 1)
SELECT x.campaign, t.theta, avg(y) FILTER (WHERE arm = 'target') - avg(y) FILTER (WHERE arm = 'control') AS d,
	sqrt(var_samp(y) FILTER (WHERE arm = 'target') / count(*) FILTER (WHERE arm = 'target') + var_samp(y) FILTER (WHERE arm = 'control') / count(*) FILTER (WHERE arm = 'control')) AS se,
	avg(y - theta * x) FILTER (WHERE arm = 'target') - avg(y - theta * x) FILTER (WHERE arm = 'control') AS cd,
	sqrt(var_samp(y - theta * x) FILTER (WHERE arm = 'target') / count(*) FILTER (WHERE arm = 'target') + var_samp(y - theta * x) FILTER (WHERE arm = 'control') / count(*) FILTER (WHERE arm = 'control')) AS cse,
	(avg(x) FILTER (WHERE arm = 'target') - avg(x) FILTER (WHERE arm = 'control')) / sqrt((var_samp(x) FILTER (WHERE arm = 'target') + var_samp(x) FILTER (WHERE arm = 'control')) / 2) AS balance,
	avg(g) FILTER (WHERE arm = 'target') - avg(g) FILTER (WHERE arm = 'control') AS gd
FROM x JOIN t USING (campaign) GROUP BY x.campaign, t.theta;
SELECT is_empty($$SELECT * FROM cc.campaign_uplift c FULL JOIN by_hand h ON h.campaign = c.campaign
	WHERE greatest(abs(c.cuped_theta - h.theta), abs(c.revenue_uplift - h.d), abs(c.revenue_std_error - h.se), abs(c.cuped_revenue_uplift - h.cd), abs(c.cuped_std_error - h.cse), abs(c.balance_difference - h.balance), abs(c.margin_uplift - h.gd)) < 1e-9 IS NOT TRUE$$,
	'theta, revenue, its error, both after CUPED, balance and margin are those of a computation day by day');
SELECT is((SELECT count(*) FROM by_hand WHERE cse < 0.9 * se AND theta > 0.1), 3::bigint, 'what was paid before tells of what is paid, and makes the error smaller');
SELECT is_empty($$SELECT campaign FROM cc.campaign_uplift WHERE abs(cuped_high - cuped_low - 2 * 1.959963984540054 * cuped_std_error) > 1e-9 OR abs(minimum_detectable_cuped - 2.801585217713982 * cuped_std_error) > 1e-9 OR minimum_detectable_revenue IS NULL$$,
	'beside every uplift stands what would have been shown four times of five');
INSERT INTO c_member SELECT 'c1', customer_id, 'target', assigned_at + 10 FROM c_member WHERE campaign = 'c0' AND arm = 'target' AND customer_id <= 90;
SELECT is((SELECT string_agg(campaign || ' ' || overlapping_customers, ', ' ORDER BY campaign COLLATE "C") FROM cc.campaign_uplift), (SELECT format('c0 %1$s, c1 %1$s, c2 0', count(*)) FROM c_member WHERE campaign = 'c0' AND arm = 'target' AND customer_id <= 90), 'customers whom two campaigns were after at once are counted in both');
DELETE FROM c_article WHERE product = 'P1';
SELECT is((SELECT count(margin_uplift) || ' ' || count(incremental_margin) || ' ' || count(revenue_uplift) FROM cc.campaign_uplift), '0 0 3', 'where the margin of something is not known none is told');

-- Three campaigns claim the same buyers: 400 customers three times over
CREATE TABLE u_member AS
SELECT 'UCG' AS campaign, n AS customer_id, CASE WHEN n > 9000 THEN 'control' ELSE 'target' END AS arm, date '2023-12-01' AS assigned_at FROM generate_series(1, 10000) n
UNION ALL SELECT c, n, CASE WHEN n > 8000 THEN 'control' ELSE 'target' END, date '2024-02-01' FROM generate_series(1, 9000) n, unnest('{a,b,c}'::text[]) c;
CREATE TABLE u_sale AS SELECT n AS customer_id, 'P' AS product, date '2024-02-10' AS started_on, NULL::date AS ended_on, 10 AS mrr FROM generate_series(1, 10000) n WHERE n <= 800 OR n BETWEEN 8001 AND 8050 OR n BETWEEN 9001 AND 9050;
INSERT INTO u_sale SELECT n, 'P', date '2024-01-31', NULL::date, 10 FROM generate_series(9101, 9200) n UNION ALL SELECT n, 'P', date '2024-03-02', NULL, 10 FROM generate_series(9201, 9300) n;
SELECT pg_temp.make('uc', 'UCG', 'campaign_member u_member', 'subscription u_sale') \g /dev/null
SELECT is((SELECT concat_ws(' ', round(claimed_customers), base_customers, universal_customers, round(universal_purchases), round(overclaim_ratio::numeric, 6), round(excess_customers), round(allowed_customers), verdict, period_from, period_to, is_complete) FROM uc.campaign_overclaim WHERE campaign = '(all)'),
	'1200 9000 1000 400 3.000000 800 400 overclaim 2024-02-01 2024-03-02 t', 'three campaigns that claim the same 400 buyers claim three times what there was');
SELECT is((SELECT string_agg(concat_ws(' ', campaign, round(claimed_customers), round(claim_share::numeric, 4), round(allowed_customers::numeric, 2)), ', ' ORDER BY campaign COLLATE "C") FROM uc.campaign_overclaim WHERE campaign <> '(all)'), 'a 400 0.3333 133.33, b 400 0.3333 133.33, c 400 0.3333 133.33', 'each of them is left with a third');
SELECT is((SELECT concat_ws(' ', round((universal_high - universal_low)::numeric / 2 / 1.959964, 7), round((excess_high - excess_low)::numeric / 2 / 1.959964, 3)) FROM uc.campaign_overclaim WHERE campaign = '(all)'),
	(SELECT concat_ws(' ', round(sqrt(v), 7), round(sqrt(9000.0 ^ 2 * v + 3 * 8000.0 ^ 2 * (0.1 * 0.9 / 8000 + 0.05 * 0.95 / 1000)), 3)) FROM (SELECT 850.0::numeric / 9000 * (1 - 850.0 / 9000) / 8999 + 0.05 * 0.95 / 999 AS v) x), 'limits are those of Welch for the universal group, and of claims taken as independent');
SELECT is((SELECT count(*) FROM uc.campaign_uplift WHERE campaign = 'UCG'), 0::bigint, 'the universal control is no campaign to be judged by campaign_days');
SELECT is((SELECT count(*) FROM cvm.customers('uc', 'campaign_overclaim', '(all)', 'target_customers')), 8000::bigint, 'the row of all campaigns has each customer once');
-- where only the control is told, the rest are the other customers
DELETE FROM u_member WHERE campaign = 'UCG' AND arm = 'target';
SELECT is((SELECT verdict FROM uc.campaign_overclaim WHERE campaign = '(all)'), 'no_universal_control', 'without a base there is nothing to compare with');
CREATE TABLE u_customer AS SELECT n AS customer_id FROM generate_series(1, 10000) n;
SELECT cvm.bind('uc', 'customer', 'u_customer') \g /dev/null
SELECT is((SELECT concat_ws(' ', base_customers, round(overclaim_ratio::numeric, 6)) FROM uc.campaign_overclaim WHERE campaign = '(all)'), '9000 3.000000', 'where only the control group is told, everybody else is the base');
-- each has its own third: they claim what there was
UPDATE u_member SET campaign = (ARRAY['a', 'b', 'c'])[1 + customer_id % 3] WHERE campaign <> 'UCG';
DELETE FROM u_member m WHERE campaign <> 'UCG' AND EXISTS (SELECT FROM u_member n WHERE n.campaign = m.campaign AND n.customer_id = m.customer_id AND n.ctid < m.ctid);
SELECT is((SELECT concat_ws(' ', round(overclaim_ratio::numeric, 2), verdict) FROM uc.campaign_overclaim WHERE campaign = '(all)'), '1.00 consistent', 'campaigns that each have their own customers claim what there was');
INSERT INTO u_member SELECT 'a', n, 'target', '2024-02-01' FROM generate_series(9001, 9060) n;
SELECT is((SELECT concat_ws(' ', contaminated_customers, verdict, overclaim_ratio IS NULL) FROM uc.campaign_overclaim WHERE campaign = '(all)'), '60 contaminated t', 'a universal control that gets campaigns is none');
UPDATE u_member SET assigned_at = '2024-02-02' WHERE campaign = 'UCG';
SELECT is((SELECT universal_customers || ' ' || verdict FROM uc.campaign_overclaim WHERE campaign = '(all)'), '0 no_universal_control', 'who was withheld later is no control of what came before');
-- 20 worlds in which nothing was brought by anything
CREATE TABLE z_draw AS SELECT w, n, hashtext('z' || w || '.' || n) & 15 = 0 AS buys, hashtext('y' || w || '.' || n) & 7 AS arm FROM generate_series(1, 20) w, generate_series(1, 1000) n;
CREATE VIEW z_member AS SELECT 'UCG' AS campaign, n AS customer_id, CASE WHEN arm = 0 THEN 'control' ELSE 'target' END AS arm, date '2023-01-01' AS assigned_at FROM z_draw WHERE w = current_setting('z.w')::int
	UNION ALL SELECT c, n, CASE WHEN arm = k THEN 'control' ELSE 'target' END, date '2024-02-01' FROM z_draw, (VALUES ('a', 1), ('b', 2), ('c', 3)) v (c, k) WHERE arm > 0 AND w = current_setting('z.w')::int;
CREATE VIEW z_sale AS SELECT n AS customer_id, 'P' AS product, date '2024-02-05' AS started_on, NULL::date AS ended_on, 1 AS mrr FROM z_draw WHERE buys AND w = current_setting('z.w')::int;
SET LOCAL z.w = 1;
SELECT pg_temp.make('zc', 'UCG', 'campaign_member z_member', 'subscription z_sale') \g /dev/null
CREATE FUNCTION pg_temp.verdicts() RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 20 LOOP
		PERFORM set_config('z.w', i::text, true);
		RETURN NEXT (SELECT verdict FROM zc.campaign_overclaim WHERE campaign = '(all)');
	END LOOP;
END
$$;
SELECT results_eq('SELECT v, count(*) > 17 FROM pg_temp.verdicts() v WHERE v = ''consistent'' GROUP BY 1', $$VALUES ('consistent', true)$$, 'of twenty worlds in which nothing brought anything no more than chance has it accuse');

-- what is added up is the same whatever the type of customers is, in one process and in several
CREATE FUNCTION pg_temp.summed(key text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($q$SELECT unnest(cvm._campaign_sums_agg(r.id, r.day, r.campaign, NULL, r.is_control, NULL, NULL, NULL, r.ends_on, r.amount, 3.5, 10, '2024-07-01', 30))::text
		FROM (SELECT %1$s AS id, n.assigned_at AS day, n.campaign, n.arm = 'control' AS is_control, NULL::date AS ends_on, NULL::numeric AS amount FROM c_member n
			UNION ALL SELECT %1$s, n.assigned_at + 3, n.campaign, NULL, NULL, 0.125 FROM c_member n WHERE n.arm <> 'control'
			UNION ALL SELECT %1$s, n.started_on, NULL, NULL, n.ended_on, n.mrr FROM c_sale n) r
		UNION ALL SELECT unnest(cvm._universal_control_agg(r.id, r.day, r.kind, r.campaign, NULL, r.is_control, NULL, NULL, '2024-02-01', '2024-03-20', '2024-07-01', 30))::text
		FROM (SELECT %1$s AS id, n.assigned_at AS day, 0 AS kind, n.campaign, n.arm = 'control' AS is_control FROM c_member n
			UNION ALL SELECT %1$s, NULL, 2, NULL, n.customer_id %% 3 = 0 FROM c_member n WHERE n.customer_id %% 2 = 0
			UNION ALL SELECT %1$s, NULL, 3, NULL, NULL FROM c_member n
			UNION ALL SELECT %1$s, n.started_on, 1, NULL, NULL FROM c_sale n
			UNION ALL SELECT %1$s, n.started_on, 4, NULL, NULL FROM c_sale n WHERE n.customer_id %% 5 = 0) r$q$, key);
END
$$;
CREATE TEMP TABLE summed AS SELECT * FROM pg_temp.summed('n.customer_id') AS t (said);
SELECT cmp_ok((SELECT count(DISTINCT said) FROM summed), '=', 4::bigint, 'three campaigns and the universal control add up');
SELECT is((SELECT r.others > 0 AND r.controls > 0 AND r.targets > 0 AND r.contaminated BETWEEN 1 AND r.controls - 1 AND r.reached > 0
	FROM (SELECT (said::cvm.universal_control).* FROM summed WHERE said !~ '[a-z]') r), true, 'there are customers of all kinds');
SELECT set_eq($$SELECT pg_temp.summed('n.customer_id || ' || quote_literal(repeat('x', 20)))$$, 'SELECT said FROM summed', 'customers of campaigns may be numbers or long texts');
SELECT set_eq($$SELECT pg_temp.summed('md5(n.customer_id::text)::uuid')$$, 'SELECT said FROM summed', 'they may be uuids');
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT set_eq($$SELECT pg_temp.summed('n.customer_id')$$, 'SELECT said FROM summed', 'several processes add up the same as one');
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
SELECT throws_ok($$SELECT cvm._campaign_sums_agg(1::bigint, '2024-01-01', 'a', NULL, true, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2024-07-01', NULL)$$, '22004', 'days must not be null', 'customers of a campaign are watched for some days');
SELECT throws_ok($$SELECT cvm._universal_control_agg(1::bigint, '2024-01-01', 5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2024-07-01', 30)$$, '22023', 'unrecognized kind of row: 5', 'a row is of a kind');
SELECT throws_ok($$SELECT cvm._campaign_sums_agg(1::bigint, '2024-01-01', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'NaN', NULL, NULL, '2024-07-01', 30)$$, '22003', NULL, 'what is no number is not added up');
-- decimals, and amounts beyond 18 digits, are exact
SELECT is((SELECT s.y1 || ' ' || s.yy1 || ' ' || s.xy1 || ' ' || s.m1 FROM unnest((SELECT cvm._campaign_sums_agg(r.id, r.day, r.campaign, NULL, r.is_control, NULL, NULL, NULL, NULL, r.amount, 1.50, NULL, '2024-07-01', 1)
	FROM (VALUES (1::bigint, date '2024-02-01', 'a', false, NULL), (1, '2024-01-01', NULL, NULL, 12345678901234567890123.5), (2, '2024-02-01', 'a', false, NULL), (2, '2024-01-01', NULL, NULL, -0.001)) r (id, day, campaign, is_control, amount))) s),
	(12345678901234567890123.5 - 0.001) || ' ' || (12345678901234567890123.5 * 12345678901234567890123.5 + 0.000001) || ' ' || (12345678901234567890123.5 * 12345678901234567890123.5 + 0.000001) || ' 3.00', 'sums and squares are exact');

-- two owners at one customer in one week: by campaign, else by product; not a week apart, not the same one
CREATE TABLE o_contact (customer_id int, occurred_at date, channel text, campaign text, offer text);
CREATE TABLE o_offer AS SELECT 'tv' AS offer, 'TV' AS product, 9 AS price UNION ALL SELECT 'net', 'NET', 20;
CREATE TABLE o_owner AS SELECT 'product' AS subject_kind, 'TV' AS subject, 'Ada' AS owner, true AS accountable, date '2024-01-01' AS valid_from, date '2024-04-01' AS valid_to
	UNION ALL SELECT 'product', 'TV', 'Bo', true, '2024-04-01', NULL UNION ALL SELECT 'Product', 'NET', 'Bo', NULL, NULL, NULL UNION ALL SELECT 'product', 'NET', 'Di', false, NULL, NULL;
CREATE TABLE o_campaign AS SELECT 'c' AS campaign, date '2024-01-01' AS starts_on, 'Cy' AS owner UNION ALL SELECT 'd', '2024-01-01', NULL;
INSERT INTO o_contact VALUES (1, '2024-03-01', 'mail', NULL, 'tv'), (1, '2024-03-07', 'mail', 'd', 'net'), (2, '2024-03-01', 'mail', NULL, 'tv'), (2, '2024-03-08', 'mail', NULL, 'net'),
	(3, '2024-04-01', 'mail', NULL, 'tv'), (3, '2024-04-02', 'mail', NULL, 'net'), (4, '2024-03-01', 'mail', 'c', 'tv'), (4, '2024-03-02', 'mail', 'c', 'net'),
	(5, '2024-03-01', 'mail', 'c', 'tv'), (5, '2024-03-02', 'mail', NULL, 'tv'), (6, '2024-03-31', 'mail', NULL, 'tv'), (6, '2024-04-01', 'mail', NULL, 'tv');
CREATE TABLE o_sub AS SELECT 99 AS customer_id, 'TV' AS product, date '2024-01-01' AS started_on, NULL::date AS ended_on, 9 AS mrr;
SELECT pg_temp.make('oc', '', 'contact o_contact', 'offer o_offer', 'owner o_owner', 'campaign o_campaign', 'subscription o_sub') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', customer_id, to_char(sent_on, 'MM-DD'), contradiction, owner, other_owner), ', ' ORDER BY customer_id) FROM oc.contradictory_contact),
	'1 03-07 two_owners Bo Ada, 5 03-02 two_owners Ada Cy, 6 04-01 two_owners Bo Ada', 'two owners at one customer within seven days contradict each other, by campaign, else by who has the product on that day');
SELECT * FROM finish();
ROLLBACK;
