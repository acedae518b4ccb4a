/* SPDX-License-Identifier: ISC */
/*
 * intent: one thing that is wanted, or no longer wanted, in DNS: a name leads to an address (forward:
 * A or AAAA at the name) or an address leads to a name (reverse: PTR at the address' reverse name), for
 * one machine. An intent is a state to be reached, never an operation: it may be sent again and again.
 * Kind, address and name together are its key. Pure.
 */
#pragma once

#include "common/addr.h"
#include "common/hostname.h"
#include "common/lease.h"
#include "common/mac.h"
#include "dns/record.h"

#include <stdbool.h>
#include <stdint.h>

enum intent_kind {
	INTENT_FORWARD,
	INTENT_REVERSE,
};

struct intent {
	enum intent_kind kind;
	struct addr address;
	struct hostname name;
	struct mac mac;               /* whose it is; length 0 where the lease had none */
	struct lease_bytes client_id; /* its option 61, or its DUID for IPv6; length 0 = none */
	bool wanted;                  /* false: to be removed */
	uint32_t lifetime_s;          /* of the lease; 0 = not known */
};

/* What we left in DNS for an intent. */
struct intent_mark {
	/* Our records were confirmed there, or are about to take the place of those in `displaced`;
	 * false = nothing, or unknown, or, with a DHCID, what a former holder of the address left. */
	bool written;
	bool adopted; /* the name was there before us: only our address record is ours to remove */
	struct addr
		displaced; /* adopted: the address that was there instead of ours; or ADDR_NONE */
	/* Nobody ever told of a lease at `displaced`, so nobody will tell of its end. */
	bool unleased;
	bool anew; /* nothing was at the name just now: other addresses of ours there are gone */
	uint8_t dhcid_length;              /* 0 = no DHCID known */
	uint8_t dhcid[RECORD_DHCID_BYTES]; /* the DHCID that guards it */
};

/* What the intent displaced: ADDR_NONE = nothing, or it is no longer to be put back. */
void intent_mark_displaced(struct intent_mark *mark, struct addr displaced, bool unleased);

/* The name whose records the intent is about: the name itself or the reverse name. */
struct hostname intent_owner(const struct intent *intent);

/* RECORD_A, RECORD_AAAA or RECORD_PTR. */
uint16_t intent_type(const struct intent *intent);

/* The DHCID that RFC 4701 3.5 gives the intent's client: of its DUID for IPv6. 0, or -EINVAL when it has
 * neither client id nor hardware address. */
int intent_dhcid(const struct intent *intent, uint32_t ttl, struct record *ret);

/* One machine by hardware address; by client id where there is no hardware address. */
bool intent_same_machine(struct mac mac, const struct lease_bytes *client_id, struct mac other_mac,
			 const struct lease_bytes *other_client_id);

/* Kind, address and name are equal. */
bool intent_same_key(const struct intent *a, const struct intent *b);
