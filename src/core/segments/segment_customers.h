/*
 * segment_customers.h
 *		Customers of a spell buffer, each with the days in each segment.
 *
 * What several readings of raw spells and times in segments share: a
 * customer's lines by product and offer, what changes on which day, and where
 * the customer was.  Of segments at once the one that began last counts, of
 * those the first by name, as in core/segments/segment_steps.h; who is in none
 * is in "(none)".
 *
 * What is told of a spell is one name in the buffer: the product, and of each
 * thing that is told with it a zero byte, a letter and what it is.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_CUSTOMERS_H
#define CVM_CORE_SEGMENTS_SEGMENT_CUSTOMERS_H

#include "core/retention/lifecycle.h" /* Held */
#include "core/segments/segment_steps.h"
#include "core/subscriptions/spell_buffer_steps.h"
#include "core/subscriptions/spell_reader.h"

/* Before each thing that a name tells after the product, and then: what it is */
#define NAME_MARK '\0'
#define NAME_OFFER 'o'
#define NAME_CHANNEL 'c' /* through which it was sold */
#define NAME_REASON 'r'	 /* for which it ended */
#define NAME_UNPRICED 'n'
#define NAME_UNDATED 's' /* the first day is not known */
#define NAME_UNNAMED 'p' /* the product is not told */

/* What a name tells; without data where it does not */
typedef struct NameParts
{
	Label product;
	Label offer; /* with its letter */
	Label channel;
	Label reason;
	bool is_unpriced;
	bool is_undated;
	bool is_unnamed;
} NameParts;

/* In place of a segment: everybody */
#define EVERYBODY (-1)

/* The days of a customer in a segment, as far as spells are seen */
typedef struct SegmentDays
{
	int32_t segment;
	int nheld;
	Held *held; /* one from INT64_MIN to INT64_MAX where it is all of them */
} SegmentDays;

typedef struct SegmentCustomer
{
	const Line *lines;	   /* spells, at least one; products by number */
	const int32_t *offers; /* of each line; -1: none told */
	uint32_t nlines;
	const Line *all; /* as they are in the buffer, with times and notes */
	uint32_t nall;
	const Step *steps; /* before as_of, by day, without what pauses keep */
	int nsteps;
	const SegmentDays *days;
	int ndays;
} SegmentCustomer;

typedef struct SegmentCustomers
{
	SpellBuffer *spell_buffer;
	int nproducts;	  /* numbered in the order of their names */
	Label *labels;	  /* theirs */
	int nsegments;	  /* likewise, with who is in none */
	Label *segments;  /* by number */
	int32_t nameless; /* the number of who is in none */

	/* by number in the buffer's names */
	int32_t *products;
	int32_t *offers;
	int32_t *ranks;
	NameParts *parts;

	/*
	 * Who has nothing that begins or ends in these days, nor anything paused, is
	 * left out
	 */
	Day since;
	Day last;

	/* what is used again for every customer */
	StepWorkspace steps;
	StepWorkspace paused; /* with what pauses keep */
	int npaused;		  /* of them; -1: not asked for yet */
	uint32_t room;
	Line *lines;
	int32_t *line_offers;
	Membership *memberships;
	SegmentStep *segment_steps;
	SegmentDays *spans; /* one after the other, then by segment */
	SegmentDays *days;
	Held *span_held;
	Held *held;
} SegmentCustomers;

typedef void (*SegmentCustomerEmit)(void *arg, const SegmentCustomer *customer);

/* Who reads customers; take is NULL where there is nothing to be found */
typedef struct SegmentReader
{
	SegmentCustomerEmit take;
	void *arg;
} SegmentReader;

/*
 * Number the names as segments, with that of who is in none, in the order of
 * bytes: there is a rank for each and for none, and so many segments at most.
 * How many there are.
 */
extern int segments_rank(const Dictionary *names, int32_t *ranks,
						 Label *segments);

extern void segment_customers_open(SegmentCustomers *customers, Context context,
								   SpellBuffer *spell_buffer);
extern void segment_customers_each(SegmentCustomers *customers,
								   const SegmentReader *readers, int nreaders);

/* Customers of a buffer in memory, some hundred at a time */
typedef struct SegmentTurns
{
	SegmentCustomers *customers;
	SegmentReader reader;
	SpellReader spells;
} SegmentTurns;

/* Begin; false: the buffer is in files, to be read at once. */
extern bool segment_turns_open(SegmentTurns *turns, SegmentCustomers *customers,
							   SegmentReader reader);
/* Hand some more customers to the reader; false: there are none. */
extern bool segment_turns_next(SegmentTurns *turns);
extern int segment_customer_pauses(SegmentCustomers *customers,
								   const SegmentCustomer *customer,
								   const Step **steps);
extern int32_t segment_customer_place(const SegmentCustomers *customers,
									  const SegmentCustomer *customer,
									  int64_t day);

/* Are the days in a segment all those on which the customer is seen? */
static inline bool
segment_days_are_all(const SegmentDays *days)
{
	return days->nheld == 1 && days->held->from == INT64_MIN &&
		   days->held->to == INT64_MAX;
}

#endif /* CVM_CORE_SEGMENTS_SEGMENT_CUSTOMERS_H */
