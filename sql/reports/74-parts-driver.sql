-- SPDX-License-Identifier: PostgreSQL
-- What the report views over drivers of value are put together from: which
-- drivers there are, and what was seen of each.
--
--	{driver_cells}	known, floor, driver_cell, driver_row, series: sums by segment and month; {driver_cells_around} around months
--	{driver_units}	known, answer, driver_row, unit: a row per customer and month, for lists
--
-- Of a driver y / n is the value: of answers about it (source survey), or of what
-- customers do (behaviour); words are answers with a theme.  own is the customer's,
-- on the scale of single answers, by which it is below the floor.
--
-- A further source of behaviour is a part of rows, each a thing that was observed, as those
-- of deliveries: customer, day, metric and whether it was so; named in behaviour_rows;
-- its last day a part in driver_until; its metric in driver_metrics and behaviour_of.

CREATE FUNCTION cvm.business_minutes(since timestamptz, until timestamptz, tz text, hours text, days integer[], holidays date[] DEFAULT NULL)
RETURNS double precision
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	opens interval := left(hours, 5)::interval;
	closes interval := right(hours, 5)::interval;
	first date := cvm.day_of(since, tz);
	last date := cvm.day_of(until, tz);
	whole bigint;
	moment timestamptz;
	day date;
	minutes double precision;
BEGIN
	IF until <= since OR since IS NULL OR until IS NULL THEN
		RETURN extract(epoch FROM until - since) / 60;
	END IF;
	-- whole weeks, and what is left of one
	whole := (last - first) / 7 * (SELECT count(DISTINCT d.d) FROM unnest(days) d (d) WHERE d.d BETWEEN 1 AND 7)
		+ (SELECT count(*) FROM generate_series(0, (last - first) % 7 - 1) n (n) WHERE extract(isodow FROM first + n.n) = ANY (days))
		- (SELECT count(DISTINCT h.h) FROM unnest(holidays) h (h) WHERE h.h >= first AND h.h < last AND extract(isodow FROM h.h) = ANY (days));
	minutes := whole * extract(epoch FROM closes - opens) / 60;
	-- less what was over when it began, and that of the last day
	FOR moment, day IN VALUES (since, first), (until, last) LOOP
		IF extract(isodow FROM day) = ANY (days) AND NOT coalesce(day = ANY (holidays), false) THEN
			minutes := minutes + CASE WHEN moment = since THEN -1 ELSE 1 END * extract(epoch FROM
				greatest(least(moment, cvm.moment_of(day + closes, tz)) - cvm.moment_of(day + opens, tz), '0')) / 60;
		END IF;
	END LOOP;
	RETURN greatest(minutes, 0);
END
$$;
COMMENT ON FUNCTION cvm.business_minutes(timestamptz, timestamptz, text, text, integer[], date[]) IS
	'Minutes between two moments in which somebody is there: within hours such as "09:00-17:00" of the time zone, on ISO days '
	'such as {1,2,3,4,5} that are no holidays. By the clock where until is not after since.';

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(213, 'business_hours', 'hours', NULL,
		'When somebody is there to reply to a ticket, such as "09:00-17:00" in the time zone of the model; NULL: at all hours.'),
	(214, 'business_days', 'days', '{1,2,3,4,5}', 'ISO days of the week, 1 is Monday, on which business_hours are kept.'),
	(215, 'holidays', 'dates', NULL, 'Days on which business_hours are not kept.'),
	(97, 'driver_months', 'count', '3', 'Months before, taken together, with which the value of a driver is compared.');

-- Minutes from the creation of a ticket to a moment: by the clock, or of business
@define minutes_until moment
			CASE WHEN {business_hours} IS NULL
				THEN cvm._minutes_between(cvm.moment_of(t.opened_at, {time_zone}), {moment})
				-- 480 are 480, however they are added up
				ELSE cvm.business_minutes(cvm.moment_of(t.opened_at, {time_zone}), {moment}, {time_zone}, {business_hours}, {business_days},
					{holidays})::numeric::float8
				END
