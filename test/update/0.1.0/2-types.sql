-- SPDX-License-Identifier: PostgreSQL
-- Type activity: one customer's timeline, of which nothing is decided yet but
-- the local day of each event.
CALL create_state_type('activity',
	'One customer''s timeline: days, how many events, which may start a cohort or count as a return, exact value');
CALL create_state_merge('activity', 'activity_merge');

CREATE FUNCTION activity_final(activity) RETURNS activity
	AS 'MODULE_PATHNAME', 'cvm_activity_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION activity_final(activity) IS 'End of activity_agg';

-- activity_agg: five ways to say a time, three ways to say what happened
DO $block$
DECLARE
	form record;
BEGIN
	FOR form IN
		SELECT t.types || v.types AS types,
			   format('One customer''s timeline from %s%s', t.words, v.words) AS words
		FROM (VALUES ('date', 'days'),
					 ('timestamp', 'local times'),
					 ('date, text', 'days; the zone is not needed'),
					 ('timestamp, text', 'local times; the zone is not needed'),
					 ('timestamptz, text', 'moments, as days of the zone named'))
				 AS t (types, words),
			 (VALUES ('', ''),
					 (', numeric', '; with a value'),
					 (', numeric, boolean, boolean',
					  '; with a value, whether the event may start a cohort, whether it counts as a return'))
				 AS v (types, words)
	LOOP
		EXECUTE format($$
			CREATE FUNCTION cvm.activity_add(cvm.activity, %1$s) RETURNS cvm.activity
				AS 'MODULE_PATHNAME', 'cvm_activity_add'
				LANGUAGE C IMMUTABLE PARALLEL SAFE;
			COMMENT ON FUNCTION cvm.activity_add(cvm.activity, %1$s) IS 'Step of activity_agg';
			CREATE AGGREGATE cvm.activity_agg(%1$s) (
				SFUNC = cvm.activity_add, STYPE = cvm.activity,
				FINALFUNC = cvm.activity_final,
				COMBINEFUNC = cvm.activity_merge, PARALLEL = SAFE
			);
			COMMENT ON AGGREGATE cvm.activity_agg(%1$s) IS %2$L$$,
			form.types, form.words);
	END LOOP;
END
$block$;

CREATE FUNCTION first_day(activity) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_first_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION first_day(activity) IS
	'First day with an event that may start a cohort; NULL if there is none';

CREATE FUNCTION last_day(activity) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_last_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION last_day(activity) IS 'Last day with any event';

CREATE FUNCTION days(activity)
	RETURNS TABLE (day date, events bigint, starts bigint, returns bigint,
		value numeric)
	AS 'MODULE_PATHNAME', 'cvm_days'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION days(activity) IS
	'The timeline as rows, one a day: events, how many of them may start a cohort and count as a return, and what they brought (NULL when no event told)';

CREATE FUNCTION max_in_window(activity, days integer) RETURNS bigint
	AS 'MODULE_PATHNAME', 'cvm_max_in_window'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION max_in_window(activity, integer) IS
	'Most events in any so many days in a row, for caps such as contacts a week';

CREATE FUNCTION rfm(activity, as_of date,
	OUT recency_days integer, OUT frequency bigint, OUT monetary numeric,
	OUT active_days bigint)
	AS 'MODULE_PATHNAME', 'cvm_rfm'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rfm(activity, date) IS
	'Before as_of: days since the last event, number of events, sum of values, days with events';

CREATE FUNCTION fold_activity(query text, tz text) RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'cvm_fold_activity'
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 100000;
COMMENT ON FUNCTION fold_activity(text, text) IS
	'One timeline per customer of a query, as activity_agg and GROUP BY give it but many times faster: the query selects customer, time [, value [, is_start, is_return]]';
-- Type tenure: one customer, read with a grain, a clock and a cut-off.
CALL create_state_type('tenure',
	'One customer, read: the cohort and the periods that count');

CREATE FUNCTION tenure(activity, grain text, as_of date,
	clock text DEFAULT 'calendar', week_start integer DEFAULT 1,
	brackets int4range[] DEFAULT NULL, min_events integer DEFAULT 1,
	streak boolean DEFAULT false) RETURNS tenure
	AS 'MODULE_PATHNAME', 'cvm_tenure'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION tenure(activity, text, date, text, integer, int4range[], integer, boolean) IS
	'Reads a timeline up to as_of: grain day, week, month, quarter or year; clock calendar or anniversary';

CREATE FUNCTION cohort_of(activity, grain text, week_start integer DEFAULT 1)
	RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_cohort_of'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cohort_of(activity, text, integer) IS
	'First day of the calendar period a customer started in; NULL without a start';

CREATE FUNCTION is_active(activity, period_no integer, grain text,
	clock text DEFAULT 'calendar', week_start integer DEFAULT 1,
	min_events integer DEFAULT 1) RETURNS boolean
	AS 'MODULE_PATHNAME', 'cvm_is_active'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION is_active(activity, integer, text, text, integer, integer) IS
	'Was the customer retained in this period of its life? NULL without a start';
-- Type retention: customers added up to a triangle.
CALL create_state_type('retention',
	'Cohorts added up: members, and per period how many were retained, returned, and what they brought');

CREATE FUNCTION retention_rollup(retention, retention) RETURNS retention
	AS 'MODULE_PATHNAME', 'cvm_retention_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_rollup(retention, retention) IS 'Step of rollup';
CALL create_state_merge('retention', 'retention_rollup');

CREATE FUNCTION retention_add(retention, tenure) RETURNS retention
	AS 'MODULE_PATHNAME', 'cvm_retention_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_add(retention, tenure) IS 'Step of retention_agg(tenure)';

