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
