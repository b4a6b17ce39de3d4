/*
 * segment_walk.c
 *		How customers and money flow between segments: a customer's way.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segment.h"

#include <string.h>

#include "core/segment_cells.h"

#define NEVER INT64_MAX

const int cohort_ages[COHORT_AGES] = {1, 3, 6, 12};

/* What a customer holds of a product */
typedef struct Holding
{
	int32_t lines;
	Wide mrr;
} Holding;

/* What a customer is at a closing */
typedef struct Standing
{
	int32_t place;
	int64_t version; /* of the segments */
	Wide mrr;
	int64_t cents; /* of mrr */
	Day paid_since;
	int32_t products;
	bool below_top;
} Standing;

/* A standing, from the closing of a period on */
typedef struct Stand
{
	Period period;
	Standing standing;
} Stand;

/* Something that was sold, and by when it may be undone */
typedef struct Sale
{
	int64_t until; /* NEVER, negative: nothing was, or it was undone */
	int32_t place; /* to which it was counted */
	Wide gain;
	int32_t products; /* held before */
	int32_t family;
	Wide mrr; /* of the family before */
} Sale;

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
	int64_t version;
	Wide mrr;
	Day paid_since;
	bool paid_ever;
	Standing standing; /* at the last closing */

	/* the first day of paying, and what is still to be seen of it */
	bool acquired;
	bool on_trial;
	int next_age;
	Day origin;
	Period cohort;
	int32_t origin_place;
	Wide origin_mrr;

	Sale cross;
	Sale up;

	/* over a span: the standings so far, where they change */
	int nstands;
	int stands_room;
	Stand *stands;
} Journey;

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
	const Placing *placing = NULL;
	int32_t *name;

	for (; journey->placing < journey->customer->nplacings &&
		   journey->customer->placings[journey->placing].day <= day;
		 journey->placing++)
		placing = &journey->customer->placings[journey->placing];
	if (placing == NULL)
		return;
	name = &journey->customer->segment_names[placing->segment];
	if (*name < 0)
		*name = segment_flow_nameless(journey->flow);
	journey->segment = *name;
	journey->version = placing->version;
}

static const Rung *
journey_rung(const Journey *journey, int product)
{
	return &journey->flow->rungs[journey->customer->product_names[product]];
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
	Standing standing = {OUTSIDE};

	if (journey->mrr <= 0)
		return standing;
	standing.place = journey->segment;
	standing.version = journey->version;
	standing.mrr = journey->mrr;
	standing.cents = cents_of(journey->flow, journey->mrr);
	standing.paid_since = journey->paid_since;
	for (int i = 0; i < journey->customer->nproducts; i++)
		if (journey->now[i].lines > 0)
		{
			standing.products++;
			standing.below_top |= !journey_rung(journey, i)->is_top;
		}
	return standing;
}

/* The tally of a place in a period; good until the next call */
static Tally *
tally_at(SegmentFlow *flow, Period period, int32_t place)
{
	TallyCell *cell =
		segment_cell(flow, &flow->tallies, period, place, ALL_PRODUCTS);

	return &cell->tally;
}

static void
sum_add(SegmentSum *sum, int64_t customers, Wide mrr)
{
	sum->customers = count_add(sum->customers, customers);
	sum->mrr = money_add(sum->mrr, mrr);
}

static void
square_add(Tally *tally, TallySquare square, int64_t a, int64_t b)
{
	tally->squares[square] = money_add(tally->squares[square], (Wide) a * b);
}

/* What those who were there before lost, for how sure retention is. */
static void
tally_lost(Tally *tally, const Standing *before, const Standing *after)
{
	int64_t lost = before->cents - after->cents;

	square_add(tally, SQUARE_NET_BEFORE_LOST, before->cents, lost);
	square_add(tally, SQUARE_NET_LOST, lost, lost);
	if (lost <= 0)
		return;
	square_add(tally, SQUARE_GROSS_BEFORE_LOST, before->cents, lost);
	square_add(tally, SQUARE_GROSS_LOST, lost, lost);
}

