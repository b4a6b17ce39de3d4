/*
 * decisions.c
 *		What became of each instalment.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/decisions.h"

#include <string.h>

#include "core/segments/segment_steps.h"
#include "core/subscriptions/instalments.h"

#define NONE (-1)

/* A spell, or the line of one */
typedef struct DecisionSpell
{
	const DecisionLine *line;
	Label name;
	Wide mrr;
} DecisionSpell;

/* Where a spell begins or ends */
typedef struct Edge
{
	Day day;
	int32_t sign;
	const DecisionSpell *spell;
} Edge;

/* So long the same is held */
typedef struct DecisionStep
{
	Day day;
	Day until;
	Wide mrr;
	int64_t terms;
	bool is_paused;
	bool is_end_failed;
} DecisionStep;

/* Steps of a line that follow one another */
typedef struct Run
{
	int first; /* step */
	int nsteps;
	Label name;
	Day since;
	Day until;
	int64_t months;
	int64_t days;
	int moved_to; /* another run, or NONE */
} Run;

/* A run that begins or ends on a day */
typedef struct Turn
{
	Day day;
	Wide mrr;
	const Label *name;
	int run;
	const DecisionTerms *terms;
} Turn;

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

	/* of a customer */
	uint32_t room;
	DecisionSpell *spells;
	Edge *edges;
	DecisionStep *steps;
	int nsteps;
	Run *runs;
	int nruns;
	Turn *begins;
	Turn *ends;
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

/* Sort few items where they stand: most customers have one or two. */
static void
items_sort(void *items, size_t count, size_t size,
		   int (*compare)(const void *, const void *))
{
	char item[sizeof(DecisionSpell) > sizeof(Turn) ? sizeof(DecisionSpell)
												   : sizeof(Turn)];
	char *all = items;

	if (count > 16)
	{
		runtime_sort(items, count, size, compare);
		return;
	}
	for (size_t i = 1; i < count; i++)
	{
		size_t at = i;

		if (compare(all + (i - 1) * size, all + i * size) <= 0)
			continue;
		memcpy(item, all + i * size, size);
		for (; at > 0 && compare(all + (at - 1) * size, item) > 0; at--)
			memcpy(all + at * size, all + (at - 1) * size, size);
		memcpy(all + at * size, item, size);
	}
}

static int
compare_names(const Label *a, const Label *b)
{
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return a->size == 0 ? 0 : memcmp(a->data, b->data, a->size);
}

static int
compare_lines(const void *a, const void *b)
{
	return compare_names(&((const DecisionSpell *) a)->name,
						 &((const DecisionSpell *) b)->name);
}

static int
compare_edges(const void *a, const void *b)
{
	Day day_a = ((const Edge *) a)->day;
	Day day_b = ((const Edge *) b)->day;

	return (day_a > day_b) - (day_a < day_b);
}

