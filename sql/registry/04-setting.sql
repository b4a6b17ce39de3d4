-- SPDX-License-Identifier: PostgreSQL
-- Settings of a model: what is accepted, and how they get into report views.

CREATE FUNCTION cvm._check_setting(setting text, value text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_column
DECLARE
	definition cvm.setting_definition;
	known text;
	wrong text := format('invalid value for setting "%s": %s', _check_setting.setting, coalesce('"' || _check_setting.value || '"', 'NULL'));
BEGIN
	SELECT d.* INTO definition FROM cvm.setting_definition d WHERE d.setting = _check_setting.setting;
	IF NOT FOUND THEN
		SELECT string_agg(d.setting, ', ' ORDER BY d.position) INTO known FROM cvm.setting_definition d;
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = format('unknown setting %s', coalesce('"' || _check_setting.setting || '"', 'NULL')),
			HINT = format('Settings are %s.', known);
	END IF;

	IF _check_setting.value IS NULL THEN
		IF definition.kind IN ('words', 'currency', 'hours', 'dates') THEN
			RETURN NULL;
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = wrong,
			HINT = definition.description;
	END IF;

	CASE definition.kind
	WHEN 'zone' THEN
		-- by name only: in POSIX notation "UTC+2" lies two hours west
		SELECT z.name INTO known FROM pg_timezone_names z
		WHERE lower(z.name) = lower(_check_setting.value);
		IF NOT FOUND THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				DETAIL = 'There is no time zone of that name in pg_timezone_names.',
				HINT = coalesce('Did you mean ' || cvm._nearest(ARRAY[_check_setting.value],
					(SELECT array_agg(z.name) FROM pg_timezone_names z WHERE z.name NOT LIKE 'posix%')) || '?',
					'Name a zone such as "Europe/Vilnius" or "UTC".');
		END IF;
		RETURN known;
	WHEN 'weekday' THEN
		IF _check_setting.value !~ '^[1-7]$' THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give the ISO day on which weeks begin, 1 (Monday) to 7 (Sunday).';
		END IF;
	WHEN 'currency' THEN
		IF _check_setting.value !~ '^[A-Za-z]{3}$' THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give the three letters of ISO 4217, such as "EUR", or NULL.';
		END IF;
		RETURN upper(_check_setting.value);
	WHEN 'cutoff' THEN
		IF _check_setting.value IN ('data', 'today') THEN
			RETURN _check_setting.value;
		END IF;
		BEGIN
			IF _check_setting.value !~ '^\d{4}-\d{2}-\d{2}$' THEN
				RAISE invalid_datetime_format;
			END IF;
			RETURN (_check_setting.value)::date::text;
		EXCEPTION WHEN data_exception THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give "data", "today" or a date such as "2025-01-31", the first day that is not observed.';
		END;
	WHEN 'words' THEN
		BEGIN
			-- kept as an array, so that a word may hold a comma
			SELECT array_agg(btrim(w.word) ORDER BY w.n)::text INTO known
			FROM unnest(CASE WHEN _check_setting.value LIKE '{%' THEN _check_setting.value::text[]
				ELSE string_to_array(_check_setting.value, ',') END) WITH ORDINALITY AS w(word, n)
			HAVING bool_and(coalesce(btrim(w.word), '') <> '');
		EXCEPTION WHEN data_exception THEN
			known := NULL;
		END;
		IF known IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give words separated by commas, such as "order, renewal", or NULL for every word.';
		END IF;
		RETURN known;
	WHEN 'fraction' THEN
		BEGIN
			IF _check_setting.value::float8 > 0 AND _check_setting.value::float8 < 1 THEN
				RETURN _check_setting.value::float8::text;
			END IF;
		EXCEPTION WHEN data_exception THEN
			NULL;
		END;
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
			HINT = 'Give a number between 0 and 1, such as 0.95.';
	WHEN 'count' THEN
		IF _check_setting.value !~ '^\d{1,9}$' THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give a whole number, 0 or more.';
		END IF;
	WHEN 'days' THEN
		-- kept as an array, in order, each once
		SELECT array_agg(DISTINCT d.days::int)::text INTO known
		FROM regexp_split_to_table(btrim(_check_setting.value, '{} '), '\s*,\s*') AS d (days)
		HAVING bool_and(d.days ~ '^[1-9]\d{0,3}$');
		IF known IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give numbers of days from 1 to 9999 separated by commas, such as "30, 60, 90".';
		END IF;
		RETURN known;
	WHEN 'hours' THEN
		IF _check_setting.value !~ '^([01]\d|2[0-3]):[0-5]\d-([01]\d:[0-5]\d|2[0-3]:[0-5]\d|24:00)$'
			OR left(_check_setting.value, 5) COLLATE "C" >= right(_check_setting.value, 5) COLLATE "C" THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give when a day begins and ends, such as "09:00-17:00", or NULL for the clock.';
		END IF;
	WHEN 'dates' THEN
		-- kept as an array, in order, each once
		BEGIN
			SELECT array_agg(DISTINCT d.day::date)::text INTO known
			FROM regexp_split_to_table(btrim(_check_setting.value, '{} '), '\s*,\s*') AS d (day)
			HAVING bool_and(d.day ~ '^\d{4}-\d{2}-\d{2}$');
		EXCEPTION WHEN data_exception THEN
			known := NULL;
		END;
		IF known IS NULL THEN
			RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong,
				HINT = 'Give days separated by commas, such as "2025-01-01, 2025-12-25", or NULL for none.';
		END IF;
		RETURN known;
	END CASE;
	RETURN _check_setting.value;
END
$$;
COMMENT ON FUNCTION cvm._check_setting(text, text) IS
	'The value of a setting in the form in which it is stored, or an error that says what is accepted.';

CREATE FUNCTION cvm._word_collation(words text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
-- letters of English have the same small ones under every collation
RETURN CASE WHEN octet_length(convert_to(words, 'UTF8')) = char_length(words) THEN '"C"' ELSE '"default"' END;
COMMENT ON FUNCTION cvm._word_collation(text) IS 'The collation under which words are compared in any case of letters.';

CREATE FUNCTION cvm._literals(model name) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- asked twice or three times for every report that is refreshed: planned once a session
	RETURN (
		WITH given AS (
			SELECT d.setting, d.kind, CASE WHEN s.setting IS NULL THEN d.initial ELSE s.value END AS value
			FROM cvm.setting_definition d
			LEFT JOIN cvm.setting s ON s.setting = d.setting AND s.model = _literals.model
		), word AS (
			SELECT g.setting, c.collation, CASE WHEN c.collation = '"C"' THEN lower(g.value COLLATE "C") COLLATE "default"
				ELSE lower(g.value COLLATE "default") END AS words
			FROM given g
			CROSS JOIN LATERAL (SELECT coalesce(cvm._word_collation(g.value), '"C"') AS collation OFFSET 0) c
			WHERE g.kind = 'words'
		), status AS (
			-- by the row that is asked: put in later, it could stand in a word too
			SELECT max(t.test) FILTER (WHERE r.test = 'paused s') AS paused, max(t.test) FILTER (WHERE r.test = 'unpaid s') AS unpaid,
				max(t.test) FILTER (WHERE r.test = 'paused e') AS held_paused, max(t.test) FILTER (WHERE r.test = 'unpaid e') AS held_unpaid,
				max(t.test) FILTER (WHERE r.test = 'closed i') AS closed
			FROM (VALUES ('paused s', 'paused_statuses', 's'), ('unpaid s', 'unpaid_statuses', 's'), ('paused e', 'paused_statuses', 'e'),
				('unpaid e', 'unpaid_statuses', 'e'), ('closed i', 'closed_statuses', 'i')) AS r (test, setting, alias)
			JOIN given g USING (setting)
			JOIN word w USING (setting)
			CROSS JOIN LATERAL (SELECT CASE WHEN r.setting = 'closed_statuses'
				THEN format('lower(%s.status COLLATE %s) = ANY (%L::text[])', r.alias, w.collation, w.words)
				ELSE cvm._status_test(g.value, r.alias || '.status') END AS test) t
		)
		SELECT jsonb_object_agg(g.setting, CASE g.kind
			WHEN 'words' THEN format('%L::text[]', g.value)
			WHEN 'fraction' THEN format('%L::double precision', g.value)
			-- whatever a model's owner wrote into the registry: an error here would be
			-- one of cvm.freshness, which shows all models
			WHEN 'count' THEN coalesce(substring(g.value FROM '^\d{1,9}$'), '0')
			WHEN 'days' THEN format('%L::integer[]', coalesce(substring(g.value FROM '^\{[1-9]\d{0,3}(?:,[1-9]\d{0,3})*\}$'), '{30}'))
			WHEN 'dates' THEN format('%L::date[]', substring(g.value FROM '^\{\d{4}-\d{2}-\d{2}(?:,\d{4}-\d{2}-\d{2})*\}$'))
			WHEN 'weekday' THEN coalesce(substring(g.value FROM '^[1-7]$'), '1')
			WHEN 'cutoff' THEN CASE g.value
				WHEN 'data' THEN 'NULL::date'
				WHEN 'today' THEN format('cvm.day_of(now(), %L)', (SELECT z.value FROM given z WHERE z.setting = 'time_zone'))
				ELSE format('%L::date', g.value) END
			ELSE format('%L::text', g.value) END)
			|| (SELECT jsonb_build_object('minor_units', cvm.minor_units(g.value), 'money', format('numeric(28,%s)', cvm.minor_units(g.value)))
				FROM given g WHERE g.setting = 'currency')
			-- words in any case of letters
			|| (SELECT jsonb_object_agg(w.setting || l.suffix, l.text)
				FROM word w
				CROSS JOIN LATERAL (VALUES ('_lower', format('%L::text[]', w.words)), ('_collation', w.collation)) AS l (suffix, text))
			-- events of all kinds start and return: folds are cheaper unmarked
			|| (SELECT jsonb_build_object('marks', k.marks, 'only_marks', CASE WHEN k.marks = '' THEN '' ELSE ', NULL::numeric' || k.marks END)
				FROM (
					SELECT CASE WHEN count(m.value) > 0
						THEN string_agg(format(', coalesce(e.kind = ANY (%1$L::text[]), %1$L::text[] IS NULL)', m.value), '' ORDER BY m.setting DESC) ELSE '' END AS marks
					FROM given m WHERE m.setting IN ('start_kinds', 'return_kinds')) k)
			|| (SELECT jsonb_build_object('is_paused', t.paused, 'is_unpaid', t.unpaid,
					'price', format('CASE WHEN %s AND (%s) IS NOT TRUE THEN 0 ELSE s.mrr END', t.unpaid, t.paused),
					'is_held_paused', t.held_paused, 'is_held_unpaid', t.held_unpaid, 'is_closed', t.closed)
				FROM status t)
		FROM given g);
END
$$;
COMMENT ON FUNCTION cvm._literals(name) IS
	'Every setting of a model as SQL: what {time_zone}, {as_of} and so on stand for in the bodies of report views. '
	'Of words {…_lower} are in small letters, and lower(… COLLATE {…_collation}) makes what is compared with them so. '
	'{minor_units} are the decimals of {currency}, {money} is the type of amounts with so many. '
	'{marks} are the last two arguments of folds of events e, start and return, where they are needed, {only_marks} '
	'the same after no amount; {price} is '
	'what spells s bring, or would if they were not paused, which {is_paused} says; {is_unpaid} says whether they '
	'bring nothing; {is_held_paused} and {is_held_unpaid} are the same of rows e that are folded; {is_closed} says '
	'whether of initiative i nothing more is to be done.';

CREATE FUNCTION cvm._fill(body text, literals jsonb) RETURNS text
AS 'MODULE_PATHNAME', 'cvm_fill'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION cvm._fill(text, jsonb) IS 'A body with {setting} replaced by the SQL of that setting.';
