#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Does house.sh find what it is there for? One breach of every rule in a tree made for it, then the same
# tree without them. TAP.

set -uo pipefail
here=$(dirname "$(readlink -f "$0")")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cd "$tree" || exit 1

licence='/* SPDX-License-Identifier: ISC */'

good_tree()
{
	mkdir -p common dns kea-hook
	printf '%s\n' "$licence" '#pragma once' 'int thing(void);' >common/thing.h
	printf '%s\n' "$licence" '#include "common/thing.h"' 'int thing(void)' '{' '	return 1;' '}' \
		>common/thing.c
	printf '%s\n' '# SPDX-License-Identifier: ISC' "library('common', 'thing.c')" >common/meson.build
	printf '%s\n' '#!/bin/sh' '# SPDX-License-Identifier: ISC' 'true' >run.sh
}

# Lines of a function's body, enough to be too long.
long_function()
{
	echo 'void longest(void)'
	echo '{'
	printf '\t;\n%.0s' {1..61}
	echo '}'
}

bad_tree()
{
	printf '%s\n' '#include "discovery/store.h"' '#include <ldns/ldns.h>' >dns/other.c
	printf '%s\n' '#include <sqlite3.h>' 'int unknown(struct nothing);' 'nonsense' >dns/header.h
	printf '%s\n' "$licence" '#include <string.h>' '#include "dns/wrong.h"' '/* T''ODO */' >dns/wrong.c
	printf '%s\n' "$licence" '#pragma once' >dns/wrong.h
	printf '%s\n' '#if KEA_VERSION > 2' 'int x = ato''i("1");' '#endif' >kea-hook/more.cc
	{
		long_function
		printf '\n%.0s' {1..500}
	} >dns/long.c
}

count=0

# expect NAME PATTERN WANTED: the report has WANTED lines that match.
expect()
{
	local found

	found=$(grep -cE "$2" <<<"$report")
	((count += 1))
	if ((found == $3)); then
		echo "ok $count - $1"
		return
	fi
	printf '%s\n' "$report" | sed 's/^/# /'
	echo "not ok $count - $1: $found instead of $3"
}

good_tree
report=$("$here/house.sh" "$tree")
rules=$(grep -cE '^ok ' <<<"$report")
expect 'a good tree breaks no rule' '^not ok ' 0
expect 'every rule has its number' "^1\.\.$rules\$" 1
bad_tree
report=$("$here/house.sh" "$tree")
expect 'each breach is found' '^not ok ' "$rules"
echo "1..$count"
