-- SPDX-License-Identifier: PostgreSQL
-- What the extension made that CREATE OR REPLACE does not replace, as
-- sql/updates/VERSION.objects lists it.  Read by psql -XAtq.
SELECT o.object FROM (
	SELECT format('%s %s', i.type, i.identity) AS object
	FROM pg_catalog.pg_depend d, pg_catalog.pg_identify_object(d.classid, d.objid, 0) i
	WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
		AND d.refobjid = (SELECT oid FROM pg_catalog.pg_extension WHERE extname = 'cvm')
		AND i.type IN ('type', 'table', 'operator', 'operator class', 'cast')
) o ORDER BY o.object COLLATE "C";
