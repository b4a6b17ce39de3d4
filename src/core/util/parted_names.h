/*
 * parted_names.h
 *		Names that tell several things at once, taken apart.
 *
 * Lines of customers have one name each (core/contacts/member_lines.h).  What a
 * line tells by several of them is one name to it, whose parts stand behind one
 * another; parts at the end that are not told can be left out.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_PARTED_NAMES_H
#define CVM_CORE_UTIL_PARTED_NAMES_H

#include "core/util/dictionary.h"

#define NAME_PART '\0'	   /* between them */
#define NAME_NOT_TOLD '\1' /* a part begins with it that is not told */
#define NAME_TOLD '\2'	   /* and with it one that is */

#define NAME_PARTS_MAX 4

/* How names are sorted; data is NULL where one is not told. */
typedef int (*NameCompare)(void *arg, const Label *a, const Label *b);

typedef struct PartedNames
{
	Label *names[NAME_PARTS_MAX];	  /* parts, by number of the whole name */
	int32_t *numbers[NAME_PARTS_MAX]; /* equal parts have the same */
	NameCompare compare;
	void *arg;
} PartedNames;

/* Take all names apart, into so many parts. */
extern void parted_names_read(PartedNames *parts, int nparts,
							  const Dictionary *names, NameCompare compare,
							  void *arg);

/* Compare a part of two names, by their numbers. */
static inline int
parted_names_compare(const PartedNames *parts, int part, int32_t a, int32_t b)
{
	if (parts->numbers[part][a] == parts->numbers[part][b])
		return 0;
	return parts->compare(parts->arg, &parts->names[part][a],
						  &parts->names[part][b]);
}

#endif /* CVM_CORE_UTIL_PARTED_NAMES_H */
