# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the DNS benchmarks share: a network namespace of their own, a name server with fresh zones on
# 127.0.0.1:53, amtnetd, the count of what is registered, CPU time and memory. Source this file and call
# bench_begin "$@" first: it starts the script again inside the namespace.
# shellcheck disable=SC2034 # some variables are for those who source this

BENCH_SOURCE=$(readlink -f "$(dirname "${BASH_SOURCE[0]}")/../../..")
BENCH_BUILD=${AMTNET_BUILD:-$BENCH_SOURCE/build}
BENCH_FEED=$BENCH_BUILD/tests/bench/dns
BENCH_ZONE=bench.test
BENCH_REVERSE=10.in-addr.arpa
BENCH_ZONES=("$BENCH_ZONE" "$BENCH_REVERSE")
BENCH_DIR=
declare -gA BENCH_PIDS=()

# bench_begin ARGUMENT...: needs root; ends every process it started and removes its files on exit.
bench_begin()
{
	((EUID == 0)) || bench_die 'network namespaces need root'
	if [[ -z ${BENCH_INSIDE:-} ]]; then
		exec env BENCH_INSIDE=1 unshare --net bash "$(readlink -f "$0")" "$@"
	fi
	ip link set lo up
	export PATH=$PATH:/usr/sbin:/sbin
	BENCH_DIR=$(mktemp -d /tmp/amtnet-bench.XXXXXX)
	chmod 0755 "$BENCH_DIR"
	head -c 32 /dev/urandom | base64 -w 0 >"$BENCH_DIR/key"
	chmod 0600 "$BENCH_DIR/key"
	trap bench_end EXIT
	trap 'exit 130' INT TERM
}

bench_die()
{
	echo "${0##*/}: $1" >&2
	exit 1
}

bench_end()
{
	local name

	for name in "${!BENCH_PIDS[@]}"; do
		bench_stop "$name" KILL
	done
	[[ -n ${BENCH_KEEP:-} ]] || rm -rf "$BENCH_DIR"
}

# bench_spawn NAME COMMAND...: in the background, its output in NAME.log.
bench_spawn()
{
	local name=$1
	shift

	"$@" >>"$BENCH_DIR/$name.log" 2>&1 &
	BENCH_PIDS[$name]=$!
}

# bench_stop NAME [SIGNAL]: ends it and waits for its end.
bench_stop()
{
	local pid=${BENCH_PIDS[$1]:-}

	[[ -n $pid ]] || return 0
	kill -"${2:-TERM}" "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	unset "BENCH_PIDS[$1]"
}

# bench_wait SECONDS WHAT COMMAND...: until the command succeeds.
bench_wait()
{
	local until=$((SECONDS + $1)) what=$2
	shift 2

	until "$@"; do
		((SECONDS < until)) || bench_die "$what"
		sleep 0.05
	done
}

# ---- name servers ----------------------------------------------------------------------------

# bench_server bind|knot: fresh zones, fresh journal; ready when it returns.
bench_server()
{
	local zone

	bench_stop server
	rm -rf "$BENCH_DIR/zones"
	mkdir -p "$BENCH_DIR/zones"
	for zone in "${BENCH_ZONES[@]}"; do
		bench_zone_file >"$BENCH_DIR/zones/$zone.zone"
	done
	"bench_configure_$1"
	bench_run_server "$1"
}

# bench_run_server bind|knot: starts it as it is configured.
bench_run_server()
{
	if [[ $1 == bind ]]; then
		bench_spawn server named -g -c "$BENCH_DIR/named.conf"
	else
		bench_spawn server knotd -c "$BENCH_DIR/knot.conf"
	fi
	bench_wait 60 "the name server does not answer, see $BENCH_DIR/server.log" bench_server_answers
}

bench_server_answers()
{
	local zone

	for zone in "${BENCH_ZONES[@]}"; do
		[[ -n $(dig @127.0.0.1 +short +time=1 +tries=1 "$zone" SOA 2>/dev/null) ]] || return 1
	done
}

bench_zone_file()
{
	cat <<-END
		\$TTL 300
		@ IN SOA ns.invalid. hostmaster.invalid. 1 3600 600 86400 30
		@ IN NS ns.invalid.
	END
}

