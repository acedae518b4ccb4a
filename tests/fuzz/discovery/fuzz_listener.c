/* SPDX-License-Identifier: ISC */
/*
 * The listener among peers that connect, send in pieces, end, reset and dawdle as the input says:
 * whatever they do, each connection is answered once and closed once, only what hello_decode takes
 * is handed over, byte for byte, and no limit is passed. Runs on kernel.h.
 *
 * Input: a count, that many pairs of (operation, argument), and the bytes that every peer sends.
 */
#include "discovery/listener.h"

#include "kernel.h"

#include <event2/event.h>

#include <assert.h>
#include <string.h>

#define STEPS_MAX 40
#define PER_ADDRESS 3
#define PER_PREFIX 5
#define CONNECTIONS 7
#define RATE_BURST 6 /* back after TIME_LIMIT_MS */
#define TIME_LIMIT_MS 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum step {
	STEP_CONNECT,
	STEP_SEND,
	STEP_FIN,
	STEP_RESET,
	STEP_SLEEP,
	STEP_RELEASE,
	STEP_EXHAUST,
	STEP_STOP,
	STEPS,
};

static struct listener *listener;

/* Of the run at hand. */
static const uint8_t *payload;
static size_t payload_size, sent[KERNEL_PEERS];
static int peer_count;
static unsigned answers[KERNEL_PEERS];
static struct listener_connection *held[KERNEL_PEERS];
static size_t held_count;
static bool stopped;

static void on_hello(struct listener_connection *connection, const struct listener_hello *hello,
		     void *user)
{
	struct hello decoded;

	(void)user;
	assert(hello->peer.port < peer_count && ++answers[hello->peer.port] == 1);
	assert(hello->length == kernel_taken(hello->peer.port));
	assert(memcmp(hello->bytes, payload, hello->length) == 0);
	assert(hello_decode(hello->bytes, hello->length, true, &decoded, NULL) == HELLO_COMPLETE);
	assert(decoded.length == hello->decoded->length);
	held[held_count++] = connection;
}

static void on_refused(enum listener_reason reason, struct endpoint peer, const char *sentence,
		       void *user)
{
	(void)user;
	assert(peer.port < peer_count && ++answers[peer.port] == 1);
	assert(reason < LISTENER_REASONS && reason != LISTENER_NO_MEMORY);
	assert(reason != LISTENER_PER_ADDRESS || kernel_held() > PER_ADDRESS);
	assert(reason != LISTENER_PER_PREFIX || kernel_held() > PER_PREFIX);
	assert(sentence && sentence[0]);
}

static void set_up(void)
{
	const struct listener_options options = {
		.max_connections = CONNECTIONS,
		.admission.max_per_address = PER_ADDRESS,
		.admission.max_per_prefix = PER_PREFIX,
		.admission.rate_per_prefix = 1000 * RATE_BURST / TIME_LIMIT_MS,
		.admission.burst_per_prefix = RATE_BURST,
		.time_limit_ms = TIME_LIMIT_MS,
		.on_hello = on_hello,
		.on_refused = on_refused,
	};
	struct event_base *base = event_base_new();
	const struct endpoint at = {.addr = addr_ip4(0x7f000001)};

	assert(base && listener_new(&listener, base, &options) == 0);
	assert(listener_bind(listener, at, NULL) == 0);
	listener_start(listener);
}

static void release_one(void)
{
	if (held_count > 0)
		listener_release(held[--held_count]);
}

static void connect_peer(uint8_t argument)
{
	if (peer_count == KERNEL_PEERS)
		return;
	sent[peer_count] = 0;
	answers[peer_count] = 0;
	peer_count = kernel_connect(argument >> 7, argument & 3, argument & 4) + 1;
}

/* The next piece of the payload. */
static void send_piece(int peer, uint8_t argument)
{
	static const size_t lengths[] = {1, 2, 7, 23, 24, 25, 300, SIZE_MAX};
	size_t length = lengths[argument & 7], left = payload_size - sent[peer];

	if (length > left)
		length = left;
	kernel_send(peer, payload + sent[peer], length);
	sent[peer] += length;
}

static void take_step(uint8_t step, uint8_t argument)
{
	int peer = peer_count > 0 ? (step >> 3) % peer_count : -1;

	switch ((enum step)(step % STEPS)) {
	case STEP_CONNECT:
		connect_peer(argument);
		break;
	case STEP_SEND:
		if (peer >= 0)
			send_piece(peer, argument);
		break;
	case STEP_FIN:
	case STEP_RESET:
		if (peer >= 0)
			kernel_end(peer, step % STEPS == STEP_RESET);
		break;
	case STEP_SLEEP:
		kernel_sleep(argument * 10u);
		break;
	case STEP_RELEASE:
		release_one();
		break;
	case STEP_EXHAUST:
		kernel_exhaust();
		break;
	case STEP_STOP:
		listener_stop(listener);
		listener_start(listener);
		stopped = true;
		break;
	case STEPS:
		break;
	}
	if (!(argument & 8)) /* otherwise together with the next step */
		kernel_run();
}

static void check_limits(void)
{
	struct listener_status status = listener_status(listener);

	assert(status.connections == kernel_held() && status.connections <= CONNECTIONS);
	assert(status.connections >= held_count);
}

/* Everybody dawdles until the limits end it. */
static void finish(void)
{
	for (int round = 0; kernel_held() + kernel_waiting() > 0; round++) {
		assert(round < 2 * KERNEL_PEERS);
		while (held_count > 0)
			release_one();
		kernel_sleep(TIME_LIMIT_MS);
		kernel_run();
	}
	check_limits();
	for (int peer = 0; peer < peer_count && !stopped; peer++)
		assert(answers[peer] == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t steps = size > 0 ? data[0] % STEPS_MAX : 0;

	if (size < 1 + 2 * steps)
		return 0;
	if (!listener)
		set_up();
	payload = data + 1 + 2 * steps;
	payload_size = size - (1 + 2 * steps);
	peer_count = 0;
	stopped = false;
	kernel_reset();
	for (size_t i = 0; i < steps; i++) {
		take_step(data[1 + 2 * i], data[2 + 2 * i]);
		check_limits();
	}
	finish();
	return 0;
}
