/*
 * ledger.c
 *		Spells in any order, gathered into customers with their lines.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/ledger_lines.h"

#include <string.h>

#define FIRST_ROOM 8 /* rows of the first batch */

/* Make the batch larger, up to what the roster numbers at once. */
static void
batch_grow(Ledger *ledger)
{
	int room = ledger->batch_room ? ledger->batch_room * 4 : FIRST_ROOM;

	if (ledger->batch_room == ROSTER_BATCH)
		return;
	if (room > ROSTER_BATCH)
		room = ROSTER_BATCH;
	if (ledger->batch_room > 0)
	{
		host_free(ledger->keys);
		host_free(ledger->batch);
	}
	ledger->keys = host_alloc(ledger->arena, room * sizeof(Key));
	ledger->batch = host_alloc(ledger->arena, room * sizeof(Line));
	ledger->batch_room = room;
}

Ledger *
ledger_new(HostArena arena, KeyKind kind, const LedgerTerms *terms)
{
	Ledger *ledger = host_alloc_zero(arena, sizeof(Ledger));

	ledger->arena = arena;
	ledger->kind = kind;
	ledger->terms = *terms;
	names_open(&ledger->names, arena);
	roster_open(&ledger->roster, arena, kind, false);
	pages_open(&ledger->lines, arena, sizeof(Line));
	pages_open(&ledger->nexts, arena, sizeof(uint32_t));
	pages_open(&ledger->shelves, arena, sizeof(Shelf));
	pages_open(&ledger->wides, arena, sizeof(Wide));
	batch_grow(ledger);
	return ledger;
}

/* Is the same asked of the ledger? */
bool
ledger_agrees(const Ledger *ledger, const LedgerTerms *terms)
{
	return ledger->terms.calendar.grain == terms->calendar.grain &&
		   ledger->terms.calendar.week_start == terms->calendar.week_start &&
		   ledger->terms.as_of == terms->as_of;
}

/* Where the next line of a customer goes; good until the next call. */
Line *
line_make(Ledger *ledger, uint32_t slot)
{
	uint32_t number = slot >> PAGE_SHIFT;
	Shelf *shelf = pages_reach(&ledger->shelves, number);
	uint32_t place = shelf->nlines % CHUNK_LINES;

	if (number >= ledger->nshelves)
		ledger->nshelves = number + 1;
	if (place == 0)
	{
		uint32_t chunk = ledger->nchunks;

		if (chunk == UINT32_MAX / CHUNK_LINES)
			host_fail(HOST_TOO_LARGE, "Fold the customers in several groups.",
					  "too many subscription spells in one state");
		ledger->nchunks++;
		/* room for all of it, so that it does not grow line by line */
		pages_reach(&ledger->lines, chunk * CHUNK_LINES + CHUNK_LINES - 1);
		*(uint32_t *) pages_reach(&ledger->nexts, chunk) = 0;
		if (shelf->nlines == 0)
			shelf->first = chunk;
		else
			*(uint32_t *) pages_reach(&ledger->nexts, shelf->last) = chunk;
		shelf->last = chunk;
	}
	shelf->nlines++;
	ledger->nlines++;
	return pages_peek(&ledger->lines, shelf->last * CHUNK_LINES + place);
}

/* Number the customers of the batch and write its rows down. */
void
ledger_flush(Ledger *ledger)
{
	uint32_t slots[ROSTER_BATCH];

	if (ledger->used == 0)
		return;
	host_poll();
	roster_number(&ledger->roster, ledger->keys, ledger->used, slots);
	for (int i = 0; i < ledger->used; i++)
	{
		ledger->batch[i].slot = slots[i];
		*line_make(ledger, slots[i]) = ledger->batch[i];
	}
	ledger->used = 0;
	ledger->text_used = 0;
	batch_grow(ledger);
}

/* Give a line its price. */
void
line_price(Ledger *ledger, Line *line, Wide mrr)
{
	if (line->product < 0)
	{
		*(Wide *) pages_peek(&ledger->wides, (uint32_t) line->mrr) = mrr;
		return;
	}
	line->mrr = (int64_t) mrr;
	if (line->mrr == mrr)
		return;
	*(Wide *) pages_reach(&ledger->wides, ledger->nwides) = mrr;
	line->mrr = ledger->nwides++;
	line->product = ~line->product;
}

