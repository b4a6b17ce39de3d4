/*
 * fold.c
 *		The whole triangle from raw rows in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/fold.h"

#include <string.h>

#define FIRST_ROOM 8	/* rows of the first batch */
#define PAGED_FROM 8192 /* customers before a directory is considered */
#define BASE_SLACK 8	/* periods left before the first one seen */

/* Make the batch larger, up to what the roster numbers at once. */
static void
batch_grow(Fold *fold)
{
	FoldBatch *batch = &fold->batch;
	int room = batch->room ? batch->room * 4 : FIRST_ROOM;

	if (batch->room == ROSTER_BATCH)
		return;
	if (room > ROSTER_BATCH)
		room = ROSTER_BATCH;
	if (batch->room > 0)
	{
		host_free(batch->keys);
		host_free(batch->days);
		host_free(batch->marks);
		if (batch->values)
			host_free(batch->values);
	}
	batch->keys = host_alloc(fold->arena, room * sizeof(Key));
	batch->days = host_alloc(fold->arena, room * sizeof(Day));
	batch->marks = host_alloc(fold->arena, room);
	if (fold->has_values)
		batch->values = host_alloc(fold->arena, room * sizeof(Wide));
	batch->room = room;
}

Fold *
fold_new(HostArena arena, KeyKind kind, Calendar calendar, bool is_marked,
		 bool has_values)
{
	Fold *fold = host_alloc_zero(arena, sizeof(Fold));

	fold->arena = arena;
	fold->kind = kind;
	fold->calendar = calendar;
	fold->is_marked = is_marked;
	fold->has_values = has_values;
	fold->is_empty = true;
	fold->last = DAY_FIRST;
	fold->no_pages = has_values; /* there, every slot must be a customer */
	almanac_open(&fold->almanac, arena, calendar);
	roster_open(&fold->roster, arena, kind, false);
	planes_open(&fold->returns, arena);
	planes_open(&fold->starts, arena);
	roster_open(&fold->sums, arena, KEY_NUMBER, false);
	pages_open(&fold->values, arena, sizeof(Wide));
	batch_grow(fold);
	return fold;
}

/* Bytes in use */
size_t
fold_size(const Fold *fold)
{
	return sizeof(Fold) + roster_size(&fold->roster) +
		   planes_size(&fold->returns) + planes_size(&fold->starts) +
		   roster_size(&fold->sums) + pages_size(&fold->values) +
		   fold->batch.text_room +
		   fold->batch.room * (sizeof(Key) + sizeof(Day) + 1);
}

/* The key of the next row is this text, which is copied. */
void
fold_keep_text(Fold *fold, KeyText text)
{
	FoldBatch *batch = &fold->batch;
	char *copy;

	/* flushing the batch leaves the value kept for this row behind */
	if (text.size > batch->text_room - batch->text_used)
	{
		Wide value = fold->has_values ? batch->values[batch->used] : 0;
		size_t room;

		fold_flush(fold);
		room = batch->room * 64;
		if (fold->has_values)
			batch->values[0] = value;
		if (room < text.size)
			room = text.size;
		if (room > batch->text_room)
		{
			if (batch->text)
				host_free(batch->text);
			batch->text = host_alloc(fold->arena, room);
			batch->text_room = room;
		}
	}
	copy = batch->text + batch->text_used;
	memcpy(copy, text.data, text.size);
	batch->keys[batch->used].text = (KeyText){copy, text.size};
	batch->text_used += text.size;
}

/* Bring all values to a larger scale. */
static void
fold_rescale(Fold *fold, int scale)
{
	fold_flush(fold);
	for (uint32_t i = 0; i < fold->sums.nslots; i++)
	{
		Wide *value = pages_peek(&fold->values, i);

		host_poll();
		*value = money_rescale(*value, fold->scale, scale);
	}
	fold->scale = scale;
}

/* The value of the next row. */
void
fold_keep_value(Fold *fold, Wide value, int scale)
{
	FoldBatch *batch = &fold->batch;

	if (scale > fold->scale)
		fold_rescale(fold, scale);
	fold->has_value = true;
	batch->values[batch->used] = money_rescale(value, scale, fold->scale);
}

