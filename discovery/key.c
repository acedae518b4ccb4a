/* SPDX-License-Identifier: ISC */
#include "discovery/key.h"

#include <string.h>

void key_parse(const char *text, struct key *ret)
{
	*ret = (struct key){.kind = KEY_TEXT};
	if (!text)
		return;
	if (uuid_parse(text, &ret->uuid) == 0)
		ret->kind = KEY_UUID;
	else if (mac_parse(text, &ret->mac) == 0)
		ret->kind = KEY_MAC;
	else if (addr_parse(text, &ret->addr) == 0)
		ret->kind = KEY_ADDR;
	else if (strchr(text, '.') && hostname_parse(text, &ret->name, NULL) == 0)
		ret->kind = KEY_NAME;
}

/* A UUID that is set names one device; else each address is one of its own. */
static struct device *next_unset(const struct key *key, const struct device_table *table,
				 const struct device *device)
{
	for (size_t i = device ? device->number + 1 : 0; i < device_count(table); i++) {
		struct device *other = device_get(table, (uint32_t)i);

		if (uuid_equal(other->key.uuid, key->uuid))
			return other;
	}
	return NULL;
}

struct device *key_next(const struct key *key, const struct device_table *table,
			const struct device *device)
{
	const struct device_key one = {.uuid = key->uuid};

	switch (key->kind) {
	case KEY_TEXT:
		return NULL;
	case KEY_UUID:
		if (device_key(key->uuid, addr_ip4(1)).place.family != ADDR_NONE)
			return next_unset(key, table, device);
		return device ? NULL : device_find(table, one);
	case KEY_MAC:
		return device ? device->next_nic : device_by_mac(table, key->mac);
	case KEY_ADDR:
		return device ? device->next_there : device_at(table, key->addr);
	case KEY_NAME:
		return device ? device->next_named : device_by_name(table, key->name.text);
	}
	return NULL;
}
