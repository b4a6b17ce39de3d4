/*
 * bytes.h
 *		Writing and reading the bytes of a state: bytes, varints, nothing else.
 *
 * Every finished state starts with a version byte and is canonical: equal
 * content has equal bytes.  Numbers are LEB128 varints, signed ones zigzag
 * first, so that bytes do not depend on the machine.  A reader trusts nothing.
 *
 * Whoever changes what is written counts the version up, and goes on reading
 * the versions before: they lie in people's tables.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_BYTES_H
#define CVM_CORE_UTIL_BYTES_H

#include "core/runtime.h"

/* Money: a decimal mantissa.  Memory of the host is aligned to 8 bytes only. */
typedef __int128 Wide __attribute__((aligned(8)));
typedef unsigned __int128 UWide __attribute__((aligned(8)));

/* A state may not pass what the server can hold in one value. */
#define BYTES_LIMIT ((size_t) 0x3ffffff0)

/*
 * Periods that the reading of a state may run through: more than 2000 years of
 * days; and rows, where each of some cohorts or segments has a row a period:
 * 27 years of days more for each.  A few bytes of hostile origin, or a wrong
 * year, could ask for thousands of millions.
 */
#define PERIODS_LIMIT 1000000
#define ROWS_LIMIT(nitems) (PERIODS_LIMIT + 10000 * (int64_t) (nitems))

/*
 * Where bytes go that need not stay together: what was written from mark on is
 * a piece, and is taken when it is more than limit (writer_pass).
 */
typedef struct Outbox
{
	size_t mark;
	size_t limit;
	void (*take)(struct Outbox *outbox, const void *data, size_t size);
} Outbox;

typedef struct ByteWriter
{
	Context context;
	uint8_t *data;
	size_t used;
	size_t room;
	Outbox *outbox; /* NULL: everything stays */
} ByteWriter;

typedef struct ByteReader
{
	const uint8_t *at;
	const uint8_t *end;
	const char *what; /* name of the type, for messages */
} ByteReader;

extern void writer_open(ByteWriter *writer, Context context, size_t head);
extern void writer_make_room(ByteWriter *writer, size_t more);
extern void write_unsigned(ByteWriter *writer, uint64_t number);
extern void write_signed(ByteWriter *writer, int64_t number);
extern void write_wide(ByteWriter *writer, Wide number);

extern void write_raw(ByteWriter *writer, const void *data, size_t size);
extern bool writer_pass(ByteWriter *writer);

static inline void
write_byte(ByteWriter *writer, uint8_t byte)
{
	if (writer->used == writer->room)
		writer_make_room(writer, 1);
	writer->data[writer->used++] = byte;
}

extern void reader_fail(const ByteReader *reader) __attribute__((noreturn));
extern void version_fail(const ByteReader *reader, uint8_t version,
						 uint8_t oldest, uint8_t newest)
	__attribute__((noreturn));
extern uint64_t read_long_unsigned(ByteReader *reader, uint64_t limit);
extern Wide read_wide(ByteReader *reader);
extern void read_raw(ByteReader *reader, void *data, size_t size);
extern const char *read_text(ByteReader *reader, size_t size);
extern void reader_close(const ByteReader *reader);

/* A word whose bytes are in the order of a machine that starts with the least */
static inline uint64_t
little_endian(uint64_t word)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

static inline void
reader_open(ByteReader *reader, const void *data, size_t size, const char *what)
{
	reader->at = data;
	reader->end = reader->at + size;
	reader->what = what;
}

static inline uint8_t
read_byte(ByteReader *reader)
{
	if (reader->at == reader->end)
		reader_fail(reader);
	return *reader->at++;
}

/* Read the byte that all states begin with. */
static inline void
read_version(ByteReader *reader, uint8_t oldest, uint8_t newest)
{
	uint8_t version = read_byte(reader);

	if (version < oldest || version > newest)
		version_fail(reader, version, oldest, newest);
}

/* Begin to read a state of which there has been this version only. */
static inline ByteReader
read_state(const void *data, size_t size, const char *what, uint8_t version)
{
	ByteReader reader;

	reader_open(&reader, data, size, what);
	read_version(&reader, version, version);
	return reader;
}

/* Read a number no greater than limit; most are one byte. */
static inline uint64_t
read_unsigned(ByteReader *reader, uint64_t limit)
{
	if (reader->at != reader->end && *reader->at < 0x80 && *reader->at <= limit)
		return *reader->at++;
	return read_long_unsigned(reader, limit);
}

/* Read a number from low to high. */
static inline int64_t
read_signed(ByteReader *reader, int64_t low, int64_t high)
{
	uint64_t raw = read_unsigned(reader, UINT64_MAX);
	int64_t number = (int64_t) (raw >> 1) ^ -(int64_t) (raw & 1);

	if (number < low || number > high)
		reader_fail(reader);
	return number;
}

/*
 * Read how many items follow.  Each takes at least least_bytes_each bytes, so
 * a damaged count cannot make us allocate more than the value is long.
 */
static inline size_t
read_count(ByteReader *reader, size_t least_bytes_each)
{
	uint64_t count = read_unsigned(reader, UINT64_MAX);

	if (count > (size_t) (reader->end - reader->at) / least_bytes_each)
		reader_fail(reader);
	return (size_t) count;
}

#endif /* CVM_CORE_UTIL_BYTES_H */
