/*
 * observations.c
 *		Who had something to lose, month by month: entries, and the control.
 *
 * What the donors bring changes on few days.  So the walk over the months in
 * which a customer is observed keeps a place in the donors' levels for each day
 * that matters, and months in which nothing changes are one step.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/adding.h"

/* What became of a customer; at_risk: nothing was lost STEP_DAYS before the end. */
static Outcome
outcome_of(const Adding *adding, Wide before, Wide after, bool at_risk)
{
	bool lost = after < before;

	return (Outcome){.observed = 1,
					 .lost = lost,
					 .at_risk = at_risk,
					 .step_lost = at_risk && lost,
					 .before = scaled(adding, before),
					 .lost_mrr = lost ? scaled(adding, before - after) : 0};
}

/* Count the customer of an entry who had something to lose. */
void
add_treated(Adding *adding, WindowStats *stats, const Entry *entry)
{
	const Passing *donor = &entry->donor;
	int64_t step = (int64_t) stats->window.look_ahead - STEP_DAYS;
	bool at_risk =
		step < 0 || trajectory_donors(adding->trajectory, entry->day + step) >=
						donor->before;
	Outcome outcome = outcome_of(adding, donor->before, donor->after, at_risk);
	int band = band_of((int64_t) entry->day - donor->since,
					   price_band(donor->before, adding->scale),
					   donor->last < donor->before);
	Match *cell = cell_of(
		adding, stats, period_cache_period(adding->months, entry->day), band);

	outcome_add(match_treat(adding->state, stats, cell), &outcome);
}

/* Delta arrays, all zero, of so many windows or look-backs */
DeltaArrays *
delta_arrays_new(int count)
{
	DeltaArrays *deltas = runtime_alloc_zero(NULL, sizeof(DeltaArrays));

	deltas->count = count;
	return deltas;
}

static inline Delta *
delta_reach(const DeltaArrays *deltas, DeltaBand *band, ptrdiff_t number,
			int32_t month)
{
	Delta **months = &band->months[month / DELTA_MONTHS];

	if (*months == NULL)
		*months = runtime_alloc_zero(
			NULL, (size_t) DELTA_MONTHS * deltas->count * sizeof(Delta));
	return &(*months)[(size_t) (month % DELTA_MONTHS) * deltas->count + number];
}

void
delta_arrays_add(DeltaArrays *deltas, ptrdiff_t number, int band, int32_t from,
				 int32_t to, Wide before)
{
	DeltaBand **delta_band = &deltas->bands[band];
	Delta *delta;

	if (*delta_band == NULL)
		*delta_band = runtime_alloc_zero(NULL, sizeof(DeltaBand));
	delta = delta_reach(deltas, *delta_band, number, from);
	delta->observed++;
	delta->before = money_add(delta->before, before);
	delta = delta_reach(deltas, *delta_band, number, to);
	delta->observed--;
	delta->before = money_add(delta->before, -before);
}

void
delta_arrays_close(DeltaArrays *deltas)
{
	for (int i = 0; i < BANDS; i++)
	{
		if (deltas->bands[i] == NULL)
			continue;
		for (int at = 0; at <= CONTROL_MONTHS / DELTA_MONTHS; at++)
			if (deltas->bands[i]->months[at] != NULL)
				runtime_free(deltas->bands[i]->months[at]);
		runtime_free(deltas->bands[i]);
	}
	runtime_free(deltas);
}

/* The day of a month on which the control is observed. */
static inline int64_t
control_day(const Adding *adding, int64_t month)
{
	uint64_t at = (uint64_t) (month - adding->state->first_month);

	return at < CONTROL_MONTHS
			   ? adding->state->control_days[at]
			   : period_start(adding->months->calendar, month) + CONTROL_DAY;
}

/* Fill in the days of the months up to the end of observation; the first month */
Period
control_days_fill(PeriodCache *months, Day as_of, Day *control_days)
{
	Period first = period_cache_period(months, as_of) - CONTROL_MONTHS + 1;

	for (int i = 0; i < CONTROL_MONTHS; i++)
		control_days[i] =
			(Day) (period_start(months->calendar, first + i) + CONTROL_DAY);
	return first;
}

/* Keep the days of the months up to the end of observation. */
static void
keep_control_days(Adding *adding)
{
	Cannibalization *state = adding->state;
	Day *control_days =
		runtime_alloc(state->context, CONTROL_MONTHS * sizeof(Day));

	state->first_month =
		control_days_fill(adding->months, state->as_of, control_days);
	state->control_days = control_days;
}

