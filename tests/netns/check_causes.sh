#!/bin/bash
# SPDX-License-Identifier: ISC
#
# Each of the usual reasons why a PC is not provisioned, made in the lab: `amtnet-check site` names it. A
# healthy site is READY, however often one asks.
#
# usage: check_causes.sh [HEALTHY-RUNS]

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

readonly healthy_runs=${1:-5}

# site NAME [LINE...]: the site check from core, with these lines in addition; what it says is in
# NAME.txt, its status in `status`.
site()
{
	local name=$1
	shift

	{
		cat "$LAB_DIR/site.yaml"
		(($# == 0)) || printf '%s\n' "$@"
	} >"$LAB_DIR/$name.yaml"
	status=0
	lab_check site "$LAB_DIR/$name.yaml" >"$LAB_DIR/$name.txt" 2>&1 || status=$?
}

# names NAME STATUS PATTERN...: the run's status, and a line for each pattern.
names()
{
	local name=$1 wanted=$2 pattern
	shift 2

	if ((status != wanted)); then
		echo "exit status $status, not $wanted"
		cat "$LAB_DIR/$name.txt"
		return 1
	fi
	for pattern; do
		tap_says "$pattern" "$LAB_DIR/$name.txt" || return
	done
}

# with_site FROM TO: the site file with other words in it, until the next call.
with_site()
{
	cp "$LAB_DIR/site.good" "$LAB_DIR/site.yaml"
	[[ -z ${1:-} ]] || sed -i "s|$1|$2|" "$LAB_DIR/site.yaml"
}

# certificate SUBJECT USAGE: a leaf of a root of its own, with its key and chain.
certificate()
{
	local dir=$LAB_DIR/cert

	mkdir -p "$dir"
	openssl req -x509 -newkey rsa:2048 -nodes -days 90 -subj '/CN=Lab Root' -keyout "$dir/root.key" \
		-out "$dir/root.pem" -addext 'basicConstraints=critical,CA:TRUE'
	openssl req -newkey rsa:2048 -nodes -subj "$1" -keyout "$dir/leaf.key" -out "$dir/leaf.csr"
	openssl x509 -req -in "$dir/leaf.csr" -CA "$dir/root.pem" -CAkey "$dir/root.key" -CAcreateserial \
		-days 90 -out "$dir/leaf.pem" -extfile <(printf 'extendedKeyUsage=%s\n' "$2")
	cat "$dir/leaf.pem" "$dir/root.pem" "$dir/leaf.key" >"$dir/all.pem"
} >/dev/null 2>&1

# update LINE...: a change in DNS by hand.
update()
{
	printf '%s\n' 'server 10.81.2.2' "$@" send | lab_exec core nsupdate -k "$LAB_DIR/nsupdate.key"
}

# restart_kea [SED-COMMAND]: Kea with its configuration changed.
restart_kea()
{
	lab_stop kea
	[[ -z ${1:-} ]] || sed -i "$1" "$LAB_DIR/kea-dhcp4.conf"
	lab_run_kea
}

has_ptr()
{
	lab_has "$(lab_reverse "$(lab_address_of "$1")")" PTR "$2."
}

# pongs: somebody answers the presence ping at pc2.
pongs()
{
	[[ -n $(lab_exec pc2 ss -Hlun 'sport = :623') ]]
}

tap_begin dhclient dhcrelay kea-dhcp4 knotd openssl nsupdate
lab_net
lab_start_ns knot
lab_start_core
lab_start_amtnetd
lab_start_kea
lab_start_relay
lab_lease pc1 me01.corp.example
lab_lease pc2 me02.corp.example
pc1=$(lab_address_of pc1)
pc2=$(lab_address_of pc2)
lab_start_responder pc1
lab_spawn pairing pc2 "$LAB_BUILD/netcheck/amtnet-check" respond --pair
lab_await pairing 10 'end with Ctrl-C'
sed -n 's/^pair code: //p' "$(lab_log pairing)" >"$LAB_DIR/code"
printf 'key "%s" { algorithm hmac-sha256; secret "%s"; };\n' amtnet "$(cat "$LAB_KEY_FILE")" >"$LAB_DIR/nsupdate.key"
lab_site "$pc1" "$pc2" >/dev/null
cat >>"$LAB_DIR/site.yaml" <<-END
	dhcp: [{server: 10.81.1.2, relay: 10.81.3.2, subnet: 10.81.20.1}]
	kea-configs: [$LAB_DIR/kea-dhcp4.conf]
	pairs: [{with: $pc2, code-file: $LAB_DIR/code}]
END
cp "$LAB_DIR/site.yaml" "$LAB_DIR/site.good"
tap_soon 10 'ProvisionServer resolves' lab_has ProvisionServer.corp.example A 10.81.1.2
tap_soon 10 'both PCs are in DNS' eval 'has_ptr pc1 me01.corp.example && has_ptr pc2 me02.corp.example'

alarms=0
for ((i = 0; i < healthy_runs; i++)); do
	site good
	((status == 0)) || {
		alarms=$((alarms + 1))
		sed 's/^/# /' "$LAB_DIR/good.txt"
	}
done
tap_ok "a healthy site is READY $healthy_runs times of $healthy_runs" test "$alarms" -eq 0

cp "$LAB_DIR/kea-dhcp4.conf" "$LAB_DIR/kea.good"
restart_kea '/"domain-name"/d'
site option15
tap_ok '1 the suffix is missing in DHCP' names option15 2 'FAIL NC402 ' 'FAIL NC701 '

certificate '/CN=prov.other.example.com' serverAuth,2.16.840.1.113741.1.2.3
site name "certificate: {file: $LAB_DIR/cert/all.pem}"
tap_ok '2 the suffix does not fit the certificate' names name 2 'FAIL NC512 .*corp\.example'
tap_ok '3 a private suffix' names name 2 'WARN NC513 .*corp\.example'

with_site 'suffixes: .*' 'suffixes: [corp.example, floor.corp.example]'
site record
tap_ok '4 no ProvisionServer in a suffix' names record 2 'FAIL NC201 provisionserver\.floor\.corp\.example'

with_site 'addresses: .*' 'addresses: [10.81.3.2]'
site rogue
tap_ok '5 ProvisionServer leads elsewhere' names rogue 2 'FAIL NC203 .*10\.81\.1\.2, expected 10\.81\.3\.2'

with_site
lab_exec fw nft "add rule inet site forward ip saddr $pc2 tcp dport 9971 drop"
site hello
tap_ok '6 hellos of a subnet are dropped' names hello 2 'FAIL NC821 .*silent'
lab_unblock

lab_block "$pc2" 16993
site callback
tap_ok '7 the call-back port is dropped' names callback 2 'FAIL NC104 .*16993' 'FAIL NC811 .*16993'
lab_unblock

update "del $(lab_reverse "$pc1") PTR" "add $(lab_reverse "$pc1") 60 PTR stale.corp.example."
site stale
tap_ok '8 a stale reverse name' names stale 2 'NC222 .*stale\.corp\.example'
update "del $(lab_reverse "$pc1") PTR" "add $(lab_reverse "$pc1") 60 PTR me01.corp.example."

lab_stop kea
lab_start_kea none
site nobody
tap_ok '9 nobody registers the names of MEs' names nobody 2 'WARN NC405 ' 'FAIL NC710 '
cp "$LAB_DIR/kea.good" "$LAB_DIR/kea-dhcp4.conf"
restart_kea

lab_stop pairing
amt="amt: true
daemon: $LAB_DIR/run/control.sock"
site unknown 'amt: true'
tap_ok '10, 13 AMT says nothing: what to do about it' names unknown 3 \
	"WARN NC604 .*$pc2" 'fix: Enable AMT .*renew the DHCP lease'
site silent "$amt"
tap_ok '10, 13 a lease, and no hello: only the PC can tell' names silent 3 \
	"WARN NC604 .*$pc2.*is told by the PC only"
lab_ip pc2 addr add 10.81.20.250/24 dev eth0
with_site "targets: \[$pc2\]" "targets: [10.81.20.250]"
site static "$amt"
tap_ok '13 no lease for the address: the firmware never saw one' names static 3 \
	'WARN NC609 .*10\.81\.20\.250.*no lease' 'fix: Renew the lease'
with_site
lab_bytes 0600ff06000011be4041001000000157000000c0000c000000000000 >"$LAB_DIR/pong"
lab_spawn ping pc2 socat -T 1 UDP4-RECVFROM:623,fork "SYSTEM:cat $LAB_DIR/pong"
lab_wait_for 5 pongs
site late "$amt"
tap_ok '10 the firmware answers, and no hello came' names late 3 \
	"WARN NC607 .*$pc2.*AMT is there, not configured, and has sent no hello"
lab_send_hello pc2 "$LAB_SAMPLE"
site waits "$amt"
tap_ok 'the firmware answers, and its hello came: no alarm' names waits 3 "OK   NC601 .*$pc2"
certificate '/CN=prov.corp.example' serverAuth,2.16.840.1.113741.1.2.3
site root "certificate: {file: $LAB_DIR/cert/all.pem}
daemon: $LAB_DIR/run/control.sock"
tap_ok '12 the root is unknown to the device that said hello' names root 2 \
	"FAIL NC521 .*is not among the roots of 1 of 1 devices, one of them 939b524b-13d4-1d18-e487-1c697a6b7a2b \\($pc2\\)"
lab_ctl roots >"$LAB_DIR/roots.txt"
tap_ok 'amtnetctl shows how many devices share a list of roots' tap_says \
	'^ *23 +1 +939b524b-13d4-1d18-e487-1c697a6b7a2b' "$LAB_DIR/roots.txt"
lab_stop ping
site over "$amt"
tap_ok '10 hellos came, and AMT is silent now' names over 3 "WARN NC608 .*$pc2.*its last hello of 1 came at 20"
printf 'HTTP/1.1 303 See Other\r\nServer: Intel(R) Active Management Technology 11.8.50\r\n\r\n' >"$LAB_DIR/banner"
lab_spawn banner pc2 socat TCP4-LISTEN:16992,fork,reuseaddr "SYSTEM:cat $LAB_DIR/banner"
lab_wait_for 5 lab_is_listening pc2 16992
site taken 'amt: true'
tap_ok '14 a PC that is configured already' names taken 3 "NC600 .*$pc2.*AMT 11\.8\.50, configured"

lab_stop amtnetd
site down
tap_ok '11 nobody takes hellos' names down 2 'FAIL NC303 '
lab_run_amtnetd

certificate '/CN=prov.corp.example' serverAuth
site purpose "certificate: {file: $LAB_DIR/cert/all.pem}"
tap_ok '12 a certificate without the purpose' names purpose 2 'FAIL NC501 '

site home 'home-domains: [corp.example]'
tap_ok '15 the suffix is the home domain' names home 3 'WARN NC216 corp\.example'
tap_end
