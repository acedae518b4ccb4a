#!/bin/bash
# SPDX-License-Identifier: ISC
#
# What tools/demo and tools/check share before anything runs: Debian packages, and one build of the
# tree in build/ that both use. Source this file; it expects `set -euo pipefail`.
# shellcheck disable=SC2034 # the lists are for those who source this

SETUP_SOURCE=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
SETUP_BUILD=$SETUP_SOURCE/build

SETUP_TO_BUILD=(
	gcc g++ libc6-dev meson ninja-build pkg-config
	kea-dev libboost-dev
	libldns-dev libevent-dev libsqlite3-dev libyaml-dev libjson-c-dev libssl-dev libcurl4-openssl-dev
	libnl-3-dev libnl-route-3-dev
)
SETUP_TO_RUN=(
	kea-dhcp4-server kea-dhcp6-server kea-dhcp-ddns-server bind9 knot bind9-dnsutils
	isc-dhcp-client isc-dhcp-relay iproute2 nftables tcpdump socat procps
)
# libclang-rt: what AddressSanitizer, UBSan and libFuzzer link; clang only recommends it.
SETUP_TO_CHECK=(
	clang libclang-rt-14-dev clang-format clang-tidy cppcheck shellcheck libcmocka-dev scdoc
	bind9-utils knot-dnsutils udhcpc debootstrap valgrind openssl
)
# For MeshCentral as a real core. A node from elsewhere does as well, and does not go together with
# Debian's npm.
[[ -n $(command -v npm) ]] || SETUP_TO_CHECK+=(nodejs npm)
# Packages whose service the lab must not leave behind on the machine.
SETUP_SERVICES=(
	kea-dhcp4-server kea-dhcp6-server kea-dhcp-ddns-server bind9:named knot isc-dhcp-relay
)

# setup_need_root COMMAND: a sentence and the end, when there is no root.
setup_need_root()
{
	((EUID == 0)) && return
	printf '%s: network namespaces need root: sudo %s\n' "${1##*/}" "$1" >&2
	exit 1
}

# setup_install PACKAGE...: installs what is missing, silently when nothing is. The services of the
# new packages are neither started nor enabled.
setup_install()
{
	local -a missing=()
	local log

	mapfile -t missing < <(setup_missing "$@")
	((${#missing[@]} > 0)) || return 0
	if ! command -v apt-get >/dev/null; then
		printf 'Debian packages are missing and there is no apt-get: %s\n' "${missing[*]}" >&2
		return 1
	fi
	printf 'Installing %d packages: %s\n' "${#missing[@]}" "${missing[*]}"
	log=$(mktemp)
	if ! setup_apt "${missing[@]}" >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		echo 'apt-get failed, its last lines stand above' >&2
		return 1
	fi
	rm -f "$log"
	setup_disable_services "${missing[@]}"
}

# setup_missing PACKAGE...: those that are not installed, one a line.
setup_missing()
{
	# shellcheck disable=SC2016 # dpkg-query's variables
	comm -23 <(printf '%s\n' "$@" | sort -u) \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
			awk '$1 == "installed" { print $2 }' | sort -u)
}

# In a subshell of its own, so that the policy file is removed whatever happens. The lock is apt's
# own: two installations at once wait for each other.
setup_apt()
(
	policy=/usr/sbin/policy-rc.d
	if ! [[ -e $policy ]]; then
		trap 'rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 0755 "$policy"
	fi
	export DEBIAN_FRONTEND=noninteractive
	wait_for_lock=(-o DPkg::Lock::Timeout=300)
	apt-get -q "${wait_for_lock[@]}" update
	apt-get -qy "${wait_for_lock[@]}" install --no-install-recommends "$@"
)

setup_disable_services()
{
	local package service

	command -v systemctl >/dev/null || return 0
	for service in "${SETUP_SERVICES[@]}"; do
		for package in "$@"; do
			[[ ${service%:*} == "$package" ]] || continue
			systemctl disable --quiet "${service#*:}" 2>/dev/null || true
		done
	done
}

# setup_build DIRECTORY [MESON-OPTION...] [-- TARGET...]: configures once, builds what changed; says
# nothing when all goes well. Of two at once in one tree the second waits.
setup_build()
{
	local directory=$1 lock log
	local -a options=() targets=()
	shift

	while (($# > 0)) && [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	targets=("${@:2}")
	log=$(mktemp)
	exec {lock}<"$SETUP_SOURCE"
	flock "$lock"
	if ! setup_build_locked >"$log" 2>&1; then
		grep -E 'error:|ERROR:|FAILED:' "$log" >&2 || true
		tail -n 30 "$log" >&2
		rm -f "$log"
		echo "the build in $directory failed, see above" >&2
		return 1
	fi
	exec {lock}<&-
	rm -f "$log"
}

# With the variables of setup_build. Options that were set before are not set again: that alone would
# configure everything anew.
setup_build_locked()
{
	local option
	local -a changed=()

	for option in "${options[@]}"; do
		grep -qxFs -- "$option" "$directory/setup-options" || changed+=("$option")
	done
	if ! [[ -e $directory/build.ninja ]]; then
		rm -rf "$directory"
		meson setup "${options[@]}" "$directory" "$SETUP_SOURCE" || return
	elif ((${#changed[@]} > 0)); then
		meson configure "$directory" "${changed[@]}" || return
	fi
	((${#changed[@]} == 0)) || printf '%s\n' "${changed[@]}" >>"$directory/setup-options"
	ninja -C "$directory" "${targets[@]}"
}
