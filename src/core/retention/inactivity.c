/*
 * inactivity.c
 *		What a customer without a contract adds to each month.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/inactivity.h"

#define LINE_SHIFT 28
#define IDLE_SHIFT 31
#define SEGMENT_SHIFT 43
#define MONTH_BIAS (1 << 27)
#define LINES_ROOM 32

/* The times at whose month's end a customer is there */
typedef struct There
{
	Period first;
	Period next; /* the month after the last */
	int32_t segment;
} There;

static Period
month_of(InactivityLines *lines, Day day)
{
	return period_cache_period(lines->months, day) - lines->month_zero;
}

static void
line_add(InactivityLines *lines, int32_t segment, InactivityLine line,
		 Period month)
{
	if (lines->count == lines->room)
	{
		lines->room *= 2;
		lines->codes =
			runtime_realloc(lines->codes, sizeof(int64_t) * lines->room);
	}
	lines->codes[lines->count++] = (int64_t) segment << SEGMENT_SHIFT |
								   (int64_t) lines->idle << IDLE_SHIFT |
								   (int64_t) line << LINE_SHIFT |
								   (int64_t) (month + MONTH_BIAS);
}

/* Is somebody there at the end of a month from one day to before another? */
static bool
is_there(InactivityLines *lines, int64_t from, int64_t to, There *there)
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
there_lines(InactivityLines *lines, Period began, const There *before,
			const There *now, const There *after)
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
all_lines(InactivityLines *lines, Period began, There *theres, int count)
{
	for (int i = 0; i < count; i++)
		there_lines(lines, began, i > 0 ? &theres[i - 1] : NULL, &theres[i],
					i + 1 < count ? &theres[i + 1] : NULL);
}

/* The day before which a step ends */
static int64_t
step_end(const SegmentStep *steps, int nsteps, int i)
{
	return i + 1 < nsteps ? steps[i + 1].day : INT64_MAX;
}

static int32_t
step_segment(const SegmentStep *step)
{
	return step->segment < 0 ? INACTIVITY_NONE : step->segment;
}

/* Who left by the day after the last activity, once a month, the last time */
static void
gone_lines(InactivityLines *lines, const ActiveSpell *spells, int nspells,
		   const SegmentStep *steps, int nsteps, int32_t idle_days)
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
		line_add(lines, INACTIVITY_ALL, line, month);
		if (nsteps == 0)
			continue;
		while (step_end(steps, nsteps, at) <= gone_on - 1)
			at++;
		line_add(lines, step_segment(&steps[at]), line, month);
	}
}

void
inactivity_open(InactivityLines *lines, Day as_of)
{
	*lines = (InactivityLines){.room = LINES_ROOM, .as_of = as_of};
	lines->codes = runtime_alloc(NULL, sizeof(int64_t) * lines->room);
	lines->months = period_cache_of((Calendar){GRAIN_MONTH, 1});
	lines->month_zero = period_cache_period(lines->months, 0);
}

/*
 * Add the lines of a customer to whom so many idle days are an end: of all, and
 * of the segments by their steps, the first of which comes before any activity.
 */
void
inactivity_add(InactivityLines *lines, const Activity *activity, int idle,
			   int32_t idle_days, const SegmentStep *steps, int nsteps)
{
	size_t room = (size_t) activity->ndays + 1;
	ActiveSpell *spells = runtime_alloc(NULL, sizeof(ActiveSpell) * room);
	There *theres = runtime_alloc(NULL, sizeof(There) * (room + nsteps));
	int nspells = activity_spells(activity, idle_days, lines->as_of, spells);
	int count = 0;
	int at = 0;
	Period began = nspells > 0 ? month_of(lines, spells[0].from) : 0;

	lines->idle = idle;
	for (int i = 0; i < nspells; i++)
	{
		theres[count].segment = INACTIVITY_ALL;
		count += is_there(lines, spells[i].from, spells[i].to, &theres[count]);
	}
	all_lines(lines, began, theres, count);

	count = 0;
	for (int i = 0; i < nspells && nsteps > 0; i++)
	{
		while (step_end(steps, nsteps, at) <= spells[i].from)
			at++;
		/* the next spell may begin in the same segment */
		for (int j = at; j < nsteps && steps[j].day < spells[i].to; j++)
		{
			Day from =
				steps[j].day > spells[i].from ? steps[j].day : spells[i].from;
			int64_t to = step_end(steps, nsteps, j);

			theres[count].segment = step_segment(&steps[j]);
			count +=
				is_there(lines, from, to < spells[i].to ? to : spells[i].to,
						 &theres[count]);
		}
	}
	all_lines(lines, began, theres, count);
	gone_lines(lines, spells, nspells, steps, nsteps, idle_days);
	runtime_free(theres);
	runtime_free(spells);
}
