-- SPDX-License-Identifier: PostgreSQL
-- Times of paying.
CREATE FUNCTION cvm._spell_runs(started_on date, ended_on date, gap integer) RETURNS date[]
	AS 'MODULE_PATHNAME', 'cvm_spell_runs'
	LANGUAGE C WINDOW IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm._spell_runs(date, date, integer) IS
	'Over the spells of a customer, in the order of their first days: the first day of the time of paying that a spell is part of, '
	'which goes on over gaps of so many days, the day after its last, and, where on no day of the spell another one is held, the '
	'first of those.';
