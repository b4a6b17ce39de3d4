/*
 * ticket_response.c
 *		How long tickets wait, from raw rows in one pass
 *		(core/contacts/ticket_response.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "core/contacts/ticket_response.h"
#include "pg/contacts/member_state.h"
#include "pg/types.h"

#define MOST_MINUTES 100000000 /* 190 years */

enum
{
	ARG_STAFF = ARG_DAY + 1,
	ARG_ANSWERED,
	ARG_SOLVED,
	ARG_REOPENED,
	ARG_MINUTES,
	ARG_OPEN_MINUTES,
	ARG_AGREED,
	ARG_SEGMENT, /* from and to */
	ARG_AS_OF = ARG_SEGMENT + 3
};

/* Whole minutes: halves go up. */
static int32
whole_minutes(double minutes)
{
	return (int32) floor(Min(minutes, MOST_MINUTES) + 0.5);
}

/* What is told of a ticket that has waited for so long */
static uint32
ticket_flags(FunctionCallInfo fcinfo, double minutes)
{
	bool is_answered = row_flag(fcinfo, ARG_ANSWERED);
	uint32 flags = is_answered ? TICKET_ANSWERED : 0;

	if (row_flag(fcinfo, ARG_STAFF))
		flags |= TICKET_STAFF;
	if (row_flag(fcinfo, ARG_SOLVED))
		flags |= TICKET_SOLVED;
	if (row_flag(fcinfo, ARG_REOPENED))
		flags |= TICKET_REOPENED;
	if (!PG_ARGISNULL(ARG_AGREED))
	{
		if (minutes > PG_GETARG_FLOAT8(ARG_AGREED))
			flags |= TICKET_BEYOND;
		else if (is_answered)
			flags |= TICKET_WITHIN;
	}
	return flags;
}

/* A row: a ticket; or, where segment is not NULL, a membership. */
static inline void
ticket_response_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	TicketLine *line;
	double minutes;
	DateADT day;

	if (member_state_take(fcinfo, state, ARG_SEGMENT) ||
		PG_ARGISNULL(ARG_CUSTOMER) || PG_ARGISNULL(ARG_MINUTES) ||
		!argument_fact_day(fcinfo, ARG_DAY, ARG_AS_OF, &day))
		return;
	minutes = PG_GETARG_FLOAT8(ARG_MINUTES);
	if (!(minutes >= 0))
		return;
	line = customer_lines_next(&state->members->lines,
							   argument_customer(fcinfo, kind));
	line->member = (MemberLine){
		.flags = ticket_flags(fcinfo, minutes), .name = -1, .day = day};
	line->minutes = whole_minutes(minutes);
	line->open_minutes = 0;
	if (!PG_ARGISNULL(ARG_OPEN_MINUTES) &&
		PG_GETARG_FLOAT8(ARG_OPEN_MINUTES) >= 0)
	{
		line->member.flags |= TICKET_TAKES;
		line->open_minutes = whole_minutes(PG_GETARG_FLOAT8(ARG_OPEN_MINUTES));
	}
}

MEMBER_STEPS(ticket_response,
			 member_state_begin(fcinfo, kind, sizeof(TicketLine)));

static Datum
times_datum(const Survival *times, bool *is_null)
{
	*is_null = times == NULL;
	if (times == NULL)
		return (Datum) 0;
	return expanded_flat(&survival_state, times);
}

/* A CellRow */
static bool
cell_row(const MemberLines *members, const void *at, Datum *values, bool *nulls)
{
	const TicketCell *cell = at;

	/* where the staff opened all of them there is nothing to tell */
	if (cell->tickets == 0)
		return false;
	values[0] = cell_segment(members, &cell->key, &nulls[0]);
	values[1] = DateADTGetDatum(month_start(cell->key.month));
	values[2] = Int64GetDatum(cell->tickets);
	values[3] = Int64GetDatum(cell->staff);
	values[4] = Int64GetDatum(cell->customers);
	values[5] = Int64GetDatum(cell->answered);
	values[6] = Int64GetDatum(cell->solved);
	values[7] = Int64GetDatum(cell->reopened);
	values[8] = Int64GetDatum(cell->within);
	values[9] = Int64GetDatum(cell->beyond);
	values[10] = times_datum(cell->replies.times, &nulls[10]);
	values[11] = times_datum(cell->solutions.times, &nulls[11]);
	return true;
}

/* The end: a row for each segment and month, and for everybody. */
PG_FUNCTION_INFO_V1(cvm_ticket_response_final);
Datum
cvm_ticket_response_final(PG_FUNCTION_ARGS)
{
	return member_state_cells(fcinfo, ticket_cells, cell_row);
}

/* _minutes_between(since, until): by the clock; NULL where one is infinite */
PG_FUNCTION_INFO_V1(cvm_minutes_between);
Datum
cvm_minutes_between(PG_FUNCTION_ARGS)
{
	TimestampTz since = PG_GETARG_TIMESTAMPTZ(0);
	TimestampTz until = PG_GETARG_TIMESTAMPTZ(1);

	if (TIMESTAMP_NOT_FINITE(since) || TIMESTAMP_NOT_FINITE(until))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8((double) (until - since) / USECS_PER_MINUTE);
}
