\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Who is behind the waterfall, and why.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
\i test/world.sql
SET LOCAL client_min_messages = warning;
SELECT world.model('w') \g /dev/null

-- customers add up to the waterfall, line by line
CREATE TEMP TABLE line AS
SELECT m.segment, m.month, x.line, x.mrr, x.customers
FROM w.mrr_movement m
CROSS JOIN LATERAL (VALUES ('new', new_mrr, new_customers), ('reactivation', reactivation_mrr, reactivation_customers),
	('expansion', expansion_mrr, expansion_customers), ('contraction', contraction_mrr, contraction_customers),
	('churn', churn_mrr, churn_customers), ('moved_in', moved_in_mrr, moved_in_customers), ('moved_out', moved_out_mrr, moved_out_customers),
	('promotion_end', promotion_end_mrr, promotion_end_customers), ('paused', paused_mrr, paused_customers), ('same_period', 0, same_period_customers)) x (line, mrr, customers);
SELECT is_empty($$SELECT * FROM (SELECT segment, month, line, mrr, customers FROM line WHERE segment <> '(all)') l
	FULL JOIN (SELECT segment, month, line, sum(change) AS mrr, sum(customers) AS customers FROM w.customer_movement GROUP BY 1, 2, 3) c USING (segment, month, line)
	WHERE coalesce(l.mrr, 0) <> coalesce(c.mrr, 0) OR coalesce(l.customers, 0) <> coalesce(c.customers, 0)$$,
	'customers of a segment, month and line add up to mrr_movement');
SELECT is_empty($$SELECT * FROM (SELECT month, line, mrr, customers FROM line WHERE segment = '(all)' AND line NOT LIKE 'moved%') l
	FULL JOIN (SELECT month, line, sum(change) AS mrr, sum(customers) AS customers FROM w.customer_movement WHERE line NOT LIKE 'moved%' GROUP BY 1, 2) c USING (month, line)
	WHERE coalesce(l.mrr, 0) <> coalesce(c.mrr, 0) OR coalesce(l.customers, 0) <> coalesce(c.customers, 0)$$,
	'customers of all segments, month and line, add up to the total of mrr_movement');
SELECT is_empty($$SELECT * FROM (SELECT segment, month, closing_mrr - opening_mrr AS mrr FROM w.segment_kpi WHERE segment <> '(all)') k
	JOIN (SELECT segment, month, sum(change) AS mrr FROM w.customer_movement GROUP BY 1, 2) c USING (segment, month) WHERE k.mrr <> c.mrr$$,
	'customers of a segment, month and line add up to segment_kpi');
SELECT cmp_ok((SELECT count(*) FROM line WHERE customers <> 0), '>=', 100::bigint, 'there was much to compare');
SELECT is((SELECT count(*) - count(DISTINCT row_key) FROM w.customer_movement), 0::bigint, 'a row has a key of its own');
SELECT cmp_ok((SELECT count(DISTINCT cause) FROM w.customer_movement), '>=', 9::bigint, 'most causes occur');

-- what customers paid, from the spells themselves
SELECT is_empty($$SELECT c.row_key, c.mrr_before, c.mrr_after FROM w.customer_movement c
	CROSS JOIN LATERAL (SELECT
		coalesce(sum(s.mrr) FILTER (WHERE s.started_on < c.month AND coalesce(s.ended_on >= c.month, true)), 0) AS before,
		coalesce(sum(s.mrr) FILTER (WHERE s.started_on < e.day AND coalesce(s.ended_on >= e.day, true)), 0) AS after
		FROM (SELECT least((c.month + interval '1 month')::date, c.as_of) AS day) e
		JOIN w.subscription s ON s.customer_id = c.customer_id
		WHERE NOT coalesce(lower(s.status) = ANY ('{trial,free,paused}'), false)) b
	WHERE (greatest(b.before, 0), greatest(b.after, 0)) <> (c.mrr_before, c.mrr_after)$$, 'mrr_before and mrr_after are the prices held on the two days');

-- of one month alone
CREATE TEMP TABLE everybody AS
SELECT row_key, segment::text, customer_id::text, month, month_label, line, customers, change, mrr_before, mrr_after, cause, product::text, from_product::text,
	reason::text, channel::text, owner::text, is_complete, as_of
