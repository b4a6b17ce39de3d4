/*
 * segment.c
 *		Type segment_flow: customers and money between segments
 *		(core/segment.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/tuplestore.h"

#include "core/segment_ledger.h"
#include "decimal.h"
#include "expanded.h"
#include "holdings.h"
#include "ledger.h"
#include "state.h"
#include "types.h"

static void *
state_make(HostArena arena)
{
	return segment_flow_new(arena);
}

static void
state_merge(void *into, const void *more)
{
	segment_flow_merge(into, more);
}

static void
state_encode(const void *state, ByteWriter *writer)
{
	segment_flow_encode(state, writer);
}

static void *
state_decode(HostArena arena, const void *data, size_t size)
{
	return segment_flow_decode(arena, data, size);
}

static const ExpandedType segment_flow_state = {
	"segment_flow", state_make, state_merge, state_encode, state_decode};

/* Bytes from outside: their names must be text of this database. */
static void
segment_flow_rewrite(const void *data, size_t size, ByteWriter *writer)
{
	SegmentFlow *flow = segment_flow_decode(NULL, data, size);

	for (int i = 0; i < flow->nnames; i++)
		pg_verifymbstr(flow->names[i].data, (int) flow->names[i].size, false);
	segment_flow_encode(flow, writer);
}

static const StateType segment_flow_type = {"segment_flow",
											segment_flow_rewrite};

PG_FUNCTION_INFO_V1(cvm_segment_flow_in);
Datum
cvm_segment_flow_in(PG_FUNCTION_ARGS)
{
	return state_input(&segment_flow_type, fcinfo);
}

PG_FUNCTION_INFO_V1(cvm_segment_flow_recv);
Datum
cvm_segment_flow_recv(PG_FUNCTION_ARGS)
{
	return state_receive(&segment_flow_type, fcinfo);
}

/* Add a state: combine of segment_flow_agg, and rollup. */
PG_FUNCTION_INFO_V1(cvm_segment_flow_rollup);
Datum
cvm_segment_flow_rollup(PG_FUNCTION_ARGS)
{
	return expanded_rollup(&segment_flow_state, fcinfo);
}

/* Operator || */
PG_FUNCTION_INFO_V1(cvm_segment_flow_merge);
Datum
cvm_segment_flow_merge(PG_FUNCTION_ARGS)
{
	return expanded_merge(&segment_flow_state, fcinfo);
}

/* Names that rows of reports keep for themselves are refused. */
void
check_segment(const Label *segment)
{
	static const char *const reserved[] = {"(all)", "(in)", "(out)"};

	if (segment->size == 0 || segment->data[0] != '(')
		return;
	for (int i = 0; i < lengthof(reserved); i++)
		if (segment->size == strlen(reserved[i]) &&
			memcmp(segment->data, reserved[i], segment->size) == 0)
			ereport(
				ERROR,
				(errcode(ERRCODE_RESERVED_NAME),
				 errmsg("\"%s\" cannot be the name of a segment", reserved[i]),
				 errhint("Name it without brackets: reports use these "
						 "for totals and for those who come and go.")));
}

/* segment_flow_agg(holdings, segments, grain, as_of) */
PG_FUNCTION_INFO_V1(cvm_segment_flow_add);
Datum
cvm_segment_flow_add(PG_FUNCTION_ARGS)
{
	Datum result;
	SegmentFlow *flow;
	Holdings *history = NULL;

	if (PG_ARGISNULL(1))
		return expanded_skip(fcinfo, "segment_flow_agg");
	flow =
		expanded_step(&segment_flow_state, fcinfo, "segment_flow_agg", &result);
	segment_flow_adopt(flow, argument_calendar(fcinfo, 3, -1),
					   argument_day(fcinfo, 4, "as_of"));
	if (!PG_ARGISNULL(2))
	{
		history = holdings_read(PG_GETARG_DATUM(2));
		for (int i = 0; i < history->nnames; i++)
			check_segment(&history->names[i]);
	}
	segment_flow_add(flow, holdings_read(PG_GETARG_DATUM(1)), history);
	PG_RETURN_DATUM(result);
}

/* Where rows go */
typedef struct RowSink
{
	ReturnSetInfo *result;
	const SegmentFlow *flow;
} RowSink;

static const SegmentFlow *
sink_open(RowSink *sink, FunctionCallInfo fcinfo)
{
	InitMaterializedSRF(fcinfo, 0);
	sink->result = (ReturnSetInfo *) fcinfo->resultinfo;
	sink->flow = expanded_read(&segment_flow_state, PG_GETARG_DATUM(0));
	return sink->flow;
}

static void
sink_put(RowSink *sink, Datum *values, bool *nulls)
{
	tuplestore_putvalues(sink->result->setResult, sink->result->setDesc, values,
						 nulls);
}

static Datum
name_datum(const Label *name, const char *otherwise)
{
	if (name == NULL)
		return CStringGetTextDatum(otherwise);
	return PointerGetDatum(
		cstring_to_text_with_len(name->data, (int) name->size));
}

static Datum
period_datum(const RowSink *sink, int64 period, bool *isnull)
{
	return day_datum(period_start(sink->flow->calendar, period), isnull);
}

#define BRIDGE_COLUMNS 28

