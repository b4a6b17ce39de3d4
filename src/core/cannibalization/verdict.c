/*
 * verdict.c
 *		What the statistics of a window of cannibalization says.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/cannibalization/verdict.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/util/wilson.h"

#define MONTH_DAYS (365.25 / 12)

const char *
judgement_name(Judgement judgement)
{
	static const char *const names[] = {"accretive",	"value_destroying",
										"inconclusive", "immature",
										"no_data",		"not_identified"};

	return names[judgement];
}

/*
 * The rate at which the new brings as much as the old loses: with a cost, as
 * much and the cost of so many entries.
 */
double
break_even(double focal, double donor, double cost, double entries)
{
	double rate;

	if (cost != 0)
		focal -= cost / entries;
	rate = focal / donor;
	return isfinite(rate) && donor > 0 ? rate : NAN;
}

static double
money(Wide mantissa, int scale)
{
	return (double) mantissa / (double) money_power(scale);
}

static double
ratio(double part, double whole)
{
	return whole != 0 ? part / whole : NAN;
}

/*
 * The unit rate, with the score interval of as many entries as would say as
 * much, had each a customer of its own.
 */
static void
unit_rate(const WindowStats *stats, double z, Verdict *verdict)
{
	double n = (double) verdict->matured;
	double persons = (double) stats->persons;
	double rate;

	verdict->unit = (Estimate){NAN, NAN, NAN};
	verdict->effective = n;
	if (verdict->matured == 0)
		return;
	rate = (double) window_stats_losing(stats) / n;
	if (persons < n)
	{
		double squares = (double) stats->losing_squares -
						 2 * rate * (double) stats->losing_entries +
						 rate * rate * (double) stats->entry_squares;
		double plain = n * rate * (1 - rate);
		double more = 1;

		if (plain > 0 && persons > 1)
			more = persons / (persons - 1) * squares / (n / (n - 1) * plain);
		else
			more = (double) stats->entry_squares / n;
		verdict->effective = fmax(n / fmax(more, 1), 1);
	}
	verdict->unit.rate = rate;
	if (verdict->effective < n)
		wilson_share(rate, verdict->effective, z, &verdict->unit.low,
					 &verdict->unit.high);
	else
		wilson(window_stats_losing(stats), verdict->matured, z,
			   &verdict->unit.low, &verdict->unit.high);
}

/*
 * Losses of persons over what the new brings: the ratio estimator.
 *
 * Where few lose, the limits of the plain estimator are too narrow and lie too
 * low.  So the rate is taken as a product: the share of entries that lose, with
 * its score limits, and what those lose for each unit that the new brings,
 * whose part of the variance is what the first leaves.  Distances are those of
 * logarithms, squared and added.
 */
static void
value_rate(const Cannibalization *state, const WindowStats *stats, double z,
		   const Verdict *verdict, Estimate *value)
{
	/* squares have a scale of their own: bring the sum to that */
	double n = (double) stats->persons;
	double unit = pow(10, SQUARE_SCALE);
	double lost = money(stats->lost, state->scale) * unit;
	double share = verdict->unit.rate;
	double squares;
	double rest;

	*value = (Estimate){NAN, NAN, NAN};
	if (stats->focal == 0)
		return;
	value->rate = (double) stats->lost / (double) stats->focal;
	if (n < 2)
		return;
	if (lost <= 0 || share <= 0)
	{
		/* nobody lost: at worst, so many do who lose all they had */
		double each =
			stats->before == 0
				? 1
				: (double) stats->before /
					  (double) window_stats_own_base(stats) /
					  ((double) stats->focal / (double) verdict->matured);

		value->low = 0;
		value->high = verdict->unit.high * each;
		return;
	}
	squares = (double) stats->lost_squares -
			  2 * value->rate * (double) stats->cross_products +
			  value->rate * value->rate * (double) stats->focal_squares;
	rest = n / (n - 1) * squares / (lost * lost) -
		   (1 - share) / (share * verdict->effective);
	rest = z * z * fmax(rest, 0);
	value->low =
		value->rate * exp(-sqrt(pow(log(share / verdict->unit.low), 2) + rest));
	value->high =
		value->rate * exp(sqrt(pow(log(verdict->unit.high / share), 2) + rest));
}

