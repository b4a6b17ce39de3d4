-- SPDX-License-Identifier: PostgreSQL
-- What customers are worth a month, from raw rows in one pass: see src/pg/segments/worth.c
@use ticket_final worth
@with own_spell_aggregate worth | text, date, date, numeric, text, date
	'What customers are worth, from raw rows in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, segment, '
	'as_of. A row with a segment says that the customer was in it on these days; a row without one is a spell. The answer is a ticket, with which '
	'_worths() and _standings() read it in the same query'
@end

CREATE FUNCTION cvm._worths(ticket bytea, products text[], unit_margins numeric[], list_prices numeric[])
RETURNS TABLE (mrr numeric, margin numeric, customers bigint)
	AS 'MODULE_PATHNAME', 'cvm_worths'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 2000;
COMMENT ON FUNCTION cvm._worths(bytea, text[], numeric[], numeric[]) IS
	'How many of those whom _worth_agg() gathered pay so much on the day before as_of, and earn so much; of products is told what a unit earns, and at '
	'which price';
CREATE FUNCTION cvm._standings(ticket bytea, lapse_days integer, products text[], unit_margins numeric[], list_prices numeric[])
RETURNS TABLE (kind integer, segment text, mrr numeric, age integer, margin numeric, is_known boolean, customers bigint)
	AS 'MODULE_PATHNAME', 'cvm_standings'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 2000;
COMMENT ON FUNCTION cvm._standings(bytea, integer, text[], numeric[], numeric[]) IS
	'Kinds of customers who pay on as_of: in a segment, so much, for so many whole months without more than lapse_days between, and earn so much; is that '
	'known of all their products? And how many of each kind there are';
CREATE FUNCTION cvm._standing_customers(ticket bytea, lapse_days integer, products text[], unit_margins numeric[], list_prices numeric[], of_type anyelement)
RETURNS TABLE (customer_id anyelement, kind integer)
	AS 'MODULE_PATHNAME', 'cvm_standing_customers'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100000;
COMMENT ON FUNCTION cvm._standing_customers(bytea, integer, text[], numeric[], numeric[], anyelement) IS
	'The customers of _standings(), and of which kind each is; customers are of the type of of_type';
CREATE FUNCTION cvm._standing_losses(ticket bytea, lapse_days integer) RETURNS SETOF cvm.base_loss
	AS 'MODULE_PATHNAME', 'cvm_standing_losses'
	LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 5000;
COMMENT ON FUNCTION cvm._standing_losses(bytea, integer) IS 'What _base_loss_agg finds, of those whom _worth_agg() gathered';
