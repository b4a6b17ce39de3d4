/*
 * row.h
 *		The rows that reach an aggregate, whatever form it was called in.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_ROW_H
#define CVM_ROW_H

#include "postgres.h"

#include "compat.h"
#include "core/calendar.h"
#include "core/money.h"
#include "core/roster.h"
#include "fmgr.h"
#include "zone.h"

typedef enum TimeKind
{
	TIME_DATE,
	TIME_LOCAL,	  /* timestamp */
	TIME_INSTANT, /* timestamptz */
} TimeKind;

/* Which arguments a call has: told by the types of the function called */
typedef struct RowForm
{
	int customer; /* argument numbers; -1: not in this form */
	int time;
	int zone;
	int value;
	int is_start;
	int is_return;
	int grain;
	KeyKind key_kind;
	TimeKind time_kind;

	/* what zone and grain last said, so that rows need not look again */
	Zone *zone_seen;
	char zone_text[64];
	int zone_size;
	bool grain_seen;
	Calendar calendar;
	char grain_text[16];
	int grain_size;
} RowForm;

extern RowForm *row_form(FunctionCallInfo fcinfo);
extern bool row_day(RowForm *form, FunctionCallInfo fcinfo, Day *day);
extern Calendar row_calendar(RowForm *form, FunctionCallInfo fcinfo);
extern Key row_key(const RowForm *form, FunctionCallInfo fcinfo);
extern bool row_flag(FunctionCallInfo fcinfo, int argument);

#endif /* CVM_ROW_H */
