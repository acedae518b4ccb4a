/* SPDX-License-Identifier: ISC */
/* Targets and port lists keep their bounds, and what is refused leaves nothing behind. */
#include "netcheck/target.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#define LIMIT 300

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct target_list list = {0};
	struct target_ports ports;
	struct err err = {0};
	char text[256];

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (target_add(&list, text, LIMIT, NULL, &err))
		assert(list.count == 0 && err.text[0]);
	else
		assert(list.count <= LIMIT);
	target_done(&list);
	if (!target_parse_ports(text, &ports, NULL))
		assert(ports.count >= 1 && ports.count <= TARGET_PORTS_MAX && ports.items[0]);
	return 0;
}
