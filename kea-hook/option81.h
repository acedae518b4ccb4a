/* SPDX-License-Identifier: ISC */
/*
 * option81: the client FQDN option (RFC 4702): what the client sent, which name it gets, who
 * updates which DNS records, and the answer that says so.
 *
 * Policy decides, not the client's flags: what Intel ME puts there is not published. The answer is
 * in the encoding that the client used, and tells the truth: S = we do the forward record, N = we
 * do nothing, O = we differ from what was asked. Pure.
 */
#pragma once

#include "common/hostname.h"
#include "common/lease.h"
#include "common/mac.h"

#include <stdbool.h>

/* The flags octet, RFC 4702 2.1; the upper four bits are ignored. */
enum {
	OPTION81_S = 1 << 0, /* the server updates the forward record */
	OPTION81_O = 1 << 1, /* the server overrode the client's S */
	OPTION81_E = 1 << 2, /* the name is in DNS wire form, otherwise ASCII */
	OPTION81_N = 1 << 3, /* the server updates nothing */
};

/* The longest name, as text, that leaves room for the rest of the option in 255 octets. */
#define OPTION81_NAME_MAX 250
#define OPTION81_TEMPLATE_MAX 63

struct option81 {
	uint8_t flags;
	struct hostname name; /* cleaned; "" = the client leaves it to us */
	bool full;            /* the client says that nothing is to be added */
	bool changed;         /* the name as sent held something that a name may not hold */
};

/* 0, or -EINVAL: cut, or the name is not in the encoding that E names. An ASCII name that ends in a
 * dot or has one inside is full (clients that send "pc.corp.example" mean just that); a name of one
 * label is never full. *ret is written on success only. */
int option81_decode(const struct lease_bytes *option, struct option81 *ret);

struct option81_policy {
	bool forward;                 /* we register A */
	bool reverse;                 /* we register PTR */
	bool honour_client_no_update; /* N=1 from the client means that we do nothing */
	struct hostname suffix;       /* for partial names; "" = option 15 of the answer */
	char name_template[OPTION81_TEMPLATE_MAX +
			   1]; /* where the client sends no name; "" = none */
};

/* The template with every "{mac}" replaced by the address in hex, as a name. 0, -EINVAL when it is
 * no name, -ENOENT when there is no template or no address. */
int option81_expand(const char *name_template, const struct mac *mac, struct hostname *ret);

struct option81_client {
	const struct lease_bytes *option81;  /* as received; length 0 = not sent */
	const struct lease_bytes *host_name; /* option 12; length 0 = not sent */
	const struct mac *mac;
	const struct hostname *domain; /* option 15 of the answer; "" = none */
};

enum option81_source {
	OPTION81_NO_NAME, /* nothing gave a full name */
	OPTION81_FROM_CLIENT,
	OPTION81_FROM_HOST_NAME,
	OPTION81_FROM_TEMPLATE,
};

struct option81_decision {
	struct hostname name; /* full; "" with OPTION81_NO_NAME, and then nothing is registered */
	enum option81_source source;
	bool forward;
	bool reverse;
	bool malformed; /* what the client sent could not be decoded */
	bool changed;   /* the client's name had to be cleaned */
	struct lease_bytes
		answer; /* option data from the flags octet on; length 0 = nothing to say */
};

/* The name is option 81's, else option 12's, else the template's; the suffix is added to a partial
 * name once, and never to one that has it. */
void option81_decide(const struct option81_policy *policy, const struct option81_client *client,
		     struct option81_decision *ret);
