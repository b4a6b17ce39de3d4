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
#define SURVEY_INVITED 1 /* the customer was asked; else there is an answer */
#define SURVEY_ANSWERED 2
#define SURVEY_COMPARED 4 /* with an answer about a competitor */

/* An answer or an invitation; the name of its member is that of its group */
typedef struct SurveyLine
{
	MemberLine member;
	int64_t at; /* moment */
	double score;
	double competitor;
} SurveyLine;

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

/* The cells of lines that are a SurveyLine each; the lines are forgotten. */
extern void survey_cells(MemberLines *members, Context context,
						 CellTable *cells);

#endif /* CVM_CORE_CONTACTS_SURVEY_SCORE_H */
