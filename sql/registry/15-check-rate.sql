-- SPDX-License-Identifier: PostgreSQL
-- What is wrong with amounts in several currencies, where there are rates.

CREATE FUNCTION cvm._rate_checks(model name, entity text, rows text, columns jsonb, given jsonb, source oid, currency text) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	x jsonb := (SELECT jsonb_object_agg(c ->> 'name', c ->> 'expression') FROM jsonb_array_elements(_rate_checks.columns) c);
	bound jsonb := (SELECT jsonb_object_agg(c ->> 'name', c ->> 'source') FROM jsonb_array_elements(_rate_checks.columns) c);
	tz text := (SELECT s.value FROM cvm.setting s WHERE s.model = _rate_checks.model AND s.setting = 'time_zone');
	-- since when each currency has a rate
	firsts jsonb;
	predicate text;
	rates text;
	-- the day of a row whose rate counts
	clock text := CASE _rate_checks.entity WHEN 'cost' THEN 'month' ELSE 'occurred_at' END;
	day text;
	options jsonb := CASE jsonb_typeof(_rate_checks.given -> 'amount') WHEN 'object' THEN _rate_checks.given -> 'amount' ELSE '{}' END;
	n bigint;
	unrated bigint;
BEGIN
	EXECUTE format('SELECT coalesce(jsonb_object_agg(f.currency, f.first), ''{}'') FROM (SELECT f.currency, min(f.valid_from) AS first FROM %I.fx_rate f '
		'WHERE f.rate > 0 AND f.currency IS NOT NULL GROUP BY f.currency) f', _rate_checks.model) INTO firsts;
	IF _rate_checks.entity = 'subscription' THEN
		-- views convert: at the end of each month, by the last rate
		predicate := format($p${currency} <> %L AND isfinite({day})
			AND NOT coalesce((%L::jsonb ->> {currency})::date < date_trunc('month', {day}::timestamp) + interval '1 month', false)$p$,
			coalesce(_rate_checks.currency, '(none)'), firsts);
		EXECUTE format('SELECT count(*) FROM %s c WHERE %s', _rate_checks.rows, replace(replace(predicate, '{currency}', 'c.currency'), '{day}', 'c.started_on'))
		INTO n;
		IF n = 0 THEN
			RETURN '[]';
		END IF;
		RETURN jsonb_build_array(jsonb_build_object('severity', 'error', 'entity', 'subscription', 'problem', 'missing_rate', 'count', n,
			'samples', cvm._samples(format('SELECT c.currency FROM %s c WHERE %s', _rate_checks.rows, replace(replace(predicate, '{currency}', 'c.currency'),
				'{day}', 'c.started_on'))),
			'what', 'Amounts are in currencies that have no rate in fx_rate when they are first paid, and views stop with an error on them. '
				'Add the rates; the fix leaves the rows out.',
			'mends', 'subscription', 'mending', jsonb_build_object('keep', format('coalesce(NOT (%s), true)',
				replace(replace(predicate, '{currency}', x ->> 'currency'), '{day}', x ->> 'started_on')))));
	END IF;

	-- of other rows a view converts the amounts
	day := CASE _rate_checks.entity WHEN 'cost' THEN $d$(date_trunc('month', %s::timestamp) + interval '1 month')::date - 1$d$
		ELSE 'cvm.day_of(%s, ' || quote_literal(tz) || ')' END;
	EXECUTE format('SELECT count(*), count(*) FILTER (WHERE NOT coalesce((%L::jsonb ->> c.currency)::date <= %s, false)) FROM %s c '
		'WHERE c.currency <> %L', firsts, format(day, 'c.' || clock), _rate_checks.rows,
		_rate_checks.currency) INTO n, unrated;
	IF n = 0 THEN
		RETURN '[]';
	END IF;
	SELECT format(E'(\n\t\tSELECT f.currency, f.valid_from, max(f.rate) AS rate, lead(f.valid_from) OVER (PARTITION BY f.currency ORDER BY f.valid_from) AS '
		'valid_to\n\t\tFROM (%s) f\n\t\tWHERE f.rate > 0\n\t\tGROUP BY f.currency, f.valid_from)',
		cvm._canonical_query(b.columns, b.source_text, b.condition)) INTO rates FROM cvm._bound(_rate_checks.model, 'fx_rate') b;
	RETURN jsonb_build_array(jsonb_build_object('severity', 'error', 'entity', _rate_checks.entity, 'problem', 'mixed_currency', 'count', n,
		'samples', cvm._samples(format('SELECT c.currency FROM %s c WHERE c.currency <> %L', _rate_checks.rows, _rate_checks.currency)),
		'what', format('Amounts are in other currencies than %s and are added up as if they were not. The fix converts them by fx_rate%s%s.', _rate_checks.currency,
			CASE _rate_checks.entity WHEN 'cost' THEN ', at the rate of the last day of the month' ELSE ', at the rate of the day' END,
			CASE WHEN unrated > 0 THEN format('; %s of the rows have none by then and are left out: add the rates', unrated) ELSE '' END),
		'mends', _rate_checks.entity, 'mending', jsonb_build_object(
			'rate', format(E'SELECT s.*, r.rate AS cvm_rate\n\tFROM %s s\n\tLEFT JOIN %s r ON r.currency = %s AND r.currency <> %L AND r.valid_from <= %s '
				'AND coalesce(r.valid_to > %5$s, true)', source::regclass, rates, x ->> 'currency', _rate_checks.currency, format(day, x ->> clock)),
			'keep', format('coalesce(%s = %L OR s.cvm_rate IS NOT NULL, true)', x ->> 'currency', _rate_checks.currency),
			'column', bound ->> 'amount',
			'assign', format('%s * coalesce(s.cvm_rate, 1)', cvm._with_options('{old}::numeric', options, x ->> 'currency')),
			'is_whole', options ? 'minor_units',
			'currency_column', bound ->> 'currency', 'currency', _rate_checks.currency)));
END
$$;
COMMENT ON FUNCTION cvm._rate_checks(name, text, text, jsonb, jsonb, oid, text) IS
	'Amounts in currencies that have no rate when they are needed, and those that no view converts.';