/* Add a value to what a customer brought in a period or on a day. */
static void
sums_add(Fold *fold, const Key *pairs, const Wide *values, int npairs)
{
	uint32_t numbers[ROSTER_BATCH];

	roster_number(&fold->sums, pairs, npairs, numbers);
	for (int i = 0; i < npairs; i++)
	{
		Wide *sum = pages_reach(&fold->values, numbers[i]);

		*sum = money_add(*sum, values[i]);
	}
}

static inline Key
pair_of(uint32_t slot, int32_t bit)
{
	Key pair;

	pair.number = (int64_t) (((uint64_t) slot << 32) | (uint32_t) bit);
	return pair;
}

/* Give planes their base before their first bit. */
static void
planes_base(Planes *planes, const Period *bits, int nbits)
{
	Period least = bits[0];

	if (planes->has_base)
		return;
	for (int i = 1; i < nbits; i++)
		if (bits[i] < least)
			least = bits[i];
	planes->base = (int64_t) least - BASE_SLACK;
	planes->has_base = true;
}

/* Set a bit for each row that has the mark. */
static void
planes_mark(Planes *planes, const Period *bits, const uint32_t *slots,
			const uint8_t *marks, uint8_t mark, int nrows)
{
	planes_base(planes, bits, nrows);
	for (int i = 0; i < nrows; i++)
	{
		Plane *plane;

		if (!(marks[i] & mark))
			continue;
		plane = planes_at(planes, bits[i]);
		__builtin_prefetch(pages_reach(&plane->words, slots[i]), 1);
	}
	for (int i = 0; i < nrows; i++)
	{
		uint64_t *word;

		if (!(marks[i] & mark))
			continue;
		word = pages_peek(&planes_at(planes, bits[i])->words, slots[i]);
		*word |= plane_bit(planes, bits[i]);
	}
}

static void fold_repage(Fold *fold, bool is_paged);

/* Should the roster of numbers be a directory instead of a table? */
static void
consider_pages(Fold *fold, uint32_t before)
{
	const Roster *roster = &fold->roster;

	if (fold->kind != KEY_NUMBER || fold->no_pages || roster->is_paged ||
		roster->nslots < PAGED_FROM)
		return;
	/* look at every doubling */
	if (__builtin_clz(before | 1) != __builtin_clz(roster->nslots) &&
		roster_is_dense(roster))
		fold_repage(fold, true);
}

/* Number and mark the rows of the batch. */
void
fold_flush(Fold *fold)
{
	FoldBatch *batch = &fold->batch;
	uint32_t slots[ROSTER_BATCH];
	Period bits[ROSTER_BATCH];
	uint32_t before = fold->roster.nslots;
	int nrows = batch->used;

	if (nrows == 0)
		return;
	host_poll();
	fold->is_empty = false;
	for (int i = 0; i < nrows; i++)
	{
		if (batch->days[i] > fold->last)
			fold->last = batch->days[i];
		bits[i] = fold->is_marked
					  ? batch->days[i]
					  : almanac_period(&fold->almanac, batch->days[i]);
	}
	if (!roster_number(&fold->roster, batch->keys, nrows, slots))
	{
		fold->no_pages = true;
		fold_repage(fold, false);
		roster_number(&fold->roster, batch->keys, nrows, slots);
	}
	planes_mark(&fold->returns, bits, slots, batch->marks, MARK_RETURN, nrows);
	if (fold->is_marked)
		planes_mark(&fold->starts, bits, slots, batch->marks, MARK_START,
					nrows);
	if (fold->has_values)
	{
		Key pairs[ROSTER_BATCH];
		Wide values[ROSTER_BATCH];
		int npairs = 0;

		for (int i = 0; i < nrows; i++)
			if (batch->marks[i] & MARK_VALUE)
			{
				pairs[npairs] = pair_of(slots[i], bits[i]);
				values[npairs++] = batch->values[i];
			}
		sums_add(fold, pairs, values, npairs);
	}
	batch->used = 0;
	batch->text_used = 0;
	batch_grow(fold);
	consider_pages(fold, before);
}

/*
 * A block: up to 256 customers on the way from one fold to another, with
 * their words of each plane, NULL where all are zero.
 */
