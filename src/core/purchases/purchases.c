/*
 * purchases.c
 *		Customers by how often they bought and when last: the state.
 *
 * Canonical bytes: version, scale, number of cells, and for each the distance
 * of its frequency from the one before, its recency, or the distance from the
 * one before if the frequency is the same, its age likewise, and its count;
 * then the number of sums of money, and for each the distance of its frequency,
 * its value and its count.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/purchases/purchases.h"

#include <string.h>

#define LEAST_ROOM 64

/*
 * One customer before as_of; false: no purchase.  The first is the first day
 * that may start a cohort, and purchases after it are those that count as a
 * return.
 */
bool
purchase_summary(const Activity *activity, Day as_of, PurchaseSummary *summary)
{
	int first = activity_start(activity);

	if (first < 0 || activity->days[first].day >= as_of)
		return false;
	*summary = (PurchaseSummary){.age = as_of - 1 - activity->days[first].day,
								 .has_value = activity->has_value,
								 .scale = activity->scale};
	for (int i = first + 1; i < activity->ndays; i++)
	{
		const ActivityDay *day = &activity->days[i];

		if (day->day >= as_of)
			break;
		if (day->returns == 0)
			continue;
		summary->frequency++;
		summary->recency = day->day - activity->days[first].day;
		summary->value = money_add(summary->value, day->value);
	}
	return true;
}

Purchases *
purchases_new(Context context)
{
	return RUNTIME_NEW(Purchases, context);
}

static int
compare_cells(const void *a, const void *b)
{
	const PurchaseCell *cell_a = a;
	const PurchaseCell *cell_b = b;

	if (cell_a->frequency != cell_b->frequency)
		return cell_a->frequency < cell_b->frequency ? -1 : 1;
	if (cell_a->recency != cell_b->recency)
		return cell_a->recency < cell_b->recency ? -1 : 1;
	return (cell_a->age > cell_b->age) - (cell_a->age < cell_b->age);
}

static int
compare_spends(const void *a, const void *b)
{
	const SpendCell *spend_a = a;
	const SpendCell *spend_b = b;

	if (spend_a->frequency != spend_b->frequency)
		return spend_a->frequency < spend_b->frequency ? -1 : 1;
	return (spend_a->value > spend_b->value) -
		   (spend_a->value < spend_b->value);
}

/* Put cells in order, those that are alike into one. */
static size_t
cells_tidy(PurchaseCell *cells, size_t ncells)
{
	size_t kept = 0;

	runtime_sort(cells, ncells, sizeof(PurchaseCell), compare_cells);
	for (size_t i = 0; i < ncells; i++)
	{
		check_interrupts();
		if (kept > 0 && compare_cells(&cells[kept - 1], &cells[i]) == 0)
			cells[kept - 1].customers =
				count_add(cells[kept - 1].customers, cells[i].customers);
		else
			cells[kept++] = cells[i];
	}
	return kept;
}

static size_t
spends_tidy(SpendCell *spends, size_t nspends)
{
	size_t kept = 0;

	runtime_sort(spends, nspends, sizeof(SpendCell), compare_spends);
	for (size_t i = 0; i < nspends; i++)
	{
		check_interrupts();
		if (kept > 0 && compare_spends(&spends[kept - 1], &spends[i]) == 0)
			spends[kept - 1].customers =
				count_add(spends[kept - 1].customers, spends[i].customers);
		else
			spends[kept++] = spends[i];
	}
	return kept;
}

/* Room for so many items: none, or twice what there was. */
static void *
room_make(Context context, void *items, size_t *room, size_t size)
{
	size_t more = *room ? *room * 2 : LEAST_ROOM;

	items = *room ? runtime_realloc(items, more * size)
				  : runtime_alloc(context, more * size);
	*room = more;
	return items;
}

static void
cell_add(Purchases *purchases, PurchaseCell cell)
{
	if (purchases->ncells == purchases->cell_room)
	{
		purchases->ncells = cells_tidy(purchases->cells, purchases->ncells);
		if (purchases->ncells >= purchases->cell_room / 2)
			purchases->cells =
				room_make(purchases->context, purchases->cells,
						  &purchases->cell_room, sizeof(PurchaseCell));
	}
	purchases->cells[purchases->ncells++] = cell;
}

