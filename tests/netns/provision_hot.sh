#!/bin/bash
# SPDX-License-Identifier: ISC
#
# provision_hot.sh bind|knot: daemons that publish one name together (failover: hot), in an unsigned and in a
# DNSSEC-signed zone: each adds its own address, one that dies or hangs is removed by the other and comes back,
# what someone changes by hand is repaired, a core that takes no hellos leaves, cold becomes hot and back.

set -euo pipefail
# shellcheck source=tests/netns/provision_hot_lib.sh
. "$(dirname "$0")/provision_hot_lib.sh"

readonly names=100

life_moves()
{
	[[ $(prov_dig "two._amtps.$plain" TXT) != "$before" ]]
}

# just_renewed: waits until the second daemon has given a sign of life: the worst moment to die.
just_renewed()
{
	before=$(prov_dig "two._amtps.$plain" TXT)
	lab_wait_for 5 life_moves
}

# race_records: every name has both addresses, both entries and both signs of life, and nothing else.
race_records()
{
	local zone

	for zone in plain.example signed.example; do
		lab_exec one dig @192.0.2.1 +noall +answer "$zone" AXFR
	done | awk '
		$4 != "A" && $4 != "TXT" { next }
		$1 ~ /^provisionserver\.s[0-9]+\./ { name = $1; what = $5 }
		$1 ~ /^(one|two)\._amtps\.provisionserver\.s[0-9]+\./ {
			name = $1; sub(/^[a-z]+\._amtps\./, "", name)
			what = "life-of-" substr($1, 1, 3)
		}
		name { records[name]++; all[name " " what]; name = "" }
		END {
			for (name in records)
				count += records[name] == 6 && (name " 192.0.2.11") in all &&
					(name " 192.0.2.12") in all && (name " life-of-one") in all &&
					(name " life-of-two") in all &&
					(name " \"v=amtps1;owner=one;epoch=0;hot=192.0.2.11\"") in all &&
					(name " \"v=amtps1;owner=two;epoch=0;hot=192.0.2.12\"") in all
			print count + 0
		}' >"$LAB_DIR/race"
	(($(<"$LAB_DIR/race") == names))
}

race_is_over()
{
	(($(prov_status one provision-server.present) >= names)) &&
		(($(prov_status two provision-server.present) >= names)) && race_records
}

prov_begin "$1" awk

# The race. The name server is stopped while both start, so that both have asked before either is answered.
suffixes=$(for ((i = 1; i <= names; i++)); do
	printf 's%d.%s, ' "$i" "$([[ $((i % 2)) == 1 ]] && echo plain.example || echo signed.example)"
done)
prov_config one "zones: [$suffixes]" 'addresses: [192.0.2.11]' 'interval: 5s' 'failover: hot'
prov_config two "zones: [$suffixes]" 'addresses: [192.0.2.12]' 'interval: 5s' 'failover: hot'
kill -STOP "${LAB_PIDS[primary]}"
prov_run one
prov_run two
kill -CONT "${LAB_PIDS[primary]}"
tap_soon 40 "two daemons race for $names names: each has exactly both" race_is_over
lost=$(($(prov_status one provision-server.lost-races) + $(prov_status two provision-server.lost-races)))
echo "# of these the server itself decided $lost"
tap_ok 'some of them were real races' test "$lost" -gt 0
tap_ok 'the signed zone is rightly signed' prov_zone_verifies
lab_stop one
lab_stop two
rm -f "$LAB_DIR"/one.db* "$LAB_DIR"/two.db*

# One, two, one killed, back again.
hot one 192.0.2.11
hot two 192.0.2.12
prov_run one
tap_soon 5 'the first daemon creates the name' only one
prov_run two
tap_soon 6 'the second adds its own address, in both zones' together
tap_ok 'its update says who was there' logged two join "$plain has exactly TXT .*owner=one"
tap_soon 5 'each gives signs of life, guarded by what it saw' logged one renew "$plain has exactly A 192.0.2.12"
tap_ok 'an alarm for the hand-made one only' test "$(prov_status two provision-server.alarms)" = 1
tap_ok 'the hand-made one is left alone' prov_says provisionserver.hand.plain.example A 192.0.2.66
tap_soon 5 'the other daemon is listed, with address, epoch and age' \
	tap_says '\(daemon\) +alive +- +192.0.2.12 +two +[0-9]+ +[0-9]+' <(prov_ctl one provision-server plain.example)
