/*
 * arguments.h
 *		Arguments that many functions take: grain, as_of, clock, pauses, times;
 *		and those of a spell.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_ARGUMENTS_H
#define CVM_PG_ARGUMENTS_H

#include "postgres.h"

#include "core/retention/lifecycle.h"
#include "core/retention/retention_spec.h"
#include "core/subscriptions/holdings.h"
#include "fmgr.h"
#include "pg/compat.h"
#include "pg/numeric.h"
#include "pg/timezone.h"
#include "utils/date.h"

/* What stands for a product that is not told */
#define NO_PRODUCT "(none)"

extern void argument_refuse_null(FunctionCallInfo fcinfo, int argument,
								 const char *name, const char *hint);
extern Calendar argument_calendar(FunctionCallInfo fcinfo, int grain,
								  int week_start);
extern Day argument_day(FunctionCallInfo fcinfo, int argument,
						const char *name);
extern Clock argument_clock(FunctionCallInfo fcinfo, int argument);
extern int32 argument_pause(FunctionCallInfo fcinfo, int argument);
extern Held *argument_held(FunctionCallInfo fcinfo, int argument, int *nheld);

/* A name among the arguments; without data when it is NULL */
static inline Label
argument_label(FunctionCallInfo fcinfo, int argument)
{
	Label name = {NULL, 0};
	text *value;

	if (PG_ARGISNULL(argument))
		return name;
	value = (text *) DatumGetPointer(PG_GETARG_DATUM(argument));
	if (unlikely(VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value)))
		value = PG_GETARG_TEXT_PP(argument);
	name.data = VARDATA_ANY(value);
	name.size = VARSIZE_ANY_EXHDR(value);
	return name;
}

/*
 * Read a row's product, first day, day after the last and price, which are the
 * arguments from at on; its channel and offer, the two from origin on, and
 * whether it is paused, if it has them (else 0); false when it holds no day.
 */
static inline bool
argument_spell(FunctionCallInfo fcinfo, int at, int origin, int paused,
			   SpellRow *row)
{
	static const Label none = {NULL, 0};

	if (PG_ARGISNULL(at + 1))
		return false;
	row->start = checked_day(PG_GETARG_DATEADT(at + 1));
	row->end = SPELL_OPEN;
	if (!PG_ARGISNULL(at + 2) && !DATE_IS_NOEND(PG_GETARG_DATEADT(at + 2)))
		row->end = checked_day(PG_GETARG_DATEADT(at + 2));
	if (row->end <= row->start)
		return false;
	row->product = argument_label(fcinfo, at);
	if (row->product.data == NULL)
		row->product = (Label){NO_PRODUCT, strlen(NO_PRODUCT)};
	row->mrr = 0;
	row->scale = 0;
	if (!PG_ARGISNULL(at + 3))
		row->mrr = decimal_read(PG_GETARG_DATUM(at + 3), &row->scale);
	row->channel = origin ? argument_label(fcinfo, origin) : none;
	row->offer = origin ? argument_label(fcinfo, origin + 1) : none;
	row->is_paused = paused && !PG_ARGISNULL(paused) && PG_GETARG_BOOL(paused);
	return true;
}

#endif /* CVM_PG_ARGUMENTS_H */
