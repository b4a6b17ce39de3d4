-- SPDX-License-Identifier: PostgreSQL
-- What the telecom of demo/telecom.sql did to its subscribers, which runs this
-- file: what it sent them, campaigns with a control, incidents, which channel was
-- told of which promotion, and who asked for it there. By itself it draws all that
-- anew, with another seed if one is given:
--
--     psql -X -d telecom -v seed=7 -f demo/touchpoints.sql
--
-- Nothing here changes who left or bought what. Who was hit, and who was in which
-- arm, is drawn so that a customer who left was hit so much more often, which is
-- the same as to leave so much more often once hit.
\set ON_ERROR_STOP on
\set QUIET on
\if :{?seed}
\else
\set seed 51
\endif
\set horizon '2026-01-01'
\set bombarded 400
\set told_of_own 30
\set told_of_part 20
\set outage_risk 3
\set outage_rate 0.01
\set upgrade_uplift 0.01
\set hold_out 0.2
\set broken_hold_out 0.15
\set told_late '2025-04-01'
\set asked_late 300
\set sells_ready 0.4
\set sells_late 0.1

BEGIN;
SET LOCAL TimeZone = 'UTC';
SET LOCAL client_min_messages = warning;
SET LOCAL work_mem = '128MB';

TRUNCATE crm.contacts, crm.campaigns, crm.campaign_groups, usage.incidents, catalog.briefings, crm.enquiries;
DELETE FROM demo.planted WHERE truth IN ('bombarded', 'contradicted');
INSERT INTO demo.parameter VALUES
	('bombarded', :'bombarded', 'Saver subscribers who got a message on each day of a week in November 2025'),
	('contradicted', :told_of_own + :told_of_part, 'subscribers to whom the newsletter of October 2025 praised TV-BASE though they have it'),
	('outage_risk', :'outage_risk', 'how many times as likely a mobile contract ends within a month of an outage'),
	('campaign_uplift', :'upgrade_uplift', 'share of its target group that bought because of campaign UPGRADE25'),
	('broken_hold_out', :'broken_hold_out', 'share held out of campaign LATE25, where a tenth was to be'),
	('told_late', :'told_late', 'day on which telesales was told of NET-WELCOME'),
	('asked_late', :'asked_late', 'strangers who asked telesales for it before that'),
	('sells_ready', :'sells_ready', 'share of those who ask for it that buy it, where it is known'),
	('sells_late', :'sells_late', 'the same at telesales')
	ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- A contract, whatever its prices: when it began and ended, and whether its
-- holder moved to another one that day.
CREATE TEMP TABLE held ON COMMIT DROP AS
	SELECT c.*, coalesce(EXISTS (SELECT FROM billing.contracts AS n
			WHERE n.subscriber_no = c.subscriber_no AND n.start_dt = c.end_dt), false) AS moved
	FROM (SELECT contract_no, subscriber_no, plan_code, min(start_dt) AS start_dt,
			CASE WHEN bool_and(end_dt IS NOT NULL) THEN max(end_dt) END AS end_dt
		FROM billing.contracts GROUP BY 1, 2, 3) AS c;
ANALYZE held;

-- Truth: who had an outage leaves thrice as often within a month; maintenance that
-- was announced does nothing. Months are counted back from the end. Of those that
-- end with the contract a share was hit that makes the risk what was planted, where
-- so many of the plan leave at that age.
CREATE TEMP TABLE month ON COMMIT DROP AS
	SELECT contract_no * 32 + n AS id, subscriber_no, plan_code, start_dt, coalesce(end_dt, :'horizon') - 30 * n AS until,
		n = 0 AND end_dt IS NOT NULL AND NOT moved AS is_last,
		width_bucket(coalesce(end_dt, :'horizon') - 30 * n - start_dt, ARRAY[120, 390]) AS age
	FROM held
	CROSS JOIN LATERAL generate_series(0, (coalesce(end_dt, :'horizon') - start_dt) / 30) AS n
	WHERE plan_code LIKE 'MOB-%';
