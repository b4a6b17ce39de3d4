/*
 * parted_names.c
 *		Names that tell several things at once, taken apart.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/parted_names.h"

#include <string.h>

/* Take a name apart. */
static void
name_take(PartedNames *parts, int nparts, int name, const Label *label)
{
	const char *at = label->data;
	const char *end = label->data + label->size;

	for (int part = 0; part < nparts; part++)
	{
		const char *next = memchr(at, NAME_PART, (size_t) (end - at));

		if (next == NULL)
			next = end;
		parts->names[part][name] = (Label){NULL, 0};
		if (at < end && *at == NAME_TOLD)
			parts->names[part][name] =
				(Label){at + 1, (uint32_t) (next - at - 1)};
		at = next < end ? next + 1 : end;
	}
}

/* Give equal parts the same number, that of the first name that has it. */
static void
part_number(PartedNames *parts, int part, int count)
{
	Dictionary told;
	int32_t *first =
		runtime_alloc(NULL, ((size_t) count + 1) * sizeof(int32_t));
	int32_t not_told = -1;

	dictionary_open(&told, NULL);
	for (int i = 0; i < count; i++)
	{
		const Label *label = &parts->names[part][i];
		int known = told.count;
		int32_t number;

		if (label->data == NULL)
		{
			if (not_told < 0)
				not_told = i;
			parts->numbers[part][i] = not_told;
			continue;
		}
		number = dictionary_intern(&told, label);
		if (number == known)
			first[number] = i;
		parts->numbers[part][i] = first[number];
	}
	runtime_free(first);
}

void
parted_names_read(PartedNames *parts, int nparts, const Dictionary *names,
				  NameCompare compare, void *arg)
{
	size_t count = (size_t) names->count;

	parts->compare = compare;
	parts->arg = arg;
	for (int part = 0; part < nparts; part++)
	{
		parts->names[part] = runtime_alloc(NULL, (count + 1) * sizeof(Label));
		parts->numbers[part] =
			runtime_alloc(NULL, (count + 1) * sizeof(int32_t));
	}
	for (int i = 0; i < names->count; i++)
		name_take(parts, nparts, i, &names->labels[i]);
	for (int part = 0; part < nparts; part++)
		part_number(parts, part, names->count);
}
