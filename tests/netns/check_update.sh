#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Whether a key may register names is asked of real name servers, and nothing is changed by the question:
# every cause of a refusal is told by its own sentence, and serials, journals and zones stay as they were.
#
# usage: check_update.sh bind|knot

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly kind=$1
readonly zones=(good.example some.example closed.example 2.0.192.in-addr.arpa)

configure_bind()
{
	lab_bind_head "$dir" '192.0.2.1;' 'recursion no' 'allow-transfer { any; }'
	lab_bind_keys amtnet other
	cat <<-END
		zone good.example { type primary; file "$dir/good.example"; allow-update { key amtnet; }; };
		zone some.example { type primary; file "$dir/some.example";
			update-policy { grant amtnet zonesub A AAAA; }; };
		zone closed.example { type primary; file "$dir/closed.example"; };
		zone 2.0.192.in-addr.arpa { type primary; file "$dir/2.0.192.in-addr.arpa";
			update-policy { grant amtnet zonesub PTR DHCID; grant other zonesub DHCID; }; };
	END
}

configure_knot()
{
	lab_knot_head "$dir" 192.0.2.1@53
	lab_knot_keys amtnet other
	cat <<-END
		acl:
		  - id: all
		    key: amtnet
		    action: update
		  - id: some
		    key: amtnet
		    action: update
		    update-type: [ A, AAAA ]
		  - id: dhcid
		    key: other
		    action: update
		    update-type: DHCID
		  - id: others
		    address: 192.0.2.0/24
		    action: transfer
		template:
		  - id: default
		    storage: "$dir"
		    file: "%s"
		    acl: others
		zone:
		  - domain: good.example
		    acl: [ all, others ]
		  - domain: some.example
		    acl: [ some, others ]
		  - domain: closed.example
		  - domain: 2.0.192.in-addr.arpa
		    acl: [ all, dhcid, others ]
	END
}

start()
{
	dir=$LAB_DIR/$kind
	mkdir -p "$dir"
	for zone in "${zones[@]}"; do
		printf '%s\n' "\$TTL 60" "@ SOA ns.good.example. root.good.example. 5 60 60 3600 60" \
			'@ NS ns.good.example.' >"$dir/$zone"
	done
	echo 'ns A 192.0.2.1' >>"$dir/good.example"
	"configure_$kind" >"$dir/conf"
	lab_spawn_ns server one "$kind" "$dir/conf"
	lab_wait_for 10 serves
}

serves()
{
	[[ -n $(lab_exec one dig +short +time=1 +tries=1 @192.0.2.1 good.example SOA) ]]
}

# contents: every zone as it is now, and the journals that there are.
contents()
{
	for zone in "${zones[@]}"; do
		lab_exec one dig +noall +answer @192.0.2.1 "$zone" AXFR
	done
	find "$dir" -name '*.jnl' ! -name 'managed-keys*'
}

# ask NAME ARGUMENTS...: what is said goes to NAME.txt, the status to `status`; AS is put in front.
ask()
{
	status=0
	lab_exec one "${as[@]}" "$LAB_BUILD/netcheck/amtnet-check" dns --server 192.0.2.1 --secret-file "$LAB_KEY_FILE" \
		"${@:2}" >"$LAB_DIR/$1.txt" 2>&1 || status=$?
}

# said NAME STATUS PATTERN
said()
{
	[[ $status == "$2" ]] || echo "status $status, not $2"
	tap_says "$3" "$LAB_DIR/$1.txt" && [[ $status == "$2" ]]
}

as=()
tap_begin "$([[ $kind == bind ]] && echo named || echo knotd)" openssl
lab_make_key
(umask 077 && openssl rand -base64 32 >"$LAB_DIR/wrong")
lab_machine one
lab_ip one addr add 192.0.2.1/24 dev lo
start
contents >"$LAB_DIR/before"

ask good --key amtnet --zone good.example --zone 2.0.192.in-addr.arpa
tap_ok 'the key may change a forward zone' said good 0 '^OK   NC230 good\.example at 192\.0\.2\.1: key amtnet may change A, AAAA, DHCID, TXT'
tap_ok 'the key may change a reverse zone' said good 0 '^OK   NC230 2\.0\.192\.in-addr\.arpa at .*: key amtnet may change PTR, DHCID'
ask below --key amtnet --suffix floor.good.example --name ns
tap_ok 'without --zone, the zone of the suffix and the primary that its SOA names' said below 2 '^OK   NC230 good\.example at 192\.0\.2\.1'
ask some --key amtnet --zone some.example
tap_ok 'some types only: a warning with both lists' said some 1 '^WARN NC237 .*may change A, AAAA, but not DHCID, TXT: '
ask closed --key amtnet --zone closed.example
# Knot says BADKEY of a key without a right.
tap_ok 'a zone that the key may not change' said closed 2 'FAIL NC23[12] closed\.example .*may change nothing: (REFUSED|NOTAUTH \(BADKEY\))'
ask reverse --key other --zone 2.0.192.in-addr.arpa
tap_ok 'a reverse zone without the right to PTR, which BIND hides from a deletion' said reverse 2 'FAIL NC231 .*may change DHCID, but not PTR'
ask unknown --key nobody --zone good.example
tap_ok 'a key that the server does not know' said unknown 2 'FAIL NC232 .*BADKEY'
ask algorithm --key amtnet --algorithm hmac-sha512 --zone good.example
tap_ok 'a key with another algorithm' said algorithm 2 'FAIL NC232 .*BADKEY'
ask wrong --key amtnet --secret-file "$LAB_DIR/wrong" --zone good.example
tap_ok 'a wrong secret' said wrong 2 'FAIL NC233 .*another secret for key amtnet'
as=(env LD_PRELOAD="$LAB_BUILD/tests/support/libclock_jump.so")
ask clock --key amtnet --zone good.example
as=()
tap_ok 'a clock that is wrong: by how much' said clock 2 'FAIL NC234 .*the server.s clock is [0-9]+ s behind this machine.s'
ask nozone --key amtnet --zone floor.good.example
tap_ok 'a name that is no zone' said nozone 2 'FAIL NC235 floor\.good\.example: is no zone of its own, it lies in good\.example'
ask nobody --key amtnet --zone good.example --primary 192.0.2.9
tap_ok 'no primary server at the address' said nobody 2 'FAIL NC236 good\.example at 192\.0\.2\.9: tcp/53: '

cp "$LAB_KEY_FILE" "$LAB_DIR/open"
chmod 644 "$LAB_DIR/open"
ask open --key amtnet --secret-file "$LAB_DIR/open" --zone good.example
tap_ok 'a secret that others may read is refused' said open 3 '--secret-file: .*open'
ask nokey --zone good.example
tap_ok 'a zone without a key is an error' said nokey 3 'need --key'

contents >"$LAB_DIR/after"
tap_ok 'zones, serials and journals are as they were' diff "$LAB_DIR/before" "$LAB_DIR/after"
tap_ok 'the zones could be read' grep -q 'SOA.* 5 60 60' "$LAB_DIR/after"
tap_end
