#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A resolver that learnt "does not exist" before ProvisionServer was made, or an older address of it, is
# told from the authoritative server, and for how long its PCs are misled still.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

start_authority()
{
	local dir=$LAB_DIR/authority

	mkdir "$dir"
	printf '%s\n' "\$TTL 600" '@ SOA ns.corp.example. root.corp.example. 1 60 60 3600 300' \
		'@ NS ns' 'ns A 192.0.2.1' >"$dir/corp.example"
	cat >"$dir/conf" <<-END
		server:
		    rundir: "$dir"
		    listen: 192.0.2.1@53
		log:
		  - target: stderr
		    any: info
		database:
		    storage: "$dir"
		acl:
		  - id: local
		    address: 192.0.2.1
		    action: update
		zone:
		  - domain: corp.example
		    storage: "$dir"
		    file: corp.example
		    acl: local
	END
	lab_spawn authority one "$(lab_program knotd)" -c "$dir/conf"
	lab_wait_for 10 says 192.0.2.1 corp.example SOA .
}

start_resolver()
{
	local dir=$LAB_DIR/resolver

	mkdir "$dir"
	{
		lab_bind_head "$dir" '192.0.2.2;' 'recursion yes' 'allow-query { any; }'
		echo 'zone corp.example { type forward; forward only; forwarders { 192.0.2.1; }; };'
	} >"$dir/conf"
	lab_spawn_ns resolver one bind "$dir/conf"
	lab_wait_for 10 says 192.0.2.2 ns.corp.example A 192.0.2.1
}

# says SERVER NAME TYPE WHAT
says()
{
	lab_exec one dig +short +time=1 +tries=1 "@$1" "$2" "$3" | grep -qF "$4"
}

denies()
{
	lab_exec one dig +time=1 +tries=1 "@$1" "$2" A | grep -q 'status: NXDOMAIN'
}

update()
{
	printf '%s\n' 'server 192.0.2.1' "$@" send | lab_exec one nsupdate
}

# ask NAME: what is said goes to NAME.txt.
ask()
{
	lab_exec one "$LAB_BUILD/netcheck/amtnet-check" dns --server 192.0.2.2 --suffix corp.example \
		>"$LAB_DIR/$1.txt" 2>&1 || true
}

# seconds_left NAME MOST: what the check says is left, which is no more than that.
seconds_left()
{
	local left

	left=$(sed -En 's/.*seen: the answer may be kept for ([0-9]+) s more/\1/p' "$LAB_DIR/$1.txt")
	echo "left: $left"
	((left > 0 && left <= $2))
}

tap_begin knotd named nsupdate
lab_machine one
lab_ip one link set lo up
lab_ip one addr add 192.0.2.1/32 dev lo
lab_ip one addr add 192.0.2.2/32 dev lo
start_authority
start_resolver

tap_ok 'the resolver has learnt that the name does not exist' denies 192.0.2.2 provisionserver.corp.example
ask before
tap_ok 'nobody has the name: nothing is said of caches' tap_not grep -q 'FAIL NC239' "$LAB_DIR/before.txt"
update 'add provisionserver.corp.example 600 A 192.0.2.10'
ask negative
tap_ok 'the name exists, the resolver denies it' tap_says \
	'FAIL NC239 provisionserver.corp.example at 192.0.2.2: NXDOMAIN from its cache, but ns.corp.example says 192.0.2.10' \
	"$LAB_DIR/negative.txt"
tap_ok 'for how long still' seconds_left negative 300
tap_ok 'the other finding does not mislead' tap_says 'unless NC239 says' "$LAB_DIR/negative.txt"

lab_stop resolver
rm -r "$LAB_DIR/resolver"
start_resolver
tap_ok 'a new resolver has the address' says 192.0.2.2 provisionserver.corp.example A 192.0.2.10
ask fresh
tap_ok 'both have the address: no finding' tap_not grep -q 'FAIL NC239' "$LAB_DIR/fresh.txt"
update 'del provisionserver.corp.example A' 'add provisionserver.corp.example 600 A 192.0.2.11'
ask stale
tap_ok 'the address has changed, the resolver has the old one' tap_says \
	'FAIL NC239 .*: 192.0.2.10 from its cache, but ns.corp.example says 192.0.2.11' "$LAB_DIR/stale.txt"
tap_ok 'for how long still' seconds_left stale 600
tap_end
