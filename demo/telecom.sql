-- SPDX-License-Identifier: PostgreSQL
-- A small telecom: what its warehouse holds on the morning of 1 January 2026.
--
--     createdb telecom && psql -X -d telecom -f demo/telecom.sql
--
-- Velora (the main brand) and Spari (the price brand) opened on 1 January 2024.
-- 50 000 subscribers came since, and the names of the tables are the
-- operator's own, not those of cvm: see demo/model.sql for how they are bound.
--
-- Everything is drawn from a hash of (seed, purpose, person), never from
-- random(): one draw does not depend on another, nor on the plan that the
-- server chose, so that every run gives the same rows. What was planted, and
-- how to find it again, is in demo/README.md; demo/check.sql does find it.
\set ON_ERROR_STOP on
\set QUIET on
\set seed 51
\set people 50000
\set opened '2024-01-01'
\set horizon '2026-01-01'

-- Planted values. demo.parameter keeps them, so that nothing has to repeat them.
\set rise_on '2025-10-01'
\set rise_factor 1.12
\set rise_hazard 0.030
\set spring_leave 0.20
\set lite_launch '2025-05-01'
\set lite_ripe '2025-11-02'
\set lite_ripe_share 0.84
\set lite_new 770
\set lite_winback 140
\set lite_add 410
\set lite_switch 880
\set lite_partial 200
\set gamed_same_day 80
\set gamed_gap 120
\set gamed_overlap 60
\set gamed_household 90
\set gamed_dealer 0.78
\set fair_winback 40
\set kids_launch '2025-06-01'
\set kids_entries 1200
\set double_pay 140
\set care_fall 0.16

SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET work_mem = '128MB';
SET maintenance_work_mem = '128MB';

BEGIN;

CREATE SCHEMA crm;
CREATE SCHEMA catalog;
CREATE SCHEMA billing;
CREATE SCHEMA usage;
CREATE SCHEMA org;
CREATE SCHEMA finance;
CREATE SCHEMA demo;

COMMENT ON SCHEMA crm IS 'subscribers and their value tiers';
COMMENT ON SCHEMA catalog IS 'what is sold';
COMMENT ON SCHEMA billing IS 'who pays for what';
COMMENT ON SCHEMA usage IS 'what subscribers do';
COMMENT ON SCHEMA org IS 'who answers for what';
COMMENT ON SCHEMA finance IS 'what it costs';
COMMENT ON SCHEMA demo IS 'not part of the warehouse: the generator and what it planted';

-- The warehouse

CREATE TABLE crm.subscribers (
	subscriber_no	bigint NOT NULL,
	activated_on	date NOT NULL,
	acquired_via	text NOT NULL,
	brand			text NOT NULL,
	household_no	bigint NOT NULL,
	birth_year		int NOT NULL,
	county			text NOT NULL
);
COMMENT ON TABLE crm.subscribers IS 'one row per subscriber, present and past';
COMMENT ON COLUMN crm.subscribers.activated_on IS 'first day of the first contract';
COMMENT ON COLUMN crm.subscribers.acquired_via IS 'channel of the first contract';
COMMENT ON COLUMN crm.subscribers.household_no IS 'same address and payer';

CREATE TABLE crm.tier_log (
	subscriber_no	bigint NOT NULL,
	tier			text NOT NULL,
	from_dt			date NOT NULL,
	to_dt			date
);
COMMENT ON TABLE crm.tier_log IS 'value tier of a subscriber, scored on the first of each month';
COMMENT ON COLUMN crm.tier_log.to_dt IS 'exclusive; NULL = still so';

CREATE TABLE crm.answers (
	subscriber_no	bigint NOT NULL,
	answered_on		date NOT NULL,
	survey			text NOT NULL,
	about			text NOT NULL,
	score			int NOT NULL
);
COMMENT ON TABLE crm.answers IS 'what subscribers were asked about a value driver: would they recommend it, 0 to 10';

CREATE TABLE crm.contacts (
	contact_no		bigint PRIMARY KEY,
	subscriber_no	bigint NOT NULL,
	sent_at			timestamptz NOT NULL,
	medium			text NOT NULL,
	purpose			text NOT NULL,
	campaign		text,
	about			text,
	reacted			boolean NOT NULL,
	stopped			boolean NOT NULL
);
COMMENT ON TABLE crm.contacts IS 'messages to subscribers since July 2025';
COMMENT ON COLUMN crm.contacts.about IS 'plan that it praises';
COMMENT ON COLUMN crm.contacts.stopped IS 'answered by wanting no more';

CREATE TABLE crm.campaigns (
	campaign	text PRIMARY KEY,
	starts_on	date NOT NULL,
	ends_on		date NOT NULL,
	aim			text NOT NULL,
	kpi			text NOT NULL,
	hold_out	numeric(4,3) NOT NULL,
	person		text NOT NULL,
	cost_each	numeric(8,2) NOT NULL,
	reward		numeric(8,2)
);
COMMENT ON TABLE crm.campaigns IS 'campaigns with a control group';
COMMENT ON COLUMN crm.campaigns.hold_out IS 'planned share of the control group';

CREATE TABLE crm.campaign_groups (
	campaign		text NOT NULL,
	subscriber_no	bigint NOT NULL,
	arm				text NOT NULL,
	drawn_on		date NOT NULL,
	PRIMARY KEY (campaign, subscriber_no)
);
COMMENT ON TABLE crm.campaign_groups IS 'who was drawn into which arm of a campaign';

CREATE TABLE catalog.plans (
	plan_code			text NOT NULL,
	plan_name			text NOT NULL,
	product_line		text NOT NULL,
	brand				text NOT NULL,
	go_live				date NOT NULL,
	list_fee			numeric(8,2) NOT NULL,
	contribution		numeric(8,2) NOT NULL,
	is_package			boolean NOT NULL
);
COMMENT ON TABLE catalog.plans IS 'price plans, add-ons and packages';
COMMENT ON COLUMN catalog.plans.list_fee IS 'EUR a month';
COMMENT ON COLUMN catalog.plans.contribution IS 'EUR of margin a month at list fee';

CREATE TABLE catalog.package_parts (
	package_code	text NOT NULL,
	part_code		text NOT NULL,
	solo_fee		numeric(8,2) NOT NULL
);
COMMENT ON TABLE catalog.package_parts IS 'what a package consists of';
COMMENT ON COLUMN catalog.package_parts.solo_fee IS 'EUR a month when bought alone';

CREATE TABLE catalog.promotions (
	promo_code		text NOT NULL,
	promo_name		text NOT NULL,
	plan_code		text,
	sold_via		text,
	promo_fee		numeric(8,2),
	newcomers_only	boolean NOT NULL,
	runs_from		date NOT NULL,
	runs_until		date NOT NULL
);
COMMENT ON TABLE catalog.promotions IS 'offers below list fee';
COMMENT ON COLUMN catalog.promotions.plan_code IS 'NULL = every Velora mobile, broadband and package plan';
COMMENT ON COLUMN catalog.promotions.sold_via IS 'NULL = every channel';
COMMENT ON COLUMN catalog.promotions.promo_fee IS 'NULL = 30 % off the list fee';
COMMENT ON COLUMN catalog.promotions.runs_until IS 'exclusive';

CREATE TABLE catalog.briefings (
	promo_code	text NOT NULL,
	sold_via	text NOT NULL,
	can_sell	boolean NOT NULL,
	told_on		date,
	PRIMARY KEY (promo_code, sold_via)
);
COMMENT ON TABLE catalog.briefings IS 'which channel can sell a promotion, and since when it knows';

