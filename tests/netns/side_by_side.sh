#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Two labs at once do not meet, and a lab leaves nothing behind however its owner ends.
# `side_by_side.sh lab FILE NAME` is one of those labs.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

# one_lab FILE NAME: a small site that puts NAME into its own DNS, says so in FILE, and waits.
one_lab()
{
	local key

	lab_begin
	echo "id $LAB_ID" >"$1"
	lab_net
	lab_start_ns knot
	lab_start_kea none
	lab_lease pc1 "$2.corp.example"
	key=$(<"$LAB_KEY_FILE")
	printf 'server 10.81.2.2\nzone corp.example\nupdate add %s.corp.example 60 A %s\nsend\n' \
		"$2" "$(lab_address_of pc1)" | lab_exec core nsupdate -y "hmac-sha256:amtnet:$key"
	echo "pid ${LAB_PIDS[kea]}" >>"$1"
	echo "names $(lab_dig one.corp.example A)/$(lab_dig two.corp.example A)" >>"$1"
	lab_wait_for 60 test -e "$1.end"
}

# start NAME: starts a lab of its own process.
start()
{
	"$0" lab "$LAB_DIR/$1" "$1" >>"$(lab_log "$1")" 2>&1 &
	owner[$1]=$!
}

is_up()
{
	grep -q '^names' "$LAB_DIR/$1"
}

says()
{
	[[ $(sed -n 's/^names //p' "$LAB_DIR/$1") == "$2" ]]
}

# nothing_left NAME: neither a namespace, nor a file, nor Kea of that lab is there.
nothing_left()
{
	local id pid

	id=$(sed -n 's/^id //p' "$LAB_DIR/$1")
	pid=$(sed -n 's/^pid //p' "$LAB_DIR/$1")
	! lab_ids | grep -qxF "$id" && lab_is_gone "$pid"
}

if [[ ${1:-} == lab ]]; then
	one_lab "$2" "$3"
	exit
fi

tap_begin dhclient kea-dhcp4 knotd nsupdate
declare -A owner=()
start one
start two
tap_soon 40 'two labs come up at once' eval 'is_up one && is_up two'
tap_ok 'the first sees its own name only' says one 10.81.1.100/
tap_ok 'the second sees its own name only' says two /10.81.1.100

touch "$LAB_DIR/one.end"
tap_soon 20 'a lab that ends leaves nothing' nothing_left one
kill -s TERM "${owner[two]}" || true
tap_soon 20 'a lab whose owner gets SIGTERM leaves nothing' nothing_left two

start three
tap_soon 40 'a third lab comes up' is_up three
kill -s KILL "${owner[three]}" || true
lab_wait_for 5 lab_is_gone "${owner[three]}" || true
lab_sweep
tap_ok 'a lab whose owner was killed is swept by the next' nothing_left three
tap_ok 'sweeping leaves the living alone' test -d "$LAB_DIR"
tap_end
