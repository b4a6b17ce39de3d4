/*
 * verdict.c
 *		What a state of cannibalization says: verdicts, donors, break-even
 *		(core/cannibalization/verdict.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include <math.h>

#include "core/cannibalization/verdict.h"
#include "pg/agg_state.h"
#include "pg/label.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"

extern const ExpandedType cannibalization_state;

/* A number that may not be known. */
static double
argument_number(FunctionCallInfo fcinfo, int argument)
{
	double number;

	if (PG_ARGISNULL(argument))
		return NAN;
	number = PG_GETARG_FLOAT8(argument);
	if (!isfinite(number))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%g\" is neither a margin nor a price", number),
				 errhint("Use NULL for what is not known.")));
	return number;
}

static double
argument_share(FunctionCallInfo fcinfo, int argument, const char *name)
{
	double share = PG_ARGISNULL(argument) ? NAN : PG_GETARG_FLOAT8(argument);

	if (!(share >= 0 && share <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s is not between 0 and 1", name),
						errhint("Use a share such as 0.8.")));
	return share;
}

/* Terms from arguments 1 to 11. */
static VerdictTerms
argument_terms(FunctionCallInfo fcinfo)
{
	VerdictTerms terms;
	char *basis;

	terms.focal_margin = argument_number(fcinfo, 1);
	terms.donor_margin = argument_number(fcinfo, 2);
	terms.focal_price = argument_number(fcinfo, 3);
	terms.donor_price = argument_number(fcinfo, 4);
	terms.launch_cost = argument_number(fcinfo, 5);
	if (isnan(terms.launch_cost))
		terms.launch_cost = 0;
	terms.focal_churn = argument_number(fcinfo, 6);
	terms.donor_churn = argument_number(fcinfo, 7);
	basis = PG_ARGISNULL(8) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(8));
	if (strcmp(basis, "unit") != 0 && strcmp(basis, "value") != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid basis \"%s\"", basis),
						errhint("Use unit or value.")));
	terms.by_value = basis[0] == 'v';
	terms.conf = PG_ARGISNULL(9) ? 0 : PG_GETARG_FLOAT8(9);
	if (PG_ARGISNULL(10) || PG_GETARG_INT32(10) < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("min_entries is less than 1"),
						errhint("Use a number of entries such as 30.")));
	terms.min_entries = PG_GETARG_INT32(10);
	terms.min_matured = argument_share(fcinfo, 11, "min_matured");
	return terms;
}

#define VERDICT_COLUMNS 48

/* A row that is being put together */
typedef struct VerdictRow
{
	int at;
	Datum values[VERDICT_COLUMNS];
	bool nulls[VERDICT_COLUMNS];
} VerdictRow;

static void
put_number(VerdictRow *row, double number)
{
	row->nulls[row->at] = !isfinite(number);
	row->values[row->at++] = Float8GetDatum(number);
}

static void
put_count(VerdictRow *row, int64 count)
{
	row->values[row->at++] = Int64GetDatum(count);
}

static void
put_money(VerdictRow *row, Wide mrr, int scale)
{
	row->values[row->at++] = decimal_make(mrr, scale);
}

static void
put_interval(VerdictRow *row, const Estimate *interval)
{
	put_number(row, interval->rate);
	put_number(row, interval->low);
	put_number(row, interval->high);
}

static void
put_verdict(VerdictRow *row, const Cannibalization *state,
			const WindowStats *stats, const Verdict *verdict)
{
	row->values[row->at++] = Int32GetDatum(stats->window.look_back);
	row->values[row->at++] = Int32GetDatum(stats->window.look_ahead);
	put_count(row, verdict->entries);
	put_count(row, verdict->matured);
	put_count(row, stats->kinds[ENTRY_PENDING]);
	put_count(row, stats->kinds[ENTRY_NEW]);
	put_count(row, stats->kinds[ENTRY_WINBACK]);
	put_count(row, stats->kinds[ENTRY_ADD]);
	put_count(row, stats->kinds[ENTRY_SWITCH]);
	put_count(row, stats->kinds[ENTRY_PARTIAL]);
	put_count(row, stats->persons);
	put_number(row, verdict->own_base_share);
	put_interval(row, &verdict->unit);
	put_interval(row, &verdict->value);
	put_money(row, stats->focal, state->scale);
	put_money(row, stats->before, state->scale);
	put_money(row, stats->lost, state->scale);
	put_money(row, stats->focal - stats->lost, state->scale);
	put_count(row, verdict->control.customers);
	put_number(row, verdict->control.matched);
	put_number(row, verdict->control.loss_rate);
	put_number(row, verdict->control.money_rate);
	put_interval(row, &verdict->corrected);
	put_number(row, verdict->corrected_value.rate);
	put_number(row, verdict->step_rate);
	put_number(row, verdict->control.step_rate);
	put_number(row, verdict->focal_churn);
	put_number(row, verdict->donor_churn);
	put_number(row, verdict->break_even_unit);
	put_number(row, verdict->break_even_value);
	put_number(row, verdict->break_even_lifetime);
	put_number(row, verdict->net_margin);
	row->values[row->at++] =
		CStringGetTextDatum(judgement_name(verdict->judgement));
	row->values[row->at++] = CStringGetTextDatum(verdict->reason);
}

