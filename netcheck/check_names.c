/* SPDX-License-Identifier: ISC */
#include "netcheck/check_names.h"

#include "netcheck/judge_dns.h"

#include <errno.h>
#include <stdlib.h>

struct slot {
	struct check_names *check;
	struct judge_dns_target *target;
	size_t server; /* being asked */
};

struct check_names {
	struct check_tools *tools;
	struct check_names_group group;
	check_done *done;
	void *user;
	struct slot *slots;
	struct judge_dns_target *targets;
	size_t left;
};

void check_names_free(struct check_names *check)
{
	if (!check)
		return;
	free(check->slots);
	free(check->targets);
	free(check);
}

static void settle(struct slot *slot, enum judge_dns_name state, enum probe_dns_kind kind)
{
	struct check_names *check = slot->check;

	slot->target->state = state;
	slot->target->kind = kind;
	if (--check->left)
		return;
	judge_dns_names(check->group.name, check->targets, check->group.target_count,
			check->tools->sink, check->tools->user);
	check->done(check->user);
}

static bool is_no_answer(enum probe_dns_kind kind)
{
	return kind != PROBE_DNS_ANSWER && kind != PROBE_DNS_NODATA && kind != PROBE_DNS_NXDOMAIN;
}

static int ask_reverse(struct slot *slot);

static void on_forward(const struct probe_dns_question *question,
		       const struct probe_dns_answer *answer, void *user)
{
	struct slot *slot = user;

	if (is_no_answer(answer->kind)) {
		settle(slot, JUDGE_DNS_NAME_UNKNOWN, answer->kind);
		return;
	}
	for (size_t i = 0; i < answer->addr_count; i++)
		if (addr_equal(answer->addrs[i], slot->target->addr)) {
			settle(slot, JUDGE_DNS_NAME_GOOD, answer->kind);
			return;
		}
	if (answer->addr_count)
		slot->target->forward = answer->addrs[0];
	settle(slot, JUDGE_DNS_NAME_ELSEWHERE, answer->kind);
}

static void on_reverse(const struct probe_dns_question *question,
		       const struct probe_dns_answer *answer, void *user)
{
	struct slot *slot = user;
	struct probe_dns_question forward = {.server = question->server};

	if (is_no_answer(answer->kind)) {
		if (++slot->server < slot->check->group.server_count && !ask_reverse(slot))
			return;
		settle(slot, JUDGE_DNS_NAME_UNKNOWN, answer->kind);
		return;
	}
	if (!answer->name_count) {
		settle(slot, answer->more ? JUDGE_DNS_NAME_ELSEWHERE : JUDGE_DNS_NAME_MISSING,
		       answer->kind);
		return;
	}
	slot->target->name = answer->names[0];
	forward.name = answer->names[0];
	forward.type = slot->target->addr.family == ADDR_IP6 ? PROBE_DNS_AAAA : PROBE_DNS_A;
	if (lookups_add(slot->check->tools->lookups, &forward, on_forward, slot))
		settle(slot, JUDGE_DNS_NAME_UNKNOWN, PROBE_DNS_SILENT);
}

static int ask_reverse(struct slot *slot)
{
	struct probe_dns_question question = {.server = slot->check->group.servers[slot->server],
					      .type = PROBE_DNS_PTR};
	char text[ADDR_REVERSE_TEXT];
	int r;

	r = hostname_parse(addr_print_reverse(slot->target->addr, text), &question.name, NULL);
	return r ? r : lookups_add(slot->check->tools->lookups, &question, on_reverse, slot);
}

int check_names_start(struct check_names **ret, struct check_tools *tools,
		      const struct check_names_group *group, check_done *done, void *user)
{
	struct check_names *check = calloc(1, sizeof(*check));
	int r;

	if (!check)
		return -ENOMEM;
	*ret = check;
	check->tools = tools;
	check->group = *group;
	check->done = done;
	check->user = user;
	check->slots = calloc(group->target_count, sizeof(struct slot));
	check->targets = calloc(group->target_count, sizeof(struct judge_dns_target));
	if (!check->slots || !check->targets)
		return -ENOMEM;
	for (size_t i = 0; i < group->target_count; i++) {
		check->targets[i].addr = group->targets[i];
		check->slots[i] = (struct slot){.check = check, .target = &check->targets[i]};
		r = ask_reverse(&check->slots[i]);
		if (r)
			return r;
		check->left++;
	}
	return 0;
}
