/* SPDX-License-Identifier: ISC */
#include "tests/bench/dns/client.h"

#include <stdio.h>
#include <stdlib.h>

struct client client_of(unsigned number, const char *zone, unsigned zones)
{
	struct client client = {
		.address = addr_ip4(0x0a000000u + number),
		.mac = {.type = 1,
			.length = 6,
			.bytes = {2, 0, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
				  (uint8_t)(number >> 8), (uint8_t)number}},
	};

	if (zones > 1)
		snprintf(client.name.text, sizeof(client.name.text), "pc%06u.z%02u.%s", number,
			 number % zones, zone);
	else
		snprintf(client.name.text, sizeof(client.name.text), "pc%06u.%s", number, zone);
	return client;
}

unsigned client_number(const char *text, unsigned max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (!*text || *end || value > max) {
		fprintf(stderr, "\"%s\" is not a number from 0 to %u\n", text, max);
		exit(2);
	}
	return (unsigned)value;
}
