-- SPDX-License-Identifier: PostgreSQL
-- Type revenue_retention: how many customers of a cohort stay, and how much
-- of their money.
@use state_type revenue_retention | state | Cohorts of paying customers: how many stay, and how much of their money, gross and net

CREATE FUNCTION cvm.revenue_retention_rollup(cvm.revenue_retention, cvm.revenue_retention)
	RETURNS cvm.revenue_retention
	AS 'MODULE_PATHNAME', 'cvm_revenue_retention_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.revenue_retention_rollup(cvm.revenue_retention, cvm.revenue_retention) IS 'Step of rollup';
@use state_merge revenue_retention | revenue_retention_rollup

@for types | words
cvm.holdings, text, date       |
cvm.holdings, text, date, text | , clock (calendar or anniversary)
@make
CREATE FUNCTION cvm.revenue_retention_add(cvm.revenue_retention, {types})
	RETURNS cvm.revenue_retention
	AS 'MODULE_PATHNAME', 'cvm_revenue_retention_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.revenue_retention_add(cvm.revenue_retention, {types}) IS
	'Step of revenue_retention_agg';
CREATE AGGREGATE cvm.revenue_retention_agg({types}) (
	SFUNC = cvm.revenue_retention_add, STYPE = cvm.revenue_retention,
	COMBINEFUNC = cvm.revenue_retention_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.revenue_retention_agg({types}) IS
	'Retention of customers and money by cohort of the first paid day: holdings, grain, as_of (the first day not observed){words}';
@end

-- The fast way: from raw spells in one pass (51-spell-buffer.sql).  Beside
-- movement_agg over the same arguments, both share one pass.
CREATE FUNCTION cvm.revenue_spell_buffer_final(internal) RETURNS cvm.revenue_retention
	AS 'MODULE_PATHNAME', 'cvm_revenue_spell_buffer_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.revenue_spell_buffer_final(internal) IS 'End of the one-pass revenue_retention_agg';
@use spell_buffer_aggregate revenue_retention_agg | text, date | revenue_spell_buffer_final \
	| Retention of customers and money from raw spells in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, grain, as_of
@use spell_buffer_aggregate revenue_retention_agg | text, date, text | revenue_spell_buffer_final \
	| Retention of customers and money from raw spells in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, grain, as_of, clock (calendar or anniversary)

CREATE FUNCTION cvm.revenue_grid(cvm.revenue_retention, conf float8 DEFAULT 0.95)
	RETURNS TABLE (cohort date, period_no integer, period_start date,
		cohort_customers bigint, eligible_customers bigint,
		retained_customers bigint, retention_rate float8,
		conf_low float8, conf_high float8, cohort_mrr numeric,
		eligible_mrr numeric, gross_retained_mrr numeric,
		net_retained_mrr numeric, gross_revenue_retention_rate float8,
		net_revenue_retention_rate float8, is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_revenue_grid'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 300;
COMMENT ON FUNCTION cvm.revenue_grid(cvm.revenue_retention, float8) IS
	'The cells: retention_rate = retained_customers / eligible_customers with its Wilson interval, money rates = money '
	'/ eligible_mrr; NULL where a period is not over';
