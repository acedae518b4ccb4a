/* SPDX-License-Identifier: ISC */
/*
 * put_updates: writes the same registrations as a file for nsupdate or for dnsperf -u: for COUNT clients
 * from number FIRST on one update "name not in use, add A and DHCID" and one "replace PTR and DHCID".
 *
 *   put_updates nsupdate|dnsperf ZONE REVERSE-ZONE FIRST COUNT
 */
#include "common/text.h"
#include "dns/intent.h"
#include "dns/record.h"
#include "tests/bench/dns/client.h"

#include <stdio.h>
#include <string.h>

#define TTL 1200

/* `dot`: dnsperf takes names relative to its zone line, nsupdate wants them whole. */
static void put_client(const struct client *client, const char *zone, const char *reverse_zone,
		       bool nsupdate)
{
	const char *words[] = {nsupdate ? "prereq nxdomain" : "prohibit",
			       nsupdate ? "update add" : "add",
			       nsupdate ? "update delete" : "delete"};
	const struct intent pointer = {.kind = INTENT_REVERSE, .address = client->address};
	struct hostname reverse = intent_owner(&pointer);
	uint8_t identity[1 + MAC_MAX] = {client->mac.type};
	char address[ADDR_TEXT], dhcid[2 * RECORD_DHCID_BYTES + 1];
	const char *zone_word = nsupdate ? "zone " : "";
	struct record record;

	memcpy(identity + 1, client->mac.bytes, client->mac.length);
	record_dhcid(RECORD_DHCID_HTYPE, identity, 1u + client->mac.length, &client->name, 0,
		     &record);
	text_hex(dhcid, sizeof(dhcid), record.rdata, record.length);
	printf("%s%s.\n%s %s.\n", zone_word, zone, words[0], client->name.text);
	printf("%s %s. %d A %s\n", words[1], client->name.text, TTL,
	       addr_print(client->address, address));
	printf("%s %s. %d DHCID \\# %d %s\nsend\n", words[1], client->name.text, TTL,
	       RECORD_DHCID_BYTES, dhcid);
	printf("%s%s.\n%s %s. PTR\n%s %s. DHCID\n", zone_word, reverse_zone, words[2], reverse.text,
	       words[2], reverse.text);
	printf("%s %s. %d PTR %s.\n", words[1], reverse.text, TTL, client->name.text);
	printf("%s %s. %d DHCID \\# %d %s\nsend\n", words[1], reverse.text, TTL, RECORD_DHCID_BYTES,
	       dhcid);
}

int main(int argc, char **argv)
{
	unsigned first, count;

	if (argc != 6) {
		fprintf(stderr, "usage: put_updates nsupdate|dnsperf ZONE REVERSE FIRST COUNT\n");
		return 2;
	}
	first = client_number(argv[4], 0xffffff);
	count = client_number(argv[5], 0xffffff);
	for (unsigned i = 0; i < count; i++) {
		struct client client = client_of(first + i, argv[2], 1);

		put_client(&client, argv[2], argv[3], strcmp(argv[1], "nsupdate") == 0);
	}
	return 0;
}
