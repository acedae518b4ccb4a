/* SPDX-License-Identifier: ISC */
#include "netcheck/find_zone.h"

#include <errno.h>
#include <string.h>

static void on_zone(const struct probe_dns_question *question,
		    const struct probe_dns_answer *answer, void *user);

static int ask(struct find_zone *search)
{
	struct probe_dns_question question = {.server = search->servers[search->server],
					      .name = search->zone,
					      .type = PROBE_DNS_SOA};

	return lookups_add(search->lookups, &question, on_zone, search);
}

/* Towards the root; the root itself is nobody's suffix. */
static bool ask_parent(struct find_zone *search)
{
	const char *dot = strchr(search->zone.text, '.');

	if (!dot)
		return false;
	memmove(search->zone.text, dot + 1, strlen(dot));
	return !ask(search);
}

static bool ask_next_server(struct find_zone *search)
{
	return ++search->server < search->server_count && !ask(search);
}

static void on_zone(const struct probe_dns_question *question,
		    const struct probe_dns_answer *answer, void *user)
{
	struct find_zone *search = user;
	bool negative = answer->kind == PROBE_DNS_NODATA || answer->kind == PROBE_DNS_NXDOMAIN;
	bool found = answer->kind == PROBE_DNS_ANSWER;

	if (found && !answer->alias) {
		search->done(&search->zone, answer, search->server, search->user);
		return;
	}
	if (negative || found ? ask_parent(search) : ask_next_server(search))
		return;
	search->zone = (struct hostname){0};
	search->done(&search->zone, answer, search->server, search->user);
}

int find_zone_start(struct find_zone *search, const struct hostname *name)
{
	search->server = 0;
	search->zone = *name;
	return ask(search);
}
