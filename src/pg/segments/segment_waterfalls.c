/*
 * segment_waterfalls.c
 *		Waterfalls by segment, and sums that go with them, from raw rows in one
 *		pass (core/segments/segment_waterfalls.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "executor/nodeAgg.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "core/segments/segment_waterfalls.h"
#include "pg/arguments.h"
#include "pg/label.h"
#include "pg/numeric.h"
#include "pg/row_array.h"
#include "pg/segments/segment_rows.h"
#include "pg/state_type.h"
#include "pg/subscriptions/spell_buffer.h"
#include "pg/types.h"

#define MONTHS_OF_YEAR 12

/*
 * A row: a spell; or, where segment is not NULL, a membership.  It has
 * an offer where offer_at is not 0.
 */
static Datum
spells_step(FunctionCallInfo fcinfo, const SpellBufferArguments *arguments,
			int offer_at, int segment_at)
{
	SpellBufferRow row;
	NameBuffer name;

	if (!PG_ARGISNULL(segment_at))
		return segment_membership_step(fcinfo, arguments, segment_at);
	if (!spell_buffer_row(fcinfo, arguments, "segment_spells_add", &row))
		PG_RETURN_SPELL_BUFFER(row.state);
	if (offer_at && !PG_ARGISNULL(offer_at))
	{
		Label offer = argument_label(fcinfo, offer_at);

		name_begin(&name, &row.spell.product);
		name_add(&name, NAME_OFFER, &offer);
		row.spell.product = name.label;
	}
	spell_buffer_add(row.state->spell_buffer, row.key, &row.spell);
	PG_RETURN_POINTER(row.state);
}

/*
 * (customer, product, started_on, ended_on, mrr, is_paused, offer, segment,
 * grain, as_of, pause_days)
 */
PG_FUNCTION_INFO_V1(cvm_segment_spells_add);
Datum
cvm_segment_spells_add(PG_FUNCTION_ARGS)
{
	static const SpellBufferArguments arguments = {
		.grain = 9, .paused = 6, .pause_days = 11};

	return spells_step(fcinfo, &arguments, 7, 8);
}

/* (customer, product, started_on, ended_on, mrr, segment, grain, as_of, clock) */
PG_FUNCTION_INFO_V1(cvm_segment_clocked_spells_add);
Datum
cvm_segment_clocked_spells_add(PG_FUNCTION_ARGS)
{
	static const SpellBufferArguments arguments = {.grain = 7, .clock = 9};

	return spells_step(fcinfo, &arguments, 0, 6);
}

/* What is read of customers, several of which at once */
typedef enum Reading
{
	READING_WATERFALLS,
	READING_PROMOTIONS,
	READING_YEARS,
	READING_PRODUCTS,
	READING_WENT,
	READINGS
} Reading;

typedef struct Answers
{
	bool is_read[READINGS];
	SegmentWaterfalls waterfalls;
	SegmentSums promotions;
	SegmentSums years;
	ProductWaterfalls products;
	ProductsWent went;
} Answers;

PG_FUNCTION_INFO_V1(cvm_segment_movement_final);
PG_FUNCTION_INFO_V1(cvm_segment_promotion_final);
PG_FUNCTION_INFO_V1(cvm_segment_year_final);
PG_FUNCTION_INFO_V1(cvm_product_movement_final);
PG_FUNCTION_INFO_V1(cvm_product_migration_final);

static const PGFunction readings[READINGS] = {
	[READING_WATERFALLS] = cvm_segment_movement_final,
	[READING_PROMOTIONS] = cvm_segment_promotion_final,
	[READING_YEARS] = cvm_segment_year_final,
	[READING_PRODUCTS] = cvm_product_movement_final,
	[READING_WENT] = cvm_product_migration_final};

/* What the aggregates that share the state of this one will ask of it, too */
static void
answers_ask(FunctionCallInfo fcinfo, bool *is_asked)
{
	AggState *agg = (AggState *) fcinfo->context;
	int number = -1;

	if (agg == NULL || !IsA(agg, AggState))
		return;
	for (int i = 0; i < agg->numaggs; i++)
		if (&agg->peragg[i].finalfn == fcinfo->flinfo)
			number = agg->peragg[i].transno;
	for (int i = 0; i < agg->numaggs; i++)
		for (int reading = 0; reading < READINGS; reading++)
			if (agg->peragg[i].transno == number &&
				agg->peragg[i].finalfn.fn_addr == readings[reading])
				is_asked[reading] = true;
}

