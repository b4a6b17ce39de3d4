-- SPDX-License-Identifier: PostgreSQL
-- Report view over surveys: what customers say, and how sure that is.

INSERT INTO cvm.setting_definition (position, setting, kind, initial, description) VALUES
	(60, 'min_answers', 'count', '30', 'Answers below which a score of a survey is shown as not enough.'),
	(218, 'weighted_instruments', 'words', NULL,
		'Instruments, in any case of letters, of which the score of all customers is weighted to the mix of segments too; NULL: none.');

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(100, 'survey_score',
		'What customers answered: NPS, CSAT, CES, perceived value and other instruments, by segment, month, driver and '
		'kind of survey, with intervals, and how many of those who were asked. Of several answers of a customer in a '
		'month the last one counts.', 'answers');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- Who was asked, in the month of that: a row per customer, answered or not
('survey_invitations', 1, '{survey.invited_at}', $$
	UNION ALL
	SELECT i.customer_id, max(i.day) AS day, i.month, i.instrument, i.driver, i.kind, NULL::float8 AS score, NULL::float8 AS competitor_score, i.as_of,
		bool_or(i.is_answered) AS is_answered
	FROM (
		SELECT s.customer_id, cvm.day_of(s.invited_at, {time_zone}) AS day, date_trunc('month', cvm.day_of(s.invited_at, {time_zone})::timestamp)::date AS month,
			lower(s.instrument) AS instrument, coalesce(s.driver, '(none)') AS driver, coalesce(lower(s.kind), '(none)') AS kind, o.as_of,
			coalesce(s.score NOT IN ('NaN', 'Infinity', '-Infinity') AND cvm.day_of(s.occurred_at, {time_zone}) < o.as_of, false) AS is_answered
		FROM survey s
		CROSS JOIN observed o
		WHERE s.customer_id IS NOT NULL AND s.instrument IS NOT NULL AND isfinite(s.invited_at)) i
	WHERE i.day < i.as_of
	GROUP BY i.customer_id, i.month, i.instrument, i.driver, i.kind, i.as_of$$),
('survey_invitations', 9, '{}', ''),
-- Of several kinds of surveys about one thing one is compared with others: that
-- about the whole, then what is told no kind
('survey_kind', 1, '{survey.kind}', $$
		JOIN (
			SELECT DISTINCT ON (lower(k.instrument), k.driver) lower(k.instrument) AS instrument, k.driver, lower(k.kind) AS kind
			FROM survey k
			WHERE k.score IS NOT NULL AND k.customer_id IS NOT NULL AND k.instrument IS NOT NULL
			GROUP BY lower(k.instrument), k.driver, lower(k.kind)
			ORDER BY lower(k.instrument), k.driver, lower(k.kind) IS DISTINCT FROM 'relational', lower(k.kind) IS NOT NULL, lower(k.kind)) k
			ON k.instrument = lower(s.instrument) AND k.driver IS NOT DISTINCT FROM s.driver AND k.kind IS NOT DISTINCT FROM lower(s.kind)$$),
('survey_kind', 9, '{}', '');

