#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# Readers beside every job that changes a model, for a few seconds, in TAP:
# scripts/soak is the longer one.  CVM_SOAK: so many seconds.
set -uo pipefail
. test/tap.sh

said=$(scripts/soak "${CVM_SOAK:-6}" 8 2>&1)
ok "readers and jobs side by side meet no error and no deadlock, and leave nothing behind" [ $? = 0 ] || comment "$said"
is "$(grep -c '^left behind: nothing$' <<<"$said")" 1 "afterwards no session is in a transaction, no lock is left, and what is stored is what the sources say"
ok "every job ran" [ "$(awk '$1 ~ /^(readers|refresh|rebuild|configure|check|bind|store|keep|reader|model|write)$/ && $2 > 0' <<<"$said" | wc -l)" = 11 ]
comment "$said"
done_testing
