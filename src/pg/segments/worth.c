/*
 * worth.c
 *		What customers are worth a month, from raw rows in one pass
 *		(core/segments/worth.h).
 *
 * _worth_agg() gathers spells and times in segments, and answers with a ticket.
 * _worths() and _standings() count who is alike, by kinds, and
 * _standing_customers() tells of which kind each is: a customer is a row of two
 * columns, and what kinds have in common is put down once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "core/segments/worth.h"
#include "pg/customer_rows.h"
#include "pg/label.h"
#include "pg/segments/paid_spells.h"
#include "pg/segments/segment_rows.h"
#include "pg/segments/worth.h"
#include "pg/state_type.h"
#include "pg/ticket.h"

#define ARG_PRODUCT 2
#define ARG_PRICE 5
#define ARG_SEGMENT 6
#define ARG_AS_OF 7

static const char worth_aggregate[] = "_worth_agg";

/* Read a spell whose first day is known; false: it is no such. */
static bool
spell_read(FunctionCallInfo fcinfo, SpellRow *row)
{
	return !PG_ARGISNULL(ARG_START) &&
		   !DATE_NOT_FINITE(PG_GETARG_DATEADT(ARG_START)) &&
		   (PG_ARGISNULL(ARG_END) ||
			!DATE_IS_NOBEGIN(PG_GETARG_DATEADT(ARG_END))) &&
		   argument_spell(fcinfo, ARG_PRODUCT, 0, 0, row);
}

/*
 * (customer, product, started_on, ended_on, mrr, segment, as_of): a spell; or,
 * where segment is not NULL, a time in a segment.
 */
PG_FUNCTION_INFO_V1(cvm_worth_add);
Datum
cvm_worth_add(PG_FUNCTION_ARGS)
{
	static const SpellBufferArguments arguments = {.as_of = ARG_AS_OF,
												   .with_as_of = true};
	static const Label nothing = {"", 0};
	bool is_membership = !PG_ARGISNULL(ARG_SEGMENT);
	SpellBufferRow row;
	NameBuffer name;
	Label segment;

	row.state =
		PG_ARGISNULL(0) ? NULL : (SpellBufferState *) PG_GETARG_POINTER(0);
	if (unlikely(row.state == NULL))
		state_context(fcinfo, "worth_add");
	if (PG_ARGISNULL(1) || !(is_membership ? membership_read(fcinfo, &row.spell)
										   : spell_read(fcinfo, &row.spell)))
		PG_RETURN_SPELL_BUFFER(row.state);
	spell_buffer_customer(fcinfo, &arguments, "worth_add", &row);
	if (is_membership)
	{
		segment = argument_label(fcinfo, ARG_SEGMENT);
		spell_buffer_add_membership(row.state->spell_buffer, row.key,
									row.spell.start, row.spell.end, &segment,
									0);
		PG_RETURN_POINTER(row.state);
	}
	name_begin(&name, &row.spell.product);
	if (PG_ARGISNULL(ARG_PRODUCT))
		name_add(&name, NAME_UNNAMED, &nothing);
	if (PG_ARGISNULL(ARG_PRICE))
		name_add(&name, NAME_UNPRICED, &nothing);
	row.spell.product = name.label;
	spell_buffer_add(row.state->spell_buffer, row.key, &row.spell);
	PG_RETURN_POINTER(row.state);
}

/* The end: a ticket. */
PG_FUNCTION_INFO_V1(cvm_worth_final);
Datum
cvm_worth_final(PG_FUNCTION_ARGS)
{
	return ticket_final(fcinfo, worth_aggregate);
}

SpellBuffer *
worth_spells(FunctionCallInfo fcinfo)
{
	SpellBufferState *state = ticket_read(PG_GETARG_DATUM(0), worth_aggregate);

	return state->spell_buffer;
}

int32
argument_lapse(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument) || PG_GETARG_INT32(argument) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the days after which who pays again has been away "
						"must be given"),
				 errhint("Give a number of days, such as 30.")));
	return PG_GETARG_INT32(argument);
}

/* Take an amount of a product; is it told? */
static bool
amount_take(Datum amount, bool is_null, Wide *mantissa, int *scale)
{
	*mantissa = is_null ? 0 : decimal_read(amount, scale);
	return !is_null;
}

/*
 * Read products, what a unit of each earns, and at which price: three lists from
 * an argument on.
 */
