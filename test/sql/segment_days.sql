\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- In which segment a customer was, from when to when.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT plan(6);

-- times that overlap, touch, are empty, begin alike, never begin or never end
CREATE TEMP TABLE stay AS
SELECT c AS customer_id, (ARRAY['a', 'b', 'B', NULL])[1 + hashint4(c * 31 + i) & 3] AS segment,
	CASE hashint4(c * 37 + i) & 15 WHEN 0 THEN NULL WHEN 1 THEN '-infinity' ELSE '2024-01-01'::date + (hashint4(c * 41 + i) & 31) END AS valid_from,
	CASE hashint4(c * 43 + i) & 7 WHEN 0 THEN NULL WHEN 1 THEN 'infinity' ELSE '2024-01-01'::date + (hashint4(c * 47 + i) & 63) END AS valid_to
FROM generate_series(1, 400) c
CROSS JOIN LATERAL generate_series(1, hashint4(c) & 7) i;

CREATE TEMP TABLE held AS
SELECT h.customer_id, d.segment, d.days
FROM (
	SELECT s.customer_id, array_agg(s.segment) AS segments, array_agg(s.valid_from) AS valid_from, array_agg(s.valid_to) AS valid_to
	FROM stay s GROUP BY s.customer_id) h
CROSS JOIN LATERAL cvm._segment_days(h.segments, h.valid_from, h.valid_to) d;

-- what each day and what lies beyond all of them belongs to, stay after stay
SELECT is_empty($$
	WITH named AS (
		SELECT s.*, CASE WHEN s.valid_to <= s.valid_from THEN 'empty'::daterange ELSE daterange(s.valid_from, s.valid_to) END AS days
		FROM stay s WHERE s.segment IS NOT NULL
	), expected AS (
		SELECT p.customer_id, p.segment, range_agg(p.days) AS days
		FROM (
			SELECT n.customer_id, n.segment, datemultirange(n.days) - coalesce(range_agg(n.days) OVER (
				PARTITION BY n.customer_id ORDER BY n.valid_from DESC, n.segment COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '{}') AS days
			FROM named n) p
		GROUP BY p.customer_id, p.segment
		UNION ALL
		SELECT s.customer_id, '(none)', '{(,)}'::datemultirange - coalesce(range_agg(n.days), '{}'::datemultirange)
		FROM (SELECT DISTINCT s.customer_id FROM stay s) s
		LEFT JOIN named n ON n.customer_id = s.customer_id
		GROUP BY s.customer_id
	), told AS (SELECT e.* FROM expected e WHERE NOT isempty(e.days))
	(SELECT t.customer_id, t.segment, t.days FROM told t EXCEPT ALL SELECT h.customer_id, h.segment, h.days FROM held h)
	UNION ALL (SELECT h.customer_id, h.segment, h.days FROM held h EXCEPT ALL SELECT t.customer_id, t.segment, t.days FROM told t)$$,
	'of segments at once the one that began last counts, of those the first by the bytes of its name');
SELECT cmp_ok((SELECT count(*) FROM held), '>', 700::bigint, 'of hundreds of customers');
SELECT results_eq('SELECT d.segment, d.days FROM cvm._segment_days(NULL, NULL, NULL) d',
	$$VALUES ('(none)', '{(,)}'::datemultirange)$$, 'who was never in a segment is in none on all days');
SELECT throws_ok($$SELECT cvm._segment_days('{a,b}', '{2024-01-01}', '{NULL,NULL}')$$, '2202E', 'arrays of times in segments have unequal lengths',
	'arrays that do not belong together are refused');

-- who will be in another segment is not there yet
CREATE TABLE top_up (customer_id bigint, occurred_at date);
CREATE TABLE tier (customer_id bigint, segment text, valid_from date, valid_to date);
INSERT INTO top_up VALUES (1, '2024-03-20'), (1, '2024-04-10');
INSERT INTO tier VALUES (1, 'low', '2024-01-01', '2024-04-20'), (1, 'high', '2024-04-20', NULL);
SET LOCAL client_min_messages = warning;
SELECT cvm.create_model('planned', tz => 'UTC', as_of => '2024-04-15'), cvm.bind('planned', 'event', 'top_up'),
	cvm.bind('planned', 'segment_history', 'tier') \g /dev/null
SELECT results_eq($$SELECT v.segment, v.closing_customers FROM planned.inactivity_churn v WHERE v.month = '2024-04-01' AND v.idle_days = 30 ORDER BY 1$$,
	$$VALUES ('(all)', 1::bigint), ('low', 1)$$, 'a move planned for after as_of counts for nothing in inactivity_churn');
SELECT results_eq($$SELECT c.customer_id, c.detail FROM cvm.customers('planned', 'inactivity_churn',
		(SELECT v.row_key FROM planned.inactivity_churn v WHERE v.segment = 'low' AND v.month = '2024-04-01' AND v.idle_days = 30), 'moved_out_customers') c$$,
	$$SELECT NULL::text, NULL::text WHERE false$$, 'the customers behind it say the same');
SELECT * FROM finish();
ROLLBACK;