CREATE TABLE crm.enquiries (
	enquiry_no		bigint PRIMARY KEY,
	subscriber_no	bigint NOT NULL,
	asked_at		timestamptz NOT NULL,
	closed_at		timestamptz NOT NULL,
	asked_via		text NOT NULL,
	promo_code		text NOT NULL,
	noted_by		text NOT NULL
);
COMMENT ON TABLE crm.enquiries IS 'who asked for a promotion, as the staff of a channel noted down';

CREATE TABLE billing.contracts (
	contract_no		bigint NOT NULL,
	subscriber_no	bigint NOT NULL,
	plan_code		text NOT NULL,
	start_dt		date NOT NULL,
	end_dt			date,
	monthly_fee		numeric(8,2) NOT NULL,
	sold_via		text NOT NULL,
	promo_code		text,
	state			text NOT NULL,
	leave_reason	text,
	notice_given_on	date
);
COMMENT ON TABLE billing.contracts IS 'one row per contract and price: a new price closes the row and opens the next';
COMMENT ON COLUMN billing.contracts.end_dt IS 'exclusive; NULL = running';
COMMENT ON COLUMN billing.contracts.monthly_fee IS 'EUR, as billed';
COMMENT ON COLUMN billing.contracts.state IS 'live, notice or closed';

CREATE TABLE usage.activity (
	activity_no		bigint NOT NULL,
	subscriber_no	bigint NOT NULL,
	happened_at		timestamptz NOT NULL,
	what			text NOT NULL,
	plan_code		text,
	touchpoint		text NOT NULL,
	amount_eur		numeric(8,2)
);
COMMENT ON TABLE usage.activity IS 'usage days, top-ups, data packs, orders, app visits, care contacts';
COMMENT ON COLUMN usage.activity.amount_eur IS 'money spent on the spot, if any';

CREATE TABLE usage.incidents (
	subscriber_no	bigint NOT NULL,
	happened_at		timestamptz NOT NULL,
	what			text NOT NULL,
	plan_code		text NOT NULL
);
COMMENT ON TABLE usage.incidents IS 'outages and announced maintenance of mobile lines';

CREATE TABLE org.accountability (
	subject_type	text NOT NULL,
	subject			text NOT NULL,
	person			text NOT NULL,
	answers_for_it	boolean NOT NULL,
	since			date NOT NULL,
	until			date
);
COMMENT ON TABLE org.accountability IS 'who owns a segment, a product or a value driver';
COMMENT ON COLUMN org.accountability.answers_for_it IS 'false = works on it, does not answer for it';
COMMENT ON COLUMN org.accountability.until IS 'exclusive; NULL = still so';

CREATE TABLE org.projects (
	project		text NOT NULL,
	driver		text NOT NULL,
	lever		text NOT NULL,
	kpi			text,
	least_gain	numeric(10,4),
	baseline_on	date,
	effort		int NOT NULL,
	impact		int NOT NULL,
	decided_on	date NOT NULL,
	shipped_on	date,
	measured_on	date,
	outcome		text,
	closed_on	date
);
COMMENT ON TABLE org.projects IS 'what is done for a value driver, and by what it is to be judged';
CREATE TABLE org.value_reviews (
	review		text NOT NULL,
	due_on		date NOT NULL,
	held_on		date,
	project		text,
	decision	text
);
COMMENT ON TABLE org.value_reviews IS 'one row per decision of a value review; NULL = not held';

CREATE TABLE org.tier_goals (
	tier		text NOT NULL,
	month		date NOT NULL,
	kpi			text NOT NULL,
	goal		numeric(14,4) NOT NULL
);
COMMENT ON TABLE org.tier_goals IS 'what a segment owner promised for a month';

CREATE TABLE finance.cost_pools (
	month		date NOT NULL,
	pool		text NOT NULL,
	amount_eur	numeric(12,2) NOT NULL
);
COMMENT ON TABLE finance.cost_pools IS 'shared costs of a month';

CREATE TABLE finance.cost_drivers (
	month		date NOT NULL,
	pool		text NOT NULL,
	tier		text NOT NULL,
	quantity	bigint NOT NULL
);
COMMENT ON TABLE finance.cost_drivers IS 'what a tier used of a cost pool';

-- Beside the warehouse

CREATE TABLE demo.parameter (
	name		text PRIMARY KEY,
	value		text NOT NULL,
	meaning		text NOT NULL
);
COMMENT ON TABLE demo.parameter IS 'planted values';

CREATE TABLE demo.planted (
	truth		text NOT NULL,
	customer	bigint NOT NULL,
	detail		text NOT NULL,
	PRIMARY KEY (truth, customer)
);
COMMENT ON TABLE demo.planted IS 'planted customers: the answer sheet, not an input';

INSERT INTO demo.parameter VALUES
	('seed', :'seed', 'of every draw'),
	('rise_on', :'rise_on', 'day on which the Family tier lost its discount'),
	('rise_factor', :'rise_factor', 'new fee over old fee'),
	('rise_hazard', :'rise_hazard', 'share of the Family tier that leaves each month because of it'),
	('spring_leave', :'spring_leave', 'share of the SPRING24 joiners that leaves when its price ends'),
	('lite_launch', :'lite_launch', 'first day of MOB-LITE'),
	('lite_new', :'lite_new', 'MOB-LITE entries of people never seen before'),
	('lite_winback', :'lite_winback', 'MOB-LITE entries of people who had left MOB-CLASSIC'),
	('lite_add', :'lite_add', 'MOB-LITE entries beside a MOB-CLASSIC that stays'),
	('lite_switch', :'lite_switch', 'MOB-LITE entries in place of MOB-CLASSIC'),
	('lite_partial', :'lite_partial', 'MOB-LITE entries in place of one of two MOB-CLASSIC'),
	('gamed_same_day', :'gamed_same_day', 'NET-WELCOME entries on the day the old contract ended'),
	('gamed_gap', :'gamed_gap', 'NET-WELCOME entries 1 to 20 days after it'),
	('gamed_overlap', :'gamed_overlap', 'NET-WELCOME entries 1 to 14 days before it'),
	('gamed_household', :'gamed_household', 'NET-WELCOME entries of another member of the household'),
	('gamed_dealer', :'gamed_dealer', 'share of these that a dealer sold'),
	('fair_winback', :'fair_winback', 'NET-WELCOME entries more than 90 days after leaving: not gaming'),
	('kids_launch', :'kids_launch', 'first day of TV-KIDS'),
	('kids_entries', :'kids_entries', 'TV-KIDS entries, all of people who keep what they have'),
	('double_pay', :'double_pay', 'customers who pay for HOME-DUO and for the NET-300 in it'),
	('care_fall', :'care_fall', 'share of care''s promoters lost, and of detractors won, in December 2025');

-- A number in (0, 1) that belongs to a purpose and an id. The extended hash
-- functions are those of hash partitioning, which servers must not change. Twice,
-- and the low word only: once, the draws of neighbours resemble each other.
CREATE FUNCTION demo.u(purpose text, id bigint) RETURNS float8
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN ((hashint8extended(hashint8extended(id, hashtextextended(purpose, :seed)), :seed) & 4294967295) + 0.5)
		/ 4294967296.0::float8;
COMMENT ON FUNCTION demo.u(text, bigint) IS 'uniform draw: same purpose and id, same number';

