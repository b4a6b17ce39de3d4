-- SPDX-License-Identifier: PostgreSQL
-- Finds every planted truth of demo/telecom.sql again, in plain SQL on the
-- warehouse tables and without the extension. One row per claim; ok says
-- whether the data bear it out.
--
--     psql -X -d telecom -f demo/check.sql
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
SET DateStyle = 'ISO';

BEGIN;

CREATE TEMP TABLE finding (
	no		int GENERATED ALWAYS AS IDENTITY,
	truth	text,
	claim	text,
	planted	text,
	found	text,
	ok		boolean
) ON COMMIT DROP;

CREATE FUNCTION pg_temp.planted(name text) RETURNS text LANGUAGE sql STABLE
	RETURN (SELECT p.value FROM demo.parameter AS p WHERE p.name = $1);

-- Month ends: who was a customer, and in which tier. Ends are exclusive.
CREATE TEMP TABLE month_end ON COMMIT DROP AS
	SELECT m.month, c.subscriber_no, t.tier
	FROM (SELECT m::date AS month, (m + interval '1 month')::date AS next
		FROM generate_series(timestamp '2024-01-01', '2025-12-01', '1 month') AS m) AS m
	JOIN (SELECT DISTINCT subscriber_no, start_dt, end_dt FROM billing.contracts) AS c
		ON c.start_dt < m.next AND (c.end_dt IS NULL OR c.end_dt >= m.next)
	JOIN crm.tier_log AS t ON t.subscriber_no = c.subscriber_no
		AND t.from_dt < m.next AND (t.to_dt IS NULL OR t.to_dt >= m.next)
	GROUP BY 1, 2, 3;
CREATE INDEX ON month_end (subscriber_no, month);
ANALYZE month_end;

-- 1. The price rise: churn of a month = left by its end ÷ there at its start.
CREATE TEMP TABLE churn ON COMMIT DROP AS
	SELECT (o.month + interval '1 month')::date AS month, o.tier, count(*) AS opening,
		count(*) FILTER (WHERE c.subscriber_no IS NULL) AS lost
	FROM month_end AS o
	LEFT JOIN month_end AS c ON c.subscriber_no = o.subscriber_no AND c.month = (o.month + interval '1 month')::date
	WHERE o.month < '2025-12-01'
	GROUP BY 1, 2;

