#!/bin/bash
# SPDX-License-Identifier: ISC
#
# amtnet-check site calls a good site READY; when the firewall drops or rejects one port it is not,
# and the check names port, direction and hop.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

# The hops from the core to pc2: the firewall answers with its near address, then the router.
readonly hop_before=10.81.3.1 hop_behind=10.81.9.2

# check NAME: runs the site check; what it says is in NAME.txt, its status in `status`.
check()
{
	status=0
	lab_check site "$site" >"$LAB_DIR/$1.txt" 2>&1 || status=$?
}

# status_is WANTED NAME
status_is()
{
	((status == $1)) && return
	echo "exit status $status, not $1"
	cat "$LAB_DIR/$2.txt"
	return 1
}

has_ptr()
{
	lab_has "$(lab_reverse "$(lab_address_of "$1")")" PTR "$2."
}

tap_begin dhclient dhcrelay kea-dhcp4 knotd
lab_net
lab_start_ns knot
lab_start_core
lab_start_amtnetd
lab_start_kea
lab_start_relay
lab_lease pc1 me01.corp.example
lab_lease pc2 me02.corp.example
lab_start_responder pc1
lab_start_responder pc2
pc2=$(lab_address_of pc2)
site=$(lab_site "$(lab_address_of pc1)" "$pc2")
tap_soon 10 'ProvisionServer resolves' lab_has ProvisionServer.corp.example A 10.81.1.2
tap_soon 10 'both PCs are in DNS' eval 'has_ptr pc1 me01.corp.example && has_ptr pc2 me02.corp.example'

check good
tap_ok 'a good site: exit status 0' status_is 0 good
tap_ok 'a good site: READY' tap_says '(^|[^T] )READY' "$LAB_DIR/good.txt"

status=0
lab_check ports "leases:$LAB_DIR/run/control.sock" >"$LAB_DIR/leases.txt" 2>&1 || status=$?
tap_ok "the daemon's leases as targets: exit status 0" status_is 0 leases
tap_ok "the daemon's leases as targets: pc1" tap_says "NC100 .*$(lab_address_of pc1) tcp/16993 open" "$LAB_DIR/leases.txt"
tap_ok "the daemon's leases as targets: pc2" tap_says "NC100 .*$pc2 tcp/16993 open" "$LAB_DIR/leases.txt"

# hello NAME SERVER: a test hello from beside the daemon, which is asked afterwards.
hello()
{
	status=0
	lab_exec dhcp "$LAB_BUILD/netcheck/amtnet-check" hello --daemon="$LAB_DIR/run/control.sock" "$2" \
		>"$LAB_DIR/$1.txt" 2>&1 || status=$?
}

hello ours 10.81.1.2
tap_ok 'a hello to the daemon: it has that very one' tap_says 'NC307 .*recorded by the daemon, from 10\.81\.1\.2' "$LAB_DIR/ours.txt"
hello other 10.81.3.2
tap_ok 'a hello to another machine: the daemon never saw it' tap_says 'FAIL NC306' "$LAB_DIR/other.txt"

lab_block "$pc2" 16993
check drop
tap_ok 'port dropped: exit status 2' status_is 2 drop
tap_ok 'port dropped: NOT READY' tap_says 'NOT READY' "$LAB_DIR/drop.txt"
tap_ok 'port dropped: the port and the PC are named' tap_says "16993" "$LAB_DIR/drop.txt"
tap_ok 'port dropped: the last hop that passes is named' tap_says "16993.*$hop_before|$hop_before.*16993" "$LAB_DIR/drop.txt"
tap_ok 'port dropped: the first hop that does not is named' tap_says "$hop_behind" "$LAB_DIR/drop.txt"

lab_unblock
lab_block "$pc2" 16993 'reject with icmp type admin-prohibited'
check reject
tap_ok 'port rejected: exit status 2' status_is 2 reject
tap_ok 'port rejected: the router that says so is named' tap_says "16993.*$hop_before|$hop_before.*16993" "$LAB_DIR/reject.txt"

lab_unblock
lab_block 10.81.1.2 9971
check hello
tap_ok 'hello port dropped: exit status 2' status_is 2 hello
tap_ok 'hello port dropped: the port is named' tap_says '9971' "$LAB_DIR/hello.txt"

lab_unblock
check again
tap_ok 'unblocked again: exit status 0' status_is 0 again
tap_end
