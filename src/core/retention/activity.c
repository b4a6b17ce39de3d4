/*
 * activity.c
 *		One customer's timeline: canonical bytes, merging, and the log.
 *
 * Canonical bytes: version, flags, [scale], number of days, [the first day,
 * [days from it to the last one, months]], then for each day its distance from
 * the day before, but for the first, its events, [starts, returns], [value].
 * Starts and returns are left out when every event is both, values when no
 * event had one; months are there when all of these are left out, there is a
 * day and all lie within 64 months.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/activity.h"

#include <string.h>

#define HAS_VALUE 1
#define IS_MARKED 2
#define HAS_MONTHS 4

static const Calendar by_month = {GRAIN_MONTH, 1};

/* Begin to read canonical bytes. */
void
cursor_open(ActivityCursor *cursor, const void *data, size_t size)
{
	ByteReader *reader = &cursor->reader;
	uint8_t flags;

	reader_open(reader, data, size, "activity");
	read_version(reader, ACTIVITY_OLDEST_VERSION, ACTIVITY_VERSION);
	flags = read_byte(reader);
	if (flags > HAS_MONTHS)
		reader_fail(reader);
	cursor->has_value = (flags & HAS_VALUE) != 0;
	cursor->is_marked = (flags & IS_MARKED) != 0;
	cursor->scale =
		cursor->has_value ? (int) read_unsigned(reader, MONEY_MAX_SCALE) : 0;
	cursor->left = read_count(reader, 2);
	cursor->months = 0;
	cursor->begun = false;
	if (cursor->left == 0)
	{
		if (flags != 0)
			reader_fail(reader);
		return;
	}
	cursor->first = (Day) read_signed(reader, DAY_FIRST, DAY_LAST);
	cursor->day = cursor->first;
	if (flags != HAS_MONTHS)
		return;
	cursor->last =
		(Day) (cursor->first +
			   (int64_t) read_unsigned(
				   reader, (uint64_t) (DAY_LAST - (int64_t) cursor->first)));
	cursor->months = read_unsigned(reader, UINT64_MAX);
	if ((cursor->months & 1) == 0)
		reader_fail(reader);
}

/* The months of a timeline, or 0 where it is not that simple. */
static uint64_t
activity_months(const Activity *activity)
{
	PeriodCache *period_cache = period_cache_of(by_month);
	uint64_t months = 1;
	Period first;

	if (activity->ndays == 0)
		return 0;
	first = period_cache_period(period_cache, activity->days[0].day);
	if (period_cache_period(period_cache,
							activity->days[activity->ndays - 1].day) -
			first >=
		ACTIVITY_MONTHS)
		return 0;
	for (int i = 1; i < activity->ndays; i++)
		months |= UINT64_C(1)
				  << (period_cache_period(period_cache, activity->days[i].day) -
					  first);
	return months;
}

/* Read canonical bytes; anything else is refused. */
Activity *
activity_decode(const void *data, size_t size)
{
	Activity *activity = runtime_alloc_zero(NULL, sizeof(Activity));
	ActivityCursor cursor;
	bool marked = false;

	cursor_open(&cursor, data, size);
	activity->has_value = cursor.has_value;
	activity->scale = cursor.scale;
	activity->days = runtime_alloc(NULL, cursor.left * sizeof(ActivityDay));
	while (cursor_next(&cursor, &activity->days[activity->ndays]))
	{
		const ActivityDay *day = &activity->days[activity->ndays++];

		check_interrupts();
		marked |= day->starts != day->events || day->returns != day->events;
	}
	if (marked != cursor.is_marked)
		reader_fail(&cursor.reader);
	return activity;
}

/* Write canonical bytes. */
void
activity_encode(const Activity *activity, ByteWriter *writer)
{
	bool marked = false;
	uint64_t months;

	for (int i = 0; i < activity->ndays && !marked; i++)
		marked = activity->days[i].starts != activity->days[i].events ||
				 activity->days[i].returns != activity->days[i].events;
	write_byte(writer, ACTIVITY_VERSION);
	months = marked || activity->has_value ? 0 : activity_months(activity);
	write_byte(writer, (activity->has_value ? HAS_VALUE : 0) |
						   (marked ? IS_MARKED : 0) |
						   (months != 0 ? HAS_MONTHS : 0));
	if (activity->has_value)
		write_unsigned(writer, activity->scale);
	write_unsigned(writer, activity->ndays);
	if (activity->ndays > 0)
		write_signed(writer, activity->days[0].day);
	if (months != 0)
	{
		write_unsigned(
			writer,
			(uint64_t) ((int64_t) activity->days[activity->ndays - 1].day -
						activity->days[0].day));
		write_unsigned(writer, months);
	}
	for (int i = 0; i < activity->ndays; i++)
	{
		const ActivityDay *entry = &activity->days[i];

		check_interrupts();
		if (i > 0)
			write_unsigned(writer, (uint64_t) ((int64_t) entry->day -
											   activity->days[i - 1].day));
		write_unsigned(writer, entry->events);
		if (marked)
		{
			write_unsigned(writer, entry->starts);
			write_unsigned(writer, entry->returns);
		}
		if (activity->has_value)
			write_wide(writer, entry->value);
	}
}

