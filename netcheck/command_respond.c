/* SPDX-License-Identifier: ISC */
#include "netcheck/command.h"

#include "common/hello.h"
#include "netcheck/amt.h"
#include "netcheck/pair_seal.h"
#include "netcheck/pair_serve.h"
#include "netcheck/probe_hello.h"
#include "netcheck/respond.h"
#include "netcheck/respond_ping.h"

#include <errno.h>
#include <event2/event.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ONCE_MOST_S 86400

struct duty {
	struct respond_options options;
	unsigned once_s; /* 0 = until a signal */
	bool wants_hello;
	struct endpoint hello;
	bool pings;
	struct respond_ping *ping;
	bool pairs;
	uint16_t control_port;
	char code[PAIR_CODE_MAX];
	struct pair_serve *serve;
	struct event_base *base;
	struct respond *respond;
	struct probe_hello *probe;
	bool hello_failed;
	struct event *ends[3]; /* SIGINT, SIGTERM, the end of --once */
};

static void on_end(evutil_socket_t number, short what, void *user)
{
	event_base_loopbreak(user);
}

static void on_hello(const struct probe_hello_outcome *outcome, void *user)
{
	struct duty *duty = user;
	char to[ENDPOINT_TEXT];
	const char *words = "";

	duty->probe = NULL;
	duty->hello_failed = outcome->state != PROBE_HELLO_ACCEPTED;
	switch (outcome->state) {
	case PROBE_HELLO_ACCEPTED:
		words = "accepted (closed by the server after the commit)";
		break;
	case PROBE_HELLO_HELD:
		words = "sent, but the server does not close";
		break;
	case PROBE_HELLO_RESET:
		words = "sent, but the connection was reset";
		break;
	case PROBE_HELLO_FAILED:
		words = strerror(outcome->error.error);
		break;
	}
	fprintf(duty->options.out, "test hello to %s: %s\n", endpoint_print(outcome->to, to),
		words);
	fflush(duty->options.out);
}

static void print_start(const struct duty *duty)
{
	char text[ADDR_TEXT];

	fprintf(duty->options.out, "listening on %s, ports",
		duty->options.bind.family ? addr_print(duty->options.bind, text) : "all addresses");
	for (size_t i = 0; i < duty->options.ports.count; i++)
		fprintf(duty->options.out, " %u", duty->options.ports.items[i]);
	fprintf(duty->options.out, "%s; end with Ctrl-C\n", duty->pings ? ", udp/623" : "");
	fflush(duty->options.out);
}

static int print_end(const struct duty *duty)
{
	struct respond_counters counters = respond_counters(duty->respond);
	bool all = counters.ports_seen >= duty->options.ports.count;
	struct respond_ping_counters pings;

	fprintf(duty->options.out,
		"amtnet-check: respond: %" PRIu64 " connections, %" PRIu64 " proven, %" PRIu64
		" refused\n",
		counters.accepted, counters.proven, counters.refused);
	if (duty->pings) {
		pings = respond_ping_counters(duty->ping);
		all &= pings.answered > 0;
		fprintf(duty->options.out,
			"amtnet-check: respond: %" PRIu64 " pings answered, %" PRIu64
			" refused, %" PRIu64 " other packets\n",
			pings.answered, pings.refused, pings.foreign);
	}
	return duty->hello_failed || (duty->once_s && !all) ? 2 : 0;
}

static int add_ends(struct duty *duty)
{
	struct timeval once = {.tv_sec = duty->once_s};
	struct event_base *base = duty->base;

	duty->ends[0] = evsignal_new(base, SIGINT, on_end, base);
	duty->ends[1] = evsignal_new(base, SIGTERM, on_end, base);
	duty->ends[2] = evtimer_new(base, on_end, base);
	for (size_t i = 0; i < 3; i++)
		if (!duty->ends[i])
			return -ENOMEM;
	event_add(duty->ends[0], NULL);
	event_add(duty->ends[1], NULL);
	if (duty->once_s)
		event_add(duty->ends[2], &once);
	return 0;
}

static int start_pings(struct duty *duty)
{
	struct respond_ping_options options = {
		.bind = duty->options.bind, .port = AMT_PING_PORT, .out = duty->options.out};
	struct err err = {0};

	if (duty->pings && respond_ping_new(&duty->ping, duty->base, &options, &err))
		return command_fail("respond", "%s", err.text);
	return 0;
}

