-- SPDX-License-Identifier: PostgreSQL
-- The queue: a source that tells a model which of its customers changed.

-- A trigger of the user's table writes down, in the transaction of the change,
-- which customers it touched.  Of rows that are only added it writes what they
-- add, already folded, so that a refresh need not read the table at all.  It
-- must never be the reason that a write fails: what it cannot read it marks as
-- "everything" (a row without customer), which makes the next refresh a full one.
CREATE FUNCTION cvm.queue_changes() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	queue text := format('%I.%I', TG_ARGV[0], TG_ARGV[1]);
	customer text := TG_ARGV[2];
	delta text := TG_ARGV[3];
	reads text[] := TG_ARGV[4];
	changed text;
BEGIN
	-- a queue that is gone, or somebody else's under its name, is not written
	-- to: the next refresh notices
	IF (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = to_regclass(queue)) IS DISTINCT FROM TG_ARGV[5]::name THEN
		RETURN NULL;
	END IF;

	-- the columns as they were when the trigger was made?
	IF TG_OP = 'TRUNCATE' OR reads <@ (
		SELECT array_agg(a.attname || ' ' || a.atttypid::regtype) FROM pg_attribute a
		WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped) IS NOT TRUE
	THEN
		EXECUTE format('INSERT INTO %s VALUES (NULL, NULL)', queue);
		RETURN NULL;
	END IF;

	IF TG_LEVEL = 'ROW' THEN
		changed := format('INSERT INTO %s SELECT %s, NULL FROM (SELECT ($1).*) s', queue, customer);
		IF TG_OP <> 'INSERT' THEN
			EXECUTE changed USING OLD;
		END IF;
		IF TG_OP <> 'DELETE' THEN
			EXECUTE changed USING NEW;
		END IF;
		RETURN NULL;
	END IF;

	IF TG_OP = 'INSERT' THEN
		BEGIN
			EXECUTE format('INSERT INTO %s %s', queue, delta);
			RETURN NULL;
		EXCEPTION WHEN OTHERS THEN
			-- such as an amount that is not finite: the refresh will say so
			NULL;
		END;
	END IF;
	changed := format(CASE TG_OP
		WHEN 'INSERT' THEN 'SELECT %1$s FROM after_rows s GROUP BY 1'
		WHEN 'DELETE' THEN 'SELECT %1$s FROM before_rows s GROUP BY 1'
		ELSE 'SELECT %1$s FROM before_rows s UNION SELECT %1$s FROM after_rows s' END, customer);
	EXECUTE format('INSERT INTO %s SELECT c.customer_id, NULL FROM (%s) AS c (customer_id) WHERE c.customer_id IS NOT NULL', queue, changed);
	RETURN NULL;
END
$$;
COMMENT ON FUNCTION cvm.queue_changes() IS 'Trigger that cvm.store(mode => ''queue'') puts on a source: writes down which customers a change touched.';

CREATE FUNCTION cvm._fit_name(name text) RETURNS name
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT (CASE WHEN octet_length($1) <= 63 THEN $1 ELSE 'cvm_' || md5($1) END)::name $$;
COMMENT ON FUNCTION cvm._fit_name(text) IS 'A name that is not cut: one too long becomes its digest.';

CREATE FUNCTION cvm._queue_triggers(model name, state text) RETURNS TABLE (tgrelid oid, tgname name)
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT g.tgrelid, g.tgname
	FROM pg_trigger g
	WHERE g.tgfoid = 'cvm.queue_changes()'::regprocedure AND g.tgparentid = 0
		AND g.tgname IN (SELECT cvm._fit_name(format('%s_%s_%s', $1, $2, e)) FROM unnest('{insert,update,delete,truncate,row}'::text[]) e)
		AND starts_with(obj_description(g.oid, 'pg_trigger'), format('Tells model "%s" which', $1));
$$;
COMMENT ON FUNCTION cvm._queue_triggers(name, text) IS 'The triggers that feed the queue of a state, on whatever source.';

CREATE FUNCTION cvm._tend_queue(model name, state text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	kind cvm.customer_state;
	kept cvm.stored;
	source oid;
	columns jsonb;
	relation pg_class;
	queue_schema name;
	queue text;
	arguments text;
	without text;
	digest text;
	wanted text[];
	is_rowwise boolean;
	event text;
	stray record;
BEGIN
	SELECT s.* INTO kind FROM cvm.customer_state s WHERE s.state = _tend_queue.state;
	SELECT t.* INTO kept FROM cvm.stored t WHERE t.model = _tend_queue.model AND t.relation = _tend_queue.state::name;
	SELECT b.source, b.columns INTO source, columns FROM cvm._bound(_tend_queue.model) b WHERE b.entity = kind.entity AND b.problem IS NULL;
	IF source IS NULL THEN
		RETURN false;
	END IF;
	SELECT c.* INTO relation FROM pg_class c WHERE c.oid = source;
	SELECT n.nspname INTO queue_schema FROM pg_namespace n WHERE n.oid = relation.relnamespace;
	IF relation.relkind NOT IN ('r', 'p') THEN
		RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s is not a table, and only a table can feed a queue', source::regclass),
			HINT = 'Bind the table itself, or take mode => ''scan'', ''watermark'' or ''full''.';
	END IF;
	-- a change through a parent does not fire the triggers of its children
	is_rowwise := relation.relkind = 'p' OR relation.relispartition
		OR EXISTS (SELECT FROM pg_inherits i WHERE source IN (i.inhrelid, i.inhparent));

	BEGIN
		IF kept.queue_name IS NULL OR cvm._relation(kept.queue_schema, kept.queue_name) IS NULL THEN
			kept.queue_schema := queue_schema;
			kept.queue_name := cvm._fit_name(format('%s_%s_queue', _tend_queue.model, _tend_queue.state));
			EXECUTE format('CREATE TABLE %I.%I (customer_id %s, delta %s)', kept.queue_schema, kept.queue_name,
				(SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = cvm._relation(_tend_queue.model, kind.entity::name) AND a.attname = 'customer_id'),
				kind.type);
			queue := format('%I.%I', kept.queue_schema, kept.queue_name);
			EXECUTE format('COMMENT ON TABLE %s IS %L', queue,
				format('Customers of model "%s" whose rows in %s changed since the last CALL cvm.refresh(); a row without customer: everybody.', _tend_queue.model, source::regclass));
			-- whoever may write into the source must be able to write here; all that
			-- a row does is to have a customer folded again
			EXECUTE format('GRANT INSERT ON %s TO PUBLIC', queue);
			EXECUTE format('GRANT SELECT, INSERT, DELETE ON %s TO %I', queue, (SELECT m.owner FROM cvm.model m WHERE m.model = _tend_queue.model));
			-- what was written before it was there is not known
			EXECUTE format('INSERT INTO %s VALUES (NULL, NULL)', queue);
			UPDATE cvm.stored t SET queue_schema = kept.queue_schema, queue_name = kept.queue_name
				WHERE t.model = _tend_queue.model AND t.relation = _tend_queue.state::name;
		ELSIF NOT EXISTS (
			SELECT FROM pg_class q
			WHERE q.oid = cvm._relation(kept.queue_schema, kept.queue_name) AND q.relkind = 'r'
				AND q.relowner IN (SELECT r.oid FROM pg_roles r
					WHERE r.rolname IN (current_user, (SELECT m.owner FROM cvm.model m WHERE m.model = _tend_queue.model)) OR r.oid = relation.relowner OR r.rolsuper))
		THEN
			RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
				MESSAGE = format('%I.%I exists and was not made by cvm', kept.queue_schema, kept.queue_name),
				HINT = 'The name is one that the model needs, and its owner is another role. Rename it or move it to another schema.';
		ELSIF kept.queue_schema <> queue_schema THEN
			-- where those are at home who write into the source
			EXECUTE format('ALTER TABLE %I.%I SET SCHEMA %I', kept.queue_schema, kept.queue_name, queue_schema);
			kept.queue_schema := queue_schema;
			UPDATE cvm.stored t SET queue_schema = kept.queue_schema
				WHERE t.model = _tend_queue.model AND t.relation = _tend_queue.state::name;
		END IF;
		queue := format('%I.%I', kept.queue_schema, kept.queue_name);

		SELECT format('%L, %L, %L', kept.queue_schema, kept.queue_name,
			(SELECT c ->> 'expression' FROM jsonb_array_elements(columns) c WHERE c ->> 'name' = 'customer_id'))
		INTO arguments;
		SELECT arguments || format(', %L, %L', '', (SELECT array_agg(a.attname || ' ' || a.atttypid::regtype)::text FROM jsonb_array_elements(columns) c
				JOIN pg_attribute a ON a.attrelid = source AND a.attname::text = c ->> 'source' AND c ->> 'name' = 'customer_id')),
			arguments || format(', %L, %L',
			format('SELECT e.customer_id, %s FROM (SELECT %s FROM after_rows s) e WHERE e.customer_id IS NOT NULL GROUP BY e.customer_id',
				cvm._fill(kind.fold, cvm._literals(_tend_queue.model)),
				(SELECT string_agg(format('%s AS %I', c ->> 'expression', c ->> 'name'), ', ') FROM jsonb_array_elements(columns) c)),
			(SELECT array_agg(DISTINCT a.attname || ' ' || a.atttypid::regtype)::text FROM jsonb_array_elements(columns) c
				JOIN pg_attribute a ON a.attrelid = source AND a.attname::text = c ->> 'source'))
		INTO without, arguments;
		SELECT without || format(', %L', q.owner), arguments || format(', %L', q.owner) INTO without, arguments
		FROM (SELECT pg_get_userbyid(c.relowner) AS owner FROM pg_class c WHERE c.oid = cvm._relation(kept.queue_schema, kept.queue_name)) q;
		digest := md5(arguments || is_rowwise::text || source::text);
		wanted := CASE WHEN is_rowwise THEN '{row,truncate}'::text[] ELSE '{insert,update,delete,truncate}' END;
		IF cardinality(wanted) = (
			SELECT count(*) FROM pg_trigger g
			WHERE g.tgrelid = source AND g.tgname = ANY (SELECT cvm._fit_name(format('%s_%s_%s', _tend_queue.model, _tend_queue.state, w)) FROM unnest(wanted) w)
				AND g.tgenabled IN ('O', 'A') AND obj_description(g.oid, 'pg_trigger') LIKE '%' || digest)
		THEN
			RETURN true;
		END IF;

		-- what was bound before, or in another way, tells nothing any more
		FOR stray IN
			SELECT g.tgname, g.tgrelid::regclass AS source FROM cvm._queue_triggers(_tend_queue.model, _tend_queue.state) g
		LOOP
			EXECUTE format('DROP TRIGGER %I ON %s', stray.tgname, stray.source);
		END LOOP;
		FOREACH event IN ARRAY wanted LOOP
			EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s EXECUTE FUNCTION cvm.queue_changes(%s)',
				cvm._fit_name(format('%s_%s_%s', _tend_queue.model, _tend_queue.state, event)),
				CASE event WHEN 'row' THEN 'INSERT OR UPDATE OR DELETE' ELSE upper(event) END,
				source::regclass,
				CASE event
					WHEN 'insert' THEN 'REFERENCING NEW TABLE AS after_rows'
					WHEN 'delete' THEN 'REFERENCING OLD TABLE AS before_rows'
					WHEN 'update' THEN 'REFERENCING OLD TABLE AS before_rows NEW TABLE AS after_rows'
					WHEN 'row' THEN 'FOR EACH ROW' ELSE '' END,
				CASE event WHEN 'insert' THEN arguments ELSE without END);
			EXECUTE format('COMMENT ON TRIGGER %I ON %s IS %L', cvm._fit_name(format('%s_%s_%s', _tend_queue.model, _tend_queue.state, event)), source::regclass,
				format('Tells model "%s" which customers changed. %s', _tend_queue.model, digest));
		END LOOP;
		-- what was written without the trigger is not known
		EXECUTE format('INSERT INTO %s VALUES (NULL, NULL)', queue);
	EXCEPTION WHEN insufficient_privilege THEN
		RAISE WARNING USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('%s does not tell model "%s" of its changes: %s', source::regclass, _tend_queue.model, SQLERRM),
			HINT = format('Let its owner, as a member of the model''s role, SELECT * FROM cvm.rebuild(%L); until then every refresh is a full one.', _tend_queue.model);
		RETURN false;
	END;
	RETURN true;
