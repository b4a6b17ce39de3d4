-- SPDX-License-Identifier: PostgreSQL
-- The generator, which makes every view of a model.

CREATE FUNCTION cvm._relation(model name, relation name) RETURNS oid
	AS 'MODULE_PATHNAME', 'cvm_relation'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._relation(name, name) IS
	'The relation of that name in a model''s schema, NULL if there is none.';

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
		-- or has its rows from a function that is named by their type
		CROSS JOIN LATERAL (
			SELECT 'pg_class'::regclass AS class, reader.relation AS object
			UNION ALL
			SELECT 'pg_type'::regclass, c.reltype FROM pg_class c WHERE c.oid = reader.relation AND c.reltype <> 0) k
		JOIN pg_depend d ON d.refclassid = k.class AND d.refobjid = k.object AND d.classid = 'pg_rewrite'::regclass
		JOIN pg_rewrite r ON r.oid = d.objid
	)
	SELECT reader.relation FROM reader;
$$;
COMMENT ON FUNCTION cvm._readers(oid) IS 'A relation and every view that reads it, directly or through other views.';

CREATE FUNCTION cvm._lock_relations(relations oid[], sources oid[], within int) RETURNS void
AS 'MODULE_PATHNAME', 'cvm_lock_relations'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION cvm._lock_relations(oid[], oid[], int) IS
	'Locks relations of the caller exclusively, in the order given, and not what they read, then sources with their '
	'partitions, within so many milliseconds; lets readers through who wait for it and it for them.';

