\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Who was asked, on which scale and about what; what became of contacts, and who
-- opened a ticket.  CVM_WORLDS says how many random worlds are counted by plain SQL.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;
\set worlds 6
\i test/random_worlds.sql

-- what entities are promised to take
SELECT set_has('SELECT ec.entity, ec.column_name FROM cvm.entity_column ec', $$SELECT e, unnest(string_to_array(c, ' ')) FROM (VALUES
	('survey', 'customer_id instrument score scale_low scale_high driver importance competitor_score kind invited_at theme'),
	('ticket', 'customer_id first_reply_at solved_at reopened_at topic product channel created_by'),
	('contact', 'customer_id channel purpose campaign offer product opened responded opted_out'),
	('initiative', 'initiative driver lever metric hypothesis baseline_on effort impact is_flagship decided_on shipped_on measured_on outcome parent'),
	('interaction', 'customer_id at task channel completed product'), ('delivery', 'customer_id due_on outcome delivered_on product'),
	('cancellation', 'customer_id requested_at reason product withdrawn_at effective_on offer voluntary'),
	('campaign', 'campaign starts_on ends_on hypothesis metric planned_control_share owner'), ('campaign_member', 'campaign customer_id arm assigned_at reached'),
	('channel_capability', 'offer channel sellable briefed_on'), ('moment', 'customer_id at kind product'), ('driver', 'driver metric target direction importance floor'),
	('review', 'held_on due_on subject decision initiative'), ('benchmark', 'metric low middle high source as_of definition')) AS t (e, c)$$,
	'every column that an entity is promised to have can be bound');

-- scales: the same answers, given from 0 to 10, from 1 to 5 and the other way around
SELECT results_eq($$SELECT s, cvm.rescale('nps', s, NULL, NULL), cvm.rescale('NPS', s, 1, 10), cvm.rescale('csat', s, 1, 10), cvm.rescale('ces', s, 7, 1), cvm.rescale('value', s, 0, 100) FROM (VALUES (1.0), (7), (9), (10)) AS v (s)$$,
	$$VALUES (1.0, 1::float8, 0::float8, 1::float8, 7::float8, 1::float8), (7, 7, 7, 1 + 6 * 4 / 9.0::float8, 1, 7), (9, 9, 9, 1 + 8 * 4 / 9.0::float8, -1, 9), (10, 10, 10, 5, -2, 10)$$,
	'a score is put on the scale of its instrument, from the worst answer to the best');
SELECT is(cvm.rescale('csat', 3, 5, 5), NULL, 'a scale without extent has no scores');

-- ten are asked, four answer, one of them after the month and one twice
CREATE TABLE asked (who int, sent_at timestamptz, answered_at timestamptz, points int, low int, high int, what text, kind text);
INSERT INTO asked SELECT n, '2024-03-05 10:00+02', NULL, NULL, 1, 5, 'bill', 'Relational' FROM generate_series(1, 10) n;
UPDATE asked SET answered_at = '2024-03-06 10:00+02', points = 5 WHERE who IN (1, 2);
UPDATE asked SET answered_at = '2024-03-31 23:30+00', points = 1 WHERE who = 3;
UPDATE asked SET answered_at = '2024-03-07 10:00+02', points = 4 WHERE who = 4;
INSERT INTO asked VALUES (4, '2024-03-20 10:00+02', '2024-03-21 10:00+02', 5, 1, 5, 'bill', 'relational'), -- asked again
	(1, NULL, '2024-03-08 10:00+02', 1, 1, 5, 'bill', 'transactional'), -- and after something happened, nobody knows when it was sent
	(5, '2024-05-02 10:00+02', NULL, NULL, 1, 5, 'bill', 'relational'); -- of a month that nobody has seen
