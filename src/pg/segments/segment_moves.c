/*
 * segment_moves.c
 *		What moved of each customer, as rows, from raw spells in one pass
 *		(core/segments/segment_moves.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "core/segments/segment_moves.h"
#include "pg/numeric.h"
#include "pg/row_key.h"
#include "pg/rows_out.h"
#include "pg/segments/customer_out.h"
#include "pg/segments/segment_rows.h"
#include "pg/segments/ticket.h"
#include "pg/state_type.h"
#include "pg/types.h"

/* The decimals of a price but for zeros at the end, if they are more */
static inline void
decimals_see(SpellBufferState *state, const SpellRow *row)
{
	Wide mantissa = row->mrr;
	int scale = row->scale;

	while (scale > state->decimals && mantissa % 10 == 0)
	{
		mantissa /= 10;
		scale--;
	}
	if (scale > state->decimals)
		state->decimals = scale;
}

/* Is the price that counts the one that was told? */
static bool
is_price_told(FunctionCallInfo fcinfo, const SpellRow *spell, int price_at,
			  int told_at)
{
	Wide told;
	int scale;

	if (PG_ARGISNULL(told_at))
		return false;
	if (!PG_ARGISNULL(price_at) &&
		PG_GETARG_DATUM(price_at) == PG_GETARG_DATUM(told_at))
		return true;
	told = decimal_read(PG_GETARG_DATUM(told_at), &scale);
	return scale == spell->scale && told == spell->mrr;
}

/* Note what is told by a spell that does not count, or not at its price. */
static void
note_add(FunctionCallInfo fcinfo, const SpellBufferRow *row,
		 const Label *channel, const Label *reason, int price_at)
{
	static const Label nothing = {"", 0};
	SpellRow note = {.start = SPELL_OPEN, .end = SPELL_OPEN};
	NameBuffer name;

	name_begin(&name, &nothing);
	name_add(&name, NAME_CHANNEL, channel);
	name_add(&name, NAME_REASON, reason);
	if (PG_ARGISNULL(ARG_START))
		name_add(&name, NAME_UNDATED, &nothing);
	else
		note.start = PG_GETARG_DATEADT(ARG_START);
	if (!PG_ARGISNULL(ARG_END))
		note.end = PG_GETARG_DATEADT(ARG_END);
	if (PG_ARGISNULL(price_at))
		name_add(&name, NAME_UNPRICED, &nothing);
	else
		note.mrr = decimal_read(PG_GETARG_DATUM(price_at), &note.scale);
	note.product = name.label;
	spell_buffer_note(row->state->spell_buffer, row->key, &note);
}

/*
 * (customer, product, started_on, ended_on, mrr, is_paused, offer, segment,
 * grain, as_of, pause_days, channel, end_reason, price told): a row with a
 * segment is a time in it
 */
PG_FUNCTION_INFO_V1(cvm_customer_move_add);
Datum
cvm_customer_move_add(PG_FUNCTION_ARGS)
{
	static const SpellBufferArguments arguments = {
		.grain = 9, .paused = 6, .pause_days = 11};
	SpellBufferState *state;
	SpellBufferRow row;
	NameBuffer name;
	Label offer;
	Label channel;
	Label reason;
	bool counts;
	bool is_told;

	if (!PG_ARGISNULL(8))
		return segment_membership_step(fcinfo, &arguments, 8);
	counts = spell_buffer_row(fcinfo, &arguments, "_customer_move_agg", &row);
	if (PG_ARGISNULL(1))
		PG_RETURN_SPELL_BUFFER(row.state);
	channel = argument_label(fcinfo, 12);
	reason = argument_label(fcinfo, 13);
	is_told = channel.data == NULL && reason.data == NULL;
	if (!counts)
	{
		if (is_told)
			PG_RETURN_SPELL_BUFFER(row.state);
		spell_buffer_customer(fcinfo, &arguments, "_customer_move_agg", &row);
	}
	state = row.state;
	if (counts && row.spell.start < state->spell_buffer->terms.as_of)
	{
		offer = argument_label(fcinfo, 7);
		if (!state->has_spells || row.spell.start < state->first_day)
			state->first_day = row.spell.start;
		state->has_spells = true;
		if (row.spell.scale > state->decimals)
			decimals_see(state, &row.spell);
		name_begin(&name, &row.spell.product);
		name_add(&name, NAME_OFFER, &offer);
		if (!is_told && is_price_told(fcinfo, &row.spell, 5, 14))
		{
			name_add(&name, NAME_CHANNEL, &channel);
			name_add(&name, NAME_REASON, &reason);
			is_told = true;
		}
		row.spell.product = name.label;
		spell_buffer_add(state->spell_buffer, row.key, &row.spell);
	}
	if (!is_told)
		note_add(fcinfo, &row, &channel, &reason, 14);
	PG_RETURN_POINTER(state);
}

