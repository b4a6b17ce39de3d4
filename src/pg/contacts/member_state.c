/*
 * member_state.c
 *		Aggregates over what happened to customers, and the segments they were
 *		in: what they share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "miscadmin.h"

#include "core/segments/segment_timeline.h"
#include "pg/contacts/member_state.h"
#include "pg/state_type.h"

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
member_state_end(FunctionCallInfo fcinfo, RowArray *array)
{
	state_context(fcinfo, NAME);
	row_array_open(array, fcinfo);
	return ((MemberState *) PG_GETARG_POINTER(0))->members;
}

Datum
cell_segment(const MemberLines *members, const CellKey *key, bool *is_null)
{
	const Label *name;

	*is_null = key->segment == IN_ALL_SEGMENTS;
	if (*is_null)
		return (Datum) 0;
	name = &members->names.labels[key->segment];
	return PointerGetDatum(
		cstring_to_text_with_len(name->data, (int) name->size));
}

/* Add what a parallel worker sent. */
PG_FUNCTION_INFO_V1(cvm_member_combine);
Datum
cvm_member_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = state_context(fcinfo, NAME);
	const bytea *more;
	MemberState *into =
		passed_states(fcinfo, context, sizeof(MemberState), &more);
	Passed passed;

	if (more == NULL)
		return passed_return(fcinfo, into);
	passed_open(&passed, fcinfo, VARDATA(more), VARSIZE(more) - VARHDRSZ);
	while (passed_next(&passed))
		into->members =
			member_lines_absorb(into->members, context, get_hash_memory_limit(),
								passed.data, passed.size);
	PG_RETURN_POINTER(into);
}

/* The lines as bytes for another process. */
PG_FUNCTION_INFO_V1(cvm_member_serialize);
Datum
cvm_member_serialize(PG_FUNCTION_ARGS)
{
	MemberState *state = (MemberState *) PG_GETARG_POINTER(0);
	ByteWriter writer;
	Sending passing;

	state_context(fcinfo, NAME);
	state_open(&writer);
	passing_open(&passing, &writer);
	member_lines_encode(state->members, &writer);
	passing_close(&passing, &writer);
	return state_close(&writer);
}

PG_FUNCTION_INFO_V1(cvm_member_deserialize);
Datum
cvm_member_deserialize(PG_FUNCTION_ARGS)
{
	return passed_deserialize(fcinfo, NAME, sizeof(MemberState));
}
