/*
 * sorted_dictionary.c
 *		A dictionary whose strings are read and written in their order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/sorted_dictionary.h"

#include <string.h>

#define FIRST_ROOM 8

void
sorted_dictionary_open(SortedDictionary *dictionary, Context context)
{
	memset(dictionary, 0, sizeof(SortedDictionary));
	dictionary_open(&dictionary->strings, context);
}

/* Put the newest string where it belongs in the order. */
static void
sort_newest(SortedDictionary *dictionary)
{
	const Label *labels = dictionary->strings.labels;
	int32_t newest = dictionary->strings.count - 1;
	int low = 0;
	int high = newest;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (label_compare(&labels[dictionary->sorted[middle]],
						  &labels[newest]) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (newest == dictionary->room)
	{
		int room = dictionary->room ? dictionary->room * 2 : FIRST_ROOM;

		dictionary->sorted =
			dictionary->room
				? runtime_realloc(dictionary->sorted, room * sizeof(int32_t))
				: runtime_alloc(dictionary->strings.context,
								room * sizeof(int32_t));
		dictionary->room = room;
	}
	memmove(&dictionary->sorted[low + 1], &dictionary->sorted[low],
			(newest - low) * sizeof(int32_t));
	dictionary->sorted[low] = newest;
}

/* The number of a string, which gets the next one when it comes first. */
int32_t
sorted_dictionary_intern(SortedDictionary *dictionary, const Label *label)
{
	int before = dictionary->strings.count;
	int32_t number = dictionary_intern(&dictionary->strings, label);

	if (number == before)
		sort_newest(dictionary);
	return number;
}

/* Write the strings in their order. */
void
sorted_dictionary_encode(const SortedDictionary *dictionary, ByteWriter *writer)
{
	write_unsigned(writer, dictionary->strings.count);
	for (int i = 0; i < dictionary->strings.count; i++)
	{
		const Label *label = &dictionary->strings.labels[dictionary->sorted[i]];

		write_unsigned(writer, label->size);
		write_raw(writer, label->data, label->size);
	}
}

/* Read strings, which must be in order; numbers are their places. */
void
sorted_dictionary_decode(SortedDictionary *dictionary, ByteReader *reader)
{
	size_t count = read_count(reader, 1);

	for (size_t i = 0; i < count; i++)
	{
		Label label;

		check_interrupts();
		label.size = (uint32_t) read_count(reader, 1);
		label.data = read_text(reader, label.size);
		if (i > 0 &&
			label_compare(&dictionary->strings.labels[i - 1], &label) >= 0)
			reader_fail(reader);
		sorted_dictionary_intern(dictionary, &label);
	}
}
