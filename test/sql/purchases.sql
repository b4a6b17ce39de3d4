\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Customers without a contract: the state of their purchases, and models of buying, dropping out and spending.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT no_plan();

-- what one customer was, as lifetimes tells it: days 2015-02-01 and -06; 01-01; 01-01, -02 and -05; seen until 2015-02-07
CREATE TEMP TABLE seen (id int, day date, v numeric);
INSERT INTO seen VALUES (1, '2015-02-01', 5), (1, '2015-02-06', 7), (1, '2015-02-06', 1.50), (2, '2015-01-01', 3), (3, '2015-01-01', NULL), (3, '2015-01-02', 2), (3, '2015-01-05', 4), (3, '2015-02-09', 100);
CREATE TEMP VIEW line AS SELECT id, activity_agg(day, v) AS a FROM seen GROUP BY id;
SELECT results_eq('SELECT id, (purchase_summary(a, ''2015-02-08'')).* FROM line ORDER BY id', 'VALUES (1, 1, 5, 6, 8.50), (2, 0, 0, 37, NULL), (3, 2, 4, 37, 6.00)', 'frequency, recency, age and what came after the first day, before as_of');
SELECT is(purchase_summary(a, '2015-01-01')::text, '(,,,)', 'who has not bought yet is nobody') FROM line WHERE id = 3;
SELECT is((purchase_summary(activity_agg(day, v, day > '2015-01-01', day < '2015-01-05'), '2015-02-08')).frequency, 0, 'the first is a start, and those after it are returns') FROM seen WHERE id = 3;
SELECT is(purchases_agg(a, '2015-02-08')::text, (SELECT purchases_agg(f, r, g, v, 1::bigint)::text FROM (VALUES (2, 4, 37, 6.00), (0, 0, 37, NULL), (1, 5, 6, 8.5)) x (f, r, g, v)),
	'timelines and what was counted of them make the same state') FROM line;
SELECT is(purchases_agg(a, '2015-01-01'), NULL, 'nobody makes no state') FROM line;
SELECT is(purchases_agg(a, NULL), NULL, 'no timelines make no state') FROM (SELECT NULL::activity AS a) x;
SELECT throws_ok('SELECT purchases_agg(a, NULL) FROM line', '22004', NULL, 'a state needs a day');
SELECT results_eq('SELECT (purchase_counts(s)).* FROM (SELECT purchases_agg(a, ''2015-02-08'') || purchases_agg(a, ''2015-02-08'') AS s FROM line) x',
	'VALUES (0, 0, 37, 2::bigint), (1, 5, 6, 2), (2, 4, 37, 2)', 'customers who are alike are counted');
SELECT results_eq('SELECT (spend_counts(s)).* FROM (SELECT purchases_agg(a, ''2015-02-08'') AS s FROM line) x', 'VALUES (1, 8.50, 1::bigint), (2, 6.00, 1)', 'customers who are alike are counted by what they spent');
SELECT throws_ok(format('SELECT purchases_agg(%s, NULL::numeric, 1::bigint)', v), '22023', NULL, format('%s are of no customer', v)) FROM unnest('{"-1, 0, 5","3, 2, 5","1, 6, 5","0, 2, 5","2, 0, 5"}'::text[]) v;
SELECT throws_ok('SELECT purchases_agg(1, 2, 5, 3, -1::bigint)', '22023', NULL, 'counts are not negative');
SELECT throws_ok(format('SELECT %L::purchases', b), '22P03', NULL, format('bytes are refused: %s', what)) FROM (VALUES ('0100010001020100', 'recency without a purchase'), ('010001010002010000', 'a purchase on the first day'),
	('01000101020101000000', 'seen for less than bought'), ('0100000101c8010100', 'spent by nobody'), ('01000101020300', 'cut short'), ('0100010102030001', 'nobody alike')) v (b, what);

-- Simulated: deterministic draws
CREATE FUNCTION pg_temp.u(n int, k int) RETURNS float8 LANGUAGE sql AS $$
	SELECT (('x' || left(md5(n || ',' || k), 12))::bit(48)::bigint + 0.5) / 2 ^ 48;
