\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Offers, channels, campaigns, drivers and portfolios of random worlds, beside plain
-- SQL that goes one by one.  CVM_WORLDS=200 for so many.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;
\set worlds 3
\i test/random_worlds.sql

CREATE FUNCTION pg_temp.local(at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE RETURN (at AT TIME ZONE 'Europe/Vilnius')::date;
CREATE TABLE spell (customer_id int, product text, offer text, started_on date, ended_on date, mrr numeric, channel text);
CREATE TABLE goods (product text, unit_margin numeric, list_price numeric);
CREATE TABLE pack (bundle text, product text);
CREATE TABLE deal (offer text, product text, channel text, price numeric, valid_from date, valid_to date, new_customers_only boolean);
CREATE TABLE cap (offer text, channel text, sellable boolean, briefed_on date);
CREATE TABLE note (customer_id int, sent_at timestamptz, channel text, campaign text, offer text, product text, purpose text, cost numeric);
CREATE TABLE ask (customer_id int, opened_at timestamptz, first_reply_at timestamptz, channel text, topic text, product text);
CREATE TABLE told (customer_id int, answered_at timestamptz, instrument text, score int, driver text);
CREATE TABLE tier (customer_id int, segment text, valid_from date, valid_to date);
CREATE TABLE spent (month date, pool text, amount numeric);
CREATE TABLE plan (campaign text, starts_on date, planned_control_share float8, owner text, contact_cost numeric, reward_cost numeric);
CREATE TABLE drawn (campaign text, customer_id int, arm text, assigned_at date);
CREATE TABLE person (customer_id int);
CREATE TABLE care (driver text, metric text, target float8);
CREATE TABLE answerer (subject_kind text, subject text, owner text, accountable boolean, valid_from date, valid_to date);
CREATE TABLE project (initiative text, driver text, metric text, baseline_on date, decided_on date, shipped_on date);
INSERT INTO pack VALUES ('DUO', 'TV'), ('DUO', 'NET');
INSERT INTO goods VALUES ('TV', 3, 6), ('NET', 4, 8), ('DUO', 5, 11), ('ONE', 1, NULL);
INSERT INTO goods SELECT 'P' || n, n * 0.5, 4 FROM generate_series(0, 6) n;
CREATE FUNCTION pg_temp.world(world int) RETURNS void LANGUAGE sql AS $$
	TRUNCATE spell, deal, cap, note, ask, told, tier, spent, plan, drawn, person, care, answerer, project;
	INSERT INTO spell SELECT pg_temp.draw(world, 'who', i, 60), (ARRAY['TV', 'NET', 'DUO', 'ONE'])[1 + pg_temp.draw(world, 'what', i, 4)], CASE WHEN pg_temp.draw(world, 'with', i, 3) > 0 THEN 'o' || pg_temp.draw(world, 'offer', i, 4) END,
		s.day, CASE WHEN pg_temp.draw(world, 'end', i, 3) = 0 THEN s.day + pg_temp.draw(world, 'for', i, 200) END, pg_temp.draw(world, 'fee', i, 9), (ARRAY['web', 'shop', 'call', NULL])[1 + pg_temp.draw(world, 'via', i, 4)]
	FROM generate_series(1, 200) i CROSS JOIN LATERAL (SELECT date '2023-11-01' + pg_temp.draw(world, 'on', i, 250) AS day) s;
	INSERT INTO deal SELECT 'o' || i % 4, (ARRAY['TV', 'NET', 'DUO'])[1 + pg_temp.draw(world, 'of', i, 3)], (ARRAY['web', 'shop', NULL, NULL])[1 + pg_temp.draw(world, 'in', i, 4)], CASE WHEN pg_temp.draw(world, 'priced', i, 5) > 0 THEN 4 + pg_temp.draw(world, 'at', i, 6) END,
		CASE WHEN pg_temp.draw(world, 'dated', i, 3) > 0 THEN date '2023-12-01' + pg_temp.draw(world, 'live', i, 120) END, CASE WHEN pg_temp.draw(world, 'over', i, 3) = 0 THEN date '2024-05-01' + pg_temp.draw(world, 'until', i, 90) END, (ARRAY[true, false, NULL])[1 + pg_temp.draw(world, 'new', i, 3)]
	FROM generate_series(0, 5) i;
	INSERT INTO cap SELECT 'o' || o, c, (ARRAY[true, true, false, NULL])[1 + pg_temp.draw(world, 'can' || c, o, 4)], CASE WHEN pg_temp.draw(world, 'brief' || c, o, 4) > 0 THEN date '2023-12-01' + pg_temp.draw(world, 'knows' || c, o, 150) END
	FROM generate_series(0, 4) o, unnest('{web,shop,call}'::text[]) c WHERE pg_temp.draw(world, 'listed' || c, o, 5) > 0;
	INSERT INTO note SELECT pg_temp.draw(world, 'to', i, CASE world % 2 WHEN 0 THEN 50 ELSE 55 END), timestamptz '2023-06-01 00:30+02' + pg_temp.draw(world, 'sent', i, 24 * 420) * interval '1 hour' + i * interval '1 second', (ARRAY['web', 'mail', 'call', NULL])[1 + pg_temp.draw(world, 'by', i, 4)],
		(ARRAY['c0', 'c1', 'c2', NULL])[1 + pg_temp.draw(world, 'camp', i, 4)], CASE WHEN pg_temp.draw(world, 'has', i, 3) > 0 THEN 'o' || pg_temp.draw(world, 'for', i, 4) END, (ARRAY['TV', 'NET', NULL])[1 + pg_temp.draw(world, 'about', i, 3)],
		CASE WHEN pg_temp.draw(world, 'why', i, 4) = 0 THEN 'Service' END, CASE WHEN pg_temp.draw(world, 'paid', i, 3) > 0 THEN pg_temp.draw(world, 'cost', i, 30) * 0.1 END
	FROM generate_series(1, 150) i;
	INSERT INTO ask SELECT pg_temp.draw(world, 'asks', i, 60), a.at, CASE WHEN pg_temp.draw(world, 'hears', i, 4) > 0 THEN a.at + pg_temp.draw(world, 'after', i, 48) * interval '1 hour' END, (ARRAY['web', 'shop', 'call', 'desk'])[1 + pg_temp.draw(world, 'at', i, 4)],
		(ARRAY['O0', 'o1', 'O2', 'Enquiry', 'visit', 'fault', NULL])[1 + pg_temp.draw(world, 'topic', i, 7)], (ARRAY['TV', 'NET', 'DUO', NULL])[1 + pg_temp.draw(world, 'named', i, 4)]
	FROM generate_series(1, 250) i CROSS JOIN LATERAL (SELECT timestamptz '2023-11-01 00:30+02' + pg_temp.draw(world, 'asked', i, 24 * 250) * interval '1 hour' AS at) a;
	-- a channel that sells to whoever asks there
	INSERT INTO spell SELECT k.customer_id, 'P' || k.customer_id % 7, NULL, pg_temp.local(k.opened_at) + 1, NULL, 5, 'shop' FROM ask k WHERE world % 4 = 0 AND k.channel = 'shop' AND lower(k.topic) IN ('enquiry', 'visit');
	INSERT INTO told SELECT pg_temp.draw(world, 'says', i, 60), timestamptz '2023-12-01 00:30+02' + pg_temp.draw(world, 'said', i, 24 * 220) * interval '1 hour' + i * interval '1 second', (ARRAY['CSAT', 'nps', 'nps'])[1 + i % 3], CASE WHEN i % 3 = 0 THEN 1 + pg_temp.draw(world, 'score', i, 5) ELSE pg_temp.draw(world, 'score', i, 11) END,
		(ARRAY['quality', 'price', NULL])[1 + pg_temp.draw(world, 'driver', i, 3)] FROM generate_series(1, 300) i;
	INSERT INTO tier SELECT i, (ARRAY['gold', 'tin', 'Web'])[1 + pg_temp.draw(world, 'tier', i, 3)], date '2023-01-01', CASE WHEN i % 5 = 0 THEN date '2024-03-15' END FROM generate_series(0, 50) i UNION ALL SELECT i, 'tin', '2024-03-15', NULL FROM generate_series(10, 50, 10) i;
	INSERT INTO spent SELECT date '2023-03-01' + 31 * i, (ARRAY['web', 'Shop', 'gold', 'tin', 'network'])[1 + pg_temp.draw(world, 'pool', i, 5)], 10 + pg_temp.draw(world, 'amount', i, 90) FROM generate_series(0, 14) i;
	INSERT INTO plan SELECT 'c' || i, date '2024-01-10' + 7 * i, (ARRAY[0.3, NULL, 0.8])[1 + i], (ARRAY['Ada', NULL, 'Bo'])[1 + i], (ARRAY[0.5, 1, NULL])[1 + i], (ARRAY[NULL, 2, 1])[1 + i] FROM generate_series(0, 2) i;
	INSERT INTO drawn SELECT 'c' || i % 4, m.who, CASE WHEN pg_temp.draw(world, 'arm', m.who + 100 * (i % 4), 3) = 0 OR i % 97 = 0 THEN 'Control' ELSE 'target' END, date '2024-01-15' + pg_temp.draw(world, 'given', i, 150)
	FROM generate_series(1, 180) i CROSS JOIN LATERAL (SELECT pg_temp.draw(world, 'member', i, CASE world % 2 WHEN 0 THEN 50 ELSE 60 END) AS who) m;
	INSERT INTO drawn SELECT 'UCG', 59 - i, CASE WHEN i < CASE world % 2 WHEN 0 THEN 10 ELSE 6 + world % 40 END THEN 'control' ELSE 'target' END, CASE WHEN i % 7 > 0 THEN date '2023-12-01' + pg_temp.draw(world, 'ucg', i, 55) END FROM generate_series(0, 59) i WHERE world % 3 > 0 OR i < 10;
	INSERT INTO person SELECT generate_series(0, 62);
	INSERT INTO care VALUES ('quality', 'csat', CASE WHEN world % 2 = 0 THEN 0.5 END), ('price', 'nps', 10), ('support', 'late_replies', 0.2), ('none', 'ces', 5), ('loyal', 'nps', 0);
	INSERT INTO answerer SELECT (ARRAY['Driver', 'product'])[1 + i % 2], CASE WHEN i % 2 = 0 THEN (ARRAY['quality', 'price', 'support', 'none', 'loyal'])[1 + pg_temp.draw(world, 'owned', i, 5)] ELSE (ARRAY['TV', 'NET', 'DUO'])[1 + pg_temp.draw(world, 'owned', i, 3)] END,
		(ARRAY['Ada', 'Bo', 'Cy'])[1 + pg_temp.draw(world, 'owner', i, 3)], (ARRAY[true, NULL, false])[1 + pg_temp.draw(world, 'answers', i, 3)],
		CASE WHEN pg_temp.draw(world, 'began', i, 2) = 0 THEN date '2024-01-01' + pg_temp.draw(world, 'since', i, 150) END, CASE WHEN pg_temp.draw(world, 'left', i, 3) = 0 THEN date '2024-04-01' + pg_temp.draw(world, 'gone', i, 120) END FROM generate_series(1, 14) i;
	INSERT INTO project SELECT 'p' || i, (ARRAY['quality', 'price', 'support', 'none', 'loyal'])[1 + pg_temp.draw(world, 'aims', i, 5)], CASE WHEN pg_temp.draw(world, 'by', i, 4) > 0 THEN 'm' END, CASE WHEN pg_temp.draw(world, 'base', i, 4) > 0 THEN d.day - pg_temp.draw(world, 'before', i, 20) END,
		CASE WHEN pg_temp.draw(world, 'dec', i, 4) > 0 THEN d.day - 10 END, CASE WHEN pg_temp.draw(world, 'ship', i, 4) > 0 THEN d.day END
	FROM generate_series(1, 9) i CROSS JOIN LATERAL (SELECT date '2024-01-20' + pg_temp.draw(world, 'shipped', i, 180) AS day) d;
$$;
SELECT pg_temp.world(1) \g /dev/null
SELECT cvm.create_model('ow', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-07-01') \g /dev/null
SELECT cvm._register('ow', 'insert', 'binding', jsonb_agg(jsonb_build_object('entity', e.entity, 'source_schema', 'public', 'source_name', e.source, 'columns', '{}'::jsonb)))
FROM (VALUES ('subscription', 'spell'), ('product', 'goods'), ('bundle_component', 'pack'), ('offer', 'deal'), ('channel_capability', 'cap'), ('contact', 'note'), ('ticket', 'ask'), ('survey', 'told'), ('segment_history', 'tier'), ('cost', 'spent'), ('campaign', 'plan'),
	('campaign_member', 'drawn'), ('customer', 'person'), ('driver', 'care'), ('owner', 'answerer'), ('initiative', 'project')) AS e (entity, source) \g /dev/null
SELECT cvm.configure('ow', 'universal_control', 'UCG') \g /dev/null

CREATE FUNCTION pg_temp.segment_at(who int, day date) RETURNS text LANGUAGE sql STABLE RETURN coalesce((SELECT t.segment FROM tier t WHERE t.customer_id = who AND t.valid_from <= day AND coalesce(t.valid_to > day, true)), '(none)');
-- lines that begin and do not go on with another one of their product
CREATE VIEW line AS SELECT s.*, row_number() OVER (PARTITION BY s.customer_id, s.product ORDER BY s.started_on, s.ended_on, s.mrr, s.channel, s.offer) AS n FROM spell s WHERE coalesce(s.ended_on > s.started_on, true) AND s.started_on < '2024-07-01';
CREATE VIEW sold AS SELECT l.* FROM line l WHERE l.mrr > 0 AND NOT EXISTS (SELECT FROM line o WHERE o.customer_id = l.customer_id AND o.product = l.product AND o.n < l.n AND coalesce(o.ended_on >= l.started_on, true));

-- offers where nobody was ready: what happened there, and what was lost beside a channel that was
CREATE FUNCTION pg_temp.gap_differs(world int) RETURNS TABLE (what text) LANGUAGE sql AS $$
	WITH asking AS (
		SELECT x.offer, k.channel, k.customer_id, pg_temp.local(k.opened_at) AS day, lower(k.topic) = lower(x.offer) AS is_named
		FROM ask k, (SELECT offer FROM cap UNION SELECT offer FROM deal) x
		WHERE pg_temp.local(k.opened_at) < '2024-07-01' AND (lower(k.topic) = lower(x.offer)
			OR lower(k.topic) IN ('enquiry', 'visit') AND EXISTS (SELECT FROM deal d WHERE d.offer = x.offer AND d.product = k.product))
	), heard AS (SELECT n.offer, coalesce(n.channel, '(unknown)') AS channel, n.customer_id, pg_temp.local(n.sent_at) AS day FROM note n WHERE n.offer IS NOT NULL AND n.purpose IS NULL AND pg_temp.local(n.sent_at) < '2024-07-01'),
	bought AS (SELECT s.offer, coalesce(s.channel, '(unknown)') AS channel, s.customer_id, s.started_on AS day FROM sold s WHERE s.offer IS NOT NULL),
	done AS (SELECT 's' AS kind, * FROM bought UNION ALL SELECT 'c', * FROM heard UNION ALL SELECT 'a', offer, channel, customer_id, day FROM asking),
	here AS (SELECT offer, channel FROM cap UNION SELECT offer, channel FROM bought UNION SELECT offer, channel FROM heard UNION SELECT offer, channel FROM asking WHERE is_named),
	pair AS (
		SELECT h.*, c.offer IS NOT NULL AS is_listed, c.sellable, c.briefed_on,
			coalesce((SELECT CASE WHEN count(*) = count(valid_from) THEN min(valid_from) END FROM deal d WHERE d.offer = h.offer), (SELECT min(day) FROM done d WHERE d.offer = h.offer AND d.kind <> 'a')) AS since,
			(SELECT CASE WHEN count(*) = count(valid_to) THEN max(valid_to) END FROM deal d WHERE d.offer = h.offer) AS until,
			NOT EXISTS (SELECT FROM deal d WHERE d.offer = h.offer) OR EXISTS (SELECT FROM deal d WHERE d.offer = h.offer AND coalesce(d.channel = h.channel, true)) AS is_meant
		FROM here h LEFT JOIN cap c USING (offer, channel)
		WHERE h.channel <> '(unknown)' AND (c.offer IS NOT NULL OR h.channel IN (SELECT channel FROM cap UNION SELECT channel FROM done WHERE kind <> 'c'))
	), gap AS (
		SELECT p.*, g.gap, since AS a, CASE WHEN g.gap = 'briefed_late' THEN least(briefed_on, until) ELSE until END AS b
		FROM pair p CROSS JOIN LATERAL (SELECT CASE WHEN NOT is_listed THEN 'not_listed' WHEN NOT sellable THEN 'not_sellable' WHEN briefed_on IS NULL OR briefed_on >= '2024-07-01' THEN 'not_briefed' WHEN briefed_on > since THEN 'briefed_late' END AS gap) g
		WHERE since < '2024-07-01' AND g.gap IS NOT NULL AND coalesce(until > since, true)
	), first AS (SELECT offer, channel, customer_id, min(day) AS day FROM asking GROUP BY 1, 2, 3),
	became AS (
		SELECT f.*, pg_temp.segment_at(f.customer_id, f.day) AS segment, EXISTS (SELECT FROM gap g WHERE g.offer = f.offer AND g.channel = f.channel AND f.day >= g.a AND coalesce(f.day < g.b, true)) AS is_gap,
			EXISTS (SELECT FROM sold s WHERE s.customer_id = f.customer_id AND s.started_on BETWEEN f.day AND f.day + 29 AND (s.offer = f.offer OR EXISTS (SELECT FROM deal d WHERE d.offer = f.offer AND d.product = s.product))) AS is_sold
		FROM first f WHERE f.day + 30 <= '2024-07-01'
	), brute AS (
		SELECT g.offer, g.channel, g.gap, g.a, g.b, w.*, r.channel AS reference, r.n AS reference_n, l.n, l.hits, l.expected, coalesce(
			(SELECT avg(s.mrr) FROM sold s WHERE s.offer = g.offer AND s.channel = r.channel), (SELECT avg(s.mrr) FROM sold s WHERE s.offer = g.offer), (SELECT min(d.price) FROM deal d WHERE d.offer = g.offer)) AS price
		FROM gap g
		CROSS JOIN LATERAL (
			SELECT count(DISTINCT d.customer_id) FILTER (WHERE d.channel = g.channel) AS customers, count(*) FILTER (WHERE d.channel = g.channel AND kind = 's') AS sales, count(*) FILTER (WHERE d.channel = g.channel AND kind = 'c') AS contacts,
				count(*) FILTER (WHERE d.channel = g.channel AND kind = 'a') AS enquiries, count(*) FILTER (WHERE d.channel <> g.channel AND kind = 's') AS other_sales, count(*) FILTER (WHERE d.channel <> g.channel AND kind = 'c') AS other_contacts
			FROM done d WHERE d.offer = g.offer AND d.day >= g.a AND coalesce(d.day < g.b, true)) w
		LEFT JOIN LATERAL (SELECT channel, count(*) AS n, count(*) FILTER (WHERE is_sold) AS hits FROM became x WHERE x.offer = g.offer AND NOT x.is_gap GROUP BY channel ORDER BY count(*) DESC, channel LIMIT 1) r ON true
		LEFT JOIN LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE x.is_sold) AS hits,
				sum(coalesce((SELECT avg(y.is_sold::int) FROM became y WHERE y.offer = x.offer AND y.channel = r.channel AND NOT y.is_gap AND y.segment = x.segment), r.hits / r.n::numeric)) AS expected
			FROM became x WHERE x.offer = g.offer AND x.channel = g.channel AND x.is_gap HAVING count(*) > 0) l ON true
		WHERE w.customers > 0 OR g.is_listed AND g.is_meant AND w.other_sales + w.other_contacts > 0
	)
	SELECT format('world %s: offer_gap %s %s', world, coalesce(v.offer, b.offer), coalesce(v.channel, b.channel)) FROM ow.offer_gap v FULL JOIN brute b ON b.offer = v.offer AND b.channel = v.channel
	WHERE (v.gap, v.gap_from, v.gap_to, v.customers, v.sales, v.contacts, v.enquiries, v.elsewhere_sales, v.elsewhere_contacts, v.asked_customers, v.unsold_customers, v.reference_channel, v.reference_customers)
			IS DISTINCT FROM (b.gap, b.a, b.b, b.customers, b.sales, b.contacts, b.enquiries, b.other_sales, b.other_contacts, coalesce(b.n, 0), coalesce(b.n - b.hits, 0), CASE WHEN b.n > 0 THEN b.reference END, CASE WHEN b.n > 0 THEN b.reference_n END)
		OR (v.lost_sales IS NULL) <> (b.expected IS NULL) OR abs(v.lost_sales - (b.expected - b.hits)) > 1e-9 OR abs(v.lost_mrr - (b.expected - b.hits) * b.price) > 0.005 + 1e-6;
