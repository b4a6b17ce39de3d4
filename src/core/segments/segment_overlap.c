/*
 * segment_overlap.c
 *		How customers and money flow between segments: who is in two closings.
 *
 * The means of two months are over mostly the same customers, so the error of
 * their difference is that of a paired one.  With r being what a customer is
 * away from the mean of a closing, 0 for who is not in it,
 *
 *	 variance = sum over customers of (r_2 / n_2 - r_1 / n_1)^2
 *
 * which is the square of either mean's error, less twice their covariance, to
 * which those in both closings alone add: who came and who went is in the
 * errors.
 *
 * A customer is, at each closing, a vector: 1 and the measures, or 0 if not in
 * the segment.  What two closings have in common is the product of two such
 * vectors, summed over customers, as a function of both closings.  It is kept as
 * its differences over both: where a customer changes by v at one closing and
 * by w at another, the product of v and w stands at that pair of closings, once
 * for both orders.  So a customer costs the square of the times of change, and
 * not months times months, and the sums over all pairs up to two closings are
 * what these have in common.  The closing by itself is the pair with itself.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <math.h>
#include <string.h>

#include "core/segments/segment_walk.h"
#include "core/util/sorted.h"

/* By how much a customer changes in a segment at a closing */
typedef struct Change
{
	Period period;
	int32_t segment; /* OUTSIDE: in all */
	int64_t customers;
	int64_t measures[MEASURES];
} Change;

static Change
change_of(const Stand *stand, int32_t segment, int sign)
{
	const ClosingState *closing = &stand->closing;
	Change change = {.segment = segment, .customers = sign};

	change.measures[MEASURE_CENTS] = sign * closing->paid_cents;
	change.measures[MEASURE_PRODUCTS] = (int64_t) sign * closing->products;
	change.measures[MEASURE_MULTI] = sign * (closing->products > 1);
	return change;
}

/* The changes of a stand after another, NULL: the first; of at most three */
static int
stand_changes(const Stand *before, const Stand *after, Change *changes)
{
	bool was = before != NULL && before->closing.paid > 0;
	bool is = after->closing.paid > 0;
	bool moved = was && is && before->closing.place != after->closing.place;
	Change change = {.segment = OUTSIDE};
	int nchanges = 0;
	int64_t any;

	if (is)
		change = change_of(after, OUTSIDE, 1);
	if (was)
	{
		Change out = change_of(before, OUTSIDE, -1);

		change.customers += out.customers;
		for (int i = 0; i < MEASURES; i++)
			change.measures[i] += out.measures[i];
	}
	any = change.customers;
	for (int i = 0; i < MEASURES; i++)
		any |= change.measures[i];
	if (any != 0)
		changes[nchanges++] = change;
	if (moved)
	{
		changes[nchanges++] = change_of(before, before->closing.place, -1);
		changes[nchanges++] = change_of(after, after->closing.place, 1);
	}
	else if (any != 0)
	{
		change.segment = is ? after->closing.place : before->closing.place;
		changes[nchanges++] = change;
	}
	for (int i = 0; i < nchanges; i++)
		changes[i].period = after->period;
	return nchanges;
}

/* Put down what two changes of a customer have in common. */
static void
overlap_add(SegmentFlow *flow, const Change *first, const Change *second)
{
	OverlapCell *cell =
		segment_cell(flow, &flow->overlaps, first->period, first->segment,
					 second->period - first->period);
	Overlap *overlap = &cell->overlap;

	overlap->customers =
		count_add(overlap->customers, first->customers * second->customers);
	for (int i = 0; i < MEASURES; i++)
	{
		Wide a = first->measures[i];
		Wide b = second->measures[i];

		overlap->first[i] = money_add(overlap->first[i], a * second->customers);
		overlap->second[i] =
			money_add(overlap->second[i], b * first->customers);
		overlap->products[i] = money_add(overlap->products[i], a * b);
	}
}

