/*
 * control_grid.c
 *		The control in all windows of a grid at once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/control_grid.h"

#include <string.h>

#include "core/cannibalization/adding.h"

/*
 * How many more lose than at the end of the look-ahead before; of those who lose
 * some are at risk until STEP_DAYS before the end
 */
typedef struct LossStep
{
	int32_t lost;
	int32_t not_at_risk;
	int32_t step_lost;
	int32_t censored;
	Wide lost_mrr;
} LossStep;

/* The same of those who are censored */
typedef struct CensoredStep
{
	int64_t days;
	Wide before;
} CensoredStep;

/* What a month brings of a look-back, from a look-ahead on */
typedef struct LossTurn
{
	int ahead;
	LossStep step;
	CensoredStep censored;
} LossTurn;

/* Months that follow one another in which a look-back finds the same */
typedef struct GridRun
{
	int band;
	int price; /* the band of that */
	int32_t from;
	Wide before; /* 0: nothing is found */
	bool is_observed;
} GridRun;

struct ControlGrid
{
	DeltaArrays *deltas; /* by look-back and band; NULL: nobody is there yet */
	int64_t *customers;	 /* by look-back and how many look-aheads see them */
	/* by month and band: of each look-ahead and look-back a LossStep */
	void **steps[CONTROL_MONTHS];
	void **censored[CONTROL_MONTHS]; /* a CensoredStep */
};

static int
compare_days(const void *a, const void *b)
{
	int32_t day_a = *(const int32_t *) a;
	int32_t day_b = *(const int32_t *) b;

	return (day_a > day_b) - (day_a < day_b);
}

/* Different numbers in order; how many there are */
static int
days_sort(int32_t *days, int count)
{
	int kept = 0;

	runtime_sort(days, count, sizeof(int32_t), compare_days);
	for (int i = 0; i < count; i++)
		if (kept == 0 || days[kept - 1] != days[i])
			days[kept++] = days[i];
	return kept;
}

/* Put the windows into a grid; NULL: they are none. */
GridTerms *
grid_terms_new(const Window *windows, int nwindows, Day as_of)
{
	GridTerms *terms = runtime_alloc_zero(NULL, sizeof(GridTerms));
	PeriodCache *months = period_cache_of((Calendar){GRAIN_MONTH, 1});

	terms->backs = runtime_alloc(NULL, nwindows * sizeof(int32_t));
	terms->aheads = runtime_alloc(NULL, nwindows * sizeof(int32_t));
	for (int i = 0; i < nwindows; i++)
	{
		terms->backs[i] = windows[i].look_back;
		terms->aheads[i] = windows[i].look_ahead;
	}
	terms->nbacks = days_sort(terms->backs, nwindows);
	terms->naheads = days_sort(terms->aheads, nwindows);
	if (terms->nbacks * terms->naheads != nwindows)
		return NULL;
	terms->as_of = as_of;
	terms->first_month = control_days_fill(months, as_of, terms->days);
	terms->limits = runtime_alloc(NULL, terms->naheads * sizeof(int32_t));
	for (int i = 0; i < terms->naheads; i++)
	{
		terms->limits[i] = CONTROL_MONTHS;
		while (terms->limits[i] > 0 &&
			   (int64_t) terms->days[terms->limits[i] - 1] + terms->aheads[i] >
				   as_of)
			terms->limits[i]--;
	}
	terms->firsts = runtime_alloc(NULL, terms->nbacks * sizeof(int));
	terms->runs = runtime_alloc(NULL, terms->nbacks * sizeof(GridRun));
	terms->afters = runtime_alloc(NULL, terms->naheads * sizeof(int));
	terms->wholes = runtime_alloc(NULL, terms->naheads * sizeof(int));
	terms->turns = runtime_alloc(NULL, terms->naheads * sizeof(LossTurn));
	return terms;
}

ControlGrid *
control_grid_new(void)
{
	return runtime_alloc_zero(NULL, sizeof(ControlGrid));
}

/* The first month that is observed on a day or after it */
static int32_t
month_from(const GridTerms *terms, PeriodCache *months, int64_t day)
{
	int64_t month;

	if (day > terms->as_of)
		return CONTROL_MONTHS;
	month = period_cache_period(months, (Day) day) - terms->first_month;
	if (month < 0)
		return 0;
	return (int32_t) (terms->days[month] < day ? month + 1 : month);
}

