#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# What was planted in the demo's telecom about its launches, its gamed offer, its
# packages and its reviews, found again in the report views and in the review of
# December, in TAP.
set -uo pipefail
. test/tap.sh

db=cvm_launch
cleanup() {
	dropdb --if-exists --force $db
} >/dev/null 2>&1
trap cleanup EXIT
cleanup
createdb $db
run() {
	PGOPTIONS='-c client_min_messages=warning -c DateStyle=ISO,YMD' psql -XAtq -v ON_ERROR_STOP=1 -d $db "$@"
}
run -f demo/telecom.sql >/dev/null
run -c 'CREATE EXTENSION cvm' -f demo/model.sql >/dev/null
# what the views say, once
run -c 'CREATE SCHEMA said' >/dev/null
for view in cannibalization cannibalization_evidence cannibalization_matrix recycled_acquisition recycled_acquisition_channel bundle_overlap; do
	run -c "CREATE TABLE said.$view AS SELECT * FROM acme.$view" >/dev/null
done

# The planted launch
is "$(run -c "SELECT entries, matured_entries, verdict, as_of FROM said.cannibalization WHERE focal = 'MOB-LITE' AND donor = 'MOB-CLASSIC' AND segment = '(all)' AND channel = '(all)'")" \
	'2400|2017|value_destroying|2026-01-01' "MOB-LITE destroys value"
is "$(run -c "SELECT bool_and(unit_rate_low < p.rate AND p.rate < unit_rate_high), count(*) FROM said.cannibalization,
		(SELECT sum(value::numeric) FILTER (WHERE name IN ('lite_switch', 'lite_partial')) / sum(value::numeric) AS rate FROM demo.parameter
			WHERE name IN ('lite_new', 'lite_winback', 'lite_add', 'lite_switch', 'lite_partial')) p
	WHERE focal = 'MOB-LITE' AND segment = '(all)' AND channel = '(all)'")" \
	't|2' "the planted rate lies in its interval, for its donor and for all"
is "$(run -c "SELECT round(break_even_unit_rate::numeric, 4), corrected_rate_low > break_even_unit_rate AND corrected_rate < unit_rate FROM said.cannibalization WHERE focal = 'MOB-LITE' AND donor = 'MOB-CLASSIC' AND segment = '(all)' AND channel = '(all)'")" \
	'0.3249|t' "also after what donors lose anyway, all of the interval is above break-even"
is "$(run -c "SELECT control_customers < (SELECT count(*) FROM crm.subscribers), reason ~ '^MOB-LITE: 907 of 2017 matured entries .* Margin a month: -[0-9.]+ EUR[.]$' FROM said.cannibalization WHERE focal = 'MOB-LITE' AND donor = '(all)' AND segment = '(all)' AND channel = '(all)'")" \
	't|t' "customers of the control are counted once, and the sentence names the product and the money"
is "$(run -c "SELECT verdict FROM said.cannibalization WHERE focal = 'MOB-LITE' AND donor = '(all)' AND segment = 'Youth' AND channel = '(all)'")" \
	not_identified "a segment whose break-even lies between what was lost and what is left is not accused"
is "$(run -c "SELECT count(*) FROM (SELECT customer_id, kind FROM said.cannibalization_evidence WHERE focal = 'MOB-LITE' AND kind <> 'pending'
	EXCEPT SELECT customer, split_part(detail, ',', 1) FROM demo.planted WHERE truth = 'MOB-LITE entry') x")" \
	0 "every matured entry is what was planted"
# The harmless one
is "$(run -c "SELECT bool_or(verdict = 'value_destroying') FROM said.cannibalization WHERE focal = 'TV-KIDS' AND donor = '(all)'")" \
	f "TV-KIDS is not accused"
is "$(run -c "SELECT corrected_rate_low < 0 AND corrected_rate_high > 0, entries FROM said.cannibalization WHERE focal = 'TV-KIDS' AND donor = '(all)' AND segment = '(all)' AND channel = '(all)'")" \
	't|1200' "its customers lose no more than others, nor less"
is "$(run -c "SELECT verdict, matured_entries FROM said.cannibalization WHERE focal = 'TV-KIDS' AND donor = '(all)' AND segment = '(all)' AND channel = '(all)'")" \
	'accretive|876' "what is mature says that it pays, though a quarter came later"
# The gamed offer and the packages paid for twice
planted() {
	echo "SELECT count(DISTINCT r.customer_id), count(p.customer), (SELECT count(*) FROM demo.planted WHERE truth = '$2')
		FROM said.$1 r LEFT JOIN demo.planted p ON p.truth = '$2' AND p.customer = r.customer_id"
}
is "$(run -c "$(planted recycled_acquisition 'gamed promotion')")" '350|350|350' "the gamed entries are those planted"
is "$(run -c "SELECT winback_entries, recycled_entries FROM said.recycled_acquisition_channel WHERE channel = '(all)'")" \
	'40|350' "fair winbacks are not accused"
is "$(run -c "SELECT channel FROM said.recycled_acquisition_channel WHERE channel <> '(all)' ORDER BY channel_share DESC LIMIT 1")" \
	dealer "dealers sold most of them"
is "$(run -c "$(planted bundle_overlap 'double pay')")" '140|140|140' "who pays twice is who was planted"
is "$(run -c "SELECT count(*) FROM (SELECT focal, segment FROM said.cannibalization_matrix GROUP BY 1, 2
	HAVING sum(lost_mrr) FILTER (WHERE donor = '(all)') <> coalesce(sum(lost_mrr) FILTER (WHERE donor <> '(all)'), 0)) x")" \
	0 "the matrix adds up"
# The review of December: a project without baseline, a driver that fell and on which
# nothing was decided, a review that was not held, a driver without an owner
run -c "CREATE TABLE demo.pack AS SELECT * FROM cvm.review_pack('acme', '2025-12') WHERE section <> 'headline'" >/dev/null
named() {
	run -c "SELECT string_agg(DISTINCT subject, ', ' ORDER BY subject) FROM demo.pack WHERE section = '$1' AND verdict = '$2'"
}
is "$(named initiatives unmeasured)" 'fair renewal' "the pack names the initiative without a baseline, and no other"
is "$(named drivers shift)" care "the pack names the driver that fell, and no other"
is "$(run -c "SELECT string_agg(sentence, '') FROM demo.pack WHERE section = 'drivers' AND verdict = 'no_action' AND sentence LIKE '%nothing was ever decided%'")" \
	'Driver care: 4,633 customers were asked since 2025-07-01, and nothing is open on it; nothing was ever decided.' "and that nothing was ever decided on it, as on no other"
is "$(run -c "SELECT string_agg(concat_ws(' ', metric, subject), ', ') FROM demo.pack WHERE section = 'initiatives' AND verdict = 'overdue' AND metric = 'review'")" \
	'review 2025-12' "the pack names the review that was not held, and no other"
is "$(named owners gap)/$(named owners conflict)" network/ "the pack names the driver for which nobody answers, and nobody twice"
done_testing
