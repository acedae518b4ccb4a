#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A hot-standby pair of Kea (libdhcp_ha) with the hook on both, an amtnetd for each, and one name server
# for all. The active Kea is killed in the middle of traffic: no name is lost and none is wrongly removed,
# neither then nor when it comes back.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly clients=300 kill_after=100

# second: what was configured for the first server, for the second.
second()
{
	sed "s|$LAB_DIR/run/|$LAB_DIR/run2/|; s|leases.csv|leases2.csv|; s|amtnetd.db|amtnetd2.db|
		s|10.81.1.2:9971|10.81.1.3:9971|; s|\"this-server-name\": \"one\"|\"this-server-name\": \"two\"|"
}

ha_entry()
{
	printf '{"library": "%s/libdhcp_ha.so", "parameters": {"high-availability": [{
		"this-server-name": "one", "mode": "hot-standby",
		"heartbeat-delay": 500, "max-response-delay": 1500, "max-ack-delay": 1000,
		"max-unacked-clients": 0, "delayed-updates-limit": 0,
		"multi-threading": {"enable-multi-threading": true, "http-dedicated-listener": true,
			"http-listener-threads": 2, "http-client-threads": 2},
		"peers": [
			{"name": "one", "url": "http://10.81.1.2:8000/", "role": "primary"},
			{"name": "two", "url": "http://10.81.1.3:8000/", "role": "standby"}]}]}}' \
		"/usr/lib/$(gcc -print-multiarch)/kea/hooks"
}

# run_kea NAME WHERE RUN CONFIGURATION
run_kea()
{
	: >"$(lab_log "$1")"
	lab_spawn "$1" "$2" env KEA_PIDFILE_DIR="$3" KEA_LOCKFILE_DIR="$3" "$(lab_program kea-dhcp4)" -c "$4"
	lab_await "$1" 20 DHCP4_STARTED
}

# in_state NAME STATE: the last state that a server's HA said it has.
in_state()
{
	[[ $(grep -o 'HA_STATE_TRANSITION.* to [A-Z-]*' "$(lab_log "$1")" | tail -n 1) == *" to $2" ]]
}

# stored FILE: "NAME ADDRESS" of the active leases.
stored()
{
	awk -F, 'NR > 1 { name[$1] = $9; active[$1] = $10 == 0 && $4 > 0 }
		END { for (a in name) if (active[a] && sub(/\.$/, "", name[a])) print name[a], a }' "$1" | sort
}

registered()
{
	lab_exec core dig @10.81.2.2 +time=5 +tries=1 +noall +answer corp.example AXFR |
		awk '$4 == "A" && $1 ~ /^pc/ { sub(/\.$/, "", $1); print $1, $5 }' | sort
}

# agrees FILE: DNS holds the names of all clients, as this lease store has them.
agrees()
{
	stored "$1" >"$LAB_DIR/stored"
	registered >"$LAB_DIR/registered"
	[[ $(wc -l <"$LAB_DIR/stored") == "$clients" ]] && cmp "$LAB_DIR/stored" "$LAB_DIR/registered"
}

leased()
{
	(($(grep -c '^pc' "$(lab_log storm)") >= $1))
}

# The clients behind the relay; -s says which server they talk to.
readonly dora=("$LAB_BUILD/tests/support/dora" -g 10.81.20.1 -n "$clients" -w 8 -p 5 -t 60)

tap_begin kea-dhcp4 knotd gcc
LAB_SUBNET2=10.81.0.0/16
LAB_POOL2='10.81.32.0 - 10.81.255.254'
lab_net
lab_machine dhcp2
lab_link fw dhcp2 lan-dhcp2 eth0
lab_ip fw link set lan-dhcp2 master lan1
lab_address dhcp2 eth0 10.81.1.3/24 10.81.1.1
mkdir -m 0750 "$LAB_DIR/run2"
lab_start_ns knot

lab_start_amtnetd
second <"$LAB_CONFIG" >"$LAB_DIR/amtnetd2.yaml"
lab_spawn amtnetd2 dhcp2 "$LAB_BUILD/daemon/amtnetd" -c "$LAB_DIR/amtnetd2.yaml"
lab_await amtnetd2 20 'daemon: ready'

lab_configure_kea "$(lab_lease_cmds_entry), $(ha_entry), $(lab_hook_entry)" >"$LAB_DIR/kea-dhcp4.conf"
second <"$LAB_DIR/kea-dhcp4.conf" >"$LAB_DIR/kea2.conf"
run_kea kea dhcp "$LAB_DIR/run" "$LAB_DIR/kea-dhcp4.conf"
run_kea kea2 dhcp2 "$LAB_DIR/run2" "$LAB_DIR/kea2.conf"
tap_soon 30 'the pair is in hot standby: the first' in_state kea HOT-STANDBY
tap_soon 30 'and the second' in_state kea2 HOT-STANDBY

lab_spawn storm rtr "${dora[@]}" -s 10.81.1.2
tap_soon 30 "$kill_after clients have leases from the first" leased $kill_after
lab_stop kea KILL
tap_ok 'it is killed while others still wait' tap_not leased $clients
lab_stop storm KILL
tap_soon 30 'the second takes over' in_state kea2 PARTNER-DOWN
tap_ok 'all clients have leases from the second' lab_exec rtr "${dora[@]}" -s 10.81.1.3
tap_soon 60 'every name is in DNS, as the second has it' agrees "$LAB_DIR/leases2.csv"

run_kea kea dhcp "$LAB_DIR/run" "$LAB_DIR/kea-dhcp4.conf"
tap_soon 60 'the first comes back' in_state kea HOT-STANDBY
lab_ctl reconcile >"$LAB_DIR/plan" 2>&1 || true
tap_soon 30 'DNS is as the first has it' agrees "$LAB_DIR/leases.csv"
tap_soon 30 'and still as the second has it' agrees "$LAB_DIR/leases2.csv"
tap_end
