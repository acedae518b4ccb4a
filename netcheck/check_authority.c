/* SPDX-License-Identifier: ISC */
#include "netcheck/check_authority.h"

#include "netcheck/judge_authority.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct check_authority {
	struct check_tools *tools;
	struct check_authority_wanted wanted;
	check_done *done;
	void *user;
	struct hostname zone; /* that is asked about */
	size_t server;        /* that is asked */
	size_t left;          /* answers of the step that is under way */
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

static bool is_negative(const struct probe_dns_answer *answer)
{
	return answer->kind == PROBE_DNS_NODATA || answer->kind == PROBE_DNS_NXDOMAIN;
}

/* Asks the server whose turn it is; false when it cannot. */
static bool ask(struct check_authority *check, const struct hostname *name,
		enum probe_dns_type type, probe_dns_done *done)
{
	struct probe_dns_question question = {
		.server = check->wanted.servers[check->server], .name = *name, .type = type};

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

static void on_zone(const struct probe_dns_question *question,
		    const struct probe_dns_answer *answer, void *user);

/* Towards the root; the root itself is nobody's suffix. */
static bool ask_parent(struct check_authority *check)
{
	const char *dot = strchr(check->zone.text, '.');

	if (!dot)
		return false;
	memmove(check->zone.text, dot + 1, strlen(dot));
	return ask(check, &check->zone, PROBE_DNS_SOA, on_zone);
}

static bool ask_next_server(struct check_authority *check)
{
	return ++check->server < check->wanted.server_count &&
	       ask(check, &check->zone, PROBE_DNS_SOA, on_zone);
}

static void on_zone(const struct probe_dns_question *question,
		    const struct probe_dns_answer *answer, void *user)
{
	struct check_authority *check = user;

	if (answer->kind == PROBE_DNS_ANSWER && !answer->alias) {
		check->seen.zone = check->zone;
		check->seen.negative_s = answer->negative_s;
		if (ask(check, &check->zone, PROBE_DNS_NS, on_name_servers))
			return;
	} else if (is_negative(answer) || answer->kind == PROBE_DNS_ANSWER
			   ? ask_parent(check)
			   : ask_next_server(check)) {
		return;
	}
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
	check->zone = wanted->name;
	check->seen.name = wanted->name;
	if (!ask(check, &check->zone, PROBE_DNS_SOA, on_zone)) {
		free(check);
		return -EBUSY;
	}
	*ret = check;
	return 0;
}
