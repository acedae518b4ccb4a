/* SPDX-License-Identifier: ISC */
#include "kea-hook/hook.h"

#include "kea-hook/classify.h"
#include "kea-hook/counters.h"
#include "kea-hook/learned.h"
#include "kea-hook/option39.h"
#include "kea-hook/option81.h"
#include "kea-hook/originals.h"
#include "kea-hook/packet6.h"
#include "kea-hook/repair.h"
#include "kea-hook/sender.h"
#include "kea-hook/suffixes.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_BASE_MS 1000
#define RETRY_MAX_MS 30000
#define SUBNETS_SAID 4096 /* bits; subnets that share one are said once together */

/* Subnets of which something was said. */
struct said {
	atomic_uint_fast64_t words[SUBNETS_SAID / 64];
};

struct hook {
	struct params params;
	struct sender *sender;
	struct learned learned;
	struct suffixes suffixes;
	struct originals originals;
	struct counters counters;
	struct said no_domain, no_servers;
};

/* A client's packet, and what is to become of it. */
struct view {
	struct packet packet;
	struct classify_result result; /* result.by NULL: left to Kea */
};

static void count(struct hook *hook, enum counter counter)
{
	counters_add(&hook->counters, counter);
}

/* ---- Its life ---- */

static void on_learned(const struct lease_learned *told, void *user)
{
	struct hook *hook = user;

	learned_take(&hook->learned, told);
}

static int start_parts(struct hook *hook, const char *kea_version, struct err *err)
{
	struct sender_config config = {.socket = hook->params.socket,
				       .ring_bytes = SENDER_RING_BYTES,
				       .stage_bytes = SENDER_STAGE_BYTES,
				       .retry_base_ms = RETRY_BASE_MS,
				       .retry_max_ms = RETRY_MAX_MS,
				       .on_learned = on_learned,
				       .user = hook};

	if (learned_init(&hook->learned, hook->params.learned_max) < 0)
		return err_set(err, -ENOMEM, "no memory for %u learned addresses",
			       hook->params.learned_max);
	snprintf(config.hello.hook_version, sizeof(config.hello.hook_version), "%s",
		 AMTNET_VERSION);
	snprintf(config.hello.kea_version, sizeof(config.hello.kea_version), "%s", kea_version);
	params_print(&hook->params, config.hello.parameters);
	return sender_new(&hook->sender, &config, err);
}

int hook_new(struct hook **ret, const struct params *params, const char *kea_version,
	     struct err *err)
{
	struct hook *hook = calloc(1, sizeof(*hook));

	if (hook == NULL || suffixes_init(&hook->suffixes) < 0) {
		free(hook);
		return err_set(err, -ENOMEM, "no memory for the hook");
	}
	if (originals_init(&hook->originals) < 0) {
		suffixes_done(&hook->suffixes);
		free(hook);
		return err_set(err, -ENOMEM, "no memory for a lock");
	}
	hook->params = *params;
	int r = start_parts(hook, kea_version, err);
	if (r < 0) {
		hook_free(hook);
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
	suffixes_done(&hook->suffixes);
	originals_done(&hook->originals);
	free(hook);
}

/* ---- Packets in ---- */

static void count_repairs(struct hook *hook, unsigned done)
{
	for (unsigned kind = 0; done != 0; kind++, done >>= 1) {
		if (done & 1)
			count(hook, COUNTER_REPAIRED + kind);
	}
}

size_t hook_repair(struct hook *hook, bool ip6, uint8_t *packet, size_t size)
{
	struct lease_bytes sent;
	unsigned done;

	if (!hook->params.repair)
		return 0;
	done = ip6 ? repair_packet6(packet, size, &sent) : repair_packet(packet, size, &sent);
	if (done == 0)
		return 0;
	count_repairs(hook, done);
	originals_put(&hook->originals, packet, size, &sent);
	return ip6 ? 0 : repair_lacks(packet, size);
}

void hook_repair_truncated(struct hook *hook, uint8_t *packet, size_t size, size_t room)
{
	count_repairs(hook, repair_truncated(packet, size, room));
}

/* 0 or -EINVAL. */
static int look_at(struct hook *hook, const struct hook_query *query, struct view *ret)
{
	struct classify_client client = {.classes = query->classes, .mac = &ret->packet.mac};
	int r = query->ip6 ? packet6_parse(query->packet, query->size, &ret->packet)
			   : packet_parse(query->packet, query->size, &ret->packet);

	if (r < 0) {
		count(hook, COUNTER_BAD_PACKETS);
		return r;
	}
	if (query->ip6)
		ret->packet.mac = query->mac;
	client.sent_fqdn = ret->packet.option81.length > 0;
	ret->result = classify(&hook->params, &hook->learned, &client);
	return 0;
}

static void decide(const struct hook_query *query, const struct view *view,
		   const struct hostname *domain, struct naming_decision *ret)
{
	struct naming_client client = {.fqdn = &view->packet.option81,
				       .host_name = &view->packet.host_name,
				       .mac = &view->packet.mac,
				       .domain = domain};

	if (query->ip6)
		option39_decide(view->result.policy, &client, ret);
	else
		option81_decide(view->result.policy, &client, ret);
}

bool hook_takes_over(struct hook *hook, const struct hook_query *query, struct hostname *ret_name)
{
	static const struct hostname no_domain = {""}, nameless = {"me"};
	struct naming_decision decision;
	struct view view;

	if (look_at(hook, query, &view) < 0 || view.result.by == NULL)
		return false;
	if (ret_name != NULL) {
		decide(query, &view, &no_domain, &decision);
		*ret_name = hostname_is_empty(&decision.name) ? decision.bare : decision.name;
		if (hostname_is_empty(ret_name))
			*ret_name = nameless;
	}
	return true;
}

bool hook_decide_tag(struct hook *hook, const struct hook_query *query, uint32_t subnet_id,
		     struct hook_tag *ret)
{
	struct hostname domain = {"invalid"}; /* for the flags, where none is known */
	struct naming_decision decision;
	enum suffixes_answer known;
	struct view view;

