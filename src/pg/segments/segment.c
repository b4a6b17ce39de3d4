/*
 * segment.c
 *		Type segment_flow: customers and money between segments
 *		(core/segments/segment.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "core/segments/segment.h"
#include "pg/arguments.h"
#include "pg/label.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/segments/segment.h"
#include "pg/state_functions.h"
#include "pg/subscriptions/holdings.h"
#include "pg/types.h"

/* Names from outside must be text of this database. */
static SegmentFlow *
decode_verified(const void *data, size_t size)
{
	SegmentFlow *flow = segment_flow_decode(NULL, data, size);

	labels_verify(flow->names.labels, flow->names.count);
	return flow;
}

STATE_TYPE_VERIFIED(segment_flow, decode_verified)

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

/*
 * The argument families, {{product, family, is it the highest}, …}, which is
 * taken from the first row.  What it points to lives as long as the array.
 */
ProductTiers *
product_tiers_read(ArrayType *families)
{
	ProductTiers *product_tiers = palloc0(sizeof(ProductTiers));
	Datum *items;
	bool *nulls;
	int nitems;
	Label *names;
	int nnames = 0;

	if (ARR_NDIM(families) == 0)
		return product_tiers;
	if (ARR_NDIM(families) != 2 || ARR_DIMS(families)[1] != 3)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("families must be rows of three"),
				 errhint("Give {{product, family, is it the highest}, …}, "
						 "with \"true\" or \"false\".")));
	deconstruct_array(families, TEXTOID, -1, false, TYPALIGN_INT, &items,
					  &nulls, &nitems);
	product_tiers->tiers = palloc(nitems / 3 * sizeof(ProductTier));
	names = palloc(nitems / 3 * sizeof(Label));
	for (int i = 0; i < nitems; i += 3)
	{
		ProductTier *tier = &product_tiers->tiers[product_tiers->ntiers];
		Label family;

		if (nulls[i] || nulls[i + 1])
			continue;
		tier->product =
			(Label){VARDATA_ANY(items[i]), VARSIZE_ANY_EXHDR(items[i])};
		family =
			(Label){VARDATA_ANY(items[i + 1]), VARSIZE_ANY_EXHDR(items[i + 1])};
		tier->is_top = !nulls[i + 2] && VARSIZE_ANY_EXHDR(items[i + 2]) > 0 &&
					   (*VARDATA_ANY(items[i + 2]) == 't' ||
						*VARDATA_ANY(items[i + 2]) == 'T');
		for (tier->family = 0; tier->family < nnames; tier->family++)
			if (label_compare(&names[tier->family], &family) == 0)
				break;
		if (tier->family == nnames)
			names[nnames++] = family;
		product_tiers->ntiers++;
	}
	product_tiers_sort(product_tiers);
	return product_tiers;
}

/* The argument span, in periods; NULL or not there: one; 0: any. */
int
argument_span(FunctionCallInfo fcinfo, int argument)
{
	int32 span = 1;

	if (argument < PG_NARGS() && !PG_ARGISNULL(argument))
		span = PG_GETARG_INT32(argument);
	if (span < 0 || span > MAX_SPAN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("span \"%d\" is not between 0 and %d", span, MAX_SPAN),
				 errhint("Say how many periods lie between two closings: 12 "
						 "with grain month is a year; 0 is any number, for "
						 "segment_overlap().")));
	return span == 0 ? ANY_SPAN : span;
}

/*
 * segment_flow_agg(holdings, segments, grain, as_of [, families, span]
 * [, pause_days]): where the last ones are among the arguments, past the end if
 * they are not
 */