/*
 * The unit rate less what would have been lost anyway.  The distances to the
 * limits are those of the unit rate, as far as what is left varies as it does,
 * and those of the control, squared and added.
 */
static void
correct(const WindowStats *stats, double z, Verdict *verdict)
{
	double n = (double) verdict->matured;
	double own = (double) window_stats_own_base(stats);
	double h = verdict->control.loss_rate;
	const Estimate *unit = &verdict->unit;
	double rate = unit->rate - h * verdict->own_base_share;
	double squares = 0;
	double variance;
	double plain = unit->rate * (1 - unit->rate) / (n - 1);
	double scale = 1;
	double control = 0;

	verdict->corrected = (Estimate){NAN, NAN, NAN};
	/* who had nothing to lose needs no control */
	if (own == 0 && n > 0)
		rate = 0;
	if (isnan(rate) || n < 2)
		return;
	verdict->corrected.rate = rate;
	for (int i = 0; i < 2 && own > 0; i++)
	{
		const Compared *compared = &verdict->control.compared[i];

		squares +=
			compared->losing * pow(1 - compared->rate, 2) +
			(compared->entries - compared->losing) * pow(compared->rate, 2);
	}
	variance = (squares - n * rate * rate) / (n * (n - 1));
	if (plain > 0)
		scale = fmax(variance, 0) / plain;
	else
		control = z * z * fmax(variance, 0);
	if (own > 0)
		control += z * z * verdict->own_base_share * verdict->own_base_share *
				   verdict->control.loss_variance;
	verdict->corrected.low =
		rate - sqrt(scale * pow(unit->rate - unit->low, 2) + control);
	verdict->corrected.high =
		rate + sqrt(scale * pow(unit->high - unit->rate, 2) + control);
}

/* The same of the value rate. */
static void
correct_value(const WindowStats *stats, double z, Verdict *verdict)
{
	const Estimate *value = &verdict->value;
	double before = ratio((double) stats->before, (double) stats->focal);
	double taken = 0;
	double control = 0;

	if (stats->before != 0)
	{
		taken = verdict->control.money_rate * before;
		control = z * z * before * before * verdict->control.money_variance;
	}
	verdict->corrected_value = (Estimate){
		value->rate - taken,
		value->rate - taken - sqrt(pow(value->rate - value->low, 2) + control),
		value->rate - taken +
			sqrt(pow(value->high - value->rate, 2) + control)};
}

/* Churn as observed, where none is given. */
static void
find_churn(const Cannibalization *state, const WindowStats *stats,
		   const VerdictTerms *terms, Verdict *verdict)
{
	double months =
		((double) stats->window.look_back + stats->window.look_ahead) /
		MONTH_DAYS;

	verdict->focal_churn = terms->focal_churn;
	verdict->donor_churn = terms->donor_churn;
	if (isnan(verdict->focal_churn) && state->focal_days > 0)
		verdict->focal_churn = (double) state->focal_ends * MONTH_DAYS /
							   (double) state->focal_days;
	if (isnan(verdict->donor_churn) && verdict->control.loss_rate < 1)
		verdict->donor_churn = -log(1 - verdict->control.loss_rate) / months;
	/* nobody has left: nothing says how long they stay */
	if (verdict->focal_churn <= 0)
		verdict->focal_churn = NAN;
	if (verdict->donor_churn <= 0)
		verdict->donor_churn = NAN;
}

static void
find_break_even(const Cannibalization *state, const WindowStats *stats,
				const VerdictTerms *terms, Verdict *verdict)
{
	double n = (double) verdict->matured;
	double focal = money(stats->focal, state->scale);
	double focal_price = terms->focal_price;
	double donor_price = terms->donor_price;

	if (isnan(focal_price))
		focal_price = ratio(focal, (double) stats->focal_lines);
	if (isnan(donor_price))
		donor_price = ratio(money(stats->before, state->scale),
							(double) stats->before_lines);
	verdict->break_even_unit = break_even(
		terms->focal_margin, terms->donor_margin, terms->launch_cost, n);
	verdict->break_even_value = break_even(
		ratio(terms->focal_margin, focal_price),
		ratio(terms->donor_margin, donor_price), terms->launch_cost, focal);
	verdict->break_even_lifetime =
		break_even(ratio(terms->focal_margin, verdict->focal_churn),
				   ratio(terms->donor_margin, verdict->donor_churn),
				   terms->launch_cost, n);
	verdict->net_margin =
		(terms->focal_margin - terms->donor_margin * verdict->corrected.rate) *
			n -
		terms->launch_cost;
}