SELECT cvm.create_model('an', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-05-01') \g /dev/null
SELECT throws_ok($$SELECT cvm.bind('an', 'survey', 'asked', '{"customer_id": "who", "instrument": {"constant": 5}, "score": "points"}')$$, '22023', 'invalid value for option "constant" of column "instrument" of entity "survey": "5"',
	'a constant is a word');
SELECT throws_ok($$SELECT cvm.bind('an', 'survey', 'asked', '{"customer_id": "who", "instrument": {"constant": "nps", "column": "kind"}, "score": "points"}')$$, '22023',
	'invalid value for option "constant" of column "instrument" of entity "survey": given beside a column', 'a constant stands in place of a column');
SELECT throws_ok($$SELECT cvm.bind('an', 'survey', 'asked', '{"customer_id": {"constant": "x"}, "score": "points"}')$$, '22023', 'column "customer_id" of entity "survey" takes no option "constant"', 'nobody is a constant');
SELECT lives_ok($$SELECT cvm.bind('an', 'survey', 'asked', '{"customer_id": "who", "instrument": {"constant": "NPS"}, "score": "points", "scale_low": "low", "scale_high": "high", "driver": "what", "invited_at": "sent_at"}')$$,
	'all answers of a table may be to one instrument');
SELECT results_eq($$SELECT month_label COLLATE "default", kind COLLATE "default", answers, score, promoters, detractors, invited, invited_answers, response_rate FROM an.survey_score ORDER BY month, kind$$,
	$$VALUES ('2024-03', 'relational', 3::bigint, 100::float8, 3::bigint, 0::bigint, 10::bigint, 4::bigint, 0.4::float8), ('2024-03', 'transactional', 1, -100, 0, 1, NULL, NULL, NULL), ('2024-04', 'relational', 1, -100, 0, 1, NULL, NULL, NULL)$$,
	'who was asked counts once in the month of that, whoever answers later too, and kinds of surveys stand apart');
SELECT is((SELECT string_agg(problem, ', ') FROM cvm.check_model('an') WHERE entity = 'survey' AND problem LIKE 'null%'), NULL, 'who has not answered is no mistake in the data');
INSERT INTO asked VALUES (6, NULL, NULL, NULL, 1, 5, 'bill', NULL);
SELECT is((SELECT string_agg(problem || ' ' || count, ', ' ORDER BY problem) FROM cvm.check_model('an') WHERE entity = 'survey' AND problem LIKE 'null%'), 'null_key 1, null_value 1',
	'a row that neither asks nor answers is one');
DELETE FROM asked WHERE sent_at IS NULL AND answered_at IS NULL;
-- a driver is judged by answers of one kind
CREATE TABLE cares (driver text, metric text);
INSERT INTO cares VALUES ('bill', 'nps');
SELECT cvm.bind('an', 'driver', 'cares') \g /dev/null
SELECT results_eq($$SELECT month_label COLLATE "default", observations, value FROM an.value_driver WHERE segment = '(all)' ORDER BY month$$, $$VALUES ('2024-03', 3::bigint, 100::float8), ('2024-04', 1, -100)$$,
	'the value of a driver is that of surveys about the whole where there are such');

-- random answers and invitations, counted by plain SQL
CREATE TABLE said (id int, customer_id int, invited_at timestamptz, occurred_at timestamptz, instrument text, score float8, driver text, kind text, scale_low int, scale_high int);
CREATE TABLE is_in (customer_id int, segment text, valid_from date, valid_to date);
SELECT cvm.create_model('sw', tz => 'America/St_Johns', as_of => '2024-06-01') \g /dev/null
SELECT cvm.bind('sw', 'survey', 'said'), cvm.bind('sw', 'segment_history', 'is_in') \g /dev/null
CREATE FUNCTION pg_temp.survey_world(world int) RETURNS void LANGUAGE sql AS $$
	TRUNCATE said, is_in;
	INSERT INTO is_in SELECT i, CASE WHEN pg_temp.draw(world, 'seg', i, 3) = 0 THEN 'b' ELSE 'a' END, date '2024-01-01' + pg_temp.draw(world, 'from', i, 60), date '2024-03-01' + pg_temp.draw(world, 'to', i, 60) FROM generate_series(1, 25) i;
	INSERT INTO said
	SELECT i, pg_temp.draw(world, 'who', i, 30), CASE WHEN pg_temp.draw(world, 'inv', i, 4) > 0 THEN a.at - pg_temp.draw(world, 'before', i, 40) * interval '7 hours' END,
		CASE WHEN pg_temp.draw(world, 'ans', i, 3) > 0 THEN a.at END, (ARRAY['nps', 'CSAT', 'ces', 'joy'])[1 + pg_temp.draw(world, 'ins', i, 4)],
		CASE WHEN pg_temp.draw(world, 'ans', i, 3) > 0 THEN pg_temp.draw(world, 'score', i, 11) END, CASE WHEN i % 3 > 0 THEN 'd' || i % 2 END,
		(ARRAY['relational', 'Transactional', NULL])[1 + pg_temp.draw(world, 'kind', i, 3)], CASE WHEN i % 4 = 0 THEN 2 END, CASE WHEN i % 4 < 2 THEN 9 END
	FROM generate_series(1, 260) i
	CROSS JOIN LATERAL (SELECT timestamptz '2024-01-20 12:00+00' + pg_temp.draw(world, 'at', i, 24 * 150) * interval '1 hour' AS at) a;
$$;
CREATE FUNCTION pg_temp.segment_at(who int, day date) RETURNS text LANGUAGE sql RETURN
	coalesce((SELECT i.segment FROM is_in i WHERE i.customer_id = who AND i.valid_from <= day AND i.valid_to > day), '(none)');
CREATE VIEW counted AS
WITH day AS (
	SELECT s.id, s.customer_id, (s.occurred_at AT TIME ZONE 'America/St_Johns')::date AS day, s.occurred_at, (s.invited_at AT TIME ZONE 'America/St_Johns')::date AS asked_on,
		lower(s.instrument) AS instrument, coalesce(s.driver, '(none)') AS driver, coalesce(lower(s.kind), '(none)') AS kind,
		CASE lower(s.instrument)
			WHEN 'nps' THEN CASE WHEN coalesce(s.scale_low, s.scale_high) IS NULL THEN s.score ELSE round((s.score - coalesce(s.scale_low, 0)) / (coalesce(s.scale_high, 10) - coalesce(s.scale_low, 0))::numeric::float8 * 10) END
			WHEN 'csat' THEN 1 + (s.score - coalesce(s.scale_low, 1)) / (coalesce(s.scale_high, 5) - coalesce(s.scale_low, 1)) * 4
			WHEN 'ces' THEN 1 + (s.score - coalesce(s.scale_low, 1)) / (coalesce(s.scale_high, 7) - coalesce(s.scale_low, 1)) * 6
			ELSE s.score END AS score
	FROM said s
), answer AS (
	SELECT d.*, date_trunc('month', d.day)::date AS month, row_number() OVER (PARTITION BY d.customer_id, date_trunc('month', d.day), d.instrument, d.driver, d.kind ORDER BY d.occurred_at DESC, d.score, d.id) AS n
	FROM day d WHERE d.score IS NOT NULL AND d.day < '2024-06-01'
), asked AS (
	SELECT d.customer_id, date_trunc('month', d.asked_on)::date AS month, d.instrument, d.driver, d.kind, max(d.asked_on) AS day, bool_or(coalesce(d.score IS NOT NULL AND d.day < '2024-06-01', false)) AS is_answered
	FROM day d WHERE d.asked_on < '2024-06-01' GROUP BY 1, 2, 3, 4, 5
), line AS (
	SELECT a.customer_id, a.day, a.month, a.instrument, a.driver, a.kind, a.score, NULL::boolean AS is_answered FROM answer a WHERE a.n = 1
	UNION ALL SELECT k.customer_id, k.day, k.month, k.instrument, k.driver, k.kind, NULL, k.is_answered FROM asked k
)
SELECT x.segment, l.month, l.instrument, l.driver, l.kind, count(l.score) AS answers, CASE l.instrument WHEN 'nps' THEN avg(CASE WHEN l.score > 8 THEN 100 WHEN l.score > 6 THEN 0 WHEN l.score IS NOT NULL THEN -100 END)
	WHEN 'csat' THEN avg(CASE WHEN l.score > 3.999999 THEN 1 WHEN l.score IS NOT NULL THEN 0 END) ELSE avg(l.score) END AS score,
	nullif(count(l.is_answered), 0) AS invited, CASE WHEN count(l.is_answered) > 0 THEN count(*) FILTER (WHERE l.is_answered) END AS invited_answers
FROM line l CROSS JOIN LATERAL (SELECT '(all)' AS segment UNION ALL SELECT pg_temp.segment_at(l.customer_id, l.day)) x
GROUP BY x.segment, l.month, l.instrument, l.driver, l.kind;
CREATE FUNCTION pg_temp.survey_differs(world int) RETURNS TABLE (what text) LANGUAGE sql AS $$
	SELECT pg_temp.survey_world(world);
	SELECT format('world %s: %s', world, coalesce(v.row_key, b.month || ' ' || b.segment)) FROM sw.survey_score v
	FULL JOIN counted b ON (b.segment, b.month, b.instrument, b.driver, b.kind) = (v.segment, v.month, v.instrument, v.driver, v.kind)
	WHERE (v.answers, v.invited, v.invited_answers) IS DISTINCT FROM (b.answers, b.invited, b.invited_answers) OR (v.score IS NULL) <> (b.score IS NULL) OR abs(v.score - b.score) > 1e-9
		OR abs(v.response_rate - b.invited_answers / b.invited::float8) > 1e-12
	UNION ALL
	-- as if each segment had answered as often as it has customers on the last day of the month
	SELECT format('world %s: weighted %s', world, v.row_key) FROM sw.survey_score v
	LEFT JOIN LATERAL (
		SELECT sum(x.n * c.score) / sum(x.n) AS score, sum(x.n) / (SELECT count(*) FROM is_in i WHERE i.valid_from <= x.last AND i.valid_to > x.last)::float8 AS share
		FROM counted c CROSS JOIN LATERAL (SELECT count(*) AS n, l.last FROM is_in i, (SELECT (v.month + interval '1 month')::date - 1 AS last) l WHERE i.segment = c.segment AND i.valid_from <= l.last AND i.valid_to > l.last GROUP BY l.last) x
		WHERE v.segment = '(all)' AND v.instrument <> 'ces' AND (c.month, c.instrument, c.driver, c.kind) = (v.month, v.instrument, v.driver, v.kind) AND c.answers > 0 GROUP BY x.last) b ON true
	WHERE (v.weighted_score IS NULL) <> (b.score IS NULL) OR abs(v.weighted_score - b.score) > 1e-9 OR abs(v.weighted_share - b.share) > 1e-9;
$$;
SELECT cvm.configure('sw', 'weighted_instruments', 'nps, CSAT, joy') \g /dev/null
SELECT is_empty(format('SELECT d FROM generate_series(1, %s) n, pg_temp.survey_differs(n) d', :worlds), 'random answers and invitations are counted as by plain SQL');
SELECT pg_temp.survey_world(1) \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM sw.survey_score WHERE invited > invited_answers AND answers > 0 AND segment <> '(all)'), '>=', 20::bigint, 'such a world has rows to be counted');

