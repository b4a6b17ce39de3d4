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
	IF (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = cvm._relation(TG_ARGV[0]::name, TG_ARGV[1]::name)) IS DISTINCT FROM TG_ARGV[5]::name THEN
		RETURN NULL;
	-- nor one to which the way is barred, as when the source was moved, or a
	-- grant taken away: the refresh notices that too
	ELSIF NOT has_schema_privilege(TG_ARGV[0]::text, 'USAGE') OR NOT has_table_privilege(queue, 'INSERT') THEN
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
		-- without a handler, which would be a subtransaction a row
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
	BEGIN
		EXECUTE format('INSERT INTO %s SELECT c.customer_id, NULL FROM (%s) AS c (customer_id) WHERE c.customer_id IS NOT NULL', queue, changed);
	EXCEPTION WHEN OTHERS THEN
		-- a queue that is not as it was made, which cvm._tend_queue() notices
		NULL;
	END;
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
		-- such as a view that leaves out what cvm.check_model() found
		RAISE WARNING USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s is not a table and cannot feed the queue of model "%s"', source::regclass, _tend_queue.model),
			HINT = format('Until a table is bound again every refresh is a full one. SELECT cvm.store(%L, %L, mode => ''full''); says that it is to be so.', _tend_queue.model, _tend_queue.state);
		RETURN false;
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
		ELSIF EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = cvm._relation(kept.queue_schema, kept.queue_name))
			OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = cvm._relation(kept.queue_schema, kept.queue_name))
			OR (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
				WHERE a.attrelid = cvm._relation(kept.queue_schema, kept.queue_name) AND a.attnum > 0 AND NOT a.attisdropped) <> '{customer_id,delta}'
		THEN
			-- somebody changed it: make it anew
			EXECUTE format('DROP TABLE %I.%I', kept.queue_schema, kept.queue_name);
			RETURN cvm._tend_queue(_tend_queue.model, _tend_queue.state);
		ELSIF kept.queue_schema <> queue_schema THEN
			-- where those are at home who write into the source
			EXECUTE format('ALTER TABLE %I.%I SET SCHEMA %I', kept.queue_schema, kept.queue_name, queue_schema);
			kept.queue_schema := queue_schema;
			UPDATE cvm.stored t SET queue_schema = kept.queue_schema
				WHERE t.model = _tend_queue.model AND t.relation = _tend_queue.state::name;
		END IF;
		queue := format('%I.%I', kept.queue_schema, kept.queue_name);
		-- a queue that was not open to all who write into the source, or refused
		-- rows, has not been told everything
		IF NOT EXISTS (SELECT FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = cvm._relation(kept.queue_schema, kept.queue_name) AND x.grantee = 0 AND x.privilege_type = 'INSERT') THEN
			EXECUTE format('GRANT INSERT ON %s TO PUBLIC', queue);
			EXECUTE format('INSERT INTO %s VALUES (NULL, NULL)', queue);
		END IF;

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
