-- Bindings: from somebody's own tables to canonical views, and the generator
-- that makes every view of a model.

-- ---------------------------------------------------------------------------
-- Types
-- ---------------------------------------------------------------------------

CREATE FUNCTION cvm._base_type(type oid) RETURNS oid
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE base AS (
		SELECT t.oid, t.typtype, t.typbasetype FROM pg_type t WHERE t.oid = $1
		UNION ALL
		SELECT t.oid, t.typtype, t.typbasetype FROM pg_type t JOIN base b ON b.typtype = 'd' AND t.oid = b.typbasetype
	)
	SELECT b.oid FROM base b WHERE b.typtype <> 'd';
$$;
COMMENT ON FUNCTION cvm._base_type(oid) IS 'The type below a domain; any other type as it is.';

CREATE FUNCTION cvm._class_type(class text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE class
		WHEN 'key' THEN 'text'
		WHEN 'label' THEN 'text'
		WHEN 'time' THEN 'timestamp with time zone'
		WHEN 'day' THEN 'date'
		WHEN 'money' THEN 'numeric'
		WHEN 'number' THEN 'double precision'
		WHEN 'count' THEN 'bigint'
		WHEN 'flag' THEN 'boolean'
	END;
$$;
COMMENT ON FUNCTION cvm._class_type(text) IS 'The type of a canonical column that is not bound.';

CREATE FUNCTION cvm._class_words(class text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE class
		WHEN 'key' THEN 'smallint, integer, bigint, text, varchar or uuid'
		WHEN 'label' THEN 'text, varchar, an integer type, uuid or an enum'
		WHEN 'time' THEN 'date, timestamp or timestamptz'
		WHEN 'day' THEN 'date, timestamp or timestamptz'
		WHEN 'money' THEN 'numeric or an integer type'
		WHEN 'number' THEN 'numeric, an integer type, real or double precision'
		WHEN 'count' THEN 'an integer type'
		WHEN 'flag' THEN 'boolean'
	END;
$$;
COMMENT ON FUNCTION cvm._class_words(text) IS 'The types that a canonical column takes, for people.';

CREATE FUNCTION cvm._accept(class text, type oid, tz text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- %s is the source column; a cast that only drops a length or a domain
	-- leaves indexes of the source usable
	SELECT CASE class
		WHEN 'key' THEN CASE
			WHEN b.name IN ('text', 'varchar') THEN '%s::text'
			WHEN b.name = 'bpchar' THEN '%s'
			WHEN b.name IN ('int2', 'int4', 'int8', 'uuid') THEN '%s::' || b.name
			END
		WHEN 'label' THEN CASE
			WHEN b.name IN ('text', 'varchar', 'bpchar', 'name', 'int2', 'int4', 'int8', 'uuid') OR b.typtype = 'e' THEN '%s::text'
			END
		WHEN 'time' THEN CASE
			WHEN b.name IN ('date', 'timestamp', 'timestamptz') THEN '%s::' || b.name
			END
		WHEN 'day' THEN CASE
			WHEN b.name IN ('date', 'timestamp') THEN '%s::date'
			WHEN b.name = 'timestamptz' THEN '(%s AT TIME ZONE ' || replace(quote_literal(tz), '%', '%%') || ')::date'
			END
		WHEN 'money' THEN CASE
			WHEN b.name IN ('numeric', 'int2', 'int4', 'int8') THEN '%s::numeric'
			END
		WHEN 'number' THEN CASE
			WHEN b.name IN ('numeric', 'int2', 'int4', 'int8', 'float4', 'float8') THEN '%s::double precision'
			END
		WHEN 'count' THEN CASE
			WHEN b.name IN ('int2', 'int4', 'int8') THEN '%s::bigint'
			END
		WHEN 'flag' THEN CASE
			WHEN b.name = 'bool' THEN '%s::boolean'
			END
		END
	FROM (
		SELECT t.typtype, CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN t.typname END AS name
		FROM pg_type t WHERE t.oid = cvm._base_type(type)) AS b;
$$;
COMMENT ON FUNCTION cvm._accept(text, oid, text) IS 'How a source column of this type becomes a canonical column of this class, as a pattern for format(); NULL when it does not.';

-- ---------------------------------------------------------------------------
-- One binding: which source column is which
-- ---------------------------------------------------------------------------

CREATE FUNCTION cvm._columns(model name, entity text, source oid, columns jsonb)
RETURNS TABLE (pos int, name name, source_column name, expression text, comment text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	source_text text := source::regclass::text;
	source_columns text[] := (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped);
	tz text := (SELECT s.value FROM cvm.setting s WHERE s.model = _columns.model AND s.setting = 'time_zone');
	mapped name[];
	taken name[] := '{}';
	wrong record;
	c record;
	a record;
BEGIN
	IF jsonb_typeof(_columns.columns) IS DISTINCT FROM 'object' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('columns of entity "%s" must be a JSON object, not %s', _columns.entity, coalesce(jsonb_typeof(_columns.columns), 'NULL')),
			HINT = 'Write {"canonical column": "source column", …}.';
	END IF;

	-- the mapping itself
	FOR wrong IN SELECT m.key, m.value, jsonb_typeof(m.value) AS kind, m.value #>> '{}' AS word FROM jsonb_each(_columns.columns) AS m LOOP
		IF wrong.kind NOT IN ('string', 'null') OR wrong.word = '' OR wrong.key = '' OR octet_length(wrong.key) > 63 THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
				MESSAGE = format('mapping of column "%s" of entity "%s" is not the name of a column: %s', wrong.key, _columns.entity, wrong.value),
				HINT = 'Give one column name as a string, or null to leave the column out. Whoever needs an expression makes a view and binds that.';
		ELSIF _columns.entity <> 'customer' AND NOT EXISTS (
			SELECT FROM cvm.entity_column ec WHERE ec.entity = _columns.entity AND ec.column_name = wrong.key)
		THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_column',
				MESSAGE = format('entity "%s" has no column "%s"', _columns.entity, wrong.key),
				HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[wrong.key], (
					SELECT array_agg(ec.column_name) FROM cvm.entity_column ec WHERE ec.entity = _columns.entity)) || '? ', '')
					|| 'It has ' || (SELECT string_agg(ec.column_name, ', ' ORDER BY ec.position) FROM cvm.entity_column ec WHERE ec.entity = _columns.entity) || '.';
		ELSIF wrong.kind = 'string' AND NOT wrong.word = ANY (source_columns) THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_column',
				MESSAGE = format('column "%s" of %s does not exist', wrong.word, source_text),
				DETAIL = format('It is mapped to column "%s" of entity "%s".', wrong.key, _columns.entity),
				HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[wrong.word, wrong.key], source_columns) || '? ', '')
					|| format('It has %s.', (SELECT string_agg(format('"%s"', s), ', ') FROM unnest(source_columns) s));
		END IF;
	END LOOP;
	mapped := ARRAY(SELECT m.value::name FROM jsonb_each_text(_columns.columns) AS m WHERE m.value IS NOT NULL);

	-- the columns of the entity
	FOR c IN
		SELECT ec.*, at.attname, at.atttypid
		FROM cvm.entity_column ec
		LEFT JOIN pg_attribute at ON at.attrelid = source AND at.attnum > 0 AND NOT at.attisdropped
			AND at.attname::text = CASE
				WHEN _columns.columns ? ec.column_name THEN _columns.columns ->> ec.column_name
				WHEN NOT ec.column_name = ANY (mapped) THEN ec.column_name END
		WHERE ec.entity = _columns.entity
		ORDER BY ec.position
	LOOP
		pos := c.position;
		name := c.column_name;
		source_column := c.attname;
		taken := taken || name;
		IF c.attname IS NULL THEN
			IF c.required THEN
				RAISE EXCEPTION USING ERRCODE = 'undefined_column',
					MESSAGE = format('entity "%s" needs column "%s", ', _columns.entity, c.column_name)
						|| CASE WHEN _columns.columns ? c.column_name THEN 'which cannot be left out'
							ELSE format('and %s has no column of that name', source_text) END,
					DETAIL = format('It has %s.', (SELECT string_agg(format('"%s"', s), ', ') FROM unnest(source_columns) s)),
					HINT = coalesce('Perhaps it is ' || cvm._nearest(c.column_name || c.synonyms, source_columns) || '. ', '')
						|| format('Say which one: SELECT cvm.bind(%L, %L, %L, %L);', _columns.model, _columns.entity, source_text,
							_columns.columns || jsonb_build_object(c.column_name, '…'));
			END IF;
			expression := 'NULL::' || cvm._class_type(c.class);
			comment := c.description || ' Not bound: always NULL.';
		ELSE
			expression := format(cvm._accept(c.class, c.atttypid, tz), format('s.%I', c.attname));
			IF expression IS NULL THEN
				RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
					MESSAGE = format('column "%s" of %s has type %s, and column "%s" of entity "%s" takes %s', c.attname, source_text,
						format_type(c.atttypid, NULL), c.column_name, _columns.entity, cvm._class_words(c.class)),
					HINT = CASE WHEN c.class = 'money' AND cvm._base_type(c.atttypid) IN ('float4'::regtype, 'float8'::regtype)
							THEN 'Money must be exact: make a view with a cast to numeric and bind the view'
							ELSE 'Make a view with a cast and bind the view' END
						|| CASE WHEN c.required THEN '.' ELSE format(', or leave the column out with %s.', jsonb_build_object(c.column_name, NULL)) END;
			END IF;
			comment := c.description || format(' From column "%s".', c.attname);
		END IF;
		RETURN NEXT;
	END LOOP;
	-- a source column may serve two canonical columns, and is then no attribute
	mapped := mapped || taken;

	-- the attributes of a customer: those mapped to a name, then all the rest
	IF _columns.entity = 'customer' THEN
		FOR a IN
			SELECT at.attnum, coalesce(m.key::name, at.attname) AS name, at.attname, col_description(at.attrelid, at.attnum) AS description
			FROM pg_attribute at
			LEFT JOIN jsonb_each_text(_columns.columns) m ON m.value = at.attname::text
			WHERE at.attrelid = source AND at.attnum > 0 AND NOT at.attisdropped
				AND CASE WHEN m.key IS NULL THEN NOT at.attname = ANY (mapped) AND NOT _columns.columns ? at.attname::text
					ELSE NOT m.key::name = ANY (taken) END
			ORDER BY at.attnum, m.key
		LOOP
			pos := 100 + a.attnum;
			name := a.name;
			source_column := a.attname;
			expression := format('s.%I', a.attname);
			comment := coalesce(a.description, 'Attribute.') || format(' From column "%s".', a.attname);
			RETURN NEXT;
		END LOOP;
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._columns(name, text, oid, jsonb) IS 'The columns of a canonical view over a source, or an error that says what does not fit.';

