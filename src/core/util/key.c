/*
 * key.c
 *		What a customer is known by.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/key.h"

/* The hash of a text that its key does not hold. */
uint64_t
key_text_hash(const Key *key)
{
	const char *data = key->outside.data;
	uint32_t size = key->outside.size;
	uint64_t hash = UINT64_C(0x9e3779b97f4a7c15) ^ size;
	uint64_t word = 0;

	for (; size >= 8; data += 8, size -= 8)
	{
		memcpy(&word, data, 8);
		hash = key_product(hash ^ word, UINT64_C(0xa0761d6478bd642f));
	}
	word = 0;
	memcpy(&word, data, size);
	return key_mix(key_product(hash ^ word, UINT64_C(0xe7037ed1a0b428db)));
}

/* Write a key for another process of this machine. */
void
key_write(KeyKind kind, const Key *key, ByteWriter *writer)
{
	KeyText text;

	if (kind != KEY_TEXT)
	{
		write_raw(writer, key, kind == KEY_NUMBER ? 8 : 16);
		return;
	}
	text = key_text(key);
	write_raw(writer, &text.size, sizeof(text.size));
	write_raw(writer, text.data, text.size);
}

/* Read it there; a long text stays in what is read. */
Key
key_read(KeyKind kind, ByteReader *reader)
{
	Key key;
	uint32_t size;

	if (kind != KEY_TEXT)
	{
		key.words[1] = 0;
		read_raw(reader, &key, kind == KEY_NUMBER ? 8 : 16);
		return key;
	}
	read_raw(reader, &size, sizeof(size));
	key_set_text(&key, read_text(reader, size), size);
	return key;
}
