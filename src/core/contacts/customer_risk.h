/*
 * customer_risk.h
 *		Why customers are at risk as of a day, and how such customers fared before,
 *		from rows in any order.
 *
 * A look is a day, the first not observed, as of which customers are seen: the
 * last one, and three before of which it is known what came after.  A line of a
 * subscription that is paid for on the day before is at risk for reasons of its
 * own (notice was given, a commitment or a promotion ends, its price rose), and
 * for what is told of the customer, or of its product, on some days: signals.
 * Lost is who pays less by half of what was at risk, or by more, some days later.
 *
 * Spells of a line are in the order of their first days; of those that begin on
 * one day the first to end comes first, and then the cheaper one.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_CUSTOMER_RISK_H
#define CVM_CORE_CONTACTS_CUSTOMER_RISK_H

#include "core/contacts/line_name.h"
#include "core/contacts/member_lines.h"
#include "core/util/money.h"

/* Flags of a line */
#define RISK_SIGNAL 1u	/* told of a customer; else it is a spell */
#define RISK_PRICED 2u	/* its price is told */
#define RISK_OFFERED 4u /* it is held under an offer */
#define RISK_UNNAMED 8u /* nobody says what line it is of */

#define RISK_NEVER INT32_MAX
#define RISK_UNTOLD INT32_MIN

/*
 * A spell, or a signal: day < look <= to where it is held, or holds.  The name of
 * the member is that of a long line, or the reason.
 */
typedef struct RiskLine
{
	MemberLine member;
	Wide mrr;
	int32_t product; /* a name; -1: not told, of a signal: of all */
	Day noticed;	 /* when notice was given, or RISK_NEVER */
	Day until;		 /* committed, or when it comes true; or RISK_UNTOLD */
	uint8_t scale;
	LineName line;
} RiskLine;

typedef struct RiskTerms
{
	Day as_of;
	int32_t action_days; /* ahead, in which what ends is a reason */
	int32_t loss_days;	 /* in which customers are watched for what they lose */
	int32_t moved_days;	 /* in which a price that rose is a reason */
} RiskTerms;

/* A customer who is at risk on the last look */
typedef struct RiskCustomer
{
	const Key *key;
	const int32_t *reasons; /* names, in the order of their bytes */
	int nreasons;
	const int32_t *products; /* names of what is held, or -1 */
	int nproducts;
	bool is_leaving;
	int scale;
	Wide notice_mrr; /* of lines of which notice was given */
	Wide risk_mrr;	 /* of lines with any reason */
	Wide mrr;		 /* of all */
	Day next;		 /* that comes true, or RISK_UNTOLD */
} RiskCustomer;

typedef void (*RiskEmit)(void *arg, const RiskCustomer *customer);

/* Of the customers with a reason on earlier looks, how many were lost */
typedef struct RiskLoss
{
	int64_t customers;
	int64_t lost;
} RiskLoss;

/* Read all lines, which are gone then; losses by number of the reason's name */
extern RiskLoss *customer_risk_each(MemberLines *members,
									const RiskTerms *terms, RiskEmit emit,
									void *arg);

#endif /* CVM_CORE_CONTACTS_CUSTOMER_RISK_H */