	if (!hook->params.tag_leases || look_at(hook, query, &view) < 0)
		return false;
	*ret = (struct hook_tag){.by = view.result.by, .way = view.result.way};
	if (ret->by == NULL)
		return true;
	known = suffixes_find(&hook->suffixes, subnet_id, view.result.class_index, &domain);
	decide(query, &view, &domain, &decision);
	ret->forward = decision.forward;
	ret->reverse = decision.reverse;
	if (known == SUFFIXES_ONE || !decision.needs_domain)
		ret->name = decision.name;
	else
		ret->keep = known == SUFFIXES_NONE;
	return true;
}

/* ---- Events out ---- */

static void push(struct hook *hook, const struct lease_event *event)
{
	count(hook, COUNTER_EVENTS);
	sender_push(hook->sender, event);
}

static void count_decision(struct hook *hook, const struct naming_decision *decision)
{
	if (decision->malformed)
		count(hook, COUNTER_FQDN_MALFORMED);
	if (decision->changed)
		count(hook, COUNTER_NAMES_CLEANED);
	switch (decision->source) {
	case NAMING_NONE:
		count(hook, COUNTER_NAMES_NONE);
		break;
	case NAMING_FROM_HOST_NAME:
		count(hook, COUNTER_NAMES_FROM_HOST_NAME);
		break;
	case NAMING_FROM_TEMPLATE:
		count(hook, COUNTER_NAMES_FROM_TEMPLATE);
		break;
	case NAMING_FROM_CLIENT:
	case NAMING_SOURCES:
		break;
	}
}

/* True the first time for this subnet. */
static bool first_time(struct said *said, uint32_t subnet_id)
{
	uint32_t bit = subnet_id % SUBNETS_SAID;
	uint_fast64_t mask = (uint_fast64_t)1 << (bit % 64);

	return (atomic_fetch_or(&said->words[bit / 64], mask) & mask) == 0;
}

/* An ME needs its domain and a name server to find ProvisionServer. Where Kea 2.2 answers a DHCPv6
 * REQUEST for a lease that was there already, nobody tells the subnet. */
static int watch(struct hook *hook, const struct hook_reply *reply, const struct hostname *domain)
{
	int todo = 0;

	if (reply->owes_domain && hostname_is_empty(domain)) {
		count(hook, COUNTER_NO_DOMAIN);
		if (reply->subnet_id != 0 && first_time(&hook->no_domain, reply->subnet_id))
			todo |= HOOK_SAY_NO_DOMAIN;
	}
	if (reply->owes_servers && !reply->has_servers) {
		count(hook, COUNTER_NO_SERVERS);
		if (reply->subnet_id != 0 && first_time(&hook->no_servers, reply->subnet_id))
			todo |= HOOK_SAY_NO_SERVERS;
	}
	return todo;
}

static void read_domain(const struct hook_query *query, const struct hook_reply *reply,
			struct hostname *ret)
{
	bool full, changed;
	int r = -ENOENT;

