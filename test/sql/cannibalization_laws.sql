\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET search_path = public, cvm;
SELECT plan(17);

-- 250 random portfolios of twelve customers, each asked through other windows
SELECT setseed(0.42) \g /dev/null
CREATE TABLE question AS
	SELECT seed, (ARRAY[1, 7, 30, 60])[1 + floor(random() * 4)::int] AS look_back, (ARRAY[0, 1, 15, 60])[1 + floor(random() * 4)::int] AS look_ahead,
		(ARRAY[0, 0, 1, 10])[1 + floor(random() * 4)::int] AS gap, date '2024-01-01' + floor(40 + random() * 150)::int AS as_of,
		(ARRAY['{N}', '{N,M}', '{M}'])[1 + floor(random() * 3)::int]::text[] AS focal,
		CASE WHEN random() < 0.4 THEN ARRAY[(ARRAY['A', 'B', 'C'])[1 + floor(random() * 3)::int]] END AS donors
	FROM generate_series(1, 250) seed;
CREATE TABLE spell AS
	SELECT seed, customer, (ARRAY['A', 'A', 'B', 'C', 'N', 'N', 'M'])[1 + floor(random() * 7)::int] AS product,
		date '2024-01-01' + floor(random() * 150)::int AS started_on, NULL::date AS ended_on,
		(ARRAY[10, 10, 20, 30, 14.99, 0, -5])[1 + floor(random() * 7)::int] AS mrr, random() AS fate, floor(random() * 70)::int AS length
	FROM generate_series(1, 250) seed, generate_series(1, 12) customer, generate_series(1, 6) n
	WHERE random() < 0.6;
UPDATE spell SET ended_on = started_on + length WHERE fate < 0.7;
-- hand-overs on the day are what matters most
UPDATE spell SET started_on = p.ended_on FROM spell p
	WHERE p.seed = spell.seed AND p.customer = spell.customer AND p.ended_on IS NOT NULL AND p.ctid <> spell.ctid AND spell.fate BETWEEN 0.75 AND 0.95;

CREATE TABLE held AS
	SELECT seed, customer, holdings_agg(product, started_on, ended_on, mrr) AS holdings FROM spell GROUP BY 1, 2;
CREATE TABLE found AS
	SELECT h.seed, h.customer, e.entered_on, e.kind, e.donor_before, e.donor_after, e.focal_mrr, e.lost_mrr, e.net_mrr
	FROM held h JOIN question q USING (seed), entries(h.holdings, q.focal, q.donors, q.as_of, q.look_back, q.look_ahead, q.gap) e;

-- the same day by day, with nothing but sums: what is held on each day
CREATE TABLE day AS
	SELECT h.seed, h.customer, d::date AS day,
		greatest(0, coalesce(sum(s.mrr) FILTER (WHERE NOT s.product = ANY (q.focal) AND coalesce(s.product = ANY (q.donors), true)), 0)) AS donor,
		greatest(0, coalesce(sum(s.mrr) FILTER (WHERE s.product = ANY (q.focal)), 0)) AS focal,
		coalesce(bool_or(s.product = ANY (q.focal)), false) AS in_focal
	FROM held h
	JOIN question q USING (seed)
	CROSS JOIN generate_series(timestamp '2023-10-01', '2024-10-01', '1 day') d
	LEFT JOIN spell s ON s.seed = h.seed AND s.customer = h.customer AND s.started_on <= d AND (s.ended_on IS NULL OR d < s.ended_on)
		AND s.started_on <= q.as_of
	GROUP BY h.seed, h.customer, d, q.focal, q.donors;
CREATE INDEX ON day (seed, customer, day);
ANALYZE day;
CREATE TABLE wanted AS
	SELECT x.seed, x.customer, x.day AS entered_on,
		CASE WHEN x.pending THEN 'pending'
			WHEN x.before = 0 THEN CASE WHEN x.ever THEN 'winback' ELSE 'new' END
			WHEN x.after = 0 THEN 'switch'
			WHEN x.after < x.before THEN 'partial'
			ELSE 'add' END AS kind,
		x.before AS donor_before, CASE WHEN NOT x.pending THEN x.after END AS donor_after, x.focal AS focal_mrr,
		CASE WHEN NOT x.pending THEN greatest(x.before - x.after, 0) END AS lost_mrr,
		CASE WHEN NOT x.pending THEN x.focal - greatest(x.before - x.after, 0) END AS net_mrr
	FROM (
		SELECT e.*, e.day + q.look_ahead > q.as_of AS pending,
			(SELECT max(b.donor) FROM day b WHERE b.seed = e.seed AND b.customer = e.customer AND b.day >= e.day - q.look_back AND b.day < e.day) AS before,
			(SELECT a.donor FROM day a WHERE a.seed = e.seed AND a.customer = e.customer AND a.day = e.day + q.look_ahead) AS after,
			EXISTS (SELECT FROM spell s WHERE s.seed = e.seed AND s.customer = e.customer AND s.started_on < e.day AND coalesce(s.ended_on > s.started_on, true)
				AND (s.product = ANY (q.focal) OR coalesce(s.product = ANY (q.donors), true))) AS ever
		FROM day e
		JOIN question q USING (seed)
		WHERE e.in_focal AND e.day < q.as_of
			AND NOT EXISTS (SELECT FROM day p WHERE p.seed = e.seed AND p.customer = e.customer AND p.in_focal AND p.day < e.day AND p.day >= e.day - q.gap - 1)
	) x;

