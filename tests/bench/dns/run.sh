#!/bin/bash
# SPDX-License-Identifier: ISC
#
# run.sh [ROUNDS [LEASES [SERVER...]]]: completed registrations a second (A, DHCID and PTR in both zones,
# counted by zone transfer), side by side on BIND and Knot: kea-dhcp-ddns, nsupdate with a batch file,
# dnsperf -u, and amtnetd fed over its lease socket. Each round has a fresh name server and another order;
# the figures are medians. See README.md.

set -euo pipefail
# shellcheck source=tests/bench/dns/servers.sh
. "$(dirname "$0")/servers.sh"

bench_begin "$@"
readonly rounds=${1:-3} leases=${2:-20000}
servers=(bind knot)
(($# < 3)) || servers=("${@:3}")
readonly arms=(amtnetd kea-dhcp-ddns nsupdate dnsperf)

# How many each one is given: about as long for all.
count_for()
{
	case $1 in
		amtnetd) echo "$leases" ;;
		kea-dhcp-ddns | dnsperf) echo $((leases / 10)) ;;
		nsupdate) echo $((leases / 50)) ;;
	esac
}

# Each arm registers COUNT clients from FIRST on and says how long it took, how much CPU time that was
# and the most memory that it had: "MILLISECONDS CPU-MILLISECONDS KIB".

arm_amtnetd()
{
	local first=$1 count=$2 begin cpu

	bench_amtnetd
	cpu=$(bench_cpu_ms amtnetd)
	begin=$(bench_now_ms)
	"$BENCH_FEED/feed_leases" "$BENCH_DIR/lease.sock" "$BENCH_ZONE" 1 "$first" "$count" 0 \
		>>"$BENCH_DIR/feed.log"
	bench_wait 600 'amtnetd does not come to an end' bench_present $((count * 2))
	echo $(($(bench_now_ms) - begin)) $(($(bench_cpu_ms amtnetd) - cpu)) "$(bench_peak_kib amtnetd)"
	bench_stop amtnetd
}

arm_kea-dhcp-ddns()
{
	local first=$1 count=$2 begin cpu

	bench_d2
	cpu=$(bench_cpu_ms d2)
	begin=$(bench_now_ms)
	"$BENCH_FEED/feed_ncr" "$BENCH_DIR/d2.sock" "$BENCH_ZONE" "$first" "$count" 64 0 \
		>>"$BENCH_DIR/feed.log"
	echo $(($(bench_now_ms) - begin)) $(($(bench_cpu_ms d2) - cpu)) "$(bench_peak_kib d2)"
	bench_stop d2 KILL # on TERM it waits for transactions that it has lost sight of, for minutes
}

arm_nsupdate()
{
	local first=$1 count=$2 begin

	{
		echo 'server 127.0.0.1'
		"$BENCH_FEED/put_updates" nsupdate "$BENCH_ZONE" "$BENCH_REVERSE" "$first" "$count"
	} >"$BENCH_DIR/batch"
	begin=$(bench_now_ms)
	nsupdate -y "hmac-sha256:amtnet:$(<"$BENCH_DIR/key")" "$BENCH_DIR/batch" \
		>>"$BENCH_DIR/nsupdate.log" 2>&1 || true
	echo $(($(bench_now_ms) - begin)) - -
}

arm_dnsperf()
{
	local first=$1 count=$2 begin

	"$BENCH_FEED/put_updates" dnsperf "$BENCH_ZONE" "$BENCH_REVERSE" "$first" "$count" \
		>"$BENCH_DIR/batch"
	begin=$(bench_now_ms)
	dnsperf -u -s 127.0.0.1 -q 80 -n 1 -y "hmac-sha256:amtnet:$(<"$BENCH_DIR/key")" \
		-d "$BENCH_DIR/batch" >>"$BENCH_DIR/dnsperf.log" 2>&1
	echo $(($(bench_now_ms) - begin)) - -
}

# one_arm SERVER ARM FIRST: runs it and notes "RATE CPU-MS-PER-10000 PEAK-KIB SERVER-CPU-MS-PER-10000".
one_arm()
{
	local server=$1 arm=$2 first=$3 count before done_ms cpu peak server_cpu registered

	count=$(count_for "$arm")
	before=$(bench_registered)
	server_cpu=$(bench_cpu_ms server)
	"arm_$arm" "$first" "$count" >"$BENCH_DIR/arm"
	read -r done_ms cpu peak <"$BENCH_DIR/arm"
	server_cpu=$(($(bench_cpu_ms server) - server_cpu))
	registered=$(($(bench_registered) - before))
	((registered > 0)) || bench_die "$arm has registered nothing, see $BENCH_DIR"
	[[ $cpu == - ]] || cpu=$((cpu * 10000 / registered))
	echo "$((registered * 1000 / done_ms)) $cpu $peak $((server_cpu * 10000 / registered))" \
		>>"$BENCH_DIR/result.$server.$arm"
	printf '%-5s %-14s %6d of %6d in %6d ms\n' "$server" "$arm" "$registered" "$count" "$done_ms"
}

one_round()
{
	local server=$1 round=$2 i first=1

	bench_server "$server"
	for ((i = 0; i < ${#arms[@]}; i++)); do
		one_arm "$server" "${arms[(i + round) % ${#arms[@]}]}" "$first"
		first=$((first + leases))
	done
	bench_stop server
}

# column SERVER ARM NUMBER: the median of a column of the results.
column()
{
	awk -v at="$3" '{ print $at }' "$BENCH_DIR/result.$1.$2" | bench_median
}

# ratio SERVER ARM: how often the rate of kea-dhcp-ddns in the same round, as a median.
ratio()
{
	paste -d ' ' "$BENCH_DIR/result.$1.$2" "$BENCH_DIR/result.$1.kea-dhcp-ddns" |
		awk '{ printf "%.1f\n", $1 / $5 }' | bench_median
}

report()
{
	local server arm

	echo
	echo '| server | client | registrations/s | times kea-dhcp-ddns | CPU ms per 10,000 | peak KiB | server CPU ms per 10,000 |'
	echo '|---|---|---|---|---|---|---|'
	for server in "${servers[@]}"; do
		for arm in "${arms[@]}"; do
			echo "| $server | $arm | $(column "$server" "$arm" 1) |" \
				"$(ratio "$server" "$arm") | $(column "$server" "$arm" 2) |" \
				"$(column "$server" "$arm" 3) | $(column "$server" "$arm" 4) |"
		done
	done
}

for ((round = 0; round < rounds; round++)); do
	for server in "${servers[@]}"; do
		one_round "$server" "$round"
	done
done
report
