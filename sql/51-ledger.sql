-- SPDX-License-Identifier: PostgreSQL
-- What aggregates over raw spells in one pass share: rows in any order are
-- gathered into customers, and each aggregate ends in a reading of its own.
-- The state is internal, for one machine with parallel workers; distributed
-- servers take the two steps by way of holdings.
CREATE FUNCTION ledger_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_ledger_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION ledger_combine(internal, internal) IS 'Combine of aggregates over raw spells';
CREATE FUNCTION ledger_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_ledger_serialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ledger_serialize(internal) IS 'Serialization of aggregates over raw spells';
CREATE FUNCTION ledger_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_ledger_deserialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ledger_deserialize(bytea, internal) IS 'Deserialization of aggregates over raw spells';

DO $block$
DECLARE
	customer text;
	more text;
BEGIN
	FOREACH customer IN ARRAY ARRAY['bigint', 'text', 'uuid'] LOOP
		FOREACH more IN ARRAY ARRAY['text, date', 'text, date, text', 'boolean, text, date, integer'] LOOP
			EXECUTE format($$
				CREATE FUNCTION cvm.ledger_add(internal, %1$s, text, date, date, numeric, %2$s)
					RETURNS internal
					AS 'MODULE_PATHNAME', 'cvm_ledger_add'
					LANGUAGE C IMMUTABLE PARALLEL SAFE;
				COMMENT ON FUNCTION cvm.ledger_add(internal, %1$s, text, date, date, numeric, %2$s) IS
					'Step of aggregates over raw spells'$$,
				customer, more);
		END LOOP;
	END LOOP;
END
$block$;

-- An aggregate over raw spells: its name, the types of its arguments after the
-- price, how it ends, and what is said of it.
CREATE PROCEDURE create_ledger_aggregate(name text, more text, final text, description text)
	LANGUAGE plpgsql
AS $body$
DECLARE
	customer text;
BEGIN
	FOREACH customer IN ARRAY ARRAY['bigint', 'text', 'uuid'] LOOP
		EXECUTE format($$
			CREATE AGGREGATE cvm.%1$I(%2$s, text, date, date, numeric, %3$s) (
				SFUNC = cvm.ledger_add, STYPE = internal, SSPACE = 65536,
				FINALFUNC = cvm.%4$I,
				COMBINEFUNC = cvm.ledger_combine,
				SERIALFUNC = cvm.ledger_serialize,
				DESERIALFUNC = cvm.ledger_deserialize, PARALLEL = SAFE
			);
			COMMENT ON AGGREGATE cvm.%1$I(%2$s, text, date, date, numeric, %3$s) IS %5$L$$,
			name, customer, more, final, description);
	END LOOP;
END
$body$;
