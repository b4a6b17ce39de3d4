/*
 * contact_offers.h
 *		Contacts with an offer that may contradict what a customer has or was
 *		told: those near another one, those for what is held on their day, and
 *		those of an offer of several products.
 *
 * Of millions of contacts they are few, and whoever asks looks at nothing else.
 * All marketing contacts of a day that name an offer or a product are numbered
 * in the order in which they were sent, of those at once by their names, whether
 * they are given out or not.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_CONTACT_OFFERS_H
#define CVM_CORE_CONTACTS_CONTACT_OFFERS_H

#include "core/contacts/member_lines.h"
#include "core/util/parted_names.h"

/* Flags of a line */
#define OFFER_SPELL 1u /* something is held; else a contact */

/* What a name tells, of a spell the product alone */
#define OFFER_PRODUCT 0
#define OFFER_OFFER 1
#define OFFER_CHANNEL 2
#define OFFER_CAMPAIGN 3
#define OFFER_NAMES 4

/*
 * Names that begin with these tell two things with NAME_PART between them: an
 * offer and what it is of, a product and a bundle that it is part of.
 */
#define OFFER_OF '\3'
#define OFFER_PART_OF '\4'

/* Parameters of the lines */
#define OFFER_WINDOW 0	  /* days in which contacts are near each other */
#define OFFER_COLLATION 1 /* by which names are sorted, for who does it */

typedef struct OfferLine
{
	MemberLine member;
	int64_t at; /* moment of a contact */
} OfferLine;

/* A contact: its line and its number among those of its day, from 1 on */
typedef void (*OfferEmit)(void *arg, const Key *key, const OfferLine *line,
						  int64_t number);

/* Read all lines, which are gone then; names are taken apart before. */
extern void contact_offers_each(MemberLines *members, const PartedNames *names,
								OfferEmit emit, void *arg);

#endif /* CVM_CORE_CONTACTS_CONTACT_OFFERS_H */
