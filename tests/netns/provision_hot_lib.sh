# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the tests of failover: hot share: two daemons, one and two, each with the address of its own core.

# shellcheck source=tests/netns/provision_lib.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/provision_lib.sh"

readonly plain=provisionserver.plain.example signed=provisionserver.signed.example
readonly both='192.0.2.11 192.0.2.12'

# hot NAME ADDRESS KEY-LINE...
hot()
{
	prov_config "$1" 'zones: [plain.example, signed.example, hand.plain.example]' "addresses: [$2]" \
		'interval: 1s' 'failover: hot' "${@:3}"
}

# share NAME ADDRESSES OWNERS: the name has exactly these addresses, and an entry and a sign of life of each owner.
share()
{
	local owner

	prov_says "$1" A "$2" || return 1
	[[ $(prov_dig "$1" TXT | grep -o 'owner=[a-z]*' | xargs) == "$3" ]] || return 1
	for owner in one two; do
		if [[ " $3 " == *" owner=$owner "* ]]; then
			[[ $(prov_dig "$owner._amtps.$1" TXT) == "v=amtps1;owner=$owner;epoch="* ]] || return 1
		else
			prov_says "$owner._amtps.$1" TXT '' || return 1
		fi
	done
}

together()
{
	share "$plain" "$both" 'owner=one owner=two' && share "$signed" "$both" 'owner=one owner=two'
}

# only DAEMON [NAME]
only()
{
	share "${2:-$plain}" "192.0.2.1$([[ $1 == one ]] && echo 1 || echo 2)" "owner=$1"
}

# logged DAEMON STEP PREREQUISITE
logged()
{
	tap_says "step=$2, prerequisite: $3" "$(lab_log "$1")"
}
