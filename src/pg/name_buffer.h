/*
 * name_buffer.h
 *		Names that are put together of several.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_NAME_BUFFER_H
#define CVM_PG_NAME_BUFFER_H

#include "postgres.h"

#include "core/util/dictionary.h"

#define NAME_ROOM 256

/* A name that is put together */
typedef struct NameBuffer
{
	Label label;
	char *data;
	uint32_t room;
	char here[NAME_ROOM];
} NameBuffer;

/* Add bytes. */
static inline void
name_append(NameBuffer *name, const char *data, uint32_t size)
{
	if (unlikely(size > name->room - name->label.size))
	{
		char *old = name->data;

		name->room = name->label.size + size + NAME_ROOM;
		name->data = palloc(name->room);
		memcpy(name->data, old, name->label.size);
		name->label.data = name->data;
	}
	memcpy(name->data + name->label.size, data, size);
	name->label.size += size;
}

/* Begin with a label. */
static inline void
name_begin(NameBuffer *name, const Label *first)
{
	name->data = name->here;
	name->room = NAME_ROOM;
	name->label = (Label){name->here, 0};
	name_append(name, first->data, first->size);
}

#endif /* CVM_PG_NAME_BUFFER_H */
