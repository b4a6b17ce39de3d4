# SPDX-License-Identifier: PostgreSQL
# Released versions, for tests that update from them: sourced after test/tap.sh.
# Users get no install script but the newest, so the tests put it where the server
# looks, and take it away.
versions=$(find test/update -name '[0-9]*' -prune -printf '%f\n' | sort -V)

versions_install() {
	local version
	for version in $versions; do
		cat test/update/$version/*.sql >"$(pg_config --sharedir)/extension/cvm--$version.sql"
		chmod a+r "$(pg_config --sharedir)/extension/cvm--$version.sql"
	done
}

versions_remove() {
	local version
	for version in $versions; do
		rm -f "$(pg_config --sharedir)/extension/cvm--$version.sql"
	done
}
