-- SPDX-License-Identifier: PostgreSQL
-- What a model keeps: registry.
--
-- A model keeps states of its customers (customer_activity), reports, or
-- nothing.  What it keeps are ordinary tables of its schema; that it does, and
-- how they are brought up to date, are rows here.

CREATE TABLE cvm.customer_state (
	state text PRIMARY KEY,
	position int NOT NULL UNIQUE,
	entity text NOT NULL,
	column_name name NOT NULL,
	type text NOT NULL,
	fold text NOT NULL,
	whole text,
	whole_rows text,
	last_day text NOT NULL,
	tally text NOT NULL,
	comment text NOT NULL
);
COMMENT ON TABLE cvm.customer_state IS
	'Per-customer states that cvm.store() can keep. A further kind is a further row.';
COMMENT ON COLUMN cvm.customer_state.entity IS 'Canonical relation whose rows are folded; e in the fold.';
COMMENT ON COLUMN cvm.customer_state.column_name IS 'Column of the table that holds the state.';
COMMENT ON COLUMN cvm.customer_state.fold IS
	'The aggregate, over columns of e, with {setting} for settings of the model.';
COMMENT ON COLUMN cvm.customer_state.whole IS
	'Aggregate over columns of e that gathers all customers at once, faster than GROUP BY, and answers with a ticket. NULL: there '
	'is none.';
COMMENT ON COLUMN cvm.customer_state.whole_rows IS 'Function that makes rows of a customer and a state out of that ticket.';
COMMENT ON COLUMN cvm.customer_state.last_day IS 'Expression for the last day that a state has seen; %s is the state.';
COMMENT ON COLUMN cvm.customer_state.tally IS
	'Query for what a state holds before a day, as rows (day, what, rows, value) that can be compared: %1$s is the '
	'state, %2$s the day.';

CREATE TABLE cvm.stored (
	model name NOT NULL,
	relation name NOT NULL,
	mode text NOT NULL DEFAULT 'full' CHECK (mode IN ('full', 'watermark', 'queue', 'scan')),
	watermark_column name CHECK ((mode = 'watermark') = (watermark_column IS NOT NULL)),
	overlap text,
	max_staleness interval NOT NULL DEFAULT '26 hours' CHECK (max_staleness > '0'),
	watermark text,
	made_of text,
	source_print text,
	queue_schema name,
	queue_name name,
	has_parts boolean NOT NULL DEFAULT false,
	refreshed_at timestamptz,
	data_through date,
	row_count bigint,
	PRIMARY KEY (model, relation)
);
COMMENT ON TABLE cvm.stored IS
	'What each model keeps in tables, and up to when. Written together with the tables, so that it is never ahead of '
	'them.';
COMMENT ON COLUMN cvm.stored.relation IS
	'A state such as customer_activity, which is the name of its table too, or a report view, kept in VIEW_stored.';
COMMENT ON COLUMN cvm.stored.mode IS 'How customers who changed are found: full, watermark, queue or scan.';
COMMENT ON COLUMN cvm.stored.overlap IS 'How far behind the watermark rows are looked at again.';
COMMENT ON COLUMN cvm.stored.has_parts IS 'Is there a table STATE_part with the states of each part of the source?';
COMMENT ON COLUMN cvm.stored.made_of IS
	'Digest of the settings and the binding that went into the states. Views read states only while it is what it '
	'was.';
COMMENT ON COLUMN cvm.stored.source_print IS
	'Digest of the source itself: another table of the same name, or a column of another type, is folded from the '
	'beginning.';

CREATE TABLE cvm.source_part (
	part_no bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
	model name NOT NULL,
	relation name NOT NULL,
	part text NOT NULL,
	fingerprint text NOT NULL,
	PRIMARY KEY (model, relation, part)
);
COMMENT ON TABLE cvm.source_part IS
	'Partitions of the sources that are scanned, as they were when they were last folded.';
COMMENT ON COLUMN cvm.source_part.part IS 'Name of the partition.';
COMMENT ON COLUMN cvm.source_part.fingerprint IS
	'Number of rows and a sum over them that no change leaves as it was: see cvm._scan().';

CREATE TABLE cvm.refresh_log (
	refresh_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	model name NOT NULL,
	relation name NOT NULL,
	called_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	finished_at timestamptz,
	role name NOT NULL DEFAULT current_user,
	mode text,
	rows_written bigint,
	rows_removed bigint,
	rows_restated bigint,
	data_through date,
	error text
);
COMMENT ON TABLE cvm.refresh_log IS
	'One row per attempt to bring a table up to date. An attempt without an end is still running or was cut off: see '
	'cvm.freshness.';
COMMENT ON COLUMN cvm.refresh_log.called_at IS
	'When the refresh was called that this attempt is part of: the same for all that one call refreshed.';
COMMENT ON COLUMN cvm.refresh_log.mode IS
	'How it was done: full, watermark, queue, scan, or skipped because another job was at it.';
COMMENT ON COLUMN cvm.refresh_log.rows_restated IS
	'What changed in closed months: cells (cvm.restatement), or days and spells of customers (the restatement table '
	'of the state).';
CREATE INDEX ON cvm.refresh_log (model, relation, refresh_id);

