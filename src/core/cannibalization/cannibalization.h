/*
 * cannibalization.h
 *		Did the new one eat the old one: entries of all customers, added up,
 *		beside what donors lose without the new one.
 *
 * A state has the statistics of a window for every pair of look-back and
 * look-ahead asked for.  The statistics of a window counts entries by kind,
 * adds up money, and keeps two groups in cells of the same month, tenure,
 * price and stratum (a segment, say):
 *
 *	 treated	entries of customers who had something to lose
 *	 control	on the 15th of every month, the customers who hold donors or
 *				did in the look-back, and have never been in the focal
 *				product, observed exactly as an entry on that day would be;
 *				who enters before the end of the look-ahead is censored then
 *
 * Customers who had lost something before the day have cells of their own: they
 * have little more to lose, and rarely enter.
 *
 * The verdict weighs the losses of the control by the number of treated
 * customers, cell by cell: what the donors would have lost anyway.
 *
 * Life of a state: empty; told its windows by the first customer; growing in
 * any order; merged with states of the same windows; encoded as canonical
 * bytes.  Cells are made when something falls into them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_H
#define CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_H

#include "core/cannibalization/shares.h"
#include "core/util/sorted_dictionary.h"

/* Customers observed, and how many of them lost what donors brought before */
typedef struct Outcome
{
	int64_t observed;
	int64_t lost;		   /* brought less at the end of the look-ahead */
	int64_t at_risk;	   /* did not yet, STEP_DAYS before that */
	int64_t step_lost;	   /* of those: did at the end */
	int64_t censored;	   /* had lost nothing when they entered */
	int64_t censored_days; /* of those: days until then */
	Wide before;
	Wide lost_mrr;
	Wide censored_before;
} Outcome;

#define STEP_DAYS 30

/* What stands for a channel that is not told */
#define NO_CHANNEL "(none)"

#define TENURE_BANDS 5
#define PRICE_BANDS 24
#define WHOLE_BANDS (TENURE_BANDS * PRICE_BANDS)

/* Bands of who is whole on the day, and of who had lost something before it */
#define BANDS (2 * WHOLE_BANDS)

/* A cell: entries are few, and most have none */
typedef struct Match
{
	Outcome control;
	int32_t treated; /* number in the window's statistics plus one, 0: nobody */
} Match;

/* The cells of a stratum in a month; numbers of cells plus one, 0: none */
typedef struct StratumMonth
{
	int32_t stratum;
	Period month;
	int32_t cells[BANDS];
} StratumMonth;

/* What entries took from one donor */
typedef struct DonorLoss
{
	int64_t entries;
	Wide lost;
} DonorLoss;

typedef struct WindowStats
{
	Window window;
	int64_t kinds[ENTRY_KINDS];
	int64_t persons; /* with a matured entry */
	int64_t control_customers;
	int64_t entry_squares;	/* sums over persons: of matured entries, squared */
	int64_t losing_squares; /* of those that lost something, squared */
	int64_t losing_entries; /* of their product */
	int64_t focal_lines;
	int64_t before_lines;
	Wide focal;	 /* of matured entries, as all money here */
	Wide before; /* what donors brought */
	Wide lost;
	Wide lost_squares;	 /* sums over persons, at SQUARE_SCALE twice */
	Wide cross_products; /* lost times focal */
	Wide focal_squares;
	int ndonors;
	DonorLoss *donors; /* by number of the donor's name */
	int nstratum_months;
	int stratum_month_room;
	int hint;					   /* the stratum and month asked for last */
	StratumMonth **stratum_months; /* by stratum and month */
	int ncells;
	int cell_room;
	Match *cells;
	int ntreated;
	int treated_room;
	Outcome *treated;
} WindowStats;

/* Decimals of the amounts that are squared: enough for an error's width */
#define SQUARE_SCALE 4

typedef struct Cannibalization
{
	Context context;
	bool adopted;
	Day as_of;
	int32_t gap;
	int scale;
	SortedDictionary strata;
	SortedDictionary donors;
	int64_t focal_days; /* days of focal runs seen, and runs seen to end */
	int64_t focal_ends;
	int nwindow_stats;
	WindowStats *window_stats; /* by look-back and look-ahead */

	/* by month: the day on which the control is observed; while adding */
	Period first_month;
	Day *control_days;
} Cannibalization;

