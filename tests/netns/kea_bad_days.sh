#!/bin/bash
# SPDX-License-Identifier: ISC
#
# kea_bad_days.sh machine|SUITE: what must not hurt. Whatever happens to the daemon, its socket, the
# parameters or the server's configuration, every client gets its address, Kea's memory stays where it
# is, and when the bad day is over DNS agrees with the lease store.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly kea=$1 clients=200 many=5000

# serve SEED [ARGUMENT...]: leases for clients of their own, or again for those who had that seed.
serve()
{
	lab_dora $clients -S "$1" -w 16 -t 90 "${@:2}" >"$LAB_DIR/leased" 2>"$LAB_DIR/summary"
}

at_least()
{
	(($(lab_hook_number "$1") >= $2))
}

# all_served PROCESS WHAT: a `serve` in the background is over, and nobody is without a lease.
all_served()
{
	wait "$1" || true
	tap_ok "$2: all clients get leases" tap_says 'failed=0' "$LAB_DIR/summary"
}

connected()
{
	lab_kea amtnet-status >"$LAB_DIR/status" && grep -q '"connection": "connected"' "$LAB_DIR/status"
}

disabled()
{
	lab_kea amtnet-status >"$LAB_DIR/status" && grep -q '"state": "disabled"' "$LAB_DIR/status"
}

# Kea's resident memory in KiB, its threads, its open descriptors.
resident()
{
	awk '/^VmRSS/ { print $2 }' "/proc/${LAB_PIDS[kea]}/status"
}

threads()
{
	awk '/^Threads/ { print $2 }' "/proc/${LAB_PIDS[kea]}/status"
}

descriptors()
{
	find "/proc/${LAB_PIDS[kea]}/fd" -type l | wc -l
}

# as_many WHAT COUNT
as_many()
{
	(($("$1") <= $2))
}

# stored: "NAME ADDRESS" of the active leases, from the lease store. All clients here send full names,
# which Kea keeps, so that leases without a tag are seen too.
stored()
{
	awk -F, 'NR > 1 { name[$1] = $9; active[$1] = $10 == 0 && $4 > 0 }
		END { for (a in name) if (active[a] && sub(/\.$/, "", name[a])) print name[a], a }' \
		"$LAB_DIR/leases.csv" | sort
}

# registered: the same from DNS.
registered()
{
	lab_exec core dig @10.81.2.2 +time=5 +tries=1 +noall +answer corp.example AXFR |
		awk '$4 == "A" && $1 !~ /^(ns|provisionserver)\./ { sub(/\.$/, "", $1); print $1, $5 }' | sort
}

agrees()
{
	stored >"$LAB_DIR/stored"
	registered >"$LAB_DIR/registered"
	[[ -s $LAB_DIR/stored ]] && cmp -s "$LAB_DIR/stored" "$LAB_DIR/registered"
}

# configure PARAMETERS [SOCKET]: Kea's configuration with other parameters of the hook.
configure()
{
	local LAB_HOOK_PARAMETERS=$1 socket=$LAB_DIR/run/lease.sock

	lab_configure_kea "$(lab_lease_cmds_entry), $(lab_hook_entry)" |
		sed "s|\"$socket\"|\"${2:-$socket}\"|" >"$LAB_DIR/kea-dhcp4.conf"
}

loaded()
{
	(($(grep -Ec 'AMTNET_(LOADED|DISABLED)' "$(lab_log kea)") >= $1))
}

# reload: SIGHUP, and waits until the hook is loaded again.
reload()
{
	local before

	before=$(grep -Ec 'AMTNET_(LOADED|DISABLED)' "$(lab_log kea)")
	kill -s HUP "${LAB_PIDS[kea]}"
	lab_wait_for 20 loaded $((before + 1))
}

# ---- the days --------------------------------------------------------------------------------

garbage_on_the_socket()
{
	lab_stop amtnetd
	rm -f "$LAB_DIR/run/lease.sock"
	# shellcheck disable=SC2016 # expanded by the child
	lab_spawn liar dhcp socat "UNIX-LISTEN:$LAB_DIR/run/lease.sock,socktype=5,fork" \
		'SYSTEM:head -c 1500 /dev/urandom; exec cat'
	lab_wait_for 5 test -S "$LAB_DIR/run/lease.sock"
	lab_wait_for 40 at_least connects 2 || true
	tap_ok 'a daemon that talks garbage: all clients get leases' serve 1000000
	tap_ok 'and the hook hung up on it' at_least connects 2
	lab_stop liar
	rm -f "$LAB_DIR/run/lease.sock"
	lab_run_amtnetd
	tap_soon 60 'afterwards DNS agrees with the lease store' agrees
}

slow_daemon()
{
	local server=${LAB_PIDS[amtnetd]} load

	serve 2000000 -p 5 &
	load=$!
	while kill -0 "$load" 2>/dev/null; do
		kill -s STOP "$server"
		sleep 0.2 # it is slow, not waited for
		kill -s CONT "$server"
		sleep 0.02
	done
	all_served "$load" 'a daemon that runs a tenth of the time'
	tap_soon 60 'afterwards DNS agrees with the lease store' agrees
}