-- Days that a customer stays. Everybody has a constant risk to leave, and the
-- risks of people differ (gamma, shape 0.75): this is the mixture of their
-- exponential lives, the continuous twin of the shifted beta-geometric.
-- Still there after t months: (1 + t / scale) ^ -0.75.
CREATE FUNCTION demo.stay(scale float8, u float8) RETURNS int
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN 1 + floor(least(30.4375 * scale * (power(u, -1 / 0.75::float8) - 1), 20000))::int;
COMMENT ON FUNCTION demo.stay(float8, float8) IS 'days from joining to leaving';

-- What is sold

INSERT INTO catalog.plans VALUES
	('MOB-CLASSIC', 'Mobile Classic', 'mobile', 'Velora', '2023-11-01', 24.90, 14.00, false),
	('MOB-PLUS', 'Mobile Plus', 'mobile', 'Velora', '2023-11-01', 34.90, 20.50, false),
	('MOB-LITE', 'Mobile Lite', 'mobile', 'Velora', :'lite_launch', 14.90, 4.60, false),
	('SPA-10', 'Spari 10', 'mobile', 'Spari', '2023-11-01', 9.90, 3.80, false),
	('SPA-15', 'Spari 15', 'mobile', 'Spari', '2023-11-01', 14.90, 6.40, false),
	('NET-300', 'Home Net 300', 'broadband', 'Velora', '2023-11-01', 27.90, 13.50, false),
	('NET-1000', 'Home Net 1000', 'broadband', 'Velora', '2023-11-01', 37.90, 19.00, false),
	('TV-BASE', 'TV', 'tv', 'Velora', '2023-11-01', 9.90, 3.90, false),
	('TV-SPORT', 'TV Sport', 'tv', 'Velora', '2023-11-01', 12.90, 3.20, false),
	('TV-KIDS', 'TV Kids', 'tv', 'Velora', :'kids_launch', 4.90, 3.10, false),
	('HOME-DUO', 'Home Duo', 'package', 'Velora', '2023-11-01', 44.90, 23.00, true),
	('HOME-TRIO', 'Home Trio', 'package', 'Velora', '2023-11-01', 51.90, 25.50, true);

INSERT INTO catalog.package_parts VALUES
	('HOME-DUO', 'MOB-CLASSIC', 24.90),
	('HOME-DUO', 'NET-300', 27.90),
	('HOME-TRIO', 'MOB-CLASSIC', 24.90),
	('HOME-TRIO', 'NET-300', 27.90),
	('HOME-TRIO', 'TV-BASE', 9.90);

INSERT INTO catalog.promotions VALUES
	('SPRING24', 'Spring 2024: 30 % off for a year', NULL, NULL, NULL, false, '2024-03-01', '2024-04-01'),
	('NET-WELCOME', 'Welcome home: new customers only', 'NET-300', NULL, 17.90, true, '2025-02-01', '2025-07-01');

-- People. k is the generator's own key; subscriber_no follows the day of joining.

CREATE TEMP TABLE tier_mix (tier text, lo float8, hi float8, scale float8, move float8);
INSERT INTO tier_mix VALUES
	('Premium', 0.00, 0.12, 30, 0.015),
	('Family', 0.12, 0.34, 32, 0.006),
	('Standard', 0.34, 0.67, 20, 0.028),
	('Saver', 0.67, 0.87, 12, 0.015),
	('Youth', 0.87, 1.00, 10, 0.030);

INSERT INTO demo.parameter
	SELECT 'stay_scale ' || tier, scale, 'months; still there after t months: (1 + t / scale) ^ -0.75' FROM tier_mix
	UNION ALL
	SELECT 'tier_move ' || tier, move, 'share of the tier that is scored into another one each month' FROM tier_mix;

CREATE TEMP TABLE tier_flow (tier text, to_tier text, lo float8, hi float8);
INSERT INTO tier_flow VALUES
	('Premium', 'Standard', 0, 1),
	('Family', 'Standard', 0, 1),
	('Standard', 'Family', 0, 0.36), ('Standard', 'Premium', 0.36, 0.72), ('Standard', 'Saver', 0.72, 1),
	('Saver', 'Standard', 0, 1),
	('Youth', 'Standard', 0, 0.8), ('Youth', 'Saver', 0.8, 1);

CREATE TEMP TABLE plan_mix (tier text, plan text, lo float8, hi float8);
INSERT INTO plan_mix VALUES
	('Premium', 'MOB-PLUS', 0, 0.70), ('Premium', 'HOME-TRIO', 0.70, 0.85), ('Premium', 'NET-1000', 0.85, 1),
	('Family', 'HOME-DUO', 0, 0.35), ('Family', 'HOME-TRIO', 0.35, 0.55), ('Family', 'NET-300', 0.55, 0.80),
	('Family', 'MOB-CLASSIC', 0.80, 1),
	('Standard', 'MOB-CLASSIC', 0, 0.60), ('Standard', 'NET-300', 0.60, 0.85), ('Standard', 'MOB-PLUS', 0.85, 0.95),
	('Standard', 'HOME-DUO', 0.95, 1),
	('Saver', 'SPA-10', 0, 0.65), ('Saver', 'SPA-15', 0.65, 1),
	('Youth', 'SPA-15', 0, 0.50), ('Youth', 'MOB-CLASSIC', 0.50, 1);

CREATE TEMP TABLE change_mix (plan text, to_plan text, lo float8, hi float8);
INSERT INTO change_mix VALUES
	('MOB-CLASSIC', 'MOB-PLUS', 0, 0.55), ('MOB-CLASSIC', 'HOME-DUO', 0.55, 1),
	('MOB-PLUS', 'MOB-CLASSIC', 0, 1),
	('NET-300', 'NET-1000', 0, 0.60), ('NET-300', 'HOME-DUO', 0.60, 1),
	('NET-1000', 'NET-300', 0, 1),
	('SPA-10', 'SPA-15', 0, 0.70), ('SPA-10', 'MOB-CLASSIC', 0.70, 1),
	('SPA-15', 'SPA-10', 0, 0.50), ('SPA-15', 'MOB-CLASSIC', 0.50, 1),
	('HOME-DUO', 'HOME-TRIO', 0, 1),
	('HOME-TRIO', 'HOME-DUO', 0, 1);

-- A growing operator that sells most in September and December.
CREATE TEMP TABLE month_mix AS
	SELECT month, sum(w) OVER (ORDER BY month) / sum(w) OVER () - w / sum(w) OVER () AS lo,
		sum(w) OVER (ORDER BY month) / sum(w) OVER () AS hi
	FROM (SELECT (date :'opened' + make_interval(months => i))::date AS month,
			(1 + 0.03 * i) * ('{0.95,0.85,1,1,1,0.95,0.9,0.95,1.15,1.05,1.1,1.25}'::float8[])[1 + i % 12] AS w
		FROM generate_series(0, 23) AS i) AS x;


