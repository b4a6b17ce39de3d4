-- SPDX-License-Identifier: PostgreSQL
-- How many random worlds there are, if CVM_WORLDS says it and not the test in
-- variable worlds; and what is drawn for them.
\getenv worlds CVM_WORLDS
CREATE FUNCTION pg_temp.draw(world int, what text, i int, below int) RETURNS int LANGUAGE sql IMMUTABLE RETURN (hashtext(world || what || i) & 2147483647) % below;
