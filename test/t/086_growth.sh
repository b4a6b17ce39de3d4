#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# A backend that answers many small queries is no larger after the last of them
# than after the first hundreds, in TAP.  CVM_SMALL_QUERIES is how many there are.
set -uo pipefail
. test/tap.sh

db=cvm_growth
queries=${CVM_SMALL_QUERIES:-2000}
cleanup() { dropdb --if-exists --force $db; } >/dev/null 2>&1
trap cleanup EXIT
cleanup
createdb $db
psql -XAtq -d $db -v ON_ERROR_STOP=1 -o /dev/null <<'SQL' || exit 1
CREATE EXTENSION cvm;
CREATE TABLE event AS
SELECT c % 20 AS customer_id, date '2024-01-01' + c * 7 % 300 AS day, c % 9 AS amount, 'P' || c % 4 AS product FROM generate_series(1, 120) c;
CREATE TABLE state AS
SELECT customer_id, cvm.activity_agg(day, amount) AS activity, cvm.holdings_agg(product, day, day + 50, amount) AS holdings,
	cvm.holdings_agg('S' || customer_id % 2, date '2024-01-01', NULL, 1) AS segments FROM event GROUP BY 1;
CREATE TABLE sums AS
SELECT cvm.retention_agg(cvm.tenure(activity, 'month', '2025-01-01')) AS retention, cvm.lifecycle_agg(activity, 'month', '2025-01-01') AS lifecycle,
	cvm.movement_agg(holdings, 'month', '2025-01-01') AS movement, cvm.revenue_retention_agg(holdings, 'month', '2025-01-01') AS revenue,
	cvm.cannibalization_agg(holdings, '{P1}', NULL, '2025-01-01') AS cannibalization, cvm.cannibalization_matrix_agg(holdings, '2025-01-01') AS matrix,
	cvm.segment_flow_agg(holdings, segments, 'month', '2025-01-01') AS flow, cvm.survival_agg(customer_id, true) AS survival FROM state;
-- one query after the other, and what the process holds after some of them
CREATE TABLE small (n serial, query text);
INSERT INTO small (query) VALUES
	('SELECT count(cvm.activity_agg(day, amount)) OVER () FROM event GROUP BY customer_id'),
	('SELECT cvm.retention_agg(customer_id::bigint, day, ''month'') FROM event'),
	('SELECT cvm.retention_agg(customer_id::text, day, amount, ''week'') FROM event'),
	('SELECT count(*) FROM sums, cvm.grid(retention)'),
	('SELECT count(*) FROM sums, cvm.curve(retention)'),
	('SELECT count(*) FROM sums, cvm.heatmap(retention)'),
	('SELECT count(*) FROM sums, cvm.lifecycles(lifecycle)'),
	('SELECT count(*) FROM sums, cvm.movements(movement)'),
	('SELECT count(*) FROM sums, cvm.revenue_grid(revenue)'),
	('SELECT count(*) FROM sums, cvm.cannibalization_verdict(cannibalization)'),
	('SELECT count(*) FROM sums, cvm.cannibalization_cells(matrix)'),
	('SELECT count(*) FROM sums, cvm.segment_bridge(flow)'),
	('SELECT count(*) FROM sums, cvm.survival_curve(survival)'),
	('SELECT count(*) FROM state, cvm.entries(holdings, ''{P1}'', NULL, ''2025-01-01'')'),
	('SELECT cvm.cannibalization_agg(customer_id::bigint, product, day, day + 50, amount, ''{P1}'', NULL, ''2025-01-01'', 30, 60, 0) FROM event'),
	('SELECT cvm.segment_flow_agg(customer_id::bigint, product, day, day + 50, amount, ''S'', ''month'', ''2025-01-01'') FROM event'),
	('SELECT cvm.rollup(activity), cvm.rollup(holdings) FROM state'),
	('SELECT sum(length((s.*)::text)) FROM sums s'),
	('SELECT max(cvm.tenure(activity, ''day'', ''2025-01-01'', ''anniversary'')::text) FROM state'),
	('SELECT count(DISTINCT holdings) FROM state'),
	-- what ends in an error gives back what it took too
	('SELECT ''0100ff''::cvm.retention'),
	('SELECT cvm.retention_agg(customer_id::bigint, day, CASE WHEN amount > 7 THEN ''month'' ELSE ''week'' END) FROM event'),
	('SELECT cvm.activity_agg(date ''infinity'')');
CREATE VIEW held AS
SELECT (SELECT sum(total_bytes) / 1024 FROM pg_backend_memory_contexts)::bigint AS contexts,
	(regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'RssAnon:\s+(\d+)'))[1]::bigint AS own;
SQL

# kB in the contexts of the backend, and kB of memory of its own, after each of
# so many queries.  Always as many: the list of them is sorted in the same process
held() {
	local some
	for some in "$@"; do
		echo "SELECT s.query FROM generate_series(1, $some) i JOIN small s ON s.n = 1 + i % (SELECT count(*) FROM small) ORDER BY i \\gexec"
		echo "SELECT 'held ' || contexts || ' ' || own FROM held;"
	done | psql -XAtq -d $db 2>&1
}
some=$((queries / 10))
out=$(held $some $some $some $some $some $some $some $some $some $some)
read -r contexts own < <(sed -n 's/^held //p' <<<"$out" | head -n 1)
read -r contexts_after own_after < <(sed -n 's/^held //p' <<<"$out" | tail -n 1)
is "$(grep '^ERROR' <<<"$out" | sort -u | cut -c1-60 | paste -sd\;)" \
	'ERROR:  cannot use infinite date "infinity";ERROR:  grain changes from row to row;ERROR:  invalid bytes for type retention' "the queries do what they are meant to"
echo "# after $some queries $contexts kB in contexts, $own kB in all; after $queries $contexts_after kB, $own_after kB"
ok "contexts hold no more after $queries small queries than after $some" [ "$contexts_after" -le $((contexts + contexts / 20)) ]
# what the allocator keeps goes up and down by a megabyte, without cvm too
if [[ ${CVM_WRAP:-} == *libasan* ]]; then
	skip "AddressSanitizer keeps what is freed for a while"
else
	ok "the process does not grow, but for two megabytes" [ "$own_after" -le $((own + 2048)) ]
fi
done_testing
