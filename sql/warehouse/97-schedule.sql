-- SPDX-License-Identifier: PostgreSQL
-- When to refresh: pg_cron where it is, and words for other schedulers.

CREATE FUNCTION cvm._cron_problem(cron text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN cron IS NULL OR cron !~ '^\s*((\S+\s+){4}\S+)\s*$' OR cron ~ '[^0-9A-Za-z*/, \t-]'
		THEN format('invalid schedule %s', coalesce('"' || cron || '"', 'NULL')) END;
$$;
COMMENT ON FUNCTION cvm._cron_problem(text) IS
	'What is wrong with the five fields of a schedule; NULL when nothing is.';

CREATE FUNCTION cvm._check_cron(model name, cron text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	-- the job would run as the superuser, and be refused then
	PERFORM cvm._refuse_superuser(_check_cron.model, cvm._open(_check_cron.model, writes => false));
	IF cvm._cron_problem(cron) IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = cvm._cron_problem(cron),
			HINT = 'Five fields: minute, hour, day of the month, month, day of the week. ''15 4 * * *'' is every day at 4:15.';
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._check_cron(name, text) IS 'Raises when the model or the schedule is not one.';

-- Anybody may make a schema called cron: what is called there must be a member
-- of the extension.
CREATE FUNCTION cvm._cron_function(name text, arguments int) RETURNS text
LANGUAGE sql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT format('SELECT %I.%I(%s)', n.nspname, p.proname, (
		SELECT string_agg(format('$%s::%s', a.n, format_type(a.type, NULL)), ', ' ORDER BY a.n) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (type, n)))
	FROM pg_extension e
	JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
	JOIN pg_proc p ON p.oid = d.objid
	JOIN pg_namespace n ON n.oid = p.pronamespace
	WHERE e.extname = 'pg_cron' AND p.proname = $1 AND p.pronargs = $2
		AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) AS a (type) WHERE a.type NOT IN ('text'::regtype, 'name'::regtype));
$$;
COMMENT ON FUNCTION cvm._cron_function(text, int) IS
	'A call of a function of extension pg_cron; NULL where the extension, or such a function of its own, is not.';

