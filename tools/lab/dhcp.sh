# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# The lab's DHCP: Kea with our hook, the relay, and the clients that stand in for the ME's DHCP side.
# Part of tools/lab.sh.

# shellcheck disable=SC2153 # LAB_TOOLS is set by lab.sh
LAB_POOL1='10.81.1.100 - 10.81.1.199'
LAB_POOL2='10.81.20.20 - 10.81.20.249'
# The relayed subnet; larger ones hold many clients of lab_dora.
LAB_SUBNET2=10.81.20.0/24

# Which Kea: empty for the machine's own, otherwise what to put before its command line.
LAB_KEA_IN=()
LAB_KEA_HOOK=
export LAB_KEA_WHY=
# The server that lab_kea asks, and amtnetd compares its names with; its control socket.
export LAB_KEA_SERVER=dhcp4
export LAB_KEA_SOCKET=kea.sock
# What Kea finds in its environment besides: NAME=VALUE words; and what runs it, e.g. valgrind.
LAB_KEA_ENV=()
LAB_KEA_UNDER=()
# More parameters of the hook's entry, as JSON members with a comma before each.
LAB_HOOK_PARAMETERS=

# lab_use_kea machine|SUITE: from now on Kea is the machine's, or that of a root of a Debian suite
# (tools/lab/roots.sh), with the hook that was built for it. Status 1 when there is no such root, and
# why is in LAB_KEA_WHY.
lab_use_kea()
{
	local root hook hooks

	LAB_KEA_IN=()
	LAB_KEA_HOOK=
	[[ $1 != machine ]] || return 0
	if ! root=$(lab_root "$1"); then
		LAB_KEA_WHY=$root
		return 1
	fi
	hook=$(lab_root_hook "$root") || lab_fail "the hook does not build with the Kea of Debian $1"
	hooks=$(echo "$root"/usr/lib/*/kea/hooks)
	LAB_KEA_HOOK=${hooks#"$root"}/libdhcp_amtnet.so
	LAB_KEA_IN=("$LAB_TOOLS/lab/in-root" "$root" "$LAB_DIR" "$hook:$LAB_KEA_HOOK" --)
}

# lab_use_asan_hook: from now on the machine's Kea loads a hook that is built with AddressSanitizer and
# UBSan. The first finding ends Kea; what was found is in log/asan.*. Leaks are not looked for.
lab_use_asan_hook()
{
	local build=$LAB_BUILD/hook-asan log=$LAB_DIR/log/asan

	# shellcheck disable=SC2016 # expanded by the shell that runs it
	flock "$LAB_BUILD/hook-asan.lock" sh -c '
		[ -e "$2/build.ninja" ] || meson setup -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 \
			-Dhook=enabled -Ddaemon=disabled -Dcheck=disabled -Dman=disabled -Dtests=disabled \
			"$2" "$1" || exit
		exec ninja -C "$2" kea-hook/libdhcp_amtnet.so' sh "$LAB_SOURCE" "$build" >"$build.log" 2>&1 ||
		lab_fail "the hook does not build with AddressSanitizer, see $build.log"
	LAB_KEA_HOOK=$build/kea-hook/libdhcp_amtnet.so
	LAB_KEA_ENV=("LD_PRELOAD=$(gcc -print-file-name=libasan.so)"
		"ASAN_OPTIONS=detect_leaks=0:halt_on_error=1:log_path=$log"
		"UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:log_path=$log")
}

# lab_start_kea [none]: kea-dhcp4 in dhcp, with libdhcp_amtnet.so unless `none` is said.
lab_start_kea()
{
	local hooks=

	if [[ ${1:-} != none ]]; then
		hooks="$(lab_lease_cmds_entry), $(lab_hook_entry)"
	fi
	lab_configure_kea "$hooks" >"$LAB_DIR/kea-dhcp4.conf"
	: >"$LAB_DIR/leases.csv"
	lab_run_kea
}

# lab_run_kea: starts Kea as it was configured, e.g. again after lab_stop kea.
lab_run_kea()
{
	local program=kea-dhcp4

	((${#LAB_KEA_IN[@]} > 0)) || program=$(lab_program kea-dhcp4)
	: >"$LAB_DIR/log/kea.log"
	lab_spawn kea dhcp "${LAB_KEA_IN[@]}" env KEA_PIDFILE_DIR="$LAB_DIR/run" \
		KEA_LOCKFILE_DIR="$LAB_DIR/run" KEA_DHCP_DATA_DIR="$LAB_DIR" \
		KEA_CONTROL_SOCKET_DIR="$LAB_DIR/run" "${LAB_KEA_ENV[@]}" \
		"${LAB_KEA_UNDER[@]}" "$program" -c "$LAB_DIR/kea-dhcp4.conf"
	lab_await kea 20 DHCP4_STARTED
}

lab_hook_entry()
{
	local hook=${LAB_KEA_HOOK:-$LAB_BUILD/kea-hook/libdhcp_amtnet.so}

	[[ -n $LAB_KEA_HOOK || -e $hook ]] || lab_fail "$hook is missing: build first"
	if [[ -z $LAB_KEA_HOOK && $(lab_program kea-dhcp4) == "$LAB_DIR"/* ]]; then
		hook=$LAB_DIR/bin/libdhcp_amtnet.so
		cp "$LAB_BUILD/kea-hook/libdhcp_amtnet.so" "$hook"
	fi
	printf '{"library": "%s", "parameters": {"socket": "%s/run/lease.sock"%s}}' \
		"$hook" "$LAB_DIR" "$LAB_HOOK_PARAMETERS"
}

# lab_lease_cmds_entry: the library of Kea's that lists the leases, which amtnetd compares with its names.
lab_lease_cmds_entry()
{
	local root=${LAB_KEA_IN[1]:-} hooks

	hooks=$(echo "$root"/usr/lib/*/kea/hooks)
	printf '{"library": "%s/libdhcp_lease_cmds.so"}' "${hooks#"$root"}"
}

