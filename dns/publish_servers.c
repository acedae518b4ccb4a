/* SPDX-License-Identifier: ISC */
#include "dns/publish_servers.h"

#include <string.h>

#define DNS_PORT 53

void publish_servers_begin(struct publish_servers *servers, const struct hostname *zone,
			   struct publish_question *ret)
{
	memset(servers, 0, sizeof(*servers));
	servers->zone = *zone;
	servers->type = RECORD_NS;
	*ret = (struct publish_question){.name = *zone, .type = RECORD_NS};
}

static void take_names(struct publish_servers *servers, const struct update_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		const struct record *record = &answer->records[i];
		struct hostname name;
		bool full, changed;

		if (hostname_from_wire(record->rdata, record->length, &name, &full, &changed) < 0)
			continue;
		if (servers->name_count < PUBLISH_NS_MAX)
			servers->names[servers->name_count++] = name;
		else
			servers->left_out++;
	}
	servers->left_out += answer->more;
}

/* One address of each family is enough to ask a server. */
static void take_address(struct publish_servers *servers, const struct update_answer *answer)
{
	struct publish_ns *item = &servers->items[servers->count];
	const struct record *record = &answer->records[0];
	size_t length = record->type == RECORD_AAAA ? 16 : 4;

	if (!answer->count || record->length != length)
		return;
	*item = (struct publish_ns){.name = servers->names[servers->at]};
	item->server.addr.family = length == 16 ? ADDR_IP6 : ADDR_IP4;
	memcpy(item->server.addr.bytes, record->rdata, length);
	item->server.port = DNS_PORT;
	servers->count++;
}

/* A name without any address is listed too, so that a person sees it. */
static void close_name(struct publish_servers *servers)
{
	const struct hostname *name = &servers->names[servers->at];

	if (!servers->count || !hostname_equal(&servers->items[servers->count - 1].name, name))
		servers->items[servers->count++] = (struct publish_ns){.name = *name};
	servers->at++;
}

bool publish_servers_next(struct publish_servers *servers, const struct server_outcome *last,
			  struct publish_question *ret)
{
	bool good = last && last->class == SERVER_DONE;

	if (servers->type == RECORD_NS) {
		if (good)
			take_names(servers, &last->answer);
		servers->type = RECORD_A;
	} else {
		if (good)
			take_address(servers, &last->answer);
		if (servers->type == RECORD_AAAA)
			close_name(servers);
		servers->type = servers->type == RECORD_A ? RECORD_AAAA : RECORD_A;
	}
	if (servers->at == servers->name_count)
		return false;
	*ret = (struct publish_question){.name = servers->names[servers->at],
					 .type = servers->type};
	return true;
}
