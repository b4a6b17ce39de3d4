-- SPDX-License-Identifier: PostgreSQL
-- A small telecom with something bound to every entity, so that a model of it
-- has every report view: read by tests with \i.  Drawn from hashes, the same
-- everywhere.  Tables are called as the entities; world.model() binds them all.
CREATE SCHEMA world;
CREATE FUNCTION world.draw(what text, i int, below int) RETURNS int LANGUAGE sql IMMUTABLE
RETURN (hashtext(what || i) & 2147483647) % below;

CREATE TABLE world.customer (customer_id int PRIMARY KEY, joined_on date, channel text, region text);
INSERT INTO world.customer
SELECT i, date '2024-01-01' + world.draw('joined', i, 300), (ARRAY['shop', 'web', 'dealer'])[1 + world.draw('channel', i, 3)], 'region ' || i % 4
FROM generate_series(1, 240) i;
CREATE TABLE world.product (product text PRIMARY KEY, family text, launched_on date, unit_margin numeric(10,2), list_price numeric(10,2), is_bundle boolean);
INSERT INTO world.product VALUES
	('BASIC', 'mobile', '2020-01-01', 6, 10, false), ('PLUS', 'mobile', '2020-01-01', 9, 15, false), ('MAX', 'mobile', '2024-07-01', 7, 12, false),
	('TV', 'home', '2021-01-01', 4, 8, false), ('NET', 'home', '2021-01-01', 11, 20, false), ('DUO', 'home', '2024-03-01', 12, 24, true);
CREATE TABLE world.bundle_component (bundle text, product text, standalone_price numeric(10,2));
INSERT INTO world.bundle_component VALUES ('DUO', 'TV', 8), ('DUO', 'NET', 20);
CREATE TABLE world.offer (offer text, product text, channel text, price numeric(10,2), new_customers_only boolean, valid_from date, valid_to date);
INSERT INTO world.offer VALUES ('welcome', 'PLUS', NULL, 9, true, '2024-02-01', '2024-11-01'), ('stay', 'BASIC', 'web', 8, false, '2024-01-01', NULL), ('cheap', 'BASIC', 'web', 7, false, '2024-01-01', NULL);

CREATE TABLE world.subscription (customer_id int, product text, started_on date, ended_on date, mrr numeric(10,2), subscription_id text, channel text, offer text,
	status text, end_reason text, cancel_requested_on date, committed_until date) PARTITION BY RANGE (started_on);
CREATE TABLE world.subscription_2024 PARTITION OF world.subscription FOR VALUES FROM (MINVALUE) TO ('2024-07-01');
CREATE TABLE world.subscription_later PARTITION OF world.subscription DEFAULT;
-- everybody's first plan; four in ten move to another one, on the same day or later
WITH first AS (
	SELECT c.customer_id, c.channel, (ARRAY['BASIC', 'PLUS', 'TV', 'NET'])[1 + world.draw('first', c.customer_id, 4)] AS product, c.joined_on AS started_on,
		CASE WHEN world.draw('left', c.customer_id, 10) < 6 THEN c.joined_on + 40 + world.draw('days', c.customer_id, 300) END AS ended_on
	FROM world.customer c
), next AS (
	SELECT f.customer_id, f.channel, (ARRAY['MAX', 'PLUS', 'DUO', 'BASIC'])[1 + world.draw('next', f.customer_id, 4)] AS product,
		f.ended_on + (ARRAY[0, 0, 12, 45])[1 + world.draw('gap', f.customer_id, 4)] AS started_on, f.product AS was
	FROM first f WHERE f.ended_on IS NOT NULL AND world.draw('moves', f.customer_id, 10) < 7
), extra AS (
	SELECT f.customer_id, f.channel, (ARRAY['TV', 'NET', 'MAX'])[1 + world.draw('extra', f.customer_id, 3)] AS product, f.started_on + world.draw('later', f.customer_id, 200) AS started_on
	FROM first f WHERE world.draw('more', f.customer_id, 10) < 3
)
INSERT INTO world.subscription
SELECT l.customer_id, l.product, l.started_on, l.ended_on, coalesce(o.price, p.list_price - world.draw('discount', l.customer_id, 3)), 'S' || l.customer_id || '-' || l.n, l.channel, l.offer,
	CASE world.draw('trial', l.customer_id, 20) WHEN 0 THEN 'trial' WHEN 1 THEN 'paused' ELSE 'active' END,
	CASE WHEN l.ended_on IS NOT NULL THEN (ARRAY['price', 'moved', 'payment failed'])[1 + world.draw('why', l.customer_id, 3)] END, l.ended_on - 20,
	CASE WHEN world.draw('bound', l.customer_id, 4) > 0 THEN l.started_on + 90 * (1 + world.draw('term', l.customer_id, 2)) END
