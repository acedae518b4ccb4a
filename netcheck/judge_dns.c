/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_dns.h"

#include "netcheck/explain.h"
#include "netcheck/words.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_TTL_S 86400
#define SUBJECT_TEXT (HOSTNAME_MAX + ENDPOINT_TEXT + 8)

static bool holds(const struct addr *addrs, size_t count, struct addr addr)
{
	for (size_t i = 0; i < count; i++)
		if (addr_equal(addrs[i], addr))
			return true;
	return false;
}

/* "10.81.2.2", with the port only where it is not 53. */
static const char *server_words(struct endpoint server, char ret[ENDPOINT_TEXT])
{
	return server.port == 53 ? addr_print(server.addr, ret) : endpoint_print(server, ret);
}

static struct result *make(const char *id, enum result_state state, const struct hostname *name,
			   struct endpoint server)
{
	struct result *result = result_new(id, state);
	char text[ENDPOINT_TEXT];

	if (result)
		result_set(&result->subject, "%s at %s", name->text, server_words(server, text));
	return result;
}

static void set_evidence(struct result *result, enum probe_dns_type type,
			 const struct probe_dns_answer *answer)
{
	char rtt[32], ignored[48] = "";

	if (answer->ignored)
		snprintf(ignored, sizeof(ignored), ", %u foreign messages ignored",
			 answer->ignored);
	result_set(&result->evidence, "%s asked %u time%s by %s: %s%s after %s%s",
		   probe_dns_type_name(type), answer->tries, answer->tries == 1 ? "" : "s",
		   answer->tcp ? "udp, then tcp" : "udp", probe_dns_kind_name(answer->kind),
		   answer->authoritative ? " (authoritative)" : "", words_rtt(answer->rtt_us, rtt),
		   ignored);
}

/* The union of the addresses that both questions brought. */
static size_t gather(const struct judge_dns_provision *seen,
		     struct addr ret[2 * PROBE_DNS_RECORDS_MAX])
{
	size_t count = seen->a->addr_count;

	memcpy(ret, seen->a->addrs, count * sizeof(struct addr));
	if (seen->aaaa) {
		memcpy(ret + count, seen->aaaa->addrs,
		       seen->aaaa->addr_count * sizeof(struct addr));
		count += seen->aaaa->addr_count;
	}
	return count;
}

static struct result *judge_answered(const struct judge_dns_provision *seen,
				     const struct probe_dns_answer *answer)
{
	struct addr found[2 * PROBE_DNS_RECORDS_MAX];
	size_t count = gather(seen, found), foreign = 0, absent = 0;
	char have[WORDS_TEXT], want[WORDS_TEXT];
	struct result *result;

	for (size_t i = 0; seen->expected_count && i < count; i++)
		foreign += !holds(seen->expected, seen->expected_count, found[i]);
	for (size_t i = 0; i < seen->expected_count; i++)
		absent += !holds(found, count, seen->expected[i]);
	words_addrs(found, count, have);
	words_addrs(seen->expected, seen->expected_count, want);
	if (!foreign && !absent) {
		result = make("NC200", RESULT_OK, &seen->name, seen->server);
		if (result)
			result_set(&result->text, "%s%s, TTL %u s", have,
				   seen->expected_count ? ", as expected" : "", answer->ttl_s);
		return result;
	}
	result = make("NC203", foreign ? RESULT_FAILURE : RESULT_WARNING, &seen->name,
		      seen->server);
	if (!result)
		return NULL;
	result_set(&result->text, "%s, expected %s", have, want);
	result_set(&result->fix, "set the address records of %s to %s", seen->name.text, want);
	return result;
}

