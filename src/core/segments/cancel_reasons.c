/*
 * cancel_reasons.c
 *		Why customers leave, from the reasons for which spells ended.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/segments/cancel_reasons.h"

#include <string.h>

#include "core/segments/segment_timeline.h"
#include "core/util/calendar.h"
#include "core/util/sort_few.h"

/* A spell */
typedef struct CancelSpell
{
	const CancelLine *line;
	uint32_t place; /* in the order of first days */
	Day run_end;
	bool is_moved; /* goes on at another price */
	Wide mrr;
} CancelSpell;

/* A spell with which a line ends */
typedef struct CancelEnd
{
	Day day; /* after the last */
	int32_t reason;
	Day asked;
	int32_t told; /* of day and reason, how many */
	Wide mrr;
} CancelEnd;

typedef struct Walk
{
	CancelReasons *reasons;
	const MemberLines *members;
	const int32_t *ranks; /* of names as reasons, the last of no name */
	Day as_of;
	int32_t price_days;

	/* of a customer */
	uint32_t customer;
	const void *lines;
	uint32_t nlines;
	uint32_t room;
	uint32_t nspells;
	uint32_t nends;
	CancelSpell *spells;
	CancelEnd *ends;
	Day *starts; /* of what is paid for, in order */
	uint32_t nstarts;
} Walk;

static void
walk_reserve(Walk *walk, uint32_t nspells)
{
	if (nspells <= walk->room)
		return;
	if (walk->room > 0)
	{
		runtime_free(walk->spells);
		runtime_free(walk->ends);
		runtime_free(walk->starts);
	}
	walk->room = nspells * 2;
	walk->spells =
		runtime_alloc(NULL, (size_t) walk->room * sizeof(CancelSpell));
	walk->ends = runtime_alloc(NULL, (size_t) walk->room * sizeof(CancelEnd));
	walk->starts = runtime_alloc(NULL, (size_t) walk->room * sizeof(Day));
}

/* Lines without a name are one. */
static int
compare_ids(const CancelLine *a, const CancelLine *b)
{
	uint32_t named_a = a->member.flags & CANCEL_NAMED;
	uint32_t named_b = b->member.flags & CANCEL_NAMED;

	if (named_a != named_b)
		return named_a < named_b ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return memcmp(&a->name, &b->name, sizeof(LineName));
}

/* By line, and then by first day */
static int
compare_spells(const void *a, const void *b)
{
	const CancelSpell *spell_a = a;
	const CancelSpell *spell_b = b;
	int order = compare_ids(spell_a->line, spell_b->line);

	if (order != 0)
		return order;
	return (spell_a->place > spell_b->place) -
		   (spell_a->place < spell_b->place);
}

static int
compare_ends(const void *a, const void *b)
{
	const CancelEnd *end_a = a;
	const CancelEnd *end_b = b;

	if (end_a->day != end_b->day)
		return end_a->day < end_b->day ? -1 : 1;
	return (end_a->reason > end_b->reason) - (end_a->reason < end_b->reason);
}

static inline bool
spell_is_paid(const CancelSpell *spell)
{
	return (spell->line->member.flags & CANCEL_PRICED) && spell->mrr > 0;
}

/* Until when the line of each spell goes on, and which go on at another price. */
static void
runs_find(Walk *walk)
{
	CancelSpell *spells = walk->spells;
	uint32_t first = 0; /* of a run */

	for (uint32_t i = 0; i < walk->nspells; i++)
	{
		const CancelLine *line = spells[i].line;
		const CancelLine *last = i > 0 ? spells[i - 1].line : NULL;

		spells[i].run_end = line->member.to;
		spells[i].is_moved = false;
		if (last == NULL || compare_ids(last, line) != 0)
		{
			first = i;
			continue;
		}
		spells[i].is_moved =
			last->member.to == line->member.day &&
			(last->member.flags & line->member.flags & CANCEL_PRICED) &&
			spells[i - 1].mrr != spells[i].mrr;
		if (spells[i - 1].run_end < line->member.day)
			first = i;
		if (first < i && spells[i - 1].run_end > spells[i].run_end)
			spells[i].run_end = spells[i - 1].run_end;
	}
	/* the end of a run is that of its last spell */
	for (uint32_t i = walk->nspells; i-- > 1;)
		if (compare_ids(spells[i - 1].line, spells[i].line) == 0 &&
			spells[i - 1].run_end >= spells[i].line->member.day)
			spells[i - 1].run_end = spells[i].run_end;
}

