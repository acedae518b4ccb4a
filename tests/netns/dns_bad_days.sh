#!/bin/bash
# SPDX-License-Identifier: ISC
#
# dns_bad_days.sh bind|knot: bad days of a real name server, each in a zone of its own and all at once: frozen,
# read-only (a secondary), not there, closed to our key, and on BIND without room on its disk. What is
# wanted there waits and nothing else does; each is seen in words; when the day is over every name is
# there. Then a daemon whose clock is ten minutes off, and names at the edge of what DNS can hold.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly software=$1
bad=(frozen readonly missing forbidden)
[[ $software != bind ]] || bad+=(full)
readonly zones=(good.example "${bad[@]/%/.example}")
readonly per_zone=20
# What the two say of such a day. Knot as a secondary passes updates on to its primary, which is
# silent: it answers SERVFAIL after three seconds, or too late when two updates wait there.
declare -rA reasons=(
	[bind.frozen]=REFUSED [bind.readonly]=REFUSED [bind.full]=SERVFAIL [bind.missing]=NOTAUTH
	[bind.forbidden]=REFUSED [knot.frozen]=REFUSED [knot.readonly]='SERVFAIL|no answer in|does not answer' [knot.missing]=NOTAUTH
	[knot.forbidden]='does not let it update'
)
readonly label=a23456789012345678901234567890123456789012345678901234567890123

# lease CHANGE NAME NUMBER: one line for say_leases.
lease()
{
	printf '%s %s 10.81.%d.%d 02:00:00:01:%02x:%02x\n' "$1" "$2" $(($3 / 200 + 10)) \
		$(($3 % 200 + 1)) $(($3 / 256)) $(($3 % 256))
}

say()
{
	"$LAB_BUILD/tests/support/say_leases" "$LAB_DIR/run/lease.sock"
}

# BIND with every zone but the missing one, and rndc.
configure_bind()
{
	local zone

	lab_configure_bind
	sed -i 's/controls { };/controls { inet 127.0.0.1 port 953 allow { 127.0.0.1; } keys { amtnet; }; };/' \
		"$LAB_DIR/named.conf"
	printf 'key amtnet { algorithm hmac-sha256; secret "%s"; };\n' "$(<"$LAB_KEY_FILE")" \
		>"$LAB_DIR/rndc.key"
	mkdir "$LAB_DIR/small"
	for zone in full forbidden; do
		printf 'zone "%s.example" { type primary; file "%s/%s.example.zone"; update-policy { grant %s; }; };\n' \
			"$zone" "$LAB_DIR/$([[ $zone == full ]] && echo small || echo zones)" "$zone" \
			"$([[ $zone == full ]] && echo amtnet || echo nobody) zonesub ANY"
	done >>"$LAB_DIR/named.conf"
	printf 'zone "readonly.example" { type secondary; file "%s"; masterfile-format text; primaries { 10.81.2.99; }; };\n' \
		"$LAB_DIR/zones/readonly.example.zone" >>"$LAB_DIR/named.conf"
}

# The full zone is on a disk of 64 KiB, which is BIND's own: it goes when BIND does.
start_bind()
{
	# shellcheck disable=SC2016 # expanded by the child
	lab_spawn ns ns sh -c 'mount -t tmpfs -o size=64k tmpfs "$0/small" &&
		cp "$0/zones/full.example.zone" "$0/small/" && exec "$@"' "$LAB_DIR" \
		"$(lab_program named)" -g -c "$LAB_DIR/named.conf" -n 1
	lab_wait_for 20 lab_ns_answers || lab_fail 'BIND does not answer'
}

# filler: the file on that disk, as seen from here.
filler()
{
	echo "/proc/${LAB_PIDS[ns]}/root$LAB_DIR/small/filler"
}

tell_bind()
{
	lab_exec ns rndc -k "$LAB_DIR/rndc.key" -s 127.0.0.1 "$@" >/dev/null
}

bad_days_bind()
{
	tell_bind freeze frozen.example
	head -c 65536 /dev/zero >"$(filler)" 2>/dev/null || true # as much as there is room for
}

good_days_bind()
{
	tell_bind thaw frozen.example
	rm "$(filler)"
	printf 'zone "missing.example" { type primary; file "%s"; update-policy { grant amtnet zonesub ANY; }; };\n' \
		"$LAB_DIR/zones/missing.example.zone" >>"$LAB_DIR/named.conf"
	sed -i -e 's/grant nobody/grant amtnet/' -e '/readonly/s/type secondary;\(.*\)masterfile.*/type primary; \1 update-policy { grant amtnet zonesub ANY; }; };/' \
		"$LAB_DIR/named.conf"
	tell_bind reconfig
}

configure_knot()
{
	lab_configure_knot
	sed -i 's/^template:/remote:\n  - id: nobody\n    address: 10.81.2.99\n&/' "$LAB_DIR/knot.conf"
	printf '  - domain: %s\n    %s\n' readonly.example 'master: nobody' forbidden.example 'acl: transfer' \
		>>"$LAB_DIR/knot.conf"
}

