#!/bin/bash
# SPDX-License-Identifier: ISC
#
# tests/bench/hello: amtnetd beside what people put in front of a provisioning core. README.md says
# what is measured and how to read it. As root; everything runs in one network namespace of its own.
#
# usage: run.sh [-b BUILD] [-r ROUNDS] [-s SECONDS] [-a ARMS] [-o OPENS] [PART...]
#        parts: full rate kinds idle outage kill inventory

set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
build=$here/../../../build rounds=5 seconds=5 opens='64 256 1000'

arms='direct socat nginx nginx-transparent haproxy haproxy-v2 haproxy-transparent amtnetd amtnetd-v1 amtnetd-v2
	amtnetd-transparent'

while getopts b:r:s:a:o: option; do
	case $option in
	b) build=$OPTARG ;;
	r) rounds=$OPTARG ;;
	s) seconds=$OPTARG ;;
	a) arms=$OPTARG ;;
	o) opens=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
parts=("${@:-full rate kinds idle outage kill inventory}")
# shellcheck disable=SC2206 # words on purpose
parts=(${parts[*]})

if [[ -z ${HELLO_BENCH_DIR:-} ]]; then
	((EUID == 0)) || { echo 'run.sh: a network namespace needs root' >&2; exit 1; }
	HELLO_BENCH_DIR=$(mktemp -d /tmp/amtnet-bench-hello.XXXXXX)
	export HELLO_BENCH_DIR
	trap 'rm -rf "$HELLO_BENCH_DIR"' EXIT
	unshare --net --pid --fork --kill-child --mount-proc "$0" -b "$(readlink -f "$build")" -r "$rounds" \
		-s "$seconds" -a "$arms" -o "$opens" "${parts[@]}"
	exit
fi

dir=$HELLO_BENCH_DIR
core=127.0.0.1:9971
declare -A port=([socat]=9901 [nginx]=9902 [haproxy]=9903 [haproxy-v2]=9904 [haproxy-transparent]=9905
	[nginx-transparent]=9906 [haproxy-patient]=9907 [amtnetd]=9911 [amtnetd-v1]=9912 [amtnetd-v2]=9913
	[amtnetd-transparent]=9914 [amtnetd-webhook]=9915 [amtnetd-exec]=9916)
declare -A pid=()
# shellcheck disable=SC2206 # words on purpose
arms=($arms)

has()
{
	[[ " $1 " == *" $2 "* ]]
}

# ---- the relays --------------------------------------------------------------------------------

# start ARM: with an empty state; ready when it returns.
start()
{
	case $1 in
	direct) return ;;
	socat) socat "TCP-LISTEN:${port[socat]},bind=127.0.0.1,reuseaddr,fork,backlog=65535" "TCP:$core" \
		2>"$dir/socat.log" & ;;
	nginx*) start_nginx "$1" ;;
	haproxy*) start_haproxy "$1" ;;
	amtnetd*)
		rm -f "$dir/$1".db*
		start_amtnetd "$1"
		;;
	esac
	pid[$1]=$!
	disown "$!"
	await "$1" ss -Hltn "sport = :${port[$1]}"
}

# await ARM COMMAND...: until the command prints something.
await()
{
	local i arm=$1
	shift

	for ((i = 0; i < 400; i++)); do
		[[ -z $("$@" 2>/dev/null) ]] || return 0
		sleep 0.025
	done
	echo "run.sh: $arm does not listen" >&2
	exit 1
}

stop()
{
	[[ $1 != direct ]] || return 0
	kill "${pid[$1]}" 2>/dev/null || true
	while kill -0 "${pid[$1]}" 2>/dev/null; do sleep 0.02; done
}

start_nginx()
{
	local source=

	# shellcheck disable=SC2016 # nginx expands it
	[[ $1 != nginx-transparent ]] || source='proxy_bind $remote_addr transparent;'
	cat >"$dir/$1.conf" <<-END
		load_module /usr/lib/nginx/modules/ngx_stream_module.so;
		user root; worker_processes 1; daemon off; pid $dir/$1.pid; error_log $dir/$1.log;
		worker_rlimit_nofile 65536;
		events { worker_connections 60000; }
		stream { server { listen 127.0.0.1:${port[$1]} backlog=65535; proxy_pass $core; $source } }
	END
	nginx -c "$dir/$1.conf" 2>"$dir/$1.err" &
}

