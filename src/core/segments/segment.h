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
 *						before is expansion or contraction; redefined where it
 *						was not the customer who moved but the segments
 *	 segment, itself	expansion or contraction; nothing else is kept
 *
 * Expansion and contraction belong to the segment that had the customer at the
 * opening, as in core/subscriptions/movement.h.
 *
 * A paused line counts as if it were paid for pause_days, as in
 * core/subscriptions/movement.h: until then its customer stays in a place and may
 * move between places, and after that the money is lost.  Money in pauses is not
 * part of the closing; it is a stock of its own, and the line "paused" is the
 * change of that stock.  Products held, sales, renewals and retention count
 * customers who pay.
 *
 * The bridge of every segment, the matrix of migration and the retention of each
 * segment's money are sums over the same cells, and therefore agree.
 * Beside the flows, stocks say by how much a period changed what is there at
 * the closing: products, lines of each product and their money, the days on
 * which the customers began to pay, and what lies in pauses.  Outcomes count
 * what a period decides: spells that ended, cohorts that reached
 * an age.
 *
 * A flow over a span of several periods keeps who went from where to where
 * between closings that lie so far apart, for every pair of them, and nothing
 * else.  One over any span keeps what those have in common who pay at both of
 * two closings, for every pair of closings, and nothing else.
 *
 * The work is in proportion to what changes, not to customers times periods.
 *
 * Life of a state: empty; adopting grain and as_of of the first customer;
 * growing as customers are added in any order; merged; encoded to canonical
 * bytes, in which names are sorted and cells without content are left out.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_H
#define CVM_CORE_SEGMENTS_SEGMENT_H

#include "core/segments/product_tiers.h"
#include "core/segments/segment_steps.h"
#include "core/subscriptions/steps.h"
#include "core/util/dictionary.h"

/* Where a customer is at a closing: the number of a name, or outside */
#define OUTSIDE (-1)

/* The segment of whoever has none */
#define NO_SEGMENT "(none)"

/* In place of a product: all of them */
#define ALL_PRODUCTS (-1)

/* For so many days a sale may be undone and a new customer is on trial */
#define TRIAL_DAYS 90

/* The longest span, in periods */
#define MAX_SPAN 1000

/* In place of a span: any */
#define ANY_SPAN (-1)

/* So far apart, in periods, lie closings whose overlap is given out */
#define OVERLAP_PERIODS 24

/* What changes most comes first, next to the place of a cell */
typedef enum FlowLine
{
	FLOW_MOVED, /* what is brought after moving */
	FLOW_EXPANSION,
	FLOW_CONTRACTION,
	FLOW_NEW,
	FLOW_REACTIVATION,
	FLOW_CHURN,
	FLOW_REDEFINED,	  /* as moved, where the segments are others than before */
	FLOW_SAME_PERIOD, /* came and went between two closings: no money */
	FLOW_LINES
} FlowLine;

/* So many customers, or spells, and their money */
typedef struct SegmentSum
{
	int64_t customers;
	Wide mrr;
} SegmentSum;

/* Everybody who went from a place to a place in a period */
typedef struct Flow
{
	SegmentSum lines[FLOW_LINES]; /* churn and contraction are negative */
} Flow;

typedef enum StockCount
{
	STOCK_LINES,   /* of a product: lines; of all: products, each once */
	STOCK_HOLDERS, /* of a product: customers; of all: those with two or more */
	STOCK_BEGINNING, /* of all: the days on which they began to pay, summed */
	STOCK_BELOW_TOP, /* of all: customers for whom there is a higher product */
	STOCK_SQUARES,	 /* of all: squares of the numbers of products, summed */
	STOCK_COUNTS
} StockCount;

/* By how much a period changed what a segment holds */
typedef struct Stock
{
	Wide mrr; /* of a product */
	int64_t counts[STOCK_COUNTS];
	Wide squares; /* of all: of what each customer brings in cents, summed */
} Stock;

/* By how much it changed what lies in a segment's pauses, all products */
typedef struct Rest
{
	int64_t customers; /* who pay nothing else */
	Wide mrr;
	Wide squares; /* of what each would bring in cents, less those of what each
					 brings, summed */
} Rest;

/* After how many periods a cohort is looked at */
#define COHORT_AGES 4
extern const int cohort_ages[COHORT_AGES];