static struct result *judge_negative(const struct judge_dns_provision *seen,
				     const struct probe_dns_answer *answer)
{
	bool missing = answer->kind == PROBE_DNS_NXDOMAIN, empty = answer->kind == PROBE_DNS_NODATA;
	struct result *result = make(missing ? "NC201" : "NC202", RESULT_FAILURE, &seen->name,
				     seen->server);
	char want[WORDS_TEXT];

	if (!result)
		return NULL;
	result_set(&result->text, "%s",
		   missing ? "does not exist (NXDOMAIN)" : "has no address record");
	if (missing || empty)
		result_set(&result->fix, "create %s with the address %s%s", seen->name.text,
			   seen->expected_count
				   ? words_addrs(seen->expected, seen->expected_count, want)
				   : "of the provisioning server",
			   answer->authoritative
				   ? ""
				   : ", unless NC239 says that this is an old answer");
	return result;
}

/* The server itself is at fault; used for every question. */
static struct result *judge_server(const struct hostname *name, struct endpoint server,
				   const struct probe_dns_answer *answer, enum result_state state)
{
	bool silent = answer->kind == PROBE_DNS_SILENT || answer->kind == PROBE_DNS_UNREACHABLE;
	struct result *result = make(silent ? "NC205" : "NC204", state, name, server);
	char text[ENDPOINT_TEXT];

	if (!result)
		return NULL;
	server_words(server, text);
	if (answer->kind == PROBE_DNS_UNREACHABLE)
		result_set(&result->text, "name server unreachable: %s", strerror(answer->error));
	else if (answer->kind == PROBE_DNS_OTHER)
		result_set(&result->text, "name server answers with rcode %d", answer->rcode);
	else
		result_set(&result->text, "name server gives %s",
			   probe_dns_kind_name(answer->kind));
	result_set(&result->fix,
		   silent ? "check that %s runs and that udp/53 and tcp/53 to it pass"
			  : "allow the question on %s, or ask a server that knows the zone",
		   text);
	return result;
}

static void judge_alias(const struct judge_dns_provision *seen, check_sink *sink, void *user)
{
	struct result *result = make("NC210", RESULT_WARNING, &seen->name, seen->server);

	if (result) {
		result_set(&result->text, "is an alias (CNAME)");
		result_set(&result->fix, "%s", result->kind->remedy);
	}
	sink(result, user);
}

void judge_dns_provision(const struct judge_dns_provision *seen, check_sink *sink, void *user)
{
	bool six = seen->aaaa && seen->aaaa->kind == PROBE_DNS_ANSWER;
	const struct probe_dns_answer *answer = seen->a->kind != PROBE_DNS_ANSWER && six
							? seen->aaaa
							: seen->a;
	enum probe_dns_type type = answer == seen->a ? PROBE_DNS_A : PROBE_DNS_AAAA;
	struct result *result = NULL;

	switch (answer->kind) {
	case PROBE_DNS_ANSWER:
		result = judge_answered(seen, answer);
		break;
	case PROBE_DNS_NXDOMAIN:
	case PROBE_DNS_NODATA:
		result = judge_negative(seen, answer);
		break;
	case PROBE_DNS_REFUSED:
	case PROBE_DNS_SERVFAIL:
	case PROBE_DNS_OTHER:
	case PROBE_DNS_BAD:
	case PROBE_DNS_SILENT:
	case PROBE_DNS_UNREACHABLE:
		result = judge_server(&seen->name, seen->server, answer, RESULT_FAILURE);
		break;
	}
	if (result)
		set_evidence(result, type, answer);
	sink(result, user);
	if (answer->kind == PROBE_DNS_ANSWER && answer->alias)
		judge_alias(seen, sink, user);
	if (answer->kind != PROBE_DNS_ANSWER || answer->ttl_s <= LONG_TTL_S)
		return;
	result = make("NC209", RESULT_WARNING, &seen->name, seen->server);
	if (result)
		result_set(&result->text, "TTL of %u s is longer than a day", answer->ttl_s);
	sink(result, user);
}

static bool same_addrs(const struct probe_dns_answer *a, const struct probe_dns_answer *b)
{
	if (a->addr_count != b->addr_count || a->more != b->more)
		return false;
	for (size_t i = 0; i < a->addr_count; i++)
		if (!holds(b->addrs, b->addr_count, a->addrs[i]))
			return false;
	return true;
}

