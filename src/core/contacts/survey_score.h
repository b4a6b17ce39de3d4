/*
 * survey_score.h
 *		How many customers gave which answer, by segment, month and group: the
 *		last one of each in a month counts; and how many were asked.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_SURVEY_SCORE_H
#define CVM_CORE_CONTACTS_SURVEY_SCORE_H

#include "core/contacts/cell_table.h"
#include "core/contacts/member_lines.h"

/* What is told of a line */
#define SURVEY_INVITED 1u /* the customer was asked; else there is an answer */
#define SURVEY_ANSWERED 2u
#define SURVEY_COMPARED 4u /* with an answer about a competitor */
#define SURVEY_FLAGS 7u

/*
 * An answer or an invitation; the name of its member is that of its group.  Of
 * an answer its moment lies in to and in flags, as what passed since two days
 * before its day.  Where nobody is asked about competitors, the line ends before
 * that: SURVEY_ALONE.
 */
typedef struct SurveyLine
{
	MemberLine member;
	double score;
	double competitor;
} SurveyLine;

#define SURVEY_ALONE offsetof(SurveyLine, competitor)

#define SURVEY_DAY INT64_C(86400000000) /* microseconds */
#define SURVEY_SHIFT 8					/* bits of flags before the moment's */
#define SURVEY_MOMENTS (INT64_C(1) << 40)

/* Note the moment of an answer; false: it is not one of its day. */
static inline bool
survey_line_place(SurveyLine *line, int64_t at)
{
	int64_t passed;

	if (__builtin_sub_overflow(at, (line->member.day - INT64_C(2)) * SURVEY_DAY,
							   &passed) ||
		passed < 0 || passed >= SURVEY_MOMENTS)
		return false;
	line->member.to = (int32_t) (uint32_t) passed;
	line->member.flags |= (uint32_t) (passed >> 32) << SURVEY_SHIFT;
	return true;
}

static inline int64_t
survey_line_at(const SurveyLine *line)
{
	int64_t high = line->member.flags >> SURVEY_SHIFT & 255;

	return (line->member.day - INT64_C(2)) * SURVEY_DAY +
		   (high << 32 | (uint32_t) line->member.to);
}

/* Numbers are the group, then the bits of score and competitor */
typedef struct SurveyCell
{
	CellKey key;
	uint32_t flags; /* as above */
	int32_t group;
	double score;
	double competitor;
	int64_t customers;
} SurveyCell;

/* The cells of lines that begin like a SurveyLine; the lines are forgotten. */
extern void survey_cells(MemberLines *members, Context context,
						 CellTable *cells);

#endif /* CVM_CORE_CONTACTS_SURVEY_SCORE_H */
