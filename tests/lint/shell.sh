#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Every shell script through shellcheck, one TAP case each; skipped where shellcheck is missing.

set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1

if [[ -z $(command -v shellcheck) ]]; then
	echo "1..0 # SKIP shellcheck is missing"
	exit 0
fi

# Scripts by suffix, by their first line, or by the directive of what is sourced.
scripts()
{
	find . \( -name .git -o -name 'build*' -o -name corpus -o -name golden \) -prune -o \
		-type f -size -200k -print | sort | while read -r file; do
		[[ $file == *.sh ]] ||
			head -n 1 "$file" | tr -d '\0' | grep -qE '^#!.*[/ ](ba)?sh|^# shellcheck shell=' ||
			continue
		echo "${file#./}"
	done
}

count=0
while read -r file; do
	((count += 1))
	if breaches=$(shellcheck -x -f gcc "$file" 2>&1); then
		echo "ok $count - $file"
	else
		printf '%s\n' "$breaches" | sed 's/^/# /'
		echo "not ok $count - $file"
	fi
done < <(scripts)
echo "1..$count"
