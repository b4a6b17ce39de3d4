/*
 * campaign_sums.c
 *		What became of the customers of campaigns.
 *
 * The lines of a customer are put in order: assignments by campaign, contacts by
 * campaign, spells.  Each campaign is then a run of the first, and its contacts
 * a run of the second.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/campaign_sums.h"

#include "core/util/sort_few.h"

/* An exact sum of amounts of several scales */
typedef struct Total
{
	Wide sum;
	int scale;
} Total;

/* A customer in a campaign, as first assigned */
typedef struct Assigned
{
	int32_t campaign;
	Day day;
	bool is_control;
	bool is_both;
	bool is_reached;
	bool is_missed;
	const CampaignLine *first;
} Assigned;

/* What the customer came to in it */
typedef struct Outcome
{
	bool is_mature;
	bool is_elsewhere;
	bool is_converted;
	bool lacks_margin;
	bool has_cost;
	int64_t contacts;
	Total after;
	Total before;
	Total margin;
	Total cost;
} Outcome;

typedef struct Sweep
{
	CampaignSums *sums;
	int64_t days;
	int64_t as_of;
	Assigned *assigned; /* of the customer, */
	Day *targeted;		/* and of them those not of control, in order */
	uint32_t room;
} Sweep;

static int
compare_lines(const void *a, const void *b)
{
	const CampaignLine *left = a;
	const CampaignLine *right = b;
	int order =
		member_line_compare(&left->member, &right->member, CAMPAIGN_KIND);

	if (order != 0 || (left->member.flags & CAMPAIGN_KIND) != CAMPAIGN_ASSIGNED)
		return order;
	if (left->member.day != right->member.day)
		return left->member.day < right->member.day ? -1 : 1;
	if (left->margin.low != right->margin.low)
		return (int64_t) left->margin.low < (int64_t) right->margin.low ? -1
																		: 1;
	return (int) (right->member.flags & CAMPAIGN_CONTROL) -
		   (int) (left->member.flags & CAMPAIGN_CONTROL);
}

/* Add an amount so many times. */
static void
total_add(Total *total, PackedWide packed, int scale, int64_t times)
{
	Wide amount;

	if (__builtin_mul_overflow(wide_unpack(packed), (Wide) times, &amount))
		money_overflow();
	if (scale > total->scale)
	{
		total->sum = money_rescale(total->sum, total->scale, scale);
		total->scale = scale;
	}
	total->sum =
		money_add(total->sum, money_rescale(amount, scale, total->scale));
}

static inline int
line_scale(const CampaignLine *line, int shift)
{
	return (int) (line->member.flags >> shift & CAMPAIGN_SCALE_MASK);
}

/* Read a customer's runs of assignments; how many there are */
static uint32_t
assigned_read(Sweep *sweep, const CampaignLine *lines, uint32_t nlines)
{
	uint32_t count = 0;
	Assigned *of = NULL;

	for (uint32_t i = 0; i < nlines; i++)
	{
		uint32_t flags = lines[i].member.flags;

		if (of == NULL || of->campaign != lines[i].member.name)
		{
			of = &sweep->assigned[count++];
			*of = (Assigned){.campaign = lines[i].member.name,
							 .day = lines[i].member.day,
							 .is_control = (flags & CAMPAIGN_CONTROL) != 0,
							 .first = &lines[i]};
		}
		of->is_both |= of->is_control != ((flags & CAMPAIGN_CONTROL) != 0);
		of->is_reached |= (flags & CAMPAIGN_REACHED) != 0;
		of->is_missed |= (flags & CAMPAIGN_MISSED) != 0;
	}
	return count;
}

