/* SPDX-License-Identifier: ISC */
#include "netcheck/check_dns.h"

#include "netcheck/judge_dns.h"

#include <errno.h>
#include <stdlib.h>

/* The answers of one server to one topic: a suffix, the bare name, or a host. */
struct slot {
	struct check_dns *check;
	struct hostname name;
	struct probe_dns_answer first;  /* A, or for an IPv6 host AAAA */
	struct probe_dns_answer second; /* AAAA where expected; PTR for a host */
};

struct check_dns {
	struct check_tools *tools;
	struct check_dns_wanted wanted;
	check_done *done;
	void *user;
	bool six;           /* an IPv6 address is expected */
	struct slot *slots; /* topic-major: suffixes, then the bare name, then hosts */
	size_t topics;
	size_t left;
};

void check_dns_free(struct check_dns *check)
{
	if (!check)
		return;
	free(check->slots);
	free(check);
}

static struct slot *slot_of(const struct check_dns *check, size_t topic, size_t server)
{
	return &check->slots[topic * check->wanted.server_count + server];
}

static void judge_suffix(const struct check_dns *check, size_t topic,
			 const struct probe_dns_answer **answers)
{
	const struct check_dns_wanted *wanted = &check->wanted;
	const struct check_tools *tools = check->tools;

	for (size_t i = 0; i < wanted->server_count; i++) {
		const struct slot *slot = slot_of(check, topic, i);
		struct judge_dns_provision seen = {
			.name = slot->name,
			.server = wanted->servers[i],
			.expected = wanted->expected,
			.expected_count = wanted->expected_count,
			.a = &slot->first,
			.aaaa = check->six ? &slot->second : NULL,
		};

		answers[i] = &slot->first;
		judge_dns_provision(&seen, tools->sink, tools->user);
	}
	if (!wanted->expected_count) /* otherwise each was compared with the expectation */
		judge_dns_agree(&slot_of(check, topic, 0)->name, wanted->servers, answers,
				wanted->server_count, tools->sink, tools->user);
}

static void judge(const struct check_dns *check)
{
	const struct check_dns_wanted *wanted = &check->wanted;
	const struct check_tools *tools = check->tools;
	const struct probe_dns_answer **answers = calloc(wanted->server_count,
							 sizeof(const struct probe_dns_answer *));

	if (!answers) {
		tools->sink(NULL, tools->user);
		return;
	}
	for (size_t i = 0; i < wanted->suffix_count; i++)
		judge_suffix(check, i, answers);
	free(answers);
	for (size_t i = 0; i < wanted->server_count; i++) {
		const struct slot *slot = slot_of(check, wanted->suffix_count, i);

		judge_dns_bare(&slot->name, &wanted->servers[i], &slot->first, tools->sink,
			       tools->user);
	}
	for (size_t host = 0; host < wanted->host_count; host++)
		for (size_t i = 0; i < wanted->server_count; i++) {
			const struct slot *slot = slot_of(check, wanted->suffix_count + 1 + host,
							  i);

			judge_dns_host(&slot->name, wanted->hosts[host].addr, &wanted->servers[i],
				       &slot->first, &slot->second, tools->sink, tools->user);
		}
}

static void arrived(struct check_dns *check)
{
	if (--check->left)
		return;
	judge(check);
	check->done(check->user);
}

static void on_first(const struct probe_dns_question *question,
		     const struct probe_dns_answer *answer, void *user)
{
	struct slot *slot = user;

	slot->first = *answer;
	arrived(slot->check);
}

static void on_second(const struct probe_dns_question *question,
		      const struct probe_dns_answer *answer, void *user)
{
	struct slot *slot = user;

	slot->second = *answer;
	arrived(slot->check);
}

static int ask(struct check_dns *check, struct slot *slot, size_t server, struct hostname name,
	       enum probe_dns_type type, probe_dns_done *done)
{
	struct probe_dns_question question = {
		.server = check->wanted.servers[server], .name = name, .type = type};
	int r = lookups_add(check->tools->lookups, &question, done, slot);

	if (!r)
		check->left++;
	return r;
}

static int ask_host(struct check_dns *check, struct slot *slot, size_t server,
		    const struct check_dns_host *host)
{
	bool six = host->addr.family == ADDR_IP6;
	char text[ADDR_REVERSE_TEXT];
	struct hostname reverse;
	int r;

	r = hostname_parse(addr_print_reverse(host->addr, text), &reverse, NULL);
	if (!r)
		r = ask(check, slot, server, host->name, six ? PROBE_DNS_AAAA : PROBE_DNS_A,
			on_first);
	if (!r)
		r = ask(check, slot, server, reverse, PROBE_DNS_PTR, on_second);
	return r;
}

static int ask_topic(struct check_dns *check, size_t topic, size_t server)
{
	const struct check_dns_wanted *wanted = &check->wanted;
	struct slot *slot = slot_of(check, topic, server);
	int r = 0;

	slot->check = check;
	slot->name = wanted->label;
	if (topic > wanted->suffix_count) {
		const struct check_dns_host *host =
			&wanted->hosts[topic - wanted->suffix_count - 1];

		slot->name = host->name;
		return ask_host(check, slot, server, host);
	}
	if (topic < wanted->suffix_count)
		r = hostname_join(&wanted->label, &wanted->suffixes[topic], &slot->name);
	if (!r)
		r = ask(check, slot, server, slot->name, PROBE_DNS_A, on_first);
	if (!r && check->six && topic < wanted->suffix_count)
		r = ask(check, slot, server, slot->name, PROBE_DNS_AAAA, on_second);
	return r;
}

int check_dns_start(struct check_dns **ret, struct check_tools *tools,
		    const struct check_dns_wanted *wanted, check_done *done, void *user)
{
	struct check_dns *check = calloc(1, sizeof(*check));
	int r;

	if (!check)
		return -ENOMEM;
	*ret = check;
	check->tools = tools;
	check->wanted = *wanted;
	check->done = done;
	check->user = user;
	for (size_t i = 0; i < wanted->expected_count; i++)
		check->six = check->six || wanted->expected[i].family == ADDR_IP6;
	check->topics = wanted->suffix_count + 1 + wanted->host_count;
	check->slots = calloc(check->topics * wanted->server_count, sizeof(struct slot));
	if (!check->slots)
		return -ENOMEM;
	for (size_t topic = 0; topic < check->topics; topic++)
		for (size_t server = 0; server < wanted->server_count; server++) {
			r = ask_topic(check, topic, server);
			if (r)
				return r;
		}
	return 0;
}