-- second: a second MOB-CLASSIC line, for the partner or a child.
CREATE TEMP TABLE person AS
	SELECT x.*,
		joined_on + demo.stay(scale, demo.u('stay', k)) AS left_on,
		NULL::text AS why,
		k AS household,
		joined_on >= '2024-03-01' AND joined_on < '2024-04-01' AND plan NOT LIKE 'SPA%' AS spring,
		plan = 'MOB-CLASSIC' AND demo.u('second line', k) < 0.14 AS second,
		joined_on + 30 + floor(200 * demo.u('second line day', k))::int AS second_on,
		plan LIKE 'MOB-%' AND demo.u('shares a household', k) < 0.18 AS paired
	FROM (SELECT k, t.tier, t.scale,
			CASE WHEN k <= :lite_new THEN 'MOB-LITE' ELSE p.plan END AS plan,
			CASE WHEN k <= :lite_new
				THEN date :'lite_launch'
					+ floor(245 * power((k - demo.u('lite day', k)) / :lite_new, 1.6))::int
				ELSE m.month + floor(demo.u('join day', k) *
					((m.month + interval '1 month')::date - m.month))::int END AS joined_on,
			(ARRAY['web', 'shop', 'telesales', 'dealer'])[1 + width_bucket(demo.u('channel', k),
				ARRAY[0.38, 0.72, 0.86]::float8[])] AS via
		FROM generate_series(1, :people) AS k
		-- who comes for the cheap plan is neither Premium nor Family
		JOIN tier_mix AS t ON CASE WHEN k <= :lite_new THEN 0.34 + 0.66 * demo.u('tier', k)
			ELSE demo.u('tier', k) END BETWEEN t.lo AND t.hi
		JOIN plan_mix AS p ON p.tier = t.tier AND demo.u('plan', k) BETWEEN p.lo AND p.hi
		JOIN month_mix AS m ON demo.u('join month', k) BETWEEN m.lo AND m.hi) AS x;
ALTER TABLE person ADD PRIMARY KEY (k);

-- Truth: the SPRING24 price lasts a year, and some leave when it ends.
UPDATE person
	SET left_on = (joined_on + interval '1 year')::date + 1 + floor(30 * demo.u('spring leave day', k))::int,
		why = 'price'
	WHERE spring AND left_on > (joined_on + interval '1 year')::date + 31
		AND demo.u('spring leave', k) < :spring_leave;

-- What became of some of them: at most one story each.
--   day      what the story is about happens
--   old_end  the first main contract ends
CREATE TEMP TABLE story (k int PRIMARY KEY, role text NOT NULL, day date NOT NULL, old_end date, n int);

-- The second member of a household that swaps; takes day, tier and address of the first.
INSERT INTO story
	SELECT k, 'swap_in', :'horizon', NULL, k - :lite_new
	FROM person WHERE k > :lite_new AND k <= :lite_new + :gamed_household;
INSERT INTO story
	SELECT k, 'lite_new', joined_on FROM person WHERE k <= :lite_new;

-- Truth: MOB-LITE is bought by strangers, by the lost, beside MOB-CLASSIC, and instead of it.
-- The same share of each kind comes early enough for 60 days to have passed since,
-- so that the mature entries show the planted mixture.
CREATE TEMP TABLE donor AS
	SELECT *, day <= :'lite_ripe' AS ripe
	FROM (SELECT k, joined_on, left_on, second, second_on,
			date :'lite_launch' + floor(245 * power(demo.u('lite day', k), 1.6))::int AS day,
			left_on + 45 + floor(155 * demo.u('lite winback', k))::int AS back_on
		FROM person
		WHERE plan = 'MOB-CLASSIC' AND NOT spring AND NOT EXISTS (SELECT FROM story WHERE story.k = person.k)) AS x;

INSERT INTO story
	SELECT k, 'lite_partial', day
	FROM (SELECT *, row_number() OVER (PARTITION BY ripe ORDER BY demo.u('choose lite_partial', k)) AS n FROM donor
		WHERE second AND second_on <= day - 60 AND left_on > day + 75) AS x
	WHERE n <= abs(round(:lite_partial * :lite_ripe_share) - CASE WHEN ripe THEN 0 ELSE :lite_partial END);
-- Some would have left anyway: left_on may come soon after.
INSERT INTO story
	SELECT k, 'lite_switch', day,
		CASE WHEN demo.u('lite handover', k) < 0.55 THEN day
			WHEN demo.u('lite handover', k) < 0.80 THEN day + 1 + floor(40 * demo.u('lite handover day', k))::int
			ELSE day - 1 - floor(14 * demo.u('lite handover day', k))::int END
	FROM (SELECT *, row_number() OVER (PARTITION BY ripe ORDER BY demo.u('choose lite_switch', k)) AS n FROM donor
		WHERE NOT second AND joined_on <= day - 60 AND left_on > day) AS x
	WHERE n <= abs(round(:lite_switch * :lite_ripe_share) - CASE WHEN ripe THEN 0 ELSE :lite_switch END);
INSERT INTO story
	SELECT k, 'lite_add', day
	FROM (SELECT *, row_number() OVER (PARTITION BY ripe ORDER BY demo.u('choose lite_add', k)) AS n FROM donor
		WHERE NOT second AND joined_on <= day - 60 AND left_on > day + 75
			AND NOT EXISTS (SELECT FROM story WHERE story.k = donor.k)) AS x
	WHERE n <= abs(round(:lite_add * :lite_ripe_share) - CASE WHEN ripe THEN 0 ELSE :lite_add END);
INSERT INTO story
	SELECT k, 'lite_winback', back_on, left_on
	FROM (SELECT *, row_number() OVER (PARTITION BY back_on <= :'lite_ripe'
			ORDER BY demo.u('choose lite_winback', k)) AS n FROM donor
		WHERE NOT second AND back_on >= :'lite_launch' AND back_on < :'horizon'
			AND NOT EXISTS (SELECT FROM story WHERE story.k = donor.k)) AS x
	WHERE n <= abs(round(:lite_winback * :lite_ripe_share) - CASE WHEN back_on <= :'lite_ripe' THEN 0 ELSE :lite_winback END);

-- Truth: NET-WELCOME is for new customers, and old ones leave in order to be new.
INSERT INTO story
	SELECT k, role, day,
		day + CASE role WHEN 'gamed_gap' THEN -1 - floor(20 * demo.u('gamed gap', k))::int
			WHEN 'gamed_overlap' THEN 1 + floor(14 * demo.u('gamed overlap', k))::int
			WHEN 'gamed_household' THEN floor(21 * demo.u('gamed household', k))::int - 10
			ELSE 0 END,
		n - :gamed_same_day - :gamed_gap - :gamed_overlap
	FROM (SELECT k, day, n,
			CASE WHEN n <= :gamed_same_day THEN 'gamed_same_day'
				WHEN n <= :gamed_same_day + :gamed_gap THEN 'gamed_gap'
				WHEN n <= :gamed_same_day + :gamed_gap + :gamed_overlap THEN 'gamed_overlap'
				ELSE 'gamed_household' END AS role
		FROM (SELECT k, day, row_number() OVER (ORDER BY demo.u('choose gamed', k)) AS n
			FROM (SELECT k, joined_on, left_on,
					date '2025-02-01' + floor(150 * demo.u('gamed day', k))::int AS day
				FROM person WHERE plan = 'NET-300' AND NOT spring AND joined_on < '2025-02-01'
					AND NOT EXISTS (SELECT FROM story WHERE story.k = person.k)) AS x
			WHERE joined_on <= day - 90 AND left_on > day + 20) AS x
		WHERE n <= :gamed_same_day + :gamed_gap + :gamed_overlap + :gamed_household) AS x;
INSERT INTO story
	SELECT k, 'fair_winback', day, left_on
	FROM (SELECT k, left_on, left_on + 95 + floor(100 * demo.u('fair winback', k))::int AS day
		FROM person WHERE plan = 'NET-300' AND NOT spring AND joined_on < '2025-02-01'
			AND NOT EXISTS (SELECT FROM story WHERE story.k = person.k)) AS x
	WHERE day >= '2025-02-01' AND day < '2025-07-01'
	ORDER BY demo.u('choose fair_winback', k) LIMIT :fair_winback;