CREATE FUNCTION cvm._bound(model name)
RETURNS TABLE (entity text, source oid, source_text text, columns jsonb, problem text, condition text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	b record;
BEGIN
	FOR b IN
		SELECT e.entity, format('%I.%I', bi.source_schema, bi.source_name) AS source_text, bi.columns, c.oid
		FROM cvm.binding bi
		JOIN cvm.entity e USING (entity)
		LEFT JOIN pg_class c ON c.relname = bi.source_name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
			AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = bi.source_schema)
		WHERE bi.model = _bound.model
		ORDER BY e.position
	LOOP
		entity := b.entity;
		source := b.oid;
		source_text := b.source_text;
		columns := NULL;
		problem := NULL;
		condition := NULL;
		IF b.oid IS NULL THEN
			problem := format('its source %s does not exist', b.source_text);
		ELSE
			BEGIN
				SELECT jsonb_agg(jsonb_build_object('name', k.name, 'source', k.source_column, 'expression', k.expression, 'comment', k.comment) ORDER BY k.pos, k.name)
				INTO columns
				FROM cvm._columns(_bound.model, b.entity, b.oid, b.columns) k;
			EXCEPTION WHEN undefined_column OR datatype_mismatch THEN
				problem := SQLERRM;
			END;
		END IF;
		IF b.entity = 'segment_history' AND columns IS NOT NULL THEN
			condition := cvm._history_scheme(_bound.model, columns, source_text);
		END IF;
		RETURN NEXT;
	END LOOP;
	-- without a history, segments may be a column of customer
	IF NOT EXISTS (SELECT FROM cvm.binding bi WHERE bi.model = _bound.model AND bi.entity = 'segment_history') THEN
		RETURN QUERY
		SELECT 'segment_history', a.source, a.source_text, a.columns, NULL, NULL FROM cvm._attribute_schemes(_bound.model) a LIMIT 1;
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._bound(name) IS 'The bindings of a model against the sources as they are now: their columns, or what does not fit.';

