/*
 * customer_risk.c
 *		Why customers are at risk, and how such customers fared.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/contacts/customer_risk.h"
#include "core/util/sort_few.h"

#include <string.h>

#define LOOKS 4
#define LOOKS_APART 30
#define BOUND_DAYS 90 /* ahead, in which the end of a commitment is a reason */
#define BOUND_STEP 30
#define BOUND_STEPS (BOUND_DAYS / BOUND_STEP)

/* Reasons that lines have themselves */
static const char *const own_reasons[] = {"notice_given",  "promotion_ending",
										  "price_moved",   "commitment_30",
										  "commitment_60", "commitment_90"};

enum
{
	NOTICE_GIVEN,
	PROMOTION_ENDING,
	PRICE_MOVED,
	COMMITMENT,
	OWN_REASONS = COMMITMENT + BOUND_STEPS
};

/* A spell in the order of its line, with the prices beside it */
typedef struct RiskSpell
{
	RiskLine *line;
	Label name;
	bool has_risen; /* it costs more than what it follows */
	bool will_rise; /* what follows costs more */
} RiskSpell;

/* A reason for which a customer is at risk on a look */
typedef struct RiskReason
{
	int32_t name;
	uint32_t last; /* line that has it, + 1 */
	Wide mrr;
	Day next;
	Day own;  /* end of that line, or RISK_NEVER */
	Day told; /* the last that signals tell of it, or RISK_UNTOLD */
} RiskReason;

typedef struct RiskWalk
{
	const MemberLines *members;
	const RiskTerms *terms;
	RiskEmit emit;
	void *arg;
	RiskLoss *losses;
	int32_t own[OWN_REASONS]; /* names */
	Day looks[LOOKS];		  /* the last comes first */
	/* of the customer */
	RiskSpell *spells;
	uint32_t nspells;
	RiskLine **signals;
	uint32_t nsignals;
	uint32_t room;
	int scale;
	/* of the look */
	RiskReason *reasons;
	int nreasons;
	int reason_room;
	int32_t *names;
	int name_room;
	Wide risk_mrr;
} RiskWalk;

static inline bool
is_held(const RiskLine *line, Day look)
{
	return line->member.day < look && line->member.to >= look;
}

static inline int
compare_days(Day a, Day b)
{
	return (a > b) - (a < b);
}

static int
compare_spells(const void *a, const void *b)
{
	const RiskSpell *spell_a = a;
	const RiskSpell *spell_b = b;
	const RiskLine *line_a = spell_a->line;
	const RiskLine *line_b = spell_b->line;
	int order = compare_days((line_a->member.flags & RISK_UNNAMED) != 0,
							 (line_b->member.flags & RISK_UNNAMED) != 0);

	if (order == 0)
		order = label_compare(&spell_a->name, &spell_b->name);
	if (order == 0)
		order = compare_days(line_a->member.day, line_b->member.day);
	if (order == 0)
		order = compare_days(line_a->member.to, line_b->member.to);
	if (order == 0)
		order = (line_a->mrr > line_b->mrr) - (line_a->mrr < line_b->mrr);
	if (order == 0)
		order = compare_days((Day) line_a->member.flags,
							 (Day) line_b->member.flags);
	if (order == 0)
		order = compare_days(line_a->noticed, line_b->noticed);
	if (order == 0)
		order = compare_days(line_a->until, line_b->until);
	return order;
}

/* Does a price follow another, and is it higher? */
static bool
price_rises(const RiskSpell *before, const RiskSpell *after)
{
	const RiskLine *a = before->line;
	const RiskLine *b = after->line;

	return a->member.to == b->member.day &&
		   (a->member.flags & b->member.flags & RISK_PRICED) &&
		   b->mrr > a->mrr &&
		   ((a->member.flags ^ b->member.flags) & RISK_UNNAMED) == 0 &&
		   label_compare(&before->name, &after->name) == 0;
}

