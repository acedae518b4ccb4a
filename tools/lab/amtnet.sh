# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# The lab's amtnetd, provisioning core, PCs' hellos, and readiness check. Part of tools/lab.sh.

LAB_CONFIG=
# The real hello of a PC, as bytes.
LAB_SAMPLE=$LAB_SOURCE/tests/golden/hello-sample.bin
export LAB_SAMPLE

# lab_start_amtnetd: the daemon in dhcp, configured for this lab; ready when it returns.
lab_start_amtnetd()
{
	LAB_CONFIG=$LAB_DIR/amtnetd.yaml
	lab_configure_amtnetd >"$LAB_CONFIG"
	lab_run_amtnetd
}

# lab_run_amtnetd: starts it as it was configured, e.g. again after lab_stop amtnetd KILL.
lab_run_amtnetd()
{
	: >"$LAB_DIR/log/amtnetd.log"
	lab_spawn amtnetd dhcp "$LAB_BUILD/daemon/amtnetd" -c "$LAB_CONFIG"
	lab_await amtnetd 20 'daemon: ready'
}

# lab_amtnetd_head: what any configuration of it in this lab has, up to the list of its zones.
lab_amtnetd_head()
{
	cat <<-END
		state: $LAB_DIR/amtnetd.db
		lease:
		  socket: $LAB_DIR/run/lease.sock
		control:
		  socket: $LAB_DIR/run/control.sock
		dns:
		  keys:
		    - name: amtnet
		      algorithm: hmac-sha256
		      secret-file: $LAB_KEY_FILE
		  zones:
	END
}

lab_configure_amtnetd()
{
	local zone

	cat <<-END
		kea:
		  $LAB_KEA_SERVER-socket: $LAB_DIR/run/$LAB_KEA_SOCKET
	END
	lab_amtnetd_head
	for zone in "${LAB_ZONES[@]}"; do
		cat <<-END
			    - name: $zone
			      servers: [10.81.2.2]
			      key: amtnet
		END
	done
	cat <<-END
		provision-server:
		  zones: [corp.example]
		  addresses: [10.81.1.2]
		hello:
		  listen: ["10.81.1.2:9971"]
		  cores:
		    - name: core
		      address: 10.81.3.2:9971
	END
}

# lab_ctl COMMAND...: amtnetctl on this lab's daemon.
lab_ctl()
{
	"$LAB_BUILD/daemon/amtnetctl" -s "$LAB_DIR/run/control.sock" "$@"
}

# ---- hellos ----------------------------------------------------------------------------------

# lab_start_core: a provisioning core that writes each hello to a file of its own, core/TIME.hello,
# complete when it has that name.
lab_start_core()
{
	# shellcheck disable=SC2016 # expanded by the child
	local save='f=$(date +%s%N)-$$; cat >"$f.part" && mv "$f.part" "$f.hello"'

	lab_spawn core core env -C "$LAB_DIR/core" socat -u \
		TCP-LISTEN:9971,bind=10.81.3.2,reuseaddr,fork,backlog=64 "SYSTEM:$save"
	lab_wait_for 5 lab_is_listening core 9971 || lab_fail 'the core (socat) does not listen on 9971'
}

lab_is_listening()
{
	[[ -n $(lab_exec "$1" ss -Hltn "sport = :$2") ]]
}

# lab_send_hello PC FILE [ADDRESS]: says a hello as an ME does: connects, writes, closes; returns when the other side has
# closed, too, which amtnetd does once the hello is on disk.
lab_send_hello()
{
	lab_exec "$1" socat -t 10 - "TCP:${3:-10.81.1.2}:9971,connect-timeout=5" <"$2"
}

# lab_core_has FILE COUNT: whether COUNT hellos with exactly these bytes have arrived at the core.
lab_core_has()
{
	local sum

	sum=$(sha256sum <"$1")
	(($(lab_core_sums | grep -cxF "${sum%% *}") == $2))
}

# lab_core_sums: the sha256 of every hello at the core, oldest first.
lab_core_sums()
{
	find "$LAB_DIR/core" -name '*.hello' | sort | while read -r file; do
		sha256sum <"$file" | cut -d' ' -f1
	done
}

# ---- readiness -------------------------------------------------------------------------------

# lab_start_responder PC: `amtnet-check respond` stands in for the PC's AMT ports, under its name.
lab_start_responder()
{
	# shellcheck disable=SC2016 # expanded by the child
	lab_spawn "respond-$1" "$1" unshare --uts sh -c 'echo "$0" >/proc/sys/kernel/hostname; exec "$@"' \
		"$1" "$LAB_BUILD/netcheck/amtnet-check" respond
	lab_wait_for 10 lab_is_listening "$1" 16993 || lab_fail "amtnet-check respond does not listen in $1"
}

# lab_site ADDRESS1 ADDRESS2: the site file for this lab; prints its path.
lab_site()
{
	cat >"$LAB_DIR/site.yaml" <<-END
		name: lab
		provision-server:
		  addresses: [10.81.1.2]
		  port: 9971
		suffixes: [corp.example]
		name-servers: [10.81.2.2]
		ports: [16992, 16993, 16994, 16995]
		hello: true
		subnets:
		  - name: floor-1
		    prefix: 10.81.1.0/24
		    targets: [$1]
		  - name: branch
		    prefix: 10.81.20.0/24
		    targets: [$2]
	END
	echo "$LAB_DIR/site.yaml"
}

# lab_check ARGUMENT...: amtnet-check, run where the provisioning core is.
lab_check()
{
	lab_exec core "$LAB_BUILD/netcheck/amtnet-check" "$@"
}
