\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Cases b08 and F3: money is shown in the minor units of its currency, and adds
-- up as it is shown.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(79);

SELECT results_eq($$SELECT c, cvm.minor_units(c) FROM unnest('{JPY,EUR,kwd,CLF,CHF,VND,TND,XXX,NULL}'::text[]) WITH ORDINALITY AS u(c, n) ORDER BY n$$,
	$$VALUES ('JPY', 0), ('EUR', 2), ('kwd', 3), ('CLF', 4), ('CHF', 2), ('VND', 0), ('TND', 3), ('XXX', 2), (NULL, 2)$$, 'F3: yen have no decimals, dinars three, what is not known two');

-- The case as it was written down
CREATE SCHEMA b08;
CREATE TABLE b08.s (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO b08.s VALUES (1, 'Y', '2024-01-05', NULL, 100 / 12.0), (2, 'Y', '2024-01-08', '2024-02-20', 100 / 12.0), (2, 'Y+', '2024-02-20', NULL, 125 / 12.0),
	(3, 'Y', '2024-01-09', NULL, 100 / 12.0), (4, 'Y', '2024-02-09', NULL, 100 / 12.0);
CREATE TABLE b08.g AS SELECT i AS customer_id, 'S' || i AS segment, date '2024-01-01' AS valid_from, NULL::date AS valid_to FROM generate_series(1, 4) i;
CREATE TABLE b08.k AS SELECT i AS customer_id, 'P'::text AS product, date '2024-01-05' AS started_on, NULL::date AS ended_on, 4.125 AS mrr FROM generate_series(1, 3) i;
DO $$ BEGIN
	PERFORM cvm.create_model('m', 'UTC', as_of => '2024-03-01');
	PERFORM cvm.bind('m', 'segment_history', 'b08.g'), cvm.bind('m', 'subscription', 'b08.s');
	PERFORM cvm.create_model('k', 'UTC', as_of => '2024-02-01', currency => 'KWD');
	PERFORM cvm.bind('k', 'subscription', 'b08.k');
END $$;
SELECT results_eq($$SELECT month_label, opening_mrr, new_mrr, expansion_mrr, closing_mrr FROM m.mrr_movement WHERE segment = '(all)' ORDER BY 1$$,
	$$VALUES ('2024-01', 0::numeric, 25.00, 0::numeric, 25.00), ('2024-02', 25.00, 8.34, 2.08, 35.42)$$, 'b08: opening and closing are rounded, and what is left over is put onto the largest line');
SELECT results_eq($$SELECT month_label, sum(closing_mrr) FILTER (WHERE segment <> '(all)'), max(closing_mrr) FILTER (WHERE segment = '(all)') FROM m.segment_kpi GROUP BY 1 ORDER BY 1$$,
	$$VALUES ('2024-01', 25.00, 25.00), ('2024-02', 35.42, 35.42)$$, 'b08: segments of thirds make the total');
SELECT results_eq('SELECT closing_mrr, closing_mrr::text FROM k.mrr_movement', $$VALUES (12.375, '12.375')$$, 'b08: dinars keep their third decimal');

-- Random portfolios: prices in thirds and sevenths, of whole units, and sums past
-- 10^16; with pauses, segments that change, and free lines
CREATE FUNCTION draw(seed int, what text, below int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(seed || '/' || what), 1, 8))::bit(32)::bigint % below)::int;
$$;
CREATE SCHEMA bill;
CREATE TABLE bill.spell AS
SELECT c AS customer_id, 'p' || draw(c, 'product' || k, 4) AS product, date '2023-01-01' + draw(c, 'start' || k, 500) AS started_on,
	CASE WHEN draw(c, 'open' || k, 3) > 0 THEN date '2023-01-01' + draw(c, 'start' || k, 500) + 1 + draw(c, 'days' || k, 200) END AS ended_on,
	CASE draw(c, 'kind' || k, 9) WHEN 0 THEN 0 WHEN 1 THEN draw(c, 'price' || k, 100)::numeric WHEN 2 THEN draw(c, 'price' || k, 100) / 7.0
		ELSE draw(c, 'price' || k, 1000) / 12.0 END AS mrr,
	CASE draw(c, 'status' || k, 6) WHEN 0 THEN 'paused' ELSE 'paid' END AS status,
	CASE WHEN draw(c, 'term' || k, 3) > 0 THEN date '2023-03-01' + draw(c, 'start' || k, 500) END AS committed_until, NULL::text AS offer
