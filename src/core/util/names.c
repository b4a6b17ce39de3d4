/*
 * names.c
 *		Names by number: every name gets one, 0, 1, 2, …
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/names.h"

#include <string.h>

#define FIRST_ROOM 8
#define FIRST_TABLE 64
#define ROOM_EACH 8 /* entries: names that share one cost more than room */

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

/* The last bytes of a label, up to eight, all of them if it has no more. */
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
stir(uint64_t word)
{
	unsigned __int128 product =
		(unsigned __int128) word * UINT64_C(0x9e3779b97f4a7c15);

	return (uint64_t) product ^ (uint64_t) (product >> 64);
}

/* What tells labels of one size apart: mostly, or entirely up to 8 bytes. */
static inline uint64_t
label_word(const Label *label)
{
	uint64_t word = 0;

	for (uint32_t at = 0; at + 8 < label->size; at += 8)
		word = stir(word ^ load64(label->data + at));
	return word ^ label_tail(label);
}

static inline uint32_t
word_home(const Names *names, uint64_t word, uint32_t size)
{
	return (uint32_t) stir(word ^ (uint64_t) size << 32) &
		   (names->table_size - 1);
}

void
names_open(Names *names, Context context)
{
	memset(names, 0, sizeof(Names));
	names->context = context;
}

/* Bytes in use */
size_t
names_size(const Names *names)
{
	return names->room * sizeof(Label) + names->table_size * sizeof(NameEntry) +
		   names->text_size;
}

/* Put the names into a table twice as large. */
static void
names_grow(Names *names)
{
	uint32_t old_size = names->table_size;
	NameEntry *old = names->table;

	names->table_size = old_size ? old_size * 2 : FIRST_TABLE;
	names->table = runtime_alloc_zero(names->context,
									  names->table_size * sizeof(NameEntry));
	for (uint32_t i = 0; i < old_size; i++)
	{
		uint32_t at = word_home(names, old[i].word, old[i].size);

		if (old[i].number == 0)
			continue;
		while (names->table[at].number != 0)
			at = (at + 1) & (names->table_size - 1);
		names->table[at] = old[i];
	}
	if (old != NULL)
		runtime_free(old);
}

/* The number of a new name, which is copied. */
static uint32_t
name_keep(Names *names, const Label *label)
{
	char *copy = runtime_alloc(names->context, label->size + 1);

	if (names->count == names->room)
	{
		int room = names->room ? names->room * 2 : FIRST_ROOM;

		names->labels =
			names->room ? runtime_realloc(names->labels, room * sizeof(Label))
						: runtime_alloc(names->context, room * sizeof(Label));
		names->room = room;
	}
	memcpy(copy, label->data, label->size);
	names->text_size += label->size + 1;
	names->labels[names->count] = (Label){copy, label->size};
	return names->count++;
}

/* The number of a name. */
int32_t
names_number(Names *names, const Label *label)
{
	uint64_t word = label_word(label);
	uint32_t at;

	if (ROOM_EACH * (uint32_t) (names->count + 1) > names->table_size)
		names_grow(names);
	at = word_home(names, word, label->size);
	for (;; at = (at + 1) & (names->table_size - 1))
	{
		NameEntry *entry = &names->table[at];

		if (entry->number == 0)
		{
			*entry = (NameEntry){word, label->size, 0};
			entry->number = name_keep(names, label) + 1;
			return (int32_t) entry->number - 1;
		}
		if (entry->word == word && entry->size == label->size &&
			(label->size <= 8 || memcmp(names->labels[entry->number - 1].data,
										label->data, label->size) == 0))
			return (int32_t) entry->number - 1;
	}
}
