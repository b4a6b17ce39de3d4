/*
 * customer_movement.c
 *		The waterfall of one customer: which line, how much, and why.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/customer_movement.h"

#include <string.h>

const char *
movement_line_name(MovementLine line)
{
	static const char *const names[MOVEMENT_LINES] = {
		[LINE_NEW] = "new",
		[LINE_REACTIVATION] = "reactivation",
		[LINE_EXPANSION] = "expansion",
		[LINE_CONTRACTION] = "contraction",
		[LINE_CHURN] = "churn",
		[LINE_MOVED_IN] = "moved_in",
		[LINE_MOVED_OUT] = "moved_out",
		[LINE_SAME_PERIOD] = "same_period",
		[LINE_PAUSED] = "paused"};

	return names[line];
}

const char *
movement_cause_name(MovementCause cause)
{
	static const char *const names[MOVEMENT_CAUSES] = {
		"first",		 "return",		 "left",	 "to_free",
		"segment",		 "same_period",	 "pause",	 "plan",
		"new_product",	 "left_product", "quantity", "promotion",
		"promotion_end", "price"};

	return names[cause];
}

/* What a customer holds of a product when a period opens and closes */
typedef struct Product
{
	int lines[2];
	Wide mrr[2];
	Wide full[2];	  /* the same, were nothing paused */
	bool is_paused;	  /* a line, at either */
	bool offer_began; /* a line's offer at the closing was not there before */
	bool offer_ended; /* or one at the opening no longer is */
	Wide best;		  /* of a line that began in the period */
	bool began;
} Product;

/* Is a line of this product under this offer held on a day? */
static bool
offer_held(const Holdings *holdings, const Spell *like, Day day)
{
	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];

		if (spell->product == like->product && spell->offer == like->offer &&
			spell_holds(spell, day))
			return true;
	}
	return false;
}

static void
products_look(const Holdings *holdings, Day opening, Day closing,
			  Product *products)
{
	memset(products, 0, holdings->nnames * sizeof(Product));
	for (int i = 0; i < holdings->nspells; i++)
	{
		const Spell *spell = &holdings->spells[i];
		Product *product = &products[spell->product];
		bool before = spell_holds(spell, opening);
		bool after = spell_holds(spell, closing);

		if (before)
		{
			product->lines[0]++;
			product->mrr[0] = money_add(product->mrr[0], spell->mrr);
			product->full[0] = money_add(product->full[0],
										 money_add(spell->mrr, spell->pause));
		}
		if (after)
		{
			product->lines[1]++;
			product->mrr[1] = money_add(product->mrr[1], spell->mrr);
			product->full[1] = money_add(product->full[1],
										 money_add(spell->mrr, spell->pause));
		}
		if (before || after)
			product->is_paused |= spell->pause != 0;
		if (before && !after && spell->offer >= 0)
			product->offer_ended |= !offer_held(holdings, spell, closing);
		if (after && !before && spell->offer >= 0)
			product->offer_began |= !offer_held(holdings, spell, opening);
		if (spell->start > opening && spell->start <= closing &&
			(!product->began || spell->mrr > product->best))
		{
			product->began = true;
			product->best = spell->mrr;
		}
	}
}

/* Which products to choose the one from that brings most */
typedef enum Choice
{
	GAINED, /* held at the closing only */
	LOST,	/* at the opening only */
	BEFORE,
	AFTER,
	MOVED, /* at both, with other money */
	BEGAN
} Choice;

static bool
product_chosen(const Product *product, Choice choice, Wide *money)
{
	bool before = product->lines[0] > 0;
	bool after = product->lines[1] > 0;

	*money = product->mrr[choice == LOST || choice == BEFORE ? 0 : 1];
	switch (choice)
	{
		case GAINED:
			return after && !before;
		case LOST:
			return before && !after;
		case BEFORE:
			return before;
		case AFTER:
			return after;
		case MOVED:
			*money = product->mrr[1] - product->mrr[0];
			if (*money < 0)
				*money = -*money;
			return before && after && *money != 0;
		case BEGAN:
			*money = product->best;
			return product->began;
	}
	return false;
}

/* The one that brings most, of equals the first by name; -1: none. */
static int32_t
products_choose(const Product *products, int nproducts, Choice choice)
{
	int32_t found = -1;
	Wide most = 0;

	for (int32_t i = 0; i < nproducts; i++)
	{
		Wide money;

		if (product_chosen(&products[i], choice, &money) &&
			(found < 0 || money > most))
		{
			found = i;
			most = money;
		}
	}
	return found;
}