INSERT INTO cvm.report_part (part, preference, needs, body) VALUES
-- servers that have surveys distributed count them one by one
('survey_cells', 1, '{distributed survey}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, (SELECT max(cvm.day_of(s.occurred_at, {time_zone})) + 1 FROM survey s)) AS as_of
), answered AS (
	SELECT s.customer_id, s.occurred_at, cvm.day_of(s.occurred_at, {time_zone}) AS day,
		lower(s.instrument) AS instrument, coalesce(s.driver, '(none)') AS driver, coalesce(lower(s.kind), '(none)') AS kind, s.score, s.competitor_score
	FROM survey s
	WHERE s.customer_id IS NOT NULL AND s.instrument IS NOT NULL AND s.score IS NOT NULL AND s.score NOT IN ('NaN', 'Infinity', '-Infinity')
), last AS (
	(SELECT DISTINCT ON (a.customer_id, date_trunc('month', a.day::timestamp), a.instrument, a.driver, a.kind)
		a.customer_id, a.day, date_trunc('month', a.day::timestamp)::date AS month, a.instrument, a.driver, a.kind, a.score, a.competitor_score, o.as_of,
		NULL::boolean AS is_answered
	FROM answered a
	CROSS JOIN observed o
	WHERE a.day < o.as_of
	ORDER BY a.customer_id, date_trunc('month', a.day::timestamp), a.instrument, a.driver, a.kind, a.occurred_at DESC, a.score,
		a.competitor_score){survey_invitations}
)
@use held_on last
, cell AS (
	SELECT m.in_segment AS segment, m.month, m.instrument, m.driver, m.kind, m.as_of, m.score, m.competitor_score, m.is_answered, count(*) AS customers
	FROM member m
	GROUP BY m.in_segment, m.month, m.instrument, m.driver, m.kind, m.as_of, m.score, m.competitor_score, m.is_answered
)$$),
-- one pass over answers, invitations and times in segments
('survey_cells', 9, '{}', $$
WITH cell AS MATERIALIZED (
	SELECT c.*, coalesce({as_of}, c.last_day + 1) AS as_of
	FROM (
		SELECT cvm._survey_score_agg(r.customer_id, r.day, r.at, r.score, {competitor}, r.invited_day, r.instrument, r.driver, r.kind,
			r.segment, r.valid_from, r.valid_to, {as_of}) AS cells
		FROM (
			SELECT s.customer_id, cvm.day_of(s.occurred_at, {time_zone}) AS day, cvm.moment_of(s.occurred_at, {time_zone}) AS at, s.score, s.competitor_score,
				{invited_day} AS invited_day, s.instrument, s.driver, s.kind, NULL::text AS segment, NULL::date AS valid_from, NULL::date AS valid_to
			FROM survey s
			UNION ALL
			SELECT h.customer_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, h.segment, h.valid_from, h.valid_to
			FROM {segment_rows} h
			WHERE h.segment IS NOT NULL) r) a
	CROSS JOIN LATERAL unnest(a.cells) c
)$$),
-- where there is none each answer needs a fifth less memory
('competitor', 1, '{survey.competitor_score}', 'r.competitor_score'),
('competitor', 9, '{}', 'NULL'),
('invited_day', 1, '{survey.invited_at}', 'cvm.day_of(s.invited_at, {time_zone})'),
('invited_day', 9, '{}', 'NULL::date');

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('survey_score', 1, '{survey}', $$
{survey_cells}
@use segment_timelines
, told AS (
	SELECT m.segment, m.month, m.instrument, m.driver, m.kind, m.as_of, m.answers, m.invited, m.invited_answers, m.promoters, m.passives, m.detractors,
		m.top_two_of_five, m.top_three_of_seven, m.top_two_of_seven, m.bottom_three_of_seven, (m.x / nullif(m.answers, 0))::float8 AS mean,
		(sqrt((m.answers * m.xx - m.x * m.x) / nullif(m.answers * (m.answers - 1::numeric), 0)) / sqrt(nullif(m.answers, 0)))::float8 AS mean_error,
		(m.y / nullif(m.compared, 0))::float8 AS competitor_mean, (m.compared_x / nullif(m.compared, 0))::float8 AS compared_mean
	FROM (
		SELECT x.segment, l.month, l.instrument, l.driver, l.kind, l.as_of,
			coalesce(sum(l.customers) FILTER (WHERE l.is_answered IS NULL), 0)::bigint AS answers,
			sum(l.customers) FILTER (WHERE l.is_answered IS NOT NULL)::bigint AS invited,
			coalesce(sum(l.customers) FILTER (WHERE l.is_answered), 0)::bigint AS invited_answers,
			coalesce(sum(l.customers) FILTER (WHERE l.score >= 9), 0)::bigint AS promoters,
			coalesce(sum(l.customers) FILTER (WHERE l.score >= 7 AND l.score < 9), 0)::bigint AS passives,
			coalesce(sum(l.customers) FILTER (WHERE l.score < 7), 0)::bigint AS detractors,
			coalesce(sum(l.customers) FILTER (WHERE l.score >= 4), 0)::bigint AS top_two_of_five,
			coalesce(sum(l.customers) FILTER (WHERE l.score >= 5), 0)::bigint AS top_three_of_seven,
			coalesce(sum(l.customers) FILTER (WHERE l.score >= 6), 0)::bigint AS top_two_of_seven,
			coalesce(sum(l.customers) FILTER (WHERE l.score <= 3), 0)::bigint AS bottom_three_of_seven,
			sum(l.customers * l.exact_score) AS x, sum(l.customers * l.exact_score * l.exact_score) AS xx,
			sum(l.customers) FILTER (WHERE l.exact_competitor IS NOT NULL) AS compared, sum(l.customers * l.exact_competitor) AS y,
			sum(l.customers * l.exact_score) FILTER (WHERE l.exact_competitor IS NOT NULL) AS compared_x
		FROM (SELECT c.*, c.score::numeric AS exact_score, c.competitor_score::numeric AS exact_competitor FROM cell c OFFSET 0) l
		CROSS JOIN LATERAL (SELECT v.segment FROM (VALUES ('(all)', true), (l.segment, {has_segments})) AS v (segment, is_so) WHERE v.is_so) x
		GROUP BY x.segment, l.month, l.instrument, l.driver, l.kind, l.as_of) m
), scored AS (
	SELECT t.*,
		CASE t.instrument
			WHEN 'nps' THEN 100 * (t.promoters - t.detractors)::float8 / nullif(t.answers, 0)
			WHEN 'csat' THEN t.top_two_of_five::float8 / nullif(t.answers, 0)
			ELSE t.mean END AS score,
		CASE t.instrument
			WHEN 'nps' THEN 100 * sqrt(greatest((t.promoters + t.detractors)::float8 / nullif(t.answers, 0)
				- ((t.promoters - t.detractors)::float8 / nullif(t.answers, 0)) ^ 2, 0)
				/ nullif(t.answers, 0))
			WHEN 'csat' THEN NULL
			ELSE t.mean_error END AS std_error
	FROM told t
), mix AS MATERIALIZED (
	-- how many were in each segment on the last day of the month: who came less who went
	SELECT m.month, e.segment, sum(e.customers) AS customers, sum(sum(e.customers)) OVER (PARTITION BY m.month) AS all_customers
	FROM (
		SELECT DISTINCT t.month, least((t.month + interval '1 month')::date, t.as_of) AS until
		FROM told t
		WHERE lower(t.instrument COLLATE {weighted_instruments_collation}) = ANY ({weighted_instruments_lower})) m
	JOIN (
		SELECT r.segment, d.day, sum(d.came) AS customers
		FROM segment_timeline t
		CROSS JOIN LATERAL cvm._segment_stays(t.timeline, '-infinity', 'infinity') r
		CROSS JOIN LATERAL (VALUES (r.stay_from, 1), (r.stay_to, -1)) AS d (day, came)
		WHERE {weighted_instruments} IS NOT NULL AND r.segment <> '(none)' AND d.day < 'infinity'
		GROUP BY r.segment, d.day) e ON e.day < m.until
	GROUP BY m.month, e.segment
), weighted AS (
	-- as if each segment had answered as often as there are customers in it; one answer says nothing of an error
	SELECT k.month, k.instrument, k.driver, k.kind, (sum((x.customers * k.score)::numeric) / sum(x.customers))::float8 AS score,
		CASE WHEN min(k.answers) > 1 THEN (sqrt(sum(((x.customers
			* CASE k.instrument WHEN 'csat' THEN sqrt(k.score * (1 - k.score) / k.answers) ELSE k.std_error END) ^ 2)::numeric)) / sum(x.customers))::float8
			END AS std_error,
		(sum(x.customers) / max(x.all_customers))::float8 AS share
	FROM scored k
	JOIN mix x ON x.month = k.month AND x.segment = k.segment AND x.customers > 0
	WHERE k.answers > 0 AND lower(k.instrument COLLATE {weighted_instruments_collation}) = ANY ({weighted_instruments_lower})
	GROUP BY k.month, k.instrument, k.driver, k.kind
)
SELECT cvm.row_key(to_char(s.month::timestamp, 'YYYY-MM'), s.segment, s.instrument, s.driver, s.kind) AS row_key,
	s.segment,
	s.month,
	to_char(s.month::timestamp, 'YYYY-MM') AS month_label,
	s.instrument,
	s.driver,
	s.kind,
	s.answers,
	s.score,
	s.std_error,
	CASE WHEN s.instrument = 'csat' THEN w.conf_low ELSE d.conf_low END AS conf_low,
	CASE WHEN s.instrument = 'csat' THEN w.conf_high ELSE d.conf_high END AS conf_high,
	g.score AS weighted_score,
	y.conf_low AS weighted_low,
	y.conf_high AS weighted_high,
	g.share AS weighted_share,
	CASE WHEN s.instrument = 'nps' THEN s.promoters END AS promoters,
	CASE WHEN s.instrument = 'nps' THEN s.passives END AS passives,
	CASE WHEN s.instrument = 'nps' THEN s.detractors END AS detractors,
	CASE WHEN s.instrument = 'csat' THEN s.top_two_of_five END AS satisfied,
	s.mean AS mean_score,
	CASE WHEN s.instrument = 'ces' THEN s.top_three_of_seven::float8 / nullif(s.answers, 0) END AS ces_agree_share,
	CASE WHEN s.instrument = 'ces' THEN s.top_two_of_seven::float8 / nullif(s.answers, 0) END AS ces_top_two_share,
	CASE WHEN s.instrument = 'ces' THEN 100 * (s.top_two_of_seven - s.bottom_three_of_seven)::float8 / nullif(s.answers, 0) END AS ces_index,
	s.competitor_mean,
	s.compared_mean - s.competitor_mean AS value_difference,
	CASE WHEN s.competitor_mean > 0 THEN 100 * s.compared_mean / s.competitor_mean END AS value_ratio,
	s.invited,
	CASE WHEN s.invited > 0 THEN s.invited_answers END AS invited_answers,
	CASE WHEN (s.month + interval '1 month')::date <= s.as_of THEN s.invited_answers / s.invited::float8 END AS response_rate,
	q.conf_low AS response_low,
	q.conf_high AS response_high,
	s.answers >= {min_answers} AS is_enough,
	(s.month + interval '1 month')::date <= s.as_of AS is_complete,
	{time_zone} AS time_zone,
	s.as_of
FROM scored s
CROSS JOIN LATERAL cvm.proportion_interval(s.top_two_of_five, s.answers, {conf}) w
LEFT JOIN LATERAL cvm.proportion_interval(s.invited_answers, s.invited, {conf}) q ON (s.month + interval '1 month')::date <= s.as_of
LEFT JOIN LATERAL (SELECT * FROM cvm.mean_difference(0, 0, s.score, s.std_error, {conf})) d ON s.std_error > 0
LEFT JOIN weighted g ON s.segment = '(all)' AND g.month = s.month AND g.instrument = s.instrument AND g.driver = s.driver AND g.kind = s.kind
LEFT JOIN LATERAL (SELECT * FROM cvm.mean_difference(0, 0, g.score, g.std_error, {conf})) y ON g.std_error > 0$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('survey_score', 1, 'row_key', 'text', 'key', 'month_label|segment|instrument|driver|kind', false, 'One value per row.'),
	('survey_score', 2, 'segment', 'text', 'name', 'segment held on the day of the answer', false,
		'Segment; "(all)" is everybody, "(none)" those who were in no segment.'),
	('survey_score', 3, 'month', 'date', 'date', 'first day of the month', false, 'Month of the answers.'),
	('survey_score', 4, 'month_label', 'text', 'text', 'month as text', false,
		'The month as text, safe from time zones of clients.'),
	('survey_score', 5, 'instrument', 'text', 'name', 'survey.instrument in small letters', false,
		'nps (0 to 10), csat (1 to 5), ces (1 to 7), value, or one of your own.'),
	('survey_score', 6, 'driver', 'text', 'name', 'survey.driver', false,
		'Driver of value that was asked about; "(none)" where none was.'),
	('survey_score', 7, 'kind', 'text', 'name', 'survey.kind in small letters', false,
		'transactional (after something happened) or relational (about the whole), which are not one score; "(none)" where '
		'none was told.'),
	('survey_score', 8, 'answers', 'bigint', 'answers', 'customers with an answer, the last of each in the month',
		true, 'Answers counted.'),
	('survey_score', 9, 'score', 'double precision', 'points',
		'nps: 100 * (promoters - detractors) / answers; csat: satisfied / answers; else the mean', false,
		'The score, in the unit of its instrument.'),
	('survey_score', 10, 'std_error', 'double precision', 'points',
		'nps: 100 * sqrt((p + d - (p - d)^2) / n); csat: none, see its interval; else of the mean', false,
		'Standard error of the score.'),
	('survey_score', 11, 'conf_low', 'double precision', 'points',
		'score less its quantile of the normal; csat: Wilson', false,
		'Lower end of the interval; NULL where answers do not differ.'),
	('survey_score', 12, 'conf_high', 'double precision', 'points',
		'score plus its quantile of the normal; csat: Wilson', false, 'Upper end of the interval.'),
	('survey_score', 13, 'weighted_score', 'double precision', 'points',
		'sum of customers of a segment * its score / sum of these customers, of segments with answers', false,
		'The score of all customers as if each segment had answered as often as it has customers on the last day of the month, '
		'for weighted_instruments; NULL for others and in rows of segments.'),
	('survey_score', 14, 'weighted_low', 'double precision', 'points',
		'weighted_score less its quantile of the normal', false,
		'Lower end of the interval; NULL where a segment has one answer.'),
	('survey_score', 15, 'weighted_high', 'double precision', 'points',
		'weighted_score plus its quantile of the normal', false, 'Upper end of the interval.'),
	('survey_score', 16, 'weighted_share', 'double precision', 'fraction 0..1',
		'customers of segments with answers / customers of all segments', false,
		'Share of the customers for whom it speaks: segments without an answer are not in it.'),
	('survey_score', 17, 'promoters', 'bigint', 'answers', 'nps: scores of 9 and 10', true,
		'Promoters; NULL for other instruments.'),
	('survey_score', 18, 'passives', 'bigint', 'answers', 'nps: scores of 7 and 8', true,
		'Passives; NULL for other instruments.'),
	('survey_score', 19, 'detractors', 'bigint', 'answers', 'nps: scores of 0 to 6', true,
		'Detractors; NULL for other instruments.'),
	('survey_score', 20, 'satisfied', 'bigint', 'answers', 'csat: scores of 4 and 5', true,
		'The two best of five answers; NULL for other instruments.'),
	('survey_score', 21, 'mean_score', 'double precision', 'points', 'mean of the scores', false,
		'Mean of the answers, whatever the instrument.'),
	('survey_score', 22, 'ces_agree_share', 'double precision', 'fraction 0..1', 'ces: scores of 5 to 7 / answers',
		false, 'Share who agree that it was easy.'),
	('survey_score', 23, 'ces_top_two_share', 'double precision', 'fraction 0..1', 'ces: scores of 6 and 7 / answers',
		false, 'Share of the two best answers.'),
	('survey_score', 24, 'ces_index', 'double precision', 'points',
		'ces: 100 * (scores of 6 and 7 - scores of 1 to 3) / answers', false,
		'Customer effort as an index from -100 to 100.'),
	('survey_score', 25, 'competitor_mean', 'double precision', 'points', 'mean of competitor_score', false,
		'What the same customers say of the competitor.'),
	('survey_score', 26, 'value_difference', 'double precision', 'points',
		'mean of the scores that have a competitor_score - competitor_mean', false,
		'Perceived value beside the competitor, as a difference.'),
	('survey_score', 27, 'value_ratio', 'double precision', 'points',
		'100 * mean of the scores that have a competitor_score / competitor_mean', false,
		'The same as a ratio: customer value added, 100 is parity.'),
	('survey_score', 28, 'invited', 'bigint', 'invitations', 'customers with an invited_at in the month', true,
		'Customers who were asked in the month, in the segment of that day; NULL where nobody is known to have been.'),
	('survey_score', 29, 'invited_answers', 'bigint', 'answers', 'invited with an answer before as_of', true,
		'Those of them who answered, in whatever month.'),
	('survey_score', 30, 'response_rate', 'double precision', 'fraction 0..1', 'invited_answers / invited', false,
		'Share of those asked who answered; NULL while the month is not over.'),
	('survey_score', 31, 'response_low', 'double precision', 'fraction 0..1', 'Wilson interval of response_rate', false,
		'Lower end of the interval.'),
	('survey_score', 32, 'response_high', 'double precision', 'fraction 0..1', 'Wilson interval of response_rate', false,
		'Upper end of the interval.'),
	('survey_score', 33, 'is_enough', 'boolean', 'yes or no', 'answers >= setting min_answers', false,
		'Are there enough answers for the score to be shown?'),
	('survey_score', 34, 'is_complete', 'boolean', 'yes or no', 'the month ends before as_of', false,
		'Is the month over?'),
	('survey_score', 35, 'time_zone', 'text', 'name', 'setting of the model', false, 'Time zone in which days begin.'),
	('survey_score', 36, 'as_of', 'date', 'date', 'setting of the model', false, 'First day that is not observed.');
-- whoever was asked in a month may answer later
UPDATE cvm.report_column c SET settles = false
WHERE c.view = 'survey_score' AND c.column_name IN ('invited_answers', 'response_rate', 'response_low', 'response_high');