FROM w.customer_movement;
CREATE TEMP TABLE alone AS
SELECT m.row_key, m.segment, m.customer_id, x.month, m.month_label, m.line, m.customers, m.change, m.mrr_before, m.mrr_after, m.cause, m.product, m.from_product,
	m.reason, m.channel, m.owner, m.is_complete, m.as_of
FROM (SELECT DISTINCT e.month FROM everybody e) x CROSS JOIN LATERAL cvm.customer_movement('w', x.month + 9) m;
SELECT is_empty('(TABLE everybody EXCEPT ALL TABLE alone) UNION ALL (TABLE alone EXCEPT ALL TABLE everybody)', 'a month alone has the rows that it has among all');
SELECT results_eq($$SELECT row_key, segment, change, reason, channel, owner FROM cvm.customer_movement('w', '2024-06-01', 'S') ORDER BY row_key COLLATE "C"$$,
	$$SELECT row_key, segment, change, reason, channel, owner FROM everybody WHERE month = '2024-06-01' AND segment = 'S' ORDER BY row_key COLLATE "C"$$, 'a segment of a month has the rows that it has among all');
SELECT throws_ok($$SELECT * FROM cvm.customer_movement('w', NULL)$$, '22023', '"NULL" is not a month', 'no month is refused');
SELECT throws_ok($$SELECT * FROM cvm.customer_movement('nowhere', '2024-06-01')$$, '42704', NULL, 'no model is refused');

-- where prices are rounded, what is shown of a month depends on the others
CREATE TABLE part_spell AS SELECT c AS customer_id, 'A' AS product, date '2024-01-05' + 20 * c AS started_on, CASE WHEN c % 2 = 0 THEN date '2024-05-05' + c END AS ended_on, 3.335 + c / 7.0 AS mrr
FROM generate_series(1, 6) c;
SELECT cvm.create_model('part', tz => 'UTC', currency => 'EUR', as_of => '2024-07-01') \g /dev/null
SELECT cvm.bind('part', 'subscription', 'part_spell') \g /dev/null
SELECT results_eq($$SELECT x.month, m.row_key, m.change FROM (SELECT DISTINCT v.month FROM part.customer_movement v) x CROSS JOIN LATERAL cvm.customer_movement('part', x.month) m ORDER BY 1, 2$$,
	'SELECT month, row_key, change FROM part.customer_movement ORDER BY 1, 2', 'of prices that are rounded the view is read');

-- planted: one customer for each cause, in March
CREATE TABLE plan_spell (customer_id text, product text, started_on date, ended_on date, mrr numeric, channel text, offer text, status text, end_reason text);
INSERT INTO plan_spell VALUES
	('first', 'A', '2024-03-05', NULL, 10, 'web', NULL, NULL, NULL),
	('return', 'A', '2024-01-05', '2024-02-05', 10, NULL, NULL, NULL, 'moved'), ('return', 'B', '2024-03-05', NULL, 12, 'shop', NULL, NULL, NULL),
	('left', 'A', '2024-01-05', '2024-03-10', 10, NULL, NULL, NULL, 'addon'), ('left', 'B', '2024-01-05', '2024-03-10', 30, NULL, NULL, NULL, 'price'),
	('to_free', 'A', '2024-01-05', '2024-03-10', 10, NULL, NULL, NULL, NULL), ('to_free', 'A', '2024-03-10', NULL, 0, NULL, NULL, NULL, NULL),
	('same_period', 'A', '2024-03-05', '2024-03-20', 10, NULL, NULL, NULL, NULL),
	('pause', 'A', '2024-01-05', '2024-03-10', 10, NULL, NULL, NULL, NULL), ('pause', 'A', '2024-03-10', NULL, 10, NULL, NULL, 'paused', NULL),
	('plan', 'A', '2024-01-05', '2024-03-10', 10, NULL, NULL, NULL, NULL), ('plan', 'B', '2024-03-10', NULL, 14, NULL, NULL, NULL, NULL),
	('new_product', 'A', '2024-01-05', NULL, 10, NULL, NULL, NULL, NULL), ('new_product', 'B', '2024-03-10', NULL, 14, NULL, NULL, NULL, NULL),
	('left_product', 'A', '2024-01-05', NULL, 10, NULL, NULL, NULL, NULL), ('left_product', 'B', '2024-01-10', '2024-03-10', 14, NULL, NULL, NULL, 'unused'),
	('quantity', 'A', '2024-01-05', NULL, 10, NULL, NULL, NULL, NULL), ('quantity', 'A', '2024-03-10', NULL, 10, NULL, NULL, NULL, NULL),
	('promotion', 'A', '2024-01-05', '2024-03-10', 10, NULL, NULL, NULL, NULL), ('promotion', 'A', '2024-03-10', NULL, 8, NULL, 'SAVE', NULL, NULL),
	('promotion_end', 'A', '2024-01-05', '2024-03-10', 5, NULL, 'WELCOME', NULL, NULL), ('promotion_end', 'A', '2024-03-10', NULL, 10, NULL, NULL, NULL, NULL),
	('price', 'A', '2024-01-05', '2024-03-10', 10, NULL, NULL, NULL, NULL), ('price', 'A', '2024-03-10', NULL, 12, NULL, NULL, NULL, NULL),
	('price', 'B', '2024-01-05', NULL, 99, NULL, NULL, NULL, NULL),
	('nothing', 'A', '2024-01-05', '2024-03-10', 10, NULL, NULL, NULL, NULL), ('nothing', 'A', '2024-03-10', NULL, 10, NULL, NULL, NULL, NULL);
