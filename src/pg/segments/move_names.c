/*
 * move_names.c
 *		What moves of customers are called: texts, periods and amounts, which most
 *		rows share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

#include "pg/label.h"
#include "pg/numeric.h"
#include "pg/segments/move.h"
#include "pg/types.h"

MoveNames *
move_names_make(SpellBufferState *state)
{
	MemoryContext context = GetMemoryChunkContext(state);
	MemoryContext old = MemoryContextSwitchTo(context);
	MoveNames *names = palloc0(sizeof(MoveNames));
	size_t count = (size_t) state->spell_buffer->names.count + 1;

	names->context = context;
	segment_customers_open(&names->customers, context, state->spell_buffer);
	for (int i = 0; i < MOVEMENT_LINES; i++)
		if (movement_line_name(i) != NULL)
			names->lines[i] = CStringGetTextDatum(movement_line_name(i));
	for (int i = 0; i < MOVEMENT_CAUSES; i++)
		names->causes[i] = CStringGetTextDatum(movement_cause_name(i));
	names->promotion_end = CStringGetTextDatum("promotion_end");
	names->unknown = CStringGetTextDatum("(unknown)");
	names->segments = palloc0((count + 1) * sizeof(Datum));
	names->products = palloc0(count * sizeof(Datum));
	names->channels = palloc0(count * sizeof(Datum));
	names->reasons = palloc0(count * sizeof(Datum));
	initStringInfo(&names->key);
	state->answers = names;
	MemoryContextSwitchTo(old);
	return names;
}

Datum
move_kept_text(MoveNames *names, Datum *kept, const Label *label)
{
	if (unlikely(*kept == (Datum) 0))
	{
		MemoryContext old = MemoryContextSwitchTo(names->context);

		*kept = label_datum(label);
		MemoryContextSwitchTo(old);
	}
	return *kept;
}

pg_noinline void
move_refuse(void)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("no move of this state"),
					errhint("Give what _customer_moves() gave out.")));
}

/* What a period is called; in memory of now, but for what is kept. */
static void
period_fill(PeriodOut *out, const SpellTerms *terms, Period period)
{
	int64 start = period_start(terms->calendar, period);
	int year;
	int month;
	int day;

	if (start < DAY_FIRST || start > DAY_LAST)
		move_refuse();
	out->start = day_datum(start, &out->start_is_null);
	out->is_complete =
		period_start(terms->calendar, period + 1) <= terms->as_of;
	j2date((int) start + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	/* as to_char() has it */
	snprintf(out->text, sizeof(out->text), "%04d-%02d",
			 year > 0 ? year : 1 - year, month);
	out->label = CStringGetTextDatum(out->text);
	out->period = period;
	out->is_known = true;
}

/* Most come again; one that is kept stays, as rows may still show it. */
const PeriodOut *
move_period(MoveNames *names, Period period, PeriodOut *other)
{
	const SpellTerms *terms = &names->customers.spell_buffer->terms;
	PeriodOut *kept = &names->periods[(uint32) period % PERIODS];
	MemoryContext old;

	if (likely(kept->is_known && kept->period == period))
		return kept;
	if (kept->is_known)
	{
		period_fill(other, terms, period);
		return other;
	}
	old = MemoryContextSwitchTo(names->context);
	period_fill(kept, terms, period);
	MemoryContextSwitchTo(old);
	return kept;
}

Datum
move_amount(MoveNames *names, Wide mantissa)
{
	int scale = names->customers.spell_buffer->scale;
	uint64 mixed = (uint64) mantissa * UINT64CONST(0x9e3779b97f4a7c15);
	Amount *amount = &names->amounts[mixed >> 54];
	MemoryContext old;

	StaticAssertStmt(AMOUNTS == 1 << 10, "of ten bits");
	if (amount->datum != (Datum) 0)
		return amount->mantissa == mantissa ? amount->datum
											: decimal_make(mantissa, scale);
	old = MemoryContextSwitchTo(names->context);
	amount->mantissa = mantissa;
	amount->datum = decimal_make(mantissa, scale);
	MemoryContextSwitchTo(old);
	return amount->datum;
}
