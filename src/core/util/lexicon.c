/*
 * lexicon.c
 *		Names that a state has met, each with a number that stays.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/lexicon.h"

#include <string.h>

/* Where a name stands, or would stand, in the order of names. */
static int
lexicon_place(const Lexicon *lexicon, const Label *name, bool *found)
{
	int low = 0;
	int high = lexicon->count;

	*found = false;
	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int order =
			label_compare(&lexicon->labels[lexicon->sorted[middle]], name);

		if (order == 0)
		{
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void *
grown(Context context, void *items, int room, size_t size)
{
	return items ? runtime_realloc(items, room * size)
				 : runtime_alloc(context, room * size);
}

/* The number of a name, which gets one when it is met first. */
int32_t
lexicon_number(Lexicon *lexicon, const Label *name)
{
	bool found;
	int place = lexicon_place(lexicon, name, &found);
	char *text;

	if (found)
		return lexicon->sorted[place];
	if (lexicon->count == lexicon->room)
	{
		lexicon->room = lexicon->room ? lexicon->room * 2 : 8;
		lexicon->labels = grown(lexicon->context, lexicon->labels,
								lexicon->room, sizeof(Label));
		lexicon->sorted = grown(lexicon->context, lexicon->sorted,
								lexicon->room, sizeof(int32_t));
	}
	text = runtime_alloc(lexicon->context, name->size + 1);
	memcpy(text, name->data, name->size);
	lexicon->labels[lexicon->count] = (Label){text, name->size};
	memmove(&lexicon->sorted[place + 1], &lexicon->sorted[place],
			(lexicon->count - place) * sizeof(int32_t));
	lexicon->sorted[place] = lexicon->count;
	return lexicon->count++;
}

/* Write the names in their order. */
void
lexicon_encode(const Lexicon *lexicon, ByteWriter *writer)
{
	write_unsigned(writer, lexicon->count);
	for (int i = 0; i < lexicon->count; i++)
	{
		const Label *name = &lexicon->labels[lexicon->sorted[i]];

		write_unsigned(writer, name->size);
		write_raw(writer, name->data, name->size);
	}
}

/* Read names, which must be in order; numbers are their places. */
void
lexicon_decode(Lexicon *lexicon, ByteReader *reader)
{
	size_t count = read_count(reader, 1);

	for (size_t i = 0; i < count; i++)
	{
		Label name;

		check_interrupts();
		name.size = (uint32_t) read_count(reader, 1);
		name.data = read_text(reader, name.size);
		if (i > 0 && label_compare(&lexicon->labels[i - 1], &name) >= 0)
			reader_fail(reader);
		lexicon_number(lexicon, &name);
	}
}