typedef struct Block
{
	int ncustomers;
	Key keys[ROSTER_BATCH];
	uint32_t slots[ROSTER_BATCH]; /* in the fold they come from */
} Block;

static inline bool
slot_used(const Fold *fold, uint32_t slot)
{
	if (!fold->roster.is_paged)
		return true;
	for (int i = 0; i < fold->returns.nplanes; i++)
		if (plane_word(&fold->returns.planes[i], slot) != 0)
			return true;
	for (int i = 0; i < fold->starts.nplanes; i++)
		if (plane_word(&fold->starts.planes[i], slot) != 0)
			return true;
	return false;
}

/* Gather the next customers of a fold; false at the end. */
static bool
block_next(const Fold *fold, Block *block, uint32_t *next)
{
	block->ncustomers = 0;
	while (*next < fold->roster.nslots && block->ncustomers < ROSTER_BATCH)
	{
		uint32_t slot = (*next)++;

		if (!slot_used(fold, slot))
			continue;
		block->keys[block->ncustomers] = roster_key(&fold->roster, slot);
		block->slots[block->ncustomers++] = slot;
	}
	host_poll();
	return block->ncustomers > 0;
}

/* Take a block's customers in; slots become those of this fold. */
static void
block_number(Fold *into, Block *block)
{
	if (!roster_number(&into->roster, block->keys, block->ncustomers,
					   block->slots))
	{
		into->no_pages = true;
		fold_repage(into, false);
		roster_number(&into->roster, block->keys, block->ncustomers,
					  block->slots);
	}
}

/*
 * Set words of 64 periods from first on, whatever the base they came from.
 */
static void
block_words(Planes *planes, int64_t first, const Block *block,
			const uint64_t *words)
{
	int shift;
	int32_t number;

	if (!planes->has_base)
	{
		planes->base = first;
		planes->has_base = true;
	}
	number = (int32_t) ((first - planes->base) >> 6);
	shift = (int) ((first - planes->base) & 63);
	for (int i = 0; i < block->ncustomers; i++)
		if (words[i] << shift)
		{
			Plane *plane = planes_find(planes, number);

			*(uint64_t *) pages_reach(&plane->words, block->slots[i]) |=
				words[i] << shift;
		}
	for (int i = 0; shift != 0 && i < block->ncustomers; i++)
		if (words[i] >> (64 - shift))
		{
			Plane *plane = planes_find(planes, number + 1);

			*(uint64_t *) pages_reach(&plane->words, block->slots[i]) |=
				words[i] >> (64 - shift);
		}
}

/* The words of a plane for the customers of a block; false if all are zero */
static bool
plane_words(const Plane *plane, const Block *block, uint64_t *words)
{
	uint64_t any = 0;

	for (int i = 0; i < block->ncustomers; i++)
		any |= words[i] = plane_word(plane, block->slots[i]);
	return any != 0;
}

/*
 * Renumber the customers by a directory, or by a table again.  Folds with
 * values never come here.
 */
static void
fold_repage(Fold *fold, bool is_paged)
{
	Fold old = *fold;
	Block *block = host_alloc(NULL, sizeof(Block));
	uint64_t words[ROSTER_BATCH];
	uint32_t next = 0;

	roster_open(&fold->roster, fold->arena, fold->kind, is_paged);
	planes_open(&fold->returns, fold->arena);
	planes_open(&fold->starts, fold->arena);
	while (block_next(&old, block, &next))
	{
		Block theirs = *block;

		if (!roster_number(&fold->roster, block->keys, block->ncustomers,
						   block->slots))
		{
			/* they lie too far apart after all: stay with the table */
			fold->no_pages = true;
			roster_close(&fold->roster);
			planes_close(&fold->returns);
			planes_close(&fold->starts);
			fold->roster = old.roster;
			fold->returns = old.returns;
			fold->starts = old.starts;
			host_free(block);
			return;
		}
		for (int i = 0; i < old.returns.nplanes; i++)
			if (plane_words(&old.returns.planes[i], &theirs, words))
				block_words(&fold->returns,
							plane_first(&old.returns, &old.returns.planes[i]),
							block, words);
		for (int i = 0; i < old.starts.nplanes; i++)
			if (plane_words(&old.starts.planes[i], &theirs, words))
				block_words(&fold->starts,
							plane_first(&old.starts, &old.starts.planes[i]),
							block, words);
	}
	roster_close(&old.roster);
	planes_close(&old.returns);
	planes_close(&old.starts);
	host_free(block);
}

