/*
 * cannibalization_bytes.c
 *		A state of cannibalization as canonical bytes.
 *
 * Version, as_of, gap, scale, days and ends of focal runs, the names of strata
 * and donors (sorted, each in use), and for each window's statistics, by its
 * windows: counts by kind, persons, customers of the control, squares of the
 * entries of persons, lines, money, losses by donor, and the
 * strata by month with the cells that hold anything.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/cannibalization.h"

#define HAS_TREATED 1
#define HAS_CONTROL 2

#define MIN_WINDOW_STATS_BYTES \
	23 /* bytes of the statistics of a window that holds nothing */

static void
encode_outcome(const Outcome *outcome, ByteWriter *writer)
{
	write_unsigned(writer, outcome->observed);
	write_unsigned(writer, outcome->lost);
	write_unsigned(writer, outcome->at_risk);
	write_unsigned(writer, outcome->step_lost);
	write_wide(writer, outcome->before);
	write_wide(writer, outcome->lost_mrr);
}

static void
decode_outcome(ByteReader *reader, Outcome *outcome)
{
	outcome->observed = (int64_t) read_unsigned(reader, INT64_MAX);
	outcome->lost = (int64_t) read_unsigned(reader, outcome->observed);
	outcome->at_risk = (int64_t) read_unsigned(reader, outcome->observed);
	outcome->step_lost = (int64_t) read_unsigned(reader, outcome->at_risk);
	outcome->before = read_wide(reader);
	outcome->lost_mrr = read_wide(reader);
	if (outcome->observed == 0 || outcome->step_lost > outcome->lost ||
		outcome->lost_mrr < 0 || outcome->before < outcome->lost_mrr)
		reader_fail(reader);
}

/* Controls may be censored. */
static void
encode_control(const Outcome *control, ByteWriter *writer)
{
	encode_outcome(control, writer);
	write_unsigned(writer, control->censored);
	write_unsigned(writer, control->censored_days);
	write_wide(writer, control->censored_before);
}

static void
decode_control(const Window *window, ByteReader *reader, Outcome *control)
{
	decode_outcome(reader, control);
	control->censored =
		(int64_t) read_unsigned(reader, control->observed - control->lost);
	control->censored_days = (int64_t) read_unsigned(reader, INT64_MAX);
	control->censored_before = read_wide(reader);
	/* they are observed for a day or more, and lose nothing */
	if (control->censored_days < control->censored ||
		control->at_risk > control->observed - control->censored ||
		(Wide) control->censored_days >
			(Wide) control->censored * window->look_ahead ||
		control->censored_before < 0 ||
		control->censored_before > control->before - control->lost_mrr ||
		(control->censored == 0 && control->censored_before != 0))
		reader_fail(reader);
}

/* The places of names by their numbers. */
static int32_t *
places_of(const SortedDictionary *dictionary)
{
	int32_t *places =
		runtime_alloc(NULL, (dictionary->strings.count + 1) * sizeof(int32_t));

	for (int i = 0; i < dictionary->strings.count; i++)
		places[dictionary->sorted[i]] = i;
	return places;
}

static void
encode_stratum_month(const WindowStats *stats,
					 const StratumMonth *stratum_month, int32_t place,
					 ByteWriter *writer)
{
	int count = 0;

	for (int band = 0; band < BANDS; band++)
		count += stratum_month->cells[band] > 0;
	write_unsigned(writer, place);
	write_signed(writer, stratum_month->month);
	write_unsigned(writer, count);
	for (int band = 0; band < BANDS; band++)
	{
		const Match *cell;
		const Outcome *treated;
		int has;

		if (stratum_month->cells[band] == 0)
			continue;
		cell = &stats->cells[stratum_month->cells[band] - 1];
		treated = match_treated(stats, cell);
		has = (treated->observed > 0 ? HAS_TREATED : 0) |
			  (cell->control.observed > 0 ? HAS_CONTROL : 0);
		write_byte(writer, (uint8_t) band);
		write_byte(writer, (uint8_t) has);
		if (has & HAS_TREATED)
			encode_outcome(treated, writer);
		if (has & HAS_CONTROL)
			encode_control(&cell->control, writer);
	}
}

