-- SPDX-License-Identifier: PostgreSQL
-- The scan: a source that tells nothing is compared, partition by partition,
-- with what it was.
--
-- Per partition the model keeps a fingerprint and one state per customer.  A
-- refresh reads every partition for its fingerprint, folds again those whose
-- fingerprint is another one, and adds up the states of the customers for whom
-- that made a difference: the rest of their past is read from the states.
--
-- A fingerprint need not look into the rows of a table: a version of a row is
-- known by where it lies and by the transaction that wrote it, and neither is
-- used twice together in four thousand million transactions.  Of foreign
-- tables it is made of what the rows say.

CREATE FUNCTION cvm._part_table(model name, state text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT format('%I.%I', $1, $2 || '_part') $$;
COMMENT ON FUNCTION cvm._part_table(name, text) IS 'The table in which a scanned state is kept part by part.';

CREATE FUNCTION cvm._tend_parts(model name, state text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owner name := (SELECT m.owner FROM cvm.model m WHERE m.model = _tend_parts.model);
	target text := cvm._part_table(_tend_parts.model, _tend_parts.state);
	customers regclass := to_regclass(cvm._table(_tend_parts.model, _tend_parts.state::name));
	kind cvm.customer_state;
	kept cvm.stored;
BEGIN
	SELECT s.* INTO kind FROM cvm.customer_state s WHERE s.state = _tend_parts.state;
	SELECT t.* INTO kept FROM cvm.stored t WHERE t.model = _tend_parts.model AND t.relation = _tend_parts.state::name;
	IF kept.mode IS DISTINCT FROM 'scan' THEN
		PERFORM cvm._drop_parts(_tend_parts.model, _tend_parts.state);
		RETURN false;
	ELSIF kept.has_parts AND to_regclass(target) IS NOT NULL THEN
		PERFORM cvm._expect_own(_tend_parts.model, to_regclass(target));
		RETURN true;
	END IF;

	-- fails where the name is taken
	EXECUTE format('CREATE TABLE %s (part_no bigint, customer_id %s, %I %s NOT NULL, PRIMARY KEY (part_no, customer_id))', target,
		(SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = customers AND a.attname = 'customer_id'), kind.column_name, kind.type);
	EXECUTE format('COMMENT ON TABLE %s IS %L', target,
		format('One row per part of the source and customer: what adds up to %s.%s.', _tend_parts.model, _tend_parts.state));
	EXECUTE format('COMMENT ON COLUMN %s.part_no IS %L', target, 'Part of the source: cvm.source_part.');
	EXECUTE format('COMMENT ON COLUMN %s.customer_id IS %L', target, 'Who the customer is.');
	EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', target, kind.column_name, format('State of type %s, of the rows in this part.', kind.type));
	IF owner <> current_user THEN
		EXECUTE format('ALTER TABLE %s OWNER TO %I', target, owner);
	END IF;
	PERFORM cvm._register(_tend_parts.model, 'delete', 'source_part', jsonb_build_object('relation', _tend_parts.state));
	PERFORM cvm._register(_tend_parts.model, 'update', 'stored',
		jsonb_build_object('relation', _tend_parts.state, 'has_parts', true));
	RETURN false;
END
$$;
COMMENT ON FUNCTION cvm._tend_parts(name, text) IS
	'Makes the table of parts of a state that is scanned, drops that of one that no longer is; were there parts '
	'already that can be compared with?';

CREATE FUNCTION cvm._drop_parts(model name, state text) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = _drop_parts.model AND t.relation = _drop_parts.state::name AND t.has_parts) THEN
		RETURN;
	END IF;
	PERFORM cvm._register(_drop_parts.model, 'update', 'stored',
		jsonb_build_object('relation', _drop_parts.state, 'has_parts', false));
	IF cvm._is_kept(_drop_parts.model, to_regclass(cvm._part_table(_drop_parts.model, _drop_parts.state))) THEN
		EXECUTE format('DROP TABLE %s', cvm._part_table(_drop_parts.model, _drop_parts.state));
	END IF;
	PERFORM cvm._register(_drop_parts.model, 'delete', 'source_part', jsonb_build_object('relation', _drop_parts.state));
END
$$;
COMMENT ON FUNCTION cvm._drop_parts(name, text) IS
	'Takes the table of parts of a state away, and what is known of the parts.';

CREATE FUNCTION cvm._expect_own(model name, relation regclass) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	IF NOT EXISTS (
		SELECT FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner JOIN cvm.model m ON m.owner = r.rolname
		WHERE c.oid = relation AND c.relkind IN ('r', 'p') AND m.model = _expect_own.model)
	THEN
		RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s exists and was not made by cvm', relation),
			HINT = 'The name is one that the model needs, and its owner is another role. Rename it or move it to another schema.';
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._expect_own(name, regclass) IS
	'Raises when a table that a model would write into belongs to somebody else.';

CREATE FUNCTION cvm._leaves(source oid) RETURNS SETOF oid
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE tree AS (
		SELECT $1 AS relation
		UNION ALL
		SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relation
	)
	SELECT DISTINCT t.relation
	FROM tree t
	JOIN pg_class c ON c.oid = t.relation
	WHERE c.relkind <> 'p';
$$;
COMMENT ON FUNCTION cvm._leaves(oid) IS
	'The tables that hold the rows of a partitioned table, or of one that others inherit from.';

CREATE FUNCTION cvm._check_scan(source oid) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = source AND c.relkind = 'p') AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = source) THEN
		RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
			MESSAGE = format('%s has no partitions, and mode "scan" goes by partitions', source::regclass),
			HINT = 'Take mode => ''full'', which reads such a table once and is as fast, or ''queue'' or ''watermark''.';
	ELSIF row_security_active(source) THEN
		RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
			MESSAGE = format('mode "scan" would read past the row-level security of %s', source::regclass),
			HINT = 'Refresh as a role that sees every row, or store it in another mode.';
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._check_scan(oid) IS 'Raises when a source cannot be scanned partition by partition.';

