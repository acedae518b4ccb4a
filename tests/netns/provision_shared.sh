#!/bin/bash
# SPDX-License-Identifier: ISC
#
# provision_shared.sh bind|knot: several daemons for the same names. Two daemons race to create 100 names; the
# owner dies and the standby takes over; the old owner comes back and does not take back by force.

set -euo pipefail
# shellcheck source=tests/netns/provision_lib.sh
. "$(dirname "$0")/provision_lib.sh"

readonly names=100 plain=provisionserver.plain.example signed=provisionserver.signed.example

suffixes()
{
	local i

	for ((i = 1; i <= names; i++)); do
		printf 's%d.%s, ' "$i" "$([[ $((i % 2)) == 1 ]] && echo plain.example || echo signed.example)"
	done
}

# racers: both daemons want every name, each with its own address.
racers()
{
	prov_config left "zones: [$(suffixes)]" 'addresses: [192.0.2.11]' 'interval: 60s'
	prov_config right "zones: [$(suffixes)]" 'addresses: [192.0.2.12]' 'interval: 60s'
}

# race_is_over: each daemon has an opinion of each name, also of the bare one, which has a zone here.
race_is_over()
{
	local name present foreign

	for name in left right; do
		present=$(prov_status "$name" provision-server.present)
		foreign=$(prov_status "$name" provision-server.foreign)
		((present + foreign == names + 1)) || return 1
	done
}

# race_records: every name has one address and the marker of the daemon that wants this address.
race_records()
{
	local zone

	for zone in plain.example signed.example; do
		lab_exec one dig @192.0.2.1 +noall +answer "$zone" AXFR
	done | awk '
		$1 ~ /^provisionserver\.s[0-9]+\./ && $4 ~ /^(A|TXT)$/ { all[$1] = all[$1] " " $5 }
		END { for (name in all) print all[name] }' >"$LAB_DIR/race"
	(($(wc -l <"$LAB_DIR/race") == names)) && ! grep -vE \
		-e '^ (192.0.2.11 "v=amtps1;owner=left;epoch=0"|"v=amtps1;owner=left;epoch=0" 192.0.2.11)$' \
		-e '^ (192.0.2.12 "v=amtps1;owner=right;epoch=0"|"v=amtps1;owner=right;epoch=0" 192.0.2.12)$' \
		"$LAB_DIR/race"
}

# epoch: of the marker in the plain zone.
epoch()
{
	prov_dig "$plain" TXT | sed 's/.*epoch=//'
}

epoch_is_not()
{
	[[ $(epoch) != "$1" ]]
}

owned_by()
{
	[[ $(prov_dig "$plain" TXT) == "v=amtps1;owner=$1;epoch="* ]]
}

# looks: answers that the standby has got to its looks at the name in the plain zone.
looks()
{
	grep -cF "name=$plain, step=look, answer=" "$(lab_log second)" || true
}

has_looked()
{
	(($(looks) >= $1))
}

# past MILLISECONDS: the clock is past that.
past()
{
	(($(prov_now_ms) > $1))
}

# freeze, thaw: the name server answers and takes no updates, and again.
freeze()
{
	cp "$LAB_DIR/primary/conf" "$LAB_DIR/primary/conf.open"
	sed -i -e 's/update-policy { grant amtnet/update-policy { deny amtnet/' \
		-e 's/^    action: update$/    action: transfer/' "$LAB_DIR/primary/conf"
	kill -HUP "${LAB_PIDS[primary]}"
}

thaw()
{
	mv "$LAB_DIR/primary/conf.open" "$LAB_DIR/primary/conf"
	kill -HUP "${LAB_PIDS[primary]}"
}

prov_begin "$1"

# The race. The name server is stopped while both start, so that both have asked before either is answered.
racers
kill -STOP "${LAB_PIDS[primary]}"
prov_run left
prov_run right
kill -CONT "${LAB_PIDS[primary]}"
tap_soon 30 "two daemons race for $names names" race_is_over
tap_ok 'each name has one owner, its address and its marker, never a mixture' race_records
echo "# $(grep -c left "$LAB_DIR/race") went to one, $(grep -c right "$LAB_DIR/race") to the other"
lost=$(($(prov_status left provision-server.lost-races) + $(prov_status right provision-server.lost-races)))
echo "# of these the server itself decided $lost: both had seen the name free"
tap_ok 'some of them were real races' test "$lost" -gt 0
tap_ok 'more names than a server takes at a time are no fault' \
	tap_not grep -h 'cannot be checked' "$(lab_log left)" "$(lab_log right)"
