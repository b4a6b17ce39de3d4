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
