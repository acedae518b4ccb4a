/* SPDX-License-Identifier: ISC */
/* A client's DHCPv6 message, through relays or not; a mended one needs no mending. */
#include "kea-hook/packet6.h"
#include "kea-hook/repair.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lease_bytes sent;
	struct packet packet;
	uint8_t *bytes = malloc(size > 0 ? size : 1);

	if (bytes == NULL)
		return 0;
	if (size > 0)
		memcpy(bytes, data, size);
	if (repair_packet6(bytes, size, &sent) == 0 && size > 0 && memcmp(bytes, data, size) != 0)
		abort();
	if (repair_packet6(bytes, size, &sent) != 0)
		abort();
	free(bytes);
	if (packet6_parse(data, size, &packet) < 0)
		return 0;
	if (packet.mac.length > 0 || packet.host_name.length > 0 ||
	    packet.vendor_class.length > LEASE_VENDOR_CLASS_MAX)
		abort();
	return 0;
}