-- The same for who was there on 1 July and on 1 October: gone 92 days later, as a monthly rate.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'price rise', format('%s: monthly risk to leave, Jul–Sep → Oct–Dec 2025', tier),
		CASE tier WHEN 'Family' THEN '+' || pg_temp.planted('rise_hazard') ELSE 'no change' END,
		format('%s → %s, z = %s', round(rb, 4), round(ra, 4), round(z, 1)),
		CASE tier WHEN 'Family' THEN z > 5 AND abs(ra - rb - pg_temp.planted('rise_hazard')::numeric) < 0.005
			ELSE abs(z) < 1.96 END
	FROM (SELECT *, (a - b) / sqrt(a * (1 - a) / na + b * (1 - b) / nb) AS z,
			1 - power(1 - b, 30.4375 / 92) AS rb, 1 - power(1 - a, 30.4375 / 92) AS ra
		FROM (SELECT tier, avg(gone) FILTER (WHERE day = '2025-07-01') AS b, avg(gone) FILTER (WHERE day = '2025-10-01') AS a,
				count(*) FILTER (WHERE day = '2025-07-01') AS nb, count(*) FILTER (WHERE day = '2025-10-01') AS na
			FROM (SELECT d.day, t.tier, t.subscriber_no, (NOT EXISTS (SELECT FROM billing.contracts AS c
					WHERE c.subscriber_no = t.subscriber_no
						AND c.start_dt <= d.day + 91 AND (c.end_dt IS NULL OR c.end_dt > d.day + 91)))::int AS gone
				FROM (VALUES (date '2025-07-01'), ('2025-10-01')) AS d (day)
				JOIN crm.tier_log AS t ON t.from_dt < d.day + 1 AND (t.to_dt IS NULL OR t.to_dt > d.day)
				WHERE EXISTS (SELECT FROM billing.contracts AS c WHERE c.subscriber_no = t.subscriber_no
					AND c.start_dt < d.day AND (c.end_dt IS NULL OR c.end_dt > d.day))) AS x
			GROUP BY tier) AS x) AS x
	ORDER BY tier <> 'Family', tier;
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'price rise', format('%s: churn of %s → %s', tier, to_char(m0, 'Mon'), to_char(m1, 'Mon YYYY')),
		CASE tier WHEN 'Family' THEN 'shift' ELSE 'noise' END,
		format('%s → %s, z = %s', round(b, 4), round(a, 4), round(z, 1)),
		CASE tier WHEN 'Family' THEN z > 3 ELSE abs(z) < 1.96 END
	FROM (SELECT *, (a - b) / sqrt(a * (1 - a) / na + b * (1 - b) / nb) AS z
		FROM (SELECT tier, x.month AS m0, y.month AS m1, x.lost::numeric / x.opening AS b, y.lost::numeric / y.opening AS a,
				x.opening AS nb, y.opening AS na
			FROM churn AS x JOIN churn AS y USING (tier)
			WHERE x.month = '2025-09-01' AND y.month IN ('2025-10-01', '2025-12-01')) AS x) AS x
	ORDER BY m1, tier <> 'Family', tier;
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'price rise', 'new fee over old fee on that day, Family only', pg_temp.planted('rise_factor'),
		format('%s, other tiers: %s contracts', round(avg(n.monthly_fee / o.monthly_fee), 4), count(*) FILTER (WHERE t.tier <> 'Family')),
		abs(avg(n.monthly_fee / o.monthly_fee) - pg_temp.planted('rise_factor')::numeric) < 0.0005
			AND count(*) FILTER (WHERE t.tier <> 'Family') = 0
	FROM billing.contracts AS o
	JOIN billing.contracts AS n ON n.subscriber_no = o.subscriber_no AND n.plan_code = o.plan_code
		AND n.start_dt = o.end_dt AND o.leave_reason = 'new price'
		AND round(o.monthly_fee * pg_temp.planted('rise_factor')::numeric, 2) = n.monthly_fee
	JOIN crm.tier_log AS t ON t.subscriber_no = o.subscriber_no AND t.from_dt <= o.end_dt
		AND (t.to_dt IS NULL OR t.to_dt > o.end_dt)
	WHERE o.end_dt = pg_temp.planted('rise_on')::date;

-- 2. The cohort of March 2024, whose price ended after a year.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'hurt cohort', 'left in the month after the first year: SPRING24 against February and April joiners',
		'+' || pg_temp.planted('spring_leave'),
		format('%s − %s', round(spring, 4), round(other, 4)),
		abs(spring - other - pg_temp.planted('spring_leave')::numeric) < 0.04
	FROM (SELECT avg(gone) FILTER (WHERE spring) AS spring, avg(gone) FILTER (WHERE NOT spring) AS other
		FROM (SELECT s.subscriber_no, date_trunc('month', s.activated_on::timestamp) = '2024-03-01' AS spring,
				(NOT EXISTS (SELECT FROM billing.contracts AS c WHERE c.subscriber_no = s.subscriber_no
					AND c.start_dt <= y.day + 31 AND (c.end_dt IS NULL OR c.end_dt > y.day + 31)))::int AS gone
			FROM crm.subscribers AS s
			CROSS JOIN LATERAL (SELECT (s.activated_on + interval '1 year')::date AS day) AS y
			WHERE s.brand = 'Velora' AND s.activated_on >= '2024-02-01' AND s.activated_on < '2024-05-01'
				AND EXISTS (SELECT FROM billing.contracts AS c WHERE c.subscriber_no = s.subscriber_no
					AND c.start_dt < y.day AND (c.end_dt IS NULL OR c.end_dt >= y.day))) AS x) AS x;

