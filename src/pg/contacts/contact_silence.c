/*
 * contact_silence.c
 *		Who pays and hears nothing, from raw rows in one pass
 *		(core/contacts/contact_silence.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "core/contacts/contact_silence.h"
#include "pg/contacts/member_state.h"

enum
{
	ARG_PURPOSE = ARG_DAY + 1,
	ARG_ARM,
	ARG_PAYS,
	ARG_SEGMENT, /* from and to */
	ARG_AS_OF = ARG_SEGMENT + 3,
	ARG_SINCE
};

static MemberState *
silence_begin(FunctionCallInfo fcinfo, KeyKind kind)
{
	MemberState *state = member_state_begin(fcinfo, kind, sizeof(MemberLine));

	if (PG_ARGISNULL(ARG_AS_OF) || PG_ARGISNULL(ARG_SINCE))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("as_of and since must not be null"),
				 errhint("Give the first day that is not observed, and the one "
						 "from which on contacts are counted.")));
	state->members->parameters[SILENCE_DAY] = PG_GETARG_DATEADT(ARG_AS_OF) - 1;
	state->members->parameters[SILENCE_SINCE] = PG_GETARG_DATEADT(ARG_SINCE);
	return state;
}

/* A row: a membership, a customer who pays, or a contact. */
static inline void
contact_silence_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	bool pays = row_flag(fcinfo, ARG_PAYS);
	MemberLine *line;
	DateADT day = 0;

	if (member_state_take(fcinfo, state, ARG_SEGMENT) ||
		PG_ARGISNULL(ARG_CUSTOMER))
		return;
	if (!pays && (!argument_fact_day(fcinfo, ARG_DAY, ARG_AS_OF, &day) ||
				  argument_is_word(fcinfo, ARG_PURPOSE, SERVICE) ||
				  argument_is_word(fcinfo, ARG_ARM, "control")))
		return;
	line = customer_lines_next(&state->members->lines,
							   argument_customer(fcinfo, kind));
	*line =
		(MemberLine){.flags = pays ? SILENCE_PAYS : 0, .name = -1, .day = day};
}

MEMBER_STEPS(contact_silence, silence_begin(fcinfo, kind));

/* A CellRow */
static bool
cell_row(const MemberLines *members, const void *at, Datum *values, bool *nulls)
{
	const SilenceCell *cell = at;

	values[0] = cell_segment(members, &cell->key, &nulls[0]);
	values[1] = Int64GetDatum(cell->key.numbers[0]);
	values[2] = BoolGetDatum(cell->key.numbers[1] != 0);
	values[3] = Int64GetDatum(cell->customers);
	return true;
}

/* The end: a row for each segment and number of contacts. */
PG_FUNCTION_INFO_V1(cvm_contact_silence_final);
Datum
cvm_contact_silence_final(PG_FUNCTION_ARGS)
{
	return member_state_cells(fcinfo, silence_cells, cell_row);
}
