#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What the hook costs Kea: run.sh [ROUNDS [LEASES [ARM...]]]. README.md says what is measured and how to
# read it. One line a measurement goes to standard output, the table of medians follows.

set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tools/lab.sh
. "$here/../../../tools/lab.sh"
# shellcheck source=tests/bench/hook/arms.sh
. "$here/arms.sh"

readonly rounds=${1:-15} leases=${2:-20000}
# A run_script lease costs a fork and an exec; this many are enough to know.
readonly script_leases=$((leases / 40 > 0 ? leases / 40 : 1))
readonly in_flight=32 seconds=120
arms=("${bench_arms[@]}")
(($# < 3)) || arms=(none "${@:3}")

# prepare ARM: everything but Kea, fresh. What is not Kea has a lower priority, since there are but
# two processors and Kea is what is measured.
prepare()
{
	case $1 in
	attached | stopped)
		lab_start_ns knot
		rm -f "$LAB_DIR"/amtnetd.db*
		lab_start_amtnetd
		renice -n 10 "${LAB_PIDS[amtnetd]}" "${LAB_PIDS[ns]}" >/dev/null
		;;
	d2) lab_spawn d2 dhcp socat -u UDP4-RECV:53001,bind=127.0.0.1 OPEN:/dev/null ;;
	esac
}

# ticks: Kea's CPU time, and that of its children.
ticks()
{
	local stat

	stat=$(<"/proc/${LAB_PIDS[kea]}/stat")
	# shellcheck disable=SC2086 # the fields after the name, split on purpose
	set -- ${stat##*) }
	echo $((${12} + ${13})) $((${14} + ${15}))
}

# measure ROUND ARM: prints "ROUND ARM LEASES MILLISECONDS TICKS CHILD-TICKS FAILED".
measure()
{
	local round=$1 arm=$2 count=$leases got failed ms
	local -a before after

	[[ $arm != run_script ]] || count=$script_leases
	prepare "$arm"
	bench_start_kea "$arm"
	[[ $arm != stopped ]] || kill -s STOP "${LAB_PIDS[amtnetd]}"
	read -r -a before < <(ticks)
	lab_dora "$count" -w $in_flight -t $seconds >/dev/null 2>"$LAB_DIR/summary" || true
	read -r -a after < <(ticks)
	IFS=' =' read -r _ _ got _ failed _ ms <"$LAB_DIR/summary"
	echo "$round $arm $got $ms $((after[0] - before[0])) $((after[1] - before[1])) $failed"
	lab_stop kea
	lab_stop amtnetd KILL
	lab_stop ns
	lab_stop d2
}

lab_begin
bench_net
for ((round = 0; round < rounds; round++)); do
	for ((i = 0; i < ${#arms[@]}; i++)); do
		measure "$round" "${arms[(i + round) % ${#arms[@]}]}"
	done
done | tee "$LAB_DIR/measured"
"$here/report" "$(getconf CLK_TCK)" <"$LAB_DIR/measured"
