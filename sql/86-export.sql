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
			SELECT string_agg(format(E'          - name: %s\n            description: %s\n            data_type: %s\n%s', to_json(k.column_name), to_json(cvm._column_comment(k)), to_json(k.type),
				CASE k.column_name WHEN 'row_key' THEN E'            tests: [unique, not_null]\n' ELSE '' END), '' ORDER BY k.position) AS columns
			FROM cvm.report_column k WHERE k.view = v.view) c);
END
$$;
COMMENT ON FUNCTION cvm.dbt_yaml(name) IS 'The report views of a model as sources for dbt, with descriptions and tests.';

CREATE FUNCTION cvm.cube_yaml(model name) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	has_segments boolean := 'segment_history' = ANY (cvm._have(cube_yaml.model));
BEGIN
	RETURN (
		SELECT E'cubes:\n' || string_agg(format(E'  - name: %s\n    sql_table: %s\n    description: %s\n    dimensions:\n', to_json(v.view),
				to_json(format('%I.%I', cube_yaml.model, v.view)), to_json(v.comment))
			|| d.dimensions || coalesce(E'    measures:\n' || m.measures, ''), '' ORDER BY v.pos)
		FROM cvm._exported(cube_yaml.model) v
		CROSS JOIN LATERAL (
			SELECT string_agg(format(E'      - name: %s\n        sql: %s\n        type: %s\n        description: %s\n%s', to_json(k.column_name), to_json(format('{CUBE}.%I', k.column_name)),
				CASE WHEN k.type = 'boolean' THEN 'boolean' WHEN k.type = 'text' THEN 'string' WHEN k.type IN ('date', 'timestamp with time zone') THEN 'time' ELSE 'number' END,
				to_json(cvm._column_comment(k)),
				CASE k.column_name WHEN 'row_key' THEN E'        primary_key: true\n' ELSE '' END), '' ORDER BY k.position) AS dimensions
			FROM cvm.report_column k WHERE k.view = v.view AND NOT k.additive) d
		CROSS JOIN LATERAL (
			-- where there are segments, "(all)" is their sum already; a rate of two
			-- sums stays a rate
			SELECT string_agg(CASE WHEN k.additive
					THEN format(E'      - name: %s\n        sql: %s\n        type: sum\n        description: %s\n%s', to_json(k.column_name), to_json(format('{CUBE}.%I', k.column_name)), to_json(cvm._column_comment(k)), f.filter)
					ELSE format(E'      - name: %s\n        sql: %s\n        type: number\n        description: %s\n', to_json(k.column_name || '_of_sums'),
						to_json(format('1.0 * {%s} / NULLIF({%s}, 0)', r.parts[1], r.parts[2])), to_json(k.comment)) END, '' ORDER BY k.position) AS measures
			FROM cvm.report_column k
			CROSS JOIN LATERAL regexp_match(k.formula, '^(\w+) / (\w+)$') AS r(parts)
			CROSS JOIN LATERAL (
				SELECT CASE WHEN EXISTS (SELECT FROM cvm.report_column s WHERE s.view = v.view AND s.column_name = 'segment') AND has_segments
					THEN E'        filters:\n          - sql: "{CUBE}.segment <> ''(all)''"\n' ELSE '' END AS filter) f
			WHERE k.view = v.view AND (k.additive OR 2 = (
				SELECT count(*) FROM cvm.report_column p WHERE p.view = v.view AND p.additive AND p.column_name = ANY (r.parts)))) m);
END
$$;
COMMENT ON FUNCTION cvm.cube_yaml(name) IS 'The report views of a model as cubes: keys as dimensions, what may be summed as measures, rates as ratios of sums.';
