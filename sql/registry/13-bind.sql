-- SPDX-License-Identifier: PostgreSQL
-- Bindings: from somebody's own tables to canonical views.

CREATE FUNCTION cvm._currency_of_row(model name, entity text, source oid, names jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- the column that is bound as currency, or has that name; the model's where a row has none
	SELECT coalesce((
			SELECT format('coalesce(btrim(%s), %s)', format(cvm._accept('label', a.atttypid, 'UTC'), format('s.%I', a.attname)), k.currency)
			FROM cvm.entity_column ec
			JOIN pg_attribute a ON a.attrelid = $3 AND a.attnum > 0 AND NOT a.attisdropped
				AND a.attname::text = CASE WHEN $4 ? 'currency' THEN $4 ->> 'currency' ELSE 'currency' END
			WHERE ec.entity = $2 AND ec.column_name = 'currency'), k.currency)
	FROM (SELECT format('%L::text', (SELECT s.value FROM cvm.setting s WHERE s.model = $1 AND s.setting = 'currency')) AS currency) k;
$$;
COMMENT ON FUNCTION cvm._currency_of_row(name, text, oid, jsonb) IS
	'An expression for the currency of a row s of the source of an entity.';

CREATE FUNCTION cvm._columns(model name, entity text, source oid, columns jsonb)
RETURNS TABLE (pos int, name name, source_column name, expression text, comment text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	source_text text := source::regclass::text;
	source_columns text[] := (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
		WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped);
	tz text := (SELECT s.value FROM cvm.setting s WHERE s.model = _columns.model AND s.setting = 'time_zone');
	names jsonb;
	mapped name[];
	takes_billing boolean;
	taken name[] := '{}';
	wrong record;
	c record;
	a record;
BEGIN
	IF jsonb_typeof(_columns.columns) IS DISTINCT FROM 'object' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('columns of entity "%s" must be a JSON object, not %s', _columns.entity, coalesce(jsonb_typeof(_columns.columns), 'NULL')),
			HINT = 'Write {"canonical column": "source column", …}.';
	END IF;

	-- the mapping itself
	PERFORM cvm._check_options(_columns.entity, _columns.columns);
	names := cvm._column_names(_columns.columns);
	FOR wrong IN SELECT m.key, m.value, jsonb_typeof(m.value) AS kind, m.value #>> '{}' AS word FROM jsonb_each(names) AS m LOOP
		IF wrong.kind = 'array' THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
				MESSAGE = format('column "%s" of entity "%s" is one column, not several: %s', wrong.key, _columns.entity, wrong.value),
				HINT = format('Make one of them and bind the view: CREATE VIEW %s AS SELECT s.*, cvm.row_key(%s) AS %I FROM %s s;',
					(SELECT format('%I.%I', n.nspname, left(c.relname, 55) || '_keyed') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = source),
					coalesce((SELECT string_agg(format('s.%I::text', a.word), ', ' ORDER BY a.n)
						FROM jsonb_array_elements_text(wrong.value) WITH ORDINALITY AS a (word, n)), '…'),
					CASE WHEN wrong.key = ANY (source_columns) THEN wrong.key || '_key' ELSE wrong.key END, source_text);
		END IF;
		IF wrong.kind NOT IN ('string', 'null') OR wrong.word = '' OR wrong.key = '' OR octet_length(wrong.key) > 63 THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
				MESSAGE = format('mapping of column "%s" of entity "%s" is not the name of a column: %s', wrong.key, _columns.entity, wrong.value),
				HINT = 'Give one column name as a string, {"column": name} with options, or null to leave the column '
					'out. Whoever needs an expression makes a view and binds that.';
		ELSIF _columns.entity <> 'customer' AND NOT EXISTS (
			SELECT FROM cvm.entity_column ec WHERE ec.entity = _columns.entity AND ec.column_name = wrong.key)
		THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_column',
				MESSAGE = format('entity "%s" has no column "%s"', _columns.entity, wrong.key),
				HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[wrong.key], (
					SELECT array_agg(ec.column_name) FROM cvm.entity_column ec WHERE ec.entity = _columns.entity)) || '? ', '')
					|| 'It has ' || (SELECT string_agg(ec.column_name, ', ' ORDER BY ec.position) FROM cvm.entity_column ec WHERE ec.entity = _columns.entity) || '.';
		ELSIF wrong.kind = 'string' AND NOT wrong.word = ANY (source_columns) THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_column',
				MESSAGE = format('column "%s" of %s does not exist', wrong.word, source_text),
				DETAIL = format('It is mapped to column "%s" of entity "%s".', wrong.key, _columns.entity),
				HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[wrong.word, wrong.key], source_columns) || '? ', '')
					|| format('It has %s.', (SELECT string_agg(format('"%s"', s), ', ') FROM unnest(source_columns) s));
		END IF;
	END LOOP;
	mapped := ARRAY(SELECT m.value::name FROM jsonb_each_text(names) AS m WHERE m.value IS NOT NULL);
	-- an mrr that is there is what it is, whatever stands beside it
	takes_billing := _columns.entity = 'subscription' AND (names ->> 'amount' IS NOT NULL
		OR NOT names ? 'amount' AND 'amount' = ANY (source_columns) AND NOT 'amount' = ANY (mapped))
		AND names ->> 'mrr' IS NULL AND (names ? 'mrr' OR NOT 'mrr' = ANY (source_columns));

	-- the columns of the entity
	FOR c IN
		SELECT ec.*, at.attname, at.atttypid, at.attcollation,
			ec.class IN ('key', 'label') AND at.attname IS NOT NULL AND cvm._equals_other_bytes(at.atttypid, at.attcollation) AS equals_other_bytes
		FROM cvm.entity_column ec
		LEFT JOIN pg_attribute at ON at.attrelid = source AND at.attnum > 0 AND NOT at.attisdropped
			AND at.attname::text = CASE
				WHEN names ? ec.column_name THEN names ->> ec.column_name
				WHEN ec.other_name = ANY (source_columns) AND NOT ec.column_name = ANY (source_columns) AND NOT ec.other_name = ANY (mapped) THEN ec.other_name
				WHEN NOT ec.column_name = ANY (mapped) THEN ec.column_name END
		-- not with the collation of a name, under which there is no index
		WHERE ec.entity = _columns.entity COLLATE "default"
			AND (NOT ec.is_billing OR names ->> ec.column_name IS NOT NULL OR takes_billing AND ec.class <> 'deleted' AND at.attname IS NOT NULL)
		ORDER BY ec.position
	LOOP
		pos := c.position;
		name := c.column_name;
		source_column := c.attname;
		taken := taken || name;
		IF c.attname IS NULL THEN
			IF c.required AND NOT (c.column_name = 'mrr' AND takes_billing) AND _columns.columns -> c.column_name ->> 'constant' IS NULL THEN
				RAISE EXCEPTION USING ERRCODE = 'undefined_column',
					MESSAGE = format('entity "%s" needs column "%s", ', _columns.entity, c.column_name)
						|| CASE WHEN _columns.columns ? c.column_name THEN 'which cannot be left out'
							ELSE format('and %s has no column of that name', source_text) END,
					DETAIL = format('It has %s.', (SELECT string_agg(format('"%s"', s), ', ') FROM unnest(source_columns) s)),
					HINT = coalesce('Perhaps it is ' || cvm._nearest(c.column_name || c.synonyms, source_columns) || '. ', '')
						|| format('Say which one: SELECT cvm.bind(%L, %L, %L, %L);', _columns.model, _columns.entity, source_text,
							_columns.columns || jsonb_build_object(c.column_name, '…'));
			END IF;
			expression := format('%L::%s', coalesce(_columns.columns -> c.column_name ->> 'constant', c.initial), cvm._class_type(c.class));
			comment := format('%s Not bound: always %s.', c.description, coalesce(_columns.columns -> c.column_name ->> 'constant', c.initial, 'NULL'));
		ELSE
			expression := format(cvm._accept(c.class, c.atttypid, tz), format('s.%I', c.attname));
			IF c.column_name = 'currency' AND expression IS NOT NULL THEN
				-- codes have no case: eur is EUR
				expression := format('upper(btrim(%s) COLLATE "C") COLLATE "default"', expression);
			END IF;
			IF c.class IN ('key', 'label') AND c.attcollation <> 0 AND c.attcollation <> 'pg_catalog.default'::regcollation THEN
				-- names of several collations cannot stand side by side
				expression := format('%s COLLATE "default"', expression);
			END IF;
			IF c.equals_other_bytes THEN
				RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
					MESSAGE = format('column "%s" of %s has values that are equal without being the same, and column "%s" of entity "%s" takes none such', c.attname, source_text, c.column_name, _columns.entity),
					DETAIL = format('Its type is %s%s; names are told apart by their bytes.', format_type(c.atttypid, NULL),
						(SELECT format(' with the nondeterministic collation "%s"', o.collname) FROM pg_attribute at
							JOIN pg_collation o ON o.oid = at.attcollation AND NOT o.collisdeterministic
							WHERE at.attrelid = source AND at.attname = c.attname)),
					HINT = format('Make a view with lower(%I::text COLLATE "default") and bind the view', c.attname)
						|| CASE WHEN c.required THEN '.' ELSE format(', or leave the column out with %s.', jsonb_build_object(c.column_name, NULL)) END;
			END IF;
			IF expression IS NULL THEN
				RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
					MESSAGE = format('column "%s" of %s has type %s, and column "%s" of entity "%s" takes %s', c.attname, source_text,
						format_type(c.atttypid, NULL), c.column_name, _columns.entity, cvm._class_words(c.class)),
					HINT = CASE WHEN c.class = 'money' AND cvm._base_type(c.atttypid) IN ('float4'::regtype, 'float8'::regtype)
							THEN 'Money must be exact: make a view with a cast to numeric and bind the view'
							ELSE 'Make a view with a cast and bind the view' END
						|| CASE WHEN c.required THEN '.' ELSE format(', or leave the column out with %s.', jsonb_build_object(c.column_name, NULL)) END;
			END IF;
			comment := c.description || format(' From column "%s"', c.attname);
			IF jsonb_typeof(_columns.columns -> c.column_name) = 'object' THEN
				expression := cvm._with_options(expression, _columns.columns -> c.column_name, cvm._currency_of_row(_columns.model, _columns.entity, source, names));
				comment := comment || cvm._option_words(_columns.columns -> c.column_name);
			END IF;
			comment := comment || '.';
		END IF;
		RETURN NEXT;
	END LOOP;
	-- a source column may serve two canonical columns, and is then no attribute
	mapped := mapped || taken;

	-- the attributes of a customer: those mapped to a name, then all the rest
	IF _columns.entity = 'customer' THEN
		FOR a IN
			SELECT at.attnum, coalesce(m.key::name, at.attname) AS name, at.attname, col_description(at.attrelid, at.attnum) AS description
			FROM pg_attribute at
			LEFT JOIN jsonb_each_text(names) m ON m.value = at.attname::text
			WHERE at.attrelid = source AND at.attnum > 0 AND NOT at.attisdropped
				AND CASE WHEN m.key IS NULL THEN NOT at.attname = ANY (mapped) AND NOT names ? at.attname::text
					ELSE NOT m.key::name = ANY (taken) END
			ORDER BY at.attnum, m.key
		LOOP
			pos := 100 + a.attnum;
			name := a.name;
			source_column := a.attname;
			expression := format('s.%I', a.attname);
			comment := coalesce(a.description, 'Attribute.') || format(' From column "%s".', a.attname);
			RETURN NEXT;
		END LOOP;
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._columns(name, text, oid, jsonb) IS
	'The columns of a canonical view over a source, or an error that says what does not fit.';

