/*
 * member_state.h
 *		Aggregates over rows of which some say what happened to a customer, and
 *		others in which segment the customer was (core/contacts/member_lines.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef CVM_PG_CONTACTS_MEMBER_STATE_H
#define CVM_PG_CONTACTS_MEMBER_STATE_H

#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/contacts/cell_table.h"
#include "core/contacts/contact_pressure.h"
#include "core/contacts/member_lines.h"
#include "pg/passing.h"
#include "pg/row.h"
#include "pg/row_array.h"

#define ARG_CUSTOMER 1
#define ARG_DAY 2

/*
 * The state of the aggregate: lines of its own, or what a parallel worker sent,
 * still in its bytes until it is merged.
 */
typedef struct MemberState
{
	PassedState passed;
	MemberLines *members;
	void *cache; /* belongs to who takes rows; other processes have their own */
} MemberState;

extern MemberState *member_state_begin(FunctionCallInfo fcinfo, KeyKind kind,
									   size_t size);
extern bool member_state_take(FunctionCallInfo fcinfo, MemberState *state,
							  int segment);

/* Is the word of a row this one of small letters, in any case of these? */
extern bool argument_is_word(FunctionCallInfo fcinfo, int at, const char *word);

/* Note the moment of an answer. */
extern void answer_place(MemberLine *line, TimestampTz at);

#define SERVICE "service" /* a purpose: a contact of marketing has another */

/* A state whose lines have as_of among their parameters */
#define MEMBER_AS_OF 0
extern MemberState *member_state_until(FunctionCallInfo fcinfo, KeyKind kind,
									   size_t size, int as_of);

/* One with the window of contacts, and the cap where it is an argument, not -1 */
extern MemberState *contact_state_begin(FunctionCallInfo fcinfo, KeyKind kind,
										size_t size, int window, int cap);

/* What came of a contact, as flags of core/contacts/contact_pressure.h */
static inline uint32
contact_flags(FunctionCallInfo fcinfo, int responded, int opted_out)
{
	uint32 flags = row_flag(fcinfo, responded) ? CONTACT_RESPONDED : 0;

	if (!PG_ARGISNULL(opted_out))
		flags |= CONTACT_OPT_KNOWN |
				 (PG_GETARG_BOOL(opted_out) ? CONTACT_OPTED_OUT : 0);
	return flags;
}

/* The lines of an aggregate that ends; and its rows to be */
extern MemberLines *member_state_lines(FunctionCallInfo fcinfo);
extern MemberLines *member_state_end(FunctionCallInfo fcinfo, RowArray *array);

/*
 * The lines of an aggregate whose ticket is argument 0, which can be had once:
 * they are given back while they are read
 */
extern MemberLines *member_state_ticket(FunctionCallInfo fcinfo,
										const char *aggregate);

/*
 * The end of an aggregate that answers with cells: what counts them, and what
 * makes a row of one, or none (false); nulls are all false before
 */
#define CELL_COLUMNS_MAX 16
typedef void (*CellsCount)(MemberLines *members, Context context,
						   CellTable *cells);
typedef bool (*CellRow)(const MemberLines *members, const void *cell,
						Datum *values, bool *nulls);
extern Datum member_state_cells(FunctionCallInfo fcinfo, CellsCount count,
								CellRow row);

/* The name of the segment of a cell; NULL: that of all */
extern Datum cell_segment(const MemberLines *members, const CellKey *key,
						  bool *is_null);

static inline Key
argument_customer(FunctionCallInfo fcinfo, KeyKind kind)
{
	RowForm form = {.customer = ARG_CUSTOMER, .key_kind = kind};

	return row_key(&form, fcinfo);
}

/* The day of a row; false: there is none, or it is not before as_of. */
static inline bool
argument_fact_day(FunctionCallInfo fcinfo, int day, int as_of, DateADT *at)
{
	if (PG_ARGISNULL(day))
		return false;
	*at = PG_GETARG_DATEADT(day);
	return !DATE_NOT_FINITE(*at) &&
		   (PG_ARGISNULL(as_of) || *at < PG_GETARG_DATEADT(as_of));
}

/*
 * A step for each type of customers, which is kind: first makes the state at the
 * first row, and name_add(fcinfo, state, kind) takes each.
 */
#define MEMBER_STEP(name, type, key_kind, first)                              \
	PG_FUNCTION_INFO_V1(cvm_##name##_add_##type);                             \
	Datum cvm_##name##_add_##type(PG_FUNCTION_ARGS)                           \
	{                                                                         \
		const KeyKind kind = key_kind;                                        \
		MemberState *state =                                                  \
			PG_ARGISNULL(0) ? (first) : (MemberState *) PG_GETARG_POINTER(0); \
                                                                              \
		name##_add(fcinfo, state, kind);                                      \
		PG_RETURN_POINTER(state);                                             \
	}

#define MEMBER_STEPS(name, first)                \
	MEMBER_STEP(name, bigint, KEY_NUMBER, first) \
	MEMBER_STEP(name, text, KEY_TEXT, first)     \
	MEMBER_STEP(name, uuid, KEY_UUID, first)     \
	extern int member_steps_##name

#endif /* CVM_PG_CONTACTS_MEMBER_STATE_H */