lab_configure_kea()
{
	cat <<-END
		{"Dhcp4": {
		  "interfaces-config": {"interfaces": ["eth0"], "dhcp-socket-type": "raw"},
		  "control-socket": {"socket-type": "unix", "socket-name": "$LAB_DIR/run/kea.sock"},
		  "lease-database": {"type": "memfile", "persist": true, "name": "$LAB_DIR/leases.csv",
		    "lfc-interval": 0},
		  "multi-threading": {"enable-multi-threading": true, "thread-pool-size": 2,
		    "packet-queue-size": 64},
		  "expired-leases-processing": {"reclaim-timer-wait-time": 1,
		    "flush-reclaimed-timer-wait-time": 0},
		  "valid-lifetime": 3600,
		  "option-data": [
		    {"name": "domain-name", "data": "corp.example"},
		    {"name": "domain-name-servers", "data": "10.81.2.2"}],
		  "client-classes": [{"name": "intel-me", "test": "option[81].exists"}],
		  "hooks-libraries": [$1],
		  "subnet4": [
		    {"id": 1, "subnet": "10.81.1.0/24", "pools": [{"pool": "$LAB_POOL1"}],
		      "option-data": [{"name": "routers", "data": "10.81.1.1"}]},
		    {"id": 2, "subnet": "$LAB_SUBNET2",
		      "pools": [{"pool": "$LAB_POOL2"}],
		      "option-data": [{"name": "routers", "data": "10.81.20.1"}]}],
		  "loggers": [{"name": "kea-dhcp4", "severity": "INFO",
		    "output_options": [{"output": "stdout"}]}]
		}}
	END
}

# lab_kea COMMAND [ARGUMENTS-JSON]: Kea's answer on its control socket, for jq-less eyes and grep.
lab_kea()
{
	printf '{"command": "%s"%s}' "$1" "${2:+, \"arguments\": $2}" |
		socat -t 5 - "UNIX-CONNECT:$LAB_DIR/run/$LAB_KEA_SOCKET"
}

# lab_hook_number NAME: a number of the hook's status.
lab_hook_number()
{
	lab_kea amtnet-status | grep -o "\"$1\": [0-9]*" | grep -o '[0-9]*$'
}

