-- Models: a schema with settings and bindings.
--
-- The registry is plain data: names, never oids, so that it survives a dump
-- and the DROP ... CASCADE of warehouse loaders.  Everybody may use it, each
-- sees and changes only the models of roles that they are a member of: row
-- level security does that, no function here runs with more rights than its
-- caller's.

GRANT USAGE ON SCHEMA cvm TO PUBLIC;

-- ---------------------------------------------------------------------------
-- Registry
-- ---------------------------------------------------------------------------

CREATE TABLE cvm.setting_definition (
	setting text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	kind text NOT NULL CHECK (kind IN ('zone', 'weekday', 'currency', 'cutoff', 'words', 'fraction', 'count')),
	initial text,
	description text NOT NULL
);
COMMENT ON TABLE cvm.setting_definition IS 'What cvm.configure() can set. A further setting is a further row: the kind says how a value is checked and written into the report views.';
COMMENT ON COLUMN cvm.setting_definition.kind IS 'zone, weekday, currency, cutoff, words, fraction or count: see cvm._check_setting() and cvm._literal().';
COMMENT ON COLUMN cvm.setting_definition.initial IS 'The value of a model that says nothing.';

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(1, 'time_zone', 'zone', 'UTC', 'The zone in which days, weeks and months begin.'),
	(2, 'week_start', 'weekday', '1', 'First day of a week: 1 is Monday, 7 is Sunday.'),
	(3, 'currency', 'currency', NULL, 'Currency of every amount, three capital letters; NULL where there is no one currency.'),
	(4, 'as_of', 'cutoff', 'data', 'First day that is not observed: "data" (the day after the last day seen), "today" (in the model''s time zone) or a date.'),
	(5, 'start_kinds', 'words', NULL, 'Kinds of events that may start a cohort, separated by commas; NULL: every kind.'),
	(6, 'return_kinds', 'words', NULL, 'Kinds of events that count as a return, separated by commas; NULL: every kind.'),
	(7, 'conf', 'fraction', '0.95', 'Confidence level of every interval.'),
	(8, 'min_group_size', 'count', '0', 'Groups with fewer customers than this are left out of report views; 0 shows all.');

CREATE TABLE cvm.model (
	model name PRIMARY KEY,
	owner name NOT NULL DEFAULT current_user
);
COMMENT ON TABLE cvm.model IS 'One row per model: the name of its schema and the role that owns it.';

CREATE TABLE cvm.setting (
	model name NOT NULL REFERENCES cvm.model ON UPDATE CASCADE ON DELETE CASCADE,
	setting text NOT NULL REFERENCES cvm.setting_definition,
	value text,
	PRIMARY KEY (model, setting)
);
COMMENT ON TABLE cvm.setting IS 'Settings of a model that were given; what is absent has the initial value of cvm.setting_definition.';

CREATE TABLE cvm.binding (
	model name NOT NULL REFERENCES cvm.model ON UPDATE CASCADE ON DELETE CASCADE,
	entity text NOT NULL,
	source_schema name NOT NULL,
	source_name name NOT NULL,
	columns jsonb NOT NULL DEFAULT '{}',
	PRIMARY KEY (model, entity)
);
COMMENT ON TABLE cvm.binding IS 'What each canonical relation of a model reads: names of a schema, a relation and columns.';
COMMENT ON COLUMN cvm.binding.columns IS 'Canonical column to source column, as given to cvm.bind(); columns of the same name are taken without being listed.';

CREATE TABLE cvm.generated (
	model name NOT NULL REFERENCES cvm.model ON UPDATE CASCADE ON DELETE CASCADE,
	relation name NOT NULL,
	PRIMARY KEY (model, relation)
);
COMMENT ON TABLE cvm.generated IS 'Views that cvm made in a model''s schema: it replaces and drops these and no others.';

