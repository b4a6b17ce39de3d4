/*
 * segment_years.c
 *		Sums by segment and period from raw spells in one pass: spells that
 *		ended, promotions that did, and what is left of a year before and why.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_waterfalls.h"
#include "core/subscriptions/customer_movement.h"
#include "core/subscriptions/movement_spells.h"
#include "core/subscriptions/retained_money.h"
#include "core/util/sorted.h"

static const Held always = {INT64_MIN, INT64_MAX};

const char *
period_line_name(PeriodLine line)
{
	static const char *const names[PERIOD_LINES] = {
		[PERIOD_ENDED] = "ended",
		[PERIOD_CONTINUED] = "continued",
		[PERIOD_OPENING] = "opening",
		[PERIOD_GROSS] = "gross",
		[PERIOD_NET] = "net",
		[PERIOD_PROMOTION_END] = "promotion_end",
		[PERIOD_CHURN] = "churn",
		[PERIOD_RETURN] = "return",
		[PERIOD_PAUSE] = "pause",
		[PERIOD_UPGRADE] = "upgrade",
		[PERIOD_DOWNGRADE] = "downgrade",
		[PERIOD_NEW_PRODUCT] = "new_product",
		[PERIOD_LEFT_PRODUCT] = "left_product",
		[PERIOD_QUANTITY] = "quantity",
		[PERIOD_PROMOTION] = "promotion",
		[PERIOD_PRICE] = "price"};

	return names[line];
}

/* A change of a customer, and its line */
typedef struct Moved
{
	Period period;
	PeriodLine line;
	Wide change;
} Moved;

/* From a period on, and before another, who paid a year before */
typedef struct Based
{
	int64_t from;
	int64_t to;
} Based;

typedef struct Workspace
{
	SegmentCustomers *customers;
	SegmentSums *sums;
	PeriodCache *period_cache;
	int32_t periods;
	bool by_line; /* is asked for what has moved */

	/* what is kept is counted in a segment, or in two that are the same */
	const SegmentCustomer *customer;
	int32_t segments[2];
	int nsegments;

	/* the customer's own waterfall, and what is held */
	Movement *movement;
	Holdings holdings;
	uint32_t room;
	int32_t *numbers; /* of products, the customer's own */
	Moved *moved;
	int nmoved;
	int moved_room;
	Level *levels;
	int levels_room;
	Based *based; /* where what is kept is counted */
	int nbased;
	int based_room;
} Workspace;

/* Begin to add up, in sums. */
static void
sums_open(Workspace *workspace, SegmentCustomers *customers, Context context,
		  SegmentSums *sums)
{
	const SpellBuffer *spell_buffer = customers->spell_buffer;

	workspace->customers = customers;
	workspace->sums = sums;
	workspace->period_cache = period_cache_of(spell_buffer->terms.calendar);
	sums->context = context;
	sums->scale = spell_buffer->scale;
	sums->calendar = spell_buffer->terms.calendar;
	sums->nsegments = customers->nsegments;
	sums->segments = customers->segments;
	sums->sums = runtime_alloc_zero(
		context, (sums->nsegments + 1) * sizeof(SegmentPeriods));
}

/* The lines of a period of a segment, or of everybody */
static PeriodSum *
sums_reach(SegmentSums *sums, int32_t segment, Period period)
{
	SegmentPeriods *of =
		&sums->sums[segment == EVERYBODY ? sums->nsegments : segment];
	int at;

	of->periods = sorted_reach(sums->context, of->periods, &of->nperiods,
							   &of->room, sizeof(SegmentPeriod), period, &at);
	return of->periods[at].lines;
}

static inline void
sum_add(PeriodSum *sum, int64_t customers, Wide mrr)
{
	sum->customers = count_add(sum->customers, customers);
	sum->mrr = money_add(sum->mrr, mrr);
}

