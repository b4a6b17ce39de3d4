/*
 * spells.c
 *		What holdings say of a customer: what was held and paid, and when.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "pg/arguments.h"
#include "pg/label.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/subscriptions/holdings.h"
#include "pg/timezone.h"

/* What the customer brings on a day. */
PG_FUNCTION_INFO_V1(cvm_mrr_at);
Datum
cvm_mrr_at(PG_FUNCTION_ARGS)
{
	Holdings *holdings = holdings_read(PG_GETARG_DATUM(0));

	return decimal_make(
		holdings_mrr(holdings, checked_day(PG_GETARG_DATEADT(1))),
		holdings->scale);
}

/* The least of what the customer brought on one day and brings on another. */
PG_FUNCTION_INFO_V1(cvm_mrr_kept);
Datum
cvm_mrr_kept(PG_FUNCTION_ARGS)
{
	Holdings *holdings = holdings_read(PG_GETARG_DATUM(0));
	Wide before = holdings_mrr(holdings, checked_day(PG_GETARG_DATEADT(1)));
	Wide after = holdings_mrr(holdings, checked_day(PG_GETARG_DATEADT(2)));

	return decimal_make(before < after ? before : after, holdings->scale);
}

/* The products held on a day, each once. */
PG_FUNCTION_INFO_V1(cvm_products_at);
Datum
cvm_products_at(PG_FUNCTION_ARGS)
{
	Holdings *holdings = holdings_read(PG_GETARG_DATUM(0));
	Day day = checked_day(PG_GETARG_DATEADT(1));
	Datum *names = palloc((holdings->nnames + 1) * sizeof(Datum));
	bool *held = palloc0(holdings->nnames + 1);
	int count = 0;

	for (int i = 0; i < holdings->nspells; i++)
		if (spell_holds(&holdings->spells[i], day))
			held[holdings->spells[i].product] = true;
	for (int i = 0; i < holdings->nnames; i++)
		if (held[i])
			names[count++] = label_datum(&holdings->names[i]);
	PG_RETURN_ARRAYTYPE_P(
		construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The first day of any spell. */
PG_FUNCTION_INFO_V1(cvm_first_held_day);
Datum
cvm_first_held_day(PG_FUNCTION_ARGS)
{
	Holdings *holdings = holdings_read(PG_GETARG_DATUM(0));

	if (holdings->nspells == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(holdings->spells[0].start);
}

/* Times of paying before as_of, oldest first. */
static int
holdings_runs(FunctionCallInfo fcinfo, Day as_of, int32_t gap, Run **runs)
{
	Holdings *holdings = holdings_read(PG_GETARG_DATUM(0));
	Step *steps;
	int nsteps = holdings_steps(holdings, as_of, &steps);
	Level *levels = palloc((nsteps + 1) * sizeof(Level));
	int nlevels = levels_of(steps, nsteps, levels);

	if (gap < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("gap of \"%d\" days is negative", gap),
						errhint("Use 0 or more days.")));
	*runs = palloc((nlevels + 1) * sizeof(Run));
	return runs_of(levels, nlevels, as_of, gap, *runs);
}

PG_FUNCTION_INFO_V1(cvm_first_paid_day);
Datum
cvm_first_paid_day(PG_FUNCTION_ARGS)
{
	Run *runs;

	if (holdings_runs(fcinfo, DAY_LAST, 0, &runs) == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(runs[0].start);
}

PG_FUNCTION_INFO_V1(cvm_last_paid_day);
Datum
cvm_last_paid_day(PG_FUNCTION_ARGS)
{
	Run *runs;
	int nruns =
		holdings_runs(fcinfo, argument_day(fcinfo, 1, "as_of"), 0, &runs);

	if (nruns == 0)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(runs[nruns - 1].end - 1);
}

/* tenure_days(holdings, as_of, gap): the length of the run that goes on. */
PG_FUNCTION_INFO_V1(cvm_tenure_days);
Datum
cvm_tenure_days(PG_FUNCTION_ARGS)
{
	Run *runs;
	int nruns = holdings_runs(fcinfo, argument_day(fcinfo, 1, "as_of"),
							  PG_GETARG_INT32(2), &runs);

	if (nruns == 0 || runs[nruns - 1].churned)
		PG_RETURN_NULL();
	PG_RETURN_INT32(runs[nruns - 1].end - runs[nruns - 1].start);
}

#define RUN_COLUMNS 5

/* runs(holdings, as_of, gap) */
PG_FUNCTION_INFO_V1(cvm_runs);
Datum
cvm_runs(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result;
	Run *runs;
	int nruns = holdings_runs(fcinfo, argument_day(fcinfo, 1, "as_of"),
							  PG_GETARG_INT32(2), &runs);

	result = rows_out_begin(fcinfo);
	for (int i = 0; i < nruns; i++)
	{
		Datum values[RUN_COLUMNS] = {Int32GetDatum(i + 1),
									 DateADTGetDatum(runs[i].start),
									 DateADTGetDatum(runs[i].end),
									 Int32GetDatum(runs[i].end - runs[i].start),
									 BoolGetDatum(runs[i].churned)};
		bool nulls[RUN_COLUMNS] = {false};

		nulls[2] = !runs[i].churned;
		rows_out_put(result, values, nulls);
	}
	return (Datum) 0;
}

/* The last day, not after one that is given, on which a spell began or ended */
PG_FUNCTION_INFO_V1(cvm_last_held_day);
Datum
cvm_last_held_day(PG_FUNCTION_ARGS)
{
	Holdings *holdings = holdings_read(PG_GETARG_DATUM(0));
	Day until = argument_day(fcinfo, 1, "until");
	Day last = 0;
	bool found = false;

	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];
		Day days[] = {spell->start, spell->end};

		/* an open end is after every day */
		for (int j = 0; j < 2; j++)
			if (days[j] <= until && (!found || days[j] > last))
			{
				last = days[j];
				found = true;
			}
	}
	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(last);
}

#define SPELL_COLUMNS 7

/* spells(holdings) */
PG_FUNCTION_INFO_V1(cvm_spells);
Datum
cvm_spells(PG_FUNCTION_ARGS)
{
	Holdings *holdings = holdings_read(PG_GETARG_DATUM(0));
	ReturnSetInfo *result;

	result = rows_out_begin(fcinfo);
	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];
		Datum values[SPELL_COLUMNS] = {0};
		bool nulls[SPELL_COLUMNS] = {false};

		values[0] = label_datum(&holdings->names[spell->product]);
		values[1] = DateADTGetDatum(spell->start);
		values[2] = DateADTGetDatum(spell->end);
		nulls[2] = spell->end == SPELL_OPEN;
		values[3] = decimal_make(spell->mrr, holdings->scale);
		nulls[4] = spell->channel < 0;
		if (!nulls[4])
			values[4] = label_datum(&holdings->names[spell->channel]);
		nulls[5] = spell->offer < 0;
		if (!nulls[5])
			values[5] = label_datum(&holdings->names[spell->offer]);
		values[6] = decimal_make(spell->pause, holdings->scale);
		nulls[6] = spell->pause == 0;
		rows_out_put(result, values, nulls);
	}
	return (Datum) 0;
}
