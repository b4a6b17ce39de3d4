/*
 * active_spells.c
 *		When somebody without a contract counts as a customer
 *		(core/retention/activity.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/date.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

#include "core/retention/activity.h"
#include "pg/arguments.h"
#include "pg/types.h"

/* active_spells(activity, idle_days, as_of): as ranges of days */
PG_FUNCTION_INFO_V1(cvm_active_spells);
Datum
cvm_active_spells(PG_FUNCTION_ARGS)
{
	Activity *activity = activity_read(PG_GETARG_DATUM(0));
	int32 idle_days = PG_GETARG_INT32(1);
	Day as_of = argument_day(fcinfo, 2, "as_of");
	TypeCacheEntry *type;
	ActiveSpell *spells;
	RangeType **ranges;
	int nspells;

	if (idle_days < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("idle_days \"%d\" is not positive", idle_days),
						errhint("Use 1 or more days.")));
	spells = palloc(sizeof(ActiveSpell) * Max(activity->ndays, 1));
	nspells = activity_spells(activity, idle_days, as_of, spells);
	type = lookup_type_cache(DATEMULTIRANGEOID, TYPECACHE_MULTIRANGE_INFO);
	ranges = palloc(sizeof(RangeType *) * Max(nspells, 1));
	for (int i = 0; i < nspells; i++)
	{
		RangeBound from = {DateADTGetDatum(spells[i].from), false, true, true};
		RangeBound to = {DateADTGetDatum(spells[i].to), false, false, false};

		ranges[i] = range_make(type->rngtype, &from, &to);
	}
	PG_RETURN_MULTIRANGE_P(
		make_multirange(DATEMULTIRANGEOID, type->rngtype, nspells, ranges));
}
