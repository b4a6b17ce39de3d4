/*
 * contact_pressure.c
 *		How much marketing customers get.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/contact_pressure.h"

#include <string.h>

typedef struct Sweep
{
	const MemberLines *members;
	CellTable *cells;
} Sweep;

/* Add the month of a customer to its cell. */
static void
cell_add(CellTable *cells, int32_t segment, int32_t month,
		 const ContactCounts *counts)
{
	CellKey key = {
		.segment = segment, .month = month, .numbers = {counts->contacts}};
	ContactCell *cell = cell_table_find(cells, &key);

	cell->customers++;
	cell->over_cap += counts->violations > 0;
	cell->counts.contacts += counts->contacts;
	cell->counts.service += counts->service;
	cell->counts.violations += counts->violations;
	cell->counts.responses += counts->responses;
	cell->counts.open_known += counts->open_known;
	cell->counts.opened += counts->opened;
	cell->counts.opt_known += counts->opt_known;
	cell->counts.opted_out += counts->opted_out;
}

/* Count a contact, which is beyond the cap or not. */
static void
contact_count(ContactCounts *counts, uint32_t flags, bool is_beyond)
{
	if (flags & CONTACT_SERVICE)
	{
		counts->service++;
		return;
	}
	counts->contacts++;
	counts->violations += is_beyond;
	counts->responses += (flags & CONTACT_RESPONDED) != 0;
	counts->open_known += (flags & CONTACT_OPEN_KNOWN) != 0;
	counts->opened += (flags & CONTACT_OPENED) != 0;
	counts->opt_known += (flags & CONTACT_OPT_KNOWN) != 0;
	counts->opted_out += (flags & CONTACT_OPTED_OUT) != 0;
}

/* Sweep over the contacts of a customer: each month goes to its cell. */
static void
customer_take(void *arg, const Key *key, void *data, uint32_t nlines)
{
	Sweep *sweep = arg;
	const MemberLine *lines = data;
	uint32_t ncontacts = member_lines_sort(sweep->members, data, nlines);
	int32_t window = sweep->members->parameters[CONTACT_WINDOW];
	int32_t cap = sweep->members->parameters[CONTACT_CAP];
	ContactCounts counts = {0};
	int64_t marketing = 0; /* in the window */
	uint32_t oldest = 0;   /* in the window */
	MonthWalk walk = {0};

	for (uint32_t i = 0; i < ncontacts; i++)
	{
		Day day = lines[i].day;

		if ((i & 255) == 255)
			check_interrupts();
		if (i == 0 || day >= walk.past)
		{
			if (i > 0)
				cell_add(sweep->cells,
						 member_lines_segment(sweep->members, data, ncontacts,
											  nlines, lines[i - 1].day),
						 walk.month, &counts);
			memset(&counts, 0, sizeof(counts));
			month_walk(&walk, day);
		}
		/* those of its own day are always in it */
		for (; lines[oldest].day < day &&
			   (int64_t) lines[oldest].day + window <= day;
			 oldest++)
			marketing -= !(lines[oldest].flags & CONTACT_SERVICE);
		marketing += !(lines[i].flags & CONTACT_SERVICE);
		contact_count(&counts, lines[i].flags, marketing > cap);
	}
	if (ncontacts > 0)
		cell_add(sweep->cells,
				 member_lines_segment(sweep->members, data, ncontacts, nlines,
									  lines[ncontacts - 1].day),
				 walk.month, &counts);
}

void
contact_cells(MemberLines *members, Context context, CellTable *cells)
{
	Sweep sweep = {members, cells};

	cell_table_open(cells, context, sizeof(ContactCell));
	customer_lines_finish(&members->lines, customer_take, &sweep);
}
