/* SPDX-License-Identifier: ISC */
#include "dns/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IP4_LABELS 6 /* four octets, "in-addr", "arpa" */

/* The IPv4 address that a reverse name stands for; ADDR_NONE for any other name. */
static struct addr reverse_address(const struct hostname *name)
{
	struct addr addr = {.family = ADDR_NONE};
	char text[ADDR_REVERSE_TEXT];
	unsigned octets[4];
	uint32_t value = 0;
	struct addr read;

	if (hostname_labels(name) != IP4_LABELS ||
	    sscanf(name->text, "%3u.%3u.%3u.%3u.", &octets[0], &octets[1], &octets[2],
		   &octets[3]) != 4)
		return addr;
	for (size_t i = 4; i-- > 0;)
		value = value << 8 | (octets[i] & 0xff);
	read = addr_ip4(value);
	return strcmp(addr_print_reverse(read, text), name->text) == 0 ? read : addr;
}

static bool in_range(const struct zone *zone, struct addr address)
{
	return zone->range.length && address.family != ADDR_NONE &&
	       prefix_contains(zone->range, address);
}

/* How well the zone fits the name: more is better, 0 is not at all. */
static size_t fit(const struct zone *zone, const struct hostname *name, struct addr address)
{
	if (zone->range.length)
		return in_range(zone, address) ? HOSTNAME_MAX + 1 + (size_t)zone->range.length : 0;
	return hostname_is_below(name, &zone->name) ? 1 + strlen(zone->name.text) : 0;
}

int zone_find(const struct zone *zones, size_t count, const struct hostname *name)
{
	struct addr address = reverse_address(name);
	size_t best_fit = 0;
	int best = -1;

	for (size_t i = 0; i < count; i++) {
		size_t fits = fit(&zones[i], name, address);

		if (fits > best_fit) {
			best_fit = fits;
			best = (int)i;
		}
	}
	return best;
}

struct hostname zone_owner(const struct zone *zone, const struct hostname *name)
{
	struct hostname first = {0}, owner = *name;

	if (!zone->range.length)
		return owner;
	memcpy(first.text, name->text, strcspn(name->text, "."));
	hostname_join(&first, &zone->name, &owner);
	return owner;
}
