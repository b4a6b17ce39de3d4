#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# The customers of CDNOW whom everybody fits these models to, in TAP: 6 919
# purchases of 2 357 customers.  Nobody gave their file a licence, so it is no
# part of the project: CVM_CDNOW=FILE says where CDNOW_sample.txt lies.
set -uo pipefail
. test/tap.sh

sample=${CVM_CDNOW:-}
if [ ! -r "$sample" ]; then
	skip "CVM_CDNOW does not name the file CDNOW_sample.txt"
	done_testing
	exit
fi

db=cvm_cdnow
cleanup() {
	dropdb --if-exists --force $db
} >/dev/null 2>&1
trap cleanup EXIT
cleanup
createdb $db
run() {
	PGOPTIONS='-c client_min_messages=warning -c search_path=public,cvm' psql -XAtq -v ON_ERROR_STOP=1 -d $db "$@"
}
run <<SQL >/dev/null
CREATE EXTENSION cvm;
CREATE TABLE line (line text);
\\copy line FROM '$sample'
CREATE TABLE purchase AS
SELECT f[1]::int AS customer, f[3]::date AS day, f[5]::numeric AS amount FROM line, regexp_split_to_array(trim(line), '\\s+') f;
CREATE TABLE customer AS SELECT customer, activity_agg(day, amount) AS activity FROM purchase GROUP BY customer;
CREATE TABLE state AS SELECT purchases_agg(activity, '1997-10-01') AS s FROM customer;
SQL
is "$(run -c 'SELECT count(*), count(DISTINCT customer) FROM purchase')" '6919|2357' "6 919 purchases of 2 357 customers"
# round VALUES to DIGITS
shown() {
	run -c "SELECT string_agg(round(x.fitted::numeric, $2)::text, ' ' ORDER BY x.n) FROM state, $1, unnest(ARRAY[$3]) WITH ORDINALITY x (fitted, n)"
}
is "$(shown 'bg_nbd_fit(s) f' 3 'r, alpha, a, b')" '0.243 4.414 0.793 2.426' "BG/NBD: .243, 4.414, .793, 2.426 as published"
is "$(shown 'bg_nbd_fit(s) f' 6 'log_likelihood')" '-9582.429207' "its log-likelihood is -9582.4"
is "$(shown 'bg_nbd_fit(s) f' 5 'r, alpha, a, b')" '0.24259 4.41360 0.79292 2.42591' "CLVTools prints .2425945, 4.4136019, .7929199, 2.4258881"
is "$(shown 'pareto_nbd_fit(s) f' 3 'r, alpha, f.s, beta')" '0.553 10.578 0.606 11.669' "Pareto/NBD: .553, 10.578, .606, 11.669 as published"
is "$(shown 'pareto_nbd_fit(s) f' 6 'log_likelihood')" '-9594.976179' "its log-likelihood is -9595.0"
is "$(shown 'pareto_nbd_fit(s) f' 4 'r_error, alpha_error, s_error')" '0.0476 0.8427 0.1873' "its standard errors are those of CLVTools"
is "$(shown 'gamma_gamma_fit(s) f' 2 'p, q, v')" '6.25 3.74 15.44' "Gamma-Gamma: 6.25, 3.74, 15.44 as published"
is "$(shown 'gamma_gamma_fit(s) f' 4 'log_likelihood')" '-4055.9177' "its log-likelihood is -4055.9177"
is "$(shown 'gamma_gamma_fit(s) f' 2 'gamma_gamma_value(p, q, v, 2, 22.35), gamma_gamma_value(p, q, v, 0, 0)')" '24.66 35.17' "the first customer spends 24.66, one who is not known 35.17"
done_testing
