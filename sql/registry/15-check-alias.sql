-- SPDX-License-Identifier: PostgreSQL
-- What is wrong with the ids that are merged.

CREATE FUNCTION cvm._alias_checks(model name, rows text, columns jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	x jsonb := (SELECT jsonb_object_agg(c ->> 'name', c ->> 'expression') FROM jsonb_array_elements(_alias_checks.columns) c);
	-- the types of the ids that are merged
	types text[] := ARRAY(SELECT DISTINCT t.typname::text
		FROM cvm._bound(_alias_checks.model) b
		CROSS JOIN LATERAL jsonb_array_elements(b.columns) c
		JOIN pg_attribute a ON a.attrelid = b.source AND a.attname::text = c ->> 'source' AND a.attnum > 0
		JOIN pg_type t ON t.oid = cvm._base_type(a.atttypid)
		WHERE c ->> 'name' = 'customer_id' ORDER BY 1);
	found jsonb := '[]';
	predicate text;
	offenders text;
	circle text[];
	n bigint;
BEGIN
	IF types = '{}' THEN
		RETURN found;
	END IF;
	predicate := (SELECT string_agg(format('cvm._as_id({old}, %1$L) IS NULL OR cvm._as_id({new}, %1$L) IS NULL', t), ' OR ') FROM unnest(types) t);
	offenders := format('SELECT c.old_id || '' '' || c.new_id FROM %s c WHERE c.old_id <> '''' AND c.new_id <> '''' AND (%s)', _alias_checks.rows,
		replace(replace(predicate, '{old}', 'c.old_id'), '{new}', 'c.new_id'));
	EXECUTE format('SELECT count(*) FROM (%s) q', offenders) INTO n;
	IF n > 0 THEN
		found := found || jsonb_build_object('severity', 'error', 'entity', 'customer_alias', 'problem', 'unusable_id', 'count', n,
			'samples', cvm._samples(offenders),
			'what', format('Ids are none that customers can have, which are of type %s: such rows merge nobody. The fix leaves them out.',
				array_to_string(types, ', ')),
			'mends', 'customer_alias', 'mending', jsonb_build_object('keep', format('coalesce(NOT (%s), true)',
				replace(replace(predicate, '{old}', x ->> 'old_id'), '{new}', x ->> 'new_id'))));
	END IF;

	-- whose chain has no end
	EXECUTE format('SELECT array_agg(c.old_id ORDER BY c.old_id COLLATE "C") FROM (SELECT DISTINCT ON (cvm._as_id(a.old_id, %3$L)) a.old_id, '
		'cvm._as_id(a.old_id, %3$L) AS id, cvm._as_id(a.new_id, %3$L) AS now
		FROM %1$s a WHERE cvm._as_id(a.old_id, %3$L) IS NOT NULL AND cvm._as_id(a.new_id, %3$L) IS NOT NULL
		ORDER BY cvm._as_id(a.old_id, %3$L), a.since DESC NULLS LAST, cvm._as_id(a.new_id, %3$L) COLLATE "C" DESC) c
		WHERE c.id <> c.now AND %2$s -> c.id IS NULL', _alias_checks.rows, cvm._alias_map(_alias_checks.model, types[1]), types[1]) INTO circle;
	IF circle IS NOT NULL THEN
		found := found || jsonb_build_object('severity', 'error', 'entity', 'customer_alias', 'problem', 'alias_circle', 'count', cardinality(circle),
			'samples', circle[1:5],
			'what', 'Aliases lead in a circle, so nobody can tell who the customer is, and these ids stay as they are. Take the row that is wrong out of the '
				'source; the fix leaves all of them out.',
			'mends', 'customer_alias', 'mending', jsonb_build_object('keep', format('coalesce(%s <> ALL (%L::text[]), true)', x ->> 'old_id', circle)));
	END IF;
	RETURN found;
END
$$;
COMMENT ON FUNCTION cvm._alias_checks(name, text, jsonb) IS
	'Aliases that lead in a circle, and those whose ids no customer can have.';
