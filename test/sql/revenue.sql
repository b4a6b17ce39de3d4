\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Retention of customers and their money by cohort.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(17);

-- W2: one cohort
CREATE TEMP TABLE w2 (customer text, started_on date, ended_on date);
INSERT INTO w2 VALUES ('r1', '2024-01-31', NULL), ('r2', '2024-01-15', '2024-03-15'), ('r3', '2024-01-20', '2024-02-10'), ('r3', '2024-03-25', NULL), ('r4', '2024-01-05', NULL);
CREATE TEMP TABLE w2_told AS SELECT customer, holdings_agg('p', started_on, ended_on, 10) AS h FROM w2 GROUP BY customer;
CREATE FUNCTION pg_temp.retained(clock text, until date) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat(retained_customers, '/', eligible_customers), ' ' ORDER BY period_no)
	FROM revenue_grid((SELECT revenue_retention_agg(h, 'month', until, clock) FROM pg_temp.w2_told));
$$;
SELECT is(pg_temp.retained('anniversary', '2024-05-01'), '4/4 3/4 2/4 3/4', 'W2: paying after whole months, N-period: 4, 3, 2, 3 of 4');
SELECT is(pg_temp.retained('calendar', '2024-05-01'), '4/4 3/4 3/4 3/4', 'W2: paying at the end of calendar months: 4, 3, 3, 3');
SELECT is(pg_temp.retained('calendar', '2024-05-02'), '4/4 3/4 3/4 3/4 0/0', 'a month that is not over has nobody eligible');
SELECT is(pg_temp.retained('anniversary', '2024-03-16'), '4/4 3/4 1/2', 'on 15 March two months are over for r4, who pays, and r2, whose end is that day');
SELECT is((SELECT retention_rate FROM revenue_grid((SELECT revenue_retention_agg(h, 'month', '2024-05-02') FROM w2_told)) WHERE period_no = 4), NULL, 'a month without eligible customers has no rate');
SELECT is((SELECT to_char(conf_low, '0.9999') || to_char(conf_high, '0.9999') FROM revenue_grid((SELECT revenue_retention_agg(h, 'month', '2024-05-02') FROM w2_told)) WHERE period_no = 1), ' 0.3006 0.9544', 'limits are Wilson''s');

-- Against plain SQL, on random spells
CREATE TEMP TABLE line AS
	SELECT n % 400 AS customer, 'p' || n % 3 AS product, date '2023-01-01' + (hashint4(n + 1) & 255) AS started_on,
		CASE WHEN n % 3 > 0 THEN date '2023-01-01' + (hashint4(n + 1) & 255) + 1 + (hashint4(n + 2) & 127) END AS ended_on,
		(hashint4(n + 3) & 31)::numeric / (ARRAY[1, 4, 5])[1 + n % 3] AS mrr
	FROM generate_series(1, 1000) n;
CREATE TEMP TABLE told AS SELECT customer, holdings_agg(product, started_on, ended_on, mrr) AS h FROM line GROUP BY customer;
CREATE TEMP TABLE level AS SELECT customer, d::date AS day, coalesce(sum(mrr), 0) AS mrr
	FROM (SELECT DISTINCT customer FROM line) c CROSS JOIN generate_series('2023-01-01'::timestamp, '2023-12-19', '1 day') d
	LEFT JOIN line USING (customer) WHERE started_on <= d AND (ended_on IS NULL OR ended_on > d) GROUP BY 1, 2 HAVING sum(mrr) > 0;
CREATE TEMP TABLE birth AS SELECT DISTINCT ON (customer) customer, day, mrr FROM level ORDER BY customer, day;
CREATE TEMP TABLE look AS
	SELECT 'calendar' AS clock, b.customer, b.day AS since, b.mrr AS base, k, (date_trunc('month', b.day::timestamp) + (k + 1) * interval '1 month')::date - 1 AS day FROM birth b, generate_series(0, 11) k
	UNION ALL SELECT 'anniversary', b.customer, b.day, b.mrr, k, (b.day + k * interval '1 month')::date FROM birth b, generate_series(0, 11) k;
