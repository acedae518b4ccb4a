#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The formatter decides: every C and C++ file is as clang-format writes it. TAP; skipped where the
# formatter is missing or of another major version, since versions disagree.

set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
readonly wanted=14

skip()
{
	echo "1..0 # SKIP $1"
	exit 0
}

program=
for candidate in "clang-format-$wanted" clang-format; do
	[[ -n $program ]] || program=$(command -v "$candidate")
done
[[ -n $program ]] || skip "clang-format is missing"
version=$("$program" --version | grep -oE 'version [0-9]+' | head -1)
[[ $version == "version $wanted" ]] || skip "clang-format has $version, this is for version $wanted"

mapfile -t files < <(find common kea-hook dns discovery netcheck daemon tests \
	\( -name '*.c' -o -name '*.h' -o -name '*.cc' -o -name '*.hpp' \) | sort)
if breaches=$("$program" --dry-run -Werror "${files[@]}" 2>&1); then
	echo "ok 1 - ${#files[@]} files are formatted"
else
	grep -E '(error|warning):' <<<"$breaches" | cut -d: -f1 | sort | uniq -c |
		sed -E 's/^ *([0-9]+) (.*)/# \2: \1 places; clang-format -i \2/'
	echo "not ok 1 - ${#files[@]} files are formatted"
fi
echo "1..1"
