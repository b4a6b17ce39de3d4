#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# A real retailer, in TAP: 22 190 invoices of UCI Online Retail (#352), as their
# file has them, against answers that were computed elsewhere.  The files are
# not part of the project: looked for beside the checkout, in ../shared.
set -uo pipefail
. test/tap.sh

shared=${CVM_SHARED:-${CVM_CHECKOUT:-$PWD}/../shared}
invoices=$shared/data/online_retail_invoices.csv
answers=$shared/answers/online_retail_all_retention_month.csv
if [ ! -r "$invoices" ] || [ ! -r "$answers" ]; then
	skip "the invoices of Online Retail are not beside the checkout"
	done_testing
	exit
fi

db=cvm_online_retail
cleanup() {
	dropdb --if-exists --force $db
} >/dev/null 2>&1
trap cleanup EXIT
cleanup
createdb $db
run() {
	PGOPTIONS='-c client_min_messages=warning -c DateStyle=ISO,YMD' psql -XAtq -v ON_ERROR_STOP=1 -d $db "$@"
}

# The columns are called as in the file; amounts are numeric, times local
run <<SQL >/dev/null
CREATE EXTENSION cvm;
CREATE SCHEMA retail;
CREATE TABLE retail.invoices (invoice text, customer_id integer, ts timestamp, country text, cancelled integer,
	lines integer, units integer, amount numeric);
\\copy retail.invoices FROM '$invoices' WITH (FORMAT csv, HEADER)
CREATE TABLE answer (cohort date, period integer, cohort_size bigint, active bigint, retention float8, active_or_later bigint,
	rolling_retention float8, orders bigint, amount numeric, cum_amount numeric, ltv_per_customer float8);
\\copy answer FROM '$answers' WITH (FORMAT csv, HEADER)
SELECT cvm.create_model('uci', tz => 'Europe/London', currency => 'GBP');
SELECT cvm.bind('uci', 'event', 'retail.invoices', '{"occurred_at": "ts"}');
CREATE TABLE one_pass AS
SELECT cvm.retention_agg(customer_id, ts, amount, 'month') AS r FROM retail.invoices;
CREATE TABLE two_step AS
SELECT cvm.retention_agg(cvm.tenure(a, 'month', '2011-12-10')) AS r
FROM (SELECT cvm.activity_agg(ts, amount) AS a FROM retail.invoices GROUP BY customer_id) s;
SQL
is $? 0 "the invoices are loaded, bound under their own names and folded"
is "$(run -c 'SELECT count(*), count(DISTINCT customer_id) FROM retail.invoices')" '22190|4372' "22 190 invoices of 4 372 customers"
is "$(run -c 'SELECT count(*) FROM answer')" 91 "the answers have 91 cells"

# What is wrong with STATE, cell by cell; nobody is left out of the last month
wrong() {
	run <<SQL
SELECT a.cohort, a.period, a.cohort_size, a.active, a.active_or_later, a.amount, a.cum_amount, g
FROM answer a
FULL JOIN (SELECT *, sum(value) OVER (PARTITION BY cohort ORDER BY period_no) AS value_so_far
	FROM cvm.grid(($1), partial => true)) g ON g.cohort = a.cohort AND g.period_no = a.period
WHERE (a.cohort_size, a.active, a.active_or_later, a.amount, a.cum_amount) IS DISTINCT FROM
	  (g.cohort_customers, g.retained_customers, g.retained_or_later_customers, g.value, g.value_so_far) OR
	  abs(a.retention - g.retention_rate) > 1e-12 OR
	  abs(a.rolling_retention - g.retained_or_later_customers::float8 / g.eligible_customers) > 1e-12 OR
	  abs(a.ltv_per_customer - value_so_far::float8 / g.cohort_customers) > 1e-8 OR
	  g.is_complete IS DISTINCT FROM (g.period_start < '2011-12-01')
SQL
}
empty "one pass: every cell, in customers and in money" wrong 'SELECT r FROM one_pass'
empty "two steps: every cell, in customers and in money" wrong 'SELECT r FROM two_step'
is "$(run -c "SELECT cvm.as_of(o.r, '2011-12-10') OPERATOR(cvm.=) t.r FROM one_pass o, two_step t")" t "both states are the same, byte for byte"
is "$(run -c 'SELECT cvm.as_of(r) FROM one_pass')" 2011-12-10 "the last invoice is of 9 December 2011"
is "$(run -c "SELECT cvm.as_of(cvm.retention_agg(customer_id::text, ts, amount, 'month'), '2011-12-10') OPERATOR(cvm.=) (SELECT r FROM two_step)
	FROM (SELECT * FROM retail.invoices ORDER BY md5(invoice)) s")" t "so they are for shuffled rows and text keys"

# The view shows what is over, and of December that it is not
empty "the view has every cell that is over, and nothing else to say of December" run <<SQL
SELECT a.*, v
FROM answer a
FULL JOIN uci.retention_month v ON v.cohort = a.cohort AND v.period_no = a.period
WHERE v.segment IS DISTINCT FROM '(all)' OR v.as_of IS DISTINCT FROM date '2011-12-10' OR
	CASE WHEN v.period_start < '2011-12-01'
		 THEN NOT v.is_complete OR (a.cohort_size, a.cohort_size, a.active, a.active_or_later, a.amount) IS DISTINCT FROM
			  (v.cohort_customers, v.eligible_customers, v.retained_customers, v.retained_or_later_customers, v.value)
		 ELSE v.is_complete OR v.eligible_customers <> 0 OR num_nonnulls(v.retention_rate, v.conf_low, v.conf_high, v.value, v.value_rate) > 0 END
SQL
is "$(run -c "SELECT retained_customers, eligible_customers FROM uci.retention_curve WHERE segment = '(all)' AND period_no = 1")" \
	"$(run -c "SELECT sum(active), sum(cohort_size) FROM answer WHERE period = 1 AND cohort < '2011-11-01'")" \
	"the curve pools the months that are over"
run -c 'SELECT cvm.heatmap(r) FROM one_pass' | sed 's/^/# /'
done_testing
