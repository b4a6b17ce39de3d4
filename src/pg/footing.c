/*
 * footing.c
 *		Window functions that round money so that it adds up as it is shown
 *		(core/util/footing.h).
 *
 * A window function, because what a row shows depends on the others: at the
 * first row of a partition all of them are read and settled, and each row then
 * takes what is its own.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "windowapi.h"

#include "core/util/dictionary.h"
#include "core/util/footing.h"
#include "pg/compat.h"
#include "pg/numeric.h"

#define TOTAL_SEGMENT "(all)"

/* What a partition keeps; shown and nulls are tables of rows by columns */
typedef struct Settled
{
	bool is_ready;
	int ncolumns;
	Wide *shown;
	bool *nulls;
} Settled;

/* A numeric as minor units, cut off where nothing is told apart any more */
static Exact
exact_read(Datum value, int decimals)
{
	Datum limit = NumericGetDatum(int64_to_numeric(EXACT_UNIT));
	Datum whole;
	Exact units;
	Exact rest;
	int scale;
	Wide mantissa;

	value = DirectFunctionCall2(numeric_trunc, value,
								Int32GetDatum(EXACT_DECIMALS));
	if (DatumGetBool(DirectFunctionCall2(
			numeric_lt, DirectFunctionCall1(numeric_abs, value), limit)))
	{
		mantissa = decimal_read(value, &scale);
		return exact_make(mantissa, scale, decimals);
	}
	/* more digits than a Wide has, so in two pieces */
	whole = DirectFunctionCall2(numeric_trunc, value, Int32GetDatum(0));
	mantissa = decimal_read(whole, &scale);
	units = exact_make(mantissa, scale, decimals);
	mantissa =
		decimal_read(DirectFunctionCall2(numeric_sub, value, whole), &scale);
	rest = exact_make(mantissa, scale, decimals);
	rest.units = money_add(rest.units, units.units);
	return rest;
}

static int
decimals_arg(WindowObject window, int argno)
{
	bool isnull;
	Datum value = WinGetFuncArgCurrent(window, argno, &isnull);

	if (isnull || DatumGetInt32(value) < 0 || DatumGetInt32(value) > 6)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%d\" is no number of decimals of a currency",
							   isnull ? 0 : DatumGetInt32(value)),
						errhint("Give cvm.minor_units() of the currency.")));
	return DatumGetInt32(value);
}

/* An argument of the nth row of the partition */
static Datum
row_arg(WindowObject window, int argno, int64 row, bool *isnull)
{
	bool is_out;

	return WinGetFuncArgInPartition(window, argno, (int) row, WINDOW_SEEK_HEAD,
									false, isnull, &is_out);
}

/* "opening", "line", "part 3": what each column is */
static FootingColumn *
columns_read(Datum roles, int *ncolumns)
{
	static const char *const names[] = {"sum",	   "opening", "line", "move",
										"closing", "part",	  "stock"};
	Datum *words;
	bool *nulls;
	FootingColumn *columns;

	deconstruct_array(DatumGetArrayTypeP(roles), TEXTOID, -1, false,
					  TYPALIGN_INT, &words, &nulls, ncolumns);
	columns = palloc(*ncolumns * sizeof(FootingColumn));
	for (int c = 0; c < *ncolumns; c++)
	{
		char *word = nulls[c] ? pstrdup("") : TextDatumGetCString(words[c]);
		char *of = strchr(word, ' ');
		int role;

		columns[c].of = of ? atoi(of + 1) - 1 : 0;
		if (of)
			*of = '\0';
		for (role = 0; role < (int) lengthof(names); role++)
			if (strcmp(word, names[role]) == 0)
				break;
		if (role == (int) lengthof(names) || columns[c].of < 0 ||
			columns[c].of >= *ncolumns)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("\"%s\" is not what a column can be", word),
							errhint("Views that cvm.rebuild() makes say it "
									"right.")));
		columns[c].role = (FootingRole) role;
	}
	return columns;
}

static bool
is_total(const Label *name)
{
	return name->size == strlen(TOTAL_SEGMENT) &&
		   memcmp(name->data, TOTAL_SEGMENT, name->size) == 0;
}

/* Memory of the partition for so many cells, with what keeps them in front */
static Settled *
settled_begin(WindowObject window, int ncolumns)
{
	size_t cells = (size_t) WinGetPartitionRowCount(window) * ncolumns;
	Settled *settled = WinGetPartitionLocalMemory(window, sizeof(Settled));
	MemoryContext context = GetMemoryChunkContext(settled);

	settled->ncolumns = ncolumns;
	settled->shown =
		MemoryContextAllocHuge(context, (cells + 1) * sizeof(Wide));
	settled->nulls = MemoryContextAllocHuge(context, cells + 1);
	return settled;
}