CREATE FUNCTION cvm._have(model name) RETURNS text[]
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(h.name)
	FROM (
		SELECT n.name
		FROM cvm._bound(_have.model) b
		CROSS JOIN LATERAL (
			SELECT b.entity
			UNION ALL
			SELECT b.entity || '.' || (c ->> 'name') FROM jsonb_array_elements(b.columns) c WHERE c ->> 'source' IS NOT NULL
		) AS n(name)
		WHERE b.problem IS NULL
		UNION ALL
		SELECT u.relation::text FROM cvm._usable(_have.model) AS u(relation)
	) AS h(name);
$$;
COMMENT ON FUNCTION cvm._have(name) IS 'What report views may need and a model has: "entity", "entity.column" and states that are stored.';

-- ---------------------------------------------------------------------------
-- The generator
-- ---------------------------------------------------------------------------

CREATE FUNCTION cvm._relation(model name, relation name) RETURNS oid
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = $1 AND c.relname = $2;
$$;
COMMENT ON FUNCTION cvm._relation(name, name) IS 'The relation of that name in a model''s schema, NULL if there is none.';

CREATE FUNCTION cvm._readers(relation oid) RETURNS SETOF oid
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- a view depends on what it reads through its rewrite rule
	WITH RECURSIVE reader AS (
		SELECT $1 AS relation
		UNION
		SELECT r.ev_class
		FROM reader
		JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = reader.relation AND d.classid = 'pg_rewrite'::regclass
		JOIN pg_rewrite r ON r.oid = d.objid
	)
	SELECT reader.relation FROM reader;
