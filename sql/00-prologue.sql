-- SPDX-License-Identifier: PostgreSQL
\echo Use "CREATE EXTENSION cvm" to load this file. \quit

COMMENT ON SCHEMA cvm IS
	'Customer value management: cohort retention, cannibalization checks and segment KPIs';

CREATE FUNCTION cvm.version() RETURNS text
	AS 'MODULE_PATHNAME', 'cvm_version'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.version() IS 'Version of the loaded cvm library';
