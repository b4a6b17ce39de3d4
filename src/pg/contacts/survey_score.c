/*
 * survey_score.c
 *		Who gave which answer, from raw rows in one pass
 *		(core/contacts/survey_score.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "nodes/primnodes.h"

#include "core/contacts/survey_score.h"
#include "pg/contacts/name_cache.h"

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
#define GROUP_KIND 2

static const char no_name[] = "(none)";

/* The number of the group of a row, whose instrument is not NULL */
static int32
group_number(FunctionCallInfo fcinfo, MemberState *state)
{
	Label names[GROUP_NAMES];
	bool is_new;
	int32 *number;

	if (state->cache == NULL)
		state->cache = name_cache_make(state->members);
	number = name_cache_find(state->cache, fcinfo, ARG_INSTRUMENT, GROUP_NAMES,
							 &is_new);
	if (!is_new)
		return *number;
	for (int i = 0; i < GROUP_NAMES; i++)
	{
		names[i] = argument_name(fcinfo, ARG_INSTRUMENT + i,
								 i == 0 || i == GROUP_KIND);
		if (names[i].data == NULL)
			names[i] = (Label){no_name, sizeof(no_name) - 1};
	}
	*number = names_intern(&state->members->names, names, GROUP_NAMES);
	return *number;
}

/* Where the call says that nobody is asked about competitors lines are short. */
static MemberState *
survey_score_begin(FunctionCallInfo fcinfo, KeyKind kind)
{
	const Aggref *aggref = AggGetAggref(fcinfo);
	bool is_alone = false;

	if (aggref != NULL)
	{
		const TargetEntry *entry =
			list_nth(aggref->args, ARG_COMPETITOR - ARG_CUSTOMER);

		is_alone = IsA(entry->expr, Const) &&
				   ((const Const *) entry->expr)->constisnull;
	}
	return member_state_begin(fcinfo, kind,
							  is_alone ? SURVEY_ALONE : sizeof(SurveyLine));
}

/* Write down an answer. */
static void
answer_take(FunctionCallInfo fcinfo, MemberLines *members, int32 group,
			DateADT day)
{
	SurveyLine line = {.member = {.name = group, .day = day},
					   .score = PG_GETARG_FLOAT8(ARG_SCORE)};

	answer_place(&line.member, PG_GETARG_TIMESTAMPTZ(ARG_AT));
	if (!PG_ARGISNULL(ARG_COMPETITOR))
	{
		line.member.flags |= SURVEY_COMPARED;
		line.competitor = PG_GETARG_FLOAT8(ARG_COMPETITOR);
	}
	memcpy(customer_lines_next(&members->lines,
							   argument_customer(fcinfo, members->lines.kind)),
		   &line, members->lines.size);
}

/* A row: an answer, an invitation or both; or a membership. */
static inline void
survey_score_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	bool is_invited;
	bool is_answered;
	DateADT day = 0;
	DateADT invited_day = 0;
	int32 group;

	if (member_state_take(fcinfo, state, ARG_SEGMENT))
		return;
	is_answered = argument_fact_day(fcinfo, ARG_DAY, ARG_AS_OF, &day);
	if (is_answered)
		member_lines_seen(state->members, day);
	is_answered = is_answered && !PG_ARGISNULL(ARG_AT) &&
				  !PG_ARGISNULL(ARG_SCORE) &&
				  isfinite(PG_GETARG_FLOAT8(ARG_SCORE));
	is_invited =
		argument_fact_day(fcinfo, ARG_INVITED_DAY, ARG_AS_OF, &invited_day);
	if ((!is_answered && !is_invited) || PG_ARGISNULL(ARG_CUSTOMER) ||
		PG_ARGISNULL(ARG_INSTRUMENT))
		return;
	group = group_number(fcinfo, state);
	if (is_answered)
		answer_take(fcinfo, state->members, group, day);
	if (is_invited)
	{
		SurveyLine line = {
			.member = {
				.flags = SURVEY_INVITED | (is_answered ? SURVEY_ANSWERED : 0),
				.name = group,
				.day = invited_day}};

		memcpy(customer_lines_next(&state->members->lines,
								   argument_customer(fcinfo, kind)),
			   &line, state->members->lines.size);
	}
}

MEMBER_STEPS(survey_score, survey_score_begin(fcinfo, kind));

/* A CellRow */
static bool
cell_row(const MemberLines *members, const void *at, Datum *values, bool *nulls)
{
	const SurveyCell *cell = at;
	const char *name;

	values[0] = cell_segment(members, &cell->key, &nulls[0]);
	values[1] = DateADTGetDatum(month_start(cell->key.month));
	name = members->names.labels[cell->group].data;
	for (int part = 0; part < GROUP_NAMES; part++)
	{
		uint32 length;

		memcpy(&length, name, sizeof(length));
		values[2 + part] = PointerGetDatum(
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
	return true;
}

/* The end: a row for each segment, month, group and answer. */
PG_FUNCTION_INFO_V1(cvm_survey_score_final);
Datum
cvm_survey_score_final(PG_FUNCTION_ARGS)
{
	return member_state_cells(fcinfo, survey_cells, cell_row);
}
