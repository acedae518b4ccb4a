/* SPDX-License-Identifier: ISC */
/*
 * A client's DHCPv4 packet. So that the searcher need not find the head, the input is what follows
 * its fixed part; the first octet chooses the hardware address length.
 */
#include "kea-hook/packet.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 240
#define FILE_AND_SNAME 192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};
	struct packet packet;
	uint8_t *bytes;

	if (size < 1 || size > 4096)
		return 0;
	(void)packet_parse(data, size, &packet);

	bytes = calloc(1, HEAD + size - 1); /* exact, so that a sanitizer sees every step beyond */
	if (bytes == NULL)
		return 0;
	bytes[1] = 1;
	bytes[2] = data[0];
	memcpy(bytes + 44, data + 1, size - 1 < FILE_AND_SNAME ? size - 1 : FILE_AND_SNAME);
	memcpy(bytes + 236, cookie, sizeof(cookie));
	memcpy(bytes + HEAD, data + 1, size - 1);
	if (packet_parse(bytes, HEAD + size - 1, &packet) != 0)
		abort();
	if (packet.mac.length > 16 || packet.vendor_class.length > LEASE_VENDOR_CLASS_MAX)
		abort();
	free(bytes);
	return 0;
}