/* Why an existing customer pays more or less. */
static MovementCause
change_cause(const Product *products, int nproducts, CustomerMovement *row)
{
	int32_t gained = products_choose(products, nproducts, GAINED);
	int32_t lost = products_choose(products, nproducts, LOST);
	bool is_paused = false;
	bool offer_began = false;
	bool offer_ended = false;

	row->product = gained >= 0 ? gained : lost;
	if (gained >= 0 && lost >= 0)
	{
		row->from_product = lost;
		return CAUSE_PLAN;
	}
	if (gained >= 0)
		return CAUSE_NEW_PRODUCT;
	if (lost >= 0)
		return CAUSE_LEFT_PRODUCT;
	row->product = products_choose(products, nproducts, MOVED);
	if (row->product < 0)
		row->product = products_choose(products, nproducts, AFTER);
	for (int i = 0; i < nproducts; i++)
	{
		if (products[i].lines[0] != products[i].lines[1])
			return CAUSE_QUANTITY;
		is_paused |=
			products[i].is_paused && products[i].full[0] == products[i].full[1];
		offer_began |= products[i].offer_began;
		offer_ended |= products[i].offer_ended;
	}
	if (is_paused)
		return CAUSE_PAUSE;
	if (row->change > 0 && offer_ended)
		return CAUSE_PROMOTION_END;
	if (row->change < 0 && offer_began)
		return CAUSE_PROMOTION;
	return CAUSE_PRICE;
}

static void
row_explain(const Product *products, int nproducts, const MovementCell *cell,
			CustomerMovement *row)
{
	Choice choice = AFTER;

	row->from_product = -1;
	switch (row->line)
	{
		case LINE_EXPANSION:
		case LINE_CONTRACTION:
			row->cause = change_cause(products, nproducts, row);
			return;
		case LINE_NEW:
			row->cause = CAUSE_FIRST;
			break;
		case LINE_REACTIVATION:
			row->cause = CAUSE_RETURN;
			break;
		case LINE_CHURN:
			row->cause =
				cell->customers[LINE_TO_FREE] > 0 ? CAUSE_TO_FREE : CAUSE_LEFT;
			choice = BEFORE;
			break;
		case LINE_SAME_PERIOD:
			row->cause = CAUSE_SAME_PERIOD;
			choice = BEGAN;
			break;
		case LINE_PAUSED:
			row->cause = CAUSE_PAUSE;
			break;
		default:
			row->cause = CAUSE_SEGMENT;
			break;
	}
	row->product = products_choose(products, nproducts, choice);
	if (row->product < 0)
		row->product = products_choose(products, nproducts, BEFORE);
}

/*
 * Give out every line of every period that begins in these days in which
 * something moved; movement is the waterfall of this customer alone, in a
 * segment or not.
 */
void
customer_movements(const Holdings *holdings, const Movement *movement,
				   Day since, Day until, CustomerMovementEmit emit, void *arg)
{
	static const MovementLine lines[] = {
		LINE_NEW,		  LINE_REACTIVATION, LINE_EXPANSION,
		LINE_CONTRACTION, LINE_CHURN,		 LINE_MOVED_IN,
		LINE_MOVED_OUT,	  LINE_PAUSED,		 LINE_SAME_PERIOD};
	Product *products =
		runtime_alloc(NULL, ((size_t) holdings->nnames + 1) * sizeof(Product));

	for (int i = 0; i < movement->ncells; i++)
	{
		const MovementCell *cell = &movement->cells[i];
		int64_t start = period_start(movement->calendar, cell->period);
		int64_t end = period_start(movement->calendar, cell->period + 1);
		Day opening = (Day) (start - 1);
		Day closing =
			(Day) ((end < movement->as_of ? end : movement->as_of) - 1);
		Wide before;
		Wide after;

		if (start < since || start >= until)
			continue;
		check_interrupts();
		before = holdings_mrr(holdings, opening);
		after = holdings_mrr(holdings, closing);
		products_look(holdings, opening, closing, products);
		for (size_t at = 0; at < sizeof(lines) / sizeof(lines[0]); at++)
		{
			CustomerMovement row = {.period = cell->period,
									.line = lines[at],
									.customers = cell->customers[lines[at]],
									.change = cell->mrr[lines[at]],
									.before = before,
									.after = after,
									.product = -1};

			if (row.customers == 0 && row.change == 0)
				continue;
			if (row.line == LINE_CHURN || row.line == LINE_MOVED_OUT)
				row.customers = -row.customers;
			row_explain(products, holdings->nnames, cell, &row);
			emit(arg, &row);
		}
	}
	runtime_free(products);
}