INSERT INTO usage.incidents
	SELECT subscriber_no, (day + make_interval(secs => floor(28800 + 50000 * demo.u('incident time ' || :'seed', id))))
			AT TIME ZONE 'Europe/Vilnius', what, plan_code
	FROM (SELECT m.*, what, until - 1 - floor(30 * demo.u(what || ' day ' || :'seed', id))::int AS day
		FROM month AS m
		-- the share a of those who leave, p of a month, that makes their risk ratio outage_risk, q being hit among those who stay
		JOIN (SELECT plan_code, age, (sqrt(b * b - 4 * a * c) - b) / (2 * a) AS rate
			FROM (SELECT plan_code, age, p * (:outage_risk - 1) AS a, 1 - q + :outage_risk * (q - p) AS b, -:outage_risk * q AS c
				FROM (SELECT plan_code, age, p, :outage_rate * (1 - p) AS q
					FROM (SELECT plan_code, age, greatest(avg(is_last::int)::float8, 0.0001) AS p
						FROM month WHERE until - start_dt >= 30 GROUP BY 1, 2) AS x) AS x) AS x) AS r USING (plan_code, age)
		CROSS JOIN (VALUES ('outage'), ('maintenance')) AS k (what)
		WHERE demo.u(what || ' ' || :'seed', id) < CASE WHEN what = 'outage' AND is_last THEN rate ELSE :outage_rate END) AS x
	WHERE day >= start_dt
	ORDER BY 2, 1, 3;

-- Campaigns with a control: one that sells, one that does nothing, and one of
-- which a list got lost, so that its arms are not those that were planned.
INSERT INTO crm.campaigns VALUES
	('SUMMER25', '2025-06-02', '2025-06-16', 'a greeting sells', 'conversion', :hold_out, 'Nora Vyte', 0.04, NULL),
	('UPGRADE25', '2025-08-04', '2025-08-18', 'a reminder of what can be added sells', 'conversion', :hold_out, 'Nora Vyte', 0.04, 5),
	('LATE25', '2025-10-13', '2025-10-27', 'the same in autumn', 'conversion', 0.1, 'Nora Vyte', 0.04, 5);
INSERT INTO crm.campaign_groups
	SELECT campaign, subscriber_no, CASE WHEN demo.u(campaign || ' arm ' || :'seed', subscriber_no)
			< share * (CASE WHEN bought THEN p + (1 - share) * uplift ELSE 1 - p - (1 - share) * uplift END)
				/ CASE WHEN bought THEN p ELSE 1 - p END THEN 'target' ELSE 'control' END,
		starts_on
	FROM (SELECT *, avg(bought::int) OVER (PARTITION BY campaign)::float8 AS p
		FROM (SELECT k.campaign, k.starts_on, s.subscriber_no, 1 - CASE k.campaign WHEN 'LATE25' THEN :broken_hold_out ELSE k.hold_out END AS share,
				CASE k.campaign WHEN 'UPGRADE25' THEN :upgrade_uplift ELSE 0 END AS uplift,
				EXISTS (SELECT FROM billing.contracts AS c WHERE c.subscriber_no = s.subscriber_no
					AND c.start_dt >= k.starts_on AND c.start_dt < k.starts_on + 30) AS bought
			FROM crm.campaigns AS k
			JOIN crm.subscribers AS s ON EXISTS (SELECT FROM held AS h WHERE h.subscriber_no = s.subscriber_no
				AND h.start_dt < k.starts_on - 30 AND (h.end_dt IS NULL OR h.end_dt > k.starts_on))
			WHERE demo.u(k.campaign || ' list', s.subscriber_no) < CASE k.campaign WHEN 'UPGRADE25' THEN 0.9 ELSE 0.3 END) AS x) AS x
	ORDER BY 1, 2;

