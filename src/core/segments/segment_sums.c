/*
 * segment_sums.c
 *		How customers and money flow between segments: what a customer adds.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_walk.h"

/* The outcomes of a place in a period; good until the next call */
static OutcomeCounters *
outcomes_at(SegmentFlow *flow, Period period, int32_t place)
{
	OutcomeCell *cell =
		segment_cell(flow, &flow->outcomes, period, place, ALL_PRODUCTS);

	return &cell->outcomes;
}

static void
sum_add(SegmentSum *sum, int64_t customers, Wide mrr)
{
	sum->customers = count_add(sum->customers, customers);
	sum->mrr = money_add(sum->mrr, mrr);
}

static void
square_add(OutcomeCounters *outcomes, OutcomeSquare square, int64_t a,
		   int64_t b)
{
	outcomes->squares[square] =
		money_add(outcomes->squares[square], (Wide) a * b);
}

/* What those who were there before lost, for how sure retention is. */
static void
outcomes_lost(OutcomeCounters *outcomes, const ClosingState *before,
			  const ClosingState *after)
{
	int64_t lost = before->cents - after->cents;

	square_add(outcomes, SQUARE_NET_BEFORE_LOST, before->cents, lost);
	square_add(outcomes, SQUARE_NET_LOST, lost, lost);
	if (lost <= 0)
		return;
	square_add(outcomes, SQUARE_GROSS_BEFORE_LOST, before->cents, lost);
	square_add(outcomes, SQUARE_GROSS_LOST, lost, lost);
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
		stock.mrr = sign * (held->mrr - held->paused);
	}
	return stock;
}

static Stock
stock_all(const ClosingState *closing, int sign)
{
	Stock stock = {0};

	stock.counts[STOCK_LINES] = sign * closing->products;
	stock.counts[STOCK_HOLDERS] = sign * (closing->products > 1);
	stock.counts[STOCK_BEGINNING] = sign * (int64_t) closing->paid_since;
	stock.counts[STOCK_BELOW_TOP] = sign * closing->below_top;
	stock.counts[STOCK_SQUARES] =
		sign * (int64_t) closing->products * closing->products;
	stock.squares = sign * (Wide) closing->paid_cents * closing->paid_cents;
	return stock;
}

/* Count what a closing state has in pauses, or its opposite when sign is -1. */
static void
rest_add(SegmentFlow *flow, Period period, const ClosingState *closing,
		 int sign)
{
	Rest *rest;

	if (closing->place == OUTSIDE || closing->mrr == closing->paid)
		return;
	rest = &((StockCell *) segment_cell(flow, &flow->stocks, period,
										closing->place, ALL_PRODUCTS))
				->rest;
	rest->customers = count_add(rest->customers, sign * (closing->paid == 0));
	rest->mrr = money_add(rest->mrr, sign * (closing->mrr - closing->paid));
	rest->squares =
		money_add(rest->squares,
				  sign * ((Wide) closing->cents * closing->cents -
						  (Wide) closing->paid_cents * closing->paid_cents));
}

