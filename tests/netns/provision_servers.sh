#!/bin/bash
# SPDX-License-Identifier: ISC
#
# provision_servers.sh bind|knot: the other name servers of a zone: a secondary that gets no transfer serves an
# older copy and is named as lagging; one whose name lies in no zone of ours is found through a resolver, asked,
# and named for what it serves; one that nobody knows is named as that.

set -euo pipefail
# shellcheck source=tests/netns/provision_lib.sh
. "$(dirname "$0")/provision_lib.sh"

readonly plain=provisionserver.plain.example

configure()
{
	prov_config guard 'zones: [plain.example]' "addresses: [$1]" 'interval: 1s'
	sed -i 's/^dns:/dns:\n  discover: {resolvers: [192.0.2.4, 192.0.2.6, 192.0.2.5]}/' "$LAB_DIR/guard.yaml"
}

# rows PATTERN: a row of the zone says so.
rows()
{
	tap_says "$1" <(prov_ctl guard provision-server plain.example)
}

# resolver ADDRESS: a server that knows ns.elsewhere.example, as a resolver would.
resolver()
{
	local dir=$LAB_DIR/resolver

	mkdir "$dir"
	cat >"$dir/elsewhere.example.zone" <<-END
		@ 300 IN SOA ns hostmaster 1 3600 600 86400 30
		@ 300 IN NS ns
		ns 300 IN A 192.0.2.3
	END
	cat >"$dir/conf" <<-END
		server:
		    rundir: "$dir"
		    listen: [ $1@53 ]
		database:
		    storage: "$dir"
		template:
		  - id: default
		    storage: "$dir"
		    file: "%s.zone"
		zone:
		  - domain: elsewhere.example
	END
	lab_spawn resolver one "$(lab_program knotd)" -c "$dir/conf"
	lab_wait_for 10 prov_says ns.elsewhere.example A 192.0.2.3 "$1" || lab_fail 'the resolver does not answer'
}

prov_begin "$1" nft knotd
# of the resolvers the first has no route, and nobody listens at the second
for address in 3 5 6; do
	lab_ip one addr add "192.0.2.$address/32" dev lo
done
resolver 192.0.2.5
prov_rogue 192.0.2.3
configure 192.0.2.11
prov_run guard

tap_soon 10 'one that is found through a resolver, and serves another address, is named' \
	tap_says 'server=192.0.2.3:53, ns=ns.elsewhere.example, state=differs, reason=serves 192.0.2.66, not 192.0.2.11' \
	"$(lab_log guard)"
tap_ok 'the rows name it' rows '192.0.2.3:53 ns.elsewhere.example +differs'
tap_ok 'and one that no resolver knows' rows 'nobody.elsewhere.example +unknown.*resolvers know no address of it'
tap_ok 'status shows an alarm for the first' tap_says 'alarm.provision-server.*192.0.2.3:53.*differs' \
	<(prov_ctl guard status)
tap_soon 5 'the secondary is right' rows '192.0.2.2:53 ns2.plain.example +right'

# The secondary gets no transfer any more; then the record changes.
lab_exec one nft 'add table ip hold; add chain ip hold out { type filter hook output priority 0; };
	add rule ip hold out ip saddr 192.0.2.2 ip daddr 192.0.2.1 tcp dport 53 drop'
configure 192.0.2.12
prov_reload guard
tap_soon 5 'the record changes' prov_says "$plain" A 192.0.2.12
tap_ok 'the secondary serves the old one' prov_says "$plain" A 192.0.2.11 192.0.2.2
tap_soon 10 'it is named as lagging' \
	tap_says 'server=192.0.2.2:53, ns=ns2.plain.example, state=lags, reason=serves 192.0.2.11 of guard, not 192.0.2.12' \
	"$(lab_log guard)"
tap_ok 'the rows say so' rows '192.0.2.2:53 ns2.plain.example +lags'
tap_ok 'status shows the alarm' tap_says 'alarm.provision-server.*192.0.2.2:53.*lags' <(prov_ctl guard status)
lab_exec one nft delete table ip hold
lab_stop secondary
rm -rf "$LAB_DIR/secondary" # it begins with a transfer
prov_start_ns secondary 192.0.2.2
tap_soon 15 'once it has the transfer it is right again' \
	tap_says 'name server is right again, name=.*, server=192.0.2.2:53' "$(lab_log guard)"
tap_end
