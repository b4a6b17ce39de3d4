/*
 * adding.h
 *		A customer on the way into a state of cannibalization.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CANNIBALIZATION_ADDING_H
#define CVM_CORE_CANNIBALIZATION_ADDING_H

#include "core/cannibalization/cannibalization.h"

typedef struct Adding
{
	Cannibalization *state;
	const Trajectory *trajectory;
	const Label *stratum;
	const Label *channel; /* the entries that count; NULL: all */
	int32_t number;		  /* of the stratum; -1: not yet asked for */
	int scale;			  /* of the customer's money */
	PeriodCache *months;
	DeltaArrays *deltas; /* for months in which nothing happens, or NULL */
} Adding;

static inline Wide
scaled(const Adding *adding, Wide mrr)
{
	return money_rescale(mrr, adding->scale, adding->state->scale);
}

#define CONTROL_DAY 14 /* days into a month: the control is observed then */

static const int control_tenures[TENURE_BANDS - 1] = {90, 180, 365, 730};

/* The band of tenure of somebody who has paid for so many days */
static inline int
tenure_band(int64_t days)
{
	int band = 0;

	while (band < TENURE_BANDS - 1 && days >= control_tenures[band])
		band++;
	return band;
}

/* Price by doublings */
static inline int
price_band(Wide price, int scale)
{
	int doublings;

	/* small numbers divide faster */
	if (price <= INT64_MAX && scale <= 4)
	{
		static const int64_t powers[] = {1, 10, 100, 1000, 10000};

		price = (int64_t) price / powers[scale];
	}
	else
		price /= money_power(scale);
	if (price == 0)
		return 0;
	doublings = price > INT64_MAX
					? PRICE_BANDS
					: 64 - __builtin_clzll((unsigned long long) price);
	return doublings < PRICE_BANDS - 1 ? doublings : PRICE_BANDS - 1;
}

/* The band of days paid for, price, and whether some was lost before the day */
static inline int
band_of(int64_t days, int price, bool has_lost)
{
	return has_lost * WHOLE_BANDS + tenure_band(days) * PRICE_BANDS + price;
}

/* The number of the customer's stratum. */
static inline int32_t
stratum_number(Adding *adding)
{
	if (adding->number < 0)
		adding->number =
			sorted_dictionary_intern(&adding->state->strata, adding->stratum);
	return adding->number;
}

/* The cell of a month and band; good until the next call. */
static inline Match *
cell_of(Adding *adding, WindowStats *stats, Period month, int band)
{
	StratumMonth *stratum_month = window_stats_stratum_month(
		adding->state, stats, stratum_number(adding), month);

	return stratum_month_cell(adding->state, stats, stratum_month, band);
}

/* Go to the last level that begins on a day or before it, from at on. */
static inline int
level_on(const Trajectory *trajectory, int at, int64_t day)
{
	while (at + 1 < trajectory->ndonor && trajectory->donor[at + 1].day <= day)
		at++;
	return at;
}

/* The level at which most was brought, the last of them. */
static inline const SideLevel *
best_level(const SideLevel *levels, int first, int last)
{
	const SideLevel *best = &levels[first];

	for (int i = first + 1; i <= last; i++)
		if (levels[i].mrr >= best->mrr)
			best = &levels[i];
	return best;
}

extern Period control_days_fill(PeriodCache *months, Day as_of,
								Day *control_days);
/* What one of the windows or look-backs has of a month; NULL: nothing near it does */
static inline const Delta *
delta_at(const DeltaArrays *deltas, const DeltaBand *band, ptrdiff_t number,
		 int32_t month)
{
	const Delta *months = band->months[month / DELTA_MONTHS];

	return months != NULL
			   ? &months[(size_t) (month % DELTA_MONTHS) * deltas->count +
						 number]
			   : NULL;
}

extern void delta_arrays_add(DeltaArrays *deltas, ptrdiff_t number, int band,
							 int32_t from, int32_t to, Wide before);
extern void add_treated(Adding *adding, WindowStats *stats, const Entry *entry);
extern void add_control(Adding *adding, WindowStats *stats);

#endif /* CVM_CORE_CANNIBALIZATION_ADDING_H */
