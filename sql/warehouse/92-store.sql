-- SPDX-License-Identifier: PostgreSQL
-- Keeping states and reports in tables.
--
-- cvm.store() makes an ordinary table with a primary key, fills it, and lets
-- the view of the same name read it: the view keeps its name, its columns and
-- its answers.  States are read by every view that folds customers one by one.

CREATE FUNCTION cvm._table(model name, relation name) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%I.%I', $1, CASE WHEN EXISTS (SELECT FROM cvm.customer_state s WHERE s.state = $2::text) THEN $2::text ELSE $2 || '_stored' END);
$$;
COMMENT ON FUNCTION cvm._table(name, name) IS 'The table in which a state or a report is kept.';

CREATE FUNCTION cvm._kept_body(model name, view text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format(E'SELECT %s\n FROM %s s', string_agg(format('s.%I', a.attname), E',\n    ' ORDER BY a.attnum), cvm._table($1, $2::name))
	FROM cvm.stored t
	JOIN pg_attribute a ON a.attrelid = to_regclass(cvm._table($1, $2::name)) AND a.attnum > 0 AND NOT a.attisdropped
	WHERE t.model = $1 AND t.relation = $2::name
	HAVING count(*) > 0;
$$;
COMMENT ON FUNCTION cvm._kept_body(name, text) IS
	'How a report view reads the table in which it is kept; NULL when there is none.';

-- ---------------------------------------------------------------------------
-- Tables
-- ---------------------------------------------------------------------------

CREATE FUNCTION cvm._make_table(model name, relation name) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name := (SELECT m.owner FROM cvm.model m WHERE m.model = _make_table.model);
	kind cvm.customer_state;
	target text := cvm._table(_make_table.model, _make_table.relation);
	tables text[] := ARRAY[target];
	customer text;
	c record;
BEGIN
	IF to_regclass(target) IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'duplicate_table',
			MESSAGE = format('%s exists and was not made by cvm', target),
			HINT = 'The name is one that the model needs. Rename it or move it to another schema.';
	END IF;
	SELECT s.* INTO kind FROM cvm.customer_state s WHERE s.state = _make_table.relation::text;
	IF FOUND THEN
		SELECT format_type(a.atttypid, a.atttypmod) INTO customer FROM pg_attribute a
		WHERE a.attrelid = cvm._relation(_make_table.model, kind.entity::name) AND a.attname = 'customer_id';
		EXECUTE format('CREATE TABLE %s (customer_id %s PRIMARY KEY, %I %s NOT NULL)', target, customer, kind.column_name, kind.type);
		EXECUTE format('COMMENT ON TABLE %s IS %L', target, kind.comment || format(' Kept by CALL cvm.refresh(%L).', _make_table.model));
		EXECUTE format('COMMENT ON COLUMN %s.customer_id IS %L', target, 'Who the customer is.');
		EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target, kind.column_name, format('State of type %s.', kind.type));
		tables := tables || (target || '_restatement');
		EXECUTE format('CREATE TABLE %s_restatement (refresh_id bigint, customer_id %s, day date, what text, closed_before date NOT NULL,
			rows_before bigint NOT NULL, rows_after bigint NOT NULL, value_before numeric, value_after numeric,
			PRIMARY KEY (refresh_id, customer_id, day, what))', target, customer);
		EXECUTE format('COMMENT ON TABLE %s_restatement IS %L', target,
			'Customers whose past changed: what there was before closed_before is not what it was when it was last stored. One row per customer and day, or spell.');
		FOR c IN SELECT * FROM (VALUES ('refresh_id', 'Refresh that noticed it: cvm.refresh_log.'), ('customer_id', 'Whose past changed.'),
			('day', 'Day of the events, or first day of the spell.'), ('what', 'events; or the product of a spell and its end, not after closed_before.'),
			('closed_before', 'First day of the month that was open.'), ('rows_before', 'How many of them there were when it was stored.'),
			('rows_after', 'How many there are now.'), ('value_before', 'Their amount or monthly price, as it was stored.'),
				('value_after', 'Their amount or monthly price, now.')) AS v (name, comment)
		LOOP
			EXECUTE format('COMMENT ON COLUMN %s_restatement.%I IS %L', target, c.name, c.comment);
		END LOOP;
	ELSE
		EXECUTE (
			SELECT format('CREATE TABLE %s (%s)', target, string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
				CASE WHEN a.attname = 'row_key' THEN ' PRIMARY KEY' ELSE '' END), ', ' ORDER BY a.attnum))
			FROM pg_attribute a
			WHERE a.attrelid = cvm._relation(_make_table.model, _make_table.relation) AND a.attnum > 0);
		EXECUTE format('COMMENT ON TABLE %s IS %L', target, (SELECT v.comment FROM cvm.report_view v WHERE v.view = _make_table.relation::text)
			|| format(' Kept by CALL cvm.refresh(%L); read by the view %I.%I.', _make_table.model, _make_table.model, _make_table.relation));
		FOR c IN SELECT r AS col, r.column_name FROM cvm.report_column r WHERE r.view = _make_table.relation::text LOOP
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target, c.column_name, cvm._column_comment(c.col));
		END LOOP;
	END IF;
	IF owner <> current_user THEN
		FOREACH target IN ARRAY tables LOOP
			EXECUTE format('ALTER TABLE %s OWNER TO %I', target, owner);
		END LOOP;
	END IF;
	IF cvm._rows_by_reader(_make_table.model) IS NOT NULL THEN
		-- default privileges do not know that all rows are in it
		FOR c IN
			SELECT DISTINCT r.oid::regclass AS target, x.grantee FROM pg_class r, aclexplode(r.relacl) x
			WHERE r.oid IN (SELECT to_regclass(u) FROM unnest(tables) u) AND x.grantee <> r.relowner
		LOOP
			EXECUTE format('REVOKE ALL ON %s FROM %s', c.target, CASE c.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(c.grantee)) END);
		END LOOP;
	END IF;
	RETURN tables[1];
