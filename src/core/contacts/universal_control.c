/*
 * universal_control.c
 *		Customers from whom all marketing was withheld, beside the others.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/universal_control.h"

#include "core/util/money.h"
#include "core/util/sort_few.h"

typedef struct Sweep
{
	const MemberLines *members;
	UniversalSums *sums;
} Sweep;

static int
compare_lines(const void *a, const void *b)
{
	const UniversalLine *left = a;
	const UniversalLine *right = b;
	int order =
		member_line_compare(&left->member, &right->member, UNIVERSAL_KIND);

	if (order != 0)
		return order;
	if (left->member.day != right->member.day)
		return left->member.day < right->member.day ? -1 : 1;
	if (left->at != right->at)
		return left->at < right->at ? -1 : 1;
	return (int) (right->member.flags & UNIVERSAL_IS_CONTROL) -
		   (int) (left->member.flags & UNIVERSAL_IS_CONTROL);
}

/* A customer of an arm bought something on so many days. */
static void
arm_add(UniversalArm *arm, int64_t purchases)
{
	arm->customers++;
	arm->purchases = count_add(arm->purchases, purchases);
	arm->squares = count_add(arm->squares, purchases * purchases);
}

/* A CustomerTake */
static void
customer_take(void *arg, const Key *key, void *data, uint32_t nlines)
{
	Sweep *sweep = arg;
	UniversalSums *sums = sweep->sums;
	const int32_t *parameters = sweep->members->parameters;
	const UniversalLine *lines = data;
	bool seen[UNIVERSAL_KINDS] = {false};
	bool is_control = false; /* of the universal control */
	bool is_target = false;	 /* of a campaign, */
	bool is_reached = false; /* for all its days */
	int64_t purchases = 0;

	sort_few(data, nlines, sizeof(*lines), compare_lines);
	for (uint32_t i = 0; i < nlines; i++)
	{
		uint32_t flags = lines[i].member.flags;
		bool is_new = i == 0 || (lines[i - 1].member.flags & UNIVERSAL_KIND) !=
									(flags & UNIVERSAL_KIND);

		seen[flags & UNIVERSAL_KIND] = true;
		switch ((UniversalKind) (flags & UNIVERSAL_KIND))
		{
			case UNIVERSAL_ASSIGNED:
				/* as first assigned */
				if ((!is_new &&
					 lines[i - 1].member.name == lines[i].member.name) ||
					flags & UNIVERSAL_IS_CONTROL)
					break;
				is_target = true;
				is_reached |= (int64_t) lines[i].member.day +
								  parameters[UNIVERSAL_DAYS] <=
							  parameters[UNIVERSAL_AS_OF];
				break;
			case UNIVERSAL_BOUGHT:
				purchases +=
					is_new || lines[i - 1].member.day != lines[i].member.day;
				break;
			case UNIVERSAL_WITHHELD:
				is_control |= (flags & UNIVERSAL_IS_CONTROL) != 0;
				break;
			default:
				break;
		}
	}
	sums->reached += is_reached;
	if (is_control)
	{
		arm_add(&sums->control, purchases);
		sums->contaminated += is_target || seen[UNIVERSAL_CONTACT];
	}
	else if (seen[UNIVERSAL_WITHHELD])
		arm_add(&sums->target, purchases);
	else if (seen[UNIVERSAL_CUSTOMER])
		arm_add(&sums->others, purchases);
}

void
universal_sums(MemberLines *members, UniversalSums *sums)
{
	Sweep sweep = {members, sums};

	*sums = (UniversalSums){0};
	customer_lines_finish(&members->lines, customer_take, &sweep);
}
