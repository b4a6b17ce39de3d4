/*
 * channel_segment.c
 *		What came of customers in each channel, from raw rows in one pass
 *		(core/segments/channel_segment.h).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/segments/channel_segment.h"
#include "pg/contacts/member_state.h"
#include "pg/numeric.h"
#include "pg/parted_names.h"

enum
{
	ARG_SEGMENT = ARG_CUSTOMER + 1, /* from and to */
	ARG_PURPOSE = ARG_SEGMENT + 3,
	ARG_CHANNEL,
	ARG_FIRST,
	ARG_LAST,
	ARG_PRODUCT,
	ARG_OFFER,
	ARG_AMOUNT,
	ARG_MRR,
	ARG_AT,
	ARG_IS_GOOD,
	ARG_AS_OF,
	ARG_SINCE,
	ARG_ENQUIRY_DAYS,
	ARG_KEPT_DAYS
};

static int32
argument_days(FunctionCallInfo fcinfo, int argument)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("days must not be null"),
						errhint("Give the days after an approach, and those "
								"after a sale.")));
	return PG_GETARG_INT32(argument);
}

static MemberState *
channel_segment_begin(FunctionCallInfo fcinfo, KeyKind kind)
{
	MemberState *state = member_state_begin(fcinfo, kind, sizeof(ChannelLine));

	state->members->parameters[CHANNEL_ENQUIRY_DAYS] =
		argument_days(fcinfo, ARG_ENQUIRY_DAYS);
	state->members->parameters[CHANNEL_KEPT_DAYS] =
		argument_days(fcinfo, ARG_KEPT_DAYS);
	return state;
}

/* The number of the name of a row, of so many parts */
static int32
name_intern(FunctionCallInfo fcinfo, MemberLines *members, int nparts)
{
	static const int arguments[] = {ARG_CHANNEL, ARG_PRODUCT, ARG_OFFER};
	NameBuffer name;

	parted_name_begin(&name);
	for (int part = 0; part < nparts; part++)
		parted_name_put(fcinfo, &name, arguments[part]);
	return dictionary_intern(&members->names, &name.label);
}

/* Take an amount; is it told? */
static bool
amount_take(FunctionCallInfo fcinfo, int argument, Wide *amount, int *scale)
{
	*amount = 0;
	*scale = 0;
	if (PG_ARGISNULL(argument))
		return false;
	*amount = decimal_read(PG_GETARG_DATUM(argument), scale);
	return true;
}

/* Take a spell: its first day, the one after the last, what it brings. */
static void
spell_take(FunctionCallInfo fcinfo, MemberLines *members, DateADT as_of,
		   DateADT since)
{
	DateADT first;
	DateADT last = CHANNEL_OPEN;
	uint32 flags = CHANNEL_SPELL;
	ChannelLine *line;
	Wide amount;
	Wide mrr;
	int scale;
	int mrr_scale;

	if (PG_ARGISNULL(ARG_FIRST))
		return;
	first = PG_GETARG_DATEADT(ARG_FIRST);
	if (!PG_ARGISNULL(ARG_LAST))
		last = Min(PG_GETARG_DATEADT(ARG_LAST), CHANNEL_OPEN - 1);
	if (first >= as_of || last <= first)
		return;
	if (amount_take(fcinfo, ARG_AMOUNT, &amount, &scale))
		flags |= CHANNEL_AMOUNT | (uint32) scale << CHANNEL_SCALE;
	if (amount_take(fcinfo, ARG_MRR, &mrr, &mrr_scale))
		flags |= CHANNEL_MRR | (uint32) mrr_scale << CHANNEL_MRR_SCALE;
	if (row_flag(fcinfo, ARG_IS_GOOD))
		flags |= CHANNEL_IS_GOOD;
	if (first >= since)
		flags |= CHANNEL_RECENT;
	if ((int64) first + members->parameters[CHANNEL_KEPT_DAYS] < as_of)
		flags |= CHANNEL_MATURE;
	line = customer_lines_next(&members->lines,
							   argument_customer(fcinfo, members->lines.kind));
	line->member =
		(MemberLine){.flags = flags,
					 .name = name_intern(fcinfo, members, CHANNEL_NAMES),
					 .day = first,
					 .to = last};
	line->amount = amount;
	line->mrr = mrr;
}

