#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# What the monthly waterfall and retention by cohort cost, as ratios to count(*)
# on the same table in the same run: in one pass, both in one pass, in two
# steps, and in plain SQL that expands customers into months; with the peak
# memory of each.
#
#   bench/subscriptions.sh [SPELLS]     3000000 by default, three a customer
#
# Wants a server with cvm in its environment (scripts/server env DIR).  Plain
# SQL is given all the memory it asks for, no parallel workers, and a tenth of
# the customers, whose time is multiplied by ten: it grows at least as fast.
# With DUCKDB naming a directory where "npm install @duckdb/node-api" was run,
# DuckDB answers the same in one thread.
set -euo pipefail
spells=${1:-3000000}
rounds=${ROUNDS:-7}
db=cvm_bench_subscriptions
run() { psql -XAtq -v ON_ERROR_STOP=1 -d $db "$@"; }
trap 'dropdb --if-exists --force $db >/dev/null 2>&1; rm -f "${csv:-}"' EXIT
dropdb --if-exists --force $db >/dev/null 2>&1
createdb $db
run -v spells="$spells" <<'SQL'
CREATE EXTENSION cvm;
CREATE TABLE spell AS
SELECT 1 + (hashint8(n * 7)::bigint & 2147483647) % (:spells / 3) AS customer, 'plan' || n % 7 AS product,
	date '2022-01-01' + (hashint8(n) & 1023) AS started_on,
	CASE WHEN n % 3 > 0 THEN date '2022-01-01' + (hashint8(n) & 1023) + 20 + (hashint8(n + 5) & 255) END AS ended_on,
	(10 + n % 5 * 5)::numeric(10,2) AS mrr
FROM generate_series(1, :spells) n;
CREATE TABLE tenth AS SELECT * FROM spell WHERE customer % 10 = 0;
VACUUM ANALYZE;
SQL

setup="SET max_parallel_workers_per_gather = 0; SET jit = off; SET work_mem = '2GB'; SET hash_mem_multiplier = 2"
count='SELECT count(*) FROM spell'
arguments="customer, product, started_on, ended_on, mrr, 'month', '2025-01-01'"
waterfall="SELECT cvm.movement_agg($arguments) FROM spell"
retention="SELECT cvm.revenue_retention_agg($arguments) FROM spell"
both="SELECT cvm.movement_agg($arguments), cvm.revenue_retention_agg($arguments) FROM spell"
holdings="SELECT customer, cvm.holdings_agg(product, started_on, ended_on, mrr) AS h FROM spell GROUP BY customer"
two_step="SELECT cvm.movement_agg(h, 'month', '2025-01-01') FROM ($holdings) x"
retention_two_step="SELECT cvm.revenue_retention_agg(h, 'month', '2025-01-01') FROM ($holdings) x"
# The closing of every customer and month in which they have a line, and the
# month after; then one line back
plain="WITH closing AS (
	SELECT customer, month::date AS month, sum(mrr) FILTER (WHERE ended_on IS NULL OR ended_on >= month + interval '1 month') AS mrr
	FROM tenth, generate_series(date_trunc('month', started_on::timestamp), least(ended_on, date '2024-12-31')::timestamp, '1 month') AS month
	WHERE started_on < '2025-01-01' GROUP BY 1, 2
), passage AS (
	SELECT customer, month, coalesce(mrr, 0) AS mrr,
		CASE WHEN lag(month) OVER c >= month - interval '1 month' THEN coalesce(lag(mrr) OVER c, 0) ELSE 0 END AS before,
		coalesce(max(mrr) OVER (c ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) > 0 AS ever
	FROM closing WINDOW c AS (PARTITION BY customer ORDER BY month)
)
SELECT month, sum(mrr) FILTER (WHERE before = 0 AND NOT ever), sum(mrr) FILTER (WHERE before = 0 AND ever),
	sum(mrr - before) FILTER (WHERE before > 0 AND mrr > before), sum(mrr - before) FILTER (WHERE mrr > 0 AND mrr < before),
	-sum(before) FILTER (WHERE mrr = 0), sum(mrr) FROM passage GROUP BY month"

# Who of each cohort pays at which closing
plain_retention="WITH closing AS (
	SELECT DISTINCT customer, month::date AS month
	FROM tenth, generate_series(date_trunc('month', started_on::timestamp), least(ended_on, date '2024-12-31')::timestamp, '1 month') AS month
	WHERE started_on < '2025-01-01' AND mrr > 0 AND (ended_on IS NULL OR ended_on >= month + interval '1 month')
), cohort AS (
	SELECT customer, date_trunc('month', min(started_on)::timestamp) AS month FROM tenth WHERE mrr > 0 GROUP BY customer
)
SELECT c.month, l.month, count(*) FROM cohort c JOIN closing l ON l.customer = c.customer GROUP BY 1, 2"

