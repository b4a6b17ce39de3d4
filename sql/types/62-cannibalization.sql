-- SPDX-License-Identifier: PostgreSQL
-- Type cannibalization: the entries of all customers, and what donors lose
-- without the new product.
@use state_type cannibalization | state | Did the new product eat the old ones: entries by kind, money, and a control group in cells of month, tenure, price and stratum

CREATE FUNCTION cvm.cannibalization_rollup(cvm.cannibalization, cvm.cannibalization)
	RETURNS cvm.cannibalization
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cannibalization_rollup(cvm.cannibalization, cvm.cannibalization) IS 'Step of rollup';
@use state_merge cannibalization | cannibalization_rollup

@for types | grid | words
                                        |       | look_back 30, look_ahead 60 and gap 0
, integer, integer, integer             |       | look_back, look_ahead, gap
, integer, integer, integer, text       |       | look_back, look_ahead, gap, stratum: who is compared with whom, a segment for example
, integer, integer, integer, text, text |       | look_back, look_ahead, gap, stratum, channel: where it is told, only entries sold in that channel ("(none)": in none) and no control, which control_only() gives
, integer[], integer[], integer         | _grid | lists of look_back and look_ahead, of which every pair is answered, and gap
, integer[], integer[], integer, text   | _grid | lists of look_back and look_ahead, of which every pair is answered, gap, stratum
@make
CREATE FUNCTION cvm.cannibalization_add(cvm.cannibalization, cvm.holdings, text[], text[], date{types})
	RETURNS cvm.cannibalization
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_add{grid}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cannibalization_add(cvm.cannibalization, cvm.holdings, text[], text[], date{types}) IS
	'Step of cannibalization_agg';
CREATE AGGREGATE cvm.cannibalization_agg(cvm.holdings, text[], text[], date{types}) (
	SFUNC = cvm.cannibalization_add, STYPE = cvm.cannibalization,
	COMBINEFUNC = cvm.cannibalization_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.cannibalization_agg(cvm.holdings, text[], text[], date{types}) IS
	'Adds customers up, with or without an entry: holdings, focal products, donors (NULL: all others), as_of (the first day not observed), {words}';
@end

CREATE FUNCTION cvm.control_only(cvm.cannibalization) RETURNS cvm.cannibalization
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_control_only'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.control_only(cvm.cannibalization) IS
	'Those who stayed, without the entries: added to the entries of one channel, it gives the verdict on that channel';

CREATE FUNCTION cvm.as_of(cvm.cannibalization) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_as_of'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.as_of(cvm.cannibalization) IS 'The first day not observed';

CREATE FUNCTION cvm.cannibalization_verdict(state cvm.cannibalization,
	focal_margin double precision DEFAULT NULL,
	donor_margin double precision DEFAULT NULL,
	focal_price double precision DEFAULT NULL,
	donor_price double precision DEFAULT NULL,
	launch_cost double precision DEFAULT 0,
	focal_churn double precision DEFAULT NULL,
	donor_churn double precision DEFAULT NULL,
	basis text DEFAULT 'unit', conf double precision DEFAULT 0.95,
	min_entries integer DEFAULT 30,
	min_matured double precision DEFAULT 0)
	RETURNS TABLE (look_back integer, look_ahead integer,
		entries bigint, matured_entries bigint, pending_entries bigint,
		new_entries bigint, winback_entries bigint, add_entries bigint,
		switch_entries bigint, partial_entries bigint, customers bigint,
		own_base_share double precision,
		unit_rate double precision, unit_rate_low double precision,
		unit_rate_high double precision,
		value_rate double precision, value_rate_low double precision,
		value_rate_high double precision,
		focal_mrr numeric, before_mrr numeric, lost_mrr numeric,
		net_mrr numeric,
		control_customers bigint, control_matched_share double precision,
		control_loss_rate double precision,
		control_value_rate double precision,
		corrected_rate double precision, corrected_rate_low double precision,
		corrected_rate_high double precision,
		corrected_value_rate double precision,
		entry_hazard double precision, control_hazard double precision,
		focal_churn_rate double precision, donor_churn_rate double precision,
		break_even_unit_rate double precision,
		break_even_value_rate double precision,
		break_even_lifetime_rate double precision,
		net_margin double precision, verdict text, reason text)
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_verdict'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION cvm.cannibalization_verdict(cvm.cannibalization, double precision, double precision, double
	precision, double precision, double precision, double precision, double precision, text, double precision,
	integer, double precision) IS
	'A row for every pair of look_back and look_ahead: matured entries by kind, rates with intervals, what donors lose '
	'without the new product, break-even from margins per line and month (prices and monthly churn as observed unless '
	'given), and the verdict accretive, value_destroying, inconclusive, immature, no_data or not_identified with its '
	'reason. basis unit or value: the rate that decides. What is left after the control does: value_destroying when '
	'its interval lies above the break-even, accretive when below. Mature entries are judged, whoever came later; '
	'min_matured asks for that share of all entries besides. net_margin is a month''s, of what is left after the '
	'control';

