# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the tests of reconciliation share: lease store, wanted names and zone, and whether they agree.
# Source after tap.sh, then call reconcile_of.

# reconcile_of 4|6: which of Kea's servers the names come from, and so which records are counted.
reconcile_of()
{
	reconcile_family=$1
	reconcile_type=A
	[[ $1 == 4 ]] || reconcile_type=AAAA
}

# stored: the names of all leases of ME clients in Kea's store, sorted.
stored()
{
	lab_kea "lease$reconcile_family-get-all" | tr '{' '\n' | sed -En 's/.*"name": "([^"]+)".*/\1/p' | sort
}

# in_zone: the names that have an address record, without those of the lab itself.
in_zone()
{
	lab_exec core dig @10.81.2.2 +time=5 +tries=1 +noall +answer corp.example AXFR |
		awk -v type="$reconcile_type" '$4 == type { sub("[.]$", "", $1); print $1 }' |
		grep -Ev '^(ns|provisionserver)\.' | sort
}

# wanted: the names that amtnetd wants.
wanted()
{
	lab_ctl --json names |
		sed -En "s/.*\"name\":\"([^\"]+)\",\"type\":\"$reconcile_type\".*/\\1/p" | sort
}

# agree COUNT: lease store, names and zone are equal, and so many.
agree()
{
	[[ $(stored | wc -l) == "$1" ]] && cmp -s <(stored) <(wanted) && cmp -s <(stored) <(in_zone)
}

# shows PATTERN COMMAND...: amtnetctl prints such a line.
shows()
{
	local pattern=$1
	shift

	lab_ctl "$@" >"$LAB_DIR/said" 2>&1 || true
	grep -Eq -- "$pattern" "$LAB_DIR/said" || {
		cat "$LAB_DIR/said"
		return 1
	}
}

lose_database()
{
	lab_stop amtnetd KILL
	rm -f "$LAB_DIR"/amtnetd.db*
	lab_run_amtnetd
}
