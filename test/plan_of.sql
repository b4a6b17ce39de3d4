-- SPDX-License-Identifier: PostgreSQL
-- What EXPLAIN says of a query, as one text.
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	l text;
	whole text := '';
BEGIN
	FOR l IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP whole := whole || l || E'\n'; END LOOP;
	RETURN whole;
END
$$;
