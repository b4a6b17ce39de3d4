/*
 * fold_finish.c
 *		What comes out of a fold, part by part where it has overflowed.
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
	if (fold->has_memberships)
	{
		fold_expect_memberships(whole);
		whole->memberships.segments = fold->memberships.segments;
	}
	if (fold->has_as_of)
		fold_set_as_of(whole, fold->as_of);
	piece_reader_open(&pieces, &fold->overflow, &fold->overflow.parts, part);
	while (piece_next(&pieces))
	{
		ByteReader reader;

		reader_open(&reader, pieces.data, pieces.size, "retention fold");
		chunk_absorb(whole, &reader);
	}
	return whole;
}

/* What customers are counted into: triangles or life cycles, by segment */
typedef struct Outcome
{
	Retention **retentions;
	Lifecycle **lifecycles;
} Outcome;

/* Count the customers of a fold, part by part where it has overflowed. */
static void
count(Fold *fold, Outcome outcome)
{
	if (!overflow_is_written(&fold->overflow))
	{
		if (outcome.retentions != NULL)
			tally_count(fold, outcome.retentions);
		else
			lifecycle_tally_count(fold, outcome.lifecycles);
		return;
	}
	if (fold->key_table.nslots > 0)
		fold_overflow(fold);
	for (int part = 0; part < overflow_nparts(&fold->overflow.parts); part++)
	{
		Fold *whole = fold_part(fold, part);

		count(whole, outcome);
		fold_free(whole);
	}
}

/* A retention state of what the fold knows of all customers */
static void
adopt(const Fold *fold, Retention *retention)
{
	RetentionSpec spec;

	memset(&spec, 0, sizeof(spec));
	spec.calendar = fold->calendar;
	spec.min_events = 1;
	retention_adopt(retention, &spec, fold->last + 1, false);
}

/*
 * Count every customer into a retention state.  The fold stays as it was,
 * but for rows that waited in its batch and for where its customers are.
 */
void
fold_finish(Fold *fold, Retention *retention)
{
	fold_flush(fold);
	adopt(fold, retention);
	count(fold, (Outcome){.retentions = &retention});
}

/* The same for every segment, by its number. */
Retention **
fold_finish_segments(Fold *fold, Context context)
{
	int nsegments = fold->memberships.segments.count;
	Retention **retentions;

	fold_flush(fold);
	retentions = runtime_alloc(context, nsegments * sizeof(Retention *));
	for (int i = 0; i < nsegments; i++)
	{
		retentions[i] = retention_new(context);
		adopt(fold, retentions[i]);
	}
	count(fold, (Outcome){.retentions = retentions});
	return retentions;
}

/* What customers were period by period, for every segment if there are any. */
Lifecycle **
fold_finish_lifecycles(Fold *fold, Context context)
{
	int nsegments =
		fold->has_memberships ? fold->memberships.segments.count : 1;
	Lifecycle **lifecycles =
		runtime_alloc(context, nsegments * sizeof(Lifecycle *));
	Day as_of;

	fold_flush(fold);
	as_of = fold->has_as_of ? fold->as_of : fold->last + 1;
	if (as_of <= fold->last)
		runtime_error(RUNTIME_INVALID_VALUE,
					  "Filter the rows to days before as_of, then fold them.",
					  "as_of is earlier than the last day folded");
	for (int i = 0; i < nsegments; i++)
	{
		lifecycles[i] = lifecycle_new(context);
		lifecycle_adopt(lifecycles[i], fold->calendar, as_of);
	}
	if (!fold->is_empty)
		count(fold, (Outcome){.lifecycles = lifecycles});
	return lifecycles;
}
