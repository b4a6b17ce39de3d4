\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Projection of survival, and arithmetic of subscriptions.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(51);

-- Customers of two segments, years 0 to 12: Fader and Hardie (2007)
CREATE TEMP TABLE alive (segment text, year int, customers int);
INSERT INTO alive SELECT 'regular', n - 1, c FROM unnest('{1000,631,468,382,326,289,262,241,223,207,194,183,173}'::int[]) WITH ORDINALITY v (c, n);
INSERT INTO alive SELECT 'high end', n - 1, c FROM unnest('{1000,869,743,653,593,551,517,491,468,445,427,409,394}'::int[]) WITH ORDINALITY v (c, n);
CREATE TEMP VIEW loss AS
	SELECT segment, year, lag(customers) OVER (PARTITION BY segment ORDER BY year) - customers AS lost, customers FROM alive;
CREATE FUNCTION pg_temp.fit(segment text, years int) RETURNS sbg_model LANGUAGE sql AS $$
	SELECT sbg_fit(year, lost, CASE WHEN year = years THEN customers END) FROM pg_temp.loss WHERE segment = fit.segment AND year BETWEEN 1 AND years;
$$;
CREATE FUNCTION pg_temp.shown(m sbg_model) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', round(m.alpha::numeric, 4), round(m.beta::numeric, 4), round(m.log_likelihood::numeric, 4));
$$;
SELECT is(pg_temp.shown(pg_temp.fit('high end', 7)), '0.6681 3.8061 -1611.1581', 'high end, 7 years: 0.668, 3.806, LL -1611.2');
SELECT is(pg_temp.shown(pg_temp.fit('regular', 7)), '0.7041 1.1820 -1680.2652', 'regular, 7 years: 0.704, 1.182');
SELECT is(pg_temp.shown(pg_temp.fit('regular', 4)), '0.7637 1.2958 -1401.5594', 'W6: regular, 4 years: 0.764, 1.296, LL -1401.6');
SELECT is(pg_temp.shown(pg_temp.fit('high end', 4)), '1.2810 7.7904 -1225.1349', 'high end, 4 years: 1.281, 7.790, LL -1225.1');
SELECT is((SELECT concat_ws(' ', round((f).alpha_error::numeric, 4), round((f).beta_error::numeric, 4)) FROM pg_temp.fit('high end', 7) f), '0.1037 0.7855', 'standard errors of the first: 0.1037, 0.7855');
SELECT is((SELECT concat_ws(' ', round((f).alpha_error::numeric, 4), round((f).beta_error::numeric, 4)) FROM pg_temp.fit('regular', 7) f), '0.0656 0.1525', 'of the second: 0.0656, 0.1525');
SELECT is((SELECT concat_ws(' ', f.customers, f.lost, f.periods) FROM pg_temp.fit('regular', 4) f), '1000 674 4', 'the model says what it was fitted to');
SELECT is((SELECT concat_ws(' ', round(sbg_log_likelihood(s, 1, 1)::numeric, 4), round(sbg_log_likelihood(s, 0.01, 0.01)::numeric, 4)) FROM (
	SELECT survival_agg(year, lost, CASE WHEN year = 7 THEN customers END::bigint) AS s FROM (SELECT segment, year, lost::bigint, customers FROM loss) l WHERE segment = 'high end' AND year BETWEEN 1 AND 7) x),
	'-2115.5455 -2741.7009', 'log-likelihood at other parameters: -2115.5, -2741.7');
SELECT is((SELECT array_agg(round((1000 * sbg_survival(f.alpha, f.beta, t))::numeric, 1) ORDER BY t) FROM pg_temp.fit('regular', 4) f, generate_series(5, 8) t),
	'{284.5,253.7,229.6,210.3}', 'W6: 284.5, 253.7, 229.6, 210.3 of 1000 are expected in years 5 to 8');
SELECT is((SELECT array_agg(round(sbg_retention(f.alpha, f.beta, t)::numeric, 3) ORDER BY t) FROM pg_temp.fit('regular', 4) f, generate_series(1, 5) t),
	'{0.629,0.750,0.812,0.849,0.874}', 'W6: retention rises from 0.629 to 0.874');
SELECT is((SELECT round(sbg_derl(f.alpha, f.beta, 0.1)::numeric, 3) FROM pg_temp.fit('regular', 4) f), 3.621, 'W6: discounted lifetime 3.621');
SELECT is((SELECT array_agg(round((100 * sbg_derl(0.764, 1.296, 0.1, n))::numeric, 4) ORDER BY n) FROM unnest('{1,2,5}'::int[]) n), '{288.2211,393.9422,568.2489}',
	'residual value before the 1st, 2nd, 5th renewal: 288.2211, 393.9422, 568.2489');