/* A look-back finds something else from a month on. */
static void
run_turn(ControlGrid *grid, const GridTerms *terms, int back, int32_t month,
		 int band, int price, Wide before)
{
	GridRun *run = &terms->runs[back];

	if (run->before > 0)
		delta_arrays_add(grid->deltas, back, run->band, run->from, month,
						 run->before);
	run->band = band;
	run->price = price;
	run->before = before;
	run->from = month;
	if (before > 0 && !run->is_observed)
	{
		int seen = 0;

		while (seen < terms->naheads && month < terms->limits[seen])
			seen++;
		grid->customers[back * (terms->naheads + 1) + seen]++;
		run->is_observed = true;
	}
}

/* What a band has of each look-ahead and look-back, each of so many bytes */
static void *
steps_reach(const GridTerms *terms, void ***bands, int band, size_t size)
{
	if (*bands == NULL)
		*bands = runtime_alloc_zero(NULL, BANDS * sizeof(void *));
	if ((*bands)[band] == NULL)
		(*bands)[band] = runtime_alloc_zero(
			NULL, (size_t) terms->nbacks * terms->naheads * size);
	return (*bands)[band];
}

/*
 * Find what is lost of what was brought before, look-ahead by look-ahead.  Of a
 * look-ahead that reaches the first day in the focal product it is what was lost
 * by then; who had lost nothing is censored on it.
 */
static void
losses_find(GridTerms *terms, const Trajectory *trajectory, int64_t day,
			Wide before)
{
	const SideLevel *levels = trajectory->donor;
	int was_lost = 0;
	int was_not_at_risk = 0;
	int was_censored = 0;
	Wide was_lost_mrr = 0;

	terms->nturns = 0;
	for (int i = 0; i < terms->naheads; i++)
	{
		int is_cut = day + terms->aheads[i] >= terms->entry;
		Wide after = levels[is_cut ? terms->left : terms->afters[i]].mrr;
		int lost = after < before;
		int not_at_risk = is_cut | (terms->aheads[i] >= STEP_DAYS &&
									levels[terms->wholes[i]].mrr < before);
		int censored = is_cut & !lost;
		Wide lost_mrr = lost ? before - after : 0;
		LossTurn *turn;

		if (lost == was_lost && not_at_risk == was_not_at_risk &&
			censored == was_censored && lost_mrr == was_lost_mrr)
			continue;
		turn = &terms->turns[terms->nturns++];
		turn->ahead = i;
		turn->step.lost = lost - was_lost;
		turn->step.not_at_risk = not_at_risk - was_not_at_risk;
		turn->step.step_lost =
			(lost & !not_at_risk) - (was_lost & !was_not_at_risk);
		turn->step.censored = censored - was_censored;
		turn->step.lost_mrr = lost_mrr - was_lost_mrr;
		if (censored != was_censored)
		{
			turn->censored.days =
				(censored - was_censored) * (terms->entry - day);
			turn->censored.before = (censored - was_censored) * before;
		}
		was_lost = lost;
		was_not_at_risk = not_at_risk;
		was_censored = censored;
		was_lost_mrr = lost_mrr;
	}
}

/* Count what was found for a look-back. */
static void
losses_add(ControlGrid *grid, const GridTerms *terms, int back, int32_t month,
		   int band)
{
	LossStep *steps;

	if (terms->nturns == 0)
		return;
	steps = steps_reach(terms, &grid->steps[month], band, sizeof(LossStep));
	for (int i = 0; i < terms->nturns; i++)
	{
		const LossTurn *turn = &terms->turns[i];
		size_t at = (size_t) turn->ahead * terms->nbacks + back;

		steps[at].lost += turn->step.lost;
		steps[at].not_at_risk += turn->step.not_at_risk;
		steps[at].step_lost += turn->step.step_lost;
		steps[at].censored += turn->step.censored;
		steps[at].lost_mrr = money_add(steps[at].lost_mrr, turn->step.lost_mrr);
		if (turn->step.censored != 0)
		{
			CensoredStep *censored = steps_reach(terms, &grid->censored[month],
												 band, sizeof(CensoredStep));

			censored[at].days += turn->censored.days;
			censored[at].before =
				money_add(censored[at].before, turn->censored.before);
		}
	}
}

