\unset ECHO
\i test/psql.sql
-- SPDX-License-Identifier: PostgreSQL
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS cvm;
SET search_path = public, cvm;
SELECT plan(49);

-- ten customers, an old plan at 30 and a new one at 20
CREATE TEMP TABLE line (customer text, product text, started_on date, ended_on date, mrr numeric);
INSERT INTO line VALUES
	('c1', 'Classic', '2023-01-10', '2024-03-15', 30), ('c1', 'Lite', '2024-03-15', NULL, 20),
	('c2', 'Classic', '2023-05-01', '2024-03-31', 30), ('c2', 'Lite', '2024-03-10', NULL, 20),
	('c3', 'Classic', '2022-11-01', NULL, 30), ('c3', 'Lite', '2024-04-01', NULL, 20),
	('c4', 'Lite', '2024-03-05', NULL, 20),
	('c5', 'Lite', '2024-03-20', NULL, 20),
	('c6', 'Classic', '2022-01-01', '2023-06-30', 30), ('c6', 'Lite', '2024-04-10', NULL, 20),
	('c7', 'Classic', '2023-02-01', '2024-04-20', 30), ('c7', 'Classic', '2023-02-01', NULL, 30), ('c7', 'Lite', '2024-04-15', NULL, 20),
	('c8', 'Classic', '2023-03-01', '2024-02-20', 30), ('c8', 'Lite', '2024-03-05', NULL, 20),
	('c9', 'Classic', '2023-03-01', '2024-06-25', 30), ('c9', 'Lite', '2024-03-12', NULL, 20),
	('c10', 'Classic', '2023-01-01', NULL, 30), ('c10', 'Lite', '2024-06-10', NULL, 20);

CREATE FUNCTION pg_temp.entry(as_of date, look_back int, look_ahead int)
RETURNS TABLE (customer text, entered_on date, kind text, donor_before numeric, donor_after numeric, focal_mrr numeric, lost_mrr numeric, net_mrr numeric)
LANGUAGE sql AS $$
	SELECT h.customer, e.entered_on, e.kind, e.donor_before, e.donor_after, e.focal_mrr, e.lost_mrr, e.net_mrr
	FROM (SELECT l.customer, holdings_agg(l.product, l.started_on, l.ended_on, l.mrr) AS holdings FROM line l GROUP BY 1) h
	CROSS JOIN entries(h.holdings, ARRAY['Lite'], ARRAY['Classic'], $1, $2, $3) e
$$;
CREATE FUNCTION pg_temp.source(as_of date, look_back int, look_ahead int) RETURNS text
LANGUAGE sql AS $$
	SELECT concat_ws(' ', count(*) FILTER (WHERE kind <> 'pending'), count(*) FILTER (WHERE kind = 'pending'),
		count(*) FILTER (WHERE kind = 'new'), count(*) FILTER (WHERE kind = 'winback'), count(*) FILTER (WHERE kind = 'add'),
		count(*) FILTER (WHERE kind = 'switch'), count(*) FILTER (WHERE kind = 'partial'),
		round(avg((donor_before > 0)::int) FILTER (WHERE kind <> 'pending'), 4),
		round(avg((kind IN ('switch', 'partial'))::int) FILTER (WHERE kind <> 'pending'), 4),
		sum(lost_mrr), sum(focal_mrr) FILTER (WHERE kind <> 'pending'),
		round(sum(lost_mrr) / sum(focal_mrr) FILTER (WHERE kind <> 'pending'), 4))
	FROM pg_temp.entry($1, $2, $3)
