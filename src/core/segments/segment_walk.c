/*
 * segment_walk.c
 *		How customers and money flow between segments: a customer's way.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_walk.h"

#include <string.h>

const int cohort_ages[COHORT_AGES] = {1, 3, 6, 12};

static int64_t
journey_day(const Journey *journey)
{
	int64_t day = NEVER;

	if (journey->step < journey->customer->nsteps)
		day = journey->customer->steps[journey->step].day;
	if (journey->segment_step < journey->customer->nsegment_steps &&
		journey->customer->segment_steps[journey->segment_step].day < day)
		day = journey->customer->segment_steps[journey->segment_step].day;
	return day;
}

/* Move to the segment of a day. */
static void
journey_place(Journey *journey, int64_t day)
{
	const SegmentStep *segment_step = NULL;
	int32_t *name;

	for (; journey->segment_step < journey->customer->nsegment_steps &&
		   journey->customer->segment_steps[journey->segment_step].day <= day;
		 journey->segment_step++)
		segment_step = &journey->customer->segment_steps[journey->segment_step];
	if (segment_step == NULL)
		return;
	name = &journey->customer->segment_names[segment_step->segment];
	if (*name < 0)
		*name = segment_flow_nameless(journey->flow);
	journey->segment = *name;
	journey->version = segment_step->version;
}

/*
 * Money in whole cents, for squares: so they add up in any order, and their
 * sums have room.
 */
static int64_t
cents_of(const SegmentFlow *flow, Wide mrr)
{
	static const Wide most = 1000000000000;
	static const int64_t units[] = {100, 10, 1, 10, 100, 1000, 10000};
	Wide cents;

	if (flow->scale <= 2)
		cents = mrr > most || mrr < -most ? mrr : mrr * units[flow->scale];
	else if (flow->scale <= 6 && (int64_t) mrr == mrr)
		cents = (int64_t) mrr / units[flow->scale];
	else
		cents = mrr / money_power(flow->scale - 2);
	return (int64_t) (cents > most ? most : cents < -most ? -most : cents);
}

static Standing
journey_standing(const Journey *journey)
{
	Standing standing = {.place = OUTSIDE};

	if (journey->mrr <= 0)
		return standing;
	standing.place = journey->segment;
	standing.version = journey->version;
	standing.mrr = standing.paid = journey->mrr;
	standing.cents = standing.paid_cents =
		cents_of(journey->flow, journey->mrr);
	if (journey->paused != 0)
	{
		standing.paid -= in_pause(journey->mrr, journey->paused).mrr;
		standing.paid_cents = cents_of(journey->flow, standing.paid);
	}
	standing.paid_since = journey->paid_since;
	for (int i = 0; i < journey->customer->nproducts; i++)
		if (journey->now[i].lines > 0)
		{
			standing.products++;
			standing.below_top |= !journey_tier(journey, i)->is_top;
		}
	return standing;
}

/* Take what changes on a day. */
static void
journey_steps(Journey *journey, Period period, int64_t day)
{
	const Customer *customer = journey->customer;
	int32_t due_place = journey->segment;
	Due due = {0};
	int64_t cents;

	for (; journey->step < customer->nsteps &&
		   customer->steps[journey->step].day == day;
		 journey->step++)
	{
		const Step *step = &customer->steps[journey->step];
		Holding *held = &journey->now[step->product];

		held->lines += step->lines;
		held->mrr = money_add(held->mrr, step->mrr);
		journey->mrr = money_add(journey->mrr, step->mrr);
		if (step->lines == 0)
		{
			held->paused = money_add(held->paused, step->mrr);
			journey->paused = money_add(journey->paused, step->mrr);
		}
		if (step->lines < 0 && step->mrr < 0)
		{
			due.spells++;
			due.mrr = money_add(due.mrr, -step->mrr);
			cents = cents_of(journey->flow, step->mrr);
			due.squares = money_add(due.squares, (Wide) cents * cents);
		}
	}
	if (due.spells > 0 && journey->flow->span == 1)
		journey_due(journey, period, due_place, &due);
}

/* Go through a period in which something changes, up to its closing. */
static void
journey_period(Journey *journey, int64_t day)
{
	SegmentFlow *flow = journey->flow;
	Period period = period_cache_period(flow->period_cache, (Day) day);
	Standing before = journey->standing;
	Standing after;
	int32_t paid_in = OUTSIDE;
	bool paid_any = journey->mrr > 0;

	if (flow->span == 1)
		journey_ages(journey, period);
	memcpy(journey->was, journey->now,
		   journey->customer->nproducts * sizeof(Holding));
	do
	{
		bool paid_before = journey->mrr > 0;

		journey_trial(journey, day);
		journey_steps(journey, period, day);
		journey_place(journey, day);
		if (journey->mrr > 0 && !paid_before)
			journey->paid_since = (Day) day;
		if (journey->mrr > 0 && !paid_any)
		{
			paid_any = true;
			paid_in = journey->segment;
		}
		if (journey_pays(journey) > 0 && !journey->acquired)
		{
			journey->acquired = true;
			journey->on_trial = flow->span == 1;
			journey->origin = (Day) day;
			journey->cohort = period;
			journey->origin_place = journey->segment;
			journey->origin_mrr = journey_pays(journey);
		}
		day = journey_day(journey);
	} while (day < flow->as_of &&
			 period_cache_period(flow->period_cache, (Day) day) == period);

	after = journey_standing(journey);
	if (flow->span > 1)
		journey_stand(journey, period, &after);
	else
		journey_sums(journey, period, &before, &after, paid_in);
	journey->paid_ever |= paid_any;
	journey->standing = after;
}

/* Walk a customer through the periods. */
void
segment_flow_walk(SegmentFlow *flow, const Customer *customer)
{
	Holding few[16];
	Journey journey = {.flow = flow, .customer = customer, .now = few};
	int64_t day;

	if (customer->nsteps == 0)
		return;
	if (customer->nproducts > 8)
		journey.now =
			host_alloc(NULL, customer->nproducts * 2 * sizeof(Holding));
	memset(journey.now, 0, customer->nproducts * sizeof(Holding));
	journey.was = journey.now + customer->nproducts;
	journey.segment = segment_flow_nameless(flow);
	journey.standing.place = OUTSIDE;
	journey.cross.until = -1;
	journey.up.until = -1;
	journey_place(&journey, (int64_t) customer->steps[0].day - 1);
	while ((day = journey_day(&journey)) < flow->as_of &&
		   (journey.step < customer->nsteps || journey.mrr > 0))
		journey_period(&journey, day);
	if (flow->span > 1)
		journey_spans(&journey);
	else
	{
		journey_trial(&journey, flow->as_of);
		journey_ages(&journey, NEVER);
	}
	if (journey.stands != NULL)
		host_free(journey.stands);
	if (journey.now != few)
		host_free(journey.now);
}
