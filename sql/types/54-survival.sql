-- SPDX-License-Identifier: PostgreSQL
-- Type survival: how long customers stay.
@use state_type survival | state | Times until churn, of which some are not over: how many of each, at which age, from which cause

CREATE FUNCTION cvm.survival_rollup(cvm.survival, cvm.survival) RETURNS cvm.survival
	AS 'MODULE_PATHNAME', 'cvm_survival_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.survival_rollup(cvm.survival, cvm.survival) IS 'Step of rollup';
@use state_merge survival | survival_rollup

-- who calls may not say which types it calls with, so the symbol does
@for types | symbol | words
integer, boolean                | add       |
integer, boolean, integer       | add       | , age from which the customer was seen (NULL: the start)
integer, boolean, text          | add_cause | , cause of churn
integer, boolean, text, integer | add_cause | , cause of churn, age from which the customer was seen (NULL: the start)
@make
CREATE FUNCTION cvm.survival_add(cvm.survival, {types}) RETURNS cvm.survival
	AS 'MODULE_PATHNAME', 'cvm_survival_{symbol}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.survival_add(cvm.survival, {types}) IS 'Step of survival_agg';
CREATE AGGREGATE cvm.survival_agg({types}) (
	SFUNC = cvm.survival_add, STYPE = cvm.survival,
	COMBINEFUNC = cvm.survival_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.survival_agg({types}) IS
	'Customers as times until churn: duration, whether they churned then (else they were still there){words}';
@end

CREATE FUNCTION cvm.survival_curve(cvm.survival, conf float8 DEFAULT 0.95,
	conf_type text DEFAULT 'log-log')
	RETURNS TABLE ("time" integer, at_risk bigint, churned bigint,
		censored bigint, survival float8, std_error float8, conf_low float8,
		conf_high float8, cumulative_hazard float8, hazard_error float8)
	AS 'MODULE_PATHNAME', 'cvm_survival_curve'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION cvm.survival_curve(cvm.survival, float8, text) IS
	'Kaplan-Meier: a row for every age at which customers churn or drop out of sight, with Greenwood''s error; conf_type plain, log, log-log or logit';

CREATE FUNCTION cvm.survival_quantile(cvm.survival, share float8, conf float8 DEFAULT 0.95,
	conf_type text DEFAULT 'log-log',
	OUT "time" integer, OUT conf_low integer, OUT conf_high integer)
	AS 'MODULE_PATHNAME', 'cvm_survival_quantile'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.survival_quantile(cvm.survival, float8, float8, text) IS
	'First age at which at least so large a share has churned, with limits; NULL where that was not seen';

CREATE FUNCTION cvm._survival_time(cvm.survival, share float8) RETURNS integer
	AS 'MODULE_PATHNAME', 'cvm_survival_time'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._survival_time(cvm.survival, float8) IS
	'First age at which at least so large a share has churned, without limits; NULL where that was not seen';

CREATE FUNCTION cvm.median_survival(cvm.survival) RETURNS integer
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN (cvm.survival_quantile($1, 0.5))."time";
COMMENT ON FUNCTION cvm.median_survival(cvm.survival) IS
	'First age at which at least half have churned; NULL where that was not seen';

CREATE FUNCTION cvm.survival_at(cvm.survival, "time" integer) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_survival_at'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.survival_at(cvm.survival, integer) IS
	'Share still there at an age; NULL past the last age seen';

CREATE FUNCTION cvm.rmst(cvm.survival, until float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_rmst'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.rmst(cvm.survival, float8) IS
	'Restricted mean: how long customers stay on average of the time until then; NULL past the last age seen';

CREATE FUNCTION cvm.rmst_error(cvm.survival, until float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_rmst_error'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.rmst_error(cvm.survival, float8) IS 'Standard error of rmst';

CREATE FUNCTION cvm.cumulative_incidence(cvm.survival)
	RETURNS TABLE (cause text, "time" integer, at_risk bigint, churned bigint,
		incidence float8, std_error float8)
	AS 'MODULE_PATHNAME', 'cvm_cumulative_incidence'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 200;
COMMENT ON FUNCTION cvm.cumulative_incidence(cvm.survival) IS
	'Aalen-Johansen: the share that has churned from each cause by each age, while other causes compete';

CREATE FUNCTION cvm.logrank(cvm.survival[], weight text DEFAULT 'logrank',
	OUT chi_square float8, OUT degrees integer, OUT p_value float8)
	AS 'MODULE_PATHNAME', 'cvm_logrank'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.logrank(cvm.survival[], text) IS
	'Log-rank test: do the groups churn alike? weight: logrank (all ages alike), gehan, tarone-ware, peto or fleming (early ages more)';

CREATE FUNCTION cvm.logrank(cvm.survival[], groups text[], strata text[],
	weight text DEFAULT 'logrank',
	OUT chi_square float8, OUT degrees integer, OUT p_value float8)
	AS 'MODULE_PATHNAME', 'cvm_logrank_stratified'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.logrank(cvm.survival[], text[], text[], text) IS
	'Stratified log-rank test: do the groups churn alike within each stratum? A state, its group and its stratum stand at the same place of the three arrays';
