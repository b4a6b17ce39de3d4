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
