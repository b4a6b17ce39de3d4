/*
 * cannibalization.c
 *		Type cannibalization: entries added up
 *		(core/cannibalization/cannibalization.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/date.h"

#include "core/cannibalization/cannibalization_spells.h"
#include "pg/arguments.h"
#include "pg/cannibalization/parameters.h"
#include "pg/cannibalization/product_roles.h"
#include "pg/label.h"
#include "pg/state_functions.h"
#include "pg/subscriptions/holdings.h"

/* Names from outside must be text of this database. */
static Cannibalization *
decode_verified(const void *data, size_t size)
{
	Cannibalization *state = cannibalization_decode(NULL, data, size);

	labels_verify(state->strata.strings.labels, state->strata.strings.count);
	labels_verify(state->donors.strings.labels, state->donors.strings.count);
	return state;
}

extern const ExpandedType cannibalization_state;

STATE_TYPE_VERIFIED(cannibalization, decode_verified)

/* Add a customer, seen through windows. */
static Datum
customer_add(FunctionCallInfo fcinfo, const Window *windows, int nwindows,
			 int32_t gap)
{
	Datum result;
	Cannibalization *state;
	Holdings *holdings;
	Trajectory trajectory = {0};
	Label stratum = argument_stratum(fcinfo, 8);
	Day as_of = argument_day(fcinfo, 4, "as_of");

	if (PG_ARGISNULL(1))
		return expanded_skip(fcinfo, "cannibalization_agg");
	holdings = holdings_read(PG_GETARG_DATUM(1));
	state = expanded_step(&cannibalization_state, fcinfo, "cannibalization_agg",
						  &result);
	cannibalization_adopt(state, as_of, gap, windows, nwindows);
	trajectory_set(&trajectory, holdings,
				   argument_product_roles(fcinfo, 2, 3, holdings), as_of, gap);
	if (PG_NARGS() > 9 && !PG_ARGISNULL(9))
	{
		Label channel = argument_label(fcinfo, 9);

		cannibalization_add_channel(state, &trajectory, &stratum, &channel);
	}
	else
		cannibalization_add(state, &trajectory, &stratum, NULL);
	trajectory_close(&trajectory);
	PG_RETURN_DATUM(result);
}

/* cannibalization_agg(holdings, focal, donors, as_of
 *					   [, look_back, look_ahead, gap [, stratum [, channel]]]) */
PG_FUNCTION_INFO_V1(cvm_cannibalization_add);
Datum
cvm_cannibalization_add(PG_FUNCTION_ARGS)
{
	Window window = argument_window(fcinfo, 5);

	return customer_add(fcinfo, &window, 1, argument_gap(fcinfo, 7));
}

/* The same with lists of look_back and look_ahead: every pair of them. */
PG_FUNCTION_INFO_V1(cvm_cannibalization_add_grid);
Datum
cvm_cannibalization_add_grid(PG_FUNCTION_ARGS)
{
	Window *windows;
	int nwindows = argument_windows(fcinfo, 5, &windows);

	return customer_add(fcinfo, windows, nwindows, argument_gap(fcinfo, 7));
}

/* What the parameters are read into: the state, and what it is about */
typedef struct Parameters
{
	Cannibalization *state;
	uint8_t *product_roles; /* of the spell buffer's names */
	Label stratum;
} Parameters;

/* Take over focal, donors, as_of [, look_back, look_ahead, gap [, stratum]]. */
static Day
take(FunctionCallInfo fcinfo, const Dictionary *names, Parameters *parameters,
	 const Window *windows, int nwindows)
{
	Day as_of = argument_day(fcinfo, 2, "as_of");
	int32_t gap = argument_gap(fcinfo, 5);
	Holdings named = {.nnames = names->count, .names = names->labels};

	gap_check(gap);
	cannibalization_adopt(parameters->state, as_of, gap, windows, nwindows);
	parameters->product_roles = argument_product_roles(fcinfo, 0, 1, &named);
	parameters->stratum = argument_stratum(fcinfo, 6);
	return as_of;
}

static Day
take_window(FunctionCallInfo fcinfo, const Dictionary *names, void *parameters)
{
	Window window = argument_window(fcinfo, 3);

	return take(fcinfo, names, parameters, &window, 1);
}

static Day
take_windows(FunctionCallInfo fcinfo, const Dictionary *names, void *parameters)
{
	Window *windows;
	int nwindows = argument_windows(fcinfo, 3, &windows);

	return take(fcinfo, names, parameters, windows, nwindows);
}

static void *
parameters_blank(void)
{
	Parameters *parameters = palloc0(sizeof(Parameters));

	parameters->state = cannibalization_new(CurrentMemoryContext);
	return parameters;
}

static const ParameterReading reading = {"cannibalization_agg", 6,
										 parameters_blank, take_window};
static const ParameterReading grid_reading = {"cannibalization_agg", 6,
											  parameters_blank, take_windows};

/* cannibalization_agg(customer, product, started_on, ended_on, mrr, focal,
 *					   donors, as_of [, look_back, look_ahead, gap
 *					   [, stratum]]) */
PG_FUNCTION_INFO_V1(cvm_cannibalization_spell_buffer_add);
Datum
cvm_cannibalization_spell_buffer_add(PG_FUNCTION_ARGS)
{
	return parameters_add(&reading, fcinfo);
}

PG_FUNCTION_INFO_V1(cvm_cannibalization_spell_buffer_add_grid);
Datum
cvm_cannibalization_spell_buffer_add_grid(PG_FUNCTION_ARGS)
{
	return parameters_add(&grid_reading, fcinfo);
}

/* The end of it: every customer into a state. */
static Datum
spell_buffer_final(const ParameterReading *form, FunctionCallInfo fcinfo)
{
	Parameters *parameters = parameters_blank();
	SpellBuffer *spell_buffer = parameters_final(form, fcinfo, parameters);

	if (spell_buffer == NULL)
		PG_RETURN_NULL();
	cannibalization_spells_finish(spell_buffer, parameters->product_roles,
								  &parameters->stratum, parameters->state);
	return expanded_flat(&cannibalization_state, parameters->state);
}

PG_FUNCTION_INFO_V1(cvm_cannibalization_spell_buffer_final);
Datum
cvm_cannibalization_spell_buffer_final(PG_FUNCTION_ARGS)
{
	return spell_buffer_final(&reading, fcinfo);
}

PG_FUNCTION_INFO_V1(cvm_cannibalization_spell_buffer_final_grid);
Datum
cvm_cannibalization_spell_buffer_final_grid(PG_FUNCTION_ARGS)
{
	return spell_buffer_final(&grid_reading, fcinfo);
}

/* control_only(cannibalization): the control, without the entries. */
PG_FUNCTION_INFO_V1(cvm_cannibalization_control_only);
Datum
cvm_cannibalization_control_only(PG_FUNCTION_ARGS)
{
	Cannibalization *control = cannibalization_new(CurrentMemoryContext);

	cannibalization_merge_control(
		control, expanded_read(&cannibalization_state, PG_GETARG_DATUM(0)));
	return expanded_flat(&cannibalization_state, control);
}

/* as_of(cannibalization): the first day not observed. */
PG_FUNCTION_INFO_V1(cvm_cannibalization_as_of);
Datum
cvm_cannibalization_as_of(PG_FUNCTION_ARGS)
{
	const Cannibalization *state =
		expanded_read(&cannibalization_state, PG_GETARG_DATUM(0));

	if (!state->adopted)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(state->as_of);
}
