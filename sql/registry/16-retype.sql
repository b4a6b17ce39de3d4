-- SPDX-License-Identifier: PostgreSQL
-- Changing the type of a column that views read, which PostgreSQL refuses.

CREATE FUNCTION cvm.retype(model name, entity text, column_name text, type regtype)
RETURNS TABLE (relation name, action text, detail text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	read oid;
	source_column name;
	rights jsonb;
	dependents text;
	m record;
	r record;
BEGIN
	PERFORM cvm._open(retype.model, writes => false);
	SELECT b.source, (SELECT c ->> 'source' FROM jsonb_array_elements(b.columns) c WHERE c ->> 'name' = retype.column_name)
	INTO read, source_column
	FROM cvm._bound(retype.model) b WHERE b.entity = retype.entity;
	IF source_column IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_column',
			MESSAGE = format('column %s of entity %s is not bound', coalesce('"' || retype.column_name || '"', 'NULL'), coalesce('"' || retype.entity || '"', 'NULL')),
			HINT = 'Name the canonical column, as in cvm.bind().';
	ELSIF retype.type IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'type must not be null', HINT = 'Name a type, such as ''bigint''.';
	END IF;

	-- every model of the caller that reads the column lets go of it
	PERFORM cvm._open(o.model)
	FROM (SELECT o.* FROM cvm.model o WHERE cvm._is_member(o.owner) AND EXISTS (SELECT FROM cvm._bound(o.model) b WHERE b.source = read) ORDER BY o.model) o;
	PERFORM cvm._lock_from_readers(ARRAY(SELECT v FROM cvm.model o, unnest(cvm._generated_readers(o.model, ARRAY[read])) v
		WHERE cvm._is_member(o.owner)), ARRAY[read]);
	rights := '[]';
	FOR m IN
		-- schemes of segments are read past the canonical view
		SELECT o.model, cvm._drop_views(o.model, ARRAY(
			SELECT g.relation FROM cvm.generated g
			WHERE g.model = o.model AND cvm._relation(g.model, g.relation) IN (SELECT v FROM cvm._readers(read) v))) AS rights
		FROM cvm.model o
		WHERE cvm._is_member(o.owner) AND EXISTS (SELECT FROM cvm._bound(o.model) b WHERE b.source = read)
	LOOP
		rights := rights || jsonb_build_array(jsonb_build_object('model', m.model, 'rights', m.rights));
	END LOOP;
	BEGIN
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %2$I::%3$s', read::regclass, source_column, retype.type);
	EXCEPTION WHEN feature_not_supported OR dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS dependents = PG_EXCEPTION_DETAIL;
		RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
			MESSAGE = format('column "%s" of %s is read by other objects than those of your models', source_column, read::regclass),
			DETAIL = dependents,
			HINT = 'Drop these objects, try again, and create them anew.';
	END;
	FOR m IN SELECT x ->> 'model' AS model, x -> 'rights' AS rights FROM jsonb_array_elements(rights) x ORDER BY 1 LOOP
		IF m.model = retype.model THEN
			RETURN QUERY SELECT * FROM cvm._generate(m.model::name);
		ELSE
			PERFORM cvm._generate(m.model::name);
		END IF;
		FOR r IN
			SELECT v.relation, jsonb_agg(g) AS rights
			FROM jsonb_array_elements(m.rights) g
			CROSS JOIN LATERAL (SELECT cvm._relation(m.model::name, (g ->> 'relation')::name) AS relation) v
			WHERE v.relation IS NOT NULL
			GROUP BY v.relation
		LOOP
			PERFORM cvm._grant(r.relation::regclass, r.rights);
		END LOOP;
		PERFORM cvm._tend_stored(m.model::name);
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm.retype(name, text, text, regtype) IS
	'Changes the type of a bound column of the source, under the views of all models that read it, and says what '
	'became of each view of this one.';
