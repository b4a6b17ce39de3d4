/*
 * contact_beyond.c
 *		Which customers ever got more contacts than the cap, from raw rows in one
 *		pass (core/contacts/contact_beyond.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/lsyscache.h"

#include "core/contacts/contact_beyond.h"
#include "pg/contacts/member_state.h"
#include "pg/customer_out.h"

enum
{
	ARG_PURPOSE = ARG_DAY + 1,
	ARG_AS_OF,
	ARG_WINDOW,
	ARG_CAP
};

/* A row: a contact */
static inline void
contact_beyond_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	MemberLine *line;
	DateADT day;

	if (PG_ARGISNULL(ARG_CUSTOMER) ||
		!argument_fact_day(fcinfo, ARG_DAY, ARG_AS_OF, &day) ||
		argument_is_word(fcinfo, ARG_PURPOSE, SERVICE))
		return;
	line = customer_lines_next(&state->members->lines,
							   argument_customer(fcinfo, kind));
	*line = (MemberLine){.name = -1, .day = day};
}

MEMBER_STEPS(contact_beyond,
			 contact_state_begin(fcinfo, kind, sizeof(MemberLine), ARG_WINDOW,
								 ARG_CAP));

typedef struct Customers
{
	CustomerOut out;
	Oid type;
	ArrayBuildState *array;
} Customers;

static void
customer_take(void *arg, const Key *key)
{
	Customers *customers = arg;

	/* copies the value */
	customers->array =
		accumArrayResult(customers->array, customer_datum(&customers->out, key),
						 false, customers->type, CurrentMemoryContext);
}

/* The end: an array of the customers, or NULL */
PG_FUNCTION_INFO_V1(cvm_contact_beyond_final);
Datum
cvm_contact_beyond_final(PG_FUNCTION_ARGS)
{
	Customers customers = {0};
	MemberLines *members;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	members = member_state_lines(fcinfo);
	customers.type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	customer_out_open(&customers.out, members->lines.kind, customers.type);
	contact_beyond(members, customer_take, &customers);
	if (customers.array == NULL)
		PG_RETURN_NULL();
	return makeArrayResult(customers.array, CurrentMemoryContext);
}
