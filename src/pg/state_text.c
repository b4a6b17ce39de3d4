/*
 * state_text.c
 *		The text of a state: hexadecimal digits or, where a state is so large
 *		that it matters and that takes less, the letter z and in base64 its size
 *		and its bytes, compressed.
 *
 * Dumps have text, and it is what Citus sends between nodes before its version
 * 14, and postgres_fdw.  The counts of many windows, months and cells have much
 * in common: a state of 21 windows takes a fifteenth of its digits.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "common/base64.h"
#include "common/pg_lzcompress.h"
#include "utils/memutils.h"

#include "pg/state_text.h"

#define PACKED 'z'
#define PACKED_HEAD 4 /* bytes of the size, the least first */

/* Sizes of states that are compressed: what compresses cannot be cancelled. */
#define PACKED_MIN 1024
#define PACKED_MAX (64 << 20)

/* Bytes of which one that is compressed may be the text: a tag of 3 is 273 at most. */
#define PACKED_RATIO 92

/* Compressed; NULL: that would not be much less. */
static char *
packed_text(const uint8 *data, size_t size)
{
	char *packed = palloc(PACKED_HEAD + PGLZ_MAX_OUTPUT(size));
	char *text = NULL;
	int32 used = pglz_compress((const char *) data, (int32) size,
							   packed + PACKED_HEAD, PGLZ_strategy_default);

	if (used >= 0)
	{
		int room = pg_b64_enc_len(PACKED_HEAD + used);
		int length;

		for (int i = 0; i < PACKED_HEAD; i++)
			packed[i] = (char) (size >> (8 * i) & 0xff);
		text = palloc(room + 2);
		text[0] = PACKED;
		length =
			pg_b64_encode((void *) packed, PACKED_HEAD + used, text + 1, room);
		Assert(length >= 0);
		text[1 + length] = '\0';
	}
	pfree(packed);
	return text;
}

/* Read what was compressed; NULL: it was not. */
static uint8 *
packed_read(const char *text, size_t *size)
{
	size_t length = strlen(text);
	uint8 *packed;
	uint8 *data;
	int used;

	if (length > 2 * (size_t) PACKED_MAX)
		return NULL;
	packed = palloc(pg_b64_dec_len((int) length) + 1);
	used = pg_b64_decode(text, (int) length, (void *) packed,
						 pg_b64_dec_len((int) length));
	if (used <= PACKED_HEAD)
		return NULL;
	*size = 0;
	for (int i = 0; i < PACKED_HEAD; i++)
		*size |= (size_t) packed[i] << (8 * i);
	used -= PACKED_HEAD;
	if (*size < PACKED_MIN || *size > PACKED_MAX ||
		*size > (size_t) used * PACKED_RATIO)
		return NULL;
	data = palloc(*size);
	if (pglz_decompress((char *) packed + PACKED_HEAD, used, (char *) data,
						(int32) *size, true) != (int32) *size)
		return NULL;
	pfree(packed);
	return data;
}

/* The text of bytes. */
char *
state_text(const uint8 *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char *text;

	if (size >= PACKED_MIN && size <= PACKED_MAX)
	{
		text = packed_text(data, size);
		if (text != NULL)
			return text;
	}
	if (size >= MaxAllocSize / 2)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("state is too large for its text form"),
						errhint("Use COPY with (FORMAT binary).")));
	text = palloc(size * 2 + 1);
	for (size_t i = 0; i < size; i++)
	{
		text[2 * i] = digits[data[i] >> 4];
		text[2 * i + 1] = digits[data[i] & 15];
	}
	text[size * 2] = '\0';
	return text;
}

static int
digit_value(char digit)
{
	return digit >= '0' && digit <= '9'	  ? digit - '0'
		   : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
		   : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
										  : -1;
}

/* The bytes of a text, whatever they are; NULL: it is not the text of bytes. */
uint8 *
state_text_read(const char *text, size_t *size)
{
	size_t length;
	uint8 *data;

	if (text[0] == PACKED)
		return packed_read(text + 1, size);
	length = strlen(text);
	*size = length / 2;
	if (length % 2 != 0)
		return NULL;
	data = palloc(*size + 1);
	for (size_t i = 0; i < length; i++)
	{
		int value = digit_value(text[i]);

		if (value < 0)
			return NULL;
		data[i / 2] = i % 2 ? data[i / 2] | value : value << 4;
	}
	return data;
}
