/*
 * price_moves.h
 *		The changes of price among a customer's spells.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_PRICE_MOVES_H
#define CVM_CORE_SEGMENTS_PRICE_MOVES_H

#include "core/segments/price_change.h"
#include "core/subscriptions/spell_runs.h"

/* A spell, and what is found out of it */
typedef struct PriceSpell
{
	Day start;
	Day end; /* first day not held; of one that goes on the one after as_of */
	int32_t product;
	int32_t terms;
	Wide mrr;
	RunSpell run;
	Day line_until; /* the last end of the customer's spells of the product */
} PriceSpell;

/* A change of one customer's */
typedef struct PriceMove
{
	Day day;
	int32_t product;
	Wide before;
	Wide after;
} PriceMove;

/* What is known of one customer; memory is used again for the next */
typedef struct PriceCustomer
{
	const SegmentCustomers *names;
	Day as_of;
	uint32_t room;
	PriceSpell *spells;
	uint32_t nspells;
	Membership *memberships;
	int nmemberships;
	PriceMove *moves;
	uint32_t nmoves;
	struct PriceStep *steps;
} PriceCustomer;

extern void price_customer_open(PriceCustomer *customer,
								const SegmentCustomers *names);
extern void price_customer_close(PriceCustomer *customer);

/* Take the spells that are paid for, and the times in segments. */
extern void price_customer_read(PriceCustomer *customer, const Line *lines,
								uint32_t nlines);

/* Find the changes, in the order of product and day, and until when each line is held. */
extern void price_moves_find(PriceCustomer *customer);

#endif /* CVM_CORE_SEGMENTS_PRICE_MOVES_H */
