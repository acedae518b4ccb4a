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
#include "common/lease.h"
#include "common/random.h"
#include "tests/bench/dns/client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define LIFETIME_S 3600
#define BURST 256 /* records between two looks at the answers */
#define RETRY_MS 50

struct feed {
	const char *path, *zone;
	unsigned zones, first, count, rate;
	uint64_t boot_id;
	uint64_t began_ms;
	unsigned sent, acknowledged, connections;
	int fd;
};

static bool send_record(const struct feed *feed, const struct lease_record *record)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length = lease_encode(record, bytes, sizeof(bytes));

	return send(feed->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)length;
}

static bool say_hello(const struct feed *feed)
{
	struct lease_record record = {.type = LEASE_HELLO, .boot_id = feed->boot_id};

	record.seq = feed->acknowledged;
	record.time_ms = clock_wall_ms();
	snprintf(record.hello.hook_version, sizeof(record.hello.hook_version), "feed");
	return send_record(feed, &record);
}

static bool say_committed(const struct feed *feed, unsigned number)
{
	struct client client = client_of(feed->first + number, feed->zone, feed->zones);
	struct lease_record record = {.type = LEASE_EVENT, .boot_id = feed->boot_id};

	record.seq = number + 1;
	record.time_ms = clock_wall_ms();
	record.event = (struct lease_event){
		.change = LEASE_COMMITTED,
		.flags = LEASE_FLAG_ME | LEASE_FLAG_FORWARD | LEASE_FLAG_REVERSE,
		.address = client.address,
		.mac = client.mac,
		.name = client.name,
		.class_name = "intel-me",
		.lifetime_s = LIFETIME_S,
	};
	return send_record(feed, &record);
}

static void disconnect(struct feed *feed)
{
	close(feed->fd);
	feed->fd = -1;
	feed->sent = feed->acknowledged;
}

static void reconnect(struct feed *feed)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", feed->path);
	feed->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (feed->fd >= 0 && connect(feed->fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    say_hello(feed)) {
		feed->connections++;
		return;
	}
	disconnect(feed);
	poll(NULL, 0, RETRY_MS);
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

	for (int i = 0; i < BURST && feed->sent < end; i++) {
		if (!say_committed(feed, feed->sent))
			return false;
		feed->sent++;
	}
	return true;
}

static void read_answers(struct feed *feed)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	struct lease_record record;
	struct err err = {0};
	ssize_t got;

	while ((got = recv(feed->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		if (lease_decode(bytes, (size_t)got, &record, &err) < 0)
			continue;
		if (record.type == LEASE_REFUSED) {
			fprintf(stderr, "refused: %s\n", record.refused);
			exit(1);
		}
		if (record.type == LEASE_ACK)
			feed->acknowledged = (unsigned)record.seq;
	}
	if (got == 0 || (errno != EAGAIN && errno != EINTR))
		disconnect(feed);
}

static void run(struct feed *feed)
{
	while (feed->acknowledged < feed->count) {
		struct pollfd poll_fd = {.events = POLLIN};
		bool room;

		if (feed->fd < 0) {
			reconnect(feed);
			continue;
		}
		room = send_burst(feed);
		poll_fd.fd = feed->fd;
		if (!room)
			poll_fd.events |= POLLOUT;
		poll(&poll_fd, 1, room && feed->sent < due(feed) ? 0 : 5);
		read_answers(feed);
	}
}

int main(int argc, char **argv)
{
	struct feed feed = {.fd = -1, .boot_id = random_u64()};

	if (argc != 7) {
		fprintf(stderr, "usage: feed_leases SOCKET ZONE ZONES FIRST COUNT RATE\n");
		return 2;
	}
	feed.path = argv[1];
	feed.zone = argv[2];
	feed.zones = client_number(argv[3], 100);
	feed.first = client_number(argv[4], 0xffffff);
	feed.count = client_number(argv[5], 0xffffff);
	feed.rate = client_number(argv[6], 1000000);
	feed.began_ms = clock_mono_ms();
	run(&feed);
	printf("acknowledged %u in %.3f s, connections %u\n", feed.count,
	       (double)(clock_mono_ms() - feed.began_ms) / 1000, feed.connections);
	return 0;
}