tap_ok 'the signed zone is rightly signed' prov_zone_verifies
lab_stop left
lab_stop right

# Cold standby.
for name in first second; do
	prov_config "$name" 'zones: [plain.example, signed.example]' \
		"addresses: [192.0.2.1$([[ $name == first ]] && echo 1 || echo 2)]" 'interval: 1s' \
		'failover: cold'
done
prov_run first
tap_soon 5 'the first daemon creates the name' owned_by first
prov_run second
tap_soon 5 'the second stands by' prov_state second plain.example standby
before=$(epoch)
tap_soon 3 'the owner gives signs of life' epoch_is_not "$before"
tap_ok 'a standby is no alarm' tap_not tap_says "alarm.provision-server.$plain" <(prov_ctl second status)

# The name server is away for longer than three epochs, and its owner is the last to come back.
kill -STOP "${LAB_PIDS[first]}"
lab_wait_for 5 has_looked $(($(looks) + 8)) # the standby has seen its last sign of life
kill -STOP "${LAB_PIDS[primary]}"
lab_wait_for 10 past $(($(prov_now_ms) + 4000))
seen=$(looks)
kill -CONT "${LAB_PIDS[primary]}"
tap_soon 5 'the name server is back after four epochs, the standby looks' has_looked $((seen + 8))
tap_ok 'and takes nothing over: in that time nobody could give a sign of life' owned_by first
before=$(epoch)
kill -CONT "${LAB_PIDS[first]}"
tap_soon 5 'the owner gives signs of life again' epoch_is_not "$before"
tap_ok 'and is still the owner' owned_by first

# It answers, but takes no updates for longer than three epochs.
freeze
tap_soon 15 'the name server takes no updates, also not the take-over: the standby probes it' \
	tap_says "name=$plain, step=probe, prerequisite: $plain has exactly TXT .*owner=first" "$(lab_log second)"
kill -STOP "${LAB_PIDS[first]}"
thaw
tap_soon 10 'it takes them again, first the probe' tap_says "name=$plain, step=probe, answer=NOERROR" "$(lab_log second)"
tap_ok 'and nothing is taken over' owned_by first
before=$(epoch)
kill -CONT "${LAB_PIDS[first]}"
tap_soon 5 'the owner gives signs of life once more' epoch_is_not "$before"
tap_ok 'and is the owner as before' owned_by first

before=$(epoch)
lab_wait_for 3 epoch_is_not "$before" # killed right after a sign of life, which is the worst moment
began=$(prov_now_ms) from=$(prov_log_end second)
lab_stop first KILL
tap_soon 6 'the owner is killed, the standby takes over' owned_by second
took=$(($(prov_now_ms) - began))
echo "# taken over after $took ms, the interval is 1000 ms"
looks=$(prov_steps second "$from" "name=$plain, step=look, query=A\$" "name=$plain, step=take-over, answer=NOERROR")
tap_ok "within three epochs and the one at hand: the standby looked $looks times, four times each" test "$looks" -le 13
tap_ok 'its addresses are there' prov_says "$plain" A 192.0.2.12
tap_ok 'in the signed zone too' lab_wait_for 2 prov_says "$signed" A 192.0.2.12
tap_ok 'the update says that the old marker stood still' \
	tap_says 'step=take-over, prerequisite: .* has exactly TXT "v=amtps1;owner=first' "$(lab_log second)"
prov_run first
tap_soon 5 'the old owner comes back and stands by' prov_state first plain.example standby
before=$(epoch)
lab_wait_for 5 epoch_is_not "$before"
tap_ok 'the new one is still the owner' owned_by second
kill -STOP "${LAB_PIDS[second]}"
tap_soon 6 'an owner that hangs is replaced' owned_by first
kill -CONT "${LAB_PIDS[second]}"
tap_soon 5 'and stands by when it wakes up' prov_state second plain.example standby
tap_ok 'the signed zone is still rightly signed' prov_zone_verifies
tap_end
