-- SPDX-License-Identifier: PostgreSQL
-- Type purchases: customers without a contract, by how often they bought and when last.
@use state_type purchases | state | Customers without a contract: how many of each frequency, recency and age in days, and what their purchases after the first brought

CREATE FUNCTION cvm.purchases_rollup(cvm.purchases, cvm.purchases) RETURNS cvm.purchases
	AS 'MODULE_PATHNAME', 'cvm_purchases_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.purchases_rollup(cvm.purchases, cvm.purchases) IS 'Step of rollup';
@use state_merge purchases | purchases_rollup

CREATE FUNCTION cvm.purchase_summary(cvm.activity, as_of date,
	OUT frequency integer, OUT recency integer, OUT age integer, OUT value numeric)
	AS 'MODULE_PATHNAME', 'cvm_purchase_summary'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.purchase_summary(cvm.activity, date) IS
	'One customer before as_of: days with a purchase after the first (frequency), days from the first to the last '
	'purchase (recency) and to the last day observed (age), what the purchases after the first day brought; NULL '
	'without a purchase';

@for types | symbol | words
cvm.activity, date                         | add   | One timeline per customer, and the first day not observed: customers by frequency, recency and age
integer, integer, integer, numeric, bigint | count | Frequency, recency and age in days, what purchases after the first brought (NULL: not known), how many customers are alike
@make
CREATE FUNCTION cvm.purchases_add(cvm.purchases, {types}) RETURNS cvm.purchases
	AS 'MODULE_PATHNAME', 'cvm_purchases_{symbol}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.purchases_add(cvm.purchases, {types}) IS 'Step of purchases_agg';
CREATE AGGREGATE cvm.purchases_agg({types}) (
	SFUNC = cvm.purchases_add, STYPE = cvm.purchases,
	COMBINEFUNC = cvm.purchases_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.purchases_agg({types}) IS '{words}';
@end

CREATE FUNCTION cvm.purchase_counts(cvm.purchases)
	RETURNS TABLE (frequency integer, recency integer, age integer, customers bigint)
	AS 'MODULE_PATHNAME', 'cvm_purchase_counts'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 500;
COMMENT ON FUNCTION cvm.purchase_counts(cvm.purchases) IS 'Customers by frequency, recency and age in days';

CREATE FUNCTION cvm.spend_counts(cvm.purchases)
	RETURNS TABLE (frequency integer, value numeric, customers bigint)
	AS 'MODULE_PATHNAME', 'cvm_spend_counts'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 500;
COMMENT ON FUNCTION cvm.spend_counts(cvm.purchases) IS
	'Customers by frequency and what their purchases after the first brought';

-- A model of buying has four parameters
@for model | a | b | name | source
bg_nbd     | a | b    | BG/NBD     | Fader, Hardie and Lee 2005: customers buy at a rate that is Gamma(r, alpha) among them and drop out after a purchase with a chance that is Beta(a, b)
pareto_nbd | s | beta | Pareto/NBD | Schmittlein, Morrison and Colombo 1987: customers buy at a rate that is Gamma(r, alpha) among them and drop out at a rate that is Gamma(s, beta)
@make
CREATE TYPE cvm.{model}_model AS (
	r float8, alpha float8, {a} float8, {b} float8,
	r_error float8, alpha_error float8, {a}_error float8, {b}_error float8,
	log_likelihood float8, customers bigint, repeaters bigint, steps integer, reason text
);
COMMENT ON TYPE cvm.{model}_model IS
	'A fitted {name} model: parameters and their standard errors, log-likelihood, customers and how many of them '
	'bought again, steps to the maximum, and why there is no fit (then parameters are NULL)';

CREATE FUNCTION cvm.{model}_fit(cvm.purchases, unit_days float8 DEFAULT 7) RETURNS cvm.{model}_model
	AS 'MODULE_PATHNAME', 'cvm_{model}_fit'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.{model}_fit(cvm.purchases, float8) IS
	'Fits the {name} model by maximum likelihood, in units of so many days ({source}). Never an error: where there is '
	'no maximum inside, parameters are NULL and reason says why';

CREATE FUNCTION cvm.{model}_log_likelihood(cvm.purchases, r float8, alpha float8, {a} float8, {b} float8,
	unit_days float8 DEFAULT 7) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_{model}_log_likelihood'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.{model}_log_likelihood(cvm.purchases, float8, float8, float8, float8, float8) IS
	'Logarithm of how likely the customers are under given parameters';

CREATE FUNCTION cvm.{model}_p_alive(r float8, alpha float8, {a} float8, {b} float8,
	frequency integer, recency float8, age float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_{model}_p_alive'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.{model}_p_alive(float8, float8, float8, float8, integer, float8, float8) IS
	'Chance that a customer has not dropped out, in the unit of time of the parameters';

CREATE FUNCTION cvm.{model}_purchases(r float8, alpha float8, {a} float8, {b} float8,
	frequency integer, recency float8, age float8, ahead float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_{model}_purchases'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.{model}_purchases(float8, float8, float8, float8, integer, float8, float8, float8) IS
	'Purchases expected of a customer in a time ahead, in the unit of time of the parameters; of a new customer with frequency, recency and age 0';

@end
CREATE TYPE cvm.gamma_gamma_model AS (
	p float8, q float8, v float8, p_error float8, q_error float8, v_error float8,
	log_likelihood float8, customers bigint, repeaters bigint, steps integer, reason text
);
COMMENT ON TYPE cvm.gamma_gamma_model IS
	'A fitted Gamma-Gamma model: parameters and their standard errors, log-likelihood, customers who spent something '
	'again, steps to the maximum, and why there is no fit (then parameters are NULL)';

CREATE FUNCTION cvm.gamma_gamma_fit(cvm.purchases) RETURNS cvm.gamma_gamma_model
	AS 'MODULE_PATHNAME', 'cvm_gamma_gamma_fit'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.gamma_gamma_fit(cvm.purchases) IS
	'Fits the Gamma-Gamma model of what a purchase brings by maximum likelihood (Fader and Hardie 2013), to purchases '
	'after the first of customers to whom they brought more than nothing. Never an error: reason says why there is no '
	'fit';

CREATE FUNCTION cvm.gamma_gamma_log_likelihood(cvm.purchases, p float8, q float8, v float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_gamma_gamma_log_likelihood'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.gamma_gamma_log_likelihood(cvm.purchases, float8, float8, float8) IS
	'Logarithm of how likely what was spent is under given parameters';

CREATE FUNCTION cvm.gamma_gamma_value(p float8, q float8, v float8, frequency integer, mean_value float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_gamma_gamma_value'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.gamma_gamma_value(float8, float8, float8, integer, float8) IS
	'What a purchase of a customer brings, given the mean of so many; of one who is not known (0) the mean of all, NULL where that has no end';
