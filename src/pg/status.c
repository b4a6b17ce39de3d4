/*
 * status.c
 *		Is a status one of the words of a setting?
 *
 * Every spell is asked, more than once, and statuses are few: each that was met
 * is kept with its answer, as long as the words are the same.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"

#include "pg/compat.h"

#define KEPT_STATUSES 8
#define KEPT_SIZE 32 /* bytes of the longest that is kept */

typedef struct StatusAnswers
{
	ArrayType *words; /* a copy */
	bool is_constant; /* the words are the same in every row */
	int count;
	int next; /* the one that gives way */
	uint8 sizes[KEPT_STATUSES];
	bool answers[KEPT_STATUSES];
	char statuses[KEPT_STATUSES][KEPT_SIZE];
} StatusAnswers;

/* In small letters, its parts joined: as lower() of translate() under "C" */
static size_t
status_plain(const char *status, size_t size, char *plain)
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++)
	{
		char letter = status[i];

		if (letter == ' ' || letter == '_' || letter == '-')
			continue;
		if (letter >= 'A' && letter <= 'Z')
			letter += 'a' - 'A';
		plain[used++] = letter;
	}
	return used;
}

static bool
status_look(const char *status, size_t size, ArrayType *words)
{
	char *plain = palloc(size + 1);
	size_t used = status_plain(status, size, plain);
	Datum *items;
	bool *nulls;
	int nitems;
	bool found = false;

	deconstruct_array(words, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls,
					  &nitems);
	for (int i = 0; i < nitems && !found; i++)
	{
		text *word = nulls[i] ? NULL : DatumGetTextPP(items[i]);

		found = word != NULL && VARSIZE_ANY_EXHDR(word) == used &&
				memcmp(VARDATA_ANY(word), plain, used) == 0;
	}
	return found;
}

/* The answers so far, or none where the words are others than in the last row */
static StatusAnswers *
answers_of(FunctionCallInfo fcinfo, ArrayType *words)
{
	StatusAnswers *kept = fcinfo->flinfo->fn_extra;
	MemoryContext context = fcinfo->flinfo->fn_mcxt;

	if (likely(kept != NULL &&
			   (kept->is_constant ||
				(VARSIZE(kept->words) == VARSIZE(words) &&
				 memcmp(kept->words, words, VARSIZE(words)) == 0))))
		return kept;
	if (kept == NULL)
	{
		kept = fcinfo->flinfo->fn_extra =
			MemoryContextAlloc(context, sizeof(StatusAnswers));
		kept->is_constant = get_fn_expr_arg_stable(fcinfo->flinfo, 1);
	}
	else
		pfree(kept->words);
	kept->count = kept->next = 0;
	kept->words = MemoryContextAlloc(context, VARSIZE(words));
	memcpy(kept->words, words, VARSIZE(words));
	return kept;
}

/* _has_status(status, words) */
PG_FUNCTION_INFO_V1(cvm_has_status);
Datum
cvm_has_status(PG_FUNCTION_ARGS)
{
	text *status = PG_GETARG_TEXT_PP(0);
	ArrayType *words = PG_GETARG_ARRAYTYPE_P(1);
	const char *data = VARDATA_ANY(status);
	size_t size = VARSIZE_ANY_EXHDR(status);
	StatusAnswers *kept = answers_of(fcinfo, words);
	int at;

	for (int i = 0; i < kept->count; i++)
		if (kept->sizes[i] == size &&
			memcmp(kept->statuses[i], data, size) == 0)
			PG_RETURN_BOOL(kept->answers[i]);
	if (size > KEPT_SIZE)
		PG_RETURN_BOOL(status_look(data, size, words));
	at = kept->next;
	kept->sizes[at] = (uint8) size;
	kept->answers[at] = status_look(data, size, words);
	memcpy(kept->statuses[at], data, size);
	if (kept->count < KEPT_STATUSES)
		kept->count++;
	kept->next = (at + 1) % KEPT_STATUSES;
	PG_RETURN_BOOL(kept->answers[at]);
}
