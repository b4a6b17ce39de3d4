/*
 * ticket_response.c
 *		How long tickets wait for a reply, and to be solved.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/ticket_response.h"

#define FIRST_ROOM 256 /* times that wait in a cell */

typedef struct Count
{
	const MemberLines *members;
	CellTable *cells;
} Count;

static TicketCell *
cell_of(CellTable *cells, int32_t segment, int32_t month)
{
	CellKey key = {.segment = segment, .month = month};

	return cell_table_find(cells, &key);
}

/* Sort numbers by their bytes, the lowest first. */
static void
numbers_sort(uint32_t *numbers, uint32_t count)
{
	uint32_t *other = runtime_alloc(NULL, count * sizeof(uint32_t));
	uint32_t *from = numbers;
	uint32_t *to = other;

	for (int shift = 0; shift < 32; shift += 8)
	{
		uint32_t places[257] = {0};
		uint32_t *swap = from;

		for (uint32_t i = 0; i < count; i++)
			places[(from[i] >> shift & 255) + 1]++;
		for (int i = 0; i < 256; i++)
			places[i + 1] += places[i];
		for (uint32_t i = 0; i < count; i++)
			to[places[from[i] >> shift & 255]++] = from[i];
		from = to;
		to = swap;
	}
	/* four times there and back */
	runtime_free(other);
}

/* Add the times that wait to the others. */
static void
times_settle(TicketTimes *times, Context context)
{
	Survival *more;

	if (times->count == 0)
		return;
	check_interrupts();
	numbers_sort(times->more, times->count);
	more = survival_new(context);
	for (uint32_t i = 0, past; i < times->count; i = past)
	{
		int32_t minutes = (int32_t) (times->more[i] >> 1);
		int64_t over = 0;

		for (past = i; past < times->count &&
					   times->more[past] >> 1 == times->more[i] >> 1;
			 past++)
			over += times->more[past] & 1;
		survival_add_counts(more, minutes, over, past - i - over);
	}
	times->count = 0;
	if (times->times == NULL)
		times->times = more;
	else
		survival_merge(times->times, more);
}

static void
time_add(TicketTimes *times, Context context, int32_t minutes, bool is_over)
{
	if (times->count == times->room)
	{
		uint32_t room = FIRST_ROOM;

		times_settle(times, context);
		if (times->times != NULL)
			room = (uint32_t) times->times->nmarks * 2 + FIRST_ROOM;
		if (room > times->room)
		{
			if (times->more != NULL)
				runtime_free(times->more);
			times->more = runtime_alloc(context, room * sizeof(uint32_t));
			times->room = room;
		}
	}
	times->more[times->count++] = (uint32_t) minutes << 1 | is_over;
}

static void
ticket_add(TicketCell *cell, Context context, const TicketLine *line)
{
	uint32_t flags = line->member.flags;

	if (flags & TICKET_STAFF)
	{
		cell->staff++;
		return;
	}
	cell->tickets++;
	cell->answered += (flags & TICKET_ANSWERED) != 0;
	cell->solved += (flags & TICKET_SOLVED) != 0;
	cell->reopened += (flags & TICKET_REOPENED) != 0;
	cell->within += (flags & TICKET_WITHIN) != 0;
	cell->beyond += (flags & TICKET_BEYOND) != 0;
	time_add(&cell->replies, context, line->minutes,
			 (flags & TICKET_ANSWERED) != 0);
	if (flags & TICKET_TAKES)
		time_add(&cell->solutions, context, line->open_minutes,
				 (flags & TICKET_SOLVED) != 0);
}

/* Did the customer open one of the tickets before a place in a month and segment? */
static bool
was_there(const MemberLines *members, const TicketLine *lines, uint32_t place,
		  Day first, int32_t segment, uint32_t ntickets, uint32_t nlines)
{
	for (uint32_t i = place; i-- > 0 && lines[i].member.day >= first;)
		if (!(lines[i].member.flags & TICKET_STAFF) &&
			(segment == IN_ALL_SEGMENTS ||
			 member_lines_segment(members, lines, ntickets, nlines,
								  lines[i].member.day) == segment))
			return true;
	return false;
}

static void
customer_take(void *arg, const Key *key, void *data, uint32_t nlines)
{
	Count *count = arg;
	const MemberLines *members = count->members;
	const TicketLine *lines = data;
	uint32_t ntickets = member_lines_sort(members, data, nlines);
	MonthWalk walk = {0};

	for (uint32_t i = 0; i < ntickets; i++)
	{
		Day day = lines[i].member.day;
		int32_t month = month_walk(&walk, day);
		int32_t segment =
			member_lines_segment(members, data, ntickets, nlines, day);
		TicketCell *cell = cell_of(count->cells, segment, month);

		if ((i & 255) == 255)
			check_interrupts();
		ticket_add(cell, count->cells->context, &lines[i]);
		if (lines[i].member.flags & TICKET_STAFF)
			continue;
		cell->customers += !was_there(members, lines, i, walk.first, segment,
									  ntickets, nlines);
		if (!was_there(members, lines, i, walk.first, IN_ALL_SEGMENTS, ntickets,
					   nlines))
			cell_of(count->cells, IN_ALL_SEGMENTS, month)->customers++;
	}
}

static void
times_merge(TicketTimes *into, const TicketTimes *more, Context context)
{
	if (more->times == NULL)
		return;
	if (into->times == NULL)
		into->times = survival_new(context);
	survival_merge(into->times, more->times);
}

/* Add a segment to everybody, whose customers are counted already. */
static void
cell_merge(TicketCell *all, const TicketCell *cell, Context context)
{
	all->tickets += cell->tickets;
	all->staff += cell->staff;
	all->answered += cell->answered;
	all->solved += cell->solved;
	all->reopened += cell->reopened;
	all->within += cell->within;
	all->beyond += cell->beyond;
	times_merge(&all->replies, &cell->replies, context);
	times_merge(&all->solutions, &cell->solutions, context);
}

/* Count every customer, and add up everybody. */
void
ticket_cells(MemberLines *members, Context context, CellTable *cells)
{
	Count count = {members, cells};
	TicketCell *segments;
	uint32_t nsegments = 0;

	cell_table_open(cells, context, sizeof(TicketCell));
	customer_lines_finish(&members->lines, customer_take, &count);
	segments =
		runtime_alloc(NULL, ((size_t) cells->count + 1) * sizeof(TicketCell));
	for (uint32_t i = 0; i < cells->count; i++)
	{
		TicketCell *cell = cell_table_at(cells, i);

		if (cell->key.segment == IN_ALL_SEGMENTS)
			continue;
		times_settle(&cell->replies, context);
		times_settle(&cell->solutions, context);
		segments[nsegments++] = *cell;
	}
	for (uint32_t i = 0; i < nsegments; i++)
		cell_merge(cell_of(cells, IN_ALL_SEGMENTS, segments[i].key.month),
				   &segments[i], context);
	runtime_free(segments);
}
