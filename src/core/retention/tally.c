/*
 * tally.c
 *		What comes out of a fold: its customers counted into a retention state,
 *		or into one for each segment.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/retention/chunk.h"
#include "core/util/sorted.h"

#include <string.h>

static inline Cell *
cell_at(Retention *retention, Cohort *cohort, int32_t no)
{
	int at = cohort_cell(retention, cohort, no); /* may move the cells */

	return &cohort->cells[at];
}

/*
 * A tally: the triangle as plain arrays of counters, for as long as it is
 * small enough to stay in the cache.  Periods are counted from first on.
 */
typedef struct Tally
{
	int64_t first;
	uint32_t span;		/* periods; 0: too many, count into cells */
	uint32_t *members;	/* by cohort */
	uint32_t *retained; /* by cohort and offset */
	uint32_t *last;
} Tally;

#define MAX_TALLY 2048 /* periods; 32 MB, of which a corner is used */
#define TALLY_CELLS 8  /* counters that a customer may cost, else cells do */

static void
tally_open(Tally *tally, const Fold *fold)
{
	const BitmapColumns *bitmap_columns = &fold->returns;
	int64_t first = 0;
	int64_t past = 0;

	memset(tally, 0, sizeof(Tally));
	if (fold->is_marked || bitmap_columns->nbitmap_columns == 0)
		return;
	first =
		bitmap_column_first(bitmap_columns, &bitmap_columns->bitmap_columns[0]);
	past = bitmap_column_first(
			   bitmap_columns,
			   &bitmap_columns
					->bitmap_columns[bitmap_columns->nbitmap_columns - 1]) +
		   64;
	if (past - first > MAX_TALLY ||
		(past - first) * (past - first) >
			(int64_t) fold->key_table.nslots * TALLY_CELLS)
		return;
	tally->first = first;
	tally->span = (uint32_t) (past - first);
	tally->members = runtime_alloc_zero(NULL, tally->span * sizeof(uint32_t));
	tally->retained = runtime_alloc_zero(
		NULL, (size_t) tally->span * tally->span * sizeof(uint32_t));
	tally->last = runtime_alloc_zero(
		NULL, (size_t) tally->span * tally->span * sizeof(uint32_t));
}

/* Count a customer: words of so many bitmap columns, ascending. */
static inline void
tally_customer(Tally *tally, const uint64_t *words, const uint32_t *starts,
			   int nwords)
{
	uint32_t cohort = UINT32_MAX;
	uint32_t last = 0;
	uint32_t *retained = NULL;

	for (int i = 0; i < nwords; i++)
		for (uint64_t word = words[i]; word != 0; word &= word - 1)
		{
			uint32_t period = starts[i] + (uint32_t) __builtin_ctzll(word);

			if (cohort == UINT32_MAX)
			{
				cohort = period;
				retained = tally->retained + (size_t) cohort * tally->span;
			}
			last = period - cohort;
			retained[last]++;
		}
	if (cohort == UINT32_MAX)
		return;
	tally->members[cohort]++;
	tally->last[(size_t) cohort * tally->span + last]++;
}

/* Move the counters into the state. */
static void
tally_close(Tally *tally, Retention *retention)
{
	for (uint32_t c = 0; c < tally->span; c++)
	{
		Cohort *cohort;

		check_interrupts();
		if (tally->members[c] == 0)
			continue;
		cohort = retention_cohort(retention, (Period) (tally->first + c));
		cohort->members += tally->members[c];
		for (uint32_t no = 0; c + no < tally->span; no++)
		{
			size_t at = (size_t) c * tally->span + no;
			Cell *cell;

			if (tally->retained[at] == 0)
				continue;
			cell = cell_at(retention, cohort, (int32_t) no);
			cell->retained += tally->retained[at];
			cell->returned += tally->retained[at];
			cell->last += tally->last[at];
		}
	}
	if (tally->span > 0)
	{
		runtime_free(tally->members);
		runtime_free(tally->retained);
		runtime_free(tally->last);
	}
}

