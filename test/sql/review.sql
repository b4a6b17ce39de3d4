\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
-- What is measured and what is done: surveys, tickets, contacts, initiatives,
-- reviews.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SELECT * FROM no_plan();
SET LOCAL client_min_messages = warning;

-- W7: the same answers by three forms, and how sure they are
CREATE TABLE answer (customer_id int, occurred_at timestamptz, instrument text, score float8, driver text, competitor_score float8);
INSERT INTO answer SELECT n, '2024-03-10 12:00+00', 'NPS', CASE WHEN n <= 45 THEN 9 + n % 2 WHEN n <= 75 THEN 7 + n % 2 ELSE n % 7 END, 'price', NULL FROM generate_series(1, 100) n;
INSERT INTO answer SELECT n, '2024-03-10 12:00+00', 'ces', width_bucket(n, ARRAY[1, 81, 291, 431, 541, 701, 881]), NULL, NULL FROM generate_series(1, 1000) n;
INSERT INTO answer SELECT n, '2024-03-10 12:00+00', 'csat', 1 + n % 5, NULL, NULL FROM generate_series(1, 50) n;
INSERT INTO answer SELECT n, '2024-03-10 12:00+00', 'value', 8 + n % 2, NULL, CASE WHEN n <= 20 THEN 8 END FROM generate_series(1, 40) n;
-- of two answers in a month the last one counts; the local day decides the month
INSERT INTO answer VALUES (1, '2024-03-09 12:00+00', 'nps', 0, 'price', NULL), (501, '2024-03-31 22:30+00', 'nps', 10, 'price', NULL), (502, '2024-03-31 12:00+00', 'nps', 'NaN', 'price', NULL);
CREATE TABLE answer_segment AS SELECT n AS customer_id, CASE WHEN n <= 60 THEN 'a|b' ELSE 'c' END AS segment, date '2024-01-01' AS valid_from, NULL::date AS valid_to FROM generate_series(1, 90) n;
SELECT cvm.create_model('rv', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-05-01') \g /dev/null
SELECT cvm.bind('rv', 'survey', 'answer') \g /dev/null
SELECT is((SELECT concat_ws(' ', answers, promoters, passives, detractors, score, round(std_error::numeric, 3), round(((conf_high - conf_low) / 2)::numeric, 2), is_enough) FROM rv.survey_score WHERE instrument = 'nps' AND month = '2024-03-01'),
	'100 45 30 25 20 8.124 15.92 t', 'W7: 45, 30 and 25 of 100 are an NPS of 20, give or take 15.92');
SELECT is((SELECT concat_ws(' ', answers, round(score::numeric, 2), round(ces_index::numeric), ces_agree_share, ces_top_two_share) FROM rv.survey_score WHERE instrument = 'ces'),
	'1000 4.08 -13 0.46 0.3', 'W7: the same thousand answers are a CES of 4.08, of -13, of 46% and of 30%');
SELECT is((SELECT concat_ws(' ', answers, satisfied, score, round(conf_low::numeric, 4), round(conf_high::numeric, 4)) FROM rv.survey_score WHERE instrument = 'csat'),
	'50 20 0.4 0.2761 0.5382', 'CSAT is the share of the two best answers, with Wilson''s limits');
SELECT is((SELECT concat_ws(' ', score, value_difference, value_ratio) FROM rv.survey_score WHERE instrument = 'value'), '8.5 0.5 106.25', 'perceived value beside the competitor is of those who answered both');
SELECT is((SELECT concat_ws(' ', answers, score, conf_low, is_enough, is_complete) FROM rv.survey_score WHERE month = '2024-04-01'), '1 100 f t', 'one answer has no interval and is not enough; its month is that of its local day');
SELECT cvm.bind('rv', 'segment_history', 'answer_segment') \g /dev/null
SELECT is_empty($$SELECT instrument, driver, month FROM rv.survey_score GROUP BY 1, 2, 3
	HAVING sum(answers) FILTER (WHERE segment <> '(all)') <> sum(answers) FILTER (WHERE segment = '(all)')
		OR sum(promoters) FILTER (WHERE segment <> '(all)') <> sum(promoters) FILTER (WHERE segment = '(all)')$$, 'segments add up to the answers of all');
SELECT is((SELECT string_agg(segment || ' ' || answers, ', ' ORDER BY segment COLLATE "C") FROM rv.survey_score WHERE instrument = 'nps' AND month = '2024-03-01'), '(all) 100, (none) 10, a|b 60, c 30', 'segments of an answer are those of its day');
SELECT is((SELECT count(*) - count(DISTINCT row_key) FROM rv.survey_score), 0::bigint, 'a row has a key of its own');

-- a stored report compares names as they are, whatever their collation in the source
SELECT cvm.store('rv', 'survey_score') \g /dev/null
INSERT INTO answer VALUES (503, '2024-03-11 12:00+00', 'nps', 9, 'price', NULL);
SELECT cvm.refresh_here('rv', '{survey_score}') \g /dev/null
SELECT is((SELECT r.mode || ' ' || (r.rows_restated > 0) || ' ' || (r.rows_written > 0) FROM cvm.refresh_log r WHERE r.model = 'rv' ORDER BY r.refresh_id DESC LIMIT 1), 'full true true',
	'a stored report of named segments is compared with what it was');
DELETE FROM answer WHERE customer_id = 503;
SELECT cvm.unstore('rv', 'survey_score') \g /dev/null

-- W20: from Friday to Monday, and who still waits
CREATE TABLE request (customer_id int, opened_at timestamptz, first_reply_at timestamptz, solved_at timestamptz, reopens int);
INSERT INTO request VALUES (1, '2024-03-01 16:30+02', '2024-03-04 10:15+02', '2024-03-05', 1);
SELECT cvm.bind('rv', 'ticket', 'request') \g /dev/null
SELECT is((SELECT concat_ws(' ', tickets, answered_tickets, solved_tickets, reopened_tickets, median_hours, beyond_tickets, beyond_rate) FROM rv.ticket_response WHERE segment = '(all)'), '1 1 1 1 65.75 1 1', 'W20: from Friday 16:30 to Monday 10:15 the clock counts 65:45 hours');
TRUNCATE request;
INSERT INTO request SELECT n, timestamptz '2024-04-01 09:00+03', CASE WHEN n <= 5 THEN timestamptz '2024-04-01 09:00+03' + (ARRAY[1, 2, 3, 4, 100])[n] * interval '1 hour' END, NULL, NULL FROM generate_series(1, 5) n;
SELECT is((SELECT concat_ws(' ', median_hours, p90_hours) FROM rv.ticket_response WHERE segment = '(all)'), '3 100', 'W20: of 1, 2, 3, 4 and 100 hours the median is 3 and p90 the discrete 100');
-- five of ten are answered within four hours, five still wait: the median is the fifth
INSERT INTO request SELECT n, '2024-04-29 09:00+03', CASE WHEN n <= 14 THEN timestamptz '2024-04-29 09:00+03' + (n - 10) * interval '1 hour' END, NULL, NULL FROM generate_series(11, 20) n;
UPDATE request SET opened_at = '2024-04-30 20:00+03' WHERE customer_id >= 19;
SELECT is((SELECT concat_ws(' ', answered_tickets, unanswered_tickets, median_hours, p90_hours, within_tickets, beyond_tickets) FROM rv.ticket_response WHERE segment = '(all)'), '9 6 4 100 8 5', 'who still waits counts for as long as they wait, and is late only when it is known');
-- Kaplan and Meier by hand
SELECT is((SELECT round(survival::numeric, 6) FROM (SELECT exp(sum(ln(1 - d.n / r.n::float8))) AS survival
	FROM (SELECT w, count(*) AS n FROM (SELECT extract(epoch FROM coalesce(first_reply_at, '2024-05-01 00:00+03') - opened_at) / 60 AS w, first_reply_at IS NOT NULL AS e FROM request) x WHERE e AND w <= 240 GROUP BY w) d,
		LATERAL (SELECT count(*) AS n FROM request WHERE extract(epoch FROM coalesce(first_reply_at, '2024-05-01 00:00+03') - opened_at) / 60 >= d.w) r) s),
	(SELECT round((1 - q.share)::numeric, 6) FROM (SELECT 8 / 15.0 + 0.0 AS share) q), 'eight of fifteen were answered within four hours, and none had dropped out before');

-- W11: a cap of three in seven rolling days
CREATE TABLE call (customer_id int, occurred_at date, channel text, purpose text, outcome text);
INSERT INTO call SELECT 1, d, 'mail', 'marketing', NULL FROM unnest('{2024-03-01,2024-03-02,2024-03-03,2024-03-04,2024-03-20}'::date[]) d;
INSERT INTO call SELECT 2, date '2024-03-01' + 7 * n, 'mail', 'marketing', 'sold' FROM generate_series(0, 4) n;
INSERT INTO call SELECT 3, '2024-03-05', 'sms', 'service', NULL FROM generate_series(1, 9);
SELECT cvm.bind('rv', 'contact', 'call') \g /dev/null
SELECT results_eq('SELECT customer_id, sent_on, contacts_in_window FROM rv.contact_violation', $$VALUES (1, date '2024-03-04', 4::bigint)$$, 'W11: one contact is too many, whatever the weeks of a calendar say; service does not count');
SELECT is((SELECT concat_ws(' ', customers, contacts, service_contacts, over_cap_customers, violations, responses, most_contacts, round(gini::numeric, 6)) FROM rv.contact_pressure WHERE segment = '(all)' AND month = '2024-03-01'),
	'2 10 9 1 1 5 5 0.333333', 'pressure of the month, and how unevenly: 0, 5 and 5');
TRUNCATE call;
INSERT INTO call SELECT hashtext('c' || n) & 7, date '2024-01-01' + (hashtext('d' || n) & 63), NULL, CASE WHEN n % 5 = 0 THEN 'Service' ELSE NULL END, NULL FROM generate_series(1, 300) n;
SELECT is_empty($$SELECT * FROM (SELECT customer_id, sent_on, count(*) AS n FROM rv.contact_violation GROUP BY 1, 2) v
	FULL JOIN (SELECT customer_id, occurred_at AS sent_on, count(*) AS n FROM (
		SELECT k.customer_id, k.occurred_at, row_number() OVER (PARTITION BY k.customer_id, k.occurred_at) + (SELECT count(*) FROM call e WHERE e.customer_id = k.customer_id AND e.purpose IS NULL AND e.occurred_at < k.occurred_at AND e.occurred_at > k.occurred_at - 7) AS w
		FROM call k WHERE k.purpose IS NULL) x WHERE w > 3 GROUP BY 1, 2) b USING (customer_id, sent_on) WHERE v.n IS DISTINCT FROM b.n$$, 'random contacts go beyond the cap as counted one by one');
SELECT cmp_ok((SELECT count(*) FROM rv.contact_violation), '>=', 20::bigint, 'many random contacts go beyond the cap');
SELECT is_empty($$SELECT month FROM rv.contact_pressure GROUP BY month HAVING sum(contacts) FILTER (WHERE segment <> '(all)') <> sum(contacts) FILTER (WHERE segment = '(all)')$$, 'segments add up to the contacts of all');

-- initiatives: what is missing, and what nobody looked at
CREATE TABLE idea (initiative text, driver text, lever text, metric text, expected_effect float8, baseline_on date, effort float8, impact float8, status text, decided_on date, shipped_on date, is_flagship boolean);
INSERT INTO idea VALUES
	('bill', 'price', 'cut_cost', 'churn_rate', 0.01, '2024-01-10', 2, 8, 'open', '2024-01-15', '2024-03-01', true),
	('portal', 'portal', 'raise_value', NULL, NULL, NULL, 5, 5, NULL, '2024-02-01', NULL, false),
	('late', 'support', NULL, 'nps', 2, '2024-04-10', 1, 3, 'shipped', '2024-03-01', '2024-04-01', false),
	('old', 'price', NULL, 'nps', 2, '2023-12-01', 1, 1, 'rolled out', '2023-12-05', '2024-01-01', false),
	('future', 'price', NULL, 'nps', 2, NULL, 1, 1, NULL, '2024-06-01', NULL, false);
CREATE TABLE meeting (cycle text, due_on date, held_on date, subject text, decision text, initiative text);
INSERT INTO meeting VALUES ('2024-02', '2024-02-05', '2024-02-05', 'bill', 'go on', 'bill'), ('2024-03', '2024-03-05', '2024-03-09', NULL, NULL, NULL),
	('2024-04', '2024-04-05', NULL, NULL, NULL, NULL), ('2024-05', '2024-05-06', NULL, NULL, NULL, NULL), ('2024-04b', '2024-04-20', '2024-04-20', 'support', 'ship', 'late');
SELECT cvm.bind('rv', 'initiative', 'idea') \g /dev/null
SELECT results_eq('SELECT initiative, stage, backlog_rank, is_unreviewed, is_roadmap_only, missing FROM rv.initiative_status ORDER BY initiative',
	$$VALUES ('bill', 'shipped', 1::bigint, true, false, NULL), ('late', 'shipped', 2, true, false, 'baseline before shipping'), ('old', 'closed', NULL, false, false, NULL),
	('portal', 'decided', 3, true, true, 'metric, baseline, expected effect')$$, 'the backlog is ordered by impact per effort, and says what is missing; what was not decided yet is not told');
SELECT cvm.bind('rv', 'review', 'meeting') \g /dev/null
SELECT results_eq('SELECT initiative, reviewed_on, reviews, last_decision, is_unreviewed FROM rv.initiative_status WHERE reviews > 0 ORDER BY initiative',
	$$VALUES ('bill', date '2024-02-05', 1::bigint, 'go on', true), ('late', '2024-04-20', 1, 'ship', false)$$, 'an initiative with reviews says when it was reviewed last');
SELECT results_eq('SELECT cycle, state, days_late FROM rv.review_cadence ORDER BY due_on',
	$$VALUES ('2024-02', 'on time', 0), ('2024-03', 'late', 4), ('2024-04', 'overdue', 25), ('2024-04b', 'on time', 0), ('2024-05', 'to come', NULL)$$, 'a review is on time, late, overdue or to come');
SELECT results_eq('SELECT initiative, reason FROM rv.action_without_measurement ORDER BY initiative', $$VALUES ('late', 'baseline after shipping'), ('portal', 'no metric, no baseline')$$, 'an action without a metric or a baseline is named, and no other');
INSERT INTO answer VALUES (7, '2024-04-02', 'nps', 8, 'quality', NULL), (7, '2024-04-02', 'nps', 8, 'portal', NULL);
SELECT results_eq('SELECT driver, customers, days_measured, last_decision_on FROM rv.measurement_without_action', $$VALUES ('quality', 1::bigint, 29, NULL::date)$$, 'a driver that is measured and on which nothing is open is named, and no other');
UPDATE idea SET status = 'closed' WHERE initiative = 'portal';
SELECT results_eq('SELECT driver, last_decision_on FROM rv.measurement_without_action ORDER BY 1', $$VALUES ('portal', date '2024-02-01'), ('quality', NULL)$$, 'a driver on which all is closed is named');

-- W12: what a campaign brought beyond its control
CREATE TABLE mailing (customer_id int, occurred_at date, channel text, campaign text, arm text);
CREATE TABLE sale (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO mailing SELECT n, date '2024-01-10', 'mail', 'spring', CASE WHEN n <= 9000 THEN 'target' ELSE 'Control' END FROM generate_series(1, 10000) n;
INSERT INTO sale SELECT n, 'P', date '2024-01-12' + n % 20, NULL::date, 10 FROM generate_series(1, 540) n UNION ALL SELECT n, 'P', date '2024-01-12', NULL, 10 FROM generate_series(9001, 9045) n
	-- before it, and too late
	UNION ALL SELECT n, 'P', date '2024-01-09', NULL, 10 FROM generate_series(601, 700) n UNION ALL SELECT n, 'P', date '2024-02-09', NULL, 10 FROM generate_series(701, 800) n;
SELECT cvm.create_model('cp', tz => 'UTC', as_of => '2024-05-01') \g /dev/null
SELECT cvm.bind('cp', 'contact', 'mailing'), cvm.bind('cp', 'subscription', 'sale') \g /dev/null
SELECT is((SELECT concat_ws(' ', target_converted, target_customers, control_converted, control_customers, round(uplift::numeric, 4), round(incremental_customers), round(std_error::numeric, 6), round(100 * conf_low::numeric, 3), round(100 * conf_high::numeric, 3), verdict) FROM cp.campaign_uplift),
	'540 9000 45 1000 0.0150 135 0.007017 0.125 2.875 uplift', 'W12: 540 of 9000 against 45 of 1000 are 1.5 points, 135 customers, from 0.125 to 2.875');
SELECT is((SELECT round(minimum_detectable::numeric, 5) FROM cp.campaign_uplift), (SELECT round(2.801585 * sqrt(0.0585 * 0.9415 * (1.0 / 9000 + 1.0 / 1000)), 5)), 'a campaign of this size shows 2.2 points four times of five');
INSERT INTO mailing SELECT n, date '2024-01-20', 'mail', 'spring', 'control' FROM generate_series(1, 600) n;
SELECT is((SELECT concat_ws(' ', contaminated_customers, target_customers, verdict) FROM cp.campaign_uplift), '600 9000 contaminated', 'a campaign with customers in both groups is contaminated, and they count where they were first');
INSERT INTO mailing SELECT n, date '2024-01-20', 'mail', 'alone', 'target' FROM generate_series(1, 60) n UNION ALL SELECT n, date '2024-04-20', 'mail', 'young', CASE WHEN n % 2 = 0 THEN 'target' ELSE 'control' END FROM generate_series(1, 60) n
	UNION ALL SELECT n, date '2024-02-20', 'mail', 'harmless', CASE WHEN n % 2 = 0 THEN 'target' ELSE 'control' END FROM generate_series(1, 600) n;
SELECT results_eq('SELECT campaign COLLATE "default", verdict, target_customers, control_customers, pending_customers FROM cp.campaign_uplift WHERE campaign <> ''spring'' ORDER BY 1',
	$$VALUES ('alone', 'no_control', 60::bigint, 0::bigint, 0::bigint), ('harmless', 'inconclusive', 300, 300, 0), ('young', 'immature', 0, 0, 60)$$, 'one without control, one that is too young and one that did nothing are told as such');
SELECT cvm.configure('cp', 'control_share', '0.5') \g /dev/null
SELECT results_eq('SELECT campaign COLLATE "default", verdict FROM cp.campaign_uplift ORDER BY 1', $$VALUES ('alone', 'no_control'), ('harmless', 'inconclusive'), ('spring', 'sample_ratio'), ('young', 'immature')$$,
	'arms that are as planned are believed, and those that are not are not');
-- 40 campaigns that do nothing: few are accused of anything
CREATE TABLE null_mailing AS SELECT c * 1000 + n AS customer_id, date '2024-02-01' AS occurred_at, 'c' || c AS campaign, CASE WHEN hashtext('a' || c || '.' || n) & 1 = 0 THEN 'target' ELSE 'control' END AS arm FROM generate_series(1, 40) c, generate_series(0, 399) n;
CREATE TABLE null_sale AS SELECT customer_id, 'P' AS product, date '2024-02-03' AS started_on, NULL::date AS ended_on, 1 AS mrr FROM null_mailing WHERE hashtext('s' || customer_id) & 7 = 0;
SELECT cvm.create_model('nu', tz => 'UTC', as_of => '2024-05-01') \g /dev/null
SELECT cvm.bind('nu', 'contact', 'null_mailing'), cvm.bind('nu', 'subscription', 'null_sale') \g /dev/null
SELECT cmp_ok((SELECT count(*) FILTER (WHERE verdict <> 'inconclusive') FROM nu.campaign_uplift), '<=', 5::bigint, 'of 40 campaigns that do nothing no more than chance has it are accused');

-- W10: the same product at four prices
CREATE TABLE deal (customer_id int, product text, started_on date, ended_on date, mrr numeric, channel text, committed_until date, currency text);
INSERT INTO deal SELECT row_number() OVER (), 'P', date '2024-02-06' + n % 5, NULL, price, channel, NULL, 'EUR'
FROM (VALUES ('web', 20, 100), ('retail', 25, 50), ('telesales', 22, 40), ('partner', 33, 10)) AS c (channel, price, sales), generate_series(1, sales) n;
-- a price that moved, a longer term, one that goes on, one that is free, another currency
INSERT INTO deal SELECT 1000 + n, 'Q', date '2024-02-05' + 7 * (n % 2), NULL, 10 + 5 * (n % 2), (ARRAY['web', 'shop'])[1 + n / 2 % 2], NULL, 'EUR' FROM generate_series(1, 20) n;
INSERT INTO deal SELECT 1100 + n, 'Q', '2024-02-05', NULL, 8, 'web', '2025-02-05', 'EUR' FROM generate_series(1, 4) n;
INSERT INTO deal VALUES (1, 'R', '2023-02-01', '2024-02-06', 9, 'web', NULL, 'EUR'), (1, 'R', '2024-02-06', NULL, 99, 'shop', NULL, 'EUR'), (2, 'R', '2024-02-06', NULL, 0, 'web', NULL, 'EUR'),
	(2003, 'P', '2024-02-06', NULL, 100, 'web', NULL, 'usd'), (2004, 'P', '2024-02-06', NULL, 90, NULL, NULL, 'USD');
SELECT cvm.unbind('rv', 'subscription') FROM cvm.binding b WHERE b.model = 'rv' AND b.entity = 'subscription' \g /dev/null
SELECT cvm.bind('rv', 'subscription', 'deal') \g /dev/null
SELECT is((SELECT concat_ws(' ', sales, channels, mean_price, round(variation::numeric, 4), round(price_ratio::numeric, 2), above_best_share, above_best_mrr, currency) FROM rv.channel_price WHERE product = 'P' AND currency = 'EUR'),
	'200 4 22.30 0.1433 1.65 0.5 460.00 EUR', 'W10: the mean is 22.30 and varies by 14.3%, half is sold above the best price, for 460 a month');
SELECT is((SELECT concat_ws(' ', sales, round(variation::numeric, 4), like_variation, compared_sales, above_best_sales, above_best_mrr) FROM rv.channel_price WHERE product = 'Q'),
	'24 0.2410 0 20 0 0.00', 'a price that moved and a longer term are no dispersion');
SELECT is((SELECT string_agg(month_label || ' ' || sales, ', ' ORDER BY month) FROM rv.channel_price WHERE product = 'R'), '2023-02 1', 'what goes on is no sale, nor is what is free');
SELECT is((SELECT concat_ws(' ', sales, channels, above_best_mrr, currency) FROM rv.channel_price WHERE currency = 'USD'), '2 2 10.00 USD', 'prices are compared in their own currency');
-- who is offered what they have, a part of it, or another price than last week
CREATE TABLE deal_offer (offer text, product text, price numeric);
INSERT INTO deal_offer VALUES ('tv9', 'TV', 9), ('tv7', 'TV', 7), ('net', 'NET', 20), ('both', 'TV', 9), ('both', 'NET', 18);
CREATE TABLE pack (bundle text, product text);
INSERT INTO pack VALUES ('DUO', 'TV'), ('DUO', 'NET');
CREATE TABLE has (customer_id int, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO has VALUES (1, 'TV', '2024-01-01', '2024-03-10', 9), (2, 'DUO', '2024-01-01', NULL, 25), (3, 'NET', '2024-03-05', NULL, 20), (4, 'TV', '2023-01-01', NULL, 9),
	(8, 'TV', '2023-01-01', '2024-03-06', 9), (8, 'TV', '2024-03-06', NULL, 10); -- another price from that day on
CREATE TABLE said (customer_id int, occurred_at timestamptz, channel text, campaign text, offer text, purpose text);
INSERT INTO said VALUES (1, '2024-03-08 10:00+02', 'mail', 'c', 'tv9', 'marketing'), (1, '2024-03-09 23:30+00', 'mail', 'c', 'tv9', NULL), -- the second one on the local day of the end
	(2, '2024-03-08', 'mail', 'c', 'net', 'marketing'), (3, '2024-03-05 10:00+02', 'mail', 'c', 'net', 'marketing'), -- sold on that day
	(4, '2024-03-05', 'mail', 'c', 'tv9', 'Service'), -- no marketing
	(5, '2024-03-01', 'mail', 'c', 'tv9', 'marketing'), (5, '2024-03-07 12:00+02', 'call', 'd', 'tv7', 'marketing'), (5, '2024-03-14 12:00+02', 'call', 'd', 'tv9', 'marketing'),
	(6, '2024-03-01', 'mail', 'c', 'both', 'marketing'), (6, '2024-03-02', 'mail', 'c', 'net', 'marketing'), (7, '2024-03-02', 'mail', 'c', 'unknown', 'marketing'), (8, '2024-03-06', 'mail', 'c', 'tv9', 'marketing');
SELECT cvm.bind('rv', 'subscription', 'has'), cvm.bind('rv', 'contact', 'said'), cvm.bind('rv', 'offer', 'deal_offer') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', customer_id, to_char(sent_on, 'MM-DD'), product, contradiction, held_product), ', ' ORDER BY customer_id, sent_on, product) FROM rv.contradictory_contact),
	'1 03-08 TV held TV, 5 03-07 TV two_prices, 6 03-02 NET two_prices, 8 03-06 TV held TV', 'an offer contradicts what is held since before, and a price of the days before');
SELECT cvm.bind('rv', 'bundle_component', 'pack') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', customer_id, product, contradiction, held_product), ', ') FROM rv.contradictory_contact WHERE contradiction ~ 'bundle'), '2 NET part_of_held_bundle DUO', 'an offer contradicts a bundle that is held');
SELECT is((SELECT count(*) - count(DISTINCT row_key) FROM rv.contradictory_contact), 0::bigint, 'one row per contradiction');
SELECT * FROM finish();
ROLLBACK;