/* Make room for a customer's lines. */
static void
lines_reserve(RiskWalk *walk, uint32_t nlines)
{
	if (nlines <= walk->room)
		return;
	if (walk->room > 0)
	{
		runtime_free(walk->spells);
		runtime_free(walk->signals);
	}
	walk->room = nlines * 2;
	walk->spells = runtime_alloc(NULL, (size_t) walk->room * sizeof(RiskSpell));
	walk->signals =
		runtime_alloc(NULL, (size_t) walk->room * sizeof(RiskLine *));
}

/*
 * Tell spells from signals, and put the spells in order; false: nothing is paid
 * for on any look.
 */
static bool
lines_read(RiskWalk *walk, RiskLine *lines, uint32_t nlines)
{
	bool is_paid = false;

	for (uint32_t i = 0; i < nlines && !is_paid; i++)
		for (int look = 0; look < LOOKS; look++)
			is_paid = is_paid || (!(lines[i].member.flags & RISK_SIGNAL) &&
								  lines[i].mrr > 0 &&
								  is_held(&lines[i], walk->looks[look]));
	if (!is_paid)
		return false;
	lines_reserve(walk, nlines);
	walk->nspells = walk->nsignals = 0;
	walk->scale = 0;
	for (uint32_t i = 0; i < nlines; i++)
		if (lines[i].scale > walk->scale)
			walk->scale = lines[i].scale;
	for (uint32_t i = 0; i < nlines; i++)
	{
		RiskLine *line = &lines[i];

		if (line->member.flags & RISK_SIGNAL)
		{
			walk->signals[walk->nsignals++] = line;
			continue;
		}
		line->mrr = money_rescale(line->mrr, line->scale, walk->scale);
		walk->spells[walk->nspells++] = (RiskSpell){
			.line = line,
			.name = line_name_get(&line->line, &walk->members->names,
								  line->member.name)};
	}
	sort_few(walk->spells, walk->nspells, sizeof(RiskSpell), compare_spells);
	for (uint32_t i = 1; i < walk->nspells; i++)
		walk->spells[i].has_risen = walk->spells[i - 1].will_rise =
			price_rises(&walk->spells[i - 1], &walk->spells[i]);
	return true;
}

/* A reason that a line of the look has */
static RiskReason *
reason_reach(RiskWalk *walk, int32_t name, uint32_t spell)
{
	RiskReason *reason = NULL;
	const RiskReason *end = walk->reasons + walk->nreasons;

	for (RiskReason *other = walk->reasons; other < end; other++)
		if (other->name == name)
			reason = other;
	if (reason == NULL)
	{
		if (walk->nreasons == walk->reason_room)
		{
			size_t before = (size_t) walk->reason_room * sizeof(RiskReason);
			RiskReason *reasons =
				runtime_alloc(NULL, before * 2 + SORT_FEW * sizeof(RiskReason));

			if (before > 0)
			{
				memcpy(reasons, walk->reasons, before);
				runtime_free(walk->reasons);
			}
			walk->reasons = reasons;
			walk->reason_room = walk->reason_room * 2 + SORT_FEW;
		}
		reason = &walk->reasons[walk->nreasons++];
		*reason = (RiskReason){.name = name, .next = RISK_UNTOLD};
	}
	if (reason->last != spell + 1)
	{
		reason->last = spell + 1;
		reason->own = RISK_NEVER;
		reason->told = RISK_UNTOLD;
		reason->mrr = money_add(reason->mrr, walk->spells[spell].line->mrr);
	}
	return reason;
}