CREATE FUNCTION cvm._lock_from_readers(relations oid[], sources oid[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	patience int := coalesce(nullif((SELECT s.setting::int FROM pg_settings s WHERE s.name = 'lock_timeout'), 0), 120000);
	began timestamptz := clock_timestamp();
	attempt int := 500;
	left_over int := patience;
BEGIN
	IF coalesce(cardinality(_lock_from_readers.relations), 0) + coalesce(cardinality(_lock_from_readers.sources), 0) = 0 THEN
		RETURN;
	END IF;
	LOOP
		BEGIN
			-- whoever waits behind us is let through now and then
			PERFORM cvm._lock_relations(coalesce(_lock_from_readers.relations, '{}'), coalesce(_lock_from_readers.sources, '{}'), least(attempt, left_over));
			RETURN;
		EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
			-- what was locked is free again; readers who wait for what the caller
			-- holds would let it try for ever
			left_over := patience - (extract(epoch FROM clock_timestamp() - began) * 1000)::int;
			IF left_over <= 0 THEN
				RAISE;
			END IF;
		END;
		PERFORM pg_sleep(least(random() * least(attempt, 8000) / 2, left_over) / 1000);
		-- under many readers each of many locks takes a while
		attempt := least(attempt * 2, 64000);
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm._lock_from_readers(oid[], oid[]) IS
	'Waits until nobody reads these relations any more, or writes the sources whose triggers will change, and locks '
	'them all, or none while it waits.';

CREATE FUNCTION cvm._generated_readers(model name, relations oid[]) RETURNS oid[]
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- as readers lock them: the view that is asked for first, then what it reads
	SELECT array_agg(v.relation ORDER BY v.position DESC NULLS LAST, v.relation DESC)
	FROM (
		SELECT DISTINCT r.relation, coalesce(1000 + w.position, e.position) AS position
		FROM unnest($2) AS u(relation)
		CROSS JOIN LATERAL cvm._readers(u.relation) AS r(relation)
		JOIN pg_class c ON c.oid = r.relation
		JOIN cvm.generated g ON g.model = $1 AND g.relation = c.relname AND cvm._relation(g.model, g.relation) = c.oid AND c.relkind = 'v'
		LEFT JOIN cvm.report_view w ON w.view = c.relname::text
		LEFT JOIN cvm.entity e ON e.entity = c.relname::text) v;
$$;
COMMENT ON FUNCTION cvm._generated_readers(name, oid[]) IS
	'The generated views among these relations and what reads them, in the order in which they are locked.';

CREATE FUNCTION cvm._digest_of_view(body text, comment text, column_comments jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT md5(concat_ws(E'\n', $1, $2, $3)));
END
$$;
COMMENT ON FUNCTION cvm._digest_of_view(text, text, jsonb) IS 'Digest of a view as it is wanted.';

CREATE FUNCTION cvm._digest_of_catalog(view oid) RETURNS text
	AS 'MODULE_PATHNAME', 'cvm_digest_of_catalog'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._digest_of_catalog(oid) IS
	'Digest of what the catalogs say of a view: definition, options, owner, names of columns and comments; NULL: it is none.';

CREATE FUNCTION cvm._print_of_view(view oid) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT md5(cvm._digest_of_catalog($1) || e.extversion) FROM pg_extension e WHERE e.extname = 'cvm');
END
$$;
COMMENT ON FUNCTION cvm._print_of_view(oid) IS 'Digest of a view as it is, under the version that made it.';

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
		PERFORM cvm._lock_from_readers(cvm._generated_readers(_drop_views.model, victims));
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
	PERFORM cvm._register(_drop_views.model, 'delete', 'generated', jsonb_agg(jsonb_build_object('relation', g.relation)))
	FROM cvm.generated g
	WHERE g.model = _drop_views.model AND g.relation = ANY (_drop_views.relations) AND cvm._relation(g.model, g.relation) IS NULL
	HAVING count(*) > 0;
	RETURN coalesce(rights, '[]');
END
$$;
COMMENT ON FUNCTION cvm._drop_views(name, name[]) IS
	'Drops generated views and the generated views that read them; returns who had which rights on them. An error '
	'names other dependents.';

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
COMMENT ON FUNCTION cvm._grant(regclass, jsonb) IS
	'Gives a view made anew the rights of its predecessor, no more and no fewer.';

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

CREATE FUNCTION cvm._expect_own_functions(model name) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wrong text;
	stranger name;
BEGIN
	-- names in the bodies of views are looked up in the model's schema, and a
	-- function or an operator there may be a better match than PostgreSQL's
	SELECT pg_describe_object(f.classid, f.oid, 0), r.rolname INTO wrong, stranger
	FROM (
		SELECT 'pg_proc'::regclass AS classid, p.oid, p.pronamespace AS namespace, p.proowner AS owner FROM pg_proc p
		UNION ALL
		SELECT 'pg_operator'::regclass, o.oid, o.oprnamespace, o.oprowner FROM pg_operator o
	) AS f
	JOIN pg_namespace n ON n.oid = f.namespace AND n.nspname = _expect_own_functions.model
	JOIN cvm.model m ON m.model = n.nspname
	JOIN pg_roles u ON u.rolname = m.owner
	JOIN pg_roles r ON r.oid = f.owner
	WHERE NOT r.rolsuper AND (u.rolsuper OR NOT pg_has_role(u.oid, r.oid, 'USAGE'))
	ORDER BY f.oid LIMIT 1;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('schema "%s" holds %s of role "%s"', _expect_own_functions.model, wrong, stranger),
			DETAIL = 'Views of the model could call it in the place of one of PostgreSQL''s.',
			HINT = format('Drop it or move it into another schema, and take the right away: REVOKE CREATE ON SCHEMA %I FROM that role.', _expect_own_functions.model);
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._expect_own_functions(name) IS
	'Raises when another role has put a function or an operator into a model''s schema.';

CREATE FUNCTION cvm._expect_own_schema(model name) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	wrong oid;
	stranger name;
BEGIN
	PERFORM cvm._expect_own_functions(_expect_own_schema.model);
	-- A view in the place of one of the model's, or under the name of one that it
	-- does not have, says what it likes and calls what its owner wrote.
	SELECT c.oid, r.rolname INTO wrong, stranger
	FROM (
		SELECT e.entity::name AS relation FROM cvm.entity e
		UNION ALL
		SELECT s.state::name FROM cvm.customer_state s
		UNION ALL
		SELECT (v.view || x.suffix)::name FROM cvm.report_view v CROSS JOIN unnest('{"",_stored}'::text[]) AS x (suffix)
	) AS k
	JOIN pg_namespace n ON n.nspname = _expect_own_schema.model
	JOIN pg_class c ON c.relname = k.relation AND c.relnamespace = n.oid
	JOIN pg_roles r ON r.oid = c.relowner
	JOIN pg_roles h ON h.oid = n.nspowner
	-- which a reader does not see
	LEFT JOIN cvm.model m ON m.model = n.nspname
	LEFT JOIN pg_roles u ON u.rolname = m.owner
	WHERE NOT r.rolsuper AND NOT pg_has_role(r.oid, h.oid, 'USAGE') AND NOT (NOT h.rolsuper AND pg_has_role(h.oid, r.oid, 'USAGE'))
		AND NOT coalesce(NOT u.rolsuper AND pg_has_role(u.oid, r.oid, 'USAGE'), false)
	ORDER BY c.oid LIMIT 1;
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('%s belongs to role "%s", not to the owner of model "%s"', wrong::regclass, stranger, _expect_own_schema.model),
			DETAIL = 'It has a name that the model needs, and would be read as if it were one of its views.',
			HINT = format('Drop it or move it into another schema, take the right away: REVOKE CREATE ON SCHEMA %I FROM that role; and SELECT * FROM cvm.rebuild(%L);',
				_expect_own_schema.model, _expect_own_schema.model);
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._expect_own_schema(name) IS
	'Raises when another role has put into a model''s schema a function, an operator, or a relation under a name that '
	'the model needs.';

CREATE FUNCTION cvm._wanted(model name, one name DEFAULT NULL)
RETURNS TABLE (pos int, relation name, body text, comment text, column_comments jsonb, waits_for text, live text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	have text[];
	literals jsonb;
	kept name[];
	-- asked once
	bound jsonb := (SELECT coalesce(jsonb_agg(to_jsonb(b)), '[]') FROM cvm._bound(_wanted.model, one::text) b);
BEGIN
	SELECT c.have, c.literals INTO have, literals
	FROM cvm._composing(_wanted.model, one::text, bound => CASE WHEN one IS NULL THEN bound END) c;
	-- what is stored and usable is among what the model has
	kept := ARRAY(SELECT t.relation FROM cvm.stored t WHERE t.model = _wanted.model AND t.relation::text = ANY (have));
	RETURN QUERY
	SELECT (row_number() OVER (ORDER BY e.position))::int, b.entity::name,
		cvm._canonical_query(b.columns, b.source_text, b.condition, E',\n    '),
		format('%s Reads %s.', e.description, b.source_text),
		(SELECT jsonb_object_agg(c.c ->> 'name', c.c ->> 'comment') FROM jsonb_array_elements(b.columns) AS c(c) WHERE c.c ->> 'is_hidden' IS NULL),
		b.problem, NULL
	FROM jsonb_to_recordset(bound) AS b (entity text, source_text text, columns jsonb, problem text, condition text)
	JOIN cvm.entity e USING (entity)
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
		-- with the collation of the registry's own columns, whose indexes these functions use, not of a name
		SELECT cvm._without_small_groups(v.view, cvm._shown(v.view,
			cvm._gather(_wanted.model, v.view, cvm._fill_schemes(_wanted.model, rb.body, literals), have) COLLATE "default",
			(literals ->> 'minor_units')::int), (literals ->> 'min_group_size')::int) AS body
		FROM cvm.report_body rb
		WHERE rb.view = v.view AND rb.needs <@ have
		ORDER BY rb.preference LIMIT 1) live ON true
	CROSS JOIN LATERAL (SELECT CASE WHEN v.view = ANY (kept) THEN cvm._kept_body(_wanted.model, v.view) END AS body) stored
	WHERE one IS NULL OR v.view = one::text
	ORDER BY 1;
END
$$;
COMMENT ON FUNCTION cvm._wanted(name, name) IS
	'The views that a model should have, or one of them: canonical ones, then reports; waits_for says why one cannot '
	'be, live how a report is computed where it is stored.';

CREATE FUNCTION cvm._generate(model name, also oid[] DEFAULT '{}', sources oid[] DEFAULT '{}')
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
	view text;
	statement text;
	wanted jsonb;
	same name[];
	touched oid[];
	made jsonb := '[]';
	queue record;
BEGIN
	PERFORM cvm._expect_own_functions(_generate.model);
	SELECT jsonb_agg(to_jsonb(y)) INTO wanted
	FROM (
		SELECT x.pos, x.relation, x.body, x.comment, x.column_comments, x.waits_for, cvm._digest_of_view(x.body, x.comment, x.column_comments) AS digest
		FROM cvm._wanted(_generate.model) x) y;
	-- what is as it was made, and was made as it is wanted, is left alone
	SELECT array_agg(g.relation) INTO same
	FROM jsonb_to_recordset(wanted) AS x (relation name, waits_for text, digest text)
	JOIN cvm.generated g ON g.model = _generate.model AND g.relation = x.relation
	WHERE x.waits_for IS NULL AND g.made_as = x.digest || cvm._print_of_view(cvm._relation(g.model, g.relation));
	-- what can no longer be
	SELECT array_agg(g.relation ORDER BY g.relation) INTO stale
	FROM cvm.generated g
	WHERE g.model = _generate.model
		AND NOT EXISTS (SELECT FROM jsonb_to_recordset(wanted) AS x (relation name, waits_for text) WHERE x.relation = g.relation AND x.waits_for IS NULL);
	RETURN QUERY
		-- those that wait are reported below
		SELECT u.relation, 'dropped', NULL FROM unnest(stale) AS u(relation)
		WHERE NOT EXISTS (SELECT FROM jsonb_to_recordset(wanted) AS x (relation name) WHERE x.relation = u.relation);
	-- the rest is locked before any of it is changed; what reads a canonical view
	-- too, since it must be made anew where columns differ
	SELECT array_agg(r.oid) INTO touched
	FROM cvm.generated g
	CROSS JOIN LATERAL (
		SELECT cvm._relation(g.model, g.relation)
		UNION ALL
		SELECT q FROM cvm._readers(cvm._relation(g.model, g.relation)) AS q WHERE g.relation = ANY (stale)
			OR EXISTS (SELECT FROM cvm.entity e WHERE e.entity = g.relation::text)
	) AS r(oid)
	WHERE g.model = _generate.model AND NOT g.relation = ANY (coalesce(same, '{}'));
	SELECT q.* INTO queue FROM cvm._queue_locks(_generate.model) q;
	PERFORM cvm._lock_from_readers(ARRAY(
			SELECT v.oid FROM unnest(cvm._generated_readers(_generate.model, touched)) WITH ORDINALITY AS v(oid, n) WHERE v.oid = ANY (touched) ORDER BY v.n)
		|| _generate.also || queue.tables, _generate.sources || queue.sources);
	IF stale IS NOT NULL THEN
		rights := rights || cvm._drop_views(_generate.model, stale);
	END IF;

	FOR w IN
		SELECT x.* FROM jsonb_to_recordset(wanted) AS x (pos int, relation name, body text, comment text, column_comments jsonb,
			waits_for text, digest text) ORDER BY x.pos
	LOOP
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

		IF w.relation = ANY (same) AND cvm._relation(_generate.model, relation) IS NOT NULL THEN
			action := 'unchanged';
			RETURN NEXT;
			CONTINUE;
		ELSIF cvm._relation(_generate.model, relation) IS NULL THEN
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

		statement := format(E'CREATE OR REPLACE VIEW %s WITH (security_invoker = true) AS\n%s', view, w.body);
		BEGIN
			PERFORM cvm._make_view(_generate.model, statement);
		EXCEPTION WHEN invalid_table_definition THEN
			-- other columns than before: make it anew, and what we made on top
			rights := rights || cvm._drop_views(_generate.model, ARRAY[relation]);
			PERFORM cvm._make_view(_generate.model, statement);
			action := 'recreated';
		END;

		IF action <> 'replaced' THEN
			IF owner <> current_user THEN
				EXECUTE format('ALTER VIEW %s OWNER TO %I', view, owner);
			END IF;
			IF action = 'recreated' THEN
				PERFORM cvm._grant(view::regclass, (
					SELECT jsonb_agg(r) FROM jsonb_array_elements(rights) r WHERE r ->> 'relation' = w.relation));
			END IF;
		END IF;
		-- what it does not say already
		SELECT string_agg(x.statement, '; ') INTO statement
		FROM (
			SELECT NULL::name AS name, w.comment AS words, format('COMMENT ON VIEW %s IS %L', view, w.comment) AS statement
			UNION ALL
			SELECT k.key, k.value, format('COMMENT ON COLUMN %s.%I IS %L', view, k.key, k.value) FROM jsonb_each_text(w.column_comments) k) x
		LEFT JOIN (
			SELECT a.attname, d.description
			FROM pg_description d
			LEFT JOIN pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
			WHERE d.classoid = 'pg_class'::regclass AND d.objoid = cvm._relation(_generate.model, w.relation)) said
			ON said.attname IS NOT DISTINCT FROM x.name
		WHERE said.description IS DISTINCT FROM x.words;
		IF statement IS NOT NULL THEN
			EXECUTE statement;
		END IF;
		made := made || jsonb_build_object('relation', w.relation,
			'made_as', w.digest || cvm._print_of_view(cvm._relation(_generate.model, w.relation)));
		RETURN NEXT;
	END LOOP;
	IF made <> '[]' THEN
		PERFORM cvm._register(_generate.model, 'insert', 'generated', made);
	END IF;
	PERFORM cvm._tend_stored(_generate.model);
END
$$;
COMMENT ON FUNCTION cvm._generate(name, oid[], oid[]) IS
	'Makes the views of a model what its bindings and settings say, and reports on each. Locks other tables of the '
	'model, and sources whose triggers will change, together with the views.';
