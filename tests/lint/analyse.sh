#!/bin/bash
# SPDX-License-Identifier: ISC
#
# clang-tidy with clang's static analyzer (see .clang-tidy), and cppcheck, over every source of the programs.
# TAP, one case each; what an analyzer says is no opinion here: it is mended, or refuted in a comment at the
# place. Skipped where the analyzer is missing or of another major version, since versions disagree.
#
# usage: analyse.sh BUILD-DIRECTORY

set -uo pipefail
build=$(readlink -f "$1")
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
readonly wanted=14
count=0

# verdict NAME FINDINGS
verdict()
{
	count=$((count + 1))
	if [[ -z $2 ]]; then
		echo "ok $count - $1"
		return
	fi
	sed 's/^/# /' <<<"$2"
	echo "not ok $count - $1"
}

skipped()
{
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# The C sources in the build, as clang-tidy finds them in its list of commands.
sources()
{
	sed -nE 's/^ *"file": "(.*\.c)",?$/\1/p' "$build/compile_commands.json" | grep -v /tests/ | sort -u
}

tidy=
for candidate in "clang-tidy-$wanted" clang-tidy; do
	[[ -n $tidy ]] || tidy=$(command -v "$candidate")
done
if [[ -z $tidy ]]; then
	skipped 'clang-tidy has nothing to say' 'clang-tidy is missing'
elif ! "$tidy" --version | grep -q "version $wanted\."; then
	skipped 'clang-tidy has nothing to say' "it is not of version $wanted"
else
	# One process for each file: the analyzer's check of va_list remembers the file before.
	verdict 'clang-tidy has nothing to say' "$(cd "$build" && sources |
		xargs -P "$(nproc)" -n 1 "$tidy" -p . --quiet \
			--extra-arg=-Wno-unknown-warning-option 2>&1 |
		grep -E '(warning|error): ' | sort -u)"
fi

if [[ -z $(command -v cppcheck) ]]; then
	skipped 'cppcheck has nothing to say' 'cppcheck is missing'
else
	# It reads no system header but this one, without which it takes each list for a syntax error.
	verdict 'cppcheck has nothing to say' "$(cppcheck --quiet --std=c11 --inline-suppr \
		--enable=warning,performance,portability -j "$(nproc)" -I. \
		--include="$(echo '#include <sys/queue.h>' | cc -E - | grep -oE '/usr/[^"]+queue\.h' | head -1)" \
		--template='{file}:{line}: {message} [{id}]' \
		common dns discovery netcheck daemon kea-hook 2>&1)"
fi
echo "1..$count"