static void
write_raw(ByteWriter *writer, const void *data, size_t size)
{
	if (size > writer->room - writer->used)
		writer_make_room(writer, size);
	memcpy(writer->data + writer->used, data, size);
	writer->used += size;
}

static void
read_raw(ByteReader *reader, void *data, size_t size)
{
	if (size > (size_t) (reader->end - reader->at))
		reader_fail(reader);
	memcpy(data, reader->at, size);
	reader->at += size;
}

/* What goes ahead of the blocks */
typedef struct FoldHead
{
	KeyKind kind;
	Calendar calendar;
	bool is_marked;
	bool has_values;
	bool has_value;
	bool is_empty;
	int scale;
	Day last;
	int32_t nplanes[2];
	uint32_t nsums;
} FoldHead;

typedef struct SumHead
{
	uint32_t customer; /* counted over all blocks */
	int32_t bit;
	uint64_t low;
	int64_t high;
} SumHead;

/* Write a fold for another process of this machine. */
void
fold_encode(Fold *fold, ByteWriter *writer)
{
	FoldHead head;
	Block *block = host_alloc(NULL, sizeof(Block));
	uint64_t words[ROSTER_BATCH];
	const Planes *sets[2] = {&fold->returns, &fold->starts};
	uint32_t next = 0;
	int32_t none = 0;

	fold_flush(fold);
	memset(&head, 0, sizeof(head));
	head.kind = fold->kind;
	head.calendar = fold->calendar;
	head.is_marked = fold->is_marked;
	head.has_values = fold->has_values;
	head.has_value = fold->has_value;
	head.is_empty = fold->is_empty;
	head.scale = fold->scale;
	head.last = fold->last;
	head.nplanes[0] = fold->returns.nplanes;
	head.nplanes[1] = fold->starts.nplanes;
	head.nsums = fold->sums.nslots;
	write_raw(writer, &head, sizeof(head));
	for (int s = 0; s < 2; s++)
		for (int i = 0; i < sets[s]->nplanes; i++)
		{
			int64_t first = plane_first(sets[s], &sets[s]->planes[i]);

			write_raw(writer, &first, sizeof(first));
		}
	while (block_next(fold, block, &next))
	{
		int32_t count = block->ncustomers;

		write_raw(writer, &count, sizeof(count));
		for (int i = 0; i < count; i++)
			if (fold->kind == KEY_TEXT)
			{
				write_raw(writer, &block->keys[i].text.size, sizeof(uint32_t));
				write_raw(writer, block->keys[i].text.data,
						  block->keys[i].text.size);
			}
			else
				write_raw(writer, &block->keys[i],
						  fold->kind == KEY_NUMBER ? 8 : 16);
		for (int s = 0; s < 2; s++)
			for (int i = 0; i < sets[s]->nplanes; i++)
			{
				bool any = plane_words(&sets[s]->planes[i], block, words);

				write_byte(writer, any);
				if (any)
					write_raw(writer, words, count * sizeof(uint64_t));
			}
	}
	write_raw(writer, &none, sizeof(none));
	for (uint32_t i = 0; i < fold->sums.nslots; i++)
	{
		uint64_t pair = (uint64_t) roster_key(&fold->sums, i).number;
		Wide value = *(Wide *) pages_peek(&fold->values, i);
		SumHead sum = {(uint32_t) (pair >> 32), (int32_t) (uint32_t) pair,
					   (uint64_t) value, (int64_t) (value >> 64)};

		host_poll();
		write_raw(writer, &sum, sizeof(sum));
	}
	host_free(block);
}

