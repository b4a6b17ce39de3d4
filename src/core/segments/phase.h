/*
 * phase.h
 *		Where in its life a customer is.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_PHASE_H
#define CVM_CORE_SEGMENTS_PHASE_H

#include "core/subscriptions/steps.h"

/* In the order in which they are tried: the first that fits counts */
typedef enum Phase
{
	PHASE_PROSPECT,		  /* never paid */
	PHASE_WINBACK_TARGET, /* does not pay, left not long ago */
	PHASE_LOST,			  /* does not pay */
	PHASE_AT_RISK,		  /* asked to leave */
	PHASE_REACTIVATED,	  /* came back not long ago */
	PHASE_ONBOARDING,	  /* came not long ago */
	PHASE_RENEWAL,		  /* something held ends soon */
	PHASE_GROWTH,		  /* bought something not long ago */
	PHASE_MATURE		  /* none of that */
} Phase;

/* How many days "soon" and "not long ago" are */
typedef struct PhaseTerms
{
	int32_t winback;
	int32_t reactivated;
	int32_t onboarding;
	int32_t renewal;
	int32_t growth;
	int32_t gap; /* a lapse of up to so many days is none */
} PhaseTerms;

/* No day: never asked to leave, or a phase without a beginning */
#define NO_DAY INT64_MAX

extern const char *phase_name(Phase phase);
extern Phase phase_of(const Holdings *holdings, Day as_of, int64_t risk_since,
					  int64_t known_from, const PhaseTerms *terms,
					  int64_t *since);

#endif /* CVM_CORE_SEGMENTS_PHASE_H */
