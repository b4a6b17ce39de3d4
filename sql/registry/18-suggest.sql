-- SPDX-License-Identifier: PostgreSQL
-- Suggestions: which table of a schema is probably which entity.
--
-- A source column is like a canonical one as far as their names (or one of the
-- synonyms) share letter pairs; a foreign key to a table with the entity's name,
-- a comment that says the word, or being the only date make up for odd names.
-- A table is proposed for the entity whose required columns it serves best.

CREATE FUNCTION cvm._words(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT btrim(regexp_replace(lower(regexp_replace(name, '([[:lower:]])([[:upper:]])', '\1_\2', 'g')), '[^[:alnum:]]+', '_', 'g'), '_');
$$;
COMMENT ON FUNCTION cvm._words(text) IS 'A name as lower-case words joined by underscores.';

CREATE FUNCTION cvm.suggest(schema name, model name DEFAULT NULL)
RETURNS TABLE (entity text, source text, confidence double precision, bind text, why text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off -- small data, a large query
AS $$
#variable_conflict use_column
DECLARE
	target name := coalesce(suggest.model,
		(SELECT min(m.model::text) FROM cvm.model m HAVING count(*) = 1), 'acme');
	proposals jsonb := '[]';
	mapping jsonb;
	used name[];
	best record;
	c record;
	p record;
BEGIN
	IF NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = suggest.schema) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_schema_name',
			MESSAGE = format('schema %s does not exist', coalesce('"' || suggest.schema || '"', 'NULL')),
			HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[suggest.schema::text], (SELECT array_agg(n.nspname::text) FROM pg_namespace n)) || '?',
				'SELECT nspname FROM pg_namespace lists the schemas.');
	END IF;

	FOR p IN
		WITH relation AS (
			SELECT k.oid, k.relname, k.relkind, cvm._words(k.relname) AS words
			FROM pg_class k
			JOIN pg_namespace n ON n.oid = k.relnamespace
			WHERE n.nspname = suggest.schema AND k.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT k.relispartition AND k.relpersistence <> 't'
				AND (has_table_privilege(k.oid, 'SELECT') OR has_any_column_privilege(k.oid, 'SELECT'))
				AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = k.oid AND d.deptype = 'e')
				AND NOT EXISTS (SELECT FROM cvm.generated g WHERE g.model = n.nspname AND g.relation = k.relname)
		), col AS (
			SELECT r.oid, a.attname, a.attnum, a.atttypid, cvm._words(a.attname) AS words,
				' ' || replace(cvm._words(col_description(r.oid, a.attnum)), '_', ' ') || ' ' AS said,
				(SELECT cvm._words(f.confrelid::regclass::text) FROM pg_constraint f
					WHERE f.conrelid = r.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum] LIMIT 1) AS points_to,
				EXISTS (SELECT FROM pg_index i WHERE i.indrelid = r.oid AND i.indisunique AND i.indpred IS NULL
					AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS is_unique
			FROM relation r
			JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
		), term AS (
			SELECT ec.entity, ec.column_name, t.term, CASE WHEN t.term = ec.column_name THEN 1.0 ELSE 0.95 END AS weight
			FROM cvm.entity_column ec, unnest(ec.column_name || ec.synonyms) AS t(term)
			UNION ALL
			SELECT e.entity, NULL, t.term, CASE WHEN t.term = e.entity THEN 1.0 ELSE 0.95 END
			FROM cvm.entity e, unnest(e.entity || e.synonyms) AS t(term)
		), word AS MATERIALIZED (
			SELECT w.words, array_agg(DISTINCT substr(' ' || w.words || ' ', i, 2)) AS pairs
			FROM (SELECT words FROM col UNION SELECT words FROM relation UNION SELECT points_to FROM col UNION SELECT term FROM term) w,
				generate_series(1, length(w.words) + 1) i
			GROUP BY w.words
		), pair AS MATERIALIZED (
			SELECT w.words, cardinality(w.pairs) AS size, u.pair FROM word w, unnest(w.pairs) u(pair)
		), alike AS MATERIALIZED (
			-- every name of the schema against every term
			SELECT s.words, t.words AS term, 2.0 * count(*) / (s.size + t.size) AS likeness
			FROM pair s
			JOIN pair t ON t.pair = s.pair
			WHERE t.words IN (SELECT term FROM term)
			GROUP BY s.words, t.words, s.size, t.size
			HAVING 2.0 * count(*) / (s.size + t.size) >= 0.4
		), accepted AS MATERIALIZED (
			SELECT x.class, y.atttypid
			FROM (SELECT DISTINCT class FROM cvm.entity_column) x, (SELECT DISTINCT atttypid FROM col) y
			WHERE cvm._accept(x.class, y.atttypid, 'UTC') IS NOT NULL
		), clock AS (
			-- relations with one date or time
			SELECT c.oid, min(c.attname) AS attname
			FROM col c JOIN accepted a ON a.atttypid = c.atttypid AND a.class = 'time'
			GROUP BY c.oid HAVING count(*) = 1
		), likeness AS MATERIALIZED (
			SELECT l.words, t.entity, t.column_name, max(l.likeness * t.weight) AS likeness
			FROM alike l JOIN term t ON t.term = l.term
			GROUP BY l.words, t.entity, t.column_name
		), scored AS MATERIALIZED (
			SELECT c.oid, ec.entity, ec.column_name, ec.required, c.attname, c.is_unique,
				greatest(
					n.likeness,
					0.9 * k.likeness,
					CASE WHEN c.said LIKE '% ' || replace(ec.column_name, '_', ' ') || ' %'
						OR c.said LIKE '% ' || regexp_replace(ec.column_name, '_(id|on|at|from|to)$', '') || ' %' THEN 0.8 END,
					CASE WHEN ec.required AND ec.class IN ('time', 'day') AND o.attname IS NOT NULL THEN 0.6 END
				) AS score
			FROM col c
			JOIN accepted a ON a.atttypid = c.atttypid
			JOIN cvm.entity_column ec ON ec.class = a.class
			LEFT JOIN likeness n ON n.words = c.words AND n.entity = ec.entity AND n.column_name = ec.column_name
			LEFT JOIN likeness k ON k.words = c.points_to AND k.column_name IS NULL
				AND k.entity = CASE ec.column_name WHEN 'customer_id' THEN 'customer' ELSE ec.column_name END
			LEFT JOIN clock o ON o.oid = c.oid AND o.attname = c.attname
		), fit AS MATERIALIZED (
			-- of columns that are equally like one, that which is like no other
			SELECT f.oid, f.entity, count(DISTINCT f.column_name) FILTER (WHERE f.required) AS served,
				jsonb_agg(to_jsonb(f) ORDER BY f.score + CASE WHEN f.required THEN 0.1 ELSE 0 END DESC, f.column_name, f.others, f.attname) AS fits
			FROM (SELECT g.*, count(*) FILTER (WHERE g.score >= 0.75) OVER (PARTITION BY g.oid, g.entity, g.attname) AS others FROM scored g) f
			WHERE f.score >= CASE WHEN f.required THEN 0.5 ELSE 0.75 END
			GROUP BY f.oid, f.entity
		)
		SELECT r.oid, r.relname, r.relkind, e.entity, e.position, f.fits, coalesce(n.likeness, 0) AS named
		FROM fit f
		JOIN relation r ON r.oid = f.oid
		JOIN cvm.entity e ON e.entity = f.entity
		LEFT JOIN likeness n ON n.words = r.words AND n.entity = e.entity AND n.column_name IS NULL
		WHERE f.served = (SELECT count(*) FROM cvm.entity_column ec WHERE ec.entity = f.entity AND ec.required)
	LOOP
		-- best pairs first, each column once
		mapping := '{}';
		used := '{}';
		FOR c IN
			SELECT x.* FROM jsonb_to_recordset(p.fits) AS x (column_name text, attname name, score float8, required boolean, is_unique boolean)
		LOOP
			IF NOT mapping ? c.column_name AND NOT c.attname = ANY (used) THEN
				mapping := mapping || jsonb_build_object(c.column_name, to_jsonb(c));
				used := used || c.attname;
			END IF;
		END LOOP;
		SELECT count(*) AS needed, avg((mapping -> ec.column_name ->> 'score')::float8) AS score,
			bool_and(mapping ? ec.column_name) AS is_served,
			bool_or((mapping -> ec.column_name ->> 'is_unique')::boolean) FILTER (WHERE ec.column_name IN ('customer_id', p.entity)) AS is_unique
		INTO best
		FROM cvm.entity_column ec WHERE ec.entity = p.entity AND ec.required;
		-- one column says little: the table's name or a key must say more
		CONTINUE WHEN NOT best.is_served OR best.needed = 1 AND p.named < 0.6 AND NOT coalesce(best.is_unique, false);
		-- the fewer columns it takes, the more the table's name must say
		proposals := proposals || jsonb_build_object('oid', p.oid, 'relname', p.relname, 'entity', p.entity, 'position', p.position, 'mapping', mapping, 'named', p.named,
			'confidence', round(least(1, greatest(0,
				(best.score * best.needed + p.named) / (best.needed + 1)
				+ CASE
					WHEN p.entity IN ('customer', 'product', 'offer') AND p.relkind IN ('r', 'p') THEN CASE WHEN best.is_unique THEN 0.05 ELSE -0.2 END
					WHEN best.is_unique THEN -0.3
					ELSE 0 END))::numeric, 2));
	END LOOP;

	RETURN QUERY
	SELECT w.entity, w.source, w.confidence,
		format('SELECT cvm.bind(%L, %L, %L%s);', target, w.entity, w.source, CASE WHEN w.columns <> '{}' THEN ', ' || quote_literal(w.columns) END),
		w.why
	FROM (
		SELECT DISTINCT ON (x.oid) x.entity, x.position, x.confidence,
			format('%I.%I', suggest.schema, x.relname) AS source,
			coalesce((
				-- columns of the same name need no mention
				SELECT jsonb_object_agg(m.key, m.value -> 'attname') FROM jsonb_each(x.mapping) m WHERE m.key <> m.value ->> 'attname'), '{}')
			|| coalesce((
				-- but those of the same name and another meaning do
				SELECT jsonb_object_agg(ec.column_name, NULL)
				FROM cvm.entity_column ec
				JOIN pg_attribute a ON a.attrelid = x.oid AND a.attname::text = ec.column_name AND NOT a.attisdropped
				WHERE ec.entity = x.entity AND NOT x.mapping ? ec.column_name AND cvm._accept(ec.class, a.atttypid, 'UTC') IS NULL), '{}') AS columns,
			(SELECT format('table name %s; ', to_char(x.named, 'FM0.00')) || string_agg(format('%s is %s (%s)', m.key, m.value ->> 'attname', to_char((m.value ->> 'score')::float8, 'FM0.00')), ', ' ORDER BY ec.position)
				FROM jsonb_each(x.mapping) m JOIN cvm.entity_column ec ON ec.entity = x.entity AND ec.column_name = m.key)
			|| coalesce((
				SELECT format('; %s counts in whole numbers: where these are cents, bind a view that divides them by 100', string_agg(m.value ->> 'attname', ', ' ORDER BY m.key))
				FROM jsonb_each(x.mapping) m
				JOIN cvm.entity_column ec ON ec.entity = x.entity AND ec.column_name = m.key AND ec.class = 'money'
				JOIN pg_attribute a ON a.attrelid = x.oid AND a.attname::text = m.value ->> 'attname' AND a.atttypid IN ('int4'::regtype, 'int8'::regtype)
				HAVING count(*) > 0), '') AS why
		FROM jsonb_to_recordset(proposals) AS x (oid oid, relname name, entity text, position int, mapping jsonb, named float8, confidence float8)
		WHERE x.confidence >= 0.5
		ORDER BY x.oid, x.confidence DESC, x.position) AS w
	ORDER BY w.confidence DESC, w.position, w.source;
END
$$;
COMMENT ON FUNCTION cvm.suggest(name, name) IS
	'Proposes bindings for the tables of a schema from their names, types, keys and comments, as statements that are '
	'ready to run.';
