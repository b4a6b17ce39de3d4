-- SPDX-License-Identifier: PostgreSQL
-- Where in its life a customer is.
CREATE FUNCTION cvm.lifecycle_phase(cvm.holdings, as_of date, risk_since date DEFAULT NULL,
	known_from date DEFAULT NULL, winback_days integer DEFAULT 365,
	reactivated_days integer DEFAULT 90, onboarding_days integer DEFAULT 30,
	renewal_days integer DEFAULT 60, growth_days integer DEFAULT 90,
	lapse_days integer DEFAULT 0,
	OUT phase text, OUT since date)
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_phase'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.lifecycle_phase(cvm.holdings, date, date, date, integer, integer, integer, integer, integer,
	integer) IS
	'The first that fits: prospect (never paid), winback_target (left up to winback_days ago), lost, at_risk (asked to '
	'leave: risk_since), reactivated (came back up to reactivated_days ago), onboarding (came up to onboarding_days '
	'ago), renewal (something held ends within renewal_days and goes on at no other price), growth (began to pay for a '
	'line and so to pay more up to growth_days ago: the same line at a higher price is none), mature. A lapse of up to '
	'lapse_days is none. Looking back, ends before known_from count as not known yet';