SELECT cmp_ok((SELECT count(*) FROM sw.survey_score WHERE weighted_score <> score), '>=', 5::bigint, 'such a world has scores that weights change');
-- four fifths are in a segment that answers seldom and is content
TRUNCATE said, is_in;
INSERT INTO is_in SELECT i, CASE WHEN i <= 80 THEN 'a' ELSE 'b' END, date '2024-01-01', date '2024-04-01' FROM generate_series(1, 100) i UNION ALL SELECT i, 'gone', date '2023-01-01', date '2024-01-01' FROM generate_series(1, 500) i
	UNION ALL SELECT i, 'b', date '2023-06-01', date '2024-04-01' FROM generate_series(1, 10) i; -- of two at once the last begun counts
INSERT INTO said SELECT i, i, NULL, timestamptz '2024-03-10', 'nps', CASE WHEN i <= 10 THEN 10 WHEN i % 2 = 0 THEN 9 ELSE 0 END FROM generate_series(1, 100) i WHERE i <= 10 OR i > 80;
SELECT results_eq($$SELECT segment COLLATE "default", answers, score, weighted_score, round(weighted_low::numeric, 6), round(weighted_high::numeric, 6), weighted_share FROM sw.survey_score ORDER BY 1$$,
	$$VALUES ('(all)', 30::bigint, 100 / 3.0::float8, 80::float8, 71.234775, 88.765225, 1::float8), ('a', 10, 100, NULL, NULL, NULL, NULL), ('b', 20, 0, NULL, NULL, NULL, NULL)$$, 'a score is weighted to the mix of segments, and so is its error');

