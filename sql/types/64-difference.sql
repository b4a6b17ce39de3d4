-- SPDX-License-Identifier: PostgreSQL
-- Did the new product cause it: what is left when a group that could not buy it
-- is compared, before and after.
CREATE FUNCTION cvm.difference_in_differences(
	treated_before bigint, treated_before_n bigint,
	treated_after bigint, treated_after_n bigint,
	control_before bigint, control_before_n bigint,
	control_after bigint, control_after_n bigint,
	conf double precision DEFAULT 0.95)
	RETURNS TABLE (before_after double precision, between_groups double precision,
		difference double precision, std_error double precision,
		conf_low double precision, conf_high double precision)
	AS 'MODULE_PATHNAME', 'cvm_difference_in_differences'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION cvm.difference_in_differences(bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint,
	double precision) IS
	'Customers lost, of how many, in the group that could buy and in the one that could not, before the launch and '
	'after: the change of the one less the change of the other, for four independent groups. Where a group lost none '
	'or all of its customers, its error is that of one more on either side, so that no interval has width 0';

CREATE FUNCTION cvm.causal_rate(difference double precision, std_error double precision,
	eligible_donors bigint, focal_entries bigint,
	break_even double precision DEFAULT NULL, conf double precision DEFAULT 0.95)
	RETURNS TABLE (unit_rate double precision, conf_low double precision,
		conf_high double precision, verdict text)
	AS 'MODULE_PATHNAME', 'cvm_causal_rate'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION cvm.causal_rate(double precision, double precision, bigint, bigint, double precision, double
	precision) IS
	'The unit rate that a difference in differences stands for: donors lost because of the launch, for each entry of '
	'the group that could buy; with a break-even, accretive, value_destroying or inconclusive. The standard error is '
	'above 0';

CREATE FUNCTION cvm.migration_share(new_growth numeric, family_growth numeric)
	RETURNS double precision
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN new_growth > 0 THEN (1 - family_growth / new_growth)::double precision END;
COMMENT ON FUNCTION cvm.migration_share(numeric, numeric) IS
	'Growth or migration: the share of a new product''s growth that its family did not grow by. Above 0.8 it is migration; NULL when the new product did not grow';
