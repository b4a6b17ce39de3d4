/*
 * product_pairs.c
 *		Who pays for two products on the last day (customer_readings.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/customer_readings.h"

#include "core/util/sort_few.h"

/* A product that a customer pays for */
typedef struct Paid
{
	int32_t product;
	Day since;
	Wide mrr;
} Paid;

typedef struct Workspace
{
	SegmentCustomers *customers;
	CountTable *pairs;
	uint32_t room;
	Paid *paid;
} Workspace;

static int
compare_products(const void *a, const void *b)
{
	int32_t product_a = ((const Paid *) a)->product;
	int32_t product_b = ((const Paid *) b)->product;

	return (product_a > product_b) - (product_a < product_b);
}

/* What the customer pays for on the last day, product by product */
static uint32_t
products_paid(Workspace *workspace, const SegmentCustomer *customer)
{
	const SpellBuffer *spell_buffer = workspace->customers->spell_buffer;
	Day last = spell_buffer->terms.as_of - 1;
	Paid *paid;
	uint32_t count = 0;
	uint32_t kept = 0;

	if (customer->nlines > workspace->room)
	{
		if (workspace->room > 0)
			runtime_free(workspace->paid);
		workspace->room = customer->nlines * 2;
		workspace->paid =
			runtime_alloc(NULL, (size_t) workspace->room * sizeof(Paid));
	}
	paid = workspace->paid;
	for (uint32_t i = 0; i < customer->nlines; i++)
	{
		const Line *line = &customer->lines[i];
		Wide mrr = line_mrr(spell_buffer, line);

		if (line->start <= last && line->end > last && mrr > 0)
			paid[count++] = (Paid){line_name(line), line->start, mrr};
	}
	sort_few(paid, count, sizeof(Paid), compare_products);
	for (uint32_t i = 0; i < count; i++)
	{
		Paid *same = kept > 0 ? &paid[kept - 1] : NULL;

		if (same == NULL || same->product != paid[i].product)
		{
			paid[kept++] = paid[i];
			continue;
		}
		same->mrr = money_add(same->mrr, paid[i].mrr);
		if (paid[i].since < same->since)
			same->since = paid[i].since;
	}
	return kept;
}

static void
pair_count(Workspace *workspace, int32_t product, int32_t other, Wide mrr,
		   Day since)
{
	int32_t key[2] = {product, other};
	ProductPair *pair = count_table_reach(workspace->pairs, key);

	if (pair->customers++ == 0 || since < pair->since)
		pair->since = since;
	pair->mrr = money_add(pair->mrr, mrr);
}

static void
workspace_walk(void *arg, const SegmentCustomer *customer)
{
	Workspace *workspace = arg;
	uint32_t count = products_paid(workspace, customer);
	const Paid *paid = workspace->paid;

	if (count > 0)
		pair_count(workspace, -1, -1, 0, 0);
	for (uint32_t i = 0; i < count; i++)
	{
		pair_count(workspace, paid[i].product, -1, paid[i].mrr, paid[i].since);
		for (uint32_t j = i + 1; j < count; j++)
		{
			check_interrupts();
			pair_count(
				workspace, paid[i].product, paid[j].product,
				money_add(paid[i].mrr, paid[j].mrr),
				paid[i].since > paid[j].since ? paid[i].since : paid[j].since);
		}
	}
}

/* Counts them into pairs, which it opens. */
SegmentReader
product_pairs_open(SegmentCustomers *customers, CountTable *pairs)
{
	Workspace *workspace = runtime_alloc_zero(NULL, sizeof(Workspace));

	count_table_open(pairs, NULL, offsetof(ProductPair, customers),
					 sizeof(ProductPair));
	workspace->customers = customers;
	workspace->pairs = pairs;
	return (SegmentReader){workspace_walk, workspace};
}
