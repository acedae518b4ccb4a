#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A truth table: what a firewall or a router does to a port, and the state, the hop and the sentence
# that amtnet-check must give, for IPv4 and IPv6. Three routers, tcp/16993 under test, tcp/16992 open.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"
# shellcheck source=tests/support/path.sh
. "$(dirname "$0")/../support/path.sh"

# ask NAME OPTIONS...: JSON lines go to NAME.json.
ask()
{
	lab_exec p "$LAB_BUILD/netcheck/amtnet-check" ports --json --rate 1000 "${@:2}" \
		>"$LAB_DIR/$1.json" 2>&1 || true
}

# amt NAME: what `amt` says of both targets, as ask.
amt()
{
	lab_exec p "$LAB_BUILD/netcheck/amtnet-check" amt --json "${targets[@]}" >"$LAB_DIR/$1.json" 2>&1 || true
}

# is NAME TARGET PORT ID STATE [TEXT]: the result for that endpoint has the id and the state, and its
# text matches.
is()
{
	local line

	line=$(grep -F "\"target\":\"$2\",\"port\":$3," "$LAB_DIR/$1.json")
	[[ $line == *"\"id\":\"$4\""* && $line == *"\"port-state\":\"$5\""* ]] &&
		grep -qE "\"text\":\"[^\"]*${6:-}" <<<"$line" && return
	echo "wanted $4 $5 ${6:-}"
	cat "$LAB_DIR/$1.json"
	return 1
}

# row NAME NODE RULE ID STATE TEXT-4 TEXT-6: one rule of a chain `forward` (or what CHAIN says) on a
# node, asked over both families.
row()
{
	path_rules "$2" <<-END
		table inet fw {
			chain $chain {
				type filter hook $chain priority -150;
				$3
			}
		}
	END
	ask "$1" --wait 300 --ports 16992,16993 "${targets[@]}"
	tap_ok "$1: IPv4" is "$1" "${targets[0]}" 16993 "$4" "$5" "$6"
	tap_ok "$1: IPv6" is "$1" "${targets[1]}" 16993 "$4" "$5" "$7"
	path_rules "$2" </dev/null
}

# reject FAMILY TYPE ID STATE TEXT: a rejection of each kind, by hop 2.
reject()
{
	local name="reject with $2" target=10.62.0.9 nf=ipv4 icmp=icmp

	[[ $1 == 4 ]] || { target=fd62::9 nf=ipv6 icmp=icmpv6; }
	path_rules r2 <<-END
		table inet fw {
			chain forward {
				type filter hook forward priority 0;
				meta nfproto $nf tcp dport 16993 reject with $icmp type $2
			}
		}
	END
	ask "$2-$1" --wait 300 --ports 16992,16993 $target
	tap_ok "$name: IPv$1" is "$2-$1" $target 16993 "$3" "$4" "$5"
	path_rules r2 </dev/null
}

tap_begin
path_new 3
path_open '' 16992 16993

targets=(10.62.0.9 fd62::9)
chain=forward
ask open --ports 16992,16993 10.62.0.9 fd62::9
tap_ok 'nothing in the way: IPv4' is open 10.62.0.9 16993 NC101 open
tap_ok 'nothing in the way: IPv6' is open fd62::9 16993 NC101 open
lab_exec p "$LAB_BUILD/netcheck/amtnet-check" path --with 16992 10.62.0.9 16993 >"$LAB_DIR/path.txt" || true
tap_ok 'nothing in the way: the whole path' tap_says 'NC112 .*answered by the PC itself, at hop 4' "$LAB_DIR/path.txt"
row 'drop' r2 'tcp dport 16993 drop' NC104 filtered \
	'between hop 2 \(10\.61\.1\.2\) and hop 3 \(10\.61\.2\.2\)' \
	'between hop 2 \(fd61:1::2\) and hop 3 \(fd61:2::2\)'
row 'drop on the last router' r3 'tcp dport 16993 drop' NC105 filtered \
	'between hop 3 \(10\.61\.2\.2\), the last router, and the PC' \
	'between hop 3 \(fd61:2::2\), the last router, and the PC'
