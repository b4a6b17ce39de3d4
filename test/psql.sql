-- SPDX-License-Identifier: PostgreSQL
-- Settings that make the output of a test stable, whoever runs it and where.
-- Every test begins with
--   \unset ECHO
--   \i test/psql.sql
\set QUIET 1
\set ON_ERROR_ROLLBACK 1
\set ON_ERROR_STOP true
\pset format unaligned
\pset tuples_only true
\pset pager off
\pset null ''
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
SET IntervalStyle = 'postgres';
SET extra_float_digits = 1;
SET lc_messages = 'C';
SET client_min_messages = warning;
SET bytea_output = 'hex';
