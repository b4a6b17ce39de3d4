/*
 * scan_explain.c
 *		EXPLAIN ANALYZE names the scans that folds read, and says why others are
 *		not read.
 *
 * Whether a fold reads a scan (pg/scan_below.h) shows when its first row comes,
 * so it is noted while the explained query runs, and told after its plan.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "commands/explain.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/compat.h"
#include "pg/scan_explain.h"

#define NOTES_LIMIT 100

/* What is said of the query that is explained */
typedef struct ScanNotes
{
	MemoryContext context;
	List *notes; /* char * */
} ScanNotes;

static ScanNotes *scan_notes; /* NULL: nobody asks */
static ExplainOneQuery_hook_type explain_next;

void
scan_explain_note(Oid aggregate, const char *table, const char *reason)
{
	const char *name;
	char *note;
	MemoryContext before;
	ListCell *at;

	if (scan_notes == NULL || list_length(scan_notes->notes) >= NOTES_LIMIT)
		return;
	before = MemoryContextSwitchTo(scan_notes->context);
	name = get_func_name(aggregate);
	if (name == NULL)
		name = "?";
	if (reason == NULL)
		note = psprintf("%s reads the scan of %s", name, table);
	else if (table != NULL)
		note = psprintf("%s does not read the scan of %s: %s", name, table,
						reason);
	else
		note = psprintf("%s reads no scan: %s", name, reason);
	foreach (at, scan_notes->notes)
		if (strcmp(lfirst(at), note) == 0)
			break;
	if (at == NULL)
		scan_notes->notes = lappend(scan_notes->notes, note);
	else
		pfree(note);
	MemoryContextSwitchTo(before);
}

/* Tell what was noted: a line each, or a list after the plan. */
static void
notes_tell(List *notes, ExplainState *es)
{
	ListCell *at;

	if (notes == NIL)
		return;
	if (es->format == EXPLAIN_FORMAT_TEXT)
	{
		foreach (at, notes)
			ExplainPropertyText("Fold Scan", lfirst(at), es);
		return;
	}
	ExplainOpenGroup("Query", NULL, true, es);
	ExplainPropertyList("Fold Scans", notes, es);
	ExplainCloseGroup("Query", NULL, true, es);
}

static void
scan_explain_query(Query *query, int cursorOptions, IntoClause *into,
				   ExplainState *es, const char *queryString,
				   ParamListInfo params, QueryEnvironment *queryEnv)
{
	ScanNotes *outer = scan_notes;
	ScanNotes noted = {CurrentMemoryContext, NIL};

	PG_TRY();
	{
		scan_notes = es->analyze ? &noted : NULL;
		if (explain_next != NULL)
			explain_next(query, cursorOptions, into, es, queryString, params,
						 queryEnv);
		else
			standard_ExplainOneQuery(query, cursorOptions, into, es,
									 queryString, params, queryEnv);
	}
	PG_FINALLY();
	{
		scan_notes = outer;
	}
	PG_END_TRY();
	notes_tell(noted.notes, es);
}

void
scan_explain_init(void)
{
	explain_next = ExplainOneQuery_hook;
	ExplainOneQuery_hook = scan_explain_query;
}
