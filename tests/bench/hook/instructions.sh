#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The same question without a clock: how many instructions kea-dhcp4 executes for a lease, counted by
# callgrind for no hook, a hook that does nothing, and ours. instructions.sh [LEASES]. The figure is
# steady on any machine and leaves the kernel out.

set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tools/lab.sh
. "$here/../../../tools/lab.sh"
# shellcheck source=tests/bench/hook/arms.sh
. "$here/arms.sh"

readonly leases=${1:-1000} few=200

# count ARM LEASES: the instructions of one life of Kea.
count()
{
	bench_start_kea "$1" valgrind --tool=callgrind --callgrind-out-file="$LAB_DIR/callgrind.$1" -q
	lab_dora "$2" -w 8 -t 120 >/dev/null 2>&1 || lab_fail "not all clients got leases in arm $1"
	lab_stop kea
	awk '/^totals:/ { print $2 }' "$LAB_DIR/callgrind.$1"
}

[[ -n $(command -v valgrind) ]] || lab_fail 'valgrind is missing'
lab_begin
bench_net
none=
for arm in none noop ours; do
	start=$(count "$arm" $few)
	end=$(count "$arm" $((few + leases)))
	each=$(((end - start) / leases))
	none=${none:-$each}
	printf '%-10s %8d instructions/lease  %s\n' "$arm" "$each" \
		"$(awk -v a="$each" -v b="$none" 'BEGIN { printf "%.3f of none", a / b }')"
	callgrind_annotate --inclusive=yes "$LAB_DIR/callgrind.$arm" 2>/dev/null |
		grep -E 'libdhcp_amtnet.so' | head -n 12 || true
done
