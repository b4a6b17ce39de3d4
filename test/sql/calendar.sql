\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Days, weeks, months, anniversaries and time zones: every period boundary
-- against what the server's own date arithmetic says.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET LOCAL search_path = public, cvm;
SELECT plan(51);

CREATE FUNCTION pg_temp.act(VARIADIC days date[]) RETURNS cvm.activity
LANGUAGE sql AS $$ SELECT cvm.activity_agg(d) FROM unnest(days) d $$;

-- ---------------------------------------------------------------------------
-- Grains
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE day_life AS
SELECT d::date AS day, cvm.activity_agg(d::date) AS a
FROM (SELECT generate_series(timestamp '1896-01-01', '1904-12-31', '1 day')
	  UNION ALL SELECT generate_series(timestamp '1996-01-01', '2004-12-31', '1 day')
	  UNION ALL SELECT generate_series(timestamp '2023-01-01', '2029-12-31', '1 day')
	  UNION ALL SELECT generate_series(timestamp '2096-01-01', '2104-12-31', '1 day')) s (d)
GROUP BY d;
ANALYZE day_life;

SELECT is((SELECT count(*) FROM day_life
		   WHERE cvm.cohort_of(a, grain) IS DISTINCT FROM date_trunc(grain, day)::date),
		  0::bigint, format('34 years of days fall in the %s that the server says', grain))
FROM unnest('{day,week,month,quarter,year}'::text[]) grain;

SELECT is((SELECT count(*) FROM day_life
		   WHERE cvm.cohort_of(a, 'week', ws) IS DISTINCT FROM
				 day - (extract(isodow FROM day)::int - ws + 7) % 7),
		  0::bigint, format('a week that starts on ISO day %s starts on that day, and holds seven', ws))
FROM generate_series(1, 7) ws;

SELECT is(cvm.cohort_of(pg_temp.act('2024-06-05'), 'week:7'),
		  cvm.cohort_of(pg_temp.act('2024-06-05'), 'week', 7),
		  'week:7 is the week that starts on Sunday');
SELECT is(cvm.cohort_of(pg_temp.act('2024-06-05'), 'week:7'), date '2024-06-02',
		  'Wednesday 5 June 2024 lies in the Sunday week of 2 June');
SELECT is((SELECT count(*) FROM day_life d, generate_series(1, 7) ws
		   WHERE extract(year FROM day) = 2024 AND
				 cvm.cohort_of(a, 'week:' || ws) IS DISTINCT FROM cvm.cohort_of(a, 'week', ws)),
		  0::bigint, 'week:N and week_start => N are the same');
SELECT is(cvm.cohort_of(pg_temp.act('2021-01-03'), 'week'), date '2020-12-28',
		  'a week may begin in the year before');

-- ---------------------------------------------------------------------------
-- Anniversaries
-- ---------------------------------------------------------------------------
CREATE FUNCTION pg_temp.period_of(origin date, day date, grain text) RETURNS integer
LANGUAGE sql AS $$
	SELECT max(k) FROM generate_series(0, (day - origin) / CASE grain WHEN 'day' THEN 1 WHEN 'week' THEN 7 WHEN 'month' THEN 28 WHEN 'quarter' THEN 89 ELSE 365 END + 1) k
	WHERE (origin + k * CASE grain WHEN 'day' THEN interval '1 day' WHEN 'week' THEN interval '7 days'
								   WHEN 'month' THEN interval '1 month'
								   WHEN 'quarter' THEN interval '3 months'
								   ELSE interval '1 year' END)::date <= day
$$;

SELECT ok(cvm.is_active(pg_temp.act('2024-01-31', '2024-02-28'), 0, 'month', 'anniversary'),
		  'who joined on 31 January is in month 0 until 28 February');
SELECT ok(NOT cvm.is_active(pg_temp.act('2024-01-31', '2024-02-28'), 1, 'month', 'anniversary'),
		  'who joined on 31 January is not in month 1 on 28 February of a leap year');
SELECT ok(cvm.is_active(pg_temp.act('2024-01-31', '2024-02-29'), 1, 'month', 'anniversary'),
		  '31 January + 1 month is 29 February 2024');