/* Spells that ended, where the customer was on the last day. */
static void
ended_count(Workspace *workspace, const SegmentCustomer *customer)
{
	const SpellBuffer *spell_buffer = workspace->customers->spell_buffer;
	Day as_of = spell_buffer->terms.as_of;

	for (uint32_t i = 0; i < customer->nlines; i++)
	{
		const Line *line = &customer->lines[i];
		Wide mrr = line_mrr(spell_buffer, line);
		Wide held = 0;
		Period period;
		int32_t segment;

		if (line->end >= as_of || mrr <= 0)
			continue;
		for (int j = 0; j < customer->nsteps; j++)
		{
			if (customer->steps[j].day > line->end)
				break;
			held = money_add(held, customer->steps[j].mrr);
		}
		period = period_cache_period(workspace->period_cache, line->end);
		segment = segment_customer_place(workspace->customers, customer,
										 (int64_t) line->end - 1);
		for (int n = 0; n < 2; n++, segment = EVERYBODY)
		{
			PeriodSum *lines = sums_reach(workspace->sums, segment, period);

			sum_add(&lines[PERIOD_ENDED], 1, mrr);
			if (held > 0)
				sum_add(&lines[PERIOD_CONTINUED], 1, mrr);
		}
	}
}

/* Room for another item of an array that is kept from customer to customer */
static void *
array_reach(void *items, int count, int *room, size_t size)
{
	if (count < *room)
		return items;
	*room = *room ? *room * 2 : 16;
	if (items == NULL)
		return runtime_alloc(NULL, *room * size);
	return runtime_realloc(items, *room * size);
}

static void
kept_take(void *arg, const RetainedChange *change)
{
	Workspace *workspace = arg;

	for (int i = 0; i < workspace->nsegments; i++)
	{
		PeriodSum *lines =
			sums_reach(workspace->sums, workspace->segments[i], change->period);

		sum_add(&lines[PERIOD_OPENING], change->customers, change->opening);
		sum_add(&lines[PERIOD_GROSS], 0, change->gross);
		sum_add(&lines[PERIOD_NET], 0, change->net);
	}
	if (!workspace->by_line || change->customers == 0)
		return;
	if (change->customers < 0)
	{
		workspace->based[workspace->nbased - 1].to = change->period;
		return;
	}
	workspace->based = array_reach(workspace->based, workspace->nbased,
								   &workspace->based_room, sizeof(Based));
	workspace->based[workspace->nbased++] = (Based){change->period, INT64_MAX};
}

/* A change is in so many periods, and leaves them again. */
static void
moved_count(Workspace *workspace)
{
	for (int i = 0; i < workspace->nbased; i++)
		for (int j = 0; j < workspace->nmoved; j++)
		{
			const Based *based = &workspace->based[i];
			const Moved *moved = &workspace->moved[j];
			int64_t end = (int64_t) moved->period + workspace->periods;
			int64_t first = based->from;

			if (first < moved->period)
				first = moved->period;
			if (end > based->to)
				end = based->to;
			if (first >= end)
				continue;
			for (int n = 0; n < workspace->nsegments; n++)
			{
				int32_t segment = workspace->segments[n];

				sum_add(&sums_reach(workspace->sums, segment,
									(Period) first)[moved->line],
						0, moved->change);
				sum_add(&sums_reach(workspace->sums, segment,
									(Period) end)[moved->line],
						0, -moved->change);
			}
		}
}

/* What the customer brings from which day on; how many there are. */
static int
levels_take(Workspace *workspace, const SegmentCustomer *customer)
{
	if (customer->nsteps > workspace->levels_room)
	{
		if (workspace->levels_room > 0)
			runtime_free(workspace->levels);
		workspace->levels_room = customer->nsteps * 2;
		workspace->levels =
			runtime_alloc(NULL, workspace->levels_room * sizeof(Level));
	}
	return levels_of(customer->steps, customer->nsteps, workspace->levels);
}

