#!/bin/sh
# SPDX-License-Identifier: ISC
# TSIG and updates, ours and theirs, in both directions. What we send, against BIND's named and Knot's knotd: every kind
# of update step, every algorithm, wrong secrets and keys, a clock that is wrong, a server that cuts its
# MACs; a query signed by us finds what nsupdate and knsupdate wrote. And what nsupdate and knsupdate
# sign, verified by our code and answered with a signature of ours. TAP; what was compared is counted at the end.
# Everything runs on loopback, at a free port, out of one temporary directory.
#
#   test_interop.sh DNS_SEND TSIG_SERVER CLOCK_JUMP
set -u
send=$1
tsig_server=$2
clock_jump=$3
PATH=$PATH:/usr/sbin:/sbin
count=0
failed=0
ours=0   # runs of our client against a server of others
theirs=0 # messages of other clients that our code judged
pid=

dir=$(mktemp -d) || exit 99
chmod 755 "$dir"

stop_server() {
	if [ -n "$pid" ]; then
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	fi
	pid=
}

clean_up() {
	stop_server
	rm -rf "$dir"
}
trap clean_up EXIT
trap 'exit 1' INT TERM HUP

# result STATUS WHAT
result() {
	count=$((count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $count - $2"
	else
		failed=$((failed + 1))
		echo "not ok $count - $2"
		sed 's/^/# /' "$dir/out"
	fi
}

# expect WHAT PATTERN: a line of the last output must match.
expect() {
	grep -Eq "$2" "$dir/out"
	result $? "$1"
}

secret_of() { # ALGORITHM: a fixed secret of fitting length
	case $1 in
	hmac-sha1) echo 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM=' ;;
	hmac-sha256) echo 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=' ;;
	hmac-sha384) echo 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm' ;;
	hmac-sha512)
		echo 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg=='
		;;
	esac
}
algorithms='hmac-sha256 hmac-sha384 hmac-sha512 hmac-sha1'

write_zone() { # FILE
	cat >"$1" <<-'END'
		$TTL 300
		@ SOA ns hostmaster 1 3600 600 86400 300
		@ NS ns
		ns A 127.0.0.1
		guarded TXT "guard"
	END
}

write_named() {
	{
		echo "options { directory \"$dir\"; pid-file none; session-keyfile none; recursion no;"
		echo "  listen-on port $port { 127.0.0.1; }; listen-on-v6 { none; }; notify no; };"
		echo "controls { };"
		for a in $algorithms; do
			echo "key \"key-$a\" { algorithm $a; secret \"$(secret_of "$a")\"; };"
		done
		echo "key \"key-cut\" { algorithm hmac-sha256-128; secret \"$(secret_of hmac-sha256)\"; };"
		for z in corp.example 81.10.in-addr.arpa; do
			echo "zone \"$z\" { type primary; file \"$z.zone\"; allow-update {"
			for a in $algorithms; do echo "key \"key-$a\";"; done
			echo 'key "key-cut";'
			echo "}; };"
		done
	} >"$dir/named.conf"
}

write_knot() {
	{
		printf 'server:\n    rundir: "%s"\n    listen: 127.0.0.1@%s\n' "$dir" "$port"
		printf 'log:\n  - target: stderr\n    any: warning\n'
		printf 'database:\n    storage: "%s/db"\nkey:\n' "$dir"
		for a in $algorithms; do
			printf '  - id: key-%s\n    algorithm: %s\n    secret: %s\n' "$a" "$a" \
				"$(secret_of "$a")"
		done
		printf 'acl:\n  - id: update\n    action: [update, transfer]\n    key: ['
		for a in $algorithms; do printf 'key-%s, ' "$a"; done | sed 's/, $//'
		printf ']\ntemplate:\n  - id: default\n    storage: "%s"\n    zonefile-sync: -1\n' "$dir"
		printf '    journal-content: changes\n    acl: update\nzone:\n'
		printf '  - domain: corp.example\n    file: corp.example.zone\n'
		printf '  - domain: 81.10.in-addr.arpa\n    file: 81.10.in-addr.arpa.zone\n'
	} >"$dir/knot.conf"
}