-- What was sent: a newsletter a month to some, news of the bill to others, the
-- campaigns, and, in one week of November, a message a day to some of the Saver tier.
INSERT INTO demo.planted
	SELECT 'bombarded', subscriber_no, 'a message a day from 10 to 16 November 2025'
	FROM crm.tier_log WHERE tier = 'Saver' AND from_dt < '2025-11-01' AND to_dt IS NULL
	ORDER BY demo.u('choose bombarded ' || :'seed', subscriber_no) LIMIT :bombarded;
INSERT INTO crm.contacts (contact_no, subscriber_no, sent_at, medium, purpose, campaign, reacted, stopped)
	SELECT row_number() OVER (ORDER BY sent_at, subscriber_no, purpose, campaign), subscriber_no, sent_at, medium, purpose, campaign,
		purpose = 'marketing' AND demo.u('reacts ' || :'seed', id) < CASE WHEN nth > 3 THEN 0.01 ELSE 0.03 END,
		purpose = 'marketing' AND demo.u('stops ' || :'seed', id) < CASE WHEN nth > 3 THEN 0.03 ELSE 0.003 END
	FROM (
		SELECT s.subscriber_no, (m.month + floor(28 * demo.u('mail day ' || :'seed', e.id))::int + interval '9 hours') AT TIME ZONE 'Europe/Vilnius' AS sent_at,
			'e-mail' AS medium, CASE WHEN e.u < 0.15 THEN 'marketing' ELSE 'service' END AS purpose, NULL AS campaign, e.id, 1 AS nth
		FROM (SELECT i, (date '2025-07-01' + make_interval(months => i))::date AS month FROM generate_series(0, 5) AS i) AS m
		JOIN (SELECT subscriber_no, min(start_dt) AS start_dt, max(coalesce(end_dt, 'infinity')) AS end_dt FROM held GROUP BY 1) AS s
			ON s.start_dt < m.month AND s.end_dt > m.month + 30
		CROSS JOIN LATERAL (SELECT s.subscriber_no * 8 + m.i AS id, demo.u('mail ' || :'seed', s.subscriber_no * 8 + m.i) AS u) AS e
		WHERE e.u < 0.2
		UNION ALL
		SELECT g.subscriber_no, (g.drawn_on + interval '10 hours') AT TIME ZONE 'Europe/Vilnius', 'text', 'marketing', g.campaign,
			g.subscriber_no * 8 + 6, 1
		FROM crm.campaign_groups AS g WHERE g.arm = 'target'
		UNION ALL
		SELECT p.customer, (date '2025-11-10' + n + interval '12 hours') AT TIME ZONE 'Europe/Vilnius', 'text', 'marketing', NULL,
			p.customer * 64 + n, n + 1
		FROM demo.planted AS p CROSS JOIN generate_series(0, 6) AS n WHERE p.truth = 'bombarded') AS x
	ORDER BY 1;

-- The newsletter of October 2025 praises TV-BASE. Who has it, alone or in HOME-TRIO,
-- got one without; but for some of both.
CREATE TEMP TABLE october ON COMMIT DROP AS
	SELECT c.contact_no, c.subscriber_no, c.day, coalesce(bool_or(h.plan_code = 'TV-BASE'), false) AS has_own, coalesce(bool_or(h.plan_code = 'HOME-TRIO'), false) AS has_part
	FROM (SELECT *, (sent_at AT TIME ZONE 'Europe/Vilnius')::date AS day FROM crm.contacts WHERE purpose = 'marketing' AND medium = 'e-mail') AS c
	LEFT JOIN held AS h ON h.subscriber_no = c.subscriber_no AND h.start_dt < c.day AND (h.end_dt IS NULL OR h.end_dt > c.day)
	WHERE c.day >= '2025-10-01' AND c.day < '2025-11-01'
	GROUP BY 1, 2, 3;
