-- SPDX-License-Identifier: PostgreSQL
-- Report views, as data.
--
-- A report view is a row of report_view, one or more bodies (the first one
-- whose needs are met is used) and its columns.  A body is a plain SELECT over
-- the canonical relations, whose names it uses bare, and over functions that
-- it calls as cvm.name(); {setting} in it stands for a setting of the model
-- as a literal:
--
--   {time_zone}     'Europe/Vilnius'::text
--   {week_start}    1
--   {currency}      'EUR'::text, or NULL::text
--   {as_of}         a date, the local day of now(), or NULL::date for "data"
--   {start_kinds}   '{order}'::text[], or NULL::text[] for every kind
--   {return_kinds}  likewise
--   {marks}         for folds of events e: whether e starts, whether it returns;
--                   nothing where all do
--   {conf}          0.95 as double precision
--
-- and so on for every row of cvm.setting_definition.  One more word saves work
-- where a model has less than it could:
--
--   {event_row}     what activity_agg and retention_agg want to know of an
--                   event e: time and zone; the amount if one is bound; whether
--                   it may start and whether it returns if kinds are set
--
-- cvm._generate() turns these rows into views; nothing else is needed for a
-- further one.

CREATE TABLE cvm.report_view (
	view text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	comment text NOT NULL,
	group_size text
);
COMMENT ON TABLE cvm.report_view IS 'The report views that a model may have.';
COMMENT ON COLUMN cvm.report_view.group_size IS 'How many customers a row is about, over the columns of the view, for min_group_size; empty: about none; NULL: about single customers, or not known.';

CREATE TABLE cvm.report_body (
	view text NOT NULL REFERENCES cvm.report_view,
	preference int NOT NULL,
	needs text[] NOT NULL,
	body text NOT NULL,
	PRIMARY KEY (view, preference)
);
COMMENT ON TABLE cvm.report_body IS 'How a report view is computed. The least preferred body should need the least.';
COMMENT ON COLUMN cvm.report_body.needs IS 'Canonical relations, "event", and columns that must be bound, "product.unit_margin".';

CREATE TABLE cvm.report_column (
	view text NOT NULL REFERENCES cvm.report_view,
	position int NOT NULL,
	column_name text NOT NULL,
	type text NOT NULL,
	unit text NOT NULL,
	formula text NOT NULL,
	additive boolean NOT NULL,
	comment text NOT NULL,
	settles boolean NOT NULL DEFAULT true,
	PRIMARY KEY (view, column_name),
	UNIQUE (view, position)
);
COMMENT ON TABLE cvm.report_column IS 'The columns of each report view and what they mean.';
COMMENT ON COLUMN cvm.report_column.settles IS 'Stays as it is once is_complete; if it then changes, that is a restatement.';
COMMENT ON COLUMN cvm.report_column.additive IS 'May be summed over segments (leaving out "(all)") and cohorts.';

CREATE FUNCTION cvm._column_comment(c cvm.report_column) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('%s Unit: %s. Formula: %s.%s', c.comment, c.unit, c.formula,
		CASE WHEN c.unit LIKE 'fraction%' THEN ' Do not average.' ELSE '' END);
$$;
COMMENT ON FUNCTION cvm._column_comment(cvm.report_column) IS 'The comment that a column of a report view carries.';

CREATE FUNCTION cvm.day_of(at date, tz text) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN at;
CREATE FUNCTION cvm.day_of(at timestamp, tz text) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN at::date;
CREATE FUNCTION cvm.day_of(at timestamptz, tz text) RETURNS date
AS 'MODULE_PATHNAME', 'cvm_day_of'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.day_of(date, text) IS 'The local day of a date: the date.';
COMMENT ON FUNCTION cvm.day_of(timestamp, text) IS 'The local day of a timestamp, which is taken as local already.';
COMMENT ON FUNCTION cvm.day_of(timestamptz, text) IS 'The local day of a moment in a time zone.';

CREATE FUNCTION cvm._without_small_groups(view text, body text, smallest int) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	size text := (SELECT v.group_size FROM cvm.report_view v WHERE v.view = _without_small_groups.view);
	columns text;
	keys text[];
	splits text[];
BEGIN
	IF smallest <= 0 OR coalesce(size, '') = '' THEN
		RETURN body;
	END IF;
	-- what row_key is made of, and of that, what makes up a total which is
	-- shown: segments, and channels, tenths, or where customers of a segment went
	SELECT string_agg(quote_ident(c.column_name), ', ' ORDER BY c.position),
		array_agg(c.column_name ORDER BY c.position) FILTER (WHERE c.column_name = ANY (r.keys)),
		array_agg(c.column_name ORDER BY c.column_name = 'segment' DESC) FILTER (WHERE c.column_name = ANY (r.keys) AND c.column_name IN ('segment', 'channel', 'value_decile', 'to_segment'))
	INTO columns, keys, splits
	FROM cvm.report_column c
	JOIN (SELECT k.view, string_to_array(k.formula, '|') AS keys FROM cvm.report_column k WHERE k.column_name = 'row_key') r ON r.view = c.view
	WHERE c.view = _without_small_groups.view;
	IF splits IS NULL THEN
		RETURN format(E'SELECT %1$s\nFROM (\n%2$s\n) b\nWHERE %3$s >= %4$s', columns, body, size, smallest);
	END IF;
	IF NOT splits @> '{segment,channel}' THEN
		splits := splits[1:1];
	END IF;
	-- where what is left out is one row of them, or too few customers together,
	-- the total would tell on it: the next smallest goes along.  Of two ways to
	-- split, what is split both ways goes, so that neither tells on the other.
	RETURN format(E'SELECT %1$s\nFROM (\n\tSELECT g.*', columns)
		|| (SELECT string_agg(format($body$,
		count(*) FILTER (WHERE g.%1$I <> '(all)' AND g.cvm_size < %2$s) OVER w%3$s AS cvm_small%3$s,
		sum(g.cvm_size) FILTER (WHERE g.%1$I <> '(all)' AND g.cvm_size < %2$s) OVER w%3$s AS cvm_together%3$s,
		row_number() OVER (w%3$s ORDER BY g.%1$I = '(all)', g.cvm_size < %2$s, g.cvm_size, g.%1$I) AS cvm_rank%3$s$body$, u.split, smallest, u.n), '' ORDER BY u.n)
			FROM unnest(splits) WITH ORDINALITY AS u(split, n))
		|| format(E'\n\tFROM (SELECT b.*, %s AS cvm_size FROM (\n%s\n\t) b) g%s\n\tWINDOW %s\n) r\nWHERE r.cvm_size >= %s', size, body,
			CASE WHEN cardinality(splits) > 1 THEN E'\n\tWHERE ''(all)'' IN (g.segment, g.channel)' ELSE '' END,
			(SELECT string_agg(format('w%s AS (PARTITION BY %s)', u.n, coalesce(
				(SELECT string_agg(quote_ident(k.key), ', ' ORDER BY k.n) FROM unnest(keys) WITH ORDINALITY AS k(key, n) WHERE k.key <> u.split), 'true')), ', ' ORDER BY u.n)
			FROM unnest(splits) WITH ORDINALITY AS u(split, n)), smallest)
		|| (SELECT string_agg(format(E'\n\tAND NOT ((r.cvm_small%3$s = 1 OR r.cvm_together%3$s < %2$s) AND r.cvm_rank%3$s = 1 AND r.%1$I <> ''(all)'') IS TRUE', u.split, smallest, u.n), '' ORDER BY u.n)
			FROM unnest(splits) WITH ORDINALITY AS u(split, n));
END
$$;
COMMENT ON FUNCTION cvm._without_small_groups(text, text, int) IS 'A body without the groups of fewer customers than that, and without what would tell on them.';

GRANT SELECT ON cvm.report_view, cvm.report_body, cvm.report_column TO PUBLIC;
-- Report views over events: who comes back.

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(10, 'retention_week', 'Cohort retention by week: one row per segment, cohort and number of weeks since. A cohort is the customers whose first start falls into the same week. A week that has not begun is absent, one that is not over has no rate.'),
	(11, 'retention_month', 'Cohort retention by month: one row per segment, cohort and number of months since. A cohort is the customers whose first start falls into the same month. A month that has not begun is absent, one that is not over has no rate.'),
	(12, 'retention_quarter', 'Cohort retention by quarter: one row per segment, cohort and number of quarters since. A cohort is the customers whose first start falls into the same quarter. A quarter that has not begun is absent, one that is not over has no rate.'),
	(13, 'retention_curve', 'Retention by month, pooled over cohorts: one row per segment and number of months since. Sums of customers over sums of customers, never a mean of rates.'),
	(14, 'lifecycle_month', 'Active customers by month: one row per segment and month, with who is new, retained, reactivated, dormant or moved to or from another segment. The lines sum to closing_customers.');

-- how many customers a row is about, for min_group_size
UPDATE cvm.report_view SET group_size = CASE view
	WHEN 'retention_curve' THEN 'eligible_customers'
	WHEN 'lifecycle_month' THEN 'greatest(opening_customers, closing_customers)'
	ELSE 'cohort_customers' END
WHERE position BETWEEN 10 AND 14;

-- The bodies share their parts, so they are put together here.  {{events}} is
-- what counts as observed; {{fold}} the customers one by one, with the day on
-- which observation ends; {{stored}} the same from what is kept.
WITH part (events, arguments, fold, stored) AS (VALUES (
$$
	FROM event e
	WHERE e.customer_id IS NOT NULL
		AND coalesce(cvm.day_of(e.occurred_at, {time_zone}) < {as_of}, true)$$,
$${event_row}$$,
$$folded AS MATERIALIZED (
	SELECT e.customer_id, cvm.activity_agg({{arguments}}) AS activity{{events}}
	GROUP BY e.customer_id
), observed AS MATERIALIZED (
	SELECT coalesce({as_of}, max(cvm.last_day(f.activity)) + 1) AS as_of
	FROM folded f
)$$,
$$folded AS NOT MATERIALIZED (
	SELECT a.customer_id, a.activity FROM customer_activity a
), observed AS MATERIALIZED (
	SELECT coalesce({as_of}, max(cvm.last_day(f.activity)) + 1) AS as_of
	FROM folded f
)$$)),

-- states: segment, state and as_of of a triangle.  Without segments it comes
-- out of one pass over the events; with them each customer is folded first,
-- because the segment is the one held on the first day of the customer's life
-- (any other choice lets survivors pick their segment).
states (preference, needs, body) AS (VALUES
	(1, '{event,segment_history}'::text[],
$$WITH {{fold}}, held AS (
	SELECT DISTINCT ON (f.customer_id) f.customer_id, h.segment
	FROM folded f
	JOIN segment_history h ON h.customer_id = f.customer_id
		AND h.valid_from <= cvm.first_day(f.activity)
		AND coalesce(h.valid_to > cvm.first_day(f.activity), true)
	ORDER BY f.customer_id, h.valid_from DESC, h.segment
), by_segment AS MATERIALIZED (
	SELECT coalesce(held.segment, '(none)') AS segment, cvm.retention_agg({{tenure}}) AS state
	FROM folded f
	CROSS JOIN observed o
	LEFT JOIN held ON held.customer_id = f.customer_id
	GROUP BY 1
), state AS MATERIALIZED (
	SELECT b.segment, b.state, cvm.as_of(b.state) AS as_of FROM by_segment b
	UNION ALL
	SELECT '(all)' AS segment, r.state, cvm.as_of(r.state) AS as_of FROM (SELECT cvm.rollup(b.state) AS state FROM by_segment b) r
)$$),
	(2, '{event}',
$$WITH folded AS MATERIALIZED (
	SELECT cvm.retention_agg(e.customer_id, {{arguments}}, {{grain}}) AS state{{events}}
), cut AS MATERIALIZED (
	SELECT CASE WHEN {as_of} IS NULL THEN f.state ELSE cvm.as_of(f.state, {as_of}) END AS state FROM folded f
), state AS MATERIALIZED (
	SELECT '(all)'::text AS segment, c.state, cvm.as_of(c.state) AS as_of FROM cut c
)$$),
	(-1, '{customer_activity}',
$$WITH {{stored}}, cut AS MATERIALIZED (
	SELECT cvm.retention_agg({{tenure}}) AS state
	FROM folded f
	CROSS JOIN observed o
), state AS MATERIALIZED (
	SELECT '(all)'::text AS segment, c.state, cvm.as_of(c.state) AS as_of FROM cut c
)$$)),

grain (view, grain, tenure, label, body) AS (
	SELECT g.view, g.grain, g.tenure, g.label, r.body
	FROM (VALUES
		('retention_week', $$'week:' || {week_start}$$, $$cvm.tenure(f.activity, 'week', o.as_of, 'calendar', {week_start})$$, $$'YYYY-MM-DD'$$, 'grid'),
		('retention_month', $$'month'$$, $$cvm.tenure(f.activity, 'month', o.as_of)$$, $$'YYYY-MM'$$, 'grid'),
		('retention_quarter', $$'quarter'$$, $$cvm.tenure(f.activity, 'quarter', o.as_of)$$, $$'YYYY-"Q"Q'$$, 'grid'),
		('retention_curve', $$'month'$$, $$cvm.tenure(f.activity, 'month', o.as_of)$$, NULL, 'curve')
	) AS g (view, grain, tenure, label, reading)
	JOIN (VALUES
		('grid', $$
SELECT s.segment || '|' || to_char(g.cohort::timestamp, {{label}}) || '|' || g.period_no AS row_key,
	s.segment,
	g.cohort,
	to_char(g.cohort::timestamp, {{label}}) AS cohort_label,
	g.period_no,
	g.period_start,
	to_char(g.period_start::timestamp, {{label}}) AS period_label,
	g.cohort_customers,
	g.eligible_customers,
	g.retained_customers,
	g.retained_or_later_customers,
	g.returned_customers,
	g.retention_rate,
	g.conf_low,
	g.conf_high,
	g.is_complete,
	g.value::numeric(18,2) AS value,
	g.eligible_value::numeric(18,2) AS eligible_value,
	g.value_rate,
	{currency} AS currency,
	{time_zone} AS time_zone,
	s.as_of
FROM state s
CROSS JOIN LATERAL cvm.grid(s.state, {conf}) g$$),
		('curve', $$
SELECT s.segment || '|' || g.period_no AS row_key,
	s.segment,
	g.period_no,
	g.cohorts,
	g.eligible_customers,
	g.retained_customers,
	g.retained_or_later_customers,
	g.returned_customers,
	g.retention_rate,
	g.conf_low,
	g.conf_high,
	g.is_complete,
	g.value::numeric(18,2) AS value,
	g.eligible_value::numeric(18,2) AS eligible_value,
	g.value_rate,
	{currency} AS currency,
	{time_zone} AS time_zone,
	s.as_of
FROM state s
CROSS JOIN LATERAL cvm.curve(s.state, {conf}) g$$)) AS r (reading, body) USING (reading)
),

lifecycle (preference, needs, body) AS (VALUES
	(1, '{event,segment_history}'::text[],
$$WITH {{fold}}, spell AS (
	SELECT h.customer_id, h.segment,
		CASE WHEN h.valid_to <= h.valid_from THEN 'empty'::daterange ELSE daterange(h.valid_from, h.valid_to) END AS days
	FROM segment_history h
), held AS (
	SELECT p.customer_id, p.segment, range_agg(p.days) AS days
	FROM spell p
	GROUP BY p.customer_id, p.segment
	UNION ALL
	SELECT f.customer_id, '(none)' AS segment, '{(,)}'::datemultirange - coalesce(range_agg(p.days), '{}'::datemultirange) AS days
	FROM folded f
	LEFT JOIN spell p ON p.customer_id = f.customer_id
	GROUP BY f.customer_id
), state AS MATERIALIZED (
	SELECT coalesce(h.segment, '(none)') AS segment, cvm.lifecycle_agg(f.activity, 'month', o.as_of, h.days) AS state
	FROM folded f
	CROSS JOIN observed o
	JOIN held h ON h.customer_id = f.customer_id
	WHERE NOT isempty(h.days)
	GROUP BY 1
	UNION ALL
	SELECT '(all)' AS segment, cvm.lifecycle_agg(f.activity, 'month', o.as_of) AS state
	FROM folded f
	CROSS JOIN observed o
)$$),
	(2, '{event}',
$$WITH {{fold}}, state AS MATERIALIZED (
	SELECT '(all)'::text AS segment, cvm.lifecycle_agg(f.activity, 'month', o.as_of) AS state
	FROM folded f
	CROSS JOIN observed o
)$$))

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT t.view, t.preference - 10 * s.n, CASE s.n WHEN 0 THEN t.needs ELSE array_replace(t.needs, 'event', 'customer_activity') END,
	replace(replace(replace(replace(replace(replace(replace(t.body,
		'{{fold}}', CASE s.n WHEN 0 THEN p.fold ELSE p.stored END),
		'{{stored}}', p.stored),
		'{{events}}', p.events),
		'{{arguments}}', p.arguments),
		'{{tenure}}', coalesce(t.tenure, '')),
		'{{grain}}', coalesce(t.grain, '')),
		'{{label}}', coalesce(t.label, ''))
FROM part p
CROSS JOIN (
	SELECT g.view, s.preference, s.needs, s.body || g.body, g.tenure, g.grain, g.label
	FROM grain g CROSS JOIN states s
	UNION ALL
	SELECT 'lifecycle_month', l.preference, l.needs, l.body || $$
SELECT s.segment || '|' || to_char(p.period::timestamp, 'YYYY-MM') AS row_key,
	s.segment,
	p.period AS month,
	to_char(p.period::timestamp, 'YYYY-MM') AS month_label,
	p.opening_customers,
	p.new_customers,
	p.moved_in_customers,
	p.moved_out_customers,
	p.closing_customers,
	p.retained_customers,
	p.reactivated_customers,
	p.dormant_customers,
	p.is_complete,
	{time_zone} AS time_zone,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.lifecycles(s.state) p$$, NULL, NULL, NULL
	FROM lifecycle l
) AS t (view, preference, needs, body, tenure, grain, label)
-- what folds customers one by one can as well read them from where they are kept
CROSS JOIN generate_series(0, CASE WHEN t.body LIKE '%{{fold}}%' THEN 1 ELSE 0 END) AS s (n);

