/*
 * segment_spells.c
 *		segment_flow_agg over raw rows: flows between segments in one pass
 *		(core/segments/segment_spells.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/date.h"

#include "core/segments/segment_spells.h"
#include "pg/segments/segment.h"
#include "pg/state_type.h"
#include "pg/subscriptions/spell_buffer.h"
#include "pg/types.h"

/*
 * segment_flow_agg(customer, product, started_on, ended_on, mrr [, is_paused],
 * segment, grain, as_of [, families, span [, pause_days, where is_paused is]]):
 * a spell; or, where segment is not NULL, a membership, with the version of the
 * segments in place of mrr
 */
#define ARG_START 3

/* Read families and span, in the first row. */
static void
spell_buffer_parameters(FunctionCallInfo fcinfo, int families_at,
						SpellBufferState *state)
{
	MemoryContext old;

	if (likely(state->span != 0))
		return;
	state->span = argument_span(fcinfo, families_at + 1);
	if (PG_NARGS() <= families_at || PG_ARGISNULL(families_at))
		return;
	old = MemoryContextSwitchTo(state_context(fcinfo, "segment_flow_agg"));
	state->given = PG_GETARG_ARRAYTYPE_P_COPY(families_at);
	MemoryContextSwitchTo(old);
}

/* The number of a version, given in place of a price */
static int64
row_version(const SpellRow *row)
{
	Wide unit = row->scale > 0 ? money_power(row->scale) : 1;
	Wide version = row->scale > 0 ? row->mrr / unit : row->mrr;

	if (version * unit != row->mrr || (int64) version != version)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("version of a segment is not a whole number"),
						errhint("Number the versions 1, 2, 3 …")));
	return (int64) version;
}

/* A row, where the segment stands before the grain */
static Datum
segment_spells_step(FunctionCallInfo fcinfo,
					const SpellBufferArguments *arguments, int families_at)
{
	int segment_at = arguments->grain - 1;
	Datum start = fcinfo->args[ARG_START].value;
	SpellBufferRow row;
	bool holds;

	/* a membership may have been for ever, a spell not */
	if (!PG_ARGISNULL(segment_at) && !PG_ARGISNULL(ARG_START) &&
		DATE_IS_NOBEGIN(DatumGetDateADT(start)))
		fcinfo->args[ARG_START].value = DateADTGetDatum(DAY_FIRST);
	holds = spell_buffer_row(fcinfo, arguments, "segment_flow_agg", &row);
	/* a constant is given once for all rows */
	fcinfo->args[ARG_START].value = start;
	if (!holds)
		PG_RETURN_SPELL_BUFFER(row.state);
	spell_buffer_parameters(fcinfo, families_at, row.state);
	if (PG_ARGISNULL(segment_at))
		spell_buffer_add(row.state->spell_buffer, row.key, &row.spell);
	else
	{
		text *name = PG_GETARG_TEXT_PP(segment_at);
		Label segment = {VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)};

		check_segment(&segment);
		spell_buffer_add_membership(row.state->spell_buffer, row.key,
									row.spell.start, row.spell.end, &segment,
									row_version(&row.spell));
	}
	PG_RETURN_POINTER(row.state);
}

/* (…, mrr, segment, grain, as_of [, families, span]) */
PG_FUNCTION_INFO_V1(cvm_segment_spell_buffer_add);
Datum
cvm_segment_spell_buffer_add(PG_FUNCTION_ARGS)
{
	static const SpellBufferArguments arguments = {.grain = 7};

	return segment_spells_step(fcinfo, &arguments, 9);
}

/* (…, mrr, is_paused, segment, grain, as_of, families, span, pause_days) */
PG_FUNCTION_INFO_V1(cvm_segment_spell_buffer_add_paused);
Datum
cvm_segment_spell_buffer_add_paused(PG_FUNCTION_ARGS)
{
	static const SpellBufferArguments arguments = {
		.grain = 8, .paused = 6, .pause_days = 12};

	return segment_spells_step(fcinfo, &arguments, 10);
}

/* The end of segment_flow_agg: walk every customer into a flow. */
PG_FUNCTION_INFO_V1(cvm_segment_spell_buffer_final);
Datum
cvm_segment_spell_buffer_final(PG_FUNCTION_ARGS)
{
	SpellBufferState *state;
	SegmentFlow *flow;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state_context(fcinfo, "segment_flow_agg");
	state = (SpellBufferState *) PG_GETARG_POINTER(0);
	flow = segment_flow_new(CurrentMemoryContext);
	if (state->given != NULL)
		segment_flow_set_tiers(flow, product_tiers_read(state->given));
	segment_spells_finish(state->spell_buffer, flow, state->span);
	return expanded_flat(&segment_flow_state, flow);
}