CREATE FUNCTION cvm.cannibalization_donors(cvm.cannibalization)
	RETURNS TABLE (look_back integer, look_ahead integer, donor text,
		losing_entries bigint, lost_mrr numeric)
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_donors'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION cvm.cannibalization_donors(cvm.cannibalization) IS
	'Which donors lost: the lost money of every entry, divided in proportion to what each donor dropped, so that it adds up';

CREATE FUNCTION cvm._focal_price(cvm.cannibalization) RETURNS numeric
	AS 'MODULE_PATHNAME', 'cvm_focal_price'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._focal_price(cvm.cannibalization) IS
	'focal_mrr / matured_entries of the verdict on a state of one look_back and look_ahead, without the rest of it; NULL: no entry has matured';

CREATE FUNCTION cvm.break_even_rate(focal_margin double precision,
	donor_margin double precision, launch_cost double precision DEFAULT 0,
	entries bigint DEFAULT 1)
	RETURNS double precision
	AS 'MODULE_PATHNAME', 'cvm_break_even_rate'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.break_even_rate(double precision, double precision, double precision, bigint) IS
	'The share of entries that may come out of the donor before the launch loses: focal margin, less its cost per '
	'entry, over donor margin. Use margins a month, margins over price for the value rate, or lifetime values';

-- The fast way: from raw spells in one pass.
CREATE FUNCTION cvm.cannibalization_final(internal) RETURNS cvm.cannibalization
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_spell_buffer_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cannibalization_final(internal) IS 'End of the one-pass cannibalization_agg';
CREATE FUNCTION cvm.cannibalization_final_grid(internal) RETURNS cvm.cannibalization
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_spell_buffer_final_grid'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cannibalization_final_grid(internal) IS
	'End of the one-pass cannibalization_agg with lists of windows';

@for customer
bigint
text
uuid
@make
@for types | grid | words
                                      |       | look_back 30, look_ahead 60 and gap 0
, integer, integer, integer           |       | look_back, look_ahead, gap
, integer, integer, integer, text     |       | look_back, look_ahead, gap, stratum
, integer[], integer[], integer       | _grid | lists of look_back and look_ahead, of which every pair is answered, and gap
, integer[], integer[], integer, text | _grid | lists of look_back and look_ahead, of which every pair is answered, gap, stratum
@make
CREATE FUNCTION cvm.cannibalization_add(internal, {customer}, text, date, date, numeric, text[], text[], date{types})
	RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_spell_buffer_add{grid}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.cannibalization_add(internal, {customer}, text, date, date, numeric, text[], text[],
	date{types}) IS
	'Step of the one-pass cannibalization_agg';
CREATE AGGREGATE cvm.cannibalization_agg({customer}, text, date, date, numeric, text[], text[], date{types}) (
	SFUNC = cvm.cannibalization_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.cannibalization_final{grid},
	COMBINEFUNC = cvm.parameters_combine,
	SERIALFUNC = cvm.parameters_serialize,
	DESERIALFUNC = cvm.parameters_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.cannibalization_agg({customer}, text, date, date, numeric, text[], text[], date{types}) IS
	'From raw spells in one pass, in any order: customer, product, first day, day after the last (NULL: goes on), '
	'price a month, focal products, donors (NULL: all others), as_of (the first day not observed), {words}. What is '
	'asked is the same in every row';
@end
@end