$$;
COMMENT ON FUNCTION cvm._readers(oid) IS 'A relation and every view that reads it, directly or through other views.';

CREATE FUNCTION cvm._drop_views(model name, relations name[]) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	victims oid[];
	rights jsonb;
	dependents text;
BEGIN
	-- what cvm made itself on top goes along; nothing else does
	SELECT array_agg(DISTINCT r.relation) INTO victims
	FROM unnest(relations) AS u(relation)
	JOIN cvm.generated g ON g.model = _drop_views.model AND g.relation = u.relation
	CROSS JOIN LATERAL cvm._readers(cvm._relation(g.model, g.relation)) AS r(relation)
	JOIN pg_class c ON c.oid = r.relation AND c.relkind = 'v'
	JOIN cvm.generated made ON made.model = _drop_views.model AND made.relation = c.relname
		AND cvm._relation(made.model, made.relation) = c.oid;

	SELECT jsonb_agg(to_jsonb(acl)) INTO rights
	FROM (
		SELECT c.relname AS relation, NULL AS column_name, x.grantee, x.privilege_type, x.is_grantable
		FROM pg_class c, aclexplode(c.relacl) x
		WHERE c.oid = ANY (victims) AND x.grantee <> c.relowner
		UNION ALL
		SELECT c.relname, a.attname, x.grantee, x.privilege_type, x.is_grantable
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) x
		WHERE c.oid = ANY (victims) AND x.grantee <> c.relowner
		UNION ALL
		-- so that views without grants are listed too
		SELECT c.relname, NULL, NULL, NULL, NULL FROM pg_class c WHERE c.oid = ANY (victims)
	) AS acl;

	IF victims IS NOT NULL THEN
		BEGIN
			EXECUTE (SELECT 'DROP VIEW ' || string_agg(v.oid::regclass::text, ', ') || ' RESTRICT' FROM unnest(victims) AS v(oid));
		EXCEPTION WHEN dependent_objects_still_exist THEN
			GET STACKED DIAGNOSTICS dependents = PG_EXCEPTION_DETAIL;
			RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
				MESSAGE = format('views of model "%s" must be dropped, and other objects depend on them', _drop_views.model),
				DETAIL = dependents,
				HINT = 'Drop these objects, try again, and create them anew.';
		END;
	END IF;
	DELETE FROM cvm.generated g WHERE g.model = _drop_views.model
		AND (g.relation = ANY (_drop_views.relations) AND cvm._relation(g.model, g.relation) IS NULL);
	RETURN coalesce(rights, '[]');
