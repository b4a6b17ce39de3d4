/*
 * parted_spells.h
 *		The order of a customer's spells whose names tell several things, of which
 *		one is the product.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_CORE_SEGMENTS_PARTED_SPELLS_H
#define CVM_CORE_SEGMENTS_PARTED_SPELLS_H

#include "core/contacts/member_lines.h"
#include "core/util/parted_names.h"

/* By product, which is a part of the names, and then by the days from and to */
static inline int
parted_spells_compare(const PartedNames *parts, int product,
					  const MemberLine *a, const MemberLine *b)
{
	int32_t product_a = parts->numbers[product][a->name];
	int32_t product_b = parts->numbers[product][b->name];

	if (product_a != product_b)
		return product_a < product_b ? -1 : 1;
	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	return (a->to > b->to) - (a->to < b->to);
}

#endif /* CVM_CORE_SEGMENTS_PARTED_SPELLS_H */
