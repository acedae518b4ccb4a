#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A real provisioning core, MeshCentral, behind the relay: with `tcp` all PCs are one to it, with
# `transparent` each is itself; a stale PTR, a port 16993 that swallows packets and a reset by the PC
# do not reach it.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/netns/meshcentral.sh
. "$(dirname "$0")/meshcentral.sh"

readonly net=10.81.1
readonly names=/etc/netns

# configure KIND: the same daemon with another kind of relay.
configure()
{
	cat >"$LAB_DIR/amtnetd.yaml" <<-END
		state: $LAB_DIR/$1.db
		lease: {socket: $LAB_DIR/run/lease.sock}
		control: {socket: $LAB_DIR/run/control.sock}
		hello:
		  listen: ["$net.2:9971"]
		  cores:
		    - {name: mesh, kind: $1, preset: meshcentral, address: "127.0.0.1:9972"}
	END
	LAB_CONFIG=$LAB_DIR/amtnetd.yaml
}

# hello LAST RETRY: the sample from 10.81.1.LAST with a UUID and a retry counter of its own.
hello()
{
	local file=$LAB_DIR/hello-$1-$2.bin

	{
		head -c 4 "$LAB_SAMPLE"
		lab_bytes "$(printf '%02x' "$2")"
		tail -c +6 "$LAB_SAMPLE" | head -c 18
		lab_bytes "$(printf '%02x' "$1")"
		tail -c +25 "$LAB_SAMPLE"
	} >"$file"
	echo "$file"
}

say()
{
	lab_exec pc1 socat -u "FILE:$(hello "$1" "$2")" \
		"TCP:$net.2:9971,bind=$net.$1,connect-timeout=5${3:+,$3}"
}

waits_for()
{
	lab_ctl devices "$net.$1" | grep -qF "$2"
}

# The reverse zone by hand: .21 to .24 are right, .25 is what a machine that left has forgotten.
zones()
{
	local last

	for last in 21 22 23 24 26; do
		printf '%s PTR pc%s.corp.example.\n' "$last.1" "$last" >>"$LAB_DIR/zones/81.10.in-addr.arpa.zone"
		printf 'pc%s A %s\n' "$last" "$net.$last" >>"$LAB_DIR/zones/corp.example.zone"
	done
	echo '25.1 PTR pc21.corp.example.' >>"$LAB_DIR/zones/81.10.in-addr.arpa.zone"
}

tap_begin node npm knotd
mesh_install
lab_net
lab_start_ns knot
lab_stop ns
zones
lab_run_ns knot
for last in 21 22 23 24 25 26; do
	lab_address pc1 eth0 "$net.$last/24"
done
lab_ip pc1 route add default via "$net.1"
lab_ip dhcp route replace default via "$net.1"
# .24 swallows what comes to 16993.
lab_exec pc1 nft -f - <<-END
	table inet pc {
		chain input {
			type filter hook input priority filter
			ip daddr $net.24 tcp dport 16993 drop
		}
	}
END
mkdir -p "$names/amtnet-$LAB_ID-dhcp"
trap 'rm -rf "$names/amtnet-$LAB_ID-dhcp"; lab_end' EXIT
echo 'nameserver 10.81.2.2' >"$names/amtnet-$LAB_ID-dhcp/resolv.conf"
mesh_start dhcp 9972

configure tcp
lab_run_amtnetd
say 21 0
tap_soon 20 'tcp: a hello reaches MeshCentral, from this host' mesh_got 127.0.0.1 1
say 22 0
tap_soon 50 'tcp: and the next one also, so that all PCs are one' mesh_got 127.0.0.1 2
tap_ok 'tcp: no PC is known by its own address' mesh_got "$net.21" 0
lab_stop amtnetd

configure transparent
lab_run_amtnetd
say 21 1
tap_soon 20 'transparent: MeshCentral sees the PC itself' mesh_got "$net.21" 1
say 22 1
tap_soon 20 'transparent: and the other one' mesh_got "$net.22" 1
say 23 1 linger=0
tap_soon 20 'a reset by the PC does not reach it' mesh_got "$net.23" 1
say 24 1
say 25 1
say 26 1
tap_soon 20 'a port that swallows packets is seen, and the hello waits' \
	waits_for 24 "gate: the PC's port 16993 is filtered"
tap_soon 20 'a stale PTR is seen, and the hello waits' \
	waits_for 25 'gate: the name in reverse DNS does not lead back'
tap_soon 20 'others do not wait behind them' mesh_got "$net.26" 1
tap_ok 'MeshCentral was not told of the two' eval "mesh_got $net.24 0 && mesh_got $net.25 0"
tap_ok 'it lives' lab_is_running mesh
lab_exec pc1 nft delete table inet pc
lab_ctl relay retry >/dev/null
tap_soon 20 'the port is open again: MeshCentral is told' mesh_got "$net.24" 1
lab_stop amtnetd
tap_ok 'route and rule are gone with the daemon' test -z \
	"$(lab_exec dhcp ip rule list table 9971)$(lab_exec dhcp ip route list table 9971)"
tap_end
