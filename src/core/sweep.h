/*
 * sweep.h
 *		A stored timeline straight into a triangle.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_SWEEP_H
#define CVM_SWEEP_H

#include "core/retention.h"

extern void retention_sweep(Retention *retention, const void *data, size_t size,
							Calendar calendar, Day as_of);

#endif /* CVM_SWEEP_H */
