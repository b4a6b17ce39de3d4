/*
 * member_state.c
 *		Aggregates over what happened to customers, and the segments they were
 *		in: what they share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "miscadmin.h"

#include "core/contacts/contact_pressure.h"
#include "core/segments/segment_timeline.h"
#include "pg/arguments.h"
#include "pg/contacts/member_state.h"
#include "pg/label.h"
#include "pg/state_type.h"
#include "pg/step_scan.h"
#include "pg/ticket.h"

#define NAME "aggregates over contacts, tickets and answers"

/* The state of a row's aggregate, made where there is none. */
MemberState *
member_state_begin(FunctionCallInfo fcinfo, KeyKind kind, size_t size)
{
	MemoryContext context = state_context(fcinfo, NAME);
	MemberState *state = MemoryContextAllocZero(context, sizeof(MemberState));

	if (kind == KEY_TEXT)
		row_check_key(fcinfo, ARG_CUSTOMER);
	state->members =
		member_lines_new(context, kind, size, get_hash_memory_limit());
	step_scan_begin(fcinfo, state);
	return state;
}

bool
argument_is_word(FunctionCallInfo fcinfo, int at, const char *word)
{
	size_t size = strlen(word);
	const text *given;
	const char *data;

	if (PG_ARGISNULL(at))
		return false;
	given = PG_GETARG_TEXT_PP(at);
	data = VARDATA_ANY(given);
	if (VARSIZE_ANY_EXHDR(given) != size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (data[i] != word[i] && !(data[i] >= 'A' && data[i] <= 'Z' &&
									data[i] + ('a' - 'A') == word[i]))
			return false;
	return true;
}

void
answer_place(MemberLine *line, TimestampTz at)
{
	if (!member_line_place(line, at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the moment of an answer is not one of its day"),
				 errhint("Give cvm.moment_of() and cvm.day_of() of it.")));
}

MemberState *
member_state_until(FunctionCallInfo fcinfo, KeyKind kind, size_t size,
				   int as_of)
{
	MemberState *state = member_state_begin(fcinfo, kind, size);

	state->members->parameters[MEMBER_AS_OF] =
		argument_day(fcinfo, as_of, "as_of");
	return state;
}

/* Take the window of contacts, and the cap. */
static void
contact_window_take(FunctionCallInfo fcinfo, MemberLines *members, int window,
					int cap)
{
	if (PG_ARGISNULL(window) || (cap >= 0 && PG_ARGISNULL(cap)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 cap >= 0 ? errmsg("window and cap must not be null")
						  : errmsg("window must not be null"),
				 errhint("Give the days of the window, and the contacts that "
						 "a customer may get in it.")));
	members->parameters[CONTACT_WINDOW] = PG_GETARG_INT32(window);
	if (cap >= 0)
		members->parameters[CONTACT_CAP] = PG_GETARG_INT32(cap);
}

MemberState *
contact_state_begin(FunctionCallInfo fcinfo, KeyKind kind, size_t size,
					int window, int cap)
{
	MemberState *state = member_state_begin(fcinfo, kind, size);

	contact_window_take(fcinfo, state->members, window, cap);
	return state;
}

/*
 * Take the row if it is a membership: its name, not NULL then, is an
 * argument, and its days are the next two.
 */
bool
member_state_take(FunctionCallInfo fcinfo, MemberState *state, int segment)
{
	text *name;
	DateADT from = MEMBERSHIP_UNKNOWN;
	DateADT to = DATEVAL_NOEND;
	Label label;

	if (PG_ARGISNULL(segment))
		return false;
	if (!PG_ARGISNULL(segment + 1))
	{
		from = PG_GETARG_DATEADT(segment + 1);
		if (DATE_IS_NOBEGIN(from))
			from = MEMBERSHIP_ALWAYS;
	}
	if (!PG_ARGISNULL(segment + 2))
		to = PG_GETARG_DATEADT(segment + 2);
	if (PG_ARGISNULL(ARG_CUSTOMER) || from >= to)
		return true;
	name = PG_GETARG_TEXT_PP(segment);
	label = (Label){VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};
	member_lines_place(state->members,
					   argument_customer(fcinfo, state->members->lines.kind),
					   &label, from, to);
	return true;
}

MemberLines *
member_state_lines(FunctionCallInfo fcinfo)
{
	state_context(fcinfo, NAME);
	return ((MemberState *) PG_GETARG_POINTER(0))->members;
}

MemberLines *
member_state_end(FunctionCallInfo fcinfo, RowArray *array)
{
	MemberLines *members = member_state_lines(fcinfo);

	row_array_open(array, fcinfo);
	return members;
}

Datum
member_state_cells(FunctionCallInfo fcinfo, CellsCount count, CellRow row)
{
	MemberLines *members;
	CellTable cells;
	RowArray array;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	members = member_state_end(fcinfo, &array);
	count(members, CurrentMemoryContext, &cells);
	for (uint32_t i = 0; i < cells.count; i++)
	{
		Datum values[CELL_COLUMNS_MAX];
		bool nulls[CELL_COLUMNS_MAX] = {false};

		if (row(members, cell_table_at(&cells, i), values, nulls))
			row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}

Datum
cell_segment(const MemberLines *members, const CellKey *key, bool *is_null)
{
	*is_null = key->segment == IN_ALL_SEGMENTS;
	return *is_null ? (Datum) 0
					: label_datum(&members->names.labels[key->segment]);
}

/* Add a piece of what a parallel worker sent. */
static void
piece_add(FunctionCallInfo fcinfo, MemoryContext context, void *state,
		  const Passed *piece)
{
	MemberState *into = state;

	into->members =
		member_lines_absorb(into->members, context, get_hash_memory_limit(),
							piece->data, piece->size);
}

static void
pieces_encode(void *state, ByteWriter *writer)
{
	member_lines_encode(((MemberState *) state)->members, writer);
}

PASSED_FUNCTIONS(member, NAME, MemberState, piece_add, pieces_encode)

MemberLines *
member_state_ticket(FunctionCallInfo fcinfo, const char *aggregate)
{
	MemberState *state = ticket_read(PG_GETARG_DATUM(0), aggregate);
	MemberLines *members = state->members;

	if (members == NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("state of %s has been read", aggregate),
						errhint("Read it once.")));
	state->members = NULL;
	return members;
}