/* How many of days in order are at most a day */
static uint32_t
days_until(const Day *days, uint32_t ndays, int64_t day)
{
	uint32_t low = 0;
	uint32_t high = ndays;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;

		if (days[middle] <= day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What the customer was sent by the campaign while it was watched */
static void
outcome_contacts(const Sweep *sweep, Outcome *outcome, const Assigned *of,
				 const CampaignLine *lines, uint32_t nlines)
{
	for (uint32_t i = 0; i < nlines; i++)
	{
		if (lines[i].member.day < of->day ||
			lines[i].member.day >= of->day + sweep->days)
			continue;
		outcome->contacts++;
		if (!(lines[i].member.flags & CAMPAIGN_HAS_AMOUNT))
			continue;
		outcome->has_cost = true;
		total_add(&outcome->cost, lines[i].amount,
				  line_scale(&lines[i], CAMPAIGN_SCALE_SHIFT), 1);
	}
	if (!outcome->has_cost && of->first->member.flags & CAMPAIGN_HAS_AMOUNT)
	{
		/* who was not contacted, and not missed, is taken to be reached once */
		bool is_missed = of->is_missed && !of->is_reached;

		outcome->has_cost = true;
		total_add(&outcome->cost, of->first->amount,
				  line_scale(of->first, CAMPAIGN_SCALE_SHIFT),
				  outcome->contacts > 0 ? outcome->contacts : !is_missed);
	}
}

static inline int64_t
days_between(int64_t from, int64_t to)
{
	return to > from ? to - from : 0;
}

/* What the customer paid in so many days before the assignment and after it */
static void
outcome_spells(const Sweep *sweep, Outcome *outcome, const Assigned *of,
			   const CampaignLine *lines, uint32_t nlines)
{
	int64_t from = of->day - sweep->days;
	int64_t to = of->day + sweep->days;

	for (uint32_t i = 0; i < nlines; i++)
	{
		const CampaignLine *spell = &lines[i];
		int64_t start = spell->member.day;
		int64_t end = spell->member.to;
		int scale = line_scale(spell, CAMPAIGN_SCALE_SHIFT);
		int64_t after;
		int64_t before;

		if (start >= to || end <= from)
			continue;
		after = days_between(start > of->day ? start : of->day,
							 end < to ? end : to);
		before = days_between(start > from ? start : from,
							  end < of->day ? end : of->day);
		outcome->is_converted |= start >= of->day && start < sweep->as_of;
		if (spell->member.flags & CAMPAIGN_HAS_AMOUNT)
		{
			total_add(&outcome->after, spell->amount, scale, after);
			total_add(&outcome->before, spell->amount, scale, before);
		}
		if (spell->member.flags & CAMPAIGN_HAS_MARGIN)
			total_add(&outcome->margin, spell->margin,
					  line_scale(spell, CAMPAIGN_MARGIN_SHIFT), after);
		else
			outcome->lacks_margin |=
				after > 0 && spell->member.flags & CAMPAIGN_HAS_AMOUNT &&
				(spell->amount.low | (uint64_t) spell->amount.high) != 0;
	}
}

/* Bring the sums of an arm to the scales of what is added. */
static void
arm_rescale(CampaignArm *arm, int scale, int margin_scale)
{
	if (scale > arm->scale)
	{
		int by = 2 * (scale - arm->scale);

		money_rescale_at(&arm->after, arm->scale, scale);
		money_rescale_at(&arm->before, arm->scale, scale);
		square_sum_enlarge(&arm->after_squares, by);
		square_sum_enlarge(&arm->before_squares, by);
		square_sum_enlarge(&arm->products, by);
		square_sum_enlarge(&arm->debits, by);
		arm->scale = scale;
	}
	if (margin_scale > arm->margin_scale)
	{
		money_rescale_at(&arm->margin, arm->margin_scale, margin_scale);
		square_sum_enlarge(&arm->margin_squares,
						   2 * (margin_scale - arm->margin_scale));
		arm->margin_scale = margin_scale;
	}
}

/* Add what a customer came to who was watched for all days. */
static void
arm_add(CampaignArm *arm, const Outcome *outcome)
{
	Wide after;
	Wide before;
	Wide margin;

	arm_rescale(arm, outcome->after.scale, outcome->margin.scale);
	after = money_rescale(outcome->after.sum, outcome->after.scale, arm->scale);
	before =
		money_rescale(outcome->before.sum, outcome->before.scale, arm->scale);
	margin = money_rescale(outcome->margin.sum, outcome->margin.scale,
						   arm->margin_scale);
	arm->customers++;
	arm->converted += outcome->is_converted;
	arm->after = money_add(arm->after, after);
	arm->before = money_add(arm->before, before);
	arm->margin = money_add(arm->margin, margin);
	square_sum_add(&arm->after_squares, after);
	square_sum_add(&arm->before_squares, before);
	square_sum_add(&arm->margin_squares, margin);
	square_sum_product(
		(after < 0) != (before < 0) ? &arm->debits : &arm->products, after,
		before);
}

static void
sums_cost(CampaignSums *sums, const Outcome *outcome)
{
	Total total = {sums->cost, sums->cost_scale};

	if (!outcome->has_cost)
		return;
	total_add(&total, wide_pack(outcome->cost.sum), outcome->cost.scale, 1);
	sums->has_cost = true;
	sums->cost = total.sum;
	sums->cost_scale = total.scale;
}

static void
sums_add(CampaignSums *sums, const Assigned *of, const Outcome *outcome)
{
	bool is_contaminated =
		of->is_both ||
		(of->is_control && (of->is_reached || outcome->contacts > 0));

	if (sums->customers == 0 || of->day < sums->first)
		sums->first = of->day;
	if (sums->customers == 0 || of->day > sums->last)
		sums->last = of->day;
	sums->customers++;
	sums->controls += of->is_control;
	sums->contaminated += is_contaminated;
	sums->contaminated_controls += is_contaminated && of->is_control;
	sums->elsewhere += outcome->is_elsewhere;
	if (!outcome->is_mature)
	{
		sums->pending++;
		return;
	}
	if (sums->customers - sums->pending == 1 || of->day > sums->last_watched)
		sums->last_watched = of->day;
	sums->lacks_margin |= outcome->lacks_margin;
	if (!of->is_control)
		sums_cost(sums, outcome);
	arm_add(&sums->arms[of->is_control], outcome);
}

/* Make room for so many assignments of a customer. */
static void
sweep_reserve(Sweep *sweep, uint32_t count)
{
	if (count <= sweep->room)
		return;
	if (sweep->room > 0)
	{
		runtime_free(sweep->assigned);
		runtime_free(sweep->targeted);
	}
	sweep->room = count * 2;
	sweep->assigned =
		runtime_alloc(NULL, sweep->room * sizeof(*sweep->assigned));
	sweep->targeted =
		runtime_alloc(NULL, sweep->room * sizeof(*sweep->targeted));
}

/* A CustomerTake: each campaign that the customer was assigned to */
static void
customer_take(void *arg, const Key *key, void *data, uint32_t nlines)
{
	Sweep *sweep = arg;
	CampaignLine *lines = data;
	uint32_t contacts = 0; /* where they begin, */
	uint32_t spells;	   /* and spells */
	uint32_t nassigned;
	uint32_t ntargeted = 0;

	for (uint32_t i = 0; i < nlines; i++)
		contacts +=
			(lines[i].member.flags & CAMPAIGN_KIND) == CAMPAIGN_ASSIGNED;
	if (contacts == 0)
		return;
	sort_few(lines, nlines, sizeof(*lines), compare_lines);
	sweep_reserve(sweep, contacts);
	nassigned = assigned_read(sweep, lines, contacts);
	for (spells = contacts;
		 spells < nlines &&
		 (lines[spells].member.flags & CAMPAIGN_KIND) == CAMPAIGN_CONTACT;)
		spells++;
	for (uint32_t i = 0; i < nassigned; i++)
		if (!sweep->assigned[i].is_control)
			sweep->targeted[ntargeted++] = sweep->assigned[i].day;
	sort_few(sweep->targeted, ntargeted, sizeof(Day), day_compare);
	for (uint32_t i = 0; i < nassigned; i++)
	{
		const Assigned *of = &sweep->assigned[i];
		uint32_t others =
			days_until(sweep->targeted, ntargeted, of->day + sweep->days) -
			days_until(sweep->targeted, ntargeted, of->day - sweep->days - 1);
		Outcome outcome = {
			.is_mature = of->day + sweep->days <= sweep->as_of,
			.is_elsewhere = others > (of->is_control ? 0u : 1u),
		};
		uint32_t end;

		check_interrupts();
		while (contacts < spells && lines[contacts].member.name < of->campaign)
			contacts++;
		for (end = contacts;
			 end < spells && lines[end].member.name == of->campaign;)
			end++;
		outcome_contacts(sweep, &outcome, of, lines + contacts, end - contacts);
		contacts = end;
		outcome_spells(sweep, &outcome, of, lines + spells, nlines - spells);
		sums_add(&sweep->sums[of->campaign], of, &outcome);
	}
}

CampaignSums *
campaign_sums(MemberLines *members, Context context)
{
	Sweep sweep = {.days = members->parameters[CAMPAIGN_DAYS],
				   .as_of = members->parameters[CAMPAIGN_AS_OF]};

	sweep.sums = runtime_alloc_zero(
		context, (size_t) members->names.count * sizeof(CampaignSums));
	customer_lines_finish(&members->lines, customer_take, &sweep);
	if (sweep.room > 0)
	{
		runtime_free(sweep.assigned);
		runtime_free(sweep.targeted);
	}
	return sweep.sums;
}
