/*
 * driver_sums.c
 *		What is known of drivers of value, from raw rows in one pass
 *		(core/contacts/driver_sums.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/numeric.h"

#include "core/contacts/driver_sums.h"
#include "pg/arguments.h"
#include "pg/contacts/name_cache.h"
#include "pg/label.h"

enum
{
	ARG_AT = ARG_DAY + 1,
	ARG_NAME, /* instrument or metric */
	ARG_DRIVER,
	ARG_KIND,
	ARG_THEME,
	ARG_VALUE,
	ARG_IMPORTANCE,
	ARG_MRR,
	ARG_SEGMENT,
	ARG_FROM, /* also of a spell */
	ARG_TO,
	ARG_FLOORS,
	ARG_MOMENTS,
	ARG_MONTHS,
	ARG_AS_OF,
	ARG_IS_WEIGHED
};

#define GROUP_KIND 2

/* Of each floor: metric, sign, number */
#define FLOOR_PARTS 3

/* A number as numeric has it: to 15 digits */
static float8
number_read(float8 number)
{
	char text[DBL_DIG + 100];

	if (number == rint(number) && fabs(number) < 1e15)
		return number + 0.0;
	/* one of few decimals is the nearest to what it was written as */
	if (fabs(number) < 1e9 && rint(number * 1e6) / 1e6 == number)
		return number;
	snprintf(text, sizeof(text), "%.*g", DBL_DIG, number);
	return strtod(text, NULL);
}

static text *
floor_part(Datum *parts, bool *nulls, int at)
{
	if (nulls[at])
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("a part of a floor must not be null")));
	return DatumGetTextPP(parts[at]);
}

/* Note the floors that are asked, which are the same in every row. */
static void
floors_take(FunctionCallInfo fcinfo, MemberLines *members)
{
	ArrayType *given;
	Datum *parts;
	bool *nulls;
	int nparts;

	if (PG_ARGISNULL(ARG_FLOORS))
		return;
	given = PG_GETARG_ARRAYTYPE_P(ARG_FLOORS);
	deconstruct_array(given, TEXTOID, -1, false, TYPALIGN_INT, &parts, &nulls,
					  &nparts);
	if (nparts % FLOOR_PARTS != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("floors make no sense"),
						errhint("Give metric, 1 or -1, and number of each.")));
	for (int i = 0; i < nparts; i += FLOOR_PARTS)
	{
		text *metric = floor_part(parts, nulls, i);
		DriverFloor floor = {.number = i / FLOOR_PARTS + 1};

		floor.metric = (Label){VARDATA_ANY(metric), VARSIZE_ANY_EXHDR(metric)};
		floor.sign =
			pg_strtoint32(text_to_cstring(floor_part(parts, nulls, i + 1)));
		floor.floor = number_read(DatumGetFloat8(DirectFunctionCall1(
			float8in, CStringGetDatum(
						  text_to_cstring(floor_part(parts, nulls, i + 2))))));
		driver_floor_intern(members, &floor);
	}
}

/* The same of moments */
static void
moments_take(FunctionCallInfo fcinfo, MemberLines *members)
{
	Datum *days;
	bool *nulls;
	int ndays;

	if (PG_ARGISNULL(ARG_MOMENTS))
		return;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(ARG_MOMENTS), DATEOID,
					  sizeof(DateADT), true, TYPALIGN_INT, &days, &nulls,
					  &ndays);
	for (int i = 0; i < ndays; i++)
	{
		MonthWalk walk = {0};

		if (nulls[i] || DATE_NOT_FINITE(DatumGetDateADT(days[i])))
			continue;
		month_walk_move(&walk, DatumGetDateADT(days[i]));
		driver_moment_intern(members, walk.month);
	}
}

/* Is it asked how important something is? */
static bool
is_weighed(FunctionCallInfo fcinfo)
{
	return !PG_ARGISNULL(ARG_IS_WEIGHED) && PG_GETARG_BOOL(ARG_IS_WEIGHED);
}

static MemberState *
driver_state_begin(FunctionCallInfo fcinfo, KeyKind kind)
{
	MemberState *state = member_state_begin(
		fcinfo, kind, is_weighed(fcinfo) ? sizeof(DriverLine) : DRIVER_SHORT);
	MemberLines *members = state->members;

	if (PG_ARGISNULL(ARG_MONTHS))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("months must not be null"),
						errhint("Give the months before each, with which it "
								"is compared.")));
	members->parameters[DRIVER_MONTHS] = PG_GETARG_INT32(ARG_MONTHS);
	members->parameters[DRIVER_AS_OF] =
		PG_ARGISNULL(ARG_AS_OF) ? DATEVAL_NOEND : PG_GETARG_DATEADT(ARG_AS_OF);
	state->cache = name_cache_make(members);
	floors_take(fcinfo, members);
	moments_take(fcinfo, members);
	return state;
}

