/* SPDX-License-Identifier: ISC */
/*
 * hello_load: PCs and a provisioning core in one process, to measure what stands between them.
 *
 *   hello_load -t ADDR:PORT -l ADDR:PORT [-s BASE] [-n SOURCES] [-r RATE | -o OPEN | -i IDLE]
 *              [-m MOST] [-d SECONDS] [-g GRACE] [-k FROM-TO] [-a | -w]
 *
 * Sends hellos of real size (17 hashes, 603 bytes), each with a UUID of its own and the send time in
 * it, from SOURCES addresses counted up from BASE, to -t: RATE per second, or as many as go with
 * OPEN connections at a time, and no more than MOST. The core on -l counts each hello that came
 * whole and exact once, and the time since it was sent; -a: behind a PROXY header; -w: in the JSON
 * of a webhook, which it answers with 200. -k closes the core's port between two seconds of the
 * run. -g: how long after the end arrivals are waited for. -i opens IDLE connections, says so, and
 * holds them until it is ended. Prints one line of "name value" pairs, among them load-us: its own
 * CPU per hello. Traffic goes nowhere but to
 * the two addresses.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HASHES 17
#define HELLO_BYTES (25 + HASHES * 34)
#define REQUEST_MAX 16384 /* a hello with what a relay puts around it */
#define MOST 2000000u
#define EVENTS 512
#define SLOTS 65536

enum role { FREE, SENDER, PEER };

struct slot {
	enum role role;
	uint32_t length;
	uint8_t bytes[REQUEST_MAX];
};

static struct {
	struct sockaddr_in to, listen;
	uint32_t base, sources;
	double rate, seconds, grace, down_from, down_to;
	unsigned open, idle;
	uint32_t most;
	bool proxy, web;
} options = {
	.sources = 1000,
	.seconds = 5,
	.grace = 3,
	.open = 64,
	.base = 0x7f010001,
	.most = MOST,
};

static int poller, core_fd = -1;
static struct slot *slots[SLOTS];
static uint8_t template[HELLO_BYTES], *seen; /* seen: by number */
static uint64_t *sent_ns;                    /* by number */
static uint32_t *late_us;                    /* of those that arrived, in order of arrival */
static uint32_t salt, started, failed, arrived, twice, bad, busy;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static struct sockaddr_in parse(const char *text)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	char host[64];
	unsigned port;

	if (sscanf(text, "%63[0-9.]:%u", host, &port) != 2 ||
	    inet_pton(AF_INET, host, &at.sin_addr) != 1) {
		fprintf(stderr, "hello_load: %s: right is ADDRESS:PORT\n", text);
		exit(2);
	}
	at.sin_port = htons((uint16_t)port);
	return at;
}

static void watch(int fd, uint32_t what, int operation)
{
	struct epoll_event event = {.events = what, .data.fd = fd};

	if (epoll_ctl(poller, operation, fd, &event) < 0)
		die("epoll_ctl");
}

static struct slot *take_slot(int fd, enum role role)
{
	if (fd >= SLOTS)
		die("too many descriptors");
	if (!slots[fd])
		slots[fd] = malloc(sizeof(struct slot));
	slots[fd]->role = role;
	slots[fd]->length = 0;
	return slots[fd];
}

static void drop(int fd)
{
	slots[fd]->role = FREE;
	close(fd);
}

/* The PCs. */

static void make_template(void)
{
	template[0] = 1;
	template[2] = 3;
	template[24] = HASHES;
	for (unsigned i = 0; i < HASHES; i++) {
		uint8_t *hash = template + 25 + (size_t)i * 34;

		hash[0] = 2;
		hash[1] = 32;
		for (unsigned j = 0; j < 32; j++)
			hash[2 + j] = (uint8_t)(i * 37 + j * 11 + 5);
	}
}

/* False with errno where the hello cannot be said, which is EAGAIN before the connection stands. */
static bool speak(int fd)
{
	if (send(fd, slots[fd]->bytes, HELLO_BYTES, MSG_NOSIGNAL) != HELLO_BYTES)
		return false;
	shutdown(fd, SHUT_WR);
	slots[fd]->length = HELLO_BYTES;
	return true;
}

