-- SPDX-License-Identifier: PostgreSQL
-- What a model has, and what every column means.

CREATE FUNCTION cvm.catalog(model name)
RETURNS TABLE (view text, "exists" boolean, waits_for text, description text, is_stored boolean, reads text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM cvm._open(catalog.model, writes => false);
	RETURN QUERY
	WITH RECURSIVE sick AS (
		SELECT b.entity, b.problem FROM cvm._bound(catalog.model) b WHERE b.problem IS NOT NULL
	), reader AS MATERIALIZED (
		-- which view of the model reads which of its relations
		SELECT DISTINCT v.relname AS relation, e.relname AS source
		FROM pg_class v
		JOIN pg_rewrite r ON r.ev_class = v.oid
		JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
		JOIN pg_class e ON e.oid = d.refobjid AND e.oid <> v.oid AND e.relnamespace = v.relnamespace
		WHERE v.relnamespace = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = catalog.model)
		UNION
		-- and what the tables were filled from that are read in their place
		SELECT t.relation, coalesce(s.entity, r.source)::name
		FROM cvm.stored t
		LEFT JOIN cvm.customer_state s ON s.state = t.relation::text
		LEFT JOIN cvm.report_source r ON r.view = t.relation::text
		WHERE t.model = catalog.model AND cvm._relation(catalog.model, coalesce(s.entity, r.source)::name) IS NOT NULL
	), reach AS (
		SELECT r.relation, r.source FROM reader r
		UNION
		SELECT a.relation, r.source FROM reach a JOIN reader r ON r.relation = a.source
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
		w.relation IN (SELECT u.relation FROM cvm._usable(catalog.model) AS u(relation)),
		(SELECT string_agg(e.entity, ', ' ORDER BY e.position) FROM cvm.entity e JOIN reach a ON a.source = e.entity::name WHERE a.relation = w.relation)
	FROM cvm._wanted(catalog.model) w
	CROSS JOIN LATERAL (
		SELECT cvm._relation(catalog.model, w.relation) IS NOT NULL
			AND EXISTS (SELECT FROM cvm.generated g WHERE g.model = catalog.model AND g.relation = w.relation)) AS here(is_so)
	WHERE w.pos >= 1000
	ORDER BY w.pos;
	-- states are there when they were asked for
	RETURN QUERY
	SELECT s.state, to_regclass(format('%I.%I', t.model, t.relation)) IS NOT NULL, NULL, s.comment,
		t.relation IN (SELECT u.relation FROM cvm._usable(catalog.model) AS u(relation)), NULL
	FROM cvm.stored t
	JOIN cvm.customer_state s ON s.state = t.relation::text
	WHERE t.model = catalog.model
	ORDER BY s.position;
END
$$;
COMMENT ON FUNCTION cvm.catalog(name) IS
	'Every report view of a model: does it exist, and if not, what does it wait for? Is it read from a table? Which '
	'entities does it read, itself or by the views that it is made of, or may it have been made of where it is stored? '
	'States that are stored come last.';

CREATE VIEW cvm.dictionary WITH (security_invoker = true) AS
SELECT c.view, c.column_name AS "column", c.type, c.unit, c.formula, c.additive, c.comment, coalesce(array_to_string(s.dimensions, ', '), '') AS additive_over
FROM cvm.report_column c
JOIN cvm.report_view v USING (view)
LEFT JOIN cvm.report_sum s USING (view, column_name)
ORDER BY v.position, c.position;
COMMENT ON VIEW cvm.dictionary IS
	'Every column of every report view: what it means, its unit, its formula and whether it may be summed.';
COMMENT ON COLUMN cvm.dictionary.view IS 'Report view.';
COMMENT ON COLUMN cvm.dictionary."column" IS 'Column of the view.';
COMMENT ON COLUMN cvm.dictionary.type IS 'Its type.';
COMMENT ON COLUMN cvm.dictionary.unit IS 'Its unit.';
COMMENT ON COLUMN cvm.dictionary.formula IS 'How it is computed.';
COMMENT ON COLUMN cvm.dictionary.additive IS 'May it be summed over segments (leaving out "(all)") and cohorts?';
COMMENT ON COLUMN cvm.dictionary.comment IS 'What it means.';
COMMENT ON COLUMN cvm.dictionary.additive_over IS
	'Over which dimensions it may be summed, without "(all)", for one value of each of the others; empty where a sum may '
	'count something twice.';
GRANT SELECT ON cvm.dictionary TO PUBLIC;
