#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The names follow Kea's lease store whatever happened: leases deleted by command, which raise no
# event, a database that is lost, a zone that is wiped, Kea gone; and a listing that lost too much
# removes nothing until a person has confirmed it. reconcile.sh machine|SUITE bind|knot: with which Kea
# (tools/lab/dhcp.sh) and name server.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/netns/reconcile_lib.sh
. "$(dirname "$0")/reconcile_lib.sh"

readonly clients=40 server=$2

# delete NAME: by Kea's command, so that no callout of the hook runs.
delete()
{
	local address

	address=$(lab_dig "$1" A)
	lab_kea lease4-del "{\"ip-address\": \"$address\"}" | grep -q '"result": 0'
}

# wipe_zones: the name server comes back with the zones that it had at the beginning.
wipe_zones()
{
	local zone

	lab_stop ns
	rm -rf "$LAB_DIR"/zones/*.jnl "$LAB_DIR"/zones/{journal,timers}
	for zone in "${LAB_ZONES[@]}"; do
		lab_zone "$zone" >"$LAB_DIR/zones/$zone.zone"
	done
	lab_run_ns "$server"
}

tap_begin kea-dhcp4 dhclient named knotd
lab_use_kea "$1" || tap_skip "$LAB_KEA_WHY"
reconcile_of 4
lab_net
lab_start_ns "$server"
lab_start_amtnetd
lab_start_kea
lab_lease pc1 me01.corp.example
lab_dora "$clients" -p 4 -w 16 >"$LAB_DIR/leases" 2>"$(lab_log dora)"
tap_soon 20 "$clients leases and one are in the store, wanted, and in DNS" agree $((clients + 1))

tap_ok 'the story of a name has its lease' shows 'lease: 10.81.1.[0-9]+ +hardware .*ME' name me01.corp.example
tap_ok 'and what DNS says now' shows 'in DNS: me01.* A +A 10.81.1' name me01.corp.example
tap_ok 'names are filtered by column' test "$(lab_ctl --csv names 'name=me*' state=present type=A | wc -l)" = 2

name1=$(awk 'NR == 1 { print $1 }' "$LAB_DIR/leases")
name2=$(awk 'NR == 2 { print $1 }' "$LAB_DIR/leases")
tap_ok 'a lease is deleted by command' delete "$name1"
tap_ok 'a dry run shows what would go' shows "remove +$name1 +A .*planned" reconcile --dry-run
tap_ok 'and changes nothing' test "$(wanted | grep -cxF "$name1")" = 1
tap_ok 'amtnetctl reconcile says that it removed it' shows "remove +$name1 +A .*done" reconcile
tap_soon 10 'it leaves DNS' agree "$clients"
tap_ok 'another one is deleted' delete "$name2"
tap_ok 'the hook asks for a comparison (amtnet-resync)' lab_kea amtnet-resync
tap_soon 20 'it leaves DNS as well' agree $((clients - 1))

lose_database
tap_soon 20 'after the loss of the database names and DNS are those of the lease store' \
	agree $((clients - 1))
wipe_zones
tap_ok 'reconcile --verify asserts every name' shows '0 to add, 0 to change, 0 to remove' \
	reconcile --verify
tap_soon 20 'a wiped zone is populated again' agree $((clients - 1))

lab_stop ns
tap_ok 'without its server the story says so' shows 'in DNS.*not ' name me01.corp.example
lab_run_ns "$server"
tap_ok 'what waits is tried on request' shows 'tried-now' retry corp.example

lab_stop kea
tap_ok 'without Kea the comparison says why' shows 'Kea does not run' reconcile
tap_ok 'and so does the status' shows 'kea.dhcp4.state +.*Kea does not run' status
tap_ok 'and nothing is removed' test "$(in_zone | wc -l)" = $((clients - 1))
lab_run_kea
tap_soon 30 'with Kea back they agree' agree $((clients - 1))

tap_ok 'all leases of a subnet are wiped' lab_kea lease4-wipe '{"subnet-id": 2}'
tap_ok 'the guard holds the names back' shows 'held back' reconcile
tap_ok 'the log says what to do' tap_says 'amtnetctl reconcile --confirm' "$(lab_log amtnetd)"
tap_ok 'the status says it' shows 'reconcile.last-outcome +held' status
tap_ok 'DNS still has them' test "$(in_zone | wc -l)" = $((clients - 1))
tap_ok 'a person confirms' shows 'remove .*done' reconcile --confirm
tap_soon 20 'then they are gone, and the other subnet is untouched' agree 1
tap_end