CREATE FUNCTION cvm._foreign_view(model name, source oid) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- what a view calls runs with the rights of whoever reads it
	RETURN (
		WITH RECURSIVE read AS (
			SELECT $2 AS relation
			WHERE EXISTS (SELECT FROM cvm.model m JOIN pg_roles r ON r.rolname = m.owner WHERE m.model = $1 AND r.rolsuper)
			UNION
			SELECT d.refobjid
			FROM read r
			JOIN pg_class v ON v.oid = r.relation AND v.relkind = 'v'
			JOIN pg_rewrite w ON w.ev_class = v.oid
			JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
		)
		SELECT format('%s is a view of role "%s", whose functions the superuser "%s" would run', c.oid::regclass, o.rolname,
			(SELECT m.owner FROM cvm.model m WHERE m.model = $1))
		FROM read r
		JOIN pg_class c ON c.oid = r.relation AND c.relkind = 'v'
		JOIN pg_roles o ON o.oid = c.relowner AND NOT o.rolsuper
		ORDER BY c.oid <> $2, c.oid LIMIT 1);
END
$$;
COMMENT ON FUNCTION cvm._foreign_view(name, oid) IS
	'Why a model that belongs to a superuser does not read this source: it is a view of a role that is none, or '
	'reads one. NULL: it may.';