/* Compare entries of any kind: their first field is the day. */
/* Add what happened on a day to the same day of another timeline. */
static void
day_add(ActivityDay *into, const ActivityDay *more)
{
	into->events = count_add(into->events, more->events);
	into->starts = count_add(into->starts, more->starts);
	into->returns = count_add(into->returns, more->returns);
	into->value = money_add(into->value, more->value);
}

/* Sort the days and make one entry of those that are the same. */
void
activity_tidy(Activity *activity)
{
	ActivityDay *days = activity->days;
	bool sorted = true;
	int kept = 0;

	for (int i = 1; i < activity->ndays; i++)
		sorted &= days[i - 1].day < days[i].day;
	if (sorted)
		return;
	runtime_sort(days, activity->ndays, sizeof(ActivityDay), day_compare);
	for (int i = 1; i < activity->ndays; i++)
	{
		check_interrupts();
		if (days[i].day != days[kept].day)
		{
			days[++kept] = days[i];
			continue;
		}
		day_add(&days[kept], &days[i]);
	}
	activity->ndays = kept + 1;
}

/* Add two timelines of one customer up: both are in order. */
Activity *
activity_merge(const Activity *a, const Activity *b)
{
	Activity *sum = runtime_alloc_zero(NULL, sizeof(Activity));
	int at_a = 0;
	int at_b = 0;

	sum->has_value = a->has_value || b->has_value;
	sum->scale = a->scale > b->scale ? a->scale : b->scale;
	sum->days = runtime_alloc(
		NULL, ((size_t) a->ndays + b->ndays) * sizeof(ActivityDay));
	while (at_a < a->ndays || at_b < b->ndays)
	{
		bool from_a =
			at_b == b->ndays ||
			(at_a < a->ndays && a->days[at_a].day <= b->days[at_b].day);
		ActivityDay day = from_a ? a->days[at_a++] : b->days[at_b++];

		check_interrupts();
		if (sum->scale > 0)
			day.value = money_rescale(day.value, from_a ? a->scale : b->scale,
									  sum->scale);
		if (sum->ndays > 0 && sum->days[sum->ndays - 1].day == day.day)
			day_add(&sum->days[sum->ndays - 1], &day);
		else
			sum->days[sum->ndays++] = day;
	}
	return sum;
}

/* The entry of the first day that may start a cohort, or -1. */
int
activity_start(const Activity *activity)
{
	for (int i = 0; i < activity->ndays; i++)
		if (activity->days[i].starts > 0)
			return i;
	return -1;
}

/* The most events in any run of so many days. */
int64_t
activity_busiest(const Activity *activity, int32_t window)
{
	int64_t most = 0;
	int64_t inside = 0;
	int tail = 0;

	for (int head = 0; head < activity->ndays; head++)
	{
		check_interrupts();
		inside = count_add(inside, activity->days[head].events);
		while ((int64_t) activity->days[head].day - activity->days[tail].day >=
			   window)
			inside -= activity->days[tail++].events;
		if (inside > most)
			most = inside;
	}
	return most;
}

/*
 * Spells of activity before as_of: each day with a return, from the first start
 * on, counts with the days after it, idle_days in all; days that touch are one
 * spell.  There is room for one spell a day; says how many there are.
 */
int
activity_spells(const Activity *activity, int32_t idle_days, Day as_of,
				ActiveSpell *spells)
{
	int start = activity_start(activity);
	int nspells = 0;

	for (int i = start; i >= 0 && i < activity->ndays; i++)
	{
		const ActivityDay *day = &activity->days[i];
		int64_t to = (int64_t) day->day + idle_days;

		check_interrupts();
		if (day->day >= as_of)
			break;
		if (i > start && day->returns == 0)
			continue;
		if (nspells == 0 || spells[nspells - 1].to < day->day)
			spells[nspells++].from = day->day;
		spells[nspells - 1].to = (Day) (to < DAY_LAST ? to : DAY_LAST);
	}
	return nspells;
}

