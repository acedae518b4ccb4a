/* SPDX-License-Identifier: ISC */
#include "discovery/device.h"

#include "common/hello.h"

#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Devices at one address. */
struct spot {
	struct addr address; /* first: the key */
	struct device *first;
};

/* Devices with one MAC. */
struct nic {
	struct mac mac; /* first: the key */
	struct device *first;
};

/* A name and the devices that have it. */
struct device_label {
	struct device *first;
	char text[];
};

struct device_table {
	struct device **devices; /* by number */
	size_t count, size;
	void *by_key;  /* roots of tsearch(3) */
	void *by_spot; /* struct spot */
	void *by_name; /* struct device_label */
	void *by_nic;  /* struct nic */
};

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct device_key));
}

static int compare_spots(const void *a, const void *b)
{
	return addr_compare(((const struct spot *)a)->address, ((const struct spot *)b)->address);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct device_label *)a)->text,
		      ((const struct device_label *)b)->text);
}

static int compare_nics(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct mac));
}

int device_table_new(struct device_table **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

static void free_nothing(void *item)
{
	(void)item;
}

void device_table_free(struct device_table *table)
{
	if (!table)
		return;
	tdestroy(table->by_key, free_nothing);
	tdestroy(table->by_spot, free);
	tdestroy(table->by_name, free);
	tdestroy(table->by_nic, free);
	for (size_t i = 0; i < table->count; i++)
		free(table->devices[i]);
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

struct device *device_find(const struct device_table *table, struct device_key key)
{
	void *node = tfind(&key, &table->by_key, compare_keys);

	return node ? *(struct device **)node : NULL;
}

static struct spot *find_spot(const struct device_table *table, struct addr address)
{
	const struct spot key = {.address = address};
	void *node = tfind(&key, &table->by_spot, compare_spots);

	return node ? *(struct spot **)node : NULL;
}

struct device *device_at(const struct device_table *table, struct addr address)
{
	const struct spot *spot = find_spot(table, address);

	return spot ? spot->first : NULL;
}

struct device *device_by_mac(const struct device_table *table, struct mac mac)
{
	const struct nic key = {.mac = mac};
	void *node = tfind(&key, &table->by_nic, compare_nics);

	return node ? (*(struct nic **)node)->first : NULL;
}

/* Does nothing for a device that is nowhere. */
static void leave_spot(struct device_table *table, struct device *device)
{
	struct spot *spot = find_spot(table, device->address);
	struct device **link;

	if (!device->is_there)
		return;
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
	tdelete(spot, &table->by_spot, compare_spots);
	free(spot);
}

static int make_spot(struct device_table *table, struct addr address, struct spot **ret)
{
	struct spot *spot = find_spot(table, address);

	if (!spot) {
		spot = calloc(1, sizeof(*spot));
		if (!spot)
			return -ENOMEM;
		spot->address = address;
		if (!tsearch(spot, &table->by_spot, compare_spots)) {
			free(spot);
			return -ENOMEM;
		}
	}
	*ret = spot;
	return 0;
}

static int add_device(struct device_table *table, struct device_key key, struct device **ret)
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
	if (!tsearch(device, &table->by_key, compare_keys)) {
		free(device);
		return -ENOMEM;
	}
	table->devices[table->count++] = device;
	*ret = device;
	return 0;
}

int device_place(struct device_table *table, struct device_key key, struct addr address,
		 struct device **ret)
{
	struct device *device = device_find(table, key);
	struct spot *spot;

	if (!device && add_device(table, key, &device) < 0)
		return -ENOMEM;
	if (device_at(table, address) != device) {
		leave_spot(table, device);
		if (make_spot(table, address, &spot) < 0)
			return -ENOMEM;
		device->address = address;
		device->next_there = spot->first;
		spot->first = device;
		device->is_there = true;
	}
	*ret = device;
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
	tdelete(name, &table->by_name, compare_names);
	free(name);
}

/* A label with this text, for a search; on the heap, since its length is open. */
static struct device_label *make_label(const char *text)
{
	size_t size = strlen(text) + 1;
	struct device_label *label = calloc(1, sizeof(*label) + size);

	if (label)
		memcpy(label->text, text, size);
	return label;
}

struct device *device_by_name(const struct device_table *table, const char *text)
{
	struct device_label *key = make_label(text);
	void *node = key ? tfind(key, &table->by_name, compare_names) : NULL;

	free(key);
	return node ? (*(struct device_label **)node)->first : NULL;
}

static int set_name(struct device_table *table, struct device *device, const char *text)
{
	struct device_label *label, **node;

	if (device->name && strcmp(device->name->text, text) == 0)
		return 0;
	label = make_label(text);
	if (!label)
		return -ENOMEM;
	node = tsearch(label, &table->by_name, compare_names);
	if (!node) {
		free(label);
		return -ENOMEM;
	}
	if (*node != label)
		free(label);
	label = *node;
	leave_name(table, device);
	device->next_named = label->first;
	label->first = device;
	device->name = label;
	return 0;
}

static struct nic *find_nic(const struct device_table *table, struct mac mac)
{
	const struct nic key = {.mac = mac};
	void *node = tfind(&key, &table->by_nic, compare_nics);

	return node ? *(struct nic **)node : NULL;
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
	tdelete(nic, &table->by_nic, compare_nics);
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
		if (!tsearch(nic, &table->by_nic, compare_nics)) {
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
