/*
 * name_cache.h
 *		Numbers of names as they stand in rows: what has to be done with such a
 *		name, as to put it into small letters, is done once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_CONTACTS_NAME_CACHE_H
#define CVM_PG_CONTACTS_NAME_CACHE_H

#include "pg/contacts/member_state.h"

typedef struct NameCache
{
	Dictionary given;
	int32 *numbers; /* by number of given */
	int room;
} NameCache;

extern NameCache *name_cache_make(MemberLines *members);

/* Names, each with its size ahead, as one name of a dictionary */
extern int32 names_intern(Dictionary *dictionary, const Label *names,
						  int nnames);

/* The place of the number of some arguments from one on; is_new: to be filled */
extern int32 *name_cache_find(NameCache *cache, FunctionCallInfo fcinfo, int at,
							  int nnames, bool *is_new);

/* An argument that is a name, in small letters if wanted; without data: NULL */
extern Label argument_name(FunctionCallInfo fcinfo, int at, bool is_lower);

#endif /* CVM_PG_CONTACTS_NAME_CACHE_H */
