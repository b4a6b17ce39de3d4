/*
 * types.h
 *		Datums of the state types to structures of the cores.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_TYPES_H
#define CVM_PG_TYPES_H

#include "core/retention/lifecycle.h"
#include "core/retention/retention.h"
#include "fmgr.h"
#include "pg/state_type.h"

extern Activity *activity_read(Datum datum);
extern StateBytes activity_bytes(Datum datum);
extern Tenure *tenure_datum(Datum datum);
extern const Retention *retention_read(Datum datum);
extern Datum retention_make(const Retention *retention);
extern Datum lifecycle_make(const Lifecycle *lifecycle);

extern Datum day_datum(int64 day, bool *isnull);

#endif /* CVM_PG_TYPES_H */
