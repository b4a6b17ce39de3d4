#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# Survival of 7043 customers of a telecom, in TAP: every figure and limit of
# another package's answers.  Data and answers are not part of the project:
# looked for beside the checkout, in ../shared.
set -uo pipefail
. test/tap.sh

shared=${CVM_SHARED:-${CVM_CHECKOUT:-$PWD}/../shared}
customers=$shared/data/telco_churn.csv
answers=$shared/answers/km_telco.csv
if [ ! -r "$customers" ] || [ ! -r "$answers" ]; then
	skip "no telco_churn.csv and km_telco.csv in $shared"
	done_testing
	exit
fi

database=cvm_telco
run() { psql -XAtq -v ON_ERROR_STOP=1 -d $database "$@"; }
trap 'dropdb --if-exists --force $database >/dev/null 2>&1' EXIT
dropdb --if-exists --force $database >/dev/null 2>&1
createdb $database

run <<SQL
CREATE EXTENSION cvm;
CREATE TABLE raw (line text);
CREATE TABLE answer (dataset text, strata text, "time" int, at_risk bigint, churned bigint, censored bigint,
	survival float8, std_error float8, hazard float8, hazard_error float8, plain_low float8, plain_high float8,
	log_low float8, log_high float8, loglog_low float8, loglog_high float8, logit_low float8, logit_high float8);
\\copy raw FROM '$customers'
\\copy answer FROM '$answers' CSV HEADER
CREATE TABLE customer AS
	SELECT f[6]::int AS months, f[16] AS contract, f[9] AS internet, f[2] AS gender, f[3] AS senior, f[21] = 'Yes' AS churned
	FROM (SELECT string_to_array(line, ',') AS f FROM raw OFFSET 1) x;
CREATE TABLE stratum AS
	SELECT '(all)' AS strata, cvm.survival_agg(months, churned) AS s FROM customer
	UNION ALL SELECT 'Contract=' || contract, cvm.survival_agg(months, churned) FROM customer GROUP BY contract;
CREATE TABLE ours AS
	SELECT strata, c."time", c.at_risk, c.churned, c.censored, ARRAY[c.survival, c.std_error, c.cumulative_hazard, c.hazard_error,
		p.conf_low, p.conf_high, l.conf_low, l.conf_high, c.conf_low, c.conf_high, t.conf_low, t.conf_high] AS figures
	FROM stratum, cvm.survival_curve(s) c JOIN cvm.survival_curve(s, 0.95, 'plain') p USING ("time")
		JOIN cvm.survival_curve(s, 0.95, 'log') l USING ("time") JOIN cvm.survival_curve(s, 0.95, 'logit') t USING ("time");
SQL
is "$(run -c 'SELECT count(*) FROM ours')" "$(run -c 'SELECT count(*) FROM answer')" "as many ages as in the answers"
empty "every count, estimate, error and limit is within 1e-9 of the answers" run <<'SQL'
SELECT strata, "time", v.* FROM answer a LEFT JOIN ours o USING (strata, "time"),
	unnest(o.figures || ARRAY[o.at_risk, o.churned, o.censored], ARRAY[a.survival, a.std_error, hazard, hazard_error, plain_low, plain_high,
		log_low, log_high, loglog_low, loglog_high, logit_low, logit_high, a.at_risk, a.churned, a.censored]) AS v (our, their)
WHERE o.figures IS NULL OR (our IS NULL) <> (their IS NULL) OR abs(our - their) > 1e-9
SQL

logrank() {
	run -c "SELECT round(chi_square::numeric, 4), degrees FROM cvm.logrank((SELECT array_agg(s) FROM (
		SELECT cvm.survival_agg(months, churned) AS s FROM customer GROUP BY $1) x))"
}
is "$(logrank contract)" "2352.8725|2" "log-rank by contract"
is "$(logrank internet)" "520.1206|2" "by internet"
is "$(logrank gender)" "0.5257|1" "by gender"
is "$(run -c "SELECT round(chi_square::numeric, 4), degrees FROM (SELECT array_agg(s) AS s, array_agg(contract) AS g, array_agg(senior) AS h FROM (
		SELECT contract, senior, cvm.survival_agg(months, churned) AS s FROM customer GROUP BY 1, 2) x) y, cvm.logrank(s, g, h)")" "2208.8071|2" "by contract, stratified by age"
is "$(run -c "SELECT (cvm.survival_quantile(s, 0.5)).* FROM stratum WHERE strata ~ 'Month'")" "35|32|38" "who pays by the month stays 35 months, 32 to 38"
is "$(run -c "SELECT round(cvm.rmst(s, 72)::numeric, 4), round(cvm.rmst_error(s, 72)::numeric, 4) FROM stratum WHERE strata = '(all)'")" \
	"54.4924|0.3478" "of 72 months they stay 54.4924 on average"
done_testing
