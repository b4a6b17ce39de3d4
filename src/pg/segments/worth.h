/*
 * worth.h
 *		Spells and times in segments that _worth_agg() has gathered, to be read in
 *		the same query.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SEGMENTS_WORTH_H
#define CVM_PG_SEGMENTS_WORTH_H

#include "postgres.h"

#include "fmgr.h"

#include "core/subscriptions/spell_buffer.h"

/* What a ticket that is the first argument stands for */
extern SpellBuffer *worth_spells(FunctionCallInfo fcinfo);

/* The argument lapse_days */
extern int32 argument_lapse(FunctionCallInfo fcinfo, int argument);

#endif /* CVM_PG_SEGMENTS_WORTH_H */
