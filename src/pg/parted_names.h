/*
 * parted_names.h
 *		Names that tell several things at once (core/util/parted_names.h), from
 *		arguments and to SQL.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_PARTED_NAMES_H
#define CVM_PG_PARTED_NAMES_H

#include "postgres.h"

#include "core/util/parted_names.h"
#include "pg/arguments.h"
#include "pg/label.h"
#include "pg/name_buffer.h"

/* Begin a name of parts. */
static inline void
parted_name_begin(NameBuffer *name)
{
	static const Label nothing = {"", 0};

	name_begin(name, &nothing);
}

/* Put a part of a name, which an argument tells, behind those before it. */
static inline void
parted_name_put(FunctionCallInfo fcinfo, NameBuffer *name, int argument)
{
	static const char told[] = {NAME_TOLD};
	static const char not_told[] = {NAME_NOT_TOLD};
	static const char between[] = {NAME_PART};
	Label part = argument_label(fcinfo, argument);

	if (name->label.size > 0)
		name_append(name, between, 1);
	name_append(name, part.data != NULL ? told : not_told, 1);
	if (part.data != NULL)
		name_append(name, part.data, part.size);
}

static inline Datum
parted_name_datum(const PartedNames *parts, int part, int32 number,
				  bool *is_null)
{
	const Label *label = &parts->names[part][number];

	*is_null = label->data == NULL;
	return *is_null ? (Datum) 0 : label_datum(label);
}

#endif /* CVM_PG_PARTED_NAMES_H */
