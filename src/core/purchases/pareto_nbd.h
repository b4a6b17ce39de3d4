/*
 * pareto_nbd.h
 *		Buying and dropping out: the Pareto/NBD model.
 *
 * Schmittlein, Morrison and Colombo (1987).  A customer buys at a rate of their
 * own, Gamma(r, alpha) among customers, and drops out at any time, at a rate of
 * their own, Gamma(s, beta).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_PURCHASES_PARETO_NBD_H
#define CVM_CORE_PURCHASES_PARETO_NBD_H

#include "core/purchases/sample.h"

/* r, alpha, s, beta are the parameters, in this order */
extern void pareto_nbd_fit(const Purchases *purchases, double unit_days,
						   PurchaseFit *fit);
extern double pareto_nbd_log_likelihood(const Purchases *purchases,
										double unit_days,
										const double *parameters);
extern double pareto_nbd_alive(const double *parameters, int32_t frequency,
							   double recency, double age);
extern double pareto_nbd_purchases(const double *parameters, int32_t frequency,
								   double recency, double age, double ahead);

#endif /* CVM_CORE_PURCHASES_PARETO_NBD_H */
