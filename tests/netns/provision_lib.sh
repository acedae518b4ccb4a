# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# What the tests of ProvisionServer share: one machine with a primary and a secondary name server (BIND or
# Knot), an unsigned and a DNSSEC-signed zone, and any number of daemons, all on addresses of its loopback.
#
#   192.0.2.1, .2 name servers   192.0.2.11, .12 provisioning cores

# shellcheck source=tests/netns/tap.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/tap.sh"

PROV_ZONES=(plain.example signed.example provisionserver)
PROV_KIND=
export PROV_KIND

# prov_begin bind|knot PROGRAM...: the machine and its name servers, ready.
prov_begin()
{
	local address

	PROV_KIND=$1
	shift
	tap_begin nsupdate dnssec-verify "$([[ $PROV_KIND == bind ]] && echo named || echo knotd)" "$@"
	lab_machine one
	for address in 1 2 11 12; do
		lab_ip one addr add "192.0.2.$address/32" dev lo
	done
	lab_make_key
	prov_start_ns primary 192.0.2.1
	prov_start_ns secondary 192.0.2.2
	lab_wait_for 20 prov_signed 192.0.2.1 || lab_fail 'signed.example is not signed'
}

# ---- name servers ----------------------------------------------------------------------------

# prov_zone ZONE: what each zone begins with.
prov_zone()
{
	cat <<-END
		\$TTL 300
		@ IN SOA ns1.plain.example. hostmaster.plain.example. 1 3600 600 86400 30
		@ IN NS ns1.plain.example.
		@ IN NS ns2.plain.example.
	END
	[[ $1 == plain.example ]] || return 0
	cat <<-'END'
		@ IN NS ns.elsewhere.example.
		@ IN NS nobody.elsewhere.example.
		ns1 IN A 192.0.2.1
		ns2 IN A 192.0.2.2
		provisionserver.equal IN A 192.0.2.11
		provisionserver.equal IN A 192.0.2.12
		provisionserver.hand IN A 192.0.2.66
		provisionserver.alias IN CNAME ns1.plain.example.
	END
}

# prov_start_ns primary|secondary ADDRESS
prov_start_ns()
{
	local role=$1 address=$2 zone dir=$LAB_DIR/$1

	mkdir -p "$dir"
	if [[ $role == primary ]]; then
		for zone in "${PROV_ZONES[@]}"; do
			prov_zone "$zone" >"$dir/$zone.zone"
		done
	fi
	"prov_configure_$PROV_KIND" "$role" "$address" "$dir" >"$dir/conf"
	lab_spawn_ns "$role" one "$PROV_KIND" "$dir/conf"
	lab_wait_for 20 prov_answers "$address" || lab_fail "the $role ($PROV_KIND) does not answer"
}

# prov_rogue ADDRESS: a name server with a newer plain.example of its own, in which someone else is named.
prov_rogue()
{
	local dir=$LAB_DIR/rogue

	mkdir "$dir"
	{
		prov_zone plain.example | sed 's/ 1 3600 / 999 3600 /'
		echo 'provisionserver IN A 192.0.2.66'
	} >"$dir/plain.example.zone"
	{
		lab_knot_head "$dir" "$1@53"
		cat <<-END
			template:
			  - id: default
			    storage: "$dir"
			    file: "%s.zone"
			zone:
			  - domain: plain.example
		END
	} >"$dir/conf"
	lab_spawn_ns rogue one knot "$dir/conf"
	lab_wait_for 10 prov_says provisionserver.plain.example A 192.0.2.66 "$1" ||
		lab_fail 'the rogue name server does not answer'
}

prov_answers()
{
	local zone

	for zone in "${PROV_ZONES[@]}"; do
		[[ -n $(prov_dig "$zone" SOA "$1") ]] || return 1
	done
}

prov_signed()
{
	[[ -n $(prov_dig signed.example DNSKEY "$1") ]] &&
		lab_exec one dig "@$1" +dnssec +norecurse signed.example SOA | grep -q RRSIG
}

prov_configure_bind()
{
	local role=$1 address=$2 dir=$3 zone

	lab_bind_head "$dir" "$address;" 'recursion no' "key-directory \"$dir\"" "transfer-source $address" \
		"notify-source $address" 'allow-transfer { any; }' 'notify-delay 0' 'serial-query-rate 1000'
	lab_bind_keys amtnet
	for zone in "${PROV_ZONES[@]}"; do
		if [[ $role == primary ]]; then
			cat <<-END
				zone "$zone" {
					type primary;
					file "$dir/$zone.zone";
					update-policy { grant amtnet zonesub A AAAA TXT CNAME; };
					$([[ $zone != signed.example ]] || echo 'dnssec-policy default; inline-signing yes;')
				};
			END
		else
			echo "zone \"$zone\" { type secondary; primaries { 192.0.2.1; };" \
				"file \"$dir/$zone.zone\"; };"
		fi
	done
}

