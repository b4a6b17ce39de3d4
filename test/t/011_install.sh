#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# CREATE EXTENSION where somebody was before, in TAP: nothing of theirs is
# called, nobody becomes superuser, nobody can put things beside cvm's.
set -uo pipefail
. test/tap.sh
. test/update/versions.sh

db=cvm_install
version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" cvm.control)
script=$(pg_config --sharedir)/extension/cvm--$version.sql
run() { psql -XAtq -d $db "$@" 2>&1; }
mallory() { psql -XAtq -d $db -U cvm_mallory -v VERBOSITY=verbose "$@" 2>&1; }
cleanup() {
	dropdb --if-exists --force $db
	psql -XAtq -d postgres -c 'DROP ROLE IF EXISTS cvm_mallory'
} >/dev/null 2>&1
trap cleanup EXIT

# A database in which mallory may create schemas, and traps(SCHEMA) puts what the
# script could call by mistake into one: a function for every word of it that
# pg_catalog has, every operator, and better matches of functions that take
# anything.  Whoever steps into one makes mallory a superuser, and says so.
words=$(sed 's/--.*//' "$script" | grep -oE '\<[a-z_][a-z_0-9]*\>' | sort -u | paste -sd,)
anew() {
	cleanup
	psql -XAtq -d postgres -c 'CREATE ROLE cvm_mallory LOGIN'
	createdb $db
	run -c "GRANT CREATE ON DATABASE $db TO cvm_mallory" -c 'GRANT CREATE ON SCHEMA public TO PUBLIC' >/dev/null
	mallory <<-SQL | sed "s/^/# /"
		CREATE SCHEMA trap;
		GRANT USAGE ON SCHEMA trap TO PUBLIC;
		CREATE FUNCTION trap.spring(name text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS \$\$
		BEGIN
			RAISE WARNING 'sprung: % as %', name, current_user;
			ALTER ROLE cvm_mallory SUPERUSER;
		EXCEPTION WHEN insufficient_privilege THEN
		END \$\$;
		CREATE FUNCTION trap.try(command text) RETURNS int LANGUAGE plpgsql AS \$\$
		BEGIN EXECUTE command; RETURN 1; EXCEPTION WHEN OTHERS THEN RETURN 0; END \$\$;
		CREATE FUNCTION trap.set(target text) RETURNS bigint LANGUAGE sql SET search_path = pg_catalog, pg_temp AS \$\$
		SELECT sum(trap.try(format('CREATE FUNCTION %s.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', target, f.name, f.arguments, f.result,
			format('BEGIN PERFORM trap.spring(%L); RETURN NULL; END', f.name))))
		FROM (
			SELECT p.proname AS name, oidvectortypes(p.proargtypes) AS arguments, p.prorettype::regtype::text AS result
			FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f' AND NOT p.proretset AND p.proname <> 'version'
				AND (p.proname = ANY (string_to_array('$words', ',')) OR EXISTS (SELECT FROM pg_operator o WHERE o.oprcode = p.oid))
			UNION ALL
			SELECT w.name, repeat('text, ', n) || 'text', 'text' FROM unnest('{format,concat,quote_literal,coalesce,replace}'::text[]) AS w (name), generate_series(0, 8) n) f \$\$;
		CREATE FUNCTION trap.operators(target text) RETURNS bigint LANGUAGE sql SET search_path = pg_catalog, pg_temp AS \$\$
		SELECT sum(trap.try(format('CREATE OPERATOR %s.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = %s.%s)', target, o.oprname, o.oprleft::regtype, o.oprright::regtype, target, p.proname)))
		FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode WHERE o.oprleft <> 0 AND o.oprnamespace = 'pg_catalog'::regnamespace \$\$;
		CREATE FUNCTION trap.relations(target text) RETURNS bigint LANGUAGE sql SET search_path = pg_catalog, pg_temp AS \$\$
		SELECT sum(trap.try(format('CREATE VIEW %s.%I AS SELECT trap.spring(%L)', target, w, w)) + trap.try(format('CREATE DOMAIN %s.%I AS text CHECK (trap.spring(%L) IS NULL)', target, w, w)))
		FROM (SELECT relname AS w FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relname = ANY (string_to_array('$words', ','))
			UNION SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typname = ANY (string_to_array('$words', ','))
			UNION SELECT unnest('{integer,float8,boolean,bigint,timestamp,timestamptz}'::text[])) t \$\$;
	SQL
}
# what came of it: was a trap sprung, did mallory rise
harmless() {
	is "$(grep -c sprung <<<"$1")$(run -c 'SET search_path = pg_catalog' -c "SELECT rolsuper FROM pg_roles WHERE rolname = 'cvm_mallory'")" 0f "$2: nothing of mallory's is called"
	grep sprung <<<"$1" | sort | uniq -c | head -n 3 | sed 's/^/#   /'
}
installed() { run -c 'SET search_path = pg_catalog' -c "SELECT pg_get_userbyid(nspowner) FROM pg_namespace n JOIN pg_extension e ON e.extnamespace = n.oid WHERE extname = 'cvm'"; }
state() { grep -oE '^ERROR:  [0-9A-Z]{5}' <<<"$1" | grep -o '.....$'; }

# nothing TEXT NAME
nothing() { ok "$2" [ -z "$1" ]; }

nothing "$(grep -nE '^(DO|CALL|DROP|CREATE PROCEDURE)\>|^@|pg_temp\.' "$script" | grep -vE 'CREATE PROCEDURE cvm.refresh|DROP TABLE cvm\.(segment|subscription)_part;')" "no procedure, DO block or template runs at install"
nothing "$(grep -nE '^(CREATE|COMMENT ON|ALTER|DROP)( OR REPLACE)? (TYPE|FUNCTION|AGGREGATE|TABLE|VIEW|OPERATOR|OPERATOR CLASS|PROCEDURE|COLUMN|SEQUENCE) ' "$script" | grep -vE ' cvm\.')" "every object is made by its whole name"
ok "a statement is found in the script by its text" grep -q '^CREATE AGGREGATE cvm.retention_agg(bigint' "$script"
is "$(grep -vE '^(--.*|\\echo .*|)$' "$script" | head -n 1)" "SET LOCAL search_path = pg_catalog, pg_temp;" "the first statement is about where names are looked up"

anew
out=$(mallory -c 'CREATE SCHEMA cvm' -c "SELECT trap.set('cvm') > 500, trap.operators('cvm') > 100")
is "$out" "t|t" "mallory prepares a schema"
out=$(mallory -c "SET search_path = cvm, public" -c 'CREATE EXTENSION cvm')
harmless "$out" "mallory installs into a prepared schema"
is "$(state "$out") $(grep -c '^HINT' <<<"$out")" "42501 1" "an installation by mallory into a schema that is there is refused, with a hint"
out=$(run -v VERBOSITY=verbose -c 'CREATE EXTENSION cvm')
harmless "$out" "a superuser installs into it"
is "$(state "$out") $(grep -c '^HINT' <<<"$out")" "42501 1" "an installation by a superuser into a schema that is there is refused, with a hint"

anew
out=$(mallory -c "SELECT trap.relations('public') > 20 AND trap.set('public') > 500 AND trap.operators('public') > 100" \
	-c "SELECT trap.relations('pg_temp') > 20 AND trap.set('pg_temp') > 500" \
	-c 'SET search_path = public, pg_temp, pg_catalog' -c 'CREATE EXTENSION cvm')
is "$(head -n 2 <<<"$out" | paste -sd' ')" "t t" "mallory prepares public and pg_temp"
harmless "$out" "mallory installs"
is "$(installed)" pg_database_owner "cvm is installed, and the schema is not mallory's"
nothing "$(run -c "SELECT i.identity FROM pg_depend d, pg_identify_object(d.classid, d.objid, 0) i WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'cvm') AND i.schema <> 'cvm' AND i.type NOT LIKE 'operator %'")" "nothing of cvm lies in another schema"
is "$(state "$(mallory -c 'CREATE FUNCTION cvm.grid(text) RETURNS int LANGUAGE sql RETURN 1')")" 42501 "mallory cannot put a function beside cvm's"
is "$(mallory -c 'DROP EXTENSION cvm' -c 'CREATE EXTENSION cvm' -c 'SELECT cvm.version() IS NOT NULL')" t "mallory can drop it and install it again"