/* Take in the bytes of a fold; into may be NULL. */
Fold *
fold_absorb(Fold *into, HostArena arena, const void *data, size_t size)
{
	ByteReader reader;
	FoldHead head;
	Block *block = host_alloc(NULL, sizeof(Block));
	uint64_t words[ROSTER_BATCH];
	Planes *sets[2];
	int64_t *firsts[2];
	Pages slots; /* by customer of the bytes: slot here, when there are sums */
	uint32_t customer = 0;

	reader_open(&reader, data, size, "retention fold");
	read_raw(&reader, &head, sizeof(head));
	if (into == NULL)
		into = fold_new(arena, head.kind, head.calendar, head.is_marked,
						head.has_values);
	if (into->kind != head.kind ||
		into->calendar.grain != head.calendar.grain ||
		into->calendar.week_start != head.calendar.week_start)
		host_fail(HOST_INVALID_VALUE, "Give the same grain for every row.",
				  "cannot fold two grains into one state");
	fold_flush(into);
	into->is_empty &= head.is_empty;
	into->has_value |= head.has_value;
	if (head.last > into->last)
		into->last = head.last;
	if (head.scale > into->scale)
		fold_rescale(into, head.scale);
	sets[0] = &into->returns;
	sets[1] = &into->starts;
	for (int s = 0; s < 2; s++)
	{
		firsts[s] = host_alloc(NULL, (head.nplanes[s] + 1) * sizeof(int64_t));
		read_raw(&reader, firsts[s], head.nplanes[s] * sizeof(int64_t));
	}
	pages_open(&slots, NULL, sizeof(uint32_t));
	for (;;)
	{
		int32_t count;
		uint32_t before = into->roster.nslots;

		host_poll();
		read_raw(&reader, &count, sizeof(count));
		if (count == 0)
			break;
		block->ncustomers = count;
		for (int i = 0; i < count; i++)
			if (into->kind == KEY_TEXT)
			{
				KeyText *text = &block->keys[i].text;

				read_raw(&reader, &text->size, sizeof(uint32_t));
				text->data = (const char *) reader.at;
				reader.at += text->size;
			}
			else
				read_raw(&reader, &block->keys[i],
						 into->kind == KEY_NUMBER ? 8 : 16);
		block_number(into, block);
		for (int i = 0; head.nsums > 0 && i < count; i++)
			*(uint32_t *) pages_reach(&slots, customer++) = block->slots[i];
		for (int s = 0; s < 2; s++)
			for (int i = 0; i < head.nplanes[s]; i++)
				if (read_byte(&reader))
				{
					read_raw(&reader, words, count * sizeof(uint64_t));
					block_words(sets[s], firsts[s][i], block, words);
				}
		consider_pages(into, before);
	}
	for (uint32_t i = 0; i < head.nsums; i++)
	{
		SumHead sum;
		Key pair;
		Wide value;

		host_poll();
		read_raw(&reader, &sum, sizeof(sum));
		pair = pair_of(*(uint32_t *) pages_peek(&slots, sum.customer), sum.bit);
		value = (Wide) (((UWide) (uint64_t) sum.high << 64) | sum.low);
		value = money_rescale(value, head.scale, into->scale);
		sums_add(into, &pair, &value, 1);
	}
	reader_close(&reader);
	pages_close(&slots);
	host_free(firsts[0]);
	host_free(firsts[1]);
	host_free(block);
	return into;
}

/* The lowest bit of a customer, or INT64_MIN when there is none. */
static int64_t
first_bit(const Planes *planes, uint32_t slot)
{
	for (int i = 0; i < planes->nplanes; i++)
	{
		uint64_t word = plane_word(&planes->planes[i], slot);

		if (word != 0)
			return plane_first(planes, &planes->planes[i]) +
				   __builtin_ctzll(word);
	}
	return INT64_MIN;
}

static inline Cell *
cell_at(Retention *retention, Cohort *cohort, int32_t no)
{
	int at = cohort_cell(retention, cohort, no); /* may move the cells */

	return &cohort->cells[at];
}

/*
 * A tally: the triangle as plain arrays of counters, for as long as it is
 * small enough to stay in the cache.  Periods are counted from first on.
 */
typedef struct Tally
{
	int64_t first;
	uint32_t span;	   /* periods; 0: too many, count into cells */
	uint32_t *members; /* by cohort */
	uint32_t *retained; /* by cohort and offset */
	uint32_t *last;
} Tally;

#define TALLY_MOST 2048 /* periods; 32 MB, of which a corner is used */

