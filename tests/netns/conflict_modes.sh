#!/bin/bash
# SPDX-License-Identifier: ISC
#
# conflict_modes.sh bind|knot: every conflict mode against a real name server, as a table: what stands in DNS
# before, what happens to the lease, what stands there afterwards, and which steps were sent for it. Each
# mode has a forward and a reverse zone, each row a name; all rows run at once, through one amtnetd.
# What is expected stands in conflict_modes.table.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly software=$1 table=$LAB_SOURCE/tests/netns/conflict_modes.table
readonly modes=(same-machine check-with-dhcid check-exists-with-dhcid no-check-with-dhcid
	no-check-without-dhcid marker)
# What is there before, by the name's first label. "host": what the host OS of the same machine has, whose
# lease is known; "dual-": nothing is there, and then both families come.
readonly states=(absent static own-id other-id host foreign-id aaaa own-marker foreign-marker
	dual-duid dual-mac)
readonly events=(add move release last)
readonly seeded=10.81.99.9 seeded6=fd81::99:9
readonly duid=000300010200

# Row number N = 20 * mode + state. Each has a machine and addresses of its own.
row() { echo $(($1 * 20 + $2)); }
mac() { printf '02:00:00:00:aa:%02x' "$1"; }
address() { echo "10.81.$(($1 / 20 + 1)).$(($1 % 20 * 10 + $2))"; }
address6() { printf 'fd81::1:%x:0:0:%x' "$(($1 / 20 + 1))" "$(($1 % 20 + 1))"; }
reverse6() { printf '%x.0.0.0.0.0.0.0.0.0.0.0.%x.0.0.0.%s' "$(($1 % 20 + 1))" "$(($1 / 20 + 1))" \
	"$LAB_ZONE6"; }
# RFC 4361: 255, IAID, DUID; what a host sends as option 61 for the DUID that it has in DHCPv6.
duid_of() { printf '%s%08x' "$duid" "$1"; }
duid_id() { printf 'ff00000001%s' "$(duid_of "$1")"; }

# wire NAME: in hexadecimal, as RFC 1035 3.1 has it.
wire()
{
	local label i

	for label in ${1//./ }; do
		printf %02x "${#label}"
		for ((i = 0; i < ${#label}; i++)); do
			printf %02x "'${label:i:1}"
		done
	done
	printf 00
}

# dhcid TYPE IDENTIFIER NAME: RFC 4701, in hexadecimal, computed here with sha256sum alone.
dhcid()
{
	local hash

	hash=$(lab_bytes "$2$(wire "$3")" | sha256sum)
	echo "${1}01${hash%% *}"
}

# identity WHOSE ROW NAME: the DHCID of the machine as we write it, of its host OS, or of a stranger.
identity()
{
	local hardware

	hardware=$(mac "$2")
	case $1 in
		own) dhcid 0000 "01${hardware//:/}" "$3" ;;
		other) dhcid 0001 "01${hardware//:/}" "$3" ;; # option 61 = type 1 and the address
		foreign) dhcid 0000 01020000ee0001 "$3" ;;
		duid) dhcid 0002 "$(duid_of "$2")" "$3" ;;
	esac
}

marker() { echo "v=amtdhcid1;$(lab_bytes "$1" | base64 -w 0)"; }

# seed STATE ROW NAME: lines for nsupdate.
seed()
{
	local own

	own=$(identity own "$2" "$3")
	case $1 in
		absent | dual-*) return ;;
		aaaa) echo "update add $3 300 AAAA $seeded6" ;;
		host) echo "update add $3 300 A $(address "$2" 9)" ;;
		*) echo "update add $3 300 A $seeded" ;;
	esac
	case $1.${3#*.} in
		own-marker.* | aaaa.marker.*) echo "update add $3 300 TXT \"$(marker "$own")\"" ;;
		own-id.* | aaaa.*) echo "update add $3 300 DHCID \\# 35 $own" ;;
		other-id.* | host.*) echo "update add $3 300 DHCID \\# 35 $(identity other "$2" "$3")" ;;
		foreign-id.*) echo "update add $3 300 DHCID \\# 35 $(identity foreign "$2" "$3")" ;;
		foreign-marker.*) echo "update add $3 300 TXT \"$(marker "$(identity foreign "$2" "$3")")\"" ;;
	esac
}