CREATE TABLE cvm.restatement (
	refresh_id bigint NOT NULL,
	model name NOT NULL,
	relation name NOT NULL,
	row_key text NOT NULL,
	period date NOT NULL,
	column_name name NOT NULL,
	old_value numeric,
	new_value numeric,
	change numeric GENERATED ALWAYS AS (coalesce(new_value, 0) - coalesce(old_value, 0)) STORED,
	noticed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (model, relation, refresh_id, row_key, column_name)
);
COMMENT ON TABLE cvm.restatement IS
	'Cells of stored reports that changed although their period was closed when they were stored.';
COMMENT ON COLUMN cvm.restatement.period IS 'First day of the closed period.';
COMMENT ON COLUMN cvm.restatement.old_value IS
	'Value as it was stored; NULL when it had none, or the row did not exist.';
COMMENT ON COLUMN cvm.restatement.new_value IS 'Value now; NULL when it has none, or the row is gone.';

CREATE TABLE cvm.reader (
	model name NOT NULL,
	role name NOT NULL,
	PRIMARY KEY (model, role)
);
COMMENT ON TABLE cvm.reader IS
	'Roles that may read what a model shows now and what it will show: see cvm.grant_reader().';

SELECT pg_catalog.pg_extension_config_dump('cvm.stored', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.source_part', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.source_part_part_no_seq', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.refresh_log', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.refresh_log_refresh_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.restatement', '');
SELECT pg_catalog.pg_extension_config_dump('cvm.reader', '');
ALTER TABLE cvm.stored OWNER TO @extowner@;
ALTER TABLE cvm.source_part OWNER TO @extowner@;
ALTER TABLE cvm.refresh_log OWNER TO @extowner@;
ALTER TABLE cvm.restatement OWNER TO @extowner@;
ALTER TABLE cvm.reader OWNER TO @extowner@;

ALTER TABLE cvm.stored ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.source_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.refresh_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.restatement ENABLE ROW LEVEL SECURITY;
ALTER TABLE cvm.reader ENABLE ROW LEVEL SECURITY;

-- the policy of cvm.model decides for these too
@use members stored
@use members source_part
@use members refresh_log
@use members restatement
@use members reader
-- whoever reads the numbers may see how old they are
CREATE POLICY readers ON cvm.stored FOR SELECT
	USING (EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname = stored.model AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')));

GRANT SELECT ON cvm.customer_state TO PUBLIC;
GRANT SELECT ON cvm.stored, cvm.source_part, cvm.refresh_log, cvm.restatement, cvm.reader TO PUBLIC;

CREATE FUNCTION cvm._digests(model name, VARIADIC relations text[] DEFAULT NULL)
RETURNS TABLE (relation text, made_of text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	literals jsonb := cvm._literals(_digests.model);
	of_literals text := md5(literals::text);
BEGIN
	-- of data in the registry only: it can be told when the source is gone
	RETURN QUERY
	WITH bound AS MATERIALIZED (
		SELECT b.entity, md5(concat_ws('|', b.entity, b.source_schema, b.source_name, b.columns::text)) AS digest
		FROM cvm.binding b
		WHERE b.model = _digests.model
	)
	SELECT s.state, md5(concat_ws('|', cvm._fill(s.fold, literals), b.digest, a.digest))
	FROM cvm.customer_state s
	JOIN bound b ON b.entity = s.entity
	LEFT JOIN bound a ON a.entity = 'customer_alias'
	WHERE _digests.relations IS NULL OR s.state = ANY (_digests.relations)
	UNION ALL
	SELECT r.view, md5(of_literals || string_agg(DISTINCT coalesce(b.digest, r.source), E'\n')
		|| coalesce((SELECT a.digest FROM bound a WHERE a.entity = 'customer_alias'), ''))
	FROM cvm.report_source r
	LEFT JOIN bound b ON b.entity = r.source
	WHERE _digests.relations IS NULL OR r.view = ANY (_digests.relations)
	GROUP BY r.view;
END
$$;
COMMENT ON FUNCTION cvm._digests(name, text[]) IS
	'Digest of the settings and bindings that go into each of these states and reports, or into each there is; no row '
	'for a state while its entity is not bound.';

CREATE FUNCTION cvm._usable(model name, view text DEFAULT NULL) RETURNS SETOF name
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN QUERY
	SELECT t.relation
	FROM cvm.stored t
	JOIN cvm._digests(_usable.model, VARIADIC CASE WHEN _usable.view IS NOT NULL
		THEN ARRAY(SELECT k.state FROM cvm.customer_state k) || _usable.view END) d ON d.relation = t.relation::text AND d.made_of = t.made_of
	LEFT JOIN cvm.customer_state s ON s.state = t.relation::text
	JOIN cvm.model m ON m.model = t.model
	JOIN pg_roles r ON r.rolname = m.owner
	JOIN pg_namespace n ON n.nspname = t.model
	-- a table that another role put there instead is not it
	JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p') AND c.relowner = r.oid
		AND c.relname = (t.relation::text || CASE WHEN s.state IS NULL THEN '_stored' ELSE '' END)::name
	WHERE t.model = _usable.model AND t.refreshed_at IS NOT NULL;
END
$$;
COMMENT ON FUNCTION cvm._usable(name, text) IS
	'What a model keeps, of reports all or one, that its settings and bindings still ask for: views read this, and the '
	'source in place of the rest.';
