/*
 * kept.h
 *		What is left of a customer's money after so many periods: from closing
 *		to closing, whatever happened in between.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_KEPT_H
#define CVM_CORE_SUBSCRIPTIONS_KEPT_H

#include "core/retention/lifecycle.h" /* Held */
#include "core/subscriptions/steps.h"

/* From a closing on, what differs from the closing before */
typedef struct KeptChange
{
	Period period;
	int64_t customers; /* who paid so many periods before */
	Wide opening;	   /* what they brought then */
	Wide gross;		   /* of that, what they bring still */
	Wide net;		   /* and all that they bring */
} KeptChange;

typedef void (*KeptEmit)(void *arg, const KeptChange *change);

extern void kept_of(const Level *levels, int nlevels, const Held *held,
					int nheld, Calendar calendar, Day as_of, int32_t periods,
					KeptEmit take, void *arg);

#endif /* CVM_CORE_SUBSCRIPTIONS_KEPT_H */