static void
stock_add(SegmentFlow *flow, Period period, int32_t segment, int32_t product,
		  const Stock *change)
{
	StockCell *cell;
	int64_t any = 0;

	for (int i = 0; i < STOCK_COUNTS; i++)
		any |= change->counts[i];
	if (any == 0 && change->mrr == 0 && change->squares == 0)
		return;
	cell = segment_cell(flow, &flow->stocks, period, segment, product);
	for (int i = 0; i < STOCK_COUNTS; i++)
		cell->stock.counts[i] =
			count_add(cell->stock.counts[i], change->counts[i]);
	cell->stock.mrr = money_add(cell->stock.mrr, change->mrr);
	cell->stock.squares = money_add(cell->stock.squares, change->squares);
}

/* What is held of a product, or its opposite when sign is -1 */
static Stock
stock_of(const Holding *held, int sign)
{
	Stock stock = {0};

	if (held->lines > 0)
	{
		stock.counts[STOCK_LINES] = sign * held->lines;
		stock.counts[STOCK_HOLDERS] = sign;
		stock.mrr = sign * held->mrr;
	}
	return stock;
}

static Stock
stock_all(const Standing *standing, int sign)
{
	Stock stock = {0};

	stock.counts[STOCK_LINES] = sign * standing->products;
	stock.counts[STOCK_HOLDERS] = sign * (standing->products > 1);
	stock.counts[STOCK_BEGINNING] = sign * (int64_t) standing->paid_since;
	stock.counts[STOCK_BELOW_TOP] = sign * standing->below_top;
	stock.counts[STOCK_SQUARES] =
		sign * (int64_t) standing->products * standing->products;
	stock.squares = sign * (Wide) standing->cents * standing->cents;
	return stock;
}

/* Take what was held out of one place and put what is held into another. */
static void
stock_move(SegmentFlow *flow, Period period, int32_t from, int32_t to,
		   int32_t product, Stock *out, Stock *in)
{
	if (from == to)
	{
		for (int i = 0; i < STOCK_COUNTS; i++)
			in->counts[i] += out->counts[i];
		in->mrr += out->mrr;
		in->squares += out->squares;
		stock_add(flow, period, to, product, in);
		return;
	}
	if (from != OUTSIDE)
		stock_add(flow, period, from, product, out);
	if (to != OUTSIDE)
		stock_add(flow, period, to, product, in);
}

static void
journey_stocks(Journey *journey, Period period, const Standing *before,
			   const Standing *after)
{
	const Customer *customer = journey->customer;
	Stock out = stock_all(before, -1);
	Stock in = stock_all(after, 1);

	stock_move(journey->flow, period, before->place, after->place, ALL_PRODUCTS,
			   &out, &in);
	for (int i = 0; i < customer->nproducts; i++)
	{
		const Holding *was = &journey->was[i];
		const Holding *now = &journey->now[i];

		if (was->lines <= 0 && now->lines <= 0)
			continue;
		if (before->place == after->place && was->lines == now->lines &&
			was->mrr == now->mrr)
			continue;
		out = stock_of(was, -1);
		in = stock_of(now, 1);
		stock_move(journey->flow, period, before->place, after->place,
				   customer->product_names[i], &out, &in);
	}
}

/* Is a customer elsewhere because the segments are others? */
static bool
is_redefined(SegmentFlow *flow, const Standing *before, const Standing *after)
{
	int32_t nameless = segment_flow_nameless(flow);

	return before->version != after->version && before->place != nameless &&
		   after->place != nameless;
}