prov_configure_knot()
{
	local role=$1 address=$2 dir=$3 zone

	lab_knot_head "$dir" "$address@53"
	lab_knot_keys amtnet
	cat <<-END
		remote:
		  - id: primary
		    address: 192.0.2.1
		    via: 192.0.2.2
		  - id: secondary
		    address: 192.0.2.2
		    via: 192.0.2.1
		acl:
		  - id: update
		    key: amtnet
		    action: update
		  - id: others
		    address: [ 192.0.2.0/24, 127.0.0.0/8 ]
		    action: [ transfer, notify ]
		template:
		  - id: default
		    storage: "$dir"
		    file: "%s.zone"
		    zonefile-sync: -1
		    journal-content: changes
		    acl: [ update, others ]
		    $([[ $role == primary ]] && echo 'notify: secondary' || echo 'master: primary')
		zone:
	END
	for zone in "${PROV_ZONES[@]}"; do
		echo "  - domain: $zone"
		[[ $role != primary || $zone != signed.example ]] || echo '    dnssec-signing: on'
	done
}

# prov_dig NAME TYPE [SERVER]: the answer's values in order, on one line.
prov_dig()
{
	lab_exec one dig "@${3:-192.0.2.1}" +short +time=1 +tries=1 +norecurse "$1" "$2" |
		grep -v '^;' | sort | xargs
}

# prov_says NAME TYPE VALUES [SERVER]
prov_says()
{
	[[ $(prov_dig "$1" "$2" "${4:-192.0.2.1}") == "$3" ]]
}

# prov_is NAME ADDRESSES OWNER: addresses and the marker's owner, from one server.
prov_is()
{
	prov_says "$1" A "$2" && [[ $(prov_dig "$1" TXT) == "v=amtps1;owner=$3;epoch="* ]]
}

# prov_update LINE...: an operator with the key.
prov_update()
{
	{
		echo "server 192.0.2.1"
		printf '%s\n' "$@"
		echo send
	} | lab_exec one nsupdate -y "hmac-sha256:amtnet:$(<"$LAB_KEY_FILE")"
}

# prov_zone_verifies: the whole of signed.example is rightly signed.
prov_zone_verifies()
{
	lab_exec one dig @192.0.2.1 +noall +answer +onesoa signed.example AXFR >"$LAB_DIR/signed.axfr"
	dnssec-verify -z -o signed.example "$LAB_DIR/signed.axfr"
}

# ---- daemons ---------------------------------------------------------------------------------

# prov_config NAME KEY-LINE...: the configuration of a daemon; the lines are those of provision-server.
prov_config()
{
	local name=$1 zone
	shift

	{
		cat <<-END
			state: $LAB_DIR/$name.db
			log:
			  level: debug
			lease:
			  socket: ""
			control:
			  socket: $LAB_DIR/run/$name.sock
			hello:
			  listen: ["127.0.0.1:$((20000 + $(cksum <<<"$name" | cut -d' ' -f1) % 9000))"]
			dns:
			  keys:
			    - name: amtnet
			      secret-file: $LAB_KEY_FILE
			  zones:
		END
		for zone in "${PROV_ZONES[@]}"; do
			printf '    - {name: %s, servers: [192.0.2.1], key: amtnet}\n' "$zone"
		done
		echo 'provision-server:'
		printf '  %s\n' "owner: $name" "$@"
	} >"$LAB_DIR/$name.yaml"
}

# prov_run NAME: starts it, and waits until it is ready.
prov_run()
{
	lab_spawn "$1" one "$LAB_BUILD/daemon/amtnetd" -c "$LAB_DIR/$1.yaml"
	lab_await "$1" 20 'daemon: ready'
}

# prov_reload NAME: has it read its configuration again, and waits until it has.
prov_reload()
{
	local count

	count=$(grep -c 'daemon: reloaded' "$(lab_log "$1")") || true
	kill -HUP "${LAB_PIDS[$1]}"
	lab_wait_for 10 prov_reloaded "$1" "$count"
}

prov_reloaded()
{
	(($(grep -c 'daemon: reloaded' "$(lab_log "$1")") > $2))
}

# prov_ctl NAME COMMAND...
prov_ctl()
{
	local name=$1
	shift

	"$LAB_BUILD/daemon/amtnetctl" -s "$LAB_DIR/run/$name.sock" "$@"
}

# prov_state NAME ZONE STATE: what the daemon says of a zone.
prov_state()
{
	prov_ctl "$1" --json provision-server "$2" |
		grep -F "\"zone\":\"$2\"" | grep -F '(updates)' | grep -qF "\"state\":\"$3\""
}

# prov_status NAME KEY: one value of the status.
prov_status()
{
	prov_ctl "$1" --json status | sed -n "s/.*\"name\":\"$2\",\"value\":\(.*\)}/\1/p" | tr -d '" '
}

# prov_core ADDRESS: something that takes hellos there.
prov_core()
{
	lab_spawn "core-$1" one socat -u "TCP-LISTEN:9971,bind=$1,reuseaddr,fork" OPEN:/dev/null
}

# prov_steps DAEMON FROM STEP END: how many lines of the daemon's log match STEP, after line FROM until one that matches
# END: a time in the daemon's own beats, which a machine under load does not lengthen.
prov_steps()
{
	awk -v from="$2" -v step="$3" -v end="$4" '
		NR > from && $0 ~ step { count++ }
		NR > from && $0 ~ end { print count + 0; exit }' "$(lab_log "$1")"
}

# prov_log_end DAEMON: the line at which its log ends now.
prov_log_end()
{
	wc -l <"$(lab_log "$1")"
}

prov_now_ms()
{
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}
