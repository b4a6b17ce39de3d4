/*
 * segment_bytes.c
 *		How customers and money flow between segments: the bytes.
 *
 * Canonical bytes: version, grain, [week start], as_of, scale; names, sorted,
 * each with its length; flows and then stocks, sorted, each with its distance
 * in periods from the one before, its two places plus one, a bit for each
 * number that is not 0, and those numbers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segment_cells.h"

/* After the bits of a stock's counts, that of its money */
#define STOCK_MRR_BIT STOCK_COUNTS

static void
place_write(ByteWriter *writer, const SegmentCell *cells, int i)
{
	if (i == 0)
		write_signed(writer, cells[0].period);
	else
		write_unsigned(writer, (uint64_t) ((int64_t) cells[i].period -
										   cells[i - 1].period));
	write_unsigned(writer, (uint64_t) ((int64_t) cells[i].a + 1));
	write_unsigned(writer, (uint64_t) ((int64_t) cells[i].b + 1));
}

/* Write canonical bytes. */
void
segment_flow_encode(const SegmentFlow *flow, ByteWriter *writer)
{
	SegmentOrder order;

	segment_flow_order(flow, &order);
	write_byte(writer, SEGMENT_FLOW_VERSION);
	write_byte(writer, (uint8_t) flow->calendar.grain);
	if (flow->calendar.grain == GRAIN_WEEK)
		write_byte(writer, (uint8_t) flow->calendar.week_start);
	write_signed(writer, flow->as_of);
	write_unsigned(writer, flow->scale);
	write_unsigned(writer, order.nnames);
	for (int i = 0; i < order.nnames; i++)
	{
		write_unsigned(writer, order.names[i].size);
		write_raw(writer, order.names[i].data, order.names[i].size);
	}
	write_unsigned(writer, order.nflows);
	for (int i = 0; i < order.nflows; i++)
	{
		const Flow *cell = &order.flows[i].of.flow;
		uint64_t has = 0;

		host_poll();
		place_write(writer, order.flows, i);
		for (int line = 0; line < FLOW_LINES; line++)
			has |= (uint64_t) (cell->customers[line] > 0) << line;
		write_unsigned(writer, has);
		for (int line = 0; line < FLOW_LINES; line++)
			if (cell->customers[line] > 0)
			{
				write_unsigned(writer, cell->customers[line]);
				if (line != FLOW_SAME_PERIOD)
					write_wide(writer, cell->mrr[line]);
			}
	}
	write_unsigned(writer, order.nstocks);
	for (int i = 0; i < order.nstocks; i++)
	{
		const Stock *cell = &order.stocks[i].of.stock;
		uint64_t has = (uint64_t) (cell->mrr != 0) << STOCK_MRR_BIT;

		host_poll();
		place_write(writer, order.stocks, i);
		for (int count = 0; count < STOCK_COUNTS; count++)
			has |= (uint64_t) (cell->counts[count] != 0) << count;
		write_unsigned(writer, has);
		for (int count = 0; count < STOCK_COUNTS; count++)
			if (cell->counts[count] != 0)
				write_signed(writer, cell->counts[count]);
		if (cell->mrr != 0)
			write_wide(writer, cell->mrr);
	}
}

/* Read where a cell is; cells must ascend. */
static SegmentCell *
place_read(ByteReader *reader, SegmentFlow *flow, SegmentCells *table,
		   bool *used)
{
	const SegmentCell *last =
		table->ncells > 0 ? &table->cells[table->ncells - 1] : NULL;
	int64_t period;
	int32_t a;
	int32_t b;

	if (last == NULL)
		period = read_signed(reader, DAY_FIRST, DAY_LAST);
	else
		period = last->period + (int64_t) read_unsigned(reader, UINT32_MAX);
	a = (int32_t) read_unsigned(reader, flow->nnames) - 1;
	b = (int32_t) read_unsigned(reader, flow->nnames) - 1;
	if (period < period_of(flow->calendar, DAY_FIRST) ||
		period > period_of(flow->calendar, flow->as_of - 1) ||
		(last != NULL && period == last->period &&
		 (a < last->a || (a == last->a && b <= last->b))))
		reader_fail(reader);
	used[a + 1] = true;
	used[b + 1] = true;
	return segment_cell(flow, table, (Period) period, a, b);
}

