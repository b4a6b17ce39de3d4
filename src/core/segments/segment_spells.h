/*
 * segment_spells.h
 *		Segment flows from raw rows in one pass.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_SEGMENT_SPELLS_H
#define CVM_CORE_SEGMENTS_SEGMENT_SPELLS_H

#include "core/segments/segment.h"
#include "core/subscriptions/spell_buffer.h"

/* Walk every customer of a spell buffer into a flow. */
extern void segment_spells_finish(SpellBuffer *spell_buffer, SegmentFlow *flow,
								  int span);

#endif /* CVM_CORE_SEGMENTS_SEGMENT_SPELLS_H */
