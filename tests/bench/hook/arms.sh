# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# The arms of tests/bench/hook: which library Kea loads in each, and Kea started with it. Source after
# tools/lab.sh.

# shellcheck disable=SC2034 # for those who source this
bench_arms=(none noop-0 noop-1 noop-2 noop-3 noop untagged absent stopped attached d2 run_script)

readonly bench_d2='"dhcp-ddns": {"enable-updates": true, "server-ip": "127.0.0.1", "server-port": 53001},
	"ddns-override-client-update": true, "ddns-override-no-update": true,
	"ddns-qualifying-suffix": "corp.example",'

# bench_net: the lab's network with room for 57,000 clients behind the relay.
bench_net()
{
	LAB_SUBNET2=10.81.0.0/16
	LAB_POOL2='10.81.32.0 - 10.81.255.254'
	lab_net
}

# bench_noop CALLOUTS: an empty library with so many of the four callouts that packets come by.
bench_noop()
{
	printf '{"library": "%s/tests/support/libnoop_hook%s.so"}' "$LAB_BUILD" "$1"
}

bench_library()
{
	case $1 in
	none | d2) ;;
	noop) bench_noop 4 ;;
	noop-*) bench_noop "${1#noop-}" ;;
	attached | stopped | absent | ours) lab_hook_entry ;;
	untagged) LAB_HOOK_PARAMETERS=', "tag-leases": false' lab_hook_entry ;;
	run_script)
		printf '{"library": "%s", "parameters": {"name": "/bin/true", "sync": false}}' \
			"/usr/lib/$(gcc -print-multiarch)/kea/hooks/libdhcp_run_script.so"
		;;
	esac
}

# bench_configure ARM: Kea's configuration, which logs nothing per packet.
bench_configure()
{
	local extra=

	[[ $1 != d2 ]] || extra=$bench_d2
	lab_configure_kea "$(bench_library "$1")" |
		awk -v extra="$extra" '{ sub(/"severity": "INFO"/, "\"severity\": \"WARN\""); print }
			NR == 1 { print extra }' >"$LAB_DIR/kea-dhcp4.conf"
}

# bench_start_kea ARM [PROGRAM ARGUMENT...]: serving when it returns; the program runs Kea.
bench_start_kea()
{
	bench_configure "$1"
	rm -f "$LAB_DIR"/leases.csv*
	lab_spawn kea dhcp env KEA_PIDFILE_DIR="$LAB_DIR/run" KEA_LOCKFILE_DIR="$LAB_DIR/run" "${@:2}" \
		"$(lab_program kea-dhcp4)" -c "$LAB_DIR/kea-dhcp4.conf"
	lab_wait_for 30 bench_serves || lab_fail "Kea does not serve in arm $1: $(tail -n 3 "$(lab_log kea)")"
}

# One client outside the count: Kea is warm, and the hook has made its first connection.
bench_serves()
{
	lab_dora 1 -S 4000000000 -t 1
}
