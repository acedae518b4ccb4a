/* SPDX-License-Identifier: ISC */
/*
 * kea_answer: what a Kea server answers on its control socket: JSON that comes in pieces, is bounded, and
 * turns into leases (the hook library lease_cmds, commands lease4-get-page and lease6-get-page). Pure;
 * the one file that sees <json-c/> here.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"
#include "common/hostname.h"
#include "common/lease.h"
#include "common/mac.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEA_ANSWER_MAX (8u << 20) /* bytes of one answer */
#define KEA_ANSWER_DEPTH 24

struct kea_answer;

/* One lease as the lease store has it. */
struct kea_lease {
	struct addr address;
	struct mac mac;
	struct lease_bytes client_id; /* option 61, or the DUID for IPv6; length 0 = none */
	bool active;                  /* the client holds the address now */
	uint64_t since_s;             /* wall clock: last time that the client was heard of */
	uint32_t lifetime_s;
	/* The hook's entry in the lease's user-context: an ME client's, and what policy decided. */
	bool tagged;
	struct hostname name;
	bool forward, reverse;
};

/* What the whole page was. */
struct kea_page {
	size_t count;     /* leases in it, also those that were not given to on_lease */
	size_t bad_tags;  /* leases whose entry of ours cannot be read: given as untagged */
	struct addr last; /* the highest address, where the next page begins after */
};

/* An empty one, to be fed. 0 or -ENOMEM. */
int kea_answer_new(struct kea_answer **ret);
void kea_answer_free(struct kea_answer *answer);

/* The next piece. 1 = the answer is complete, 0 = there must be more, -EFBIG (KEA_ANSWER_MAX), or -EBADMSG
 * (not a JSON object), with the sentence. After 1 or an error nothing more may be fed. */
int kea_answer_feed(struct kea_answer *answer, const char *bytes, size_t length, struct err *err);

/* Gives each lease of a complete answer to `on_lease`, in its order; prefixes (IA_PD) are left out. 0, or,
 * with the sentence: -EOPNOTSUPP (Kea does not know the command), -EREMOTEIO (Kea says that it failed),
 * -EBADMSG (it is not such an answer; some leases may have been given by then). */
int kea_answer_leases(const struct kea_answer *answer, enum addr_family family,
		      void (*on_lease)(const struct kea_lease *lease, void *user), void *user,
		      struct kea_page *ret, struct err *err);