/* Count customers whose bits are periods, a page of slots at a time. */
static void
count_periods_tally(const Fold *fold, Tally *tally)
{
	const BitmapColumns *bitmap_columns = &fold->returns;
	int nbitmap_columns = bitmap_columns->nbitmap_columns;
	const uint64_t **array =
		runtime_alloc(NULL, nbitmap_columns * sizeof(uint64_t *));
	uint32_t *starts = runtime_alloc(NULL, nbitmap_columns * sizeof(uint32_t));
	uint64_t *words = runtime_alloc(NULL, nbitmap_columns * sizeof(uint64_t));

	for (uint32_t from = 0; from < fold->key_table.nslots; from += PAGE_ITEMS)
	{
		uint32_t slots = fold->key_table.nslots - from;
		int live = 0;

		check_interrupts();
		if (slots > PAGE_ITEMS)
			slots = PAGE_ITEMS;
		for (int i = 0; i < nbitmap_columns; i++)
		{
			const BitmapColumn *bitmap_column =
				&bitmap_columns->bitmap_columns[i];

			array[live] = chunked_array_peek(&bitmap_column->words, from);
			if (array[live] == NULL)
				continue;
			/* the first page may be short: what it lacks is zero */
			if (from == 0 && bitmap_column->words.first < slots)
			{
				uint64_t *whole =
					runtime_alloc_zero(NULL, PAGE_ITEMS * sizeof(uint64_t));

				memcpy(whole, array[live],
					   bitmap_column->words.first * sizeof(uint64_t));
				array[live] = whole;
			}
			starts[live++] =
				(uint32_t) (bitmap_column_first(bitmap_columns, bitmap_column) -
							tally->first);
		}
		for (uint32_t slot = 0; slot < slots; slot++)
		{
			for (int i = 0; i < live; i++)
				words[i] = array[i][slot];
			tally_customer(tally, words, starts, live);
		}
	}
	runtime_free(array);
	runtime_free(starts);
	runtime_free(words);
}

/* Count a customer whose bits are periods, without a tally. */
static void
count_periods(const Fold *fold, Retention *retention, uint32_t slot)
{
	const BitmapColumns *bitmap_columns = &fold->returns;
	Cohort *cohort = NULL;
	int32_t last = 0;

	for (int i = 0; i < bitmap_columns->nbitmap_columns; i++)
	{
		uint64_t word =
			bitmap_column_word(&bitmap_columns->bitmap_columns[i], slot);
		int64_t first = bitmap_column_first(bitmap_columns,
											&bitmap_columns->bitmap_columns[i]);

		if (word != 0 && cohort == NULL)
		{
			cohort = retention_cohort(retention,
									  (Period) (first + __builtin_ctzll(word)));
			cohort->members++;
		}
		for (; word != 0; word &= word - 1)
		{
			Cell *cell;

			last = (int32_t) (first + __builtin_ctzll(word) - cohort->period);
			cell = cell_at(retention, cohort, last);
			cell->retained++;
			cell->returned++;
		}
	}
	if (cohort != NULL)
		cell_at(retention, cohort, last)->last++;
}

/* Count a customer whose bits are days, some of them starts. */
static void
count_days(Fold *fold, Retention *retention, uint32_t slot)
{
	const BitmapColumns *bitmap_columns = &fold->returns;
	int64_t start = bitmap_columns_lowest(&fold->starts, slot);
	Cohort *cohort;
	int32_t last = 0;
	int32_t returned = -1;

	if (start == INT64_MIN)
		return;
	cohort = retention_cohort(
		retention, period_cache_period(fold->period_cache, (Day) start));
	cohort->members++;
	cell_at(retention, cohort, 0)->retained++;
	for (int i = 0; i < bitmap_columns->nbitmap_columns; i++)
	{
		uint64_t word =
			bitmap_column_word(&bitmap_columns->bitmap_columns[i], slot);
		int64_t first = bitmap_column_first(bitmap_columns,
											&bitmap_columns->bitmap_columns[i]);

		for (; word != 0; word &= word - 1)
		{
			int64_t day = first + __builtin_ctzll(word);
			int32_t no;

			if (day < start)
				continue;
			no = period_cache_period(fold->period_cache, (Day) day) -
				 cohort->period;
			if (no == returned)
				continue;
			returned = no;
			cell_at(retention, cohort, no)->returned++;
			if (no > 0)
				cell_at(retention, cohort, no)->retained++;
			last = no;
		}
	}
	cell_at(retention, cohort, last)->last++;
}

