-- SPDX-License-Identifier: PostgreSQL
-- The monthly review: what is being done, who answers, what cannot be told.

CREATE FUNCTION cvm._review_initiatives(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'initiatives', 'impact_per_effort', '(all)', i.initiative, NULL::text, i.impact_per_effort, NULL::numeric, NULL::numeric, NULL::numeric,
		NULL::numeric, NULL::bigint, 'ratio',
		NULL::numeric, NULL::double precision, CASE WHEN i.missing ~ 'metric|baseline' THEN 'unmeasured' WHEN i.is_unreviewed THEN 'not_reviewed'
			ELSE 'on_track' END,
		format('Initiative %s (driver %s): decided on %s, %s%s%s, as of %s.', i.initiative, i.driver, i.decided_on::text, coalesce('shipped on '
			|| i.shipped_on::text, 'not shipped'),
			coalesce('; missing: ' || i.missing, ''), CASE WHEN i.is_unreviewed THEN '; not reviewed in the last cycle' ELSE '' END, i.as_of::text),
		'initiative_status', 'impact_per_effort', i.row_key, NULL::boolean, i.as_of
	FROM jsonb_to_recordset(data -> 'initiative_status') AS i (row_key text, initiative text, driver text, stage text, impact_per_effort numeric,
		decided_on date, shipped_on date,
		is_unreviewed boolean, missing text, as_of date)
	WHERE i.stage <> 'closed'
	UNION ALL
	-- what it did, beside its control where there is one
	SELECT 'initiatives', 'effect', '(all)', e.initiative, NULL, coalesce(e.control_effect, e.effect),
		NULL, NULL, coalesce(e.control_effect_low, e.effect_low), coalesce(e.control_effect_high, e.effect_high), e.target_customers + e.control_customers,
		e.metric, NULL, NULL, e.effect_verdict,
		format('Initiative %s: %s %s%s%s%s.', e.initiative, e.metric, CASE WHEN e.control_effect IS NOT NULL
			THEN format('of those who got it against the control %s', cvm._review_number(e.control_effect, 4))
			ELSE format('was %s and is %s in %s', cvm._review_number(e.baseline_value, 4), cvm._review_number(e.measured_value, 4),
				to_char(e.measured_month, 'YYYY-MM')) END,
			cvm._review_phrase(' (%s)', cvm._review_span(coalesce(e.control_effect_low, e.effect_low), coalesce(e.control_effect_high, e.effect_high), 4)),
			cvm._review_phrase(': %s', e.effect_verdict),
			cvm._review_phrase('; %s of its customers got %s too', cvm._review_number(e.overlapping_customers), e.overlaps_with)),
		'initiative_status', CASE WHEN e.control_effect IS NOT NULL THEN 'control_effect' ELSE 'effect' END, e.row_key, NULL, e.as_of
	FROM jsonb_to_recordset(data -> 'initiative_status') AS e (row_key text, initiative text, metric text, measured_month date, baseline_value numeric,
		measured_value numeric, effect numeric, effect_low numeric, effect_high numeric, target_customers bigint, control_customers bigint,
		control_effect numeric, control_effect_low numeric, control_effect_high numeric, effect_verdict text, overlapping_customers bigint,
		overlaps_with text, as_of date)
	WHERE e.effect_verdict IN ('better', 'worse', 'inconclusive', 'no_interval')
	UNION ALL
	SELECT 'initiatives', 'review', '(all)', r.cycle, NULL, r.days_late, NULL, NULL, NULL, NULL, NULL, 'days', NULL, NULL, 'overdue',
		format('Review %s was due on %s and is overdue by %s days, as of %s.', r.cycle, r.due_on::text, r.days_late, r.as_of::text), 'review_cadence',
			'days_late', r.row_key, NULL, r.as_of
	FROM jsonb_to_recordset(data -> 'review_cadence') AS r (row_key text, cycle text, due_on date, days_late int, state text, as_of date)
	WHERE r.state = 'overdue'
	UNION ALL
	SELECT 'initiatives', 'decision', '(all)', d.cycle, NULL, d.days_open, NULL, NULL, NULL, NULL, NULL, 'days', NULL, NULL, 'fact',
		format('Review %s of %s decided: %s%s; %s.', d.cycle, d.held_on::text, d.decision, coalesce(' (' || d.initiative || ')', ''),
			CASE d.became WHEN 'no_initiative' THEN 'no initiative followed' WHEN 'not_found' THEN 'no such initiative is known'
				ELSE replace(d.became, '_', ' ') || coalesce(' on ' || d.became_on::text, '') END), 'review_cadence', 'became', d.row_key, NULL, d.as_of
	FROM jsonb_to_recordset(data -> 'review_cadence') AS d (row_key text, cycle text, held_on date, decision text, initiative text, became text,
		became_on date, days_open int, as_of date)
	WHERE d.became IS NOT NULL
	UNION ALL
	SELECT CASE WHEN l.stands = 'signal' THEN 'drivers' ELSE 'initiatives' END, 'days_waiting', '(all)',
		CASE WHEN l.stands = 'signal' THEN l.driver ELSE l.initiative END, l.owner, l.days_waiting, NULL, NULL, NULL, NULL, NULL, 'days', NULL, NULL,
		CASE WHEN l.stands = 'signal' THEN 'no_action' ELSE 'overdue' END,
		CASE WHEN l.stands = 'signal' THEN format('Driver %s fell in %s (%s), and nothing was decided in %s days, as of %s.', l.driver,
				to_char(l.signal_on, 'YYYY-MM'), l.signal, l.days_waiting, l.as_of::text)
			ELSE format('Initiative %s (driver %s) has been %s for %s days: its next step is overdue%s, as of %s.', l.initiative, l.driver, l.stands,
				l.days_waiting, coalesce('; ' || l.broken, ''), l.as_of::text) END, 'loop_closure', 'days_waiting', l.row_key, NULL, l.as_of
	FROM jsonb_to_recordset(data -> 'loop_closure') AS l (row_key text, initiative text, driver text, owner text, stands text, signal text, signal_on date,
		days_waiting int, broken text, as_of date);
$$;
COMMENT ON FUNCTION cvm._review_initiatives(jsonb, date) IS
	'Rows of a review: initiatives that are open or overdue, reviews that are overdue, and what became of decisions.';

CREATE FUNCTION cvm._review_owners(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH stake AS (
		SELECT 'segment' AS kind, k.segment AS subject, k.closing_mrr, k.currency FROM jsonb_to_recordset(data -> 'segment_kpi') AS k (segment text,
			month date, closing_mrr numeric, currency text)
		WHERE k.month = $2
		UNION ALL
		SELECT 'product', k.product, k.closing_mrr, k.currency FROM jsonb_to_recordset(data -> 'product_kpi') AS k (product text, month date,
			closing_mrr numeric, currency text) WHERE k.month = $2
		UNION ALL
		SELECT 'product pair', p.product || ' + ' || p.other_product, p.both_mrr, p.currency
		FROM jsonb_to_recordset(data -> 'product_pair') AS p (product text, other_product text, both_mrr numeric, currency text)
	), finding AS (
		SELECT 'owner_gap' AS view, 'days' AS "column", 'gap' AS verdict, g.row_key, g.subject_kind, g.subject, NULL AS owner, g.days, g.as_of,
			format('nobody answered for it from %s to %s', g.gap_from::text, coalesce(g.gap_to::text, 'now')) AS words
		FROM jsonb_to_recordset(data -> 'owner_gap') AS g (row_key text, subject_kind text, subject text, gap_from date, gap_to date, days int, as_of date)
		UNION ALL
		SELECT 'owner_conflict', 'days', 'conflict', c.row_key, c.subject_kind, c.subject, c.owner, c.days, c.as_of,
			format('%s and %s both answered for it from %s to %s', c.owner, c.other_owner, c.conflict_from::text, coalesce(c.conflict_to::text, 'now'))
		FROM jsonb_to_recordset(data -> 'owner_conflict') AS c (row_key text, subject_kind text, subject text, owner text, other_owner text,
			conflict_from date, conflict_to date, days int, as_of date)
		UNION ALL
		SELECT 'owner_stale', 'days', 'stale', s.row_key, s.subject_kind, s.subject, s.last_owner, s.days, s.as_of,
			format('%s answered for it until %s, and nobody since', s.last_owner, s.ended_on::text)
		FROM jsonb_to_recordset(data -> 'owner_stale') AS s (row_key text, subject_kind text, subject text, last_owner text, ended_on date, days int,
			as_of date)
		UNION ALL
		SELECT 'product_pair', 'base_share', 'gap', p.row_key, 'product pair', p.product || ' + ' || p.other_product, NULL, p.days, p.as_of,
			format('%s of the smaller one''s customers hold both (%s customers), and nobody coordinates since %s', cvm._review_share(p.base_share),
				cvm._review_number(p.both_customers), p.uncoordinated_from::text)
		FROM jsonb_to_recordset(data -> 'product_pair') AS p (row_key text, product text, other_product text, both_customers bigint, base_share numeric,
			uncoordinated_from date, days int, as_of date)
	)
	SELECT 'owners', 'owner', CASE WHEN lower(f.subject_kind) = 'segment' THEN f.subject ELSE '(all)' END, f.subject, f.owner, f.days::numeric, NULL::numeric,
		NULL::numeric, NULL::numeric, NULL::numeric,
		NULL::bigint, 'days', s.closing_mrr, NULL::double precision, f.verdict,
		format('%s %s: %s%s.', upper(left(f.subject_kind, 1)) || substr(f.subject_kind, 2), f.subject, f.words,
			cvm._review_phrase('; it brings %s of MRR a month', cvm._review_money(s.closing_mrr, s.currency))),
		f.view, f."column", f.row_key, NULL::boolean, f.as_of
	FROM finding f
	LEFT JOIN stake s ON s.kind = lower(f.subject_kind) AND s.subject = f.subject
	UNION ALL
	SELECT 'owners', CASE WHEN p.is_circular THEN 'line' ELSE 'sponsor' END, '(all)', p.subject, nullif(p.owner, '(none)'), NULL, NULL, NULL, NULL, NULL,
		NULL, 'owners', NULL, NULL,
		CASE WHEN p.is_circular THEN 'circle' ELSE replace(p.state, ' ', '_') END,
		CASE WHEN p.is_circular THEN format('%s %s: the line of reporting is a circle, %s.', upper(left(p.subject_kind, 1)) || substr(p.subject_kind, 2),
			p.subject, p.line)
			WHEN p.state = 'absent' THEN 'Nobody is told as the sponsor of the programme.'
			ELSE format('Programme %s: its sponsor %s is %s, which is not senior.', p.subject, p.owner, p.role_title) END,
		'programme', CASE WHEN p.is_circular THEN 'line' ELSE 'state' END, p.row_key, NULL, p.as_of
	FROM (
		SELECT r.*, bool_or(r.role_title IS NOT NULL) OVER () AS has_titles
		FROM jsonb_to_recordset(data -> 'programme') AS r (row_key text, subject_kind text, subject text, owner text, state text, role_title text,
			line text, is_circular boolean,
			as_of date)) p
	-- where nobody has a title, nobody wrote down the programme either
	WHERE p.is_circular OR p.state = 'not senior' OR p.state = 'absent' AND p.has_titles;
$$;
COMMENT ON FUNCTION cvm._review_owners(jsonb, date) IS 'Rows of a review: for what nobody, or more than one, answers in the month.';

CREATE FUNCTION cvm._review_benchmarks(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'benchmarks', b.metric, '(all)', b.source, NULL::text, b.value, b.middle, b.value - b.middle, b.conf_low - b.middle, b.conf_high - b.middle,
		NULL::bigint, 'unit of the metric', NULL::numeric, NULL::double precision, b.verdict,
		CASE WHEN b.reason IS NOT NULL THEN format('Benchmark of %s (%s): %s.', b.metric, b.source, b.reason)
			ELSE format('%s is %s in %s, %s (%s to %s%s; %s of %s): %s.', b.metric, cvm._review_number(b.value, 4), to_char(b.month, 'YYYY-MM'), b.band,
				coalesce(cvm._review_number(b.low, 4), '?'), coalesce(cvm._review_number(b.high, 4), '?'),
				cvm._review_phrase(', middle %s', cvm._review_number(b.middle, 4)), b.source, b.published_on::text, b.verdict) END,
		'benchmark_comparison', 'value', b.row_key, NULL::boolean, b.as_of
	FROM jsonb_to_recordset(data -> 'benchmark_comparison') AS b (row_key text, metric text, source text, published_on date, low numeric, middle numeric,
		high numeric, month date, value numeric, conf_low numeric, conf_high numeric, band text, verdict text, reason text, as_of date);
$$;
COMMENT ON FUNCTION cvm._review_benchmarks(jsonb, date) IS
	'Rows of a review: where it stands among others; previous is the middle of the band.';

CREATE FUNCTION cvm._review_quality(data jsonb, month date) RETURNS SETOF cvm._review_row
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 'data', 'not_read', '(all)', r.view, NULL::text, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric, NULL::numeric, NULL::bigint, 'views',
		NULL::numeric,
		NULL::double precision, 'not_read', format('%s is missing here: you may not read it (%s).', r.view, r.why), r.view, 'row_key', r.view, NULL::boolean,
		NULL::date
	FROM jsonb_to_recordset(data -> '') AS r (view text, why text)
	UNION ALL
	SELECT 'data', 'open_month', '(all)', s.view, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'rows', NULL, NULL, 'immature',
		format('%s: %s is not over, %s rows are not compared; data through %s.', s.view, to_char($2, 'YYYY-MM'), s.n, (s.as_of - 1)::text), s.view,
			'is_complete', s.view, false, s.as_of
	FROM (
		SELECT d.key AS view, count(*) AS n, max(x.as_of) AS as_of
		FROM jsonb_each(data) d
		CROSS JOIN LATERAL jsonb_to_recordset(d.value) AS x (month date, to_month date, is_complete boolean, as_of date)
		WHERE d.key <> '' AND x.month = $2 AND NOT x.is_complete
		GROUP BY d.key) s
	UNION ALL
	SELECT 'data', 'data_through', '(all)', NULL, NULL, max(s.no) FILTER (WHERE s.place = 1), NULL, NULL, NULL, NULL, max(s.no) FILTER (WHERE s.place = 1),
		'views', NULL, NULL, CASE WHEN max(s.as_of) >= ($2 + interval '1 month')::date THEN 'fact' ELSE 'immature' END,
		format('%s views were read, with data through %s%s.', sum(s.no), (max(s.as_of) - 1)::text,
			coalesce('; ' || string_agg(format('%s through %s', s.views, (s.as_of - 1)::text), '; ' ORDER BY s.as_of) FILTER (WHERE s.place > 1), '')),
		min(s.first_view), 'as_of', to_char($2, 'YYYY-MM'), max(s.as_of) >= ($2 + interval '1 month')::date, max(s.as_of)
	FROM (
		SELECT r.as_of, count(*) AS no, string_agg(r.view, ', ' ORDER BY r.view COLLATE "C") AS views, min(r.view COLLATE "C") AS first_view,
			row_number() OVER (ORDER BY r.as_of DESC) AS place
		FROM (SELECT d.key AS view, max(x.as_of) AS as_of FROM jsonb_each(data) d, jsonb_to_recordset(d.value) AS x (as_of date)
			WHERE x.as_of IS NOT NULL GROUP BY d.key) r
		GROUP BY r.as_of) s
	HAVING count(*) > 0
	UNION ALL
	SELECT 'data', 'stored', '(all)', f.object, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'tables', NULL, NULL,
		CASE WHEN f.is_stale THEN 'stale' ELSE 'fact' END,
		format('%s is stored%s and %s.', f.object, cvm._review_phrase(' with data through %s', f.data_through::text),
			CASE WHEN f.is_stale THEN 'stale: ' || f.reason ELSE 'fresh' END),
		f.object, 'row_key', f.object, NULL, NULL
	FROM jsonb_to_recordset(data -> ' stored') AS f (object text, data_through date, is_stale boolean, reason text)
	UNION ALL
	SELECT 'data', 'restated', '(all)', r.relation, NULL, r.changed_values, NULL, NULL, NULL, NULL, r.changed_values, 'values',
		CASE WHEN r.unit LIKE 'money%' THEN r.change END, NULL, 'restated',
		format('%s: %s values of %s became others after they were stored, most of all %s of %s, by %s.', r.relation, cvm._review_number(r.changed_values),
			to_char($2, 'YYYY-MM'), r.column_name, r.row_key, trim_scale(r.change)::text),
		r.relation, r.column_name, r.relation, NULL, NULL
	FROM jsonb_to_recordset(data -> ' restated') AS r (relation text, row_key text, column_name text, change numeric, unit text, changed_values bigint);
$$;
COMMENT ON FUNCTION cvm._review_quality(jsonb, date) IS 'Rows of a review: what could not be read, what is not over, how old what is stored is, '
	'and what became another value since.';