# Milliseconds of the best round of each query, rounds interleaved, and the
# median over rounds of its ratio to the first, which is count(*)
interleave() {
	local rounds=$1 n=$#
	shift
	{
		echo "$setup;"
		echo "\\timing on"
		for _ in $(seq "$rounds"); do
			for query; do echo "SELECT count(*) FROM ($query) q WHERE q.* IS NOT DISTINCT FROM NULL;"; done
		done
	} | run | awk -v n=$((n - 1)) '
		/^Time:/ {
			at = seen++ % n
			if (at == 0) floor = $2
			if (!best[at] || $2 < best[at]) best[at] = $2
			ratio[at, count[at]++] = $2 / floor
		}
		END {
			for (at = 0; at < n; at++) {
				m = count[at]
				for (i = 1; i < m; i++)
					for (j = i; j > 0 && ratio[at, j] < ratio[at, j - 1]; j--) {
						t = ratio[at, j]; ratio[at, j] = ratio[at, j - 1]; ratio[at, j - 1] = t
					}
				printf "%.1f %.2f\n", best[at], ratio[at, int(m / 2)]
			}
		}'
}

# Milliseconds of the best of some rounds, and MB at the peak above a query
# that does nothing
measure() {
	local rounds=$1 query=$2
	# every column of the answer is asked for, else nothing would be computed
	{
		echo "$setup; SELECT count(*) FROM pg_class;"
		echo "SELECT pg_backend_pid() \\gset"
		echo "\\setenv PID :pg_backend_pid"
		echo "\\! echo memory \$(awk '/^(VmRSS|RssShmem)/ { print \$2 }' /proc/\$PID/status)"
		echo "\\timing on"
		for _ in $(seq "$rounds"); do echo "SELECT count(*) FROM ($query) q WHERE q.* IS NOT DISTINCT FROM NULL;"; done
		echo "\\timing off"
		echo "\\! echo peak \$(awk '/^(VmHWM|RssShmem)/ { print \$2 }' /proc/\$PID/status)"
	} | run | awk '
		/^memory/ { base = $2 - $3 }
		/^peak/ { peak = $2 - $3 }
		/^Time:/ { if (!best || $2 < best) best = $2 }
		END { printf "%.1f %.0f\n", best, (peak - base) / 1024 }'
}

printf '%-34s %10s %8s %8s %8s\n' "$spells spells" ms ratio median MB
line() {
	local name=$1 factor=$2 median=${3:-} best peak
	read -r best peak
	awk -v name="$name" -v ms="$best" -v factor="$factor" -v floor="$floor" -v mb="$peak" -v median="$median" \
		'BEGIN { printf "%-34s %10.0f %8.2f %8s %8s\n", name, ms * factor, ms * factor / floor, median, mb }'
}
interleaved=$(interleave "$rounds" "$count" "$waterfall" "$retention" "$both")
{
	read -r floor _
	line "count(*)" 1 1 <<<"$floor 0"
	for name in waterfall retention both; do
		read -r best median
		line "$name, one pass" 1 "$median" < <(measure 1 "${!name}" | sed "s/^[^ ]*/$best/")
	done
} <<<"$interleaved"
read -r floor _ <<<"$interleaved"
measure 1 "$two_step" | line "waterfall, by holdings_agg" 1
measure 1 "$retention_two_step" | line "retention, by holdings_agg" 1
measure 1 "$plain" | line "waterfall, SQL by months, x 10" 10
measure 1 "$plain_retention" | line "retention, SQL by months, x 10" 10

# Answered by DuckDB, in one thread, from a table of its own
duckdb() {
	CSV=$csv QUERY="${1//tenth/spell}" ROUNDS=3 node -e '
const duckdb = require(require.resolve("@duckdb/node-api", { paths: [process.env.DUCKDB] }));
(async () => {
	const db = await (await duckdb.DuckDBInstance.create(":memory:", { threads: "1" })).connect();
	await db.run(`CREATE TABLE spell AS SELECT * FROM read_csv($$${process.env.CSV}$$, types = {"mrr": "DECIMAL(10,2)"})`);
	const query = process.env.QUERY.replace(/, generate_series\(.*? AS month\n/s,
		`, unnest(generate_series(date_trunc(\x27month\x27, started_on::timestamp), least(coalesce(ended_on, date \x272024-12-31\x27), date \x272024-12-31\x27)::timestamp, interval \x271 month\x27)) AS u(month)\n`);
	let best = Infinity;
	for (let i = 0; i < process.env.ROUNDS; i++) {
		const from = performance.now();
		await (await db.run(query)).getRows();
		best = Math.min(best, performance.now() - from);
	}
	console.log(best.toFixed(1), Math.round(process.memoryUsage().rss / 1048576));
})().catch(e => { console.error(e.message); process.exit(1); });'
}
if [ -n "${DUCKDB:-}" ]; then
	csv=$(mktemp)
	run -c "COPY spell TO STDOUT CSV HEADER" >"$csv"
	duckdb "$plain" | line "waterfall, DuckDB by months" 1
	duckdb "$plain_retention" | line "retention, DuckDB by months" 1
fi