/* Put a customer's way through a period into its flow. */
static void
journey_flow(Journey *journey, Period period, const Standing *before,
			 const Standing *after)
{
	SegmentFlow *state = journey->flow;
	Wide change = after->mrr - before->mrr;
	Flow *flow;

	if (before->place == after->place && change == 0)
		return;
	flow = &((FlowCell *) segment_cell(state, &state->flows, period,
									   before->place, after->place))
				->flow;
	if (before->place == OUTSIDE)
	{
		sum_add(&flow->lines[journey->paid_ever ? FLOW_REACTIVATION : FLOW_NEW],
				1, change);
		return;
	}
	if (after->place == OUTSIDE)
	{
		sum_add(&flow->lines[FLOW_CHURN], 1, change);
		return;
	}
	if (before->place != after->place)
		sum_add(&flow->lines[is_redefined(state, before, after) ? FLOW_REDEFINED
																: FLOW_MOVED],
				1, after->mrr);
	if (change > 0)
		sum_add(&flow->lines[FLOW_EXPANSION], 1, change);
	else if (change < 0)
		sum_add(&flow->lines[FLOW_CONTRACTION], 1, change);
}

static int64_t
closing_day(const SegmentFlow *flow, Period period)
{
	int64_t end = period_start(flow->calendar, (int64_t) period + 1);

	return (end < flow->as_of ? end : flow->as_of) - 1;
}

/* What a customer holds of a family, and held when the period began */
typedef struct Family
{
	int64_t lines;
	int64_t lines_before;
	Wide mrr;
	Wide mrr_before;
	bool below_top_before;
} Family;

static Family
journey_family(const Journey *journey, int32_t family)
{
	Family held = {0};

	for (int i = 0; i < journey->customer->nproducts; i++)
	{
		const Rung *rung = journey_rung(journey, i);

		if (rung->family != family)
			continue;
		held.lines += journey->now[i].lines;
		held.lines_before += journey->was[i].lines;
		held.mrr = money_add(held.mrr, journey->now[i].mrr);
		held.mrr_before = money_add(held.mrr_before, journey->was[i].mrr);
		held.below_top_before |= journey->was[i].lines > 0 && !rung->is_top;
	}
	return held;
}

/* A sale is undone when what was sold, or the customer, is gone. */
static void
journey_undone(Journey *journey, Period period, const Standing *after)
{
	if (journey->cross.until < 0 && journey->up.until < 0)
		return;
	if (journey->cross.until >= 0 &&
		(after->place == OUTSIDE || after->products <= journey->cross.products))
	{
		if (closing_day(journey->flow, period) <= journey->cross.until)
			sum_add(&tally_at(journey->flow, period, journey->cross.place)
						 ->lines[TALLY_CROSS_UNDONE],
					1, journey->cross.gain);
		journey->cross.until = -1;
	}
	if (journey->up.until >= 0 &&
		(after->place == OUTSIDE ||
		 journey_family(journey, journey->up.family).mrr <= journey->up.mrr))
	{
		if (closing_day(journey->flow, period) <= journey->up.until)
			sum_add(&tally_at(journey->flow, period, journey->up.place)
						 ->lines[TALLY_UP_UNDONE],
					1, journey->up.gain);
		journey->up.until = -1;
	}
}

/* Who held a product and holds more, or a higher one of the same family */
static void
journey_sales(Journey *journey, Period period, Tally *tally,
			  const Standing *before, const Standing *after)
{
	SegmentFlow *flow = journey->flow;

	if (after->products > before->products)
	{
		Wide gain = after->mrr - before->mrr;

		sum_add(&tally->lines[TALLY_CROSS_SOLD], 1, gain);
		journey->cross = (Sale){closing_day(flow, period) + TRIAL_DAYS,
								before->place, gain, before->products};
	}
	if (!before->below_top)
		return;
	for (int i = 0; i < journey->customer->nproducts; i++)
	{
		int32_t family = journey_rung(journey, i)->family;
		Family held;

		if (journey->now[i].lines <= 0 || journey->was[i].lines > 0 ||
			family == NO_FAMILY)
			continue;
		held = journey_family(journey, family);
		if (!held.below_top_before || held.lines > held.lines_before ||
			held.mrr <= held.mrr_before)
			continue;
		journey->up = (Sale){closing_day(flow, period) + TRIAL_DAYS,
							 before->place,
							 held.mrr - held.mrr_before,
							 0,
							 family,
							 held.mrr_before};
		sum_add(&tally->lines[TALLY_UPSOLD], 1, journey->up.gain);
		break;
	}
}

