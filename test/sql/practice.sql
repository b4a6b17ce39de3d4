\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What somebody who decides by the numbers disputed, case by case: each right
-- value is counted from the tables themselves by plain SQL.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
\i test/world.sql
CREATE FUNCTION pg_temp.see(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	seen text;
BEGIN
	EXECUTE format('SELECT string_agg(q::text, %L) FROM (%s) q', E'\n', query) INTO seen;
	RETURN seen;
END
$$;
-- five with commitments until July: the price changed and they stayed (901),
-- they left on the day (902) or long before (903), took another plan before
-- (904), or left with one line of two (905)
INSERT INTO world.subscription (customer_id, product, started_on, ended_on, mrr, subscription_id, status, committed_until) VALUES
	(901, 'BASIC', '2024-01-05', '2024-03-01', 10, 'C901', 'active', '2024-07-01'), (901, 'BASIC', '2024-03-01', NULL, 12, 'C901', 'active', '2024-07-01'),
	(902, 'BASIC', '2024-01-05', '2024-07-01', 10, 'C902', 'active', '2024-07-01'), (903, 'NET', '2024-01-05', '2024-04-01', 20, NULL, 'active', '2024-07-01'),
	(904, 'PLUS', '2024-01-05', '2024-06-15', 15, NULL, 'active', '2024-07-01'), (904, 'MAX', '2024-06-15', NULL, 12, NULL, 'active', '2025-07-01'),
	(905, 'NET', '2024-01-05', '2024-07-01', 20, NULL, 'active', '2024-07-01'), (905, 'TV', '2024-02-05', NULL, 8, NULL, 'active', NULL);
-- whose price rose (911), whose promotion ended (912), who bought another line
-- (913), a better one (914), was in a pause (915), paid after a trial (916),
-- is bound for a month (917), gave notice for one line of two (918), soon after
-- coming (919) and coming back (920), left for another segment (921) and came and
-- went inside the last month (922)
INSERT INTO world.subscription (customer_id, product, started_on, ended_on, mrr, offer, status, cancel_requested_on, committed_until) VALUES
	(911, 'NET', '2024-01-10', '2024-09-01', 20, NULL, 'active', NULL, NULL), (911, 'NET', '2024-09-01', NULL, 24, NULL, 'active', NULL, NULL),
	(912, 'PLUS', '2024-01-10', '2024-09-01', 9, 'welcome', 'active', NULL, NULL), (912, 'PLUS', '2024-09-01', NULL, 15, NULL, 'active', NULL, NULL),
	(913, 'NET', '2024-01-10', NULL, 20, NULL, 'active', NULL, NULL), (913, 'TV', '2024-09-01', NULL, 8, NULL, 'active', NULL, NULL),
	(914, 'BASIC', '2024-01-10', '2024-09-01', 10, NULL, 'active', NULL, NULL), (914, 'PLUS', '2024-09-01', NULL, 15, NULL, 'active', NULL, NULL),
	(915, 'NET', '2024-01-10', NULL, 20, NULL, 'active', NULL, NULL), (915, 'TV', '2024-01-10', '2024-08-01', 8, NULL, 'active', NULL, NULL), (915, 'TV', '2024-08-01', '2024-09-01', 8, NULL, 'paused', NULL, NULL), (915, 'TV', '2024-09-01', NULL, 8, NULL, 'active', NULL, NULL),
	(916, 'NET', '2024-01-10', NULL, 20, NULL, 'active', NULL, NULL), (916, 'TV', '2024-08-01', '2024-09-01', 8, NULL, 'trial', NULL, NULL), (916, 'TV', '2024-09-01', NULL, 8, NULL, 'active', NULL, NULL),
	(917, 'NET', '2024-01-10', NULL, 20, NULL, 'active', NULL, '2024-11-15'),
	(918, 'NET', '2024-01-10', NULL, 20, NULL, 'active', NULL, NULL), (918, 'TV', '2024-01-10', '2024-11-30', 8, NULL, 'active', '2024-10-01', NULL),
	(919, 'NET', '2024-09-25', '2024-12-25', 20, NULL, 'active', '2024-10-05', NULL),
	(920, 'NET', '2024-01-10', '2024-04-10', 20, NULL, 'active', '2024-04-01', NULL), (920, 'NET', '2024-08-10', '2024-11-10', 20, NULL, 'active', '2024-10-10', NULL),
	(921, 'NET', '2024-01-10', '2024-10-05', 20, NULL, 'active', '2024-09-01', NULL), (921, 'TV', '2024-01-10', '2024-10-05', 8, NULL, 'active', '2024-09-01', NULL),
	(922, 'TV', '2024-09-20', '2024-10-02', 8, NULL, 'active', NULL, NULL);
-- who left for two reasons at once (931), of the same weight (932), with a trial
-- (933), or told why of one line of two (934)
INSERT INTO world.subscription (customer_id, product, started_on, ended_on, mrr, status, end_reason) VALUES
	(931, 'NET', '2024-01-11', '2024-08-10', 20, 'active', 'price'), (931, 'TV', '2024-01-11', '2024-08-10', 8, 'active', 'a trifle'),
	(932, 'TV', '2024-01-11', '2024-08-10', 8, 'active', 'price'), (932, 'TV', '2024-01-11', '2024-08-10', 8, 'active', 'a trifle'),
	(933, 'NET', '2024-01-11', '2024-08-10', 20, 'trial', 'a trifle'), (933, 'TV', '2024-01-11', '2024-08-10', 8, 'active', 'price'),
	(934, 'NET', '2024-01-11', '2024-08-10', 20, 'active', NULL), (934, 'TV', '2024-01-11', '2024-08-10', 8, 'active', 'moved');
INSERT INTO world.segment_history SELECT i, 'leavers', '2024-01-01', NULL FROM generate_series(931, 934) i;
-- who paid for a bundle and a part (941) and still does (942); prices rose
INSERT INTO world.subscription (customer_id, product, started_on, ended_on, mrr, status) VALUES
	(941, 'DUO', '2024-03-01', '2024-07-01', 24, 'active'), (941, 'DUO', '2024-07-01', NULL, 30, 'active'), (941, 'TV', '2024-01-10', '2024-06-01', 8, 'active'),
	(942, 'DUO', '2024-05-01', NULL, 24, 'active'), (942, 'TV', '2024-01-10', '2024-08-01', 8, 'active'), (942, 'TV', '2024-08-01', NULL, 9, 'active');
-- a product at 20, raised to 25 and 30 of who had it before
INSERT INTO world.product VALUES ('BOOK', NULL, NULL, 5, 20, false);
INSERT INTO world.subscription (customer_id, product, started_on, ended_on, mrr, status) VALUES
	(951, 'BOOK', '2024-08-01', NULL, 20, 'active'), (952, 'BOOK', '2024-07-20', NULL, 20, 'active'), (953, 'BOOK', '2024-06-20', '2024-09-01', 20, 'active'), (953, 'BOOK', '2024-09-01', NULL, 25, 'active'),
	(954, 'BOOK', '2023-08-01', NULL, 30, 'active'), (955, 'BOOK', '2024-07-15', NULL, 20, 'active'), (956, 'BOOK', '2023-10-20', NULL, 25, 'active'), (957, 'BOOK', '2023-10-10', NULL, 30, 'active');
-- families that a new product makes grow (oil), that grow as before (gas) and
-- that grow without it (fibre)
INSERT INTO world.product VALUES ('OIL', 'oil', NULL, 5, 20, false), ('OIL+', 'oil', '2024-08-14', 5, 20, false), ('GAS', 'gas', NULL, 5, 20, false), ('GAS+', 'gas', '2024-08-14', 5, 20, false),
	('FIBRE', 'fibre', NULL, 5, 20, false), ('FIBRE+', 'fibre', '2024-08-14', 5, 20, false);
INSERT INTO world.subscription (customer_id, product, started_on, mrr, status)
SELECT 1000 + i, 'OIL' || CASE WHEN i > 10 THEN '+' ELSE '' END, date '2024-03-01' + CASE WHEN i > 10 THEN 100 + 6 * i ELSE 0 END, 20, 'active' FROM generate_series(1, 18) i
UNION ALL SELECT 1100 + i, 'GAS' || CASE WHEN i > 20 THEN '+' ELSE '' END, CASE WHEN i > 10 THEN date '2024-06-15' + 6 * (i - 11) ELSE '2024-03-01' END, 20, 'active' FROM generate_series(1, 30) i
UNION ALL SELECT 1200 + i, 'FIBRE' || CASE WHEN i > 58 THEN '+' ELSE '' END, CASE WHEN i > 10 THEN date '2024-04-15' + 3 * (i - 11) ELSE '2024-03-01' END, 20, 'active' FROM generate_series(1, 60) i;
INSERT INTO world.segment_history VALUES (921, 'before', '2024-01-01', '2024-09-20'), (921, 'after', '2024-09-20', '2024-10-05');
INSERT INTO world.segment_history SELECT i, 'bound', '2024-01-01', NULL FROM generate_series(901, 905) i;
-- what reads most is bound last, so that views are made once
CREATE FUNCTION pg_temp.model(model name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	e text;
BEGIN
	PERFORM cvm.create_model(model, tz => 'UTC', currency => 'EUR', as_of => '2024-10-15');
	FOREACH e IN ARRAY '{product,segment_history,segment_target,cost,bundle_component,event,subscription}'::text[] LOOP
		PERFORM cvm.bind(model, e, to_regclass('world.' || e));
	END LOOP;
END
$$;
SELECT pg_temp.model('whole') \g /dev/null

-- what everybody holds when each month closes, from the table
CREATE TEMP TABLE closing AS
SELECT m.month, o.as_of, s.*, CASE WHEN s.status IN ('trial', 'paused') THEN 0 ELSE s.mrr END AS paid,
	coalesce((SELECT h.segment FROM world.segment_history h WHERE h.customer_id = s.customer_id AND h.valid_from <= m.day AND (h.valid_to IS NULL OR h.valid_to > m.day)
		ORDER BY h.valid_from DESC, h.segment COLLATE "C" LIMIT 1), '(none)') AS segment
FROM (SELECT max(as_of) AS as_of FROM whole.mrr_movement) o
CROSS JOIN LATERAL (SELECT g::date AS month, least((g + interval '1 month')::date, o.as_of) - 1 AS day FROM generate_series(timestamp '2023-06-01', o.as_of - 1, interval '1 month') g) m
JOIN world.subscription s ON s.started_on <= m.day AND (s.ended_on IS NULL OR s.ended_on > m.day);
DELETE FROM closing c WHERE NOT EXISTS (SELECT FROM closing x WHERE x.month = c.month AND x.customer_id = c.customer_id HAVING sum(x.paid) > 0);

-- 1.1
-- each view is read once: joined with others it would be computed once a row
CREATE TEMP TABLE kpi AS TABLE whole.segment_kpi;
CREATE TEMP TABLE rates AS SELECT * FROM whole.subscription_kpi WHERE segment IN ('(all)', 'bound');
CREATE TEMP TABLE card AS TABLE whole.segment_scorecard;
CREATE TEMP TABLE waterfall AS TABLE whole.mrr_movement;
CREATE TEMP TABLE margins AS
	SELECT s.segment, c.month, sum(p.unit_margin + c.paid - p.list_price) AS margin
	FROM closing c JOIN world.product p USING (product) CROSS JOIN LATERAL (VALUES (c.segment), ('(all)')) s (segment)
	GROUP BY 1, 2;
SELECT cmp_ok((SELECT count(*) FROM closing c JOIN world.product p USING (product) WHERE c.paid <> p.list_price), '>', 300::bigint, 'practice 1.1: many lines of the world are not paid at list price');
SELECT is_empty($$SELECT k.segment, k.month, k.product_margin, m.margin FROM kpi k LEFT JOIN margins m USING (segment, month)
	WHERE k.product_margin <> coalesce(m.margin, 0)$$, 'practice 1.1: product_margin of segment_kpi is unit_margin at the price paid, in every segment and month');
SELECT is_empty($$SELECT k.row_key FROM kpi k
	WHERE k.margin IS DISTINCT FROM k.product_margin - coalesce(k.allocated_cost, 0) OR k.closing_customers > 0 AND abs(k.ampu - k.margin / k.closing_customers) > 0.0051$$, 'practice 1.1: margin and ampu of segment_kpi follow from product_margin');
SELECT is((SELECT sum(margin) FROM whole.value_decile), (SELECT margin FROM margins WHERE segment = '(all)' ORDER BY month DESC LIMIT 1), 'practice 1.1: so do the tenths of value_decile');
UPDATE world.subscription SET mrr = mrr * 1.2;
SELECT is((SELECT sum(margin) FROM whole.value_decile) - (SELECT margin FROM margins WHERE segment = '(all)' ORDER BY month DESC LIMIT 1),
	(SELECT sum(round(paid * 1.2, 2) - paid) FROM closing WHERE month = (SELECT max(month) FROM closing)), 'practice 1.1: a price rise of a fifth is all margin');
UPDATE world.subscription SET mrr = mrr / 1.2;
CREATE TEMP TABLE listed AS TABLE world.product;
UPDATE world.product SET list_price = NULL;
SELECT is((SELECT sum(margin) FROM whole.value_decile), (SELECT sum(p.unit_margin) FROM closing c JOIN world.product p USING (product) WHERE c.month = (SELECT max(month) FROM closing)), 'practice 1.1: without list prices unit_margin is taken as it is');
UPDATE world.product p SET list_price = l.list_price FROM listed l WHERE l.product = p.product;

-- 1.3
CREATE TEMP TABLE term AS
SELECT s.*, o.as_of, date_trunc('month', s.committed_until)::date AS month, (
		SELECT h.segment FROM world.segment_history h WHERE h.customer_id = s.customer_id AND h.valid_from < s.committed_until AND (h.valid_to IS NULL OR h.valid_to >= s.committed_until)) AS segment,
	EXISTS (SELECT FROM world.subscription n WHERE n.customer_id = s.customer_id AND n.status <> 'trial' AND n.started_on <= s.committed_until AND (n.ended_on IS NULL OR n.ended_on > s.committed_until)
		AND (coalesce(n.subscription_id, n.product) = coalesce(s.subscription_id, s.product) OR n.started_on >= s.ended_on)) AS stays
FROM world.subscription s CROSS JOIN (SELECT max(as_of) AS as_of FROM kpi) o
WHERE s.committed_until < o.as_of AND s.status <> 'trial' AND (s.customer_id, s.started_on) <> (901, '2024-01-05')
	-- a new price goes on with the commitment: it ends with the last spell
	AND s.started_on < s.committed_until AND NOT EXISTS (SELECT FROM world.subscription x WHERE x.customer_id = s.customer_id AND coalesce(x.subscription_id, x.product) = coalesce(s.subscription_id, s.product)
		AND x.committed_until = s.committed_until AND x.started_on < x.committed_until AND coalesce(x.ended_on, 'infinity') > coalesce(s.ended_on, 'infinity'));
CREATE TEMP TABLE renewals AS
SELECT x.segment, t.month, count(*) AS due, count(*) FILTER (WHERE t.stays) AS renewed, sum(t.mrr) AS due_mrr, coalesce(sum(t.mrr) FILTER (WHERE t.stays), 0) AS renewed_mrr
FROM term t CROSS JOIN LATERAL (VALUES (coalesce(t.segment, '(none)')), ('(all)')) x (segment)
GROUP BY 1, 2;
SELECT results_eq($$SELECT segment, due_commitments, renewed_commitments, due_mrr, renewed_mrr, renewal_rate FROM kpi WHERE segment = 'bound' AND month_label = '2024-07'$$,
	$$VALUES ('bound', 5::bigint, 2::bigint, 77.00::numeric(18,2), 27.00::numeric(18,2), 0.4::float8)$$, 'practice 1.3: two commitments of five are renewed; a new price is none that ended, a line beside it no renewal');
SELECT is_empty($$SELECT k.row_key, r FROM kpi k LEFT JOIN renewals r USING (segment, month)
	WHERE (k.due_commitments, k.renewed_commitments, k.due_mrr, k.renewed_mrr) IS DISTINCT FROM (coalesce(r.due, 0), coalesce(r.renewed, 0), coalesce(r.due_mrr, 0), coalesce(r.renewed_mrr, 0))
		OR abs(k.renewal_rate - r.renewed / r.due::numeric) > 1e-9 OR abs(k.renewal_value_rate - r.renewed_mrr / r.due_mrr) > 1e-9 OR k.is_complete AND k.renewal_rate IS NULL AND r.due > 0$$,
	'practice 1.3: renewals of segment_kpi are of commitments that ended, in every segment and month');
SELECT is_empty($$SELECT s.row_key FROM rates s JOIN kpi k USING (segment, month)
	WHERE (k.due_commitments, k.renewed_commitments, k.due_mrr, k.renewed_mrr, k.renewal_rate) IS DISTINCT FROM (s.due_commitments, s.renewed_commitments, s.due_mrr, s.renewed_mrr, s.renewal_rate)
		OR (k.ended_spells, k.continued_spells, k.ended_mrr, k.continued_mrr, k.continuation_rate) IS DISTINCT FROM (s.ended_spells, s.continued_spells, s.ended_mrr, s.continued_mrr, s.continuation_rate)$$,
	'practice 1.3: and so are those of subscription_kpi');
SELECT cmp_ok((SELECT sum(due_commitments) FROM rates WHERE segment = '(all)'), '>', 100::numeric, 'practice 1.3: many commitments ended');
SELECT is_empty($$SELECT k.row_key FROM kpi k LEFT JOIN LATERAL (
		SELECT sqrt(sum((t.mrr * (t.stays::int - k.renewal_value_rate)::numeric) ^ 2) * count(*) / nullif(count(*) - 1, 0)) / sum(t.mrr) AS error FROM term t WHERE t.month = k.month) e ON true
	WHERE k.segment = '(all)' AND k.is_complete AND abs(k.renewal_value_error - e.error) > 1e-9$$, 'practice 1.3: its error is that of a ratio of sums');
SELECT is((SELECT count(DISTINCT metric) FROM whole.segment_shift WHERE metric IN ('renewal_rate', 'renewal_value_rate')), 2::bigint, 'practice 1.3: segment_shift judges renewals where commitments are known');
UPDATE world.subscription SET committed_until = NULL;
SELECT is((SELECT count(*) FROM whole.segment_kpi WHERE num_nonnulls(due_commitments, renewed_commitments, renewal_rate, due_mrr, renewed_mrr, renewal_value_rate) > 0), 0::bigint, 'practice 1.3: without commitments nothing is a renewal');
SELECT is((SELECT count(*) FROM whole.subscription_kpi WHERE num_nonnulls(due_commitments, renewed_commitments, renewal_rate, due_mrr, renewed_mrr, renewal_value_rate) > 0), 0::bigint, 'practice 1.3: nor in subscription_kpi');

-- 1.2, 1.5 and 1.6; commitments are there again, which the phases know
UPDATE world.subscription SET committed_until = '2024-11-15' WHERE customer_id = 917;
CREATE TEMP TABLE phase AS TABLE whole.customer_phase;
CREATE TEMP TABLE line AS SELECT s.*, CASE WHEN s.status IN ('trial', 'paused') THEN 0 ELSE s.mrr END AS paid FROM world.subscription s;
CREATE FUNCTION pg_temp.pays(customer int, day date) RETURNS numeric LANGUAGE sql AS
$$SELECT coalesce(sum(l.paid), 0) FROM line l WHERE l.customer_id = customer AND l.started_on <= day AND (l.ended_on IS NULL OR l.ended_on > day)$$;
CREATE FUNCTION pg_temp.segment(customer int, day date) RETURNS text LANGUAGE sql AS
$$SELECT coalesce((SELECT h.segment FROM world.segment_history h WHERE h.customer_id = customer AND h.valid_from <= day AND (h.valid_to IS NULL OR h.valid_to > day)), '(none)')$$;
SELECT is((SELECT string_agg(customer_id || ' ' || phase, ', ' ORDER BY customer_id) FROM phase WHERE customer_id BETWEEN 911 AND 922),
	'911 mature, 912 mature, 913 growth, 914 growth, 915 mature, 916 growth, 917 renewal, 918 at_risk, 919 at_risk, 920 at_risk, 921 winback_target, 922 winback_target',
	'practice 1.2, 1.5: a price rise, the end of a promotion or of a pause is no growth, a line bought is; notice is a risk whatever else is so');
SELECT is_empty($$SELECT p.customer_id FROM phase p WHERE p.phase = 'growth' AND NOT EXISTS (
		SELECT FROM line l WHERE l.customer_id = p.customer_id AND l.paid > 0 AND l.started_on BETWEEN date '2024-10-15' - 90 AND '2024-10-14'
			AND (SELECT count(*) FROM line b WHERE b.customer_id = l.customer_id AND b.product = l.product AND b.paid > 0 AND b.started_on < l.started_on AND (b.ended_on IS NULL OR b.ended_on >= l.started_on))
				< (SELECT count(*) FROM line b WHERE b.customer_id = l.customer_id AND b.product = l.product AND b.paid > 0 AND b.started_on <= l.started_on AND (b.ended_on IS NULL OR b.ended_on > l.started_on)))$$,
	'practice 1.2: whoever is in growth has a paid line that they had not the day before');
SELECT set_eq($$SELECT customer_id FROM phase WHERE phase = 'at_risk'$$,
	$$SELECT DISTINCT l.customer_id FROM line l WHERE l.started_on < '2024-10-15' AND (l.ended_on IS NULL OR l.ended_on >= '2024-10-15') AND l.cancel_requested_on < '2024-10-15' AND pg_temp.pays(l.customer_id, '2024-10-14') > 0$$,
	'practice 1.5: at risk is everybody who gave notice');
SELECT is_empty($$SELECT p.customer_id, p.at_risk_mrr FROM phase p WHERE p.at_risk_mrr <> coalesce((
		SELECT sum(l.paid) FROM line l WHERE l.customer_id = p.customer_id AND l.started_on < '2024-10-15' AND (l.ended_on IS NULL OR l.ended_on >= '2024-10-15') AND l.cancel_requested_on < '2024-10-15' AND p.phase = 'at_risk'), 0)$$,
	'practice 1.5: with the money of the lines that were cancelled');
SELECT results_eq($$SELECT mrr, at_risk_mrr FROM phase WHERE customer_id = 918$$, $$VALUES (28.00::numeric(18,2), 8.00::numeric(18,2))$$, 'practice 1.5: which is not all that they pay');
SELECT cmp_ok((SELECT count(*) FROM phase WHERE phase = 'at_risk'), '>', 5::bigint, 'practice 1.5: of several customers');
SELECT is_empty($$SELECT p.customer_id, p.segment, p.last_mrr FROM phase p
	CROSS JOIN LATERAL (SELECT max(l.ended_on) - 1 AS day FROM line l WHERE l.customer_id = p.customer_id AND l.paid > 0 AND l.ended_on > l.started_on AND l.ended_on < '2024-10-15') d
	WHERE p.phase IN ('winback_target', 'lost') AND (p.segment, p.last_mrr, p.mrr) IS DISTINCT FROM (pg_temp.segment(p.customer_id, d.day), pg_temp.pays(p.customer_id, d.day)::numeric(18,2), 0)$$,
	'practice 1.6: who left keeps segment and money of the last day paid for');
SELECT cmp_ok((SELECT count(*) FROM phase WHERE phase = 'winback_target' AND last_mrr > 0 AND segment <> '(none)'), '>', 10::bigint, 'practice 1.6: many left');
SELECT is_empty($$SELECT p.customer_id FROM phase p WHERE (p.previous_segment, p.previous_mrr) IS DISTINCT FROM (pg_temp.segment(p.customer_id, '2024-09-14'), pg_temp.pays(p.customer_id, '2024-09-14')::numeric(18,2))$$,
	'practice 1.6: and everybody what they were a month before');
SELECT results_eq($$SELECT segment, last_mrr, previous_segment, previous_mrr FROM phase WHERE customer_id IN (921, 922) ORDER BY customer_id$$,
	$$VALUES ('after', 28.00::numeric(18,2), 'before', 28.00::numeric(18,2)), ('(none)', 8.00, '(none)', 0.00)$$, 'practice 1.6: who came and went inside the month brought nothing a month before');
SELECT results_eq($$SELECT segment, from_phase, to_phase, customers, mrr, at_risk_mrr, last_mrr, previous_mrr FROM whole.phase_flow ORDER BY 1, 2, 3$$,
	$$SELECT s.segment, previous_phase, phase, count(*), sum(mrr), sum(at_risk_mrr), sum(last_mrr), sum(previous_mrr) FROM phase p CROSS JOIN LATERAL (VALUES (p.segment), ('(all)')) s (segment) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3$$,
	'practice 1.6: phase_flow adds them up');

-- 1.4
SELECT set_eq($$SELECT cause, days, churned_customers FROM whole.churn_cause WHERE segment = 'leavers' AND churned_customers < 0$$,
	$$VALUES ('price', 212, -2::bigint), ('(several)', 212, -1), ('moved', 212, -1)$$, 'practice 1.4: of several reasons that of the most money counts, and none by its name');
SELECT is((SELECT sum(churned_customers) FROM whole.churn_cause WHERE segment = '(all)'), (SELECT sum(churned_customers) FROM whole.survival WHERE segment = '(all)' AND product = '(all)'), 'practice 1.4: and everybody has one');

-- 1.7
CREATE TEMP TABLE worth AS
SELECT w.*, (SELECT floor(10 * (count(*) FILTER (WHERE x.value < w.value) + count(*) FILTER (WHERE x.value = w.value) / 2.0) / count(*)) + 1 FROM (
		SELECT customer_id, sum(p.unit_margin + c.paid - p.list_price) AS value FROM closing c JOIN world.product p USING (product) WHERE c.month = '2024-10-01' GROUP BY 1) x) AS decile
FROM (SELECT c.customer_id, sum(p.unit_margin + c.paid - p.list_price) AS value FROM closing c JOIN world.product p USING (product) WHERE c.month = '2024-10-01' GROUP BY 1) w;
SELECT set_eq($$SELECT decile, customers, margin FROM whole.value_decile$$, $$SELECT decile::int, count(*), sum(value)::numeric(18,2) FROM worth GROUP BY 1$$, 'practice 1.7: who is worth the same is in the tenth of the middle of their ranks');
SELECT is((SELECT string_agg(cvm.mid_quantile(r, t, n, 5)::text, ',' ORDER BY x) FROM (SELECT x, rank() OVER (ORDER BY x) AS r, count(*) OVER (ORDER BY x) AS t, count(*) OVER () AS n FROM unnest('{1,1,1,1,2,3,3,4,5,9}'::int[]) AS x) v),
	'2,2,2,2,3,4,4,4,5,5', 'practice 1.7: fifths by mid-rank');
SELECT is((SELECT string_agg(DISTINCT cvm.mid_quantile(i, i, n, q)::text || '|' || ceil(q * i / n::numeric), ' ') FROM generate_series(1, 40) n, generate_series(1, n) i, unnest('{1,2,4,5,10}'::int[]) q
	WHERE n % q = 0 AND cvm.mid_quantile(i, i, n, q) <> ceil(q * i / n::numeric)), NULL, 'practice 1.7: where none are equal they are as many in each');
SELECT is((SELECT string_agg(coalesce(cvm.mid_quantile(r, t, n)::text, '-'), ' ') FROM (VALUES (1, 1, 0), (0, 1, 1), (2, 1, 2), (1, 3, 2), (1, 7, 7)) v (r, t, n)), '- - - - 3', 'practice 1.7: what is no rank has none, and all equals the middle');
CREATE TABLE world.once AS SELECT i AS customer_id, date '2024-01-05' AS occurred_at, 10 AS amount FROM generate_series(1, 100) i UNION ALL SELECT i, '2024-01-06', 10 FROM generate_series(1, 10) i;
SELECT cvm.create_model('b21', tz => 'UTC', as_of => '2024-03-01'), cvm.bind('b21', 'event', 'world.once') \g /dev/null
SELECT results_eq($$SELECT frequency, recency_score, frequency_score, monetary_score, count(*) FROM b21.customer_rfm GROUP BY 1, 2, 3, 4 ORDER BY 1$$,
	$$VALUES (1::bigint, 3, 3, 3, 90::bigint), (2, 5, 5, 5, 10)$$, 'practice 1.7, b21: ninety who bought once are in the middle, and not the best');

-- 1.8
SELECT results_eq($$SELECT customer_id, overlap_from, overlap_to, bundle_mrr, part_mrr, still_pays, is_complete FROM whole.bundle_overlap WHERE customer_id IN (941, 942) ORDER BY 1$$,
	$$VALUES (941, date '2024-03-01', date '2024-06-01', 24.00::numeric(18,2), 8.00::numeric(18,2), false, true), (942, '2024-05-01', '2024-10-15', 24.00, 9.00, true, false)$$, 'practice 1.8: prices are of then, and still_pays says who does');
SELECT is_empty($$SELECT b.customer_id FROM whole.bundle_overlap b
	WHERE (b.bundle_mrr, b.part_mrr) IS DISTINCT FROM (
			(SELECT max(l.paid) FROM line l WHERE l.customer_id = b.customer_id AND l.product = b.bundle AND l.started_on < b.overlap_to AND (l.ended_on IS NULL OR l.ended_on >= b.overlap_to)),
			(SELECT max(l.paid) FROM line l WHERE l.customer_id = b.customer_id AND l.product = b.product AND l.started_on < b.overlap_to AND (l.ended_on IS NULL OR l.ended_on >= b.overlap_to)))
		OR b.still_pays <> (2 = (SELECT count(DISTINCT l.product) FROM line l WHERE l.customer_id = b.customer_id AND l.product IN (b.bundle, b.product) AND l.paid > 0 AND l.started_on < '2024-10-15' AND (l.ended_on IS NULL OR l.ended_on >= '2024-10-15')))$$,
	'practice 1.8: of everybody');

-- 1.9
CREATE TEMP TABLE went AS TABLE whole.product_migration;
SELECT set_eq($$SELECT from_product, to_product, sum(customers)::bigint FROM went WHERE from_product <> '(in)' AND to_product <> '(out)' GROUP BY 1, 2$$,
	$$SELECT from_product, to_product, customers FROM whole.migration_value WHERE value_decile = '(all)'$$, 'practice 1.9: a move is counted alike by product_migration and migration_value');
SELECT is_empty($$SELECT w.row_key, w.entering_customers, n.customers FROM went w CROSS JOIN LATERAL (
		SELECT count(DISTINCT l.customer_id) AS customers FROM line l CROSS JOIN LATERAL (SELECT least((w.month + interval '1 month')::date, w.as_of) - 1 AS closing) d
		WHERE l.product = w.to_product AND l.started_on <= d.closing AND coalesce(l.ended_on > d.closing, true) AND pg_temp.pays(l.customer_id, w.month - 1) <= 0) n
	WHERE w.from_product = '(in)' AND w.entering_customers > n.customers OR w.from_product <> '(in)' AND w.entering_customers <> 0 OR w.to_product <> '(out)' AND w.leaving_customers <> 0$$,
	'practice 1.9: of "(in)" only those enter who paid nothing when the month opened');
CREATE TABLE world.move_product AS SELECT 'OLD' AS product, date '2023-01-01' AS launched_on UNION ALL SELECT 'NEW', '2024-03-01';
CREATE TABLE world.move (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO world.move VALUES (1, 'OLD', '2024-01-05', '2024-03-10', 10), (1, 'NEW', '2024-03-10', NULL, 8), (2, 'OLD', '2024-01-05', '2024-04-05', 10), (2, 'NEW', '2024-03-28', NULL, 8),
	(3, 'OLD', '2024-01-05', NULL, 10), (3, 'NEW', '2024-03-10', NULL, 8), (4, 'NEW', '2024-03-10', NULL, 8);
SELECT pg_temp.see($$SELECT cvm.create_model('move', 'UTC', as_of => '2024-10-01'), cvm.bind('move', 'subscription', 'world.move'), cvm.bind('move', 'product', 'world.move_product')$$) IS NOT NULL AS made \gset
SELECT results_eq($$SELECT month_label, from_product, to_product, customers, entering_customers, leaving_customers FROM move.product_migration WHERE month >= '2024-03-01' ORDER BY 1, 2, 3$$,
	$$VALUES ('2024-03', '(in)', 'NEW', 3::bigint, 1::bigint, 0::bigint), ('2024-03', 'OLD', 'NEW', 1, 0, 0), ('2024-04', 'OLD', '(out)', 1, 0, 0)$$, 'practice 1.9: who gives the old product up in a later month has not migrated, and does not enter or leave');
SELECT results_eq($$SELECT customers FROM move.migration_value WHERE value_decile = '(all)'$$, $$VALUES (1::bigint)$$, 'practice 1.9: migration_value counts the same');
SELECT results_eq($$SELECT switch_entries, add_entries, new_entries FROM move.cannibalization WHERE focal = 'NEW' AND donor = '(all)' AND segment = '(all)' AND channel = '(all)'$$, $$VALUES (2::bigint, 1::bigint, 1::bigint)$$,
	'practice 1.9: cannibalization counts the switch of a later month, by another name');

-- 1.10
SELECT results_eq($$SELECT focal, focal_growth, whole_before, whole_growth, migration_share, round(expected_growth::numeric, 6), verdict FROM whole.growth_or_migration WHERE focal IN ('OIL+', 'GAS+', 'FIBRE+') ORDER BY focal DESC$$,
	$$VALUES ('OIL+', 8::bigint, 10::bigint, 8::bigint, 0::float8, 0::numeric, 'growth'), ('GAS+', 10, 20, 10, 0, 20, 'not_told'), ('FIBRE+', 2, 51, 9, NULL, (51 * (51 - 30) / 30.0)::numeric(18,6), 'not_told')$$,
	'practice 1.10: a family that grows as it did before, or without the new product, says nothing of it');
SELECT is_empty($$SELECT g.row_key FROM whole.growth_or_migration g WHERE g.migration_share < -1 OR (g.verdict = 'migration') <> coalesce(1 - g.whole_growth::numeric / nullif(g.focal_growth, 0) > 0.8 AND g.focal_growth > 0, false)$$, 'practice 1.10: a migration is what it was');

-- 1.11
SELECT results_eq($$SELECT front_lines, front_price, back_lines, back_price, price_gap FROM whole.price_book_gap WHERE product = 'BOOK' AND segment = '(all)'$$,
	$$VALUES (3::bigint, 20.0000::numeric(18,4), 2::bigint, 30.0000::numeric(18,4), 0.5::float8)$$, 'practice 1.11: the front book is newcomers of three months, not who came before and was raised');

CREATE TEMP TABLE book AS TABLE whole.price_book_gap;
SELECT set_eq($$SELECT product, segment, lines FROM book WHERE segment <> '(all)'$$, $$SELECT s.product, pg_temp.segment(s.customer_id, '2024-10-14'), count(*) FROM whole.subscription s
	WHERE s.mrr > 0 AND s.customer_id IS NOT NULL AND s.started_on <= '2024-10-14' AND coalesce(s.ended_on > '2024-10-14', true) GROUP BY 1, 2$$, 'practice 1.11: the gap is told by segment');
SELECT is_empty($$SELECT product FROM book GROUP BY product HAVING sum(lines) <> 2 * max(lines) FILTER (WHERE segment = '(all)') OR sum(exposed_mrr) <> 2 * max(exposed_mrr) FILTER (WHERE segment = '(all)') OR count(DISTINCT best_price) > 1$$,
	'practice 1.11: segments make the total, beside the best price of all');

-- 1.15
CREATE TEMP TABLE rfm AS TABLE whole.customer_rfm;
SELECT is_empty($$SELECT r.customer_id, r.event_amount, r.subscription_amount, r.monetary FROM rfm r
	LEFT JOIN (SELECT e.customer_id, sum(e.amount) AS amount FROM world.event e WHERE (e.occurred_at AT TIME ZONE 'UTC')::date BETWEEN date '2024-10-15' - 365 AND '2024-10-14' GROUP BY 1) e USING (customer_id)
	LEFT JOIN (SELECT l.customer_id, sum(l.paid * (SELECT count(*) FROM generate_series(l.started_on, coalesce(l.ended_on - 1, '2024-10-14'), interval '1 day') d WHERE d BETWEEN date '2024-10-15' - 365 AND '2024-10-14')) / (365.25 / 12) AS amount
		FROM line l GROUP BY 1) s USING (customer_id)
	WHERE r.event_amount <> round(coalesce(e.amount, 0), 2) OR coalesce(r.subscription_amount, 0) <> round(coalesce(s.amount, 0), 2) OR r.monetary <> round(coalesce(e.amount, 0) + coalesce(s.amount, 0), 2)$$,
	'practice 1.15: money of customer_rfm is of events and subscriptions');
SELECT cmp_ok((SELECT count(*) FROM rfm WHERE subscription_amount > 0 AND event_amount > 0), '>', 100::bigint, 'practice 1.15: most have both');
SELECT is_empty($$SELECT a.customer_id FROM rfm a JOIN rfm b ON a.monetary > b.monetary AND a.monetary_score < b.monetary_score$$, 'practice 1.15: who brings more has no lower a score');

-- 1.13
SELECT is_empty($$SELECT c.row_key FROM card c JOIN kpi k USING (segment, month)
	WHERE c.metric = 'closing_mrr' AND (c.variance IS DISTINCT FROM k.closing_mrr - 700 OR c.attainment IS DISTINCT FROM k.closing_mrr::float8 / 700)$$, 'practice 1.13: variance is exact to the cent');
SELECT is_empty($$SELECT c.row_key FROM card c JOIN kpi k USING (segment, month)
	WHERE c.metric = 'churn_rate' AND (abs(c.attainment - 0.05 / nullif(k.churn_rate, 0)) > 1e-9 OR c.better <> 'lower' OR (c.attainment >= 1) <> c.is_met)$$, 'practice 1.13: churn of twice the target reaches half of it');
SELECT cmp_ok((SELECT count(*) FROM card WHERE metric = 'churn_rate' AND attainment < 1), '>', 3::bigint, 'practice 1.13: often enough');

-- 1.16
SELECT is_empty($$SELECT s.row_key FROM rates s JOIN waterfall m USING (segment, month)
	WHERE (s.churned_customers, s.churned_mrr, s.lost_mrr) IS DISTINCT FROM (m.churn_customers, m.churn_mrr, (m.churn_mrr + m.contraction_mrr)::numeric(18,2))
		OR abs(s.logo_churn_rate + m.churn_customers::numeric / nullif(s.at_risk_customers, 0)) > 1e-9 OR s.quick_ratio < 0$$, 'practice 1.16: losses are negative in subscription_kpi too');

SELECT * FROM finish();
ROLLBACK;