static void
bridge_take(void *taker, const BridgeRow *row)
{
	RowSink *sink = taker;
	int scale = sink->flow->scale;
	Datum values[BRIDGE_COLUMNS];
	bool nulls[BRIDGE_COLUMNS] = {false};
	int at = 0;

#define COUNT(number) values[at++] = Int64GetDatum(number)
#define MONEY(wide) values[at++] = decimal_make(wide, scale)
	values[at++] = name_datum(row->segment, "(all)");
	values[at] = period_datum(sink, row->period, &nulls[at]);
	at++;
	COUNT(row->opening_customers);
	COUNT(row->into.customers[FLOW_NEW]);
	COUNT(row->into.customers[FLOW_REACTIVATION]);
	COUNT(row->into.customers[FLOW_MOVED]);
	COUNT(-row->out.customers[FLOW_MOVED]);
	COUNT(-row->out.customers[FLOW_CHURN]);
	COUNT(row->closing_customers);
	MONEY(row->opening);
	MONEY(row->into.mrr[FLOW_NEW]);
	MONEY(row->into.mrr[FLOW_REACTIVATION]);
	MONEY(row->out.mrr[FLOW_EXPANSION]);
	MONEY(row->out.mrr[FLOW_CONTRACTION]);
	MONEY(row->out.mrr[FLOW_CHURN]);
	MONEY(row->into.mrr[FLOW_MOVED]);
	MONEY(-row->out.mrr[FLOW_MOVED]);
	MONEY(row->closing);
	COUNT(row->out.customers[FLOW_EXPANSION]);
	COUNT(row->out.customers[FLOW_CONTRACTION]);
	COUNT(row->into.customers[FLOW_SAME_PERIOD]);
	MONEY(row->gross_retained);
	MONEY(row->net_retained);
	COUNT(row->products);
	COUNT(row->multi_products);
	COUNT(row->tenure_days);
	values[at++] = BoolGetDatum(row->is_complete);
	values[at++] = DateADTGetDatum(sink->flow->as_of);
#undef COUNT
#undef MONEY
	Assert(at == BRIDGE_COLUMNS);
	sink_put(sink, values, nulls);
}

/* segment_bridge(segment_flow) */
PG_FUNCTION_INFO_V1(cvm_segment_bridge);
Datum
cvm_segment_bridge(PG_FUNCTION_ARGS)
{
	RowSink sink;

	segment_flow_bridge(sink_open(&sink, fcinfo), bridge_take, &sink);
	return (Datum) 0;
}

static void
matrix_take(void *taker, const MatrixRow *row)
{
	RowSink *sink = taker;
	Datum values[7];
	bool nulls[7] = {false};

	values[0] = period_datum(sink, row->period, &nulls[0]);
	values[1] = name_datum(row->from, "(in)");
	values[2] = name_datum(row->to, "(out)");
	values[3] = Int64GetDatum(row->customers);
	values[4] = decimal_make(row->mrr, sink->flow->scale);
	values[5] = decimal_make(row->mrr_closing, sink->flow->scale);
	values[6] = BoolGetDatum(row->is_complete);
	sink_put(sink, values, nulls);
}

/* segment_matrix(segment_flow) */
PG_FUNCTION_INFO_V1(cvm_segment_matrix);
Datum
cvm_segment_matrix(PG_FUNCTION_ARGS)
{
	RowSink sink;

	segment_flow_matrix(sink_open(&sink, fcinfo), matrix_take, &sink);
	return (Datum) 0;
}

static void
product_take(void *taker, const ProductRow *row)
{
	RowSink *sink = taker;
	Datum values[6];
	bool nulls[6] = {false};

	values[0] = name_datum(row->segment, "");
	values[1] = name_datum(row->product, "");
	values[2] = period_datum(sink, row->period, &nulls[2]);
	values[3] = Int64GetDatum(row->customers);
	values[4] = Int64GetDatum(row->lines);
	values[5] = decimal_make(row->mrr, sink->flow->scale);
	sink_put(sink, values, nulls);
}

/* segment_products(segment_flow) */
PG_FUNCTION_INFO_V1(cvm_segment_products);
Datum
cvm_segment_products(PG_FUNCTION_ARGS)
{
	RowSink sink;

	segment_flow_products(sink_open(&sink, fcinfo), product_take, &sink);
	return (Datum) 0;
}

/* as_of(segment_flow): the first day not observed. */
PG_FUNCTION_INFO_V1(cvm_segment_flow_as_of);
Datum
cvm_segment_flow_as_of(PG_FUNCTION_ARGS)
{
	const SegmentFlow *flow =
		expanded_read(&segment_flow_state, PG_GETARG_DATUM(0));

	PG_RETURN_DATEADT(flow->as_of);
}

/*
 * segment_flow_agg(customer, product, started_on, ended_on, mrr, segment,
 * grain, as_of): a spell, or where segment is told, a time in it
 */
PG_FUNCTION_INFO_V1(cvm_segment_ledger_add);
Datum
cvm_segment_ledger_add(PG_FUNCTION_ARGS)
{
	LedgerRow row;

	if (!ledger_row(fcinfo, 7, "segment_flow_agg", &row))
		PG_RETURN_LEDGER(row.state);
	if (PG_ARGISNULL(6))
		ledger_add(row.state->ledger, row.key, &row.spell);
	else
	{
		text *name = PG_GETARG_TEXT_PP(6);
		Label segment = {VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};

		check_segment(&segment);
		ledger_place(row.state->ledger, row.key, row.spell.start, row.spell.end,
					 &segment);
	}
	PG_RETURN_POINTER(row.state);
}

/* The end of segment_flow_agg: walk every customer into a flow. */
PG_FUNCTION_INFO_V1(cvm_segment_ledger_final);
Datum
cvm_segment_ledger_final(PG_FUNCTION_ARGS)
{
	SegmentFlow *flow;
	ByteWriter writer;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "segment_flow_agg");
	flow = segment_flow_new(CurrentMemoryContext);
	segment_ledger_finish(((LedgerState *) PG_GETARG_POINTER(0))->ledger, flow);
	state_open(&writer);
	segment_flow_encode(flow, &writer);
	return state_close(&writer);
}
