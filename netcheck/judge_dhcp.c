/* SPDX-License-Identifier: ISC */
#include "netcheck/judge_dhcp.h"

#include "common/text.h"
#include "netcheck/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FQDN_SERVER 0x01 /* S: the server registers A */
#define FQDN_NOBODY 0x08 /* N: the server registers nothing */

struct judge {
	const struct judge_dhcp *seen;
	check_sink *sink;
	void *user;
};

void judge_dhcp_note(struct judge_dhcp *seen, enum dhcp_encoding encoding,
		     const struct dhcp_offer *offer, struct addr source)
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
	server->offered[encoding] = true;
	server->offers[encoding] = *offer;
}

__attribute__((format(printf, 5, 6))) static void say(const struct judge *judge, const char *id,
						      enum result_state state, struct addr server,
						      const char *format, ...)
{
	char subject[ADDR_TEXT + 64], text[1024], addr[ADDR_TEXT];
	struct result *result;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (server.family)
		snprintf(subject, sizeof(subject), "DHCP server %s", addr_print(server, addr));
	else
		snprintf(subject, sizeof(subject), "DHCP %s", judge->seen->where);
	result = result_about(id, state, subject);
	if (result) {
		result->target = server;
		result_set(&result->text, "%s", text);
		if (server.family)
			result_set(&result->evidence, "asked %s", judge->seen->where);
	}
	judge->sink(result, judge->user);
}

/* The offer that is judged where both came: the wire form is what RFC 4702 asks for. */
static const struct dhcp_offer *main_offer(const struct judge_dhcp_server *server)
{
	return &server->offers[server->offered[DHCP_WIRE] ? DHCP_WIRE : DHCP_ASCII];
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
		say(judge, "NC402", RESULT_FAILURE, server->server, "option 15 is %s in its offer",
		    offer->has_domain ? "empty" : "missing");
	else if (!read_suffix(offer, &suffix, &err))
		say(judge, "NC402", RESULT_FAILURE, server->server,
		    "option 15 \"%s\" is no DNS suffix: %s",
		    text_clean(clean, sizeof(clean), offer->domain.bytes, offer->domain.length),
		    err.text);
	else if (!is_expected(judge->seen, &suffix))
		say(judge, "NC404", RESULT_FAILURE, server->server,
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
	say(judge, "NC403", RESULT_FAILURE, server->server, "option 6 is %s in its offer",
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

		if (!server->offered[encoding]) {
			say(judge, "NC406", RESULT_WARNING, server->server,
			    "no offer where option 81 came in %s", dhcp_encoding_name(encoding));
		} else if (flags & FQDN_NOBODY || !(flags & FQDN_SERVER)) {
			say(judge, "NC405", RESULT_WARNING, server->server,
			    "option 81 in %s is answered with \"%s\": it will not register the "
			    "name",
			    dhcp_encoding_name(encoding),
			    offer->fqdn.length ? lease_option81_print(&offer->fqdn, text)
					       : "nothing");
		} else if (has_suffix_twice(offer)) {
			say(judge, "NC407", RESULT_FAILURE, server->server,
			    "option 81 in %s is answered with \"%s\"", dhcp_encoding_name(encoding),
			    lease_option81_print(&offer->fqdn, text));
		} else {
			continue;
		}
		good = false;
	}
	return good;
}

static void judge_server(const struct judge *judge, const struct judge_dhcp_server *server)
{
	const struct dhcp_offer *offer = main_offer(server);
	char addr[ADDR_TEXT], servers[WORDS_TEXT], fqdn[LEASE_OPTION81_TEXT];
	bool good = judge_domain(judge, server);

	good &= judge_servers(judge, server);
	good &= judge_fqdn(judge, server);
	if (good)
		say(judge, "NC400", RESULT_OK, server->server,
		    "offers %s, suffix %.*s, name servers %s, option 81 \"%s\"",
		    addr_print(offer->address, addr), (int)offer->domain.length,
		    (const char *)offer->domain.bytes,
		    words_addrs(offer->servers, offer->server_count, servers),
		    lease_option81_print(&offer->fqdn, fqdn));
}

static bool same_answer(const struct dhcp_offer *a, const struct dhcp_offer *b)
{
	return a->domain.length == b->domain.length &&
	       !memcmp(a->domain.bytes, b->domain.bytes, a->domain.length) &&
	       a->server_count == b->server_count &&
	       !memcmp(a->servers, b->servers, a->server_count * sizeof(a->servers[0]));
}

static void judge_agree(const struct judge *judge)
{
	const struct judge_dhcp *seen = judge->seen;
	char first[ADDR_TEXT], other[ADDR_TEXT];

	for (size_t i = 1; i < seen->server_count; i++) {
		if (same_answer(main_offer(&seen->servers[0]), main_offer(&seen->servers[i])))
			continue;
		say(judge, "NC408", RESULT_WARNING, (struct addr){0},
		    "servers %s and %s offer different suffixes or name servers",
		    addr_print(seen->servers[0].server, first),
		    addr_print(seen->servers[i].server, other));
		return;
	}
}

void judge_dhcp(const struct judge_dhcp *seen, check_sink *sink, void *user)
{
	struct judge judge = {.seen = seen, .sink = sink, .user = user};

	if (!seen->server_count)
		say(&judge, "NC401", RESULT_FAILURE, (struct addr){0}, "no offer from any server");
	for (size_t i = 0; i < seen->server_count; i++)
		judge_server(&judge, &seen->servers[i]);
	judge_agree(&judge);
	if (seen->more)
		say(&judge, "NC408", RESULT_WARNING, (struct addr){0},
		    "more than %d servers, %zu further offers were not looked at",
		    JUDGE_DHCP_SERVERS, seen->more);
}
