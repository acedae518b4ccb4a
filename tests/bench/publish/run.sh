#!/bin/bash
# SPDX-License-Identifier: ISC
#
# run.sh [SECONDS [ZONES]]: CPU time of amtnetd while it guards ProvisionServer in 50 zones with three name
# servers each (Knot). Rounds come each second instead of each minute, so that 60 s (the default) are the
# 3000 rounds of one hour. README.md says what is measured.

set -euo pipefail
# shellcheck source=tools/lab.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../../tools/lab.sh"

readonly seconds=${1:-60} zones=${2:-50}

# configure_ns NUMBER DIR: server 1 is the primary of every zone.
configure_ns()
{
	local i

	cat <<-END
		server:
		    rundir: "$2"
		    listen: 192.0.2.$1@53
		    udp-workers: 1
		    tcp-workers: 1
		    background-workers: 1
		log:
		  - target: stderr
		    any: warning
		database:
		    storage: "$2"
		key:
		  - id: amtnet
		    algorithm: hmac-sha256
		    secret: $(<"$LAB_KEY_FILE")
		remote:
		  - id: primary
		    address: 192.0.2.1
		  - id: two
		    address: 192.0.2.2
		  - id: three
		    address: 192.0.2.3
		acl:
		  - id: update
		    key: amtnet
		    action: update
		  - id: others
		    address: 192.0.2.0/24
		    action: [ transfer, notify ]
		template:
		  - id: default
		    storage: "$2"
		    file: "%s.zone"
		    zonefile-sync: -1
		    journal-content: changes
		    acl: [ update, others ]
		    $([[ $1 == 1 ]] && echo 'notify: [ two, three ]' || echo 'master: primary')
		zone:
	END
	for ((i = 1; i <= zones; i++)); do
		echo "  - domain: z$i.example"
	done
}

start_ns()
{
	local number=$1 dir=$LAB_DIR/ns$1 i

	mkdir "$dir"
	for ((i = 1; i <= zones && number == 1; i++)); do
		cat >"$dir/z$i.example.zone" <<-END
			@ 300 SOA ns1 admin 1 3600 600 86400 30
			@ 300 NS ns1
			@ 300 NS ns2
			@ 300 NS ns3
			ns1 300 A 192.0.2.1
			ns2 300 A 192.0.2.2
			ns3 300 A 192.0.2.3
		END
	done
	configure_ns "$number" "$dir" >"$dir/conf"
	lab_spawn "ns$number" one "$(lab_program knotd)" -c "$dir/conf"
	lab_wait_for 30 serves "$number" "z$zones.example" SOA || lab_fail "name server $number does not answer"
}

# serves SERVER NAME TYPE
serves()
{
	lab_exec one dig "@192.0.2.$1" +short +time=1 +tries=1 +norecurse "$2" "$3" | grep -qv '^;'
}

# configure_daemon NAME FAILOVER ADDRESS PORT
configure_daemon()
{
	local i

	cat <<-END
		state: $LAB_DIR/$1.db
		lease: {socket: ""}
		control: {socket: $LAB_DIR/run/$1.sock}
		hello: {listen: ["127.0.0.1:$4"]}
		dns:
		  keys: [{name: amtnet, secret-file: $LAB_KEY_FILE}]
		  zones:
	END
	for ((i = 1; i <= zones; i++)); do
		echo "    - {name: z$i.example, servers: [192.0.2.1], key: amtnet}"
	done
	cat <<-END
		provision-server:
		  zones: [$(for ((i = 1; i <= zones; i++)); do printf 'z%d.example, ' "$i"; done)]
		  addresses: [$3]
		  interval: 1s
		  owner: $1
		  failover: $2
	END
}

# status KEY: a number of the daemon's status.
status()
{
	"$LAB_BUILD/daemon/amtnetctl" -s "$LAB_DIR/run/amtnetd.sock" --json status |
		sed -n "s/.*\"name\":\"provision-server.$1\",\"value\":\([0-9]*\)}/\1/p"
}

all_present()
{
	[[ $(status present) == "$zones" ]]
}

# cpu_ms: utime and stime of the daemon.
cpu_ms()
{
	local stat

	stat=$(</proc/"${LAB_PIDS[amtnetd]}"/stat)
	stat=${stat##*) }
	# shellcheck disable=SC2086 # the fields after the name, split on purpose
	set -- $stat
	echo $(((${12} + ${13}) * 1000 / $(getconf CLK_TCK)))
}

# move_serials: once a second every zone gets another record, until it is killed.
move_serials()
{
	local i turn

	for ((turn = 0; ; turn++)); do
		printf 'server 192.0.2.1\n'
		for ((i = 1; i <= zones; i++)); do
			printf 'zone z%d.example\nupdate delete moves.z%d.example TXT\n' "$i" "$i"
			printf 'update add moves.z%d.example 60 TXT "%d"\nsend\n' "$i" "$turn"
		done
		sleep 1
	done | lab_exec one nsupdate -y "hmac-sha256:amtnet:$(<"$LAB_KEY_FILE")" >"$LAB_DIR/log/moves.log" 2>&1
}

# run_daemon NAME FAILOVER ADDRESS PORT
run_daemon()
{
	rm -f "$LAB_DIR/$1".db*
	configure_daemon "$@" >"$LAB_DIR/$1.yaml"
	lab_spawn "$1" one "$LAB_BUILD/daemon/amtnetd" -c "$LAB_DIR/$1.yaml"
}

# arm NAME FAILOVER [moving]: with failover: hot beside another daemon, where one round of four renews.
arm()
{
	local cpu rounds mover=''

	run_daemon amtnetd "$2" 192.0.2.11 9971
	[[ $2 != hot ]] || run_daemon peer hot 192.0.2.12 9972
	lab_wait_for 60 all_present || lab_fail 'the names are not published'
	if [[ -n ${3:-} ]]; then
		move_serials &
		mover=$!
	fi
	cpu=$(cpu_ms)
	rounds=$(status rounds)
	sleep "$seconds"
	cpu=$(($(cpu_ms) - cpu))
	rounds=$(($(status rounds) - rounds))
	[[ -z $mover ]] || kill "$mover"
	awk -v arm="$1" -v cpu="$cpu" -v rounds="$rounds" -v zones="$zones" -v seconds="$seconds" 'BEGIN {
		each = cpu * 1000 / (zones * seconds)
		printf "%-34s %6d rounds %7d ms CPU %6.0f us per interval %6.2f s per hour\n",
			arm, rounds, cpu, each, each * zones * 60 / 1e6
	}'
	lab_stop amtnetd
	[[ $2 != hot ]] || lab_stop peer
}

lab_begin
lab_machine one
for number in 1 2 3; do
	lab_ip one addr add "192.0.2.$number/32" dev lo
done
lab_make_key
for number in 1 2 3; do
	start_ns "$number"
done
echo "$zones zones, 3 servers each, $seconds s per arm, one round per zone and second; per hour: one per minute"
arm 'nothing changes' none
arm 'every serial moves every second' none moving
arm 'failover: cold' cold
arm 'failover: hot, two daemons' hot
