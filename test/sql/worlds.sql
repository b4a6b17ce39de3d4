\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Contacts, campaigns, prices and plans of random worlds, beside plain SQL.
-- CVM_WORLDS=200 for so many; and twenty in which nothing was done to anybody.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;
\set worlds 3
\i test/random_worlds.sql

CREATE TABLE spell (customer_id int, product text, started_on date, ended_on date, mrr numeric, channel text, committed_until date);
CREATE TABLE goods (product text, allowance float8);
CREATE TABLE pack (bundle text, product text);
CREATE TABLE deal (offer text, product text, price numeric);
CREATE TABLE note (customer_id int, sent_at timestamptz, channel text, campaign text, offer text, product text, purpose text);
CREATE TABLE drawn (campaign text, customer_id int, arm text, assigned_at date, reached boolean);
CREATE TABLE act (customer_id int, occurred_at timestamptz, kind text, product text, quantity float8);
CREATE TABLE tier (customer_id int, segment text, valid_from date, valid_to date);
INSERT INTO pack VALUES ('DUO', 'TV'), ('DUO', 'NET');
CREATE FUNCTION pg_temp.world(world int) RETURNS void LANGUAGE sql AS $$
	TRUNCATE spell, goods, deal, note, drawn, act, tier;
	INSERT INTO spell SELECT pg_temp.draw(world, 'who', i, 40), (ARRAY['TV', 'NET', 'DUO', 'ONE'])[1 + pg_temp.draw(world, 'what', i, 4)], s.day, CASE WHEN pg_temp.draw(world, 'end', i, 3) > 0 THEN s.day + pg_temp.draw(world, 'for', i, 130) END,
		pg_temp.draw(world, 'fee', i, 12), (ARRAY['web', 'shop', NULL])[1 + pg_temp.draw(world, 'via', i, 3)], CASE WHEN pg_temp.draw(world, 'term', i, 3) = 0 THEN s.day + 365 END
	FROM generate_series(1, 120) i CROSS JOIN LATERAL (SELECT date '2024-01-01' + pg_temp.draw(world, 'on', i, 170) AS day) s;
	INSERT INTO goods VALUES ('TV', 1.5), ('NET', 1), ('DUO', NULL), ('ONE', 0);
	INSERT INTO deal SELECT 'o' || i % 6, (ARRAY['TV', 'NET'])[1 + i % 2], CASE WHEN i % 4 > 0 THEN 5 + pg_temp.draw(world, 'at', i, 3) END FROM generate_series(1, 8) i;
	INSERT INTO note SELECT CASE WHEN i % 8 = 0 THEN 16 + pg_temp.draw(world, 'to', i, 25) ELSE pg_temp.draw(world, 'to', i, 16) END, timestamptz '2023-12-12 00:30+02' + pg_temp.draw(world, 'sent', i, CASE WHEN i % 8 = 0 THEN 500 ELSE 24 * 100 END) * interval '1 hour' + i * interval '1 second', NULL, (ARRAY['c1', 'c2', NULL])[1 + pg_temp.draw(world, 'camp', i, 3)],
		CASE WHEN pg_temp.draw(world, 'has', i, 3) > 0 THEN 'o' || pg_temp.draw(world, 'offer', i, 6) END, CASE WHEN pg_temp.draw(world, 'about', i, 2) = 0 THEN 'TV' END, CASE WHEN pg_temp.draw(world, 'why', i, 4) = 0 THEN 'Service' END
	FROM generate_series(1, 200) i;
	INSERT INTO drawn SELECT 'c' || 1 + i % 2, pg_temp.draw(world, 'member', i, 60), CASE WHEN pg_temp.draw(world, 'arm', pg_temp.draw(world, 'member', i, 60) + 100 * (i % 2), 3) = 0 THEN 'Control' ELSE 'target' END,
		date '2024-02-01' + pg_temp.draw(world, 'given', i, 140), NULL FROM generate_series(1, 110) i;
	INSERT INTO act SELECT pg_temp.draw(world, 'user', i, 40), timestamptz '2024-01-01 00:30+02' + pg_temp.draw(world, 'used', i, 24 * 180) * interval '1 hour', (ARRAY['Usage', 'visit'])[1 + i % 2], (ARRAY['TV', 'NET', 'DUO'])[1 + pg_temp.draw(world, 'use', i, 3)],
		CASE WHEN pg_temp.draw(world, 'much', i, 3) > 0 THEN pg_temp.draw(world, 'qty', i, 4) * 0.5 END FROM generate_series(1, 500) i;
	INSERT INTO tier SELECT i, (ARRAY['gold', 'tin'])[1 + pg_temp.draw(world, 'tier', i, 2)], date '2024-01-01', CASE WHEN i % 5 = 0 THEN date '2024-04-15' END FROM generate_series(0, 35) i UNION ALL SELECT i, 'tin', '2024-04-15', NULL FROM generate_series(10, 35, 10) i;
