#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Random topologies: a host 2 to 6 hops away, one to three random rules (or none) of random routers or of the
# host, over IPv4 or IPv6. What `amtnet-check ports` says is compared with the rules. COUNT of them (default
# 100), spread over five paths that are asked side by side; SEED makes them the same again.
#
# usage: check_topologies.sh [COUNT [SEED]]

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/support/path.sh
. "$(dirname "$0")/../support/path.sh"

readonly kinds=(forward forward ingress ingress reject reject unreachable reset host back back)

# near LINK FAMILY: how a checker sees the router behind that link.
near()
{
	if (($2 == 4)); then
		echo "10.61.$1.2"
	else
		echo "fd61:$1::2" | sed 's/fd61:0::/fd61::/'
	fi
}

# hop NUMBER FAMILY: as the sentences name it.
hop()
{
	(($1 == 0)) && echo 'this machine' || echo "hop $1 ($(near $(($1 - 1)) "$2"))"
}

# order KIND ROUTERS AT: where a packet to the host meets the rule, as a number that grows along the way.
order()
{
	case $1 in
	ingress) echo $(($3 * 2)) ;;
	host) echo $((($2 + 1) * 2)) ;;
	*) echo $(($3 * 2 + 1)) ;;
	esac
}

# deciding ROUTERS RULE...: of rules KIND:AT the one that decides, or none: the first that a SYN meets; but an answer by
# TCP that a router nearer to the checker drops is no better than the SYN dropped where the answer comes from.
deciding()
{
	local routers=$1 rule first=none:0 least=99 back=0 place
	shift

	for rule; do
		if [[ $rule == back:* ]]; then
			((back != 0 && back < ${rule#*:})) || back=${rule#*:}
			continue
		fi
		place=$(order "${rule%:*}" "$routers" "${rule#*:}")
		((place >= least)) || first=$rule least=$place
	done
	case $first in
	none:*) ((back == 0)) || first=back:$back ;;
	reset:*) ((back == 0 || back >= ${first#*:})) || first=forward:${first#*:} ;;
	esac
	echo "$first"
}

# expect KIND ROUTERS AT FAMILY: "ID TEXT" that must come out.
expect()
{
	local routers=$2 at=$3

	case $1 in
	none) echo 'NC101 open, something answers' ;;
	forward) ((at == routers)) && edge "$routers" "$4" ||
		echo "NC104 dropped between $(hop "$at" "$4") and $(hop $((at + 1)) "$4")" ;;
	ingress) echo "NC104 dropped between $(hop $((at - 1)) "$4") and $(hop "$at" "$4")" ;;
	reject | unreachable) echo "NC107 rejected by $(hop "$at" "$4")" ;;
	reset) ((at == routers)) && echo 'NC102 the path is clear' || echo "NC103 $(hop "$at" "$4")" ;;
	host | back) edge "$routers" "$4" ;;
	esac
}

edge()
{
	echo "NC105 dropped between $(hop "$1" "$2"), the last router, and the PC itself"
}

# node ROUTERS RULE: which node has it.
node()
{
	[[ $2 == host:* ]] && echo "n$1t" || echo "n$1r${2#*:}"
}

# nft_rule KIND: as nftables wants it, with the hook in front.
nft_rule()
{
	local match='tcp dport 16993'

	case $1 in
	forward) echo "forward $match drop" ;;
	ingress) echo "prerouting $match drop" ;;
	reject) echo "forward $match reject with icmpx type admin-prohibited" ;;
	unreachable) echo "forward $match reject with icmpx type port-unreachable" ;;
	reset) echo "forward $match reject with tcp reset" ;;
	back) echo 'forward tcp sport 16993 drop' ;;
	host) echo "input $match drop" ;;
	esac
}

# apply ROUTERS RULE...: puts the rules where they belong; prints the nodes.
apply()
{
	local routers=$1 at rule line nodes
	shift

	(($# > 0)) || return 0
	nodes=$(for rule; do node "$routers" "$rule"; done | sort -u)
	for at in $nodes; do
		for rule; do
			[[ $(node "$routers" "$rule") == "$at" ]] || continue
			line=$(nft_rule "${rule%:*}")
			printf 'add table inet fw\nadd chain inet fw %s { type filter hook %s priority -150; }\nadd rule inet fw %s\n' \
				"${line%% *}" "${line%% *}" "$line"
		done | path_rules "$at"
	done
	echo "$nodes"
}

# walk ROUTERS COUNT: topologies of one length; a line "ok ..." or "bad ..." for each.
walk()
{
	local routers=$1 count=$2 family target nodes node wanted said decides i
	local -a rules

	RANDOM=$((seed * 8 + routers))
	while ((count-- > 0)); do
		rules=()
		for ((i = RANDOM % 10 ? RANDOM % 3 + 1 : 0; i > 0; i--)); do
			rules+=("${kinds[RANDOM % ${#kinds[@]}]}:$((RANDOM % routers + 1))")
		done
		family=$((RANDOM % 2 * 2 + 4))
		target=10.62.$((RANDOM % 250)).$((RANDOM % 250 + 1))
		((family == 4)) || target=fd62::$((RANDOM % 9000 + 1))
		nodes=$(apply "$routers" "${rules[@]}")
		decides=$(deciding "$routers" "${rules[@]}")
		wanted=$(expect "${decides%:*}" "$routers" "${decides#*:}" "$family")
		said=$(lab_exec "n${routers}p" "$LAB_BUILD/netcheck/amtnet-check" ports --rate 1000 \
			--wait 300 --ports 16992,16993 "$target" 2>/dev/null | grep 'tcp/16993' || true)
		for node in $nodes; do
			path_rules "$node" </dev/null
		done
		if [[ $said == *"${wanted%% *}"* && $said == *"${wanted#* }"* ]]; then
			echo "ok ${rules[*]} of $routers, IPv$family"
		else
			echo "bad ${rules[*]} of $routers, IPv$family: wanted $wanted: $said"
		fi
	done
}

# all_right: no topology was judged otherwise than its rules say, and all were asked.
all_right()
{
	local asked

	cat "$LAB_DIR"/walk.* >"$LAB_DIR/all"
	asked=$(grep -c . "$LAB_DIR/all")
	echo "$asked of $total asked"
	! grep '^bad' "$LAB_DIR/all" && ((asked == total))
}

total=${1:-100} seed=${2:-$RANDOM}
tap_begin
for routers in 1 2 3 4 5; do
	path_new $routers "n$routers"
	path_open "n$routers" 16992 16993
done
walkers=()
for routers in 1 2 3 4 5; do
	walk $routers $((total / 5)) >"$LAB_DIR/walk.$routers" &
	walkers+=($!)
done
wait "${walkers[@]}"
total=$((total / 5 * 5))
echo "# seed $seed"
tap_ok "$total random topologies are judged as their rules say" all_right
tap_end
