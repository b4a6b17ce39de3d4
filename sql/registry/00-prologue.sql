-- SPDX-License-Identifier: PostgreSQL
\echo Use "CREATE EXTENSION cvm" to load this file. \quit

-- This file runs with the rights of a superuser, also for a role that has only
-- CREATE on the database, in a schema that may have been prepared.  So nothing
-- is looked up but in pg_catalog, objects of cvm are named as cvm.name and
-- OPERATOR(cvm.name), and nothing is executed but what pg_catalog has, and the
-- check that there is nothing else in the schema.
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE FUNCTION cvm._check_schema() RETURNS void
	AS 'MODULE_PATHNAME', 'cvm_check_schema'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._check_schema() IS
	'Refuses a schema cvm in which anything lies, or may be put by others, that is not the extension''s';
SELECT cvm._check_schema();

-- so that whoever installs it cannot put things beside what everybody calls
ALTER SCHEMA cvm OWNER TO pg_database_owner;
COMMENT ON SCHEMA cvm IS
	'Customer value management: cohort retention, cannibalization checks and segment KPIs';

CREATE FUNCTION cvm.version() RETURNS text
	AS 'MODULE_PATHNAME', 'cvm_version'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.version() IS 'Version of the loaded cvm library';
