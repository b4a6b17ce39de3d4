-- SPDX-License-Identifier: PostgreSQL
\echo Use "CREATE EXTENSION cvm" to load this file. \quit

COMMENT ON SCHEMA cvm IS
	'Customer value management: cohort retention, cannibalization checks and segment KPIs';

CREATE FUNCTION cvm.version() RETURNS text
	AS 'MODULE_PATHNAME', 'cvm_version'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.version() IS 'Version of the loaded cvm library';
-- What every state type has: input, output, order, and the operator classes
-- that DISTINCT, UNION, GROUP BY, indexes and partitioning need.  This
-- procedure writes them for one type; 99-epilogue.sql drops it again.
CREATE PROCEDURE create_state_type(type_name text, description text)
LANGUAGE plpgsql
SET search_path = cvm, pg_catalog, pg_temp
AS $procedure$
DECLARE
	comparison record;
BEGIN
	EXECUTE format('CREATE TYPE %I', type_name);
	EXECUTE format($$
		CREATE FUNCTION %1$I(cstring) RETURNS %3$I
			AS 'MODULE_PATHNAME', 'cvm_%3$s_in'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE FUNCTION %2$I(internal) RETURNS %3$I
			AS 'MODULE_PATHNAME', 'cvm_%3$s_recv'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE FUNCTION %4$I(%3$I) RETURNS cstring
			AS 'MODULE_PATHNAME', 'cvm_%5$s_out'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE FUNCTION %6$I(%3$I) RETURNS bytea
			AS 'MODULE_PATHNAME', 'cvm_%5$s_send'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE TYPE %3$I (
			INPUT = %1$I, OUTPUT = %4$I, RECEIVE = %2$I, SEND = %6$I,
			INTERNALLENGTH = variable, ALIGNMENT = double, STORAGE = extended
		)$$,
		type_name || '_in', type_name || '_recv', type_name, type_name || '_out',
		-- the log of an aggregate may have to be put in order first
		CASE WHEN type_name IN ('activity', 'holdings') THEN type_name ELSE 'state' END,
		type_name || '_send');
	EXECUTE format('COMMENT ON TYPE %I IS %L', type_name, description);

	FOR comparison IN
		SELECT *
		FROM (VALUES ('lt', '<',  '>',  '>=', 'scalarltsel',   'scalarltjoinsel'),
					 ('le', '<=', '>=', '>',  'scalarlesel',   'scalarlejoinsel'),
					 ('eq', '=',  '=',  '<>', 'eqsel',         'eqjoinsel'),
					 ('ne', '<>', '<>', '=',  'neqsel',        'neqjoinsel'),
					 ('ge', '>=', '<=', '<',  'scalargesel',   'scalargejoinsel'),
					 ('gt', '>',  '<',  '<=', 'scalargtsel',   'scalargtjoinsel'))
			 AS c (word, sign, commutator, negator, restrict_fn, join_fn)
	LOOP
		EXECUTE format($$
			CREATE FUNCTION %1$I(%2$I, %2$I) RETURNS boolean
				AS 'MODULE_PATHNAME', 'cvm_state_%3$s'
				LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
			CREATE OPERATOR %4$s (
				LEFTARG = %2$I, RIGHTARG = %2$I, FUNCTION = %1$I,
				COMMUTATOR = %5$s, NEGATOR = %6$s,
				RESTRICT = %7$s, JOIN = %8$s%9$s
			)$$,
			type_name || '_' || comparison.word, type_name, comparison.word,
			comparison.sign, comparison.commutator, comparison.negator,
			comparison.restrict_fn, comparison.join_fn,
			CASE comparison.word WHEN 'eq' THEN ', HASHES, MERGES' ELSE '' END);
		EXECUTE format('COMMENT ON FUNCTION %I(%I, %2$I) IS %L',
					   type_name || '_' || comparison.word, type_name,
					   'Implementation of ' || comparison.sign || ': compares bytes');
	END LOOP;

	EXECUTE format($$
		CREATE FUNCTION %1$I(%2$I, %2$I) RETURNS integer
			AS 'MODULE_PATHNAME', 'cvm_state_cmp'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE FUNCTION %3$I(%2$I) RETURNS integer
			AS 'MODULE_PATHNAME', 'cvm_state_hash'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE FUNCTION %4$I(%2$I, bigint) RETURNS bigint
			AS 'MODULE_PATHNAME', 'cvm_state_hash_extended'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		CREATE OPERATOR CLASS %5$I DEFAULT FOR TYPE %2$I USING btree AS
			OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >,
			FUNCTION 1 %1$I(%2$I, %2$I);
		CREATE OPERATOR CLASS %6$I DEFAULT FOR TYPE %2$I USING hash AS
			OPERATOR 1 =,
			FUNCTION 1 %3$I(%2$I),
			FUNCTION 2 %4$I(%2$I, bigint);
		COMMENT ON FUNCTION %1$I(%2$I, %2$I) IS 'Orders by bytes, for indexes';
		COMMENT ON FUNCTION %3$I(%2$I) IS 'Hashes bytes';
		COMMENT ON FUNCTION %4$I(%2$I, bigint) IS 'Hashes bytes with a seed';
		COMMENT ON FUNCTION %7$I(cstring) IS 'Input: the hexadecimal text of a state, checked';
		COMMENT ON FUNCTION %8$I(%2$I) IS 'Output: hexadecimal text';
		COMMENT ON FUNCTION %9$I(internal) IS 'Binary input, checked';
		COMMENT ON FUNCTION %10$I(%2$I) IS 'Binary output'$$,
		type_name || '_cmp', type_name, type_name || '_hash',
		type_name || '_hash_extended', type_name || '_ops', type_name || '_hash_ops',
		type_name || '_in', type_name || '_out', type_name || '_recv',
		type_name || '_send');
END
$procedure$;

-- Operator || and the aggregate rollup of a state type whose functions
-- TYPE_merge(TYPE, TYPE) and, for the aggregate, TYPE_rollup exist.
CREATE PROCEDURE create_state_merge(type_name text, step_function text)
LANGUAGE plpgsql
SET search_path = cvm, pg_catalog, pg_temp
AS $procedure$
BEGIN
	EXECUTE format($$
		CREATE FUNCTION %1$I(%2$I, %2$I) RETURNS %2$I
			AS 'MODULE_PATHNAME', 'cvm_%2$s_merge'
			LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
		COMMENT ON FUNCTION %1$I(%2$I, %2$I) IS 'Adds two states up, in any order';
		CREATE OPERATOR || (
			LEFTARG = %2$I, RIGHTARG = %2$I, FUNCTION = %1$I, COMMUTATOR = ||
		);
		COMMENT ON OPERATOR || (%2$I, %2$I) IS 'Adds two states up, in any order'$$,
		type_name || '_merge', type_name);
	EXECUTE format($$
		CREATE AGGREGATE rollup(%1$I) (
			SFUNC = %2$I, STYPE = %1$I, COMBINEFUNC = %2$I, PARALLEL = SAFE
		);
		COMMENT ON AGGREGATE rollup(%1$I) IS 'Adds states up, in any order; NULL of no rows'$$,
		type_name, step_function);
END
$procedure$;
-- The registry: which models there are, their settings and bindings.
--
-- It is plain data: names, never oids, so that it survives a dump and the
-- DROP ... CASCADE of warehouse loaders.  Everybody may use it, each sees and
-- changes only the models of roles that they are a member of: row level
-- security does that, no function here runs with more rights than its caller's.

GRANT USAGE ON SCHEMA cvm TO PUBLIC;

CREATE TABLE cvm.setting_definition (
	setting text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	kind text NOT NULL CHECK (kind IN ('zone', 'weekday', 'currency', 'cutoff', 'words', 'fraction', 'count')),
	initial text,
	description text NOT NULL
);
COMMENT ON TABLE cvm.setting_definition IS 'What cvm.configure() can set. A further setting is a further row: the kind says how a value is checked and written into the report views.';
COMMENT ON COLUMN cvm.setting_definition.kind IS 'zone, weekday, currency, cutoff, words, fraction or count: see cvm._check_setting() and cvm._literals().';
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
-- Names that are nearly right, for hints and suggestions.

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
-- Settings of a model: what is accepted, and how they get into report views.

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
-- The classes of canonical columns (11-entity.sql): which types of source
-- columns each takes, and what it makes of them.

CREATE FUNCTION cvm._base_type(type oid) RETURNS oid
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE base AS (
		SELECT t.oid, t.typtype, t.typbasetype FROM pg_type t WHERE t.oid = $1
		UNION ALL
		SELECT t.oid, t.typtype, t.typbasetype FROM pg_type t JOIN base b ON b.typtype = 'd' AND t.oid = b.typbasetype
	)
	SELECT b.oid FROM base b WHERE b.typtype <> 'd';
$$;
COMMENT ON FUNCTION cvm._base_type(oid) IS 'The type below a domain; any other type as it is.';

