/*
 * survival.c
 *		How long customers stay: the state.
 *
 * Canonical bytes: version, the causes (sorted, each in use), number of marks,
 * and for each the distance from the age before, its kind and count.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "core/subscriptions/survival.h"

#include <string.h>

#include "core/util/money.h"

Survival *
survival_new(Context context)
{
	return RUNTIME_NEW(Survival, context);
}

/* Make room for one more mark. */
static void
marks_reach(Survival *survival)
{
	int room = survival->room ? survival->room * 2 : 8;

	if (survival->nmarks < survival->room)
		return;
	survival->marks =
		survival->room
			? runtime_realloc(survival->marks, room * sizeof(SurvivalMark))
			: runtime_alloc(survival->context, room * sizeof(SurvivalMark));
	survival->room = room;
}

/* Add to the count of a mark, making it if need be. */
static void
mark_add(Survival *survival, int32_t age, int32_t kind, int64_t count)
{
	int low = 0;
	int high = survival->nmarks;
	SurvivalMark *mark;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		mark = &survival->marks[middle];
		if (mark->age < age || (mark->age == age && mark->kind < kind))
			low = middle + 1;
		else
			high = middle;
	}
	if (low < survival->nmarks)
	{
		mark = &survival->marks[low];
		if (mark->age == age && mark->kind == kind)
		{
			mark->count = count_add(mark->count, count);
			return;
		}
	}
	marks_reach(survival);
	mark = &survival->marks[low];
	memmove(mark + 1, mark, (survival->nmarks - low) * sizeof(SurvivalMark));
	*mark = (SurvivalMark){age, kind, count};
	survival->nmarks++;
}

/* The number of a cause; a new one is copied. */
static int
cause_number(Survival *survival, const Label *cause)
{
	char *copy;

	for (int i = 0; i < survival->ncauses; i++)
		if (label_compare(&survival->causes[i], cause) == 0)
			return i;
	survival->causes =
		survival->ncauses
			? runtime_realloc(survival->causes,
							  (survival->ncauses + 1) * sizeof(Label))
			: runtime_alloc(survival->context, sizeof(Label));
	copy = runtime_alloc(survival->context, cause->size + 1);
	memcpy(copy, cause->data, cause->size);
	survival->causes[survival->ncauses] = (Label){copy, cause->size};
	return survival->ncauses++;
}

/*
 * Add a customer seen up to an age, who churned then or not.  cause may be
 * NULL, and so may entry, the age from which the customer was seen.
 */
void
survival_add(Survival *survival, int32_t age, bool churned, const Label *cause,
			 const int32_t *entry)
{
	static const Label no_cause = {"", 0};

	if (age < 0)
		runtime_error(
			RUNTIME_INVALID_VALUE,
			"A duration counts days, months or the like from the start.",
			"duration \"%d\" is negative", age);
	/* seen from the start is the same as no entry */
	if (entry != NULL && *entry != 0)
	{
		if (*entry < 0 || *entry >= age)
			runtime_error(RUNTIME_INVALID_VALUE,
						  "Leave out customers who left before they were first "
						  "seen.",
						  "entry at \"%d\" is not before the end at \"%d\"",
						  *entry, age);
		mark_add(survival, *entry, MARK_ENTERED, 1);
	}
	mark_add(
		survival, age,
		churned ? MARK_EVENT + cause_number(survival, cause ? cause : &no_cause)
				: MARK_CENSORED,
		1);
}

/* Add customers counted by age: lost at it, and last seen alive at it. */
void
survival_add_counts(Survival *survival, int32_t age, int64_t lost,
					int64_t alive)
{
	static const Label no_cause = {"", 0};

	if (age < 0)
		runtime_error(RUNTIME_INVALID_VALUE, "Count periods from 1.",
					  "period \"%d\" is negative", age);
	if (lost > 0)
		mark_add(survival, age, MARK_EVENT + cause_number(survival, &no_cause),
				 lost);
	if (alive > 0)
		mark_add(survival, age, MARK_CENSORED, alive);
}

static int
compare_causes(const void *a, const void *b)
{
	return label_compare(*(const Label *const *) a, *(const Label *const *) b);
}

static int
compare_marks(const void *a, const void *b)
{
	const SurvivalMark *mark_a = a;
	const SurvivalMark *mark_b = b;

	if (mark_a->age != mark_b->age)
		return mark_a->age < mark_b->age ? -1 : 1;
	return (mark_a->kind > mark_b->kind) - (mark_a->kind < mark_b->kind);
}

/* Add another state up. */
void
survival_merge(Survival *into, const Survival *more)
{
	int *numbers = runtime_alloc(NULL, (more->ncauses + 1) * sizeof(int));
	SurvivalMark *marks =
		runtime_alloc(NULL, (more->nmarks + 1) * sizeof(SurvivalMark));
	SurvivalMark *sum;
	int at = 0;
	int other = 0;
	int nmarks = 0;

	for (int i = 0; i < more->ncauses; i++)
		numbers[i] = cause_number(into, &more->causes[i]);
	for (int i = 0; i < more->nmarks; i++)
	{
		marks[i] = more->marks[i];
		if (marks[i].kind >= MARK_EVENT)
			marks[i].kind = MARK_EVENT + numbers[marks[i].kind - MARK_EVENT];
	}
	/* causes may have other numbers here */
	if (more->ncauses > 1)
		runtime_sort(marks, more->nmarks, sizeof(SurvivalMark), compare_marks);
	sum = runtime_alloc(
		into->context,
		((size_t) into->nmarks + more->nmarks + 1) * sizeof(SurvivalMark));
	while (at < into->nmarks || other < more->nmarks)
	{
		int order = at == into->nmarks ? 1
					: other == more->nmarks
						? -1
						: compare_marks(&into->marks[at], &marks[other]);

		if ((nmarks & 255) == 255)
			check_interrupts();
		sum[nmarks] = order > 0 ? marks[other++] : into->marks[at++];
		if (order == 0)
			sum[nmarks].count =
				count_add(sum[nmarks].count, marks[other++].count);
		nmarks++;
	}
	if (into->marks != NULL)
		runtime_free(into->marks);
	into->marks = sum;
	into->room = into->nmarks + more->nmarks + 1;
	into->nmarks = nmarks;
	runtime_free(marks);
	runtime_free(numbers);
}

