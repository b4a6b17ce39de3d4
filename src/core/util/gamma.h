/*
 * gamma.h
 *		The gamma function's logarithm and what it rises by.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_GAMMA_H
#define CVM_CORE_UTIL_GAMMA_H

#include "core/runtime.h"

/*
 * ln of (start)(start + 1)...(start + at - 1), its derivative by start, and
 * minus its second one, which grow as at does.
 */
typedef struct Rising
{
	double start;
	int32_t at;
	double logs;
	double inverses;
	double squares;
} Rising;

extern double log_gamma(double x);
extern void gamma_slopes(double x, double *first, double *second);
extern void rising_reach(Rising *rising, int32_t at);

#endif /* CVM_CORE_UTIL_GAMMA_H */
