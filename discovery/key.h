/* SPDX-License-Identifier: ISC */
/*
 * key: what people call a device by: its UUID, MAC, address or full name. Told apart by their form;
 * anything else is a piece of text. Pure.
 */
#pragma once

#include "common/hostname.h"
#include "discovery/device.h"

enum key_kind {
	KEY_TEXT, /* none of these */
	KEY_UUID,
	KEY_MAC,
	KEY_ADDR,
	KEY_NAME, /* has a dot */
};

struct key {
	enum key_kind kind;
	struct uuid uuid;
	struct mac mac;
	struct addr addr;
	struct hostname name;
};

/* `text` may be NULL. */
void key_parse(const char *text, struct key *ret);
/* The devices that it names, one after the other: begin with NULL; NULL at the end. An address names
 * those whose last hello came from there; KEY_TEXT names none. */
struct device *key_next(const struct key *key, const struct device_table *table,
			const struct device *device);
