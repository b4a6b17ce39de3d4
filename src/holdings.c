/*
 * holdings.c
 *		Type holdings: one customer's subscription spells (core/holdings.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "decimal.h"
#include "holdings.h"
#include "sides.h"
#include "state.h"
#include "types.h"
#include "zone.h"

#define FIRST_ROOM 116 /* bytes of a new log's rows */

/* Read any holdings: canonical bytes, or the log of an aggregate. */
Holdings *
holdings_read(Datum datum)
{
	StateBytes state = state_bytes(datum);

	if (state.size > 0 && state.data[0] == HOLDINGS_LOG)
	{
		/* alignment: a log is always a full varlena, never packed */
		struct varlena *value = PG_DETOAST_DATUM(datum);

		return spell_log_read((HoldingsLog *) VARDATA(value),
							  VARSIZE(value) - VARHDRSZ);
	}
	return holdings_decode(state.data, state.size);
}

static Datum
holdings_make(const Holdings *holdings)
{
	ByteWriter writer;

	state_open(&writer);
	holdings_encode(holdings, &writer);
	return state_close(&writer);
}

/* Bytes from outside: their names must be text of this database. */
static void
holdings_rewrite(const void *data, size_t size, ByteWriter *writer)
{
	Holdings *holdings = holdings_decode(data, size);

	for (int i = 0; i < holdings->nnames; i++)
		pg_verifymbstr(holdings->names[i].data, (int) holdings->names[i].size,
					   false);
	holdings_encode(holdings, writer);
}

static const StateType holdings_type = {"holdings", holdings_rewrite};

PG_FUNCTION_INFO_V1(cvm_holdings_in);
Datum
cvm_holdings_in(PG_FUNCTION_ARGS)
{
	return state_input(&holdings_type, fcinfo);
}

PG_FUNCTION_INFO_V1(cvm_holdings_recv);
Datum
cvm_holdings_recv(PG_FUNCTION_ARGS)
{
	return state_receive(&holdings_type, fcinfo);
}

/* Output and send bring a log to canonical bytes first. */
PG_FUNCTION_INFO_V1(cvm_holdings_out);
Datum
cvm_holdings_out(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(
		cvm_state_out, holdings_make(holdings_read(PG_GETARG_DATUM(0))));
}

PG_FUNCTION_INFO_V1(cvm_holdings_send);
Datum
cvm_holdings_send(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(
		cvm_state_send, holdings_make(holdings_read(PG_GETARG_DATUM(0))));
}

/* A log as a varlena, holding what another one holds. */
static struct varlena *
log_make(struct varlena *old, size_t room)
{
	size_t size = VARHDRSZ + sizeof(HoldingsLog) + room;
	struct varlena *value;

	if (size > MaxAllocSize)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("one customer has too many subscription spells"),
						errhint("Fold them in parts and add the parts up with "
								"rollup().")));
	value = palloc0(size);
	if (old != NULL)
		memcpy(value, old, VARSIZE(old));
	SET_VARSIZE(value, size);
	return value;
}

/* Append a row to a customer's log. */
PG_FUNCTION_INFO_V1(cvm_holdings_add);
Datum
cvm_holdings_add(PG_FUNCTION_ARGS)
{
	struct varlena *value = NULL;
	SpellRow row;

	state_context(fcinfo, "holdings_agg");
	if (!PG_ARGISNULL(0))
	{
		value = (struct varlena *) PG_GETARG_POINTER(0);
		if (VARATT_IS_EXTENDED(value) || *VARDATA(value) != HOLDINGS_LOG)
			elog(ERROR, "state of holdings_agg is not a log");
	}
	if (!argument_spell(fcinfo, 1, PG_NARGS() > 5 ? 5 : 0,
						PG_NARGS() > 7 ? 7 : 0, &row))
	{
		if (value == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(value);
	}
	if (value == NULL)
		value = log_make(NULL, Max(FIRST_ROOM, spell_row_size(&row)));
	while (!spell_log_add((HoldingsLog *) VARDATA(value),
						  VARSIZE(value) - VARHDRSZ, &row))
		value = log_make(value, (VARSIZE(value) + spell_row_size(&row)) * 2);
	PG_RETURN_POINTER(value);
}

/* The end of holdings_agg: canonical bytes. */
PG_FUNCTION_INFO_V1(cvm_holdings_final);
Datum
cvm_holdings_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return holdings_make(holdings_read(PG_GETARG_DATUM(0)));
}

/* Put two parts together: combine, rollup and operator ||. */
PG_FUNCTION_INFO_V1(cvm_holdings_merge);
Datum
cvm_holdings_merge(PG_FUNCTION_ARGS)
{
	return holdings_make(holdings_merge(holdings_read(PG_GETARG_DATUM(0)),
										holdings_read(PG_GETARG_DATUM(1))));
}

/* by_offer(holdings, offers): offers as products. */
PG_FUNCTION_INFO_V1(cvm_by_offer);
Datum
cvm_by_offer(PG_FUNCTION_ARGS)
{
	Holdings *holdings;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	holdings = holdings_read(PG_GETARG_DATUM(0));
	return holdings_make(
		holdings_by_offer(holdings, argument_offers(fcinfo, 1, holdings)));
}

/* The steps before as_of. */
int
holdings_steps(const Holdings *holdings, Day as_of, Step **steps)
{
	*steps = palloc(steps_room(holdings) * sizeof(Step));
	return steps_of(holdings, as_of, *steps);
}

/* The same, and what pauses keep for so many days. */
int
holdings_pauses(const Holdings *holdings, int32 days, Day as_of, Step **steps)
{
	*steps = palloc(steps_room(holdings) * 2 * sizeof(Step));
	return steps_with_pauses(holdings, days, as_of, *steps);
}

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

static Datum
label_text(const Holdings *holdings, int32_t number)
{
	const Label *name = &holdings->names[number];

	return PointerGetDatum(
		cstring_to_text_with_len(name->data, (int) name->size));
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
			names[count++] = label_text(holdings, i);
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

	InitMaterializedSRF(fcinfo, 0);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	for (int i = 0; i < nruns; i++)
	{
		Datum values[RUN_COLUMNS] = {Int32GetDatum(i + 1),
									 DateADTGetDatum(runs[i].start),
									 DateADTGetDatum(runs[i].end),
									 Int32GetDatum(runs[i].end - runs[i].start),
									 BoolGetDatum(runs[i].churned)};
		bool nulls[RUN_COLUMNS] = {false};

		nulls[2] = !runs[i].churned;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

#define SPELL_COLUMNS 7

/* spells(holdings) */
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

PG_FUNCTION_INFO_V1(cvm_spells);
Datum
cvm_spells(PG_FUNCTION_ARGS)
{
	Holdings *holdings = holdings_read(PG_GETARG_DATUM(0));
	ReturnSetInfo *result;

	InitMaterializedSRF(fcinfo, 0);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];
		Datum values[SPELL_COLUMNS] = {0};
		bool nulls[SPELL_COLUMNS] = {false};

		values[0] = label_text(holdings, spell->product);
		values[1] = DateADTGetDatum(spell->start);
		values[2] = DateADTGetDatum(spell->end);
		nulls[2] = spell->end == SPELL_OPEN;
		values[3] = decimal_make(spell->mrr, holdings->scale);
		nulls[4] = spell->channel < 0;
		if (!nulls[4])
			values[4] = label_text(holdings, spell->channel);
		nulls[5] = spell->offer < 0;
		if (!nulls[5])
			values[5] = label_text(holdings, spell->offer);
		values[6] = decimal_make(spell->pause, holdings->scale);
		nulls[6] = spell->pause == 0;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}
