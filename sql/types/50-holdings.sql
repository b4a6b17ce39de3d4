-- SPDX-License-Identifier: PostgreSQL
-- Type holdings: one customer's subscription spells, of which nothing is
-- decided yet.
@use state_type holdings | holdings | One customer''s subscription spells: product, days held, exact monthly price, channel and offer
@use state_merge holdings | holdings_merge

CREATE FUNCTION cvm._is_readable(cvm.holdings) RETURNS boolean
	AS 'MODULE_PATHNAME', 'cvm_holdings_is_readable'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._is_readable(cvm.holdings) IS
	'Can this version of the library read what is stored?';

CREATE FUNCTION cvm.holdings_final(cvm.holdings) RETURNS cvm.holdings
	AS 'MODULE_PATHNAME', 'cvm_holdings_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.holdings_final(cvm.holdings) IS 'End of holdings_agg';

@for types | words
text, date, date, numeric                      |
text, date, date, numeric, text, text          | , channel, offer
text, date, date, numeric, text, text, boolean | , channel, offer, whether it is paused and price is what it would be
@make
CREATE FUNCTION cvm.holdings_add(cvm.holdings, {types}) RETURNS cvm.holdings
	AS 'MODULE_PATHNAME', 'cvm_holdings_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.holdings_add(cvm.holdings, {types}) IS 'Step of holdings_agg';
CREATE AGGREGATE cvm.holdings_agg({types}) (
	SFUNC = cvm.holdings_add, STYPE = cvm.holdings,
	FINALFUNC = cvm.holdings_final,
	COMBINEFUNC = cvm.holdings_merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.holdings_agg({types}) IS
	'One customer''s spells: product, first day, day after the last (NULL: goes on), price a month{words}';
@end

CREATE FUNCTION cvm.mrr_at(cvm.holdings, day date) RETURNS numeric
	AS 'MODULE_PATHNAME', 'cvm_mrr_at'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.mrr_at(cvm.holdings, date) IS
	'What the customer brings a month, on a day: the sum of the lines held, never below 0';

CREATE FUNCTION cvm.mrr_kept(cvm.holdings, opening date, closing date) RETURNS numeric
	AS 'MODULE_PATHNAME', 'cvm_mrr_kept'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.mrr_kept(cvm.holdings, date, date) IS
	'The lesser of mrr_at on two days: what gross retention counts';

CREATE FUNCTION cvm.products_at(cvm.holdings, day date) RETURNS text[]
	AS 'MODULE_PATHNAME', 'cvm_products_at'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.products_at(cvm.holdings, date) IS
	'Products held on a day, paid or free, each once, in the order of their bytes';

CREATE FUNCTION cvm.by_offer(cvm.holdings, offers text[] DEFAULT NULL) RETURNS cvm.holdings
	AS 'MODULE_PATHNAME', 'cvm_by_offer'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.by_offer(cvm.holdings, text[]) IS
	'Each spell sold under one of these offers (NULL: under any) as one of a product of the offer''s name: an offer '
	'may be the focal one then, and the same product under other offers a donor';

CREATE FUNCTION cvm.first_day(cvm.holdings) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_first_held_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.first_day(cvm.holdings) IS 'First day of any spell, paid or free';

CREATE FUNCTION cvm.last_day(cvm.holdings, until date) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_last_held_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.last_day(cvm.holdings, date) IS
	'Last day, not after until, on which a spell began or was over; NULL if there is none';

CREATE FUNCTION cvm.first_paid_day(cvm.holdings) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_first_paid_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.first_paid_day(cvm.holdings) IS
	'First day on which the customer pays; NULL if there is none';

CREATE FUNCTION cvm.last_paid_day(cvm.holdings, as_of date) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_last_paid_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.last_paid_day(cvm.holdings, date) IS
	'Last day before as_of on which the customer pays; NULL if there is none';

CREATE FUNCTION cvm.tenure_days(cvm.holdings, as_of date, gap integer DEFAULT 0)
	RETURNS integer
	AS 'MODULE_PATHNAME', 'cvm_tenure_days'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.tenure_days(cvm.holdings, date, integer) IS
	'Days since the customer began to pay without a lapse of more than gap days; NULL once lapsed';

CREATE FUNCTION cvm.runs(cvm.holdings, as_of date, gap integer DEFAULT 0)
	RETURNS TABLE (run_no integer, started_on date, ended_on date,
		days integer, is_churned boolean)
	AS 'MODULE_PATHNAME', 'cvm_runs'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 2;
COMMENT ON FUNCTION cvm.runs(cvm.holdings, date, integer) IS
	'Times of paying without a lapse of more than gap days, observed before as_of; ended_on is exclusive and NULL while a run may go on';

CREATE FUNCTION cvm.spells(cvm.holdings)
	RETURNS TABLE (product text, started_on date, ended_on date, mrr numeric,
		channel text, offer text, paused_mrr numeric)
	AS 'MODULE_PATHNAME', 'cvm_spells'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 3;
COMMENT ON FUNCTION cvm.spells(cvm.holdings) IS
	'The spells as rows, by first day; ended_on is exclusive and NULL when a spell goes on; paused_mrr is what a paused spell would bring, NULL where none is';
