/*
 * fold_finish.c
 *		The triangle of a fold, part by part where it has overflowed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/chunk.h"

#include <string.h>

/* A part of a fold that is all in files, as a fold. */
static Fold *
fold_part(Fold *fold, int part)
{
	Fold *whole =
		fold_new(fold->context, fold->kind, fold->calendar, fold->is_marked,
				 fold->has_values, fold->overflow.budget);
	ByteReader reader;
	uint8_t *data;

	whole->overflow.level = fold->overflow.level + 1;
	temp_file_rewind(fold->overflow.parts[part]);
	while (chunk_next(fold->overflow.parts[part], &reader, &data))
	{
		chunk_absorb(whole, &reader);
		runtime_free(data);
	}
	return whole;
}

/* Count the customers of a fold, part by part where it has overflowed. */
static void
count(Fold *fold, Retention *retention)
{
	if (fold->overflow.parts == NULL)
	{
		tally_count(fold, retention);
		return;
	}
	if (fold->key_table.nslots > 0)
		fold_overflow(fold);
	for (int part = 0; part < OVERFLOW_PARTS; part++)
	{
		Fold *whole = fold_part(fold, part);

		count(whole, retention);
		fold_close_files(whole);
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
