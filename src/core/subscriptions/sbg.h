/*
 * sbg.h
 *		Projection of survival: the shifted-beta-geometric model.
 *
 * Fader and Hardie, "How to Project Customer Retention" (2007), and on its
 * residual lifetime "Customer-Base Valuation in a Contractual Setting" (2010).
 * Every customer churns at each renewal with a probability of their own, which
 * is Beta(alpha, beta) among customers; those likely to churn go first, so
 * retention rises with age without anybody changing.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_SBG_H
#define CVM_CORE_SUBSCRIPTIONS_SBG_H

#include "core/subscriptions/survival.h"

typedef struct Sbg
{
	double alpha;
	double beta;
	double alpha_error; /* standard errors */
	double beta_error;
	double covariance;
	double log_likelihood;
	int64_t customers;
	int64_t lost;
	int32_t periods;
} Sbg;

extern void sbg_fit(const Survival *survival, Sbg *fit);
extern bool sbg_fit_counts(int32_t nperiods, const int64_t *at_risk,
						   const int64_t *lost, Sbg *fit);
extern double sbg_log_likelihood(const Survival *survival, double alpha,
								 double beta);
extern double sbg_survival(double alpha, double beta, int32_t periods);
extern double sbg_lifetime(double alpha, double beta, double discount,
						   int32_t renewals);

#endif /* CVM_CORE_SUBSCRIPTIONS_SBG_H */
