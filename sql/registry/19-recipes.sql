-- SPDX-License-Identifier: PostgreSQL
-- Recipes: how the tables of billing systems and shops become a model.
--
-- A recipe is data (19-recipe-*.sql): the tables of a layout and their columns,
-- under the names that loaders give them, and the views over them.  In a body
-- {part} is a table, by the alias of its part, {part.column} a column, as the type
-- that its kind says, and {tz} the time zone.  A line that begins with ?part or
-- ?part.column is left out where there is none, with !part where there is one.

CREATE FUNCTION cvm.from_minor_units(amount numeric, currency text) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- a product keeps every digit, where a quotient would be cut off
RETURN amount * CASE
	WHEN upper(currency COLLATE "C") = ANY ('{BIF,CLP,DJF,GNF,JPY,KMF,KRW,MGA,PYG,RWF,UGX,VND,VUV,XAF,XOF,XPF}'::text[]) THEN 1
	WHEN upper(currency COLLATE "C") = ANY ('{BHD,JOD,KWD,OMR,TND}'::text[]) THEN 0.001
	ELSE 0.01 END;
COMMENT ON FUNCTION cvm.from_minor_units(numeric, text) IS
	'An amount that a billing system counts in the smallest unit of a currency: cents, yen, fils. They have their own '
	'list of these units, which is not that of ISO 4217 (cvm.minor_units): ISK has two decimals, MGA none.';

