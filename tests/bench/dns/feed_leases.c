/* SPDX-License-Identifier: ISC */
/*
 * feed_leases: plays the Kea hook for a benchmark: says "committed" for COUNT clients from number FIRST
 * on over amtnetd's lease socket, RATE a second (0 = as fast as it is taken), and waits until the last
 * one is acknowledged. When the daemon goes away it connects again and repeats what was not
 * acknowledged, as the hook does.
 *
 *   feed_leases SOCKET ZONE ZONES FIRST COUNT RATE
 *
 * Prints one line: "acknowledged COUNT in SECONDS s, connections N".
 */
#include "common/clock.h"
#include "tests/bench/dns/client.h"
#include "tests/support/lease_hook.h"

#include <poll.h>
#include <stdio.h>

#define LIFETIME_S 3600
#define BURST 256 /* records between two looks at the answers */
#define RETRY_MS 50

struct feed {
	struct lease_hook hook;
	const char *zone;
	unsigned zones, first, count, rate;
	uint64_t began_ms;
};

static bool say_committed(struct feed *feed)
{
	struct client client = client_of(feed->first + feed->hook.sent, feed->zone, feed->zones);
	const struct lease_event event = {
		.change = LEASE_COMMITTED,
		.flags = LEASE_FLAG_ME | LEASE_FLAG_FORWARD | LEASE_FLAG_REVERSE,
		.address = client.address,
		.mac = client.mac,
		.name = client.name,
		.class_name = "intel-me",
		.lifetime_s = LIFETIME_S,
	};

	return lease_hook_say(&feed->hook, &event);
}

/* How many may be sent by now. */
static unsigned due(const struct feed *feed)
{
	uint64_t passed_ms = clock_mono_ms() - feed->began_ms;
	uint64_t due = passed_ms * feed->rate / 1000;

	return feed->rate && due < feed->count ? (unsigned)due : feed->count;
}

/* False when the daemon takes no more at the moment. */
static bool send_burst(struct feed *feed)
{
	unsigned end = due(feed);

	for (int i = 0; i < BURST && feed->hook.sent < end; i++) {
		if (!say_committed(feed))
			return false;
	}
	return true;
}

static void run(struct feed *feed)
{
	struct lease_hook *hook = &feed->hook;

	while (hook->acknowledged < feed->count) {
		bool room;

		if (hook->fd < 0 && !lease_hook_connect(hook)) {
			poll(NULL, 0, RETRY_MS);
			continue;
		}
		room = send_burst(feed);
		lease_hook_wait(hook, room && hook->sent < due(feed) ? 0 : 5, !room);
	}
}

int main(int argc, char **argv)
{
	struct feed feed = {0};

	if (argc != 7) {
		fprintf(stderr, "usage: feed_leases SOCKET ZONE ZONES FIRST COUNT RATE\n");
		return 2;
	}
	lease_hook_init(&feed.hook, argv[1]);
	feed.zone = argv[2];
	feed.zones = client_number(argv[3], 100);
	feed.first = client_number(argv[4], 0xffffff);
	feed.count = client_number(argv[5], 0xffffff);
	feed.rate = client_number(argv[6], 1000000);
	feed.began_ms = clock_mono_ms();
	run(&feed);
	printf("acknowledged %u in %.3f s, connections %u\n", feed.count,
	       (double)(clock_mono_ms() - feed.began_ms) / 1000, feed.hook.connections);
	return 0;
}
