#!/bin/bash
# SPDX-License-Identifier: ISC
#
# amtnet-check dhcp says what real servers offer and what they answer to INFORM, on a link and as a relay,
# takes no lease, and finds what is missing in an offer, what INFORM says otherwise, and servers that disagree.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

# ask NAME WHERE ARGUMENT...: what amtnet-check dhcp says there is in NAME.txt, its status in `status`.
ask()
{
	local name=$1 where=$2
	shift 2

	status=0
	lab_exec "$where" "$LAB_BUILD/netcheck/amtnet-check" dhcp "$@" >"$LAB_DIR/$name.txt" 2>&1 || status=$?
}

status_is()
{
	((status == $1)) && return
	echo "exit status $status, not $1"
	cat "$LAB_DIR/$2.txt"
	return 1
}

# says NAME STATUS PATTERN...: the run's status, and a line for each pattern.
says()
{
	local name=$1 wanted=$2 pattern
	shift 2

	status_is "$wanted" "$name" || return
	for pattern; do
		tap_says "$pattern" "$LAB_DIR/$name.txt" || return
	done
}

# reconfigure SED-EXPRESSION: Kea anew, with its file changed.
reconfigure()
{
	lab_stop kea
	sed -i -E "$1" "$LAB_DIR/kea-dhcp4.conf"
	lab_run_kea
}

# another_server: a second Kea on the first link, with another suffix and one more name server.
another_server()
{
	mkdir "$LAB_DIR/other"
	sed -E -e 's/"eth0"/"lan1"/; /control-socket/d; /hooks-libraries/d' \
		-e 's/"corp.example"/"guest.example"/; s/"10.81.2.2"/"10.81.2.2, 10.81.2.9"/' \
		-e "s|leases.csv|other/leases.csv|" "$LAB_DIR/kea-dhcp4.conf" >"$LAB_DIR/other/kea-dhcp4.conf"
	lab_spawn other fw env KEA_PIDFILE_DIR="$LAB_DIR/other" KEA_LOCKFILE_DIR="$LAB_DIR/other" \
		KEA_DHCP_DATA_DIR="$LAB_DIR" "$(lab_program kea-dhcp4)" -c "$LAB_DIR/other/kea-dhcp4.conf"
	lab_await other 20 DHCP4_STARTED
}

restart_kea()
{
	lab_stop kea
	lab_start_kea "$@"
}

tap_begin kea-dhcp4
lab_net
lab_start_kea

ask link pc1 --interface eth0 --suffix corp.example
tap_ok 'on a link: suffix, name servers and option 81 of the offer' says link 0 \
	'^OK   NC400 DHCP server 10\.81\.1\.2: offers 10\.81\.1\.[0-9]+, suffix corp\.example, name servers 10\.81\.2\.2, option 81 "S E amtnet-check\.corp\.example\."'

ask unheard pc1 --interface eth0 --json
tap_ok 'without an address, INFORM is not asked, and that is said' says unheard 0 \
	'"NC400".*"evidence":"asked on eth0; INFORM not asked: eth0 has no IPv4 address to ask from"'
lab_address pc1 eth0 10.81.1.77/24
ask inform pc1 --interface eth0 --json
tap_ok 'with an address, INFORM is answered as the offer says' says inform 0 \
	'"NC400".*"evidence":"asked on eth0; INFORM answered, without option 81"'

ask relay rtr --server 10.81.1.2 --relay 10.81.20.1 --suffix corp.example --json
tap_ok 'as a relay: the offer for that subnet' says relay 0 '"NC400".*offers 10\.81\.20\.[0-9]+'
tap_ok 'as a relay: INFORM is answered too' says relay 0 \
	'"NC400".*"evidence":"asked at 10\.81\.1\.2, as relay 10\.81\.20\.1; INFORM answered'

