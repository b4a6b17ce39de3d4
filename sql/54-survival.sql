-- SPDX-License-Identifier: PostgreSQL
-- Type survival: how long customers stay.
CALL create_state_type('survival',
	'Times until churn, of which some are not over: how many of each, at which age, from which cause');

CREATE FUNCTION survival_rollup(survival, survival) RETURNS survival
	AS 'MODULE_PATHNAME', 'cvm_survival_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION survival_rollup(survival, survival) IS 'Step of rollup';
CALL create_state_merge('survival', 'survival_rollup');

DO $block$
DECLARE
	form record;
BEGIN
	FOR form IN
		SELECT *
		FROM (VALUES ('integer, boolean', ''),
					 ('integer, boolean, integer', ', age from which the customer was seen (NULL: the start)'),
					 ('integer, boolean, text', ', cause of churn'),
					 ('integer, boolean, text, integer', ', cause of churn, age from which the customer was seen (NULL: the start)'))
			AS f (types, words)
	LOOP
		EXECUTE format($$
			CREATE FUNCTION cvm.survival_add(cvm.survival, %1$s) RETURNS cvm.survival
				AS 'MODULE_PATHNAME', '%3$s'
				LANGUAGE C IMMUTABLE PARALLEL SAFE;
			COMMENT ON FUNCTION cvm.survival_add(cvm.survival, %1$s) IS 'Step of survival_agg';
			CREATE AGGREGATE cvm.survival_agg(%1$s) (
				SFUNC = cvm.survival_add, STYPE = cvm.survival,
				COMBINEFUNC = cvm.survival_rollup, PARALLEL = SAFE
			);
			COMMENT ON AGGREGATE cvm.survival_agg(%1$s) IS
				'Customers as times until churn: duration, whether they churned then (else they were still there)%2$s'$$,
			form.types, form.words,
			-- who calls may not say which types it calls with
			CASE WHEN form.types LIKE '%text%' THEN 'cvm_survival_add_cause' ELSE 'cvm_survival_add' END);
	END LOOP;
END
$block$;

CREATE FUNCTION survival_curve(survival, conf float8 DEFAULT 0.95,
	conf_type text DEFAULT 'log-log')
	RETURNS TABLE ("time" integer, at_risk bigint, churned bigint,
		censored bigint, survival float8, std_error float8, conf_low float8,
		conf_high float8, cumulative_hazard float8, hazard_error float8)
	AS 'MODULE_PATHNAME', 'cvm_survival_curve'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION survival_curve(survival, float8, text) IS
	'Kaplan-Meier: a row for every age at which customers churn or drop out of sight, with Greenwood''s error; conf_type plain, log, log-log or logit';

CREATE FUNCTION survival_quantile(survival, share float8, conf float8 DEFAULT 0.95,
	conf_type text DEFAULT 'log-log',
	OUT "time" integer, OUT conf_low integer, OUT conf_high integer)
	AS 'MODULE_PATHNAME', 'cvm_survival_quantile'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION survival_quantile(survival, float8, float8, text) IS
	'First age at which at least so large a share has churned, with limits; NULL where that was not seen';

CREATE FUNCTION median_survival(survival) RETURNS integer
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN (survival_quantile($1, 0.5))."time";
COMMENT ON FUNCTION median_survival(survival) IS
	'First age at which at least half have churned; NULL where that was not seen';

CREATE FUNCTION survival_at(survival, "time" integer) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_survival_at'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION survival_at(survival, integer) IS
	'Share still there at an age; NULL past the last age seen';

CREATE FUNCTION rmst(survival, until float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_rmst'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rmst(survival, float8) IS
	'Restricted mean: how long customers stay on average of the time until then; NULL past the last age seen';

CREATE FUNCTION rmst_error(survival, until float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_rmst_error'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rmst_error(survival, float8) IS 'Standard error of rmst';

CREATE FUNCTION cumulative_incidence(survival)
	RETURNS TABLE (cause text, "time" integer, at_risk bigint, churned bigint,
		incidence float8, std_error float8)
	AS 'MODULE_PATHNAME', 'cvm_cumulative_incidence'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 200;
COMMENT ON FUNCTION cumulative_incidence(survival) IS
	'Aalen-Johansen: the share that has churned from each cause by each age, while other causes compete';

CREATE FUNCTION logrank(survival[], weight text DEFAULT 'logrank',
	OUT chi_square float8, OUT degrees integer, OUT p_value float8)
	AS 'MODULE_PATHNAME', 'cvm_logrank'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION logrank(survival[], text) IS
	'Log-rank test: do the groups churn alike? weight: logrank (all ages alike), gehan, tarone-ware, peto or fleming (early ages more)';

CREATE FUNCTION logrank(survival[], groups text[], strata text[],
	weight text DEFAULT 'logrank',
	OUT chi_square float8, OUT degrees integer, OUT p_value float8)
	AS 'MODULE_PATHNAME', 'cvm_logrank_stratified'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION logrank(survival[], text[], text[], text) IS
	'Stratified log-rank test: do the groups churn alike within each stratum? A state, its group and its stratum stand at the same place of the three arrays';
