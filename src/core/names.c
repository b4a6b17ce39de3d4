/*
 * names.c
 *		Names by number: every name gets one, 0, 1, 2, …
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/names.h"

#include <string.h>

#define FIRST_ROOM 8
#define FIRST_TABLE 32

static inline uint64_t
load64(const char *data)
{
	uint64_t word;

	memcpy(&word, data, sizeof(word));
	return word;
}

static inline uint64_t
load32(const char *data)
{
	uint32_t word;

	memcpy(&word, data, sizeof(word));
	return word;
}

/* The last bytes of a label, up to eight; some may be those before too. */
static inline uint64_t
label_tail(const Label *label)
{
	const char *end = label->data + label->size;

	if (label->size >= 8)
		return load64(end - 8);
	if (label->size >= 4)
		return load32(label->data) | load32(end - 4) << 32;
	if (label->size == 0)
		return 0;
	return (uint8_t) label->data[0] |
		   (uint64_t) (uint8_t) label->data[label->size / 2] << 8 |
		   (uint64_t) (uint8_t) end[-1] << 16;
}

static inline uint64_t
hash_label(const Label *label)
{
	uint64_t hash = label->size;

	for (uint32_t at = 0; at + 8 < label->size; at += 8)
	{
		hash = (hash ^ load64(label->data + at)) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	hash = (hash ^ label_tail(label)) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

/* Names are mostly short: no function is called for them. */
static inline bool
label_equal(const Label *a, const Label *b)
{
	if (a->size != b->size)
		return false;
	for (uint32_t at = 0; at + 8 < a->size; at += 8)
		if (load64(a->data + at) != load64(b->data + at))
			return false;
	return label_tail(a) == label_tail(b);
}

void
names_open(Names *names, HostArena arena)
{
	memset(names, 0, sizeof(Names));
	names->arena = arena;
}

/* Bytes in use */
size_t
names_size(const Names *names)
{
	return names->room * sizeof(Label) + names->table_size * sizeof(uint32_t) +
		   names->text_size;
}

/* Put the names into a table twice as large. */
static void
names_grow(Names *names)
{
	uint32_t size = names->table_size ? names->table_size * 2 : FIRST_TABLE;

	if (names->table != NULL)
		host_free(names->table);
	names->table = host_alloc_zero(names->arena, size * sizeof(uint32_t));
	names->table_size = size;
	for (int i = 0; i < names->count; i++)
	{
		uint32_t at = (uint32_t) hash_label(&names->labels[i]) & (size - 1);

		while (names->table[at] != 0)
			at = (at + 1) & (size - 1);
		names->table[at] = i + 1;
	}
}

/* The number of a name; a new one is copied. */
int32_t
names_number(Names *names, const Label *label)
{
	uint32_t at;
	char *copy;

	if (2 * (uint32_t) (names->count + 1) > names->table_size)
		names_grow(names);
	at = (uint32_t) hash_label(label) & (names->table_size - 1);
	for (; names->table[at] != 0; at = (at + 1) & (names->table_size - 1))
	{
		if (label_equal(&names->labels[names->table[at] - 1], label))
			return (int32_t) names->table[at] - 1;
	}
	if (names->count == names->room)
	{
		int room = names->room ? names->room * 2 : FIRST_ROOM;

		names->labels = names->room
							? host_realloc(names->labels, room * sizeof(Label))
							: host_alloc(names->arena, room * sizeof(Label));
		names->room = room;
	}
	copy = host_alloc(names->arena, label->size + 1);
	memcpy(copy, label->data, label->size);
	names->text_size += label->size + 1;
	names->labels[names->count] = (Label){copy, label->size};
	names->table[at] = ++names->count;
	return names->count - 1;
}
