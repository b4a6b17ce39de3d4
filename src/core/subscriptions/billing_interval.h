/*
 * billing_interval.h
 *		Words for how often somebody is billed: "month", "YEARLY", "P3M", "2 weeks".
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_BILLING_INTERVAL_H
#define CVM_CORE_SUBSCRIPTIONS_BILLING_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A month has so many of the interval: 1/12 of a year, 487/112 weeks. */
typedef struct BillingInterval
{
	int64_t numerator;
	int64_t denominator;
} BillingInterval;

/* How many months, or how many days, one has; 0: it is counted in the other. */
extern int64_t billing_interval_months(const BillingInterval *interval);
extern int64_t billing_interval_days(const BillingInterval *interval);

extern bool billing_interval_read(const char *word, size_t size,
								  BillingInterval *interval);

#endif /* CVM_CORE_SUBSCRIPTIONS_BILLING_INTERVAL_H */
