/*
 * ledger_bytes.c
 *		Ledgers on their way from one process to another.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/ledger_lines.h"

#include <string.h>

/* What goes ahead of a parcel */
typedef struct LedgerHead
{
	KeyKind kind;
	LedgerTerms terms;
	int scale;
	int nnames;
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
	head.terms = ledger->terms;
	head.scale = ledger->scale;
	head.nnames = ledger->names.count;
	head.nslots = ledger->roster.nslots;
	head.nlines = ledger->nlines;
	head.nwides = ledger->nwides;
	write_raw(writer, &head, sizeof(head));
	for (int i = 0; i < head.nnames; i++)
	{
		const Label *label = &ledger->names.labels[i];

		write_raw(writer, &label->size, sizeof(uint32_t));
		write_raw(writer, label->data, label->size);
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
	int32_t *numbers;
	uint32_t *slots;
	const char *wides;

	reader_open(&reader, data, size, "ledger of spells");
	read_raw(&reader, &head, sizeof(head));
	if (into == NULL)
		into = ledger_new(arena, head.kind, &head.terms);
	if (!ledger_agrees(into, &head.terms))
		host_fail(HOST_INVALID_VALUE,
				  "Give the same grain and as_of for every row.",
				  "cannot fold rows with different grains or ends into one "
				  "state");
	ledger_flush(into);
	if (head.scale > into->scale)
		ledger_scale(into, head.scale);
	numbers = host_alloc(NULL, (head.nnames + 1) * sizeof(int32_t));
	for (int i = 0; i < head.nnames; i++)
	{
		Label label;

		read_raw(&reader, &label.size, sizeof(uint32_t));
		label.data = read_text(&reader, label.size);
		numbers[i] = names_number(&into->names, &label);
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
		line.product = numbers[line.product & ~LINE_PLACING] |
					   (line.product & LINE_PLACING);
		line.slot = slots[line.slot];
		line_price(into, &line, money_rescale(mrr, head.scale, into->scale));
		*line_make(into, line.slot) = line;
	}
	reader_close(&reader);
	host_free(numbers);
	host_free(slots);
	return into;
}
