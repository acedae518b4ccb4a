/* SPDX-License-Identifier: ISC */
/*
 * naming: which name a client gets, and who registers it: policy and the client's wish in, decision
 * out, alike for DHCPv4 (option 81) and DHCPv6 (option 39).
 *
 * Policy decides, not the client's flags: what Intel ME puts there is not published. Pure.
 */
#pragma once

#include "common/hostname.h"
#include "common/lease.h"
#include "common/mac.h"
#include "common/wire.h"

#include <stdbool.h>
#include <stdint.h>

/* The longest name, as text, that leaves room for the rest of an option 81 in 255 octets. */
#define NAMING_NAME_MAX 250
#define NAMING_TEMPLATE_MAX 63

/* Where a name may come from. */
enum naming_source {
	NAMING_NONE,           /* nothing gave a full name */
	NAMING_FROM_CLIENT,    /* option 81 or 39 */
	NAMING_FROM_HOST_NAME, /* option 12 */
	NAMING_FROM_TEMPLATE,
	NAMING_SOURCES,
};

struct naming_policy {
	bool forward;                 /* we register A or AAAA */
	bool reverse;                 /* we register PTR */
	bool honour_client_no_update; /* N=1 from the client means that we do nothing */
	uint8_t from[NAMING_SOURCES]; /* enum naming_source in order of preference; 0 ends */
	struct hostname suffix;       /* for partial names; "" = the domain of the answer */
	char name_template[NAMING_TEMPLATE_MAX + 1]; /* "" = none */
};

/* The flags octet of option 81, RFC 4702 2.1; the upper four bits are ignored. */
enum {
	NAMING_S = 1 << 0, /* the server updates the forward record */
	NAMING_O = 1 << 1, /* the server overrode the client's S */
	NAMING_E = 1 << 2, /* the name is in DNS wire form, otherwise ASCII */
	NAMING_N = 1 << 3, /* the server updates nothing */
};

/* A client's wish, decoded. */
struct naming_wish {
	uint8_t flags;
	struct hostname name; /* cleaned; "" = the client leaves it to us */
	bool full;            /* the client says that nothing is to be added */
	bool changed;         /* the name as sent held something that a name may not hold */
};

struct naming_client {
	const struct lease_bytes *fqdn;      /* option 81 or 39 as received; length 0 = not sent */
	const struct lease_bytes *host_name; /* option 12; length 0 = not sent */
	const struct mac *mac;
	const struct hostname *domain; /* of the answer: option 15, or the first of 24; "" = none */
};

struct naming_decision {
	struct hostname name; /* full; "" with NAMING_NONE, and then nothing is registered */
	struct hostname
		bare; /* the first candidate, to be told to a client that gets no full name */
	enum naming_source source;
	bool forward;
	bool reverse;
	bool needs_domain; /* another domain of the answer would make another name */
	bool malformed;    /* what the client sent could not be decoded */
	bool changed;      /* the client's name had to be cleaned */
	uint8_t flags;     /* of the answer */
	/* Option data from the flags octet on; length 0 = nothing to say. */
	struct lease_bytes answer;
};

/* The template with every "{mac}" replaced by the address in hex, as a name. 0, -EINVAL when it is
 * no name, -ENOENT when there is no template or no address. */
int naming_expand(const char *name_template, const struct mac *mac, struct hostname *ret);

/* A name as ASCII text: 0 or -ENOENT or -ENAMETOOLONG. It is full when it ends in a dot or has one
 * inside (clients that send "pc.corp.example" mean just that). */
int naming_from_text(const uint8_t *bytes, size_t length, struct hostname *ret, bool *ret_full,
		     bool *ret_changed);

/* The name for the client into an answer, in the encoding that the decision's flags name; one that is
 * not full must not look so. */
void naming_write(const struct naming_decision *decision, struct wire_writer *writer);

/* The first usable name in the policy's order; the suffix is added to a partial name once, and never
 * to one that has it. Leaves `malformed` and `answer` to the option. */
void naming_decide(const struct naming_policy *policy, const struct naming_client *client,
		   const struct naming_wish *wish, struct naming_decision *ret);
