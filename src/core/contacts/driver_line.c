/*
 * driver_line.c
 *		Scores and amounts of lines of what is known of drivers of value.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/driver_line.h"

#include <math.h>

/* Scores that have room: hundredths from the least one on */
#define SCORE_LEAST (-10000)
#define SCORES (1 << 15)

void
driver_line_answer(DriverLine *line, double score)
{
	double hundredths = rint(score * 100) - SCORE_LEAST;

	line->as.score = score;
	if (hundredths >= 0 && hundredths < SCORES &&
		(hundredths + SCORE_LEAST) / 100 == score)
		line->member.flags |= (uint32_t) hundredths << DRIVER_SCORE;
	else
		line->member.flags |= DRIVER_LONG;
}

double
driver_line_score(const DriverLine *line)
{
	int32_t hundredths =
		(int32_t) (line->member.flags >> DRIVER_SCORE & (SCORES - 1));

	return line->member.flags & DRIVER_LONG
			   ? line->as.score
			   : (hundredths + SCORE_LEAST) / 100.0;
}

void
driver_line_pay(MemberLines *members, DriverLine *line, Wide mrr, int scale)
{
	Wide size = mrr < 0 ? -mrr : mrr;

	line->member.flags |= (uint32_t) scale << LINE_HIGH;
	line->member.name = -1;
	line->as.mrr = (int64_t) mrr;
	if (size <= INT32_MAX)
	{
		line->member.name = -1 - (int32_t) size;
		line->member.flags |= mrr < 0 ? DRIVER_NEGATIVE : 0;
	}
	else if (line->as.mrr == mrr)
		line->member.flags |= DRIVER_LONG;
	else
		line->member.name = driver_amount_intern(members, mrr);
}

Wide
driver_line_mrr(const DriverNames *names, const DriverLine *line)
{
	Wide size = -1 - (Wide) line->member.name;

	if (line->member.name >= 0)
		return names->names[line->member.name].amount;
	if (line->member.flags & DRIVER_LONG)
		return line->as.mrr;
	return line->member.flags & DRIVER_NEGATIVE ? -size : size;
}
