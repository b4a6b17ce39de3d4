#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# A short run of the fuzzer, the same one every time, where there is a clang
# that can build it.  CVM_MUTATIONS=100000 is the long run: so many inputs for
# each type of state, and as many folds as it takes as long for.
set -uo pipefail
. test/tap.sh

dir=$(mktemp -d) log=$dir/log
trap 'rm -rf "$dir"' EXIT
export FUZZ_CORES=$dir/cores

# fuzz TARGET TYPES RUNS WHAT: RUNS inputs, or CVM_MUTATIONS for each of TYPES
fuzz() {
	local runs=$3 status
	[ -z "${CVM_MUTATIONS:-}" ] || runs=$((CVM_MUTATIONS * $2))
	test/fuzz/run "$1" -runs="$runs" -seed=1 -verbosity=0 >"$log" 2>&1
	status=$?
	[ $status = 0 ] || tail -n 40 "$log" | sed 's/^/# /'
	ok "$runs fuzzed $4" [ $status = 0 ]
}

if ! echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
	clang -x c -fsanitize=fuzzer,address,undefined -o /dev/null - 2>/dev/null; then
	skip "no clang with libFuzzer"
else
	fuzz hostile 4 6000 "states of activity, tenure, retention and lifecycle are refused or can be used"
	fuzz cannibalization 2 3000 "states of cannibalization and its matrix are refused or can be used"
	fuzz segments 1 2000 "flows between segments are refused or can be used"
	fuzz subscriptions 5 5000 "states of holdings, movement, revenue retention, survival and purchases are refused or can be used"
	[ -z "${CVM_MUTATIONS:-}" ] || CVM_MUTATIONS=$((CVM_MUTATIONS / 20))
	fuzz fold 1 300 "folds give what customer after customer gives"
fi
done_testing