/* By day, of a day those that pay most first, and of those by name */
static int
compare_turns(const void *a, const void *b)
{
	const Turn *turn_a = a;
	const Turn *turn_b = b;

	if (turn_a->day != turn_b->day)
		return turn_a->day < turn_b->day ? -1 : 1;
	if (turn_a->mrr != turn_b->mrr)
		return turn_a->mrr > turn_b->mrr ? -1 : 1;
	return turn_a->terms->compare(turn_a->terms->arg, turn_a->name,
								  turn_b->name);
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

static void
walk_reserve(DecisionWalk *walk, uint32_t nlines)
{
	size_t room;

	if (nlines <= walk->room)
		return;
	if (walk->room > 0)
	{
		runtime_free(walk->spells);
		runtime_free(walk->edges);
		runtime_free(walk->steps);
		runtime_free(walk->runs);
		runtime_free(walk->begins);
		runtime_free(walk->ends);
		runtime_free(walk->memberships);
		runtime_free(walk->segment_steps);
	}
	room = walk->room = nlines * 2;
	walk->spells = runtime_alloc(NULL, room * sizeof(DecisionSpell));
	walk->edges = runtime_alloc(NULL, room * 2 * sizeof(Edge));
	walk->steps = runtime_alloc(NULL, room * 2 * sizeof(DecisionStep));
	walk->runs = runtime_alloc(NULL, room * 2 * sizeof(Run));
	walk->begins = runtime_alloc(NULL, room * 2 * sizeof(Turn));
	walk->ends = runtime_alloc(NULL, room * 2 * sizeof(Turn));
	walk->memberships = runtime_alloc(NULL, room * sizeof(Membership));
	walk->segment_steps = runtime_alloc(NULL, room * 2 * sizeof(SegmentStep));
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

/* Read a customer's spells, and sort them by line. */
static void
spells_read(DecisionWalk *walk, const DecisionLine *lines, uint32_t nspells)
{
	for (uint32_t i = 0; i < nspells; i++)
		if (lines[i].scale > walk->scale)
			walk_rescale(walk, lines[i].scale);
	for (uint32_t i = 0; i < nspells; i++)
	{
		const DecisionLine *line = &lines[i];

		walk->spells[i].line = line;
		walk->spells[i].mrr =
			money_rescale(line->mrr, line->scale, walk->scale);
		walk->spells[i].name =
			line->size == DECISION_NAMED
				? walk->members->names.labels[line->member.name]
				: (Label){line->id, line->size};
	}
	items_sort(walk->spells, nspells, sizeof(DecisionSpell), compare_lines);
}

static int64_t
known_or(int32_t number, int64_t otherwise)
{
	return number == DECISION_UNKNOWN ? otherwise : number;
}

/* A line of one spell, as most are: a run of one step */
static void
run_simple(DecisionWalk *walk, const DecisionSpell *spell)
{
	const DecisionLine *line = spell->line;

	walk->runs[walk->nruns++] = (Run){walk->nsteps,
									  1,
									  spell->name,
									  line->member.day,
									  line->member.to,
									  known_or(line->months, 1),
									  known_or(line->days, 0),
									  NONE};
	walk->steps[walk->nsteps++] =
		(DecisionStep){line->member.day,
					   line->member.to,
					   spell->mrr,
					   line->terms,
					   (line->member.flags & DECISION_PAUSED) != 0,
					   (line->member.flags & DECISION_FAILED) != 0};
}

/* The most of two that may not be told */
static int32_t
most_of(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* Runs of a line of several spells, out of the days on which they begin and end */
static void
runs_of_line(DecisionWalk *walk, const DecisionSpell *spells, uint32_t nspells)
{
	Edge *edges = walk->edges;
	uint32_t nedges = 0;
	int64_t held = 0;
	int64_t paused = 0;
	int64_t terms = 0;
	Wide mrr = 0;
	Run *run = NULL;

	for (uint32_t i = 0; i < nspells; i++)
	{
		edges[nedges++] = (Edge){spells[i].line->member.day, 1, &spells[i]};
		edges[nedges++] = (Edge){spells[i].line->member.to, -1, &spells[i]};
	}
	items_sort(edges, nedges, sizeof(Edge), compare_edges);
	for (uint32_t from = 0, to; from < nedges; from = to)
	{
		Day day = edges[from].day;
		int32_t months = DECISION_UNKNOWN;
		int32_t days = DECISION_UNKNOWN;
		bool is_failed = false;

		for (to = from; to < nedges && edges[to].day == day; to++)
		{
			const DecisionSpell *spell = edges[to].spell;
			const DecisionLine *line = spell->line;
			int32_t sign = edges[to].sign;

			held += sign;
			mrr = money_add(mrr, sign > 0 ? spell->mrr : -spell->mrr);
			terms += (int64_t) sign * line->terms;
			if (line->member.flags & DECISION_PAUSED)
				paused += sign;
			if (sign < 0)
				is_failed |= (line->member.flags & DECISION_FAILED) != 0;
			else
			{
				months = most_of(months, line->months);
				days = most_of(days, line->days);
			}
		}
		/* the step before goes on until this day */
		if (run != NULL && run->until == DECISION_OPEN)
		{
			DecisionStep *step = &walk->steps[walk->nsteps - 1];

			if (step->until == DECISION_OPEN)
			{
				step->until = run->until = day;
				step->is_end_failed = is_failed;
			}
		}
		if (held == 0 || day == DECISION_OPEN)
			continue;
		if (run == NULL ||
			(int64_t) day > (int64_t) run->until + walk->terms->lapse_days)
		{
			run = &walk->runs[walk->nruns++];
			*run = (Run){walk->nsteps,		0,
						 spells->name,		day,
						 DECISION_OPEN,		known_or(months, 1),
						 known_or(days, 0), NONE};
		}
		walk->steps[walk->nsteps++] = (DecisionStep){
			day, DECISION_OPEN, mrr, terms, paused == held, false};
		run->nsteps++;
		run->until = DECISION_OPEN;
	}
}

static const DecisionStep *
last_step(const DecisionWalk *walk, const Run *run)
{
	return &walk->steps[run->first + run->nsteps - 1];
}

/* Say which runs move to another one: that begins on the day on which they end. */
static void
runs_move(DecisionWalk *walk)
{
	int nbegins = 0;
	int nends = 0;
	int end = 0;

	for (int i = 0; i < walk->nruns; i++)
	{
		const Run *run = &walk->runs[i];

		walk->begins[nbegins++] =
			(Turn){run->since, walk->steps[run->first].mrr, &run->name, i,
				   walk->terms};
		if (run->until != DECISION_OPEN)
			walk->ends[nends++] = (Turn){run->until, last_step(walk, run)->mrr,
										 &run->name, i, walk->terms};
	}
	if (nends == 0)
		return;
	items_sort(walk->begins, nbegins, sizeof(Turn), compare_turns);
	items_sort(walk->ends, nends, sizeof(Turn), compare_turns);
	/* the first of a day's ends moves to the first of its beginnings */
	for (int begin = 0; begin < nbegins; begin++)
	{
		Day day = walk->begins[begin].day;

		if (begin > 0 && walk->begins[begin - 1].day == day)
			continue;
		while (end < nends && walk->ends[end].day < day)
			end++;
		for (int i = 0; begin + i < nbegins && end + i < nends &&
						walk->begins[begin + i].day == day &&
						walk->ends[end + i].day == day;
			 i++)
			walk->runs[walk->ends[end + i].run].moved_to =
				walk->begins[begin + i].run;
	}
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
	bool is_only = walk->nruns == 1;

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
		const DecisionStep *step = &walk->steps[run->first + i];
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
		happened(walk, run,
				 (Range){steady, first + 1, last + 1, step->mrr, next_mrr});
		if (first > 0 && before != NULL)
		{
			DecisionOutcome outcome = steady;

			if (!step->is_paused && step->terms != before->terms &&
				step->mrr != before->mrr)
				outcome = step->mrr > before->mrr ? DECISION_UPGRADED
												  : DECISION_DOWNGRADED;
			happened(walk, run,
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
		const DecisionStep *step = last_step(walk, run);
		Range range = {DECISION_CANCELLED, end, end + 1, step->mrr, 0};

		if (run->moved_to != NONE)
		{
			range.next_mrr = walk->steps[walk->runs[run->moved_to].first].mrr;
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
	items_sort(walk->spans, walk->nspans, sizeof(Span), compare_spans);
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
	uint32_t nspells = member_lines_sort(walk->members, lines, nlines);

	(void) key;
	if (nspells == 0)
		return;
	walk_reserve(walk, nlines);
	for (uint32_t i = nspells; i < nlines; i++)
		walk->memberships[i - nspells] =
			(Membership){all[i].member.day, all[i].member.to,
						 walk->ranks[all[i].member.name], 0};
	walk->nsegment_steps = segment_steps_of(
		walk->memberships, (int) (nlines - nspells), walk->segment_steps);
	spells_read(walk, all, nspells);
	walk->nsteps = walk->nruns = 0;
	for (uint32_t from = 0, to; from < nspells; from = to)
	{
		for (to = from + 1;
			 to < nspells && compare_names(&walk->spells[to].name,
										   &walk->spells[from].name) == 0;)
			to++;
		if (to == from + 1)
			run_simple(walk, &walk->spells[from]);
		else
			runs_of_line(walk, &walk->spells[from], to - from);
	}
	if (walk->nruns > 1)
		runs_move(walk);
	for (int i = 0; i < walk->nruns; i++)
	{
		check_interrupts();
		run_count(walk, &walk->runs[i]);
	}
	if (walk->nspans > 0)
		spans_count(walk);
}

static int
compare_labels(const void *a, const void *b)
{
	return label_compare(*(const Label *const *) a, *(const Label *const *) b);
}

/* Number the names of segments in their order. */
static void
names_rank(DecisionWalk *walk)
{
	const Dictionary *names = &walk->members->names;
	size_t count = (size_t) names->count;
	const Label **sorted = runtime_alloc(NULL, (count + 1) * sizeof(Label *));

	walk->ranks = runtime_alloc(NULL, (count + 1) * sizeof(int32_t));
	walk->ranked = runtime_alloc(NULL, (count + 1) * sizeof(int32_t));
	for (size_t i = 0; i < count; i++)
		sorted[i] = &names->labels[i];
	runtime_sort(sorted, count, sizeof(Label *), compare_labels);
	for (size_t i = 0; i < count; i++)
	{
		int32_t name = (int32_t) (sorted[i] - names->labels);

		walk->ranks[name] = (int32_t) i;
		walk->ranked[i] = name;
	}
	runtime_free(sorted);
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
	walk->terms = terms;
	names_rank(walk);
	count_table_open(&walk->counts, NULL, offsetof(DecisionCount, instalments),
					 sizeof(DecisionCount));
	customer_lines_finish(&members->lines, customer_take, walk);
	counts_emit(walk, emit, arg);
	count_table_close(&walk->counts);
}