END
$$;
COMMENT ON FUNCTION cvm._drop_views(name, name[]) IS 'Drops generated views and the generated views that read them; returns who had which rights on them. An error names other dependents.';

CREATE FUNCTION cvm._grant(view regclass, rights jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r record;
BEGIN
	-- default privileges may have given more than the view had before
	FOR r IN
		SELECT DISTINCT x.grantee FROM pg_class c, aclexplode(c.relacl) x
		WHERE c.oid = view AND x.grantee <> c.relowner
	LOOP
		EXECUTE format('REVOKE ALL ON %s FROM %s', view,
			CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END);
	END LOOP;
	FOR r IN
		SELECT x.* FROM jsonb_to_recordset(rights) AS x (column_name name, grantee oid, privilege_type text, is_grantable boolean)
		WHERE x.privilege_type IS NOT NULL
			AND (x.column_name IS NULL OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = view AND a.attname = x.column_name))
	LOOP
		EXECUTE format('GRANT %s %s ON %s TO %s %s', r.privilege_type, '(' || quote_ident(r.column_name) || ')', view,
			CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END,
			CASE WHEN r.is_grantable THEN 'WITH GRANT OPTION' END);
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm._grant(regclass, jsonb) IS 'Gives a view made anew the rights of its predecessor, no more and no fewer.';

