-- SPDX-License-Identifier: PostgreSQL
-- In which segment a customer was when, as one value a customer.
CREATE FUNCTION cvm._segment_timeline(segments text[], valid_from date[], valid_to date[]) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_segment_timeline'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._segment_timeline(text[], date[], date[]) IS
	'Memberships of one customer, from first days (NULL: not known) to days after the last (NULL: goes on), as steps: of '
	'segments at once the one that began last counts, of those the first by name';

CREATE FUNCTION cvm._segment_on(timeline bytea, day date) RETURNS text
	AS 'MODULE_PATHNAME', 'cvm_segment_on'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._segment_on(bytea, date) IS 'The segment held on a day; NULL where none is';

CREATE FUNCTION cvm._segment_stays(timeline bytea, since date, until date)
	RETURNS TABLE (segment text, stay_from date, stay_to date)
	AS 'MODULE_PATHNAME', 'cvm_segment_stays'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 2;
COMMENT ON FUNCTION cvm._segment_stays(bytea, date, date) IS
	'The segments held between two days, from first days to days after the last, and "(none)" where none is, as all of '
	'it where timeline is NULL';

CREATE FUNCTION cvm._customer_movements(holdings cvm.holdings, grain text, as_of date, pause_days integer, timeline bytea, since date, until date)
	RETURNS TABLE (segment text, period_start date, line text, customers bigint, change_mrr numeric, mrr_before numeric, mrr_after numeric,
		cause text, product text, from_product text)
	AS 'MODULE_PATHNAME', 'cvm_customer_movements_by_segment'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 3;
COMMENT ON FUNCTION cvm._customer_movements(cvm.holdings, text, date, integer, bytea, date, date) IS
	'customer_movements() in each segment of a timeline, and in "(none)" where none is held, of periods that begin '
	'between two days (NULL: all)';
