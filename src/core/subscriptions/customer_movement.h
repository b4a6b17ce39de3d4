/*
 * customer_movement.h
 *		The waterfall of one customer: which line, how much, and why.
 *
 * The lines are those of a waterfall of nobody else (movement.h), so that
 * customers add up to everybody's by construction.  What the customer held when
 * a period opened and when it closed tells why money moved.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SUBSCRIPTIONS_CUSTOMER_MOVEMENT_H
#define CVM_CORE_SUBSCRIPTIONS_CUSTOMER_MOVEMENT_H

#include "core/subscriptions/movement.h"

typedef enum MovementCause
{
	CAUSE_FIRST,	   /* a customer comes */
	CAUSE_RETURN,	   /* comes back */
	CAUSE_LEFT,		   /* leaves */
	CAUSE_TO_FREE,	   /* keeps a line that brings nothing */
	CAUSE_SEGMENT,	   /* is in another segment */
	CAUSE_SAME_PERIOD, /* came and went */
	CAUSE_PAUSE,	   /* a pause began, ended or lasted too long */
	CAUSE_PLAN,		   /* holds one product in place of another */
	CAUSE_NEW_PRODUCT,
	CAUSE_LEFT_PRODUCT,
	CAUSE_QUANTITY, /* more or fewer lines of the same products */
	CAUSE_PROMOTION,
	CAUSE_PROMOTION_END,
	CAUSE_PRICE,
	MOVEMENT_CAUSES
} MovementCause;

typedef struct CustomerMovement
{
	Period period;
	MovementLine line;
	int64_t customers; /* as the waterfall counts: losses are negative */
	Wide change;
	Wide before; /* paid when the period opened, whatever the segment */
	Wide after;	 /* and when it closed */
	MovementCause cause;
	int32_t product; /* the one that brings most of those that explain it */
	int32_t from_product; /* in whose place it is held, or -1 */
} CustomerMovement;

typedef void (*CustomerMovementEmit)(void *arg, const CustomerMovement *row);

extern const char *movement_line_name(MovementLine line);
extern const char *movement_cause_name(MovementCause cause);
extern void customer_movements(const Holdings *holdings,
							   const Movement *movement, Day since, Day until,
							   CustomerMovementEmit emit, void *arg);

#endif /* CVM_CORE_SUBSCRIPTIONS_CUSTOMER_MOVEMENT_H */
