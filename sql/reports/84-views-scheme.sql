-- SPDX-License-Identifier: PostgreSQL
-- Report views over segments that are others with more to choose: migration over
-- spans of several periods, and several schemes of segments side by side.

INSERT INTO cvm.report_view (position, view, comment, group_size) VALUES
	(76, 'segment_scheme_kpi',
		'segment_kpi for every scheme of segments: those of segment_history and the columns of customer in setting '
		'segment_schemes. In each scheme the segments are all of the base.',
		'greatest(opening_customers, closing_customers)'),
	(77, 'segment_scheme_migration', 'segment_migration for every scheme of segments.', 'customers');

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment)
SELECT v.view, row_number() OVER (PARTITION BY v.view ORDER BY c.position, c.added), c.column_name, c.type, c.unit,
	coalesce(v.key, c.formula), c.additive, c.comment
FROM (VALUES ('segment_migration_12_months'), ('segment_migration_4_weeks')) AS w (view)
CROSS JOIN LATERAL (
	SELECT k.position, 0 AS added, k.column_name, k.type, k.unit, k.formula, k.additive,
		CASE k.column_name WHEN 'is_complete' THEN 'Is the later end past?'
			ELSE replace(replace(k.comment, 'when the month began', 'at the earlier end'), 'end of the month', 'later end') END AS comment
	FROM cvm.report_column k
	WHERE k.view = 'segment_migration' AND NOT (w.view LIKE '%weeks' AND k.column_name LIKE 'month%')
	UNION ALL
	SELECT 3, 1, 'from_day', 'date', 'date', 'first day after the earlier end', false, 'First day of the span.'
	UNION ALL
	SELECT 3, 2, 'to_day', 'date', 'date', 'first day after the later end', false, 'First day after the span; as_of where that is not past.') c
CROSS JOIN LATERAL (SELECT w.view, CASE WHEN c.column_name = 'row_key' AND w.view LIKE '%weeks' THEN 'from_day|from_segment|to_segment' END AS key) v;

INSERT INTO cvm.report_column (view, position, column_name, type, unit, formula, additive, comment)
SELECT w.view, row_number() OVER (PARTITION BY w.view ORDER BY c.position, c.added), c.column_name, c.type, c.unit, c.formula, c.additive, c.comment
FROM (VALUES ('segment_scheme_kpi', 'segment_kpi'), ('segment_scheme_migration', 'segment_migration')) AS w (view, plain)
CROSS JOIN LATERAL (
	SELECT k.position, 0 AS added, k.column_name, k.type, k.unit, CASE k.column_name WHEN 'row_key' THEN 'scheme|' ELSE '' END
		|| k.formula AS formula, k.additive, k.comment
	FROM cvm.report_column k
	WHERE k.view = w.plain
	UNION ALL
	SELECT 1, 1, 'scheme', 'text', 'name', 'segment_history.scheme, or the column of customer', false,
		'Scheme of segments; "segment": that of a segment_history without schemes; "(none)": without a name.') c;

INSERT INTO cvm.report_footing (view, position, column_name, role, source)
SELECT 'segment_scheme_kpi', f.position, f.column_name, f.role, f.source
FROM cvm.report_footing f
WHERE f.view = 'segment_kpi';

-- The bodies are those of the plain views, once for each scheme, whose rows stand
-- in the place of segment_history.  On Citus, which cannot refer to the scheme from
-- a WITH, a query of each scheme is written down (cvm._fill_schemes).
@define of_scheme
segment_history AS {scheme_kept}(SELECT x.* FROM ({scheme_rows}) x WHERE x.scheme = {scheme_name})
@end
INSERT INTO cvm.report_body (view, preference, needs, body)
SELECT w.view, b.preference, array_replace(b.needs, 'segment_history', 'setting segment_schemes'),
	format($$
SELECT cvm.row_key(n.scheme) || '|' || k.row_key AS row_key, n.scheme, %s
FROM {schemes} AS n (scheme)
CROSS JOIN LATERAL (
WITH
@use of_scheme
SELECT b.* FROM (%s) b) k$$,
		(SELECT string_agg('k.' || c.column_name, ', ' ORDER BY c.position) FROM cvm.report_column c WHERE c.view =
			w.plain AND c.column_name <> 'row_key'), b.body)
FROM (VALUES ('segment_scheme_kpi', 'segment_kpi'), ('segment_scheme_migration', 'segment_migration')) AS w (view, plain)
JOIN cvm.report_body b ON b.view = w.plain;

INSERT INTO cvm.report_list (view, preference, list)
SELECT w.view, l.preference, format($$
SELECT k.*
FROM unnest(ARRAY(SELECT DISTINCT w.scheme FROM wanted w)) AS n (scheme)
CROSS JOIN LATERAL (
WITH
@use of_scheme
, wanted AS (SELECT x.* FROM wanted x WHERE x.scheme = n.scheme)
SELECT l.* FROM (%s) l) k$$, l.list)
FROM (VALUES ('segment_scheme_kpi', 'segment_kpi'), ('segment_scheme_migration', 'segment_migration')) AS w (view, plain)
JOIN cvm.report_list l ON l.view = w.plain;
