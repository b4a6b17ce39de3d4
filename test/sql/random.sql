\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Retention on random data against plain SQL that was written from the
-- definitions: every grain, clock, week start, cut-off, brackets, threshold,
-- streak and kind of mark, in two steps and in one pass.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(39);
SELECT setseed(0.25) \gset

-- ---------------------------------------------------------------------------
-- 210 data sets for each grain, and two readings of each
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE grain (grain text, span integer, step interval, days integer);
INSERT INTO grain VALUES ('day', 45, '1 day', 1), ('week', 180, '7 days', 7), ('month', 700, '1 month', 28),
	('quarter', 1500, '3 months', 89), ('year', 4000, '1 year', 365);

CREATE TEMP TABLE sample AS
SELECT seed, grain, span, step, days, 1 + seed % 7 AS week_start,
	   (ARRAY['plain', 'value', 'marked'])[1 + seed % 3] AS form,
	   CASE seed % 4 WHEN 0 THEN date '1999-12-20' WHEN 1 THEN date '2023-11-28'
					 WHEN 2 THEN date '2024-01-29' ELSE date '2019-01-01' + seed END AS base
FROM generate_series(1, 210) seed, grain;

CREATE TEMP TABLE event AS
SELECT seed, grain, customer, base + floor(random() ^ 1.5 * span)::int AS day,
	   CASE WHEN form = 'plain' OR random() < 0.15 THEN NULL
			ELSE round((random() * 40 - 6)::numeric, 1 + (random() * 2)::int) END AS value,
	   CASE WHEN form <> 'marked' THEN true WHEN random() < 0.1 THEN NULL ELSE random() < 0.4 END AS is_start,
	   CASE WHEN form <> 'marked' THEN true WHEN random() < 0.1 THEN NULL ELSE random() < 0.6 END AS is_return
FROM sample, generate_series(1, 3 + seed % 9) customer,
	 generate_series(1, 1 + (seed * 7 + customer * 5) % 11) n;
-- days on which much happens, month ends among them
UPDATE event SET day = (date_trunc('month', day) + interval '1 month - 1 day')::date
WHERE (seed + customer) % 5 = 0 AND grain <> 'day';
ANALYZE event;

CREATE TEMP TABLE reading AS
SELECT row_number() OVER (ORDER BY seed, grain, clock) AS id, seed, grain, clock,
	   CASE grain WHEN 'week' THEN week_start ELSE 1 END AS week_start, step, days, form,
	   base + (span * (0.25 + random()))::int AS as_of,
	   CASE floor(random() * 8)::int
			WHEN 0 THEN '{"[0,1)","[1,2)","[2,4)","[4,9)"}'::int4range[]
			WHEN 1 THEN '{"[0,2)","[2,3)","[5,9)"}'
			WHEN 2 THEN '{"[1,3)"}'
			WHEN 3 THEN '{"[0,1)","[3,4)","[4,500)"}' END AS brackets,
	   (ARRAY[1, 1, 2, 3])[1 + floor(random() * 4)::int] AS min_events,
	   random() < 0.3 AS streak
FROM sample, unnest('{calendar,anniversary}'::text[]) clock;
-- some cut-offs stand exactly where a period begins
UPDATE reading SET as_of = date_trunc(grain, as_of)::date WHERE id % 6 = 0;

-- ---------------------------------------------------------------------------
-- The definitions in plain SQL
-- ---------------------------------------------------------------------------
CREATE FUNCTION pg_temp.calendar_start(grain text, week_start integer, day date) RETURNS date
LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE grain WHEN 'week' THEN day - (extract(isodow FROM day)::int - week_start + 7) % 7
					  ELSE date_trunc(grain, day::timestamp)::date END
$$;

CREATE TEMP TABLE member AS
SELECT id, customer, first_day,
	   pg_temp.calendar_start(grain, week_start, first_day) AS cohort,
	   CASE clock WHEN 'anniversary' THEN first_day
				  ELSE pg_temp.calendar_start(grain, week_start, first_day) END AS origin
