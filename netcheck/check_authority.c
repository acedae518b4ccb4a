/* SPDX-License-Identifier: ISC */
#include "netcheck/check_authority.h"

#include "netcheck/find_zone.h"
#include "netcheck/judge_authority.h"

#include <errno.h>
#include <stdlib.h>

struct check_authority {
	struct check_tools *tools;
	struct check_authority_wanted wanted;
	check_done *done;
	void *user;
	struct find_zone search;
	size_t left; /* answers of the step that is under way */
	struct judge_authority seen;
};

void check_authority_free(struct check_authority *check)
{
	free(check);
}

static void conclude(struct check_authority *check)
{
	judge_authority(&check->seen, check->tools->sink, check->tools->user);
	check->done(check->user);
}

/* Asks the server that knew the zone; false when it cannot. */
static bool ask(struct check_authority *check, const struct hostname *name,
		enum probe_dns_type type, probe_dns_done *done)
{
	struct probe_dns_question question = {
		.server = check->wanted.servers[check->search.server], .name = *name, .type = type};

	return !lookups_add(check->tools->lookups, &question, done, check);
}

static struct judge_authority_server *server_of(struct check_authority *check,
						const struct hostname *name)
{
	for (size_t i = 0; i < check->seen.server_count; i++)
		if (hostname_equal(&check->seen.servers[i].name, name))
			return &check->seen.servers[i];
	return NULL;
}

static void on_direct(const struct probe_dns_question *question,
		      const struct probe_dns_answer *answer, void *user)
{
	struct check_authority *check = user;

	for (size_t i = 0; i < check->seen.server_count; i++)
		if (addr_equal(check->seen.servers[i].addr, question->server.addr))
			check->seen.servers[i].answer = *answer;
	if (--check->left == 0)
		conclude(check);
}

static void on_resolver(const struct probe_dns_question *question,
			const struct probe_dns_answer *answer, void *user)
{
	struct check_authority *check = user;
	struct judge_authority_resolver *resolver =
		&check->seen.resolvers[check->seen.resolver_count++];

	*resolver = (struct judge_authority_resolver){.server = question->server,
						      .answer = *answer};
	if (--check->left == 0)
		conclude(check);
}

/* As PCs ask, to be compared with what the authoritative servers say. */
static void ask_resolvers(struct check_authority *check)
{
	for (size_t i = 0; i < check->wanted.server_count && i < AUTHORITY_SERVERS; i++) {
		struct probe_dns_question question = {.server = check->wanted.servers[i],
						      .name = check->wanted.name,
						      .type = PROBE_DNS_A};

		if (!lookups_add(check->tools->lookups, &question, on_resolver, check))
			check->left++;
	}
}

static bool is_first_with_address(const struct check_authority *check, size_t which)
{
	for (size_t i = 0; i < which; i++)
		if (addr_equal(check->seen.servers[i].addr, check->seen.servers[which].addr))
			return false;
	return check->seen.servers[which].addr.family != ADDR_NONE;
}

static void ask_all(struct check_authority *check)
{
	check->left = 1; /* our own, until all are asked */
	ask_resolvers(check);
	for (size_t i = 0; i < check->seen.server_count; i++) {
		struct probe_dns_question question = {
			.server = {.addr = check->seen.servers[i].addr, .port = 53},
			.name = check->wanted.name,
			.type = PROBE_DNS_A,
			.direct = true,
		};

		if (is_first_with_address(check, i) &&
		    !lookups_add(check->tools->lookups, &question, on_direct, check))
			check->left++;
	}
	if (--check->left == 0)
		conclude(check);
}

static void on_address(const struct probe_dns_question *question,
		       const struct probe_dns_answer *answer, void *user)
{
	struct check_authority *check = user;
	struct judge_authority_server *server = server_of(check, &question->name);

	if (server && answer->addr_count)
		server->addr = answer->addrs[0];
	if (--check->left == 0)
		ask_all(check);
}

static void on_name_servers(const struct probe_dns_question *question,
			    const struct probe_dns_answer *answer, void *user)
{
	struct check_authority *check = user;

	check->left = 1; /* as above */
	for (size_t i = 0; i < answer->name_count && i < AUTHORITY_SERVERS; i++) {
		check->seen.servers[check->seen.server_count++].name = answer->names[i];
		if (ask(check, &answer->names[i], PROBE_DNS_A, on_address))
			check->left++;
	}
	if (--check->left == 0)
		ask_all(check);
}

static void on_zone(const struct hostname *zone, const struct probe_dns_answer *soa, size_t server,
		    void *user)
{
	struct check_authority *check = user;

	check->seen.zone = *zone;
	check->seen.negative_s = soa->negative_s;
	if (hostname_is_empty(zone) || !ask(check, zone, PROBE_DNS_NS, on_name_servers))
		conclude(check);
}

int check_authority_start(struct check_authority **ret, struct check_tools *tools,
			  const struct check_authority_wanted *wanted, check_done *done, void *user)
{
	struct check_authority *check = calloc(1, sizeof(*check));

	if (!check)
		return -ENOMEM;
	check->tools = tools;
	check->wanted = *wanted;
	check->done = done;
	check->user = user;
	check->seen.name = wanted->name;
	check->search = (struct find_zone){.lookups = tools->lookups,
					   .servers = wanted->servers,
					   .server_count = wanted->server_count,
					   .done = on_zone,
					   .user = check};
	if (find_zone_start(&check->search, &wanted->name)) {
		free(check);
		return -EBUSY;
	}
	*ret = check;
	return 0;
}
