#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The hello of a real PC reaches the provisioning core byte for byte, also when the core was down.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly outage_s=10

# shows COMMAND PATTERN: amtnetctl COMMAND has a row that matches.
shows()
{
	lab_ctl "$1" | grep -Eq -- "$2"
}

# retry COUNT: the same hello as the PC's next try says it: the retry counter is one byte of it. Prints
# the file's path. Exactly the same bytes again within a minute would count as a repetition.
retry()
{
	local file=$LAB_DIR/retry-$1.bin

	{
		head -c 4 "$LAB_SAMPLE"
		lab_bytes "$(printf '%02x' "$1")"
		tail -c +6 "$LAB_SAMPLE"
	} >"$file"
	echo "$file"
}

# story KEY: what amtnetctl device says of the past; the rows of now carry the time of asking.
story()
{
	lab_ctl device "$1" | grep -vE ' (device|flags|waiting) '
}

same_story()
{
	[[ -n $(story "$1") && $(story "$1") == $(story "$2") ]]
}

decoded_alike()
{
	[[ -n $(lab_ctl hello decode "$1") &&
		$(lab_ctl hello decode "$1") == $(lab_ctl hello decode - <"$1") ]]
}

followed()
{
	grep -q "$address.* 3 " "$LAB_DIR/followed"
}

outage_is_over()
{
	((SECONDS - before >= outage_s))
}

tap_begin dhclient kea-dhcp4 knotd
lab_net
lab_start_ns knot
lab_start_amtnetd
lab_start_kea
lab_start_core
lab_lease pc1 me01.corp.example
address=$(lab_address_of pc1)

tap_ok 'a PC says its hello' lab_send_hello pc1 "$LAB_SAMPLE"
tap_soon 10 'the core has it byte for byte' lab_core_has "$LAB_SAMPLE" 1
tap_ok 'amtnetctl hellos names the sender' shows hellos "$address"
tap_soon 5 'amtnetctl devices joins address and name' shows devices "$address.*me01\.corp\.example"

lab_stop core
before=$SECONDS
hello=$(retry 1)
tap_ok 'the next one is taken while the core is down' lab_send_hello pc1 "$hello"
tap_soon 5 'amtnetctl hellos shows it waiting' shows hellos "$address.* 1 .*core:waiting"
# The length of the outage is the matter of this test; nothing is awaited here.
lab_wait_for $((outage_s + 2)) outage_is_over || true
lab_start_core
tap_soon 60 "the core was down for $((SECONDS - before)) s, comes back and gets it byte for byte" \
	lab_core_has "$hello" 1

lab_stop core
hello=$(retry 2)
tap_ok 'one more is taken while the core is down' lab_send_hello pc1 "$hello"
lab_stop amtnetd KILL
lab_start_core
lab_run_amtnetd
tap_soon 60 'it survives kill -9 of amtnetd' lab_core_has "$hello" 1
tap_ok 'no hello arrived twice' test "$(lab_core_sums | wc -l)" = 3

uuid=$(lab_ctl --csv devices | awk -F, 'NR == 2 { print $1 }')
hardware=$(lab_ctl --csv devices | awk -F, 'NR == 2 { print $2 }')
for key in "$uuid" "$hardware" me01.corp.example; do
	tap_ok "device tells one story by address and by $key" same_story "$address" "$key"
done
tap_ok 'the story is in order of time' sort -c <(story "$address" | tail -n +2 | cut -d' ' -f1)
tap_ok 'devices has it by a piece of its name' test "$(lab_ctl --csv devices me01 | wc -l)" = 2
tap_ok 'devices has nothing by an address of nobody' test -z "$(lab_ctl --csv devices 192.0.2.1)"
tap_ok 'devices speaks JSON' grep -q "\"uuid\":\"$uuid\"" <(lab_ctl --json devices)
tap_ok 'hellos are sorted by a column' test \
	"$(lab_ctl --csv --sort retry --reverse hellos | cut -d, -f6 | tr '\n' ' ')" = 'retry 2 1 0 '
tap_ok 'hello decode reads a file and standard input alike' decoded_alike "$LAB_SAMPLE"
lab_ctl hellos --follow >"$LAB_DIR/followed" &
tap_ok 'a PC says one more' lab_send_hello pc1 "$(retry 3)"
tap_soon 10 'hellos --follow shows it as it comes' followed
kill $!
tap_end
