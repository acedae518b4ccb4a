/* SPDX-License-Identifier: ISC */
/*
 * dora: many DHCPv4 clients behind one relay address, for tests and benchmarks. Each client has its
 * own MAC, sends option 81 (S and E, a full name) and no client-id, and goes through DISCOVER,
 * OFFER, REQUEST, ACK. Prints "NAME ADDRESS MAC" for each lease as it is got and a summary to
 * standard error. With -r it reads such lines from standard input and releases those leases
 * instead.
 *
 * It talks as a relay (giaddr, port 67), so it needs no raw socket, but an address of its own.
 */
#include "dhcp_packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 60000
#define RETRY_MS 1000

enum state {
	IDLE,
	DISCOVERING,
	REQUESTING,
	BOUND,
	REFUSED,
};

struct client {
	struct dhcp_packet packet; /* what it is and what it says next */
	enum state state;
	uint64_t sent_ms;
};

struct run {
	int fd;
	struct client *clients;
	unsigned count;
	unsigned started;
	unsigned ended;
	unsigned failed;
	unsigned window;
	unsigned pace_ms; /* between two DISCOVERs of new clients */
	uint64_t next_ms;
	uint64_t deadline_ms;
};

struct arguments {
	const char *relay;
	const char *server;
	const char *suffix;
	unsigned count;
	unsigned window;
	unsigned pace_ms;
	unsigned limit_s;
	bool release;
};

static const char usage[] =
	"usage: dora -g RELAY-ADDRESS -s SERVER-ADDRESS [-n CLIENTS] [-w IN-FLIGHT] [-p PACE-MS]\n"
	"            [-t SECONDS] [-d SUFFIX] [-r < LEASES]\n";

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int open_socket(const struct arguments *arguments)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = htons(67)};
	struct sockaddr_in to = from;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1, room = 1 << 20;

	if (fd < 0 || inet_pton(AF_INET, arguments->relay, &from.sin_addr) != 1 ||
	    inet_pton(AF_INET, arguments->server, &to.sin_addr) != 1)
		goto fail;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		goto fail;
	return fd;
