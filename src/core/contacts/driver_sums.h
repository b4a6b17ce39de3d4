/*
 * driver_sums.h
 *		What is known of drivers of value, added up by segment and month: of
 *		answers, of which the last one of each customer in a month counts, and
 *		of what customers do.
 *
 * Sums are exact.  Numbers below a million with up to six decimals are added up
 * as whole numbers; of others those that are alike are counted (is_odd).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_DRIVER_SUMS_H
#define CVM_CORE_CONTACTS_DRIVER_SUMS_H

#include "core/contacts/cell_table.h"
#include "core/contacts/driver_names.h"
#include "core/util/money.h"

/* What is told of a line: none of these is an answer */
#define DRIVER_SPELL 1
#define DRIVER_WEIGHED 2 /* of an answer: it tells how important that is */
/* Of behaviour, by up to two metrics: whether it is known, and whether it was so */
#define DRIVER_BEHAVIOUR(metric) (4u << 2 * (metric))
#define DRIVER_IS_SO(metric) (8u << 2 * (metric))

/* An answer, something that was done, or a spell that is paid for */
typedef struct DriverLine
{
	MemberLine member; /* its name is that of the group or metric */
	union
	{
		struct
		{
			int64_t at; /* moment */
			double score;
			double importance;
		} answer;
		struct
		{
			Wide mrr;
			int32_t scale;
		} spell;
	} as;
} DriverLine;

/* Parameters of lines */
#define DRIVER_MONTHS 0 /* before each, with which it is compared */
#define DRIVER_AS_OF 1	/* day */

typedef enum DriverWhat
{
	DRIVER_OWN,		/* a month: n, y and so on */
	DRIVER_WEIGHT,	/* importance, where it is odd */
	DRIVER_PAIR,	/* of customers in two months; other is the earlier one */
	DRIVER_OVERALL, /* beside what was said of all; other is its series */
	DRIVER_BELOW,	/* a floor; other is its number */
	DRIVER_SIDE		/* before (other 0) and after (1) a moment, the month */
} DriverWhat;

/* Places of sums; of DRIVER_OVERALL y is own and n what was said of all */
enum
{
	SUM_N,
	SUM_Y,
	SUM_YY,
	SUM_YN,
	SUM_NY,
	SUM_NN,
	SUM_AMOUNT, /* importance, or money */
	DRIVER_SUMS
};

#define DRIVER_DECIMALS 6 /* of a sum; of one of products twice as many */

typedef struct DriverCell
{
	CellKey key;
	DriverWhat what;
	bool is_odd;
	uint8_t
		decimals[DRIVER_SUMS]; /* that the numbers had; of money, its scale */
	int32_t series;
	int32_t other;
	int64_t customers;
	int64_t importances;
	Wide sums[DRIVER_SUMS];
	double odd[2];
	int64_t odd_n; /* not 0: the first one is to be divided by it */
} DriverCell;

/* The cells of lines that are a DriverLine each; the lines are forgotten. */
extern void driver_sums(MemberLines *members, const DriverNames *names,
						Context context, CellTable *cells);

#endif /* CVM_CORE_CONTACTS_DRIVER_SUMS_H */
