/*
 * campaign_sums.h
 *		What became of the customers of each campaign and arm: how many there
 *		are, who began a subscription, what they paid before and after, and what
 *		reaching them cost.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_CAMPAIGN_SUMS_H
#define CVM_CORE_CONTACTS_CAMPAIGN_SUMS_H

#include "core/contacts/member_lines.h"
#include "core/util/money.h"
#include "core/util/square_sum.h"

/* Parameters of lines */
#define CAMPAIGN_DAYS 0
#define CAMPAIGN_AS_OF 1

/* What a line is; in this order they are read */
#define CAMPAIGN_ASSIGNED 0u /* to an arm of the campaign in name, on a day */
#define CAMPAIGN_CONTACT 1u	 /* by the campaign in name, on a day */
#define CAMPAIGN_SPELL 2u	 /* from a day on, until the one in to */
#define CAMPAIGN_KIND 3u

/* Of an assignment */
#define CAMPAIGN_CONTROL (1u << 2)
#define CAMPAIGN_REACHED (1u << 3)
#define CAMPAIGN_MISSED (1u << 4) /* it is known that nobody was reached */

/* Which amounts there are, and how many decimals they have */
#define CAMPAIGN_HAS_AMOUNT (1u << 5)
#define CAMPAIGN_HAS_MARGIN (1u << 6)
#define CAMPAIGN_SCALE_SHIFT 8
#define CAMPAIGN_MARGIN_SHIFT 16
#define CAMPAIGN_SCALE_MASK 255u

/* Two words of a Wide, which a line has no room to align */
typedef struct PackedWide
{
	uint64_t low;
	int64_t high;
} PackedWide;

/* A row */
typedef struct CampaignLine
{
	MemberLine member;
	PackedWide
		amount; /* price, cost, or what a contact of the campaign costs */
	PackedWide margin; /* of a spell; of an assignment low is its moment */
} CampaignLine;

/* What customers of an arm came to who were watched for all days */
typedef struct CampaignArm
{
	int64_t customers;
	int64_t converted;
	int scale; /* of money times days; that of squares is twice this */
	int margin_scale;
	Wide after;
	Wide before;
	Wide margin;
	SquareSum after_squares;
	SquareSum before_squares;
	SquareSum products; /* of after and before, */
	SquareSum debits;	/* and of those that are less than nothing */
	SquareSum margin_squares;
} CampaignArm;

/* A campaign; its arms are target and control */
typedef struct CampaignSums
{
	int64_t customers;
	int64_t controls;
	int64_t pending;
	int64_t contaminated;
	int64_t contaminated_controls;
	int64_t elsewhere; /* in the target group of another one at the time */
	Day first;
	Day last;
	Day last_watched; /* of those who were watched for all days */
	bool lacks_margin;
	bool has_cost;
	int cost_scale;
	Wide cost;
	CampaignArm arms[2];
} CampaignSums;

static inline PackedWide
wide_pack(Wide amount)
{
	return (PackedWide){(uint64_t) amount, (int64_t) (amount >> 64)};
}

static inline Wide
wide_unpack(PackedWide packed)
{
	return (Wide) ((UWide) (uint64_t) packed.high << 64 | packed.low);
}

/*
 * The sums of campaigns by their number, of lines that are a CampaignLine each
 * and are forgotten; a campaign without customers has been in no row
 */
extern CampaignSums *campaign_sums(MemberLines *members, Context context);

#endif /* CVM_CORE_CONTACTS_CAMPAIGN_SUMS_H */
