/*
 * contact_fatigue.c
 *		What further contacts bring, from raw rows in one pass
 *		(core/contacts/contact_fatigue.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "core/contacts/contact_fatigue.h"
#include "pg/contacts/member_state.h"

enum
{
	ARG_AT = ARG_DAY + 1,
	ARG_PURPOSE,
	ARG_RESPONDED,
	ARG_OPTED_OUT,
	ARG_AS_OF,
	ARG_WINDOW
};

/* A row: a contact */
static inline void
contact_fatigue_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	FatigueLine *line;
	DateADT day;

	if (!argument_fact_day(fcinfo, ARG_DAY, ARG_AS_OF, &day))
		return;
	member_lines_seen(state->members, day);
	if (PG_ARGISNULL(ARG_CUSTOMER) || PG_ARGISNULL(ARG_AT) ||
		argument_is_word(fcinfo, ARG_PURPOSE, SERVICE))
		return;
	line = customer_lines_next(&state->members->lines,
							   argument_customer(fcinfo, kind));
	*line = (FatigueLine){
		.member = {.flags = contact_flags(fcinfo, ARG_RESPONDED, ARG_OPTED_OUT),
				   .name = -1,
				   .day = day},
		.at = PG_GETARG_TIMESTAMPTZ(ARG_AT)};
}

MEMBER_STEPS(contact_fatigue,
			 contact_state_begin(fcinfo, kind, sizeof(FatigueLine), ARG_WINDOW,
								 -1));

/* A CellRow */
static bool
cell_row(const MemberLines *members, const void *at, Datum *values, bool *nulls)
{
	const FatigueCell *cell = at;

	values[0] = Int64GetDatum(cell->key.numbers[0]);
	for (int is_first = 0; is_first < 2; is_first++)
	{
		FatigueTally tally = fatigue_tally(cell, is_first);

		values[1 + 2 * is_first] = Int64GetDatum((int64) tally.contacts);
		values[2 + 2 * is_first] = Int64GetDatum((int64) tally.responses);
	}
	values[5] = Int64GetDatum(cell->customers);
	values[6] = Int64GetDatum(cell->opt_known);
	values[7] = Int64GetDatum(cell->opted_out);
	values[8] = DateADTGetDatum(members->last);
	return true;
}

/* The end: a row for each ordinal and what contacts of a customer came to. */
PG_FUNCTION_INFO_V1(cvm_contact_fatigue_final);
Datum
cvm_contact_fatigue_final(PG_FUNCTION_ARGS)
{
	return member_state_cells(fcinfo, fatigue_cells, cell_row);
}
