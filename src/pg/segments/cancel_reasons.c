/*
 * cancel_reasons.c
 *		Why customers leave, from raw rows in one pass
 *		(core/segments/cancel_reasons.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"

#include "core/segments/cancel_reasons.h"
#include "pg/arguments.h"
#include "pg/contacts/member_state.h"
#include "pg/label.h"
#include "pg/numeric.h"

enum
{
	ARG_LINE = ARG_CUSTOMER + 1,
	ARG_SEGMENT, /* from and to, which are those of a spell too */
	ARG_FROM,
	ARG_TO,
	ARG_PRICE,
	ARG_REASON,
	ARG_ASKED,
	ARG_AS_OF,
	ARG_PRICE_DAYS
};

static MemberState *
cancel_reason_begin(FunctionCallInfo fcinfo, KeyKind kind)
{
	MemberState *state = member_state_begin(fcinfo, kind, sizeof(CancelLine));

	state->members->other_name = offsetof(CancelLine, line);
	state->members->parameters[CANCEL_AS_OF] =
		argument_day(fcinfo, ARG_AS_OF, "as_of");
	argument_refuse_null(fcinfo, ARG_PRICE_DAYS, "price_moved_days",
						 "Use 0 or more days.");
	state->members->parameters[CANCEL_PRICE_DAYS] =
		PG_GETARG_INT32(ARG_PRICE_DAYS);
	return state;
}

/* A row: a membership, where segment is not NULL, else a spell */
static inline void
cancel_reason_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	MemberLines *members = state->members;
	DateADT to = DATEVAL_NOEND;
	DateADT from;
	CancelLine *line;
	Label reason;
	Label name;
	int scale = 0;

	if (member_state_take(fcinfo, state, ARG_SEGMENT) ||
		PG_ARGISNULL(ARG_CUSTOMER) || PG_ARGISNULL(ARG_FROM))
		return;
	from = PG_GETARG_DATEADT(ARG_FROM);
	if (!PG_ARGISNULL(ARG_TO))
		to = PG_GETARG_DATEADT(ARG_TO);
	if (from >= members->parameters[CANCEL_AS_OF] || to <= from)
		return;
	line =
		customer_lines_next(&members->lines, argument_customer(fcinfo, kind));
	memset(line, 0, sizeof(CancelLine));
	line->member.day = from;
	line->member.to = to;
	line->member.name = -1;
	if (!PG_ARGISNULL(ARG_REASON))
	{
		reason = argument_label(fcinfo, ARG_REASON);
		line->member.name = dictionary_intern(&members->names, &reason);
	}
	if (!PG_ARGISNULL(ARG_PRICE))
	{
		line->member.flags |= CANCEL_PRICED;
		line->mrr = decimal_read(PG_GETARG_DATUM(ARG_PRICE), &scale);
		line->scale = (uint8) scale;
	}
	if (!PG_ARGISNULL(ARG_ASKED))
	{
		line->member.flags |= CANCEL_ASKED;
		line->asked = PG_GETARG_DATEADT(ARG_ASKED);
	}
	name = argument_label(fcinfo, ARG_LINE);
	line->line = line_name_put(&line->name, &members->names, &name);
	if (name.data != NULL)
		line->member.flags |= CANCEL_NAMED;
}

MEMBER_STEPS(cancel_reason, cancel_reason_begin(fcinfo, kind));

#define CELL_COLUMNS 11

/* The end: a row for each month, segment and reason, and of how many it is one */
PG_FUNCTION_INFO_V1(cvm_cancel_reason_final);
Datum
cvm_cancel_reason_final(PG_FUNCTION_ARGS)
{
	MemberLines *members;
	CancelReasons reasons;
	RowArray array;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	members = member_state_end(fcinfo, &array);
	cancel_reasons_count(&reasons, members);
	for (uint32 i = 0; i < reasons.cells.count; i++)
	{
		const CancelCell *cell = count_table_item(&reasons.cells, i);
		Datum values[CELL_COLUMNS] = {0};
		bool nulls[CELL_COLUMNS] = {false};

		nulls[0] = cell->segment == IN_ALL_SEGMENTS;
		if (!nulls[0])
			values[0] = label_datum(&members->names.labels[cell->segment]);
		values[1] = DateADTGetDatum(cell->month);
		values[2] = label_datum(&reasons.reasons[cell->reason]);
		nulls[3] = cell->reasons == 0;
		values[3] = Int32GetDatum(cell->reasons);
		values[4] = Int64GetDatum(cell->requests);
		values[5] = Int64GetDatum(cell->customers);
		values[6] = Int64GetDatum(cell->pending);
		values[7] = Int64GetDatum(cell->churned);
		values[8] = Int64GetDatum(cell->price_moved);
		values[9] = decimal_make(cell->cancelled_mrr, reasons.scale);
		values[10] = decimal_make(cell->churned_mrr, reasons.scale);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}