/*
 * Outcomes that a period decides, in the segment to which they are counted, by
 * customers and by money: spells that end, cohorts that reach an age, trials.  A
 * line that is part of another comes after it.
 */
typedef enum OutcomeLine
{
	OUTCOME_EXPIRING, /* spells that ended, of those who were in the segment */
	OUTCOME_RENEWED,  /* of these, those whose customers still paid */
	OUTCOME_ACQUIRED, /* customers who began to pay TRIAL_DAYS before */
	OUTCOME_PROVEN,	  /* of these, those who paid that day */
	OUTCOME_COHORT, /* and COHORT_AGES - 1 more: began so many periods before */
	OUTCOME_RETAINED = OUTCOME_COHORT + COHORT_AGES, /* of each, who pay */
	OUTCOME_CROSS_SOLD =
		OUTCOME_RETAINED + COHORT_AGES, /* hold more products */
	OUTCOME_CROSS_UNDONE,				/* no longer, within TRIAL_DAYS */
	OUTCOME_UPSOLD,	   /* went to a higher product of a family */
	OUTCOME_UP_UNDONE, /* came down again, within TRIAL_DAYS */
	OUTCOME_LINES
} OutcomeLine;

/*
 * Sums of squares, in cents, for the standard errors of rates of money.
 * "before" is what a customer brought at the opening, "lost" what the customer
 * brings less, gross or net of increases.
 */
typedef enum OutcomeSquare
{
	SQUARE_DUE,
	SQUARE_RENEWED,
	SQUARE_GROSS_BEFORE_LOST, /* before * lost */
	SQUARE_GROSS_LOST,		  /* lost * lost */
	SQUARE_NET_BEFORE_LOST,
	SQUARE_NET_LOST,
	OUTCOME_SQUARES
} OutcomeSquare;

typedef struct OutcomeCounters
{
	SegmentSum lines[OUTCOME_LINES];
	Wide squares[OUTCOME_SQUARES];
} OutcomeCounters;

/* By how much those who went from a place to a place over a span changed */
typedef struct Span
{
	int64_t customers;
	int64_t redefined; /* of these */
	Wide mrr;		   /* brought at the earlier closing */
	Wide mrr_closing;
} Span;

/* What is measured of whoever pays at a closing */
typedef enum Measure
{
	MEASURE_CENTS,
	MEASURE_PRODUCTS,
	MEASURE_MULTI, /* 1 for two products or more */
	MEASURES
} Measure;

/*
 * Sums over those who pay at two closings, or by how much they change, as in
 * core/segments/segment_overlap.c
 */
typedef struct Overlap
{
	int64_t customers;
	Wide first[MEASURES]; /* at one closing */
	Wide second[MEASURES];
	Wide products[MEASURES]; /* of what each is at the one and at the other */
} Overlap;

/*
 * Of flows and spans, from and to; of stocks and outcomes, segment and product;
 * of overlaps, segment, or OUTSIDE for everybody, and how many periods later
 * the second closing is
 */
typedef struct CellPlace
{
	Period period;
	int32_t a;
	int32_t b;
} CellPlace;

/* Cells of one kind, in the order in which they came, and where to find them */
typedef struct SegmentCells
{
	size_t size; /* of a cell, which begins with its place */
	int ncells;
	int room;
	char *cells;
	int nplaces; /* a power of two */
	int32_t *places;
} SegmentCells;

typedef struct FlowCell
{
	CellPlace place;
	Flow flow;
} FlowCell;

typedef struct StockCell
{
	CellPlace place;
	Stock stock;
	Rest rest;
} StockCell;

typedef struct OutcomeCell
{
	CellPlace place;
	OutcomeCounters outcomes;
} OutcomeCell;

typedef struct SpanCell
{
	CellPlace place;
	Span span;
} SpanCell;

typedef struct OverlapCell
{
	CellPlace place;
	Overlap overlap;
} OverlapCell;

