#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# make in the tree and elsewhere (VPATH), make install with DESTDIR and make
# uninstall, in TAP: two builds in two places give the same files, to the byte.
set -uo pipefail
. test/tap.sh
. scripts/common
choose_pg

dir=$(mktemp -d /var/tmp/cvm-build.XXXXXX)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/one" "$dir/another/source" "$dir/another/a/build"
for copy in one another/source; do
	tar -c --exclude=./.git --exclude=./results --exclude=./output_iso --exclude='./sql/cvm--*.sql' --exclude=exports.list \
		--exclude='*.o' --exclude='*.d' --exclude='*.so' --exclude='*.bc' . | tar -x --no-same-owner -C "$dir/$copy"
done
chmod -R a-w "$dir/another/source"

# quick to compile; the server's own flags add what debuggers read
with=(-s -j "$(nproc)" "PG_CONFIG=$PG_CONFIG" with_llvm=no COPT=-O0\ -U_FORTIFY_SOURCE)
built() {
	(cd "$1" && make -f "$2" "${with[@]}" all && make -f "$2" "${with[@]}" install "DESTDIR=$3") >"$dir/log" 2>&1
}
ok "make in the tree, make install with DESTDIR" built "$dir/one" Makefile "$dir/files" || comment "$(tail -n 20 "$dir/log")"
ok "make elsewhere, from a tree that cannot be written" built "$dir/another/a/build" "$dir/another/source/Makefile" "$dir/others" || comment "$(tail -n 20 "$dir/log")"

list() {
	(cd "$1" && find . -type f -printf '%P\n' | sort)
}
list "$dir/files" >"$dir/list"
version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" cvm.control)
share=$("$PG_CONFIG" --sharedir)/extension doc=$("$PG_CONFIG" --docdir)
missing() {
	local file
	for file in "$("$PG_CONFIG" --pkglibdir)/cvm.so" "$share/cvm.control" "$share/cvm--$version.sql" "$doc/cvm/README.md" "$doc/cvm/model.md"; do
		grep -qxF "${file#/}" "$dir/list" || echo "$file"
	done
}
empty "library, control file, script and documents are among the $(wc -l <"$dir/list") files" missing
empty "both builds install the same files, to the byte" diff -r "$dir/files" "$dir/others"
none "no file names the directory it was built in" grep -rlF "$dir" "$dir/files"
is "$(stat -c %a "$dir/files$("$PG_CONFIG" --pkglibdir)/cvm.so" "$dir/files$share/cvm--$version.sql" | tr '\n' ' ')" "755 644 " \
	"the library and the script have the rights of such files"

ok "make uninstall" make -C "$dir/one" "${with[@]}" uninstall "DESTDIR=$dir/files"
empty "leaves no file" list "$dir/files"
done_testing
