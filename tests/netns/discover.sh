#!/bin/bash
# SPDX-License-Identifier: ISC
#
# discover.sh bind|knot: no server is configured. amtnetd finds each zone's primary through a resolver (BIND): by SOA,
# by the NS set behind a placeholder, a zone delegated below another, a reverse zone; and again after the primary has moved.
# Zones of names that no configured zone holds are found by walking up, forward and reverse, and survive kill -9; names
# follow when a zone appears below or goes.

set -euo pipefail
# shellcheck source=tests/netns/provision_lib.sh
. "$(dirname "$0")/provision_lib.sh"

readonly software=$1
readonly zones=(soa.example child.soa.example hidden.example 81.10.in-addr.arpa)
# Not in the configuration of amtnetd.
readonly walked=(walk.example site.walk.example 82.10.in-addr.arpa 1.82.10.in-addr.arpa)

# zone NAME PRIMARY SERIAL: what it holds at first.
zone()
{
	# What comes and goes must not stay in the resolver.
	cat <<-END
		\$TTL $([[ $1 == *walk.example || $1 == later.example ]] && echo 1 || echo 300)
		@ IN SOA $2 hostmaster.soa.example. $3 3600 600 86400 1
		@ IN NS ns1.soa.example.
	END
	[[ $1 == soa.example ]] || return 0
	cat <<-'END'
		ns1 IN A 192.0.2.1
		ns2 IN A 192.0.2.2
		child IN NS ns1.soa.example.
	END
}

# configure_bind DIR ADDRESS SECONDARY-ZONE ZONE...
configure_bind()
{
	local dir=$1 address=$2 secondary=$3 zone
	shift 3

	lab_bind_head "$dir" "$address;" 'recursion no' 'notify no' 'allow-transfer { any; }' "transfer-source $address"
	lab_bind_keys amtnet
	for zone in "$@"; do
		[[ $zone == "$secondary" ]] ||
			echo "zone \"$zone\" { type primary; file \"$dir/$zone.zone\"; allow-update { key amtnet; }; };"
	done
	[[ -z $secondary ]] ||
		echo "zone \"$secondary\" { type secondary; primaries { 192.0.2.2; }; file \"$dir/secondary.zone\"; };"
}

# configure_knot: the same.
configure_knot()
{
	local dir=$1 address=$2 secondary=$3 zone
	shift 3

	lab_knot_head "$dir" "$address@53"
	lab_knot_keys amtnet
	cat <<-END
		remote:
		  - id: primary
		    address: 192.0.2.2
		acl:
		  - id: update
		    key: amtnet
		    action: update
		  - id: transfer
		    address: 192.0.2.0/24
		    action: transfer
		template:
		  - id: default
		    storage: "$dir"
		    file: "%s.zone"
		    zonefile-sync: -1
		    acl: [ update, transfer ]
		zone:
	END
	for zone in "$@"; do
		echo "  - domain: $zone"
		[[ $zone != "$secondary" ]] || printf '    %s\n' 'master: primary' 'file: secondary.zone' 'acl: transfer'
	done
}

# server NAME ADDRESS SECONDARY-ZONE ZONE...: its zones must lie in its directory already.
server()
{
	local name=$1 address=$2 dir=$LAB_DIR/$1

	shift
	"configure_$software" "$dir" "$@" >"$dir/conf"
	lab_spawn_ns "$name" one "$software" "$dir/conf"
	lab_wait_for 20 has_soa "$address" || lab_fail "$name does not answer"
}

has_soa()
{
	[[ -n $(prov_dig soa.example SOA "$1") ]]
}

# resolver: passes every question on to the first name server, and keeps the answers. Beside Knot it cuts most of them
# short, as a name server that limits its rate does, so that they are asked for over TCP.
resolver()
{
	local dir=$LAB_DIR/resolver limit=()

	[[ $software == bind ]] || limit=('rate-limit { responses-per-second 1; slip 1; }')
	mkdir "$dir"
	lab_bind_head "$dir" '192.0.2.53;' 'recursion yes' 'allow-recursion { any; }' 'empty-zones-enable no' \
		'forward only' 'forwarders { 192.0.2.1; }' "${limit[@]}" >"$dir/conf"
	lab_spawn_ns resolver one bind "$dir/conf"
	lab_wait_for 20 resolves soa.example || lab_fail 'the resolver does not answer'
}