CREATE FUNCTION cvm._recipe(recipe text DEFAULT NULL)
RETURNS TABLE (recipe text, purpose text, tables jsonb, views jsonb, settings text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- tables: [part, names, is it required, columns of [column, kind, names]; * is required]
	SELECT r.* FROM (
		SELECT * FROM cvm._recipe_stripe() UNION ALL
		SELECT * FROM cvm._recipe_chargebee() UNION ALL
		SELECT * FROM cvm._recipe_recurly() UNION ALL
		SELECT * FROM cvm._recipe_shopify() UNION ALL
		SELECT * FROM cvm._recipe_woocommerce() UNION ALL
		SELECT * FROM cvm._recipe_telecom()) AS r (recipe, purpose, tables, views, settings)
	WHERE $1 IS NULL OR r.recipe = $1;
$$;
COMMENT ON FUNCTION cvm._recipe(text) IS 'The recipes, or one of them: tables, views and settings.';

CREATE FUNCTION cvm._recipe_column(source oid, alias text, kind text, names text[], tz text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- a name with a dot is a member of a json column; NULL where there is no such column
	SELECT CASE
		WHEN x.category = 'J' THEN format(CASE kind WHEN 'time' THEN 'to_timestamp((%s)::numeric)' WHEN 'money' THEN '(%s)::numeric'
			WHEN 'count' THEN '(%s)::int' WHEN 'flag' THEN '(%s)::boolean' ELSE '(%s)' END,
			format('%I.%I ->> %L', alias, x.attname, split_part(x.name, '.', 2)))
		WHEN kind IN ('key', 'label') THEN CASE WHEN x.typname IN ('text', 'varchar', 'int2', 'int4', 'int8', 'uuid') AND kind = 'key'
			THEN format('%I.%I', alias, x.attname) ELSE cvm._cast(format('%I.%I', alias, x.attname), x.type, 'label') END
		WHEN kind = 'time' AND x.typname = 'timestamptz' OR kind = 'day' AND x.typname = 'date' THEN format('%I.%I', alias, x.attname)
		-- a day begins where the model is, whatever the session's zone
		WHEN kind = 'time' AND x.typname = 'date' THEN format('(%I.%I::timestamp AT TIME ZONE %L)', alias, x.attname, tz)
		WHEN kind = 'day' AND x.typname = 'timestamp' THEN format('%I.%I::date', alias, x.attname)
		WHEN kind = 'day' AND x.typname = 'timestamptz' THEN format('cvm.day_of(%I.%I, %L)', alias, x.attname, tz)
		-- loaders write moments without a zone in UTC, or in seconds since 1970
		WHEN kind = 'time' AND x.typname = 'timestamp' THEN format('(%I.%I AT TIME ZONE ''UTC'')', alias, x.attname)
		WHEN kind = 'time' AND x.category = 'N' THEN format('to_timestamp(%I.%I::double precision)', alias, x.attname)
		WHEN kind = 'money' AND (x.category = 'N' AND x.typname NOT LIKE 'float_') THEN format('%I.%I', alias, x.attname)
		WHEN kind = 'money' AND x.category IN ('N', 'S') THEN format('%I.%I::numeric', alias, x.attname)
		WHEN kind = 'count' AND x.typname IN ('int2', 'int4') THEN format('%I.%I', alias, x.attname)
		WHEN kind = 'count' AND x.category = 'N' THEN format('%I.%I::int', alias, x.attname)
		WHEN kind = 'flag' AND x.category = 'B' THEN format('%I.%I', alias, x.attname)
		WHEN kind = 'flag' AND x.category = 'N' THEN format('(%I.%I <> 0)', alias, x.attname)
		WHEN kind = 'flag' AND x.category = 'S' THEN format('%I.%I::boolean', alias, x.attname)
	END
	FROM (
		SELECT n.name, a.attname, a.atttypid AS type, b.typname, CASE WHEN b.typname IN ('json', 'jsonb') THEN 'J' ELSE b.typcategory::text END AS category
		FROM unnest(names) WITH ORDINALITY AS n (name, n)
		JOIN pg_attribute a ON a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND lower(a.attname) = split_part(n.name, '.', 1)
		JOIN pg_type b ON b.oid = cvm._base_type(a.atttypid) AND (b.typname IN ('json', 'jsonb')) = (n.name LIKE '%.%')
		ORDER BY n.n LIMIT 1) x;
$$;
COMMENT ON FUNCTION cvm._recipe_column(oid, text, text, text[], text) IS
	'The first of the names that a table has as a column, as an expression of its kind; NULL where there is none of a type that fits.';

CREATE FUNCTION cvm.recipes() RETURNS TABLE (recipe text, purpose text, tables text)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT r.recipe, r.purpose, (
		SELECT string_agg(t.part ->> 1 || CASE WHEN (t.part ->> 2)::boolean THEN '*' ELSE '' END, ', ' ORDER BY t.n)
		FROM jsonb_array_elements(r.tables) WITH ORDINALITY AS t (part, n))
	FROM cvm._recipe() r;
$$;
COMMENT ON FUNCTION cvm.recipes() IS
	'The layouts for which cvm.recipe() has a recipe, and the tables that each reads: names in order of preference, * required.';

CREATE FUNCTION cvm.recipe(recipe text, schema name, model name, tz text DEFAULT 'UTC', currency text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	r record;
	t record;
	c record;
	v record;
	source oid;
	-- {part}, {part.column}: what they become
	texts jsonb := jsonb_build_object('tz', quote_literal(tz));
	present text[] := '{}';
	expression text;
	line text;
	mark text[];
	is_left boolean;
	body text;
	bound text := '';
	code text := currency;
	read text[] := '{}';
BEGIN
	SELECT x.* INTO r FROM cvm._recipe(recipe.recipe) x;
	IF r.recipe IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('unknown recipe %s', coalesce('"' || recipe.recipe || '"', 'NULL')),
			HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[recipe.recipe], (SELECT array_agg(x.recipe) FROM cvm._recipe() x)) || '? ', '')
				|| 'SELECT * FROM cvm.recipes() lists them.';
	ELSIF NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = recipe.schema) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_schema_name',
			MESSAGE = format('schema %s does not exist', coalesce('"' || recipe.schema || '"', 'NULL')),
			HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[recipe.schema::text], (SELECT array_agg(n.nspname::text) FROM pg_namespace n)) || '?',
				'SELECT nspname FROM pg_namespace lists the schemas.');
	ELSIF recipe.model IS NULL OR recipe.model = recipe.schema THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('model %s needs a name that is not that of the schema with the tables', coalesce('"' || recipe.model || '"', 'NULL')),
			HINT = format('Choose another: SELECT cvm.recipe(%L, %L, %L);', recipe.recipe, recipe.schema, recipe.schema || '_model');
	ELSIF recipe.tz IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed',
			MESSAGE = 'a model needs a time zone',
			HINT = 'Name the zone in which days begin: tz => ''Europe/Vilnius''.';
	END IF;
	-- before the text says it often
	recipe.tz := cvm._check_setting('time_zone', recipe.tz);

	FOR t IN
		SELECT x.part ->> 0 AS part, string_to_array(x.part ->> 1, '|') AS names, (x.part ->> 2)::boolean AS required, x.part -> 3 AS columns
		FROM jsonb_array_elements(r.tables) WITH ORDINALITY AS x (part, n) ORDER BY x.n
	LOOP
		SELECT k.oid INTO source
		FROM unnest(t.names) WITH ORDINALITY AS n (name, n)
		JOIN pg_class k ON lower(k.relname) = n.name AND k.relkind IN ('r', 'p', 'v', 'm', 'f')
			AND (has_table_privilege(k.oid, 'SELECT') OR has_any_column_privilege(k.oid, 'SELECT'))
			AND k.relnamespace = (SELECT s.oid FROM pg_namespace s WHERE s.nspname = recipe.schema)
		ORDER BY n.n LIMIT 1;
		IF source IS NULL THEN
			IF t.required THEN
				RAISE EXCEPTION USING ERRCODE = 'undefined_table',
					MESSAGE = format('recipe "%s" needs a table %s, and schema "%s" has none that you may read', recipe.recipe,
						(SELECT string_agg('"' || n || '"', ' or ') FROM unnest(t.names) n), recipe.schema),
					HINT = coalesce('Perhaps it is '
						|| cvm._nearest(t.names,
						(SELECT array_agg(k.relname::text) FROM pg_class k WHERE k.relkind IN ('r', 'p', 'v', 'm', 'f')
						AND k.relnamespace = (SELECT s.oid FROM pg_namespace s WHERE s.nspname = recipe.schema)))
						|| format(': make a view of it named %I.%I. ', recipe.schema, t.names[1]), '')
							|| format('SELECT * FROM cvm.suggest(%L) looks at what is there.', recipe.schema);
			END IF;
			CONTINUE;
		END IF;
		present := present || (t.part);
		read := read || source::regclass::text;
		texts := texts || jsonb_build_object(t.part, format('%s AS %I', source::regclass, t.part));
		FOR c IN
			SELECT x.col ->> 0 AS name, x.col ->> 1 AS kind, string_to_array(rtrim(x.col ->> 2, '*'), '|') AS names, x.col ->> 2 LIKE '%*' AS required
			FROM jsonb_array_elements(t.columns) x (col)
		LOOP
			expression := cvm._recipe_column(source, t.part, c.kind, c.names, tz);
			IF expression IS NOT NULL THEN
				present := present || (t.part || '.' || c.name);
			ELSIF c.required THEN
				RAISE EXCEPTION USING ERRCODE = 'undefined_column',
					MESSAGE = format('recipe "%s" needs a column %s of %s, of a type that fits', recipe.recipe,
						(SELECT string_agg('"' || n || '"', ' or ') FROM unnest(c.names) n), source::regclass),
					DETAIL = format('It has %s.',
						(SELECT string_agg(format('"%s" %s', a.attname, format_type(a.atttypid, NULL)), ', ' ORDER BY a.attnum)
						FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped)),
					HINT = format('It is to be %s. Make a view with that column under one of these names, in a schema of views for all tables of the recipe.',
						CASE c.kind WHEN 'time' THEN 'a date, timestamp, timestamptz or seconds since 1970' WHEN 'day'
							THEN 'a date, timestamp or timestamptz' WHEN 'money' THEN 'a number' WHEN 'count' THEN 'a whole number'
							WHEN 'flag' THEN 'a boolean' ELSE 'a name or an id' END);
			ELSE
				expression := CASE c.kind WHEN 'time' THEN 'NULL::timestamptz' WHEN 'day' THEN 'NULL::date' WHEN 'money'
					THEN 'NULL::numeric' WHEN 'count' THEN 'NULL::int' WHEN 'flag' THEN 'NULL::boolean' ELSE 'NULL::text' END;
			END IF;
			texts := texts || jsonb_build_object(t.part || '.' || c.name, expression);
		END LOOP;
		-- the currency that the rows say, if they say one
		IF code IS NULL AND texts ? (t.part || '.currency') THEN
			SELECT min(upper(w)) INTO code FROM cvm._sample(source) s, unnest(s.words) w
			WHERE position(format('%I.%I', t.part, s.attname) IN texts ->> (t.part || '.currency')) = 1 AND w ~ '^[a-z]{3}$' HAVING count(DISTINCT w) = 1;
		END IF;
	END LOOP;

	FOR v IN
		SELECT x.view ->> 0 AS entity, x.view ->> 1 AS needs, x.view ->> 2 AS body
		FROM jsonb_array_elements(r.views) WITH ORDINALITY AS x (view, n)
		WHERE NOT EXISTS (SELECT FROM unnest(string_to_array(x.view ->> 1, ' ')) n WHERE NOT n = ANY (present)) ORDER BY x.n
	LOOP
		body := '';
		FOREACH line IN ARRAY string_to_array(btrim(v.body, E'\n'), E'\n') LOOP
			is_left := true;
			LOOP
				mark := regexp_match(line, '^([?!])([a-z_.]+) (.*)$');
				EXIT WHEN mark IS NULL;
				is_left := is_left AND (mark[2] = ANY (present)) = (mark[1] = '?');
				line := mark[3];
			END LOOP;
			CONTINUE WHEN NOT is_left;
			body := body || E'\n' || line;
		END LOOP;
		SELECT string_agg(CASE WHEN p.part[1] LIKE '{%' THEN coalesce(texts ->> btrim(p.part[1], '{}'), p.part[1]) ELSE p.part[1] END, '' ORDER BY p.n) INTO body
		FROM regexp_matches(body, '(\{[a-z_.]+\}|[^{]+|.)', 'g') WITH ORDINALITY AS p (part, n);
		bound := bound || format(E'\n\nCREATE OR REPLACE VIEW %I.%I WITH (security_invoker = true) AS%s;\nSELECT cvm.bind(%L, %L, %L);',
			recipe.model, recipe.recipe || '_' || v.entity, body, recipe.model, v.entity, format('%I.%I', recipe.model, recipe.recipe || '_' || v.entity));
	END LOOP;
	RETURN format(E'-- %s.\n-- Reads %s. Run again it changes nothing.\n', r.purpose, array_to_string(read, ', '))
		|| format('SELECT cvm.create_model(%L, tz => %L%s) WHERE NOT EXISTS (SELECT FROM cvm.model m WHERE m.model = %L);', recipe.model,
			recipe.tz, coalesce(', currency => ' || quote_literal(upper(code)), ''), recipe.model)
		|| coalesce((
			SELECT string_agg(format(E'\nSELECT cvm.configure(%1$L, %2$L, %3$L) WHERE NOT EXISTS (SELECT FROM cvm.setting s WHERE s.model = %1$L AND s.setting = %2$L AND s.value IS NOT NULL);', recipe.model, s.key, s.value), '' ORDER BY s.key)
			FROM jsonb_each_text(r.settings::jsonb) s), '')
		|| bound;
END
$$;
COMMENT ON FUNCTION cvm.recipe(text, name, name, text, text) IS
	'The SQL that makes a model of a schema with the tables of a billing system or a shop, to be read before it is run: '
	'views, bindings and settings. SELECT * FROM cvm.recipes() lists the layouts.';
