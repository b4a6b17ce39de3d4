/*
 * paid_spells.c
 *		Spells that are paid for, with times in segments, gathered in one pass
 *		(pg/segments/paid_spells.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/date.h"

#include "core/segments/segment_timeline.h"
#include "pg/segments/paid_spells.h"
#include "pg/segments/segment_rows.h"
#include "pg/state_type.h"

#define ARG_CUSTOMER 1
#define ARG_PRODUCT 2
#define ARG_TERMS 6
#define ARG_SEGMENT 7
#define ARG_AS_OF 8
#define ARG_ASKED 9

/*
 * Read a time in a segment, which may have been for ever, or since nobody
 * knows when; false: it holds no day.
 */
bool
membership_read(FunctionCallInfo fcinfo, SpellRow *row)
{
	DateADT start;

	row->start = MEMBERSHIP_UNKNOWN;
	if (!PG_ARGISNULL(ARG_START))
	{
		start = PG_GETARG_DATEADT(ARG_START);
		if (DATE_IS_NOEND(start))
			return false;
		row->start =
			DATE_IS_NOBEGIN(start) ? MEMBERSHIP_ALWAYS : checked_day(start);
	}
	row->end = SPELL_OPEN;
	if (!PG_ARGISNULL(ARG_END))
	{
		row->end = PG_GETARG_DATEADT(ARG_END);
		if (DATE_IS_NOBEGIN(row->end))
			return false;
		if (!DATE_IS_NOEND(row->end))
			row->end = checked_day(row->end);
	}
	return row->end > row->start;
}

/* Read a spell whose days are known; false: it is no such. */
static bool
spell_read(FunctionCallInfo fcinfo, SpellRow *row)
{
	if (PG_ARGISNULL(ARG_PRODUCT) || PG_ARGISNULL(ARG_START) ||
		DATE_NOT_FINITE(PG_GETARG_DATEADT(ARG_START)) ||
		(!PG_ARGISNULL(ARG_END) && DATE_IS_NOBEGIN(PG_GETARG_DATEADT(ARG_END))))
		return false;
	return argument_spell(fcinfo, ARG_PRODUCT, 0, 0, row) && row->mrr > 0;
}

/* What is asked, as it is in the first row */
static void
asked_keep(FunctionCallInfo fcinfo, SpellBufferState *state)
{
	MemoryContext old;

	if (likely(state->span != 0))
		return;
	if (PG_ARGISNULL(ARG_ASKED))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("what is asked of spells is NULL"),
						errhint("Give an array of numbers, the first of which "
								"is lapse_days.")));
	old = MemoryContextSwitchTo(state_context(fcinfo, "paid_spells_add"));
	state->given = PG_GETARG_ARRAYTYPE_P_COPY(ARG_ASKED);
	state->span = 1;
	MemoryContextSwitchTo(old);
}

/*
 * (customer, product, started_on, ended_on, mrr, terms, segment, as_of, asked):
 * a spell; or, where segment is not NULL, a time in a segment.
 */
PG_FUNCTION_INFO_V1(cvm_paid_spells_add);
Datum
cvm_paid_spells_add(PG_FUNCTION_ARGS)
{
	static const SpellBufferArguments arguments = {.as_of = ARG_AS_OF,
												   .with_as_of = true};
	bool is_membership = !PG_ARGISNULL(ARG_SEGMENT);
	SpellBufferRow row;
	NameBuffer termed;
	Label name;

	row.state =
		PG_ARGISNULL(0) ? NULL : (SpellBufferState *) PG_GETARG_POINTER(0);
	if (unlikely(row.state == NULL))
		state_context(fcinfo, "paid_spells_add");
	if (PG_ARGISNULL(ARG_CUSTOMER) ||
		!(is_membership ? membership_read(fcinfo, &row.spell)
						: spell_read(fcinfo, &row.spell)))
		PG_RETURN_SPELL_BUFFER(row.state);
	spell_buffer_customer(fcinfo, &arguments, "paid_spells_add", &row);
	asked_keep(fcinfo, row.state);
	name = argument_label(fcinfo, is_membership ? ARG_SEGMENT : ARG_TERMS);
	if (is_membership)
		spell_buffer_add_membership(row.state->spell_buffer, row.key,
									row.spell.start, row.spell.end, &name, 0);
	else
	{
		/* terms lie where offers do */
		name_begin(&termed, &row.spell.product);
		name_add(&termed, NAME_OFFER, &name);
		row.spell.product = termed.label;
		spell_buffer_add(row.state->spell_buffer, row.key, &row.spell);
	}
	PG_RETURN_POINTER(row.state);
}

/*
 * The numbers that are asked with, least to most of them; those that every
 * aggregate has are not negative.
 */
const int32 *
asked_numbers(ArrayType *asked, int least, int most, int *count)
{
	const int32 *numbers = (const int32 *) ARR_DATA_PTR(asked);
	bool is_good = ARR_NDIM(asked) == 1 && !array_contains_nulls(asked) &&
				   ARR_DIMS(asked)[0] >= least && ARR_DIMS(asked)[0] <= most;

	for (int i = 0; is_good && i < least; i++)
		is_good = numbers[i] >= 0;
	if (!is_good)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("what is asked of spells makes no sense"),
				 errhint("Give an array of %d numbers, none of them below 0; "
						 "the aggregate's comment says which.",
						 least)));
	*count = ARR_DIMS(asked)[0];
	return numbers;
}
