-- SPDX-License-Identifier: PostgreSQL
-- What each report view is made of, followed once through its bodies, its list
-- and their parts: composing one view looks at nothing else.

CREATE TABLE cvm.report_use (
	view text REFERENCES cvm.report_view,
	part text,
	PRIMARY KEY (view, part)
);
COMMENT ON TABLE cvm.report_use IS 'The parts that a report view or the list of its customers uses, or these use.';

INSERT INTO cvm.report_use (view, part)
WITH RECURSIVE used AS (
	SELECT b.view, u.name
	FROM (
		SELECT r.view, r.names FROM cvm.report_body r
		UNION ALL
		SELECT l.view, cvm._names_in(l.list) FROM cvm.report_list l) b
	CROSS JOIN LATERAL unnest(b.names) AS u (name)
	UNION
	SELECT w.view, u.name
	FROM used w
	JOIN cvm.report_part p ON p.part = w.name
	CROSS JOIN LATERAL unnest(p.names) AS u (name)
)
SELECT w.view, w.name FROM used w WHERE EXISTS (SELECT FROM cvm.report_part p WHERE p.part = w.name);

CREATE TABLE cvm.report_source (
	view text REFERENCES cvm.report_view,
	source text,
	PRIMARY KEY (view, source)
);
COMMENT ON TABLE cvm.report_source IS 'What a report view, or the list of its customers, may read by any of its bodies and parts.';
COMMENT ON COLUMN cvm.report_source.source IS 'An entity, a state that can be kept, or another need.';

INSERT INTO cvm.report_source (view, source)
SELECT n.view, split_part(u.need, '.', 1)
FROM (
	SELECT r.view, r.needs FROM cvm.report_body r
	UNION ALL
	SELECT w.view, p.needs FROM cvm.report_use w JOIN cvm.report_part p USING (part)) n
CROSS JOIN LATERAL unnest(n.needs) AS u (need)
GROUP BY 1, 2;

-- Measured with Citus 13.2.2: scripts/check-citus
INSERT INTO cvm.report_gather (view, what, reason, if_says) VALUES
	('segment_scheme_kpi', 'view', 'schemes that no setting names: a WITH for each scheme cannot refer to the scheme there', '_gathered_schemes'),
	('segment_scheme_migration', 'view', 'schemes that no setting names: a WITH for each scheme cannot refer to the scheme there', '_gathered_schemes'),
	('segment_scheme_kpi', 'list', 'a WITH for each scheme cannot refer to the scheme there', ''),
	('segment_scheme_migration', 'list', 'a WITH for each scheme cannot refer to the scheme there', ''),
	('segment_kpi', 'list', 'everybody, or who ever was in the segment', '');

GRANT SELECT ON cvm.report_use, cvm.report_source TO PUBLIC;