/* The number of the metrics of a row, or of the group of its answer */
static int32
name_number(FunctionCallInfo fcinfo, MemberState *state, int nnames)
{
	bool is_new;
	int32 *number =
		name_cache_find(state->cache, fcinfo, ARG_NAME, nnames, &is_new);
	bool is_group = nnames == GROUP_NAMES;
	Label names[GROUP_NAMES];

	if (!is_new)
		return *number;
	for (int i = 0; i < nnames; i++)
		names[i] = argument_name(fcinfo, ARG_NAME + i,
								 is_group && (i == 0 || i == GROUP_KIND));
	*number = is_group ? driver_group_intern(state->members, names)
					   : driver_metrics_intern(state->members, names);
	return *number;
}

static void
line_put(FunctionCallInfo fcinfo, MemberState *state, const DriverLine *line)
{
	driver_line_put(state->members,
					argument_customer(fcinfo, state->members->lines.kind),
					line);
}

static void
spell_take(FunctionCallInfo fcinfo, MemberState *state)
{
	DriverLine line = {.member = {.flags = DRIVER_SPELL, .to = DATEVAL_NOEND}};
	int scale;
	Wide mrr;

	if (PG_ARGISNULL(ARG_FROM))
		return;
	line.member.day = checked_day(PG_GETARG_DATEADT(ARG_FROM));
	if (!PG_ARGISNULL(ARG_TO) && !DATE_IS_NOEND(PG_GETARG_DATEADT(ARG_TO)))
		line.member.to = checked_day(PG_GETARG_DATEADT(ARG_TO));
	mrr = decimal_read(PG_GETARG_DATUM(ARG_MRR), &scale);
	if (line.member.to <= line.member.day || mrr == 0)
		return;
	driver_line_pay(state->members, &line, mrr, scale);
	line_put(fcinfo, state, &line);
}

static void
answer_take(FunctionCallInfo fcinfo, MemberState *state, DateADT day,
			bool is_seen)
{
	DriverLine line = {.member = {.day = day}};

	if (PG_ARGISNULL(ARG_VALUE))
		return;
	/* a kind of surveys is known by answers that do not count, too */
	line.member.name = name_number(fcinfo, state, GROUP_NAMES);
	if (!is_seen || !isfinite(PG_GETARG_FLOAT8(ARG_VALUE)))
		return;
	answer_place(&line.member, PG_GETARG_TIMESTAMPTZ(ARG_AT));
	driver_line_answer(&line, number_read(PG_GETARG_FLOAT8(ARG_VALUE)));
	if (is_weighed(fcinfo) && !PG_ARGISNULL(ARG_IMPORTANCE) &&
		isfinite(PG_GETARG_FLOAT8(ARG_IMPORTANCE)))
	{
		line.member.flags |= DRIVER_WEIGHED;
		line.importance = number_read(PG_GETARG_FLOAT8(ARG_IMPORTANCE));
	}
	line_put(fcinfo, state, &line);
}

/* Something was done: by which metrics, and whether it was so */
static void
deed_take(FunctionCallInfo fcinfo, MemberState *state, DateADT day)
{
	DriverLine line = {.member = {.day = day}};

	for (int metric = 0; metric < DRIVER_METRICS; metric++)
	{
		int value = metric == 0 ? ARG_VALUE : ARG_IMPORTANCE;

		if (PG_ARGISNULL(ARG_NAME + metric) || PG_ARGISNULL(value))
			continue;
		line.member.flags |= DRIVER_BEHAVIOUR(metric);
		if (PG_GETARG_FLOAT8(value) != 0)
			line.member.flags |= DRIVER_IS_SO(metric);
	}
	if (line.member.flags == 0)
		return;
	line.member.name = name_number(fcinfo, state, DRIVER_METRICS);
	line_put(fcinfo, state, &line);
}

