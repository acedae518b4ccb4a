/* SPDX-License-Identifier: ISC */
#include "dns/inbox_table.h"
#include "common/clock.h"
#include "dns/inbox_socket.h"

#include <string.h>

#define ETHERNET 1 /* ARP type; an ME has no other */

static void add(struct lease_learned *learned, struct mac mac)
{
	if (mac.type == ETHERNET && mac.length == LEASE_LEARNED_BYTES)
		memcpy(learned->macs[learned->count++], mac.bytes, LEASE_LEARNED_BYTES);
}

void inbox_table_owe(struct inbox_table *table)
{
	*table = (struct inbox_table){.owed = true};
}

size_t inbox_table_send(struct inbox_table *table, int fd, uint64_t boot_id,
			inbox_table_source *source, void *user)
{
	size_t sent = 0;

	while (table->owed) {
		struct lease_record record = {
			.type = LEASE_LEARNED, .boot_id = boot_id, .time_ms = clock_wall_ms()};
		struct mac macs[LEASE_LEARNED_MAX];
		size_t cursor = table->cursor;
		size_t count = source(&cursor, macs, LEASE_LEARNED_MAX, user);

		for (size_t i = 0; i < count; i++)
			add(&record.learned, macs[i]);
		if (!table->begun)
			record.learned.flags |= LEASE_LEARNED_FIRST;
		if (count < LEASE_LEARNED_MAX)
			record.learned.flags |= LEASE_LEARNED_LAST;
		if (!inbox_socket_send(fd, &record))
			break;
		sent += record.learned.count;
		*table = (struct inbox_table){
			.owed = count == LEASE_LEARNED_MAX, .begun = true, .cursor = cursor};
	}
	return sent;
}

bool inbox_table_add(int fd, uint64_t boot_id, struct mac mac)
{
	struct lease_record record = {
		.type = LEASE_LEARNED, .boot_id = boot_id, .time_ms = clock_wall_ms()};

	add(&record.learned, mac);
	return record.learned.count == 0 || inbox_socket_send(fd, &record);
}
