#!/bin/bash
# SPDX-License-Identifier: ISC
#
# tests/bench/hook runs: one short round of its arms, every client has its lease, and the table comes
# out. No time is judged here.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly arms=(none noop attached stopped d2 run_script)

# complete: six rows, each with its ratios, and no client without a lease.
complete()
{
	local arm

	for arm in "${arms[@]}"; do
		grep -Eq "^$arm +[0-9]+ +[0-9.]+ \[.*\] +[0-9.]+ +[0-9.]+ \[.*\] +0$" "$LAB_DIR/table" || return 1
	done
}

tap_begin kea-dhcp4 knotd gcc
[[ -e $LAB_BUILD/tests/support/libnoop_hook4.so ]] || tap_skip 'the hook is not built'
"$LAB_SOURCE/tests/bench/hook/run.sh" 1 400 "${arms[@]:1}" >"$LAB_DIR/table" 2>&1 || true
tap_ok 'one round of all arms, every client has its lease' complete
sed 's/^/# /' "$LAB_DIR/table"
tap_end
