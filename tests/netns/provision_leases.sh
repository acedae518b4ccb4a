#!/bin/bash
# SPDX-License-Identifier: ISC
#
# zones: from-leases: the suffix that Kea gives an ME client gets its ProvisionServer by itself, keeps it over a
# restart, and loses it once the configuration no longer wants such names.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly record=provisionserver.corp.example

suffix_is_known()
{
	lab_ctl --json provision-server | grep -qF '"zone":"corp.example"'
}

tap_begin dhclient kea-dhcp4 knotd
lab_net
lab_start_ns knot
LAB_CONFIG=$LAB_DIR/amtnetd.yaml
lab_configure_amtnetd | sed 's/^  zones: \[corp.example\]/  zones: from-leases/' >"$LAB_CONFIG"
lab_run_amtnetd
lab_start_kea

tap_ok 'without a lease there is no name' tap_not suffix_is_known
tap_ok 'and no record' lab_has_no "$record" A
lab_lease pc1 me01.corp.example
tap_soon 10 'the suffix of the first lease gets its record' lab_has "$record" A 10.81.1.2
lab_stop amtnetd KILL
lab_run_amtnetd
tap_ok 'a killed daemon knows the suffix again' suffix_is_known
lab_stop amtnetd
sed -i 's/^  zones: from-leases/  zones: []/' "$LAB_CONFIG"
lab_run_amtnetd
tap_soon 10 'names that are no longer wanted are withdrawn' lab_has_no "$record" A
tap_soon 5 'and forgotten' tap_not suffix_is_known
tap_end
