/* SPDX-License-Identifier: ISC */
#include "kea-hook/hook.h"

#include "kea-hook/learned.h"
#include "kea-hook/packet.h"
#include "kea-hook/sender.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_BASE_MS 1000
#define RETRY_MAX_MS 30000
#define SUBNETS_SAID 4096 /* bits; subnets that share one are said once together */

enum counter {
	TAKEN_OVER,
	LEFT_TO_KEA,
	OPTION81_WRITTEN,
	OPTION81_MALFORMED,
	NAMES_CLEANED,
	NAMES_FROM_HOST_NAME,
	NAMES_FROM_TEMPLATE,
	NAMES_NONE,
	NO_DOMAIN,
	BAD_PACKETS,
	EXCEPTIONS,
	EVENTS,
	COUNTERS,
};

static const char *const counter_names[COUNTERS] = {
	[TAKEN_OVER] = "acks-taken-over",
	[LEFT_TO_KEA] = "acks-left-to-kea",
	[OPTION81_WRITTEN] = "option-81-written",
	[OPTION81_MALFORMED] = "option-81-malformed",
	[NAMES_CLEANED] = "names-cleaned",
	[NAMES_FROM_HOST_NAME] = "names-from-option-12",
	[NAMES_FROM_TEMPLATE] = "names-from-template",
	[NAMES_NONE] = "names-none",
	[NO_DOMAIN] = "answers-without-option-15",
	[BAD_PACKETS] = "packets-not-read",
	[EXCEPTIONS] = "exceptions",
	[EVENTS] = "events",
};

struct hook {
	struct params params;
	struct sender *sender;
	struct learned learned;
	atomic_uint_fast64_t counters[COUNTERS];
	atomic_uint_fast64_t said[SUBNETS_SAID / 64]; /* subnets whose lack of option 15 was said */
};

static void count(struct hook *hook, enum counter counter)
{
	atomic_fetch_add_explicit(&hook->counters[counter], 1, memory_order_relaxed);
}

static void on_learned(const struct lease_learned *told, void *user)
{
	struct hook *hook = user;

	learned_take(&hook->learned, told);
}

int hook_new(struct hook **ret, const struct params *params, const char *kea_version,
	     struct err *err)
{
	struct hook *hook = calloc(1, sizeof(*hook));
	struct sender_config config = {.socket = params->socket,
				       .ring_bytes = SENDER_RING_BYTES,
				       .stage_bytes = SENDER_STAGE_BYTES,
				       .retry_base_ms = RETRY_BASE_MS,
				       .retry_max_ms = RETRY_MAX_MS,
				       .on_learned = on_learned,
				       .user = hook};

	if (hook == NULL)
		return err_set(err, -ENOMEM, "no memory for the hook");
	hook->params = *params;
	snprintf(config.hello.hook_version, sizeof(config.hello.hook_version), "%s",
		 AMTNET_VERSION);
	snprintf(config.hello.kea_version, sizeof(config.hello.kea_version), "%s", kea_version);
	params_print(params, config.hello.parameters);
	int r = learned_init(&hook->learned, params->learned_max);
	r = r < 0 ? err_set(err, r, "no memory for %u learned addresses", params->learned_max)
		  : sender_new(&hook->sender, &config, err);
	if (r < 0) {
		learned_done(&hook->learned);
		free(hook);
		return r;
	}
	*ret = hook;
	return 0;
}

void hook_free(struct hook *hook)
{
	if (hook == NULL)
		return;
	sender_free(hook->sender);
	learned_done(&hook->learned);
	free(hook);
}

const char *hook_class(const struct hook *hook)
{
	return hook->params.take_over == TAKE_OVER_CLASS ? hook->params.client_class : NULL;
}

/* The packet in parts, and why its client is taken over (NULL: it is not); 0 or -EINVAL. */
static int look_at(struct hook *hook, const struct hook_query *query, struct packet *ret,
		   const char **ret_class)
{
	if (packet_parse(query->packet, query->size, ret) < 0) {
		count(hook, BAD_PACKETS);
		return -EINVAL;
	}
	*ret_class = classify(hook->params.take_over, hook->params.client_class, query->in_class,
			      ret->option81.length > 0);
	return 0;
}

bool hook_takes_over(struct hook *hook, const struct hook_query *query)
{
	struct packet packet;
	const char *class_name;

	return look_at(hook, query, &packet, &class_name) == 0 && class_name != NULL;
}

static void count_decision(struct hook *hook, const struct option81_decision *decision)
{
	if (decision->malformed)
		count(hook, OPTION81_MALFORMED);
	if (decision->changed)
		count(hook, NAMES_CLEANED);
	switch (decision->source) {
	case OPTION81_NO_NAME:
		count(hook, NAMES_NONE);
		break;
	case OPTION81_FROM_CLIENT:
		break;
	case OPTION81_FROM_HOST_NAME:
		count(hook, NAMES_FROM_HOST_NAME);
		break;
	case OPTION81_FROM_TEMPLATE:
		count(hook, NAMES_FROM_TEMPLATE);
		break;
	}
}

/* True the first time that this subnet lacks option 15. */
static bool first_without_domain(struct hook *hook, uint32_t subnet_id)
{
	uint32_t bit = subnet_id % SUBNETS_SAID;
	uint_fast64_t mask = (uint_fast64_t)1 << (bit % 64);

	count(hook, NO_DOMAIN);
	return (atomic_fetch_or(&hook->said[bit / 64], mask) & mask) == 0;
}