SELECT pg_catalog.pg_extension_config_dump('cvm.model', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.setting', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.binding', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.generated', '');

-- A dump is not filtered by policies for the tables' owner: whoever created the
-- extension can dump and restore it, superuser or not.
ALTER TABLE cvm.model OWNER TO @extowner@;
ALTER TABLE cvm.setting OWNER TO @extowner@;
ALTER TABLE cvm.binding OWNER TO @extowner@;
ALTER TABLE cvm.generated OWNER TO @extowner@;

CREATE FUNCTION cvm._is_member(owner name) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- false, not an error, for a role that a restore did not bring along
	SELECT EXISTS (
		SELECT FROM pg_roles r
		WHERE r.rolname = $1 AND pg_has_role(r.oid, 'MEMBER'));
$$;
COMMENT ON FUNCTION cvm._is_member(name) IS 'Is the caller a member of this role?';

ALTER TABLE cvm.model ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.setting ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.binding ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.generated ENABLE ROW LEVEL SECURITY;

CREATE POLICY members ON cvm.model
	USING (cvm._is_member(owner)) WITH CHECK (cvm._is_member(owner));
-- the policy of cvm.model decides for these too
CREATE POLICY members ON cvm.setting
	USING (EXISTS (SELECT FROM cvm.model m WHERE m.model = setting.model))
	WITH CHECK (EXISTS (SELECT FROM cvm.model m WHERE m.model = setting.model));
CREATE POLICY members ON cvm.binding
	USING (EXISTS (SELECT FROM cvm.model m WHERE m.model = binding.model))
	WITH CHECK (EXISTS (SELECT FROM cvm.model m WHERE m.model = binding.model));
CREATE POLICY members ON cvm.generated
	USING (EXISTS (SELECT FROM cvm.model m WHERE m.model = generated.model))
	WITH CHECK (EXISTS (SELECT FROM cvm.model m WHERE m.model = generated.model));

GRANT SELECT, INSERT, UPDATE, DELETE
	ON cvm.model, cvm.setting, cvm.binding, cvm.generated TO PUBLIC;
GRANT SELECT ON cvm.setting_definition TO PUBLIC;

-- ---------------------------------------------------------------------------
-- Names that are nearly right
-- ---------------------------------------------------------------------------

CREATE FUNCTION cvm._likeness(a text, b text) RETURNS double precision
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- Dice coefficient of the sets of letter pairs, word ends included, of as
	-- much as a name may have
	WITH x AS (SELECT DISTINCT substr(' ' || lower(left(a, 63)) || ' ', i, 2) AS pair FROM generate_series(1, length(left(a, 63)) + 1) i),
		y AS (SELECT DISTINCT substr(' ' || lower(left(b, 63)) || ' ', i, 2) AS pair FROM generate_series(1, length(left(b, 63)) + 1) i)
	SELECT 2.0 * (SELECT count(*) FROM x JOIN y USING (pair))
		/ ((SELECT count(*) FROM x) + (SELECT count(*) FROM y));
$$;
COMMENT ON FUNCTION cvm._likeness(text, text) IS 'How alike two names are, 0..1.';

CREATE FUNCTION cvm._nearest(words text[], candidates text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT string_agg(format('"%s"', near.candidate), ', ' ORDER BY near.likeness DESC, near.candidate)
	FROM (
		SELECT c.candidate, max(cvm._likeness(w.word, c.candidate)) AS likeness
		FROM unnest(words) AS w(word), unnest(candidates) AS c(candidate)
		GROUP BY c.candidate
		HAVING max(cvm._likeness(w.word, c.candidate)) >= 0.35
		ORDER BY 2 DESC, 1
		LIMIT 3) AS near;
$$;
COMMENT ON FUNCTION cvm._nearest(text[], text[]) IS 'Up to three candidates that look like one of the words, quoted and separated by commas; NULL when none does.';

-- ---------------------------------------------------------------------------
-- Settings
-- ---------------------------------------------------------------------------

CREATE FUNCTION cvm._check_setting(setting text, value text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_column
DECLARE
	definition cvm.setting_definition;
	known text;
	wrong text := format('invalid value for setting "%s": %s', _check_setting.setting, coalesce('"' || _check_setting.value || '"', 'NULL'));
BEGIN
	SELECT d.* INTO definition FROM cvm.setting_definition d WHERE d.setting = _check_setting.setting;
	IF NOT FOUND THEN
		SELECT string_agg(d.setting, ', ' ORDER BY d.position) INTO known FROM cvm.setting_definition d;
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('unknown setting %s', coalesce('"' || _check_setting.setting || '"', 'NULL')),
			HINT = format('Settings are %s.', known);
	END IF;

	IF _check_setting.value IS NULL THEN
		IF definition.kind IN ('words', 'currency') THEN
			RETURN NULL;
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = wrong,
			HINT = definition.description;
	END IF;

	CASE definition.kind
	WHEN 'zone' THEN
		-- by name only: in POSIX notation "UTC+2" lies two hours west
		SELECT z.name INTO known FROM pg_timezone_names z
		WHERE lower(z.name) = lower(_check_setting.value);
		IF NOT FOUND THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				DETAIL = 'There is no time zone of that name in pg_timezone_names.',
				HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[_check_setting.value],
					(SELECT array_agg(z.name) FROM pg_timezone_names z WHERE z.name NOT LIKE 'posix%')) || '?',
					'Name a zone such as "Europe/Vilnius" or "UTC".');
		END IF;
		RETURN known;
	WHEN 'weekday' THEN
		IF _check_setting.value !~ '^[1-7]$' THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give the ISO day on which weeks begin, 1 (Monday) to 7 (Sunday).';
		END IF;
	WHEN 'currency' THEN
		IF _check_setting.value !~ '^[A-Za-z]{3}$' THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give the three letters of ISO 4217, such as "EUR", or NULL.';
		END IF;
		RETURN upper(_check_setting.value);
	WHEN 'cutoff' THEN
		IF _check_setting.value IN ('data', 'today') THEN
			RETURN _check_setting.value;
		END IF;
		BEGIN
			IF _check_setting.value !~ '^\d{4}-\d{2}-\d{2}$' THEN
				RAISE invalid_datetime_format;
			END IF;
			RETURN (_check_setting.value)::date::text;
		EXCEPTION WHEN data_exception THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give "data", "today" or a date such as "2025-01-31", the first day that is not observed.';
		END;
	WHEN 'words' THEN
		BEGIN
			-- kept as an array, so that a word may hold a comma
			SELECT array_agg(btrim(w.word) ORDER BY w.n)::text INTO known
			FROM unnest(CASE WHEN _check_setting.value LIKE '{%' THEN _check_setting.value::text[]
				ELSE string_to_array(_check_setting.value, ',') END) WITH ORDINALITY AS w(word, n)
			HAVING bool_and(coalesce(btrim(w.word), '') <> '');
		EXCEPTION WHEN data_exception THEN
			known := NULL;
		END;
		IF known IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give words separated by commas, such as "order, renewal", or NULL for every word.';
		END IF;
		RETURN known;
	WHEN 'fraction' THEN
		BEGIN
			IF _check_setting.value::float8 > 0 AND _check_setting.value::float8 < 1 THEN
				RETURN _check_setting.value::float8::text;
			END IF;
		EXCEPTION WHEN data_exception THEN
			NULL;
		END;
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
			HINT = 'Give a number between 0 and 1, such as 0.95.';
	WHEN 'count' THEN
		IF _check_setting.value !~ '^\d{1,9}$' THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give a whole number, 0 or more.';
		END IF;
	END CASE;
	RETURN _check_setting.value;
END
$$;
COMMENT ON FUNCTION cvm._check_setting(text, text) IS 'The value of a setting in the form in which it is stored, or an error that says what is accepted.';

CREATE FUNCTION cvm._literals(model name) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH given AS (
		SELECT d.setting, d.kind, CASE WHEN s.setting IS NULL THEN d.initial ELSE s.value END AS value
		FROM cvm.setting_definition d
		LEFT JOIN cvm.setting s ON s.setting = d.setting AND s.model = _literals.model
	), status AS (
		-- every spell is asked, and in plain letters that takes half the time
		SELECT g.setting, format('lower(s.status%s) = ANY (%L::text[])',
			CASE WHEN octet_length(convert_to(g.value, 'UTF8')) = char_length(g.value) THEN ' COLLATE "C"' ELSE '' END, g.value) AS test
		FROM given g WHERE g.setting IN ('paused_statuses', 'unpaid_statuses')
	)
	SELECT jsonb_object_agg(g.setting, CASE g.kind
		WHEN 'words' THEN format('%L::text[]', g.value)
		WHEN 'fraction' THEN format('%L::double precision', g.value)
		WHEN 'count' THEN format('%s', g.value::int)
		WHEN 'weekday' THEN format('%s', g.value::int)
		WHEN 'cutoff' THEN CASE g.value
			WHEN 'data' THEN 'NULL::date'
			WHEN 'today' THEN format('(now() AT TIME ZONE %L)::date', (SELECT z.value FROM given z WHERE z.setting = 'time_zone'))
			ELSE format('%L::date', g.value) END
		ELSE format('%L::text', g.value) END)
		-- events of all kinds start and return: folds are cheaper unmarked
		|| jsonb_build_object('marks', (
			SELECT CASE WHEN count(m.value) > 0 THEN string_agg(format(', coalesce(e.kind = ANY (%1$L::text[]), %1$L::text[] IS NULL)', m.value), '' ORDER BY m.setting DESC) ELSE '' END
			FROM given m WHERE m.setting IN ('start_kinds', 'return_kinds')))
		|| (SELECT jsonb_build_object('is_paused', p.test, 'price', format('CASE WHEN %s AND (%s) IS NOT TRUE THEN 0 ELSE s.mrr END', u.test, p.test))
			FROM status p, status u WHERE p.setting = 'paused_statuses' AND u.setting = 'unpaid_statuses')
	FROM given g;
$$;
COMMENT ON FUNCTION cvm._literals(name) IS 'Every setting of a model as SQL: what {time_zone}, {as_of} and so on stand for in the bodies of report views. {marks} are the last two arguments of folds of events e, start and return, where they are needed; {price} is what spells s bring, or would if they were not paused, which {is_paused} says.';

CREATE FUNCTION cvm._fill(body text, literals jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- one pass from left to right: what was put in is never looked at again
	SELECT string_agg(coalesce(literals ->> p.part[2], p.part[1]), '' ORDER BY p.n)
	FROM regexp_matches(body, '(\{([a-z_]+)\}|[^{]+|\{)', 'g') WITH ORDINALITY AS p(part, n);
$$;
COMMENT ON FUNCTION cvm._fill(text, jsonb) IS 'A body with {setting} replaced by the SQL of that setting.';

-- ---------------------------------------------------------------------------
-- Models
-- ---------------------------------------------------------------------------

CREATE FUNCTION cvm._open(model name, writes boolean DEFAULT true) RETURNS name
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name;
	holder name;
BEGIN
	IF _open.writes THEN
		-- one change of a model at a time
		SELECT m.owner INTO owner FROM cvm.model m WHERE m.model = _open.model FOR UPDATE;
	ELSE
		SELECT m.owner INTO owner FROM cvm.model m WHERE m.model = _open.model;
	END IF;
	SELECT pg_get_userbyid(n.nspowner) INTO holder FROM pg_namespace n WHERE n.nspname = _open.model;

	IF owner IS NULL THEN
		IF holder IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_object',
				MESSAGE = format('model %s does not exist', coalesce('"' || _open.model || '"', 'NULL')),
				HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[_open.model::text], (SELECT array_agg(m.model::text) FROM cvm.model m)) || '?',
					'Make it with cvm.create_model().');
		ELSIF cvm._is_member(holder) THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_object',
				MESSAGE = format('schema "%s" is not a model', _open.model),
				HINT = format('Make it one with SELECT cvm.create_model(%L, tz => ...).', _open.model);
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('permission denied for model "%s"', _open.model),
			HINT = format('Only members of role "%s" may work with it: SET ROLE %I, or have it granted to you.', holder, holder);
	ELSIF NOT cvm._is_member(owner) THEN
		-- seen by a superuser after a restore, or by the owner of the registry
		IF EXISTS (SELECT FROM pg_roles r WHERE r.rolname = owner) THEN
			RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
				MESSAGE = format('permission denied for model "%s"', _open.model),
				HINT = format('Only members of role "%s" may work with it: SET ROLE %I, or have it granted to you.', owner, owner);
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('model "%s" belongs to role "%s", which does not exist', _open.model, owner),
			HINT = format('Give it to a role that does: UPDATE cvm.model SET owner = current_user WHERE model = %L;', _open.model);
	ELSIF holder IS NOT NULL AND NOT EXISTS (
		SELECT FROM pg_roles r, pg_roles h
		WHERE r.rolname = owner AND h.rolname = holder AND pg_has_role(r.oid, h.oid, 'MEMBER'))
	THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('schema "%s" belongs to role "%s", not to the model''s owner "%s"', _open.model, holder, owner),
			HINT = 'Let one role own both.';
	END IF;
	RETURN owner;
