/*
 * universal_control.h
 *		What customers bought in a time of campaigns: those from whom all
 *		marketing was withheld, and the others.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_UNIVERSAL_CONTROL_H
#define CVM_CORE_CONTACTS_UNIVERSAL_CONTROL_H

#include "core/contacts/member_lines.h"

/* Parameters of lines */
#define UNIVERSAL_DAYS 0
#define UNIVERSAL_AS_OF 1

/* What a line is: the low bits of flags, in the order in which they are read */
typedef enum UniversalKind
{
	UNIVERSAL_ASSIGNED, /* to an arm of the campaign in name, on a day */
	UNIVERSAL_BOUGHT,	/* something, on a day */
	UNIVERSAL_WITHHELD, /* assigned to an arm of the universal control */
	UNIVERSAL_CUSTOMER, /* is one */
	UNIVERSAL_CONTACT	/* was contacted */
} UniversalKind;

#define UNIVERSAL_KINDS 5
#define UNIVERSAL_KIND 7u
#define UNIVERSAL_IS_CONTROL (1u << 3)

/* A row */
typedef struct UniversalLine
{
	MemberLine member;
	int64_t at; /* moment of an assignment */
} UniversalLine;

/* Customers, on how many days each bought something, and the squares of that */
typedef struct UniversalArm
{
	int64_t customers;
	int64_t purchases;
	int64_t squares;
} UniversalArm;

typedef struct UniversalSums
{
	UniversalArm control;
	UniversalArm target; /* of the universal control */
	UniversalArm others; /* customers of neither arm */
	int64_t contaminated;
	int64_t reached; /* were a target of any campaign, for all its days */
} UniversalSums;

/* The sums of lines that are a UniversalLine each; the lines are forgotten. */
extern void universal_sums(MemberLines *members, UniversalSums *sums);

#endif /* CVM_CORE_CONTACTS_UNIVERSAL_CONTROL_H */