# resolves ZONE: the resolver knows that it is one.
resolves()
{
	lab_exec one dig @192.0.2.53 +short +time=1 +tries=1 "$1" SOA | grep -q '^ns1'
}

daemon()
{
	local zone

	{
		cat <<-END
			state: $LAB_DIR/sidecar.db
			lease:
			  socket: $LAB_DIR/run/lease.sock
			control:
			  socket: $LAB_DIR/run/sidecar.sock
			hello:
			  listen: ["127.0.0.1:20971"]
			dns:
			  keys:
			    - {name: amtnet, secret-file: $LAB_KEY_FILE}
			  discover:
			    resolvers: [192.0.2.53]
			    below:
			      - {name: walk.example, key: amtnet}
			      - {name: later.example, key: amtnet}
			      - {name: 10.in-addr.arpa, key: amtnet}
			    forget-after: 1s
			  zones:
		END
		for zone in "${zones[@]}"; do
			echo "    - {name: $zone, key: amtnet}"
		done
	} >"$LAB_DIR/sidecar.yaml"
	prov_run sidecar
}

# lease ZONE NUMBER: the machine 10.81.0.NUMBER gets its lease, with a name in the zone.
lease()
{
	lease_at "$1" $((0x510000 + $2))
}

# lease_at ZONE NUMBER: the same for the machine 10.0.0.0 + NUMBER.
lease_at()
{
	lab_exec one "$LAB_BUILD/tests/bench/dns/feed_leases" "$LAB_DIR/run/lease.sock" "$1" 1 "$2" 1 0 |
		sed 's/^/# /'
}

# story NAME WORDS: amtnetctl name says so.
story()
{
	[[ $(prov_ctl sidecar name "$1") == *"$2"* ]]
}

# listed NAME WORDS: amtnetctl names says so of it.
listed()
{
	prov_ctl sidecar names "name=$1" | grep -q -- "$2"
}

# restart_ns1 ZONE...: with these zones and what they hold.
restart_ns1()
{
	lab_stop ns1
	server ns1 192.0.2.1 '' "$@"
}

# serial ZONE
serial()
{
	prov_dig "$1" SOA 192.0.2.1 | cut -d' ' -f3
}

is_forgotten()
{
	[[ $(prov_ctl sidecar --json status) != *"dns.zone.$1."* ]]
}

# found ZONE WORDS: status says so.
found()
{
	[[ $(prov_ctl sidecar --json status) == *"\"dns.zone.$1.found\",\"value\":\"$2"* ]]
}

# registered ZONE NUMBER [SERVER]
registered()
{
	prov_says "pc$((0x510000 + $2)).$1" A "10.81.0.$2" "${3:-192.0.2.1}"
}

tap_begin nsupdate named "$([[ $software == bind ]] && echo named || echo knotd)"
lab_machine one
for address in 1 2 53; do
	lab_ip one addr add "192.0.2.$address/32" dev lo
done
lab_make_key
mkdir -p "$LAB_DIR/ns1" "$LAB_DIR/ns2" "$LAB_DIR/run"
for name in "${zones[@]}" "${walked[@]}" late.walk.example later.example; do
	primary=ns1.soa.example.
	[[ $name != hidden.example ]] || primary=placeholder.invalid.
	zone "$name" "$primary" 1 >"$LAB_DIR/ns1/$name.zone"
done
server ns1 192.0.2.1 '' "${zones[@]}" "${walked[@]}"
resolver
daemon

for name in soa.example child.soa.example 81.10.in-addr.arpa; do
	tap_soon 10 "the primary of $name is found by its SOA" found "$name" 'by SOA, primary ns1.soa.example'
done
tap_soon 10 'behind a placeholder the NS set is found' found hidden.example 'by NS'
lease soa.example 1
lease child.soa.example 2
lease hidden.example 3
tap_soon 10 'a name is registered at the primary' registered soa.example 1
tap_soon 10 'a name below the delegation is in the zone below' registered child.soa.example 2
tap_soon 10 'a name is registered behind a placeholder' registered hidden.example 3
tap_soon 10 'the reverse name is registered' \
	prov_says 1.0.81.10.in-addr.arpa PTR "pc$((0x510001)).soa.example."

