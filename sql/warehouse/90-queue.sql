-- SPDX-License-Identifier: PostgreSQL
-- The queue: a source that tells a model which of its customers changed.

-- A trigger of the user's table writes down, in the transaction of the change,
-- which customers it touched.  Of rows that are only added it writes what they
-- add, already folded, so that a refresh need not read the table at all.  It
-- must never be the reason that a write fails: what it cannot read it marks as
-- "everything" (a row without customer), which makes the next refresh a full one.
CREATE FUNCTION cvm.queue_changes() RETURNS trigger
	AS 'MODULE_PATHNAME', 'cvm_queue_changes'
	LANGUAGE C;
COMMENT ON FUNCTION cvm.queue_changes() IS
	'Trigger that cvm.store(mode => ''queue'') puts on a source: writes down which customers a change touched.';

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
COMMENT ON FUNCTION cvm._queue_triggers(name, text) IS
	'The triggers that feed the queue of a state, on whatever source.';

CREATE FUNCTION cvm._queue_comment(model name) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT format('Customers of model "%s" whose rows changed since the last CALL cvm.refresh(); a row without customer: everybody.', $1) $$;
COMMENT ON FUNCTION cvm._queue_comment(name) IS 'How the comment of a queue begins; what may feed it follows.';

CREATE FUNCTION cvm._is_queue(relation oid, model name) RETURNS boolean
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	-- only the owner of a table can comment on it
	SELECT EXISTS (
		SELECT FROM pg_class c
		WHERE c.oid = $1 AND c.relkind = 'r'
			AND starts_with(obj_description(c.oid, 'pg_class'), format('Customers of model "%s" whose rows ', $2)));
$$;
COMMENT ON FUNCTION cvm._is_queue(oid, name) IS 'Is this table the queue that cvm made for a model?';

CREATE FUNCTION cvm._tend_queue(model name, state text, looks_only boolean DEFAULT false) RETURNS boolean
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
	is_distributed boolean;
	queue_schema name;
	queue text;
	changed text[];
	added text[];
	digests text[];
	feeds text;
	digest text;
	wanted text[];
	is_rowwise boolean;
	event text;
	stray record;