row 'the answer is dropped on the way back' r2 'tcp sport 16993 drop' NC105 filtered \
	'lost on the way back' 'lost on the way back'
row 'reset by a router' r1 'tcp dport 16993 reject with tcp reset' NC103 closed \
	'hop 1 \(10\.61\.0\.2\)' 'hop 1 \(fd61::2\)'
chain=prerouting
row 'drop where packets come in' r2 'tcp dport 16993 drop' NC104 filtered \
	'between hop 1 \(10\.61\.0\.2\) and hop 2 \(10\.61\.1\.2\)' \
	'between hop 1 \(fd61::2\) and hop 2 \(fd61:1::2\)'
row 'drop where the first router takes packets in' r1 'tcp dport 16993 drop' NC104 filtered \
	'between this machine and hop 1 \(10\.61\.0\.2\)' 'between this machine and hop 1 \(fd61::2\)'
chain=input
row 'drop by the host' t 'tcp dport 16993 drop' NC105 filtered 'and the PC itself' \
	'and the PC itself'
row 'reset by the host' t 'tcp dport 16993 reject with tcp reset' NC102 closed \
	'the path is clear' 'the path is clear'
targets=(10.61.3.2 fd61:3::2)
row 'rejection by the host' t 'tcp dport 16993 reject' NC102 rejected \
	'closed by the firewall of the host' 'closed by the firewall of the host'
targets=(10.62.0.9 fd62::9)
chain=output
row 'rejection by this machine' p 'tcp dport 16993 reject' NC111 rejected 'this machine itself' \
	'this machine itself'
row 'drop by this machine' p 'tcp dport 16993 drop' NC104 filtered \
	'between this machine and hop 1 \(10\.61\.0\.2\)' 'between this machine and hop 1 \(fd61::2\)'

for type in prot-unreachable port-unreachable net-prohibited host-prohibited admin-prohibited; do
	reject 4 $type NC107 rejected 'rejected by hop 2 \(10\.61\.1\.2\)'
done
reject 4 net-unreachable NC109 no-route 'hop 2 \(10\.61\.1\.2\)'
reject 4 host-unreachable NC108 no-host 'hop 2 \(10\.61\.1\.2\)'
for type in admin-prohibited port-unreachable policy-fail reject-route; do
	reject 6 $type NC107 rejected 'rejected by hop 2 \(fd61:1::2\)'
done
reject 6 no-route NC109 no-route 'hop 2 \(fd61:1::2\)'
reject 6 addr-unreachable NC108 no-host 'hop 2 \(fd61:1::2\)'

lab_ip r2 route add throw 10.62.7.0/24
lab_ip r2 -6 route add throw fd62::7:0/112
ask noroute --wait 300 --ports 16993 10.62.7.1 fd62::7:1
tap_ok 'a router without a route: IPv4' is noroute 10.62.7.1 16993 NC109 no-route 'hop 2 \(10\.61\.1\.2\)'
tap_ok 'a router without a route: IPv6' is noroute fd62::7:1 16993 NC109 no-route 'hop 2 \(fd61:1::2\)'
lab_ip r2 route add blackhole 10.62.8.0/24
lab_ip r2 -6 route add blackhole fd62::8:0/112
ask blackhole --wait 300 --ports 16993 10.62.8.1 fd62::8:1
tap_ok 'a black hole: IPv4' is blackhole 10.62.8.1 16993 NC106 filtered 'after hop 1 \(10\.61\.0\.2\)'
tap_ok 'a black hole: IPv6' is blackhole fd62::8:1 16993 NC106 filtered 'after hop 1 \(fd61::2\)'
for type in unreachable prohibit blackhole; do
	lab_ip p route add $type 10.62.9.0/24
	lab_ip p -6 route add $type fd62::9:0/112
	ask $type --ports 16993 10.62.9.1 fd62::9:1
	tap_ok "a route of this machine, $type: IPv4" is $type 10.62.9.1 16993 NC110 no-route 'this machine could not send'
	tap_ok "a route of this machine, $type: IPv6" is $type fd62::9:1 16993 NC110 no-route 'this machine could not send'
	lab_ip p route del $type 10.62.9.0/24
	lab_ip p -6 route del $type fd62::9:0/112
done

