-- SPDX-License-Identifier: PostgreSQL
-- Scores that keep equals together.
CREATE FUNCTION cvm.tied_quantile(rank_with_ties bigint, n bigint, quantiles integer DEFAULT 5)
	RETURNS integer
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN n > 0 AND quantiles > 0 AND rank_with_ties BETWEEN 1 AND n
		THEN div(rank_with_ties::numeric * quantiles + n - 1, n)::integer END;
COMMENT ON FUNCTION cvm.tied_quantile(bigint, bigint, integer) IS
	'ceil(quantiles * cume_dist()) in whole numbers: rank_with_ties is count(*) OVER (ORDER BY value), one''s equals '
	'included; equal values get equal scores, which ntile() does not promise';

CREATE FUNCTION cvm.mid_quantile(rank bigint, rank_with_ties bigint, n bigint, quantiles integer DEFAULT 5)
	RETURNS integer
	AS 'MODULE_PATHNAME', 'cvm_mid_quantile'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.mid_quantile(bigint, bigint, bigint, integer) IS
	'The quantile in which the middle of the ranks of one''s equals lies: rank is rank() OVER (ORDER BY value), '
	'rank_with_ties is count(*) OVER (ORDER BY value). Equal values get equal scores, and many equals neither the best '
	'nor the worst: all of them the middle one';