/* The cohorts of some retention states in one row, and whose they are */
typedef struct Cohorts
{
	int *from; /* by state: where its cohorts begin */
	Retention **owners;
	Cohort **cohorts;
	int count;
} Cohorts;

static void
cohorts_open(Cohorts *cohorts, Retention **retentions, int nretentions)
{
	int room = 1;

	for (int i = 0; i < nretentions; i++)
		room += retentions[i]->ncohorts;
	cohorts->from = runtime_alloc(NULL, nretentions * sizeof(int));
	cohorts->owners = runtime_alloc(NULL, room * sizeof(Retention *));
	cohorts->cohorts = runtime_alloc(NULL, room * sizeof(Cohort *));
	cohorts->count = 0;
	for (int i = 0; i < nretentions; i++)
	{
		cohorts->from[i] = cohorts->count;
		for (int j = 0; j < retentions[i]->ncohorts; j++)
		{
			cohorts->owners[cohorts->count] = retentions[i];
			cohorts->cohorts[cohorts->count++] = &retentions[i]->cohorts[j];
		}
	}
}

static void
cohorts_close(Cohorts *cohorts)
{
	runtime_free(cohorts->from);
	runtime_free(cohorts->owners);
	runtime_free(cohorts->cohorts);
}

/* Where a customer's values count: from a bit on, in a cohort */
typedef struct Origin
{
	int32_t bit;
	uint32_t cohort; /* among all, or NO_COHORT */
} Origin;

#define NO_COHORT UINT32_MAX

/* The origin of every slot, now that all cohorts are known; to be freed. */
static Origin *
origins_make(const Fold *fold, Retention **retentions, const int32_t *segments,
			 const Cohorts *cohorts)
{
	const BitmapColumns *bitmap_columns =
		fold->is_marked ? &fold->starts : &fold->returns;
	Origin *origins = runtime_alloc(
		NULL, ((size_t) fold->key_table.nslots + 1) * sizeof(Origin));

	for (uint32_t slot = 0; slot < fold->key_table.nslots; slot++)
	{
		int32_t segment = segments == NULL ? 0 : segments[slot];
		const Retention *retention = retentions[segment];
		int64_t bit = bitmap_columns_lowest(bitmap_columns, slot);
		Period period;

		if ((slot & 255) == 0)
			check_interrupts();
		origins[slot].cohort = NO_COHORT;
		if (bit == INT64_MIN)
			continue;
		period = fold->is_marked
					 ? period_cache_period(fold->period_cache, (Day) bit)
					 : (Period) bit;
		origins[slot].bit = (int32_t) bit;
		origins[slot].cohort =
			(uint32_t) (cohorts->from[segment] +
						sorted_place(retention->cohorts, retention->ncohorts,
									 sizeof(Cohort), period));
	}
	return origins;
}

/* What the customers of each cohort brought in a period */
typedef struct CohortSums
{
	Wide *sums;		 /* by cohort */
	uint32_t *where; /* cohorts that have one */
	uint32_t nwhere;
	bool *has; /* by cohort */
} CohortSums;

static void
cohort_sums_open(CohortSums *cohort_sums, int ncohorts)
{
	size_t room = (size_t) ncohorts + 1;

	cohort_sums->sums = runtime_alloc_zero(NULL, room * sizeof(Wide));
	cohort_sums->where = runtime_alloc(NULL, room * sizeof(uint32_t));
	cohort_sums->nwhere = 0;
	cohort_sums->has = runtime_alloc_zero(NULL, room * sizeof(bool));
}

static void
cohort_sums_close(CohortSums *cohort_sums)
{
	runtime_free(cohort_sums->sums);
	runtime_free(cohort_sums->where);
	runtime_free(cohort_sums->has);
}

static inline void
cohort_sums_add(CohortSums *cohort_sums, uint32_t cohort, Wide sum)
{
	if (!cohort_sums->has[cohort])
	{
		cohort_sums->has[cohort] = true;
		cohort_sums->where[cohort_sums->nwhere++] = cohort;
	}
	cohort_sums->sums[cohort] = money_add(cohort_sums->sums[cohort], sum);
}

