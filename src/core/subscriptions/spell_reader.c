/*
 * spell_reader.c
 *		A spell buffer read customer by customer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/spell_reader.h"

#include "core/subscriptions/spell_buffer_lines.h"

/* Read a part back into a spell buffer that has been written. */
static void
part_read(SpellBuffer *spell_buffer, ReaderLevel *level)
{
	PieceReader pieces;

	piece_reader_open(&pieces, &spell_buffer->overflow, &level->parts,
					  level->part);
	while (piece_next(&pieces))
	{
		ByteReader bytes;

		reader_open(&bytes, pieces.data, pieces.size, "spell buffer");
		chunk_read(spell_buffer, &bytes, NULL);
	}
}

/* What is in memory comes next, or the first part of it if it has overflowed. */
static void
level_begin(SpellReader *reader)
{
	SpellBuffer *spell_buffer = reader->spell_buffer;

	reader->partition = 0;
	if (!overflow_is_written(&spell_buffer->overflow))
		return;
	if (spell_buffer->row_buffer.npartitions > 0)
		spell_buffer_overflow(spell_buffer);
	reader->levels[reader->nlevels++].part = -1;
}

/* Go on to the next part; false: there is none. */
static bool
part_next(SpellReader *reader)
{
	SpellBuffer *spell_buffer = reader->spell_buffer;

	while (reader->nlevels > 0)
	{
		ReaderLevel *level = &reader->levels[reader->nlevels - 1];

		if (level->part >= 0)
		{
			overflow_ascend(&spell_buffer->overflow, &level->parts);
			spell_buffer_forget(spell_buffer);
			spell_buffer_consider_overflow(spell_buffer);
		}
		if (++level->part < overflow_nparts(&spell_buffer->overflow.parts))
		{
			overflow_descend(&spell_buffer->overflow, &level->parts);
			part_read(spell_buffer, level);
			level_begin(reader);
			return true;
		}
		reader->nlevels--;
	}
	return false;
}

/* Sort the lines of the next partition by customer, by counting. */
static void
partition_lay_out(SpellReader *reader)
{
	const SpellBuffer *spell_buffer = reader->spell_buffer;
	uint32_t number = reader->partition++;
	PartitionWalk walk = partition_walk(&spell_buffer->row_buffer, number);
	const Packed *packed;

	check_interrupts();
	reader->npartition = spell_buffer->row_buffer.partitions[number].nlines;
	if (reader->npartition > reader->room)
	{
		if (reader->sorted != NULL)
			runtime_free(reader->sorted);
		reader->room = (size_t) reader->npartition + reader->npartition / 4;
		reader->sorted = runtime_alloc(NULL, reader->room * sizeof(Line));
	}
	partition_ends(&spell_buffer->row_buffer, number, reader->ends);
	while ((packed = partition_next(&walk)) != NULL)
		reader->sorted[reader->ends[packed->head & PAGE_MASK]++] =
			line_unpack(spell_buffer, number, packed);
	reader->at = 0;
	reader->place = 0;
}

/* Begin to read a spell buffer from its first customer on. */
void
spell_reader_open(SpellReader *reader, SpellBuffer *spell_buffer)
{
	spell_buffer_flush(spell_buffer);
	reader->spell_buffer = spell_buffer;
	reader->ncustomers = 0;
	reader->npartition = reader->at = 0;
	reader->sorted = NULL;
	reader->room = 0;
	reader->nlevels = 0;
	level_begin(reader);
}

/* Read the next customer; false: there is none. */
bool
spell_reader_next(SpellReader *reader)
{
	const RowBuffer *row_buffer = &reader->spell_buffer->row_buffer;

	while (reader->at == reader->npartition)
		if (reader->partition < row_buffer->npartitions)
			partition_lay_out(reader);
		else if (!part_next(reader))
			return false;
	while (reader->ends[reader->place] == reader->at)
		reader->place++;
	reader->customer = reader->ncustomers++;
	reader->lines = reader->sorted + reader->at;
	reader->nlines = reader->ends[reader->place] - reader->at;
	reader->at = reader->ends[reader->place];
	return true;
}

void
spell_reader_close(SpellReader *reader)
{
	if (reader->sorted != NULL)
		runtime_free(reader->sorted);
	reader->sorted = NULL;
}
