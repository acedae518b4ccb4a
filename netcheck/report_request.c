/* SPDX-License-Identifier: ISC */
#include "netcheck/report.h"

#include "netcheck/explain.h"

void report_request(const struct result *result, const char *indent, struct text *out)
{
	const char *family = result->rule.from.family == ADDR_IP6 ? "ip6" : "ip";
	char from[ADDR_TEXT], to[PREFIX_TEXT];

	if (result->rule.from.family == ADDR_NONE)
		return;
	addr_print(result->rule.from, from);
	prefix_print(result->rule.to, to);
	text_add(out, "%srequest: allow tcp from %s to %s port %u, stateful (answers back)\n",
		 indent, from, to, result->port);
	text_add(out,
		 "%snftables: %s saddr %s %s daddr %s tcp dport %u ct state new,established "
		 "accept\n",
		 indent, family, from, family, to, result->port);
}