bench_configure_bind()
{
	local zone

	{
		cat <<-END
			options {
				directory "$BENCH_DIR/zones";
				pid-file none;
				session-keyfile none;
				lock-file none;
				listen-on { 127.0.0.1; };
				listen-on-v6 { none; };
				recursion no;
				dnssec-validation no;
				notify no;
				allow-transfer { 127.0.0.1; };
			};
			controls { };
			logging { category update { null; }; category update-security { null; }; };
			key amtnet { algorithm hmac-sha256; secret "$(<"$BENCH_DIR/key")"; };
		END
		for zone in "${BENCH_ZONES[@]}"; do
			echo "zone \"$zone\" { type primary; file \"$BENCH_DIR/zones/$zone.zone\";" \
				"update-policy { grant amtnet zonesub ANY; }; };"
		done
	} >"$BENCH_DIR/named.conf"
}

bench_configure_knot()
{
	local zone

	{
		cat <<-END
			server:
			    rundir: "$BENCH_DIR"
			    listen: 127.0.0.1@53
			    udp-workers: 1
			    tcp-workers: 1
			    background-workers: 1
			log:
			  - target: stderr
			    any: warning
			database:
			    storage: "$BENCH_DIR/zones"
			    journal-db-max-size: 4G
			key:
			  - id: amtnet
			    algorithm: hmac-sha256
			    secret: $(<"$BENCH_DIR/key")
			acl:
			  - id: update
			    key: amtnet
			    action: update
			  - id: transfer
			    address: 127.0.0.1
			    action: transfer
			template:
			  - id: default
			    storage: "$BENCH_DIR/zones"
			    file: "%s.zone"
			    zonefile-sync: -1
			    journal-content: changes
			    journal-max-usage: 2G
			    acl: [ update, transfer ]
			zone:
		END
		for zone in "${BENCH_ZONES[@]}"; do
			echo "  - domain: $zone"
		done
	} >"$BENCH_DIR/knot.conf"
}

# bench_axfr ZONE: the zone's records, one a line.
bench_axfr()
{
	dig @127.0.0.1 +noall +answer +time=60 +tries=1 "$1" AXFR
}

# bench_registered [FIRST COUNT]: how many registrations are complete: a name with A and DHCID, and a PTR
# at the address that leads back to it; all, or those of COUNT clients from number FIRST on.
bench_registered()
{
	local zone

	for zone in "${BENCH_ZONES[@]}"; do
		bench_axfr "$zone"
	done | awk -v first="${1:-0}" -v count="${2:-100000000}" '
		$4 == "A" && $1 ~ /^pc/ {
			number = substr($1, 3, index($1, ".") - 3) + 0
			if (number >= first && number < first + count)
				address[$1] = $5
		}
		$4 == "DHCID" { dhcid[$1] = 1 }
		$4 == "PTR" { pointer[$1] = $5 }
		END {
			for (name in address) {
				split(address[name], part, ".")
				reverse = part[4] "." part[3] "." part[2] "." part[1] ".in-addr.arpa."
				found += name in dhcid && pointer[reverse] == name
			}
			print found + 0
		}'
}

# ---- amtnetd ---------------------------------------------------------------------------------

# bench_amtnetd: with an empty database; ready when it returns.
bench_amtnetd()
{
	rm -f "$BENCH_DIR"/amtnetd.db*
	bench_configure_amtnetd >"$BENCH_DIR/amtnetd.yaml"
	bench_run_amtnetd
}

bench_run_amtnetd()
{
	: >"$BENCH_DIR/amtnetd.log"
	bench_spawn amtnetd "$BENCH_BUILD/daemon/amtnetd" -c "$BENCH_DIR/amtnetd.yaml"
	bench_wait 60 "amtnetd does not start, see $BENCH_DIR/amtnetd.log" \
		grep -q 'daemon: ready' "$BENCH_DIR/amtnetd.log"
}