@end
-- Tasks that were done, with the way
@define done_tasks
				SELECT k.customer_id, cvm.day_of(k.at, {time_zone}) AS day, lower(nullif(btrim(k.task), '')) AS task,
					lower(btrim(k.channel) COLLATE {portal_channels_collation}) = ANY ({portal_channels_lower}) AS is_portal
				FROM interaction k
				WHERE k.customer_id IS NOT NULL AND isfinite(k.at) AND coalesce(k.completed, true)
@end
-- How long a ticket has waited for a person, or did: not while it waits for the customer
@define waited_minutes
		CROSS JOIN LATERAL (SELECT
@use minutes_until least(coalesce(cvm.moment_of(t.first_reply_at, {time_zone}){ticket_pauses}, o.until), o.until)
			AS minutes) r
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('ticket_pauses', 1, '{ticket.paused_at}', ', cvm.moment_of(t.paused_at, {time_zone})'),
('ticket_pauses', 9, '{}', ''),
('ticket_minutes', 1, '{ticket.paused_minutes}', 'greatest(r.minutes - greatest(coalesce(t.paused_minutes, 0), 0), least(r.minutes, 0))'),
('ticket_minutes', 9, '{}', 'r.minutes'),
('ticket_reopens', 1, '{ticket.reopened_at}', 'coalesce(t.reopens, (t.reopened_at IS NOT NULL)::int, 0)'),
('ticket_reopens', 9, '{}', 'coalesce(t.reopens, 0)'),
-- when it was solved, unless it was opened again after that
('ticket_solved_at', 1, '{ticket.reopened_at}', $$CASE WHEN coalesce(cvm.moment_of(t.reopened_at, {time_zone}) < cvm.moment_of(t.solved_at, {time_zone})
		OR cvm.moment_of(t.reopened_at, {time_zone}) >= o.until, true) THEN cvm.moment_of(t.solved_at, {time_zone}) END$$),
('ticket_solved_at', 9, '{}', 'cvm.moment_of(t.solved_at, {time_zone})');

-- Which drivers there are, of those that customers are asked about
@define driver_table
about AS MATERIALIZED (
	SELECT DISTINCT ON (k.driver) k.driver, k.instrument FROM asked k ORDER BY k.driver, k.answers DESC, k.instrument
), driver_told AS MATERIALIZED ({driver_rows}
), driver_row AS MATERIALIZED (
	SELECT row_number() OVER (ORDER BY d.driver)::int AS driver_no, d.driver, d.metric, d.target, d.importance, d.theme,
		coalesce(d.direction, m.sign, 1) AS sign, coalesce(d.floor, m.floor) AS floor, m.scale,
		coalesce(m.source, 'survey') AS source, coalesce(CASE WHEN m.source = 'behaviour' THEN d.metric END, d.behaviour, b.metric) AS behaviour,
		coalesce(CASE WHEN m.source IS DISTINCT FROM 'behaviour' THEN d.metric END, a.instrument) AS instrument, d.is_general
	FROM driver_told d
	LEFT JOIN {driver_metrics} AS m (metric, sign, floor, scale, source) ON m.metric = d.metric
	LEFT JOIN {behaviour_of} AS b (driver, metric) ON b.driver = d.driver
	LEFT JOIN about a ON a.driver = d.driver
), linked AS MATERIALIZED (
	-- an instrument that nobody is asked about the driver with counts as a whole
	SELECT d.driver, d.instrument, CASE WHEN k.driver IS NOT NULL THEN d.driver WHEN d.is_general THEN '(none)' END AS topic
	FROM driver_row d
	LEFT JOIN asked k ON k.driver = d.driver AND k.instrument = d.instrument
)
@end