/* Take what happened on a day: an answer, which has a moment, or an approach. */
static void
fact_take(FunctionCallInfo fcinfo, MemberLines *members, DateADT as_of,
		  DateADT since)
{
	bool is_answer = !PG_ARGISNULL(ARG_AT);
	MemberLine member = {.flags = CHANNEL_ANSWER, .name = -1};
	Wide amount = 0;
	int scale;
	ChannelLine *line;

	if (!argument_fact_day(fcinfo, ARG_FIRST, ARG_AS_OF, &member.day))
		return;
	if (is_answer)
	{
		amount = PG_GETARG_TIMESTAMPTZ(ARG_AT);
		if (row_flag(fcinfo, ARG_IS_GOOD))
			member.flags |= CHANNEL_IS_GOOD;
	}
	else
	{
		if (PG_ARGISNULL(ARG_CHANNEL) || member.day < since ||
			argument_is_word(fcinfo, ARG_PURPOSE, SERVICE))
			return;
		member.flags = CHANNEL_APPROACH;
		member.name = name_intern(fcinfo, members, CHANNEL_NAME + 1);
		if (amount_take(fcinfo, ARG_AMOUNT, &amount, &scale))
			member.flags |= CHANNEL_AMOUNT | (uint32) scale << CHANNEL_SCALE;
		if ((int64) member.day + members->parameters[CHANNEL_ENQUIRY_DAYS] <=
			as_of)
			member.flags |= CHANNEL_MATURE;
	}
	line = customer_lines_next(&members->lines,
							   argument_customer(fcinfo, members->lines.kind));
	*line = (ChannelLine){.member = member, .amount = amount};
}

/* A row: a membership, a spell, an answer or an approach */
static inline void
channel_segment_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	DateADT as_of;
	DateADT since;

	if (member_state_take(fcinfo, state, ARG_SEGMENT) ||
		PG_ARGISNULL(ARG_CUSTOMER) || PG_ARGISNULL(ARG_AS_OF) ||
		PG_ARGISNULL(ARG_SINCE))
		return;
	as_of = PG_GETARG_DATEADT(ARG_AS_OF);
	since = PG_GETARG_DATEADT(ARG_SINCE);
	if (PG_ARGISNULL(ARG_AT) && !PG_ARGISNULL(ARG_IS_GOOD))
		spell_take(fcinfo, state->members, as_of, since);
	else
		fact_take(fcinfo, state->members, as_of, since);
}

MEMBER_STEPS(channel_segment, channel_segment_begin(fcinfo, kind));

static Datum
sum_datum(const ChannelSum *sum, bool *is_null)
{
	*is_null = !sum->is_told;
	return *is_null ? (Datum) 0 : decimal_make(sum->sum, sum->scale);
}

#define CHANNEL_COLUMNS 13

/* The end: a row for each channel and segment. */
PG_FUNCTION_INFO_V1(cvm_channel_segment_final);
Datum
cvm_channel_segment_final(PG_FUNCTION_ARGS)
{
	Oid collation = label_collation(fcinfo);
	MemberLines *members;
	ChannelSegments channels;
	RowArray array;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	members = member_state_end(fcinfo, &array);
	channel_segments_count(&channels, members, label_collate, &collation);
	for (uint32 i = 0; i < channels.cells.count; i++)
	{
		const ChannelCell *cell = count_table_item(&channels.cells, i);
		Datum values[CHANNEL_COLUMNS];
		bool nulls[CHANNEL_COLUMNS] = {false};

		values[0] = parted_name_datum(&channels.parts, CHANNEL_NAME,
									  cell->channel, &nulls[0]);
		values[1] = label_datum(&members->names.labels[cell->segment]);
		values[2] = Int64GetDatum(cell->customers);
		values[3] = Int64GetDatum(cell->approached);
		values[4] = Int64GetDatum(cell->converted);
		values[5] = Int64GetDatum(cell->sales);
		values[6] = Int64GetDatum(cell->sold);
		values[7] = sum_datum(&cell->mrr, &nulls[7]);
		values[8] = sum_datum(&cell->cost, &nulls[8]);
		values[9] = Int64GetDatum(cell->mature);
		values[10] = Int64GetDatum(cell->kept);
		values[11] = Int64GetDatum(cell->answers);
		values[12] = Int64GetDatum(cell->satisfied);
		row_array_put(&array, values, nulls);
	}
	return row_array_close(&array, fcinfo);
}
