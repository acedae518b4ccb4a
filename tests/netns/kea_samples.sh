#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The samples in conf/ for Kea are taken by Kea and by the hook as they stand; only paths, the
# network, and where the leases are kept, are this lab's. Bad parameters stop the hook and not Kea.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

# start FAMILY: the server with its sample; ready when it returns.
start()
{
	local program

	program=$(lab_program "kea-dhcp$1")
	sed "s#/usr/lib/x86_64-linux-gnu/kea/hooks/libdhcp_amtnet.so#$LAB_BUILD/kea-hook/libdhcp_amtnet.so#
		s#/usr/lib/x86_64-linux-gnu/#/usr/lib/$(gcc -print-multiarch)/#
		s#/run/amtnet/#$LAB_DIR/run/#; s#/run/kea/kea$1-ctrl-socket#$LAB_DIR/run/kea$1.sock#
		s#198\.51\.100\.#10.81.1.#g
		s#\"persist\": true#\"persist\": false#
		s#\"Dhcp6\": {#&\"server-id\": {\"type\": \"LL\", \"persist\": false},#" \
		"$LAB_SOURCE/conf/kea-dhcp$1.conf" >"$LAB_DIR/sample$1.conf"
	lab_spawn "kea$1" dhcp env KEA_PIDFILE_DIR="$LAB_DIR/run" KEA_LOCKFILE_DIR="$LAB_DIR/run" \
		"$program" -c "$LAB_DIR/sample$1.conf"
	lab_await "kea$1" 20 "DHCP$1_STARTED"
}

# ask FAMILY COMMAND: Kea's answer.
ask()
{
	printf '{"command": "%s"}' "$2" | socat -t 5 - "UNIX-CONNECT:$LAB_DIR/run/kea$1.sock"
}

# runs FAMILY: the hook is at work and has nothing to complain of.
runs()
{
	ask "$1" amtnet-status | grep -q '"problems": \[  *\]' &&
		ask "$1" amtnet-status | grep -q '"state": "running"'
}

# disabled WORDS: the hook says why it does nothing; Kea serves.
disabled()
{
	ask 4 amtnet-status | grep -qF "$1" && ask 4 amtnet-status | grep -q '"state": "disabled"'
}

# reload_with SED: SIGHUP after a change of the sample.
reload_with()
{
	sed -i "$1" "$LAB_DIR/sample4.conf"
	kill -s HUP "$(lab_exec dhcp sh -c "cat $LAB_DIR/run/*dhcp4*.pid")"
}


tap_begin dhclient kea-dhcp4 kea-dhcp6 gcc
lab_net
lab_net6
start 4
tap_ok 'the hook runs with conf/kea-dhcp4.conf' runs 4
start 6
tap_ok 'the hook runs with conf/kea-dhcp6.conf' runs 6

reload_with 's#"forward": true#"forward": "perhaps"#'
tap_soon 10 'a bad parameter at a reload stops the hook, and says what would be right' \
	disabled 'forward: \"perhaps\" is not true or false'
tap_ok 'and Kea serves without it' lab_lease pc1 me01.corp.example
reload_with 's#"forward": "perhaps"#"forward": true#; s#"classes": \[\]#"classes": [ { "forward": true } ]#'
tap_soon 10 'so does a class without a name' disabled 'classes[0]: \"name\" is missing'
reload_with 's#"classes": \[ { "forward": true } \]#"classes": [ { "name": "lab", "forward": false } ]#'
tap_soon 10 'corrected, it runs again' runs 4
tap_end
