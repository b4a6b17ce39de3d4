-- SPDX-License-Identifier: PostgreSQL
-- Report view over benchmarks: where what is measured alike stands among others.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(162, 'benchmark_comparison',
		'Bands of what others reach, beside the last whole month of the column that is defined as they are; what is '
		'defined otherwise is not compared, and says so.', '');

INSERT INTO cvm.report_body (view, preference, needs, body) VALUES
('benchmark_comparison', 1, '{benchmark}', $$
WITH observed AS MATERIALIZED (
	SELECT coalesce({as_of}, cvm.day_of(now(), {time_zone})) AS as_of
), {measured}
, band AS (
	SELECT b.*, lower(b.metric) AS name,
		row_number() OVER (PARTITION BY b.metric, b.definition, b.source, b.as_of ORDER BY b.low, b.middle, b.high) AS no
	FROM benchmark b
	WHERE b.metric IS NOT NULL AND b.definition IS NOT NULL AND b.source IS NOT NULL AND b.as_of IS NOT NULL
), own AS (
	-- one way to measure it, whatever driver was asked about
	SELECT DISTINCT ON (m.metric) m.metric, m.definition
	FROM measured m
	ORDER BY m.metric, m.definition
), last AS (
	SELECT DISTINCT ON (m.metric, m.definition) m.metric, m.definition, m.month, m.hits, m.n, m.value, m.std_error, m.better
	FROM measured m
	WHERE m.driver = '(none)'
	ORDER BY m.metric, m.definition, m.month DESC
), told AS (
	SELECT b.metric, b.definition, b.source, b.as_of AS published_on, b.low, b.middle, b.high, b.no, w.definition AS own_definition, l.month, l.value, l.better,
		coalesce(p.conf_low, d.conf_low) AS conf_low, coalesce(p.conf_high, d.conf_high) AS conf_high, o.as_of
	FROM band b
	CROSS JOIN observed o
	LEFT JOIN own w ON w.metric = b.name
	LEFT JOIN last l ON l.metric = b.name AND l.definition = b.definition
	LEFT JOIN LATERAL (SELECT * FROM cvm.proportion_interval(l.hits, l.n, {conf})) p ON l.n > 0
	LEFT JOIN LATERAL (SELECT * FROM cvm.mean_difference(0, 0, l.value, l.std_error, {conf})) d ON l.std_error > 0
)
SELECT cvm.row_key(t.metric, t.definition, t.source, to_char(t.published_on::timestamp, 'YYYY-MM-DD'), t.no::text) AS row_key,
	t.metric,
	t.definition,
	t.own_definition,
	t.source,
	t.published_on,
	t.low,
	t.middle,
	t.high,
	t.month,
	t.value,
	t.conf_low,
	t.conf_high,
	t.value - t.middle AS gap,
	CASE WHEN t.value IS NULL OR t.middle IS NULL THEN NULL
		WHEN t.value < t.low THEN 'below low'
		WHEN t.value < t.middle THEN 'low to middle'
		WHEN t.value <= t.high THEN 'middle to high'
		WHEN t.value > t.high THEN 'above high'
		ELSE 'above middle' END AS band,
	t.better,
	CASE WHEN t.own_definition IS NULL THEN 'not_measured'
		WHEN t.own_definition <> t.definition THEN 'other_definition'
		WHEN t.value IS NULL OR t.middle IS NULL THEN 'no_data'
		WHEN coalesce(t.conf_low, t.value) > t.middle THEN CASE t.better WHEN 'higher' THEN 'better' ELSE 'worse' END
		WHEN coalesce(t.conf_high, t.value) < t.middle THEN CASE t.better WHEN 'higher' THEN 'worse' ELSE 'better' END
		ELSE 'alike' END AS verdict,
	CASE WHEN t.own_definition IS NULL THEN format('no view of this model measures %s', t.metric)
		WHEN t.own_definition <> t.definition THEN format('%s is defined as %s there, and as %s here: not compared', t.metric, t.definition, t.own_definition)
		WHEN t.value IS NULL THEN format('%s has no whole month', t.own_definition)
		WHEN t.middle IS NULL THEN 'the benchmark has no middle' END AS reason,
	t.as_of
FROM told t$$);

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment) VALUES
	('benchmark_comparison', 1, 'row_key', 'text', 'key', 'metric|definition|source|published_on|number of the row', false, 'One value per row.'),
	('benchmark_comparison', 2, 'metric', 'text', 'name', 'benchmark.metric', false, 'What is compared.'),
	('benchmark_comparison', 3, 'definition', 'text', 'name', 'benchmark.definition', false, 'What others measured.'),
	('benchmark_comparison', 4, 'own_definition', 'text', 'name', 'view and column that measure it', false,
		'What is measured here; NULL: nothing of that name.'),
	('benchmark_comparison', 5, 'source', 'text', 'name', 'benchmark.source', false, 'Where the benchmark is from.'),
	('benchmark_comparison', 6, 'published_on', 'date', 'date', 'benchmark.as_of', false, 'First day that the benchmark does not cover.'),
	('benchmark_comparison', 7, 'low', 'double precision', 'unit of the metric', 'benchmark.low', false, 'Low end of the band.'),
	('benchmark_comparison', 8, 'middle', 'double precision', 'unit of the metric', 'benchmark.middle', false, 'Middle of the band.'),
	('benchmark_comparison', 9, 'high', 'double precision', 'unit of the metric', 'benchmark.high', false, 'High end of the band.'),
	('benchmark_comparison', 10, 'month', 'date', 'date', 'last whole month of own_definition', false, 'Month of value.'),
	('benchmark_comparison', 11, 'value', 'double precision', 'unit of the metric', 'own_definition in that month, of all customers', false,
		'What is measured here; NULL where it is defined otherwise.'),
	('benchmark_comparison', 12, 'conf_low', 'double precision', 'unit of the metric', 'lower limit at conf', false,
		'Lower limit of value; NULL: a metric without one.'),
	('benchmark_comparison', 13, 'conf_high', 'double precision', 'unit of the metric', 'upper limit at conf', false, 'Upper limit of value.'),
	('benchmark_comparison', 14, 'gap', 'double precision', 'unit of the metric', 'value - middle', false, 'How far from the middle.'),
	('benchmark_comparison', 15, 'band', 'text', 'word', 'value beside low, middle and high', false,
		'below low, low to middle, middle to high, above high; above middle where there is no high.'),
	('benchmark_comparison', 16, 'better', 'text', 'word', 'direction of the metric', false, 'higher or lower: which is better.'),
	('benchmark_comparison', 17, 'verdict', 'text', 'word', 'limits of value beside middle', false,
		'better or worse than the middle beyond chance, alike; or not compared: not_measured, other_definition, no_data.'),
	('benchmark_comparison', 18, 'reason', 'text', 'text', 'why it is not compared', false, 'Why it is not compared; NULL: it is.'),
	('benchmark_comparison', 19, 'as_of', 'date', 'date', 'setting of the model; today where that is "data"', false,
		'First day that is not observed.');