$$;
-- Customers who buy at a rate of Gamma(1, 8) a week and drop out after a purchase with a chance of Beta(1, 3)
CREATE TEMP TABLE bought AS
SELECT n, 189 + n % 84 AS age, least(189 + n % 84, ceil(7 * week)::int) AS day,
	round(((-ln(pg_temp.u(n, 3000 + k)) - ln(pg_temp.u(n, 4000 + k))) * 20 / spread)::numeric, 2) AS value
FROM (
	SELECT n, k, spread, sum(-ln(pg_temp.u(n, 1000 + k)) / rate) OVER (PARTITION BY n ORDER BY k) AS week,
		coalesce(bool_or(pg_temp.u(n, 2000 + k) < p) OVER (PARTITION BY n ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS is_gone
	FROM (
		SELECT n, -ln(pg_temp.u(n, 1)) / 8 AS rate, 1 - pg_temp.u(n, 2) ^ (1 / 3.0) AS p,
			-ln(pg_temp.u(n, 3)) - ln(pg_temp.u(n, 4)) - ln(pg_temp.u(n, 5)) - ln(pg_temp.u(n, 6)) AS spread
		FROM generate_series(1, 1500) n) c, generate_series(1, 60) k) s
WHERE NOT is_gone AND 7 * week < 189 + n % 84;
CREATE TEMP TABLE kept AS SELECT cvm.purchases_agg(activity, '2024-01-01') AS s FROM (
	SELECT n, cvm.activity_agg(date '2023-12-31' - age + day, value) AS activity
	FROM (SELECT n, age, day, value FROM bought UNION ALL SELECT n, 189 + n % 84, 0, 10 FROM generate_series(1, 1500) n) e GROUP BY n) a;
CREATE TEMP TABLE bought2 AS
SELECT n, 189 + n % 84 AS age, least(189 + n % 84, ceil(7 * week)::int) AS day
FROM (
	SELECT n, sum(-ln(pg_temp.u(n, 5000 + k)) / rate) OVER (PARTITION BY n ORDER BY k) AS week, lifetime
	FROM (
		SELECT n, -ln(pg_temp.u(n, 7)) / 8 AS rate, ln(pg_temp.u(n, 8)) / ln(pg_temp.u(n, 9)) * 10 AS lifetime
		FROM generate_series(1, 1500) n) c, generate_series(1, 60) k) s
WHERE week < lifetime AND 7 * week < 189 + n % 84;
CREATE TEMP TABLE kept2 AS SELECT cvm.purchases_agg(frequency, recency, age, NULL::numeric, 1::bigint) AS s FROM (
	SELECT n, 189 + n % 84 AS age, count(DISTINCT day)::int AS frequency, coalesce(max(day), 0) AS recency
	FROM generate_series(1, 1500) n LEFT JOIN bought2 b USING (n) GROUP BY n) c;
CREATE FUNCTION pg_temp.near(found float8[], expected float8[], tolerance float8, title text) RETURNS text LANGUAGE sql AS $$
	SELECT ok(array_length(found, 1) = array_length(expected, 1) AND bool_and(coalesce(abs(f / e - 1) < tolerance, false)), title || coalesce(': ' || string_agg(f::text, ' ') FILTER (WHERE coalesce(abs(f / e - 1) >= tolerance, true)), ''))
	FROM unnest(found, expected) AS v (f, e);
$$;
-- by scipy 1.10 (Nelder-Mead, the textbook's formulas with gammaln, betaln and hyp2f1), of what purchase_counts() and spend_counts() say
SELECT pg_temp.near(ARRAY[r, alpha, a, b], '{0.9737642653,8.0575172999,0.8921503485,2.6780177797}', 1e-6, 'BG/NBD: the parameters are those of another program') FROM kept, bg_nbd_fit(s);
SELECT pg_temp.near(ARRAY[log_likelihood, bg_nbd_log_likelihood(s, 1, 8, 1, 3)], '{-11812.671129735962,-11813.49540900797}', 1e-12, 'BG/NBD: likelihoods are those of another program') FROM kept, bg_nbd_fit(s);
SELECT pg_temp.near(ARRAY[r, alpha, f.s, beta], '{0.9233014886,7.7355181694,0.9457736744,9.8285179364}', 1e-6, 'Pareto/NBD: the parameters are those of another program') FROM kept2 k, pareto_nbd_fit(k.s) f;
SELECT pg_temp.near(ARRAY[log_likelihood, pareto_nbd_log_likelihood(k.s, 1, 8, 1, 10)], '{-8641.118695421046,-8641.97696922375}', 1e-12, 'Pareto/NBD: likelihoods are those of another program') FROM kept2 k, pareto_nbd_fit(k.s) f;
SELECT pg_temp.near(ARRAY[p, q, v], '{1.9954914458,4.2225102219,22.4259175197}', 1e-6, 'Gamma-Gamma: the parameters are those of another program') FROM kept, gamma_gamma_fit(s);
SELECT pg_temp.near(ARRAY[log_likelihood, gamma_gamma_log_likelihood(s, 2, 4, 20)], '{-4120.084876449177,-4123.352470051048}', 1e-12, 'Gamma-Gamma: likelihoods are those of another program') FROM kept, gamma_gamma_fit(s);
SELECT ok(abs(r - 1) < 3 * r_error AND abs(alpha - 8) < 3 * alpha_error AND abs(a - 1) < 3 * a_error AND abs(b - 3) < 3 * b_error AND greatest(r_error / r, alpha_error / alpha, a_error / a, b_error / b) < 0.3,
	'BG/NBD: what was planted lies within three standard errors') FROM kept, bg_nbd_fit(s);
SELECT ok(abs(r - 1) < 3 * r_error AND abs(alpha - 8) < 3 * alpha_error AND abs(f.s - 1) < 3 * s_error AND abs(beta - 10) < 3 * beta_error AND greatest(r_error / r, alpha_error / alpha, s_error / f.s, beta_error / beta) < 0.4,
	'Pareto/NBD: what was planted lies within three standard errors') FROM kept2 k, pareto_nbd_fit(k.s) f;
SELECT ok(abs(p - 2) < 3 * p_error AND abs(q - 4) < 3 * q_error AND abs(v - 20) < 3 * v_error AND greatest(p_error / p, q_error / q, v_error / v) < 0.3, 'Gamma-Gamma: what was planted lies within three standard errors')
FROM kept, gamma_gamma_fit(s);
SELECT is(concat_ws(' ', customers, repeaters, reason), '1500 1186', 'a fit says whom it was made of') FROM kept, bg_nbd_fit(s);
SELECT pg_temp.near(ARRAY[d.r, d.alpha, d.a, d.b, d.log_likelihood], ARRAY[w.r, w.alpha * 7, w.a, w.b, w.log_likelihood - n.purchases * ln(7)], 1e-9, 'days instead of weeks change alpha, and the likelihood by the unit')
FROM kept, bg_nbd_fit(s) w, bg_nbd_fit(s, 1) d, (SELECT sum(c.frequency * c.customers)::float8 AS purchases FROM kept, purchase_counts(s) c) n;
SELECT pg_temp.near(ARRAY[d.r, d.alpha, d.s, d.beta], ARRAY[w.r, w.alpha * 7, w.s, w.beta * 7], 1e-9, 'days instead of weeks change alpha and beta') FROM kept2 k, pareto_nbd_fit(k.s) w, pareto_nbd_fit(k.s, 1) d;
SELECT pg_temp.near(ARRAY[t.r, t.alpha, t.a, t.b, t.log_likelihood, t.r_error], ARRAY[w.r, w.alpha, w.a, w.b, w.log_likelihood * 2, w.r_error / sqrt(2)], 1e-9, 'twice the customers are the same fit, and surer')
FROM kept, bg_nbd_fit(s) w, bg_nbd_fit(s || s) t;
SELECT is((SELECT rollup(x.s) FROM (SELECT purchases_agg(frequency, recency, age, NULL::numeric, customers) AS s FROM kept2, purchase_counts(s) c GROUP BY (frequency * 7 + age) % 5) x), s, 'parts make the same bytes as the whole') FROM kept2;

-- No fit is a reason, not an error
SELECT is(concat_ws(' ', r, log_likelihood, customers, repeaters, reason), '40 0 nobody bought again', what || ' of customers who bought once each: nobody bought again')
FROM (SELECT purchases_agg(0, 0, g, NULL::numeric, 1::bigint) AS s FROM generate_series(1, 40) g) x,
	LATERAL (SELECT 'BG/NBD', r, log_likelihood, customers, repeaters, reason FROM bg_nbd_fit(s) UNION ALL SELECT 'Pareto/NBD', r, log_likelihood, customers, repeaters, reason FROM pareto_nbd_fit(s)) f (what);
SELECT is(concat_ws(' ', p, reason), 'nobody spent anything again', 'customers who bought once each have no Gamma-Gamma fit: nobody spent anything again') FROM (SELECT purchases_agg(0, 0, g, 3, 1::bigint) AS s FROM generate_series(1, 40) g) x, gamma_gamma_fit(s);
SELECT is(concat_ws(' ', p, customers, reason), '0 nobody spent anything again', 'what was given back is not spent') FROM (SELECT purchases_agg(2, 5, 9, -3, 1::bigint) AS s) x, gamma_gamma_fit(s);
SELECT is(concat_ws(' ', r, alpha, a, b, reason), 'no interior maximum', 'customers who are all alike have no BG/NBD fit') FROM (SELECT purchases_agg(3, 30, 40, NULL::numeric, 50::bigint) AS s) x, bg_nbd_fit(s);
SELECT is(concat_ws(' ', r, alpha, f.s, beta, reason), 'no interior maximum', 'customers who are all alike have no Pareto/NBD fit') FROM (SELECT purchases_agg(3, 30, 40, NULL::numeric, 50::bigint) AS s) x, pareto_nbd_fit(x.s) f;
SELECT is(concat_ws(' ', p, q, v, reason), 'no interior maximum', 'those who spend the same have no Gamma-Gamma fit') FROM (SELECT purchases_agg(n, 30, 40, 20 * n, 50::bigint) AS s FROM generate_series(1, 9) n) x, gamma_gamma_fit(s);
SELECT is(reason, 'no interior maximum', 'customers of whom only a few days were seen have no fit') FROM (SELECT purchases_agg(CASE WHEN g % 10 = 0 THEN 1 ELSE 0 END, CASE WHEN g % 10 = 0 THEN 1 ELSE 0 END, 2, NULL::numeric, 1::bigint) AS s FROM generate_series(1, 200) g) x, bg_nbd_fit(s);
SELECT is(reason, 'no interior maximum', 'who drops out after purchases only has no Pareto/NBD fit here') FROM kept k, pareto_nbd_fit(k.s);
SELECT is(log_likelihood > -11892 AND log_likelihood < -11891, true, 'the likelihood is told where there is no fit too') FROM kept k, pareto_nbd_fit(k.s);

-- Published, at the parameters of CDNOW
SELECT is(round(bg_nbd_purchases(.2425945, 4.4136019, .7929220, 2.4259068, 2, 30.43, 38.86, 39)::numeric, 3), 1.226, 'Fader and Hardie''s spreadsheet: 1.226 purchases of the first customer in 39 weeks');
SELECT is(array_agg(round(bg_nbd_purchases(.2425945, 4.4136019, .7929220, 2.4259068, 0, 0, 0, t)::numeric, 4) ORDER BY t), '{0.0078,0.0532,0.1506,1.0405,1.0437}', 'Fader and Hardie''s spreadsheet: the purchases of a new customer in 1 day to 32 weeks') FROM unnest('{0.1429,1,3,31.8571,32}'::float8[]) t;
-- in 78 weeks 1.8576 are printed, which is what 150 terms of the series come to; all of them are 1.8580
CREATE FUNCTION pg_temp.of_terms(terms int) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
	r float8 := .2425945; alpha float8 := 4.4136019; a float8 := .7929220; b float8 := 2.4259068; t float8 := 78;
	term float8 := 1;
	sum float8 := 1;
BEGIN
	FOR n IN 0 .. terms - 1 LOOP
		term := term * (r + n) * (b + n) / ((a + b - 1 + n) * (n + 1)) * t / (alpha + t);
		sum := sum + term;
	END LOOP;
	RETURN (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ^ r * sum);
END
$$;
SELECT is(ARRAY[round(pg_temp.of_terms(150)::numeric, 4), round(pg_temp.of_terms(2000)::numeric, 9)], ARRAY[1.8576, round(bg_nbd_purchases(.2425945, 4.4136019, .7929220, 2.4259068, 0, 0, 0, 78)::numeric, 9)],
	'the spreadsheet''s 1.8576 purchases in 78 weeks leave out what comes after 150 terms of a series');
SELECT is(round(pareto_nbd_p_alive(.5534, 10.5802, .6061, 11.6562, 26, 30.86, 31)::numeric, 4), 0.9979, 'BTYD''s walkthrough: alive with 0.9979');
SELECT is(round(pareto_nbd_purchases(.5534, 10.5802, .6061, 11.6562, 26, 30.86, 31, 52)::numeric, 4), 25.4549, 'who buys 25.45 times in a year');
SELECT is(round(pareto_nbd_purchases(.5532770, 10.5776826, .6062401, 11.6687384, 0, 0, 0, 52)::numeric, 5), 1.47343, 'BTYD: 1.473434 purchases of a new customer in a year');
SELECT is(array_agg(round(pareto_nbd_purchases(.55, 10.56, .61, 11.64, 0, 0, 0, t)::numeric, 8) ORDER BY t),
	'{0.05077821,0.09916088,0.14542507,0.18979930,0.23247466,0.27361274,0.31335159,0.35181024,0.38909211}', 'BTYD''s manual: purchases of a new customer in 1 to 9 weeks') FROM generate_series(1, 9) t;
SELECT is(round(gamma_gamma_value(6.249572, 3.744225, 15.443523, 0, 0)::numeric, 2), 35.17, 'Fader and Hardie: 35.17 at a purchase of a customer who is not known');
SELECT is(round(gamma_gamma_value(6.249572, 3.744225, 15.443523, 2, 22.35)::numeric, 2), 24.66, 'Fader and Hardie: 24.66 at a purchase of the first, who spent 22.35 twice');
SELECT is(concat_ws(' ', bg_nbd_p_alive(1, 8, 1, 3, 0, 0, 9), pareto_nbd_p_alive(1, 8, 1, 3, 2, 9, 9)), '1 1', 'who never came back never dropped out in BG/NBD, and nobody drops out on the day of a purchase in Pareto/NBD');
-- a = 1, s = 1 and a + b = 1 are where the textbook's formulas divide by 0: between both sides
SELECT pg_temp.near(ARRAY[bg_nbd_purchases(1, 8, 1, 3, 4, 20, 30, 52), bg_nbd_purchases(1, 8, 0.4, 0.6, 0, 0, 30, 52), pareto_nbd_purchases(1, 8, 1, 10, 4, 20, 30, 52)],
	ARRAY[(bg_nbd_purchases(1, 8, 1 - 1e-5, 3, 4, 20, 30, 52) + bg_nbd_purchases(1, 8, 1 + 1e-5, 3, 4, 20, 30, 52)) / 2, (bg_nbd_purchases(1, 8, 0.4, 0.6 - 1e-5, 0, 0, 30, 52) + bg_nbd_purchases(1, 8, 0.4, 0.6 + 1e-5, 0, 0, 30, 52)) / 2,
	(pareto_nbd_purchases(1, 8, 1 - 1e-5, 10, 4, 20, 30, 52) + pareto_nbd_purchases(1, 8, 1 + 1e-5, 10, 4, 20, 30, 52)) / 2], 1e-8, 'where the formulas divide by 0 nothing breaks');
-- by mpmath 1.2 with 40 digits
SELECT pg_temp.near(ARRAY[bg_nbd_p_alive(0.2426, 4.4136, 0.7929, 2.4259, 2, 30.43, 38.86),bg_nbd_purchases(0.2426, 4.4136, 0.7929, 2.4259, 2, 30.43, 38.86, 39),pareto_nbd_p_alive(0.2426, 4.4136, 0.7929, 2.4259, 2, 30.43, 38.86),pareto_nbd_purchases(0.2426, 4.4136, 0.7929, 2.4259, 2, 30.43, 38.86, 39),
	bg_nbd_p_alive(3.5, 0.4, 12.5, 0.3, 40, 90, 91),bg_nbd_purchases(3.5, 0.4, 12.5, 0.3, 40, 90, 91, 520),pareto_nbd_p_alive(3.5, 0.4, 12.5, 0.3, 40, 90, 91),pareto_nbd_purchases(3.5, 0.4, 12.5, 0.3, 40, 90, 91, 520),
	bg_nbd_p_alive(0.05, 30, 0.2, 0.1, 0, 0, 100),bg_nbd_purchases(0.05, 30, 0.2, 0.1, 0, 0, 100, 13),pareto_nbd_p_alive(0.05, 30, 0.2, 0.1, 0, 0, 100),pareto_nbd_purchases(0.05, 30, 0.2, 0.1, 0, 0, 100, 13),
	bg_nbd_p_alive(8, 60, 25, 300, 3, 12, 80),bg_nbd_purchases(8, 60, 25, 300, 3, 12, 80, 52),pareto_nbd_p_alive(8, 60, 25, 300, 3, 12, 80),pareto_nbd_purchases(8, 60, 25, 300, 3, 12, 80, 52),
	bg_nbd_p_alive(0.6, 11, 1.7, 2, 10, 11, 38),bg_nbd_purchases(0.6, 11, 1.7, 2, 10, 11, 38, 1),pareto_nbd_p_alive(0.6, 11, 1.7, 2, 10, 11, 38),pareto_nbd_purchases(0.6, 11, 1.7, 2, 10, 11, 38, 1)],
	'{0.7266140448542471,1.225922657987033,0.7951607331775018,1.213129447611872,0.660818351514383,2.976555698714701,0.8401088587051937,3.17432626460565,1.0,0.004835291816839766,0.2392189852552856,0.001181314925876786,0.007976966325145956,0.02769133567842544,1.359100736866144e-5,1.612931297738814e-5,0.001330355108578883,0.0002836295307489668,0.0001479429058259172,3.133884723275905e-5}', 1e-12, 'chances and purchases are those of mpmath');
SELECT is(gamma_gamma_value(6, 0.9, 15, 0, 0), NULL, 'a mean that has no end is NULL');
SELECT throws_ok(format('SELECT %s', c), '22023', NULL, format('%s is refused', c)) FROM unnest('{"bg_nbd_p_alive(0, 8, 1, 3, 4, 20, 30)","bg_nbd_purchases(1, 8, 1, 3, 4, 20, 30, -1)","pareto_nbd_p_alive(1, 8, 1, ''inf'', 4, 20, 30)","pareto_nbd_purchases(1, 8, 1, 3, 4, 40, 30, 1)",
	"bg_nbd_fit(NULL, 0)","gamma_gamma_value(1, 1, 1, -1, 3)"}'::text[]) c WHERE c !~ 'NULL';
SELECT throws_ok('SELECT bg_nbd_fit(s, 0) FROM kept', '22023', NULL, 'a unit of no days is refused');
-- a kilobyte of customers, and parameters that nobody fitted
CREATE TEMP TABLE few AS SELECT purchases_agg((10 ^ (g % 10))::int, (10 ^ (g % 10))::int + g, 2100000000, g::numeric, 9000000000000) AS s FROM generate_series(1, 48) g;
SET LOCAL statement_timeout = '10s';
SELECT lives_ok($$SELECT pareto_nbd_log_likelihood(s, 1e-8, 1, c, b) FROM few, (VALUES (1e300, 1e-300), (1e-300, 1), (1e300, 1e300)) v (c, b)$$, 'a likelihood under any parameters takes no longer than others');
SELECT lives_ok($$SELECT pareto_nbd_fit(s, unit), bg_nbd_fit(s, unit), gamma_gamma_fit(s) FROM few, unnest('{1e-300,1e-3,1,1e9,1e300}'::float8[]) unit$$, 'a fit takes no longer than others, in whatever unit');
SELECT lives_ok($$SELECT pareto_nbd_purchases(1, a, 1e300, 1, 2000000000, 1e9, 2e9, 1e300) FROM unnest('{1e-300,1,1e300}'::float8[]) a$$, 'what is expected of a customer takes no longer than others');
SET LOCAL statement_timeout = 0;

-- The view, beside the functions
CREATE SCHEMA shop;
CREATE TABLE shop.sale AS SELECT n AS customer_id, date '2023-12-31' - age + day AS occurred_at, value AS amount
FROM (SELECT n, age, day, value FROM bought UNION ALL SELECT n, 189 + n % 84, 0, 10 FROM generate_series(1, 1500) n) e;
CREATE TABLE shop.once AS SELECT customer_id, min(occurred_at) AS occurred_at FROM shop.sale GROUP BY 1;
SELECT create_model('pv', tz => 'UTC', currency => 'EUR', as_of => '2024-01-01') \g /dev/null
SELECT bind('pv', 'event', 'shop.sale') \g /dev/null
SELECT is((SELECT concat_ws(' ', count(*), min(method), max(method), count(reason)) FROM pv.customer_purchase_value), '1500 bg_nbd bg_nbd 0', 'every customer has a row, of one model');
SELECT is_empty($$SELECT v.row_key FROM pv.customer_purchase_value v JOIN (SELECT customer_id, (purchase_summary(activity_agg(occurred_at, amount), '2024-01-01')).* FROM shop.sale GROUP BY 1) c USING (customer_id), kept, bg_nbd_fit(s, 1) f, gamma_gamma_fit(s) g
	WHERE (v.frequency, v.recency_days, v.age_days) <> (c.frequency, c.recency, c.age) OR abs(v.p_alive - bg_nbd_p_alive(f.r, f.alpha, f.a, f.b, c.frequency, c.recency, c.age)) > 1e-9
		OR abs(v.expected_purchases / bg_nbd_purchases(f.r, f.alpha, f.a, f.b, c.frequency, c.recency, c.age, 365) - 1) > 1e-9
		OR v.purchase_value <> round(gamma_gamma_value(g.p, g.q, g.v, c.frequency, c.value / nullif(c.frequency, 0))::numeric, 2) OR abs(v.expected_value - v.expected_purchases * gamma_gamma_value(g.p, g.q, g.v, c.frequency, coalesce(c.value / nullif(c.frequency, 0), 0))) > 0.0051$$,
	'the rows of the view are what the functions say');
SELECT ok(abs(sum(expected_purchases) / (SELECT sum(bg_nbd_purchases(1, 8 * 7, 1, 3, frequency, recency_days, age_days, 365)) FROM pv.customer_purchase_value) - 1) < 0.1, 'all together they buy what is expected of those planted') FROM pv.customer_purchase_value;
SELECT bind('pv', 'event', 'shop.once') \g /dev/null
SELECT results_eq('SELECT method, reason, count(*), count(p_alive), count(expected_value) FROM pv.customer_purchase_value GROUP BY 1, 2', $$VALUES ('(none)', 'purchases: nobody bought again', 1500::bigint, 0::bigint, 0::bigint)$$, 'who all bought once are shown, with a reason');
TRUNCATE shop.once;
SELECT is((SELECT count(*) FROM pv.customer_purchase_value), 0::bigint, 'of nobody there are no rows');

SELECT * FROM finish();
ROLLBACK;
