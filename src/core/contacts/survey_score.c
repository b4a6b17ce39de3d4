/*
 * survey_score.c
 *		How many customers gave which answer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/survey_score.h"

#include <math.h>
#include <string.h>

#include "core/util/sort_few.h"

#define FLAG_BITS 3

typedef struct Count
{
	const MemberLines *members;
	CellTable *cells;
} Count;

/* NaN comes after all others. */
static int
compare_numbers(double a, double b)
{
	if (a == b || (isnan(a) && isnan(b)))
		return 0;
	return isnan(b) || a < b ? -1 : 1;
}

/*
 * Lines of one month and group are neighbours: answers and then invitations,
 * the answer that counts first.
 */
static int
compare_lines(const void *a, const void *b)
{
	const SurveyLine *one = a;
	const SurveyLine *other = b;
	uint32_t invited = one->member.flags & SURVEY_INVITED;
	uint32_t compared = one->member.flags & SURVEY_COMPARED;
	int64_t at;
	int64_t other_at;

	if (one->member.name != other->member.name)
		return one->member.name < other->member.name ? -1 : 1;
	if (invited != (other->member.flags & SURVEY_INVITED))
		return invited ? 1 : -1;
	if (invited)
		return 0;
	at = member_line_at(&one->member);
	other_at = member_line_at(&other->member);
	if (at != other_at)
		return at > other_at ? -1 : 1;
	if (one->score != other->score)
		return one->score < other->score ? -1 : 1;
	if (compared != (other->member.flags & SURVEY_COMPARED))
		return compared ? -1 : 1;
	return compared ? compare_numbers(one->competitor, other->competitor) : 0;
}

static void
cell_add(CellTable *cells, int32_t segment, int32_t month,
		 const SurveyLine *line, uint32_t flags)
{
	CellKey key = {.segment = segment, .month = month};
	SurveyCell *cell;

	key.numbers[0] =
		(int64_t) ((uint64_t) line->member.name << FLAG_BITS | flags);
	if (!(flags & SURVEY_INVITED))
	{
		memcpy(&key.numbers[1], &line->score, sizeof(double));
		if (flags & SURVEY_COMPARED)
			memcpy(&key.numbers[2], &line->competitor, sizeof(double));
	}
	cell = cell_table_find(cells, &key);
	cell->flags = flags;
	cell->group = line->member.name;
	cell->score = line->score;
	if (flags & SURVEY_COMPARED)
		cell->competitor = line->competitor;
	cell->customers++;
}

static inline SurveyLine *
line_at(const Count *count, void *lines, uint32_t at)
{
	return (SurveyLine *) ((char *) lines + at * count->members->lines.size);
}

/* Count the lines of a month: those of each group once. */
static void
month_take(const Count *count, void *lines, uint32_t nmonth, const void *all,
		   uint32_t nfacts, uint32_t nlines, int32_t month)
{
	if (nmonth > 1)
		sort_few(lines, nmonth, count->members->lines.size, compare_lines);
	for (uint32_t i = 0, past; i < nmonth; i = past)
	{
		const SurveyLine *line = line_at(count, lines, i);
		uint32_t flags = line->member.flags & SURVEY_FLAGS;
		Day day = line->member.day;

		for (past = i + 1; past < nmonth; past++)
		{
			const MemberLine *next = &line_at(count, lines, past)->member;

			if (next->name != line->member.name ||
				(next->flags ^ flags) & SURVEY_INVITED)
				break;
			if (!(flags & SURVEY_INVITED))
				continue;
			flags |= next->flags & SURVEY_ANSWERED;
			if (next->day > day)
				day = next->day;
		}
		cell_add(count->cells,
				 member_lines_segment(count->members, all, nfacts, nlines, day),
				 month, line, flags);
	}
}

static void
customer_take(void *arg, const Key *key, void *data, uint32_t nlines)
{
	const Count *count = arg;
	uint32_t nfacts = member_lines_sort(count->members, data, nlines);
	MonthWalk walk = {0};

	(void) key;
	for (uint32_t i = 0, past; i < nfacts; i = past)
	{
		int32_t month = month_walk(&walk, line_at(count, data, i)->member.day);

		if ((i & 255) == 255)
			check_interrupts();
		for (past = i + 1; past < nfacts &&
						   line_at(count, data, past)->member.day < walk.past;
			 past++)
			;
		month_take(count, line_at(count, data, i), past - i, data, nfacts,
				   nlines, month);
	}
}

void
survey_cells(MemberLines *members, Context context, CellTable *cells)
{
	Count count = {members, cells};

	cell_table_open(cells, context, sizeof(SurveyCell));
	customer_lines_finish(&members->lines, customer_take, &count);
}