static void say_hello(void)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(options.base + started % options.sources)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const int one = 1;
	struct slot *slot;

	if (fd < 0)
		die("socket");
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		die("bind");
	slot = take_slot(fd, SENDER);
	memcpy(slot->bytes, template, HELLO_BYTES);
	memcpy(slot->bytes + 8, &started, sizeof(started));
	memcpy(slot->bytes + 12, &salt, sizeof(salt));
	sent_ns[started++] = now_ns();
	busy++;
	if (connect(fd, (struct sockaddr *)&options.to, sizeof(options.to)) < 0 &&
	    errno != EINPROGRESS) {
		failed++;
		busy--;
		drop(fd);
		return;
	}
	/* On loopback the connection mostly stands by now. */
	watch(fd, speak(fd) || errno != EAGAIN ? EPOLLIN : EPOLLOUT, EPOLL_CTL_ADD);
}

static void on_sender(int fd, uint32_t what)
{
	char byte[256];

	if (slots[fd]->length == 0 && !(what & (EPOLLERR | EPOLLHUP))) {
		if (speak(fd)) {
			watch(fd, EPOLLIN, EPOLL_CTL_MOD);
			return;
		}
		what |= EPOLLERR;
	}
	if (!(what & (EPOLLERR | EPOLLHUP)) && recv(fd, byte, sizeof(byte), 0) > 0)
		return;
	failed += (what & EPOLLERR) != 0;
	busy--;
	drop(fd);
}

/* The core. */

static void open_core(void)
{
	const int one = 1;

	core_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(core_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(core_fd, (struct sockaddr *)&options.listen, sizeof(options.listen)) < 0 ||
	    listen(core_fd, 65535) < 0)
		die("core");
	watch(core_fd, EPOLLIN, EPOLL_CTL_ADD);
}

/* Where the hello begins behind a PROXY header. */
static size_t header_of(const struct slot *slot)
{
	const uint8_t *end;

	if (!options.proxy || slot->length < 16)
		return 0;
	if (slot->bytes[0] == '\r')
		return 16 + (size_t)slot->bytes[14] * 256 + slot->bytes[15];
	end = memchr(slot->bytes, '\n', slot->length);
	return end ? (size_t)(end - slot->bytes) + 1 : 0;
}

static void judge(const uint8_t *bytes, size_t length)
{
	uint32_t number;

	if (length != HELLO_BYTES) {
		bad += length > 0;
		return;
	}
	memcpy(&number, bytes + 8, sizeof(number));
	if (memcmp(bytes + 12, &salt, sizeof(salt)) != 0)
		return; /* of an earlier run */
	if (number >= started || memcmp(bytes + 24, template + 24, HELLO_BYTES - 24) != 0) {
		bad++;
	} else if (seen[number]) {
		twice++;
	} else {
		seen[number] = 1;
		late_us[arrived++] = (uint32_t)((now_ns() - sent_ns[number]) / 1000);
	}
}

static int sextet(char letter)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = letter ? strchr(letters, letter) : NULL;

	return at ? (int)(at - letters) : -1;
}

/* The hello in the member "bytes" of a JSON text; its length, HELLO_BYTES + 1 for anything longer. */
static size_t decode_base64(const char *text, uint8_t ret[HELLO_BYTES + 1])
{
	unsigned bits = 0, count = 0;
	size_t length = 0;

	for (; sextet(*text) >= 0 && length <= HELLO_BYTES; text++) {
		bits = bits << 6 | (unsigned)sextet(*text);
		count += 6;
		if (count >= 8) {
			count -= 8;
			ret[length++] = (uint8_t)(bits >> count);
		}
	}
	return length;
}

/* One request at a time on a connection that stays. */
static void on_request(int fd)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	struct slot *slot = slots[fd];
	char *text = (char *)slot->bytes, *body, *length, *member;
	uint8_t hello[HELLO_BYTES + 1];

	slot->bytes[slot->length] = '\0';
	body = strstr(text, "\r\n\r\n");
	length = strcasestr(text, "\r\nContent-Length:");
	if (!body || !length || strlen(body + 4) < strtoul(length + 17, NULL, 10))
		return;
	member = strstr(body, "\"bytes\":\"");
	judge(hello, member ? decode_base64(member + 9, hello) : HELLO_BYTES + 1);
	slot->length = 0;
	if (send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) < 0)
		bad++;
}

/* True while more may come. */
static bool on_peer(int fd)
{
	struct slot *slot = slots[fd];
	ssize_t count;

	while ((count = recv(fd, slot->bytes + slot->length, sizeof(slot->bytes) - 1 - slot->length,
			     0)) > 0)
		slot->length += (uint32_t)count;
	if (count < 0 && errno == EAGAIN) {
		if (options.web)
			on_request(fd);
		return true;
	}
	if (!options.web)
		judge(slot->bytes + header_of(slot), slot->length - header_of(slot));
	drop(fd);
	return false;
}

