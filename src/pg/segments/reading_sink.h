/*
 * reading_sink.h
 *		What is read of customers whom _customer_move_agg() gathered, on its way
 *		into rows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SEGMENTS_READING_SINK_H
#define CVM_PG_SEGMENTS_READING_SINK_H

#include "postgres.h"

#include "nodes/execnodes.h"

#include "core/segments/segment_customers.h"
#include "pg/customer_out.h"

typedef struct ReadingSink
{
	ReturnSetInfo *result;
	SpellBuffer *spell_buffer;
	SegmentCustomers customers;
	MemoryContext row_context;
	CustomerOut out;
} ReadingSink;

extern bool sink_open(ReadingSink *sink, FunctionCallInfo fcinfo);
extern void sink_put(ReadingSink *sink, const Datum *values, const bool *nulls);
extern Datum told_datum(const Label *label, const char *none);
extern Datum period_datum(const ReadingSink *sink, Period period, bool *null);

#endif /* CVM_PG_SEGMENTS_READING_SINK_H */
