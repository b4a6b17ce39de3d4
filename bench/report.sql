-- SPDX-License-Identifier: PostgreSQL
-- The table of ratios, the memory and the targets, as Markdown.
\pset format unaligned
\pset tuples_only on
SET client_min_messages = warning;

-- 20 M, 250 k
CREATE FUNCTION bench.short(number bigint) RETURNS text
	LANGUAGE sql IMMUTABLE
	RETURN CASE WHEN number % 1000000 = 0 THEN number / 1000000 || ' M'
				WHEN number % 1000 = 0 THEN number / 1000 || ' k'
				ELSE number::text END;

CREATE FUNCTION bench.data(d bench.dataset) RETURNS text
	LANGUAGE sql STABLE
	RETURN format('%s events of %s, %s, by %s',
				  bench.short(d.events), bench.short(d.customers), d.key, d.arranged);

CREATE FUNCTION bench.figure(ratio float8) RETURNS text
	LANGUAGE sql IMMUTABLE
	RETURN to_char(ratio, CASE WHEN ratio < 1 THEN 'FM0.000'
						  WHEN ratio < 10 THEN 'FM0.00' ELSE 'FM9990.0' END);

-- Medians: of the steady rounds where there are two or more, else of all
CREATE VIEW bench.result AS
SELECT min(id) AS id, r."table", d.events, d.customers, d.key, d.arranged, bench.data(d) AS data,
	   grain, way, mem, workers, max(planned) AS planned,
	   percentile_cont(0.5) WITHIN GROUP (ORDER BY took_ms / floor_ms) AS ratio,
	   percentile_cont(0.5) WITHIN GROUP (ORDER BY took_ms) AS took_ms,
	   percentile_cont(0.5) WITHIN GROUP (ORDER BY floor_ms) AS floor_ms,
	   bool_and(is_settled) AS is_settled
FROM (
	SELECT *, count(*) FILTER (WHERE bench.is_steady(moved))
			  OVER (PARTITION BY "table", grain, way, mem, workers) >= 2 AS is_settled
	FROM bench.round
) AS r JOIN bench.dataset AS d ON d."table" = r."table"
WHERE bench.is_steady(moved) OR NOT is_settled
GROUP BY r."table", d.*, d.events, d.customers, d.key, d.arranged, grain, way, mem, workers;

CREATE VIEW bench.line AS
SELECT id, data, grain, way, mem, workers, round(took_ms)::text AS ms,
	   CASE WHEN is_settled THEN '' ELSE '~' END || bench.figure(ratio) ||
	   CASE WHEN workers > planned THEN '*' ELSE '' END AS ratio
FROM bench.result
UNION ALL
SELECT 0, bench.data(d), '', 'count(*)', '', workers,
	   round(percentile_cont(0.5) WITHIN GROUP (ORDER BY floor_ms))::text, '1'
FROM bench.round AS r JOIN bench.dataset AS d ON d."table" = r."table"
GROUP BY d.*, workers;

\qecho '| data | grain | way | work_mem | serial: ms | × count(*) | 2 workers: ms | × count(*) |'
\qecho '|---|---|---|---|---:|---:|---:|---:|'
SELECT format('| %s | %s | %s | %s | %s | %s | %s | %s |',
			  data, grain, way, mem, s.ms, s.ratio, p.ms, p.ratio)
FROM (SELECT * FROM bench.line WHERE workers = 0) AS s
FULL JOIN (SELECT * FROM bench.line WHERE workers = 2) AS p USING (data, grain, way, mem)
JOIN (SELECT data, min(id) AS data_id FROM bench.result GROUP BY data) AS d USING (data)
ORDER BY data_id, least(s.id, p.id);
\qecho
\qecho 'Medians. ~: the floor never held still for two rounds. *: the planner chose no workers.'

\qecho
\qecho '| data | grain | way | work_mem | peak MB | bytes per customer | MB in temporary files |'
\qecho '|---|---|---|---|---:|---:|---:|'
SELECT format('| %s | %s | %s | %s | %s | %s | %s |',
			  bench.data(d), grain, way, mem, round(kb / 1024.0, 1),
			  round(kb * 1024.0 / d.customers, 1), round(temp_bytes / 1048576.0, 1))
FROM bench.peak AS p JOIN bench.dataset AS d ON d."table" = p."table"
ORDER BY p.id;

SELECT :events >= 20000000 AS has_targets \gset
\if :has_targets
CREATE VIEW bench.main AS
SELECT * FROM bench.result WHERE events = (SELECT max(events) FROM bench.dataset);

CREATE FUNCTION bench.ratio(a_way text, a_workers int, a_grain text DEFAULT 'month',
	a_key text DEFAULT 'bigint') RETURNS float8
	LANGUAGE sql STABLE
	RETURN (SELECT ratio FROM bench.main
			WHERE way = a_way AND workers = a_workers AND grain = a_grain AND key = a_key
				AND mem IN ('64MB', '') AND arranged = 'time' AND customers = events / 20);

