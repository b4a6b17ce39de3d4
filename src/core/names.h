/*
 * names.h
 *		Names by number: every name gets one, 0, 1, 2, …
 *
 * Products and segments are few and come again in every row, so a name is
 * looked up at once and kept once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_NAMES_H
#define CVM_NAMES_H

#include "core/holdings.h" /* Label */

typedef struct Names
{
	HostArena arena;
	int count;
	int room;
	Label *labels; /* by number */
	uint32_t table_size;
	uint32_t *table; /* number + 1, or 0 */
	size_t text_size;
} Names;

extern void names_open(Names *names, HostArena arena);
extern int32_t names_number(Names *names, const Label *label);
extern size_t names_size(const Names *names);

#endif /* CVM_NAMES_H */