static void name_event(struct lease_event *event, const char *class_name)
{
	event->flags |= LEASE_FLAG_ME;
	snprintf(event->class_name, sizeof(event->class_name), "%s", class_name);
}

static void fill_event(struct lease_event *event, const struct packet *packet,
		       const struct hook_reply *reply)
{
	event->change = reply->renews ? LEASE_RENEWED : LEASE_COMMITTED;
	event->address = addr_ip4(reply->address);
	event->mac = packet->mac;
	event->client_id = packet->client_id;
	event->option81_received = packet->option81;
	event->vendor_class = packet->vendor_class;
	event->relay = packet->relay;
	event->subnet_id = reply->subnet_id;
	event->lifetime_s = reply->lifetime_s;
}

static void push(struct hook *hook, const struct lease_event *event)
{
	count(hook, EVENTS);
	sender_push(hook->sender, event);
}

static void decide(struct hook *hook, const struct packet *packet, struct lease_event *event,
		   struct option81_decision *ret)
{
	struct option81_client client = {.option81 = &packet->option81,
					 .host_name = &packet->host_name,
					 .mac = &packet->mac,
					 .domain = &event->suffix};

	option81_decide(&hook->params.policy, &client, ret);
	event->name = ret->name;
	event->option81_answered = ret->answer;
	if (ret->forward)
		event->flags |= LEASE_FLAG_FORWARD;
	if (ret->reverse)
		event->flags |= LEASE_FLAG_REVERSE;
}

int hook_answer(struct hook *hook, const struct hook_query *query, const struct hook_reply *reply,
		struct lease_bytes *ret_option81)
{
	struct lease_event event = {0};
	struct option81_decision decision;
	struct packet packet;
	const char *class_name;
	bool changed;
	int todo = 0;

	if (look_at(hook, query, &packet, &class_name) < 0)
		return 0;
	if (reply->domain != NULL &&
	    hostname_clean(reply->domain, reply->domain_size, &event.suffix, &changed) < 0)
		event.suffix = (struct hostname){0};
	fill_event(&event, &packet, reply);

	if (class_name != NULL) {
		name_event(&event, class_name);
		decide(hook, &packet, &event, &decision);
		if (decision.answer.length > 0) {
			*ret_option81 = decision.answer;
			todo |= HOOK_WRITE_OPTION81;
			count(hook, OPTION81_WRITTEN);
		}
	}
	if (!reply->acknowledges)
		return todo;

	count(hook, class_name != NULL ? TAKEN_OVER : LEFT_TO_KEA);
	if (class_name != NULL) {
		count_decision(hook, &decision);
		if (hostname_is_empty(&event.suffix) &&
		    first_without_domain(hook, reply->subnet_id))
			todo |= HOOK_SAY_NO_DOMAIN;
	}
	push(hook, &event);
	return todo;
}

void hook_end(struct hook *hook, const struct hook_query *query, const struct hook_ended *ended)
{
	struct lease_event event = {.change = ended->change,
				    .address = addr_ip4(ended->address),
				    .mac = ended->mac,
				    .client_id = ended->client_id,
				    .subnet_id = ended->subnet_id};
	struct packet packet;
	const char *class_name;

	if (query != NULL && look_at(hook, query, &packet, &class_name) == 0) {
		event.relay = packet.relay;
		event.vendor_class = packet.vendor_class;
		if (class_name != NULL)
			name_event(&event, class_name);
	}
	push(hook, &event);
}

bool hook_resync(struct hook *hook)
{
	struct sender_stats stats;

	sender_resync(hook->sender);
	sender_stats(hook->sender, &stats);
	return stats.connected;
}

static size_t add_number(struct hook_row *row, const char *name, uint64_t number)
{
	*row = (struct hook_row){.name = name, .number = number};
	return 1;
}

static size_t add_text(struct hook_row *row, const char *name, const char *text)
{
	*row = (struct hook_row){.name = name, .is_text = true};
	snprintf(row->text, sizeof(row->text), "%s", text);
	return 1;
}

size_t hook_status(struct hook *hook, struct hook_row ret[HOOK_ROWS])
{
	struct sender_stats stats;
	char boot_id[17];
	size_t n = 0;

	sender_stats(hook->sender, &stats);
	snprintf(boot_id, sizeof(boot_id), "%016llx", (unsigned long long)stats.boot_id);
	n += add_text(&ret[n], "connection", stats.connected ? "connected" : "not connected");
	n += add_text(&ret[n], "last-problem", stats.problem.text);
	n += add_text(&ret[n], "boot-id", boot_id);
	n += add_number(&ret[n], "last-sequence", stats.last_seq);
	n += add_number(&ret[n], "acknowledged", stats.acked_seq);
	n += add_number(&ret[n], "waiting", stats.waiting);
	n += add_number(&ret[n], "sent", stats.sent);
	n += add_number(&ret[n], "lost", stats.lost);
	n += add_number(&ret[n], "contended", stats.contended);
	n += add_number(&ret[n], "connects", stats.connects);
	n += add_number(&ret[n], "refusals", stats.refusals);
	n += add_number(&ret[n], "learned", atomic_load(&hook->learned.count));
	n += add_number(&ret[n], "learned-forgotten", atomic_load(&hook->learned.forgotten));
	for (int i = 0; i < COUNTERS; i++)
		n += add_number(&ret[n], counter_names[i], atomic_load(&hook->counters[i]));
	return n;
}

void hook_count_exception(struct hook *hook)
{
	count(hook, EXCEPTIONS);
}
