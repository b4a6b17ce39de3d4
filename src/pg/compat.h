/*
 * compat.h
 *		What differs between PostgreSQL versions, and nothing else.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_COMPAT_H
#define CVM_PG_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "cvm needs PostgreSQL 15 or later"
#endif

/* Until 19 whether a Datum has 8 bytes is the server's choice */
#if SIZEOF_VOID_P < 8 || (PG_VERSION_NUM < 190000 && !defined(USE_FLOAT8_BYVAL))
#error "cvm needs a 64-bit PostgreSQL that passes 8-byte values by value"
#endif

#include "fmgr.h"

/* 16 moved the varlena macros out of postgres.h */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 18 put the word in front of the declaration */
#if PG_VERSION_NUM < 180000
#define pg_noreturn __attribute__((noreturn))
#endif

/* 16 lets input functions tell an error instead of raising it */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#define HAS_SOFT_ERRORS(fcinfo) \
	((fcinfo)->context != NULL && IsA((fcinfo)->context, ErrorSaveContext))
#else
#define HAS_SOFT_ERRORS(fcinfo) false
#define ereturn(context, dummy, ...) \
	do                               \
	{                                \
		(void) (context);            \
		ereport(ERROR, __VA_ARGS__); \
	} while (0)
#endif

/* 16 tells an error of a range instead of raising it, if asked */
#if PG_VERSION_NUM >= 160000
#define range_make(type, from, to) make_range(type, from, to, false, NULL)
#else
#define range_make(type, from, to) make_range(type, from, to, false)
#endif

/* 18 has room for a name and a version in the magic block */
#ifndef PG_MODULE_MAGIC_EXT
#define PG_MODULE_MAGIC_EXT(...) PG_MODULE_MAGIC
#endif

/* 16 made one function of the many that ask who owns what */
#if PG_VERSION_NUM >= 160000
#define is_relation_owner(relation, role) \
	object_ownercheck(RelationRelationId, relation, role)
#else
#define is_relation_owner(relation, role) pg_class_ownercheck(relation, role)
#endif

/* Until 17 a page could lose rows that a snapshot sees, if a setting said so */
#if PG_VERSION_NUM >= 170000
#define OldSnapshotThresholdActive() false
#endif

/* 17 made one of the many places that do so */
#if PG_VERSION_NUM < 170000
#define RestrictSearchPath()                                               \
	((void) set_config_option("search_path", "pg_catalog, pg_temp",        \
							  PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, \
							  true, 0, false))
#endif

/* 18 has headers of their own for what EXPLAIN prints */
#if PG_VERSION_NUM >= 180000 && defined(EXPLAIN_H)
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif

/* Until 17 only EXPLAIN itself could explain a query that nobody else wants to */
#if PG_VERSION_NUM < 170000 && defined(EXPLAIN_H)
#include "tcop/tcopprot.h"

static inline void
standard_ExplainOneQuery(Query *query, int cursorOptions, IntoClause *into,
						 ExplainState *es, const char *queryString,
						 ParamListInfo params, QueryEnvironment *queryEnv)
{
	BufferUsage before = pgBufferUsage;
	BufferUsage used = {0};
	instr_time begun;
	instr_time took;
	PlannedStmt *plan;

	INSTR_TIME_SET_CURRENT(begun);
	plan = pg_plan_query(query, queryString, cursorOptions, params);
	INSTR_TIME_SET_CURRENT(took);
	INSTR_TIME_SUBTRACT(took, begun);
	BufferUsageAccumDiff(&used, &pgBufferUsage, &before);
	ExplainOnePlan(plan, into, es, queryString, params, queryEnv, &took,
				   es->buffers ? &used : NULL);
}
#endif

#endif /* CVM_PG_COMPAT_H */
