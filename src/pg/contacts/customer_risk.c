/*
 * customer_risk.c
 *		Why customers are at risk, and how such customers fared, from raw rows in
 *		one pass (core/contacts/customer_risk.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

#include "core/contacts/customer_risk.h"
#include "pg/arguments.h"
#include "pg/contacts/member_state.h"
#include "pg/customer_rows.h"
#include "pg/label.h"
#include "pg/ticket.h"

enum
{
	ARG_LINE = ARG_CUSTOMER + 1,
	ARG_PRODUCT,
	ARG_FIRST, /* to the last, also of a signal */
	ARG_LAST,
	ARG_MRR,
	ARG_OFFERED,
	ARG_NOTICED,
	ARG_UNTIL,
	ARG_REASON,
	ARG_SINCE
};

static const char name_of_state[] = "_customer_risk_agg";

static MemberState *
customer_risk_begin(FunctionCallInfo fcinfo, KeyKind kind)
{
	MemberState *state = member_state_begin(fcinfo, kind, sizeof(RiskLine));

	state->members->other_name = offsetof(RiskLine, product);
	return state;
}

/*
 * A row: a signal, where it has a reason; else a spell.  What ended before the
 * first day of which anything is asked is left out.
 */
static inline void
customer_risk_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	Dictionary *names = &state->members->names;
	bool is_signal = !PG_ARGISNULL(ARG_REASON);
	Label label = argument_label(fcinfo, is_signal ? ARG_REASON : ARG_LINE);
	Label product = argument_label(fcinfo, ARG_PRODUCT);
	DateADT first;
	DateADT last = RISK_NEVER;
	RiskLine *line;

	if (PG_ARGISNULL(ARG_CUSTOMER) || PG_ARGISNULL(ARG_FIRST))
		return;
	first = PG_GETARG_DATEADT(ARG_FIRST);
	if (!PG_ARGISNULL(ARG_LAST))
		last = PG_GETARG_DATEADT(ARG_LAST);
	if (last <= first ||
		(!PG_ARGISNULL(ARG_SINCE) && last < PG_GETARG_DATEADT(ARG_SINCE)))
		return;
	line = customer_lines_next(&state->members->lines,
							   argument_customer(fcinfo, kind));
	memset(line, 0, sizeof(RiskLine));
	line->member.day = first;
	line->member.to = last;
	line->product =
		product.data == NULL ? -1 : dictionary_intern(names, &product);
	line->noticed =
		PG_ARGISNULL(ARG_NOTICED) ? RISK_NEVER : PG_GETARG_DATEADT(ARG_NOTICED);
	line->until =
		PG_ARGISNULL(ARG_UNTIL) ? RISK_UNTOLD : PG_GETARG_DATEADT(ARG_UNTIL);
	if (is_signal)
	{
		line->member.flags = RISK_SIGNAL;
		line->member.name = dictionary_intern(names, &label);
		return;
	}
	line->member.flags = (label.data == NULL ? RISK_UNNAMED : 0) |
						 (PG_ARGISNULL(ARG_MRR) ? 0 : RISK_PRICED) |
						 (row_flag(fcinfo, ARG_OFFERED) ? RISK_OFFERED : 0);
	line->member.name = line_name_put(&line->line, names, &label);
	if (!PG_ARGISNULL(ARG_MRR))
	{
		int scale;

		line->mrr = decimal_read(PG_GETARG_DATUM(ARG_MRR), &scale);
		line->scale = (uint8) scale;
	}
}

MEMBER_STEPS(customer_risk, customer_risk_begin(fcinfo, kind));

/* The end of _customer_risk_agg: a ticket. */
PG_FUNCTION_INFO_V1(cvm_customer_risk_final);
Datum
cvm_customer_risk_final(PG_FUNCTION_ARGS)
{
	return ticket_final(fcinfo, name_of_state);
}

#define RISK_COLUMNS 10