/* What is left of a year before, of everybody and in each segment. */
static void
years_count(Workspace *workspace, const SegmentCustomer *customer, int nlevels)
{
	const SpellTerms *terms = &workspace->customers->spell_buffer->terms;
	int first = -1;

	if (nlevels == 0)
		return;
	workspace->segments[0] = EVERYBODY;
	workspace->nsegments = 1;
	if (customer->ndays == 1 && segment_days_are_all(customer->days))
	{
		workspace->segments[workspace->nsegments++] = customer->days->segment;
		first = 0;
	}
	for (int i = first; i < customer->ndays; i++)
	{
		const Held *held = i < 0 ? &always : customer->days[i].held;
		int nheld = i < 0 ? 1 : customer->days[i].nheld;

		workspace->nbased = 0;
		retained_money_of(workspace->levels, nlevels, held, nheld,
						  terms->calendar, terms->as_of, workspace->periods,
						  kept_take, workspace);
		if (workspace->by_line)
			moved_count(workspace);
		if (i + 1 < customer->ndays)
			workspace->segments[0] = customer->days[i + 1].segment;
	}
}

/* What a customer holds, with products by numbers of its own */
static void
customer_holdings(Workspace *workspace, const SegmentCustomer *customer)
{
	const SpellBuffer *spell_buffer = workspace->customers->spell_buffer;
	Holdings *holdings = &workspace->holdings;

	if (customer->nlines > workspace->room)
	{
		if (workspace->room > 0)
		{
			runtime_free(holdings->spells);
			runtime_free(workspace->numbers);
		}
		workspace->room = customer->nlines * 2;
		holdings->spells = runtime_alloc(NULL, workspace->room * sizeof(Spell));
		workspace->numbers =
			runtime_alloc(NULL, workspace->room * sizeof(int32_t));
	}
	holdings->scale = spell_buffer->scale;
	holdings->nnames = 0;
	holdings->nspells = (int) customer->nlines;
	for (int i = 0; i < holdings->nspells; i++)
	{
		const Line *line = &customer->lines[i];
		int32_t product = line_name(line);
		Spell spell = {line->start,			line->end, 0, -1,
					   customer->offers[i], 0,		   0};
		int at = i;

		while (spell.product < holdings->nnames &&
			   workspace->numbers[spell.product] != product)
			spell.product++;
		if (spell.product == holdings->nnames)
			workspace->numbers[holdings->nnames++] = product;
		if (line_is_paused(line))
			spell.pause = line_pause(spell_buffer, line);
		else
			spell.mrr = line_mrr(spell_buffer, line);
		for (; at > 0 && holdings->spells[at - 1].start > spell.start; at--)
			holdings->spells[at] = holdings->spells[at - 1];
		holdings->spells[at] = spell;
	}
}

/* Give out the customer's own waterfall. */
static void
customer_explain(Workspace *workspace, const SegmentCustomer *customer,
				 CustomerMovementEmit take)
{
	const Step *steps;
	int nsteps =
		segment_customer_pauses(workspace->customers, customer, &steps);

	if (workspace->movement == NULL)
		workspace->movement =
			movement_of_spells(workspace->customers->spell_buffer, NULL);
	workspace->movement->ncells = 0;
	movement_add(workspace->movement, steps, nsteps,
				 workspace->customers->nproducts, &always, 1);
	if (workspace->movement->ncells == 0)
		return;
	customer_holdings(workspace, customer);
	customer_movements(&workspace->holdings, workspace->movement, INT32_MIN,
					   SPELL_OPEN, take, workspace);
}

/* The end of a promotion, where the customer was when the period opened. */
static void
promotion_take(void *arg, const CustomerMovement *row)
{
	Workspace *workspace = arg;
	SegmentSums *sums = workspace->sums;
	int32_t segment;

	if (row->cause != CAUSE_PROMOTION_END)
		return;
	segment =
		segment_customer_place(workspace->customers, workspace->customer,
							   period_start(sums->calendar, row->period) - 1);
	for (int n = 0; n < 2; n++, segment = EVERYBODY)
		sum_add(&sums_reach(sums, segment, row->period)[PERIOD_PROMOTION_END],
				1, row->change);
}