/* The reasons of a line on a look */
static void
spell_weigh(RiskWalk *walk, uint32_t number, Day look)
{
	const RiskTerms *terms = walk->terms;
	const RiskSpell *spell = &walk->spells[number];
	const RiskLine *line = spell->line;
	int64_t ahead = (int64_t) line->until - look;
	int32_t bound_days =
		terms->action_days < BOUND_DAYS ? terms->action_days : BOUND_DAYS;
	bool has_any = false;

	if (line->noticed < look)
		reason_reach(walk, walk->own[NOTICE_GIVEN], number)->own =
			line->member.to;
	if (ahead >= 0 && ahead < bound_days && line->member.to >= line->until)
		reason_reach(walk, walk->own[COMMITMENT + ahead / BOUND_STEP], number)
			->own = line->until;
	if (spell->will_rise && (line->member.flags & RISK_OFFERED) &&
		line->member.to < (int64_t) look + terms->action_days)
		reason_reach(walk, walk->own[PROMOTION_ENDING], number)->own =
			line->member.to;
	if (spell->has_risen &&
		line->member.day >= (int64_t) look - terms->moved_days)
		reason_reach(walk, walk->own[PRICE_MOVED], number);
	for (uint32_t i = 0; i < walk->nsignals; i++)
	{
		const RiskLine *signal = walk->signals[i];
		RiskReason *reason;

		if (!is_held(signal, look) ||
			(signal->product >= 0 && signal->product != line->product))
			continue;
		reason = reason_reach(walk, signal->member.name, number);
		if (signal->until > reason->told)
			reason->told = signal->until;
	}
	/* what comes true of this line first, and of all lines */
	for (int i = 0; i < walk->nreasons; i++)
	{
		RiskReason *reason = &walk->reasons[i];
		Day next;

		if (reason->last != number + 1)
			continue;
		has_any = true;
		next = reason->told != RISK_UNTOLD && reason->told < reason->own
				   ? reason->told
				   : reason->own;
		if (next != RISK_NEVER &&
			(reason->next == RISK_UNTOLD || next < reason->next))
			reason->next = next;
	}
	if (has_any)
		walk->risk_mrr = money_add(walk->risk_mrr, line->mrr);
	check_interrupts();
}

static void
look_weigh(RiskWalk *walk, Day look)
{
	walk->nreasons = 0;
	walk->risk_mrr = 0;
	for (uint32_t i = 0; i < walk->nspells; i++)
		if (walk->spells[i].line->mrr > 0 &&
			is_held(walk->spells[i].line, look))
			spell_weigh(walk, i, look);
}

/* What a customer pays on a look */
static Wide
look_mrr(const RiskWalk *walk, int64_t look)
{
	Wide sum = 0;

	for (uint32_t i = 0; i < walk->nspells; i++)
	{
		const RiskLine *line = walk->spells[i].line;

		if (line->member.day < look && line->member.to >= look)
			sum = money_add(sum, line->mrr);
	}
	return sum;
}

static void
losses_count(RiskWalk *walk, Day look)
{
	Wide less;

	if (walk->nreasons == 0)
		return;
	less =
		money_subtract(look_mrr(walk, look),
					   look_mrr(walk, (int64_t) look + walk->terms->loss_days));
	for (int i = 0; i < walk->nreasons; i++)
	{
		RiskLoss *loss = &walk->losses[walk->reasons[i].name];

		loss->customers++;
		if (money_add(less, less) >= walk->reasons[i].mrr)
			loss->lost++;
	}
}

static int
compare_numbers(const void *a, const void *b)
{
	return compare_days(*(const int32_t *) a, *(const int32_t *) b);
}

static int
compare_reasons(const void *a, const void *b)
{
	const Label *const *label_a = a;
	const Label *const *label_b = b;

	return label_compare(*label_a, *label_b);
}

/* Names of what is held, each once */
static int
products_list(const RiskWalk *walk, int32_t *products)
{
	int count = 0;
	int kept = 0;

	for (uint32_t i = 0; i < walk->nspells; i++)
		if (is_held(walk->spells[i].line, walk->looks[0]))
			products[count++] = walk->spells[i].line->product;
	sort_few(products, (size_t) count, sizeof(int32_t), compare_numbers);
	for (int i = 0; i < count; i++)
		if (i == 0 || products[i] != products[kept - 1])
			products[kept++] = products[i];
	return kept;
}