-- Truth: some who move from NET-300 to the package go on paying for NET-300.
INSERT INTO story
	SELECT k, 'double_pay', day, day + 60 + floor(140 * demo.u('double pay end', k))::int
	FROM (SELECT k, left_on, joined_on + 90 + floor(200 * demo.u('double pay', k))::int AS day
		FROM person WHERE plan = 'NET-300' AND NOT spring AND joined_on < '2025-02-01'
			AND NOT EXISTS (SELECT FROM story WHERE story.k = person.k)) AS x
	WHERE left_on > day + 75 AND day < date :'horizon' - 90
	ORDER BY demo.u('choose double_pay', k) LIMIT :double_pay;

-- Life as usual: plans change.
INSERT INTO story
	SELECT k, 'change', day, day
	FROM (SELECT k, left_on, joined_on + 60 + floor(440 * demo.u('change day', k))::int AS day
		FROM person WHERE NOT second AND demo.u('changes', k) < 0.12
			AND NOT EXISTS (SELECT FROM story WHERE story.k = person.k)) AS x
	WHERE day < left_on AND day < :'horizon';

-- The answer sheet's remark on the switchers: the causal loss leaves these out.
CREATE TEMP TABLE leaving_anyway AS
	SELECT k FROM story JOIN person USING (k) WHERE role = 'lite_switch' AND left_on <= day + 60;

-- Who starts anew lives anew.
UPDATE person SET
		joined_on = CASE WHEN role = 'swap_in' THEN first_day ELSE joined_on END,
		tier = CASE WHEN role = 'swap_in' THEN first_tier ELSE tier END,
		plan = CASE WHEN role = 'swap_in' THEN 'NET-300' ELSE plan END,
		household = CASE WHEN role = 'swap_in' THEN first_k ELSE household END,
		spring = spring AND role <> 'swap_in',
		second = second AND role <> 'swap_in',
		paired = paired AND role <> 'swap_in',
		left_on = CASE WHEN role = 'gamed_household' THEN old_end
			ELSE coalesce(first_day, day) + 60 + demo.stay(scale, demo.u('second life', k)) END,
		why = CASE WHEN role = 'gamed_household' THEN 'customer request' END
	FROM (SELECT s.k AS story_k, s.role, s.day, s.old_end,
			f.k AS first_k, f.day AS first_day, p.tier AS first_tier
		FROM story AS s
		LEFT JOIN story AS f ON s.role = 'swap_in' AND f.role = 'gamed_household' AND f.n = s.n
		LEFT JOIN person AS p ON p.k = f.k
		WHERE s.role IN ('lite_switch', 'lite_winback', 'gamed_same_day', 'gamed_gap', 'gamed_overlap',
			'gamed_household', 'fair_winback', 'swap_in')) AS x
	WHERE k = story_k;
UPDATE story SET day = joined_on FROM person WHERE person.k = story.k AND role = 'swap_in';

-- Life as usual: some of those who left come back.
INSERT INTO story
	SELECT k, 'return', day, left_on
	FROM (SELECT k, left_on, left_on + 45 + floor(200 * demo.u('return day', k))::int AS day
		FROM person WHERE demo.u('returns', k) < 0.08
			AND NOT EXISTS (SELECT FROM story WHERE story.k = person.k)) AS x
	WHERE day < :'horizon';
UPDATE person SET left_on = day + 30 + demo.stay(scale, demo.u('second life', person.k))
	FROM story WHERE story.k = person.k AND role = 'return';

-- Tiers: scored on the first of each month, with a fixed chance to move.
CREATE TEMP TABLE score AS
	WITH RECURSIVE step AS (
		SELECT k, 0 AS n, tier, joined_on AS from_on FROM person
		UNION ALL
		SELECT k, n + 1, f.to_tier, x.to_on
		FROM step
		JOIN tier_mix AS t USING (tier)
		CROSS JOIN LATERAL (SELECT (date_trunc('month', from_on::timestamp) + make_interval(months =>
			1 + least(floor(ln(demo.u('tier month', k * 64 + n)) / ln(1 - move)), 600)::int))::date AS to_on) AS x
		JOIN tier_flow AS f ON f.tier = step.tier AND demo.u('tier move', k * 64 + n) BETWEEN f.lo AND f.hi
		WHERE x.to_on < :'horizon'
	)
	SELECT k, tier, from_on, lead(from_on) OVER (PARTITION BY k ORDER BY n) AS to_on FROM step;

-- Truth: on the day of the price rise the Family tier is hit, and nobody else.
-- Nobody leaves because of it in the middle of another story.
CREATE TEMP TABLE hit AS
	SELECT k, date :'rise_on' + 1
			+ least(floor(30.4375 * ln(demo.u('rise', k)) / ln(1 - :rise_hazard)), 20000)::int AS leaves_on
	FROM score
	WHERE tier = 'Family' AND from_on < :'rise_on' AND (to_on IS NULL OR to_on > :'rise_on');
UPDATE person SET left_on = leaves_on, why = 'price'
	FROM hit
	WHERE hit.k = person.k AND joined_on < :'rise_on' AND left_on > leaves_on
		AND NOT EXISTS (SELECT FROM story WHERE story.k = person.k AND role <> 'change' AND leaves_on <= day + 75);
UPDATE story SET old_end = least(old_end, left_on) FROM person WHERE person.k = story.k;

-- Households of two: people who have nothing but mobile, so that no one is taken for a gamer.
UPDATE person SET household = x.household
	FROM (SELECT k, min(k) OVER (PARTITION BY n / 2) AS household
		FROM (SELECT k, row_number() OVER (ORDER BY joined_on, k) - 1 AS n FROM person WHERE paired) AS x) AS x
	WHERE x.k = person.k;

