/*
 * decisions.c
 *		What became of each instalment.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/decisions.h"

#include <string.h>

#include "core/segments/decision_runs.h"
#include "core/segments/decision_skips.h"
#include "core/segments/segment_steps.h"
#include "core/subscriptions/instalments.h"
#include "core/util/sort_few.h"

/* Numbers of a customer's instalments with an outcome in a segment */
typedef struct Span
{
	int32_t segment;
	int32_t outcome;
	int32_t first;
	int32_t next;
} Span;

/* What happened at the ends of instalments */
typedef struct Range
{
	DecisionOutcome outcome;
	int32_t first;
	int32_t next;
	Wide mrr;
	Wide next_mrr;
} Range;

typedef struct DecisionWalk
{
	MemberLines *members;
	const DecisionTerms *terms;
	int32_t *ranks;	 /* of names, in their order */
	int32_t *ranked; /* and names by rank */
	int scale;
	CountTable counts; /* how many more, or less, from a number on */

	DecisionRuns runs;
	DecisionSkips skips;

	/* of a customer */
	uint32_t room;
	Membership *memberships;
	SegmentStep *segment_steps;
	int nsegment_steps;
	Span *spans;
	size_t nspans;
	size_t span_room;
} DecisionWalk;

const char *
decision_name(DecisionOutcome outcome)
{
	static const char *const names[] = {"renewed",	"upgraded", "downgraded",
										"skipped",	"paused",	"failed",
										"cancelled"};

	return names[outcome];
}

