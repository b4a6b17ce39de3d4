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
#include "pg/agg_state.h"
#include "pg/state_type.h"

extern Activity *activity_read(Datum datum);
extern StateBytes activity_bytes(Datum datum);
extern Tenure *tenure_datum(Datum datum);
extern const Retention *retention_read(Datum datum);
extern Datum retention_make(const Retention *retention);
extern Datum lifecycle_make(const Lifecycle *lifecycle);

/* Of types that are read and made elsewhere too, by expanded_flat() */
extern const ExpandedType movement_state;
extern const ExpandedType revenue_retention_state;
extern const ExpandedType segment_flow_state;
extern const ExpandedType survival_state;

extern Datum day_datum(int64 day, bool *isnull);

#endif /* CVM_PG_TYPES_H */
