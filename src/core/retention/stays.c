/*
 * stays.c
 *		Times in segments beside the events of a fold.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/stays.h"

#include <string.h>

void
stays_open(Stays *stays, Context context, KeyKind kind)
{
	Label nowhere = {STAYS_NOWHERE, sizeof(STAYS_NOWHERE) - 1};

	memset(stays, 0, sizeof(Stays));
	stays->context = context;
	dictionary_open(&stays->segments, context);
	dictionary_intern(&stays->segments, &nowhere);
	chunked_array_open(&stays->stays, context, sizeof(Stay));
	chunked_array_open(&stays->marks, context, sizeof(uint32_t));
	batch_open(&stays->batch, context, kind, false, false);
	stays->waiting = runtime_alloc(context, KEY_TABLE_BATCH * sizeof(Stay));
}

/* Forget the customers, but no name. */
void
stays_forget(Stays *stays)
{
	chunked_array_close(&stays->stays);
	chunked_array_close(&stays->marks);
	stays->count = 0;
}

/* Give everything back but the names. */
void
stays_close(Stays *stays)
{
	stays_forget(stays);
	batch_close(&stays->batch);
	runtime_free(stays->waiting);
}

/* Bytes in use */
size_t
stays_size(const Stays *stays)
{
	return chunked_array_size(&stays->stays) +
		   chunked_array_size(&stays->marks) + batch_size(&stays->batch) +
		   dictionary_size(&stays->segments) + KEY_TABLE_BATCH * sizeof(Stay);
}

void
stays_add(Stays *stays, const Stay *stay)
{
	*(Stay *) chunked_array_reach(&stays->stays, stays->count++) = *stay;
	stays_mark(stays, stay->slot, STAY_KNOWN);
}

/* Customers have other slots now: new_slots by old slot. */
void
stays_move(Stays *stays, const uint32_t *new_slots)
{
	ChunkedArray old = stays->marks;

	chunked_array_open(&stays->marks, stays->context, sizeof(uint32_t));
	for (uint32_t page = 0; page < old.room; page++)
	{
		uint32_t from = page << PAGE_SHIFT;
		uint32_t items = page == 0 ? old.first : PAGE_ITEMS;

		check_interrupts();
		for (uint32_t i = 0; old.page[page] != NULL && i < items; i++)
		{
			uint32_t mark = ((const uint32_t *) old.page[page])[i];

			if (mark != 0)
				stays_mark(stays, new_slots[from + i], mark);
		}
	}
	chunked_array_close(&old);
	for (uint32_t i = 0; i < stays->count; i++)
	{
		Stay *stay = chunked_array_item(&stays->stays, i, sizeof(Stay));

		stay->slot = new_slots[stay->slot];
	}
}

/* Of two stays on a day, does the first count? */
static bool
stay_is_better(const Stays *stays, const Stay *stay, const Stay *than)
{
	if (stay->from != than->from)
		return stay->from > than->from;
	return label_compare(&stays->segments.labels[stay->segment],
						 &stays->segments.labels[than->segment]) < 0;
}

/*
 * Of stays that overlap, the one that began last counts, and of those the first
 * by the bytes of its name.
 */
int32_t *
stays_segments(const Stays *stays, uint32_t nslots)
{
	int32_t *segments =
		runtime_alloc(NULL, ((size_t) nslots + 1) * sizeof(int32_t));
	uint32_t *best =
		runtime_alloc_zero(NULL, ((size_t) nslots + 1) * sizeof(uint32_t));

	for (uint32_t i = 0; i < stays->count; i++)
	{
		const Stay *stay = chunked_array_item(&stays->stays, i, sizeof(Stay));
		uint32_t first = stays_marks(stays, stay->slot) & ~STAY_VALUE;
		int64_t day = DAY_LAST + (int64_t) STAY_KNOWN + 1 - first;

		if ((i & 255) == 0)
			check_interrupts();
		if (first <= STAY_KNOWN || stay->from > day || stay->to <= day)
			continue;
		if (best[stay->slot] == 0 ||
			stay_is_better(
				stays, stay,
				chunked_array_item(&stays->stays, best[stay->slot] - 1,
								   sizeof(Stay))))
			best[stay->slot] = i + 1;
	}
	for (uint32_t slot = 0; slot < nslots; slot++)
	{
		segments[slot] = STAYS_NOWHERE_NUMBER;
		if (best[slot] != 0)
			segments[slot] = ((const Stay *) chunked_array_item(
								  &stays->stays, best[slot] - 1, sizeof(Stay)))
								 ->segment;
	}
	runtime_free(best);
	return segments;
}

/* A name and its number, to be ranked */
typedef struct Ranked
{
	const Label *label;
	int32_t segment;
} Ranked;

static int
ranked_compare(const void *a, const void *b)
{
	return label_compare(((const Ranked *) a)->label,
						 ((const Ranked *) b)->label);
}

/* The rank of every segment by the bytes of its name; to be freed */
static uint32_t *
segment_ranks(const Dictionary *segments)
{
	Ranked *ranked = runtime_alloc(NULL, segments->count * sizeof(Ranked));
	uint32_t *ranks = runtime_alloc(NULL, segments->count * sizeof(uint32_t));

	for (int i = 0; i < segments->count; i++)
		ranked[i] = (Ranked){&segments->labels[i], i};
	runtime_sort(ranked, segments->count, sizeof(Ranked), ranked_compare);
	for (int i = 0; i < segments->count; i++)
		ranks[ranked[i].segment] = (uint32_t) i;
	runtime_free(ranked);
	return ranks;
}

static int
stay_compare(const void *a, const void *b)
{
	const Stay *one = a;
	const Stay *other = b;

	if (one->from != other->from)
		return one->from < other->from ? -1 : 1;
	return one->slot > other->slot ? -1 : one->slot < other->slot;
}

/* Put the stays of every slot in order. */
void
stays_order(const Stays *stays, uint32_t nslots, StaysOrder *order)
{
	uint32_t *ranks = segment_ranks(&stays->segments);
	uint32_t past = 0;

	order->from =
		runtime_alloc_zero(NULL, ((size_t) nslots + 1) * sizeof(uint32_t));
	order->stays =
		runtime_alloc(NULL, ((size_t) stays->count + 1) * sizeof(Stay));
	order->most = 0;
	for (uint32_t i = 0; i < stays->count; i++)
		order->from[((const Stay *) chunked_array_item(&stays->stays, i,
													   sizeof(Stay)))
						->slot]++;
	/* how many become where the next ones end, and then where they begin */
	for (uint32_t slot = 0; slot < nslots; slot++)
	{
		if (order->from[slot] > order->most)
			order->most = order->from[slot];
		past += order->from[slot];
		order->from[slot] = past;
	}
	order->from[nslots] = past;
	for (uint32_t i = stays->count; i-- > 0;)
	{
		Stay stay =
			*(const Stay *) chunked_array_item(&stays->stays, i, sizeof(Stay));
		uint32_t at = --order->from[stay.slot];

		if ((i & 255) == 0)
			check_interrupts();
		stay.slot = ranks[stay.segment];
		order->stays[at] = stay;
	}
	runtime_free(ranks);
	for (uint32_t slot = 0; slot < nslots; slot++)
	{
		uint32_t count = order->from[slot + 1] - order->from[slot];

		if ((slot & 255) == 0)
			check_interrupts();
		if (count > 1)
			runtime_sort(&order->stays[order->from[slot]], count, sizeof(Stay),
						 stay_compare);
	}
}

void
stays_order_free(StaysOrder *order)
{
	runtime_free(order->from);
	runtime_free(order->stays);
}
