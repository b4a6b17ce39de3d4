-- SPDX-License-Identifier: PostgreSQL
-- Times of paying.
CREATE FUNCTION cvm._spell_runs(started_on date, ended_on date, gap integer) RETURNS date[]
	AS 'MODULE_PATHNAME', 'cvm_spell_runs'
	LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm._spell_runs(date, date, integer) IS
	'Over the spells of a customer, in the order of their first days: the first day of the time of paying that a spell is part of, '
	'which goes on over gaps of so many days, the day after its last, and, where on no day of the spell another one is held, the '
	'first of those.';

CREATE FUNCTION cvm._paid_since_add(integer[], date, date, date, integer) RETURNS integer[]
	AS 'MODULE_PATHNAME', 'cvm_paid_since_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm._paid_since_add(integer[], date, date, date, integer) IS 'Step of _paid_since_agg';
CREATE FUNCTION cvm._paid_since_combine(integer[], integer[]) RETURNS integer[]
	AS 'MODULE_PATHNAME', 'cvm_paid_since_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm._paid_since_combine(integer[], integer[]) IS 'Combine of _paid_since_agg';
CREATE FUNCTION cvm._paid_since_final(integer[]) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_paid_since_final'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._paid_since_final(integer[]) IS 'End of _paid_since_agg';
CREATE AGGREGATE cvm._paid_since_agg(date, date, date, integer) (
	SFUNC = cvm._paid_since_add, STYPE = integer[],
	FINALFUNC = cvm._paid_since_final,
	COMBINEFUNC = cvm._paid_since_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._paid_since_agg(date, date, date, integer) IS
	'Of a customer''s spells, from first days to days after the last, the first day of the time of paying that goes on after as_of; it goes on over '
	'gaps of so many days. NULL: none does';
