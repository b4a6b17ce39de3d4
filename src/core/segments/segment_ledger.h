/*
 * segment_ledger.h
 *		Segment flows from raw rows in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_LEDGER_H
#define CVM_CORE_SEGMENTS_SEGMENT_LEDGER_H

#include "core/segments/segment.h"
#include "core/subscriptions/ledger.h"

/* Walk every customer of a ledger into a flow. */
extern void segment_ledger_finish(Ledger *ledger, SegmentFlow *flow, int span);

#endif /* CVM_CORE_SEGMENTS_SEGMENT_LEDGER_H */
