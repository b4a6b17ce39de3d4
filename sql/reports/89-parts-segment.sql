-- SPDX-License-Identifier: PostgreSQL
-- Report views over rows of customers that are told by segment where there are
-- segments: a body with them and one without.
--
--	@with by_segment view | entity
--	WITH seen AS (… customer_id, day …), …
--	@use held_on seen | r.customer_id, r.day | {segments}
--	… CROSS JOIN LATERAL (SELECT '(all)' AS segment UNION ALL SELECT m.segment WHERE {has_segments}) x
--	@end

@define by_segment view | entity
@for preference | needs | has_segments | segments
1 | {{entity},segment_history} | true | segment_history
2 | {{entity}} | false | (SELECT k.customer_id, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to FROM {entity} k WHERE false)
@make
INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('{view}', {preference}, '{needs}', $$
{body}$$);

@end
@end

-- The segment that each customer was in on the day of a row, of two the one that
-- began last; keys tell the rows apart
@define held_on rows | keys | segments
, member AS (
	SELECT DISTINCT ON ({keys}) {keys}, h.segment
	FROM {rows} r
	JOIN {segments} h ON h.customer_id = r.customer_id
		AND coalesce(h.valid_from <= r.day, true) AND coalesce(h.valid_to > r.day, true)
	ORDER BY {keys}, h.valid_from DESC NULLS LAST, h.segment
)
@end
