#!/bin/bash
# SPDX-License-Identifier: ISC
#
# More hellos wait for a core than this host has local ports left: each delivery keeps one for a minute. That is
# said as what it is, no hello is suspected of having killed the core, and all arrive once when there are ports.
#
#   pcs 10.83.1.11 ── side (amtnetd) ── core 10.83.3.2

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly ports=10 hellos=40

net()
{
	local machine

	for machine in pcs side core; do
		lab_machine "$machine"
	done
	lab_link side pcs pcs eth0
	lab_link side core core eth0
	lab_address side pcs 10.83.1.1/24
	lab_address side core 10.83.3.1/24
	lab_address core eth0 10.83.3.2/24 10.83.3.1
	lab_address pcs eth0 10.83.1.11/24 10.83.1.1
	lab_exec side sysctl -qw net.ipv4.ip_local_port_range="40000 $((40000 + ports - 1))"
}

start_core()
{
	# shellcheck disable=SC2016 # expanded by the child
	lab_spawn core core env "SUMS=$LAB_DIR/sums" socat -u \
		TCP-LISTEN:9971,reuseaddr,fork,backlog=64 'SYSTEM:sha256sum >>"$SUMS"'
	lab_wait_for 5 lab_is_listening core 9971 || lab_fail 'the core does not listen'
}

start_amtnetd()
{
	cat >"$LAB_DIR/amtnetd.yaml" <<-END
		state: $LAB_DIR/state.db
		lease: {socket: $LAB_DIR/run/lease.sock}
		control: {socket: $LAB_DIR/run/control.sock}
		hello:
		  listen: ["10.83.1.1:9971"]
		  cores:
		    - {name: core, kind: tcp, address: "10.83.3.2:9971", in-flight: 1, watch: 10s}
	END
	LAB_CONFIG=$LAB_DIR/amtnetd.yaml
	lab_spawn amtnetd side "$LAB_BUILD/daemon/amtnetd" -c "$LAB_CONFIG"
	lab_await amtnetd 20 'daemon: ready'
}

# say NUMBER: a hello with a UUID of its own.
say()
{
	{
		head -c 8 "$LAB_SAMPLE"
		lab_bytes "$(printf '%02x' "$1")"
		tail -c +10 "$LAB_SAMPLE"
	} >"$LAB_DIR/hello"
	sha256sum <"$LAB_DIR/hello" >>"$LAB_DIR/said"
	lab_exec pcs socat -u "FILE:$LAB_DIR/hello" TCP:10.83.1.1:9971,connect-timeout=5
}

relay_says()
{
	lab_ctl relay | grep -qF -- "$1"
}

# settled COUNT: so many deliveries, and nothing that waits or is kept back.
settled()
{
	lab_ctl --csv relay | awk -F, -v count="$1" \
		'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		NR == 2 { exit $at["delivered"] != count || $at["waiting"] + $at["quarantined"] > 0 }'
}

came()
{
	(($(wc -l <"$LAB_DIR/sums") >= $1))
}

tap_begin
net
: >"$LAB_DIR/sums"
start_core
start_amtnetd
for ((i = 0; i < hellos; i++)); do say "$i"; done
tap_soon 20 'where no port is left, relay says so' relay_says 'no free local port'
tap_ok 'as many have arrived as there were ports' test "$(wc -l <"$LAB_DIR/sums")" = "$ports"
tap_ok 'no hello is suspected' eval "! grep -F 'went away shortly after' '$(lab_log amtnetd)'"
lab_exec side sysctl -qw net.ipv4.ip_local_port_range='41000 42000'
tap_soon 60 'with ports all arrive' came "$hellos"
tap_ok 'each once, and byte for byte' cmp <(sort "$LAB_DIR/said") <(sort "$LAB_DIR/sums")
tap_soon 5 'nothing waits, or is quarantined' settled "$hellos"
tap_end
