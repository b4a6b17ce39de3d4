\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Pauses in segments: the rules and the words of the waterfall.
BEGIN;
CREATE EXTENSION IF NOT EXISTS cvm;
CREATE EXTENSION IF NOT EXISTS pgtap;
SET search_path = cvm, public;
SELECT plan(35);

-- a is away for 45 days and comes back at another price; b for good, and moves
-- to another segment meanwhile; c pauses one line of two; d pays once, pauses,
-- and ends the pause by leaving
CREATE SCHEMA shop;
CREATE TABLE shop.line (customer_id bigint, product text, started_on date, ended_on date, mrr numeric, status text);
INSERT INTO shop.line VALUES
	(1, 'a', '2024-01-05', '2024-03-10', 50, 'paid'), (1, 'a', '2024-03-10', '2024-04-24', 50, 'Paused'), (1, 'a', '2024-04-24', NULL, 60, NULL),
	(2, 'a', '2024-01-05', '2024-03-10', 30, 'paid'), (2, 'a', '2024-03-10', NULL, 30, 'paused'),
	(3, 'a', '2024-01-05', NULL, 10, 'paid'), (3, 'b', '2024-01-05', '2024-02-05', 20, 'paid'), (3, 'b', '2024-02-05', '2024-03-05', 20, 'paused'), (3, 'b', '2024-03-05', NULL, 20, 'paid'),
	(4, 'a', '2024-02-01', '2024-02-20', 5, 'paid'), (4, 'a', '2024-02-20', '2024-03-15', 5, 'paused');
CREATE TABLE shop.tier (customer_id bigint, segment text, valid_from date, valid_to date);
INSERT INTO shop.tier VALUES (1, 'x', '2024-01-01', NULL), (2, 'x', '2024-01-01', '2024-04-15'), (2, 'y', '2024-04-15', NULL), (3, 'y', '2024-01-01', NULL), (4, 'y', '2024-01-01', NULL);
DO $$
BEGIN
	PERFORM create_model('acme', tz => 'UTC', currency => 'EUR', as_of => '2024-07-01');
	PERFORM bind('acme', 'subscription', 'shop.line');
	PERFORM bind('acme', 'segment_history', 'shop.tier');