-- tickets: who waits for a person is a customer
CREATE TABLE wish (customer_id int, created_at timestamptz, first_reply_at timestamptz, solved_at timestamptz, reopens int, created_by text, reopened_at timestamptz, paused_minutes int, paused_at timestamptz);
SELECT cvm.bind('sw', 'ticket', 'wish') \g /dev/null
INSERT INTO wish VALUES (1, '2024-03-01 10:00-03:30', '2024-03-01 11:00-03:30', NULL, 1, 'customer'), (2, '2024-03-01 10:00-03:30', NULL, NULL, 1, ' Agent'), (3, '2024-03-01 10:00-03:30', '2024-03-01 13:00-03:30', NULL, 0, NULL),
	(4, '2024-04-01 10:00-02:30', NULL, NULL, NULL, 'BOT');
SELECT results_eq($$SELECT month_label COLLATE "default", tickets, customers, answered_tickets, reopened_tickets, staff_tickets, median_hours, beyond_tickets FROM sw.ticket_response WHERE segment = '(all)'$$,
	$$VALUES ('2024-03', 2::bigint, 2::bigint, 2::bigint, 1::bigint, 1::bigint, 1::float8, 0::bigint)$$, 'tickets of agents and bots wait for nobody, and a month of these has no row');
SELECT cvm.configure('sw', 'staff_creators', '{customer}') \g /dev/null
SELECT results_eq($$SELECT month_label COLLATE "default", tickets, staff_tickets FROM sw.ticket_response WHERE segment = '(all)' ORDER BY 1$$, $$VALUES ('2024-03', 2::bigint, 1::bigint), ('2024-04', 1, 0)$$, 'who is of the staff is a setting');
SELECT cvm.configure('sw', 'staff_creators', '{agent,bot}') \g /dev/null
CREATE FUNCTION pg_temp.ticket_differs(world int) RETURNS TABLE (what text) LANGUAGE sql AS $$
	SELECT pg_temp.survey_world(world);
	TRUNCATE wish;
	INSERT INTO wish SELECT pg_temp.draw(world, 'whose', i, 30), a.at, CASE WHEN pg_temp.draw(world, 'rep', i, 4) > 0 THEN a.at + (pg_temp.draw(world, 'min', i, 60) ^ 2 * 5)::int * interval '1 minute' END,
		CASE WHEN pg_temp.draw(world, 'sol', i, 3) > 0 THEN a.at + interval '9 days' END, nullif(pg_temp.draw(world, 'reo', i, 3) - 1, -1), (ARRAY['Bot', 'agent', 'customer', 'web', NULL])[1 + pg_temp.draw(world, 'by', i, 5)],
		CASE WHEN pg_temp.draw(world, 'again', i, 3) = 0 THEN a.at + (pg_temp.draw(world, 'when', i, 20)) * interval '1 day' END,
		CASE WHEN pg_temp.draw(world, 'pause', i, 3) = 0 THEN pg_temp.draw(world, 'paused', i, 600) END, CASE WHEN pg_temp.draw(world, 'asked', i, 4) = 0 THEN a.at + pg_temp.draw(world, 'since', i, 3000) * interval '1 minute' END
	FROM generate_series(1, 150) i CROSS JOIN LATERAL (SELECT timestamptz '2024-02-01 02:00+00' + pg_temp.draw(world, 'open', i, 60 * 24 * 125) * interval '1 minute' AS at) a;
	WITH t AS (
		SELECT x.segment, date_trunc('month', d.day)::date AS month, w.*, r.at, coalesce(lower(w.created_by) IN ('bot', 'agent'), false) AS is_staff,
			greatest(extract(epoch FROM least(coalesce(w.first_reply_at, w.paused_at, r.at), r.at) - w.created_at) / 60 - coalesce(w.paused_minutes, 0), 0) AS minutes, coalesce(w.first_reply_at < r.at, false) AS is_answered
		FROM wish w CROSS JOIN (SELECT timestamp '2024-06-01' AT TIME ZONE 'America/St_Johns' AS at) r
		CROSS JOIN LATERAL (SELECT (w.created_at AT TIME ZONE 'America/St_Johns')::date AS day) d
		CROSS JOIN LATERAL (SELECT '(all)' AS segment UNION ALL SELECT pg_temp.segment_at(w.customer_id, d.day)) x
		WHERE d.day < '2024-06-01'
	), step AS (
		SELECT e.segment, e.month, e.minutes, (SELECT count(*) FROM t r WHERE NOT r.is_staff AND r.segment = e.segment AND r.month = e.month AND r.minutes >= e.minutes) AS risk, count(*) AS n
		FROM t e WHERE e.is_answered AND NOT e.is_staff GROUP BY e.segment, e.month, e.minutes
	), survived AS (
		SELECT s.*, (SELECT CASE WHEN bool_or(e.risk = e.n) THEN 0 ELSE exp(sum(ln(1 - e.n / e.risk::float8) ) FILTER (WHERE e.n < e.risk)) END FROM step e WHERE e.segment = s.segment AND e.month = s.month AND e.minutes <= s.minutes) AS left_over FROM step s
	), brute AS (
		SELECT t.segment, t.month, count(*) FILTER (WHERE NOT t.is_staff) AS tickets, count(*) FILTER (WHERE t.is_staff) AS staff, count(DISTINCT t.customer_id) FILTER (WHERE NOT t.is_staff) AS customers,
			count(*) FILTER (WHERE NOT t.is_staff AND t.is_answered) AS answered, count(*) FILTER (WHERE NOT t.is_staff AND t.solved_at < t.at AND NOT coalesce(t.reopened_at >= t.solved_at AND t.reopened_at < t.at, false)) AS solved,
			count(*) FILTER (WHERE NOT t.is_staff AND CASE WHEN t.reopens IS NULL THEN t.reopened_at IS NOT NULL ELSE t.reopens > 0 END) AS reopened,
			count(*) FILTER (WHERE NOT t.is_staff AND t.is_answered AND t.minutes <= 1440) AS within, count(*) FILTER (WHERE NOT t.is_staff AND t.minutes > 1440) AS beyond,
			(SELECT min(s.minutes) / 60 FROM survived s WHERE s.segment = t.segment AND s.month = t.month AND s.left_over < 0.5 + 1e-9) AS median,
			(SELECT min(s.minutes) / 60 FROM survived s WHERE s.segment = t.segment AND s.month = t.month AND s.left_over < 0.1 + 1e-9) AS p90
		FROM t GROUP BY t.segment, t.month HAVING NOT bool_and(t.is_staff)
	)
	SELECT format('world %s: %s %s', world, coalesce(v.segment, b.segment), coalesce(v.month, b.month)) FROM sw.ticket_response v FULL JOIN brute b ON b.segment = v.segment AND b.month = v.month
	WHERE (v.tickets, v.staff_tickets, v.customers, v.answered_tickets, v.solved_tickets, v.reopened_tickets, v.within_tickets, v.beyond_tickets, round(v.median_hours::numeric, 6), round(v.p90_hours::numeric, 6))
		IS DISTINCT FROM (b.tickets, b.staff, b.customers, b.answered, b.solved, b.reopened, b.within, b.beyond, round(b.median::numeric, 6), round(b.p90::numeric, 6));
