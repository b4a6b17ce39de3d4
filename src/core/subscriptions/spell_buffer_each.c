/*
 * spell_buffer_each.c
 *		A spell buffer read customer by customer, part by part where it has
 *		overflowed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_buffer_lines.h"

#include <string.h>

/* Read a part back into a spell buffer that has been written. */
static void
part_read(SpellBuffer *spell_buffer, OverflowParts *parts, int part)
{
	PieceReader pieces;

	piece_reader_open(&pieces, &spell_buffer->overflow, parts, part);
	while (piece_next(&pieces))
	{
		ByteReader reader;

		reader_open(&reader, pieces.data, pieces.size, "spell buffer");
		chunk_read(spell_buffer, &reader, NULL);
	}
}

/* Hand out a partition: its lines sorted by customer, by counting. */
void
spell_buffer_hand_out(const SpellBuffer *spell_buffer, uint32_t number,
					  SpellHandout *handout)
{
	uint32_t nlines = spell_buffer->row_buffer.partitions[number].nlines;
	PartitionWalk walk = partition_walk(&spell_buffer->row_buffer, number);
	uint32_t ends[PAGE_ITEMS];
	uint32_t at = 0;
	const Packed *packed;

	check_interrupts();
	if (nlines > handout->room)
	{
		if (handout->sorted != NULL)
			runtime_free(handout->sorted);
		handout->room = (size_t) nlines + nlines / 4;
		handout->sorted = runtime_alloc(NULL, handout->room * sizeof(Line));
	}
	partition_ends(&spell_buffer->row_buffer, number, ends);
	while ((packed = partition_next(&walk)) != NULL)
		handout->sorted[ends[packed->head & PAGE_MASK]++] =
			line_unpack(spell_buffer, number, packed);
	for (uint32_t i = 0; i < PAGE_ITEMS && at < nlines; at = ends[i++])
		if (ends[i] > at)
			handout->take(handout->arg, handout->customer++,
						  handout->sorted + at, ends[i] - at);
}

/* Hand out a spell buffer, part by part where it has overflowed. */
static void
hand_out(SpellBuffer *spell_buffer, SpellHandout *handout)
{
	OverflowParts parts;

	if (!overflow_is_written(&spell_buffer->overflow))
	{
		for (uint32_t i = 0; i < spell_buffer->row_buffer.npartitions; i++)
			spell_buffer_hand_out(spell_buffer, i, handout);
		return;
	}
	if (spell_buffer->row_buffer.npartitions > 0)
		spell_buffer_overflow(spell_buffer);
	for (int part = 0; part < overflow_nparts(&spell_buffer->overflow.parts);
		 part++)
	{
		overflow_descend(&spell_buffer->overflow, &parts);
		part_read(spell_buffer, &parts, part);
		hand_out(spell_buffer, handout);
		overflow_ascend(&spell_buffer->overflow, &parts);
		spell_buffer_forget(spell_buffer);
		spell_buffer_consider_overflow(spell_buffer);
	}
}

void
spell_handout_close(SpellHandout *handout)
{
	if (handout->sorted != NULL)
		runtime_free(handout->sorted);
	handout->sorted = NULL;
}

/* Give out the lines customer by customer. */
void
spell_buffer_each(SpellBuffer *spell_buffer, SpellEmit take, void *arg)
{
	SpellHandout handout = {.take = take, .arg = arg};

	spell_buffer_flush(spell_buffer);
	hand_out(spell_buffer, &handout);
	spell_handout_close(&handout);
}

/* How many partitions there are, all of them in memory; -1: they are not. */
int64_t
spell_buffer_partitions(SpellBuffer *spell_buffer)
{
	spell_buffer_flush(spell_buffer);
	return overflow_is_written(&spell_buffer->overflow)
			   ? -1
			   : (int64_t) spell_buffer->row_buffer.npartitions;
}