/* Observe a customer in a month; true: nothing changes around it. */
static bool
month_add(ControlGrid *grid, GridTerms *terms, const Trajectory *trajectory,
		  int32_t month, int *last, int *held)
{
	const SideLevel *levels = trajectory->donor;
	int64_t day = terms->days[month];
	int scale = trajectory->holdings->scale;
	int longest = terms->nbacks - 1;
	Wide found = 0;
	int end;
	bool is_cut = day + terms->aheads[terms->naheads - 1] >= terms->entry;

	*last = level_on(trajectory, *last, day - 1);
	*held = level_on(trajectory, *held, day);
	/* where there is one level it is that of all days */
	for (int i = 0; i < terms->naheads && trajectory->ndonor > 1; i++)
	{
		terms->afters[i] =
			level_on(trajectory, terms->afters[i], day + terms->aheads[i]);
		if (terms->aheads[i] >= STEP_DAYS)
			terms->wholes[i] = level_on(trajectory, terms->wholes[i],
										day + terms->aheads[i] - STEP_DAYS);
	}
	end = terms->afters[terms->naheads - 1];
	for (int i = 0; i < terms->nbacks; i++)
	{
		const SideLevel *best;
		int price;
		int band;

		terms->firsts[i] =
			level_on(trajectory, terms->firsts[i], day - terms->backs[i]);
		best = best_level(levels, terms->firsts[i], *last);
		if (best->mrr == 0)
		{
			if (terms->runs[i].before > 0)
				run_turn(grid, terms, i, month, 0, 0, 0);
			continue;
		}
		price = terms->runs[i].before == best->mrr
					? terms->runs[i].price
					: price_band(best->mrr, scale);
		band = band_of(day - best->since, price, levels[*held].mrr < best->mrr);
		if (terms->runs[i].before != best->mrr || terms->runs[i].band != band)
			run_turn(grid, terms, i, month, band, price, best->mrr);
		/* a level that is the best from the day to the end loses nothing */
		if (end <= *held && levels[*held].mrr >= best->mrr && !is_cut)
			continue;
		if (found != best->mrr)
			losses_find(terms, trajectory, day, best->mrr);
		found = best->mrr;
		losses_add(grid, terms, i, month, band);
	}
	/* the first level is that of all days before it */
	return terms->firsts[longest] == end && !is_cut;
}

/* The next month in which something changes, where nothing does around this one */
static int32_t
month_after(const GridTerms *terms, PeriodCache *months,
			const Trajectory *trajectory, int32_t month, int level)
{
	const SideLevel *held = &trajectory->donor[level];
	int64_t change = terms->entry;
	int32_t next;

	if (level + 1 < trajectory->ndonor && held[1].day < change)
		change = held[1].day;
	/* else nothing ever changes */
	change = change < INT64_MAX ? change - terms->aheads[terms->naheads - 1]
								: (int64_t) terms->as_of + 1;
	if (held->mrr > 0)
	{
		int tenure = tenure_band((int64_t) terms->days[month] - held->since);

		if (tenure < TENURE_BANDS - 1 &&
			(int64_t) held->since + control_tenures[tenure] < change)
			change = (int64_t) held->since + control_tenures[tenure];
	}
	next = month_from(terms, months, change);
	return next > month ? next : month + 1;
}

/*
 * Observe a customer who is not in the focal product, or not yet.  False: they
 * are not for the grid.
 */
bool
control_grid_add(ControlGrid *grid, GridTerms *terms,
				 const Trajectory *trajectory)
{
	PeriodCache *months = period_cache_of((Calendar){GRAIN_MONTH, 1});
	int last = 0;
	int held = 0;
	int32_t month;
	int32_t limit = terms->limits[0];

	if (trajectory->ndonor == 0)
		return true;
	if (trajectory->donor[0].day < terms->days[0])
		return false;
	if (grid->deltas == NULL)
	{
		grid->deltas = delta_arrays_new(terms->nbacks);
		grid->customers = runtime_alloc_zero(
			NULL,
			(size_t) terms->nbacks * (terms->naheads + 1) * sizeof(int64_t));
	}
	memset(terms->firsts, 0, terms->nbacks * sizeof(int));
	memset(terms->runs, 0, terms->nbacks * sizeof(GridRun));
	memset(terms->afters, 0, terms->naheads * sizeof(int));
	memset(terms->wholes, 0, terms->naheads * sizeof(int));
	terms->entry = INT64_MAX;
	if (trajectory->nruns > 0)
	{
		int32_t entered;

		terms->entry = trajectory->runs[0].start;
		terms->left = level_on(trajectory, 0, terms->entry - 1);
		entered = month_from(terms, months, terms->entry);
		if (entered < limit)
			limit = entered;
	}
	month = month_from(terms, months, (int64_t) trajectory->donor[0].day + 1);
	while (month < limit)
	{
		check_interrupts();
		if (month_add(grid, terms, trajectory, month, &last, &held))
			month = month_after(terms, months, trajectory, month, held);
		else
			month++;
	}
	for (int i = 0; i < terms->nbacks; i++)
		run_turn(grid, terms, i, limit, 0, 0, 0);
	return true;
}

