# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# The lab's DHCPv6, on lan1 only: fd81:0:0:1::/64 with kea-dhcp6 in dhcp, and dhclient -6. Part of
# tools/lab.sh.

LAB_NET6=fd81:0:0:1
LAB_ZONE6=1.0.0.0.0.0.0.0.0.0.0.0.1.8.d.f.ip6.arpa
export LAB_ZONE6

# lab_use_kea6: from now on it is kea-dhcp6 that lab_kea asks, and amtnetd compares its names with.
lab_use_kea6()
{
	export LAB_KEA_SERVER=dhcp6
	export LAB_KEA_SOCKET=kea6.sock
}

# lab_net6: IPv6 between dhcp and pc1; after lab_net. Addresses are usable at once.
lab_net6()
{
	local machine

	for machine in dhcp pc1; do
		lab_exec "$machine" sysctl -qw net.ipv6.conf.eth0.accept_dad=0 \
			net.ipv6.conf.eth0.accept_ra=0 net.ipv6.conf.eth0.disable_ipv6=0
	done
	lab_ip dhcp addr add "$LAB_NET6::2/64" dev eth0 nodad
}

# lab_start_kea6: kea-dhcp6 in dhcp, with libdhcp_amtnet.so; of the version that lab_use_kea chose.
lab_start_kea6()
{
	lab_configure_kea6 "$(lab_hook_entry), $(lab_lease_cmds_entry)" >"$LAB_DIR/kea-dhcp6.conf"
	: >"$LAB_DIR/leases6.csv"
	lab_run_kea6
}

# lab_run_kea6: as it was configured, e.g. again after lab_stop kea6.
lab_run_kea6()
{
	local program=kea-dhcp6

	((${#LAB_KEA_IN[@]} > 0)) || program=$(lab_program kea-dhcp6)
	: >"$LAB_DIR/log/kea6.log"
	lab_spawn kea6 dhcp "${LAB_KEA_IN[@]}" env KEA_PIDFILE_DIR="$LAB_DIR/run" \
		KEA_LOCKFILE_DIR="$LAB_DIR/run" KEA_DHCP_DATA_DIR="$LAB_DIR" \
		KEA_CONTROL_SOCKET_DIR="$LAB_DIR/run" "$program" -c "$LAB_DIR/kea-dhcp6.conf"
	lab_await kea6 20 DHCP6_STARTED
}

lab_configure_kea6()
{
	cat <<-END
		{"Dhcp6": {
		  "interfaces-config": {"interfaces": ["eth0"]},
		  "server-id": {"type": "LL", "persist": false},
		  "control-socket": {"socket-type": "unix", "socket-name": "$LAB_DIR/run/kea6.sock"},
		  "lease-database": {"type": "memfile", "persist": true, "name": "$LAB_DIR/leases6.csv",
		    "lfc-interval": 0},
		  "expired-leases-processing": {"reclaim-timer-wait-time": 1,
		    "flush-reclaimed-timer-wait-time": 0},
		  "preferred-lifetime": 3000, "valid-lifetime": 3600,
		  "option-data": [
		    {"name": "domain-search", "data": "corp.example"},
		    {"name": "dns-servers", "data": "$LAB_NET6::2"}],
		  "client-classes": [{"name": "intel-me", "test": "option[39].exists"}],
		  "hooks-libraries": [$1],
		  "subnet6": [{"id": 1, "subnet": "$LAB_NET6::/64", "interface": "eth0",
		    "pools": [{"pool": "$LAB_NET6::1000 - $LAB_NET6::1fff"}]}],
		  "loggers": [{"name": "kea-dhcp6", "severity": "INFO",
		    "output_options": [{"output": "stdout"}]}]
		}}
	END
}

# lab_dhclient6 PC ARGUMENT...: dhclient -6 with the PC's configuration and lease file.
lab_dhclient6()
{
	local pc=$1 program
	shift

	program=$(lab_program dhclient)
	lab_exec "$pc" "$program" -6 -cf "$LAB_DIR/dhclient6-$pc.conf" \
		-lf "$LAB_DIR/dhclient6-$pc.leases" -pf "$LAB_DIR/run/dhclient6-$pc.pid" \
		-sf "$LAB_TOOLS/lab/dhcp-script" "$@" eth0 >>"$(lab_log "dhclient6-$pc")" 2>&1
}

# lab_lease6 PC NAME: dhclient -6 asks for an address with option 39 (S set), takes it and ends,
# keeping the lease. A NAME without a trailing dot is sent as it is.
lab_lease6()
{
	cat >"$LAB_DIR/dhclient6-$1.conf" <<-END
		timeout 20;
		send fqdn.fqdn "$2";
		send fqdn.server-update on;
		request dhcp6.domain-search, dhcp6.name-servers, dhcp6.fqdn;
	END
	lab_dhclient6 "$1" -1 -D LL
}

# lab_release6 PC: gives the address back.
lab_release6()
{
	lab_dhclient6 "$1" -r -D LL
}

# lab_address6_of PC: the IPv6 address that it has now, in the lab's network.
lab_address6_of()
{
	lab_ip "$1" -6 -o addr show dev eth0 scope global |
		awk '{ sub("/.*", "", $4); print $4; exit }'
}

# lab_reverse6 ADDRESS: the reverse name, as dig makes it.
lab_reverse6()
{
	lab_exec core dig @10.81.2.2 +norecurse +time=1 +tries=1 -x "$1" |
		awk '/^;; QUESTION/ { getline; sub("^;", "", $1); sub("\\.$", "", $1); print $1 }'
}
