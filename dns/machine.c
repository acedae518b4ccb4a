/* SPDX-License-Identifier: ISC */
#include "dns/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define BUCKETS 65536u

/* A client id, only as long as it says. */
struct machine_id {
	bool duid, me;
	uint8_t length;
	uint8_t bytes[];
};

struct machine {
	struct machine *next; /* of the bucket */
	TAILQ_ENTRY(machine) link;
	struct mac mac;
	struct addr me[2]; /* IPv4, IPv6 */
	struct addr host[2];
	bool knows_host;
	uint64_t host_ms;                        /* when its host OS was served; 0 = never */
	struct machine_id *ids[MACHINE_IDS_MAX]; /* newest first; NULL = none */
};

struct machine_table {
	uint64_t seed;
	size_t count;
	TAILQ_HEAD(, machine) heard; /* longest ago first */
	struct machine *buckets[BUCKETS];
};

int machine_table_new(struct machine_table **ret, uint64_t seed)
{
	struct machine_table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->seed = seed;
	TAILQ_INIT(&table->heard);
	*ret = table;
	return 0;
}

static void machine_free(struct machine *machine)
{
	for (size_t i = 0; i < MACHINE_IDS_MAX; i++)
		free(machine->ids[i]);
	free(machine);
}

void machine_table_free(struct machine_table *table)
{
	struct machine *machine;

	if (!table)
		return;
	while ((machine = TAILQ_FIRST(&table->heard))) {
		TAILQ_REMOVE(&table->heard, machine, link);
		machine_free(machine);
	}
	free(table);
}

size_t machine_count(const struct machine_table *table)
{
	return table->count;
}

/* FNV-1a. */
static size_t bucket(const struct machine_table *table, struct mac mac)
{
	uint64_t hash = table->seed ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < mac.length; i++)
		hash = (hash ^ mac.bytes[i]) * 0x100000001b3u;
	return (hash ^ hash >> 32) % BUCKETS;
}

static struct machine *find(const struct machine_table *table, struct mac mac)
{
	struct machine *machine = table->buckets[bucket(table, mac)];

	while (machine && !mac_equal(machine->mac, mac))
		machine = machine->next;
	return machine;
}

static void drop_oldest(struct machine_table *table)
{
	struct machine *machine = TAILQ_FIRST(&table->heard);
	struct machine **at = &table->buckets[bucket(table, machine->mac)];

	while (*at != machine)
		at = &(*at)->next;
	*at = machine->next;
	TAILQ_REMOVE(&table->heard, machine, link);
	table->count--;
	machine_free(machine);
}

/* The machine, heard of now; NULL without a hardware address or memory. */
static struct machine *hear(struct machine_table *table, struct mac mac)
{
	struct machine *machine = mac.length ? find(table, mac) : NULL;
	struct machine **head = &table->buckets[bucket(table, mac)];

	if (machine) {
		TAILQ_REMOVE(&table->heard, machine, link);
	} else {
		if (!mac.length || !(machine = calloc(1, sizeof(*machine))))
			return NULL;
		if (table->count == MACHINE_MAX)
			drop_oldest(table);
		machine->mac = mac;
		machine->next = *head;
		*head = machine;
		table->count++;
	}
	TAILQ_INSERT_TAIL(&table->heard, machine, link);
	return machine;
}

static bool id_is(const struct machine_id *id, bool duid, const struct lease_bytes *bytes)
{
	return id->duid == duid && id->length == bytes->length &&
	       memcmp(id->bytes, bytes->bytes, bytes->length) == 0;
}

static struct machine_id *id_new(bool duid, const struct lease_bytes *bytes)
{
	struct machine_id *id = malloc(sizeof(*id) + bytes->length);

	if (id) {
		id->me = false;
		id->duid = duid;
		id->length = bytes->length;
		memcpy(id->bytes, bytes->bytes, bytes->length);
	}
	return id;
}

/* The id to the front; the last one makes room where it is new. */
static void take_id(struct machine *machine, bool duid, const struct lease_bytes *bytes, bool me)
{
	size_t at = 0, last = MACHINE_IDS_MAX - 1;
	struct machine_id *id = NULL;

	while (at < last && machine->ids[at] && !id_is(machine->ids[at], duid, bytes))
		at++;
	if (machine->ids[at] && id_is(machine->ids[at], duid, bytes)) {
		id = machine->ids[at];
	} else {
		if (!(id = id_new(duid, bytes)))
			return;
		free(machine->ids[at]);
	}
	memmove(&machine->ids[1], &machine->ids[0], at * sizeof(*machine->ids));
	id->me |= me;
	machine->ids[0] = id;
}

