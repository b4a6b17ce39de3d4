-- SPDX-License-Identifier: PostgreSQL
-- Type movement: the waterfall of recurring revenue and of customers.
@use state_type movement | state | The waterfall: who and how much came, grew, shrank, left and moved between segments, by period

CREATE FUNCTION cvm.movement_rollup(cvm.movement, cvm.movement) RETURNS cvm.movement
	AS 'MODULE_PATHNAME', 'cvm_movement_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.movement_rollup(cvm.movement, cvm.movement) IS 'Step of rollup';
@use state_merge movement | movement_rollup

CREATE FUNCTION cvm.movement_add(cvm.movement, cvm.holdings, text, date) RETURNS cvm.movement
	AS 'MODULE_PATHNAME', 'cvm_movement_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.movement_add(cvm.movement, cvm.holdings, text, date) IS 'Step of movement_agg';
CREATE AGGREGATE cvm.movement_agg(cvm.holdings, text, date) (
	SFUNC = cvm.movement_add, STYPE = cvm.movement,
	COMBINEFUNC = cvm.movement_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.movement_agg(cvm.holdings, text, date) IS
	'The waterfall of customers: holdings, grain, as_of (the first day not observed)';

CREATE FUNCTION cvm.movement_add(cvm.movement, cvm.holdings, text, date, datemultirange)
	RETURNS cvm.movement
	AS 'MODULE_PATHNAME', 'cvm_movement_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.movement_add(cvm.movement, cvm.holdings, text, date, datemultirange) IS
	'Step of movement_agg for a segment';
CREATE AGGREGATE cvm.movement_agg(cvm.holdings, text, date, datemultirange) (
	SFUNC = cvm.movement_add, STYPE = cvm.movement,
	COMBINEFUNC = cvm.movement_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.movement_agg(cvm.holdings, text, date, datemultirange) IS
	'The waterfall of a segment: holdings, grain, as_of, the days that each customer is in the segment';

CREATE FUNCTION cvm.movement_add(cvm.movement, cvm.holdings, text, date, integer) RETURNS cvm.movement
	AS 'MODULE_PATHNAME', 'cvm_movement_add_paused'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.movement_add(cvm.movement, cvm.holdings, text, date, integer) IS
	'Step of movement_agg with pauses';
CREATE AGGREGATE cvm.movement_agg(cvm.holdings, text, date, integer) (
	SFUNC = cvm.movement_add, STYPE = cvm.movement,
	COMBINEFUNC = cvm.movement_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.movement_agg(cvm.holdings, text, date, integer) IS
	'The waterfall of customers: holdings, grain, as_of, pause_days (for so long a paused spell is neither paid nor lost)';

CREATE FUNCTION cvm.movement_add(cvm.movement, cvm.holdings, text, date, datemultirange, integer)
	RETURNS cvm.movement
	AS 'MODULE_PATHNAME', 'cvm_movement_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.movement_add(cvm.movement, cvm.holdings, text, date, datemultirange, integer) IS
	'Step of movement_agg for a segment, with pauses';
CREATE AGGREGATE cvm.movement_agg(cvm.holdings, text, date, datemultirange, integer) (
	SFUNC = cvm.movement_add, STYPE = cvm.movement,
	COMBINEFUNC = cvm.movement_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.movement_agg(cvm.holdings, text, date, datemultirange, integer) IS
	'The waterfall of a segment: holdings, grain, as_of, the days that each customer is in the segment, pause_days';

CREATE FUNCTION cvm.as_of(cvm.movement) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_movement_as_of'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.as_of(cvm.movement) IS 'The first day not observed';

CREATE FUNCTION cvm.pause_days(cvm.movement) RETURNS integer
	AS 'MODULE_PATHNAME', 'cvm_movement_pause_days'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.pause_days(cvm.movement) IS 'For how many days a paused spell is neither paid nor lost';

CREATE FUNCTION cvm.movements(cvm.movement)
	RETURNS TABLE (period_start date,
		opening_mrr numeric, opening_customers bigint,
		new_mrr numeric, new_customers bigint,
		reactivation_mrr numeric, reactivation_customers bigint,
		expansion_mrr numeric, expansion_customers bigint,
		contraction_mrr numeric, contraction_customers bigint,
		churn_mrr numeric, churn_customers bigint,
		moved_in_mrr numeric, moved_in_customers bigint,
		moved_out_mrr numeric, moved_out_customers bigint,
		closing_mrr numeric, closing_customers bigint,
		same_period_customers bigint,
		price_expansion_mrr numeric, price_contraction_mrr numeric,
		to_free_mrr numeric, to_free_customers bigint,
		paused_mrr numeric, paused_customers bigint,
		closing_paused_mrr numeric, closing_paused_customers bigint,
		is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_movements'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION cvm.movements(cvm.movement) IS
	'A row for every period: opening + new + reactivation + expansion + contraction + churn + moved_in + moved_out + '
	'paused = closing; losses are negative; customers of expansion and contraction stay and are not part of their sum';

@for more                 | types            | words
                      |                  |
, held datemultirange | , datemultirange | , for the days in a segment
@make
CREATE FUNCTION cvm.customer_movements(holdings cvm.holdings, grain text, as_of date, pause_days integer{more})
	RETURNS TABLE (period_start date, line text, customers bigint, change_mrr numeric, mrr_before numeric, mrr_after numeric,
		cause text, product text, from_product text)
	AS 'MODULE_PATHNAME', 'cvm_customer_movements'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 3;
COMMENT ON FUNCTION cvm.customer_movements(cvm.holdings, text, date, integer{types}) IS
	'The waterfall of one customer{words}: a row for each line that moved, which add up over customers to movements(); '
	'mrr_before and mrr_after are what the customer paid when the period opened and closed';
@end

CREATE FUNCTION cvm.migrations(cvm.holdings, grain text, as_of date)
	RETURNS TABLE (period_start date, from_product text, to_product text,
		from_mrr numeric, to_mrr numeric)
	AS 'MODULE_PATHNAME', 'cvm_migrations'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 3;
COMMENT ON FUNCTION cvm.migrations(cvm.holdings, text, date) IS
	'Products a customer lost and gained from one closing to the next, paired by price; "(in)" and "(out)" where there is no partner. Each appears once';

-- The fast way: from raw spells in one pass (51-spell-buffer.sql).
CREATE FUNCTION cvm.movement_spell_buffer_final(internal) RETURNS cvm.movement
	AS 'MODULE_PATHNAME', 'cvm_movement_spell_buffer_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.movement_spell_buffer_final(internal) IS 'End of the one-pass movement_agg';

@use spell_buffer_aggregate movement_agg | text, date | movement_spell_buffer_final \
	| The waterfall from raw spells in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, grain, as_of
@use spell_buffer_aggregate movement_agg | boolean, text, date, integer | movement_spell_buffer_final \
	| The waterfall from raw spells in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, whether it is paused, grain, as_of, pause_days
