/*
 * contact_beyond.c
 *		Which customers ever got more contacts than the cap.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/contact_beyond.h"

typedef struct Sweep
{
	const MemberLines *members;
	BeyondTake take;
	void *arg;
} Sweep;

static void
customer_take(void *arg, const Key *key, void *data, uint32_t nlines)
{
	Sweep *sweep = arg;
	const MemberLine *lines = data;
	int32_t window = sweep->members->parameters[CONTACT_WINDOW];
	int32_t cap = sweep->members->parameters[CONTACT_CAP];

	if (cap >= 0 && nlines <= (uint32_t) cap)
		return;
	member_lines_sort(sweep->members, data, nlines);
	for (uint32_t i = cap > 0 ? (uint32_t) cap : 0; i < nlines; i++)
	{
		/* the one that is as many before it as the cap allows */
		Day oldest = lines[cap > 0 ? i - (uint32_t) cap : i].day;

		if (oldest == lines[i].day || (int64_t) oldest + window > lines[i].day)
		{
			sweep->take(sweep->arg, key);
			return;
		}
	}
}

void
contact_beyond(MemberLines *members, BeyondTake take, void *arg)
{
	Sweep sweep = {members, take, arg};

	customer_lines_finish(&members->lines, customer_take, &sweep);
}
