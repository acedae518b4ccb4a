#!/bin/bash
# SPDX-License-Identifier: ISC
#
# The rules of the house that a script can check: who may see whom, which library header stays behind
# which file, and what a source file looks like. One TAP case per rule; each breach is a comment line
# "# FILE:LINE: text" in front of it.
#
# usage: house.sh [ROOT]     CC is the compiler that tries the headers (default cc)

set -uo pipefail
cd "${1:-$(dirname "$(readlink -f "$0")")/../..}" || exit 1

readonly folders=(common kea-hook dns discovery netcheck daemon)
readonly libraries='ldns|sqlite3|yaml|json-c|event2|openssl|netlink|libnl3|curl|systemd|seccomp'
readonly kea='kea|asiodns|asiolink|cc|config|cryptolink|d2srv|dhcp|dhcpsrv|dhcp_ddns|exceptions|hooks|log|process|stats|util'
readonly functions_long=60 functions_usual=40 file_long=500

count=0

# rule CHECK NAME: good when CHECK prints nothing.
rule()
{
	local breaches

	breaches=$("$1")
	((count += 1))
	if [[ -z $breaches ]]; then
		echo "ok $count - $2"
		return
	fi
	comment <<<"$breaches"
	echo "not ok $count - $2"
}

comment()
{
	sed 's/^/# /'
}

# sources SUFFIX...: the product's files with one of these suffixes.
sources()
{
	local folder suffix
	local present=()

	for folder in "${folders[@]}"; do
		[[ ! -d $folder ]] || present+=("$folder")
	done
	for suffix in "$@"; do
		find "${present[@]}" -name "*.$suffix"
	done | sort
}

# Everything that a person wrote, scripts and documents as well.
written()
{
	find . \( -name .git -o -name 'build*' -o -name corpus -o -name golden -o -name __pycache__ \) \
		-prune -o -type f -print | sed 's|^\./||' | sort
}

is_script()
{
	[[ $(head -c 2 "$1" | tr -d '\0') == '#!' ]]
}

# includes FILE...: "FILE:LINE:NAME" for each #include, NAME with its quotes or brackets.
includes()
{
	(($# == 0)) || grep -HnoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]+[>"]' "$@" |
		sed -E 's/:[^:]*include[[:space:]]*/:/'
}

may_see()
{
	case $1 in
	common) echo common ;;
	daemon) echo 'common|dns|discovery|netcheck|daemon' ;;
	*) echo "common|$1" ;;
	esac
}

check_folders()
{
	local folder

	for folder in "${folders[@]}"; do
		mapfile -t files < <(sources c h cc | grep "^$folder/")
		includes "${files[@]}" | grep ':"' | grep -vE ":\"($(may_see "$folder"))/"
	done
}

# behind HEADERS FILES: the headers (an expression) may stand in these files (an expression) only.
behind()
{
	mapfile -t files < <(sources c h cc hpp)
	includes "${files[@]}" | grep -E ":<($1)(/|\.h>)" | grep -vE "^($2):"
}

check_libraries()
{
	behind "$kea" 'kea-hook/shim[a-z0-9_]*\.(cc|hpp)'
	behind ldns 'dns/update\.c|netcheck/probe_dns\.c'
	behind sqlite3 'common/db[a-z_]*\.c|dns/queue[a-z_]*\.c|discovery/store[a-z_]*\.c'
	behind yaml 'common/config_tree\.c'
	behind json-c 'common/rows\.c|dns/kea_answer\.c|daemon/ctl[a-z_]*\.c|discovery/parcel\.c|netcheck/(report[a-z_]*|kea_config)\.c'
	behind openssl 'common/tsig\.c|dns/record\.c|discovery/(digest|parcel)\.c|netcheck/(cert|tls|pair_seal)\.c'
	behind netlink '(netcheck/route|discovery/(neighbour|way_back)|dns/interface)\.c'
	behind curl 'discovery/relay_webhook\.c'
	behind event2 'common/db\.c|(dns|discovery|netcheck|daemon)/[a-z_0-9]*\.c'
}

check_headers_free_of_libraries()
{
	mapfile -t files < <(sources h)
	includes "${files[@]}" | grep -E ":<($libraries)(/|\.h>)"
}

check_cxx()
{
	find "${folders[@]}" tests -name '*.cc' -o -name '*.cpp' -o -name '*.hpp' -o -name '*.cxx' \
		2>/dev/null | grep -vE '^kea-hook/shim[a-z0-9_]*\.(cc|hpp)$'
}

