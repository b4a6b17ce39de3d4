/*
 * product_roles.c
 *		Parameters about entries.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "pg/arguments.h"
#include "pg/cannibalization/product_roles.h"
#include "pg/compat.h"

/* A list of names of products or offers, which may not be empty. */
static int
name_list(FunctionCallInfo fcinfo, int argument, const char *name,
		  const char *what, const char *hint, Datum **products)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(argument);
	bool *nulls;
	int count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, products, &nulls,
					  &count);
	if (count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s names no %s", name, what), errhint("%s", hint)));
	for (int i = 0; i < count; i++)
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("%s must not hold null", name),
							errhint("%s", hint)));
	return count;
}

static bool
is_named(const Label *product, const Datum *names, int nnames)
{
	for (int i = 0; i < nnames; i++)
	{
		struct varlena *name = (struct varlena *) DatumGetPointer(names[i]);

		if (VARSIZE_ANY_EXHDR(name) == product->size &&
			memcmp(VARDATA_ANY(name), product->data, product->size) == 0)
			return true;
	}
	return false;
}

/*
 * What each product of the holdings is.  Donors that are NULL are all products
 * but the focal ones.
 */
uint8_t *
argument_product_roles(FunctionCallInfo fcinfo, int focal, int donors,
					   const Holdings *holdings)
{
	static const char *const focal_hint =
		"Name the products that were launched, as in ARRAY['Lite'].";
	static const char *const donors_hint =
		"Name the products that may have lost, or use NULL for all but the "
		"focal ones.";
	uint8_t *product_roles = palloc0(holdings->nnames + 1);
	bool every_donor = PG_ARGISNULL(donors);
	Datum *focal_names;
	Datum *donor_names = NULL;
	int nfocal;
	int ndonor = 0;

	if (PG_ARGISNULL(focal))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("focal must not be null"), errhint("%s", focal_hint)));
	nfocal =
		name_list(fcinfo, focal, "focal", "product", focal_hint, &focal_names);
	if (!every_donor)
		ndonor = name_list(fcinfo, donors, "donors", "product", donors_hint,
						   &donor_names);
	for (int i = 0; i < ndonor; i++)
	{
		struct varlena *name =
			(struct varlena *) DatumGetPointer(donor_names[i]);
		Label product = {VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};

		if (is_named(&product, focal_names, nfocal))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("product \"%s\" is both focal and a donor",
								   text_to_cstring((text *) name)),
							errhint("%s", donors_hint)));
	}
	for (int i = 0; i < holdings->nnames; i++)
	{
		if (is_named(&holdings->names[i], focal_names, nfocal))
			product_roles[i] = SIDE_FOCAL;
		else if (every_donor ||
				 is_named(&holdings->names[i], donor_names, ndonor))
			product_roles[i] = SIDE_DONOR;
	}
	return product_roles;
}

/*
 * Which names of the holdings are among those of an argument; without it,
 * those that are offers.
 */
bool *
argument_offers(FunctionCallInfo fcinfo, int argument, const Holdings *holdings)
{
	bool *is_taken = palloc0(holdings->nnames + 1);
	Datum *names = NULL;
	int count = 0;

	if (!PG_ARGISNULL(argument))
		count = name_list(fcinfo, argument, "offers", "offer",
						  "Name offers, as in ARRAY['NEW24'], or use NULL "
						  "for all of them.",
						  &names);
	for (int i = 0; i < holdings->nspells; i++)
	{
		int32_t offer = holdings->spells[i].offer;

		if (offer >= 0 && (PG_ARGISNULL(argument) ||
						   is_named(&holdings->names[offer], names, count)))
			is_taken[offer] = true;
	}
	return is_taken;
}

/* A number of days. */
int32_t
argument_days(FunctionCallInfo fcinfo, int argument, const char *name,
			  const char *hint)
{
	argument_refuse_null(fcinfo, argument, name, hint);
	return PG_GETARG_INT32(argument);
}

/* A list of numbers of days, none twice. */
int
argument_day_list(FunctionCallInfo fcinfo, int argument, const char *name,
				  int32_t **days)
{
	Datum *values;
	bool *nulls;
	int count;

	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("%s must not be null", name),
						errhint("Give numbers of days, as in ARRAY[30, 60].")));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), INT4OID, sizeof(int32),
					  true, TYPALIGN_INT, &values, &nulls, &count);
	if (count == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s holds no number of days", name),
						errhint("Give numbers of days, as in ARRAY[30, 60].")));
	*days = palloc(count * sizeof(int32_t));
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not hold null", name),
					 errhint("Give numbers of days, as in ARRAY[30, 60].")));
		(*days)[i] = DatumGetInt32(values[i]);
		for (int j = 0; j < i; j++)
			if ((*days)[j] == (*days)[i])
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("%s holds \"%d\" twice", name, (*days)[i]),
						 errhint("Give each number of days once.")));
	}
	return count;
}

/* look_back and look_ahead, or what they usually are where they are not told */
Window
argument_window(FunctionCallInfo fcinfo, int argument)
{
	Window window = {30, 60};

	if (PG_NARGS() > argument)
	{
		window.look_back = argument_days(fcinfo, argument, "look_back",
										 "Use 1 or more days, such as 30.");
		window.look_ahead = argument_days(fcinfo, argument + 1, "look_ahead",
										  "Use 0 or more days, such as 60.");
	}
	return window;
}

/* Every pair of a list of look_back and one of look_ahead */
int
argument_windows(FunctionCallInfo fcinfo, int argument, Window **windows)
{
	int32_t *backs;
	int32_t *aheads;
	int nbacks = argument_day_list(fcinfo, argument, "look_back", &backs);
	int naheads =
		argument_day_list(fcinfo, argument + 1, "look_ahead", &aheads);

	*windows = palloc(sizeof(Window) * nbacks * naheads);
	for (int i = 0; i < nbacks; i++)
		for (int j = 0; j < naheads; j++)
			(*windows)[i * naheads + j] = (Window){backs[i], aheads[j]};
	return nbacks * naheads;
}

int32_t
argument_gap(FunctionCallInfo fcinfo, int argument)
{
	return PG_NARGS() > argument
			   ? argument_days(fcinfo, argument, "gap", "Use 0 or more days.")
			   : 0;
}

/* The stratum among the arguments; nameless when it is not told. */
Label
argument_stratum(FunctionCallInfo fcinfo, int argument)
{
	text *name;

	if (PG_NARGS() <= argument || PG_ARGISNULL(argument))
		return (Label){"", 0};
	name = PG_GETARG_TEXT_PP(argument);
	return (Label){VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};
}