$$;

-- which channel suits a segment
CREATE FUNCTION pg_temp.channel_differs(world int) RETURNS TABLE (what text) LANGUAGE sql AS $$
	WITH near AS (
		SELECT customer_id, channel, min(day) AS day, sum(cost) AS cost FROM (
			SELECT customer_id, channel, pg_temp.local(sent_at) AS day, cost FROM note WHERE channel IS NOT NULL AND purpose IS NULL
			UNION ALL SELECT customer_id, channel, pg_temp.local(opened_at), NULL FROM ask WHERE lower(topic) IN ('enquiry', 'visit')) x
		WHERE day >= '2023-07-01' AND day < '2024-07-01' GROUP BY 1, 2
	), late AS (SELECT * FROM sold WHERE started_on >= '2023-07-01'),
	one AS (
		SELECT k.customer_id, k.channel, n.day AS near_on, n.cost, (SELECT count(*) FROM late s WHERE s.customer_id = k.customer_id AND s.channel = k.channel) AS sales,
			(SELECT sum(mrr) FROM late s WHERE s.customer_id = k.customer_id AND s.channel = k.channel) AS mrr, (SELECT min(started_on) FROM late s WHERE s.customer_id = k.customer_id AND s.channel = k.channel) AS sold_on
		FROM (SELECT customer_id, channel FROM near UNION SELECT customer_id, channel FROM late WHERE channel IS NOT NULL) k LEFT JOIN near n USING (customer_id, channel)
	), fate AS (
		SELECT o.*, coalesce(near_on + 30 <= '2024-07-01', false) AS is_asked, coalesce(sold_on + 90 < '2024-07-01', false) AS is_mature,
			EXISTS (SELECT FROM late s WHERE s.customer_id = o.customer_id AND s.started_on BETWEEN o.near_on AND o.near_on + 29
				AND (s.channel = o.channel OR NOT EXISTS (SELECT FROM near n WHERE n.customer_id = s.customer_id AND n.channel = s.channel))) AS buys,
			EXISTS (SELECT FROM spell s WHERE s.customer_id = o.customer_id AND s.mrr > 0 AND s.started_on <= o.sold_on + 90 AND coalesce(s.ended_on > o.sold_on + 90, true)) AS stays,
			(SELECT t.score >= 4 FROM told t WHERE t.customer_id = o.customer_id AND t.instrument = 'CSAT' AND pg_temp.local(t.answered_at) >= o.sold_on AND pg_temp.local(t.answered_at) < '2024-07-01' ORDER BY t.answered_at DESC LIMIT 1) AS is_glad,
			pg_temp.segment_at(o.customer_id, least(near_on, sold_on)) AS segment
		FROM one o
	), row AS (
		SELECT f.channel, x.segment, count(*) AS customers, count(*) FILTER (WHERE is_asked) AS asked, count(*) FILTER (WHERE is_asked AND buys) AS converted, sum(sales) AS sales, count(sold_on) AS buyers, coalesce(sum(mrr), 0) AS mrr,
			count(*) FILTER (WHERE is_mature) AS mature, count(*) FILTER (WHERE is_mature AND stays) AS kept, count(is_glad) AS answers, avg(is_glad::int) AS glad, sum(cost) AS contact_cost,
			(SELECT sum(amount) FROM spent s WHERE lower(s.pool) = lower(f.channel) AND s.month >= '2023-07-01' AND s.month < '2024-07-01') * count(*) / (SELECT count(*) FROM fate g WHERE g.channel = f.channel) AS pool_cost
		FROM fate f CROSS JOIN LATERAL (VALUES ('(all)'), (f.segment)) x (segment) GROUP BY 1, 2
	), best AS (
		SELECT r.*, b.channel AS best, b.converted / b.asked::float8 AS best_rate, s.channel AS stayer, s.kept / s.mature::float8 AS stay_rate,
			(SELECT count(*) FROM row o WHERE o.segment = r.segment AND o.asked > 0) AS channels
		FROM row r
		LEFT JOIN LATERAL (SELECT o.* FROM row o, cvm.proportion_interval(o.converted, o.asked) i WHERE o.segment = r.segment AND o.asked > 0 ORDER BY i.conf_low DESC, o.asked DESC, o.channel LIMIT 1) b ON true
		LEFT JOIN LATERAL (SELECT o.* FROM row o, cvm.proportion_interval(o.kept, o.mature) i WHERE o.segment = r.segment AND o.mature > 0 ORDER BY i.conf_low DESC, o.mature DESC, o.channel LIMIT 1) s ON true
	)
	SELECT format('world %s: channel_segment %s %s', world, coalesce(v.channel, b.channel), coalesce(v.segment, b.segment)) FROM ow.channel_segment v FULL JOIN best b ON b.channel = v.channel AND b.segment = v.segment
	WHERE (v.customers, v.approached_customers, v.converted_customers, v.sales, v.sold_customers, v.sold_mrr, v.matured_customers, v.retained_customers, v.answers, v.best_channel, v.compared_channels, v.best_retention_channel)
			IS DISTINCT FROM (b.customers, b.asked, b.converted, b.sales::bigint, b.buyers, b.mrr, b.mature, b.kept, b.answers, b.best, nullif(b.channels, 0), b.stayer)
		OR (v.cost IS NULL) <> (coalesce(b.contact_cost, b.pool_cost) IS NULL) OR abs(v.cost - (coalesce(b.contact_cost, 0) + coalesce(b.pool_cost, 0))) > 0.010001 OR abs(v.satisfaction - b.glad) > 1e-12
		OR (v.regret IS NULL) <> (b.asked = 0) OR abs(v.regret - greatest(b.best_rate - b.converted / nullif(b.asked, 0)::float8, 0)) > 1e-12
		OR abs(v.retention_regret - greatest(b.stay_rate - b.kept / nullif(b.mature, 0)::float8, 0)) > 1e-12
		OR (v.verdict = 'behind') <> (b.asked > 0 AND b.channels > 1 AND b.channel <> b.best AND coalesce((SELECT d.conf_low > 0 FROM row o, cvm.proportion_difference(b.converted, b.asked, o.converted, o.asked, 1 - 0.05 / (b.channels * (b.channels - 1) / 2)) d WHERE o.channel = b.best AND o.segment = b.segment), false));