-- 3. The launch: every entry into a focal plan, with the monthly fee that its
-- donors brought at best in the 30 days before and 60 days after.
CREATE FUNCTION pg_temp.entry(focal text, donors text[])
	RETURNS TABLE (subscriber_no bigint, day date, kind text, pre numeric, post numeric, focal_fee numeric)
	LANGUAGE sql STABLE AS $$
	WITH entry AS (
		SELECT f.subscriber_no, f.start_dt AS day, sum(f.monthly_fee) AS focal_fee
		FROM billing.contracts AS f
		WHERE f.plan_code = focal AND NOT EXISTS (SELECT FROM billing.contracts AS p
			WHERE p.subscriber_no = f.subscriber_no AND p.plan_code = focal
				AND p.start_dt < f.start_dt AND (p.end_dt IS NULL OR p.end_dt >= f.start_dt))
		GROUP BY 1, 2
	), donor AS (
		SELECT e.day, c.* FROM entry AS e JOIN billing.contracts AS c USING (subscriber_no)
		WHERE c.plan_code = ANY (donors)
	), before AS (
		SELECT subscriber_no, day, max(fee) AS pre
		FROM (SELECT x.subscriber_no, x.day, x.at, sum(d.monthly_fee) AS fee
			FROM (SELECT DISTINCT subscriber_no, day, greatest(start_dt, day - 30) AS at FROM donor
				WHERE start_dt < day AND (end_dt IS NULL OR end_dt > day - 30)) AS x
			JOIN donor AS d ON d.subscriber_no = x.subscriber_no AND d.day = x.day
				AND d.start_dt <= x.at AND (d.end_dt IS NULL OR d.end_dt > x.at)
			GROUP BY 1, 2, 3) AS x
		GROUP BY 1, 2
	), after AS (
		SELECT subscriber_no, day, sum(monthly_fee) AS post FROM donor
		WHERE start_dt <= day + 60 AND (end_dt IS NULL OR end_dt > day + 60)
		GROUP BY 1, 2
	)
	SELECT e.subscriber_no, e.day,
		CASE WHEN e.day + 60 > '2026-01-01' THEN 'pending'
			WHEN b.pre IS NOT NULL THEN CASE WHEN a.post IS NULL THEN 'switch' WHEN a.post < b.pre THEN 'partial' ELSE 'add' END
			WHEN EXISTS (SELECT FROM billing.contracts AS c WHERE c.subscriber_no = e.subscriber_no
				AND c.start_dt < e.day AND c.plan_code = ANY (donors || focal)) THEN 'winback'
			ELSE 'new' END,
		coalesce(b.pre, 0), coalesce(a.post, 0), e.focal_fee
	FROM entry AS e LEFT JOIN before AS b USING (subscriber_no, day) LEFT JOIN after AS a USING (subscriber_no, day)
	$$;

CREATE TEMP TABLE lite ON COMMIT DROP AS
	SELECT 'MOB-CLASSIC' AS donor, * FROM pg_temp.entry('MOB-LITE', '{MOB-CLASSIC}')
	UNION ALL
	SELECT '(all)', * FROM pg_temp.entry('MOB-LITE',
		ARRAY(SELECT plan_code FROM catalog.plans WHERE plan_code <> 'MOB-LITE'));

INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'launch', 'MOB-LITE entries', planted::text, found::text, planted = found
	FROM (SELECT count(*) AS found FROM lite WHERE donor = '(all)') AS x,
		(SELECT sum(value::int) AS planted FROM demo.parameter
			WHERE name IN ('lite_new', 'lite_winback', 'lite_add', 'lite_switch', 'lite_partial')) AS y;
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'launch', 'kind of each matured entry, donor MOB-CLASSIC', 'as in demo.planted',
		format('%s of %s differ', count(*) FILTER (WHERE l.kind <> split_part(p.detail, ',', 1)), count(*)),
		count(*) FILTER (WHERE l.kind IS DISTINCT FROM split_part(p.detail, ',', 1)) = 0
	FROM lite AS l
	LEFT JOIN demo.planted AS p ON p.truth = 'MOB-LITE entry' AND p.customer = l.subscriber_no
	WHERE l.donor = 'MOB-CLASSIC' AND l.kind <> 'pending';
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'launch', format('unit rate (switch or partial), donor %s', donor), round(planted, 4)::text,
		format('%s / %s = %s [%s, %s]', k, n, round(u, 4), round(low, 4), round(high, 4)),
		planted BETWEEN low AND high
	FROM (SELECT *, (u + 1.9208 / n - 1.96 * sqrt(u * (1 - u) / n + 0.9604 / n / n)) / (1 + 3.8416 / n) AS low,
			(u + 1.9208 / n + 1.96 * sqrt(u * (1 - u) / n + 0.9604 / n / n)) / (1 + 3.8416 / n) AS high
		FROM (SELECT donor, count(*)::numeric AS n, count(*) FILTER (WHERE kind IN ('switch', 'partial')) AS k,
				count(*) FILTER (WHERE kind IN ('switch', 'partial')) / count(*)::numeric AS u
			FROM lite WHERE kind <> 'pending' GROUP BY donor) AS x,
			(SELECT sum(value::numeric) FILTER (WHERE name IN ('lite_switch', 'lite_partial')) / sum(value::numeric) AS planted
				FROM demo.parameter
				WHERE name IN ('lite_new', 'lite_winback', 'lite_add', 'lite_switch', 'lite_partial')) AS y) AS x
	ORDER BY donor DESC;
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'launch', 'unit rate against its break-even (margins), donor MOB-CLASSIC', 'above: destroys value',
		format('%s > %s', round(u, 4), round(f.contribution / d.contribution, 4)),
		u - 0.03 > f.contribution / d.contribution
	FROM (SELECT avg((kind IN ('switch', 'partial'))::int) AS u FROM lite
			WHERE donor = 'MOB-CLASSIC' AND kind <> 'pending') AS x,
		catalog.plans AS f, catalog.plans AS d
	WHERE f.plan_code = 'MOB-LITE' AND d.plan_code = 'MOB-CLASSIC';
