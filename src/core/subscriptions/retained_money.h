/*
 * retained_money.h
 *		What is left of a customer's money after so many periods: from closing
 *		to closing, whatever happened in between.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_RETAINED_MONEY_H
#define CVM_CORE_SUBSCRIPTIONS_RETAINED_MONEY_H

#include "core/retention/lifecycle.h" /* Held */
#include "core/subscriptions/steps.h"

/* From a closing on, what differs from the closing before */
typedef struct RetainedChange
{
	Period period;
	int64_t customers; /* who paid so many periods before */
	Wide opening;	   /* what they brought then */
	Wide gross;		   /* of that, what they bring still */
	Wide net;		   /* and all that they bring */
} RetainedChange;

typedef void (*RetainedEmit)(void *arg, const RetainedChange *change);

extern void retained_money_of(const Level *levels, int nlevels,
							  const Held *held, int nheld, Calendar calendar,
							  Day as_of, int32_t periods, RetainedEmit take,
							  void *arg);

#endif /* CVM_CORE_SUBSCRIPTIONS_RETAINED_MONEY_H */