-- Lines: what a person holds from when to when, whatever it costs.
-- main: the line on which usage is counted.
CREATE TEMP TABLE line AS
	SELECT k, plan, joined_on AS start_on, least(coalesce(old_end, left_on), left_on) AS end_on,
		CASE WHEN role = 'swap_in' AND demo.u('gamed channel', k) < :gamed_dealer THEN 'dealer' ELSE via END AS via,
		CASE WHEN spring THEN 'SPRING24'
			WHEN plan = 'NET-300' AND joined_on >= '2025-02-01' AND joined_on < '2025-07-01'
				AND (role = 'swap_in' OR demo.u('welcome', k) < 0.8) THEN 'NET-WELCOME' END AS promo,
		CASE WHEN role IN ('change', 'lite_switch', 'double_pay') AND day < left_on THEN 'plan change'
			WHEN role IN ('gamed_same_day', 'gamed_gap', 'gamed_overlap', 'gamed_household') THEN 'customer request'
			WHEN old_end IS NULL OR role = 'return' THEN why END AS why,
		true AS main
	FROM person LEFT JOIN story USING (k)
	UNION ALL
	SELECT k,
		CASE WHEN role = 'change' THEN c.to_plan
			WHEN role LIKE 'lite%' THEN 'MOB-LITE'
			WHEN role = 'double_pay' THEN 'HOME-DUO'
			ELSE person.plan END,
		day, left_on,
		(ARRAY['web', 'shop', 'telesales', 'dealer'])[
			CASE WHEN role LIKE 'gamed%' AND demo.u('gamed channel', k) < :gamed_dealer THEN 4
				WHEN role LIKE 'gamed%' THEN 1 + floor(3 * demo.u('gamed other channel', k))::int
				ELSE 1 + width_bucket(demo.u('second channel', k), ARRAY[0.42, 0.74, 0.88]::float8[]) END],
		CASE WHEN role LIKE 'gamed%' OR role = 'fair_winback' THEN 'NET-WELCOME' END,
		CASE WHEN role <> 'return' THEN why END, true
	FROM person JOIN story USING (k)
	LEFT JOIN change_mix AS c ON role = 'change' AND c.plan = person.plan
		AND demo.u('change plan', k) BETWEEN c.lo AND c.hi
	WHERE role IN ('change', 'lite_switch', 'lite_winback', 'double_pay', 'gamed_same_day', 'gamed_gap',
		'gamed_overlap', 'fair_winback', 'return')
	UNION ALL
	SELECT k, 'MOB-LITE', day, least(left_on, day + 90 + demo.stay(12, demo.u('lite stay', k))),
		via, NULL, NULL, false
	FROM person JOIN story USING (k) WHERE role IN ('lite_add', 'lite_partial')
	UNION ALL
	SELECT k, 'MOB-CLASSIC', second_on,
		CASE WHEN role IS NULL THEN left_on ELSE day + floor(40 * demo.u('lite partial end', k))::int END,
		via, NULL, CASE WHEN role IS NULL THEN why ELSE 'plan change' END, false
	FROM person LEFT JOIN story USING (k) WHERE second AND (role IS NULL OR role = 'lite_partial')
	UNION ALL
	SELECT k, 'NET-300', joined_on + 60 + floor(300 * demo.u('cross-sell day', k))::int, left_on,
		(ARRAY['web', 'shop', 'telesales'])[1 + floor(3 * demo.u('cross-sell channel', k))::int], NULL, why, false
	FROM person
	WHERE plan = 'MOB-CLASSIC' AND NOT second AND NOT paired AND demo.u('cross-sell', k) < 0.12
		AND NOT EXISTS (SELECT FROM story WHERE story.k = person.k)
	UNION ALL
	SELECT k, a.plan, joined_on + floor(120 * demo.u(a.plan || ' day', k))::int,
		least(left_on, joined_on + 120 + demo.stay(14, demo.u(a.plan || ' stay', k))),
		(ARRAY['web', 'shop', 'telesales'])[1 + floor(3 * demo.u(a.plan || ' channel', k))::int], NULL,
		'not needed', false
	FROM person JOIN (VALUES ('TV-BASE', 0.25), ('TV-SPORT', 0.12)) AS a (plan, share) ON demo.u(a.plan, k) < share
	WHERE (person.plan LIKE 'NET-%' OR person.plan = 'HOME-DUO' OR person.plan = 'HOME-TRIO' AND a.plan = 'TV-SPORT')
		AND NOT EXISTS (SELECT FROM story WHERE story.k = person.k);

-- Truth: TV-KIDS is an add-on. Who takes it keeps what there is, and leaves like everybody else.
INSERT INTO line
	SELECT k, 'TV-KIDS', day, least(left_on, day + demo.stay(24, demo.u('kids stay', k))),
		(ARRAY['web', 'shop', 'telesales'])[1 + floor(3 * demo.u('kids channel', k))::int], NULL, 'not needed', false
	FROM (SELECT k, joined_on, left_on,
			date :'kids_launch' + floor(214 * power(demo.u('kids day', k), 1.3))::int AS day
		FROM person WHERE (plan LIKE 'NET-%' OR plan LIKE 'HOME-%')
			AND NOT EXISTS (SELECT FROM story WHERE story.k = person.k)) AS x
	WHERE joined_on <= day - 30 AND left_on > day
	ORDER BY demo.u('choose kids', k) LIMIT :kids_entries;

DELETE FROM line WHERE start_on >= least(end_on, :'horizon');

-- Now everything is known, and goes into the warehouse.

ALTER TABLE person ADD subscriber_no bigint;
UPDATE person SET subscriber_no = n
	FROM (SELECT k, 100000 + row_number() OVER (ORDER BY joined_on, demo.u('number', k), k) AS n FROM person) AS x
	WHERE x.k = person.k;
ANALYZE person, story, score, line;

INSERT INTO crm.subscribers
	SELECT p.subscriber_no, p.joined_on, l.via, c.brand, h.subscriber_no + 800000,
		CASE p.tier WHEN 'Youth' THEN 1998 ELSE 1950 END
			+ floor(CASE p.tier WHEN 'Youth' THEN 9 ELSE 48 END * demo.u('birth', p.k))::int,
		(ARRAY['Vilnius', 'Kaunas', 'Klaipeda', 'Siauliai', 'Panevezys'])[1 + width_bucket(demo.u('county', h.k),
			ARRAY[0.36, 0.62, 0.78, 0.90]::float8[])]
	FROM person AS p
	JOIN person AS h ON h.k = p.household
	JOIN catalog.plans AS c ON c.plan_code = p.plan
	JOIN (SELECT DISTINCT ON (k) k, via FROM line ORDER BY k, start_on, main DESC) AS l ON l.k = p.k
	ORDER BY 1;

-- A tier lasts until the last line ends.
INSERT INTO crm.tier_log
	SELECT subscriber_no, s.tier, from_on,
		CASE WHEN least(to_on, last_on) < :'horizon' THEN least(to_on, last_on) END
	FROM score AS s
	JOIN person USING (k)
	JOIN (SELECT k, max(end_on) AS last_on FROM line GROUP BY k) AS x USING (k)
	WHERE from_on < last_on
	ORDER BY 1, 3;

-- A line becomes several contracts where its price changes.
INSERT INTO billing.contracts
	SELECT dense_rank() OVER (ORDER BY start_on, subscriber_no, plan), subscriber_no, plan, from_on,
		CASE WHEN to_on < :'horizon' THEN to_on END,
		round(fee * CASE WHEN risen THEN :rise_factor ELSE 1 END, 2),
		via, promo,
		CASE WHEN to_on < :'horizon' THEN 'closed' WHEN notice_on < :'horizon' THEN 'notice' ELSE 'live' END,
		CASE WHEN to_on < :'horizon' THEN reason END,
		CASE WHEN notice_on < :'horizon' THEN notice_on END
	FROM (SELECT *, CASE WHEN reason NOT IN ('new price', 'plan change', 'unpaid')
				THEN greatest(from_on, to_on - floor(30 * demo.u('notice', id))::int) END AS notice_on
		FROM (SELECT l.k, l.plan, l.start_on, l.via, x.from_on, x.risen, l.id, p.subscriber_no,
				coalesce(lead(x.from_on) OVER (PARTITION BY l.id ORDER BY x.from_on), l.end_on) AS to_on,
				CASE WHEN x.first_price AND l.promo = 'SPRING24' THEN round(c.list_fee * 0.7, 2)
					WHEN l.promo = 'NET-WELCOME' THEN 17.90 ELSE c.list_fee END AS fee,
				CASE WHEN x.first_price THEN l.promo END AS promo,
				CASE WHEN lead(x.from_on) OVER (PARTITION BY l.id ORDER BY x.from_on) IS NOT NULL THEN 'new price'
					ELSE coalesce(l.why, (ARRAY['competitor', 'price', 'moved away', 'not needed', 'unpaid'])[
						1 + width_bucket(demo.u('why', l.k), ARRAY[0.34, 0.52, 0.68, 0.86]::float8[])]) END AS reason
			FROM (SELECT *, row_number() OVER (ORDER BY k, start_on, plan) AS id FROM line) AS l
			JOIN person AS p USING (k)
			JOIN catalog.plans AS c ON c.plan_code = l.plan
			LEFT JOIN hit ON hit.k = l.k AND c.product_line <> 'tv' AND l.plan <> 'MOB-LITE'
			CROSS JOIN LATERAL (
				SELECT l.start_on AS from_on, true AS first_price, false AS risen
				UNION ALL
				SELECT (l.start_on + interval '1 year')::date, false, false
				WHERE l.promo = 'SPRING24' AND l.start_on + interval '1 year' < l.end_on
				UNION ALL
				SELECT :'rise_on', false, true
				WHERE hit.k IS NOT NULL AND l.start_on < :'rise_on' AND l.end_on > :'rise_on') AS x) AS x) AS x
	ORDER BY 1, from_on;

