/*
 * segment_bytes.c
 *		How customers and money flow between segments: the bytes.
 *
 * Canonical bytes: version, grain, [pause_days], [week start], as_of, span,
 * scale; names,
 * sorted, each with its length; flows, stocks, outcomes and spans, sorted, each
 * with its distance in periods from the one before, its two places plus one, a
 * bit for each number that is not 0, and those numbers.  A span of 0 is any
 * span: then overlaps follow, likewise, with the segment plus one and how many
 * periods later the second closing is.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_cells.h"
#include "core/util/calendar_bytes.h"

/* After the bits of a stock's counts, those of its money and of the squares */
#define STOCK_MRR_BIT STOCK_COUNTS
#define STOCK_SQUARES_BIT (STOCK_COUNTS + 1)
/* and those of what lies in pauses */
#define REST_CUSTOMERS_BIT (STOCK_COUNTS + 2)
#define REST_MRR_BIT (STOCK_COUNTS + 3)
#define REST_SQUARES_BIT (STOCK_COUNTS + 4)

static void
place_write(ByteWriter *writer, const SegmentCells *table, int i)
{
	const CellPlace *place = cell_place(table, i);

	check_interrupts();
	write_period(writer, place->period,
				 i == 0 ? NULL : &cell_place(table, i - 1)->period);
	write_unsigned(writer, (uint64_t) ((int64_t) place->a + 1));
	write_unsigned(writer, (uint64_t) ((int64_t) place->b + 1));
}

/* Lines of customers and their money; one of them may have no money. */
static void
lines_write(ByteWriter *writer, const SegmentSum *lines, int nlines,
			int moneyless)
{
	uint64_t has = 0;

	for (int line = 0; line < nlines; line++)
		has |= (uint64_t) (lines[line].customers > 0) << line;
	write_unsigned(writer, has);
	for (int line = 0; line < nlines; line++)
		if (lines[line].customers > 0)
		{
			write_unsigned(writer, lines[line].customers);
			if (line != moneyless)
				write_wide(writer, lines[line].mrr);
		}
}

static void
stock_write(ByteWriter *writer, const StockCell *cell)
{
	const Stock *stock = &cell->stock;
	const Rest *rest = &cell->rest;
	uint64_t has = (uint64_t) (stock->mrr != 0) << STOCK_MRR_BIT |
				   (uint64_t) (stock->squares != 0) << STOCK_SQUARES_BIT |
				   (uint64_t) (rest->customers != 0) << REST_CUSTOMERS_BIT |
				   (uint64_t) (rest->mrr != 0) << REST_MRR_BIT |
				   (uint64_t) (rest->squares != 0) << REST_SQUARES_BIT;

	for (int count = 0; count < STOCK_COUNTS; count++)
		has |= (uint64_t) (stock->counts[count] != 0) << count;
	write_unsigned(writer, has);
	for (int count = 0; count < STOCK_COUNTS; count++)
		if (stock->counts[count] != 0)
			write_signed(writer, stock->counts[count]);
	if (stock->mrr != 0)
		write_wide(writer, stock->mrr);
	if (stock->squares != 0)
		write_wide(writer, stock->squares);
	if (rest->customers != 0)
		write_signed(writer, rest->customers);
	if (rest->mrr != 0)
		write_wide(writer, rest->mrr);
	if (rest->squares != 0)
		write_wide(writer, rest->squares);
}

static void
squares_write(ByteWriter *writer, const Wide *squares)
{
	uint64_t has = 0;

	for (int i = 0; i < OUTCOME_SQUARES; i++)
		has |= (uint64_t) (squares[i] != 0) << i;
	write_unsigned(writer, has);
	for (int i = 0; i < OUTCOME_SQUARES; i++)
		if (squares[i] != 0)
			write_wide(writer, squares[i]);
}

static void
overlap_write(ByteWriter *writer, const Overlap *overlap)
{
	const Wide *sums[] = {overlap->first, overlap->second, overlap->products};
	uint64_t has = overlap->customers != 0;

	for (int i = 0; i < 3 * MEASURES; i++)
		has |= (uint64_t) (sums[i / MEASURES][i % MEASURES] != 0) << (i + 1);
	write_unsigned(writer, has);
	if (overlap->customers != 0)
		write_signed(writer, overlap->customers);
	for (int i = 0; i < 3 * MEASURES; i++)
		if (sums[i / MEASURES][i % MEASURES] != 0)
			write_wide(writer, sums[i / MEASURES][i % MEASURES]);
}

