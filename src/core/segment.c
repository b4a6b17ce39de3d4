/*
 * segment.c
 *		How customers and money flow between segments: adding and merging.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segment.h"

#include <string.h>

#include "core/segment_cells.h"

#define NEVER INT64_MAX

SegmentFlow *
segment_flow_new(HostArena arena)
{
	SegmentFlow *flow = host_alloc_zero(arena, sizeof(SegmentFlow));

	flow->arena = arena;
	return flow;
}

/* Take over grain and end of observation, or check that they agree. */
void
segment_flow_adopt(SegmentFlow *flow, Calendar calendar, Day as_of)
{
	if (!flow->adopted)
	{
		flow->adopted = true;
		flow->calendar = calendar;
		flow->almanac = almanac_of(calendar);
		flow->as_of = as_of;
		return;
	}
	if (flow->calendar.grain != calendar.grain ||
		flow->calendar.week_start != calendar.week_start)
		host_fail(HOST_INVALID_VALUE, "Use the same grain for every customer.",
				  "cannot add up segments by different grains");
	if (flow->as_of != as_of)
		host_fail(HOST_INVALID_VALUE, "Use the same as_of for every customer.",
				  "cannot add up customers observed until different days");
}

/* Bring the state to at least this scale. */
void
segment_flow_scale(SegmentFlow *flow, int scale)
{
	if (scale <= flow->scale)
		return;
	for (int i = 0; i < flow->flows.ncells; i++)
		for (int line = 0; line < FLOW_LINES; line++)
		{
			Wide *mrr = &flow->flows.cells[i].of.flow.mrr[line];

			*mrr = money_rescale(*mrr, flow->scale, scale);
		}
	for (int i = 0; i < flow->stocks.ncells; i++)
	{
		Wide *mrr = &flow->stocks.cells[i].of.stock.mrr;

		*mrr = money_rescale(*mrr, flow->scale, scale);
	}
	flow->scale = scale;
}

/*
 * Of segments that hold on one day, the one that began last counts, and of
 * those that began together the first by name.  What counts comes last here.
 */
static int
compare_stays(const void *a, const void *b)
{
	const Stay *stay_a = a;
	const Stay *stay_b = b;

	if (stay_a->start != stay_b->start)
		return stay_a->start < stay_b->start ? -1 : 1;
	if (stay_a->segment != stay_b->segment)
		return stay_a->segment > stay_b->segment ? -1 : 1;
	return (stay_a->end < stay_b->end) - (stay_a->end > stay_b->end);
}

static void
stays_sort(Stay *stays, int nstays)
{
	if (nstays > 16)
	{
		host_sort(stays, nstays, sizeof(Stay), compare_stays);
		return;
	}
	for (int i = 1; i < nstays; i++)
	{
		Stay stay = stays[i];
		int at = i;

		for (; at > 0 && compare_stays(&stays[at - 1], &stay) > 0; at--)
			stays[at] = stays[at - 1];
		stays[at] = stay;
	}
}

static int
placing_push(Placing *placings, int nplacings, Day day, int32_t segment)
{
	if (nplacings > 0 && placings[nplacings - 1].day == day)
		nplacings--;
	if ((nplacings > 0 ? placings[nplacings - 1].segment : -1) == segment)
		return nplacings;
	placings[nplacings] = (Placing){day, segment};
	return nplacings + 1;
}

/*
 * Where a customer was from which day on.  Sorts the stays; placings has room
 * for twice as many.
 */
int
placings_of(Stay *stays, int nstays, Placing *placings)
{
	int few[16];
	int *open = few;
	int nopen = 0;
	int nplacings = 0;

	if (nstays > 16)
		open = host_alloc(NULL, nstays * sizeof(int));
	stays_sort(stays, nstays);
	for (int i = 0; i <= nstays; i++)
	{
		int64_t start = i < nstays ? stays[i].start : SPELL_OPEN;

		/* what ends before the next begins gives way to what lies below it */
		while (nopen > 0 && stays[open[nopen - 1]].end <= start &&
			   stays[open[nopen - 1]].end != SPELL_OPEN)
		{
			Day end = stays[open[nopen - 1]].end;

			while (nopen > 0 && stays[open[nopen - 1]].end <= end)
				nopen--;
			nplacings =
				placing_push(placings, nplacings, end,
							 nopen > 0 ? stays[open[nopen - 1]].segment : -1);
		}
		if (i == nstays)
			break;
		open[nopen++] = i;
		nplacings = placing_push(placings, nplacings, stays[i].start,
								 stays[i].segment);
	}
	if (open != few)
		host_free(open);
	return nplacings;
}