END
$$;
CREATE FUNCTION bridge(part text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(format('%s %s n%s e%s l%s i%s o%s p%s =%s (%s)', to_char(month, 'MM'), opening_mrr::float8, new_mrr::float8, expansion_mrr::float8, churn_mrr::float8,
		moved_in_mrr::float8, moved_out_mrr::float8, paused_mrr::float8, closing_mrr::float8, closing_paused_mrr::float8), '; ' ORDER BY month)
	FROM acme.segment_kpi WHERE segment = part;
$$;
SELECT is(bridge('x'), '01 0 n80 e0 l0 i0 o0 p0 =80 (0); 02 80 n0 e0 l0 i0 o0 p0 =80 (0); 03 80 n0 e0 l0 i0 o0 p-80 =0 (80); 04 0 n0 e10 l0 i0 o-30 p80 =60 (0); 05 60 n0 e0 l0 i0 o0 p0 =60 (0); 06 60 n0 e0 l0 i0 o0 p0 =60 (0)',
	'x: two pause in March; in April one comes back at another price, and one moves and takes the pause along');
SELECT is(bridge('y'), '01 0 n30 e0 l0 i0 o0 p0 =30 (0); 02 30 n5 e0 l0 i0 o0 p-25 =10 (25); 03 10 n0 e0 l-5 i0 o0 p25 =30 (0); 04 30 n0 e0 l0 i30 o0 p-30 =30 (30); 05 30 n0 e0 l0 i0 o0 p0 =30 (30); 06 30 n0 e0 l-30 i0 o0 p30 =30 (0)',
	'y: the pause that came with its customer is lost in June, 90 days after it began; the one that ended with the customer is lost at once');
SELECT results_eq($$SELECT opening_customers, at_risk_customers - opening_customers, new_customers, winback_customers, moved_in_customers, churned_customers, paused_customers, closing_customers, closing_paused_customers, round(churn_rate::numeric, 3) FROM acme.segment_kpi WHERE segment = 'y' ORDER BY month$$,
	$$VALUES (0::bigint, 0::bigint, 1::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 1::bigint, 0::bigint, NULL::numeric), (1, 0, 1, 0, 0, 0, -1, 1, 1, 0), (1, 1, 0, 0, 0, -1, 1, 1, 0, 0.5), (1, 0, 0, 0, 1, 0, -1, 1, 1, 0), (1, 1, 0, 0, 0, 0, 0, 1, 1, 0), (1, 1, 0, 0, 0, -1, 1, 1, 0, 0.5)$$,
	'who can be lost pays, or is in a pause');
SELECT results_eq($$SELECT segment, gross_retained_mrr, gross_revenue_retention_rate, net_revenue_retention_rate FROM acme.segment_kpi WHERE month = '2024-04-01' ORDER BY 1$$,
	$$VALUES ('(all)', 110::numeric(18,2), 1::float8, 12 / 11::float8), ('x', 80, 1, 1.125), ('y', 30, 1, 1)$$, 'a pause is kept, and so is what it would bring');
SELECT is((SELECT average_tenure_days FROM acme.segment_kpi WHERE segment = 'x' AND month = '2024-05-01'), (date '2024-06-01' - '2024-01-05')::float8, 'a pause is no lapse');
SELECT results_eq($$SELECT month_label, from_segment, to_segment, customers, mrr, closing_mrr FROM acme.segment_migration WHERE month IN ('2024-04-01', '2024-06-01') ORDER BY row_key COLLATE "C"$$,
	$$VALUES ('2024-04', 'x', 'x', 1::bigint, 50::numeric(18,2), 60::numeric(18,2)), ('2024-04', 'x', 'y', 1, 30, 30), ('2024-04', 'y', 'y', 1, 30, 30), ('2024-06', 'x', 'x', 1, 60, 60), ('2024-06', 'y', '(out)', 1, 30, 0), ('2024-06', 'y', 'y', 1, 30, 30)$$,
	'who is in a pause stays or moves, and goes out when it is over');
SELECT is((SELECT string_agg(DISTINCT pause_days::text, ' ') FROM (SELECT pause_days FROM acme.segment_kpi UNION SELECT pause_days FROM acme.segment_migration) x), '90', 'the setting is printed');
DO $$ BEGIN PERFORM configure('acme', 'pause_days', '0'); END $$;
SELECT is(bridge('x'), '01 0 n80 e0 l0 i0 o0 p0 =80 (0); 02 80 n0 e0 l0 i0 o0 p0 =80 (0); 03 80 n0 e0 l-80 i0 o0 p0 =0 (0); 04 0 n0 e0 l0 i0 o0 p0 =60 (0); 05 60 n0 e0 l0 i0 o0 p0 =60 (0); 06 60 n0 e0 l0 i0 o0 p0 =60 (0)',
	'without days of grace a pause is the end of paying');
DO $$ BEGIN PERFORM configure('acme', 'pause_days', '30'); END $$;
SELECT is((SELECT string_agg(segment || ' ' || month_label || ' ' || churned_customers || ' ' || expansion_mrr, ', ' ORDER BY row_key COLLATE "C") FROM acme.segment_kpi WHERE churned_customers < 0),
	'(all) 2024-03 -1 0.00, (all) 2024-04 -1 10.00, x 2024-04 -1 10.00, y 2024-03 -1 0.00', 'with 30, one of x is lost in April, where they were when it began, and one of them is back before it ends');
-- whatever the words: which statuses are pauses, in any case, and which are not paid
UPDATE shop.line SET status = 'Pauzė' WHERE customer_id = 2 AND status = 'paused';
DO $$ BEGIN PERFORM configure('acme', 'paused_statuses', 'paused, pauzė'); END $$;
SELECT is((SELECT string_agg(segment || ' ' || closing_paused_mrr, ', ' ORDER BY segment) FROM acme.segment_kpi WHERE month = '2024-03-01'), '(all) 80.00, x 80.00, y 0.00', 'statuses may have any letters');
DO $$ BEGIN PERFORM configure('acme', 'paused_statuses', NULL); END $$;
SELECT is((SELECT string_agg(segment || ' ' || closing_mrr || ' ' || churn_mrr || ' ' || paused_mrr, ', ' ORDER BY segment) FROM acme.segment_kpi WHERE month = '2024-03-01'), '(all) 60.00 -50.00 0.00, x 30.00 -50.00 0.00, y 30.00 0.00 0.00', 'where none is a pause, an unpaid status ends it, and another is paid');
DO $$ BEGIN PERFORM configure('acme', 'unpaid_statuses', NULL); END $$;
SELECT is((SELECT string_agg(segment || ' ' || closing_mrr, ', ' ORDER BY segment) FROM acme.segment_kpi WHERE month = '2024-03-01'), '(all) 110.00, x 80.00, y 30.00', 'where none is unpaid, all is paid');

-- 240 random portfolios: the flow between segments is the waterfall of each
\i test/pause_world.sql
CREATE TABLE folded AS SELECT seed, customer, holdings_agg(product, started_on, ended_on, mrr, NULL, NULL, is_paused) AS h FROM spell GROUP BY 1, 2;
CREATE TABLE placed AS SELECT seed, customer, holdings_agg(segment, lower(days), upper(days), 0) AS s FROM stay GROUP BY 1, 2;
CREATE TABLE state AS SELECT seed, segment_flow_agg(h, s, grain, as_of, days) AS state FROM folded JOIN placed USING (seed, customer) JOIN seed USING (seed) GROUP BY seed;
CREATE TABLE ours AS SELECT seed, b.* FROM state, segment_bridge(state) b;
CREATE TABLE theirs AS
WITH held AS (
	SELECT seed, customer, segment, range_agg(days) AS days FROM stay GROUP BY 1, 2, 3
	UNION ALL SELECT seed, customer, '(none)', '{(,)}'::datemultirange - range_agg(days) FROM stay GROUP BY 1, 2
	UNION ALL SELECT seed, customer, '(all)', '{(,)}'::datemultirange FROM folded
)
SELECT seed, segment, m.* FROM (SELECT s.seed, h.segment, movement_agg(f.h, s.grain, s.as_of, h.days, s.days) AS state
	FROM folded f JOIN seed s USING (seed) JOIN held h USING (seed, customer) GROUP BY 1, 2) x, movements(state) m;
SELECT cmp_ok((SELECT count(*) FROM ours WHERE segment <> '(all)' AND paused_mrr <> 0 AND paused_customers <> 0), '>', 600::bigint, 'there are many pauses');
SELECT cmp_ok((SELECT count(*) FROM ours WHERE segment <> '(all)' AND -churned_customers > opening_customers), '>', 50::bigint, 'many are lost in a pause');
SELECT is_empty($$
	SELECT o, t FROM ours o FULL JOIN theirs t USING (seed, segment, period_start)
	WHERE (coalesce(o.opening_mrr, 0), coalesce(o.new_mrr, 0), coalesce(o.reactivation_mrr, 0), coalesce(o.expansion_mrr, 0), coalesce(o.contraction_mrr, 0), coalesce(o.churn_mrr, 0),
			coalesce(o.moved_in_mrr, 0), coalesce(o.moved_out_mrr, 0), coalesce(o.paused_mrr, 0), coalesce(o.closing_mrr, 0), coalesce(o.closing_paused_mrr, 0))
		<> (coalesce(t.opening_mrr, 0), coalesce(t.new_mrr, 0), coalesce(t.reactivation_mrr, 0), coalesce(t.expansion_mrr, 0), coalesce(t.contraction_mrr, 0), coalesce(t.churn_mrr, 0),
			coalesce(t.moved_in_mrr, 0), coalesce(t.moved_out_mrr, 0), coalesce(t.paused_mrr, 0), coalesce(t.closing_mrr, 0), coalesce(t.closing_paused_mrr, 0))$$,
	'every line of money is that of the waterfall, in every segment and in all');
SELECT is_empty($$
	SELECT o, t FROM ours o FULL JOIN theirs t USING (seed, segment, period_start)
	WHERE (coalesce(o.opening_customers, 0), coalesce(o.new_customers, 0), coalesce(o.winback_customers, 0), coalesce(o.expansion_customers, 0), coalesce(o.contraction_customers, 0), coalesce(o.churned_customers, 0),
			coalesce(o.moved_in_customers, 0), coalesce(o.moved_out_customers, 0), coalesce(o.paused_customers, 0), coalesce(o.closing_customers, 0), coalesce(o.closing_paused_customers, 0), coalesce(o.same_period_customers, 0))
		<> (coalesce(t.opening_customers, 0), coalesce(t.new_customers, 0), coalesce(t.reactivation_customers, 0), coalesce(t.expansion_customers, 0), coalesce(t.contraction_customers, 0), coalesce(t.churn_customers, 0),
			coalesce(t.moved_in_customers, 0), coalesce(t.moved_out_customers, 0), coalesce(t.paused_customers, 0), coalesce(t.closing_customers, 0), coalesce(t.closing_paused_customers, 0), coalesce(t.same_period_customers, 0))$$,
	'every line of customers is that of the waterfall, in every segment and in all');
SELECT is_empty($$SELECT FROM ours WHERE opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + redefined_in_mrr + redefined_out_mrr + paused_mrr <> closing_mrr
	OR opening_customers + new_customers + winback_customers + moved_in_customers + moved_out_customers + redefined_in_customers + redefined_out_customers + churned_customers + paused_customers <> closing_customers$$, 'every bridge foots');
SELECT is_empty($$SELECT seed, period_start FROM (SELECT *, CASE segment WHEN '(all)' THEN -1 ELSE 1 END AS s FROM ours) o GROUP BY 1, 2
	HAVING sum(churn_mrr * s) <> 0 OR sum(churned_customers * s) <> 0 OR sum(new_mrr * s) <> 0 OR sum(reactivation_mrr * s) <> 0 OR sum(paused_mrr * s) <> 0 OR sum(paused_customers * s) <> 0
		OR sum(closing_paused_mrr * s) <> 0 OR sum(closing_mrr * s) <> 0 OR sum(gross_retained_mrr * s) <> 0 OR sum(net_retained_mrr * s) <> 0 OR sum(moved_in_mrr + moved_out_mrr) <> 0$$, 'segments add up to all');
SELECT is_empty($$SELECT o.seed, o.segment, o.period_start FROM (SELECT seed, coalesce(nullif(from_segment, '(in)'), '') AS segment, period_start, sum(customers) AS n, sum(mrr) AS mrr FROM state, segment_matrix(state) m WHERE from_segment <> '(in)' GROUP BY 1, 2, 3) m
	FULL JOIN (SELECT * FROM ours WHERE segment <> '(all)') o USING (seed, segment, period_start)
	WHERE (coalesce(m.n, 0), coalesce(m.mrr, 0)) <> (o.opening_customers + o.closing_paused_customers + o.paused_customers, o.opening_mrr + o.closing_paused_mrr + o.paused_mrr)$$, 'the matrix begins with who pays and who is in a pause');
SELECT is_empty($$SELECT o.seed, o.segment, o.period_start FROM (SELECT seed, to_segment AS segment, period_start, sum(customers) AS n, sum(closing_mrr) AS mrr FROM state, segment_matrix(state) m WHERE to_segment <> '(out)' GROUP BY 1, 2, 3) m
	FULL JOIN (SELECT * FROM ours WHERE segment <> '(all)') o USING (seed, segment, period_start)
	WHERE (coalesce(m.n, 0), coalesce(m.mrr, 0)) <> (o.closing_customers + o.closing_paused_customers, o.closing_mrr + o.closing_paused_mrr)$$, 'the matrix ends with who pays and who is in a pause');
SELECT is_empty($$SELECT s.seed FROM state s JOIN seed w USING (seed), LATERAL (SELECT segment_flow_agg(customer::bigint, product, f, t, mrr, is_paused, segment, w.grain, w.as_of, NULL, NULL, w.days) AS one_pass FROM (
		SELECT customer, product, started_on AS f, ended_on AS t, mrr, is_paused, NULL AS segment FROM spell x WHERE x.seed = s.seed
		UNION ALL SELECT customer, NULL, lower(days), upper(days), 0, true, segment FROM stay x WHERE x.seed = s.seed) r) o WHERE o.one_pass IS DISTINCT FROM s.state$$, 'one pass gives the same bytes');
SELECT is_empty($$SELECT seed FROM (SELECT seed, segment_flow_agg(h, s, grain, as_of, days) AS whole, segment_flow_agg(h, s, grain, as_of, days) FILTER (WHERE customer < 3) || segment_flow_agg(h, s, grain, as_of, days) FILTER (WHERE customer >= 3) AS parts
	FROM folded JOIN placed USING (seed, customer) JOIN seed USING (seed) GROUP BY seed) x WHERE whole <> parts OR whole::text::segment_flow <> whole$$, 'parts add up, and bytes come back from text');
SELECT is_empty($$SELECT seed FROM (SELECT seed, segment_flow_agg(h, s, grain, as_of, 0) AS none, segment_flow_agg(h, s, grain, as_of) AS plain, segment_flow_agg(h, s, grain, as_of, NULL, 1, 0) AS told FROM folded JOIN placed USING (seed, customer) JOIN seed USING (seed) GROUP BY seed) x
	WHERE none <> plain OR told <> plain$$, 'without days of grace the bytes are those without pauses');

-- a model of all of them
CREATE TABLE shop.many AS SELECT seed * 10 + customer AS customer_id, product, started_on, ended_on, mrr, CASE WHEN is_paused THEN 'PAUSED' ELSE 'paid' END AS status FROM spell;
CREATE TABLE shop.many_tier AS SELECT seed * 10 + customer AS customer_id, segment, lower(days) AS valid_from, upper(days) AS valid_to FROM stay;
DO $$
BEGIN
	PERFORM create_model('many', tz => 'UTC', currency => 'EUR', as_of => '2024-08-10');
	PERFORM bind('many', 'subscription', 'shop.many');
	PERFORM bind('many', 'segment_history', 'shop.many_tier');
	PERFORM configure('many', 'pause_days', '40');
END
$$;
CREATE TABLE kpi AS TABLE many.segment_kpi;
SELECT is_empty($$SELECT segment, month, opening_mrr, opening_customers, new_mrr, new_customers, reactivation_mrr, reactivation_customers, expansion_mrr, expansion_customers, contraction_mrr, contraction_customers, churn_mrr, churn_customers,
		moved_in_mrr, moved_in_customers, moved_out_mrr, moved_out_customers, paused_mrr, paused_customers, closing_mrr, closing_customers, same_period_customers, closing_paused_mrr, closing_paused_customers, pause_days, is_complete FROM many.mrr_movement
	EXCEPT SELECT segment, month, opening_mrr, opening_customers, new_mrr, new_customers, reactivation_mrr, winback_customers, expansion_mrr, expansion_customers, contraction_mrr, contraction_customers, churn_mrr, churned_customers,
		moved_in_mrr, moved_in_customers, moved_out_mrr, moved_out_customers, paused_mrr, paused_customers, closing_mrr, closing_customers, same_period_customers, closing_paused_mrr, closing_paused_customers, pause_days, is_complete FROM kpi$$,
	'segment_kpi has every line of mrr_movement, in every segment');
SELECT cmp_ok((SELECT count(*) FROM kpi WHERE paused_mrr <> 0 AND churn_mrr <> 0), '>', 20::bigint, 'segment_kpi has pauses and losses');
SELECT is_empty($$SELECT month FROM (SELECT month, sum(churn_mrr) AS c, sum(churned_customers) AS n, sum(paused_mrr) AS p, sum(closing_mrr) AS e FROM kpi WHERE segment <> '(all)' GROUP BY 1) k JOIN many.mrr_movement m USING (month)
	WHERE m.segment = '(all)' AND (k.c, k.n, k.p, k.e) <> (m.churn_mrr, m.churn_customers, m.paused_mrr, m.closing_mrr)$$, 'segments with pauses and losses add up to the total');
SELECT is_empty($$SELECT k.row_key FROM kpi k JOIN many.subscription_kpi s USING (segment, month)
	WHERE (k.ended_spells, k.continued_spells, k.ended_mrr, k.continued_mrr, k.at_risk_customers, k.at_risk_mrr, k.gross_retained_mrr, k.net_retained_mrr) IS DISTINCT FROM (s.ended_spells, s.continued_spells, s.ended_mrr, s.continued_mrr, s.at_risk_customers, s.at_risk_mrr, s.gross_retained_mrr, s.net_retained_mrr)
		OR k.is_complete AND (k.churn_rate, round(k.gross_revenue_retention_rate::numeric, 12), round(k.net_revenue_retention_rate::numeric, 12)) IS DISTINCT FROM (s.logo_churn_rate, round(s.gross_revenue_retention_rate::numeric, 12), round(s.net_revenue_retention_rate::numeric, 12))$$, 'renewals and rates are those of subscription_kpi');
SELECT is_empty($$SELECT FROM kpi WHERE NOT (churn_rate BETWEEN 0 AND 1 AND churn_rate_low BETWEEN 0 AND churn_rate AND churn_rate_high BETWEEN churn_rate AND 1 AND gross_revenue_retention_rate BETWEEN 0 AND 1) OR gross_revenue_retention_rate > net_revenue_retention_rate
	UNION ALL SELECT FROM many.subscription_kpi WHERE NOT (logo_churn_rate BETWEEN 0 AND 1 AND revenue_churn_rate BETWEEN 0 AND 1 AND gross_revenue_retention_rate BETWEEN 0 AND 1)$$, 'renewals and rates lie between 0 and 1');
SELECT is_empty($$SELECT k.row_key FROM kpi k JOIN many.subscription_retention r ON r.segment = k.segment AND r.period_no = 3 AND r.cohort = k.month - interval '3 months'
	WHERE k.is_complete AND (k.cohort_3_customers, k.retained_3_customers) IS DISTINCT FROM (r.eligible_customers, r.retained_customers)$$, 'cohorts are those of subscription_retention');
SELECT is_empty($$SELECT grain, metric, from_month, to_month FROM many.segment_shift WHERE is_complete GROUP BY 1, 2, 3, 4
	HAVING abs(sum(mix_contribution + coalesce(rate_contribution, 0)) FILTER (WHERE segment <> '(all)') - max(change) FILTER (WHERE segment = '(all)')) > 1e-9$$, 'mix and rate leave no rest');

-- more is lost after a pause than was paid when the month began
CREATE TABLE shop.two AS TABLE shop.line WITH NO DATA;
INSERT INTO shop.two VALUES (1, 'a', '2024-01-05', NULL, 10, 'paid'), (2, 'a', '2024-01-05', '2024-03-10', 30, 'paid'), (2, 'a', '2024-03-10', NULL, 30, 'paused');
DO $$
BEGIN
	PERFORM create_model('two', tz => 'UTC', as_of => '2025-02-01');
	PERFORM bind('two', 'subscription', 'shop.two');
END
$$;
SELECT results_eq($$SELECT month_label, churned_customers, at_risk_customers, logo_churn_rate, at_risk_mrr, gross_revenue_retention_rate, round(gross_revenue_retention_chained_rate::numeric, 9) FROM two.subscription_kpi WHERE month IN ('2024-06-01', '2025-01-01')$$,
	$$VALUES ('2024-06', -1::bigint, 2::bigint, 0.5::float8, 40::numeric(18,2), 0.25::float8, NULL::numeric), ('2025-01', 0, 1, 0, 10, 1, 0.25)$$, 'rates of subscription_kpi stay rates, also chained');

-- what is asked of all
SELECT is((SELECT pause_days(state) || ' ' || pause_days(state || state) FROM state WHERE seed = 7), (SELECT days || ' ' || days FROM seed WHERE seed = 7), 'the state says how long pauses last');
SELECT throws_ok($$SELECT segment_flow_agg(h, NULL, 'month', '2024-07-01', 90) || segment_flow_agg(h, NULL, 'month', '2024-07-01', 30) FROM folded$$, '22023', NULL, 'different days of grace do not add up');
SELECT throws_ok($$SELECT segment_flow_agg(h, NULL, 'month', '2024-07-01', -1) FROM folded$$, '22023', NULL, 'negative days of grace are refused');
SELECT throws_ok($$SELECT segment_flow_agg(customer::bigint, product, started_on, ended_on, mrr, is_paused, NULL, 'month', '2024-07-01', NULL, 1, NULL) FROM spell$$, '22004', NULL, 'days of grace that are NULL are refused');
SELECT * FROM finish();
ROLLBACK;