FROM (SELECT r.*, customer, min(day) FILTER (WHERE is_start) AS first_day
	  FROM reading r JOIN event e USING (seed, grain)
	  GROUP BY r.id, r.seed, r.grain, r.clock, r.week_start, r.step, r.days, r.form, r.as_of, r.brackets,
			   r.min_events, r.streak, customer) s
WHERE first_day < as_of;
ANALYZE member;

CREATE TEMP TABLE life AS
SELECT m.id, m.customer, m.cohort, p.no, p.low, b.ends <= r.as_of AS over,
	   coalesce(sum(e.value), 0) AS value,
	   count(*) FILTER (WHERE e.is_return) >= 1 AS returned,
	   (b.begins <= m.first_day AND m.first_day < b.ends) OR
	   count(*) FILTER (WHERE e.is_return) >= r.min_events AS retained
FROM member m
JOIN reading r USING (id)
CROSS JOIN LATERAL (SELECT n - 1 AS no, lower(r.brackets[n]) AS low, upper(r.brackets[n]) AS high
					FROM generate_series(1, cardinality(r.brackets)) n
					UNION ALL
					SELECT n, n, n + 1
					FROM generate_series(0, (r.as_of - m.origin) / r.days + 1) n
					WHERE r.brackets IS NULL) p
CROSS JOIN LATERAL (SELECT (m.origin + p.low * r.step)::date AS begins,
						   (m.origin + p.high * r.step)::date AS ends) b
LEFT JOIN event e ON e.seed = r.seed AND e.grain = r.grain AND e.customer = m.customer AND
					 e.day >= m.first_day AND e.day < r.as_of AND e.day >= b.begins AND e.day < b.ends
WHERE b.begins < r.as_of
GROUP BY m.id, m.customer, m.cohort, p.no, p.low, b.ends, b.begins, m.first_day, r.as_of, r.min_events;
ANALYZE life;

UPDATE life SET retained = false
FROM (SELECT l.id, customer, no,
			 NOT bool_and(retained) OVER (PARTITION BY l.id, customer ORDER BY no) AS broken
	  FROM life l JOIN reading r USING (id) WHERE r.streak) s
WHERE s.id = life.id AND s.customer = life.customer AND s.no = life.no AND broken;

CREATE TEMP TABLE expected AS
WITH counted AS (
	SELECT l.*, partial, over OR partial AS eligible,
		   coalesce(no <= max(no) FILTER (WHERE retained) OVER whole, false) AS later,
		   coalesce(sum(value) FILTER (WHERE no = 0) OVER whole, 0) AS base
	FROM life l, unnest('{false,true}'::boolean[]) partial
	WINDOW whole AS (PARTITION BY id, customer, partial)
), cell AS (
	SELECT id, partial, cohort, no, min(low) AS low,
		   count(*) FILTER (WHERE eligible) AS eligible,
		   count(*) FILTER (WHERE eligible AND retained) AS retained,
		   count(*) FILTER (WHERE eligible AND later) AS later,
		   count(*) FILTER (WHERE eligible AND returned) AS returned,
		   count(*) FILTER (WHERE over) AS over,
		   sum(value) FILTER (WHERE eligible) AS value,
		   sum(base) FILTER (WHERE eligible) AS base
	FROM counted GROUP BY id, partial, cohort, no
)
SELECT c.id, partial, cohort, no, (cohort + low * step)::date AS period_start, members, eligible,
	   retained, later, returned, retained::float8 / nullif(eligible, 0) AS rate,
	   over = members AS is_complete,
	   CASE WHEN form <> 'plain' THEN value END AS value,
	   CASE WHEN form <> 'plain' THEN base END AS base
FROM cell c
JOIN reading r ON r.id = c.id
JOIN (SELECT id, cohort, count(*) AS members FROM member GROUP BY 1, 2) m USING (cohort)
WHERE m.id = c.id;