$$;
SELECT is_empty(format('SELECT d FROM generate_series(1, %s) n, pg_temp.ticket_differs(n) d', :worlds), 'random tickets wait as long as Kaplan and Meier say by plain SQL');

-- W20 in hours of business: from Friday 16:30 to Monday 10:15
SELECT results_eq($$SELECT cvm.business_minutes('2024-03-01 16:30+02', '2024-03-04 10:15+02', 'Europe/Vilnius', '09:00-17:00', '{1,2,3,4,5}', h) / 60, cvm.business_minutes('2024-03-29 16:30+02', '2024-04-01 10:15+03', 'Europe/Vilnius', '09:00-17:00', '{1,2,3,4,5}', h) / 60
	FROM (VALUES (NULL::date[]), ('{2024-03-01,2024-03-02,2024-04-01}')) AS v (h)$$, $$VALUES (1.75::float8, 1.75::float8), (1.25, 0.5)$$, 'W20: from Friday 16:30 to Monday 10:15 there are 1:45 hours of business, on the days of the clock''s change too, and less with holidays');
SELECT is_empty(format($$SELECT n, x.* FROM generate_series(1, %s * 5) n
	CROSS JOIN LATERAL (SELECT timestamptz '2024-02-28 00:00+00' + pg_temp.draw(n, 'since', 1, 4000) * interval '15 minutes' AS since, pg_temp.draw(n, 'long', 1, 1500) * interval '15 minutes' AS long,
		(ARRAY['09:00-17:00', '00:00-24:00', '08:15-12:45'])[1 + n %% 3] AS hours, (ARRAY['{1,2,3,4,5}', '{7}', '{1,3,6,7}'])[1 + n %% 2]::int[] AS days, (ARRAY['{2024-03-05,2024-03-08,2024-04-01,2024-04-01}', NULL])[1 + n %% 2]::date[] AS holidays) a
	CROSS JOIN LATERAL (SELECT cvm.business_minutes(a.since, a.since + a.long, 'America/St_Johns', a.hours, a.days, a.holidays) AS told, 15 * count(*) AS counted
		FROM generate_series(a.since, a.since + a.long - interval '1 second', interval '15 minutes') s (at) CROSS JOIN LATERAL (SELECT s.at AT TIME ZONE 'America/St_Johns' AS at) l
		WHERE l.at::time >= left(a.hours, 5)::time AND l.at::time::interval < right(a.hours, 5)::interval AND extract(isodow FROM l.at) = ANY (a.days) AND NOT coalesce(l.at::date = ANY (a.holidays), false)) x
	-- all day long the change of clocks makes an hour
	WHERE abs(x.told - x.counted) > CASE WHEN a.hours LIKE '00%%' THEN 60 ELSE 0 END$$, :worlds), 'random hours of business are as counted by the quarter');
