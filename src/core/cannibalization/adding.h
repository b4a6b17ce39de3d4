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

extern void add_treated(Adding *adding, WindowStats *stats, const Entry *entry);
extern void add_control(Adding *adding, WindowStats *stats);

#endif /* CVM_CORE_CANNIBALIZATION_ADDING_H */
