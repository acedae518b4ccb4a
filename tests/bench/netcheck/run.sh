#!/bin/bash
# SPDX-License-Identifier: ISC
#
# How fast, how right and how heavy is the port engine? See README.md. Root is needed for the
# namespaces; nmap, masscan and time from Debian.
#
# usage: run.sh [ROUNDS] [PART...]     parts: lan wan sixteen hop default; default: all
# CONTENDERS="connect raw" leaves the others out of lan and wan.

set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=tools/lab.sh
. "$here/../../../tools/lab.sh"
# shellcheck source=tests/support/path.sh
. "$here/../../support/path.sh"

readonly ports=16992,16993,16994,16995
readonly check=$LAB_BUILD/netcheck/amtnet-check
readonly rate=100000

# truth: "ADDRESS STATE" for 1,024 hosts: 60 % open, 20 % closed, 20 % filtered, well mixed.
truth()
{
	local i class
	local -ra states=(open open closed open filtered open open closed open filtered)

	for ((i = 0; i < 1024; i++)); do
		class=$(((i * 7919 + i / 10) % 10))
		echo "10.62.$((i / 256)).$((i % 256)) ${states[class]}"
	done
}

# of STATE: the addresses of that state, as an nft set.
of()
{
	awk -v state="$1" '$2 == state { printf "%s%s", comma, $1; comma = ", " }' "$LAB_DIR/truth"
}

