#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Bad input and scarce means: amtnet-check says what is wrong and what would be right, or goes on with
# less, and never calls that a finding about the network.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/support/path.sh
. "$(dirname "$0")/../support/path.sh"

# ask NAME ARGUMENTS...: what is said goes to NAME.txt, the status to `status`; AS is put in front.
ask()
{
	status=0
	lab_exec p "${as[@]}" "$LAB_BUILD/netcheck/amtnet-check" "${@:2}" >"$LAB_DIR/$1.txt" 2>&1 ||
		status=$?
}

# refused NAME PATTERN: status 3 and the sentence.
refused()
{
	[[ $status == 3 ]] && tap_says "$2" "$LAB_DIR/$1.txt"
}

# said NAME STATUS PATTERN
said()
{
	[[ $status == "$2" ]] || { echo "status $status"; }
	tap_says "$3" "$LAB_DIR/$1.txt" && [[ $status == "$2" ]]
}

# small NAME KIB: what /usr/bin/time or the kernel calls the peak stays below.
small()
{
	local peak

	peak=$(<"$LAB_DIR/$1.peak")
	echo "$peak KiB"
	((peak > 0 && peak < $2))
}

# interrupted NAME ARGUMENTS...: a run that gets SIGINT once it sends; its memory goes to NAME.peak.
interrupted()
{
	lab_spawn "$1" p "$LAB_BUILD/netcheck/amtnet-check" "${@:2}"
	lab_wait_for 5 grep -q 'VmHWM' "/proc/${LAB_PIDS[$1]}/status"
	lab_wait_for 5 sent 3000
	sed -n 's/VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/${LAB_PIDS[$1]}/status" >"$LAB_DIR/$1.peak"
	kill -s INT "${LAB_PIDS[$1]}"
	lab_wait_for 10 lab_is_gone "${LAB_PIDS[$1]}"
}

# sent MORE-THAN: so many packets have left.
sent()
{
	(($(lab_exec p cat /sys/class/net/far/statistics/tx_packets) > $1))
}

tap_begin
as=()
path_new 1
path_open '' 16992 16993

ask large ports 10.0.0.0/8
tap_ok 'a prefix too large must be meant' refused large '16777214 addresses.*--yes-really'
ask larger ports --yes-really 0.0.0.0/0
tap_ok 'beyond the limit it is refused' refused larger 'more than 16777216 addresses'
ask short ports 192.168.2/24
tap_ok 'a shortened prefix is refused' refused short 'not a network'
ask bits ports 10.62.0.9/24
tap_ok 'host bits: the network is suggested' refused bits '10\.62\.0\.0/24'
ask name ports no-such-name.invalid
tap_ok 'a name that does not resolve is named' refused name 'no-such-name\.invalid'
printf '10.62.0.9\n10.62.0.1-x\n' >"$LAB_DIR/targets"
ask file ports "@$LAB_DIR/targets"
tap_ok 'a bad line of a file: file and line' refused file "targets:2: .*10\.62\.0\.1-x"
: >"$LAB_DIR/empty"
ask empty ports "@$LAB_DIR/empty"
tap_ok 'no target at all is an error' refused empty 'no address'
ask overlap ports --quick --rate 1000 --ports 16992 10.62.0.1-20 10.62.0.10-30
tap_ok 'overlapping targets count once, and that is said' said overlap 0 '11 addresses are named twice'
ask overlap2 ports --quick --rate 1000 --ports 16992 10.62.0.1-20 10.62.0.10-30
tap_ok 'overlapping targets: each address is asked once' tap_says '30 addresses 30 open' "$LAB_DIR/overlap2.txt"

: >"$LAB_DIR/site.yaml"
ask site1 site "$LAB_DIR/site.yaml"
tap_ok 'an empty site file is an error with its place' refused site1 'site\.yaml:1:1:'
printf 'name: a\nsufixes: [corp.example]\n' >"$LAB_DIR/site.yaml"
ask site2 site "$LAB_DIR/site.yaml"
tap_ok 'an unknown key: file, line, column and the nearest key' refused site2 \
	'site\.yaml:2:1: .*sufixes.*suffixes'

as=(setpriv --reuid 65534 --clear-groups)
ask raw ports --raw --rate 1000 --ports 16992 10.62.0.9
tap_ok 'no permission for raw sockets: it says so and connects' said raw 0 'CAP_NET_RAW; going on with connect'
tap_ok 'no permission for raw sockets: no finding' tap_says 'READY \(1 check, 0 warnings, 0 failures' "$LAB_DIR/raw.txt"
as=(prlimit --nofile=48:48)
ask scarce ports --quick --rate 20000 10.62.0.0/24
tap_ok 'few descriptors: slower, and right' said scarce 1 'READY WITH WARNINGS'
tap_ok 'few descriptors: nothing failed' tap_says '16993, 255 addresses 255 open|254 open' "$LAB_DIR/scarce.txt"
as=()

interrupted sixteen ports --quick --rate 20000 --ports 16992 --yes-really \
	--resume "$LAB_DIR/resume" 11.0.0.0/8
tap_ok 'sixteen million targets take constant memory' small sixteen 12288
tap_ok 'Ctrl-C: the partial report' tap_says 'NC001 this run' "$(lab_log sixteen)"
tap_ok 'Ctrl-C: the file to resume from' tap_says '^next [0-9]+' "$LAB_DIR/resume"
ask other ports --quick --resume "$LAB_DIR/resume" 10.62.0.0/24
tap_ok 'a file of other targets is refused' refused other 'belongs to other targets'

# The interface goes while the run is under way: the rest has no route, and that is no failure.
before=$(lab_exec p cat /sys/class/net/far/statistics/tx_packets)
lab_spawn gone p "$LAB_BUILD/netcheck/amtnet-check" ports --quick --rate 500 --ports 16992 --subnet-rate 500 \
	10.62.0.0/22
lab_wait_for 5 sent $((before + 50))
lab_ip p link del far
tap_soon 30 'the interface goes: the run ends' lab_is_gone "${LAB_PIDS[gone]}"
tap_ok 'the interface goes: no failure is reported' tap_says ', 0 failures' "$(lab_log gone)"
tap_ok 'the interface goes: it is said that this machine has no route' tap_says 'no-route' "$(lab_log gone)"
tap_end