/* Add what was counted of a band in a month to the windows of a look-back. */
static void
month_settle(ControlGrid *grid, const GridTerms *terms, Adding *adding,
			 int scale, int back, int band, int32_t month, const Delta *sum)
{
	void **bands = grid->steps[month];
	const LossStep *steps = bands != NULL ? bands[band] : NULL;
	void **censored_bands = grid->censored[month];
	const CensoredStep *censored =
		censored_bands != NULL ? censored_bands[band] : NULL;
	Cannibalization *state = adding->state;
	LossStep lost = {0};
	CensoredStep cut = {0};

	for (int i = 0; i < terms->naheads && month < terms->limits[i]; i++)
	{
		WindowStats *stats = &state->window_stats[back * terms->naheads + i];
		Outcome *control;

		if (steps != NULL)
		{
			const LossStep *step = &steps[(size_t) i * terms->nbacks + back];

			lost.lost += step->lost;
			lost.not_at_risk += step->not_at_risk;
			lost.step_lost += step->step_lost;
			lost.censored += step->censored;
			lost.lost_mrr = money_add(lost.lost_mrr, step->lost_mrr);
		}
		if (censored != NULL)
		{
			const CensoredStep *step =
				&censored[(size_t) i * terms->nbacks + back];

			cut.days += step->days;
			cut.before = money_add(cut.before, step->before);
		}
		control =
			&cell_of(adding, stats, terms->first_month + month, band)->control;
		control->observed += sum->observed;
		control->lost += lost.lost;
		control->at_risk += sum->observed - lost.not_at_risk;
		control->step_lost += lost.step_lost;
		control->before = money_add(
			control->before, money_rescale(sum->before, scale, state->scale));
		control->lost_mrr =
			money_add(control->lost_mrr,
					  money_rescale(lost.lost_mrr, scale, state->scale));
		if (lost.censored == 0)
			continue;
		control->censored += lost.censored;
		control->censored_days += cut.days;
		control->censored_before =
			money_add(control->censored_before,
					  money_rescale(cut.before, scale, state->scale));
	}
}

/* Free what months have by band. */
static void
steps_free(void ***months)
{
	for (int at = 0; at < CONTROL_MONTHS; at++)
	{
		if (months[at] == NULL)
			continue;
		for (int band = 0; band < BANDS; band++)
			if (months[at][band] != NULL)
				runtime_free(months[at][band]);
		runtime_free(months[at]);
	}
}

/* Put what was counted into the cells of a stratum, and free it. */
void
control_grid_settle(ControlGrid *grid, const GridTerms *terms,
					Cannibalization *state, int scale, const Label *stratum)
{
	Adding adding = {.state = state, .stratum = stratum, .number = -1};

	for (int i = 0; grid->deltas != NULL && i < BANDS * terms->nbacks; i++)
	{
		const DeltaBand *band = grid->deltas->bands[i % BANDS];
		Delta sum = {0, 0};

		if (band == NULL)
			continue;
		check_interrupts();
		for (int32_t at = 0; at < terms->limits[0]; at++)
		{
			const Delta *step = delta_at(grid->deltas, band, i / BANDS, at);

			if (step != NULL)
			{
				sum.observed += step->observed;
				sum.before = money_add(sum.before, step->before);
			}
			else if (sum.observed == 0)
				at |= DELTA_MONTHS - 1; /* nor has any that lies with it */
			if (sum.observed > 0)
				month_settle(grid, terms, &adding, scale, i / BANDS, i % BANDS,
							 at, &sum);
		}
	}
	for (int i = 0; grid->deltas != NULL && i < terms->nbacks; i++)
	{
		int64_t seen = 0;

		for (int j = terms->naheads - 1; j >= 0; j--)
		{
			seen += grid->customers[i * (terms->naheads + 1) + j + 1];
			state->window_stats[i * terms->naheads + j].control_customers +=
				seen;
		}
	}
	steps_free(grid->steps);
	steps_free(grid->censored);
	if (grid->deltas != NULL)
	{
		delta_arrays_close(grid->deltas);
		runtime_free(grid->customers);
	}
	runtime_free(grid);
}