BEGIN
	SELECT s.* INTO kind FROM cvm.customer_state s WHERE s.state = _tend_queue.state;
	SELECT t.* INTO kept FROM cvm.stored t WHERE t.model = _tend_queue.model AND t.relation = _tend_queue.state::name;
	-- aliases are for the refresh: who writes into the source need not read them
	SELECT b.source, (SELECT jsonb_agg(c - 'merged' ORDER BY n) FROM jsonb_array_elements(b.columns) WITH ORDINALITY AS u (c, n))
	INTO source, columns FROM cvm._bound(_tend_queue.model, kind.entity) b WHERE b.problem IS NULL;
	IF source IS NULL THEN
		RETURN false;
	END IF;
	SELECT c.* INTO relation FROM pg_class c WHERE c.oid = source;
	SELECT n.nspname INTO queue_schema FROM pg_namespace n WHERE n.oid = relation.relnamespace;
	is_distributed := (SELECT d.how FROM cvm._distribution(source) d) IS NOT NULL;
	IF relation.relkind NOT IN ('r', 'p') OR is_distributed THEN
		IF _tend_queue.looks_only THEN
			RETURN false;
		END IF;
		-- such as a view that leaves out what cvm.check_model() found
		RAISE WARNING USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s is %s and cannot feed the queue of model "%s"', source::regclass,
				CASE WHEN is_distributed THEN 'distributed by Citus' ELSE 'not a table' END, _tend_queue.model),
			HINT = format('Until a table is bound again every refresh is a full one. SELECT cvm.store(%L, %L, mode => ''full''); says that it is to be so.', _tend_queue.model, _tend_queue.state);
		RETURN false;
	END IF;
	-- a change through a parent does not fire the triggers of its children
	is_rowwise := relation.relkind = 'p' OR relation.relispartition
		OR EXISTS (SELECT FROM pg_inherits i WHERE source IN (i.inhrelid, i.inhparent));

	BEGIN
		IF kept.queue_name IS NULL OR cvm._relation(kept.queue_schema, kept.queue_name) IS NULL THEN
			IF _tend_queue.looks_only THEN
				RETURN NULL;
			END IF;
			kept.queue_schema := queue_schema;
			kept.queue_name := cvm._fit_name(format('%s_%s_queue', _tend_queue.model, _tend_queue.state));
			EXECUTE format('CREATE TABLE %I.%I (customer_id %s, delta %s)', kept.queue_schema, kept.queue_name,
				(SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
					WHERE a.attrelid = cvm._relation(_tend_queue.model, kind.entity::name) AND a.attname = 'customer_id'),
				kind.type);
			queue := format('%I.%I', kept.queue_schema, kept.queue_name);
			EXECUTE format('COMMENT ON TABLE %s IS %L', queue, cvm._queue_comment(_tend_queue.model));
			-- whoever writes into the source writes here through the trigger only
			EXECUTE format('GRANT SELECT, INSERT, DELETE ON %s TO %I', queue, (SELECT m.owner FROM cvm.model m WHERE m.model = _tend_queue.model));
			-- what was written before it was there is not known
			EXECUTE format('INSERT INTO %s VALUES (NULL, NULL)', queue);
			PERFORM cvm._register(_tend_queue.model, 'update', 'stored', jsonb_build_object('relation', _tend_queue.state,
				'queue_schema', kept.queue_schema, 'queue_name', kept.queue_name));
		ELSIF NOT EXISTS (
			SELECT FROM pg_class q
			WHERE q.oid = cvm._relation(kept.queue_schema, kept.queue_name) AND cvm._is_queue(q.oid, _tend_queue.model)
				AND q.relowner IN (SELECT r.oid FROM pg_roles r
					WHERE r.rolname IN (current_user, (SELECT m.owner FROM cvm.model m WHERE m.model = _tend_queue.model)) OR r.oid = relation.relowner OR r.rolsuper))
		THEN
			RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
				MESSAGE = format('%I.%I exists and was not made by cvm', kept.queue_schema, kept.queue_name),
				HINT = 'The name is one that the model needs, and its owner is another role. Rename it or move it to another schema.';
		ELSIF EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = cvm._relation(kept.queue_schema, kept.queue_name))
			OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = cvm._relation(kept.queue_schema, kept.queue_name))
			OR EXISTS (SELECT FROM pg_index i WHERE i.indrelid = cvm._relation(kept.queue_schema, kept.queue_name))
			OR (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
				WHERE a.attrelid = cvm._relation(kept.queue_schema, kept.queue_name) AND a.attnum > 0) <> '{customer_id,delta}'
		THEN
			IF _tend_queue.looks_only THEN
				RETURN NULL;
			END IF;
			-- somebody changed it: make it anew
			EXECUTE format('DROP TABLE %I.%I', kept.queue_schema, kept.queue_name);
			RETURN cvm._tend_queue(_tend_queue.model, _tend_queue.state);
		ELSIF kept.queue_schema <> queue_schema THEN
			IF _tend_queue.looks_only THEN
				RETURN NULL;
			END IF;
			-- where those are at home who write into the source
			EXECUTE format('ALTER TABLE %I.%I SET SCHEMA %I', kept.queue_schema, kept.queue_name, queue_schema);
			kept.queue_schema := queue_schema;
			PERFORM cvm._register(_tend_queue.model, 'update', 'stored',
				jsonb_build_object('relation', _tend_queue.state, 'queue_schema', kept.queue_schema));
		END IF;
		queue := format('%I.%I', kept.queue_schema, kept.queue_name);
		-- one of former days, into which anybody could write
		IF EXISTS (SELECT FROM pg_class c, aclexplode(c.relacl) x WHERE c.oid = cvm._relation(kept.queue_schema, kept.queue_name) AND x.grantee = 0) THEN
			IF _tend_queue.looks_only THEN
				RETURN NULL;
			END IF;
			EXECUTE format('REVOKE ALL ON %s FROM PUBLIC', queue);
			EXECUTE format('INSERT INTO %s VALUES (NULL, NULL)', queue);
		END IF;

		SELECT ARRAY[kept.queue_schema, kept.queue_name, c ->> 'expression', '',
				(SELECT ARRAY[a.attname || ' ' || a.atttypid::regtype]::text FROM pg_attribute a WHERE a.attrelid = source AND a.attname::text = c ->> 'source'),
				pg_get_userbyid(q.relowner)]
		INTO changed
		FROM jsonb_array_elements(columns) c, pg_class q
		WHERE c ->> 'name' = 'customer_id' AND q.oid = cvm._relation(kept.queue_schema, kept.queue_name);
		added := changed;
		added[4] := format('SELECT e.customer_id, %s FROM (%s) e WHERE e.customer_id IS NOT NULL GROUP BY e.customer_id',
			cvm._fill(kind.fold, cvm._literals(_tend_queue.model)), cvm._canonical_query(columns, 'after_rows', cvm._undeleted(columns)));
		added[5] := (SELECT array_agg(DISTINCT a.attname || ' ' || a.atttypid::regtype)::text FROM jsonb_array_elements(columns) c
			JOIN pg_attribute a ON a.attrelid = source AND a.attname::text = c ->> 'source');
		digest := md5(added::text || is_rowwise::text || source::text);
		wanted := CASE WHEN is_rowwise THEN '{row,truncate}'::text[] ELSE '{insert,update,delete,truncate}' END;
		-- the queue's owner agrees to what feeds it: see queue.c
		SELECT array_agg(md5(array_to_string(cvm._fit_name(format('%s_%s_%s', _tend_queue.model, _tend_queue.state, w))::text
			|| CASE w WHEN 'insert' THEN added ELSE changed END, E'\n')) ORDER BY w)
		INTO digests FROM unnest(wanted) w;
		feeds := format(' Fed from %I.%I (%s): %s.', queue_schema, relation.relname, source, array_to_string(digests, ' '));
		IF obj_description(cvm._relation(kept.queue_schema, kept.queue_name), 'pg_class') IS DISTINCT FROM cvm._queue_comment(_tend_queue.model) || feeds
			AND NOT EXISTS (
				-- after a restore it is another table of that name
				SELECT FROM obj_description(cvm._relation(kept.queue_schema, kept.queue_name), 'pg_class') AS d (text)
				WHERE strpos(d.text, format(' from %I.%I (', queue_schema, relation.relname)) > 0 AND strpos(d.text, array_to_string(digests, ' ')) > 0)
		THEN
			IF _tend_queue.looks_only THEN
				RETURN NULL;
			END IF;
			EXECUTE format('COMMENT ON TABLE %s IS %L', queue, cvm._queue_comment(_tend_queue.model) || feeds);
		END IF;
		IF cardinality(wanted) = (
			SELECT count(*) FROM pg_trigger g
			WHERE g.tgrelid = source AND g.tgname = ANY (SELECT cvm._fit_name(format('%s_%s_%s', _tend_queue.model, _tend_queue.state, w)) FROM unnest(wanted) w)
				AND g.tgenabled IN ('O', 'A') AND obj_description(g.oid, 'pg_trigger') LIKE '%' || digest)
		THEN
			RETURN true;
		ELSIF _tend_queue.looks_only THEN
			RETURN NULL;
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
				(SELECT string_agg(quote_literal(a.a), ', ' ORDER BY a.n) FROM unnest(CASE event WHEN 'insert' THEN added ELSE changed END) WITH ORDINALITY AS a (a, n)));
			EXECUTE format('COMMENT ON TRIGGER %I ON %s IS %L', cvm._fit_name(format('%s_%s_%s', _tend_queue.model, _tend_queue.state, event)), source::regclass,
				format('Tells model "%s" which customers changed. %s', _tend_queue.model, digest));
		END LOOP;
		-- what was written without the trigger is not known
		EXECUTE format('INSERT INTO %s VALUES (NULL, NULL)', queue);
	EXCEPTION WHEN insufficient_privilege THEN
		RAISE WARNING USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('could not create triggers on %s for model "%s": %s', source::regclass, _tend_queue.model, SQLERRM),
			HINT = format('Let its owner, as a member of the model''s role, SELECT * FROM cvm.rebuild(%L); until then every refresh is a full one.', _tend_queue.model);
		RETURN false;
	END;
	RETURN true;
