-- SPDX-License-Identifier: PostgreSQL
-- What the extension made that CREATE OR REPLACE does not replace, as
-- sql/updates/VERSION.objects lists it.  Read by psql -XAtq.
SELECT o.object FROM (
	SELECT format('%s %s', i.type, i.identity) AS object
	FROM pg_catalog.pg_depend d, pg_catalog.pg_identify_object(d.classid, d.objid, 0) i
	WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
		AND d.refobjid = (SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.extname = 'cvm')
		AND i.type IN ('type', 'table', 'operator', 'operator class', 'cast')
		-- nor the types of rows and arrays, which are members from version 17 on
		AND NOT (d.classid = 'pg_catalog.pg_type'::regclass AND EXISTS (
			SELECT FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
			WHERE t.oid = d.objid AND (t.typarray = 0 OR c.relkind <> 'c')))
) o ORDER BY o.object COLLATE "C";
