/* SPDX-License-Identifier: ISC */
#include "netcheck/explain.h"

#include <strings.h>

static const struct explain_part *const parts[] = {&explain_ports, &explain_names, &explain_hosts};

const struct explain *explain_at(size_t index)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (index < parts[i]->count)
			return &parts[i]->items[index];
		index -= parts[i]->count;
	}
	return NULL;
}

const struct explain *explain_find(const char *id)
{
	const struct explain *kind;

	for (size_t i = 0; (kind = explain_at(i)); i++)
		if (!strcasecmp(kind->id, id))
			return kind;
	return NULL;
}