END
$$;
COMMENT ON FUNCTION cvm._tend_queue(name, text, boolean) IS
	'Sees to the queue of a state and to the triggers that feed it; false when the source cannot be made to. '
	'looks_only: changes nothing, and returns NULL where something must change.';

CREATE FUNCTION cvm._queue_locks(model name, state text DEFAULT NULL, OUT tables oid[], OUT sources oid[])
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT coalesce(array_agg(DISTINCT q.queue) FILTER (WHERE q.queue IS NOT NULL), '{}'),
		coalesce(array_agg(DISTINCT q.source) FILTER (WHERE q.source IS NOT NULL), '{}')
	FROM (
		SELECT x.source, (SELECT c.oid FROM pg_class c WHERE c.oid = cvm._relation(t.queue_schema, t.queue_name)
			AND cvm._is_queue(c.oid, t.model) AND pg_has_role(c.relowner, 'USAGE')) AS queue
		FROM cvm.stored t
		JOIN cvm.customer_state s ON s.state = t.relation::text
		LEFT JOIN LATERAL (
			SELECT g.tgrelid FROM cvm._queue_triggers(t.model, t.relation::text) g
			UNION
			SELECT b.source FROM cvm._bound(t.model) b WHERE b.entity = s.entity AND t.mode = 'queue') x (source) ON true
		WHERE t.model = $1 AND (t.relation::text = $2 OR ($2 IS NULL AND t.refreshed_at IS NOT NULL))
			AND CASE t.mode WHEN 'queue' THEN cvm._tend_queue(t.model, t.relation::text, looks_only => true) IS NULL ELSE t.queue_name IS NOT NULL END) q;
$$;
COMMENT ON FUNCTION cvm._queue_locks(name, text) IS
	'What is to be locked before queues and triggers of a model are seen to: where nothing must change, nothing.';

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
		WHERE t.model = _drop_queue.model AND t.relation = _drop_queue.relation
			-- whatever the registry says: no table but that one
			AND cvm._is_queue(cvm._relation(t.queue_schema, t.queue_name), t.model)
	LOOP
		EXECUTE format('DROP TABLE %I.%I', g.queue_schema, g.queue_name);
	END LOOP;
	PERFORM cvm._register(_drop_queue.model, 'update', 'stored',
		jsonb_build_object('relation', _drop_queue.relation, 'queue_schema', NULL, 'queue_name', NULL));
END
$$;
COMMENT ON FUNCTION cvm._drop_queue(name, name) IS 'Takes triggers and queue of a state away.';
