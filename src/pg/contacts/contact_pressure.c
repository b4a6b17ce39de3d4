/*
 * contact_pressure.c
 *		How much marketing customers get, from raw rows in one pass
 *		(core/contacts/contact_pressure.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "core/contacts/contact_pressure.h"
#include "pg/contacts/member_state.h"

enum
{
	ARG_PURPOSE = ARG_DAY + 1,
	ARG_RESPONDED,
	ARG_OPENED,
	ARG_OPTED_OUT,
	ARG_SEGMENT, /* from and to */
	ARG_AS_OF = ARG_SEGMENT + 3,
	ARG_WINDOW,
	ARG_CAP
};

/* A row: a contact; or, where segment is not NULL, a membership. */
static inline void
contact_pressure_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	uint32 flags;
	MemberLine *line;
	DateADT day;

	if (member_state_take(fcinfo, state, ARG_SEGMENT) ||
		!argument_fact_day(fcinfo, ARG_DAY, ARG_AS_OF, &day))
		return;
	member_lines_seen(state->members, day);
	if (PG_ARGISNULL(ARG_CUSTOMER))
		return;
	flags = contact_flags(fcinfo, ARG_RESPONDED, ARG_OPTED_OUT);
	if (argument_is_word(fcinfo, ARG_PURPOSE, SERVICE))
		flags |= CONTACT_SERVICE;
	if (!PG_ARGISNULL(ARG_OPENED))
		flags |= CONTACT_OPEN_KNOWN |
				 (PG_GETARG_BOOL(ARG_OPENED) ? CONTACT_OPENED : 0);
	line = customer_lines_next(&state->members->lines,
							   argument_customer(fcinfo, kind));
	*line = (MemberLine){.flags = flags, .name = -1, .day = day};
}

MEMBER_STEPS(contact_pressure,
			 contact_state_begin(fcinfo, kind, sizeof(MemberLine), ARG_WINDOW,
								 ARG_CAP));

/* A CellRow */
static bool
cell_row(const MemberLines *members, const void *at, Datum *values, bool *nulls)
{
	const ContactCell *cell = at;

	values[0] = cell_segment(members, &cell->key, &nulls[0]);
	values[1] = DateADTGetDatum(month_start(cell->key.month));
	values[2] = Int64GetDatum(cell->key.numbers[0]);
	values[3] = Int64GetDatum(cell->customers);
	values[4] = Int64GetDatum(cell->over_cap);
	values[5] = Int64GetDatum(cell->counts.service);
	values[6] = Int64GetDatum(cell->counts.violations);
	values[7] = Int64GetDatum(cell->counts.responses);
	values[8] = Int64GetDatum(cell->counts.open_known);
	values[9] = Int64GetDatum(cell->counts.opened);
	values[10] = Int64GetDatum(cell->counts.opt_known);
	values[11] = Int64GetDatum(cell->counts.opted_out);
	values[12] = DateADTGetDatum(members->last);
	return true;
}

/* The end: a row for each segment, month and number of contacts. */
PG_FUNCTION_INFO_V1(cvm_contact_pressure_final);
Datum
cvm_contact_pressure_final(PG_FUNCTION_ARGS)
{
	return member_state_cells(fcinfo, contact_cells, cell_row);
}
