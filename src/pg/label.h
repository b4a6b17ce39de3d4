/*
 * label.h
 *		Names, as the cores have them, for the server.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_LABEL_H
#define CVM_PG_LABEL_H

#include "postgres.h"

#include "catalog/pg_collation.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "core/util/dictionary.h"

static inline Datum
label_datum(const Label *label)
{
	return PointerGetDatum(
		cstring_to_text_with_len(label->data, (int) label->size));
}

/* Names of bytes from outside must be text of this database. */
static inline void
labels_verify(const Label *labels, int nlabels)
{
	for (int i = 0; i < nlabels; i++)
		pg_verifymbstr(labels[i].data, (int) labels[i].size, false);
}

/* The collation of a call, by which names are compared */
static inline Oid
label_collation(FunctionCallInfo fcinfo)
{
	return OidIsValid(PG_GET_COLLATION()) ? PG_GET_COLLATION()
										  : DEFAULT_COLLATION_OID;
}

/* Compare names by a collation as SQL does: one that is not told comes last. */
static inline int
label_collate(void *collation, const Label *a, const Label *b)
{
	if (a->data == NULL || b->data == NULL)
		return (a->data == NULL) - (b->data == NULL);
	return varstr_cmp(a->data, (int) a->size, b->data, (int) b->size,
					  *(const Oid *) collation);
}

#endif /* CVM_PG_LABEL_H */
