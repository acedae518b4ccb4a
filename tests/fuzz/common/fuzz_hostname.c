/* SPDX-License-Identifier: ISC */
/* A cleaned name passes the strict parser, is clean already, and survives the wire form. */
#include "common/hostname.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct hostname *name)
{
	uint8_t wire[HOSTNAME_WIRE_MAX];
	struct hostname again;
	bool changed, full;
	size_t length = hostname_to_wire(name, wire);

	assert(hostname_parse(name->text, &again, NULL) == 0 && hostname_equal(name, &again));
	assert(hostname_clean(name->text, strlen(name->text), &again, &changed) == 0);
	assert(!changed && hostname_equal(name, &again));
	assert(length == strlen(name->text) + 2);
	assert(hostname_from_wire(wire, length, &again, &full, &changed) == 0);
	assert(full && !changed && hostname_equal(name, &again));
	assert(hostname_from_wire(wire, length - 1, &again, &full, &changed) == 0 && !full);
}

/* The strict parser's opinion of the same bytes: what it takes, the cleaner leaves as it is. */
static void check_text(const uint8_t *data, size_t size)
{
	struct hostname strict, clean;
	char text[300];
	bool changed;

	if (size >= sizeof(text) || memchr(data, '\0', size))
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	if (hostname_parse(text, &strict, NULL) < 0 || hostname_is_empty(&strict))
		return;
	assert(hostname_clean(text, size, &clean, &changed) == 0);
	assert(!changed && hostname_equal(&strict, &clean));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hostname name;
	bool changed, full;

	if (size == 0)
		return 0;
	if (hostname_clean(data, size, &name, &changed) == 0)
		check_name(&name);
	if (hostname_from_wire(data, size, &name, &full, &changed) == 0)
		check_name(&name);
	check_text(data, size);
	return 0;
}