# lab_start_relay: the DHCP relay of pc2's subnet.
lab_start_relay()
{
	local program

	program=$(lab_program dhcrelay)
	lab_spawn relay rtr "$program" -4 -d --no-pid -id lan -iu eth0 10.81.1.2
	lab_await relay 10 'Sending on   LPF/lan'
}

# ---- clients ---------------------------------------------------------------------------------

# lab_lease PC NAME: the ME's DHCP side in PC: dhclient asks for an address with option 81 (S and E
# set, the full name), takes it, and keeps running. Its leases are in dhclient-PC.leases.
lab_lease()
{
	local pc=$1 program

	program=$(lab_program dhclient)
	cat >"$LAB_DIR/dhclient-$pc.conf" <<-END
		timeout 20;
		retry 2;
		initial-interval 1;
		send fqdn.fqdn "$2.";
		send fqdn.encoded on;
		send fqdn.server-update on;
		send fqdn.no-client-update off;
		request subnet-mask, routers, domain-name, domain-name-servers, fqdn.fqdn;
	END
	lab_spawn "dhclient-$pc" "$pc" "$program" -4 -d -1 -cf "$LAB_DIR/dhclient-$pc.conf" \
		-lf "$LAB_DIR/dhclient-$pc.leases" -pf "$LAB_DIR/run/dhclient-$pc.pid" \
		-sf "$LAB_TOOLS/lab/dhcp-script" eth0
	lab_await "dhclient-$pc" 25 'bound to'
}

# lab_release PC: gives the address back, as dhclient does when it is told to.
lab_release()
{
	local program

	program=$(lab_program dhclient)
	lab_stop "dhclient-$1"
	lab_exec "$1" "$program" -4 -r -cf "$LAB_DIR/dhclient-$1.conf" \
		-lf "$LAB_DIR/dhclient-$1.leases" -pf "$LAB_DIR/run/dhclient-$1.pid" \
		-sf "$LAB_TOOLS/lab/dhcp-script" eth0 >>"$(lab_log "dhclient-$1")" 2>&1
}

# lab_told_server_updates PC: option 81 of the answer says S (the server does A and PTR) and not N.
lab_told_server_updates()
{
	grep -q 'option fqdn.server-update true' "$LAB_DIR/dhclient-$1.leases" &&
		grep -q 'option fqdn.no-client-update false' "$LAB_DIR/dhclient-$1.leases"
}

# lab_lease_once PC NAME: a second kind of client, udhcpc, with option 81 in ASCII and a client-id.
lab_lease_once()
{
	lab_exec "$1" udhcpc -i eth0 -n -q -f -t 10 -T 1 -s "$LAB_TOOLS/lab/dhcp-script" -F "$2" \
		>>"$(lab_log "udhcpc-$1")" 2>&1
}

# lab_dora COUNT [ARGUMENT...]: many clients behind the relay's address, see tests/support/dora.c.
lab_dora()
{
	local count=$1
	shift

	lab_exec rtr "$LAB_BUILD/tests/support/dora" -g 10.81.20.1 -s 10.81.1.2 -n "$count" "$@"
}

# lab_address_of PC: the IPv4 address that it has now.
lab_address_of()
{
	lab_ip "$1" -4 -o addr show dev eth0 | awk '{ sub("/.*", "", $4); print $4; exit }'
}

# lab_dhcid MAC NAME: the DHCID of RFC 4701, type 0 (hardware address), in hexadecimal; computed
# here with sha256sum alone.
lab_dhcid()
{
	local wire='' label

	for label in ${2//./ }; do
		wire+=$(printf '%02x' "${#label}")$(printf %s "$label" | od -An -v -tx1 | tr -d ' \n')
	done
	printf '000001%s\n' "$(lab_bytes "01${1//:/}${wire}00" | sha256sum | cut -d' ' -f1)"
}

# lab_bytes HEX: hexadecimal to bytes.
lab_bytes()
{
	# shellcheck disable=SC2059 # the format is the text
	printf "$(sed 's/../\\x&/g' <<<"$1")"
}

# lab_dig_dhcid NAME: the DHCID in DNS, in hexadecimal.
lab_dig_dhcid()
{
	lab_dig "$1" DHCID | tr -d ' \n' | base64 -d | od -An -v -tx1 | tr -d ' \n'
}