END
$$;
COMMENT ON FUNCTION cvm._make_table(name, name) IS
	'Makes the table, with key and comments, in which a state or a report is kept.';

CREATE FUNCTION cvm._is_kept(model name, relation regclass) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	-- only the owner of a table can comment on it
	SELECT EXISTS (
		SELECT FROM pg_class c
		JOIN pg_roles r ON r.oid = c.relowner
		JOIN cvm.model m ON m.model = $1 AND m.owner = r.rolname
		CROSS JOIN LATERAL obj_description(c.oid, 'pg_class') AS d (words)
		WHERE c.oid = $2 AND c.relkind IN ('r', 'p')
			AND (d.words LIKE '% Kept by CALL cvm.refresh(%'
				OR starts_with(d.words, 'Customers whose past changed: what there was before closed_before')
				OR starts_with(d.words, 'One row per part of the source and customer:')));
$$;
COMMENT ON FUNCTION cvm._is_kept(name, regclass) IS 'Is this a table that cvm made to keep something of a model?';

CREATE FUNCTION cvm._tables_of(model name, relation name) RETURNS oid[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	-- whatever the registry says: no tables but those that cvm made
	SELECT coalesce(array_agg(u.relation), '{}') FROM (
		SELECT k.relation::oid FROM unnest(ARRAY[
			to_regclass(cvm._table($1, $2)),
			to_regclass(cvm._table($1, $2) || '_restatement'),
			(SELECT to_regclass(cvm._part_table(t.model, t.relation::text)) FROM cvm.stored t WHERE t.model = $1 AND t.relation = $2 AND t.has_parts)]) AS k (relation)
		WHERE cvm._is_kept($1, k.relation)
		UNION ALL
		SELECT cvm._relation(t.queue_schema, t.queue_name) FROM cvm.stored t WHERE t.model = $1 AND t.relation = $2
			AND cvm._is_queue(cvm._relation(t.queue_schema, t.queue_name), t.model)) u;
$$;
COMMENT ON FUNCTION cvm._tables_of(name, name) IS
	'The tables that keep a state or a report: with its restatements, parts and queue.';

CREATE FUNCTION cvm._drop_stored(model name, relation name, tables oid[]) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	g record;
	dependents text;
BEGIN
	FOR g IN
		SELECT x.tgname, x.tgrelid::regclass AS source FROM cvm._queue_triggers(_drop_stored.model, _drop_stored.relation::text) x
	LOOP
		EXECUTE format('DROP TRIGGER %I ON %s', g.tgname, g.source);
	END LOOP;
	IF cardinality(_drop_stored.tables) > 0 THEN
		EXECUTE (SELECT 'DROP TABLE ' || string_agg(t.oid::regclass::text, ', ') FROM unnest(_drop_stored.tables) AS t (oid));
	END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
	GET STACKED DIAGNOSTICS dependents = PG_EXCEPTION_DETAIL;
	RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
		MESSAGE = format('%s must be dropped, and other objects depend on it', cvm._table(_drop_stored.model, _drop_stored.relation)),
		DETAIL = dependents,
		HINT = 'Drop these objects, try again, and create them anew.';
END
$$;
COMMENT ON FUNCTION cvm._drop_stored(name, name, oid[]) IS
	'Drops what keeps a state or a report, and the triggers that feed its queue.';

CREATE FUNCTION cvm._rows_by_reader(model name) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE read AS (
		SELECT c.oid AS relation
		FROM cvm.binding b
		JOIN pg_namespace n ON n.nspname = b.source_schema
		JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = b.source_name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		WHERE b.model = $1
		UNION
		SELECT d.refobjid
		FROM read r
		JOIN pg_class v ON v.oid = r.relation AND v.relkind = 'v'
		JOIN pg_rewrite w ON w.ev_class = v.oid
		JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
	), found AS MATERIALIZED (
		-- first these, so that no other view of the database is printed
		SELECT c.oid, c.relkind, c.relrowsecurity FROM read r JOIN pg_class c ON c.oid = r.relation
	)
	SELECT string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid::regclass::text)
	FROM found c
	WHERE c.relrowsecurity
		OR (c.relkind = 'v' AND pg_get_viewdef(c.oid) ~ '\m(CURRENT_USER|SESSION_USER|CURRENT_ROLE|current_setting|pg_has_role)\M|(?<!'')\mUSER\M');
