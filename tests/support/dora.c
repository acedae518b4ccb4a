/* SPDX-License-Identifier: ISC */
/*
 * dora: many DHCPv4 clients behind one relay address, for tests and benchmarks. Each client has its
 * own MAC, sends option 81 (S and E, a full name) and no client-id, and goes through DISCOVER,
 * OFFER, REQUEST, ACK. Prints "NAME ADDRESS MAC" for each lease as it is got and a summary to
 * standard error. With -r it reads such lines from standard input and releases those leases
 * instead. With -v it reads variants (variant.h) from standard input, is a client for each, and prints
 * of each packet "NAME sent|offer|ack|nak ADDRESS MAC OPTION-81 OPTION-12", tabs between.
 */
#include "dhcp_packet.h"
#include "relay_socket.h"
#include "variant.h"

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

#define CLIENTS_MAX 1000000
#define LINE_MAX_BYTES 4096
#define RETRY_MS 1000

enum state {
	IDLE,
	DISCOVERING,
	REQUESTING,
	BOUND,
};

struct client {
	struct dhcp_packet packet; /* what it is and what it says next */
	enum state state;
	uint64_t sent_ms;
};

struct run {
	int fd;
	struct client *clients;
	struct client **flying; /* `window` of them, NULL where one may start */
	bool tells;             /* of each answer, instead of each lease */
	unsigned count;
	unsigned started;
	unsigned ended;
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
	unsigned seed;
	bool release;
	bool variants;
};

static const char usage[] =
	"usage: dora -g RELAY-ADDRESS -s SERVER-ADDRESS [-n CLIENTS] [-w IN-FLIGHT] [-p PACE-MS]\n"
	"            [-t SECONDS] [-d SUFFIX] [-S SEED] [-r < LEASES | -v < VARIANTS]\n";

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
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
	for (unsigned i = 0; i < run->window && run->started < run->count; i++) {
		if (run->flying[i])
			continue;
		if (now < run->next_ms)
			return;
		struct client *client = &run->clients[run->started++];

		client->state = DISCOVERING;
		client->packet.type = DHCP_DISCOVER;
		run->flying[i] = client;
		run->next_ms = now + run->pace_ms;
		say(run, client, now);
	}
}

static void repeat(struct run *run, uint64_t now)
{
	for (unsigned i = 0; i < run->window; i++) {
		struct client *client = run->flying[i];

		if (client && now - client->sent_ms >= RETRY_MS)
			say(run, client, now);
	}
}

static void end(struct run *run, struct client *client)
{
	client->state = BOUND;
	run->ended++;
	for (unsigned i = 0; i < run->window; i++) {
		if (run->flying[i] == client)
			run->flying[i] = NULL;
	}
	if (!run->tells)
		dhcp_packet_print(&client->packet, stdout);
}

/* Option 81 or 12 of a packet, in a table's column. */
static void print_column(const struct dhcp_text *text,
			 const char *(*print)(char ret[VARIANT_TEXT], const uint8_t *, size_t))
{
	char buffer[VARIANT_TEXT];

	printf("\t%s", text->pieces > 0 ? print(buffer, text->bytes, text->length) : "-");
	if (text->pieces > 1)
		printf(" in %u pieces", text->pieces);
}

static void print_line(const struct client *client, const char *what, struct in_addr address,
		       const struct dhcp_names *names)
{
	char text[INET_ADDRSTRLEN];
	const uint8_t *mac = client->packet.mac;

	inet_ntop(AF_INET, &address, text, sizeof(text));
	printf("%s\t%s\t%s\t%02x:%02x:%02x:%02x:%02x:%02x", client->packet.name, what, text, mac[0],
	       mac[1], mac[2], mac[3], mac[4], mac[5]);
	print_column(&names->fqdn, variant_print_fqdn);
	print_column(&names->host_name, variant_print_text);
	printf("\n");
}

static void print_variant(const struct client *client)
{
	struct dhcp_names names;

	dhcp_options_names(&names, client->packet.options, client->packet.options_length);
	print_line(client, "sent", (struct in_addr){0}, &names);
}

static void print_answer(const struct client *client, const struct dhcp_packet *answer,
			 const uint8_t *bytes, size_t length)
{
	struct dhcp_names names;

	dhcp_packet_names(&names, bytes, length);
	print_line(client,
		   answer->type == DHCP_OFFER ? "offer"
		   : answer->type == DHCP_ACK ? "ack"
					      : "nak",
		   answer->address, &names);
}

