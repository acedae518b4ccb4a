#!/bin/bash
# SPDX-License-Identifier: ISC
#
# restart.sh bind|knot: amtnetd is killed in the middle of 200 leases; after its restart all names
# are in DNS, and after 200 releases none is.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly software=$1 clients=200 kill_after=80

# zone NAME TYPE: "owner value" of all records of a type, sorted, without trailing dots.
zone()
{
	lab_exec core dig @10.81.2.2 +time=5 +tries=1 +noall +answer "$1" AXFR |
		awk -v type="$2" '$4 == type { print $1, $5 }' | sed 's/\.\( \|$\)/\1/g' | sort
}

# all_registered: the zones hold exactly the leases that the clients got.
all_registered()
{
	cmp -s <(awk '{ print $1, $2 }' "$LAB_DIR/leases" | sort) \
		<(zone corp.example A | grep '^pc') &&
		cmp -s <(awk '{ split($2, a, "."); print a[4]"."a[3]"."a[2]"."a[1]".in-addr.arpa", $1 }' \
			"$LAB_DIR/leases" | sort) <(zone 81.10.in-addr.arpa PTR) &&
		[[ $(lab_count_records DHCID corp.example) == "$clients" ]]
}

none_registered()
{
	[[ $(zone corp.example A | grep -c '^pc') == 0 && -z $(zone 81.10.in-addr.arpa PTR) ]] &&
		[[ $(lab_count_records DHCID corp.example) == 0 ]]
}

leased()
{
	(($(wc -l <"$LAB_DIR/leases") >= $1))
}

tap_begin kea-dhcp4 "$([[ $software == bind ]] && echo named || echo knotd)"
lab_net
lab_start_ns "$software"
lab_start_amtnetd
lab_start_kea

lab_dora "$clients" -p 5 -w 16 >"$LAB_DIR/leases" 2>"$(lab_log dora)" &
tap_soon 20 "$kill_after of $clients clients have leases" leased "$kill_after"
lab_stop amtnetd KILL
tap_ok 'the others are still waiting at that moment' tap_not leased "$clients"
tap_soon 30 'all clients get leases without amtnetd' leased "$clients"
wait $! || true
lab_run_amtnetd
tap_soon 60 "after its restart all $clients names are in DNS: A, PTR, DHCID" all_registered

lab_dora "$clients" -r -p 2 <"$LAB_DIR/leases" 2>>"$(lab_log dora)"
tap_soon 60 'after their release none is' none_registered
tap_end
