/*
 * inactivity.c
 *		What those without a contract add to each month: who came, who was
 *		decided to have left, and when silence began.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "core/retention/activity.h"
#include "core/segments/segment_days.h"
#include "pg/segments/segment_days.h"
#include "pg/types.h"

/* The lines of the bridge, as cvm.inactivity_churn has them */
typedef enum InactivityLine
{
	LINE_NEW,
	LINE_REVIVED,
	LINE_MOVED_IN,
	LINE_MOVED_OUT,
	LINE_CHURNED,
	LINE_ECONOMIC,
	LINE_UNDECIDED,
} InactivityLine;

/*
 * A line is a number: segment, idle days (which of them), line, and months
 * since 2000 from -2^27 on.
 */
#define LINE_SHIFT 28
#define IDLE_SHIFT 31
#define IDLE_MOST 4096
#define SEGMENT_SHIFT 43
#define SEGMENT_MOST ((1 << 20) - 2)
#define MONTH_BIAS (1 << 27)
#define SEGMENT_ALL 0  /* the number of "(all)" */
#define SEGMENT_NONE 1 /* and of "(none)"; the others follow */

typedef struct Lines
{
	Datum *codes;
	int count;
	int room;
	int idle;
	PeriodCache *months;
	Period month_zero;
	Day as_of;
} Lines;

/* The times at whose month's end a customer is there */
typedef struct There
{
	Period first;
	Period next; /* the month after the last */
	int32_t segment;
} There;

static Period
month_of(Lines *lines, Day day)
{
	return period_cache_period(lines->months, day) - lines->month_zero;
}

static void
line_add(Lines *lines, int32_t segment, InactivityLine line, Period month)
{
	if (lines->count == lines->room)
	{
		lines->room *= 2;
		lines->codes = repalloc(lines->codes, sizeof(Datum) * lines->room);
	}
	lines->codes[lines->count++] = Int64GetDatum(
		(int64) segment << SEGMENT_SHIFT | (int64) lines->idle << IDLE_SHIFT |
		(int64) line << LINE_SHIFT | (int64) (month + MONTH_BIAS));
}

/* Is somebody there at the end of a month from one day to before another? */
static bool
is_there(Lines *lines, int64 from, int64 to, There *there)
{
	if (from >= lines->as_of)
		return false;
	there->first = month_of(lines, (Day) from);
	there->next = to >= lines->as_of ? month_of(lines, lines->as_of - 1) + 1
									 : month_of(lines, (Day) to);
	return there->next > there->first;
}

/* What one time there adds, knowing those before and after it */
static void
there_lines(Lines *lines, Period began, const There *before, const There *now,
			const There *after)
{
	bool from = before != NULL && before->next == now->first;
	bool to = after != NULL && after->first == now->next;

	if (!from || before->segment != now->segment)
		line_add(lines, now->segment,
				 from				  ? LINE_MOVED_IN
				 : began < now->first ? LINE_REVIVED
									  : LINE_NEW,
				 now->first);
	if (now->next <= month_of(lines, lines->as_of - 1) &&
		(!to || after->segment != now->segment))
		line_add(lines, now->segment, to ? LINE_MOVED_OUT : LINE_CHURNED,
				 now->next);
}

static void
all_lines(Lines *lines, Period began, There *theres, int count)
{
	for (int i = 0; i < count; i++)
		there_lines(lines, began, i > 0 ? &theres[i - 1] : NULL, &theres[i],
					i + 1 < count ? &theres[i + 1] : NULL);
}

/* Who left by the day after the last activity, once a month, the last time */
static void
gone_lines(Lines *lines, const ActiveSpell *spells, int nspells,
		   const SegmentDays *days, int ndays, int32 idle_days)
{
	int at = 0;

	for (int i = 0; i < nspells; i++)
	{
		Day gone_on = spells[i].to - idle_days + 1;
		InactivityLine line =
			spells[i].to < lines->as_of ? LINE_ECONOMIC : LINE_UNDECIDED;
		Period month;

		if (gone_on >= lines->as_of)
			break;
		month = month_of(lines, gone_on);
		if (i + 1 < nspells)
		{
			Day next = spells[i + 1].to - idle_days + 1;

			if (next < lines->as_of && month_of(lines, next) == month)
				continue;
		}
		line_add(lines, SEGMENT_ALL, line, month);
		if (ndays == 0)
			continue;
		while (days[at].to <= gone_on - 1)
			at++;
		line_add(lines, days[at].segment, line, month);
	}
}

/*
 * cvm._inactivity_lines(activity, idle_days[], as_of, segments[], first days[],
 * days after the last[], has_segments): what a customer is in the bridge of
 * each idle_days, of all and of the segments, which have numbers from 2 on.
 */