typedef struct RiskSink
{
	CustomerRows rows;
	const MemberLines *members;
} RiskSink;

/* An array of names, NULL where a number is -1 */
static Datum
names_datum(const MemberLines *members, const int32 *names, int count)
{
	Datum *values = palloc(count * sizeof(Datum));
	bool *nulls = palloc(count * sizeof(bool));
	int bound = 1;

	for (int i = 0; i < count; i++)
	{
		nulls[i] = names[i] < 0;
		values[i] = nulls[i] ? (Datum) 0
							 : label_datum(&members->names.labels[names[i]]);
	}
	return PointerGetDatum(construct_md_array(
		values, nulls, 1, &count, &bound, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
row_put(RiskSink *sink, Datum *values, bool *nulls, MemoryContext old)
{
	MemoryContextSwitchTo(old);
	customer_rows_put(&sink->rows, values, nulls);
}

/* A RiskEmit */
static void
customer_put(void *arg, const RiskCustomer *customer)
{
	RiskSink *sink = arg;
	MemoryContext old = MemoryContextSwitchTo(sink->rows.row_context);
	Datum values[RISK_COLUMNS] = {0};
	bool nulls[RISK_COLUMNS] = {false};

	values[0] = customer_datum(&sink->rows.out, customer->key);
	values[1] =
		names_datum(sink->members, customer->reasons, customer->nreasons);
	values[2] =
		names_datum(sink->members, customer->products, customer->nproducts);
	values[3] = BoolGetDatum(customer->is_leaving);
	values[4] = decimal_make(customer->notice_mrr, customer->scale);
	values[5] = decimal_make(customer->risk_mrr, customer->scale);
	values[6] = decimal_make(customer->mrr, customer->scale);
	values[7] = DateADTGetDatum(customer->next);
	nulls[7] = customer->next == RISK_UNTOLD;
	nulls[8] = nulls[9] = true;
	row_put(sink, values, nulls, old);
}

/* How those with a reason fared: a row without a customer */
static void
loss_put(RiskSink *sink, int32 reason, const RiskLoss *loss)
{
	MemoryContext old = MemoryContextSwitchTo(sink->rows.row_context);
	Datum values[RISK_COLUMNS] = {0};
	bool nulls[RISK_COLUMNS];

	memset(nulls, true, sizeof(nulls));
	nulls[1] = nulls[8] = nulls[9] = false;
	values[1] = names_datum(sink->members, &reason, 1);
	values[8] = Int64GetDatum(loss->customers);
	values[9] = Int64GetDatum(loss->lost);
	row_put(sink, values, nulls, old);
}

/*
 * _customer_risks(ticket, a customer, as_of, action_days, loss_days, moved_days):
 * who is at risk on the day before as_of, and of each reason how such customers
 * fared.  The customer is for its type only.
 */
PG_FUNCTION_INFO_V1(cvm_customer_risks);
Datum
cvm_customer_risks(PG_FUNCTION_ARGS)
{
	RiskSink sink;
	RiskTerms terms;
	RiskLoss *losses;
	MemberLines *members;
	ReturnSetInfo *result = rows_out_begin(fcinfo);

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	members = member_state_ticket(fcinfo, name_of_state);
	terms.as_of = argument_day(fcinfo, 2, "as_of");
	for (int i = 3; i <= 5; i++)
		argument_refuse_null(fcinfo, i, "days", "Give a number of days.");
	terms.action_days = PG_GETARG_INT32(3);
	terms.loss_days = PG_GETARG_INT32(4);
	terms.moved_days = PG_GETARG_INT32(5);
	sink.members = members;
	customer_rows_open(&sink.rows, result, members->lines.kind);
	losses = customer_risk_each(members, &terms, customer_put, &sink);
	for (int32 i = 0; i < members->names.count; i++)
		if (losses[i].customers > 0)
			loss_put(&sink, i, &losses[i]);
	return (Datum) 0;
}
