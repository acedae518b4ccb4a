/* SPDX-License-Identifier: ISC */
#include "dns/primary.h"

#include <string.h>

void primary_begin(struct primary *primary, const struct hostname *name,
		   const struct hostname *floor, enum primary_goal goal,
		   const struct endpoint *resolvers, size_t count, uint16_t port)
{
	*primary = (struct primary){.name = *name, .floor = *floor, .goal = goal, .port = port};
	if (count > PRIMARY_RESOLVERS_MAX)
		count = PRIMARY_RESOLVERS_MAX;
	for (size_t i = 0; i < count; i++)
		primary->resolvers[i] = resolvers[i];
	primary->resolver_count = count;
}

static enum primary_result fail(struct primary *primary, const char *words)
{
	err_set(&primary->words, 0, "%s", words);
	return PRIMARY_NOT;
}

/* The next question ----------------------------------------------------------------------------- */

static enum primary_result ask_resolver(struct primary *primary, const struct hostname *name,
					uint16_t type, struct ask_question *ret)
{
	*ret = (struct ask_question){
		.server = primary->resolvers[primary->resolver],
		.name = *name,
		.type = type,
		.recurse = true,
	};
	return PRIMARY_ASK;
}

static enum primary_result ask_candidate(const struct primary *primary, struct ask_question *ret)
{
	*ret = (struct ask_question){.server = primary->candidates[primary->at],
				     .name = primary->zone,
				     .type = RECORD_SOA};
	return PRIMARY_ASK;
}

static enum primary_result look_at_ns(struct primary *primary, struct ask_question *ret)
{
	primary->phase = PRIMARY_NS;
	primary->by_ns = true;
	return ask_resolver(primary, &primary->zone, RECORD_NS, ret);
}

static enum primary_result over(struct primary *primary, struct ask_question *ret)
{
	char why[sizeof(primary->words.text)];

	if (primary->count)
		return PRIMARY_FOUND;
	if (!primary->by_ns)
		return look_at_ns(primary, ret);
	memcpy(why, primary->words.text, sizeof(why));
	err_set(&primary->words, 0,
		"neither the primary that the SOA of %s names (%s) nor a name server of its NS "
		"records answers for it%s%.300s",
		primary->zone.text, *primary->mname.text ? primary->mname.text : "none",
		*why ? "; last: " : "", why);
	return PRIMARY_NOT;
}

/* The addresses of names[at], or the first address when there are no more names. */
static enum primary_result next_name(struct primary *primary, struct ask_question *ret)
{
	if (primary->at < primary->name_count) {
		primary->phase = PRIMARY_A;
		return ask_resolver(primary, &primary->names[primary->at], RECORD_A, ret);
	}
	primary->phase = PRIMARY_CHECK;
	primary->at = 0;
	return primary->candidate_count ? ask_candidate(primary, ret) : over(primary, ret);
}

static enum primary_result look_at(struct primary *primary, const struct hostname *names,
				   size_t count, struct ask_question *ret)
{
	primary->name_count = primary->at = primary->candidate_count = 0;
	for (size_t i = 0; i < count && i < PRIMARY_SERVERS_MAX; i++) {
		if (!hostname_is_empty(&names[i]))
			primary->names[primary->name_count++] = names[i];
	}
	return next_name(primary, ret);
}

/* What an answer says --------------------------------------------------------------------------- */

static enum primary_result go_up(struct primary *primary, struct ask_question *ret)
{
	const char *dot = strchr(primary->name.text, '.');
	struct hostname up = {""};

	if (dot && !hostname_equal(&primary->name, &primary->floor))
		memcpy(up.text, dot + 1, strlen(dot + 1) + 1);
	if (!dot || hostname_is_empty(&up) || !hostname_is_below(&up, &primary->floor)) {
		err_set(&primary->words, 0,
			"no zone was found: the resolver shows no SOA at or above %s, up to %s",
			primary->name.text, primary->floor.text);
		return PRIMARY_NOT;
	}
	primary->name = up;
	return ask_resolver(primary, &primary->name, RECORD_SOA, ret);
}

static enum primary_result take_zone(struct primary *primary, const struct update_answer *answer,
				     struct ask_question *ret)
{
	const struct update_soa *soa = &answer->soa;

	if (!soa->found || !hostname_is_below(&primary->name, &soa->zone))
		return go_up(primary, ret);
	if (!hostname_is_below(&soa->zone, &primary->floor)) {
		err_set(&primary->words, 0, "%s is no zone and in none: its SOA is that of %s",
			primary->floor.text, *soa->zone.text ? soa->zone.text : "the root");
		return PRIMARY_NOT;
	}
	primary->zone = soa->zone;
	primary->mname = soa->mname;
	if (primary->goal == PRIMARY_GOAL_ZONE)
		return PRIMARY_FOUND;
	return look_at(primary, &primary->mname, 1, ret);
}

