/*
 * contact_offers.c
 *		Contacts that may contradict what a customer has or was told, from raw
 *		rows in one pass (core/contacts/contact_offers.h).
 *
 * Gain: contradictory_contact of ten million contacts from 27 to 5.6 × count(*),
 * of which sorts of all that have an offer were four fifths (bench/contacts).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/timestamp.h"

#include "core/contacts/contact_offers.h"
#include "pg/contacts/member_state.h"
#include "pg/customer_rows.h"
#include "pg/parted_names.h"
#include "pg/ticket.h"

enum
{
	ARG_PAST = ARG_DAY + 1,
	ARG_AT,
	ARG_PURPOSE,
	ARG_CHANNEL,
	ARG_CAMPAIGN,
	ARG_OFFER,
	ARG_PRODUCT,
	ARG_AS_OF,
	ARG_WINDOW,
	ARG_OFFERS,
	ARG_PARTS
};

static const char name_of_state[] = "_contact_offer_agg";

/* Keep pairs of names among those of the lines, as they travel with them. */
static void
pairs_take(FunctionCallInfo fcinfo, int argument, char letter,
		   MemberLines *members)
{
	static const char between[] = {NAME_PART};
	Datum *words;
	bool *nulls;
	int nwords;

	if (PG_ARGISNULL(argument))
		return;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), TEXTOID, -1, false,
					  TYPALIGN_INT, &words, &nulls, &nwords);
	for (int i = 0; i + 1 < nwords; i += 2)
	{
		NameBuffer name;
		text *one;
		text *other;

		CHECK_FOR_INTERRUPTS();
		if (nulls[i] || nulls[i + 1])
			continue;
		one = DatumGetTextPP(words[i]);
		other = DatumGetTextPP(words[i + 1]);
		name_begin(&name, &(Label){&letter, 1});
		name_append(&name, VARDATA_ANY(one), VARSIZE_ANY_EXHDR(one));
		name_append(&name, between, 1);
		name_append(&name, VARDATA_ANY(other), VARSIZE_ANY_EXHDR(other));
		dictionary_intern(&members->names, &name.label);
	}
}

static MemberState *
contact_offer_begin(FunctionCallInfo fcinfo, KeyKind kind)
{
	MemberState *state =
		contact_state_begin(fcinfo, kind, sizeof(OfferLine), ARG_WINDOW, -1);

	state->members->parameters[OFFER_COLLATION] =
		(int32) label_collation(fcinfo);
	pairs_take(fcinfo, ARG_OFFERS, OFFER_OF, state->members);
	pairs_take(fcinfo, ARG_PARTS, OFFER_PART_OF, state->members);
	return state;
}

/* Write down a line with a name of so many parts. */
static void
line_take(FunctionCallInfo fcinfo, MemberLines *members, OfferLine line,
		  int nparts)
{
	static const int arguments[] = {ARG_PRODUCT, ARG_OFFER, ARG_CHANNEL,
									ARG_CAMPAIGN};
	NameBuffer name;

	parted_name_begin(&name);
	for (int part = 0; part < nparts; part++)
		parted_name_put(fcinfo, &name, arguments[part]);
	line.member.name = dictionary_intern(&members->names, &name.label);
	*(OfferLine *) customer_lines_next(
		&members->lines, argument_customer(fcinfo, members->lines.kind)) = line;
}

/* A row: a contact; or, without a moment, something that is held */
static inline void
contact_offer_add(FunctionCallInfo fcinfo, MemberState *state, KeyKind kind)
{
	OfferLine line = {.member = {.to = DATEVAL_NOEND}};

	if (PG_ARGISNULL(ARG_CUSTOMER))
		return;
	if (PG_ARGISNULL(ARG_AT))
	{
		if (PG_ARGISNULL(ARG_DAY) || PG_ARGISNULL(ARG_PRODUCT))
			return;
		line.member.flags = OFFER_SPELL;
		line.member.day = PG_GETARG_DATEADT(ARG_DAY);
		if (!PG_ARGISNULL(ARG_PAST))
			line.member.to = PG_GETARG_DATEADT(ARG_PAST);
		line_take(fcinfo, state->members, line, OFFER_PRODUCT + 1);
		return;
	}
	if ((PG_ARGISNULL(ARG_OFFER) && PG_ARGISNULL(ARG_PRODUCT)) ||
		!argument_fact_day(fcinfo, ARG_DAY, ARG_AS_OF, &line.member.day) ||
		argument_is_word(fcinfo, ARG_PURPOSE, SERVICE))
		return;
	line.at = PG_GETARG_TIMESTAMPTZ(ARG_AT);
	line_take(fcinfo, state->members, line, OFFER_NAMES);
}

MEMBER_STEPS(contact_offer, contact_offer_begin(fcinfo, kind));

/* The end of _contact_offer_agg: a ticket. */
PG_FUNCTION_INFO_V1(cvm_contact_offer_final);
Datum
cvm_contact_offer_final(PG_FUNCTION_ARGS)
{
	return ticket_final(fcinfo, name_of_state);
}

typedef struct OfferSink
{
	CustomerRows rows;
	const PartedNames *names;
} OfferSink;

#define OFFER_COLUMNS 7

/* An OfferEmit */
static void
offer_take(void *arg, const Key *key, const OfferLine *line, int64 number)
{
	static const int parts[] = {OFFER_CHANNEL, OFFER_CAMPAIGN, OFFER_OFFER,
								OFFER_PRODUCT};
	OfferSink *sink = arg;
	MemoryContext old = MemoryContextSwitchTo(sink->rows.row_context);
	Datum values[OFFER_COLUMNS] = {customer_datum(&sink->rows.out, key),
								   DateADTGetDatum(line->member.day),
								   Int64GetDatum(number)};
	bool nulls[OFFER_COLUMNS] = {false};

	for (int i = 0; i < OFFER_NAMES; i++)
		values[3 + i] = parted_name_datum(sink->names, parts[i],
										  line->member.name, &nulls[3 + i]);
	MemoryContextSwitchTo(old);
	customer_rows_put(&sink->rows, values, nulls);
}

/*
 * _contact_offers(ticket, a customer): contacts that may contradict something.
 * The customer is for its type only.
 */
PG_FUNCTION_INFO_V1(cvm_contact_offers);
Datum
cvm_contact_offers(PG_FUNCTION_ARGS)
{
	Oid collation;
	PartedNames names;
	OfferSink sink = {.names = &names};
	MemberLines *members;
	ReturnSetInfo *result = rows_out_begin(fcinfo);

	if (PG_ARGISNULL(0))
		return (Datum) 0;
	members = member_state_ticket(fcinfo, name_of_state);
	customer_rows_open(&sink.rows, result, members->lines.kind);
	collation = (Oid) members->parameters[OFFER_COLLATION];
	parted_names_read(&names, OFFER_NAMES, &members->names, label_collate,
					  &collation);
	contact_offers_each(members, &names, offer_take, &sink);
	return (Datum) 0;
}
