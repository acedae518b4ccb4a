# shellcheck shell=bash
# SPDX-License-Identifier: ISC
#
# MeshCentral from the npm registry as a real provisioning core in a lab: its AMT provisioning server
# takes the connection's peer for the device and says so: "Got hello from ADDRESS". Source tap.sh first.
#
# The package, of one pinned version, is kept in MESH_CACHE, together with the certificates that its
# first start makes; nothing else is fetched from anywhere.

readonly MESH_VERSION=1.1.55
readonly MESH_CACHE=/var/cache/amtnet-lab/meshcentral-$MESH_VERSION
MESH_GROUP=mesh//$(printf 'A%.0s' {1..64})
readonly MESH_GROUP
readonly MESH_INSTALL_S=120 MESH_START_S=60

# mesh_install: the package, or the test is skipped.
mesh_install()
{
	local lock

	[[ -n $(command -v node) && -n $(command -v npm) ]] || tap_skip 'node or npm is missing'
	mkdir -p "$MESH_CACHE"
	exec {lock}<"$MESH_CACHE"
	flock "$lock"
	if ! [[ -e $MESH_CACHE/whole ]]; then
		(cd "$MESH_CACHE" && npm init -y && timeout "$MESH_INSTALL_S" npm install \
			--no-audit --no-fund "meshcentral@$MESH_VERSION") >"$(lab_log npm)" 2>&1 ||
			tap_skip 'MeshCentral cannot be fetched from the npm registry'
		touch "$MESH_CACHE/whole"
	fi
	exec {lock}<&-
}

mesh_config()
{
	cat <<-END
		{ "settings": {
			"cert": "core.test", "LANonly": true, "port": 4430, "exactPorts": true,
			"redirPort": 0, "mpsPort": 0, "amtScanner": false, "amtManager": false,
			"meshScanner": false, "selfUpdate": false, "noEmail": true,
			"amtProvisioningServer": {
				"port": $1, "deviceGroup": "$MESH_GROUP", "newMebxPassword": "P@ssw0rd1",
				"trustedFqdn": "core.test", "ip": "127.0.0.1"
			}
		}, "domains": { "": {} } }
	END
}

# A user and a group with an activation policy, without which hellos are refused.
mesh_seed()
{
	cat <<-END
		[ { "type": "user", "_id": "user//admin", "name": "admin", "domain": "", "siteadmin": 4294967295,
		    "links": { "$MESH_GROUP": { "rights": 4294967295 } } },
		  { "type": "mesh", "_id": "$MESH_GROUP", "name": "amt", "mtype": 1, "desc": "", "domain": "",
		    "amt": { "type": 3 }, "links": { "user//admin": { "name": "admin", "rights": 4294967295 } } } ]
	END
}

# mesh_start WHERE PORT: starts it on a machine of the lab; ready when it returns.
mesh_start()
{
	local home=$LAB_DIR/mesh
	local -a node=(env -C "$home" HOME="$home" NODE_PRESERVE_SYMLINKS=1 NODE_PRESERVE_SYMLINKS_MAIN=1
		node node_modules/meshcentral)

	if ! [[ -e $home/node_modules ]]; then
		mkdir -p "$home"
		ln -s "$MESH_CACHE/node_modules" "$home/node_modules"
		if [[ -d $MESH_CACHE/data ]]; then
			cp -a "$MESH_CACHE/data" "$home/meshcentral-data"
		else
			mkdir "$home/meshcentral-data"
		fi
		mesh_config "$2" >"$home/meshcentral-data/config.json"
		mesh_seed >"$home/seed.json"
		lab_exec "$1" "${node[@]}" --dbimport seed.json >>"$(lab_log mesh)" 2>&1
	fi
	lab_spawn mesh "$1" "${node[@]}" --debug amtsca
	lab_wait_for "$MESH_START_S" lab_is_listening "$1" "$2" ||
		lab_fail 'MeshCentral does not listen for hellos'
	lab_wait_for "$MESH_START_S" lab_is_listening "$1" 4430 ||
		lab_fail 'MeshCentral does not get ready'
	mesh_keep_certificates
}

# The certificates take half a minute to make; the next lab begins with these.
mesh_keep_certificates()
{
	local part

	[[ ! -d $MESH_CACHE/data ]] || return 0
	part=$(mktemp -d "$MESH_CACHE/data.XXXXXX")
	cp "$LAB_DIR"/mesh/meshcentral-data/*.{crt,key} "$part/"
	mv -T "$part" "$MESH_CACHE/data" 2>/dev/null || rm -rf "$part"
}

# mesh_got ADDRESS COUNT: whether it said exactly so often that a hello came from this address.
mesh_got()
{
	(($(grep -cE "Got hello from ${1//./\\.}\$" "$(lab_log mesh)") == $2))
}