CREATE FUNCTION bench.bytes(a_key text) RETURNS float8
	LANGUAGE sql STABLE
	RETURN (SELECT p.kb * 1024.0 / d.customers
			FROM bench.peak AS p JOIN bench.dataset AS d ON d."table" = p."table"
			WHERE p.way = 'cvm, one pass' AND p.grain = 'month' AND p.mem = '64MB'
				AND d.key = a_key AND d.customers = d.events / 20
			ORDER BY p.id LIMIT 1);

\qecho
\qecho '| target | wanted | serial | 2 workers | |'
\qecho '|---|---|---:|---:|---|'
SELECT format('| %s | %s | %s | %s | %s |', what, wanted,
			  bench.figure(serial), bench.figure(parallel),
			  CASE WHEN serial IS NULL AND parallel IS NULL THEN 'not measured'
			  WHEN coalesce(serial * sign, '-inf') <= most[1] * sign
				  AND coalesce(parallel * sign, '-inf') <= most[2] * sign THEN 'met'
			  ELSE 'missed' END)
FROM (
	SELECT 1, 'bigint × count(*)', '≤ 1.8, 2.0', '{1.8,2.0}'::float8[], 1,
		   bench.ratio('cvm, one pass', 0), bench.ratio('cvm, one pass', 2)
	UNION ALL SELECT 2, 'uuid', '≤ 2.1, 2.4', '{2.1,2.4}', 1,
		   bench.ratio('cvm, one pass', 0, 'month', 'uuid'), bench.ratio('cvm, one pass', 2, 'month', 'uuid')
	UNION ALL SELECT 3, 'text', '≤ 3.0, 3.3', '{3.0,3.3}', 1,
		   bench.ratio('cvm, one pass', 0, 'month', 'text'), bench.ratio('cvm, one pass', 2, 'month', 'text')
	UNION ALL SELECT 4, 'by day', '≤ 2.4, 3.0', '{2.4,3.0}', 1,
		   bench.ratio('cvm, one pass', 0, 'day'), bench.ratio('cvm, one pass', 2, 'day')
	UNION ALL SELECT 5, 'by day, the state alone', '≤ 2.4, 3.0', '{2.4,3.0}', 1,
		   bench.ratio('cvm, one pass, the state alone', 0, 'day'), bench.ratio('cvm, one pass, the state alone', 2, 'day')
	UNION ALL SELECT 6, 'from stored states', '≤ 0.10', '{0.10,inf}', 1,
		   bench.ratio('cvm, from stored states', 0), NULL
	UNION ALL SELECT 7, 'a day folded into states', '≤ 0.15', '{0.15,inf}', 1,
		   bench.ratio('cvm, a day folded into states', 0), NULL
	UNION ALL SELECT 8, 'states built from scratch', '≤ 3.5', '{3.5,inf}', 1,
		   bench.ratio('cvm, states by fold_activity', 0), NULL
	UNION ALL SELECT 9, 'times faster than textbook SQL', '≥ 12', '{12,12}', -1,
		   bench.ratio('SQL, textbook', 0) / bench.ratio('cvm, one pass', 0),
		   bench.ratio('SQL, textbook', 2) / bench.ratio('cvm, one pass', 2)
	UNION ALL SELECT 10, 'times faster than bit-mask SQL', '≥ 6', '{6,6}', -1,
		   bench.ratio('SQL, bit mask', 0) / bench.ratio('cvm, one pass', 0),
		   bench.ratio('SQL, bit mask', 2) / bench.ratio('cvm, one pass', 2)
	UNION ALL SELECT 11, 'times faster than DuckDB''s textbook SQL', '≥ 2', '{2,2}', -1,
		   bench.ratio('DuckDB, textbook', 0) / bench.ratio('cvm, one pass', 0),
		   bench.ratio('DuckDB, textbook', 2) / bench.ratio('cvm, one pass', 2)
	UNION ALL SELECT 12, 'times slower than DuckDB''s best', '≤ 1.3', '{1.3,1.3}', 1,
		   bench.ratio('cvm, one pass', 0) / bench.ratio('DuckDB, bit mask', 0),
		   bench.ratio('cvm, one pass', 2) / bench.ratio('DuckDB, bit mask', 2)
	UNION ALL SELECT 13, 'bytes per customer, bigint', '≤ 16', '{16,inf}', 1, bench.bytes('bigint'), NULL
	UNION ALL SELECT 14, 'bytes per customer, sparse bigint', '≤ 48', '{48,inf}', 1, bench.bytes('sparse'), NULL
	UNION ALL SELECT 15, 'bytes per customer, uuid', '≤ 48', '{48,inf}', 1, bench.bytes('uuid'), NULL
	UNION ALL SELECT 16, 'bytes per customer, text', '≤ 48', '{48,inf}', 1, bench.bytes('text'), NULL
) AS t (no, what, wanted, most, sign, serial, parallel)
ORDER BY no;
\endif