static void
margins_read(FunctionCallInfo fcinfo, int first, WorthTerms *terms)
{
	static const Oid types[] = {TEXTOID, NUMERICOID, NUMERICOID};
	Datum *values[3];
	bool *nulls[3];
	int counts[3];
	int *scales;
	ProductMargin *margins;

	if (PG_ARGISNULL(first) || PG_ARGISNULL(first + 1) ||
		PG_ARGISNULL(first + 2))
		return;
	for (int i = 0; i < 3; i++)
		deconstruct_array(PG_GETARG_ARRAYTYPE_P(first + i), types[i], -1, false,
						  TYPALIGN_INT, &values[i], &nulls[i], &counts[i]);
	if (counts[1] != counts[0] || counts[2] != counts[0])
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("lists of products have different lengths"),
						errhint("Make the three with array_agg() over the same "
								"rows.")));
	margins = palloc0((counts[0] + 1) * sizeof(ProductMargin));
	scales = palloc0((counts[0] + 1) * 2 * sizeof(int));
	for (int i = 0; i < counts[0]; i++)
	{
		ProductMargin *margin = &margins[terms->nmargins];
		int *scale = &scales[terms->nmargins * 2];
		text *product;

		if (nulls[0][i])
			continue;
		product = DatumGetTextPP(values[0][i]);
		margin->product =
			(Label){VARDATA_ANY(product), VARSIZE_ANY_EXHDR(product)};
		margin->has_margin = amount_take(values[1][i], nulls[1][i],
										 &margin->unit_margin, &scale[0]);
		margin->has_price = amount_take(values[2][i], nulls[2][i],
										&margin->list_price, &scale[1]);
		terms->scale = Max(terms->scale, Max(scale[0], scale[1]));
		terms->nmargins++;
	}
	for (uint32 i = 0; i < terms->nmargins; i++)
	{
		money_rescale_at(&margins[i].unit_margin, scales[i * 2], terms->scale);
		money_rescale_at(&margins[i].list_price, scales[i * 2 + 1],
						 terms->scale);
	}
	terms->margins = margins;
}

/* A WorthEmit */
static void
customer_put(void *arg, const Key *key, uint32_t kind)
{
	CustomerRows *rows = arg;
	MemoryContext old = MemoryContextSwitchTo(rows->row_context);
	Datum values[2] = {customer_datum(&rows->out, key),
					   Int32GetDatum((int32) kind)};
	bool nulls[2] = {false, false};

	MemoryContextSwitchTo(old);
	customer_rows_put(rows, values, nulls);
}

/* Count who is alike, by a ticket and lists of products; false: nobody is. */
static bool
worths_read(FunctionCallInfo fcinfo, int products, WorthTerms *terms,
			Worths *worths, CustomerRows *rows)
{
	ReturnSetInfo *result = rows_out_begin(fcinfo);
	SpellBuffer *spell_buffer;

	if (PG_ARGISNULL(0))
		return false;
	spell_buffer = worth_spells(fcinfo);
	terms->scale = spell_buffer->scale;
	margins_read(fcinfo, products, terms);
	if (rows != NULL)
		customer_rows_open(rows, result, spell_buffer->kind);
	worths_find(worths, CurrentMemoryContext, spell_buffer, terms,
				rows != NULL ? customer_put : NULL, rows);
	return true;
}

static Datum
margin_datum(const Worths *worths, const Worth *worth, bool *is_null)
{
	*is_null = !worth->is_known;
	return *is_null ? (Datum) 0
					: decimal_make(worth->margin, worths->terms.scale);
}

/* _worths(ticket, products, unit_margins, list_prices) */
PG_FUNCTION_INFO_V1(cvm_worths);
Datum
cvm_worths(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	WorthTerms terms = {0};
	Worths worths;

	if (!worths_read(fcinfo, 1, &terms, &worths, NULL))
		return (Datum) 0;
	for (uint32 i = 0; i < worths.kinds.count; i++)
	{
		const Worth *worth = count_table_item(&worths.kinds, i);
		bool nulls[3] = {false};
		Datum values[3] = {decimal_make(worth->mrr, terms.scale),
						   margin_datum(&worths, worth, &nulls[1]),
						   Int64GetDatum(worth->customers)};

		rows_out_put(result, values, nulls);
	}
	return (Datum) 0;
}

/* _standings(ticket, lapse_days, products, unit_margins, list_prices) */
PG_FUNCTION_INFO_V1(cvm_standings);
Datum
cvm_standings(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	WorthTerms terms = {.is_standing = true, .gap = argument_lapse(fcinfo, 1)};
	Worths worths;

	if (!worths_read(fcinfo, 2, &terms, &worths, NULL))
		return (Datum) 0;
	for (uint32 i = 0; i < worths.kinds.count; i++)
	{
		const Worth *worth = count_table_item(&worths.kinds, i);
		bool nulls[7] = {false};
		Datum values[7] = {Int32GetDatum((int32) i),
						   label_datum(&worths.names.segments[worth->segment]),
						   decimal_make(worth->mrr, terms.scale),
						   Int32GetDatum(worth->age),
						   margin_datum(&worths, worth, &nulls[4]),
						   BoolGetDatum(worth->is_known != 0),
						   Int64GetDatum(worth->customers)};

		rows_out_put(result, values, nulls);
	}
	return (Datum) 0;
}

/* _standing_customers(the same, of_type) */
PG_FUNCTION_INFO_V1(cvm_standing_customers);
Datum
cvm_standing_customers(PG_FUNCTION_ARGS)
{
	WorthTerms terms = {.is_standing = true, .gap = argument_lapse(fcinfo, 1)};
	CustomerRows rows;
	Worths worths;

	worths_read(fcinfo, 2, &terms, &worths, &rows);
	return (Datum) 0;
}
