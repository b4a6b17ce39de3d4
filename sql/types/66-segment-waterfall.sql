-- SPDX-License-Identifier: PostgreSQL
-- What report views over subscriptions read by segment, from raw rows in one
-- pass: rows are gathered once, and each aggregate ends in a reading of its
-- own.  Aggregates over the same arguments share the pass.
CREATE TYPE cvm.segment_movement AS (segment text, state cvm.movement);
COMMENT ON TYPE cvm.segment_movement IS 'A segment with the waterfall of its customers';
CREATE TYPE cvm.segment_revenue_retention AS (segment text, state cvm.revenue_retention);
COMMENT ON TYPE cvm.segment_revenue_retention IS 'A segment with the cohorts of its customers';
CREATE TYPE cvm.segment_life AS (segment text, product text, state cvm.survival);
COMMENT ON TYPE cvm.segment_life IS 'A segment and a product with how long customers pay; "(all)" is whatever product';
CREATE TYPE cvm.product_went AS (period_start date, from_product text, to_product text, customers bigint);
COMMENT ON TYPE cvm.product_went IS 'Customers who went from a product to another in a period';
CREATE TYPE cvm.segment_sum AS (segment text, period_start date, line text, customers bigint, mrr numeric);
COMMENT ON TYPE cvm.segment_sum IS 'Customers and money of a segment, a period and a line';
@for name | type | words
segment_movement  | segment_movement          | waterfalls by segment
segment_cohort    | segment_revenue_retention | retention of customers and money by segment
segment_promotion | segment_sum               | what the end of promotions brought, by segment and period
segment_year      | segment_sum               | spells that ended, and by how much a period changes what is left of twelve before, by segment and period
segment_bridge    | segment_sum               | by how much a period changes what is left of twelve before, and what moved in them, by segment and period
segment_life      | segment_life              | how long customers pay, by segment and product
product_movement  | segment_movement          | waterfalls by product
product_migration | product_went              | who went from which product to which
@make
CREATE FUNCTION cvm.{name}_final(internal) RETURNS cvm.{type}[]
	AS 'MODULE_PATHNAME', 'cvm_{name}_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.{name}_final(internal) IS 'End of _{name}_agg: {words}';
@end
@for customer
bigint
text
uuid
@make
CREATE FUNCTION cvm.segment_spells_add(internal, {customer}, text, date, date, numeric, boolean, text, text, text, date, integer) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_segment_spells_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.segment_spells_add(internal, {customer}, text, date, date, numeric, boolean, text, text, text, date, integer) IS
	'Step of aggregates over raw spells and times in segments';
@for name | words
segment_movement  | Waterfalls by segment
segment_promotion | What the end of promotions brought, by segment and period,
segment_year      | Spells that ended, and by how much a period changes what is left of twelve before, by segment and period,
segment_bridge    | By how much a period changes what is left of twelve before, and what moved in them, by segment and period,
segment_life      | How long customers pay, with lapses of up to pause_days, by segment of the first paid day and product,
product_movement  | Waterfalls by product, and of everybody, where it is NULL,
product_migration | Who went from which product to which, by period,
@make
CREATE AGGREGATE cvm._{name}_agg({customer}, text, date, date, numeric, boolean, text, text, text, date, integer) (
	SFUNC = cvm.segment_spells_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.{name}_final,
	COMBINEFUNC = cvm.ledger_combine,
	SERIALFUNC = cvm.ledger_serialize,
	DESERIALFUNC = cvm.ledger_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._{name}_agg({customer}, text, date, date, numeric, boolean, text, text, text, date, integer) IS
	'{words} from raw rows in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, whether it is paused, '
	'offer, segment, grain, as_of, pause_days. A row with a segment says that the customer was in it on these days; a row without one is a '
	'spell of a product. "(all)" is everybody, and "(none)" who is in none';
@end
CREATE FUNCTION cvm.segment_spells_add(internal, {customer}, text, date, date, numeric, text, text, date, text) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_segment_clocked_spells_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.segment_spells_add(internal, {customer}, text, date, date, numeric, text, text, date, text) IS
	'Step of _segment_cohort_agg';
CREATE AGGREGATE cvm._segment_cohort_agg({customer}, text, date, date, numeric, text, text, date, text) (
	SFUNC = cvm.segment_spells_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.segment_cohort_final,
	COMBINEFUNC = cvm.ledger_combine,
	SERIALFUNC = cvm.ledger_serialize,
	DESERIALFUNC = cvm.ledger_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._segment_cohort_agg({customer}, text, date, date, numeric, text, text, date, text) IS
	'Retention of customers and money by segment from raw rows in one pass: customer, product, first day, day after the last (NULL: goes on), '
	'price a month, segment, grain, as_of, clock (calendar or anniversary). Rows with a segment are times in it, as those of '
	'_segment_movement_agg; a customer counts in the segment of the first paid day';
@end
