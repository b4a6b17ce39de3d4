\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- The monthly review: its rows, what comes first, and the page.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

-- two thousand customers of two segments; in May a third of one of them leaves
CREATE TABLE spell (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO spell SELECT n, CASE WHEN n % 2 = 0 THEN 'NET' ELSE 'TV <b>' END, '2024-01-01', CASE WHEN n <= 300 THEN date '2024-05-10' WHEN n BETWEEN 1001 AND 1020 THEN date '2024-04-10' WHEN n BETWEEN 1021 AND 1042 THEN date '2024-05-12' END, 20
FROM generate_series(1, 2000) n;
INSERT INTO spell SELECT n, 'NET', date '2024-03-05' + n % 90, NULL, 10 FROM generate_series(3001, 3300) n;
CREATE TABLE segment_of AS SELECT n AS customer_id, CASE WHEN n <= 1000 THEN '<script>alert(1)</script>' ELSE 'Größe & "L"' END AS segment, date '2024-01-01' AS valid_from, NULL::date AS valid_to FROM generate_series(1, 3300) n;
CREATE TABLE owner_of (subject_kind text, subject text, owner text, accountable boolean, valid_from date, valid_to date);
INSERT INTO owner_of VALUES ('segment', '<script>alert(1)</script>', 'Ada', true, '2024-01-01', NULL), ('segment', 'Größe & "L"', 'Bo', true, '2024-01-01', '2024-05-20');
SELECT cvm.create_model('rp', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-06-10') \g /dev/null
SELECT cvm.bind('rp', 'subscription', 'spell'), cvm.bind('rp', 'segment_history', 'segment_of'), cvm.bind('rp', 'owner', 'owner_of') \g /dev/null
CREATE TEMP TABLE pack AS SELECT row_number() OVER () AS place, p.* FROM cvm.review_pack('rp', '2024-05') p;

SELECT results_eq($$SELECT value, previous, change, n, owner, sentence FROM pack WHERE section = 'movements' AND metric = 'churn_mrr' AND segment = '<script>alert(1)</script>'$$,
	$$VALUES (-6000.00, 0.00, -6000.00, 300::bigint, 'Ada', 'Segment <script>alert(1)</script>: customers who left cost 6,000.00 EUR of MRR (300 customers) in 2024-05, 0.00 EUR in 2024-04.')$$,
	'a line of the waterfall says whose it is, how much, how many, and what it was the month before');
SELECT is_empty($$SELECT m.segment FROM rp.mrr_movement m WHERE m.month = '2024-05-01' AND m.closing_mrr - m.opening_mrr IS DISTINCT FROM
	(SELECT sum(p.value) FROM pack p WHERE p.section = 'movements' AND p.segment = m.segment AND p.metric <> 'closing_mrr')$$, 'lines of the pack make what the segment won or lost, to the cent');
SELECT is_empty('SELECT * FROM pack WHERE sentence IS NULL OR definition IS NULL OR verdict IS NULL OR as_of IS NULL OR view IS NULL OR row_key IS NULL', 'every row has a sentence, a definition, a verdict and where it comes from');
SELECT results_eq($$SELECT section, metric, segment FROM pack WHERE place = 1$$, $$VALUES ('headline', 'closing_mrr', '(all)')$$, 'the result of the month comes first');
SELECT cmp_ok((SELECT count(*) FROM pack WHERE section = 'headline'), '<=', 7::bigint, 'the headline has at most seven rows');
SELECT is_empty($$SELECT row_key FROM pack WHERE section = 'headline' EXCEPT ALL SELECT row_key FROM pack WHERE section <> 'headline' AND rank IS NOT NULL$$, 'what is in the headline stands in its section too');

-- a month that is not over has nothing beside it
SELECT is((SELECT count(*) || ' ' || count(change) || ' ' || string_agg(DISTINCT verdict, ',') FROM cvm.review_pack('rp', '2024-06') WHERE section = 'movements'), '8 0 immature', 'a month that is not over is immature and is compared with none');
SELECT throws_ok($$SELECT * FROM cvm.review_pack('rp', '2019-01')$$, 'P0002', 'model "rp" has nothing to review in month "2019-01"', 'a month without anything is an error');
SELECT throws_ok($$SELECT * FROM cvm.review_pack('rp', '2024-13')$$, '22023', '"2024-13" is no month', 'what is no month is an error');
SELECT throws_ok($$SELECT * FROM cvm.review_pack('rp', NULL)$$, '22023', 'NULL is no month', 'no month is an error');
SELECT throws_ok($$SELECT * FROM cvm.review_pack('rp', '2024-05', 'bored')$$, '22023', 'unknown reader "bored"', 'an unknown reader is an error');
SELECT throws_ok($$SELECT * FROM cvm.review_pack('rq', '2024-05')$$, '42704', 'model "rq" does not exist', 'an unknown model is an error');
SELECT is_empty($$SELECT c.view, u FROM cvm.review_source c, unnest(c.columns) u EXCEPT SELECT k.view, k.column_name FROM cvm.report_column k$$, 'what a review reads are columns of report views');

-- the page
CREATE TEMP TABLE page AS SELECT cvm.review_html('rp', '2024-05') AS html;
CREATE FUNCTION pg_temp.count_of(pattern text) RETURNS bigint LANGUAGE sql AS $$SELECT count(*) FROM page, regexp_matches(html, pattern, 'g')$$;
SELECT is(pg_temp.count_of('<li>'), (SELECT count(*) FROM pack WHERE section = 'headline'), 'the page has the rows of the headline');
SELECT is(pg_temp.count_of('<rect class="(up|down|end)"'), (SELECT 2 + count(*) FROM pack WHERE section = 'movements' AND segment = '(all)' AND metric <> 'closing_mrr' AND value <> 0), 'the waterfall has a bar for each line');
SELECT ok(html !~* '<script|javascript:|https?://|\mon\w+=|@import|url\(', 'the page runs no script and loads nothing') FROM page;
SELECT ok(html !~ '[^\n\t -~]', 'the page is the same in every encoding') FROM page;
SELECT is(xml_is_well_formed_document(regexp_replace(replace(html, '<!DOCTYPE html>', ''), '<meta([^>]*)>', '<meta\1/>', 'g')), true, 'every element of the page is closed') FROM page;
SELECT * FROM finish();
ROLLBACK;
