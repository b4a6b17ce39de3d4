/*
 * paid_since.c
 *		Since when a customer has been paying, from spells in any order.
 *
 * The state is an array of numbers: as_of, the gap, and of each time of paying
 * the first day and the day after the last, in order.  Most customers have one.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/memutils.h"

#define HEAD_NUMBERS 2 /* before the times of paying */

/* The numbers of a state, and how many; refuses what is none. */
static int32 *
since_numbers(ArrayType *state, int *count)
{
	if (ARR_NDIM(state) != 1 || array_contains_nulls(state) ||
		ARR_ELEMTYPE(state) != INT4OID || ARR_DIMS(state)[0] < HEAD_NUMBERS ||
		ARR_DIMS(state)[0] % 2 != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("this is no state of _paid_since_agg"),
						errhint("Call the aggregate.")));
	*count = ARR_DIMS(state)[0];
	return (int32 *) ARR_DATA_PTR(state);
}

static ArrayType *
since_make(int count)
{
	Size size = ARR_OVERHEAD_NONULLS(1) + (Size) count * sizeof(int32);
	ArrayType *state;

	if (!AllocSizeIsValid(size))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a customer has too many times of paying")));
	state = palloc0(size);
	SET_VARSIZE(state, size);
	state->ndim = 1;
	state->elemtype = INT4OID;
	ARR_DIMS(state)[0] = count;
	ARR_LBOUND(state)[0] = 1;
	return state;
}

/* A state with another time of paying: what lies within the gap is one. */
static ArrayType *
since_add(ArrayType *state, int32 start, int32 end)
{
	int count;
	int32 *numbers = since_numbers(state, &count);
	int64 gap = numbers[1];
	int from = HEAD_NUMBERS;
	int to;
	ArrayType *result;
	int32 *made;

	/* those before it, and those that become one with it */
	while (from < count && (int64) numbers[from + 1] + gap < start)
		from += 2;
	for (to = from; to < count && numbers[to] <= (int64) end + gap; to += 2)
	{
		start = Min(start, numbers[to]);
		end = Max(end, numbers[to + 1]);
	}
	if (to - from == 2 && numbers[from] == start && numbers[from + 1] == end)
		return state;
	result = since_make(count - (to - from) + 2);
	made = (int32 *) ARR_DATA_PTR(result);
	memcpy(made, numbers, from * sizeof(int32));
	made[from] = start;
	made[from + 1] = end;
	memcpy(made + from + 2, numbers + to, (count - to) * sizeof(int32));
	return result;
}

/* The step of (started_on, ended_on, as_of, gap) */
PG_FUNCTION_INFO_V1(cvm_paid_since_add);
Datum
cvm_paid_since_add(PG_FUNCTION_ARGS)
{
	ArrayType *state = PG_ARGISNULL(0) ? NULL : PG_GETARG_ARRAYTYPE_P(0);
	int32 *numbers;

	if (PG_ARGISNULL(3) || PG_ARGISNULL(4) || PG_GETARG_INT32(4) < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("as_of and gap must be given"),
						errhint("Give a day, and a number of days.")));
	if (state == NULL)
	{
		state = since_make(HEAD_NUMBERS);
		numbers = (int32 *) ARR_DATA_PTR(state);
		numbers[0] = PG_GETARG_DATEADT(3);
		numbers[1] = PG_GETARG_INT32(4);
	}
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) ||
		PG_GETARG_DATEADT(1) >= PG_GETARG_DATEADT(2))
		PG_RETURN_ARRAYTYPE_P(state);
	PG_RETURN_ARRAYTYPE_P(
		since_add(state, PG_GETARG_DATEADT(1), PG_GETARG_DATEADT(2)));
}

/* Two states as one */
PG_FUNCTION_INFO_V1(cvm_paid_since_combine);
Datum
cvm_paid_since_combine(PG_FUNCTION_ARGS)
{
	ArrayType *state;
	int32 *numbers;
	int count;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_DATUM(PG_GETARG_DATUM(PG_ARGISNULL(0) ? 1 : 0));
	state = PG_GETARG_ARRAYTYPE_P(0);
	(void) since_numbers(state, &count);
	numbers = since_numbers(PG_GETARG_ARRAYTYPE_P(1), &count);
	for (int i = HEAD_NUMBERS; i < count; i += 2)
		state = since_add(state, numbers[i], numbers[i + 1]);
	PG_RETURN_ARRAYTYPE_P(state);
}

/* The first day of the time of paying that goes on after as_of, if one does */
PG_FUNCTION_INFO_V1(cvm_paid_since_final);
Datum
cvm_paid_since_final(PG_FUNCTION_ARGS)
{
	int count;
	const int32 *numbers = since_numbers(PG_GETARG_ARRAYTYPE_P(0), &count);

	if (count == HEAD_NUMBERS || numbers[count - 1] <= numbers[0])
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(numbers[count - 2]);
}