/* Names of reasons in the order of their bytes */
static void
reasons_list(const RiskWalk *walk, int32_t *names)
{
	const Label *labels = walk->members->names.labels;
	const Label *few[SORT_FEW];
	const Label **sorted = few;

	if (walk->nreasons > SORT_FEW)
		sorted = runtime_alloc(NULL, (size_t) walk->nreasons * sizeof(Label *));
	for (int i = 0; i < walk->nreasons; i++)
		sorted[i] = &labels[walk->reasons[i].name];
	sort_few(sorted, (size_t) walk->nreasons, sizeof(Label *), compare_reasons);
	for (int i = 0; i < walk->nreasons; i++)
		names[i] = (int32_t) (sorted[i] - labels);
	if (sorted != few)
		runtime_free(sorted);
}

static void
customer_emit(RiskWalk *walk, const Key *key)
{
	RiskCustomer customer = {.key = key,
							 .nreasons = walk->nreasons,
							 .scale = walk->scale,
							 .risk_mrr = walk->risk_mrr,
							 .mrr = look_mrr(walk, walk->looks[0]),
							 .next = RISK_UNTOLD};
	int room = walk->nreasons + (int) walk->nspells;

	if (room > walk->name_room)
	{
		if (walk->name_room > 0)
			runtime_free(walk->names);
		walk->name_room = room * 2;
		walk->names =
			runtime_alloc(NULL, (size_t) walk->name_room * sizeof(int32_t));
	}
	reasons_list(walk, walk->names);
	customer.reasons = walk->names;
	customer.products = walk->names + walk->nreasons;
	customer.nproducts = products_list(walk, walk->names + walk->nreasons);
	for (int i = 0; i < walk->nreasons; i++)
	{
		const RiskReason *reason = &walk->reasons[i];

		if (reason->name == walk->own[NOTICE_GIVEN])
		{
			customer.is_leaving = true;
			customer.notice_mrr = reason->mrr;
		}
		if (reason->next != RISK_UNTOLD &&
			(customer.next == RISK_UNTOLD || reason->next < customer.next))
			customer.next = reason->next;
	}
	walk->emit(walk->arg, &customer);
}

/* A CustomerTake */
static void
customer_take(void *arg, const Key *key, void *lines, uint32_t nlines)
{
	RiskWalk *walk = arg;

	if (!lines_read(walk, lines, nlines))
		return;
	for (int i = 1; i < LOOKS; i++)
	{
		look_weigh(walk, walk->looks[i]);
		losses_count(walk, walk->looks[i]);
	}
	look_weigh(walk, walk->looks[0]);
	if (walk->nreasons > 0)
		customer_emit(walk, key);
}

RiskLoss *
customer_risk_each(MemberLines *members, const RiskTerms *terms, RiskEmit emit,
				   void *arg)
{
	RiskWalk walk = {
		.members = members, .terms = terms, .emit = emit, .arg = arg};

	for (int i = 0; i < OWN_REASONS; i++)
	{
		Label name = {own_reasons[i], (uint32_t) strlen(own_reasons[i])};

		walk.own[i] = dictionary_intern(&members->names, &name);
	}
	walk.looks[0] = terms->as_of;
	for (int i = 1; i < LOOKS; i++)
		walk.looks[i] = (Day) ((int64_t) terms->as_of - terms->loss_days -
							   (i - 1) * LOOKS_APART);
	walk.losses = runtime_alloc_zero(
		NULL, (size_t) members->names.count * sizeof(RiskLoss));
	customer_lines_finish(&members->lines, customer_take, &walk);
	if (walk.room > 0)
	{
		runtime_free(walk.spells);
		runtime_free(walk.signals);
	}
	if (walk.reason_room > 0)
		runtime_free(walk.reasons);
	if (walk.name_room > 0)
		runtime_free(walk.names);
	return walk.losses;
}
