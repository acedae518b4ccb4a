/* SPDX-License-Identifier: ISC */
#include "discovery/select.h"

#include "common/text.h"

#include <string.h>
#include <strings.h>

#define HASH_HEX 520

static bool is_in_subnets(const struct discovery_core_config *core, struct addr address)
{
	const struct prefix *subnets = core->subnets.items;

	for (size_t i = 0; i < core->subnets.count; i++)
		if (prefix_contains(subnets[i], address))
			return true;
	return core->subnets.count == 0;
}

static bool is_listed(const struct discovery_core_config *core, const struct hello_hash *hash)
{
	char *const *wanted = core->root_hashes.items;
	char hex[HASH_HEX];

	text_hex(hex, sizeof(hex), hash->bytes, hash->length);
	for (size_t i = 0; i < core->root_hashes.count; i++)
		if (strcasecmp(hex, wanted[i]) == 0)
			return true;
	return false;
}

static bool has_a_root(const struct discovery_core_config *core, const struct hello *hello)
{
	struct hello_hash hash;

	if (core->root_hashes.count == 0)
		return true;
	for (size_t at = 0; hello_next_hash(hello, &at, &hash);)
		if (is_listed(core, &hash))
			return true;
	return false;
}

bool select_wants(const struct discovery_core_config *core, const struct hello *hello,
		  struct addr address)
{
	return is_in_subnets(core, address) && has_a_root(core, hello);
}