/* The end of _customer_move_agg: a ticket. */
PG_FUNCTION_INFO_V1(cvm_customer_move_final);
Datum
cvm_customer_move_final(PG_FUNCTION_ARGS)
{
	MemoryContext context = state_context(fcinfo, "_customer_move_agg");

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	/* over a window the state goes on */
	if (AggCheckCallContext(fcinfo, NULL) != AGG_CONTEXT_AGGREGATE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("_customer_move_agg has no answer over a window")));
	return ticket_make(context, (SpellBufferState *) PG_GETARG_POINTER(0));
}

/* _is_whole(ticket, decimals): has no price more decimals? */
PG_FUNCTION_INFO_V1(cvm_customer_move_is_whole);
Datum
cvm_customer_move_is_whole(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(ticket_read(PG_GETARG_DATUM(0))->decimals <=
				   PG_GETARG_INT32(1));
}

/* _first_day(ticket): of all spells that are seen */
PG_FUNCTION_INFO_V1(cvm_customer_move_first_day);
Datum
cvm_customer_move_first_day(PG_FUNCTION_ARGS)
{
	const SpellBufferState *state = ticket_read(PG_GETARG_DATUM(0));

	if (!state->has_spells)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(state->first_day);
}

#define AMOUNTS 1024
#define MOVE_COLUMNS 16

/* An amount as a numeric: those that come first are kept, as most come again */
typedef struct Amount
{
	Wide mantissa;
	Datum datum; /* 0: none yet */
} Amount;

/* A period as it is shown */
typedef struct PeriodOut
{
	bool is_known;
	Period period;
	Datum start;
	bool start_is_null;
	bool is_complete;
	Datum label;
	char text[32];
} PeriodOut;

#define PERIODS 64

typedef struct MoveSink
{
	ReturnSetInfo *result;
	const SegmentCustomers *customers;
	MemoryContext context;	   /* of what is kept */
	MemoryContext row_context; /* of a row */
	CustomerOut out;
	StringInfoData key;
	Datum lines[MOVEMENT_LINES];
	Datum causes[MOVEMENT_CAUSES];
	Datum promotion_end;
	Datum unknown;
	Datum everybody;
	bool has_segments;
	Datum *segments; /* by number, or 0 */
	Datum *products;
	Datum *channels; /* by number of the name */
	Datum *reasons;
	Amount amounts[AMOUNTS];
	PeriodOut periods[PERIODS];
} MoveSink;

static Datum
text_datum(const Label *label)
{
	return PointerGetDatum(
		cstring_to_text_with_len(label->data, (int) label->size));
}

/* A name that is kept */
static Datum
kept_datum(MoveSink *sink, Datum *kept, const Label *label)
{
	if (*kept == (Datum) 0)
	{
		MemoryContext old = MemoryContextSwitchTo(sink->context);

		*kept = text_datum(label);
		MemoryContextSwitchTo(old);
	}
	return *kept;
}

static Datum
amount_datum(MoveSink *sink, Wide mantissa)
{
	int scale = sink->customers->spell_buffer->scale;
	uint64 mixed = (uint64) mantissa * UINT64CONST(0x9e3779b97f4a7c15);
	Amount *amount = &sink->amounts[mixed >> 54];
	MemoryContext old;

	StaticAssertStmt(AMOUNTS == 1 << 10, "of ten bits");
	if (amount->datum != (Datum) 0)
		return amount->mantissa == mantissa ? amount->datum
											: decimal_make(mantissa, scale);
	old = MemoryContextSwitchTo(sink->context);
	amount->mantissa = mantissa;
	amount->datum = decimal_make(mantissa, scale);
	MemoryContextSwitchTo(old);
	return amount->datum;
}