/* Count a customer whom nothing happens to in a month. */
static inline void
add_month(Adding *adding, WindowStats *stats, Period month, int band,
		  Wide before)
{
	Outcome *control = &cell_of(adding, stats, month, band)->control;

	control->observed++;
	control->at_risk++;
	control->before = money_add(control->before, before);
}

/*
 * Count a customer whom nothing happens to in the months from one on, up to a
 * day; the month after them.
 */
static Period
add_steady(Adding *adding, WindowStats *stats, Period month, int64_t until,
		   const SideLevel *level)
{
	int price = price_band(level->mrr, adding->scale);
	Wide before = scaled(adding, level->mrr);
	int64_t day = control_day(adding, month);

	while (day <= until)
	{
		int tenure = tenure_band(day - level->since);
		int band = tenure * PRICE_BANDS + price;
		int64_t last = until;

		if (tenure < TENURE_BANDS - 1 &&
			(int64_t) level->since + control_tenures[tenure] - 1 < last)
			last = (int64_t) level->since + control_tenures[tenure] - 1;
		if (adding->deltas != NULL && month >= adding->state->first_month)
		{
			Period next = period_cache_period(adding->months, (Day) last);

			/* the month after the last one that is observed by then */
			if (control_day(adding, next) <= last)
				next++;
			delta_arrays_add(adding->deltas,
							 stats - adding->state->window_stats, band,
							 month - adding->state->first_month,
							 next - adding->state->first_month, before);
			month = next;
			day = control_day(adding, month);
		}
		else
			for (; day <= last; day = control_day(adding, ++month))
			{
				check_interrupts();
				add_month(adding, stats, month, band, before);
			}
	}
	return month;
}

/* The last day to observe: the look-ahead is over by as_of, something can be lost. */
static int64_t
last_control_day(const Trajectory *trajectory, Window window)
{
	const SideLevel *last = &trajectory->donor[trajectory->ndonor - 1];
	int64_t until = (int64_t) trajectory->as_of - window.look_ahead;

	/* a while after the last donor went there is nothing left to lose */
	if (last->mrr == 0 && (int64_t) last->day + window.look_back - 1 < until)
		until = (int64_t) last->day + window.look_back - 1;
	return until;
}

/* Places in the levels of donors around the day of an observation */
typedef struct Places
{
	int first; /* the first day of the look-back */
	int last;  /* its last */
	int day;
	int after; /* the end of the look-ahead */
	int whole; /* STEP_DAYS before that */
} Places;

/* Count a customer in the month of a day; held: what is brought on it. */
static inline void
add_observation(Adding *adding, WindowStats *stats, Period month, int64_t day,
				const SideLevel *best, Wide held, const Outcome *outcome)
{
	int band = band_of(day - best->since, price_band(best->mrr, adding->scale),
					   held < best->mrr);

	outcome_add(&cell_of(adding, stats, month, band)->control, outcome);
}

/* Observe a customer up to a day, while no look-ahead reaches the entry. */
static Period
add_until(Adding *adding, WindowStats *stats, Period month, int64_t until,
		  Places *places, bool *is_observed)
{
	const Trajectory *trajectory = adding->trajectory;
	const SideLevel *levels = trajectory->donor;
	Window window = stats->window;
	int64_t step = (int64_t) window.look_ahead - STEP_DAYS;
	int64_t day;

	while ((day = control_day(adding, month)) <= until)
	{
		const SideLevel *best;

		check_interrupts();
		places->first =
			level_on(trajectory, places->first, day - window.look_back);
		places->last = level_on(trajectory, places->last, day - 1);
		places->after =
			level_on(trajectory, places->after, day + window.look_ahead);
		if (places->first == places->after &&
			levels[places->first].day <= day - window.look_back)
		{
			int64_t same = until;

			if (places->after + 1 < trajectory->ndonor)
				same = (int64_t) levels[places->after + 1].day -
					   window.look_ahead - 1;
			if (same > until)
				same = until;
			if (levels[places->after].mrr > 0)
			{
				month = add_steady(adding, stats, month, same,
								   &levels[places->after]);
				*is_observed = true;
			}
			else
				for (; control_day(adding, month) <= same; month++)
					check_interrupts();
			continue;
		}
		best = best_level(levels, places->first, places->last);
		if (best->mrr > 0)
		{
			Wide after = levels[places->after].mrr;
			Outcome outcome;

			places->day = level_on(trajectory, places->day, day);
			places->whole = level_on(trajectory, places->whole, day + step);
			outcome =
				outcome_of(adding, best->mrr, after,
						   step < 0 || levels[places->whole].mrr >= best->mrr);
			add_observation(adding, stats, month, day, best,
							levels[places->day].mrr, &outcome);
			*is_observed = true;
		}
		month++;
	}
	return month;
}