# network [DELAY-US LOSS-PERMILLE]: prober, router, stateful firewall, router, 1,024 hosts.
network()
{
	if (($# == 0)); then
		path_new 3
	else
		path_new 3 '' 1
		path_slow 3 1 '' "$1" "$2"
	fi
	path_open '' ${ports//,/ }
	path_rules r2 <<-END
		table inet fw {
			set silent { type ipv4_addr; elements = { $(of filtered) } }
			chain forward {
				type filter hook forward priority filter; policy accept;
				ct state established,related accept
				ip daddr @silent drop
			}
		}
	END
	path_rules t <<-END
		table inet host {
			set closed { type ipv4_addr; elements = { $(of closed) } }
			chain input {
				type filter hook input priority filter; policy accept;
				ip daddr @closed tcp flags syn reject with tcp reset
			}
		}
	END
}

# The contenders: each leaves "ADDRESS PORT STATE" lines in the file $1.
run_connect() { "$check" ports --quick --rate $rate --states "$1" --ports $ports 10.62.0.0-10.62.3.255; }
run_raw() { "$check" ports --quick --raw --rate $rate --states "$1" --ports $ports 10.62.0.0-10.62.3.255; }
run_nmap_sT() { nmap_to "$1" -sT; }
run_nmap_sS() { nmap_to "$1" -sS; }
run_nmap_sT_T4() { nmap_to "$1" -sT -T4; }
run_nmap_sS_T4() { nmap_to "$1" -sS -T4; }
run_nmap_sT_tuned() { nmap_to "$1" -sT -T4 --min-rate 10000 --max-retries 1; }
run_nmap_sS_tuned() { nmap_to "$1" -sS -T4 --min-rate 10000 --max-retries 1; }

nmap_to()
{
	local to=$1
	shift

	nmap -n -Pn "$@" -p $ports -oG "$to.nmap" 10.62.0.0/22 >/dev/null
}

# masscan leaves out what is silent; without the ping it waits for ever, and sometimes with it.
run_masscan()
{
	local mac

	ping -qc 1 10.61.0.2 >/dev/null
	mac=$(ip neighbour show 10.61.0.2 | awk '{ print $5 }')
	ping -qi 0.2 10.61.0.2 >/dev/null &
	timeout 15 masscan 10.62.0.0/22 -p $ports --rate 10000 --wait 2 --retries 1 --show closed -e far \
		--adapter-ip 10.61.0.1 --router-mac "${mac//:/-}" -oL "$1.masscan" >/dev/null 2>&1
	kill $!
}

# states FILE: whatever the contender left, as "ADDRESS PORT STATE".
states()
{
	[[ ! -e $1 ]] || tr '\t' ' ' <"$1"
	[[ ! -e $1.nmap ]] || sed -En 's/^Host: ([^ ]+) .*Ports: ([^\t]*).*/\1 \2/p' "$1.nmap" |
		awk '{ for (i = 2; i <= NF; i++) { split($i, part, "/"); print $1, part[1], part[2] } }'
	[[ ! -e $1.masscan ]] || awk '$1 == "open" || $1 == "closed" { print $4, $3, $1 }' "$1.masscan"
}

# wrong FILE: endpoints whose state is not the true one; what is not listed counts as filtered.
wrong()
{
	states "$1" | awk -v ports="${ports//,/ }" '
		NR == FNR { truth[$1] = $2; next }
		{ seen[$1, $2] = $3 }
		END {
			count = split(ports, port, " ")
			for (addr in truth)
				for (i = 1; i <= count; i++) {
					state = (addr, port[i]) in seen ? seen[addr, port[i]] : "filtered"
					bad += state != truth[addr]
				}
			print bad + 0
		}' "$LAB_DIR/truth" -
}

# one NAME ROUND: "NAME wall-s cpu-s rss-KiB wrong"
one()
{
	local to=$LAB_DIR/$1.$2 measured

	export ports check rate
	export -f "run_$1" nmap_to
	rm -f "$to" "$to.nmap" "$to.masscan"
	lab_exec p /usr/bin/time -o "$to.time" -f '%e %U %S %M' \
		bash -c "run_$1 '$to'" >"$to.out" 2>&1 || true
	measured=$(tail -n 1 "$to.time")
	# shellcheck disable=SC2086 # four numbers
	set -- "$1" $measured
	echo "$1 $2 $(awk "BEGIN { print $3 + $4 }") $5 $(wrong "$to")"
}

# table FILE: medians per contender, quickest first.
table()
{
	printf '%-16s %8s %10s %8s %8s %12s\n' contender wall-s probes/s cpu-s rss-MiB 'wrong (most)'
	cut -d' ' -f1 "$1" | sort -u | while read -r name; do
		printf '%s %s %s %s %s %s\n' "$name" "$(median "$1" "$name" 2)" \
			"$(median "$1" "$name" 3)" "$(median "$1" "$name" 4)" \
			"$(median "$1" "$name" 5)" "$(most "$1" "$name" 5)"
	done | sort -k 2n | awk '{ printf "%-16s %8.2f %10.0f %8.2f %8.1f %6d (%d)\n",
		$1, $2, 4096 / $2, $3, $4 / 1024, $5, $6 }'
}

# median FILE NAME COLUMN
median()
{
	awk -v name="$2" -v column="$3" '$1 == name { print $column }' "$1" | sort -n |
		awk '{ line[NR] = $1 } END { print line[int((NR + 1) / 2)] }'
}

most()
{
	awk -v name="$2" -v column="$3" '$1 == name { print $column }' "$1" | sort -n | tail -n 1
}

# rounds NAME CONTENDER...: interleaved, the order turned by one each round.
rounds()
{
	local title=$1 round
	local -a names=("${@:2}")

	[[ -z ${CONTENDERS:-} ]] || read -ra names <<<"$CONTENDERS"
	: >"$LAB_DIR/$title.rows"
	for ((round = 1; round <= rounds; round++)); do
		for name in "${names[@]}"; do
			one "$name" "$round" >>"$LAB_DIR/$title.rows"
		done
		names=("${names[@]:1}" "${names[0]}")
	done
	printf '\n== %s, %d rounds\n' "$title" "$rounds"
	table "$LAB_DIR/$title.rows"
}

part_lan()
{
	network
	rounds 'LAN' connect raw nmap_sT nmap_sS nmap_sT_T4 nmap_sS_T4 nmap_sT_tuned \
		nmap_sS_tuned masscan
}

part_wan()
{
	network 20000 10
	rounds 'WAN, 20 ms and 1 % loss each way' connect raw nmap_sT_T4 nmap_sS_T4 nmap_sT_tuned \
		nmap_sS_tuned masscan
}

# A /16 by five ports, one address in ten answers, against the bound that rate, wait and tries set:
# every probe once, the silent ones twice, and the last waits.
part_sixteen()
{
	local speed=15000 probes=$((65536 * 5)) round

	path_new 3
	path_open '' 16992 16993 16994 16995 5900
	path_rules r2 <<-'END'
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy accept;
				ip daddr 10.62.0.0/16 ip daddr & 0.0.0.15 != 3 drop
			}
		}
	END
	printf '\n== a /16 by 5 ports, 15 of 16 addresses silent, %d/s\n' "$speed"
	for ((round = 1; round <= rounds; round++)); do
		for how in '' --raw; do
			# shellcheck disable=SC2086 # nothing or one word
			lab_exec p /usr/bin/time -o "$LAB_DIR/time" -f '%e %U %S %M' \
				"$check" ports --quick $how --rate $speed \
				--ports 16992-16995,5900 10.62.0.0-10.62.255.255 >"$LAB_DIR/out" 2>&1 || true
			read -r wall user system rss <"$LAB_DIR/time"
			awk -v how="${how:-connect}" -v wall="$wall" -v cpu="$user+$system" -v rss="$rss" \
				-v bound="$(awk "BEGIN { print $probes * (1 + 15 / 16) / $speed + 0.15 }")" '
				BEGIN { printf "%-8s wall %.1f s, bound %.1f s, ratio %.2f, cpu %s s, %.1f MiB\n",
					how, wall, bound, wall / bound, cpu, rss / 1024 }'
		done
	done
}

