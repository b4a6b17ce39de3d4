#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# The steps of doc/architecture.md, followed: the parts that it shows are put
# where it says, its patch is applied, and the extension made of them has a new
# view, entity and column.
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
patched() {
	perl -0777 -e '
		my ($page, $into) = @ARGV;
		open my $in, "<", $page or die; my $text = <$in>;
		while ($text =~ /^```patch (\S+)\n(.*?)^```/gms) {
			my ($file, $hunks) = ("$into/$1", $2);
			open my $old, "<", $file or die "$file: $!"; my $part = <$old>;
			for my $hunk (grep { /\S/ } split /^@@\n/m, $hunks) {
				my ($from, $to) = ("", "");
				for (split /^/, $hunk) {
					$from .= substr $_, 1 if /^[ -]/;
					$to .= substr $_, 1 if /^[ +]/;
				}
				# numbers of columns are what they were when the page was written
				my ($number) = $from =~ /\((\d+), \x27/;
				(my $pattern = quotemeta $from) =~ s/\\\(\d+\\,\\ \\\x27/\\((\\d+), \x27/g;
				my ($times, $at, $past, $now) = 0;
				($times, $at, $past, $now) = ($times + 1, $-[0], $+[0], $1) while $part =~ /$pattern/g;
				$to =~ s/\((\d+)(?=, \x27)/"(" . ($1 - $number + $now)/ge if defined $number;
				print "not once in $file:\n$from" if $times != 1;
				substr($part, $at, $past - $at) = $to if $times == 1;
			}
			open my $new, ">", $file or die; print $new $part;
		}' doc/architecture.md "$files"
}
empty "the patch that the page shows can be applied" patched
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
	CREATE TABLE visit (customer_id int, occurred_at timestamptz);
	INSERT INTO visit VALUES (1, '2024-01-05'), (2, '2024-01-05'), (2, '2024-02-05'), (3, '2024-01-05');
	SELECT cvm.bind('toy', 'event', 'visit');
	SELECT cvm.bind('toy', 'voucher', 'vouchers', '{"customer_id": "client_id", "used_on": "redeemed_at", "amount": "value"}');
SQL
is "$(run -c 'SELECT month, tickets, customers, is_complete, as_of FROM toy.ticket_month ORDER BY row_key')" \
	$'2024-01-01|1|1|t|2024-03-01\n2024-02-01|2|2|t|2024-03-01' "the view counts, and days are the model's"
is "$(run -c "SELECT customer_id, detail FROM cvm.customers('toy', 'ticket_month', '2024-02', 'customers') ORDER BY 1")" \
	$'1|1 tickets\n2|1 tickets' "the list says who the customers are"
run -o /dev/null -c "SELECT cvm.configure('toy', 'as_of', 'data')"
is "$(run -c 'SELECT month, is_complete, as_of FROM toy.ticket_month ORDER BY row_key')" \
	$'2024-01-01|t|2024-02-08\n2024-02-01|f|2024-02-08' "without a day as its end the view observes until the last ticket"
run -o /dev/null -c "SELECT cvm.configure('toy', 'as_of', '2024-03-01')"
awk '/^```free$/ { on = 1; next } /^```/ { on = 0 } on' doc/architecture.md >"$files/free"
run -f "$files/free" >"$files/positions"
ok "the page says which positions are free" [ "$(wc -l <"$files/positions")" -ge 100 ]
none "no view has one that is said to be free" grep -wFf <(run -c 'SELECT position FROM cvm.report_view') "$files/positions"
is "$(run -c "SELECT \"exists\", description FROM cvm.catalog('toy') WHERE view = 'ticket_month'")" 't|Tickets and the customers who opened them, by month.' "the view is in the catalog"
is "$(run -c "SELECT count(*) FROM cvm.dictionary WHERE view = 'ticket_month'")" 6 "its columns are in the dictionary"
is "$(run -c "SELECT col_description('toy.ticket_month'::regclass, 3)")" 'Tickets opened. Unit: tickets. Formula: count of tickets.' "its columns have comments"
is "$(run -c 'SELECT customer_id, used_on, amount FROM toy.voucher')" '1|2024-02-01|5' "the entity is a canonical view"
is "$(run -c "SELECT entity FROM cvm.suggest('public') WHERE source ~ 'vouchers'")" voucher "suggest knows the entity"
is "$(run -c 'SELECT period_no, absent_customers FROM toy.retention_month ORDER BY row_key')" $'0|0\n1|2' "the column counts"
is "$(run -c "SELECT d.comment FROM cvm.dictionary d JOIN cvm.report_column c ON c.view = d.view AND c.column_name = d.\"column\"
	JOIN pg_attribute a ON a.attrelid = 'toy.retention_month'::regclass AND a.attname::text = c.column_name AND a.attnum = c.position
	WHERE d.view = 'retention_month' AND c.column_name = 'absent_customers'")" \
	'Customers who could have come back in the month and did not.' "the column is in the dictionary, at its place"
is "$(run -c "SELECT c.customer_id FROM toy.retention_month r, cvm.customers('toy', 'retention_month', r.row_key, 'absent_customers') c WHERE r.period_no = 1 ORDER BY 1")" \
	$'1\n3' "the list says who stayed away"
run -o /dev/null -c "SELECT cvm.store('toy', 'ticket_month')" -c "CALL cvm.refresh('toy')"
is "$(run -c 'SELECT sum(tickets) FROM toy.ticket_month')" 3 "the view can be stored and refreshed"
done_testing
