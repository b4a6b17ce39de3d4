/*
 * member_lines.c
 *		What happened to customers, and the segments they were in.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/member_lines.h"

#include <string.h>

#define FEW_LINES 32 /* are sorted by insertion */

MemberLines *
member_lines_new(Context context, KeyKind kind, size_t size, size_t budget)
{
	Label none = {NO_SEGMENT_NAME, sizeof(NO_SEGMENT_NAME) - 1};
	MemberLines *members = RUNTIME_NEW(MemberLines, context);

	customer_lines_open(&members->lines, context, kind, size, budget);
	dictionary_open(&members->names, context);
	dictionary_intern(&members->names, &none);
	return members;
}

/* A membership of a segment, from a day on until the first one that is not in it */
void
member_lines_place(MemberLines *members, Key key, const Label *segment,
				   Day from, Day to)
{
	MemberLine *line = customer_lines_next(&members->lines, key);

	memset(line, 0, members->lines.size);
	line->flags = LINE_IS_MEMBER;
	line->name = dictionary_intern(&members->names, segment);
	line->day = from;
	line->to = to;
}

/* Does a line stand after another? */
static bool
stands_after(const MemberLines *members, const MemberLine *line,
			 const MemberLine *other)
{
	bool is_member = (line->flags & LINE_IS_MEMBER) != 0;

	if (is_member != ((other->flags & LINE_IS_MEMBER) != 0))
		return is_member;
	if (line->day != other->day || !is_member)
		return line->day > other->day;
	return line->name != other->name &&
		   label_compare(&members->names.labels[line->name],
						 &members->names.labels[other->name]) < 0;
}

/* Merge two runs that are in order. */
static void
runs_merge(const MemberLines *members, char *lines, uint32_t middle,
		   uint32_t nlines, char *space)
{
	size_t size = members->lines.size;
	uint32_t left = 0;
	uint32_t right = middle;

	memcpy(space, lines, middle * size);
	for (uint32_t at = 0; left < middle; at++)
	{
		const char *from = space + left * size;

		if (right < nlines &&
			stands_after(members, (const MemberLine *) from,
						 (const MemberLine *) (lines + right * size)))
			from = lines + right++ * size;
		else
			left++;
		memmove(lines + at * size, from, size);
	}
}

static void
lines_sort(const MemberLines *members, char *lines, uint32_t nlines,
		   char *space)
{
	size_t size = members->lines.size;
	uint32_t middle = nlines / 2;

	if (nlines > FEW_LINES)
	{
		check_interrupts();
		lines_sort(members, lines, middle, space);
		lines_sort(members, lines + middle * size, nlines - middle, space);
		runs_merge(members, lines, middle, nlines, space);
		return;
	}
	for (uint32_t i = 1; i < nlines; i++)
	{
		uint32_t at = i;

		while (at > 0 &&
			   stands_after(members,
							(const MemberLine *) (lines + (at - 1) * size),
							(const MemberLine *) (lines + i * size)))
			at--;
		if (at == i)
			continue;
		memcpy(space, lines + i * size, size);
		memmove(lines + (at + 1) * size, lines + at * size, (i - at) * size);
		memcpy(lines + at * size, space, size);
	}
}

uint32_t
member_lines_sort(const MemberLines *members, void *lines, uint32_t nlines)
{
	size_t size = members->lines.size;
	uint32_t nfacts = 0;
	uint64_t few[32];
	char *space = (char *) few;

	if (nlines > FEW_LINES || size > sizeof(few))
		space = runtime_alloc(NULL, nlines * size);
	lines_sort(members, lines, nlines, space);
	if (space != (char *) few)
		runtime_free(space);
	while (nfacts < nlines &&
		   !(((const MemberLine *) ((char *) lines + nfacts * size))->flags &
			 LINE_IS_MEMBER))
		nfacts++;
	return nfacts;
}

int32_t
member_lines_segment(const MemberLines *members, const void *lines,
					 uint32_t nfacts, uint32_t nlines, Day day)
{
	for (uint32_t i = nlines; i-- > nfacts;)
	{
		const MemberLine *line =
			(const void *) ((const char *) lines + i * members->lines.size);

		if (line->day <= day && line->to > day)
			return line->name;
	}
	return IN_NO_SEGMENT;
}