static Datum
segment_flow_step(FunctionCallInfo fcinfo, int families_at, int pause_at)
{
	Datum result;
	SegmentFlow *flow;
	Holdings *history = NULL;
	int32 pause_days = 0;

	if (PG_ARGISNULL(1))
		return expanded_skip(fcinfo, "segment_flow_agg");
	if (PG_NARGS() > pause_at)
		pause_days = argument_pause(fcinfo, pause_at);
	flow =
		expanded_step(&segment_flow_state, fcinfo, "segment_flow_agg", &result);
	segment_flow_adopt(flow, argument_calendar(fcinfo, 3, -1),
					   argument_day(fcinfo, 4, "as_of"),
					   argument_span(fcinfo, families_at + 1), pause_days);
	if (flow->product_tiers == NULL && PG_NARGS() > families_at &&
		!PG_ARGISNULL(families_at))
	{
		MemoryContext old = MemoryContextSwitchTo(flow->context);

		segment_flow_set_tiers(
			flow, product_tiers_read(PG_GETARG_ARRAYTYPE_P_COPY(families_at)));
		MemoryContextSwitchTo(old);
	}
	if (!PG_ARGISNULL(2))
	{
		history = holdings_read(PG_GETARG_DATUM(2));
		for (int i = 0; i < history->nnames; i++)
			check_segment(&history->names[i]);
	}
	segment_flow_add(flow, holdings_read(PG_GETARG_DATUM(1)), history);
	PG_RETURN_DATUM(result);
}

/* (holdings, segments, grain, as_of [, families, span [, pause_days]]) */
PG_FUNCTION_INFO_V1(cvm_segment_flow_add);
Datum
cvm_segment_flow_add(PG_FUNCTION_ARGS)
{
	return segment_flow_step(fcinfo, 5, 7);
}

/* (holdings, segments, grain, as_of, pause_days) */
PG_FUNCTION_INFO_V1(cvm_segment_flow_add_paused);
Datum
cvm_segment_flow_add_paused(PG_FUNCTION_ARGS)
{
	return segment_flow_step(fcinfo, 6, 5);
}

/* segment_at(segments, day): where a customer was; NULL: in no segment */
PG_FUNCTION_INFO_V1(cvm_segment_at);
Datum
cvm_segment_at(PG_FUNCTION_ARGS)
{
	Holdings *history = holdings_read(PG_GETARG_DATUM(0));
	Day day = argument_day(fcinfo, 1, "day");
	Membership *memberships =
		palloc((history->nspells + 1) * sizeof(Membership));
	SegmentStep *segment_steps =
		palloc((history->nspells * 2 + 1) * sizeof(SegmentStep));
	int nsegment_steps;
	int32 segment = -1;

	for (int i = 0; i < history->nspells; i++)
		memberships[i] =
			(Membership){history->spells[i].start, history->spells[i].end,
						 history->spells[i].product, 0};
	nsegment_steps =
		segment_steps_of(memberships, history->nspells, segment_steps);
	for (int i = 0; i < nsegment_steps && segment_steps[i].day <= day; i++)
		segment = segment_steps[i].segment;
	if (segment < 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(
		history->names[segment].data, (int) history->names[segment].size));
}

/* Where rows go */
typedef struct RowSink
{
	ReturnSetInfo *result;
	const SegmentFlow *flow;
	const text *segment; /* the only one wanted; NULL: all are */
	DateADT period;		 /* where there is one: the start of the only one */
} RowSink;

static const SegmentFlow *
sink_open(RowSink *sink, FunctionCallInfo fcinfo)
{
	sink->result = rows_out_begin(fcinfo);
	sink->flow = expanded_read(&segment_flow_state, PG_GETARG_DATUM(0));
	sink->segment = NULL;
	return sink->flow;
}

static Datum
name_datum(const Label *name, const char *otherwise)
{
	if (name == NULL)
		return CStringGetTextDatum(otherwise);
	return label_datum(name);
}

static Datum
period_datum(const RowSink *sink, int64 period, bool *isnull)
{
	return day_datum(period_start(sink->flow->calendar, period), isnull);
}

/* Is a row of a segment, or of all, the one that is wanted? */
static bool
sink_wants(const RowSink *sink, const Label *name, int64 period)
{
	Label all = {"(all)", sizeof("(all)") - 1};
	Label wanted;

	if (sink->segment == NULL)
		return true;
	wanted =
		(Label){VARDATA_ANY(sink->segment), VARSIZE_ANY_EXHDR(sink->segment)};
	return period_start(sink->flow->calendar, period) == sink->period &&
		   label_compare(name == NULL ? &all : name, &wanted) == 0;
}

