/*
 * last_days.h
 *		The last day on which something happened to a customer, as of several
 *		days.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_LAST_DAYS_H
#define CVM_CORE_CONTACTS_LAST_DAYS_H

#include "core/contacts/member_lines.h"

/* As of a day nothing has happened to a customer since another one. */
typedef void (*LastDayEmit)(void *arg, const Key *key, Day look, Day last);

typedef struct LastDays
{
	const Day *looks; /* the first days that are not seen */
	int nlooks;
	int32_t silent_days; /* only who was silent for longer is given out */
	LastDayEmit emit;
	void *arg;
} LastDays;

/* Read all lines, which are gone then. */
extern void last_days_each(MemberLines *members, const LastDays *asked);

#endif /* CVM_CORE_CONTACTS_LAST_DAYS_H */
