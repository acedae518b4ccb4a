/* SPDX-License-Identifier: ISC */
/* Whatever decodes can be encoded, and that decodes to the same again. */
#include "common/lease.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_options(const struct lease_event *event)
{
	char text[LEASE_OPTION81_TEXT];

	assert(strlen(lease_option81_print(&event->option81_received, text)) < sizeof(text));
	assert(strlen(lease_option81_print(&event->option81_answered, text)) < sizeof(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t first[LEASE_RECORD_MAX], second[LEASE_RECORD_MAX];
	struct lease_record record;
	struct err err = {0};
	size_t length;

	if (lease_decode(data, size, &record, &err) < 0) {
		assert(err.text[0] != '\0');
		return 0;
	}
	length = lease_encode(&record, first, sizeof(first));
	assert(length >= LEASE_HEAD_BYTES);
	assert(lease_decode(first, length, &record, &err) == 0);
	assert(lease_encode(&record, second, sizeof(second)) == length);
	assert(memcmp(first, second, length) == 0);
	if (record.type == LEASE_EVENT)
		print_options(&record.event);
	return 0;
}