/* Put numbers behind what has been said so far. */
__attribute__((format(printf, 2, 3))) static void
say(Verdict *verdict, const char *form, ...)
{
	size_t used = strlen(verdict->reason);
	va_list args;

	va_start(args, form);
	vsnprintf(verdict->reason + used, sizeof(verdict->reason) - used, form,
			  args);
	va_end(args);
}

/* Say what such customers lose anyway, and what that leaves. */
static void
say_corrected(const VerdictTerms *terms, Verdict *verdict,
			  const Estimate *corrected)
{
	if (isnan(corrected->rate))
		say(verdict, "; no control group says what would have gone anyway");
	else if (isnan(verdict->control.loss_rate))
		say(verdict, "; nobody had anything to lose");
	else if (terms->by_value)
		say(verdict,
			"; such customers lose %.1f%% of what they bring without it, which "
			"leaves %.1f%% (%.1f%% to %.1f%%)",
			100 * verdict->control.money_rate, 100 * corrected->rate,
			100 * corrected->low, 100 * corrected->high);
	else
		say(verdict,
			"; %.1f%% of such customers lose as much without it, which leaves "
			"%.1f%% (%.1f%% to %.1f%%)",
			100 * verdict->control.loss_rate, 100 * corrected->rate,
			100 * corrected->low, 100 * corrected->high);
}

/* Say what is to be known beside the verdict. */
static void
say_more(const VerdictTerms *terms, Verdict *verdict, double point)
{
	if (!terms->by_value && !isnan(verdict->break_even_lifetime) &&
		(point < verdict->break_even_lifetime) !=
			(point < verdict->break_even_unit))
		say(verdict,
			"; over the lifetime break-even is %.1f%%, on the other side",
			100 * verdict->break_even_lifetime);
	if (verdict->entries > verdict->matured)
		say(verdict, "; %lld younger entries are not judged",
			(long long) (verdict->entries - verdict->matured));
	say(verdict, ".");
}

/* Are there enough entries, and are they old enough?  Says why not. */
static bool
enough_entries(const WindowStats *stats, const VerdictTerms *terms, double low,
			   Verdict *verdict)
{
	double share = ratio((double) verdict->matured, (double) verdict->entries);
	bool is_few = verdict->matured < terms->min_entries;

	if (verdict->entries < terms->min_entries || verdict->entries == 0)
	{
		verdict->judgement = NO_DATA;
		say(verdict,
			"%lld entries are fewer than the %lld that a verdict needs.",
			(long long) verdict->entries, (long long) terms->min_entries);
		return false;
	}
	if (is_few || share < terms->min_matured)
	{
		verdict->judgement = IMMATURE;
		say(verdict, "Only %lld of %lld entries ", (long long) verdict->matured,
			(long long) verdict->entries);
		if (is_few)
			say(verdict,
				"are %d days old, fewer than the %lld that a verdict needs",
				(int) stats->window.look_ahead, (long long) terms->min_entries);
		else
			say(verdict, "(%.1f%%) are %d days old, less than %.1f%%",
				100 * share, (int) stats->window.look_ahead,
				100 * terms->min_matured);
		say(verdict, ": wait before judging");
		if (verdict->matured > 0)
			say(verdict, "; of them %.1f%% left or cut another product so far",
				100 * verdict->unit.rate);
		say(verdict, ".");
		return false;
	}
	if (isnan(low))
	{
		verdict->judgement = NO_DATA;
		say(verdict, "%lld matured entries do not say how sure a rate is.",
			(long long) verdict->matured);
		return false;
	}
	return true;
}

/*
 * Decide by what is left after the control.  What was lost in all is the most
 * that the new product can have taken, so that without a control only the
 * better verdict can be reached; and where the two lie on different sides, all
 * hangs on the control, which nobody has drawn by lot.
 */