/* Bring all prices to a larger scale. */
void
ledger_scale(Ledger *ledger, int scale)
{
	ledger_flush(ledger);
	for (uint32_t i = 0; i < ledger->nshelves; i++)
	{
		ShelfWalk walk = shelf_walk(ledger, i);
		Line *line;

		host_poll();
		while ((line = shelf_next(&walk)) != NULL)
			line_price(
				ledger, line,
				money_rescale(line_mrr(ledger, line), ledger->scale, scale));
	}
	ledger->scale = scale;
}

/* Copy a text key to where it stays until its row is numbered. */
static KeyText
text_keep(Ledger *ledger, KeyText text)
{
	char *copy;

	if (text.size > ledger->text_room - ledger->text_used)
	{
		size_t room = (size_t) ledger->batch_room * 64;

		ledger_flush(ledger);
		if (room < text.size)
			room = text.size;
		if (room > ledger->text_room)
		{
			if (ledger->text != NULL)
				host_free(ledger->text);
			ledger->text = host_alloc(ledger->arena, room);
			ledger->text_room = room;
		}
	}
	copy = ledger->text + ledger->text_used;
	memcpy(copy, text.data, text.size);
	ledger->text_used += text.size;
	return (KeyText){copy, text.size};
}

/* The next line of the batch, which counts once used is one more. */
static Line *
line_begin(Ledger *ledger, Key key, Day start, Day end, const Label *name)
{
	Line *line;

	if (ledger->used == ledger->batch_room)
		ledger_flush(ledger);
	if (ledger->kind == KEY_TEXT)
		key.text = text_keep(ledger, key.text);
	ledger->keys[ledger->used] = key;
	line = &ledger->batch[ledger->used];
	line->start = start;
	line->end = end;
	line->product = names_number(&ledger->names, name);
	return line;
}

/* Add a time in a segment. */
void
ledger_place(Ledger *ledger, Key key, Day start, Day end, const Label *segment)
{
	Line *line;

	if (start >= ledger->terms.as_of)
		return;
	line = line_begin(ledger, key, start, end, segment);
	line->product |= LINE_PLACING;
	line->mrr = 0;
	ledger->used++;
}

/* Add a row. */
void
ledger_add(Ledger *ledger, Key key, const SpellRow *row)
{
	Line *line;

	if (row->scale > ledger->scale)
		ledger_scale(ledger, row->scale);
	if (row->start >= ledger->terms.as_of)
		return;
	line = line_begin(ledger, key, row->start, row->end, &row->product);
	line_price(ledger, line,
			   money_rescale(row->mrr, row->scale, ledger->scale));
	ledger->used++;
}

/*
 * Copy the lines of a shelf, sorted by customer, to sorted; ends[i] is where
 * those of the i-th customer end.
 */
static void
shelf_sort(const Ledger *ledger, uint32_t number, Line *sorted, uint32_t *ends)
{
	ShelfWalk walk = shelf_walk(ledger, number);
	uint32_t sum = 0;
	const Line *line;

	memset(ends, 0, PAGE_ITEMS * sizeof(uint32_t));
	while ((line = shelf_next(&walk)) != NULL)
		ends[line->slot & PAGE_MASK]++;
	for (uint32_t i = 0; i < PAGE_ITEMS; i++)
	{
		uint32_t count = ends[i];

		ends[i] = sum;
		sum += count;
	}
	walk = shelf_walk(ledger, number);
	while ((line = shelf_next(&walk)) != NULL)
		sorted[ends[line->slot & PAGE_MASK]++] = *line;
}

/* Give out the lines customer by customer. */
void
ledger_each(Ledger *ledger, LedgerTake take, void *taker)
{
	uint32_t ends[PAGE_ITEMS];
	Line *sorted = NULL;
	uint32_t room = 0;
	uint32_t customer = 0;

	ledger_flush(ledger);
	for (uint32_t number = 0; number < ledger->nshelves; number++)
	{
		uint32_t nlines =
			((Shelf *) pages_peek(&ledger->shelves, number))->nlines;
		uint32_t at = 0;

		host_poll();
		if (nlines > room)
		{
			if (sorted != NULL)
				host_free(sorted);
			room = nlines + nlines / 4;
			sorted = host_alloc(NULL, (size_t) room * sizeof(Line));
		}
		shelf_sort(ledger, number, sorted, ends);
		for (uint32_t i = 0; i < PAGE_ITEMS && at < nlines; at = ends[i++])
			if (ends[i] > at)
				take(taker, customer++, sorted + at, ends[i] - at);
	}
	if (sorted != NULL)
		host_free(sorted);
}
