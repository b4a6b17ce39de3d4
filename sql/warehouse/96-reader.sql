-- SPDX-License-Identifier: PostgreSQL
-- Readers: dashboards and the people behind them.
--
-- A reader needs no right on the source: it gets the schema, the report views,
-- and the tables of those that are stored.  Views that are not stored read the
-- source with the reader's own rights, as everything in a model does.

-- How many customers a row of the other reports is about; '' where it is about
-- none, or shows what another report shows already: the scorecard is made of
-- segment_kpi as it is shown.  Where nothing is said, rows are about single
-- customers, and are granted by hand.
UPDATE cvm.report_view v SET group_size = s.size
FROM (VALUES
	('cannibalization', 'customers'),
	('cannibalization_sensitivity', 'matured_entries'),
	('cannibalization_matrix', 'entries'),
	('recycled_acquisition_channel', 'gross_adds'),
	('price_book_gap', 'lines'),
	('migration_value', 'customers'),
	('segment_kpi', 'greatest(opening_customers, closing_customers)'),
	('segment_migration', 'customers'),
	('segment_cost',
		'((SELECT jsonb_object_agg(k.row_key, greatest(k.opening_customers, k.closing_customers)) FROM segment_kpi '
		'k) ->> cvm.row_key(b.segment, b.month_label))::bigint'),
	('segment_scorecard', ''),
	('segment_shift', 'least(from_customers, to_customers)'),
	('phase_flow', 'customers'),
	('value_decile', 'customers'),
	('owner_gap', ''), ('owner_conflict', ''), ('owner_stale', ''), ('concentration', ''), ('flavor', '')) AS s (view,
		size)
WHERE v.view = s.view AND v.group_size IS NULL;

CREATE FUNCTION cvm._grant_readers(model name, view text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	g record;
BEGIN
	FOR g IN
		SELECT r.role, k.relation
		FROM cvm.reader r
		JOIN pg_roles p ON p.rolname = r.role
		CROSS JOIN LATERAL (
			SELECT v.view, format('%I.%I', r.model, x.relation) AS relation FROM cvm.generated x
			JOIN cvm.report_view v ON v.view = x.relation::text
			WHERE x.model = r.model AND v.group_size IS NOT NULL AND cvm._relation(x.model, x.relation) IS NOT NULL
			UNION ALL
			SELECT v.view, cvm._table(t.model, t.relation) FROM cvm.stored t
			JOIN cvm.report_view v ON v.view = t.relation::text
			WHERE t.model = r.model AND v.group_size IS NOT NULL
				AND t.relation IN (SELECT u.relation FROM cvm._usable(_grant_readers.model, _grant_readers.view) AS u(relation))) k
		WHERE r.model = _grant_readers.model AND (_grant_readers.view IS NULL OR _grant_readers.view = k.view)
			AND NOT has_table_privilege(p.oid, to_regclass(k.relation), 'SELECT')
	LOOP
		EXECUTE format('GRANT SELECT ON %s TO %I', g.relation, g.role);
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm._grant_readers(name, text) IS 'Gives the readers of a model, of all its reports or of one, what they do not have yet.';

CREATE FUNCTION cvm.grant_reader(model name, role name)
RETURNS TABLE (view text, can_read boolean, needs text)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM cvm._open(grant_reader.model);
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = grant_reader.role) THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object',
			MESSAGE = format('role %s does not exist', coalesce('"' || grant_reader.role || '"', 'NULL')),
			HINT = 'Make it with CREATE ROLE; cvm makes no roles.';
	END IF;
	EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', grant_reader.model, grant_reader.role);
	PERFORM cvm._register(grant_reader.model, 'insert', 'reader', jsonb_build_object('role', grant_reader.role));
	PERFORM cvm._grant_readers(grant_reader.model);
	RETURN QUERY
	SELECT v.view, v.group_size IS NOT NULL AND t.relation IS NOT NULL,
		CASE
			WHEN v.group_size IS NULL THEN 'GRANT SELECT by hand: it may tell on single customers'
			WHEN t.relation IS NULL THEN format('SELECT cvm.store(%L, %L); or rights on the source', grant_reader.model, v.view) END
	FROM cvm.generated g
	JOIN cvm.report_view v ON v.view = g.relation::text
	LEFT JOIN cvm.stored t ON t.model = g.model AND t.relation = g.relation
	WHERE g.model = grant_reader.model
	ORDER BY v.position;
END
$$;
COMMENT ON FUNCTION cvm.grant_reader(name, name) IS
	'Lets a role read the reports of a model, those that come later too, and nothing else; says which of them it can '
	'read and what the others need.';

CREATE FUNCTION cvm.revoke_reader(model name, role name) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	g record;
BEGIN
	PERFORM cvm._open(revoke_reader.model);
	PERFORM cvm._register(revoke_reader.model, 'delete', 'reader', jsonb_build_object('role', revoke_reader.role));
	IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = revoke_reader.role) THEN
		RETURN;
	END IF;
	FOR g IN
		SELECT format('%I.%I', x.model, x.relation) AS relation FROM cvm.generated x
		WHERE x.model = revoke_reader.model AND cvm._relation(x.model, x.relation) IS NOT NULL
		UNION ALL
		SELECT cvm._table(t.model, t.relation) FROM cvm.stored t
		WHERE t.model = revoke_reader.model AND to_regclass(cvm._table(t.model, t.relation)) IS NOT NULL
	LOOP
		EXECUTE format('REVOKE ALL ON %s FROM %I', g.relation, revoke_reader.role);
	END LOOP;
	EXECUTE format('REVOKE USAGE ON SCHEMA %I FROM %I', revoke_reader.model, revoke_reader.role);
END
$$;
COMMENT ON FUNCTION cvm.revoke_reader(name, name) IS 'Takes from a role what cvm.grant_reader() gave it.';
