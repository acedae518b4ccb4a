#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Random topologies: a host 2 to 6 hops away, a random rule of a random router or of the host, over IPv4
# or IPv6. What `amtnet-check ports` says is compared with the rule. COUNT of them (default 100),
# spread over five paths that are asked side by side; SEED makes them the same again.
#
# usage: check_topologies.sh [COUNT [SEED]]

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/support/path.sh
. "$(dirname "$0")/../support/path.sh"

readonly kinds=(none forward forward ingress ingress reject reject unreachable reset host back)

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

# chain HOOK RULE: a ruleset of one rule.
chain()
{
	printf 'table inet fw {\n chain it {\n type filter hook %s priority -150;\n %s\n }\n}\n' \
		"$1" "$2"
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

# apply KIND ROUTERS AT: puts the rule where it belongs; prints the node.
apply()
{
	local node="n$2r$3" match='tcp dport 16993'

	[[ $1 != none ]] || return 0
	[[ $1 != host ]] || node="n$2t"
	case $1 in
	forward) chain forward "$match drop" ;;
	ingress) chain prerouting "$match drop" ;;
	reject) chain forward "$match reject with icmpx type admin-prohibited" ;;
	unreachable) chain forward "$match reject with icmpx type port-unreachable" ;;
	reset) chain forward "$match reject with tcp reset" ;;
	back) chain forward 'tcp sport 16993 drop' ;;
	host) chain input "$match drop" ;;
	esac | path_rules "$node"
	echo "$node"
}

# walk ROUTERS COUNT: topologies of one length; a line "ok ..." or "bad ..." for each.
walk()
{
	local routers=$1 count=$2 kind at family target node wanted said

	RANDOM=$((seed * 8 + routers))
	while ((count-- > 0)); do
		kind=${kinds[RANDOM % ${#kinds[@]}]}
		at=$((RANDOM % routers + 1))
		family=$((RANDOM % 2 * 2 + 4))
		target=10.62.$((RANDOM % 250)).$((RANDOM % 250 + 1))
		((family == 4)) || target=fd62::$((RANDOM % 9000 + 1))
		node=$(apply "$kind" "$routers" "$at")
		wanted=$(expect "$kind" "$routers" "$at" "$family")
		said=$(lab_exec "n${routers}p" "$LAB_BUILD/netcheck/amtnet-check" ports --rate 1000 \
			--wait 300 --ports 16992,16993 "$target" 2>/dev/null | grep 'tcp/16993' || true)
		[[ -z $node ]] || path_rules "$node" </dev/null
		if [[ $said == *"${wanted%% *}"* && $said == *"${wanted#* }"* ]]; then
			echo "ok $kind at $at of $routers, IPv$family"
		else
			echo "bad $kind at $at of $routers, IPv$family: wanted $wanted: $said"
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