/* Write canonical bytes. */
void
segment_flow_encode(const SegmentFlow *flow, ByteWriter *writer)
{
	SegmentOrder order;

	segment_flow_order(flow, &order);
	write_byte(writer, SEGMENT_FLOW_VERSION);
	write_calendar(writer, flow->calendar, flow->pause_days);
	write_signed(writer, flow->as_of);
	write_unsigned(writer, flow->span == ANY_SPAN ? 0 : flow->span);
	write_unsigned(writer, flow->scale);
	write_unsigned(writer, order.nnames);
	for (int i = 0; i < order.nnames; i++)
	{
		write_unsigned(writer, order.names[i].size);
		write_raw(writer, order.names[i].data, order.names[i].size);
	}
	write_unsigned(writer, order.flows.ncells);
	for (int i = 0; i < order.flows.ncells; i++)
	{
		const Flow *cell = &flow_cell(&order.flows, i)->flow;

		place_write(writer, &order.flows, i);
		lines_write(writer, cell->lines, FLOW_LINES, FLOW_SAME_PERIOD);
	}
	write_unsigned(writer, order.stocks.ncells);
	for (int i = 0; i < order.stocks.ncells; i++)
	{
		place_write(writer, &order.stocks, i);
		stock_write(writer, stock_cell(&order.stocks, i));
	}
	write_unsigned(writer, order.outcomes.ncells);
	for (int i = 0; i < order.outcomes.ncells; i++)
	{
		const OutcomeCounters *cell =
			&outcome_cell(&order.outcomes, i)->outcomes;

		place_write(writer, &order.outcomes, i);
		lines_write(writer, cell->lines, OUTCOME_LINES, -1);
		squares_write(writer, cell->squares);
	}
	write_unsigned(writer, order.spans.ncells);
	for (int i = 0; i < order.spans.ncells; i++)
	{
		const Span *cell = &span_cell(&order.spans, i)->span;

		place_write(writer, &order.spans, i);
		write_signed(writer, cell->customers);
		write_signed(writer, cell->redefined);
		write_wide(writer, cell->mrr);
		write_wide(writer, cell->mrr_closing);
	}
	if (flow->span != ANY_SPAN)
		return;
	write_unsigned(writer, order.overlaps.ncells);
	for (int i = 0; i < order.overlaps.ncells; i++)
	{
		place_write(writer, &order.overlaps, i);
		overlap_write(writer, &overlap_cell(&order.overlaps, i)->overlap);
	}
}

/* Read the period of a cell, which is not before that of the last one. */
static int64_t
place_read_period(ByteReader *reader, const SegmentFlow *flow,
				  const SegmentCells *table)
{
	int64_t period;

	check_interrupts();
	period = read_period(reader,
						 table->ncells == 0
							 ? NULL
							 : &cell_place(table, table->ncells - 1)->period);
	if (period < period_of(flow->calendar, DAY_FIRST))
		reader_fail(reader);
	return period;
}

/* The cell of a place, which must lie behind that of the last one. */
static void *
place_reach(ByteReader *reader, SegmentFlow *flow, SegmentCells *table,
			int64_t period, int32_t a, int32_t b)
{
	if (table->ncells > 0)
	{
		const CellPlace *last = cell_place(table, table->ncells - 1);

		if (period == last->period &&
			(a < last->a || (a == last->a && b <= last->b)))
			reader_fail(reader);
	}
	return segment_cell(flow, table, (Period) period, a, b);
}

/* Read where a cell is. */
static void *
place_read(ByteReader *reader, SegmentFlow *flow, SegmentCells *table,
		   bool *used)
{
	int64_t period = place_read_period(reader, flow, table);
	int32_t a = (int32_t) read_unsigned(reader, flow->names.count) - 1;
	int32_t b = (int32_t) read_unsigned(reader, flow->names.count) - 1;

	if (period > segment_flow_last(flow))
		reader_fail(reader);
	used[a + 1] = true;
	used[b + 1] = true;
	return place_reach(reader, flow, table, period, a, b);
}

/* May a flow have this line, and is its money where it belongs? */
static bool
line_sound(const FlowCell *cell, FlowLine line)
{
	Wide mrr = cell->flow.lines[line].mrr;
	bool from = cell->place.a != OUTSIDE;
	bool to = cell->place.b != OUTSIDE;

	switch (line)
	{
		case FLOW_NEW:
		case FLOW_REACTIVATION:
			return !from && to && mrr > 0;
		case FLOW_SAME_PERIOD:
			return !from && to && mrr == 0;
		case FLOW_CHURN:
			return from && !to && mrr < 0;
		case FLOW_MOVED:
		case FLOW_REDEFINED:
			return from && to && cell->place.a != cell->place.b && mrr > 0;
		case FLOW_EXPANSION:
			return from && to && mrr > 0;
		default:
			return from && to && mrr < 0;
	}
}