static void
tally_open(Tally *tally, const Planes *planes)
{
	int64_t first = 0;
	int64_t past = 0;

	memset(tally, 0, sizeof(Tally));
	if (planes->nplanes == 0)
		return;
	first = plane_first(planes, &planes->planes[0]);
	past = plane_first(planes, &planes->planes[planes->nplanes - 1]) + 64;
	if (past - first > TALLY_MOST)
		return;
	tally->first = first;
	tally->span = (uint32_t) (past - first);
	tally->members = host_alloc_zero(NULL, tally->span * sizeof(uint32_t));
	tally->retained = host_alloc_zero(
		NULL, (size_t) tally->span * tally->span * sizeof(uint32_t));
	tally->last = host_alloc_zero(
		NULL, (size_t) tally->span * tally->span * sizeof(uint32_t));
}

/* Count a customer: words of so many planes, ascending. */
static inline void
tally_customer(Tally *tally, const uint64_t *words, const uint32_t *starts,
			   int nwords)
{
	uint32_t cohort = UINT32_MAX;
	uint32_t last = 0;
	uint32_t *retained = NULL;

	for (int i = 0; i < nwords; i++)
		for (uint64_t word = words[i]; word != 0; word &= word - 1)
		{
			uint32_t period = starts[i] + (uint32_t) __builtin_ctzll(word);

			if (cohort == UINT32_MAX)
			{
				cohort = period;
				retained = tally->retained + (size_t) cohort * tally->span;
			}
			last = period - cohort;
			retained[last]++;
		}
	if (cohort == UINT32_MAX)
		return;
	tally->members[cohort]++;
	tally->last[(size_t) cohort * tally->span + last]++;
}

/* Move the counters into the state. */
static void
tally_close(Tally *tally, Retention *retention)
{
	for (uint32_t c = 0; c < tally->span; c++)
	{
		Cohort *cohort;

		host_poll();
		if (tally->members[c] == 0)
			continue;
		cohort = retention_cohort(retention, (Period) (tally->first + c));
		cohort->members += tally->members[c];
		for (uint32_t no = 0; c + no < tally->span; no++)
		{
			size_t at = (size_t) c * tally->span + no;
			Cell *cell;

			if (tally->retained[at] == 0)
				continue;
			cell = cell_at(retention, cohort, (int32_t) no);
			cell->retained += tally->retained[at];
			cell->returned += tally->retained[at];
			cell->last += tally->last[at];
		}
	}
	if (tally->span > 0)
	{
		host_free(tally->members);
		host_free(tally->retained);
		host_free(tally->last);
	}
}

/* Count customers whose bits are periods, a page of slots at a time. */
static void
count_periods_tally(const Fold *fold, Tally *tally)
{
	const Planes *planes = &fold->returns;
	int nplanes = planes->nplanes;
	const uint64_t **pages = host_alloc(NULL, nplanes * sizeof(uint64_t *));
	uint32_t *starts = host_alloc(NULL, nplanes * sizeof(uint32_t));
	uint64_t *words = host_alloc(NULL, nplanes * sizeof(uint64_t));

	for (uint32_t from = 0; from < fold->roster.nslots; from += PAGE_ITEMS)
	{
		uint32_t slots = fold->roster.nslots - from;
		int live = 0;

		host_poll();
		if (slots > PAGE_ITEMS)
			slots = PAGE_ITEMS;
		for (int i = 0; i < nplanes; i++)
		{
			const Plane *plane = &planes->planes[i];

			pages[live] = pages_peek(&plane->words, from);
			if (pages[live] == NULL)
				continue;
			/* the first page may be short: what it lacks is zero */
			if (from == 0 && plane->words.first < slots)
			{
				uint64_t *whole =
					host_alloc_zero(NULL, PAGE_ITEMS * sizeof(uint64_t));

				memcpy(whole, pages[live],
					   plane->words.first * sizeof(uint64_t));
				pages[live] = whole;
			}
			starts[live++] =
				(uint32_t) (plane_first(planes, plane) - tally->first);
		}
		for (uint32_t slot = 0; slot < slots; slot++)
		{
			for (int i = 0; i < live; i++)
				words[i] = pages[i][slot];
			tally_customer(tally, words, starts, live);
		}
	}
	host_free(pages);
	host_free(starts);
	host_free(words);
}

