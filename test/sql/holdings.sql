\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- One customer's subscription spells.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(36);

CREATE TEMP TABLE line (customer int, product text, started_on date, ended_on date, mrr numeric, channel text, offer text);
INSERT INTO line VALUES
	(1, 'fibre', '2024-01-10', '2024-03-01', 30.00, 'web', 'START'), (1, 'fibre', '2024-01-10', '2024-03-01', 30.00, 'web', 'START'),
	(1, 'mobile', '2024-02-01', NULL, 9.5, NULL, NULL), (1, 'discount', '2024-02-01', '2024-05-01', -2.25, NULL, 'START'),
	(2, 'tv', '2024-01-01', '2024-01-15', 0, 'shop', NULL), (2, 'tv', '2024-01-15', '2024-02-01', 12, 'shop', NULL),
	(2, 'tv', '2024-02-20', 'infinity', 12, 'shop', NULL), (3, NULL, '2024-01-01', NULL, NULL, NULL, NULL),
	(4, 'tv', '2024-01-05', '2024-01-05', 5, NULL, NULL), (4, 'tv', '2024-01-05', '2024-01-01', 5, NULL, NULL), (4, 'tv', NULL, NULL, 5, NULL, NULL);
CREATE TEMP TABLE told AS
	SELECT customer, holdings_agg(product, started_on, ended_on, mrr, channel, offer) AS h FROM line GROUP BY customer;

SELECT results_eq($$SELECT s.product, s.started_on, s.ended_on, s.mrr, s.channel, s.offer FROM told, spells(h) s WHERE customer = 1$$,
	$$VALUES ('fibre', date '2024-01-10', date '2024-03-01', 30.00, 'web', 'START'), ('fibre', '2024-01-10', '2024-03-01', 30.00, 'web', 'START'),
		('discount', '2024-02-01', '2024-05-01', -2.25, NULL, 'START'), ('mobile', '2024-02-01', NULL, 9.50, NULL, NULL)$$,
	'spells come back as they were, two lines of one product too');
SELECT results_eq($$SELECT mrr_at(h, d) FROM told, unnest('{2024-01-09,2024-01-10,2024-02-01,2024-02-29,2024-03-01,2024-05-01}'::date[]) d WHERE customer = 1$$,
	$$VALUES (0.00), (60.00), (67.25), (67.25), (7.25), (9.50)$$, 'MRR is the sum of the lines held, of which the last day is the one before the end');
SELECT is((SELECT mrr_at(holdings_agg('a', '2024-01-01', NULL, -5), '2024-02-01')), 0::numeric, 'discounts alone bring nothing, not less');
SELECT is((SELECT products_at(h, '2024-02-15') FROM told WHERE customer = 1), '{discount,fibre,mobile}', 'products are each named once');
SELECT is((SELECT products_at(h, '2024-01-02') FROM told WHERE customer = 2), '{tv}', 'a free product is held');
SELECT is((SELECT products_at(h, '2024-02-10') FROM told WHERE customer = 2), '{}', 'in a gap nothing is');
SELECT is((SELECT first_day(h) FROM told WHERE customer = 2), date '2024-01-01', 'the first day may be free');
SELECT is((SELECT first_paid_day(h) FROM told WHERE customer = 2), date '2024-01-15', 'the first paid day is not');
SELECT is((SELECT first_paid_day(h) FROM told WHERE customer = 3), NULL, 'who never paid has none');
SELECT is((SELECT last_paid_day(h, '2024-02-10') FROM told WHERE customer = 2), date '2024-01-31', 'the last paid day is before the gap');
SELECT is((SELECT last_paid_day(h, '2024-07-01') FROM told WHERE customer = 2), date '2024-06-30', 'the last paid day is before as_of while the customer pays');
SELECT is((SELECT array_agg(tenure_days(h, '2024-07-01', g) ORDER BY g) FROM told, unnest('{0,18,19}'::int[]) g WHERE customer = 2),
	'{132,132,168}', 'tenure bridges a lapse of 19 days when told to, not one of 18');