FROM (
	SELECT customer_id, product, started_on, ended_on, channel, CASE WHEN product = 'PLUS' AND customer_id % 2 = 0 THEN 'welcome' END AS offer, 1 AS n FROM first
	UNION ALL SELECT customer_id, product, started_on, CASE WHEN world.draw('end', customer_id, 3) = 0 THEN started_on + 60 END, channel,
		CASE WHEN product = 'PLUS' THEN 'welcome' WHEN product = 'BASIC' THEN 'stay' END, 2 FROM next
	UNION ALL SELECT customer_id, product, started_on, NULL, channel, NULL, 3 FROM extra) l
JOIN world.product p USING (product)
LEFT JOIN world.offer o ON o.offer = l.offer;

-- of who has NET or TV on a day, three in five pay more from then on
WITH risen AS (
	UPDATE world.subscription s SET ended_on = '2024-09-01', end_reason = NULL
	FROM (SELECT customer_id, product, started_on, ended_on, end_reason FROM world.subscription) o
	WHERE o.customer_id = s.customer_id AND o.product = s.product AND o.started_on = s.started_on AND s.product IN ('NET', 'TV') AND s.offer IS NULL
		AND s.started_on < '2024-09-01' AND coalesce(s.ended_on > '2024-09-01', true) AND s.customer_id % 5 < 3
	RETURNING s.*, o.ended_on AS was_until, o.end_reason AS was_reason
)
INSERT INTO world.subscription
SELECT customer_id, product, '2024-09-01', was_until, mrr + 1, subscription_id, channel, offer, status, was_reason, cancel_requested_on, committed_until FROM risen;

CREATE TABLE world.segment_history (customer_id int, segment text, valid_from date, valid_to date);
INSERT INTO world.segment_history
SELECT i, CASE WHEN i <= 3 THEN 'tiny' ELSE (ARRAY['Größe, L', 'it''s "M"', 'S'])[1 + i % 3] END, date '2024-01-01', CASE WHEN i % 7 = 0 THEN date '2024-06-10' END FROM generate_series(1, 225) i
UNION ALL SELECT i, 'S', date '2024-06-10', NULL FROM generate_series(7, 225, 7) i;
CREATE TABLE world.owner (subject_kind text, subject text, owner text, accountable boolean, valid_from date, valid_to date);
INSERT INTO world.owner VALUES ('segment', 'S', 'Ada', true, '2024-01-01', NULL), ('segment', 'S', 'Bo', true, '2024-05-01', '2024-06-01'),
	('segment', 'Größe, L', 'Bo', true, '2024-01-01', '2024-09-01'), ('product', 'MAX', 'Cy', true, '2024-07-01', NULL);
ALTER TABLE world.owner ADD role_title text, ADD reports_to text, ADD reporting_line text;
UPDATE world.owner SET role_title = CASE owner WHEN 'Ada' THEN 'Senior Customer Value Manager' ELSE 'Prepaid Retention Lead' END, reports_to = CASE owner WHEN 'Ada' THEN 'Cy' ELSE 'Ada' END, reporting_line = 'cmo' WHERE owner <> 'Cy';
INSERT INTO world.owner VALUES ('programme', 'customer value', 'Cy', true, '2024-01-01', NULL, 'VP Marketing', NULL, 'board'), ('driver', 'price', 'Bo', true, '2024-01-01', NULL, 'Prepaid Retention Lead', 'Ada', 'cmo');
CREATE TABLE world.driver (driver text, metric text, target double precision, direction text, importance double precision, floor double precision, behaviour text, theme text);
INSERT INTO world.driver VALUES ('price', 'nps', 10, 'up', 8, 7, NULL, 'bill'), ('portal', 'csat', 0.7, NULL, 5, NULL, NULL, NULL), ('support', 'late_replies', 0.2, NULL, 6, NULL, NULL, NULL), ('quality', 'csat', 0.8, NULL, 7, NULL, NULL, NULL);
CREATE TABLE world.segment_target (segment text, month date, metric text, target double precision);
INSERT INTO world.segment_target
SELECT s, m::date, k, v FROM unnest(ARRAY['S', 'tiny', 'Größe, L']) s, generate_series('2024-02-01', '2024-12-01', interval '1 month') m,
	(VALUES ('churn_rate', 0.05), ('closing_mrr', 700)) AS t (k, v);