/* Most come again. */
static const PeriodOut *
period_look(MoveSink *sink, Period period)
{
	const SpellTerms *terms = &sink->customers->spell_buffer->terms;
	PeriodOut *out = &sink->periods[(uint32) period % PERIODS];
	int64 start;
	MemoryContext old;
	int year;
	int month;
	int day;

	if (out->is_known && out->period == period)
		return out;
	old = MemoryContextSwitchTo(sink->context);
	if (out->is_known)
		pfree(DatumGetPointer(out->label));
	start = period_start(terms->calendar, period);
	out->is_known = true;
	out->period = period;
	out->start = day_datum(start, &out->start_is_null);
	out->is_complete =
		period_start(terms->calendar, period + 1) <= terms->as_of;
	j2date((int) start + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	/* as to_char() has it */
	snprintf(out->text, sizeof(out->text), "%04d-%02d",
			 year > 0 ? year : 1 - year, month);
	out->label = CStringGetTextDatum(out->text);
	MemoryContextSwitchTo(old);
	return out;
}

/* A SegmentMoveEmit */
static void
move_take(void *arg, const SegmentMove *move)
{
	MoveSink *sink = arg;
	const SegmentCustomers *customers = sink->customers;
	const CustomerMovement *row = &move->row;
	MemoryContext old = MemoryContextSwitchTo(sink->row_context);
	bool is_promotion_end = row->cause == CAUSE_PROMOTION_END;
	const char *line =
		is_promotion_end ? "promotion_end" : movement_line_name(row->line);
	Datum values[MOVE_COLUMNS];
	bool nulls[MOVE_COLUMNS] = {false};
	char number[NUMBER_ROOM];
	KeyText name;
	const PeriodOut *period;

	period = period_look(sink, row->period);
	values[2] = customer_datum(&sink->out, &move->key, number, &name);
	resetStringInfo(&sink->key);
	appendStringInfoString(&sink->key, period->text);
	appendStringInfoChar(&sink->key, '|');
	appendStringInfoString(&sink->key, line);
	appendStringInfoChar(&sink->key, '|');
	row_key_part(&sink->key, name.data, name.size);
	values[0] = PointerGetDatum(row_key_text(&sink->key));
	values[1] = sink->has_segments
					? kept_datum(sink, &sink->segments[move->segment],
								 &customers->segments[move->segment])
					: sink->everybody;
	values[3] = period->start;
	nulls[3] = period->start_is_null;
	values[4] = period->label;
	values[5] = is_promotion_end ? sink->promotion_end : sink->lines[row->line];
	values[6] = Int64GetDatum(row->customers);
	values[7] = amount_datum(sink, row->change);
	values[8] = amount_datum(sink, row->before);
	values[9] = amount_datum(sink, row->after);
	values[10] = sink->causes[row->cause];
	nulls[11] = row->product < 0;
	if (row->product >= 0)
		values[11] = kept_datum(sink, &sink->products[row->product],
								&customers->labels[row->product]);
	nulls[12] = row->from_product < 0;
	if (row->from_product >= 0)
		values[12] = kept_datum(sink, &sink->products[row->from_product],
								&customers->labels[row->from_product]);
	nulls[13] = row->line != LINE_CHURN && row->line != LINE_CONTRACTION;
	if (!nulls[13])
		values[13] = move->reason < 0
						 ? sink->unknown
						 : kept_datum(sink, &sink->reasons[move->reason],
									  &customers->parts[move->reason].reason);
	values[14] = move->channel < 0
					 ? sink->unknown
					 : kept_datum(sink, &sink->channels[move->channel],
								  &customers->parts[move->channel].channel);
	values[15] = BoolGetDatum(period->is_complete);
	tuplestore_putvalues(sink->result->setResult, sink->result->setDesc, values,
						 nulls);
	MemoryContextSwitchTo(old);
	MemoryContextReset(sink->row_context);
}

static void
sink_open(MoveSink *sink, const SegmentCustomers *customers)
{
	size_t nnames = (size_t) customers->spell_buffer->names.count + 1;

	sink->customers = customers;
	sink->context = CurrentMemoryContext;
	sink->row_context = AllocSetContextCreate(
		CurrentMemoryContext, "row of a customer", ALLOCSET_SMALL_SIZES);
	initStringInfo(&sink->key);
	for (int i = 0; i < MOVEMENT_LINES; i++)
		if (movement_line_name(i) != NULL)
			sink->lines[i] = CStringGetTextDatum(movement_line_name(i));
	for (int i = 0; i < MOVEMENT_CAUSES; i++)
		sink->causes[i] = CStringGetTextDatum(movement_cause_name(i));
	sink->promotion_end = CStringGetTextDatum("promotion_end");
	sink->unknown = CStringGetTextDatum("(unknown)");
	sink->everybody = CStringGetTextDatum("(all)");
	sink->segments = palloc0((nnames + 1) * sizeof(Datum));
	sink->products = palloc0(nnames * sizeof(Datum));
	sink->channels = palloc0(nnames * sizeof(Datum));
	sink->reasons = palloc0(nnames * sizeof(Datum));
}

/*
 * _customer_moves(ticket, a customer, since, until, has_segments): of periods
 * that begin in these days.  The customer is for its type only.
 */
PG_FUNCTION_INFO_V1(cvm_customer_moves);
Datum
cvm_customer_moves(PG_FUNCTION_ARGS)
{
	SpellBufferState *state;
	MoveSink *sink;
	SegmentCustomers customers;
	SegmentReader reader;
	Day since = PG_ARGISNULL(2) ? INT32_MIN : PG_GETARG_DATEADT(2);
	Day until = PG_ARGISNULL(3) ? SPELL_OPEN : PG_GETARG_DATEADT(3);

	rows_out_begin(fcinfo);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	state = ticket_read(PG_GETARG_DATUM(0));
	sink = palloc0(sizeof(MoveSink));
	sink->result = (ReturnSetInfo *) fcinfo->resultinfo;
	sink->has_segments = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	customer_out_open(&sink->out, state->spell_buffer->kind,
					  sink->result->setDesc, 2);
	segment_customers_open(&customers, CurrentMemoryContext,
						   state->spell_buffer);
	sink_open(sink, &customers);
	reader = segment_moves_open(&customers, since, until, move_take, sink);
	segment_customers_each(&customers, &reader, 1);
	return (Datum) 0;
}
