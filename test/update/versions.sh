# SPDX-License-Identifier: PostgreSQL
# Released versions, for tests that update from them: sourced after test/tap.sh.
# Users get no install script but the newest, so the tests put it where the private
# server looks.  There it stays: two tests that need it may run side by side.
versions=$(find test/update -name '[0-9]*' -prune -printf '%f\n' | sort -V)

versions_install() {
	local version script
	for version in $versions; do
		script=$(pg_config --sharedir)/extension/cvm--$version.sql
		cat test/update/$version/*.sql >"$script.$$"
		chmod a+r "$script.$$"
		mv "$script.$$" "$script"
	done
}
