/* SPDX-License-Identifier: ISC */
/* A client's DHCPv6 message, through relays or not. */
#include "kea-hook/packet6.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet packet;

	if (packet6_parse(data, size, &packet) < 0)
		return 0;
	if (packet.mac.length > 0 || packet.host_name.length > 0 ||
	    packet.vendor_class.length > LEASE_VENDOR_CLASS_MAX)
		abort();
	return 0;
}
