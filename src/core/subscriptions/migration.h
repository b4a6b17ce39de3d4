/*
 * migration.h
 *		Who goes from which product to which, period by period.
 *
 * A customer's products at one closing and at the next are set side by side.
 * Those of both are not looked at; of the others, what was lost and what was
 * gained are paired, the dearest with the dearest.  What has no partner went
 * out or came in.  So every product that a customer loses or gains appears
 * once, and a product's opening plus arrivals less departures is its closing.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_MIGRATION_H
#define CVM_CORE_SUBSCRIPTIONS_MIGRATION_H

#include "core/subscriptions/steps.h"

typedef struct Migration
{
	Period period;
	int32_t from; /* number of a product, or -1: came in */
	int32_t to;	  /* likewise, or -1: went out */
	Wide from_mrr;
	Wide to_mrr;
} Migration;

typedef void (*MigrationEmit)(void *arg, const Migration *migration);

extern void migrations_of(const Step *steps, int nsteps, int nproducts,
						  Calendar calendar, MigrationEmit take, void *arg);

#endif /* CVM_CORE_SUBSCRIPTIONS_MIGRATION_H */
