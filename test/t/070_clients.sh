#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# The clients that dashboards are made with, in TAP: each lists every view of
# two models, one that reads events and one that reads tables, with types and
# comments, and reads the same values as psql, of up to 200 rows of each.  What is
# not installed is taken from the distribution's packages, without installing it,
# and from npm where that is.
set -uo pipefail
. test/tap.sh
. test/cluster.sh

files=$(new_dir clients)
trap 'cluster_remove; rm -rf "$files"' EXIT
port=$((20000 + RANDOM % 20000))
cluster_start "fsync = off" "listen_addresses = '127.0.0.1'" "port = $port" "timezone = 'UTC'" ||
	{ skip "no second cluster"; done_testing; exit; }
export PGPORT=$port
createdb shop
run() { psql -XAtq -d shop -v ON_ERROR_STOP=1 "$@"; }

run -o /dev/null <<'SQL'
CREATE EXTENSION cvm;
\i test/world.sql
SELECT world.model(m) FROM unnest('{live,kept}'::name[]) m;
SELECT cvm.store('kept', 'customer_activity'), cvm.store('kept', 'customer_holdings');
SELECT cvm.store('kept', v.view) FROM cvm.catalog('live') v WHERE v."exists";
SQL

# the truth, from psql, in the words of the clients: in one session, rows between
# lines that no row is
for view in $(run -c "SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace IN ('live'::regnamespace, 'kept'::regnamespace, 'cvm'::regnamespace) AND c.relkind = 'v'"); do
	printf '%s\n' "\\echo 'view	$view	x'" \
		"SELECT 'column', '$view', attname, format_type(atttypid, atttypmod), 'x' FROM pg_attribute WHERE attrelid = '$view'::regclass AND attnum > 0 ORDER BY attnum;" \
		'\echo --' "COPY (SELECT * FROM $view ORDER BY 1, 2 LIMIT 200) TO STDOUT;" '\echo --'
done >"$files/asks"
run -F $'\t' -f "$files/asks" | awk -F'\t' '
	$0 == "--" { rows = !rows; next }
	!rows && $1 == "view" { view = $2 }
	{ print (rows ? "row\t" view "\t" : "") $0 }' >"$files/truth"
ok "psql lists $(grep -c ^view "$files/truth") views and $(grep -c ^row "$files/truth") rows" [ "$(grep -c ^view "$files/truth")" -ge 70 ]

# would anything be noticed?
awk -F'\t' -v OFS='\t' '
	/^view\tkept.retention_week/ { next }
	/^view\tkept.retention_curve/ { $3 = "" }
	/^column\tkept.retention_month\tvalue\t/ { $4 = "unknown" }
	/^column\tkept.retention_month\tcohort\t/ { $5 = "null" }
	/^row\tkept.lifecycle_month/ && !seen++ { $6 = "2001-01-01" }
	/^row\tkept.retention_quarter/ && !once++ { next }
	{ print }' "$files/truth" >"$files/said"
is "$(test/clients/compare.pl "$files/truth" "$files/said" | sed 's/ row.*/ rows/; s/has [0-9]* rows/has other rows/' | grep -v quarter\\.)" "kept.lifecycle_month.month_label of rows
kept.retention_curve has no comment
kept.retention_month.cohort has no comment
kept.retention_month.value has an unknown type
kept.retention_quarter has other rows
kept.retention_week is not listed" "what is not listed, not known, not commented or not equal is noticed"

check() { # NAME PROGRAM...
	local name=$1
	shift
	if timeout 300 "$@" >"$files/said" 2>"$files/errors"; then
		empty "$name lists and reads every view as psql does" test/clients/compare.pl "$files/truth" "$files/said"
	else
		ok "$name runs" false
		comment "$(tail -n 5 "$files/errors")"
	fi
}

jar=/usr/share/java/postgresql.jar
[ -e $jar ] || ! unpack "$files/jdbc" libpostgresql-jdbc-java || jar=$files/jdbc/usr/share/java/postgresql.jar
if ! command -v java >/dev/null; then
	skip "JDBC: no java here"
elif [ ! -e "$jar" ]; then
	skip "JDBC: no libpostgresql-jdbc-java here, and it cannot be downloaded"
else
	check JDBC java -Duser.timezone=UTC -cp "$jar" test/clients/Jdbc.java "jdbc:postgresql://127.0.0.1:$port/shop" live kept cvm
fi

py=/usr/bin/python3
lib=$(dirname "$(find /usr/lib -name 'libz.so.1' 2>/dev/null | head -n 1)")
if ! [ -x $py ]; then
	skip "SQLAlchemy: no $py here"
elif $py -c 'import sqlalchemy, psycopg2' 2>/dev/null || unpack "$files/python" python3-sqlalchemy python3-psycopg2 &&
	PYTHONPATH=$files/python/usr/lib/python3/dist-packages $py -c 'import sqlalchemy, psycopg2' 2>/dev/null; then
	PYTHONPATH=$files/python/usr/lib/python3/dist-packages check \
		"SQLAlchemy $(PYTHONPATH=$files/python/usr/lib/python3/dist-packages $py -c 'import sqlalchemy; print(sqlalchemy.__version__)')" \
		$py test/clients/sqlalchemy_reader.py "postgresql+psycopg2://postgres@127.0.0.1:$port/shop" live kept cvm
