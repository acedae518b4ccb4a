/* SPDX-License-Identifier: ISC */
#include "netcheck/words.h"

#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ADDRS_SHOWN 5

const char *words_addrs(const struct addr *addrs, size_t count, char ret[WORDS_TEXT])
{
	size_t shown = count > ADDRS_SHOWN + 1 ? ADDRS_SHOWN : count;
	char text[ADDR_TEXT];
	size_t at = 0;

	snprintf(ret, WORDS_TEXT, "nothing");
	for (size_t i = 0; i < shown && at < WORDS_TEXT; i++)
		at += (size_t)snprintf(ret + at, WORDS_TEXT - at, "%s%s", i ? ", " : "",
				       addr_print(addrs[i], text));
	if (shown < count && at < WORDS_TEXT)
		snprintf(ret + at, WORDS_TEXT - at, " and %zu more", count - shown);
	return ret;
}

const char *words_rtt(uint32_t us, char ret[32])
{
	if (us < 10000)
		snprintf(ret, 32, "%u.%u ms", us / 1000, us % 1000 / 100);
	else
		snprintf(ret, 32, "%u ms", us / 1000);
	return ret;
}

static const char *icmp4_name(uint8_t type, uint8_t code)
{
	static const char *const unreachable[] = {
		"network unreachable",
		"host unreachable",
		"protocol unreachable",
		"port unreachable",
		"fragmentation needed",
		"source route failed",
		"network unknown",
		"host unknown",
		"host isolated",
		"network prohibited",
		"host prohibited",
		"network unreachable for this service",
		"host unreachable for this service",
		"administratively prohibited",
	};

	if (type == ICMP_TIME_EXCEEDED)
		return "time exceeded";
	if (type == ICMP_DEST_UNREACH && code < sizeof(unreachable) / sizeof(unreachable[0]))
		return unreachable[code];
	return "no name";
}

static const char *icmp6_name(uint8_t type, uint8_t code)
{
	static const char *const unreachable[] = {
		"no route",         "administratively prohibited",
		"beyond scope",     "address unreachable",
		"port unreachable", "source policy failed",
		"route rejects",
	};

	if (type == ICMPV6_TIME_EXCEED)
		return "time exceeded";
	if (type == ICMPV6_DEST_UNREACH && code < sizeof(unreachable) / sizeof(unreachable[0]))
		return unreachable[code];
	return "no name";
}

const char *words_icmp(const struct dial_error *error, uint8_t family, char ret[96])
{
	bool ip6 = family == ADDR_IP6;

	snprintf(ret, 96, "ICMP%s type %u code %u, %s", ip6 ? "v6" : "", error->type, error->code,
		 ip6 ? icmp6_name(error->type, error->code) : icmp4_name(error->type, error->code));
	return ret;
}

const char *words_hop(unsigned hop, struct addr by, char ret[96])
{
	char text[ADDR_TEXT];

	if (!hop)
		snprintf(ret, 96, "this machine");
	else if (by.family == ADDR_NONE)
		snprintf(ret, 96, "hop %u", hop);
	else
		snprintf(ret, 96, "hop %u (%s)", hop, addr_print(by, text));
	return ret;
}

const char *words_place(const struct hop_finding *finding, const char *host, char ret[WORDS_TEXT])
{
	char last[96], next[96];

	words_hop(finding->last, finding->last_addr, last);
	words_hop(finding->last + 1, finding->next_addr, next);
	switch (finding->place) {
	case HOP_PLACE_BETWEEN:
		snprintf(ret, WORDS_TEXT, "dropped between %s and %s, towards %s", last, next,
			 host);
		break;
	case HOP_PLACE_AFTER:
		snprintf(ret, WORDS_TEXT, "lost after %s, towards %s; what comes next stays silent",
			 last, host);
		break;
	case HOP_PLACE_EDGE:
		if (finding->last)
			snprintf(ret, WORDS_TEXT,
				 "dropped between %s, the last router, and %s itself, or its "
				 "answer is "
				 "lost on the way back",
				 last, host);
		else
			snprintf(ret, WORDS_TEXT, "dropped by %s itself, no router in between",
				 host);
		break;
	case HOP_PLACE_FORGED:
		words_hop(finding->last, finding->next_addr, next);
		words_hop(finding->last - 1, finding->last_addr, last);
		snprintf(ret, WORDS_TEXT, "answered in the name of %s by %s or %s", host, last,
			 next);
		break;
	case HOP_PLACE_HOST:
		snprintf(ret, WORDS_TEXT,
			 "silent at first and answered later: packets are being lost");
		break;
	case HOP_PLACE_UNKNOWN:
		snprintf(ret, WORDS_TEXT, "no hop on the way to %s answers", host);
		break;
	}
	return ret;
}

const char *words_fix(const struct hop_finding *finding, struct addr source, struct prefix to,
		      uint16_t port, char ret[WORDS_TEXT])
{
	bool single = to.length == addr_size(to.addr) * 8;
	char last[ADDR_TEXT], next[ADDR_TEXT], from[ADDR_TEXT], target[PREFIX_TEXT];
	char where[160];

	addr_print(finding->last_addr, last);
	addr_print(finding->next_addr, next);
	if (single)
		addr_print(to.addr, target);
	else
		prefix_print(to, target);
	if (finding->place == HOP_PLACE_BETWEEN && finding->last)
		snprintf(where, sizeof(where), "on %s (or where %s takes packets in)", last, next);
	else if (finding->place == HOP_PLACE_BETWEEN)
		snprintf(where, sizeof(where), "where %s takes packets in (or on this machine)",
			 next);
	else if (finding->place == HOP_PLACE_FORGED && finding->last > 1)
		snprintf(where, sizeof(where), "on %s or %s", last, next);
	else if (finding->place == HOP_PLACE_FORGED)
		snprintf(where, sizeof(where), "on %s", next);
	else if (finding->place == HOP_PLACE_EDGE && finding->last)
		snprintf(where, sizeof(where), "on %s towards its network, and on the host", last);
	else if (finding->place == HOP_PLACE_EDGE)
		snprintf(where, sizeof(where), "on the host");
	else if (finding->last)
		snprintf(where, sizeof(where), "on %s or behind it", last);
	else
		snprintf(where, sizeof(where), "on the way");
	snprintf(ret, WORDS_TEXT, "%s allow tcp from %s to %s port %u, stateful answers back",
		 where, source.family == ADDR_NONE ? "here" : addr_print(source, from), target,
		 port);
	return ret;
}
