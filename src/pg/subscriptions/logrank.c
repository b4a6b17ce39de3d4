/*
 * logrank.c
 *		Do groups churn alike?  Tests of states of survival
 *		(core/subscriptions/survival.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "core/util/dictionary.h"
#include "pg/rows_out.h"
#include "pg/subscriptions/survival.h"

/* What a comparison found, as a row. */
static Datum
logrank_row(FunctionCallInfo fcinfo, LogRank test)
{
	Datum values[3];
	bool nulls[3] = {false};

	values[0] = number_datum(test.chi_square, &nulls[0]);
	values[1] = Int32GetDatum(test.degrees);
	values[2] = number_datum(test.p_value, &nulls[2]);
	return row_out(fcinfo, values, nulls);
}

static void
check_groups(int ngroups)
{
	if (ngroups < 2)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%d groups cannot be compared", ngroups),
						errhint("Give the state of each group, for example by "
								"array_agg().")));
}

static Weight
argument_weight(FunctionCallInfo fcinfo, int argument)
{
	text *name = PG_GETARG_TEXT_PP(argument);

	return weight_of(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
}

/* logrank(survival[], weight) */
PG_FUNCTION_INFO_V1(cvm_logrank);
Datum
cvm_logrank(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	Datum *items;
	bool *nulls;
	int nitems;
	const Survival **groups;
	int ngroups = 0;

	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE,
					  &items, &nulls, &nitems);
	groups = palloc((nitems + 1) * sizeof(Survival *));
	for (int i = 0; i < nitems; i++)
		if (!nulls[i])
			groups[ngroups++] = survival_read(items[i]);
	check_groups(ngroups);
	return logrank_row(fcinfo, survival_logrank(groups, ngroups, 1,
												argument_weight(fcinfo, 1)));
}

/* The numbers of names, 0, 1, 2, ...; NULL is a name too. */
static int
names_of(ArrayType *array, int nitems, int *numbers)
{
	Dictionary names;
	Datum *items;
	bool *nulls;
	int count;
	int none = -1;
	int nnames = 0;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls,
					  &count);
	if (count != nitems)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%d names do not fit to %d states", count, nitems),
				 errhint("Give one group and one stratum for each state.")));
	dictionary_open(&names, CurrentMemoryContext);
	for (int i = 0; i < count; i++)
	{
		text *value;
		Label label;

		if (nulls[i])
		{
			if (none < 0)
				none = nnames++;
			numbers[i] = none;
			continue;
		}
		value = DatumGetTextPP(items[i]);
		label = (Label){VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
		numbers[i] = dictionary_intern(&names, &label);
		/* those after the one without a name move up */
		if (none >= 0 && numbers[i] >= none)
			numbers[i]++;
		if (numbers[i] >= nnames)
			nnames = numbers[i] + 1;
	}
	return nnames;
}

/* logrank(survival[], groups, strata, weight) */
PG_FUNCTION_INFO_V1(cvm_logrank_stratified);
Datum
cvm_logrank_stratified(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	Datum *items;
	bool *nulls;
	int nitems;
	int *group;
	int *stratum;
	int ngroups;
	int nstrata;
	Survival **cells;

	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE,
					  &items, &nulls, &nitems);
	group = palloc((nitems + 1) * sizeof(int));
	stratum = palloc((nitems + 1) * sizeof(int));
	ngroups = names_of(PG_GETARG_ARRAYTYPE_P(1), nitems, group);
	nstrata = names_of(PG_GETARG_ARRAYTYPE_P(2), nitems, stratum);
	check_groups(ngroups);
	cells = palloc0((size_t) ngroups * nstrata * sizeof(Survival *));
	for (int i = 0; i < nitems; i++)
	{
		Survival **cell = &cells[stratum[i] * ngroups + group[i]];

		if (nulls[i])
			continue;
		if (*cell == NULL)
			*cell = survival_new(CurrentMemoryContext);
		survival_merge(*cell, survival_read(items[i]));
	}
	return logrank_row(
		fcinfo, survival_logrank((const Survival *const *) cells, ngroups,
								 nstrata, argument_weight(fcinfo, 3)));
}