CREATE FUNCTION cvm.schedule(model name, cron text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	call text;
	job bigint;
BEGIN
	PERFORM cvm._check_cron(schedule.model, schedule.cron);
	call := cvm._cron_function('schedule', 3);
	IF call IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = 'pg_cron is not in this database',
			DETAIL = format('It lives in the one database that cron.database_name names: %s.',
				coalesce(current_setting('cron.database_name', true), 'it is not loaded')),
			HINT = format('There: SELECT cron.schedule_in_database(%L, %L, %L, %L, %L); elsewhere: SELECT cvm.cron_line(%L, %L), cvm.systemd_units(%L), cvm.dbt_hook(%L).',
				format('cvm.refresh %s', schedule.model), schedule.cron, format('CALL cvm.refresh(%L)', schedule.model), current_database(), current_user,
				schedule.model, schedule.cron, schedule.model, schedule.model);
	END IF;
	-- the job runs as the role that makes it, and replaces that role's former one
	EXECUTE call INTO job
		USING format('cvm.refresh %s', schedule.model), schedule.cron, format('CALL cvm.refresh(%L)', schedule.model);
	RETURN job;
END
$$;
COMMENT ON FUNCTION cvm.schedule(name, text) IS
	'Has pg_cron refresh a model, as the calling role; returns the job. Schedules of pg_cron are in GMT.';

CREATE FUNCTION cvm.unschedule(model name) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	call text;
	jobs text;
	known boolean;
BEGIN
	PERFORM cvm._open(unschedule.model, writes => false);
	call := cvm._cron_function('unschedule', 1);
	SELECT format('%I.%I', n.nspname, c.relname) INTO jobs
	FROM pg_extension e
	JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'e'
	JOIN pg_class c ON c.oid = d.objid
	JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE e.extname = 'pg_cron' AND c.relname = 'job';
	IF call IS NULL OR jobs IS NULL THEN
		RETURN false;
	END IF;
	EXECUTE format('SELECT EXISTS (SELECT FROM %s j WHERE j.jobname = $1 AND j.username = current_user)', jobs)
		INTO known USING format('cvm.refresh %s', unschedule.model);
	IF known THEN
		EXECUTE call INTO known USING format('cvm.refresh %s', unschedule.model);
	END IF;
	RETURN known;
END
$$;
COMMENT ON FUNCTION cvm.unschedule(name) IS 'Takes the job of cvm.schedule() away; was there one?';

CREATE FUNCTION cvm._plain_literal(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	-- what crontab, systemd, dbt and shells read in their own way, PostgreSQL
	-- can be told by number
	SELECT CASE WHEN word !~ '[\u0001-\u001f\u007f\\{}]' THEN quote_literal(word)
		ELSE (
			SELECT format('U&''%s'' UESCAPE ''!''', string_agg(CASE
				WHEN c.letter ~ '[\u0001-\u001f\u007f\\{}!]' THEN '!' || lpad(to_hex(ascii(c.letter)), 4, '0')
				WHEN c.letter = '''' THEN '''''' ELSE c.letter END, '' ORDER BY c.n))
			FROM regexp_split_to_table(word, '') WITH ORDINALITY AS c (letter, n)) END;
$$;
COMMENT ON FUNCTION cvm._plain_literal(text) IS
	'A literal without ends of lines, other control characters, backslashes and braces.';

CREATE FUNCTION cvm._expect_words(tool text, words text[], pattern text) RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	wrong text := (SELECT w FROM unnest(words) w WHERE w ~ pattern LIMIT 1);
BEGIN
	IF wrong IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_name',
			MESSAGE = format('%s cannot name %s', tool, cvm._plain_literal(wrong)),
			HINT = 'Choose a name without control characters, braces and other characters that such files read in their own way.';
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._expect_words(text, text[], text) IS
	'Raises when a name holds what the files of another program cannot.';

CREATE FUNCTION cvm._shell_quote(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '''' || replace(word, '''', '''\''''') || '''';
$$;
COMMENT ON FUNCTION cvm._shell_quote(text) IS 'A word as a shell takes it.';

CREATE FUNCTION cvm.cron_line(model name, cron text DEFAULT '15 4 * * *') RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM cvm._check_cron(cron_line.model, cron_line.cron);
	-- crons differ in how they read backslashes, and psql takes some names of
	-- databases for more than a name
	PERFORM cvm._expect_words('crontab', ARRAY[current_user::text, current_database()::text], '[\u0001-\u001f\u007f\\]');
	PERFORM cvm._expect_words('psql -d', ARRAY[current_database()::text], '=|://');
	-- an unescaped % ends the command of a crontab
	RETURN btrim(cron_line.cron) || ' ' || replace(format('psql -Xq -v ON_ERROR_STOP=1 -U %s -d %s -c %s', cvm._shell_quote(current_user::text),
		cvm._shell_quote(current_database()::text), cvm._shell_quote(format('CALL cvm.refresh(%s)', cvm._plain_literal(cron_line.model)))), '%', '\%');
END
$$;
COMMENT ON FUNCTION cvm.cron_line(name, text) IS
	'A line for crontab that refreshes a model, in the time zone of that machine.';

CREATE FUNCTION cvm.systemd_units(model name, on_calendar text DEFAULT '*-*-* 04:15:00') RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM cvm._refuse_superuser(systemd_units.model, cvm._open(systemd_units.model, writes => false));
	IF on_calendar IS NULL OR on_calendar ~ '[\u0001-\u001f\u007f]' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'on_calendar must be a line of text',
			HINT = 'See man systemd.time: ''*-*-* 04:15:00'' is every day at 4:15.';
	END IF;
	PERFORM cvm._expect_words('systemd', ARRAY[current_user::text, current_database()::text], '[\u0001-\u001f\u007f]');
	PERFORM cvm._expect_words('psql -d', ARRAY[current_database()::text], '=|://');
	-- in a unit, % and $ stand for other things
	RETURN format($unit$# cvm-refresh.service
[Unit]
Description=Refresh customer value model

[Service]
Type=oneshot
ExecStart=psql -Xq -v ON_ERROR_STOP=1 -U "%1$s" -d "%2$s" -c "CALL cvm.refresh(%3$s)"

# cvm-refresh.timer
[Timer]
OnCalendar=%4$s
Persistent=true

[Install]
WantedBy=timers.target
$unit$, cvm._unit_quote(current_user::text), cvm._unit_quote(current_database()::text), cvm._unit_quote(cvm._plain_literal(systemd_units.model)), on_calendar);
END
$$;
COMMENT ON FUNCTION cvm.systemd_units(name, text) IS
	'Two systemd units, a service and its timer, that refresh a model.';

CREATE FUNCTION cvm._unit_quote(word text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT replace(replace(replace(replace(word, '\', '\\'), '"', '\"'), '%', '%%'), '$', '$' || '$');
$$;
COMMENT ON FUNCTION cvm._unit_quote(text) IS 'What stands between the double quotes of a systemd unit.';

CREATE FUNCTION cvm.dbt_hook(model name) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM cvm._refuse_superuser(dbt_hook.model, cvm._open(dbt_hook.model, writes => false));
	-- dbt holds a transaction open, and looks for {{ and {% in what it runs
	RETURN format(E'on-run-end:\n  - %s\n  - %s', cvm._yaml_text(format('SELECT * FROM cvm.rebuild(%s)', cvm._plain_literal(dbt_hook.model))),
		cvm._yaml_text(format('SELECT * FROM cvm.refresh_here(%s)', cvm._plain_literal(dbt_hook.model))));
END
$$;
COMMENT ON FUNCTION cvm.dbt_hook(name) IS
	'Lines for dbt_project.yml: after a run, make the views again over the tables that dbt replaced, and refresh '
	'what is stored.';