CREATE TEMP TABLE theirs AS
	SELECT clock, date_trunc('month', since::timestamp)::date AS cohort, k AS period_no, count(*) AS eligible, count(l.mrr) AS retained, sum(base) AS base,
		coalesce(sum(least(l.mrr, base)) FILTER (WHERE l.mrr > 0), 0) AS gross, coalesce(sum(l.mrr), 0) AS net
	FROM look LEFT JOIN level l USING (customer, day) WHERE look.day < '2023-12-20' GROUP BY 1, 2, 3;
CREATE TEMP TABLE ours AS
	SELECT clock, g.* FROM unnest('{calendar,anniversary}'::text[]) clock, LATERAL (SELECT revenue_retention_agg(h, 'month', '2023-12-20', clock) AS s FROM told) s, revenue_grid(s) g;
SELECT cmp_ok((SELECT count(*) FROM theirs), '>', 130::bigint, 'there is something to compare');
SELECT is_empty('SELECT clock, cohort, period_no, eligible_customers, retained_customers, eligible_mrr, gross_retained_mrr, net_retained_mrr FROM ours WHERE eligible_customers > 0 EXCEPT TABLE theirs', 'every cell is that of plain SQL');
SELECT is_empty('TABLE theirs EXCEPT SELECT clock, cohort, period_no, eligible_customers, retained_customers, eligible_mrr, gross_retained_mrr, net_retained_mrr FROM ours', 'revenue_grid has every cell that plain SQL has');
SELECT is_empty('SELECT FROM ours WHERE gross_revenue_retention_rate > least(1, net_revenue_retention_rate)', 'gross retention is never above 1 nor above net');
SELECT is_empty($$SELECT period_start FROM ours WHERE clock = 'calendar' AND eligible_customers > 0 GROUP BY 1 HAVING sum(net_retained_mrr) <>
	(SELECT closing_mrr FROM movements((SELECT movement_agg(h, 'month', '2023-12-20') FROM told)) m WHERE m.period_start = ours.period_start)$$, 'over cohorts, net money is the closing of the waterfall');
SELECT is_empty($$SELECT c FROM unnest('{calendar,anniversary}'::text[]) c, LATERAL (SELECT revenue_retention_agg(h, 'month', '2023-12-20', c) AS whole,
	revenue_retention_agg(h, 'month', '2023-12-20', c) FILTER (WHERE customer < 100) || revenue_retention_agg(h, 'month', '2023-12-20', c) FILTER (WHERE customer >= 100) AS parts FROM told) x
	WHERE whole <> parts OR whole::text::revenue_retention <> whole$$, 'parts add up to the whole, to the byte, and come back from text');
SELECT throws_ok($$SELECT revenue_retention_agg(h, 'month', '2023-12-20', 'moon') FROM told$$, '22023', NULL, 'an unknown clock is refused');
SELECT throws_ok($$SELECT revenue_retention_agg(h, 'month', '2023-12-20', 'calendar') || revenue_retention_agg(h, 'month', '2023-12-20', 'anniversary') FROM told$$, '22023', NULL, 'states of two clocks do not add up');
SELECT is((SELECT revenue_retention_agg(h, 'month', '2023-12-20') FROM told WHERE false), NULL, 'no rows: nothing');

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
SELECT ok(survivors((SELECT revenue_retention_agg(h, 'month', '2023-12-20', 'anniversary')::text FROM told),
	$$SELECT count(*), sum(retention_rate), sum(net_retained_mrr) FROM cvm.revenue_grid($1::cvm.revenue_retention || $1::cvm.revenue_retention)$$) BETWEEN 0 AND 1400, 'mutated bytes are refused or readable');
SELECT throws_ok($$SELECT ''::revenue_retention$$, '22P03', NULL, 'no bytes at all are refused');

SELECT * FROM finish();
ROLLBACK;
