/*
 * verdict.h
 *		What the statistics of a window of cannibalization says: rates, the
 *		control, break-even, and a verdict with its reason.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CANNIBALIZATION_VERDICT_H
#define CVM_CORE_CANNIBALIZATION_VERDICT_H

#include "core/cannibalization/cannibalization.h"

/* NAN: not known, in terms as well as in figures */
typedef struct VerdictTerms
{
	double focal_margin; /* per line and month */
	double donor_margin;
	double focal_price; /* unknown: the mean of what was paid */
	double donor_price;
	double launch_cost;
	double focal_churn; /* per month; unknown: as observed */
	double donor_churn;
	bool by_value; /* decide on the value rate */
	double conf;
	int64_t min_entries;
	double min_matured;
} VerdictTerms;

typedef struct Estimate
{
	double rate;
	double low;
	double high;
} Estimate;

typedef enum Judgement
{
	ACCRETIVE,
	VALUE_DESTROYING,
	INCONCLUSIVE,
	IMMATURE,
	NO_DATA,
	NOT_IDENTIFIED
} Judgement;

/*
 * Entries of customers who had lost nothing before, or who had, in cells that have
 * a control: and what the control loses anyway, at the entries' weights.
 */
typedef struct Compared
{
	double entries;
	double losing;
	double money;
	double rate;
} Compared;

/* What donor holders lose without the focal product, weighed like entries */
typedef struct Control
{
	int64_t customers;
	Compared compared[2];
	double matched; /* share of the entries that have a control in cells */
	double loss_rate;
	double loss_variance;
	double money_rate; /* share of the money */
	double money_variance;
	double step_rate; /* of those still whole STEP_DAYS before the end */
} Control;

typedef struct Verdict
{
	int64_t entries;
	int64_t matured;
	double own_base_share;
	/* effective sample size: entries over the design effect of customers who
	 * enter several times */
	double effective;
	Estimate unit;
	Estimate value;
	Control control;
	Estimate corrected;
	Estimate corrected_value;
	double step_rate; /* of the entries, as in Control */
	double focal_churn;
	double donor_churn;
	double break_even_unit;
	double break_even_value;
	double break_even_lifetime;
	double net_margin; /* per month, of the matured entries */
	Judgement judgement;
	char reason[640];
} Verdict;

extern const char *judgement_name(Judgement judgement);
extern Control control_of(const WindowStats *stats);
extern void verdict_reach(const Cannibalization *state,
						  const WindowStats *stats, const VerdictTerms *terms,
						  Verdict *verdict);
extern double break_even(double focal, double donor, double cost,
						 double entries);

#endif /* CVM_CORE_CANNIBALIZATION_VERDICT_H */
