-- SPDX-License-Identifier: PostgreSQL
-- The customers behind a figure of a report view.

CREATE FUNCTION cvm._list(model name, view text, as_of date) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	have text[];
	literals jsonb;
BEGIN
	SELECT c.have, c.literals INTO have, literals FROM cvm._composing(_list.model, _list.as_of) c;
	-- as cvm._wanted() chooses the body
	RETURN (
		SELECT cvm._fill(l.list, literals)
		FROM (
			SELECT rb.preference FROM cvm.report_body rb
			WHERE rb.view = _list.view AND rb.needs <@ have
			ORDER BY rb.preference LIMIT 1) b
		JOIN cvm.report_list l ON l.view = _list.view AND l.preference = b.preference);
END
$$;
COMMENT ON FUNCTION cvm._list(name, text, date) IS
	'The query for the customers behind the rows of a report view that stand in "wanted", as the model computes the '
	'view; NULL: there is none.';

CREATE FUNCTION cvm.customers(model name, view text, row_key text, "column" text)
RETURNS TABLE (customer_id text, mrr_before numeric, mrr_after numeric, detail text)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
	owner name := cvm._open(customers.model, writes => false);
	known cvm.report_column;
	unit text;
	cell jsonb;
	list text;
	smallest int;
	near text;
BEGIN
	PERFORM cvm._refuse_superuser(customers.model, owner);
	PERFORM cvm._expect_own_functions(customers.model);
	IF NOT EXISTS (SELECT FROM cvm.report_view v WHERE v.view = customers.view) THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_table',
			MESSAGE = format('unknown report view %s', coalesce('"' || customers.view || '"', 'NULL')),
			HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[customers.view], (SELECT array_agg(v.view) FROM cvm.report_view v)) || '? ', '')
				|| format('SELECT view FROM cvm.catalog(%L); names them all.', customers.model);
	ELSIF cvm._relation(customers.model, customers.view) IS NULL
		OR NOT EXISTS (SELECT FROM cvm.generated g WHERE g.model = customers.model AND g.relation = customers.view::name)
	THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_table',
			MESSAGE = format('model "%s" has no view "%s"', customers.model, customers.view),
			HINT = format('SELECT waits_for FROM cvm.catalog(%L) WHERE view = %L; says what it waits for.', customers.model, customers.view);
	END IF;
	SELECT c.* INTO known FROM cvm.report_column c WHERE c.view = customers.view AND c.column_name = customers."column";
	IF NOT FOUND OR NOT (known.unit IN ('customers', 'customers (net)') OR known.unit LIKE 'money%' AND known.type LIKE 'numeric%') THEN
		RAISE EXCEPTION USING ERRCODE = CASE WHEN known IS NULL THEN 'undefined_column' ELSE 'invalid_parameter_value' END,
			MESSAGE = CASE WHEN known IS NULL THEN format('view "%s" has no column %s', customers.view, coalesce('"' || customers."column" || '"', 'NULL'))
				ELSE format('column "%s" of view "%s" counts no customers: its unit is "%s"', customers."column", customers.view, known.unit) END,
			HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[customers."column"], (
					SELECT array_agg(c.column_name) FROM cvm.report_column c WHERE c.view = customers.view AND c.unit = 'customers')) || '? ', '')
				|| coalesce('Columns that count customers: ' || (
					SELECT string_agg(c.column_name, ', ' ORDER BY c.position) FROM cvm.report_column c WHERE c.view = customers.view AND c.unit = 'customers') || '.',
					format('No column of "%s" counts customers.', customers.view));
	END IF;

	EXECUTE format('SELECT to_jsonb(v) FROM %I.%I v WHERE v.row_key = $1', customers.model, customers.view) INTO cell USING customers.row_key;
	IF cell IS NULL THEN
		-- a row that is left out looks like one that never was
		smallest := (cvm._literals(customers.model) ->> 'min_group_size')::int;
		EXECUTE format($$
			SELECT cvm._nearest(ARRAY[$1], array_agg(k.row_key)) FROM (
				(SELECT v.row_key FROM %1$I.%2$I v WHERE v.row_key >= $1 ORDER BY 1 LIMIT 100)
				UNION ALL (SELECT v.row_key FROM %1$I.%2$I v WHERE v.row_key < $1 ORDER BY 1 DESC LIMIT 100)) k$$, customers.model, customers.view)
			INTO near USING customers.row_key;
		RAISE EXCEPTION USING ERRCODE = 'no_data_found',
			MESSAGE = format('view "%s.%s" has no row with row_key %s', customers.model, customers.view, coalesce('"' || left(customers.row_key, 200) || '"', 'NULL')),
			HINT = concat_ws(' ', 'Did you mean ' || near || '?',
				CASE WHEN smallest > 0 THEN format('Groups of fewer than %s customers are not shown and have no list (setting min_group_size).', smallest) END,
				format('SELECT row_key FROM %I.%I; names those that there are.', customers.model, customers.view));
	END IF;
	list := cvm._list(customers.model, customers.view, (cell ->> 'as_of')::date);
	IF list IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
			MESSAGE = format('view "%s" does not tell its customers', customers.view),
			HINT = 'SELECT DISTINCT view FROM cvm.report_list; names the views that do.';
	END IF;
	-- nobody is behind what is not told or nought
	IF coalesce((cell ->> customers."column")::numeric, 0) = 0 AND known.unit <> 'customers (net)' AND known.unit NOT LIKE 'money%'
		OR cell -> customers."column" = 'null' THEN
		RETURN;
	END IF;

	-- names in the list are those of the model, as in its views
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', customers.model), true);
	BEGIN
		RETURN QUERY EXECUTE format($$
			WITH wanted AS MATERIALIZED (SELECT w.* FROM jsonb_populate_record(NULL::%1$I.%2$I, $1) w), list AS (%3$s)
			SELECT l.customer_id::text, l.mrr_before::numeric, l.mrr_after::numeric, l.detail::text
			FROM list l
			WHERE l.%4$I <> 0
			ORDER BY abs(coalesce(l.mrr_after, 0) - coalesce(l.mrr_before, 0)) DESC, l.customer_id::text COLLATE "C"$$,
			customers.model, customers.view, list, customers."column")
		USING cell;
	EXCEPTION WHEN undefined_column THEN
		IF SQLERRM NOT LIKE format('%%l.%I %%', customers."column") THEN
			RAISE;
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
			MESSAGE = format('column "%s" of view "%s" is no sum over customers', customers."column", customers.view),
			HINT = coalesce('Columns that count customers: ' || (
				SELECT string_agg(c.column_name, ', ' ORDER BY c.position) FROM cvm.report_column c WHERE c.view = customers.view AND c.unit = 'customers') || '.',
				format('No column of "%s" counts customers.', customers.view));
	END;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
END
$function$;
COMMENT ON FUNCTION cvm.customers(name, text, text, text) IS
	'Who is behind a count of customers, or a sum of money, in a row of a report view: as many as the count says, with '
	'what each paid before and after (NULL where the view knows nothing of payments) and why. The view is computed '
	'anew, with the rights of the caller.';
