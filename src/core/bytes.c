/*
 * bytes.c
 *		Writing and reading the bytes of a state.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/bytes.h"

#include <string.h>

/* Open a writer that leaves head bytes free in front. */
void
writer_open(ByteWriter *writer, HostArena arena, size_t head)
{
	writer->arena = arena;
	writer->room = head + 64;
	writer->data = host_alloc(arena, writer->room);
	writer->used = head;
}

/* Grow so that more bytes fit. */
void
writer_make_room(ByteWriter *writer, size_t more)
{
	size_t room = writer->room;

	if (more > BYTES_LIMIT - writer->used)
		host_fail(HOST_TOO_LARGE,
				  "Fold fewer customers or a coarser grain per state.",
				  "state would exceed one gigabyte");
	while (room < writer->used + more)
		room *= 2;
	if (room > BYTES_LIMIT)
		room = BYTES_LIMIT;
	writer->data = host_realloc(writer->data, room);
	writer->room = room;
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

void
reader_open(ByteReader *reader, const void *data, size_t size,
			const char *what)
{
	reader->at = data;
	reader->end = reader->at + size;
	reader->what = what;
}

/* Refuse the bytes. */
void
reader_fail(const ByteReader *reader)
{
	host_fail(HOST_BAD_BYTES,
			  "Bytes of a state come from its own output functions only.",
			  "invalid bytes for type %s", reader->what);
}

uint8_t
read_byte(ByteReader *reader)
{
	if (reader->at == reader->end)
		reader_fail(reader);
	return *reader->at++;
}

/* Read a number no greater than limit, of any length. */
uint64_t
read_long_unsigned(ByteReader *reader, uint64_t limit)
{
	uint64_t number = 0;
	int shift = 0;
	uint8_t byte;

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

/* Read a number from low to high. */
int64_t
read_signed(ByteReader *reader, int64_t low, int64_t high)
{
	uint64_t raw = read_unsigned(reader, UINT64_MAX);
	int64_t number = (int64_t) (raw >> 1) ^ -(int64_t) (raw & 1);

	if (number < low || number > high)
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

/*
 * Read how many items follow.  Each takes at least least_bytes_each bytes, so
 * a damaged count cannot make us allocate more than the value is long.
 */
size_t
read_count(ByteReader *reader, size_t least_bytes_each)
{
	uint64_t count = read_unsigned(reader, UINT64_MAX);

	if (count > (size_t) (reader->end - reader->at) / least_bytes_each)
		reader_fail(reader);
	return (size_t) count;
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
