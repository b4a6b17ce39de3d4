-- SPDX-License-Identifier: PostgreSQL
-- The customers behind a figure of a report view.

CREATE FUNCTION cvm._list(model name, view text, have text[], literals jsonb, OUT list text, OUT moves text[], OUT holds text[])
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- as cvm._wanted() chooses the body
	SELECT cvm._fill(l.list, literals), l.moves, l.holds
	FROM (
		SELECT rb.preference FROM cvm.report_body rb
		WHERE rb.view = _list.view AND rb.needs <@ have
		ORDER BY rb.preference LIMIT 1) b
	JOIN cvm.report_list l ON l.view = _list.view AND l.preference = b.preference;
$$;
CREATE FUNCTION cvm._list(model name, view text, as_of date) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT l.list
	FROM cvm._composing(_list.model, _list.view, _list.as_of) c
	CROSS JOIN LATERAL cvm._list(_list.model, _list.view, c.have, c.literals) l;
$$;
COMMENT ON FUNCTION cvm._list(name, text, text[], jsonb) IS
	'The query for the customers behind the rows of a report view that stand in "wanted", as the model computes the '
	'view, by what the model has and what words in braces stand for, and which of its columns can be narrowed; NULL: '
	'there is none.';
COMMENT ON FUNCTION cvm._list(name, text, date) IS 'The query alone, as of a day.';

CREATE FUNCTION cvm._customers_moved_query(model name, view text, "column" text, segment text, month date, as_of date) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	line text := regexp_replace(_customers_moved_query."column", '_(customers|mrr)$', '');
	have text[];
	literals jsonb;
BEGIN
	IF NOT _customers_moved_query.view IN ('mrr_movement', 'segment_kpi') OR line ~ '^redefined_' THEN
		RETURN NULL;
	END IF;
	SELECT c.have, c.literals INTO have, literals
	FROM cvm._composing(_customers_moved_query.model, 'customer_movement', _customers_moved_query.as_of, jsonb_build_object(
		'movement_months', format('%L::date, %L::date', _customers_moved_query.month, _customers_moved_query.month + 1),
		'moved', format('%L::date, %L, %L, %L', _customers_moved_query.month, _customers_moved_query.segment,
			CASE line WHEN 'churned' THEN 'churn' WHEN 'winback' THEN 'reactivation' ELSE line END, _customers_moved_query."column" ~ '_mrr$'))) c;
	-- where segments have versions not all who go from one to another have moved
	IF 'distributed subscription' = ANY (have) OR _customers_moved_query.view = 'segment_kpi' AND line ~ '^moved_'
		AND 'segment_history.scheme_version' = ANY (have) THEN
		RETURN NULL;
	END IF;
	RETURN (SELECT cvm._fill(p.body, literals) FROM cvm.report_part p WHERE p.part = 'customers_moved');
END
$$;
COMMENT ON FUNCTION cvm._customers_moved_query(name, text, text, text, date, date) IS
	'The query of cvm.customers() for a column of mrr_movement or segment_kpi in which customers move, which reads spells once; NULL: there is none.';

CREATE FUNCTION cvm._narrowed(model name, have text[], literals jsonb, moves boolean, places boolean, segment text, month date) RETURNS text
LANGUAGE sql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- The relations under their own names, so that a list finds these in their
	-- place.  Two days more on either side than any day that is compared.  Of UNION ALL
	-- the planner would expect 200 customers, and look each up in an index.  INTERSECT,
	-- so that spells are compared with those alone who are in both, who are few.
	SELECT format(', subscription AS MATERIALIZED (SELECT s.* FROM %1$I.subscription s WHERE s.customer_id IN ((%2$s)', _narrowed.model,
		format(CASE WHEN moves
			THEN 'SELECT s.customer_id FROM %1$I.subscription s WHERE s.started_on BETWEEN %2$L AND %3$L OR s.ended_on BETWEEN %2$L AND %3$L'
				|| ' OR (%4$s) AND coalesce(s.started_on <= %3$L, true) AND coalesce(s.ended_on >= %2$L, true)'
			ELSE 'SELECT s.customer_id FROM %1$I.subscription s WHERE coalesce(s.started_on <= %3$L, true) AND coalesce(s.ended_on >= %2$L, true)' END
			|| CASE WHEN places AND h.is_bound
				THEN ' UNION SELECT h.customer_id FROM %1$I.segment_history h WHERE h.valid_from BETWEEN %2$L AND %3$L OR h.valid_to BETWEEN %2$L AND %3$L'
				ELSE '' END,
			_narrowed.model, d.first_day, d.last_day, literals ->> 'is_paused'))
		|| CASE WHEN h.is_bound AND segment NOT IN ('(all)', '(none)')
			THEN format(' INTERSECT (SELECT h.customer_id FROM %I.segment_history h WHERE h.segment = %L'
				|| ' AND coalesce(h.valid_from <= %L, true) AND coalesce(h.valid_to >= %L, true))', _narrowed.model, segment, d.last_day, d.first_day) ELSE '' END || '))'
		|| CASE WHEN h.is_bound
			THEN format(', segment_history AS MATERIALIZED (SELECT h.* FROM %I.segment_history h WHERE h.customer_id IN (SELECT s.customer_id FROM subscription s))',
				_narrowed.model) ELSE '' END
	FROM (SELECT month - 2 AS first_day, (month + interval '1 month')::date + 2 AS last_day) d
	CROSS JOIN (SELECT 'segment_history' = ANY (have) AS is_bound) h;