-- Sums of what is known of each driver, by segment and month (cvm.driver_sum), from one pass over all rows of customers:
-- driver_cell, of each source and topic; series says which of them are a driver's
@define driver_cells base | floors | moments | weighed | rows
{base}known AS MATERIALIZED (
	SELECT coalesce({as_of}, {driver_until}) AS as_of
), floor AS MATERIALIZED (
	SELECT row_number() OVER (ORDER BY f.metric, f.sign, f.floor)::int AS floor_no, f.metric, f.sign, f.floor
	FROM (SELECT DISTINCT k.metric, k.sign, k.floor FROM ({driver_floors}) k WHERE k.floor IS NOT NULL) f
), asking AS MATERIALIZED (
	SELECT {floors} AS floors, {moments} AS moments, k.as_of,
		cvm.moment_of(k.as_of, {time_zone}) AS until
	FROM known k
), {task_since}driver_cell AS MATERIALIZED (
	SELECT {driver_cell_columns}
	FROM (
		SELECT cvm._driver_sums_agg(r.customer_id, r.day, r.at, r.name, r.driver, r.kind, r.theme, r.value, r.importance, r.mrr, r.segment, r.valid_from,
			r.valid_to, {driver_asking}, {weighed}) AS cells
		FROM ({rows}) r{driver_at_customer}
		) f
	CROSS JOIN LATERAL cvm._driver_sums(f.cells) c{driver_cell_groups}
), asked AS MATERIALIZED (
	SELECT c.topic AS driver, c.name AS instrument, sum(c.customers) AS answers
	FROM driver_cell c
	WHERE c.source = 'survey' AND c.what = 'own'
	GROUP BY c.topic, c.name
),
@use driver_table
, series AS MATERIALIZED (
	SELECT l.driver, 'survey' AS source, l.instrument AS name, l.topic FROM linked l WHERE l.topic IS NOT NULL
	UNION ALL
	SELECT d.driver, 'behaviour', d.behaviour, '' FROM driver_row d WHERE d.behaviour IS NOT NULL
)
@end

-- Rows of the aggregate, of the same types in all of them: a UNION ALL of others is not read from plain scans, and on Citus not
-- where customers live, and neither is one of a side that is empty
@define membership_rows
			SELECT h.customer_id, NULL::date AS day, NULL::timestamptz AS at, NULL::text AS name, NULL::text AS driver, NULL::text AS kind, NULL::text AS theme,
				NULL::float8 AS value, NULL::float8 AS importance, NULL::numeric AS mrr, h.segment::text AS segment, h.valid_from, h.valid_to
			FROM segment_history h
@end
@define answer_rows
			SELECT s.customer_id, cvm.day_of(s.occurred_at, {time_zone}) AS day, cvm.moment_of(s.occurred_at, {time_zone}) AS at, s.instrument::text AS name,
				s.driver::text AS driver, s.kind::text AS kind, s.theme::text AS theme, s.score::float8 AS value, s.importance::float8 AS importance,
				NULL::numeric AS mrr, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to
			FROM survey s{driver_survey_kind}
@end
@define deed_rows id | day | name | value | second | second_value
			SELECT {id} AS customer_id, {day} AS day, NULL::timestamptz AS at, {name} AS name, {second} AS driver, NULL::text AS kind, NULL::text AS theme,
				({value})::float8 AS value, {second_value}::float8 AS importance, NULL::numeric AS mrr, NULL::text AS segment, NULL::date AS valid_from,
				NULL::date AS valid_to
@end
-- a ticket is one row of two metrics, from a plain scan: two, with a join below them, took twice as long
@define ticket_rows
@with deed_rows t.customer_id | cvm.day_of(t.opened_at, {time_zone}) | CASE WHEN NOT {is_staff_ticket} THEN 'late_replies' END | {late_reply} \
	| 'reopened_tickets'::text | ({ticket_reopens} > 0)::int
@end
			FROM ticket t{driver_beside_ticket}
@end
-- deliveries of which it is known whether they came as often as they were wanted: that of others is NULL
@define delivery_rows
@with deed_rows d.customer_id | d.due_on | 'misfit_deliveries'::text | {delivery_is_misfit} | NULL::text | NULL
@end
			FROM delivery d
@end
-- tasks that were done, of those that are done in the portal and with help, since both were seen
@define task_rows
@with deed_rows i.customer_id | i.day | 'assisted_tasks'::text | CASE WHEN i.is_portal THEN 0 ELSE 1 END | NULL::text | NULL
@end
			FROM (
@use done_tasks
				) i
			JOIN task_since a ON a.task = i.task AND a.since <= i.day
			WHERE i.is_portal IS NOT NULL
@end
@define driver_spells mrr
			UNION ALL
			SELECT s.customer_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, (CASE WHEN ({is_paused}) IS NOT TRUE THEN {mrr} END)::numeric, NULL, s.started_on,
				s.ended_on
			FROM subscription s