/* What a customer holds of a product */
typedef struct Holding
{
	int32_t lines;
	Wide mrr;
} Holding;

/* A customer on the way through the periods */
typedef struct Journey
{
	SegmentFlow *flow;
	const Customer *customer;
	int step;
	int placing;
	Holding *now;
	Holding *was;
	int32_t segment; /* the state's name */
	Wide mrr;
	Day paid_since;
} Journey;

/* What a customer is at a closing */
typedef struct Standing
{
	int32_t place;
	Wide mrr;
	Day paid_since;
} Standing;

static Standing
journey_standing(const Journey *journey)
{
	return (Standing){journey->mrr > 0 ? journey->segment : OUTSIDE,
					  paid(journey->mrr), journey->paid_since};
}

static int64_t
journey_day(const Journey *journey)
{
	int64_t day = NEVER;

	if (journey->step < journey->customer->nsteps)
		day = journey->customer->steps[journey->step].day;
	if (journey->placing < journey->customer->nplacings &&
		journey->customer->placings[journey->placing].day < day)
		day = journey->customer->placings[journey->placing].day;
	return day;
}

/* Move to the segment of a day. */
static void
journey_place(Journey *journey, int64_t day)
{
	int32_t local = -2;
	int32_t *name;

	for (; journey->placing < journey->customer->nplacings &&
		   journey->customer->placings[journey->placing].day <= day;
		 journey->placing++)
		local = journey->customer->placings[journey->placing].segment;
	if (local == -2)
		return;
	name = &journey->customer->segment_names[local];
	if (*name < 0)
		*name = segment_flow_name(journey->flow, NULL);
	journey->segment = *name;
}

static void
stock_add(SegmentFlow *flow, Period period, int32_t segment, int32_t product,
		  const Stock *change)
{
	Stock *stock;

	if (change->counts[0] == 0 && change->counts[1] == 0 &&
		change->counts[2] == 0 && change->mrr == 0)
		return;
	stock = &segment_cell(flow, &flow->stocks, period, segment, product)
				 ->of.stock;
	for (int i = 0; i < STOCK_COUNTS; i++)
		stock->counts[i] = count_add(stock->counts[i], change->counts[i]);
	stock->mrr = money_add(stock->mrr, change->mrr);
}

/* What one kind of thing amounts to, or its opposite when sign is -1 */
static Stock
stock_of(const Holding *held, int sign)
{
	Stock stock = {{0}, 0};

	if (held->lines > 0)
	{
		stock.counts[STOCK_LINES] = sign * held->lines;
		stock.counts[STOCK_HOLDERS] = sign;
		stock.mrr = sign * held->mrr;
	}
	return stock;
}

static Stock
stock_sum(Stock a, Stock b)
{
	for (int i = 0; i < STOCK_COUNTS; i++)
		a.counts[i] += b.counts[i];
	a.mrr += b.mrr;
	return a;
}

static Stock
stock_all(const Holding *held, int nproducts, Day since, int sign)
{
	Stock stock = {{0}, 0};
	int products = 0;

	for (int i = 0; i < nproducts; i++)
		products += held[i].lines > 0;
	stock.counts[STOCK_LINES] = sign * products;
	stock.counts[STOCK_HOLDERS] = sign * (products > 1);
	stock.counts[STOCK_BEGINNING] = sign * (int64_t) since;
	return stock;
}