start_haproxy()
{
	local server='' retries=3

	[[ $1 != haproxy-patient ]] || retries=1000
	[[ $1 != haproxy-v2 ]] || server=send-proxy-v2
	[[ $1 != haproxy-transparent ]] || server='source 0.0.0.0 usesrc clientip'
	cat >"$dir/$1.cfg" <<-END
		global
		  maxconn 9900
		  nbthread 1
		defaults
		  mode tcp
		  retries $retries
		  timeout connect 5s
		  timeout client 60s
		  timeout server 60s
		listen hello
		  bind 127.0.0.1:${port[$1]} backlog 65535
		  server core $core $server
	END
	haproxy -db -f "$dir/$1.cfg" 2>"$dir/$1.log" &
}

# start_amtnetd ARM [PROGRAM ARGUMENT...]: what is to start it.
start_amtnetd()
{
	local how="kind: ${1#amtnetd-}, address: \"$core\"" arm=$1 most=512

	case $arm in
	amtnetd) how="kind: tcp, address: \"$core\"" ;;
	amtnetd-v[12]) how="kind: proxy-${1#amtnetd-}, address: \"$core\"" ;;
	amtnetd-webhook) how="kind: webhook, url: \"http://$core/\"" most=64 ;;
	amtnetd-exec) most=64 how="kind: exec, command: [/usr/bin/socat, -u, STDIN, \"TCP:$core\"]" ;;
	esac
	cat >"$dir/$arm.yaml" <<-END
		state: $dir/$arm.db
		lease: {socket: $dir/$arm-lease.sock}
		control: {socket: $dir/$arm-control.sock}
		log: {level: error}
		hello:
		  listen: ["127.0.0.1:${port[$arm]}"]
		  max-per-address: 100000
		  max-per-prefix: 1000000
		  rate-per-prefix: 0
		  time-limit: 5m
		  cores:
		    - {name: core, $how, in-flight: $most}
	END
	shift
	"$@" "$build/daemon/amtnetd" -c "$dir/$arm.yaml" 2>>"$dir/$arm.log" &
}

# ---- measuring ---------------------------------------------------------------------------------

# cpu PID: utime + stime in microseconds, of its children too, those that ended included (nginx works in one, socat
# forks); 0 when it is gone.
cpu()
{
	local process files=()

	for process in ${1:+"$1" $(pgrep -P "$1")}; do files+=("/proc/$process/stat"); done
	{ cat /dev/null "${files[@]}" 2>/dev/null || true; } |
		awk '{ sub(/.*\) /, ""); sum += $12 + $13 + $14 + $15 } END { print sum * 10000 }'
}

# load ARM ARGUMENT...: one run of hello_load, with "cpu-us N" (per hello) behind it.
load()
{
	local arm=$1 target=$core before after line header=()
	shift

	[[ $arm == direct ]] || target=127.0.0.1:${port[$arm]}
	[[ $arm != *-v[12] ]] || header=(-a)
	[[ $arm != *-webhook ]] || header=(-w)
	before=$(cpu "${pid[$arm]:-}")
	line=$("$dir/hello_load" -t "$target" -l "$core" "${header[@]}" "$@")
	after=$(cpu "${pid[$arm]:-}")
	echo "$line cpu-us $(((after - before) / ($(field arrived "$line") + 1)))"
}

field()
{
	awk -v name="$1" '{ for (i = 1; i < NF; i += 2) if ($i == name) print $(i + 1) }' <<<"$2"
}

median()
{
	sort -g | awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-" }'
}

