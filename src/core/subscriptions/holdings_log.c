/*
 * holdings_log.c
 *		The log in which an aggregate collects spells (holdings.h).
 *
 * A packed row: its start, its length in days or 0 when it goes on, the scale
 * of its price and whether it is paused in one byte, the price, and product,
 * channel and offer, each with its size plus one, or 0 when it is not told.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/holdings.h"

#define LOG_PAUSED 0x80 /* in the scale of a row in a log */

#define MAX_PACKED 48 /* bytes of a packed row without its names */

/* How many bytes a row may take in a log. */
size_t
spell_row_size(const SpellRow *row)
{
	return MAX_PACKED + (size_t) row->product.size + row->channel.size +
		   row->offer.size;
}

static void
pack_name(ByteWriter *writer, const Label *name)
{
	if (name->data == NULL)
	{
		write_unsigned(writer, 0);
		return;
	}
	write_unsigned(writer, (uint64_t) name->size + 1);
	write_raw(writer, name->data, name->size);
}

/* Append a row; false if the log of this size has no room for it. */
bool
spell_log_add(HoldingsLog *log, size_t size, const SpellRow *row)
{
	ByteWriter writer = {.data = log->packed,
						 .used = log->used,
						 .room = size - sizeof(HoldingsLog)};

	if (writer.room - writer.used < spell_row_size(row))
		return false;
	write_signed(&writer, row->start);
	write_unsigned(&writer, row->end == SPELL_OPEN
								? 0
								: (uint64_t) ((int64_t) row->end - row->start));
	write_byte(&writer,
			   (uint8_t) (row->scale | (row->is_paused ? LOG_PAUSED : 0)));
	write_wide(&writer, row->mrr);
	pack_name(&writer, &row->product);
	pack_name(&writer, &row->channel);
	pack_name(&writer, &row->offer);
	log->used = (uint32_t) writer.used;
	return true;
}

/* Read a name into the loose list; its number, or -1. */
static int32_t
unpack_name(ByteReader *reader, Holdings *loose)
{
	size_t size = read_unsigned(reader, UINT32_MAX);
	Label *name = &loose->names[loose->nnames];

	if (size == 0)
		return -1;
	name->size = (uint32_t) (size - 1);
	name->data = read_text(reader, size - 1);
	/* rows of one product tend to come together */
	if (loose->nnames > 0 && label_compare(name - 1, name) == 0)
		return loose->nnames - 1;
	return loose->nnames++;
}

/* Turn a log into holdings; names stay where they are in it. */
Holdings *
spell_log_read(const HoldingsLog *log, size_t size)
{
	Holdings *holdings = runtime_alloc_zero(NULL, sizeof(Holdings));
	ByteReader reader;
	size_t most;
	uint8_t *scales;

	if (size < sizeof(HoldingsLog) || log->used > size - sizeof(HoldingsLog))
		runtime_error(RUNTIME_BAD_BYTES, NULL, "invalid bytes for type %s",
					  "holdings");
	/* a packed row has seven bytes at least */
	most = log->used / 7 + 1;
	holdings->spells = runtime_alloc(NULL, most * sizeof(Spell));
	holdings->names = runtime_alloc(NULL, (3 * most + 1) * sizeof(Label));
	scales = runtime_alloc(NULL, most);
	reader_open(&reader, log->packed, log->used, "holdings");
	while (reader.at < reader.end)
	{
		Spell *spell = &holdings->spells[holdings->nspells];
		int64_t length;
		uint8_t scale;

		check_interrupts();
		spell->start = (Day) read_signed(&reader, DAY_FIRST, DAY_LAST);
		length = (int64_t) read_unsigned(&reader, UINT32_MAX);
		spell->end = length ? (Day) (spell->start + length) : SPELL_OPEN;
		scale = read_byte(&reader);
		spell->mrr = read_wide(&reader);
		spell->pause = 0;
		if (scale & LOG_PAUSED)
		{
			spell->pause = spell->mrr;
			spell->mrr = 0;
			scale &= ~LOG_PAUSED;
		}
		spell->product = unpack_name(&reader, holdings);
		spell->channel = unpack_name(&reader, holdings);
		spell->offer = unpack_name(&reader, holdings);
		if (scale > holdings->scale)
			holdings->scale = scale;
		scales[holdings->nspells++] = scale;
	}
	for (int i = 0; i < holdings->nspells; i++)
	{
		Spell *spell = &holdings->spells[i];

		spell->mrr = money_rescale(spell->mrr, scales[i], holdings->scale);
		spell->pause = money_rescale(spell->pause, scales[i], holdings->scale);
	}
	runtime_free(scales);
	holdings_settle(holdings);
	return holdings;
}
