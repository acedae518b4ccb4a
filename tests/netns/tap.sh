# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the namespace tests share: the lab, and their results as TAP. A test says tap_begin, then one
# tap_ok per rule that it proves, then tap_end; it is skipped, visibly, where it cannot run.

# shellcheck source=tools/lab.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../tools/lab.sh"

tap_count=0
tap_failed=0

# tap_begin PROGRAM...: skips the test without root or without one of the programs; begins a lab.
tap_begin()
{
	local program

	export PATH=$PATH:/usr/sbin:/sbin
	((EUID == 0)) || tap_skip 'network namespaces need root'
	unshare --net true 2>/dev/null || tap_skip 'this machine lets root make no network namespaces'
	for program in ip nft dig socat "$@"; do
		[[ -n $(command -v "$program") ]] || tap_skip "$program is missing"
	done
	lab_begin
}

tap_skip()
{
	echo "1..0 # SKIP $1"
	exit 0
}

# tap_ok RULE COMMAND...: ok when the command succeeds; what it printed is shown when it does not.
tap_ok()
{
	local rule=$1 said
	shift

	tap_count=$((tap_count + 1))
	if said=$("$@" 2>&1); then
		echo "ok $tap_count - $rule"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $rule"
	printf '# %s\n' "failed: $*"
	[[ -z $said ]] || sed 's/^/# /' <<<"$said"
}

# tap_soon SECONDS RULE COMMAND...: ok when the command succeeds within the time.
tap_soon()
{
	local seconds=$1 rule=$2
	shift 2

	tap_ok "$rule" lab_wait_for "$seconds" "$@"
}

# tap_end: the plan, and on failure the ends of all logs. Ends the test.
tap_end()
{
	local log

	echo "1..$tap_count"
	((tap_failed > 0)) || exit 0
	for log in "$LAB_DIR"/log/*.log; do
		printf '== %s\n' "${log##*/}" >&2
		tail -n 25 "$log" >&2
	done
	exit 1
}

# tap_not COMMAND...: succeeds when the command fails.
tap_not()
{
	! "$@"
}

# tap_says PATTERN FILE: the file has a line that matches; otherwise its end is shown.
tap_says()
{
	grep -Eq -- "$1" "$2" && return
	echo "no line matches: $1"
	tail -n 30 "$2"
	return 1
}
