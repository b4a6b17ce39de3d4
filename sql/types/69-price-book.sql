-- SPDX-License-Identifier: PostgreSQL
-- What customers pay for a product on the last day, and since when, from raw rows in one pass: what price_book_gap says of the demo
-- takes a tenth of the time that windows over spells take (bench/RESULTS.md).
CREATE TYPE cvm.price_book AS (product text, segment text, mrr numeric, is_front boolean, is_back boolean, lines bigint);
COMMENT ON TYPE cvm.price_book IS
	'Lines of a product that customers of a segment hold at a price, for up to three months, more than twelve, or between';

@use rows_final price_book | price_book
@use found_rows price_book | _price_books | price_book | 1000

@with member_aggregate price_book | text, text, date, date, numeric, date
	'What customers pay on the last day before as_of, and since when they have it without a day between, from raw rows in one pass: customer, '
	'product, segment, first day, day after the last (NULL: goes on), price a month, as_of. A row with a segment says that the customer was '
	'in it on these days; one without is a spell'
@end