fail:
	fprintf(stderr, "dora: relay %s, server %s: %s\n", arguments->relay, arguments->server,
		strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static void say(struct run *run, struct client *client, uint64_t now)
{
	uint8_t bytes[DHCP_PACKET_MAX];
	size_t length = dhcp_packet_encode(&client->packet, bytes);

	client->sent_ms = now;
	if (send(run->fd, bytes, length, 0) < 0 && errno != EAGAIN && errno != ECONNREFUSED)
		fprintf(stderr, "dora: send: %s\n", strerror(errno));
}

static void start_clients(struct run *run, uint64_t now)
{
	while (run->started < run->count && run->started - run->ended < run->window &&
	       now >= run->next_ms) {
		struct client *client = &run->clients[run->started++];

		client->state = DISCOVERING;
		client->packet.type = DHCP_DISCOVER;
		run->next_ms = now + run->pace_ms;
		say(run, client, now);
	}
}

static void repeat(struct run *run, uint64_t now)
{
	for (unsigned i = 0; i < run->started; i++) {
		struct client *client = &run->clients[i];

		if ((client->state == DISCOVERING || client->state == REQUESTING) &&
		    now - client->sent_ms >= RETRY_MS)
			say(run, client, now);
	}
}

static void end(struct run *run, struct client *client, enum state state)
{
	client->state = state;
	run->ended++;
	if (state == BOUND) {
		dhcp_packet_print(&client->packet, stdout);
		fflush(stdout);
	} else {
		run->failed++;
	}
}

static void take(struct run *run, const struct dhcp_packet *answer, uint64_t now)
{
	if (answer->xid >= run->count)
		return;
	struct client *client = &run->clients[answer->xid];

	if (client->state == DISCOVERING && answer->type == DHCP_OFFER) {
		client->packet.type = DHCP_REQUEST;
		client->packet.address = answer->address;
		client->packet.server = answer->server;
		client->state = REQUESTING;
		say(run, client, now);
	} else if (client->state == REQUESTING && answer->type == DHCP_ACK) {
		end(run, client, BOUND);
	} else if (client->state == REQUESTING && answer->type == DHCP_NAK) {
		end(run, client, REFUSED);
	}
}

static void receive(struct run *run, uint64_t now)
{
	uint8_t bytes[DHCP_PACKET_MAX];
	struct dhcp_packet answer;
	ssize_t length;

	while ((length = recv(run->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		if (dhcp_packet_decode(&answer, bytes, (size_t)length) == 0)
			take(run, &answer, now);
	}
}

static int lease(struct run *run)
{
	uint64_t began = now_ms(), now = began;

	while (run->ended < run->count && now < run->deadline_ms) {
		struct pollfd ready = {.fd = run->fd, .events = POLLIN};

		start_clients(run, now);
		repeat(run, now);
		poll(&ready, 1, run->pace_ms > 0 && run->pace_ms < 20 ? (int)run->pace_ms : 20);
		now = now_ms();
		receive(run, now);
	}
	run->failed += run->count - run->ended;
	fprintf(stderr, "dora: done=%u failed=%u ms=%llu\n", run->count - run->failed, run->failed,
		(unsigned long long)(now - began));
	return run->failed > 0 ? 1 : 0;
}

static int release(struct run *run, const struct arguments *arguments)
{
	struct client client = {0};
	unsigned count = 0;
	char line[512];

	dhcp_packet_init(&client.packet, arguments->relay, 0, arguments->suffix);
	client.packet.type = DHCP_RELEASE;
	inet_pton(AF_INET, arguments->server, &client.packet.server);
	while (fgets(line, sizeof(line), stdin)) {
		if (dhcp_packet_scan(&client.packet, line) < 0) {
			fprintf(stderr, "dora: not \"NAME ADDRESS MAC\": %s", line);
			return 1;
		}
		client.packet.xid = count++;
		say(run, &client, 0);
		poll(NULL, 0, (int)run->pace_ms);
	}
	fprintf(stderr, "dora: released=%u\n", count);
	return 0;
}

static bool parse(int argc, char **argv, struct arguments *ret)
{
	for (int option; (option = getopt(argc, argv, "g:s:n:w:p:t:d:r")) != -1;) {
		switch (option) {
		case 'g':
			ret->relay = optarg;
			break;
		case 's':
			ret->server = optarg;
			break;
		case 'n':
			ret->count = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'w':
			ret->window = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'p':
			ret->pace_ms = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 't':
			ret->limit_s = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'd':
			ret->suffix = optarg;
			break;
		case 'r':
			ret->release = true;
			break;
		default:
			return false;
		}
	}
	return ret->relay && ret->server && optind == argc && ret->window > 0 && ret->count > 0 &&
	       ret->count <= CLIENTS_MAX;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {
		.suffix = "corp.example", .count = 1, .window = 32, .limit_s = 30};

	if (!parse(argc, argv, &arguments)) {
		fputs(usage, stderr);
		return 2;
	}
	struct run run = {
		.fd = open_socket(&arguments),
		.clients = calloc(arguments.count, sizeof(*run.clients)),
		.count = arguments.count,
		.window = arguments.window,
		.pace_ms = arguments.pace_ms,
		.deadline_ms = now_ms() + (uint64_t)arguments.limit_s * 1000,
	};
	if (run.fd < 0 || !run.clients)
		return 1;
	for (unsigned i = 0; i < run.count; i++)
		dhcp_packet_init(&run.clients[i].packet, arguments.relay, i, arguments.suffix);
	int status = arguments.release ? release(&run, &arguments) : lease(&run);
	free(run.clients);
	close(run.fd);
	return status;
}
