#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The lease flow of DHCPv6 with real parts: dhclient -6, kea-dhcp6 with the hook, amtnetd, Knot. AAAA
# and PTR appear after the lease, with the DHCID of the DUID, and are gone after the release.
# registration6.sh machine|SUITE: with which Kea (tools/lab/dhcp.sh).

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

# duid_dhcid NAME: RFC 4701, type 2, for the DUID-LL of pc1; computed here with sha256sum alone.
duid_dhcid()
{
	local wire='' label

	for label in ${1//./ }; do
		wire+=$(printf '%02x' "${#label}")$(printf %s "$label" | od -An -v -tx1 | tr -d ' \n')
	done
	printf '000201%s\n' \
		"$(lab_bytes "00030001${LAB_MAC1//:/}${wire}00" | sha256sum | cut -d' ' -f1)"
}

# registered NAME ADDRESS
registered()
{
	lab_has "$1" AAAA "$2" && lab_has "$(lab_reverse6 "$2")" PTR "$1."
}

# gone NAME ADDRESS
gone()
{
	lab_has_no "$1" AAAA && lab_has_no "$1" DHCID && lab_has_no "$(lab_reverse6 "$2")" PTR
}

# tagged NAME: the lease file says so, in the lease's user-context.
tagged()
{
	grep -F '"by": "class"' "$LAB_DIR/leases6.csv" | grep -qF "\"name\": \"$1\""
}

# told FLAGS: the flags of option 39 in the answer, RFC 4704 4.1: 1 = S, 2 = O, 4 = N.
told()
{
	grep -q "option dhcp6.fqdn $1:" "$LAB_DIR/dhclient6-pc1.leases"
}

tap_begin dhclient kea-dhcp6 knotd
lab_use_kea "$1" || tap_skip "$LAB_KEA_WHY"
LAB_ZONES+=("$LAB_ZONE6")
lab_net
lab_net6
lab_start_ns knot
lab_start_amtnetd
lab_start_kea6

tap_ok 'a client with option 39 gets an address' lab_lease6 pc1 me01.corp.example.
address=$(lab_address6_of pc1)
tap_soon 10 "me01.corp.example has its AAAA and $address its PTR" \
	registered me01.corp.example "$address"
tap_ok 'its DHCID is that of the DUID' \
	test "$(lab_dig_dhcid me01.corp.example)" = "$(duid_dhcid me01.corp.example)"
tap_ok 'the lease carries the tag' tagged me01.corp.example
tap_ok 'option 39 tells that the server does the update (S alone)' told 1
lab_release6 pc1
tap_soon 10 'after its release nothing is in DNS' gone me01.corp.example "$address"

tap_ok 'a client with a name of one label gets an address' lab_lease6 pc1 me02
address=$(lab_address6_of pc1)
tap_soon 10 'its name gets the first domain of option 24' registered me02.corp.example "$address"
tap_end