@end

-- A row of what one source says of a driver, customer by customer
@define driver_units
known AS MATERIALIZED (
	SELECT coalesce({as_of}, {driver_until}) AS as_of
), asking AS MATERIALIZED (
	SELECT cvm.moment_of(k.as_of, {time_zone}) AS until FROM known k
), {task_since}answer AS MATERIALIZED ({driver_answers}
), asked AS MATERIALIZED (
	SELECT a.driver, a.instrument, count(*) AS answers FROM answer a GROUP BY a.driver, a.instrument
),
@use driver_table
, behaved AS (
	SELECT r.customer_id, r.day, m.metric, m.value::int AS value
	FROM (
			SELECT k.customer_id, NULL::date AS day, NULL::timestamptz AS at, NULL::text AS name, NULL::text AS driver, NULL::text AS kind, NULL::text AS theme,
				NULL::float8 AS value, NULL::float8 AS importance, NULL::numeric AS mrr, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to
			FROM {segment_rows} k
			WHERE false{behaviour_rows}{driver_rows_beside}) r
	CROSS JOIN LATERAL (VALUES (r.name, r.value), (CASE WHEN r.name IS NOT NULL THEN r.driver END, r.importance)) AS m (metric, value)
	WHERE m.value IS NOT NULL
), unit AS MATERIALIZED (
	SELECT l.driver, 'survey' AS source, a.month, a.customer_id, a.day, 1::bigint AS n, a.score AS own
	FROM answer a
	JOIN linked l ON l.instrument = a.instrument AND l.topic = a.driver
	UNION ALL
	SELECT d.driver, 'behaviour', date_trunc('month', b.day::timestamp)::date, b.customer_id, max(b.day), count(*), sum(b.value) / count(*)::numeric
	FROM behaved b
	JOIN driver_row d ON d.behaviour = b.metric
	CROSS JOIN known o
	WHERE b.customer_id IS NOT NULL AND b.day < o.as_of
	GROUP BY d.driver, date_trunc('month', b.day::timestamp), b.customer_id
)
@end
-- Servers that have rows of customers distributed fold those of each, and add up
@for preference | entity
1 | survey
2 | ticket
3 | delivery
4 | interaction
@make
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
('driver_rows_beside', {preference}, '{distributed {entity}}', $$
			UNION ALL
			SELECT k.customer_id, NULL::date, NULL::timestamptz, NULL::text, NULL::text, NULL::text, NULL::text, NULL::float8, NULL::float8, NULL::numeric, NULL::text,
				NULL::date, NULL::date
			FROM {entity} k$$),
('driver_cell_columns', {preference}, '{distributed {entity}}', $$c.source, c.name, c.topic, c.segment, c.month, c.what, c.month_before, c.overall, c.number,
		sum(c.customers) AS customers, sum(c.importances) AS importances, sum(c.n) AS n, sum(c.y) AS y, sum(c.yy) AS yy, sum(c.yn) AS yn, sum(c.ny) AS ny,
		sum(c.nn) AS nn, sum(c.amount) AS amount$$),
('driver_cell_groups', {preference}, '{distributed {entity}}', $$
	GROUP BY c.source, c.name, c.topic, c.segment, c.month, c.what, c.month_before, c.overall, c.number$$),
('driver_until_moment', {preference}, '{distributed {entity}}', 'a.until'),
('driver_beside_ticket', {preference}, '{distributed {entity}}', ' CROSS JOIN asking a'),
('driver_asking', {preference}, '{distributed {entity}}', 'a.floors, a.moments, {driver_months}, a.as_of'),
('driver_at_customer', {preference}, '{distributed {entity}}', $$
		CROSS JOIN asking a
		GROUP BY r.customer_id$$);
@end
INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- which way a metric is better, what a customer is to get at least, and how far
-- it can go
('driver_metrics', 1, '{}', $$(VALUES ('nps', 1, 7::numeric, 100::float8, 'survey'), ('csat', 1, 4, 1, 'survey'), ('ces', 1, 5, 6, 'survey'),
	('late_replies', -1, 0, 1, 'behaviour'), ('reopened_tickets', -1, 0, 1, 'behaviour'), ('misfit_deliveries', -1, 0, 1, 'behaviour'),
	('assisted_tasks', -1, 0, 1, 'behaviour'))$$),