END
$$;
COMMENT ON FUNCTION cvm._tend_queue(name, text) IS 'Sees to the queue of a state and to the triggers that feed it; false when the source cannot be made to.';

CREATE FUNCTION cvm._drop_queue(model name, relation name) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	g record;
BEGIN
	FOR g IN
		SELECT x.tgname, x.tgrelid::regclass AS source FROM cvm._queue_triggers(_drop_queue.model, _drop_queue.relation::text) x
	LOOP
		EXECUTE format('DROP TRIGGER %I ON %s', g.tgname, g.source);
	END LOOP;
	FOR g IN
		SELECT t.queue_schema, t.queue_name FROM cvm.stored t
		WHERE t.model = _drop_queue.model AND t.relation = _drop_queue.relation AND cvm._relation(t.queue_schema, t.queue_name) IS NOT NULL
	LOOP
		EXECUTE format('DROP TABLE %I.%I', g.queue_schema, g.queue_name);
	END LOOP;
	UPDATE cvm.stored t SET queue_schema = NULL, queue_name = NULL WHERE t.model = _drop_queue.model AND t.relation = _drop_queue.relation;
END
$$;
COMMENT ON FUNCTION cvm._drop_queue(name, name) IS 'Takes triggers and queue of a state away.';
-- The scan: a source that tells nothing is compared, partition by partition,
-- with what it was.
--
-- Per partition the model keeps a fingerprint and one state per customer.  A
-- refresh reads every partition for its fingerprint, folds again those whose
-- fingerprint is another one, and adds up the states of the customers for whom
-- that made a difference: the rest of their past is read from the states.
--
-- A fingerprint need not look into the rows of a table: a version of a row is
-- known by where it lies and by the transaction that wrote it, and neither is
-- used twice together in four thousand million transactions.  Of foreign
-- tables it is made of what the rows say.

