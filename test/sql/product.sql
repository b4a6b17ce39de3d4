\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Products and those who came, beside plain SQL over days, and the customers
-- behind every figure, in random worlds: CVM_WORLDS=60 for so many.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
\set worlds 2
\getenv worlds CVM_WORLDS

CREATE SCHEMA rnd;
CREATE TABLE rnd.book (customer_id int, product text, started_on date, ended_on date, mrr numeric(10,2), channel text, offer text);
CREATE TABLE rnd.stay (customer_id int, segment text, valid_from date, valid_to date);
CREATE TABLE rnd.listed (product text, unit_margin numeric(10,2), list_price numeric(10,2));
INSERT INTO rnd.listed VALUES ('A', 4, 10), ('B', 6, 12), ('C', 3, 9);
CREATE TABLE rnd.cost (month date, pool text, amount numeric(10,2));
CREATE FUNCTION rnd.draw(what text, w int, i int, below int) RETURNS int LANGUAGE sql IMMUTABLE
RETURN (hashtext(what || w || '/' || i) & 2147483647) % below;
-- up to four spells of each customer: gaps, hand-overs on one day, parallel lines
CREATE FUNCTION rnd.fill(w int) RETURNS void LANGUAGE sql AS $$
	DELETE FROM rnd.book; DELETE FROM rnd.stay; DELETE FROM rnd.cost;
	INSERT INTO rnd.book
	SELECT c, (ARRAY['A', 'B', 'C'])[1 + rnd.draw('product', w, i, 3)], d.day, CASE WHEN rnd.draw('open', w, i, 4) > 0 THEN d.day + 1 + rnd.draw('length', w, i, 150) END,
		8 + rnd.draw('price', w, i, 8), (ARRAY['shop', 'web', NULL])[1 + rnd.draw('channel', w, i, 3)], (ARRAY['try', NULL])[1 + rnd.draw('offer', w, i, 2)]
	FROM generate_series(1, 40) c, generate_series(0, 3) n, LATERAL (SELECT c * 4 + n AS i) i, LATERAL (SELECT date '2024-01-10' + rnd.draw('day', w, i, 60) + n * (40 + rnd.draw('gap', w, i, 60)) AS day) d
	WHERE n <= rnd.draw('spells', w, c, 4);
	INSERT INTO rnd.stay
	SELECT c, (ARRAY['x', 'y'])[1 + rnd.draw('segment', w, c, 2)], date '2024-01-01', CASE WHEN c % 3 = 0 THEN date '2024-05-15' END FROM generate_series(1, 36) c
	UNION ALL SELECT c, (ARRAY['x', 'y'])[1 + rnd.draw('second', w, c, 2)], date '2024-05-15', NULL FROM generate_series(3, 36, 3) c;
	INSERT INTO rnd.cost SELECT m::date, p, 100 FROM generate_series('2024-01-01', '2024-06-01', interval '1 month') m, unnest('{acquisition,care}'::text[]) p;
$$;
SELECT rnd.fill(1) IS NULL AS filled \gset
SELECT cvm.create_model('pk', tz => 'UTC', as_of => '2024-10-15') IS NULL AS made \gset
SELECT cvm.bind('pk', 'subscription', 'rnd.book') IS NULL AS b1, cvm.bind('pk', 'segment_history', 'rnd.stay') IS NULL AS b2, cvm.bind('pk', 'product', 'rnd.listed') IS NULL AS b3, cvm.bind('pk', 'cost', 'rnd.cost') IS NULL AS b4 \gset

-- who pays how much for what on a day
CREATE FUNCTION rnd.paid(day date) RETURNS TABLE (customer_id int, product text, mrr numeric, lines bigint) LANGUAGE sql STABLE AS $$
	SELECT b.customer_id, b.product, sum(b.mrr), count(*) FROM rnd.book b WHERE b.started_on <= day AND coalesce(b.ended_on > day, true) GROUP BY 1, 2;
$$;
CREATE VIEW rnd.product_kpi AS
SELECT p.product, m.month, o.customers AS opening_customers,
	(SELECT count(*) FROM rnd.paid(m.closing) a WHERE a.product = p.product AND NOT EXISTS (SELECT FROM rnd.book b WHERE b.customer_id = a.customer_id AND b.product = p.product AND b.started_on < m.month)) AS new_customers,
	(SELECT count(*) FROM rnd.paid(m.closing) a WHERE a.product = p.product AND EXISTS (SELECT FROM rnd.book b WHERE b.customer_id = a.customer_id AND b.product = p.product AND b.started_on < m.month)
		AND NOT EXISTS (SELECT FROM rnd.paid(m.month - 1) b WHERE b.customer_id = a.customer_id AND b.product = p.product)) AS winback_customers,
	-(SELECT count(*) FROM rnd.paid(m.month - 1) a WHERE a.product = p.product AND NOT EXISTS (SELECT FROM rnd.paid(m.closing) b WHERE b.customer_id = a.customer_id AND b.product = p.product)) AS churned_customers,
	c.customers AS closing_customers, o.mrr AS opening_mrr,
	(SELECT coalesce(sum(greatest(a.mrr - b.mrr, 0)), 0) FROM rnd.paid(m.closing) a JOIN rnd.paid(m.month - 1) b USING (customer_id, product) WHERE a.product = p.product) AS expansion_mrr,
	(SELECT -coalesce(sum(greatest(b.mrr - a.mrr, 0)), 0) FROM rnd.paid(m.closing) a JOIN rnd.paid(m.month - 1) b USING (customer_id, product) WHERE a.product = p.product) AS contraction_mrr,
	c.mrr AS closing_mrr, c.lines, c.lines * l.unit_margin + c.mrr - c.lines * l.list_price AS margin
