#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A newcomer with nothing but the man page: its example of a site file, taken from the page itself, and its
# command, on a network as the example describes it, give the right answer.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/support/path.sh
. "$(dirname "$0")/../support/path.sh"

page=$(readlink -f "$(dirname "$0")/../../docs/man/amtnet-check.1.scd")
readonly page

# example: the first listing behind "# SITE FILE".
example()
{
	sed -n '/^# SITE FILE/,$p' "$page" | awk '/^```/ { n++; next } n == 1'
}

# its_command: what the page says to run, between its asterisks.
its_command()
{
	sed -n '/^# SITE FILE/,$p' "$page" | grep -om1 '\*amtnet-check site [^*]*\*' | tr -d '*'
}

is_short()
{
	local lines

	lines=$(wc -l <"$LAB_DIR/site.yaml")
	echo "$lines lines"
	((lines > 3 && lines < 10))
}

# zone NAME LINE...: a zone file.
zone()
{
	printf '%s\n' "\$TTL 300" '@ SOA ns.corp.example. root.corp.example. 1 60 60 3600 300' '@ NS ns.corp.example.' \
		"${@:2}" >"$LAB_DIR/$1"
}

start_dns()
{
	zone corp.example 'ns A 192.0.2.53' 'ProvisionServer A 192.0.2.20' 'pc10 A 198.51.100.10' \
		'br10 A 203.0.113.10' 'br11 A 203.0.113.11' 'br12 A 203.0.113.12'
	zone 100.51.198.in-addr.arpa '10 PTR pc10.corp.example.'
	zone 113.0.203.in-addr.arpa '10 PTR br10.corp.example.' '11 PTR br11.corp.example.' \
		'12 PTR br12.corp.example.'
	cat >"$LAB_DIR/knot.conf" <<-END
		server:
		    rundir: "$LAB_DIR"
		    listen: 192.0.2.53@53
		log:
		  - target: stderr
		    any: info
		database:
		    storage: "$LAB_DIR"
		template:
		  - id: default
		    storage: "$LAB_DIR"
		    file: "%s"
		zone:
		  - domain: corp.example
		  - domain: 100.51.198.in-addr.arpa
		  - domain: 113.0.203.in-addr.arpa
	END
	lab_spawn dns p "$(lab_program knotd)" -c "$LAB_DIR/knot.conf"
	lab_wait_for 10 resolves
}

resolves()
{
	[[ -n $(lab_exec p dig +short +time=1 +tries=1 @192.0.2.53 provisionserver.corp.example A) ]]
}

# run NAME: the page's command where the site file was saved.
run()
{
	status=0
	(cd "$LAB_DIR" && lab_exec p env PATH="$LAB_BUILD/netcheck:$PATH" "${command[@]}") \
		>"$LAB_DIR/$1.txt" 2>&1 || status=$?
}

# said NAME STATUS PATTERN
said()
{
	[[ $status == "$2" ]] || echo "status $status, not $2"
	tap_says "$3" "$LAB_DIR/$1.txt" && [[ $status == "$2" ]]
}

tap_begin knotd
path_new 1
lab_ip p addr add 192.0.2.20/32 dev lo
lab_ip p addr add 192.0.2.53/32 dev lo
lab_ip t route add local 198.51.100.0/24 dev lo
lab_ip t route add local 203.0.113.0/24 dev lo
start_dns
lab_spawn respond t "$LAB_BUILD/netcheck/amtnet-check" respond
lab_await respond 10 'end with Ctrl-C'
example >"$LAB_DIR/site.yaml"
tap_ok 'the example is shorter than ten lines' is_short
read -ra command <<<"$(its_command)"
tap_ok 'the page says what to run' test "${command[0]}" = amtnet-check

run good
tap_ok 'the network is as the example says: READY' said good 0 '^amtnet-check: site kiel READY '
path_rules r1 <<-'END'
	table inet fw {
		chain forward {
			type filter hook forward priority 0;
			ip daddr 203.0.113.0/24 tcp dport 16993 drop
		}
	}
END
run bad
tap_ok 'a port is dropped towards the branch: NOT READY, and where' said bad 2 \
	'^FAIL NC105 branch 203\.0\.113\.0/24 tcp/16993, 3 of 3 addresses filtered: dropped between hop 1 \(10\.61\.0\.2\)'
tap_ok 'what to ask the owner of the firewall for' tap_says \
	'request: allow tcp from 10\.61\.0\.1 to 203\.0\.113\.0/24 port 16993' "$LAB_DIR/bad.txt"
tap_end