$$;
COMMENT ON FUNCTION cvm._rows_by_reader(name) IS
	'What a model reads that shows different rows to different roles: tables with row-level security, and views that '
	'ask who reads them; NULL: nothing.';

CREATE FUNCTION cvm._tend_stored(model name, view text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	t record;
	r record;
	-- where rows depend on who reads, all of them are not for everybody who may
	-- read the view: cvm.grant_reader() says for whom
	is_same_for_all boolean := cvm._rows_by_reader(_tend_stored.model) IS NULL;
	usable name[] := ARRAY(SELECT u.relation FROM cvm._usable(_tend_stored.model, _tend_stored.view) AS u(relation));
BEGIN
	FOR t IN SELECT s.* FROM cvm.stored s WHERE s.model = _tend_stored.model AND s.refreshed_at IS NOT NULL
		AND (_tend_stored.view IS NULL OR s.relation = _tend_stored.view::name)
	LOOP
		IF t.mode = 'queue' THEN
			PERFORM cvm._tend_queue(t.model, t.relation::text);
		ELSIF t.queue_name IS NOT NULL THEN
			PERFORM cvm._drop_queue(t.model, t.relation);
		END IF;
		IF NOT t.relation = ANY (usable) THEN
			-- made under other settings, such as a smaller min_group_size: not
			-- to be read until it is made again
			FOR r IN
				SELECT DISTINCT x.grantee FROM pg_class c, aclexplode(c.relacl) x
				WHERE c.oid = to_regclass(cvm._table(t.model, t.relation)) AND x.grantee <> c.relowner
			LOOP
				EXECUTE format('REVOKE ALL ON %s FROM %s', cvm._table(t.model, t.relation),
					CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END);
			END LOOP;
			CONTINUE;
		END IF;
		-- a view reads with the rights of its reader
		FOR r IN
			SELECT DISTINCT x.grantee FROM pg_class c, aclexplode(c.relacl) x
			WHERE c.oid = cvm._relation(t.model, t.relation) AND c.relkind = 'v' AND x.privilege_type = 'SELECT' AND x.grantee <> c.relowner
				AND to_regclass(cvm._table(t.model, t.relation)) IS NOT NULL AND is_same_for_all
		LOOP
			EXECUTE format('GRANT SELECT ON %s TO %s', cvm._table(t.model, t.relation),
				CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END);
		END LOOP;
	END LOOP;
	PERFORM cvm._grant_readers(_tend_stored.model, _tend_stored.view);
END
$$;
COMMENT ON FUNCTION cvm._tend_stored(name, text) IS
	'After the views of a model, or one report, were made: triggers where they belong, and rights on tables for who has '
	'them on the views.';

-- ---------------------------------------------------------------------------
-- store, unstore
-- ---------------------------------------------------------------------------

CREATE FUNCTION cvm.store(
	model name,
	name text,
	mode text DEFAULT 'full',
	watermark name DEFAULT NULL,
	overlap text DEFAULT NULL,
	max_staleness interval DEFAULT '26 hours'
) RETURNS regclass
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	kind cvm.customer_state;
	known text;
	source record;
	type text;
	refresh_id bigint;
	made text;
BEGIN
	PERFORM cvm._open(store.model);
	PERFORM cvm._expect_own_schema(store.model);
	SELECT s.* INTO kind FROM cvm.customer_state s WHERE s.state = store.name;
	IF kind.state IS NULL AND NOT EXISTS (SELECT FROM cvm.report_view v WHERE v.view = store.name) THEN
		SELECT string_agg(k.name, ', ' ORDER BY k.rank, k.position) INTO known FROM (
			SELECT 1 AS rank, s.position, s.state AS name FROM cvm.customer_state s
			UNION ALL SELECT 2, v.position, v.view FROM cvm.report_view v) k;
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('unknown state or report view %s', coalesce('"' || store.name || '"', 'NULL')),
			HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[store.name], string_to_array(known, ', ')) || '? ', '')
				|| 'What can be: ' || known || '.';
	END IF;
	IF store.mode IS NULL OR store.mode NOT IN ('full', 'watermark', 'queue', 'scan') THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('unknown mode %s', coalesce('"' || store.mode || '"', 'NULL')),
			HINT = 'Modes are full, watermark, queue and scan.';
	ELSIF store.mode <> 'full' AND kind.state IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('report "%s" cannot be stored in mode "%s"', store.name, store.mode),
			HINT = format('Store the state that it reads in that mode, and the report in full: SELECT cvm.store(%L, ''customer_activity'', mode => %L).', store.model, store.mode);
	ELSIF (store.mode = 'watermark') <> (store.watermark IS NOT NULL) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = CASE store.mode WHEN 'watermark' THEN 'argument watermark is required in mode "watermark"'
				ELSE 'argument watermark is allowed in mode "watermark" only' END,
			HINT = 'Name the column of the source that grows with every row that is added or changed: mode => ''watermark'', watermark => ''loaded_at''.';
	ELSIF store.max_staleness IS NULL OR store.max_staleness <= '0' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('max_staleness %s is not a time', coalesce(store.max_staleness::text, 'NULL')),
			HINT = 'Say how old what is stored may become, such as ''26 hours''.';
	END IF;

	IF kind.state IS NOT NULL THEN
		SELECT b.source AS oid, b.source_text INTO source FROM cvm._bound(store.model, kind.entity) b WHERE b.problem IS NULL;
		IF source.oid IS NULL OR cvm._relation(store.model, kind.entity::name) IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
				MESSAGE = format('"%s" waits for entity "%s"', store.name, kind.entity),
				HINT = format('Bind it: SELECT cvm.bind(%L, %L, …).', store.model, kind.entity);
		END IF;
		IF store.mode IN ('queue', 'scan') AND (SELECT d.how FROM cvm._distribution(source.oid) d) IS NOT NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
				MESSAGE = format('%s is distributed by Citus, and mode "%s" %s', source.source_text, store.mode, CASE store.mode
					WHEN 'queue' THEN 'needs a trigger, which such a table cannot have' ELSE 'looks at where rows lie, which such a table does not show' END),
				HINT = format('Take mode => ''full'', or, with a column that grows: '
					'SELECT cvm.store(%L, %L, mode => ''watermark'', watermark => …).', store.model, store.name);
		ELSIF store.mode = 'scan' THEN
			PERFORM cvm._check_scan(source.oid);
		ELSIF store.mode = 'queue' AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = source.oid AND c.relkind IN ('r', 'p')) THEN
			RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
				MESSAGE = format('%s is not a table, and only a table can feed a queue', source.source_text),
				HINT = 'Bind the table itself, or take mode => ''scan'', ''watermark'' or ''full''.';
		ELSIF store.mode = 'watermark' THEN
			SELECT format_type(a.atttypid, NULL) INTO type FROM pg_attribute a
			WHERE a.attrelid = source.oid AND a.attname = store.watermark AND a.attnum > 0 AND NOT a.attisdropped;
			IF type IS NULL THEN
				RAISE EXCEPTION USING ERRCODE = 'undefined_column',
					MESSAGE = format('column "%s" of %s does not exist', store.watermark, source.source_text),
					HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[store.watermark::text], (
						SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = source.oid AND a.attnum > 0 AND NOT a.attisdropped)) || '?',
						'Name the column that grows with every row that is added or changed.');
			ELSIF type NOT IN ('smallint', 'integer', 'bigint', 'date', 'timestamp without time zone', 'timestamp with time zone') THEN
				RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
					MESSAGE = format('column "%s" of %s has type %s and cannot be a watermark', store.watermark, source.source_text, type),
					HINT = 'A watermark is a whole number, a date or a timestamp.';
			END IF;
			-- raises where the overlap does not fit
			PERFORM cvm._overlap(type, store.overlap);
		END IF;
	ELSIF cvm._relation(store.model, store.name::name) IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('view "%s" does not exist yet', store.name),
			HINT = format('SELECT * FROM cvm.catalog(%L) says what it waits for.', store.model);
	END IF;

	IF NOT cvm._try_lock(store.model, store.name::name) THEN
		RAISE EXCEPTION USING ERRCODE = 'lock_not_available',
			MESSAGE = format('"%s" of model "%s" is being refreshed', store.name, store.model),
			HINT = 'Try again when that is over: SELECT * FROM cvm.freshness.';
	END IF;
	PERFORM cvm._register(store.model, 'insert', 'stored', jsonb_build_object('relation', store.name, 'mode', store.mode,
		'watermark_column', store.watermark, 'overlap', store.overlap, 'max_staleness', store.max_staleness, 'watermark', NULL, 'source_print', NULL));
	IF to_regclass(cvm._table(store.model, store.name::name)) IS NULL THEN
		PERFORM cvm._make_table(store.model, store.name::name);
	ELSIF NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = store.model AND t.relation = store.name::name AND t.refreshed_at IS NOT NULL) THEN
		-- raises: somebody else's
		PERFORM cvm._make_table(store.model, store.name::name);
	END IF;
	IF kind.state IS NOT NULL THEN
		PERFORM cvm._tend_parts(store.model, store.name);
	END IF;
	IF store.mode = 'queue' AND NOT cvm._tend_queue(store.model, store.name) THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('%s cannot be made to feed a queue', source.source_text),
			HINT = 'That takes its owner and the right to make a table in its schema. Modes full, watermark and scan take neither.';
	END IF;
	refresh_id := cvm._log_refresh(store.model, store.name::name, clock_timestamp());
	made := cvm._refresh_one(store.model, store.name::name, true, refresh_id);
	IF made IS NOT NULL THEN
		PERFORM cvm._register(store.model, 'update', 'stored', jsonb_build_object('relation', store.name, 'made_of', made));
	END IF;
	IF kind.state IS NULL THEN
		PERFORM cvm._relink(store.model, store.name);
		IF cvm._rows_by_reader(store.model) IS NOT NULL THEN
			RAISE WARNING USING ERRCODE = '01007',
				MESSAGE = format('%s holds what role "%s" sees of %s, where other roles may see other rows',
					cvm._table(store.model, store.name::name), current_user, cvm._rows_by_reader(store.model)),
				DETAIL = coalesce('Readers of the model see all of it: ' || (
					SELECT string_agg(format('"%s"', r.role), ', ' ORDER BY r.role) FROM cvm.reader r WHERE r.model = store.model) || '.',
					'Only its owner may read it.'),
				HINT = format('Let a role read all of it with SELECT * FROM cvm.grant_reader(%L, ''role''); or GRANT SELECT ON %s TO role; or go back with SELECT cvm.unstore(%L, %L);',
					store.model, cvm._table(store.model, store.name::name), store.model, store.name);
		END IF;
	ELSE
		PERFORM cvm._generate(store.model);
	END IF;
	RETURN to_regclass(cvm._table(store.model, store.name::name));
