/*
 * memberships.c
 *		Times in segments beside the events of a fold.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/memberships.h"

#include <string.h>

void
memberships_open(Memberships *memberships, Context context, KeyKind kind)
{
	Label none = {MEMBERSHIP_NONE, sizeof(MEMBERSHIP_NONE) - 1};

	memset(memberships, 0, sizeof(Memberships));
	memberships->context = context;
	dictionary_open(&memberships->segments, context);
	dictionary_intern(&memberships->segments, &none);
	chunked_array_open(&memberships->memberships, context,
					   sizeof(SlotMembership));
	chunked_array_open(&memberships->marks, context, sizeof(uint32_t));
	batch_open(&memberships->batch, context, kind, false, false);
	memberships->waiting =
		runtime_alloc(context, KEY_TABLE_BATCH * sizeof(SlotMembership));
}

/* Forget the customers, but no name. */
void
memberships_forget(Memberships *memberships)
{
	chunked_array_close(&memberships->memberships);
	chunked_array_close(&memberships->marks);
	memberships->count = 0;
}

/* Give everything back but the names. */
void
memberships_close(Memberships *memberships)
{
	memberships_forget(memberships);
	batch_close(&memberships->batch);
	runtime_free(memberships->waiting);
}

/* Bytes in use */
size_t
memberships_size(const Memberships *memberships)
{
	return chunked_array_size(&memberships->memberships) +
		   chunked_array_size(&memberships->marks) +
		   batch_size(&memberships->batch) +
		   dictionary_size(&memberships->segments) +
		   KEY_TABLE_BATCH * sizeof(SlotMembership);
}

void
memberships_add(Memberships *memberships, const SlotMembership *membership)
{
	*(SlotMembership *) chunked_array_reach(&memberships->memberships,
											memberships->count++) = *membership;
	memberships_mark(memberships, membership->slot, MEMBER_KNOWN);
}

/* Customers have other slots now: new_slots by old slot. */
void
memberships_move(Memberships *memberships, const uint32_t *new_slots)
{
	ChunkedArray old = memberships->marks;

	chunked_array_open(&memberships->marks, memberships->context,
					   sizeof(uint32_t));
	for (uint32_t page = 0; page < old.room; page++)
	{
		uint32_t from = page << PAGE_SHIFT;
		uint32_t items = page == 0 ? old.first : PAGE_ITEMS;

		check_interrupts();
		for (uint32_t i = 0; old.page[page] != NULL && i < items; i++)
		{
			uint32_t mark = ((const uint32_t *) old.page[page])[i];

			if (mark != 0)
				memberships_mark(memberships, new_slots[from + i], mark);
		}
	}
	chunked_array_close(&old);
	for (uint32_t i = 0; i < memberships->count; i++)
	{
		SlotMembership *membership = chunked_array_item(
			&memberships->memberships, i, sizeof(SlotMembership));

		membership->slot = new_slots[membership->slot];
	}
}

/* Of two memberships on a day, does the first count? */
static bool
membership_is_better(const Memberships *memberships,
					 const SlotMembership *membership,
					 const SlotMembership *than)
{
	if (membership->from != than->from)
		return membership->from > than->from;
	return label_compare(&memberships->segments.labels[membership->segment],
						 &memberships->segments.labels[than->segment]) < 0;
}

/*
 * Of memberships that overlap, the one that began last counts, and of those
 * the first by the bytes of its name.
 */
int32_t *
memberships_segments(const Memberships *memberships, uint32_t nslots)
{
	int32_t *segments =
		runtime_alloc(NULL, ((size_t) nslots + 1) * sizeof(int32_t));
	uint32_t *best =
		runtime_alloc_zero(NULL, ((size_t) nslots + 1) * sizeof(uint32_t));

	for (uint32_t i = 0; i < memberships->count; i++)
	{
		const SlotMembership *membership = chunked_array_item(
			&memberships->memberships, i, sizeof(SlotMembership));
		uint32_t first =
			memberships_marks(memberships, membership->slot) & ~MEMBER_VALUE;
		int64_t day = DAY_LAST + (int64_t) MEMBER_KNOWN + 1 - first;

		if ((i & 255) == 0)
			check_interrupts();
		if (first <= MEMBER_KNOWN || membership->from > day ||
			membership->to <= day)
			continue;
		if (best[membership->slot] == 0 ||
			membership_is_better(memberships, membership,
								 chunked_array_item(&memberships->memberships,
													best[membership->slot] - 1,
													sizeof(SlotMembership))))
			best[membership->slot] = i + 1;
	}
	for (uint32_t slot = 0; slot < nslots; slot++)
	{
		segments[slot] = MEMBERSHIP_NONE_NUMBER;
		if (best[slot] != 0)
			segments[slot] = ((const SlotMembership *) chunked_array_item(
								  &memberships->memberships, best[slot] - 1,
								  sizeof(SlotMembership)))
								 ->segment;
	}
	runtime_free(best);
	return segments;
}

static int
membership_compare(const void *a, const void *b)
{
	const SlotMembership *one = a;
	const SlotMembership *other = b;

	if (one->from != other->from)
		return one->from < other->from ? -1 : 1;
	return one->slot > other->slot ? -1 : one->slot < other->slot;
}

/* Put the memberships of every slot in order. */
void
memberships_order(const Memberships *memberships, uint32_t nslots,
				  MembershipOrder *order)
{
	const Dictionary *segments = &memberships->segments;
	int32_t *ranks =
		runtime_alloc(NULL, ((size_t) segments->count + 1) * sizeof(int32_t));
	uint32_t past = 0;

	order->from =
		runtime_alloc_zero(NULL, ((size_t) nslots + 1) * sizeof(uint32_t));
	order->memberships = runtime_alloc(
		NULL, ((size_t) memberships->count + 1) * sizeof(SlotMembership));
	order->most = 0;
	labels_rank(segments->labels, segments->count, ranks);
	for (uint32_t i = 0; i < memberships->count; i++)
		order->from[((const SlotMembership *) chunked_array_item(
						 &memberships->memberships, i, sizeof(SlotMembership)))
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
	for (uint32_t i = memberships->count; i-- > 0;)
	{
		SlotMembership membership =
			*(const SlotMembership *) chunked_array_item(
				&memberships->memberships, i, sizeof(SlotMembership));
		uint32_t at = --order->from[membership.slot];

		if ((i & 255) == 0)
			check_interrupts();
		membership.slot = (uint32_t) ranks[membership.segment];
		order->memberships[at] = membership;
	}
	runtime_free(ranks);
	for (uint32_t slot = 0; slot < nslots; slot++)
	{
		uint32_t count = order->from[slot + 1] - order->from[slot];

		if ((slot & 255) == 0)
			check_interrupts();
		if (count > 1)
			runtime_sort(&order->memberships[order->from[slot]], count,
						 sizeof(SlotMembership), membership_compare);
	}
}

void
memberships_order_free(MembershipOrder *order)
{
	runtime_free(order->from);
	runtime_free(order->memberships);
}
