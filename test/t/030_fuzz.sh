#!/usr/bin/env bash
# A short run of each fuzzer, the same one every time, where there is a clang
# that can build it.
set -uo pipefail
. test/tap.sh

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
	clang -x c -fsanitize=fuzzer,address,undefined -o /dev/null - 2>/dev/null; then
	skip "no clang with libFuzzer"
else
	for core in hostile subscriptions; do
		FUZZ_CORE=$core test/fuzz/run -runs=60000 -seed=1 -verbosity=0 >"$log" 2>&1
		status=$?
		[ $status = 0 ] || tail -n 40 "$log" | sed 's/^/# /'
		ok "$core: sixty thousand fuzzed states are refused or can be used" [ $status = 0 ]
	done
fi
done_testing
