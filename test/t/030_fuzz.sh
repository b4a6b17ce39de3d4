#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# A short run of the fuzzer, the same one every time, where there is a clang
# that can build it.
set -uo pipefail
. test/tap.sh

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
	clang -x c -fsanitize=fuzzer,address,undefined -o /dev/null - 2>/dev/null; then
	skip "no clang with libFuzzer"
else
	test/fuzz/run -runs=60000 -seed=1 -verbosity=0 >"$log" 2>&1
	status=$?
	[ $status = 0 ] || tail -n 40 "$log" | sed 's/^/# /'
	ok "sixty thousand fuzzed states are refused or can be used" [ $status = 0 ]
	test/fuzz/run fold -runs=3000 -seed=1 -verbosity=0 >"$log" 2>&1
	status=$?
	[ $status = 0 ] || tail -n 40 "$log" | sed 's/^/# /'
	ok "three thousand fuzzed folds give what customer after customer gives" [ $status = 0 ]
	test/fuzz/run cannibalization -runs=30000 -seed=1 -verbosity=0 >"$log" 2>&1
	status=$?
	[ $status = 0 ] || tail -n 40 "$log" | sed 's/^/# /'
	ok "thirty thousand fuzzed states of cannibalization are refused or can be used" [ $status = 0 ]
	test/fuzz/run segments -runs=20000 -seed=1 -verbosity=0 >"$log" 2>&1
	status=$?
	[ $status = 0 ] || tail -n 40 "$log" | sed 's/^/# /'
	ok "twenty thousand fuzzed flows between segments are refused or can be used" [ $status = 0 ]
	test/fuzz/run subscriptions -runs=40000 -seed=1 -verbosity=0 >"$log" 2>&1
	status=$?
	[ $status = 0 ] || tail -n 40 "$log" | sed 's/^/# /'
	ok "forty thousand fuzzed states of subscriptions are refused or can be used" [ $status = 0 ]
fi
done_testing