$$;
SELECT is(pg_temp.source('2024-07-01', 30, 60), '9 1 2 1 2 3 1 0.6667 0.4444 120 180 0.6667', 'half a year after the launch, four of nine came out of the old plan');
SELECT is(pg_temp.source('2025-01-01', 30, 60), '10 0 2 1 3 3 1 0.7000 0.4000 120 200 0.6000', 'a year after it, four of ten');
SELECT is(pg_temp.source('2025-01-01', 30, 120), '10 0 2 1 2 4 1 0.7000 0.5000 150 200 0.7500', 'looking further ahead finds who leaves the old plan late');
SELECT is(pg_temp.source('2025-01-01', 30, 10), '10 0 2 1 4 2 1 0.7000 0.3000 90 200 0.4500', 'a short look ahead takes trials for additions');
SELECT is(pg_temp.source('2025-01-01', 14, 60), '10 0 2 2 3 2 1 0.6000 0.3000 90 200 0.4500', 'a gap of exactly the look-back does not count');
SELECT is(pg_temp.source('2025-01-01', 15, 60), '10 0 2 1 3 3 1 0.7000 0.4000 120 200 0.6000', 'a gap that is a day shorter than the look-back counts');
SELECT is(pg_temp.source('2025-01-01', 365, 60), '10 0 2 0 3 4 1 0.8000 0.5000 150 200 0.7500', 'a long look-back takes winbacks for switches');
SELECT is(pg_temp.source('2024-05-10', 30, 60), '3 6 1 0 0 2 0 0.6667 0.6667 60 60 1.0000', 'young entries are in no rate, whatever their past');
SELECT results_eq($$SELECT customer, kind FROM pg_temp.entry('2024-05-10', 30, 60) WHERE kind <> 'pending' ORDER BY 1$$,
	$$VALUES ('c2', 'switch'), ('c4', 'new'), ('c8', 'switch')$$, 'the three whose sixty days are over');

-- single customers
CREATE FUNCTION pg_temp.one(lines text, as_of date DEFAULT '2025-01-01', focal text[] DEFAULT '{N}', donors text[] DEFAULT NULL,
	look_back int DEFAULT 30, look_ahead int DEFAULT 60, gap int DEFAULT 0) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	held holdings;
	seen text;
BEGIN
	EXECUTE format('SELECT cvm.holdings_agg(p, s::date, e::date, m) FROM (VALUES %s) v (p, s, e, m)', lines) INTO held;
	SELECT string_agg(concat_ws(' ', entered_on, kind, donor_before, donor_after, focal_mrr, lost_mrr, net_mrr, donors_before), ', ')
		INTO seen FROM cvm.entries(held, focal, donors, as_of, look_back, look_ahead, gap);
	RETURN seen;
END
$$;
SELECT is(pg_temp.one($$('N', '2024-03-01', NULL, 20)$$), '2024-03-01 new 0 0 20 0 20 {}', 'who comes from nowhere is new');
SELECT is(pg_temp.one($$('A', '2024-03-01', NULL, 20)$$), NULL, 'who never took it has no entry');
SELECT is(pg_temp.one($$('A', '2024-01-01', '2024-03-01', 30), ('N', '2024-03-01', NULL, 20)$$),
	'2024-03-01 switch 30 0 20 30 -10 {A}', 'hand-over on the day is a switch');
SELECT is(pg_temp.one($$('A', '2024-01-01', '2024-01-31', 30), ('N', '2024-03-01', NULL, 20)$$),
	'2024-03-01 winback 0 0 20 0 20 {}', 'left thirty days before: a winback');
SELECT is(pg_temp.one($$('A', '2024-01-01', '2024-02-01', 30), ('N', '2024-03-01', NULL, 20)$$),
	'2024-03-01 switch 30 0 20 30 -10 {A}', 'left twenty-nine days before: a switch');
SELECT is(pg_temp.one($$('A', '2024-03-01', '2024-04-01', 30), ('N', '2024-03-01', NULL, 20)$$),
	'2024-03-01 new 0 0 20 0 20 {}', 'a donor that begins on the same day was not there before');
SELECT is(pg_temp.one($$('A', '2024-01-01', '2024-04-30', 30), ('N', '2024-03-01', NULL, 20)$$),
	'2024-03-01 switch 30 0 20 30 -10 {A}', 'a donor that ends on the sixtieth day after has gone');
