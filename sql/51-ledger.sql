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
BEGIN
	FOREACH customer IN ARRAY ARRAY['bigint', 'text', 'uuid'] LOOP
		EXECUTE format($$
			CREATE FUNCTION cvm.ledger_add(internal, %1$s, text, date, date, numeric, text, date)
				RETURNS internal
				AS 'MODULE_PATHNAME', 'cvm_ledger_add'
				LANGUAGE C IMMUTABLE PARALLEL SAFE;
			COMMENT ON FUNCTION cvm.ledger_add(internal, %1$s, text, date, date, numeric, text, date) IS
				'Step of aggregates over raw spells'$$,
			customer);
	END LOOP;
END
$block$;