/* True when the answer was waited for. */
static bool take(struct run *run, struct client *client, const struct dhcp_packet *answer,
		 uint64_t now)
{
	if (client->state == DISCOVERING && answer->type == DHCP_OFFER) {
		client->packet.type = DHCP_REQUEST;
		client->packet.address = answer->address;
		client->packet.server = answer->server;
		client->state = REQUESTING;
		say(run, client, now);
		return true;
	}
	if (client->state == REQUESTING && answer->type == DHCP_ACK) {
		end(run, client);
		return true;
	}
	if (client->state == REQUESTING && answer->type == DHCP_NAK) {
		/* Somebody else has it: from the beginning, RFC 2131 3.1.5. */
		client->packet.type = DHCP_DISCOVER;
		client->state = DISCOVERING;
		say(run, client, now);
		return true;
	}
	return false;
}

static void receive(struct run *run, uint64_t now)
{
	uint8_t bytes[DHCP_PACKET_MAX];
	struct dhcp_packet answer;
	ssize_t length;

	while ((length = recv(run->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		if (dhcp_packet_decode(&answer, bytes, (size_t)length) < 0 ||
		    answer.xid >= run->count)
			continue;
		struct client *client = &run->clients[answer.xid];

		if (take(run, client, &answer, now) && run->tells)
			print_answer(client, &answer, bytes, (size_t)length);
	}
	fflush(stdout);
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
	fprintf(stderr, "dora: done=%u failed=%u ms=%llu\n", run->ended, run->count - run->ended,
		(unsigned long long)(now - began));
	return run->ended < run->count ? 1 : 0;
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

/* The clients of -v; their number, 0 after saying why there are none. */
static unsigned read_variants(const struct arguments *arguments, struct client **ret)
{
	struct client *clients = NULL;
	struct variant *variant;
	char line[LINE_MAX_BYTES];
	unsigned count = 0;

	while (fgets(line, sizeof(line), stdin)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		clients = realloc(clients, (count + 1) * sizeof(*clients));
		variant = malloc(sizeof(*variant));
		if (!clients || !variant || variant_parse(variant, line) < 0) {
			fprintf(stderr, "dora: not \"NAME CODE=VALUE...\": %s", line);
			return 0;
		}
		clients[count] = (struct client){0};
		dhcp_packet_init(&clients[count].packet, arguments->relay, count, "");
		memcpy(clients[count].packet.name, variant->name, sizeof(variant->name));
		clients[count].packet.options = variant->options;
		clients[count].packet.options_length = variant->length;
		print_variant(&clients[count++]);
	}
	*ret = clients;
	return count;
}

/* `seed` gives clients other MACs and names, the same for the same seed. */
static struct client *make_clients(const struct arguments *arguments)
{
	struct client *clients = calloc(arguments->count, sizeof(*clients));

	for (unsigned i = 0; clients && i < arguments->count; i++) {
		struct dhcp_packet *packet = &clients[i].packet;

		dhcp_packet_init(packet, arguments->relay, i ^ arguments->seed, arguments->suffix);
		packet->xid = i;
	}
	return clients;
}

static bool take_option(int option, struct arguments *ret)
{
	unsigned number = optarg ? (unsigned)strtoul(optarg, NULL, 10) : 0;

	switch (option) {
	case 'g':
		ret->relay = optarg;
		return true;
	case 's':
		ret->server = optarg;
		return true;
	case 'd':
		ret->suffix = optarg;
		return true;
	case 'n':
		ret->count = number;
		return true;
	case 'w':
		ret->window = number;
		return true;
	case 'p':
		ret->pace_ms = number;
		return true;
	case 't':
		ret->limit_s = number;
		return true;
	case 'S':
		ret->seed = number;
		return true;
	case 'r':
		ret->release = true;
		return true;
	case 'v':
		ret->variants = true;
		return true;
	default:
		return false;
	}
}

static bool parse(int argc, char **argv, struct arguments *ret)
{
	for (int option; (option = getopt(argc, argv, "g:s:n:w:p:t:d:S:rv")) != -1;) {
		if (!take_option(option, ret))
			return false;
	}
	return ret->relay && ret->server && optind == argc && ret->window > 0 && ret->count > 0 &&
	       ret->count <= CLIENTS_MAX;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {
		.suffix = "corp.example", .count = 1, .window = 32, .limit_s = 30};
	struct run run = {0};

	if (!parse(argc, argv, &arguments)) {
		fputs(usage, stderr);
		return 2;
	}
	if (arguments.variants)
		arguments.count = read_variants(&arguments, &run.clients);
	else if (!arguments.release)
		run.clients = make_clients(&arguments);
	run.fd = relay_socket_open(arguments.relay, arguments.server);
	run.flying = calloc(arguments.window, sizeof(*run.flying));
	run.tells = arguments.variants;
	run.count = arguments.count;
	run.window = arguments.window;
	run.pace_ms = arguments.pace_ms;
	run.deadline_ms = now_ms() + (uint64_t)arguments.limit_s * 1000;
	if (run.fd < 0 || !run.flying || (!run.clients && !arguments.release))
		return 1;
	return arguments.release ? release(&run, &arguments) : lease(&run);
}
