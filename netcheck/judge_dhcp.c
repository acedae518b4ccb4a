/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_dhcp.h"

#include "common/text.h"
#include "netcheck/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FQDN_SERVER 0x01 /* S: the server registers A */
#define FQDN_NOBODY 0x08 /* N: the server registers nothing */

#define ANSWER_TEXT (WORDS_TEXT + 360)
#define INFORM_TEXT (LEASE_OPTION81_TEXT + 160)

struct judge {
	const struct judge_dhcp *seen;
	check_sink *sink;
	void *user;
};

void judge_dhcp_note(struct judge_dhcp *seen, enum dhcp_ask ask, const struct dhcp_offer *offer,
		     struct addr source)
{
	struct addr id = offer->server.family ? offer->server : source;
	struct judge_dhcp_server *server = seen->servers;

	while (server < seen->servers + seen->server_count && !addr_equal(server->server, id))
		server++;
	if (server == seen->servers + JUDGE_DHCP_SERVERS) {
		seen->more++;
		return;
	}
	if (server == seen->servers + seen->server_count)
		seen->server_count++;
	server->server = id;
	server->source = source;
	server->answered[ask] = true;
	server->offers[ask] = *offer;
}

static bool same_answer(const struct dhcp_offer *a, const struct dhcp_offer *b)
{
	return a->domain.length == b->domain.length &&
	       !memcmp(a->domain.bytes, b->domain.bytes, a->domain.length) &&
	       a->server_count == b->server_count &&
	       !memcmp(a->servers, b->servers, a->server_count * sizeof(a->servers[0]));
}

/* "suffix corp.example and name servers 192.0.2.1" */
static const char *print_answer(const struct dhcp_offer *offer, char ret[ANSWER_TEXT])
{
	char servers[WORDS_TEXT], domain[300];

	text_clean(domain, sizeof(domain), offer->domain.bytes, offer->domain.length);
	snprintf(ret, ANSWER_TEXT, "%s%s and %s%s", offer->domain.length ? "suffix " : "no suffix",
		 domain, offer->server_count ? "name servers " : "no name servers",
		 offer->server_count ? words_addrs(offer->servers, offer->server_count, servers)
				     : "");
	return ret;
}

/* "INFORM answered, without option 81" */
static const char *describe_inform(const struct judge_dhcp *seen,
				   const struct judge_dhcp_server *server, char ret[INFORM_TEXT])
{
	const struct dhcp_offer *inform = &server->offers[DHCP_INFORM];
	char fqdn[LEASE_OPTION81_TEXT];

	if (seen->no_inform)
		snprintf(ret, INFORM_TEXT, "INFORM not asked: %s", seen->no_inform);
	else if (!server->answered[DHCP_INFORM])
		snprintf(ret, INFORM_TEXT, "no answer to INFORM");
	else if (!inform->fqdn.length)
		snprintf(ret, INFORM_TEXT, "INFORM answered, without option 81");
	else
		snprintf(ret, INFORM_TEXT, "INFORM answered, option 81 \"%s\"",
			 lease_option81_print(&inform->fqdn, fqdn));
	return ret;
}

/* Results about a server say how it answers INFORM, too. */
__attribute__((format(printf, 5, 6))) static void say(const struct judge *judge, const char *id,
						      enum result_state state,
						      const struct judge_dhcp_server *server,
						      const char *format, ...)
{
	char subject[ADDR_TEXT + 64], text[1024], addr[ADDR_TEXT], inform[INFORM_TEXT];
	struct result *result;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (server)
		snprintf(subject, sizeof(subject), "DHCP server %s",
			 addr_print(server->server, addr));
	else
		snprintf(subject, sizeof(subject), "DHCP %s", judge->seen->where);
	result = result_about(id, state, subject);
	if (result) {
		result_set(&result->text, "%s", text);
		if (server) {
			result->target = server->server;
			result_set(&result->evidence, "asked %s; %s", judge->seen->where,
				   describe_inform(judge->seen, server, inform));
		}
	}
	judge->sink(result, judge->user);
}

static bool has_offered(const struct judge_dhcp_server *server)
{
	return server->answered[DHCP_ASCII] || server->answered[DHCP_WIRE];
}