-- by which behaviour drivers of the usual names are known
('behaviour_of', 1, '{}', $$(VALUES ('support', 'late_replies'), ('cadence', 'misfit_deliveries'), ('portal', 'assisted_tasks'))$$),

-- The drivers of the model; or those that customers are asked about, and the usual
-- five, as far as anything of them is measured
('driver_rows', 1, '{driver}', $$
	SELECT DISTINCT ON (d.driver) d.driver, lower(d.metric) AS metric, d.target, d.importance, d.floor::numeric AS floor,
		CASE WHEN lower(d.direction) IN ('up', 'higher', 'high', 'increase', 'more', 'raise', '+', '1') THEN 1
			WHEN lower(d.direction) IN ('down', 'lower', 'low', 'decrease', 'less', 'reduce', '-', '-1') THEN -1 END AS direction,
		lower(d.behaviour) AS behaviour, coalesce(d.theme, d.driver) AS theme, true AS is_general
	FROM driver d
	WHERE d.driver IS NOT NULL AND d.metric IS NOT NULL
	ORDER BY d.driver, d.metric, d.target, d.floor, d.importance$$),
('driver_rows', 9, '{}', $$
	SELECT v.driver, coalesce(a.instrument, v.metric) AS metric, NULL::float8 AS target, NULL::float8 AS importance, NULL::numeric AS floor,
		NULL::int AS direction,
		NULL::text AS behaviour, v.theme, v.metric = 'value' AS is_general
	FROM (VALUES ('cadence', 'misfit_deliveries', 'cadence'), ('quality', 'csat', 'quality'), ('portal', 'assisted_tasks', 'portal'),
		('support', 'late_replies', 'support'),
		('price-value alignment', 'value', 'price')) AS v (driver, metric, theme)
	LEFT JOIN about a ON a.driver = v.driver AND v.metric <> 'late_replies'
	UNION ALL
	SELECT a.driver, a.instrument, NULL, NULL, NULL, NULL, NULL, a.driver, false
	FROM about a
	WHERE a.driver NOT IN ('(none)', 'cadence', 'quality', 'portal', 'support', 'price-value alignment')$$),

-- Answers, the last of each customer in a month; and how often there was which
('driver_until', 1, '{}', 'coalesce(greatest({until_survey}, {until_ticket}, {until_delivery}, {until_interaction}) + 1, cvm.day_of(now(), {time_zone}))'),
('until_survey', 1, '{survey}', '(SELECT max(cvm.day_of(s.occurred_at, {time_zone})) FROM survey s)'),
('until_survey', 9, '{}', 'NULL::date'),
('until_ticket', 1, '{ticket}', '(SELECT max(cvm.day_of(t.opened_at, {time_zone})) FROM ticket t)'),
('until_ticket', 9, '{}', 'NULL::date'),
-- what is due later is a plan
('until_delivery', 1, '{delivery}', '(SELECT max(d.due_on) FROM delivery d WHERE isfinite(d.due_on) AND d.due_on <= cvm.day_of(now(), {time_zone}))'),
('until_delivery', 9, '{}', 'NULL::date'),
('until_interaction', 1, '{interaction}', '(SELECT max(cvm.day_of(i.at, {time_zone})) FROM interaction i WHERE isfinite(i.at))'),
('until_interaction', 9, '{}', 'NULL::date'),
('driver_answers', 1, '{survey}', $$
	SELECT DISTINCT ON (a.customer_id, a.month, a.instrument COLLATE "C", a.driver COLLATE "C") a.*
	FROM (
		SELECT s.customer_id, date_trunc('month', cvm.day_of(s.occurred_at, {time_zone})::timestamp)::date AS month, cvm.day_of(s.occurred_at, {time_zone}) AS day,
			s.occurred_at, lower(s.instrument) AS instrument, coalesce(s.driver, '(none)') AS driver, s.score::numeric AS score,
			CASE WHEN s.importance NOT IN ('NaN', 'Infinity', '-Infinity') THEN s.importance::numeric END AS importance, s.theme
		FROM survey s{survey_kind}
		WHERE s.customer_id IS NOT NULL AND s.instrument IS NOT NULL AND s.score IS NOT NULL AND s.score NOT IN ('NaN', 'Infinity', '-Infinity')) a
	CROSS JOIN known o
	WHERE a.day < o.as_of
	ORDER BY a.customer_id, a.month, a.instrument COLLATE "C", a.driver COLLATE "C", a.occurred_at DESC, a.score, a.importance, a.theme$$),