END
$$;
COMMENT ON FUNCTION cvm._open(name, boolean) IS 'The owner of a model; refuses whoever is not a member of that role. Before a change it also locks the model.';

CREATE FUNCTION cvm.create_model(
	model name,
	tz text,
	week_start int DEFAULT 1,
	currency text DEFAULT NULL,
	as_of text DEFAULT 'data'
) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	holder name;
	clash text;
BEGIN
	IF create_model.model IS NULL OR create_model.model = '' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_name',
			MESSAGE = 'a model needs a name',
			HINT = 'The name is that of the schema that will hold its views.';
	ELSIF create_model.model IN ('cvm', 'information_schema', '$user') OR create_model.model LIKE 'pg\_%' THEN
		RAISE EXCEPTION USING ERRCODE = 'reserved_name',
			MESSAGE = format('"%s" cannot be the name of a model', create_model.model),
			HINT = 'Choose a name that is not one of PostgreSQL''s or of the extension.';
	END IF;
	IF EXISTS (SELECT FROM cvm.model m WHERE m.model = create_model.model) THEN
		RAISE EXCEPTION USING ERRCODE = 'duplicate_object',
			MESSAGE = format('model "%s" already exists', create_model.model),
			HINT = format('Change it with cvm.configure(), or start over after SELECT cvm.drop_model(%L);', create_model.model);
	END IF;

	SELECT pg_get_userbyid(n.nspowner) INTO holder FROM pg_namespace n WHERE n.nspname = create_model.model;
	IF holder IS NULL THEN
		EXECUTE format('CREATE SCHEMA %I', create_model.model);
		EXECUTE format('COMMENT ON SCHEMA %I IS %L', create_model.model,
			'Customer value model. Its views: SELECT * FROM cvm.catalog(' || quote_literal(create_model.model) || ').');
	ELSIF NOT cvm._is_member(holder) THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
			MESSAGE = format('schema "%s" exists and belongs to role "%s"', create_model.model, holder),
			HINT = format('Choose another name, or SET ROLE %I first.', holder);
	ELSE
		SELECT string_agg(format('"%s"', c.relname), ', ' ORDER BY c.relname) INTO clash
		FROM pg_class c
		WHERE c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = create_model.model)
			AND c.relname IN (SELECT e.entity FROM cvm.entity e UNION ALL SELECT r.view FROM cvm.report_view r);
		IF clash IS NOT NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'duplicate_table',
				MESSAGE = format('schema "%s" already holds relations of names that a model needs: %s', create_model.model, clash),
				HINT = 'Choose another name for the model, and bind these relations to it.';
		END IF;
	END IF;

	BEGIN
		INSERT INTO cvm.model (model) VALUES (create_model.model);
	EXCEPTION WHEN unique_violation THEN
		RAISE EXCEPTION USING ERRCODE = 'duplicate_object',
			MESSAGE = format('model "%s" already exists and belongs to another role', create_model.model),
			HINT = 'Choose another name.';
	END;
	INSERT INTO cvm.setting (model, setting, value) VALUES
		(create_model.model, 'time_zone', cvm._check_setting('time_zone', tz)),
		(create_model.model, 'week_start', cvm._check_setting('week_start', week_start::text)),
		(create_model.model, 'currency', cvm._check_setting('currency', currency)),
		(create_model.model, 'as_of', cvm._check_setting('as_of', as_of));
