#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# The steps of doc/architecture.md, followed: the parts that it shows are put
# where it says, and the extension made of them has a new view and entity.
set -uo pipefail
. test/tap.sh

db=cvm_architecture
version=0.0.1
extensions=$(pg_config --sharedir)/extension
files=$(mktemp -d)
run() { psql -XAtq -v ON_ERROR_STOP=1 -d $db "$@" 2>&1; }
cleanup() {
	dropdb --if-exists --force $db
	rm -rf "$files" "$extensions/cvm--$version.sql"
} >/dev/null 2>&1
trap cleanup EXIT

cp -r sql "$files/"
awk -v into="$files" '/^```part / { file = into "/" $2; print $2; next } /^```/ { file = "" } file { print > file }' \
	doc/architecture.md >"$files/parts"
is "$(paste -sd' ' "$files/parts")" "sql/reports/89-views-example.sql sql/registry/12-example.sql" "the page shows a view and an entity"
find "$files/sql" -name '[0-9][0-9]-*.sql' -printf '%f %p\n' | sort | cut -d' ' -f2- | xargs awk -f sql/write.awk >"$extensions/cvm--$version.sql"
chmod a+r "$extensions/cvm--$version.sql"
createdb $db
empty "the extension is made with them" run -c "CREATE EXTENSION cvm VERSION '$version'"
run -o /dev/null <<-'SQL'
	CREATE TABLE ticket (id int, customer_id int, opened_at timestamptz, topic text);
	INSERT INTO ticket VALUES (1, 1, '2024-01-31 23:30+00', 'price'), (2, 1, '2024-01-05', 'price'), (3, 2, '2024-02-07', 'line');
	CREATE TABLE vouchers (client_id int, redeemed_at timestamptz, value numeric);
	INSERT INTO vouchers VALUES (1, '2024-01-31 23:30+00', 5);
	SELECT cvm.create_model('toy', tz => 'Europe/Vilnius', currency => 'EUR', as_of => '2024-03-01');
	SELECT cvm.bind('toy', 'ticket', 'ticket');
	SELECT cvm.bind('toy', 'voucher', 'vouchers', '{"customer_id": "client_id", "used_on": "redeemed_at", "amount": "value"}');
SQL
is "$(run -c 'SELECT month, tickets, customers FROM toy.ticket_month ORDER BY row_key')" $'2024-01-01|1|1\n2024-02-01|2|2' "the view counts, and days are the model's"
is "$(run -c "SELECT \"exists\", description FROM cvm.catalog('toy') WHERE view = 'ticket_month'")" 't|Tickets and the customers who opened them, by month.' "it is in the catalog"
is "$(run -c "SELECT count(*) FROM cvm.dictionary WHERE view = 'ticket_month'")" 5 "its columns are in the dictionary"
is "$(run -c "SELECT col_description('toy.ticket_month'::regclass, 3)")" 'Tickets opened. Unit: tickets. Formula: count of tickets.' "and have comments"
is "$(run -c 'SELECT customer_id, used_on, amount FROM toy.voucher')" '1|2024-02-01|5' "the entity is a canonical view"
is "$(run -c "SELECT entity FROM cvm.suggest('public') WHERE source ~ 'vouchers'")" voucher "suggest knows it"
run -o /dev/null -c "SELECT cvm.store('toy', 'ticket_month')" -c "CALL cvm.refresh('toy')"
is "$(run -c 'SELECT sum(tickets) FROM toy.ticket_month')" 3 "the view can be stored and refreshed"
done_testing
