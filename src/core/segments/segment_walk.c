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
segment_walk_day(const SegmentWalk *walk)
{
	int64_t day = NEVER;

	if (walk->step < walk->customer->nsteps)
		day = walk->customer->steps[walk->step].day;
	if (walk->segment_step < walk->customer->nsegment_steps &&
		walk->customer->segment_steps[walk->segment_step].day < day)
		day = walk->customer->segment_steps[walk->segment_step].day;
	return day;
}

/* Move to the segment of a day. */
static void
segment_walk_place(SegmentWalk *walk, int64_t day)
{
	const SegmentStep *segment_step = NULL;
	int32_t *name;

	for (; walk->segment_step < walk->customer->nsegment_steps &&
		   walk->customer->segment_steps[walk->segment_step].day <= day;
		 walk->segment_step++)
		segment_step = &walk->customer->segment_steps[walk->segment_step];
	if (segment_step == NULL)
		return;
	name = &walk->customer->segment_names[segment_step->segment];
	if (*name < 0)
		*name = segment_flow_nameless(walk->flow);
	walk->segment = *name;
	walk->version = segment_step->version;
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

static ClosingState
segment_walk_closing(const SegmentWalk *walk)
{
	ClosingState closing = {.place = OUTSIDE};

	if (walk->mrr <= 0)
		return closing;
	closing.place = walk->segment;
	closing.version = walk->version;
	closing.mrr = closing.paid = walk->mrr;
	closing.cents = closing.paid_cents = cents_of(walk->flow, walk->mrr);
	if (walk->paused != 0)
	{
		closing.paid -= in_pause(walk->mrr, walk->paused).mrr;
		closing.paid_cents = cents_of(walk->flow, closing.paid);
	}
	closing.paid_since = walk->paid_since;
	for (int i = 0; i < walk->customer->nproducts; i++)
		if (walk->now[i].lines > 0)
		{
			closing.products++;
			closing.below_top |= !segment_walk_tier(walk, i)->is_top;
		}
	return closing;
}

/* Take what changes on a day. */
static void
segment_walk_steps(SegmentWalk *walk, Period period, int64_t day)
{
	const Customer *customer = walk->customer;
	int32_t due_place = walk->segment;
	Expiring expiring = {0};
	int64_t cents;

	for (; walk->step < customer->nsteps &&
		   customer->steps[walk->step].day == day;
		 walk->step++)
	{
		const Step *step = &customer->steps[walk->step];
		Holding *held = &walk->now[step->product];

		held->lines += step->lines;
		held->mrr = money_add(held->mrr, step->mrr);
		walk->mrr = money_add(walk->mrr, step->mrr);
		if (step->lines == 0)
		{
			held->paused = money_add(held->paused, step->mrr);
			walk->paused = money_add(walk->paused, step->mrr);
		}
		if (step->lines < 0 && step->mrr < 0)
		{
			expiring.spells++;
			expiring.mrr = money_add(expiring.mrr, -step->mrr);
			cents = cents_of(walk->flow, step->mrr);
			expiring.squares =
				money_add(expiring.squares, (Wide) cents * cents);
		}
	}
	if (expiring.spells > 0 && walk->flow->span == 1)
		segment_walk_expiring(walk, period, due_place, &expiring);
}

/* Go through a period in which something changes, up to its closing. */
static void
segment_walk_period(SegmentWalk *walk, int64_t day)
{
	SegmentFlow *flow = walk->flow;
	Period period = period_cache_period(flow->period_cache, (Day) day);
	ClosingState before = walk->closing;
	ClosingState after;
	int32_t paid_in = OUTSIDE;
	bool paid_any = walk->mrr > 0;

	if (flow->span == 1)
		segment_walk_ages(walk, period);
	memcpy(walk->was, walk->now, walk->customer->nproducts * sizeof(Holding));
	do
	{
		bool paid_before = walk->mrr > 0;

		segment_walk_trial(walk, day);
		segment_walk_steps(walk, period, day);
		segment_walk_place(walk, day);
		if (walk->mrr > 0 && !paid_before)
			walk->paid_since = (Day) day;
		if (walk->mrr > 0 && !paid_any)
		{
			paid_any = true;
			paid_in = walk->segment;
		}
		if (segment_walk_pays(walk) > 0 && !walk->acquired)
		{
			walk->acquired = true;
			walk->on_trial = flow->span == 1;
			walk->origin = (Day) day;
			walk->cohort = period;
			walk->origin_place = walk->segment;
			walk->origin_mrr = segment_walk_pays(walk);
		}
		day = segment_walk_day(walk);
	} while (day < flow->as_of &&
			 period_cache_period(flow->period_cache, (Day) day) == period);

	after = segment_walk_closing(walk);
	if (flow->span != 1)
		segment_walk_stand(walk, period, &after);
	else
		segment_walk_sums(walk, period, &before, &after, paid_in);
	walk->paid_ever |= paid_any;
	walk->closing = after;
}

/* Walk a customer through the periods. */
void
segment_flow_walk(SegmentFlow *flow, const Customer *customer)
{
	Holding few[16];
	SegmentWalk walk = {.flow = flow, .customer = customer, .now = few};
	int64_t day;

	if (customer->nsteps == 0)
		return;
	if (customer->nproducts > 8)
		walk.now =
			runtime_alloc(NULL, customer->nproducts * 2 * sizeof(Holding));
	memset(walk.now, 0, customer->nproducts * sizeof(Holding));
	walk.was = walk.now + customer->nproducts;
	walk.segment = segment_flow_nameless(flow);
	walk.closing.place = OUTSIDE;
	walk.cross.until = NOTHING_SOLD;
	walk.up.until = NOTHING_SOLD;
	segment_walk_place(&walk, (int64_t) customer->steps[0].day - 1);
	while ((day = segment_walk_day(&walk)) < flow->as_of &&
		   (walk.step < customer->nsteps || walk.mrr > 0))
		segment_walk_period(&walk, day);
	if (flow->span == ANY_SPAN)
		segment_walk_overlaps(&walk);
	else if (flow->span > 1)
		segment_walk_spans(&walk);
	else
	{
		segment_walk_trial(&walk, flow->as_of);
		segment_walk_ages(&walk, NEVER);
	}
	if (walk.stands != NULL)
		runtime_free(walk.stands);
	if (walk.now != few)
		runtime_free(walk.now);
}