/* What became of a customer of the opening, where anything did. */
static void
journey_lost(Journey *journey, Period period, const Standing *before,
			 const Standing *after)
{
	Tally *tally;

	if (before->mrr == after->mrr && before->products >= after->products &&
		!before->below_top)
		return;
	tally = tally_at(journey->flow, period, before->place);
	if (before->mrr != after->mrr)
		tally_lost(tally, before, after);
	if (after->place != OUTSIDE)
		journey_sales(journey, period, tally, before, after);
}

/* Look at the cohort's ages whose periods close before one. */
static void
journey_ages(Journey *journey, int64_t period)
{
	SegmentFlow *flow = journey->flow;

	for (; journey->next_age < COHORT_AGES; journey->next_age++)
	{
		int64_t look =
			(int64_t) journey->cohort + cohort_ages[journey->next_age];
		int line = TALLY_COHORT + journey->next_age;
		Tally *tally;

		if (!journey->acquired || look >= period || look > flow->last_complete)
			return;
		tally = tally_at(flow, (Period) look, journey->origin_place);
		sum_add(&tally->lines[line], 1, journey->origin_mrr);
		if (journey->mrr > 0)
			sum_add(&tally->lines[line + COHORT_AGES], 1, journey->mrr);
	}
}

/* Look at who is on trial, if that ends before a day. */
static void
journey_trial(Journey *journey, int64_t day)
{
	SegmentFlow *flow = journey->flow;
	int64_t end = (int64_t) journey->origin + TRIAL_DAYS;
	Tally *tally;

	if (!journey->on_trial || end >= day)
		return;
	journey->on_trial = false;
	tally = tally_at(flow, almanac_period(flow->almanac, (Day) end),
					 journey->origin_place);
	sum_add(&tally->lines[TALLY_ACQUIRED], 1, journey->origin_mrr);
	if (journey->mrr > 0)
		sum_add(&tally->lines[TALLY_PROVEN], 1, journey->mrr);
}

/* Take what changes on a day. */
static void
journey_steps(Journey *journey, Period period, int64_t day)
{
	const Customer *customer = journey->customer;
	int32_t due_place = journey->segment;
	int64_t due = 0;
	Wide due_mrr = 0;
	Wide due_squares = 0;
	int64_t cents;
	Tally *tally;

	for (; journey->step < customer->nsteps &&
		   customer->steps[journey->step].day == day;
		 journey->step++)
	{
		const Step *step = &customer->steps[journey->step];
		Holding *held = &journey->now[step->product];

		held->lines += step->lines;
		held->mrr = money_add(held->mrr, step->mrr);
		journey->mrr = money_add(journey->mrr, step->mrr);
		if (step->lines < 0 && step->mrr < 0)
		{
			due++;
			due_mrr = money_add(due_mrr, -step->mrr);
			cents = cents_of(journey->flow, step->mrr);
			due_squares = money_add(due_squares, (Wide) cents * cents);
		}
	}
	if (due == 0 || journey->flow->span > 1)
		return;
	tally = tally_at(journey->flow, period, due_place);
	sum_add(&tally->lines[TALLY_DUE], due, due_mrr);
	tally->squares[SQUARE_DUE] =
		money_add(tally->squares[SQUARE_DUE], due_squares);
	if (journey->mrr <= 0)
		return;
	sum_add(&tally->lines[TALLY_RENEWED], due, due_mrr);
	tally->squares[SQUARE_RENEWED] =
		money_add(tally->squares[SQUARE_RENEWED], due_squares);
}