SELECT is(pg_temp.one($$('A', '2024-01-01', '2024-05-01', 30), ('N', '2024-03-01', NULL, 20)$$),
	'2024-03-01 add 30 30 20 0 20 {A}', 'one that ends a day later is still there');
SELECT is(pg_temp.one($$('A', '2024-01-01', NULL, 30), ('B', '2024-03-20', NULL, 10), ('N', '2024-03-01', NULL, 20)$$),
	'2024-03-01 add 30 40 20 0 20 {A}', 'more than before is an addition, and loses nothing');
SELECT is(pg_temp.one($$('A', '2024-01-01', '2024-03-01', 30), ('A', '2024-03-01', NULL, 12), ('N', '2024-03-01', NULL, 20)$$),
	'2024-03-01 partial 30 12 20 18 2 {A}', 'a donor made cheaper is a partial loss');
SELECT is(pg_temp.one($$('A', '2024-01-01', '2024-02-10', 50), ('B', '2024-02-15', NULL, 30), ('N', '2024-03-01', NULL, 20)$$),
	'2024-03-01 partial 50 30 20 20 0 {A}', 'before is the most that donors brought in the window');
SELECT is(pg_temp.one($$('A', '2024-01-01', NULL, 0), ('N', '2024-03-01', NULL, 20)$$),
	'2024-03-01 winback 0 0 20 0 20 {}', 'a donor that brings nothing has nothing to lose, but they were here before');
SELECT is(pg_temp.one($$('A', '2024-01-01', NULL, 30), ('D', '2024-01-01', '2024-02-20', -5), ('N', '2024-03-01', NULL, 20)$$),
	'2024-03-01 add 30 30 20 0 20 {A}', 'a discount that ends inside the window raises what was brought');

-- runs
SELECT is(pg_temp.one($$('N', '2024-01-01', '2024-02-01', 20), ('N', '2024-02-01', '2024-03-01', 20), ('N', '2024-03-01', NULL, 25)$$),
	'2024-01-01 new 0 0 20 0 20 {}', 'spells that touch are one run');
SELECT is(pg_temp.one($$('N', '2024-01-01', '2024-02-01', 20), ('N', '2024-02-02', NULL, 20)$$),
	'2024-01-01 new 0 0 20 0 20 {}, 2024-02-02 winback 0 0 20 0 20 {}', 'a day without is the end of a run');
SELECT is(pg_temp.one($$('N', '2024-01-01', '2024-02-01', 20), ('N', '2024-02-02', NULL, 20)$$, gap => 1),
	'2024-01-01 new 0 0 20 0 20 {}', 'days without are no end when the gap bridges them');
SELECT is(pg_temp.one($$('N', '2024-01-01', '2024-06-01', 20), ('N', '2024-02-01', '2024-03-01', 20), ('N', '2024-06-01', NULL, 20)$$),
	'2024-01-01 new 0 0 20 0 20 {}', 'a spell inside another does not shorten the run');
SELECT is(pg_temp.one($$('N', '2024-01-01', NULL, 20), ('N', '2024-01-01', NULL, 15)$$),
	'2024-01-01 new 0 0 35 0 35 {}', 'two lines on one day are one entry');
SELECT is(pg_temp.one($$('N', '2024-01-01', NULL, 20), ('M', '2024-05-01', NULL, 20)$$, focal => '{M,N}'),
	'2024-01-01 new 0 0 20 0 20 {}', 'products that are focal together have one run');

-- donors
SELECT is(pg_temp.one($$('A', '2024-01-01', '2024-03-01', 30), ('B', '2024-01-01', NULL, 10), ('N', '2024-03-01', NULL, 20)$$, donors => '{B}'),
	'2024-03-01 add 10 10 20 0 20 {B}', 'donors may be named');
SELECT is(pg_temp.one($$('A', '2024-01-01', '2024-03-01', 30), ('N', '2024-03-01', NULL, 20)$$, donors => '{B}'),
	'2024-03-01 new 0 0 20 0 20 {}', 'other products are then not looked at');

