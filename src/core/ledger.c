/*
 * ledger.c
 *		The waterfall from raw spells in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/ledger.h"

#include <string.h>

#define FIRST_ROOM 8 /* rows of the first batch, and products */

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
ledger_new(HostArena arena, KeyKind kind, Calendar calendar, Day as_of)
{
	Ledger *ledger = host_alloc_zero(arena, sizeof(Ledger));

	ledger->arena = arena;
	ledger->kind = kind;
	ledger->calendar = calendar;
	ledger->as_of = as_of;
	roster_open(&ledger->roster, arena, kind, false);
	pages_open(&ledger->lines, arena, sizeof(Line));
	pages_open(&ledger->nexts, arena, sizeof(uint32_t));
	pages_open(&ledger->shelves, arena, sizeof(Shelf));
	pages_open(&ledger->wides, arena, sizeof(Wide));
	batch_grow(ledger);
	return ledger;
}

/* Where the next line of a customer goes; good until the next call. */
static Line *
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

/* A walk over the lines of a shelf */
typedef struct ShelfWalk
{
	const Ledger *ledger;
	uint32_t chunk;
	uint32_t next;
	uint32_t at;
	uint32_t nlines;
} ShelfWalk;

static inline ShelfWalk
shelf_walk(const Ledger *ledger, uint32_t number)
{
	const Shelf *shelf = pages_peek(&ledger->shelves, number);

	return (ShelfWalk){ledger, shelf->first, 0, 0, shelf->nlines};
}

/* The next line, or NULL. */
static inline Line *
shelf_next(ShelfWalk *walk)
{
	uint32_t place = walk->at % CHUNK_LINES;

	if (walk->at == walk->nlines)
		return NULL;
	if (place == 0)
	{
		const Pages *lines = &walk->ledger->lines;

		/* ask for the chunk after this one while this one is read */
		if (walk->at > 0)
			walk->chunk = walk->next;
		walk->next =
			*(uint32_t *) pages_peek(&walk->ledger->nexts, walk->chunk);
		for (int line = 0; walk->next != 0 && line < 4; line++)
			__builtin_prefetch(
				(char *) pages_peek(lines, walk->next * CHUNK_LINES) +
				line * 64);
	}
	walk->at++;
	return pages_peek(&walk->ledger->lines, walk->chunk * CHUNK_LINES + place);
}

/* Number the customers of the batch and write its rows down. */
static void
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

static inline uint64_t
load64(const char *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return word;
}

static inline uint64_t
load32(const char *data)
{
	uint32_t word;

	memcpy(&word, data, sizeof(word));
	return word;
}

/* The last bytes of a label, up to eight; some may be those before too. */
static inline uint64_t
label_tail(const Label *label)
{
	const char *end = label->data + label->size;

	if (label->size >= 8)
		return load64(end - 8);
	if (label->size >= 4)
		return load32(label->data) | load32(end - 4) << 32;
	if (label->size == 0)
		return 0;
	return (uint8_t) label->data[0] |
		   (uint64_t) (uint8_t) label->data[label->size / 2] << 8 |
		   (uint64_t) (uint8_t) end[-1] << 16;
}