ask subnet core --server 10.81.1.2 --relay 10.81.3.2 --subnet 10.81.20.1
tap_ok 'from elsewhere, for a subnet that is named' says subnet 0 'NC400 .* offers 10\.81\.20\.[0-9]+'

lab_spawn holder rtr socat -u UDP4-RECV:68,bind=10.81.20.1 OPEN:/dev/null
lab_wait_for 5 lab_exec rtr grep -q ':0044 ' /proc/net/udp
ask taken rtr --server 10.81.1.2 --relay 10.81.20.1 --json
tap_ok 'beside a DHCP client: the offers are judged, INFORM is not asked' says taken 0 \
	'"NC400".*INFORM not asked: cannot use UDP port 68 of 10\.81\.20\.1'
lab_stop holder

tap_ok 'no lease was taken' tap_not grep -q '^10\.' "$LAB_DIR/leases.csv"

ask other pc1 --interface eth0 --suffix other.example
tap_ok 'a suffix that is none of the expected' says other 2 'FAIL NC404 .*corp\.example'

ask nobody pc2 --interface eth0
tap_ok 'a link without server and relay' says nobody 2 'FAIL NC401 DHCP on eth0: no offer'

ask missing pc1 --interface eth7
tap_ok 'an interface that is not there' says missing 3 'NC409 .*there is no interface eth7'

status=0
lab_exec pc1 setpriv --reuid 65534 --regid 65534 --clear-groups "$LAB_BUILD/netcheck/amtnet-check" \
	dhcp --interface eth0 >"$LAB_DIR/plain.txt" 2>&1 || status=$?
tap_ok 'without the privilege: could not tell' says plain 3 'NC409 .*CAP_NET_RAW' 'COULD NOT TELL'

restart_kea none
ask without pc1 --interface eth0
tap_ok 'Kea without the hook tells the PC that nobody registers it' says without 1 'WARN NC405 .*"O N amtnet-check'

another_server
ask two pc1 --interface eth0 --suffix corp.example
tap_ok 'two servers that disagree: each is named with what it says' says two 2 \
	'WARN NC408 DHCP on eth0: servers disagree: 10\.81\.1\.[12] offers suffix [a-z]+\.example .*, 10\.81\.1\.[12] offers' \
	'NC408 .*10\.81\.1\.1 offers suffix guest\.example and name servers 10\.81\.2\.2, 10\.81\.2\.9' \
	'NC408 .*10\.81\.1\.2 offers suffix corp\.example and name servers 10\.81\.2\.2'
tap_ok 'two servers: the foreign one fails by itself' says two 2 'FAIL NC404 DHCP server 10\.81\.1\.1: .*guest\.example'
tap_ok 'no lease was taken from either' tap_not grep -hq '^10\.' "$LAB_DIR/leases.csv" "$LAB_DIR/other/leases.csv"
lab_stop other

reconfigure '/"domain-name"/d; s/("pool": "10.81.1[^"]*")/\1, "option-data": [{"name": "domain-name", "data": "corp.example"}]/'
ask pool pc1 --interface eth0
tap_ok 'a suffix of the pool alone: INFORM is not told' says pool 1 \
	'WARN NC411 DHCP server 10\.81\.1\.2: INFORM is answered with no suffix and name servers 10\.81\.2\.2, but it offers suffix corp\.example'
reconfigure 's/"pools": \[\{"pool": "10.81.1.*\}\],$//'
ask empty pc1 --interface eth0
tap_ok 'a subnet without addresses: no offer, and who is there all the same' says empty 2 \
	'FAIL NC401 DHCP on eth0: no offer' 'WARN NC412 DHCP server 10\.81\.1\.2: answers INFORM, but offers no address'
reconfigure 's/("subnet": "10.81.1.0\/24",)/\1 "pools": [{"pool": "10.81.1.100 - 10.81.1.199"}],/'
ask suffix pc1 --interface eth0
tap_ok 'an offer without suffix' says suffix 2 'FAIL NC402 .*option 15 is missing'
tap_end