bench_configure_amtnetd()
{
	local zone

	cat <<-END
		state: $BENCH_DIR/amtnetd.db
		lease:
		  socket: $BENCH_DIR/lease.sock
		control:
		  socket: $BENCH_DIR/control.sock
		dns:
		  keys:
		    - name: amtnet
		      secret-file: $BENCH_DIR/key
		  zones:
	END
	for zone in "${BENCH_ZONES[@]}"; do
		printf '    - name: %s\n      servers: [127.0.0.1]\n      key: amtnet\n' "$zone"
	done
}

# bench_ctl COMMAND...: amtnetctl on this daemon.
bench_ctl()
{
	"$BENCH_BUILD/daemon/amtnetctl" -s "$BENCH_DIR/control.sock" "$@"
}

# bench_present COUNT: whether amtnetd knows so many names (forward and reverse each count) to be in
# DNS.
bench_present()
{
	local present

	present=$(bench_ctl status | awk '$1 == "dns.names.present" { print $2 }')
	((${present:-0} >= $1))
}

# ---- Kea's own DNS daemon ----------------------------------------------------------------------

# bench_d2: kea-dhcp-ddns for the same zones; ready when it returns.
bench_d2()
{
	bench_configure_d2 >"$BENCH_DIR/d2.json"
	rm -f "$BENCH_DIR"/*.pid "$BENCH_DIR/d2.sock" # the socket file of one that was killed
	KEA_PIDFILE_DIR=$BENCH_DIR KEA_LOCKFILE_DIR=$BENCH_DIR KEA_LOGGER_DESTINATION=stderr \
		bench_spawn d2 kea-dhcp-ddns -c "$BENCH_DIR/d2.json"
	bench_wait 20 "kea-dhcp-ddns does not start, see $BENCH_DIR/d2.log" \
		test -S "$BENCH_DIR/d2.sock"
}

bench_configure_d2()
{
	local zone forward='' reverse=''

	for zone in "${BENCH_ZONES[@]}"; do
		local domain="{ \"name\": \"$zone.\", \"key-name\": \"amtnet\",
			\"dns-servers\": [ { \"ip-address\": \"127.0.0.1\" } ] }"

		if [[ $zone == *.arpa ]]; then
			reverse+=${reverse:+,}$domain
		else
			forward+=${forward:+,}$domain
		fi
	done
	cat <<-END
		{ "DhcpDdns": {
			"ip-address": "127.0.0.1", "port": 53001, "dns-server-timeout": 500,
			"control-socket": { "socket-type": "unix", "socket-name": "$BENCH_DIR/d2.sock" },
			"tsig-keys": [ { "name": "amtnet", "algorithm": "HMAC-SHA256",
				"secret": "$(<"$BENCH_DIR/key")" } ],
			"forward-ddns": { "ddns-domains": [ $forward ] },
			"reverse-ddns": { "ddns-domains": [ $reverse ] },
			"loggers": [ { "name": "kea-dhcp-ddns", "severity": "FATAL",
				"output_options": [ { "output": "stderr" } ] } ]
		} }
	END
}

# ---- what it cost ----------------------------------------------------------------------------

# bench_cpu_ms NAME: CPU time of a process so far, user and system.
bench_cpu_ms()
{
	local -a stat
	local hertz

	hertz=$(getconf CLK_TCK)
	read -ra stat < <(sed 's/.*) //' "/proc/${BENCH_PIDS[$1]}/stat")
	echo $(((stat[11] + stat[12]) * 1000 / hertz))
}

# bench_cpu_us NAME: the same of a process all of whose threads live, in microseconds.
bench_cpu_us()
{
	awk '{ sum += $1 } END { printf "%d\n", sum / 1000 }' "/proc/${BENCH_PIDS[$1]}"/task/*/schedstat
}

# bench_peak_kib NAME: the most memory it ever had.
bench_peak_kib()
{
	awk '$1 == "VmHWM:" { print $2 }' "/proc/${BENCH_PIDS[$1]}/status"
}

# bench_now_ms: wall time.
bench_now_ms()
{
	echo $(($(date +%s%N) / 1000000))
}

# bench_median: of the numbers on standard input.
bench_median()
{
	sort -n | awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-" }'
}