typedef struct SegmentFlow
{
	Context context;
	bool adopted;
	Calendar calendar;
	PeriodCache *period_cache;
	Day as_of;			/* first day not observed */
	int span;			/* periods between two closings, or ANY_SPAN */
	int32_t pause_days; /* for which a paused line is neither paid nor lost */
	Period last_complete;
	const ProductTiers
		*product_tiers; /* what is higher than what; no part of the bytes */
	int scale;
	Dictionary names; /* of segments and of products */
	int tiers_room;
	ProductTier *tiers; /* theirs */
	int32_t nameless;	/* number of NO_SEGMENT, plus one */
	SegmentCells flows;
	SegmentCells stocks;
	SegmentCells outcomes;
	SegmentCells spans;
	SegmentCells overlaps;
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
	Rest opening_rest; /* what lies in pauses then, */
	Rest rest;		   /* and at the closing */
	Flow into;		   /* new, reactivation, moved in, redefined, same period */
	Flow out;		   /* churn, moved out, redefined, expansion, contraction */
	/*
	 * what became of those who were there at the opening, wherever they are:
	 * pauses count as kept
	 */
	Wide gross_retained;
	Wide net_retained;
	int64_t products;		/* sum over customers of different products held */
	int64_t multi_products; /* customers who hold two or more */
	int64_t tenure_days;	/* sum over customers */
	int64_t below_top;		/* at the closing */
	int64_t opening_below_top;
	int64_t product_squares; /* at the closing */
	Wide squares;			 /* at the closing */
	Wide opening_squares;	 /* of what each would bring then */
	OutcomeCounters outcomes;
	bool is_complete;
} BridgeRow;

/* How sure the means and rates of a bridge are: standard errors, or NAN */
typedef struct BridgeErrors
{
	double arpu;
	double products;
	double gross;
	double net;
	double renewal;
} BridgeErrors;

/* Customers who went, or stayed, between two closings */
typedef struct MatrixRow
{
	int64_t period;
	const Label *from; /* NULL: outside */
	const Label *to;   /* likewise */
	int64_t customers;
	int64_t redefined; /* of these */
	Wide mrr; /* brought at the opening; by those who come, at closing */
	Wide mrr_closing; /* brought at the closing */
	bool is_complete;
} MatrixRow;

/*
 * How the means of two closings go together: the correlation of each measure's
 * two means that comes from those who are behind both
 */
typedef struct OverlapRow
{
	const Label *segment; /* NULL: everybody */
	int64_t from;
	int64_t to;
	int64_t customers; /* who pay at both */
	double correlations[MEASURES];
} OverlapRow;

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

typedef void (*BridgeEmit)(void *arg, const BridgeRow *row);
typedef void (*MatrixEmit)(void *arg, const MatrixRow *row);
typedef void (*OverlapEmit)(void *arg, const OverlapRow *row);
typedef void (*ProductEmit)(void *arg, const ProductRow *row);

#define SEGMENT_FLOW_VERSION 1

/* What is known of a customer; names are the state's numbers */
typedef struct Customer
{
	const Step *steps; /* before as_of, by day; products are numbers below */
	int nsteps;
	int nproducts;
	const int32_t *product_names;
	const SegmentStep
		*segment_steps; /* no segment: the number behind the last */
	int nsegment_steps;
	int32_t *segment_names; /* of steps; -1 where not asked for yet */
} Customer;

extern SegmentFlow *segment_flow_new(Context context);
extern void segment_flow_adopt(SegmentFlow *flow, Calendar calendar, Day as_of,
							   int span, int32_t pause_days);
extern void segment_flow_set_tiers(SegmentFlow *flow,
								   const ProductTiers *product_tiers);
extern void segment_flow_scale(SegmentFlow *flow, int scale);
extern void segment_flow_walk(SegmentFlow *flow, const Customer *customer);
extern void segment_flow_add(SegmentFlow *flow, const Holdings *holdings,
							 const Holdings *history);
extern void segment_flow_merge(SegmentFlow *into, const SegmentFlow *more);
extern void segment_flow_bridge(const SegmentFlow *flow, BridgeEmit take,
								void *arg);
extern BridgeErrors bridge_errors(const BridgeRow *row, int scale);
extern void segment_flow_matrix(const SegmentFlow *flow, MatrixEmit take,
								void *arg);
extern void segment_flow_overlap(const SegmentFlow *flow, OverlapEmit take,
								 void *arg);
extern void segment_flow_products(const SegmentFlow *flow, ProductEmit take,
								  void *arg);
extern void segment_flow_encode(const SegmentFlow *flow, ByteWriter *writer);
extern SegmentFlow *segment_flow_decode(Context context, const void *data,
										size_t size);

#endif /* CVM_CORE_SEGMENTS_SEGMENT_H */