# One port dropped at the second router, the others open: who says where, and how soon?
part_hop()
{
	local round

	path_new 3
	path_open '' ${ports//,/ }
	path_rules r2 <<-'END'
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy accept;
				tcp dport 16993 drop
			}
		}
	END
	printf '\n== where is tcp/16993 cut? (truth: on 10.61.1.2, hop 2)\n'
	for ((round = 1; round <= rounds; round++)); do
		lab_exec p /usr/bin/time -f 'amtnet-check path %e s' \
			"$check" path 10.62.0.9 16993 --with 16992 2>&1 | grep -E '^FAIL|path [0-9]' || true
		lab_exec p /usr/bin/time -f 'nmap firewalk %e s' nmap -n -Pn --script firewalk \
			--traceroute -p 16992,16993 10.62.0.9 2>&1 | grep -E 'firewalk|^\|_?' || true
	done
}

# What the default rate leaves behind on the firewall and on the last router.
part_default()
{
	path_new 3
	lab_ip t route del local 10.62.0.0/16 dev lo
	lab_ip t route add local 10.62.0.0/24 dev lo
	lab_ip r3 addr add 10.62.8.1/24 dev far
	path_open '' ${ports//,/ }
	path_rules r2 <<-'END'
		table inet fw {
			chain forward {
				type filter hook forward priority filter; policy accept;
				ct state new counter
			}
		}
	END
	printf '\n== default rate: 254 hosts, and 254 absent ones on the last router\n'
	lab_exec p "$check" ports --quick 10.62.0.0/24 10.62.8.0/24 >"$LAB_DIR/out" || true
	head -n 1 "$LAB_DIR/out"
	printf 'conntrack entries on the firewall: %s\n' \
		"$(lab_exec r2 cat /proc/sys/net/netfilter/nf_conntrack_count)"
	printf 'neighbours of the last router, unresolved: %s\n' \
		"$(lab_ip r3 neighbour show | grep -cE 'INCOMPLETE|FAILED' || true)"
}

rounds=${1:-5}
shift || true
(($# > 0)) || set -- lan wan sixteen hop default
for part in "$@"; do
	(
		lab_begin
		truth >"$LAB_DIR/truth"
		"part_$part"
	)
done
