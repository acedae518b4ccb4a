/* SPDX-License-Identifier: ISC */
/*
 * interface: the addresses of one network interface that other machines may connect to, as they come and
 * go. Left out: link-local, tentative, deprecated and temporary (RFC 8981) addresses. Bursts are folded:
 * `on_change` is called once things have been quiet for INTERFACE_QUIET_MS, only when the list is another
 * than the last one, and never from inside a function of this header. Touches a netlink socket; the one
 * file of this folder that sees <netlink/>.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"

#include <stddef.h>
#include <stdint.h>

#define INTERFACE_ADDRESSES_MAX 8 /* further ones are left out and counted */
#define INTERFACE_QUIET_MS 500

struct event_base;
struct interface;

struct interface_addresses {
	size_t count, left_out;
	struct addr items[INTERFACE_ADDRESSES_MAX]; /* in the order of addr_compare */
};

typedef void interface_change(const struct interface_addresses *addresses, void *user);

/* `name` (borrowed) need not exist yet. The first list comes as soon as the loop runs, also when it is
 * empty. 0, or a negative errno with the sentence. */
int interface_new(struct interface **ret, struct event_base *base, const char *name,
		  interface_change *on_change, void *user, struct err *err);
void interface_free(struct interface *interface);