$$;
COMMENT ON FUNCTION cvm._narrowed(name, text[], jsonb, boolean, boolean, text, date) IS
	'WITH queries in place of spells and segments, of the customers who can add to a row for a month: for whom '
	'a spell, or where that counts a time in a segment, begins or ends in it, or who hold something.';

CREATE FUNCTION cvm._observed_until(model name, literals jsonb) RETURNS date
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	day date;
BEGIN
	-- names in it are those of the model, as in its views
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', _observed_until.model), true);
	EXECUTE format('WITH %s SELECT o.as_of FROM observed o', cvm._fill((SELECT p.body FROM cvm.report_part p WHERE p.part = 'observed'), literals)) INTO day;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	RETURN day;
END
$$;
COMMENT ON FUNCTION cvm._observed_until(name, jsonb) IS 'as_of of the views over spells of a model.';

CREATE FUNCTION cvm._customers_query(model name, view text, "column" text, list text, narrowed text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format($query$
		WITH wanted AS MATERIALIZED (SELECT w.* FROM jsonb_populate_record(NULL::%1$I.%2$I, $1) w)%3$s, list AS (%4$s)
		SELECT l.customer_id::text, l.mrr_before::numeric, l.mrr_after::numeric, l.detail::text
		FROM list l
		WHERE l.%5$I <> 0
		ORDER BY abs(coalesce(l.mrr_after, 0) - coalesce(l.mrr_before, 0)) DESC, l.customer_id::text COLLATE "C"$query$,
		_customers_query.model, _customers_query.view, narrowed, list, "column");
$$;
COMMENT ON FUNCTION cvm._customers_query(name, text, text, text, text) IS
	'The query of cvm.customers(): the customers of a list who add to a column of the row that is $1.';

CREATE FUNCTION cvm._key_of_month(view text, row_key text) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT jsonb_build_object('row_key', r.row_key, k.name, r.name, 'month', r.label || '-01', 'month_label', r.label)
	FROM (SELECT _key_of_month.row_key AS row_key, left(_key_of_month.row_key, -8) AS name, right(_key_of_month.row_key, 7) AS label) r
	JOIN (
		SELECT substring(c.formula FROM '^(segment|product)\|month_label$') AS name FROM cvm.report_column c
		WHERE c.view = _key_of_month.view AND c.column_name = 'row_key') k ON k.name IS NOT NULL
	WHERE r.label ~ '^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])$' AND cvm.row_key(r.name, r.label) = r.row_key AND r.name !~ '[|\\]';
$$;
COMMENT ON FUNCTION cvm._key_of_month(text, text) IS
	'What a row_key of a segment or product and a month says, as the row has it; NULL: it is none such.';

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
	literals jsonb := cvm._literals(customers.model);
	asked record;
	near text;
	day date;
	is_read boolean;
	is_told boolean;
BEGIN
	PERFORM cvm._refuse_superuser(customers.model, owner);
	PERFORM cvm._expect_own_schema(customers.model);
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

	-- A row for a month that has customers is there and need not be read: a view
	-- is all months of everybody.  What is stored is read.
	IF (literals ->> 'min_group_size')::int = 0 AND NOT EXISTS (
			SELECT FROM cvm.stored t WHERE t.model = customers.model AND t.relation IN (customers.view::name, 'customer_holdings'))
		AND EXISTS (SELECT FROM cvm.report_list rl WHERE rl.view = customers.view AND customers."column" = ANY (rl.moves || rl.holds))
	THEN
		cell := cvm._key_of_month(customers.view, customers.row_key);
	END IF;
	is_read := cell IS NULL;
	IF NOT is_read THEN
		day := cvm._observed_until(customers.model, literals);
	END IF;
	LOOP
		IF is_read THEN
			EXECUTE format('SELECT to_jsonb(v) FROM %I.%I v WHERE v.row_key = $1', customers.model, customers.view) INTO cell USING customers.row_key;
			IF cell IS NULL THEN
				-- a row that is left out looks like one that never was
				EXECUTE format($$
					SELECT cvm._nearest(ARRAY[$1], array_agg(k.row_key)) FROM (
						(SELECT v.row_key FROM %1$I.%2$I v WHERE v.row_key >= $1 ORDER BY 1 LIMIT 100)
						UNION ALL (SELECT v.row_key FROM %1$I.%2$I v WHERE v.row_key < $1 ORDER BY 1 DESC LIMIT 100)) k$$, customers.model, customers.view)
					INTO near USING customers.row_key;
				RAISE EXCEPTION USING ERRCODE = 'no_data_found',
					MESSAGE = format('view "%s.%s" has no row with row_key %s', customers.model, customers.view, coalesce('"' || left(customers.row_key, 200) || '"', 'NULL')),
					HINT = concat_ws(' ', 'Did you mean ' || near || '?',
						CASE WHEN (literals ->> 'min_group_size')::int > 0 THEN format(
							'Groups of fewer than %s customers are not shown and have no list (setting min_group_size).', literals ->> 'min_group_size') END,
						format('SELECT row_key FROM %I.%I; names those that there are.', customers.model, customers.view));
			END IF;
			day := (cell ->> 'as_of')::date;
		END IF;
		SELECT l.list, c.have, CASE WHEN cell ? 'month' AND NOT 'customer_holdings' = ANY (c.have) AND customers."column" = ANY (l.moves || l.holds)
				THEN cvm._narrowed(customers.model, c.have, c.literals, customers."column" = ANY (l.moves), customers."column" ~ '^(moved|redefined)_',
					coalesce(cell ->> 'segment', '(all)'), (cell ->> 'month')::date)
				ELSE '' END AS narrowed,
			CASE WHEN cell ? 'month' AND NOT 'customer_holdings' = ANY (c.have) AND customers."column" = ANY (l.moves)
				THEN cvm._customers_moved_query(customers.model, customers.view, customers."column", coalesce(cell ->> 'segment', '(all)'),
					(cell ->> 'month')::date, day) END AS moved
		INTO asked
		FROM cvm._composing(customers.model, customers.view, day) c
		CROSS JOIN LATERAL cvm._list(customers.model, customers.view, c.have, c.literals) l;
		IF asked.list IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
				MESSAGE = format('view "%s" does not tell its customers', customers.view),
				HINT = 'SELECT DISTINCT view FROM cvm.report_list; names the views that do.';
		END IF;
		IF asked.narrowed = '' THEN
			asked.list := cvm._gather(customers.model, customers.view, asked.list, asked.have, 'list');
		END IF;
		-- nobody is behind what is not told or nought
		IF is_read AND (coalesce((cell ->> customers."column")::numeric, 0) = 0 AND known.unit <> 'customers (net)' AND known.unit NOT LIKE 'money%'
			OR cell -> customers."column" = 'null') THEN
			RETURN;
		END IF;

		-- names in the list are those of the model, as in its views
		PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', customers.model), true);
		BEGIN
			RETURN QUERY EXECUTE coalesce(asked.moved,
				cvm._customers_query(customers.model, customers.view, customers."column", asked.list, asked.narrowed)) USING cell;
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
		is_told := FOUND;
		PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
		-- nobody: is there such a row?
		EXIT WHEN is_read OR is_told;
		is_read := true;
	END LOOP;
END
$function$;
COMMENT ON FUNCTION cvm.customers(name, text, text, text) IS
	'Who is behind a count of customers, or a sum of money, in a row of a report view: as many as the count says, with '
	'what each paid before and after (NULL where the view knows nothing of payments) and why. The view is computed '
	'anew, with the rights of the caller.';