/* The offer that is judged where both came: the wire form is what RFC 4702 asks for. */
static const struct dhcp_offer *main_offer(const struct judge_dhcp_server *server)
{
	return &server->offers[server->answered[DHCP_WIRE] ? DHCP_WIRE : DHCP_ASCII];
}

static bool is_expected(const struct judge_dhcp *seen, const struct hostname *suffix)
{
	for (size_t i = 0; i < seen->suffix_count; i++)
		if (hostname_equal(&seen->suffixes[i], suffix))
			return true;
	return seen->suffix_count == 0;
}

/* Firmware compares the bytes: a trailing zero or space makes it another suffix. */
static bool read_suffix(const struct dhcp_offer *offer, struct hostname *ret, struct err *err)
{
	char text[sizeof(offer->domain.bytes) + 1];

	memcpy(text, offer->domain.bytes, offer->domain.length);
	text[offer->domain.length] = '\0';
	if (strlen(text) != offer->domain.length) {
		err_set(err, -1, "it holds a zero byte");
		return false;
	}
	return hostname_parse(text, ret, err) == 0;
}

static bool judge_domain(const struct judge *judge, const struct judge_dhcp_server *server)
{
	const struct dhcp_offer *offer = main_offer(server);
	struct hostname suffix;
	struct err err = {0};
	char clean[300];

	if (!offer->domain.length)
		say(judge, "NC402", RESULT_FAILURE, server, "option 15 is %s in its offer",
		    offer->has_domain ? "empty" : "missing");
	else if (!read_suffix(offer, &suffix, &err))
		say(judge, "NC402", RESULT_FAILURE, server, "option 15 \"%s\" is no DNS suffix: %s",
		    text_clean(clean, sizeof(clean), offer->domain.bytes, offer->domain.length),
		    err.text);
	else if (!is_expected(judge->seen, &suffix))
		say(judge, "NC404", RESULT_FAILURE, server,
		    "option 15 is %s, which is none of the suffixes of this site", suffix.text);
	else
		return true;
	return false;
}

static bool judge_servers(const struct judge *judge, const struct judge_dhcp_server *server)
{
	const struct dhcp_offer *offer = main_offer(server);

	if (offer->server_count && !offer->odd_servers)
		return true;
	say(judge, "NC403", RESULT_FAILURE, server, "option 6 is %s in its offer",
	    !offer->has_servers  ? "missing"
	    : offer->odd_servers ? "broken"
				 : "empty");
	return false;
}

/* The name in an answered option 81 that is ASCII; false for the wire form or none. */
static bool has_suffix_twice(const struct dhcp_offer *offer)
{
	char text[256], twice[512];
	struct hostname suffix;

	if (offer->fqdn.length < 4 || !read_suffix(offer, &suffix, NULL) || !suffix.text[0])
		return false;
	snprintf(twice, sizeof(twice), "%s.%s", suffix.text, suffix.text);
	memcpy(text, offer->fqdn.bytes + 3, offer->fqdn.length - 3u);
	text[offer->fqdn.length - 3] = '\0';
	return strcasestr(text, twice) != NULL;
}

static bool judge_fqdn(const struct judge *judge, const struct judge_dhcp_server *server)
{
	bool good = true;

	for (int encoding = 0; encoding < DHCP_ENCODINGS; encoding++) {
		const struct dhcp_offer *offer = &server->offers[encoding];
		uint8_t flags = offer->fqdn.length ? offer->fqdn.bytes[0] : FQDN_NOBODY;
		char text[LEASE_OPTION81_TEXT];

		if (!server->answered[encoding]) {
			say(judge, "NC406", RESULT_WARNING, server,
			    "no offer where option 81 came in %s", dhcp_encoding_name(encoding));
		} else if (flags & FQDN_NOBODY || !(flags & FQDN_SERVER)) {
			say(judge, "NC405", RESULT_WARNING, server,
			    "option 81 in %s is answered with \"%s\": it will not register the "
			    "name",
			    dhcp_encoding_name(encoding),
			    offer->fqdn.length ? lease_option81_print(&offer->fqdn, text)
					       : "nothing");
		} else if (has_suffix_twice(offer)) {
			say(judge, "NC407", RESULT_FAILURE, server,
			    "option 81 in %s is answered with \"%s\"", dhcp_encoding_name(encoding),
			    lease_option81_print(&offer->fqdn, text));
		} else {
			continue;
		}
		good = false;
	}
	return good;
}

