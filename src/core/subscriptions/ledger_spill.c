/*
 * ledger_spill.c
 *		A ledger that passes its budget of memory, and the reading of one.
 *
 * Its customers are divided into 32 parts by their hash, the lines of each
 * part are written to a file of its own as one more chunk, and the ledger
 * begins anew with no customers.  Parts are read back one after the other,
 * each into the same ledger; a part that is still too large is divided again,
 * by other bits of the hash.  All lines of a customer meet in one part, so the
 * answer is the same.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/ledger_lines.h"

#include <string.h>

#define PART_BITS 5
#define PARTS (1 << PART_BITS)
#define LEVELS 6 /* parts of parts of parts, and no further */

/* Write every line to the file of its part and forget it. */
static void
spill(Ledger *ledger)
{
	uint32_t nslots = ledger->row_buffer.npartitions << PAGE_SHIFT;
	uint8_t *parts = host_alloc_zero(NULL, nslots);
	Sink sinks[PARTS];

	if (ledger->parts == NULL)
	{
		ledger->parts =
			host_alloc_zero(ledger->arena, PARTS * sizeof(HostFile));
		for (int part = 0; part < PARTS; part++)
			ledger->parts[part] = host_file_make(ledger->arena);
	}
	if (nslots > ledger->row_buffer.key_table.nslots)
		nslots = ledger->row_buffer.key_table.nslots;
	for (uint32_t slot = 0; slot < nslots; slot++)
		parts[slot] =
			(uint8_t) (key_table_hash(&ledger->row_buffer.key_table, slot) >>
					   (PART_BITS * ledger->level)) %
			PARTS;
	for (int part = 0; part < PARTS; part++)
		sinks[part] = (Sink){ledger->parts[part], NULL};
	chunks_write(ledger, 0, ledger->row_buffer.npartitions, parts, sinks,
				 PARTS);
	host_free(parts);
	ledger_forget(ledger);
}

/*
 * Spill a ledger that has passed its budget.  Names stay: where they take it
 * up, only what is a good part of it is worth a chunk for each file.
 */
void
ledger_consider_spill(Ledger *ledger)
{
	size_t size = ledger_size(ledger);

	if (ledger->budget > 0 && ledger->level < LEVELS && size > ledger->budget &&
		size - names_size(&ledger->names) > ledger->budget / 4 &&
		ledger->row_buffer.npartitions > 0)
		spill(ledger);
}

/* Close the files of a ledger, and with them what was spilled. */
void
ledger_close_files(Ledger *ledger)
{
	if (ledger->parts == NULL)
		return;
	for (int part = 0; part < PARTS; part++)
		if (ledger->parts[part] != NULL)
			host_file_close(ledger->parts[part]);
	host_free(ledger->parts);
	ledger->parts = NULL;
}

/* The next chunk of a file; false at its end. */
static bool
chunk_next(HostFile file, ChunkHead *head, uint8_t **data)
{
	size_t got = host_file_read(file, head, sizeof(ChunkHead));

	if (got == 0)
		return false;
	if (got == sizeof(ChunkHead))
	{
		*data = host_alloc(NULL, head->size);
		got = host_file_read(file, *data, head->size);
		if (got == head->size)
			return true;
	}
	host_fail(HOST_BAD_BYTES, NULL, "temporary file is cut short");
}

/* Read a part back into a ledger that has spilled everything. */
static void
part_read(Ledger *ledger, HostFile part)
{
	ChunkHead head;
	uint8_t *data;

	host_file_rewind(part);
	while (chunk_next(part, &head, &data))
	{
		ByteReader reader;

		reader_open(&reader, data, head.size, "ledger of spells");
		chunk_read(ledger, &head, &reader, NULL);
		host_free(data);
	}
}

/* Copy what was spilled, chunk by chunk. */
void
spilled_copy(Ledger *ledger, ByteWriter *writer)
{
	ChunkHead head;
	uint8_t *data;

	for (int part = 0; ledger->parts != NULL && part < PARTS; part++)
	{
		host_file_rewind(ledger->parts[part]);
		while (chunk_next(ledger->parts[part], &head, &data))
		{
			write_raw(writer, &head, sizeof(ChunkHead));
			write_raw(writer, data, head.size);
			host_free(data);
			if (writer_pass(writer))
				ledger_begin(ledger, writer);
		}
	}
}

/* Who takes customers, and how many have been handed out */
typedef struct Handout
{
	LedgerEmit take;
	void *arg;
	uint32_t customer;
	Line *sorted;
	size_t room;
} Handout;

/* Hand out a partition: its lines sorted by customer, by counting. */
static void
partition_hand_out(const Ledger *ledger, uint32_t number, Handout *handout)
{
	uint32_t nlines = ledger->row_buffer.partitions[number].nlines;
	PartitionWalk walk = partition_walk(&ledger->row_buffer, number);
	uint32_t ends[PAGE_ITEMS];
	uint32_t at = 0;
	const Packed *packed;

	host_poll();
	if (nlines > handout->room)
	{
		if (handout->sorted != NULL)
			host_free(handout->sorted);
		handout->room = (size_t) nlines + nlines / 4;
		handout->sorted = host_alloc(NULL, handout->room * sizeof(Line));
	}
	partition_ends(&ledger->row_buffer, number, ends);
	while ((packed = partition_next(&walk)) != NULL)
		handout->sorted[ends[packed->head & PAGE_MASK]++] =
			line_unpack(ledger, number, packed);
	for (uint32_t i = 0; i < PAGE_ITEMS && at < nlines; at = ends[i++])
		if (ends[i] > at)
			handout->take(handout->arg, handout->customer++,
						  handout->sorted + at, ends[i] - at);
}

/* Hand out a ledger, part by part where it has spilled. */
static void
hand_out(Ledger *ledger, Handout *handout)
{
	HostFile *parts = ledger->parts;

	if (parts == NULL)
	{
		for (uint32_t i = 0; i < ledger->row_buffer.npartitions; i++)
			partition_hand_out(ledger, i, handout);
		return;
	}
	if (ledger->row_buffer.npartitions > 0)
		spill(ledger);
	ledger->level++;
	for (int part = 0; part < PARTS; part++)
	{
		ledger->parts = NULL;
		part_read(ledger, parts[part]);
		hand_out(ledger, handout);
		ledger_close_files(ledger);
		ledger_forget(ledger);
	}
	ledger->level--;
	ledger->parts = parts;
}

/* Give out the lines customer by customer. */
void
ledger_each(Ledger *ledger, LedgerEmit take, void *arg)
{
	Handout handout = {take, arg, 0, NULL, 0};

	ledger_flush(ledger);
	hand_out(ledger, &handout);
	if (handout.sorted != NULL)
		host_free(handout.sorted);
}