$$;
SELECT pg_temp.world(1) \g /dev/null
SELECT cvm.create_model('ww', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-07-01') \g /dev/null
SELECT count(cvm._register('ww', 'insert', 'binding', jsonb_build_object('entity', e.entity, 'source_schema', 'public', 'source_name', e.source, 'columns', '{}'::jsonb)))
FROM (VALUES ('subscription', 'spell'), ('product', 'goods'), ('bundle_component', 'pack'), ('offer', 'deal'), ('contact', 'note'), ('campaign_member', 'drawn'), ('event', 'act')) AS e (entity, source) \g /dev/null
SELECT cvm.bind('ww', 'segment_history', 'tier'), cvm.configure('ww', 'contact_cap', '2') \g /dev/null

CREATE FUNCTION pg_temp.segment_at(who int, day date) RETURNS text LANGUAGE sql STABLE RETURN coalesce((SELECT t.segment FROM tier t WHERE t.customer_id = who AND t.valid_from <= day AND coalesce(t.valid_to > day, true)), '(none)');
CREATE TABLE sent AS SELECT 0 AS id, n.*, date '2024-01-01' AS day FROM note n WHERE false;
CREATE FUNCTION pg_temp.payers() RETURNS TABLE (customer_id int, segment text, contacts bigint, ever bigint) LANGUAGE sql STABLE AS $$
	SELECT p.customer_id, pg_temp.segment_at(p.customer_id, '2024-06-30'), count(s.id) FILTER (WHERE s.day >= date '2024-07-01' - 180), count(s.id)
	FROM (SELECT DISTINCT customer_id FROM spell WHERE started_on <= '2024-06-30' AND coalesce(ended_on > '2024-06-30', true) AND mrr > 0) p LEFT JOIN sent s ON s.customer_id = p.customer_id AND s.day < '2024-07-01' GROUP BY p.customer_id
$$;
CREATE FUNCTION pg_temp.sales() RETURNS TABLE (product text, month date, week date, term int, channel text, mrr numeric) LANGUAGE sql STABLE AS $$
	SELECT s.product, date_trunc('month', s.started_on)::date, date_trunc('week', s.started_on)::date, CASE WHEN s.committed_until IS NULL THEN 0 ELSE 12 END, coalesce(s.channel, '(unknown)'), s.mrr
	FROM (SELECT s.*, row_number() OVER (PARTITION BY s.customer_id, s.product ORDER BY s.started_on, s.ended_on, s.mrr, s.channel, s.committed_until) AS n FROM spell s WHERE coalesce(s.ended_on > s.started_on, true)) s
	WHERE s.mrr > 0 AND NOT EXISTS (SELECT FROM (SELECT o.*, row_number() OVER (PARTITION BY o.customer_id, o.product ORDER BY o.started_on, o.ended_on, o.mrr, o.channel, o.committed_until) AS n FROM spell o WHERE coalesce(o.ended_on > o.started_on, true)) o
		WHERE o.customer_id = s.customer_id AND o.product = s.product AND o.n < s.n AND coalesce(o.ended_on >= s.started_on, true))
$$;
-- what differs, view by view
CREATE FUNCTION pg_temp.wrong(world int) RETURNS TABLE (what text) LANGUAGE sql AS $$
	SELECT pg_temp.world(world);
	TRUNCATE sent;
	INSERT INTO sent SELECT row_number() OVER (), n.*, (n.sent_at AT TIME ZONE 'Europe/Vilnius')::date FROM note n WHERE n.purpose IS NULL;
	-- marketing for what is held, or a part of it, or at another price
	WITH said AS (
		SELECT s.id, s.customer_id, s.day, d.product, d.price FROM sent s JOIN (SELECT offer, product, min(price) AS price FROM deal GROUP BY 1, 2) d USING (offer)
		UNION ALL SELECT s.id, s.customer_id, s.day, s.product, NULL FROM sent s WHERE s.product IS NOT NULL AND NOT EXISTS (SELECT FROM deal d WHERE d.offer = s.offer)
	), brute AS (
		SELECT DISTINCT s.id, s.customer_id, s.day, s.product, CASE WHEN h.product = s.product THEN 'held' ELSE 'part_of_held_bundle' END AS contradiction, h.product AS held
		FROM said s JOIN spell h ON h.customer_id = s.customer_id AND h.started_on <= s.day AND coalesce(h.ended_on > s.day, true)
			AND (h.started_on < s.day OR EXISTS (SELECT FROM spell b WHERE b.customer_id = h.customer_id AND b.product = h.product AND b.started_on < s.day AND b.ended_on = s.day))
			AND (h.product = s.product OR EXISTS (SELECT FROM pack p WHERE p.bundle = h.product AND p.product = s.product))
		UNION ALL
		SELECT s.id, s.customer_id, s.day, s.product, 'two_prices', NULL FROM said s
		WHERE 1 < (SELECT count(DISTINCT o.price) FROM said o WHERE o.customer_id = s.customer_id AND o.product = s.product AND o.day BETWEEN s.day - 6 AND s.day)
	)
	SELECT format('world %s: contradictory_contact %s', world, k) FROM (
		(SELECT customer_id, day, product, contradiction, held, count(*) FROM brute GROUP BY 1, 2, 3, 4, 5 EXCEPT SELECT customer_id, sent_on, product, contradiction, held_product, count(*) FROM ww.contradictory_contact GROUP BY 1, 2, 3, 4, 5)
		UNION ALL (SELECT customer_id, sent_on, product, contradiction, held_product, count(*) FROM ww.contradictory_contact GROUP BY 1, 2, 3, 4, 5 EXCEPT SELECT customer_id, day, product, contradiction, held, count(*) FROM brute GROUP BY 1, 2, 3, 4, 5)) k
	UNION ALL
	-- beyond the cap, whatever the weeks of a calendar say
	SELECT format('world %s: contact_violation %s', world, k) FROM (
		SELECT customer_id, day FROM (SELECT s.*, (SELECT count(*) FROM sent o WHERE o.customer_id = s.customer_id AND o.sent_at <= s.sent_at AND o.day > s.day - 7) AS n FROM sent s) x WHERE n > 2
		EXCEPT ALL SELECT customer_id, sent_on FROM ww.contact_violation) k
	UNION ALL SELECT format('world %s: contact_violation', world) WHERE (SELECT count(*) FROM ww.contact_violation) <> (SELECT count(*) FROM (SELECT (SELECT count(*) FROM sent o WHERE o.customer_id = s.customer_id AND o.sent_at <= s.sent_at AND o.day > s.day - 7) AS n FROM sent s) x WHERE n > 2)
	UNION ALL
	-- who pays on the last day and hears nothing
	SELECT format('world %s: contact_silence %s', world, coalesce(v.segment, b.segment)) FROM ww.contact_silence v
	FULL JOIN (
		SELECT x.segment, count(*) AS base, count(*) FILTER (WHERE p.contacts = 0) AS silent, count(*) FILTER (WHERE p.ever = 0) AS never, sum(p.contacts) AS contacts,
			(SELECT sum(abs(a.contacts - b.contacts)) FROM pg_temp.payers() a, pg_temp.payers() b WHERE x.segment IN ('(all)', a.segment) AND x.segment IN ('(all)', b.segment)) / nullif(2 * count(*) * sum(p.contacts), 0) AS gini
		FROM pg_temp.payers() p CROSS JOIN LATERAL (VALUES ('(all)'), (p.segment)) AS x (segment) GROUP BY x.segment) b ON b.segment = v.segment
	WHERE (v.base_customers, v.silent_customers, v.never_customers, v.contacts, round(v.gini::numeric, 9)) IS DISTINCT FROM (b.base, b.silent, b.never, b.contacts, round(b.gini, 9))
	UNION ALL
	-- sales of a product in a month at their prices, and beside the cheapest channel of the week for the term
	SELECT format('world %s: channel_price %s %s', world, coalesce(v.product, b.product), coalesce(v.month, b.month)) FROM ww.channel_price v
	FULL JOIN (
		SELECT s.product, s.month, count(*) AS sales, count(DISTINCT s.channel) AS channels, avg(s.mrr) AS mean, stddev_pop(s.mrr) / avg(s.mrr) AS variation, max(s.mrr) / min(s.mrr) AS ratio,
			count(*) FILTER (WHERE o.channels > 1) AS compared, count(*) FILTER (WHERE o.channels > 1 AND s.mrr > o.best) AS above, coalesce(sum(s.mrr - o.best) FILTER (WHERE o.channels > 1 AND s.mrr > o.best), 0) AS above_mrr
		FROM pg_temp.sales() s CROSS JOIN LATERAL (
			SELECT count(*) AS channels, min(c.mean) AS best FROM (SELECT avg(w.mrr) AS mean FROM pg_temp.sales() w WHERE (w.product, w.month, w.week, w.term) = (s.product, s.month, s.week, s.term) GROUP BY w.channel) c) o
		GROUP BY 1, 2) b USING (product, month)
	WHERE (v.sales, v.channels, v.compared_sales, v.above_best_sales, round(v.mean_price, 2), round(v.variation::numeric, 9), round(v.price_ratio::numeric, 9)) IS DISTINCT FROM
		(b.sales, b.channels, b.compared, b.above, round(b.mean, 2), round(b.variation, 9), round(b.ratio, 9)) OR abs(v.above_best_mrr - b.above_mrr) > 0.005
	UNION ALL
	-- as first assigned, and who began something within 30 days
	SELECT format('world %s: campaign_uplift %s', world, coalesce(v.campaign, b.campaign)) FROM ww.campaign_uplift v
	FULL JOIN (
		SELECT f.campaign, count(*) FILTER (WHERE NOT is_control AND is_mature) AS n1, count(*) FILTER (WHERE is_control AND is_mature) AS n0, count(*) FILTER (WHERE NOT is_mature) AS pending,
			count(*) FILTER (WHERE NOT is_control AND is_mature AND is_converted) AS h1, count(*) FILTER (WHERE is_control AND is_mature AND is_converted) AS h0
		FROM (SELECT d.campaign, d.customer_id, d.day, d.is_control, d.day + 30 <= '2024-07-01' AS is_mature,
				EXISTS (SELECT FROM spell s WHERE s.customer_id = d.customer_id AND s.started_on >= d.day AND s.started_on < d.day + 30 AND s.started_on < '2024-07-01' AND coalesce(s.ended_on > d.day - 30, true)) AS is_converted
			FROM (SELECT campaign, customer_id, min(assigned_at) AS day, bool_or(arm = 'Control') AS is_control FROM drawn WHERE assigned_at < '2024-07-01' GROUP BY 1, 2) d) f
		GROUP BY f.campaign) b ON b.campaign = v.campaign
	WHERE (v.target_customers, v.control_customers, v.pending_customers, v.target_converted, v.control_converted) IS DISTINCT FROM (b.n1, b.n0, b.pending, b.h1, b.h0)
	UNION ALL
	-- how much of what a plan includes was used
	SELECT format('world %s: cadence_fit %s %s', world, coalesce(v.segment, b.segment), coalesce(v.month, b.month)) FROM ww.cadence_fit v
	FULL JOIN (
		SELECT x.segment, c.month, count(*) AS plans, count(*) FILTER (WHERE c.is_small) AS small, count(*) FILTER (WHERE c.is_large AND NOT c.is_small) AS large,
			sum(CASE WHEN c.is_small OR c.is_large THEN c.mrr ELSE 0 END) AS mrr
		FROM (
			SELECT k.customer_id, k.month, bool_or(k.used > k.allowed) AS is_small, bool_or(k.used < 0.5 * k.allowed) AS is_large,
				coalesce((SELECT sum(s.mrr) FROM spell s WHERE s.customer_id = k.customer_id AND s.started_on <= k.last AND coalesce(s.ended_on > k.last, true)), 0) AS mrr, k.last
			FROM (
				SELECT h.customer_id, h.product, m.month, m.last, (SELECT sum(g.allowance) FROM spell s JOIN goods g USING (product) WHERE s.customer_id = h.customer_id AND s.product = h.product AND s.started_on <= m.last AND coalesce(s.ended_on > m.last, true)) AS allowed,
					coalesce((SELECT sum(coalesce(a.quantity, 1)) FROM act a WHERE a.customer_id = h.customer_id AND a.product = h.product AND a.kind = 'Usage' AND date_trunc('month', a.occurred_at AT TIME ZONE 'Europe/Vilnius') = m.month), 0) AS used
				FROM (SELECT DISTINCT customer_id, product FROM spell WHERE product IN ('TV', 'NET')) h
				CROSS JOIN (SELECT m::date AS month, (m + interval '1 month')::date - 1 AS last FROM generate_series('2024-01-01', '2024-06-01', interval '1 month') m) m
				WHERE EXISTS (SELECT FROM spell s WHERE s.customer_id = h.customer_id AND s.product = h.product AND s.started_on <= m.month AND coalesce(s.ended_on > m.month, true))) k
			WHERE k.allowed IS NOT NULL GROUP BY k.customer_id, k.month, k.last) c
		CROSS JOIN LATERAL (VALUES ('(all)'), (pg_temp.segment_at(c.customer_id, c.last))) AS x (segment)
		GROUP BY 1, 2) b ON b.segment = v.segment AND b.month = v.month
	WHERE (v.plan_customers, v.plan_too_small_customers, v.plan_too_large_customers, v.plan_misfit_mrr) IS DISTINCT FROM (b.plans, b.small, b.large, b.mrr);
$$;
SELECT is_empty(format('SELECT w FROM (SELECT generate_series(1, %s) UNION SELECT 149) n (n), pg_temp.wrong(n.n) w', :worlds), 'contacts, silence, prices, campaigns and plans of random worlds are as counted by plain SQL');
SELECT pg_temp.world(200) \g /dev/null
SELECT ok((SELECT count(DISTINCT contradiction) = 3 FROM ww.contradictory_contact) AND (SELECT count(*) > 2 FROM ww.contact_violation) AND (SELECT bool_or(silent_customers > never_customers) FROM ww.contact_silence) AND (SELECT bool_or(above_best_sales > 0) FROM ww.channel_price) AND (SELECT bool_and(target_converted > 0) FROM ww.campaign_uplift)
	AND (SELECT sum(least(plan_too_small_customers, plan_too_large_customers, plan_fitting_customers)) > 2 FROM ww.cadence_fit), 'everything that is counted happens in such a world');
SELECT results_eq($$SELECT count(DISTINCT customer_id), bool_and(detail LIKE '%used%') FROM cvm.customers('ww', 'cadence_fit', (SELECT row_key FROM ww.cadence_fit WHERE segment = '(all)' AND month = '2024-04-01'), 'plan_too_large_customers')$$,
	$$SELECT plan_too_large_customers, true FROM ww.cadence_fit WHERE segment = '(all)' AND month = '2024-04-01'$$, 'whose plan is too large is listed with what they used');

-- Twenty worlds in which customers answer, wait and buy alike whatever is done: of all
-- that is tested no more is called something than chance has it
CREATE TABLE fair (customer_id int, sent_at date, campaign text, arm text, outcome text, opted_out boolean);
CREATE TABLE bought (customer_id int, product text, started_on date, ended_on date, mrr numeric);
CREATE TABLE told (customer_id int, answered_at date, instrument text, score int, driver text);
SELECT cvm.create_model('hl', tz => 'UTC', as_of => '2024-07-01') \g /dev/null
SELECT count(cvm._register('hl', 'insert', 'binding', jsonb_build_object('entity', e.entity, 'source_schema', 'public', 'source_name', e.source, 'columns', '{}'::jsonb)))
FROM (VALUES ('subscription', 'bought'), ('survey', 'told')) AS e (entity, source) \g /dev/null
SELECT cvm.bind('hl', 'contact', 'fair') \g /dev/null
CREATE FUNCTION pg_temp.accused(world int) RETURNS TABLE (what text, tested bigint, accused bigint) LANGUAGE sql AS $$
	TRUNCATE fair, bought, told;
	INSERT INTO fair SELECT i % 300, date '2024-01-03' + pg_temp.draw(world, 'day', i, 140), 'c' || i % 4, CASE WHEN pg_temp.draw(world, 'arm', i % 300, 2) = 0 THEN 'control' ELSE 'target' END, CASE WHEN pg_temp.draw(world, 'out', i, 4) = 0 THEN 'sold' END, NULL FROM generate_series(1, 1500) i;
	INSERT INTO bought SELECT i, 'P', date '2023-06-01', CASE WHEN pg_temp.draw(world, 'left', i, 6) = 0 THEN date '2024-01-10' + pg_temp.draw(world, 'when', i, 170) END, 10 FROM generate_series(0, 299) i
		UNION ALL SELECT pg_temp.draw(world, 'more', i, 300), 'Q', date '2024-01-05' + pg_temp.draw(world, 'then', i, 175), NULL, 5 FROM generate_series(1, 200) i;
	INSERT INTO told SELECT pg_temp.draw(world, 'who', i, 300), date '2024-01-01' + pg_temp.draw(world, 'told', i, 182), 'nps', pg_temp.draw(world, 'score', i, 11), 'd' || i % 3 FROM generate_series(1, 1800) i;
	SELECT 'campaign_uplift', count(*), count(*) FILTER (WHERE verdict IN ('uplift', 'harm', 'loss')) FROM hl.campaign_uplift
	UNION ALL SELECT 'contact_fatigue', count(*) FILTER (WHERE verdict <> 'first' AND within_low IS NOT NULL), count(*) FILTER (WHERE verdict IN ('fatigue', 'reminder')) FROM hl.contact_fatigue
	UNION ALL SELECT 'value_driver', count(p_value), count(*) FILTER (WHERE p_value < 0.05) FROM hl.value_driver WHERE segment = '(all)' AND is_complete;
$$;
CREATE TABLE found AS SELECT n AS world, a.* FROM generate_series(1, CASE WHEN :worlds > 20 THEN 20 ELSE 4 END) n, pg_temp.accused(n) a;
-- The same answers customer by customer: of a month and of the three before it each customer has a part in
-- the change, and their squares are its variance; customers of the three months count in each of them
CREATE FUNCTION pg_temp.driver_differs(world int) RETURNS TABLE (what text) LANGUAGE sql AS $$
	SELECT count(*) FROM pg_temp.accused(world);
	WITH last AS (
		SELECT DISTINCT ON (customer_id, date_trunc('month', answered_at), driver) customer_id, driver, date_trunc('month', answered_at)::date AS month, CASE WHEN score >= 9 THEN 100 WHEN score < 7 THEN -100 ELSE 0 END AS y
		FROM told ORDER BY customer_id, date_trunc('month', answered_at), driver, answered_at DESC, score
	), one AS (
		SELECT m.month, d.driver, l.customer_id, count(*) FILTER (WHERE l.month = m.month) AS n1, sum(l.y) FILTER (WHERE l.month = m.month) AS y1, count(*) FILTER (WHERE l.month < m.month) AS n0, sum(l.y) FILTER (WHERE l.month < m.month) AS y0
		FROM generate_series(date '2024-01-01', '2024-06-01', interval '1 month') m (month) CROSS JOIN (VALUES ('d0'), ('d1'), ('d2')) AS d (driver)
		JOIN last l ON l.driver = d.driver AND l.month <= m.month AND l.month >= m.month - interval '3 months'
		GROUP BY m.month, d.driver, l.customer_id
	), whole AS (
		SELECT month, driver, sum(n1) AS n1, sum(y1) / nullif(sum(n1), 0)::numeric AS v1, count(*) FILTER (WHERE n1 > 0)::float8 AS c1, sum(n0) AS n0, sum(y0) / nullif(sum(n0), 0)::numeric AS v0, sum(n0)::float8 AS c0
		FROM one GROUP BY month, driver
	), brute AS (
		SELECT w.month, w.driver, w.n1, w.c1, w.v1, w.n0, w.v0, (SELECT sqrt(sum((coalesce((o.y1 - w.v1 * o.n1) / w.n1, 0) * sqrt(w.c1 / nullif(w.c1 - 1, 0)) - coalesce((o.y0 - w.v0 * o.n0) / w.n0, 0) * sqrt(w.c0 / nullif(w.c0 - 1, 0))) ^ 2))
			FROM one o WHERE (o.month, o.driver) = (w.month, w.driver)) AS error
		FROM whole w WHERE w.n1 > 0
	)
	SELECT format('world %s: %s %s', world, coalesce(v.driver, b.driver), coalesce(v.month, b.month::date)) FROM (SELECT * FROM hl.value_driver WHERE segment = '(all)') v
	FULL JOIN brute b ON b.driver = v.driver AND b.month = v.month
	WHERE (v.observations, v.customers, v.previous_observations) IS DISTINCT FROM (b.n1::bigint, b.c1::bigint, b.n0::bigint) OR abs(v.value - b.v1) > 1e-9
		OR (v.previous_value IS NULL) <> (b.v0 IS NULL) OR abs(v.previous_value - b.v0) > 1e-9 OR abs(v.trend - (b.v1 - b.v0)) > 1e-9
		OR (b.v0 IS NOT NULL AND (v.trend_low IS NULL OR abs(v.trend_high - v.trend_low - 2 * 1.959963984540054 * b.error) > 1e-6));
$$;
SELECT is_empty(format('SELECT d FROM generate_series(1, %s) n, pg_temp.driver_differs(n) d', :worlds), 'random answers about drivers change as customer by customer, and are as sure of it');
SELECT ok((SELECT count(*) FILTER (WHERE trend_low IS NOT NULL) = 15 AND count(DISTINCT driver) = 3 FROM hl.value_driver WHERE segment = '(all)'), 'there are changes of drivers to be compared');
-- one in a thousand would be accused of so many
SELECT is_empty($$SELECT what, sum(tested), sum(accused) FROM found GROUP BY what HAVING sum(accused) > 0.05 * sum(tested) + 3.1 * sqrt(0.0475 * sum(tested)) + 1 OR sum(tested) < 6$$, 'of worlds in which nothing does anything no more is accused than chance has it');
\getenv report CVM_REPORT
\if :{?report}
\o :report
SELECT format('%s: %s of %s accused in %s harmless worlds', what, sum(accused), sum(tested), count(*)) FROM found GROUP BY what ORDER BY what;
\o
\endif
SELECT * FROM finish();
ROLLBACK;