-- ---------------------------------------------------------------------------
-- The extension, in two steps
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE timeline AS
SELECT seed, grain, customer,
	   CASE form WHEN 'plain' THEN plain WHEN 'value' THEN valued ELSE marked END AS a
FROM (SELECT seed, grain, customer, cvm.activity_agg(day) AS plain, cvm.activity_agg(day, value) AS valued,
			 cvm.activity_agg(day, value, is_start, is_return) AS marked
	  FROM event GROUP BY 1, 2, 3) s
JOIN sample USING (seed, grain);

CREATE TEMP TABLE triangle AS
SELECT id, cvm.retention_agg(cvm.tenure(a, r.grain, as_of, clock, week_start, brackets, min_events, streak)) AS r
FROM reading r JOIN timeline t ON t.seed = r.seed AND t.grain = r.grain
GROUP BY id;

CREATE TEMP TABLE got AS
SELECT id, partial, cohort, period_no AS no, period_start, cohort_customers AS members,
	   eligible_customers AS eligible, retained_customers AS retained, retained_or_later_customers AS later,
	   returned_customers AS returned, retention_rate AS rate, is_complete, value, eligible_value AS base,
	   conf_low, conf_high, value_rate
FROM triangle, unnest('{false,true}'::boolean[]) partial, cvm.grid(r, partial => partial);

CREATE FUNCTION pg_temp.differences() RETURNS TABLE (id bigint, clock text, grain text, what text)
LANGUAGE sql AS $$
	WITH e AS (SELECT id, partial, cohort, no, period_start, members, eligible, retained, later, returned,
					  rate, is_complete, value, base FROM expected),
		 g AS (SELECT id, partial, cohort, no, period_start, members, eligible, retained, later, returned,
					  rate, is_complete, value, base FROM got)
	SELECT d.id, clock, grain, format('%s %s', side, d)
	FROM (SELECT 'missing' AS side, m.* FROM (TABLE e EXCEPT ALL TABLE g) m
		  UNION ALL SELECT 'surplus', s.* FROM (TABLE g EXCEPT ALL TABLE e) s) d
	JOIN reading r ON r.id = d.id
$$;
CREATE TEMP TABLE difference AS SELECT * FROM pg_temp.differences();

SELECT cmp_ok((SELECT count(DISTINCT seed) FROM reading), '>=', 200::bigint,
			  'there are more than 200 random data sets for every grain');
SELECT cmp_ok((SELECT count(*) FROM expected), '>=', 50000::bigint, 'plain SQL computed fifty thousand cells');
SELECT is((SELECT count(DISTINCT (clock, grain, streak, brackets IS NULL, min_events)) FROM reading), 120::bigint,
		  'every clock, grain, streak, threshold was read with and without brackets');
SELECT is((SELECT string_agg(format('%s: %s', id, what), E'\n')
		   FROM (SELECT * FROM difference d WHERE d.grain = g AND d.clock = c ORDER BY id, what LIMIT 3) s),
		  NULL, format('all cells by %s on the %s clock are what plain SQL says', g, c))
FROM unnest('{day,week,month,quarter,year}'::text[]) g, unnest('{calendar,anniversary}'::text[]) c;

SELECT is((SELECT count(*) FROM got
		   WHERE eligible > 0 AND
				 (abs(conf_low - greatest(0, (retained + k / 2 - z * sqrt(retained * (eligible - retained)::float8 / eligible + k / 4))
							/ (eligible + k))) > 1e-12 OR
				  abs(conf_high - least(1, (retained + k / 2 + z * sqrt(retained * (eligible - retained)::float8 / eligible + k / 4))
							/ (eligible + k))) > 1e-12)),
		  0::bigint, 'every interval is Wilson''s at 95 %')