static void take_address(struct primary *primary, const struct record *record)
{
	struct endpoint server = {.port = primary->port};
	bool six = record->type == RECORD_AAAA;

	if (record->length != (six ? 16 : 4) || primary->candidate_count == PRIMARY_SERVERS_MAX)
		return;
	server.addr.family = six ? ADDR_IP6 : ADDR_IP4;
	memcpy(server.addr.bytes, record->rdata, record->length);
	primary->candidates[primary->candidate_count++] = server;
}

static enum primary_result take_addresses(struct primary *primary,
					  const struct update_answer *answer,
					  struct ask_question *ret)
{
	for (size_t i = 0; i < answer->count; i++)
		take_address(primary, &answer->records[i]);
	if (primary->phase == PRIMARY_A) {
		primary->phase = PRIMARY_AAAA;
		return ask_resolver(primary, &primary->names[primary->at], RECORD_AAAA, ret);
	}
	primary->at++;
	return next_name(primary, ret);
}

static enum primary_result take_names(struct primary *primary, const struct update_answer *answer,
				      struct ask_question *ret)
{
	struct hostname names[PRIMARY_SERVERS_MAX];
	bool full, changed;
	size_t count = 0;

	for (size_t i = 0; i < answer->count && count < PRIMARY_SERVERS_MAX; i++) {
		const struct record *record = &answer->records[i];

		if (!hostname_from_wire(record->rdata, record->length, &names[count], &full,
					&changed) &&
		    full && !changed)
			count++;
	}
	return look_at(primary, names, count, ret);
}

/* What is wrong with the word of a server about its own zone; NULL = nothing. */
static const char *lame(const struct primary *primary, const struct update_answer *answer)
{
	if (!answer->authoritative)
		return "its answer is not authoritative";
	if (!answer->soa.found || !hostname_equal(&answer->soa.zone, &primary->zone))
		return "it has no SOA of the zone";
	return NULL;
}

static void say_lame(struct primary *primary, const char *fault)
{
	char at[ENDPOINT_TEXT];

	err_set(&primary->words, 0, "%s: %s", endpoint_print(primary->candidates[primary->at], at),
		fault);
}

static enum primary_result take_check(struct primary *primary, const struct ask_answer *last,
				      struct ask_question *ret)
{
	const struct update_soa *soa = &last->answer.soa;
	const char *fault = last->good ? lame(primary, &last->answer) : NULL;

	if (!last->good) {
		primary->words = last->words;
	} else if (fault) {
		say_lame(primary, fault);
	} else if (!hostname_equal(&soa->mname, &primary->mname) &&
		   primary->followed < PRIMARY_FOLLOWED_MAX) {
		primary->followed++;
		primary->mname = soa->mname;
		primary->by_ns = false;
		primary->count = 0;
		return look_at(primary, &primary->mname, 1, ret);
	} else {
		primary->servers[primary->count++] = primary->candidates[primary->at];
	}
	if (++primary->at < primary->candidate_count)
		return ask_candidate(primary, ret);
	return over(primary, ret);
}

/* The same question to the next resolver. Where none answers it, an address or an NS RRset is as good as not
 * there; without the zone's SOA nothing is known. */
static enum primary_result resolver_failed(struct primary *primary, const struct ask_answer *last,
					   struct ask_question *ret)
{
	static const struct update_answer none;
	uint16_t type = primary->phase == PRIMARY_ZONE ? RECORD_SOA
			: primary->phase == PRIMARY_NS ? RECORD_NS
			: primary->phase == PRIMARY_A  ? RECORD_A
						       : RECORD_AAAA;

	primary->words = last->words;
	primary->resolver = (primary->resolver + 1) % primary->resolver_count;
	if (++primary->resolvers_failed < primary->resolver_count)
		return ask_resolver(primary,
				    primary->phase == PRIMARY_ZONE ? &primary->name
				    : primary->phase == PRIMARY_NS ? &primary->zone
								   : &primary->names[primary->at],
				    type, ret);
	primary->resolvers_failed = 0;
	if (primary->phase == PRIMARY_ZONE)
		return PRIMARY_NOT;
	return primary->phase == PRIMARY_NS ? take_names(primary, &none, ret)
					    : take_addresses(primary, &none, ret);
}

enum primary_result primary_next(struct primary *primary, const struct ask_answer *last,
				 struct ask_question *ret)
{
	if (!primary->resolver_count)
		return fail(primary, "no resolver is known: neither dns.discover.resolvers nor "
				     "/etc/resolv.conf names one");
	if (!last)
		return ask_resolver(primary, &primary->name, RECORD_SOA, ret);
	if (++primary->questions == PRIMARY_QUESTIONS_MAX)
		return fail(primary, "the name servers lead round and round");
	if (primary->phase == PRIMARY_CHECK)
		return take_check(primary, last, ret);
	if (!last->good)
		return resolver_failed(primary, last, ret);
	primary->resolvers_failed = 0;
	switch (primary->phase) {
	case PRIMARY_ZONE:
		return take_zone(primary, &last->answer, ret);
	case PRIMARY_NS:
		return take_names(primary, &last->answer, ret);
	case PRIMARY_A:
	case PRIMARY_AAAA:
	case PRIMARY_CHECK:
		break;
	}
	return take_addresses(primary, &last->answer, ret);
}