/* Read lines; some must say something. */
static bool
lines_read(ByteReader *reader, SegmentSum *lines, int nlines, int moneyless)
{
	uint64_t has = read_unsigned(reader, (UINT64_C(1) << nlines) - 1);

	for (int line = 0; line < nlines; line++)
	{
		if (!(has >> line & 1))
			continue;
		lines[line].customers = (int64_t) read_unsigned(reader, INT64_MAX);
		if (line != moneyless)
			lines[line].mrr = read_wide(reader);
		if (lines[line].customers == 0)
			reader_fail(reader);
	}
	return has != 0;
}

static void
flow_read(ByteReader *reader, FlowCell *cell)
{
	const SegmentSum *lines = cell->flow.lines;

	if (!lines_read(reader, cell->flow.lines, FLOW_LINES, FLOW_SAME_PERIOD))
		reader_fail(reader);
	for (int line = 0; line < FLOW_LINES; line++)
		if (lines[line].customers > 0 && !line_sound(cell, line))
			reader_fail(reader);
	/* who moved and brings more or less is among those who moved */
	if (cell->place.a != cell->place.b && cell->place.a != OUTSIDE &&
		cell->place.b != OUTSIDE &&
		(UWide) lines[FLOW_MOVED].customers +
				(UWide) lines[FLOW_REDEFINED].customers <
			(UWide) lines[FLOW_EXPANSION].customers +
				(UWide) lines[FLOW_CONTRACTION].customers)
		reader_fail(reader);
}

/* A number that is there is not 0. */
static Wide
wide_read(ByteReader *reader)
{
	Wide wide = read_wide(reader);

	if (wide == 0)
		reader_fail(reader);
	return wide;
}

static int64_t
count_read(ByteReader *reader)
{
	int64_t count = read_signed(reader, INT64_MIN, INT64_MAX);

	if (count == 0)
		reader_fail(reader);
	return count;
}

static void
stock_read(ByteReader *reader, const SegmentFlow *flow, StockCell *cell)
{
	static const uint64_t of_all = 1 << STOCK_BEGINNING | 1 << STOCK_BELOW_TOP |
								   1 << REST_CUSTOMERS_BIT | 1 << REST_MRR_BIT |
								   1 << REST_SQUARES_BIT;
	Stock *stock = &cell->stock;
	Rest *rest = &cell->rest;
	int last_bit = flow->pause_days > 0 ? REST_SQUARES_BIT : STOCK_SQUARES_BIT;
	uint64_t has = read_unsigned(reader, (UINT64_C(1) << (last_bit + 1)) - 1);

	if (has == 0 || cell->place.a == OUTSIDE ||
		(cell->place.b == ALL_PRODUCTS ? (has >> STOCK_MRR_BIT & 1) != 0
									   : (has & of_all) != 0))
		reader_fail(reader);
	for (int count = 0; count < STOCK_COUNTS; count++)
		if (has >> count & 1)
			stock->counts[count] = count_read(reader);
	if (has >> STOCK_MRR_BIT & 1)
		stock->mrr = wide_read(reader);
	if (has >> STOCK_SQUARES_BIT & 1)
		stock->squares = wide_read(reader);
	if (has >> REST_CUSTOMERS_BIT & 1)
		rest->customers = count_read(reader);
	if (has >> REST_MRR_BIT & 1)
		rest->mrr = wide_read(reader);
	if (has >> REST_SQUARES_BIT & 1)
		rest->squares = wide_read(reader);
}

static bool
squares_read(ByteReader *reader, Wide *squares)
{
	uint64_t has = read_unsigned(reader, (UINT64_C(1) << OUTCOME_SQUARES) - 1);

	for (int i = 0; i < OUTCOME_SQUARES; i++)
	{
		if (!(has >> i & 1))
			continue;
		squares[i] = wide_read(reader);
	}
	return has != 0;
}

/* No part may be more than its whole. */
static void
outcomes_read(ByteReader *reader, OutcomeCell *cell)
{
	const SegmentSum *lines = cell->outcomes.lines;
	bool any;

	if (cell->place.a == OUTSIDE || cell->place.b != ALL_PRODUCTS)
		reader_fail(reader);
	any = lines_read(reader, cell->outcomes.lines, OUTCOME_LINES, -1);
	any |= squares_read(reader, cell->outcomes.squares);
	if (!any ||
		lines[OUTCOME_RENEWED].customers > lines[OUTCOME_EXPIRING].customers ||
		lines[OUTCOME_PROVEN].customers > lines[OUTCOME_ACQUIRED].customers)
		reader_fail(reader);
	for (int age = 0; age < COHORT_AGES; age++)
		if (lines[OUTCOME_RETAINED + age].customers >
			lines[OUTCOME_COHORT + age].customers)
			reader_fail(reader);
}