static Judgement
decide(const Estimate *rate, const Estimate *corrected, double even)
{
	if (isnan(corrected->rate))
		return rate->high < even  ? ACCRETIVE
			   : rate->low > even ? NOT_IDENTIFIED
								  : INCONCLUSIVE;
	if ((corrected->rate < even) != (rate->rate < even))
		return NOT_IDENTIFIED;
	if (corrected->high < even)
		return ACCRETIVE;
	return corrected->low > even ? VALUE_DESTROYING : INCONCLUSIVE;
}

static void
judge(const WindowStats *stats, const VerdictTerms *terms, Verdict *verdict)
{
	const Estimate *rate = terms->by_value ? &verdict->value : &verdict->unit;
	const Estimate *corrected =
		terms->by_value ? &verdict->corrected_value : &verdict->corrected;
	double even =
		terms->by_value ? verdict->break_even_value : verdict->break_even_unit;

	verdict->reason[0] = '\0';
	if (!enough_entries(stats, terms, rate->low, verdict))
		return;
	if (terms->by_value)
		say(verdict,
			"Of what %lld matured entries bring, %.1f%% was lost by other "
			"products (%.0f%% interval %.1f%% to %.1f%%)",
			(long long) verdict->matured, 100 * rate->rate, 100 * terms->conf,
			100 * rate->low, 100 * rate->high);
	else
		say(verdict,
			"%lld of %lld matured entries (%.1f%%, %.0f%% interval %.1f%% to "
			"%.1f%%) left or cut another product",
			(long long) window_stats_losing(stats),
			(long long) verdict->matured, 100 * rate->rate, 100 * terms->conf,
			100 * rate->low, 100 * rate->high);
	say_corrected(terms, verdict, corrected);
	verdict->judgement = NOT_IDENTIFIED;
	if (isnan(even))
	{
		say(verdict, "; without the margins of both there is no break-even");
		say_more(terms, verdict, rate->rate);
		return;
	}
	if (verdict->break_even_unit == 1 && verdict->break_even_value == 1)
	{
		say(verdict, "; the new product has the price and the margin of the "
					 "old one, so that no rate could be too high");
		say_more(terms, verdict, rate->rate);
		return;
	}
	verdict->judgement = decide(rate, corrected, even);
	if (verdict->judgement == ACCRETIVE)
		say(verdict, ", below the break-even of %.1f%%", 100 * even);
	else if (verdict->judgement == VALUE_DESTROYING)
		say(verdict, ", above the break-even of %.1f%%", 100 * even);
	else if (verdict->judgement == INCONCLUSIVE)
		say(verdict, ", not clearly on either side of the break-even of %.1f%%",
			100 * even);
	else if (isnan(corrected->rate))
		say(verdict,
			", and only that could say more than the break-even of "
			"%.1f%%, which lies below",
			100 * even);
	else
		say(verdict,
			": the break-even of %.1f%% lies between what was lost and what is "
			"left, so that all hangs on the control",
			100 * even);
	say_more(terms, verdict, rate->rate);
}

/* Compute everything that the statistics of a window says. */
void
verdict_reach(const Cannibalization *state, const WindowStats *stats,
			  const VerdictTerms *terms, Verdict *verdict)
{
	double z = conf_to_z(terms->conf);
	int64_t at_risk = 0;
	int64_t step_lost = 0;

	memset(verdict, 0, sizeof(Verdict));
	verdict->matured = window_stats_matured(stats);
	verdict->entries = verdict->matured + stats->kinds[ENTRY_PENDING];
	verdict->own_base_share =
		ratio((double) window_stats_own_base(stats), (double) verdict->matured);
	unit_rate(stats, z, verdict);
	value_rate(state, stats, z, verdict, &verdict->value);
	verdict->control = control_of(stats);
	correct(stats, z, verdict);
	correct_value(stats, z, verdict);
	for (int i = 0; i < stats->ntreated; i++)
	{
		at_risk += stats->treated[i].at_risk;
		step_lost += stats->treated[i].step_lost;
	}
	verdict->step_rate = ratio((double) step_lost, (double) at_risk);
	find_churn(state, stats, terms, verdict);
	find_break_even(state, stats, terms, verdict);
	judge(stats, terms, verdict);
}
