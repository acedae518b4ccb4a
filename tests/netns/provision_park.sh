#!/bin/bash
# SPDX-License-Identifier: ISC
#
# provision_park.sh bind|knot: failover: hot with real cores, programs that listen on 9971, stop, and
# come back: the daemon whose core takes no hellos takes its own part away while another one serves,
# and joins again; with no core left the last address stays; who has no core removes nobody.

set -euo pipefail
# shellcheck source=tests/netns/provision_hot_lib.sh
. "$(dirname "$0")/provision_hot_lib.sh"

# stands_by DAEMON: because of its core, in both zones.
stands_by()
{
	local zone

	for zone in plain.example signed.example; do
		prov_state "$1" "$zone" standby || return 1
		prov_ctl "$1" provision-server "$zone" | grep -q 'our addresses take no hellos' || return 1
	done
}

# core_is DAEMON ADDRESS PATTERN: what the daemon says of the core.
core_is()
{
	tap_says "$2:$3" <(prov_ctl "$1" provision-server plain.example)
}

# alone DAEMON: in both zones.
alone()
{
	only "$1" "$plain" && only "$1" "$signed"
}

# both_stand: the addresses of both, in both zones, whatever stands beside them.
both_stand()
{
	prov_says "$plain" A "$both" && prov_says "$signed" A "$both"
}

prov_begin "$1"
readonly health='health: {check: connect, interval: 1s, timeout: 500ms, fall: 2, rise: 2}'
prov_core 192.0.2.11
prov_core 192.0.2.12
hot one 192.0.2.11 "$health"
hot two 192.0.2.12 "$health"
prov_run one
prov_run two
tap_soon 8 'two daemons publish their cores together' together

began=$(prov_now_ms)
lab_stop core-192.0.2.12
tap_soon 6 'a core stops: its address, entry and sign of life leave, in both zones' alone one
took=$(($(prov_now_ms) - began))
echo "# gone after $took ms, with 2 failed checks, 1000 ms apart"
tap_ok 'within the checks that it may fail, and a round' test "$took" -lt 3500
tap_ok 'its own daemon took it away, as long as the other address stands there' \
	logged two leave "$plain has exactly A 192.0.2.11"
tap_soon 2 'which stands by and says why' stands_by two
tap_ok 'and which core it is' core_is two 192.0.2.12 'down \(Connection refused; our last one'
tap_ok 'nobody calls it silent' tap_not logged one remove "$plain"
tap_ok 'that is no alarm, but for the hand-made name' test "$(prov_status two provision-server.alarms)" = 1

lab_stop core-192.0.2.11
tap_soon 6 'the last core stops' tap_says 'core takes no hellos, address=192.0.2.11.*it is our last one' "$(lab_log one)"
before=$(prov_dig "one._amtps.$plain" TXT)
renewed()
{
	[[ $(prov_dig "one._amtps.$plain" TXT) != @("$before"|'') ]]
}
tap_soon 5 'its daemon is alive, and its address stays, for want of a better one' renewed
tap_ok 'in both zones' alone one
tap_ok 'and was never away' tap_not logged one leave "$plain"

prov_core 192.0.2.12
tap_soon 8 'the first core to be back joins, and the dead one leaves to it' alone two
tap_ok 'and its daemon stands by' lab_wait_for 3 stands_by one
prov_core 192.0.2.11
tap_soon 8 'the other one is back: both again' together

lab_stop core-192.0.2.12
tap_soon 6 'a core stops once more' alone one
lab_stop one KILL
tap_soon 8 'the only serving daemon dies: the one without a core joins for want of a better one' both_stand
tap_ok 'and removes nobody, as that core may live' tap_not logged two remove "$plain"
prov_core 192.0.2.12
tap_soon 8 'with a core it removes the silent one' alone two
tap_ok 'the signed zone is rightly signed' prov_zone_verifies
tap_end