static void
encode_window_stats(const Cannibalization *state, const WindowStats *stats,
					const int32_t *strata, ByteWriter *writer)
{
	int count = 0;

	write_unsigned(writer, stats->window.look_back);
	write_unsigned(writer, stats->window.look_ahead);
	for (int kind = 0; kind < ENTRY_KINDS; kind++)
		write_unsigned(writer, stats->kinds[kind]);
	write_unsigned(writer, stats->persons);
	write_unsigned(writer, stats->control_customers);
	write_unsigned(writer, stats->entry_squares);
	write_unsigned(writer, stats->losing_squares);
	write_unsigned(writer, stats->losing_entries);
	write_signed(writer, stats->focal_lines);
	write_signed(writer, stats->before_lines);
	write_wide(writer, stats->focal);
	write_wide(writer, stats->before);
	write_wide(writer, stats->lost);
	write_wide(writer, stats->lost_squares);
	write_wide(writer, stats->cross_products);
	write_wide(writer, stats->focal_squares);
	for (int d = 0; d < stats->ndonors; d++)
		count += stats->donors[d].entries > 0;
	write_unsigned(writer, count);
	for (int i = 0; i < state->donors.strings.count; i++)
	{
		int32_t number = state->donors.sorted[i];

		if (number >= stats->ndonors || stats->donors[number].entries == 0)
			continue;
		write_unsigned(writer, i);
		write_unsigned(writer, stats->donors[number].entries);
		write_wide(writer, stats->donors[number].lost);
	}
	write_unsigned(writer, stats->nstratum_months);
	/* strata by month are sorted by the number of their stratum: go by its place */
	for (int i = 0; i < state->strata.strings.count; i++)
		for (int p = 0; p < stats->nstratum_months; p++)
		{
			const StratumMonth *stratum_month = stats->stratum_months[p];

			check_interrupts();
			if (strata[stratum_month->stratum] == i)
				encode_stratum_month(stats, stratum_month, i, writer);
		}
}

/* Write canonical bytes. */
void
cannibalization_encode(const Cannibalization *state, ByteWriter *writer)
{
	int32_t *strata = places_of(&state->strata);

	write_byte(writer, CANNIBALIZATION_VERSION);
	write_byte(writer, state->adopted);
	if (!state->adopted)
		return;
	write_signed(writer, state->as_of);
	write_unsigned(writer, state->gap);
	write_unsigned(writer, state->scale);
	write_unsigned(writer, state->focal_days);
	write_unsigned(writer, state->focal_ends);
	sorted_dictionary_encode(&state->strata, writer);
	sorted_dictionary_encode(&state->donors, writer);
	write_unsigned(writer, state->nwindow_stats);
	for (int i = 0; i < state->nwindow_stats; i++)
		encode_window_stats(state, &state->window_stats[i], strata, writer);
	runtime_free(strata);
}

static void
decode_stratum_month(Cannibalization *state, WindowStats *stats,
					 ByteReader *reader, bool *strata)
{
	int32_t stratum = (int32_t) read_unsigned(reader, INT32_MAX);
	Period month = (Period) read_signed(reader, INT32_MIN, INT32_MAX);
	size_t count = read_count(reader, 8);
	int stratum_months = stats->nstratum_months;
	int last = -1;
	StratumMonth *stratum_month;

	if (stratum >= state->strata.strings.count || count == 0)
		reader_fail(reader);
	strata[stratum] = true;
	stratum_month = window_stats_stratum_month(state, stats, stratum, month);
	/* in order, and none twice */
	if (stats->nstratum_months == stratum_months ||
		stats->stratum_months[stratum_months] != stratum_month)
		reader_fail(reader);
	for (size_t i = 0; i < count; i++)
	{
		int band = read_byte(reader);
		int has = read_byte(reader);
		Match *cell;

		check_interrupts();
		if (band <= last || band >= BANDS || has == 0 ||
			(has & ~(HAS_TREATED | HAS_CONTROL)) != 0)
			reader_fail(reader);
		last = band;
		cell = stratum_month_cell(state, stats, stratum_month, band);
		if (has & HAS_TREATED)
			decode_outcome(reader, match_treat(state, stats, cell));
		if (has & HAS_CONTROL)
			decode_control(&stats->window, reader, &cell->control);
	}
}

