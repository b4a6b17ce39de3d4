/*
 * driver_sums.h
 *		What is known of drivers of value, added up by segment and month: of
 *		answers, of which the last one of each customer in a month counts, and
 *		of what customers do.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_CONTACTS_DRIVER_SUMS_H
#define CVM_CORE_CONTACTS_DRIVER_SUMS_H

#include "core/contacts/driver_cells.h"
#include "core/contacts/driver_line.h"

/* Parameters of lines */
#define DRIVER_MONTHS 0 /* before each, with which it is compared */
#define DRIVER_AS_OF 1	/* day */

/* The cells of lines that begin like a DriverLine; the lines are forgotten. */
extern void driver_sums(MemberLines *members, const DriverNames *names,
						Context context, CellTable *cells);

#endif /* CVM_CORE_CONTACTS_DRIVER_SUMS_H */
