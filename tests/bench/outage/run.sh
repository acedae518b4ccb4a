#!/bin/bash
# SPDX-License-Identifier: ISC
#
# run.sh [SECONDS [RATE [SERVER]]]: RATE leases a second go to amtnetd and the same again to
# kea-dhcp-ddns, both with the same name server, and all the while things go wrong: the name server
# is silent for SECONDS, then it is killed and started again, then both daemons are. Afterwards the zones
# are compared with the leases. See README.md.

set -euo pipefail
# shellcheck source=tests/bench/dns/servers.sh
. "$(dirname "$(readlink -f "$0")")/../dns/servers.sh"

bench_begin "$@"
readonly silence=${1:-60} rate=${2:-200} server=${3:-bind}
readonly calm=5                                # seconds between two misfortunes
readonly count=$((rate * (silence + 4 * calm))) # leases for each daemon
readonly first_amtnetd=1 first_d2=8000001      # numbers of their clients

say()
{
	printf '%4d s  %s\n' "$SECONDS" "$1"
}

# others: records of clients that nobody has given a lease.
others()
{
	bench_axfr "$BENCH_ZONE" | awk -v a="$first_amtnetd" -v b="$first_d2" -v count="$count" '
		$4 == "A" && $1 ~ /^pc/ {
			number = substr($1, 3, index($1, ".") - 3) + 0
			if (!((number >= a && number < a + count) || (number >= b && number < b + count)))
				found++
		}
		END { print found + 0 }'
}

bench_server "$server"
bench_amtnetd
bench_d2
SECONDS=0
say "$count leases for each daemon begin, $rate a second"
"$BENCH_FEED/feed_leases" "$BENCH_DIR/lease.sock" "$BENCH_ZONE" 1 $first_amtnetd "$count" "$rate" \
	>"$BENCH_DIR/feed_leases.log" &
leases=$!
"$BENCH_FEED/feed_ncr" "$BENCH_DIR/d2.sock" "$BENCH_ZONE" $first_d2 "$count" 0 "$rate" \
	>"$BENCH_DIR/feed_ncr.log" &
changes=$!
sleep "$calm"
kill -STOP "${BENCH_PIDS[server]}"
say "the name server ($server) is silent"
sleep "$silence"
kill -CONT "${BENCH_PIDS[server]}"
say 'it answers again'
sleep "$calm"
bench_stop server KILL
bench_run_server "$server"
say 'it was killed and started again'
sleep "$calm"
bench_stop amtnetd KILL
bench_stop d2 KILL
bench_run_amtnetd
bench_d2
say 'amtnetd and kea-dhcp-ddns were killed and started again'
wait "$leases"
say "the last lease for amtnetd is on disk: $(<"$BENCH_DIR/feed_leases.log")"
begin=$(bench_now_ms)
bench_wait 300 'amtnetd does not come to an end' bench_present $((count * 2))
say "amtnetd is done, $(($(bench_now_ms) - begin)) ms after the last lease"
wait "$changes"
say "kea-dhcp-ddns is done"

echo
echo '| daemon | leases | registered | lost |'
echo '|---|---|---|---|'
for daemon in amtnetd kea-dhcp-ddns; do
	first=$first_amtnetd
	[[ $daemon == amtnetd ]] || first=$first_d2
	found=$(bench_registered "$first" "$count")
	echo "| $daemon | $count | $found | $((count - found)) |"
done
echo
echo "records of nobody's: $(others)"