CREATE FUNCTION cvm._class_type(class text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE class
		WHEN 'key' THEN 'text'
		WHEN 'label' THEN 'text'
		WHEN 'time' THEN 'timestamp with time zone'
		WHEN 'day' THEN 'date'
		WHEN 'money' THEN 'numeric'
		WHEN 'number' THEN 'double precision'
		WHEN 'count' THEN 'bigint'
		WHEN 'flag' THEN 'boolean'
	END;
$$;
COMMENT ON FUNCTION cvm._class_type(text) IS 'The type of a canonical column that is not bound.';

CREATE FUNCTION cvm._class_words(class text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE class
		WHEN 'key' THEN 'smallint, integer, bigint, text, varchar or uuid'
		WHEN 'label' THEN 'text, varchar, an integer type, uuid or an enum'
		WHEN 'time' THEN 'date, timestamp or timestamptz'
		WHEN 'day' THEN 'date, timestamp or timestamptz'
		WHEN 'money' THEN 'numeric or an integer type'
		WHEN 'number' THEN 'numeric, an integer type, real or double precision'
		WHEN 'count' THEN 'an integer type'
		WHEN 'flag' THEN 'boolean'
	END;
$$;
COMMENT ON FUNCTION cvm._class_words(text) IS 'The types that a canonical column takes, for people.';

CREATE FUNCTION cvm._accept(class text, type oid, tz text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- %s is the source column; a cast that only drops a length or a domain
	-- leaves indexes of the source usable
	SELECT CASE class
		WHEN 'key' THEN CASE
			WHEN b.name IN ('text', 'varchar') THEN '%s::text'
			WHEN b.name = 'bpchar' THEN '%s'
			WHEN b.name IN ('int2', 'int4', 'int8', 'uuid') THEN '%s::' || b.name
			END
		WHEN 'label' THEN CASE
			WHEN b.name IN ('text', 'varchar', 'bpchar', 'name', 'int2', 'int4', 'int8', 'uuid') OR b.typtype = 'e' THEN '%s::text'
			END
		WHEN 'time' THEN CASE
			WHEN b.name IN ('date', 'timestamp', 'timestamptz') THEN '%s::' || b.name
			END
		WHEN 'day' THEN CASE
			WHEN b.name IN ('date', 'timestamp') THEN '%s::date'
			WHEN b.name = 'timestamptz' THEN '(%s AT TIME ZONE ' || replace(quote_literal(tz), '%', '%%') || ')::date'
			END
		WHEN 'money' THEN CASE
			WHEN b.name IN ('numeric', 'int2', 'int4', 'int8') THEN '%s::numeric'
			END
		WHEN 'number' THEN CASE
			WHEN b.name IN ('numeric', 'int2', 'int4', 'int8', 'float4', 'float8') THEN '%s::double precision'
			END
		WHEN 'count' THEN CASE
			WHEN b.name IN ('int2', 'int4', 'int8') THEN '%s::bigint'
			END
		WHEN 'flag' THEN CASE
			WHEN b.name = 'bool' THEN '%s::boolean'
			END
		END
	FROM (
		SELECT t.typtype, CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN t.typname END AS name
		FROM pg_type t WHERE t.oid = cvm._base_type(type)) AS b;
$$;
COMMENT ON FUNCTION cvm._accept(text, oid, text) IS 'How a source column of this type becomes a canonical column of this class, as a pattern for format(); NULL when it does not.';
-- Models: a schema with settings and bindings, made, changed and dropped.

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
-- Entities: what can be bound, as data.
--
-- class says which source types a column takes and what the canonical view
-- makes of them (cvm._accept() in 05-class.sql):
--
--   key     customer ids: integers, text, uuid; stays as it is
--   label   any short name: text, integers, uuid, enum; becomes text
--   time    date, timestamp or timestamptz; stays as it is
--   day     the same; becomes a date, in the model's time zone
--   money   numeric and integers, never floating point; becomes numeric
--   number  any number; becomes double precision
--   count   integers; becomes bigint
--   flag    boolean

CREATE TABLE cvm.entity (
	entity text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	synonyms text[] NOT NULL DEFAULT '{}',
	description text NOT NULL
);
COMMENT ON TABLE cvm.entity IS 'The canonical relations that a model may have.';
COMMENT ON COLUMN cvm.entity.synonyms IS 'What warehouses call such a table: for cvm.suggest().';

CREATE TABLE cvm.entity_column (
	entity text NOT NULL REFERENCES cvm.entity,
	position int NOT NULL,
	column_name text NOT NULL,
	required boolean NOT NULL,
	nullable boolean NOT NULL DEFAULT true,
	class text NOT NULL CHECK (class IN ('key', 'label', 'time', 'day', 'money', 'number', 'count', 'flag')),
	synonyms text[] NOT NULL DEFAULT '{}',
	description text NOT NULL,
	PRIMARY KEY (entity, column_name),
	UNIQUE (entity, position)
);
COMMENT ON TABLE cvm.entity_column IS 'The columns of each canonical relation.';
COMMENT ON COLUMN cvm.entity_column.required IS 'Must be bound; what is not required and not bound is NULL in the canonical view.';
COMMENT ON COLUMN cvm.entity_column.nullable IS 'May hold NULL; if not, cvm.check_model() counts the NULLs.';
COMMENT ON COLUMN cvm.entity_column.class IS 'Accepted types and resulting type: key, label, time, day, money, number, count or flag.';
COMMENT ON COLUMN cvm.entity_column.synonyms IS 'What warehouses call such a column: for hints and cvm.suggest().';

INSERT INTO cvm.entity (position, entity, synonyms, description) VALUES
	(1, 'customer', '{customers,client,account,user,member,subscriber,dim_customer,party,person}',
		'One row per customer; every further column is an attribute.'),
	(2, 'event', '{events,order,orders,invoice,invoices,purchase,transaction,activity,usage,visit,payment,fact_sales,sale}',
		'One row per thing that a customer did at a moment: order, payment, visit, usage.'),
	(3, 'subscription', '{subscriptions,subs,contract,contracts,plan_history,service,membership,policy,subscription_spell}',
		'One row per spell during which a customer held a product at one price.'),
	(4, 'product', '{products,plan,plans,tariff,sku,item,dim_product,catalogue,price_plan}',
		'One row per product or plan.'),
	(5, 'bundle_component', '{bundle_components,bundle_item,bundle_part,bundle_content,package_component}',
		'One row per product that is part of a bundle.'),
	(6, 'offer', '{offers,promotion,promo,campaign_offer,deal,discount,price_offer}',
		'One row per offer under which a product is sold.'),
	(7, 'segment_history', '{segment_histories,customer_segment,segmentation,segment_membership,segment,segments,customer_segments}',
		'One row per spell during which a customer belonged to a segment.'),
	(8, 'owner', '{owners,ownership,responsibility,accountability,raci}',
		'Who answers for a segment, a product or anything else, and since when.'),
	(9, 'segment_target', '{segment_targets,target,targets,budget,plan_target,kpi_target}',
		'One row per segment, month and metric with the value aimed at.'),
	(10, 'contact', '{contacts,campaign_contact,contact_history,communication,outreach}',
		'One row per message or call to a customer.'),
	(11, 'ticket', '{tickets,case,support_case,complaint,incident,support_ticket}',
		'One row per request of a customer for help.'),
	(12, 'survey', '{surveys,survey_answer,nps,csat,response,feedback}',
		'One row per answer of a customer to a survey.'),
	(13, 'cost', '{costs,expense,cost_pool,cost_center}',
		'One row per month and pool of cost.'),
	(14, 'cost_driver', '{cost_drivers,driver,allocation_key,cost_allocation}',
		'What a pool of cost is shared out by.'),
	(15, 'initiative', '{initiatives,experiment,project,action,backlog}',
		'One row per thing that somebody tries in order to raise customer value.'),
	(16, 'review', '{reviews,value_review,review_cycle,meeting,decision}',
		'One row per decision of a value review.'),
	(17, 'fx_rate', '{fx_rates,exchange_rate,exchange_rates,currency_rate,fx,forex}',
		'What a currency was worth in the model''s own, from a day on.');

INSERT INTO cvm.entity_column (entity, position, column_name, required, nullable, class, synonyms, description) VALUES
	('customer', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,msisdn,subscriber_id,subscriber_no,customer_no,id,customer_key,buyer_id}', 'Who the customer is.'),
	('customer', 2, 'joined_on', false, true, 'day', '{joined,join_date,created_at,created_on,registered_at,signup_date,customer_since,first_seen}', 'Day on which the customer joined.'),
	('customer', 3, 'channel', false, true, 'label', '{source,acquisition_channel,sales_channel,medium,acquired_through}', 'Channel through which the customer came.'),

	('event', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,msisdn,subscriber_id,subscriber_no,customer_no,customer_key,buyer_id}', 'Who did it.'),
	('event', 2, 'occurred_at', true, false, 'time', '{at,ts,timestamp,event_time,created_at,order_date,ordered_at,invoice_date,paid_at,date,happened_at,purchased_at,transaction_date,occurred_on,event_date}', 'When it happened.'),
	('event', 3, 'kind', false, true, 'label', '{type,event_type,event_name,event,action,event_kind,category}', 'What happened: order, payment, visit …'),
	('event', 4, 'product', false, true, 'label', '{product_id,product_code,plan,plan_code,sku,item,stock_code,tariff}', 'Product that it was about.'),
	('event', 5, 'channel', false, true, 'label', '{source,sales_channel,medium,store,touchpoint}', 'Channel in which it happened.'),
	('event', 6, 'amount', false, true, 'money', '{value,total,revenue,price,net_amount,gross_amount,amount_paid,turnover,total_amount}', 'Money that it brought.'),
	('event', 7, 'currency', false, true, 'label', '{currency_code,curr,ccy}', 'Currency of amount; NULL: the model''s.'),

	('subscription', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,msisdn,subscriber_id,subscriber_no,customer_no,customer_key}', 'Who held the product.'),
	('subscription', 2, 'product', true, false, 'label', '{product_id,product_code,plan,plan_code,plan_id,sku,tariff,tariff_code,service_code}', 'Product that was held.'),
	('subscription', 3, 'started_on', true, false, 'day', '{start,start_date,start_dt,started_at,begin_date,valid_from,from_date,activated_at,activation_date,effective_from}', 'First day of the spell.'),
	('subscription', 4, 'ended_on', true, true, 'day', '{end,end_date,end_dt,ended_at,valid_to,to_date,expires_at,expiry_date,terminated_on,termination_date,canceled_at,effective_to}', 'First day after the spell; NULL while it goes on.'),
	('subscription', 5, 'mrr', true, false, 'money', '{monthly_fee,monthly_price,monthly_amount,price,fee,amount,recurring_amount,monthly_charge,mrc,monthly_recurring_revenue}', 'Recurring revenue per month.'),
	('subscription', 6, 'subscription_id', false, true, 'label', '{sub_id,contract_id,contract_no,line_id,service_id,agreement_id,id}', 'Which subscription the spell is part of.'),
	('subscription', 7, 'channel', false, true, 'label', '{source,sales_channel,acquisition_channel,dealer}', 'Channel in which it was sold.'),
	('subscription', 8, 'offer', false, true, 'label', '{offer_id,offer_code,promotion,promo,promo_code,campaign,coupon}', 'Offer under which it was sold.'),
	('subscription', 9, 'status', false, true, 'label', '{state,sub_status,subscription_status}', 'Status: paid, trial, paused, grace …'),
	('subscription', 10, 'end_reason', false, true, 'label', '{reason,cancel_reason,churn_reason,termination_reason}', 'Why it ended.'),
	('subscription', 11, 'cancel_requested_on', false, true, 'day', '{cancel_requested_at,cancelled_on,cancelled_at,canceled_at,notice_date,cancellation_date}', 'Day on which the end was asked for.'),
	('subscription', 12, 'currency', false, true, 'label', '{currency_code,curr,ccy}', 'Currency of mrr; NULL: the model''s.'),

	('product', 1, 'product', true, false, 'label', '{product_id,product_code,code,plan,plan_code,plan_id,sku,tariff,id}', 'Code of the product.'),
	('product', 2, 'family', false, true, 'label', '{product_family,category,group,product_group,line,product_line}', 'Family of products that it belongs to.'),
	('product', 3, 'launched_on', false, true, 'day', '{launch_date,launched,launched_at,available_from,introduced_on,released_on}', 'Day on which it was launched.'),
	('product', 4, 'unit_margin', false, true, 'money', '{margin,contribution,gross_margin,margin_amount}', 'Margin per unit and month.'),
	('product', 5, 'list_price', false, true, 'money', '{price,monthly_price,rrp,catalog_price,standard_price}', 'List price per month.'),
	('product', 6, 'is_bundle', false, true, 'flag', '{bundle,bundled,is_package}', 'Is it a bundle of other products?'),

	('bundle_component', 1, 'bundle', true, false, 'label', '{bundle_id,bundle_code,parent,package,parent_product}', 'Code of the bundle.'),
	('bundle_component', 2, 'product', true, false, 'label', '{product_id,product_code,component,child_product,item,part}', 'Code of the product that is part of it.'),
	('bundle_component', 3, 'standalone_price', false, true, 'money', '{price,single_price,list_price,unbundled_price}', 'Price per month of that product alone.'),

	('offer', 1, 'offer', true, false, 'label', '{offer_id,offer_code,code,promotion,promo_code,id}', 'Code of the offer.'),
	('offer', 2, 'product', false, true, 'label', '{product_id,product_code,plan,plan_code,sku}', 'Product that is on offer.'),
	('offer', 3, 'channel', false, true, 'label', '{sales_channel,medium}', 'Channel in which it may be sold.'),
	('offer', 4, 'price', false, true, 'money', '{offer_price,promo_price,discounted_price,amount}', 'Price per month under the offer.'),
	('offer', 5, 'new_customers_only', false, true, 'flag', '{new_only,new_customer,acquisition_only,for_new}', 'Is it meant for new customers only?'),
	('offer', 6, 'valid_from', false, true, 'day', '{start,start_date,from_date,starts_on,effective_from}', 'First day on which it may be sold.'),
	('offer', 7, 'valid_to', false, true, 'day', '{end,end_date,to_date,ends_on,effective_to}', 'First day on which it may no longer be sold; NULL: no end.'),

	('segment_history', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,msisdn,subscriber_id,subscriber_no,customer_no,customer_key}', 'Who belonged to the segment.'),
	('segment_history', 2, 'segment', true, false, 'label', '{segment_id,segment_name,segment_code,cluster,tier,class,group}', 'Segment that the customer belonged to.'),
	('segment_history', 3, 'valid_from', true, false, 'day', '{start,start_date,from_date,from_dt,since,effective_from,assigned_on,assigned_at,month}', 'First day in the segment.'),
	('segment_history', 4, 'valid_to', false, true, 'day', '{end,end_date,to_date,to_dt,until,effective_to}', 'First day no longer in the segment; NULL: still in it.'),
	('segment_history', 5, 'scheme', false, true, 'label', '{scheme_id,scheme_name,segmentation,segmentation_name,dimension}', 'Scheme that the segment is part of, such as value tier or brand.'),
	('segment_history', 6, 'scheme_version', false, true, 'label', '{scheme_revision,definition_version,segmentation_version}', 'Which definition of the segments this is by: who is in another segment by another definition has not moved.'),

	('owner', 1, 'subject_kind', true, false, 'label', '{kind,subject_type,type,scope}', 'What is owned: segment, product, channel …'),
	('owner', 2, 'subject', true, false, 'label', '{subject_id,object,name,scope_value,segment}', 'Which one is owned.'),
	('owner', 3, 'owner', true, false, 'label', '{owner_name,person,manager,responsible,accountable_person,lead}', 'Who owns it.'),
	('owner', 4, 'accountable', false, true, 'flag', '{is_accountable,main,is_main,primary}', 'Is this the one who answers for it? NULL: yes.'),
	('owner', 5, 'valid_from', false, true, 'day', '{start,start_date,from_date,since}', 'First day; NULL: always was.'),
	('owner', 6, 'valid_to', false, true, 'day', '{end,end_date,to_date,until}', 'First day no longer; NULL: still.'),

	('segment_target', 1, 'segment', true, false, 'label', '{segment_id,segment_name,segment_code,cluster,tier}', 'Segment.'),
	('segment_target', 2, 'month', true, false, 'day', '{period,month_start,date,target_month}', 'First day of the month.'),
	('segment_target', 3, 'metric', true, false, 'label', '{kpi,measure,metric_name,indicator}', 'Column of segment_kpi that the target is for.'),
	('segment_target', 4, 'target', true, false, 'number', '{value,goal,target_value,budget,plan}', 'Value aimed at.'),

	('contact', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,msisdn}', 'Who was contacted.'),
	('contact', 2, 'occurred_at', true, false, 'time', '{at,ts,sent_at,contacted_at,date,contact_date}', 'When.'),
	('contact', 3, 'channel', false, true, 'label', '{medium,contact_channel}', 'Channel of the contact.'),
	('contact', 4, 'campaign', false, true, 'label', '{campaign_id,campaign_code}', 'Campaign that it was part of.'),
	('contact', 5, 'offer', false, true, 'label', '{offer_id,offer_code,promo_code}', 'Offer that was made.'),
	('contact', 6, 'purpose', false, true, 'label', '{reason,contact_reason,category}', 'marketing or service.'),
	('contact', 7, 'outcome', false, true, 'label', '{result,response,disposition}', 'What came of it.'),
	('contact', 8, 'arm', false, true, 'label', '{test_group,variant,control_group}', 'target or control.'),

	('ticket', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,requester_id}', 'Who asked.'),
	('ticket', 2, 'opened_at', true, false, 'time', '{created_at,opened_on,created_on,reported_at}', 'When the request came.'),
	('ticket', 3, 'ticket_id', false, true, 'label', '{case_id,case_no,id,ticket_no}', 'Which request.'),
	('ticket', 4, 'product', false, true, 'label', '{product_id,product_code,plan,service}', 'Product that it was about.'),
	('ticket', 5, 'topic', false, true, 'label', '{category,subject,reason,type}', 'What it was about.'),
	('ticket', 6, 'channel', false, true, 'label', '{source,via,medium}', 'Channel in which it came.'),
	('ticket', 7, 'first_reply_at', false, true, 'time', '{first_human_reply_at,responded_at,first_response_at}', 'When a person first replied.'),
	('ticket', 8, 'solved_at', false, true, 'time', '{closed_at,resolved_at,solved_on}', 'When it was solved.'),
	('ticket', 9, 'reopens', false, true, 'count', '{reopen_count,reopened}', 'How often it was opened again.'),

	('survey', 1, 'customer_id', true, false, 'key', '{customer,cust,cust_id,client_id,user_id,account_id,member_id,respondent_id}', 'Who answered.'),
	('survey', 2, 'occurred_at', true, false, 'time', '{at,answered_at,responded_at,submitted_at,date}', 'When.'),
	('survey', 3, 'instrument', true, false, 'label', '{survey_type,survey,type,questionnaire}', 'nps, csat, ces, value …'),
	('survey', 4, 'score', true, false, 'number', '{rating,answer,points,value}', 'The answer.'),
	('survey', 5, 'driver', false, true, 'label', '{question,topic,dimension}', 'Driver of value that was asked about.'),
	('survey', 6, 'importance', false, true, 'number', '{weight}', 'How important the customer finds it.'),
	('survey', 7, 'competitor_score', false, true, 'number', '{competition_score,rival_score}', 'The answer about the competitor.'),
	('survey', 8, 'theme', false, true, 'label', '{topic_code,category}', 'Theme of the comment.'),
	('survey', 9, 'comment', false, true, 'label', '{text,verbatim,free_text}', 'What the customer wrote.'),

	('cost', 1, 'month', true, false, 'day', '{period,date,month_start}', 'First day of the month.'),
	('cost', 2, 'pool', true, false, 'label', '{cost_pool,category,cost_center,account}', 'Pool of cost.'),
	('cost', 3, 'amount', true, false, 'money', '{cost,value,total,expense}', 'Money spent.'),
	('cost', 4, 'currency', false, true, 'label', '{currency_code,curr,ccy}', 'Currency of amount; NULL: the model''s.'),

	('cost_driver', 1, 'month', true, false, 'day', '{period,date,month_start}', 'First day of the month.'),
	('cost_driver', 2, 'pool', true, false, 'label', '{cost_pool,category,cost_center}', 'Pool of cost that it shares out.'),
	('cost_driver', 3, 'quantity', true, false, 'number', '{driver_quantity,volume,units,qty}', 'How much of the driver.'),
	('cost_driver', 4, 'customer_id', false, true, 'key', '{customer,cust,cust_id,client_id,user_id,account_id}', 'Customer that it falls on.'),
	('cost_driver', 5, 'segment', false, true, 'label', '{segment_id,segment_name,segment_code}', 'Segment that it falls on.'),

	('initiative', 1, 'initiative', true, false, 'label', '{initiative_id,name,project,id,experiment}', 'Which initiative.'),
	('initiative', 2, 'driver', false, true, 'label', '{value_driver,topic}', 'Driver of value that it is to move.'),
	('initiative', 3, 'lever', false, true, 'label', '{approach}', 'raise_benefit or cut_cost.'),
	('initiative', 4, 'metric', false, true, 'label', '{hypothesis_metric,kpi,success_metric}', 'Metric that it is to move.'),
	('initiative', 5, 'expected_effect', false, true, 'number', '{min_effect,target_effect,uplift}', 'Least change of the metric that would count.'),
	('initiative', 6, 'baseline_on', false, true, 'day', '{baseline_at,baseline_date}', 'Day on which the metric was measured before.'),
	('initiative', 7, 'effort', false, true, 'number', '{cost,size,points}', 'What it takes.'),
	('initiative', 8, 'impact', false, true, 'number', '{value,benefit}', 'What it is expected to bring.'),
	('initiative', 9, 'status', false, true, 'label', '{state,stage}', 'open, shipped, measured, rolled back …'),
	('initiative', 10, 'decided_on', false, true, 'day', '{decision_date,approved_on}', 'Day of the decision.'),
	('initiative', 11, 'shipped_on', false, true, 'day', '{released_on,launched_on,live_date}', 'Day on which customers got it.'),
	('initiative', 12, 'is_flagship', false, true, 'flag', '{flagship,is_key}', 'Is it one that the board follows?'),

	('review', 1, 'cycle', true, false, 'label', '{review_cycle,period,name,id}', 'Which review.'),
	('review', 2, 'due_on', true, false, 'day', '{due_date,planned_on,scheduled_on}', 'Day on which it was due.'),
	('review', 3, 'held_on', false, true, 'day', '{held_at,meeting_date,done_on}', 'Day on which it was held; NULL: not yet.'),
	('review', 4, 'subject', false, true, 'label', '{topic,segment,product}', 'What was decided about.'),
	('review', 5, 'decision', false, true, 'label', '{outcome,resolution}', 'What was decided.'),
	('review', 6, 'initiative', false, true, 'label', '{initiative_id,project}', 'Initiative that follows from it.'),

	('fx_rate', 1, 'currency', true, false, 'label', '{currency_code,curr,ccy,from_currency}', 'Currency that is converted.'),
	('fx_rate', 2, 'valid_from', true, false, 'day', '{on,date,day,rate_date,from_date,effective_from}', 'First day of the rate, which holds until the next one.'),
	('fx_rate', 3, 'rate', true, false, 'money', '{fx_rate,exchange_rate,value}', 'What one unit is worth in the currency of the model.');

GRANT SELECT ON cvm.entity, cvm.entity_column TO PUBLIC;
-- What a model keeps: registry.
--
-- A model keeps states of its customers (customer_activity), reports, or
-- nothing.  What it keeps are ordinary tables of its schema; that it does, and
-- how they are brought up to date, are rows here.

CREATE TABLE cvm.customer_state (
	state text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	entity text NOT NULL,
	column_name name NOT NULL,
	type text NOT NULL,
	fold text NOT NULL,
	whole text,
	whole_rows text,
	last_day text NOT NULL,
	tally text NOT NULL,
	comment text NOT NULL
);
COMMENT ON TABLE cvm.customer_state IS 'Per-customer states that cvm.store() can keep. A further kind is a further row.';
COMMENT ON COLUMN cvm.customer_state.entity IS 'Canonical relation whose rows are folded; e in the fold.';
COMMENT ON COLUMN cvm.customer_state.column_name IS 'Column of the table that holds the state.';
COMMENT ON COLUMN cvm.customer_state.fold IS 'The aggregate, over columns of e, with {setting} for settings of the model.';
COMMENT ON COLUMN cvm.customer_state.whole IS 'Function that folds all customers of a query at once, faster than GROUP BY: %L is the query. NULL: there is none.';
COMMENT ON COLUMN cvm.customer_state.whole_rows IS 'What that query selects from e.';
COMMENT ON COLUMN cvm.customer_state.last_day IS 'Expression for the last day that a state has seen; %s is the state.';
COMMENT ON COLUMN cvm.customer_state.tally IS 'Query for what a state holds before a day, as rows (day, what, rows, value) that can be compared: %1$s is the state, %2$s the day.';

CREATE TABLE cvm.stored (
	model name NOT NULL REFERENCES cvm.model ON UPDATE CASCADE ON DELETE CASCADE,
	relation name NOT NULL,
	mode text NOT NULL DEFAULT 'full' CHECK (mode IN ('full', 'watermark', 'queue', 'scan')),
	watermark_column name CHECK ((mode = 'watermark') = (watermark_column IS NOT NULL)),
	overlap text,
	max_staleness interval NOT NULL DEFAULT '26 hours' CHECK (max_staleness > '0'),
	watermark text,
	made_of text,
	source_print text,
	queue_schema name,
	queue_name name,
	has_parts boolean NOT NULL DEFAULT false,
	refreshed_at timestamptz,
	data_through date,
	row_count bigint,
	PRIMARY KEY (model, relation)
);
COMMENT ON TABLE cvm.stored IS 'What each model keeps in tables, and up to when. Written together with the tables, so that it is never ahead of them.';
COMMENT ON COLUMN cvm.stored.relation IS 'A state such as customer_activity, which is the name of its table too, or a report view, kept in VIEW_stored.';
COMMENT ON COLUMN cvm.stored.mode IS 'How customers who changed are found: full, watermark, queue or scan.';
COMMENT ON COLUMN cvm.stored.overlap IS 'How far behind the watermark rows are looked at again.';
COMMENT ON COLUMN cvm.stored.has_parts IS 'Is there a table STATE_part with the states of each part of the source?';
COMMENT ON COLUMN cvm.stored.made_of IS 'Digest of the settings and the binding that went into the states. Views read states only while it is what it was.';
COMMENT ON COLUMN cvm.stored.source_print IS 'Digest of the source itself: another table of the same name, or a column of another type, is folded from the beginning.';

CREATE TABLE cvm.source_part (
	part_no bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
	model name NOT NULL,
	relation name NOT NULL,
	part text NOT NULL,
	fingerprint text NOT NULL,
	PRIMARY KEY (model, relation, part),
	FOREIGN KEY (model, relation) REFERENCES cvm.stored ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE cvm.source_part IS 'Partitions of the sources that are scanned, as they were when they were last folded.';
COMMENT ON COLUMN cvm.source_part.part IS 'Name of the partition.';
COMMENT ON COLUMN cvm.source_part.fingerprint IS 'Number of rows and a sum over them that no change leaves as it was: see cvm._scan().';

CREATE TABLE cvm.refresh_log (
	refresh_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	model name NOT NULL REFERENCES cvm.model ON UPDATE CASCADE ON DELETE CASCADE,
	relation name NOT NULL,
	called_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	finished_at timestamptz,
	role name NOT NULL DEFAULT current_user,
	mode text,
	rows_written bigint,
	rows_removed bigint,
	rows_restated bigint,
	data_through date,
	error text
);
COMMENT ON TABLE cvm.refresh_log IS 'One row per attempt to bring a table up to date. An attempt without an end is still running or was cut off: see cvm.freshness.';
COMMENT ON COLUMN cvm.refresh_log.called_at IS 'When the refresh was called that this attempt is part of: the same for all that one call refreshed.';
COMMENT ON COLUMN cvm.refresh_log.mode IS 'How it was done: full, watermark, queue, scan, or skipped because another job was at it.';
COMMENT ON COLUMN cvm.refresh_log.rows_restated IS 'What changed in closed months: cells (cvm.restatement), or days and spells of customers (the restatement table of the state).';
CREATE INDEX ON cvm.refresh_log (model, relation, refresh_id);

CREATE TABLE cvm.restatement (
	refresh_id bigint NOT NULL,
	model name NOT NULL REFERENCES cvm.model ON UPDATE CASCADE ON DELETE CASCADE,
	relation name NOT NULL,
	row_key text NOT NULL,
	period date NOT NULL,
	column_name name NOT NULL,
	old_value numeric,
	new_value numeric,
	change numeric GENERATED ALWAYS AS (coalesce(new_value, 0) - coalesce(old_value, 0)) STORED,
	noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (model, relation, refresh_id, row_key, column_name)
);
COMMENT ON TABLE cvm.restatement IS 'Cells of stored reports that changed although their period was closed when they were stored.';
COMMENT ON COLUMN cvm.restatement.period IS 'First day of the closed period.';
COMMENT ON COLUMN cvm.restatement.old_value IS 'Value as it was stored; NULL when it had none, or the row did not exist.';
COMMENT ON COLUMN cvm.restatement.new_value IS 'Value now; NULL when it has none, or the row is gone.';

CREATE TABLE cvm.reader (
	model name NOT NULL REFERENCES cvm.model ON UPDATE CASCADE ON DELETE CASCADE,
	role name NOT NULL,
	PRIMARY KEY (model, role)
);
COMMENT ON TABLE cvm.reader IS 'Roles that may read what a model shows now and what it will show: see cvm.grant_reader().';

SELECT pg_catalog.pg_extension_config_dump('cvm.stored', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.source_part', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.source_part_part_no_seq', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.refresh_log', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.refresh_log_refresh_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.restatement', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.reader', '');
ALTER TABLE cvm.stored OWNER TO @extowner@;
ALTER TABLE cvm.source_part OWNER TO @extowner@;
ALTER TABLE cvm.refresh_log OWNER TO @extowner@;
ALTER TABLE cvm.restatement OWNER TO @extowner@;
ALTER TABLE cvm.reader OWNER TO @extowner@;

ALTER TABLE cvm.stored ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.source_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.refresh_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.restatement ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.reader ENABLE ROW LEVEL SECURITY;

-- the policy of cvm.model decides for these too
CREATE POLICY members ON cvm.stored
	USING (EXISTS (SELECT FROM cvm.model m WHERE m.model = stored.model))
	WITH CHECK (EXISTS (SELECT FROM cvm.model m WHERE m.model = stored.model));
CREATE POLICY members ON cvm.source_part
	USING (EXISTS (SELECT FROM cvm.model m WHERE m.model = source_part.model))
	WITH CHECK (EXISTS (SELECT FROM cvm.model m WHERE m.model = source_part.model));
CREATE POLICY members ON cvm.refresh_log
	USING (EXISTS (SELECT FROM cvm.model m WHERE m.model = refresh_log.model))
	WITH CHECK (EXISTS (SELECT FROM cvm.model m WHERE m.model = refresh_log.model));
CREATE POLICY members ON cvm.restatement
	USING (EXISTS (SELECT FROM cvm.model m WHERE m.model = restatement.model))
	WITH CHECK (EXISTS (SELECT FROM cvm.model m WHERE m.model = restatement.model));
CREATE POLICY members ON cvm.reader
	USING (EXISTS (SELECT FROM cvm.model m WHERE m.model = reader.model))
	WITH CHECK (EXISTS (SELECT FROM cvm.model m WHERE m.model = reader.model));
-- whoever reads the numbers may see how old they are
CREATE POLICY readers ON cvm.stored FOR SELECT
	USING (EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = stored.model AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')));

GRANT SELECT ON cvm.customer_state TO PUBLIC;
GRANT SELECT, INSERT, UPDATE, DELETE ON cvm.stored, cvm.source_part, cvm.refresh_log, cvm.restatement, cvm.reader TO PUBLIC;

CREATE FUNCTION cvm._made_of(model name, relation text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	literals jsonb := cvm._literals(_made_of.model);
BEGIN
	-- of data in the registry only: it can be told when the source is gone
	RETURN coalesce((
		SELECT md5(concat_ws('|', cvm._fill(s.fold, literals), b.source_schema, b.source_name, b.columns::text))
		FROM cvm.customer_state s
		JOIN cvm.binding b ON b.model = _made_of.model AND b.entity = s.entity
		WHERE s.state = _made_of.relation), (
		SELECT md5(literals::text || string_agg(DISTINCT concat_ws('|', b.entity, b.source_schema, b.source_name, b.columns::text), E'\n'))
		FROM cvm.report_body r
		CROSS JOIN unnest(r.needs) AS n(need)
		LEFT JOIN cvm.binding b ON b.model = _made_of.model AND b.entity = split_part(n.need, '.', 1)
		WHERE r.view = _made_of.relation));
END
$$;
COMMENT ON FUNCTION cvm._made_of(name, text) IS 'Digest of the settings and bindings that go into a state or a report; NULL while the entity of a state is not bound.';

CREATE FUNCTION cvm._usable(model name) RETURNS SETOF name
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT t.relation
	FROM cvm.stored t
	LEFT JOIN cvm.customer_state s ON s.state = t.relation::text
	JOIN cvm.model m ON m.model = t.model
	JOIN pg_roles r ON r.rolname = m.owner
	JOIN pg_namespace n ON n.nspname = t.model
	-- a table that another role put there instead is not it
	JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p') AND c.relowner = r.oid
		AND c.relname::text = t.relation::text || CASE WHEN s.state IS NULL THEN '_stored' ELSE '' END
	WHERE t.model = $1 AND t.refreshed_at IS NOT NULL
		AND t.made_of = cvm._made_of(t.model, t.relation::text);
$$;
COMMENT ON FUNCTION cvm._usable(name) IS 'What a model keeps that its settings and bindings still ask for: views read this, and the source in place of the rest.';
-- Bindings: from somebody's own tables to canonical views.

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
	mapped name[];
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
	FOR wrong IN SELECT m.key, m.value, jsonb_typeof(m.value) AS kind, m.value #>> '{}' AS word FROM jsonb_each(_columns.columns) AS m LOOP
		IF wrong.kind NOT IN ('string', 'null') OR wrong.word = '' OR wrong.key = '' OR octet_length(wrong.key) > 63 THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
				MESSAGE = format('mapping of column "%s" of entity "%s" is not the name of a column: %s', wrong.key, _columns.entity, wrong.value),
				HINT = 'Give one column name as a string, or null to leave the column out. Whoever needs an expression makes a view and binds that.';
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
	mapped := ARRAY(SELECT m.value::name FROM jsonb_each_text(_columns.columns) AS m WHERE m.value IS NOT NULL);

	-- the columns of the entity
	FOR c IN
		SELECT ec.*, at.attname, at.atttypid
		FROM cvm.entity_column ec
		LEFT JOIN pg_attribute at ON at.attrelid = source AND at.attnum > 0 AND NOT at.attisdropped
			AND at.attname::text = CASE
				WHEN _columns.columns ? ec.column_name THEN _columns.columns ->> ec.column_name
				WHEN NOT ec.column_name = ANY (mapped) THEN ec.column_name END
		WHERE ec.entity = _columns.entity
		ORDER BY ec.position
	LOOP
		pos := c.position;
		name := c.column_name;
		source_column := c.attname;
		taken := taken || name;
		IF c.attname IS NULL THEN
			IF c.required THEN
				RAISE EXCEPTION USING ERRCODE = 'undefined_column',
					MESSAGE = format('entity "%s" needs column "%s", ', _columns.entity, c.column_name)
						|| CASE WHEN _columns.columns ? c.column_name THEN 'which cannot be left out'
							ELSE format('and %s has no column of that name', source_text) END,
					DETAIL = format('It has %s.', (SELECT string_agg(format('"%s"', s), ', ') FROM unnest(source_columns) s)),
					HINT = coalesce('Perhaps it is ' || cvm._nearest(c.column_name || c.synonyms, source_columns) || '. ', '')
						|| format('Say which one: SELECT cvm.bind(%L, %L, %L, %L);', _columns.model, _columns.entity, source_text,
							_columns.columns || jsonb_build_object(c.column_name, '…'));
			END IF;
			expression := 'NULL::' || cvm._class_type(c.class);
			comment := c.description || ' Not bound: always NULL.';
		ELSE
			expression := format(cvm._accept(c.class, c.atttypid, tz), format('s.%I', c.attname));
			IF expression IS NULL THEN
				RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
					MESSAGE = format('column "%s" of %s has type %s, and column "%s" of entity "%s" takes %s', c.attname, source_text,
						format_type(c.atttypid, NULL), c.column_name, _columns.entity, cvm._class_words(c.class)),
					HINT = CASE WHEN c.class = 'money' AND cvm._base_type(c.atttypid) IN ('float4'::regtype, 'float8'::regtype)
							THEN 'Money must be exact: make a view with a cast to numeric and bind the view'
							ELSE 'Make a view with a cast and bind the view' END
						|| CASE WHEN c.required THEN '.' ELSE format(', or leave the column out with %s.', jsonb_build_object(c.column_name, NULL)) END;
			END IF;
			comment := c.description || format(' From column "%s".', c.attname);
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
			LEFT JOIN jsonb_each_text(_columns.columns) m ON m.value = at.attname::text
			WHERE at.attrelid = source AND at.attnum > 0 AND NOT at.attisdropped
				AND CASE WHEN m.key IS NULL THEN NOT at.attname = ANY (mapped) AND NOT _columns.columns ? at.attname::text
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
COMMENT ON FUNCTION cvm._columns(name, text, oid, jsonb) IS 'The columns of a canonical view over a source, or an error that says what does not fit.';

CREATE FUNCTION cvm._bound(model name)
RETURNS TABLE (entity text, source oid, source_text text, columns jsonb, problem text, condition text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	b record;
BEGIN
	FOR b IN
		SELECT e.entity, format('%I.%I', bi.source_schema, bi.source_name) AS source_text, bi.columns, c.oid
		FROM cvm.binding bi
		JOIN cvm.entity e USING (entity)
		LEFT JOIN pg_class c ON c.relname = bi.source_name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
			AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = bi.source_schema)
		WHERE bi.model = _bound.model
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
			EXCEPTION WHEN undefined_column OR datatype_mismatch THEN
				problem := SQLERRM;
			END;
		END IF;
		IF b.entity = 'segment_history' AND columns IS NOT NULL THEN
			condition := cvm._history_scheme(_bound.model, columns, source_text);
		END IF;
		RETURN NEXT;
	END LOOP;
	-- without a history, segments may be a column of customer
	IF NOT EXISTS (SELECT FROM cvm.binding bi WHERE bi.model = _bound.model AND bi.entity = 'segment_history') THEN
		RETURN QUERY
		SELECT 'segment_history', a.source, a.source_text, a.columns, NULL, NULL FROM cvm._attribute_schemes(_bound.model) a LIMIT 1;
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._bound(name) IS 'The bindings of a model against the sources as they are now: their columns, or what does not fit.';

CREATE FUNCTION cvm._have(model name) RETURNS text[]
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT array_agg(h.name)
	FROM (
		SELECT n.name
		FROM cvm._bound(_have.model) b
		CROSS JOIN LATERAL (
			SELECT b.entity
			UNION ALL
			SELECT b.entity || '.' || (c ->> 'name') FROM jsonb_array_elements(b.columns) c WHERE c ->> 'source' IS NOT NULL
		) AS n(name)
		WHERE b.problem IS NULL
		UNION ALL
		SELECT u.relation::text FROM cvm._usable(_have.model) AS u(relation)
	) AS h(name);
$$;
COMMENT ON FUNCTION cvm._have(name) IS 'What report views may need and a model has: "entity", "entity.column" and states that are stored.';

CREATE FUNCTION cvm.bind(model name, entity text, source regclass, columns jsonb DEFAULT '{}') RETURNS regclass
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	relation pg_class;
	source_schema name;
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
	ELSIF bind.source IN (SELECT r FROM cvm._readers(cvm._relation(bind.model, bind.entity::name)) AS r)
		OR bind.source IN (SELECT cvm._relation(g.model, g.relation) FROM cvm.generated g WHERE g.model = bind.model)
	THEN
		-- a circle, or a view that is made only after this one
		RAISE EXCEPTION USING ERRCODE = 'invalid_object_definition',
			MESSAGE = format('%s reads the views of model "%s" and cannot be the source of entity "%s"', bind.source, bind.model, bind.entity),
			HINT = 'Bind your own tables, or views over them.';
	END IF;
	SELECT n.nspname INTO source_schema FROM pg_namespace n WHERE n.oid = relation.relnamespace;

	-- raises what does not fit
	PERFORM cvm._columns(bind.model, bind.entity, bind.source, bind.columns);

	DELETE FROM cvm.binding b WHERE b.model = bind.model AND b.entity = bind.entity;
	INSERT INTO cvm.binding (model, entity, source_schema, source_name, columns)
		VALUES (bind.model, bind.entity, source_schema, relation.relname, bind.columns);

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
	RETURN cvm._relation(bind.model, bind.entity::name)::regclass;
END
$$;
COMMENT ON FUNCTION cvm.bind(name, text, regclass, jsonb) IS 'Says which table or view an entity of a model is, and which of its columns are which; regenerates the views and returns the canonical one.';

CREATE FUNCTION cvm.unbind(model name, entity text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM cvm._open(unbind.model);
	DELETE FROM cvm.binding b WHERE b.model = unbind.model AND b.entity = unbind.entity;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('entity %s of model "%s" is not bound', coalesce('"' || unbind.entity || '"', 'NULL'), unbind.model),
			HINT = coalesce('Bound are ' || (SELECT string_agg(b.entity, ', ' ORDER BY b.entity) FROM cvm.binding b WHERE b.model = unbind.model) || '.',
				'Nothing is.');
	END IF;
	PERFORM cvm._generate(unbind.model);
END
$$;
COMMENT ON FUNCTION cvm.unbind(name, text) IS 'Takes a binding away, and with it the views that need it.';
-- The generator, which makes every view of a model.

CREATE FUNCTION cvm._relation(model name, relation name) RETURNS oid
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = $1 AND c.relname = $2;
$$;
COMMENT ON FUNCTION cvm._relation(name, name) IS 'The relation of that name in a model''s schema, NULL if there is none.';

CREATE FUNCTION cvm._readers(relation oid) RETURNS SETOF oid
LANGUAGE sql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- a view depends on what it reads through its rewrite rule
	WITH RECURSIVE reader AS (
		SELECT $1 AS relation
		UNION
		SELECT r.ev_class
		FROM reader
		JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = reader.relation AND d.classid = 'pg_rewrite'::regclass
		JOIN pg_rewrite r ON r.oid = d.objid
	)
	SELECT reader.relation FROM reader;
$$;
COMMENT ON FUNCTION cvm._readers(oid) IS 'A relation and every view that reads it, directly or through other views.';

CREATE FUNCTION cvm._drop_views(model name, relations name[]) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	victims oid[];
	rights jsonb;
	dependents text;
BEGIN
	-- what cvm made itself on top goes along; nothing else does
	SELECT array_agg(DISTINCT r.relation) INTO victims
	FROM unnest(relations) AS u(relation)
	JOIN cvm.generated g ON g.model = _drop_views.model AND g.relation = u.relation
	CROSS JOIN LATERAL cvm._readers(cvm._relation(g.model, g.relation)) AS r(relation)
	JOIN pg_class c ON c.oid = r.relation AND c.relkind = 'v'
	JOIN cvm.generated made ON made.model = _drop_views.model AND made.relation = c.relname
		AND cvm._relation(made.model, made.relation) = c.oid;

	SELECT jsonb_agg(to_jsonb(acl)) INTO rights
	FROM (
		SELECT c.relname AS relation, NULL AS column_name, x.grantee, x.privilege_type, x.is_grantable
		FROM pg_class c, aclexplode(c.relacl) x
		WHERE c.oid = ANY (victims) AND x.grantee <> c.relowner
		UNION ALL
		SELECT c.relname, a.attname, x.grantee, x.privilege_type, x.is_grantable
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) x
		WHERE c.oid = ANY (victims) AND x.grantee <> c.relowner
		UNION ALL
		-- so that views without grants are listed too
		SELECT c.relname, NULL, NULL, NULL, NULL FROM pg_class c WHERE c.oid = ANY (victims)
	) AS acl;

	IF victims IS NOT NULL THEN
		BEGIN
			EXECUTE (SELECT 'DROP VIEW ' || string_agg(v.oid::regclass::text, ', ') || ' RESTRICT' FROM unnest(victims) AS v(oid));
		EXCEPTION WHEN dependent_objects_still_exist THEN
			GET STACKED DIAGNOSTICS dependents = PG_EXCEPTION_DETAIL;
			RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
				MESSAGE = format('views of model "%s" must be dropped, and other objects depend on them', _drop_views.model),
				DETAIL = dependents,
				HINT = 'Drop these objects, try again, and create them anew.';
		END;
	END IF;
	DELETE FROM cvm.generated g WHERE g.model = _drop_views.model
		AND (g.relation = ANY (_drop_views.relations) AND cvm._relation(g.model, g.relation) IS NULL);
	RETURN coalesce(rights, '[]');
END
$$;
COMMENT ON FUNCTION cvm._drop_views(name, name[]) IS 'Drops generated views and the generated views that read them; returns who had which rights on them. An error names other dependents.';

CREATE FUNCTION cvm._grant(view regclass, rights jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	r record;
BEGIN
	-- default privileges may have given more than the view had before
	FOR r IN
		SELECT DISTINCT x.grantee FROM pg_class c, aclexplode(c.relacl) x
		WHERE c.oid = view AND x.grantee <> c.relowner
	LOOP
		EXECUTE format('REVOKE ALL ON %s FROM %s', view,
			CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END);
	END LOOP;
	FOR r IN
		SELECT x.* FROM jsonb_to_recordset(rights) AS x (column_name name, grantee oid, privilege_type text, is_grantable boolean)
		WHERE x.privilege_type IS NOT NULL
			AND (x.column_name IS NULL OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = view AND a.attname = x.column_name))
	LOOP
		EXECUTE format('GRANT %s %s ON %s TO %s %s', r.privilege_type, '(' || quote_ident(r.column_name) || ')', view,
			CASE r.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END,
			CASE WHEN r.is_grantable THEN 'WITH GRANT OPTION' END);
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm._grant(regclass, jsonb) IS 'Gives a view made anew the rights of its predecessor, no more and no fewer.';

CREATE FUNCTION cvm._event_row(have text[], literals jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('e.occurred_at, %s', literals ->> 'time_zone')
		|| CASE WHEN 'event.amount' = ANY (have) THEN ', e.amount'
			WHEN marked THEN ', NULL::numeric' ELSE '' END
		|| CASE WHEN marked THEN format(', coalesce(e.kind = ANY (%1$s), %1$s IS NULL), coalesce(e.kind = ANY (%2$s), %2$s IS NULL)',
			literals ->> 'start_kinds', literals ->> 'return_kinds') ELSE '' END
	FROM (SELECT literals ->> 'start_kinds' <> 'NULL::text[]' OR literals ->> 'return_kinds' <> 'NULL::text[]' AS marked) kinds;
$$;
COMMENT ON FUNCTION cvm._event_row(text[], jsonb) IS 'What {event_row} stands for in the body of a report view.';

CREATE FUNCTION cvm._wanted(model name, one name DEFAULT NULL)
RETURNS TABLE (pos int, relation name, body text, comment text, column_comments jsonb, waits_for text, live text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	have text[] := coalesce(cvm._have(_wanted.model), '{}');
	literals jsonb := cvm._literals(_wanted.model);
	kept name[] := ARRAY(SELECT u.relation FROM cvm._usable(_wanted.model) AS u(relation));
BEGIN
	have := have || CASE WHEN cvm._scheme_rows(_wanted.model) IS NOT NULL THEN '{setting segment_schemes}' ELSE '{}' END::text[];
	literals := literals || jsonb_build_object('event_row', cvm._event_row(have, literals)) || cvm._segment_literals(_wanted.model, have);
	RETURN QUERY
	SELECT (row_number() OVER (ORDER BY e.position))::int, b.entity::name,
		(SELECT format(E'SELECT %s\n FROM %s s%s', string_agg(format('%s AS %I', c.c ->> 'expression', c.c ->> 'name'), E',\n    ' ORDER BY c.n), b.source_text, E'\n WHERE ' || b.condition)
			FROM jsonb_array_elements(b.columns) WITH ORDINALITY AS c(c, n)),
		format('%s Reads %s.', e.description, b.source_text),
		(SELECT jsonb_object_agg(c.c ->> 'name', c.c ->> 'comment') FROM jsonb_array_elements(b.columns) AS c(c)),
		b.problem, NULL
	FROM cvm._bound(_wanted.model) b
	JOIN cvm.entity e USING (entity)
	WHERE one IS NULL OR b.entity = one::text
	ORDER BY 1;

	RETURN QUERY
	SELECT 1000 + v.position, v.view::name, coalesce(stored.body, live.body), v.comment,
		(SELECT jsonb_object_agg(c.column_name, cvm._column_comment(c)) FROM cvm.report_column c WHERE c.view = v.view),
		CASE WHEN live.body IS NULL AND stored.body IS NULL THEN (
			SELECT string_agg(n.need, ', ' ORDER BY n.n)
			FROM (SELECT rb.needs FROM cvm.report_body rb WHERE rb.view = v.view ORDER BY rb.preference DESC LIMIT 1) least,
				unnest(least.needs) WITH ORDINALITY AS n(need, n)
			WHERE NOT n.need = ANY (have)) END,
		live.body
	FROM cvm.report_view v
	LEFT JOIN LATERAL (
		SELECT cvm._without_small_groups(v.view, cvm._fill(rb.body, literals), (literals ->> 'min_group_size')::int) AS body
		FROM cvm.report_body rb
		WHERE rb.view = v.view AND rb.needs <@ have
		ORDER BY rb.preference LIMIT 1) live ON true
	LEFT JOIN LATERAL (SELECT cvm._kept_body(_wanted.model, v.view) AS body WHERE v.view = ANY (kept)) stored ON true
	WHERE one IS NULL OR v.view = one::text
	ORDER BY 1;
END
$$;
COMMENT ON FUNCTION cvm._wanted(name, name) IS 'The views that a model should have, or one of them: canonical ones, then reports; waits_for says why one cannot be, live how a report is computed where it is stored.';

CREATE FUNCTION cvm._generate(model name)
RETURNS TABLE (relation name, action text, detail text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name := (SELECT m.owner FROM cvm.model m WHERE m.model = _generate.model);
	rights jsonb := '[]';
	stale name[];
	w record;
	c record;
	view text;
	statement text;
BEGIN
	-- what can no longer be
	SELECT array_agg(g.relation ORDER BY g.relation) INTO stale
	FROM cvm.generated g
	WHERE g.model = _generate.model
		AND NOT EXISTS (SELECT FROM cvm._wanted(_generate.model) x WHERE x.relation = g.relation AND x.waits_for IS NULL);
	RETURN QUERY
		-- those that wait are reported below
		SELECT u.relation, 'dropped', NULL FROM unnest(stale) AS u(relation)
		WHERE NOT EXISTS (SELECT FROM cvm._wanted(_generate.model) x WHERE x.relation = u.relation);
	rights := rights || cvm._drop_views(_generate.model, stale);

	FOR w IN SELECT * FROM cvm._wanted(_generate.model) x ORDER BY x.pos LOOP
		relation := w.relation;
		detail := NULL;
		view := format('%I.%I', _generate.model, relation);
		IF w.waits_for IS NOT NULL THEN
			action := 'waits';
			detail := w.waits_for;
			IF w.pos < 1000 THEN
				RAISE WARNING USING ERRCODE = 'undefined_table',
					MESSAGE = format('%s waits: %s', view, w.waits_for),
					HINT = format('Bring the source back and SELECT * FROM cvm.rebuild(%L); or bind another one.', _generate.model);
			END IF;
			RETURN NEXT;
			CONTINUE;
		END IF;

		IF cvm._relation(_generate.model, relation) IS NULL THEN
			action := CASE WHEN rights @> jsonb_build_array(jsonb_build_object('relation', relation)) THEN 'recreated' ELSE 'created' END;
		ELSIF EXISTS (
			-- a view of that name that somebody else put there is not ours to keep
			SELECT FROM cvm.generated g JOIN pg_class k ON k.oid = cvm._relation(g.model, g.relation) AND k.relkind = 'v'
			WHERE g.model = _generate.model AND g.relation = w.relation
				AND k.relowner IN (SELECT r.oid FROM pg_roles r WHERE r.rolname = owner))
		THEN
			action := 'replaced';
		ELSE
			RAISE EXCEPTION USING ERRCODE = 'duplicate_table',
				MESSAGE = format('%s exists and was not made by cvm', view),
				HINT = 'The name is one that the model needs. Rename it or move it to another schema.';
		END IF;

		-- the names in the body are those of the model, wherever the caller looks
		PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', _generate.model), true);
		statement := format(E'CREATE OR REPLACE VIEW %s WITH (security_invoker = true) AS\n%s', view, w.body);
		BEGIN
			EXECUTE statement;
		EXCEPTION WHEN invalid_table_definition THEN
			-- other columns than before: make it anew, and what we made on top
			PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
			rights := rights || cvm._drop_views(_generate.model, ARRAY[relation]);
			PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', _generate.model), true);
			EXECUTE statement;
			action := 'recreated';
		END;
		PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);

		INSERT INTO cvm.generated (model, relation) VALUES (_generate.model, w.relation) ON CONFLICT DO NOTHING;
		IF action <> 'replaced' THEN
			IF owner <> current_user THEN
				EXECUTE format('ALTER VIEW %s OWNER TO %I', view, owner);
			END IF;
			IF action = 'recreated' THEN
				PERFORM cvm._grant(view::regclass, (
					SELECT jsonb_agg(r) FROM jsonb_array_elements(rights) r WHERE r ->> 'relation' = w.relation));
			END IF;
		END IF;
		EXECUTE format('COMMENT ON VIEW %s IS %L', view, w.comment);
		FOR c IN SELECT x.key, x.value FROM jsonb_each_text(w.column_comments) x LOOP
			EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view, c.key, c.value);
		END LOOP;
		RETURN NEXT;
	END LOOP;
	PERFORM cvm._tend_stored(_generate.model);
END
$$;
COMMENT ON FUNCTION cvm._generate(name) IS 'Makes the views of a model what its bindings and settings say, and reports on each.';
-- What is wrong with the data of a model.
--
-- Findings come worst first, and each fix (19-mend.sql) mends the findings of
-- the same entity above it too, so running all of them in order mends
-- everything.

CREATE FUNCTION cvm._row_checks(model name, entity text, columns jsonb, source oid)
RETURNS TABLE (severity text, problem text, predicate text, sample text, what text, mending jsonb)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	tz text := (SELECT s.value FROM cvm.setting s WHERE s.model = _row_checks.model AND s.setting = 'time_zone');
	as_of text := (SELECT s.value FROM cvm.setting s WHERE s.model = _row_checks.model AND s.setting = 'as_of');
	-- canonical column to its expression over the source row s
	x jsonb := (SELECT jsonb_object_agg(c ->> 'name', c ->> 'expression') FROM jsonb_array_elements(_row_checks.columns) c);
	today text := format('(now() AT TIME ZONE %L)::date', tz);
	-- the time or the spell of the entity
	starts name := (SELECT ec.column_name FROM cvm.entity_column ec WHERE ec.entity = _row_checks.entity
		AND ec.column_name IN ('occurred_at', 'opened_at', 'started_on', 'valid_from', 'joined_on', 'month'));
	ends name := (SELECT ec.column_name FROM cvm.entity_column ec WHERE ec.entity = _row_checks.entity AND ec.column_name IN ('ended_on', 'valid_to'));
	identity text := (SELECT string_agg(format('c.%I::text', ec.column_name), ' || '' '' || ' ORDER BY ec.position)
		FROM cvm.entity_column ec WHERE ec.entity = _row_checks.entity AND ec.required AND ec.class IN ('key', 'label', 'time', 'day')
			AND ec.column_name <> 'ended_on');
	c record;
BEGIN
	FOR c IN
		SELECT ec.*, bound.source AS source_column, a.atttypid, format('s.%I', bound.source) AS raw
		FROM jsonb_to_recordset(_row_checks.columns) AS bound (name text, source name)
		JOIN cvm.entity_column ec ON ec.entity = _row_checks.entity AND ec.column_name = bound.name
		JOIN pg_attribute a ON a.attrelid = _row_checks.source AND a.attname = bound.source AND a.attnum > 0
		ORDER BY ec.position
	LOOP
		sample := regexp_replace(identity, '(c\.\w+::text)', 'coalesce(\1, ''NULL'')', 'g');
		IF c.column_name = 'product' AND _row_checks.entity = 'subscription' THEN
			severity := 'error';
			problem := 'no_product';
			predicate := $p$coalesce(btrim(c.product), '') = ''$p$;
			what := 'Spells say no product. Money and customers in them belong nowhere. The fix calls the product "(none)".';
			mending := jsonb_build_object('column', c.source_column, 'assign', $p$coalesce(nullif(btrim({}::text), ''), '(none)')$p$);
			RETURN NEXT;
		ELSIF NOT c.nullable THEN
			severity := 'error';
			problem := CASE WHEN c.class IN ('money', 'number', 'count', 'flag') THEN 'null_value' ELSE 'null_key' END;
			predicate := format('c.%I IS NULL', c.column_name);
			what := format('Rows have no %s. They count nowhere. The fix leaves them out.', c.column_name);
			mending := jsonb_build_object('keep', format('%s IS NOT NULL', c.raw));
			RETURN NEXT;
			IF c.class IN ('key', 'label') AND c.atttypid NOT IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype) THEN
				severity := 'warning';
				problem := 'blank_key';
				predicate := format($p$btrim(c.%I::text) = ''$p$, c.column_name);
				what := format('Rows have an empty %s, which counts as one more %s. The fix leaves them out.', c.column_name, replace(c.column_name, '_id', ''));
				mending := jsonb_build_object('keep', format($p$coalesce(btrim(%s::text) <> '', true)$p$, c.raw));
				RETURN NEXT;
			END IF;
		END IF;

		IF c.class IN ('time', 'day') THEN
			severity := 'error';
			problem := 'infinite_time';
			predicate := format('NOT isfinite(c.%I)', c.column_name);
			what := format('%s is infinite. Views stop with an error on it. The fix %s.', c.column_name, CASE WHEN c.nullable THEN 'makes it NULL' ELSE 'leaves the rows out' END);
			mending := CASE WHEN c.nullable
				THEN jsonb_build_object('column', c.source_column, 'assign', 'CASE WHEN isfinite({}) THEN {} END')
				ELSE jsonb_build_object('keep', format('coalesce(isfinite(%s), true)', c.raw)) END;
			RETURN NEXT;
			IF c.column_name = starts AND _row_checks.entity IN ('event', 'contact', 'ticket', 'survey', 'customer', 'subscription') THEN
				severity := CASE WHEN _row_checks.entity = 'subscription' THEN 'info' WHEN _row_checks.entity = 'event' AND as_of = 'data' THEN 'error' ELSE 'warning' END;
				problem := 'future_time';
				predicate := format('isfinite(c.%I) AND cvm.day_of(c.%I, %L) > %s', c.column_name, c.column_name, tz, today);
				what := format('%s lies after today.%s The fix %s.', c.column_name,
					CASE WHEN _row_checks.entity = 'event' AND as_of = 'data' THEN ' The model observes until its last event, so periods that are not over look complete.' ELSE '' END,
					CASE WHEN c.nullable THEN 'makes it NULL' ELSE 'leaves the rows out' END);
				mending := CASE WHEN c.nullable
					THEN jsonb_build_object('column', c.source_column, 'assign', format('CASE WHEN cvm.day_of({}, %L) <= %s THEN {} END', tz, today))
					ELSE jsonb_build_object('keep', format('coalesce(cvm.day_of(%s, %L) <= %s, true)', c.raw, tz, today)) END;
				RETURN NEXT;
			END IF;
		ELSIF c.class IN ('money', 'number') AND cvm._base_type(c.atttypid) IN ('numeric'::regtype, 'float4'::regtype, 'float8'::regtype) THEN
			severity := 'error';
			problem := 'not_a_number';
			predicate := format($p$c.%I IN ('NaN', 'Infinity', '-Infinity')$p$, c.column_name);
			what := format('%s is NaN or infinite, and so is every sum with it. The fix %s.', c.column_name, CASE WHEN c.nullable THEN 'makes it NULL' ELSE 'leaves the rows out' END);
			mending := CASE WHEN c.nullable
				THEN jsonb_build_object('column', c.source_column, 'assign', $p$CASE WHEN {} NOT IN ('NaN', 'Infinity', '-Infinity') THEN {} END$p$)
				ELSE jsonb_build_object('keep', format($p$coalesce(%s NOT IN ('NaN', 'Infinity', '-Infinity'), true)$p$, c.raw)) END;
			RETURN NEXT;
		END IF;

		IF c.column_name = 'mrr' THEN
			severity := 'error';
			problem := 'negative_mrr';
			predicate := 'c.mrr < 0';
			what := 'mrr is negative: credits and refunds are not subscriptions. The fix leaves the rows out.';
			mending := jsonb_build_object('keep', format('coalesce(%s >= 0, true)', x ->> 'mrr'));
			RETURN NEXT;
		ELSIF c.column_name = 'segment' AND _row_checks.entity = 'segment_history' THEN
			severity := 'error';
			problem := 'reserved_segment';
			predicate := $p$c.segment IN ('(all)', '(none)', '(in)', '(out)')$p$;
			what := 'Segments have a name that the report views use for something else. The fix takes off the parentheses.';
			mending := jsonb_build_object('column', c.source_column,
				'assign', $p$CASE WHEN {}::text IN ('(all)', '(none)', '(in)', '(out)') THEN btrim({}::text, '()') ELSE {}::text END$p$);
			RETURN NEXT;
		ELSIF c.column_name = ends AND EXISTS (SELECT FROM jsonb_to_recordset(_row_checks.columns) AS b (name text, source name) WHERE b.name = starts AND b.source IS NOT NULL) THEN
			severity := 'error';
			problem := 'inverted_spell';
			predicate := format('c.%I < c.%I', ends, starts);
			what := format('%s lies before %s. The fix leaves the rows out.', ends, starts);
			mending := jsonb_build_object('keep', format('coalesce(%s >= %s, true)', x ->> ends, x ->> starts));
			RETURN NEXT;
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm._row_checks(name, text, jsonb, oid) IS 'What can be wrong with a single row of an entity, as conditions on its canonical view, and how a view mends it.';

CREATE FUNCTION cvm._set_checks(model name, entity text, columns jsonb, source oid, usable text[])
RETURNS TABLE (severity text, problem text, offenders text, what text, mending jsonb, mends text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	x jsonb := (SELECT jsonb_object_agg(c ->> 'name', c ->> 'expression') FROM jsonb_array_elements(_set_checks.columns) c);
	bound jsonb := (SELECT jsonb_object_agg(c ->> 'name', c ->> 'source') FROM jsonb_array_elements(_set_checks.columns) c WHERE c ->> 'source' IS NOT NULL);
	view text := format('%I.%I', _set_checks.model, _set_checks.entity);
	key text[] := CASE _set_checks.entity
		WHEN 'customer' THEN '{customer_id}' WHEN 'product' THEN '{product}' WHEN 'offer' THEN '{offer}'
		WHEN 'bundle_component' THEN '{bundle,product}' WHEN 'segment_target' THEN '{segment,month,metric}' END;
	spell record;
	rows text;
	windowed text;
	r record;
BEGIN
	mends := _set_checks.entity;
	-- offenders is a query of one text column: a sample for each row that is wrong
	IF key IS NOT NULL THEN
		severity := 'error';
		problem := 'duplicate_key';
		offenders := format($q$SELECT %s FROM (SELECT *, row_number() OVER (PARTITION BY %s) AS copy FROM %s) c WHERE copy > 1$q$,
			(SELECT string_agg(format('c.%I::text', k), ' || '' '' || ') FROM unnest(key) k), (SELECT string_agg(quote_ident(k), ', ') FROM unnest(key) k), view);
		what := format('%s stands in several rows, and joins count it several times. The fix keeps one of them.', array_to_string(key, ', '));
		mending := jsonb_build_object('copies', (SELECT string_agg(x ->> k, ', ') FROM unnest(key) k));
		RETURN NEXT;
	ELSIF NOT EXISTS (
		SELECT FROM pg_index i WHERE i.indrelid = source AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
			AND (i.indisprimary OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = source AND a.attnum = ANY (i.indkey) AND NOT a.attnotnull)))
	THEN
		severity := 'warning';
		problem := 'duplicate_rows';
		offenders := format($q$SELECT coalesce(%s, 'NULL') FROM (SELECT s.*, row_number() OVER (PARTITION BY (s.*)::text) AS cvm_copy_no FROM %s s) s WHERE s.cvm_copy_no > 1$q$,
			(SELECT string_agg(format('(%s)::text', x ->> ec.column_name), ' || '' '' || ' ORDER BY ec.position) FROM cvm.entity_column ec
				WHERE ec.entity = _set_checks.entity AND ec.required AND ec.class IN ('key', 'label', 'time', 'day') AND ec.nullable = false), source::regclass);
		what := 'Rows are equal to another one in every column: probably loaded twice. The fix keeps one of them.';
		mending := jsonb_build_object('copies', '(s.*)::text');
		RETURN NEXT;
	END IF;

	-- spells of one thing must not overlap
	SELECT t.* INTO spell FROM (VALUES
		('subscription', 'overlapping_spells', 'warning', '{customer_id,product,subscription_id}'::text[], 'started_on', 'ended_on', 'true',
			'A customer holds the same product twice at once, and money counts twice. The fix ends the earlier spell where the later begins; if they are different subscriptions, bind subscription_id instead.'),
		('segment_history', 'segment_overlap', 'error', '{customer_id}', 'valid_from', 'valid_to', 'true',
			'A customer is in two segments at once, and segments sum to more than the total. The fix ends the earlier one where the later begins.'),
		('owner', 'two_owners', 'error', '{subject_kind,subject}', 'valid_from', 'valid_to', 'coalesce(%s, true)',
			'Two people answer for the same thing at the same time, so nobody does. The fix leaves it with the later one.')
		) AS t (entity, problem, severity, parts, starts, ends, counts, what)
	WHERE t.entity = _set_checks.entity;
	IF FOUND THEN
		-- the canonical view has one scheme of segments, and all are looked at
		IF _set_checks.entity = 'segment_history' AND bound ? 'scheme' THEN
			spell.parts := spell.parts || '{scheme}';
			rows := format('(%s)', cvm._scheme_rows(_set_checks.model));
		ELSE
			rows := view;
		END IF;
		windowed := format($q$(SELECT c.*, lead(coalesce(c.%I, '-infinity')) OVER (PARTITION BY %s ORDER BY coalesce(c.%I, '-infinity'), coalesce(c.%I, 'infinity')%s) AS next_start
			FROM %s c WHERE coalesce(c.%I > coalesce(c.%I, '-infinity'), true) AND %s%s) c$q$,
			spell.starts, (SELECT string_agg(format('c.%I', p), ', ') FROM unnest(spell.parts) p), spell.starts, spell.ends,
			CASE WHEN _set_checks.entity = 'owner' THEN ', c.owner' ELSE '' END, rows,
			spell.ends, spell.starts, format(spell.counts, 'c.accountable'),
			(SELECT string_agg(format(' AND c.%I IS NOT NULL', p), '') FROM unnest(spell.parts) p WHERE p <> 'subscription_id'));
		severity := spell.severity;
		problem := spell.problem;
		offenders := format($q$SELECT %s || ' ' || coalesce(c.%I::text, '') FROM %s WHERE c.next_start < coalesce(c.%I, 'infinity')$q$,
			(SELECT string_agg(format($p$coalesce(c.%I::text, '')$p$, p), ' || '' '' || ') FROM unnest(spell.parts) p WHERE p <> 'subscription_id'), spell.starts, windowed, spell.ends);
		what := spell.what;
		IF _set_checks.entity = 'owner' THEN
			mending := jsonb_build_object('column', coalesce(bound ->> 'accountable', 'accountable'), 'initial', x ->> 'accountable', 'assign', format(
				$p$(%1$s AND NOT coalesce(lead(coalesce(%2$s, '-infinity')) OVER (PARTITION BY %3$s, %4$s, %1$s ORDER BY coalesce(%2$s, '-infinity'), coalesce(%5$s, 'infinity'), %6$s) < coalesce(%5$s, 'infinity'), false))$p$,
				'coalesce({}, true)', x ->> 'valid_from', x ->> 'subject_kind', x ->> 'subject', x ->> 'valid_to', x ->> 'owner'));
		ELSE
			mending := jsonb_build_object(
				'keep', format('coalesce(%s > %s, true)', x ->> spell.ends, x ->> spell.starts),
				'column', coalesce(bound ->> spell.ends, spell.ends), 'initial', x ->> spell.ends,
				'assign', format('least({}::date, lead(%2$s) OVER (PARTITION BY %3$s ORDER BY %2$s, %1$s))', x ->> spell.ends, x ->> spell.starts,
					(SELECT string_agg(x ->> p, ', ') FROM unnest(spell.parts) p)));
		END IF;
		RETURN NEXT;

		IF _set_checks.entity = 'segment_history' THEN
			severity := 'info';
			problem := 'segment_gap';
			offenders := format($q$SELECT c.customer_id::text || ' ' || c.valid_to::text FROM %s WHERE c.next_start > c.valid_to$q$, windowed);
			what := 'A customer is in no segment for a while and then in one again. Such days count as "(none)". The fix lets the earlier segment go on.';
			mending := jsonb_build_object(
				'keep', format('coalesce(%s > %s, true)', x ->> 'valid_to', x ->> 'valid_from'),
				'column', coalesce(bound ->> 'valid_to', 'valid_to'), 'initial', x ->> 'valid_to',
				'assign', format('coalesce(lead(%2$s) OVER (PARTITION BY %3$s ORDER BY %2$s, %1$s), {}::date)', x ->> 'valid_to', x ->> 'valid_from',
					(SELECT string_agg(x ->> p, ', ') FROM unnest(spell.parts) p)));
			RETURN NEXT;
		END IF;
	END IF;

	-- what points to nothing; the fix adds it where it is missing
	FOR r IN
		SELECT t.*, k.columns AS their_columns
		FROM (VALUES ('customer_id', 'customer', 'orphan_customer', 'Customers are not in "customer". The fix adds them there, with nothing known but the id.'),
			('product', 'product', 'unknown_product', 'Products are not in "product". The fix adds them there, with nothing known but the code.'))
			AS t (column_name, entity, problem, what)
		JOIN cvm._bound(_set_checks.model) k ON k.entity = t.entity
		WHERE bound ? t.column_name AND t.entity <> _set_checks.entity AND t.entity = ANY (usable)
	LOOP
		severity := 'warning';
		problem := r.problem;
		offenders := format($q$SELECT c.%1$I::text FROM %2$s c WHERE c.%1$I::text NOT IN ('', '(none)') AND NOT EXISTS (SELECT FROM %3$I.%4$I k WHERE k.%1$I = c.%1$I)$q$, r.column_name, view, _set_checks.model, r.entity);
		what := r.what;
		mends := r.entity;
		mending := (
			SELECT jsonb_build_object('append', format('SELECT %s FROM %s s', regexp_replace(x ->> r.column_name, '::int\d$', '::int8'), source::regclass),
				'key', jsonb_build_object('column', t ->> 'source', 'expression', regexp_replace(t ->> 'expression', '::int\d$', '::int8')))
			FROM jsonb_array_elements(r.their_columns) t WHERE t ->> 'name' = r.column_name);
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm._set_checks(name, text, jsonb, oid, text[]) IS 'What can be wrong between rows of an entity or between entities, as queries of what is wrong, and how a view mends it.';

CREATE FUNCTION cvm.check_model(model name)
RETURNS TABLE (severity text, entity text, problem text, count bigint, samples text[], what text, fix text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET timezone = 'UTC'
AS $$
#variable_conflict use_column
DECLARE
	found jsonb := '[]';
	usable text[] := '{}';
	bound jsonb := '{}';
	mended jsonb := '{}';
	currency text;
	row_checks jsonb;
	set_checks jsonb;
	tally text;
	counts bigint[];
	n bigint;
	view text;
	mendings jsonb;
	f record;
	b record;
	c record;
	mode text;
BEGIN
	PERFORM cvm._open(check_model.model, writes => false);

	-- the bindings themselves
	FOR b IN SELECT k.*, g.columns AS given, e.position FROM cvm._bound(check_model.model) k
		JOIN cvm.binding g ON g.model = check_model.model AND g.entity = k.entity JOIN cvm.entity e ON e.entity = k.entity
	LOOP
		view := format('%I.%I', check_model.model, b.entity);
		bound := bound || jsonb_build_object(b.entity, jsonb_build_object('source', b.source, 'given', b.given, 'position', b.position));
		IF b.source IS NULL THEN
			found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'missing_source', 'count', 1, 'samples', ARRAY[b.source_text],
				'what', 'The source does not exist, so the views that need it do not either. Load it again, then run the fix.',
				'fix', format('SELECT * FROM cvm.rebuild(%L);', check_model.model));
		ELSIF b.problem IS NOT NULL THEN
			found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'broken_binding', 'count', 1, 'samples', ARRAY[b.source_text],
				'what', format('The source has changed: %s.', b.problem),
				'fix', cvm._mend_binding(check_model.model, b.entity, b.source, b.given));
		ELSIF cvm._relation(check_model.model, b.entity::name) IS NULL THEN
			found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'lost_view', 'count', 1, 'samples', ARRAY[view],
				'what', 'The canonical view is gone, probably with a source that was dropped and made again.',
				'fix', format('SELECT * FROM cvm.rebuild(%L);', check_model.model));
		ELSE
			BEGIN
				EXECUTE format('SELECT count(*) FROM (SELECT FROM %s LIMIT 1) AS one', view) INTO n;
				IF n = 0 THEN
					found := found || jsonb_build_object('severity', 'warning', 'entity', b.entity, 'problem', 'empty_source', 'count', 1, 'samples', ARRAY[b.source_text],
						'what', 'The source has no rows that you can see. Load it; the fix takes the binding away.',
						'fix', format('SELECT cvm.unbind(%L, %L);', check_model.model, b.entity));
				END IF;
				usable := usable || b.entity;
			EXCEPTION WHEN OTHERS THEN
				found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'unreadable_source', 'count', 1, 'samples', ARRAY[b.source_text],
					'what', format('The source cannot be read: %s.', SQLERRM),
					'fix', (SELECT format('GRANT USAGE ON SCHEMA %I TO %I; GRANT SELECT ON %s TO %I;', s.nspname, current_user, b.source_text, current_user)
						FROM pg_class k JOIN pg_namespace s ON s.oid = k.relnamespace WHERE k.oid = b.source));
			END;
		END IF;
	END LOOP;

	-- their rows
	FOR b IN SELECT k.* FROM cvm._bound(check_model.model) k WHERE k.entity = ANY (usable) LOOP
		view := format('%I.%I', check_model.model, b.entity);
		SELECT coalesce(jsonb_agg(k), '[]'), format('SELECT ARRAY[%s] FROM %s c', coalesce(string_agg(format('count(*) FILTER (WHERE %s)', k.predicate), ', ' ORDER BY k.n), 'NULL::bigint'), view)
		INTO row_checks, tally
		FROM (SELECT row_number() OVER () AS n, r.* FROM cvm._row_checks(check_model.model, b.entity, b.columns, b.source) r) k;
		SELECT coalesce(jsonb_agg(k), '[]') INTO set_checks FROM cvm._set_checks(check_model.model, b.entity, b.columns, b.source, usable) k;
		BEGIN
			-- one pass counts them all
			EXECUTE tally INTO counts;
			FOR c IN
				SELECT k.* FROM jsonb_to_recordset(row_checks) AS k (n int, severity text, problem text, predicate text, sample text, what text, mending jsonb)
				WHERE counts[k.n] > 0
			LOOP
				found := found || jsonb_build_object('severity', c.severity, 'entity', b.entity, 'problem', c.problem, 'count', counts[c.n],
					'samples', cvm._samples(format('SELECT %s FROM %s c WHERE %s', c.sample, view, c.predicate)),
					'what', c.what, 'mends', b.entity, 'mending', c.mending);
			END LOOP;

			IF EXISTS (SELECT FROM jsonb_array_elements(b.columns) k WHERE k ->> 'name' = 'currency' AND k ->> 'source' IS NOT NULL) THEN
				currency := (SELECT s.value FROM cvm.setting s WHERE s.model = check_model.model AND s.setting = 'currency');
				EXECUTE format('SELECT coalesce($1, mode() WITHIN GROUP (ORDER BY c.currency)) FROM %s c', view) INTO mode USING currency;
				EXECUTE format('SELECT count(*) FROM %s c WHERE c.currency <> $1', view) INTO n USING mode;
				IF n > 0 THEN
					found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'mixed_currency', 'count', n,
						'samples', cvm._samples(format('SELECT c.currency FROM %s c WHERE c.currency <> %L', view, mode)),
						'what', format('Amounts are in other currencies than %s and are added up as if they were not. Convert them upstream; the fix leaves the rows out.', mode),
						'mends', b.entity, 'mending', (
							SELECT jsonb_build_object('keep', format('coalesce(%s = %L, true)', k ->> 'expression', mode))
							FROM jsonb_array_elements(b.columns) k WHERE k ->> 'name' = 'currency'));
				END IF;
			END IF;

			FOR c IN
				SELECT k.* FROM jsonb_to_recordset(set_checks) AS k (severity text, problem text, offenders text, what text, mending jsonb, mends text)
			LOOP
				EXECUTE format('SELECT count(*) FROM (%s) AS q', c.offenders) INTO n;
				IF n > 0 THEN
					found := found || jsonb_build_object('severity', c.severity, 'entity', b.entity, 'problem', c.problem, 'count', n,
						'samples', cvm._samples(c.offenders), 'what', c.what, 'mends', c.mends, 'mending', c.mending);
				END IF;
			END LOOP;
		EXCEPTION WHEN OTHERS THEN
			found := found || jsonb_build_object('severity', 'error', 'entity', b.entity, 'problem', 'unreadable_source', 'count', 1, 'samples', ARRAY[b.source_text],
				'what', format('Reading the source ends in an error: %s. Mend the source; the fix takes the binding away.', SQLERRM),
				'fix', format('SELECT cvm.unbind(%L, %L);', check_model.model, b.entity));
		END;
	END LOOP;

	-- their indexes
	FOR b IN
		SELECT k.entity, k.source_text, greatest(t.reltuples, 0)::bigint AS rows, ck.attname AS key, ct.attname AS clock
		FROM cvm._bound(check_model.model) k
		JOIN pg_class t ON t.oid = k.source AND t.relkind IN ('r', 'p', 'm')
		JOIN pg_attribute ck ON ck.attrelid = t.oid AND ck.attname::text = (SELECT x ->> 'source' FROM jsonb_array_elements(k.columns) x WHERE x ->> 'name' = 'customer_id')
		JOIN pg_attribute ct ON ct.attrelid = t.oid AND ct.attname::text = (SELECT x ->> 'source' FROM jsonb_array_elements(k.columns) x WHERE x ->> 'name' IN ('occurred_at', 'started_on', 'valid_from') LIMIT 1)
		WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.oid AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] = ck.attnum AND i.indkey[1] = ct.attnum)
	LOOP
		found := found || jsonb_build_object('severity', 'info', 'entity', b.entity, 'problem', 'missing_index', 'count', b.rows, 'samples', ARRAY[b.source_text],
			'what', 'The source has no index on customer and time, so a look at one customer reads it all. count is the number of rows that the server estimates.',
			'fix', format('CREATE INDEX ON %s (%I, %I);', b.source_text, b.key, b.clock));
	END LOOP;

	FOR f IN
		SELECT x.*, o.rank
		FROM jsonb_to_recordset(found) AS x (severity text, entity text, problem text, count bigint, samples text[], what text, fix text, mends text, mending jsonb)
		JOIN unnest('{error,warning,info}'::text[]) WITH ORDINALITY AS o(severity, rank) USING (severity)
		-- what views cannot do without first
		ORDER BY o.rank, x.mending IS NOT NULL, x.count DESC, (bound -> x.entity ->> 'position')::int, x.problem
	LOOP
		severity := f.severity;
		entity := f.entity;
		problem := f.problem;
		count := f.count;
		samples := f.samples;
		what := f.what;
		fix := f.fix;
		IF f.mending IS NOT NULL THEN
			mendings := coalesce(mended -> f.mends, '[]') || f.mending;
			mended := mended || jsonb_build_object(f.mends, mendings);
			fix := cvm._clean_view(check_model.model, f.mends, (bound -> f.mends ->> 'source')::oid, bound -> f.mends -> 'given', mendings);
		END IF;
		RETURN NEXT;
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm.check_model(name) IS 'What is wrong with the data of a model, worst first: how many rows, samples, and SQL that mends it without touching the source.';

CREATE FUNCTION cvm._samples(offenders text) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	samples text[];
BEGIN
	EXECUTE format('SELECT array_agg(q.sample ORDER BY q.sample) FROM (SELECT DISTINCT o.sample FROM (%s) AS o (sample) ORDER BY 1 LIMIT 5) q', offenders) INTO samples;
	RETURN samples;
END
$$;
COMMENT ON FUNCTION cvm._samples(text) IS 'The first five of what a query finds.';
-- Changing the type of a column that views read, which PostgreSQL refuses.

CREATE FUNCTION cvm.retype(model name, entity text, column_name text, type regtype)
RETURNS TABLE (relation name, action text, detail text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	read oid;
	source_column name;
	rights jsonb;
	dependents text;
	m record;
	r record;
BEGIN
	PERFORM cvm._open(retype.model);
	SELECT b.source, (SELECT c ->> 'source' FROM jsonb_array_elements(b.columns) c WHERE c ->> 'name' = retype.column_name)
	INTO read, source_column
	FROM cvm._bound(retype.model) b WHERE b.entity = retype.entity;
	IF source_column IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_column',
			MESSAGE = format('column %s of entity %s is not bound', coalesce('"' || retype.column_name || '"', 'NULL'), coalesce('"' || retype.entity || '"', 'NULL')),
			HINT = 'Name the canonical column, as in cvm.bind().';
	ELSIF retype.type IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'type is NULL', HINT = 'Name a type, such as ''bigint''.';
	END IF;

	-- every model of the caller that reads the column lets go of it
	rights := '[]';
	FOR m IN
		SELECT o.model, cvm._drop_views(o.model, array_agg(b.entity::name)) AS rights
		FROM cvm.model o
		CROSS JOIN LATERAL cvm._bound(o.model) b
		WHERE b.source = read AND cvm._is_member(o.owner)
		GROUP BY o.model
	LOOP
		rights := rights || jsonb_build_array(jsonb_build_object('model', m.model, 'rights', m.rights));
	END LOOP;
	BEGIN
		EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %2$I::%3$s', read::regclass, source_column, retype.type);
	EXCEPTION WHEN feature_not_supported OR dependent_objects_still_exist THEN
		GET STACKED DIAGNOSTICS dependents = PG_EXCEPTION_DETAIL;
		RAISE EXCEPTION USING ERRCODE = 'dependent_objects_still_exist',
			MESSAGE = format('column "%s" of %s is read by other objects than those of your models', source_column, read::regclass),
			DETAIL = dependents,
			HINT = 'Drop these objects, try again, and create them anew.';
	END;
	FOR m IN SELECT x ->> 'model' AS model, x -> 'rights' AS rights FROM jsonb_array_elements(rights) x ORDER BY 1 LOOP
		IF m.model = retype.model THEN
			RETURN QUERY SELECT * FROM cvm._generate(m.model::name);
		ELSE
			PERFORM cvm._generate(m.model::name);
		END IF;
		FOR r IN
			SELECT v.relation, jsonb_agg(g) AS rights
			FROM jsonb_array_elements(m.rights) g
			CROSS JOIN LATERAL (SELECT cvm._relation(m.model::name, (g ->> 'relation')::name) AS relation) v
			WHERE v.relation IS NOT NULL
			GROUP BY v.relation
		LOOP
			PERFORM cvm._grant(r.relation::regclass, r.rights);
		END LOOP;
		PERFORM cvm._tend_stored(m.model::name);
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm.retype(name, text, text, regtype) IS 'Changes the type of a bound column of the source, under the views of all models that read it, and says what became of each view of this one.';
-- Schemes of segments: by value, by brand, by contract.
--
-- One of them is the scheme that all views show; segment_scheme_kpi and
-- segment_scheme_migration have them side by side.  A scheme is a value of
-- segment_history.scheme, or a column of customer, which has no history: who
-- is in a segment by it always was.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(41, 'segment_schemes', 'words', NULL, 'Schemes of segments, separated by commas: values of segment_history.scheme, and columns of customer. All views show the first of the history, or the first column where no history is bound; segment_scheme_* shows each. NULL: those of the history, the first by name for all views.');

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
	SELECT a.scheme, c.oid, s.source_text,
		jsonb_agg(jsonb_build_object('name', ec.column_name, 'source', x.source, 'expression', x.expression,
			'comment', ec.description || CASE WHEN x.source IS NULL THEN ' Not bound: always the same.' ELSE format(' From column "%s".', x.source) END) ORDER BY ec.position),
		format('SELECT %L::text AS scheme, %s AS customer_id, %s AS segment, ''0001-01-01''::date AS valid_from, NULL::date AS valid_to, NULL::text AS scheme_version FROM %s s',
			a.scheme, k.expression, format('(%s)::text', n.expression), s.source_text)
	FROM cvm.binding b
	JOIN pg_class c ON c.relname = b.source_name AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		AND c.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = b.source_schema)
	CROSS JOIN LATERAL (SELECT format('%I.%I', b.source_schema, b.source_name) AS source_text) s
	JOIN cvm.setting g ON g.model = b.model AND g.setting = 'segment_schemes'
	CROSS JOIN LATERAL unnest(g.value::text[]) WITH ORDINALITY AS a (scheme, n)
	JOIN LATERAL cvm._columns(b.model, 'customer', c.oid, b.columns) n ON n.name = a.scheme AND n.source_column IS NOT NULL AND n.name <> 'customer_id'
	JOIN LATERAL cvm._columns(b.model, 'customer', c.oid, b.columns) k ON k.name = 'customer_id'
	JOIN cvm.entity_column ec ON ec.entity = 'segment_history'
	CROSS JOIN LATERAL (
		SELECT CASE ec.column_name WHEN 'customer_id' THEN k.source_column::text WHEN 'segment' THEN n.source_column::text END AS source,
			CASE ec.column_name WHEN 'customer_id' THEN k.expression WHEN 'segment' THEN format('(%s)::text', n.expression)
				WHEN 'valid_from' THEN '''0001-01-01''::date' WHEN 'scheme' THEN format('%L::text', a.scheme)
				ELSE 'NULL::' || cvm._class_type(ec.class) END AS expression) x
	WHERE b.model = _attribute_schemes.model AND b.entity = 'customer'
	GROUP BY a.scheme, a.n, c.oid, s.source_text, k.expression, n.expression
	ORDER BY a.n;
EXCEPTION WHEN undefined_column OR datatype_mismatch THEN
	-- customers do not fit their binding; that is said elsewhere
	RETURN;
END
$$;
COMMENT ON FUNCTION cvm._attribute_schemes(name) IS 'The schemes of segments that are columns of customer, each as a segment_history, in the order of setting segment_schemes.';

CREATE FUNCTION cvm._history_scheme(model name, columns jsonb, source_text text) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- of a history with several schemes, the one that all views show
	SELECT CASE WHEN c ->> 'source' IS NOT NULL THEN format('%s = %s', c ->> 'expression', coalesce((
			SELECT quote_literal(w.scheme)
			FROM cvm.setting g, unnest(g.value::text[]) WITH ORDINALITY AS w (scheme, n)
			WHERE g.model = $1 AND g.setting = 'segment_schemes' AND w.scheme NOT IN (SELECT a.scheme FROM cvm._attribute_schemes($1) a)
			ORDER BY w.n LIMIT 1), format('(SELECT min(%s) FROM %s s)', c ->> 'expression', $3))) END
	FROM jsonb_array_elements($2) c WHERE c ->> 'name' = 'scheme';
$$;
COMMENT ON FUNCTION cvm._history_scheme(name, jsonb, text) IS 'The condition on the rows of a segment history that all views show; NULL where it has one scheme only.';

CREATE FUNCTION cvm._scheme_rows(model name) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (
	WITH history AS (
		SELECT b.source_text, (SELECT jsonb_object_agg(c ->> 'name', c ->> 'expression') FROM jsonb_array_elements(b.columns) c) AS x,
			b.condition IS NOT NULL AS is_split
		FROM cvm._bound($1) b
		JOIN cvm.binding g ON g.model = $1 AND g.entity = b.entity
		WHERE b.entity = 'segment_history' AND b.problem IS NULL
	), given AS (
		SELECT g.value FROM cvm.setting g WHERE g.model = $1 AND g.setting = 'segment_schemes' AND g.value IS NOT NULL
			AND EXISTS (SELECT FROM unnest(g.value::text[]) w (scheme) WHERE w.scheme NOT IN (SELECT a.scheme FROM cvm._attribute_schemes($1) a))
	), part AS (
		SELECT 0 AS n, format('SELECT %s AS scheme, %s AS customer_id, %s AS segment, %s AS valid_from, %s AS valid_to, %s AS scheme_version FROM %s s%s',
			CASE WHEN h.is_split THEN format('coalesce(%s, ''(none)'')', h.x ->> 'scheme') ELSE '''segment''::text' END,
			h.x ->> 'customer_id', h.x ->> 'segment', h.x ->> 'valid_from', h.x ->> 'valid_to', h.x ->> 'scheme_version', h.source_text,
			CASE WHEN h.is_split THEN (SELECT format(' WHERE %s = ANY (%L::text[])', h.x ->> 'scheme', g.value) FROM given g) END) AS rows, h.is_split
		FROM history h
		UNION ALL
		SELECT row_number() OVER ()::int, a.rows, true FROM cvm._attribute_schemes($1) a
	)
	SELECT CASE WHEN bool_or(p.is_split) THEN string_agg(p.rows, E'\n\tUNION ALL\n\t' ORDER BY p.n) END FROM part p);