/* Take what was held out of one place and put what is held into another. */
static void
journey_stocks(Journey *journey, Period period, const Standing *before,
			   const Standing *after)
{
	SegmentFlow *flow = journey->flow;
	bool same = before->place == after->place;
	Stock out = {{0}, 0};
	Stock in = {{0}, 0};

	for (int i = -1; i < journey->customer->nproducts; i++)
	{
		int32_t product = ALL_PRODUCTS;

		if (i < 0)
		{
			out = stock_all(journey->was, journey->customer->nproducts,
							before->paid_since, -1);
			in = stock_all(journey->now, journey->customer->nproducts,
						   after->paid_since, 1);
		}
		else
		{
			if (journey->was[i].lines <= 0 && journey->now[i].lines <= 0)
				continue;
			product = journey->customer->product_names[i];
			out = stock_of(&journey->was[i], -1);
			in = stock_of(&journey->now[i], 1);
		}
		if (same)
		{
			in = stock_sum(in, out);
			stock_add(flow, period, after->place, product, &in);
			continue;
		}
		if (before->place != OUTSIDE)
			stock_add(flow, period, before->place, product, &out);
		if (after->place != OUTSIDE)
			stock_add(flow, period, after->place, product, &in);
	}
}

static void
flow_count(Flow *flow, FlowLine line, Wide mrr)
{
	flow->customers[line] = count_add(flow->customers[line], 1);
	flow->mrr[line] = money_add(flow->mrr[line], mrr);
}

/* Put a customer's way through a period into its flow. */
static void
journey_flow(Journey *journey, Period period, const Standing *before,
			 const Standing *after, bool paid_ever)
{
	SegmentFlow *state = journey->flow;
	Wide change = after->mrr - before->mrr;
	Flow *flow;

	if (before->place == after->place && change == 0)
		return;
	flow = &segment_cell(state, &state->flows, period, before->place,
						 after->place)
				->of.flow;
	if (before->place == OUTSIDE)
	{
		flow_count(flow, paid_ever ? FLOW_REACTIVATION : FLOW_NEW, change);
		return;
	}
	if (after->place == OUTSIDE)
	{
		flow_count(flow, FLOW_CHURN, change);
		return;
	}
	if (before->place != after->place)
		flow_count(flow, FLOW_MOVED, after->mrr);
	if (change > 0)
		flow_count(flow, FLOW_EXPANSION, change);
	else if (change < 0)
		flow_count(flow, FLOW_CONTRACTION, change);
}

/* Go through a period in which something changes, up to its closing. */
static void
journey_period(Journey *journey, int64_t day, bool *paid_ever)
{
	SegmentFlow *flow = journey->flow;
	Period period = almanac_period(flow->almanac, (Day) day);
	Standing before = journey_standing(journey);
	Standing after;
	int32_t paid_in = OUTSIDE;
	bool paid_any = journey->mrr > 0;

	memcpy(journey->was, journey->now, journey->customer->nproducts * sizeof(Holding));
	do
	{
		bool paid_before = journey->mrr > 0;

		for (; journey->step < journey->customer->nsteps &&
			   journey->customer->steps[journey->step].day == day;
			 journey->step++)
		{
			const Step *step = &journey->customer->steps[journey->step];
			Holding *held = &journey->now[step->product];

			held->lines += step->lines;
			held->mrr = money_add(held->mrr, step->mrr);
			journey->mrr = money_add(journey->mrr, step->mrr);
		}
		journey_place(journey, day);
		if (journey->mrr > 0 && !paid_before)
			journey->paid_since = (Day) day;
		if (journey->mrr > 0 && !paid_any)
		{
			paid_any = true;
			paid_in = journey->segment;
		}
		day = journey_day(journey);
	} while (day < flow->as_of &&
			 almanac_period(flow->almanac, (Day) day) == period);

	after = journey_standing(journey);
	if (before.place == OUTSIDE && after.place == OUTSIDE)
	{
		if (paid_in != OUTSIDE)
			flow_count(&segment_cell(flow, &flow->flows, period, OUTSIDE,
									 paid_in)
							->of.flow,
					   FLOW_SAME_PERIOD, 0);
	}
	else
	{
		journey_flow(journey, period, &before, &after, *paid_ever);
		journey_stocks(journey, period, &before, &after);
	}
	*paid_ever |= paid_any;
}

/* The state's numbers of the holdings' names that serve as products. */
static int32_t *
names_taken(SegmentFlow *flow, const Holdings *holdings)
{
	int32_t *names =
		host_alloc(NULL, (holdings->nnames + 1) * sizeof(int32_t));

	memset(names, -1, (holdings->nnames + 1) * sizeof(int32_t));
	for (int i = 0; i < holdings->nspells; i++)
	{
		int32_t *name = &names[holdings->spells[i].product];

		if (*name < 0)
			*name = segment_flow_name(
				flow, &holdings->names[holdings->spells[i].product]);
	}
	return names;
}

