/*
 * contact_silence.c
 *		Who pays and hears nothing.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/contact_silence.h"

typedef struct Sweep
{
	const MemberLines *members;
	CellTable *cells;
} Sweep;

static void
customer_take(void *arg, const Key *key, void *data, uint32_t nlines)
{
	Sweep *sweep = arg;
	const MemberLine *lines = data;
	const int32_t *parameters = sweep->members->parameters;
	CellKey cell_key = {.numbers = {0, 1}};
	bool pays = false;
	uint32_t nfacts;

	for (uint32_t i = 0; i < nlines && !pays; i++)
		pays = lines[i].flags == SILENCE_PAYS;
	if (!pays)
		return;
	nfacts = member_lines_sort(sweep->members, data, nlines);
	for (uint32_t i = 0; i < nfacts; i++)
	{
		if (lines[i].flags == SILENCE_PAYS)
			continue;
		cell_key.numbers[0] += lines[i].day >= parameters[SILENCE_SINCE];
		cell_key.numbers[1] = 0;
	}
	cell_key.segment = member_lines_segment(sweep->members, data, nfacts,
											nlines, parameters[SILENCE_DAY]);
	((SilenceCell *) cell_table_find(sweep->cells, &cell_key))->customers++;
}

void
silence_cells(MemberLines *members, Context context, CellTable *cells)
{
	Sweep sweep = {members, cells};

	cell_table_open(cells, context, sizeof(SilenceCell));
	customer_lines_finish(&members->lines, customer_take, &sweep);
}