# Names in no configured zone. 0x520000 is 10.82.0.0.
pc=pc$((0x520001)).walk.example site_pc=pc$((0x520102)).site.walk.example
late_pc=pc$((0x520003)).late.walk.example later_pc=pc$((0x520004)).later.example
lease_at walk.example $((0x520001))
lease_at site.walk.example $((0x520102))
tap_soon 10 'a name is registered in the zone that was found for it' prov_says "$pc" A 10.82.0.1 192.0.2.1
tap_soon 10 'and one in the zone delegated below' prov_says "$site_pc" A 10.82.1.2 192.0.2.1
tap_soon 10 'so is its reverse name' prov_says 1.0.82.10.in-addr.arpa PTR "$pc." 192.0.2.1
tap_soon 10 'and the one in the reverse zone below' prov_says 2.1.82.10.in-addr.arpa PTR "$site_pc." 192.0.2.1
tap_ok 'amtnetctl name says how the zone was found' \
	story "$site_pc" 'found by walking from site.walk.example up to walk.example, first at'
tap_ok 'and how the reverse zone was' \
	story "$site_pc" 'found by walking from 1.82.10.in-addr.arpa up to 10.in-addr.arpa, first at'
tap_ok 'and that another one was not looked for' story pc.elsewhere.example 'below no domain of dns.discover.below'

lease_at later.example $((0x520004))
tap_soon 10 'a name whose zone is not there waits' listed "$later_pc" no-zone
tap_soon 10 'and amtnetctl name says why' story "$later_pc" 'not found by walking from later.example up to later.example'
restart_ns1 "${zones[@]}" "${walked[@]}" later.example
tap_soon 15 'when the zone is there it is registered' prov_says "$later_pc" A 10.82.0.4 192.0.2.1

before=$(serial site.walk.example)
lab_stop sidecar KILL
daemon
tap_soon 10 'after kill -9 the zone is known' found site.walk.example 'by SOA'
tap_ok 'and its names are present' listed "$site_pc" present
tap_ok 'and nothing was sent again' test "$(serial site.walk.example)" = "$before"

lease_at late.walk.example $((0x520003))
tap_soon 10 'a name below a name that is no zone is in the zone above' prov_says "$late_pc" A 10.82.0.3 192.0.2.1
restart_ns1 "${zones[@]}" "${walked[@]}" later.example late.walk.example
tap_ok 'it is not in a new zone below' test -z "$(prov_dig "$late_pc" A 192.0.2.1)"
lab_wait_for 10 resolves late.walk.example || lab_fail 'the resolver does not see late.walk.example'
prov_ctl sidecar retry >/dev/null
tap_soon 10 'it is registered there when it is looked for' prov_says "$late_pc" A 10.82.0.3 192.0.2.1
restart_ns1 "${zones[@]}" "${walked[@]}" later.example
lease_at late.walk.example $((0x520005))
tap_soon 20 'when that zone is gone a name goes to the zone above' \
	prov_says "pc$((0x520005)).late.walk.example" A 10.82.0.5 192.0.2.1
tap_soon 10 'and the zone is forgotten' is_forgotten late.walk.example

# The primary moves: its SOA names ns2, and ns1 is a secondary of it, while the resolver has the old SOA.
zone soa.example ns2.soa.example. 1000 >"$LAB_DIR/ns2/soa.example.zone"
server ns2 192.0.2.2 '' soa.example
lab_stop ns1
server ns1 192.0.2.1 soa.example "${zones[@]}"
tap_soon 10 'the old primary is a secondary now' prov_says soa.example SOA \
	'ns2.soa.example. hostmaster.soa.example. 1000 3600 600 86400 1'
lease soa.example 4
tap_soon 25 'after a refusal the new primary is found' found soa.example 'by SOA, primary ns2.soa.example'
tap_soon 10 'and the name that waited is registered there' registered soa.example 4 192.0.2.2
tap_end