-- Holders of a plan who did not take MOB-LITE: lost within 60 days, at the start of three months.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'launch', format('%s holders without MOB-LITE: lost in 60 days, before → after launch', plan_code), 'no change',
		format('%s → %s', round(b, 4), round(a, 4)), abs(a - b) < 0.012
	FROM (SELECT plan_code, avg(lost) FILTER (WHERE day < '2025-05-01') AS b, avg(lost) FILTER (WHERE day >= '2025-05-01') AS a
		FROM (SELECT c.plan_code, d.day, (NOT EXISTS (SELECT FROM billing.contracts AS x
					WHERE x.subscriber_no = c.subscriber_no AND x.plan_code = c.plan_code
						AND x.start_dt <= d.day + 60 AND (x.end_dt IS NULL OR x.end_dt > d.day + 60)))::int AS lost
			FROM (VALUES (date '2024-10-01'), ('2024-11-01'), ('2024-12-01'), ('2025-06-01'), ('2025-07-01'), ('2025-08-01')) AS d (day)
			JOIN billing.contracts AS c ON c.plan_code IN ('MOB-CLASSIC', 'MOB-PLUS')
				AND c.start_dt <= d.day - 30 AND (c.end_dt IS NULL OR c.end_dt > d.day)
			WHERE NOT EXISTS (SELECT FROM lite AS l WHERE l.subscriber_no = c.subscriber_no
				AND l.day <= d.day + 75)) AS x
		GROUP BY 1) AS x
	ORDER BY 1;

-- 4. The gamed promotion: bought as a new customer by a household that had the
-- same product line less than 90 days before, or has it still.
CREATE TEMP TABLE gamed ON COMMIT DROP AS
	SELECT n.subscriber_no, n.start_dt, n.sold_via, n.monthly_fee, max(o.monthly_fee) AS old_fee
	FROM billing.contracts AS n
	JOIN catalog.promotions AS p ON p.promo_code = n.promo_code AND p.newcomers_only
		AND n.start_dt >= p.runs_from AND n.start_dt < p.runs_until
	JOIN catalog.plans AS np ON np.plan_code = n.plan_code
	JOIN crm.subscribers AS ns ON ns.subscriber_no = n.subscriber_no
	JOIN crm.subscribers AS os ON os.household_no = ns.household_no
	JOIN billing.contracts AS o ON o.subscriber_no = os.subscriber_no AND o.contract_no <> n.contract_no
		AND o.start_dt < n.start_dt AND (o.end_dt IS NULL OR o.end_dt >= n.start_dt - 90)
	JOIN catalog.plans AS op ON op.plan_code = o.plan_code AND op.product_line = np.product_line
	GROUP BY 1, 2, 3, 4;

INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'gamed promotion', 'customers', format('%s, as listed', planted),
		format('%s, missed %s, wrongly accused %s', found, missed, accused), missed + accused = 0 AND planted = found
	FROM (SELECT count(p.customer) AS planted, count(g.subscriber_no) AS found,
			count(*) FILTER (WHERE g.subscriber_no IS NULL) AS missed, count(*) FILTER (WHERE p.customer IS NULL) AS accused
		FROM (SELECT customer FROM demo.planted WHERE truth = 'gamed promotion') AS p
		FULL JOIN gamed AS g ON g.subscriber_no = p.customer) AS x;
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'gamed promotion', 'sold by dealers: gamed against other NET-WELCOME entries', pg_temp.planted('gamed_dealer'),
		format('%s against %s; gaming rate %s of %s', round(gamed, 4), round(other, 4), round(rate, 4), n),
		abs(gamed - pg_temp.planted('gamed_dealer')::numeric) < 0.06 AND other < 0.25
	FROM (SELECT avg((c.sold_via = 'dealer')::int) FILTER (WHERE g.subscriber_no IS NOT NULL) AS gamed,
			avg((c.sold_via = 'dealer')::int) FILTER (WHERE g.subscriber_no IS NULL) AS other,
			avg((g.subscriber_no IS NOT NULL)::int) AS rate, count(*) AS n
		FROM billing.contracts AS c LEFT JOIN gamed AS g USING (subscriber_no)
		WHERE c.promo_code = 'NET-WELCOME') AS x;
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'gamed promotion', 'fair winbacks under NET-WELCOME, not accused', pg_temp.planted('fair_winback'),
		count(*)::text, count(*) = pg_temp.planted('fair_winback')::int
	FROM billing.contracts AS c
	WHERE c.promo_code = 'NET-WELCOME' AND NOT EXISTS (SELECT FROM gamed AS g WHERE g.subscriber_no = c.subscriber_no)
		AND EXISTS (SELECT FROM billing.contracts AS o WHERE o.subscriber_no = c.subscriber_no AND o.start_dt < c.start_dt);

-- 5. The harmless launch: TV-KIDS takers lose no more than those who did not take it.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'harmless add-on', 'TV-KIDS entries', pg_temp.planted('kids_entries'), count(*)::text,
		count(*) = pg_temp.planted('kids_entries')::int
	FROM billing.contracts WHERE plan_code = 'TV-KIDS';
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'harmless add-on', 'unit rate, donor (all), against the same holders without it', 'background only',
		format('%s of %s against %s', round(u, 4), n, round(h, 4)), u < 0.12 AND u - h < 0.03
	FROM (SELECT avg((kind IN ('switch', 'partial'))::int) AS u, count(*) AS n
		FROM pg_temp.entry('TV-KIDS', ARRAY(SELECT plan_code FROM catalog.plans WHERE plan_code <> 'TV-KIDS'))
		WHERE kind <> 'pending') AS x,
		(SELECT avg((coalesce(post, 0) < pre)::int) AS h
		FROM (SELECT c.subscriber_no, d.day, sum(c.monthly_fee) AS pre,
				(SELECT sum(x.monthly_fee) FROM billing.contracts AS x WHERE x.subscriber_no = c.subscriber_no
					AND x.start_dt <= d.day + 60 AND (x.end_dt IS NULL OR x.end_dt > d.day + 60)) AS post
			FROM (VALUES (date '2025-06-15'), ('2025-07-15'), ('2025-08-15'), ('2025-09-15'), ('2025-10-15')) AS d (day)
			JOIN billing.contracts AS c ON c.start_dt < d.day AND (c.end_dt IS NULL OR c.end_dt > d.day)
			WHERE EXISTS (SELECT FROM billing.contracts AS b JOIN catalog.plans USING (plan_code)
					WHERE b.subscriber_no = c.subscriber_no AND product_line IN ('broadband', 'package')
						AND b.start_dt <= d.day - 30 AND (b.end_dt IS NULL OR b.end_dt > d.day))
				AND NOT EXISTS (SELECT FROM billing.contracts AS k
					WHERE k.subscriber_no = c.subscriber_no AND k.plan_code = 'TV-KIDS')
			GROUP BY 1, 2) AS x) AS y;

-- 6. Tiers: of those who stayed customers, who was in another one a month later.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'migration', format('%s: share that moves in a month', tier), p::text,
		format('%s of %s', round(moved, 4), n), abs(moved - p) < 3 * sqrt(p * (1 - p) / n)
	FROM (SELECT o.tier, count(*) AS n, avg((c.tier <> o.tier)::int) AS moved,
			pg_temp.planted('tier_move ' || o.tier)::numeric AS p
		FROM month_end AS o
		JOIN month_end AS c ON c.subscriber_no = o.subscriber_no AND c.month = (o.month + interval '1 month')::date
		GROUP BY o.tier) AS x
	ORDER BY tier;

