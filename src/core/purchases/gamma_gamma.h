/*
 * gamma_gamma.h
 *		What customers spend at a purchase: the Gamma-Gamma model.
 *
 * Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (2013).  What a
 * customer spends is Gamma(p, nu) about a mean of their own, and nu is
 * Gamma(q, v) among customers; it has nothing to do with how often they buy.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_PURCHASES_GAMMA_GAMMA_H
#define CVM_CORE_PURCHASES_GAMMA_GAMMA_H

#include "core/purchases/sample.h"

/* p, q, v are the parameters, in this order */
extern void gamma_gamma_fit(const Purchases *purchases, PurchaseFit *fit);
extern double gamma_gamma_log_likelihood(const Purchases *purchases,
										 const double *parameters);
extern double gamma_gamma_value(const double *parameters, double frequency,
								double mean_value);

#endif /* CVM_CORE_PURCHASES_GAMMA_GAMMA_H */