('driver_answers', 9, '{}', $$
	SELECT k.customer_id, NULL::date AS month, NULL::date AS day, NULL::text AS instrument, NULL::text AS driver, NULL::numeric AS score,
		NULL::numeric AS importance, NULL::text AS theme
	FROM {segment_rows} k WHERE false$$),

-- What customers did, a row per thing observed
('behaviour_rows', 1, '{}', '{behaviour_tickets}{behaviour_deliveries}{behaviour_tasks}'),
('behaviour_tickets', 1, '{ticket}', $$
			UNION ALL
@use ticket_rows
$$),
('behaviour_tickets', 9, '{}', ''),
('behaviour_deliveries', 1, '{delivery}', $$
			UNION ALL
@use delivery_rows
$$),
('behaviour_deliveries', 9, '{}', ''),
('behaviour_tasks', 1, '{interaction}', $$
			UNION ALL
@use task_rows
$$),
('behaviour_tasks', 9, '{}', ''),
-- whatever there is comes first
('driver_rows_placed', 1, '{segment_history}', $$
@use membership_rows
			UNION ALL {driver_known_rows}$$),
('driver_rows_placed', 9, '{}', '{driver_known_rows}{driver_rows_beside}'),
-- which tell of nothing: Citus reads rows where they are if some come from a table and nothing else, as those of deliveries do
('driver_rows_beside', 0, '{delivery}', ''),
('driver_rows_beside', 9, '{}', ''),
('driver_known_rows', 1, '{survey}', $$
@use answer_rows
{behaviour_rows}$$),
('driver_known_rows', 2, '{ticket}', $$
@use ticket_rows
{behaviour_deliveries}{behaviour_tasks}$$),
('driver_known_rows', 3, '{delivery}', $$
@use delivery_rows
{behaviour_tasks}$$),
('driver_known_rows', 4, '{interaction}', $$
@use task_rows
$$),
('driver_known_rows', 9, '{}', 'SELECT NULL::bigint AS customer_id, NULL::date AS day, NULL::timestamptz AS at, NULL::text AS name, NULL::text AS driver, '
	'NULL::text AS kind, NULL::text AS theme, NULL::float8 AS value, NULL::float8 AS importance, NULL::numeric AS mrr, NULL::text AS segment, '
	'NULL::date AS valid_from, NULL::date AS valid_to'),
('delivery_is_misfit', 1, '{}', $$CASE WHEN coalesce(lower(d.outcome COLLATE {accepted_outcomes_collation}) = ANY ({accepted_outcomes_lower}), false) THEN 0
				WHEN lower(d.outcome COLLATE {too_fast_outcomes_collation}) = ANY ({too_fast_outcomes_lower})
					OR lower(d.outcome COLLATE {too_slow_outcomes_collation}) = ANY ({too_slow_outcomes_lower}) THEN 1 END$$),
('late_reply', 1, '{}', $$cvm._late_reply(
@use minutes_until least(coalesce(cvm.moment_of(t.first_reply_at, {time_zone}){ticket_pauses}, {driver_until_moment}), {driver_until_moment})
				, {ticket_paused}, ({reply_hours} * 60)::float8, cvm.moment_of(t.first_reply_at, {time_zone}) < {driver_until_moment})$$),
('task_since', 1, '{interaction}', $$task_since AS MATERIALIZED (
	SELECT k.task, date_trunc('month', greatest(k.portal_since, k.help_since)::timestamp)::date AS since
	FROM (
		SELECT i.task, min(i.day) FILTER (WHERE i.is_portal) AS portal_since, min(i.day) FILTER (WHERE NOT i.is_portal) AS help_since
		FROM (
@use done_tasks
			) i
		WHERE i.task IS NOT NULL
		GROUP BY i.task) k
	WHERE k.portal_since IS NOT NULL AND k.help_since IS NOT NULL
), $$),
('task_since', 9, '{}', ''),
('ticket_paused', 1, '{ticket.paused_minutes}', 't.paused_minutes'),
('ticket_paused', 9, '{}', 'NULL::float8'),
('driver_until_moment', 9, '{}', '(SELECT a.until FROM asking a)'),
('driver_beside_ticket', 9, '{}', ''),

