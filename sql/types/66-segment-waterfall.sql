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
	COMBINEFUNC = cvm.spell_buffer_combine,
	SERIALFUNC = cvm.spell_buffer_serialize,
	DESERIALFUNC = cvm.spell_buffer_deserialize, PARALLEL = SAFE
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
	COMBINEFUNC = cvm.spell_buffer_combine,
	SERIALFUNC = cvm.spell_buffer_serialize,
	DESERIALFUNC = cvm.spell_buffer_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._segment_cohort_agg({customer}, text, date, date, numeric, text, text, date, text) IS
	'Retention of customers and money by segment from raw rows in one pass: customer, product, first day, day after the last (NULL: goes on), '
	'price a month, segment, grain, as_of, clock (calendar or anniversary). Rows with a segment are times in it, as those of '
	'_segment_movement_agg; a customer counts in the segment of the first paid day';
@end

-- The rows of customers: see src/pg/segments/segment_moves.c
@use ticket_final customer_move
@with own_spell_aggregate customer_move | text, date, date, numeric, boolean, text, text, text, date, integer, text, text, numeric
	'What moves of customers, from raw rows in one pass: the arguments of _segment_movement_agg, then channel, reason of the end, and '
	'the price that was told. The answer is a ticket, with which _customer_moves() reads the rows in the same query'
@end
@with own_spell_aggregate customer_move | text, date, date, numeric, boolean, text, text, text, date, integer, text, \
	text, numeric, date, date, integer
	'The same of those customers alone for whom something may change in months that begin between two days, where those are given and no price '
	'has more than so many decimals (NULL: whatever it has); else of all. It may leave others in'
@end

CREATE FUNCTION cvm._customer_moves(ticket bytea, since date, until date, segments text[], months date[], owners text[]) RETURNS SETOF bytea
	AS 'MODULE_PATHNAME', 'cvm_customer_moves'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000;
COMMENT ON FUNCTION cvm._customer_moves(bytea, date, date, text[], date[], text[]) IS
	'The rows of customer_movements() of all customers whom _customer_move_agg() gathered, of periods that begin between two days (NULL: all), '
	'each as a move, of which the functions _move_… read columns; with the owners of segments in months';
CREATE FUNCTION cvm._customers_moved(ticket bytea, month date, segment text, line text, of_money boolean)
RETURNS TABLE (customer_id text, mrr_before numeric, mrr_after numeric, detail text)
	AS 'MODULE_PATHNAME', 'cvm_customers_moved'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10000;
COMMENT ON FUNCTION cvm._customers_moved(bytea, date, text, text, boolean) IS
	'The customers whom _customer_move_agg() gathered who add to a line of the waterfall of a segment or of "(all)", or to its money, in the month '
	'that begins on a day: what each paid before and after, and why';
CREATE FUNCTION cvm._move_customer(ticket bytea, move bytea, of_type anyelement) RETURNS anyelement
	AS 'MODULE_PATHNAME', 'cvm_move_customer'
	LANGUAGE C STABLE PARALLEL RESTRICTED;
COMMENT ON FUNCTION cvm._move_customer(bytea, bytea, anyelement) IS 'The customer of a move of _customer_moves(), of the type of of_type';
@for name | result | what
row_key | text | month, line and customer as one key
segment | text | the segment
month | date | the first day of the month
month_label | text | the month as text
line | text | the line of the waterfall
customers | bigint | what the customer counts for in its line
change | numeric | the money of the line
before | numeric | what was paid when the month opened
after | numeric | what was paid when it closed
cause | text | why
product | text | the product that the change is about
from_product | text | the product given up in its place
reason | text | the reason that was told
channel | text | the channel through which the customer came
owner | text | who answers for the segment
is_complete | boolean | whether the month is over
@make
CREATE FUNCTION cvm._move_{name}(ticket bytea, move bytea) RETURNS {result}
	AS 'MODULE_PATHNAME', 'cvm_move_{name}'
	LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION cvm._move_{name}(bytea, bytea) IS 'Of a move of _customer_moves(): {what}';
