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

#include "core/util/crossfooting.h"
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
						errmsg("invalid number of decimals: %d",
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
							errmsg("unrecognized column role \"%s\"", word),
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

/* The name in an argument of a row; none is an empty one */
static Label
name_arg(WindowObject window, int argno, int64 row)
{
	bool isnull;
	Datum value = row_arg(window, argno, row, &isnull);
	Label name = {0};

	if (!isnull)
	{
		name.data = VARDATA_ANY(DatumGetTextPP(value));
		name.size = VARSIZE_ANY_EXHDR(DatumGetTextPP(value));
	}
	return name;
}

/* The amounts of a row, and which of them are none */
static void
amounts_arg(WindowObject window, int64 row, Settled *settled, int decimals,
			Exact *amounts)
{
	bool isnull;
	Datum value = row_arg(window, 0, row, &isnull);
	Datum *cells;
	bool *nulls;
	int ncells;

	if (isnull)
		elog(ERROR, "a row without amounts");
	deconstruct_array(DatumGetArrayTypeP(value), NUMERICOID, -1, false,
					  TYPALIGN_INT, &cells, &nulls, &ncells);
	if (ncells != settled->ncolumns)
		elog(ERROR, "%d amounts in %d columns", ncells, settled->ncolumns);
	for (int c = 0; c < ncells; c++)
	{
		settled->nulls[row * ncells + c] = nulls[c];
		if (!nulls[c])
			amounts[row * ncells + c] = exact_read(cells[c], decimals);
	}
}

/*
 * A waterfall whose totals are not rows of it: each period gets one, for the
 * rows to make what it is rounded to.
 */
static void
foot_unsummed(const FootingColumn *columns, int ncolumns,
			  const FootingRow *rows, int64 nrows, int nsegments,
			  const Exact *amounts, Wide *shown)
{
	FootingRow *all =
		palloc_extended((2 * nrows + 1) * sizeof(FootingRow), MCXT_ALLOC_HUGE);
	Exact *all_amounts =
		palloc_extended((2 * nrows * ncolumns + 1) * sizeof(Exact),
						MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	Wide *all_shown = palloc_extended((2 * nrows * ncolumns + 1) * sizeof(Wide),
									  MCXT_ALLOC_HUGE);
	int64 count = 0;
	int64 from = 0;

	for (int64 row = 0; row < nrows; row++)
	{
		memcpy(all_amounts + count * ncolumns, amounts + row * ncolumns,
			   ncolumns * sizeof(Exact));
		all[count++] = rows[row];
		if (row + 1 < nrows && rows[row + 1].period == rows[row].period)
			continue;
		for (int64 i = from; i < count; i++)
			for (int c = 0; c < ncolumns; c++)
				all_amounts[count * ncolumns + c] =
					exact_add(all_amounts[count * ncolumns + c],
							  all_amounts[i * ncolumns + c]);
		all[count] = (FootingRow){rows[row].period, -1};
		from = ++count;
	}
	foot(columns, ncolumns, all, (size_t) count, nsegments, all_amounts,
		 all_shown);
	count = 0;
	for (int64 row = 0; row < nrows; row++)
	{
		if (row > 0 && rows[row].period != rows[row - 1].period)
			count++;
		memcpy(shown + row * ncolumns, all_shown + count++ * ncolumns,
			   ncolumns * sizeof(Wide));
	}
	pfree(all);
	pfree(all_amounts);
	pfree(all_shown);
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
	bool has_total = false;
	Dictionary names;

	dictionary_open(&names, CurrentMemoryContext);
	for (int64 row = 0; row < nrows; row++)
	{
		bool isnull;
		Label name = name_arg(window, 1, row);
		Datum value;

		CHECK_FOR_INTERRUPTS();
		rows[row].segment =
			is_total(&name) ? -1 : dictionary_intern(&names, &name);
		has_total = has_total || rows[row].segment < 0;
		value = row_arg(window, 2, row, &isnull);
		rows[row].period = isnull ? PG_INT64_MIN : DatumGetDateADT(value);
		amounts_arg(window, row, settled, decimals, amounts);
	}
	if (!has_total && columns[0].role == FOOTING_OPENING)
		foot_unsummed(columns, ncolumns, rows, nrows, names.count, amounts,
					  settled->shown);
	else
		foot(columns, ncolumns, rows, (size_t) nrows, names.count, amounts,
			 settled->shown);
}

/* What a row shows */
static Datum
row_shown(const Settled *settled, int64 row, int decimals)
{
	int ncolumns = settled->ncolumns;
	Datum *values = palloc((ncolumns + 1) * sizeof(Datum));
	int dims[1] = {ncolumns};
	int lower[1] = {1};

	for (int c = 0; c < ncolumns; c++)
		values[c] = decimal_make(settled->shown[row * ncolumns + c], decimals);
	return PointerGetDatum(
		construct_md_array(values, settled->nulls + row * ncolumns, 1, dims,
						   lower, NUMERICOID, -1, false, TYPALIGN_INT));
}

/* Read a partition, and settle what its rows show. */
typedef Settled *(*Settle)(WindowObject window, int decimals);

/* What the partition shows, which is settled at the first of its rows */
static Settled *
settled_of(WindowObject window, int decimals, Settle settle)
{
	Settled *settled = WinGetPartitionLocalMemory(window, sizeof(Settled));

	if (!settled->is_ready)
	{
		settled = settle(window, decimals);
		settled->is_ready = true;
	}
	return settled;
}

/* What the current row shows; decimals are an argument. */
static Datum
settled_row(FunctionCallInfo fcinfo, int argno, Settle settle)
{
	WindowObject window = PG_WINDOW_OBJECT();
	int decimals = decimals_arg(window, argno);

	return row_shown(settled_of(window, decimals, settle),
					 WinGetCurrentPosition(window), decimals);
}

static Settled *
settle_footed(WindowObject window, int decimals)
{
	bool isnull;
	Datum roles = WinGetFuncArgCurrent(window, 3, &isnull);
	int ncolumns;
	FootingColumn *columns;
	Settled *settled;

	if (isnull)
		elog(ERROR, "a row without roles");
	columns = columns_read(roles, &ncolumns);
	settled = settled_begin(window, ncolumns);
	settle_table(window, settled, columns, decimals);
	return settled;
}

/* _footed(amounts, segment, period, roles, decimals) OVER (...) */
PG_FUNCTION_INFO_V1(cvm_footed);
Datum
cvm_footed(PG_FUNCTION_ARGS)
{
	return settled_row(fcinfo, 4, settle_footed);
}

/* Rows and columns of a table that has totals both ways, for the one column */
typedef struct Crossed
{
	int *rows; /* of each row of the partition */
	int *columns;
	int nrows;
	int ncolumns;
} Crossed;

/* Past this many cells a table is rounded cell by cell */
#define MAX_CROSSED 4000000

/* Places of names, those of totals last; returns how many there are */
static int
places_read(WindowObject window, int argno, int *places)
{
	int64 nrows = WinGetPartitionRowCount(window);
	Dictionary names;

	dictionary_open(&names, CurrentMemoryContext);
	for (int64 row = 0; row < nrows; row++)
	{
		Label name = name_arg(window, argno, row);

		places[row] = is_total(&name) ? -1 : dictionary_intern(&names, &name);
	}
	for (int64 row = 0; row < nrows; row++)
		if (places[row] < 0)
			places[row] = names.count;
	return names.count + 1;
}

static void
settle_crossed(const Crossed *crossed, int64 nrows, int ncolumns, int column,
			   const Exact *amounts, Wide *shown)
{
	int64 ncells = (int64) crossed->nrows * crossed->ncolumns;
	Exact *cells;
	Wide *shown_cells;

	if (ncells > MAX_CROSSED)
	{
		for (int64 row = 0; row < nrows; row++)
			shown[row * ncolumns + column] =
				exact_round(amounts[row * ncolumns + column]);
		return;
	}
	cells = palloc_extended(ncells * sizeof(Exact),
							MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	shown_cells = palloc_extended(ncells * sizeof(Wide), MCXT_ALLOC_HUGE);
	for (int64 row = 0; row < nrows; row++)
		cells[(int64) crossed->rows[row] * crossed->ncolumns +
			  crossed->columns[row]] = amounts[row * ncolumns + column];
	foot_both_ways(cells, crossed->nrows, crossed->ncolumns, shown_cells);
	for (int64 row = 0; row < nrows; row++)
		shown[row * ncolumns + column] =
			shown_cells[(int64) crossed->rows[row] * crossed->ncolumns +
						crossed->columns[row]];
	pfree(cells);
	pfree(shown_cells);
}

/* How many amounts the first row of the partition has */
static int
columns_arg(WindowObject window)
{
	bool isnull;
	Datum value = row_arg(window, 0, 0, &isnull);
	ArrayType *array;

	if (isnull)
		elog(ERROR, "a row without amounts");
	array = DatumGetArrayTypeP(value);
	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

static Exact *
all_amounts(WindowObject window, Settled *settled, int decimals)
{
	int64 nrows = WinGetPartitionRowCount(window);
	Exact *amounts =
		palloc_extended((nrows * settled->ncolumns + 1) * sizeof(Exact),
						MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);

	for (int64 row = 0; row < nrows; row++)
	{
		CHECK_FOR_INTERRUPTS();
		amounts_arg(window, row, settled, decimals, amounts);
	}
	return amounts;
}

static Settled *
settle_cross_footed(WindowObject window, int decimals)
{
	int64 nrows = WinGetPartitionRowCount(window);
	Settled *settled = settled_begin(window, columns_arg(window));
	Exact *amounts = all_amounts(window, settled, decimals);
	Crossed crossed;

	crossed.rows = palloc_extended((nrows + 1) * sizeof(int), MCXT_ALLOC_HUGE);
	crossed.columns =
		palloc_extended((nrows + 1) * sizeof(int), MCXT_ALLOC_HUGE);
	crossed.nrows = places_read(window, 1, crossed.rows);
	crossed.ncolumns = places_read(window, 2, crossed.columns);
	for (int c = 0; c < settled->ncolumns; c++)
		settle_crossed(&crossed, nrows, settled->ncolumns, c, amounts,
					   settled->shown);
	return settled;
}

/* _cross_footed(amounts, one, other, decimals) OVER (...) */
PG_FUNCTION_INFO_V1(cvm_cross_footed);
Datum
cvm_cross_footed(PG_FUNCTION_ARGS)
{
	return settled_row(fcinfo, 3, settle_cross_footed);
}

static Settled *
settle_footed_lines(WindowObject window, int decimals)
{
	int64 nrows = WinGetPartitionRowCount(window);
	int ncolumns = columns_arg(window);
	int *places = palloc_extended((nrows + 1) * sizeof(int), MCXT_ALLOC_HUGE);
	int nplaces = places_read(window, 1, places);
	Settled *settled = settled_begin(window, ncolumns);
	Exact *amounts = all_amounts(window, settled, decimals);
	Exact *cells = palloc_extended((size_t) nplaces * ncolumns * sizeof(Exact),
								   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	Wide *shown = palloc_extended((size_t) nplaces * ncolumns * sizeof(Wide),
								  MCXT_ALLOC_HUGE);

	for (int64 row = 0; row < nrows; row++)
		memcpy(cells + (size_t) places[row] * ncolumns,
			   amounts + row * ncolumns, ncolumns * sizeof(Exact));
	foot_both_ways(cells, nplaces, ncolumns, shown);
	for (int64 row = 0; row < nrows; row++)
		memcpy(settled->shown + row * ncolumns,
			   shown + (size_t) places[row] * ncolumns,
			   ncolumns * sizeof(Wide));
	return settled;
}

/* _footed_lines(amounts, segment, decimals) OVER (...) */
PG_FUNCTION_INFO_V1(cvm_footed_lines);
Datum
cvm_footed_lines(PG_FUNCTION_ARGS)
{
	return settled_row(fcinfo, 2, settle_footed_lines);
}

static Settled *
settle_shared_out(WindowObject window, int decimals)
{
	int64 nrows = WinGetPartitionRowCount(window);
	Exact *amounts = palloc_extended((nrows + 1) * sizeof(Exact),
									 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	bool isnull;
	Datum total = WinGetFuncArgCurrent(window, 1, &isnull);
	bool is_known = !isnull;
	Settled *settled = settled_begin(window, 1);

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
	return settled;
}

/* _shared_out(amount, total, decimals) OVER (...) */
PG_FUNCTION_INFO_V1(cvm_shared_out);
Datum
cvm_shared_out(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	int decimals = decimals_arg(window, 2);
	int64 row = WinGetCurrentPosition(window);
	Settled *settled = settled_of(window, decimals, settle_shared_out);

	if (settled->nulls[row])
		PG_RETURN_NULL();
	return decimal_make(settled->shown[row], decimals);
}
