/*
 * bg_nbd.h
 *		Buying and dropping out: the BG/NBD model.
 *
 * Fader, Hardie and Lee, "Counting Your Customers the Easy Way" (2005).  A
 * customer buys at a rate of their own, Gamma(r, alpha) among customers, and
 * after each purchase drops out with a probability of their own, Beta(a, b).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_PURCHASES_BG_NBD_H
#define CVM_CORE_PURCHASES_BG_NBD_H

#include "core/purchases/sample.h"

/* r, alpha, a, b are the parameters, in this order */
extern void bg_nbd_fit(const Purchases *purchases, double unit_days,
					   PurchaseFit *fit);
extern double bg_nbd_log_likelihood(const Purchases *purchases,
									double unit_days, const double *parameters);
extern double bg_nbd_alive(const double *parameters, int32_t frequency,
						   double recency, double age);
extern double bg_nbd_purchases(const double *parameters, int32_t frequency,
							   double recency, double age, double ahead);

#endif /* CVM_CORE_PURCHASES_BG_NBD_H */
