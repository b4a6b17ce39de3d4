/*
 * bytes.c
 *		Writing and reading the bytes of a state.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/bytes.h"

#include <stdio.h>
#include <string.h>

/* Open a writer that leaves head bytes free in front. */
void
writer_open(ByteWriter *writer, Context context, size_t head)
{
	writer->context = context;
	writer->room = head + 64;
	writer->data = runtime_alloc(context, writer->room);
	writer->used = head;
	writer->outbox = NULL;
}

/* Grow so that more bytes fit. */
void
writer_make_room(ByteWriter *writer, size_t more)
{
	size_t room = writer->room;

	if (more > BYTES_LIMIT - writer->used)
		runtime_error(
			RUNTIME_TOO_LARGE,
			writer->outbox != NULL
				? "SET max_parallel_workers_per_gather = 0."
				: "Fold fewer customers or a coarser grain per state.",
			"state would exceed one gigabyte");
	while (room < writer->used + more)
		room *= 2;
	if (room > BYTES_LIMIT)
		room = BYTES_LIMIT;
	writer->data = runtime_realloc(writer->data, room);
	writer->room = room;
}

/* A piece has been written: pass it on if it is large; true if it is gone. */
bool
writer_pass(ByteWriter *writer)
{
	Outbox *outbox = writer->outbox;

	if (outbox == NULL || writer->used - outbox->mark <= outbox->limit)
		return false;
	outbox->take(outbox, writer->data + outbox->mark,
				 writer->used - outbox->mark);
	writer->used = outbox->mark;
	return true;
}

void
write_unsigned(ByteWriter *writer, uint64_t number)
{
	while (number >= 0x80)
	{
		write_byte(writer, (uint8_t) (number | 0x80));
		number >>= 7;
	}
	write_byte(writer, (uint8_t) number);
}

void
write_signed(ByteWriter *writer, int64_t number)
{
	write_unsigned(writer,
				   ((uint64_t) number << 1) ^ (uint64_t) (number >> 63));
}

void
write_wide(ByteWriter *writer, Wide number)
{
	UWide rest = ((UWide) number << 1) ^ (UWide) (number >> 127);

	while (rest >= 0x80)
	{
		write_byte(writer, (uint8_t) ((uint8_t) rest | 0x80));
		rest >>= 7;
	}
	write_byte(writer, (uint8_t) rest);
}

/* Refuse the bytes. */
void
reader_fail(const ByteReader *reader)
{
	runtime_error(RUNTIME_BAD_BYTES,
				  "Bytes of a state come from its own output functions only.",
				  "invalid bytes for type %s", reader->what);
}

/* Refuse the bytes for their first one. */
void
version_fail(const ByteReader *reader, uint8_t version, uint8_t oldest,
			 uint8_t newest)
{
	char known[32];

	if (version == 0)
		reader_fail(reader);
	snprintf(known, sizeof(known),
			 oldest == newest ? "version %d" : "versions %d to %d", oldest,
			 newest);
	runtime_error(
		RUNTIME_BAD_BYTES,
		"Another version of cvm wrote them. Where a model stores them, CALL "
		"cvm.refresh(..., \"full\" => true) folds all customers again.",
		"invalid bytes for type %s: version %d, where this library reads "
		"%s",
		reader->what, version, known);
}

/* Put the low seven bits of the bytes of a word together. */
static inline uint64_t
sevens(uint64_t word)
{
	word &= UINT64_C(0x7f7f7f7f7f7f7f7f);
	word = (word & UINT64_C(0x7f007f007f007f00)) >> 1 |
		   (word & UINT64_C(0x007f007f007f007f));
	word = (word & UINT64_C(0x3fff00003fff0000)) >> 2 |
		   (word & UINT64_C(0x00003fff00003fff));
	return (word & UINT64_C(0x0fffffff00000000)) >> 4 |
		   (word & UINT64_C(0x000000000fffffff));
}

/* Read a number no greater than limit, of any length. */
uint64_t
read_long_unsigned(ByteReader *reader, uint64_t limit)
{
	uint64_t number = 0;
	int shift = 0;
	uint8_t byte;

	/* up to eight bytes at once; a longer number, or the end, takes a loop */
	if (reader->end - reader->at >= 8)
	{
		uint64_t word;
		uint64_t ends;

		memcpy(&word, reader->at, sizeof(word));
		word = little_endian(word);
		ends = ~word & UINT64_C(0x8080808080808080);
		if (ends != 0)
		{
			int size = __builtin_ctzll(ends) / 8 + 1;

			number = sevens(word & (ends ^ (ends - 1)));
			if (number > limit || (size > 1 && reader->at[size - 1] == 0))
				reader_fail(reader);
			reader->at += size;
			return number;
		}
	}
	do
	{
		byte = read_byte(reader);
		if (shift == 63 && byte > 1)
			reader_fail(reader);
		number |= (uint64_t) (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (number > limit || (byte == 0 && shift > 7))
		reader_fail(reader);
	return number;
}

Wide
read_wide(ByteReader *reader)
{
	UWide raw = 0;
	int shift = 0;
	uint8_t byte;

	do
	{
		byte = read_byte(reader);
		if (shift == 126 && byte > 3)
			reader_fail(reader);
		raw |= (UWide) (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (byte == 0 && shift > 7)
		reader_fail(reader);
	return (Wide) (raw >> 1) ^ -(Wide) (raw & 1);
}

/* Read so many bytes where they are. */
const char *
read_text(ByteReader *reader, size_t size)
{
	const char *data = (const char *) reader->at;

	if (size > (size_t) (reader->end - reader->at))
		reader_fail(reader);
	reader->at += size;
	return data;
}

/* Every byte must have been read. */
void
reader_close(const ByteReader *reader)
{
	if (reader->at != reader->end)
		reader_fail(reader);
}

/* Bytes as they are in memory: for what never leaves this machine. */
void
write_raw(ByteWriter *writer, const void *data, size_t size)
{
	if (size > writer->room - writer->used)
		writer_make_room(writer, size);
	memcpy(writer->data + writer->used, data, size);
	writer->used += size;
}

void
read_raw(ByteReader *reader, void *data, size_t size)
{
	if (size > (size_t) (reader->end - reader->at))
		reader_fail(reader);
	memcpy(data, reader->at, size);
	reader->at += size;
}