/* How many bytes a log with room for so many entries has. */
size_t
log_size(bool full, size_t room)
{
	return sizeof(ActivityLog) +
		   room * (full ? sizeof(LogEvent) : sizeof(LogDay));
}

void
log_open(ActivityLog *log, bool full)
{
	memset(log, 0, sizeof(ActivityLog));
	log->version = ACTIVITY_LOG;
	log->full = full;
}

static inline size_t
log_room(const ActivityLog *log, size_t size)
{
	return (size - sizeof(ActivityLog)) /
		   (log->full ? sizeof(LogEvent) : sizeof(LogDay));
}

static inline Wide
event_value(const LogEvent *event)
{
	return (Wide) (((UWide) (uint64_t) event->value_high << 64) |
				   event->value_low);
}

static inline void
event_set_value(LogEvent *event, Wide value)
{
	event->value_low = (uint64_t) value;
	event->value_high = (int64_t) (value >> 64);
}

/* Bring all values of the log to a larger scale. */
static void
log_rescale(ActivityLog *log, int scale)
{
	LogEvent *events = (LogEvent *) log->entries;

	for (uint32_t i = 0; i < log->used; i++)
		event_set_value(&events[i], money_rescale(event_value(&events[i]),
												  log->scale, scale));
	log->scale = (uint8_t) scale;
}

/* Append one event; false if the log of this size is full. */
bool
log_add(ActivityLog *log, size_t size, Day day, bool is_start, bool is_return,
		Wide value, int scale, bool has_value)
{
	if (log->used >= log_room(log, size))
		return false;
	if (!log->full)
	{
		LogDay *entry = (LogDay *) log->entries + log->used;

		if (log->used > 0 && entry[-1].day == day &&
			entry[-1].events < UINT32_MAX)
		{
			entry[-1].events++;
			return true;
		}
		*entry = (LogDay){day, 1};
	}
	else
	{
		LogEvent *entry = (LogEvent *) log->entries + log->used;

		if (has_value && scale > log->scale)
			log_rescale(log, scale);
		*entry = (LogEvent){day, 1, is_start, is_return, 0, 0};
		if (has_value)
			event_set_value(entry, money_rescale(value, scale, log->scale));
		log->has_value |= has_value;
	}
	log->used++;
	return true;
}

/* Turn a log into a timeline. */
Activity *
log_read(const ActivityLog *log, size_t size)
{
	Activity *activity = runtime_alloc_zero(NULL, sizeof(Activity));

	if (size < sizeof(ActivityLog) || log->used > log_room(log, size))
		runtime_error(RUNTIME_BAD_BYTES, NULL, "invalid bytes for type %s",
					  "activity");
	activity->has_value = log->has_value;
	activity->scale = log->scale;
	activity->ndays = (int) log->used;
	activity->days = runtime_alloc(NULL, log->used * sizeof(ActivityDay));
	for (uint32_t i = 0; i < log->used; i++)
	{
		ActivityDay *day = &activity->days[i];

		if (log->full)
		{
			const LogEvent *event = (const LogEvent *) log->entries + i;

			*day = (ActivityDay){event->day, event->events, event->starts,
								 event->returns, event_value(event)};
		}
		else
		{
			const LogDay *entry = (const LogDay *) log->entries + i;

			*day = (ActivityDay){entry->day, entry->events, entry->events,
								 entry->events, 0};
		}
	}
	activity_tidy(activity);
	return activity;
}

/*
 * Sort a log in place and make one entry of those of the same day, where the
 * sums fit the entry; return how many entries are left.
 */
size_t
log_tidy(ActivityLog *log)
{
	uint32_t kept = 0;

	if (log->full)
	{
		LogEvent *events = (LogEvent *) log->entries;

		runtime_sort(events, log->used, sizeof(LogEvent), day_compare);
		for (uint32_t i = 1; i < log->used; i++)
		{
			LogEvent *last = &events[kept];

			if (events[i].day == last->day &&
				last->events <= UINT32_MAX - events[i].events)
			{
				last->events += events[i].events;
				last->starts += events[i].starts;
				last->returns += events[i].returns;
				event_set_value(last, money_add(event_value(last),
												event_value(&events[i])));
			}
			else
				events[++kept] = events[i];
		}
	}
	else
	{
		LogDay *days = (LogDay *) log->entries;

		runtime_sort(days, log->used, sizeof(LogDay), day_compare);
		for (uint32_t i = 1; i < log->used; i++)
		{
			LogDay *last = &days[kept];

			if (days[i].day == last->day &&
				last->events <= UINT32_MAX - days[i].events)
				last->events += days[i].events;
			else
				days[++kept] = days[i];
		}
	}
	if (log->used > 0)
		log->used = kept + 1;
	return log->used;
}
