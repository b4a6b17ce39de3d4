\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- Who hears nothing, and what a further contact brings with the same customers.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;
-- ten pay: five never heard, one 181 days ago, one 180 days ago, one of service only, two got one and five
CREATE TABLE sub (customer_id int, product text, started_on date, ended_on date, mrr numeric);
CREATE TABLE con (customer_id int, occurred_at date, channel text, purpose text, outcome text);
CREATE TABLE seg (customer_id int, segment text, valid_from date);
INSERT INTO sub SELECT n, 'P', date '2023-01-01', NULL::date, 10 FROM generate_series(1, 10) n UNION ALL SELECT 11, 'P', '2023-01-01', '2024-06-30', 10 UNION ALL SELECT 12, 'P', '2023-01-01', NULL, 0;
INSERT INTO con VALUES (6, date '2024-07-01' - 181, 'mail', NULL, NULL), (7, date '2024-07-01' - 180, 'mail', 'marketing', NULL), (8, '2024-06-01', 'mail', 'Service', NULL), (9, '2024-06-01', 'mail', NULL, NULL), (99, '2024-06-01', 'mail', NULL, NULL);
INSERT INTO con SELECT 10, date '2024-05-01' + 10 * n, 'mail', NULL, NULL FROM generate_series(1, 5) n;
INSERT INTO seg SELECT n, CASE WHEN n <= 5 THEN 'a' ELSE 'b' END, '2023-01-01' FROM generate_series(1, 12) n;
SELECT cvm.create_model('si', tz => 'UTC', as_of => '2024-07-01') \g /dev/null
SELECT cvm._register('si', 'insert', 'binding', (SELECT jsonb_agg(jsonb_build_object('entity', split_part(b, ' ', 1), 'source_schema', 'public', 'source_name', split_part(b, ' ', 2), 'columns', '{}'::jsonb))
	FROM unnest('{subscription sub,contact con,segment_history seg}'::text[]) b)) \g /dev/null
SELECT count(*) FROM cvm.rebuild('si') \g /dev/null
SELECT results_eq('SELECT segment COLLATE "default", base_customers, silent_customers, never_customers, contacts, round(gini::numeric, 6) FROM si.contact_silence ORDER BY 1',
	$$VALUES ('(all)', 10::bigint, 7::bigint, 6::bigint, 7::bigint, 0.814286), ('a', 5, 5, 5, 0, NULL::numeric), ('b', 5, 2, 1, 7, 0.628571)$$, 'silent is who pays and got no marketing for 180 days, and contacts fall unevenly: 1, 1 and 5 of ten');
SELECT is((SELECT string_agg(customer_id, ' ' ORDER BY customer_id::int) FROM cvm.customers('si', 'contact_silence', '(all)', 'silent_customers')), '1 2 3 4 5 6 8', 'the silent are told by name');
-- Heavy contact goes to those who respond more: over all customers the third contact looks better than the first,
-- though with the same customers it is worse
TRUNCATE con;
INSERT INTO con SELECT n, date '2024-03-01' + k, 'mail', NULL, CASE WHEN n <= 100 THEN CASE WHEN k = 0 AND n <= 60 OR k = 2 AND n <= 40 THEN 'sold' END WHEN n <= 110 THEN 'sold' END
	FROM generate_series(1, 300) n, unnest('{0,1,2}'::int[]) k WHERE n <= 100 OR k = 0;
SELECT is((SELECT string_agg(concat_ws(' ', ordinal, contacts, responses, round(response_rate::numeric, 4), compared_customers, round(within_difference::numeric, 4), verdict), ', ' ORDER BY ordinal) FROM si.contact_fatigue),
	'1 300 70 0.2333 0 first, 2 100 0 0.0000 100 -0.6000 fatigue, 3 100 40 0.4000 100 -0.2000 fatigue', 'the third contact brings more than the first, and less with the same customers');
SELECT is((SELECT concat_ws(' ', round(within_low::numeric, 6), round(within_high::numeric, 6)) FROM si.contact_fatigue WHERE ordinal = 3),
	(SELECT concat_ws(' ', round((avg(d) - 1.959963984540054 * stddev_samp(d) / sqrt(100))::numeric, 6), round((avg(d) + 1.959963984540054 * stddev_samp(d) / sqrt(100))::numeric, 6))
		FROM (SELECT CASE WHEN n > 40 AND n <= 60 THEN -1.0 ELSE 0.0 END AS d FROM generate_series(1, 100) n) x), 'fatigue has the limits of paired differences');
-- random responses: no more than chance has it is called anything
TRUNCATE con;
INSERT INTO con SELECT n, date '2024-01-01' + (hashtext('a' || n || '.' || k) & 31), 'mail', NULL, CASE WHEN hashtext('r' || n || '.' || k) & 3 = 0 THEN 'sold' END FROM generate_series(1, 600) n, generate_series(1, 8) k;
SELECT cmp_ok((SELECT count(*) FROM si.contact_fatigue WHERE verdict IN ('fatigue', 'reminder') AND compared_customers >= 30), '<=', 1::bigint, 'where responses are the same at every ordinal none is accused beyond chance');
SELECT * FROM finish();
ROLLBACK;
