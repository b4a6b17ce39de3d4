/*
 * survival.c
 *		Type survival: how long customers stay (core/subscriptions/survival.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "utils/builtins.h"

#include "core/util/wilson.h"
#include "pg/label.h"
#include "pg/rows_out.h"
#include "pg/state_functions.h"
#include "pg/subscriptions/survival.h"

/* Causes of bytes from outside must be text of this database. */
static Survival *
decode_verified(const void *data, size_t size)
{
	Survival *survival = survival_decode(NULL, data, size);

	labels_verify(survival->causes, survival->ncauses);
	return survival;
}

STATE_TYPE_VERIFIED(survival, decode_verified)

/* A state to be read: of an aggregate or flat. */
const Survival *
survival_read(Datum datum)
{
	return expanded_read(&survival_state, datum);
}

/* The state of the aggregate that calls, ready to be added to. */
Survival *
survival_step(FunctionCallInfo fcinfo, const char *name, Datum *result)
{
	return expanded_step(&survival_state, fcinfo, name, result);
}

/*
 * survival_agg(duration, churned [, cause] [, entry]): which form it is the
 * caller says, because not every server says which types it calls with.
 */
static Datum
add(FunctionCallInfo fcinfo, bool is_caused)
{
	int at = is_caused ? 4 : 3;
	Label cause = {NULL, 0};
	int32_t entry;
	bool has_entry = false;
	Survival *survival;
	Datum result;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return expanded_skip(fcinfo, "survival_agg");
	if (is_caused && !PG_ARGISNULL(3))
	{
		text *value = PG_GETARG_TEXT_PP(3);

		cause.data = VARDATA_ANY(value);
		cause.size = VARSIZE_ANY_EXHDR(value);
	}
	if (PG_NARGS() > at && !PG_ARGISNULL(at))
	{
		entry = PG_GETARG_INT32(at);
		has_entry = true;
	}
	survival = survival_step(fcinfo, "survival_agg", &result);
	survival_add(survival, PG_GETARG_INT32(1), PG_GETARG_BOOL(2),
				 cause.data ? &cause : NULL, has_entry ? &entry : NULL);
	PG_RETURN_DATUM(result);
}

PG_FUNCTION_INFO_V1(cvm_survival_add);
Datum
cvm_survival_add(PG_FUNCTION_ARGS)
{
	return add(fcinfo, false);
}

PG_FUNCTION_INFO_V1(cvm_survival_add_cause);
Datum
cvm_survival_add_cause(PG_FUNCTION_ARGS)
{
	return add(fcinfo, true);
}