CREATE AGGREGATE retention_agg(tenure) (
	SFUNC = retention_add, STYPE = retention,
	COMBINEFUNC = retention_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE retention_agg(tenure) IS
	'Adds customers up to a retention triangle; they must have been read alike';

CREATE FUNCTION retention_sweep(retention, activity, text, date) RETURNS retention
	AS 'MODULE_PATHNAME', 'cvm_retention_sweep'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION retention_sweep(retention, activity, text, date) IS
	'Step of retention_agg(activity, grain, as_of)';

CREATE AGGREGATE retention_agg(activity, text, date) (
	SFUNC = retention_sweep, STYPE = retention,
	COMBINEFUNC = retention_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE retention_agg(activity, text, date) IS
	'The same as retention_agg(tenure(activity, grain, as_of)), without making tenures';

-- The fast way: from raw rows in one pass.  Its state is internal, for one
-- machine with parallel workers; distributed servers take the two steps.
CREATE FUNCTION fold_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_fold_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION fold_combine(internal, internal) IS 'Combine of the one-pass retention_agg';
CREATE FUNCTION fold_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_fold_serialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION fold_serialize(internal) IS 'Serialization of the one-pass retention_agg';
CREATE FUNCTION fold_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_fold_deserialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION fold_deserialize(bytea, internal) IS 'Deserialization of the one-pass retention_agg';
CREATE FUNCTION fold_final(internal) RETURNS retention
	AS 'MODULE_PATHNAME', 'cvm_fold_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION fold_final(internal) IS 'End of the one-pass retention_agg';

DO $block$
DECLARE
	form record;
BEGIN
	FOR form IN
		SELECT c.type || ', ' || t.types || v.types || ', text' AS types,
			   format('The retention triangle from raw rows in one pass: customer, %s%s, grain',
					  t.words, v.words) AS words
		FROM (VALUES ('bigint'), ('text'), ('uuid')) AS c (type),
			 (VALUES ('date', 'day'),
					 ('timestamp', 'local time'),
					 ('date, text', 'day, zone (not needed)'),
					 ('timestamp, text', 'local time, zone (not needed)'),
					 ('timestamptz, text', 'moment, zone'))
				 AS t (types, words),
			 (VALUES ('', ''),
					 (', numeric', ', value'),
					 (', numeric, boolean, boolean',
					  ', value, may start a cohort, counts as a return'))
				 AS v (types, words)
	LOOP
		EXECUTE format($$
			CREATE FUNCTION cvm.fold_add(internal, %1$s) RETURNS internal
				AS 'MODULE_PATHNAME', 'cvm_fold_add'
				LANGUAGE C IMMUTABLE PARALLEL SAFE;
			COMMENT ON FUNCTION cvm.fold_add(internal, %1$s) IS 'Step of the one-pass retention_agg';
			CREATE AGGREGATE cvm.retention_agg(%1$s) (
				SFUNC = cvm.fold_add, STYPE = internal, SSPACE = 65536,
				FINALFUNC = cvm.fold_final,
				COMBINEFUNC = cvm.fold_combine,
				SERIALFUNC = cvm.fold_serialize,
				DESERIALFUNC = cvm.fold_deserialize, PARALLEL = SAFE
			);
			COMMENT ON AGGREGATE cvm.retention_agg(%1$s) IS %2$L$$,
			form.types, form.words);
	END LOOP;
END
$block$;

CREATE FUNCTION as_of(retention, date) RETURNS retention
	AS 'MODULE_PATHNAME', 'cvm_retention_observe'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION as_of(retention, date) IS
	'Says until when was observed: the first day not observed';

CREATE FUNCTION as_of(retention) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_retention_as_of'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION as_of(retention) IS
	'The first day not observed; the day after the last one folded, unless said otherwise';

CREATE FUNCTION grid(retention, conf float8 DEFAULT 0.95,
	partial boolean DEFAULT false)
	RETURNS TABLE (cohort date, period_no integer, period_start date,
		cohort_customers bigint, eligible_customers bigint,
		retained_customers bigint, retained_or_later_customers bigint,
		returned_customers bigint, retention_rate float8,
		conf_low float8, conf_high float8, is_complete boolean,
		value numeric, value_rate float8, eligible_value numeric)
	AS 'MODULE_PATHNAME', 'cvm_grid'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 300;
COMMENT ON FUNCTION grid(retention, float8, boolean) IS
	'The cells of a triangle: retention_rate = retained_customers / eligible_customers with its Wilson interval, value_rate = value / eligible_value';

CREATE FUNCTION curve(retention, conf float8 DEFAULT 0.95)
	RETURNS TABLE (period_no integer, cohorts bigint,
		eligible_customers bigint, retained_customers bigint,
		retained_or_later_customers bigint, returned_customers bigint,
		retention_rate float8, conf_low float8, conf_high float8,
		is_complete boolean, value numeric, value_rate float8,
		eligible_value numeric)
	AS 'MODULE_PATHNAME', 'cvm_curve'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION curve(retention, float8) IS
	'All cohorts pooled: sum of retained over sum of eligible per period, never a mean of rates';

CREATE FUNCTION heatmap(retention) RETURNS SETOF text
	AS 'MODULE_PATHNAME', 'cvm_heatmap'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION heatmap(retention) IS
	'The triangle in per cent as lines of text, for people at a terminal; a dot is a period that is not over';
-- Type lifecycle: how many customers were new, retained, reactivated, dormant.
CALL create_state_type('lifecycle',
	'Customers by period: new, retained, reactivated, moved in and out of a segment');

CREATE FUNCTION lifecycle_rollup(lifecycle, lifecycle) RETURNS lifecycle
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION lifecycle_rollup(lifecycle, lifecycle) IS 'Step of rollup';
CALL create_state_merge('lifecycle', 'lifecycle_rollup');

CREATE FUNCTION lifecycle_add(lifecycle, activity, text, date) RETURNS lifecycle
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION lifecycle_add(lifecycle, activity, text, date) IS 'Step of lifecycle_agg';

CREATE FUNCTION lifecycle_add(lifecycle, activity, text, date, datemultirange)
	RETURNS lifecycle
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION lifecycle_add(lifecycle, activity, text, date, datemultirange) IS
	'Step of lifecycle_agg';

CREATE AGGREGATE lifecycle_agg(activity, text, date) (
	SFUNC = lifecycle_add, STYPE = lifecycle,
	COMBINEFUNC = lifecycle_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE lifecycle_agg(activity, text, date) IS
	'Customers by period up to as_of: activity, grain, as_of';

CREATE AGGREGATE lifecycle_agg(activity, text, date, datemultirange) (
	SFUNC = lifecycle_add, STYPE = lifecycle,
	COMBINEFUNC = lifecycle_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE lifecycle_agg(activity, text, date, datemultirange) IS
	'Customers of one segment by period: activity, grain, as_of, the days on which the segment holds the customer';

CREATE FUNCTION lifecycles(lifecycle)
	RETURNS TABLE (period date, opening_customers bigint, new_customers bigint,
		moved_in_customers bigint, moved_out_customers bigint,
		closing_customers bigint, retained_customers bigint,
		reactivated_customers bigint, dormant_customers bigint,
		is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_lifecycles'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION lifecycles(lifecycle) IS
	'Period by period: closing = opening + new + moved in + moved out (a loss, negative) = new + retained + reactivated + dormant';

CREATE FUNCTION lifecycle(activity, grain text, as_of date)
	RETURNS TABLE (period date, status text, is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_lifecycle'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION lifecycle(activity, text, date) IS
	'One customer period by period up to as_of: new, retained, reactivated or dormant';
-- Until when was observed.
CREATE FUNCTION observed_add(bigint, date, date, date) RETURNS bigint
	AS 'MODULE_PATHNAME', 'cvm_observed_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION observed_add(bigint, date, date, date) IS 'Step of observed_until_agg';
CREATE FUNCTION observed_combine(bigint, bigint) RETURNS bigint
	AS 'MODULE_PATHNAME', 'cvm_observed_combine'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION observed_combine(bigint, bigint) IS 'Combine of observed_until_agg';
CREATE FUNCTION observed_final(bigint) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_observed_final'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION observed_final(bigint) IS 'End of observed_until_agg';
CREATE AGGREGATE observed_until_agg(date, date, date) (
	SFUNC = observed_add, STYPE = bigint,
	FINALFUNC = observed_final, COMBINEFUNC = observed_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE observed_until_agg(date, date, date) IS
	'The day after the last one on which a spell began or ended: first day, day after the last, today; days after today are plans and do not count, unless there are no others: then the day after the first';
-- Type holdings: one customer's subscription spells, of which nothing is
-- decided yet.
CALL create_state_type('holdings',
	'One customer''s subscription spells: product, days held, exact monthly price, channel and offer');
CALL create_state_merge('holdings', 'holdings_merge');

CREATE FUNCTION holdings_final(holdings) RETURNS holdings
	AS 'MODULE_PATHNAME', 'cvm_holdings_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION holdings_final(holdings) IS 'End of holdings_agg';

DO $block$
DECLARE
	form record;
BEGIN
	FOR form IN
		SELECT *
		FROM (VALUES ('text, date, date, numeric', ''),
					 ('text, date, date, numeric, text, text', ', channel, offer'),
					 ('text, date, date, numeric, text, text, boolean', ', channel, offer, whether it is paused and price is what it would be'))
			AS f (types, words)
	LOOP
		EXECUTE format($$
			CREATE FUNCTION cvm.holdings_add(cvm.holdings, %1$s) RETURNS cvm.holdings
				AS 'MODULE_PATHNAME', 'cvm_holdings_add'
				LANGUAGE C IMMUTABLE PARALLEL SAFE;
			COMMENT ON FUNCTION cvm.holdings_add(cvm.holdings, %1$s) IS 'Step of holdings_agg';
			CREATE AGGREGATE cvm.holdings_agg(%1$s) (
				SFUNC = cvm.holdings_add, STYPE = cvm.holdings,
				FINALFUNC = cvm.holdings_final,
				COMBINEFUNC = cvm.holdings_merge, PARALLEL = SAFE
			);
			COMMENT ON AGGREGATE cvm.holdings_agg(%1$s) IS
				'One customer''s spells: product, first day, day after the last (NULL: goes on), price a month%2$s'$$,
			form.types, form.words);
	END LOOP;
END
$block$;

CREATE FUNCTION mrr_at(holdings, day date) RETURNS numeric
	AS 'MODULE_PATHNAME', 'cvm_mrr_at'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr_at(holdings, date) IS
	'What the customer brings a month, on a day: the sum of the lines held, never below 0';

CREATE FUNCTION mrr_kept(holdings, opening date, closing date) RETURNS numeric
	AS 'MODULE_PATHNAME', 'cvm_mrr_kept'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mrr_kept(holdings, date, date) IS
	'The lesser of mrr_at on two days: what gross retention counts';

CREATE FUNCTION products_at(holdings, day date) RETURNS text[]
	AS 'MODULE_PATHNAME', 'cvm_products_at'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION products_at(holdings, date) IS
	'Products held on a day, paid or free, each once, in the order of their bytes';

CREATE FUNCTION by_offer(holdings, offers text[] DEFAULT NULL) RETURNS holdings
	AS 'MODULE_PATHNAME', 'cvm_by_offer'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION by_offer(holdings, text[]) IS
	'Each spell sold under one of these offers (NULL: under any) as one of a product of the offer''s name: an offer may be the focal one then, and the same product under other offers a donor';

CREATE FUNCTION first_day(holdings) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_first_held_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION first_day(holdings) IS 'First day of any spell, paid or free';

CREATE FUNCTION last_day(holdings, until date) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_last_held_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION last_day(holdings, date) IS
	'Last day, not after until, on which a spell began or was over; NULL if there is none';

CREATE FUNCTION first_paid_day(holdings) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_first_paid_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION first_paid_day(holdings) IS
	'First day on which the customer pays; NULL if there is none';

CREATE FUNCTION last_paid_day(holdings, as_of date) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_last_paid_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION last_paid_day(holdings, date) IS
	'Last day before as_of on which the customer pays; NULL if there is none';

CREATE FUNCTION tenure_days(holdings, as_of date, gap integer DEFAULT 0)
	RETURNS integer
	AS 'MODULE_PATHNAME', 'cvm_tenure_days'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION tenure_days(holdings, date, integer) IS
	'Days since the customer began to pay without a lapse of more than gap days; NULL once lapsed';

CREATE FUNCTION runs(holdings, as_of date, gap integer DEFAULT 0)
	RETURNS TABLE (run_no integer, started_on date, ended_on date,
		days integer, is_churned boolean)
	AS 'MODULE_PATHNAME', 'cvm_runs'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 2;
COMMENT ON FUNCTION runs(holdings, date, integer) IS
	'Times of paying without a lapse of more than gap days, observed before as_of; ended_on is exclusive and NULL while a run may go on';

CREATE FUNCTION spells(holdings)
	RETURNS TABLE (product text, started_on date, ended_on date, mrr numeric,
		channel text, offer text, paused_mrr numeric)
	AS 'MODULE_PATHNAME', 'cvm_spells'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 3;
COMMENT ON FUNCTION spells(holdings) IS
	'The spells as rows, by first day; ended_on is exclusive and NULL when a spell goes on; paused_mrr is what a paused spell would bring, NULL where none is';
-- What aggregates over raw spells in one pass share: rows in any order are
-- gathered into customers, and each aggregate ends in a reading of its own.
-- The state is internal, for one machine with parallel workers; distributed
-- servers take the two steps by way of holdings.
CREATE FUNCTION ledger_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_ledger_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION ledger_combine(internal, internal) IS 'Combine of aggregates over raw spells';
CREATE FUNCTION ledger_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_ledger_serialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ledger_serialize(internal) IS 'Serialization of aggregates over raw spells';
CREATE FUNCTION ledger_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_ledger_deserialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION ledger_deserialize(bytea, internal) IS 'Deserialization of aggregates over raw spells';

DO $block$
DECLARE
	customer text;
	more text;
BEGIN
	FOREACH customer IN ARRAY ARRAY['bigint', 'text', 'uuid'] LOOP
		FOREACH more IN ARRAY ARRAY['text, date', 'text, date, text', 'boolean, text, date, integer'] LOOP
			EXECUTE format($$
				CREATE FUNCTION cvm.ledger_add(internal, %1$s, text, date, date, numeric, %2$s)
					RETURNS internal
					AS 'MODULE_PATHNAME', 'cvm_ledger_add'
					LANGUAGE C IMMUTABLE PARALLEL SAFE;
				COMMENT ON FUNCTION cvm.ledger_add(internal, %1$s, text, date, date, numeric, %2$s) IS
					'Step of aggregates over raw spells'$$,
				customer, more);
		END LOOP;
	END LOOP;
END
$block$;

-- An aggregate over raw spells: its name, the types of its arguments after the
-- price, how it ends, and what is said of it.
CREATE PROCEDURE create_ledger_aggregate(name text, more text, final text, description text)
	LANGUAGE plpgsql
AS $body$
DECLARE
	customer text;
BEGIN
	FOREACH customer IN ARRAY ARRAY['bigint', 'text', 'uuid'] LOOP
		EXECUTE format($$
			CREATE AGGREGATE cvm.%1$I(%2$s, text, date, date, numeric, %3$s) (
				SFUNC = cvm.ledger_add, STYPE = internal, SSPACE = 65536,
				FINALFUNC = cvm.%4$I,
				COMBINEFUNC = cvm.ledger_combine,
				SERIALFUNC = cvm.ledger_serialize,
				DESERIALFUNC = cvm.ledger_deserialize, PARALLEL = SAFE
			);
			COMMENT ON AGGREGATE cvm.%1$I(%2$s, text, date, date, numeric, %3$s) IS %5$L$$,
			name, customer, more, final, description);
	END LOOP;
END
$body$;
-- Type movement: the waterfall of recurring revenue and of customers.
CALL create_state_type('movement',
	'The waterfall: who and how much came, grew, shrank, left and moved between segments, by period');

CREATE FUNCTION movement_rollup(movement, movement) RETURNS movement
	AS 'MODULE_PATHNAME', 'cvm_movement_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION movement_rollup(movement, movement) IS 'Step of rollup';
CALL create_state_merge('movement', 'movement_rollup');

CREATE FUNCTION movement_add(movement, holdings, text, date) RETURNS movement
	AS 'MODULE_PATHNAME', 'cvm_movement_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION movement_add(movement, holdings, text, date) IS 'Step of movement_agg';
CREATE AGGREGATE movement_agg(holdings, text, date) (
	SFUNC = movement_add, STYPE = movement,
	COMBINEFUNC = movement_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE movement_agg(holdings, text, date) IS
	'The waterfall of customers: holdings, grain, as_of (the first day not observed)';

CREATE FUNCTION movement_add(movement, holdings, text, date, datemultirange)
	RETURNS movement
	AS 'MODULE_PATHNAME', 'cvm_movement_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION movement_add(movement, holdings, text, date, datemultirange) IS
	'Step of movement_agg for a segment';
CREATE AGGREGATE movement_agg(holdings, text, date, datemultirange) (
	SFUNC = movement_add, STYPE = movement,
	COMBINEFUNC = movement_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE movement_agg(holdings, text, date, datemultirange) IS
	'The waterfall of a segment: holdings, grain, as_of, the days that each customer is in the segment';

CREATE FUNCTION movement_add(movement, holdings, text, date, integer) RETURNS movement
	AS 'MODULE_PATHNAME', 'cvm_movement_add_paused'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION movement_add(movement, holdings, text, date, integer) IS
	'Step of movement_agg with pauses';
CREATE AGGREGATE movement_agg(holdings, text, date, integer) (
	SFUNC = movement_add, STYPE = movement,
	COMBINEFUNC = movement_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE movement_agg(holdings, text, date, integer) IS
	'The waterfall of customers: holdings, grain, as_of, pause_days (for so long a paused spell is neither paid nor lost)';

CREATE FUNCTION movement_add(movement, holdings, text, date, datemultirange, integer)
	RETURNS movement
	AS 'MODULE_PATHNAME', 'cvm_movement_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION movement_add(movement, holdings, text, date, datemultirange, integer) IS
	'Step of movement_agg for a segment, with pauses';
CREATE AGGREGATE movement_agg(holdings, text, date, datemultirange, integer) (
	SFUNC = movement_add, STYPE = movement,
	COMBINEFUNC = movement_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE movement_agg(holdings, text, date, datemultirange, integer) IS
	'The waterfall of a segment: holdings, grain, as_of, the days that each customer is in the segment, pause_days';

CREATE FUNCTION as_of(movement) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_movement_as_of'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION as_of(movement) IS 'The first day not observed';

CREATE FUNCTION pause_days(movement) RETURNS integer
	AS 'MODULE_PATHNAME', 'cvm_movement_pause_days'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pause_days(movement) IS 'For how many days a paused spell is neither paid nor lost';

CREATE FUNCTION movements(movement)
	RETURNS TABLE (period_start date,
		opening_mrr numeric, opening_customers bigint,
		new_mrr numeric, new_customers bigint,
		reactivation_mrr numeric, reactivation_customers bigint,
		expansion_mrr numeric, expansion_customers bigint,
		contraction_mrr numeric, contraction_customers bigint,
		churn_mrr numeric, churn_customers bigint,
		moved_in_mrr numeric, moved_in_customers bigint,
		moved_out_mrr numeric, moved_out_customers bigint,
		closing_mrr numeric, closing_customers bigint,
		same_period_customers bigint,
		price_expansion_mrr numeric, price_contraction_mrr numeric,
		to_free_mrr numeric, to_free_customers bigint,
		paused_mrr numeric, paused_customers bigint,
		closing_paused_mrr numeric, closing_paused_customers bigint,
		is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_movements'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION movements(movement) IS
	'A row for every period: opening + new + reactivation + expansion + contraction + churn + moved_in + moved_out + paused = closing; losses are negative; customers of expansion and contraction stay and are not part of their sum';

CREATE FUNCTION migrations(holdings, grain text, as_of date)
	RETURNS TABLE (period_start date, from_product text, to_product text,
		from_mrr numeric, to_mrr numeric)
	AS 'MODULE_PATHNAME', 'cvm_migrations'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 3;
COMMENT ON FUNCTION migrations(holdings, text, date) IS
	'Products a customer lost and gained from one closing to the next, paired by price; "(in)" and "(out)" where there is no partner. Each appears once';

-- The fast way: from raw spells in one pass (51-ledger.sql).
CREATE FUNCTION movement_ledger_final(internal) RETURNS movement
	AS 'MODULE_PATHNAME', 'cvm_movement_ledger_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION movement_ledger_final(internal) IS 'End of the one-pass movement_agg';

CALL create_ledger_aggregate('movement_agg', 'text, date', 'movement_ledger_final',
	'The waterfall from raw spells in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, grain, as_of');
CALL create_ledger_aggregate('movement_agg', 'boolean, text, date, integer', 'movement_ledger_final',
	'The waterfall from raw spells in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, whether it is paused, grain, as_of, pause_days');
-- Type revenue_retention: how many customers of a cohort stay, and how much
-- of their money.
CALL create_state_type('revenue_retention',
	'Cohorts of paying customers: how many stay, and how much of their money, gross and net');

CREATE FUNCTION revenue_retention_rollup(revenue_retention, revenue_retention)
	RETURNS revenue_retention
	AS 'MODULE_PATHNAME', 'cvm_revenue_retention_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION revenue_retention_rollup(revenue_retention, revenue_retention) IS 'Step of rollup';
CALL create_state_merge('revenue_retention', 'revenue_retention_rollup');

DO $block$
DECLARE
	form record;
BEGIN
	FOR form IN
		SELECT *
		FROM (VALUES ('cvm.holdings, text, date', ''),
					 ('cvm.holdings, text, date, text', ', clock (calendar or anniversary)'))
			AS f (types, words)
	LOOP
		EXECUTE format($$
			CREATE FUNCTION cvm.revenue_retention_add(cvm.revenue_retention, %1$s)
				RETURNS cvm.revenue_retention
				AS 'MODULE_PATHNAME', 'cvm_revenue_retention_add'
				LANGUAGE C IMMUTABLE PARALLEL SAFE;
			COMMENT ON FUNCTION cvm.revenue_retention_add(cvm.revenue_retention, %1$s) IS
				'Step of revenue_retention_agg';
			CREATE AGGREGATE cvm.revenue_retention_agg(%1$s) (
				SFUNC = cvm.revenue_retention_add, STYPE = cvm.revenue_retention,
				COMBINEFUNC = cvm.revenue_retention_rollup, PARALLEL = SAFE
			);
			COMMENT ON AGGREGATE cvm.revenue_retention_agg(%1$s) IS
				'Retention of customers and money by cohort of the first paid day: holdings, grain, as_of (the first day not observed)%2$s'$$,
			form.types, form.words);
	END LOOP;
END
$block$;

-- The fast way: from raw spells in one pass (51-ledger.sql).  Beside
-- movement_agg over the same arguments, both share one pass.
CREATE FUNCTION revenue_ledger_final(internal) RETURNS revenue_retention
	AS 'MODULE_PATHNAME', 'cvm_revenue_ledger_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION revenue_ledger_final(internal) IS 'End of the one-pass revenue_retention_agg';
CALL create_ledger_aggregate('revenue_retention_agg', 'text, date', 'revenue_ledger_final',
	'Retention of customers and money from raw spells in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, grain, as_of');
CALL create_ledger_aggregate('revenue_retention_agg', 'text, date, text', 'revenue_ledger_final',
	'Retention of customers and money from raw spells in one pass: customer, product, first day, day after the last (NULL: goes on), price a month, grain, as_of, clock (calendar or anniversary)');

CREATE FUNCTION revenue_grid(revenue_retention, conf float8 DEFAULT 0.95)
	RETURNS TABLE (cohort date, period_no integer, period_start date,
		cohort_customers bigint, eligible_customers bigint,
		retained_customers bigint, retention_rate float8,
		conf_low float8, conf_high float8, cohort_mrr numeric,
		eligible_mrr numeric, gross_retained_mrr numeric,
		net_retained_mrr numeric, gross_revenue_retention_rate float8,
		net_revenue_retention_rate float8, is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_revenue_grid'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 300;
COMMENT ON FUNCTION revenue_grid(revenue_retention, float8) IS
	'The cells: retention_rate = retained_customers / eligible_customers with its Wilson interval, money rates = money / eligible_mrr; NULL where a period is not over';
-- Type survival: how long customers stay.
CALL create_state_type('survival',
	'Times until churn, of which some are not over: how many of each, at which age, from which cause');

CREATE FUNCTION survival_rollup(survival, survival) RETURNS survival
	AS 'MODULE_PATHNAME', 'cvm_survival_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION survival_rollup(survival, survival) IS 'Step of rollup';
CALL create_state_merge('survival', 'survival_rollup');

DO $block$
DECLARE
	form record;
BEGIN
	FOR form IN
		SELECT *
		FROM (VALUES ('integer, boolean', ''),
					 ('integer, boolean, integer', ', age from which the customer was seen (NULL: the start)'),
					 ('integer, boolean, text', ', cause of churn'),
					 ('integer, boolean, text, integer', ', cause of churn, age from which the customer was seen (NULL: the start)'))
			AS f (types, words)
	LOOP
		EXECUTE format($$
			CREATE FUNCTION cvm.survival_add(cvm.survival, %1$s) RETURNS cvm.survival
				AS 'MODULE_PATHNAME', '%3$s'
				LANGUAGE C IMMUTABLE PARALLEL SAFE;
			COMMENT ON FUNCTION cvm.survival_add(cvm.survival, %1$s) IS 'Step of survival_agg';
			CREATE AGGREGATE cvm.survival_agg(%1$s) (
				SFUNC = cvm.survival_add, STYPE = cvm.survival,
				COMBINEFUNC = cvm.survival_rollup, PARALLEL = SAFE
			);
			COMMENT ON AGGREGATE cvm.survival_agg(%1$s) IS
				'Customers as times until churn: duration, whether they churned then (else they were still there)%2$s'$$,
			form.types, form.words,
			-- who calls may not say which types it calls with
			CASE WHEN form.types LIKE '%text%' THEN 'cvm_survival_add_cause' ELSE 'cvm_survival_add' END);
	END LOOP;
END
$block$;

CREATE FUNCTION survival_curve(survival, conf float8 DEFAULT 0.95,
	conf_type text DEFAULT 'log-log')
	RETURNS TABLE ("time" integer, at_risk bigint, churned bigint,
		censored bigint, survival float8, std_error float8, conf_low float8,
		conf_high float8, cumulative_hazard float8, hazard_error float8)
	AS 'MODULE_PATHNAME', 'cvm_survival_curve'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION survival_curve(survival, float8, text) IS
	'Kaplan-Meier: a row for every age at which customers churn or drop out of sight, with Greenwood''s error; conf_type plain, log, log-log or logit';

CREATE FUNCTION survival_quantile(survival, share float8, conf float8 DEFAULT 0.95,
	conf_type text DEFAULT 'log-log',
	OUT "time" integer, OUT conf_low integer, OUT conf_high integer)
	AS 'MODULE_PATHNAME', 'cvm_survival_quantile'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION survival_quantile(survival, float8, float8, text) IS
	'First age at which at least so large a share has churned, with limits; NULL where that was not seen';

CREATE FUNCTION median_survival(survival) RETURNS integer
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN (survival_quantile($1, 0.5))."time";
COMMENT ON FUNCTION median_survival(survival) IS
	'First age at which at least half have churned; NULL where that was not seen';

CREATE FUNCTION survival_at(survival, "time" integer) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_survival_at'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION survival_at(survival, integer) IS
	'Share still there at an age; NULL past the last age seen';

CREATE FUNCTION rmst(survival, until float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_rmst'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rmst(survival, float8) IS
	'Restricted mean: how long customers stay on average of the time until then; NULL past the last age seen';

CREATE FUNCTION rmst_error(survival, until float8) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_rmst_error'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rmst_error(survival, float8) IS 'Standard error of rmst';

CREATE FUNCTION cumulative_incidence(survival)
	RETURNS TABLE (cause text, "time" integer, at_risk bigint, churned bigint,
		incidence float8, std_error float8)
	AS 'MODULE_PATHNAME', 'cvm_cumulative_incidence'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 200;
COMMENT ON FUNCTION cumulative_incidence(survival) IS
	'Aalen-Johansen: the share that has churned from each cause by each age, while other causes compete';

CREATE FUNCTION logrank(survival[], weight text DEFAULT 'logrank',
	OUT chi_square float8, OUT degrees integer, OUT p_value float8)
	AS 'MODULE_PATHNAME', 'cvm_logrank'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION logrank(survival[], text) IS
	'Log-rank test: do the groups churn alike? weight: logrank (all ages alike), gehan, tarone-ware, peto or fleming (early ages more)';

CREATE FUNCTION logrank(survival[], groups text[], strata text[],
	weight text DEFAULT 'logrank',
	OUT chi_square float8, OUT degrees integer, OUT p_value float8)
	AS 'MODULE_PATHNAME', 'cvm_logrank_stratified'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION logrank(survival[], text[], text[], text) IS
	'Stratified log-rank test: do the groups churn alike within each stratum? A state, its group and its stratum stand at the same place of the three arrays';
-- Projection of survival by the shifted-beta-geometric model.
CREATE TYPE sbg_model AS (
	alpha float8, beta float8, alpha_error float8, beta_error float8,
	covariance float8, log_likelihood float8, customers bigint, lost bigint,
	periods integer
);
COMMENT ON TYPE sbg_model IS
	'A fitted shifted-beta-geometric model: parameters, their standard errors and covariance, log-likelihood, and the customers, losses and periods it was fitted to';

CREATE FUNCTION survival_add(survival, integer, bigint, bigint) RETURNS survival
	AS 'MODULE_PATHNAME', 'cvm_survival_count'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION survival_add(survival, integer, bigint, bigint) IS
	'Step of survival_agg and sbg_fit for counted customers';
CREATE AGGREGATE survival_agg(integer, bigint, bigint) (
	SFUNC = survival_add, STYPE = survival,
	COMBINEFUNC = survival_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE survival_agg(integer, bigint, bigint) IS
	'Counted customers: age, how many churned at it, how many were last seen there at it';

CREATE FUNCTION sbg_fit(survival) RETURNS sbg_model
	AS 'MODULE_PATHNAME', 'cvm_sbg_fit'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION sbg_fit(survival) IS
	'Fits the model by maximum likelihood; ages are numbers of periods, and who has not churned counts as censored';
CREATE AGGREGATE sbg_fit(integer, bigint, bigint) (
	SFUNC = survival_add, STYPE = survival, FINALFUNC = sbg_fit,
	COMBINEFUNC = survival_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE sbg_fit(integer, bigint, bigint) IS
	'Fits the model to counted customers of one or more cohorts: period, lost in it, alive after it and not seen longer';

CREATE FUNCTION sbg_log_likelihood(survival, alpha float8, beta float8)
	RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_sbg_log_likelihood'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sbg_log_likelihood(survival, float8, float8) IS
	'Logarithm of how likely the data are under given parameters';

CREATE FUNCTION sbg_survival(alpha float8, beta float8, periods integer)
	RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_sbg_survival'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sbg_survival(float8, float8, integer) IS
	'Share that survives so many periods: B(alpha, beta + t) / B(alpha, beta)';

CREATE FUNCTION sbg_retention(alpha float8, beta float8, period integer)
	RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN period >= 1 THEN (beta + period - 1) / (alpha + beta + period - 1) END;
COMMENT ON FUNCTION sbg_retention(float8, float8, integer) IS
	'Share of those alive before a period who survive it: (beta + t - 1) / (alpha + beta + t - 1)';

CREATE FUNCTION sbg_derl(alpha float8, beta float8, discount float8,
	renewal integer DEFAULT 0) RETURNS float8
	AS 'MODULE_PATHNAME', 'cvm_sbg_derl'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION sbg_derl(float8, float8, float8, integer) IS
	'Discounted payments still expected just before a customer''s n-th renewal, that one included; 0: of a new customer who pays at once. NULL where they have no end';
-- Arithmetic of subscriptions: prices to months, churn to other lengths of
-- time, lifetime value and payback.  What is not defined is NULL.

CREATE FUNCTION normalise_mrr(amount numeric, unit text,
	units integer DEFAULT 1, days_per_year numeric DEFAULT 365.25)
	RETURNS numeric
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
	IF units < 1 THEN
		RAISE EXCEPTION 'price for "%" units of time', units
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Use 1 or more: a price each quarter is 3 months, or 1 quarter.';
	END IF;
	CASE unit
		WHEN 'month' THEN RETURN amount / units;
		WHEN 'quarter' THEN RETURN amount / (3 * units::numeric);
		WHEN 'year' THEN RETURN amount / (12 * units::numeric);
		WHEN 'week' THEN RETURN amount * days_per_year / (84 * units::numeric);
		WHEN 'day' THEN RETURN amount * days_per_year / (12 * units::numeric);
		ELSE
			RAISE EXCEPTION 'unknown unit of time "%"', left(unit, 64)
				USING ERRCODE = 'invalid_parameter_value',
					HINT = 'Use day, week, month, quarter or year.';
	END CASE;
END
$function$;
COMMENT ON FUNCTION normalise_mrr(numeric, text, integer, numeric) IS
	'A price for so many days, weeks, months, quarters or years as a price a month; days_per_year says how long weeks and days are: 365.25, or 364 (52 weeks), 360 (months of 30 days), 336 (months of 4 weeks)';

CREATE FUNCTION annual_churn(monthly float8) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN monthly BETWEEN 0 AND 1 THEN 1 - power(1 - monthly, 12) END;
COMMENT ON FUNCTION annual_churn(float8) IS
	'Monthly churn, compounded over a year: 1 - (1 - m)^12';

CREATE FUNCTION monthly_churn(rate float8, days float8) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN rate BETWEEN 0 AND 1 AND days > 0 THEN 1 - power(1 - rate, 365.0 / 12 / days) END;
COMMENT ON FUNCTION monthly_churn(float8, float8) IS
	'Churn seen over so many days as churn a month: 1 - (1 - q)^((365/12) / days)';

CREATE FUNCTION ltv_naive(arpa float8, churn float8) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN churn > 0 AND churn <= 1 THEN arpa / churn END;
COMMENT ON FUNCTION ltv_naive(float8, float8) IS
	'Revenue until churn, at constant churn: A / c; NULL where nobody churns';

CREATE FUNCTION ltv_margin(arpa float8, margin float8, churn float8) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN churn > 0 AND churn <= 1 THEN arpa * margin / churn END;
COMMENT ON FUNCTION ltv_margin(float8, float8, float8) IS
	'Margin until churn, at constant churn: A g / c; NULL where nobody churns';

CREATE FUNCTION ltv_discounted(arpa float8, margin float8, churn float8,
	discount float8, in_advance boolean DEFAULT true) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN churn BETWEEN 0 AND 1 AND discount >= 0 AND churn + discount > 0
		THEN arpa * margin * CASE WHEN in_advance THEN 1 + discount ELSE 1 - churn END / (discount + churn) END;
COMMENT ON FUNCTION ltv_discounted(float8, float8, float8, float8, boolean) IS
	'Margin until churn, discounted: A g (1 + d) / (d + c) paid in advance, A g (1 - c) / (d + c) in arrears';

CREATE FUNCTION ltv_capped(arpa float8, margin float8, churn float8,
	months integer, discount float8 DEFAULT 0) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE
		WHEN months < 0 OR churn < 0 OR churn > 1 OR discount < 0 THEN NULL
		WHEN churn + discount = 0 THEN arpa * margin * months
		ELSE arpa * margin * (1 - power((1 - churn) / (1 + discount), months)) / (1 - (1 - churn) / (1 + discount))
	END;
COMMENT ON FUNCTION ltv_capped(float8, float8, float8, integer, float8) IS
	'Margin of so many months, paid in advance: A g (1 - q^n) / (1 - q) with q = (1 - c) / (1 + d); defined where nobody churns';

CREATE FUNCTION cac_payback(cac float8, arpa float8, margin float8 DEFAULT 1,
	churn float8 DEFAULT 0) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE
		WHEN cac < 0 OR arpa * margin <= 0 OR churn < 0 OR churn >= 1 THEN NULL
		WHEN churn = 0 THEN cac / (arpa * margin)
		WHEN cac * churn / (arpa * margin) < 1
			THEN ln(1 - cac * churn / (arpa * margin)) / ln(1 - churn)
	END;
COMMENT ON FUNCTION cac_payback(float8, float8, float8, float8) IS
	'Months until margin has paid what a customer cost, paid in advance: ln(1 - CAC c / (A g)) / ln(1 - c); NULL when it never does';

CREATE FUNCTION churn_rates(movement, daily movement)
	RETURNS TABLE (period_start date, opening_customers bigint,
		openers_lost bigint, all_lost bigint, customer_days bigint,
		openers_rate float8, all_rate float8, with_new_rate float8,
		average_base_rate float8, daily_rate float8, hazard_rate float8)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 30
BEGIN ATOMIC
	WITH period AS (
		-- who is in a pause can be lost too
		SELECT m.period_start, m.opening_customers + m.paused_customers + m.closing_paused_customers AS opening_customers,
			m.new_customers, m.reactivation_customers, m.churn_customers, m.moved_in_customers, m.same_period_customers,
			m.closing_customers + m.closing_paused_customers AS closing_customers,
			lead(m.period_start) OVER (ORDER BY m.period_start) AS next_start
		FROM cvm.movements($1) AS m
	), day AS (
		SELECT p.period_start, sum(d.closing_customers + d.closing_paused_customers)::bigint AS customer_days,
			-sum(d.churn_customers) AS lost, count(*) AS days,
			sum(-d.churn_customers / nullif(d.opening_customers + d.paused_customers + d.closing_paused_customers, 0)::float8) AS daily_rate
		FROM cvm.movements($2) AS d
		JOIN period AS p ON d.period_start >= p.period_start
			AND (d.period_start < p.next_start OR p.next_start IS NULL)
		GROUP BY p.period_start
	)
	SELECT p.period_start, p.opening_customers, -p.churn_customers,
		-p.churn_customers + p.same_period_customers, d.customer_days,
		-p.churn_customers / nullif(p.opening_customers, 0)::float8,
		(-p.churn_customers + p.same_period_customers) / nullif(p.opening_customers, 0)::float8,
		(-p.churn_customers + p.same_period_customers)
			/ nullif(p.opening_customers + p.new_customers + p.reactivation_customers
				+ p.moved_in_customers + p.same_period_customers, 0)::float8,
		(-p.churn_customers + p.same_period_customers)
			/ nullif((p.opening_customers + p.closing_customers) / 2.0, 0)::float8,
		CASE WHEN p.opening_customers + p.closing_customers > 0 THEN d.daily_rate END,
		d.lost * d.days / nullif(d.customer_days, 0)::float8
	FROM period AS p
	LEFT JOIN day AS d ON d.period_start = p.period_start
	ORDER BY p.period_start;
END;
COMMENT ON FUNCTION churn_rates(movement, movement) IS
	'Churn of customers by six definitions, from a waterfall and the same by day: openers lost over opening (the one used everywhere here), all lost over opening, over opening and new, over the mean of opening and closing, sum of the days'' rates, lost over customer-periods; who is in a pause counts as there';

-- A rate that must be there: a sum without some of its parts would be wrong.
CREATE FUNCTION known_rate(currency text, own text, day date, rate numeric) RETURNS numeric
	LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF known_rate.currency = coalesce(known_rate.own, '(none)') THEN
		RETURN 1;
	ELSIF known_rate.rate > 0 AND known_rate.rate < 'Infinity' THEN
		RETURN known_rate.rate;
	END IF;
	RAISE invalid_parameter_value USING
		MESSAGE = format('no rate of currency "%s" on %s', known_rate.currency, known_rate.day),
		HINT = 'Add one to what is bound to fx_rate: what a unit is worth in the currency of the model.';
END
$$;
COMMENT ON FUNCTION known_rate(text, text, date, numeric) IS
	'The rate of a currency on a day: 1 for the model''s own, an error where none is known';

DO $block$
DECLARE
	form record;
BEGIN
	FOR form IN
		SELECT *
		FROM (VALUES ('', ''), (', held datemultirange', ', of the days that each is in the segment')) AS f (more, words)
	LOOP
		EXECUTE format($$
			CREATE FUNCTION cvm.kept_changes(holdings cvm.holdings, grain text, as_of date, periods integer%1$s)
				RETURNS TABLE (period_start date, customers bigint,
					opening_mrr numeric, gross_retained_mrr numeric, net_retained_mrr numeric)
				AS 'MODULE_PATHNAME', 'cvm_kept_changes'
				LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 6;
			COMMENT ON FUNCTION cvm.kept_changes(cvm.holdings, text, date, integer%2$s) IS
				'From closing to closing so many periods later: who paid at the first, what they brought, what of it is left and what they bring%3$s; each row is what changes from the period before, so add them up over customers and then over periods'$$,
			form.more, regexp_replace(form.more, 'held ', ''), form.words);
	END LOOP;
END
$block$;
-- Entries into a focal product: where a new product's customers came from.
CREATE FUNCTION entries(holdings, focal text[], donors text[], as_of date,
	look_back integer DEFAULT 30, look_ahead integer DEFAULT 60,
	gap integer DEFAULT 0)
	RETURNS TABLE (entered_on date, kind text, donor_before numeric,
		donor_after numeric, focal_mrr numeric, lost_mrr numeric,
		net_mrr numeric, donors_before text[], channel text, offer text, days_between integer)
	AS 'MODULE_PATHNAME', 'cvm_entries'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION entries(holdings, text[], text[], date, integer, integer, integer) IS
	'One customer''s entries into the focal products before as_of, each classified once: new, winback, add, switch, partial or pending. Donors NULL: every other product. What donors brought at best in look_back days before is compared with what they bring look_ahead days after. channel and offer: how the focal product was sold, where holdings know it. days_between: days from the last day on which donors brought that much to the entry';
-- What aggregates that ask about entries of raw spells in one pass share; each
-- ends in a reading of its own.  The state is internal, for one machine with
-- parallel workers; distributed servers take the two steps by way of holdings.
CREATE FUNCTION question_combine(internal, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_question_combine'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION question_combine(internal, internal) IS 'Combine of questions about raw spells';
CREATE FUNCTION question_serialize(internal) RETURNS bytea
	AS 'MODULE_PATHNAME', 'cvm_question_serialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION question_serialize(internal) IS 'Serialization of questions about raw spells';
CREATE FUNCTION question_deserialize(bytea, internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'cvm_question_deserialize'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION question_deserialize(bytea, internal) IS 'Deserialization of questions about raw spells';
-- Type cannibalization: the entries of all customers, and what donors lose
-- without the new product.
CALL create_state_type('cannibalization',
	'Did the new product eat the old ones: entries by kind, money, and a control group in cells of month, tenure, price and stratum');

CREATE FUNCTION cannibalization_rollup(cannibalization, cannibalization)
	RETURNS cannibalization
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cannibalization_rollup(cannibalization, cannibalization) IS 'Step of rollup';
CALL create_state_merge('cannibalization', 'cannibalization_rollup');

DO $block$
DECLARE
	form record;
BEGIN
	FOR form IN
		SELECT *
		FROM (VALUES
			('', '', 'look_back 30, look_ahead 60 and gap 0'),
			(', integer, integer, integer', '', 'look_back, look_ahead, gap'),
			(', integer, integer, integer, text', '', 'look_back, look_ahead, gap, stratum: who is compared with whom, a segment for example'),
			(', integer, integer, integer, text, text', '', 'look_back, look_ahead, gap, stratum, channel: where it is told, only entries sold in that channel ("(none)": in none) and no control, which control_only() gives'),
			(', integer[], integer[], integer', '_grid', 'lists of look_back and look_ahead, of which every pair is answered, and gap'),
			(', integer[], integer[], integer, text', '_grid', 'lists of look_back and look_ahead, of which every pair is answered, gap, stratum'))
			AS f (types, grid, words)
	LOOP
		EXECUTE format($$
			CREATE FUNCTION cvm.cannibalization_add(cvm.cannibalization, cvm.holdings, text[], text[], date%1$s)
				RETURNS cvm.cannibalization
				AS 'MODULE_PATHNAME', 'cvm_cannibalization_add%2$s'
				LANGUAGE C IMMUTABLE PARALLEL SAFE;
			COMMENT ON FUNCTION cvm.cannibalization_add(cvm.cannibalization, cvm.holdings, text[], text[], date%1$s) IS
				'Step of cannibalization_agg';
			CREATE AGGREGATE cvm.cannibalization_agg(cvm.holdings, text[], text[], date%1$s) (
				SFUNC = cvm.cannibalization_add, STYPE = cvm.cannibalization,
				COMBINEFUNC = cvm.cannibalization_rollup, PARALLEL = SAFE
			);
			COMMENT ON AGGREGATE cvm.cannibalization_agg(cvm.holdings, text[], text[], date%1$s) IS
				'Adds customers up, with or without an entry: holdings, focal products, donors (NULL: all others), as_of (the first day not observed), %3$s'$$,
			form.types, form.grid, form.words);
	END LOOP;
END
$block$;

CREATE FUNCTION control_only(cannibalization) RETURNS cannibalization
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_control_only'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION control_only(cannibalization) IS
	'Those who stayed, without the entries: added to the entries of one channel, it gives the verdict on that channel';

CREATE FUNCTION as_of(cannibalization) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_as_of'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION as_of(cannibalization) IS 'The first day not observed';

CREATE FUNCTION cannibalization_verdict(state cannibalization,
	focal_margin double precision DEFAULT NULL,
	donor_margin double precision DEFAULT NULL,
	focal_price double precision DEFAULT NULL,
	donor_price double precision DEFAULT NULL,
	launch_cost double precision DEFAULT 0,
	focal_churn double precision DEFAULT NULL,
	donor_churn double precision DEFAULT NULL,
	basis text DEFAULT 'unit', conf double precision DEFAULT 0.95,
	min_entries integer DEFAULT 30,
	min_matured double precision DEFAULT 0.8)
	RETURNS TABLE (look_back integer, look_ahead integer,
		entries bigint, matured_entries bigint, pending_entries bigint,
		new_entries bigint, winback_entries bigint, add_entries bigint,
		switch_entries bigint, partial_entries bigint, customers bigint,
		own_base_share double precision,
		unit_rate double precision, unit_rate_low double precision,
		unit_rate_high double precision,
		value_rate double precision, value_rate_low double precision,
		value_rate_high double precision,
		focal_mrr numeric, before_mrr numeric, lost_mrr numeric,
		net_mrr numeric,
		control_customers bigint, control_matched_share double precision,
		control_loss_rate double precision,
		control_value_rate double precision,
		corrected_rate double precision, corrected_rate_low double precision,
		corrected_rate_high double precision,
		corrected_value_rate double precision,
		entry_hazard double precision, control_hazard double precision,
		focal_churn_rate double precision, donor_churn_rate double precision,
		break_even_unit_rate double precision,
		break_even_value_rate double precision,
		break_even_lifetime_rate double precision,
		net_margin double precision, verdict text, reason text)
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_verdict'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION cannibalization_verdict(cannibalization, double precision, double precision, double precision, double precision, double precision, double precision, double precision, text, double precision, integer, double precision) IS
	'A row for every pair of look_back and look_ahead: matured entries by kind, rates with intervals, what donors lose without the new product, break-even from margins per line and month (prices and monthly churn as observed unless given), and the verdict accretive, value_destroying, inconclusive, immature, no_data or not_identified with its reason. basis unit or value: the rate that decides';

CREATE FUNCTION cannibalization_donors(cannibalization)
	RETURNS TABLE (look_back integer, look_ahead integer, donor text,
		losing_entries bigint, lost_mrr numeric)
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_donors'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5;
COMMENT ON FUNCTION cannibalization_donors(cannibalization) IS
	'Which donors lost: the lost money of every entry, divided in proportion to what each donor dropped, so that it adds up';

CREATE FUNCTION break_even_rate(focal_margin double precision,
	donor_margin double precision, launch_cost double precision DEFAULT 0,
	entries bigint DEFAULT 1)
	RETURNS double precision
	AS 'MODULE_PATHNAME', 'cvm_break_even_rate'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION break_even_rate(double precision, double precision, double precision, bigint) IS
	'The share of entries that may come out of the donor before the launch loses: focal margin, less its cost per entry, over donor margin. Use margins a month, margins over price for the value rate, or lifetime values';

-- The fast way: from raw spells in one pass.
CREATE FUNCTION cannibalization_final(internal) RETURNS cannibalization
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_ledger_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cannibalization_final(internal) IS 'End of the one-pass cannibalization_agg';
CREATE FUNCTION cannibalization_final_grid(internal) RETURNS cannibalization
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_ledger_final_grid'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cannibalization_final_grid(internal) IS 'End of the one-pass cannibalization_agg with lists of windows';

DO $block$
DECLARE
	customer text;
	form record;
BEGIN
	FOREACH customer IN ARRAY ARRAY['bigint', 'text', 'uuid'] LOOP
		FOR form IN
			SELECT *
			FROM (VALUES
				('', '', 'look_back 30, look_ahead 60 and gap 0'),
				(', integer, integer, integer', '', 'look_back, look_ahead, gap'),
				(', integer, integer, integer, text', '', 'look_back, look_ahead, gap, stratum'),
				(', integer[], integer[], integer', '_grid', 'lists of look_back and look_ahead, of which every pair is answered, and gap'),
				(', integer[], integer[], integer, text', '_grid', 'lists of look_back and look_ahead, of which every pair is answered, gap, stratum'))
				AS f (types, grid, words)
		LOOP
			EXECUTE format($$
				CREATE FUNCTION cvm.cannibalization_add(internal, %1$s, text, date, date, numeric, text[], text[], date%2$s)
					RETURNS internal
					AS 'MODULE_PATHNAME', 'cvm_cannibalization_ledger_add%3$s'
					LANGUAGE C IMMUTABLE PARALLEL SAFE;
				COMMENT ON FUNCTION cvm.cannibalization_add(internal, %1$s, text, date, date, numeric, text[], text[], date%2$s) IS
					'Step of the one-pass cannibalization_agg';
				CREATE AGGREGATE cvm.cannibalization_agg(%1$s, text, date, date, numeric, text[], text[], date%2$s) (
					SFUNC = cvm.cannibalization_add, STYPE = internal, SSPACE = 65536,
					FINALFUNC = cvm.cannibalization_final%3$s,
					COMBINEFUNC = cvm.question_combine,
					SERIALFUNC = cvm.question_serialize,
					DESERIALFUNC = cvm.question_deserialize, PARALLEL = SAFE
				);
				COMMENT ON AGGREGATE cvm.cannibalization_agg(%1$s, text, date, date, numeric, text[], text[], date%2$s) IS
					'From raw spells in one pass, in any order: customer, product, first day, day after the last (NULL: goes on), price a month, focal products, donors (NULL: all others), as_of (the first day not observed), %4$s. What is asked is the same in every row'$$,
				customer, form.types, form.grid, form.words);
		END LOOP;
	END LOOP;
END
$block$;
-- Type cannibalization_matrix: who lives off whom, for every product at once.
CALL create_state_type('cannibalization_matrix',
	'Who lives off whom: entries into every product, with what they lost divided among all others');

CREATE FUNCTION cannibalization_matrix_rollup(cannibalization_matrix, cannibalization_matrix)
	RETURNS cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_matrix_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cannibalization_matrix_rollup(cannibalization_matrix, cannibalization_matrix) IS 'Step of rollup';
CALL create_state_merge('cannibalization_matrix', 'cannibalization_matrix_rollup');

CREATE FUNCTION cannibalization_matrix_add(cannibalization_matrix, holdings, date)
	RETURNS cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_matrix_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cannibalization_matrix_add(cannibalization_matrix, holdings, date) IS
	'Step of cannibalization_matrix_agg';
CREATE AGGREGATE cannibalization_matrix_agg(holdings, date) (
	SFUNC = cannibalization_matrix_add, STYPE = cannibalization_matrix,
	COMBINEFUNC = cannibalization_matrix_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cannibalization_matrix_agg(holdings, date) IS
	'Adds customers up: holdings, as_of (the first day not observed), with look_back 30, look_ahead 60 and gap 0';

CREATE FUNCTION cannibalization_matrix_add(cannibalization_matrix, holdings, date,
	integer, integer, integer)
	RETURNS cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_matrix_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cannibalization_matrix_add(cannibalization_matrix, holdings, date, integer, integer, integer) IS
	'Step of cannibalization_matrix_agg';
CREATE AGGREGATE cannibalization_matrix_agg(holdings, date, integer, integer, integer) (
	SFUNC = cannibalization_matrix_add, STYPE = cannibalization_matrix,
	COMBINEFUNC = cannibalization_matrix_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE cannibalization_matrix_agg(holdings, date, integer, integer, integer) IS
	'Adds customers up: holdings, as_of (the first day not observed), look_back, look_ahead, gap';

CREATE FUNCTION cannibalization_cells(cannibalization_matrix)
	RETURNS TABLE (focal text, donor text, entries bigint, matured_entries bigint,
		new_entries bigint, winback_entries bigint, add_entries bigint,
		switch_entries bigint, partial_entries bigint, losing_entries bigint,
		focal_mrr numeric, lost_mrr numeric, value_rate double precision)
	AS 'MODULE_PATHNAME', 'cvm_cannibalization_cells'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100;
COMMENT ON FUNCTION cannibalization_cells(cannibalization_matrix) IS
	'A row for every product and each that lost to it, and "(all)" for their sum: the lost money of an entry is divided in proportion to what each donor dropped. Counts of entries are those of the focal product; losing_entries of a donor are those in which it dropped';

-- The fast way: from raw spells in one pass.
CREATE FUNCTION cannibalization_matrix_final(internal) RETURNS cannibalization_matrix
	AS 'MODULE_PATHNAME', 'cvm_matrix_ledger_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION cannibalization_matrix_final(internal) IS 'End of the one-pass cannibalization_matrix_agg';

DO $block$
DECLARE
	customer text;
	form record;
BEGIN
	FOREACH customer IN ARRAY ARRAY['bigint', 'text', 'uuid'] LOOP
		FOR form IN
			SELECT *
			FROM (VALUES
				('', 'with look_back 30, look_ahead 60 and gap 0'),
				(', integer, integer, integer', 'look_back, look_ahead, gap'))
				AS f (types, words)
		LOOP
			EXECUTE format($$
				CREATE FUNCTION cvm.cannibalization_matrix_add(internal, %1$s, text, date, date, numeric, date%2$s)
					RETURNS internal
					AS 'MODULE_PATHNAME', 'cvm_matrix_ledger_add'
					LANGUAGE C IMMUTABLE PARALLEL SAFE;
				COMMENT ON FUNCTION cvm.cannibalization_matrix_add(internal, %1$s, text, date, date, numeric, date%2$s) IS
					'Step of the one-pass cannibalization_matrix_agg';
				CREATE AGGREGATE cvm.cannibalization_matrix_agg(%1$s, text, date, date, numeric, date%2$s) (
					SFUNC = cvm.cannibalization_matrix_add, STYPE = internal, SSPACE = 65536,
					FINALFUNC = cvm.cannibalization_matrix_final,
					COMBINEFUNC = cvm.question_combine,
					SERIALFUNC = cvm.question_serialize,
					DESERIALFUNC = cvm.question_deserialize, PARALLEL = SAFE
				);
				COMMENT ON AGGREGATE cvm.cannibalization_matrix_agg(%1$s, text, date, date, numeric, date%2$s) IS
					'From raw spells in one pass, in any order: customer, product, first day, day after the last (NULL: goes on), price a month, as_of (the first day not observed), %3$s'$$,
				customer, form.types, form.words);
		END LOOP;
	END LOOP;
END
$block$;
-- Did the new product cause it: what is left when a group that could not buy it
-- is compared, before and after.
CREATE FUNCTION difference_in_differences(
	treated_before bigint, treated_before_n bigint,
	treated_after bigint, treated_after_n bigint,
	control_before bigint, control_before_n bigint,
	control_after bigint, control_after_n bigint,
	conf double precision DEFAULT 0.95)
	RETURNS TABLE (before_after double precision, between_groups double precision,
		difference double precision, std_error double precision,
		conf_low double precision, conf_high double precision)
	AS 'MODULE_PATHNAME', 'cvm_difference_in_differences'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION difference_in_differences(bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, double precision) IS
	'Customers lost, of how many, in the group that could buy and in the one that could not, before the launch and after: the change of the one less the change of the other, for four independent groups';

CREATE FUNCTION causal_rate(difference double precision, std_error double precision,
	eligible_donors bigint, focal_entries bigint,
	break_even double precision DEFAULT NULL, conf double precision DEFAULT 0.95)
	RETURNS TABLE (unit_rate double precision, conf_low double precision,
		conf_high double precision, verdict text)
	AS 'MODULE_PATHNAME', 'cvm_causal_rate'
	LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 1;
COMMENT ON FUNCTION causal_rate(double precision, double precision, bigint, bigint, double precision, double precision) IS
	'The unit rate that a difference in differences stands for: donors lost because of the launch, for each entry of the group that could buy; with a break-even, accretive, value_destroying or inconclusive';

CREATE FUNCTION migration_share(new_growth numeric, family_growth numeric)
	RETURNS double precision
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN new_growth > 0 THEN (1 - family_growth / new_growth)::double precision END;
COMMENT ON FUNCTION migration_share(numeric, numeric) IS
	'Growth or migration: the share of a new product''s growth that its family did not grow by. Above 0.8 it is migration; NULL when the new product did not grow';
-- How sure a proportion is, and a difference of two.
CREATE FUNCTION proportion_interval(hits bigint, n bigint,
	conf float8 DEFAULT 0.95, OUT conf_low float8, OUT conf_high float8)
	AS 'MODULE_PATHNAME', 'cvm_proportion_interval'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION proportion_interval(bigint, bigint, float8) IS
	'Wilson limits of hits / n; NULL when n is 0';

CREATE FUNCTION proportion_difference(hits_before bigint, n_before bigint,
	hits_after bigint, n_after bigint, conf float8 DEFAULT 0.95,
	OUT conf_low float8, OUT conf_high float8)
	AS 'MODULE_PATHNAME', 'cvm_proportion_difference'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION proportion_difference(bigint, bigint, bigint, bigint, float8) IS
	'Limits of hits_after / n_after - hits_before / n_before, by Newcombe''s hybrid score; NULL when either n is 0';

CREATE FUNCTION mean_difference(before float8, error_before float8,
	after float8, error_after float8,
	conf float8 DEFAULT 0.95, OUT conf_low float8, OUT conf_high float8)
	AS 'MODULE_PATHNAME', 'cvm_mean_difference'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION mean_difference(float8, float8, float8, float8, float8) IS
	'Limits of after - before, two means or rates of money with their standard errors, taken as independent: wider than need be where the same customers are behind both';
-- Type segment_flow: how customers and money flow between segments.
CALL create_state_type('segment_flow',
	'The base by segment and period: who and how much came, moved, grew, shrank and left, and what is held');

CREATE FUNCTION segment_flow_rollup(segment_flow, segment_flow) RETURNS segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_rollup'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment_flow_rollup(segment_flow, segment_flow) IS 'Step of rollup';
CALL create_state_merge('segment_flow', 'segment_flow_rollup');

CREATE FUNCTION segment_flow_add(segment_flow, holdings, holdings, text, date)
	RETURNS segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment_flow_add(segment_flow, holdings, holdings, text, date) IS
	'Step of segment_flow_agg';
CREATE FUNCTION segment_flow_add(segment_flow, holdings, holdings, text, date, text[], integer)
	RETURNS segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment_flow_add(segment_flow, holdings, holdings, text, date, text[], integer) IS
	'Step of segment_flow_agg';
CREATE AGGREGATE segment_flow_agg(holdings, holdings, text, date) (
	SFUNC = segment_flow_add, STYPE = segment_flow,
	COMBINEFUNC = segment_flow_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment_flow_agg(holdings, holdings, text, date) IS
	'Customers and money between segments: holdings, the segments a customer was in (holdings whose products are segments; NULL: none), grain, as_of (the first day not observed). Of segments that overlap, the one that began last counts';
CREATE AGGREGATE segment_flow_agg(holdings, holdings, text, date, text[], integer) (
	SFUNC = segment_flow_add, STYPE = segment_flow,
	COMBINEFUNC = segment_flow_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment_flow_agg(holdings, holdings, text, date, text[], integer) IS
	'The same with families of products, {{product, family, is it the highest}, …} (NULL: not told; nobody can go up), and a span: the number of periods between two closings, for segment_matrix() alone (NULL: 1)';

CREATE FUNCTION segment_flow_add(segment_flow, holdings, holdings, text, date, integer)
	RETURNS segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_add_paused'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment_flow_add(segment_flow, holdings, holdings, text, date, integer) IS
	'Step of segment_flow_agg with pauses';
CREATE FUNCTION segment_flow_add(segment_flow, holdings, holdings, text, date, text[], integer, integer)
	RETURNS segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_add'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment_flow_add(segment_flow, holdings, holdings, text, date, text[], integer, integer) IS
	'Step of segment_flow_agg with pauses';
CREATE AGGREGATE segment_flow_agg(holdings, holdings, text, date, integer) (
	SFUNC = segment_flow_add, STYPE = segment_flow,
	COMBINEFUNC = segment_flow_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment_flow_agg(holdings, holdings, text, date, integer) IS
	'Customers and money between segments: holdings, the segments a customer was in, grain, as_of, pause_days (for so long a paused spell is neither paid nor lost)';
CREATE AGGREGATE segment_flow_agg(holdings, holdings, text, date, text[], integer, integer) (
	SFUNC = segment_flow_add, STYPE = segment_flow,
	COMBINEFUNC = segment_flow_rollup, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment_flow_agg(holdings, holdings, text, date, text[], integer, integer) IS
	'The same with families of products, a span, and pause_days';

CREATE FUNCTION segment_at(holdings, day date) RETURNS text
	AS 'MODULE_PATHNAME', 'cvm_segment_at'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION segment_at(holdings, date) IS
	'The segment that a customer was in on a day, of holdings whose products are segments; of several the one that began last, and of those the first by name; NULL: in none';

CREATE FUNCTION as_of(segment_flow) RETURNS date
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_as_of'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION as_of(segment_flow) IS 'The first day not observed';

CREATE FUNCTION pause_days(segment_flow) RETURNS integer
	AS 'MODULE_PATHNAME', 'cvm_segment_flow_pause_days'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION pause_days(segment_flow) IS 'For how many days a paused spell is neither paid nor lost';

CREATE FUNCTION segment_bridge(segment_flow)
	RETURNS TABLE (segment text, period_start date,
		opening_customers bigint, new_customers bigint, winback_customers bigint,
		moved_in_customers bigint, moved_out_customers bigint,
		redefined_in_customers bigint, redefined_out_customers bigint,
		churned_customers bigint, closing_customers bigint,
		opening_mrr numeric, new_mrr numeric, reactivation_mrr numeric,
		expansion_mrr numeric, contraction_mrr numeric, churn_mrr numeric,
		moved_in_mrr numeric, moved_out_mrr numeric,
		redefined_in_mrr numeric, redefined_out_mrr numeric, closing_mrr numeric,
		expansion_customers bigint, contraction_customers bigint,
		same_period_customers bigint,
		paused_customers bigint, paused_mrr numeric,
		closing_paused_customers bigint, closing_paused_mrr numeric,
		gross_retained_mrr numeric, net_retained_mrr numeric,
		products bigint, multi_product_customers bigint, tenure_days bigint,
		cross_sold_customers bigint, cross_sold_mrr numeric, cross_sell_undone_customers bigint,
		upsell_eligible_customers bigint, upsold_customers bigint, upsold_mrr numeric, upsell_undone_customers bigint,
		due_spells bigint, renewed_spells bigint, due_mrr numeric, renewed_mrr numeric,
		cohort_1_customers bigint, retained_1_customers bigint,
		cohort_3_customers bigint, retained_3_customers bigint,
		cohort_6_customers bigint, retained_6_customers bigint,
		cohort_12_customers bigint, retained_12_customers bigint,
		acquired_customers bigint, proven_customers bigint, acquired_mrr numeric, proven_mrr numeric,
		arpu_error float8, products_error float8,
		gross_retention_error float8, net_retention_error float8, renewal_value_error float8,
		is_complete boolean, as_of date)
	AS 'MODULE_PATHNAME', 'cvm_segment_bridge'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 200;
COMMENT ON FUNCTION segment_bridge(segment_flow) IS
	'A row for every segment and period, and "(all)": opening and what follows, and paused, add up to closing, customers and money; losses are negative; closing_paused is what lies in pauses then and is not in closing; retained money is of those who were in the segment at the opening, paying or in a pause, wherever they are now, and pauses count as kept; then what was sold to them, what ended and was renewed, cohorts that came 1, 3, 6 and 12 periods before and customers who came 90 days before, in the segment of their first day; errors are standard errors of means and rates of money';

CREATE FUNCTION segment_matrix(segment_flow)
	RETURNS TABLE (period_start date, from_segment text, to_segment text,
		customers bigint, mrr numeric, closing_mrr numeric,
		redefined_customers bigint, is_complete boolean)
	AS 'MODULE_PATHNAME', 'cvm_segment_matrix'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 500;
COMMENT ON FUNCTION segment_matrix(segment_flow) IS
	'Who went from where to where between the closings of two periods, or stayed: "(in)" begins to pay, "(out)" ends; mrr is what they brought at the opening, closing_mrr at the closing; redefined are those in another segment because the segments are others; who is in a pause stays where they are, with what they would bring. Over a span the opening is that many periods earlier, and rows begin where it was seen';

CREATE FUNCTION segment_products(segment_flow)
	RETURNS TABLE (segment text, product text, period_start date,
		customers bigint, lines bigint, mrr numeric)
	AS 'MODULE_PATHNAME', 'cvm_segment_products'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 2000;
COMMENT ON FUNCTION segment_products(segment_flow) IS
	'What the paying customers of a segment hold at each closing, by product; a customer who holds two lines of a product counts once';

-- The fast way: from raw rows in one pass.  Its state is internal, for one
-- machine with parallel workers; distributed servers take the two steps.
CREATE FUNCTION segment_ledger_final(internal) RETURNS segment_flow
	AS 'MODULE_PATHNAME', 'cvm_segment_ledger_final'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION segment_ledger_final(internal) IS 'End of the one-pass segment_flow_agg';

DO $block$
DECLARE
	customer text;
	told record;
	types text;
BEGIN
	FOREACH customer IN ARRAY ARRAY['bigint', 'text', 'uuid'] LOOP
		FOR told IN
			SELECT *
			FROM (VALUES
				('', '', '', '', 'segment_ledger_add'),
				('', '', ', text[], integer', ', families {{product, family, is it the highest}, …}, span in periods', 'segment_ledger_add'),
				('boolean, ', ', whether it is paused', ', text[], integer, integer', ', families, span in periods, pause_days', 'segment_ledger_add_paused'))
				AS v (before, words_before, after, words_after, symbol)
		LOOP
			types := format('%s, text, date, date, numeric, %stext, text, date%s', customer, told.before, told.after);
			EXECUTE format($$
				CREATE FUNCTION cvm.segment_ledger_add(internal, %1$s) RETURNS internal
					AS 'MODULE_PATHNAME', 'cvm_%2$s'
					LANGUAGE C IMMUTABLE PARALLEL SAFE;
				COMMENT ON FUNCTION cvm.segment_ledger_add(internal, %1$s) IS
					'Step of the one-pass segment_flow_agg';
				CREATE AGGREGATE cvm.segment_flow_agg(%1$s) (
					SFUNC = cvm.segment_ledger_add, STYPE = internal, SSPACE = 65536,
					FINALFUNC = cvm.segment_ledger_final,
					COMBINEFUNC = cvm.ledger_combine,
					SERIALFUNC = cvm.ledger_serialize,
					DESERIALFUNC = cvm.ledger_deserialize, PARALLEL = SAFE
				);
				COMMENT ON AGGREGATE cvm.segment_flow_agg(%1$s) IS
					'Customers and money between segments from raw rows in one pass: customer, product, first day, day after the last (NULL: goes on), price a month%3$s, segment, grain, as_of%4$s. A row with a segment says that the customer was in it on these days, by the definition of the segments whose number it has in place of a price; a row without one is a spell of a product'$$,
				types, told.symbol, told.words_before, told.words_after);
		END LOOP;
	END LOOP;
END
$block$;
-- Where in its life a customer is.
CREATE FUNCTION lifecycle_phase(holdings, as_of date, risk_since date DEFAULT NULL,
	known_from date DEFAULT NULL, winback_days integer DEFAULT 365,
	reactivated_days integer DEFAULT 90, onboarding_days integer DEFAULT 30,
	renewal_days integer DEFAULT 60, growth_days integer DEFAULT 90,
	lapse_days integer DEFAULT 0,
	OUT phase text, OUT since date)
	AS 'MODULE_PATHNAME', 'cvm_lifecycle_phase'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION lifecycle_phase(holdings, date, date, date, integer, integer, integer, integer, integer, integer) IS
	'The first that fits: prospect (never paid), winback_target (left up to winback_days ago), lost, reactivated (came back up to reactivated_days ago), onboarding (came up to onboarding_days ago), renewal (something held ends within renewal_days), at_risk (asked to leave: risk_since), growth (began to pay more up to growth_days ago), mature. A lapse of up to lapse_days is none. Looking back, ends before known_from count as not known yet';
-- Money shared out to the cent, and how concentrated a whole is.

CREATE FUNCTION allocate(amount numeric, weights numeric[], digits integer DEFAULT 2)
	RETURNS numeric[]
	LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
	total numeric;
	units numeric;
BEGIN
	IF digits < 0 OR digits > 20 OR amount IN ('NaN', 'Infinity', '-Infinity') OR round(amount, digits) <> amount THEN
		RAISE EXCEPTION 'amount "%" has more than "%" decimals', amount, digits
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Round the amount first, or share it out with more digits.';
	ELSIF EXISTS (SELECT FROM unnest(weights) AS w WHERE w < 0 OR w IN ('NaN', 'Infinity')) THEN
		RAISE EXCEPTION 'a weight is negative or not finite'
			USING ERRCODE = 'invalid_parameter_value',
				HINT = 'Weights say how much of the whole each part used: 0 or more.';
	END IF;
	total := (SELECT sum(w) FROM unnest(weights) AS w);
	IF total IS NULL OR total = 0 THEN
		RETURN NULL;
	END IF;
	units := trunc(abs(amount) * 10::numeric ^ digits);
	-- whole units first, rounded down; what is missing goes, a unit each, to
	-- the largest remainders, and among equals to the first
	RETURN (
		SELECT array_agg(round(sign(amount) * (x.whole + (x.place <= x.missing)::int) / 10::numeric ^ digits, digits) ORDER BY x.n)
		FROM (
			SELECT s.n, s.whole, units - sum(s.whole) OVER () AS missing,
				row_number() OVER (ORDER BY s.remainder DESC, s.n) AS place
			FROM (
				SELECT w.n, div(units * coalesce(w.weight, 0), total) AS whole,
					mod(units * coalesce(w.weight, 0), total) AS remainder
				FROM unnest(weights) WITH ORDINALITY AS w (weight, n)) AS s) AS x);
END
$function$;
COMMENT ON FUNCTION allocate(numeric, numeric[], integer) IS
	'Shares an amount out in proportion to weights so that the parts add up to it exactly (largest remainder, equals in their order); NULL when all weights are 0';

CREATE FUNCTION concentration("values" numeric[],
	OUT parts integer, OUT total numeric, OUT top_share float8, OUT hhi float8,
	OUT normalised_hhi float8, OUT effective_number float8, OUT evenness float8)
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	SET search_path = pg_catalog, pg_temp
AS $function$
	-- values of 0 or less are no part of the whole
	WITH part AS (
		SELECT v AS value, v / sum(v) OVER () AS share
		FROM unnest("values") AS v
		WHERE v > 0
	), whole AS (
		SELECT count(*)::int AS parts, coalesce(sum(p.value), 0) AS total,
			max(p.share)::float8 AS top_share, sum(p.share * p.share) AS hhi,
			-sum(p.share::float8 * ln(p.share::float8)) AS entropy
		FROM part p
	)
	SELECT w.parts, w.total, w.top_share, w.hhi::float8,
		CASE WHEN w.parts > 1 THEN greatest(((w.hhi - 1.0 / w.parts) / (1 - 1.0 / w.parts))::float8, 0) WHEN w.parts = 1 THEN 1 END,
		(1 / w.hhi)::float8,
		CASE WHEN w.parts > 1 THEN least(greatest(w.entropy / ln(w.parts::float8), 0), 1) WHEN w.parts = 1 THEN 0 END
	FROM whole w;
$function$;
COMMENT ON FUNCTION concentration(numeric[]) IS
	'How concentrated a whole is: Herfindahl index (sum of squared shares), the same from 0 (even) to 1 (all in one), effective number of parts, evenness (entropy over the greatest it could be)';
-- Scores that keep equals together.
CREATE FUNCTION tied_quantile(rank_with_ties bigint, n bigint, quantiles integer DEFAULT 5)
	RETURNS integer
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE WHEN n > 0 AND quantiles > 0 AND rank_with_ties BETWEEN 1 AND n
		THEN div(rank_with_ties::numeric * quantiles + n - 1, n)::integer END;
COMMENT ON FUNCTION tied_quantile(bigint, bigint, integer) IS
	'ceil(quantiles * cume_dist()) in whole numbers: rank_with_ties is count(*) OVER (ORDER BY value), one''s equals included; equal values get equal scores, which ntile() does not promise';
