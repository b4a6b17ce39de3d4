/*
 * survey_score.c
 *		Who gave which answer, from raw rows in one pass
 *		(core/contacts/survey_score.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "core/contacts/survey_score.h"
#include "pg/contacts/member_state.h"

enum
{
	ARG_AT = ARG_DAY + 1,
	ARG_SCORE,
	ARG_COMPETITOR,
	ARG_INVITED_DAY,
	ARG_INSTRUMENT,
	ARG_DRIVER,
	ARG_KIND,
	ARG_SEGMENT, /* from and to */
	ARG_AS_OF = ARG_SEGMENT + 3
};

#define GROUP_NAMES 3 /* from ARG_INSTRUMENT on */

/* The number of the group of a row: its three names, each with its size ahead */
static int32
group_number(FunctionCallInfo fcinfo, MemberLines *members)
{
	char few[256];
	char *data = few;
	text *names[GROUP_NAMES];
	Size size = 0;
	Label label;
	int32 number;

	for (int i = 0; i < GROUP_NAMES; i++)
	{
		names[i] = PG_GETARG_TEXT_PP(ARG_INSTRUMENT + i);
		size += sizeof(uint32) + VARSIZE_ANY_EXHDR(names[i]);
	}
	if (size > sizeof(few))
		data = palloc(size);
	label = (Label){data, (uint32) size};
	for (int i = 0; i < GROUP_NAMES; i++)
	{
		uint32 length = VARSIZE_ANY_EXHDR(names[i]);

		memcpy(data, &length, sizeof(length));
		memcpy(data + sizeof(length), VARDATA_ANY(names[i]), length);
		data += sizeof(length) + length;
	}
	number = dictionary_intern(&members->names, &label);
	if (label.data != few)
		pfree((char *) label.data);
	return number;
}

/* A row: an answer, an invitation or both; or a membership. */
static inline Datum
survey_score_add(FunctionCallInfo fcinfo, KeyKind kind)
{
	MemberState *state =
		PG_ARGISNULL(0) ? member_state_begin(fcinfo, kind, sizeof(SurveyLine))
						: (MemberState *) PG_GETARG_POINTER(0);
	bool is_invited;
	bool is_answered;
	DateADT day = 0;
	DateADT invited_day = 0;
	int32 group;

	if (member_state_take(fcinfo, state, ARG_SEGMENT))
		PG_RETURN_POINTER(state);
	is_answered = argument_fact_day(fcinfo, ARG_DAY, ARG_AS_OF, &day);
	if (is_answered)
		member_lines_seen(state->members, day);
	is_answered = is_answered && !PG_ARGISNULL(ARG_AT) &&
				  !PG_ARGISNULL(ARG_SCORE) &&
				  isfinite(PG_GETARG_FLOAT8(ARG_SCORE));
	is_invited =
		argument_fact_day(fcinfo, ARG_INVITED_DAY, ARG_AS_OF, &invited_day);
	if ((!is_answered && !is_invited) || PG_ARGISNULL(ARG_CUSTOMER) ||
		PG_ARGISNULL(ARG_INSTRUMENT) || PG_ARGISNULL(ARG_DRIVER) ||
		PG_ARGISNULL(ARG_KIND))
		PG_RETURN_POINTER(state);
	group = group_number(fcinfo, state->members);
	if (is_answered)
	{
		SurveyLine *line = customer_lines_next(&state->members->lines,
											   argument_customer(fcinfo, kind));

		*line = (SurveyLine){.member = {.name = group, .day = day},
							 .at = PG_GETARG_TIMESTAMPTZ(ARG_AT),
							 .score = PG_GETARG_FLOAT8(ARG_SCORE)};
		if (!PG_ARGISNULL(ARG_COMPETITOR))
		{
			line->member.flags = SURVEY_COMPARED;
			line->competitor = PG_GETARG_FLOAT8(ARG_COMPETITOR);
		}
	}
	if (is_invited)
	{
		SurveyLine *line = customer_lines_next(&state->members->lines,
											   argument_customer(fcinfo, kind));

		*line = (SurveyLine){
			.member = {
				.flags = SURVEY_INVITED | (is_answered ? SURVEY_ANSWERED : 0),
				.name = group,
				.day = invited_day}};
	}
	PG_RETURN_POINTER(state);
}

MEMBER_STEPS(survey_score);

#define CELL_COLUMNS 10

/* The end: a row for each segment, month, group and answer. */
PG_FUNCTION_INFO_V1(cvm_survey_score_final);
Datum
cvm_survey_score_final(PG_FUNCTION_ARGS)
{
	MemberLines *members;
	CellTable cells;
	RowArray array;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	members = member_state_end(fcinfo, &array);
	survey_cells(members, CurrentMemoryContext, &cells);
	for (uint32_t i = 0; i < cells.room; i++)
	{
		const SurveyCell *cell = cell_table_at(&cells, i);
		Datum values[CELL_COLUMNS];
		bool nulls[CELL_COLUMNS] = {false};
		const char *name;

		if (!cell->key.is_used)
			continue;
		values[0] = cell_segment(members, &cell->key, &nulls[0]);
		values[1] = DateADTGetDatum(month_start(cell->key.month));
		name = members->names.labels[cell->group].data;
		for (int at = 0; at < GROUP_NAMES; at++)
		{
			uint32 length;

			memcpy(&length, name, sizeof(length));
			values[2 + at] = PointerGetDatum(
				cstring_to_text_with_len(name + sizeof(length), (int) length));
			name += sizeof(length) + length;
		}
		nulls[5] = (cell->flags & SURVEY_INVITED) != 0;
		values[5] = Float8GetDatum(cell->score);
		nulls[6] = !(cell->flags & SURVEY_COMPARED);
		values[6] = Float8GetDatum(cell->competitor);
		nulls[7] = !(cell->flags & SURVEY_INVITED);
		values[7] = BoolGetDatum((cell->flags & SURVEY_ANSWERED) != 0);
		values[8] = Int64GetDatum(cell->customers);
		values[9] = DateADTGetDatum(members->last);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}
