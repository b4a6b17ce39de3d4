/*
 * contact_fatigue.c
 *		What further contacts bring with the same customers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/contact_fatigue.h"

#include <stdlib.h>

typedef struct Sweep
{
	const MemberLines *members;
	CellTable *cells;
} Sweep;

/* What a customer's contacts of each ordinal came to */
typedef struct Fatigue
{
	FatigueTally tally;
	int64_t opt_known;
	int64_t opted_out;
} Fatigue;

static int
compare_moments(const void *a, const void *b)
{
	int64_t left = ((const FatigueLine *) a)->at;
	int64_t right = ((const FatigueLine *) b)->at;

	return (left > right) - (left < right);
}

static int64_t
tally_number(const FatigueTally *tally)
{
	return (int64_t) ((uint64_t) tally->contacts << 32 | tally->responses);
}

/* Count the contacts of one day, so many of the window before it. */
static void
day_count(Fatigue *fatigue, FatigueLine *lines, uint32_t nlines,
		  uint32_t before)
{
	uint32_t rank = 0;

	qsort(lines, nlines, sizeof(FatigueLine), compare_moments);
	for (uint32_t i = 0; i < nlines; i++)
	{
		uint32_t flags = lines[i].member.flags;
		Fatigue *one;

		if (i == 0 || lines[i].at != lines[i - 1].at)
			rank = i;
		one = &fatigue[before + rank < FATIGUE_ORDINALS - 1
						   ? before + rank
						   : FATIGUE_ORDINALS - 1];
		one->tally.contacts++;
		one->tally.responses += (flags & CONTACT_RESPONDED) != 0;
		one->opt_known += (flags & CONTACT_OPT_KNOWN) != 0;
		one->opted_out += (flags & CONTACT_OPTED_OUT) != 0;
	}
}

/* Sweep over the contacts of a customer: each ordinal goes to its cell. */
static void
customer_take(void *arg, const Key *key, void *data, uint32_t nlines)
{
	Sweep *sweep = arg;
	FatigueLine *lines = data;
	int32_t window = sweep->members->parameters[CONTACT_WINDOW];
	uint32_t ncontacts = member_lines_sort(sweep->members, data, nlines);
	Fatigue fatigue[FATIGUE_ORDINALS] = {0};
	uint32_t oldest = 0; /* in the window */
	uint32_t past;

	for (uint32_t i = 0; i < ncontacts; i = past)
	{
		Day day = lines[i].member.day;

		check_interrupts();
		for (past = i + 1; past < ncontacts && lines[past].member.day == day;)
			past++;
		while (lines[oldest].member.day < day &&
			   (int64_t) lines[oldest].member.day + window <= day)
			oldest++;
		day_count(fatigue, lines + i, past - i, i - oldest);
	}
	for (int i = 0; i < FATIGUE_ORDINALS; i++)
	{
		CellKey cell_key = {.numbers = {i + 1, tally_number(&fatigue[i].tally),
										tally_number(&fatigue[0].tally)}};
		FatigueCell *cell;

		if (fatigue[i].tally.contacts == 0)
			continue;
		cell = cell_table_find(sweep->cells, &cell_key);
		cell->customers++;
		cell->opt_known += fatigue[i].opt_known;
		cell->opted_out += fatigue[i].opted_out;
	}
}

void
fatigue_cells(MemberLines *members, Context context, CellTable *cells)
{
	Sweep sweep = {members, cells};

	cell_table_open(cells, context, sizeof(FatigueCell));
	customer_lines_finish(&members->lines, customer_take, &sweep);
}
