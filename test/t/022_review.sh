#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# doc/coverage.md has every item, and every column that it names is there to be
# asked; the page of a review is what its rows say.  CVM_BROWSER is a chromium
# that looks at the page too.
set -uo pipefail
. test/tap.sh

run() {
	psql -X -q -v ON_ERROR_STOP=1 -d coverage "$@"
}
psql -X -q -d postgres -c 'CREATE DATABASE coverage'
files=$(mktemp -d)
trap 'rm -rf "$files"; psql -X -q -d postgres -c "DROP DATABASE coverage"' EXIT
run -c 'CREATE EXTENSION cvm' -f test/world.sql -c "SELECT world.model('w')" >/dev/null

is "$(sed -n 's/^| \([ABC][0-9]*\) | .* | .* |$/\1/p' doc/coverage.md)" \
	"$(printf 'A%s\n' {1..30}; printf 'B%s\n' {1..53}; printf 'C%s\n' {1..10})" "every item of the practice, the ways and the roles has its line"
mapfile -t columns < <(grep -o '`[a-z_]*\.[a-z_]*`' doc/coverage.md | tr -d '`' | grep -v '^cvm\.' | sort -u)
ok "${#columns[@]} columns are named" [ "${#columns[@]}" -ge 90 ]
# one query a view: its columns that have no value in the world
asked() {
	printf '%s\n' "${columns[@]}" | awk -F. '
		{ list[$1] = list[$1] sep[$1] "CASE WHEN count(v." $2 ") = 0 THEN \047" $0 "\047 END"; sep[$1] = ", " }
		END { for (view in list) print "SELECT e FROM (SELECT unnest(ARRAY[" list[view] "]::text[]) AS e FROM w." view " v) s WHERE e IS NOT NULL;" }'
}
# the test's world has no competitor, no coordinator, no two initiatives at once, no impact of an initiative, no reply to a ticket, ...
is "$(run -At -f <(asked) 2>&1 | sort | tr '\n' ' ')" "acquisition_quality.payback_months customer_action.next_date initiative_status.backlog_rank \
initiative_status.impact_per_effort initiative_status.overlapping_customers measurement_without_action.last_decision_on price_book_gap.price_gap price_change.excess_churn_rate product_pair.coordinator subscription_kpi.lifetime_margin_discounted \
survey_score.ces_index survey_score.value_ratio ticket_response.median_hours " "every column that is named can be asked, and all but thirteen have a value in the world of the tests"
mapfile -t objects < <(grep -o '`cvm\.[a-z_]*\(()\)\?`' doc/coverage.md | tr -d '`()' | sort -u)
is "$(run -At -c "SELECT count(*) FROM unnest('{$(IFS=,; echo "${objects[*]}")}'::text[]) AS o (name)
	WHERE to_regclass(o.name) IS NOT NULL OR to_regproc(o.name) IS NOT NULL OR EXISTS (SELECT FROM pg_proc p WHERE 'cvm.' || p.proname = o.name)")" \
	"${#objects[@]}" "every function and table that is named is there"
is "$(run -At -c "SELECT count(*) FROM w.review_cadence" -c "SELECT count(DISTINCT section) > 8 FROM cvm.review_pack('w', '2024-08')")" $'1\nt' "the world has a review to pack"

# the page, as the documentation says to write it
page() {
	PGCLIENTENCODING=$1 run -At -c "SELECT cvm.review_html('w', '2024-08')"
}
page UTF8 >"$files/review.html"
ok "the page is a whole document" grep -qx '</main></body></html>' "$files/review.html"
ok "the page is under 400 kB" [ "$(stat -c %s "$files/review.html")" -lt 400000 ]
page LATIN1 >"$files/latin1.html"
ok "the page does not depend on the encoding of the client" cmp "$files/review.html" "$files/latin1.html"
none "the page loads nothing and runs nothing" grep -niE '<script|<link|<img|<iframe|https?:|url\(|@import|javascript:| on[a-z]+=' "$files/review.html"
none "text is told from what is behind it: 4.5 to 1 or more, light, dark and on paper" perl test/contrast.pl "$files/review.html"
# what is drawn: cells, bars, cards
drawn() {
	grep -o '<g class="cell">\|<article class="card">\|<polyline' "$1" | sort | uniq -c | sed 's/^ *//'
}
is "$(drawn "$files/review.html")" "$(run -At -F ' ' -c "SELECT count(*) || ' <article class=\"card\">' FROM w.initiative_status WHERE decided_on < '2024-09-01'" \
	-c "SELECT count(*) || ' <g class=\"cell\">' FROM w.subscription_retention WHERE segment = '(all)' AND cohort > '2023-02-01' AND period_start <= '2024-08-01' AND period_no < 18" \
	-c "SELECT 2 * count(*) || ' <polyline' FROM w.segment_kpi WHERE month = '2024-08-01'")" "what is drawn is as much as the views have"
if [ -n "${CVM_BROWSER:-}" ]; then
	browser() {
		HOME=$files "$CVM_BROWSER" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$files/browser" "$@" 2>"$files/said"
	}
	browser --enable-logging=stderr --dump-dom "file://$files/review.html" >"$files/dom.html"
	is "$(drawn "$files/dom.html")" "$(drawn "$files/review.html")" "the browser draws what the page has"
	none "the browser complains of nothing" grep CONSOLE "$files/said"
	for width in 390 800 1600; do
		browser --hide-scrollbars --window-size=$width,2000 --screenshot="$files/$width.png" "file://$files/review.html"
		ok "the page is shown $width pixels wide" [ -s "$files/$width.png" ]
	done
	if [ -n "${CVM_AXE:-}" ]; then
		# axe-core in the page, and what it finds as a line of its own
		{
			sed 's,</body></html>$,,' "$files/review.html"
			printf '<script>'
			sed 's,</script,<\\/script,g' "$CVM_AXE"
			cat <<-'END'
			</script><script>axe.run(document).then(r => { const p = document.createElement("pre");
			p.textContent = "found " + r.violations.length + " of " + (r.violations.length + r.passes.length > 20) + r.violations.map(v => " " + v.id).join("");
			document.body.appendChild(p); })</script></body></html>
			END
		} >"$files/axe.html"
		is "$(browser --virtual-time-budget=20000 --dump-dom "file://$files/axe.html" | grep -o '>found [0-9].*</pre>')" ">found 0 of true</pre>" "axe-core finds no violation"
	fi
	browser --print-to-pdf="$files/review.pdf" --no-pdf-header-footer "file://$files/review.html"
	ok "the page is printed" [ -s "$files/review.pdf" ]
fi
done_testing