TRUNCATE wish;
INSERT INTO wish VALUES (1, '2024-03-01 16:30-03:30', '2024-03-04 10:15-03:30', NULL, 0, NULL), (2, '2024-03-01 17:30-03:30', '2024-03-05 09:00-03:30', NULL, 0, NULL), (3, '2024-03-02 17:30-03:30', NULL, NULL, 0, NULL);
SELECT cvm.configure('sw', 'business_hours', '09:00-17:00'), cvm.configure('sw', 'reply_hours', '8') \g /dev/null
SELECT results_eq($$SELECT median_hours, within_tickets, beyond_tickets FROM sw.ticket_response WHERE segment = '(all)'$$, $$VALUES (8::float8, 2::bigint, 1::bigint)$$, 'where hours of business are set, tickets wait in these, and are late by these');
SELECT cvm.configure('sw', 'holidays', '2024-03-04') \g /dev/null
SELECT results_eq($$SELECT median_hours FROM sw.ticket_response WHERE segment = '(all)'$$, $$VALUES (0.5::float8)$$, 'nobody is there on a holiday');
-- from Friday 16:30: replied on Tuesday at 9:00 after an hour of waiting for the customer, or asked back on Tuesday at 9:30
UPDATE wish SET first_reply_at = '2024-03-05 10:00-03:30', paused_minutes = 60, solved_at = '2024-03-05 16:00-03:30' WHERE customer_id = 1;
UPDATE wish SET solved_at = '2024-03-05 12:00-03:30', reopened_at = '2024-03-06 12:00-03:30' WHERE customer_id = 2;
UPDATE wish SET paused_at = '2024-03-05 09:30-03:30' WHERE customer_id = 3;
SELECT cvm.configure('sw', 'reply_hours', '1') \g /dev/null
SELECT results_eq($$SELECT tickets, answered_tickets, median_hours, within_tickets, beyond_tickets, solved_tickets, reopened_tickets, solved_median_hours, solved_p90_hours FROM sw.ticket_response WHERE segment = '(all)'$$,
	$$VALUES (3::bigint, 2::bigint, 0.5::float8, 2::bigint, 0::bigint, 1::bigint, 0::bigint, NULL::float8, NULL::float8)$$, 'nobody is late while a ticket waits for the customer, and one that is opened again is not solved');
UPDATE wish SET reopened_at = '2024-03-05 11:00-03:30', reopens = NULL WHERE customer_id = 2;
SELECT results_eq($$SELECT solved_tickets, reopened_tickets, solved_median_hours FROM sw.ticket_response WHERE segment = '(all)'$$, $$VALUES (2::bigint, 1::bigint, 7.5::float8)$$, 'one that was solved after that is, and half are within so many hours of business');
SELECT throws_ok($$SELECT cvm.configure('sw', 'business_hours', '17:00-09:00')$$, '22023', 'invalid value for setting "business_hours": "17:00-09:00"', 'a day that ends before it begins is refused');
SELECT throws_ok($$SELECT cvm.configure('sw', 'holidays', '2024-02-30')$$, '22023', 'invalid value for setting "holidays": "2024-02-30"', 'a holiday that is no day is refused');
SELECT cvm.configure('sw', 'business_hours', NULL) \g /dev/null

-- contacts: opened, answered, and wanted no more
CREATE TABLE note (customer_id int, sent_at timestamptz, purpose text, outcome text, product text, opened boolean, responded boolean, opted_out boolean);
SELECT cvm.bind('sw', 'contact', 'note') \g /dev/null
INSERT INTO note VALUES (1, '2024-03-01 10:00-03:30', NULL, 'sold', NULL, true, false, false), (1, '2024-03-02 10:00-03:30', NULL, NULL, NULL, NULL, true, NULL), (2, '2024-03-02 10:00-03:30', NULL, 'sold', NULL, false, NULL, true),
	(2, '2024-03-03 10:00-03:30', 'service', 'sold', NULL, true, true, true);
SELECT results_eq($$SELECT contacts, responses, opened_contacts, open_rate, opt_outs, opt_out_rate FROM sw.contact_pressure WHERE segment = '(all)'$$, $$VALUES (3::bigint, 2::bigint, 1::bigint, 0.5::float8, 1::bigint, 0.5::float8)$$,
	'what is told of a response counts before an outcome, and rates are of those of which it is told');
