-- SPDX-License-Identifier: PostgreSQL
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
COMMENT ON FUNCTION cvm._type_here(name, cvm.report_column) IS
	'The type that a column of a report view has in a model.';

CREATE FUNCTION cvm._yaml_text(words text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	-- a JSON string is a YAML string, but for the characters that YAML does not
	-- print or takes for the end of a line
	SELECT CASE WHEN words !~ '[\u007f-\u009f\u2028\u2029\ufeff]' THEN to_json(words)::text
		ELSE (
			SELECT string_agg(CASE WHEN c.letter ~ '[\u007f-\u009f\u2028\u2029\ufeff]' THEN '\u' || lpad(to_hex(ascii(c.letter)), 4, '0')
				ELSE c.letter END, '' ORDER BY c.n)
			FROM regexp_split_to_table(to_json(words)::text, '') WITH ORDINALITY AS c (letter, n)) END;
$$;
COMMENT ON FUNCTION cvm._yaml_text(text) IS 'A string of YAML, whatever is in it.';

CREATE FUNCTION cvm.dbt_yaml(model name) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	-- dbt looks for {{ and {% in names too
	PERFORM cvm._expect_words('dbt', ARRAY[dbt_yaml.model::text], '[{}]');
	RETURN (
		SELECT format(E'version: 2\nsources:\n  - name: %s\n    schema: %s\n    description: %s\n    tables:\n',
			cvm._yaml_text(dbt_yaml.model), cvm._yaml_text(dbt_yaml.model),
				cvm._yaml_text(format('Reports of customer value model "%s".', dbt_yaml.model)))
			|| string_agg(format(E'      - name: %s\n        description: %s\n        columns:\n', cvm._yaml_text(v.view),
				cvm._yaml_text(v.comment)) || c.columns, '' ORDER BY v.pos)
		FROM cvm._exported(dbt_yaml.model) v
		CROSS JOIN LATERAL (
			SELECT string_agg(format(E'          - name: %s\n            description: %s\n            data_type: %s\n%s',
				cvm._yaml_text(k.column_name), cvm._yaml_text(cvm._column_comment(k)), cvm._yaml_text(cvm._type_here(dbt_yaml.model, k)),
				CASE k.column_name WHEN 'row_key' THEN E'            tests: [unique, not_null]\n' ELSE '' END), '' ORDER BY k.position) AS columns
			FROM cvm.report_column k WHERE k.view = v.view) c);
END
$$;
COMMENT ON FUNCTION cvm.dbt_yaml(name) IS
	'The report views of a model as sources for dbt, with descriptions and tests.';

CREATE FUNCTION cvm._rows_to_sum(view text, has_segments boolean) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	-- of segments, channels and tenths "(all)" is the sum; what donors lose to
	-- the same customers, and what a customer holds twice, does not add up
	SELECT string_agg(format('%I %s ''(all)''', k.column_name, CASE WHEN k.column_name IN ('segment', 'channel', 'value_decile') THEN '<>'
		ELSE '=' END), ' AND ' ORDER BY k.position)
	FROM cvm.report_column k
	JOIN cvm.report_column r ON r.view = k.view AND r.column_name = 'row_key' AND k.column_name = ANY (string_to_array(r.formula, '|'))
	WHERE k.view = $1 AND k.comment LIKE '%"(all)"%'
		-- without segments there is only "(all)"
		AND (k.column_name <> 'segment' OR $2);
$$;
COMMENT ON FUNCTION cvm._rows_to_sum(text, boolean) IS
	'Which rows of a report view add up to the total without being counted twice, as a condition; NULL: all of them.';

CREATE FUNCTION cvm._ratio(c cvm.report_column) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY[m.parts[2], m.parts[3], CASE WHEN m.parts[1] IS NULL THEN '1.0' ELSE '-1.0' END]
	FROM regexp_match(c.formula, '^(-1 \* )?(\w+) / (\w+)$') AS m (parts)
	WHERE NOT c.additive AND 2 = (SELECT count(DISTINCT p.column_name) FROM cvm.report_column p WHERE p.view = c.view AND p.additive
		AND p.column_name = ANY (m.parts[2:3]));
$$;
COMMENT ON FUNCTION cvm._ratio(cvm.report_column) IS
	'The two columns that a rate is the ratio of, where both may be summed, and its sign: losses are negative, their '
	'rates are not.';

CREATE FUNCTION cvm._sum_comment(c cvm.report_column) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT cvm._column_comment(c) || coalesce(' Sums over ' || array_to_string(s.dimensions, ', ') || '.', '') || coalesce((
		SELECT format(' Look at one %s at a time.', string_agg(k.key, ' and one ' ORDER BY k.n))
		FROM cvm.report_column r
		CROSS JOIN LATERAL (
			SELECT regexp_replace(x.key, '_label$', '') AS key, x.n
			FROM unnest(string_to_array(r.formula, '|')) WITH ORDINALITY AS x (key, n)) k
		WHERE r.view = c.view AND r.column_name = 'row_key' AND NOT k.key = ANY (coalesce(s.dimensions, '{}'))
		HAVING count(*) > 0), '')
	FROM (SELECT) x
	LEFT JOIN cvm.report_sum s ON s.view = c.view AND s.column_name = c.column_name;
$$;
COMMENT ON FUNCTION cvm._sum_comment(cvm.report_column) IS 'The comment of a column that other tools may sum.';

CREATE FUNCTION cvm.cube_yaml(model name) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	has_segments boolean;
BEGIN
	-- Cube takes what stands in braces for names of its own
	PERFORM cvm._expect_words('Cube', ARRAY[cube_yaml.model::text], '[{}]');
	PERFORM cvm._open(cube_yaml.model, writes => false);
	has_segments := coalesce('segment_history' = ANY (cvm._have(cube_yaml.model)), false);
	RETURN (
		SELECT E'cubes:\n' || string_agg(format(E'  - name: %s\n    sql_table: %s\n    description: %s\n    dimensions:\n', cvm._yaml_text(v.view),
				cvm._yaml_text(format('%I.%I', cube_yaml.model, v.view)), cvm._yaml_text(v.comment))
			|| d.dimensions || coalesce(E'    measures:\n' || m.measures, ''), '' ORDER BY v.pos)
		FROM cvm._exported(cube_yaml.model) v
		CROSS JOIN LATERAL (
			SELECT string_agg(format(E'      - name: %s\n        sql: %s\n        type: %s\n        description: %s\n%s',
				cvm._yaml_text(k.column_name), cvm._yaml_text(format('{CUBE}.%I', k.column_name)),
				CASE WHEN k.type = 'boolean' THEN 'boolean' WHEN cvm._type_here(cube_yaml.model, k) IN ('text', 'uuid') THEN 'string'
					WHEN k.type IN ('date', 'timestamp with time zone') THEN 'time' ELSE 'number' END,
				cvm._yaml_text(cvm._column_comment(k)),
				CASE k.column_name WHEN 'row_key' THEN E'        primary_key: true\n' ELSE '' END), '' ORDER BY k.position) AS dimensions
			FROM cvm.report_column k WHERE k.view = v.view AND NOT k.additive) d
		CROSS JOIN LATERAL (
			-- a rate of two sums stays a rate
			SELECT string_agg(CASE WHEN k.additive
					THEN format(E'      - name: %s\n        sql: %s\n        type: sum\n        description: %s\n%s',
						cvm._yaml_text(k.column_name), cvm._yaml_text(format('{CUBE}.%I', k.column_name)), cvm._yaml_text(cvm._sum_comment(k)),
						coalesce(E'        filters:\n          - sql: ' || cvm._yaml_text(regexp_replace(f.filter, '(^| AND )(?=[a-z])', '\1{CUBE}.', 'g')) || E'\n', ''))
					ELSE format(E'      - name: %s\n        sql: %s\n        type: number\n        description: %s\n', cvm._yaml_text(k.column_name || '_of_sums'),
						cvm._yaml_text(format('%s * {%s} / NULLIF({%s}, 0)', r.parts[3], r.parts[1], r.parts[2])),
							cvm._yaml_text(k.comment)) END, '' ORDER BY k.position) AS measures
			FROM cvm.report_column k
			CROSS JOIN LATERAL cvm._ratio(k) AS r(parts)
			CROSS JOIN LATERAL cvm._rows_to_sum(v.view, has_segments) AS f(filter)
			WHERE k.view = v.view AND (k.additive OR r.parts IS NOT NULL)) m);
END
$$;
COMMENT ON FUNCTION cvm.cube_yaml(name) IS
	'The report views of a model as cubes: keys as dimensions, what may be summed as measures, rates as ratios of '
	'sums.';

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
DECLARE
	has_segments boolean;
BEGIN
	PERFORM cvm._open(lookml.model, writes => false);
	-- LookML ends SQL with ;; and looks for ${, {{ and {% in it, and has no way to quote them
	PERFORM cvm._expect_words('LookML', ARRAY[lookml.model::text], '[\u0001-\u001f\u007f{}]|;;');
	has_segments := coalesce('segment_history' = ANY (cvm._have(lookml.model)), false);
	RETURN (
		SELECT string_agg(format(E'explore: %1$s {\n  description: %2$s\n}\n\nview: %1$s {\n  sql_table_name: %3$s ;;\n', v.view,
			cvm._look_text(v.comment), format('%I.%I', lookml.model, v.view))
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
					ELSE format(E'\n  measure: %s_of_sums {\n    type: number\n%s    description: %s\n    sql: %s * ${%s} / NULLIF(${%s}, 0) ;;\n  }\n', k.column_name,
						CASE WHEN k.unit = 'fraction 0..1' THEN E'    value_format_name: percent_1\n'
							ELSE '' END, cvm._look_text(k.comment), r.parts[3], r.parts[1], r.parts[2]) END, '' ORDER BY k.position) AS measures
			FROM cvm.report_column k
			CROSS JOIN LATERAL cvm._ratio(k) AS r(parts)
			CROSS JOIN LATERAL cvm._rows_to_sum(v.view, has_segments) AS f(filter)
			WHERE k.view = v.view AND (k.additive OR r.parts IS NOT NULL)) m);
END
$$;
COMMENT ON FUNCTION cvm.lookml(name) IS
	'The report views of a model as views and explores of LookML: keys as dimensions, what may be summed as '
	'measures, rates as ratios of sums.';