SELECT is((SELECT round(sbg_derl(0.7, 1.2, d)::numeric, 8) - round((SELECT sum(sbg_survival(0.7, 1.2, t) / (1 + d) ^ t) FROM generate_series(0, 3000) t)::numeric, 8) FROM (VALUES (0.1)) v (d)), 0.00000000,
	'residual value is the sum of survival, discounted');
SELECT is(sbg_derl(0.7, 1.2, 0), NULL, 'residual value without a discount has no end');
SELECT is(sbg_derl(2, 3, 0), 4::float8, 'residual value without a discount has an end where alpha is above 1');
SELECT is((SELECT pg_temp.shown(sbg_fit(survival_agg(year, gone))) FROM (
	SELECT year, true AS gone FROM loss, generate_series(1, lost) WHERE segment = 'regular' AND year BETWEEN 1 AND 4
	UNION ALL SELECT 4, false FROM generate_series(1, 326)) x), '0.7637 1.2958 -1401.5594', 'customers one by one give the same fit');
SELECT throws_like($$SELECT sbg_fit(t, l, a) FROM (VALUES (1, 60, 0), (2, 45, 53), (1, 33, 85)) v (t, l, a)$$, 'no interior maximum%', 'customers who are all alike have no best fit, and are told so');
SELECT throws_like($$SELECT sbg_fit(t, 1024 >> t, CASE t WHEN 8 THEN 4 END) FROM generate_series(1, 8) t$$, 'no interior maximum%', 'constant retention has no best fit');
SELECT throws_like($$SELECT sbg_fit(1, 10, 90)$$, 'no interior maximum%', 'one period has no best fit');
SELECT throws_like($$SELECT sbg_fit(5, 0, 90)$$, 'no interior maximum%', 'customers none of whom was lost have no best fit');
SELECT throws_ok($$SELECT sbg_fit(0, 5, 0)$$, '22023', NULL, 'nobody is lost in period 0');
SELECT throws_ok($$SELECT sbg_fit(1, -5, 0)$$, '22023', NULL, 'counts are not negative');
SELECT throws_ok($$SELECT sbg_survival(0, 1, 3)$$, '22023', NULL, 'parameters are positive');
SELECT throws_ok($$SELECT sbg_derl(1, 1, -0.1)$$, '22023', NULL, 'a discount is not negative');
SELECT is((SELECT sbg_fit(NULL, 5, 5)), NULL, 'no periods give no fit');

-- W4: prices of other lengths
SELECT is((SELECT array_agg(round(normalise_mrr(10, 'week', 1, d), 4)) FROM unnest('{336,364,360,365.25}'::numeric[]) d), '{40.0000,43.3333,42.8571,43.4821}', 'W4: 10 a week is 40, 43.33, 42.86 or 43.48 a month, by the length of a year');
SELECT is(round(normalise_mrr(3, 'day'), 4), 91.3125, 'W4: 3 a day is 91.3125; daily plans are not 0 (dbt_stripe)');
SELECT is(normalise_mrr(3, 'day', 1, 360), 90::numeric, 'W4: or 90');
SELECT is(round(normalise_mrr(14, 'week', 4), 4), 15.2188, 'W4: 14 for four weeks is 15.2188, not 14');
SELECT is(normalise_mrr(120, 'year'), 10::numeric, 'W4: 120 a year is 10; annual plans are spread (dbt_recurly)');
SELECT is(normalise_mrr(720, 'year', 3), 20::numeric, 'terms of several years too');
SELECT is(normalise_mrr(30, 'quarter'), 10::numeric, 'terms of quarters are normalised');
SELECT throws_ok($$SELECT normalise_mrr(10, 'lifetime')$$, '22023', NULL, 'an unknown unit is an error, not a guess');
SELECT is((SELECT string_agg(w, ' ') FROM unnest('{d,Daily,W,weeks,fortnight,2 weeks,P14D,mo,MONTHLY,q,P3M,Semi-Annual,half_year,yr,annual,Annually,biennial,36 months,P1Y,x}'::text[]) w
	WHERE CASE WHEN cvm._is_billing_interval(w, 1) THEN round(normalise_mrr(99.95, w, 3), 10) <> round(per_month(99.95, w, 3), 10) ELSE w <> 'x' END), NULL, 'normalise_mrr() and per_month() know the same words');
SELECT throws_ok($$SELECT normalise_mrr(10, 'month', 0)$$, '22023', NULL, 'a term of no months is refused');