CREATE FUNCTION cvm._bound(model name, one text DEFAULT NULL)
RETURNS TABLE (entity text, source oid, source_text text, columns jsonb, problem text, condition text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	b record;
BEGIN
	FOR b IN
		SELECT e.entity, format('%I.%I', bi.source_schema, bi.source_name) AS source_text, bi.columns, c.oid, c.relkind
		FROM cvm.binding bi
		JOIN cvm.entity e USING (entity)
		LEFT JOIN pg_class c ON c.relname = bi.source_name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
			AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = bi.source_schema)
		WHERE bi.model = _bound.model AND (_bound.one IS NULL OR bi.entity = _bound.one)
		ORDER BY e.position
	LOOP
		entity := b.entity;
		source := b.oid;
		source_text := b.source_text;
		columns := NULL;
		problem := NULL;
		condition := NULL;
		IF b.oid IS NULL THEN
			problem := format('its source %s does not exist', b.source_text);
		ELSE
			BEGIN
				SELECT jsonb_agg(jsonb_build_object('name', k.name, 'source', k.source_column, 'expression', k.expression, 'comment', k.comment) ORDER BY k.pos, k.name)
				INTO columns
				FROM cvm._columns(_bound.model, b.entity, b.oid, b.columns) k;
				columns := cvm._aliased(_bound.model, b.entity, b.oid, cvm._billed(_bound.model, b.entity, columns, b.columns));
				IF b.relkind = 'v' THEN
					problem := cvm._foreign_view(_bound.model, b.oid);
				END IF;
				-- without the aliases they would be other customers
				IF columns @> '[{"name": "customer_id"}]' AND cvm._has_aliases(_bound.model) THEN
					problem := coalesce(problem, (SELECT 'entity "customer_alias" waits: ' || a.problem FROM cvm._bound(_bound.model, 'customer_alias') a));
				END IF;
			EXCEPTION WHEN undefined_column OR datatype_mismatch THEN
				problem := SQLERRM;
			END;
		END IF;
		condition := cvm._undeleted(columns);
		IF b.entity = 'segment_history' AND columns IS NOT NULL THEN
			condition := nullif(concat_ws(' AND ', condition, cvm._history_scheme(_bound.model, columns, source_text)), '');
		END IF;
		RETURN NEXT;
	END LOOP;
	-- without a history, segments may be a column of customer
	IF coalesce(_bound.one, 'segment_history') = 'segment_history'
		AND NOT EXISTS (SELECT FROM cvm.binding bi WHERE bi.model = _bound.model AND bi.entity = 'segment_history')
	THEN
		RETURN QUERY
		SELECT 'segment_history', a.source, a.source_text, a.columns, NULL, cvm._undeleted(a.columns) FROM cvm._attribute_schemes(_bound.model) a LIMIT 1;
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._bound(name, text) IS
	'The bindings of a model, or that of one entity, against the sources as they are now: their columns, or what '
	'does not fit.';