$$;

-- campaigns: who was in which arm, and what each paid day by day; and beside the universal control
CREATE TABLE outcome (campaign text, customer_id int, day date, is_control boolean, is_mature boolean, is_dirty boolean, buys boolean, y numeric, x numeric, g numeric, cost numeric);
CREATE FUNCTION pg_temp.campaign_differs(world int) RETURNS TABLE (what text) LANGUAGE sql AS $$
	TRUNCATE outcome;
	INSERT INTO outcome
	SELECT m.campaign, m.customer_id, m.day, m.is_control, m.day + 30 <= '2024-07-01', m.is_both OR m.is_control AND t.n > 0,
		EXISTS (SELECT FROM spell s WHERE s.customer_id = m.customer_id AND s.started_on >= m.day AND s.started_on < m.day + 30 AND s.started_on < '2024-07-01' AND coalesce(s.ended_on > m.day - 30, true)), d.y, d.x, d.g,
		CASE WHEN t.cost IS NOT NULL THEN t.cost ELSE (SELECT contact_cost FROM plan p WHERE p.campaign = m.campaign) * CASE WHEN t.n > 0 THEN t.n ELSE 1 END END
	FROM (
		SELECT f.campaign, f.customer_id, min(f.day) AS day, (array_agg(f.is_control ORDER BY f.day, f.is_control DESC))[1] AS is_control, bool_or(f.is_control) AND NOT bool_and(f.is_control) AS is_both
		FROM (SELECT d.campaign, d.customer_id, greatest(d.assigned_at, (SELECT starts_on FROM plan p WHERE p.campaign = d.campaign)) AS day, d.arm = 'Control' AS is_control FROM drawn d WHERE d.campaign <> 'UCG') f
		GROUP BY 1, 2) m
	CROSS JOIN LATERAL (SELECT count(*) AS n, sum(n.cost) AS cost FROM note n WHERE n.campaign = m.campaign AND n.customer_id = m.customer_id AND n.purpose IS NULL AND pg_temp.local(n.sent_at) BETWEEN m.day AND m.day + 29) t
	CROSS JOIN LATERAL (
		SELECT coalesce(sum(s.mrr) FILTER (WHERE e >= m.day), 0) AS y, coalesce(sum(s.mrr) FILTER (WHERE e < m.day), 0) AS x, coalesce(sum(g.unit_margin + coalesce(s.mrr - g.list_price, 0)) FILTER (WHERE e >= m.day), 0) AS g
		FROM (SELECT m.day + i AS e FROM generate_series(-30, 29) i) e JOIN spell s ON s.customer_id = m.customer_id AND s.started_on <= e AND coalesce(s.ended_on > e, true) JOIN goods g USING (product)) d;
	WITH arm AS (
		SELECT campaign, count(*) FILTER (WHERE is_mature AND NOT is_control) AS n1, count(*) FILTER (WHERE is_mature AND is_control) AS n0, count(*) FILTER (WHERE NOT is_mature) AS pending, count(*) FILTER (WHERE is_dirty) AS dirty,
			count(*) FILTER (WHERE is_dirty AND is_control) AS dirty0, count(*) AS n, count(*) FILTER (WHERE is_control) AS controls, count(*) FILTER (WHERE is_mature AND buys AND NOT is_control) AS h1, count(*) FILTER (WHERE is_mature AND buys AND is_control) AS h0,
			sum(cost) FILTER (WHERE is_mature AND NOT is_control) AS cost, regr_slope(y, x) FILTER (WHERE is_mature) AS theta, min(day) AS first_day, max(day + 30) FILTER (WHERE is_mature) AS last_day
		FROM outcome GROUP BY 1
	), both_arms AS (
		SELECT a.*, p.planned_control_share AS share, p.reward_cost,
			CASE WHEN a.n1 = 0 AND a.n0 = 0 THEN 'immature' WHEN a.n1 = 0 OR a.n0 = 0 THEN 'no_control' WHEN abs(a.controls - a.n * p.planned_control_share) / sqrt(a.n * p.planned_control_share * (1 - p.planned_control_share)) > 3.290526731491926 THEN 'sample_ratio'
				WHEN a.dirty > 0.05 * a.n OR a.dirty0 > 0.05 * a.controls THEN 'contaminated' END AS refusal, d.*
		FROM arm a LEFT JOIN plan p USING (campaign) CROSS JOIN LATERAL (
			SELECT avg(y) FILTER (WHERE NOT is_control) - avg(y) FILTER (WHERE is_control) AS dy, sqrt(var_samp(y) FILTER (WHERE NOT is_control) / a.n1 + var_samp(y) FILTER (WHERE is_control) / a.n0) AS ey,
				avg(x) FILTER (WHERE NOT is_control) - avg(x) FILTER (WHERE is_control) AS dx, avg(y - a.theta * x) FILTER (WHERE NOT is_control) - avg(y - a.theta * x) FILTER (WHERE is_control) AS dc,
				sqrt(var_samp(y - a.theta * x) FILTER (WHERE NOT is_control) / a.n1 + var_samp(y - a.theta * x) FILTER (WHERE is_control) / a.n0) AS ec, avg(g) FILTER (WHERE NOT is_control) - avg(g) FILTER (WHERE is_control) AS dg
			FROM (SELECT is_control, y / 30.4375 AS y, x / 30.4375 AS x, g / 30.4375 AS g FROM outcome o WHERE o.campaign = a.campaign AND is_mature AND a.n1 > 0 AND a.n0 > 0) o) d
	), uplift AS (
		SELECT format('world %s: campaign_uplift %s', world, coalesce(v.campaign, b.campaign)) AS what FROM ow.campaign_uplift v FULL JOIN both_arms b USING (campaign)
		WHERE (v.target_customers, v.control_customers, v.pending_customers, v.contaminated_customers, v.target_converted, v.control_converted, v.planned_control_share) IS DISTINCT FROM (b.n1, b.n0, b.pending, b.dirty, b.h1, b.h0, b.share)
			OR coalesce(b.refusal, 'told') <> CASE WHEN v.verdict IN ('uplift', 'harm', 'inconclusive') THEN 'told' ELSE v.verdict END OR (v.uplift IS NULL) <> (b.refusal IS NOT NULL)
			OR abs(v.uplift - (b.h1 / nullif(b.n1, 0)::float8 - b.h0 / nullif(b.n0, 0)::float8)) > 1e-12 OR (b.refusal IS NULL AND greatest(abs(v.revenue_uplift - b.dy), abs(v.revenue_std_error - b.ey), abs(v.target_revenue_before - v.control_revenue_before - b.dx), abs(v.cuped_theta - b.theta),
				abs(v.cuped_revenue_uplift - b.dc), abs(v.cuped_std_error - b.ec), abs(v.margin_uplift - b.dg)) < 1e-8 IS NOT TRUE AND b.theta IS NOT NULL)
			OR abs(v.campaign_cost - (coalesce(b.cost, 0) + coalesce(b.reward_cost * b.h1, 0))) > 0.0051
	), claim AS (SELECT b.*, (h1 / n1::float8 - h0 / n0::float8) * n1 AS claimed, sqrt(h1 * (n1 - h1) / n1::float8 ^ 3 + h0 * (n0 - h0) / n0::float8 ^ 3) * n1 AS error FROM both_arms b WHERE refusal IS NULL),
	term AS (SELECT min(first_day) AS a, max(last_day) AS b, sum(claimed) AS claimed, sqrt(sum(error ^ 2)) AS error FROM claim),
	kept_out AS (SELECT d.customer_id, bool_or(d.arm = 'control') AS is_control FROM drawn d, term t WHERE d.campaign = 'UCG' AND coalesce(d.assigned_at <= t.a, true) GROUP BY 1),
	everybody AS (SELECT * FROM kept_out UNION ALL SELECT p.customer_id, false FROM person p WHERE NOT EXISTS (SELECT FROM kept_out WHERE NOT is_control) AND EXISTS (SELECT FROM kept_out) AND p.customer_id NOT IN (SELECT customer_id FROM kept_out)),
	each AS (
		SELECT e.*, (SELECT count(DISTINCT s.started_on) FROM spell s WHERE s.customer_id = e.customer_id AND s.started_on >= t.a AND s.started_on < t.b) AS n,
			EXISTS (SELECT FROM note n WHERE n.customer_id = e.customer_id AND n.purpose IS NULL AND pg_temp.local(n.sent_at) >= t.a AND pg_temp.local(n.sent_at) < t.b)
				OR EXISTS (SELECT FROM outcome o JOIN claim c USING (campaign) WHERE o.customer_id = e.customer_id AND NOT o.is_control) AS is_told
		FROM everybody e, term t
	), whole AS (
		SELECT count(*) FILTER (WHERE NOT is_control) AS n1, count(*) FILTER (WHERE is_control) AS n0, count(*) FILTER (WHERE is_control AND is_told) AS dirty, avg(n) FILTER (WHERE NOT is_control) AS m1, avg(n) FILTER (WHERE is_control) AS m0,
			sqrt(var_samp(n) FILTER (WHERE NOT is_control) / nullif(count(*) FILTER (WHERE NOT is_control), 0) + var_samp(n) FILTER (WHERE is_control) / nullif(count(*) FILTER (WHERE is_control), 0)) AS error FROM each
	), over AS (
		SELECT x.campaign, x.n, x.claimed, t.a, t.b, t.claimed AS sum, w.*, t.error AS claim_error, w.n0 = 0 OR w.n1 = 0 OR w.dirty > 0.05 * w.n0 AS is_refused, (w.m1 - w.m0) * w.n1 AS brought FROM (
			SELECT campaign, n1 AS n, claimed FROM claim UNION ALL SELECT '(all)', (SELECT count(DISTINCT o.customer_id) FROM outcome o JOIN claim c USING (campaign) WHERE NOT o.is_control AND o.is_mature), t.claimed FROM term t WHERE t.claimed IS NOT NULL) x, term t, whole w
	)
	SELECT u.what FROM uplift u
	UNION ALL
	SELECT format('world %s: campaign_overclaim %s', world, coalesce(v.campaign, o.campaign)) FROM ow.campaign_overclaim v FULL JOIN over o USING (campaign)
	WHERE (v.period_from, v.period_to, v.target_customers, v.base_customers, v.universal_customers, v.contaminated_customers) IS DISTINCT FROM (o.a, o.b, o.n, o.n1, o.n0, o.dirty)
		OR abs(v.claimed_customers - o.claimed) > 1e-9 OR abs(v.base_purchase_rate - o.m1) > 1e-12 OR abs(v.universal_purchase_rate - o.m0) > 1e-12 OR (v.excess_customers IS NULL) <> o.is_refused OR abs(v.excess_customers - (o.sum - o.brought)) > 1e-8
		OR abs((v.universal_high - v.universal_low) / 2 - 1.959963984540054 * o.error) > 1e-9 OR abs((v.excess_high - v.excess_low) / 2 - 1.959963984540054 * sqrt((o.error * o.n1) ^ 2 + o.claim_error ^ 2)) > 1e-6
		OR (v.overclaim_ratio IS NULL) <> (o.is_refused OR o.brought <= 0 OR o.sum <= 0) OR abs(v.overclaim_ratio - o.sum / nullif(o.brought, 0)) > 1e-9 * v.overclaim_ratio
		OR v.verdict <> CASE WHEN o.n0 = 0 OR o.n1 = 0 THEN 'no_universal_control' WHEN o.is_refused THEN 'contaminated' WHEN v.excess_low > 0 THEN 'overclaim' WHEN v.excess_high < 0 THEN 'underclaim' ELSE 'consistent' END;
