/* SPDX-License-Identifier: ISC */
/* In the place of dns/server: messages take their time, get lost before or after the server has seen
 * them, are sent twice, and are answered with every code there is. */
#include "sim.h"
#include "sim_zone.h"

#include "dns/server.h"
#include "dns/server_outcome.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT_MAX 8
#define NOTAUTH 9
#define TIMEOUT_MS 10000 /* SERVER_TRIES times SERVER_ANSWER_MS */

struct server_zone {
	struct hostname name;
	size_t in_flight;
};

struct message {
	struct server_zone *zone;
	bool query, arrived, resent;
	int code; /* -1 = no answer */
	struct hostname name;
	uint16_t type;
	size_t length;
	uint8_t *bytes;
	server_done *done;
	void *user;
};

static uint64_t down_until_ms;
static const struct endpoint endpoint = {.addr = {.family = ADDR_IP4, .bytes = {10, 81, 2, 2}},
					 .port = 53};

void sim_server_clear(void)
{
	down_until_ms = 0;
}

void sim_server_down(uint64_t ms)
{
	sim_trace("server: down for %llu s", (unsigned long long)ms / 1000);
	down_until_ms = sim_now_ms() + ms;
}

static void message_free(struct message *message)
{
	free(message->bytes);
	free(message);
}

/* The answer arrives. */
static void answer(void *user)
{
	static struct server_outcome outcome;
	struct message *message = user;
	struct server_party party = {endpoint, &message->zone->name, "amtnet"};

	memset(&outcome, 0, sizeof outcome);
	if (message->code < 0)
		server_outcome_failed(&outcome, &party, "no answer");
	else
		server_outcome_answered(&outcome, &party, message->code);
	outcome.resent = message->resent;
	if (message->query && message->code == 0) {
		size_t count = sim_zone_find(&message->name, message->type, outcome.answer.records,
					     UPDATE_ANSWER_RECORDS);

		if (!sim_zone_has_name(&message->name))
			server_outcome_answered(&outcome, &party, 3);
		outcome.answer.count = count;
		sim_trace("   query %s %s: %zu", message->name.text,
			  record_type_name(message->type), count);
	}
	message->zone->in_flight--;
	message->done(&outcome, message->user);
	message_free(message);
}

static int apply(struct message *message)
{
	enum sim_update_way way = sim_ask_way(&message->zone->name);

	if (message->query || way == SIM_UPDATE_HIDDEN)
		return 0;
	if (way == SIM_UPDATE_REFUSED)
		return NOTAUTH;
	return sim_zone_update(message->bytes, message->length, "amtnet", false);
}

/* What the server, or the path to it, makes of the message. */
static void arrive(void *user)
{
	static const int codes[] = {1, 2, 2, 2, 4, 5, 9, 10, 16, 17, 18, 22, 23};
	struct message *message = user;
	bool faults = sim_plan.faults && !sim_calm;
	uint64_t wait_ms = 1 + sim_random(30);

	message->arrived = true;
	message->code = -1;
	if (sim_now_ms() < down_until_ms || (faults && sim_chance(3))) {
		wait_ms = TIMEOUT_MS;
		sim_trace("   amtnet: lost on its way");
	} else if (faults && sim_chance(3)) {
		message->code = codes[sim_random(sizeof codes / sizeof *codes)];
		sim_trace("   amtnet: answered with %d", message->code);
	} else {
		message->code = apply(message);
		if (faults && sim_chance(4)) {
			wait_ms = TIMEOUT_MS;
			message->code = -1;
			sim_trace("   amtnet: the answer is lost");
		} else if (faults && sim_chance(4)) {
			sim_trace("   amtnet: the answer is lost, sent again");
			message->resent = true;
			message->code = apply(message);
		}
	}
	sim_after(wait_ms, answer, message, message->zone);
}

static int post(struct server_zone *zone, const struct message *from, server_done *done, void *user)
{
	struct message *message;

	if (!server_zone_room(zone))
		return -EBUSY;
	message = malloc(sizeof *message);
	if (!message)
		abort();
	*message = *from;
	message->zone = zone;
	message->done = done;
	message->user = user;
	if (from->length) {
		message->bytes = malloc(from->length);
		if (!message->bytes)
			abort();
		memcpy(message->bytes, from->bytes, from->length);
	}
	zone->in_flight++;
	sim_after(1 + sim_random(20), arrive, message, zone);
	return 0;
}

int server_pool_new(struct server_pool **ret, struct event_base *base)
{
	*ret = NULL;
	return 0;
}

void server_pool_free(struct server_pool *pool)
{
}

int server_zone_new(struct server_zone **ret, struct server_pool *pool, const struct hostname *zone,
		    const struct endpoint *servers, size_t count, const struct tsig_key *key)
{
	struct server_zone *server = calloc(1, sizeof *server);

	if (!server)
		return -ENOMEM;
	server->name = *zone;
	*ret = server;
	return 0;
}

int server_zone_set_servers(struct server_zone *zone, const struct endpoint *servers, size_t count)
{
	return count ? 0 : -EINVAL;
}

/* The program is gone; what it has sent may arrive all the same. */
static void forget(void *user)
{
	struct message *message = user;

	if (!message->arrived && sim_now_ms() >= down_until_ms && sim_chance(50))
		apply(message);
	message_free(message);
}

void server_zone_free(struct server_zone *zone)
{
	if (!zone)
		return;
	sim_forget(zone, forget);
	free(zone);
}

size_t server_zone_room(const struct server_zone *zone)
{
	return IN_FLIGHT_MAX - zone->in_flight;
}

int server_update(struct server_zone *zone, const struct update *update, server_done *done,
		  void *user)
{
	static uint8_t bytes[UPDATE_BYTES_MAX];
	struct message message = {.bytes = bytes};
	int r = update_encode(update, 1, bytes, sizeof bytes, &message.length);

	return r < 0 ? r : post(zone, &message, done, user);
}

int server_message(struct server_zone *zone, const struct update_message *update, server_done *done,
		   void *user)
{
	static uint8_t bytes[UPDATE_MESSAGE_MAX + 1024];
	struct message message = {.bytes = bytes};
	int r = update_message_encode(update, 1, bytes, sizeof bytes, &message.length);

	return r < 0 ? r : post(zone, &message, done, user);
}

int server_query(struct server_zone *zone, const struct hostname *name, uint16_t type,
		 server_done *done, void *user)
{
	struct message message = {.query = true, .name = *name, .type = type};

	return post(zone, &message, done, user);
}

struct server_counters server_counters(const struct server_zone *zone)
{
	return (struct server_counters){.server = endpoint};
}
