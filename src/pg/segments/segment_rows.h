/*
 * segment_rows.h
 *		Raw rows of spells and times in segments, on their way into a spell
 *		buffer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_SEGMENTS_SEGMENT_ROWS_H
#define CVM_PG_SEGMENTS_SEGMENT_ROWS_H

#include "postgres.h"

#include "core/segments/segment_customers.h"
#include "pg/arguments.h"
#include "pg/name_buffer.h"
#include "pg/subscriptions/spell_buffer.h"

#define ARG_START 3
#define ARG_END 4

/* Add a thing that is told, if it is. */
static inline void
name_add(NameBuffer *name, char letter, const Label *told)
{
	char mark[2] = {NAME_MARK, letter};

	if (told->data == NULL)
		return;
	name_append(name, mark, sizeof(mark));
	name_append(name, told->data, told->size);
}

/* The step of a row that is a membership */
static inline Datum
segment_membership_step(FunctionCallInfo fcinfo,
						const SpellBufferArguments *arguments, int segment_at)
{
	Datum start = fcinfo->args[ARG_START].value;
	Datum end = fcinfo->args[ARG_END].value;
	SpellBufferRow row;
	Label segment;
	bool holds;

	/* a membership may have been for ever, a spell not */
	if (!PG_ARGISNULL(ARG_START) && DATE_IS_NOBEGIN(DatumGetDateADT(start)))
		fcinfo->args[ARG_START].value = DateADTGetDatum(DAY_FIRST);
	if (!PG_ARGISNULL(ARG_END) && DATE_IS_NOBEGIN(DatumGetDateADT(end)))
		fcinfo->args[ARG_END].value = DateADTGetDatum(DAY_FIRST);
	holds = spell_buffer_row(fcinfo, arguments, "segment_spells_add", &row);
	/* constants are given once for all rows */
	fcinfo->args[ARG_START].value = start;
	fcinfo->args[ARG_END].value = end;
	if (!holds)
		PG_RETURN_SPELL_BUFFER(row.state);
	segment = argument_label(fcinfo, segment_at);
	spell_buffer_add_membership(row.state->spell_buffer, row.key,
								row.spell.start, row.spell.end, &segment, 0);
	PG_RETURN_POINTER(row.state);
}

#endif /* CVM_PG_SEGMENTS_SEGMENT_ROWS_H */
