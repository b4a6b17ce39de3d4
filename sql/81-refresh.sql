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
	print := md5(bound.source::text || bound.columns::text);
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

	-- one statement: one snapshot for the queue, the rows and the states
	fold := format('SELECT e.customer_id, %s AS state FROM %I.%I e WHERE e.customer_id IS NOT NULL %%s GROUP BY e.customer_id',
		replace(cvm._fill(kind.fold, cvm._literals(_refresh_state.model)), '%', '%%'), _refresh_state.model, kind.entity);
	CASE mode
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
		-- rows that were only added are added; all other customers are folded again
		fresh := format(fold, 'AND e.customer_id IN (SELECT a.customer_id FROM again a)')
			|| format(' UNION ALL SELECT d.customer_id, coalesce(t.%1$I OPERATOR(cvm.||) d.delta, d.delta) FROM added d LEFT JOIN %2$s t ON t.customer_id = d.customer_id',
				kind.column_name, target);
		scope := 'WHERE t.customer_id IN (SELECT a.customer_id FROM touched a)';
	END CASE;
	IF kind.tally IS NOT NULL AND kept.data_through IS NOT NULL AND made IS NOT DISTINCT FROM kept.made_of THEN
		restating := format('INSERT INTO %1$s_restatement SELECT %2$s, p.customer_id, %3$L, coalesce(o.events, 0), coalesce(n.events, 0), o.value, n.value '
			|| 'FROM pair p CROSS JOIN LATERAL (%4$s) o CROSS JOIN LATERAL (%5$s) n '
			|| 'WHERE (coalesce(o.events, 0), o.value) IS DISTINCT FROM (coalesce(n.events, 0), n.value) RETURNING 1',
			target, _refresh_state.refresh_id, date_trunc('month', (kept.data_through + 1)::timestamp)::date,
			format(kind.tally, 'p.old', quote_literal(date_trunc('month', (kept.data_through + 1)::timestamp)::date) || '::date'),
			format(kind.tally, 'p.new', quote_literal(date_trunc('month', (kept.data_through + 1)::timestamp)::date) || '::date'));
	END IF;
	EXECUTE format('WITH %1$s fresh AS MATERIALIZED (SELECT f.customer_id, f.state FROM (%2$s) f WHERE f.state IS NOT NULL), '
		|| 'pair AS MATERIALIZED (SELECT coalesce(f.customer_id, t.customer_id) AS customer_id, t.%3$I AS old, f.state AS new '
		|| 'FROM fresh f FULL JOIN (SELECT t.* FROM %4$s t %5$s) t ON t.customer_id = f.customer_id '
		|| 'WHERE t.customer_id IS NULL OR f.customer_id IS NULL OR t.%3$I OPERATOR(cvm.<>) f.state), '
		|| 'gone AS (DELETE FROM %4$s t USING pair p WHERE p.new IS NULL AND t.customer_id = p.customer_id RETURNING 1), '
		|| 'put AS (INSERT INTO %4$s SELECT p.customer_id, p.new FROM pair p WHERE p.new IS NOT NULL '
		|| 'ON CONFLICT (customer_id) DO UPDATE SET %3$I = excluded.%3$I RETURNING 1), '
		|| 'restated AS (%6$s) '
		|| 'SELECT (SELECT count(*) FROM put), (SELECT count(*) FROM gone), (SELECT count(*) FROM restated)',
		takes, fresh, kind.column_name, target, scope, restating)
	INTO written, removed, restated;

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

CREATE FUNCTION cvm._relink(model name, view text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM cvm._open(_relink.model);
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
	SELECT w.* INTO wanted FROM cvm._wanted(_refresh_report.model) w WHERE w.relation = _refresh_report.view::name;
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

CREATE FUNCTION cvm._refresh_one(model name, relation name, anew boolean, refresh_id bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
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
BEGIN
	SET LOCAL search_path = pg_catalog, pg_temp;
	work := cvm._work(refresh.model, refresh.objects);
	COMMIT;
	FOREACH object IN ARRAY work LOOP
		-- an attempt that is cut off leaves this row, without an end
		SET LOCAL search_path = pg_catalog, pg_temp;
		INSERT INTO cvm.refresh_log AS l (model, relation) VALUES (refresh.model, object) RETURNING l.refresh_id INTO log_id;
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
BEGIN
	FOREACH o IN ARRAY cvm._work(refresh_here.model, refresh_here.objects) LOOP
		IF NOT pg_try_advisory_xact_lock(cvm._lock_class(), cvm._lock_key(refresh_here.model, o)) THEN
			RAISE NOTICE 'skipping "%" of model "%": another refresh is at it', o, refresh_here.model;
			CONTINUE;
		END IF;
		INSERT INTO cvm.refresh_log AS l (model, relation) VALUES (refresh_here.model, o) RETURNING l.refresh_id INTO log_id;
		PERFORM cvm._refresh_one(refresh_here.model, o, refresh_here."full", log_id);
		RETURN QUERY SELECT l.relation::text, l.mode, l.rows_written, l.rows_removed, l.rows_restated, l.data_through FROM cvm.refresh_log l WHERE l.refresh_id = log_id;
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm.refresh_here(name, text[], boolean) IS 'Does what CALL cvm.refresh() does, all of it in the transaction of the caller, and says what it did: for loaders and hooks that hold one open.';

-- ---------------------------------------------------------------------------
-- Freshness
-- ---------------------------------------------------------------------------

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
COMMENT ON COLUMN cvm.freshness.mode IS 'How customers who changed are found: full, watermark or queue.';
COMMENT ON COLUMN cvm.freshness.last_refreshed_at IS 'The rows are those of this moment or later; NULL: never filled.';
COMMENT ON COLUMN cvm.freshness.data_through IS 'Last day that the rows know of.';
COMMENT ON COLUMN cvm.freshness.row_count IS 'Rows after the last refresh.';
COMMENT ON COLUMN cvm.freshness.is_stale IS 'Should it be refreshed before it is believed?';
COMMENT ON COLUMN cvm.freshness.reason IS 'Why it is stale; NULL when it is not.';
COMMENT ON COLUMN cvm.freshness.last_attempt IS 'What became of the last attempt: done, running, failed or interrupted; NULL for who only reads the model.';
COMMENT ON COLUMN cvm.freshness.last_attempt_at IS 'When that attempt began.';
COMMENT ON COLUMN cvm.freshness.error IS 'Why it failed.';
GRANT SELECT ON cvm.freshness TO PUBLIC;