PG_FUNCTION_INFO_V1(cvm_inactivity_lines);
Datum
cvm_inactivity_lines(PG_FUNCTION_ARGS)
{
	Activity *activity = activity_read(PG_GETARG_DATUM(0));
	ArrayType *idle_array = PG_GETARG_ARRAYTYPE_P(1);
	bool has_segments = PG_GETARG_BOOL(6);
	ActiveSpell *spells = palloc(sizeof(ActiveSpell) * Max(activity->ndays, 1));
	Lines lines = {.room = 32, .as_of = argument_day(fcinfo, 2, "as_of")};
	SegmentDays *days = NULL;
	int ndays = 0;
	There *theres;
	Datum *idle;
	bool *no_idle;
	int nidle;

	lines.codes = palloc(sizeof(Datum) * lines.room);
	lines.months = period_cache_of((Calendar){GRAIN_MONTH, 1});
	lines.month_zero = period_cache_period(lines.months, 0);
	if (has_segments)
	{
		StayArrays given;
		int ngiven = stay_arrays(fcinfo, 3, INT4OID, &given);
		SegmentDays *stays = palloc(sizeof(SegmentDays) * Max(ngiven, 1));
		int nstays = 0;

		for (int i = 0; i < ngiven; i++)
		{
			int32 segment = DatumGetInt32(given.segments[i]);

			if (given.no_segment[i])
				continue;
			if (segment <= SEGMENT_NONE || segment > SEGMENT_MOST)
				ereport(
					ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("segment has the number \"%d\"", segment),
					 errhint("Number segments from 2 to %d.", SEGMENT_MOST)));
			stays[nstays++] =
				(SegmentDays){stay_from(given.from[i], given.no_from[i]),
							  stay_to(given.to[i], given.no_to[i]), segment};
		}
		days = palloc(sizeof(SegmentDays) * SEGMENT_DAYS_ROOM(nstays));
		ndays = segment_days_settle(stays, nstays, days);
		for (int i = 0; i < ndays; i++)
			if (days[i].segment == SEGMENT_DAYS_NONE)
				days[i].segment = SEGMENT_NONE;
	}
	theres = palloc(sizeof(There) * ((size_t) activity->ndays + ndays + 1));
	deconstruct_array(idle_array, INT4OID, sizeof(int32), true, TYPALIGN_INT,
					  &idle, &no_idle, &nidle);
	if (nidle > IDLE_MOST)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("\"%d\" numbers of idle days are too many", nidle),
				 errhint("Give up to %d.", IDLE_MOST)));
	for (int i = 0; i < nidle; i++)
	{
		int nspells = 0;
		int count = 0;
		int at = 0;
		Period began;

		CHECK_FOR_INTERRUPTS();
		if (!no_idle[i])
			nspells = activity_spells(activity, DatumGetInt32(idle[i]),
									  lines.as_of, spells);
		if (nspells == 0)
			continue;
		lines.idle = i;
		began = month_of(&lines, spells[0].from);
		for (int j = 0; j < nspells; j++)
		{
			There *there = &theres[count];

			there->segment = SEGMENT_ALL;
			count += is_there(&lines, spells[j].from, spells[j].to, there);
		}
		all_lines(&lines, began, theres, count);

		count = 0;
		for (int j = 0; j < nspells && ndays > 0; j++)
		{
			while (days[at].to <= spells[j].from)
				at++;
			/* the next spell may begin in the same segment */
			for (int k = at; k < ndays && days[k].from < spells[j].to; k++)
			{
				There *there = &theres[count];

				there->segment = days[k].segment;
				count += is_there(&lines, Max(days[k].from, spells[j].from),
								  Min(days[k].to, spells[j].to), there);
			}
		}
		all_lines(&lines, began, theres, count);
		gone_lines(&lines, spells, nspells, days, ndays,
				   DatumGetInt32(idle[i]));
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(lines.codes, lines.count, INT8OID,
										  sizeof(int64), true,
										  TYPALIGN_DOUBLE));
}

/*
 * cvm._silences(activity, silence_days): the days after which nothing had come
 * in for so many days, one for each time.
 */
PG_FUNCTION_INFO_V1(cvm_silences);
Datum
cvm_silences(PG_FUNCTION_ARGS)
{
	Activity *activity = activity_read(PG_GETARG_DATUM(0));
	int32 silence_days = PG_GETARG_INT32(1);
	Datum *days = palloc(sizeof(Datum) * Max(activity->ndays, 1));
	int count = 0;

	for (int i = 0; i < activity->ndays; i++)
	{
		int64 quiet = (int64) activity->days[i].day + silence_days;

		if ((i + 1 < activity->ndays && activity->days[i + 1].day <= quiet) ||
			quiet >= DAY_LAST)
			continue;
		days[count++] = DateADTGetDatum((DateADT) quiet + 1);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(days, count, DATEOID, sizeof(DateADT),
										  true, TYPALIGN_INT));
}
