-- SPDX-License-Identifier: PostgreSQL
-- The registry: which models there are, their settings and bindings.
--
-- It is plain data: names, never oids, so that it survives a dump and the
-- DROP ... CASCADE of warehouse loaders.  Everybody may use it, each sees only
-- the models of roles whose rights they have, by row-level security, and nobody
-- writes it but cvm._register(), which asks the same of its caller.
--
-- There are no foreign keys: pg_restore with several jobs loads these tables in
-- any order, and would lose rows by them.  cvm._register() sees to it instead.

GRANT USAGE ON SCHEMA cvm TO PUBLIC;

CREATE TABLE cvm.setting_definition (
	setting text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	kind text NOT NULL CHECK (kind IN ('zone', 'weekday', 'currency', 'cutoff', 'words', 'fraction', 'count', 'days', 'hours', 'dates')),
	initial text,
	description text NOT NULL
);
COMMENT ON TABLE cvm.setting_definition IS
	'What cvm.configure() can set. A further setting is a further row: the kind says how a value is checked and '
	'written into the report views.';
COMMENT ON COLUMN cvm.setting_definition.kind IS
	'zone, weekday, currency, cutoff, words, fraction or count: see cvm._check_setting() and cvm._literals().';
COMMENT ON COLUMN cvm.setting_definition.initial IS 'The value of a model that says nothing.';

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(1, 'time_zone', 'zone', 'UTC', 'The zone in which days, weeks and months begin.'),
	(2, 'week_start', 'weekday', '1', 'First day of a week: 1 is Monday, 7 is Sunday.'),
	(3, 'currency', 'currency', NULL,
		'Currency of every amount, three capital letters; NULL where there is no one currency.'),
	(4, 'as_of', 'cutoff', 'data',
		'First day that is not observed: "data" (the day after the last day seen), "today" (in the model''s time '
		'zone) or a date.'),
	(5, 'start_kinds', 'words', NULL,
		'Kinds of events that may start a cohort, separated by commas; NULL: every kind.'),
	(6, 'return_kinds', 'words', NULL,
		'Kinds of events that count as a return, separated by commas; NULL: every kind.'),
	(7, 'conf', 'fraction', '0.95', 'Confidence level of every interval.'),
	(8, 'min_group_size', 'count', '0',
		'Groups with fewer customers than this are left out of report views; 0 shows all.');

CREATE TABLE cvm.model (
	model name PRIMARY KEY,
	owner name NOT NULL DEFAULT current_user
);
COMMENT ON TABLE cvm.model IS 'One row per model: the name of its schema and the role that owns it.';

CREATE TABLE cvm.setting (
	model name NOT NULL,
	setting text NOT NULL,
	value text,
	PRIMARY KEY (model, setting)
);
COMMENT ON TABLE cvm.setting IS
	'Settings of a model that were given; what is absent has the initial value of cvm.setting_definition.';

CREATE TABLE cvm.binding (
	model name NOT NULL,
	entity text NOT NULL,
	source_schema name NOT NULL,
	source_name name NOT NULL,
	columns jsonb NOT NULL DEFAULT '{}',
	PRIMARY KEY (model, entity)
);
COMMENT ON TABLE cvm.binding IS
	'What each canonical relation of a model reads: names of a schema, a relation and columns.';
COMMENT ON COLUMN cvm.binding.columns IS
	'Canonical column to source column, as given to cvm.bind(); columns of the same name are taken without being '
	'listed.';

CREATE TABLE cvm.generated (
	model name NOT NULL,
	relation name NOT NULL,
	made_as text,
	PRIMARY KEY (model, relation)
);
COMMENT ON TABLE cvm.generated IS
	'Views that cvm made in a model''s schema: it replaces and drops these and no others.';
COMMENT ON COLUMN cvm.generated.made_as IS
	'Digest of what the view was to be, and of what it was, when it was last made: while both are the same it is '
	'left alone.';

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
		WHERE r.rolname = $1 AND pg_has_role(r.oid, 'USAGE'));
$$;
COMMENT ON FUNCTION cvm._is_member(name) IS 'Has the caller the rights of this role?';

ALTER TABLE cvm.model ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.setting ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.binding ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.generated ENABLE ROW LEVEL SECURITY;

CREATE POLICY members ON cvm.model FOR SELECT
	USING (cvm._is_member(owner));
-- the policy of cvm.model decides for these too
@define members table
CREATE POLICY members ON cvm.{table} FOR SELECT
	USING (EXISTS (SELECT FROM cvm.model m WHERE m.model = {table}.model));
@end
@use members setting
@use members binding
@use members generated

GRANT SELECT ON cvm.model, cvm.setting, cvm.binding, cvm.generated TO PUBLIC;
GRANT SELECT ON cvm.setting_definition TO PUBLIC;

CREATE FUNCTION cvm._register(model name, action text, relation text, "rows" jsonb) RETURNS jsonb
	AS 'MODULE_PATHNAME', 'cvm_register'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION cvm._register(name, text, text, jsonb) IS
	'Inserts, updates or deletes rows about a model in a table of the registry, for whoever has the rights of its '
	'owner; returns them.';

CREATE FUNCTION cvm._lock_model(model name) RETURNS void
	AS 'MODULE_PATHNAME', 'cvm_lock_model'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION cvm._lock_model(name) IS
	'Holds the lock of a model until the transaction ends, for whoever has the rights of its owner.';

CREATE FUNCTION cvm._try_lock(model name, relation name) RETURNS boolean
	AS 'MODULE_PATHNAME', 'cvm_try_lock'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION cvm._try_lock(name, name) IS
	'Holds the lock of a stored table of a model until the transaction ends, for whoever has the rights of its '
	'owner; false where another session does.';

CREATE FUNCTION cvm._lock_stored(model name, relation name) RETURNS void
	AS 'MODULE_PATHNAME', 'cvm_lock_stored'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION cvm._lock_stored(name, name) IS
	'Holds that lock too, and waits for it; taken before the lock of the model where both are.';

CREATE FUNCTION cvm._lock_id(relation name) RETURNS int
	AS 'MODULE_PATHNAME', 'cvm_lock_id'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._lock_id(name) IS
	'What pg_locks.objsubid says of that lock; classid is cvm.stored, objid the schema.';