/* A row: an answer, something that was done, a spell or a membership. */
static inline void
driver_sums_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	DateADT day = 0;
	bool is_seen;

	if (member_state_take(fcinfo, state, ARG_SEGMENT) ||
		PG_ARGISNULL(ARG_CUSTOMER))
		return;
	if (!PG_ARGISNULL(ARG_MRR))
	{
		spell_take(fcinfo, state);
		return;
	}
	if (PG_ARGISNULL(ARG_NAME))
		return;
	is_seen = argument_fact_day(fcinfo, ARG_DAY, ARG_AS_OF, &day);
	if (!PG_ARGISNULL(ARG_AT))
		answer_take(fcinfo, state, day, is_seen);
	else if (is_seen)
		deed_take(fcinfo, state, day);
}

MEMBER_STEPS(driver_sums, driver_state_begin(fcinfo, kind));

/* Of a row, from this one on */
enum
{
	ROW_SOURCE,
	ROW_NAME,
	ROW_TOPIC,
	ROW_SEGMENT,
	ROW_MONTH,
	ROW_WHAT,
	ROW_MONTH_BEFORE,
	ROW_OVERALL,
	ROW_NUMBER,
	ROW_CUSTOMERS,
	ROW_IMPORTANCES,
	ROW_SUMS,
	ROW_COLUMNS = ROW_SUMS + DRIVER_SUMS
};

static Datum
calculate(PGFunction function, Datum a, Datum b)
{
	return DirectFunctionCall2(function, a, b);
}

/* A sum as numeric has it: with as many decimals as its numbers */
static Datum
sum_datum(const DriverCell *cell, int place, int scale)
{
	Datum sum = decimal_make(cell->sums[place], scale);

	return cell->decimals[place] == scale
			   ? sum
			   : calculate(numeric_round, sum,
						   Int32GetDatum(cell->decimals[place]));
}

/* How many decimals the number has that a sum is kept as */
static int
sum_scale(const DriverCell *cell, int place)
{
	bool is_overall = cell->what == DRIVER_OVERALL;

	switch (place)
	{
		case SUM_N:
			return is_overall ? DRIVER_DECIMALS : 0;
		case SUM_NN:
			return is_overall ? 2 * DRIVER_DECIMALS : 0;
		case SUM_YY:
			return 2 * DRIVER_DECIMALS;
		case SUM_YN:
			return is_overall ? 2 * DRIVER_DECIMALS : DRIVER_DECIMALS;
		case SUM_AMOUNT:
			return cell->what == DRIVER_BELOW ? cell->decimals[place]
											  : DRIVER_DECIMALS;
		default:
			return DRIVER_DECIMALS;
	}
}

/* Which sums a cell has, as bits */
static const int sums_of[] = {
	[DRIVER_OWN] = 1 << SUM_N | 1 << SUM_Y | 1 << SUM_YY | 1 << SUM_YN |
				   1 << SUM_NN | 1 << SUM_AMOUNT,
	[DRIVER_WEIGHT] = 1 << SUM_AMOUNT,
	[DRIVER_PAIR] = 1 << SUM_YY | 1 << SUM_YN | 1 << SUM_NY | 1 << SUM_NN,
	[DRIVER_OVERALL] =
		1 << SUM_N | 1 << SUM_Y | 1 << SUM_YY | 1 << SUM_YN | 1 << SUM_NN,
	[DRIVER_BELOW] = 1 << SUM_AMOUNT,
	[DRIVER_SIDE] = 0};

/* The sums of numbers that are alike, each of which stands for one customer */
static void
odd_sums(const DriverCell *cell, Datum *sums)
{
	Datum customers = NumericGetDatum(int64_to_numeric(cell->customers));
	Datum y = DirectFunctionCall1(float8_numeric, Float8GetDatum(cell->odd[0]));
	Datum other =
		DirectFunctionCall1(float8_numeric, Float8GetDatum(cell->odd[1]));
	Datum each[DRIVER_SUMS];

	if (cell->odd_n != 0)
		y = calculate(numeric_div, y,
					  NumericGetDatum(int64_to_numeric(cell->odd_n)));
	for (int i = 0; i < DRIVER_SUMS; i++)
		each[i] = NumericGetDatum(int64_to_numeric(1));
	each[SUM_Y] = y;
	each[SUM_YN] = y;
	each[SUM_YY] = calculate(numeric_mul, y, y);
	if (cell->what == DRIVER_PAIR)
	{
		each[SUM_YY] = calculate(numeric_mul, y, other);
		each[SUM_NY] = other;
	}
	else if (cell->what == DRIVER_OVERALL)
	{
		each[SUM_N] = other;
		each[SUM_YN] = calculate(numeric_mul, y, other);
		each[SUM_NN] = calculate(numeric_mul, other, other);
	}
	else if (cell->what == DRIVER_WEIGHT)
		each[SUM_AMOUNT] = y;
	else
		/* what importance there is has been added up */
		each[SUM_AMOUNT] = (Datum) 0;
	for (int i = 0; i < DRIVER_SUMS; i++)
		sums[i] = each[i] == (Datum) 0
					  ? sum_datum(cell, i, sum_scale(cell, i))
					  : calculate(numeric_mul, each[i], customers);
}

