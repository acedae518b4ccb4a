#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Each subcommand reports in each form: text, JSON lines as their schema says, JUnit, Nagios, HTML, and what
# changed. Colour stands on a terminal only, and not where NO_COLOR is set.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

top=$(readlink -f "$(dirname "$0")/../..")
readonly top

# ask SUFFIX COMMAND ARGUMENTS...: standard output goes to COMMAND.SUFFIX, the status to `status`.
ask()
{
	status=0
	lab_exec one "$LAB_BUILD/netcheck/amtnet-check" "${@:2}" >"$LAB_DIR/$2.$1" 2>"$LAB_DIR/$2.err" || status=$?
}

# coloured COMMAND...: whether it paints on a terminal.
coloured()
{
	lab_exec one script -qfc "$*" /dev/null >"$LAB_DIR/terminal"
	grep -q $'\033\[3[0-9]m' "$LAB_DIR/terminal"
}

is_schema_obeyed()
{
	"$LAB_BUILD/tests/support/json_schema" "$top/docs/amtnet-check.schema.json" <"$1"
}

is_xml()
{
	python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$1"
}

# agree COMMAND: as many results in JUnit and HTML as in JSON, and one of each id.
agree()
{
	local results cases id

	results=$(grep -c '"type":"result"' "$LAB_DIR/$1.json")
	cases=$(grep -c '<testcase' "$LAB_DIR/$1.junit")
	echo "$results results, $cases cases"
	((results > 0 && results == cases)) || return 1
	while read -r id; do
		grep -q "$id" "$LAB_DIR/$1.html" || {
			echo "$id is not in the HTML report"
			return 1
		}
	done < <(grep -o '"id":"NC[0-9]*"' "$LAB_DIR/$1.json" | cut -d'"' -f4)
}

# reports COMMAND ARGUMENTS...: every form of one run's report.
reports()
{
	local name=$1 first

	ask json "$name" --json --html "$LAB_DIR/$name.html" --junit "$LAB_DIR/$name.junit" "${@:2}"
	first=$status
	tap_ok "$name: JSON lines as the schema says" is_schema_obeyed "$LAB_DIR/$name.json"
	tap_ok "$name: the last line is the summary, with the exit status" tap_says \
		"^\{\"type\":\"summary\",.*\"exit-status\":$first,.*\}$" <(tail -n 1 "$LAB_DIR/$name.json")
	tap_ok "$name: JUnit is well-formed" is_xml "$LAB_DIR/$name.junit"
	tap_ok "$name: the reports hold the same results" agree "$name"
	tap_ok "$name: HTML loads nothing" tap_not grep -Eiq '(src|href)=|@import|url\(' "$LAB_DIR/$name.html"
	ask nagios "$name" --nagios "${@:2}"
	tap_ok "$name: one line for Nagios, with the same status" tap_says \
		"^AMTNET (OK|WARNING|CRITICAL|UNKNOWN) - .* \| ok=[0-9]+;.* time=[0-9.]+s$" "$LAB_DIR/$name.nagios"
	tap_ok "$name: the status is the same" test "$status" = "$first"
	ask text "$name" --compare "$LAB_DIR/$name.json" "${@:2}"
	tap_ok "$name: text, without colour" tap_not grep -q $'\033' "$LAB_DIR/$name.text"
	tap_ok "$name: nothing has changed" tap_says '^none$' "$LAB_DIR/$name.text"
}

tap_begin script python3
lab_machine one
lab_ip one link set lo up
lab_ip one addr add 192.0.2.1/24 dev lo
(umask 077 && echo AAAA-BBBB-CCCC-DDDD >"$LAB_DIR/code")
cat >"$LAB_DIR/site.yaml" <<-END
	name: "a <site> | \"quoted\""
	provision-server: {addresses: [192.0.2.1]}
	suffixes: [corp.example]
	name-servers: [192.0.2.1]
	subnets: [{name: "floor & <1>", prefix: 192.0.2.0/24, targets: [192.0.2.1]}]
END
reports site "$LAB_DIR/site.yaml"
reports ports 192.0.2.1
reports path 192.0.2.1 16992
reports dns --server 192.0.2.1 --suffix corp.example
reports hello 192.0.2.1
reports pair --with 192.0.2.1 --code-file "$LAB_DIR/code"
reports amt 192.0.2.1
reports cert "$LAB_DIR/site.yaml"
reports kea "$top/conf/kea-dhcp4.conf"
reports dhcp --server 192.0.2.1 --relay 192.0.2.1

check="$LAB_BUILD/netcheck/amtnet-check kea $top/conf/kea-dhcp4.conf"
tap_ok 'colour on a terminal' coloured "$check"
tap_ok 'NO_COLOR: none' tap_not coloured "NO_COLOR=1 $check"
tap_ok 'NO_COLOR, empty: colour' coloured "NO_COLOR= $check"

# A report that is lost is no good news.
status=0
$check >/dev/null || status=$?
tap_ok 'the sample of kea-dhcp4.conf is good' test "$status" = 0
status=0
$check >/dev/full 2>"$LAB_DIR/full" || status=$?
tap_ok 'a full disk: could not tell' test "$status" = 3
tap_ok 'and it says why' tap_says 'what was printed is not whole' "$LAB_DIR/full"
status=0
{ $check 2>"$LAB_DIR/head" || status=$?; } | head -n 0
tap_ok 'a reader that went away is no error to speak of' tap_not test -s "$LAB_DIR/head"
tap_end
