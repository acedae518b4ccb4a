#!/bin/bash
# SPDX-License-Identifier: ISC
#
# kea_option81.sh machine|SUITE [asan]: every way to send option 81 (option81.variants) to Kea without and
# with the hook. What was sent and answered, the lease's fields and what is in DNS afterwards make a
# table each, and the tables are those of tests/golden/option81, the same for every version of Kea.
# With the hook every client gets an address. With `asan` the hook is one that AddressSanitizer and UBSan
# watch.
#
# AMTNET_GOLDEN=write writes the tables there instead; read what changed before it is believed.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly kea=$1 watched=${2:-}
readonly variants=$LAB_SOURCE/tests/netns/option81.variants golden=$LAB_SOURCE/tests/golden/option81

# send FILE: all variants at once; a client that gets no answer gives up after 3 s.
send()
{
	lab_exec rtr "$LAB_BUILD/tests/support/dora" -g 10.81.20.1 -s 10.81.1.2 -t 3 -w 128 -v \
		<"$variants" >"$1" 2>"$(lab_log dora)" || true
}

# leases: "MAC HOSTNAME FORWARD REVERSE USER-CONTEXT" of the last state of each lease, tabs between. A
# name that is the root is kept as such by Kea before 3.0, and as none by 3.0: here it is none.
leases()
{
	awk -F, 'NR > 1 {
		context = $11
		gsub(/&#x2c/, ",", context)
		row[$2] = $2 "\t" ($9 ~ /^\.?$/ ? "-" : $9) "\t" $7 "\t" $8 "\t" context
	}
	END { for (mac in row) print row[mac] }' "$LAB_DIR/leases.csv"
}

# records: "ADDRESS TYPE NAME" of all A and PTR records, "- DHCID NAME" of all DHCIDs, tabs between.
records()
{
	local zone

	for zone in corp.example 81.10.in-addr.arpa; do
		lab_exec core dig @10.81.2.2 +time=5 +tries=1 +noall +answer "$zone" AXFR
	done | awk -v OFS='\t' '
		{ sub(/\.$/, "", $1); sub(/\.$/, "", $5) }
		$4 == "A" { print $5, "A", $1 }
		$4 == "PTR" { split($1, n, "."); print n[4] "." n[3] "." n[2] "." n[1], "PTR", $5 }
		$4 == "DHCID" { print "-", "DHCID", $1 }'
}

# table FILE: one row a variant: name, sent, answered, lease, DNS. The address itself differs from run
# to run and is written ADDRESS.
table()
{
	awk -F'\t' '
		FILENAME == ARGV[1] { lease[$1] = $2 " fwd=" $3 " rev=" $4 ($5 == "" ? "" : " " $5); next }
		FILENAME == ARGV[2] && $2 == "DHCID" { dhcid[$3] = 1; next }
		FILENAME == ARGV[2] { has[$1] = has[$1] " " $2 ":" $3; next }
		$2 == "sent" { order[++count] = $1; sent[$1] = $5 ($6 == "-" ? "" : " 12:" $6); mac[$1] = $4 }
		$2 == "offer" { offered[$1] = $5 " " $6 }
		$2 == "ack" {
			address[$1] = $3
			answer[$1] = $5 ($6 == "-" ? "" : " 12:" $6)
			if (offered[$1] != $5 " " $6)
				answer[$1] = answer[$1] " but offered " offered[$1]
		}
		END {
			for (i = 1; i <= count; i++) {
				v = order[i]
				print v
				print "\tsent     " sent[v]
				if (!(v in address)) {
					print "\tno answer\n"
					continue
				}
				split(has[address[v]], record, " ")
				dns = ""
				for (j = 1; j in record; j++) {
					name = substr(record[j], index(record[j], ":") + 1)
					dns = dns " " record[j] (record[j] ~ /^A/ && dhcid[name] ? " DHCID" : "")
				}
				text = "\tanswered " answer[v] "\n\tlease    " lease[mac[v]] "\n\tdns     " (dns ? dns : " -") "\n"
				gsub(/10[-.]81[-.]20[-.][0-9]+/, "ADDRESS", text)
				print text
			}
		}' <(leases) <(records | sort) "$1"
}

# settled: the hook has told amtnetd all, and amtnetd has nothing left to do.
settled()
{
	local told

	told=$(lab_hook_number last-sequence)
	((told >= $(awk '$2 == "ack"' "$LAB_DIR/with-hook" | wc -l))) &&
		((told == $(lab_hook_number acknowledged))) && lab_ctl names >"$LAB_DIR/names" &&
		! grep -Eq ' (wanted|sent|removing|retry) ' "$LAB_DIR/names"
}

# same WHAT GOLDEN: the table that was measured is the golden one.
same()
{
	table "$LAB_DIR/$1" >"$LAB_DIR/$1.table"
	if [[ ${AMTNET_GOLDEN:-} == write ]]; then
		cp "$LAB_DIR/$1.table" "$golden/$2.table"
	fi
	diff -u "$golden/$2.table" "$LAB_DIR/$1.table"
}

# Without the hook Kea 3.0 differs from those before it: it joins options that came in pieces, and
# takes a name that is the root for none.
without_hook()
{
	[[ $kea != forky ]] || echo without-hook-3.0
	[[ $kea == forky ]] || echo without-hook
}

# answered WHAT: every variant has its ACK.
answered()
{
	comm -3 <(awk '$2 == "sent" { print $1 }' "$LAB_DIR/$1" | sort) \
		<(awk '$2 == "ack" { print $1 }' "$LAB_DIR/$1" | sort) >"$LAB_DIR/silence"
	cat "$LAB_DIR/silence"
	[[ ! -s $LAB_DIR/silence ]]
}

reloaded()
{
	(($(grep -c AMTNET_LOADED "$(lab_log kea)") == 2))
}

nothing_found()
{
	! cat "$LAB_DIR"/log/asan.* 2>/dev/null
}

shown()
{
	sed 's/^/# /' "$LAB_DIR/$1.table"
}

tap_begin kea-dhcp4 knotd
lab_use_kea "$kea" || tap_skip "$LAB_KEA_WHY"
lab_net
lab_start_ns knot

if [[ -z $watched ]]; then
	lab_start_kea none
	send "$LAB_DIR/without-hook"
	tap_ok 'without the hook: as in the table' same without-hook "$(without_hook)"
	shown without-hook
	lab_stop kea
else
	lab_use_asan_hook
fi

lab_start_amtnetd
lab_start_kea
send "$LAB_DIR/with-hook"
tap_ok 'with the hook every variant gets its address' answered with-hook
tap_soon 20 'amtnetd has heard of them and is done' settled
tap_ok 'with the hook: as in the table, the same for every Kea' same with-hook with-hook
shown with-hook
if [[ -n $watched ]]; then
	kill -s HUP "${LAB_PIDS[kea]}"
	tap_soon 20 'it reloads' reloaded
	lab_stop kea
	tap_ok 'the sanitizers found nothing' nothing_found
fi
tap_end