/* Where a closing state counts with what is paid */
static inline int32_t
paying_place(const ClosingState *closing)
{
	return closing->paid > 0 ? closing->place : OUTSIDE;
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
segment_walk_stocks(SegmentWalk *walk, Period period,
					const ClosingState *before, const ClosingState *after)
{
	const Customer *customer = walk->customer;
	int32_t from = paying_place(before);
	int32_t to = paying_place(after);
	Stock out = stock_all(before, -1);
	Stock in = stock_all(after, 1);

	rest_add(walk->flow, period, before, -1);
	rest_add(walk->flow, period, after, 1);
	if (from == OUTSIDE && to == OUTSIDE)
		return;
	stock_move(walk->flow, period, from, to, ALL_PRODUCTS, &out, &in);
	for (int i = 0; i < customer->nproducts; i++)
	{
		const Holding *was = &walk->was[i];
		const Holding *now = &walk->now[i];

		if (was->lines <= 0 && now->lines <= 0)
			continue;
		if (from == to && was->lines == now->lines && was->mrr == now->mrr &&
			was->paused == now->paused)
			continue;
		out = stock_of(was, -1);
		in = stock_of(now, 1);
		stock_move(walk->flow, period, from, to, customer->product_names[i],
				   &out, &in);
	}
}

/* Put a customer's way through a period into its flow. */
static void
segment_walk_flow(SegmentWalk *walk, Period period, const ClosingState *before,
				  const ClosingState *after)
{
	SegmentFlow *state = walk->flow;
	Wide change = after->mrr - before->mrr;
	Flow *flow;

	if (before->place == after->place && change == 0)
		return;
	flow = &((FlowCell *) segment_cell(state, &state->flows, period,
									   before->place, after->place))
				->flow;
	if (before->place == OUTSIDE)
	{
		sum_add(&flow->lines[walk->paid_ever ? FLOW_REACTIVATION : FLOW_NEW], 1,
				change);
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
segment_walk_family(const SegmentWalk *walk, int32_t family)
{
	Family held = {0};

	for (int i = 0; i < walk->customer->nproducts; i++)
	{
		const ProductTier *tier = segment_walk_tier(walk, i);

		if (tier->family != family)
			continue;
		held.lines += walk->now[i].lines;
		held.lines_before += walk->was[i].lines;
		held.mrr = money_add(held.mrr, walk->now[i].mrr);
		held.mrr_before = money_add(held.mrr_before, walk->was[i].mrr);
		held.below_top_before |= walk->was[i].lines > 0 && !tier->is_top;
	}
	return held;
}

/* A sale is undone when what was sold, or the customer, is gone. */
static void
segment_walk_undone(SegmentWalk *walk, Period period, const ClosingState *after)
{
	if (walk->cross.until == NOTHING_SOLD && walk->up.until == NOTHING_SOLD)
		return;
	if (walk->cross.until != NOTHING_SOLD &&
		(after->place == OUTSIDE || after->products <= walk->cross.products))
	{
		if (closing_day(walk->flow, period) <= walk->cross.until)
			sum_add(&outcomes_at(walk->flow, period, walk->cross.place)
						 ->lines[OUTCOME_CROSS_UNDONE],
					1, walk->cross.gain);
		walk->cross.until = NOTHING_SOLD;
	}
	if (walk->up.until != NOTHING_SOLD &&
		(after->place == OUTSIDE ||
		 segment_walk_family(walk, walk->up.family).mrr <= walk->up.mrr))
	{
		if (closing_day(walk->flow, period) <= walk->up.until)
			sum_add(&outcomes_at(walk->flow, period, walk->up.place)
						 ->lines[OUTCOME_UP_UNDONE],
					1, walk->up.gain);
		walk->up.until = NOTHING_SOLD;
	}
}

/* Who held a product and holds more, or a higher one of the same family */
static void
segment_walk_sales(SegmentWalk *walk, Period period, OutcomeCounters *outcomes,
				   const ClosingState *before, const ClosingState *after)
{
	SegmentFlow *flow = walk->flow;

	if (after->products > before->products)
	{
		Wide gain = after->paid - before->paid;

		sum_add(&outcomes->lines[OUTCOME_CROSS_SOLD], 1, gain);
		walk->cross = (Sale){.until = closing_day(flow, period) + TRIAL_DAYS,
							 .place = before->place,
							 .gain = gain,
							 .products = before->products};
	}
	if (!before->below_top)
		return;
	for (int i = 0; i < walk->customer->nproducts; i++)
	{
		int32_t family = segment_walk_tier(walk, i)->family;
		Family held;

		if (walk->now[i].lines <= 0 || walk->was[i].lines > 0 ||
			family == NO_FAMILY)
			continue;
		held = segment_walk_family(walk, family);
		if (!held.below_top_before || held.lines > held.lines_before ||
			held.mrr <= held.mrr_before)
			continue;
		walk->up = (Sale){closing_day(flow, period) + TRIAL_DAYS,
						  before->place,
						  held.mrr - held.mrr_before,
						  0,
						  family,
						  held.mrr_before};
		sum_add(&outcomes->lines[OUTCOME_UPSOLD], 1, walk->up.gain);
		break;
	}
}

/* What became of a customer of the opening, where anything did. */
static void
segment_walk_lost(SegmentWalk *walk, Period period, const ClosingState *before,
				  const ClosingState *after)
{
	OutcomeCounters *outcomes;

	if (before->mrr == after->mrr && before->products >= after->products &&
		!before->below_top)
		return;
	outcomes = outcomes_at(walk->flow, period, before->place);
	if (before->mrr != after->mrr)
		outcomes_lost(outcomes, before, after);
	if (before->paid > 0 && after->paid > 0)
		segment_walk_sales(walk, period, outcomes, before, after);
}

/* Look at the cohort's ages whose periods close before one. */
void
segment_walk_ages(SegmentWalk *walk, int64_t period)
{
	SegmentFlow *flow = walk->flow;

	for (; walk->next_age < COHORT_AGES; walk->next_age++)
	{
		int64_t look = (int64_t) walk->cohort + cohort_ages[walk->next_age];
		int line = OUTCOME_COHORT + walk->next_age;
		OutcomeCounters *outcomes;

		if (!walk->acquired || look >= period || look > flow->last_complete)
			return;
		outcomes = outcomes_at(flow, (Period) look, walk->origin_place);
		sum_add(&outcomes->lines[line], 1, walk->origin_mrr);
		if (segment_walk_pays(walk) > 0)
			sum_add(&outcomes->lines[line + COHORT_AGES], 1,
					segment_walk_pays(walk));
	}
}

/* Look at who is on trial, if that ends before a day. */
void
segment_walk_trial(SegmentWalk *walk, int64_t day)
{
	SegmentFlow *flow = walk->flow;
	int64_t end = (int64_t) walk->origin + TRIAL_DAYS;
	OutcomeCounters *outcomes;

	if (!walk->on_trial || end >= day)
		return;
	walk->on_trial = false;
	outcomes =
		outcomes_at(flow, period_cache_period(flow->period_cache, (Day) end),
					walk->origin_place);
	sum_add(&outcomes->lines[OUTCOME_ACQUIRED], 1, walk->origin_mrr);
	if (segment_walk_pays(walk) > 0)
		sum_add(&outcomes->lines[OUTCOME_PROVEN], 1, segment_walk_pays(walk));
}

/* Count spells that ended, and of these those whose customers still pay. */
void
segment_walk_expiring(SegmentWalk *walk, Period period, int32_t place,
					  const Expiring *expiring)
{
	OutcomeCounters *outcomes = outcomes_at(walk->flow, period, place);

	sum_add(&outcomes->lines[OUTCOME_EXPIRING], expiring->spells,
			expiring->mrr);
	outcomes->squares[SQUARE_DUE] =
		money_add(outcomes->squares[SQUARE_DUE], expiring->squares);
	if (segment_walk_pays(walk) <= 0)
		return;
	sum_add(&outcomes->lines[OUTCOME_RENEWED], expiring->spells, expiring->mrr);
	outcomes->squares[SQUARE_RENEWED] =
		money_add(outcomes->squares[SQUARE_RENEWED], expiring->squares);
}

/* Add a customer's way through a period; paid_in: came there, maybe to go. */
void
segment_walk_sums(SegmentWalk *walk, Period period, const ClosingState *before,
				  const ClosingState *after, int32_t paid_in)
{
	SegmentFlow *flow = walk->flow;

	if (before->place == OUTSIDE && after->place == OUTSIDE)
	{
		if (paid_in != OUTSIDE)
			sum_add(&((FlowCell *) segment_cell(flow, &flow->flows, period,
												OUTSIDE, paid_in))
						 ->flow.lines[FLOW_SAME_PERIOD],
					1, 0);
		return;
	}
	segment_walk_flow(walk, period, before, after);
	segment_walk_stocks(walk, period, before, after);
	segment_walk_undone(walk, period, after);
	if (before->place != OUTSIDE)
		segment_walk_lost(walk, period, before, after);
}
