# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# A straight path of routers in network namespaces, for tests and benches of the path walk and the
# port engine. Source it behind tools/lab.sh.
#
#   p ── r1 ── r2 ── ... ── rN ── t        t answers for all of 10.62.0.0/16 and fd62::/64
#
# Link i (0 next to p) is 10.61.i.0/24 and fd61:i::/64, .1 towards p and .2 towards t; so router i is
# seen by p as 10.61.(i-1).2. Names may have a tag in front, so that several paths stand side by side.

# path_new ROUTERS [TAG] [SLOW-LINK]: the link with number SLOW-LINK is left out, for path_slow.
path_new()
{
	local routers=$1 tag=${2:-} slow=${3:-none} i node last=$(($1 + 1))

	for ((i = 0; i <= last; i++)); do
		node=$(path_node "$routers" "$i" "$tag")
		flock "$LAB_LOCK" ip netns add "amtnet-$LAB_ID-$node"
		lab_exec "$node" sysctl -qw net.ipv6.conf.all.accept_dad=0 \
			net.ipv6.conf.default.accept_dad=0 net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 net.ipv4.ip_forward=1 \
			net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 \
			net.ipv6.icmp.ratelimit=0 net.ipv4.icmp_msgs_per_sec=100000 \
			net.ipv4.icmp_msgs_burst=100000
		lab_ip "$node" link set lo up
	done
	for ((i = 0; i < last; i++)); do
		[[ $i == "$slow" ]] || path_link "$routers" "$i" "$tag"
	done
	for ((i = 0; i < last; i++)); do
		[[ $i == "$slow" ]] || path_addresses "$routers" "$i" "$tag"
	done
	lab_ip "$tag"t route add local 10.62.0.0/16 dev lo
	lab_ip "$tag"t -6 route add local fd62::/64 dev lo
}

# path_node ROUTERS INDEX TAG: 0 is p, ROUTERS + 1 is t.
path_node()
{
	if (($2 == 0)); then
		echo "$3p"
	elif (($2 == $1 + 1)); then
		echo "$3t"
	else
		echo "$3r$2"
	fi
}

path_link()
{
	lab_link "$(path_node "$1" "$2" "$3")" "$(path_node "$1" $(($2 + 1)) "$3")" far near
}

# path_addresses ROUTERS LINK TAG: both ends of a link, and the routes that lead over it.
path_addresses()
{
	local link=$2 here there

	here=$(path_node "$1" "$link" "$3")
	there=$(path_node "$1" $((link + 1)) "$3")
	lab_ip "$here" -batch - <<-END
		link set far up
		addr add 10.61.$link.1/24 dev far
		addr add fd61:$link::1/64 dev far nodad
		route add default via 10.61.$link.2
		route add default via fd61:$link::2
	END
	lab_ip "$there" -batch - <<-END
		link set near up
		addr add 10.61.$link.2/24 dev near
		addr add fd61:$link::2/64 dev near nodad
	END
	((link == 0)) || lab_ip "$there" -batch - <<-END
		route add 10.61.0.0/24 via 10.61.$link.1
		route add fd61:0::/64 via fd61:$link::1
	END
}

# path_slow ROUTERS LINK TAG DELAY-US LOSS-PERMILLE: a link that delays each packet, and loses some.
path_slow()
{
	local here there name=slow$3

	here=$(path_node "$1" "$2" "$3")
	there=$(path_node "$1" $(($2 + 1)) "$3")
	lab_spawn "$name" "$here" "$LAB_BUILD/tests/support/slow_link" \
		"amtnet-$LAB_ID-$here" "amtnet-$LAB_ID-$there" slow "$4" "$5"
	lab_wait_for 5 grep -q ready "$(lab_log "$name")"
	lab_ip "$here" link set slow name far
	lab_ip "$there" link set slow name near
	path_addresses "$1" "$2" "$3"
}

# path_open TAG PORT...: these ports of every target accept connections.
path_open()
{
	lab_spawn "open$1" "$1t" "$LAB_BUILD/tests/support/take_all" "${@:2}"
	lab_wait_for 5 grep -q ready "$(lab_log "open$1")"
}

# path_rules NODE: nft rules from standard input, in place of all others of that node.
path_rules()
{
	{
		echo 'flush ruleset'
		cat
	} | lab_exec "$1" nft -f -
}