FROM (SELECT DISTINCT b.product FROM rnd.book b) p
JOIN rnd.listed l USING (product)
CROSS JOIN (SELECT d::date AS month, least((d + interval '1 month')::date, '2024-10-15') - 1 AS closing FROM generate_series('2024-01-01', '2024-10-01', interval '1 month') d) m
CROSS JOIN LATERAL (SELECT count(*) AS customers, coalesce(sum(a.mrr), 0) AS mrr FROM rnd.paid(m.month - 1) a WHERE a.product = p.product) o
CROSS JOIN LATERAL (SELECT count(*) AS customers, coalesce(sum(a.mrr), 0) AS mrr, coalesce(sum(a.lines), 0)::bigint AS lines FROM rnd.paid(m.closing) a WHERE a.product = p.product) c
WHERE m.month >= (SELECT date_trunc('month', min(b.started_on)::timestamp) FROM rnd.book b WHERE b.product = p.product);

-- who came in which month, and what they brought on every day since
CREATE VIEW rnd.came AS
SELECT a.customer_id, m.month, m.closing, EXISTS (SELECT FROM rnd.book b WHERE b.customer_id = a.customer_id AND b.started_on < m.month) AS is_recycled,
	coalesce(f.channel, '(unknown)') AS channel, coalesce(f.offer, '(none)') AS offer
FROM (SELECT d::date AS month, least((d + interval '1 month')::date, '2024-10-15') - 1 AS closing FROM generate_series('2024-01-01', '2024-10-01', interval '1 month') d) m
CROSS JOIN LATERAL (SELECT DISTINCT x.customer_id FROM rnd.paid(m.closing) x EXCEPT SELECT x.customer_id FROM rnd.paid(m.month - 1) x) a
CROSS JOIN LATERAL (SELECT b.channel, b.offer FROM rnd.book b WHERE b.customer_id = a.customer_id AND b.started_on <= m.closing AND coalesce(b.ended_on > m.closing, true)
	ORDER BY b.started_on, b.mrr DESC, b.channel COLLATE "C", b.offer COLLATE "C" LIMIT 1) f;
CREATE VIEW rnd.quality AS
SELECT c.channel, c.offer, c.month, count(*) AS acquired, count(*) FILTER (WHERE c.is_recycled) AS recycled,
	CASE WHEN c.month + interval '4 months' <= '2024-10-15' THEN count(*) FILTER (WHERE c.customer_id IN (SELECT p.customer_id FROM rnd.paid((c.month + interval '4 months')::date - 1) p)) END AS retained_3,
	CASE WHEN c.month + interval '7 months' <= '2024-10-15' THEN count(*) FILTER (WHERE c.customer_id IN (SELECT p.customer_id FROM rnd.paid((c.month + interval '7 months')::date - 1) p)) END AS retained_6,
	round(sum((SELECT sum(b.mrr) FROM generate_series(c.month::timestamp, '2024-10-14', '1 day') d, rnd.book b WHERE b.customer_id = c.customer_id AND b.started_on <= d::date AND coalesce(b.ended_on > d::date, true)
		AND d::date < coalesce((SELECT min(n.month) FROM rnd.came n WHERE n.customer_id = c.customer_id AND n.month > c.month), 'infinity'))) / 30.4375, 1) AS revenue,
	round(sum((SELECT sum(l.unit_margin + b.mrr - l.list_price) FROM generate_series(c.month::timestamp, '2024-10-14', '1 day') d, rnd.book b JOIN rnd.listed l USING (product)
		WHERE b.customer_id = c.customer_id AND b.started_on <= d::date AND coalesce(b.ended_on > d::date, true)
		AND d::date < coalesce((SELECT min(n.month) FROM rnd.came n WHERE n.customer_id = c.customer_id AND n.month > c.month), 'infinity'))) / 30.4375, 1) AS margin,
	round(sum(100.0 / (SELECT count(*) FROM rnd.came n WHERE n.month = c.month)) FILTER (WHERE c.month <= '2024-06-01'), 1) AS cost
FROM rnd.came c
GROUP BY 1, 2, 3;

-- what is wrong in a world
CREATE FUNCTION rnd.wrong(w int) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	v text;
	r record;
	n bigint;
