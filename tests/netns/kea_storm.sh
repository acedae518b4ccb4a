#!/bin/bash
# SPDX-License-Identifier: ISC
#
# kea_storm.sh [LEASES]: a storm of leases, as many machines as leases, and amtnetd is killed and
# restarted three times in it. Afterwards the lease store, what amtnetd wants, and DNS are compared name
# by name, A, PTR and DHCID: equal. The suite has a small storm; 100000 leases take two minutes.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly leases=${1:-3000}
readonly limit_s=$((60 + leases / 100))

# zone NAME TYPE: "OWNER VALUE" of all records of a type, without trailing dots.
zone()
{
	lab_exec core dig @10.81.2.2 +time=60 +tries=1 +noall +answer "$1" AXFR |
		awk -v type="$2" '$4 == type { sub(/\.$/, "", $1); sub(/\.$/, "", $5); print $1, $5 }'
}

# reversed: "REVERSE-NAME NAME" from "NAME ADDRESS".
reversed()
{
	awk '{ split($2, a, "."); print a[4] "." a[3] "." a[2] "." a[1] ".in-addr.arpa", $1 }'
}

# stored: "NAME ADDRESS" of the active leases, from the lease store.
stored()
{
	awk -F, 'NR > 1 { name[$1] = $9; active[$1] = $10 == 0 && $4 > 0 }
		END { for (a in name) if (active[a] && sub(/\.$/, "", name[a])) print name[a], a }' "$LAB_DIR/leases.csv"
}

# all_equal: leaves its lists in LAB_DIR for whoever wants to know what differs.
all_equal()
{
	local list

	(cd "$LAB_DIR" &&
		stored | sort >store.A && reversed <store.A | sort >store.PTR &&
		lab_ctl names | awk '$5 == "present" && $2 == "A" { print $1, $3 }' | sort >wanted.A &&
		lab_ctl names | awk '$5 == "present" && $2 == "PTR" { print $1, $3 }' | sort >wanted.PTR &&
		zone corp.example A | grep '^pc' | sort >dns.A &&
		zone corp.example DHCID | cut -d' ' -f1 | sort >dns.DHCID &&
		zone 10.in-addr.arpa PTR | sort >dns.PTR &&
		wc -l store.A wanted.A dns.A dns.DHCID dns.PTR | sed '$d' &&
		for list in wanted.A dns.A; do cmp "$list" store.A || exit; done &&
		for list in wanted.PTR dns.PTR; do cmp "$list" store.PTR || exit; done &&
		cut -d' ' -f1 store.A | cmp dns.DHCID)
}

# calm: amtnetd has nothing left to do.
calm()
{
	lab_ctl status >"$LAB_DIR/status" &&
		grep -Eq '^dns\.names\.waiting +0$' "$LAB_DIR/status"
}

leased()
{
	(($(wc -l <"$LAB_DIR/leased") >= $1))
}

tap_begin kea-dhcp4 knotd
LAB_ZONES=(corp.example 10.in-addr.arpa)
LAB_SUBNET2=10.64.0.0/10
LAB_POOL2='10.82.0.0 - 10.85.255.255'
lab_net
lab_start_ns knot
lab_start_amtnetd
lab_start_kea

lab_dora "$leases" -w 64 -t "$limit_s" >"$LAB_DIR/leased" 2>"$(lab_log dora)" &
storm=$!
for part in 1 2 3; do
	lab_wait_for "$limit_s" leased $((leases * part / 4)) || true
	lab_stop amtnetd KILL
	tap_ok "at the moment of kill $part the storm goes on" tap_not leased "$leases"
	lab_run_amtnetd
done
wait $storm || true
tap_ok "all $leases clients have a lease" leased "$leases"
tap_soon "$limit_s" 'amtnetd has done everything that it knows of' calm
lab_wait_for "$limit_s" all_equal || true
tap_ok 'lease store, wanted names and DNS are equal, name by name' all_equal
cd "$LAB_DIR" && wc -l store.A wanted.A wanted.PTR dns.A dns.PTR dns.DHCID | sed '$d; s/^/# /'
tap_end
