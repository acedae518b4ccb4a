/* SPDX-License-Identifier: ISC */
/*
 * reconcile_listing: a listing in memory, compact, found by address and by name and machine; and what
 * events spoke of meanwhile. What dns/reconcile.c stands on; nobody else sees it. Pure.
 */
#pragma once

#include "dns/reconcile.h"

/* An active lease. */
struct reconcile_row {
	struct addr address;
	struct mac mac;
	bool tagged, forward, reverse;
	bool superseded; /* the same machine has the name at another address since */
	uint32_t since_s, lifetime_s;
	/* The name, terminated, and behind it the client id: one piece of the heap. */
	uint8_t client_id_length;
	char *text;
};

size_t reconcile_count(const struct reconcile *reconcile);
size_t reconcile_count_tagged(const struct reconcile *reconcile);
/* No untagged lease was left out for lack of room. */
bool reconcile_is_whole(const struct reconcile *reconcile);

const struct reconcile_row *reconcile_row(const struct reconcile *reconcile, size_t index);
/* The active lease at an address, or NULL. */
const struct reconcile_row *reconcile_at(const struct reconcile *reconcile, struct addr address);
/* The lease of the same machine and family with this name that counts, or NULL. */
const struct reconcile_row *reconcile_named(const struct reconcile *reconcile,
					    const struct hostname *name, const struct intent *like);
/* Copies the client id to *ret, and gives `ret` back. */
const struct lease_bytes *reconcile_row_client_id(const struct reconcile_row *row,
						  struct lease_bytes *ret);

/* Did an event speak of the address, or of the name (NULL = no name)? */
bool reconcile_is_noted(const struct reconcile *reconcile, struct addr address,
			const struct hostname *name);