/* cannibalization_verdict(cannibalization, terms...) */
PG_FUNCTION_INFO_V1(cvm_cannibalization_verdict);
Datum
cvm_cannibalization_verdict(PG_FUNCTION_ARGS)
{
	const Cannibalization *state;
	ReturnSetInfo *result;
	VerdictTerms terms = argument_terms(fcinfo);

	result = rows_out_begin(fcinfo);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	state = expanded_read(&cannibalization_state, PG_GETARG_DATUM(0));
	for (int i = 0; i < state->nwindow_stats; i++)
	{
		VerdictRow row = {0};
		Verdict verdict;

		verdict_reach(state, &state->window_stats[i], &terms, &verdict);
		put_verdict(&row, state, &state->window_stats[i], &verdict);
		Assert(row.at == result->setDesc->natts);
		rows_out_put(result, row.values, row.nulls);
	}
	return (Datum) 0;
}

#define DONOR_COLUMNS 5

/* cannibalization_donors(cannibalization) */
PG_FUNCTION_INFO_V1(cvm_cannibalization_donors);
Datum
cvm_cannibalization_donors(PG_FUNCTION_ARGS)
{
	const Cannibalization *state =
		expanded_read(&cannibalization_state, PG_GETARG_DATUM(0));
	ReturnSetInfo *result;

	result = rows_out_begin(fcinfo);
	for (int i = 0; i < state->nwindow_stats; i++)
		for (int j = 0; j < state->donors.strings.count; j++)
		{
			const WindowStats *stats = &state->window_stats[i];
			int32_t number = state->donors.sorted[j];
			const Label *name = &state->donors.strings.labels[number];
			Datum values[DONOR_COLUMNS];
			bool nulls[DONOR_COLUMNS] = {false};

			if (number >= stats->ndonors || stats->donors[number].entries == 0)
				continue;
			values[0] = Int32GetDatum(stats->window.look_back);
			values[1] = Int32GetDatum(stats->window.look_ahead);
			values[2] = label_datum(name);
			values[3] = Int64GetDatum(stats->donors[number].entries);
			values[4] = decimal_make(stats->donors[number].lost, state->scale);
			rows_out_put(result, values, nulls);
		}
	return (Datum) 0;
}

/*
 * _focal_price(cannibalization): the mean of what matured entries pay, of a state
 * of one window; NULL where there are none
 */
PG_FUNCTION_INFO_V1(cvm_focal_price);
Datum
cvm_focal_price(PG_FUNCTION_ARGS)
{
	const Cannibalization *state =
		expanded_read(&cannibalization_state, PG_GETARG_DATUM(0));
	int64 matured;

	if (state->nwindow_stats != 1)
		PG_RETURN_NULL();
	matured = window_stats_matured(&state->window_stats[0]);
	if (matured == 0)
		PG_RETURN_NULL();
	return DirectFunctionCall2(
		numeric_div, decimal_make(state->window_stats[0].focal, state->scale),
		DirectFunctionCall1(int8_numeric, Int64GetDatum(matured)));
}

/* break_even_rate(focal_margin, donor_margin, launch_cost, entries) */
PG_FUNCTION_INFO_V1(cvm_break_even_rate);
Datum
cvm_break_even_rate(PG_FUNCTION_ARGS)
{
	double rate = break_even(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1),
							 PG_GETARG_FLOAT8(2), (double) PG_GETARG_INT64(3));

	if (!isfinite(rate))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(rate);
}