-- Activity: up to six events a month, fewer for the idle and for those about to leave.
CREATE TEMP TABLE stretch AS
	SELECT k, subscriber_no, x.plan, from_on, to_on, end_on - 45 AS quiet_on,
		least(6, 0.7 + 1.9 * -ln(demo.u('engagement', k))) / 6 AS busy
	FROM (SELECT k, plan, start_on AS from_on, end_on,
			least(end_on, lead(start_on, 1, :'horizon') OVER (PARTITION BY k ORDER BY start_on)) AS to_on
		FROM line WHERE main) AS x
	JOIN person USING (k);
ANALYZE stretch;

INSERT INTO usage.activity
	SELECT row_number() OVER (ORDER BY happened_at, subscriber_no, what, plan), subscriber_no, happened_at, what,
		plan, touchpoint, amount
	FROM (
		SELECT subscriber_no, happened_at, what, plan,
			CASE what WHEN 'usage' THEN 'network' WHEN 'app' THEN 'app'
				WHEN 'care' THEN CASE WHEN u < 0.7 THEN 'call centre' ELSE 'shop' END
				ELSE CASE WHEN u < 0.5 THEN 'app' WHEN u < 0.8 THEN 'web' ELSE 'shop' END END AS touchpoint,
			CASE what WHEN 'top-up' THEN ('{5,10,15,20}'::numeric[])[1 + width_bucket(u, '{0.45,0.8,0.92}'::float8[])]
				WHEN 'data pack' THEN ('{3,5,8}'::numeric[])[1 + width_bucket(u, '{0.5,0.85}'::float8[])] END AS amount
		FROM (
			SELECT subscriber_no, plan, demo.u('event touch', id) AS u,
				-- busiest in the late afternoon, some of it after midnight
				(day + make_interval(secs => floor(86400 / 24.0
					* mod((8 + 9 * (demo.u('event time', id) + demo.u('event time too', id)))::numeric, 24))::float8))
					AT TIME ZONE 'Europe/Vilnius' AS happened_at,
				CASE WHEN plan LIKE 'SPA%'
					THEN ('{top-up,usage,app,care}'::text[])[1 + width_bucket(demo.u('event kind', id), '{0.4,0.7,0.93}'::float8[])]
					ELSE ('{usage,app,data pack,care}'::text[])[1 + width_bucket(demo.u('event kind', id), '{0.5,0.83,0.93}'::float8[])]
				END AS what
			FROM (
				SELECT s.subscriber_no, s.plan, e.id, m.month + floor(m.days * demo.u('event day', e.id))::int AS day,
					s.from_on, s.to_on, s.quiet_on, s.busy * m.season AS busy
				FROM stretch AS s
				JOIN (SELECT i, month, (month + interval '1 month')::date - month AS days,
						(ARRAY[1, 1, 1, 1, 1, 0.97, 0.9, 0.9, 1, 1, 1, 1.12])[1 + i % 12]::float8 AS season
					FROM (SELECT i, (date :'opened' + make_interval(months => i))::date AS month
						FROM generate_series(0, 23) AS i) AS x) AS m
					ON m.month < s.to_on AND m.month + m.days > s.from_on
				CROSS JOIN generate_series(0, 5) AS slot
				CROSS JOIN LATERAL (SELECT s.k::bigint * 256 + m.i * 8 + slot AS id) AS e
				WHERE demo.u('event', e.id) < s.busy * m.season) AS x
			WHERE day >= from_on AND day < to_on AND (day < quiet_on OR demo.u('quiet', id) < 0.5)) AS x
		UNION ALL
		SELECT subscriber_no,
			(l.start_on + make_interval(secs => floor(32400 + 36000 * demo.u('order time ' || l.plan, l.k))))
				AT TIME ZONE 'Europe/Vilnius',
			'order', l.plan, CASE l.via WHEN 'telesales' THEN 'call centre' WHEN 'dealer' THEN 'shop' ELSE l.via END, NULL
		FROM line AS l JOIN person USING (k)) AS x
	ORDER BY 1;

-- Owners. Nobody answered for the Youth tier from July to mid-September 2025.
INSERT INTO org.accountability VALUES
	('segment', 'Premium', 'Ieva Sirvyde', true, '2023-11-01', NULL),
	('segment', 'Family', 'Tomas Ulba', true, '2023-11-01', '2025-02-01'),
	('segment', 'Family', 'Rasa Minde', true, '2025-02-01', NULL),
	('segment', 'Standard', 'Jonas Keras', true, '2023-11-01', NULL),
	('segment', 'Saver', 'Agne Vilde', true, '2023-11-01', NULL),
	('segment', 'Youth', 'Lukas Varna', true, '2023-11-01', '2025-07-01'),
	('segment', 'Youth', 'Egle Sarta', true, '2025-09-15', NULL),
	('segment', 'Youth', 'Agne Vilde', false, '2025-03-01', NULL),
	('segment', 'Family', 'Ieva Sirvyde', false, '2024-06-01', NULL);
INSERT INTO org.accountability
	SELECT 'product', plan_code, CASE WHEN brand = 'Spari' THEN 'Agne Vilde' WHEN product_line = 'mobile' THEN 'Paulius Gaja'
			WHEN product_line = 'tv' THEN 'Dovile Ranta' ELSE 'Mantas Jura' END, true, go_live, NULL
	FROM catalog.plans;
INSERT INTO org.accountability
	SELECT 'driver', driver, person, true, '2023-11-01', NULL
	FROM (VALUES ('price', 'Ieva Sirvyde'), ('network', 'Mantas Jura'), ('care', 'Dovile Ranta'), ('billing', 'Paulius Gaja'))
		AS x (driver, person);

-- One person coordinates what customers hold side by side.
INSERT INTO org.accountability
	SELECT 'product_pair', a.plan_code || ' + ' || b.plan_code, 'Nora Vyte', true, '2023-11-01', NULL
	FROM catalog.plans a
	JOIN catalog.plans b ON b.plan_code COLLATE "C" > a.plan_code COLLATE "C";

-- Of November 2025 on, nobody answers for the network.
UPDATE org.accountability SET until = '2025-11-10' WHERE subject = 'network';

-- Projects and reviews: one project has no baseline, and the review of December
-- was not held. In December subscribers say worse of care, and nothing is done.
INSERT INTO org.projects VALUES
	('one bill', 'billing', 'cut_cost', 'churn_rate', 0.005, '2025-06-30', 2, 6, '2025-06-12', '2025-09-01', '2025-12-01', 'rolled_out', '2025-12-10'),
	('fair renewal', 'price', 'cut_cost', NULL, NULL, NULL, 3, 8, '2025-09-20', '2025-10-01', NULL, NULL, NULL),
	('more masts', 'network', 'raise_value', 'nps', 4, '2025-10-15', 8, 9, '2025-10-08', NULL, NULL, NULL, NULL);
INSERT INTO org.value_reviews VALUES
	('2025-10', '2025-10-08', '2025-10-08', 'more masts', 'go on'),
	('2025-11', '2025-11-07', '2025-11-10', 'one bill', 'go on'),
	('2025-12', '2025-12-05', NULL, NULL, NULL);
