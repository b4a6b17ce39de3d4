/*
 * segment.h
 *		What both forms of segment_flow_agg() take.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SEGMENTS_SEGMENT_H
#define CVM_PG_SEGMENTS_SEGMENT_H

#include "postgres.h"

#include "core/segments/product_tiers.h"
#include "fmgr.h"
#include "utils/array.h"

extern ProductTiers *product_tiers_read(ArrayType *families);
extern int argument_span(FunctionCallInfo fcinfo, int argument);
extern void check_segment(const Label *segment);

#endif /* CVM_PG_SEGMENTS_SEGMENT_H */