/* Write canonical bytes. */
void
survival_encode(const Survival *survival, ByteWriter *writer)
{
	int ncauses = survival->ncauses;
	const Label **sorted = runtime_alloc(NULL, (ncauses + 1) * sizeof(Label *));
	int32_t *ranks = runtime_alloc(NULL, (ncauses + 1) * sizeof(int32_t));
	size_t size = survival->nmarks * sizeof(SurvivalMark);
	SurvivalMark *marks = runtime_alloc(NULL, size + 1);
	int32_t age = 0;

	for (int i = 0; i < ncauses; i++)
		sorted[i] = &survival->causes[i];
	runtime_sort(sorted, ncauses, sizeof(Label *), compare_causes);
	for (int i = 0; i < ncauses; i++)
		ranks[sorted[i] - survival->causes] = i;
	if (size > 0)
		memcpy(marks, survival->marks, size);
	for (int i = 0; i < survival->nmarks; i++)
		if (marks[i].kind >= MARK_EVENT)
			marks[i].kind = MARK_EVENT + ranks[marks[i].kind - MARK_EVENT];
	runtime_sort(marks, survival->nmarks, sizeof(SurvivalMark), compare_marks);

	write_byte(writer, SURVIVAL_VERSION);
	write_unsigned(writer, ncauses);
	for (int i = 0; i < ncauses; i++)
	{
		write_unsigned(writer, sorted[i]->size);
		write_raw(writer, sorted[i]->data, sorted[i]->size);
	}
	write_unsigned(writer, survival->nmarks);
	for (int i = 0; i < survival->nmarks; i++)
	{
		check_interrupts();
		write_unsigned(writer, marks[i].age - age);
		age = marks[i].age;
		write_unsigned(writer, marks[i].kind);
		write_unsigned(writer, marks[i].count);
	}
	runtime_free(sorted);
	runtime_free(ranks);
	runtime_free(marks);
}

/* At every age, no more may leave than are at risk. */
static void
check_marks(const Survival *survival, const ByteReader *reader)
{
	int64_t here = 0; /* who was there from the start */
	int64_t entered = 0;
	int64_t left = 0;

	for (int i = 0; i < survival->nmarks; i++)
	{
		if (survival->marks[i].kind == MARK_ENTERED)
			entered = count_add(entered, survival->marks[i].count);
		else
			left = count_add(left, survival->marks[i].count);
	}
	if (entered > left)
		reader_fail(reader);
	here = left - entered;
	for (int i = 0; i < survival->nmarks;)
	{
		int32_t age = survival->marks[i].age;
		int64_t late = 0;

		for (; i < survival->nmarks && survival->marks[i].age == age; i++)
			if (survival->marks[i].kind == MARK_ENTERED)
				late = survival->marks[i].count;
			else
				here -= survival->marks[i].count;
		if (here < 0)
			reader_fail(reader);
		here += late;
	}
}

/* Read canonical bytes; anything else is refused. */
Survival *
survival_decode(Context context, const void *data, size_t size)
{
	Survival *survival = survival_new(context);
	ByteReader reader = read_state(data, size, "survival", SURVIVAL_VERSION);
	bool *in_use;
	int64_t age = 0;

	survival->ncauses = (int) read_count(&reader, 1);
	if (survival->ncauses > 0)
		survival->causes =
			runtime_alloc(context, survival->ncauses * sizeof(Label));
	in_use = runtime_alloc_zero(NULL, survival->ncauses + 1);
	for (int i = 0; i < survival->ncauses; i++)
	{
		Label *cause = &survival->causes[i];

		cause->size = (uint32_t) read_count(&reader, 1);
		cause->data = read_text(&reader, cause->size);
		if (i > 0 && label_compare(cause - 1, cause) >= 0)
			reader_fail(&reader);
	}
	survival->nmarks = survival->room = (int) read_count(&reader, 3);
	if (survival->room > 0)
		survival->marks =
			runtime_alloc(context, survival->room * sizeof(SurvivalMark));
	for (int i = 0; i < survival->nmarks; i++)
	{
		SurvivalMark *mark = &survival->marks[i];

		check_interrupts();
		age += (int64_t) read_unsigned(&reader, INT32_MAX);
		if (age > INT32_MAX)
			reader_fail(&reader);
		mark->age = (int32_t) age;
		mark->kind = (int32_t) read_unsigned(
			&reader, (uint64_t) survival->ncauses + MARK_EVENT - 1);
		mark->count = (int64_t) read_unsigned(&reader, INT64_MAX);
		if (mark->count == 0 || (i > 0 && compare_marks(mark - 1, mark) >= 0))
			reader_fail(&reader);
		if (mark->kind >= MARK_EVENT)
			in_use[mark->kind - MARK_EVENT] = true;
	}
	reader_close(&reader);
	for (int i = 0; i < survival->ncauses; i++)
		if (!in_use[i])
			reader_fail(&reader);
	check_marks(survival, &reader);
	runtime_free(in_use);
	return survival;
}