# The daemon is stopped for as long as it takes to fill the hook's memory; the clients are renewed, so
# that Kea's own lease store does not grow.
stopped_daemon()
{
	local before after

	kill -s STOP "${LAB_PIDS[amtnetd]}"
	tap_ok "a daemon stopped dead: $many clients get leases" \
		lab_dora $many -S 3000000 -t 60
	lab_dora $many -S 3000000 -t 60 >/dev/null 2>&1
	before=$(resident)
	for _ in 1 2 3; do
		lab_dora $many -S 3000000 -t 60 >/dev/null 2>&1
	done
	after=$(resident)
	tap_ok 'the memory for events is full, and what is lost is counted' at_least lost 1000
	echo "# VmRSS $before KiB, after $((3 * many)) more answers $after KiB; lost $(lab_hook_number lost) events"
	tap_ok 'Kea did not grow by as much as 2 MiB meanwhile' test $((after - before)) -lt 2048
	kill -s CONT "${LAB_PIDS[amtnetd]}"
	tap_soon 90 'afterwards DNS agrees with the lease store' agrees
}

killed_daemon()
{
	local load

	serve 4000000 -p 10 &
	load=$!
	for _ in 1 2 3; do
		lab_stop amtnetd KILL
		lab_run_amtnetd
	done
	all_served "$load" 'a daemon that is killed three times'
	tap_soon 60 'afterwards DNS agrees with the lease store' agrees
}

# socket_trouble WHAT PATH
socket_trouble()
{
	configure '' "$2"
	reload
	tap_ok "$1: all clients get leases" serve 5000000
	tap_ok 'and the hook says that it is not connected' tap_not connected
}

no_permission()
{
	lab_stop kea
	LAB_KEA_UNDER=(setpriv --bounding-set '-dac_override,-dac_read_search')
	[[ ${#LAB_KEA_IN[@]} == 0 ]] || LAB_KEA_UNDER=()
	chown nobody "$LAB_DIR/run/lease.sock"
	chmod 0600 "$LAB_DIR/run/lease.sock"
	lab_run_kea
	tap_ok 'a socket without permission: all clients get leases' serve 6000000
	lab_kea amtnet-status >"$LAB_DIR/status"
	if ((${#LAB_KEA_UNDER[@]} > 0)); then
		tap_ok 'and the hook says why' tap_says 'Permission denied' "$LAB_DIR/status"
	fi
	LAB_KEA_UNDER=()
	chown root "$LAB_DIR/run/lease.sock"
	tap_soon 60 'with permission it connects by itself, and DNS agrees' agrees
}

bad_parameters()
{
	configure ', "take-over": "everybody", "colour": "red"'
	reload
	tap_ok 'bad parameters at a reload: all clients get leases' serve 7000000
	tap_ok 'and the hook says that it is disabled' disabled
	tap_ok 'and which parameter is wrong' tap_says 'AMTNET_PROBLEM.*take-over' "$(lab_log kea)"
	lab_stop kea
	lab_run_kea
	tap_ok 'bad parameters at the start: all clients get leases' serve 8000000
	configure ''
	reload
	tap_soon 20 'corrected and reloaded: connected' connected
	tap_ok 'clients get leases' serve 7000000
	lab_dora $clients -S 8000000 -w 16 -t 30 >/dev/null 2>&1
	tap_soon 60 'afterwards DNS agrees with the lease store' agrees
}

reload_storm()
{
	local before after number thread_count descriptor_count load

	for number in 1 2 3 4 5; do
		reload
	done
	serve 9500000
	lab_wait_for 20 connected || true
	before=$(resident)
	thread_count=$(threads)
	descriptor_count=$(descriptors)
	serve 9000000 -p 5 &
	load=$!
	for ((number = 0; number < 50; number++)); do
		reload
	done
	all_served "$load" '50 reloads under load'
	lab_wait_for 20 connected || true
	after=$(resident)
	echo "# VmRSS after 5 reloads $before KiB, after 50 more under load $after KiB"
	tap_ok 'Kea did not grow by as much as 8 MiB' test $((after - before)) -lt 8192
	tap_soon 10 'no thread is left over' as_many threads "$thread_count"
	tap_soon 10 'no descriptor is left over' as_many descriptors "$descriptor_count"
	tap_soon 60 'afterwards DNS agrees with the lease store' agrees
}

odd_packets()
{
	local size

	for size in 1 100 236 240 241 300 576 1400; do
		head -c "$size" /dev/urandom |
			lab_exec rtr socat -u - UDP4:10.81.1.2:67,bind=10.81.20.1:67,reuseaddr
		# A header that is right, and noise where the options are.
		{
			lab_bytes 01010601"$(printf %08x "$size")"00000000000000000000000000000000
			lab_bytes 0a511401020000000001"$(printf %0404d 0)"63825363350101
			head -c "$size" /dev/urandom
		} | lab_exec rtr socat -u - UDP4:10.81.1.2:67,bind=10.81.20.1:67,reuseaddr
	done
	tap_ok 'after packets of noise all clients get leases' serve 9900000
	tap_ok 'and no exception was caught' test "$(lab_hook_number exceptions)" = 0
}

tap_begin kea-dhcp4 knotd setpriv
lab_use_kea "$kea" || tap_skip "$LAB_KEA_WHY"
LAB_SUBNET2=10.81.0.0/16
LAB_POOL2='10.81.32.0 - 10.81.255.254'
lab_net
lab_start_ns knot
lab_start_amtnetd
lab_start_kea

reload_storm
slow_daemon
killed_daemon
stopped_daemon
garbage_on_the_socket
socket_trouble 'a socket in no directory' /nowhere/lease.sock
socket_trouble 'a socket that is a file' "$LAB_DIR/kea-dhcp4.conf"
bad_parameters
no_permission
odd_packets
tap_end