SELECT cmp_ok((SELECT count(*) FROM wanted), '>', 1500::bigint, 'the portfolios have many entries');
SELECT is((SELECT count(DISTINCT kind) FROM wanted), 6::bigint, 'the portfolios have entries of every kind');
SELECT is_empty('SELECT * FROM wanted EXCEPT SELECT * FROM found', 'what is there day by day is found');
SELECT is_empty('SELECT * FROM found EXCEPT SELECT * FROM wanted', 'no entry is found that is not there day by day');
SELECT is((SELECT count(*) FROM found), (SELECT count(*) FROM wanted), 'no entry is found twice');

-- states
CREATE TABLE state AS
	SELECT q.seed, cannibalization_agg(h.holdings, q.focal, q.donors, q.as_of, q.look_back, q.look_ahead, q.gap) AS s
	FROM held h JOIN question q USING (seed) GROUP BY q.seed;
SELECT is_empty($$SELECT seed FROM state, cannibalization_verdict(s) v WHERE entries <> matured_entries + pending_entries
	OR matured_entries <> new_entries + winback_entries + add_entries + switch_entries + partial_entries
	OR (unit_rate < unit_rate_low OR unit_rate > unit_rate_high OR unit_rate > own_base_share)$$, 'kinds sum to entries, rates lie in their intervals');
SELECT is_empty($$SELECT s.seed, v.entries, v.pending_entries, v.new_entries, v.winback_entries, v.add_entries, v.switch_entries, v.partial_entries, v.customers, v.focal_mrr, v.lost_mrr, v.before_mrr
	FROM state s, cannibalization_verdict(s.s) v
	EXCEPT
	SELECT q.seed, count(w.kind), count(*) FILTER (WHERE kind = 'pending'), count(*) FILTER (WHERE kind = 'new'), count(*) FILTER (WHERE kind = 'winback'), count(*) FILTER (WHERE kind = 'add'),
		count(*) FILTER (WHERE kind = 'switch'), count(*) FILTER (WHERE kind = 'partial'), count(DISTINCT customer) FILTER (WHERE kind <> 'pending'),
		coalesce(sum(focal_mrr) FILTER (WHERE kind <> 'pending'), 0), coalesce(sum(lost_mrr), 0), coalesce(sum(donor_before) FILTER (WHERE kind <> 'pending'), 0)
	FROM question q LEFT JOIN wanted w USING (seed) GROUP BY q.seed$$, 'states add up what is there');
SELECT is_empty($$SELECT seed FROM state, cannibalization_verdict(s) v WHERE lost_mrr <> coalesce((SELECT sum(d.lost_mrr) FROM cannibalization_donors(s) d), 0)$$, 'donors lose what was lost');
-- the control: on the 15th of every month
SELECT is_empty($$SELECT s.seed, v.control_customers FROM state s, cannibalization_verdict(s.s) v
	EXCEPT
	SELECT q.seed, count(DISTINCT d.customer) FROM question q
	LEFT JOIN day d ON d.seed = q.seed AND extract(day FROM d.day) = 15 AND d.day + q.look_ahead <= q.as_of
		AND (SELECT max(b.donor) FROM day b WHERE b.seed = d.seed AND b.customer = d.customer AND b.day >= d.day - q.look_back AND b.day < d.day) > 0
		AND NOT EXISTS (SELECT FROM day f WHERE f.seed = d.seed AND f.customer = d.customer AND f.in_focal AND f.day <= d.day)
	GROUP BY q.seed$$, 'who is watched held a donor and had not entered');

-- all products at once
CREATE TABLE matrix AS
	SELECT q.seed, cannibalization_matrix_agg(h.holdings, q.as_of, q.look_back, q.look_ahead, q.gap) AS m FROM held h JOIN question q USING (seed) GROUP BY q.seed;