/* Count a customer whose bits are periods, without a tally. */
static void
count_periods(const Fold *fold, Retention *retention, uint32_t slot)
{
	const Planes *planes = &fold->returns;
	Cohort *cohort = NULL;
	int32_t last = 0;

	for (int i = 0; i < planes->nplanes; i++)
	{
		uint64_t word = plane_word(&planes->planes[i], slot);
		int64_t first = plane_first(planes, &planes->planes[i]);

		if (word != 0 && cohort == NULL)
		{
			cohort = retention_cohort(
				retention, (Period) (first + __builtin_ctzll(word)));
			cohort->members++;
		}
		for (; word != 0; word &= word - 1)
		{
			Cell *cell;

			last = (int32_t) (first + __builtin_ctzll(word) - cohort->period);
			cell = cell_at(retention, cohort, last);
			cell->retained++;
			cell->returned++;
		}
	}
	if (cohort != NULL)
		cell_at(retention, cohort, last)->last++;
}

/* Count a customer whose bits are days, some of them starts. */
static void
count_days(Fold *fold, Retention *retention, uint32_t slot)
{
	const Planes *planes = &fold->returns;
	int64_t start = first_bit(&fold->starts, slot);
	Cohort *cohort;
	int32_t last = 0;
	int32_t returned = -1;

	if (start == INT64_MIN)
		return;
	cohort = retention_cohort(retention,
							  almanac_period(&fold->almanac, (Day) start));
	cohort->members++;
	cell_at(retention, cohort, 0)->retained++;
	for (int i = 0; i < planes->nplanes; i++)
	{
		uint64_t word = plane_word(&planes->planes[i], slot);
		int64_t first = plane_first(planes, &planes->planes[i]);

		for (; word != 0; word &= word - 1)
		{
			int64_t day = first + __builtin_ctzll(word);
			int32_t no;

			if (day < start)
				continue;
			no = almanac_period(&fold->almanac, (Day) day) - cohort->period;
			if (no == returned)
				continue;
			returned = no;
			cell_at(retention, cohort, no)->returned++;
			if (no > 0)
				cell_at(retention, cohort, no)->retained++;
			last = no;
		}
	}
	cell_at(retention, cohort, last)->last++;
}

/* Put the values where they belong, now that cohorts are known. */
static void
count_values(Fold *fold, Retention *retention)
{
	const Planes *origin = fold->is_marked ? &fold->starts : &fold->returns;

	retention_scale(retention, fold->has_value, fold->scale);
	for (uint32_t i = 0; i < fold->sums.nslots; i++)
	{
		uint64_t pair = (uint64_t) roster_key(&fold->sums, i).number;
		int64_t bit = (int32_t) (uint32_t) pair;
		int64_t start = first_bit(origin, (uint32_t) (pair >> 32));
		Cohort *cohort;
		Cell *cell;

		host_poll();
		if (start == INT64_MIN || bit < start)
			continue;
		if (fold->is_marked)
		{
			start = almanac_period(&fold->almanac, (Day) start);
			bit = almanac_period(&fold->almanac, (Day) bit);
		}
		cohort = retention_cohort(retention, (Period) start);
		cell = cell_at(retention, cohort, (int32_t) (bit - start));
		cell->value =
			money_add(cell->value, *(Wide *) pages_peek(&fold->values, i));
	}
}

/*
 * Count every customer into a retention state.  The fold stays as it was,
 * but for rows that waited in its batch.
 */
void
fold_finish(Fold *fold, Retention *retention)
{
	Reading reading;
	Tally tally;

	fold_flush(fold);
	memset(&reading, 0, sizeof(reading));
	reading.calendar = fold->calendar;
	reading.min_events = 1;
	retention_adopt(retention, &reading, fold->last + 1, false);
	tally_open(&tally, &fold->returns);
	if (!fold->is_marked && tally.span > 0)
		count_periods_tally(fold, &tally);
	else
		for (uint32_t slot = 0; slot < fold->roster.nslots; slot++)
		{
			if ((slot & 255) == 0)
				host_poll();
			if (fold->is_marked)
				count_days(fold, retention, slot);
			else
				count_periods(fold, retention, slot);
		}
	tally_close(&tally, retention);
	count_values(fold, retention);
}