void machine_saw(struct machine_table *table, struct mac mac, struct addr address,
		 const struct lease_bytes *client_id, bool me)
{
	struct machine *machine = hear(table, mac);

	if (machine && client_id->length)
		take_id(machine, address.family == ADDR_IP6, client_id, me);
}

static void forget(struct addr *known, struct addr address)
{
	if (addr_equal(*known, address))
		*known = (struct addr){.family = ADDR_NONE};
}

void machine_host_began(struct machine_table *table, struct mac mac, struct addr address,
			uint64_t now_ms)
{
	struct machine *machine = hear(table, mac);

	if (!machine)
		return;
	machine->host[address.family == ADDR_IP6] = address;
	machine->knows_host = true;
	if (now_ms)
		machine->host_ms = now_ms;
}

void machine_host_ended(struct machine_table *table, struct mac mac, struct addr address,
			uint64_t now_ms)
{
	struct machine *machine = hear(table, mac);

	if (!machine)
		return;
	forget(&machine->host[address.family == ADDR_IP6], address);
	machine->knows_host = true;
	machine->host_ms = now_ms;
}

bool machine_knows_host(const struct machine_table *table, struct mac mac)
{
	const struct machine *machine = mac.length ? find(table, mac) : NULL;

	return machine && machine->knows_host;
}

bool machine_has_host(const struct machine_table *table, struct mac mac)
{
	const struct machine *machine = mac.length ? find(table, mac) : NULL;

	return machine &&
	       (machine->host[0].family != ADDR_NONE || machine->host[1].family != ADDR_NONE);
}

bool machine_host_is_near(const struct machine_table *table, struct mac mac, uint64_t now_ms)
{
	const struct machine *machine = mac.length ? find(table, mac) : NULL;

	return machine && machine->host_ms && now_ms - machine->host_ms < MACHINE_HOST_MS;
}

/* The lease is the ME's, and so no longer the host's. */
void machine_me_began(struct machine_table *table, struct mac mac, struct addr address)
{
	struct machine *machine = hear(table, mac);
	bool ip6 = address.family == ADDR_IP6;

	if (!machine)
		return;
	machine->me[ip6] = address;
	forget(&machine->host[ip6], address);
}

void machine_me_ended(struct machine_table *table, struct mac mac, struct addr address)
{
	struct machine *machine = find(table, mac);

	if (machine)
		forget(&machine->me[address.family == ADDR_IP6], address);
}

struct addr machine_me(const struct machine_table *table, struct mac mac, enum addr_family family)
{
	const struct machine *machine = find(table, mac);

	return machine ? machine->me[family == ADDR_IP6] : (struct addr){.family = ADDR_NONE};
}

static bool id_owns(const struct machine_id *id, const struct record *dhcid,
		    const struct hostname *name)
{
	struct lease_bytes bytes = {.length = id->length};
	struct record own;

	memcpy(bytes.bytes, id->bytes, id->length);
	if (!id->duid)
		return record_dhcid_is_machine(dhcid, (struct mac){0}, &bytes, name);
	return record_dhcid(RECORD_DHCID_DUID, id->bytes, id->length, name, 0, &own) == 0 &&
	       record_equal_data(dhcid, &own);
}

static bool ids_own(const struct machine *machine, const struct record *dhcid,
		    const struct hostname *name, bool me_only)
{
	for (size_t i = 0; machine && i < MACHINE_IDS_MAX && machine->ids[i]; i++) {
		if ((machine->ids[i]->me || !me_only) && id_owns(machine->ids[i], dhcid, name))
			return true;
	}
	return false;
}

bool machine_owns(const struct machine_table *table, struct mac mac, const struct record *dhcid,
		  const struct hostname *name)
{
	const struct machine *machine = mac.length ? find(table, mac) : NULL;

	return record_dhcid_is_machine(dhcid, mac, NULL, name) ||
	       ids_own(machine, dhcid, name, false);
}

bool machine_me_owns(const struct machine_table *table, struct mac mac, const struct record *dhcid,
		     const struct hostname *name)
{
	return mac.length && ids_own(find(table, mac), dhcid, name, true);
}
