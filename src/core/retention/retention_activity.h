/*
 * retention_activity.h
 *		A stored timeline straight into a triangle.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_RETENTION_RETENTION_ACTIVITY_H
#define CVM_CORE_RETENTION_RETENTION_ACTIVITY_H

#include "core/retention/retention.h"

extern void retention_add_activity(Retention *retention, const void *data,
								   size_t size, Calendar calendar, Day as_of);

#endif /* CVM_CORE_RETENTION_RETENTION_ACTIVITY_H */
