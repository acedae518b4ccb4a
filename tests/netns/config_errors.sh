#!/bin/bash
# SPDX-License-Identifier: ISC
#
# A broken configuration starts nothing: each error is named with file:line:column and what would be
# right, all of them in one run, exit status 3.

set -euo pipefail
# shellcheck source=tests/netns/tap.sh
. "$(dirname "$0")/tap.sh"

# broken_config: each error stands on a line that says which one it is.
broken_config()
{
	cat <<-END
		state: $LAB_DIR/amtnetd.db
		lisen: true                                  # unknown key
		lease:
		  socket: $LAB_DIR/run/lease.sock
		control:
		  socket: $LAB_DIR/run/control.sock
		dns:
		  ttl: soon                                  # wrong type
		  keys:
		    - name: lost
		      algorithm: hmac-sha256
		      secret-file: $LAB_DIR/lost.key         # unreadable secret
		    - name: open
		      algorithm: hmac-sha256
		      secret-file: $LAB_DIR/open.key         # world-readable secret
		  zones:
		    - name: corp.example
		      servers: [10.81.2.2]
		      key: open
		hello:
		  listen: ["127.0.0.1:9971"]
		  max-connections: 99999999999               # out of bounds
	END
}

# named WHAT PATTERN: the line marked WHAT is named with a column and a sentence like PATTERN.
named()
{
	local line

	line=$(grep -n "# $1\$" "$config" | cut -d: -f1)
	tap_says "^$config:$line:[0-9]+: .*$2" "$LAB_DIR/said"
}

tap_begin
config=$LAB_DIR/broken.yaml
broken_config >"$config"
head -c 32 /dev/urandom | base64 -w 0 >"$LAB_DIR/open.key"
chmod 0644 "$LAB_DIR/open.key"
chmod 0640 "$config"

status=0
timeout 10 "$LAB_BUILD/daemon/amtnetd" -c "$config" >"$LAB_DIR/said" 2>&1 || status=$?
tap_ok 'amtnetd ends with exit status 3' test "$status" = 3
tap_ok 'unknown key: named, with the nearest known one' named 'unknown key' '"?lisen"?'
tap_ok 'wrong type: named, with what would be right' named 'wrong type' 'dns\.ttl.*"soon" is not a duration'
tap_ok 'unreadable secret: named with its path' named 'unreadable secret' 'lost\.key'
tap_ok 'world-readable secret: named with the mode that would be right' \
	named 'world-readable secret' 'open\.key.*06[04]0'
tap_ok 'value out of bounds: named with the bounds' named 'out of bounds' 'max-connections.*[0-9]'
tap_ok 'no secret is printed' tap_not grep -qF "$(<"$LAB_DIR/open.key")" "$LAB_DIR/said"
tap_ok 'nothing was started: no database' test ! -e "$LAB_DIR/amtnetd.db"
tap_ok 'nothing was started: no socket' tap_not ls "$LAB_DIR"/run/lease.sock "$LAB_DIR"/run/control.sock
tap_ok 'amtnetd -t says the same' tap_not "$LAB_BUILD/daemon/amtnetd" -t -c "$config"
tap_end