CREATE FUNCTION cvm._have(model name, view text DEFAULT NULL, bound jsonb DEFAULT NULL) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (
		SELECT array_agg(h.name)
		FROM (
			SELECT n.name
			FROM (
				SELECT b.* FROM jsonb_to_recordset(_have.bound) AS b (entity text, source oid, columns jsonb, problem text)
				UNION ALL
				SELECT b.entity, b.source, b.columns, b.problem
				FROM (
					SELECT NULL::text AS entity WHERE _have.view IS NULL
					UNION ALL
					SELECT e.entity FROM cvm.report_source r JOIN cvm.entity e ON e.entity = r.source WHERE r.view = _have.view) w
				CROSS JOIN LATERAL cvm._bound(_have.model, w.entity) b
				WHERE _have.bound IS NULL) b
			CROSS JOIN LATERAL (
				SELECT b.entity
				UNION ALL
				SELECT b.entity || '.' || (c ->> 'name') FROM jsonb_array_elements(b.columns) c WHERE c ->> 'source' IS NOT NULL
				UNION ALL
				-- by Citus, so that a customer is folded where its rows are
				SELECT 'distributed ' || b.entity FROM cvm._distribution(b.source) d
				JOIN jsonb_array_elements(b.columns) c ON c ->> 'name' = 'customer_id' AND NOT c ? 'merged' AND c ->> 'source' = d.key::text
			) AS n(name)
			WHERE b.problem IS NULL
			UNION ALL
			SELECT u.relation::text FROM cvm._usable(_have.model, _have.view) AS u(relation)
		) AS h(name));
