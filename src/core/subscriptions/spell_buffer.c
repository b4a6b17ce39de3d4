/*
 * spell_buffer.c
 *		Spells in any order: lines in memory.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_buffer_lines.h"

#include <string.h>

#define FIRST_ROOM 8 /* rows of the first batch */

/* Make the batch, which is empty, of this many rows. */
static void
batch_make(SpellBuffer *spell_buffer, int room)
{
	if (spell_buffer->batch_room == room)
		return;
	if (spell_buffer->batch_room > 0)
	{
		runtime_free(spell_buffer->keys);
		runtime_free(spell_buffer->batch);
	}
	spell_buffer->keys =
		runtime_alloc(spell_buffer->context, room * sizeof(Key));
	spell_buffer->batch =
		runtime_alloc(spell_buffer->context, room * sizeof(Packed));
	spell_buffer->batch_room = room;
}

/* Make it larger, up to what the key table numbers at once. */
static void
batch_grow(SpellBuffer *spell_buffer)
{
	int room = spell_buffer->batch_room * 4;

	batch_make(spell_buffer, room < KEY_TABLE_BATCH ? room : KEY_TABLE_BATCH);
}

/* Begin a spell buffer, in memory that is zero. */
void
spell_buffer_open(SpellBuffer *spell_buffer, Context context, KeyKind kind,
				  const SpellTerms *terms)
{
	spell_buffer->context = context;
	spell_buffer->kind = kind;
	spell_buffer->terms = *terms;
	dictionary_open(&spell_buffer->names, context);
	chunked_array_open(&spell_buffer->wide, context, sizeof(WideEntry));
	row_buffer_open(&spell_buffer->row_buffer, context, kind, sizeof(Packed),
					false);
	batch_make(spell_buffer, FIRST_ROOM);
}

/* Is the same asked of the spell buffer? */
bool
spell_buffer_agrees(const SpellBuffer *spell_buffer, const SpellTerms *terms)
{
	return spell_buffer->terms.calendar.grain == terms->calendar.grain &&
		   spell_buffer->terms.calendar.week_start ==
			   terms->calendar.week_start &&
		   spell_buffer->terms.clock == terms->clock &&
		   spell_buffer->terms.pause_days == terms->pause_days &&
		   spell_buffer->terms.as_of == terms->as_of;
}

/*
 * Forget the customers and lines, not what is known of all of them; the batch is
 * empty.
 */
void
spell_buffer_forget(SpellBuffer *spell_buffer)
{
	row_buffer_forget(&spell_buffer->row_buffer);
	chunked_array_close(&spell_buffer->wide);
	spell_buffer->nwide = 0;
	batch_make(spell_buffer, FIRST_ROOM);
	if (spell_buffer->text != NULL)
		runtime_free(spell_buffer->text);
	spell_buffer->text = NULL;
	spell_buffer->text_room = 0;
}

/* Bytes in use */
size_t
spell_buffer_size(const SpellBuffer *spell_buffer)
{
	return sizeof(SpellBuffer) + dictionary_size(&spell_buffer->names) +
		   row_buffer_size(&spell_buffer->row_buffer) +
		   chunked_array_size(&spell_buffer->wide) +
		   spell_buffer->batch_room * (sizeof(Key) + sizeof(Packed)) +
		   spell_buffer->text_room +
		   (spell_buffer->far != NULL ? FAR_DAYS * sizeof(Day) : 0);
}

/* The number of a day that is none of the near ones, if there is one left */
bool
far_pack(SpellBuffer *spell_buffer, Day day, uint16_t *number)
{
	int at = 0;

	if (spell_buffer->far == NULL)
		spell_buffer->far =
			runtime_alloc(spell_buffer->context, FAR_DAYS * sizeof(Day));
	while (at < spell_buffer->nfar && spell_buffer->far[at] != day)
		at++;
	if (at == FAR_DAYS)
		return false;
	if (at == spell_buffer->nfar)
		spell_buffer->far[spell_buffer->nfar++] = day;
	*number = (uint16_t) (NEAR_DAYS + at);
	return true;
}

/* Write a line down for a customer. */
void
spell_buffer_write(SpellBuffer *spell_buffer, uint32_t slot, Packed line)
{
	line.head = (line.head & ~PAGE_MASK) | (slot & PAGE_MASK);
	*(Packed *) row_buffer_place(&spell_buffer->row_buffer, slot) = line;
}

/* Number the customers of the batch and write its rows down. */
void
spell_buffer_flush(SpellBuffer *spell_buffer)
{
	uint32_t before = spell_buffer->row_buffer.key_table.nslots;
	uint32_t slots[KEY_TABLE_BATCH];
	Packed *places[KEY_TABLE_BATCH];
	int used = spell_buffer->used;

	if (used == 0)
		return;
	check_interrupts();
	while (!row_buffer_assign(&spell_buffer->row_buffer, spell_buffer->keys,
							  used, slots))
		;
	/* ask for all places before the first is needed */
	for (int i = 0; i < used; i++)
	{
		places[i] = row_buffer_place(&spell_buffer->row_buffer, slots[i]);
		__builtin_prefetch(places[i], 1);
	}
	for (int i = 0; i < used; i++)
	{
		*places[i] = spell_buffer->batch[i];
		places[i]->head |= slots[i] & PAGE_MASK;
	}
	spell_buffer->used = 0;
	spell_buffer->text_used = 0;
	batch_grow(spell_buffer);
	row_buffer_consider_radix(&spell_buffer->row_buffer, before);
}

/* Bring all prices to a larger scale. */
void
spell_buffer_scale(SpellBuffer *spell_buffer, int scale)
{
	spell_buffer_flush(spell_buffer);
	for (uint32_t i = 0; i < spell_buffer->row_buffer.npartitions; i++)
	{
		PartitionWalk walk = partition_walk(&spell_buffer->row_buffer, i);
		Packed *packed;

		check_interrupts();
		while ((packed = partition_next(&walk)) != NULL)
		{
			uint32_t marks = packed->head & (PACKED_MARKS | PAGE_MASK);

			if ((packed->head & PACKED_MARKS) == PACKED_MEMBERSHIP)
				continue;
			if (packed_is_wide(packed))
			{
				WideEntry *entry = packed_wide(spell_buffer, packed);

				entry->mrr =
					money_rescale(entry->mrr, spell_buffer->scale, scale);
				continue;
			}
			*packed = line_pack(
				spell_buffer, (int32_t) (packed->head >> PACKED_NAME_SHIFT),
				marks, day_unpack(spell_buffer, packed->start),
				day_unpack(spell_buffer, packed->end),
				money_rescale(packed->mrr, spell_buffer->scale, scale));
		}
	}
	spell_buffer->scale = scale;
}
