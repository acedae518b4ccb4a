#!/bin/bash
# SPDX-License-Identifier: ISC
#
# outage.sh bind|knot SECONDS: under 200 leases a second the name server is silent for SECONDS, then is
# killed and started again, then amtnetd is: afterwards the zones hold exactly the leases.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly software=$1 silence=$2 rate=200
readonly first=$((0x510000)) count=$((rate * (silence + 4)))

# expected FORMAT: what the zones must hold, for clients that have 10.81.0.0 and on.
expected()
{
	awk -v first="$first" -v count="$count" -v format="$1" 'BEGIN {
		for (i = 0; i < count; i++)
			if (format == "A")
				printf "pc%06u.corp.example. 10.81.%d.%d\n", first + i, i / 256, i % 256
			else
				printf "%d.%d.81.10.in-addr.arpa. pc%06u.corp.example.\n", i % 256, i / 256, first + i
	}' | sort
}

# holds ZONE TYPE: "owner value" of the clients' records, sorted.
holds()
{
	lab_exec core dig @10.81.2.2 +time=20 +tries=1 +noall +answer "$1" AXFR |
		awk -v type="$2" '$4 == type && ($1 ~ /^pc/ || type == "PTR") { print $1, $5 }' | sort
}

zones_equal_the_leases()
{
	cmp -s <(expected A) <(holds corp.example A) &&
		cmp -s <(expected PTR) <(holds 81.10.in-addr.arpa PTR) &&
		[[ $(lab_count_records DHCID corp.example) == "$count" ]]
}

acknowledged()
{
	grep -q "^acknowledged $count in" "$(lab_log feed)"
}

tap_begin "$([[ $software == bind ]] && echo named || echo knotd)"
lab_net
lab_start_ns "$software"
lab_start_amtnetd
lab_spawn feed dhcp "$LAB_BUILD/tests/bench/dns/feed_leases" "$LAB_DIR/run/lease.sock" corp.example 1 \
	"$first" "$count" "$rate"

tap_soon 10 'the first names are in DNS' lab_has "pc$first.corp.example" A 10.81.0.0
kill -STOP "${LAB_PIDS[ns]}"
sleep "$silence" # the outage itself
tap_ok 'leases are taken all the while' lab_is_running feed
kill -CONT "${LAB_PIDS[ns]}"
last=$((rate * silence / 2))
tap_soon 20 'names of the outage are in DNS once the server answers again' \
	lab_has "pc$((first + last)).corp.example" A "10.81.$((last / 256)).$((last % 256))"
lab_stop ns KILL
lab_run_ns "$software"
lab_stop amtnetd KILL
lab_run_amtnetd
tap_soon 30 "all $count leases are acknowledged" acknowledged
tap_soon 60 'the zones hold exactly the leases: A, PTR, DHCID' zones_equal_the_leases
tap_end
