-- SPDX-License-Identifier: PostgreSQL
-- Why customers are at risk, and how such customers fared, from raw rows in one pass: see src/pg/contacts/customer_risk.c
@use ticket_final customer_risk

@with member_aggregate customer_risk | text, text, date, date, numeric, boolean, date, date, text, date
	'What may put customers at risk, from raw rows in one pass: customer, line, product, first day, day after the last (NULL: goes on), price a '
	'month, whether it is under an offer, day of notice, day until which it is committed, NULL; or, of what is told of the customer (product '
	'NULL) or of a product, for looks after the first day and up to the last: when it comes true, and the reason. What ended before the last '
	'argument is left out. The answer is a ticket, with which _customer_risks() reads the rows once in the same query'
@end

CREATE FUNCTION cvm._customer_risks(ticket bytea, of_type anyelement, as_of date, action_days integer, loss_days integer, moved_days integer)
	RETURNS TABLE (customer_id anyelement, reasons text[], products text[], is_leaving boolean, notice_mrr numeric, risk_mrr numeric, mrr numeric,
		next_date date, loss_customers bigint, lost_customers bigint)
	AS 'MODULE_PATHNAME', 'cvm_customer_risks'
	LANGUAGE C VOLATILE PARALLEL RESTRICTED ROWS 10000;
COMMENT ON FUNCTION cvm._customer_risks(bytea, anyelement, date, integer, integer, integer) IS
	'Who is at risk on the day before as_of, with reasons in the order of their bytes, products that are held, what notice was given of, what is at '
	'risk and all that is paid, and the first day that comes true; without a customer: of those who had a reason loss_days, 30 and 60 days more '
	'before, how many there were, and how many paid less by half of what was at risk; customers are of the type of the second argument';