/* Put down where a customer stands from a closing on. */
static void
journey_stand(Journey *journey, Period period, const Standing *after)
{
	if (journey->nstands == journey->stands_room)
	{
		int room = journey->stands_room ? journey->stands_room * 2 : 16;

		journey->stands =
			journey->stands_room
				? host_realloc(journey->stands, room * sizeof(Stand))
				: host_alloc(NULL, room * sizeof(Stand));
		journey->stands_room = room;
	}
	journey->stands[journey->nstands++] = (Stand){period, *after};
}

/* Go through a period in which something changes, up to its closing. */
static void
journey_period(Journey *journey, int64_t day)
{
	SegmentFlow *flow = journey->flow;
	Period period = almanac_period(flow->almanac, (Day) day);
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
		if (journey->mrr > 0 && !journey->acquired)
		{
			journey->acquired = true;
			journey->on_trial = flow->span == 1;
			journey->origin = (Day) day;
			journey->cohort = period;
			journey->origin_place = journey->segment;
			journey->origin_mrr = journey->mrr;
		}
		day = journey_day(journey);
	} while (day < flow->as_of &&
			 almanac_period(flow->almanac, (Day) day) == period);

	after = journey_standing(journey);
	if (flow->span > 1)
		journey_stand(journey, period, &after);
	else if (before.place == OUTSIDE && after.place == OUTSIDE)
	{
		if (paid_in != OUTSIDE)
			sum_add(&((FlowCell *) segment_cell(flow, &flow->flows, period,
												OUTSIDE, paid_in))
						 ->flow.lines[FLOW_SAME_PERIOD],
					1, 0);
	}
	else
	{
		journey_flow(journey, period, &before, &after);
		journey_stocks(journey, period, &before, &after);
		journey_undone(journey, period, &after);
		if (before.place != OUTSIDE)
			journey_lost(journey, period, &before, &after);
	}
	journey->paid_ever |= paid_any;
	journey->standing = after;
}

static void
span_add(SegmentFlow *flow, int64_t period, const Standing *before,
		 const Standing *after, int sign)
{
	Span *span;

	if (before->place == OUTSIDE && after->place == OUTSIDE)
		return;
	span = &((SpanCell *) segment_cell(flow, &flow->spans, (Period) period,
									   before->place, after->place))
				->span;
	span->customers = count_add(span->customers, sign);
	if (before->place != OUTSIDE && after->place != OUTSIDE &&
		before->place != after->place && is_redefined(flow, before, after))
		span->redefined = count_add(span->redefined, sign);
	span->mrr = money_add(span->mrr, sign * before->mrr);
	span->mrr_closing = money_add(span->mrr_closing, sign * after->mrr);
}

/*
 * Pair the standings at closings that lie a span apart: a pair changes when a
 * standing does, and when the earlier closing comes to where it did.
 */
static void
journey_spans(Journey *journey)
{
	SegmentFlow *flow = journey->flow;
	Standing before = {OUTSIDE};
	Standing after = {OUTSIDE};
	int64_t last = period_of(flow->calendar, flow->as_of - 1);
	int early = 0;
	int late = 0;

	for (;;)
	{
		int64_t period = last + 1;

		if (late < journey->nstands)
			period = journey->stands[late].period;
		if (early < journey->nstands &&
			(int64_t) journey->stands[early].period + flow->span < period)
			period = (int64_t) journey->stands[early].period + flow->span;
		if (period > last)
			return;
		span_add(flow, period, &before, &after, -1);
		while (late < journey->nstands &&
			   journey->stands[late].period == period)
			after = journey->stands[late++].standing;
		while (early < journey->nstands &&
			   (int64_t) journey->stands[early].period + flow->span == period)
			before = journey->stands[early++].standing;
		span_add(flow, period, &before, &after, 1);
	}
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
