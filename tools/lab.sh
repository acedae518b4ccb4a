#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The lab: one site in network namespaces, shared by tools/demo, tests/netns and tests/bench.
#
#   pc1 ──┐ lan1 10.81.1.0/24                       ns    10.81.2.2   name server, BIND or Knot
#   dhcp ─┴── fw ─────────────────────────────────┬─core  10.81.3.2   provisioning core, checker
#   10.81.1.2  │ 10.81.9.0/24                     │
#   Kea, hook, └─ rtr ── 10.81.20.0/24 ── pc2     fw routes everything and has an nftables
#   amtnetd       DHCP relay                      forward chain
#
# Source this file, call lab_begin, then what is needed: lab_net, lab_start_ns, lab_start_kea, ...
# It expects `set -euo pipefail`. Everything that runs is inside one of the namespaces, every file is
# in LAB_DIR; lab_end, called on exit whatever the reason, removes both.
#
# A lab's id is its owner's process number and start time, so no two labs share a name and a lab
# whose owner is dead is known as such: lab_sweep removes it, unless it was kept on purpose.

LAB_TOOLS=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
LAB_SOURCE=$(dirname "$LAB_TOOLS")
LAB_BUILD=${AMTNET_BUILD:-$LAB_SOURCE/build}
LAB_LOCK=/run/amtnet-lab.lock
LAB_KEEP=${LAB_KEEP:-}
LAB_ID=
LAB_DIR=
declare -gA LAB_PIDS=()

# shellcheck source=tools/lab/net.sh
. "$LAB_TOOLS/lab/net.sh"
# shellcheck source=tools/lab/names.sh
. "$LAB_TOOLS/lab/names.sh"
# shellcheck source=tools/lab/dhcp.sh
. "$LAB_TOOLS/lab/dhcp.sh"
# shellcheck source=tools/lab/dhcp6.sh
. "$LAB_TOOLS/lab/dhcp6.sh"
# shellcheck source=tools/lab/amtnet.sh
. "$LAB_TOOLS/lab/amtnet.sh"
# shellcheck source=tools/lab/roots.sh
. "$LAB_TOOLS/lab/roots.sh"

# ---- life ------------------------------------------------------------------------------------

