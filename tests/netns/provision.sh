#!/bin/bash
# SPDX-License-Identifier: ISC
#
# provision.sh bind|knot: every way of a ProvisionServer name, in an unsigned and in a DNSSEC-signed zone
# of a real name server: created, adopted, left alone, forced, repaired, fought for, changed, withdrawn;
# and what the daemon says of it.

set -euo pipefail
# shellcheck source=tests/netns/provision_lib.sh
. "$(dirname "$0")/provision_lib.sh"

readonly plain=provisionserver.plain.example signed=provisionserver.signed.example
readonly both='192.0.2.11 192.0.2.12'

published()
{
	prov_is "$1" "$both" one
}

# logged STEP PREREQUISITE: an update of this step left with this prerequisite.
logged()
{
	tap_says "step=$1, prerequisite: $2" "$(lab_log one)"
}

# spoil NAME: someone with the key points it elsewhere, the marker stays.
spoil()
{
	prov_update "update delete $1 A" "update add $1 300 A 192.0.2.99"
}

configure()
{
	prov_config one "zones: [$1]" 'addresses: [192.0.2.11, 192.0.2.12]' 'interval: 1s' "${@:2}"
	echo 'metrics: {port: 9972}' >>"$LAB_DIR/one.yaml"
}

# scrape PATH: what the daemon serves over HTTP.
scrape()
{
	printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$1" |
		lab_exec one socat -t 5 - TCP:127.0.0.1:9972
}

no_alarm()
{
	[[ $(prov_status one provision-server.alarms) == 0 ]]
}

zones='plain.example, signed.example, equal.plain.example, hand.plain.example, alias.plain.example'
prov_begin "$1"
configure "$zones"
prov_run one

tap_soon 5 'created in the unsigned zone' published "$plain"
tap_soon 5 'created in the signed zone' published "$signed"
tap_soon 5 'created under the bare name, where a zone is made for it' published provisionserver
tap_ok 'its update says that the name was not in use' logged create "$plain not in use"
tap_soon 5 'a hand-made one with our addresses is adopted' published provisionserver.equal.plain.example
tap_ok 'its update says what was there' logged adopt 'provisionserver.equal.plain.example.* A 192.0.2.11'
tap_soon 5 'a hand-made one with other addresses is reported' prov_state one hand.plain.example foreign
tap_ok 'and left alone' prov_says provisionserver.hand.plain.example A 192.0.2.66
tap_soon 5 'an alias is reported' prov_state one alias.plain.example foreign
tap_ok 'and named as such' tap_says 'seen=CNAME ns1.plain.example' "$(lab_log one)"
tap_soon 5 'a second name server has it too' prov_says "$signed" A "$both" 192.0.2.2
tap_ok 'the signed zone is rightly signed' prov_zone_verifies
tap_ok 'status shows an alarm for each that is not ours' \
	test "$(prov_status one provision-server.alarms)" = 2

# Force: what is there is shown, no answer is no, yes is yes.
tap_ok 'force without an answer changes nothing' tap_not prov_ctl one provision-server force hand.plain.example </dev/null
tap_ok 'the record is still theirs' prov_says provisionserver.hand.plain.example A 192.0.2.66
tap_ok 'a stale seen-id changes nothing' tap_not prov_ctl one provision-server force hand.plain.example --yes --seen-id 00000001
tap_ok 'the record is still theirs after that' prov_says provisionserver.hand.plain.example A 192.0.2.66
tap_ok 'force --yes is taken' prov_ctl one provision-server force hand.plain.example --yes
tap_soon 5 'then it is ours' published provisionserver.hand.plain.example
tap_ok 'its update says what was seen' logged force 'provisionserver.hand.plain.example.* A 192.0.2.66'
prov_ctl one provision-server force alias.plain.example --yes >/dev/null
tap_soon 5 'an alias can be forced too' published provisionserver.alias.plain.example