#define BRIDGE_COLUMNS 64

static void
bridge_take(void *arg, const BridgeRow *row)
{
	RowSink *sink = arg;
	int scale = sink->flow->scale;
	BridgeErrors errors;
	Datum values[BRIDGE_COLUMNS];
	bool nulls[BRIDGE_COLUMNS] = {false};
	int at = 0;

	if (!sink_wants(sink, row->segment, row->period))
		return;
	errors = bridge_errors(row, scale);

#define COUNT(number) values[at++] = Int64GetDatum(number)
#define MONEY(wide) values[at++] = decimal_make(wide, scale)
#define ERROR_OF(number)                       \
	do                                         \
	{                                          \
		nulls[at] = !isfinite(number);         \
		values[at++] = Float8GetDatum(number); \
	} while (0)
	values[at++] = name_datum(row->segment, "(all)");
	values[at] = period_datum(sink, row->period, &nulls[at]);
	at++;
	COUNT(row->opening_customers);
	COUNT(row->into.lines[FLOW_NEW].customers);
	COUNT(row->into.lines[FLOW_REACTIVATION].customers);
	COUNT(row->into.lines[FLOW_MOVED].customers);
	COUNT(-row->out.lines[FLOW_MOVED].customers);
	COUNT(row->into.lines[FLOW_REDEFINED].customers);
	COUNT(-row->out.lines[FLOW_REDEFINED].customers);
	COUNT(-row->out.lines[FLOW_CHURN].customers);
	COUNT(row->closing_customers);
	MONEY(row->opening);
	MONEY(row->into.lines[FLOW_NEW].mrr);
	MONEY(row->into.lines[FLOW_REACTIVATION].mrr);
	MONEY(row->out.lines[FLOW_EXPANSION].mrr);
	MONEY(row->out.lines[FLOW_CONTRACTION].mrr);
	MONEY(row->out.lines[FLOW_CHURN].mrr);
	MONEY(row->into.lines[FLOW_MOVED].mrr);
	MONEY(-row->out.lines[FLOW_MOVED].mrr);
	MONEY(row->into.lines[FLOW_REDEFINED].mrr);
	MONEY(-row->out.lines[FLOW_REDEFINED].mrr);
	MONEY(row->closing);
	COUNT(row->out.lines[FLOW_EXPANSION].customers);
	COUNT(row->out.lines[FLOW_CONTRACTION].customers);
	COUNT(row->into.lines[FLOW_SAME_PERIOD].customers);
	COUNT(count_subtract(row->opening_rest.customers, row->rest.customers));
	MONEY(money_subtract(row->opening_rest.mrr, row->rest.mrr));
	COUNT(row->rest.customers);
	MONEY(row->rest.mrr);
	MONEY(row->gross_retained);
	MONEY(row->net_retained);
	COUNT(row->products);
	COUNT(row->multi_products);
	COUNT(row->tenure_days);
	COUNT(row->outcomes.lines[OUTCOME_CROSS_SOLD].customers);
	MONEY(row->outcomes.lines[OUTCOME_CROSS_SOLD].mrr);
	COUNT(row->outcomes.lines[OUTCOME_CROSS_UNDONE].customers);
	COUNT(row->opening_below_top);
	COUNT(row->outcomes.lines[OUTCOME_UPSOLD].customers);
	MONEY(row->outcomes.lines[OUTCOME_UPSOLD].mrr);
	COUNT(row->outcomes.lines[OUTCOME_UP_UNDONE].customers);
	COUNT(row->outcomes.lines[OUTCOME_EXPIRING].customers);
	COUNT(row->outcomes.lines[OUTCOME_RENEWED].customers);
	MONEY(row->outcomes.lines[OUTCOME_EXPIRING].mrr);
	MONEY(row->outcomes.lines[OUTCOME_RENEWED].mrr);
	for (int age = 0; age < COHORT_AGES; age++)
	{
		COUNT(row->outcomes.lines[OUTCOME_COHORT + age].customers);
		COUNT(row->outcomes.lines[OUTCOME_RETAINED + age].customers);
	}
	COUNT(row->outcomes.lines[OUTCOME_ACQUIRED].customers);
	COUNT(row->outcomes.lines[OUTCOME_PROVEN].customers);
	MONEY(row->outcomes.lines[OUTCOME_ACQUIRED].mrr);
	MONEY(row->outcomes.lines[OUTCOME_PROVEN].mrr);
	ERROR_OF(errors.arpu);
	ERROR_OF(errors.products);
	ERROR_OF(errors.gross);
	ERROR_OF(errors.net);
	ERROR_OF(errors.renewal);
	values[at++] = BoolGetDatum(row->is_complete);
	values[at++] = DateADTGetDatum(sink->flow->as_of);
#undef COUNT
#undef MONEY
#undef ERROR_OF
	Assert(at == BRIDGE_COLUMNS);
	rows_out_put(sink->result, values, nulls);
}

