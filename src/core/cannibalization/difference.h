/*
 * difference.h
 *		Differences in differences of shares.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CANNIBALIZATION_DIFFERENCE_H
#define CVM_CORE_CANNIBALIZATION_DIFFERENCE_H

#include "core/runtime.h"

/* So many of n */
typedef struct Share
{
	int64_t hits;
	int64_t n;
} Share;

typedef struct Difference
{
	double before_after;
	double between_groups;
	double difference;
	double error;
} Difference;

extern Difference difference_of(Share treated_before, Share treated_after,
								Share control_before, Share control_after);

#endif /* CVM_CORE_CANNIBALIZATION_DIFFERENCE_H */
