/* SPDX-License-Identifier: ISC */
#include "dns/intent.h"

#include <string.h>

void intent_mark_displaced(struct intent_mark *mark, struct addr displaced, bool unleased)
{
	mark->displaced = displaced;
	mark->unleased = unleased;
}

struct hostname intent_owner(const struct intent *intent)
{
	struct hostname owner = {0};

	if (intent->kind == INTENT_FORWARD)
		return intent->name;
	addr_print_reverse(intent->address, owner.text);
	return owner;
}

uint16_t intent_type(const struct intent *intent)
{
	if (intent->kind == INTENT_REVERSE)
		return RECORD_PTR;
	return intent->address.family == ADDR_IP6 ? RECORD_AAAA : RECORD_A;
}

int intent_dhcid(const struct intent *intent, uint32_t ttl, struct record *ret)
{
	if (intent->address.family == ADDR_IP6 && intent->client_id.length)
		return record_dhcid(RECORD_DHCID_DUID, intent->client_id.bytes,
				    intent->client_id.length, &intent->name, ttl, ret);
	return record_dhcid_for_client(intent->mac, &intent->client_id, &intent->name, ttl, ret);
}

bool intent_same_machine(struct mac mac, const struct lease_bytes *client_id, struct mac other_mac,
			 const struct lease_bytes *other_client_id)
{
	if (mac.length && other_mac.length)
		return mac_equal(mac, other_mac);
	return client_id->length && client_id->length == other_client_id->length &&
	       !memcmp(client_id->bytes, other_client_id->bytes, client_id->length);
}

bool intent_same_key(const struct intent *a, const struct intent *b)
{
	return a->kind == b->kind && addr_equal(a->address, b->address) &&
	       hostname_equal(&a->name, &b->name);
}