static void
settle_table(WindowObject window, Settled *settled, FootingColumn *columns,
			 int decimals)
{
	int64 nrows = WinGetPartitionRowCount(window);
	int ncolumns = settled->ncolumns;
	FootingRow *rows =
		palloc_extended((nrows + 1) * sizeof(FootingRow), MCXT_ALLOC_HUGE);
	Exact *amounts = palloc_extended((nrows * ncolumns + 1) * sizeof(Exact),
									 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	Dictionary names;

	dictionary_open(&names, CurrentMemoryContext);
	for (int64 row = 0; row < nrows; row++)
	{
		bool isnull;
		Datum value = row_arg(window, 1, row, &isnull);
		Label name = {0};
		Datum *cells;
		bool *nulls;
		int ncells;

		CHECK_FOR_INTERRUPTS();
		if (!isnull)
		{
			name.data = VARDATA_ANY(DatumGetTextPP(value));
			name.size = VARSIZE_ANY_EXHDR(DatumGetTextPP(value));
		}
		rows[row].segment =
			is_total(&name) ? -1 : dictionary_intern(&names, &name);
		value = row_arg(window, 2, row, &isnull);
		rows[row].period = isnull ? PG_INT64_MIN : DatumGetDateADT(value);
		value = row_arg(window, 0, row, &isnull);
		if (isnull)
			elog(ERROR, "a row without amounts");
		deconstruct_array(DatumGetArrayTypeP(value), NUMERICOID, -1, false,
						  TYPALIGN_INT, &cells, &nulls, &ncells);
		if (ncells != ncolumns)
			elog(ERROR, "%d amounts in %d columns", ncells, ncolumns);
		for (int c = 0; c < ncells; c++)
		{
			settled->nulls[row * ncolumns + c] = nulls[c];
			if (!nulls[c])
				amounts[row * ncolumns + c] = exact_read(cells[c], decimals);
		}
	}
	foot(columns, ncolumns, rows, (size_t) nrows, names.count, amounts,
		 settled->shown);
}

/* _footed(amounts, segment, period, roles, decimals) OVER (...) */
PG_FUNCTION_INFO_V1(cvm_footed);
Datum
cvm_footed(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Settled *settled = WinGetPartitionLocalMemory(window, sizeof(Settled));
	int decimals = decimals_arg(window, 4);
	int64 row = WinGetCurrentPosition(window);
	Datum *values;
	int dims[1];
	int lower[1] = {1};

	if (!settled->is_ready)
	{
		bool isnull;
		Datum roles = WinGetFuncArgCurrent(window, 3, &isnull);
		int ncolumns;
		FootingColumn *columns;

		if (isnull)
			elog(ERROR, "a row without roles");
		columns = columns_read(roles, &ncolumns);
		settled = settled_begin(window, ncolumns);
		settle_table(window, settled, columns, decimals);
		settled->is_ready = true;
	}
	values = palloc((settled->ncolumns + 1) * sizeof(Datum));
	dims[0] = settled->ncolumns;
	for (int c = 0; c < settled->ncolumns; c++)
		values[c] = decimal_make(settled->shown[row * dims[0] + c], decimals);
	PG_RETURN_ARRAYTYPE_P(
		construct_md_array(values, settled->nulls + row * dims[0], 1, dims,
						   lower, NUMERICOID, -1, false, TYPALIGN_INT));
}

/* _shared_out(amount, total, decimals) OVER (...) */
PG_FUNCTION_INFO_V1(cvm_shared_out);
Datum
cvm_shared_out(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Settled *settled = WinGetPartitionLocalMemory(window, sizeof(Settled));
	int decimals = decimals_arg(window, 2);
	int64 row = WinGetCurrentPosition(window);

	if (!settled->is_ready)
	{
		int64 nrows = WinGetPartitionRowCount(window);
		Exact *amounts = palloc_extended((nrows + 1) * sizeof(Exact),
										 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
		bool isnull;
		Datum total = WinGetFuncArgCurrent(window, 1, &isnull);
		bool is_known = !isnull;

		settled = settled_begin(window, 1);
		for (int64 i = 0; i < nrows; i++)
		{
			Datum value = row_arg(window, 0, i, &settled->nulls[i]);

			CHECK_FOR_INTERRUPTS();
			if (!settled->nulls[i])
				amounts[i] = exact_read(value, decimals);
			settled->shown[i] = exact_round(amounts[i]);
		}
		if (is_known)
			share_out(amounts, NULL, (size_t) nrows,
					  exact_round(exact_read(total, decimals)), settled->shown);
		settled->is_ready = true;
	}
	if (settled->nulls[row])
		PG_RETURN_NULL();
	return decimal_make(settled->shown[row], decimals);
}