END
$$;
COMMENT ON FUNCTION cvm._scheme_rows(name) IS 'All schemes of segments of a model as SQL; NULL where there is but its segment history.';

CREATE FUNCTION cvm._segment_literals(model name, have text[]) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object(
		'scheme_rows', coalesce(cvm._scheme_rows($1), 'SELECT NULL WHERE false'),
		'segment_version', CASE WHEN 'segment_history.scheme_version' = ANY ($2) THEN 'hashtext(h.scheme_version)::numeric' ELSE 'NULL::numeric' END,
		'families', CASE WHEN 'product.family' = ANY ($2)
			THEN '(SELECT array_agg(ARRAY[p.product, p.family, (p.list_price = p.highest)::text]) FROM (SELECT r.product, r.family, r.list_price, max(r.list_price) OVER (PARTITION BY r.family) AS highest FROM product r) p)'
			ELSE 'NULL::text[]' END);
$$;
COMMENT ON FUNCTION cvm._segment_literals(name, text[]) IS 'What {scheme_rows}, {segment_version} and {families} stand for in the bodies of report views.';
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
			SELECT f.oid, f.entity, count(DISTINCT f.column_name) FILTER (WHERE f.required) AS served,
				jsonb_agg(to_jsonb(f) ORDER BY f.score + CASE WHEN f.required THEN 0.1 ELSE 0 END DESC, f.column_name, f.attname) AS fits
			FROM scored f
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
				FROM jsonb_each(x.mapping) m JOIN cvm.entity_column ec ON ec.entity = x.entity AND ec.column_name = m.key) AS why
		FROM jsonb_to_recordset(proposals) AS x (oid oid, relname name, entity text, position int, mapping jsonb, named float8, confidence float8)
		WHERE x.confidence >= 0.5
		ORDER BY x.oid, x.confidence DESC, x.position) AS w
	ORDER BY w.confidence DESC, w.position, w.source;