/* Pair every change of a customer with those that follow, and with itself. */
void
segment_walk_overlaps(SegmentWalk *walk)
{
	Change *changes;
	int nchanges = 0;

	if (walk->nstands == 0)
		return;
	changes = runtime_alloc(NULL, walk->nstands * 3 * sizeof(Change));
	for (int i = 0; i < walk->nstands; i++)
		nchanges += stand_changes(i > 0 ? &walk->stands[i - 1] : NULL,
								  &walk->stands[i], &changes[nchanges]);
	for (int i = 0; i < nchanges; i++)
	{
		check_interrupts();
		for (int j = i; j < nchanges; j++)
			if (changes[i].segment == changes[j].segment)
				overlap_add(walk->flow, &changes[i], &changes[j]);
	}
	runtime_free(changes);
}

/* A cell at its pair of closings; turned, at the pair in the other order */
typedef struct Corner
{
	Period later;
	Period earlier;
	bool is_turned;
	const Overlap *overlap;
} Corner;

/* A segment's pairs of closings on the way through the later ones */
typedef struct Pairs
{
	const Label *segment;
	int ncorners;
	Corner *corners; /* by the later closing */
	int nperiods;
	Period *periods; /* of the earlier closings at which something changes */
	Overlap *sums;	 /* of each, over later closings up to now */
	Overlap own[OVERLAP_PERIODS + 1]; /* of closings with themselves */
} Pairs;

static void
overlap_sum(Overlap *sum, const Overlap *more, bool is_turned)
{
	const Wide *first = is_turned ? more->second : more->first;
	const Wide *second = is_turned ? more->first : more->second;

	sum->customers = count_add(sum->customers, more->customers);
	for (int i = 0; i < MEASURES; i++)
	{
		sum->first[i] = money_add(sum->first[i], first[i]);
		sum->second[i] = money_add(sum->second[i], second[i]);
		sum->products[i] = money_add(sum->products[i], more->products[i]);
	}
}

static int
compare_corners(const void *x, const void *y)
{
	const Corner *corner_x = x;
	const Corner *corner_y = y;

	if (corner_x->later != corner_y->later)
		return corner_x->later < corner_y->later ? -1 : 1;
	if (corner_x->earlier != corner_y->earlier)
		return corner_x->earlier < corner_y->earlier ? -1 : 1;
	return corner_x->is_turned - corner_y->is_turned;
}

/* The corners of a segment's cells, and where the earlier ones lie */
static void
pairs_open(Pairs *pairs, const OverlapCell *cells, int ncells)
{
	Period last = 0;

	pairs->ncorners = 0;
	pairs->corners = runtime_alloc(NULL, (size_t) ncells * 2 * sizeof(Corner));
	for (int i = 0; i < ncells; i++)
	{
		Period first = cells[i].place.period;
		Period second = first + cells[i].place.b;

		/* the order of sums: the later closing first */
		pairs->corners[pairs->ncorners++] =
			(Corner){second, first, true, &cells[i].overlap};
		if (first != second)
			pairs->corners[pairs->ncorners++] =
				(Corner){first, second, false, &cells[i].overlap};
	}
	runtime_sort(pairs->corners, pairs->ncorners, sizeof(Corner),
				 compare_corners);
	/* pairs stand in both orders, so the later closings are all there are */
	pairs->nperiods = 0;
	pairs->periods =
		runtime_alloc(NULL, (size_t) pairs->ncorners * sizeof(Period));
	for (int i = 0; i < pairs->ncorners; i++)
		if (i == 0 || pairs->corners[i].later != last)
			pairs->periods[pairs->nperiods++] = last = pairs->corners[i].later;
	pairs->sums =
		runtime_alloc_zero(NULL, (size_t) pairs->nperiods * sizeof(Overlap));
}

/* What is left of squares when the mean is taken off; 0: nothing but noise */
static double
squares_around(double customers, double sum, double squares)
{
	double rest = squares - sum * sum / customers;

	return rest > squares * 1e-12 ? rest : 0;
}

