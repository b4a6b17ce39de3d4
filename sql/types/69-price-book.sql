-- SPDX-License-Identifier: PostgreSQL
-- What customers pay for a product on the last day, and since when, from raw rows in one pass: what price_book_gap says of the demo
-- takes a tenth of the time that windows over spells take (bench/RESULTS.md).
CREATE TYPE cvm.price_book AS (product text, segment text, mrr numeric, is_front boolean, is_back boolean, lines bigint);
COMMENT ON TYPE cvm.price_book IS
	'Lines of a product that customers of a segment hold at a price, for up to three months, more than twelve, or between';

CREATE FUNCTION cvm.price_book_final(internal) RETURNS cvm.price_book[]
	AS 'MODULE_PATHNAME', 'cvm_price_book_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.price_book_final(internal) IS 'End of _price_book_agg';
-- unnest() of a column would be ten rows to the planner
CREATE FUNCTION cvm._price_books(cvm.price_book[]) RETURNS SETOF cvm.price_book
	AS 'array_unnest'
	LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE ROWS 1000;
COMMENT ON FUNCTION cvm._price_books(cvm.price_book[]) IS 'What _price_book_agg found, as rows';

@for customer
bigint
text
uuid
@make
CREATE FUNCTION cvm.price_book_add(internal, {customer}, text, text, date, date, numeric, date) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_price_book_add_{customer}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.price_book_add(internal, {customer}, text, text, date, date, numeric, date) IS 'Step of _price_book_agg';
CREATE AGGREGATE cvm._price_book_agg({customer}, text, text, date, date, numeric, date) (
	SFUNC = cvm.price_book_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.price_book_final, FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = cvm.member_combine,
	SERIALFUNC = cvm.member_serialize,
	DESERIALFUNC = cvm.member_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._price_book_agg({customer}, text, text, date, date, numeric, date) IS
	'What customers pay on the last day before as_of, and since when they have it without a day between, from raw rows in one pass: customer, '
	'product, segment, first day, day after the last (NULL: goes on), price a month, as_of. A row with a segment says that the customer was '
	'in it on these days; one without is a spell';
@end