else
	skip "SQLAlchemy: no python3-sqlalchemy here, and it cannot be downloaded"
fi

if ! [ -x $py ]; then
	skip "ODBC: no $py here"
elif unpack "$files/odbc" odbc-postgresql libodbc2 libodbcinst2 libltdl7 python3-pyodbc; then
	export ODBCSYSINI=$files/odbc LD_LIBRARY_PATH=$files/odbc/${lib#/}
	driver=$(find "$files/odbc" -name psqlodbcw.so)
	printf '[PostgreSQL]\nDriver = %s\n' "$driver" >"$files/odbc/odbcinst.ini"
	PYTHONPATH=$files/odbc/usr/lib/python3/dist-packages check "psqlODBC $(ls "$files"/odbc/deb/odbc-postgresql* | sed 's/.*_\(.*\)_.*/\1/; s/.*%3a//')" \
		$py test/clients/odbc_reader.py "Driver={PostgreSQL};Server=127.0.0.1;Port=$port;Database=shop;Uid=postgres;MaxVarcharSize=8000;BoolsAsChar=0;UseDeclareFetch=1;Fetch=50" live kept cvm
	unset ODBCSYSINI LD_LIBRARY_PATH
else
	skip "ODBC: no odbc-postgresql here, and it cannot be downloaded"
fi

if ! command -v npm >/dev/null; then
	skip "node-postgres, Cube, Evidence: no npm here"
elif (mkdir "$files/node" && cd "$files/node" && timeout 180 npm install --ignore-scripts --no-audit --no-fund --silent \
	pg@8.23.1 @cubejs-backend/postgres-driver@1.7.43 @evidence-dev/postgres@1.0.10 @evidence-dev/db-commons@1.1.1 @cubejs-backend/schema-compiler@1.7.43 js-yaml@4 lookml-parser@7.1.3) >/dev/null 2>&1; then
	cp test/clients/*.js "$files/node/"
	for driver in pg cube evidence; do
		TZ=UTC check "$driver" node "$files/node/node_reader.js" $driver $port shop live kept cvm
	done
	run -c "SELECT cvm.cube_yaml('kept')" >"$files/cube.yml"
	run -c "SELECT cvm.lookml('kept')" >"$files/look.lkml"
	# a rate of each kind of total: by segment, of every donor, of every channel
	rates='retention_curve,retention_rate,period_no subscription_kpi,logo_churn_rate,month_label cannibalization,value_rate,focal
		recycled_acquisition_channel,gaming_rate,offer segment_kpi,multi_product_share,month_label'
	CUBEJS_TESSERACT_SQL_PLANNER=false node "$files/node/cube_model.js" "$files/cube.yml" $rates 2>"$files/errors" | grep -v '^Warning' >"$files/cube.sql"
	node "$files/node/look_model.js" "$files/look.lkml" $rates 2>"$files/errors" >"$files/look.sql"
	n=0
	for rate in $rates; do
		IFS=, read -r view rate key <<<"$rate"
		n=$((n + 1))
		case $view in
		cannibalization) total="segment = '(all)' AND donor = '(all)' AND channel = '(all)'" ;;
		recycled*) total="channel = '(all)'" ;;
		*) total="segment = '(all)'" ;;
		esac
		for tool in cube look; do
			is "$(run -c "CREATE TABLE ${tool}_$view AS $(sed -n "${n}p" "$files/$tool.sql" | sed "s/\\\$[0-9]/'none'/")" \
				-c "SELECT count(*) > 0, count(*) FILTER (WHERE c.$rate IS NOT NULL) > 0, bool_and(abs(b.rate - c.$rate) < 1e-12 OR (b.rate IS NULL AND c.$rate IS NULL))
				FROM ${tool}_$view b (key, rate) FULL JOIN (SELECT * FROM kept.$view WHERE $total) c ON c.$key = b.key" 2>&1)" "t|t|t" \
				"$([ $tool = cube ] && echo Cube compiles 'cvm.cube_yaml()' || echo 'cvm.lookml()' parses), and its SQL gives $rate of $view"
		done
	done
	is "$(cd "$files/node" && node look_model.js ../look.lkml)" "$(run -c "SELECT count(*), (SELECT count(*) FROM cvm.report_column k JOIN cvm.generated g ON g.relation = k.view::name WHERE g.model = 'kept')
		FROM cvm.catalog('kept') JOIN cvm.report_view USING (view) WHERE \"exists\"" -F ' ') 0" "every view and every column is in the LookML, and no two fields of a view have one name"
	run -c "SELECT cvm.dbt_yaml('kept')" >"$files/dbt.yml"
	is "$(cd "$files/node" && node -e "
		const d = require('js-yaml').load(require('fs').readFileSync('../dbt.yml', 'utf8')).sources[0];
		console.log(d.schema, d.tables.length, d.tables.every((t) => t.description && t.columns[0].tests.join() === 'unique,not_null' && t.columns.every((c) => c.name && c.description && c.data_type)));")" \
		"kept $(run -c "SELECT count(*) FROM cvm.catalog('kept') JOIN cvm.report_view USING (view) WHERE \"exists\"") true" "cvm.dbt_yaml() is YAML with every view, column and test"
else
	skip "node-postgres, Cube, Evidence: the npm registry does not answer"
fi
done_testing
