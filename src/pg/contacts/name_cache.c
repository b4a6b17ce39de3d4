/*
 * name_cache.c
 *		Numbers of names as they stand in rows (pg/contacts/name_cache.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "pg/contacts/name_cache.h"
#include "pg/label.h"

#define MAX_NAMES 4

NameCache *
name_cache_make(MemberLines *members)
{
	NameCache *cache = MemoryContextAllocZero(members->context, sizeof(*cache));

	dictionary_open(&cache->given, members->context);
	cache->room = 16;
	cache->numbers =
		MemoryContextAlloc(members->context, cache->room * sizeof(int32));
	return cache;
}

int32
names_intern(Dictionary *dictionary, const Label *names, int nnames)
{
	char few[256];
	char *data = few;
	Size size = 0;
	Label label;
	int32 number;

	for (int i = 0; i < nnames; i++)
		size += sizeof(uint32) + names[i].size;
	if (size > sizeof(few))
		data = palloc(size);
	label = (Label){data, (uint32) size};
	for (int i = 0; i < nnames; i++)
	{
		memcpy(data, &names[i].size, sizeof(uint32));
		memcpy(data + sizeof(uint32), names[i].data, names[i].size);
		data += sizeof(uint32) + names[i].size;
	}
	number = dictionary_intern(dictionary, &label);
	if (label.data != few)
		pfree((char *) label.data);
	return number;
}

Label
argument_name(FunctionCallInfo fcinfo, int at, bool is_lower)
{
	text *name;

	if (PG_ARGISNULL(at))
		return (Label){NULL, 0};
	name = PG_GETARG_TEXT_PP(at);
	if (is_lower)
		/* columns that are sorted each in its way have no way in common */
		name = DatumGetTextPP(DirectFunctionCall1Coll(
			lower, label_collation(fcinfo), PointerGetDatum(name)));
	return (Label){VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};
}

int32 *
name_cache_find(NameCache *cache, FunctionCallInfo fcinfo, int at, int nnames,
				bool *is_new)
{
	/* a name that cannot be: stands for NULL */
	static const char no_text[1] = {0};
	Label names[MAX_NAMES];
	int known = cache->given.count;
	int32 given;

	for (int i = 0; i < nnames; i++)
	{
		names[i] = argument_name(fcinfo, at + i, false);
		if (names[i].data == NULL)
			names[i] = (Label){no_text, sizeof(no_text)};
	}
	given = names_intern(&cache->given, names, nnames);
	*is_new = given >= known;
	if (given >= cache->room)
	{
		cache->room *= 2;
		cache->numbers = repalloc(cache->numbers, cache->room * sizeof(int32));
	}
	return &cache->numbers[given];
}
