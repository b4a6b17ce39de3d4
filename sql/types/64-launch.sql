-- SPDX-License-Identifier: PostgreSQL
-- Launches from raw rows in one pass: all launches, donors, windows and segments of one reading of customers, between a third
-- and a quarter of the time that cannibalization_agg by launch, donor and segment takes, whose rows are joined and sorted first (bench/RESULTS.md).
CREATE TYPE cvm.launch_state AS (focal text, donor text, segment text, state cvm.cannibalization);
COMMENT ON TYPE cvm.launch_state IS
	'What customers of a segment (NULL: all) say of a launch and a donor (NULL: all other products)';
CREATE TYPE cvm.launch_rate AS (focal text, segment text, look_back integer, look_ahead integer, entries bigint, matured_entries bigint,
	pending_entries bigint, own_base_share double precision, unit_rate double precision, unit_rate_low double precision, unit_rate_high double precision,
	value_rate double precision, value_rate_low double precision, value_rate_high double precision, control_customers bigint,
	control_loss_rate double precision, corrected_rate double precision, corrected_rate_low double precision, corrected_rate_high double precision,
	entry_hazard double precision, control_hazard double precision);
COMMENT ON TYPE cvm.launch_rate IS
	'What cannibalization_verdict() says of the rates of a launch in a segment (NULL: everybody) in a pair of look_back and look_ahead';

CREATE TYPE cvm.launch_matrix AS (segment text, state cvm.cannibalization_matrix);
COMMENT ON TYPE cvm.launch_matrix IS 'What customers of a segment, which is that of their first day, gave up for what';

@for name | row | symbol
launch        | launch_state  | launch_states
launch_rate   | launch_rate   | launch_rates
launch_matrix | launch_matrix | launch_matrices
@make
CREATE FUNCTION cvm.{name}_final(internal) RETURNS cvm.{row}[]
	AS 'MODULE_PATHNAME', 'cvm_{symbol}_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.{name}_final(internal) IS 'End of _{name}_agg';
@use found_rows {name} | _{symbol} | {row} | 200
@end

@for customer
bigint
text
uuid
@make
CREATE FUNCTION cvm.launch_spells_add(internal, {customer}, text, date, date, numeric, text, date, text[]) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_launch_spells_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.launch_spells_add(internal, {customer}, text, date, date, numeric, text, date, text[]) IS 'Step of aggregates over launches';
@for name | words
launch      | What customers say of launches: the state of each launch, donor and segment
launch_rate | The rates of launches in segments, for every pair of look_back and look_ahead
launch_matrix | Every product as a launch, by segment of the first day, and of each which others it lives off; launches are not told
@make
CREATE AGGREGATE cvm._{name}_agg({customer}, text, date, date, numeric, text, date, text[]) (
	SFUNC = cvm.launch_spells_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.{name}_final,
	COMBINEFUNC = cvm.spell_buffer_combine,
	SERIALFUNC = cvm.spell_buffer_serialize,
	DESERIALFUNC = cvm.spell_buffer_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._{name}_agg({customer}, text, date, date, numeric, text, date, text[]) IS
	'{words}, from raw rows in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, segment, as_of, and '
	'what is asked: look_back and look_ahead, each a list of numbers with commas, entry_gap, whether donors are told apart (true or false), conf, '
	'and of each launch its name and its day since 2000-01-01. A row with a segment says that the customer was in it on these days; a row '
	'without one is a spell. A customer counts in the segment of the day of the launch or, who came later, of the first day';
@end
@end