SELECT results_eq($$SELECT ordinal, contacts, responses, opt_outs, opt_out_rate FROM sw.contact_fatigue ORDER BY 1$$, $$VALUES (1::bigint, 2::bigint, 1::bigint, 1::bigint, 0.5::float8), (2, 1, 1, NULL, NULL)$$, 'by the ordinal of a contact responses count likewise');
UPDATE note SET opened = NULL, opted_out = NULL;
SELECT results_eq($$SELECT opened_contacts, open_rate, opt_outs, opt_out_rate FROM sw.contact_pressure WHERE segment = '(all)'$$, $$VALUES (NULL::bigint, NULL::float8, NULL::bigint, NULL::float8)$$, 'what nobody tells is not 0');
CREATE TABLE sent (customer_id int, day date, at timestamptz, is_service boolean, responded boolean, opened boolean, opted_out boolean, w bigint);
CREATE FUNCTION pg_temp.contact_differs(world int) RETURNS TABLE (what text) LANGUAGE sql AS $$
	SELECT pg_temp.survey_world(world);
	TRUNCATE note;
	INSERT INTO note SELECT pg_temp.draw(world, 'cust', i, 25), timestamptz '2024-02-01 01:00+00' + pg_temp.draw(world, 'sent', i, 24 * 90) * interval '1 hour' + i * interval '1 second', (ARRAY['Service', 'marketing', NULL])[1 + pg_temp.draw(world, 'pur', i, 3)],
		CASE WHEN pg_temp.draw(world, 'out', i, 3) = 0 THEN 'x' END, NULL, (ARRAY[true, false, NULL])[1 + pg_temp.draw(world, 'ope', i, 3)], (ARRAY[true, false, NULL])[1 + pg_temp.draw(world, 'res', i, 3)], (ARRAY[true, false, NULL])[1 + pg_temp.draw(world, 'opt', i, 3)]
	FROM generate_series(1, 300) i;
	TRUNCATE sent;
	INSERT INTO sent SELECT n.customer_id, (n.sent_at AT TIME ZONE 'America/St_Johns')::date, n.sent_at, coalesce(n.purpose = 'Service', false), coalesce(n.responded, n.outcome IS NOT NULL), n.opened, n.opted_out,
		(SELECT count(*) FROM note e WHERE e.customer_id = n.customer_id AND e.purpose IS DISTINCT FROM 'Service' AND e.sent_at <= n.sent_at
			AND (e.sent_at AT TIME ZONE 'America/St_Johns')::date > (n.sent_at AT TIME ZONE 'America/St_Johns')::date - 7) FROM note n;
	SELECT format('world %s: ordinal %s', world, coalesce(v.ordinal, b.ordinal)) FROM sw.contact_fatigue v
	FULL JOIN (
		SELECT least(s.w, 10) AS ordinal, count(*) AS contacts, count(DISTINCT s.customer_id) AS customers, count(*) FILTER (WHERE s.responded) AS responses, count(*) FILTER (WHERE s.opted_out) AS opt_outs, count(s.opted_out) AS known
		FROM sent s WHERE NOT s.is_service GROUP BY 1) b ON b.ordinal = v.ordinal
	LEFT JOIN LATERAL (
		SELECT avg(m.rate - f.rate) AS difference, count(*) AS n FROM (SELECT s.customer_id, avg(s.responded::int) AS rate FROM sent s WHERE NOT s.is_service AND least(s.w, 10) = b.ordinal GROUP BY 1) m
		JOIN (SELECT s.customer_id, avg(s.responded::int) AS rate FROM sent s WHERE NOT s.is_service AND s.w = 1 GROUP BY 1) f USING (customer_id) WHERE b.ordinal > 1) d ON true
	WHERE (v.contacts, v.customers, v.responses, coalesce(v.opt_outs, 0), v.compared_customers) IS DISTINCT FROM (b.contacts, b.customers, b.responses, b.opt_outs, d.n)
		OR abs(v.within_difference - d.difference) > 1e-9 OR abs(v.opt_out_rate - b.opt_outs / nullif(b.known, 0)::float8) > 1e-9
	UNION ALL
	SELECT format('world %s: %s %s', world, coalesce(v.segment, b.segment), coalesce(v.month, b.month)) FROM sw.contact_pressure v
	FULL JOIN (
		SELECT x.segment, c.month, count(*) FILTER (WHERE c.contacts > 0) AS customers, sum(c.contacts) AS contacts, sum(c.service) AS service, sum(c.violations) AS violations, count(*) FILTER (WHERE c.violations > 0) AS over_cap,
			sum(c.responses) AS responses, sum(c.opened) AS opened, sum(c.opt_outs) AS opt_outs, max(c.contacts) AS most
		FROM (SELECT s.customer_id, date_trunc('month', s.day)::date AS month, max(s.day) AS day, count(*) FILTER (WHERE NOT is_service) AS contacts, count(*) FILTER (WHERE is_service) AS service, count(*) FILTER (WHERE NOT is_service AND w > 3) AS violations,
			count(*) FILTER (WHERE NOT is_service AND responded) AS responses, count(*) FILTER (WHERE NOT is_service AND opened) AS opened, count(*) FILTER (WHERE NOT is_service AND opted_out) AS opt_outs FROM sent s GROUP BY 1, 2) c
		CROSS JOIN LATERAL (SELECT '(all)' AS segment UNION ALL SELECT pg_temp.segment_at(c.customer_id, c.day)) x
		GROUP BY 1, 2) b ON b.segment = v.segment AND b.month = v.month
	WHERE (v.customers, v.contacts, v.service_contacts, v.violations, v.over_cap_customers, v.responses, coalesce(v.opened_contacts, 0), coalesce(v.opt_outs, 0), v.most_contacts)
		IS DISTINCT FROM (b.customers, b.contacts, b.service, b.violations, b.over_cap, b.responses, b.opened, b.opt_outs, b.most);
$$;
SELECT is_empty(format('SELECT d FROM generate_series(1, %s) n, pg_temp.contact_differs(n) d', :worlds), 'random contacts are responses, opt-outs and violations as by plain SQL');

-- the same in one process and in several, and whatever the type of customers is
SELECT count(*) FROM pg_temp.ticket_differs(1), pg_temp.contact_differs(1) \g /dev/null
CREATE TEMP TABLE alone AS SELECT 'contacts' AS what, to_jsonb(v) AS said FROM sw.contact_pressure v UNION ALL SELECT 'tickets', to_jsonb(v) FROM sw.ticket_response v UNION ALL SELECT 'answers', to_jsonb(v) FROM sw.survey_score v
	UNION ALL SELECT 'fatigue', to_jsonb(v) FROM sw.contact_fatigue v UNION ALL SELECT 'violations', to_jsonb(v) FROM sw.contact_violation v;
SELECT cmp_ok((SELECT min(n) FROM (SELECT count(*) AS n FROM alone GROUP BY what) a), '>=', 4::bigint, 'contacts, tickets and answers have rows to be compared');
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
CREATE FUNCTION pg_temp.is_partial(view text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	plan text;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) TABLE ' || view INTO plan;
	RETURN plan LIKE '%Partial%';