/* segment_bridge(segment_flow [, segment, period]) */
PG_FUNCTION_INFO_V1(cvm_segment_bridge);
Datum
cvm_segment_bridge(PG_FUNCTION_ARGS)
{
	RowSink sink;

	sink_open(&sink, fcinfo);
	if (PG_NARGS() > 1)
	{
		sink.segment = PG_GETARG_TEXT_PP(1);
		sink.period = PG_GETARG_DATEADT(2);
	}
	segment_flow_bridge(sink.flow, bridge_take, &sink);
	return (Datum) 0;
}

static void
matrix_take(void *arg, const MatrixRow *row)
{
	RowSink *sink = arg;
	Datum values[8];
	bool nulls[8] = {false};

	values[0] = period_datum(sink, row->period, &nulls[0]);
	values[1] = name_datum(row->from, "(in)");
	values[2] = name_datum(row->to, "(out)");
	values[3] = Int64GetDatum(row->customers);
	values[4] = decimal_make(row->mrr, sink->flow->scale);
	values[5] = decimal_make(row->mrr_closing, sink->flow->scale);
	values[6] = Int64GetDatum(row->redefined);
	values[7] = BoolGetDatum(row->is_complete);
	rows_out_put(sink->result, values, nulls);
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
overlap_take(void *arg, const OverlapRow *row)
{
	RowSink *sink = arg;
	Datum values[7];
	bool nulls[7] = {false};

	values[0] = name_datum(row->segment, "(all)");
	values[1] = period_datum(sink, row->from, &nulls[1]);
	values[2] = period_datum(sink, row->to, &nulls[2]);
	values[3] = Int64GetDatum(row->customers);
	for (int i = 0; i < MEASURES; i++)
		values[4 + i] = Float8GetDatum(row->correlations[i]);
	rows_out_put(sink->result, values, nulls);
}

/* segment_overlap(segment_flow) */
PG_FUNCTION_INFO_V1(cvm_segment_overlap);
Datum
cvm_segment_overlap(PG_FUNCTION_ARGS)
{
	RowSink sink;

	segment_flow_overlap(sink_open(&sink, fcinfo), overlap_take, &sink);
	return (Datum) 0;
}

static void
product_take(void *arg, const ProductRow *row)
{
	RowSink *sink = arg;
	Datum values[6];
	bool nulls[6] = {false};

	values[0] = name_datum(row->segment, "");
	values[1] = name_datum(row->product, "");
	values[2] = period_datum(sink, row->period, &nulls[2]);
	values[3] = Int64GetDatum(row->customers);
	values[4] = Int64GetDatum(row->lines);
	values[5] = decimal_make(row->mrr, sink->flow->scale);
	rows_out_put(sink->result, values, nulls);
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
STATE_FIELD(segment_flow, SegmentFlow, as_of, DateADT)

/* pause_days(segment_flow): for how long a pause is neither paid nor lost. */
STATE_FIELD(segment_flow, SegmentFlow, pause_days, Int32)
