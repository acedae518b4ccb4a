#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A check paired with a responder tells which direction and which half of a handshake is lost, where
# one end alone could not; and a responder that answers presence pings is not taken for a PC.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly pc=10.81.20.20 core=10.81.3.2

# pair NAME [ARGUMENT...]: what the paired check says is in NAME.txt, its status in `status`.
pair()
{
	local name=$1
	shift

	status=0
	lab_exec core "$LAB_BUILD/netcheck/amtnet-check" pair --with "$pc" --code-file "$LAB_DIR/code" "$@" \
		>"$LAB_DIR/$name.txt" 2>&1 || status=$?
}

# amt NAME: what amtnet-check amt says of the responder is in NAME.txt, its status in `status`.
amt()
{
	status=0
	lab_exec core "$LAB_BUILD/netcheck/amtnet-check" amt "${2:-$pc}" >"$LAB_DIR/$1.txt" 2>&1 || status=$?
}

# says NAME STATUS PATTERN...: the run's status, and a line for each pattern.
says()
{
	local name=$1 wanted=$2 pattern
	shift 2

	if ((status != wanted)); then
		echo "exit status $status, not $wanted"
		cat "$LAB_DIR/$name.txt"
		return 1
	fi
	for pattern; do
		tap_says "$pattern" "$LAB_DIR/$name.txt" || return
	done
}

# rule RULE: one more rule in the firewall's forward chain, in place of all others.
rule()
{
	lab_unblock
	[[ -z ${1:-} ]] || lab_exec fw nft "add rule inet site forward $1"
}

tap_begin
lab_net
lab_address pc2 eth0 $pc/24 10.81.20.1
lab_spawn sink core socat -u TCP4-LISTEN:9971,fork,reuseaddr OPEN:/dev/null
lab_spawn responder pc2 "$LAB_BUILD/netcheck/amtnet-check" respond --pair --ping \
	--ports 16992-16995,5900
lab_await responder 10 'end with Ctrl-C'
sed -n 's/^pair code: //p' "$(lab_log responder)" >"$LAB_DIR/code"

amt ping
tap_ok 'a responder on UDP 623 is no PC, and says so' says ping 1 \
	"WARN NC610 $pc: a responder \\(.+\\), not a PC: presence pings pass both ways; it sees us as $core"
tap_ok 'the responder says who asked' tap_says "udp/623 from $core:[0-9]+: presence ping answered" "$(lab_log responder)"
lab_ip pc2 route add local 10.81.20.128/25 dev lo
lab_ip rtr route add 10.81.20.128/25 via $pc
amt many 10.81.20.200
tap_ok 'it answers from the address that was asked' says many 1 'WARN NC610 10\.81\.20\.200: a responder'
lab_exec core socat -u SYSTEM:'printf x' "UDP4:$pc:623"
tap_soon 5 'what is no ping is not answered, and said' tap_says \
	"udp/623 from $core:[0-9]+: is no presence ping" "$(lab_log responder)"
rule 'udp dport 623 drop'
amt lost
tap_ok 'pings are lost on the way: the responder says so on its ports' says lost 1 \
	"WARN NC610 $pc: a responder \\([^ ]+\\), not a PC; it sees us as $core"
rule 'meta l4proto { tcp, udp } drop'
amt silent
tap_ok 'all is lost on the way: nothing answers' says silent 3 'NC606 .*nothing answers'
rule
lab_exec core "$LAB_BUILD/netcheck/amtnet-check" ports --ports 5900 $pc >"$LAB_DIR/screen.txt"
tap_ok 'the port of the remote screen is proven' tap_says 'NC100 .*5900' "$LAB_DIR/screen.txt"

pair clear --hello $core
tap_ok 'a clear path: both ends agree on every port, and the hello passes' says clear 0 \
	'OK   NC800 responder 10\.81\.20\.20: paired with .*, addresses unchanged' \
	'NC810 .*tcp/16992' 'NC810 .*tcp/16993' 'NC810 .*tcp/16994' 'NC810 .*tcp/16995' \
	"NC820 .*hello to $core:9971, from $pc: accepted"

rule "ip daddr $pc tcp dport 16993 drop"
pair there
tap_ok 'dropped on the way there' says there 2 'FAIL NC811 .*tcp/16993' 'NC810 .*tcp/16992' 'FAIL NC104 .*16993'

rule "ip saddr $pc tcp sport 16993 drop"
pair back
tap_ok 'dropped on the way back' says back 2 'FAIL NC812 .*tcp/16993 .*SYNs arrived' 'NC810 .*tcp/16992'

rule "ip daddr $pc tcp dport 16993 ip length > 60 drop"
pair data
tap_ok 'the handshake passes, data does not' says data 2 'FAIL NC814 .*tcp/16993'

rule "ip daddr $pc tcp dport 16993 tcp flags & (syn | ack) == ack drop"
pair third
tap_ok 'SYN and answer pass, the third packet of the handshake does not' says third 2 \
	'FAIL NC814 .*tcp/16993 .*[1-9] SYNs? arrived, and nothing after' 'NC810 .*tcp/16992'

rule "ip daddr $core tcp dport 9971 reject with icmp type admin-prohibited"
pair hello --hello $core
tap_ok 'hellos are rejected where ports are open' says hello 2 'FAIL NC821 .*rejected' 'NC810 .*tcp/16992'

rule
lab_exec fw nft "table ip site_nat { chain post { type nat hook postrouting priority srcnat; ip daddr $pc masquerade; }; }"
pair nat
tap_ok 'translated addresses are seen' says nat 1 'WARN NC801 .*it sees us as 10\.81\.9\.1 \(we are 10\.81\.3\.2\)'
amt nat-ping
tap_ok 'translated addresses are seen by pings too' says nat-ping 1 'NC610 .*it sees us as 10\.81\.9\.1'
lab_exec fw nft delete table ip site_nat

lab_exec fw nft "table ip site_nat { chain pre { type nat hook prerouting priority dstnat; ip daddr $pc tcp dport 16993 redirect to :7; }; }"
lab_spawn forger fw socat TCP4-LISTEN:7,fork,reuseaddr 'SYSTEM:cat >/dev/null'
lab_wait_for 5 lab_exec core socat -u OPEN:/dev/null "TCP4:$pc:16993"
pair forged
tap_ok 'a device that answers in the name of the PC' says forged 2 'FAIL NC813 .*tcp/16993'
lab_exec fw nft delete table ip site_nat

echo 'some other code' >"$LAB_DIR/code"
pair code
tap_ok 'another code: could not tell, and the responder says why' says code 3 'NC802 .*(codes differ|closed the control)'
tap_soon 5 'the responder says so too' tap_says '(does not know the code|gone)' "$(lab_log responder)"

rule "ip daddr $pc tcp dport 16999 drop"
pair control
tap_ok 'the control connection is dropped: could not tell' says control 3 'NC802 .*control connection filtered'
tap_end
