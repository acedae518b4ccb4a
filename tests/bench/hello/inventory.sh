#!/bin/bash
# SPDX-License-Identifier: ISC
#
# 200,000 devices in the store, half of them waiting: time to be ready, memory, and time to answer a
# question by each key, also while the pile is relayed and 2,000 hellos/s come in. Part of run.sh, which makes the namespace.
#
# usage: inventory.sh BUILD DIRECTORY

set -euo pipefail
build=$1 dir=$2

cat >"$dir/inventory.yaml" <<-END
	state: $dir/inventory.db
	lease: {socket: $dir/inventory-lease.sock}
	control: {socket: $dir/inventory.sock}
	log: {level: error}
	hello:
	  listen: ["127.0.0.1:9920"]
	  max-devices: 1000000
	  max-per-address: 100000
	  max-per-prefix: 1000000
	  rate-per-prefix: 0
	  cores:
	    - {name: core, address: "127.0.0.1:9921"}
END

ask()
{
	"$build/daemon/amtnetctl" -s "$dir/inventory.sock" "$@"
}

# start: prints the milliseconds until the daemon answers.
start()
{
	local from=${EPOCHREALTIME/./}

	"$build/daemon/amtnetd" -c "$dir/inventory.yaml" 2>>"$dir/inventory.log" &
	daemon=$!
	until ask status >/dev/null 2>&1; do sleep 0.01; done
	echo "$(((${EPOCHREALTIME/./} - from) / 1000)) ms"
}

stop()
{
	kill "$daemon"
	wait "$daemon" || true
}

memory()
{
	awk -v name="$1:" '$1 == name { printf "%d MB", $2 / 1024 }' "/proc/$daemon/status"
}

# question KEY: how long the daemon takes to answer it, from connecting to the last row.
question()
{
	python3 - "$dir/inventory.sock" "$1" <<-'END'
		import socket, sys, time
		times = []
		for _ in range(200):
		    begin = time.monotonic()
		    control = socket.socket(socket.AF_UNIX)
		    control.connect(sys.argv[1])
		    control.sendall(("device %s\n" % sys.argv[2]).encode())
		    answer = b""
		    while part := control.recv(65536):
		        answer += part
		    times.append((time.monotonic() - begin) * 1000)
		    assert answer.startswith(b"ok\n") and answer.count(b"\n") > 2, answer
		times.sort()
		print("device %s: p50 %.2f ms, p99 %.2f ms, at most %.2f ms" % (sys.argv[2], times[100], times[198], times[-1]))
	END
}

fill()
{
	python3 - "$dir/inventory.db" <<-'END'
		import sqlite3, sys, time
		count, now = 200000, int(time.time() * 1000)
		db = sqlite3.connect(sys.argv[1])
		db.execute("pragma synchronous = off")
		numbers = range(1, count + 1)
		address = lambda i: "10.%d.%d.%d" % (i >> 16 & 255, i >> 8 & 255, i & 255)
		mac = lambda i: "00:11:22:%02x:%02x:%02x" % (i >> 16 & 255, i >> 8 & 255, i & 255)
		db.execute("insert into hello_hashes values (1, x'00', zeroblob(578), ?)", (count,))
		db.executemany("insert into hello_device (id, uuid, place, address, hello, first_ms, last_ms, count,"
		               " mac, name) values (?, ?, '', ?, ?, ?, ?, 1, ?, ?)",
		               ((i, "%08x-1111-2222-3333-444444444444" % i, address(i), i, now, now, mac(i),
		                 "pc%d.corp.example" % i) for i in numbers))
		db.executemany("insert into hello (id, device, time_ms, last_ms, address, version, retry, hash_count,"
		               " length, sha256, head, hashes, tail)"
		               " values (?, ?, ?, ?, ?, 3, 0, 17, 603, zeroblob(32), zeroblob(25), 1, x'')",
		               ((i, i, now, now, address(i)) for i in numbers))
		db.executemany("insert into hello_delivery values (?, 'core', ?, ?, null)",
		               ((i, "delivered" if i % 2 else "waiting", now) for i in numbers))
		db.commit()
	END
}

printf '\n200,000 devices, 100,000 of them waiting\n'
start >/dev/null
stop
fill
printf 'ready after '; start
printf 'memory %s\n' "$(memory VmRSS)"
keys=(0001e240-1111-2222-3333-444444444444 00:11:22:01:e2:40 10.1.226.64 pc123456.corp.example)
for key in "${keys[@]}"; do question "$key"; done
from=${EPOCHREALTIME/./}
for _ in {1..100}; do ask device 0001e240-1111-2222-3333-444444444444 >/dev/null; done
echo "$(((${EPOCHREALTIME/./} - from) / 100)) us: the same by amtnetctl, with its own start"
ask --csv devices | wc -l | sed 's/$/ lines: devices --csv/'
printf 'memory at most %s\n' "$(memory VmHWM)"
echo 'the core is there, 2,000 hellos/s come in besides:'
"$dir/hello_load" -t 127.0.0.1:9920 -l 127.0.0.1:9921 -r 2000 -d 6 -g 60 >"$dir/inventory.load" &
load=$!
sleep 1 # the core was found and is being fed
for key in "${keys[@]}"; do question "$key"; done
wait "$load"
cat "$dir/inventory.load"
stop
