-- SPDX-License-Identifier: PostgreSQL
-- Citus, where it is: what it has distributed, and what it is not to send to its
-- workers.  Nothing here needs it.

CREATE FUNCTION cvm._has_citus() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL;
END
$$;
COMMENT ON FUNCTION cvm._has_citus() IS 'Is Citus in this database?';

CREATE FUNCTION cvm._distribution(relation oid, OUT how text, OUT key name)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- into that schema only superusers write
	IF cvm._has_citus() THEN
		EXECUTE 'SELECT CASE WHEN d.partmethod <> ''n'' THEN ''distributed'' WHEN d.repmodel = ''t'' THEN ''reference'' '
			'WHEN d.colocationid <> 0 THEN ''single'' END, '
			'CASE WHEN d.partmethod <> ''n'' THEN pg_catalog.column_to_column_name(d.logicalrelid, d.partkey) END '
			'FROM pg_catalog.pg_dist_partition d WHERE d.logicalrelid = $1'
		INTO how, key USING _distribution.relation;
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._distribution(oid) IS
	'How Citus keeps a table, "distributed" by a column, as "reference" on every node or as a "single" shard; NULL: as a table of this server.';

CREATE FUNCTION cvm._compress_fast() RETURNS void
	AS 'MODULE_PATHNAME', 'cvm_compress_fast'
	LANGUAGE C VOLATILE PARALLEL UNSAFE;
COMMENT ON FUNCTION cvm._compress_fast() IS
	'Has LZ4 compress what is stored, where the server has that, until the caller''s default_toast_compression comes back.';

CREATE FUNCTION cvm._make_view(model name, statement text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET default_toast_compression = 'pglz'
AS $$
DECLARE
	sends text := current_setting('citus.enable_ddl_propagation', true);
BEGIN
	-- Citus would make it on every node too, refuse it over a table that it has
	-- not sent there, and warn of each of the others
	IF sends IS NOT NULL THEN
		PERFORM set_config('citus.enable_ddl_propagation', 'off', true);
	END IF;
	-- the names in the body are those of the model, wherever the caller looks:
	-- nothing else is looked up there
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', _make_view.model), true);
	PERFORM cvm._compress_fast();
	EXECUTE _make_view.statement;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	IF sends IS NOT NULL THEN
		PERFORM set_config('citus.enable_ddl_propagation', sends, true);
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._make_view(name, text) IS
	'Makes a view of a model, whose bare names are those of the model; on Citus on this node only.';

-- Citus looks at tables and not into functions: what reads the rows of one is
-- planned as on one server
CREATE FUNCTION cvm._gathered(kind anyelement) RETURNS SETOF anyelement
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY EXECUTE format('SELECT r.* FROM %s r', pg_typeof($1));
END
$$;
COMMENT ON FUNCTION cvm._gathered(anyelement) IS 'The rows of the relation whose row type this NULL has.';

CREATE FUNCTION cvm._gathered_schemes(customer anyelement, query text)
RETURNS TABLE (scheme text, customer_id anyelement, segment text, valid_from date, valid_to date, scheme_version text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY EXECUTE query;
END
$$;
COMMENT ON FUNCTION cvm._gathered_schemes(anyelement, text) IS 'The rows of all schemes of segments, as cvm._scheme_rows() has them.';
