/*
 * entries.c
 *		A customer's entries into a focal product, as rows
 *		(core/cannibalization/entries.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"

#include "pg/arguments.h"
#include "pg/cannibalization/product_roles.h"
#include "pg/numeric.h"
#include "pg/rows_out.h"
#include "pg/subscriptions/holdings.h"

/* The donors that were held on the last day of what was brought before. */
static Datum
peak_donors(const Trajectory *trajectory, const Entry *entry)
{
	const Holdings *holdings = trajectory->holdings;
	bool *held = palloc0(holdings->nnames + 1);
	Datum *names = palloc((holdings->nnames + 1) * sizeof(Datum));
	int count = 0;

	for (int i = 0; entry->donor.before > 0 && i < holdings->nspells; i++)
		if (trajectory->product_roles[holdings->spells[i].product] ==
				SIDE_DONOR &&
			spell_holds(&holdings->spells[i], entry->donor.peak))
			held[holdings->spells[i].product] = true;
	for (int i = 0; i < holdings->nnames; i++)
		if (held[i])
			names[count++] = PointerGetDatum(cstring_to_text_with_len(
				holdings->names[i].data, (int) holdings->names[i].size));
	return PointerGetDatum(
		construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

#define ENTRY_COLUMNS 11

/* entries(holdings, focal, donors, as_of, look_back, look_ahead, gap) */
PG_FUNCTION_INFO_V1(cvm_entries);
Datum
cvm_entries(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result;
	Day as_of = argument_day(fcinfo, 3, "as_of");
	Window window = {argument_days(fcinfo, 4, "look_back",
								   "Use 1 or more days, such as 30."),
					 argument_days(fcinfo, 5, "look_ahead",
								   "Use 0 or more days, such as 60.")};
	int32_t gap = argument_days(fcinfo, 6, "gap", "Use 0 or more days.");
	Holdings *holdings;
	Trajectory trajectory = {0};

	result = rows_out_begin(fcinfo);
	window_check(window);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	holdings = holdings_read(PG_GETARG_DATUM(0));
	trajectory_set(&trajectory, holdings,
				   argument_product_roles(fcinfo, 1, 2, holdings), as_of, gap);
	for (int i = 0; i < trajectory.nruns; i++)
	{
		Entry entry = trajectory_entry(&trajectory, i, window);
		Datum values[ENTRY_COLUMNS];
		bool nulls[ENTRY_COLUMNS] = {false};
		int scale = holdings->scale;

		values[0] = DateADTGetDatum(entry.day);
		values[1] = CStringGetTextDatum(entry_kind_name(entry.kind));
		values[2] = decimal_make(entry.donor.before, scale);
		values[3] = decimal_make(entry.donor.after, scale);
		values[4] = decimal_make(entry.focal, scale);
		values[5] = decimal_make(entry.lost, scale);
		values[6] = decimal_make(entry.focal - entry.lost, scale);
		values[7] = peak_donors(&trajectory, &entry);
		values[8] = holdings_name(holdings, entry.run->channel, &nulls[8]);
		values[9] = holdings_name(holdings, entry.run->offer, &nulls[9]);
		values[10] = Int32GetDatum(entry.day - 1 - entry.donor.peak);
		nulls[10] = entry.donor.before == 0;
		nulls[3] = nulls[5] = nulls[6] = !entry.matured;
		rows_out_put(result, values, nulls);
	}
	return (Datum) 0;
}