start_knot()
{
	lab_run_ns knot
}

tell_knot()
{
	lab_exec ns knotc -s "$LAB_DIR/zones/knot.sock" "$@" >/dev/null
}

bad_days_knot()
{
	tell_knot -b zone-freeze frozen.example
}

good_days_knot()
{
	tell_knot -b zone-thaw frozen.example
	sed -i -e '/^    master: nobody/d' -e '/^    acl: transfer$/d' "$LAB_DIR/knot.conf"
	echo '  - domain: missing.example' >>"$LAB_DIR/knot.conf"
	tell_knot reload
}

configure_amtnetd()
{
	local zone

	lab_amtnetd_head
	for zone in "${zones[@]}" 81.10.in-addr.arpa; do
		printf '    - name: %s\n      servers: [10.81.2.2]\n      key: amtnet\n' "$zone"
	done
}

# present ZONE: how many names have their address in DNS.
present()
{
	lab_exec core dig @10.81.2.2 +noall +answer +time=2 +tries=1 "$1" AXFR | grep -c '[[:space:]]A[[:space:]]' || true
}

has_all() { [[ $(present "$1") == "$per_zone" ]]; }
has_none() { [[ $(present "$1") == 0 ]]; }

# in_words ZONE PATTERN: the log has one alarm for the zone, and it says why.
in_words()
{
	local said

	said=$(grep -E "zone=$1," "$(lab_log amtnetd)" | grep -E 'refuses updates|cannot be updated')
	echo "$said"
	[[ $(wc -l <<<"$said") == 1 ]] && grep -Eq "$2" <<<"$said"
}

# still_wanted ZONE: none was given up or put aside for long.
still_wanted()
{
	lab_ctl names "zone=$1" type=A | awk -v want="$per_zone" '
		/example/ { all++; bad += /quarantine|conflict|present/ }
		END { exit !(all == want && !bad) }'
}

# comes_back ZONE: the day is over, and somebody says `amtnetctl retry`.
comes_back()
{
	lab_ctl retry >/dev/null
	has_all "$1"
}

case $software in
	bind) tap_begin named rndc ;;
	knot) tap_begin knotd knotc ;;
esac
LAB_ZONES=(good.example frozen.example 81.10.in-addr.arpa)
lab_net
lab_make_key
mkdir -p "$LAB_DIR/zones"
for zone in "${zones[@]}" 81.10.in-addr.arpa; do
	lab_zone "$zone" >"$LAB_DIR/zones/$zone.zone"
done
"configure_$software"
"start_$software"
LAB_CONFIG=$LAB_DIR/amtnetd.yaml
configure_amtnetd >"$LAB_CONFIG"
lab_run_amtnetd
"bad_days_$software"

for ((i = 0; i < per_zone; i++)); do
	for z in "${!zones[@]}"; do
		lease committed "me$i.${zones[z]}" $((z * per_zone + i))
	done
done | say
tap_soon 10 'the zone that is well has all its names, beside those that are not' has_all good.example
for zone in "${bad[@]}"; do
	tap_soon 20 "$zone: one alarm with the reason" in_words "$zone.example" "${reasons[$software.$zone]}"
	tap_ok "$zone: all names are still wanted" still_wanted "$zone.example"
done
tap_ok 'frozen: nothing was written' has_none frozen.example
"good_days_$software"
for zone in "${bad[@]}"; do
	tap_soon 15 "$zone: when the day is over all its names are there" comes_back "$zone.example"
done
tap_ok 'the zone that was well still has what it had' has_all good.example

lab_stop amtnetd
export CLOCK_AHEAD_S=600 LD_PRELOAD="$LAB_BUILD/tests/support/libclock_jump.so"
lab_run_amtnetd
unset CLOCK_AHEAD_S LD_PRELOAD
lease committed late.good.example 400 | say
tap_soon 10 'a daemon whose clock is ten minutes ahead registers' lab_has late.good.example A \
	"$(lease committed x 400 | cut -d' ' -f3)"

longest=$label.$label.$label.${label:0:48}.good.example
number=410
# BIND refuses underscores in the names of addresses (check-names): that name waits, and nobody else does.
lease committed under_score.good.example 409 | say
if [[ $software == bind ]]; then
	tap_soon 10 'a name that the server alone refuses is put aside, with its reason' tap_says \
		'put aside, name=under_score.good.example, state=retry, reason=.*REFUSED' "$(lab_log amtnetd)"
else
	tap_soon 10 'a name with an underscore is registered' lab_has under_score.good.example A \
		"$(lease committed x 409 | cut -d' ' -f3)"
fi
for name in "$longest" "$label.good.example" xn--mnchen-3ya.good.example; do
	lease committed "$name" "$number" | say
	tap_soon 10 "a name of ${#name} octets is registered: ${name:0:20}" lab_has "$name" A \
		"$(lease committed x "$number" | cut -d' ' -f3)"
	number=$((number + 1))
done
tap_end
