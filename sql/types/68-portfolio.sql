-- SPDX-License-Identifier: PostgreSQL
-- Money shared out to the cent, and how concentrated a whole is.

CREATE FUNCTION cvm.allocate(amount numeric, weights numeric[], digits integer DEFAULT 2)
	RETURNS numeric[]
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	total numeric;
	units numeric;
BEGIN
	IF digits < 0 OR digits > 20 OR amount IN ('NaN', 'Infinity', '-Infinity') OR round(amount, digits) <> amount THEN
		RAISE EXCEPTION 'amount "%" has more than "%" decimals', amount, digits
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Round the amount first, or share it out with more digits.';
	ELSIF EXISTS (SELECT FROM unnest(weights) AS w WHERE w < 0 OR w IN ('NaN', 'Infinity')) THEN
		RAISE EXCEPTION 'a weight is negative or not finite'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Weights say how much of the whole each part used: 0 or more.';
	END IF;
	total := (SELECT sum(w) FROM unnest(weights) AS w);
	IF total IS NULL OR total = 0 THEN
		RETURN NULL;
	END IF;
	units := trunc(abs(amount) * 10::numeric ^ digits);
	-- whole units first, rounded down; what is missing goes, a unit each, to
	-- the largest remainders, and among equals to the first
	RETURN (
		SELECT array_agg(round(sign(amount) * (x.whole + (x.place <= x.missing)::int) * ('1e-' || digits)::numeric, digits) ORDER BY x.n)
		FROM (
			SELECT s.n, s.whole, units - sum(s.whole) OVER () AS missing,
				row_number() OVER (ORDER BY s.remainder DESC, s.n) AS place
			FROM (
				SELECT w.n, div(units * coalesce(w.weight, 0), total) AS whole,
					mod(units * coalesce(w.weight, 0), total) AS remainder
				FROM unnest(weights) WITH ORDINALITY AS w (weight, n)) AS s) AS x);
END
$function$;
COMMENT ON FUNCTION cvm.allocate(numeric, numeric[], integer) IS
	'Shares an amount out in proportion to weights so that the parts add up to it exactly (largest remainder, equals in their order); NULL when all weights are 0';

CREATE FUNCTION cvm.concentration("values" numeric[],
	OUT parts integer, OUT total numeric, OUT top_share float8, OUT hhi float8,
	OUT normalised_hhi float8, OUT effective_number float8, OUT evenness float8)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	-- values of 0 or less are no part of the whole
	WITH part AS (
		SELECT v AS value, v / sum(v) OVER () AS share
		FROM unnest("values") AS v
		WHERE v > 0
	), whole AS (
		SELECT count(*)::int AS parts, coalesce(sum(p.value), 0) AS total,
			max(p.share)::float8 AS top_share, sum(p.share * p.share) AS hhi,
			-- in one order: sums of doubles depend on it
			-sum(p.share::float8 * ln(p.share::float8) ORDER BY p.share) AS entropy
		FROM part p
	)
	SELECT w.parts, w.total, w.top_share, w.hhi::float8,
		CASE WHEN w.parts > 1 THEN greatest(((w.hhi - 1.0 / w.parts) / (1 - 1.0 / w.parts))::float8, 0) WHEN w.parts = 1 THEN 1 END,
		(1 / w.hhi)::float8,
		CASE WHEN w.parts > 1 THEN least(greatest(w.entropy / ln(w.parts::float8), 0), 1) WHEN w.parts = 1 THEN 0 END
	FROM whole w;
$function$;
COMMENT ON FUNCTION cvm.concentration(numeric[]) IS
	'How concentrated a whole is: Herfindahl index (sum of squared shares), the same from 0 (even) to 1 (all in one), '
	'effective number of parts, evenness (entropy over the greatest it could be)';
