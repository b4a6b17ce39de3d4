-- SPDX-License-Identifier: PostgreSQL
-- Models: a schema with settings and bindings, made, changed and dropped.

CREATE FUNCTION cvm._refuse_superuser(model name, owner name) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	stranger name;
BEGIN
	-- a model's sources and its registry are its owner's: what they name may call
	-- functions of the owner, and drop what only a superuser can.  Who owns the
	-- schema can put other views in the place of the model's.
	SELECT r.rolname INTO stranger
	FROM pg_roles r
	WHERE NOT r.rolsuper AND (r.rolname = _refuse_superuser.owner
		OR r.oid = (SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = _refuse_superuser.model))
	ORDER BY r.rolname <> _refuse_superuser.owner LIMIT 1;
	IF stranger IS NOT NULL AND (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('a superuser does not work with model "%s", which belongs to role "%s"', _refuse_superuser.model, stranger),
			HINT = format('SET SESSION AUTHORIZATION %I; or let that role do it.', stranger);
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._refuse_superuser(name, name) IS
	'Raises when a superuser would run what belongs to a role that is none: the model, or its schema.';

CREATE FUNCTION cvm._open(model name, writes boolean DEFAULT true) RETURNS name
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name;
	holder name;
BEGIN
	SELECT m.owner INTO owner FROM cvm.model m WHERE m.model = _open.model;
	SELECT pg_get_userbyid(n.nspowner) INTO holder FROM pg_namespace n WHERE n.nspname = _open.model;

	IF owner IS NULL THEN
		IF holder IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_object',
				MESSAGE = format('model %s does not exist', coalesce('"' || _open.model || '"', 'NULL')),
				HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[_open.model::text], (SELECT array_agg(m.model::text) FROM cvm.model m)) || '?',
					'Make it with cvm.create_model().');
		ELSIF cvm._is_member(holder) THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_object',
				MESSAGE = format('schema "%s" is not a model', _open.model),
				HINT = format('Make it one with SELECT cvm.create_model(%L, tz => ...).', _open.model);
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('permission denied for model "%s"', _open.model),
			HINT = format('Only members of role "%s" may work with it: SET ROLE %I, or have it granted to you.', holder, holder);
	ELSIF NOT cvm._is_member(owner) THEN
		-- seen by a superuser after a restore, or by the owner of the registry
		IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = owner) THEN
			RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
				MESSAGE = format('permission denied for model "%s"', _open.model),
				HINT = format('Only members of role "%s" may work with it: SET ROLE %I, or have it granted to you.', owner, owner);
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('model "%s" belongs to role "%s", which does not exist', _open.model, owner),
			HINT = format('Give it to a role that does: UPDATE cvm.model SET owner = current_user WHERE model = %L;', _open.model);
	ELSIF holder IS NOT NULL AND NOT EXISTS (
		SELECT FROM pg_roles r, pg_roles h
		WHERE r.rolname = owner AND h.rolname = holder AND pg_has_role(r.oid, h.oid, 'USAGE'))
	THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('schema "%s" belongs to role "%s", not to the model''s owner "%s"', _open.model, holder, owner),
			HINT = 'Let one role own both.';
	END IF;
	IF _open.writes THEN
		PERFORM cvm._refuse_superuser(_open.model, owner);
		-- one change of a model at a time
		PERFORM cvm._lock_model(_open.model);
		IF NOT EXISTS (SELECT FROM cvm.model m WHERE m.model = _open.model) THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_object',
				MESSAGE = format('model "%s" does not exist any more', _open.model),
				HINT = 'Another session dropped it.';
		END IF;
	END IF;
	RETURN owner;
END
$$;
COMMENT ON FUNCTION cvm._open(name, boolean) IS
	'The owner of a model; refuses whoever is not a member of that role. Before a change it also locks the model.';

