# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# The lab's name server: BIND or Knot with corp.example and 81.10.in-addr.arpa, both open to updates
# that are signed with the lab's TSIG key and to no others. A test may add zones to LAB_ZONES before
# lab_start_ns. Part of tools/lab.sh.

LAB_ZONES=(corp.example 81.10.in-addr.arpa)
LAB_KEY_FILE=

# lab_start_ns bind|knot: a fresh server with fresh zones and a fresh key; ready when it returns.
lab_start_ns()
{
	local kind=$1 zone

	lab_make_key
	mkdir -p "$LAB_DIR/zones"
	for zone in "${LAB_ZONES[@]}"; do
		lab_zone "$zone" >"$LAB_DIR/zones/$zone.zone"
	done
	"lab_configure_$kind"
	lab_run_ns "$kind"
}

# lab_run_ns bind|knot: starts the server as it was configured, e.g. again after lab_stop ns.
lab_run_ns()
{
	lab_spawn_ns ns ns "$1" "$LAB_DIR/$([[ $1 == bind ]] && echo named || echo knot).conf"
	lab_wait_for 20 lab_ns_answers || {
		tail -n 15 "$(lab_log ns)" >&2
		lab_fail "the name server ($1) does not answer, its last lines stand above"
	}
}

lab_ns_answers()
{
	local zone

	for zone in "${LAB_ZONES[@]}"; do
		[[ -n $(lab_dig "$zone" SOA) ]] || return 1
	done
}

# lab_dig NAME TYPE: the answer's values, as the name server gives them to the provisioning core.
lab_dig()
{
	lab_exec core dig @10.81.2.2 +short +time=1 +tries=1 +norecurse "$1" "$2" | grep -v '^;'
}

# lab_has NAME TYPE VALUE, lab_has_no NAME TYPE: for lab_wait_for.
lab_has()
{
	[[ $(lab_dig "$1" "$2") == "$3" ]]
}

lab_has_no()
{
	local answer

	answer=$(lab_exec core dig @10.81.2.2 +time=1 +tries=1 +norecurse "$1" "$2") || return 1
	grep -Eq 'status: (NOERROR|NXDOMAIN)' <<<"$answer" && grep -q 'ANSWER: 0' <<<"$answer"
}

# lab_reverse ADDRESS: the reverse name.
lab_reverse()
{
	local IFS=.

	# shellcheck disable=SC2086 # split on purpose
	set -- $1
	echo "$4.$3.$2.$1.in-addr.arpa"
}

# lab_count_records TYPE ZONE: how many records of a type a zone holds.
lab_count_records()
{
	lab_exec core dig @10.81.2.2 +time=5 +tries=1 +noall +answer "$2" AXFR |
		awk -v type="$1" '$4 == type { count++ } END { print count + 0 }'
}

# lab_make_key: 32 random bytes, in base64 as amtnetd reads it.
lab_make_key()
{
	LAB_KEY_FILE=$LAB_DIR/dns.key
	(umask 077 && head -c 32 /dev/urandom | base64 -w 0 >"$LAB_KEY_FILE")
}

lab_zone()
{
	cat <<-END
		\$TTL 300
		@ IN SOA ns.corp.example. hostmaster.corp.example. 1 3600 600 86400 30
		@ IN NS ns.corp.example.
	END
	[[ $1 != corp.example ]] || echo 'ns IN A 10.81.2.2'
}

# What every name server's configuration has, this lab's and those that a test writes by itself --------------

# lab_spawn_ns NAME MACHINE bind|knot FILE: starts a server with this configuration.
lab_spawn_ns()
{
	local program

	chmod 0600 "$4"
	if [[ $3 == bind ]]; then
		program=$(lab_program named)
		lab_spawn "$1" "$2" "$program" -g -c "$4" -n 1
	else
		program=$(lab_program knotd)
		lab_spawn "$1" "$2" "$program" -c "$4"
	fi
}

# lab_bind_head DIRECTORY 'ADDRESS; ...' [OPTION...]: a named.conf up to its keys; nothing lies outside the directory.
lab_bind_head()
{
	local dir=$1 addresses=$2
	shift 2

	cat <<-END
		options {
			directory "$dir";
			pid-file none;
			session-keyfile none;
			lock-file none;
			managed-keys-directory "$dir";
			listen-on port 53 { $addresses };
			listen-on-v6 { none; };
			dnssec-validation no;
	END
	printf '\t%s;\n' "$@"
	printf '%s\n' '};' 'controls { };' 'statistics-channels { };'
}

# lab_bind_keys NAME...: keys of these names, all with the lab's secret.
lab_bind_keys()
{
	local name

	for name in "$@"; do
		echo "key $name { algorithm hmac-sha256; secret \"$(<"$LAB_KEY_FILE")\"; };"
	done
}

# lab_knot_head DIRECTORY ADDRESS: a knot.conf up to its keys.
lab_knot_head()
{
	cat <<-END
		server:
		    rundir: "$1"
		    listen: [ $2 ]
		    udp-workers: 1
		    tcp-workers: 1
		    background-workers: 1
		log:
		  - target: stderr
		    any: info
		database:
		    storage: "$1"
	END
}

# lab_knot_keys NAME...: as lab_bind_keys.
lab_knot_keys()
{
	local name

	echo 'key:'
	for name in "$@"; do
		printf '  - id: %s\n    algorithm: hmac-sha256\n    secret: %s\n' "$name" "$(<"$LAB_KEY_FILE")"
	done
}

lab_configure_bind()
{
	local zone

	{
		lab_bind_head "$LAB_DIR/zones" '10.81.2.2; 127.0.0.1;' 'recursion no' 'notify no' \
			'allow-transfer { 10.81.3.2; }'
		lab_bind_keys amtnet
		for zone in "${LAB_ZONES[@]}"; do
			cat <<-END
				zone "$zone" {
					type primary;
					file "$LAB_DIR/zones/$zone.zone";
					update-policy { grant amtnet zonesub A AAAA PTR TXT DHCID; };
				};
			END
		done
	} >"$LAB_DIR/named.conf"
}

lab_configure_knot()
{
	local zone

	{
		lab_knot_head "$LAB_DIR/zones" '10.81.2.2@53, 127.0.0.1@53'
		lab_knot_keys amtnet
		cat <<-END
			acl:
			  - id: update
			    key: amtnet
			    action: update
			  - id: transfer
			    address: 10.81.3.2
			    action: transfer
			template:
			  - id: default
			    storage: "$LAB_DIR/zones"
			    file: "%s.zone"
			    zonefile-sync: -1
			    journal-content: changes
			    acl: [ update, transfer ]
			zone:
		END
		for zone in "${LAB_ZONES[@]}"; do
			echo "  - domain: $zone"
		done
	} >"$LAB_DIR/knot.conf"
}