END
$$;
COMMENT ON FUNCTION cvm.store(name, text, text, name, text, interval) IS
	'Keeps a state (customer_activity) or a report view in a table with a primary key, which the views then read. '
	'mode: full, watermark, queue or scan says how customers who changed are found.';

CREATE FUNCTION cvm.unstore(model name, name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	tables oid[];
BEGIN
	PERFORM cvm._open_stored(unstore.model, unstore.name::name);
	IF NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = unstore.model AND t.relation = unstore.name::name) THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('%s of model "%s" is not stored', coalesce('"' || unstore.name || '"', 'NULL'), unstore.model),
			HINT = coalesce('Stored are ' || (SELECT string_agg(t.relation::text, ', ' ORDER BY t.relation) FROM cvm.stored t
				WHERE t.model = unstore.model) || '.', 'Nothing is.');
	END IF;
	tables := cvm._tables_of(unstore.model, unstore.name::name);
	-- the views must let go of the table first
	PERFORM cvm._register(unstore.model, 'delete', 'stored', jsonb_build_object('relation', unstore.name)),
		cvm._register(unstore.model, 'delete', 'source_part', jsonb_build_object('relation', unstore.name));
	PERFORM cvm._generate(unstore.model, tables, ARRAY(SELECT q.tgrelid FROM cvm._queue_triggers(unstore.model, unstore.name) q));
	PERFORM cvm._drop_stored(unstore.model, unstore.name::name, tables);
END
$$;
COMMENT ON FUNCTION cvm.unstore(name, text) IS
	'Drops the table in which a state or a report is kept; the views read the source again.';