static Datum
name_datum(const Label *name)
{
	static const Label none = {"", 0};

	return label_datum(name->data == NULL ? &none : name);
}

static void
cell_put(const MemberLines *members, const DriverNames *names,
		 const DriverCell *cell, RowArray *array)
{
	static const char *const sources[] = {"survey", "behaviour", "words"};
	static const char *const whats[] = {"own",	   "own",	"pair",
										"overall", "below", "side"};
	const DriverSeries *series = &names->series[cell->series];
	Datum values[ROW_COLUMNS] = {0};
	bool nulls[ROW_COLUMNS] = {false};
	bool is_weight = cell->what == DRIVER_WEIGHT;

	values[ROW_SOURCE] = CStringGetTextDatum(sources[series->source]);
	values[ROW_NAME] = name_datum(&series->name);
	values[ROW_TOPIC] = name_datum(&series->topic);
	values[ROW_SEGMENT] =
		cell_segment(members, &cell->key, &nulls[ROW_SEGMENT]);
	values[ROW_MONTH] = DateADTGetDatum(month_start(cell->key.month));
	values[ROW_WHAT] = CStringGetTextDatum(whats[cell->what]);
	nulls[ROW_MONTH_BEFORE] = cell->what != DRIVER_PAIR;
	if (cell->what == DRIVER_PAIR)
		values[ROW_MONTH_BEFORE] = DateADTGetDatum(month_start(cell->other));
	nulls[ROW_OVERALL] = cell->what != DRIVER_OVERALL;
	if (cell->what == DRIVER_OVERALL)
		values[ROW_OVERALL] = name_datum(&names->series[cell->other].name);
	nulls[ROW_NUMBER] = cell->what != DRIVER_BELOW && cell->what != DRIVER_SIDE;
	values[ROW_NUMBER] = Int32GetDatum(cell->other);
	values[ROW_CUSTOMERS] = Int64GetDatum(is_weight ? 0 : cell->customers);
	values[ROW_IMPORTANCES] = Int64GetDatum(cell->importances);
	if (cell->is_odd)
		odd_sums(cell, &values[ROW_SUMS]);
	for (int i = 0; i < DRIVER_SUMS; i++)
	{
		nulls[ROW_SUMS + i] = (sums_of[cell->what] & 1 << i) == 0;
		if (!cell->is_odd && !nulls[ROW_SUMS + i])
			values[ROW_SUMS + i] = sum_datum(cell, i, sum_scale(cell, i));
	}
	row_array_put(array, values, nulls);
}

/* The end: a row for each sum that is not empty */
PG_FUNCTION_INFO_V1(cvm_driver_sums_final);
Datum
cvm_driver_sums_final(PG_FUNCTION_ARGS)
{
	Oid collation = label_collation(fcinfo);
	MemberLines *members;
	DriverNames names;
	CellTable cells;
	RowArray array;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	members = member_state_end(fcinfo, &array);
	driver_names_read(&names, members, CurrentMemoryContext, label_collate,
					  &collation);
	driver_sums(members, &names, CurrentMemoryContext, &cells);
	for (uint32_t i = 0; i < cells.count; i++)
		cell_put(members, &names, cell_table_at(&cells, i), &array);
	return row_array_close(&array, fcinfo);
}

PG_FUNCTION_INFO_V1(cvm_late_reply);
Datum
cvm_late_reply(PG_FUNCTION_ARGS)
{
	float8 minutes;
	float8 paused;
	bool is_late;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	minutes = PG_GETARG_FLOAT8(0);
	paused = PG_ARGISNULL(1) ? 0 : PG_GETARG_FLOAT8(1);
	if (paused > 0)
		minutes = Max(minutes - paused, Min(minutes, 0));
	is_late = minutes > PG_GETARG_FLOAT8(2);
	/* who still waits is late once it is known */
	if (!(minutes >= 0) ||
		!(is_late || (!PG_ARGISNULL(3) && PG_GETARG_BOOL(3))))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(is_late ? 1 : 0);
}
