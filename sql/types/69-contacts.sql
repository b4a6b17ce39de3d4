-- SPDX-License-Identifier: PostgreSQL
-- What report views over contacts, tickets and surveys read, from raw rows in one
-- pass: rows are gathered by customer, with the times in segments beside them.
CREATE FUNCTION cvm.member_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_member_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.member_combine(internal, internal) IS 'Combine of aggregates over rows and times in segments';
CREATE FUNCTION cvm.member_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_member_serialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.member_serialize(internal) IS 'Serialization of aggregates over rows and times in segments';
CREATE FUNCTION cvm.member_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_member_deserialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.member_deserialize(bytea, internal) IS 'Deserialization of aggregates over rows and times in segments';

CREATE TYPE cvm.contact_pressure AS (segment text, month date, contacts_each bigint, customers bigint, over_cap_customers bigint, service_contacts bigint,
	violations bigint, responses bigint, open_known bigint, opened bigint, opt_known bigint, opted_out bigint, last_day date);
COMMENT ON TYPE cvm.contact_pressure IS 'What customers of a segment came to who got so many marketing contacts each in a month';

@use rows_final contact_pressure | contact_pressure

@with member_aggregate contact_pressure | date, text, boolean, boolean, boolean, text, date, date, date, integer, integer
	'How much marketing customers get, from raw rows in one pass: customer, day, purpose ("service" is none), whether it was answered, opened '
	'and ended in an opt-out (NULL: not known), segment, valid_from, valid_to, as_of (NULL: all days), days of the window, contacts that '
	'customers may get in it. A row with a segment says that the customer was in it on these days; one without is a contact'
@end

@for customer
bigint
text
uuid
@make
CREATE FUNCTION cvm.contact_beyond_final_{customer}(internal) RETURNS {customer}[]
	AS 'MODULE_PATHNAME', 'cvm_contact_beyond_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.contact_beyond_final_{customer}(internal) IS 'End of _contact_beyond_agg';
