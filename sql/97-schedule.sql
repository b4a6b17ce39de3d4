-- When to refresh: pg_cron where it is, and words for other schedulers.

CREATE FUNCTION cvm._cron_problem(cron text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE WHEN cron IS NULL OR cron !~ '^\s*((\S+\s+){4}\S+)\s*$' OR cron ~ '[^0-9A-Za-z*/, \t-]'
		THEN format('invalid schedule %s', coalesce('"' || cron || '"', 'NULL')) END;
$$;
COMMENT ON FUNCTION cvm._cron_problem(text) IS 'What is wrong with the five fields of a schedule; NULL when nothing is.';

CREATE FUNCTION cvm._check_cron(model name, cron text) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM cvm._open(_check_cron.model, writes => false);
	IF cvm._cron_problem(cron) IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = cvm._cron_problem(cron),
			HINT = 'Five fields: minute, hour, day of the month, month, day of the week. ''15 4 * * *'' is every day at 4:15.';
	END IF;
END
$$;
COMMENT ON FUNCTION cvm._check_cron(name, text) IS 'Raises when the model or the schedule is not one.';

CREATE FUNCTION cvm.schedule(model name, cron text) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	job bigint;
BEGIN
	PERFORM cvm._check_cron(schedule.model, schedule.cron);
	IF NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_cron') THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = 'pg_cron is not in this database',
			DETAIL = format('It lives in the one database that cron.database_name names: %s.', coalesce(current_setting('cron.database_name', true), 'it is not loaded')),
			HINT = format('There: SELECT cron.schedule_in_database(%L, %L, %L, %L, %L); elsewhere: SELECT cvm.cron_line(%L, %L), cvm.systemd_units(%L), cvm.dbt_hook(%L).',
				format('cvm.refresh %s', schedule.model), schedule.cron, format('CALL cvm.refresh(%L)', schedule.model), current_database(), current_user,
				schedule.model, schedule.cron, schedule.model, schedule.model);
	END IF;
	-- the job runs as the role that makes it, and replaces that role's former one
	EXECUTE 'SELECT cron.schedule($1, $2, $3)' INTO job
		USING format('cvm.refresh %s', schedule.model), schedule.cron, format('CALL cvm.refresh(%L)', schedule.model);
	RETURN job;
END
$$;
COMMENT ON FUNCTION cvm.schedule(name, text) IS 'Has pg_cron refresh a model, as the calling role; returns the job. Schedules of pg_cron are in GMT.';

CREATE FUNCTION cvm.unschedule(model name) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	known boolean;
BEGIN
	PERFORM cvm._open(unschedule.model, writes => false);
	IF to_regclass('cron.job') IS NULL THEN
		RETURN false;
	END IF;
	EXECUTE 'SELECT EXISTS (SELECT FROM cron.job j WHERE j.jobname = $1 AND j.username = current_user)' INTO known USING format('cvm.refresh %s', unschedule.model);
	IF known THEN
		EXECUTE 'SELECT cron.unschedule($1::name)' INTO known USING format('cvm.refresh %s', unschedule.model);
	END IF;
	RETURN known;
END
$$;
COMMENT ON FUNCTION cvm.unschedule(name) IS 'Takes the job of cvm.schedule() away; was there one?';

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
	-- an unescaped % ends the command of a crontab
	RETURN btrim(cron_line.cron) || ' ' || replace(format('psql -Xq -v ON_ERROR_STOP=1 -U %s -d %s -c %s', cvm._shell_quote(current_user::text),
		cvm._shell_quote(current_database()::text), cvm._shell_quote(format('CALL cvm.refresh(%L)', cron_line.model))), '%', '\%');
END
$$;
COMMENT ON FUNCTION cvm.cron_line(name, text) IS 'A line for crontab that refreshes a model, in the time zone of that machine.';

CREATE FUNCTION cvm.systemd_units(model name, on_calendar text DEFAULT '*-*-* 04:15:00') RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM cvm._open(systemd_units.model, writes => false);
	IF on_calendar IS NULL OR on_calendar ~ '[\n\r]' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
			MESSAGE = 'on_calendar is not a line of text',
			HINT = 'See man systemd.time: ''*-*-* 04:15:00'' is every day at 4:15.';
	END IF;
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
$unit$, cvm._unit_quote(current_user::text), cvm._unit_quote(current_database()::text), cvm._unit_quote(quote_literal(systemd_units.model)), on_calendar);
END
$$;
COMMENT ON FUNCTION cvm.systemd_units(name, text) IS 'Two systemd units, a service and its timer, that refresh a model.';

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
	PERFORM cvm._open(dbt_hook.model, writes => false);
	-- dbt holds a transaction open, and looks for {{ and {% in what it runs
	IF dbt_hook.model ~ '[{}\n\r]' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_name', MESSAGE = format('dbt cannot name model "%s"', dbt_hook.model),
			HINT = 'Put the call into a macro of your own.';
	END IF;
	RETURN format(E'on-run-end:\n  - %s\n  - %s', to_json(format('SELECT * FROM cvm.rebuild(%L)', dbt_hook.model))::text, to_json(format('SELECT * FROM cvm.refresh_here(%L)', dbt_hook.model))::text);
END
$$;
COMMENT ON FUNCTION cvm.dbt_hook(name) IS 'Lines for dbt_project.yml: after a run, make the views again over the tables that dbt replaced, and refresh what is stored.';
