/* SPDX-License-Identifier: ISC */
#include "discovery/device.h"

#include "common/hello.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands in a table begins with its link. */

/* Devices at one address. */
struct spot {
	struct table_link link;
	struct addr address;
	struct device *first;
};

/* Devices with one MAC. */
struct nic {
	struct table_link link;
	struct mac mac;
	struct device *first;
};

/* A name and the devices that have it. */
struct device_label {
	struct table_link link;
	struct device *first;
	char text[];
};

struct device_table {
	struct device **devices; /* by number */
	size_t count, size;
	struct table by_key;
	struct table by_spot; /* struct spot */
	struct table by_name; /* struct device_label */
	struct table by_nic;  /* struct nic */
};

int device_table_new(struct device_table **ret)
{
	struct device_table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table_init(&table->by_key);
	table_init(&table->by_spot);
	table_init(&table->by_name);
	table_init(&table->by_nic);
	*ret = table;
	return 0;
}

static void free_link(struct table_link *link)
{
	free(link);
}

void device_table_free(struct device_table *table)
{
	if (!table)
		return;
	table_done(&table->by_key, free_link);
	table_done(&table->by_spot, free_link);
	table_done(&table->by_name, free_link);
	table_done(&table->by_nic, free_link);
	free(table->devices);
	free(table);
}

size_t device_count(const struct device_table *table)
{
	return table->count;
}

struct device *device_get(const struct device_table *table, uint32_t number)
{
	return table->devices[number];
}

struct device_key device_key(struct uuid uuid, struct addr address)
{
	struct device_key key = {.uuid = uuid};

	if (uuid_is_unset(uuid) || uuid_equal(uuid, hello_test_uuid))
		key.place = address;
	return key;
}

static struct device *find(const struct device_table *table, const struct device_key *key,
			   uint64_t hash)
{
	struct table_link *link = table_first(&table->by_key, hash);

	while (link && memcmp(&((struct device *)link)->key, key, sizeof(*key)) != 0)
		link = table_next(link);
	return (struct device *)link;
}

struct device *device_find(const struct device_table *table, struct device_key key)
{
	return find(table, &key, table_hash(&table->by_key, &key, sizeof(key)));
}

static uint64_t hash_address(const struct device_table *table, struct addr address)
{
	return table_hash(&table->by_spot, &address, sizeof(address));
}

static struct spot *find_spot(const struct device_table *table, struct addr address)
{
	struct table_link *link = table_first(&table->by_spot, hash_address(table, address));

	while (link && !addr_equal(((struct spot *)link)->address, address))
		link = table_next(link);
	return (struct spot *)link;
}

struct device *device_at(const struct device_table *table, struct addr address)
{
	const struct spot *spot = find_spot(table, address);

	return spot ? spot->first : NULL;
}

static uint64_t hash_mac(const struct device_table *table, struct mac mac)
{
	return table_hash(&table->by_nic, &mac, sizeof(mac));
}

static struct nic *find_nic(const struct device_table *table, struct mac mac)
{
	struct table_link *link = table_first(&table->by_nic, hash_mac(table, mac));

	while (link && !mac_equal(((struct nic *)link)->mac, mac))
		link = table_next(link);
	return (struct nic *)link;
}

struct device *device_by_mac(const struct device_table *table, struct mac mac)
{
	const struct nic *nic = find_nic(table, mac);

	return nic ? nic->first : NULL;
}

/* Does nothing for a device that is nowhere. */
static void leave_spot(struct device_table *table, struct device *device)
{
	struct device **link;
	struct spot *spot;

	if (!device->is_there)
		return;
	spot = find_spot(table, device->address);
	device->is_there = false;
	for (link = &spot->first; *link; link = &(*link)->next_there) {
		if (*link != device)
			continue;
		*link = device->next_there;
		device->next_there = NULL;
		break;
	}
	if (spot->first)
		return;
	table_remove(&table->by_spot, &spot->link);
	free(spot);
}

static int make_spot(struct device_table *table, struct addr address, struct spot **ret)
{
	struct spot *spot = calloc(1, sizeof(*spot));

	if (!spot)
		return -ENOMEM;
	spot->address = address;
	if (table_add(&table->by_spot, &spot->link, hash_address(table, address)) < 0) {
		free(spot);
		return -ENOMEM;
	}
	*ret = spot;
	return 0;
}

int device_new(struct device_table *table, struct device_key key, struct device **ret)
{
	struct device *device;

	if (table->count == table->size) {
		size_t size = table->size ? table->size * 2 : 64;
		struct device **grown = reallocarray(table->devices, size, sizeof(struct device *));

		if (!grown)
			return -ENOMEM;
		table->devices = grown;
		table->size = size;
	}
	device = calloc(1, sizeof(*device));
	if (!device)
		return -ENOMEM;
	device->key = key;
	device->number = (uint32_t)table->count;
	if (table_add(&table->by_key, &device->link,
		      table_hash(&table->by_key, &key, sizeof(key))) < 0) {
		free(device);
		return -ENOMEM;
	}
	table->devices[table->count++] = device;
	*ret = device;
	return 0;
}