anew
mallory -o /dev/null -c "SELECT trap.relations('public')" -c "SELECT trap.set('public'), trap.operators('public')"
out=$(run -c "ALTER DATABASE $db SET search_path = public, pg_catalog" && run -c 'CREATE EXTENSION cvm')
harmless "$out" "a superuser installs where public is prepared"
is "$(installed)" pg_database_owner "cvm is installed"

# an empty schema of mallory's may get something from another session
anew
mallory -c 'CREATE SCHEMA cvm'
mallory -o /dev/null <<'SQL' &
BEGIN;
CREATE FUNCTION cvm.grid(text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.spring('grid'); RETURN 1; END $$;
SELECT pg_sleep(3);
COMMIT;
SQL
until [ "$(run -c "SELECT count(*) FROM pg_stat_activity WHERE usename = 'cvm_mallory' AND wait_event = 'PgSleep'")" = 1 ]; do sleep 0.1; done
out=$(mallory -c 'CREATE EXTENSION cvm')
wait
is "$(state "$out") $(grep -c '^HINT' <<<"$out")" "42501 1" "an empty schema of one who is not the database's owner is refused, with a hint"
run -c 'DROP FUNCTION cvm.grid(text)'
is "$(state "$(mallory -c 'BEGIN; ALTER SCHEMA cvm RENAME TO c; ALTER SCHEMA c RENAME TO cvm; CREATE EXTENSION cvm; COMMIT')")" 42501 "also when it was altered in the same transaction"
is "$(state "$(mallory -c 'DROP SCHEMA cvm' -c 'BEGIN; CREATE SCHEMA cvm; GRANT USAGE ON SCHEMA cvm TO PUBLIC; CREATE EXTENSION cvm; COMMIT')")" 42501 "or has rights on it been given"
is "$(state "$(mallory -c 'BEGIN; CREATE SCHEMA cvm; CREATE EXTENSION cvm; COMMIT')")$(installed)" pg_database_owner "one that nobody has seen is taken"

# what comes into the schema after the check is shown by an event trigger, which
# does as if
anew
run <<'SQL'
CREATE FUNCTION trap.late() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	IF to_regclass('cvm.late') IS NULL THEN
		CREATE TABLE cvm.late ();
		PERFORM trap.set('cvm'), trap.operators('cvm');
	END IF;
END $$;
CREATE EVENT TRIGGER late ON ddl_command_end WHEN TAG IN ('ALTER SCHEMA') EXECUTE FUNCTION trap.late();
SQL
out=$(mallory -c 'SET search_path = cvm, public' -c 'CREATE EXTENSION cvm')
harmless "$out" "traps come into the schema while the script runs"
is "$(run -c "SELECT to_regclass('cvm.late') IS NOT NULL AND to_regprocedure('cvm.format(text, text, text)') IS NOT NULL") $(installed)" "t pg_database_owner" "they were there"

anew
out=$(run -v VERBOSITY=verbose -c 'CREATE SCHEMA cvm' -c 'GRANT CREATE ON SCHEMA cvm TO cvm_mallory' -c 'CREATE EXTENSION cvm')
is "$(state "$out") $(grep -c 'REVOKE CREATE' <<<"$out")" "42501 1" "a schema into which another role may put things is refused"
out=$(mallory -c 'CREATE FUNCTION cvm._check_schema(VARIADIC a int[] DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM trap.spring($_$check$_$); END $$' &&
	run -c 'REVOKE CREATE ON SCHEMA cvm FROM cvm_mallory' -v VERBOSITY=verbose -c 'CREATE EXTENSION cvm')
harmless "$out" "a function named like the check"
ok "is refused" grep -qE '55000|42725' <<<"$(state "$out")"

# An update is a script too, and whoever created the extension has had time.  A
# released version is installed as whoever was the first to come did
versions_install
for from in $versions; do
	update=$(pg_config --sharedir)/extension/cvm--$from--$version.sql
	is "$(grep -vE '^(--.*|\\echo .*|)$' "$update" | head -n 1)" "SET LOCAL search_path = pg_catalog, pg_temp;" "the first statement of the update from $from is about where names are looked up"
	nothing "$(grep -nE '^(DO|CALL|CREATE PROCEDURE)\>|^@|pg_temp\.' "$update")" "no procedure, DO block or template runs in the update from $from"
	nothing "$(grep -nE '^(CREATE|COMMENT ON|ALTER|DROP)( OR REPLACE)? (TYPE|FUNCTION|AGGREGATE|TABLE|VIEW|OPERATOR|OPERATOR CLASS|PROCEDURE|COLUMN|SEQUENCE) ' "$update" | grep -vE ' cvm\.')" "every object is updated by its whole name from $from"

	superuser() { run "$@"; }
	trusted() { run -c 'ALTER SCHEMA cvm OWNER TO pg_database_owner'; }
	anew
	mallory -o /dev/null -c "CREATE EXTENSION cvm VERSION '$from'"
	out=$(run -v VERBOSITY=verbose -c 'ALTER EXTENSION cvm UPDATE')
	is "$(state "$out") $(grep -c '^HINT.* OWNER TO pg_database_owner' <<<"$out")" "42501 1" "an update from $from in a schema of one who is not the database's owner is refused, with a hint"
	trusted
	out=$(mallory -c "SELECT trap.relations('public') > 20 AND trap.set('public') > 500 AND trap.operators('public') > 100" \
		-c "SELECT trap.relations('pg_temp') > 20 AND trap.set('pg_temp') > 500" \
		-c 'SET search_path = public, pg_temp, cvm, pg_catalog' -c 'ALTER EXTENSION cvm UPDATE')
	is "$(head -n 2 <<<"$out" | paste -sd' ')" "t t" "mallory prepares public and pg_temp for an update from $from"
	harmless "$out" "mallory updates from $from"
	is "$(run -c 'SET search_path = pg_catalog' -c "SELECT extversion FROM pg_extension WHERE extname = 'cvm'")" "$version" "what the hint says lets mallory update from $from"

	anew
	mallory -o /dev/null -c "CREATE EXTENSION cvm VERSION '$from'" -c "SELECT trap.set('cvm'), trap.operators('cvm')"
	trusted
	for who in mallory superuser; do
		out=$($who -v VERBOSITY=verbose -c 'SET search_path = cvm, public' -c 'ALTER EXTENSION cvm UPDATE')
		harmless "$out" "$who updates from $from where the schema holds more"
		is "$(state "$out") $(grep -c '^HINT' <<<"$out")" "55000 1" "an update from $from by $who where the schema holds more is refused, with a hint"
	done

	# who owns the extension can make members of what they own
	for member in 'format(text, text, text)' '_check_schema()'; do
		anew
		mallory -o /dev/null -c "CREATE EXTENSION cvm VERSION '$from'" \
			-c "CREATE FUNCTION cvm.$member RETURNS void LANGUAGE plpgsql AS \$\$ BEGIN PERFORM trap.spring('member'); END \$\$" \
			-c "ALTER EXTENSION cvm ADD FUNCTION cvm.$member"
		trusted
		for who in mallory superuser; do
			out=$($who -v VERBOSITY=verbose -c 'SET search_path = cvm, public' -c 'ALTER EXTENSION cvm UPDATE')
			harmless "$out" "$who updates from $from where mallory's $member is a member"
			is "$(state "$out") $(grep -c '^HINT' <<<"$out")" "42501 1" "an update from $from by $who where mallory's $member is a member is refused, with a hint"
		done
	done
done
done_testing