/* Add them to the cells of the period, and begin anew. */
static void
cohort_sums_move(CohortSums *cohort_sums, const Cohorts *cohorts, Period period)
{
	for (uint32_t i = 0; i < cohort_sums->nwhere; i++)
	{
		uint32_t at = cohort_sums->where[i];
		Cohort *cohort = cohorts->cohorts[at];
		Cell *cell =
			cell_at(cohorts->owners[at], cohort, period - cohort->period);

		cell->value = money_add(cell->value, cohort_sums->sums[at]);
		cohort_sums->sums[at] = 0;
		cohort_sums->has[at] = false;
	}
	cohort_sums->nwhere = 0;
}

/* Tell the states which of them have values, and at which scale. */
static void
scale_all(const Fold *fold, Retention **retentions, const int32_t *segments)
{
	if (segments == NULL)
	{
		retention_scale(retentions[0], fold->has_value, fold->scale);
		return;
	}
	for (int i = 0; i < fold->memberships.segments.count; i++)
		retention_scale(retentions[i], false, fold->scale);
	for (uint32_t slot = 0; slot < fold->key_table.nslots; slot++)
	{
		uint32_t marks = memberships_marks(&fold->memberships, slot);

		if ((marks & MEMBER_VALUE) && (marks & ~MEMBER_VALUE) > MEMBER_KNOWN)
			retentions[segments[slot]]->has_value = true;
	}
}

/* Put the values where they belong, now that cohorts are known. */
static void
count_values(Fold *fold, Retention **retentions, const int32_t *segments)
{
	Origin *origins;
	Cohorts cohorts;
	CohortSums cohort_sums;

	scale_all(fold, retentions, segments);
	if (fold->sums.ncolumns == 0)
		return;
	cohorts_open(&cohorts, retentions,
				 segments == NULL ? 1 : fold->memberships.segments.count);
	origins = origins_make(fold, retentions, segments, &cohorts);
	cohort_sums_open(&cohort_sums, cohorts.count);
	for (int i = 0; i < fold->sums.ncolumns; i++)
	{
		const SumColumn *column = &fold->sums.columns[i];
		uint32_t slots[SUM_COLUMN_BATCH];
		Wide sums[SUM_COLUMN_BATCH];
		uint32_t next = 0;
		int count;

		while ((count = sum_column_read(column, &next, slots, sums)) > 0)
		{
			check_interrupts();
			for (int j = 0; j < count; j++)
			{
				Origin origin = origins[slots[j]];

				if (origin.cohort != NO_COHORT && column->period >= origin.bit)
					cohort_sums_add(&cohort_sums, origin.cohort, sums[j]);
			}
		}
		cohort_sums_move(
			&cohort_sums, &cohorts,
			fold->is_marked
				? period_cache_period(fold->period_cache, column->period)
				: column->period);
	}
	runtime_free(origins);
	cohort_sums_close(&cohort_sums);
	cohorts_close(&cohorts);
}

/* Count the customers one by one, each into the state of its segment. */
static void
count_customers(Fold *fold, Retention **retentions, const int32_t *segments)
{
	for (uint32_t slot = 0; slot < fold->key_table.nslots; slot++)
	{
		Retention *retention =
			retentions[segments == NULL ? 0 : segments[slot]];

		if ((slot & 255) == 0)
			check_interrupts();
		if (fold->is_marked)
			count_days(fold, retention, slot);
		else
			count_periods(fold, retention, slot);
	}
}

/*
 * Count the customers of a fold that is all in memory: into a state, or with
 * memberships into one for each segment.
 */
static void
tally_count(Fold *fold, void *arg)
{
	Retention **retentions = arg;
	Tally tally;
	int32_t *segments = NULL;

	if (fold->has_memberships)
	{
		segments =
			memberships_segments(&fold->memberships, fold->key_table.nslots);
		count_customers(fold, retentions, segments);
	}
	else
	{
		tally_open(&tally, fold);
		if (tally.span > 0)
			count_periods_tally(fold, &tally);
		else
			count_customers(fold, retentions, NULL);
		tally_close(&tally, retentions[0]);
	}
	count_values(fold, retentions, segments);
	if (segments != NULL)
		runtime_free(segments);
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
	fold_each_part(fold, tally_count, &retention);
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
	fold_each_part(fold, tally_count, retentions);
	return retentions;
}
