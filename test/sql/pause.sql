\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Pauses: out of the money, but not lost until so many days are over.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = cvm, public;
SELECT plan(21);

-- a is away for 45 days and comes back at another price, b for good, and c
-- pauses one line of two
CREATE TABLE line (customer bigint, product text, started_on date, ended_on date, mrr numeric, is_paused boolean);
INSERT INTO line VALUES
	(1, 'a', '2024-01-05', '2024-03-10', 50, false), (1, 'a', '2024-03-10', '2024-04-24', 50, true), (1, 'a', '2024-04-24', NULL, 60, NULL),
	(2, 'a', '2024-01-05', '2024-03-10', 30, false), (2, 'a', '2024-03-10', NULL, 30, true),
	(3, 'a', '2024-01-05', NULL, 10, false), (3, 'b', '2024-01-05', '2024-02-05', 20, false), (3, 'b', '2024-02-05', '2024-03-05', 20, true), (3, 'b', '2024-03-05', NULL, 20, false);
CREATE TABLE told AS SELECT customer, holdings_agg(product, started_on, ended_on, mrr, NULL, NULL, is_paused) AS h FROM line GROUP BY customer;
CREATE FUNCTION waterfall(state movement) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s %s n%s r%s e%s c%s l%s p%s =%s', to_char(period_start, 'MM'), opening_mrr, new_mrr, reactivation_mrr,
		expansion_mrr, contraction_mrr, churn_mrr, paused_mrr, closing_mrr), '; ' ORDER BY period_start)
	FROM movements(state);
$$;
SELECT is(waterfall((SELECT movement_agg(h, 'month', '2024-07-01', 90) FROM told)),
	'01 0 n110 r0 e0 c0 l0 p0 =110; 02 110 n0 r0 e0 c0 l0 p-20 =90; 03 90 n0 r0 e0 c0 l0 p-60 =30; 04 30 n0 r0 e10 c0 l0 p50 =90; 05 90 n0 r0 e0 c0 l0 p0 =90; 06 90 n0 r0 e0 c0 l-30 p30 =90',
	'a pause takes money out, an end brings it back at the new price, and after 90 days it is lost');
SELECT is(waterfall((SELECT movement_agg(h, 'month', '2024-07-01', 0) FROM told)), waterfall((SELECT movement_agg(h, 'month', '2024-07-01') FROM told)), 'without days of grace a pause is the end of paying');
SELECT is(waterfall((SELECT movement_agg(h, 'month', '2024-05-01') FROM told)),
	'01 0 n110 r0 e0 c0 l0 p0 =110; 02 110 n0 r0 e0 c-20 l0 p0 =90; 03 90 n0 r0 e20 c0 l-80 p0 =30; 04 30 n0 r60 e0 c0 l0 p0 =90', 'without days of grace customer a left and came again');
SELECT results_eq($$SELECT closing_customers, churn_customers, paused_customers, closing_paused_mrr, closing_paused_customers FROM movements((SELECT movement_agg(h, 'month', '2024-07-01', 90) FROM told))$$,
	$$VALUES (3::bigint, 0::bigint, 0::bigint, 0::numeric, 0::bigint), (3, 0, 0, 20, 0), (1, 0, -2, 80, 2), (2, 0, 1, 30, 1), (2, 0, 0, 30, 1), (2, -1, 1, 0, 0)$$,
	'customers who pay for another line are not paused; who pauses is in the stock until the end');