@end

CREATE FUNCTION cvm._is_whole(ticket bytea, decimals integer) RETURNS boolean
	AS 'MODULE_PATHNAME', 'cvm_customer_move_is_whole'
	LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION cvm._is_whole(bytea, integer) IS 'Has no price that _customer_move_agg() gathered more decimals?';

CREATE FUNCTION cvm._first_day(ticket bytea) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_customer_move_first_day'
	LANGUAGE C STABLE STRICT PARALLEL RESTRICTED;
COMMENT ON FUNCTION cvm._first_day(bytea) IS 'The first day of all spells that _customer_move_agg() gathered';

-- What else is read with a ticket: see src/core/segments/customer_readings.h
CREATE FUNCTION cvm._customers_won(ticket bytea, of_type anyelement)
	RETURNS TABLE (customer_id anyelement, cohort date, is_recycled boolean, mrr_after numeric, retained_1 integer, retained_3 integer,
		retained_6 integer, retained_12 integer, mrr_now numeric, next_cohort date, channel text, offer text)
	AS 'MODULE_PATHNAME', 'cvm_customers_won'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000;
COMMENT ON FUNCTION cvm._customers_won(bytea, anyelement) IS
	'Customers whom _customer_move_agg() gathered, once for each month in which they come: who still pays so many months later (NULL: not seen '
	'yet), what they pay now, when they come again, and through which channel and offer';

CREATE FUNCTION cvm._customers_came(ticket bytea)
	RETURNS TABLE (channel text, offer text, cohort date, customers bigint, recycled bigint, mrr_after numeric, mrr_now numeric, current bigint,
		retained_1 bigint, retained_3 bigint, retained_6 bigint, retained_12 bigint, product text, months numeric, revenue numeric)
	AS 'MODULE_PATHNAME', 'cvm_customers_came'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10000;
COMMENT ON FUNCTION cvm._customers_came(bytea) IS
	'The same customers, counted by channel, offer and month of coming; and, where product is not NULL, for how many months of 30.4375 days they pay '
	'for it until they come again, and how much';

CREATE FUNCTION cvm._product_moves(ticket bytea)
	RETURNS TABLE (period_start date, from_product text, to_product text, customers bigint, from_mrr numeric, to_mrr numeric,
		entering_customers bigint, leaving_customers bigint)
	AS 'MODULE_PATHNAME', 'cvm_product_moves'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 2000;
COMMENT ON FUNCTION cvm._product_moves(bytea) IS
	'migrations() of all customers whom _customer_move_agg() gathered, added up, with those who paid for nothing before or after';

CREATE FUNCTION cvm._product_migrations(ticket bytea)
	RETURNS TABLE (from_product text, to_product text, from_mrr numeric, to_mrr numeric)
	AS 'MODULE_PATHNAME', 'cvm_product_migrations'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 2000;
COMMENT ON FUNCTION cvm._product_migrations(bytea) IS
	'migrations() of all customers whom _customer_move_agg() gathered, of those who gave up a product for another one';

CREATE FUNCTION cvm._product_pairs(ticket bytea)
	RETURNS TABLE (product text, other_product text, customers bigint, mrr numeric, since date)
	AS 'MODULE_PATHNAME', 'cvm_product_pairs'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100;
COMMENT ON FUNCTION cvm._product_pairs(bytea) IS
	'How many customers whom _customer_move_agg() gathered pay on the last day for two products, the first by name first, what for both and since '
	'when one of them holds both; for one, where other_product is NULL; and for anything, where product is NULL too';

CREATE FUNCTION cvm._segment_losses(ticket bytea, gap integer)
	RETURNS TABLE (segment text, state cvm.survival)
	AS 'MODULE_PATHNAME', 'cvm_segment_losses'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10;
COMMENT ON FUNCTION cvm._segment_losses(bytea, integer) IS
	'How long customers whom _customer_move_agg() gathered pay, with lapses of up to so many days, and for which reason they leave, by segment '
	'of the first paid day and of everybody';
