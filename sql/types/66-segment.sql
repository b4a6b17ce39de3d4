-- SPDX-License-Identifier: PostgreSQL
-- Type segment_flow: how customers and money flow between segments.
@use state_type segment_flow | state | The base by segment and period: who and how much came, moved, grew, shrank and left, and what is held

CREATE FUNCTION cvm.segment_flow_rollup(cvm.segment_flow, cvm.segment_flow) RETURNS cvm.segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.segment_flow_rollup(cvm.segment_flow, cvm.segment_flow) IS 'Step of rollup';
@use state_merge segment_flow | segment_flow_rollup

CREATE FUNCTION cvm.segment_flow_add(cvm.segment_flow, cvm.holdings, cvm.holdings, text, date)
	RETURNS cvm.segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.segment_flow_add(cvm.segment_flow, cvm.holdings, cvm.holdings, text, date) IS
	'Step of segment_flow_agg';
CREATE FUNCTION cvm.segment_flow_add(cvm.segment_flow, cvm.holdings, cvm.holdings, text, date, text[], integer)
	RETURNS cvm.segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.segment_flow_add(cvm.segment_flow, cvm.holdings, cvm.holdings, text, date, text[], integer) IS
	'Step of segment_flow_agg';
CREATE AGGREGATE cvm.segment_flow_agg(cvm.holdings, cvm.holdings, text, date) (
	SFUNC = cvm.segment_flow_add, STYPE = cvm.segment_flow,
	COMBINEFUNC = cvm.segment_flow_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.segment_flow_agg(cvm.holdings, cvm.holdings, text, date) IS
	'Customers and money between segments: holdings, the segments a customer was in (holdings whose products are '
	'segments; NULL: none), grain, as_of (the first day not observed). Of segments that overlap, the one that began '
	'last counts';
CREATE AGGREGATE cvm.segment_flow_agg(cvm.holdings, cvm.holdings, text, date, text[], integer) (
	SFUNC = cvm.segment_flow_add, STYPE = cvm.segment_flow,
	COMBINEFUNC = cvm.segment_flow_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.segment_flow_agg(cvm.holdings, cvm.holdings, text, date, text[], integer) IS
	'The same with families of products, {{product, family, is it the highest}, …} (NULL: not told; nobody can go up), '
	'and a span: the number of periods between two closings, for segment_matrix() alone (NULL: 1), or 0 for every pair '
	'of closings, for segment_overlap() alone';

CREATE FUNCTION cvm.segment_flow_add(cvm.segment_flow, cvm.holdings, cvm.holdings, text, date, integer)
	RETURNS cvm.segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_add_paused'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.segment_flow_add(cvm.segment_flow, cvm.holdings, cvm.holdings, text, date, integer) IS
	'Step of segment_flow_agg with pauses';
CREATE FUNCTION cvm.segment_flow_add(cvm.segment_flow, cvm.holdings, cvm.holdings, text, date, text[], integer, integer)
	RETURNS cvm.segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.segment_flow_add(cvm.segment_flow, cvm.holdings, cvm.holdings, text, date, text[], integer,
	integer) IS
	'Step of segment_flow_agg with pauses';
CREATE AGGREGATE cvm.segment_flow_agg(cvm.holdings, cvm.holdings, text, date, integer) (
	SFUNC = cvm.segment_flow_add, STYPE = cvm.segment_flow,
	COMBINEFUNC = cvm.segment_flow_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.segment_flow_agg(cvm.holdings, cvm.holdings, text, date, integer) IS
	'Customers and money between segments: holdings, the segments a customer was in, grain, as_of, pause_days (for so '
	'long a paused spell is neither paid nor lost)';
CREATE AGGREGATE cvm.segment_flow_agg(cvm.holdings, cvm.holdings, text, date, text[], integer, integer) (
	SFUNC = cvm.segment_flow_add, STYPE = cvm.segment_flow,
	COMBINEFUNC = cvm.segment_flow_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.segment_flow_agg(cvm.holdings, cvm.holdings, text, date, text[], integer, integer) IS
	'The same with families of products, a span, and pause_days';

CREATE FUNCTION cvm.segment_at(cvm.holdings, day date) RETURNS text
	AS 'MODULE_PATHNAME', 'cvm_segment_at'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.segment_at(cvm.holdings, date) IS
	'The segment that a customer was in on a day, of holdings whose products are segments; of several the one that '
	'began last, and of those the first by name; NULL: in none';

CREATE FUNCTION cvm.as_of(cvm.segment_flow) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_as_of'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.as_of(cvm.segment_flow) IS 'The first day not observed';

CREATE FUNCTION cvm.pause_days(cvm.segment_flow) RETURNS integer
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_pause_days'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.pause_days(cvm.segment_flow) IS 'For how many days a paused spell is neither paid nor lost';

@for wanted | words
             | A row for every segment and period, and one for "(all)"
, text, date | One row: of a segment, or of "(all)", in the period that begins on a day; none where the segment or the period has none
@make
CREATE FUNCTION cvm.segment_bridge(cvm.segment_flow{wanted})
	RETURNS TABLE (segment text, period_start date,
		opening_customers bigint, new_customers bigint, winback_customers bigint,
		moved_in_customers bigint, moved_out_customers bigint,
		redefined_in_customers bigint, redefined_out_customers bigint,
		churned_customers bigint, closing_customers bigint,
		opening_mrr numeric, new_mrr numeric, reactivation_mrr numeric,
		expansion_mrr numeric, contraction_mrr numeric, churn_mrr numeric,
		moved_in_mrr numeric, moved_out_mrr numeric,
		redefined_in_mrr numeric, redefined_out_mrr numeric, closing_mrr numeric,
		expansion_customers bigint, contraction_customers bigint,
		same_period_customers bigint,
		paused_customers bigint, paused_mrr numeric,
		closing_paused_customers bigint, closing_paused_mrr numeric,
		gross_retained_mrr numeric, net_retained_mrr numeric,
		products bigint, multi_product_customers bigint, tenure_days bigint,
		cross_sold_customers bigint, cross_sold_mrr numeric, cross_sell_undone_customers bigint,
		upsell_eligible_customers bigint, upsold_customers bigint, upsold_mrr numeric, upsell_undone_customers bigint,
		due_spells bigint, renewed_spells bigint, due_mrr numeric, renewed_mrr numeric,
		cohort_1_customers bigint, retained_1_customers bigint,
		cohort_3_customers bigint, retained_3_customers bigint,
		cohort_6_customers bigint, retained_6_customers bigint,
		cohort_12_customers bigint, retained_12_customers bigint,
		acquired_customers bigint, proven_customers bigint, acquired_mrr numeric, proven_mrr numeric,
		arpu_error float8, products_error float8,
		gross_retention_error float8, net_retention_error float8, renewal_value_error float8,
		is_complete boolean, as_of date)
	AS 'MODULE_PATHNAME', 'cvm_segment_bridge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 200;
COMMENT ON FUNCTION cvm.segment_bridge(cvm.segment_flow{wanted}) IS
	'{words}. Opening, the lines that follow and paused add up to closing, in customers and in money; losses are '
	'negative. closing_paused is the money in pauses at the closing, which closing does not contain. Retained money is '
	'of the customers of the opening, paying or paused, whatever their segment is now; pauses count as retained. Then '
	'come sales to them, spells that ended and were renewed, cohorts that began 1, 3, 6 and 12 periods before and '
	'customers who began 90 days before, in the segment of their first day. Errors are standard errors of means and of '
	'rates of money';
@end

CREATE FUNCTION cvm.segment_matrix(cvm.segment_flow)
	RETURNS TABLE (period_start date, from_segment text, to_segment text,
		customers bigint, mrr numeric, closing_mrr numeric,
		redefined_customers bigint, is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_segment_matrix'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 500;
COMMENT ON FUNCTION cvm.segment_matrix(cvm.segment_flow) IS
	'Who went from where to where between the closings of two periods, or stayed: "(in)" begins to pay, "(out)" ends; '
	'mrr is what they brought at the opening, closing_mrr at the closing; redefined are those in another segment '
	'because the segments are others; who is in a pause stays where they are, with what they would bring. Over a span '
	'the opening is that many periods earlier, and rows begin where it was seen';

CREATE FUNCTION cvm.segment_products(cvm.segment_flow)
	RETURNS TABLE (segment text, product text, period_start date,
		customers bigint, lines bigint, mrr numeric)
	AS 'MODULE_PATHNAME', 'cvm_segment_products'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 2000;
COMMENT ON FUNCTION cvm.segment_products(cvm.segment_flow) IS
	'What the paying customers of a segment hold at each closing, by product; a customer who holds two lines of a product counts once';

CREATE FUNCTION cvm.segment_overlap(cvm.segment_flow)
	RETURNS TABLE (segment text, from_period date, to_period date,
		customers bigint, arpu_correlation float8,
		products_correlation float8, multi_product_correlation float8)
	AS 'MODULE_PATHNAME', 'cvm_segment_overlap'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5000;
COMMENT ON FUNCTION cvm.segment_overlap(cvm.segment_flow) IS
	'Who pays in a segment at the closings of two periods, up to 24 apart, by segment and for "(all)", and how far '
	'their being in both makes the two means go together: the correlation of the means of money, of products, and of '
	'the shares with two products or more. Of a state that was folded with span 0';

-- The fast way: from raw rows in one pass.  Its state is internal, for one
-- machine with parallel workers; distributed servers take the two steps.
CREATE FUNCTION cvm.segment_spell_buffer_final(internal) RETURNS cvm.segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_spell_buffer_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.segment_spell_buffer_final(internal) IS 'End of the one-pass segment_flow_agg';

@for customer
bigint
text
uuid
@make
@for paused | more | symbol | told | words
           |                            |             |                      |
           | , text[], integer          |             |                      | , families {{product, family, is it the highest}, …}, span in periods
, boolean  | , text[], integer, integer | _paused     | , whether it is paused | , families, span in periods, pause_days
@make
CREATE FUNCTION cvm.segment_spell_buffer_add(internal, {customer}, text, date, date, numeric{paused}, text, text, date{more}) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_segment_spell_buffer_add{symbol}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.segment_spell_buffer_add(internal, {customer}, text, date, date, numeric{paused}, text, text,
	date{more}) IS
	'Step of the one-pass segment_flow_agg';
CREATE AGGREGATE cvm.segment_flow_agg({customer}, text, date, date, numeric{paused}, text, text, date{more}) (
	SFUNC = cvm.segment_spell_buffer_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.segment_spell_buffer_final,
	COMBINEFUNC = cvm.spell_buffer_combine,
	SERIALFUNC = cvm.spell_buffer_serialize,
	DESERIALFUNC = cvm.spell_buffer_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.segment_flow_agg({customer}, text, date, date, numeric{paused}, text, text, date{more}) IS
	'Customers and money between segments from raw rows in one pass: customer, product, first day, day after the last '
	'(NULL: goes on), price a month{told}, segment, grain, as_of{words}. A row with a segment says that the customer '
	'was in it on these days, by the definition of the segments whose number it has in place of a price; a row without '
	'one is a spell of a product';
@end
@end
