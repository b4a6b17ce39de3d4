/*
 * segment_timeline.h
 *		What functions over a timeline of segments share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SEGMENTS_SEGMENT_TIMELINE_H
#define CVM_PG_SEGMENTS_SEGMENT_TIMELINE_H

#include "postgres.h"

#include "core/segments/segment_timeline.h"

extern Datum segment_datum(const Label *segment);

#endif /* CVM_PG_SEGMENTS_SEGMENT_TIMELINE_H */
