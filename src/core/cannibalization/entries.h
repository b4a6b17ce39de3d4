/*
 * entries.h
 *		A customer's entries into a focal product, and what became of the
 *		donors: the products that the customer may have given up for it.
 *
 * A focal run goes on while the next focal spell starts no more than gap days
 * after the last one ended; its first day is an entry.  What donors brought at
 * best in the look_back days before the entry (before) is compared with what
 * they bring look_ahead days after it (after):
 *
 *	 new		no donor and no focal spell ever before
 *	 winback	before is 0, though there was a spell earlier
 *	 add		after >= before > 0
 *	 partial	before > after > 0
 *	 switch		before > 0, after is 0
 *	 pending	look_ahead days have not been observed yet, whatever the past
 *
 * as_of is the first day not observed, but the midnight with which it begins
 * is seen: what ends then has ended, what starts then has started, so that a
 * spell may be cut there as anywhere.  An entry on as_of itself belongs to a
 * day not observed; one on as_of - look_ahead is just mature.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CANNIBALIZATION_ENTRIES_H
#define CVM_CORE_CANNIBALIZATION_ENTRIES_H

#include "core/subscriptions/steps.h"

/* What a product is to the parameters */
typedef enum Side
{
	SIDE_NONE,
	SIDE_FOCAL,
	SIDE_DONOR
} Side;

typedef struct Window
{
	int32_t look_back;
	int32_t look_ahead;
} Window;

typedef enum EntryKind
{
	ENTRY_NEW,
	ENTRY_WINBACK,
	ENTRY_ADD,
	ENTRY_SWITCH,
	ENTRY_PARTIAL,
	ENTRY_PENDING,
	ENTRY_KINDS
} EntryKind;

/* What one side brings from a day on, and how many lines that is */
typedef struct SideLevel
{
	Day day;
	Day since; /* the day from which on it has been paid without a break */
	int32_t lines;
	Wide mrr;
} SideLevel;

typedef struct FocalRun
{
	Day start;
	Day end; /* first day not held; as_of where it goes on */
	bool ended;
	int32_t channel; /* in which it was sold, the first by name; -1: not told */
	int32_t offer;	 /* under which it was, likewise */
} FocalRun;

/*
 * A customer as the parameters have them seen: set once, asked for any day, and set
 * again for the next one; begins as zeros.
 */
typedef struct Trajectory
{
	const Holdings *holdings;
	const uint8_t *product_roles; /* Side, by product */
	Day as_of;
	Day first_spell; /* of either side; DAY_LAST: none */
	int nruns;
	FocalRun *runs;
	int nfocal;
	SideLevel *focal;
	int ndonor;
	SideLevel *donor;
	size_t room; /* steps, and levels of each side */
	Step *steps;
} Trajectory;

/* Donors before and after a day */
typedef struct Passing
{
	Wide before;
	Wide after;
	Wide last;	   /* on the day before: less, where some was lost already */
	int32_t lines; /* that brought before */
	Day peak;	   /* last day on which they brought that much */
	Day since;	   /* the day from which on they were paid, then */
} Passing;

typedef struct Entry
{
	Day day;
	EntryKind kind;
	bool matured;
	Passing donor; /* after: of matured entries only */
	Wide focal;	   /* what the focal products bring on the day */
	int32_t focal_lines;
	Wide lost; /* before - after where that is more than 0 */
	const FocalRun *run;
} Entry;

extern const char *entry_kind_name(EntryKind kind);
extern void window_check(Window window);
extern void gap_check(int32_t gap);
extern void trajectory_set(Trajectory *trajectory, const Holdings *holdings,
						   const uint8_t *product_roles, Day as_of,
						   int32_t gap);
extern void trajectory_close(Trajectory *trajectory);
extern Wide trajectory_donors(const Trajectory *trajectory, int64_t day);
extern Passing trajectory_passing(const Trajectory *trajectory, Day day,
								  Window window);
extern Entry trajectory_entry(const Trajectory *trajectory, int number,
							  Window window);

static inline bool
trajectory_matured(const Trajectory *trajectory, Day day, Window window)
{
	return (int64_t) day + window.look_ahead <= trajectory->as_of;
}

#endif /* CVM_CORE_CANNIBALIZATION_ENTRIES_H */