static inline uint64_t
hash_label(const Label *label)
{
	uint64_t hash = label->size;

	for (uint32_t at = 0; at + 8 < label->size; at += 8)
	{
		hash = (hash ^ load64(label->data + at)) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	hash = (hash ^ label_tail(label)) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

/* Names are mostly short: no function is called for them. */
static inline bool
label_equal(const Label *a, const Label *b)
{
	if (a->size != b->size)
		return false;
	for (uint32_t at = 0; at + 8 < a->size; at += 8)
		if (load64(a->data + at) != load64(b->data + at))
			return false;
	return label_tail(a) == label_tail(b);
}

/* Put the products into a table twice as large. */
static void
products_grow(Ledger *ledger)
{
	uint32_t size = ledger->table_size ? ledger->table_size * 2 : 32;

	if (ledger->table != NULL)
		host_free(ledger->table);
	ledger->table = host_alloc_zero(ledger->arena, size * sizeof(uint32_t));
	ledger->table_size = size;
	for (int i = 0; i < ledger->nproducts; i++)
	{
		uint32_t at = (uint32_t) hash_label(&ledger->products[i]) & (size - 1);

		while (ledger->table[at] != 0)
			at = (at + 1) & (size - 1);
		ledger->table[at] = i + 1;
	}
}

/* The number of a product; a new one is copied. */
static int32_t
product_number(Ledger *ledger, const Label *product)
{
	uint32_t at;
	char *copy;

	if (2 * (uint32_t) (ledger->nproducts + 1) > ledger->table_size)
		products_grow(ledger);
	at = (uint32_t) hash_label(product) & (ledger->table_size - 1);
	for (; ledger->table[at] != 0; at = (at + 1) & (ledger->table_size - 1))
	{
		if (label_equal(&ledger->products[ledger->table[at] - 1], product))
			return (int32_t) ledger->table[at] - 1;
	}
	if (ledger->nproducts == ledger->room)
	{
		int room = ledger->room ? ledger->room * 2 : FIRST_ROOM;

		ledger->products =
			ledger->room ? host_realloc(ledger->products, room * sizeof(Label))
						 : host_alloc(ledger->arena, room * sizeof(Label));
		ledger->room = room;
	}
	copy = host_alloc(ledger->arena, product->size + 1);
	memcpy(copy, product->data, product->size);
	ledger->products[ledger->nproducts] = (Label){copy, product->size};
	ledger->table[at] = ++ledger->nproducts;
	return ledger->nproducts - 1;
}

/* Give a line its price. */
static void
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
static void
ledger_scale(Ledger *ledger, int scale)
{
	ledger_flush(ledger);
	for (uint32_t i = 0; i < ledger->nshelves; i++)
	{
		ShelfWalk walk = shelf_walk(ledger, i);
		Line *line;

		host_poll();
		while ((line = shelf_next(&walk)) != NULL)
			if (!line_places(line))
				line_price(ledger, line,
						   money_rescale(line_mrr(ledger, line), ledger->scale,
										 scale));
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
	line->product = product_number(ledger, name);
	return line;
}

/* Add a time in a segment. */
void
ledger_place(Ledger *ledger, Key key, Day start, Day end, const Label *segment,
			 int64_t version)
{
	Line *line;

	if (start >= ledger->as_of)
		return;
	line = line_begin(ledger, key, start, end, segment);
	line->product |= LINE_PLACING;
	line->mrr = version;
	ledger->used++;
}

/* Add a row. */
void
ledger_add(Ledger *ledger, Key key, const SpellRow *row)
{
	Line *line;

	if (row->scale > ledger->scale)
		ledger_scale(ledger, row->scale);
	if (row->start >= ledger->as_of)
		return;
	line = line_begin(ledger, key, row->start, row->end, &row->product);
	line_price(ledger, line,
			   money_rescale(row->mrr, row->scale, ledger->scale));
	ledger->used++;
}

/*
 * Sort the lines of a shelf by customer into order; ends[i] is where those
 * of the i-th customer end.
 */
static void
shelf_sort(const Ledger *ledger, uint32_t number, const Line **order,
		   uint32_t *ends)
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
		order[ends[line->slot & PAGE_MASK]++] = line;
}

/* Give out the lines customer by customer. */
void
ledger_each(Ledger *ledger, LedgerTake take, void *taker)
{
	uint32_t ends[PAGE_ITEMS];
	const Line **order = NULL;
	uint32_t room = 0;

	ledger_flush(ledger);
	for (uint32_t number = 0; number < ledger->nshelves; number++)
	{
		uint32_t nlines =
			((Shelf *) pages_peek(&ledger->shelves, number))->nlines;
		uint32_t at = 0;

		host_poll();
		if (nlines > room)
		{
			if (order != NULL)
				host_free(order);
			room = nlines + nlines / 4;
			order = host_alloc(NULL, (size_t) room * sizeof(Line *));
		}
		shelf_sort(ledger, number, order, ends);
		for (uint32_t i = 0; i < PAGE_ITEMS && at < nlines; at = ends[i++])
			if (ends[i] > at)
				take(taker, (number << PAGE_SHIFT) + i, order + at,
					 ends[i] - at);
	}
	if (order != NULL)
		host_free(order);
}

/* Walk every customer into a movement. */
void
ledger_finish(Ledger *ledger, Movement *movement)
{
	static const Held always = {INT64_MIN, INT64_MAX};
	uint32_t ends[PAGE_ITEMS];
	const Line **order = NULL;
	Step *steps = NULL;
	uint32_t room = 0;

	ledger_flush(ledger);
	movement_adopt(movement, ledger->calendar, ledger->as_of);
	movement_scale(movement, ledger->scale);
	for (uint32_t number = 0; number < ledger->nshelves; number++)
	{
		uint32_t nlines =
			((Shelf *) pages_peek(&ledger->shelves, number))->nlines;
		uint32_t at = 0;

		host_poll();
		if (nlines > room)
		{
			if (order != NULL)
			{
				host_free(order);
				host_free(steps);
			}
			room = nlines + nlines / 4;
			order = host_alloc(NULL, (size_t) room * sizeof(Line *));
			steps = host_alloc(NULL, (size_t) room * 2 * sizeof(Step));
		}
		shelf_sort(ledger, number, order, ends);
		for (uint32_t i = 0; i < PAGE_ITEMS && at < nlines; i++)
		{
			int nsteps = 0;

			for (; at < ends[i]; at++)
			{
				const Line *line = order[at];
				int32_t product =
					line->product < 0 ? ~line->product : line->product;
				Wide mrr = line_mrr(ledger, line);

				steps[nsteps++] = (Step){line->start, product, 1, mrr};
				if (line->end < ledger->as_of)
					steps[nsteps++] = (Step){line->end, product, -1, -mrr};
			}
			steps_sort(steps, nsteps);
			movement_add(movement, steps, nsteps, ledger->nproducts, &always,
						 1);
		}
	}
	if (order != NULL)
	{
		host_free(order);
		host_free(steps);
	}
}

/* What goes ahead of a parcel */
typedef struct LedgerHead
{
	KeyKind kind;
	Calendar calendar;
	Day as_of;
	int scale;
	int nproducts;
	uint32_t nslots;
	uint32_t nlines;
	uint32_t nwides;
} LedgerHead;

/* Write a ledger for another process of this machine. */
void
ledger_encode(Ledger *ledger, ByteWriter *writer)
{
	LedgerHead head;

	ledger_flush(ledger);
	memset(&head, 0, sizeof(head));
	head.kind = ledger->kind;
	head.calendar = ledger->calendar;
	head.as_of = ledger->as_of;
	head.scale = ledger->scale;
	head.nproducts = ledger->nproducts;
	head.nslots = ledger->roster.nslots;
	head.nlines = ledger->nlines;
	head.nwides = ledger->nwides;
	write_raw(writer, &head, sizeof(head));
	for (int i = 0; i < ledger->nproducts; i++)
	{
		write_raw(writer, &ledger->products[i].size, sizeof(uint32_t));
		write_raw(writer, ledger->products[i].data, ledger->products[i].size);
	}
	for (uint32_t slot = 0; slot < head.nslots; slot++)
	{
		Key key = roster_key(&ledger->roster, slot);

		if (ledger->kind == KEY_TEXT)
		{
			write_raw(writer, &key.text.size, sizeof(uint32_t));
			write_raw(writer, key.text.data, key.text.size);
		}
		else
			write_raw(writer, &key, ledger->kind == KEY_NUMBER ? 8 : 16);
	}
	for (uint32_t i = 0; i < ledger->nwides; i++)
		write_raw(writer, pages_peek(&ledger->wides, i), sizeof(Wide));
	for (uint32_t i = 0; i < ledger->nshelves; i++)
	{
		ShelfWalk walk = shelf_walk(ledger, i);
		const Line *line;

		host_poll();
		while ((line = shelf_next(&walk)) != NULL)
			write_raw(writer, line, sizeof(Line));
	}
}

/* Number the customers of a parcel, a batch at a time. */
static uint32_t *
absorb_keys(Ledger *into, ByteReader *reader, uint32_t nslots)
{
	uint32_t *slots =
		host_alloc(NULL, ((size_t) nslots + ROSTER_BATCH) * sizeof(uint32_t));
	Key keys[ROSTER_BATCH];

	for (uint32_t done = 0; done < nslots;)
	{
		int nkeys = 0;

		host_poll();
		for (; nkeys < ROSTER_BATCH && done + nkeys < nslots; nkeys++)
			if (into->kind == KEY_TEXT)
			{
				uint32_t size;

				read_raw(reader, &size, sizeof(size));
				keys[nkeys].text = (KeyText){read_text(reader, size), size};
			}
			else
				read_raw(reader, &keys[nkeys],
						 into->kind == KEY_NUMBER ? 8 : 16);
		roster_number(&into->roster, keys, nkeys, slots + done);
		done += nkeys;
	}
	return slots;
}

/* Take in the bytes of a ledger; into may be NULL. */
Ledger *
ledger_absorb(Ledger *into, HostArena arena, const void *data, size_t size)
{
	ByteReader reader;
	LedgerHead head;
	int32_t *products;
	uint32_t *slots;
	const char *wides;

	reader_open(&reader, data, size, "movement ledger");
	read_raw(&reader, &head, sizeof(head));
	if (into == NULL)
		into = ledger_new(arena, head.kind, head.calendar, head.as_of);
	if (into->calendar.grain != head.calendar.grain ||
		into->calendar.week_start != head.calendar.week_start ||
		into->as_of != head.as_of)
		host_fail(HOST_INVALID_VALUE,
				  "Give the same grain and as_of for every row.",
				  "cannot fold rows with different grains or ends into one "
				  "state");
	ledger_flush(into);
	if (head.scale > into->scale)
		ledger_scale(into, head.scale);
	products = host_alloc(NULL, (head.nproducts + 1) * sizeof(int32_t));
	for (int i = 0; i < head.nproducts; i++)
	{
		Label product;

		read_raw(&reader, &product.size, sizeof(uint32_t));
		product.data = read_text(&reader, product.size);
		products[i] = product_number(into, &product);
	}
	slots = absorb_keys(into, &reader, head.nslots);
	wides = read_text(&reader, head.nwides * sizeof(Wide));
	for (uint32_t i = 0; i < head.nlines; i++)
	{
		Line line;
		Wide mrr;

		if ((i & 1023) == 0)
			host_poll();
		read_raw(&reader, &line, sizeof(Line));
		mrr = line.mrr;
		if (line.product < 0)
		{
			memcpy(&mrr, wides + (size_t) line.mrr * sizeof(Wide),
				   sizeof(Wide));
			line.product = ~line.product;
		}
		line.product = products[line.product & ~LINE_PLACING] |
					   (line.product & LINE_PLACING);
		line.slot = slots[line.slot];
		if (!line_places(&line))
			line_price(into, &line,
					   money_rescale(mrr, head.scale, into->scale));
		*line_make(into, line.slot) = line;
	}
	reader_close(&reader);
	host_free(products);
	host_free(slots);
	return into;
}
