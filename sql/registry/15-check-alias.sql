-- SPDX-License-Identifier: PostgreSQL
-- What is wrong with the ids that are merged.

CREATE FUNCTION cvm._alias_checks(model name, rows text, columns jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	x jsonb := (SELECT jsonb_object_agg(c ->> 'name', c ->> 'expression') FROM jsonb_array_elements(_alias_checks.columns) c);
	types text[] := cvm._merged_types(_alias_checks.model);
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

	circle := cvm._endless_aliases(_alias_checks.model, _alias_checks.rows, types[1]);
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
