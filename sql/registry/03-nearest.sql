-- SPDX-License-Identifier: PostgreSQL
-- Names that are nearly right, for hints and suggestions.

CREATE FUNCTION cvm._likeness(a text, b text) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- Dice coefficient of the sets of letter pairs, word ends included, of as
	-- much as a name may have
	WITH x AS (SELECT DISTINCT substr(' ' || lower(left(a, 63)) || ' ', i, 2) AS pair FROM generate_series(1, length(left(a, 63)) + 1) i),
		y AS (SELECT DISTINCT substr(' ' || lower(left(b, 63)) || ' ', i, 2) AS pair FROM generate_series(1, length(left(b, 63)) + 1) i)
	SELECT 2.0 * (SELECT count(*) FROM x JOIN y USING (pair))
		/ ((SELECT count(*) FROM x) + (SELECT count(*) FROM y));
$$;
COMMENT ON FUNCTION cvm._likeness(text, text) IS 'How alike two names are, 0..1.';

CREATE FUNCTION cvm._nearest(words text[], candidates text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(format('"%s"', near.candidate), ', ' ORDER BY near.likeness DESC, near.candidate)
	FROM (
		SELECT c.candidate, max(cvm._likeness(w.word, c.candidate)) AS likeness
		FROM unnest(words) AS w(word), unnest(candidates) AS c(candidate)
		GROUP BY c.candidate
		HAVING max(cvm._likeness(w.word, c.candidate)) >= 0.35
		ORDER BY 2 DESC, 1
		LIMIT 3) AS near;
$$;
COMMENT ON FUNCTION cvm._nearest(text[], text[]) IS
	'Up to three candidates that look like one of the words, quoted and separated by commas; NULL when none does.';