$$;

-- drivers: measured, owned, decided on, and what an initiative did
CREATE FUNCTION pg_temp.driver_differs(world int) RETURNS TABLE (what text) LANGUAGE sql AS $$
	WITH answer AS (
		SELECT DISTINCT ON (customer_id, driver, date_trunc('month', pg_temp.local(answered_at)), lower(instrument)) customer_id, driver, lower(instrument) AS instrument, date_trunc('month', pg_temp.local(answered_at))::date AS month, score
		FROM told ORDER BY customer_id, driver, date_trunc('month', pg_temp.local(answered_at)), lower(instrument), answered_at DESC
	), seen AS (
		SELECT c.driver, a.customer_id, a.month, 1 AS n, CASE c.metric WHEN 'csat' THEN CASE WHEN score >= 4 THEN 1 ELSE 0 END WHEN 'nps' THEN CASE WHEN score >= 9 THEN 100 WHEN score <= 6 THEN -100 ELSE 0 END END::numeric AS y
		FROM care c JOIN answer a ON a.instrument = c.metric AND (a.driver = c.driver OR c.driver = 'loyal' AND a.driver IS NULL)
		UNION ALL
		SELECT 'support', customer_id, date_trunc('month', pg_temp.local(opened_at))::date, count(*)::int, sum(CASE WHEN first_reply_at < until AND first_reply_at - opened_at <= interval '24 hours' THEN 0 ELSE 1 END)
		FROM ask, (SELECT timestamp '2024-07-01' AT TIME ZONE 'Europe/Vilnius' AS until) u WHERE first_reply_at < until OR until - opened_at > interval '24 hours' GROUP BY 2, 3
	), over AS (SELECT * FROM seen WHERE month < '2024-07-01'),
	level AS (SELECT driver, month, sum(y) / sum(n) AS value FROM over GROUP BY 1, 2),
	side AS (
		SELECT p.driver, p.initiative, p.shipped_on, o.month > p.shipped_on AS is_after, o.customer_id, sum(o.n) AS n, sum(o.y) AS y
		FROM project p JOIN over o ON o.driver = p.driver AND o.month <> date_trunc('month', p.shipped_on) AND o.month BETWEEN date_trunc('month', p.shipped_on) - interval '3 months' AND date_trunc('month', p.shipped_on) + interval '3 months'
		WHERE p.metric IS NOT NULL AND p.baseline_on < p.shipped_on AND p.shipped_on < '2024-07-01' AND coalesce(p.decided_on, p.shipped_on) < '2024-07-01' GROUP BY 1, 2, 3, 4, 5
	), mean AS (SELECT *, sum(y) OVER w / sum(n) OVER w AS m, sum(n) OVER w AS whole, count(*) OVER w AS c FROM side WINDOW w AS (PARTITION BY driver, initiative, is_after)),
	judged AS (SELECT driver, initiative, shipped_on, is_after, m, sum((y - m * n) ^ 2) / whole ^ 2 * c / nullif(c - 1, 0) AS v FROM mean GROUP BY driver, initiative, shipped_on, is_after, m, whole, c),
	effect AS (
		SELECT DISTINCT ON (a.driver) a.driver, a.initiative, CASE a.driver WHEN 'support' THEN -1 ELSE 1 END * (a.m - b.m) AS effect, sqrt(a.v + b.v) AS error
		FROM judged a JOIN judged b USING (driver, initiative) WHERE a.is_after AND NOT b.is_after AND a.v + b.v > 0 ORDER BY a.driver, a.shipped_on DESC, a.initiative
	), brute AS (
		SELECT c.driver, c.metric, c.target, (SELECT count(*) FROM level l WHERE l.driver = c.driver) AS months, (SELECT max(month) FROM level l WHERE l.driver = c.driver) AS last, (SELECT value FROM level l WHERE l.driver = c.driver ORDER BY month DESC LIMIT 1) AS value,
			(SELECT string_agg(DISTINCT owner, ', ' ORDER BY owner) FROM answerer w WHERE w.subject_kind = 'Driver' AND w.subject = c.driver AND w.accountable IS NOT FALSE AND coalesce(w.valid_from < '2024-07-01', true) AND coalesce(w.valid_to >= '2024-07-01', true) AND coalesce(w.valid_from < w.valid_to, true)) AS owner,
			(SELECT count(*) FROM project p WHERE p.driver = c.driver AND coalesce(p.decided_on, p.shipped_on) < '2024-07-01') AS projects, (SELECT max(p.decided_on) FROM project p WHERE p.driver = c.driver AND p.decided_on < '2024-07-01') AS decided_on, e.initiative, e.effect, e.error
		FROM care c LEFT JOIN effect e USING (driver)
	)
	SELECT format('world %s: managed_driver %s', world, coalesce(v.driver, b.driver)) FROM ow.managed_driver v FULL JOIN brute b USING (driver)
	WHERE (v.metric, v.target, v.months_measured, v.last_month, v.owner, v.owners, v.initiatives, v.last_decision_on, v.measured_initiative, v.is_measurable, v.is_owned, v.is_improvable, v.is_managed)
			IS DISTINCT FROM (b.metric, b.target, b.months, b.last, coalesce(b.owner, '(none)'), coalesce(array_length(string_to_array(b.owner, ', '), 1), 0), b.projects, b.decided_on, b.initiative, coalesce(b.last = '2024-06-01', false), coalesce(b.owner !~ ',', false), b.effect IS NOT NULL,
				coalesce(b.owner !~ ',' AND b.months >= 3 AND b.target IS NOT NULL AND b.decided_on >= '2024-04-30', false))
		OR (v.value IS NULL) <> (b.value IS NULL) OR abs(v.value - b.value) > 1e-9 OR abs(v.effect - b.effect) > 1e-9 OR abs((v.effect_high - v.effect_low) / 2 - 1.959963984540054 * b.error) > 1e-9
		OR (v.missing IS NULL) <> (v.is_managed AND v.is_measurable AND v.is_improvable) OR v.managed_drivers <> (SELECT count(*) FROM ow.managed_driver m WHERE m.is_managed);
