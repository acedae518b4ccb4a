#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Hellos from the PC's own address, in each place that a core may be: behind this host, beside it with
# another router (refused with a sentence until the core's host is told the way), and on this host.
#
#   pcs 10.82.1.11 ── side (amtnetd) ── core 10.82.3.2
#        10.82.6.2 ── rtr ───────────── 10.82.4.2

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly peers_file=peers

net()
{
	local machine

	for machine in pcs side rtr core; do
		lab_machine "$machine"
	done
	lab_link side pcs pcs eth0
	lab_link side core core eth0
	lab_link rtr core core eth1
	lab_link rtr pcs pcs eth1
	lab_address side pcs 10.82.1.1/24
	lab_address side core 10.82.3.1/24
	lab_address core eth0 10.82.3.2/24 10.82.3.1
	lab_address core eth1 10.82.4.2/24
	lab_address rtr core 10.82.4.1/24
	lab_address rtr pcs 10.82.6.1/24
	lab_address pcs eth0 10.82.1.11/24 10.82.1.1
	lab_address pcs eth0 10.82.1.12/24
	lab_address pcs eth1 10.82.6.2/24
	lab_ip rtr route add 10.82.1.0/24 via 10.82.6.2
	lab_exec rtr sysctl -qw net.ipv4.ip_forward=1
}

# start_core WHERE ADDRESS PORT: notes who connected, and the bytes' sum.
start_core()
{
	# shellcheck disable=SC2016 # expanded by the child
	local save='sum=$(sha256sum); echo "$SOCAT_PEERADDR ${sum%% *}" >>"$PEERS"'

	lab_spawn core "$1" env "PEERS=$LAB_DIR/$peers_file" socat -u \
		"TCP-LISTEN:$3,bind=$2,reuseaddr,fork,backlog=64" "SYSTEM:$save"
	lab_wait_for 5 lab_is_listening "$1" "$3" || lab_fail 'the core does not listen'
}

start_amtnetd()
{
	cat >"$LAB_DIR/amtnetd.yaml" <<-END
		state: $LAB_DIR/$2.db
		lease: {socket: $LAB_DIR/run/lease.sock}
		control: {socket: $LAB_DIR/run/control.sock}
		hello:
		  listen: ["10.82.1.1:9971"]
		  cores:
		    - {name: core, kind: transparent, address: "$1", timeout: 2s, subnets: [10.82.1.0/24]}
	END
	LAB_CONFIG=$LAB_DIR/amtnetd.yaml
	run_amtnetd
}

run_amtnetd()
{
	: >"$(lab_log amtnetd)"
	lab_spawn amtnetd side "$LAB_BUILD/daemon/amtnetd" -c "$LAB_CONFIG"
	lab_await amtnetd 20 'daemon: ready'
}

say()
{
	lab_exec pcs socat -u "FILE:$LAB_SAMPLE" "TCP:10.82.1.1:9971,bind=$1,connect-timeout=5"
}

# came_from ADDRESS COUNT: so many whole samples from there.
came_from()
{
	local sum

	sum=$(sha256sum <"$LAB_SAMPLE")
	(($(grep -cxF "$1 ${sum%% *}" "$LAB_DIR/$peers_file") == $2))
}

objects()
{
	lab_exec side ip rule list table 9971
	lab_exec side ip route list table 9971
}

tap_begin
net
: >"$LAB_DIR/$peers_file"

start_core core 10.82.3.2 9971
start_amtnetd 10.82.3.2:9971 routed
say 10.82.1.11
tap_soon 10 'core behind this host: it sees the PC and all bytes' came_from 10.82.1.11 1
tap_ok 'one rule and one route are there' test "$(objects | wc -l)" = 2
lab_stop amtnetd KILL
tap_ok 'a killed daemon leaves them' test "$(objects | wc -l)" = 2
run_amtnetd
say 10.82.1.12
tap_soon 10 'the next one takes them over' came_from 10.82.1.12 1
lab_stop amtnetd
tap_ok 'and takes them away' test -z "$(objects)"

lab_ip core route replace default via 10.82.4.1
start_amtnetd 10.82.3.2:9971 beside
tap_soon 10 'core with another router: refused at start with a clear sentence' \
	tap_says 'kind transparent is refused, core=core: the core answers us, but not' "$(lab_log amtnetd)"
say 10.82.1.11
tap_soon 10 'the hello waits and says why' eval \
	"lab_ctl devices | grep -qF 'waiting (the core answers us but not the PC'"
tap_ok 'nothing went to the core' came_from 10.82.1.11 1
lab_ip core route add default via 10.82.3.1 table 200
lab_ip core rule add ipproto tcp sport 9971 lookup 200
lab_ctl relay retry >/dev/null
tap_soon 10 'told the way back it gets the hello from the PC' came_from 10.82.1.11 2
lab_stop amtnetd
lab_stop core

start_core side 127.0.0.1 9972
start_amtnetd 127.0.0.1:9972 local
say 10.82.1.12
tap_soon 10 'core on this host, on loopback: it sees the PC' came_from 10.82.1.12 2
lab_stop amtnetd
tap_ok 'nothing is left behind' test -z "$(objects)"

lab_exec side setpriv --bounding-set -all --inh-caps -all "$LAB_BUILD/daemon/amtnetd" -c "$LAB_CONFIG" \
	>"$(lab_log bare)" 2>&1 &
bare=$!
tap_soon 10 'without the capability the sentence says which' tap_says 'CAP_NET_ADMIN' "$(lab_log bare)"
kill "$bare" 2>/dev/null || true
tap_end