-- W5: lifetime value of ARPA 50, margin 80%, churn 4%, discount 1% a month
SELECT is(ltv_naive(50, 0.04), 1250::float8, 'W5: naive 1250');
SELECT is(round(ltv_margin(50, 0.8, 0.04)::numeric, 6), 1000.000000, 'W5: margin 1000');
SELECT is(round(ltv_discounted(50, 0.8, 0.04, 0.01)::numeric, 6), 808.000000, 'W5: discounted, paid in advance 808');
SELECT is(round(ltv_discounted(50, 0.8, 0.04, 0.01, false)::numeric, 6), 768.000000, 'W5: in arrears 768');
SELECT is(round(ltv_capped(50, 0.8, 0.04, 36)::numeric, 2), 769.98, 'W5: capped at 36 months 769.98');
SELECT is(round(ltv_capped(50, 0.8, 0.04, 36, 0.01)::numeric, 4), 678.1009, 'W5: and discounted 678.1009');
SELECT is(concat_ws(' ', cac_payback(300, 50), cac_payback(300, 50, 0.8), round(cac_payback(300, 50, 0.8, 0.04)::numeric, 4), ceil(cac_payback(300, 50, 0.8, 0.04))), '6 7.5 8.7373 9', 'W5: 300 come back after 6, 7.5, 8.7373, that is 9 months');
SELECT is(cac_payback(2000, 50, 0.8, 0.04), NULL, 'a cost that is never paid back has no payback');
SELECT is(concat_ws(' ', ltv_naive(50, 0), ltv_margin(50, 0.8, 0), ltv_capped(50, 0.8, 0, 12)), '480', 'where nobody churns lifetime value is not defined, but for a cap');
SELECT is(round(annual_churn(0.03)::numeric, 5), 0.30616, '3% a month is 30.6% a year, not 36%');

-- W3: 100 at the opening, 50 join on day 15 of 30, 5 of each leave on day 25
CREATE TEMP TABLE w3 AS SELECT holdings_agg('p', s, e, 1) AS h FROM (
	SELECT n, CASE WHEN n <= 100 THEN date '2024-05-01' ELSE '2024-06-15' END AS s, CASE WHEN n <= 5 OR n > 145 THEN date '2024-06-25' END AS e FROM generate_series(1, 150) n) x GROUP BY n;
SELECT is((SELECT concat_ws(' ', opening_customers, openers_lost, all_lost, customer_days, round(openers_rate::numeric, 4), round(all_rate::numeric, 4), round(with_new_rate::numeric, 4),
		round(average_base_rate::numeric, 4), round(daily_rate::numeric, 4), round(hazard_rate::numeric, 4))
	FROM churn_rates((SELECT movement_agg(h, 'month', '2024-07-01') FROM w3), (SELECT movement_agg(h, 'day', '2024-07-01') FROM w3)) WHERE period_start = '2024-06-01'),
	'100 5 10 3740 0.0500 0.1000 0.0667 0.0833 0.0667 0.0802', 'W3: one month, six rates of churn: 5%, 10%, 6.67%, 8.33%, 6.67%, 8.02%');

-- figures that others dispute
SELECT ok((SELECT abs(m.alpha * 3 - 1) < 1e-9 AND abs(m.beta * 3 - 1) < 1e-9 FROM (SELECT (sbg_fit(p, a, l)).* FROM (VALUES (1, 50::bigint, 0::bigint), (2, 10, 40)) v (p, a, l)) m),
	'truth F9: a fit whose optimum is a third is a third to 1e-9');
SELECT ok(abs(sbg_derl(0.7, 1.3, 2e-7, 0) - 337.5) < 0.05, 'truth F9: lifetime revenue at a tiny discount has a sum');
-- of a discount at which both ways to the sum end: the last term of the sum is 1e-17
SELECT ok(abs(sbg_derl(0.7, 1.3, 0.0001, 0) / (SELECT 1 + sum(t.term) FROM (SELECT exp(sum(ln((1.3 + j::float8) / (2 + j::float8) / 1.0001)) OVER (ORDER BY j)) AS term FROM generate_series(0, 400000) j) t) - 1) < 1e-9,
	'lifetime revenue is the sum, term by term');
SELECT is((SELECT sum(x) FROM unnest(allocate(13.636630271255734130, '{3,2}', 18)) x), 13.636630271255734130, 'truth F9: eighteen digits are shared out exactly');
SELECT is_empty($$SELECT n, d FROM generate_series(0, 20) d, generate_series(1, 50) n,
	LATERAL (SELECT round(n * 7919 / 104729.0, d) AS amount) a
	WHERE (SELECT sum(x) FROM unnest(allocate(a.amount, ARRAY[n, 1, n % 7 + 1]::numeric[], d)) x) <> a.amount$$, 'truth F9: any number of digits is shared out exactly');

SELECT * FROM finish();
ROLLBACK;