# Nobody at the address: the last router finds out after three seconds, and so does this machine.
ask absent --ports 16993 10.61.3.77 fd61:3::77 10.61.0.77 fd61::77
tap_ok 'no ARP answer behind the last router: IPv4' is absent 10.61.3.77 16993 NC108 no-host \
	'hop 3 \(10\.61\.2\.2\)'
tap_ok 'no ND answer behind the last router: IPv6' is absent fd61:3::77 16993 NC108 no-host \
	'hop 3 \(fd61:2::2\)'
tap_ok 'no ARP answer in the own network' is absent 10.61.0.77 16993 NC108 no-host 'own network'
tap_ok 'no ND answer in the own network' is absent fd61::77 16993 NC108 no-host 'own network'

# Two answers lost in a row: a host answers a repeated SYN once in half a second, so a third one must be
# the first of a new connection.
path_rules r2 <<-'END'
	table inet fw {
		chain forward {
			type filter hook forward priority 0;
			tcp sport 16993 tcp flags & (syn | ack) == (syn | ack) numgen inc mod 3 < 2 drop
		}
	}
END
for way in '' --raw; do
	for target in 10.62.0.9 fd62::9; do
		# shellcheck disable=SC2086 # nothing or one word
		ask "twice$way" $way --tries 4 --wait 300 --ports 16992,16993 $target
		tap_ok "two answers lost in a row: $target ${way:-by connect}" is "twice$way" $target 16993 \
			NC101 open
	done
done

# A hop with a small MTU whose ICMP is lost passes every handshake.
lab_ip r2 link set far mtu 1280
path_rules r2 <<-'END'
	table inet fw {
		chain output {
			type filter hook output priority 0;
			icmp type destination-unreachable drop
			icmpv6 type packet-too-big drop
		}
	}
END
ask mtu --ports 16992,16993 10.62.0.9 fd62::9
tap_ok 'a black hole for large packets: IPv4 connects' is mtu 10.62.0.9 16993 NC101 open
tap_ok 'a black hole for large packets: IPv6 connects' is mtu fd62::9 16993 NC101 open

# With a responder there, it is seen: packets of full size pass in neither direction, each by itself.
lab_spawn responder t "$LAB_BUILD/netcheck/amtnet-check" respond --ports 16994
lab_await responder 5 'end with Ctrl-C'
ask there --ports 16994 10.62.0.9 fd62::9
lab_ip r2 link set far mtu 1500
lab_ip r2 link set near mtu 1280
ask back --ports 16994 10.62.0.9 fd62::9
lab_ip r2 link set near mtu 1500
ask whole --ports 16994 10.62.0.9 fd62::9
for target in 10.62.0.9 fd62::9; do
	tap_ok "a black hole on the way there: $target" is there $target 16994 NC113 open \
		'packets of full size are lost on the way to responder'
	tap_ok "a black hole on the way back: $target" is back $target 16994 NC113 open \
		'packets of full size are lost on the way back from responder'
	tap_ok "no black hole: $target" is whole $target 16994 NC100 open 'proven by responder'
done
tap_ok 'a black hole: the responder says what did not arrive' tap_says 'its full-size packets did not arrive' "$(lab_log responder)"

# Without a responder, a port that speaks TLS shows it on the way back: its certificate needs large packets.
openssl req -x509 -newkey rsa:4096 -nodes -keyout "$LAB_DIR/tls.pem" -out "$LAB_DIR/tls.crt" -subj /CN=pc \
	-days 2 2>/dev/null
cat "$LAB_DIR/tls.crt" >>"$LAB_DIR/tls.pem"
lab_spawn tls t socat OPENSSL-LISTEN:16995,fork,reuseaddr,pf=ip6,ipv6only=0,cert="$LAB_DIR/tls.pem",verify=0 \
	OPEN:/dev/null