answers() {
	dig +time=1 +tries=1 +short @127.0.0.1 -p "$port" corp.example SOA 2>/dev/null |
		grep -q hostmaster &&
		dig +time=1 +tries=1 +short @127.0.0.1 -p "$port" 81.10.in-addr.arpa SOA 2>/dev/null |
		grep -q hostmaster
}

# A port that is taken makes the server end: then another one is tried. Waits until both zones are served.
start_server() { # KIND
	for try in 1 2 3 4 5; do
		port=$((20000 + ($$ * 7 + try * 1237 + count) % 12000))
		rm -rf "$dir/db" "$dir"/*.jnl
		mkdir -p "$dir/db"
		for z in corp.example 81.10.in-addr.arpa; do write_zone "$dir/$z.zone"; done
		case $1 in
		named)
			write_named
			named -f -c "$dir/named.conf" >"$dir/log" 2>&1 &
			;;
		knotd)
			write_knot
			knotd -c "$dir/knot.conf" >"$dir/log" 2>&1 &
			;;
		esac
		pid=$!
		deadline=$(($(date +%s) + 10))
		while kill -0 "$pid" 2>/dev/null && [ "$(date +%s)" -lt "$deadline" ]; do
			answers && return 0
		done
		stop_server
	done
	sed 's/^/# /' "$dir/log"
	return 1
}

# send_all NAME ADDRESS KEY ALGORITHM SECRET
send_all() {
	ours=$((ours + 1))
	"$send" "127.0.0.1:$port" corp.example 81.10.in-addr.arpa "$@" >"$dir/out" 2>&1
}

ask() { # WHAT NAME TYPE PATTERN: another resolver sees it
	{
		dig +time=2 +tries=2 +norecurse +noall +answer @127.0.0.1 -p "$port" "$2" "$3"
		kdig +time=2 +norecurse +noall +answer @127.0.0.1 -p "$port" "$2" "$3"
	} >"$dir/out" 2>&1
	[ "$(grep -Ec "$4" "$dir/out")" -eq 2 ]
	result $? "$1"
}

test_algorithm() { # SERVER ALGORITHM NUMBER
	name=me-$2.corp.example
	send_all "$name" "10.81.1.$3" "key-$2" "$2" "$(secret_of "$2")"
	expect "$1 $2: every step is taken" '^forward DONE NOERROR'
	expect "$1 $2: a name in use is a decision" '^again DECISION YXDOMAIN'
	expect "$1 $2: our query finds the address" "^query A 10.81.1.$3\$"
	expect "$1 $2: the reverse zone is taken" '^reverse DONE NOERROR'
	ask "$1 $2: A is there" "$name" A "IN[[:space:]]+A[[:space:]]+10.81.1.$3"
	ask "$1 $2: DHCID is there" "$name" DHCID 'DHCID[[:space:]]+(AAAB|.*000001)'
	ask "$1 $2: TXT is there" "$name" TXT '"v=amtps1;owner=test"'
	ask "$1 $2: PTR is there" "$3.1.81.10.in-addr.arpa" PTR "PTR[[:space:]]+$name\\."
}

test_deletions() { # SERVER
	name=other.me-hmac-sha256.corp.example
	dig +norecurse +short @127.0.0.1 -p "$port" "$name" TXT >"$dir/out" 2>&1
	[ "$(cat "$dir/out")" = '"v=amtps1;owner=test"' ]
	result $? "$1: one record was deleted by value, its neighbour is left"
	dig +norecurse @127.0.0.1 -p "$port" left.me-hmac-sha256.corp.example ANY >"$dir/out" 2>&1
	expect "$1: a name was deleted with all it had" 'status: NXDOMAIN'
}

test_refusals() { # SERVER
	send_all bad.corp.example 10.81.1.99 key-hmac-sha256 hmac-sha256 \
		'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
	expect "$1: a wrong secret is a matter of configuration" \
		'^forward CONFIGURATION BADSIG: 127.0.0.1:[0-9]+ refused: NOTAUTH \(BADSIG\): the secret'
	send_all bad.corp.example 10.81.1.99 nobody hmac-sha256 "$(secret_of hmac-sha256)"
	expect "$1: an unknown key is a matter of configuration" \
		'^forward CONFIGURATION BADKEY: .*does not know key "nobody"'
	send_all bad.corp.example 10.81.1.99 key-hmac-sha256 hmac-sha512 "$(secret_of hmac-sha256)"
	expect "$1: so is another algorithm" '^forward CONFIGURATION BADKEY'
	send_all bad.corp.example 10.81.1.99 - - -
	expect "$1: so is an update without a key" '^forward CONFIGURATION (REFUSED|NOTAUTH)'
}

# A server verifies by its own clock, and says what that is: the next message is signed by it.
test_clock() { # SERVER
	for ahead in 600 -600; do
		name=clock$ahead.corp.example
		export CLOCK_AHEAD_S=$ahead LD_PRELOAD="$clock_jump"
		send_all "$name" 10.81.1.98 key-hmac-sha256 hmac-sha256 "$(secret_of hmac-sha256)"
		unset CLOCK_AHEAD_S LD_PRELOAD
		expect "$1: our clock $ahead s off, the update is taken" '^forward DONE NOERROR'
		expect "$1: our clock $ahead s off, so is the next one" '^reverse DONE NOERROR'
		ask "$1: our clock $ahead s off, A is there" "$name" A 'IN[[:space:]]+A[[:space:]]+10.81.1.98'
	done
}

# A server that takes MACs of 16 octets with this key has to answer ours in full (RFC 8945 5.2.2.1).
test_cut() { # SERVER
	[ "$1" = named ] || return 0
	send_all cut.corp.example 10.81.1.97 key-cut hmac-sha256 "$(secret_of hmac-sha256)"
	expect "$1: with a key for cut MACs our whole one is taken, and answered by a whole one" \
		'^forward DONE NOERROR'
}

test_tools() { # SERVER TOOL: what another client wrote, our signed query reads
	printf 'server 127.0.0.1 %s\nzone corp.example.\nkey hmac-sha256:key-hmac-sha256 %s\n%s\nsend\n' \
		"$port" "$(secret_of hmac-sha256)" \
		"update add $2.corp.example. 60 A 10.81.1.77" >"$dir/in"
	[ "$2" = knsupdate ] && sed -i 's/^key hmac-sha256:/key hmac-sha256:/' "$dir/in"
	"$2" "$dir/in" >"$dir/out" 2>&1
	result $? "$1: $2 writes a name"
	send_all "$2.corp.example" 10.81.1.77 key-hmac-sha256 hmac-sha256 "$(secret_of hmac-sha256)"
	expect "$1: our update sees that $2's name is in use" '^forward DECISION YXDOMAIN'
	expect "$1: our query reads what $2 wrote" '^query A 10.81.1.77$'
}

test_server() { # SERVER
	if ! command -v "$1" >/dev/null || ! command -v dig >/dev/null || ! command -v kdig >/dev/null; then
		count=$((count + 1))
		echo "ok $count - $1 # SKIP $1, dig or kdig is not installed"
		return
	fi
	: >"$dir/out"
	start_server "$1"
	result $? "$1 serves the zones"
	[ -n "$pid" ] || return
	number=1
	for algorithm in $algorithms; do
		test_algorithm "$1" "$algorithm" "$number"
		number=$((number + 1))
	done
	test_deletions "$1"
	test_refusals "$1"
	test_clock "$1"
	test_cut "$1"
	for tool in nsupdate knsupdate; do
		command -v "$tool" >/dev/null && test_tools "$1" "$tool"
	done
	stop_server
}

# start_ours AHEAD-S: our server, on a free port.
start_ours() {
	for try in 1 2 3 4 5; do
		port=$((20000 + ($$ * 7 + try * 1237 + count) % 12000))
		set -- "$1" # the keys are put behind it
		for a in $algorithms; do set -- "$@" "key-$a" "$a" "$(secret_of "$a")"; done
		: >"$dir/log"
		"$tsig_server" "$port" "$@" >>"$dir/log" 2>&1 &
		pid=$!
		while kill -0 "$pid" 2>/dev/null; do
			grep -q ready "$dir/log" && return 0
		done
	done
	return 1
}

# sign TOOL [-v] ALGORITHM KEY SECRET: it updates our server; "status STATUS" stands at the end of the output.
sign() {
	tool=$1
	shift
	over_tcp=
	[ "$1" != -v ] || {
		over_tcp=-v
		shift
	}
	printf 'server 127.0.0.1 %s\nzone corp.example.\nkey %s:%s %s\n%s\nsend\n' "$port" "$1" "$2" \
		"$3" 'update add x.corp.example. 60 A 10.81.1.96' >"$dir/in"
	: >"$dir/log"
	"$tool" ${over_tcp:+"$over_tcp"} -t 3 -r 0 "$dir/in" >"$dir/out" 2>&1
	echo "status $?" >>"$dir/out"
}

# verdict WHAT WAY KEY VERDICT: what our code said of it.
verdict() {
	theirs=$((theirs + 1))
	cat "$dir/log" >>"$dir/out"
	grep -q "^$2 $3 $4\$" "$dir/log"
	result $? "$1"
}

test_signed_by() { # TOOL
	for a in $algorithms; do
		sign "$1" "$a" "key-$a" "$(secret_of "$a")"
		verdict "$1 $a: our code verifies it" udp "key-$a" GOOD
		expect "$1 $a: it takes our signed answer" '^status 0'
		sign "$1" -v "$a" "key-$a" "$(secret_of "$a")"
		verdict "$1 $a, TCP: our code verifies it" tcp "key-$a" GOOD
		expect "$1 $a, TCP: it takes our signed answer" '^status 0'
	done
	sign "$1" hmac-sha256 key-hmac-sha256 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='
	verdict "$1: a wrong secret is seen" udp key-hmac-sha256 BADSIG
	expect "$1: and it believes our refusal" '^status [1-9]'
	sign "$1" hmac-sha256 nobody "$(secret_of hmac-sha256)"
	verdict "$1: an unknown key is seen" udp nobody BADKEY
	sign "$1" hmac-sha512 key-hmac-sha256 "$(secret_of hmac-sha256)"
	verdict "$1: another algorithm is seen" udp key-hmac-sha256 BADKEY
}

# nsupdate alone can cut its MACs.
test_cut_by_nsupdate() {
	sign nsupdate hmac-sha256-128 key-hmac-sha256 "$(secret_of hmac-sha256)"
	verdict 'nsupdate: a MAC of 16 octets is seen' udp key-hmac-sha256 BADTRUNC
	expect 'nsupdate: and it believes our refusal' '^status [1-9]'
}

test_ours() {
	for tool in nsupdate knsupdate; do
		if ! command -v "$tool" >/dev/null; then
			count=$((count + 1))
			echo "ok $count - $tool # SKIP $tool is not installed"
			continue
		fi
		: >"$dir/out"
		start_ours 0
		result $? "our server is there for $tool"
		test_signed_by "$tool"
		[ "$tool" = knsupdate ] || test_cut_by_nsupdate
		stop_server
		start_ours 600
		sign "$tool" hmac-sha256 key-hmac-sha256 "$(secret_of hmac-sha256)"
		verdict "$tool: a clock ten minutes off is seen" udp key-hmac-sha256 BADTIME
		expect "$tool: and it takes our signed BADTIME for what it is" '(BADTIME|clocks are unsync)'
		stop_server
	done
}

test_server named
test_server knotd
test_ours
echo "# compared: $ours runs of our client with named and knotd ($algorithms), and"
echo "# $theirs messages of nsupdate and knsupdate, which our code judged and answered"
echo "1..$count"
[ "$failed" -eq 0 ]