SELECT is((SELECT pause_days(movement_agg(h, 'month', '2024-07-01', 90)) FROM told), 90, 'the state says how long pauses last');
SELECT is((SELECT movement_agg(customer, product, started_on, ended_on, mrr, is_paused, 'month', '2024-07-01', 90) FROM line), (SELECT movement_agg(h, 'month', '2024-07-01', 90) FROM told), 'one pass over paused lines gives the same bytes');
SELECT is((SELECT mrr_at(h, '2024-03-20') || ' ' || mrr_at(h, '2024-05-01') FROM told WHERE customer = 1), '0 60', 'a paused line brings nothing');
SELECT results_eq('SELECT mrr, paused_mrr FROM told, spells(h) WHERE customer = 2', 'VALUES (30::numeric, NULL::numeric), (0, 30)', 'a paused line says what it would bring');
SELECT throws_ok($$SELECT movement_agg(h, 'month', '2024-07-01', 90) || movement_agg(h, 'month', '2024-07-01', 30) FROM told$$, '22023', NULL, 'different days of grace do not add up');
SELECT throws_ok($$SELECT movement_agg(h, 'month', '2024-07-01', -1) FROM told$$, '22023', NULL, 'negative days of grace are refused');
SELECT throws_ok($$SELECT movement_agg(h, 'month', '2024-07-01', NULL::integer) FROM told$$, '22004', NULL, 'days of grace that are NULL are refused');