static void
spend_add(Purchases *purchases, SpendCell spend)
{
	if (purchases->nspends == purchases->spend_room)
	{
		purchases->nspends = spends_tidy(purchases->spends, purchases->nspends);
		if (purchases->nspends >= purchases->spend_room / 2)
			purchases->spends =
				room_make(purchases->context, purchases->spends,
						  &purchases->spend_room, sizeof(SpendCell));
	}
	purchases->spends[purchases->nspends++] = spend;
}

/* One scale for all sums: the largest seen. */
static void
scale_reach(Purchases *purchases, int scale)
{
	if (scale <= purchases->scale)
		return;
	for (size_t i = 0; i < purchases->nspends; i++)
		money_rescale_at(&purchases->spends[i].value, purchases->scale, scale);
	purchases->scale = scale;
}

/* Add customers who are alike. */
void
purchases_add(Purchases *purchases, const PurchaseSummary *summary,
			  int64_t customers)
{
	if (!(summary->frequency >= 0 && summary->frequency <= summary->recency &&
		  summary->recency <= summary->age &&
		  (summary->frequency > 0) == (summary->recency > 0)))
		runtime_error(
			RUNTIME_INVALID_VALUE,
			"Give days with a purchase after the first, days from the first "
			"to the last, and days from the first to the last day observed.",
			"frequency \"%d\", recency \"%d\" and age \"%d\" do not belong "
			"to one customer",
			summary->frequency, summary->recency, summary->age);
	if (customers <= 0)
		return;
	cell_add(purchases, (PurchaseCell){summary->frequency, summary->recency,
									   summary->age, customers});
	if (!summary->has_value || summary->frequency == 0)
		return;
	scale_reach(purchases, summary->scale);
	spend_add(purchases,
			  (SpendCell){summary->frequency, customers,
						  money_rescale(summary->value, summary->scale,
										purchases->scale)});
}

/* Add another state up. */
void
purchases_merge(Purchases *into, const Purchases *more)
{
	for (size_t i = 0; i < more->ncells; i++)
	{
		check_interrupts();
		cell_add(into, more->cells[i]);
	}
	scale_reach(into, more->scale);
	for (size_t i = 0; i < more->nspends; i++)
	{
		SpendCell spend = more->spends[i];

		check_interrupts();
		money_rescale_at(&spend.value, more->scale, into->scale);
		spend_add(into, spend);
	}
}

/* The cells in order, each once, as a copy. */
size_t
purchase_cells(const Purchases *purchases, PurchaseCell **cells)
{
	size_t size = purchases->ncells * sizeof(PurchaseCell);

	*cells = runtime_alloc(NULL, size + 1);
	if (size > 0)
		memcpy(*cells, purchases->cells, size);
	return cells_tidy(*cells, purchases->ncells);
}

size_t
spend_cells(const Purchases *purchases, SpendCell **spends)
{
	size_t size = purchases->nspends * sizeof(SpendCell);

	*spends = runtime_alloc(NULL, size + 1);
	if (size > 0)
		memcpy(*spends, purchases->spends, size);
	return spends_tidy(*spends, purchases->nspends);
}

/* Write canonical bytes. */
void
purchases_encode(const Purchases *purchases, ByteWriter *writer)
{
	PurchaseCell *cells;
	SpendCell *spends;
	size_t ncells = purchase_cells(purchases, &cells);
	size_t nspends = spend_cells(purchases, &spends);
	PurchaseCell before = {0};
	int32_t frequency = 0;

	write_byte(writer, PURCHASES_VERSION);
	write_byte(writer, (uint8_t) purchases->scale);
	write_unsigned(writer, ncells);
	for (size_t i = 0; i < ncells; i++)
	{
		const PurchaseCell *cell = &cells[i];

		check_interrupts();
		if (cell->frequency != before.frequency)
			before.recency = before.age = 0;
		else if (cell->recency != before.recency)
			before.age = 0;
		write_unsigned(writer, cell->frequency - before.frequency);
		write_unsigned(writer, cell->recency - before.recency);
		write_unsigned(writer, cell->age - before.age);
		write_unsigned(writer, cell->customers);
		before = *cell;
	}
	write_unsigned(writer, nspends);
	for (size_t i = 0; i < nspends; i++)
	{
		check_interrupts();
		write_unsigned(writer, spends[i].frequency - frequency);
		frequency = spends[i].frequency;
		write_wide(writer, spends[i].value);
		write_unsigned(writer, spends[i].customers);
	}
	runtime_free(cells);
	runtime_free(spends);
}

