/* SPDX-License-Identifier: ISC */
/*
 * feed_ncr: plays kea-dhcp4 for a benchmark of kea-dhcp-ddns 2.2: sends name change requests "add" for
 * COUNT clients from number FIRST on to 127.0.0.1:53001, at most OUTSTANDING unfinished ones (0 = no
 * limit) and RATE a second (0 = as fast as that allows). What is finished is asked of its control socket.
 *
 *   feed_ncr CONTROL-SOCKET ZONE FIRST COUNT OUTSTANDING RATE
 *
 * Prints one line: "sent COUNT in SECONDS s, finished FINISHED": finished as its statistics say when all
 * are, or when nothing was finished for ten seconds.
 */
#include "common/clock.h"
#include "common/text.h"
#include "dns/record.h"
#include "tests/bench/dns/client.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PORT 53001
#define LEASE_S 3600
#define POLL_MS 5
#define PATIENCE_MS 10000

struct feed {
	const char *control, *zone;
	unsigned first, count, outstanding, rate;
	unsigned sent, finished;
	unsigned base; /* what it had finished before */
	uint64_t began_ms;
	int fd;
};

static size_t put_request(const struct feed *feed, unsigned number, char *ret, size_t size)
{
	struct client client = client_of(feed->first + number, feed->zone, 1);
	uint8_t identity[1 + MAC_MAX] = {client.mac.type};
	char address[ADDR_TEXT], dhcid[2 * RECORD_DHCID_BYTES + 1], expires[24];
	struct record record;
	time_t end = time(NULL) + LEASE_S;
	struct tm tm;

	memcpy(identity + 1, client.mac.bytes, client.mac.length);
	record_dhcid(RECORD_DHCID_HTYPE, identity, 1u + client.mac.length, &client.name, 0,
		     &record);
	text_hex(dhcid, sizeof(dhcid), record.rdata, record.length);
	strftime(expires, sizeof(expires), "%Y%m%d%H%M%S", gmtime_r(&end, &tm));
	return (size_t)snprintf(
		ret, size,
		"{\"change-type\":0,\"forward-change\":true,\"reverse-change\":true,"
		"\"fqdn\":\"%s.\",\"ip-address\":\"%s\",\"dhcid\":\"%s\","
		"\"lease-expires-on\":\"%s\",\"lease-length\":%d,\"use-conflict-resolution\":true}",
		client.name.text, addr_print(client.address, address), dhcid, expires, LEASE_S);
}

static void send_request(const struct feed *feed, unsigned number)
{
	const struct sockaddr_in to = {.sin_family = AF_INET,
				       .sin_port = htons(PORT),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	uint8_t bytes[1024];
	size_t length = put_request(feed, number, (char *)bytes + 2, sizeof(bytes) - 2);

	bytes[0] = (uint8_t)(length >> 8);
	bytes[1] = (uint8_t)length;
	sendto(feed->fd, bytes, 2 + length, 0, (const struct sockaddr *)&to, sizeof(to));
}

/* The number in `"NAME": [ [ NUMBER,` of all statistics; 0 where it is not. */
static unsigned statistic(const char *all, const char *name)
{
	const char *at = strstr(all, name);

	at = at ? strchr(at, '[') : NULL;
	at = at ? strpbrk(at, "0123456789") : NULL;
	return at ? (unsigned)strtoul(at, NULL, 10) : 0;
}

static void ask(const char *path, char *ret, size_t size)
{
	static const char command[] = "{\"command\":\"statistic-get-all\"}";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t length = 0;
	ssize_t got;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    write(fd, command, strlen(command)) > 0) {
		while (length + 1 < size && (got = read(fd, ret + length, size - 1 - length)) > 0)
			length += (size_t)got;
	}
	ret[length] = '\0';
	close(fd);
}

/* An add is two updates that succeed, or one that fails. */
static unsigned finished(const struct feed *feed)
{
	char all[16384];

	ask(feed->control, all, sizeof(all));
	return statistic(all, "\"update-success\"") / 2 + statistic(all, "\"update-error\"");
}

static unsigned due(const struct feed *feed)
{
	uint64_t due = (clock_mono_ms() - feed->began_ms) * feed->rate / 1000;
	unsigned end = feed->rate && due < feed->count ? (unsigned)due : feed->count;

	if (feed->outstanding && end > feed->finished + feed->outstanding)
		end = feed->finished + feed->outstanding;
	return end;
}

static void run(struct feed *feed)
{
	uint64_t progress_ms = clock_mono_ms();

	while (feed->finished < feed->count) {
		unsigned end = due(feed), now = finished(feed) - feed->base;

		if (now > feed->finished || feed->sent < end)
			progress_ms = clock_mono_ms();
		else if (clock_mono_ms() > progress_ms + PATIENCE_MS)
			return;
		feed->finished = now;
		while (feed->sent < end)
			send_request(feed, feed->sent++);
		poll(NULL, 0, POLL_MS);
	}
}

int main(int argc, char **argv)
{
	struct feed feed = {.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};

	if (argc != 7) {
		fprintf(stderr, "usage: feed_ncr SOCKET ZONE FIRST COUNT OUTSTANDING RATE\n");
		return 2;
	}
	feed.control = argv[1];
	feed.zone = argv[2];
	feed.first = client_number(argv[3], 0xffffff);
	feed.count = client_number(argv[4], 0xffffff);
	feed.outstanding = client_number(argv[5], 0xffffff);
	feed.rate = client_number(argv[6], 1000000);
	feed.base = finished(&feed);
	feed.began_ms = clock_mono_ms();
	run(&feed);
	printf("sent %u in %.3f s, finished %u\n", feed.sent,
	       (double)(clock_mono_ms() - feed.began_ms) / 1000, feed.finished);
	return 0;
}