/* May a flow have this line, and is its money where it belongs? */
static bool
line_sound(const SegmentCell *cell, FlowLine line)
{
	Wide mrr = cell->of.flow.mrr[line];

	switch (line)
	{
		case FLOW_NEW:
		case FLOW_REACTIVATION:
			return cell->a == OUTSIDE && cell->b != OUTSIDE && mrr > 0;
		case FLOW_SAME_PERIOD:
			return cell->a == OUTSIDE && cell->b != OUTSIDE && mrr == 0;
		case FLOW_CHURN:
			return cell->a != OUTSIDE && cell->b == OUTSIDE && mrr < 0;
		case FLOW_MOVED:
			return cell->a != OUTSIDE && cell->b != OUTSIDE &&
				   cell->a != cell->b && mrr > 0;
		case FLOW_EXPANSION:
			return cell->a != OUTSIDE && cell->b != OUTSIDE && mrr > 0;
		default:
			return cell->a != OUTSIDE && cell->b != OUTSIDE && mrr < 0;
	}
}

static void
flow_read(ByteReader *reader, SegmentCell *cell)
{
	Flow *flow = &cell->of.flow;
	uint64_t has = read_unsigned(reader, (UINT64_C(1) << FLOW_LINES) - 1);

	if (has == 0)
		reader_fail(reader);
	for (int line = 0; line < FLOW_LINES; line++)
	{
		if (!(has >> line & 1))
			continue;
		flow->customers[line] = (int64_t) read_unsigned(reader, INT64_MAX);
		if (line != FLOW_SAME_PERIOD)
			flow->mrr[line] = read_wide(reader);
		if (flow->customers[line] == 0 || !line_sound(cell, line))
			reader_fail(reader);
	}
	/* who moved and brings more or less is among those who moved */
	if (cell->a != cell->b && cell->a != OUTSIDE && cell->b != OUTSIDE &&
		(flow->customers[FLOW_MOVED] < flow->customers[FLOW_EXPANSION] ||
		 flow->customers[FLOW_MOVED] - flow->customers[FLOW_EXPANSION] <
			 flow->customers[FLOW_CONTRACTION]))
		reader_fail(reader);
}

static void
stock_read(ByteReader *reader, SegmentCell *cell)
{
	Stock *stock = &cell->of.stock;
	uint64_t has =
		read_unsigned(reader, (UINT64_C(1) << (STOCK_MRR_BIT + 1)) - 1);

	if (has == 0 || cell->a == OUTSIDE ||
		(cell->b == ALL_PRODUCTS ? has >> STOCK_MRR_BIT != 0
								 : (has >> STOCK_BEGINNING & 1) != 0))
		reader_fail(reader);
	for (int count = 0; count < STOCK_COUNTS; count++)
	{
		if (!(has >> count & 1))
			continue;
		stock->counts[count] = read_signed(reader, INT64_MIN, INT64_MAX);
		if (stock->counts[count] == 0)
			reader_fail(reader);
	}
	if (has >> STOCK_MRR_BIT & 1)
	{
		stock->mrr = read_wide(reader);
		if (stock->mrr == 0)
			reader_fail(reader);
	}
}

/* Read canonical bytes; anything else is refused. */
SegmentFlow *
segment_flow_decode(HostArena arena, const void *data, size_t size)
{
	SegmentFlow *flow = segment_flow_new(arena);
	Calendar calendar = {GRAIN_DAY, 1};
	ByteReader reader;
	bool *used;
	int count;

	reader_open(&reader, data, size, "segment_flow");
	if (read_byte(&reader) != SEGMENT_FLOW_VERSION)
		reader_fail(&reader);
	calendar.grain = (Grain) read_byte(&reader);
	if (calendar.grain > GRAIN_YEAR)
		reader_fail(&reader);
	if (calendar.grain == GRAIN_WEEK)
		calendar.week_start = read_byte(&reader);
	if (calendar.week_start < 1 || calendar.week_start > 7)
		reader_fail(&reader);
	segment_flow_adopt(flow, calendar,
					   (Day) read_signed(&reader, DAY_FIRST + 1, DAY_LAST));
	flow->scale = (int) read_unsigned(&reader, MONEY_MAX_SCALE);
	count = (int) read_count(&reader, 1);
	used = host_alloc_zero(NULL, count + 1);
	for (int i = 0; i < count; i++)
	{
		Label name = {NULL, 0};

		name.size = (uint32_t) read_count(&reader, 1);
		name.data = read_text(&reader, name.size);
		if (segment_flow_name(flow, &name) != i ||
			(i > 0 && label_compare(&flow->names[i - 1], &name) >= 0))
			reader_fail(&reader);
	}
	count = (int) read_count(&reader, 5);
	for (int i = 0; i < count; i++)
	{
		host_poll();
		flow_read(&reader, place_read(&reader, flow, &flow->flows, used));
	}
	count = (int) read_count(&reader, 5);
	for (int i = 0; i < count; i++)
	{
		host_poll();
		stock_read(&reader, place_read(&reader, flow, &flow->stocks, used));
	}
	for (int i = 0; i < flow->nnames; i++)
		if (!used[i + 1])
			reader_fail(&reader);
	host_free(used);
	reader_close(&reader);
	return flow;
}
