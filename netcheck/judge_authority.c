/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_authority.h"

#include "netcheck/words.h"

#include <stdio.h>

#define NEGATIVE_MOST_S 3600

static bool is_answered(const struct judge_authority_server *server)
{
	return server->addr.family &&
	       (server->answer.kind == PROBE_DNS_ANSWER ||
		server->answer.kind == PROBE_DNS_NODATA ||
		server->answer.kind == PROBE_DNS_NXDOMAIN) &&
	       server->answer.authoritative;
}

static bool holds_all(const struct probe_dns_answer *a, const struct probe_dns_answer *b)
{
	for (size_t i = 0; i < a->addr_count; i++) {
		bool found = false;

		for (size_t k = 0; k < b->addr_count && !found; k++)
			found = addr_equal(a->addrs[i], b->addrs[k]);
		if (!found)
			return false;
	}
	return true;
}

static bool same(const struct probe_dns_answer *a, const struct probe_dns_answer *b)
{
	return a->kind == b->kind && holds_all(a, b) && holds_all(b, a);
}

static const char *said(const struct probe_dns_answer *answer, char ret[WORDS_TEXT])
{
	if (answer->kind == PROBE_DNS_ANSWER)
		return words_addrs(answer->addrs, answer->addr_count, ret);
	return probe_dns_kind_name(answer->kind);
}

static void judge_silent(const struct judge_authority *seen,
			 const struct judge_authority_server *server, check_sink *sink, void *user)
{
	struct result *result = result_about("NC213", RESULT_WARNING, seen->zone.text);
	char addr[ADDR_TEXT];

	if (result && !server->addr.family)
		result_set(&result->text, "its name server %s has no address", server->name.text);
	else if (result)
		result_set(&result->text, "its name server %s (%s): %s", server->name.text,
			   addr_print(server->addr, addr),
			   server->answer.authoritative || server->answer.kind > PROBE_DNS_NXDOMAIN
				   ? probe_dns_kind_name(server->answer.kind)
				   : "answers, but not as one that has the zone");
	sink(result, user);
}

static void judge_other(const struct judge_authority *seen,
			const struct judge_authority_server *first,
			const struct judge_authority_server *other, check_sink *sink, void *user)
{
	struct result *result = result_about("NC212", RESULT_FAILURE, seen->name.text);
	char one[WORDS_TEXT], two[WORDS_TEXT];

	if (result)
		result_set(&result->text, "%s says %s, but %s says %s", first->name.text,
			   said(&first->answer, one), other->name.text, said(&other->answer, two));
	sink(result, user);
}

/* Keeps an answer for as long as the authoritative servers said when they gave it. */
static void judge_cache(const struct judge_authority *seen,
			const struct judge_authority_server *first,
			const struct judge_authority_resolver *resolver, check_sink *sink,
			void *user)
{
	const struct probe_dns_answer *answer = &resolver->answer;
	bool negative = answer->kind != PROBE_DNS_ANSWER;
	uint32_t left_s = negative ? answer->negative_s : answer->ttl_s;
	char one[WORDS_TEXT], two[WORDS_TEXT], server[ENDPOINT_TEXT];
	struct result *result;

	if (answer->kind > PROBE_DNS_NXDOMAIN || answer->authoritative || answer->alias ||
	    same(answer, &first->answer))
		return;
	result = result_about("NC239", RESULT_FAILURE, seen->name.text);
	if (!result) {
		sink(NULL, user);
		return;
	}
	endpoint_print(resolver->server, server);
	if (resolver->server.port == 53)
		addr_print(resolver->server.addr, server);
	result_set(&result->subject, "%s at %s", seen->name.text, server);
	result_set(&result->text, "%s from its cache, but %s says %s", said(answer, two),
		   first->name.text, said(&first->answer, one));
	result_set(&result->evidence, "the answer may be kept for %u s more", left_s);
	result_set(&result->fix,
		   "wait %u s, or flush the name on %s (rndc flushname, unbound-control flush)",
		   left_s, server);
	sink(result, user);
}

static void judge_servers(const struct judge_authority *seen, check_sink *sink, void *user)
{
	const struct judge_authority_server *first = NULL;
	size_t answered = 0, differing = 0;
	struct result *result;
	char text[WORDS_TEXT];

	for (size_t i = 0; i < seen->server_count; i++) {
		const struct judge_authority_server *server = &seen->servers[i];

		if (!is_answered(server)) {
			judge_silent(seen, server, sink, user);
			continue;
		}
		answered++;
		if (!first)
			first = server;
		if (same(&first->answer, &server->answer))
			continue;
		differing++;
		judge_other(seen, first, server, sink, user);
	}
	for (size_t i = 0; first && i < seen->resolver_count; i++)
		judge_cache(seen, first, &seen->resolvers[i], sink, user);
	if (!answered || differing)
		return;
	result = result_about("NC211", RESULT_OK, seen->name.text);
	if (result)
		result_set(&result->text, "%zu authoritative server%s of %s: %s", answered,
			   answered == 1 ? "" : "s", seen->zone.text, said(&first->answer, text));
	sink(result, user);
}

void judge_authority(const struct judge_authority *seen, check_sink *sink, void *user)
{
	struct result *result;

	if (hostname_is_empty(&seen->zone)) {
		result = result_about("NC215", RESULT_UNKNOWN, seen->name.text);
		if (result)
			result_set(&result->text, "nobody said which zone it lies in");
		sink(result, user);
		return;
	}
	judge_servers(seen, sink, user);
	if (seen->negative_s <= NEGATIVE_MOST_S)
		return;
	result = result_about("NC214", RESULT_WARNING, seen->zone.text);
	if (result)
		result_set(&result->text, "\"does not exist\" stays in caches for %u s",
			   seen->negative_s);
	sink(result, user);
}
