#!/bin/bash
# SPDX-License-Identifier: ISC
#
# amtnet-check dhcp says what real servers offer, on a link and as a relay, takes no lease, and finds
# what is missing in an offer.

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

ask relay rtr --server 10.81.1.2 --relay 10.81.20.1 --suffix corp.example
tap_ok 'as a relay: the offer for that subnet' says relay 0 'NC400 .* offers 10\.81\.20\.[0-9]+'

ask subnet core --server 10.81.1.2 --relay 10.81.3.2 --subnet 10.81.20.1
tap_ok 'from elsewhere, for a subnet that is named' says subnet 0 'NC400 .* offers 10\.81\.20\.[0-9]+'

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

lab_stop kea
sed -i '/"domain-name"/d' "$LAB_DIR/kea-dhcp4.conf"
lab_run_kea
ask suffix pc1 --interface eth0
tap_ok 'an offer without suffix' says suffix 2 'FAIL NC402 .*option 15 is missing'
tap_end
