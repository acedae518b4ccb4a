/* SPDX-License-Identifier: ISC */
#include "netcheck/check_permit.h"

#include "common/random.h"
#include "netcheck/find_zone.h"
#include "netcheck/judge_permit.h"
#include "netcheck/probe_permit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* One name: its zone, then its primary, then one question after the other. */
struct turn {
	struct check_permit *check;
	struct find_zone search;
	struct probe_permit *probe; /* under way, or NULL */
	size_t asked;               /* questions to the primary that are answered */
	struct judge_permit seen;
};

struct check_permit {
	struct check_tools *tools;
	struct check_permit_wanted wanted;
	check_done *done;
	void *user;
	struct turn *turns;
	size_t turn_count;
	size_t left;
};

void check_permit_free(struct check_permit *check)
{
	if (!check)
		return;
	for (size_t i = 0; i < check->turn_count; i++)
		probe_permit_cancel(check->turns[i].probe);
	free(check->turns);
	free(check);
}

static void leave(struct check_permit *check)
{
	if (--check->left == 0)
		check->done(check->user);
}

static void conclude(struct turn *turn)
{
	judge_permit(&turn->seen, turn->check->tools->sink, turn->check->tools->user);
	leave(turn->check);
}

static void ask_next(struct turn *turn);

static void on_answer(const struct permit_question *question, const struct permit_answer *answer,
		      void *user)
{
	struct turn *turn = user;

	turn->probe = NULL;
	turn->seen.types[turn->asked / 2].answers[question->form] = *answer;
	turn->asked++;
	if (permit_is_about_rights(answer->kind))
		ask_next(turn);
	else
		conclude(turn); /* the others would say the same */
}

static void ask_next(struct turn *turn)
{
	struct permit_question question = {.server = turn->seen.primary,
					   .zone = turn->seen.zone,
					   .key = turn->check->wanted.key};

	if (turn->asked == 2 * turn->seen.type_count) {
		conclude(turn);
		return;
	}
	question.type = turn->seen.types[turn->asked / 2].type;
	question.form = turn->asked % 2 ? PERMIT_ADD : PERMIT_DELETE;
	snprintf(question.label.text, sizeof(question.label.text), "amtnet-check-%016" PRIx64,
		 random_u64());
	if (probe_permit_start(&turn->probe, turn->check->tools->base, &question, on_answer,
			       turn)) {
		turn->check->tools->sink(NULL, turn->check->tools->user);
		leave(turn->check);
	}
}

static bool ask_address(struct turn *turn, enum probe_dns_type type, probe_dns_done *done)
{
	struct probe_dns_question question = {.server = turn->search.servers[turn->search.server],
					      .name = turn->seen.server,
					      .type = type};

	return !lookups_add(turn->search.lookups, &question, done, turn);
}

static void on_address(const struct probe_dns_question *question,
		       const struct probe_dns_answer *answer, void *user)
{
	struct turn *turn = user;

	if (!answer->addr_count && question->type == PROBE_DNS_A &&
	    ask_address(turn, PROBE_DNS_AAAA, on_address))
		return;
	if (!answer->addr_count) {
		conclude(turn);
		return;
	}
	turn->seen.primary = (struct endpoint){.addr = answer->addrs[0], .port = 53};
	ask_next(turn);
}

/* Several suffixes or subnets may lie in one zone: one of them is enough. */
static bool is_asked_already(const struct turn *turn, const struct hostname *zone)
{
	const struct check_permit *check = turn->check;

	for (size_t i = 0; i < check->turn_count; i++)
		if (hostname_equal(&check->turns[i].seen.zone, zone))
			return true;
	return false;
}

static void on_zone(const struct hostname *zone, const struct probe_dns_answer *soa, size_t server,
		    void *user)
{
	struct turn *turn = user;

	if (!hostname_is_empty(zone) && is_asked_already(turn, zone)) {
		leave(turn->check);
		return;
	}
	turn->seen.zone = *zone;
	judge_permit_types(&turn->seen);
	if (hostname_is_empty(zone) ||
	    (turn->seen.stated && !hostname_equal(&turn->seen.name, zone))) {
		conclude(turn);
		return;
	}
	if (turn->seen.primary.addr.family) {
		ask_next(turn);
		return;
	}
	if (soa->name_count)
		turn->seen.server = soa->names[0];
	if (!soa->name_count || !ask_address(turn, PROBE_DNS_A, on_address))
		conclude(turn);
}

static int start_turn(struct check_permit *check, struct turn *turn, const struct hostname *name)
{
	const struct check_permit_wanted *wanted = &check->wanted;
	int r;

	turn->check = check;
	turn->seen = (struct judge_permit){.name = *name,
					   .stated = wanted->stated,
					   .primary = wanted->primary,
					   .key = tsig_key_name(wanted->key)};
	turn->search = (struct find_zone){.lookups = check->tools->lookups,
					  .servers = wanted->servers,
					  .server_count = wanted->server_count,
					  .done = on_zone,
					  .user = turn};
	r = find_zone_start(&turn->search, name);
	if (!r)
		check->left++;
	return r;
}

int check_permit_start(struct check_permit **ret, struct check_tools *tools,
		       const struct check_permit_wanted *wanted, check_done *done, void *user)
{
	struct check_permit *check = calloc(1, sizeof(*check));
	int r = 0;

	if (!check)
		return -ENOMEM;
	*ret = check;
	check->tools = tools;
	check->wanted = *wanted;
	check->done = done;
	check->user = user;
	check->turns = calloc(wanted->name_count, sizeof(struct turn));
	if (!check->turns)
		return -ENOMEM;
	check->turn_count = wanted->name_count;
	for (size_t i = 0; i < wanted->name_count && !r; i++)
		r = start_turn(check, &check->turns[i], &wanted->names[i]);
	return r;
}
