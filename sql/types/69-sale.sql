-- SPDX-License-Identifier: PostgreSQL
-- What was sold in a week, at which price in which channel, from raw rows in one pass: what channel_price says of the demo takes
-- a third of the time that windows over spells take (bench/RESULTS.md).
CREATE TYPE cvm.sale_count AS (product text, currency text, month date, week date, term integer, channel text, price numeric, sales bigint, customers bigint);
COMMENT ON TYPE cvm.sale_count IS
	'Sales of a product in a week, in a channel, for so many months of commitment and at a price; week is NULL: the customers of a month';

CREATE FUNCTION cvm.channel_sale_final(internal) RETURNS cvm.sale_count[]
	AS 'MODULE_PATHNAME', 'cvm_channel_sale_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.channel_sale_final(internal) IS 'End of _channel_sale_agg';
-- unnest() of a column would be ten rows to the planner
CREATE FUNCTION cvm._sale_counts(cvm.sale_count[]) RETURNS SETOF cvm.sale_count
	AS 'array_unnest'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE ROWS 5000;
COMMENT ON FUNCTION cvm._sale_counts(cvm.sale_count[]) IS 'What _channel_sale_agg found, as rows';

@for customer
bigint
text
uuid
@make
CREATE FUNCTION cvm.channel_sale_add(internal, {customer}, text, date, date, numeric, boolean, integer, text, text, text, date) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_channel_sale_add_{customer}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.channel_sale_add(internal, {customer}, text, date, date, numeric, boolean, integer, text, text, text, date) IS
	'Step of _channel_sale_agg';
CREATE AGGREGATE cvm._channel_sale_agg({customer}, text, date, date, numeric, boolean, integer, text, text, text, date) (
	SFUNC = cvm.channel_sale_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.channel_sale_final, FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = cvm.member_combine,
	SERIALFUNC = cvm.member_serialize,
	DESERIALFUNC = cvm.member_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._channel_sale_agg({customer}, text, date, date, numeric, boolean, integer, text, text, text, date) IS
	'What was sold in a week, at which price in which channel, from raw rows in one pass: customer, product, first day, day after the last (NULL: '
	'goes on), price a month, whether nothing is paid, days of commitment, channel, currency as told and as shown, as_of. A line that '
	'goes on with one of the same product is no sale';
@end

CREATE TYPE cvm.channel_segment AS (channel text, segment text, customers bigint, approached bigint, converted bigint, sales bigint, sold bigint, mrr numeric,
	contact_cost numeric, mature bigint, kept bigint, answers bigint, satisfied bigint);
COMMENT ON TYPE cvm.channel_segment IS 'What came of the customers of a segment in a channel: who was approached, who bought, who stayed and who is satisfied';

CREATE FUNCTION cvm.channel_segment_final(internal) RETURNS cvm.channel_segment[]
	AS 'MODULE_PATHNAME', 'cvm_channel_segment_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.channel_segment_final(internal) IS 'End of _channel_segment_agg';

@for customer
bigint
text
uuid
@make
CREATE FUNCTION cvm.channel_segment_add(internal, {customer}, text, date, date, text, text, date, date, text, text, numeric, numeric, timestamptz, boolean,
	date, date, integer, integer) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_channel_segment_add_{customer}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.channel_segment_add(internal, {customer}, text, date, date, text, text, date, date, text, text, numeric, numeric, timestamptz, boolean,
	date, date, integer, integer) IS 'Step of _channel_segment_agg';
CREATE AGGREGATE cvm._channel_segment_agg({customer}, text, date, date, text, text, date, date, text, text, numeric, numeric, timestamptz, boolean, date, date,
	integer, integer) (
	SFUNC = cvm.channel_segment_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.channel_segment_final, FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = cvm.member_combine,
	SERIALFUNC = cvm.member_serialize,
	DESERIALFUNC = cvm.member_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._channel_segment_agg({customer}, text, date, date, text, text, date, date, text, text, numeric, numeric, timestamptz, boolean, date,
	date, integer, integer) IS
	'What came of customers in channels, by segment, from raw rows in one pass: customer, segment, valid_from, valid_to, purpose ("service" is no '
	'approach), channel, day or first day, day after the last (NULL: goes on), product, offer, cost or what is paid, price a month, moment, whether '
	'something is paid or an answer is satisfied, as_of, since when it counts, days after an approach in which a sale is one of it, days after a '
	'sale at which customers are looked for. A row with a segment says that the customer was in it, one with a moment is an answer, any other where it is '
	'said whether something is paid a spell, and the rest are approaches';
@end