# lab_begin: takes an id and a directory, and sees to it that both go away again.
lab_begin()
{
	export PATH=$PATH:/usr/sbin:/sbin
	lab_sweep
	LAB_ID=$$t$(lab_start_time $$)
	LAB_DIR=$(mktemp -d "/tmp/amtnet-lab-$LAB_ID.XXXXXX")
	chmod 0755 "$LAB_DIR"
	mkdir "$LAB_DIR/log" "$LAB_DIR/core" "$LAB_DIR/bin"
	mkdir -m 0750 "$LAB_DIR/run" # Kea 2.6 and later insist on the mode
	trap lab_end EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# lab_end: removes everything, unless the lab is kept. The exit status stays what it was.
lab_end()
{
	local status=$?

	trap - EXIT
	trap '' HUP INT TERM
	if [[ -n $LAB_ID ]] && ! [[ -e $LAB_DIR/keep ]]; then
		lab_remove "$LAB_ID"
	fi
	exit "$status"
}

# lab_keep: the lab outlives this script, until `tools/demo --remove` or the next boot.
lab_keep()
{
	cp /proc/sys/kernel/random/boot_id "$LAB_DIR/keep"
}

# lab_remove ID: ends every process in the namespaces of a lab, then removes them and its files.
lab_remove()
{
	local id=$1 ns
	local -a spaces=()

	mapfile -t spaces < <(lab_spaces "$id")
	lab_signal_spaces TERM "${spaces[@]}"
	lab_wait_for 2 lab_spaces_empty "${spaces[@]}" || lab_signal_spaces KILL "${spaces[@]}"
	lab_wait_for 2 lab_spaces_empty "${spaces[@]}" || true
	for ns in "${spaces[@]}"; do
		ip netns del "$ns" 2>/dev/null || true
	done
	rm -rf "/tmp/amtnet-lab-$id".*
}

# lab_sweep: removes what runs that were killed have left behind; the living and the kept stay.
lab_sweep()
{
	local id

	while read -r id; do
		lab_is_dead "$id" && lab_remove "$id"
	done < <(lab_ids)
	return 0
}

# lab_ids: the ids of all labs on this machine, from their namespaces and directories.
lab_ids()
{
	{
		ip netns list | sed -En 's/^amtnet-([0-9]+t[0-9]+)-.*/\1/p'
		find /tmp -maxdepth 1 -type d -name 'amtnet-lab-*' |
			sed -En 's/.*amtnet-lab-([0-9]+t[0-9]+)\..*/\1/p'
	} | sort -u
}

# lab_kept_ids: the labs that were kept.
lab_kept_ids()
{
	local id

	while read -r id; do
		lab_is_kept "$id" && echo "$id"
	done < <(lab_ids)
	return 0
}

# A lab kept before the last boot has lost its namespaces and is as good as dead.
lab_is_kept()
{
	[[ $(cat "/tmp/amtnet-lab-$1".*/keep 2>/dev/null) == "$(</proc/sys/kernel/random/boot_id)" ]]
}

lab_is_dead()
{
	local pid=${1%t*} started=${1#*t}

	[[ $(lab_start_time "$pid") != "$started" ]] && ! lab_is_kept "$1"
}

# lab_start_time PID: when a process started, in clock ticks since boot; nothing when it is gone,
# or dead and only waiting for its parent to notice.
lab_start_time()
{
	local stat

	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
	stat=${stat##*) }
	[[ $stat != [ZX]* ]] || return 0
	# shellcheck disable=SC2086 # the fields after the name, split on purpose
	set -- $stat
	echo "${20}"
}

lab_spaces()
{
	ip netns list | sed -En "s/^(amtnet-$1-[a-z0-9]+).*/\1/p"
}

lab_signal_spaces()
{
	local signal=$1 ns pid
	shift

	for ns in "$@"; do
		for pid in $(ip netns pids "$ns" 2>/dev/null); do
			kill -s "$signal" "$pid" 2>/dev/null || true
			kill -s CONT "$pid" 2>/dev/null || true
		done
	done
}

lab_spaces_empty()
{
	local ns

	for ns in "$@"; do
		[[ -z $(ip netns pids "$ns" 2>/dev/null) ]] || return 1
	done
}

# ---- processes -------------------------------------------------------------------------------

# lab_exec WHERE COMMAND...: runs a command in the namespace of one machine of the lab.
lab_exec()
{
	local where=$1
	shift

	ip netns exec "amtnet-$LAB_ID-$where" "$@"
}

# lab_spawn NAME WHERE COMMAND...: starts a program of the lab; what it says goes to log/NAME.log,
# its process number to LAB_PIDS[NAME]. It dies with its owner, unless the lab is kept. Call it from
# the script itself, not from a subshell, which would count as the owner.
lab_spawn()
{
	local name=$1 where=$2
	local -a leash=(setpriv --pdeathsig KILL)
	shift 2

	[[ -z $LAB_KEEP ]] || leash=(setsid)
	"${leash[@]}" ip netns exec "amtnet-$LAB_ID-$where" "$@" \
		</dev/null >>"$LAB_DIR/log/$name.log" 2>&1 &
	LAB_PIDS[$name]=$!
	disown $!
}

# lab_stop NAME [SIGNAL]: ends a program and waits until it is gone; KILL after 5 s.
lab_stop()
{
	local pid=${LAB_PIDS[$1]:-} signal=${2:-TERM}

	[[ -n $pid ]] || return 0
	kill -s "$signal" "$pid" 2>/dev/null || true
	lab_wait_for 5 lab_is_gone "$pid" || kill -s KILL "$pid" 2>/dev/null || true
	unset "LAB_PIDS[$1]"
}

lab_is_gone()
{
	[[ -z $(lab_start_time "$1") ]]
}

lab_is_running()
{
	[[ -n ${LAB_PIDS[$1]:-} ]] && ! lab_is_gone "${LAB_PIDS[$1]}"
}

# lab_log NAME: the path of a program's log.
lab_log()
{
	echo "$LAB_DIR/log/$1.log"
}

# lab_program NAME: a program to run by its path. AppArmor profiles go by path and would keep
# daemons out of LAB_DIR, so where it is on the lab runs a copy.
lab_program()
{
	local path copy=$LAB_DIR/bin/$1

	path=$(command -v "$1") || lab_fail "$1 is not installed; tools/demo and tools/check install it"
	if [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) != Y ]]; then
		echo "$path"
		return
	fi
	[[ -x $copy ]] || cp -L "$path" "$copy"
	echo "$copy"
}

# ---- waiting and failing ---------------------------------------------------------------------

# lab_wait_for SECONDS COMMAND...: tries a command every 25 ms until it succeeds; status 1 when the
# time is over. Nothing in the lab waits in any other way.
lab_wait_for()
{
	local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift

	until "$@" >/dev/null 2>&1; do
		((${EPOCHREALTIME/[.,]/} < deadline)) || return 1
		sleep 0.025
	done
}

# lab_await NAME SECONDS TEXT: waits until a program's log says TEXT; fails with the log otherwise.
lab_await()
{
	lab_wait_for "$2" lab_said_or_dead "$1" "$3" || true
	grep -qF -- "$3" "$(lab_log "$1")" && return
	tail -n 15 "$(lab_log "$1")" >&2
	lab_fail "$1 did not say \"$3\" within $2 s, its last lines stand above"
}

lab_said_or_dead()
{
	grep -qF -- "$2" "$(lab_log "$1")" || ! lab_is_running "$1"
}

# lab_fail SENTENCE: ends the script.
lab_fail()
{
	printf '%s: %s\n' "${0##*/}" "$1" >&2
	exit 1
}
