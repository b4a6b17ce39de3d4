-- SPDX-License-Identifier: PostgreSQL
-- What report views share that say things by segment where there are segments:
--
--	WITH seen AS (… customer_id, day …), …
--	@use held_on seen
--	… FROM member m CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (m.in_segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
	('has_segments', 1, '{segment_history}', 'true'),
	('has_segments', 2, '{}', 'false'),
	('segment_rows', 1, '{segment_history}', 'segment_history'),
	('segment_rows', 99, '{}', '(SELECT NULL::bigint AS customer_id, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to WHERE false)'),
	-- what is referred to twice is computed once, but where Citus has it at each customer
	('shared', 1, '{distributed segment_history}', 'NOT MATERIALIZED '),
	('shared', 9, '{}', ''),
	-- of products, with whether each is the highest of its family
	('families', 1, '{product.family}',
		'(SELECT array_agg(ARRAY[p.product, p.family, (p.list_price = p.highest)::text]) FROM (SELECT r.product, r.family, r.list_price, '
		'max(r.list_price) OVER (PARTITION BY r.family) AS highest FROM product r) p)'),
	('families', 9, '{}', 'NULL::text[]');
-- What is known of each customer is put together once, but where Citus has rows of
-- customers: there it is put together where they live, by whatever asks for it
@for preference | entity
1 | subscription
2 | event
3 | contact
4 | ticket
5 | survey
6 | delivery
7 | interaction
8 | cancellation
9 | moment
@make
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
	('at_customer', {preference}, '{distributed {entity}}', 'NOT MATERIALIZED'),
	('apart', {preference}, '{distributed {entity}}', ''),
	('row_of_customer', {preference}, '{distributed {entity}}', 'r.customer_id, '),
	('rows_of_customer', {preference}, '{distributed {entity}}', 'PARTITION BY k.customer_id');
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
	('at_customer', 99, '{}', 'MATERIALIZED'),
	('apart', 99, '{}', 'OFFSET 0'),
	('row_of_customer', 99, '{}', ''),
	('rows_of_customer', 99, '{}', '');
-- None, with the type that ids have; what is kept before its source, which may go
@for preference | entity
2 | subscription
3 | cancellation
4 | contact
5 | ticket
6 | survey
7 | customer_activity
8 | event
20 | delivery
21 | interaction
@make
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
	('segment_rows', {preference}, '{{entity}}',
		'(SELECT k.customer_id, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to FROM {entity} k WHERE false)');
@end

-- Rows with the segment that their customer was in on their day, of two the one that
-- began last, of those the first by name; in none: "(none)".  They carry it, for a
-- join with them by what tells them apart is quadratic where the planner expects one.
-- What stands between is asked of times in segments beside that.
@define held_on rows
, member AS (
	SELECT DISTINCT ON ({row_of_customer}r.row_no) r.*, coalesce(h.segment, '(none)') AS in_segment
	FROM (SELECT k.*, row_number() OVER ({rows_of_customer}) AS row_no FROM {rows} k) r
	LEFT JOIN {segment_rows} h ON h.customer_id = r.customer_id AND h.segment IS NOT NULL
		AND coalesce(h.valid_from <= r.day, true) AND coalesce(h.valid_to > r.day, true){body}
	ORDER BY {row_of_customer}r.row_no, h.valid_from DESC NULLS LAST, h.segment COLLATE "C"
)
@end

-- The days of each customer of "folded" in each segment, or in none.  Of segments
-- at once the one that began last counts, of those the first by name
@define segment_days
, segment_membership AS {shared}(
	SELECT h.customer_id, h.segment, h.valid_from,
		CASE WHEN h.valid_to <= h.valid_from THEN 'empty'::daterange ELSE daterange(h.valid_from, h.valid_to) END AS days
	FROM {segment_rows} h
	WHERE h.segment IS NOT NULL
), held AS {shared}(
	SELECT p.customer_id, p.segment, range_agg(p.days) AS days
	FROM (
		SELECT h.customer_id, h.segment, datemultirange(h.days) - coalesce(range_agg(h.days) OVER (
			PARTITION BY h.customer_id ORDER BY h.valid_from DESC NULLS LAST, h.segment COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), '{}') AS days
		FROM segment_membership h) p
	GROUP BY p.customer_id, p.segment
	UNION ALL
	SELECT f.customer_id, '(none)' AS segment, '{(,)}'::datemultirange - coalesce(range_agg(h.days), '{}'::datemultirange) AS days
	FROM folded f
	LEFT JOIN segment_membership h ON h.customer_id = f.customer_id
	WHERE {has_segments}
	GROUP BY f.customer_id
)
@end

-- The same as one value a customer, of which cvm._segment_on() tells the segment of a
-- day, and cvm._segment_stays() those between two days, with the days in none:
--
--	… SELECT r.customer_id, (r.stay).segment, (r.stay).stay_from, (r.stay).stay_to
--	FROM (SELECT k.*, cvm._segment_stays(t.timeline, k.since, k.until) AS stay
--		FROM k LEFT JOIN segment_timeline t ON t.customer_id = k.customer_id) r
@define timeline_rows more
	SELECT h.customer_id, cvm._segment_timeline(array_agg(h.segment), array_agg(h.valid_from), array_agg(h.valid_to)) AS timeline
	FROM {segment_rows} h
	WHERE h.segment IS NOT NULL AND h.customer_id IS NOT NULL {more}
	GROUP BY h.customer_id
@end
@define segment_timelines
, segment_timeline AS (
@use timeline_rows
)
@end
