#!/bin/bash
# SPDX-License-Identifier: ISC
#
# registration.sh bind|knot [machine|SUITE]: a DHCPACK puts A, PTR and DHCID into a real name server,
# by signed updates, for a direct and for a relayed client; a release takes them out again. With the
# machine's Kea, or with that of a later Debian suite.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly software=$1 kea=${2:-machine}

# update KEY-OPTION...: tries to add a name; prints what the server says.
update()
{
	printf 'server 10.81.2.2\nzone corp.example\nupdate add evil.corp.example 60 A 10.81.66.6\nsend\n' |
		lab_exec core nsupdate "$@" 2>&1
}

# refused KEY-OPTION...: the server refuses the update by its own rules, and the name is not there.
refused()
{
	local said

	said=$(update "$@") && return 1
	grep -Eq 'REFUSED|NOTAUTH' <<<"$said" && lab_has_no evil.corp.example A
}

# registered PC NAME HARDWARE-ADDRESS: one client and its three records.
registered()
{
	local pc=$1 name=$2 hardware=$3 address

	lab_lease "$pc" "$name"
	address=$(lab_address_of "$pc")
	tap_soon 10 "$name has its A after the DHCPACK ($pc)" lab_has "$name" A "$address"
	tap_soon 10 "$address has its PTR ($pc)" lab_has "$(lab_reverse "$address")" PTR "$name."
	tap_ok "the DHCID of $name is RFC 4701's for MAC and name" \
		test "$(lab_dig_dhcid "$name")" = "$(lab_dhcid "$hardware" "$name")"
	tap_ok "option 81 tells $pc that the server does the update (S, not N)" \
		lab_told_server_updates "$pc"
}

# gone NAME ADDRESS: nothing is left of it.
gone()
{
	lab_has_no "$1" A && lab_has_no "$1" DHCID && lab_has_no "$(lab_reverse "$2")" PTR
}

tap_begin dhclient dhcrelay kea-dhcp4 nsupdate udhcpc "$([[ $software == bind ]] && echo named || echo knotd)"
lab_use_kea "$kea" || tap_skip "$LAB_KEA_WHY"
lab_net
lab_start_ns "$software"
lab_start_amtnetd
lab_start_kea
lab_start_relay

registered pc1 me01.corp.example "$LAB_MAC1"
registered pc2 me02.corp.example "$LAB_MAC2"
address1=$(lab_address_of pc1)
address2=$(lab_address_of pc2)

tap_ok 'an unsigned update is refused, so ours were signed' refused
tap_ok 'an update signed with another key is refused' \
	refused -y "hmac-sha256:amtnet:$(head -c 32 /dev/zero | base64 -w 0)"
if [[ $software == bind ]]; then
	tap_ok 'BIND names our key in its log' tap_says 'key amtnet: updating zone' "$(lab_log ns)"
fi

lab_release pc1
tap_soon 10 'after its release nothing of pc1 is in DNS' gone me01.corp.example "$address1"
tap_ok 'pc2 is not touched by that' lab_has me02.corp.example A "$address2"
lab_release pc2
tap_soon 10 'after its release nothing of pc2 is in DNS' gone me02.corp.example "$address2"

tap_ok 'a client with a client-id and option 81 in ASCII gets its lease' \
	lab_lease_once pc1 me03.corp.example
address3=$(lab_address_of pc1)
tap_soon 10 'its A is there' lab_has me03.corp.example A "$address3"
tap_soon 10 'its PTR is there' lab_has "$(lab_reverse "$address3")" PTR me03.corp.example.
tap_end