FROM (VALUES (1.959963984540054::float8, 1.959963984540054::float8 ^ 2)) w (z, k);
SELECT is((SELECT count(*) FROM got
		   WHERE num_nulls(conf_low, conf_high, rate) NOT IN (0, 3) OR (rate IS NULL) <> (eligible = 0) OR
				 NOT (conf_low <= rate AND rate <= conf_high AND conf_low >= 0 AND conf_high <= 1)),
		  0::bigint, 'a rate lies within its interval, and nothing is said of nobody');
SELECT is((SELECT count(*) FROM got
		   WHERE (value_rate IS NULL) <> (base IS NULL OR base <= 0) OR
				 abs(value_rate - value::float8 / nullif(base, 0)::float8) > 1e-9 * (1 + abs(value_rate))),
		  0::bigint, 'a value rate is the value over what the same customers brought at first');
SELECT is((SELECT count(*) FROM got WHERE retained > later OR later > eligible OR eligible > members OR
				 (NOT partial AND is_complete <> (eligible = members))),
		  0::bigint, 'retained <= retained or later <= eligible <= cohort, in every cell');

SELECT is((SELECT count(*) FROM (
			SELECT id, period_no, cohorts, eligible_customers, retained_customers, retained_or_later_customers,
				   returned_customers, retention_rate, is_complete, value, eligible_value
			FROM triangle, cvm.curve(r)
			EXCEPT
			SELECT id, no, count(*) FILTER (WHERE eligible > 0), sum(eligible)::bigint, sum(retained)::bigint,
				   sum(later)::bigint, sum(returned)::bigint,
				   sum(retained)::float8 / nullif(sum(eligible), 0), bool_and(is_complete),
				   sum(value) FILTER (WHERE eligible > 0), sum(base) FILTER (WHERE eligible > 0)
			FROM expected WHERE NOT partial GROUP BY id, no) s),
		  0::bigint, 'every point of the curves pools the eligible of all cohorts');
SELECT is((SELECT count(*) FROM triangle, cvm.curve(r)),
		  (SELECT count(DISTINCT (id, no)) FROM expected), 'every point that plain SQL has is on the curves');

SELECT is((SELECT count(*) FROM life l JOIN reading r USING (id)
		   JOIN timeline t ON t.seed = r.seed AND t.grain = r.grain AND t.customer = l.customer
		   WHERE NOT streak AND brackets IS NULL AND over AND
				 cvm.is_active(a, no, r.grain, clock, week_start, min_events) IS DISTINCT FROM retained),
		  0::bigint, 'is_active names the customers behind every cell');
SELECT is((SELECT count(*) FROM member m JOIN reading r USING (id)
		   JOIN timeline t ON t.seed = r.seed AND t.grain = r.grain AND t.customer = m.customer
		   WHERE cvm.cohort_of(a, r.grain, week_start) IS DISTINCT FROM m.cohort OR
				 cvm.first_day(a) IS DISTINCT FROM m.first_day),
		  0::bigint, 'cohort_of and first_day name the members of every cohort');

-- ---------------------------------------------------------------------------
-- The extension, in one pass: every form, byte for byte
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE observed AS
SELECT s.seed, s.grain, s.form,
	   CASE WHEN s.grain = 'week' THEN 'week:' || week_start ELSE s.grain END AS grain_name,
	   base + span * 2 / 3 AS as_of
FROM sample s;

CREATE TEMP TABLE row_seen AS
SELECT e.*, o.form, grain_name, as_of,
	   zone, uuid_in(md5(e.customer::text)::cstring) AS uuid_key, 'customer ' || e.customer AS text_key,
	   e.day + interval '1 second' * (random() * 86399)::int AS at
FROM event e JOIN observed o USING (seed, grain),
	 LATERAL (SELECT (ARRAY['UTC', 'America/St_Johns', 'Pacific/Kiritimati', 'Asia/Kathmandu'])[1 + e.seed % 4] AS zone) z
