/*
 * contact_silence.h
 *		How many contacts those who pay on the last day got since a day, by the
 *		segment of that day.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_CONTACT_SILENCE_H
#define CVM_CORE_CONTACTS_CONTACT_SILENCE_H

#include "core/contacts/cell_table.h"
#include "core/contacts/member_lines.h"

#define SILENCE_PAYS 1 /* of flags: the customer pays; else a contact */

/* Parameters of the lines */
#define SILENCE_DAY 0 /* the last one */
#define SILENCE_SINCE 1

/*
 * Customers of a segment who got as many contacts: numbers[0]; numbers[1] is 1
 * of who never got one.  There are no months.
 */
typedef struct SilenceCell
{
	CellKey key;
	int64_t customers;
} SilenceCell;

/* The cells of lines that are a MemberLine each; the lines are forgotten. */
extern void silence_cells(MemberLines *members, Context context,
						  CellTable *cells);

#endif /* CVM_CORE_CONTACTS_CONTACT_SILENCE_H */