# Drift.
for name in "$plain" "$signed"; do
	began=$(prov_now_ms)
	spoil "$name"
	tap_soon 3 "$name, changed by hand, is repaired" published "$name"
	echo "# repaired after $(($(prov_now_ms) - began)) ms, the interval is 1000 ms"
	tap_ok 'within two intervals' test $(($(prov_now_ms) - began)) -lt 2300
	tap_ok 'and its update says that the marker is ours' logged repair "$name has exactly TXT \"v=amtps1;owner=one"
done
prov_update "update delete $plain"
tap_soon 3 'removed with its marker, it is made anew' published "$plain"
tap_soon 5 'nothing is wrong now' no_alarm

# A fight.
settled()
{
	published "$signed" || prov_state one signed.example contested
}

for ((i = 0; i < 10; i++)); do
	spoil "$signed"
	lab_wait_for 3 settled
done
tap_soon 5 'changed ten times, it is contested' prov_state one signed.example contested
tap_ok 'the fight ended after three repairs' \
	test "$(prov_status one provision-server.name.$signed.repairs)" = 3
tap_ok 'the log says so, as an error' tap_says "error dns: provision server is not ours, name=$signed" \
	"$(lab_log one)"
tap_ok 'status says so' tap_says alarm.provision-server.$signed <(prov_ctl one status)
tap_ok 'the metrics say so' tap_says "amtnet_alarm.source=\"provision-server.$signed\". 1" <(scrape /metrics)
tap_ok 'the status page says so' tap_says "class=alarm><td>alarm.provision-server.$signed" <(scrape /)
tap_ok 'the record is what the other made it' prov_says "$signed" A 192.0.2.99
prov_update "update delete $signed A" "update add $signed 300 A 192.0.2.11" \
	"update add $signed 300 A 192.0.2.12"
tap_soon 5 'put right by the other, it is ours again' prov_state one signed.example present
tap_ok 'the signed zone is still rightly signed' prov_zone_verifies

# Other servers of the zone.
tap_ok 'each name server of the zone is listed, and right' lab_wait_for 5 \
	tap_says '192.0.2.2:53 ns2.plain.example +right' <(prov_ctl one provision-server plain.example)
tap_ok 'one whose address nobody knows is named' tap_says 'ns.elsewhere.example +unknown' \
	<(prov_ctl one provision-server plain.example)
kill -STOP "${LAB_PIDS[secondary]}"
tap_soon 15 'a silent name server is named' tap_says 'server=192.0.2.2:53, ns=ns2.plain.example, state=silent' \
	"$(lab_log one)"
kill -CONT "${LAB_PIDS[secondary]}"
tap_soon 10 'and when it is right again' tap_says 'name server is right again.*192.0.2.2:53' "$(lab_log one)"

# Change, migration, withdrawal.
configure "$zones" 'previous-owner: zero' 'ttl: 60s'
sed -i 's/owner: one/owner: two/; s/previous-owner: zero/previous-owner: one/' "$LAB_DIR/one.yaml"
prov_reload one
tap_soon 5 'a new owner id takes the old one over' prov_is "$plain" "$both" two
tap_ok 'and the new TTL with it' tap_says "$plain.[[:space:]]+60" \
	<(lab_exec one dig @192.0.2.1 +norecurse "$plain" A)
configure 'plain.example'
sed -i 's/owner: one/owner: two/' "$LAB_DIR/one.yaml"
prov_reload one
tap_soon 5 'a zone that is no longer configured is withdrawn' prov_says "$signed" A ''
tap_ok 'with its marker' prov_says "$signed" TXT ''
tap_ok 'its update says that the marker was ours' logged withdraw "$signed has exactly TXT \"v=amtps1;owner=two"
tap_ok 'the other stays' prov_is "$plain" "$both" two
tap_ok 'the signed zone is still rightly signed after that' prov_zone_verifies
tap_end