SELECT is((SELECT array_agg(tenure_days(h, '2024-02-15', g) ORDER BY g) FROM told, unnest('{0,13,14}'::int[]) g WHERE customer = 2),
	'{NULL,NULL,17}', 'who lapsed has no tenure, until the lapse is short enough to wait');
SELECT results_eq($$SELECT r.* FROM told, runs(h, '2024-07-01') r WHERE customer = 2$$,
	$$VALUES (1, date '2024-01-15', date '2024-02-01', 17, true), (2, '2024-02-20', NULL, 132, false)$$, 'times of paying are rows');
SELECT is((SELECT r.is_churned FROM told, runs(h, '2024-02-01') r WHERE customer = 2), false, 'an end that nobody has seen yet is none');
SELECT is((SELECT h::text FROM told WHERE customer = 4), NULL, 'spells that end before they begin, or begin at no day, hold nothing');
SELECT is((SELECT products_at(h, '2024-02-01') FROM told WHERE customer = 3), '{(none)}', 'a product nobody named is (none), and its price unknown is 0');
SELECT throws_ok($$SELECT holdings_agg('a', '-infinity', NULL, 1)$$, '22008', NULL, 'a spell cannot begin at -infinity');
SELECT throws_ok($$SELECT holdings_agg('a', '2024-01-01', NULL, 'NaN')$$, '22003', NULL, 'NaN is no price');
SELECT throws_ok($$SELECT tenure_days(h, '2024-01-01', -1) FROM told$$, '22023', NULL, 'a gap is not negative');
SELECT throws_ok($$SELECT mrr_at(h, 'infinity') FROM told$$, '22008', NULL, 'infinity is no day');
SELECT is((SELECT holdings_agg(product, started_on, ended_on, mrr) FROM line WHERE false), NULL, 'no rows: nothing');

-- Laws, on random spells
CREATE TEMP TABLE random_line AS
	SELECT n % 300 AS customer, 'p' || hashint4(n) % 4 AS product, date '2023-01-01' + (hashint4(n + 1) & 511) AS started_on,
		CASE WHEN n % 3 > 0 THEN date '2023-01-01' + (hashint4(n + 1) & 511) + 1 + (hashint4(n + 2) & 127) END AS ended_on,
		(hashint4(n + 3) & 4095)::numeric / (ARRAY[1, 10, 100])[1 + n % 3] AS mrr, CASE WHEN n % 5 = 0 THEN 'c' || n % 2 END AS channel
	FROM generate_series(1, 3000) n;
CREATE TEMP TABLE random_told AS
	SELECT customer, holdings_agg(product, started_on, ended_on, mrr, channel, NULL) AS h FROM random_line GROUP BY customer;
SELECT is_empty($$SELECT customer FROM random_told t CROSS JOIN generate_series(date '2022-12-30', '2024-10-01', '31 days') d
	WHERE mrr_at(h, d::date) <> coalesce((SELECT sum(mrr) FROM random_line l WHERE l.customer = t.customer AND started_on <= d AND (ended_on IS NULL OR ended_on > d)), 0)$$,
	'MRR on any day is that of plain SQL');
SELECT is_empty($$SELECT customer FROM random_line GROUP BY customer
	HAVING holdings_agg(product, started_on, ended_on, mrr ORDER BY mrr) <> holdings_agg(product, started_on, ended_on, mrr ORDER BY started_on DESC)$$,
	'the order of rows does not matter');
SELECT is_empty($$SELECT customer FROM (SELECT customer, started_on > '2023-06-01' AS late, mrr > 100 AS dear, holdings_agg(product, started_on, ended_on, mrr, channel, NULL) AS h FROM random_line GROUP BY 1, 2, 3) p
	JOIN random_told t USING (customer) GROUP BY customer, t.h HAVING rollup(p.h) <> t.h$$, 'parts roll up to the whole, to the byte');
SELECT is_empty($$SELECT a.customer FROM random_told a JOIN random_told b ON b.customer = a.customer + 1 JOIN random_told c ON c.customer = a.customer + 2
	WHERE a.h || b.h <> b.h || a.h OR (a.h || b.h) || c.h <> a.h || (b.h || c.h)$$, 'adding up is commutative and associative');