-- with what those below floors pay; and with who was seen around moments
('driver_cells', 1, '{}', $$
@use driver_cells {driver_money_base} | (SELECT array_agg(ARRAY[f.metric, f.sign::text, f.floor::text] ORDER BY f.floor_no) FROM floor f) \
	| NULL::date[] | {driver_is_weighed} | {driver_rows_placed}{driver_money_rows}
$$),
('driver_cells_around', 1, '{}', $$
@use driver_cells | NULL::text[] | {driver_moments} | false | {driver_known_rows}{driver_rows_beside}
$$),
('driver_units', 1, '{}', $$
@use driver_units
$$),
('driver_floors', 1, '{driver}', $$SELECT d.metric, coalesce(d.direction, m.sign, 1) AS sign, coalesce(d.floor, m.floor) AS floor
	FROM ({driver_rows}) d
	LEFT JOIN {driver_metrics} AS m (metric, sign, floor, scale, source) ON m.metric = d.metric$$),
('driver_floors', 9, '{}', 'SELECT m.metric, m.sign, m.floor FROM {driver_metrics} AS m (metric, sign, floor, scale, source)'),
-- where nobody says how important something is each row needs less memory
('driver_is_weighed', 1, '{survey.importance}', 'true'),
('driver_is_weighed', 9, '{}', 'false'),
-- the fold chooses the kind of surveys that counts, if it has them all
('driver_survey_kind', 1, '{distributed survey}', '{survey_kind}'),
('driver_survey_kind', 9, '{}', ''),
('driver_cell_columns', 9, '{}', 'c.*'),
('driver_cell_groups', 9, '{}', ''),
('driver_asking', 9, '{}', '(SELECT a.floors FROM asking a), (SELECT a.moments FROM asking a), {driver_months}, (SELECT a.as_of FROM asking a)'),
('driver_at_customer', 9, '{}', ''),
-- spells, at the last rate, or as they are stored
('driver_money_base', 1, '{subscription.currency,fx_rate}', '{observed}, {rates}'),
('driver_money_base', 9, '{}', ''),
('driver_money_rows', 1, '{subscription.currency,fx_rate}', $$
@use driver_spells {price}{rate}
$$),
('driver_money_rows', 2, '{customer_holdings}', $$
			UNION ALL
			SELECT k.customer_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, p.mrr, NULL, p.started_on, p.ended_on
			FROM customer_holdings k
			CROSS JOIN LATERAL cvm.spells(k.holdings) p$$),
('driver_money_rows', 3, '{subscription}', $$
@use driver_spells {price}
$$),
('driver_money_rows', 9, '{}', ''),

-- Who answers for a driver, and what those below its floor pay
('driver_owners', 1, '{owner}', $$(SELECT w.subject, w.owner, w.valid_from, w.valid_to FROM owner w
	WHERE lower(w.subject_kind) = 'driver' AND coalesce(w.accountable, true) AND w.owner IS NOT NULL AND coalesce(w.valid_from < w.valid_to, true))$$),
('driver_owners', 9, '{}', '(SELECT NULL::text AS subject, NULL::text AS owner, NULL::date AS valid_from, NULL::date AS valid_to WHERE false)'),
('driver_base', 1, '{subscription}', $${base}, $$),
('driver_base', 9, '{}', ''),
('driver_money', 1, '{subscription}', $$LEFT JOIN folded f ON f.customer_id = u.customer_id AND d.sign * u.own < d.sign * d.floor$$),
('driver_money', 9, '{}', ''),
('driver_mrr', 1, '{subscription}', $$coalesce(cvm.mrr_at(f.holdings, least((u.month + interval '1 month')::date, o.as_of) - 1), 0)$$),
('driver_mrr', 9, '{}', 'NULL::numeric');