-- 7. Lives: still there a year after joining, no gap of more than 20 days; by first tier.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'lives', format('%s: share that stays a year (joined Apr–Sep 2024)', tier), round(p, 4)::text,
		format('%s of %s', round(stayed, 4), n), abs(stayed - p) < 3 * sqrt(p * (1 - p) / n)
	FROM (SELECT tier, count(*) AS n, avg((left_on IS NULL OR left_on >= activated_on + 365)::int) AS stayed,
			power(1 + 365 / 30.4375 / max(pg_temp.planted('stay_scale ' || tier)::numeric), -0.75) AS p
		FROM (SELECT s.subscriber_no, s.activated_on, t.tier,
				upper((SELECT r FROM unnest(range_agg(daterange(c.start_dt, c.end_dt + 20))) AS r
					ORDER BY r LIMIT 1)) - 20 AS left_on
			FROM crm.subscribers AS s
			JOIN crm.tier_log AS t ON t.subscriber_no = s.subscriber_no AND t.from_dt = s.activated_on
			JOIN billing.contracts AS c ON c.subscriber_no = s.subscriber_no
			WHERE s.activated_on >= '2024-04-01' AND s.activated_on < '2024-10-01'
			GROUP BY 1, 2, 3) AS x
		GROUP BY tier) AS x
	ORDER BY tier;
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'lives', 'share active again 1, 6, 12 months after the first event (events)', 'falls, ever more slowly',
		format('%s, %s, %s', round(m1, 4), round(m6, 4), round(m12, 4)),
		m1 > m6 AND m6 > m12 AND m1 - m6 > m6 - m12
	FROM (SELECT avg(m1::int) AS m1, avg(m6::int) AS m6, avg(m12::int) AS m12
		FROM (SELECT bool_or(p = 1) AS m1, bool_or(p = 6) AS m6, bool_or(p = 12) AS m12
			FROM (SELECT subscriber_no, m - min(m) OVER (PARTITION BY subscriber_no) AS p,
					min(m) OVER (PARTITION BY subscriber_no) AS first
				FROM (SELECT DISTINCT subscriber_no, (extract(year FROM at) * 12 + extract(month FROM at))::int AS m
					FROM (SELECT subscriber_no, happened_at AT TIME ZONE 'Europe/Vilnius' AS at
						FROM usage.activity) AS x) AS x) AS x
			WHERE first <= 2024 * 12 + 12
			GROUP BY subscriber_no) AS x) AS x;

-- 8. Double pay: a package and, for more than a month, one of its parts on top.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'double pay', 'customers', format('%s, as listed', count(p.customer)),
		format('%s, missed %s, wrongly accused %s', count(g.subscriber_no), count(*) FILTER (WHERE g.subscriber_no IS NULL),
			count(*) FILTER (WHERE p.customer IS NULL)),
		count(*) FILTER (WHERE g.subscriber_no IS NULL OR p.customer IS NULL) = 0 AND count(*) > 0
	FROM (SELECT customer FROM demo.planted WHERE truth = 'double pay') AS p
	FULL JOIN (SELECT DISTINCT b.subscriber_no
		FROM billing.contracts AS b
		JOIN catalog.package_parts AS k ON k.package_code = b.plan_code
		JOIN billing.contracts AS c ON c.subscriber_no = b.subscriber_no AND c.plan_code = k.part_code
			AND least(coalesce(c.end_dt, '2026-01-01'), coalesce(b.end_dt, '2026-01-01'))
				- greatest(b.start_dt, c.start_dt) > 31) AS g ON g.subscriber_no = p.customer;

-- 9. The owners who were missing.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'owner gap', 'days without an accountable owner', 'Youth [2025-07-01,2025-09-15), network [2025-11-10,)',
		string_agg(subject || ' ' || r, ', ' ORDER BY subject COLLATE "C"),
		string_agg(subject || ' ' || r, ', ' ORDER BY subject COLLATE "C") = 'Youth [2025-07-01,2025-09-15), network [2025-11-10,)'
	FROM (SELECT subject_type, subject, datemultirange(daterange(min(since), NULL)) - range_agg(daterange(since, until)) AS gap
		FROM org.accountability WHERE answers_for_it GROUP BY 1, 2) AS x, unnest(gap) AS r;
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'owner gap', 'subjects with two accountable owners at once', '0', count(*)::text, count(*) = 0
	FROM org.accountability AS a JOIN org.accountability AS b USING (subject_type, subject)
	WHERE a.answers_for_it AND b.answers_for_it AND a.since < b.since AND (a.until IS NULL OR a.until > b.since);

