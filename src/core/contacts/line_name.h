/*
 * line_name.h
 *		What a line of a customer is called, kept in it.
 *
 * Most lines of subscriptions have an id that no other one has: a dictionary of
 * them would be as large as the rows.  A name that is too long has a number.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_LINE_NAME_H
#define CVM_CORE_CONTACTS_LINE_NAME_H

#include <string.h>

#include "core/util/dictionary.h"

#define LINE_NAME_ROOM 38 /* as long as an id of 36 characters, and more */
#define LINE_NAME_LONG UINT8_MAX

typedef struct LineName
{
	uint8_t size; /* or LINE_NAME_LONG */
	char data[LINE_NAME_ROOM];
} LineName;

/* Keep a name; its number, or -1 where it has none. */
static inline int32_t
line_name_put(LineName *name, Dictionary *names, const Label *label)
{
	memset(name->data, 0, LINE_NAME_ROOM);
	if (label->size > LINE_NAME_ROOM)
	{
		name->size = LINE_NAME_LONG;
		return dictionary_intern(names, label);
	}
	name->size = (uint8_t) label->size;
	if (label->size > 0)
		memcpy(name->data, label->data, label->size);
	return -1;
}

static inline Label
line_name_get(const LineName *name, const Dictionary *names, int32_t number)
{
	return name->size == LINE_NAME_LONG ? names->labels[number]
										: (Label){name->data, name->size};
}

#endif /* CVM_CORE_CONTACTS_LINE_NAME_H */