static void
promotion_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;
	Day as_of = workspace->customers->spell_buffer->terms.as_of;

	for (uint32_t i = 0; i < customer->nlines; i++)
		if (customer->offers[i] >= 0 && customer->lines[i].end < as_of)
		{
			workspace->customer = customer;
			customer_explain(workspace, customer, promotion_take);
			return;
		}
}

/* Is any product held under an offer? */
static bool
has_offers(const SegmentCustomers *customers)
{
	for (int i = 0; i < customers->spell_buffer->names.count; i++)
		if (customers->offers[i] >= 0)
			return true;
	return false;
}

/* Reads what the end of promotions brought, by segment and period. */
SegmentReader
segment_promotions_open(SegmentCustomers *customers, Context context,
						SegmentSums *sums)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));

	sums_open(workspace, customers, context, sums);
	return (SegmentReader){has_offers(customers) ? promotion_walk : NULL,
						   workspace};
}

static void
year_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;

	ended_count(workspace, customer);
	years_count(workspace, customer, levels_take(workspace, customer));
}

/*
 * Reads spells that ended, and what is left of what was paid so many periods
 * before, by segment and period.
 */
SegmentReader
segment_years_open(SegmentCustomers *customers, Context context,
				   int32_t periods, SegmentSums *sums)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));

	workspace->periods = periods;
	sums_open(workspace, customers, context, sums);
	return (SegmentReader){year_walk, workspace};
}

/* The line of a change among those of a year, if it has one */
static PeriodLine
moved_line(const CustomerMovement *row)
{
	switch (row->line)
	{
		case LINE_CHURN:
			return PERIOD_CHURN;
		case LINE_NEW:
		case LINE_REACTIVATION:
			return PERIOD_RETURN;
		default:
			break;
	}
	switch (row->cause)
	{
		case CAUSE_PLAN:
			return row->line == LINE_EXPANSION ? PERIOD_UPGRADE
											   : PERIOD_DOWNGRADE;
		case CAUSE_PAUSE:
			return PERIOD_PAUSE;
		case CAUSE_NEW_PRODUCT:
			return PERIOD_NEW_PRODUCT;
		case CAUSE_LEFT_PRODUCT:
			return PERIOD_LEFT_PRODUCT;
		case CAUSE_QUANTITY:
			return PERIOD_QUANTITY;
		case CAUSE_PROMOTION:
			return PERIOD_PROMOTION;
		case CAUSE_PROMOTION_END:
			return PERIOD_PROMOTION_END;
		case CAUSE_PRICE:
			return PERIOD_PRICE;
		default:
			return PERIOD_LINES;
	}
}

static void
moved_take(void *arg, const CustomerMovement *row)
{
	Workspace *workspace = arg;
	PeriodLine line = moved_line(row);

	if (row->change == 0 || line == PERIOD_LINES)
		return;
	workspace->moved = array_reach(workspace->moved, workspace->nmoved,
								   &workspace->moved_room, sizeof(Moved));
	workspace->moved[workspace->nmoved++] =
		(Moved){row->period, line, row->change};
}

static void
bridge_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;

	workspace->nmoved = 0;
	customer_explain(workspace, customer, moved_take);
	years_count(workspace, customer, levels_take(workspace, customer));
}

/*
 * What is left of what was paid so many periods before, and what moved since,
 * by segment and period.
 */
void
segment_bridges_finish(SpellBuffer *spell_buffer, Context context,
					   int32_t periods, SegmentSums *sums)
{
	SegmentCustomers customers;
	Workspace workspace = {.periods = periods, .by_line = true};
	SegmentReader reader = {bridge_walk, &workspace};

	segment_customers_open(&customers, context, spell_buffer);
	sums_open(&workspace, &customers, context, sums);
	segment_customers_each(&customers, &reader, 1);
}
