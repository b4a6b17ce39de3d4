-- SPDX-License-Identifier: PostgreSQL
-- Mending what cvm.check_model() finds.
--
-- A fix never touches the source: it makes a view beside the model's views
-- that leaves out or mends the rows, and binds that instead.

CREATE FUNCTION cvm._free_name(model name, wish text) RETURNS name
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (wish || CASE WHEN i > 1 THEN '_' || i ELSE '' END)::name
	FROM generate_series(1, 1000) i
	WHERE cvm._relation($1, (wish || CASE WHEN i > 1 THEN '_' || i ELSE '' END)::name) IS NULL
	ORDER BY i LIMIT 1;
$$;
COMMENT ON FUNCTION cvm._free_name(name, text) IS 'A name like the wish that no relation of the model''s schema has.';

CREATE FUNCTION cvm._assign(assign text, old text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- a column may be called {old}: what is quoted stays as it is
	SELECT string_agg(CASE WHEN p.part[1] = '{old}' THEN old ELSE p.part[1] END, '' ORDER BY p.n)
	FROM regexp_matches(assign, '("(?:[^"]|"")*"|''(?:[^'']|'''')*''|\{old\}|[^"''{]+|.)', 'g') WITH ORDINALITY AS p (part, n);
$$;
COMMENT ON FUNCTION cvm._assign(text, text) IS
	'The new value of a column that a mending assigns, with the old one in it.';

CREATE FUNCTION cvm._clean_view(model name, entity text, source oid, columns jsonb, mendings jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	-- A mending says one or more of: keep, a condition on the source row s;
	-- copies, columns of which one row is kept, the first in order; column and
	-- assign, its new value, in which {old} is the old one (initial for a column
	-- to be added), is_day where that is a date whatever it was; split, which
	-- takes from each row the days of those that come before it in order, once
	-- those that overlap and are the same in all else are one row; last,
	-- a new value as of assign, made of the days {starts} and {ends} after that;
	-- append, a query of keys that are missing, with key, what the key is;
	-- rate, the rows with cvm_rate, by which they are converted to currency;
	-- options, with which columns are bound, and column_of, which these are.
	conditions text := (SELECT string_agg(DISTINCT m ->> 'keep', E'\n\t\tAND ') FROM jsonb_array_elements(mendings) m);
	copies text := (SELECT string_agg(DISTINCT m ->> 'copies', ', ') FROM jsonb_array_elements(mendings) m);
	copies_order text := (SELECT string_agg(DISTINCT m ->> 'order', ', ') FROM jsonb_array_elements(mendings) m);
	split jsonb := (SELECT m -> 'split' FROM jsonb_array_elements(mendings) m WHERE m ? 'split' LIMIT 1);
	-- another name where types change, which no view can be replaced with
	suffix text := (SELECT CASE WHEN bool_or(m ? 'append') THEN '_complete' WHEN bool_or(m ? 'split' OR m ? 'last' OR m ? 'is_day')
		THEN '_days' ELSE '_clean' END FROM jsonb_array_elements(mendings) m);
	starts text;
	ends text;
	rows text;
	missing text := (SELECT string_agg(DISTINCT m ->> 'append', E'\n\tUNION ') FROM jsonb_array_elements(mendings) m);
	key jsonb := (SELECT m -> 'key' FROM jsonb_array_elements(mendings) m WHERE m ? 'append' LIMIT 1);
	source_text text := source::regclass::text;
	-- the source as rows are mended: with rates where amounts are converted
	base text := coalesce((SELECT format(E'(\n\t%s)', m ->> 'rate') FROM jsonb_array_elements(mendings) m WHERE m ? 'rate' LIMIT 1), source_text);
	values jsonb;
	added jsonb;
	m jsonb;
	clean name;
	query text;
BEGIN
	SELECT _clean_view.columns || coalesce(jsonb_object_agg(o.key, jsonb_build_object('column', x -> 'column_of' -> o.key)
		|| CASE jsonb_typeof(_clean_view.columns -> o.key) WHEN 'object' THEN _clean_view.columns -> o.key ELSE '{}' END || o.value), '{}')
	INTO columns
	FROM jsonb_array_elements(mendings) x CROSS JOIN LATERAL jsonb_each(x -> 'options') o;
	IF NOT EXISTS (SELECT FROM jsonb_array_elements(mendings) x WHERE NOT x ? 'options' AND NOT x ? 'is_undeleted') THEN
		RETURN format('SELECT cvm.bind(%L, %L, %L, %L);', _clean_view.model, _clean_view.entity, source::regclass, columns);
	END IF;
	SELECT jsonb_object_agg(a.attname, CASE WHEN a.attname::text = key ->> 'column' THEN key ->> 'expression' ELSE format('s.%I', a.attname) END)
	INTO values
	FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped;
	SELECT jsonb_object_agg(c.name, c.initial) INTO added
	FROM jsonb_array_elements(mendings) x
	CROSS JOIN LATERAL (
		SELECT x ->> 'column', x ->> 'initial' WHERE x ? 'column'
		UNION ALL
		SELECT x #>> '{split,starts_column}', x #>> '{split,starts}' WHERE x ? 'split'
		UNION ALL
		SELECT x #>> '{split,ends_column}', x #>> '{split,ends}' WHERE x ? 'split') AS c (name, initial)
	WHERE NOT values ? c.name;
	values := values || coalesce(added, '{}');
	FOR m IN SELECT x FROM jsonb_array_elements(mendings) x WHERE x ? 'assign' LOOP
		values := values || jsonb_build_object(m ->> 'column', cvm._assign(m ->> 'assign', values ->> (m ->> 'column')));
	END LOOP;
	FOR m IN SELECT x FROM jsonb_array_elements(mendings) x WHERE x ? 'rate' LOOP
		values := values || jsonb_build_object(m ->> 'currency_column', format('CASE WHEN s.cvm_rate IS NULL THEN %s::text ELSE %L END',
			values ->> (m ->> 'currency_column'), m ->> 'currency'));
	END LOOP;

	rows := CASE WHEN copies IS NULL THEN format('%s s', base) || coalesce(E'\nWHERE ' || conditions, '')
		ELSE format(E'(\n\tSELECT s.*, row_number() OVER (PARTITION BY %s%s) AS cvm_copy_no\n\tFROM %s s%s) s\nWHERE s.cvm_copy_no = 1',
			copies, ' ORDER BY ' || copies_order, base, E'\n\tWHERE ' || conditions) END;
	-- an end that was changed is one by then
	SELECT coalesce((SELECT values ->> (x ->> 'column') FROM jsonb_array_elements(mendings) x WHERE x ? 'is_day' LIMIT 1), split ->> 'ends', (
		SELECT x ->> 'ends' FROM jsonb_array_elements(mendings) x WHERE x ? 'last' LIMIT 1)) INTO ends;
	starts := coalesce(split ->> 'starts', (SELECT x ->> 'starts' FROM jsonb_array_elements(mendings) x WHERE x ? 'last' LIMIT 1));
	IF split IS NOT NULL THEN
		-- of those that overlap and are the same the first has the days of all
		rows := format(E'(\n\tSELECT s.*, datemultirange(s.cvm_days) - CASE WHEN s.cvm_counts THEN coalesce(range_agg(s.cvm_days) FILTER (WHERE s.cvm_counts) OVER (\n'
			'\t\tPARTITION BY %1$s ORDER BY %2$s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), ''{}'') ELSE ''{}'' END AS cvm_left\n'
			'\tFROM (SELECT s.*, CASE WHEN NOT cvm_is_first OR cvm_to <= cvm_from THEN ''empty''::daterange ELSE daterange(cvm_from, '
			'CASE WHEN every(cvm_to IS NOT NULL) OVER same THEN max(cvm_to) OVER same END) END AS cvm_days\n'
			'\tFROM (SELECT s.*, count(*) FILTER (WHERE cvm_is_first) OVER (PARTITION BY %1$s%3$s, cvm_counts ORDER BY cvm_from NULLS FIRST, cvm_to) AS cvm_same\n'
			'\tFROM (SELECT s.*, NOT cvm_counts OR coalesce(coalesce(cvm_from, ''-infinity'') >= max(coalesce(cvm_to, ''infinity'')) OVER (\n'
			'\t\tPARTITION BY %1$s%3$s, cvm_counts ORDER BY cvm_from NULLS FIRST, cvm_to ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS cvm_is_first\n'
			'\tFROM (SELECT s.*, %4$s AS cvm_counts, %5$s AS cvm_from, %6$s AS cvm_to\n'
			'\tFROM %7$s) s) s) s\n'
			'\tWINDOW same AS (PARTITION BY %1$s%3$s, cvm_counts, cvm_same)) s) s\n'
			'CROSS JOIN LATERAL unnest(s.cvm_left) AS cvm_part (days)',
			split ->> 'parts', split ->> 'order', split ->> 'same', split ->> 'counts', starts, ends, rows);
		starts := 'lower(cvm_part.days)';
		ends := 'upper(cvm_part.days)';
		values := values || jsonb_build_object(split ->> 'starts_column', starts, split ->> 'ends_column', ends);
	END IF;
	FOR m IN SELECT x FROM jsonb_array_elements(mendings) x WHERE x ? 'last' LOOP
		values := values || jsonb_build_object(m ->> 'column', replace(replace(m ->> 'last', '{starts}', starts), '{ends}', ends));
	END LOOP;

	query := format(E'SELECT %s\nFROM %s', (
			SELECT string_agg(format('%s AS %I', v.value, v.key), E',\n\t' ORDER BY a.attnum, v.key)
			FROM jsonb_each_text(values) v
			LEFT JOIN pg_attribute a ON a.attrelid = source AND a.attname::text = v.key),
		rows);
	IF missing IS NOT NULL THEN
		query := query || format(E'\nUNION ALL\nSELECT %s\nFROM (\n\t%s) AS k (key)\nWHERE btrim(k.key::text) NOT IN (\'\', \'(none)\', \'(unknown)\') AND NOT EXISTS (SELECT FROM %s s WHERE %s = k.key)',
			(SELECT string_agg(CASE WHEN a.attname::text = key ->> 'column' THEN 'k.key' ELSE 'NULL::'
				|| format_type(a.atttypid, a.atttypmod) END, ', ' ORDER BY a.attnum)
				FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped),
			missing, source_text, coalesce(key ->> 'merged', key ->> 'expression'));
	END IF;

	-- a name that is free; the key may get a wider type where keys are added
	clean := cvm._free_name(_clean_view.model, _clean_view.entity || suffix);
	RETURN format(E'CREATE OR REPLACE VIEW %I.%I WITH (security_invoker = true) AS\n%s;\nSELECT cvm.bind(%L, %L, %L, %L);',
		_clean_view.model, clean, query, _clean_view.model, _clean_view.entity, format('%I.%I', _clean_view.model, clean),
		-- a column that was left out on purpose and is now there; an end that was
		-- the last day and is now the day after
		(SELECT coalesce(jsonb_object_agg(c.key, CASE WHEN jsonb_typeof(c.value) = 'object' AND coalesce(c.value ->> 'column', c.key) IN (
				SELECT w.name
				FROM jsonb_array_elements(mendings) x
				CROSS JOIN LATERAL (VALUES (x #>> '{split,ends_column}'), (CASE WHEN x ? 'last' OR x ? 'is_day' OR (x ->> 'is_whole')::boolean
					THEN x ->> 'column' END)) AS w (name))
			THEN c.value - 'inclusive' - CASE WHEN mendings @> '[{"is_whole": true}]' THEN 'minor_units' ELSE '' END ELSE c.value END), '{}')
			FROM jsonb_each(columns - coalesce(ARRAY(SELECT x.key FROM jsonb_each(added) x), '{}')) c));
END
$$;
COMMENT ON FUNCTION cvm._clean_view(name, text, oid, jsonb, jsonb) IS
	'The SQL of a view over a source that mends it, and of its binding.';

CREATE FUNCTION cvm._mend_binding(model name, entity text, source oid, columns jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	mapping jsonb;
	bound jsonb;
	casts jsonb;
BEGIN
	-- a column that is gone gives way to the one most like it
	SELECT jsonb_object_agg(g.key, coalesce(near.attname::text, g.value)) INTO mapping
	FROM (
		SELECT m.key, m.value, NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = source AND a.attname::text = m.value
			AND NOT a.attisdropped) AND m.value IS NOT NULL AS is_gone
		FROM (
			SELECT m.key, m.value FROM jsonb_each_text(cvm._column_names(_mend_binding.columns)) m
			UNION ALL
			SELECT ec.column_name, ec.column_name FROM cvm.entity_column ec
			WHERE ec.entity = _mend_binding.entity AND ec.required AND NOT _mend_binding.columns ? ec.column_name
				AND NOT (ec.column_name = 'mrr' AND _mend_binding.columns ? 'amount')) AS m
		) AS g
	LEFT JOIN LATERAL (
		SELECT a.attname
		FROM pg_attribute a
		CROSS JOIN LATERAL greatest(cvm._likeness(a.attname::text, g.value), cvm._likeness(a.attname::text, g.key)) AS likeness
		WHERE g.is_gone AND a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND likeness >= 0.35
		ORDER BY likeness DESC, a.attnum LIMIT 1) AS near ON true
	WHERE NOT g.is_gone OR near.attname IS NOT NULL;
	mapping := coalesce(mapping, '{}');
	SELECT jsonb_object_agg(m.key, CASE WHEN jsonb_typeof(_mend_binding.columns -> m.key) = 'object'
		THEN (_mend_binding.columns -> m.key) || jsonb_build_object('column', m.value) ELSE m.value END)
	INTO bound FROM jsonb_each(mapping) m;

	-- a column of another type is cast in a view
	SELECT jsonb_agg(jsonb_build_object('column', a.attname, 'assign', CASE WHEN ec.class IN ('key', 'label')
		AND cvm._equals_other_bytes(a.atttypid, a.attcollation)
		THEN 'lower({old}::text COLLATE "default")' ELSE cvm._cast('{old}', a.atttypid, ec.class) END)) INTO casts
	FROM cvm.entity_column ec
	JOIN pg_attribute a ON a.attrelid = source AND a.attname::text = coalesce(mapping ->> ec.column_name, ec.column_name) AND a.attnum > 0 AND NOT a.attisdropped
	WHERE ec.entity = _mend_binding.entity AND (NOT ec.is_billing OR mapping ? ec.column_name) AND (cvm._accept(ec.class, a.atttypid, 'UTC') IS NULL
		OR ec.class IN ('key', 'label') AND cvm._equals_other_bytes(a.atttypid, a.attcollation));
	IF casts IS NOT NULL THEN
		RETURN cvm._clean_view(_mend_binding.model, _mend_binding.entity, source, coalesce(bound, '{}'), casts);
	END IF;
	RETURN format('SELECT cvm.bind(%L, %L, %L, %L);', _mend_binding.model, _mend_binding.entity, source::regclass, coalesce(bound, '{}'));
END
$$;
COMMENT ON FUNCTION cvm._mend_binding(name, text, oid, jsonb) IS
	'The SQL of a binding that fits a source which has changed.';
