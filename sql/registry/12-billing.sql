-- SPDX-License-Identifier: PostgreSQL
-- What billing systems do to rows and prices, as data of a binding.
--
-- A column may be bound with options: {"mrr": {"column": "amount", "minor_units": 2}}.
-- Of subscriptions more columns can be bound, from which the canonical view
-- computes mrr, and at whose days it parts a row.  In the array of columns that
-- cvm._bound() gives, expression is what a column is in a row s of the source,
-- which is what is checked and mended; shown, if it is there, is what the
-- canonical view has instead, merged the id of a customer as customer_alias has it
-- (12-alias.sql), and is_hidden that it has no such column.

CREATE FUNCTION cvm.per_month(amount numeric, billing_interval text, interval_count bigint) RETURNS numeric
	AS 'MODULE_PATHNAME', 'cvm_per_month'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm.per_month(numeric, text, bigint) IS
	'What an amount per billing interval comes to in a month: a year has 12 of them and 365.25 days. Up to 10 '
	'decimals; an interval that it does not know is an error.';

CREATE FUNCTION cvm._is_billing_interval(billing_interval text, interval_count bigint) RETURNS boolean
	AS 'MODULE_PATHNAME', 'cvm_is_billing_interval'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._is_billing_interval(text, bigint) IS 'Does cvm.per_month() know this interval?';

