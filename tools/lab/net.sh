# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# The lab's network: namespaces, addresses, routes, the firewall. Part of tools/lab.sh.

LAB_MACHINES=(fw dhcp ns core rtr pc1 pc2)
LAB_MAC1=02:00:00:00:81:01
LAB_MAC2=02:00:00:00:81:02
export LAB_MAC1 LAB_MAC2

# lab_net: all machines with their links. PCs have no address yet.
lab_net()
{
	local machine

	for machine in "${LAB_MACHINES[@]}"; do
		lab_machine "$machine"
	done
	lab_link fw dhcp lan-dhcp eth0
	lab_link fw pc1 lan-pc1 eth0 "$LAB_MAC1"
	lab_link fw ns ns eth0
	lab_link fw core core eth0
	lab_link fw rtr rtr eth0
	lab_link rtr pc2 lan eth0 "$LAB_MAC2"

	lab_ip fw link add lan1 type bridge forward_delay 0
	lab_ip fw link set lan-dhcp master lan1
	lab_ip fw link set lan-pc1 master lan1
	lab_ip fw link set lan1 up

	lab_address fw lan1 10.81.1.1/24
	lab_address fw ns 10.81.2.1/24
	lab_address fw core 10.81.3.1/24
	lab_address fw rtr 10.81.9.1/24
	lab_address dhcp eth0 10.81.1.2/24 10.81.1.1
	lab_address ns eth0 10.81.2.2/24 10.81.2.1
	lab_address core eth0 10.81.3.2/24 10.81.3.1
	lab_address rtr eth0 10.81.9.2/24 10.81.9.1
	lab_address rtr lan 10.81.20.1/24
	lab_ip fw route add 10.81.20.0/24 via 10.81.9.2
	lab_exec fw sysctl -qw net.ipv4.ip_forward=1
	lab_exec rtr sysctl -qw net.ipv4.ip_forward=1
	lab_firewall
}

# lab_machine NAME: one namespace. Two `ip netns add` at once can fail while the first one ever
# mounts /run/netns, hence the lock. No IPv6: the lab's packets are those that the story is about.
lab_machine()
{
	flock "$LAB_LOCK" ip netns add "amtnet-$LAB_ID-$1"
	lab_exec "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	lab_ip "$1" link set lo up
}

lab_ip()
{
	local where=$1
	shift

	ip -n "amtnet-$LAB_ID-$where" "$@"
}

# lab_link A B NAME-IN-A NAME-IN-B [MAC-IN-B]: made inside the namespaces, never seen outside.
lab_link()
{
	local -a mac=()

	[[ -z ${5:-} ]] || mac=(address "$5")
	ip link add "$3" netns "amtnet-$LAB_ID-$1" type veth \
		peer name "$4" "${mac[@]}" netns "amtnet-$LAB_ID-$2"
	lab_ip "$1" link set "$3" up
	lab_ip "$2" link set "$4" up
}

# lab_address WHERE LINK ADDRESS/LENGTH [GATEWAY]
lab_address()
{
	lab_ip "$1" addr add "$3" dev "$2"
	[[ -z ${4:-} ]] || lab_ip "$1" route add default via "$4"
}

# The firewall lets everything pass until lab_block is called. ICMP errors are not rate-limited in
# the lab, so that a run does not depend on the one before.
lab_firewall()
{
	lab_exec fw sysctl -qw net.ipv4.icmp_ratelimit=0
	lab_exec rtr sysctl -qw net.ipv4.icmp_ratelimit=0
	lab_exec fw nft -f - <<-'END'
		table inet site {
			chain forward {
				type filter hook forward priority filter; policy accept;
			}
		}
	END
}

# lab_block ADDRESS PORT [VERDICT]: the firewall drops, or does what VERDICT says, to TCP packets
# towards a port; e.g. `reject with icmp type admin-prohibited`.
lab_block()
{
	lab_exec fw nft "add rule inet site forward ip daddr $1 tcp dport $2 counter ${3:-drop}"
}

lab_unblock()
{
	lab_exec fw nft flush chain inet site forward
}
