#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The addresses of an interface, as they come and go, and of those the ones that take hellos: a core that takes
# none leaves the record and comes back, the last one stays. And a name server that serves another address.

set -euo pipefail
# shellcheck source=tests/netns/provision_lib.sh
. "$(dirname "$0")/provision_lib.sh"

prov_begin knot
prov_core 192.0.2.11
prov_core 192.0.2.12
prov_config health 'zones: [equal.plain.example]' 'interface: up0' 'interval: 1s' \
	'health: {check: hello, interval: 1s, timeout: 500ms, fall: 2, rise: 2}'
readonly equal=provisionserver.equal.plain.example
lab_ip one link add up0 type veth peer name up0-peer
lab_ip one link set up0-peer up
lab_ip one link set up0 up
lab_ip one addr del 192.0.2.11/32 dev lo
lab_ip one addr del 192.0.2.12/32 dev lo
lab_ip one addr add 192.0.2.11/24 dev up0
lab_ip one addr add 192.0.2.12/32 dev up0
prov_run health
tap_soon 8 'the addresses of an interface are published once they take hellos' \
	prov_is "$equal" '192.0.2.11 192.0.2.12' health
began=$(prov_now_ms)
lab_stop core-192.0.2.12
tap_soon 8 'a core that takes no hellos leaves' prov_says "$equal" A 192.0.2.11
echo "# gone after $(($(prov_now_ms) - began)) ms, with 2 failed checks, 1000 ms apart"
tap_ok 'within the checks that it may fail, and a round' test $(($(prov_now_ms) - began)) -lt 3500
tap_ok 'the row says why' tap_says '192.0.2.12:down \(Connection refused\)' \
	<(prov_ctl health provision-server)
lab_stop core-192.0.2.11
tap_soon 8 'the last core is down too' tap_says 'it is the last one and stays' "$(lab_log health)"
tap_ok 'and stays in the record' prov_says "$equal" A 192.0.2.11
prov_core 192.0.2.12
tap_soon 8 'another is healthy: now it goes' prov_says "$equal" A 192.0.2.12
prov_core 192.0.2.11
tap_soon 8 'and comes back when it is healthy' prov_says "$equal" A '192.0.2.11 192.0.2.12'
lab_ip one addr del 192.0.2.12/32 dev up0
tap_soon 5 'an address that leaves the interface leaves the record' prov_says "$equal" A 192.0.2.11
lab_ip one addr del 192.0.2.11/24 dev up0
tap_soon 5 'the last address leaves the interface' tap_says 'no address to publish' "$(lab_log health)"
tap_ok 'and stays in the record, for want of a better one' prov_says "$equal" A 192.0.2.11
lab_stop health

# A name server of the zone that serves a copy of its own.
lab_ip one addr add 192.0.2.3/32 dev lo
prov_rogue 192.0.2.3
prov_update 'zone plain.example' 'update add plain.example 300 NS ns3.plain.example' \
	'update add ns3.plain.example 300 A 192.0.2.3'
prov_config guard 'zones: [plain.example]' 'addresses: [192.0.2.12]' 'interval: 1s'
prov_run guard
tap_soon 8 'a name server that serves another address is named' \
	tap_says 'server=192.0.2.3:53, ns=ns3.plain.example, state=differs, reason=serves 192.0.2.66, not 192.0.2.12' \
	"$(lab_log guard)"
tap_ok 'status shows the alarm' tap_says 'alarm.provision-server.*192.0.2.3:53.*differs' \
	<(prov_ctl guard status)
tap_end