/* Walk a customer through the periods. */
void
segment_flow_walk(SegmentFlow *flow, const Customer *customer)
{
	Holding few[16];
	Journey journey = {.flow = flow, .customer = customer, .now = few};
	bool paid_ever = false;
	int64_t day;

	if (customer->nsteps == 0)
		return;
	if (customer->nproducts > 8)
		journey.now =
			host_alloc(NULL, customer->nproducts * 2 * sizeof(Holding));
	memset(journey.now, 0, customer->nproducts * sizeof(Holding));
	journey.was = journey.now + customer->nproducts;
	journey.segment = segment_flow_name(flow, NULL);
	journey_place(&journey, (int64_t) customer->steps[0].day - 1);
	while ((day = journey_day(&journey)) < flow->as_of &&
		   (journey.step < customer->nsteps || journey.mrr > 0))
		journey_period(&journey, day, &paid_ever);
	if (journey.now != few)
		host_free(journey.now);
}

/*
 * Add a customer: what they held, and the segments they were in, as holdings
 * whose products are segments; NULL when they never had one.
 */
void
segment_flow_add(SegmentFlow *flow, const Holdings *holdings,
				 const Holdings *history)
{
	Step *steps = host_alloc(NULL, steps_room(holdings) * sizeof(Step));
	Customer customer = {.steps = steps, .nproducts = holdings->nnames};
	int nstays = history ? history->nspells : 0;
	Stay *stays = host_alloc(NULL, (nstays + 1) * sizeof(Stay));
	Placing *placings =
		host_alloc(NULL, (nstays * 2 + 1) * sizeof(Placing));

	segment_flow_scale(flow, holdings->scale);
	customer.nsteps = steps_of(holdings, flow->as_of, steps);
	for (int i = 0; i < customer.nsteps; i++)
		steps[i].mrr =
			money_rescale(steps[i].mrr, holdings->scale, flow->scale);
	customer.product_names = names_taken(flow, holdings);
	for (int i = 0; i < nstays; i++)
		stays[i] = (Stay){history->spells[i].start, history->spells[i].end,
						  history->spells[i].product};
	customer.placings = placings;
	customer.nplacings = placings_of(stays, nstays, placings);
	if (nstays > 0)
	{
		customer.segment_names = names_taken(flow, history);
		for (int i = 0; i < customer.nplacings; i++)
			if (placings[i].segment < 0)
				placings[i].segment = history->nnames;
	}
	segment_flow_walk(flow, &customer);

	host_free(steps);
	host_free(stays);
	host_free(placings);
	host_free((void *) customer.product_names);
	if (customer.segment_names != NULL)
		host_free(customer.segment_names);
}

/* Add another state up. */
void
segment_flow_merge(SegmentFlow *into, const SegmentFlow *more)
{
	int32_t *names;

	if (!more->adopted)
		return;
	segment_flow_adopt(into, more->calendar, more->as_of);
	segment_flow_scale(into, more->scale);
	names = host_alloc(NULL, (more->nnames + 1) * sizeof(int32_t));
	names[0] = OUTSIDE;
	for (int i = 0; i < more->nnames; i++)
		names[i + 1] = segment_flow_name(into, &more->names[i]);
	for (int i = 0; i < more->flows.ncells; i++)
	{
		const SegmentCell *from = &more->flows.cells[i];
		Flow *flow = &segment_cell(into, &into->flows, from->period,
								   names[from->a + 1], names[from->b + 1])
						  ->of.flow;

		host_poll();
		for (int line = 0; line < FLOW_LINES; line++)
		{
			flow->customers[line] = count_add(flow->customers[line],
											  from->of.flow.customers[line]);
			flow->mrr[line] = money_add(
				flow->mrr[line], money_rescale(from->of.flow.mrr[line],
											   more->scale, into->scale));
		}
	}
	for (int i = 0; i < more->stocks.ncells; i++)
	{
		const SegmentCell *from = &more->stocks.cells[i];
		Stock change = from->of.stock;

		host_poll();
		change.mrr = money_rescale(change.mrr, more->scale, into->scale);
		stock_add(into, from->period, names[from->a + 1], names[from->b + 1],
				  &change);
	}
	host_free(names);
}