END
$$;
SELECT ok(pg_temp.is_partial('sw.contact_fatigue') AND pg_temp.is_partial('sw.contact_violation') AND pg_temp.is_partial('sw.contact_pressure') AND pg_temp.is_partial('sw.ticket_response') AND pg_temp.is_partial('sw.survey_score'), 'several processes count contacts, tickets and answers');
SELECT set_eq($$SELECT 'contacts', to_jsonb(v) FROM sw.contact_pressure v UNION ALL SELECT 'tickets', to_jsonb(v) FROM sw.ticket_response v UNION ALL SELECT 'answers', to_jsonb(v) FROM sw.survey_score v
	UNION ALL SELECT 'fatigue', to_jsonb(v) FROM sw.contact_fatigue v UNION ALL SELECT 'violations', to_jsonb(v) FROM sw.contact_violation v$$, 'SELECT what COLLATE "default", said FROM alone',
	'several processes say the same as one');
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
CREATE FUNCTION pg_temp.pressure(key text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($q$SELECT unnest(cvm._contact_pressure_agg(r.id, r.day, r.purpose, r.responded, r.opened, r.opted_out, r.segment, r.valid_from, r.valid_to, NULL, 7, 2))::text
		FROM (SELECT %1$s AS id, n.sent_at::date AS day, n.purpose, n.responded, n.opened, n.opted_out, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to FROM note n
			UNION ALL SELECT %1$s, NULL, NULL, NULL, NULL, NULL, n.segment, n.valid_from, n.valid_to FROM is_in n) r$q$, key);
END
$$;
SELECT set_eq($$SELECT pg_temp.pressure('n.customer_id')$$, $$SELECT pg_temp.pressure('n.customer_id || ' || quote_literal(repeat('x', 20)))$$, 'customers may be numbers or long texts');
SELECT set_eq($$SELECT pg_temp.pressure('n.customer_id')$$, $$SELECT pg_temp.pressure('md5(n.customer_id::text)::uuid')$$, 'customers may be uuids');
CREATE FUNCTION pg_temp.told_of(key text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY EXECUTE format($q$SELECT unnest(cvm._contact_fatigue_agg(%1$s, n.sent_at::date, n.sent_at, n.purpose, n.responded, n.opted_out, NULL, 7))::text FROM note n
		UNION ALL SELECT unnest(cvm._contact_silence_agg(r.id, r.day, r.purpose, 'target', r.pays, r.segment, r.valid_from, r.valid_to, '2024-04-01', '2024-03-20'))::text
		FROM (SELECT %1$s AS id, n.sent_at::date AS day, n.purpose, false AS pays, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to FROM note n
			UNION ALL SELECT %1$s, NULL, NULL, true, NULL, NULL, NULL FROM generate_series(1, 28) n (customer_id)
			UNION ALL SELECT %1$s, NULL, NULL, NULL, n.segment, n.valid_from, n.valid_to FROM is_in n) r
		UNION ALL SELECT 'beyond ' || count(*) FROM (SELECT unnest(cvm._contact_beyond_agg(%1$s, n.sent_at::date, n.purpose, NULL, 7, 2)) AS id FROM note n) b JOIN (SELECT DISTINCT %1$s AS id FROM note n) k USING (id)$q$, key);
END
$$;
SELECT set_eq($$SELECT pg_temp.told_of('n.customer_id')$$, $$SELECT pg_temp.told_of('n.customer_id || ' || quote_literal(repeat('x', 20)))$$, 'silent, tired and bombarded customers may be numbers or long texts');
SELECT set_eq($$SELECT pg_temp.told_of('n.customer_id')$$, $$SELECT pg_temp.told_of('md5(n.customer_id::text)::uuid')$$, 'they may be uuids');
SELECT cmp_ok((SELECT count(*) FROM pg_temp.told_of('n.customer_id')), '>=', 20::bigint, 'there are many kinds of them');
SELECT throws_ok($$SELECT cvm._contact_fatigue_agg(1::bigint, '2024-01-01', now(), NULL, NULL, NULL, NULL, NULL)$$, '22004', 'window must not be null', 'what tires has a window');
SELECT throws_ok($$SELECT cvm._contact_beyond_agg(1::bigint, '2024-01-01', NULL, NULL, 7, NULL)$$, '22004', 'window and cap must not be null', 'what is too much has a cap');
SELECT throws_ok($$SELECT cvm._contact_silence_agg(1::bigint, '2024-01-01', NULL, NULL, true, NULL, NULL, NULL, NULL, '2024-01-01')$$, '22004', 'as_of and since must not be null', 'silence has a beginning and an end');
SELECT throws_ok($$SELECT cvm._contact_pressure_agg(1::bigint, '2024-01-01', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1)$$, '22004', 'window and cap must not be null', 'a window is needed');

-- a contact about a product says so without an offer
CREATE TABLE holds (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO holds VALUES (1, 'TV', '2024-01-01', NULL, 9), (2, 'TV', '2024-01-01', '2024-02-01', 9);
SELECT cvm.bind('sw', 'subscription', 'holds') \g /dev/null
TRUNCATE note;
INSERT INTO note VALUES (1, '2024-03-01 10:00-03:30', NULL, NULL, 'TV'), (2, '2024-03-01 10:00-03:30', NULL, NULL, 'TV'), (1, '2024-03-05 10:00-03:30', 'service', NULL, 'TV'), (1, '2024-03-05 10:00-03:30', NULL, NULL, 'NET');
SELECT results_eq('SELECT customer_id, sent_on, offer, product COLLATE "default", contradiction, held_product COLLATE "default" FROM sw.contradictory_contact', $$VALUES (1, date '2024-03-01', NULL::text, 'TV', 'held', 'TV')$$,
	'marketing for what is held contradicts without an offer too');

-- what an initiative is about
CREATE TABLE plan (initiative text, driver text, hypothesis text);
INSERT INTO plan VALUES ('bill', 'price', 'who understands it stays'), ('portal', 'portal', NULL);
SELECT cvm.bind('sw', 'initiative', 'plan') \g /dev/null
SELECT results_eq('SELECT initiative COLLATE "default", hypothesis COLLATE "default" FROM sw.initiative_status ORDER BY 1', $$VALUES ('bill', 'who understands it stays'), ('portal', NULL)$$, 'an initiative is shown with its hypothesis');
SELECT * FROM finish();
ROLLBACK;
