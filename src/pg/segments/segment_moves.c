/*
 * segment_moves.c
 *		Spells with what is told of them, and times in segments, gathered in one
 *		pass; the rows are in customer_moves.c, for one.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "core/segments/segment_moves.h"
#include "pg/numeric.h"
#include "pg/segments/move_ticket.h"
#include "pg/segments/segment_rows.h"
#include "pg/state_type.h"

const char move_aggregate[] = "_customer_move_agg";

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

static Datum
move_add(FunctionCallInfo fcinfo, const SpellBufferArguments *arguments)
{
	SpellBufferState *state;
	SpellBufferRow row;
	NameBuffer name;
	Label offer;
	Label channel;
	Label reason;
	bool counts;
	bool is_told;

	if (!PG_ARGISNULL(8))
		return segment_membership_step(fcinfo, arguments, 8);
	counts = spell_buffer_row(fcinfo, arguments, "_customer_move_agg", &row);
	if (PG_ARGISNULL(1))
		PG_RETURN_SPELL_BUFFER(row.state);
	channel = argument_label(fcinfo, 12);
	reason = argument_label(fcinfo, 13);
	is_told = channel.data == NULL && reason.data == NULL;
	if (!counts)
	{
		if (is_told)
			PG_RETURN_SPELL_BUFFER(row.state);
		spell_buffer_customer(fcinfo, arguments, "_customer_move_agg", &row);
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

/*
 * (customer, product, started_on, ended_on, mrr, is_paused, offer, segment,
 * grain, as_of, pause_days, channel, end_reason, price told [, since, until,
 * decimals]): a row with a segment is a time in it
 */
PG_FUNCTION_INFO_V1(cvm_customer_move_add);
Datum
cvm_customer_move_add(PG_FUNCTION_ARGS)
{
	static const SpellBufferArguments whole = {
		.grain = 9, .paused = 6, .pause_days = 11};
	static const SpellBufferArguments chosen = {
		.grain = 9, .paused = 6, .pause_days = 11, .since = 15};

	return move_add(fcinfo, PG_NARGS() > 15 ? &chosen : &whole);
}

/* The end of _customer_move_agg: a ticket. */
PG_FUNCTION_INFO_V1(cvm_customer_move_final);
Datum
cvm_customer_move_final(PG_FUNCTION_ARGS)
{
	MemoryContext context = state_context(fcinfo, "_customer_move_agg");
	SpellBufferState *state;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (SpellBufferState *) PG_GETARG_POINTER(0);
	spell_buffer_finish_choice(state);
	return move_ticket_make(context, state);
}

/* _is_whole(ticket, decimals): has no price more decimals? */
PG_FUNCTION_INFO_V1(cvm_customer_move_is_whole);
Datum
cvm_customer_move_is_whole(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(move_ticket_read(PG_GETARG_DATUM(0))->decimals <=
				   PG_GETARG_INT32(1));
}

/* _first_day(ticket): of all spells that are seen */
PG_FUNCTION_INFO_V1(cvm_customer_move_first_day);
Datum
cvm_customer_move_first_day(PG_FUNCTION_ARGS)
{
	const SpellBufferState *state = move_ticket_read(PG_GETARG_DATUM(0));

	if (!state->has_spells)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(state->first_day);
}
