/*
 * exact.c
 *		Amounts in minor units and parts of them, and shares that make a total.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/util/exact.h"

/* Cut-off parts of a unit may miss this much of a sum; what differs more does */
#define TOLERANCE ((Wide) 1000000)

Exact
exact_make(Wide mantissa, int scale, int decimals)
{
	Exact amount = {mantissa, 0};
	Wide unit;
	Wide rest;

	if (scale <= decimals)
	{
		amount.units = money_enlarge(mantissa, decimals - scale);
		return amount;
	}
	unit = money_power(scale - decimals);
	amount.units = mantissa / unit;
	rest = mantissa % unit;
	if (rest < 0)
	{
		amount.units--;
		rest += unit;
	}
	if (scale - decimals <= EXACT_DECIMALS)
		amount.part = (int64_t) (rest * (EXACT_UNIT / unit));
	else
		amount.part =
			(int64_t) (rest / money_power(scale - decimals - EXACT_DECIMALS));
	return amount;
}

/* To the nearest unit, halves away from zero, as numeric does */
Wide
exact_round(Exact amount)
{
	bool is_up = amount.units < 0 ? amount.part > EXACT_UNIT / 2
								  : amount.part >= EXACT_UNIT / 2;

	return is_up ? money_add(amount.units, 1) : amount.units;
}

/* Is there nothing at all? */
bool
exact_is_zero(Exact amount)
{
	return amount.units == 0 && amount.part == 0;
}

/* The same, but for what may have been cut off? */
bool
exact_is_same(Exact a, Exact b)
{
	Wide units = money_subtract(a.units, b.units);

	if (units < -1 || units > 1)
		return false;
	units = units * EXACT_UNIT + a.part - b.part;
	return units >= -TOLERANCE && units <= TOLERANCE;
}

Exact
exact_add(Exact a, Exact b)
{
	Exact sum = {money_add(a.units, b.units), a.part + b.part};

	if (sum.part >= EXACT_UNIT)
	{
		sum.units = money_add(sum.units, 1);
		sum.part -= EXACT_UNIT;
	}
	return sum;
}

static UWide
size_of(Exact amount)
{
	/* of what is below zero the next unit up */
	return amount.units < 0 ? -(UWide) amount.units - (amount.part > 0)
							: (UWide) amount.units;
}

/* Is a further from zero than b? */
bool
exact_is_larger(Exact a, Exact b)
{
	UWide size_a = size_of(a);
	UWide size_b = size_of(b);
	int64_t part_a = a.units < 0 && a.part > 0 ? EXACT_UNIT - a.part : a.part;
	int64_t part_b = b.units < 0 && b.part > 0 ? EXACT_UNIT - b.part : b.part;

	return size_a > size_b || (size_a == size_b && part_a > part_b);
}

/* Whose turn it is to be rounded up */
typedef struct Turn
{
	Wide favour;
	Exact amount;
	size_t at;
} Turn;

static int
turn_compare(const void *a, const void *b)
{
	const Turn *one = a;
	const Turn *other = b;

	if (one->favour != other->favour)
		return one->favour > other->favour ? -1 : 1;
	if (exact_is_larger(one->amount, other->amount))
		return -1;
	if (exact_is_larger(other->amount, one->amount))
		return 1;
	return one->at < other->at ? -1 : one->at > other->at;
}

/*
 * Round amounts down or up so that they make a total.  Up go the most favoured,
 * without favours those with the largest part.  What that cannot even out is put
 * onto the largest.
 */
void
share_out(const Exact *amounts, const Wide *favours, size_t count, Wide total,
		  Wide *shown)
{
	Turn *turns = runtime_alloc(NULL, (count + 1) * sizeof(Turn));
	size_t nturns = 0;
	size_t largest = 0;
	size_t ups;
	Wide rest = total;

	for (size_t i = 0; i < count; i++)
	{
		check_interrupts();
		shown[i] = amounts[i].units;
		rest = money_subtract(rest, shown[i]);
		if (exact_is_larger(amounts[i], amounts[largest]))
			largest = i;
		if (amounts[i].part == 0)
			continue;
		turns[nturns].favour = favours ? favours[i] : amounts[i].part;
		turns[nturns].amount = amounts[i];
		turns[nturns++].at = i;
	}
	ups = rest <= 0 ? 0 : rest >= (Wide) nturns ? nturns : (size_t) rest;
	if (ups > 0 && ups < nturns)
		runtime_sort(turns, nturns, sizeof(Turn), turn_compare);
	for (size_t i = 0; i < ups; i++)
		shown[turns[i].at]++;
	if (rest != (Wide) ups && count > 0)
		shown[largest] = money_add(shown[largest], rest - (Wide) ups);
	runtime_free(turns);
}