INSERT INTO crm.answers
	SELECT s.subscriber_no, least(m.month + (s.subscriber_no % 31)::int, (m.month + interval '1 month')::date - 1), 'nps', d.driver,
		CASE WHEN a.u < 0.42 - d.fall THEN 9 + (s.subscriber_no % 2)::int WHEN a.u < 0.74 - d.fall THEN 7 + (s.subscriber_no % 2)::int
			ELSE (s.subscriber_no % 7)::int END
	FROM (SELECT (date '2025-07-01' + make_interval(months => i))::date AS month FROM generate_series(0, 5) AS i) AS m
	CROSS JOIN (VALUES ('price'), ('network'), ('care'), ('billing')) AS x (name)
	CROSS JOIN LATERAL (SELECT x.name AS driver, CASE WHEN x.name = 'care' AND m.month >= '2025-12-01' THEN :care_fall ELSE 0 END AS fall) AS d
	JOIN crm.subscribers AS s ON s.activated_on < m.month AND demo.u('asked ' || d.driver || m.month, s.subscriber_no) < 0.02
	CROSS JOIN LATERAL (SELECT demo.u('answer ' || d.driver || m.month, s.subscriber_no) AS u) AS a
	ORDER BY 2, 1, 4;

-- Goals: what came, seen through the optimism of a budget round.
INSERT INTO org.tier_goals
	SELECT tier, month, kpi, goal
	FROM (SELECT t.tier, m.month, count(DISTINCT c.subscriber_no) AS customers, sum(c.monthly_fee) AS mrr,
			0.97 + 0.08 * demo.u('goal ' || t.tier, row_number() OVER (PARTITION BY t.tier ORDER BY m.month)) AS hope
		FROM (SELECT month, (month + interval '1 month')::date AS next FROM month_mix) AS m
		JOIN billing.contracts AS c ON c.start_dt < m.next AND (c.end_dt IS NULL OR c.end_dt >= m.next)
		JOIN crm.tier_log AS t ON t.subscriber_no = c.subscriber_no
			AND t.from_dt < m.next AND (t.to_dt IS NULL OR t.to_dt >= m.next)
		GROUP BY t.tier, m.month) AS x
	CROSS JOIN LATERAL (VALUES ('closing_customers', round((customers * hope)::numeric, -1)),
		('closing_mrr', round(mrr * hope::numeric, -2)),
		('churn_rate', CASE tier WHEN 'Premium' THEN 0.02 WHEN 'Family' THEN 0.02 WHEN 'Standard' THEN 0.028
			WHEN 'Saver' THEN 0.04 ELSE 0.045 END)) AS g (kpi, goal)
	ORDER BY 1, 2, 3;

-- Costs: shared pools, and what each tier used of them.
INSERT INTO finance.cost_drivers
	SELECT (date_trunc('month', a.happened_at, 'Europe/Vilnius') AT TIME ZONE 'Europe/Vilnius')::date,
		CASE what WHEN 'care' THEN 'care' WHEN 'order' THEN 'acquisition' ELSE 'network' END, t.tier, count(*)
	FROM usage.activity AS a
	JOIN crm.tier_log AS t ON t.subscriber_no = a.subscriber_no
		AND (a.happened_at AT TIME ZONE 'Europe/Vilnius')::date >= t.from_dt
		AND ((a.happened_at AT TIME ZONE 'Europe/Vilnius')::date < t.to_dt OR t.to_dt IS NULL)
	GROUP BY 1, 2, 3
	ORDER BY 1, 2, 3;
INSERT INTO finance.cost_pools
	SELECT month, pool, round((sum(quantity)
		* CASE pool WHEN 'network' THEN 2.40 WHEN 'care' THEN 6.50 ELSE 38 END
		* (0.97 + 0.06 * demo.u('cost ' || pool, extract(epoch FROM month)::bigint)))::numeric, 2)
	FROM finance.cost_drivers
	GROUP BY 1, 2
	ORDER BY 1, 2;

-- The answer sheet
INSERT INTO demo.planted
	SELECT CASE WHEN role LIKE 'gamed%' OR role = 'swap_in' THEN 'gamed promotion'
			WHEN role LIKE 'lite%' THEN 'MOB-LITE entry'
			WHEN role = 'fair_winback' THEN 'fair winback' ELSE 'double pay' END,
		subscriber_no,
		CASE WHEN role = 'swap_in' THEN 'household' WHEN role = 'double_pay' THEN 'HOME-DUO and NET-300'
			WHEN role = 'lite_switch' AND leaving_anyway.k IS NOT NULL THEN 'switch, leaving anyway'
			ELSE replace(substr(role, strpos(role, '_') + 1), '_', ' ') END
	FROM story JOIN person USING (k) LEFT JOIN leaving_anyway USING (k)
	WHERE role NOT IN ('change', 'return', 'gamed_household')
	ORDER BY 1, 2;

-- Keys and indexes, after the rows because that is faster
ALTER TABLE crm.subscribers ADD PRIMARY KEY (subscriber_no);
ALTER TABLE crm.tier_log ADD PRIMARY KEY (subscriber_no, from_dt),
	ADD FOREIGN KEY (subscriber_no) REFERENCES crm.subscribers;
ALTER TABLE catalog.plans ADD PRIMARY KEY (plan_code);
ALTER TABLE catalog.package_parts ADD PRIMARY KEY (package_code, part_code),
	ADD FOREIGN KEY (package_code) REFERENCES catalog.plans,
	ADD FOREIGN KEY (part_code) REFERENCES catalog.plans;
ALTER TABLE catalog.promotions ADD PRIMARY KEY (promo_code),
	ADD FOREIGN KEY (plan_code) REFERENCES catalog.plans;
ALTER TABLE billing.contracts ADD PRIMARY KEY (contract_no, start_dt),
	ADD CHECK (end_dt > start_dt),
	ADD FOREIGN KEY (subscriber_no) REFERENCES crm.subscribers,
	ADD FOREIGN KEY (plan_code) REFERENCES catalog.plans,
	ADD FOREIGN KEY (promo_code) REFERENCES catalog.promotions;
ALTER TABLE usage.activity ADD PRIMARY KEY (activity_no),
	ADD FOREIGN KEY (subscriber_no) REFERENCES crm.subscribers;
ALTER TABLE org.accountability ADD PRIMARY KEY (subject_type, subject, person, since);
ALTER TABLE org.projects ADD PRIMARY KEY (project);
ALTER TABLE crm.answers ADD PRIMARY KEY (subscriber_no, answered_on, survey, about);
ALTER TABLE org.tier_goals ADD PRIMARY KEY (tier, month, kpi);
ALTER TABLE finance.cost_pools ADD PRIMARY KEY (month, pool);
ALTER TABLE finance.cost_drivers ADD PRIMARY KEY (month, pool, tier),
	ADD FOREIGN KEY (month, pool) REFERENCES finance.cost_pools;
CREATE INDEX ON crm.subscribers (household_no);
CREATE INDEX ON crm.contacts (subscriber_no, sent_at);
CREATE INDEX ON billing.contracts (subscriber_no, start_dt);
CREATE INDEX ON billing.contracts (plan_code, start_dt);
CREATE INDEX ON usage.activity (subscriber_no, happened_at);

DROP TABLE tier_mix, tier_flow, plan_mix, change_mix, month_mix, person, story, donor, leaving_anyway,
	score, hit, line, stretch;

COMMIT;

ANALYZE crm.subscribers, crm.tier_log, catalog.plans, catalog.package_parts, catalog.promotions, billing.contracts,
	usage.activity, org.accountability, org.projects, org.value_reviews, crm.answers, org.tier_goals, finance.cost_pools, finance.cost_drivers;
\ir touchpoints.sql
RESET ALL;
