/*
 * wilson.h
 *		Confidence limits of a proportion.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_UTIL_WILSON_H
#define CVM_CORE_UTIL_WILSON_H

#include "core/runtime.h"

extern double normal_quantile(double p);
extern double conf_to_z(double conf);
extern void wilson(int64_t hits, int64_t n, double z, double *low,
				   double *high);
extern void wilson_share(double share, double size, double z, double *low,
						 double *high);

extern void newcombe(int64_t hits_a, int64_t n_a, int64_t hits_b, int64_t n_b,
					 double z, double correlation, double *low, double *high);
extern double newcombe_p(int64_t hits_a, int64_t n_a, int64_t hits_b,
						 int64_t n_b, double correlation);

#endif /* CVM_CORE_UTIL_WILSON_H */