static void on_core(void)
{
	int fd;

	while ((fd = accept4(core_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		take_slot(fd, PEER);
		if (on_peer(fd))
			watch(fd, EPOLLIN, EPOLL_CTL_ADD);
	}
}

/* The connections of a webhook stay; a core that is away has none. */
static void close_core(void)
{
	close(core_fd);
	core_fd = -1;
	for (int fd = 0; options.web && fd < SLOTS; fd++)
		if (slots[fd] && slots[fd]->role == PEER)
			drop(fd);
}

static void play_outage(double at)
{
	bool down = options.down_to > 0 && at >= options.down_from && at < options.down_to;

	if (down && core_fd >= 0)
		close_core();
	else if (!down && core_fd < 0)
		open_core();
}

static void poll_once(int wait_ms)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(poller, events, EVENTS, wait_ms);

	for (int i = 0; i < count; i++) {
		int fd = events[i].data.fd;

		if (fd == core_fd)
			on_core();
		else if (slots[fd] && slots[fd]->role == SENDER)
			on_sender(fd, events[i].events);
		else if (slots[fd] && slots[fd]->role == PEER)
			on_peer(fd);
	}
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static double percentile(double part)
{
	return arrived ? late_us[(size_t)((arrived - 1) * part)] / 1000.0 : 0;
}

/* What PCs and core cost per hello. */
static double own_us(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return ((double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec)) /
	       (arrived + 1);
}

static void run(void)
{
	uint64_t begin = now_ns(), last = begin;
	uint32_t before = 0;
	double at = 0;

	while ((at < options.seconds && started < options.most) ||
	       (arrived < started && at < options.seconds + options.grace)) {
		at = (double)(now_ns() - begin) / 1e9;
		play_outage(at);
		if (options.rate > 0)
			while (at < options.seconds && started < at * options.rate &&
			       started < options.most)
				say_hello();
		else
			while (at < options.seconds && busy < options.open &&
			       started < options.most)
				say_hello();
		poll_once(1);
		if (arrived != before)
			last = now_ns();
		before = arrived;
	}
	qsort(late_us, arrived, sizeof(*late_us), by_size);
	printf("sent %u arrived %u lost %u twice %u bad %u failed %u seconds %.3f per-second %.0f"
	       " p50-ms %.2f p99-ms %.2f max-ms %.1f load-us %.0f\n",
	       started, arrived, started - arrived, twice, bad, failed,
	       (double)(last - begin) / 1e9, arrived / ((double)(last - begin) / 1e9),
	       percentile(0.5), percentile(0.99), percentile(1), own_us());
}

static void hold_idle(void)
{
	unsigned open = 0;

	for (; open < options.idle; open++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		struct sockaddr_in from = {
			.sin_family = AF_INET,
			.sin_addr.s_addr = htonl(options.base + open % options.sources)};

		if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
		    connect(fd, (struct sockaddr *)&options.to, sizeof(options.to)) < 0)
			break;
		poll_once(0);
	}
	printf("idle %u\n", open);
	fflush(stdout);
	for (;;)
		poll_once(1000);
}

int main(int argc, char **argv)
{
	for (int option; (option = getopt(argc, argv, "t:l:s:n:r:o:i:m:d:g:k:aw")) != -1;)
		switch (option) {
		case 't':
			options.to = parse(optarg);
			break;
		case 'l':
			options.listen = parse(optarg);
			break;
		case 's':
			options.base = ntohl(inet_addr(optarg));
			break;
		case 'n':
			options.sources = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			options.rate = strtod(optarg, NULL);
			break;
		case 'o':
			options.open = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'i':
			options.idle = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'd':
			options.seconds = strtod(optarg, NULL);
			break;
		case 'g':
			options.grace = strtod(optarg, NULL);
			break;
		case 'k':
			if (sscanf(optarg, "%lf-%lf", &options.down_from, &options.down_to) != 2)
				die("-k FROM-TO");
			break;
		case 'm':
			options.most = (uint32_t)strtoul(optarg, NULL, 10);
			if (options.most > MOST)
				options.most = MOST;
			break;
		case 'a':
			options.proxy = true;
			break;
		case 'w':
			options.web = true;
			break;
		default:
			fprintf(stderr, "usage: see the head of hello_load.c\n");
			return 2;
		}
	sent_ns = calloc(MOST, sizeof(*sent_ns));
	late_us = calloc(MOST, sizeof(*late_us));
	seen = calloc(MOST, 1);
	poller = epoll_create1(EPOLL_CLOEXEC);
	salt = (uint32_t)now_ns() | 1;
	make_template();
	open_core();
	if (options.idle > 0)
		hold_idle();
	run();
	return 0;
}
