/*
 * segment_holdings.c
 *		The lines of a customer as holdings.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/segment_holdings.h"

static int
compare_numbers(const void *a, const void *b)
{
	int32_t x = *(const int32_t *) a;
	int32_t y = *(const int32_t *) b;

	return (x > y) - (x < y);
}

/* Keep the numbers in order, each once. */
static int
numbers_settle(int32_t *numbers, int count)
{
	int kept = 0;

	if (count > 8)
		runtime_sort(numbers, count, sizeof(int32_t), compare_numbers);
	else
		for (int i = 1; i < count; i++)
			for (int at = i; at > 0 && numbers[at - 1] > numbers[at]; at--)
			{
				int32_t number = numbers[at];

				numbers[at] = numbers[at - 1];
				numbers[at - 1] = number;
			}
	for (int i = 0; i < count; i++)
		if (i == 0 || numbers[i] != numbers[kept - 1])
			numbers[kept++] = numbers[i];
	return kept;
}

/* The place of a number among those */
static int32_t
number_place(const int32_t *numbers, int count, int32_t number)
{
	int low = 0;
	int high = count - 1;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (numbers[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Lay a customer's lines out as holdings. */
void
segment_holdings_lay_out(SegmentHoldings *laid_out,
						 const SegmentCustomers *customers,
						 const SegmentCustomer *customer)
{
	const SpellBuffer *spell_buffer = customers->spell_buffer;
	Holdings *holdings = &laid_out->holdings;
	int count = (int) customer->nlines;

	if (customer->nlines > laid_out->room)
	{
		if (laid_out->room > 0)
		{
			runtime_free(holdings->spells);
			runtime_free(laid_out->products);
		}
		laid_out->room = customer->nlines * 2;
		holdings->spells =
			runtime_alloc(NULL, (size_t) laid_out->room * sizeof(Spell));
		laid_out->products =
			runtime_alloc(NULL, (size_t) laid_out->room * sizeof(int32_t));
	}
	for (int i = 0; i < count; i++)
		laid_out->products[i] = line_name(&customer->lines[i]);
	holdings->scale = spell_buffer->scale;
	holdings->nnames = numbers_settle(laid_out->products, count);
	holdings->nspells = count;
	for (int i = 0; i < count; i++)
	{
		const Line *line = &customer->lines[i];
		Spell *spell = &holdings->spells[i];

		*spell =
			(Spell){.start = line->start,
					.end = line->end,
					.product = number_place(laid_out->products,
											holdings->nnames, line_name(line)),
					.channel = -1,
					.offer = customer->offers[i]};
		if (line_is_paused(line))
			spell->pause = line_pause(spell_buffer, line);
		else
			spell->mrr = line_mrr(spell_buffer, line);
	}
	spells_sort(holdings->spells, count);
}

/* The number among the customer's products of one of those. */
int32_t
segment_holdings_place(const SegmentHoldings *laid_out, int32_t product)
{
	return number_place(laid_out->products, laid_out->holdings.nnames, product);
}
