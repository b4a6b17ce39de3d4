#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# Schedules, in TAP: with the real pg_cron, taken from the distribution's
# package without installing it, and the words for other schedulers.
set -uo pipefail
. test/tap.sh
. test/cluster.sh

files=$(new_dir cron)
trap 'cluster_remove; rm -rf "$files"' EXIT
major=$("$own/bin/pg_config" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')
lib=$("$own/bin/pg_config" --pkglibdir) share=$("$own/bin/pg_config" --sharedir)
if [ ! -e "$lib/pg_cron.so" ]; then
	if ! unpack "$files" "postgresql-$major-cron"; then
		skip "no postgresql-$major-cron here, and it cannot be downloaded"
		done_testing
		exit
	fi
	[ ! -L "$lib" ] && [ -w "$lib" ] && cp "$files/usr/lib/postgresql/$major/lib/pg_cron.so" "$lib/" &&
		cp "$files/usr/share/postgresql/$major/extension/"pg_cron* "$share/extension/" ||
		{ skip "pg_cron cannot be put beside the programs"; done_testing; exit; }
	trap 'cluster_remove; rm -rf "$files" "$lib/pg_cron.so" "$share/extension/"pg_cron*' EXIT
fi

cluster_start "fsync = off" "shared_preload_libraries = 'pg_cron'" "cron.database_name = 'shop'" "cron.host = ''" "cron.use_background_workers = on" "max_worker_processes = 20" ||
	{ skip "no cluster with pg_cron"; done_testing; exit; }
createdb shop
createdb other
run() { psql -XAtq -d shop -v ON_ERROR_STOP=1 "$@"; }
setup() {
	psql -XAtq -d "$1" -v ON_ERROR_STOP=1 -o /dev/null <<-'SQL'
		CREATE EXTENSION cvm;
		CREATE TABLE orders (customer_id int, occurred_at date);
		INSERT INTO orders SELECT i, '2024-01-01' FROM generate_series(1, 10) i;
		SELECT cvm.create_model('it''s', tz => 'UTC');
		SELECT cvm.bind('it''s', 'event', 'orders');
		SELECT cvm.store('it''s', 'customer_activity', mode => 'queue'), cvm.store('it''s', 'retention_month');
	SQL
}
ok "a model" setup shop
run -c 'CREATE EXTENSION pg_cron'
is "$(run -c "SELECT cvm.schedule('it''s', '* * * * *') > 0")" t "pg_cron $(run -c "SELECT extversion FROM pg_extension WHERE extname = 'pg_cron'") takes the job"
is "$(run -c 'SELECT jobname, schedule, command FROM cron.job')" "cvm.refresh it's|* * * * *|CALL cvm.refresh('it''s')" "under a name of its own"
run -o /dev/null -c "SELECT cvm.schedule('it''s', '*/1 * * * *')"
is "$(run -c 'SELECT count(*) FROM cron.job')" 1 "scheduled again, it replaces the former one"
run -c "INSERT INTO orders VALUES (99, '2024-01-02')"
for _ in $(seq 150); do
	[ "$(run -c "SELECT string_agg(status, ' ') FROM cron.job_run_details WHERE status IN ('succeeded', 'failed')")" ] && break
	sleep 0.5
done
is "$(run -c "SELECT status, return_message FROM cron.job_run_details ORDER BY runid LIMIT 1")" "succeeded|CALL" "within a minute it has run"
is "$(run -c "SELECT row_count, is_stale, last_attempt FROM cvm.freshness WHERE object = 'customer_activity'")" "11|f|done" "and refreshed"
is "$(run -c "SELECT cvm.unschedule('it''s'), cvm.unschedule('it''s')")" "t|f" "unschedule takes it away"
is "$(run -c 'SELECT count(*) FROM cron.job')" 0 "for good"

# where pg_cron is not
psql -Xq -d other -c '' && setup other
why=$(psql -XAtq -d other -c "SELECT cvm.schedule('it''s', '15 4 * * *')" 2>&1)
ok "elsewhere it says where pg_cron is" grep -q 'DETAIL:  It lives in .*: shop' <<<"$why"
hint=$(sed -n "s/^HINT:  There: \(SELECT cron.schedule_in_database.*);\) elsewhere.*/\1/p" <<<"$why")
ok "the hint that says what to say there works" run -o /dev/null -c "$hint"
is "$(run -c 'SELECT database, username FROM cron.job')" "other|postgres" "in the other database, as the same role"

# a schema called cron that a role made is not pg_cron
psql -XAtq -d other -v ON_ERROR_STOP=1 -o /dev/null <<-'SQL'
	CREATE ROLE cron_stranger;
	CREATE ROLE cron_reader;
	CREATE ROLE cron_member IN ROLE cron_reader;
	GRANT CREATE ON DATABASE other TO cron_stranger;
	SET ROLE cron_stranger;
	CREATE SCHEMA cron;
	GRANT USAGE ON SCHEMA cron TO PUBLIC;
	CREATE TABLE cron.ran (who text);
	GRANT INSERT ON cron.ran TO PUBLIC;
	CREATE VIEW cron.job AS SELECT 'cvm.refresh it''s'::text AS jobname, current_user AS username;
	GRANT SELECT ON cron.job TO PUBLIC;
	CREATE FUNCTION cron.schedule(text, text, text) RETURNS bigint LANGUAGE sql AS $$ INSERT INTO cron.ran VALUES (current_user) RETURNING 1 $$;
	CREATE FUNCTION cron.unschedule(name) RETURNS boolean LANGUAGE sql AS $$ INSERT INTO cron.ran VALUES (current_user) RETURNING true $$;
	CREATE FUNCTION cron.unschedule(text) RETURNS boolean LANGUAGE sql AS $$ INSERT INTO cron.ran VALUES (current_user) RETURNING true $$;
SQL
is "$(psql -XAtq -d other -c "SELECT cvm.unschedule('it''s')" 2>&1)" "f" "unschedule finds no job in a stranger's schema cron"
is "$(psql -XAtq -d other -c "SELECT cvm.schedule('it''s', '15 4 * * *')" 2>&1 | head -n 1)" "ERROR:  pg_cron is not in this database" "and schedule none to give it to"
is "$(psql -XAtq -d other -c "SELECT count(*) FROM cron.ran")" 0 "nothing of the stranger's ran"

# words: each is run by what it is meant for
line=$(run -c "SELECT cvm.cron_line('it''s')")
run -c "INSERT INTO orders VALUES (100, '2024-01-02')"
sh -c "$(sed 's/^15 4 \* \* \* //; s/\\%/%/g' <<<"$line")"
is "$? $(run -c "SELECT row_count FROM cvm.freshness WHERE object = 'customer_activity'")" "0 12" "the line for crontab does it in a shell"
is "$(psql -XAtq -d shop -c "SELECT cvm.cron_line('it''s', 'daily')" 2>&1 | head -n 1)" 'ERROR:  invalid schedule "daily"' "a schedule that is none is refused"
is "$(psql -XAtq -d shop -c "SELECT cvm.cron_line('it''s', E'* * * * *\n* * * * *')" 2>&1 | grep -c ERROR)" 1 "as is one that would be two lines"
# a name that crontab, shell, dbt and SQL read each in its own way
awkward=$'100% \\ it\'s {{x}}\n* * * * * touch /tmp/cvm $$'
run -v "name=$awkward" -o /dev/null <<-'SQL'
	SELECT cvm.create_model(:'name', tz => 'UTC');
	SELECT cvm.bind(:'name', 'event', 'orders');
	SELECT cvm.store(:'name', 'customer_activity');
	INSERT INTO orders VALUES (101, '2024-01-02');
SQL
rows() {
	run -v "name=$awkward" <<<"SELECT row_count FROM cvm.freshness WHERE model = :'name' AND object = 'customer_activity'"
}
line=$(run -v "name=$awkward" <<<"SELECT cvm.cron_line(:'name')")
is "$(wc -l <<<"$line")" 1 "the line of a model with a line's end in its name is one line"
sh -c "$(sed 's/^15 4 \* \* \* //; s/\\%/%/g' <<<"$line")"
is "$? $(rows)" "0 13" "the line refreshes that model"
hook=$(run -v "name=$awkward" <<<"SELECT cvm.dbt_hook(:'name')")
ok "dbt sees no braces of its own in the hook" bash -c '! grep -q "[{}]" <<<"$1"' - "$hook"
run -c "INSERT INTO orders VALUES (102, '2024-01-02')"
sed -n 's/^  - //p' <<<"$hook" | python3 -c 'import sys, json; [print(json.loads(l) + ";") for l in sys.stdin]' | run -o /dev/null -f -
is "$? $(rows)" "0 14" "the two statements of the hook do what they say"
unit=$(run -v "name=$awkward" <<<"SELECT cvm.systemd_units(:'name')" | sed -n 's/^ExecStart=//p')
is "$(wc -l <<<"$unit")" 1 "the service of that model has one command"
run -c "INSERT INTO orders VALUES (103, '2024-01-02')"
# as systemd reads it: %% and $$ are one character
sh -c "$(sed "s/%%/%/g; s/\\$\\$/\\\\\$/g" <<<"$unit")"
is "$? $(rows)" "0 15" "the command of the service refreshes the model"
is "$(run -v "name=$awkward" <<<"SELECT cvm.dbt_yaml(:'name')" 2>&1 | head -n 1)" "ERROR:  dbt cannot name U&'100% !005c it''s !007b!007bx!007d!007d!000a* * * * * touch /tmp/cvm \$\$' UESCAPE '!'" "names that dbt cannot have are refused, in one line"
line=$(createdb $'two\nlines' && psql -XAtq -d $'two\nlines' -c "CREATE EXTENSION cvm; SELECT cvm.create_model('m', tz => 'UTC');" -o /dev/null && psql -XAtq -d $'two\nlines' -c "SELECT cvm.cron_line('m')" 2>&1)
is "$(head -n 1 <<<"$line")" "ERROR:  crontab cannot name U&'two!000alines' UESCAPE '!'" "as is a database of two lines"

units=$(run -c "SELECT cvm.systemd_units('it''s')")
if command -v systemd-analyze >/dev/null; then
	sed -n '/service$/,/timer$/p' <<<"$units" >"$files/cvm-refresh.service"
	sed -n '/timer$/,$p' <<<"$units" >"$files/cvm-refresh.timer"
	sed -i "s,^ExecStart=psql,ExecStart=$own/bin/psql," "$files/cvm-refresh.service"
	none "systemd takes its units" grep cvm-refresh <(systemd-analyze verify "$files/cvm-refresh.service" "$files/cvm-refresh.timer" 2>&1)
fi
ok "the units of systemd name the call" grep -q "CALL cvm.refresh('it''s')" <<<"$units"
done_testing
