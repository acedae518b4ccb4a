/* SPDX-License-Identifier: ISC */
/*
 * The repair of a client's DHCPv4 packet; the input is what follows its fixed part. Whatever comes
 * in: the fixed part stays, a mended packet needs no mending, and its option 81 can be read.
 */
#include "kea-hook/option81.h"
#include "kea-hook/packet.h"
#include "kea-hook/repair.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 240

#define REQUIRE(condition)        \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static uint8_t *longer(uint8_t *bytes, size_t size, size_t room)
{
	uint8_t *more = realloc(bytes, size + room);

	REQUIRE(more != NULL);
	memset(more + size, 0, room);
	return more;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lease_bytes sent;
	static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};
	uint8_t before[HEAD] = {0};
	struct naming_wish wish;
	struct packet packet;
	uint8_t *bytes;
	unsigned done;
	size_t room;

	if (size > 4096)
		return 0;
	memcpy(before + 236, cookie, sizeof(cookie));
	bytes = malloc(HEAD + size); /* exact, so that a sanitizer sees every step beyond */
	if (bytes == NULL)
		return 0;
	memcpy(bytes, before, HEAD);
	if (size > 0)
		memcpy(bytes + HEAD, data, size);
	done = repair_packet(bytes, HEAD + size, &sent);
	if (done == 0)
		REQUIRE(size == 0 || memcmp(bytes + HEAD, data, size) == 0);
	if (done & REPAIR_TRUNCATED) {
		room = data[size - 1] & 1 ? repair_lacks(bytes, HEAD + size) : 0;
		bytes = longer(bytes, HEAD + size, room);
		(void)repair_truncated(bytes, HEAD + size, room);
		size += room;
	}
	REQUIRE(memcmp(bytes, before, HEAD) == 0);
	REQUIRE(repair_packet(bytes, HEAD + size, &sent) == 0);
	REQUIRE(packet_parse(bytes, HEAD + size, &packet) == 0);
	if (done != 0 && packet.option81.length > 0)
		REQUIRE(option81_decode(&packet.option81, &wish) == 0);
	free(bytes);
	return 0;
}