static SegmentReader
answers_open(Answers *answers, Reading reading, SegmentCustomers *customers,
			 MemoryContext context)
{
	switch (reading)
	{
		case READING_WATERFALLS:
			return segment_waterfalls_open(customers, context,
										   &answers->waterfalls);
		case READING_PROMOTIONS:
			return segment_promotions_open(customers, context,
										   &answers->promotions);
		case READING_YEARS:
			return segment_years_open(customers, context, MONTHS_OF_YEAR,
									  &answers->years);
		case READING_PRODUCTS:
			return product_waterfalls_open(customers, context,
										   &answers->products);
		default:
			return products_went_open(customers, context, &answers->went);
	}
}

/*
 * The answer to what is asked of the state, read with all others that will be;
 * they stay with it, as it does not change any more.  Over a window it does.
 */
static const Answers *
answers_of(FunctionCallInfo fcinfo, Reading reading, const char *name)
{
	SpellBufferState *state = (SpellBufferState *) PG_GETARG_POINTER(0);
	MemoryContext context = state_context(fcinfo, name);
	Answers *answers = state->answers;
	SegmentReader readers[READINGS];
	SegmentCustomers customers;
	int nreaders = 0;

	if (answers != NULL && answers->is_read[reading])
		return answers;
	answers = MemoryContextAllocZero(context, sizeof(Answers));
	answers->is_read[reading] = true;
	answers_ask(fcinfo, answers->is_read);
	segment_customers_open(&customers, context, state->spell_buffer);
	for (int i = 0; i < READINGS; i++)
		if (answers->is_read[i])
			readers[nreaders++] = answers_open(answers, i, &customers, context);
	segment_customers_each(&customers, readers, nreaders);
	if (AggCheckCallContext(fcinfo, NULL) == AGG_CONTEXT_AGGREGATE)
		state->answers = answers;
	return answers;
}

/* The name of a segment; that of everybody comes after the last. */
static Datum
segment_datum(const Label *segments, int nsegments, int number)
{
	if (number == nsegments)
		return CStringGetTextDatum("(all)");
	return label_datum(&segments[number]);
}

/*
 * An array of names, each with its state, where it has one; that of everybody
 * comes after the last, and is called all, or NULL.
 */
static Datum
states_return(FunctionCallInfo fcinfo, const ExpandedType *type,
			  const Label *names, int nnames, void *const *states,
			  const char *all)
{
	RowArray array;

	row_array_open(&array, fcinfo);
	for (int i = 0; i <= nnames; i++)
	{
		Datum values[2] = {0};
		bool nulls[2] = {i == nnames && all == NULL, false};

		if (states[i] == NULL)
			continue;
		if (i < nnames)
			values[0] = label_datum(&names[i]);
		else if (all != NULL)
			values[0] = CStringGetTextDatum(all);
		values[1] = expanded_flat(type, states[i]);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}

/* The end of _segment_movement_agg: a waterfall of each segment. */
Datum
cvm_segment_movement_final(PG_FUNCTION_ARGS)
{
	const SegmentWaterfalls *waterfalls;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	waterfalls =
		&answers_of(fcinfo, READING_WATERFALLS, "_segment_movement_agg")
			 ->waterfalls;
	return states_return(fcinfo, &movement_state, waterfalls->segments,
						 waterfalls->nsegments,
						 (void *const *) waterfalls->movements, "(all)");
}

/* The end of _segment_cohort_agg: the cohorts of each segment. */
PG_FUNCTION_INFO_V1(cvm_segment_cohort_final);
Datum
cvm_segment_cohort_final(PG_FUNCTION_ARGS)
{
	SegmentCohorts cohorts;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "_segment_cohort_agg");
	segment_cohorts_finish(
		((SpellBufferState *) PG_GETARG_POINTER(0))->spell_buffer,
		CurrentMemoryContext, &cohorts);
	return states_return(fcinfo, &revenue_retention_state, cohorts.segments,
						 cohorts.nsegments, (void *const *) cohorts.cohorts,
						 "(all)");
}

/*
 * The end of _product_movement_agg: a waterfall of each product's customers,
 * and of everybody, where the product is NULL.
 */
Datum
cvm_product_movement_final(PG_FUNCTION_ARGS)
{
	const ProductWaterfalls *waterfalls;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	waterfalls = &answers_of(fcinfo, READING_PRODUCTS, "_product_movement_agg")
					  ->products;
	return states_return(fcinfo, &movement_state, waterfalls->products,
						 waterfalls->nproducts,
						 (void *const *) waterfalls->movements, NULL);
}

