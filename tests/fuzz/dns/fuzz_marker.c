/* SPDX-License-Identifier: ISC */
/* The TXT records that anybody may put under ProvisionServer; what is a marker is written the same. */
#include "dns/publish_marker.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct record record = {.type = RECORD_TXT};
	struct publish_marker marker, again;

	if (length > RECORD_RDATA_MAX)
		return 0;
	memcpy(record.rdata, bytes, length);
	record.length = (uint16_t)length;
	if (!publish_marker_parse(&record, &marker))
		return 0;
	assert(publish_marker_owner_is_good(marker.owner));
	record = publish_marker_record(&marker, 0);
	assert(publish_marker_parse(&record, &again));
	assert(!strcmp(marker.owner, again.owner) && marker.epoch == again.epoch);
	assert(marker.shared == again.shared && marker.count == again.count);
	assert(!memcmp(marker.addresses, again.addresses, sizeof(marker.addresses)));
	return 0;
}