INSERT INTO cvm.customer_state (position, state, entity, column_name, type, fold, whole, whole_rows, last_day, tally, comment) VALUES
	(1, 'customer_activity', 'event', 'activity', 'cvm.activity',
		$$cvm.activity_agg(e.occurred_at, {time_zone}, e.amount{marks})$$,
		'cvm.fold_activity(%L, {time_zone})',
		$$e.customer_id, e.occurred_at, e.amount{marks}$$,
		'cvm.last_day(%s)',
		$$SELECT d.day, 'events' AS what, d.events AS rows, d.value FROM cvm.days(%1$s) d WHERE d.day < %2$s$$,
		'One row per customer: the timeline of its events, from which every grain, clock and cut-off can be read.');

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment)
SELECT g.view, c.position, c.column_name, c.type, replace(c.unit, '<grain>', g.grain), replace(c.formula, '<grain>', g.grain), c.additive, replace(c.comment, '<grain>', g.grain)
FROM (VALUES ('retention_week', 'week'), ('retention_month', 'month'), ('retention_quarter', 'quarter')) AS g (view, grain),
	(VALUES
	(1, 'row_key', 'text', 'key', 'segment|cohort_label|period_no', false, 'One value per row.'),
	(2, 'segment', 'text', 'name', 'segment held on the first day of the customer''s first start', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	(3, 'cohort', 'date', 'date', 'first day of the <grain> of the first start', false, 'First day of the <grain> in which the cohort''s customers started.'),
	(4, 'cohort_label', 'text', 'text', 'cohort as text', false, 'The cohort as text, safe from time zones of clients.'),
	(5, 'period_no', 'integer', '<grain>s', '<grain>s from cohort to period_start', false, 'Number of <grain>s since the cohort started; 0 is its first one.'),
	(6, 'period_start', 'date', 'date', 'cohort + period_no <grain>s', false, 'First day of the <grain> that the row is about.'),
	(7, 'period_label', 'text', 'text', 'period_start as text', false, 'The <grain> that the row is about, as text.'),
	(8, 'cohort_customers', 'bigint', 'customers', 'count of customers who started in the <grain>', false, 'Customers in the cohort.'),
	(9, 'eligible_customers', 'bigint', 'customers', 'count of cohort customers whose whole <grain> lies before as_of', true, 'Customers who had the chance: what rates stand on. 0 while the <grain> is not over.'),
	(10, 'retained_customers', 'bigint', 'customers', 'count of eligible customers with a return in the <grain>; in period 0, which holds the start, all of them', true, 'Customers who count as retained in this <grain>.'),
	(11, 'retained_or_later_customers', 'bigint', 'customers', 'count of eligible customers with a return in the <grain> or a later one', true, 'Customers who count as retained in this <grain> or later; grows as time goes by.'),
	(12, 'returned_customers', 'bigint', 'customers', 'count of eligible customers with any return in the <grain>, on or after their first day', true, 'Customers who did something in this <grain> that counts as a return; in period 0 the start itself need not.'),
	(13, 'retention_rate', 'double precision', 'fraction 0..1', 'retained_customers / eligible_customers', false, 'Share of the eligible customers who returned in this <grain>.'),
	(14, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate, lower end', false, 'Lower end of the confidence interval of retention_rate.'),
	(15, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate, upper end', false, 'Upper end of the confidence interval of retention_rate.'),
	(16, 'is_complete', 'boolean', 'true or false', 'eligible_customers = cohort_customers', false, 'Is the <grain> over for the whole cohort?'),
	(17, 'value', 'numeric(18,2)', 'money', 'sum of amount of the eligible customers in the <grain>', true, 'What the eligible customers brought in this <grain>; NULL without amounts.'),
	(18, 'eligible_value', 'numeric(18,2)', 'money', 'sum of amount of the eligible customers in period 0', true, 'What the same customers brought in their first <grain>.'),
	(19, 'value_rate', 'double precision', 'fraction', 'value / eligible_value', false, 'Money kept, compared with the first <grain>; above 1 when customers spend more.'),
	(20, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of value; NULL when the model has none.'),
	(21, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	(22, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.')
	) AS c (position, column_name, type, unit, formula, additive, comment);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('retention_curve', 1, 'row_key', 'text', 'key', 'segment|period_no', false, 'One value per row.'),
	('retention_curve', 2, 'segment', 'text', 'name', 'segment held on the first day of the customer''s first start', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment on that day.'),
	('retention_curve', 3, 'period_no', 'integer', 'months', 'months from cohort to the month', false, 'Number of months since the start; 0 is the first one.'),
	('retention_curve', 4, 'cohorts', 'bigint', 'cohorts', 'count of cohorts with eligible customers', false, 'Cohorts that the row is pooled from.'),
	('retention_curve', 5, 'eligible_customers', 'bigint', 'customers', 'sum over cohorts of eligible_customers', true, 'Customers who had the chance: what rates stand on.'),
	('retention_curve', 6, 'retained_customers', 'bigint', 'customers', 'sum over cohorts of retained_customers', true, 'Customers who returned in this month.'),
	('retention_curve', 7, 'retained_or_later_customers', 'bigint', 'customers', 'sum over cohorts of retained_or_later_customers', true, 'Customers who returned in this month or later; grows as time goes by.'),
	('retention_curve', 8, 'returned_customers', 'bigint', 'customers', 'sum over cohorts of returned_customers', true, 'Customers who did something in this month that counts as a return.'),
	('retention_curve', 9, 'retention_rate', 'double precision', 'fraction 0..1', 'retained_customers / eligible_customers', false, 'Share of the eligible customers who returned in this month.'),
	('retention_curve', 10, 'conf_low', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate, lower end', false, 'Lower end of the confidence interval of retention_rate.'),
	('retention_curve', 11, 'conf_high', 'double precision', 'fraction 0..1', 'Wilson interval of retention_rate, upper end', false, 'Upper end of the confidence interval of retention_rate.'),
	('retention_curve', 12, 'is_complete', 'boolean', 'true or false', 'every cohort old enough for this month is complete', false, 'Is the month over for every cohort that has begun it?'),
	('retention_curve', 13, 'value', 'numeric(18,2)', 'money', 'sum of amount of the eligible customers in the month', true, 'What the eligible customers brought in this month; NULL without amounts.'),
	('retention_curve', 14, 'eligible_value', 'numeric(18,2)', 'money', 'sum of amount of the eligible customers in period 0', true, 'What the same customers brought in their first month.'),
	('retention_curve', 15, 'value_rate', 'double precision', 'fraction', 'value / eligible_value', false, 'Money kept, compared with the first month; above 1 when customers spend more.'),
	('retention_curve', 16, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of value; NULL when the model has none.'),
	('retention_curve', 17, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('retention_curve', 18, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),

	('lifecycle_month', 1, 'row_key', 'text', 'key', 'segment|month_label', false, 'One value per row.'),
	('lifecycle_month', 2, 'segment', 'text', 'name', 'segment held at the end of the month', false, 'Segment; "(all)" is everybody, "(none)" those who were in no segment then.'),
	('lifecycle_month', 3, 'month', 'date', 'date', 'first day of the month', false, 'First day of the month.'),
	('lifecycle_month', 4, 'month_label', 'text', 'text', 'month as text', false, 'The month as text, safe from time zones of clients.'),
	('lifecycle_month', 5, 'opening_customers', 'bigint', 'customers', 'closing_customers of the month before', false, 'Customers who had started before the month and were in the segment when it began.'),
	('lifecycle_month', 6, 'new_customers', 'bigint', 'customers', 'count of customers whose first start falls into the month', true, 'Customers who started in the month.'),
	('lifecycle_month', 7, 'moved_in_customers', 'bigint', 'customers', 'count of customers who came from another segment', false, 'Customers who moved into the segment in the month.'),
	('lifecycle_month', 8, 'moved_out_customers', 'bigint', 'customers', '-1 * count of customers who left for another segment', false, 'Customers who moved out of the segment in the month, as a negative number.'),
	('lifecycle_month', 9, 'closing_customers', 'bigint', 'customers', 'opening_customers + new_customers + moved_in_customers + moved_out_customers', false, 'Customers who had started by the end of the month and were in the segment then; new, retained, reactivated and dormant ones.'),
	('lifecycle_month', 10, 'retained_customers', 'bigint', 'customers', 'count of customers active in this month and the one before', true, 'Customers who were active last month too.'),
	('lifecycle_month', 11, 'reactivated_customers', 'bigint', 'customers', 'count of customers active in this month, not in the one before, and not new', true, 'Customers who came back after a month or more without activity.'),
	('lifecycle_month', 12, 'dormant_customers', 'bigint', 'customers', 'count of customers not active in this month', true, 'Customers who had started earlier and were not active in the month.'),
	('lifecycle_month', 13, 'is_complete', 'boolean', 'true or false', 'first day of the next month <= as_of', false, 'Is the month over?'),
	('lifecycle_month', 14, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('lifecycle_month', 15, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');

-- a later return changes these for as long as time goes on
UPDATE cvm.report_column SET settles = false
WHERE column_name IN ('retained_or_later_customers', 'as_of');
-- What a model has, and what every column means.

CREATE FUNCTION cvm.catalog(model name)
RETURNS TABLE (view text, "exists" boolean, waits_for text, description text, is_stored boolean)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM cvm._open(catalog.model, writes => false);
	RETURN QUERY
	WITH sick AS (
		SELECT b.entity, b.problem FROM cvm._bound(catalog.model) b WHERE b.problem IS NOT NULL
	)
	SELECT w.relation::text,
		here.is_so,
		CASE WHEN here.is_so THEN NULL
			WHEN w.waits_for IS NULL THEN format('SELECT * FROM cvm.rebuild(%L)', catalog.model)
			ELSE (
				-- a relation that is bound, but to something that does not serve
				SELECT string_agg(n.need || coalesce(' (' || s.problem || ')', ''), ', ' ORDER BY n.n)
				FROM unnest(string_to_array(w.waits_for, ', ')) WITH ORDINALITY AS n(need, n)
				LEFT JOIN sick s ON s.entity = split_part(n.need, '.', 1)) END,
		w.comment,
		w.relation IN (SELECT u.relation FROM cvm._usable(catalog.model) AS u(relation))
	FROM cvm._wanted(catalog.model) w
	CROSS JOIN LATERAL (
		SELECT cvm._relation(catalog.model, w.relation) IS NOT NULL
			AND EXISTS (SELECT FROM cvm.generated g WHERE g.model = catalog.model AND g.relation = w.relation)) AS here(is_so)
	WHERE w.pos >= 1000
	ORDER BY w.pos;
	-- states are there when they were asked for
	RETURN QUERY
	SELECT s.state, to_regclass(format('%I.%I', t.model, t.relation)) IS NOT NULL, NULL, s.comment,
		t.relation IN (SELECT u.relation FROM cvm._usable(catalog.model) AS u(relation))
	FROM cvm.stored t
	JOIN cvm.customer_state s ON s.state = t.relation::text
	WHERE t.model = catalog.model
	ORDER BY s.position;
END
$$;
COMMENT ON FUNCTION cvm.catalog(name) IS 'Every report view of a model: does it exist, and if not, what does it wait for? Is it read from a table? States that are stored come last.';

CREATE VIEW cvm.dictionary WITH (security_invoker = true) AS
SELECT c.view, c.column_name AS "column", c.type, c.unit, c.formula, c.additive, c.comment
FROM cvm.report_column c
JOIN cvm.report_view v USING (view)
ORDER BY v.position, c.position;
COMMENT ON VIEW cvm.dictionary IS 'Every column of every report view: what it means, its unit, its formula and whether it may be summed.';
COMMENT ON COLUMN cvm.dictionary.view IS 'Report view.';
COMMENT ON COLUMN cvm.dictionary."column" IS 'Column of the view.';
COMMENT ON COLUMN cvm.dictionary.type IS 'Its type.';
COMMENT ON COLUMN cvm.dictionary.unit IS 'Its unit.';
COMMENT ON COLUMN cvm.dictionary.formula IS 'How it is computed.';
COMMENT ON COLUMN cvm.dictionary.additive IS 'May it be summed over segments (leaving out "(all)") and cohorts?';
COMMENT ON COLUMN cvm.dictionary.comment IS 'What it means.';
GRANT SELECT ON cvm.dictionary TO PUBLIC;
-- Report views with a row per customer, or per rank of customers.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(45, 'winback_days', 'count', '365', 'Days after leaving in which somebody is to be won back, and lost after them.'),
	(46, 'reactivated_days', 'count', '90', 'Days after coming back in which a customer is reactivated.'),
	(47, 'onboarding_days', 'count', '30', 'Days after coming in which a customer is onboarding.'),
	(48, 'renewal_days', 'count', '60', 'Days before the end of something held in which a customer is in renewal.'),
	(49, 'growth_days', 'count', '90', 'Days after beginning to pay more in which a customer is in growth.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(70, 'customer_phase', 'Where in its life each customer is, and where it was a month before.'),
	(71, 'phase_flow', 'Customers by the phase of their life a month before and now, by segment.'),
	(72, 'customer_rfm', 'Recency, frequency and money of each customer over the last 365 days, with scores from 1 (lowest) to 5; equal values have equal scores.'),
	(73, 'value_decile', 'Customers by what they are worth a month, in tenths from 10 (the most) to 1: the whale curve.');

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'customer_phase', x.preference, x.needs, replace(replace($$
WITH observed AS MATERIALIZED (
	-- the day after the last one seen: ends that lie in the future are plans
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT (now() AT TIME ZONE {time_zone})::date)) FROM subscription s)) AS as_of
), known AS (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on,
		CASE WHEN lower(s.status) = ANY ({unpaid_statuses}) THEN 0 ELSE s.mrr END) AS holdings,
		min(s.cancel_requested_on) FILTER (WHERE s.started_on < o.as_of AND coalesce(s.ended_on >= o.as_of, true)) AS risk_since,
		min(s.cancel_requested_on) FILTER (WHERE s.started_on < o.as_of - interval '1 month' AND coalesce(s.ended_on >= o.as_of - interval '1 month', true)) AS risk_before
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id
){{everybody}}, placed AS (
	SELECT DISTINCT ON (h.customer_id) h.customer_id, h.segment
	FROM segment_history h
	JOIN observed o ON h.valid_from < o.as_of AND coalesce(h.valid_to >= o.as_of, true)
	WHERE h.segment IS NOT NULL
	ORDER BY h.customer_id, h.valid_from DESC, h.segment COLLATE "C"
)
SELECT k.customer_id::text AS row_key,
	k.customer_id,
	coalesce(p.segment, '(none)') AS segment,
	n.phase,
	n.since,
	b.phase AS previous_phase,
	coalesce(cvm.mrr_at(k.holdings, o.as_of - 1), 0)::numeric(18,2) AS mrr,
	o.as_of
FROM {{who}} k
CROSS JOIN observed o
LEFT JOIN placed p ON p.customer_id = k.customer_id
CROSS JOIN LATERAL cvm.lifecycle_phase(k.holdings, o.as_of, k.risk_since, NULL, {winback_days}, {reactivated_days}, {onboarding_days}, {renewal_days}, {growth_days}, {lapse_days}) n
CROSS JOIN LATERAL cvm.lifecycle_phase(k.holdings, (o.as_of - interval '1 month')::date, k.risk_before, o.as_of, {winback_days}, {reactivated_days}, {onboarding_days}, {renewal_days}, {growth_days}, {lapse_days}) b$$,
	'{{everybody}}', x.everybody), '{{who}}', x.who)
FROM (VALUES
	(1, '{subscription,segment_history,customer}'::text[], $$, everybody AS (
	SELECT coalesce(k.customer_id, c.customer_id) AS customer_id, k.holdings, k.risk_since, k.risk_before
	FROM known k
	FULL JOIN (SELECT DISTINCT c.customer_id FROM customer c WHERE c.customer_id IS NOT NULL) c ON c.customer_id = k.customer_id
)$$, 'everybody'),
	(2, '{subscription,segment_history}', '', 'known')) AS x (preference, needs, everybody, who);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('phase_flow', 1, '{subscription,segment_history}', $$
SELECT g.segment || '|' || g.from_phase || '|' || g.to_phase AS row_key,
	g.segment,
	g.from_phase,
	g.to_phase,
	g.customers,
	g.mrr::numeric(18,2) AS mrr,
	g.as_of
FROM (
	SELECT s.segment,
		c.previous_phase AS from_phase, c.phase AS to_phase, count(*) AS customers, sum(c.mrr) AS mrr, c.as_of
	FROM customer_phase c
	CROSS JOIN LATERAL (VALUES (c.segment), ('(all)')) AS s (segment)
	GROUP BY s.segment, c.previous_phase, c.phase, c.as_of) g$$),

('customer_rfm', 1, '{event}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, max(cvm.day_of(e.occurred_at, {time_zone})) + 1) AS as_of FROM event e
), folded AS (
	SELECT e.customer_id, o.as_of,
		o.as_of - 1 - max(cvm.day_of(e.occurred_at, {time_zone})) AS recency_days,
		count(*) AS frequency, coalesce(sum(e.amount), 0) AS monetary
	FROM event e
	CROSS JOIN observed o
	WHERE e.customer_id IS NOT NULL
		AND cvm.day_of(e.occurred_at, {time_zone}) < o.as_of AND cvm.day_of(e.occurred_at, {time_zone}) >= o.as_of - 365
	GROUP BY e.customer_id, o.as_of
), scored AS (
	SELECT f.*,
		cvm.tied_quantile(count(*) OVER (ORDER BY f.recency_days DESC), count(*) OVER (), 5) AS r,
		cvm.tied_quantile(count(*) OVER (ORDER BY f.frequency), count(*) OVER (), 5) AS f,
		cvm.tied_quantile(count(*) OVER (ORDER BY f.monetary), count(*) OVER (), 5) AS m
	FROM folded f
)
SELECT s.customer_id::text AS row_key,
	s.customer_id,
	s.recency_days,
	s.frequency,
	s.monetary::numeric(18,2) AS monetary,
	s.r AS recency_score,
	s.f AS frequency_score,
	s.m AS monetary_score,
	s.r::text || s.f || s.m AS rfm,
	s.as_of
FROM scored s$$);

INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT 'value_decile', x.preference, x.needs, replace(replace($$
WITH observed AS MATERIALIZED (
	-- the day after the last one seen: ends that lie in the future are plans
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT (now() AT TIME ZONE {time_zone})::date)) FROM subscription s)) AS as_of
), worth AS (
	SELECT s.customer_id, sum(CASE WHEN lower(s.status) = ANY ({unpaid_statuses}) THEN 0 ELSE s.mrr END) AS mrr, {{margin}} AS margin, o.as_of
	FROM subscription s
	CROSS JOIN observed o
	{{join}}
	WHERE s.customer_id IS NOT NULL AND s.started_on < o.as_of AND coalesce(s.ended_on >= o.as_of, true)
	GROUP BY s.customer_id, o.as_of
	HAVING sum(CASE WHEN lower(s.status) = ANY ({unpaid_statuses}) THEN 0 ELSE s.mrr END) > 0
), ranked AS (
	-- by margin where it is known of everybody
	SELECT w.*, CASE WHEN bool_and(w.margin IS NOT NULL) OVER () THEN w.margin ELSE w.mrr END AS value,
		bool_and(w.margin IS NOT NULL) OVER () AS by_margin
	FROM worth w
), scored AS (
	SELECT r.*, cvm.tied_quantile(count(*) OVER (ORDER BY r.value), count(*) OVER (), 10) AS decile
	FROM ranked r
), decile AS (
	SELECT s.decile, count(*) AS customers, sum(s.mrr) AS mrr, sum(s.margin) AS margin, sum(s.value) AS value, min(s.value) AS least, max(s.value) AS most, s.by_margin, s.as_of
	FROM scored s
	GROUP BY s.decile, s.by_margin, s.as_of
)
SELECT d.decile::text AS row_key,
	d.decile,
	CASE WHEN d.by_margin THEN 'margin' ELSE 'mrr' END AS ranked_by,
	d.customers,
	d.mrr::numeric(18,2) AS mrr,
	d.margin::numeric(18,2) AS margin,
	d.least::numeric(18,2) AS least,
	d.most::numeric(18,2) AS most,
	(d.value / nullif(sum(d.value) OVER (), 0))::double precision AS value_share,
	(sum(d.customers) OVER w / sum(d.customers) OVER ())::double precision AS cumulative_customer_share,
	(sum(d.value) OVER w / nullif(sum(d.value) OVER (), 0))::double precision AS cumulative_value_share,
	d.as_of
FROM decile d
WINDOW w AS (ORDER BY d.decile DESC)$$, '{{margin}}', x.margin), '{{join}}', x.added)
FROM (VALUES
	(1, '{subscription,product.unit_margin}'::text[], 'CASE WHEN bool_and(g.unit_margin IS NOT NULL) THEN sum(g.unit_margin) END',
		'LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin FROM product r GROUP BY r.product) g ON g.product = s.product'),
	(2, '{subscription}', 'NULL::numeric', '')) AS x (preference, needs, margin, added);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('customer_phase', 1, 'row_key', 'text', 'key', 'customer_id', false, 'One value per row.'),
	('customer_phase', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'subscription.customer_id', false, 'The customer.'),
	('customer_phase', 3, 'segment', 'text', 'name', 'segment held on the last day seen', false, 'Segment; "(none)": in no segment.'),
	('customer_phase', 4, 'phase', 'text', 'word', 'cvm.lifecycle_phase() at as_of, by the settings winback_days, reactivated_days, onboarding_days, renewal_days, growth_days and lapse_days', false, 'prospect, winback_target, lost, reactivated, onboarding, renewal, at_risk, growth or mature.'),
	('customer_phase', 5, 'since', 'date', 'date', 'first day of the phase', false, 'Since when; NULL for a prospect.'),
	('customer_phase', 6, 'previous_phase', 'text', 'word', 'cvm.lifecycle_phase() a month before as_of', false, 'The phase a month before.'),
	('customer_phase', 7, 'mrr', 'numeric(18,2)', 'money a month', 'sum of the lines held', true, 'Recurring revenue on the last day seen.'),
	('customer_phase', 8, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('phase_flow', 1, 'row_key', 'text', 'key', 'segment|from_phase|to_phase', false, 'One value per row.'),
	('phase_flow', 2, 'segment', 'text', 'name', 'segment held on the last day seen', false, 'Segment; "(all)" is everybody, "(none)" those in no segment.'),
	('phase_flow', 3, 'from_phase', 'text', 'word', 'customer_phase.previous_phase', false, 'Phase a month before.'),
	('phase_flow', 4, 'to_phase', 'text', 'word', 'customer_phase.phase', false, 'Phase now.'),
	('phase_flow', 5, 'customers', 'bigint', 'customers', 'count of customers', true, 'Customers who went this way, or stayed.'),
	('phase_flow', 6, 'mrr', 'numeric(18,2)', 'money a month', 'sum of customer_phase.mrr', true, 'Recurring revenue of these customers now.'),
	('phase_flow', 7, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('customer_rfm', 1, 'row_key', 'text', 'key', 'customer_id', false, 'One value per row.'),
	('customer_rfm', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'event.customer_id', false, 'The customer.'),
	('customer_rfm', 3, 'recency_days', 'integer', 'days', 'last day seen - last day with an event', false, 'Days since the last event.'),
	('customer_rfm', 4, 'frequency', 'bigint', 'events', 'count of events in the last 365 days', true, 'Number of events.'),
	('customer_rfm', 5, 'monetary', 'numeric(18,2)', 'money', 'sum of event.amount in the last 365 days', true, 'Money brought.'),
	('customer_rfm', 6, 'recency_score', 'integer', '1..5', 'ceil(5 * cume_dist()) by recency_days, the fewest highest', false, 'Recency in fifths; equals together.'),
	('customer_rfm', 7, 'frequency_score', 'integer', '1..5', 'ceil(5 * cume_dist()) by frequency', false, 'Frequency in fifths; equals together.'),
	('customer_rfm', 8, 'monetary_score', 'integer', '1..5', 'ceil(5 * cume_dist()) by monetary', false, 'Money in fifths; equals together.'),
	('customer_rfm', 9, 'rfm', 'text', 'three digits', 'the three scores', false, 'The scores in a row: 555 is the best.'),
	('customer_rfm', 10, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('value_decile', 1, 'row_key', 'text', 'key', 'decile', false, 'One value per row.'),
	('value_decile', 2, 'decile', 'integer', '1..10', 'ceil(10 * cume_dist()) by value', false, 'Tenth of the customers by value, 10 the most; equals together, so that tenths may be absent or large.'),
	('value_decile', 3, 'ranked_by', 'text', 'word', 'margin where product.unit_margin is known of all that is held, else mrr', false, 'What value is.'),
	('value_decile', 4, 'customers', 'bigint', 'customers', 'count of paying customers', true, 'Customers in the tenth.'),
	('value_decile', 5, 'mrr', 'numeric(18,2)', 'money a month', 'sum of the lines held', true, 'Recurring revenue.'),
	('value_decile', 6, 'margin', 'numeric(18,2)', 'money a month', 'sum over lines held of product.unit_margin', true, 'Margin, before shared costs; NULL when not known.'),
	('value_decile', 7, 'least', 'numeric(18,2)', 'money a month', 'least value in the tenth', false, 'Value of the least valuable customer in it.'),
	('value_decile', 8, 'most', 'numeric(18,2)', 'money a month', 'greatest value in the tenth', false, 'Value of the most valuable customer in it.'),
	('value_decile', 9, 'value_share', 'double precision', 'fraction', 'value of the tenth / value of all', true, 'The tenth''s part of all value.'),
	('value_decile', 10, 'cumulative_customer_share', 'double precision', 'fraction 0..1', 'customers of this tenth and those above / customers', false, 'Whale curve: so many of the customers …'),
	('value_decile', 11, 'cumulative_value_share', 'double precision', 'fraction', 'value of this tenth and those above / value', false, '… bring so much of the value; above 1 where those below cost more than they bring.'),
	('value_decile', 12, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
-- What the report views over subscriptions are put together from.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(20, 'unpaid_statuses', 'words', '{trial,free,paused}', 'Values of subscription.status in which a spell brings nothing, whatever its price; NULL: none.'),
	(25, 'paused_statuses', 'words', '{paused}', 'Values of subscription.status in which a spell is paused: it brings nothing, and mrr is what it would bring; NULL: none.'),
	(26, 'pause_days', 'count', '90', 'For so many days a paused spell is not lost: its money is in the line paused of the waterfall, not in churn. 0: a pause is the end of paying.');

-- The parts from which bodies are put together; {{name}} in a body or in a part
-- stands for one.  A part may read otherwise in one way of computing, 'raw'
-- (from the spells), 'kept' (from stored holdings) or 'fx' (from spells in
-- several currencies), and with or without segments.  NULL: whatever no other
-- row of that part says.
CREATE TABLE cvm.subscription_part (part text, way text, by_segment boolean, body text);
INSERT INTO cvm.subscription_part VALUES
-- The day after the last one seen: ends that lie in the future are plans
('observed', NULL, NULL, $$observed AS MATERIALIZED (
	SELECT coalesce({as_of},
		greatest(max(s.started_on) FILTER (WHERE isfinite(s.started_on) AND s.started_on <= t.day),
			max(s.ended_on) FILTER (WHERE isfinite(s.ended_on) AND s.ended_on <= t.day)) + 1,
		min(s.started_on) FILTER (WHERE isfinite(s.started_on)) + 1) AS as_of
	FROM subscription s
	CROSS JOIN (SELECT (now() AT TIME ZONE {time_zone})::date AS day) t
)$$),

-- The same with the first day seen; no as_of where everything lies in the future
('observed_since', NULL, NULL, $$observed AS MATERIALIZED (
	SELECT min(s.started_on) FILTER (WHERE isfinite(s.started_on)) AS first_day, coalesce({as_of}, greatest(
		max(s.started_on) FILTER (WHERE isfinite(s.started_on) AND s.started_on <= t.day),
		max(s.ended_on) FILTER (WHERE isfinite(s.ended_on) AND s.ended_on <= t.day)) + 1) AS as_of
	FROM subscription s
	CROSS JOIN (SELECT (now() AT TIME ZONE {time_zone})::date AS day) t
)$$),

-- The holdings of each customer
('base', 'raw', NULL, $$folded AS MATERIALIZED (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, {price}, NULL, NULL, {is_paused}) AS holdings
	FROM subscription s
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id
), {{observed}}$$),
('base', 'kept', NULL, $$folded AS NOT MATERIALIZED (
	SELECT k.customer_id, k.holdings FROM customer_holdings k
), observed AS MATERIALIZED (
	SELECT coalesce({as_of},
		greatest(max(s.started_on) FILTER (WHERE s.started_on <= t.day), max(s.ended_on) FILTER (WHERE s.ended_on <= t.day)) + 1,
		min(s.started_on) + 1) AS as_of
	FROM customer_holdings k
	CROSS JOIN LATERAL cvm.spells(k.holdings) s
	CROSS JOIN (SELECT (now() AT TIME ZONE {time_zone})::date AS day) t
)$$),
-- all at the last rate
('base', 'fx', NULL, $${{observed}}, rate_now AS MATERIALIZED (
	SELECT c.currency, cvm.known_rate(c.currency, {currency}, o.as_of - 1, (
		SELECT f.rate FROM fx_rate f WHERE f.currency = c.currency AND f.valid_from < o.as_of ORDER BY f.valid_from DESC LIMIT 1)) AS rate
	FROM (SELECT DISTINCT s.currency FROM subscription s WHERE s.currency IS NOT NULL) c
	CROSS JOIN observed o
), folded AS MATERIALIZED (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, {price} * coalesce(r.rate, 1), NULL, NULL, {is_paused}) AS holdings
	FROM subscription s
	LEFT JOIN rate_now r ON r.currency = s.currency
	WHERE s.customer_id IS NOT NULL
	GROUP BY s.customer_id
)$$),

-- The days of each customer in each segment, or in none
('held', NULL, true, $$, spell AS (
	SELECT h.customer_id, h.segment,
		CASE WHEN h.valid_to <= h.valid_from THEN 'empty'::daterange ELSE daterange(h.valid_from, h.valid_to) END AS days
	FROM segment_history h
), held AS (
	SELECT p.customer_id, coalesce(p.segment, '(none)') AS segment, range_agg(p.days) AS days
	FROM spell p
	GROUP BY 1, 2
	UNION ALL
	SELECT f.customer_id, '(none)' AS segment, '{(,)}'::datemultirange - coalesce(range_agg(p.days), '{}'::datemultirange) AS days
	FROM folded f
	LEFT JOIN spell p ON p.customer_id = f.customer_id
	GROUP BY f.customer_id
)$$),
('held', NULL, false, ''),

-- The segment of each customer on the first day that was paid
('since', NULL, true, $$, since AS (
	SELECT DISTINCT ON (f.customer_id) f.customer_id, h.segment
	FROM folded f
	JOIN segment_history h ON h.customer_id = f.customer_id
		AND h.valid_from <= cvm.first_paid_day(f.holdings)
		AND coalesce(h.valid_to > cvm.first_paid_day(f.holdings), true)
	ORDER BY f.customer_id, h.valid_from DESC, h.segment
)$$),
('since', NULL, false, ''),
('since_segment', NULL, true, $$coalesce(since.segment, '(none)')$$),
('since_segment', NULL, false, $$'(all)'::text$$),
('since_join', NULL, true, $$
	LEFT JOIN since ON since.customer_id = f.customer_id$$),
('since_join', NULL, false, ''),
('since_segments', NULL, true, $$SELECT b.segment, b.state FROM by_segment b
	UNION ALL$$),
('since_segments', NULL, false, ''),

-- The waterfall, from holdings
('waterfall', NULL, NULL, $${{waterfall_segments}}
SELECT '(all)'::text AS segment, cvm.movement_agg(f.holdings, 'month', o.as_of, {pause_days}) AS state
	FROM folded f
	CROSS JOIN observed o$$),
('waterfall_segments', NULL, true, $$
	SELECT h.segment, cvm.movement_agg(f.holdings, 'month', o.as_of, h.days, {pause_days}) AS state
	FROM folded f
	CROSS JOIN observed o
	JOIN held h ON h.customer_id = f.customer_id
	WHERE NOT isempty(h.days)
	GROUP BY h.segment
	UNION ALL$$),
('waterfall_segments', NULL, false, '');

-- A body for each way, with segments and without them
CREATE FUNCTION cvm.put_subscription_bodies(view text, needs text[], body text, has_segments boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql
AS $function$
DECLARE
	w record;
	laid text;
	name text;
	found text;
BEGIN
	FOR w IN
		SELECT y.way, s.by_segment,
			y.preference + CASE WHEN has_segments AND NOT s.by_segment THEN 2 ELSE 1 END AS preference,
			put_subscription_bodies.needs || s.needs || y.needs AS needs
		FROM (VALUES ('raw', 0, '{}'::text[]), ('kept', -10, '{customer_holdings}'),
			('fx', -20, '{subscription.currency,fx_rate}')) AS y (way, preference, needs)
		JOIN (VALUES (true, '{segment_history}'::text[]), (false, '{}')) AS s (by_segment, needs)
			ON has_segments OR NOT s.by_segment
	LOOP
		laid := body;
		LOOP
			name := substring(laid FROM '\{\{(\w+)\}\}');
			EXIT WHEN name IS NULL;
			SELECT p.body INTO STRICT found
			FROM cvm.subscription_part p
			WHERE p.part = name AND coalesce(p.way = w.way, true) AND coalesce(p.by_segment = w.by_segment, true)
			ORDER BY p.way IS NULL, p.by_segment IS NULL LIMIT 1;
			laid := replace(laid, '{{' || name || '}}', found);
		END LOOP;
		INSERT INTO cvm.report_body (view, preference, needs, body) VALUES (view, w.preference, w.needs, laid);
	END LOOP;
END
$function$;

INSERT INTO cvm.customer_state (position, state, entity, column_name, type, fold, last_day, tally, comment) VALUES
	(2, 'customer_holdings', 'subscription', 'holdings', 'cvm.holdings',
		$$cvm.holdings_agg(e.product, e.started_on, e.ended_on,
		CASE WHEN lower(e.status) = ANY ({paused_statuses}) THEN e.mrr WHEN lower(e.status) = ANY ({unpaid_statuses}) THEN 0 ELSE e.mrr END,
		NULL, NULL, lower(e.status) = ANY ({paused_statuses}))$$,
		'cvm.last_day(%s, (now() AT TIME ZONE {time_zone})::date)',
		$$SELECT p.started_on AS day, format('%%s until %%s', p.product, least(p.ended_on, %2$s)) AS what, count(*) AS rows, sum(p.mrr) AS value
			FROM cvm.spells(%1$s) p WHERE p.started_on < %2$s GROUP BY 1, 2$$,
		'One row per customer: what it held, from when to when and for how much.');
-- What the report views over segments are put together from.

-- The parts from which bodies are put together.  A part that a model lacks is
-- replaced by one that gives no rows, so that each view exists as soon as what
-- it needs at least is there.
CREATE TABLE cvm.segment_part (part text, choice int, needs text[], body text);
INSERT INTO cvm.segment_part VALUES
('flow', 1, '{subscription,segment_history}', $$
observed AS MATERIALIZED (
	-- the day after the last one seen: ends that lie in the future are plans
	SELECT coalesce({as_of}, (
		SELECT cvm.observed_until_agg(s.started_on, s.ended_on, (SELECT (now() AT TIME ZONE {time_zone})::date)) FROM subscription s)) AS as_of
), family AS MATERIALIZED (
	SELECT {families} AS families
), flow AS MATERIALIZED (
	SELECT cvm.segment_flow_agg(r.customer_id, r.product, r.started_on, r.ended_on, r.mrr, r.is_paused, r.segment, {{grain}},
		-- nothing observed: nothing before the first day of all
		coalesce((SELECT o.as_of FROM observed o), '0001-01-01'), (SELECT y.families FROM family y), {{span}}, {pause_days}) AS state
	FROM (
		SELECT s.customer_id, s.product, s.started_on, s.ended_on,
			{price} AS mrr, {is_paused} AS is_paused, NULL::text AS segment
		FROM subscription s
		UNION ALL
		SELECT h.customer_id, NULL, h.valid_from, h.valid_to, {segment_version}, NULL, h.segment
		FROM segment_history h
		WHERE h.segment IS NOT NULL) r
)$$),

('bridge', 1, '{}', $$
bridge AS MATERIALIZED (
	SELECT b.*, b.opening_customers + b.paused_customers + b.closing_paused_customers AS at_risk_customers, b.opening_mrr + b.paused_mrr + b.closing_paused_mrr AS at_risk_mrr,
		least((b.period_start + interval '1 month')::date, b.as_of) - 1 AS closing_day
	FROM flow f
	CROSS JOIN LATERAL cvm.segment_bridge(f.state) b
)$$),

('margin', 1, '{product.unit_margin}', $$
direct AS (
	SELECT s.segment, p.period_start,
		CASE WHEN bool_and(g.unit_margin IS NOT NULL) THEN sum(p.lines * g.unit_margin) END AS margin
	FROM flow f
	CROSS JOIN LATERAL cvm.segment_products(f.state) p
	LEFT JOIN (SELECT r.product, max(r.unit_margin) AS unit_margin FROM product r GROUP BY r.product) g ON g.product = p.product
	CROSS JOIN LATERAL (VALUES (p.segment), ('(all)')) AS s (segment)
	GROUP BY p.period_start, s.segment
)$$),
('margin', 2, '{}', $$
direct AS (
	SELECT NULL::text AS segment, NULL::date AS period_start, NULL::numeric AS margin WHERE false
)$$),

('driver', 1, '{cost_driver.customer_id}', $$
driver AS (
	SELECT u.month, u.pool, u.segment, sum(u.quantity)::numeric AS quantity
	FROM (
		SELECT date_trunc('month', d.month::timestamp)::date AS month, d.pool, d.segment, d.quantity
		FROM cost_driver d
		WHERE d.segment IS NOT NULL
		UNION ALL
		SELECT c.month, c.pool, c.segment, c.quantity
		FROM (
			SELECT DISTINCT ON (d.month, d.pool, d.customer_id) d.month, d.pool, coalesce(h.segment, '(none)') AS segment, d.quantity
			FROM (
				SELECT date_trunc('month', d.month::timestamp)::date AS month, d.pool, d.customer_id, sum(d.quantity) AS quantity
				FROM cost_driver d
				WHERE d.segment IS NULL AND d.customer_id IS NOT NULL
				GROUP BY 1, 2, 3) d
			CROSS JOIN observed o
			LEFT JOIN segment_history h ON h.customer_id = d.customer_id AND h.segment IS NOT NULL
				AND h.valid_from < least((d.month + interval '1 month')::date, o.as_of)
				AND coalesce(h.valid_to >= least((d.month + interval '1 month')::date, o.as_of), true)
			ORDER BY d.month, d.pool, d.customer_id, h.valid_from DESC, h.segment COLLATE "C") c) u
	GROUP BY 1, 2, 3
)$$),
('driver', 2, '{cost_driver}', $$
driver AS (
	SELECT date_trunc('month', d.month::timestamp)::date AS month, d.pool, d.segment, sum(d.quantity)::numeric AS quantity
	FROM cost_driver d
	GROUP BY 1, 2, 3
)$$),
('driver', 3, '{}', $$
driver AS (
	SELECT NULL::date AS month, NULL::text AS pool, NULL::text AS segment, NULL::numeric AS quantity WHERE false
)$$),

('cost', 1, '{cost}', $$
pool AS (
	SELECT date_trunc('month', c.month::timestamp)::date AS month, c.pool, round(sum(c.amount), 2) AS amount
	FROM cost c
	WHERE c.pool IS NOT NULL AND c.amount IS NOT NULL
	GROUP BY 1, 2
), spread AS (
	SELECT p.month, p.pool, p.amount, coalesce(sum(d.quantity), 0) > 0 AS is_used,
		array_agg(b.segment ORDER BY b.segment COLLATE "C") AS segments,
		array_agg(coalesce(d.quantity, 0) ORDER BY b.segment COLLATE "C") AS used,
		array_agg(b.closing_customers::numeric ORDER BY b.segment COLLATE "C") AS base
	FROM pool p
	JOIN bridge b ON b.period_start = p.month AND b.segment <> '(all)'
	LEFT JOIN driver d ON d.month = p.month AND d.pool = p.pool AND d.segment = b.segment
	GROUP BY p.month, p.pool, p.amount
), share AS MATERIALIZED (
	SELECT s.month, s.pool, s.amount, s.is_used, a.segment, a.used, a.part
	FROM spread s
	CROSS JOIN LATERAL unnest(s.segments, s.used, coalesce(cvm.allocate(s.amount, s.used), cvm.allocate(s.amount, s.base))) AS a (segment, used, part)
), allocated AS (
	SELECT s.segment, a.month, sum(a.part) AS cost
	FROM share a
	CROSS JOIN LATERAL (VALUES (a.segment), ('(all)')) AS s (segment)
	GROUP BY a.month, s.segment
)$$),
('cost', 2, '{}', $$
allocated AS (
	SELECT NULL::text AS segment, NULL::date AS month, NULL::numeric AS cost WHERE false
)$$),

('owner', 1, '{owner}', $$
owned AS (
	SELECT b.segment, b.period_start, string_agg(DISTINCT w.owner, ', ' ORDER BY w.owner) AS owner, count(DISTINCT w.owner) AS owners
	FROM bridge b
	JOIN owner w ON lower(w.subject_kind) = 'segment' AND w.subject = b.segment AND coalesce(w.accountable, true)
		AND coalesce(w.valid_from <= b.closing_day, true) AND coalesce(w.valid_to > b.closing_day, true)
	GROUP BY b.segment, b.period_start
)$$),
('owner', 2, '{}', $$
owned AS (
	SELECT NULL::text AS segment, NULL::date AS period_start, NULL::text AS owner, NULL::bigint AS owners WHERE false
)$$),

('target', 1, '{segment_target}', $$
given AS (
	SELECT t.segment, date_trunc('month', t.month::timestamp)::date AS month, max(t.target)::numeric AS target
	FROM segment_target t
	WHERE t.metric = 'closing_mrr'
	GROUP BY 1, 2
), aim AS (
	SELECT g.segment, g.month, g.target
	FROM given g
	UNION ALL
	-- of everybody, when every segment that has customers was given one
	SELECT '(all)', b.period_start, sum(g.target)
	FROM bridge b
	LEFT JOIN given g ON g.segment = b.segment AND g.month = b.period_start
	WHERE b.segment <> '(all)'
		AND NOT EXISTS (SELECT FROM given x WHERE x.segment = '(all)' AND x.month = b.period_start)
	GROUP BY b.period_start
	HAVING bool_and(g.target IS NOT NULL OR b.closing_customers = 0)
)$$),
('target', 2, '{}', $$
aim AS (
	SELECT NULL::text AS segment, NULL::date AS month, NULL::numeric AS target WHERE false
)$$);

-- Every combination of the parts named, the richest first
CREATE FUNCTION cvm.put_segment_bodies(view text, parts text[], body text) RETURNS void
LANGUAGE sql
AS $function$
	WITH RECURSIVE choice AS (
		SELECT 0 AS n, '{}'::text[] AS needs, ''::text AS with_parts, '{}'::int[] AS choices
		UNION ALL
		SELECT c.n + 1, c.needs || p.needs, c.with_parts || CASE WHEN c.n > 0 THEN ', ' ELSE '' END || replace(replace(p.body, '{{grain}}', quote_literal('month')), '{{span}}', '1'), c.choices || p.choice
		FROM choice c
		JOIN cvm.segment_part p ON p.part = parts[c.n + 1]
	)
	INSERT INTO cvm.report_body (view, preference, needs, body)
	SELECT view, row_number() OVER (ORDER BY cardinality(c.needs) DESC, c.choices),
		c.needs, 'WITH ' || c.with_parts || body
	FROM choice c
	WHERE c.n = cardinality(parts);
$function$;
-- Report views over launches: what a new product's customers came from, what
-- that cost, and whether it pays.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(30, 'look_back', 'count', '30', 'Days before an entry into a new product in which other products count as held before.'),
	(31, 'look_ahead', 'count', '60', 'Days after an entry at whose end other products are looked at again.'),
	(32, 'entry_gap', 'count', '0', 'Days without the new product after which coming back is a new entry.'),
	(33, 'min_entries', 'count', '30', 'Entries that a verdict needs.'),
	(34, 'min_matured', 'fraction', '0.8', 'Share of the entries that must be look_ahead days old before there is a verdict.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(50, 'cannibalization', 'Did a new product eat older ones, how sure is that, and does it pay? One row per new product (focal), donor, segment and channel. Entries are classified against the donor of the row, "(all)" being every other product, so rows of donors do not add up; cannibalization_matrix does. Rates stand on matured entries. A new product is one launched after the first day of the data.'),
	(51, 'cannibalization_evidence', 'The entries behind cannibalization: one row per customer and first day of a run of a new product, compared with all other products.'),
	(52, 'cannibalization_sensitivity', 'The rates of cannibalization over a grid of look-back and look-ahead, and the hazard: of those who still had all they had thirty days earlier, the share who lost some since, with the new product and without it. Choose a look-ahead where the two meet.'),
	(58, 'cannibalization_matrix', 'Who lives off whom: every product as the new one, every other as a donor, one row per pair and segment, "(all)" being the sum of the donors. Lost money of an entry is divided among the donors that dropped, so that it adds up. It is not corrected for what donors lose anyway.');

-- The bodies share their parts, so they are put together here.
WITH part (name, choice, needs, body) AS (VALUES
	('observed', 1, '{subscription}'::text[],
		(SELECT u.body FROM cvm.subscription_part u WHERE u.part = 'observed_since')),
	-- what is sold says when it was launched; what does not, first sold long
	-- after everything else, must have been launched then
	('launch', 1, '{product}',
$$catalogue AS (
	SELECT p.product, max(p.launched_on) AS launched_on, max(p.unit_margin) AS unit_margin, max(p.list_price) AS list_price
	FROM product p
	GROUP BY p.product
), launch AS MATERIALIZED (
	SELECT b.focal, b.launched_on, p.unit_margin, p.list_price
	FROM (
		SELECT s.product AS focal, coalesce(min(p.launched_on), min(s.started_on)) AS launched_on,
			min(p.launched_on) IS NOT NULL OR min(s.started_on) > min(o.first_day) + 90 AS is_told
		FROM subscription s
		CROSS JOIN observed o
		LEFT JOIN catalogue p ON p.product = s.product
		WHERE s.product IS NOT NULL AND s.started_on < o.as_of
		GROUP BY s.product) b
	CROSS JOIN observed o
	LEFT JOIN catalogue p ON p.product = b.focal
	WHERE b.is_told AND b.launched_on > o.first_day AND b.launched_on < o.as_of
)$$),
	('launch', 2, '{}',
$$launch AS MATERIALIZED (
	SELECT s.product AS focal, min(s.started_on) AS launched_on, NULL::numeric AS unit_margin, NULL::numeric AS list_price
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.product IS NOT NULL AND s.started_on < o.as_of
	GROUP BY s.product
	HAVING min(s.started_on) > min(o.first_day) + 90
)$$),
	('spell', 1, '{}',
$$spell AS NOT MATERIALIZED (
	SELECT s.customer_id, coalesce(s.product, '(none)') AS product, s.started_on, s.ended_on, s.channel, s.offer,
		CASE WHEN lower(s.status) = ANY ({unpaid_statuses}) THEN 0 ELSE s.mrr END AS mrr
	FROM subscription s
	WHERE s.customer_id IS NOT NULL AND s.started_on IS NOT NULL AND (s.ended_on IS NULL OR s.ended_on > s.started_on)
)$$),
	-- the segment held at the launch or, who came later, on the first day: any
	-- later one may be a consequence of the launch
	('placed', 1, '{segment_history}',
$$began AS (
	SELECT l.focal, b.customer_id, greatest(l.launched_on, b.first_day) AS day
	FROM (SELECT s.customer_id, min(s.started_on) AS first_day FROM spell s GROUP BY s.customer_id) b
	CROSS JOIN launch l
), placed AS MATERIALIZED (
	SELECT b.focal, b.customer_id, coalesce((array_agg(g.segment ORDER BY g.valid_from DESC, g.segment) FILTER (WHERE g.segment IS NOT NULL))[1], '(none)') AS segment
	FROM began b
	LEFT JOIN segment_history g ON g.customer_id = b.customer_id AND g.valid_from <= b.day AND (g.valid_to IS NULL OR g.valid_to > b.day)
	GROUP BY b.focal, b.customer_id
)$$),
	('placed', 2, '{}', NULL),
	-- entries of those who ever took a launch: few, so that what they hold may
	-- be folded with the channels in which it was sold
	('entered', 1, '{segment_history}',
$$held AS MATERIALIZED (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, s.mrr, s.channel, s.offer) AS holdings
	FROM spell s
	WHERE s.customer_id IN (SELECT t.customer_id FROM spell t WHERE t.product IN (SELECT l.focal FROM launch l))
	GROUP BY s.customer_id
), entered AS MATERIALIZED (
	SELECT l.focal, h.customer_id, p.segment, h.holdings, e.*
	FROM held h
	CROSS JOIN launch l
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.entries(h.holdings, ARRAY[l.focal], NULL, o.as_of, {look_back}, {look_ahead}, {entry_gap}) e
	JOIN placed p ON p.focal = l.focal AND p.customer_id = h.customer_id
)$$),
	('entered', 2, '{}',
$$held AS MATERIALIZED (
	SELECT s.customer_id, cvm.holdings_agg(s.product, s.started_on, s.ended_on, s.mrr, s.channel, s.offer) AS holdings
	FROM spell s
	WHERE s.customer_id IN (SELECT t.customer_id FROM spell t WHERE t.product IN (SELECT l.focal FROM launch l))
	GROUP BY s.customer_id
), entered AS MATERIALIZED (
	SELECT l.focal, h.customer_id, '(none)'::text AS segment, h.holdings, e.*
	FROM held h
	CROSS JOIN launch l
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.entries(h.holdings, ARRAY[l.focal], NULL, o.as_of, {look_back}, {look_ahead}, {entry_gap}) e
)$$)),

report (view, parts, body) AS (VALUES
	('cannibalization', '{observed,launch,spell,placed,entered}'::text[],
$$, pair AS MATERIALIZED (
	SELECT e.focal, d.donor, count(*) AS entries
	FROM entered e
	CROSS JOIN LATERAL unnest(e.donors_before) AS d(donor)
	GROUP BY e.focal, d.donor
), question AS MATERIALIZED (
	SELECT l.focal, '(all)'::text AS donor, ARRAY[l.focal] AS focals, NULL::text[] AS donors FROM launch l
	UNION ALL
	SELECT r.focal, r.donor, ARRAY[r.focal], ARRAY[r.donor] FROM pair r
), by_segment AS MATERIALIZED (
	-- only who has a donor or the focal product is anybody to a question
	SELECT q.focal, q.donor, x.segment, x.state
	FROM question q
	CROSS JOIN LATERAL (
		SELECT {{segment}} AS segment,
			cvm.cannibalization_agg(s.customer_id, s.product, s.started_on, s.ended_on, s.mrr, q.focals, q.donors, (SELECT o.as_of FROM observed o), {look_back}, {look_ahead}, {entry_gap}, {{stratum}}) AS state
		FROM spell s{{placed}}
		WHERE q.donors IS NULL OR s.product = q.focal OR s.product = q.donor{{by_placed}}) x
	WHERE x.state IS NOT NULL
), every_channel AS MATERIALIZED (
	SELECT b.focal, b.donor, b.segment, b.state FROM by_segment b {{without_total}}
	UNION ALL
	SELECT b.focal, b.donor, '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b GROUP BY b.focal, b.donor
), {{by_channel}}state AS MATERIALIZED (
	SELECT s.focal, s.donor, s.segment, '(all)'::text AS channel, s.state FROM every_channel s{{channel_states}}
), mixed AS (
	-- what a unit of the donors earns: weighed by what each of them lost or,
	-- when nothing was, by how many held it
	SELECT s.focal, s.donor, s.segment, s.channel,
		CASE WHEN s.donor <> '(all)' THEN c.unit_margin WHEN d.lost > 0 THEN d.margin ELSE h.margin END AS margin,
		CASE WHEN s.donor <> '(all)' THEN c.list_price WHEN d.lost > 0 THEN d.margin / nullif(d.share, 0) ELSE h.margin / nullif(h.share, 0) END AS price
	FROM state s
	LEFT JOIN catalogue c ON c.product = s.donor
	LEFT JOIN LATERAL (
		SELECT sum(x.lost_mrr) AS lost,
			CASE WHEN bool_and(p.unit_margin IS NOT NULL) THEN sum(x.lost_mrr * p.unit_margin) / nullif(sum(x.lost_mrr), 0) END AS margin,
			CASE WHEN bool_and(p.list_price > 0) THEN sum(x.lost_mrr * p.unit_margin / nullif(p.list_price, 0)) / nullif(sum(x.lost_mrr), 0) END AS share
		FROM cvm.cannibalization_donors(s.state) x
		LEFT JOIN catalogue p ON p.product = x.donor
		WHERE s.donor = '(all)') d ON true
	LEFT JOIN LATERAL (
		SELECT sum(r.entries * p.unit_margin) / sum(r.entries) AS margin,
			sum(r.entries * p.unit_margin / nullif(p.list_price, 0)) / sum(r.entries) AS share
		FROM pair r
		JOIN catalogue p ON p.product = r.donor AND p.unit_margin IS NOT NULL
		WHERE r.focal = s.focal AND s.donor = '(all)') h ON true
)
SELECT s.focal || '|' || s.donor || '|' || s.segment || '|' || s.channel AS row_key,
	s.focal,
	s.donor,
	s.segment,
	l.launched_on,
	to_char(l.launched_on::timestamp, 'YYYY-MM') AS launch_label,
	v.entries,
	v.matured_entries,
	v.pending_entries,
	v.new_entries,
	v.winback_entries,
	v.add_entries,
	v.switch_entries,
	v.partial_entries,
	v.customers,
	v.own_base_share,
	v.unit_rate,
	v.unit_rate_low,
	v.unit_rate_high,
	v.value_rate,
	v.value_rate_low,
	v.value_rate_high,
	v.focal_mrr::numeric(18,2) AS focal_mrr,
	v.before_mrr::numeric(18,2) AS before_mrr,
	v.lost_mrr::numeric(18,2) AS lost_mrr,
	v.net_mrr::numeric(18,2) AS net_mrr,
	v.control_customers,
	v.control_matched_share,
	v.control_loss_rate,
	v.corrected_rate,
	v.corrected_rate_low,
	v.corrected_rate_high,
	v.corrected_value_rate,
	v.focal_churn_rate,
	v.donor_churn_rate,
	l.unit_margin::numeric(18,2) AS focal_margin,
	m.margin::numeric(18,2) AS donor_margin,
	v.break_even_unit_rate,
	v.break_even_value_rate,
	v.break_even_lifetime_rate,
	v.net_margin::numeric(18,2) AS net_margin,
	v.verdict,
	v.reason,
	v.look_back,
	v.look_ahead,
	v.pending_entries = 0 AS is_complete,
	{currency} AS currency,
	o.as_of,
	s.channel
FROM state s
JOIN launch l ON l.focal = s.focal
JOIN mixed m ON m.focal = s.focal AND m.donor = s.donor AND m.segment = s.segment AND m.channel = s.channel
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.cannibalization_verdict(s.state, l.unit_margin::double precision, m.margin::double precision,
	l.list_price::double precision, m.price::double precision, conf => {conf}, min_entries => {min_entries}, min_matured => {min_matured}) v
WHERE v.entries > 0 OR (s.segment = '(all)' AND s.channel = '(all)')$$),

	('cannibalization_evidence', '{observed,launch,spell,placed,entered}',
$$
SELECT e.focal || '|' || e.customer_id::text || '|' || to_char(e.entered_on::timestamp, 'YYYY-MM-DD') AS row_key,
	e.customer_id,
	e.focal,
	e.segment,
	e.entered_on,
	to_char(e.entered_on::timestamp, 'YYYY-MM') AS entered_label,
	e.kind,
	array_to_string(e.donors_before, ', ') AS donors_before,
	e.donor_before::numeric(18,2) AS donor_mrr_before,
	e.donor_after::numeric(18,2) AS donor_mrr_after,
	e.focal_mrr::numeric(18,2) AS focal_mrr,
	e.lost_mrr::numeric(18,2) AS lost_mrr,
	e.net_mrr::numeric(18,2) AS net_mrr,
	e.kind <> 'pending' AS is_complete,
	{currency} AS currency,
	o.as_of,
	coalesce(e.channel, '(none)') AS channel,
	coalesce(e.offer, '(none)') AS offer,
	e.days_between
FROM entered e
CROSS JOIN observed o$$),

	('cannibalization_matrix', '{observed,spell}',
$$, by_segment AS MATERIALIZED (
	{{matrix_by_segment}}
), state AS (
	SELECT b.segment, b.state FROM by_segment b {{without_total}}
	UNION ALL
	SELECT '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b
)
SELECT c.focal || '|' || c.donor || '|' || s.segment AS row_key,
	c.focal,
	c.donor,
	s.segment,
	c.entries,
	c.matured_entries,
	c.losing_entries,
	c.focal_mrr::numeric(18,2) AS focal_mrr,
	c.lost_mrr::numeric(18,2) AS lost_mrr,
	c.value_rate,
	CASE WHEN c.donor <> '(all)' THEN (c.lost_mrr / nullif(sum(c.lost_mrr) OVER (PARTITION BY s.segment, c.donor), 0))::double precision END AS donor_share,
	c.entries = c.matured_entries AS is_complete,
	{currency} AS currency,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.cannibalization_cells(s.state) c$$),

	('cannibalization_sensitivity', '{observed,launch,spell,placed}',
$$, by_segment AS MATERIALIZED (
	SELECT q.focal, x.segment, x.state
	FROM (SELECT l.focal, ARRAY[l.focal] AS focals FROM launch l) q
	CROSS JOIN LATERAL (
		SELECT {{segment}} AS segment,
			cvm.cannibalization_agg({{customers}}, q.focals, NULL::text[], (SELECT o.as_of FROM observed o),
				ARRAY[7, 30, 90], ARRAY[0, 30, 60, 90, 120, 150, 180], {entry_gap}, {{stratum}}) AS state
		FROM {{from_customers}} s{{placed}}{{by_placed}}) x
	WHERE x.state IS NOT NULL
), state AS MATERIALIZED (
	SELECT b.focal, b.segment, b.state FROM by_segment b {{without_total}}
	UNION ALL
	SELECT b.focal, '(all)' AS segment, cvm.rollup(b.state) AS state FROM by_segment b GROUP BY b.focal
)
SELECT s.focal || '|' || s.segment || '|' || v.look_back || '|' || v.look_ahead AS row_key,
	s.focal,
	s.segment,
	v.look_back,
	v.look_ahead,
	v.matured_entries,
	v.pending_entries,
	v.own_base_share,
	v.unit_rate,
	v.unit_rate_low,
	v.unit_rate_high,
	v.value_rate,
	v.value_rate_low,
	v.value_rate_high,
	v.control_customers,
	v.control_loss_rate,
	v.corrected_rate,
	v.corrected_rate_low,
	v.corrected_rate_high,
	v.entry_hazard,
	v.control_hazard,
	v.pending_entries = 0 AS is_complete,
	o.as_of
FROM state s
CROSS JOIN observed o
CROSS JOIN LATERAL cvm.cannibalization_verdict(s.state, conf => {conf}) v
WHERE v.entries > 0 OR s.segment = '(all)'$$)),

-- every choice of parts that a view may be made of
choice (view, needs, body) AS (
	SELECT r.view, '{subscription}'::text[] || l.needs || pl.needs || ch.needs || kept.needs,
		'WITH ' || concat_ws(', ',
			(SELECT p.body FROM part p WHERE p.name = 'observed'),
			CASE WHEN 'launch' = ANY (r.parts) THEN l.body END,
			(SELECT p.body FROM part p WHERE p.name = 'spell'),
			CASE WHEN 'placed' = ANY (r.parts) THEN pl.body END,
			(SELECT p.body FROM part p WHERE p.name = 'entered' AND p.name = ANY (r.parts) AND p.choice = pl.choice))
		|| (SELECT replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(r.body,
				'{{channel_states}}', CASE WHEN ch.known THEN $$
	UNION ALL
	SELECT c.focal, c.donor, c.segment, c.channel, c.state OPERATOR(cvm.||) cvm.control_only(s.state)
	FROM by_channel c
	JOIN every_channel s ON s.focal = c.focal AND s.donor = c.donor AND s.segment = c.segment$$ ELSE '' END),
				'{{by_channel}}', CASE WHEN ch.known THEN $$sold AS (
	SELECT e.focal, e.customer_id, e.segment, coalesce(e.channel, '(none)') AS channel, (array_agg(e.holdings))[1] AS holdings
	FROM entered e
	GROUP BY e.focal, e.customer_id, e.segment, e.channel
), by_channel_segment AS (
	SELECT q.focal, q.donor, t.segment, t.channel,
		cvm.cannibalization_agg(t.holdings, q.focals, q.donors, o.as_of, {look_back}, {look_ahead}, {entry_gap}, t.segment, t.channel) AS state
	FROM sold t
	JOIN question q ON q.focal = t.focal
	CROSS JOIN observed o
	GROUP BY q.focal, q.donor, t.segment, t.channel
), by_channel AS (
	SELECT b.focal, b.donor, b.segment, b.channel, b.state FROM by_channel_segment b {{without_total}}
	UNION ALL
	SELECT b.focal, b.donor, '(all)' AS segment, b.channel, cvm.rollup(b.state) AS state FROM by_channel_segment b GROUP BY b.focal, b.donor, b.channel
), $$ ELSE '' END),
				'{{without_total}}', CASE WHEN pl.choice = 2 THEN 'WHERE false' ELSE '' END),
				'{{matrix_by_segment}}', CASE WHEN pl.choice = 2 THEN
$$SELECT '(none)'::text AS segment,
		cvm.cannibalization_matrix_agg({{customers}}, (SELECT o.as_of FROM observed o), {look_back}, {look_ahead}, {entry_gap}) AS state
	FROM {{from_customers}} s$$ ELSE
-- without a launch: the segment held on the customer's first day
$$SELECT p.segment,
		cvm.cannibalization_matrix_agg({{customers}}, (SELECT o.as_of FROM observed o), {look_back}, {look_ahead}, {entry_gap}) AS state
	FROM {{from_customers}} s
	JOIN (
		SELECT b.customer_id, coalesce((array_agg(g.segment ORDER BY g.valid_from DESC, g.segment) FILTER (WHERE g.segment IS NOT NULL))[1], '(none)') AS segment
		FROM (SELECT s.customer_id, min(s.started_on) AS day FROM spell s GROUP BY s.customer_id) b
		LEFT JOIN segment_history g ON g.customer_id = b.customer_id AND g.valid_from <= b.day AND (g.valid_to IS NULL OR g.valid_to > b.day)
		GROUP BY b.customer_id) p ON p.customer_id = s.customer_id
	GROUP BY p.segment$$ END),
				'{{segment}}', CASE WHEN pl.choice = 2 THEN $$'(none)'::text$$ ELSE 'p.segment' END),
				'{{stratum}}', CASE WHEN pl.choice = 2 THEN $$'(none)'$$ ELSE 'p.segment' END),
				'{{placed}}', CASE WHEN pl.choice = 2 THEN '' ELSE E'\n\t\tJOIN placed p ON p.focal = q.focal AND p.customer_id = s.customer_id' END),
				'{{by_placed}}', CASE WHEN pl.choice = 2 THEN '' ELSE E'\n\t\tGROUP BY p.segment' END),
				'{{customers}}', CASE WHEN kept.known THEN 's.holdings' ELSE 's.customer_id, s.product, s.started_on, s.ended_on, s.mrr' END),
				'{{from_customers}}', CASE WHEN kept.known THEN 'customer_holdings' ELSE 'spell' END))
	FROM report r
	JOIN part pl ON pl.name = 'placed'
	JOIN part l ON l.name = 'launch' AND CASE r.view WHEN 'cannibalization' THEN l.choice = 1 WHEN 'cannibalization_matrix' THEN l.choice = 2 ELSE true END
	JOIN (VALUES (true, '{subscription.channel}'::text[]), (false, '{}')) AS ch (known, needs) ON r.view = 'cannibalization' OR NOT ch.known
	-- in one pass from subscriptions, or from holdings that are stored
	JOIN (VALUES (true, '{customer_holdings}'::text[]), (false, '{}')) AS kept (known, needs) ON r.body LIKE '%{{from_customers}}%' OR r.view = 'cannibalization_matrix' OR NOT kept.known
)
INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT c.view, row_number() OVER (PARTITION BY c.view ORDER BY cardinality(c.needs) DESC, c.needs), c.needs, c.body
FROM choice c;
-- Report views over money that old customers pay twice, or no longer pay:
-- new-customer offers that are gamed, bundles paid for with their parts, old
-- prices beside new ones, and what movers brought before and bring now.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(35, 'gaming_window', 'count', '90', 'Days after leaving in which coming back under an offer for new customers counts as gaming, and no longer as a winback.'),
	(36, 'billing_days', 'count', '31', 'Days of a billing cycle: a bundle and one of its parts may overlap so long.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(53, 'recycled_acquisition', 'Entries under an offer for new customers by somebody who was one: the same customer, or another of the household, had the same product or family until less than gaming_window days before, or had it still. One row per entry.'),
	(54, 'recycled_acquisition_channel', 'What offers for new customers brought in truth: one row per offer and channel, with gross adds as reported, genuine ones, winbacks and recycled ones.'),
	(55, 'bundle_overlap', 'Customers who pay for a bundle and for one of its parts beside it, for longer than a billing cycle: one row per customer, bundle and part.'),
	(56, 'price_book_gap', 'Front book and back book: what customers of more than twelve months pay for a product, against those of up to three months, and what repricing could cost. One row per product.'),
	(57, 'migration_value', 'What movers from one product to another brought before and bring now, by tenths of what they brought before ("(all)": everybody; 10: the best). One row per pair of products and tenth.');

WITH part (name, choice, needs, body) AS (VALUES
	('observed', 1, '{subscription}'::text[],
		(SELECT u.body FROM cvm.subscription_part u WHERE u.part = 'observed_since')),
	('family', 1, '{product.family}',
$$family AS (
	SELECT p.product, max(p.family) AS family FROM product p GROUP BY p.product
)$$),
	('family', 2, '{}',
$$family AS (
	SELECT NULL::text AS product, NULL::text AS family WHERE false
)$$),
	('household', 1, '{customer.household}', $$household AS (SELECT c.customer_id, c.household::text AS household FROM customer c)$$),
	('household', 2, '{customer.household_id}', $$household AS (SELECT c.customer_id, c.household_id::text AS household FROM customer c)$$),
	('household', 3, '{customer.household_no}', $$household AS (SELECT c.customer_id, c.household_no::text AS household FROM customer c)$$),
	('household', 4, '{customer.household_key}', $$household AS (SELECT c.customer_id, c.household_key::text AS household FROM customer c)$$),
	('household', 5, '{}', $$household AS (SELECT NULL::text AS customer_id, NULL::text AS household WHERE false)$$),

	-- recycled: every entry under an offer for new customers, with the line
	-- that says what it was: one's own before another's, the latest to end
	('recycled', 1, '{offer,offer.new_customers_only,subscription.offer}',
$$line AS MATERIALIZED (
	SELECT s.customer_id, coalesce(h.household, 'customer ' || s.customer_id::text) AS household, s.product,
		coalesce(f.family, s.product) AS family, s.offer, s.channel, s.mrr, s.started_on, s.ended_on
	FROM subscription s
	CROSS JOIN observed o
	LEFT JOIN family f ON f.product = s.product
	LEFT JOIN household h ON h.customer_id::text = s.customer_id::text
	WHERE s.customer_id IS NOT NULL AND s.started_on < o.as_of AND (s.ended_on IS NULL OR s.ended_on > s.started_on)
), entry AS MATERIALIZED (
	-- the first day of a run under the offer: a new price is no new entry
	SELECT l.customer_id, l.household, l.family, l.offer, l.product, l.started_on AS entered_on, min(l.channel) AS channel, sum(l.mrr) AS mrr
	FROM line l
	WHERE l.offer IN (SELECT f.offer FROM offer f WHERE f.new_customers_only)
		AND NOT EXISTS (
			SELECT FROM line p
			WHERE p.customer_id = l.customer_id AND p.product = l.product AND p.offer = l.offer
				AND p.started_on < l.started_on AND (p.ended_on IS NULL OR p.ended_on >= l.started_on))
	GROUP BY l.customer_id, l.household, l.family, l.offer, l.product, l.started_on
), prior AS (
	SELECT DISTINCT ON (e.offer, e.product, e.customer_id, e.entered_on)
		e.offer, e.product, e.customer_id, e.entered_on, p.customer_id AS prior_customer_id, p.product AS prior_product,
		p.mrr AS prior_mrr, p.started_on AS prior_started_on, CASE WHEN p.ended_on < o.as_of THEN p.ended_on END AS prior_ended_on
	FROM entry e
	CROSS JOIN observed o
	JOIN line p ON p.household = e.household AND p.family = e.family AND p.started_on < e.entered_on
	ORDER BY e.offer, e.product, e.customer_id, e.entered_on,
		(p.ended_on >= e.entered_on - {gaming_window}) IS NOT FALSE DESC, p.customer_id = e.customer_id DESC,
		p.ended_on DESC NULLS FIRST, p.started_on DESC, p.mrr DESC, p.product
), judged AS MATERIALIZED (
	SELECT e.*, p.prior_customer_id, p.prior_product, p.prior_mrr, p.prior_ended_on, e.entered_on - p.prior_ended_on AS gap_days,
		CASE
			WHEN p.customer_id IS NULL THEN 'genuine_new'
			WHEN e.entered_on - p.prior_ended_on > {gaming_window} THEN
				CASE WHEN p.prior_customer_id = e.customer_id THEN 'winback' ELSE 'genuine_new' END
			WHEN p.prior_customer_id <> e.customer_id THEN 'household_swap'
			WHEN p.prior_ended_on = e.entered_on THEN 'reprice_same_day'
			WHEN p.prior_ended_on < e.entered_on THEN 'gap_return'
			WHEN p.prior_ended_on <= e.entered_on + {look_ahead} THEN 'pre_emptive'
			ELSE 'duplicate_line' END AS kind
	FROM entry e
	LEFT JOIN prior p USING (offer, product, customer_id, entered_on)
), found AS (
	SELECT j.*, j.kind NOT IN ('genuine_new', 'winback') AS is_recycled,
		count(*) FILTER (WHERE j.kind NOT IN ('genuine_new', 'winback')) OVER (
			PARTITION BY j.household ORDER BY j.entered_on, j.offer, j.product ROWS UNBOUNDED PRECEDING) AS cycle_no
	FROM judged j
)$$)
),
report (view, parts, body) AS (VALUES
	('recycled_acquisition', '{observed,family,household,recycled}'::text[], $$
SELECT f.offer || '|' || f.product || '|' || f.customer_id::text || '|' || to_char(f.entered_on::timestamp, 'YYYY-MM-DD') AS row_key,
	f.customer_id,
	f.offer,
	f.product,
	coalesce(f.channel, '(none)') AS channel,
	f.entered_on,
	to_char(f.entered_on::timestamp, 'YYYY-MM') AS entered_label,
	f.kind,
	CASE WHEN f.prior_customer_id = f.customer_id THEN 'customer' ELSE 'household' END AS match,
	f.prior_customer_id,
	f.prior_product,
	f.prior_ended_on,
	f.gap_days,
	f.prior_mrr::numeric(18,2) AS prior_mrr,
	f.mrr::numeric(18,2) AS new_mrr,
	greatest(f.prior_mrr - f.mrr, 0)::numeric(18,2) AS repriced_mrr,
	f.cycle_no,
	{currency} AS currency,
	o.as_of
FROM found f
CROSS JOIN observed o
WHERE f.is_recycled$$),
	('recycled_acquisition_channel', '{observed,family,household,recycled}', $$
SELECT t.offer || '|' || t.channel AS row_key,
	t.offer,
	t.channel,
	t.gross_adds,
	t.genuine_entries,
	t.winback_entries,
	t.recycled_entries,
	t.recycled_entries::double precision / t.gross_adds AS gaming_rate,
	t.reprice_same_day_entries,
	t.gap_return_entries,
	t.pre_emptive_entries,
	t.duplicate_line_entries,
	t.household_swap_entries,
	t.repeat_entries,
	t.recycled_entries::double precision / nullif(sum(t.recycled_entries) FILTER (WHERE t.channel = '(all)') OVER (PARTITION BY t.offer), 0) AS channel_share,
	t.reported_mrr,
	t.genuine_mrr,
	t.repriced_mrr,
	t.repriced_year,
	{currency} AS currency,
	o.as_of
FROM (
	SELECT f.offer, f.channel,
		count(*) AS gross_adds,
		count(*) FILTER (WHERE f.kind = 'genuine_new') AS genuine_entries,
		count(*) FILTER (WHERE f.kind = 'winback') AS winback_entries,
		count(*) FILTER (WHERE f.is_recycled) AS recycled_entries,
		count(*) FILTER (WHERE f.kind = 'reprice_same_day') AS reprice_same_day_entries,
		count(*) FILTER (WHERE f.kind = 'gap_return') AS gap_return_entries,
		count(*) FILTER (WHERE f.kind = 'pre_emptive') AS pre_emptive_entries,
		count(*) FILTER (WHERE f.kind = 'duplicate_line') AS duplicate_line_entries,
		count(*) FILTER (WHERE f.kind = 'household_swap') AS household_swap_entries,
		count(*) FILTER (WHERE f.is_recycled AND f.cycle_no > 1) AS repeat_entries,
		sum(f.mrr)::numeric(18,2) AS reported_mrr,
		coalesce(sum(f.mrr) FILTER (WHERE f.kind = 'genuine_new'), 0)::numeric(18,2) AS genuine_mrr,
		coalesce(sum(greatest(f.prior_mrr - f.mrr, 0)) FILTER (WHERE f.is_recycled), 0)::numeric(18,2) AS repriced_mrr,
		(12 * coalesce(sum(greatest(f.prior_mrr - f.mrr, 0)) FILTER (WHERE f.is_recycled), 0))::numeric(18,2) AS repriced_year
	-- each entry counts in its channel and in all: distributed servers do not
	-- know grouping sets
	FROM (SELECT x.offer, c.channel, x.kind, x.mrr, x.prior_mrr, x.is_recycled, x.cycle_no
		FROM found x CROSS JOIN LATERAL (VALUES (coalesce(x.channel, '(none)')), ('(all)')) AS c (channel)) f
	GROUP BY f.offer, f.channel) t
CROSS JOIN observed o$$),
	('bundle_overlap', '{observed}', $$, bundle AS (
	SELECT s.customer_id, b.bundle, range_agg(daterange(s.started_on, least(s.ended_on, o.as_of))) AS days, max(s.mrr) AS mrr
	FROM subscription s
	CROSS JOIN observed o
	JOIN (SELECT DISTINCT c.bundle FROM bundle_component c) b ON b.bundle = s.product
	WHERE s.customer_id IS NOT NULL AND s.started_on < least(s.ended_on, o.as_of)
	GROUP BY s.customer_id, b.bundle
), doubled AS (
	SELECT b.customer_id, b.bundle, s.product, range_agg(x.days) AS days, max(b.mrr) AS bundle_mrr, max(s.mrr) AS part_mrr,
		sum(d.day_count * s.mrr) / 30.4375 AS paid_twice
	FROM bundle b
	JOIN (SELECT DISTINCT c.bundle, c.product FROM bundle_component c) c ON c.bundle = b.bundle
	JOIN subscription s ON s.customer_id = b.customer_id AND s.product = c.product
	CROSS JOIN observed o
	CROSS JOIN LATERAL (SELECT b.days * datemultirange(daterange(s.started_on, greatest(least(s.ended_on, o.as_of), s.started_on))) AS days) m
	CROSS JOIN LATERAL unnest(m.days) AS x(days)
	CROSS JOIN LATERAL (SELECT upper(x.days) - lower(x.days) AS day_count) d
	WHERE s.mrr > 0 AND b.mrr > 0
	GROUP BY b.customer_id, b.bundle, s.product
), counted AS (
	SELECT d.*, (SELECT sum(upper(x) - lower(x)) FROM unnest(d.days) AS x) AS overlap_days
	FROM doubled d
)
SELECT d.bundle || '|' || d.product || '|' || d.customer_id::text AS row_key,
	d.customer_id,
	d.bundle,
	d.product,
	lower(d.days) AS overlap_from,
	upper(d.days) AS overlap_to,
	d.overlap_days,
	d.bundle_mrr::numeric(18,2) AS bundle_mrr,
	d.part_mrr::numeric(18,2) AS part_mrr,
	d.paid_twice::numeric(18,2) AS paid_twice,
	upper(d.days) < o.as_of AS is_complete,
	{currency} AS currency,
	o.as_of
FROM counted d
CROSS JOIN observed o
WHERE d.overlap_days > {billing_days}$$),
	('price_book_gap', '{observed,family,catalogue,live}', $$, held AS (
	SELECT s.customer_id, s.product, range_agg(daterange(s.started_on, s.ended_on)) AS days
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.customer_id IS NOT NULL AND s.started_on < o.as_of AND (s.ended_on IS NULL OR s.ended_on > s.started_on)
	GROUP BY s.customer_id, s.product
), line AS (
	SELECT s.product, s.mrr,
		(extract(year FROM t.tenure) * 12 + extract(month FROM t.tenure))::int AS months
	FROM subscription s
	CROSS JOIN observed o
	JOIN held h ON h.customer_id = s.customer_id AND h.product = s.product
	CROSS JOIN LATERAL (
		SELECT age(o.as_of::timestamp, lower(r)::timestamp) AS tenure FROM unnest(h.days) AS r WHERE r @> (o.as_of - 1)) t
	WHERE s.started_on < o.as_of AND (s.ended_on IS NULL OR s.ended_on >= o.as_of) AND s.mrr > 0
), book AS (
	SELECT l.product, count(*) AS lines,
		count(*) FILTER (WHERE l.months <= 3) AS front_lines,
		count(*) FILTER (WHERE l.months > 12) AS back_lines,
		avg(l.mrr) FILTER (WHERE l.months <= 3) AS front_price,
		avg(l.mrr) FILTER (WHERE l.months > 12) AS back_price,
		sum(l.mrr) FILTER (WHERE l.months > 12) AS back_mrr,
		coalesce(least(min(l.mrr) FILTER (WHERE l.months <= 3), min(v.price)), min(c.list_price)) AS best_price,
		array_agg(l.mrr) FILTER (WHERE l.months > 12) AS back_prices
	FROM line l
	LEFT JOIN catalogue c ON c.product = l.product
	LEFT JOIN live v ON v.product = l.product
	GROUP BY l.product
)
SELECT b.product AS row_key,
	b.product,
	coalesce(f.family, '(none)') AS family,
	b.lines,
	b.front_lines,
	b.back_lines,
	b.front_price::numeric(18,4) AS front_price,
	b.back_price::numeric(18,4) AS back_price,
	(b.back_price / nullif(b.front_price, 0) - 1)::double precision AS price_gap,
	b.best_price::numeric(18,2) AS best_price,
	coalesce((SELECT sum(greatest(p - b.best_price, 0)) FROM unnest(b.back_prices) AS p), 0)::numeric(18,2) AS exposed_mrr,
	(coalesce((SELECT sum(greatest(p - b.best_price, 0)) FROM unnest(b.back_prices) AS p), 0) / nullif(b.back_mrr, 0))::double precision AS exposed_share,
	{currency} AS currency,
	o.as_of
FROM book b
CROSS JOIN observed o
LEFT JOIN family f ON f.product = b.product$$),
	('migration_value', '{observed}', $$, moved AS (
	SELECT m.from_product, m.to_product, m.from_mrr, m.to_mrr,
		-- equal amounts are in the same tenth
		ceil(10 * cume_dist() OVER (PARTITION BY m.from_product ORDER BY m.from_mrr))::int AS tenth
	FROM (
		SELECT cvm.holdings_agg(s.product, s.started_on, s.ended_on,
		CASE WHEN lower(s.status) = ANY ({unpaid_statuses}) THEN 0 ELSE s.mrr END) AS holdings
		FROM subscription s
		WHERE s.customer_id IS NOT NULL
		GROUP BY s.customer_id) h
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.migrations(h.holdings, 'month', o.as_of) m
	WHERE m.from_product NOT IN ('(in)', '(out)') AND m.to_product NOT IN ('(in)', '(out)')
), total AS (
	SELECT m.from_product, m.to_product, t.tenth, count(*) AS customers,
		sum(m.from_mrr) AS before_mrr, sum(m.to_mrr) AS after_mrr,
		count(*) FILTER (WHERE m.to_mrr < m.from_mrr) AS diluted_customers,
		sum(greatest(m.from_mrr - m.to_mrr, 0)) AS diluted_mrr
	FROM moved m
	CROSS JOIN LATERAL (VALUES (m.tenth), (NULL)) AS t (tenth)
	GROUP BY m.from_product, m.to_product, t.tenth
)
SELECT t.from_product || '|' || t.to_product || '|' || coalesce(to_char(t.tenth, 'FM00'), '(all)') AS row_key,
	t.from_product,
	t.to_product,
	coalesce(to_char(t.tenth, 'FM00'), '(all)') AS value_decile,
	t.customers,
	t.before_mrr::numeric(18,2) AS before_mrr,
	t.after_mrr::numeric(18,2) AS after_mrr,
	(t.after_mrr - t.before_mrr)::numeric(18,2) AS change_mrr,
	t.diluted_customers,
	t.diluted_customers::double precision / t.customers AS dilution_share,
	t.diluted_mrr::numeric(18,2) AS diluted_mrr,
	{currency} AS currency,
	o.as_of
FROM total t
CROSS JOIN observed o$$)
),
more (name, choice, needs, body) AS (
	SELECT * FROM part
	UNION ALL SELECT * FROM (VALUES
		('catalogue', 1, '{product}'::text[], $$catalogue AS (SELECT p.product, max(p.list_price) AS list_price FROM product p GROUP BY p.product)$$),
		('catalogue', 2, '{}', $$catalogue AS (SELECT NULL::text AS product, NULL::numeric AS list_price WHERE false)$$),
		('live', 1, '{offer,offer.product,offer.price}', $$live AS (
	SELECT f.product, min(f.price) AS price
	FROM offer f
	CROSS JOIN observed o
	WHERE f.price > 0 AND coalesce(f.valid_from < o.as_of, true) AND coalesce(f.valid_to >= o.as_of, true)
	GROUP BY f.product
)$$),
		('live', 2, '{}', $$live AS (SELECT NULL::text AS product, NULL::numeric AS price WHERE false)$$)) AS m
),
choice (view, needs, text, body) AS (
	SELECT r.view, '{subscription}'::text[] || coalesce(f.needs, '{}') || coalesce(h.needs, '{}') || coalesce(g.needs, '{}')
			|| coalesce(c.needs, '{}') || coalesce(v.needs, '{}') || CASE WHEN r.view = 'bundle_overlap' THEN '{bundle_component}'::text[] ELSE '{}' END,
		'WITH ' || concat_ws(', ', o.body, f.body, h.body, g.body, c.body, v.body), r.body
	FROM report r
	JOIN more o ON o.name = 'observed'
	LEFT JOIN more f ON f.name = 'family' AND f.name = ANY (r.parts)
	LEFT JOIN more h ON h.name = 'household' AND h.name = ANY (r.parts)
	LEFT JOIN more g ON g.name = 'recycled' AND g.name = ANY (r.parts)
	LEFT JOIN more c ON c.name = 'catalogue' AND c.name = ANY (r.parts)
	LEFT JOIN more v ON v.name = 'live' AND v.name = ANY (r.parts)
)
INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT c.view, row_number() OVER (PARTITION BY c.view ORDER BY cardinality(c.needs) DESC, c.needs), c.needs, c.text || c.body
FROM choice c;

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('recycled_acquisition', 1, 'row_key', 'text', 'key', 'offer|product|customer_id|entered_on', false, 'One value per row.'),
	('recycled_acquisition', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'customer', false, 'Who entered as a new customer.'),
	('recycled_acquisition', 3, 'offer', 'text', 'name', 'offer with new_customers_only', false, 'The offer for new customers.'),
	('recycled_acquisition', 4, 'product', 'text', 'name', 'product sold under the offer', false, 'The product.'),
	('recycled_acquisition', 5, 'channel', 'text', 'name', 'subscription.channel', false, 'Channel in which it was sold; "(none)" when not told.'),
	('recycled_acquisition', 6, 'entered_on', 'date', 'date', 'first day of a run under the offer', false, 'Day of the entry.'),
	('recycled_acquisition', 7, 'entered_label', 'text', 'text', 'month of entered_on as text', false, 'Month of the entry, safe from time zones of clients.'),
	('recycled_acquisition', 8, 'kind', 'text', 'reprice_same_day, gap_return, pre_emptive, duplicate_line or household_swap', 'prior_ended_on against entered_on', false, 'How: the old line ended on the day; up to gaming_window days before; up to look_ahead days after; later or not at all; or it was another member of the household.'),
	('recycled_acquisition', 9, 'match', 'text', 'customer or household', 'prior customer = customer', false, 'How strong the evidence is: a household is a weaker key than the customer.'),
	('recycled_acquisition', 10, 'prior_customer_id', 'bigint, integer, text or uuid', 'key', 'customer', false, 'Whose line it was.'),
	('recycled_acquisition', 11, 'prior_product', 'text', 'name', 'product of the prior line', false, 'Product held before, of the same family.'),
	('recycled_acquisition', 12, 'prior_ended_on', 'date', 'date', 'first day without the prior line', false, 'When the prior line ended; NULL while it goes on.'),
	('recycled_acquisition', 13, 'gap_days', 'integer', 'days', 'entered_on - prior_ended_on', false, 'Days between; below 0 when they overlap.'),
	('recycled_acquisition', 14, 'prior_mrr', 'numeric(18,2)', 'money', 'price of the prior line', true, 'What was paid before.'),
	('recycled_acquisition', 15, 'new_mrr', 'numeric(18,2)', 'money', 'price under the offer', true, 'What is paid under the offer.'),
	('recycled_acquisition', 16, 'repriced_mrr', 'numeric(18,2)', 'money', 'max(0, prior_mrr - new_mrr)', true, 'What the same customer pays less a month.'),
	('recycled_acquisition', 17, 'cycle_no', 'bigint', 'entries', 'count of recycled entries of the household so far', false, '2 or more: a repeater.'),
	('recycled_acquisition', 18, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('recycled_acquisition', 19, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('recycled_acquisition_channel', 1, 'row_key', 'text', 'key', 'offer|channel', false, 'One value per row.'),
	('recycled_acquisition_channel', 2, 'offer', 'text', 'name', 'offer with new_customers_only', false, 'The offer for new customers.'),
	('recycled_acquisition_channel', 3, 'channel', 'text', 'name', 'subscription.channel', false, 'Channel; "(all)" is the total.'),
	('recycled_acquisition_channel', 4, 'gross_adds', 'bigint', 'entries', 'count of entries under the offer', true, 'Entries as they are reported.'),
	('recycled_acquisition_channel', 5, 'genuine_entries', 'bigint', 'entries', 'count of entries of customers and households new to the family', true, 'Entries of new customers.'),
	('recycled_acquisition_channel', 6, 'winback_entries', 'bigint', 'entries', 'count of entries of customers gone for more than gaming_window days', true, 'Entries of customers won back.'),
	('recycled_acquisition_channel', 7, 'recycled_entries', 'bigint', 'entries', 'gross_adds - genuine_entries - winback_entries', true, 'Entries that only changed the price; deduct as many from churn.'),
	('recycled_acquisition_channel', 8, 'gaming_rate', 'double precision', 'fraction 0..1', 'recycled_entries / gross_adds', false, 'Share of the entries that are not.'),
	('recycled_acquisition_channel', 9, 'reprice_same_day_entries', 'bigint', 'entries', 'count of entries of that kind', true, 'The old line ended on the day.'),
	('recycled_acquisition_channel', 10, 'gap_return_entries', 'bigint', 'entries', 'count of entries of that kind', true, 'The old line had ended up to gaming_window days before.'),
	('recycled_acquisition_channel', 11, 'pre_emptive_entries', 'bigint', 'entries', 'count of entries of that kind', true, 'The old line ended up to look_ahead days after.'),
	('recycled_acquisition_channel', 12, 'duplicate_line_entries', 'bigint', 'entries', 'count of entries of that kind', true, 'The old line went on.'),
	('recycled_acquisition_channel', 13, 'household_swap_entries', 'bigint', 'entries', 'count of entries of that kind', true, 'It was another member of the household.'),
	('recycled_acquisition_channel', 14, 'repeat_entries', 'bigint', 'entries', 'count of recycled entries that are not the first of the household', true, 'Entries of repeaters.'),
	('recycled_acquisition_channel', 15, 'channel_share', 'double precision', 'fraction 0..1', 'recycled_entries / recycled_entries of "(all)"', false, 'Where gaming is concentrated.'),
	('recycled_acquisition_channel', 16, 'reported_mrr', 'numeric(18,2)', 'money', 'sum of price of all entries', true, 'New recurring revenue as reported.'),
	('recycled_acquisition_channel', 17, 'genuine_mrr', 'numeric(18,2)', 'money', 'sum of price of genuine entries', true, 'New recurring revenue in truth.'),
	('recycled_acquisition_channel', 18, 'repriced_mrr', 'numeric(18,2)', 'money', 'sum of max(0, prior_mrr - new_mrr) of recycled entries', true, 'What the same customers pay less a month.'),
	('recycled_acquisition_channel', 19, 'repriced_year', 'numeric(18,2)', 'money', '12 * repriced_mrr', true, 'The same in a year.'),
	('recycled_acquisition_channel', 20, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('recycled_acquisition_channel', 21, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('bundle_overlap', 1, 'row_key', 'text', 'key', 'bundle|product|customer_id', false, 'One value per row.'),
	('bundle_overlap', 2, 'customer_id', 'bigint, integer, text or uuid', 'key', 'customer', false, 'Who pays twice.'),
	('bundle_overlap', 3, 'bundle', 'text', 'name', 'bundle_component.bundle', false, 'The bundle.'),
	('bundle_overlap', 4, 'product', 'text', 'name', 'bundle_component.product', false, 'The part paid for beside it.'),
	('bundle_overlap', 5, 'overlap_from', 'date', 'date', 'first day of both', false, 'First day of paying twice.'),
	('bundle_overlap', 6, 'overlap_to', 'date', 'date', 'first day after both', false, 'First day of no longer doing so, or as_of.'),
	('bundle_overlap', 7, 'overlap_days', 'bigint', 'days', 'count of days of both', true, 'Days of paying twice.'),
	('bundle_overlap', 8, 'bundle_mrr', 'numeric(18,2)', 'money', 'highest price of the bundle', true, 'Price of the bundle a month.'),
	('bundle_overlap', 9, 'part_mrr', 'numeric(18,2)', 'money', 'highest price of the part', true, 'Price of the part a month: the refund at risk.'),
	('bundle_overlap', 10, 'paid_twice', 'numeric(18,2)', 'money', 'sum of days * price of the part / 30.4375', true, 'What has been paid twice so far.'),
	('bundle_overlap', 11, 'is_complete', 'boolean', 'true or false', 'overlap_to < as_of', false, 'Is it over?'),
	('bundle_overlap', 12, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('bundle_overlap', 13, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('price_book_gap', 1, 'row_key', 'text', 'key', 'product', false, 'One value per row.'),
	('price_book_gap', 2, 'product', 'text', 'name', 'product', false, 'The product.'),
	('price_book_gap', 3, 'family', 'text', 'name', 'product.family', false, 'Its family; "(none)" when not told.'),
	('price_book_gap', 4, 'lines', 'bigint', 'lines', 'count of paid lines on the last day', true, 'Lines.'),
	('price_book_gap', 5, 'front_lines', 'bigint', 'lines', 'count of lines of up to 3 months', true, 'Lines of the front book.'),
	('price_book_gap', 6, 'back_lines', 'bigint', 'lines', 'count of lines of more than 12 months', true, 'Lines of the back book.'),
	('price_book_gap', 7, 'front_price', 'numeric(18,4)', 'money', 'mean price of the front book', false, 'What new customers pay a month.'),
	('price_book_gap', 8, 'back_price', 'numeric(18,4)', 'money', 'mean price of the back book', false, 'What old customers pay a month.'),
	('price_book_gap', 9, 'price_gap', 'double precision', 'fraction', 'back_price / front_price - 1', false, 'How much more old customers pay.'),
	('price_book_gap', 10, 'best_price', 'numeric(18,2)', 'money', 'least of front book and live offers, else list price', false, 'Best price at which a new customer can have it.'),
	('price_book_gap', 11, 'exposed_mrr', 'numeric(18,2)', 'money', 'sum of max(0, price - best_price) of the back book', true, 'What would be lost if all old customers moved to the best price: the ceiling of gaming.'),
	('price_book_gap', 12, 'exposed_share', 'double precision', 'fraction 0..1', 'exposed_mrr / revenue of the back book', false, 'The same as a share.'),
	('price_book_gap', 13, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('price_book_gap', 14, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('migration_value', 1, 'row_key', 'text', 'key', 'from_product|to_product|value_decile', false, 'One value per row.'),
	('migration_value', 2, 'from_product', 'text', 'name', 'product held at one closing and not at the next', false, 'What they left.'),
	('migration_value', 3, 'to_product', 'text', 'name', 'product held at the next closing and not before', false, 'What they took.'),
	('migration_value', 4, 'value_decile', 'text', 'tenths', 'ceil(10 * cume_dist) of from_mrr among movers from the product', false, '01 to 10, the tenth who brought most; "(all)": everybody.'),
	('migration_value', 5, 'customers', 'bigint', 'moves', 'count of moves', true, 'Moves.'),
	('migration_value', 6, 'before_mrr', 'numeric(18,2)', 'money', 'sum of price of what they left', true, 'What they brought a month.'),
	('migration_value', 7, 'after_mrr', 'numeric(18,2)', 'money', 'sum of price of what they took', true, 'What they bring a month.'),
	('migration_value', 8, 'change_mrr', 'numeric(18,2)', 'money', 'after_mrr - before_mrr', true, 'What changed.'),
	('migration_value', 9, 'diluted_customers', 'bigint', 'moves', 'count of moves to less', true, 'Moves that bring less.'),
	('migration_value', 10, 'dilution_share', 'double precision', 'fraction 0..1', 'diluted_customers / customers', false, 'Share of the moves that bring less.'),
	('migration_value', 11, 'diluted_mrr', 'numeric(18,2)', 'money', 'sum of max(0, before - after)', true, 'What those lost.'),
	('migration_value', 12, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('migration_value', 13, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
-- Report views over what is on sale: offers that nobody should take because a
-- better one is open to them, and whether new products made their family grow.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(59, 'dominated_offer', 'Offers on sale for which a better one is on sale too: the same product for less, or a bundle that includes it for no more, in the same channel or in every one, and to whoever may have the offer. One row per offer, product and channel, with the best that beats it and what is paid under it.', 'lines'),
	(49, 'growth_or_migration', 'Did a new product make its family grow, or did the family move? One row per new product and family, and per bundle and part: customers of each on the day before the launch and on the last day. A migration share above 0.8 is migration, not growth.', 'greatest(whole_before, whole_after)');

WITH part (name, choice, needs, body) AS (VALUES
	('observed', 1, '{}'::text[],
		(SELECT u.body FROM cvm.subscription_part u WHERE u.part = 'observed_since')),
	('bundle', 1, '{bundle_component}', $$bundle AS (SELECT DISTINCT c.bundle, c.product FROM bundle_component c)$$),
	('bundle', 2, '{}', $$bundle AS (SELECT NULL::text AS bundle, NULL::text AS product WHERE false)$$),
	('catalogue', 1, '{product,product.family}', $$catalogue AS (SELECT p.product, max(p.family) AS family, min(p.launched_on) AS launched_on FROM product p GROUP BY p.product)$$),
	('catalogue', 2, '{}', $$catalogue AS (SELECT NULL::text AS product, NULL::text AS family, NULL::date AS launched_on WHERE false)$$)),
report (view, needs, body) AS (VALUES
	('dominated_offer', '{subscription,subscription.offer,offer,offer.product,offer.price}'::text[], $$, sale AS MATERIALIZED (
	SELECT f.offer, f.product, f.channel, min(f.price) AS price, bool_and(coalesce(f.new_customers_only, false)) AS is_new
	FROM offer f
	CROSS JOIN observed o
	WHERE f.offer IS NOT NULL AND f.product IS NOT NULL AND f.price IS NOT NULL
		AND (f.valid_from IS NULL OR f.valid_from < o.as_of) AND (f.valid_to IS NULL OR f.valid_to >= o.as_of)
	GROUP BY f.offer, f.product, f.channel
), beaten AS (
	SELECT DISTINCT ON (a.offer, a.product, a.channel) a.*, b.offer AS by_offer, b.product AS by_product, b.price AS by_price,
		CASE WHEN b.product = a.product THEN 'cheaper_offer' ELSE 'bundle' END AS kind
	FROM sale a
	JOIN sale b ON (b.channel IS NULL OR b.channel = a.channel) AND (a.is_new OR NOT b.is_new)
		AND ((b.product = a.product AND b.price < a.price)
			OR (b.price <= a.price AND EXISTS (SELECT FROM bundle u WHERE u.bundle = b.product AND u.product = a.product)))
	ORDER BY a.offer, a.product, a.channel, b.price, b.offer, b.product
), paid AS MATERIALIZED (
	SELECT s.offer, s.product, s.mrr, count(*) AS lines
	FROM subscription s
	CROSS JOIN observed o
	WHERE s.started_on < o.as_of AND (s.ended_on IS NULL OR s.ended_on >= o.as_of) AND s.mrr > 0
	GROUP BY s.offer, s.product, s.mrr
)
SELECT b.offer || '|' || b.product || '|' || coalesce(b.channel, '(all)') AS row_key,
	b.offer,
	b.product,
	coalesce(b.channel, '(all)') AS channel,
	b.kind,
	b.price::numeric(18,2) AS price,
	b.by_offer,
	b.by_product,
	b.by_price::numeric(18,2) AS by_price,
	p.lines,
	p.mrr::numeric(18,2) AS mrr,
	p.exposed_mrr::numeric(18,2) AS exposed_mrr,
	{currency} AS currency,
	o.as_of
FROM beaten b
CROSS JOIN observed o
CROSS JOIN LATERAL (
	SELECT coalesce(sum(p.lines), 0)::bigint AS lines, coalesce(sum(p.lines * p.mrr), 0) AS mrr, coalesce(sum(p.lines * greatest(p.mrr - b.by_price, 0)), 0) AS exposed_mrr
	FROM paid p
	WHERE p.offer = b.offer AND p.product = b.product) p$$),
	('growth_or_migration', '{subscription}', $$, sold AS (
	SELECT s.customer_id, s.product, s.started_on, s.ended_on
	FROM subscription s
	WHERE s.customer_id IS NOT NULL AND s.product IS NOT NULL AND s.started_on IS NOT NULL AND (s.ended_on IS NULL OR s.ended_on > s.started_on)
), launch AS MATERIALIZED (
	SELECT b.focal, b.launched_on, b.family
	FROM (
		SELECT s.product AS focal, coalesce(min(c.launched_on), min(s.started_on)) AS launched_on, min(c.family) AS family
		FROM sold s
		LEFT JOIN catalogue c ON c.product = s.product
		GROUP BY s.product) b
	CROSS JOIN observed o
	WHERE b.launched_on > o.first_day AND b.launched_on < o.as_of
), member AS MATERIALIZED (
	-- a customer of a part is who has it alone or in the bundle
	SELECT DISTINCT l.focal, l.launched_on, 'part' AS kind, u.product AS whole, m.product
	FROM launch l
	JOIN bundle u ON u.bundle = l.focal
	CROSS JOIN LATERAL unnest(ARRAY[u.product, u.bundle]) AS m(product)
	UNION ALL
	SELECT l.focal, l.launched_on, 'family', l.family, c.product
	FROM launch l
	JOIN catalogue c ON c.family = l.family
), counted AS (
	SELECT m.focal, m.launched_on, m.kind, m.whole,
		count(DISTINCT s.customer_id) FILTER (WHERE s.product = m.focal AND s.was) AS focal_before,
		count(DISTINCT s.customer_id) FILTER (WHERE s.product = m.focal AND s.is_now) AS focal_after,
		count(DISTINCT s.customer_id) FILTER (WHERE s.was) AS whole_before,
		count(DISTINCT s.customer_id) FILTER (WHERE s.is_now) AS whole_after
	FROM member m
	CROSS JOIN observed o
	CROSS JOIN LATERAL (
		SELECT s.customer_id, s.product, s.started_on < m.launched_on AND (s.ended_on IS NULL OR s.ended_on >= m.launched_on) AS was,
			s.started_on < o.as_of AND (s.ended_on IS NULL OR s.ended_on >= o.as_of) AS is_now
		FROM sold s
		WHERE s.product = m.product) s
	GROUP BY m.focal, m.launched_on, m.kind, m.whole
)
SELECT c.focal || '|' || c.kind || '|' || c.whole AS row_key,
	c.focal,
	c.kind,
	c.whole,
	c.launched_on,
	to_char(c.launched_on::timestamp, 'YYYY-MM') AS launch_label,
	c.focal_before,
	c.focal_after,
	c.focal_after - c.focal_before AS focal_growth,
	c.whole_before,
	c.whole_after,
	c.whole_after - c.whole_before AS whole_growth,
	s.share AS migration_share,
	CASE WHEN s.share > 0.8 THEN 'migration' WHEN s.share IS NULL THEN 'no_growth' ELSE 'growth' END AS verdict,
	o.as_of
FROM counted c
CROSS JOIN observed o
CROSS JOIN LATERAL (SELECT cvm.migration_share(c.focal_after - c.focal_before, c.whole_after - c.whole_before) AS share) s$$)),
choice (view, needs, body) AS (
	SELECT r.view, r.needs || b.needs || coalesce(c.needs, '{}'), 'WITH ' || concat_ws(', ', o.body, b.body, c.body) || r.body
	FROM report r
	JOIN part o ON o.name = 'observed'
	JOIN part b ON b.name = 'bundle'
	LEFT JOIN part c ON c.name = 'catalogue' AND r.view = 'growth_or_migration'
	-- without bundles and families there is nothing to grow
	WHERE r.view = 'dominated_offer' OR b.choice = 1 OR c.choice = 1
)
INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT c.view, row_number() OVER (PARTITION BY c.view ORDER BY cardinality(c.needs) DESC, c.needs), c.needs, c.body
FROM choice c;

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('dominated_offer', 1, 'row_key', 'text', 'key', 'offer|product|channel', false, 'One value per row.'),
	('dominated_offer', 2, 'offer', 'text', 'name', 'offer on sale on the last day observed', false, 'The offer that is beaten.'),
	('dominated_offer', 3, 'product', 'text', 'name', 'offer.product', false, 'What it sells.'),
	('dominated_offer', 4, 'channel', 'text', 'name', 'offer.channel', false, 'Where it is sold; "(all)": everywhere.'),
	('dominated_offer', 5, 'kind', 'text', 'cheaper_offer or bundle', 'by_product = product', false, 'What beats it: the same product for less, or a bundle with it for no more.'),
	('dominated_offer', 6, 'price', 'numeric(18,2)', 'money', 'offer.price', false, 'Its price a month.'),
	('dominated_offer', 7, 'by_offer', 'text', 'name', 'the cheapest offer on sale to the same customers, in the same channel or in every one', false, 'The offer that beats it.'),
	('dominated_offer', 8, 'by_product', 'text', 'name', 'offer.product of by_offer', false, 'What that sells.'),
	('dominated_offer', 9, 'by_price', 'numeric(18,2)', 'money', 'offer.price of by_offer', false, 'Its price a month.'),
	('dominated_offer', 10, 'lines', 'bigint', 'lines', 'count of paid lines under the offer on the last day, in every channel', true, 'Lines that are sold under the beaten offer.'),
	('dominated_offer', 11, 'mrr', 'numeric(18,2)', 'money', 'sum of their price', true, 'What they bring a month.'),
	('dominated_offer', 12, 'exposed_mrr', 'numeric(18,2)', 'money', 'sum of max(0, price - by_price)', true, 'What would be lost if they all took the better one.'),
	('dominated_offer', 13, 'currency', 'text', 'ISO 4217 code', 'setting of the model', false, 'Currency of money; NULL when the model has none.'),
	('dominated_offer', 14, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.'),
	('growth_or_migration', 1, 'row_key', 'text', 'key', 'focal|kind|whole', false, 'One value per row.'),
	('growth_or_migration', 2, 'focal', 'text', 'name', 'product launched after the first day of the data', false, 'The new product or bundle.'),
	('growth_or_migration', 3, 'kind', 'text', 'family or part', 'product.family or bundle_component', false, 'What it is held against: its family, or a part of the bundle.'),
	('growth_or_migration', 4, 'whole', 'text', 'name', 'name of the family, or product that is the part', false, 'Which one.'),
	('growth_or_migration', 5, 'launched_on', 'date', 'date', 'product.launched_on, or the first day sold', false, 'Day of the launch.'),
	('growth_or_migration', 6, 'launch_label', 'text', 'text', 'launched_on as text', false, 'Month of the launch, safe from time zones of clients.'),
	('growth_or_migration', 7, 'focal_before', 'bigint', 'customers', 'count of customers of the new product on the day before the launch', false, 'Customers before.'),
	('growth_or_migration', 8, 'focal_after', 'bigint', 'customers', 'count of customers of the new product on the last day', false, 'Customers now.'),
	('growth_or_migration', 9, 'focal_growth', 'bigint', 'customers', 'focal_after - focal_before', false, 'By how many the new product grew.'),
	('growth_or_migration', 10, 'whole_before', 'bigint', 'customers', 'count of customers of the family, or of the part alone or in the bundle, on the day before the launch', false, 'Customers before.'),
	('growth_or_migration', 11, 'whole_after', 'bigint', 'customers', 'the same on the last day', false, 'Customers now.'),
	('growth_or_migration', 12, 'whole_growth', 'bigint', 'customers', 'whole_after - whole_before', false, 'By how many the whole grew.'),
	('growth_or_migration', 13, 'migration_share', 'double precision', 'fraction', '1 - whole_growth / focal_growth', false, 'Share of the new product''s growth that the whole did not grow by; above 1 where the whole shrank, below 0 where it grew by more; NULL where the new product did not grow.'),
	('growth_or_migration', 14, 'verdict', 'text', 'migration, growth or no_growth', 'migration_share > 0.8', false, 'What it was.'),
	('growth_or_migration', 15, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
-- Report views over segments: the row that a segment's owner can be held to.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(40, 'segment_order', 'words', NULL, 'Segments from the lowest to the highest, separated by commas: what counts as a move up or down. NULL: not told.');

INSERT INTO cvm.report_view (position, view, comment) VALUES
	(60, 'segment_kpi', 'Segments by month: the bridge of customers and of recurring revenue, what the segment earns, how it keeps its customers, and who answers for it. A customer counts in the segment held at the end of the month. Opening and the lines that follow add up to closing; segments add up to "(all)". A paused spell is not lost for pause_days: it is in the line paused.'),
	(61, 'segment_migration', 'Who went from which segment to which between the ends of two months, or stayed. "(in)": began to pay; "(out)": ended; "(none)": pays and is in no segment. Who is in a pause stays.'),
	(62, 'segment_cost', 'Shared costs by segment, month and pool: each pool is shared out by what the segments used of it, and the parts add up to it to the cent.'),
	(63, 'segment_scorecard', 'Targets of segments: one row per segment, month and metric, with what became of it.'),
	(64, 'segment_shift', 'What changed in a segment between two months, and was it more than chance? The change of the total is split into mix (weights moved) and rate (segments changed), without a rest.'),
	(65, 'owner_gap', 'Days on which nobody answered for a segment, a product or a driver.'),
	(66, 'owner_conflict', 'Days on which two people answered for the same segment, product or driver.'),
	(67, 'owner_stale', 'Segments, products and drivers whose owner has gone and was not followed.'),
	(68, 'concentration', 'How concentrated revenue, customers and interactions are: one row per month and dimension.'),
	(69, 'flavor', 'How customer value is managed, by quarter: product-centric, coordinated or segment-centric, with the four scores that say so and what stands in the way of the next.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(74, 'segment_migration_12_months', 'Who was where at the end of a month and twelve months before: for every month end that has such an earlier one, what segment_migration has between month ends. Rows of months overlap: do not add them up.', 'customers'),
	(75, 'segment_migration_4_weeks', 'Who was where at the end of a week and four weeks before, for every week that has such an earlier one. Rows of weeks overlap: do not add them up.', 'customers');

SELECT cvm.put_segment_bodies('segment_kpi', '{flow,bridge,margin,driver,cost,owner,target}', $$
SELECT b.segment || '|' || to_char(b.period_start::timestamp, 'YYYY-MM') AS row_key,
	b.segment,
	b.period_start AS month,
	to_char(b.period_start::timestamp, 'YYYY-MM') AS month_label,
	coalesce(w.owner, '(none)') AS owner,
	b.opening_customers,
	b.new_customers,
	b.winback_customers,
	b.moved_in_customers,
	b.moved_out_customers,
	b.redefined_in_customers,
	b.redefined_out_customers,
	b.churned_customers,
	b.paused_customers,
	b.closing_customers,
	b.opening_mrr::numeric(18,2) AS opening_mrr,
	b.new_mrr::numeric(18,2) AS new_mrr,
	b.reactivation_mrr::numeric(18,2) AS reactivation_mrr,
	b.expansion_mrr::numeric(18,2) AS expansion_mrr,
	b.contraction_mrr::numeric(18,2) AS contraction_mrr,
	b.churn_mrr::numeric(18,2) AS churn_mrr,
	b.moved_in_mrr::numeric(18,2) AS moved_in_mrr,
	b.moved_out_mrr::numeric(18,2) AS moved_out_mrr,
	b.redefined_in_mrr::numeric(18,2) AS redefined_in_mrr,
	b.redefined_out_mrr::numeric(18,2) AS redefined_out_mrr,
	b.paused_mrr::numeric(18,2) AS paused_mrr,
	b.closing_mrr::numeric(18,2) AS closing_mrr,
	b.expansion_customers,
	b.contraction_customers,
	b.same_period_customers,
	b.closing_paused_customers,
	b.closing_paused_mrr::numeric(18,2) AS closing_paused_mrr,
	b.at_risk_customers,
	b.at_risk_mrr::numeric(18,2) AS at_risk_mrr,
	CASE WHEN b.closing_customers > 0 THEN (b.closing_mrr / b.closing_customers)::double precision END AS arpu,
	b.arpu_error,
	CASE WHEN b.closing_customers > 0 THEN (e.margin / b.closing_customers)::double precision END AS ampu,
	CASE WHEN b.is_complete AND b.at_risk_customers > 0 THEN -b.churned_customers / b.at_risk_customers::double precision END AS churn_rate,
	CASE WHEN b.is_complete THEN i.conf_low END AS churn_rate_low,
	CASE WHEN b.is_complete THEN i.conf_high END AS churn_rate_high,
	b.gross_retained_mrr::numeric(18,2) AS gross_retained_mrr,
	CASE WHEN b.is_complete AND b.at_risk_mrr > 0 THEN (b.gross_retained_mrr / b.at_risk_mrr)::double precision END AS gross_revenue_retention_rate,
	CASE WHEN b.is_complete THEN b.gross_retention_error END AS gross_revenue_retention_error,
	b.net_retained_mrr::numeric(18,2) AS net_retained_mrr,
	CASE WHEN b.is_complete AND b.at_risk_mrr > 0 THEN (b.net_retained_mrr / b.at_risk_mrr)::double precision END AS net_revenue_retention_rate,
	CASE WHEN b.is_complete THEN b.net_retention_error END AS net_revenue_retention_error,
	b.products,
	CASE WHEN b.closing_customers > 0 THEN b.products / b.closing_customers::double precision END AS products_per_customer,
	b.products_error AS products_per_customer_error,
	b.multi_product_customers,
	CASE WHEN b.closing_customers > 0 THEN b.multi_product_customers / b.closing_customers::double precision END AS multi_product_share,
	CASE WHEN b.closing_customers > 0 THEN b.tenure_days / b.closing_customers::double precision END AS average_tenure_days,
	b.cross_sold_customers,
	CASE WHEN b.is_complete AND b.opening_customers > 0 THEN b.cross_sold_customers / b.opening_customers::double precision END AS cross_sell_rate,
	b.cross_sell_undone_customers,
	b.cross_sold_mrr::numeric(18,2) AS cross_sold_mrr,
	CASE WHEN y.families IS NOT NULL THEN b.upsell_eligible_customers END AS upsell_eligible_customers,
	CASE WHEN y.families IS NOT NULL THEN b.upsold_customers END AS upsold_customers,
	CASE WHEN b.is_complete AND b.upsell_eligible_customers > 0 THEN b.upsold_customers / b.upsell_eligible_customers::double precision END AS upsell_rate,
	CASE WHEN y.families IS NOT NULL THEN b.upsell_undone_customers END AS upsell_undone_customers,
	CASE WHEN y.families IS NOT NULL THEN b.upsold_mrr END::numeric(18,2) AS upsold_mrr,
	b.due_spells,
	b.renewed_spells,
	CASE WHEN b.is_complete AND b.due_spells > 0 THEN b.renewed_spells / b.due_spells::double precision END AS renewal_rate,
	b.due_mrr::numeric(18,2) AS due_mrr,
	b.renewed_mrr::numeric(18,2) AS renewed_mrr,
	CASE WHEN b.is_complete AND b.due_mrr > 0 THEN (b.renewed_mrr / b.due_mrr)::double precision END AS renewal_value_rate,
	CASE WHEN b.is_complete THEN b.renewal_value_error END AS renewal_value_error,
	CASE WHEN b.is_complete THEN b.cohort_1_customers END AS cohort_1_customers,
	CASE WHEN b.is_complete THEN b.retained_1_customers END AS retained_1_customers,
	CASE WHEN b.is_complete AND b.cohort_1_customers > 0 THEN b.retained_1_customers / b.cohort_1_customers::double precision END AS retention_1_rate,
	CASE WHEN b.is_complete THEN b.cohort_3_customers END AS cohort_3_customers,
	CASE WHEN b.is_complete THEN b.retained_3_customers END AS retained_3_customers,
	CASE WHEN b.is_complete AND b.cohort_3_customers > 0 THEN b.retained_3_customers / b.cohort_3_customers::double precision END AS retention_3_rate,
	CASE WHEN b.is_complete THEN b.cohort_6_customers END AS cohort_6_customers,
	CASE WHEN b.is_complete THEN b.retained_6_customers END AS retained_6_customers,
	CASE WHEN b.is_complete AND b.cohort_6_customers > 0 THEN b.retained_6_customers / b.cohort_6_customers::double precision END AS retention_6_rate,
	CASE WHEN b.is_complete THEN b.cohort_12_customers END AS cohort_12_customers,
	CASE WHEN b.is_complete THEN b.retained_12_customers END AS retained_12_customers,
	CASE WHEN b.is_complete AND b.cohort_12_customers > 0 THEN b.retained_12_customers / b.cohort_12_customers::double precision END AS retention_12_rate,
	b.acquired_customers,
	b.proven_customers,
	CASE WHEN b.is_complete AND b.acquired_customers > 0 THEN b.proven_customers / b.acquired_customers::double precision END AS acquisition_quality_rate,
	b.acquired_mrr::numeric(18,2) AS acquired_mrr,
	b.proven_mrr::numeric(18,2) AS proven_mrr,
	CASE WHEN b.is_complete AND b.acquired_mrr > 0 THEN (b.proven_mrr / b.acquired_mrr)::double precision END AS acquisition_value_rate,
	CASE WHEN b.is_complete AND b.new_customers + b.winback_customers > 0 THEN b.winback_customers / (b.new_customers + b.winback_customers)::double precision END AS winback_share,
	CASE WHEN t.closing_mrr > 0 THEN (b.closing_mrr / t.closing_mrr)::double precision END AS revenue_share,
	CASE WHEN t.closing_customers > 0 THEN b.closing_customers / t.closing_customers::double precision END AS base_share,
	e.direct::numeric(18,2) AS product_margin,
	a.cost::numeric(18,2) AS allocated_cost,
	e.margin::numeric(18,2) AS margin,
	g.target::numeric(18,2) AS target,
	(b.closing_mrr - g.target)::numeric(18,2) AS variance,
	{pause_days} AS pause_days,
	b.is_complete,
	{currency} AS currency,
	{time_zone} AS time_zone,
	b.as_of
FROM bridge b
CROSS JOIN family y
JOIN bridge t ON t.segment = '(all)' AND t.period_start = b.period_start
LEFT JOIN direct d ON d.segment = b.segment AND d.period_start = b.period_start
LEFT JOIN allocated a ON a.segment = b.segment AND a.month = b.period_start
LEFT JOIN owned w ON w.segment = b.segment AND w.period_start = b.period_start
LEFT JOIN aim g ON g.segment = b.segment AND g.month = b.period_start
CROSS JOIN LATERAL (
	SELECT m.direct, m.direct - coalesce(a.cost, 0) AS margin
	FROM (SELECT CASE WHEN b.closing_customers = 0 AND EXISTS (SELECT FROM direct) THEN 0 ELSE d.margin END AS direct) m) e
CROSS JOIN LATERAL cvm.proportion_interval(-b.churned_customers, b.at_risk_customers, {conf}) i$$);

SELECT cvm.put_segment_bodies('segment_cost', '{flow,bridge,driver,cost}', $$
SELECT a.segment || '|' || to_char(a.month::timestamp, 'YYYY-MM') || '|' || a.pool AS row_key,
	a.segment,
	a.month,
	to_char(a.month::timestamp, 'YYYY-MM') AS month_label,
	a.pool,
	a.amount::numeric(18,2) AS pool_amount,
	CASE WHEN a.is_used THEN a.used::double precision END AS driver_quantity,
	CASE WHEN a.is_used THEN 'driver' ELSE 'customers' END AS shared_by,
	a.part::numeric(18,2) AS allocated_cost,
	{currency} AS currency,
	o.as_of
FROM share a
CROSS JOIN observed o$$);
DELETE FROM cvm.report_body b WHERE b.view = 'segment_cost' AND NOT 'cost' = ANY (b.needs);

-- Who went where: between month ends, and over spans of four weeks and a year
INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT v.view, s.preference, s.needs, 'WITH ' || replace(replace(s.flow, '{{grain}}', v.grain), '{{span}}', v.span) || replace(replace(replace($$, went AS (
	SELECT m.*{{ends}}
	FROM flow f
	CROSS JOIN observed o
	CROSS JOIN LATERAL cvm.segment_matrix(f.state) m
)
SELECT {{label}} || '|' || m.from_segment || '|' || m.to_segment AS row_key,
	{{period}},
	m.from_segment,
	m.to_segment,
	CASE WHEN m.from_segment = '(in)' THEN 'in' WHEN m.to_segment = '(out)' THEN 'out'
		WHEN m.from_segment = m.to_segment THEN 'stay'
		WHEN m.redefined_customers = m.customers THEN 'redefined'
		WHEN array_position({segment_order}, m.to_segment) > array_position({segment_order}, m.from_segment) THEN 'up'
		WHEN array_position({segment_order}, m.to_segment) < array_position({segment_order}, m.from_segment) THEN 'down'
		ELSE 'move' END AS direction,
	m.customers,
	m.redefined_customers,
	CASE WHEN m.from_segment <> '(in)' THEN (sum(m.customers) OVER (PARTITION BY m.period_start, m.from_segment))::bigint END AS from_customers,
	CASE WHEN m.from_segment <> '(in)' AND m.is_complete THEN m.customers / (sum(m.customers) OVER (PARTITION BY m.period_start, m.from_segment))::double precision END AS rate,
	$$, '{{ends}}', v.ends), '{{label}}', v.label), '{{period}}', v.period) || s.mrr || $$ AS mrr,
	$$ || s.closing || $$ AS closing_mrr,
	$$ || s.pause_days || $$ AS pause_days,
	m.is_complete,
	{currency} AS currency,
	{time_zone} AS time_zone,
	o.as_of
FROM went m
CROSS JOIN observed o$$
FROM (
	SELECT 1 AS preference, p.needs, p.body AS flow,
		$$(CASE WHEN m.from_segment = '(in)' THEN m.closing_mrr ELSE m.mrr END)::numeric(18,2)$$ AS mrr, $$m.closing_mrr::numeric(18,2)$$ AS closing, '{pause_days}' AS pause_days
	FROM cvm.segment_part p WHERE p.part = 'flow'
	UNION ALL
	-- without subscriptions whoever is in a segment counts
	SELECT 2, '{segment_history}', $$
observed AS MATERIALIZED (
	SELECT coalesce({as_of}, greatest(
		max(h.valid_from) FILTER (WHERE h.valid_from <= (now() AT TIME ZONE {time_zone})::date),
		max(h.valid_to) FILTER (WHERE h.valid_to <= (now() AT TIME ZONE {time_zone})::date)) + 1) AS as_of
	FROM segment_history h
), history AS (
	SELECT cvm.holdings_agg(h.segment, greatest(h.valid_from, '0001-01-01'), h.valid_to, 1) AS segments, cvm.holdings_agg(h.segment, greatest(h.valid_from, '0001-01-01'), h.valid_to, {segment_version}) AS placed
	FROM segment_history h
	WHERE h.customer_id IS NOT NULL AND h.segment IS NOT NULL AND h.valid_from IS NOT NULL
	GROUP BY h.customer_id
), flow AS MATERIALIZED (
	SELECT cvm.segment_flow_agg(h.segments, h.placed, {{grain}}, o.as_of, NULL, {{span}}) AS state
	FROM history h
	CROSS JOIN observed o
	WHERE o.as_of IS NOT NULL
)$$, 'NULL::numeric(18,2)', 'NULL::numeric(18,2)', 'NULL::integer') s
CROSS JOIN LATERAL (VALUES
	('segment_migration', $$'month'$$, '1', '', 'to_char(m.period_start::timestamp, ''YYYY-MM'')', $$m.period_start AS month,
	to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label$$),
	('segment_migration_12_months', $$'month'$$, '12', ', (m.period_start - interval ''11 months'')::date AS from_day, least((m.period_start + interval ''1 month'')::date, o.as_of) AS to_day', 'to_char(m.period_start::timestamp, ''YYYY-MM'')', $$m.period_start AS month,
	to_char(m.period_start::timestamp, 'YYYY-MM') AS month_label,
	m.from_day,
	m.to_day$$),
	('segment_migration_4_weeks', $$'week:' || {week_start}$$, '4', ', m.period_start - 21 AS from_day, least(m.period_start + 7, o.as_of) AS to_day', 'm.from_day::text', $$m.from_day,
	m.to_day$$)) AS v (view, grain, span, ends, label, period);

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('segment_scorecard', 1, '{subscription,segment_history,segment_target}', $$
SELECT k.segment || '|' || k.month_label || '|' || t.metric AS row_key,
	k.segment,
	k.month,
	k.month_label,
	t.metric,
	k.owner,
	v.value,
	t.target,
	v.value - t.target AS variance,
	v.value / nullif(t.target, 0) AS attainment,
	CASE WHEN v.better = 'lower' THEN v.value <= t.target ELSE v.value >= t.target END AS is_met,
	k.is_complete,
	k.as_of
FROM segment_kpi k
JOIN (
	SELECT t.segment, date_trunc('month', t.month::timestamp)::date AS month, t.metric, max(t.target) AS target
	FROM segment_target t
	WHERE t.metric IS NOT NULL
	GROUP BY 1, 2, 3) t ON t.segment = k.segment AND t.month = k.month
LEFT JOIN LATERAL (VALUES
	('opening_customers', 'higher', k.opening_customers::double precision),
	('new_customers', 'higher', k.new_customers),
	('winback_customers', 'higher', k.winback_customers),
	('closing_customers', 'higher', k.closing_customers),
	('new_mrr', 'higher', k.new_mrr),
	('expansion_mrr', 'higher', k.expansion_mrr),
	('closing_mrr', 'higher', k.closing_mrr),
	('arpu', 'higher', k.arpu),
	('ampu', 'higher', k.ampu),
	('churn_rate', 'lower', k.churn_rate),
	('gross_revenue_retention_rate', 'higher', k.gross_revenue_retention_rate),
	('net_revenue_retention_rate', 'higher', k.net_revenue_retention_rate),
	('products_per_customer', 'higher', k.products_per_customer),
	('multi_product_share', 'higher', k.multi_product_share),
	('average_tenure_days', 'higher', k.average_tenure_days),
	('cross_sell_rate', 'higher', k.cross_sell_rate),
	('upsell_rate', 'higher', k.upsell_rate),
	('renewal_rate', 'higher', k.renewal_rate),
	('renewal_value_rate', 'higher', k.renewal_value_rate),
	('retention_1_rate', 'higher', k.retention_1_rate),
	('retention_3_rate', 'higher', k.retention_3_rate),
	('retention_6_rate', 'higher', k.retention_6_rate),
	('retention_12_rate', 'higher', k.retention_12_rate),
	('acquisition_quality_rate', 'higher', k.acquisition_quality_rate),
	('revenue_share', 'higher', k.revenue_share),
	('base_share', 'higher', k.base_share),
	('allocated_cost', 'lower', k.allocated_cost),
	('margin', 'higher', k.margin)) AS v (metric, better, value) ON v.metric = t.metric$$),

('segment_shift', 1, '{subscription,segment_history}', $$
WITH kpi AS MATERIALIZED (
	-- a rate is hits / n; where hits are money or products, error says how sure
	-- it is, and in n of how many customers or spells
	SELECT k.segment, k.month, k.month_label, k.owner, k.is_complete, k.as_of, m.metric, m.hits, m.whole, m.n, m.error,
		m.hits / nullif(m.whole, 0)::double precision AS rate,
		m.whole / nullif(max(m.whole) FILTER (WHERE k.segment = '(all)') OVER (PARTITION BY k.month, m.metric), 0)::double precision AS weight
	FROM segment_kpi k
	CROSS JOIN LATERAL (VALUES
		('churn_rate', -k.churned_customers::numeric, k.at_risk_customers::numeric, k.at_risk_customers, NULL::double precision),
		('multi_product_share', k.multi_product_customers, k.closing_customers, k.closing_customers, NULL),
		('cross_sell_rate', k.cross_sold_customers, k.opening_customers, k.opening_customers, NULL),
		('upsell_rate', k.upsold_customers, k.upsell_eligible_customers, k.upsell_eligible_customers, NULL),
		('renewal_rate', k.renewed_spells, k.due_spells, k.due_spells, NULL),
		('retention_1_rate', k.retained_1_customers, k.cohort_1_customers, k.cohort_1_customers, NULL),
		('retention_3_rate', k.retained_3_customers, k.cohort_3_customers, k.cohort_3_customers, NULL),
		('retention_6_rate', k.retained_6_customers, k.cohort_6_customers, k.cohort_6_customers, NULL),
		('retention_12_rate', k.retained_12_customers, k.cohort_12_customers, k.cohort_12_customers, NULL),
		('acquisition_quality_rate', k.proven_customers, k.acquired_customers, k.acquired_customers, NULL),
		('winback_share', k.winback_customers, k.new_customers + k.winback_customers, k.new_customers + k.winback_customers, NULL),
		('gross_revenue_retention_rate', k.gross_retained_mrr, k.at_risk_mrr, k.at_risk_customers, k.gross_revenue_retention_error),
		('net_revenue_retention_rate', k.net_retained_mrr, k.at_risk_mrr, k.at_risk_customers, k.net_revenue_retention_error),
		('renewal_value_rate', k.renewed_mrr, k.due_mrr, k.due_spells, k.renewal_value_error),
		('arpu', k.closing_mrr, k.closing_customers, k.closing_customers, k.arpu_error),
		('products_per_customer', k.products, k.closing_customers, k.closing_customers, k.products_per_customer_error)) AS m (metric, hits, whole, n, error)
	WHERE m.n IS NOT NULL
), pair AS (
	SELECT b.segment, b.metric, b.owner, a.month AS from_month, a.month_label AS from_month_label, b.month AS to_month, b.month_label AS to_month_label,
		a.hits AS from_hits, a.n AS from_n, a.rate AS from_rate, coalesce(a.weight, 0) AS from_weight, a.error AS from_error,
		b.hits AS to_hits, b.n AS to_n, b.rate AS to_rate, coalesce(b.weight, 0) AS to_weight, b.error AS to_error,
		a.is_complete AND b.is_complete AS is_complete, b.as_of,
		b.metric IN ('gross_revenue_retention_rate', 'net_revenue_retention_rate', 'renewal_value_rate', 'arpu', 'products_per_customer') AS is_mean,
		(coalesce(b.weight, 0) - coalesce(a.weight, 0)) * (coalesce(a.rate, b.rate, 0) + coalesce(b.rate, a.rate, 0)) / 2 AS mix,
		coalesce(b.rate - a.rate, 0) * (coalesce(a.weight, 0) + coalesce(b.weight, 0)) / 2 AS own
	FROM kpi b
	JOIN kpi a ON a.segment = b.segment AND a.metric = b.metric
		AND a.month < b.month AND a.month >= b.month - interval '24 months'
), whole AS (
	SELECT p.*,
		-- as numeric, so that the order of segments makes no difference
		(sum(p.mix::numeric) FILTER (WHERE p.segment <> '(all)') OVER w)::double precision AS all_mix,
		(sum(p.own::numeric) FILTER (WHERE p.segment <> '(all)') OVER w)::double precision AS all_own,
		-- as many looks as there are segments: each has to be surer
		CASE WHEN p.segment = '(all)' THEN {conf}
			ELSE 1 - (1 - {conf}) / greatest(count(*) FILTER (WHERE p.segment <> '(all)' AND p.from_n > 0 AND p.to_n > 0) OVER w, 1) END AS conf
	FROM pair p
	WINDOW w AS (PARTITION BY p.metric, p.from_month, p.to_month)
)
SELECT p.segment || '|' || p.metric || '|' || p.from_month_label || '|' || p.to_month_label AS row_key,
	p.segment,
	p.metric,
	p.from_month,
	p.from_month_label,
	p.to_month,
	p.to_month_label,
	p.owner,
	p.from_n AS from_customers,
	p.to_n AS to_customers,
	p.from_rate,
	p.to_rate,
	CASE WHEN p.is_complete THEN p.to_rate - p.from_rate END AS change,
	CASE WHEN p.is_complete THEN i.conf_low END AS change_low,
	CASE WHEN p.is_complete THEN i.conf_high END AS change_high,
	p.conf,
	CASE WHEN p.is_complete THEN CASE WHEN p.segment = '(all)' THEN p.all_mix ELSE p.mix END END AS mix_effect,
	CASE WHEN p.is_complete THEN CASE WHEN p.segment = '(all)' THEN p.all_own ELSE p.own END END AS rate_effect,
	CASE WHEN NOT p.is_complete OR p.from_n < 30 OR p.to_n < 30 OR i.conf_low IS NULL THEN 'immature'
		WHEN i.conf_low > 0 OR i.conf_high < 0 THEN 'shift'
		ELSE 'noise' END AS verdict,
	p.is_complete,
	p.as_of
FROM whole p
CROSS JOIN LATERAL (
	SELECT x.* FROM cvm.proportion_difference(p.from_hits::bigint, p.from_n, p.to_hits::bigint, p.to_n, p.conf) x WHERE NOT p.is_mean
	UNION ALL
	SELECT x.* FROM cvm.mean_difference(p.from_rate, p.from_error, p.to_rate, p.to_error, p.conf) x WHERE p.is_mean) i$$);