/*
 * Observe a customer on days whose look-ahead goes beyond the entry.  What was
 * lost by the entry was lost without the focal product; a customer who had lost
 * nothing is censored on that day.
 */
static void
add_censored(Adding *adding, WindowStats *stats, Period month, int64_t until,
			 Places *places, bool *is_observed)
{
	const Trajectory *trajectory = adding->trajectory;
	const SideLevel *levels = trajectory->donor;
	Day entry = trajectory->runs[0].start;
	int64_t day;

	if (until > (int64_t) entry - 1)
		until = (int64_t) entry - 1;
	for (; (day = control_day(adding, month)) <= until; month++)
	{
		const SideLevel *best;
		Wide left;
		Outcome outcome;

		check_interrupts();
		places->first =
			level_on(trajectory, places->first, day - stats->window.look_back);
		places->last = level_on(trajectory, places->last, day - 1);
		places->day = level_on(trajectory, places->day, day);
		best = best_level(levels, places->first, places->last);
		if (best->mrr == 0)
			continue;
		left =
			levels[level_on(trajectory, places->day, (int64_t) entry - 1)].mrr;
		outcome = outcome_of(adding, best->mrr, left, false);
		if (left >= best->mrr)
		{
			outcome.censored = 1;
			outcome.censored_days = entry - day;
			outcome.censored_before = outcome.before;
		}
		add_observation(adding, stats, month, day, best,
						levels[places->day].mrr, &outcome);
		*is_observed = true;
	}
}

/* Observe the customer as long as they do not have the focal product. */
void
add_control(Adding *adding, WindowStats *stats)
{
	const Trajectory *trajectory = adding->trajectory;
	const SideLevel *levels = trajectory->donor;
	Places places = {0};
	int64_t until;
	int64_t last;
	Period month;
	bool is_observed = false;

	if (trajectory->ndonor == 0)
		return;
	if (adding->state->control_days == NULL)
		keep_control_days(adding);
	until = last = last_control_day(trajectory, stats->window);
	month = period_cache_period(adding->months, levels[0].day);
	if (control_day(adding, month) <= levels[0].day)
		month++;
	if (trajectory->nruns > 0 &&
		(int64_t) trajectory->runs[0].start - 1 - stats->window.look_ahead <
			until)
		until =
			(int64_t) trajectory->runs[0].start - 1 - stats->window.look_ahead;
	month = add_until(adding, stats, month, until, &places, &is_observed);
	if (trajectory->nruns > 0)
		add_censored(adding, stats, month, last, &places, &is_observed);
	stats->control_customers += is_observed;
}

/* Put what the delta arrays say into the cells of a stratum, and free them. */
void
delta_arrays_settle(DeltaArrays *deltas, Cannibalization *state,
					const Label *stratum)
{
	Adding adding = {.state = state, .stratum = stratum, .number = -1};

	for (int i = 0; i < BANDS * deltas->count; i++)
	{
		WindowStats *stats = &state->window_stats[i / BANDS];
		const DeltaBand *band = deltas->bands[i % BANDS];
		Delta sum = {0, 0};

		if (band == NULL)
			continue;
		check_interrupts();
		for (int at = 0; at < CONTROL_MONTHS; at++)
		{
			const Delta *step = delta_at(deltas, band, i / BANDS, at);
			Outcome *control;

			if (step != NULL)
			{
				sum.observed += step->observed;
				sum.before = money_add(sum.before, step->before);
			}
			else if (sum.observed == 0)
				at |= DELTA_MONTHS - 1; /* nor has any that lies with it */
			if (sum.observed == 0)
				continue;
			control =
				&cell_of(&adding, stats, state->first_month + at, i % BANDS)
					 ->control;
			control->observed += sum.observed;
			control->at_risk += sum.observed;
			control->before = money_add(control->before, sum.before);
		}
	}
	delta_arrays_close(deltas);
}