CREATE TABLE cell AS SELECT seed, c.* FROM matrix, cannibalization_cells(m) c;
SELECT is_empty($$SELECT c.seed, c.focal, c.entries, c.matured_entries, c.new_entries, c.winback_entries, c.add_entries, c.switch_entries, c.partial_entries, c.focal_mrr, c.lost_mrr
	FROM cell c WHERE donor = '(all)'
	EXCEPT
	SELECT x.seed, x.focal, v.entries, v.matured_entries, v.new_entries, v.winback_entries, v.add_entries, v.switch_entries, v.partial_entries, v.focal_mrr, v.lost_mrr
	FROM (SELECT q.seed, p.focal, cannibalization_agg(h.holdings, ARRAY[p.focal], NULL, q.as_of, q.look_back, q.look_ahead, q.gap) AS s
		FROM held h JOIN question q USING (seed), (VALUES ('A'), ('B'), ('C'), ('N'), ('M')) p (focal) GROUP BY q.seed, p.focal) x, cannibalization_verdict(x.s) v$$, 'every product as if it were asked for alone');
SELECT is_empty($$SELECT seed, focal FROM cell GROUP BY 1, 2
	HAVING sum(lost_mrr) FILTER (WHERE donor = '(all)') <> coalesce(sum(lost_mrr) FILTER (WHERE donor <> '(all)'), 0)$$, 'donors sum to the total of each product');
SELECT is((SELECT string_agg(m::text::cannibalization_matrix::text, '' ORDER BY seed) FROM matrix), (SELECT string_agg(m::text, '' ORDER BY seed) FROM matrix), 'text brings matrices back');
SELECT is((SELECT rollup(m) FROM (SELECT cannibalization_matrix_agg(holdings, '2024-06-01') AS m FROM held GROUP BY customer % 5) x),
	(SELECT cannibalization_matrix_agg(holdings, '2024-06-01') FROM held), 'parts of a matrix add up to the whole');

-- cutting a spell in two, on any day, changes nothing
CREATE TABLE cut AS
	SELECT seed, customer, product, mrr, started_on, ended_on, started_on + 1 + floor(random() * 80)::int AS at FROM spell;
CREATE TABLE cut_held AS
	SELECT seed, customer, holdings_agg(product, started_on, ended_on, mrr) AS holdings FROM (
		SELECT seed, customer, product, mrr, started_on, CASE WHEN coalesce(at < ended_on, true) THEN at ELSE ended_on END AS ended_on FROM cut
		UNION ALL
		SELECT seed, customer, product, mrr, at, ended_on FROM cut WHERE coalesce(at < ended_on, true)) x GROUP BY 1, 2;
SELECT is_empty($$SELECT h.seed, h.customer, e.* FROM cut_held h JOIN question q USING (seed), entries(h.holdings, q.focal, q.donors, q.as_of, q.look_back, q.look_ahead, q.gap) e
	EXCEPT SELECT h.seed, h.customer, e.* FROM held h JOIN question q USING (seed), entries(h.holdings, q.focal, q.donors, q.as_of, q.look_back, q.look_ahead, q.gap) e$$, 'a cut spell is the same spell to every entry');
SELECT is_empty($$SELECT q.seed, cannibalization_agg(h.holdings, q.focal, q.donors, q.as_of, q.look_back, q.look_ahead, q.gap), cannibalization_matrix_agg(h.holdings, q.as_of, q.look_back, q.look_ahead, q.gap)
	FROM cut_held h JOIN question q USING (seed) GROUP BY q.seed
	EXCEPT SELECT seed, s, m FROM state JOIN matrix USING (seed)$$, 'a cut spell is the same spell to every state, to the byte');
-- years of equal length
SELECT is_empty($$SELECT h.seed, h.customer, e.entered_on - 1461, e.kind, e.donor_before, e.donor_after, e.focal_mrr, e.lost_mrr, e.net_mrr
	FROM (SELECT seed, customer, holdings_agg(product, started_on + 1461, ended_on + 1461, mrr) AS holdings FROM spell GROUP BY 1, 2) h
	JOIN question q USING (seed), entries(h.holdings, q.focal, q.donors, q.as_of + 1461, q.look_back, q.look_ahead, q.gap) e EXCEPT SELECT * FROM found$$, 'four years later it is the same');
-- what comes after as_of is not seen
SELECT is_empty($$SELECT h.seed, h.customer, e.entered_on, e.kind, e.donor_before, e.donor_after, e.focal_mrr, e.lost_mrr, e.net_mrr
	FROM (SELECT s.seed, s.customer, holdings_agg(product, started_on, CASE WHEN ended_on <= q.as_of THEN ended_on END, mrr) AS holdings FROM spell s JOIN question q USING (seed) WHERE s.started_on <= q.as_of GROUP BY 1, 2) h
	JOIN question q USING (seed), entries(h.holdings, q.focal, q.donors, q.as_of, q.look_back, q.look_ahead, q.gap) e EXCEPT SELECT * FROM found$$, 'what comes after as_of changes nothing');

SELECT * FROM finish();
ROLLBACK;