/* A number that begins at another one and stays below a limit */
static int32_t
read_from(ByteReader *reader, int32_t from, int32_t limit)
{
	return from + (int32_t) read_unsigned(reader, (uint64_t) (limit - from));
}

/* Of no frequency may more customers have spent than bought so often. */
static void
check_spends(const Purchases *purchases, const ByteReader *reader)
{
	size_t cell = 0;

	for (size_t i = 0; i < purchases->nspends;)
	{
		int32_t frequency = purchases->spends[i].frequency;
		int64_t spent = 0;
		int64_t bought = 0;

		for (; i < purchases->nspends &&
			   purchases->spends[i].frequency == frequency;
			 i++)
			spent = count_add(spent, purchases->spends[i].customers);
		for (; cell < purchases->ncells &&
			   purchases->cells[cell].frequency <= frequency;
			 cell++)
			if (purchases->cells[cell].frequency == frequency)
				bought = count_add(bought, purchases->cells[cell].customers);
		if (spent > bought)
			reader_fail(reader);
	}
}

/* Read canonical bytes; anything else is refused. */
Purchases *
purchases_decode(Context context, const void *data, size_t size)
{
	Purchases *purchases = purchases_new(context);
	ByteReader reader = read_state(data, size, "purchases", PURCHASES_VERSION);
	PurchaseCell before = {0};
	int32_t frequency = 0;

	purchases->scale = (int) read_unsigned(&reader, MONEY_MAX_SCALE);
	purchases->ncells = purchases->cell_room = read_count(&reader, 4);
	if (purchases->ncells > 0)
		purchases->cells =
			runtime_alloc(context, purchases->ncells * sizeof(PurchaseCell));
	for (size_t i = 0; i < purchases->ncells; i++)
	{
		PurchaseCell *cell = &purchases->cells[i];

		check_interrupts();
		cell->frequency = read_from(&reader, before.frequency, INT32_MAX);
		if (cell->frequency != before.frequency)
			before.recency = before.age = 0;
		cell->recency = read_from(&reader, before.recency, INT32_MAX);
		if (cell->recency != before.recency)
			before.age = 0;
		cell->age = read_from(&reader, before.age, INT32_MAX);
		cell->customers = (int64_t) read_unsigned(&reader, INT64_MAX);
		if (cell->customers == 0 || cell->frequency > cell->recency ||
			cell->recency > cell->age ||
			(cell->frequency > 0) != (cell->recency > 0) ||
			(i > 0 && compare_cells(cell - 1, cell) >= 0))
			reader_fail(&reader);
		before = *cell;
	}
	purchases->nspends = purchases->spend_room = read_count(&reader, 3);
	if (purchases->nspends > 0)
		purchases->spends =
			runtime_alloc(context, purchases->nspends * sizeof(SpendCell));
	for (size_t i = 0; i < purchases->nspends; i++)
	{
		SpendCell *spend = &purchases->spends[i];

		check_interrupts();
		frequency = spend->frequency = read_from(&reader, frequency, INT32_MAX);
		spend->value = read_wide(&reader);
		spend->customers = (int64_t) read_unsigned(&reader, INT64_MAX);
		if (spend->customers == 0 || spend->frequency == 0 ||
			(i > 0 && compare_spends(spend - 1, spend) >= 0))
			reader_fail(&reader);
	}
	reader_close(&reader);
	check_spends(purchases, &reader);
	return purchases;
}
