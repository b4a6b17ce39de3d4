-- SPDX-License-Identifier: PostgreSQL
-- Type activity: one customer's timeline, of which nothing is decided yet but
-- the local day of each event.
@use state_type activity | activity | One customer''s timeline: days, how many events, which may start a cohort or count as a return, exact value
@use state_merge activity | activity_merge

CREATE FUNCTION cvm._is_readable(cvm.activity) RETURNS boolean
	AS 'MODULE_PATHNAME', 'cvm_activity_is_readable'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._is_readable(cvm.activity) IS
	'Can this version of the library read what is stored?';

CREATE FUNCTION cvm.activity_final(cvm.activity) RETURNS cvm.activity
	AS 'MODULE_PATHNAME', 'cvm_activity_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.activity_final(cvm.activity) IS 'End of activity_agg';

-- activity_agg: five ways to say a time, three ways to say what happened
@for time | of
date              | days
timestamp         | local times
date, text        | days; the zone is not needed
timestamp, text   | local times; the zone is not needed
timestamptz, text | moments, as days of the zone named
@make
@for more | words
                            |
, numeric                   | ; with a value
, numeric, boolean, boolean | ; with a value, whether the event may start a cohort, whether it counts as a return
@make
CREATE FUNCTION cvm.activity_add(cvm.activity, {time}{more}) RETURNS cvm.activity
	AS 'MODULE_PATHNAME', 'cvm_activity_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.activity_add(cvm.activity, {time}{more}) IS 'Step of activity_agg';
CREATE AGGREGATE cvm.activity_agg({time}{more}) (
	SFUNC = cvm.activity_add, STYPE = cvm.activity,
	FINALFUNC = cvm.activity_final,
	COMBINEFUNC = cvm.activity_merge, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm.activity_agg({time}{more}) IS 'One customer''s timeline from {of}{words}';
@end
@end

CREATE FUNCTION cvm.first_day(cvm.activity) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_first_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.first_day(cvm.activity) IS
	'First day with an event that may start a cohort; NULL if there is none';

CREATE FUNCTION cvm.last_day(cvm.activity) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_last_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.last_day(cvm.activity) IS 'Last day with any event';

CREATE FUNCTION cvm.days(cvm.activity)
	RETURNS TABLE (day date, events bigint, starts bigint, returns bigint,
		value numeric)
	AS 'MODULE_PATHNAME', 'cvm_days'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION cvm.days(cvm.activity) IS
	'The timeline as rows, one a day: events, how many of them may start a cohort and count as a return, and what they brought (NULL when no event told)';

CREATE FUNCTION cvm.max_in_window(cvm.activity, days integer) RETURNS bigint
	AS 'MODULE_PATHNAME', 'cvm_max_in_window'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.max_in_window(cvm.activity, integer) IS
	'Most events in any so many days in a row, for caps such as contacts a week';

CREATE FUNCTION cvm.active_spells(cvm.activity, idle_days integer, as_of date) RETURNS datemultirange
	AS 'MODULE_PATHNAME', 'cvm_active_spells'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.active_spells(cvm.activity, integer, date) IS
	'When somebody without a contract counts as a customer: from the first start on, each day with a return before '
	'as_of and the days after it, idle_days in all. A spell''s end is the day on which its last idle day is over, so '
	'it is decided when that lies before as_of; the last activity was idle_days earlier';

CREATE FUNCTION cvm._silences(cvm.activity, silence_days integer) RETURNS date[]
	AS 'MODULE_PATHNAME', 'cvm_silences'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._silences(cvm.activity, integer) IS
	'Each day on which nothing had come in for more than so many days, counted from one with an event';

CREATE FUNCTION cvm._inactivity_lines(cvm.activity, idle_days integer[], as_of date, segments integer[], valid_from date[], valid_to date[],
	has_segments boolean) RETURNS bigint[]
	AS 'MODULE_PATHNAME', 'cvm_inactivity_lines'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._inactivity_lines(cvm.activity, integer[], date, integer[], date[], date[], boolean) IS
	'What a customer adds to the bridge of inactivity_churn: segment << 43 | which of idle_days << 31 | line << 28 | '
	'months since 2000 + 2^27; segment 0 is "(all)", 1 "(none)"';

CREATE FUNCTION cvm.rfm(cvm.activity, as_of date,
	OUT recency_days integer, OUT frequency bigint, OUT monetary numeric,
	OUT active_days bigint)
	AS 'MODULE_PATHNAME', 'cvm_rfm'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.rfm(cvm.activity, date) IS
	'Before as_of: days since the last event, number of events, sum of values, days with events';

-- The timelines of all customers in one pass, of one machine: an aggregate that answers with a ticket (src/pg/ticket.h)
@use ticket_final timelines
CREATE FUNCTION cvm.timelines_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_timelines_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.timelines_combine(internal, internal) IS 'Combine of _timelines_agg';
CREATE FUNCTION cvm.timelines_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_timelines_serialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.timelines_serialize(internal) IS 'Serialization of _timelines_agg';
CREATE FUNCTION cvm.timelines_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_timelines_deserialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.timelines_deserialize(bytea, internal) IS 'Deserialization of _timelines_agg';
@for customer
bigint
text
uuid
@make
@for time
date, text
timestamp, text
timestamptz, text
@make
@for more

, numeric
, numeric, boolean, boolean
@make
CREATE FUNCTION cvm.timelines_add(internal, {customer}, {time}{more}) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_timelines_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cvm.timelines_add(internal, {customer}, {time}{more}) IS 'Step of _timelines_agg';
CREATE AGGREGATE cvm._timelines_agg({customer}, {time}{more}) (
	SFUNC = cvm.timelines_add, STYPE = internal, SSPACE = 65536,
	FINALFUNC = cvm.timelines_final, FINALFUNC_MODIFY = READ_WRITE,
	COMBINEFUNC = cvm.timelines_combine,
	SERIALFUNC = cvm.timelines_serialize,
	DESERIALFUNC = cvm.timelines_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cvm._timelines_agg({customer}, {time}{more}) IS
	'The timeline of each customer, from raw rows in one pass: customer, then the arguments of activity_agg. The answer is a ticket, with '
	'which _timelines() reads the rows in the same query';
@end
@end
@end

CREATE FUNCTION cvm._timelines(ticket bytea, of_type anyelement) RETURNS TABLE (customer_id anyelement, activity cvm.activity)
	AS 'MODULE_PATHNAME', 'cvm_timelines'
	LANGUAGE C VOLATILE PARALLEL RESTRICTED ROWS 100000;
COMMENT ON FUNCTION cvm._timelines(bytea, anyelement) IS
	'Each customer whom _timelines_agg() gathered, with the timeline, once; customers are of the type of of_type';

CREATE FUNCTION cvm.fold_activity(query text, tz text) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'cvm_fold_activity'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 100000;
COMMENT ON FUNCTION cvm.fold_activity(text, text) IS
	'One timeline per customer of a query, as activity_agg and GROUP BY give it but many times faster: the query '
	'selects customer, time [, value [, is_start, is_return]]';
