/*
 * money.h
 *		Exact decimal sums: a 128-bit mantissa and a scale.
 *
 * A state keeps one scale, the largest it has seen, so that sums do not depend
 * on the order of addition and equal sums have equal bytes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_MONEY_H
#define CVM_CORE_UTIL_MONEY_H

#include "core/util/bytes.h"

#define MONEY_MAX_SCALE 30

extern void money_overflow(void) __attribute__((noreturn));
extern Wide money_power(int exponent);
extern Wide money_enlarge(Wide mantissa, int by);
extern Wide money_share(Wide amount, Wide part, Wide whole, Wide *remainder);

static inline Wide
money_add(Wide a, Wide b)
{
	Wide sum;

	if (__builtin_add_overflow(a, b, &sum))
		money_overflow();
	return sum;
}

static inline Wide
money_subtract(Wide a, Wide b)
{
	Wide rest;

	if (__builtin_sub_overflow(a, b, &rest))
		money_overflow();
	return rest;
}

static inline int64_t
count_add(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		runtime_error(RUNTIME_OUT_OF_RANGE, NULL, "count out of range");
	return sum;
}

static inline int64_t
count_subtract(int64_t a, int64_t b)
{
	int64_t rest;

	if (__builtin_sub_overflow(a, b, &rest))
		runtime_error(RUNTIME_OUT_OF_RANGE, NULL, "count out of range");
	return rest;
}

/* Bring a mantissa to a scale that is not smaller. */
static inline Wide
money_rescale(Wide mantissa, int from, int to)
{
	return from == to ? mantissa : money_enlarge(mantissa, to - from);
}

/* The same, where it stands. */
static inline void
money_rescale_at(Wide *mantissa, int from, int to)
{
	*mantissa = money_rescale(*mantissa, from, to);
}

#endif /* CVM_CORE_UTIL_MONEY_H */
