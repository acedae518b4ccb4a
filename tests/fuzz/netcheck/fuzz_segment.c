/* SPDX-License-Identifier: ISC */
/* Packets that a raw socket may give: read within their bounds, and what is taken is TCP. */
#include "netcheck/segment.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct segment segment;
	struct addr from;

	if (!segment_parse_ip4(data, size, &segment, &from))
		assert(size >= 40 && data[9] == 6 && from.family == ADDR_IP4);
	if (!segment_parse(data, size, &segment))
		assert(size >= 20);
	if (!segment_parse_quote(data, size, &segment))
		assert(size >= 8);
	return 0;
}
