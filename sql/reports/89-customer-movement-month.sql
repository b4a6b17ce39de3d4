-- SPDX-License-Identifier: PostgreSQL
-- The customers behind the waterfall of one month, without the other months.

CREATE FUNCTION cvm.customer_movement(model name, month date, only_segment text DEFAULT NULL)
RETURNS TABLE (row_key text, segment text, customer_id text, month_label text, line text, customers bigint, change numeric,
	mrr_before numeric, mrr_after numeric,
	cause text, product text, from_product text, reason text, channel text, owner text, is_complete boolean, as_of date)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	role_of_model name := cvm._open(customer_movement.model, writes => false);
	first_day date;
	literals jsonb;
	have text[];
	narrowed text := '';
	is_whole boolean := true;
	source text;
BEGIN
	PERFORM cvm._refuse_superuser(customer_movement.model, role_of_model);
	PERFORM cvm._expect_own_schema(customer_movement.model);
	IF NOT isfinite(customer_movement.month) IS TRUE THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('"%s" is not a month', coalesce(customer_movement.month::text, 'NULL')),
			HINT = format('Give a day of it, or read all months: SELECT * FROM %I.customer_movement.', customer_movement.model);
	END IF;
	first_day := date_trunc('month', customer_movement.month::timestamp)::date;
	IF NOT EXISTS (SELECT FROM cvm.generated g WHERE g.model = customer_movement.model AND g.relation = 'customer_movement') THEN
		-- says what it waits for
		PERFORM cvm._report_as_of(customer_movement.model, 'customer_movement', NULL);
	END IF;
	-- what is stored is read
	source := format('%I.customer_movement', customer_movement.model);
	IF NOT EXISTS (SELECT FROM cvm.stored t WHERE t.model = customer_movement.model AND t.relation = 'customer_movement') THEN
		literals := cvm._literals(customer_movement.model);
		SELECT c.have, c.literals INTO have, literals
		FROM cvm._composing(customer_movement.model, 'customer_movement', cvm._observed_until(customer_movement.model, literals),
			jsonb_build_object('movement_months', format('%L::date, %L::date', first_day, first_day + 1))) c;
		-- The body looks at the month alone where of prices without parts of the smallest coin nothing is rounded, so that no other month
		-- matters.  Where Citus has the spells that is asked before, and who moves.
		IF 'distributed subscription' = ANY (have) THEN
			EXECUTE format('SELECT NOT EXISTS (SELECT FROM %2$I.subscription s WHERE scale(s.mrr) > %1$s AND s.mrr <> round(s.mrr, %1$s))',
				literals ->> 'minor_units', customer_movement.model) INTO is_whole;
			is_whole := is_whole AND NOT 'fx_rate' = ANY (have);
			narrowed := cvm._narrowed(customer_movement.model, have, literals, true, true, coalesce(customer_movement.only_segment, '(all)'), first_day);
		END IF;
		IF is_whole THEN
			-- OFFSET 0: for the one row of the month that the planner expects everything else would be looked up
			SELECT format(CASE WHEN narrowed <> '' THEN '(WITH%s SELECT b.* FROM (%s) b OFFSET 0)' ELSE '(%s%s)' END, substr(narrowed, 2),
				cvm._shown(b.view, cvm._fill(b.body, literals), (literals ->> 'minor_units')::int)) INTO source
			FROM cvm.report_body b
			WHERE b.view = 'customer_movement' AND b.needs <@ have
			ORDER BY b.preference LIMIT 1;
		END IF;
	END IF;
	PERFORM set_config('search_path', format('pg_catalog, %I, pg_temp', customer_movement.model), true);
	RETURN QUERY EXECUTE format('SELECT a.row_key, a.segment::text, a.customer_id::text, a.month_label, a.line, a.customers, a.change, a.mrr_before, a.mrr_after, a.cause,
		a.product::text, a.from_product::text, a.reason::text, a.channel::text, a.owner::text, a.is_complete, a.as_of
		FROM %s a WHERE a.month = $1 AND ($2 IS NULL OR a.segment = $2)', source) USING first_day, customer_movement.only_segment;
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
END
$$;
COMMENT ON FUNCTION cvm.customer_movement(name, date, text) IS
	'The rows of the view customer_movement for one month, and one segment if that is given, without what the view '
	'takes for all others.';