CREATE TABLE world.event (customer_id int, occurred_at timestamptz, kind text, product text, channel text, amount numeric(12,2));
INSERT INTO world.event
SELECT 1 + world.draw('who', i, 240), timestamptz '2024-01-01 08:00+02' + world.draw('when', i, 24 * 380) * interval '1 hour', (ARRAY['order', 'visit', E'tab\tand "quote" \\ é'])[1 + i % 3],
	(ARRAY['BASIC', 'PLUS', 'TV', 'NET'])[1 + i % 4], (ARRAY['shop', 'web'])[1 + i % 2], CASE WHEN i % 4 > 0 THEN world.draw('amount', i, 90000) / 100.0 END
FROM generate_series(1, 2400) i;
CREATE TABLE world.contact (customer_id int, occurred_at timestamptz, channel text, campaign text, offer text, purpose text, outcome text, arm text, cost numeric(10,2));
INSERT INTO world.contact SELECT i, timestamptz '2024-04-01 09:00+03' + i * interval '1 day', 'mail', 'spring', 'stay', 'marketing', CASE WHEN i % 5 = 0 THEN 'sold' END, CASE WHEN i % 4 = 0 THEN 'control' ELSE 'target' END FROM generate_series(1, 120) i;
INSERT INTO world.contact SELECT 1, timestamptz '2024-05-20 09:00+03' + n * interval '1 day', 'mail', 'spring', 'stay', 'marketing', NULL, 'target' FROM generate_series(1, 5) n;
INSERT INTO world.contact SELECT i, timestamptz '2025-03-01 09:00+02', 'web', NULL, NULL, 'marketing', NULL, NULL, 0.4 FROM generate_series(201, 210) i;
CREATE TABLE world.ticket (customer_id int, opened_at timestamptz, ticket_id text, product text, channel text, topic text);
INSERT INTO world.ticket SELECT i, timestamptz '2024-03-01 09:00+02' + i * interval '30 hours', 'T' || i, (ARRAY['BASIC', 'NET'])[1 + i % 2], (ARRAY['shop', 'web'])[1 + i % 2], CASE WHEN i % 4 < 2 THEN 'welcome' ELSE 'fault' END FROM generate_series(1, 160) i;
CREATE TABLE world.cost (month date, pool text, amount numeric(12,2));
INSERT INTO world.cost SELECT m::date, p, 500 + extract(month FROM m) FROM generate_series('2024-02-01', '2024-12-01', interval '1 month') m, unnest(ARRAY['care', 'network']) p;
CREATE TABLE world.cost_driver (month date, pool text, quantity double precision, segment text);
INSERT INTO world.cost_driver SELECT m::date, 'care', 10 * n, s FROM generate_series('2024-02-01', '2024-12-01', interval '1 month') m, unnest(ARRAY['S', 'tiny', 'Größe, L']) WITH ORDINALITY AS t (s, n);
CREATE TABLE world.survey (customer_id int, occurred_at timestamptz, instrument text, score double precision, driver text, theme text);
INSERT INTO world.survey SELECT i, timestamptz '2024-05-01 09:00+03' + i * interval '1 day', 'nps', i % 11, 'price', 'bill' FROM generate_series(1, 90) i;
INSERT INTO world.survey SELECT i, timestamptz '2024-06-01 09:00+03', 'csat', 1 + i % 5, 'portal', NULL FROM generate_series(1, 40) i;
CREATE TABLE world.initiative (initiative text, driver text, lever text, metric text, expected_effect double precision, baseline_on date, status text, decided_on date, shipped_on date,
	signal_on date, measured_on date, outcome text, closed_on date, parent text, campaign text);
INSERT INTO world.initiative VALUES ('simple bill', 'price', 'cut_cost', 'churn_rate', 0.01, '2024-06-01', 'shipped', '2024-05-20', '2024-07-01', '2024-05-02', '2024-09-01', 'rolled out', '2024-09-10', 'value', 'spring'),
	('one call', 'support', 'raise_value', NULL, NULL, NULL, 'open', '2024-06-10', NULL, NULL, NULL, NULL, NULL, 'value', NULL);