check_kea_versions()
{
	grep -rnE '^[[:space:]]*#[[:space:]]*(el)?if.*(KEA|VERSION)' kea-hook 2>/dev/null
}

# A script's interpreter, or what tells shellcheck the shell of a sourced file, stands above.
lines_before_licence()
{
	head -n 1 "$1" | grep -cE '^(#!|# shellcheck )'
}

check_spdx()
{
	local file line

	while read -r file; do
		case $file in
		*.c | *.h | *.cc | *.hpp | *.sh | meson.build | */meson.build | meson_options.txt) ;;
		*) is_script "$file" || continue ;;
		esac
		line=$(grep -nm1 'SPDX-License-Identifier: ISC' "$file" | cut -d: -f1)
		((${line:-9} <= $(lines_before_licence "$file") + 1)) ||
			echo "$file:1: no \"SPDX-License-Identifier: ISC\""
	done < <(written)
}

check_pragma_once()
{
	local file

	while read -r file; do
		grep -qx '#pragma once' "$file" || echo "$file:1: no #pragma once"
	done < <(written | grep -E '\.h(pp)?$')
}

check_headers_alone()
{
	local file

	while read -r file; do
		"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -I. -fsyntax-only -x c -w "$file" 2>&1 |
			grep -E 'error:' | head -1
	done < <(sources h)
}

check_own_header_first()
{
	local file first

	while read -r file; do
		[[ -f ${file%.*}.h ]] || continue
		first=$(includes "$file" | head -1)
		[[ ${first##*:} =~ ^\"${file%.*}(_[a-z]+)?\.h\"$ ]] ||
			echo "$file:1: the first include is not \"${file%.*}.h\""
	done < <(sources c)
}

# The words are taken apart here, so that this file does not hold them.
check_words()
{
	local words='T''ODO|F''IXME|X''XX|H''ACK' phrases='for ''now|not ''implemented|st''ubs?'

	written | xargs -d '\n' grep -nIwE "$words|/(home|work)/[a-z]+" --
	written | xargs -d '\n' grep -nIwiE "$phrases" --
}

check_banned_calls()
{
	mapfile -t files < <(written | grep -E '\.(c|h|cc)$')
	grep -nE '(^|[^a-z_])(strcpy|strcat|v?sprintf|ato[il]|atoll|alloca|gets)[[:space:]]*\(' \
		"${files[@]}"
}

# bodies: "FILE:LINE LENGTH" of each function of the product: Linux braces stand alone in column 1.
bodies()
{
	mapfile -t files < <(sources c cc)
	awk '/^\{$/ { start = FNR } /^\}$/ && start { print FILENAME ":" start, FNR - start - 1; start = 0 }' \
		"${files[@]}"
}

check_long_functions()
{
	bodies | awk -v most="$functions_long" '$2 > most { print $1 ": " $2 " lines" }'
}

check_usual_functions()
{
	bodies | awk -v usual="$functions_usual" '
		{ all++; if ($2 < usual) short++ }
		END { if (short < all * 0.9) print short " of " all " functions are under " usual " lines" }'
}

check_long_files()
{
	local file lines

	while read -r file; do
		lines=$(wc -l <"$file")
		((lines <= file_long)) || echo "$file:$lines: more than $file_long lines"
	done < <(written | grep -E '\.(c|h|cc|sh)$')
}

check_listed()
{
	local file

	while read -r file; do
		grep -qF "'${file##*/}'" "${file%/*}/meson.build" 2>/dev/null ||
			echo "$file:1: is not in ${file%/*}/meson.build"
	done < <(sources c cc)
}

rule check_folders 'folders see only what they may'
rule check_libraries 'library headers stay behind their files'
rule check_headers_free_of_libraries 'headers bring in no library'
rule check_cxx 'C++ is in the shim of kea-hook only'
rule check_kea_versions 'the hook does not ask for the version of Kea'
rule check_spdx 'every source file begins with its licence'
rule check_pragma_once 'every header has #pragma once'
rule check_headers_alone 'every header compiles alone'
rule check_own_header_first 'every source includes its own header first'
rule check_words 'no unfinished work, no path of one machine'
rule check_banned_calls 'no unbounded or unchecked calls of libc'
rule check_long_functions "no function is longer than $functions_long lines"
rule check_usual_functions "nine functions of ten are under $functions_usual lines"
rule check_long_files "no file is longer than $file_long lines"
rule check_listed 'every source is built'
echo "1..$count"
