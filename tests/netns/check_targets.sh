#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Every way to name targets, and what a run of amtnet-check ports is on a terminal, after an
# interruption, and with a wall clock that jumps: each endpoint has one state, and it is the right one.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/support/path.sh
. "$(dirname "$0")/../support/path.sh"

readonly check=$LAB_BUILD/netcheck/amtnet-check

# ask NAME ARGUMENTS...: states go to NAME.states, what is said to NAME.txt, the status to `status`.
ask()
{
	status=0
	lab_exec p "$check" ports --quick --rate 1000 --ports 16992 --states "$LAB_DIR/$1.states" "${@:2}" \
		>"$LAB_DIR/$1.txt" 2>&1 || status=$?
}

# found NAME COUNT STATE: so many endpoints, each once, and all in that state.
found()
{
	local all once right

	all=$(wc -l <"$LAB_DIR/$1.states")
	once=$(cut -f1,2 "$LAB_DIR/$1.states" | sort -u | wc -l)
	right=$(cut -f3 "$LAB_DIR/$1.states" | grep -cx "$3" || true)
	echo "$all lines, $once endpoints, $right $3"
	((all == $2 && once == $2 && right == $2))
}

# first_and_last NAME ADDRESS ADDRESS
first_and_last()
{
	[[ "$(cut -f1 "$LAB_DIR/$1.states" | sort -V | sed -n '1p;$p' | tr '\n' ' ')" == "$2 $3 " ]]
}

# known MORE-THAN: so many endpoints of the run `half` have a state.
known()
{
	(($(wc -l <"$LAB_DIR/half.states") > $1))
}

tap_begin script
path_new 1
path_open '' 16992
path_new 1 s 1
path_slow 1 1 s 20000 0 # so that there is always something under way
path_open s 16992

ask one 10.62.0.9
tap_ok 'an address' found one 1 open
ask prefix 10.62.4.0/24
tap_ok 'a prefix: its hosts' found prefix 254 open
tap_ok 'a prefix: without its first and last address' first_and_last prefix 10.62.4.1 10.62.4.254
ask range 10.62.0.250-10.62.1.5
tap_ok 'a range' found range 12 open
ask short 10.62.0.5-9
tap_ok 'a range, shortened' found short 5 open
ask six fd62::1-fd62::20 fd62::100/124
tap_ok 'a range and a prefix of IPv6' found six 48 open
ask name localhost
tap_ok 'a name: each of its addresses' found name "$(getent ahosts localhost | sort -u -k1,1 | wc -l)" closed
printf '# floor 1\n10.62.0.1-3\n\n  10.62.0.7 # printer\n' >"$LAB_DIR/list"
ask file "@$LAB_DIR/list"
tap_ok 'a file' found file 4 open
ask input @- <"$LAB_DIR/list"
tap_ok 'standard input' found input 4 open
ask mixed 10.62.0.1-3 "@$LAB_DIR/list" fd62::9
tap_ok 'all together, each address once' found mixed 5 open

lab_exec p script -qefc "$check ports --quick --rate 100 --ports 16992 10.62.0.0/24" /dev/null >"$LAB_DIR/tty" || true
tap_ok 'on a terminal: done, rate and time left' tap_says \
	'of 254 endpoints \([0-9]+ %\), [1-9][0-9]*/s, [0-9]+ s left, [0-9]+ open' "$LAB_DIR/tty"
tap_ok 'on a terminal: the line goes away, the report stays' tap_says '254 addresses.* 254 open' "$LAB_DIR/tty"

: >"$LAB_DIR/half.states"
lab_spawn half sp "$check" ports --quick --rate 500 --ports 16992,16993 --states "$LAB_DIR/half.states" \
	--resume "$LAB_DIR/resume" 10.62.0.0/22
lab_wait_for 10 known 300
kill -s INT "${LAB_PIDS[half]}"
lab_wait_for 5 lab_is_gone "${LAB_PIDS[half]}"
tap_ok 'Ctrl-C: so far' tap_says 'NC001 this run: ended early' "$(lab_log half)"
tap_ok 'Ctrl-C: not all of it' eval '! known 2043'
status=0
lab_exec sp "$check" ports --quick --rate 20000 --ports 16992,16993 --states "$LAB_DIR/half.states" \
	--resume "$LAB_DIR/resume" 10.62.0.0/22 >"$LAB_DIR/rest.txt" 2>&1 || status=$?
cp "$LAB_DIR/half.states" "$LAB_DIR/all.states"
sed -i 's/\t16992\topen$/\t16992\tright/; s/\t16993\tclosed$/\t16993\tright/' "$LAB_DIR/all.states"
tap_ok 'resumed: every endpoint once, and all right' found all 2044 right
tap_ok 'resumed: the report counts both runs' tap_says '10\.62\.3\.0/24 tcp/16992, 255 addresses.* 255 open' "$LAB_DIR/rest.txt"
tap_ok 'resumed: the file is gone' test ! -e "$LAB_DIR/resume"

status=0
lab_exec sp env LD_PRELOAD="$LAB_BUILD/tests/support/libclock_jump.so" "$check" ports --quick --rate 1000 \
	--ports 16992,16993 --states "$LAB_DIR/jump.states" 10.62.0.0/24 >"$LAB_DIR/jump.txt" 2>&1 || status=$?
sed -i 's/\t16992\topen$/\t16992\tright/; s/\t16993\tclosed$/\t16993\tright/' "$LAB_DIR/jump.states"
tap_ok 'a wall clock that jumps by hours: the same states' found jump 508 right
tap_ok 'a wall clock that jumps by hours: the time that it took' tap_says ', 0 failures, [0-9]\.[0-9] s\)' "$LAB_DIR/jump.txt"
tap_end
