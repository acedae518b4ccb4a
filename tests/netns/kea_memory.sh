#!/bin/bash
# SPDX-License-Identifier: ISC
#
# kea-dhcp4 with the hook under valgrind, through leases, releases, two reconfigurations (each unloads
# and loads the hook) and its end: nothing that the hook asked for is left, reachable or not, and nothing
# was used wrongly. Nothing is suppressed; a report without a frame of the hook is Kea's own.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

loaded()
{
	(($(grep -c AMTNET_LOADED "$(lab_log kea)") == $1))
}

# reports: valgrind's paragraphs that have the hook in them.
reports()
{
	awk -v RS= '/libdhcp_amtnet|kea-hook\// && !/Command:/' \
		<(sed -E 's/^==[0-9]+== ?//' "$LAB_DIR/log/valgrind")
}

none_of_ours()
{
	reports >"$LAB_DIR/reports"
	cat "$LAB_DIR/reports"
	[[ -s $LAB_DIR/log/valgrind && ! -s $LAB_DIR/reports ]]
}

finished()
{
	grep -q 'ERROR SUMMARY' "$LAB_DIR/log/valgrind"
}

reload()
{
	kill -s HUP "${LAB_PIDS[kea]}"
	tap_soon 60 "reconfiguration $1: the hook is unloaded and loaded" loaded $(($1 + 1))
}

tap_begin kea-dhcp4 knotd valgrind
lab_net
lab_start_ns knot
lab_start_amtnetd
LAB_KEA_UNDER=(valgrind --leak-check=full --show-leak-kinds=all
	--keep-debuginfo=yes --fullpath-after= --num-callers=30 "--log-file=$LAB_DIR/log/valgrind")
lab_start_kea
tap_ok 'clients get leases' lab_dora 20 -w 4
lab_dora 20 -w 4 2>/dev/null >"$LAB_DIR/leases"
lab_dora 20 -r <"$LAB_DIR/leases" 2>/dev/null
lab_exec rtr "$LAB_BUILD/tests/support/dora" -g 10.81.20.1 -s 10.81.1.2 -w 4 -v \
	<"$LAB_SOURCE/tests/netns/option81.variants" >/dev/null 2>&1 || true
reload 1
tap_ok 'clients get leases from the one that was loaded again' lab_dora 20 -w 4
lab_stop amtnetd KILL
reload 2
tap_ok 'and without the daemon' lab_dora 20 -w 4
lab_kea amtnet-status >"$LAB_DIR/status"
tap_ok 'no exception was caught' tap_says '"exceptions": 0' "$LAB_DIR/status"
kill -s TERM "${LAB_PIDS[kea]}"
tap_soon 60 'Kea ends' finished
tap_ok 'valgrind names no place of the hook' none_of_ours
sed -n '/LEAK SUMMARY/,$p' "$LAB_DIR/log/valgrind" | sed 's/^/# /'
tap_end