CREATE TABLE world.benchmark (metric text, definition text, source text, as_of date, low double precision, middle double precision, high double precision);
INSERT INTO world.benchmark VALUES ('churn_rate', 'subscription_kpi.logo_churn_rate', 'study', '2024-01-01', 0.01, 0.02, 0.03), ('nps', 'relational NPS', 'study', '2024-01-01', 10, 30, 50);
CREATE TABLE world.review (cycle text, due_on date, held_on date, subject text, decision text, initiative text);
INSERT INTO world.review VALUES ('2024 Q2', '2024-07-05', '2024-07-08', 'S', 'go on', 'simple bill');
CREATE TABLE world.cancellation (customer_id int, requested_at timestamptz, reason text, product text, withdrawn_at timestamptz, effective_on date, offer text, voluntary boolean);
INSERT INTO world.cancellation SELECT s.customer_id, s.cancel_requested_on::timestamp AT TIME ZONE 'Europe/Vilnius' + interval '9 hours', r.reason, s.product, CASE WHEN s.customer_id % 5 = 0 THEN s.cancel_requested_on::timestamp AT TIME ZONE 'Europe/Vilnius' + interval '7 days' END,
	s.ended_on, CASE WHEN s.customer_id % 3 = 0 THEN 'stay' END, NULL
FROM world.subscription s CROSS JOIN LATERAL (SELECT s.end_reason UNION SELECT 'too slow' WHERE s.customer_id % 4 = 0) r (reason) WHERE s.cancel_requested_on IS NOT NULL;
CREATE TABLE world.channel_capability (offer text, channel text, sellable boolean, briefed_on date);
INSERT INTO world.channel_capability VALUES ('welcome', 'web', true, '2024-01-20'), ('welcome', 'shop', true, '2024-05-01'), ('welcome', 'dealer', false, NULL), ('stay', 'web', true, '2023-12-01');
CREATE TABLE world.campaign (campaign text, starts_on date, ends_on date, hypothesis text, metric text, planned_control_share double precision, owner text, contact_cost numeric(10,2), reward_cost numeric(10,2));
INSERT INTO world.campaign VALUES ('spring', '2024-04-01', '2024-08-01', 'who is asked stays', 'new subscriptions', 0.25, 'Ada', 0.5, 5), ('autumn', '2024-09-01', NULL, NULL, NULL, NULL, 'Bo', 0.2, NULL);
-- the last twenty get no marketing
CREATE TABLE world.campaign_member (campaign text, customer_id int, arm text, assigned_at timestamptz, reached boolean);
INSERT INTO world.campaign_member SELECT 'autumn', i, CASE WHEN i % 4 = 0 THEN 'control' ELSE 'target' END, timestamptz '2024-09-01 09:00+03', CASE WHEN i % 4 > 0 THEN i % 3 > 0 END FROM generate_series(100, 220) i;
INSERT INTO world.campaign_member SELECT 'nobody', i, CASE WHEN i > 220 THEN 'control' ELSE 'target' END, timestamptz '2024-01-01 09:00+02', NULL FROM generate_series(1, 240) i;
CREATE TABLE world.moment (customer_id int, at timestamptz, kind text, product text);
INSERT INTO world.moment SELECT i, timestamptz '2024-06-01 09:00+03' + i * interval '1 day', (ARRAY['failed_payment', 'late_delivery'])[1 + i % 2], NULL FROM generate_series(1, 200) i;
CREATE TABLE world.delivery (customer_id int, due_on date, outcome text, delivered_on date, product text);
INSERT INTO world.delivery
SELECT s.customer_id, d::date, o.outcome, CASE WHEN o.outcome = 'accepted' THEN d::date + world.draw('late', s.customer_id + d::date - date '2024-01-01', 3) / 2 END, s.product
FROM world.subscription s
CROSS JOIN LATERAL generate_series(s.started_on::timestamp, least(coalesce(s.ended_on, '2025-01-15'), '2025-01-15')::timestamp - interval '1 day', interval '28 days') d
CROSS JOIN LATERAL (SELECT CASE WHEN s.customer_id % 6 = 0 AND extract(day FROM d) > 14 THEN 'skipped' WHEN s.customer_id % 11 = 0 THEN 'pulled_forward'
	ELSE (ARRAY['accepted', 'accepted', 'accepted', 'delayed', 'paused', NULL])[1 + world.draw('box', s.customer_id * 31 + extract(doy FROM d)::int, 6)] END AS outcome) o
