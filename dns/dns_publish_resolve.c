/* SPDX-License-Identifier: ISC */
/*
 * The addresses of name servers that no zone of dns.zones tells: resolvers are asked, beside the rounds, and
 * what they said is kept for an hour, or five minutes where it was nothing. All names share one table.
 */
#include "dns/door_publish.h"
#include "common/clock.h"
#include "common/resolvers.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_MS (60 * 60 * 1000)
#define KEPT_NOTHING_MS (5 * 60 * 1000)
#define DNS_PORT 53

static struct dns_resolved *find(struct dns_publisher *publisher, const struct hostname *name)
{
	for (size_t i = 0; i < publisher->resolved_count; i++) {
		if (hostname_equal(&publisher->resolved[i].name, name))
			return &publisher->resolved[i];
	}
	return NULL;
}

/* Every name lists its servers anew at its next round. */
static void tell(struct dns_publisher *publisher)
{
	struct dns_site *site;

	LIST_FOREACH(site, &publisher->sites, link)
	{
		site->relist = true;
	}
}

static void ask_for(struct dns_resolved *resolved, uint16_t type);

static void end(struct dns_resolved *resolved)
{
	resolved->until_ms = clock_mono_ms() + (resolved->count ? KEPT_MS : KEPT_NOTHING_MS);
	if (resolved->count)
		resolved->words.text[0] = '\0';
	tell(resolved->publisher);
}

/* One address of each family is enough to ask a server. */
static void take(struct dns_resolved *resolved, const struct update_answer *answer)
{
	const struct record *record = &answer->records[0];
	struct addr addr = {.family = resolved->type == RECORD_A ? ADDR_IP4 : ADDR_IP6};

	err_set(&resolved->words, 0, "resolvers know no address of it");
	if (!answer->count || record->length != addr_size(addr))
		return;
	memcpy(addr.bytes, record->rdata, record->length);
	resolved->items[resolved->count++] = (struct endpoint){.addr = addr, .port = DNS_PORT};
}

/* A resolver that gives no answer leaves the question to the next. */
static void on_answer(const struct ask_answer *answer, void *user)
{
	struct dns_resolved *resolved = user;

	resolved->ask = NULL;
	if (answer->good) {
		take(resolved, &answer->answer);
	} else {
		err_set(&resolved->words, 0, "no resolver knows it: %s", answer->words.text);
		resolved->resolver_at++;
		if (resolved->resolver_at < resolved->publisher->resolver_count) {
			ask_for(resolved, resolved->type);
			return;
		}
		resolved->resolver_at = 0;
	}
	if (resolved->type == RECORD_A)
		ask_for(resolved, RECORD_AAAA);
	else
		end(resolved);
}

static void ask_for(struct dns_resolved *resolved, uint16_t type)
{
	struct dns_publisher *publisher = resolved->publisher;
	struct ask_question question = {.name = resolved->name, .type = type, .recurse = true};
	int r = -EHOSTUNREACH;

	resolved->type = type;
	if (!publisher->resolver_count)
		err_set(&resolved->words, 0,
			"no zone of dns.zones tells its address, and there is no resolver "
			"(dns.discover.resolvers, /etc/resolv.conf)");
	for (; r < 0 && resolved->resolver_at < publisher->resolver_count;
	     resolved->resolver_at += r < 0) {
		question.server = publisher->resolvers[resolved->resolver_at];
		r = ask_new(&resolved->ask, publisher->dns->base, &question, on_answer, resolved);
		if (r < 0)
			err_set(&resolved->words, 0, "resolvers cannot be asked: %s",
				strerrordesc_np(-r));
	}
	if (r < 0)
		end(resolved);
}

const struct dns_resolved *dns_publish_resolve(struct dns_publisher *publisher,
					       const struct hostname *name)
{
	struct dns_resolved *resolved = find(publisher, name);

	if (!resolved) {
		if (publisher->resolved_count == DNS_RESOLVED_MAX)
			return NULL;
		resolved = &publisher->resolved[publisher->resolved_count++];
		*resolved = (struct dns_resolved){.publisher = publisher, .name = *name};
	}
	if (!resolved->ask && clock_mono_ms() >= resolved->until_ms) {
		resolved->count = 0;
		resolved->resolver_at = 0;
		err_set(&resolved->words, 0, "its address is being looked up");
		resolved->until_ms = UINT64_MAX; /* until that has ended */
		ask_for(resolved, RECORD_A);
	}
	return resolved;
}

void dns_publish_resolve_new(struct dns_publisher *publisher)
{
	const struct config_list *configured = &publisher->dns->config->discover.resolvers;

	if (!configured->count) {
		publisher->resolver_count = resolvers_read(RESOLVERS_FILE, publisher->resolvers);
		return;
	}
	publisher->resolver_count = configured->count;
	memcpy(publisher->resolvers, configured->items,
	       configured->count * sizeof(*publisher->resolvers));
}

void dns_publish_resolve_stop(struct dns_publisher *publisher)
{
	for (size_t i = 0; i < publisher->resolved_count; i++)
		ask_free(publisher->resolved[i].ask);
	publisher->resolved_count = 0;
}