CREATE FUNCTION cvm._scan(source oid, columns jsonb, OUT seen text, OUT marked_rows text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	version text := 'hashtidextended(s.ctid, s.xmin::text::bigint)';
	content text;
	-- the words of an enum can change without its rows
	has_enums boolean;
BEGIN
	PERFORM cvm._check_scan(source);
	SELECT format('hashtextextended(ROW(%s)::text, 0)', string_agg(c.c ->> 'expression', ', ' ORDER BY c.n) FILTER (WHERE c.c ->> 'source' IS NOT NULL))
	INTO content
	FROM jsonb_array_elements(columns) WITH ORDINALITY AS c (c, n);
	SELECT coalesce(bool_or(t.typtype = 'e'), false) INTO has_enums
	FROM jsonb_array_elements(columns) c
	JOIN pg_attribute a ON a.attrelid = source AND a.attname::text = c ->> 'source'
	JOIN pg_type t ON t.oid = cvm._base_type(a.atttypid);

	-- a part that is not marked is not read: its condition holds no column
	SELECT string_agg(format('SELECT %L, %L || count(*) || '':'' || coalesce(sum(%s), 0) FROM ONLY %s s', l.relation::regclass, k.file,
			CASE WHEN k.has_versions AND NOT has_enums THEN version ELSE content END, l.relation::regclass), ' UNION ALL '),
		string_agg(cvm._canonical_query(columns, format('ONLY %s', l.relation::regclass),
			concat_ws(' AND ', format('(SELECT EXISTS (SELECT FROM marked m WHERE m.part = %L))', l.relation::regclass), cvm._undeleted(columns)),
			also => format('(SELECT m.part_no FROM marked m WHERE m.part = %L) AS part_no, ', l.relation::regclass)), ' UNION ALL ')
	INTO seen, marked_rows
	FROM cvm._leaves(source) AS l (relation)
	CROSS JOIN LATERAL cvm._part_file(l.relation) k;
	seen := coalesce(seen, 'SELECT NULL::text, NULL::text WHERE false');
	marked_rows := coalesce(marked_rows, cvm._canonical_query(columns, source::regclass::text, cvm._undeleted(columns), also => 'NULL::bigint AS part_no, '));
END
$$;
COMMENT ON FUNCTION cvm._scan(oid, jsonb) IS
	'Two queries over a source: the partitions with their fingerprints, and the rows of those that are marked.';

CREATE FUNCTION cvm._part_file(relation oid, OUT file text, OUT has_versions boolean)
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	-- a file that was written anew, and rows under other rights, are other rows
	SELECT CASE WHEN v.has_versions THEN format('%s/%s:', c.oid, pg_relation_filenode(c.oid)) ELSE '' END, v.has_versions
	FROM pg_class c
	LEFT JOIN pg_am a ON a.oid = c.relam
	CROSS JOIN LATERAL (SELECT c.relkind IN ('r', 'm') AND a.amname IS NOT DISTINCT FROM 'heap' AND has_table_privilege(c.oid, 'SELECT')) AS v (has_versions)
	WHERE c.oid = $1;
$$;
COMMENT ON FUNCTION cvm._part_file(oid) IS
	'Whether the rows of a relation have versions that can be told apart, and which file they are in.';
