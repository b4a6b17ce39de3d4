/*
 * dictionary.c
 *		Strings by number: each gets one, 0, 1, 2, …
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/dictionary.h"

#include <string.h>

#define FIRST_ROOM 8
#define FIRST_TABLE 64
#define ROOM_EACH 8 /* entries: strings that share one cost more than room */

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
word_home(const Dictionary *dictionary, uint64_t word, uint32_t size)
{
	return (uint32_t) stir(word ^ (uint64_t) size << 32) &
		   (dictionary->table_size - 1);
}

void
dictionary_open(Dictionary *dictionary, Context context)
{
	memset(dictionary, 0, sizeof(Dictionary));
	dictionary->context = context;
}

/* Bytes in use */
size_t
dictionary_size(const Dictionary *dictionary)
{
	return dictionary->room * sizeof(Label) +
		   dictionary->table_size * sizeof(DictionaryEntry) +
		   dictionary->text_size;
}

/* Put the strings into a table twice as large. */
static void
dictionary_grow(Dictionary *dictionary)
{
	uint32_t old_size = dictionary->table_size;
	DictionaryEntry *old = dictionary->table;

	dictionary->table_size = old_size ? old_size * 2 : FIRST_TABLE;
	dictionary->table = runtime_alloc_zero(
		dictionary->context, dictionary->table_size * sizeof(DictionaryEntry));
	for (uint32_t i = 0; i < old_size; i++)
	{
		uint32_t at = word_home(dictionary, old[i].word, old[i].size);

		if (old[i].number == 0)
			continue;
		while (dictionary->table[at].number != 0)
			at = (at + 1) & (dictionary->table_size - 1);
		dictionary->table[at] = old[i];
	}
	if (old != NULL)
		runtime_free(old);
}

/* The number of a new string, which is copied. */
static uint32_t
label_keep(Dictionary *dictionary, const Label *label)
{
	char *copy = runtime_alloc(dictionary->context, label->size + 1);

	if (dictionary->count == dictionary->room)
	{
		int room = dictionary->room ? dictionary->room * 2 : FIRST_ROOM;

		dictionary->labels =
			dictionary->room
				? runtime_realloc(dictionary->labels, room * sizeof(Label))
				: runtime_alloc(dictionary->context, room * sizeof(Label));
		dictionary->room = room;
	}
	memcpy(copy, label->data, label->size);
	dictionary->text_size += label->size + 1;
	dictionary->labels[dictionary->count] = (Label){copy, label->size};
	return dictionary->count++;
}

/* The number of a string, which gets the next one when it comes first. */
int32_t
dictionary_intern(Dictionary *dictionary, const Label *label)
{
	uint64_t word = label_word(label);
	uint32_t at;

	if (ROOM_EACH * (uint32_t) (dictionary->count + 1) > dictionary->table_size)
		dictionary_grow(dictionary);
	at = word_home(dictionary, word, label->size);
	for (;; at = (at + 1) & (dictionary->table_size - 1))
	{
		DictionaryEntry *entry = &dictionary->table[at];

		if (entry->number == 0)
		{
			*entry = (DictionaryEntry){word, label->size, 0};
			entry->number = label_keep(dictionary, label) + 1;
			return (int32_t) entry->number - 1;
		}
		if (entry->word == word && entry->size == label->size &&
			(label->size <= 8 ||
			 memcmp(dictionary->labels[entry->number - 1].data, label->data,
					label->size) == 0))
			return (int32_t) entry->number - 1;
	}
}

static int
compare_named(const void *a, const void *b)
{
	return label_compare(*(const Label *const *) a, *(const Label *const *) b);
}

int
labels_rank(const Label *labels, int nlabels, int32_t *ranks)
{
	const Label **sorted =
		runtime_alloc(NULL, ((size_t) nlabels + 1) * sizeof(Label *));
	int nranks = 0;

	for (int i = 0; i < nlabels; i++)
		sorted[i] = &labels[i];
	runtime_sort(sorted, nlabels, sizeof(Label *), compare_named);
	for (int i = 0; i < nlabels; i++)
	{
		if (i > 0 && label_compare(sorted[i - 1], sorted[i]) != 0)
			nranks++;
		ranks[sorted[i] - labels] = nranks;
	}
	runtime_free(sorted);
	return nlabels > 0 ? nranks + 1 : 0;
}
