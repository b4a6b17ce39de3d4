/*
 * contact_pressure.h
 *		How much marketing customers get: by segment, month, and number of
 *		contacts of a customer in the month.
 *
 * Contacts are gathered by customer.  At the end one sweep over those of a
 * customer counts what is in the rolling window, where within a day it does not
 * matter which contact came first, and each month of the customer goes to a cell.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_CONTACT_PRESSURE_H
#define CVM_CORE_CONTACTS_CONTACT_PRESSURE_H

#include "core/contacts/cell_table.h"
#include "core/contacts/member_lines.h"

/* What is told of a contact */
#define CONTACT_SERVICE 1 /* none of marketing: no cap applies to it */
#define CONTACT_RESPONDED 2
#define CONTACT_OPEN_KNOWN 4
#define CONTACT_OPENED 8
#define CONTACT_OPT_KNOWN 16
#define CONTACT_OPTED_OUT 32

/* Parameters of the lines */
#define CONTACT_WINDOW 0 /* days */
#define CONTACT_CAP 1

/* What contacts came to */
typedef struct ContactCounts
{
	int64_t contacts;
	int64_t service;
	int64_t violations; /* beyond the cap within the window */
	int64_t responses;
	int64_t open_known;
	int64_t opened;
	int64_t opt_known;
	int64_t opted_out;
} ContactCounts;

/* Customers of a segment who got as many contacts in a month: numbers[0] */
typedef struct ContactCell
{
	CellKey key;
	int64_t customers;
	int64_t over_cap; /* of these, with a violation */
	ContactCounts counts;
} ContactCell;

/* The cells of lines that are a MemberLine each; the lines are forgotten. */
extern void contact_cells(MemberLines *members, Context context,
						  CellTable *cells);

#endif /* CVM_CORE_CONTACTS_CONTACT_PRESSURE_H */