CREATE FUNCTION cvm._open_stored(model name, relation name DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	busy text;
BEGIN
	PERFORM cvm._open(_open_stored.model, writes => false);
	-- before the model, as a refresh that must change views takes them
	PERFORM cvm._lock_stored(t.model, t.relation)
	FROM (SELECT t.* FROM cvm.stored t WHERE t.model = _open_stored.model
		AND (_open_stored.relation IS NULL OR t.relation = _open_stored.relation) ORDER BY t.relation) t;
	PERFORM cvm._open(_open_stored.model);
	-- stored since, and being refreshed already
	SELECT string_agg(format('"%s"', t.relation), ', ' ORDER BY t.relation) INTO busy FROM cvm.stored t
	WHERE t.model = _open_stored.model AND (_open_stored.relation IS NULL OR t.relation = _open_stored.relation) AND NOT cvm._try_lock(t.model, t.relation);
	IF busy IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'lock_not_available',
			MESSAGE = format('%s of model "%s" is being refreshed', busy, _open_stored.model),
			HINT = 'Try again when that is over: SELECT * FROM cvm.freshness.';
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._open_stored(name, name) IS
	'Opens a model for a change of what it stores, all of it or one table: after the refreshes that are at it, and '
	'none comes in between.';

CREATE FUNCTION cvm._left_behind(model name) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	clear text;
BEGIN
	-- what has the names and the comments that cvm gives, where nothing is
	-- known of the model
	WITH old AS (
		SELECT c.oid, c.relkind
		FROM pg_class c
		JOIN pg_namespace n ON n.oid = c.relnamespace
		CROSS JOIN LATERAL obj_description(c.oid, 'pg_class') AS d (words)
		WHERE cvm._is_member(pg_get_userbyid(c.relowner))
			AND NOT EXISTS (SELECT FROM cvm.model m WHERE m.model = _left_behind.model)
			AND CASE c.relkind
				WHEN 'v' THEN n.nspname = _left_behind.model AND (
					EXISTS (SELECT FROM cvm.entity e WHERE e.entity = c.relname::text AND d.words LIKE '% Reads %.')
					OR EXISTS (SELECT FROM cvm.report_view v WHERE v.view = c.relname::text AND v.comment = d.words))
				WHEN 'r' THEN (n.nspname = _left_behind.model AND (
						d.words LIKE '% Kept by CALL cvm.refresh(%'
						OR (c.relname LIKE '%\_restatement' AND starts_with(d.words, 'Customers whose past changed: what there was before closed_before'))
						OR (c.relname LIKE '%\_part' AND starts_with(d.words, 'One row per part of the source and customer:'))))
					OR starts_with(d.words, format('Customers of model "%s" whose rows ', _left_behind.model)) END
	)
	SELECT concat_ws(' ',
		'DROP VIEW ' || string_agg(o.oid::regclass::text, ', ' ORDER BY o.oid) FILTER (WHERE o.relkind = 'v') || ';',
		'DROP TABLE ' || string_agg(o.oid::regclass::text, ', ' ORDER BY o.oid) FILTER (WHERE o.relkind = 'r') || ';')
	INTO clear
	FROM old o;
	RETURN nullif(clear, '');
END
$$;
COMMENT ON FUNCTION cvm._left_behind(name) IS
	'The SQL that clears what a model left when the extension was dropped under it; NULL where nothing is left.';

CREATE FUNCTION cvm.create_model(
	model name,
	tz text,
	week_start int DEFAULT 1,
	currency text DEFAULT NULL,
	as_of text DEFAULT 'data'
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	holder name;
	clash text;
	clear text;
BEGIN
	IF create_model.model IS NULL OR create_model.model = '' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_name',
			MESSAGE = 'a model needs a name',
			HINT = 'The name is that of the schema that will hold its views.';
	ELSIF create_model.model IN ('cvm', 'information_schema', '$user') OR create_model.model LIKE 'pg\_%' THEN
		RAISE EXCEPTION USING ERRCODE = 'reserved_name',
			MESSAGE = format('"%s" cannot be the name of a model', create_model.model),
			HINT = 'Choose a name that is not one of PostgreSQL''s or of the extension.';
	END IF;
	IF EXISTS (SELECT FROM cvm.model m WHERE m.model = create_model.model) THEN
		RAISE EXCEPTION USING ERRCODE = 'duplicate_object',
			MESSAGE = format('model "%s" already exists', create_model.model),
			HINT = format('Change it with cvm.configure(), or start over after SELECT cvm.drop_model(%L);', create_model.model);
	END IF;

	SELECT pg_get_userbyid(n.nspowner) INTO holder FROM pg_namespace n WHERE n.nspname = create_model.model;
	IF holder IS NULL THEN
		EXECUTE format('CREATE SCHEMA %I', create_model.model);
		EXECUTE format('COMMENT ON SCHEMA %I IS %L', create_model.model,
			'Customer value model. Its views: SELECT * FROM cvm.catalog(' || quote_literal(create_model.model) || ').');
	ELSIF NOT cvm._is_member(holder) THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('schema "%s" exists and belongs to role "%s"', create_model.model, holder),
			HINT = format('Choose another name, or SET ROLE %I first.', holder);
	ELSE
		PERFORM cvm._refuse_superuser(create_model.model, holder);
		clear := cvm._left_behind(create_model.model);
		IF clear IS NOT NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'duplicate_table',
				MESSAGE = format('schema "%s" holds what a model of that name left behind', create_model.model),
				DETAIL = 'The extension was dropped while there was that model.',
				HINT = format('Clear it away with %s or choose another name.', clear);
		END IF;
		SELECT string_agg(format('"%s"', c.relname), ', ' ORDER BY c.relname) INTO clash
		FROM pg_class c
		WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = create_model.model)
			AND c.relname IN (SELECT e.entity FROM cvm.entity e UNION ALL SELECT r.view FROM cvm.report_view r);
		IF clash IS NOT NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'duplicate_table',
				MESSAGE = format('schema "%s" already holds relations of names that a model needs: %s', create_model.model, clash),
				HINT = 'Choose another name for the model, and bind these relations to it.';
		END IF;
	END IF;

	BEGIN
		PERFORM cvm._register(create_model.model, 'insert', 'model', '{}');
	EXCEPTION WHEN unique_violation THEN
		RAISE EXCEPTION USING ERRCODE = 'duplicate_object',
			MESSAGE = format('model "%s" already exists and belongs to another role', create_model.model),
			HINT = 'Choose another name.';
	END;
	PERFORM cvm._register(create_model.model, 'insert', 'setting', (
		SELECT jsonb_agg(jsonb_build_object('setting', s.setting, 'value', cvm._check_setting(s.setting, s.value)))
		FROM (VALUES ('time_zone', tz), ('week_start', week_start::text), ('currency', currency), ('as_of', as_of)) AS s (setting, value)));
END
$$;
COMMENT ON FUNCTION cvm.create_model(name, text, int, text, text) IS
	'Makes a model: a schema of that name with its own time zone, week start, currency and end of observation.';

CREATE FUNCTION cvm.configure(model name, setting text, value text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	checked text;
BEGIN
	PERFORM cvm._open(configure.model);
	checked := cvm._check_setting(configure.setting, configure.value);
	PERFORM cvm._register(configure.model, 'insert', 'setting', jsonb_build_object('setting', configure.setting, 'value', checked));
	PERFORM cvm._generate(configure.model);
END
$$;
COMMENT ON FUNCTION cvm.configure(name, text, text) IS 'Changes one setting of a model and regenerates its views.';

CREATE FUNCTION cvm.rebuild(model name)
RETURNS TABLE (relation name, action text, detail text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name := cvm._open(rebuild.model);
BEGIN
	IF NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = rebuild.model) THEN
		EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', rebuild.model, owner);
	END IF;
	RETURN QUERY SELECT * FROM cvm._generate(rebuild.model);
END
$$;
COMMENT ON FUNCTION cvm.rebuild(name) IS
	'Makes every view of a model again from the stored bindings, and says what became of each. For use after a '
	'loader replaced its tables.';

CREATE FUNCTION cvm.drop_model(model name, keep_schema boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	left_over text;
	kept jsonb;
BEGIN
	PERFORM cvm._open_stored(drop_model.model);
	SELECT jsonb_object_agg(t.relation, cvm._tables_of(t.model, t.relation)) INTO kept FROM cvm.stored t WHERE t.model = drop_model.model;
	PERFORM cvm._lock_from_readers(
		cvm._generated_readers(drop_model.model, ARRAY(SELECT cvm._relation(g.model, g.relation) FROM cvm.generated g WHERE g.model = drop_model.model))
			|| ARRAY(SELECT o::oid FROM jsonb_each(kept) k, jsonb_array_elements_text(k.value) o),
		ARRAY(SELECT q.tgrelid FROM jsonb_object_keys(kept) k, cvm._queue_triggers(drop_model.model, k) q));
	PERFORM cvm._drop_views(drop_model.model, (SELECT array_agg(g.relation) FROM cvm.generated g WHERE g.model = drop_model.model));
	PERFORM cvm._drop_stored(drop_model.model, k.key::name, ARRAY(SELECT o::oid FROM jsonb_array_elements_text(k.value) o)) FROM jsonb_each(kept) k;
	PERFORM cvm._register(drop_model.model, 'delete', 'model', '{}');
	IF drop_model.keep_schema OR NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = drop_model.model) THEN
		RETURN;
	END IF;
	BEGIN
		EXECUTE format('DROP SCHEMA %I RESTRICT', drop_model.model);
	EXCEPTION WHEN dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS left_over = PG_EXCEPTION_DETAIL;
		RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
			MESSAGE = format('schema "%s" holds more than the model', drop_model.model),
			DETAIL = left_over,
			HINT = format('Drop these first, or keep the schema: SELECT cvm.drop_model(%L, keep_schema => true);', drop_model.model);
	END;
END
$$;
COMMENT ON FUNCTION cvm.drop_model(name, boolean) IS
	'Drops a model: its views, stored tables, settings and bindings, and its schema unless that is to be kept. Never '
	'touches what others made.';