SELECT cvm.create_model('plan', tz => 'UTC', currency => 'EUR', as_of => '2024-04-01') \g /dev/null
SELECT cvm.bind('plan', 'subscription', 'plan_spell') \g /dev/null
SELECT results_eq($$SELECT customer_id COLLATE "default", segment, line, cause, product, from_product, change, mrr_before, mrr_after, reason COLLATE "default", channel COLLATE "default"
	FROM plan.customer_movement WHERE month = '2024-03-01' ORDER BY customer_id$$,
	$$VALUES ('first', '(all)', 'new', 'first', 'A', NULL, 10::numeric(18,2), 0::numeric(18,2), 10::numeric(18,2), NULL, 'web'),
	('left', '(all)', 'churn', 'left', 'B', NULL, -40, 40, 0, 'price', '(unknown)'),
	('left_product', '(all)', 'contraction', 'left_product', 'B', NULL, -14, 24, 10, 'unused', '(unknown)'),
	('new_product', '(all)', 'expansion', 'new_product', 'B', NULL, 14, 10, 24, NULL, '(unknown)'),
	('pause', '(all)', 'paused', 'pause', 'A', NULL, -10, 10, 0, NULL, '(unknown)'),
	('plan', '(all)', 'expansion', 'plan', 'B', 'A', 4, 10, 14, NULL, '(unknown)'),
	('price', '(all)', 'expansion', 'price', 'A', NULL, 2, 109, 111, NULL, '(unknown)'),
	('promotion', '(all)', 'contraction', 'promotion', 'A', NULL, -2, 10, 8, '(unknown)', '(unknown)'),
	('promotion_end', '(all)', 'promotion_end', 'promotion_end', 'A', NULL, 5, 5, 10, NULL, '(unknown)'),
	('quantity', '(all)', 'expansion', 'quantity', 'A', NULL, 10, 10, 20, NULL, '(unknown)'),
	('return', '(all)', 'reactivation', 'return', 'B', NULL, 12, 0, 12, NULL, 'shop'),
	('same_period', '(all)', 'same_period', 'same_period', 'A', NULL, 0, 0, 0, NULL, '(unknown)'),
	('to_free', '(all)', 'churn', 'to_free', 'A', NULL, -10, 10, 0, '(unknown)', '(unknown)')$$,
	'each cause is told, by the product that it is about; of several reasons that of the line that brought most');

