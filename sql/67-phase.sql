-- Where in its life a customer is.
CREATE FUNCTION lifecycle_phase(holdings, as_of date, risk_since date DEFAULT NULL,
	known_from date DEFAULT NULL,
	OUT phase text, OUT since date)
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_phase'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION lifecycle_phase(holdings, date, date, date) IS
	'The first that fits: prospect (never paid), winback_target (left up to 365 days ago), lost, reactivated (came back up to 90 days ago), onboarding (came up to 30 days ago), renewal (something held ends within 60 days), at_risk (asked to leave: risk_since), growth (began to pay more up to 90 days ago), mature. Looking back, ends before known_from count as not known yet';