$$;

-- what segments hold, offers that are beaten, and two who contact one customer
CREATE FUNCTION pg_temp.portfolio_differs(world int) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY WITH now AS (SELECT s.*, pg_temp.segment_at(s.customer_id, '2024-06-30') AS segment FROM spell s WHERE s.started_on < '2024-07-01' AND coalesce(s.ended_on >= '2024-07-01' AND s.ended_on > s.started_on, true) AND s.mrr > 0),
	pair AS (
		SELECT a.segment AS a, b.segment AS b, (SELECT count(DISTINCT customer_id) FROM now WHERE segment = a.segment) AS customers, (SELECT count(DISTINCT customer_id) FROM now WHERE segment = b.segment) AS others,
			(SELECT count(*) FROM (SELECT product FROM now WHERE segment = a.segment INTERSECT SELECT product FROM now WHERE segment = b.segment) x) / (SELECT count(DISTINCT product) FROM now WHERE segment IN (a.segment, b.segment))::float8 AS products,
			(SELECT count(*) FROM (SELECT offer FROM now WHERE segment = a.segment AND offer IS NOT NULL INTERSECT SELECT offer FROM now WHERE segment = b.segment) x) / nullif((SELECT count(DISTINCT offer) FROM now WHERE segment IN (a.segment, b.segment)), 0)::float8 AS offers,
			(SELECT sum(abs(coalesce((SELECT sum(mrr) FROM now WHERE segment = a.segment AND product = p.product) / (SELECT sum(mrr) FROM now WHERE segment = a.segment), 0)
				- coalesce((SELECT sum(mrr) FROM now WHERE segment = b.segment AND product = p.product) / (SELECT sum(mrr) FROM now WHERE segment = b.segment), 0))) / 2 FROM goods p) AS apart
		FROM (SELECT DISTINCT segment COLLATE "C" AS segment FROM now) a JOIN (SELECT DISTINCT segment COLLATE "C" AS segment FROM now) b ON b.segment > a.segment
	)
	SELECT format('world %s: portfolio_overlap %s %s', world, coalesce(v.segment, p.a), coalesce(v.other_segment, p.b)) FROM ow.portfolio_overlap v FULL JOIN pair p ON p.a = v.segment AND p.b = v.other_segment
	WHERE (v.customers, v.other_customers) IS DISTINCT FROM (p.customers, p.others) OR greatest(abs(v.product_jaccard - p.products), abs(v.offer_jaccard - p.offers), abs(v.mix_distance - p.apart)) > 1e-9 OR (v.offer_jaccard IS NULL) <> (p.offers IS NULL);
	RETURN QUERY WITH now AS (SELECT s.*, x.segment FROM spell s CROSS JOIN LATERAL (VALUES ('(all)'), (pg_temp.segment_at(s.customer_id, '2024-06-30'))) x (segment) WHERE s.started_on < '2024-07-01' AND coalesce(s.ended_on >= '2024-07-01' AND s.ended_on > s.started_on, true) AND s.mrr > 0),
	variant AS (SELECT segment, product, coalesce(offer, '(none)') AS offer, mrr AS price, count(*) AS lines, sum(mrr) AS mrr FROM now GROUP BY 1, 2, 3, 4),
	tail AS (SELECT v.*, (SELECT sum(o.mrr) FROM variant o WHERE o.segment = v.segment AND (o.mrr, o.product, o.offer, o.price) <= (v.mrr, v.product, v.offer, v.price)) <= 0.05 * (SELECT sum(o.mrr) FROM variant o WHERE o.segment = v.segment) AS is_tail FROM variant v),
	whole AS (
		SELECT t.segment, (SELECT count(DISTINCT customer_id) FROM now n WHERE n.segment = t.segment) AS customers, sum(lines)::bigint AS lines, count(DISTINCT product) AS products, count(*) AS variants, count(*) FILTER (WHERE is_tail) AS tails, coalesce(sum(mrr) FILTER (WHERE is_tail), 0) AS tail_mrr, sum(mrr) AS mrr,
			(SELECT sum(g.unit_margin + coalesce(n.mrr - g.list_price, 0)) FROM now n JOIN goods g USING (product) WHERE n.segment = t.segment) AS margin,
			(SELECT avg(m.amount) FROM (SELECT sum(amount) AS amount FROM spent WHERE lower(pool) = lower(t.segment) AND month >= '2023-07-01' AND month < '2024-07-01' GROUP BY date_trunc('month', month)) m) AS cost,
			(SELECT ARRAY[sum(amount), count(DISTINCT date_trunc('month', month))] FROM spent WHERE lower(pool) = lower(t.segment) AND month >= '2023-07-01' AND month < '2024-07-01') AS paid
		FROM tail t GROUP BY t.segment
	)
	SELECT format('world %s: segment_complexity %s', world, coalesce(v.segment, w.segment)) FROM ow.segment_complexity v FULL JOIN whole w USING (segment)
	WHERE (v.customers, v.lines, v.products, v.variants, v.tail_variants, v.tail_mrr, v.mrr, v.margin, v.own_cost) IS DISTINCT FROM (w.customers, w.lines, w.products, w.variants, w.tails, w.tail_mrr, w.mrr, w.margin, round(w.cost, 2))
		OR v.break_even_size IS DISTINCT FROM CASE WHEN w.margin > 0 THEN (SELECT min(n) FROM generate_series(0, 5000) n WHERE n * w.margin * w.paid[2] >= w.paid[1] * w.customers) END;
	-- each customer's offers, one by one
	RETURN QUERY WITH now AS (SELECT DISTINCT s.customer_id, s.product FROM spell s WHERE s.customer_id IS NOT NULL AND s.mrr > 0 AND s.started_on < '2024-07-01' AND coalesce(s.ended_on >= '2024-07-01' AND s.ended_on > s.started_on, true)),
	sale AS (SELECT offer, product, channel, min(price) AS price, bool_and(coalesce(new_customers_only, false)) AS is_new FROM deal WHERE offer IS NOT NULL AND product IS NOT NULL AND price IS NOT NULL AND coalesce(valid_from < '2024-07-01', true) AND coalesce(valid_to >= '2024-07-01', true) GROUP BY 1, 2, 3),
	open AS (SELECT a.offer, a.product, bool_and(EXISTS (SELECT FROM sale b WHERE coalesce(b.channel = a.channel, b.channel IS NULL) AND NOT b.is_new AND (b.product = a.product AND b.price < a.price
		OR b.price <= a.price AND EXISTS (SELECT FROM pack p WHERE p.bundle = b.product AND p.product = a.product)))) AS is_beaten FROM sale a WHERE NOT a.is_new GROUP BY 1, 2),
	each AS (SELECT c.customer_id, x.segment, (SELECT count(*) FROM open o WHERE o.product NOT IN (SELECT n.product FROM now n WHERE n.customer_id = c.customer_id UNION SELECT p.product FROM now n JOIN pack p ON p.bundle = n.product WHERE n.customer_id = c.customer_id)) AS offers,
			(SELECT count(*) FROM open o WHERE o.is_beaten AND o.product NOT IN (SELECT n.product FROM now n WHERE n.customer_id = c.customer_id UNION SELECT p.product FROM now n JOIN pack p ON p.bundle = n.product WHERE n.customer_id = c.customer_id)) AS beaten
		FROM (SELECT DISTINCT customer_id FROM now) c CROSS JOIN LATERAL (VALUES ('(all)'), (pg_temp.segment_at(c.customer_id, '2024-06-30'))) x (segment)),
	load AS (SELECT e.segment, count(*) AS customers, count(*) FILTER (WHERE offers > 0) AS eligible, sum(offers)::bigint AS offers, percentile_disc(0.5) WITHIN GROUP (ORDER BY offers) AS median, percentile_disc(0.9) WITHIN GROUP (ORDER BY offers) AS p90, max(offers) AS most, sum(beaten)::bigint AS beaten
		FROM each e GROUP BY 1)
	SELECT format('world %s: choice_load %s', world, coalesce(v.segment, l.segment)) FROM ow.choice_load v FULL JOIN load l USING (segment)
	WHERE (v.customers, v.offers_on_sale, v.eligible_customers, v.open_offers, v.median_offers, v.p90_offers, v.most_offers, v.dominated_offers) IS DISTINCT FROM (l.customers, (SELECT count(*) FROM open), l.eligible, l.offers, l.median, l.p90, l.most, l.beaten);
	-- of all that beat it the cheapest
	RETURN QUERY WITH sale AS (SELECT offer, product, channel, min(price) AS price, bool_and(coalesce(new_customers_only, false)) AS is_new FROM deal WHERE price IS NOT NULL AND coalesce(valid_from < '2024-07-01', true) AND coalesce(valid_to >= '2024-07-01', true) GROUP BY 1, 2, 3),
	brute AS (
		SELECT a.offer, a.product, coalesce(a.channel, '(all)') AS channel, (SELECT ARRAY[b.price::text, b.offer, b.product] FROM sale b WHERE coalesce(b.channel = a.channel, b.channel IS NULL) AND (a.is_new OR NOT b.is_new) AND (b.product = a.product AND b.price < a.price
			OR b.price <= a.price AND EXISTS (SELECT FROM pack p WHERE p.bundle = b.product AND p.product = a.product)) ORDER BY b.price, b.offer, b.product LIMIT 1) AS best FROM sale a
	)
	SELECT format('world %s: dominated_offer %s', world, k) FROM (
		(SELECT offer, product, channel, best[1]::numeric, best[2], best[3], n.*, m.* FROM brute b
				CROSS JOIN LATERAL (SELECT count(*), coalesce(sum(mrr), 0)::numeric(28,2) FROM spell s WHERE s.offer = b.offer AND s.product = b.product AND s.started_on < '2024-07-01' AND coalesce(s.ended_on >= '2024-07-01', true) AND s.mrr > 0) n
				CROSS JOIN LATERAL (SELECT coalesce(sum(mrr - best[1]::numeric) FILTER (WHERE mrr > best[1]::numeric), 0)::numeric(28,2) FROM spell s WHERE s.offer = b.offer AND s.product = b.product AND s.started_on < '2024-07-01' AND coalesce(s.ended_on >= '2024-07-01', true)) m WHERE best IS NOT NULL
			EXCEPT ALL SELECT offer, product, channel, by_price, by_offer, by_product, lines, mrr, exposed_mrr FROM ow.dominated_offer)
		UNION ALL
		(SELECT offer, product, channel, by_price, by_offer, by_product, lines, mrr, exposed_mrr FROM ow.dominated_offer
			EXCEPT ALL SELECT offer, product, channel, best[1]::numeric, best[2], best[3], n.*, m.* FROM brute b
				CROSS JOIN LATERAL (SELECT count(*), coalesce(sum(mrr), 0)::numeric(28,2) FROM spell s WHERE s.offer = b.offer AND s.product = b.product AND s.started_on < '2024-07-01' AND coalesce(s.ended_on >= '2024-07-01', true) AND s.mrr > 0) n
				CROSS JOIN LATERAL (SELECT coalesce(sum(mrr - best[1]::numeric) FILTER (WHERE mrr > best[1]::numeric), 0)::numeric(28,2) FROM spell s WHERE s.offer = b.offer AND s.product = b.product AND s.started_on < '2024-07-01' AND coalesce(s.ended_on >= '2024-07-01', true)) m WHERE best IS NOT NULL)) k;
	RETURN QUERY WITH sent AS (
		SELECT n.customer_id, pg_temp.local(n.sent_at) AS day, x.product, coalesce((SELECT p.owner FROM plan p WHERE p.campaign = n.campaign), (SELECT w.owner FROM answerer w WHERE w.subject_kind = 'product' AND w.subject = x.product AND w.accountable IS NOT FALSE
			AND coalesce(w.valid_from <= pg_temp.local(n.sent_at), true) AND coalesce(w.valid_to > pg_temp.local(n.sent_at), true) ORDER BY w.valid_from DESC NULLS LAST, w.owner LIMIT 1)) AS owner
		FROM note n CROSS JOIN LATERAL (SELECT d.product FROM deal d WHERE d.offer = n.offer GROUP BY d.product UNION ALL SELECT n.product WHERE n.product IS NOT NULL AND NOT EXISTS (SELECT FROM deal d WHERE d.offer = n.offer)) x
		WHERE n.purpose IS NULL AND pg_temp.local(n.sent_at) < '2024-07-01'
	), brute AS (SELECT s.customer_id, s.day, s.product, s.owner, count(*) AS n FROM sent s WHERE EXISTS (SELECT FROM sent o WHERE o.customer_id = s.customer_id AND o.day BETWEEN s.day - 6 AND s.day AND o.owner <> s.owner) GROUP BY 1, 2, 3, 4)
	SELECT format('world %s: contradictory_contact %s', world, k) FROM (
		(TABLE brute EXCEPT SELECT customer_id, sent_on, product, owner, count(*) FROM ow.contradictory_contact WHERE contradiction = 'two_owners' GROUP BY 1, 2, 3, 4)
		UNION ALL (SELECT customer_id, sent_on, product, owner, count(*) FROM ow.contradictory_contact WHERE contradiction = 'two_owners' GROUP BY 1, 2, 3, 4 EXCEPT TABLE brute)) k;