END
$$;
COMMENT ON FUNCTION cvm.create_model(name, text, int, text, text) IS 'Makes a model: a schema of that name with its own time zone, week start, currency and end of observation.';

CREATE FUNCTION cvm.configure(model name, setting text, value text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	checked text;
BEGIN
	PERFORM cvm._open(configure.model);
	checked := cvm._check_setting(configure.setting, configure.value);
	DELETE FROM cvm.setting s WHERE s.model = configure.model AND s.setting = configure.setting;
	INSERT INTO cvm.setting (model, setting, value) VALUES (configure.model, configure.setting, checked);
	PERFORM cvm._generate(configure.model);
END
$$;
COMMENT ON FUNCTION cvm.configure(name, text, text) IS 'Changes one setting of a model and regenerates its views.';

CREATE FUNCTION cvm.rebuild(model name)
RETURNS TABLE (relation name, action text, detail text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name := cvm._open(rebuild.model);
BEGIN
	IF NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = rebuild.model) THEN
		EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', rebuild.model, owner);
	END IF;
	RETURN QUERY SELECT * FROM cvm._generate(rebuild.model);
END
$$;
COMMENT ON FUNCTION cvm.rebuild(name) IS 'Makes every view of a model again from the stored bindings, and says what became of each. For use after a loader replaced its tables.';

CREATE FUNCTION cvm.drop_model(model name, keep_schema boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	left_over text;
BEGIN
	PERFORM cvm._open(drop_model.model);
	PERFORM cvm._drop_views(drop_model.model, (SELECT array_agg(g.relation) FROM cvm.generated g WHERE g.model = drop_model.model));
	PERFORM cvm._drop_stored(t.model, t.relation) FROM cvm.stored t WHERE t.model = drop_model.model;
	DELETE FROM cvm.model m WHERE m.model = drop_model.model;
	IF drop_model.keep_schema OR NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = drop_model.model) THEN
		RETURN;
	END IF;
	BEGIN
		EXECUTE format('DROP SCHEMA %I RESTRICT', drop_model.model);
	EXCEPTION WHEN dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS left_over = PG_EXCEPTION_DETAIL;
		RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
			MESSAGE = format('schema "%s" holds more than the model', drop_model.model),
			DETAIL = left_over,
			HINT = format('Drop these first, or keep the schema: SELECT cvm.drop_model(%L, keep_schema => true);', drop_model.model);
	END;
END
$$;
COMMENT ON FUNCTION cvm.drop_model(name, boolean) IS 'Drops a model: its views, stored tables, settings and bindings, and its schema unless that is to be kept. Never touches what others made.';
