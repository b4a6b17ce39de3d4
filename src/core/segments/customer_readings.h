/*
 * customer_readings.h
 *		What else is read of customers, spell by spell: who came and what they
 *		earned, what they gave up for what, what they hold together, and for
 *		which reason they left.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_CUSTOMER_READINGS_H
#define CVM_CORE_SEGMENTS_CUSTOMER_READINGS_H

#include "core/segments/segment_customers.h"
#include "core/subscriptions/movement.h"
#include "core/subscriptions/survival.h"
#include "core/util/count_table.h"

/* Months after the one of coming at whose end customers are looked for */
#define WON_LOOKS 4

/* A customer comes: pays at the end of a month and not at its beginning */
typedef struct Won
{
	Key key;
	Period period;
	bool is_recycled;		 /* had paid before */
	Wide after;				 /* paid at the end of the month */
	int8_t stays[WON_LOOKS]; /* 1: pays then, 0: does not, -1: not seen yet */
	Wide now;				 /* paid on the last day */
	Day next;				 /* first day of the month of coming again */
	Label channel;			 /* of the line that won; NULL: not told */
	Label offer;
} Won;

/* What a line brings from then on, until the customer comes again */
typedef struct Earned
{
	int32_t product; /* of customers->labels */
	Wide price;
	int32_t days;
} Earned;

typedef void (*WonEmit)(void *arg, const Won *won, const Earned *earned);

/* Each who came once, with earned NULL; then, if asked, each line they paid for. */
extern SegmentReader customers_won_open(SegmentCustomers *customers,
										bool earned, WonEmit emit, void *arg);

/* Customers who gave up a product, or took one, and for which */
typedef struct ProductMove
{
	Period period;
	int32_t from; /* of customers->labels, or -1: came in */
	int32_t to;	  /* or -1: went out */
	int64_t customers;
	Wide from_mrr;
	Wide to_mrr;
	int64_t entering; /* who paid for nothing before */
	int64_t leaving;  /* or after */
} ProductMove;

typedef struct ProductMoves
{
	uint32_t count;
	uint32_t room;	 /* a power of two, more than count; 0: none yet */
	uint32_t *table; /* places in moves, + 1; twice the room */
	ProductMove *moves;
} ProductMoves;

extern SegmentReader product_moves_open(SegmentCustomers *customers,
										ProductMoves *moves);

/* The same one by one, without those who came in or went out */
typedef void (*ProductMoveEmit)(void *arg, const ProductMove *move);

extern SegmentReader product_migrations_open(SegmentCustomers *customers,
											 ProductMoveEmit emit, void *arg);

/* Who pays on the last day for a product, or for two, the first by number first */
typedef struct ProductPair
{
	int32_t product; /* of customers->labels, or -1: for anything */
	int32_t other;	 /* or -1: for whatever else */
	/* the key ends here */
	int64_t customers;
	Wide mrr;  /* of both */
	Day since; /* the first day on which one of them held both */
} ProductPair;

extern SegmentReader product_pairs_open(SegmentCustomers *customers,
										CountTable *pairs);

/* How long customers pay and why they leave, by segment of the first paid day */
extern SegmentReader segment_losses_open(SegmentCustomers *customers,
										 int32_t gap, Survival **losses);

#endif /* CVM_CORE_SEGMENTS_CUSTOMER_READINGS_H */