-- 10. What is said of care in December.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'driver falls', about || ': NPS of December 2025 less that of September to November',
		CASE about WHEN 'care' THEN (-200 * pg_temp.planted('care_fall')::numeric)::int::text ELSE 'no change' END,
		format('%s, z = %s', round(change, 1), round(z, 1)), abs(z) < 2.58
	FROM (SELECT about, a - b AS change, (a - b + CASE about WHEN 'care' THEN 200 * pg_temp.planted('care_fall')::numeric ELSE 0 END) / se AS z
		FROM (SELECT about, avg(v) FILTER (WHERE answered_on >= '2025-12-01') AS a, avg(v) FILTER (WHERE answered_on < '2025-12-01') AS b,
				sqrt(var_samp(v) FILTER (WHERE answered_on >= '2025-12-01') / count(*) FILTER (WHERE answered_on >= '2025-12-01')
					+ var_samp(v) FILTER (WHERE answered_on < '2025-12-01') / count(*) FILTER (WHERE answered_on < '2025-12-01')) AS se
			FROM (SELECT *, 100.0 * ((score >= 9)::int - (score <= 6)::int) AS v FROM crm.answers WHERE answered_on >= '2025-09-01') AS x
			GROUP BY about) AS x) AS x
	ORDER BY about <> 'care', about;

-- 11. Messages, by day and not by the week of a calendar.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'bombarded', 'subscribers with more than three in seven days', pg_temp.planted('bombarded') || ', as listed',
		format('%s, wrongly accused %s', count(*), count(*) FILTER (WHERE p.customer IS NULL)),
		count(*) = pg_temp.planted('bombarded')::int AND count(p.customer) = count(*)
	FROM (SELECT DISTINCT subscriber_no FROM (SELECT subscriber_no, count(*) OVER (PARTITION BY subscriber_no
			ORDER BY (sent_at AT TIME ZONE 'Europe/Vilnius')::date RANGE BETWEEN interval '6 days' PRECEDING AND CURRENT ROW) AS n
			FROM crm.contacts WHERE purpose = 'marketing') AS x WHERE n > 3) AS x
	LEFT JOIN demo.planted AS p ON p.truth = 'bombarded' AND p.customer = x.subscriber_no;

-- 12. Who sold what it had not been told of.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'offer unknown', 'promotions and channels told after the start', 'NET-WELCOME telesales ' || pg_temp.planted('told_late'),
		string_agg(concat_ws(' ', promo_code, b.sold_via, told_on), ', '),
		string_agg(concat_ws(' ', promo_code, b.sold_via, told_on), ', ') = 'NET-WELCOME telesales ' || pg_temp.planted('told_late')
	FROM catalog.briefings AS b JOIN catalog.promotions USING (promo_code) WHERE told_on > runs_from;
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'offer unknown', format('share of those who ask for NET-WELCOME by %s that buy it', asked_via), p.share, format('%s, of %s', round(bought, 3), n),
		abs(bought - p.share::numeric) < 3 * sqrt(p.share::numeric * (1 - p.share::numeric) / n)
	FROM (SELECT asked_via, count(*) AS n, avg((EXISTS (SELECT FROM billing.contracts AS c WHERE c.subscriber_no = q.subscriber_no AND c.plan_code = 'NET-300'
			AND c.start_dt >= q.asked_at::date AND c.start_dt < q.asked_at::date + 30))::int) AS bought FROM crm.enquiries AS q GROUP BY 1) AS x
	CROSS JOIN LATERAL (SELECT pg_temp.planted(CASE asked_via WHEN 'telesales' THEN 'sells_late' ELSE 'sells_ready' END) AS share) AS p;