CREATE FUNCTION cvm._event_row(have text[], literals jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('e.occurred_at, %s', literals ->> 'time_zone')
		|| CASE WHEN 'event.amount' = ANY (have) THEN ', e.amount'
			WHEN marked THEN ', NULL::numeric' ELSE '' END
		|| CASE WHEN marked THEN format(', coalesce(e.kind = ANY (%1$s), %1$s IS NULL), coalesce(e.kind = ANY (%2$s), %2$s IS NULL)',
			literals ->> 'start_kinds', literals ->> 'return_kinds') ELSE '' END
	FROM (SELECT literals ->> 'start_kinds' <> 'NULL::text[]' OR literals ->> 'return_kinds' <> 'NULL::text[]' AS marked) kinds;
$$;
COMMENT ON FUNCTION cvm._event_row(text[], jsonb) IS 'What {event_row} stands for in the body of a report view.';

CREATE FUNCTION cvm._wanted(model name, one name DEFAULT NULL)
RETURNS TABLE (pos int, relation name, body text, comment text, column_comments jsonb, waits_for text, live text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	have text[] := coalesce(cvm._have(_wanted.model), '{}');
	literals jsonb := cvm._literals(_wanted.model);
	kept name[] := ARRAY(SELECT u.relation FROM cvm._usable(_wanted.model) AS u(relation));
BEGIN
	have := have || CASE WHEN cvm._scheme_rows(_wanted.model) IS NOT NULL THEN '{setting segment_schemes}' ELSE '{}' END::text[];
	literals := literals || jsonb_build_object('event_row', cvm._event_row(have, literals)) || cvm._segment_literals(_wanted.model, have);
	RETURN QUERY
	SELECT (row_number() OVER (ORDER BY e.position))::int, b.entity::name,
		(SELECT format(E'SELECT %s\n FROM %s s%s', string_agg(format('%s AS %I', c.c ->> 'expression', c.c ->> 'name'), E',\n    ' ORDER BY c.n), b.source_text, E'\n WHERE ' || b.condition)
			FROM jsonb_array_elements(b.columns) WITH ORDINALITY AS c(c, n)),
		format('%s Reads %s.', e.description, b.source_text),
		(SELECT jsonb_object_agg(c.c ->> 'name', c.c ->> 'comment') FROM jsonb_array_elements(b.columns) AS c(c)),
		b.problem, NULL
	FROM cvm._bound(_wanted.model) b
	JOIN cvm.entity e USING (entity)
	WHERE one IS NULL OR b.entity = one::text
	ORDER BY 1;

	RETURN QUERY
	SELECT 1000 + v.position, v.view::name, coalesce(stored.body, live.body), v.comment,
		(SELECT jsonb_object_agg(c.column_name, cvm._column_comment(c)) FROM cvm.report_column c WHERE c.view = v.view),
		CASE WHEN live.body IS NULL AND stored.body IS NULL THEN (
			SELECT string_agg(n.need, ', ' ORDER BY n.n)
			FROM (SELECT rb.needs FROM cvm.report_body rb WHERE rb.view = v.view ORDER BY rb.preference DESC LIMIT 1) least,
				unnest(least.needs) WITH ORDINALITY AS n(need, n)
			WHERE NOT n.need = ANY (have)) END,
		live.body
	FROM cvm.report_view v
	LEFT JOIN LATERAL (
		SELECT cvm._without_small_groups(v.view, cvm._fill(rb.body, literals), (literals ->> 'min_group_size')::int) AS body
		FROM cvm.report_body rb
		WHERE rb.view = v.view AND rb.needs <@ have
		ORDER BY rb.preference LIMIT 1) live ON true
	LEFT JOIN LATERAL (SELECT cvm._kept_body(_wanted.model, v.view) AS body WHERE v.view = ANY (kept)) stored ON true
	WHERE one IS NULL OR v.view = one::text
	ORDER BY 1;
END
$$;
COMMENT ON FUNCTION cvm._wanted(name, name) IS 'The views that a model should have, or one of them: canonical ones, then reports; waits_for says why one cannot be, live how a report is computed where it is stored.';

CREATE FUNCTION cvm._generate(model name)
RETURNS TABLE (relation name, action text, detail text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name := (SELECT m.owner FROM cvm.model m WHERE m.model = _generate.model);
	rights jsonb := '[]';
	stale name[];
	w record;
	c record;
	view text;
	statement text;
BEGIN
	-- what can no longer be
	SELECT array_agg(g.relation ORDER BY g.relation) INTO stale
	FROM cvm.generated g
	WHERE g.model = _generate.model
		AND NOT EXISTS (SELECT FROM cvm._wanted(_generate.model) x WHERE x.relation = g.relation AND x.waits_for IS NULL);
	RETURN QUERY
		-- those that wait are reported below
		SELECT u.relation, 'dropped', NULL FROM unnest(stale) AS u(relation)
		WHERE NOT EXISTS (SELECT FROM cvm._wanted(_generate.model) x WHERE x.relation = u.relation);
	rights := rights || cvm._drop_views(_generate.model, stale);

	FOR w IN SELECT * FROM cvm._wanted(_generate.model) x ORDER BY x.pos LOOP
		relation := w.relation;
		detail := NULL;
		view := format('%I.%I', _generate.model, relation);
		IF w.waits_for IS NOT NULL THEN
			action := 'waits';
			detail := w.waits_for;
			IF w.pos < 1000 THEN
				RAISE WARNING USING ERRCODE = 'undefined_table',
					MESSAGE = format('%s waits: %s', view, w.waits_for),
					HINT = format('Bring the source back and SELECT * FROM cvm.rebuild(%L); or bind another one.', _generate.model);
			END IF;
			RETURN NEXT;
			CONTINUE;
		END IF;

		IF cvm._relation(_generate.model, relation) IS NULL THEN
			action := CASE WHEN rights @> jsonb_build_array(jsonb_build_object('relation', relation)) THEN 'recreated' ELSE 'created' END;
		ELSIF EXISTS (
			-- a view of that name that somebody else put there is not ours to keep
			SELECT FROM cvm.generated g JOIN pg_class k ON k.oid = cvm._relation(g.model, g.relation) AND k.relkind = 'v'
			WHERE g.model = _generate.model AND g.relation = w.relation
				AND k.relowner IN (SELECT r.oid FROM pg_roles r WHERE r.rolname = owner))
		THEN
			action := 'replaced';
		ELSE
			RAISE EXCEPTION USING ERRCODE = 'duplicate_table',
				MESSAGE = format('%s exists and was not made by cvm', view),
				HINT = 'The name is one that the model needs. Rename it or move it to another schema.';
		END IF;

		-- the names in the body are those of the model, wherever the caller looks
		PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', _generate.model), true);
		statement := format(E'CREATE OR REPLACE VIEW %s WITH (security_invoker = true) AS\n%s', view, w.body);
		BEGIN
			EXECUTE statement;
		EXCEPTION WHEN invalid_table_definition THEN
			-- other columns than before: make it anew, and what we made on top
			PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
			rights := rights || cvm._drop_views(_generate.model, ARRAY[relation]);
			PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', _generate.model), true);
			EXECUTE statement;
			action := 'recreated';
		END;
		PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);

		INSERT INTO cvm.generated (model, relation) VALUES (_generate.model, w.relation) ON CONFLICT DO NOTHING;
		IF action <> 'replaced' THEN
			IF owner <> current_user THEN
				EXECUTE format('ALTER VIEW %s OWNER TO %I', view, owner);
			END IF;
			IF action = 'recreated' THEN
				PERFORM cvm._grant(view::regclass, (
					SELECT jsonb_agg(r) FROM jsonb_array_elements(rights) r WHERE r ->> 'relation' = w.relation));
			END IF;
		END IF;
		EXECUTE format('COMMENT ON VIEW %s IS %L', view, w.comment);
		FOR c IN SELECT x.key, x.value FROM jsonb_each_text(w.column_comments) x LOOP
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view, c.key, c.value);
		END LOOP;
		RETURN NEXT;
	END LOOP;
	PERFORM cvm._tend_stored(_generate.model);
END
$$;
COMMENT ON FUNCTION cvm._generate(name) IS 'Makes the views of a model what its bindings and settings say, and reports on each.';

-- ---------------------------------------------------------------------------
-- bind, unbind
-- ---------------------------------------------------------------------------

CREATE FUNCTION cvm.bind(model name, entity text, source regclass, columns jsonb DEFAULT '{}') RETURNS regclass
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	relation pg_class;
	source_schema name;
	other record;
BEGIN
	PERFORM cvm._open(bind.model);
	IF NOT EXISTS (SELECT FROM cvm.entity e WHERE e.entity = bind.entity) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('unknown entity %s', coalesce('"' || bind.entity || '"', 'NULL')),
			HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[bind.entity], (SELECT array_agg(e.entity) FROM cvm.entity e)) || '? ', '')
				|| 'Entities are ' || (SELECT string_agg(e.entity, ', ' ORDER BY e.position) FROM cvm.entity e) || '.';
	END IF;

	SELECT c.* INTO relation FROM pg_class c WHERE c.oid = bind.source;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_table',
			MESSAGE = format('source of entity "%s" does not exist', bind.entity),
			HINT = 'Name a table, view, materialized view or foreign table that exists.';
	ELSIF relation.relkind NOT IN ('r', 'p', 'v', 'm', 'f') THEN
		RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s is not a table or a view', bind.source),
			HINT = 'Bind a table, partitioned table, view, materialized view or foreign table.';
	ELSIF relation.relpersistence = 't' THEN
		RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s is temporary, and a model outlives the session', bind.source),
			HINT = 'Bind a permanent table or view.';
	ELSIF NOT has_table_privilege(bind.source, 'SELECT') AND NOT has_any_column_privilege(bind.source, 'SELECT') THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('permission denied for %s', bind.source),
			HINT = format('Its owner can let you read it: GRANT SELECT ON %s TO %I;', bind.source, current_user);
	ELSIF bind.source IN (SELECT r FROM cvm._readers(cvm._relation(bind.model, bind.entity::name)) AS r)
		OR bind.source IN (SELECT cvm._relation(g.model, g.relation) FROM cvm.generated g WHERE g.model = bind.model)
	THEN
		-- a circle, or a view that is made only after this one
		RAISE EXCEPTION USING ERRCODE = 'invalid_object_definition',
			MESSAGE = format('%s reads the views of model "%s" and cannot be the source of entity "%s"', bind.source, bind.model, bind.entity),
			HINT = 'Bind your own tables, or views over them.';
	END IF;
	SELECT n.nspname INTO source_schema FROM pg_namespace n WHERE n.oid = relation.relnamespace;

	-- raises what does not fit
	PERFORM cvm._columns(bind.model, bind.entity, bind.source, bind.columns);

	DELETE FROM cvm.binding b WHERE b.model = bind.model AND b.entity = bind.entity;
	INSERT INTO cvm.binding (model, entity, source_schema, source_name, columns)
		VALUES (bind.model, bind.entity, source_schema, relation.relname, bind.columns);

	-- views join on customer_id: 7 and '7' are not the same customer
	FOR other IN
		WITH keys AS (
			SELECT b.entity, b.source_text, CASE
				WHEN c ->> 'expression' LIKE '%::int_' THEN 'integers'
				WHEN c ->> 'expression' LIKE '%::uuid' THEN 'uuid'
				ELSE 'text' END AS kind
			FROM cvm._bound(bind.model) b, jsonb_array_elements(b.columns) c
			WHERE c ->> 'name' = 'customer_id' AND c ->> 'source' IS NOT NULL
		)
		SELECT mine.kind AS my_kind, k.* FROM keys mine JOIN keys k ON k.kind <> mine.kind
		WHERE mine.entity = bind.entity LIMIT 1
	LOOP
		RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
			MESSAGE = format('customer ids of %s are %s, those of entity "%s" (%s) are %s', bind.source, other.my_kind, other.entity, other.source_text, other.kind),
			HINT = format('Make a view with a cast and bind the view, or unbind the other one first: SELECT cvm.unbind(%L, %L);', bind.model, other.entity);
	END LOOP;

	PERFORM cvm._generate(bind.model);
	RETURN cvm._relation(bind.model, bind.entity::name)::regclass;
END
$$;
COMMENT ON FUNCTION cvm.bind(name, text, regclass, jsonb) IS 'Says which table or view an entity of a model is, and which of its columns are which; regenerates the views and returns the canonical one.';

CREATE FUNCTION cvm.unbind(model name, entity text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM cvm._open(unbind.model);
	DELETE FROM cvm.binding b WHERE b.model = unbind.model AND b.entity = unbind.entity;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('entity %s of model "%s" is not bound', coalesce('"' || unbind.entity || '"', 'NULL'), unbind.model),
			HINT = coalesce('Bound are ' || (SELECT string_agg(b.entity, ', ' ORDER BY b.entity) FROM cvm.binding b WHERE b.model = unbind.model) || '.',
				'Nothing is.');
	END IF;
	PERFORM cvm._generate(unbind.model);
END
$$;
COMMENT ON FUNCTION cvm.unbind(name, text) IS 'Takes a binding away, and with it the views that need it.';