CREATE FUNCTION cvm.contact_beyond_add(internal, {customer}, date, text, date, integer, integer) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_contact_beyond_add_{customer}'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.contact_beyond_add(internal, {customer}, date, text, date, integer, integer) IS 'Step of _contact_beyond_agg';
CREATE AGGREGATE cvm._contact_beyond_agg({customer}, date, text, date, integer, integer) (
	SFUNC = cvm.contact_beyond_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.contact_beyond_final_{customer}, FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = cvm.member_combine,
	SERIALFUNC = cvm.member_serialize,
	DESERIALFUNC = cvm.member_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._contact_beyond_agg({customer}, date, text, date, integer, integer) IS
	'Customers who ever got more marketing contacts than they may within a window, from raw rows in one pass: customer, day, purpose ("service" is '
	'none), as_of (NULL: all days), days of the window, contacts that customers may get in it';
@end

CREATE TYPE cvm.contact_fatigue AS (ordinal bigint, contacts bigint, responses bigint, first_contacts bigint, first_responses bigint, customers bigint,
	opt_known bigint, opted_out bigint, last_day date);
COMMENT ON TYPE cvm.contact_fatigue IS 'Customers whose contacts of an ordinal, and first ones, came to as many, and as many responses';

@use rows_final contact_fatigue | contact_fatigue

@with member_aggregate contact_fatigue | date, timestamptz, text, boolean, boolean, date, integer
	'What first, second and further marketing contacts within a window came to, up to the tenth, from raw rows in one pass: customer, day, moment, '
	'purpose ("service" is none), whether it was answered and ended in an opt-out (NULL: not known), as_of (NULL: all days), days of the window'
@end

CREATE TYPE cvm.contact_silence AS (segment text, contacts bigint, is_never boolean, customers bigint);
COMMENT ON TYPE cvm.contact_silence IS 'Customers of a segment who pay, by how many contacts they got since a day, and whether they ever got one';

@use rows_final contact_silence | contact_silence

@with member_aggregate contact_silence | date, text, text, boolean, text, date, date, date, date
	'How many contacts those who pay got, by segment of the last day, from raw rows in one pass: customer, day, purpose ("service" is no marketing), '
	'arm (nobody contacts "control"), whether the customer pays on the last day, segment, valid_from, valid_to, as_of, day from which on contacts '
	'count. A row with a segment says that the customer was in it on these days; one of who pays is no contact'
@end

CREATE TYPE cvm.ticket_response AS (segment text, month date, tickets bigint, staff bigint, customers bigint, answered bigint, solved bigint,
	reopened bigint, within_tickets bigint, beyond_tickets bigint, replies cvm.survival, solutions cvm.survival);
COMMENT ON TYPE cvm.ticket_response IS 'How long the tickets of a month waited for a reply and to be solved, in a segment (NULL: of everybody)';

@use rows_final ticket_response | ticket_response

@with member_aggregate ticket_response | date, boolean, boolean, boolean, boolean, float8, float8, float8, text, date, date, date
	'How long tickets wait, from raw rows in one pass: customer, day, whether the staff opened it, it was answered, solved and opened again, '
	'minutes until the reply or until now (less than 0: it does not count), minutes until it was solved or until now, agreed minutes, segment, '
	'valid_from, valid_to, as_of (NULL: all days). A row with a segment says that the customer was in it on these days; one without is a ticket'
@end

CREATE TYPE cvm.survey_answers AS (segment text, month date, instrument text, driver text, kind text, score float8, competitor_score float8,
	is_answered boolean, customers bigint, last_day date);
COMMENT ON TYPE cvm.survey_answers IS 'How many customers of a segment gave an answer in a month, or were asked: is_answered is not NULL then';

@use rows_final survey_score | survey_answers

@with member_aggregate survey_score | date, timestamptz, float8, float8, date, text, text, text, text, date, date, date
	'How many customers gave which answer, the last of each in a month, from raw rows in one pass: customer, day of the answer, its moment, score, '
	'score of the competitor, day of the invitation, instrument, driver, kind (instrument and kind in any case of letters; driver and kind NULL: '
	'"(none)"), segment, valid_from, valid_to, as_of (NULL: all days). A row with a '
	'segment says that the customer was in it on these days; one without is an answer, an invitation, or both'
@end

CREATE FUNCTION cvm._minutes_between(since timestamptz, until timestamptz) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_minutes_between'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._minutes_between(timestamptz, timestamptz) IS 'Minutes by the clock; NULL where one of the moments is infinite';

-- When something happened last: see src/pg/contacts/last_days.c
@use ticket_final last_day

@with member_aggregate last_day | date, date
	'What happened to customers before a day, from raw rows in one pass: customer, day, as_of. The answer is a ticket, with which _last_days() '
	'reads the rows once in the same query'
@end

CREATE FUNCTION cvm._last_days(ticket bytea, of_type anyelement, looks date[], silent_days integer)
	RETURNS TABLE (customer_id anyelement, look date, last_day date)
	AS 'MODULE_PATHNAME', 'cvm_last_days'
	LANGUAGE C VOLATILE PARALLEL RESTRICTED ROWS 10000;
COMMENT ON FUNCTION cvm._last_days(bytea, anyelement, date[], integer) IS
	'Of customers to whom something happened before a look, those to whom nothing did in so many days before it, with the last day; customers are of '
	'the type of of_type';

-- Which contacts may contradict something: see src/core/contacts/contact_offers.h
@use ticket_final contact_offer

@with member_aggregate contact_offer | date, date, timestamptz, text, text, text, text, text, date, integer, text[], text[]
	'Contacts with an offer and what customers hold, from raw rows in one pass: customer, day or first day, day after the last of what is held (NULL: '
	'goes on), moment of a contact (NULL: something is held), purpose ("service" is no offer), channel, campaign, offer, product, as_of (NULL: all '
	'days), days in which contacts are near each other, pairs of offers and products, pairs of products and bundles. The answer is a ticket, with '
	'which _contact_offers() reads the state while the query runs'
@end
CREATE FUNCTION cvm._contact_offers(ticket bytea, of_type anyelement)
	RETURNS TABLE (customer_id anyelement, day date, of_day bigint, channel text, campaign text, offer text, product text)
	AS 'MODULE_PATHNAME', 'cvm_contact_offers'
	LANGUAGE C VOLATILE PARALLEL RESTRICTED ROWS 10000;
COMMENT ON FUNCTION cvm._contact_offers(bytea, anyelement) IS
	'Contacts that are near another one of the customer, for what is held on their day or for several products, with their number among all of the day';
