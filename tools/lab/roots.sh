# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# Other versions of Kea than the machine's own: later Debian suites, each in a directory that programs
# of the lab are run in with chroot, and our hook built there from this tree. Part of tools/lab.sh.
#
# A root is made once, under a lock, from the mirror that the machine's own apt uses, and is kept in
# LAB_ROOTS for all later runs. Nothing of a run is left in it: what a run mounts is seen by its own
# processes only and goes with them (tools/lab/in-root).

# shellcheck disable=SC2153 # LAB_TOOLS is set by lab.sh
LAB_ROOTS=/var/cache/amtnet-lab
# Counts up when what a root holds changes: the old ones are then made anew.
LAB_ROOT_RECIPE=1
# Kea 2.6 and Kea 3.0; Kea 2.2 is Debian 12's.
LAB_ROOT_SUITES=(trixie forky)
LAB_ROOT_PACKAGES=(
	kea-dhcp4-server kea-dhcp6-server kea-dhcp-ddns-server kea-admin kea-dev
	g++ meson ninja-build pkg-config libboost-dev libssl-dev iproute2
)
LAB_ROOT_LIMIT_S=900
# How long a failure is believed before the next one who asks tries again.
LAB_ROOT_RETRY_MIN=10

# lab_root SUITE: prints the root's path, making it when it is not there; takes a minute or two. When
# it cannot be had: status 1, and why in one sentence.
lab_root()
{
	local suite=$1 root=$LAB_ROOTS/$1-$LAB_ROOT_RECIPE

	mkdir -p "$LAB_ROOTS"
	(
		flock 9
		[[ -d $root ]] || lab_root_make "$suite" "$root" 9>&-
	) 9>"$root.lock" || {
		cat "$root.failed"
		return 1
	}
	echo "$root"
}

# lab_roots: sees to it that all are there, side by side. Prints why one cannot be had; status 1 then.
lab_roots()
{
	local suite pid status=0
	local -a pids=()

	for suite in "${LAB_ROOT_SUITES[@]}"; do
		lab_root "$suite" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || status=1
	done
	return $status
}

# lab_root_make SUITE ROOT: the whole root or none; what went wrong is in ROOT.failed and ROOT.log.
lab_root_make()
{
	local suite=$1 root=$2 mirror

	[[ -z $(find "$root.failed" -mmin "-$LAB_ROOT_RETRY_MIN" 2>/dev/null) ]] || return 1
	rm -rf "$root.failed" "$root.making"
	mirror=$(lab_root_mirror)
	if [[ -z $(command -v debootstrap) ]]; then
		echo "debootstrap is missing, no root of Debian $suite" >"$root.failed"
	elif [[ -z $mirror ]]; then
		echo "apt knows no Debian mirror, no root of Debian $suite" >"$root.failed"
	elif lab_root_fill "$suite" "$root.making" "$mirror" >"$root.log" 2>&1; then
		mv "$root.making" "$root"
		return 0
	else
		printf 'no root of Debian %s: %s (all of it: %s)\n' "$suite" \
			"$(grep -E '^(E|W|Err|dpkg|debootstrap): ?|timed out' "$root.log" | tail -n 1)" \
			"$root.log" >"$root.failed"
		rm -rf "$root.making"
	fi
	return 1
}

# Mounts stay in a space of their own, so that a making that was killed leaves none behind.
lab_root_fill()
{
	local suite=$1 root=$2 mirror=$3 script=
	local -a alone=(timeout "$LAB_ROOT_LIMIT_S" unshare --mount)

	# A suite that is younger than debootstrap goes by the script of unstable.
	[[ -e /usr/share/debootstrap/scripts/$suite ]] || script=sid
	eval "$(apt-config shell http_proxy Acquire::http::Proxy https_proxy Acquire::https::Proxy)"
	export http_proxy https_proxy DEBIAN_FRONTEND=noninteractive

	"${alone[@]}" debootstrap --variant=minbase "$suite" "$root" "$mirror" $script &&
		lab_root_settle "$root" &&
		"${alone[@]}" "$LAB_TOOLS/lab/in-root" "$root" -- apt-get -q update &&
		"${alone[@]}" "$LAB_TOOLS/lab/in-root" "$root" -- \
			apt-get -qy install --no-install-recommends "${LAB_ROOT_PACKAGES[@]}" &&
		"${alone[@]}" "$LAB_TOOLS/lab/in-root" "$root" -- apt-get clean &&
		mkdir -p "$root/var/lib/kea" "$root/var/log/kea"
}

# No service starts in it, no document is unpacked, nothing is forced to disk; apt believes as much
# of the mirror as the machine's own does.
lab_root_settle()
{
	local root=$1

	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 0755 "$root/usr/sbin/policy-rc.d"
	printf '%s\n' force-unsafe-io path-exclude=/usr/share/doc/* path-exclude=/usr/share/man/* \
		path-exclude=/usr/share/locale/* >"$root/etc/dpkg/dpkg.cfg.d/lab"
	apt-config dump Acquire::Check-Valid-Until Acquire::Check-Date >"$root/etc/apt/apt.conf.d/90lab"
}

# The mirror of the machine's own Debian, whatever it is called.
lab_root_mirror()
{
	# shellcheck disable=SC2016 # apt's variables
	apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
		awk '$2 == "Debian" { print $1; exit }'
}

# lab_root_hook ROOT: builds the hook in a root, or what changed of it, and prints its path. On
# failure status 1, and the compiler's words on standard error.
lab_root_hook()
{
	local root=$1 build=$LAB_BUILD/root-${1##*/}

	mkdir -p "$build"
	flock "$build.lock" unshare --mount "$LAB_TOOLS/lab/in-root" "$root" "$LAB_SOURCE" "$LAB_BUILD" -- \
		sh -c "$LAB_ROOT_BUILD" sh "$LAB_SOURCE" "$build" >"$build.log" 2>&1 || {
		tail -n 30 "$build.log" >&2
		return 1
	}
	echo "$build/kea-hook/libdhcp_amtnet.so"
}

# shellcheck disable=SC2016 # expanded by the shell in the root
LAB_ROOT_BUILD='
	[ -e "$2/build.ninja" ] || meson setup -Dhook=enabled -Ddaemon=disabled -Dcheck=disabled \
		-Dman=disabled -Dtests=disabled "$2" "$1" || exit
	exec ninja -C "$2" kea-hook/libdhcp_amtnet.so'
