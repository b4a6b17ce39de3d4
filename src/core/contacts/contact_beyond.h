/*
 * contact_beyond.h
 *		Which customers ever got more contacts than the cap within the rolling
 *		window: those alone are looked at contact by contact.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_CONTACT_BEYOND_H
#define CVM_CORE_CONTACTS_CONTACT_BEYOND_H

#include "core/contacts/contact_pressure.h"

typedef void (*BeyondTake)(void *arg, const Key *key);

/*
 * Hand out the customers of lines that are a MemberLine each, of marketing; the
 * lines are forgotten.
 */
extern void contact_beyond(MemberLines *members, BeyondTake take, void *arg);

#endif /* CVM_CORE_CONTACTS_CONTACT_BEYOND_H */