/* Does the customer take something on a day? */
static bool
something_begins(const Walk *walk, Day day)
{
	uint32_t low = 0;
	uint32_t high = walk->nstarts;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;

		if (walk->starts[middle] < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low < walk->nstarts && walk->starts[low] == day;
}

/* Find the spells with which lines end, and sort them by day and reason. */
static void
ends_find(Walk *walk)
{
	walk->nends = 0;
	for (uint32_t i = 0; i < walk->nspells; i++)
	{
		const CancelSpell *spell = &walk->spells[i];
		const CancelLine *line = spell->line;
		bool is_asked = (line->member.flags & CANCEL_ASKED) != 0;
		bool has_reason = line->member.name >= 0;
		Day end = line->member.to;

		if (end != spell->run_end || !spell_is_paid(spell) ||
			/* why is told when it ends */
			(end >= walk->as_of &&
			 !(is_asked && line->asked < walk->as_of && has_reason)) ||
			something_begins(walk, end))
			continue;
		walk->ends[walk->nends++] = (CancelEnd){
			.day = end,
			.reason = walk->ranks[has_reason ? line->member.name
											 : walk->members->names.count],
			.asked = is_asked && line->asked < end ? line->asked : end,
			.told = is_asked + has_reason,
			.mrr = spell->mrr};
	}
	sort_few(walk->ends, walk->nends, sizeof(CancelEnd), compare_ends);
}

static Day
month_of(Day day)
{
	int64_t year;
	int month;
	int mday;

	if (day == INT32_MIN || day == INT32_MAX)
		return day;
	civil_of_day(day, &year, &month, &mday);
	return day - (mday - 1);
}

/* A reason that a request names */
typedef struct Named
{
	Day day;
	int32_t reason;
	int32_t reasons; /* of the request */
	int32_t segment;
	Wide mrr;
	bool is_lost;
	bool is_left;
	bool is_price_moved;
} Named;

static CancelCell *
cell_reach(Walk *walk, const Named *named, int32_t segment, int32_t reasons)
{
	CancelCell key;

	memset(&key, 0, sizeof(key));
	key.segment = segment;
	key.month = month_of(named->day);
	key.reason = named->reason;
	key.reasons = reasons;
	return count_table_reach(&walk->reasons->cells, &key);
}

static void
named_count(Walk *walk, const Named *named, int32_t segment)
{
	CancelCell *cell = cell_reach(walk, named, segment, named->reasons);

	cell->requests++;
	cell = cell_reach(walk, named, segment, 0);
	cell->requests++;
	cell->customers += cell->customer != walk->customer;
	cell->customer = walk->customer;
	cell->pending += !named->is_lost;
	cell->price_moved += named->is_price_moved;
	if (named->is_lost)
		cell->cancelled_mrr = money_add(cell->cancelled_mrr, named->mrr);
	if (!named->is_left)
		return;
	cell->churned_mrr = money_add(cell->churned_mrr, named->mrr);
	cell->churned += cell->left != walk->customer;
	cell->left = walk->customer;
}

/* Has the price of a line moved in the days before? */
static bool
price_has_moved(const Walk *walk, Day day)
{
	for (uint32_t i = 0; i < walk->nspells; i++)
	{
		Day moved = walk->spells[i].line->member.day;

		if (walk->spells[i].is_moved && moved <= day &&
			(int64_t) moved > (int64_t) day - walk->price_days)
			return true;
	}
	return false;
}

/* Does the customer pay nothing more on a day? */
static bool
nothing_is_paid(const Walk *walk, Day day)
{
	Wide paid = 0;

	for (uint32_t i = 0; i < walk->nspells; i++)
	{
		const CancelLine *line = walk->spells[i].line;

		if (line->member.day <= day && line->member.to > day)
			paid = money_add(paid, walk->spells[i].mrr);
	}
	return paid <= 0;
}

/* Count what ends on one day, which are count ends from one on. */
static void
request_count(Walk *walk, const CancelEnd *ends, uint32_t count)
{
	bool is_left = nothing_is_paid(walk, ends->day);
	Named named = {.day = ends->asked, .is_lost = ends->day < walk->as_of};
	int32_t told = 0;

	for (uint32_t i = 0; i < count; i++)
	{
		if (ends[i].asked < named.day)
			named.day = ends[i].asked;
		told += ends[i].told > 0;
		named.reasons += i == 0 || ends[i].reason != ends[i - 1].reason;
	}
	if (told == 0 && !is_left)
		return;
	named.is_left = named.is_lost && is_left;
	named.is_price_moved = price_has_moved(walk, named.day);
	/* what was asked for before all days, where who always was in a segment is */
	named.segment = member_lines_segment(
		walk->members, walk->lines, walk->nspells, walk->nlines,
		named.day < MEMBERSHIP_ALWAYS ? MEMBERSHIP_ALWAYS : named.day);
	for (uint32_t i = 0; i < count; i++)
	{
		named.mrr = money_add(named.mrr, ends[i].mrr);
		if (i + 1 < count && ends[i + 1].reason == ends[i].reason)
			continue;
		named.reason = ends[i].reason;
		named_count(walk, &named, named.segment);
		named_count(walk, &named, IN_ALL_SEGMENTS);
		named.mrr = 0;
	}
	check_interrupts();
}

/* Bring what was counted to a larger scale. */
static void
reasons_rescale(CancelReasons *reasons, int scale)
{
	for (uint32_t i = 0; i < reasons->cells.count; i++)
	{
		CancelCell *cell = count_table_item(&reasons->cells, i);

		money_rescale_at(&cell->cancelled_mrr, reasons->scale, scale);
		money_rescale_at(&cell->churned_mrr, reasons->scale, scale);
	}
	reasons->scale = scale;
}

static void
customer_take(void *arg, const Key *key, void *lines, uint32_t nlines)
{
	Walk *walk = arg;
	const CancelLine *line = lines;

	(void) key;
	walk->customer++;
	walk->lines = lines;
	walk->nlines = nlines;
	walk->nspells = member_lines_sort(walk->members, lines, nlines);
	walk->nstarts = 0;
	walk_reserve(walk, walk->nspells);
	for (uint32_t i = 0; i < walk->nspells; i++)
		if (line[i].scale > walk->reasons->scale)
			reasons_rescale(walk->reasons, line[i].scale);
	for (uint32_t i = 0; i < walk->nspells; i++)
	{
		CancelSpell *spell = &walk->spells[i];

		*spell = (CancelSpell){.line = &line[i],
							   .place = i,
							   .mrr = money_rescale(line[i].mrr, line[i].scale,
													walk->reasons->scale)};
		if (spell_is_paid(spell))
			walk->starts[walk->nstarts++] = line[i].member.day;
	}
	sort_few(walk->spells, walk->nspells, sizeof(CancelSpell), compare_spells);
	runs_find(walk);
	ends_find(walk);
	for (uint32_t from = 0, to; from < walk->nends; from = to)
	{
		for (to = from + 1;
			 to < walk->nends && walk->ends[to].day == walk->ends[from].day;
			 to++)
			;
		request_count(walk, &walk->ends[from], to - from);
	}
	check_interrupts();
}

/* Number names as reasons, without blanks around them; the last is none. */
static int32_t *
reasons_rank(CancelReasons *reasons, const Dictionary *names)
{
	static const Label unknown = {CANCEL_NO_REASON,
								  sizeof(CANCEL_NO_REASON) - 1};
	size_t count = (size_t) names->count + 1;
	Label *labels = runtime_alloc(NULL, count * sizeof(Label));
	int32_t *ranks = runtime_alloc(NULL, count * sizeof(int32_t));

	for (size_t i = 0; i < count; i++)
	{
		Label *label = &labels[i];

		*label = i + 1 < count ? names->labels[i] : unknown;
		while (label->size > 0 && label->data[0] == ' ')
			*label = (Label){label->data + 1, label->size - 1};
		while (label->size > 0 && label->data[label->size - 1] == ' ')
			label->size--;
		if (label->size == 0)
			*label = unknown;
	}
	labels_rank(labels, (int) count, ranks);
	reasons->reasons = runtime_alloc(NULL, count * sizeof(Label));
	for (size_t i = 0; i < count; i++)
		reasons->reasons[ranks[i]] = labels[i];
	runtime_free(labels);
	return ranks;
}

void
cancel_reasons_count(CancelReasons *reasons, MemberLines *members)
{
	Walk walk = {.reasons = reasons,
				 .members = members,
				 .as_of = members->parameters[CANCEL_AS_OF],
				 .price_days = members->parameters[CANCEL_PRICE_DAYS]};

	reasons->scale = 0;
	walk.ranks = reasons_rank(reasons, &members->names);
	count_table_open(&reasons->cells, NULL, offsetof(CancelCell, requests),
					 sizeof(CancelCell));
	customer_lines_finish(&members->lines, customer_take, &walk);
}
