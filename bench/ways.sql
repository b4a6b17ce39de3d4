-- SPDX-License-Identifier: PostgreSQL
-- Every way to the same answer: for each cohort and later period, how many
-- customers of the cohort were active in it.  The columns are always
-- (cohort date, period date, customers bigint); cells without customers are
-- left out.  {table}, {grain}, {zone}, {as_of} and {starts} are filled in by
-- bench.query(); the session's time zone is {zone}.
CREATE TABLE bench.way (way text PRIMARY KEY, template text NOT NULL);

INSERT INTO bench.way (way, template) VALUES

('count(*)', $$
SELECT count(*) FROM {table}
$$),

-- what any aggregate pays that looks at both columns
('max(at), count(customer_id)', $$
SELECT max(at), count(customer_id) FROM {table}
$$),

('cvm, one pass', $$
SELECT g.cohort, g.period_start AS period, g.retained_customers AS customers
FROM (SELECT cvm.retention_agg(customer_id, at, {zone}, {grain}) AS r FROM {table}) AS s,
	 cvm.grid(s.r, partial => true) AS g
WHERE g.retained_customers > 0
$$),

('cvm, one pass, the state alone', $$
SELECT cvm.retention_agg(customer_id, at, {zone}, {grain}) FROM {table}
$$),

('cvm, one pass, 10 000 groups rolled up', $$
SELECT g.cohort, g.period_start AS period, g.retained_customers AS customers
FROM (SELECT cvm.rollup(r) AS r
	  FROM (SELECT cvm.retention_agg(customer_id, at, {zone}, {grain}) AS r
			FROM {table} GROUP BY customer_id % 10000) AS segments) AS s,
	 cvm.grid(s.r, partial => true) AS g
WHERE g.retained_customers > 0
$$),

('cvm, two steps', $$
SELECT g.cohort, g.period_start AS period, g.retained_customers AS customers
FROM (SELECT cvm.retention_agg(a, {grain}, {as_of}) AS r
	  FROM (SELECT cvm.activity_agg(at, {zone}) AS a FROM {table} GROUP BY customer_id) AS c) AS s,
	 cvm.grid(s.r, partial => true) AS g
WHERE g.retained_customers > 0
$$),

('cvm, from stored states', $$
SELECT g.cohort, g.period_start AS period, g.retained_customers AS customers
FROM (SELECT cvm.retention_agg(activity, {grain}, {as_of}) AS r
	  FROM bench.customer_activity) AS s,
	 cvm.grid(s.r, partial => true) AS g
WHERE g.retained_customers > 0
$$),

-- with options of tenure() at hand, here all at their defaults
('cvm, from stored states by tenure()', $$
SELECT g.cohort, g.period_start AS period, g.retained_customers AS customers
FROM (SELECT cvm.retention_agg(cvm.tenure(activity, {grain}, {as_of})) AS r
	  FROM bench.customer_activity) AS s,
	 cvm.grid(s.r, partial => true) AS g
WHERE g.retained_customers > 0
$$),

('SQL, textbook', $$
WITH active AS (
	SELECT DISTINCT customer_id, date_trunc({grain}, at) AS period FROM {table}
), joined AS (
	SELECT customer_id, min(period) AS cohort FROM active GROUP BY customer_id
)
SELECT joined.cohort::date AS cohort, active.period::date AS period, count(*) AS customers
FROM active JOIN joined USING (customer_id)
GROUP BY joined.cohort, active.period
$$),

('SQL, window', $$
SELECT cohort::date AS cohort, period::date AS period, count(*) AS customers
FROM (
	SELECT period, min(period) OVER (PARTITION BY customer_id) AS cohort
	FROM (SELECT DISTINCT customer_id, date_trunc({grain}, at) AS period FROM {table}) AS active
) AS cohorts
GROUP BY cohorts.cohort, cohorts.period
$$),

-- the fastest we know: one bit for each period, at most 63 of them
('SQL, bit mask', $$
WITH customers AS (
	SELECT bit_or(1::bigint << (width_bucket(at, {starts}) - 1)) AS mask
	FROM {table}
	GROUP BY customer_id
), masks AS (
	SELECT mask, mask & -mask AS first, count(*) AS customers FROM customers GROUP BY mask
), periods AS (
	SELECT start::date AS start, 1::bigint << (no - 1)::int AS bit
	FROM unnest({starts}) WITH ORDINALITY AS p (start, no)
)
SELECT c.start AS cohort, p.start AS period, sum(m.customers)::bigint AS customers
FROM masks AS m
JOIN periods AS c ON c.bit = m.first
JOIN periods AS p ON p.bit & m.mask <> 0
GROUP BY c.start, p.start
$$);