static int32_t
min_of(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t
max_of(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static int
compare_spans(const void *a, const void *b)
{
	const Span *span_a = a;
	const Span *span_b = b;

	if (span_a->segment != span_b->segment)
		return span_a->segment < span_b->segment ? -1 : 1;
	if (span_a->outcome != span_b->outcome)
		return span_a->outcome < span_b->outcome ? -1 : 1;
	return (span_a->first > span_b->first) - (span_a->first < span_b->first);
}

/* Bring what was counted to a larger scale. */
static void
walk_rescale(DecisionWalk *walk, int scale)
{
	for (uint32_t i = 0; i < walk->counts.count; i++)
	{
		DecisionCount *count = count_table_item(&walk->counts, i);

		count->mrr = money_rescale(count->mrr, walk->scale, scale);
		count->next_mrr = money_rescale(count->next_mrr, walk->scale, scale);
	}
	walk->scale = scale;
}

/* Room for a customer's times in segments */
static void
memberships_reserve(DecisionWalk *walk, uint32_t count)
{
	if (count < walk->room)
		return;
	walk->room = (count + 1) * 2;
	segment_steps_reserve(&walk->memberships, &walk->segment_steps, walk->room);
}

static DecisionCount *
count_reach(DecisionWalk *walk, int32_t segment, DecisionOutcome outcome,
			int32_t number)
{
	DecisionCount key = {segment, (int32_t) outcome, number, 0, 0, 0, 0, 0};

	return count_table_reach(&walk->counts, &key);
}

static void
range_add(DecisionWalk *walk, int32_t segment, DecisionOutcome outcome,
		  int32_t number, int sign, const Range *range, bool is_only)
{
	DecisionCount *count = count_reach(walk, segment, outcome, number);

	count->instalments += sign;
	if (is_only)
		count->customers += sign;
	count->mrr = money_add(count->mrr, sign > 0 ? range->mrr : -range->mrr);
	count->next_mrr = money_add(count->next_mrr,
								sign > 0 ? range->next_mrr : -range->next_mrr);
}

/* Count a range in a segment; of who has several lines keep its numbers. */
static void
range_count(DecisionWalk *walk, int32_t segment, const Range *range,
			int32_t first, int32_t next)
{
	bool is_only = walk->runs.nruns == 1;

	range_add(walk, segment, range->outcome, first, 1, range, is_only);
	range_add(walk, segment, range->outcome, next, -1, range, is_only);
	if (is_only)
		return;
	if (walk->nspans == walk->span_room)
	{
		walk->span_room = walk->span_room > 0 ? walk->span_room * 2 : 64;
		walk->spans =
			walk->spans != NULL
				? runtime_realloc(walk->spans, walk->span_room * sizeof(Span))
				: runtime_alloc(NULL, walk->span_room * sizeof(Span));
	}
	walk->spans[walk->nspans++] =
		(Span){segment, (int32_t) range->outcome, first, next};
}

/* Count what happened to a run at the ends of some instalments. */
static void
happened(DecisionWalk *walk, const Run *run, Range range)
{
	int32_t first = range.first;

	if (range.first >= range.next)
		return;
	range_count(walk, IN_ALL_SEGMENTS, &range, range.first, range.next);
	/* the segment is that of the day on which the next instalment is due */
	for (int step = segment_step_on(walk->segment_steps, walk->nsegment_steps,
									run->since);
		 first < range.next; step++)
	{
		int32_t next = range.next;
		int32_t segment = IN_NO_SEGMENT;

		if (step >= 0 && walk->segment_steps[step].segment >= 0)
			segment = walk->ranked[walk->segment_steps[step].segment];
		if (step + 1 < walk->nsegment_steps)
		{
			next = instalments_by(run->since,
								  walk->segment_steps[step + 1].day - 1,
								  run->months, run->days) +
				   1;
			if (next > range.next)
				next = range.next;
		}
		if (next <= first)
			continue;
		range_count(walk, segment, &range, first, next);
		first = next;
	}
}

/*
 * Count what a step came to at the ends of some instalments: one in which all
 * that was due was skipped is that, if it was not paused.
 */
static void
decided(DecisionWalk *walk, const Run *run, Range range)
{
	const DecisionSkips *skips = &walk->skips;

	check_interrupts();
	for (uint32_t i = 0;
		 i < skips->nranges && range.outcome != DECISION_IS_PAUSED &&
		 skips->ranges[i].first < range.next;
		 i++)
	{
		Range before = range;
		Range skipped = range;

		before.next = min_of(range.next, skips->ranges[i].first);
		skipped.outcome = DECISION_SKIPPED;
		skipped.first = max_of(range.first, skips->ranges[i].first);
		skipped.next = min_of(range.next, skips->ranges[i].next);
		skipped.next_mrr = 0;
		happened(walk, run, before);
		happened(walk, run, skipped);
		range.first = max_of(range.first, skips->ranges[i].next);
	}
	happened(walk, run, range);
}

/* Count the instalments of a run. */
static void
run_count(DecisionWalk *walk, const Run *run)
{
	const DecisionStep *before = NULL;
	int32_t seen = instalments_by(run->since, walk->terms->as_of - 1,
								  run->months, run->days);
	int32_t last_before = 0;
	int32_t end;

	for (int i = 0; i < run->nsteps; i++)
	{
		const DecisionStep *step = &walk->runs.steps[run->first + i];
		DecisionOutcome steady =
			step->is_paused ? DECISION_IS_PAUSED : DECISION_RENEWED;
		Wide next_mrr = step->is_paused ? 0 : step->mrr;
		/* the ends of instalments at which the line is at that step; 0 is its beginning */
		int32_t first =
			instalments_by(run->since, step->day - 1, run->months, run->days) +
			1;
		int32_t last = step->until == DECISION_OPEN
						   ? seen
						   : instalments_by(run->since, step->until - 1,
											run->months, run->days);

		if (last > seen)
			last = seen;
		if (last < first)
			continue;
		decided(walk, run,
				(Range){steady, first + 1, last + 1, step->mrr, next_mrr});
		if (first > 0 && before != NULL)
		{
			DecisionOutcome outcome = steady;

			if (!step->is_paused && step->terms != before->terms &&
				step->mrr != before->mrr)
				outcome = step->mrr > before->mrr ? DECISION_UPGRADED
												  : DECISION_DOWNGRADED;
			decided(walk, run,
					(Range){outcome, first, first + 1, before->mrr, next_mrr});
			/* it lapsed, and was taken up again */
			happened(walk, run,
					 (Range){DECISION_SKIPPED, last_before + 1, first,
							 before->mrr, 0});
		}
		before = step;
		last_before = last;
	}
	if (run->until == DECISION_OPEN)
		return;
	end =
		instalments_by(run->since, run->until - 1, run->months, run->days) + 1;
	if (end <= seen)
	{
		const DecisionStep *step = last_step(&walk->runs, run);
		Range range = {DECISION_CANCELLED, end, end + 1, step->mrr, 0};

		if (run->moved_to != RUN_NONE)
		{
			range.next_mrr =
				walk->runs.steps[walk->runs.runs[run->moved_to].first].mrr;
			range.outcome = range.next_mrr > step->mrr	 ? DECISION_UPGRADED
							: range.next_mrr < step->mrr ? DECISION_DOWNGRADED
														 : DECISION_RENEWED;
		}
		else if (step->is_end_failed)
			range.outcome = DECISION_HAS_FAILED;
		happened(walk, run, range);
	}
}

/* Who has several lines at once is one customer. */
static void
spans_count(DecisionWalk *walk)
{
	sort_few(walk->spans, walk->nspans, sizeof(Span), compare_spans);
	for (size_t from = 0, to; from < walk->nspans; from = to)
	{
		Span span = walk->spans[from];

		for (to = from + 1;
			 to < walk->nspans && walk->spans[to].segment == span.segment &&
			 walk->spans[to].outcome == span.outcome &&
			 walk->spans[to].first <= span.next;
			 to++)
			if (walk->spans[to].next > span.next)
				span.next = walk->spans[to].next;
		count_reach(walk, span.segment, (DecisionOutcome) span.outcome,
					span.first)
			->customers++;
		count_reach(walk, span.segment, (DecisionOutcome) span.outcome,
					span.next)
			->customers--;
	}
	walk->nspans = 0;
}

static void
customer_take(void *arg, const Key *key, void *lines, uint32_t nlines)
{
	DecisionWalk *walk = arg;
	const DecisionLine *all = lines;
	uint32_t nfacts = member_lines_sort(walk->members, lines, nlines);
	uint32_t nspells = skips_take(&walk->skips, lines, nfacts);

	(void) key;
	if (nspells == 0)
		return;
	memberships_reserve(walk, nlines - nfacts);
	for (uint32_t i = nfacts; i < nlines; i++)
		walk->memberships[i - nfacts] =
			(Membership){all[i].member.day, all[i].member.to,
						 walk->ranks[all[i].member.name], 0};
	walk->nsegment_steps = segment_steps_of(
		walk->memberships, (int) (nlines - nfacts), walk->segment_steps);
	for (uint32_t i = 0; i < nspells; i++)
		if (all[i].scale > walk->scale)
			walk_rescale(walk, all[i].scale);
	decision_runs_make(&walk->runs, all, nspells, walk->scale);
	for (int i = 0; i < walk->runs.nruns; i++)
	{
		check_interrupts();
		skips_of_run(&walk->skips, &walk->runs.runs[i]);
		run_count(walk, &walk->runs.runs[i]);
	}
	if (walk->nspans > 0)
		spans_count(walk);
}

/* Number the names of segments in their order. */
static void
names_rank(DecisionWalk *walk)
{
	const Dictionary *names = &walk->members->names;
	size_t room = (size_t) names->count + 1;

	walk->ranks = runtime_alloc(NULL, room * sizeof(int32_t));
	walk->ranked = runtime_alloc(NULL, room * sizeof(int32_t));
	labels_rank(names->labels, names->count, walk->ranks);
	for (int32_t i = 0; i < names->count; i++)
		walk->ranked[walk->ranks[i]] = i;
}

static int
compare_counts(const void *a, const void *b)
{
	const DecisionCount *count_a = a;
	const DecisionCount *count_b = b;

	if (count_a->segment != count_b->segment)
		return count_a->segment < count_b->segment ? -1 : 1;
	if (count_a->outcome != count_b->outcome)
		return count_a->outcome < count_b->outcome ? -1 : 1;
	return (count_a->number > count_b->number) -
		   (count_a->number < count_b->number);
}

/* Hand out the sums of what changes from number to number. */
static void
counts_emit(DecisionWalk *walk, DecisionEmit emit, void *arg)
{
	DecisionCount *counts = (DecisionCount *) walk->counts.items;
	DecisionCount sum = {0};

	runtime_sort(counts, walk->counts.count, sizeof(DecisionCount),
				 compare_counts);
	for (uint32_t i = 0; i < walk->counts.count; i++)
	{
		const DecisionCount *more = &counts[i];

		if (i == 0 || more->segment != sum.segment ||
			more->outcome != sum.outcome)
			memset(&sum, 0, sizeof(sum));
		sum.segment = more->segment;
		sum.outcome = more->outcome;
		sum.instalments += more->instalments;
		sum.customers += more->customers;
		sum.mrr = money_add(sum.mrr, more->mrr);
		sum.next_mrr = money_add(sum.next_mrr, more->next_mrr);
		if (sum.instalments == 0 || i + 1 == walk->counts.count)
			continue;
		for (sum.number = more->number; sum.number < more[1].number;
			 sum.number++)
		{
			check_interrupts();
			emit(arg, &sum, walk->scale);
		}
	}
}

/* Count all instalments, and hand out how many there are of each number. */
void
decisions_count(MemberLines *members, const DecisionTerms *terms,
				DecisionEmit emit, void *arg)
{
	DecisionWalk *walk = runtime_alloc_zero(NULL, sizeof(DecisionWalk));

	walk->members = members;
	walk->terms = walk->runs.terms = terms;
	walk->runs.names = &members->names;
	names_rank(walk);
	count_table_open(&walk->counts, NULL, offsetof(DecisionCount, instalments),
					 sizeof(DecisionCount));
	customer_lines_finish(&members->lines, customer_take, walk);
	counts_emit(walk, emit, arg);
	count_table_close(&walk->counts);
}