FROM generate_series(1, 200) c, generate_series(1, 4) k
UNION ALL
-- promotions that end, and some prices that rise with it
SELECT 200 + c, 'p' || draw(c, 'promoted', 4), date '2023-01-01' + draw(c, 'from', 400) + 60 * k, CASE k WHEN 0 THEN date '2023-01-01' + draw(c, 'from', 400) + 60 END,
	(5 + draw(c, 'price', 100) + 7 * k) / 6.0, 'paid', NULL, CASE WHEN k = 0 AND draw(c, 'offered', 3) > 0 THEN 'WELCOME' END
FROM generate_series(1, 100) c, generate_series(0, 1) k;
CREATE TABLE bill.large AS SELECT customer_id, product, started_on, ended_on, round(mrr * 1000000000000000, 6) AS mrr, status, committed_until, offer FROM bill.spell;
CREATE TABLE bill.tier AS
SELECT c AS customer_id, 'tier ' || draw(c, 'tier' || k, 4) AS segment, date '2023-01-01' + 150 * k AS valid_from, date '2023-01-01' + 150 * (k + 1) AS valid_to
FROM generate_series(1, 300) c, generate_series(0, 3) k WHERE c % 7 > 0;
CREATE TABLE bill.product AS SELECT 'p' || i AS product, i / 3.0 AS unit_margin, 10 / 3.0 AS list_price FROM generate_series(0, 3) i;
CREATE TABLE bill.cost AS SELECT date '2023-01-01' + 31 * i AS month, 'calls'::text AS pool, 1000 / 3.0 AS amount FROM generate_series(0, 17) i;


