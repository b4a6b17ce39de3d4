/*
 * decisions.c
 *		What became of each instalment, from raw rows in one pass
 *		(core/segments/decisions.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"

#include "core/segments/decisions.h"
#include "pg/arguments.h"
#include "pg/contacts/member_state.h"
#include "pg/label.h"
#include "pg/numeric.h"
#include "pg/state_type.h"

/* Terms among the numbers that all rows have alike */
#define NUMBER_AS_OF 0
#define NUMBER_LAPSE 1

enum
{
	ARG_LINE = ARG_CUSTOMER + 1,
	ARG_SEGMENT, /* from and to, which are those of a spell too */
	ARG_FROM,
	ARG_TO,
	ARG_PRICE,
	ARG_PAUSED,
	ARG_FAILED,
	ARG_TERMS,
	ARG_MONTHS,
	ARG_DAYS,
	ARG_PRODUCT, /* of a delivery too */
	ARG_SKIPPED, /* which this is, if it is not NULL */
	ARG_AS_OF,
	ARG_LAPSE
};

static MemberState *
decision_begin(FunctionCallInfo fcinfo, KeyKind kind)
{
	MemberState *state = member_state_begin(fcinfo, kind, sizeof(DecisionLine));

	state->members->other_name = offsetof(DecisionLine, product);
	state->members->parameters[NUMBER_AS_OF] =
		argument_day(fcinfo, ARG_AS_OF, "as_of");
	argument_refuse_null(fcinfo, ARG_LAPSE, "lapse_days",
						 "Use 0 or more days.");
	state->members->parameters[NUMBER_LAPSE] = PG_GETARG_INT32(ARG_LAPSE);
	return state;
}

/* A number of months or days, as far as it matters */
static int32
argument_step(FunctionCallInfo fcinfo, int argument)
{
	int64 step;

	if (PG_ARGISNULL(argument))
		return DECISION_UNKNOWN;
	step = PG_GETARG_INT64(argument);
	return (int32) Max(Min(step, INT32_MAX), DECISION_UNKNOWN + 1);
}

/* The number of a product; -1: none is told */
static int32
argument_product(FunctionCallInfo fcinfo, MemberLines *members)
{
	Label product;

	if (PG_ARGISNULL(ARG_PRODUCT))
		return -1;
	product = argument_label(fcinfo, ARG_PRODUCT);
	return dictionary_intern(&members->names, &product);
}

/* A delivery, of one product or of all */
static void
due_add(FunctionCallInfo fcinfo, MemberLines *members, KeyKind kind)
{
	DateADT day;
	DecisionLine *line;

	if (PG_ARGISNULL(ARG_FROM))
		return;
	day = PG_GETARG_DATEADT(ARG_FROM);
	if (DATE_NOT_FINITE(day) || day >= members->parameters[NUMBER_AS_OF])
		return;
	line =
		customer_lines_next(&members->lines, argument_customer(fcinfo, kind));
	memset(line, 0, sizeof(DecisionLine));
	line->member.flags =
		DECISION_DUE | (PG_GETARG_BOOL(ARG_SKIPPED) ? DECISION_SKIP : 0);
	line->member.day = day;
	line->member.to = DECISION_OPEN;
	line->member.name = argument_product(fcinfo, members);
	line->product = -1;
}

/*
 * A row: a membership, where segment is not NULL; a delivery, where it says
 * whether it was skipped; else a spell.
 */
static inline void
decision_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	DateADT as_of = state->members->parameters[NUMBER_AS_OF];
	DateADT from;
	DateADT to = DATEVAL_NOEND;
	DecisionLine *line;
	Label name;
	Wide mrr;
	int scale;

	if (member_state_take(fcinfo, state, ARG_SEGMENT) ||
		PG_ARGISNULL(ARG_CUSTOMER))
		return;
	if (!PG_ARGISNULL(ARG_SKIPPED))
	{
		due_add(fcinfo, state->members, kind);
		return;
	}
	if (PG_ARGISNULL(ARG_LINE) || PG_ARGISNULL(ARG_FROM) ||
		PG_ARGISNULL(ARG_PRICE))
		return;
	from = PG_GETARG_DATEADT(ARG_FROM);
	if (!PG_ARGISNULL(ARG_TO))
		to = PG_GETARG_DATEADT(ARG_TO);
	if (DATE_NOT_FINITE(from) || from >= as_of || to <= from)
		return;
	mrr = decimal_read(PG_GETARG_DATUM(ARG_PRICE), &scale);
	if (mrr <= 0)
		return;
	name = argument_label(fcinfo, ARG_LINE);
	line = customer_lines_next(&state->members->lines,
							   argument_customer(fcinfo, kind));
	line->member.flags = (row_flag(fcinfo, ARG_PAUSED) ? DECISION_PAUSED : 0) |
						 (row_flag(fcinfo, ARG_FAILED) ? DECISION_FAILED : 0);
	line->member.day = from;
	line->member.to = to < as_of ? to : DECISION_OPEN;
	line->mrr = mrr;
	line->terms = PG_ARGISNULL(ARG_TERMS) ? 0 : PG_GETARG_INT32(ARG_TERMS);
	line->months = argument_step(fcinfo, ARG_MONTHS);
	line->days = argument_step(fcinfo, ARG_DAYS);
	line->product = argument_product(fcinfo, state->members);
	line->scale = (uint8) scale;
	line->member.name =
		line_name_put(&line->name, &state->members->names, &name);
}

MEMBER_STEPS(decision, decision_begin(fcinfo, kind));

#define COUNT_COLUMNS 7

typedef struct CountRows
{
	const MemberLines *members;
	RowArray array;
} CountRows;

static void
count_put(void *arg, const DecisionCount *count, int scale)
{
	CountRows *rows = arg;
	Datum values[COUNT_COLUMNS] = {0};
	bool nulls[COUNT_COLUMNS] = {false};

	nulls[0] = count->segment == IN_ALL_SEGMENTS;
	if (!nulls[0])
		values[0] = label_datum(&rows->members->names.labels[count->segment]);
	values[1] =
		CStringGetTextDatum(decision_name((DecisionOutcome) count->outcome));
	values[2] = Int32GetDatum(count->number);
	values[3] = Int64GetDatum(count->instalments);
	values[4] = Int64GetDatum(count->customers);
	values[5] = decimal_make(count->mrr, scale);
	values[6] = decimal_make(count->next_mrr, scale);
	row_array_put(&rows->array, values, nulls);
}

/* The end: how many instalments of each number ended how, in each segment */
PG_FUNCTION_INFO_V1(cvm_decision_final);
Datum
cvm_decision_final(PG_FUNCTION_ARGS)
{
	Oid collation = label_collation(fcinfo);
	MemberLines *members;
	DecisionTerms terms;
	CountRows rows;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	rows.members = members = member_state_end(fcinfo, &rows.array);
	terms.as_of = members->parameters[NUMBER_AS_OF];
	terms.lapse_days = members->parameters[NUMBER_LAPSE];
	terms.compare = label_collate;
	terms.arg = &collation;
	decisions_count(members, &terms, count_put, &rows);
	return row_array_close(&rows.array, fcinfo);
}
