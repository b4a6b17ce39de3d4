/*
 * last_days.c
 *		The last day on which something happened to a customer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/last_days.h"

/* A CustomerTake */
static void
customer_look(void *arg, const Key *key, void *lines, uint32_t nlines)
{
	const LastDays *asked = arg;
	const MemberLine *line = lines;

	for (int i = 0; i < asked->nlooks; i++)
	{
		Day look = asked->looks[i];
		Day last = 0;
		bool is_seen = false;

		for (uint32_t at = 0; at < nlines; at++)
			if (line[at].day < look && (!is_seen || line[at].day > last))
			{
				is_seen = true;
				last = line[at].day;
			}
		if (is_seen && last < (int64_t) look - asked->silent_days)
			asked->emit(asked->arg, key, look, last);
	}
}

void
last_days_each(MemberLines *members, const LastDays *asked)
{
	LastDays copy = *asked;

	customer_lines_finish(&members->lines, customer_look, &copy);
}