END
$$;
COMMENT ON FUNCTION cvm._have(name, text, jsonb) IS
	'What report views, or one of them, may need and a model has: "entity", "entity.column" and what is stored.';

CREATE FUNCTION cvm.bind(model name, entity text, source regclass, columns jsonb DEFAULT '{}') RETURNS regclass
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	relation pg_class;
	source_schema name;
	had_aliases boolean;
	other record;
BEGIN
	PERFORM cvm._open(bind.model);
	IF NOT EXISTS (SELECT FROM cvm.entity e WHERE e.entity = bind.entity) THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('unknown entity %s', coalesce('"' || bind.entity || '"', 'NULL')),
			HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[bind.entity], (SELECT array_agg(e.entity) FROM cvm.entity e)) || '? ', '')
				|| 'Entities are ' || (SELECT string_agg(e.entity, ', ' ORDER BY e.position) FROM cvm.entity e) || '.';
	END IF;

	SELECT c.* INTO relation FROM pg_class c WHERE c.oid = bind.source;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_table',
			MESSAGE = format('source of entity "%s" does not exist', bind.entity),
			HINT = 'Name a table, view, materialized view or foreign table that exists.';
	ELSIF relation.relkind NOT IN ('r', 'p', 'v', 'm', 'f') THEN
		RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s is not a table or a view', bind.source),
			HINT = 'Bind a table, partitioned table, view, materialized view or foreign table.';
	ELSIF relation.relpersistence = 't' THEN
		RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s is temporary, and a model outlives the session', bind.source),
			HINT = 'Bind a permanent table or view.';
	ELSIF NOT has_table_privilege(bind.source, 'SELECT') AND NOT has_any_column_privilege(bind.source, 'SELECT') THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('permission denied for %s', bind.source),
			HINT = format('Its owner can let you read it: GRANT SELECT ON %s TO %I;', bind.source, current_user);
	ELSIF cvm._foreign_view(bind.model, bind.source) IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = cvm._foreign_view(bind.model, bind.source),
			HINT = 'Bind tables, or views of a superuser; or let a role that is no superuser own the model.';
	ELSIF bind.source IN (SELECT r FROM cvm._readers(cvm._relation(bind.model, bind.entity::name)) AS r)
		OR bind.source IN (SELECT cvm._relation(g.model, g.relation) FROM cvm.generated g WHERE g.model = bind.model)
	THEN
		-- a circle, or a view that is made only after this one
		RAISE EXCEPTION USING ERRCODE = 'invalid_object_definition',
			MESSAGE = format('%s reads the views of model "%s" and cannot be the source of entity "%s"', bind.source, bind.model, bind.entity),
			HINT = 'Bind your own tables, or views over them.';
	END IF;
	SELECT n.nspname INTO source_schema FROM pg_namespace n WHERE n.oid = relation.relnamespace;

	-- by its other name a column is the same
	IF jsonb_typeof(bind.columns) = 'object' THEN
		bind.columns := (
			SELECT coalesce(jsonb_object_agg(coalesce(ec.column_name, m.key), m.value), '{}')
			FROM jsonb_each(bind.columns) m
			LEFT JOIN cvm.entity_column ec ON ec.entity = bind.entity AND ec.other_name = m.key AND NOT bind.columns ? ec.column_name);
	END IF;
	-- raises what does not fit
	PERFORM cvm._columns(bind.model, bind.entity, bind.source, bind.columns);

	had_aliases := cvm._has_aliases(bind.model);
	PERFORM cvm._register(bind.model, 'insert', 'binding', jsonb_build_object('entity', bind.entity,
		'source_schema', source_schema, 'source_name', relation.relname, 'columns', bind.columns));

	-- views join on customer_id: 7 and '7' are not the same customer
	FOR other IN
		WITH keys AS (
			SELECT b.entity, b.source_text, CASE
				WHEN c ->> 'expression' LIKE '%::int_' THEN 'integers'
				WHEN c ->> 'expression' LIKE '%::uuid' THEN 'uuid'
				ELSE 'text' END AS kind
			FROM cvm._bound(bind.model) b, jsonb_array_elements(b.columns) c
			WHERE c ->> 'name' = 'customer_id' AND c ->> 'source' IS NOT NULL
		)
		SELECT mine.kind AS my_kind, k.* FROM keys mine JOIN keys k ON k.kind <> mine.kind
		WHERE mine.entity = bind.entity LIMIT 1
	LOOP
		RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
			MESSAGE = format('customer ids of %s are %s, those of entity "%s" (%s) are %s', bind.source, other.my_kind, other.entity, other.source_text, other.kind),
			HINT = format('Make a view with a cast and bind the view, or unbind the other one first: SELECT cvm.unbind(%L, %L);', bind.model, other.entity);
	END LOOP;

	PERFORM cvm._generate(bind.model);
	IF bind.entity = 'customer_alias' THEN
		-- whose rows were bound before goes on: what came into them is for check_model() to report, and to mend one by one
		PERFORM cvm._expect_no_circle(bind.model, bind.source, is_warned => had_aliases);
	END IF;
	RETURN cvm._relation(bind.model, bind.entity::name)::regclass;
END
$$;
COMMENT ON FUNCTION cvm.bind(name, text, regclass, jsonb) IS
	'Says which table or view an entity of a model is, and which of its columns are which; regenerates the views and '
	'returns the canonical one.';

CREATE FUNCTION cvm.unbind(model name, entity text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM cvm._open(unbind.model);
	IF cvm._register(unbind.model, 'delete', 'binding', jsonb_build_object('entity', unbind.entity)) = '[]' THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('entity %s of model "%s" is not bound', coalesce('"' || unbind.entity || '"', 'NULL'), unbind.model),
			HINT = coalesce('Bound are ' || (SELECT string_agg(b.entity, ', ' ORDER BY b.entity) FROM cvm.binding b WHERE b.model = unbind.model) || '.',
				'Nothing is.');
	END IF;
	PERFORM cvm._generate(unbind.model);
END
$$;
COMMENT ON FUNCTION cvm.unbind(name, text) IS 'Takes a binding away, and with it the views that need it.';