/* The correlation of two means, of the first and the second closing */
static double
overlap_correlation(const Overlap *both, const Overlap *first,
					const Overlap *second, Measure measure)
{
	double mean_first = (double) first->first[measure] / first->customers;
	double mean_second = (double) second->first[measure] / second->customers;
	double squares_first = squares_around(
		first->customers, first->first[measure], first->products[measure]);
	double squares_second = squares_around(
		second->customers, second->first[measure], second->products[measure]);
	double common = (double) both->products[measure] -
					mean_second * (double) both->first[measure] -
					mean_first * (double) both->second[measure] +
					mean_first * mean_second * both->customers;
	double correlation = common / sqrt(squares_first * squares_second);

	if (!(squares_first > 0 && squares_second > 0) || !isfinite(correlation))
		return 0;
	return correlation > 1 ? 1 : correlation < -1 ? -1 : correlation;
}

/* Give out a later closing with those before it. */
static void
pairs_row(Pairs *pairs, int64_t to, int64_t first, OverlapEmit take, void *arg)
{
	int64_t from = to - OVERLAP_PERIODS > first ? to - OVERLAP_PERIODS : first;
	Overlap both[OVERLAP_PERIODS + 1];
	Overlap sum = {0};
	int at = 0;

	for (int64_t period = from; period <= to; period++)
	{
		for (; at < pairs->nperiods && pairs->periods[at] <= period; at++)
			overlap_sum(&sum, &pairs->sums[at], false);
		both[period - from] = sum;
	}
	/* what is summed by now is the later closing itself */
	pairs->own[(to - first) % (OVERLAP_PERIODS + 1)] = sum;
	for (int64_t period = from; period < to; period++)
	{
		const Overlap *earlier =
			&pairs->own[(period - first) % (OVERLAP_PERIODS + 1)];
		OverlapRow row = {.segment = pairs->segment, .from = period, .to = to};

		row.customers = both[period - from].customers;
		if (row.customers <= 0)
			continue;
		for (int i = 0; i < MEASURES; i++)
			row.correlations[i] = overlap_correlation(
				&both[period - from], &sum, earlier, (Measure) i);
		take(arg, &row);
	}
}

static int
compare_by_segment(const void *x, const void *y)
{
	const CellPlace *cell_x = x;
	const CellPlace *cell_y = y;

	if (cell_x->a != cell_y->a)
		return cell_x->a < cell_y->a ? -1 : 1;
	if (cell_x->period != cell_y->period)
		return cell_x->period < cell_y->period ? -1 : 1;
	return (cell_x->b > cell_y->b) - (cell_x->b < cell_y->b);
}

/* Give out what any two closings have in common, up to OVERLAP_PERIODS apart. */
void
segment_flow_overlap(const SegmentFlow *flow, OverlapEmit take, void *arg)
{
	SegmentOrder order;
	int64_t last = segment_flow_last(flow);
	int64_t nrows = 0;
	int end;

	if (flow->span != ANY_SPAN)
		runtime_error(
			RUNTIME_INVALID_VALUE,
			"Fold it with span 0, which keeps what closings have "
			"in common.",
			"segments folded with span %d have no overlap of closings",
			flow->span);
	segment_flow_order(flow, &order);
	runtime_sort(order.overlaps.cells, order.overlaps.ncells,
				 order.overlaps.size, compare_by_segment);
	for (int begin = 0; begin < order.overlaps.ncells; begin = end)
	{
		const OverlapCell *cells = overlap_cell(&order.overlaps, begin);
		int64_t first = cells->place.period;
		Pairs pairs = {0};
		int at = 0;

		for (end = begin + 1; end < order.overlaps.ncells; end++)
			if (cell_place(&order.overlaps, end)->a != cells->place.a)
				break;
		if (cells->place.a != OUTSIDE)
			pairs.segment = &order.names[cells->place.a];
		segment_flow_limit(flow, nrows += last - first + 1);
		pairs_open(&pairs, cells, end - begin);
		for (int64_t to = first; to <= last; to++)
		{
			check_interrupts();
			for (; at < pairs.ncorners && pairs.corners[at].later <= to; at++)
			{
				const Corner *corner = &pairs.corners[at];

				overlap_sum(
					&pairs.sums[sorted_place(pairs.periods, pairs.nperiods,
											 sizeof(Period), corner->earlier)],
					corner->overlap, corner->is_turned);
			}
			pairs_row(&pairs, to, first, take, arg);
		}
		runtime_free(pairs.corners);
		runtime_free(pairs.periods);
		runtime_free(pairs.sums);
	}
}
