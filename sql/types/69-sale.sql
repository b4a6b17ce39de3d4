-- SPDX-License-Identifier: PostgreSQL
-- What was sold in a week, at which price in which channel, from raw rows in one pass: what channel_price says of the demo takes
-- a third of the time that windows over spells take (bench/RESULTS.md).
CREATE TYPE cvm.sale_count AS (product text, currency text, month date, week date, term integer, channel text, price numeric, sales bigint, customers bigint);
COMMENT ON TYPE cvm.sale_count IS
	'Sales of a product in a week, in a channel, for so many months of commitment and at a price; week is NULL: the customers of a month';

@use rows_final channel_sale | sale_count
@use found_rows channel_sale | _sale_counts | sale_count | 5000

@with member_aggregate channel_sale | text, date, date, numeric, boolean, integer, text, text, text, date
	'What was sold in a week, at which price in which channel, from raw rows in one pass: customer, product, first day, day after the last (NULL: '
	'goes on), price a month, whether nothing is paid, days of commitment, channel, currency as told and as shown, as_of. A line that '
	'goes on with one of the same product is no sale'
@end

CREATE TYPE cvm.channel_segment AS (channel text, segment text, customers bigint, approached bigint, converted bigint, sales bigint, sold bigint, mrr numeric,
	contact_cost numeric, mature bigint, kept bigint, answers bigint, satisfied bigint);
COMMENT ON TYPE cvm.channel_segment IS 'What came of the customers of a segment in a channel: who was approached, who bought, who stayed and who is satisfied';

@use rows_final channel_segment | channel_segment

@with member_aggregate channel_segment | text, date, date, text, text, date, date, text, text, numeric, numeric, \
	timestamptz, boolean, date, date, integer, integer
	'What came of customers in channels, by segment, from raw rows in one pass: customer, segment, valid_from, valid_to, purpose ("service" is no '
	'approach), channel, day or first day, day after the last (NULL: goes on), product, offer, cost or what is paid, price a month, moment, whether '
	'something is paid or an answer is satisfied, as_of, since when it counts, days after an approach in which a sale is one of it, days after a '
	'sale at which customers are looked for. A row with a segment says that the customer was in it, one with a moment is an answer, any other where it is '
	'said whether something is paid a spell, and the rest are approaches'
@end
