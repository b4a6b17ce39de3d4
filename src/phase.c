/*
 * phase.c
 *		Where in its life a customer is (core/phase.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "core/phase.h"
#include "holdings.h"
#include "types.h"
#include "zone.h"

/* lifecycle_phase(holdings, as_of, risk_since, known_from) */
PG_FUNCTION_INFO_V1(cvm_lifecycle_phase);
Datum
cvm_lifecycle_phase(PG_FUNCTION_ARGS)
{
	static const PhaseTerms terms = PHASE_TERMS;
	Day as_of = argument_day(fcinfo, 1, "as_of");
	int64 risk_since = NO_DAY;
	Phase phase = PHASE_PROSPECT;
	int64 known_from = as_of;
	int64 since = NO_DAY;
	TupleDesc desc;
	Datum values[2] = {0};
	bool nulls[2] = {false, true};

	if (!PG_ARGISNULL(2) && !DATE_IS_NOEND(PG_GETARG_DATEADT(2)))
		risk_since = PG_GETARG_DATEADT(2);
	if (!PG_ARGISNULL(3))
		known_from = PG_GETARG_DATEADT(3);
	if (!PG_ARGISNULL(0))
		phase = phase_of(holdings_read(PG_GETARG_DATUM(0)), as_of, risk_since,
						 known_from, &terms, &since);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type is not a row");
	values[0] = CStringGetTextDatum(phase_name(phase));
	if (since != NO_DAY)
	{
		nulls[1] = false;
		values[1] = day_datum(since, &nulls[1]);
	}
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}