/* With this a piece begins */
typedef struct PieceBegin
{
	uint32_t kind;
	uint32_t has_last;
	Day last;
	int32_t parameters[MEMBER_PARAMETERS];
	uint32_t names;
	uint64_t size; /* of a line */
	uint64_t other_name;
} PieceBegin;

static void
piece_begin(const MemberLines *members, ByteWriter *writer)
{
	PieceBegin begin = {.kind = members->lines.kind,
						.has_last = members->has_last,
						.last = members->last,
						.names = (uint32_t) members->names.count,
						.size = members->lines.size,
						.other_name = members->other_name};

	memcpy(begin.parameters, members->parameters, sizeof(begin.parameters));
	write_raw(writer, &begin, sizeof(begin));
	for (int i = 0; i < members->names.count; i++)
	{
		write_unsigned(writer, members->names.labels[i].size);
		write_raw(writer, members->names.labels[i].data,
				  members->names.labels[i].size);
	}
}

typedef struct Encoding
{
	const MemberLines *members;
	ByteWriter *writer;
} Encoding;

static void
customer_encode(void *arg, const Key *key, void *lines, uint32_t nlines)
{
	Encoding *encoding = arg;
	ByteWriter *writer = encoding->writer;

	key_write(encoding->members->lines.kind, key, writer);
	write_unsigned(writer, nlines);
	write_raw(writer, lines, nlines * encoding->members->lines.size);
	if (writer_pass(writer))
		piece_begin(encoding->members, writer);
}

void
member_lines_encode(MemberLines *members, ByteWriter *writer)
{
	Encoding encoding = {members, writer};

	piece_begin(members, writer);
	customer_lines_finish(&members->lines, customer_encode, &encoding);
}

/* Read the names of a piece, and give their numbers here; to be freed. */
static int32_t *
names_absorb(MemberLines *members, ByteReader *reader, uint32_t count)
{
	int32_t *numbers =
		runtime_alloc(NULL, ((size_t) count + 1) * sizeof(int32_t));

	for (uint32_t i = 0; i < count; i++)
	{
		size_t size =
			read_unsigned(reader, (uint64_t) (reader->end - reader->at));
		Label name = {read_text(reader, size), (uint32_t) size};

		numbers[i] = dictionary_intern(&members->names, &name);
	}
	return numbers;
}

MemberLines *
member_lines_absorb(MemberLines *members, Context context, size_t budget,
					const void *data, size_t size)
{
	ByteReader reader;
	PieceBegin begin;
	int32_t *numbers;

	reader_open(&reader, data, size, "lines of customers");
	read_raw(&reader, &begin, sizeof(begin));
	if (members == NULL)
	{
		members =
			member_lines_new(context, (KeyKind) begin.kind, begin.size, budget);
		memcpy(members->parameters, begin.parameters, sizeof(begin.parameters));
		members->other_name = begin.other_name;
	}
	if (begin.size > members->lines.size)
		customer_lines_widen(&members->lines, begin.size);
	if (begin.has_last)
		member_lines_seen(members, begin.last);
	numbers = names_absorb(members, &reader, begin.names);
	while (reader.at < reader.end)
	{
		Key key = key_read(members->lines.kind, &reader);
		uint64_t nlines = read_unsigned(&reader, UINT32_MAX);

		check_interrupts();
		for (uint64_t i = 0; i < nlines; i++)
		{
			MemberLine *line = customer_lines_next(&members->lines, key);

			read_raw(&reader, line, begin.size);
			memset((char *) line + begin.size, 0,
				   members->lines.size - begin.size);
			if (line->name >= 0)
				line->name = numbers[line->name];
			if (begin.other_name > 0)
			{
				int32_t *name = (int32_t *) ((char *) line + begin.other_name);

				if (*name >= 0)
					*name = numbers[*name];
			}
		}
	}
	runtime_free(numbers);
	return members;
}
