-- SPDX-License-Identifier: PostgreSQL
-- Projection of survival by the shifted-beta-geometric model.
CREATE TYPE cvm.sbg_model AS (
	alpha float8, beta float8, alpha_error float8, beta_error float8,
	covariance float8, log_likelihood float8, customers bigint, lost bigint,
	periods integer
);
COMMENT ON TYPE cvm.sbg_model IS
	'A fitted shifted-beta-geometric model: parameters, their standard errors and covariance, log-likelihood, and the '
	'customers, losses and periods it was fitted to';

CREATE FUNCTION cvm.survival_add(cvm.survival, integer, bigint, bigint) RETURNS cvm.survival
	AS 'MODULE_PATHNAME', 'cvm_survival_count'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.survival_add(cvm.survival, integer, bigint, bigint) IS
	'Step of survival_agg and sbg_fit for counted customers';
CREATE AGGREGATE cvm.survival_agg(integer, bigint, bigint) (
	SFUNC = cvm.survival_add, STYPE = cvm.survival,
	COMBINEFUNC = cvm.survival_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.survival_agg(integer, bigint, bigint) IS
	'Counted customers: age, how many churned at it, how many were last seen there at it';

CREATE FUNCTION cvm.sbg_fit(cvm.survival) RETURNS cvm.sbg_model
	AS 'MODULE_PATHNAME', 'cvm_sbg_fit'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.sbg_fit(cvm.survival) IS
	'Fits the model by maximum likelihood; ages are numbers of periods, and who has not churned counts as censored';
CREATE AGGREGATE cvm.sbg_fit(integer, bigint, bigint) (
	SFUNC = cvm.survival_add, STYPE = cvm.survival, FINALFUNC = cvm.sbg_fit,
	COMBINEFUNC = cvm.survival_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.sbg_fit(integer, bigint, bigint) IS
	'Fits the model to counted customers of one or more cohorts: period, lost in it, alive after it and not seen longer';

CREATE FUNCTION cvm.sbg_log_likelihood(cvm.survival, alpha float8, beta float8)
	RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_sbg_log_likelihood'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.sbg_log_likelihood(cvm.survival, float8, float8) IS
	'Logarithm of how likely the data are under given parameters';

CREATE FUNCTION cvm.sbg_survival(alpha float8, beta float8, periods integer)
	RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_sbg_survival'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.sbg_survival(float8, float8, integer) IS
	'Share that survives so many periods: B(alpha, beta + t) / B(alpha, beta)';

CREATE FUNCTION cvm.sbg_retention(alpha float8, beta float8, period integer)
	RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN period >= 1 THEN (beta + period - 1) / (alpha + beta + period - 1) END;
COMMENT ON FUNCTION cvm.sbg_retention(float8, float8, integer) IS
	'Share of those alive before a period who survive it: (beta + t - 1) / (alpha + beta + t - 1)';

CREATE FUNCTION cvm.sbg_derl(alpha float8, beta float8, discount float8,
	renewal integer DEFAULT 0) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_sbg_derl'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.sbg_derl(float8, float8, float8, integer) IS
	'Discounted payments still expected just before a customer''s n-th renewal, that one included; 0: of a new '
	'customer who pays at once. NULL where they have no end';