int device_place(struct device_table *table, struct device *device, struct addr address)
{
	struct spot *spot = find_spot(table, address);

	if (spot && spot->first == device)
		return 0;
	leave_spot(table, device);
	if (!spot && make_spot(table, address, &spot) < 0)
		return -ENOMEM;
	device->address = address;
	device->next_there = spot->first;
	spot->first = device;
	device->is_there = true;
	return 0;
}

static void leave_name(struct device_table *table, struct device *device)
{
	struct device_label *name = device->name;
	struct device **link;

	device->name = NULL;
	if (!name)
		return;
	for (link = &name->first; *link != device; link = &(*link)->next_named)
		;
	*link = device->next_named;
	if (name->first)
		return;
	table_remove(&table->by_name, &name->link);
	free(name);
}

static uint64_t hash_name(const struct device_table *table, const char *text)
{
	return table_hash(&table->by_name, text, strlen(text));
}

static struct device_label *find_label(const struct device_table *table, const char *text)
{
	struct table_link *link = table_first(&table->by_name, hash_name(table, text));

	while (link && strcmp(((struct device_label *)link)->text, text) != 0)
		link = table_next(link);
	return (struct device_label *)link;
}

struct device *device_by_name(const struct device_table *table, const char *text)
{
	const struct device_label *label = find_label(table, text);

	return label ? label->first : NULL;
}

static int make_label(struct device_table *table, const char *text, struct device_label **ret)
{
	size_t size = strlen(text) + 1;
	struct device_label *label = calloc(1, sizeof(*label) + size);

	if (!label)
		return -ENOMEM;
	memcpy(label->text, text, size);
	if (table_add(&table->by_name, &label->link, hash_name(table, text)) < 0) {
		free(label);
		return -ENOMEM;
	}
	*ret = label;
	return 0;
}

static int set_name(struct device_table *table, struct device *device, const char *text)
{
	struct device_label *label;

	if (device->name && strcmp(device->name->text, text) == 0)
		return 0;
	label = find_label(table, text);
	if (!label && make_label(table, text, &label) < 0)
		return -ENOMEM;
	leave_name(table, device);
	device->next_named = label->first;
	label->first = device;
	device->name = label;
	return 0;
}

static void leave_nic(struct device_table *table, struct device *device)
{
	struct nic *nic = device->mac.length > 0 ? find_nic(table, device->mac) : NULL;
	struct device **link;

	if (!nic)
		return;
	for (link = &nic->first; *link != device; link = &(*link)->next_nic)
		;
	*link = device->next_nic;
	device->mac = (struct mac){0};
	if (nic->first)
		return;
	table_remove(&table->by_nic, &nic->link);
	free(nic);
}

static int set_mac(struct device_table *table, struct device *device, struct mac mac)
{
	struct nic *nic = find_nic(table, mac);

	if (mac_equal(device->mac, mac))
		return 0;
	if (!nic) {
		nic = calloc(1, sizeof(*nic));
		if (!nic)
			return -ENOMEM;
		nic->mac = mac;
		if (table_add(&table->by_nic, &nic->link, hash_mac(table, mac)) < 0) {
			free(nic);
			return -ENOMEM;
		}
	}
	leave_nic(table, device);
	device->mac = mac;
	device->next_nic = nic->first;
	nic->first = device;
	return 0;
}

/* Others at this address that are known by another MAC have left it. */
static void evict_others(struct device_table *table, struct device *device)
{
	struct device *other, *next;

	for (other = device_at(table, device->address); other; other = next) {
		next = other->next_there;
		if (other == device || other->mac.length == 0 || mac_equal(other->mac, device->mac))
			continue;
		other->leased = false;
		leave_spot(table, other);
	}
}

int device_set_lease(struct device_table *table, struct device *device, struct mac mac,
		     const char *name, bool leased)
{
	device->leased = leased;
	device->was_leased = device->was_leased || leased;
	if (mac.length > 0) {
		if (set_mac(table, device, mac) < 0)
			return -ENOMEM;
		evict_others(table, device);
	}
	return name[0] ? set_name(table, device, name) : 0;
}

const char *device_name(const struct device *device)
{
	return device->name ? device->name->text : NULL;
}

unsigned device_flags(const struct device_table *table, const struct device *device)
{
	const struct device *there = device_at(table, device->address);
	unsigned flags = 0;

	if (uuid_is_unset(device->key.uuid))
		flags |= DEVICE_NO_UUID;
	if (uuid_equal(device->key.uuid, hello_test_uuid))
		flags |= DEVICE_TEST;
	if (device->is_there && there && there->next_there)
		flags |= DEVICE_SAME_ADDRESS;
	if (device->name && device->name->first->next_named)
		flags |= DEVICE_SAME_NAME;
	if (device->same_uuid)
		flags |= DEVICE_SAME_UUID;
	if (!device->was_leased)
		flags |= DEVICE_UNKNOWN_ADDRESS;
	return flags;
}

const char *device_flags_print(unsigned flags, char ret[DEVICE_FLAGS_TEXT])
{
	static const char *const words[] = {"no-uuid",   "test",      "same-address",
					    "same-name", "same-uuid", "unknown-address"};
	size_t at = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (flags & 1u << i)
			at += (size_t)snprintf(ret + at, DEVICE_FLAGS_TEXT - at, "%s%s",
					       at ? " " : "", words[i]);
	return ret;
}