-- the end of observation
SELECT is(pg_temp.one($$('N', '2024-03-01', NULL, 20)$$, as_of => '2024-03-01'), NULL, 'an entry on as_of is not seen');
SELECT is(pg_temp.one($$('N', '2024-03-01', NULL, 20)$$, as_of => '2024-03-02'), '2024-03-01 pending 0 20 {}', 'one on the day before is, and pends');
SELECT is(pg_temp.one($$('N', '2024-03-01', NULL, 20)$$, as_of => '2024-04-29'), '2024-03-01 pending 0 20 {}', 'an entry pends until the last of its sixty days');
SELECT is(pg_temp.one($$('N', '2024-03-01', NULL, 20)$$, as_of => '2024-04-30'), '2024-03-01 new 0 0 20 0 20 {}', 'an entry is judged when its sixty days are over');
SELECT is(pg_temp.one($$('A', '2024-01-01', '2024-04-30', 30), ('N', '2024-03-01', NULL, 20)$$, as_of => '2024-04-30'),
	'2024-03-01 switch 30 0 20 30 -10 {A}', 'what ends on as_of has ended');
SELECT is(pg_temp.one($$('A', '2024-01-01', '2024-04-29', 30), ('B', '2024-04-30', NULL, 30), ('N', '2024-03-01', NULL, 20)$$, as_of => '2024-04-30'),
	'2024-03-01 add 30 30 20 0 20 {A}', 'what starts on as_of has started');
SELECT is(pg_temp.one($$('N', '2024-03-01', NULL, 20)$$, as_of => '0001-01-01'), NULL, 'before anything there is nothing');
SELECT is((SELECT count(*) FROM entries(NULL, '{N}', NULL, '2024-01-01')), 0::bigint, 'nothing comes of nothing');
SELECT is(pg_temp.one($$('A', '2023-01-01', '2024-03-01', 30), ('N', '2024-03-01', NULL, 20)$$, look_back => 2147483647, look_ahead => 0),
	'2024-03-01 switch 30 0 20 30 -10 {A}', 'windows may be as long as they like');
SELECT is(pg_temp.one($$('N', '2024-03-01', NULL, 20)$$, look_ahead => 2147483647), '2024-03-01 pending 0 20 {}', 'a window may be so long that it is never over');

-- what makes no sense
CREATE FUNCTION pg_temp.refused(what text, state text, message text) RETURNS text LANGUAGE sql AS $$
	SELECT throws_ok(format('SELECT count(*) FROM cvm.entries((SELECT cvm.holdings_agg(''N'', ''2024-01-01'', NULL, 1)), %s)', what), state, message, message)
$$;
SELECT pg_temp.refused($$NULL, NULL, '2024-05-01'$$, '22004', 'focal must not be null');
SELECT pg_temp.refused($$'{}', NULL, '2024-05-01'$$, '22023', 'focal names no product');
SELECT pg_temp.refused($$'{A,NULL}', NULL, '2024-05-01'$$, '22004', 'focal must not hold null');
SELECT pg_temp.refused($$'{A}', '{}', '2024-05-01'$$, '22023', 'donors names no product');
SELECT pg_temp.refused($$'{A}', '{B,A}', '2024-05-01'$$, '22023', 'product "A" is both focal and a donor');
SELECT pg_temp.refused($$'{A}', NULL, NULL$$, '22004', 'as_of must not be null');
SELECT pg_temp.refused($$'{A}', NULL, '2024-05-01', look_back => 0$$, '22023', 'look_back of "0" days is too short');
SELECT pg_temp.refused($$'{A}', NULL, '2024-05-01', look_ahead => -1$$, '22023', 'look_ahead of "-1" days is negative');
SELECT pg_temp.refused($$'{A}', NULL, '2024-05-01', gap => -1$$, '22023', 'gap of "-1" days is negative');

SELECT * FROM finish();
ROLLBACK;
