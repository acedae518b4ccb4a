#!/bin/bash
# SPDX-License-Identifier: ISC
#
# DHCP never waits for amtnet: clients get their leases with the daemon absent, and with the daemon
# stopped dead while its sockets stay open. What happened meanwhile is in DNS afterwards.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly clients=100

# dora FILE: leases for all clients; the summary of the slowest second is in its log.
dora()
{
	lab_dora "$clients" -t 20 >"$1"
}

registered()
{
	[[ $(lab_count_records DHCID corp.example) == "$1" ]]
}

# quick FILE: the summary says that it took less than 3 s, which is far from any timeout of ours.
quick()
{
	(($(sed -n 's/.*failed=0 ms=//p' "$1") < 3000))
}

tap_begin kea-dhcp4 knotd
lab_net
lab_start_ns knot
lab_start_kea

tap_ok "$clients clients get leases with no daemon" dora "$LAB_DIR/leases"
lab_start_amtnetd
tap_soon 60 'a daemon that comes later registers them all' registered "$clients"
lab_dora "$clients" -r -p 2 <"$LAB_DIR/leases" 2>/dev/null
tap_soon 60 'and takes them out after their release' registered 0

kill -s STOP "${LAB_PIDS[amtnetd]}"
dora "$LAB_DIR/leases" 2>"$LAB_DIR/summary" || true
tap_ok 'with the daemon stopped dead all clients get leases' tap_says 'failed=0' "$LAB_DIR/summary"
tap_ok 'and as quickly as ever' quick "$LAB_DIR/summary"
kill -s CONT "${LAB_PIDS[amtnetd]}"
tap_soon 60 'a daemon that goes on registers them all' registered "$clients"

lab_stop amtnetd
lab_stop kea
lab_start_kea
tap_ok 'Kea starts with no daemon' lab_is_running kea
tap_end
