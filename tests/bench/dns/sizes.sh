#!/bin/bash
# SPDX-License-Identifier: ISC
#
# sizes.sh [SERVER [COUNT...]]: what one registration costs amtnetd when there are many: CPU time and the
# most memory at each number of names, over two zones, then the largest number once more over 50 forward
# zones. Each number has a fresh name server and an empty database. The first number is one, which shows
# what does not depend on it: the connections, and being asked how far it is. See README.md.

set -euo pipefail
# shellcheck source=tests/bench/dns/servers.sh
. "$(dirname "$0")/servers.sh"

bench_begin "$@"
readonly server=${1:-knot}
counts=(1 1000 10000 100000 200000)
(($# < 2)) || counts=("${@:2}")

# one_size COUNT ZONES: one line of the table.
one_size()
{
	local count=$1 zones=$2 begin cpu

	bench_server "$server"
	bench_amtnetd
	cpu=$(bench_cpu_us amtnetd)
	begin=$(bench_now_ms)
	"$BENCH_FEED/feed_leases" "$BENCH_DIR/lease.sock" "$BENCH_ZONE" "$zones" 1 "$count" 0 \
		>>"$BENCH_DIR/feed.log"
	bench_wait 1200 'amtnetd does not come to an end' bench_present $((count * 2))
	cpu=$(($(bench_cpu_us amtnetd) - cpu))
	echo "| $count | $zones | $(($(bench_now_ms) - begin)) | $((cpu / 1000)) | $((cpu / count)) |" \
		"$(bench_peak_kib amtnetd) | $(bench_registered) |"
	bench_stop amtnetd
	bench_stop server
}

echo "| names ($server) | forward zones | ms | CPU ms | CPU µs per name | peak KiB | registered |"
echo '|---|---|---|---|---|---|---|'
for count in "${counts[@]}"; do
	one_size "$count" 1
done
BENCH_ZONES=("$BENCH_REVERSE")
for ((zone = 0; zone < 50; zone++)); do
	BENCH_ZONES+=("$(printf 'z%02d.%s' "$zone" "$BENCH_ZONE")")
done
one_size "${counts[-1]}" 50
