/*
 * key.h
 *		What a customer is known by: a whole number, a uuid or a text.
 *
 * A text of up to 15 bytes stands in the key itself, padded with zeros, its
 * size in the last byte; of a longer one the key says where it is.  Most texts
 * that name customers are short: they cost what a uuid costs.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_KEY_H
#define CVM_CORE_UTIL_KEY_H

#include "core/util/bytes.h"

#include <string.h>

typedef enum KeyKind
{
	KEY_NUMBER,
	KEY_UUID,
	KEY_TEXT
} KeyKind;

#define KEY_INSIDE 15 /* bytes of text that a key holds */
#define KEY_OUTSIDE \
	0xff /* the last byte of a key that does not hold its text */

typedef union Key
{
	int64_t number;
	uint64_t words[2]; /* a uuid; and any key, to be hashed and compared */
	struct
	{
		char bytes[KEY_INSIDE];
		uint8_t size;
	} inside;
	struct
	{
		const char *data;
		uint32_t size;
		uint8_t unused[3];
		uint8_t mark; /* KEY_OUTSIDE */
	} outside;
} Key;

typedef struct KeyText
{
	const char *data;
	uint32_t size;
} KeyText;

extern uint64_t key_text_hash(const Key *key);
extern void key_write(KeyKind kind, const Key *key, ByteWriter *writer);
extern Key key_read(KeyKind kind, ByteReader *reader);

static inline bool
key_is_outside(const Key *key)
{
	return key->inside.size == KEY_OUTSIDE;
}

/* Make a key of a text, which stays where it is if it is long. */
static inline void
key_set_text(Key *key, const char *data, uint32_t size)
{
	char *bytes = key->inside.bytes;

	key->words[0] = 0;
	key->words[1] = 0;
	if (size > KEY_INSIDE)
	{
		key->outside.data = data;
		key->outside.size = size;
		key->outside.mark = KEY_OUTSIDE;
		return;
	}
	key->inside.size = (uint8_t) size;
	/* two copies of a fixed size that meet or overlap call no function */
	if (size >= 8)
	{
		memcpy(bytes, data, 8);
		memcpy(bytes + size - 8, data + size - 8, 8);
	}
	else if (size >= 4)
	{
		memcpy(bytes, data, 4);
		memcpy(bytes + size - 4, data + size - 4, 4);
	}
	else if (size > 0)
	{
		bytes[0] = data[0];
		bytes[size / 2] = data[size / 2];
		bytes[size - 1] = data[size - 1];
	}
}

/* The text of a key; good as long as the key is. */
static inline KeyText
key_text(const Key *key)
{
	if (key_is_outside(key))
		return (KeyText){key->outside.data, key->outside.size};
	return (KeyText){key->inside.bytes, key->inside.size};
}

static inline uint64_t
key_mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	return x;
}

/* Both halves of a product, folded together */
static inline uint64_t
key_product(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128) a * b;

	return (uint64_t) product ^ (uint64_t) (product >> 64);
}

static inline uint64_t
key_hash(KeyKind kind, const Key *key)
{
	if (kind == KEY_NUMBER)
		return key_mix((uint64_t) key->number);
	if (kind == KEY_TEXT && key_is_outside(key))
		return key_text_hash(key);
	return key_mix(key_product(key->words[0] ^ UINT64_C(0xa0761d6478bd642f),
							   key->words[1] ^ UINT64_C(0xe7037ed1a0b428db)));
}

static inline bool
key_equal(KeyKind kind, const Key *a, const Key *b)
{
	if (kind == KEY_NUMBER)
		return a->number == b->number;
	if (a->words[0] == b->words[0] && a->words[1] == b->words[1])
		return true;
	return kind == KEY_TEXT && key_is_outside(a) && key_is_outside(b) &&
		   a->outside.size == b->outside.size &&
		   memcmp(a->outside.data, b->outside.data, a->outside.size) == 0;
}

#endif /* CVM_CORE_UTIL_KEY_H */