lab_wait_for 5 lab_is_listening t 16995
amt size
lab_ip r2 link set near mtu 1280
amt size-back
lab_ip r2 link set near mtu 1500
lab_ip r2 link set far mtu 1280
amt size-there
lab_ip r2 link set far mtu 1500
for target in 10.62.0.9 fd62::9; do
	tap_ok "a black hole on the way back, without a responder: $target" is size-back $target 16995 NC113 open \
		'packets of full size are lost on the way back from the PC'
	tap_ok "no black hole: $target is not blamed" tap_not grep -qF '"id":"NC113"' "$LAB_DIR/size.json"
	tap_ok "a black hole on the way there is not seen so: $target" tap_not \
		grep -qF '"id":"NC113"' "$LAB_DIR/size-there.json"
done
lab_stop tls

# The handshake passes and no data does: that is open, and no proof of the path.
for verdict in drop 'reject with tcp reset'; do
	path_rules r2 <<-END
		table inet fw {
			chain forward {
				type filter hook forward priority 0;
				tcp dport 16994 tcp flags & psh == psh $verdict
			}
		}
	END
	ask data --ports 16994 10.62.0.9 fd62::9
	for target in 10.62.0.9 fd62::9; do
		tap_ok "the handshake passes, data meets ${verdict%% *}: $target" is data $target 16994 NC101 open \
			'something answers'
	done
done

# A SYN proxy opens every port itself. What is behind it shows after the handshake: data that arrive, a reset by
# the PC, or nobody who takes a byte.
lab_exec r2 sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0 net.ipv4.tcp_syncookies=1
path_rules r2 <<-'END'
	table inet fw {
		chain untracked {
			type filter hook prerouting priority raw;
			tcp dport { 16993, 16994, 17001, 17002 } tcp flags syn notrack
		}
		chain forward {
			type filter hook forward priority 0;
			tcp dport { 16993, 16994, 17001, 17002 } ct state invalid,untracked synproxy mss 1440 wscale 7 timestamp sack-perm
			ct state invalid drop
		}
	}
END
path_rules t <<-'END'
	table inet fw {
		chain input {
			type filter hook input priority 0;
			tcp dport 17002 drop
		}
	}
END
ask proxied --ports 16992-16994,17001,17002 10.62.0.9 fd62::9
path_rules t </dev/null
for target in 10.62.0.9 fd62::9; do
	hops='hop 2 \(10\.61\.1\.2\) or hop 3 \(10\.61\.2\.2\)'
	[[ $target != fd* ]] || hops='hop 2 \(fd61:1::2\) or hop 3 \(fd61:2::2\)'
	tap_ok "behind a SYN proxy, a port that is open: $target" is proxied $target 16993 NC101 open \
		'open, something answers'
	tap_ok "behind a SYN proxy, a responder: $target" is proxied $target 16994 NC100 open 'proven by responder'
	tap_ok "behind a SYN proxy, a port that is closed: $target" is proxied $target 17001 NC114 open \
		"answered in the name of the PC by $hops; the PC behind it refuses"
	tap_ok "behind a SYN proxy, nobody: $target" is proxied $target 17002 NC114 open \
		"answered in the name of the PC by $hops; nobody behind it takes a byte"
done
lab_exec p "$LAB_BUILD/netcheck/amtnet-check" path --with 16992 10.62.0.9 16993 >"$LAB_DIR/proxy.txt" || true
tap_ok 'a SYN proxy: the walk shows who takes the connection' tap_says \
	'WARN NC114 .*in the name of the PC by hop 2' "$LAB_DIR/proxy.txt"

# Routers limit their ICMP: a few rejections of sixty must speak for all.
path_rules r2 <<-'END'
	table inet fw {
		chain forward {
			type filter hook forward priority 0;
			tcp dport 16993 reject with icmpx type admin-prohibited
		}
	}
END
lab_exec r2 sysctl -qw net.ipv4.icmp_ratelimit=1000 net.ipv6.icmp.ratelimit=1000
ask limit4 --wait 300 --ports 16993 10.62.0.1-60
ask limit6 --wait 300 --ports 16993 fd62::1-fd62::3c
for family in 4 6; do
	tap_ok "limited ICMP: all are rejected by hop 2: IPv$family" \
		test "$(grep -c '"id":"NC107".*rejected' "$LAB_DIR/limit$family.json")" -eq 60
	tap_ok "limited ICMP: the limit was felt: IPv$family" \
		grep -q 'no answer; ICMP' "$LAB_DIR/limit$family.json"
done
tap_end
