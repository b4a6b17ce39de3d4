/*
 * segment.h
 *		How customers and money flow between segments: the base as a state.
 *
 * A customer is looked at when a period closes, that is on its last day, or
 * on the last day observed where a period is not over: what the customer
 * brings then, and in which segment.  From one closing to the next the
 * customer goes from a place to a place, where a place is a segment, or
 * outside for whoever does not pay.  A flow is everybody who went from one
 * place to another in one period:
 *
 *	 outside, segment	new, or reactivation if they ever paid before
 *	 segment, outside	churn
 *	 segment, other		moved, with what they bring by then; more or less than
 *						before is expansion or contraction
 *	 segment, itself	expansion or contraction; nothing else is kept
 *
 * Expansion and contraction belong to the segment that had the customer at the
 * opening, as in core/movement.h.
 *
 * So the bridge of every segment, the matrix of migration and what became of
 * the money of those who were there are sums over the same cells, and agree.
 * Beside the flows, stocks say by how much a period changed what is there at
 * the closing: products, lines of each product and their money, and the days
 * on which the customers began to pay.
 *
 * The work is in proportion to what changes, not to customers times periods.
 *
 * Life of a state: empty; adopting grain and as_of of the first customer;
 * growing as customers are added in any order; merged; encoded to canonical
 * bytes, in which names are sorted and cells without content are left out.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_SEGMENT_H
#define CVM_SEGMENT_H

#include "core/steps.h"

/* Where a customer is at a closing: the number of a name, or outside */
#define OUTSIDE (-1)

/* The segment of whoever has none */
#define NO_SEGMENT "(none)"

/* In place of a product: all of them */
#define ALL_PRODUCTS (-1)

typedef enum FlowLine
{
	FLOW_NEW,
	FLOW_REACTIVATION,
	FLOW_CHURN,
	FLOW_MOVED, /* what is brought after moving */
	FLOW_EXPANSION,
	FLOW_CONTRACTION,
	FLOW_SAME_PERIOD, /* came and went between two closings: no money */
	FLOW_LINES
} FlowLine;

/* Everybody who went from a place to a place in a period */
typedef struct Flow
{
	int64_t customers[FLOW_LINES];
	Wide mrr[FLOW_LINES]; /* churn and contraction are negative */
} Flow;

typedef enum StockCount
{
	STOCK_LINES,	/* of a product: lines; of all: products, each once */
	STOCK_HOLDERS,	/* of a product: customers; of all: those with two or more */
	STOCK_BEGINNING /* of all: the days on which they began to pay, summed */
} StockCount;

#define STOCK_COUNTS (STOCK_BEGINNING + 1)

/* By how much a period changed what a segment holds */
typedef struct Stock
{
	int64_t counts[STOCK_COUNTS];
	Wide mrr; /* of a product */
} Stock;

/* Of a flow, a and b are from and to; of a stock, segment and product */
typedef struct SegmentCell
{
	Period period;
	int32_t a;
	int32_t b;
	union
	{
		Flow flow;
		Stock stock;
	} of;
} SegmentCell;

/* Cells in the order in which they came, and where to find them */
typedef struct SegmentCells
{
	int ncells;
	int room;
	SegmentCell *cells;
	int nplaces; /* a power of two */
	int32_t *places;
} SegmentCells;

typedef struct SegmentFlow
{
	HostArena arena;
	bool adopted;
	Calendar calendar;
	Almanac *almanac;
	Day as_of; /* first day not observed */
	int scale;
	int nnames; /* of segments and of products */
	int names_room;
	Label *names; /* in the order in which they came */
	int nname_places;
	int32_t *name_places;
	SegmentCells flows;
	SegmentCells stocks;
} SegmentFlow;

/* A segment in a period, or everybody */
typedef struct BridgeRow
{
	const Label *segment; /* NULL: everybody */
	int64_t period;
	int64_t opening_customers;
	int64_t closing_customers;
	Wide opening;
	Wide closing;
	Flow into; /* new, reactivation, moved in, same period */
	Flow out;  /* churn, moved out, expansion, contraction; as in Flow */
	/* what became of those who were there at the opening, wherever they are */
	Wide gross_retained;
	Wide net_retained;
	int64_t products;		/* sum over customers of different products held */
	int64_t multi_products; /* customers who hold two or more */
	int64_t tenure_days;	/* sum over customers */
	bool is_complete;
} BridgeRow;

/* Customers who went, or stayed, between two closings */
typedef struct MatrixRow
{
	int64_t period;
	const Label *from; /* NULL: outside */
	const Label *to;   /* likewise */
	int64_t customers;
	Wide mrr;		  /* brought at the opening; by those who come, at closing */
	Wide mrr_closing; /* brought at the closing */
	bool is_complete;
} MatrixRow;

/* A product in a segment at a closing */
typedef struct ProductRow
{
	int64_t period;
	const Label *segment;
	const Label *product;
	int64_t customers;
	int64_t lines;
	Wide mrr;
} ProductRow;

typedef void (*BridgeTake)(void *taker, const BridgeRow *row);
typedef void (*MatrixTake)(void *taker, const MatrixRow *row);
typedef void (*ProductTake)(void *taker, const ProductRow *row);

/* From a day on, in a segment: the number of a name of the holdings, or -1 */
typedef struct Placing
{
	Day day;
	int32_t segment;
} Placing;

#define SEGMENT_FLOW_VERSION 1

/* A time in a segment; segments are numbered in the order of their names */
typedef struct Stay
{
	Day start;
	Day end;
	int32_t segment;
} Stay;

/* What is known of a customer; names are the state's numbers */
typedef struct Customer
{
	const Step *steps; /* before as_of, by day; products are numbers below */
	int nsteps;
	int nproducts;
	const int32_t *product_names;
	const Placing *placings; /* no segment: the number behind the last */
	int nplacings;
	int32_t *segment_names; /* of placings; -1 where not asked for yet */
} Customer;

extern int placings_of(Stay *stays, int nstays, Placing *placings);
extern void segment_flow_scale(SegmentFlow *flow, int scale);
extern void segment_flow_walk(SegmentFlow *flow, const Customer *customer);
extern SegmentFlow *segment_flow_new(HostArena arena);
extern void segment_flow_adopt(SegmentFlow *flow, Calendar calendar, Day as_of);
extern void segment_flow_add(SegmentFlow *flow, const Holdings *holdings,
							 const Holdings *history);
extern void segment_flow_merge(SegmentFlow *into, const SegmentFlow *more);
extern void segment_flow_bridge(const SegmentFlow *flow, BridgeTake take,
								void *taker);
extern void segment_flow_matrix(const SegmentFlow *flow, MatrixTake take,
								void *taker);
extern void segment_flow_products(const SegmentFlow *flow, ProductTake take,
								  void *taker);
extern void segment_flow_encode(const SegmentFlow *flow, ByteWriter *writer);
extern SegmentFlow *segment_flow_decode(HostArena arena, const void *data,
										size_t size);

#endif /* CVM_SEGMENT_H */
