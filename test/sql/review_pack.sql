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
INSERT INTO owner_of VALUES ('segment', '<script>alert(1)</script>', 'Ada', true, '2024-01-01', NULL), ('segment', 'Größe & "L"', 'Bo', true, '2024-01-01', '2024-05-20'),
	('product', 'NET', 'Cy', true, '2024-01-01', NULL), ('product', 'TV <b>', 'Cy', true, '2024-01-01', NULL);
CREATE TABLE idea (initiative text, driver text, metric text, baseline_on date, effort int, impact int, decided_on date, shipped_on date);
INSERT INTO idea VALUES ('simple bill', 'price', 'churn_rate', '2024-01-10', 2, 8, '2024-01-15', '2024-03-01'), ('portal <i>', 'portal', NULL, NULL, 5, 5, '2024-02-01', NULL), ('later', 'price', 'nps', NULL, 1, 1, '2024-06-02', NULL);
CREATE TABLE meeting (cycle text, due_on date, held_on date, subject text, decision text, initiative text);
INSERT INTO meeting VALUES ('2024-04', '2024-04-05', '2024-04-05', 'bill', 'go on', 'simple bill'), ('2024-05', '2024-05-06', NULL, NULL, NULL, NULL);
CREATE TABLE answer (customer_id int, occurred_at date, instrument text, score int, driver text);
INSERT INTO answer SELECT n, date '2024-04-02' + n % 2 * 30, 'nps', CASE WHEN n % 2 = 0 THEN 9 WHEN n % 3 = 0 THEN 9 ELSE 3 END, 'quality' FROM generate_series(1, 900) n;
ANALYZE spell, segment_of, owner_of, answer;
SELECT cvm.create_model('rp', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-06-10') \g /dev/null
SELECT cvm.bind('rp', 'subscription', 'spell'), cvm.bind('rp', 'segment_history', 'segment_of'), cvm.bind('rp', 'owner', 'owner_of'), cvm.bind('rp', 'initiative', 'idea'), cvm.bind('rp', 'review', 'meeting'), cvm.bind('rp', 'survey', 'answer') \g /dev/null
CREATE TEMP TABLE found AS SELECT cvm._review_data('rp', '2024-05-01') AS data;
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


-- what was tested
SELECT results_eq($$SELECT p.segment, p.verdict, p.n = k.opening_customers FROM pack p JOIN rp.segment_kpi k ON k.segment = p.segment AND k.month = '2024-05-01' WHERE p.section = 'segments' AND p.metric = 'churn_rate' ORDER BY 1$$,
	$$VALUES ('(all)', 'shift', true), ('<script>alert(1)</script>', 'shift', true), ('Größe & "L"', 'noise', true)$$, 'churn has shifted where a third left, and nowhere else but in the total');
CREATE TEMP TABLE raw AS SELECT r.* FROM found f, cvm._review_rows(f.data, '2024-05-01') r;
SELECT cmp_ok((SELECT count(p_value) FROM raw), '>', 20::bigint, 'many rows were tested');
SELECT is_empty($$SELECT p.metric, p.segment FROM pack p JOIN raw r USING (section, metric, segment, view, row_key) WHERE p.section <> 'headline' AND round(p.p_adjusted::numeric, 12) IS DISTINCT FROM round((
	SELECT max(least(1, (SELECT count(*) FROM raw k WHERE k.p_value >= j.p_value) * j.p_value)) FROM raw j WHERE j.p_value <= r.p_value)::numeric, 12)$$, 'p values are corrected by Holm for every row that was tested');
SELECT is_empty($$SELECT * FROM pack WHERE p_adjusted IS NOT NULL AND (verdict = 'shift') <> (p_adjusted <= 0.05)$$, 'a shift is what remains one after the correction');
SELECT is_empty($$SELECT * FROM pack WHERE section = 'headline' AND (p_adjusted > 0.05 OR is_complete = false OR verdict IN ('noise', 'immature', 'fact'))$$, 'the headline has nothing that may be chance');
SELECT is((SELECT string_agg(rank || ' ' || abs(money) || ' ' || place, E'\n' ORDER BY place) FROM pack WHERE section = 'headline'),
	(SELECT string_agg(rank || ' ' || abs(money) || ' ' || rank, E'\n' ORDER BY verdict <> 'result', abs(money) DESC NULLS LAST, rank) FROM pack WHERE section = 'headline'), 'the headline is in the order of money, after the result');
SELECT is((SELECT money FROM pack WHERE section = 'segments' AND metric = 'churn_rate' AND segment = '<script>alert(1)</script>'), -6000.00, 'a rate that rose by three tenths over 20,000 of MRR costs 6,000');

-- who is named, and who is not
SELECT results_eq($$SELECT subject, verdict, money FROM pack WHERE section = 'owners' ORDER BY 1, 2$$, $$SELECT 'Größe & "L"', 'gap', closing_mrr FROM rp.segment_kpi WHERE month = '2024-05-01' AND segment LIKE 'Gr%' UNION ALL
	SELECT 'Größe & "L"', 'stale', closing_mrr FROM rp.segment_kpi WHERE month = '2024-05-01' AND segment LIKE 'Gr%'$$, 'a segment for which nobody answers is named with its money, and no other');
SELECT results_eq($$SELECT subject, metric, verdict FROM pack WHERE section = 'initiatives' ORDER BY subject COLLATE "C", metric$$, $$VALUES ('2024-04', 'decision', 'fact'), ('2024-05', 'review', 'overdue'),
	('portal <i>', 'days_waiting', 'overdue'), ('portal <i>', 'impact_per_effort', 'unmeasured'), ('simple bill', 'days_waiting', 'overdue'), ('simple bill', 'impact_per_effort', 'not_reviewed')$$,
	'an initiative without metric and baseline, what waits for its next step and a review that is overdue are named; what was decided later is not there');
SELECT results_eq($$SELECT metric, subject, verdict FROM pack WHERE section = 'drivers' AND segment = '(all)' ORDER BY metric$$, $$VALUES ('managed_share', NULL, 'fact'), ('measured_not_acted_on', 'quality', 'no_action'), ('unmanaged', 'quality', 'unmanaged'), ('value', 'quality', 'shift')$$,
	'a driver that is measured and not acted on is named, and that it fell');
SELECT results_eq($$SELECT segment, verdict, n FROM pack WHERE section = 'drivers' AND metric = 'value' AND segment = '(all)'$$, $$VALUES ('(all)', 'shift', 450::bigint)$$, 'a score that fell is a shift');
SELECT is_empty($$SELECT p.row_key FROM pack p JOIN rp.value_driver v USING (row_key) WHERE p.metric = 'value' AND (p.change <> p.value - p.previous OR p.conf_low > p.change OR p.conf_high < p.change OR p.money IS DISTINCT FROM v.mrr_at_stake)$$,
	'its row has the change with its limits, and what is at stake');
SELECT is_empty($$SELECT row_key FROM pack WHERE section = 'perception' AND subject = 'quality'$$, 'what is about a driver is said once');
SELECT is((SELECT count(*) FROM found f, cvm._review_ranked(f.data, '2024-05-01', 'it') WHERE section NOT IN ('headline', 'data')), 0::bigint, 'a reader gets the sections that are theirs');
SELECT is_empty($$SELECT verdict, p_adjusted, row_key, view, metric FROM found f, cvm._review_ranked(f.data, '2024-05-01', 'cmo') WHERE section <> 'headline' EXCEPT SELECT verdict, p_adjusted, row_key, view, metric FROM pack$$, 'a row says the same to every reader');
SELECT results_eq($$SELECT n, previous, verdict FROM pack WHERE section = 'retention' AND segment = '(all)' AND metric = 'subscription_retention_1'$$,
	$$SELECT a.eligible_customers, round((SELECT sum(b.retained_customers)::numeric / sum(b.eligible_customers) FROM rp.subscription_retention b WHERE b.segment = '(all)' AND b.period_no = 1 AND b.is_complete AND b.cohort BETWEEN '2023-10-01' AND '2024-03-01'), 8), 'noise'
	FROM rp.subscription_retention a WHERE a.segment = '(all)' AND a.period_no = 1 AND a.cohort = '2024-04-01'$$, 'a cohort is compared with the pooled ones before it at its age');

-- a month that is not over has nothing beside it
SELECT is((SELECT count(*) || ' ' || count(change) || ' ' || string_agg(DISTINCT verdict, ',') FROM cvm.review_pack('rp', '2024-06') WHERE section = 'movements'), '8 0 immature', 'a month that is not over is immature and is compared with none');
SELECT throws_ok($$SELECT * FROM cvm.review_pack('rp', '2019-01')$$, 'P0002', 'model "rp" has nothing to review in month "2019-01"', 'a month without anything is an error');
SELECT throws_ok($$SELECT * FROM cvm.review_pack('rp', '2024-13')$$, '22023', '"2024-13" is no month', 'what is no month is an error');
SELECT throws_ok($$SELECT * FROM cvm.review_pack('rp', NULL)$$, '22023', 'NULL is no month', 'no month is an error');
SELECT throws_ok($$SELECT * FROM cvm.review_pack('rp', '2024-05', 'bored')$$, '22023', 'unknown reader "bored"', 'an unknown reader is an error');
SELECT throws_ok($$SELECT * FROM cvm.review_pack('rq', '2024-05')$$, '42704', 'model "rq" does not exist', 'an unknown model is an error');
SELECT is_empty($$SELECT c.view, u FROM cvm.review_source c, unnest(c.columns) u EXCEPT SELECT k.view, k.column_name FROM cvm.report_column k$$, 'what a review reads are columns of report views');

-- the page
CREATE TEMP TABLE page AS SELECT cvm._review_page('rp', '2024-05-01', 'board', f.data) AS html FROM found f;
CREATE FUNCTION pg_temp.count_of(pattern text) RETURNS bigint LANGUAGE sql AS $$SELECT count(*) FROM page, regexp_matches(html, pattern, 'g')$$;
SELECT is(pg_temp.count_of('<li>'), (SELECT count(*) FROM pack WHERE section = 'headline'), 'the page has the rows of the headline');
SELECT is(pg_temp.count_of('<g class="cell">'), (SELECT count(*) FROM rp.subscription_retention WHERE segment = '(all)' AND cohort > '2022-11-01' AND period_start <= '2024-05-01'), 'the heat map has a cell for each row');
SELECT is((SELECT count(*) FROM page, regexp_matches(substring(html FROM '<table id="segments">.*?</table>'), '<tr><th scope="row">', 'g')), (SELECT count(*) FROM rp.segment_kpi WHERE month = '2024-05-01'), 'the table of segments has a row for each');
SELECT is(pg_temp.count_of('<article class="card">'), (SELECT count(*) FROM rp.initiative_status WHERE decided_on < '2024-06-01'), 'the board has a card for each initiative');
SELECT is((SELECT count(*) FROM page, regexp_matches(substring(html FROM '<figure id="products">.*?</svg>'), '<circle', 'g')), (SELECT count(*) FROM pack WHERE section = 'products' AND metric = 'churn_rate' AND conf_low IS NOT NULL), 'each product that is compared has its interval');
SELECT is(pg_temp.count_of('<section id="s-'), (SELECT count(DISTINCT section) + 1 FROM pack), 'the page has every section, and definitions');
SELECT is((SELECT count(*) FROM page, regexp_matches(substring(html FROM '<dl>.*</dl>'), '<dt>', 'g')), (SELECT count(DISTINCT (view, definition)) FROM pack WHERE as_of IS NOT NULL), 'every definition is at the end');
SELECT ok(html LIKE '%&lt;script&gt;alert(1)&lt;/script&gt;%', 'a segment that looks like a script is text') FROM page;
SELECT cmp_ok(length(html), '<', 400000, 'the page is small') FROM page;
SELECT is((SELECT count(*) FROM page, regexp_matches(substring(html FROM '<figure id="waterfall">.*?</svg>'), '<rect class="(up|down|end)"', 'g')), (SELECT 2 + count(*) FROM pack WHERE section = 'movements' AND segment = '(all)' AND metric <> 'closing_mrr' AND value <> 0), 'the waterfall has a bar for each line');
SELECT ok(html !~* '<script|javascript:|https?://|\mon\w+=|@import|url\(', 'the page runs no script and loads nothing') FROM page;
SELECT ok(html !~ '[^\n\t -~]', 'the page is the same in every encoding') FROM page;
SELECT is(xml_is_well_formed_document(regexp_replace(replace(html, '<!DOCTYPE html>', ''), '<meta([^>]*)>', '<meta\1/>', 'g')), true, 'every element of the page is closed') FROM page;

-- whoever may read some views gets these, and is told of the others
CREATE ROLE rp_reader;
SELECT cvm.store('rp', 'segment_kpi') \g /dev/null
SELECT cvm.grant_reader('rp', 'rp_reader') \g /dev/null
SET ROLE rp_reader;
CREATE TEMP TABLE theirs AS SELECT * FROM cvm.review_pack('rp', '2024-05');
RESET ROLE;
SELECT is_empty($$SELECT view FROM theirs WHERE section <> 'data' AND view <> 'segment_kpi'$$, 'a reader sees what is granted');
SELECT ok(bool_and(verdict = 'not_read' AND sentence LIKE '% is missing here: %permission denied%') AND count(*) > 5, 'a reader is told what is missing') FROM theirs WHERE section = 'data' AND metric = 'not_read';
CREATE ROLE rp_stranger;
SET ROLE rp_stranger;
SELECT throws_ok($$SELECT * FROM cvm.review_pack('rp', '2024-05')$$, '42501', 'permission denied for every report view of model "rp"', 'a stranger gets nothing');
RESET ROLE;
SELECT cvm.unstore('rp', 'segment_kpi') \g /dev/null

-- policies of the source hold
CREATE ROLE rp_half;
GRANT USAGE ON SCHEMA rp TO rp_half;
GRANT SELECT ON spell, segment_of, rp.subscription, rp.segment_history, rp.mrr_movement TO rp_half;
ALTER TABLE spell ENABLE ROW LEVEL SECURITY;
CREATE POLICY half ON spell FOR SELECT TO rp_half USING (customer_id <= 1000);
SET ROLE rp_half;
CREATE TEMP TABLE half AS SELECT * FROM cvm.review_pack('rp', '2024-05');
RESET ROLE;
SELECT results_eq($$SELECT DISTINCT segment, value, n FROM half WHERE metric = 'closing_mrr' ORDER BY 1$$, $$VALUES ('(all)', 14000.00, 700::bigint), ('<script>alert(1)</script>', 14000.00, 700)$$,
	'a policy on the source holds for the review, sums and all');
DROP POLICY half ON spell;
ALTER TABLE spell DISABLE ROW LEVEL SECURITY;

-- what was shown is kept
SELECT throws_ok($$SELECT * FROM cvm.review_restated('rp', '2024-05')$$, 'P0002', 'the review of "2024-05" of model "rp" was not stored', 'what was not stored has nothing to be compared with');
CREATE TEMP TABLE hash AS SELECT cvm.review_store('rp', '2024-05') AS hash;
SELECT is((SELECT hash FROM hash), (SELECT encode(sha256(convert_to(pack::text, 'UTF8')), 'hex') FROM cvm.review_stored WHERE model = 'rp' AND month = '2024-05-01'), 'a review is stored with the hash of its rows');
SELECT is_empty($$SELECT * FROM cvm.review_restated('rp', '2024-05')$$, 'nothing was restated');
UPDATE spell SET mrr = 25 WHERE customer_id = 1 AND product = 'TV <b>';
SELECT results_eq($$SELECT column_name, old_value, new_value FROM cvm.review_restated('rp', '2024-05') WHERE metric = 'churn_mrr' AND segment = '(all)' AND section = 'movements'$$,
	$$VALUES ('value', '-6440.00', '-6445.00'), ('change', '-6040.00', '-6045.00'), ('money', '-6440.00', '-6445.00')$$, 'what was restated is told cell by cell');
INSERT INTO hash SELECT cvm.review_store('rp', '2024-05') FROM generate_series(1, 2);
SELECT is((SELECT count(DISTINCT hash) FROM hash), 2::bigint, 'what was restated has another hash');
SELECT is((SELECT count(*) FROM cvm.review_stored WHERE model = 'rp'), 2::bigint, 'the old review and the restated one are kept');
SET ROLE rp_reader;
CREATE TEMP TABLE seen AS SELECT count(*) AS reviews FROM cvm.review_stored;
RESET ROLE;
SELECT is((SELECT reviews FROM seen), 0::bigint, 'a reader of the views sees no stored review, which was made of all rows');

-- small groups stay out
SELECT cvm.configure('rp', 'min_group_size', '1100') \g /dev/null
SELECT is((SELECT count(*) FROM cvm.review_pack('rp', '2024-05') WHERE segment LIKE '<script>%' AND section IN ('segments', 'retention')), 0::bigint, 'a group that is too small is in no row');
-- whom channels brought, who moved, who may buy: two channels, of whose customers of February the dealer's leave
CREATE TABLE sold (customer_id int, product text, started_on date, ended_on date, mrr numeric, channel text);
INSERT INTO sold SELECT n, 'S', CASE WHEN n % 2 = 0 THEN date '2024-02-05' ELSE date '2023-11-05' END,
	CASE WHEN n > 200 AND n <= 280 AND n % 2 = 0 THEN date '2024-04-20' WHEN n <= 20 AND n % 2 = 1 THEN date '2024-05-10' END, 10, CASE WHEN n <= 200 THEN 'shop' ELSE 'dealer' END
FROM generate_series(1, 400) n;
INSERT INTO sold SELECT n, 'M', '2024-05-10', NULL, 15, 'shop' FROM generate_series(1, 20, 2) n;
INSERT INTO sold SELECT n, 'M', '2023-12-12', NULL, 15, 'shop' FROM generate_series(21, 30) n;
SELECT cvm.create_model('rs', tz => 'UTC', currency => 'EUR', as_of => '2024-06-01'), cvm.bind('rs', 'subscription', 'sold') \g /dev/null
CREATE TEMP TABLE brought AS SELECT * FROM cvm.review_pack('rs', '2024-05');
SELECT results_eq($$SELECT subject, value, previous, n, verdict FROM brought WHERE section = 'channels' AND metric = 'retention_3' ORDER BY 1$$,
	$$VALUES ('dealer', 0.6, 1.0, 100::bigint, 'shift'), ('shop', 1.0, 1.0, 95::bigint, 'noise')$$, 'a channel whose newcomers leave is told beside those who came through it before');
SELECT results_eq($$SELECT metric, subject, n, money, verdict FROM brought WHERE metric = 'moved_customers'$$, $$VALUES ('moved_customers', 'M', 10::bigint, 50.00, 'fact')$$,
	'moves from product to product are told with what they change');
SELECT set_eq($$SELECT row_key, value, money FROM brought WHERE metric = 'expected_sales'$$, $$SELECT row_key, round(expected_sales::numeric, 2), expected_mrr FROM rs.white_space WHERE expected_mrr > 0$$,
	'who may buy what is told as white_space has it');
SELECT results_eq($$SELECT metric, verdict, is_complete, as_of FROM cvm.review_pack('rs', '2024-05', 'it') WHERE section <> 'headline'$$, $$VALUES ('data_through', 'fact', true, date '2024-06-01')$$,
	'who looks after data is told how far they go, and nothing of customers');
SELECT is_empty($$SELECT view, row_key FROM cvm.review_pack('rs', '2024-05', 'ceo') EXCEPT SELECT view, row_key FROM brought$$, 'a CEO reads what the board reads');
SELECT cvm.store('rs', 'product_migration'), cvm.configure('rs', 'pause_days', '60') \g /dev/null
INSERT INTO cvm.restatement (refresh_id, model, relation, row_key, period, column_name, old_value, new_value)
SELECT 1, 'rs', 'product_migration', '2024-05|S|' || k, '2024-05-01', c, 100, 100 - x FROM (VALUES ('M', 'to_mrr', 7), ('M', 'customers', 40), ('(out)', 'from_mrr', 5)) r (k, c, x);
SELECT results_eq($$SELECT metric, subject, verdict, money, sentence FROM cvm.review_pack('rs', '2024-05', 'it') WHERE section = 'data' AND metric IN ('stored', 'restated') ORDER BY metric$$,
	$$VALUES ('restated', 'product_migration', 'restated', -7::numeric, 'product_migration: 3 values of 2024-05 became others after they were stored, most of all to_mrr of 2024-05|S|M, by -7.'),
	('stored', 'product_migration', 'stale', NULL, 'product_migration is stored with data through 2024-05-31 and stale: settings or binding changed.')$$, 'what is stale and what became another value is told');
SELECT * FROM finish();
ROLLBACK;
