/*
 * fold_finish.c
 *		The triangle of a fold, part by part where it has overflowed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/chunk.h"

#include <string.h>

/* A part of a fold that is all in the file, as a fold. */
static Fold *
fold_part(Fold *fold, int part)
{
	Fold *whole =
		fold_new(fold->context, fold->kind, fold->calendar, fold->is_marked,
				 fold->has_values, fold->overflow.budget);
	PieceReader pieces;

	whole->overflow.parts.level = fold->overflow.parts.level + 1;
	piece_reader_open(&pieces, &fold->overflow, &fold->overflow.parts, part);
	while (piece_next(&pieces))
	{
		ByteReader reader;

		reader_open(&reader, pieces.data, pieces.size, "retention fold");
		chunk_absorb(whole, &reader);
	}
	return whole;
}

/* Count the customers of a fold, part by part where it has overflowed. */
static void
count(Fold *fold, Retention *retention)
{
	if (!overflow_is_written(&fold->overflow))
	{
		tally_count(fold, retention);
		return;
	}
	if (fold->key_table.nslots > 0)
		fold_overflow(fold);
	for (int part = 0; part < overflow_nparts(&fold->overflow.parts); part++)
	{
		Fold *whole = fold_part(fold, part);

		count(whole, retention);
		fold_free(whole);
	}
}

/*
 * Count every customer into a retention state.  The fold stays as it was,
 * but for rows that waited in its batch and for where its customers are.
 */
void
fold_finish(Fold *fold, Retention *retention)
{
	RetentionSpec spec;

	fold_flush(fold);
	memset(&spec, 0, sizeof(spec));
	spec.calendar = fold->calendar;
	spec.min_events = 1;
	retention_adopt(retention, &spec, fold->last + 1, false);
	count(fold, retention);
}