END
$$;
COMMENT ON FUNCTION cvm.suggest(name, name) IS 'Proposes bindings for the tables of a schema from their names, types, keys and comments, as statements that are ready to run.';
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

CREATE FUNCTION cvm._clean_view(model name, entity text, source oid, columns jsonb, mendings jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	-- A mending says one or more of: keep, a condition on the source row s;
	-- copies, columns of which one row is kept; column and assign, its new
	-- value, in which {} is the old one (initial for a column to be added);
	-- append, a query of keys that are missing, with key, what the key is.
	conditions text := (SELECT string_agg(DISTINCT m ->> 'keep', E'\n\t\tAND ') FROM jsonb_array_elements(mendings) m);
	copies text := (SELECT string_agg(DISTINCT m ->> 'copies', ', ') FROM jsonb_array_elements(mendings) m);
	missing text := (SELECT string_agg(DISTINCT m ->> 'append', E'\n\tUNION ') FROM jsonb_array_elements(mendings) m);
	key jsonb := (SELECT m -> 'key' FROM jsonb_array_elements(mendings) m WHERE m ? 'append' LIMIT 1);
	source_text text := source::regclass::text;
	values jsonb;
	added jsonb;
	m jsonb;
	clean name;
	query text;
BEGIN
	SELECT jsonb_object_agg(a.attname, CASE WHEN a.attname::text = key ->> 'column' THEN key ->> 'expression' ELSE format('s.%I', a.attname) END)
	INTO values
	FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped;
	SELECT jsonb_object_agg(x ->> 'column', x ->> 'initial') INTO added
	FROM jsonb_array_elements(mendings) x WHERE x ? 'assign' AND NOT values ? (x ->> 'column');
	values := values || coalesce(added, '{}');
	FOR m IN SELECT x FROM jsonb_array_elements(mendings) x WHERE x ? 'assign' LOOP
		values := values || jsonb_build_object(m ->> 'column', replace(m ->> 'assign', '{}', values ->> (m ->> 'column')));
	END LOOP;

	query := format(E'SELECT %s\nFROM %s', (
			SELECT string_agg(format('%s AS %I', v.value, v.key), E',\n\t' ORDER BY a.attnum, v.key)
			FROM jsonb_each_text(values) v
			LEFT JOIN pg_attribute a ON a.attrelid = source AND a.attname::text = v.key),
		CASE WHEN copies IS NULL THEN format('%s s', source_text) || coalesce(E'\nWHERE ' || conditions, '')
			ELSE format(E'(\n\tSELECT s.*, row_number() OVER (PARTITION BY %s) AS cvm_copy_no\n\tFROM %s s%s) s\nWHERE s.cvm_copy_no = 1',
				copies, source_text, E'\n\tWHERE ' || conditions) END);
	IF missing IS NOT NULL THEN
		query := query || format(E'\nUNION ALL\nSELECT %s\nFROM (\n\t%s) AS k (key)\nWHERE k.key::text NOT IN (\'\', \'(none)\') AND NOT EXISTS (SELECT FROM %s s WHERE %s = k.key)',
			(SELECT string_agg(CASE WHEN a.attname::text = key ->> 'column' THEN 'k.key' ELSE 'NULL::' || format_type(a.atttypid, a.atttypmod) END, ', ' ORDER BY a.attnum)
				FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped),
			missing, source_text, key ->> 'expression');
	END IF;

	-- a name that is free; the key may get a wider type where keys are added
	clean := cvm._free_name(_clean_view.model, _clean_view.entity || CASE WHEN missing IS NULL THEN '_clean' ELSE '_complete' END);
	RETURN format(E'CREATE OR REPLACE VIEW %I.%I WITH (security_invoker = true) AS\n%s;\nSELECT cvm.bind(%L, %L, %L, %L);',
		_clean_view.model, clean, query, _clean_view.model, _clean_view.entity, format('%I.%I', _clean_view.model, clean),
		-- a column that was left out on purpose and is now there
		_clean_view.columns - coalesce(ARRAY(SELECT x.key FROM jsonb_each(added) x), '{}'));
END
$$;
COMMENT ON FUNCTION cvm._clean_view(name, text, oid, jsonb, jsonb) IS 'The SQL of a view over a source that mends it, and of its binding.';

CREATE FUNCTION cvm._mend_binding(model name, entity text, source oid, columns jsonb) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	mapping jsonb;
	casts jsonb;
BEGIN
	-- a column that is gone gives way to the one most like it
	SELECT jsonb_object_agg(g.key, coalesce(near.attname::text, g.value)) INTO mapping
	FROM (
		SELECT m.key, m.value, NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = source AND a.attname::text = m.value AND NOT a.attisdropped) AND m.value IS NOT NULL AS is_gone
		FROM (
			SELECT m.key, m.value FROM jsonb_each_text(_mend_binding.columns) m
			UNION ALL
			SELECT ec.column_name, ec.column_name FROM cvm.entity_column ec
			WHERE ec.entity = _mend_binding.entity AND ec.required AND NOT _mend_binding.columns ? ec.column_name) AS m
		) AS g
	LEFT JOIN LATERAL (
		SELECT a.attname
		FROM pg_attribute a
		CROSS JOIN LATERAL greatest(cvm._likeness(a.attname::text, g.value), cvm._likeness(a.attname::text, g.key)) AS likeness
		WHERE g.is_gone AND a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND likeness >= 0.35
		ORDER BY likeness DESC, a.attnum LIMIT 1) AS near ON true
	WHERE NOT g.is_gone OR near.attname IS NOT NULL;
	mapping := coalesce(mapping, '{}');

	-- a column of another type is cast in a view
	SELECT jsonb_agg(jsonb_build_object('column', a.attname, 'assign', '{}::' || cvm._class_type(ec.class))) INTO casts
	FROM cvm.entity_column ec
	JOIN pg_attribute a ON a.attrelid = source AND a.attname::text = coalesce(mapping ->> ec.column_name, ec.column_name) AND a.attnum > 0 AND NOT a.attisdropped
	WHERE ec.entity = _mend_binding.entity AND cvm._accept(ec.class, a.atttypid, 'UTC') IS NULL;
	IF casts IS NOT NULL THEN
		RETURN cvm._clean_view(_mend_binding.model, _mend_binding.entity, source, mapping, casts);
	END IF;
	RETURN format('SELECT cvm.bind(%L, %L, %L, %L);', _mend_binding.model, _mend_binding.entity, source::regclass, mapping);
END
$$;
COMMENT ON FUNCTION cvm._mend_binding(name, text, oid, jsonb) IS 'The SQL of a binding that fits a source which has changed.';