SELECT is_empty($$SELECT customer FROM random_told WHERE h::text::holdings <> h$$, 'a value comes back from its text');
SELECT is((SELECT count(DISTINCT h) FROM (SELECT h FROM random_told UNION ALL SELECT h FROM random_told) x), 300::bigint, 'equal values are equal');
SELECT is((SELECT md5(holdings_agg('p', d::date, NULL, 1)::text) FROM generate_series('1900-01-01'::timestamp, '2100-01-01', '1 day') d),
	(SELECT md5(rollup(x.h)::text) FROM (SELECT holdings_agg('p', d::date, NULL, 1) AS h FROM generate_series('1900-01-01'::timestamp, '2100-01-01', '1 day') d GROUP BY extract(year FROM d)) x),
	'seventy thousand spells of one customer are all there');
DO $$ BEGIN
	EXECUTE format('COPY random_told TO %L (FORMAT binary)', current_setting('data_directory') || '/cvm_holdings.tmp');
	CREATE TEMP TABLE back (LIKE random_told);
	EXECUTE format('COPY back FROM %L (FORMAT binary)', current_setting('data_directory') || '/cvm_holdings.tmp');
	EXECUTE format('COPY (SELECT 1 WHERE false) TO %L', current_setting('data_directory') || '/cvm_holdings.tmp');
END $$;
SELECT is_empty('TABLE back EXCEPT TABLE random_told', 'binary copies bring the same values back');
SELECT is((SELECT count(*) FROM back), 300::bigint, 'binary copies bring all values back');
SELECT is((SELECT count(*) FROM (SELECT customer, product, holdings_agg(product, started_on, ended_on, mrr) FROM random_line GROUP BY GROUPING SETS ((customer), (product), ())) x),
	308::bigint, 'grouping sets work');
SELECT is_empty($$SELECT FROM (SELECT count(*) OVER w AS n, holdings_agg(product, started_on, ended_on, mrr) OVER w AS h
	FROM (SELECT * FROM random_line LIMIT 50) l WINDOW w AS (ORDER BY started_on, mrr ROWS UNBOUNDED PRECEDING)) x
	WHERE n <> (SELECT count(*) FROM spells(h))$$, 'a growing window sees its rows, and keeps what it saw');

-- Hostile bytes: an error, or a value that every reader can take
CREATE FUNCTION draw(seed int, what text, below int) RETURNS int
LANGUAGE sql IMMUTABLE AS $$
	SELECT (('x' || substr(md5(seed || '/' || what), 1, 8))::bit(32)::bigint % below)::int;
$$;
CREATE FUNCTION survivors(state text, reader text) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	bytes bytea := decode(state, 'hex');
	mutant bytea;
	taken int := 0;
BEGIN
	FOR i IN 1..1500 LOOP
		mutant := bytes;
		FOR j IN 0..draw(i, 'times', 3) LOOP
			mutant := set_byte(mutant, draw(i, 'at' || j, length(mutant)), draw(i, 'to' || j, 256));
		END LOOP;
		IF draw(i, 'cut', 5) = 0 THEN mutant := substr(mutant, 1, draw(i, 'length', length(mutant))); END IF;
		BEGIN
			EXECUTE reader USING encode(mutant, 'hex');
			taken := taken + 1;
		EXCEPTION WHEN invalid_binary_representation OR numeric_value_out_of_range OR program_limit_exceeded
			OR character_not_in_repertoire OR untranslatable_character THEN
			NULL;
		END;
	END LOOP;
	RETURN taken;
END $$;
SELECT ok(survivors((SELECT h::text FROM told WHERE customer = 1),
	$$SELECT count(*), sum(mrr_at($1::cvm.holdings || $1::cvm.holdings, '2024-02-01')) FROM cvm.spells($1::cvm.holdings), cvm.runs($1::cvm.holdings, '2024-05-01', 3)$$) BETWEEN 1 AND 1400,
	'mutated bytes are refused or readable');
SELECT throws_ok($$SELECT '010000'::holdings$$, '22P03', NULL, 'bytes cut short are refused');
SELECT throws_ok($$SELECT ''::holdings$$, '22P03', NULL, 'no bytes at all are refused');

SELECT * FROM finish();
ROLLBACK;