/* `by` made the offer: the server itself, or another that it leaves offers to. */
static bool judge_inform(const struct judge *judge, const struct judge_dhcp_server *server,
			 const struct judge_dhcp_server *by)
{
	const struct dhcp_offer *inform = &server->offers[DHCP_INFORM], *offer = main_offer(by);
	char told[ANSWER_TEXT], offered[ANSWER_TEXT], addr[ADDR_TEXT];

	if (!server->answered[DHCP_INFORM] || same_answer(inform, offer))
		return true;
	say(judge, "NC411", RESULT_WARNING, server, "INFORM is answered with %s, but %s offers %s",
	    print_answer(inform, told), by == server ? "it" : addr_print(by->server, addr),
	    print_answer(offer, offered));
	return false;
}

/* The idle half of a pair does so, and is no fault where the other half offers. */
static void judge_silent(const struct judge *judge, const struct judge_dhcp_server *server,
			 const struct judge_dhcp_server *first)
{
	if (!first)
		say(judge, "NC412", RESULT_WARNING, server,
		    "answers INFORM, but offers no address");
	else if (judge_inform(judge, server, first))
		say(judge, "NC412", RESULT_OK, server,
		    "answers INFORM, and leaves offers to others");
}

static void judge_server(const struct judge *judge, const struct judge_dhcp_server *server)
{
	const struct dhcp_offer *offer = main_offer(server);
	char addr[ADDR_TEXT], servers[WORDS_TEXT], fqdn[LEASE_OPTION81_TEXT];
	bool good = judge_domain(judge, server);

	good &= judge_servers(judge, server);
	good &= judge_fqdn(judge, server);
	good &= judge_inform(judge, server, server);
	if (good)
		say(judge, "NC400", RESULT_OK, server,
		    "offers %s, suffix %.*s, name servers %s, option 81 \"%s\"",
		    addr_print(offer->address, addr), (int)offer->domain.length,
		    (const char *)offer->domain.bytes,
		    words_addrs(offer->servers, offer->server_count, servers),
		    lease_option81_print(&offer->fqdn, fqdn));
}

static const struct judge_dhcp_server *first_offering(const struct judge_dhcp *seen)
{
	for (size_t i = 0; i < seen->server_count; i++)
		if (has_offered(&seen->servers[i]))
			return &seen->servers[i];
	return NULL;
}

/* A PC takes the offer that comes first, or any other: each server that differs from the first is named with
 * what it says. */
static void judge_agree(const struct judge *judge, const struct judge_dhcp_server *first)
{
	const struct judge_dhcp *seen = judge->seen;
	char addr[ADDR_TEXT], other[ADDR_TEXT], ours[ANSWER_TEXT], theirs[ANSWER_TEXT];

	for (const struct judge_dhcp_server *server = first + 1;
	     server < seen->servers + seen->server_count; server++) {
		if (!has_offered(server) || same_answer(main_offer(first), main_offer(server)))
			continue;
		say(judge, "NC408", RESULT_WARNING, NULL,
		    "servers disagree: %s offers %s, %s offers %s", addr_print(first->server, addr),
		    print_answer(main_offer(first), ours), addr_print(server->server, other),
		    print_answer(main_offer(server), theirs));
	}
}

void judge_dhcp(const struct judge_dhcp *seen, check_sink *sink, void *user)
{
	struct judge judge = {.seen = seen, .sink = sink, .user = user};
	const struct judge_dhcp_server *first = first_offering(seen);

	if (!first)
		say(&judge, "NC401", RESULT_FAILURE, NULL, "no offer from any server");
	for (size_t i = 0; i < seen->server_count; i++)
		if (has_offered(&seen->servers[i]))
			judge_server(&judge, &seen->servers[i]);
		else
			judge_silent(&judge, &seen->servers[i], first);
	if (first)
		judge_agree(&judge, first);
	if (seen->more)
		say(&judge, "NC408", RESULT_WARNING, NULL,
		    "more than %d servers, %zu further offers were not looked at",
		    JUDGE_DHCP_SERVERS, seen->more);
}