static void
decode_window_stats(Cannibalization *state, WindowStats *stats,
					ByteReader *reader, bool *strata, bool *donors)
{
	size_t count;
	int64_t last = -1;

	stats->window.look_back = (int32_t) read_unsigned(reader, INT32_MAX);
	stats->window.look_ahead = (int32_t) read_unsigned(reader, INT32_MAX);
	if (stats->window.look_back < 1)
		reader_fail(reader);
	for (int kind = 0; kind < ENTRY_KINDS; kind++)
		/* six of them must not pass the range of a count */
		stats->kinds[kind] = (int64_t) read_unsigned(reader, INT64_MAX / 8);
	stats->persons =
		(int64_t) read_unsigned(reader, window_stats_matured(stats));
	if ((stats->persons == 0) != (window_stats_matured(stats) == 0))
		reader_fail(reader);
	stats->control_customers = (int64_t) read_unsigned(reader, INT64_MAX);
	stats->entry_squares = (int64_t) read_unsigned(reader, INT64_MAX);
	stats->losing_squares = (int64_t) read_unsigned(reader, INT64_MAX);
	stats->losing_entries = (int64_t) read_unsigned(reader, INT64_MAX);
	if (stats->entry_squares < window_stats_matured(stats) ||
		stats->losing_squares < window_stats_losing(stats) ||
		stats->losing_entries < stats->losing_squares ||
		stats->losing_entries > stats->entry_squares)
		reader_fail(reader);
	stats->focal_lines = read_signed(reader, INT64_MIN, INT64_MAX);
	stats->before_lines = read_signed(reader, INT64_MIN, INT64_MAX);
	stats->focal = read_wide(reader);
	stats->before = read_wide(reader);
	stats->lost = read_wide(reader);
	stats->lost_squares = read_wide(reader);
	stats->cross_products = read_wide(reader);
	stats->focal_squares = read_wide(reader);
	if (stats->focal < 0 || stats->lost < 0 || stats->before < stats->lost ||
		stats->lost_squares < 0 || stats->cross_products < 0 ||
		stats->focal_squares < 0)
		reader_fail(reader);
	count = read_count(reader, 3);
	window_stats_donors(state, stats);
	for (size_t i = 0; i < count; i++)
	{
		int64_t number = (int64_t) read_unsigned(reader, INT32_MAX);
		DonorLoss *donor;

		if (number <= last || number >= state->donors.strings.count)
			reader_fail(reader);
		last = number;
		donors[number] = true;
		donor = &stats->donors[number];
		donor->entries = (int64_t) read_unsigned(reader, INT64_MAX);
		donor->lost = read_wide(reader);
		if (donor->entries == 0 || donor->lost < 0)
			reader_fail(reader);
	}
	count = read_count(reader, 11);
	for (size_t i = 0; i < count; i++)
		decode_stratum_month(state, stats, reader, strata);
}

/* Read canonical bytes; anything else is refused. */
Cannibalization *
cannibalization_decode(Context context, const void *data, size_t size)
{
	Cannibalization *state = cannibalization_new(context);
	ByteReader reader;
	uint8_t adopted;
	bool *strata;
	bool *donors;

	reader_open(&reader, data, size, "cannibalization");
	read_version(&reader, CANNIBALIZATION_VERSION, CANNIBALIZATION_VERSION);
	adopted = read_byte(&reader);
	if (adopted > 1)
		reader_fail(&reader);
	if (!adopted)
	{
		reader_close(&reader);
		return state;
	}
	state->adopted = true;
	state->as_of = (Day) read_signed(&reader, DAY_FIRST, DAY_LAST);
	state->gap = (int32_t) read_unsigned(&reader, INT32_MAX);
	state->scale = (int) read_unsigned(&reader, MONEY_MAX_SCALE);
	state->focal_days = (int64_t) read_unsigned(&reader, INT64_MAX);
	state->focal_ends = (int64_t) read_unsigned(&reader, INT64_MAX);
	sorted_dictionary_decode(&state->strata, &reader);
	sorted_dictionary_decode(&state->donors, &reader);
	state->nwindow_stats = (int) read_count(&reader, MIN_WINDOW_STATS_BYTES);
	if (state->scale < SHARE_SCALE || state->nwindow_stats == 0 ||
		state->nwindow_stats > MAX_WINDOW_STATS)
		reader_fail(&reader);
	state->window_stats =
		runtime_alloc_zero(context, state->nwindow_stats * sizeof(WindowStats));
	strata = runtime_alloc_zero(NULL, state->strata.strings.count + 1);
	donors = runtime_alloc_zero(NULL, state->donors.strings.count + 1);
	for (int i = 0; i < state->nwindow_stats; i++)
	{
		decode_window_stats(state, &state->window_stats[i], &reader, strata,
							donors);
		if (i > 0 && compare_window_stats(&state->window_stats[i - 1],
										  &state->window_stats[i]) >= 0)
			reader_fail(&reader);
	}
	for (int i = 0; i < state->strata.strings.count; i++)
		if (!strata[i])
			reader_fail(&reader);
	for (int i = 0; i < state->donors.strings.count; i++)
		if (!donors[i])
			reader_fail(&reader);
	reader_close(&reader);
	runtime_free(strata);
	runtime_free(donors);
	return state;
}