/* The end of _product_migration_agg: who went from which product to which. */
Datum
cvm_product_migration_final(PG_FUNCTION_ARGS)
{
	const ProductsWent *went;
	RowArray array;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	went = &answers_of(fcinfo, READING_WENT, "_product_migration_agg")->went;
	row_array_open(&array, fcinfo);
	for (int at = 0; at < went->nperiods; at++)
		for (int i = 0; i < went->nproducts * went->nproducts; i++)
		{
			const WentPeriod *period = &went->periods[at];
			Datum values[4];
			bool nulls[4] = {false};

			if (period->customers[i] == 0)
				continue;
			values[0] = day_datum(period_start(went->calendar, period->period),
								  &nulls[0]);
			values[1] = label_datum(&went->products[i / went->nproducts]);
			values[2] = label_datum(&went->products[i % went->nproducts]);
			values[3] = Int64GetDatum(period->customers[i]);
			row_array_put(&array, values, nulls);
		}
	return row_array_close(&array, fcinfo);
}

/* The end of _segment_life_agg: how long customers stay; pause_days is the gap. */
PG_FUNCTION_INFO_V1(cvm_segment_life_final);
Datum
cvm_segment_life_final(PG_FUNCTION_ARGS)
{
	SpellBuffer *spell_buffer;
	SegmentLives lives;
	RowArray array;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "_segment_life_agg");
	spell_buffer = ((SpellBufferState *) PG_GETARG_POINTER(0))->spell_buffer;
	segment_lives_finish(spell_buffer, CurrentMemoryContext,
						 spell_buffer->terms.pause_days, &lives);
	row_array_open(&array, fcinfo);
	for (int i = 0; i <= lives.nsegments; i++)
		for (int j = 0; j <= lives.nproducts; j++)
		{
			const Survival *survival =
				lives.lives[i * (lives.nproducts + 1) + j];
			Datum values[3];
			bool nulls[3] = {false};

			if (survival == NULL)
				continue;
			values[0] = segment_datum(lives.segments, lives.nsegments, i);
			values[1] = segment_datum(lives.products, lives.nproducts, j);
			values[2] = expanded_flat(&survival_state, survival);
			row_array_put(&array, values, nulls);
		}
	return row_array_close(&array, fcinfo);
}

/* (segment, period_start, line, customers, mrr) of all that is not nothing */
static Datum
sums_return(FunctionCallInfo fcinfo, const SegmentSums *sums)
{
	RowArray array;

	row_array_open(&array, fcinfo);
	for (int i = 0; i <= sums->nsegments; i++)
		for (int at = 0; at < sums->sums[i].nperiods; at++)
			for (int line = 0; line < PERIOD_LINES; line++)
			{
				const SegmentPeriod *period = &sums->sums[i].periods[at];
				const PeriodSum *sum = &period->lines[line];
				Datum values[5];
				bool nulls[5] = {false};

				if (sum->customers == 0 && sum->mrr == 0)
					continue;
				values[0] = segment_datum(sums->segments, sums->nsegments, i);
				values[1] = day_datum(
					period_start(sums->calendar, period->period), &nulls[1]);
				values[2] = CStringGetTextDatum(period_line_name(line));
				values[3] = Int64GetDatum(sum->customers);
				values[4] = decimal_make(sum->mrr, sums->scale);
				row_array_put(&array, values, nulls);
			}
	return row_array_close(&array, fcinfo);
}

/* The end of _segment_promotion_agg: what the end of promotions brought. */
Datum
cvm_segment_promotion_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return sums_return(fcinfo, &answers_of(fcinfo, READING_PROMOTIONS,
										   "_segment_promotion_agg")
									->promotions);
}

/* The end of _segment_year_agg: what ended, and what a year has left. */
Datum
cvm_segment_year_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return sums_return(
		fcinfo, &answers_of(fcinfo, READING_YEARS, "_segment_year_agg")->years);
}

/* The end of _segment_bridge_agg: what a year has left, and what moved in it. */
PG_FUNCTION_INFO_V1(cvm_segment_bridge_final);
Datum
cvm_segment_bridge_final(PG_FUNCTION_ARGS)
{
	SegmentSums sums;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "_segment_bridge_agg");
	segment_bridges_finish(
		((SpellBufferState *) PG_GETARG_POINTER(0))->spell_buffer,
		CurrentMemoryContext, MONTHS_OF_YEAR, &sums);
	return sums_return(fcinfo, &sums);
}
