#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The README's first command does what the README says, here with the build at hand and with Knot.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

tap_begin dhclient dhcrelay kea-dhcp4 knotd tcpdump
said=$LAB_DIR/said
status=0
AMTNET_BUILD=$LAB_BUILD "$LAB_TOOLS/demo" --knot >"$said" 2>&1 || status=$?

tap_ok 'the demo ends with exit status 0' test "$status" = 0
tap_ok 'it shows option 81 as sent and as answered' tap_says 'answered: FQDN \(81\).*me02' "$said"
tap_ok 'it shows the DHCID' tap_says 'IN[[:space:]]DHCID' "$said"
tap_ok 'the site is READY' tap_says 'site lab READY' "$said"
tap_ok 'the blocked port is named with direction and hops' \
	tap_says 'tcp/16993.*between hop 1 \(10\.81\.3\.1\) and hop 2 \(10\.81\.9\.2\), towards the PC' "$said"
tap_ok 'its output has no colour codes where it is no terminal' tap_not grep -q $'\e' "$said"
tap_end