-- 240 random portfolios.  The waterfall with pauses is that of spells in which
-- a pause is paid for its days of grace, and its closing that of spells in
-- which it is not; the line "paused" is what lies between.
\i test/pause_world.sql
-- pauses of a product that touch are one
CREATE TABLE pause AS
WITH edge AS (
	SELECT *, coalesce(started_on > max(coalesce(ended_on, 'infinity')) OVER (PARTITION BY seed, customer, product ORDER BY started_on, ended_on ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS begins
	FROM spell WHERE is_paused AND (ended_on > started_on OR ended_on IS NULL) AND mrr <> 0
), numbered AS (
	SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY seed, customer, product ORDER BY started_on, ended_on ROWS UNBOUNDED PRECEDING) AS island FROM edge
)
SELECT seed, customer, product, started_on, least(ended_on, min(started_on) OVER (PARTITION BY seed, customer, product, island) + days) AS ended_on, mrr
FROM numbered JOIN seed USING (seed);
CREATE TABLE folded AS SELECT seed, customer, holdings_agg(product, started_on, ended_on, mrr, NULL, NULL, is_paused) AS h FROM spell GROUP BY 1, 2;
CREATE TABLE kept AS
SELECT seed, customer, holdings_agg(product, started_on, ended_on, mrr) AS h FROM (
	SELECT seed, customer, product, started_on, ended_on, CASE WHEN is_paused THEN 0 ELSE mrr END AS mrr FROM spell
	UNION ALL SELECT * FROM pause) x GROUP BY 1, 2;
CREATE TABLE paying AS SELECT seed, customer, holdings_agg(product, started_on, ended_on, CASE WHEN is_paused THEN 0 ELSE mrr END) AS h FROM spell GROUP BY 1, 2;
CREATE TABLE ours AS SELECT seed, m.* FROM (SELECT seed, movement_agg(h, grain, as_of, days) AS state FROM folded JOIN seed USING (seed) GROUP BY seed) s, movements(state) m;
CREATE TABLE as_kept AS SELECT seed, m.* FROM (SELECT seed, movement_agg(h, grain, as_of) AS state FROM kept JOIN seed USING (seed) GROUP BY seed) s, movements(state) m;
CREATE TABLE as_paying AS SELECT seed, m.* FROM (SELECT seed, movement_agg(h, grain, as_of) AS state FROM paying JOIN seed USING (seed) GROUP BY seed) s, movements(state) m;
SELECT cmp_ok((SELECT count(*) FROM ours WHERE paused_mrr <> 0 AND paused_customers <> 0), '>', 600::bigint, 'there are many pauses');
SELECT is_empty($$SELECT seed, period_start, new_mrr, new_customers, reactivation_mrr, reactivation_customers, expansion_mrr, expansion_customers, contraction_mrr, contraction_customers, churn_mrr, churn_customers, same_period_customers FROM ours
	EXCEPT SELECT seed, period_start, new_mrr, new_customers, reactivation_mrr, reactivation_customers, expansion_mrr, expansion_customers, contraction_mrr, contraction_customers, churn_mrr, churn_customers, same_period_customers FROM as_kept$$,
	'lines are those of customers whose pauses are paid in their days of grace');
SELECT is_empty($$SELECT seed, period_start, closing_mrr, closing_customers FROM ours EXCEPT SELECT k.seed, k.period_start, coalesce(p.closing_mrr, 0), coalesce(p.closing_customers, 0) FROM as_kept k LEFT JOIN as_paying p USING (seed, period_start)$$,
	'the closing is what is paid');
SELECT is_empty($$SELECT o.seed, o.period_start FROM ours o JOIN as_kept k USING (seed, period_start) WHERE o.closing_paused_mrr <> k.closing_mrr - o.closing_mrr OR o.closing_paused_customers <> k.closing_customers - o.closing_customers$$,
	'what lies in pauses is the rest');
SELECT is_empty($$SELECT FROM ours WHERE opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + paused_mrr <> closing_mrr
	OR opening_customers + new_customers + reactivation_customers + churn_customers + moved_in_customers + moved_out_customers + paused_customers <> closing_customers$$, 'every line foots');
CREATE TABLE by_segment AS
WITH held AS (
	SELECT seed, customer, segment, range_agg(days) AS days FROM stay GROUP BY 1, 2, 3
	UNION ALL SELECT seed, customer, '(none)', '{(,)}'::datemultirange - range_agg(days) FROM stay GROUP BY 1, 2
)
SELECT seed, segment, m.* FROM (SELECT s.seed, h.segment, movement_agg(f.h, s.grain, s.as_of, h.days, s.days) AS state
	FROM folded f JOIN seed s USING (seed) JOIN held h USING (seed, customer) GROUP BY 1, 2) x, movements(state) m;
SELECT is_empty($$SELECT FROM by_segment WHERE opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + paused_mrr <> closing_mrr
	OR opening_customers + new_customers + reactivation_customers + churn_customers + moved_in_customers + moved_out_customers + paused_customers <> closing_customers$$, 'every line foots in every segment');
SELECT is_empty($$SELECT seed, period_start FROM ours o JOIN (SELECT seed, period_start, sum(new_mrr) AS n, sum(churn_mrr) AS c, sum(paused_mrr) AS p, sum(paused_customers) AS pc, sum(moved_in_mrr + moved_out_mrr) AS m, sum(closing_mrr) AS e FROM by_segment GROUP BY 1, 2) s USING (seed, period_start)
	WHERE (n, c, p, pc, m, e) IS DISTINCT FROM (new_mrr, churn_mrr, paused_mrr, paused_customers, 0, closing_mrr)$$, 'every line of the waterfall is the sum over segments');
SELECT is_empty($$SELECT seed FROM spell JOIN seed s USING (seed) GROUP BY seed, s.grain, s.as_of, s.days
	HAVING movement_agg(customer::bigint, product, started_on, ended_on, mrr, is_paused, s.grain, s.as_of, s.days) <> (SELECT movement_agg(h, s.grain, s.as_of, s.days) FROM folded f WHERE f.seed = spell.seed)$$, 'one pass gives the same bytes');
SELECT is_empty($$SELECT seed FROM (SELECT seed, movement_agg(h, grain, as_of, days) AS whole, movement_agg(h, grain, as_of, days) FILTER (WHERE customer < 3) || movement_agg(h, grain, as_of, days) FILTER (WHERE customer >= 3) AS parts
	FROM folded JOIN seed USING (seed) GROUP BY seed) x WHERE whole <> parts OR whole::text::movement <> whole$$, 'parts add up, and bytes come back from text');
SELECT is_empty($$SELECT seed, customer FROM folded JOIN (SELECT seed, customer, holdings_agg(product, started_on, ended_on, mrr, NULL, NULL, is_paused) FILTER (WHERE product = 'a') || holdings_agg(product, started_on, ended_on, mrr, NULL, NULL, is_paused) FILTER (WHERE product <> 'a') AS h FROM spell GROUP BY 1, 2) p USING (seed, customer)
	WHERE p.h <> folded.h OR folded.h::text::holdings <> folded.h$$, 'holdings with pauses add up, and come back from text');

SELECT * FROM finish();
ROLLBACK;
