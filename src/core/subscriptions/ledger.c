/*
 * ledger.c
 *		Spells in any order, gathered into customers with their lines.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/ledger_lines.h"

#include <string.h>

#define FIRST_ROOM 8  /* rows of the first batch */
#define LOOK_EVERY 16 /* flushes between two looks at the memory in use */

/* Make the batch larger, up to what the key table numbers at once. */
static void
batch_grow(Ledger *ledger)
{
	int room = ledger->batch_room ? ledger->batch_room * 4 : FIRST_ROOM;

	if (ledger->batch_room == KEY_TABLE_BATCH)
		return;
	if (room > KEY_TABLE_BATCH)
		room = KEY_TABLE_BATCH;
	if (ledger->batch_room > 0)
	{
		host_free(ledger->keys);
		host_free(ledger->batch);
	}
	ledger->keys = host_alloc(ledger->arena, room * sizeof(Key));
	ledger->batch = host_alloc(ledger->arena, room * sizeof(Packed));
	ledger->batch_room = room;
}

Ledger *
ledger_new(HostArena arena, KeyKind kind, const LedgerTerms *terms,
		   size_t budget)
{
	Ledger *ledger = host_alloc_zero(arena, sizeof(Ledger));

	ledger->arena = arena;
	ledger->kind = kind;
	ledger->terms = *terms;
	ledger->budget = budget;
	names_open(&ledger->names, arena);
	chunked_array_open(&ledger->odds, arena, sizeof(Odd));
	row_buffer_open(&ledger->row_buffer, arena, kind, sizeof(Packed), false);
	batch_grow(ledger);
	return ledger;
}

/* Is the same asked of the ledger? */
bool
ledger_agrees(const Ledger *ledger, const LedgerTerms *terms)
{
	return ledger->terms.calendar.grain == terms->calendar.grain &&
		   ledger->terms.calendar.week_start == terms->calendar.week_start &&
		   ledger->terms.clock == terms->clock &&
		   ledger->terms.pause_days == terms->pause_days &&
		   ledger->terms.as_of == terms->as_of;
}

/* Forget the customers and lines, not what is known of all of them. */
void
ledger_forget(Ledger *ledger)
{
	row_buffer_forget(&ledger->row_buffer);
	chunked_array_close(&ledger->odds);
	ledger->nodds = 0;
}

/* Bytes in use */
size_t
ledger_size(const Ledger *ledger)
{
	return sizeof(Ledger) + names_size(&ledger->names) +
		   row_buffer_size(&ledger->row_buffer) +
		   chunked_array_size(&ledger->odds) +
		   ledger->batch_room * (sizeof(Key) + sizeof(Packed)) +
		   ledger->text_room;
}

/* Write a line down for a customer. */
void
ledger_write(Ledger *ledger, uint32_t slot, Packed line)
{
	line.head = (line.head & ~PAGE_MASK) | (slot & PAGE_MASK);
	*(Packed *) row_buffer_place(&ledger->row_buffer, slot) = line;
}

/* Number the customers of the batch and write its rows down. */
void
ledger_flush(Ledger *ledger)
{
	uint32_t before = ledger->row_buffer.key_table.nslots;
	uint32_t slots[KEY_TABLE_BATCH];
	Packed *places[KEY_TABLE_BATCH];
	int used = ledger->used;

	if (used == 0)
		return;
	host_poll();
	while (!row_buffer_assign(&ledger->row_buffer, ledger->keys, used, slots))
		;
	/* ask for all places before the first is needed */
	for (int i = 0; i < used; i++)
	{
		places[i] = row_buffer_place(&ledger->row_buffer, slots[i]);
		__builtin_prefetch(places[i], 1);
	}
	for (int i = 0; i < used; i++)
	{
		*places[i] = ledger->batch[i];
		places[i]->head |= slots[i] & PAGE_MASK;
	}
	ledger->used = 0;
	ledger->text_used = 0;
	batch_grow(ledger);
	row_buffer_consider_radix(&ledger->row_buffer, before);
	if (++ledger->flushes % LOOK_EVERY == 0)
		ledger_consider_spill(ledger);
}

/* Bring all prices to a larger scale. */
void
ledger_scale(Ledger *ledger, int scale)
{
	ledger_flush(ledger);
	for (uint32_t i = 0; i < ledger->row_buffer.npartitions; i++)
	{
		PartitionWalk walk = partition_walk(&ledger->row_buffer, i);
		Packed *packed;

		host_poll();
		while ((packed = partition_next(&walk)) != NULL)
		{
			uint32_t marks = packed->head & (PACKED_MARKS | PAGE_MASK);

			if (packed->head & PACKED_MEMBERSHIP)
				continue;
			if (packed_is_odd(packed))
			{
				Odd *odd = packed_odd(ledger, packed);

				odd->mrr = money_rescale(odd->mrr, ledger->scale, scale);
				continue;
			}
			*packed =
				line_pack(ledger, (int32_t) (packed->head >> PACKED_NAME_SHIFT),
						  marks, packed->start, packed->end,
						  money_rescale(packed->mrr, ledger->scale, scale));
		}
	}
	ledger->scale = scale;
}

/* Copy a long text to where it stays until its row is numbered. */
static const char *
text_keep(Ledger *ledger, const char *data, uint32_t size)
{
	char *copy;

	if (size > ledger->text_room - ledger->text_used)
	{
		size_t room = (size_t) ledger->batch_room * 64;

		ledger_flush(ledger);
		if (room < size)
			room = size;
		if (room > ledger->text_room)
		{
			if (ledger->text != NULL)
				host_free(ledger->text);
			ledger->text = host_alloc(ledger->arena, room);
			ledger->text_room = room;
		}
	}
	copy = ledger->text + ledger->text_used;
	memcpy(copy, data, size);
	ledger->text_used += size;
	return copy;
}

/*
 * Make room in the batch for a row of this customer.  That may write down and
 * spill all before, so the row's line must not be packed earlier.
 */
static inline void
batch_begin(Ledger *ledger, Key key)
{
	if (ledger->used == ledger->batch_room)
		ledger_flush(ledger);
	if (ledger->kind == KEY_TEXT && key_is_outside(&key))
		key.outside.data =
			text_keep(ledger, key.outside.data, key.outside.size);
	ledger->keys[ledger->used] = key;
}

/* Add a time in a segment, with the version of the segments. */
void
ledger_place(Ledger *ledger, Key key, Day start, Day end, const Label *segment,
			 int64_t version)
{
	if (start >= ledger->terms.as_of)
		return;
	batch_begin(ledger, key);
	ledger->batch[ledger->used++] =
		line_pack(ledger, names_number(&ledger->names, segment),
				  PACKED_MEMBERSHIP, start, end, version);
}

/* Add a row. */
void
ledger_add(Ledger *ledger, Key key, const SpellRow *row)
{
	if (row->scale > ledger->scale)
		ledger_scale(ledger, row->scale);
	if (row->start >= ledger->terms.as_of)
		return;
	batch_begin(ledger, key);
	ledger->has_pauses |= row->is_paused;
	ledger->batch[ledger->used++] =
		line_pack(ledger, names_number(&ledger->names, &row->product),
				  row->is_paused ? PACKED_PAUSED : 0, row->start, row->end,
				  money_rescale(row->mrr, row->scale, ledger->scale));
}
