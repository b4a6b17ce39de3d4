-- SPDX-License-Identifier: PostgreSQL
-- How many of those who are there will still be there.
CREATE FUNCTION cvm._base_forecast(at_risk bigint[], lost bigint[], customers bigint[], mrr float8[],
	mrr_squares float8[], steps integer)
	RETURNS TABLE (step integer, expected_customers float8, customers_variance float8, expected_mrr float8,
		mrr_variance float8, method text)
	AS 'MODULE_PATHNAME', 'cvm_base_forecast'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 12;
COMMENT ON FUNCTION cvm._base_forecast(bigint[], bigint[], bigint[], float8[], float8[], integer) IS
	'What is expected of customers by age after so many periods, and its variance, from who was at risk and lost in the '
	'period after each age: by the shifted-beta-geometric model where it has a best fit that the data do not refute, '
	'else by the hazard of each age';

CREATE FUNCTION cvm._expected_periods(at_risk bigint[], lost bigint[], ages integer, horizon integer, discount float8)
	RETURNS float8[]
	AS 'MODULE_PATHNAME', 'cvm_expected_periods'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._expected_periods(bigint[], bigint[], integer, integer, float8) IS
	'How many discounted payments are expected of a customer of each age, from 0 on, within a horizon of periods, the '
	'first of them now';