# lease EVENT STATE ROW NAME: lines for say_leases.
lease()
{
	local hardware

	hardware=$(mac "$3")
	[[ $2:$1 != host:add ]] ||
		echo "host committed $4 $(address "$3" 9) $hardware 01${hardware//:/}"
	case $2:$1 in
		dual-*:add) dual committed "$@" 4 ;;
		dual-*:move) dual committed "$@" 6 ;;
		dual-*:release) dual released "$@" 4 ;;
		dual-*:last) dual released "$@" 6 ;;
		*:add) echo "committed $4 $(address "$3" 1) $hardware" ;;
		*:move) echo "committed $4 $(address "$3" 2) $hardware" ;;
		*:release) echo "released $4 $(address "$3" 2) $hardware" ;;
	esac
}

# dual CHANGE EVENT STATE ROW NAME FAMILY: the machine's lease in one family.
dual()
{
	local client_id=''

	[[ $3 != dual-duid ]] || client_id=$(duid_id "$4")
	if [[ $6 == 4 ]]; then
		echo "$1 $5 $(address "$4" 1) $(mac "$4") $client_id"
	else
		echo "$1 $5 $(address6 "$4") $(mac "$4") $(duid_of "$4")"
	fi
}

# each FUNCTION ARGUMENT...: for all rows.
each()
{
	local m s

	for m in "${!modes[@]}"; do
		for s in "${!states[@]}"; do
			"$@" "${states[s]}" "$(row "$m" "$s")" "${states[s]}.${modes[m]}.example"
		done
	done
}

# meanings STATE ROW NAME: what records of a row may mean, "NAME TYPE VALUE WORD ROW-NAME".
meanings()
{
	local whose id reverse n

	echo "$3 A $seeded a-seeded $3"
	echo "$3 AAAA $seeded6 aaaa-seeded $3"
	echo "$3 AAAA $(address6 "$2") aaaa $3"
	echo "$(reverse6 "$2") PTR $3. ptr-6 $3"
	for n in 1 2 9; do
		reverse=$(lab_reverse "$(address "$2" "$n")")
		echo "$3 A $(address "$2" "$n") a-$n $3"
		echo "$reverse PTR $3. ptr-$n $3"
	done
	for whose in own other foreign duid; do
		id=$(identity "$whose" "$2" "$3")
		echo "$3 DHCID $id id-$whose $3"
		echo "$3 TXT \"$(marker "$id")\" marker-$whose $3"
	done
}

# zones: all records of all zones but SOA, NS and the DHCIDs of reverse names, as "NAME TYPE VALUE".
zones()
{
	local zone

	for zone in "${LAB_ZONES[@]}"; do
		lab_exec core dig @10.81.2.2 +noall +answer +time=5 +tries=1 +nosplit "$zone" AXFR
	done | awk '$4 != "SOA" && $4 != "NS" && !($4 == "DHCID" && $1 ~ /arpa/) {
			sub(/\.$/, "", $1)
			print $1, $4, $5
		}' | while read -r name type value; do
		[[ $type != DHCID ]] || value=$(base64 -d <<<"$value" | od -An -v -tx1 | tr -d ' \n')
		echo "$name $type $value"
	done
}

# picture: each row's name with the words for what stands there, "NAME WORD,WORD"; "?" is what must not be.
picture()
{
	zones | awk '
		NR == FNR { word[$1 " " $2 " " $3] = $4; row[$1 " " $2 " " $3] = $5; next }
		{
			key = $1 " " $2 " " $3
			print (key in row ? row[key] : $1), (key in word ? word[key] : "?" $2)
		}' "$LAB_DIR/meanings" - | sort -u |
		awk '{ have[$1] = have[$1] (have[$1] ? "," : "") $2 } END { for (n in have) print n, have[n] }'
}