CREATE FUNCTION cvm._interval_months(billing_interval text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'cvm_interval_months'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._interval_months(text) IS
	'How many months a billing interval has; NULL where it is counted in days, or is none.';

CREATE FUNCTION cvm._interval_days(billing_interval text) RETURNS bigint
	AS 'MODULE_PATHNAME', 'cvm_interval_days'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._interval_days(text) IS
	'How many days a billing interval has; NULL where it is counted in months, or is none.';

CREATE FUNCTION cvm.rescale(instrument text, score double precision, scale_low double precision, scale_high double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE lower(instrument COLLATE "C")
	-- promoters are whole answers
	WHEN 'nps' THEN CASE WHEN coalesce(scale_low, 0) = 0 AND coalesce(scale_high, 10) = 10 THEN score
		ELSE round((score - coalesce(scale_low, 0)) * 10 / nullif(coalesce(scale_high, 10) - coalesce(scale_low, 0), 0)) END
	WHEN 'csat' THEN CASE WHEN coalesce(scale_low, 1) = 1 AND coalesce(scale_high, 5) = 5 THEN score
		ELSE 1 + (score - coalesce(scale_low, 1)) * 4 / nullif(coalesce(scale_high, 5) - coalesce(scale_low, 1), 0) END
	WHEN 'ces' THEN CASE WHEN coalesce(scale_low, 1) = 1 AND coalesce(scale_high, 7) = 7 THEN score
		ELSE 1 + (score - coalesce(scale_low, 1)) * 6 / nullif(coalesce(scale_high, 7) - coalesce(scale_low, 1), 0) END
	ELSE score END;
COMMENT ON FUNCTION cvm.rescale(text, double precision, double precision, double precision) IS
	'A score given on a scale of its own, on that of the instrument: nps 0 to 10 in whole answers, csat 1 to 5, ces 1 to '
	'7; another instrument has none, and keeps it. scale_low is the worst answer; a scale without extent has no scores.';

CREATE FUNCTION cvm._column_names(columns jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- with options and without a column it is the one of the same name; a constant is no column
	RETURN (
		SELECT coalesce(jsonb_object_agg(m.key, CASE WHEN m.value ->> 'constant' IS NOT NULL AND NOT m.value ? 'column' THEN 'null'
			WHEN jsonb_typeof(m.value) = 'object' THEN coalesce(m.value -> 'column', to_jsonb(m.key)) ELSE m.value END), '{}')
		FROM jsonb_each(columns) m);
END
$$;
COMMENT ON FUNCTION cvm._column_names(jsonb) IS 'A binding without options: canonical column to source column.';

CREATE FUNCTION cvm._check_options(entity text, columns jsonb) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	o record;
	words text;
BEGIN
	FOR o IN
		SELECT m.key AS column_name, x.key AS option, x.value, jsonb_typeof(x.value) AS kind, coalesce(ec.options, '{}') AS options
		FROM jsonb_each(_check_options.columns) m
		CROSS JOIN LATERAL jsonb_each(CASE WHEN jsonb_typeof(m.value) = 'object' THEN m.value ELSE '{}' END) x
		LEFT JOIN cvm.entity_column ec ON ec.entity = _check_options.entity AND ec.column_name = m.key
		WHERE x.key <> 'column'
	LOOP
		words := coalesce((SELECT string_agg('"' || w || '"', ' and ') FROM unnest(o.options) w), 'none');
		IF NOT o.option = ANY (o.options) THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
				MESSAGE = format('column "%s" of entity "%s" takes no option "%s"', o.column_name, _check_options.entity, o.option),
				HINT = format('Its options beside "column": %s.', words) || CASE WHEN o.options = '{}'
					THEN ' Whoever needs an expression makes a view and binds that.' ELSE '' END;
		ELSIF o.option = 'minor_units' AND NOT (o.value::text ~ '^[0-6]$' OR o.value = '"currency"') THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
				MESSAGE = format('invalid value for option "minor_units" of column "%s" of entity "%s": "%s"', o.column_name, _check_options.entity, o.value #>> '{}'),
				HINT = 'Give the number of decimals that the currency has, from 0 to 6: 2 where the column holds '
					'cents; or "currency" where that is told by the currency of each row.';
		ELSIF o.option = 'constant' AND (o.kind <> 'string' OR btrim(o.value #>> '{}') = '' OR _check_options.columns -> o.column_name ? 'column') THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
				MESSAGE = format('invalid value for option "constant" of column "%s" of entity "%s": %s', o.column_name, _check_options.entity,
					CASE WHEN _check_options.columns -> o.column_name ? 'column' THEN 'given beside a column' ELSE format('"%s"', o.value #>> '{}') END),
				HINT = format('Give what every row has, and no column: {"%s": {"constant": "nps"}}.', o.column_name);
		ELSIF NOT o.option IN ('minor_units', 'constant') AND o.kind <> 'boolean' THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
				MESSAGE = format('invalid value for option "%s" of column "%s" of entity "%s": "%s"', o.option, o.column_name, _check_options.entity, o.value #>> '{}'),
				HINT = 'Give true or false.';
		END IF;
	END LOOP;
	FOR o IN
		SELECT m.key AS column_name FROM jsonb_each(_check_options.columns) m
		WHERE m.value @> '{"percent": true}' AND m.value ? 'minor_units'
	LOOP
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('column "%s" of entity "%s" has options "percent" and "minor_units"', o.column_name, _check_options.entity),
			HINT = 'A percentage has no minor units: give one of them.';
	END LOOP;
END
$$;
COMMENT ON FUNCTION cvm._check_options(text, jsonb) IS
	'Raises when a binding has an option that its column does not take, or with a value that it does not.';

CREATE FUNCTION cvm._with_options(expression text, options jsonb, currency text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	-- a product keeps every digit, where a quotient would be cut off
	SELECT CASE
		WHEN options ->> 'minor_units' = 'currency' THEN format('cvm.from_minor_units(%s, %s)', expression, currency)
		WHEN (options ->> 'minor_units')::int > 0 THEN format('(%s * 0.%s1)', expression, repeat('0', (options ->> 'minor_units')::int - 1))
		WHEN (options ->> 'inclusive')::boolean THEN format('(%s + 1)', expression)
		ELSE expression END;
$$;
COMMENT ON FUNCTION cvm._with_options(text, jsonb, text) IS
	'A canonical column as its options make it; currency is an expression for that of the row.';

CREATE FUNCTION cvm._option_words(options jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN options ->> 'minor_units' = 'currency' THEN ', in minor units of the currency of the row'
		WHEN (options ->> 'minor_units')::int > 0 THEN format(', in minor units of %s decimals', options ->> 'minor_units')
		WHEN (options ->> 'inclusive')::boolean THEN ', the last day of it'
		WHEN (options ->> 'percent')::boolean THEN ', in percent' ELSE '' END;
$$;
COMMENT ON FUNCTION cvm._option_words(jsonb) IS 'What options a column is bound with, for its comment.';

CREATE FUNCTION cvm._billed(model name, entity text, columns jsonb, given jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	-- the expressions of what is bound
	x jsonb := (SELECT jsonb_object_agg(c ->> 'name', c ->> 'expression') FROM jsonb_array_elements(_billed.columns) c WHERE c ->> 'source' IS NOT NULL);
	changed jsonb := CASE WHEN x ? 'deleted' THEN '{"deleted": {"is_hidden": true}}' ELSE '{}' END;
	price text;
	reduced text;
	cut text;
	cuts text[] := '{}';
	ends text;
	piece_ends text;
BEGIN
	IF _billed.entity = 'survey' AND x ?| '{scale_low,scale_high}' THEN
		-- scores on the scale that the instrument has
		SELECT changed || coalesce(jsonb_object_agg(e ->> 'name', jsonb_build_object('shown', format('cvm.rescale(%s, %s, %s, %s)',
			o ->> 'instrument', e ->> 'expression', o ->> 'scale_low', o ->> 'scale_high'))), '{}')
		INTO changed
		FROM jsonb_array_elements(_billed.columns) e
		CROSS JOIN (SELECT jsonb_object_agg(c ->> 'name', c ->> 'expression') AS o FROM jsonb_array_elements(_billed.columns) c) o
		WHERE e ->> 'name' IN ('score', 'competitor_score') AND e ->> 'source' IS NOT NULL;
	END IF;
	IF _billed.entity = 'subscription' AND x ?| '{amount,quantity,discount,trial_ends_on,status_since}' THEN
		-- what it costs, with the discount and without
		price := coalesce(x ->> 'mrr', x ->> 'amount');
		IF x ? 'quantity' THEN
			price := format('(%s * coalesce(%s, 1))', price, x ->> 'quantity');
		END IF;
		reduced := CASE
			WHEN NOT x ? 'discount' THEN price
			WHEN _billed.given @> '{"discount": {"percent": true}}'
				THEN format('(%s * (100 - least(greatest(coalesce(%s, 0), 0), 100)) * 0.01)', price, x ->> 'discount')
			-- nobody is paid by a discount
			ELSE format('greatest(least(%1$s, 0), %1$s - coalesce(%2$s, 0))', price, x ->> 'discount') END;
		IF NOT x ? 'mrr' AND (x ? 'billing_interval' OR x ? 'interval_count') THEN
			SELECT format(t.pattern, price), format(t.pattern, reduced) INTO price, reduced
			FROM (SELECT format('cvm.per_month(%%s, %s, %s)', coalesce(replace(x ->> 'billing_interval', '%', '%%'), '''month''::text'),
				CASE WHEN x ? 'interval_count' THEN format('coalesce(%s, 1)', replace(x ->> 'interval_count', '%', '%%')) ELSE '1' END) AS pattern) t;
		END IF;
		changed := changed || jsonb_build_object('mrr', jsonb_build_object('expression', CASE WHEN x ? 'discount_until' THEN price ELSE reduced END));
		IF NOT x ? 'mrr' THEN
			changed := jsonb_set(changed, '{mrr,source}', (SELECT c -> 'source' FROM jsonb_array_elements(_billed.columns) c WHERE c ->> 'name' = 'amount'));
			changed := jsonb_set(changed, '{mrr,comment}',
				(SELECT to_jsonb(ec.description || ' Computed from amount.') FROM cvm.entity_column ec WHERE ec.entity = 'subscription'
				AND ec.column_name = 'mrr'));
		END IF;

		-- who is told to have left and not when, left when that was told
		ends := x ->> 'ended_on';
		IF x ?& '{status,status_since}' THEN
			ends := format('CASE WHEN isfinite(%1$s) OR (%2$s) IS NOT TRUE THEN %1$s ELSE coalesce(%3$s, %1$s) END', ends,
				cvm._status_test(cvm._status_words(_billed.model, 'ended_statuses'), x ->> 'status'), x ->> 'status_since');
			changed := changed || jsonb_build_object('ended_on', jsonb_build_object('expression', ends));
		END IF;

		-- the days at which the row is parted
		FOREACH cut IN ARRAY '{trial_ends_on,discount_until,status_since}'::text[] LOOP
			IF x ? cut AND (cut <> 'discount_until' OR x ? 'discount') AND (cut <> 'status_since' OR x ? 'status') THEN
				cuts := cuts || cut;
			END IF;
		END LOOP;
		IF cuts <> '{}' THEN
			piece_ends := format('least(%s, w.ended_on)',
				(SELECT string_agg(format('CASE WHEN w.%1$I > p.day THEN w.%1$I END', c), ', ' ORDER BY n) FROM unnest(cuts) WITH ORDINALITY AS u (c, n)));
			changed := changed || jsonb_build_object(
				'started_on', coalesce(changed -> 'started_on', '{}') || jsonb_build_object('shown', 'p.day'),
				'ended_on', coalesce(changed -> 'ended_on', '{}') || jsonb_build_object('shown', piece_ends),
				'mrr', (changed -> 'mrr') || jsonb_build_object('shown', concat(
					CASE WHEN 'trial_ends_on' = ANY (cuts) THEN 'CASE WHEN p.day < w.trial_ends_on THEN 0 ELSE ' END,
					CASE WHEN 'discount_until' = ANY (cuts) THEN format('CASE WHEN p.day >= w.discount_until THEN %s ELSE %s END', price, reduced) ELSE reduced END,
					CASE WHEN 'trial_ends_on' = ANY (cuts) THEN ' END' END)),
				'status', CASE WHEN cuts && '{trial_ends_on,status_since}' THEN jsonb_build_object('shown', format('CASE%s%s ELSE %s END',
					CASE WHEN 'trial_ends_on' = ANY (cuts) THEN ' WHEN p.day < w.trial_ends_on THEN ''trial''::text COLLATE "default"' END,
					CASE WHEN 'status_since' = ANY (cuts) THEN ' WHEN p.day < w.status_since THEN NULL::text' END, coalesce(x ->> 'status', 'NULL::text'))) ELSE '{}' END,
				-- why the whole of it ended
				'end_reason', CASE WHEN x ? 'end_reason'
					THEN jsonb_build_object('shown',
						format('CASE WHEN %s IS NOT DISTINCT FROM w.ended_on THEN %s END', piece_ends, x ->> 'end_reason')) ELSE '{}' END,
				'(rows)', jsonb_build_object('parts', format(E'\n CROSS JOIN LATERAL (SELECT %s AS started_on, %s AS ended_on%s) w'
					'\n CROSS JOIN LATERAL (VALUES (0, w.started_on)%s) p (n, day)', x ->> 'started_on', ends,
					(SELECT string_agg(format(', %s AS %I', x ->> c, c), '' ORDER BY n) FROM unnest(cuts) WITH ORDINALITY AS u (c, n)),
					(SELECT string_agg(format(', (%s, w.%I)', n, c), '' ORDER BY n) FROM unnest(cuts) WITH ORDINALITY AS u (c, n))),
					'condition', format('(p.n = 0 OR p.day > w.started_on AND coalesce(p.day < w.ended_on, true)%s)', (
						-- of two on one day one
						SELECT string_agg(format(' AND (p.n <= %s OR p.day IS DISTINCT FROM w.%I)', n, c), '' ORDER BY n)
						FROM unnest(cuts) WITH ORDINALITY AS u (c, n) WHERE n < cardinality(cuts)))));
		END IF;
	END IF;
	IF changed = '{}' THEN
		RETURN _billed.columns;
	END IF;
	RETURN (SELECT jsonb_agg(c || coalesce(changed -> (c ->> 'name'), '{}') ORDER BY n) FROM jsonb_array_elements(_billed.columns) WITH ORDINALITY AS u (c, n))
		|| CASE WHEN changed ? '(rows)' THEN jsonb_build_array('{"name": "(rows)", "is_hidden": true}' || (changed -> '(rows)')) ELSE '[]' END;
END
$$;
COMMENT ON FUNCTION cvm._billed(name, text, jsonb, jsonb) IS
	'The columns of a binding with what billing columns make of price and days; a hidden one, "(rows)", says how '
	'rows are parted.';

CREATE FUNCTION cvm._undeleted(columns jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (SELECT 'NOT ' || (c ->> 'expression') FROM jsonb_array_elements(columns) c WHERE c ->> 'name' = 'deleted' AND (c ->> 'is_hidden')::boolean);
END
$$;
COMMENT ON FUNCTION cvm._undeleted(jsonb) IS
	'The condition on rows s of the source that are not deleted; NULL where none can be.';

CREATE FUNCTION cvm._canonical_query(columns jsonb, rows text, condition text, separator text DEFAULT ', ', also text DEFAULT '') RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format(E'SELECT %s%s\n FROM %s s%s%s', also,
		string_agg(format('%s AS %I', coalesce(c ->> 'shown', c ->> 'merged', c ->> 'expression'), c ->> 'name'), separator
			ORDER BY n) FILTER (WHERE c ->> 'is_hidden' IS NULL),
		rows, max(c ->> 'parts'), E'\n WHERE ' || nullif(concat_ws(' AND ', condition, max(c ->> 'condition')), ''))
	FROM jsonb_array_elements(columns) WITH ORDINALITY AS u (c, n);
$$;
COMMENT ON FUNCTION cvm._canonical_query(jsonb, text, text, text, text) IS
	'The body of a canonical view over a source, or over other rows of its columns.';

CREATE FUNCTION cvm._whole_rows(columns jsonb, view text, source oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN $1 @> '[{"name": "(rows)"}]' THEN format('(SELECT %s FROM %s s%s)',
			string_agg(format('%s AS %I', coalesce(c ->> 'merged', c ->> 'expression'), c ->> 'name'), ', ' ORDER BY n) FILTER (WHERE c ->> 'is_hidden' IS NULL),
			$3::regclass, ' WHERE ' || cvm._undeleted($1))
		ELSE $2 END
	FROM jsonb_array_elements($1) WITH ORDINALITY AS u (c, n);
$$;
COMMENT ON FUNCTION cvm._whole_rows(jsonb, text, oid) IS
	'The canonical view, or its rows before they are parted: what is checked is what can be mended.';