WHERE s.product IN ('BASIC', 'NET');
CREATE TABLE world.interaction (customer_id int, at timestamptz, task text, channel text, completed boolean, product text);
INSERT INTO world.interaction
SELECT 1 + world.draw('acts', i, 240), timestamptz '2024-02-01 08:00+02' + world.draw('at', i, 24 * 340) * interval '1 hour', (ARRAY['plan', 'bill', 'address', 'usage'])[1 + world.draw('task', i, 4)],
	CASE WHEN world.draw('task', i, 4) = 3 THEN 'app' ELSE (ARRAY['app', 'Portal', 'phone', 'shop'])[1 + world.draw('via', i, 4)] END, world.draw('done', i, 8) > 0, NULL
FROM generate_series(1, 900) i;

-- who was asked and who answered, who opened and who wanted no more
ALTER TABLE world.survey ADD kind text, ADD invited_at timestamptz, ADD scale_low double precision, ADD scale_high double precision;
UPDATE world.survey SET kind = 'relational', invited_at = occurred_at - interval '2 days', scale_low = 0, scale_high = 10 WHERE instrument = 'nps';
INSERT INTO world.survey SELECT i, timestamptz '2024-07-03 09:00+03', 'nps', 1 + i % 5, 'price', NULL, 'transactional', '2024-07-01 09:00+03', 1, 5 FROM generate_series(1, 12) i;
INSERT INTO world.survey (customer_id, instrument, driver, kind, invited_at) SELECT i, 'nps', 'price', 'relational', timestamptz '2024-05-02 09:00+03' + i * interval '1 hour' FROM generate_series(91, 180) i;
ALTER TABLE world.contact ADD product text, ADD opened boolean, ADD responded boolean, ADD opted_out boolean;
UPDATE world.contact SET product = CASE WHEN offer IS NULL THEN 'TV' END, opened = customer_id % 3 = 0, responded = outcome IS NOT NULL OR customer_id % 9 = 0, opted_out = customer_id % 20 = 1;
ALTER TABLE world.product ADD allowance double precision;
UPDATE world.product SET allowance = 2 WHERE product IN ('BASIC', 'TV');
ALTER TABLE world.event ADD quantity double precision;
UPDATE world.event SET kind = 'usage', quantity = 1 + customer_id % 3 WHERE kind = 'visit' AND product IN ('BASIC', 'TV');
ALTER TABLE world.ticket ADD created_by text;
UPDATE world.ticket SET created_by = (ARRAY['customer', 'customer', 'Agent', NULL])[1 + customer_id % 4];
ALTER TABLE world.initiative ADD hypothesis text;
UPDATE world.initiative SET hypothesis = 'whoever understands the bill stays' WHERE initiative = 'simple bill';

-- Everybody as often as that, with all their rows, under names of their own
CREATE FUNCTION world.copy(copies int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	t record;
BEGIN
	FOR t IN
		SELECT c.oid::regclass AS name, string_agg(CASE WHEN a.attname = 'customer_id' THEN 'customer_id + n * 1000' WHEN a.attname LIKE '%\_id' THEN format('%I || ''.'' || n', a.attname) ELSE quote_ident(a.attname) END, ', ' ORDER BY a.attnum) AS columns
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'world'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		GROUP BY c.oid HAVING bool_or(a.attname = 'customer_id')
	LOOP
		EXECUTE format('INSERT INTO %1$s SELECT %2$s FROM %1$s, generate_series(1, %3$s - 1) n', t.name, t.columns, copies);
	END LOOP;
END
$$;

-- a model of all this: every table whose columns an entity takes
CREATE FUNCTION world.model(model name) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	e record;
BEGIN
	PERFORM cvm.create_model(model, tz => 'Europe/Vilnius', currency => 'EUR');
	-- which 0.1.0 does not know
	PERFORM cvm.configure(model, d.setting, CASE d.setting WHEN 'price_customers' THEN '5' ELSE 'nobody' END) FROM cvm.setting_definition d
	WHERE d.setting IN ('price_customers', 'universal_control');
	FOR e IN SELECT x.entity FROM cvm.entity x WHERE to_regclass('world.' || x.entity) IS NOT NULL ORDER BY x.position LOOP
		-- views are made once, not at every one of them; 0.1.0 has other ways
		IF to_regproc('cvm._register') IS NULL THEN
			PERFORM cvm.bind(model, e.entity, to_regclass('world.' || e.entity));
		ELSE
			PERFORM cvm._register(model, 'insert', 'binding',
				jsonb_build_object('entity', e.entity, 'source_schema', 'world', 'source_name', e.entity, 'columns', '{}'::jsonb));
		END IF;
	END LOOP;
	PERFORM cvm.configure(model, 'segment_schemes', 'region');
END
$$;