END
$$;

-- of the world drawn last, what differs
CREATE FUNCTION pg_temp.differs(world int) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_temp.world(world);
	RETURN QUERY SELECT * FROM pg_temp.gap_differs(world) UNION ALL SELECT * FROM pg_temp.channel_differs(world) UNION ALL SELECT * FROM pg_temp.campaign_differs(world) UNION ALL SELECT * FROM pg_temp.driver_differs(world) UNION ALL SELECT * FROM pg_temp.portfolio_differs(world);
END
$$;
SELECT is_empty(format('SELECT w FROM generate_series(1, %s) n, pg_temp.differs(n) w', :worlds), 'offers, channels, campaigns, drivers and portfolios of random worlds are as counted by plain SQL');
SELECT pg_temp.world(16) \g /dev/null
SELECT ok((SELECT count(DISTINCT gap) = 4 AND count(lost_sales) > 3 FROM ow.offer_gap) AND (SELECT count(DISTINCT verdict) >= 3 FROM ow.channel_segment) AND (SELECT count(*) > 0 FROM ow.dominated_offer) AND (SELECT count(*) > 2 FROM ow.contradictory_contact WHERE contradiction = 'two_owners')
	AND (SELECT count(effect) > 0 FROM ow.managed_driver) AND (SELECT count(uplift) > 0 AND count(*) > count(uplift) FROM ow.campaign_uplift) AND (SELECT count(excess_customers) > 0 FROM ow.campaign_overclaim) AND (SELECT sum(tail_variants) > 0 FROM ow.segment_complexity), 'everything that is counted happens in such a world');
SELECT * FROM finish();
ROLLBACK;