/* A code of our own is printed: the person at the other end needs it. */
static int start_pairing(struct duty *duty)
{
	struct pair_serve_options options = {.bind = duty->options.bind,
					     .port = duty->control_port,
					     .code = duty->code,
					     .responder = duty->respond,
					     .ports = duty->options.ports,
					     .out = duty->options.out};
	struct err err = {0};

	if (!duty->pairs)
		return 0;
	if (!duty->code[0]) {
		pair_seal_code(duty->code);
		fprintf(duty->options.out, "pair code: %s\n", duty->code);
	}
	if (pair_serve_new(&duty->serve, duty->base, &options, &err))
		return command_fail("respond", "%s", err.text);
	return 0;
}

static int serve(struct duty *duty)
{
	struct err err = {0};
	int status;

	duty->base = event_base_new();
	if (!duty->base || add_ends(duty))
		return command_fail("respond", "out of memory");
	if (respond_new(&duty->respond, duty->base, &duty->options, &err))
		return command_fail("respond", "%s", err.text);
	status = start_pings(duty);
	if (!status)
		status = start_pairing(duty);
	if (status)
		return status;
	if (duty->wants_hello &&
	    probe_hello_start(&duty->probe, duty->base, duty->hello, PROBE_HELLO_CONNECT_MS,
			      PROBE_HELLO_ACCEPT_MS, on_hello, duty))
		return command_fail("respond", "out of memory");
	print_start(duty);
	event_base_dispatch(duty->base);
	return print_end(duty);
}

static void duty_done(struct duty *duty)
{
	probe_hello_cancel(duty->probe);
	pair_serve_free(duty->serve);
	respond_ping_free(duty->ping);
	respond_free(duty->respond);
	explicit_bzero(duty->code, sizeof(duty->code));
	for (size_t i = 0; i < 3; i++)
		if (duty->ends[i])
			event_free(duty->ends[i]);
	if (duty->base)
		event_base_free(duty->base);
}

static int read_hello(struct duty *duty, const char *text)
{
	struct err err = {0};
	int count;

	duty->wants_hello = true;
	if (!endpoint_parse(text, HELLO_PORT, &duty->hello))
		return 0;
	duty->hello.port = HELLO_PORT;
	count = command_resolve(text, &duty->hello.addr, 1, &err);
	return count > 0 ? 0 : command_fail("respond", "--hello: %s: %s", text, err.text);
}

static int read_once(struct duty *duty, const char *text)
{
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || !seconds || seconds > ONCE_MOST_S)
		return command_fail("respond", "--once takes seconds from 1 to %d", ONCE_MOST_S);
	duty->once_s = (unsigned)seconds;
	return 0;
}

static int read_option(int c, struct duty *duty)
{
	struct err err = {0};

	switch (c) {
	case 'b':
		if (addr_parse(optarg, &duty->options.bind))
			return command_fail("respond", "--bind: \"%s\" is not an address", optarg);
		return 0;
	case 'p':
		if (target_parse_ports(optarg, &duty->options.ports, &err))
			return command_fail("respond", "--ports: %s", err.text);
		return 0;
	case 'o':
		return read_once(duty, optarg);
	case 'H':
		return read_hello(duty, optarg);
	case 'i':
		duty->pings = true;
		return 0;
	case 'P':
		duty->pairs = true;
		return 0;
	case 'c':
		duty->pairs = true;
		return command_read_code("respond", optarg, duty->code, sizeof(duty->code));
	case 't':
		duty->control_port = (uint16_t)command_number(optarg, 65535);
		return duty->control_port
			       ? 0
			       : command_fail("respond", "--control-port takes a number from "
							 "1 to 65535");
	default:
		return COMMAND_USAGE;
	}
}

int command_respond(int argc, char **argv)
{
	static const struct option longs[] = {
		{"bind", required_argument, NULL, 'b'},
		{"ports", required_argument, NULL, 'p'},
		{"once", required_argument, NULL, 'o'},
		{"hello", required_argument, NULL, 'H'},
		{"ping", no_argument, NULL, 'i'},
		{"pair", no_argument, NULL, 'P'},
		{"code-file", required_argument, NULL, 'c'},
		{"control-port", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct duty duty = {
		.options = {.ports = {.items = {16992, 16993, 16994, 16995}, .count = 4},
			    .out = stdout},
		.control_port = PAIR_PORT};
	int c, status = 0;

	while (!status && (c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h')
			return command_help("respond");
		status = read_option(c, &duty);
	}
	if (!status && optind < argc)
		status = command_fail("respond", "\"%s\" is no option", argv[optind]);
	if (!status)
		status = serve(&duty);
	duty_done(&duty);
	return status;
}