# steps: what was sent for each row since line FROM of amtnetd's log, "NAME STEP,STEP", and "conflict" at the
# end where it gave up; the steps in the reverse zone stand last, as they go their own way.
steps()
{
	{
		tail -n "+$1" "$(lab_log amtnetd)" |
			sed -En 's/.*dns: step, name=([^,]+), step=(.+)$/\1 \2/p'
		lab_ctl names state=conflict | awk '$1 ~ /example$/ { print $1, "conflict" }'
	} | awk '
		$2 ~ /point/ { reverse[$1] = reverse[$1] "," $2; next }
		{ did[$1] = did[$1] (did[$1] ? "," : "") $2 }
		END { for (n in did) print n, did[n] reverse[n] }'
}

# at_rest: nothing is under way; a PTR waits for ever where its name is someone else's.
at_rest()
{
	lab_ctl status | awk '
		{ n[$1] = $2 }
		END {
			exit !(n["dns.names.removing"] == 0 &&
				n["dns.names.waiting"] == n["dns.names.conflict"])
		}'
}

# play EVENT: it happens to all rows; what then is goes to EVENT.picture and EVENT.steps.
play()
{
	local from

	from=$(($(wc -l <"$(lab_log amtnetd)") + 1))
	each lease "$1" | "$LAB_BUILD/tests/support/say_leases" "$LAB_DIR/run/lease.sock"
	lab_wait_for 15 at_rest || lab_fail "not at rest 15 s after $1"
	picture >"$LAB_DIR/$1.picture"
	steps "$from" >"$LAB_DIR/$1.steps"
}

# lines MODE STATE: the lines of a row as the table has them, but as they are.
lines()
{
	local event name=$2.$1.example have did

	for event in "${events[@]}"; do
		[[ $event != last || $2 == dual-* ]] || continue
		have=$(awk -v n="$name" '$1 == n { print $2 }' "$LAB_DIR/$event.picture")
		did=$(awk -v n="$name" '$1 == n { print $2 }' "$LAB_DIR/$event.steps")
		printf '%-24s %-14s %-7s %-36s %s\n' "$1" "$2" "$event" "${have:--}" "${did:--}"
	done
}

# as_expected MODE STATE: or the difference.
as_expected()
{
	diff <(grep -E "^$1 +$2 " "$table") <(lines "$1" "$2")
}

configure_amtnetd()
{
	local zone number

	printf 'log:\n  level: debug\n'
	lab_amtnetd_head
	for zone in "${LAB_ZONES[@]}"; do
		printf '    - name: %s\n      servers: [10.81.2.2]\n      key: amtnet\n' "$zone"
		number=${zone%%.*}
		case $zone in
			*.ip6.arpa) ;;
			*.arpa) printf '      conflict-mode: %s\n' "${modes[number - 1]}" ;;
			*) printf '      conflict-mode: %s\n' "${zone%.example}" ;;
		esac
	done
}

# What others wrote before us, by another program.
seed_all()
{
	local mode

	for mode in "${modes[@]}"; do
		printf 'server 10.81.2.2\nzone %s.example\n' "$mode"
		each seed | grep -F ".$mode.example "
		echo send
	done | lab_exec core nsupdate -y "hmac-sha256:amtnet:$(<"$LAB_KEY_FILE")"
}

tap_begin nsupdate "$([[ $software == bind ]] && echo named || echo knotd)"
LAB_ZONES=("${modes[@]/%/.example}" {1..6}.81.10.in-addr.arpa "$LAB_ZONE6")
lab_net
lab_start_ns "$software"
seed_all
each meanings >"$LAB_DIR/meanings"
LAB_CONFIG=$LAB_DIR/amtnetd.yaml
configure_amtnetd >"$LAB_CONFIG"
lab_run_amtnetd
for event in "${events[@]}"; do
	play "$event"
done
for mode in "${modes[@]}"; do
	for state in "${states[@]}"; do
		tap_ok "$mode, $state: DNS after each event, and the steps" as_expected "$mode" "$state"
	done
done
tap_end
