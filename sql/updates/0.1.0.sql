-- SPDX-License-Identifier: PostgreSQL
-- From 0.1.0, whose install script must not be used any more (CHANGELOG.md).
\echo Use "ALTER EXTENSION cvm UPDATE" to load this file. \quit

@check

-- pg_restore with several jobs lost rows by them
ALTER TABLE cvm.setting DROP CONSTRAINT setting_model_fkey, DROP CONSTRAINT setting_setting_fkey;
ALTER TABLE cvm.binding DROP CONSTRAINT binding_model_fkey;
ALTER TABLE cvm.generated DROP CONSTRAINT generated_model_fkey;
ALTER TABLE cvm.stored DROP CONSTRAINT stored_model_fkey;
ALTER TABLE cvm.source_part DROP CONSTRAINT source_part_model_relation_fkey;
ALTER TABLE cvm.refresh_log DROP CONSTRAINT refresh_log_model_fkey;
ALTER TABLE cvm.restatement DROP CONSTRAINT restatement_model_fkey;
ALTER TABLE cvm.reader DROP CONSTRAINT reader_model_fkey;

ALTER TABLE cvm.generated ADD COLUMN made_as text;

ALTER TABLE cvm.setting_definition DROP CONSTRAINT setting_definition_kind_check,
	ADD CHECK (kind IN ('zone', 'weekday', 'currency', 'cutoff', 'words', 'fraction', 'count', 'days', 'hours', 'dates'));

ALTER TABLE cvm.entity_column ADD COLUMN is_billing boolean NOT NULL DEFAULT false, ADD COLUMN options text[] NOT NULL DEFAULT '{}', ADD COLUMN initial text, ADD COLUMN other_name text,
	DROP CONSTRAINT entity_column_class_check,
	ADD CHECK (class IN ('key', 'label', 'time', 'day', 'money', 'number', 'count', 'flag', 'deleted'));

-- the parts replace the function, and with it what it says of their rows
CREATE FUNCTION cvm._names_in(body text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN '{}'::text[];
ALTER TABLE cvm.report_body ADD COLUMN names text[] NOT NULL GENERATED ALWAYS AS (cvm._names_in(body)) STORED;

-- returns what views are to follow, or takes more arguments
DROP FUNCTION cvm.catalog(name);
DROP FUNCTION cvm._refresh_state(name, text, boolean, bigint);
DROP FUNCTION cvm._refresh_report(name, text, bigint);
DROP FUNCTION cvm._refresh_one(name, name, boolean, bigint);
DROP FUNCTION cvm._generate(name);
DROP FUNCTION cvm._tend_queue(name, text);
DROP FUNCTION cvm._tend_stored(name);
DROP FUNCTION cvm._drop_stored(name, name);

@parts

DROP FUNCTION cvm._lock_class();
DROP FUNCTION cvm._lock_key(name, name);
DROP FUNCTION cvm._bound(name);
DROP FUNCTION cvm._grant_readers(name);
DROP FUNCTION cvm._have(name);
DROP FUNCTION cvm._usable(name);
DROP FUNCTION cvm._made_of(name, text);
DROP FUNCTION cvm._rows_to_sum(name, text);
DROP FUNCTION cvm._segment_literals(name, text[]);
DROP FUNCTION cvm._scheme_rows(name);

-- are called after the spell buffer and the parameters now
DROP FUNCTION cvm.ledger_add(internal, bigint, text, date, date, numeric, text, date);
DROP FUNCTION cvm.ledger_add(internal, bigint, text, date, date, numeric, text, date, text);
DROP FUNCTION cvm.ledger_add(internal, bigint, text, date, date, numeric, boolean, text, date, integer);
DROP FUNCTION cvm.segment_ledger_add(internal, bigint, text, date, date, numeric, text, text, date);
DROP FUNCTION cvm.segment_ledger_add(internal, bigint, text, date, date, numeric, text, text, date, text[], integer);
DROP FUNCTION cvm.segment_ledger_add(internal, bigint, text, date, date, numeric, boolean, text, text, date, text[], integer, integer);
DROP FUNCTION cvm.ledger_add(internal, text, text, date, date, numeric, text, date);
DROP FUNCTION cvm.ledger_add(internal, text, text, date, date, numeric, text, date, text);
DROP FUNCTION cvm.ledger_add(internal, text, text, date, date, numeric, boolean, text, date, integer);
DROP FUNCTION cvm.segment_ledger_add(internal, text, text, date, date, numeric, text, text, date);
DROP FUNCTION cvm.segment_ledger_add(internal, text, text, date, date, numeric, text, text, date, text[], integer);
DROP FUNCTION cvm.segment_ledger_add(internal, text, text, date, date, numeric, boolean, text, text, date, text[], integer, integer);
DROP FUNCTION cvm.ledger_add(internal, uuid, text, date, date, numeric, text, date);
DROP FUNCTION cvm.ledger_add(internal, uuid, text, date, date, numeric, text, date, text);
DROP FUNCTION cvm.ledger_add(internal, uuid, text, date, date, numeric, boolean, text, date, integer);
DROP FUNCTION cvm.segment_ledger_add(internal, uuid, text, date, date, numeric, text, text, date);
DROP FUNCTION cvm.segment_ledger_add(internal, uuid, text, date, date, numeric, text, text, date, text[], integer);
DROP FUNCTION cvm.segment_ledger_add(internal, uuid, text, date, date, numeric, boolean, text, text, date, text[], integer, integer);
DROP FUNCTION cvm.movement_ledger_final(internal);
DROP FUNCTION cvm.revenue_ledger_final(internal);
DROP FUNCTION cvm.segment_ledger_final(internal);
DROP FUNCTION cvm.ledger_combine(internal, internal);
DROP FUNCTION cvm.ledger_serialize(internal);
DROP FUNCTION cvm.ledger_deserialize(bytea, internal);
DROP FUNCTION cvm.question_combine(internal, internal);
DROP FUNCTION cvm.question_serialize(internal);
DROP FUNCTION cvm.question_deserialize(bytea, internal);