void judge_dns_agree(const struct hostname *name, const struct endpoint *servers,
		     const struct probe_dns_answer *const *answers, size_t count, check_sink *sink,
		     void *user)
{
	size_t first = count;

	for (size_t i = 0; i < count; i++) {
		char one[WORDS_TEXT], two[WORDS_TEXT], text[ENDPOINT_TEXT];
		struct result *result;

		if (answers[i]->kind > PROBE_DNS_NXDOMAIN)
			continue; /* no answer is another finding */
		if (first == count)
			first = i;
		if (same_addrs(answers[first], answers[i]))
			continue;
		result = make("NC206", RESULT_FAILURE, name, servers[i]);
		if (result)
			result_set(&result->text, "%s, but %s says %s",
				   words_addrs(answers[i]->addrs, answers[i]->addr_count, two),
				   server_words(servers[first], text),
				   words_addrs(answers[first]->addrs, answers[first]->addr_count,
					       one));
		sink(result, user);
	}
}

void judge_dns_bare(const struct hostname *name, const struct endpoint *server,
		    const struct probe_dns_answer *answer, check_sink *sink, void *user)
{
	bool final = answer->kind == PROBE_DNS_ANSWER || answer->kind == PROBE_DNS_NODATA ||
		     answer->kind == PROBE_DNS_NXDOMAIN || answer->kind == PROBE_DNS_REFUSED;
	bool prompt = final && answer->tries == 1 && answer->rtt_us <= JUDGE_DNS_PROMPT_US;
	struct result *result = make(prompt ? "NC207" : "NC208",
				     prompt ? RESULT_OK : RESULT_WARNING, name, *server);
	char rtt[32];

	if (result) {
		result_set(&result->text, "the bare name: %s after %s, PCs %s",
			   probe_dns_kind_name(answer->kind), words_rtt(answer->rtt_us, rtt),
			   prompt ? "go on with the suffix at once" : "wait for it");
		if (!prompt)
			result_set(&result->fix, "%s", result->kind->remedy);
		set_evidence(result, PROBE_DNS_A, answer);
	}
	sink(result, user);
}

static struct result *judge_forward(const struct hostname *name, struct addr addr,
				    const struct endpoint *server,
				    const struct probe_dns_answer *forward)
{
	struct result *result;
	char have[WORDS_TEXT], want[ADDR_TEXT];

	if (forward->kind > PROBE_DNS_NXDOMAIN)
		return judge_server(name, *server, forward, RESULT_FAILURE);
	result = make("NC224", RESULT_FAILURE, name, *server);
	if (!result)
		return NULL;
	addr_print(addr, want);
	if (forward->kind == PROBE_DNS_ANSWER)
		result_set(&result->text, "%s, expected %s",
			   words_addrs(forward->addrs, forward->addr_count, have), want);
	else
		result_set(&result->text, "%s, expected %s", probe_dns_kind_name(forward->kind),
			   want);
	result_set(&result->fix, "set the address record of %s to %s", name->text, want);
	return result;
}

static struct result *judge_reverse(const struct hostname *name, struct addr addr,
				    const struct endpoint *server,
				    const struct probe_dns_answer *reverse)
{
	bool missing = reverse->kind == PROBE_DNS_NXDOMAIN || reverse->kind == PROBE_DNS_NODATA;
	struct result *result;
	char text[ADDR_TEXT];

	addr_print(addr, text);
	if (!missing && reverse->kind != PROBE_DNS_ANSWER) {
		result = make("NC223", RESULT_UNKNOWN, name, *server);
		if (result)
			result_set(&result->text, "has %s, but its reverse question got %s", text,
				   probe_dns_kind_name(reverse->kind));
		return result;
	}
	if (missing) {
		result = make("NC221", RESULT_WARNING, name, *server);
		if (result)
			result_set(&result->text, "has %s, which has no PTR record", text);
		return result;
	}
	for (size_t i = 0; i < reverse->name_count; i++)
		if (hostname_equal(&reverse->names[i], name)) {
			result = make("NC220", RESULT_OK, name, *server);
			if (result)
				result_set(&result->text, "has %s, which points back", text);
			return result;
		}
	result = make("NC222", RESULT_FAILURE, name, *server);
	if (result)
		result_set(&result->text, "has %s, which points to %s", text,
			   reverse->name_count ? reverse->names[0].text : "an unreadable name");
	return result;
}