WHERE e.day < as_of;
-- local times that a clock change skips or repeats are left out
UPDATE row_seen SET at = day + interval '12 hours' WHERE ((at AT TIME ZONE zone) AT TIME ZONE zone)::date <> day;
-- rows that nobody can place: no customer, no time
INSERT INTO row_seen
SELECT seed, grain, NULL, day, value, is_start, is_return, form, grain_name, as_of, zone, NULL, NULL, at
FROM row_seen WHERE customer = 1;
INSERT INTO row_seen
SELECT seed, grain, customer, NULL, value, is_start, is_return, form, grain_name, as_of, zone, uuid_key, text_key, NULL
FROM row_seen WHERE customer = 2;
ANALYZE row_seen;

CREATE TEMP TABLE two_step AS
SELECT seed, grain, form,
	   cvm.retention_agg(cvm.tenure(CASE WHEN f = 'plain' THEN plain WHEN f = 'value' THEN valued ELSE marked END,
		   split_part(grain_name, ':', 1), as_of,
		   week_start => coalesce(nullif(split_part(grain_name, ':', 2), '')::int, 1))) AS r, f
FROM (SELECT seed, grain, customer, form, grain_name, as_of, cvm.activity_agg(day) AS plain,
			 cvm.activity_agg(day, value) AS valued,
			 cvm.activity_agg(day, value, is_start, is_return) AS marked
	  FROM row_seen WHERE customer IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6) s,
	 unnest('{plain,value,marked}'::text[]) f
GROUP BY 1, 2, 3, f;

CREATE FUNCTION pg_temp.one_pass(key text, tm text, f text) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
	wrong bigint;
BEGIN
	EXECUTE format('SELECT count(*) FILTER (WHERE cvm.as_of(r1, as_of) IS DISTINCT FROM r)
		FROM (SELECT seed, grain, as_of, cvm.retention_agg(%s, %s%s, grain_name) AS r1
			  FROM row_seen GROUP BY 1, 2, 3) s
		FULL JOIN (SELECT * FROM two_step WHERE f = %L) t USING (seed, grain)', key, tm,
		CASE f WHEN 'plain' THEN '' WHEN 'value' THEN ', value' ELSE ', value, is_start, is_return' END, f) INTO wrong;
	RETURN wrong;
END
$$;
SELECT is((SELECT sum(pg_temp.one_pass(key, tm, f))
		   FROM unnest('{plain,value,marked}'::text[]) f), 0::numeric,
		  format('one pass over %s and %s equals two steps, byte for byte', key, words))
FROM unnest('{customer::bigint,text_key,uuid_key}'::text[]) key,
	 (VALUES ('day', 'days'), ('at', 'local times'), ('day, zone', 'days with a zone'),
			 ('at, zone', 'local times with a zone'), ('at AT TIME ZONE zone, zone', 'moments')) t (tm, words);

SELECT is((SELECT count(*) FROM (
			SELECT cvm.activity_agg(day, value, is_start, is_return) AS a,
				   cvm.activity_agg(at, value, is_start, is_return) AS b,
				   cvm.activity_agg(at AT TIME ZONE zone, zone, value, is_start, is_return) AS c,
				   cvm.activity_agg(day, zone, value, is_start, is_return) AS d,
				   cvm.activity_agg(at, zone, value, is_start, is_return) AS e
			FROM row_seen WHERE customer IS NOT NULL GROUP BY seed, grain, customer) s
		   WHERE a <> b OR a <> c OR a <> d OR a <> e),
		  0::bigint, 'days, local times and moments make the same timeline');
SELECT is((SELECT count(*) FROM (
			SELECT cvm.as_of(cvm.retention_agg(customer::bigint, day, grain_name)) AS as_of, max(day) + 1 AS last
			FROM row_seen WHERE customer IS NOT NULL GROUP BY seed, grain) s WHERE as_of <> last),
		  0::bigint, 'one pass was observed until the day after the last day seen');
SELECT is((SELECT count(*) FROM two_step WHERE f = 'plain' AND cvm.as_of(r) IS NULL), 0::bigint,
		  'every state says until when it was observed');

SELECT * FROM finish();
ROLLBACK;