	if (reply->domain != NULL && query->ip6)
		r = hostname_from_wire(reply->domain, reply->domain_size, ret, &full, &changed);
	else if (reply->domain != NULL)
		r = hostname_clean(reply->domain, reply->domain_size, ret, &changed);
	if (r < 0)
		*ret = (struct hostname){0};
}

static void fill_event(struct lease_event *event, const struct view *view,
		       const struct hook_reply *reply)
{
	const struct packet *packet = &view->packet;

	event->change = reply->renews ? LEASE_RENEWED : LEASE_COMMITTED;
	event->mac = packet->mac;
	event->client_id = packet->client_id;
	event->option81_received = packet->option81;
	event->vendor_class = packet->vendor_class;
	event->relay = packet->relay;
	event->subnet_id = reply->subnet_id;
}

static void name_event(struct lease_event *event, const struct view *view,
		       const struct naming_decision *decision)
{
	event->flags |= LEASE_FLAG_ME;
	if (decision->forward)
		event->flags |= LEASE_FLAG_FORWARD;
	if (decision->reverse)
		event->flags |= LEASE_FLAG_REVERSE;
	event->name = decision->name;
	event->option81_answered = decision->answer;
	snprintf(event->class_name, sizeof(event->class_name), "%s", view->result.class_name);
}

static void push_given(struct hook *hook, struct lease_event *event, const struct hook_reply *reply)
{
	for (size_t i = 0; i < reply->given_count; i++) {
		event->address = reply->given[i].address;
		event->lifetime_s = reply->given[i].lifetime_s;
		push(hook, event);
	}
}

int hook_answer(struct hook *hook, const struct hook_query *query, const struct hook_reply *reply,
		struct lease_bytes *ret_fqdn)
{
	struct lease_event event = {0};
	struct naming_decision decision;
	struct view view;
	int todo = 0;

	if (look_at(hook, query, &view) < 0)
		return 0;
	read_domain(query, reply, &event.suffix);
	if (view.result.by != NULL) {
		decide(query, &view, &event.suffix, &decision);
		suffixes_note(&hook->suffixes, reply->subnet_id, view.result.class_index,
			      &event.suffix);
		if (decision.answer.length > 0) {
			*ret_fqdn = decision.answer;
			todo |= HOOK_WRITE_FQDN;
			count(hook, COUNTER_FQDN_WRITTEN);
		}
	}
	if (!reply->acknowledges)
		return todo;

	fill_event(&event, &view, reply);
	(void)originals_take(&hook->originals, query->packet, query->size,
			     &event.option81_received);
	count(hook, view.result.by != NULL ? COUNTER_TAKEN_OVER : COUNTER_LEFT_TO_KEA);
	if (view.result.by != NULL) {
		name_event(&event, &view, &decision);
		count_decision(hook, &decision);
		todo |= watch(hook, reply, &event.suffix);
	}
	push_given(hook, &event, reply);
	return todo;
}

void hook_end(struct hook *hook, const struct hook_query *query, const struct hook_ended *ended)
{
	struct lease_event event = {.change = ended->change,
				    .address = ended->address,
				    .flags = ended->flags,
				    .name = ended->name,
				    .mac = ended->mac,
				    .client_id = ended->client_id,
				    .subnet_id = ended->subnet_id};
	struct view view;

	if (query != NULL && look_at(hook, query, &view) == 0) {
		event.relay = view.packet.relay;
		event.vendor_class = view.packet.vendor_class;
		if (view.result.by != NULL) {
			event.flags |= LEASE_FLAG_ME;
			snprintf(event.class_name, sizeof(event.class_name), "%s",
				 view.result.class_name);
		}
	}
	push(hook, &event);
}

/* ---- For people ---- */

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
		n += add_number(&ret[n], counters_name(i), counters_get(&hook->counters, i));
	assert(n <= HOOK_ROWS);
	return n;
}

void hook_count_exception(struct hook *hook)
{
	count(hook, COUNTER_EXCEPTIONS);
}

void hook_count_no_map(struct hook *hook)
{
	count(hook, COUNTER_TAGS_NOT_WRITTEN);
}
