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
 * An answer or an invitation; the name of its member is that of its group, and an
 * answer has a moment.  Where nobody is asked about competitors, the line ends
 * before that: SURVEY_ALONE.
 */
typedef struct SurveyLine
{
	MemberLine member;
	double score;
	double competitor;
} SurveyLine;

#define SURVEY_ALONE offsetof(SurveyLine, competitor)

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