CREATE FUNCTION cvm._part_table(model name, state text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT format('%I.%I', $1, $2 || '_part') $$;
COMMENT ON FUNCTION cvm._part_table(name, text) IS 'The table in which a scanned state is kept part by part.';

CREATE FUNCTION cvm._tend_parts(model name, state text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name := (SELECT m.owner FROM cvm.model m WHERE m.model = _tend_parts.model);
	target text := cvm._part_table(_tend_parts.model, _tend_parts.state);
	customers regclass := to_regclass(cvm._table(_tend_parts.model, _tend_parts.state::name));
	kind cvm.customer_state;
	kept cvm.stored;
BEGIN
	SELECT s.* INTO kind FROM cvm.customer_state s WHERE s.state = _tend_parts.state;
	SELECT t.* INTO kept FROM cvm.stored t WHERE t.model = _tend_parts.model AND t.relation = _tend_parts.state::name;
	IF kept.mode IS DISTINCT FROM 'scan' THEN
		PERFORM cvm._drop_parts(_tend_parts.model, _tend_parts.state);
		RETURN false;
	ELSIF kept.has_parts AND to_regclass(target) IS NOT NULL THEN
		PERFORM cvm._expect_own(_tend_parts.model, to_regclass(target));
		RETURN true;
	END IF;

	-- fails where the name is taken
	EXECUTE format('CREATE TABLE %s (part_no bigint, customer_id %s, %I %s NOT NULL, PRIMARY KEY (part_no, customer_id))', target,
		(SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = customers AND a.attname = 'customer_id'), kind.column_name, kind.type);
	EXECUTE format('COMMENT ON TABLE %s IS %L', target, format('One row per part of the source and customer: what adds up to %s.%s.', _tend_parts.model, _tend_parts.state));
	EXECUTE format('COMMENT ON COLUMN %s.part_no IS %L', target, 'Part of the source: cvm.source_part.');
	EXECUTE format('COMMENT ON COLUMN %s.customer_id IS %L', target, 'Who the customer is.');
	EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target, kind.column_name, format('State of type %s, of the rows in this part.', kind.type));
	IF owner <> current_user THEN
		EXECUTE format('ALTER TABLE %s OWNER TO %I', target, owner);
	END IF;
	DELETE FROM cvm.source_part k WHERE k.model = _tend_parts.model AND k.relation = _tend_parts.state::name;
	UPDATE cvm.stored t SET has_parts = true WHERE t.model = _tend_parts.model AND t.relation = _tend_parts.state::name;
	RETURN false;
END
$$;
COMMENT ON FUNCTION cvm._tend_parts(name, text) IS 'Makes the table of parts of a state that is scanned, drops that of one that no longer is; were there parts already that can be compared with?';

CREATE FUNCTION cvm._drop_parts(model name, state text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	UPDATE cvm.stored t SET has_parts = false WHERE t.model = _drop_parts.model AND t.relation = _drop_parts.state::name AND t.has_parts;
	IF FOUND AND to_regclass(cvm._part_table(_drop_parts.model, _drop_parts.state)) IS NOT NULL THEN
		EXECUTE format('DROP TABLE %s', cvm._part_table(_drop_parts.model, _drop_parts.state));
	END IF;
	DELETE FROM cvm.source_part k WHERE k.model = _drop_parts.model AND k.relation = _drop_parts.state::name;
END
$$;
COMMENT ON FUNCTION cvm._drop_parts(name, text) IS 'Takes the table of parts of a state away, and what is known of the parts.';

CREATE FUNCTION cvm._expect_own(model name, relation regclass) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF NOT EXISTS (
		SELECT FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner JOIN cvm.model m ON m.owner = r.rolname
		WHERE c.oid = relation AND c.relkind IN ('r', 'p') AND m.model = _expect_own.model)
	THEN
		RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s exists and was not made by cvm', relation),
			HINT = 'The name is one that the model needs, and its owner is another role. Rename it or move it to another schema.';
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._expect_own(name, regclass) IS 'Raises when a table that a model would write into belongs to somebody else.';

CREATE FUNCTION cvm._leaves(source oid) RETURNS SETOF oid
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE tree AS (
		SELECT $1 AS relation
		UNION ALL
		SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation
	)
	SELECT DISTINCT t.relation
	FROM tree t
	JOIN pg_class c ON c.oid = t.relation
	WHERE c.relkind <> 'p';
$$;
COMMENT ON FUNCTION cvm._leaves(oid) IS 'The tables that hold the rows of a partitioned table, or of one that others inherit from.';

CREATE FUNCTION cvm._check_scan(source oid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = source AND c.relkind = 'p') AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = source) THEN
		RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s has no partitions, and mode "scan" goes by partitions', source::regclass),
			HINT = 'Take mode => ''full'', which reads such a table once and is as fast, or ''queue'' or ''watermark''.';
	ELSIF row_security_active(source) THEN
		RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
			MESSAGE = format('mode "scan" would read past the row-level security of %s', source::regclass),
			HINT = 'Refresh as a role that sees every row, or store it in another mode.';
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._check_scan(oid) IS 'Raises when a source cannot be scanned partition by partition.';

CREATE FUNCTION cvm._scan(source oid, columns jsonb, OUT seen text, OUT marked_rows text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	row_columns text;
	version text := 'hashtidextended(s.ctid, s.xmin::text::bigint)';
	content text;
	-- the words of an enum can change without its rows
	has_enums boolean;
BEGIN
	PERFORM cvm._check_scan(source);
	SELECT string_agg(format('%s AS %I', c.c ->> 'expression', c.c ->> 'name'), ', ' ORDER BY c.n),
		format('hashtextextended(ROW(%s)::text, 0)', string_agg(c.c ->> 'expression', ', ' ORDER BY c.n) FILTER (WHERE c.c ->> 'source' IS NOT NULL))
	INTO row_columns, content
	FROM jsonb_array_elements(columns) WITH ORDINALITY AS c (c, n);
	SELECT coalesce(bool_or(t.typtype = 'e'), false) INTO has_enums
	FROM jsonb_array_elements(columns) c
	JOIN pg_attribute a ON a.attrelid = source AND a.attname::text = c ->> 'source'
	JOIN pg_type t ON t.oid = cvm._base_type(a.atttypid);

	-- a part that is not marked is not read: its condition holds no column
	SELECT string_agg(format('SELECT %L, %L || count(*) || '':'' || coalesce(sum(%s), 0) FROM ONLY %s s', l.relation::regclass, k.file,
			CASE WHEN k.has_versions AND NOT has_enums THEN version ELSE content END, l.relation::regclass), ' UNION ALL '),
		string_agg(format('SELECT (SELECT m.part_no FROM marked m WHERE m.part = %1$L) AS part_no, %2$s FROM ONLY %3$s s WHERE (SELECT EXISTS (SELECT FROM marked m WHERE m.part = %1$L))',
			l.relation::regclass, row_columns, l.relation::regclass), ' UNION ALL ')
	INTO seen, marked_rows
	FROM cvm._leaves(source) AS l (relation)
	CROSS JOIN LATERAL cvm._part_file(l.relation) k;
	seen := coalesce(seen, 'SELECT NULL::text, NULL::text WHERE false');
	marked_rows := coalesce(marked_rows, format('SELECT NULL::bigint AS part_no, %s FROM %s s', row_columns, source::regclass));
END
$$;
COMMENT ON FUNCTION cvm._scan(oid, jsonb) IS 'Two queries over a source: the partitions with their fingerprints, and the rows of those that are marked.';

CREATE FUNCTION cvm._part_file(relation oid, OUT file text, OUT has_versions boolean)
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	-- a file that was written anew, and rows under other rights, are other rows
	SELECT CASE WHEN v.has_versions THEN format('%s/%s:', c.oid, pg_relation_filenode(c.oid)) ELSE '' END, v.has_versions
	FROM pg_class c
	LEFT JOIN pg_am a ON a.oid = c.relam
	CROSS JOIN LATERAL (SELECT c.relkind IN ('r', 'm') AND a.amname IS NOT DISTINCT FROM 'heap' AND has_table_privilege(c.oid, 'SELECT')) AS v (has_versions)
	WHERE c.oid = $1;
$$;
COMMENT ON FUNCTION cvm._part_file(oid) IS 'Whether the rows of a relation have versions that can be told apart, and which file they are in.';
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
COMMENT ON FUNCTION cvm._kept_body(name, text) IS 'How a report view reads the table in which it is kept; NULL when there is none.';

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
		EXECUTE format('COMMENT ON TABLE %s_restatement IS %L', target, 'Customers whose past changed: what there was before closed_before is not what it was when it was last stored. One row per customer and day, or spell.');
		FOR c IN SELECT * FROM (VALUES ('refresh_id', 'Refresh that noticed it: cvm.refresh_log.'), ('customer_id', 'Whose past changed.'),
			('day', 'Day of the events, or first day of the spell.'), ('what', 'events; or the product of a spell and its end, not after closed_before.'),
			('closed_before', 'First day of the month that was open.'), ('rows_before', 'How many of them there were when it was stored.'),
			('rows_after', 'How many there are now.'), ('value_before', 'Their amount or monthly price, as it was stored.'), ('value_after', 'Their amount or monthly price, now.')) AS v (name, comment)
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
	RETURN tables[1];
END
$$;
COMMENT ON FUNCTION cvm._make_table(name, name) IS 'Makes the table, with key and comments, in which a state or a report is kept.';

CREATE FUNCTION cvm._drop_stored(model name, relation name) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	target text := cvm._table(_drop_stored.model, _drop_stored.relation);
	dependents text;
BEGIN
	PERFORM cvm._drop_queue(_drop_stored.model, _drop_stored.relation);
	PERFORM cvm._drop_parts(_drop_stored.model, _drop_stored.relation::text);
	IF to_regclass(target) IS NOT NULL THEN
		EXECUTE format('DROP TABLE %s', target);
	END IF;
	IF to_regclass(target || '_restatement') IS NOT NULL THEN
		EXECUTE format('DROP TABLE %s_restatement', target);
	END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
	GET STACKED DIAGNOSTICS dependents = PG_EXCEPTION_DETAIL;
	RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
		MESSAGE = format('%s must be dropped, and other objects depend on it', target),
		DETAIL = dependents,
		HINT = 'Drop these objects, try again, and create them anew.';
END
$$;
COMMENT ON FUNCTION cvm._drop_stored(name, name) IS 'Drops what keeps a state or a report.';

CREATE FUNCTION cvm._tend_stored(model name) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	t record;
	r record;
BEGIN
	FOR t IN SELECT s.* FROM cvm.stored s WHERE s.model = _tend_stored.model AND s.refreshed_at IS NOT NULL LOOP
		IF t.mode = 'queue' THEN
			PERFORM cvm._tend_queue(t.model, t.relation::text);
		ELSIF t.queue_name IS NOT NULL THEN
			PERFORM cvm._drop_queue(t.model, t.relation);
		END IF;
		IF NOT t.relation IN (SELECT u.relation FROM cvm._usable(t.model) AS u(relation)) THEN
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
				AND to_regclass(cvm._table(t.model, t.relation)) IS NOT NULL
		LOOP
			EXECUTE format('GRANT SELECT ON %s TO %s', cvm._table(t.model, t.relation),
				CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END);
		END LOOP;
	END LOOP;
	PERFORM cvm._grant_readers(_tend_stored.model);
END
$$;
COMMENT ON FUNCTION cvm._tend_stored(name) IS 'After the views of a model were made: triggers where they belong, and rights on tables for who has them on the views.';

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
BEGIN
	PERFORM cvm._open(store.model);
	SELECT s.* INTO kind FROM cvm.customer_state s WHERE s.state = store.name;
	IF kind.state IS NULL AND NOT EXISTS (SELECT FROM cvm.report_view v WHERE v.view = store.name) THEN
		SELECT string_agg(k.name, ', ' ORDER BY k.rank, k.position) INTO known FROM (
			SELECT 1 AS rank, s.position, s.state AS name FROM cvm.customer_state s
			UNION ALL SELECT 2, v.position, v.view FROM cvm.report_view v) k;
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('there is nothing called %s that could be stored', coalesce('"' || store.name || '"', 'NULL')),
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
			MESSAGE = 'mode "watermark" goes with the name of a column, and other modes without',
			HINT = 'Name the column of the source that grows with every row that is added or changed: mode => ''watermark'', watermark => ''loaded_at''.';
	ELSIF store.max_staleness IS NULL OR store.max_staleness <= '0' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('max_staleness %s is not a time', coalesce(store.max_staleness::text, 'NULL')),
			HINT = 'Say how old what is stored may become, such as ''26 hours''.';
	END IF;

	IF kind.state IS NOT NULL THEN
		SELECT b.source AS oid, b.source_text INTO source FROM cvm._bound(store.model) b WHERE b.entity = kind.entity AND b.problem IS NULL;
		IF source.oid IS NULL OR cvm._relation(store.model, kind.entity::name) IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
				MESSAGE = format('"%s" waits for entity "%s"', store.name, kind.entity),
				HINT = format('Bind it: SELECT cvm.bind(%L, %L, …).', store.model, kind.entity);
		END IF;
		IF store.mode = 'scan' THEN
			PERFORM cvm._check_scan(source.oid);
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

	IF NOT pg_try_advisory_xact_lock(cvm._lock_class(), cvm._lock_key(store.model, store.name::name)) THEN
		RAISE EXCEPTION USING ERRCODE = 'lock_not_available',
			MESSAGE = format('"%s" of model "%s" is being refreshed', store.name, store.model),
			HINT = 'Try again when that is over: SELECT * FROM cvm.freshness.';
	END IF;
	INSERT INTO cvm.stored AS t (model, relation, mode, watermark_column, overlap, max_staleness)
		VALUES (store.model, store.name::name, store.mode, store.watermark, store.overlap, store.max_staleness)
		ON CONFLICT (model, relation) DO UPDATE SET mode = excluded.mode, watermark_column = excluded.watermark_column,
			overlap = excluded.overlap, max_staleness = excluded.max_staleness, watermark = NULL, source_print = NULL;
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
	INSERT INTO cvm.refresh_log AS l (model, relation) VALUES (store.model, store.name::name) RETURNING l.refresh_id INTO refresh_id;
	PERFORM cvm._refresh_one(store.model, store.name::name, true, refresh_id);
	IF kind.state IS NULL THEN
		PERFORM cvm._relink(store.model, store.name);
	ELSE
		PERFORM cvm._generate(store.model);
	END IF;
	RETURN to_regclass(cvm._table(store.model, store.name::name));
END
$$;
COMMENT ON FUNCTION cvm.store(name, text, text, name, text, interval) IS 'Keeps a state (customer_activity) or a report view in a table with a primary key, which the views then read. mode: full, watermark, queue or scan says how customers who changed are found.';

CREATE FUNCTION cvm.unstore(model name, name text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM cvm._open(unstore.model);
	IF NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = unstore.model AND t.relation = unstore.name::name) THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('%s of model "%s" is not stored', coalesce('"' || unstore.name || '"', 'NULL'), unstore.model),
			HINT = coalesce('Stored are ' || (SELECT string_agg(t.relation::text, ', ' ORDER BY t.relation) FROM cvm.stored t WHERE t.model = unstore.model) || '.', 'Nothing is.');
	END IF;
	PERFORM cvm._drop_queue(unstore.model, unstore.name::name);
	PERFORM cvm._drop_parts(unstore.model, unstore.name);
	-- the views must let go of the table first
	DELETE FROM cvm.stored t WHERE t.model = unstore.model AND t.relation = unstore.name::name;
	PERFORM cvm._generate(unstore.model);
	PERFORM cvm._drop_stored(unstore.model, unstore.name::name);
END
$$;
COMMENT ON FUNCTION cvm.unstore(name, text) IS 'Drops the table in which a state or a report is kept; the views read the source again.';
-- Folding again the customers who changed.

CREATE FUNCTION cvm._overlap(type text, overlap text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF type IN ('smallint', 'integer', 'bigint') THEN
		RETURN format('%s::bigint', coalesce(overlap, '0')::bigint);
	END IF;
	RETURN format('%L::interval', coalesce(overlap, CASE type WHEN 'date' THEN '1 day' ELSE '1 hour' END)::interval);
EXCEPTION WHEN data_exception THEN
	RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
		MESSAGE = format('"%s" cannot be subtracted from a watermark of type %s', overlap, type),
		HINT = 'Give a whole number for numbers, and an interval such as ''2 hours'' for dates and timestamps.';
END
$$;
COMMENT ON FUNCTION cvm._overlap(text, text) IS 'How far behind a watermark of this type rows are looked at again, as SQL.';

CREATE FUNCTION cvm._refresh_state(model name, state text, anew boolean, refresh_id bigint,
	OUT mode text, OUT written bigint, OUT removed bigint, OUT restated bigint, OUT through date)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET timezone = 'UTC'
AS $$
#variable_conflict use_column
DECLARE
	kind cvm.customer_state;
	kept cvm.stored;
	bound record;
	target text := format('%I.%I', _refresh_state.model, _refresh_state.state);
	queue text;
	made text := cvm._made_of(_refresh_state.model, _refresh_state.state);
	print text;
	began timestamptz := clock_timestamp();
	mark text;
	fold text;
	takes text := '';
	fresh text;
	scope text := '';
	restating text := 'SELECT 1 WHERE false';
	type text;
	customer text;
	is_usable boolean;
	rows bigint;
	is_all boolean;
	way text;
	scan record;
	closed date;
BEGIN
	SELECT s.* INTO kind FROM cvm.customer_state s WHERE s.state = _refresh_state.state;
	SELECT t.* INTO kept FROM cvm.stored t WHERE t.model = _refresh_state.model AND t.relation = _refresh_state.state::name;
	SELECT b.* INTO bound FROM cvm._bound(_refresh_state.model) b WHERE b.entity = kind.entity;
	IF bound.problem IS NOT NULL OR bound.source IS NULL OR cvm._relation(_refresh_state.model, kind.entity::name) IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('"%s" of model "%s" waits for entity "%s"%s', _refresh_state.state, _refresh_state.model, kind.entity, coalesce(': ' || bound.problem, '')),
			HINT = format('SELECT * FROM cvm.rebuild(%L), or bind the entity again.', _refresh_state.model);
	END IF;
	IF NOT EXISTS (
		SELECT FROM pg_attribute k JOIN pg_attribute e ON e.atttypid = k.atttypid AND e.attname = k.attname
		WHERE k.attrelid = target::regclass AND k.attname = 'customer_id' AND e.attrelid = cvm._relation(_refresh_state.model, kind.entity::name))
	THEN
		RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
			MESSAGE = format('customers have ids of another type than when %s was made', target),
			HINT = format('SELECT cvm.unstore(%1$L, %2$L); and SELECT cvm.store(%1$L, %2$L);', _refresh_state.model, _refresh_state.state);
	END IF;
	-- which columns, not only what they are called
	print := md5(concat_ws(' ', bound.source::text, bound.columns::text, (
		SELECT string_agg(format('%s %s', a.attnum, a.attname), ' ' ORDER BY a.attnum) FROM jsonb_array_elements(bound.columns) c
		JOIN pg_attribute a ON a.attrelid = bound.source AND a.attname::text = c ->> 'source')));
	is_usable := made IS NOT DISTINCT FROM kept.made_of;
	customer := (SELECT c ->> 'expression' FROM jsonb_array_elements(bound.columns) c WHERE c ->> 'name' = 'customer_id');

	mode := kept.mode;
	IF _refresh_state.anew OR kept.refreshed_at IS NULL OR made IS DISTINCT FROM kept.made_of OR print IS DISTINCT FROM kept.source_print THEN
		mode := 'full';
	END IF;
	IF kept.mode = 'queue' THEN
		IF NOT cvm._tend_queue(_refresh_state.model, _refresh_state.state) THEN
			mode := 'full';
		END IF;
		SELECT t.* INTO kept FROM cvm.stored t WHERE t.model = _refresh_state.model AND t.relation = _refresh_state.state::name;
		queue := format('%I.%I', kept.queue_schema, kept.queue_name);
		EXECUTE format('SELECT EXISTS (SELECT FROM %s q WHERE q.customer_id IS NULL)', queue) INTO is_all;
		IF is_all THEN
			mode := 'full';
		END IF;
	ELSIF kept.mode = 'watermark' THEN
		SELECT format_type(a.atttypid, NULL) INTO type FROM pg_attribute a
		WHERE a.attrelid = bound.source AND a.attname = kept.watermark_column AND a.attnum > 0 AND NOT a.attisdropped;
		IF type IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_column',
				MESSAGE = format('watermark column "%s" of %s does not exist', kept.watermark_column, bound.source_text),
				HINT = format('Name it as it is called now: SELECT cvm.store(%L, %L, mode => ''watermark'', watermark => …).', _refresh_state.model, _refresh_state.state);
		END IF;
		-- read before the rows are: what comes in between is read again next time
		EXECUTE format('SELECT max(s.%I)::text FROM %s s', kept.watermark_column, bound.source::regclass) INTO mark;
		IF kept.watermark IS NULL THEN
			mode := 'full';
		END IF;
	END IF;

	IF NOT cvm._tend_parts(_refresh_state.model, _refresh_state.state) AND kept.mode = 'scan' THEN
		mode := 'full';
	END IF;

	-- one statement: one snapshot for the queue, the rows and the states
	fold := format('SELECT e.customer_id, %s AS state FROM %I.%I e WHERE e.customer_id IS NOT NULL %%s GROUP BY e.customer_id',
		replace(cvm._fill(kind.fold, cvm._literals(_refresh_state.model)), '%', '%%'), _refresh_state.model, kind.entity);
	way := CASE WHEN kept.mode = 'scan' THEN 'scan' ELSE mode END;
	CASE way
	WHEN 'full' THEN
		IF queue IS NOT NULL THEN
			takes := format('taken AS (DELETE FROM %s RETURNING 1), ', queue);
		END IF;
		fresh := format(fold, '');
		SELECT format_type(a.atttypid, NULL) INTO type FROM pg_attribute a WHERE a.attrelid = target::regclass AND a.attname = 'customer_id';
		IF kind.whole IS NOT NULL AND type IN ('integer', 'bigint', 'text', 'uuid') THEN
			fresh := format('SELECT f.customer_id, f.state FROM %s AS f (customer_id %s, state %s)',
				format(cvm._fill(kind.whole, cvm._literals(_refresh_state.model)), format('SELECT %s FROM %I.%I e WHERE e.customer_id IS NOT NULL',
					cvm._fill(kind.whole_rows, cvm._literals(_refresh_state.model)), _refresh_state.model, kind.entity)),
				type, kind.type);
		END IF;
	WHEN 'watermark' THEN
		takes := format('touched AS MATERIALIZED (SELECT DISTINCT %s AS customer_id FROM %s s WHERE s.%I >= %L::%s - %s), ',
			customer, bound.source::regclass, kept.watermark_column, kept.watermark, type, cvm._overlap(type, kept.overlap));
		fresh := format(fold, 'AND e.customer_id IN (SELECT a.customer_id FROM touched a)');
		scope := 'WHERE t.customer_id IN (SELECT a.customer_id FROM touched a)';
	WHEN 'queue' THEN
		takes := format('taken AS MATERIALIZED (DELETE FROM %1$s q WHERE q.customer_id IS NOT NULL RETURNING q.customer_id, q.delta), '
			|| 'again AS MATERIALIZED (SELECT DISTINCT q.customer_id FROM taken q WHERE q.delta IS NULL), '
			|| 'added AS MATERIALIZED (SELECT q.customer_id, cvm.rollup(q.delta) AS delta FROM taken q '
			|| 'WHERE NOT EXISTS (SELECT FROM again a WHERE a.customer_id = q.customer_id) GROUP BY q.customer_id), '
			|| 'touched AS MATERIALIZED (SELECT a.customer_id FROM again a UNION ALL SELECT d.customer_id FROM added d), ', queue);
		-- rows that were only added are added; all other customers are folded again,
		-- and where there are none the source is not read
		fresh := format(fold, 'AND (SELECT EXISTS (SELECT FROM again)) AND e.customer_id IN (SELECT a.customer_id FROM again a)')
			|| format(' UNION ALL SELECT d.customer_id, coalesce(t.%1$I OPERATOR(cvm.||) d.delta, d.delta) FROM added d LEFT JOIN %2$s t ON t.customer_id = d.customer_id',
				kind.column_name, target);
		scope := 'WHERE t.customer_id IN (SELECT a.customer_id FROM touched a)';
	WHEN 'scan' THEN
		SELECT s.* INTO scan FROM cvm._scan(bound.source, bound.columns) s;
		takes := concat('seen AS MATERIALIZED (', scan.seen, '), ',
			format('known AS MATERIALIZED (SELECT k.* FROM cvm.source_part k WHERE k.model = %1$L AND k.relation = %2$L), '
				|| 'marked AS (INSERT INTO cvm.source_part AS k (model, relation, part, fingerprint) SELECT %1$L, %2$L, n.part, n.fingerprint FROM seen n (part, fingerprint) '
				|| 'WHERE %3$L OR NOT EXISTS (SELECT FROM known o WHERE o.part = n.part AND o.fingerprint = n.fingerprint) '
				|| 'ON CONFLICT (model, relation, part) DO UPDATE SET fingerprint = excluded.fingerprint RETURNING k.part_no, k.part), '
				|| 'gone_part AS (DELETE FROM cvm.source_part k WHERE k.model = %1$L AND k.relation = %2$L AND k.part NOT IN (SELECT n.part FROM seen n (part, fingerprint)) RETURNING k.part_no), ',
				_refresh_state.model, _refresh_state.state, mode = 'full'),
			'fold AS MATERIALIZED (SELECT f.* FROM (SELECT e.part_no, e.customer_id, ', cvm._fill(kind.fold, cvm._literals(_refresh_state.model)), ' AS state FROM (', scan.marked_rows,
			') e WHERE e.customer_id IS NOT NULL GROUP BY e.part_no, e.customer_id) f WHERE f.state IS NOT NULL), ',
			-- what of the parts that were folded differs
			format('part_pair AS MATERIALIZED (SELECT coalesce(f.part_no, t.part_no) AS part_no, coalesce(f.customer_id, t.customer_id) AS customer_id, t.%2$I AS old, f.state AS new '
				|| 'FROM fold f FULL JOIN (SELECT t.* FROM %1$s t WHERE %3$L OR t.part_no IN (SELECT m.part_no FROM marked m UNION ALL SELECT g.part_no FROM gone_part g)) t '
				|| 'ON t.part_no = f.part_no AND t.customer_id = f.customer_id WHERE t.%2$I IS NULL OR f.state IS NULL OR t.%2$I OPERATOR(cvm.<>) f.state), '
				|| 'part_gone AS (DELETE FROM %1$s t USING part_pair p WHERE p.new IS NULL AND t.part_no = p.part_no AND t.customer_id = p.customer_id), '
				|| 'part_put AS (INSERT INTO %1$s SELECT p.part_no, p.customer_id, p.new FROM part_pair p WHERE p.new IS NOT NULL ORDER BY 1, 2 '
				|| 'ON CONFLICT (part_no, customer_id) DO UPDATE SET %2$I = excluded.%2$I), '
				|| 'touched AS MATERIALIZED (SELECT DISTINCT p.customer_id FROM part_pair p), ',
				cvm._part_table(_refresh_state.model, _refresh_state.state), kind.column_name, mode = 'full'));
		IF mode = 'full' THEN
			fresh := 'SELECT f.customer_id, cvm.rollup(f.state) AS state FROM fold f GROUP BY f.customer_id';
		ELSE
			-- the parts that were folded, and all others as they are kept
			fresh := format('SELECT s.customer_id, cvm.rollup(s.state) AS state FROM (SELECT p.customer_id, p.new AS state FROM part_pair p WHERE p.new IS NOT NULL '
				|| 'UNION ALL SELECT t.customer_id, t.%2$I FROM %1$s t WHERE t.customer_id IN (SELECT a.customer_id FROM touched a) '
				|| 'AND NOT EXISTS (SELECT FROM part_pair p WHERE p.part_no = t.part_no AND p.customer_id = t.customer_id)) s GROUP BY s.customer_id',
				cvm._part_table(_refresh_state.model, _refresh_state.state), kind.column_name);
			scope := 'WHERE t.customer_id IN (SELECT a.customer_id FROM touched a)';
		END IF;
	END CASE;
	IF kept.data_through IS NOT NULL AND made IS NOT DISTINCT FROM kept.made_of THEN
		closed := date_trunc('month', (kept.data_through + 1)::timestamp)::date;
		restating := format('INSERT INTO %1$s_restatement SELECT %2$s, p.customer_id, d.* FROM pair p CROSS JOIN LATERAL ('
			|| 'SELECT coalesce(o.day, n.day), coalesce(o.what, n.what), %3$L::date, coalesce(o.rows, 0), coalesce(n.rows, 0), coalesce(o.value, 0 * n.value), coalesce(n.value, 0 * o.value) '
			|| 'FROM (%4$s) o FULL JOIN (%5$s) n ON n.day = o.day AND n.what = o.what '
			|| 'WHERE (coalesce(o.rows, 0), coalesce(o.value, 0)) <> (coalesce(n.rows, 0), coalesce(n.value, 0))) d RETURNING 1',
			target, _refresh_state.refresh_id, closed,
			format(kind.tally, 'p.old', quote_literal(closed) || '::date'), format(kind.tally, 'p.new', quote_literal(closed) || '::date'));
	END IF;
	EXECUTE format('WITH %1$s fresh AS MATERIALIZED (SELECT f.customer_id, f.state FROM (%2$s) f WHERE f.state IS NOT NULL), '
		|| 'pair AS MATERIALIZED (SELECT coalesce(f.customer_id, t.customer_id) AS customer_id, t.%3$I AS old, f.state AS new '
		|| 'FROM fresh f FULL JOIN (SELECT t.* FROM %4$s t %5$s) t ON t.customer_id = f.customer_id '
		|| 'WHERE t.customer_id IS NULL OR f.customer_id IS NULL OR t.%3$I OPERATOR(cvm.<>) f.state), '
		|| 'gone AS (DELETE FROM %4$s t USING pair p WHERE p.new IS NULL AND t.customer_id = p.customer_id RETURNING 1), '
		-- in the order of the index: half the time that any other order takes
		|| 'put AS (INSERT INTO %4$s SELECT p.customer_id, p.new FROM pair p WHERE p.new IS NOT NULL ORDER BY p.customer_id '
		|| 'ON CONFLICT (customer_id) DO UPDATE SET %3$I = excluded.%3$I RETURNING 1), '
		|| 'restated AS (%6$s) '
		|| 'SELECT (SELECT count(*) FROM put), (SELECT count(*) FROM gone), (SELECT count(*) FROM restated)',
		takes, fresh, kind.column_name, target, scope, restating)
	INTO written, removed, restated;
	IF way = 'scan' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = to_regclass(cvm._part_table(_refresh_state.model, _refresh_state.state)) AND NOT i.indisprimary) THEN
		-- quicker once the table is filled
		EXECUTE format('CREATE INDEX ON %s (customer_id)', cvm._part_table(_refresh_state.model, _refresh_state.state));
	END IF;

	EXECUTE format('SELECT max(%s), count(*) FROM %s t', format(cvm._fill(kind.last_day, cvm._literals(_refresh_state.model)), format('t.%I', kind.column_name)), target) INTO through, rows;
	UPDATE cvm.stored t SET refreshed_at = began, data_through = through, row_count = rows, made_of = made, source_print = print, watermark = mark
	WHERE t.model = _refresh_state.model AND t.relation = _refresh_state.state::name;
	IF NOT is_usable AND kept.refreshed_at IS NOT NULL THEN
		-- views that read the source because of a setting that was changed
		PERFORM cvm._open(_refresh_state.model);
		PERFORM cvm._generate(_refresh_state.model);
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._refresh_state(name, text, boolean, bigint) IS 'Folds again the customers who changed, or all of them, and says what that came to.';
-- Bringing what is stored up to date.
--
-- A refresh replaces, customer by customer or row by row, what is no longer
-- so, in one transaction per table: readers see the table as it was until it
-- is as it will be, and are never blocked.  What the registry says of a table
-- is written in that transaction too, so whatever ends a refresh half-way, the
-- two agree.

CREATE FUNCTION cvm._lock_class() RETURNS int
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT 1129729351 $$;
COMMENT ON FUNCTION cvm._lock_class() IS 'First key of the advisory locks of refreshes.';

CREATE FUNCTION cvm._lock_key(model name, relation name) RETURNS int
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT hashtext(format('%I.%I', $1, $2)) $$;
COMMENT ON FUNCTION cvm._lock_key(name, name) IS 'Second key of the advisory lock that a refresh of a table holds.';

CREATE FUNCTION cvm._relink(model name, view text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM cvm._open(_relink.model);
	IF NOT EXISTS (
		SELECT FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner JOIN cvm.model m ON m.owner = r.rolname
		WHERE c.oid = cvm._relation(_relink.model, _relink.view::name) AND m.model = _relink.model)
	THEN
		-- not there, or not ours: which is for the generator to say
		PERFORM cvm._generate(_relink.model);
		RETURN;
	END IF;
	BEGIN
		EXECUTE format('CREATE OR REPLACE VIEW %I.%I WITH (security_invoker = true) AS %s', _relink.model, _relink.view, cvm._kept_body(_relink.model, _relink.view));
		PERFORM cvm._tend_stored(_relink.model);
	EXCEPTION WHEN invalid_table_definition THEN
		PERFORM cvm._generate(_relink.model);
	END;
END
$$;
COMMENT ON FUNCTION cvm._relink(name, text) IS 'Lets one report view read its table, as cvm._generate() would; no other view changes.';

CREATE FUNCTION cvm._refresh_report(model name, view text, refresh_id bigint,
	OUT mode text, OUT written bigint, OUT removed bigint, OUT restated bigint, OUT through date)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	target text := cvm._table(_refresh_report.model, _refresh_report.view::name);
	began timestamptz := clock_timestamp();
	wanted record;
	columns text;
	period text;
	restating text := 'SELECT 1 WHERE false';
	rows bigint;
	made text := cvm._made_of(_refresh_report.model, _refresh_report.view);
	kept cvm.stored;
BEGIN
	mode := 'full';
	SELECT t.* INTO kept FROM cvm.stored t WHERE t.model = _refresh_report.model AND t.relation = _refresh_report.view::name;
	SELECT w.* INTO wanted FROM cvm._wanted(_refresh_report.model, _refresh_report.view::name) w;
	IF wanted.live IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('report "%s" of model "%s" cannot be computed: a binding or its source is missing', _refresh_report.view, _refresh_report.model),
			HINT = format('SELECT * FROM cvm.check_model(%L) says which.', _refresh_report.model);
	END IF;
	SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns FROM pg_attribute a
	WHERE a.attrelid = target::regclass AND a.attnum > 0 AND NOT a.attisdropped;
	SELECT c.column_name INTO period FROM cvm.report_column c
	WHERE c.view = _refresh_report.view AND c.column_name IN ('period_start', 'month') AND c.type = 'date'
		AND EXISTS (SELECT FROM cvm.report_column d WHERE d.view = c.view AND d.column_name = 'is_complete')
	ORDER BY c.column_name DESC LIMIT 1;
	-- what another setting changes is not a restatement
	IF period IS NOT NULL AND kept.refreshed_at IS NOT NULL AND made IS NOT DISTINCT FROM kept.made_of THEN
		restating := format('INSERT INTO cvm.restatement (refresh_id, model, relation, row_key, period, column_name, old_value, new_value) '
			|| 'SELECT %1$s, %2$L, %3$L, p.row_key, p.period, c.name, (p.o ->> c.name)::numeric, (p.n ->> c.name)::numeric '
			|| 'FROM (SELECT coalesce(o.row_key, n.row_key) AS row_key, coalesce(o.%4$I, n.%4$I) AS period, to_jsonb(o) AS o, to_jsonb(n) AS n '
			|| 'FROM old o FULL JOIN fresh n ON n.row_key = o.row_key '
			|| 'WHERE o.is_complete OR (o.row_key IS NULL AND n.is_complete AND n.%4$I <= (SELECT max(x.%4$I) FROM old x WHERE x.is_complete))) p '
			|| 'CROSS JOIN unnest(%5$L::text[]) AS c(name) WHERE p.o -> c.name IS DISTINCT FROM p.n -> c.name RETURNING 1',
			_refresh_report.refresh_id, _refresh_report.model, _refresh_report.view, period,
			(SELECT array_agg(c.column_name) FROM cvm.report_column c
				WHERE c.view = _refresh_report.view AND c.settles AND (c.type IN ('bigint', 'double precision') OR c.type LIKE 'numeric%')));
	END IF;

	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', _refresh_report.model), true);
	EXECUTE format(E'WITH fresh AS MATERIALIZED (SELECT %1$s FROM (\n%2$s\n) b), old AS MATERIALIZED (SELECT %1$s FROM %3$s), '
		|| 'gone AS (DELETE FROM %3$s t WHERE NOT EXISTS (SELECT FROM fresh f WHERE f.row_key = t.row_key) RETURNING 1), '
		|| 'put AS (INSERT INTO %3$s AS t (%1$s) SELECT f.* FROM fresh f LEFT JOIN old o ON o.row_key = f.row_key '
		|| 'WHERE o.row_key IS NULL OR f.* IS DISTINCT FROM o.* ON CONFLICT (row_key) DO UPDATE SET %4$s RETURNING 1), '
		|| 'restated AS (%5$s) '
		|| 'SELECT (SELECT count(*) FROM put), (SELECT count(*) FROM gone), (SELECT count(*) FROM restated), (SELECT count(*) FROM fresh), (SELECT max(f.as_of) - 1 FROM fresh f)',
		columns, wanted.live, target,
		(SELECT string_agg(format('%1$I = excluded.%1$I', a.attname), ', ') FROM pg_attribute a
			WHERE a.attrelid = target::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'row_key'),
		restating)
	INTO written, removed, restated, rows, through;
	PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);

	UPDATE cvm.stored t SET refreshed_at = began, data_through = through, row_count = rows, made_of = made
	WHERE t.model = _refresh_report.model AND t.relation = _refresh_report.view::name;
	IF made IS DISTINCT FROM kept.made_of AND kept.refreshed_at IS NOT NULL THEN
		PERFORM cvm._relink(_refresh_report.model, _refresh_report.view);
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._refresh_report(name, text, bigint) IS 'Computes a report anew, writes the rows that changed, and says what that came to.';

-- compiling such long statements takes longer than they run
CREATE FUNCTION cvm._refresh_one(model name, relation name, anew boolean, refresh_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
	done record;
BEGIN
	IF to_regclass(cvm._table(_refresh_one.model, _refresh_one.relation)) IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_table',
			MESSAGE = format('table %s is gone', cvm._table(_refresh_one.model, _refresh_one.relation)),
			HINT = format('SELECT cvm.unstore(%1$L, %2$L); and, if it is wanted, SELECT cvm.store(%1$L, %2$L);', _refresh_one.model, _refresh_one.relation);
	END IF;
	PERFORM cvm._expect_own(_refresh_one.model, to_regclass(cvm._table(_refresh_one.model, _refresh_one.relation)));
	-- as when an index is built; until this function ends
	IF pg_size_bytes(current_setting('maintenance_work_mem')) > pg_size_bytes(current_setting('work_mem')) THEN
		PERFORM set_config('work_mem', current_setting('maintenance_work_mem'), true);
	END IF;
	IF EXISTS (SELECT FROM cvm.customer_state s WHERE s.state = _refresh_one.relation::text) THEN
		SELECT * INTO done FROM cvm._refresh_state(_refresh_one.model, _refresh_one.relation::text, _refresh_one.anew, _refresh_one.refresh_id);
	ELSE
		SELECT * INTO done FROM cvm._refresh_report(_refresh_one.model, _refresh_one.relation::text, _refresh_one.refresh_id);
	END IF;
	UPDATE cvm.refresh_log l SET finished_at = clock_timestamp(), mode = done.mode, rows_written = done.written, rows_removed = done.removed,
		rows_restated = done.restated, data_through = done.through
	WHERE l.refresh_id = _refresh_one.refresh_id;
END
$$;
COMMENT ON FUNCTION cvm._refresh_one(name, name, boolean, bigint) IS 'Brings one table up to date and writes so into the log.';

CREATE FUNCTION cvm._work(model name, objects text[]) RETURNS name[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name := cvm._open(_work.model, writes => false);
	wrong text;
BEGIN
	-- what a refresh reads may call functions of the model's owner
	IF (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) AND NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = owner) THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('a superuser does not refresh what belongs to role "%s"', owner),
			HINT = format('SET SESSION AUTHORIZATION %I; or schedule the refresh as that role.', owner);
	END IF;
	SELECT string_agg(format('"%s"', o), ', ') INTO wrong FROM unnest(_work.objects) o
	WHERE NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = _work.model AND t.relation::text = o);
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('not stored in model "%s": %s', _work.model, wrong),
			HINT = format('SELECT object FROM cvm.freshness WHERE model = %L; stores are made with cvm.store().', _work.model);
	END IF;
	-- states first, because reports read them
	RETURN (
		SELECT coalesce(array_agg(t.relation ORDER BY s.position NULLS LAST, v.position, t.relation), '{}')
		FROM cvm.stored t
		LEFT JOIN cvm.customer_state s ON s.state = t.relation::text
		LEFT JOIN cvm.report_view v ON v.view = t.relation::text
		WHERE t.model = _work.model AND (_work.objects IS NULL OR t.relation::text = ANY (_work.objects)));
END
$$;
COMMENT ON FUNCTION cvm._work(name, text[]) IS 'What of a model is to be refreshed, in order.';

-- A procedure that commits cannot have settings of its own, so it makes them
-- again in each of its transactions, and qualifies what stands before that.
CREATE PROCEDURE cvm.refresh(model name, objects text[] DEFAULT NULL, "full" boolean DEFAULT false)
LANGUAGE plpgsql
AS $$
DECLARE
	work name[];
	object name;
	log_id bigint;
	failure text;
	hint text;
	failed text[];
	called timestamptz := pg_catalog.clock_timestamp();
BEGIN
	SET LOCAL search_path = pg_catalog, pg_temp;
	work := cvm._work(refresh.model, refresh.objects);
	COMMIT;
	FOREACH object IN ARRAY work LOOP
		-- an attempt that is cut off leaves this row, without an end
		SET LOCAL search_path = pg_catalog, pg_temp;
		INSERT INTO cvm.refresh_log AS l (model, relation, called_at) VALUES (refresh.model, object, called) RETURNING l.refresh_id INTO log_id;
		COMMIT;
		SET LOCAL search_path = pg_catalog, pg_temp;
		IF NOT pg_try_advisory_xact_lock(cvm._lock_class(), cvm._lock_key(refresh.model, object)) THEN
			UPDATE cvm.refresh_log AS l SET finished_at = clock_timestamp(), mode = 'skipped' WHERE l.refresh_id = log_id;
			COMMIT;
			RAISE NOTICE 'skipping "%" of model "%": another refresh is at it', object, refresh.model;
			CONTINUE;
		END IF;
		failure := NULL;
		BEGIN
			PERFORM cvm._refresh_one(refresh.model, object, refresh."full", log_id);
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS failure = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
		END;
		IF failure IS NOT NULL THEN
			UPDATE cvm.refresh_log AS l SET finished_at = clock_timestamp(), error = failure WHERE l.refresh_id = log_id;
			failed := failed || object::text;
		END IF;
		COMMIT;
		IF failure IS NOT NULL THEN
			RAISE WARNING USING MESSAGE = pg_catalog.format('"%s" of model "%s" was not refreshed: %s', object, refresh.model, failure), HINT = hint;
		END IF;
	END LOOP;
	IF failed IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'triggered_action_exception',
			MESSAGE = pg_catalog.format('not refreshed in model "%s": %s', refresh.model, pg_catalog.array_to_string(failed, ', ')),
			HINT = 'The warnings above and cvm.freshness say why. What was refreshed stays so.';
	END IF;
END
$$;
COMMENT ON PROCEDURE cvm.refresh(name, text[], boolean) IS 'Brings what a model has stored up to date, states before reports, one transaction each. objects: only these; full: fold everything again.';

CREATE FUNCTION cvm.refresh_here(model name, objects text[] DEFAULT NULL, "full" boolean DEFAULT false)
RETURNS TABLE (object text, mode text, rows_written bigint, rows_removed bigint, rows_restated bigint, data_through date)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	o name;
	log_id bigint;
	called timestamptz := clock_timestamp();
BEGIN
	FOREACH o IN ARRAY cvm._work(refresh_here.model, refresh_here.objects) LOOP
		IF NOT pg_try_advisory_xact_lock(cvm._lock_class(), cvm._lock_key(refresh_here.model, o)) THEN
			RAISE NOTICE 'skipping "%" of model "%": another refresh is at it', o, refresh_here.model;
			CONTINUE;
		END IF;
		INSERT INTO cvm.refresh_log AS l (model, relation, called_at) VALUES (refresh_here.model, o, called) RETURNING l.refresh_id INTO log_id;
		PERFORM cvm._refresh_one(refresh_here.model, o, refresh_here."full", log_id);
		RETURN QUERY SELECT l.relation::text, l.mode, l.rows_written, l.rows_removed, l.rows_restated, l.data_through FROM cvm.refresh_log l WHERE l.refresh_id = log_id;
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm.refresh_here(name, text[], boolean) IS 'Does what CALL cvm.refresh() does, all of it in the transaction of the caller, and says what it did: for loaders and hooks that hold one open.';
-- How old what is stored is.

CREATE VIEW cvm.freshness WITH (security_invoker = true) AS
SELECT f.model::text AS model, f.relation::text AS object, f.mode, f.refreshed_at AS last_refreshed_at, f.data_through, f.row_count,
	f.reason IS NOT NULL AS is_stale, f.reason, f.last_attempt, f.last_attempt_at, f.error
FROM (
	SELECT t.model, t.relation, t.mode, t.refreshed_at, t.data_through, t.row_count, a.started_at AS last_attempt_at, a.error, w.last_attempt,
		CASE
			WHEN t.refreshed_at IS NULL THEN 'never refreshed'
			WHEN w.last_attempt IN ('failed', 'interrupted') THEN 'last refresh ' || w.last_attempt
			WHEN EXISTS (SELECT FROM cvm.model m WHERE m.model = t.model) AND t.made_of IS DISTINCT FROM cvm._made_of(t.model, t.relation::text)
				THEN 'settings or binding changed'
			WHEN t.refreshed_at < pg_catalog.now() - t.max_staleness THEN pg_catalog.format('older than %s', t.max_staleness)
		END AS reason
	FROM cvm.stored t
	LEFT JOIN LATERAL (
		SELECT l.* FROM cvm.refresh_log l
		WHERE l.model = t.model AND l.relation = t.relation AND l.mode IS DISTINCT FROM 'skipped'
		ORDER BY l.refresh_id DESC LIMIT 1) a ON true
	CROSS JOIN LATERAL (
		SELECT CASE
			WHEN a.refresh_id IS NULL THEN NULL
			WHEN a.error IS NOT NULL THEN 'failed'
			WHEN a.finished_at IS NOT NULL THEN 'done'
			WHEN EXISTS (
				SELECT FROM pg_catalog.pg_locks k
				WHERE k.locktype = 'advisory' AND k.objsubid = 2 AND k.granted
					AND k.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
					AND k.classid = cvm._lock_class()::oid
					AND k.objid = (cvm._lock_key(t.model, t.relation)::bigint & 4294967295)::oid) THEN 'running'
			ELSE 'interrupted' END) AS w (last_attempt)
) f;
COMMENT ON VIEW cvm.freshness IS 'How old what is stored is: one row per stored state or report of the models that you may read.';
COMMENT ON COLUMN cvm.freshness.model IS 'Model.';
COMMENT ON COLUMN cvm.freshness.object IS 'State or report view.';
COMMENT ON COLUMN cvm.freshness.mode IS 'How customers who changed are found: full, watermark, queue or scan.';
COMMENT ON COLUMN cvm.freshness.last_refreshed_at IS 'The rows are those of this moment or later; NULL: never filled.';
COMMENT ON COLUMN cvm.freshness.data_through IS 'Last day that the rows know of.';
COMMENT ON COLUMN cvm.freshness.row_count IS 'Rows after the last refresh.';
COMMENT ON COLUMN cvm.freshness.is_stale IS 'Should it be refreshed before it is believed?';
COMMENT ON COLUMN cvm.freshness.reason IS 'Why it is stale; NULL when it is not.';
COMMENT ON COLUMN cvm.freshness.last_attempt IS 'What became of the last attempt: done, running, failed or interrupted; NULL for who only reads the model.';
COMMENT ON COLUMN cvm.freshness.last_attempt_at IS 'When that attempt began.';
COMMENT ON COLUMN cvm.freshness.error IS 'Why it failed.';
GRANT SELECT ON cvm.freshness TO PUBLIC;
-- Readers: dashboards and the people behind them.
--
-- A reader needs no right on the source: it gets the schema, the report views,
-- and the tables of those that are stored.  Views that are not stored read the
-- source with the reader's own rights, as everything in a model does.

-- How many customers a row of the other reports is about; '' where it is about
-- none, or shows what another report shows already: the scorecard is made of
-- segment_kpi as it is shown.  Where nothing is said, rows are about single
-- customers, and are granted by hand.
UPDATE cvm.report_view v SET group_size = s.size
FROM (VALUES
	('cannibalization', 'customers'),
	('cannibalization_sensitivity', 'matured_entries'),
	('cannibalization_matrix', 'entries'),
	('recycled_acquisition_channel', 'gross_adds'),
	('price_book_gap', 'lines'),
	('migration_value', 'customers'),
	('segment_kpi', 'greatest(opening_customers, closing_customers)'),
	('segment_migration', 'customers'),
	('segment_cost', '((SELECT jsonb_object_agg(k.row_key, greatest(k.opening_customers, k.closing_customers)) FROM segment_kpi k) ->> (b.segment || ''|'' || b.month_label))::bigint'),
	('segment_scorecard', ''),
	('segment_shift', 'least(from_customers, to_customers)'),
	('phase_flow', 'customers'),
	('value_decile', 'customers'),
	('owner_gap', ''), ('owner_conflict', ''), ('owner_stale', ''), ('concentration', ''), ('flavor', '')) AS s (view, size)
WHERE v.view = s.view AND v.group_size IS NULL;

CREATE FUNCTION cvm._grant_readers(model name) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	g record;
BEGIN
	FOR g IN
		SELECT r.role, k.relation
		FROM cvm.reader r
		JOIN pg_roles p ON p.rolname = r.role
		CROSS JOIN LATERAL (
			SELECT format('%I.%I', r.model, x.relation) AS relation FROM cvm.generated x
			JOIN cvm.report_view v ON v.view = x.relation::text
			WHERE x.model = r.model AND v.group_size IS NOT NULL AND cvm._relation(x.model, x.relation) IS NOT NULL
			UNION ALL
			SELECT cvm._table(t.model, t.relation) FROM cvm.stored t
			JOIN cvm.report_view v ON v.view = t.relation::text
			WHERE t.model = r.model AND v.group_size IS NOT NULL AND t.relation IN (SELECT u.relation FROM cvm._usable(r.model) AS u(relation))) k
		WHERE r.model = _grant_readers.model AND NOT has_table_privilege(p.oid, to_regclass(k.relation), 'SELECT')
	LOOP
		EXECUTE format('GRANT SELECT ON %s TO %I', g.relation, g.role);
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm._grant_readers(name) IS 'Gives the readers of a model what they do not have yet.';

CREATE FUNCTION cvm.grant_reader(model name, role name)
RETURNS TABLE (view text, can_read boolean, needs text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM cvm._open(grant_reader.model);
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = grant_reader.role) THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('role %s does not exist', coalesce('"' || grant_reader.role || '"', 'NULL')),
			HINT = 'Make it with CREATE ROLE; cvm makes no roles.';
	END IF;
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', grant_reader.model, grant_reader.role);
	INSERT INTO cvm.reader (model, role) VALUES (grant_reader.model, grant_reader.role) ON CONFLICT DO NOTHING;
	PERFORM cvm._grant_readers(grant_reader.model);
	RETURN QUERY
	SELECT v.view, v.group_size IS NOT NULL AND t.relation IS NOT NULL,
		CASE
			WHEN v.group_size IS NULL THEN 'GRANT SELECT by hand: it may tell on single customers'
			WHEN t.relation IS NULL THEN format('SELECT cvm.store(%L, %L); or rights on the source', grant_reader.model, v.view) END
	FROM cvm.generated g
	JOIN cvm.report_view v ON v.view = g.relation::text
	LEFT JOIN cvm.stored t ON t.model = g.model AND t.relation = g.relation
	WHERE g.model = grant_reader.model
	ORDER BY v.position;
END
$$;
COMMENT ON FUNCTION cvm.grant_reader(name, name) IS 'Lets a role read the reports of a model, those that come later too, and nothing else; says which of them it can read and what the others need.';

CREATE FUNCTION cvm.revoke_reader(model name, role name) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	g record;
BEGIN
	PERFORM cvm._open(revoke_reader.model);
	DELETE FROM cvm.reader r WHERE r.model = revoke_reader.model AND r.role = revoke_reader.role;
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = revoke_reader.role) THEN
		RETURN;
	END IF;
	FOR g IN
		SELECT format('%I.%I', x.model, x.relation) AS relation FROM cvm.generated x
		WHERE x.model = revoke_reader.model AND cvm._relation(x.model, x.relation) IS NOT NULL
		UNION ALL
		SELECT cvm._table(t.model, t.relation) FROM cvm.stored t
		WHERE t.model = revoke_reader.model AND to_regclass(cvm._table(t.model, t.relation)) IS NOT NULL
	LOOP
		EXECUTE format('REVOKE ALL ON %s FROM %I', g.relation, revoke_reader.role);
	END LOOP;
	EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM %I', revoke_reader.model, revoke_reader.role);
END
$$;
COMMENT ON FUNCTION cvm.revoke_reader(name, name) IS 'Takes from a role what cvm.grant_reader() gave it.';
-- When to refresh: pg_cron where it is, and words for other schedulers.

CREATE FUNCTION cvm._cron_problem(cron text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN cron IS NULL OR cron !~ '^\s*((\S+\s+){4}\S+)\s*$' OR cron ~ '[^0-9A-Za-z*/, \t-]'
		THEN format('invalid schedule %s', coalesce('"' || cron || '"', 'NULL')) END;
$$;
COMMENT ON FUNCTION cvm._cron_problem(text) IS 'What is wrong with the five fields of a schedule; NULL when nothing is.';

CREATE FUNCTION cvm._check_cron(model name, cron text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM cvm._open(_check_cron.model, writes => false);
	IF cvm._cron_problem(cron) IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = cvm._cron_problem(cron),
			HINT = 'Five fields: minute, hour, day of the month, month, day of the week. ''15 4 * * *'' is every day at 4:15.';
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._check_cron(name, text) IS 'Raises when the model or the schedule is not one.';

CREATE FUNCTION cvm.schedule(model name, cron text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	job bigint;
BEGIN
	PERFORM cvm._check_cron(schedule.model, schedule.cron);
	IF NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_cron') THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = 'pg_cron is not in this database',
			DETAIL = format('It lives in the one database that cron.database_name names: %s.', coalesce(current_setting('cron.database_name', true), 'it is not loaded')),
			HINT = format('There: SELECT cron.schedule_in_database(%L, %L, %L, %L, %L); elsewhere: SELECT cvm.cron_line(%L, %L), cvm.systemd_units(%L), cvm.dbt_hook(%L).',
				format('cvm.refresh %s', schedule.model), schedule.cron, format('CALL cvm.refresh(%L)', schedule.model), current_database(), current_user,
				schedule.model, schedule.cron, schedule.model, schedule.model);
	END IF;
	-- the job runs as the role that makes it, and replaces that role's former one
	EXECUTE 'SELECT cron.schedule($1, $2, $3)' INTO job
		USING format('cvm.refresh %s', schedule.model), schedule.cron, format('CALL cvm.refresh(%L)', schedule.model);
	RETURN job;
END
$$;
COMMENT ON FUNCTION cvm.schedule(name, text) IS 'Has pg_cron refresh a model, as the calling role; returns the job. Schedules of pg_cron are in GMT.';

CREATE FUNCTION cvm.unschedule(model name) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	known boolean;
BEGIN
	PERFORM cvm._open(unschedule.model, writes => false);
	IF to_regclass('cron.job') IS NULL THEN
		RETURN false;
	END IF;
	EXECUTE 'SELECT EXISTS (SELECT FROM cron.job j WHERE j.jobname = $1 AND j.username = current_user)' INTO known USING format('cvm.refresh %s', unschedule.model);
	IF known THEN
		EXECUTE 'SELECT cron.unschedule($1::name)' INTO known USING format('cvm.refresh %s', unschedule.model);
	END IF;
	RETURN known;
END
$$;
COMMENT ON FUNCTION cvm.unschedule(name) IS 'Takes the job of cvm.schedule() away; was there one?';

CREATE FUNCTION cvm._shell_quote(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '''' || replace(word, '''', '''\''''') || '''';
$$;
COMMENT ON FUNCTION cvm._shell_quote(text) IS 'A word as a shell takes it.';

CREATE FUNCTION cvm.cron_line(model name, cron text DEFAULT '15 4 * * *') RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM cvm._check_cron(cron_line.model, cron_line.cron);
	-- an unescaped % ends the command of a crontab
	RETURN btrim(cron_line.cron) || ' ' || replace(format('psql -Xq -v ON_ERROR_STOP=1 -U %s -d %s -c %s', cvm._shell_quote(current_user::text),
		cvm._shell_quote(current_database()::text), cvm._shell_quote(format('CALL cvm.refresh(%L)', cron_line.model))), '%', '\%');
END
$$;
COMMENT ON FUNCTION cvm.cron_line(name, text) IS 'A line for crontab that refreshes a model, in the time zone of that machine.';

CREATE FUNCTION cvm.systemd_units(model name, on_calendar text DEFAULT '*-*-* 04:15:00') RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM cvm._open(systemd_units.model, writes => false);
	IF on_calendar IS NULL OR on_calendar ~ '[\n\r]' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'on_calendar is not a line of text',
			HINT = 'See man systemd.time: ''*-*-* 04:15:00'' is every day at 4:15.';
	END IF;
	-- in a unit, % and $ stand for other things
	RETURN format($unit$# cvm-refresh.service
[Unit]
Description=Refresh customer value model

[Service]
Type=oneshot
ExecStart=psql -Xq -v ON_ERROR_STOP=1 -U "%1$s" -d "%2$s" -c "CALL cvm.refresh(%3$s)"

# cvm-refresh.timer
[Timer]
OnCalendar=%4$s
Persistent=true

[Install]
WantedBy=timers.target
$unit$, cvm._unit_quote(current_user::text), cvm._unit_quote(current_database()::text), cvm._unit_quote(quote_literal(systemd_units.model)), on_calendar);
END
$$;
COMMENT ON FUNCTION cvm.systemd_units(name, text) IS 'Two systemd units, a service and its timer, that refresh a model.';

CREATE FUNCTION cvm._unit_quote(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT replace(replace(replace(replace(word, '\', '\\'), '"', '\"'), '%', '%%'), '$', '$' || '$');
$$;
COMMENT ON FUNCTION cvm._unit_quote(text) IS 'What stands between the double quotes of a systemd unit.';

CREATE FUNCTION cvm.dbt_hook(model name) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM cvm._open(dbt_hook.model, writes => false);
	-- dbt holds a transaction open, and looks for {{ and {% in what it runs
	IF dbt_hook.model ~ '[{}\n\r]' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_name', MESSAGE = format('dbt cannot name model "%s"', dbt_hook.model),
			HINT = 'Put the call into a macro of your own.';
	END IF;
	RETURN format(E'on-run-end:\n  - %s\n  - %s', to_json(format('SELECT * FROM cvm.rebuild(%L)', dbt_hook.model))::text, to_json(format('SELECT * FROM cvm.refresh_here(%L)', dbt_hook.model))::text);
END
$$;
COMMENT ON FUNCTION cvm.dbt_hook(name) IS 'Lines for dbt_project.yml: after a run, make the views again over the tables that dbt replaced, and refresh what is stored.';
-- What modellers load into their own tools, written from the dictionary.

CREATE FUNCTION cvm._exported(model name) RETURNS TABLE (pos int, view text, comment text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM cvm._open(_exported.model, writes => false);
	RETURN QUERY
	SELECT v.position, v.view, v.comment
	FROM cvm.report_view v
	JOIN cvm.generated g ON g.model = _exported.model AND g.relation = v.view::name
	WHERE cvm._relation(g.model, g.relation) IS NOT NULL
	ORDER BY v.position;
END
$$;
COMMENT ON FUNCTION cvm._exported(name) IS 'The report views that a model has.';

CREATE FUNCTION cvm._type_here(model name, c cvm.report_column) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	-- customer ids are of the type that the source has
	SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
	WHERE a.attrelid = cvm._relation($1, (c).view::name) AND a.attname::text = (c).column_name;
$$;
COMMENT ON FUNCTION cvm._type_here(name, cvm.report_column) IS 'The type that a column of a report view has in a model.';

CREATE FUNCTION cvm.dbt_yaml(model name) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	-- a JSON string is a YAML string, whatever is in it
	RETURN (
		SELECT format(E'version: 2\nsources:\n  - name: %s\n    schema: %s\n    description: %s\n    tables:\n', to_json(dbt_yaml.model::text), to_json(dbt_yaml.model::text),
				to_json(format('Reports of customer value model "%s".', dbt_yaml.model)))
			|| string_agg(format(E'      - name: %s\n        description: %s\n        columns:\n', to_json(v.view), to_json(v.comment)) || c.columns, '' ORDER BY v.pos)
		FROM cvm._exported(dbt_yaml.model) v
		CROSS JOIN LATERAL (
			SELECT string_agg(format(E'          - name: %s\n            description: %s\n            data_type: %s\n%s', to_json(k.column_name), to_json(cvm._column_comment(k)), to_json(cvm._type_here(dbt_yaml.model, k)),
				CASE k.column_name WHEN 'row_key' THEN E'            tests: [unique, not_null]\n' ELSE '' END), '' ORDER BY k.position) AS columns
			FROM cvm.report_column k WHERE k.view = v.view) c);
END
$$;
COMMENT ON FUNCTION cvm.dbt_yaml(name) IS 'The report views of a model as sources for dbt, with descriptions and tests.';

CREATE FUNCTION cvm._rows_to_sum(model name, view text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	-- of segments, channels and tenths "(all)" is the sum; what donors lose to
	-- the same customers, and what a customer holds twice, does not add up
	SELECT string_agg(format('%I %s ''(all)''', k.column_name, CASE WHEN k.column_name IN ('segment', 'channel', 'value_decile') THEN '<>' ELSE '=' END), ' AND ' ORDER BY k.position)
	FROM cvm.report_column k
	JOIN cvm.report_column r ON r.view = k.view AND r.column_name = 'row_key' AND k.column_name = ANY (string_to_array(r.formula, '|'))
	WHERE k.view = $2 AND k.comment LIKE '%"(all)"%'
		-- without segments there is only "(all)"
		AND (k.column_name <> 'segment' OR 'segment_history' = ANY (cvm._have($1)));
$$;
COMMENT ON FUNCTION cvm._rows_to_sum(name, text) IS 'Which rows of a report view add up to the total without being counted twice, as a condition; NULL: all of them.';

CREATE FUNCTION cvm._ratio(c cvm.report_column) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT m.parts
	FROM regexp_match(c.formula, '^(\w+) / (\w+)$') AS m (parts)
	WHERE NOT c.additive AND 2 = (SELECT count(DISTINCT p.column_name) FROM cvm.report_column p WHERE p.view = c.view AND p.additive AND p.column_name = ANY (m.parts));
$$;
COMMENT ON FUNCTION cvm._ratio(cvm.report_column) IS 'The two columns that a rate is the ratio of, where both may be summed.';

CREATE FUNCTION cvm._sum_comment(c cvm.report_column) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT cvm._column_comment(c) || coalesce((
		SELECT format(' Sums over segments and cohorts: look at one %s at a time.', string_agg(k.column_name, ' and one ' ORDER BY k.position))
		FROM cvm.report_column k WHERE k.view = c.view AND k.column_name IN ('scheme', 'month', 'from_day', 'period_no') HAVING count(*) > 0), '');
$$;
COMMENT ON FUNCTION cvm._sum_comment(cvm.report_column) IS 'The comment of a column that other tools may sum.';

CREATE FUNCTION cvm.cube_yaml(model name) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN (
		SELECT E'cubes:\n' || string_agg(format(E'  - name: %s\n    sql_table: %s\n    description: %s\n    dimensions:\n', to_json(v.view),
				to_json(format('%I.%I', cube_yaml.model, v.view)), to_json(v.comment))
			|| d.dimensions || coalesce(E'    measures:\n' || m.measures, ''), '' ORDER BY v.pos)
		FROM cvm._exported(cube_yaml.model) v
		CROSS JOIN LATERAL (
			SELECT string_agg(format(E'      - name: %s\n        sql: %s\n        type: %s\n        description: %s\n%s', to_json(k.column_name), to_json(format('{CUBE}.%I', k.column_name)),
				CASE WHEN k.type = 'boolean' THEN 'boolean' WHEN cvm._type_here(cube_yaml.model, k) IN ('text', 'uuid') THEN 'string' WHEN k.type IN ('date', 'timestamp with time zone') THEN 'time' ELSE 'number' END,
				to_json(cvm._column_comment(k)),
				CASE k.column_name WHEN 'row_key' THEN E'        primary_key: true\n' ELSE '' END), '' ORDER BY k.position) AS dimensions
			FROM cvm.report_column k WHERE k.view = v.view AND NOT k.additive) d
		CROSS JOIN LATERAL (
			-- a rate of two sums stays a rate
			SELECT string_agg(CASE WHEN k.additive
					THEN format(E'      - name: %s\n        sql: %s\n        type: sum\n        description: %s\n%s', to_json(k.column_name), to_json(format('{CUBE}.%I', k.column_name)), to_json(cvm._sum_comment(k)),
						coalesce(E'        filters:\n          - sql: ' || to_json(regexp_replace(f.filter, '(^| AND )(?=[a-z])', '\1{CUBE}.', 'g')) || E'\n', ''))
					ELSE format(E'      - name: %s\n        sql: %s\n        type: number\n        description: %s\n', to_json(k.column_name || '_of_sums'),
						to_json(format('1.0 * {%s} / NULLIF({%s}, 0)', r.parts[1], r.parts[2])), to_json(k.comment)) END, '' ORDER BY k.position) AS measures
			FROM cvm.report_column k
			CROSS JOIN LATERAL cvm._ratio(k) AS r(parts)
			CROSS JOIN LATERAL cvm._rows_to_sum(cube_yaml.model, v.view) AS f(filter)
			WHERE k.view = v.view AND (k.additive OR r.parts IS NOT NULL)) m);
END
$$;
COMMENT ON FUNCTION cvm.cube_yaml(name) IS 'The report views of a model as cubes: keys as dimensions, what may be summed as measures, rates as ratios of sums.';

CREATE FUNCTION cvm._look_text(words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$ SELECT '"' || replace(replace(words, '\', '\\'), '"', '\"') || '"' $$;
COMMENT ON FUNCTION cvm._look_text(text) IS 'A string of LookML.';

CREATE FUNCTION cvm.lookml(model name) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM cvm._open(lookml.model, writes => false);
	-- LookML ends SQL with ;; and looks for ${, {{ and {% in it, and has no way to quote them
	IF lookml.model ~ '[{}\n\r]|;;' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_name', MESSAGE = format('LookML cannot name model "%s"', lookml.model),
			HINT = 'Take a model whose name holds no braces and no semicolons.';
	END IF;
	RETURN (
		SELECT string_agg(format(E'explore: %1$s {\n  description: %2$s\n}\n\nview: %1$s {\n  sql_table_name: %3$s ;;\n', v.view, cvm._look_text(v.comment), format('%I.%I', lookml.model, v.view))
			|| d.dimensions || coalesce(m.measures, '') || E'}\n', E'\n' ORDER BY v.pos)
		FROM cvm._exported(lookml.model) v
		CROSS JOIN LATERAL (
			SELECT string_agg(format(E'\n  %s: %s {\n%s    description: %s\n    sql: ${TABLE}.%I ;;\n  }\n',
				CASE WHEN k.type IN ('date', 'timestamp with time zone') THEN 'dimension_group' ELSE 'dimension' END, k.column_name,
				CASE k.column_name WHEN 'row_key' THEN E'    primary_key: yes\n' ELSE '' END
					|| CASE WHEN k.type = 'boolean' THEN E'    type: yesno\n' WHEN cvm._type_here(lookml.model, k) IN ('text', 'uuid') THEN E'    type: string\n'
						-- a date has no time zone to be converted from
						WHEN k.type = 'date' THEN E'    type: time\n    timeframes: [raw, date, week, month, quarter, year]\n    convert_tz: no\n    datatype: date\n'
						WHEN k.type = 'timestamp with time zone' THEN E'    type: time\n    timeframes: [raw, time, date, week, month, quarter, year]\n'
						ELSE E'    type: number\n' END
					|| CASE WHEN k.unit = 'fraction 0..1' THEN E'    value_format_name: percent_1\n' ELSE '' END,
				cvm._look_text(cvm._column_comment(k)), k.column_name), '' ORDER BY k.position) AS dimensions
			FROM cvm.report_column k WHERE k.view = v.view AND NOT k.additive) d
		CROSS JOIN LATERAL (
			SELECT string_agg(CASE WHEN k.additive
					THEN format(E'\n  measure: %s {\n    type: sum\n    description: %s\n    sql: %s ;;\n  }\n', k.column_name, cvm._look_text(cvm._sum_comment(k)),
						coalesce('CASE WHEN ' || regexp_replace(f.filter, '(^| AND )(?=[a-z])', '\1${TABLE}.', 'g') || format(' THEN ${TABLE}.%I END', k.column_name),
							format('${TABLE}.%I', k.column_name)))
					ELSE format(E'\n  measure: %s_of_sums {\n    type: number\n%s    description: %s\n    sql: 1.0 * ${%s} / NULLIF(${%s}, 0) ;;\n  }\n', k.column_name,
						CASE WHEN k.unit = 'fraction 0..1' THEN E'    value_format_name: percent_1\n' ELSE '' END, cvm._look_text(k.comment), r.parts[1], r.parts[2]) END, '' ORDER BY k.position) AS measures
			FROM cvm.report_column k
			CROSS JOIN LATERAL cvm._ratio(k) AS r(parts)
			CROSS JOIN LATERAL cvm._rows_to_sum(lookml.model, v.view) AS f(filter)
			WHERE k.view = v.view AND (k.additive OR r.parts IS NOT NULL)) m);
END
$$;
COMMENT ON FUNCTION cvm.lookml(name) IS 'The report views of a model as views and explores of LookML: keys as dimensions, what may be summed as measures, rates as ratios of sums.';
DROP PROCEDURE create_ledger_aggregate(text, text, text, text);
DROP PROCEDURE create_state_merge(text, text);
DROP PROCEDURE create_state_type(text, text);
