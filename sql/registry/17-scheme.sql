-- SPDX-License-Identifier: PostgreSQL
-- Schemes of segments: by value, by brand, by contract.
--
-- One of them is the scheme that all views show; segment_scheme_kpi and
-- segment_scheme_migration have them side by side.  A scheme is a value of
-- segment_history.scheme, or a column of customer, which has no history: who
-- is in a segment by it always was.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(41, 'segment_schemes', 'words', NULL,
		'Schemes of segments, separated by commas: values of segment_history.scheme, and columns of customer. All '
		'views show the first of the history, or the first column where no history is bound; segment_scheme_* shows '
		'each. NULL: those of the history, the first by name for all views.');

CREATE FUNCTION cvm._attribute_schemes(model name)
RETURNS TABLE (scheme text, source oid, source_text text, columns jsonb, rows text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF NOT EXISTS (SELECT FROM cvm.setting g WHERE g.model = _attribute_schemes.model AND g.setting = 'segment_schemes' AND g.value IS NOT NULL) THEN
		RETURN;
	END IF;
	RETURN QUERY
	WITH customer AS MATERIALIZED (
		SELECT k.name, k.source_column, k.expression, c.oid, format('%I.%I', b.source_schema, b.source_name) AS source_text,
			b.columns ? 'deleted' AS has_deleted, one.merged, one.condition
		FROM cvm.binding b
		JOIN pg_class c ON c.relname = b.source_name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
			AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = b.source_schema)
		CROSS JOIN LATERAL cvm._columns(b.model, 'customer', c.oid, b.columns) k
		LEFT JOIN LATERAL (
			SELECT max(x ->> 'merged') AS merged, max(x ->> 'condition') AS condition
			FROM cvm._bound(b.model, 'customer') e, jsonb_array_elements(e.columns) x
			WHERE cvm._has_aliases(b.model)) one ON k.name = 'customer_id'
		WHERE b.model = _attribute_schemes.model AND b.entity = 'customer' AND cvm._foreign_view(b.model, c.oid) IS NULL
	), attribute AS (
		SELECT a.scheme, a.n, k.oid, k.source_text, k.source_column, format('(%s)::text COLLATE "default"', k.expression) AS expression
		FROM cvm.setting g
		CROSS JOIN LATERAL unnest(g.value::text[]) WITH ORDINALITY AS a (scheme, n)
		JOIN customer k ON k.name = a.scheme AND k.source_column IS NOT NULL AND k.name <> 'customer_id'
		JOIN pg_attribute at ON at.attrelid = k.oid AND at.attname = k.source_column AND NOT cvm._has_own_cast(at.atttypid)
		WHERE g.model = _attribute_schemes.model AND g.setting = 'segment_schemes'
	)
	SELECT a.scheme, a.oid, a.source_text,
		(SELECT jsonb_agg(jsonb_build_object('name', ec.column_name, 'source', x.source, 'expression', x.expression,
				'comment', ec.description || CASE WHEN x.source IS NULL THEN ' Not bound: always the same.' ELSE format(' From column "%s".', x.source) END)
				|| CASE WHEN ec.column_name = 'customer_id' AND k.merged IS NOT NULL THEN jsonb_build_object('merged', k.merged) ELSE '{}' END
				ORDER BY ec.position)
			FROM cvm.entity_column ec
			CROSS JOIN LATERAL (
				SELECT CASE ec.column_name WHEN 'customer_id' THEN k.source_column::text WHEN 'segment' THEN a.source_column::text END AS source,
					CASE ec.column_name WHEN 'customer_id' THEN k.expression WHEN 'segment' THEN a.expression
						WHEN 'valid_from' THEN '''-infinity''::date' WHEN 'scheme' THEN format('%L::text', a.scheme)
						ELSE 'NULL::' || cvm._class_type(ec.class) END AS expression) x
			WHERE ec.entity = 'segment_history' AND NOT ec.is_billing)
			|| CASE WHEN k.merged IS NOT NULL
				THEN jsonb_build_array(jsonb_build_object('name', '(one row)', 'is_hidden', true, 'condition', k.condition)) ELSE '[]' END
			|| CASE WHEN d.expression IS NOT NULL
				THEN jsonb_build_array(jsonb_build_object('name', 'deleted', 'source', d.source_column, 'expression', d.expression, 'is_hidden', true))
				ELSE '[]' END,
		format('SELECT %L::text AS scheme, %s AS customer_id, %s AS segment, ''-infinity''::date AS valid_from, NULL::date AS valid_to,'
				|| ' NULL::text AS scheme_version FROM %s s%s',
			a.scheme, coalesce(k.merged, k.expression), a.expression, a.source_text, ' WHERE ' || nullif(concat_ws(' AND ', 'NOT ' || d.expression, k.condition), ''))
	FROM attribute a
	JOIN customer k ON k.name = 'customer_id'
	LEFT JOIN customer d ON d.name = 'deleted' AND d.has_deleted
	ORDER BY a.n;
EXCEPTION WHEN undefined_column OR datatype_mismatch THEN
	-- customers do not fit their binding; that is said elsewhere
	RETURN;
END
$$;
COMMENT ON FUNCTION cvm._attribute_schemes(name) IS
	'The schemes of segments that are columns of customer, each as a segment_history, in the order of setting '
	'segment_schemes.';

CREATE FUNCTION cvm._history_scheme(model name, columns jsonb, source_text text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- of a history with several schemes, the one that all views show
	RETURN (
		SELECT CASE WHEN c ->> 'source' IS NOT NULL THEN format('%s = %s', c ->> 'expression', coalesce((
				SELECT quote_literal(w.scheme)
				FROM cvm.setting g, unnest(g.value::text[]) WITH ORDINALITY AS w (scheme, n)
				WHERE g.model = $1 AND g.setting = 'segment_schemes' AND w.scheme NOT IN (SELECT a.scheme FROM cvm._attribute_schemes($1) a)
				ORDER BY w.n LIMIT 1), format('(SELECT min(%s) FROM %s s%s)', c ->> 'expression', $3, ' WHERE ' || cvm._undeleted($2)))) END
		FROM jsonb_array_elements($2) c WHERE c ->> 'name' = 'scheme');
END
$$;
COMMENT ON FUNCTION cvm._history_scheme(name, jsonb, text) IS
	'The condition on the rows of a segment history that all views show; NULL where it has one scheme only.';

CREATE FUNCTION cvm._scheme_parts(model name, apart boolean, bound jsonb DEFAULT NULL) RETURNS TABLE (n int, scheme text, rows text, is_split boolean)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH history AS (
		SELECT b.source_text, (SELECT jsonb_object_agg(c ->> 'name', coalesce(c ->> 'merged', c ->> 'expression')) FROM jsonb_array_elements(b.columns) c) AS x,
			cvm._undeleted(b.columns) AS undeleted, cvm._history_scheme($1, b.columns, b.source_text) IS NOT NULL AS is_split
		FROM (
			SELECT b.* FROM jsonb_to_recordset(bound) AS b (entity text, source_text text, columns jsonb, problem text)
			UNION ALL
			SELECT b.entity, b.source_text, b.columns, b.problem FROM cvm._bound($1, 'segment_history') b WHERE bound IS NULL) b
		JOIN cvm.binding g ON g.model = $1 AND g.entity = b.entity
		WHERE b.entity = 'segment_history' AND b.problem IS NULL
	), named AS (
		SELECT w.scheme, w.n
		FROM cvm.setting g
		CROSS JOIN LATERAL unnest(g.value::text[]) WITH ORDINALITY AS w (scheme, n)
		WHERE g.model = $1 AND g.setting = 'segment_schemes' AND w.scheme NOT IN (SELECT a.scheme FROM cvm._attribute_schemes($1) a)
	), given AS (
		SELECT min(d.n) AS n, CASE WHEN apart THEN min(d.scheme) END AS scheme,
			(SELECT g.value FROM cvm.setting g WHERE g.model = $1 AND g.setting = 'segment_schemes' AND NOT apart) AS list
		FROM named d
		GROUP BY CASE WHEN apart THEN d.n END
	)
	SELECT coalesce(g.n, 0)::int, CASE WHEN h.is_split THEN g.scheme ELSE 'segment' END,
		format('SELECT %s AS scheme, %s AS customer_id, %s AS segment, %s AS valid_from, %s AS valid_to, %s AS scheme_version FROM %s s%s',
			CASE WHEN h.is_split THEN format('coalesce(%s, ''(none)'')', h.x ->> 'scheme') ELSE '''segment''::text' END,
			h.x ->> 'customer_id', h.x ->> 'segment', h.x ->> 'valid_from', h.x ->> 'valid_to', h.x ->> 'scheme_version', h.source_text,
			' WHERE ' || nullif(concat_ws(' AND ', h.undeleted, CASE WHEN g.n IS NOT NULL
				THEN format('%s = ANY (%L::text[])', h.x ->> 'scheme', coalesce(g.list, ARRAY[g.scheme]::text)) END), '')), h.is_split
	FROM history h
	LEFT JOIN given g ON h.is_split
	UNION ALL
	SELECT 1000000 + (row_number() OVER ())::int, a.scheme, a.rows, true FROM cvm._attribute_schemes($1) a;
END
$$;
COMMENT ON FUNCTION cvm._scheme_parts(name, boolean, jsonb) IS
	'The schemes of segments of a model and their rows as SQL, those that a setting names in a history together or '
	'apart; a scheme NULL: several, or all that a history names.';

CREATE FUNCTION cvm._scheme_rows(model name, bound jsonb DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT CASE WHEN bool_or(p.is_split) THEN string_agg(p.rows, E'\n\tUNION ALL\n\t' ORDER BY p.n) END
		FROM cvm._scheme_parts(_scheme_rows.model, false, _scheme_rows.bound) p);
END
$$;
COMMENT ON FUNCTION cvm._scheme_rows(name, jsonb) IS
	'All schemes of segments of a model as SQL; NULL where there is but its segment history.';