# rounds_of NAME ARGUMENT...: every arm in every round, the order turned by one each time.
rounds_of()
{
	local name=$1 round i arm
	printf '%s: %d rounds\n' "$1" "$rounds" >&2
	shift

	for ((round = 0; round < rounds; round++)); do
		for ((i = 0; i < ${#arms[@]}; i++)); do
			arm=${arms[(i + round) % ${#arms[@]}]}
			start "$arm"
			load "$arm" "$@" >>"$dir/$name.$arm"
			stop "$arm"
		done
	done
}

column()
{
	while read -r line; do field "$2" "$line"; done <"$1" | median
}

report()
{
	local arm name

	printf '\n%s\n%-22s %10s %8s %9s %9s %7s %7s %7s %7s\n' "$2" arm per-second ratio p50-ms p99-ms cpu-us load-us lost \
		twice
	for arm in "${arms[@]}"; do
		name=$dir/$1.$arm
		printf '%-22s %10s %8s %9s %9s %7s %7s %7s %7s\n' "$arm" "$(column "$name" per-second)" \
			"$(ratio "$1" "$arm")" "$(column "$name" p50-ms)" "$(column "$name" p99-ms)" \
			"$(column "$name" cpu-us)" "$(column "$name" load-us)" "$(column "$name" lost)" "$(column "$name" twice)"
	done
}

# ratio NAME ARM: median over the rounds of its hellos/s by HAProxy's of the same kind in the same round.
ratio()
{
	local peer=haproxy

	case $2 in
	*-v2) peer=haproxy-v2 ;;
	*-transparent) peer=haproxy-transparent ;;
	esac
	[[ -e $dir/$1.$peer ]] || { echo -; return; }
	paste -d' ' <(while read -r line; do field per-second "$line"; done <"$dir/$1.$2") \
		<(while read -r line; do field per-second "$line"; done <"$dir/$1.$peer") |
		awk '{ printf "%.2f\n", $1 / $2 }' | median
}

# idle ARM: kilobytes (PSS of the process and its children) that 10,000 silent connections cost, or fewer where the
# descriptor limit is below what a relay takes that holds two for each.
idle()
{
	local before after count=10000 limit

	limit=$(ulimit -n)
	[[ $1 == amtnetd ]] || ((limit > 20500)) || count=9000

	before=$(pss "$1")
	"$dir/hello_load" -t "127.0.0.1:${port[$1]}" -l "$core" -i "$count" >"$dir/idle.out" &
	for ((i = 0; i < 400; i++)); do
		grep -q idle "$dir/idle.out" && break
		sleep 0.05
	done
	after=$(pss "$1")
	printf '%-22s %6d kB per 10,000, %s\n' "$1" $(((after - before) * 10000 / count)) "$(cat "$dir/idle.out")"
	kill "$!"
	wait "$!" 2>/dev/null || true
}

# disk: how long this disk takes to have 4 KiB for good, appended to a file where the databases are.
disk()
{
	python3 - "$dir/disk" <<-'END'
		import os, sys, time
		fd, times = os.open(sys.argv[1], os.O_CREAT | os.O_TRUNC | os.O_WRONLY), []
		for at in range(1000):
		    os.pwrite(fd, b"x" * 4096, at * 4096)
		    begin = time.monotonic()
		    os.fdatasync(fd)
		    times.append((time.monotonic() - begin) * 1000)
		times.sort()
		print("disk: fdatasync of 4 KiB: p50 %.2f ms, p99 %.2f ms, at most %.1f ms" %
		      (times[500], times[990], times[-1]))
	END
}

pss()
{
	local process sum=0

	for process in "${pid[$1]}" $(pgrep -P "${pid[$1]}"); do
		sum=$((sum + $(awk '/^Pss:/ { print $2 }' "/proc/$process/smaps_rollup")))
	done
	echo "$sum"
}

# ---- the parts ---------------------------------------------------------------------------------

ip link set lo up
sysctl -qw net.core.somaxconn=65535 net.ipv4.tcp_max_syn_backlog=65535 net.ipv4.ip_local_port_range='10000 65000'
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"
cc -O2 -D_GNU_SOURCE -o "$dir/hello_load" "$here/hello_load.c"
# HAProxy's transparent mode needs the same way back that amtnetd makes for itself.
ip route add local default dev lo table 100
ip rule add iif lo ipproto tcp sport 9971 lookup 100

if has "${parts[*]}" full || has "${parts[*]}" rate; then
	disk
fi
if has "${parts[*]}" full; then
	for open in $opens; do
		rounds_of "full$open" -d "$seconds" -o "$open"
		report "full$open" \
			"full speed, $open connections at a time, 1,000 addresses, $seconds s, median of $rounds"
	done
fi
if has "${parts[*]}" rate; then
	for rate in 400 2000; do
		rounds_of "rate$rate" -d "$seconds" -r "$rate"
		report "rate$rate" "$rate hellos/s"
	done
fi
if has "${parts[*]}" kinds; then
	usual=("${arms[@]}") arms=(amtnetd-webhook)
	rounds_of webhook -m 5000 -g 60
	report webhook '5,000 hellos at once, 64 at a time, until the last has arrived'
	for rate in 400 2000; do
		rounds_of "webhook$rate" -d "$seconds" -r "$rate"
		report "webhook$rate" "$rate hellos/s"
	done
	arms=(amtnetd-exec)
	rounds_of exec -m 1000 -g 60
	report exec '1,000 hellos at once, a program each, 64 at a time'
	rounds_of exec100 -d "$seconds" -r 100
	report exec100 '100 hellos/s'
	rounds_of exec2000 -d "$seconds" -r 2000 -g 60
	report exec2000 '2,000 hellos/s, more than programs can be run; until the last has arrived'
	arms=("${usual[@]}")
fi
if has "${parts[*]}" idle; then
	printf '\nidle connections\n'
	for arm in nginx haproxy amtnetd; do
		start "$arm"
		idle "$arm"
		stop "$arm"
	done
fi
if has "${parts[*]}" outage; then
	# Each arm in a network namespace of its own, all at the same time.
	outage_arms=(direct socat nginx haproxy haproxy-patient amtnetd amtnetd-transparent amtnetd-webhook amtnetd-exec)
	for arm in "${outage_arms[@]}"; do
		for how in refuses silent; do
			mkdir "$dir/$how-$arm"
			HELLO_BENCH_DIR=$dir/$how-$arm unshare --net "$0" -b "$build" -a "$arm" "$how" \
				>"$dir/$how.$arm" &
		done
	done
	wait
	for how in refuses silent; do
		printf '\ncore %s for 30 s of 40 s, 50 hellos/s\n' "$how"
		for arm in "${outage_arms[@]}"; do
			printf '%-22s %s\n' "$arm" "$(cat "$dir/$how.$arm")"
		done
	done
fi
for arm in "${arms[@]}"; do # the two ways that a core is away, one arm: by the part outage
	if has "${parts[*]}" refuses; then
		start "$arm"
		load "$arm" -d 40 -r 50 -k 5-35 -g 40
		stop "$arm"
	fi
	if has "${parts[*]}" silent; then
		start "$arm"
		nft add table ip outage
		nft add chain ip outage in '{ type filter hook input priority 0; }'
		{ sleep 5; nft add rule ip outage in tcp dport "${core#*:}" drop; sleep 30; nft flush chain ip outage in; } &
		load "$arm" -d 40 -r 50 -g 40
		stop "$arm"
	fi
done
if has "${parts[*]}" kill; then
	printf '\nrelay killed (-9) at 3 s of 6 s while the core is away, then started again, 200 hellos/s\n'
	for arm in socat nginx haproxy amtnetd; do
		if [[ $arm == amtnetd ]]; then
			rm -f "$dir/$arm".db*
			start_amtnetd "$arm" "$here/socket_unit.py" "127.0.0.1:${port[$arm]}"
			pid[$arm]=$!
			disown "$!"
			await "$arm" ls "$dir/$arm-control.sock"
		else
			start "$arm"
		fi
		load "$arm" -d 6 -r 200 -k 1-5 -g 20 >"$dir/kill.out" &
		sleep 3
		if [[ $arm == amtnetd ]]; then
			kill -KILL "$(pgrep -P "${pid[$arm]}")"
		else
			kill -STOP "${pid[$arm]}" # no new children
			# shellcheck disable=SC2046 # a list of processes
			kill -KILL "${pid[$arm]}" $(pgrep -P "${pid[$arm]}")
			start "$arm"
		fi
		wait
		printf '%-22s %s (failed: refused while it was down)\n' "$arm" "$(cat "$dir/kill.out")"
		stop "$arm"
	done
fi
if has "${parts[*]}" inventory; then
	"$here/inventory.sh" "$build" "$dir"
fi
