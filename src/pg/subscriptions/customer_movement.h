/*
 * customer_movement.h
 *		The waterfall of one customer as rows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SUBSCRIPTIONS_CUSTOMER_MOVEMENT_H
#define CVM_PG_SUBSCRIPTIONS_CUSTOMER_MOVEMENT_H

#include "postgres.h"

#include "core/subscriptions/customer_movement.h"
#include "nodes/execnodes.h"

/* Where the rows of a customer go: before the others the segment, if told */
typedef struct CustomerSink
{
	ReturnSetInfo *result;
	const Holdings *holdings;
	const Movement *movement;
	Datum segment;
	bool has_segment;
} CustomerSink;

/* A CustomerMovementEmit whose argument is a CustomerSink */
extern void customer_row_take(void *arg, const CustomerMovement *row);

#endif /* CVM_PG_SUBSCRIPTIONS_CUSTOMER_MOVEMENT_H */
