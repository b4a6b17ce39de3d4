-- SPDX-License-Identifier: PostgreSQL
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
COMMENT ON FUNCTION cvm._overlap(text, text) IS
	'How far behind a watermark of this type rows are looked at again, as SQL.';

CREATE FUNCTION cvm._refresh_state(model name, state text, anew boolean, refresh_id bigint,
	OUT mode text, OUT written bigint, OUT removed bigint, OUT restated bigint, OUT through date, OUT follow text)
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
	made text := (SELECT d.made_of FROM cvm._digests(_refresh_state.model, _refresh_state.state) d);
	print text;
	began timestamptz := clock_timestamp();
	mark text;
	literals jsonb := cvm._literals(_refresh_state.model);
	fold text;
	by_customer text := ' GROUP BY e.customer_id';
	takes text := '';
	fresh text;
	scope text := '';
	restating text := 'SELECT 1 WHERE false';
	forgetting text := '0';
	forgotten bigint;
	type text;
	customer text;
	queued text := 'q.customer_id';
	aliases text;
	is_usable boolean;
	rows bigint;
	is_all boolean;
	is_fed boolean;
	way text;
	is_distributed boolean;
	scan record;
	closed date;
BEGIN
	SELECT s.* INTO kind FROM cvm.customer_state s WHERE s.state = _refresh_state.state;
	SELECT t.* INTO kept FROM cvm.stored t WHERE t.model = _refresh_state.model AND t.relation = _refresh_state.state::name;
	SELECT b.* INTO bound FROM cvm._bound(_refresh_state.model, kind.entity) b;
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
	SELECT coalesce(c ->> 'merged', c ->> 'expression'), coalesce(cvm._merged(_refresh_state.model, t.typname::text, queued), queued),
		cvm._alias_map(_refresh_state.model, t.typname::text)
	INTO customer, queued, aliases
	FROM jsonb_array_elements(bound.columns) c
	LEFT JOIN pg_attribute a ON c ? 'merged' AND a.attrelid = target::regclass AND a.attname = 'customer_id'
	LEFT JOIN pg_type t ON t.oid = a.atttypid
	WHERE c ->> 'name' = 'customer_id';
	IF aliases IS NOT NULL THEN
		-- other aliases are other customers: all are folded again
		EXECUTE format('SELECT md5(concat(%L::text, %s))', print, aliases) INTO print;
	END IF;

	mode := kept.mode;
	IF _refresh_state.anew OR kept.refreshed_at IS NULL OR made IS DISTINCT FROM kept.made_of OR print IS DISTINCT FROM kept.source_print THEN
		mode := 'full';
	END IF;
	IF kept.mode = 'queue' THEN
		is_fed := cvm._tend_queue(_refresh_state.model, _refresh_state.state, looks_only => true);
		IF is_fed IS NULL THEN
			PERFORM cvm._open(_refresh_state.model);
			PERFORM cvm._lock_from_readers(q.tables, q.sources) FROM cvm._queue_locks(_refresh_state.model, _refresh_state.state) q;
		END IF;
		IF is_fed IS NOT TRUE AND NOT cvm._tend_queue(_refresh_state.model, _refresh_state.state) THEN
			mode := 'full';
		END IF;
		SELECT t.* INTO kept FROM cvm.stored t WHERE t.model = _refresh_state.model AND t.relation = _refresh_state.state::name;
		IF kept.queue_name IS NOT NULL AND cvm._relation(kept.queue_schema, kept.queue_name) IS NOT NULL THEN
			queue := format('%I.%I', kept.queue_schema, kept.queue_name);
			EXECUTE format('SELECT EXISTS (SELECT FROM %s q WHERE q.customer_id IS NULL)', queue) INTO is_all;
		END IF;
		IF is_all IS NOT FALSE THEN
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
	fold := format('SELECT e.customer_id, %s AS state FROM %I.%I e WHERE e.customer_id IS NOT NULL',
		cvm._fill(kind.fold, literals), _refresh_state.model, kind.entity);
	way := CASE WHEN kept.mode = 'scan' THEN 'scan' ELSE mode END;
	is_distributed := (SELECT d.how FROM cvm._distribution(bound.source) d) IS NOT NULL;
	IF way = 'scan' AND (is_distributed OR EXISTS (SELECT FROM pg_class c WHERE c.oid = bound.source AND c.relkind NOT IN ('r', 'p', 'f'))) THEN
		-- such as a view that leaves out what cvm.check_model() found
		RAISE WARNING USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s is %s and cannot be scanned for model "%s"', bound.source_text, CASE WHEN is_distributed THEN 'distributed by Citus'
				ELSE 'not a table' END, _refresh_state.model),
			HINT = format('Until a table is bound again every refresh is a full one. SELECT cvm.store(%L, %L, mode => ''full''); says that it is to be so.', _refresh_state.model, _refresh_state.state);
		mode := 'full';
		way := 'full';
	END IF;
	CASE way
	WHEN 'full' THEN
		IF queue IS NOT NULL THEN
			takes := format('taken AS (DELETE FROM %s RETURNING 1), ', queue);
		END IF;
		fresh := fold || by_customer;
		SELECT format_type(a.atttypid, NULL) INTO type FROM pg_attribute a WHERE a.attrelid = target::regclass AND a.attname = 'customer_id';
		-- which gathers the rows here; those of a distributed table are folded where they are
		IF kind.whole IS NOT NULL AND NOT is_distributed AND type IN ('integer', 'bigint', 'text', 'uuid') THEN
			fresh := format('SELECT t.customer_id, t.state FROM (SELECT %s AS ticket FROM %I.%I e) f CROSS JOIN LATERAL %s(f.ticket, NULL::%s) AS t (customer_id, state)',
				cvm._fill(kind.whole, literals), _refresh_state.model, kind.entity, kind.whole_rows, type);
		END IF;
	WHEN 'watermark' THEN
		takes := format('touched AS MATERIALIZED (SELECT DISTINCT %s AS customer_id FROM %s s WHERE s.%I >= %L::%s - %s), ',
			customer, bound.source::regclass, kept.watermark_column, kept.watermark, type, cvm._overlap(type, kept.overlap));
		fresh := fold || ' AND e.customer_id IN (SELECT a.customer_id FROM touched a)' || by_customer;
		scope := 'WHERE t.customer_id IN (SELECT a.customer_id FROM touched a)';
	WHEN 'queue' THEN
		takes := format('taken AS MATERIALIZED (DELETE FROM %1$s q WHERE q.customer_id IS NOT NULL RETURNING %2$s AS customer_id, q.delta), '
			|| 'again AS MATERIALIZED (SELECT DISTINCT q.customer_id FROM taken q WHERE q.delta IS NULL), '
			|| 'added AS MATERIALIZED (SELECT q.customer_id, cvm.rollup(q.delta) AS delta FROM taken q '
			|| 'WHERE NOT EXISTS (SELECT FROM again a WHERE a.customer_id = q.customer_id) GROUP BY q.customer_id), '
			|| 'touched AS MATERIALIZED (SELECT a.customer_id FROM again a UNION ALL SELECT d.customer_id FROM added d), ', queue, queued);
		-- rows that were only added are added; all other customers are folded again,
		-- and where there are none the source is not read
		fresh := fold || ' AND (SELECT EXISTS (SELECT FROM again)) AND e.customer_id IN (SELECT a.customer_id FROM again a)' || by_customer
			|| format(' UNION ALL SELECT d.customer_id, coalesce(t.%1$I OPERATOR(cvm.||) d.delta, d.delta) FROM added d LEFT JOIN %2$s t ON t.customer_id = d.customer_id',
				kind.column_name, target);
		scope := 'WHERE t.customer_id IN (SELECT a.customer_id FROM touched a)';
	WHEN 'scan' THEN
		SELECT s.* INTO scan FROM cvm._scan(bound.source, bound.columns) s;
		takes := concat('seen AS MATERIALIZED (', scan.seen, '), ',
			format('known AS MATERIALIZED (SELECT k.* FROM cvm.source_part k WHERE k.model = %1$L AND k.relation = %2$L), '
				|| 'marked AS MATERIALIZED (SELECT k.* FROM jsonb_to_recordset(cvm._register(%1$L, ''insert'', ''source_part'', '
				|| '(SELECT coalesce(jsonb_agg(jsonb_build_object(''relation'', %2$L, ''part'', n.part, ''fingerprint'', n.fingerprint)), ''[]'') FROM seen n (part, fingerprint) '
				|| 'WHERE %3$L OR NOT EXISTS (SELECT FROM known o WHERE o.part = n.part AND o.fingerprint = n.fingerprint)))) AS k (part_no bigint, part text)), '
				|| 'gone_part AS MATERIALIZED (SELECT k.* FROM jsonb_to_recordset(cvm._register(%1$L, ''delete'', ''source_part'', '
				|| '(SELECT coalesce(jsonb_agg(jsonb_build_object(''relation'', %2$L, ''part'', o.part)), ''[]'') FROM known o '
				|| 'WHERE o.part NOT IN (SELECT n.part FROM seen n (part, fingerprint))))) AS k (part_no bigint)), ',
				_refresh_state.model, _refresh_state.state, mode = 'full'),
			'fold AS MATERIALIZED (SELECT f.* FROM (SELECT e.part_no, e.customer_id, ', cvm._fill(kind.fold, literals), ' AS state FROM (', scan.marked_rows,
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
			|| 'WHERE (coalesce(o.rows, 0), coalesce(o.value, 0)) <> (coalesce(n.rows, 0), coalesce(n.value, 0))) d '
			|| 'WHERE p.old IS NULL OR cvm._is_readable(p.old) RETURNING 1',
			target, _refresh_state.refresh_id, closed,
			format(kind.tally, 'p.old', quote_literal(closed) || '::date'), format(kind.tally, 'p.new', quote_literal(closed) || '::date'));
		forgetting := '(SELECT count(*) FROM pair p WHERE NOT cvm._is_readable(p.old))';
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
		|| 'SELECT (SELECT count(*) FROM put), (SELECT count(*) FROM gone), (SELECT count(*) FROM restated), %7$s',
		takes, fresh, kind.column_name, target, scope, restating, forgetting)
	INTO written, removed, restated, forgotten;
	IF forgotten > 0 THEN
		RAISE WARNING USING
			MESSAGE = format('%s states of %s could not be read and were made anew', forgotten, target),
			HINT = format('What they held before is not in %s_restatement.', target);
	END IF;
	IF way = 'scan' AND NOT EXISTS (SELECT FROM pg_index i
		WHERE i.indrelid = to_regclass(cvm._part_table(_refresh_state.model, _refresh_state.state)) AND NOT i.indisprimary) THEN
		-- quicker once the table is filled
		EXECUTE format('CREATE INDEX ON %s (customer_id)', cvm._part_table(_refresh_state.model, _refresh_state.state));
	END IF;

	EXECUTE format('SELECT max(%s), count(*) FROM %s t', cvm._fill(format(kind.last_day, format('t.%I', kind.column_name)), literals), target) INTO through, rows;
	IF NOT is_usable AND kept.refreshed_at IS NOT NULL THEN
		-- views read the source because of a setting that was changed; what is
		-- kept is of no settings until they follow
		follow := made;
	END IF;
	PERFORM cvm._register(_refresh_state.model, 'update', 'stored', jsonb_build_object('relation', _refresh_state.state,
		'refreshed_at', began, 'data_through', through, 'row_count', rows, 'made_of', CASE WHEN follow IS NULL
			THEN made END, 'source_print', print, 'watermark', mark));
END
$$;
COMMENT ON FUNCTION cvm._refresh_state(name, text, boolean, bigint) IS
	'Folds again the customers who changed, or all of them, and says what that came to; follow: the digest of the '
	'settings that views are to follow.';