-- What does not add up in the model on the path: nothing, it should be
CREATE FUNCTION bad_rows() RETURNS TABLE (what text, row_key text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY
	SELECT 'lines of mrr_movement', m.row_key FROM mrr_movement m
	WHERE opening_mrr + new_mrr + reactivation_mrr + expansion_mrr + promotion_end_mrr + contraction_mrr + churn_mrr + moved_in_mrr + moved_out_mrr + paused_mrr + fx_mrr <> closing_mrr
	UNION ALL
	SELECT 'opening of mrr_movement', m.row_key FROM mrr_movement m JOIN mrr_movement b ON b.segment = m.segment AND b.month = m.month - interval '1 month' WHERE b.closing_mrr <> m.opening_mrr
	UNION ALL
	SELECT 'parts of mrr_movement', m.row_key FROM mrr_movement m
	WHERE NOT price_expansion_mrr BETWEEN 0 AND expansion_mrr OR NOT price_contraction_mrr BETWEEN contraction_mrr AND 0 OR NOT to_free_mrr BETWEEN churn_mrr AND 0
	UNION ALL
	SELECT 'pauses of mrr_movement', m.row_key
	FROM (SELECT x.row_key, closing_paused_mrr, sum(paused_mrr) OVER (PARTITION BY segment ORDER BY month) AS paused FROM mrr_movement x) m WHERE closing_paused_mrr <> -paused
	UNION ALL
	SELECT 'lines without money', m.row_key FROM mrr_movement m
	WHERE (m.new_customers = 0 AND m.new_mrr <> 0) OR (m.churn_customers = 0 AND m.churn_mrr <> 0) OR (m.expansion_customers = 0 AND m.expansion_mrr <> 0)
		OR (m.promotion_end_customers = 0 AND m.promotion_end_mrr <> 0) OR (m.contraction_customers = 0 AND m.contraction_mrr <> 0) OR (m.reactivation_customers = 0 AND m.reactivation_mrr <> 0);
END
$$;
CREATE FUNCTION bad_kpi() RETURNS TABLE (what text, row_key text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY
	SELECT 'subscription_kpi', k.row_key FROM subscription_kpi k JOIN mrr_movement m USING (row_key)
	WHERE (k.opening_mrr, k.closing_mrr, k.churned_mrr, k.lost_mrr, k.gained_mrr, k.at_risk_mrr, k.gross_retained_mrr, k.net_retained_mrr)
		<> (m.opening_mrr, m.closing_mrr, m.churn_mrr, m.churn_mrr + m.contraction_mrr, m.new_mrr + m.expansion_mrr, m.opening_mrr + m.paused_mrr + m.closing_paused_mrr,
			k.at_risk_mrr + m.contraction_mrr + m.churn_mrr, k.at_risk_mrr + m.contraction_mrr + m.churn_mrr + m.expansion_mrr + m.promotion_end_mrr)
		OR NOT k.renewed_mrr BETWEEN 0 AND k.due_mrr OR NOT k.continued_mrr BETWEEN 0 AND k.ended_mrr
	UNION ALL
	SELECT 'customer_movement', concat_ws(' ', m.row_key, l.line, l.mrr, c.change) FROM mrr_movement m
	CROSS JOIN LATERAL (VALUES ('new', new_mrr), ('reactivation', reactivation_mrr), ('expansion', expansion_mrr), ('promotion_end', promotion_end_mrr), ('contraction', contraction_mrr), ('churn', churn_mrr),
		('moved_in', moved_in_mrr), ('moved_out', moved_out_mrr), ('paused', paused_mrr)) AS l (line, mrr)
	LEFT JOIN (
		SELECT s.segment, c.month, c.line, sum(c.change) AS change FROM customer_movement c
		CROSS JOIN LATERAL (SELECT c.segment UNION SELECT '(all)' WHERE c.line NOT LIKE 'moved%') s
		GROUP BY 1, 2, 3) c ON c.segment = m.segment AND c.month = m.month AND c.line = l.line
	WHERE coalesce(c.change, 0) <> l.mrr;
END
$$;
-- As many tests of this as there are views with totals: what is a sum over segments
CREATE FUNCTION totals(model text, named text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	v record;
BEGIN
	FOR v IN
		SELECT f.view, array_agg(f.column_name) AS columns, min(k.formula) AS keys
		FROM cvm.report_footing f
		JOIN cvm.report_sum c ON c.view = f.view AND c.column_name = f.column_name AND 'segment' = ANY (c.dimensions)
		JOIN cvm.report_column k ON k.view = f.view AND k.column_name = 'row_key' AND 'segment' = ANY (string_to_array(k.formula, '|'))
		WHERE to_regclass(model || '.' || f.view) IS NOT NULL
		GROUP BY f.view ORDER BY f.view
	LOOP
		RETURN NEXT is_empty(format($q$SELECT %1$s, c.name, sum(CASE WHEN t.segment = '(all)' THEN -1 ELSE 1 END * (to_jsonb(t) ->> c.name)::numeric)
			FROM %2$I.%3$I t CROSS JOIN unnest(%4$L::text[]) AS c(name) GROUP BY %1$s, c.name HAVING count(*) > 1 AND sum(CASE WHEN t.segment = '(all)' THEN -1 ELSE 1 END * (to_jsonb(t) ->> c.name)::numeric) <> 0$q$,
			coalesce((SELECT string_agg('t.' || k, ', ') FROM unnest(string_to_array(v.keys, '|')) k WHERE k <> 'segment'), '''''::text'), model, v.view, v.columns),
			format('F3: segments of %s make the total, %s', v.view, named));
	END LOOP;
END
$$;

DO $$ BEGIN
	PERFORM cvm.create_model('whole', 'UTC', currency => 'EUR', as_of => '2024-09-15');
	PERFORM cvm.bind('whole', 'segment_history', 'bill.tier'), cvm.bind('whole', 'product', 'bill.product'), cvm.bind('whole', 'cost', 'bill.cost');
	PERFORM cvm.bind('whole', 'subscription', 'bill.spell');
END $$;
SELECT is((SELECT count(*) FROM whole.mrr_movement m WHERE m.closing_mrr <> trunc(m.closing_mrr)) > 100, true, 'F3: there is something to round');

CREATE FUNCTION bad_segments() RETURNS TABLE (what text, row_key text) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY
	SELECT 'segment_kpi', k.row_key FROM segment_kpi k JOIN mrr_movement m USING (row_key)
	WHERE (k.opening_mrr, k.new_mrr, k.reactivation_mrr, k.expansion_mrr, k.promotion_end_mrr, k.contraction_mrr, k.churn_mrr, k.moved_in_mrr, k.moved_out_mrr, k.paused_mrr, k.closing_mrr, k.closing_paused_mrr)
		<> (m.opening_mrr, m.new_mrr, m.reactivation_mrr, m.expansion_mrr, m.promotion_end_mrr, m.contraction_mrr, m.churn_mrr, m.moved_in_mrr, m.moved_out_mrr, m.paused_mrr, m.closing_mrr, m.closing_paused_mrr)
		OR k.margin <> k.product_margin - coalesce(k.allocated_cost, 0) OR k.at_risk_mrr <> k.opening_mrr + k.paused_mrr + k.closing_paused_mrr
		OR k.net_retained_mrr <> k.at_risk_mrr + k.contraction_mrr + k.churn_mrr + k.expansion_mrr + k.promotion_end_mrr
	UNION ALL
	SELECT 'segment_cost', c.month_label FROM segment_cost c GROUP BY c.month_label, c.pool, c.pool_amount HAVING sum(c.allocated_cost) <> c.pool_amount;
END
$$;
-- How far a closing is from what it is, in minor units
CREATE FUNCTION distance(spells regclass) RETURNS TABLE (segment text, units numeric) LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($q$SELECT m.segment, (m.closing_mrr - e.mrr) * power(10::numeric, cvm.minor_units(m.currency)) FROM mrr_movement m CROSS JOIN LATERAL (
		SELECT coalesce(sum(s.mrr), 0) AS mrr FROM %s s
		CROSS JOIN (SELECT least((m.month + interval '1 month')::date, m.as_of) - 1 AS day) d
		LEFT JOIN bill.tier t ON t.customer_id = s.customer_id AND t.valid_from <= d.day AND t.valid_to > d.day
		WHERE s.status <> 'paused' AND s.started_on <= d.day AND coalesce(s.ended_on > d.day, true) AND m.segment IN ('(all)', coalesce(t.segment, '(none)'))) e$q$, spells);
END
$$;
CREATE FUNCTION scales(model text) RETURNS TABLE (type text, n bigint) LANGUAGE sql AS $$
	SELECT format_type(a.atttypid, a.atttypmod), count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
	WHERE c.relnamespace = model::regnamespace AND a.atttypid = 'numeric'::regtype AND a.attnum > 0 AND c.relkind IN ('v', 'r') AND c.relname::text IN (SELECT v.view FROM cvm.report_view v)
	GROUP BY 1 HAVING format_type(a.atttypid, a.atttypmod) NOT IN ('numeric(28,8)', 'numeric(28,4)');
$$;
CREATE FUNCTION laws(named text, spells regclass) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('search_path', 'whole, public', true);
	RETURN NEXT is_empty('SELECT * FROM bad_rows()', 'F3: opening and lines make the closing, ' || named);
	RETURN NEXT is_empty('SELECT * FROM bad_kpi()', 'F3: subscription_kpi and the customers of customer_movement make mrr_movement, ' || named);
	IF to_regclass('segment_kpi') IS NOT NULL THEN
		RETURN NEXT is_empty('SELECT * FROM bad_segments()', 'F3: segment_kpi is mrr_movement, and costs make their pool, ' || named);
		RETURN QUERY SELECT totals('whole', named);
	END IF;
	RETURN NEXT is_empty(format('SELECT * FROM distance(%L) WHERE abs(units) > CASE segment WHEN ''(all)'' THEN 0.5 ELSE 2.5 END', spells),
		'F3: the closing of all is rounded and nothing else, those of segments are within two units and a half, ' || named);
	PERFORM set_config('search_path', 'public', true);
END
$$;
SELECT laws('in euro', 'bill.spell');
SELECT is((SELECT string_agg(type, ' ') FROM scales('whole')), 'numeric(28,2)', 'F3: columns of euro have two decimals');
CREATE TABLE euro AS SELECT * FROM whole.mrr_movement;
DO $$ BEGIN PERFORM cvm.configure('whole', 'currency', 'JPY'); END $$;
SELECT is((SELECT string_agg(type, ' ') FROM scales('whole')), 'numeric(28,0)', 'F3: configure() of the currency makes the views anew: columns of yen have no decimals');
SELECT laws('in yen', 'bill.spell');
DO $$ BEGIN PERFORM cvm.configure('whole', 'currency', 'KWD'); END $$;
SELECT is((SELECT string_agg(type, ' ') FROM scales('whole')), 'numeric(28,3)', 'F3: columns of dinars have three');
SELECT laws('in dinars', 'bill.spell');
DO $$ BEGIN PERFORM cvm.bind('whole', 'subscription', 'bill.large'); END $$;
SELECT laws('past 10^16', 'bill.large');
SELECT results_eq('SELECT max(closing_mrr) > 10::numeric ^ 16 FROM whole.mrr_movement', 'VALUES (true)', 'b08: sums past 10^16 are shown');
DO $$ BEGIN PERFORM cvm.create_model('plain', 'UTC', currency => 'EUR', as_of => '2024-09-15'), cvm.bind('plain', 'subscription', 'bill.spell'); END $$;
SELECT results_eq($$SELECT p.month, p.opening_mrr, p.new_mrr, p.reactivation_mrr, p.expansion_mrr, p.promotion_end_mrr, p.contraction_mrr, p.churn_mrr, p.paused_mrr, p.closing_mrr FROM plain.mrr_movement p ORDER BY 1$$,
	$$SELECT e.month, e.opening_mrr, e.new_mrr, e.reactivation_mrr, e.expansion_mrr, e.promotion_end_mrr, e.contraction_mrr, e.churn_mrr, e.paused_mrr, e.closing_mrr FROM euro e WHERE e.segment = '(all)' ORDER BY 1$$,
	'F3: what is shown of all does not depend on the segments');

-- In tables too
DO $$ BEGIN PERFORM cvm.store('k', 'mrr_movement'), cvm.refresh_here('k'); PERFORM cvm.configure('k', 'currency', 'JPY'); END $$;
SELECT is((SELECT closing_mrr::text FROM k.mrr_movement), '12', 'F3: a report that is stored is shown in the new currency at once');
DO $$ BEGIN PERFORM cvm.refresh_here('k'); END $$;
SELECT results_eq($$SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = cvm._table('k', 'mrr_movement')::regclass AND a.attname = 'closing_mrr'$$,
	$$VALUES ('numeric(28,0)')$$, 'F3: and refresh() makes its table anew');
SELECT is((SELECT closing_mrr::text FROM k.mrr_movement), '12', 'F3: the view reads the table that refresh() made');
SELECT is_empty($$SELECT view, column_name, type FROM cvm.report_column WHERE type LIKE 'numeric%' AND type NOT IN ('numeric(28,2)', 'numeric(28,8)', 'numeric(28,4)')$$, 'F3: money is numeric(28,2) in every part, which views show in the units of their currency');
SELECT is_empty($$SELECT b.name FROM (SELECT r.view AS name, r.body FROM cvm.report_body r UNION ALL SELECT p.part, p.body FROM cvm.report_part p) b WHERE b.body ~ '::numeric\(\d+, ?2\)'$$, 'F3: no body and no part rounds to cents by itself');
SELECT throws_ok($$SELECT cvm._footed('{NaN}', 'a', NULL, '{sum}', 2) OVER ()$$, '22003', NULL, 'NaN is no amount of money');
SELECT throws_ok($$SELECT cvm._footed('{1}', 'a', NULL, '{total}', 2) OVER ()$$, '22023', 'unrecognized column role "total"', 'a role that is none is an error');
SELECT throws_ok($$SELECT cvm._footed('{1}', 'a', NULL, '{sum}', 20) OVER ()$$, '22023', NULL, 'a currency has no twenty decimals');

-- Whatever the parts are, they make the total, and none is moved by a unit
SELECT is_empty($$SELECT g, sum(shown), round(max(total), 2) FROM (
		SELECT g, x, total, cvm._shared_out(x, total, 2) OVER (PARTITION BY g ORDER BY n) AS shown
		FROM (SELECT g, n, x, sum(x) OVER (PARTITION BY g) AS total FROM generate_series(1, 300) g, generate_series(1, 20) n, LATERAL (SELECT (draw(g, 'x' || n, 20000) - 10000) / (1 + draw(g, 'y' || n, 13))::numeric AS x) d
			WHERE n <= 1 + draw(g, 'n', 20)) p) s
	GROUP BY g HAVING sum(shown) <> round(max(total), 2) OR max(abs(shown - x)) >= 0.01 OR bool_or(x = 0 AND shown <> 0)$$, 'F3: parts are rounded up or down, and make the total');
SELECT * FROM finish();
ROLLBACK;