-- 13. Outages: the share who leave within 30 days of one, over that of any 30 days
-- of the line. Who begins another contract that day has not left.
CREATE TEMP TABLE mobile ON COMMIT DROP AS
	SELECT l.*, CASE WHEN n.subscriber_no IS NULL THEN until END AS left_on
	FROM (SELECT contract_no, subscriber_no, plan_code, min(start_dt) AS since, CASE WHEN bool_and(end_dt IS NOT NULL) THEN max(end_dt) END AS until
		FROM billing.contracts WHERE plan_code LIKE 'MOB-%' GROUP BY 1, 2, 3) AS l
	LEFT JOIN (SELECT DISTINCT subscriber_no, start_dt FROM billing.contracts) AS n ON n.subscriber_no = l.subscriber_no AND n.start_dt = l.until;
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'poor moment', what || ': risk to leave within 30 days, over that of any 30 days',
		CASE what WHEN 'outage' THEN pg_temp.planted('outage_risk') ELSE '1' END,
		format('%s, of %s', round(risk, 2), n),
		abs(ln(risk / CASE what WHEN 'outage' THEN pg_temp.planted('outage_risk')::numeric ELSE 1 END)) < 2.58 / sqrt(gone)
	FROM (SELECT what, count(*) AS n, sum(gone) AS gone, avg(gone) / max(p) AS risk
		FROM (SELECT i.what, coalesce(m.left_on - i.day <= 30, false)::int AS gone
			FROM (SELECT *, (happened_at AT TIME ZONE 'Europe/Vilnius')::date AS day FROM usage.incidents) AS i
			JOIN mobile AS m ON m.subscriber_no = i.subscriber_no AND m.plan_code = i.plan_code
				AND m.since <= i.day AND (m.until IS NULL OR m.until > i.day)) AS x
		CROSS JOIN (SELECT count(left_on) / sum((coalesce(until, '2026-01-01') - since) / 30.0) AS p FROM mobile
			WHERE coalesce(until, '2026-01-01') - since >= 30) AS p
		GROUP BY what) AS x
	ORDER BY what DESC;

-- 14. Campaigns, as drawn.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'campaign', campaign || CASE campaign WHEN 'LATE25' THEN ': share held out, 0.10 planned' ELSE ': bought within 30 days, target less control' END,
		CASE campaign WHEN 'LATE25' THEN pg_temp.planted('broken_hold_out') WHEN 'UPGRADE25' THEN pg_temp.planted('campaign_uplift') ELSE '0' END,
		CASE campaign WHEN 'LATE25' THEN format('%s of %s', round(c / (t + c), 4), t + c) ELSE format('%s, z = %s', round(pt - pc, 4), round((pt - pc) / se, 1)) END,
		CASE campaign WHEN 'LATE25' THEN abs(c / (t + c) - pg_temp.planted('broken_hold_out')::numeric) < 0.012 AND c / (t + c) > 0.13
			WHEN 'UPGRADE25' THEN abs(pt - pc - pg_temp.planted('campaign_uplift')::numeric) < 2.58 * se ELSE abs(pt - pc) < 1.96 * se END
	FROM (SELECT *, sqrt(pt * (1 - pt) / t + pc * (1 - pc) / c) AS se
		FROM (SELECT campaign, sum((arm = 'target')::int)::numeric AS t, sum((arm = 'control')::int)::numeric AS c,
				avg(bought) FILTER (WHERE arm = 'target') AS pt, avg(bought) FILTER (WHERE arm = 'control') AS pc
			FROM (SELECT g.*, (EXISTS (SELECT FROM billing.contracts AS k WHERE k.subscriber_no = g.subscriber_no
				AND k.start_dt >= drawn_on AND k.start_dt < drawn_on + 30))::int AS bought FROM crm.campaign_groups AS g) AS x
			GROUP BY campaign) AS x) AS x
	ORDER BY campaign;

-- 15. Praised to those who have it, alone or in a package.
INSERT INTO finding (truth, claim, planted, found, ok)
	SELECT 'contradicted', 'subscribers who were offered what they have', pg_temp.planted('contradicted') || ', as listed',
		format('%s, wrongly accused %s', count(*), count(*) FILTER (WHERE p.customer IS NULL)),
		count(*) = pg_temp.planted('contradicted')::int AND count(p.customer) = count(*)
	FROM (SELECT DISTINCT m.subscriber_no
		FROM (SELECT *, (sent_at AT TIME ZONE 'Europe/Vilnius')::date AS day FROM crm.contacts WHERE purpose = 'marketing' AND about IS NOT NULL) AS m
		JOIN billing.contracts AS c ON c.subscriber_no = m.subscriber_no AND c.start_dt < m.day AND (c.end_dt IS NULL OR c.end_dt > m.day)
		WHERE c.plan_code = m.about OR EXISTS (SELECT FROM catalog.package_parts AS k WHERE k.package_code = c.plan_code AND k.part_code = m.about)) AS x
	LEFT JOIN demo.planted AS p ON p.truth = 'contradicted' AND p.customer = x.subscriber_no;

SELECT truth, claim, planted, found, ok FROM finding ORDER BY no;

COMMIT;
