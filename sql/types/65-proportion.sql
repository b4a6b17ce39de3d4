-- SPDX-License-Identifier: PostgreSQL
-- How sure a proportion is, and a difference of two.
CREATE FUNCTION cvm.proportion_interval(hits bigint, n bigint,
	conf float8 DEFAULT 0.95, OUT conf_low float8, OUT conf_high float8)
	AS 'MODULE_PATHNAME', 'cvm_proportion_interval'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.proportion_interval(bigint, bigint, float8) IS
	'Wilson limits of hits / n; NULL when n is 0';

CREATE FUNCTION cvm._share_interval(share float8, size float8,
	conf float8, OUT conf_low float8, OUT conf_high float8)
	AS 'MODULE_PATHNAME', 'cvm_share_interval'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._share_interval(float8, float8, float8) IS
	'Wilson limits of a share of a number that need not be whole, as of weights; NULL when it is 0';

CREATE FUNCTION cvm._clustered_interval(hits numeric, n numeric, clusters numeric, hits_squared numeric, hits_times_n numeric, n_squared numeric,
	conf float8, OUT conf_low float8, OUT conf_high float8)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- as many as would be as sure, had each customer one; nothing divides by 0,
	-- since 18 computes what it can when it plans
	SELECT i.conf_low, i.conf_high
	FROM (SELECT hits / nullif(n, 0) AS p) r
	CROSS JOIN LATERAL (SELECT clusters / nullif(clusters - 1, 0) * (hits_squared - 2 * r.p * hits_times_n + r.p * r.p * n_squared) / nullif(n * n, 0)
		AS variance) v
	CROSS JOIN LATERAL cvm._share_interval(r.p::float8, CASE WHEN clusters = 1 THEN 1 WHEN hits IN (0, n) THEN clusters
		WHEN v.variance <= 0 THEN n ELSE least(n, r.p * (1 - r.p) / nullif(v.variance, 0)) END::float8, conf) i;
$$;
COMMENT ON FUNCTION cvm._clustered_interval(numeric, numeric, numeric, numeric, numeric, numeric, float8) IS
	'Wilson limits of hits / n where n are of so many customers, with the sums over customers of hits * hits, hits * n '
	'and n * n: of so many independent ones as make the same variance. NULL when n is 0.';

CREATE FUNCTION cvm.proportion_difference(hits_before bigint, n_before bigint,
	hits_after bigint, n_after bigint, conf float8 DEFAULT 0.95,
	OUT conf_low float8, OUT conf_high float8)
	AS 'MODULE_PATHNAME', 'cvm_proportion_difference'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.proportion_difference(bigint, bigint, bigint, bigint, float8) IS
	'Limits of hits_after / n_after - hits_before / n_before, by Newcombe''s hybrid score; NULL when either n is 0';

CREATE FUNCTION cvm.mean_difference(before float8, error_before float8,
	after float8, error_after float8,
	conf float8 DEFAULT 0.95, OUT conf_low float8, OUT conf_high float8)
	AS 'MODULE_PATHNAME', 'cvm_mean_difference'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.mean_difference(float8, float8, float8, float8, float8) IS
	'Limits of after - before, two means or rates of money with their standard errors, taken as independent: wider '
	'than need be where the same customers are behind both';

-- Of customers that are partly the same
CREATE FUNCTION cvm.proportion_difference(hits_before bigint, n_before bigint,
	hits_after bigint, n_after bigint, conf float8, correlation float8,
	OUT conf_low float8, OUT conf_high float8, OUT p_value float8)
	AS 'MODULE_PATHNAME', 'cvm_proportion_difference'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.proportion_difference(bigint, bigint, bigint, bigint, float8, float8) IS
	'The same where the two proportions go together, as the same customers are partly behind both (segment_overlap), '
	'and how likely so great a difference is by chance: at confidence 1 - p_value the interval touches 0';

CREATE FUNCTION cvm.mean_difference(before float8, error_before float8,
	after float8, error_after float8, conf float8, correlation float8,
	OUT conf_low float8, OUT conf_high float8, OUT p_value float8)
	AS 'MODULE_PATHNAME', 'cvm_mean_difference'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.mean_difference(float8, float8, float8, float8, float8, float8) IS
	'The same where the two means go together, as the same customers are partly behind both (segment_overlap), and how likely so great a difference is by chance';
