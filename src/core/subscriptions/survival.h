/*
 * survival.h
 *		How long customers stay: times to churn, of which some are not over.
 *
 * A customer was seen for so long, and then churned, from one of several
 * causes, or not yet; some were under observation only from a later age on
 * (left truncation).  The state counts how many of each there were at each
 * age, so it is small, exact and merges by addition; estimates are made when
 * it is read.
 *
 *	 Kaplan and Meier (1958): the product of 1 - events / at risk.  At equal
 *	 ages events come before censoring; who enters at an age is at risk after
 *	 it.  Greenwood's variance; limits plain, log, log-log or logit.
 *	 Aalen and Johansen (1978): incidence of each cause among all.
 *	 Log-rank: Mantel's test of several groups, and its weighted relatives;
 *	 what is seen, expected and its variance add up over strata.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_SURVIVAL_H
#define CVM_CORE_SUBSCRIPTIONS_SURVIVAL_H

#include "core/subscriptions/holdings.h" /* Label */
#include "core/util/bytes.h"

/* What there were so many of at an age; from MARK_EVENT on, causes */
#define MARK_ENTERED 0
#define MARK_CENSORED 1
#define MARK_EVENT 2

typedef struct SurvivalMark
{
	int32_t age;
	int32_t kind;
	int64_t count;
} SurvivalMark;

typedef struct Survival
{
	Context context;
	int ncauses;
	Label *causes; /* as they came; bytes are in order and each in use */
	int nmarks;
	int room;
	SurvivalMark *marks; /* ascending by age, then kind */
} Survival;

/* An age at which customers leave observation */
typedef struct SurvivalAge
{
	int32_t age;
	int64_t at_risk;
	int64_t events;
	int64_t censored;
} SurvivalAge;

typedef enum Limits
{
	LIMITS_PLAIN,
	LIMITS_LOG,
	LIMITS_LOG_LOG,
	LIMITS_LOGIT
} Limits;

/* The estimate at an age; what is not defined is NaN */
typedef struct SurvivalPoint
{
	SurvivalAge at;
	double survival;
	double std_error;
	double low;
	double high;
	double hazard; /* Nelson and Aalen's cumulative hazard */
	double hazard_error;
} SurvivalPoint;

/* Incidence of one cause at an age */
typedef struct Incidence
{
	int32_t age;
	int64_t at_risk;
	int64_t events;
	double incidence;
	double std_error;
} Incidence;

/* How much each age weighs in a comparison of groups */
typedef enum Weight
{
	WEIGHT_LOG_RANK,	/* 1 */
	WEIGHT_GEHAN,		/* at risk */
	WEIGHT_TARONE_WARE, /* its square root */
	WEIGHT_PETO,		/* product of 1 - events / (at risk + 1), so far */
	WEIGHT_FLEMING		/* survival just before it */
} Weight;

typedef struct LogRank
{
	double chi_square;
	int degrees;
	double p_value;
} LogRank;

#define SURVIVAL_VERSION 1

extern Survival *survival_new(Context context);
extern void survival_add(Survival *survival, int32_t age, bool churned,
						 const Label *cause, const int32_t *entry);
extern void survival_add_counts(Survival *survival, int32_t age, int64_t lost,
								int64_t alive);
extern void survival_merge(Survival *into, const Survival *more);
extern void survival_encode(const Survival *survival, ByteWriter *writer);
extern Survival *survival_decode(Context context, const void *data,
								 size_t size);

extern Limits limits_of(const char *name, size_t size);
extern int survival_ages(const Survival *survival, SurvivalAge **ages);
extern int survival_points(const Survival *survival, double z, Limits limits,
						   SurvivalPoint **points);
extern void survival_first(const Survival *survival, double level, double z,
						   Limits limits, int32_t *first, bool *is_found);
extern int survival_incidence(const Survival *survival, int cause,
							  Incidence **rows);
extern double survival_mean(const Survival *survival, double until,
							double *std_error);
extern Weight weight_of(const char *name, size_t size);
extern LogRank survival_logrank(const Survival *const *groups, int ngroups,
								int nstrata, Weight weight);
extern double chi_square_tail(double x, int degrees);

#endif /* CVM_CORE_SUBSCRIPTIONS_SURVIVAL_H */