INSERT INTO demo.planted
	SELECT 'contradicted', subscriber_no, CASE WHEN has_own THEN 'TV-BASE, which they have' ELSE 'TV-BASE, a part of HOME-TRIO, which they have' END
	FROM (SELECT *, row_number() OVER (PARTITION BY has_own ORDER BY demo.u('choose contradicted ' || :'seed', subscriber_no)) AS n
		FROM october AS o WHERE has_own <> has_part
			-- not on a day on which its price changes
			AND EXISTS (SELECT FROM billing.contracts AS c WHERE c.subscriber_no = o.subscriber_no AND c.start_dt < o.day
				AND (c.end_dt IS NULL OR c.end_dt > o.day) AND c.plan_code = CASE WHEN has_own THEN 'TV-BASE' ELSE 'HOME-TRIO' END)) AS x
	WHERE n <= CASE WHEN has_own THEN :told_of_own ELSE :told_of_part END;
UPDATE crm.contacts AS c SET about = 'TV-BASE'
	FROM october AS o
	WHERE o.contact_no = c.contact_no
		AND (NOT (o.has_own OR o.has_part) OR EXISTS (SELECT FROM demo.planted AS p WHERE p.truth = 'contradicted' AND p.customer = o.subscriber_no));

-- Who was told of which promotion: all in time, but telesales of NET-WELCOME only
-- two months after it began.
INSERT INTO catalog.briefings
	SELECT p.promo_code, v.via, true,
		CASE WHEN p.promo_code = 'NET-WELCOME' AND v.via = 'telesales' THEN :'told_late' ELSE p.runs_from - 14 END
	FROM catalog.promotions AS p CROSS JOIN unnest('{web,shop,telesales,dealer}'::text[]) AS v (via);

-- Strangers who asked for it in that time: whoever bought it was sold to, the others
-- came later or for something else.
CREATE TEMP TABLE stranger ON COMMIT DROP AS
	SELECT subscriber_no, start_dt, row_number() OVER (PARTITION BY bought ORDER BY demo.u('asks ' || :'seed', subscriber_no)) AS nth, bought
	FROM (SELECT subscriber_no, min(start_dt) AS start_dt, (array_agg(promo_code ORDER BY start_dt))[1] IS NOT DISTINCT FROM 'NET-WELCOME' AS bought
		FROM billing.contracts GROUP BY 1) AS x
	WHERE CASE WHEN bought THEN start_dt BETWEEN '2025-02-11' AND '2025-03-31' ELSE start_dt >= '2025-06-01' END;
INSERT INTO crm.enquiries
	SELECT row_number() OVER (ORDER BY day, s.subscriber_no), s.subscriber_no, (day + interval '11 hours') AT TIME ZONE 'Europe/Vilnius',
		(day + interval '12 hours') AT TIME ZONE 'Europe/Vilnius', q.via, 'NET-WELCOME', 'agent'
	FROM (SELECT via, buys, row_number() OVER (PARTITION BY buys ORDER BY via, n) AS nth
		FROM (VALUES ('web', 500, :sells_ready), ('telesales', :asked_late, :sells_late), ('shop', 200, :sells_ready)) AS v (via, asked, share)
		CROSS JOIN LATERAL generate_series(1, asked) AS n
		CROSS JOIN LATERAL (SELECT demo.u('asks ' || via || ' ' || :'seed', n) < share AS buys) AS b) AS q
	JOIN stranger AS s ON s.bought = q.buys AND s.nth = q.nth
	CROSS JOIN LATERAL (SELECT CASE WHEN buys THEN s.start_dt - 1 - floor(8 * demo.u('asked ' || :'seed', s.subscriber_no))::int
		ELSE date '2025-02-02' + floor(55 * demo.u('asked ' || :'seed', s.subscriber_no))::int END AS day) AS d
	ORDER BY 1;

COMMIT;

ANALYZE crm.contacts, crm.campaigns, crm.campaign_groups, usage.incidents, catalog.briefings, crm.enquiries, demo.parameter, demo.planted;