BEGIN
	PERFORM rnd.fill(w);
	RETURN QUERY
	SELECT format('world %s: product_kpi %s %s: %s and %s', w, coalesce(k.product, b.product), coalesce(k.month, b.month), k::text, b::text)
	FROM (SELECT product, month, opening_customers, new_customers, winback_customers, churned_customers, closing_customers, opening_mrr, expansion_mrr, contraction_mrr, closing_mrr, lines, margin FROM pk.product_kpi) k
	FULL JOIN rnd.product_kpi b ON b.product = k.product AND b.month = k.month
	WHERE (k.opening_customers, k.new_customers, k.winback_customers, k.churned_customers, k.closing_customers, k.opening_mrr, k.expansion_mrr, k.contraction_mrr, k.closing_mrr, k.lines, k.margin)
		IS DISTINCT FROM (b.opening_customers, b.new_customers, b.winback_customers, b.churned_customers, b.closing_customers, b.opening_mrr, b.expansion_mrr, b.contraction_mrr, b.closing_mrr, b.lines, b.margin);
	RETURN QUERY
	SELECT format('world %s: acquisition_quality %s %s: %s and %s', w, coalesce(k.row_key, b.channel || b.offer), b.month, k::text, b::text)
	FROM (SELECT row_key, channel, offer, cohort, acquired_customers, recycled_customers, retained_3_customers, retained_6_customers, revenue_so_far, margin_so_far, acquisition_cost FROM pk.acquisition_quality) k
	FULL JOIN rnd.quality b ON b.channel = k.channel AND b.offer = k.offer AND b.month = k.cohort
	WHERE (k.acquired_customers, k.recycled_customers, k.retained_3_customers, k.retained_6_customers) IS DISTINCT FROM (b.acquired, b.recycled, b.retained_3, b.retained_6)
		OR abs(k.revenue_so_far - b.revenue) > 0.1 OR abs(k.margin_so_far - b.margin) > 0.1 OR (k.acquisition_cost IS NULL) <> (b.cost IS NULL) OR abs(k.acquisition_cost - b.cost) > 0.1;
	-- every list is as long as its count
	FOREACH v IN ARRAY '{mrr_movement,subscription_kpi,subscription_retention,survival,product_migration,product_kpi,acquisition_quality,segment_kpi,segment_migration,segment_migration_4_weeks}'::text[] LOOP
		EXECUTE format('CREATE TEMP TABLE wanted AS TABLE pk.%I', v);
		PERFORM set_config('search_path', 'pg_catalog, pk, pg_temp', true);
		EXECUTE 'CREATE TEMP TABLE list AS ' || cvm._list('pk', v, '2024-10-15');
		PERFORM set_config('search_path', 'public, pg_catalog', true);
		FOR r IN SELECT k.column_name, k.unit FROM cvm.report_column k WHERE k.view = v AND k.unit IN ('customers', 'customers (net)') LOOP
			EXECUTE format('SELECT count(*) FROM wanted w LEFT JOIN (SELECT l.row_key, count(DISTINCT l.customer_id) FILTER (WHERE l.%1$I <> 0) AS n, sum(l.%1$I) AS s FROM list l GROUP BY 1) l USING (row_key)
				WHERE w.%1$I <> coalesce(l.s, 0) OR %2$L = ''customers'' AND abs(w.%1$I) <> coalesce(l.n, 0)', r.column_name, r.unit) INTO n;
			IF n > 0 THEN
				RETURN NEXT format('world %s: %s.%s: %s rows', w, v, r.column_name, n);
			END IF;
		END LOOP;
		DROP TABLE wanted, list;
	END LOOP;
END
$$;
SELECT is_empty(format('SELECT * FROM generate_series(1, %s) w, rnd.wrong(w)', :'worlds'), 'products, those who came, and lists of customers are what plain SQL makes of them in random worlds');
SELECT is_empty($$SELECT k.month FROM pk.product_kpi k JOIN pk.mrr_movement m ON m.month = k.month AND m.segment = '(all)' GROUP BY k.month, m.closing_mrr HAVING sum(k.closing_mrr) <> m.closing_mrr$$,
	'money of products adds up to the waterfall');
SELECT is_empty($$SELECT * FROM pk.product_kpi WHERE opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + contraction_mrr + churn_mrr + paused_mrr <> closing_mrr$$, 'the lines of a product add up to its closing');
SELECT is_empty($$SELECT k.row_key FROM pk.product_kpi k WHERE k.from_other_customers <> (SELECT coalesce(sum(m.customers), 0) FROM pk.product_migration m WHERE m.month = k.month AND m.to_product = k.product AND m.from_product <> '(in)')$$,
	'who came from other products is whom product_migration sees come');
SELECT is_empty($$SELECT row_key FROM pk.acquisition_quality WHERE is_paid_back IS DISTINCT FROM (margin_so_far >= acquisition_cost)$$, 'paid back is who earned what they cost');

SELECT * FROM finish();
ROLLBACK;
