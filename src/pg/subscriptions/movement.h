/*
 * movement.h
 *		What functions over one customer's waterfall share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SUBSCRIPTIONS_MOVEMENT_H
#define CVM_PG_SUBSCRIPTIONS_MOVEMENT_H

#include "core/subscriptions/movement.h"

extern void movement_add_holdings(Movement *movement, const Holdings *holdings,
								  int32 pause_days, const Held *held,
								  int nheld);

#endif /* CVM_PG_SUBSCRIPTIONS_MOVEMENT_H */