tap_soon 5 'the secondary serves both too' prov_says "$signed" A "$both" 192.0.2.2
just_renewed
began=$(prov_now_ms) from=$(prov_log_end one)
lab_stop two KILL
tap_soon 6 'the second is killed, its address leaves' only one
took=$(($(prov_now_ms) - began))
echo "# gone after $took ms, the interval is 1000 ms"
beats=$(prov_steps one "$from" "name=$plain, step=renew, add: one" "name=$plain, how=a silent one removed")
tap_ok "within three epochs and the one at hand: the first gave $beats signs of life meanwhile" test "$beats" -le 4
tap_ok 'the update says that its sign of life stood still' \
	logged one remove "two._amtps.$plain has exactly TXT .*owner=two"
prov_run two
tap_soon 5 'it comes back' together
kill -STOP "${LAB_PIDS[two]}"
tap_soon 8 'one that hangs is removed' only one
kill -CONT "${LAB_PIDS[two]}"
tap_soon 8 'and comes back when it wakes up' together

# By hand.
began=$(prov_now_ms)
prov_update "update delete $plain A 192.0.2.12"
tap_soon 4 'an address that was taken away is repaired' together
tap_ok 'within two intervals' test $(($(prov_now_ms) - began)) -lt 2300
prov_update "update delete $plain" "update delete one._amtps.$plain" "update delete two._amtps.$plain"
tap_soon 6 'all of it taken away, it is made anew' together
prov_update "update add $plain 300 A 192.0.2.99"
stray_removed()
{
	grep -q "step=repair, delete: $plain A 192.0.2.99" "$(lab_log one)" "$(lab_log two)"
}
tap_soon 4 'an address that is in no entry is taken away' stray_removed
tap_soon 4 'and only that' together
contested() # by both: each has its own three repairs
{
	prov_state one signed.example contested && prov_state two signed.example contested
}
foreign()
{
	prov_says "$signed" A "$both" || contested
}
for ((i = 0; i < 10; i++)); do
	prov_update "update add $signed 300 A 192.0.2.99"
	lab_wait_for 4 foreign
done
tap_soon 8 'an address added ten times by hand: contested' contested
tap_ok 'status says so' tap_says "alarm.provision-server.$signed" <(prov_ctl one status)
tap_ok 'the fight ended after a few repairs' \
	test "$(prov_status one provision-server.name.$signed.repairs)" -le 3
tap_ok 'what is there is the living, and what the other added' prov_says "$signed" A "$both 192.0.2.99"
prov_update "update delete $signed A 192.0.2.99"
tap_soon 5 'taken away by the other, it is right again' prov_state one signed.example present
tap_soon 8 'all is as it should be' together
tap_ok 'the signed zone is rightly signed after all that' prov_zone_verifies

# Withdrawal, cold and back, another owner id.
prov_config two 'zones: []' 'addresses: [192.0.2.12]' 'interval: 1s' 'failover: hot'
prov_reload two
tap_soon 5 'one that withdraws takes its own part only' only one
tap_ok 'its update says what was its own' logged two withdraw "two._amtps.$plain has exactly TXT"
lab_stop two
hot two 192.0.2.12 # the same, alone this time
sed -i 's/failover: hot/failover: cold/' "$LAB_DIR/two.yaml"
prov_run two
tap_soon 5 'a daemon that is cold stands by' prov_state two plain.example standby
lab_stop one KILL
cold()
{
	prov_is "$plain" 192.0.2.12 two && [[ $(prov_dig "$plain" TXT) != *hot=* ]] && prov_says "one._amtps.$plain" TXT ''
}
tap_soon 8 'and takes over alone, once the others are dead' cold
tap_ok 'its update says that they stood still' logged two take-over "one._amtps.$plain has exactly TXT"
prov_run one
tap_soon 5 'a daemon that is hot stands by beside it' prov_state one plain.example standby
sed -i 's/failover: cold/failover: hot/' "$LAB_DIR/two.yaml"
prov_reload two
tap_soon 8 'until that one is hot as well' together
sed -i 's/owner: two/owner: three\n  previous-owner: two/' "$LAB_DIR/two.yaml"
prov_reload two
renamed()
{
	prov_says "$plain" A "$both" && [[ $(prov_dig "$plain" TXT) == *owner=one*owner=three* ]] &&
		prov_says "two._amtps.$plain" TXT ''
}
tap_soon 8 'another owner id takes the old one with it' renamed
tap_ok 'in its first update, before anybody could call it silent' \
	logged two join "two._amtps.$plain has exactly TXT .*owner=two"
tap_end