SELECT ok(cvm.is_active(pg_temp.act('2023-01-31', '2023-02-28'), 1, 'month', 'anniversary'),
		  '31 January + 1 month is 28 February 2023');
SELECT ok(cvm.is_active(pg_temp.act('2024-01-31', '2024-03-30'), 1, 'month', 'anniversary'),
		  '30 March 2024 still belongs to month 1 of 31 January');
SELECT ok(cvm.is_active(pg_temp.act('2024-01-31', '2024-03-31'), 2, 'month', 'anniversary'),
		  '31 January + 2 months is 31 March, not 29 March: added from the origin');
SELECT ok(cvm.is_active(pg_temp.act('2024-02-29', '2025-02-28'), 1, 'year', 'anniversary'),
		  'the first anniversary of 29 February 2024 is 28 February 2025');
SELECT ok(cvm.is_active(pg_temp.act('2024-02-29', '2028-02-28'), 3, 'year', 'anniversary') AND
		  cvm.is_active(pg_temp.act('2024-02-29', '2028-02-29'), 4, 'year', 'anniversary'),
		  'its fourth is 29 February 2028 again');
SELECT ok(cvm.is_active(pg_temp.act('2023-11-30', '2024-02-29'), 1, 'quarter', 'anniversary') AND
		  cvm.is_active(pg_temp.act('2023-11-30', '2024-02-28'), 0, 'quarter', 'anniversary'),
		  'a quarter after 30 November 2023 is 29 February 2024');

