/*
 * segment.h
 *		What both forms of segment_flow_agg() take.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_SEGMENT_DATUM_H
#define CVM_SEGMENT_DATUM_H

#include "postgres.h"

#include "core/ladder.h"
#include "fmgr.h"
#include "utils/array.h"

extern Ladder *ladder_read(ArrayType *families);
extern int argument_span(FunctionCallInfo fcinfo, int argument);
extern void check_segment(const Label *segment);

#endif /* CVM_SEGMENT_DATUM_H */
