/*
 * campaigns.c
 *		Customers of campaigns, and of a universal control, come to the same sums
 *		in memory, in files, in files of files, and in two processes whose names
 *		have other numbers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "members.h"

#include <string.h>

#include "core/contacts/campaign_sums.h"
#include "core/contacts/universal_control.h"

enum
{
	CAMPAIGNS,
	UNIVERSAL,
	WHATS
};

static MemberLines *
make_lines(const World *world, size_t budget)
{
	MemberLines *members = member_lines_new(
		NULL, world->kind,
		world->what == UNIVERSAL ? sizeof(UniversalLine) : sizeof(CampaignLine),
		budget);

	members->parameters[CAMPAIGN_DAYS] = 7;
	members->parameters[CAMPAIGN_AS_OF] = 9060;
	return members;
}

/* An amount that may be less than nothing, or more than a word holds */
static PackedWide
draw_amount(World *world)
{
	Wide amount = (Wide) draw(world, 2000) - 300;

	return wide_pack(draw(world, 20) ? amount
									 : amount * INT64_C(10000000000000000));
}

/* A row of a campaign: an assignment, a contact or a spell */
static void
take_campaign(World *world, MemberLines *members, Key key, int32_t name,
			  Day day, uint32_t flags)
{
	uint32_t kind = draw(world, 3);
	CampaignLine *line = customer_lines_next(&members->lines, key);

	*line = (CampaignLine){
		.member = {.flags = kind |
							(flags & (CAMPAIGN_HAS_AMOUNT | CAMPAIGN_REACHED)) |
							draw(world, 4) << CAMPAIGN_SCALE_SHIFT,
				   .name = kind == CAMPAIGN_SPELL ? -1 : name,
				   .day = day},
		.amount = draw_amount(world),
	};
	if (kind == CAMPAIGN_ASSIGNED)
	{
		line->member.flags |= flags & CAMPAIGN_CONTROL;
		line->margin.low = draw(world, 2);
		/* what a contact costs is the campaign's */
		line->member.flags &= ~(CAMPAIGN_SCALE_MASK << CAMPAIGN_SCALE_SHIFT);
		line->member.flags |= CAMPAIGN_HAS_AMOUNT;
		line->amount = wide_pack(7);
	}
	else if (kind == CAMPAIGN_SPELL)
	{
		line->member.to =
			flags % 2 ? SPELL_OPEN : day + (Day) draw(world, 30) - 3;
		line->member.flags |= (draw(world, 8) ? CAMPAIGN_HAS_MARGIN : 0) |
							  draw(world, 5) << CAMPAIGN_MARGIN_SHIFT;
		line->margin = draw_amount(world);
	}
}

static void
take_row(World *world, MemberLines *members, uint32_t customers)
{
	static const char *const names[] = {"gold", "tin", "a"};
	char text[64];
	Key key = customer_key(world->kind, draw(world, customers), text);
	Day day = 9000 + (Day) draw(world, 90);
	uint32_t flags = draw(world, 64);
	uint32_t name = draw(world, 3);
	Label label = {names[name], (uint32_t) strlen(names[name])};
	int32_t number = dictionary_intern(&members->names, &label);
	uint32_t kind;
	UniversalLine *line;

	if (world->what != UNIVERSAL)
	{
		take_campaign(world, members, key, number, day, flags);
		return;
	}
	kind = draw(world, UNIVERSAL_KINDS);
	line = customer_lines_next(&members->lines, key);
	*line = (UniversalLine){{.flags = kind | (flags & UNIVERSAL_IS_CONTROL),
							 .name = kind == UNIVERSAL_ASSIGNED ? number : -1,
							 .day = day},
							(int64_t) draw(world, 2)};
}

static uint64_t
words_hash(uint64_t hash, const void *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hash = key_mix(hash * 31 + ((const uint64_t *) words)[i]);
	return hash;
}

static uint64_t
campaigns_sum(World *world, MemberLines *members)
{
	const CampaignSums *sums = campaign_sums(members, NULL);
	uint64_t sum = 0;

	for (int i = 0; i < members->names.count; i++)
	{
		const CampaignSums *of = &sums[i];
		uint64_t hash = key_mix((uint8_t) members->names.labels[i].data[0]);

		if (of->customers == 0)
			continue;
		world->cells++;
		hash = words_hash(hash, &of->customers, 6);
		hash = key_mix(hash + (uint64_t) of->first);
		hash = key_mix(hash + (uint64_t) of->last);
		hash = key_mix(hash + (uint64_t) of->last_watched);
		hash = key_mix(hash + of->lacks_margin + 2 * of->has_cost);
		hash = key_mix(hash + (uint64_t) of->cost_scale);
		hash = words_hash(hash, &of->cost, 2);
		for (int j = 0; j < 2; j++)
		{
			const CampaignArm *arm = &of->arms[j];

			hash = words_hash(hash, &arm->customers, 2);
			hash = key_mix(hash + (uint64_t) arm->scale);
			hash = key_mix(hash + (uint64_t) arm->margin_scale);
			hash = words_hash(hash, &arm->after, 6);
			hash = words_hash(hash, &arm->after_squares, 5 * SQUARE_LIMBS);
		}
		sum += hash;
	}
	return sum;
}

static uint64_t
universal_sum(World *world, MemberLines *members)
{
	UniversalSums sums;

	universal_sums(members, &sums);
	world->cells = sums.others.customers > 0;
	return words_hash(1, &sums, sizeof(sums) / sizeof(uint64_t));
}

static uint64_t
lines_sum(World *world, MemberLines *members)
{
	return world->what == UNIVERSAL ? universal_sum(world, members)
									: campaigns_sum(world, members);
}

int
main(void)
{
	return run_worlds(120, WHATS, 0);
}