CREATE TEMP TABLE pair AS
SELECT o::date AS origin, d.day, cvm.activity_agg(x) AS a
FROM generate_series(timestamp '2023-12-27', '2024-03-03', '1 day') o,
	 LATERAL (SELECT o::date + n AS day
			  FROM unnest('{1,6,7,8,27,28,29,30,31,32,58,59,60,61,62,89,90,91,92,93,
				181,182,183,364,365,366,367,394,395,396,397,729,730,731,732,1094,1095,1096,1097,1460,1461,1462}'::int[]) n) d,
	 LATERAL (VALUES (o::date), (d.day)) v (x)
GROUP BY o, d.day;

SELECT is((SELECT count(*) FROM pair, LATERAL pg_temp.period_of(origin, day, grain) k
		   WHERE NOT cvm.is_active(a, k, grain, 'anniversary') OR
				 cvm.is_active(a, k + 1, grain, 'anniversary') OR
				 (k > 1 AND cvm.is_active(a, k - 1, grain, 'anniversary'))),
		  0::bigint, format('around month ends, anniversaries by %s are where adding to the first day puts them', grain))
FROM unnest('{day,week,month,quarter,year}'::text[]) grain;

-- ---------------------------------------------------------------------------
-- Far away
-- ---------------------------------------------------------------------------
SELECT is(cvm.first_day(pg_temp.act('4714-11-24 BC')), date '4714-11-24 BC',
		  'the first day of the calendar is a day');
SELECT is(cvm.cohort_of(pg_temp.act('0001-12-31 BC'), 'year'), date '0001-01-01 BC',
		  'the year before year 1 is 1 BC');
SELECT is(cvm.cohort_of(pg_temp.act('0001-01-01'), 'week'), date '0001-01-01',
		  '1 January of year 1 was a Monday');
SELECT is(cvm.cohort_of(pg_temp.act('5874897-12-30'), 'quarter'), date '5874897-10-01',
		  'the last days of the calendar have a quarter');
SELECT is((SELECT count(*) FROM cvm.grid(cvm.as_of((SELECT cvm.retention_agg(1::bigint, d, 'year')
				FROM unnest('{4000-01-01,300000-12-31}'::date[]) d), '300890-01-01'))
		   WHERE retained_customers = 1), 2::bigint,
		  'a customer who returns after 296 thousand years is retained in that year');
SELECT ok(cvm.is_active(pg_temp.act('1000-03-31 BC', '5874000-04-29'), 5874999 * 12, 'month', 'anniversary'),
		  'months of an anniversary add up over any distance');

SELECT throws_ok($$SELECT cvm.activity_agg(d::date) FROM unnest('{2024-01-01,infinity}'::text[]) d$$,
				 '22008', 'cannot use infinite date "infinity"', 'a date at infinity is refused');
SELECT throws_ok($$SELECT cvm.activity_agg('-infinity'::timestamp)$$,
				 '22008', 'cannot use infinite timestamp "-infinity"', 'a timestamp before all time is refused');
SELECT throws_ok($$SELECT cvm.activity_agg('infinity'::timestamptz, 'UTC')$$,
				 '22008', 'cannot use infinite timestamp "infinity"', 'a moment after all time is refused');

-- ---------------------------------------------------------------------------
-- Zones
-- ---------------------------------------------------------------------------
CREATE TEMP TABLE zone (name text);
INSERT INTO zone VALUES ('UTC'), ('Europe/Vilnius'), ('America/New_York'), ('America/St_Johns'),
	('Pacific/Apia'), ('Pacific/Kiritimati'), ('Asia/Kathmandu'), ('Australia/Lord_Howe'),
	('Africa/Casablanca'), ('America/Sao_Paulo'), ('Asia/Tehran'), ('Antarctica/Troll'),
	('Africa/Monrovia'), ('Pacific/Kwajalein'), ('EST5EDT'), ('<+0545>-5:45');

-- days in which the distance to UTC changes, plus some ordinary ones
CREATE TEMP TABLE change AS
SELECT name, at
FROM (SELECT z.name, at, at AT TIME ZONE z.name - at AT TIME ZONE 'UTC' AS shift,
			 lag(at AT TIME ZONE z.name - at AT TIME ZONE 'UTC')
				OVER (PARTITION BY z.name ORDER BY at) AS before
	  FROM zone z, generate_series(timestamptz '1937-01-01 12:00+00', '2043-01-01', '1 day') at) s
WHERE shift <> before OR extract(epoch FROM at)::bigint / 86400 % 2003 = 0;

CREATE TEMP TABLE moment AS
SELECT c.name, s.at
FROM change c, generate_series(c.at - interval '31 hours', c.at + interval '7 hours', interval '29 min 3 s') s (at)
UNION
SELECT c.name, x.at
FROM change c, LATERAL (SELECT date_trunc('day', c.at AT TIME ZONE c.name) AS midnight) m,
	 unnest('{-1 day,0,1 day}'::interval[]) d,
	 unnest('{-1 us,0,1 us,1 s,59 s,60 s,61 s}'::interval[]) e,
	 LATERAL (SELECT (midnight + d) AT TIME ZONE c.name + e AS at) x;
ANALYZE moment;

SELECT cmp_ok((SELECT count(*) FROM moment), '>', 30000::bigint,
			  'there are tens of thousands of moments around changes of the clock');
SELECT is((SELECT count(*) FROM (SELECT name, at, cvm.first_day(cvm.activity_agg(at, name)) AS day
								 FROM moment GROUP BY name, at) s
		   WHERE day IS DISTINCT FROM (at AT TIME ZONE name)::date),
		  0::bigint, 'each falls on the local day that the server says');
SELECT is((SELECT count(*)
		   FROM (SELECT name, cohort, cohort_customers
				 FROM (SELECT name, cvm.retention_agg(n, at, name, 'day') AS r
					   FROM (SELECT *, row_number() OVER () AS n FROM moment WHERE at BETWEEN '2009-06-01' AND '2012-06-01') m GROUP BY name) s, cvm.grid(r)
				 WHERE period_no = 0) g
		   FULL JOIN (SELECT name, (at AT TIME ZONE name)::date AS cohort, count(*) AS cohort_customers
					  FROM moment WHERE at BETWEEN '2009-06-01' AND '2012-06-01' GROUP BY 1, 2) e USING (name, cohort, cohort_customers)
		   WHERE g.name IS NULL OR e.name IS NULL), 0::bigint, 'the one-pass form agrees, zone by zone');

SELECT is((SELECT array_agg(cvm.first_day(a) ORDER BY at)
		   FROM (SELECT at, cvm.activity_agg(at, 'America/St_Johns') AS a
				 FROM unnest('{2010-11-07 02:29:59+00,2010-11-07 02:30:30+00,2010-11-07 02:31:00+00,
					2010-11-07 03:29:59+00,2010-11-07 03:30:00+00}'::timestamptz[]) at GROUP BY at) s),
		  '{2010-11-06,2010-11-07,2010-11-06,2010-11-06,2010-11-07}'::date[],
		  'in St. John''s 7 November 2010 began, ended after a minute and began again');
SELECT is((SELECT array_agg(DISTINCT cvm.first_day(a) ORDER BY cvm.first_day(a))
		   FROM (SELECT cvm.activity_agg(at, 'Pacific/Apia') AS a
				 FROM generate_series(timestamptz '2011-12-29 00:00+00', '2011-12-31 00:00+00', '1 minute') at
				 GROUP BY at) s),
		  '{2011-12-28,2011-12-29,2011-12-31}'::date[],
		  'Apia had no 30 December 2011');
SELECT is((SELECT array_agg(cvm.first_day(a) ORDER BY at)
		   FROM (SELECT at, cvm.activity_agg(at, 'Asia/Kathmandu') AS a
				 FROM unnest('{2024-03-01 18:14:59+00,2024-03-01 18:15:00+00,1985-06-01 18:29:59+00,
					1985-06-01 18:30:00+00}'::timestamptz[]) at GROUP BY at) s),
		  '{1985-06-01,1985-06-02,2024-03-01,2024-03-02}'::date[],
		  'Kathmandu is 5:45 ahead, and was 5:30 before 1986');

-- A week in which the clock changes is a week
SELECT is((SELECT array_agg(period_no) FROM cvm.grid(cvm.as_of((SELECT cvm.retention_agg(1::bigint, at, 'America/New_York', 'week')
				FROM unnest('{2024-03-04 05:00+00,2024-03-11 04:00+00,2024-03-18 04:00+00}'::timestamptz[]) at),
				'2024-03-25')) WHERE retained_customers = 1),
		  '{0,1,2}'::int[], 'the week of 167 hours in March counts as one week');
SELECT is((SELECT array_agg(period_no) FROM cvm.grid(cvm.as_of((SELECT cvm.retention_agg(1::bigint, at, 'America/New_York', 'week')
				FROM unnest('{2024-10-28 04:00+00,2024-11-04 04:59:59+00,2024-11-04 05:00+00}'::timestamptz[]) at),
				'2024-11-11')) WHERE retained_customers = 1),
		  '{0,1}'::int[], 'the week of 169 hours in November counts as one week');

SELECT is((SELECT count(*)
		   FROM (SELECT at, name, cvm.first_day(cvm.activity_agg(at, name)) AS day
				 FROM unnest('{4713-06-01 BC,0044-03-15 BC,0900-07-01,1500-01-01,1850-01-01,2500-07-01,9999-12-31,200000-07-01}'::text[]) d,
					  zone, generate_series(0, 23) h, LATERAL (SELECT d::timestamptz + h * interval '1 hour' AS at) x
				 GROUP BY at, name) s
		   WHERE day IS DISTINCT FROM (at AT TIME ZONE name)::date),
		  0::bigint, 'moments thousands of years away have their local day too');

SELECT throws_ok($$SELECT cvm.activity_agg(now(), 'Mars/Olympus')$$, '22023',
				 'time zone "Mars/Olympus" not recognized', 'an unknown zone is named in the error');
SELECT throws_ok($$SELECT cvm.activity_agg(now(), NULL)$$, '22004',
				 'time zone must not be null', 'a zone may not be missing');
SELECT is(cvm.activity_agg(at, 'Pacific/Apia'), cvm.activity_agg(at::date),
		  'a local time is local already, whatever zone is named')
FROM unnest('{2011-12-29 23:59:59.999999,2011-12-30 00:00,2011-12-31 12:00}'::timestamp[]) at;

SELECT * FROM finish();
ROLLBACK;
