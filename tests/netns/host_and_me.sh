#!/bin/bash
# SPDX-License-Identifier: ISC
#
# host_and_me.sh bind|knot: one PC whose host OS and ME share hardware address, lease and name. Kea's own
# DDNS daemon keeps the host's name, amtnetd the ME's. Whoever was served last, the name leads to the PC.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly software=$1 pc=pc01.corp.example

# kea-dhcp-ddns beside the DHCP server, with the lab's key.
start_d2()
{
	local zone='"key-name": "amtnet", "dns-servers": [{"ip-address": "10.81.2.2"}]'

	cat >"$LAB_DIR/d2.conf" <<-END
		{"DhcpDdns": {
		  "ip-address": "127.0.0.1", "port": 53001,
		  "tsig-keys": [{"name": "amtnet", "algorithm": "HMAC-SHA256",
		    "secret": "$(<"$LAB_KEY_FILE")"}],
		  "forward-ddns": {"ddns-domains": [{"name": "corp.example.", $zone}]},
		  "reverse-ddns": {"ddns-domains": [{"name": "81.10.in-addr.arpa.", $zone}]},
		  "loggers": [{"name": "kea-dhcp-ddns", "severity": "DEBUG", "debuglevel": 50,
		    "output_options": [{"output": "stdout"}]}]
		}}
	END
	chmod 0600 "$LAB_DIR/d2.conf"
	lab_spawn d2 dhcp env KEA_PIDFILE_DIR="$LAB_DIR/run" KEA_LOCKFILE_DIR="$LAB_DIR/run" \
		"$(lab_program kea-dhcp-ddns)" -c "$LAB_DIR/d2.conf"
	lab_await d2 20 DHCP_DDNS_STARTED
}

# The lab's Kea with updates by that daemon for everybody but ME clients.
start_kea()
{
	lab_configure_kea "$(lab_hook_entry)" |
		sed 's/"valid-lifetime": 3600,/&\n  "dhcp-ddns": {"enable-updates": true},\n  "ddns-qualifying-suffix": "corp.example", "ddns-override-client-update": true,/' \
			>"$LAB_DIR/kea-dhcp4.conf"
	: >"$LAB_DIR/leases.csv"
	lab_run_kea
}

# host, me: one of the two asks for the lease, as a DHCP client of its own.
host()
{
	lab_exec pc1 udhcpc -i eth0 -n -q -f -t 10 -T 1 -s "$LAB_TOOLS/lab/dhcp-script" \
		-x hostname:pc01 "$@" >>"$(lab_log udhcpc)" 2>&1
}

me()
{
	lab_exec pc1 udhcpc -i eth0 -n -q -f -t 10 -T 1 -s "$LAB_TOOLS/lab/dhcp-script" \
		-C -F "$pc" "$@" >>"$(lab_log udhcpc)" 2>&1
}

# registered: name and address lead to each other, and a DHCID says whose the name is.
registered()
{
	local address

	address=$(lab_address_of pc1)
	lab_has "$pc" A "$address" && lab_has "$(lab_reverse "$address")" PTR "$pc." &&
		[[ -n $(lab_dig "$pc" DHCID) ]]
}

# stays: it is so when amtnetd, 10 s after the other was served, has looked at it once more, and all that
# Kea's daemon still had to say is said.
stays()
{
	local until=$((SECONDS + 11))

	while ((SECONDS < until)); do
		registered || true
	done
	registered
}

tap_begin kea-dhcp4 kea-dhcp-ddns udhcpc "$([[ $software == bind ]] && echo named || echo knotd)"
lab_net
lab_start_ns "$software"
lab_start_amtnetd
start_d2
start_kea

host
tap_soon 10 "the host's name is registered by Kea's daemon" registered
tap_ok 'and not by amtnetd' tap_not grep -q "$pc" <(lab_ctl names)
me
tap_soon 15 'the ME takes the lease over: the name leads to it' registered
tap_soon 15 'amtnetd keeps it' grep -q "$pc" <(lab_ctl names)
tap_ok 'and it stays right after Kea removed the host'\''s' stays
host
tap_ok 'the host takes the lease back: the name stays right' stays
me
tap_ok 'the ME takes it again: the name stays right' stays
tap_ok 'one lease was enough for both' test "$(grep -c '^10\.81\.' <(sort -t, -u -k1,1 "$LAB_DIR/leases.csv"))" = 1
tap_end
