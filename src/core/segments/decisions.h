/*
 * decisions.h
 *		What became of each instalment of lines of subscriptions, by segment and
 *		number, from rows in any order.
 *
 * A customer's spells of a line are steps, at each of which so much is paid under
 * some terms; steps that follow one another, with lapses of a few days, are a
 * run.  Instalments are counted from the run's first day on, and what happens at
 * their ends is the same for a range of numbers:
 *
 *	 renewed		nothing changed but the price
 *	 upgraded		other terms, or another line the next day, for more
 *	 downgraded		the same for less
 *	 skipped		not paid for, and taken up again; or all that was due to be
 *					delivered in it was skipped
 *	 paused			what is held is paused
 *	 failed			the run ended, and nobody wanted it to
 *	 cancelled		it ended
 *
 * A range counts in each segment in which the customer was when the next
 * instalment was due.  What starts and ends is summed up, so that it does not
 * matter how rows are cut or whether they overlap.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_DECISIONS_H
#define CVM_CORE_SEGMENTS_DECISIONS_H

#include "core/contacts/line_name.h"
#include "core/contacts/member_lines.h"
#include "core/util/count_table.h"
#include "core/util/money.h"

/* Flags of a spell */
#define DECISION_PAUSED 1u
#define DECISION_FAILED 2u /* nobody wanted it to end */

/* Of a delivery, whose product is its name, if it is of one */
#define DECISION_DUE 4u
#define DECISION_SKIP 8u

#define DECISION_UNKNOWN INT32_MIN /* in place of months or days */

/* A spell of a line, what it is called lies in it, unless that is too long; or a delivery */
typedef struct DecisionLine
{
	MemberLine member; /* goes on: to is DECISION_OPEN */
	Wide mrr;
	int32_t terms;	/* two that are equal are the same terms */
	int32_t months; /* of an instalment */
	int32_t days;
	int32_t product; /* a name; -1: nobody asks for it */
	uint8_t scale;
	LineName name;
} DecisionLine;

#define DECISION_OPEN INT32_MAX

typedef enum DecisionOutcome
{
	DECISION_RENEWED,
	DECISION_UPGRADED,
	DECISION_DOWNGRADED,
	DECISION_SKIPPED,
	DECISION_IS_PAUSED,
	DECISION_HAS_FAILED,
	DECISION_CANCELLED
} DecisionOutcome;

/* How the names of lines are sorted: the first of two that are paid alike moves first. */
typedef int (*NameCompare)(void *arg, const Label *a, const Label *b);

typedef struct DecisionTerms
{
	Day as_of;
	int32_t lapse_days;
	NameCompare compare;
	void *arg;
} DecisionTerms;

/* Instalments of a number with an outcome in a segment */
typedef struct DecisionCount
{
	int32_t segment; /* a name's number, or IN_ALL_SEGMENTS */
	int32_t outcome;
	int32_t number;
	int32_t unused;
	/* the key ends here */
	int64_t instalments;
	int64_t customers;
	Wide mrr;
	Wide next_mrr;
} DecisionCount;

typedef void (*DecisionEmit)(void *arg, const DecisionCount *count, int scale);

extern const char *decision_name(DecisionOutcome outcome);
extern void decisions_count(MemberLines *members, const DecisionTerms *terms,
							DecisionEmit emit, void *arg);

#endif /* CVM_CORE_SEGMENTS_DECISIONS_H */