static void
span_read(ByteReader *reader, SpanCell *cell)
{
	Span *span = &cell->span;

	if (cell->place.a == OUTSIDE && cell->place.b == OUTSIDE)
		reader_fail(reader);
	span->customers = read_signed(reader, INT64_MIN, INT64_MAX);
	span->redefined = read_signed(reader, INT64_MIN, INT64_MAX);
	span->mrr = read_wide(reader);
	span->mrr_closing = read_wide(reader);
	if (span->customers == 0 && span->redefined == 0 && span->mrr == 0 &&
		span->mrr_closing == 0)
		reader_fail(reader);
}

/*
 * Overlaps have places as other cells do, but the second is not a name: plus
 * one, as it is written, it is never 0.
 */
static OverlapCell *
overlap_place_read(ByteReader *reader, SegmentFlow *flow, bool *used)
{
	int64_t period = place_read_period(reader, flow, &flow->overlaps);
	int32_t segment = (int32_t) read_unsigned(reader, flow->names.count) - 1;
	int64_t later = (int64_t) read_unsigned(reader, INT32_MAX) - 1;

	if (later < 0 || period + later > segment_flow_last(flow))
		reader_fail(reader);
	used[segment + 1] = true;
	return place_reach(reader, flow, &flow->overlaps, period, segment,
					   (int32_t) later);
}

static void
overlap_read(ByteReader *reader, SegmentFlow *flow, bool *used)
{
	Overlap *overlap = &overlap_place_read(reader, flow, used)->overlap;
	Wide *sums[] = {overlap->first, overlap->second, overlap->products};
	uint64_t has =
		read_unsigned(reader, (UINT64_C(1) << (3 * MEASURES + 1)) - 1);

	if (has == 0)
		reader_fail(reader);
	if (has & 1)
		overlap->customers = count_read(reader);
	for (int i = 0; i < 3 * MEASURES; i++)
		if (has >> (i + 1) & 1)
			sums[i / MEASURES][i % MEASURES] = wide_read(reader);
}

/* Read a state's names, which must ascend. */
static void
names_read(ByteReader *reader, SegmentFlow *flow)
{
	int count = (int) read_count(reader, 1);

	for (int i = 0; i < count; i++)
	{
		Label name = {NULL, 0};

		check_interrupts();
		name.size = (uint32_t) read_count(reader, 1);
		name.data = read_text(reader, name.size);
		if (segment_flow_name(flow, &name) != i ||
			(i > 0 && label_compare(&flow->names.labels[i - 1], &name) >= 0))
			reader_fail(reader);
	}
}

/* Read canonical bytes; anything else is refused. */
SegmentFlow *
segment_flow_decode(Context context, const void *data, size_t size)
{
	SegmentFlow *flow = segment_flow_new(context);
	ByteReader reader =
		read_state(data, size, "segment_flow", SEGMENT_FLOW_VERSION);
	int32_t pause_days;
	Calendar calendar = read_calendar(&reader, &pause_days);
	bool *used;
	Day as_of;
	int span;
	int count;

	as_of = (Day) read_signed(&reader, DAY_FIRST + 1, DAY_LAST);
	span = (int) read_unsigned(&reader, MAX_SPAN);
	segment_flow_adopt(flow, calendar, as_of, span == 0 ? ANY_SPAN : span,
					   pause_days);
	flow->scale = (int) read_unsigned(&reader, MONEY_MAX_SCALE);
	names_read(&reader, flow);
	used = runtime_alloc_zero(NULL, flow->names.count + 1);
	count = (int) read_count(&reader, 5);
	for (int i = 0; i < count; i++)
		flow_read(&reader, place_read(&reader, flow, &flow->flows, used));
	count = (int) read_count(&reader, 5);
	for (int i = 0; i < count; i++)
		stock_read(&reader, flow,
				   place_read(&reader, flow, &flow->stocks, used));
	count = (int) read_count(&reader, 6);
	for (int i = 0; i < count; i++)
		outcomes_read(&reader,
					  place_read(&reader, flow, &flow->outcomes, used));
	count = (int) read_count(&reader, 7);
	for (int i = 0; i < count; i++)
		span_read(&reader, place_read(&reader, flow, &flow->spans, used));
	if (flow->span == ANY_SPAN)
	{
		count = (int) read_count(&reader, 5);
		for (int i = 0; i < count; i++)
			overlap_read(&reader, flow, used);
	}
	/* over a span there are spans, over any overlaps, and nothing else */
	if (flow->span == ANY_SPAN && flow->spans.ncells > 0)
		reader_fail(&reader);
	if (flow->span != 1
			? flow->flows.ncells + flow->stocks.ncells + flow->outcomes.ncells >
				  0
			: flow->spans.ncells > 0)
		reader_fail(&reader);
	for (int i = 0; i < flow->names.count; i++)
		if (!used[i + 1])
			reader_fail(&reader);
	runtime_free(used);
	reader_close(&reader);
	return flow;
}