void judge_dns_host(const struct hostname *name, struct addr addr, const struct endpoint *server,
		    const struct probe_dns_answer *forward, const struct probe_dns_answer *reverse,
		    check_sink *sink, void *user)
{
	enum probe_dns_type forward_type = addr.family == ADDR_IP6 ? PROBE_DNS_AAAA : PROBE_DNS_A;
	bool good = forward->kind == PROBE_DNS_ANSWER && forward->addr_count == 1 &&
		    !forward->more && addr_equal(forward->addrs[0], addr);
	struct result *result = good ? judge_reverse(name, addr, server, reverse)
				     : judge_forward(name, addr, server, forward);

	if (result) {
		result->target = addr;
		if (!result->fix && result->state > RESULT_OK)
			result_set(&result->fix, "%s", result->kind->remedy);
		set_evidence(result, good ? PROBE_DNS_PTR : forward_type, good ? reverse : forward);
	}
	sink(result, user);
}

static void describe_names(struct result *result, const struct judge_dns_target *first,
			   const char *addrs, size_t count, size_t all)
{
	char forward[ADDR_TEXT];

	result_set(&result->subject, "%s", addrs);
	switch (first->state) {
	case JUDGE_DNS_NAME_GOOD:
		if (count == 1)
			result_set(&result->text, "name %s, and it points back", first->name.text);
		else
			result_set(&result->text,
				   "%zu of %zu addresses have a name that points back", count, all);
		break;
	case JUDGE_DNS_NAME_MISSING:
		result_set(&result->text, "no PTR record (%zu of %zu addresses)", count, all);
		break;
	case JUDGE_DNS_NAME_ELSEWHERE:
		result_set(&result->text, "PTR says %s, which has %s (%zu of %zu addresses)",
			   first->name.text,
			   first->forward.family ? addr_print(first->forward, forward)
						 : "no address",
			   count, all);
		break;
	case JUDGE_DNS_NAME_UNKNOWN:
		result_set(&result->text, "the name server gives %s (%zu of %zu addresses)",
			   probe_dns_kind_name(first->kind), count, all);
		break;
	}
	if (result->state > RESULT_OK)
		result_set(&result->fix, "%s", result->kind->remedy);
}

void judge_dns_names(const char *group, const struct judge_dns_target *targets, size_t count,
		     check_sink *sink, void *user)
{
	static const struct {
		const char *id;
		enum result_state state;
	} kinds[] = {
		{"NC220", RESULT_OK},
		{"NC221", RESULT_WARNING},
		{"NC222", RESULT_FAILURE},
		{"NC223", RESULT_UNKNOWN},
	};

	for (int state = JUDGE_DNS_NAME_GOOD; state <= JUDGE_DNS_NAME_UNKNOWN; state++) {
		const struct judge_dns_target *first = NULL;
		struct addr shown[16];
		struct result *result;
		char addrs[WORDS_TEXT];
		size_t found = 0;

		for (size_t i = 0; i < count; i++) {
			if ((int)targets[i].state != state)
				continue;
			first = first ? first : &targets[i];
			if (found < 16)
				shown[found] = targets[i].addr;
			found++;
		}
		if (!first)
			continue;
		result = result_new(kinds[state].id, kinds[state].state);
		if (result) {
			result_set(&result->group, "%s", group);
			describe_names(result, first,
				       words_addrs(shown, found < 16 ? found : 16, addrs), found,
				       count);
			if (found == 1)
				result->target = first->addr;
		}
		sink(result, user);
	}
}