-- a segment has an owner, as of the month
CREATE TABLE plan_segment (customer_id text, segment text, valid_from date, valid_to date);
INSERT INTO plan_segment SELECT DISTINCT customer_id, 'home', date '2024-01-01', NULL::date FROM plan_spell;
CREATE TABLE plan_owner (subject_kind text, subject text, owner text, accountable boolean, valid_from date, valid_to date);
INSERT INTO plan_owner VALUES ('segment', 'home', 'Ada', true, '2024-01-01', '2024-03-15'), ('segment', 'home', 'Bob', true, '2024-03-15', NULL);
SELECT cvm.bind('plan', 'segment_history', 'plan_segment') \g /dev/null
SELECT is((SELECT string_agg(DISTINCT segment || ' ' || coalesce(owner, 'nobody'), ', ') FROM plan.customer_movement), 'home nobody', 'without owners the column is there, and empty');
SELECT cvm.bind('plan', 'owner', 'plan_owner') \g /dev/null
SELECT results_eq('SELECT DISTINCT month_label, owner COLLATE "default" FROM plan.customer_movement ORDER BY 1', $$VALUES ('2024-01', 'Ada'), ('2024-02', 'Ada'), ('2024-03', 'Bob')$$, 'who answers is told as of the end of each month');

-- random customers: the lines of each add up to the waterfall of all
CREATE FUNCTION pg_temp.differing(seed int) RETURNS bigint LANGUAGE sql AS $$
	WITH spell AS (
		SELECT n / 4 AS c, (ARRAY['P', 'Q', 'R'])[1 + hashtext('p' || seed || '.' || n) & 1 + hashtext('q' || seed || '.' || n) & 1] AS product,
			date '2024-01-01' + (hashtext('s' || seed || '.' || n) & 127) AS s, (hashtext('l' || seed || '.' || n) & 127) AS l,
			(hashtext('m' || seed || '.' || n) & 15) - 2 AS mrr, hashtext('z' || seed || '.' || n) & 7 = 0 AS paused, hashtext('o' || seed || '.' || n) & 3 AS offer
		FROM generate_series(0, 99) n
	), held AS (
		SELECT c, datemultirange(daterange(date '2024-01-01' + (hashtext('f' || seed || '.' || c) & 63), date '2024-03-20' + (hashtext('g' || seed || '.' || c) & 63))) AS days
		FROM generate_series(0, 24) c
	), customer AS (
		SELECT c, cvm.holdings_agg(product, s, CASE WHEN l < 100 THEN s + 1 + l END, mrr, NULL, nullif(offer, 0)::text, paused) AS h FROM spell GROUP BY c
	), way AS (
		SELECT x.way, m.* FROM (
			SELECT 'all' AS way, cvm.movement_agg(h, 'month', '2024-06-10', 20) AS state FROM customer
			UNION ALL SELECT 'held', cvm.movement_agg(h, 'month', '2024-06-10', days, 20) FROM customer JOIN held USING (c)) x,
			LATERAL cvm.movements(x.state) m
	), wanted AS (
		SELECT way, period_start, l.line, l.mrr, l.customers FROM way w, LATERAL (VALUES ('new', new_mrr, new_customers), ('reactivation', reactivation_mrr, reactivation_customers),
			('expansion', expansion_mrr, expansion_customers), ('contraction', contraction_mrr, contraction_customers), ('churn', churn_mrr, churn_customers),
			('moved_in', moved_in_mrr, moved_in_customers), ('moved_out', moved_out_mrr, moved_out_customers), ('paused', paused_mrr, paused_customers),
			('same_period', 0, same_period_customers)) l (line, mrr, customers)
	), got AS (
		SELECT way, period_start, line, sum(change_mrr) AS mrr, sum(customers) AS customers FROM (
			SELECT 'all' AS way, m.* FROM customer, LATERAL cvm.customer_movements(h, 'month', '2024-06-10', 20) m
			UNION ALL SELECT 'held', m.* FROM customer JOIN held USING (c), LATERAL cvm.customer_movements(h, 'month', '2024-06-10', 20, days) m) x
		GROUP BY 1, 2, 3
	)
	SELECT count(*) FROM wanted w FULL JOIN got g USING (way, period_start, line)
	WHERE coalesce(w.mrr, 0) <> coalesce(g.mrr, 0) OR coalesce(w.customers, 0) <> coalesce(g.customers, 0)
$$;
SELECT is((SELECT sum(pg_temp.differing(seed)) FROM generate_series(1, 240) seed), 0::numeric, 'in 240 random worlds with pauses, in a segment or not, customers add up to the waterfall');
SELECT throws_ok($$SELECT cvm.customer_movements(cvm.holdings_agg('A', '2024-01-01', NULL, 1), 'fortnight', '2024-02-01', 0)$$, '22023', NULL, 'an unknown grain is refused');

SELECT * FROM finish();
ROLLBACK;
