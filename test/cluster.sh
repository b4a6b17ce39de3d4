# SPDX-License-Identifier: PostgreSQL
# A second cluster for tests that must break their server or start it with a
# library: sourced after test/tap.sh, with the checkout as working directory.
# It runs the programs of the private server that the tests run in.
. scripts/common

cluster= own=${CVM_DIR:-${PGHOST%/*}}

# cluster_start CONF...: a new cluster with these lines of configuration
cluster_start() {
	cluster=$(new_dir test)
	chmod 755 "$cluster"
	mkdir -m 700 "$cluster/data" "$cluster/sock"
	[ "$(id -u)" != 0 ] || chown postgres: "$cluster/data" "$cluster/sock"
	as_server "$own/bin/initdb" -D "$cluster/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
	printf '%s\n' "listen_addresses = ''" 'jit = off' "unix_socket_directories = '$cluster/sock'" "$@" >>"$cluster/data/postgresql.conf"
	cluster_resume
}

cluster_resume() {
	export PGHOST=$cluster/sock PGUSER=postgres
	as_server "$own/bin/pg_ctl" -D "$cluster/data" -w -s -l "$cluster/data/server.log" start
}

cluster_remove() {
	[ -n "$cluster" ] || return 0
	as_server "$own/bin/pg_ctl" -D "$cluster/data" -w -s -m immediate stop
	rm -rf "$cluster"
	cluster=
}

# unpack DIR PACKAGE...: the files of the distribution's packages in DIR,
# nothing installed; fails where there is no apt or no network
unpack() {
	local into=$1
	shift
	command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
	mkdir -p "$into/deb"
	[ "$(id -u)" != 0 ] || chmod 777 "$into/deb"
	(cd "$into/deb" && timeout 300 apt-get -qq -o Acquire::Retries=2 download "$@") >/dev/null 2>&1 || return 1
	for deb in "$into"/deb/*.deb; do
		dpkg -x "$deb" "$into" || return 1
	done
}