/*
 * The control of one stratum before it is added to the cells, as differences
 * from month to month: most customers stay in one cell for many months, which
 * is one more in the first of them and one less in the month after the last.
 */
typedef struct Delta
{
	int64_t observed;
	Wide before;
} Delta;

#define CONTROL_MONTHS 1024
#define DELTA_MONTHS 64 /* that lie together */

/*
 * By month from first_month on, of each window or look-back; months in which
 * nothing begins or ends have none
 */
typedef struct DeltaBand
{
	Delta *months[CONTROL_MONTHS / DELTA_MONTHS + 1];
} DeltaBand;

typedef struct DeltaArrays
{
	int count; /* of windows' statistics, or of look-backs */
	DeltaBand *bands[BANDS];
} DeltaArrays;

#define CANNIBALIZATION_VERSION 2
#define MAX_WINDOW_STATS 400

extern Cannibalization *cannibalization_new(Context context);
extern void cannibalization_adopt(Cannibalization *state, Day as_of,
								  int32_t gap, const Window *windows,
								  int nwindows);
extern void cannibalization_add(Cannibalization *state,
								const Trajectory *trajectory,
								const Label *stratum, DeltaArrays *deltas);
extern void cannibalization_add_channel(Cannibalization *state,
										const Trajectory *trajectory,
										const Label *stratum,
										const Label *channel);
extern DeltaArrays *delta_arrays_new(int count);
extern void delta_arrays_close(DeltaArrays *deltas);
extern void delta_arrays_settle(DeltaArrays *deltas, Cannibalization *state,
								const Label *stratum);
extern void cannibalization_merge(Cannibalization *into,
								  const Cannibalization *more);
extern void cannibalization_merge_control(Cannibalization *into,
										  const Cannibalization *more);
extern void cannibalization_encode(const Cannibalization *state,
								   ByteWriter *writer);
extern Cannibalization *cannibalization_decode(Context context,
											   const void *data, size_t size);

/* Parts that the files of this state share */
extern void cannibalization_scale(Cannibalization *state, int scale);
extern int compare_window_stats(const void *a, const void *b);
extern void outcome_add(Outcome *into, const Outcome *more);
extern void outcome_rescale(Outcome *outcome, int from, int to);
extern Outcome *match_treat(const Cannibalization *state, WindowStats *stats,
							Match *cell);
extern void window_stats_donors(const Cannibalization *state,
								WindowStats *stats);
extern StratumMonth *window_stats_stratum_month(Cannibalization *state,
												WindowStats *stats,
												int32_t stratum, Period month);
extern void window_stats_reserve(Cannibalization *state, WindowStats *stats,
								 int more);
extern Match *stratum_month_cell(Cannibalization *state, WindowStats *stats,
								 StratumMonth *stratum_month, int band);

static inline int64_t
window_stats_matured(const WindowStats *stats)
{
	int64_t matured = 0;

	for (int kind = 0; kind < ENTRY_PENDING; kind++)
		matured += stats->kinds[kind];
	return matured;
}

/* The treated customers of a cell */
static inline const Outcome *
match_treated(const WindowStats *stats, const Match *cell)
{
	static const Outcome nobody = {0};

	return cell->treated > 0 ? &stats->treated[cell->treated - 1] : &nobody;
}

/* Matured entries of customers who had something to lose */
static inline int64_t
window_stats_own_base(const WindowStats *stats)
{
	return stats->kinds[ENTRY_ADD] + stats->kinds[ENTRY_SWITCH] +
		   stats->kinds[ENTRY_PARTIAL];
}

static inline int64_t
window_stats_losing(const WindowStats *stats)
{
	return stats->kinds[ENTRY_SWITCH] + stats->kinds[ENTRY_PARTIAL];
}

#endif /* CVM_CORE_CANNIBALIZATION_CANNIBALIZATION_H */