/* The level and kind of limits among the arguments */
static double
argument_limits(FunctionCallInfo fcinfo, int conf, Limits *limits)
{
	text *name = PG_GETARG_TEXT_PP(conf + 1);

	*limits = limits_of(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
	return conf_to_z(PG_GETARG_FLOAT8(conf));
}

#define CURVE_COLUMNS 10

/* survival_curve(survival, conf, conf_type) */
PG_FUNCTION_INFO_V1(cvm_survival_curve);
Datum
cvm_survival_curve(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result;
	Limits limits;
	double z = argument_limits(fcinfo, 1, &limits);
	SurvivalPoint *points;
	int npoints;

	result = rows_out_begin(fcinfo);
	npoints =
		survival_points(survival_read(PG_GETARG_DATUM(0)), z, limits, &points);
	for (int i = 0; i < npoints; i++)
	{
		const SurvivalPoint *point = &points[i];
		Datum values[CURVE_COLUMNS];
		bool nulls[CURVE_COLUMNS] = {false};

		values[0] = Int32GetDatum(point->at.age);
		values[1] = Int64GetDatum(point->at.at_risk);
		values[2] = Int64GetDatum(point->at.events);
		values[3] = Int64GetDatum(point->at.censored);
		values[4] = Float8GetDatum(point->survival);
		values[5] = number_datum(point->std_error, &nulls[5]);
		values[6] = number_datum(point->low, &nulls[6]);
		values[7] = number_datum(point->high, &nulls[7]);
		values[8] = Float8GetDatum(point->hazard);
		values[9] = Float8GetDatum(point->hazard_error);
		rows_out_put(result, values, nulls);
	}
	return (Datum) 0;
}

static double
argument_share(FunctionCallInfo fcinfo)
{
	double p = PG_GETARG_FLOAT8(1);

	if (!(p > 0 && p < 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("share \"%g\" is not between 0 and 1", p),
						errhint("Use 0.5 for the median.")));
	return p;
}

/* survival_quantile(survival, p, conf, conf_type) */
PG_FUNCTION_INFO_V1(cvm_survival_quantile);
Datum
cvm_survival_quantile(PG_FUNCTION_ARGS)
{
	Limits limits;
	double z = argument_limits(fcinfo, 2, &limits);
	double p = argument_share(fcinfo);
	Datum values[3] = {0};
	bool nulls[3];
	bool is_found[3];
	int32_t first[3];

	survival_first(survival_read(PG_GETARG_DATUM(0)), 1 - p, z, limits, first,
				   is_found);
	for (int i = 0; i < 3; i++)
	{
		nulls[i] = !is_found[i];
		values[i] = Int32GetDatum(is_found[i] ? first[i] : 0);
	}
	return row_out(fcinfo, values, nulls);
}

/* _survival_time(survival, p): the quantile without limits */
PG_FUNCTION_INFO_V1(cvm_survival_time);
Datum
cvm_survival_time(PG_FUNCTION_ARGS)
{
	double p = argument_share(fcinfo);
	bool is_found[3];
	int32_t first[3];

	survival_first(survival_read(PG_GETARG_DATUM(0)), 1 - p, NAN, LIMITS_PLAIN,
				   first, is_found);
	if (!is_found[0])
		PG_RETURN_NULL();
	PG_RETURN_INT32(first[0]);
}

/* survival_at(survival, age) */
PG_FUNCTION_INFO_V1(cvm_survival_at);
Datum
cvm_survival_at(PG_FUNCTION_ARGS)
{
	int32 age = PG_GETARG_INT32(1);
	SurvivalPoint *points;
	int npoints = survival_points(survival_read(PG_GETARG_DATUM(0)), 1,
								  LIMITS_PLAIN, &points);
	double survival = 1;

	/* past the last age seen only nobody is known */
	if (npoints == 0 || age < 0 ||
		(age > points[npoints - 1].at.age && points[npoints - 1].survival > 0))
		PG_RETURN_NULL();
	for (int i = 0; i < npoints && points[i].at.age <= age; i++)
		survival = points[i].survival;
	PG_RETURN_FLOAT8(survival);
}

static Datum
mean_part(FunctionCallInfo fcinfo, bool is_error)
{
	double std_error;
	double mean = survival_mean(survival_read(PG_GETARG_DATUM(0)),
								PG_GETARG_FLOAT8(1), &std_error);

	if (isnan(mean))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(is_error ? std_error : mean);
}

PG_FUNCTION_INFO_V1(cvm_rmst);
Datum
cvm_rmst(PG_FUNCTION_ARGS)
{
	return mean_part(fcinfo, false);
}

PG_FUNCTION_INFO_V1(cvm_rmst_error);
Datum
cvm_rmst_error(PG_FUNCTION_ARGS)
{
	return mean_part(fcinfo, true);
}

#define INCIDENCE_COLUMNS 6

/* cumulative_incidence(survival) */
PG_FUNCTION_INFO_V1(cvm_cumulative_incidence);
Datum
cvm_cumulative_incidence(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result;
	const Survival *survival;

	result = rows_out_begin(fcinfo);
	survival = survival_read(PG_GETARG_DATUM(0));
	for (int cause = 0; cause < survival->ncauses; cause++)
	{
		const Label *label = &survival->causes[cause];
		Incidence *rows;
		int nrows = survival_incidence(survival, cause, &rows);

		for (int i = 0; i < nrows; i++)
		{
			Datum values[INCIDENCE_COLUMNS];
			bool nulls[INCIDENCE_COLUMNS] = {false};

			values[0] = PointerGetDatum(
				label->size
					? cstring_to_text_with_len(label->data, (int) label->size)
					: cstring_to_text("(none)"));
			values[1] = Int32GetDatum(rows[i].age);
			values[2] = Int64GetDatum(rows[i].at_risk);
			values[3] = Int64GetDatum(rows[i].events);
			values[4] = Float8GetDatum(rows[i].incidence);
			values[5] = Float8GetDatum(rows[i].std_error);
			rows_out_put(result, values, nulls);
		}
	}
	return (Datum) 0;
}
