-- SPDX-License-Identifier: PostgreSQL
-- Bringing what is stored up to date.
--
-- A refresh replaces, customer by customer or row by row, what is no longer
-- so, in one transaction per table: readers see the table as it was until it
-- is as it will be, and are never blocked.  What the registry says of a table
-- is written in that transaction too, so whatever ends a refresh half-way, the
-- two agree.

CREATE FUNCTION cvm._log_refresh(model name, relation name, called timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (cvm._register($1, 'insert', 'refresh_log',
		jsonb_build_object('relation', $2, 'called_at', $3)) -> 0 ->> 'refresh_id')::bigint;
$$;
COMMENT ON FUNCTION cvm._log_refresh(name, name, timestamptz) IS
	'Begins the row of an attempt in cvm.refresh_log; returns its number.';

CREATE FUNCTION cvm._relink(model name, view text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wanted record;
	linked oid;
BEGIN
	SELECT c.oid INTO linked FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner JOIN cvm.model m ON m.owner = r.rolname
	WHERE c.oid = cvm._relation(_relink.model, _relink.view::name) AND m.model = _relink.model;
	IF linked IS NULL THEN
		-- not there, or not ours: which is for the generator to say
		PERFORM cvm._generate(_relink.model);
		RETURN;
	END IF;
	PERFORM cvm._lock_from_readers(ARRAY[linked]);
	-- as cvm._wanted() has it, which would look at all that is not asked for
	SELECT cvm._kept_body(_relink.model, _relink.view) AS body, v.comment,
		(SELECT jsonb_object_agg(c.column_name, cvm._column_comment(c)) FROM cvm.report_column c WHERE c.view = v.view) AS column_comments
	INTO wanted FROM cvm.report_view v WHERE v.view = _relink.view;
	BEGIN
		PERFORM cvm._make_view(_relink.model, format(E'CREATE OR REPLACE VIEW %I.%I WITH (security_invoker = true) AS\n%s',
			_relink.model, _relink.view, wanted.body));
		PERFORM cvm._register(_relink.model, 'insert', 'generated', jsonb_build_object('relation', _relink.view,
			'made_as', cvm._digest_of_view(wanted.body, wanted.comment, wanted.column_comments) || cvm._print_of_view(linked)));
		PERFORM cvm._tend_stored(_relink.model, _relink.view);
	EXCEPTION WHEN invalid_table_definition THEN
		PERFORM cvm._generate(_relink.model);
	END;
END
$$;
COMMENT ON FUNCTION cvm._relink(name, text) IS
	'Lets one report view read its table, as cvm._generate() would; no other view changes.';

CREATE FUNCTION cvm._follow(model name, relation name, made text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM cvm._open(_follow.model);
	-- changed again meanwhile: the next refresh is for what is wanted now
	IF _follow.made IS DISTINCT FROM (SELECT d.made_of FROM cvm._digests(_follow.model, _follow.relation::text) d)
		OR cvm._register(_follow.model, 'update', 'stored', jsonb_build_object('relation', _follow.relation, 'made_of', _follow.made)) = '[]'
	THEN
		RETURN;
	END IF;
	IF EXISTS (SELECT FROM cvm.customer_state s WHERE s.state = _follow.relation::text) THEN
		PERFORM cvm._generate(_follow.model);
	ELSE
		PERFORM cvm._relink(_follow.model, _follow.relation::text);
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._follow(name, name, text) IS
	'Lets views read what is kept again, after it was made under the settings that are in force.';

CREATE FUNCTION cvm._must_change(model name, relation name) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT t.refreshed_at IS NOT NULL AND (t.made_of IS DISTINCT FROM (SELECT d.made_of FROM cvm._digests(t.model, t.relation::text) d)
		OR (t.mode = 'queue' AND cvm._tend_queue(t.model, t.relation::text, looks_only => true) IS NULL))
	FROM cvm.stored t
	WHERE t.model = $1 AND t.relation = $2;
$$;
COMMENT ON FUNCTION cvm._must_change(name, name) IS
	'Will a refresh of this change views, or a queue, for which it needs the lock of the model?';

CREATE FUNCTION cvm._has_columns_of(target regclass, view regclass) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY(SELECT (a.attname, a.atttypid, a.atttypmod)::text FROM pg_attribute a
			WHERE a.attrelid = _has_columns_of.target AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1)
		= ARRAY(SELECT (a.attname, a.atttypid, a.atttypmod)::text FROM pg_attribute a
			WHERE a.attrelid = _has_columns_of.view AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1);
$$;
COMMENT ON FUNCTION cvm._has_columns_of(regclass, regclass) IS
	'Has the table of a report the columns that its view has?';

CREATE FUNCTION cvm._refresh_report(model name, view text, refresh_id bigint,
	OUT mode text, OUT written bigint, OUT removed bigint, OUT restated bigint, OUT through date, OUT follow text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	target text := cvm._table(_refresh_report.model, _refresh_report.view::name);
	began timestamptz := clock_timestamp();
	wanted record;
	columns text;
	-- as the table has them: names of the source have a collation of their own
	computed text;
	period text;
	restating text := 'SELECT 1 WHERE false';
	rows bigint;
	made text := (SELECT d.made_of FROM cvm._digests(_refresh_report.model, _refresh_report.view) d);
	kept cvm.stored;
	statement text;
	is_other boolean;
BEGIN
	mode := 'full';
	SELECT t.* INTO kept FROM cvm.stored t WHERE t.model = _refresh_report.model AND t.relation = _refresh_report.view::name;
	SELECT w.* INTO wanted FROM cvm._wanted(_refresh_report.model, _refresh_report.view::name) w;
	IF wanted.live IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('report "%s" of model "%s" cannot be computed: a binding or its source is missing', _refresh_report.view, _refresh_report.model),
			HINT = format('SELECT * FROM cvm.check_model(%L) says which.', _refresh_report.model);
	END IF;
	-- a later version of cvm may have other columns
	is_other := NOT cvm._has_columns_of(target::regclass, cvm._relation(_refresh_report.model, _refresh_report.view::name));
	IF is_other THEN
		EXECUTE format('DROP TABLE %s', target);
		PERFORM cvm._make_table(_refresh_report.model, _refresh_report.view::name);
	END IF;
	SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
		string_agg(format(CASE WHEN a.attcollation = 0 THEN '%1$I' ELSE '%1$I COLLATE "default" AS %1$I' END, a.attname), ', ' ORDER BY a.attnum)
	INTO columns, computed FROM pg_attribute a
	WHERE a.attrelid = target::regclass AND a.attnum > 0 AND NOT a.attisdropped;
	SELECT c.column_name INTO period FROM cvm.report_column c
	WHERE c.view = _refresh_report.view AND c.column_name IN ('period_start', 'month') AND c.type = 'date'
		AND EXISTS (SELECT FROM cvm.report_column d WHERE d.view = c.view AND d.column_name = 'is_complete')
	ORDER BY c.column_name DESC LIMIT 1;
	-- what another setting changes is not a restatement
	IF NOT is_other AND period IS NOT NULL AND kept.refreshed_at IS NOT NULL AND made IS NOT DISTINCT FROM kept.made_of THEN
		restating := format('SELECT jsonb_array_elements(cvm._register(%2$L, ''insert'', ''restatement'', coalesce(jsonb_agg(jsonb_build_object(''refresh_id'', %1$s, ''relation'', %3$L, '
			|| '''row_key'', p.row_key, ''period'', p.period, ''column_name'', c.name, ''old_value'', (p.o ->> c.name)::numeric, ''new_value'', (p.n ->> c.name)::numeric)), ''[]''))) '
			|| 'FROM (SELECT coalesce(o.row_key, n.row_key) AS row_key, coalesce(o.%4$I, n.%4$I) AS period, to_jsonb(o) AS o, to_jsonb(n) AS n '
			|| 'FROM old o FULL JOIN fresh n ON n.row_key = o.row_key WHERE o.* IS DISTINCT FROM n.* '
			|| 'AND (o.is_complete OR (o.row_key IS NULL AND n.is_complete AND n.%4$I <= (SELECT max(x.%4$I) FROM old x WHERE x.is_complete))) '
			-- not pulled up: a row becomes JSON once, and not once a column
			|| 'OFFSET 0) p '
			|| 'CROSS JOIN unnest(%5$L::text[]) AS c(name) WHERE p.o -> c.name IS DISTINCT FROM p.n -> c.name',
			_refresh_report.refresh_id, _refresh_report.model, _refresh_report.view, period,
			(SELECT array_agg(c.column_name) FROM cvm.report_column c
				WHERE c.view = _refresh_report.view AND c.settles AND (c.type IN ('bigint', 'double precision') OR c.type LIKE 'numeric%')));
	END IF;

	statement := format(E'WITH fresh AS MATERIALIZED (SELECT %6$s FROM (\n%2$s\n) b), old AS MATERIALIZED (SELECT %1$s FROM %3$s), '
		|| 'gone AS (DELETE FROM %3$s t WHERE NOT EXISTS (SELECT FROM fresh f WHERE f.row_key = t.row_key) RETURNING 1), '
		|| 'put AS (INSERT INTO %3$s AS t (%1$s) SELECT f.* FROM fresh f LEFT JOIN old o ON o.row_key = f.row_key '
		|| 'WHERE o.row_key IS NULL OR f.* IS DISTINCT FROM o.* ON CONFLICT (row_key) DO UPDATE SET %4$s RETURNING 1), '
		|| 'restated AS (%5$s) '
		|| 'SELECT (SELECT count(*) FROM put), (SELECT count(*) FROM gone), (SELECT count(*) FROM restated), (SELECT count(*) FROM fresh), (SELECT max(f.as_of) - 1 FROM fresh f)',
		columns, wanted.live, target,
		(SELECT string_agg(format('%1$I = excluded.%1$I', a.attname), ', ') FROM pg_attribute a
			WHERE a.attrelid = target::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'row_key'),
		restating, computed);
	-- nothing else is looked up in the model's schema
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', _refresh_report.model), true);
	EXECUTE statement INTO written, removed, restated, rows, through;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);

	IF (is_other OR made IS DISTINCT FROM kept.made_of) AND kept.refreshed_at IS NOT NULL THEN
		follow := made;
	END IF;
	PERFORM cvm._register(_refresh_report.model, 'update', 'stored', jsonb_build_object('relation', _refresh_report.view,
		'refreshed_at', began, 'data_through', through, 'row_count', rows, 'made_of', CASE WHEN follow IS NULL THEN made END));
END
$$;
COMMENT ON FUNCTION cvm._refresh_report(name, text, bigint) IS
	'Computes a report anew, writes the rows that changed, and says what that came to; follow: the digest of the '
	'settings that its view is to follow.';

-- compiling such long statements takes longer than they run
CREATE FUNCTION cvm._refresh_one(model name, relation name, anew boolean, refresh_id bigint) RETURNS text
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
	PERFORM cvm._expect_own_schema(_refresh_one.model);
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
	PERFORM cvm._register(_refresh_one.model, 'update', 'refresh_log', jsonb_build_object('refresh_id', _refresh_one.refresh_id,
		'finished_at', clock_timestamp(), 'mode', done.mode, 'rows_written', done.written, 'rows_removed', done.removed,
		'rows_restated', done.restated, 'data_through', done.through));
	RETURN done.follow;
END
$$;
COMMENT ON FUNCTION cvm._refresh_one(name, name, boolean, bigint) IS
	'Brings one table up to date and writes so into the log; returns what is then for cvm._follow(), or NULL.';

CREATE FUNCTION cvm._work(model name, objects text[]) RETURNS name[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name := cvm._open(_work.model, writes => false);
	wrong text;
BEGIN
	PERFORM cvm._refuse_superuser(_work.model, owner);
	SELECT string_agg(format('"%s"', o), ', ') INTO wrong FROM unnest(_work.objects) o
	WHERE NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = _work.model AND t.relation::text = o);
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('not stored in model "%s": %s', _work.model, wrong),
			HINT = format('SELECT object FROM cvm.freshness WHERE model = %L; stores are made with cvm.store().', _work.model);
	END IF;
	-- such as a registry that a restore left half empty
	SELECT string_agg(format('"%s"', c.relname), ', ' ORDER BY c.relname) INTO wrong
	FROM pg_class c
	WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = _work.model) AND c.relkind IN ('r', 'p')
		AND obj_description(c.oid, 'pg_class') LIKE '% Kept by CALL cvm.refresh(%'
		AND NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = _work.model AND to_regclass(cvm._table(t.model, t.relation)) = c.oid);
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('the registry does not know of tables that model "%s" keeps: %s', _work.model, wrong),
			HINT = 'Load the data of cvm.stored from the dump again, or drop these tables and SELECT cvm.store() anew.';
	ELSIF NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = _work.model) THEN
		RAISE NOTICE 'model "%" stores nothing', _work.model;
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
	skipping text;
	follow text;
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
		log_id := cvm._log_refresh(refresh.model, object, called);
		COMMIT;
		SET LOCAL search_path = pg_catalog, pg_temp;
		skipping := CASE WHEN NOT cvm._try_lock(refresh.model, object) THEN 'another session is at it'
			WHEN NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = refresh.model AND t.relation = object) THEN 'it is not stored any more' END;
		IF skipping IS NOT NULL THEN
			PERFORM cvm._register(refresh.model, 'update', 'refresh_log',
				jsonb_build_object('refresh_id', log_id, 'finished_at', clock_timestamp(), 'mode', 'skipped'));
			COMMIT;
			RAISE NOTICE 'skipping "%" of model "%": %', object, refresh.model, skipping;
			CONTINUE;
		END IF;
		FOR attempt IN 1..2 LOOP
			failure := NULL;
			BEGIN
				follow := cvm._refresh_one(refresh.model, object, refresh."full", log_id);
			EXCEPTION
				WHEN undefined_table OR deadlock_detected THEN
					-- such as a table that another session drops, which the views that
					-- are read do not need any more
					GET STACKED DIAGNOSTICS failure = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
					CONTINUE;
				WHEN OTHERS THEN
					GET STACKED DIAGNOSTICS failure = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
			END;
			EXIT;
		END LOOP;
		IF failure IS NULL AND follow IS NOT NULL THEN
			-- views in a transaction of their own: the lock of the model is not
			-- waited for with that of the table in hand
			COMMIT;
			SET LOCAL search_path = pg_catalog, pg_temp;
			BEGIN
				PERFORM cvm._follow(refresh.model, object, follow);
			EXCEPTION WHEN OTHERS THEN
				GET STACKED DIAGNOSTICS failure = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
			END;
		END IF;
		IF failure IS NOT NULL THEN
			PERFORM cvm._register(refresh.model, 'update', 'refresh_log',
				jsonb_build_object('refresh_id', log_id, 'finished_at', clock_timestamp(), 'error', failure));
			failed := failed || object::text;
		END IF;
		COMMIT;
		IF failure IS NOT NULL THEN
			RAISE WARNING USING MESSAGE = pg_catalog.format('"%s" of model "%s" was not refreshed: %s', object, refresh.model, failure),
				HINT = coalesce(nullif(hint, ''), pg_catalog.format('SELECT * FROM cvm.check_model(%L) may say why.', refresh.model));
		END IF;
	END LOOP;
	IF failed IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'triggered_action_exception',
			MESSAGE = pg_catalog.format('not refreshed in model "%s": %s', refresh.model, pg_catalog.array_to_string(failed, ', ')),
			HINT = 'The warnings above and cvm.freshness say why. What was refreshed stays so.';
	END IF;
END
$$;
COMMENT ON PROCEDURE cvm.refresh(name, text[], boolean) IS
	'Brings what a model has stored up to date, states before reports, one transaction each. objects: only these; '
	'full: fold everything again.';

CREATE FUNCTION cvm.refresh_here(model name, objects text[] DEFAULT NULL, "full" boolean DEFAULT false)
RETURNS TABLE (object text, mode text, rows_written bigint, rows_removed bigint, rows_restated bigint, data_through date)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	work name[] := cvm._work(refresh_here.model, refresh_here.objects);
	o name;
	log_id bigint;
	follow text;
	called timestamptz := clock_timestamp();
BEGIN
	-- before any table
	IF EXISTS (SELECT FROM unnest(work) w WHERE cvm._must_change(refresh_here.model, w)) THEN
		PERFORM cvm._open(refresh_here.model);
	END IF;
	FOREACH o IN ARRAY work LOOP
		IF NOT cvm._try_lock(refresh_here.model, o) THEN
			RAISE NOTICE 'skipping "%" of model "%": another session is at it', o, refresh_here.model;
			CONTINUE;
		ELSIF NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = refresh_here.model AND t.relation = o) THEN
			RAISE NOTICE 'skipping "%" of model "%": it is not stored any more', o, refresh_here.model;
			CONTINUE;
		END IF;
		log_id := cvm._log_refresh(refresh_here.model, o, called);
		follow := cvm._refresh_one(refresh_here.model, o, refresh_here."full", log_id);
		IF follow IS NOT NULL THEN
			PERFORM cvm._follow(refresh_here.model, o, follow);
		END IF;
		RETURN QUERY SELECT l.relation::text, l.mode, l.rows_written, l.rows_removed, l.rows_restated, l.data_through FROM cvm.refresh_log l
			WHERE l.refresh_id = log_id;
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm.refresh_here(name, text[], boolean) IS
	'Does what CALL cvm.refresh() does, all of it in the transaction of the caller, and says what it did: for '
	'loaders and hooks that hold one open.';
