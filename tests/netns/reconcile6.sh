#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The names of DHCPv6 follow the lease store of kea-dhcp6: leases that were added and deleted by command,
# which raise no event, a database that is lost, Kea gone, and the guard. reconcile6.sh machine|SUITE:
# with which Kea (tools/lab/dhcp.sh).

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/netns/reconcile_lib.sh
. "$(dirname "$0")/reconcile_lib.sh"

readonly leases=30

# add_leases: as an HA partner or an operator writes them, with the tag that the hook left there.
add_leases()
{
	local i

	for i in $(seq -w "$leases"); do
		lab_kea lease6-add "{\"subnet-id\": 1, \"ip-address\": \"$LAB_NET6::20$i\",
			\"duid\": \"00:03:00:01:02:00:00:00:01:$i\", \"iaid\": 1, \"valid-lft\": 3600,
			\"user-context\": {\"amtnet\": {\"name\": \"six$i.corp.example\", \"by\": \"class\"}}}"
	done >"$LAB_DIR/added"
	(($(grep -o '"result": 0' "$LAB_DIR/added" | wc -l) == leases))
}

delete()
{
	lab_kea lease6-del "{\"ip-address\": \"$1\"}" | grep -q '"result": 0'
}

tap_begin dhclient kea-dhcp6 knotd
lab_use_kea "$1" || tap_skip "$LAB_KEA_WHY"
reconcile_of 6
lab_use_kea6
LAB_ZONES+=("$LAB_ZONE6")
lab_net
lab_net6
lab_start_ns knot
lab_start_amtnetd
lab_start_kea6

tap_ok 'a client gets an address' lab_lease6 pc1 me01.corp.example.
tap_soon 10 'and its name' agree 1
tap_ok "$leases leases are added by command" add_leases
tap_ok 'a dry run shows what would come' shows 'add +six01.corp.example +AAAA .*planned' reconcile --dry-run
tap_ok 'and changes nothing' test "$(wanted | wc -l)" = 1
tap_ok 'amtnetctl reconcile adds them' shows 'add +six01.corp.example +AAAA .*done' reconcile
tap_soon 20 'lease store, names and DNS are equal' agree $((leases + 1))
tap_ok 'with their PTR' lab_has "$(lab_reverse6 "$LAB_NET6::2001")" PTR six01.corp.example.

tap_ok 'a lease is deleted by command' delete "$LAB_NET6::2001"
tap_ok 'the hook asks for a comparison (amtnet-resync)' lab_kea amtnet-resync
tap_soon 20 'its name leaves DNS' agree "$leases"
tap_ok 'and its PTR' lab_has_no "$(lab_reverse6 "$LAB_NET6::2001")" PTR

lose_database
tap_soon 20 'after the loss of the database all names are known again' agree "$leases"

lab_stop kea6
tap_ok 'without Kea the comparison says why' shows 'Kea does not run' reconcile
tap_ok 'and nothing is removed' test "$(in_zone | wc -l)" = "$leases"
lab_run_kea6
tap_soon 30 'with Kea back they agree' agree "$leases"

tap_ok 'all leases are wiped' lab_kea lease6-wipe '{"subnet-id": 1}'
tap_ok 'the guard holds the names back' shows 'held back' reconcile
tap_ok 'DNS still has them' test "$(in_zone | wc -l)" = "$leases"
tap_ok 'a person confirms' shows 'remove .*done' reconcile --confirm
tap_soon 20 'then they are gone' agree 0
tap_end
