/* SPDX-License-Identifier: ISC */
/*
 * permit: UPDATEs (RFC 2136) that ask whether a key may change a zone and change nothing, whatever the
 * server makes of them. Two forms, because servers look at different things:
 *
 *   delete  an RRset of a random name, if the name is not in use: nothing is there to be deleted. NOERROR
 *           needs the permission in every server. BIND does not look at it for an absent PTR.
 *   add     a record to a random name, if the name is in use: the condition cannot hold. BIND and Knot
 *           look at the permission first, so that NXDOMAIN means "you might have"; RFC 2136 lets a
 *           server do it the other way round.
 *
 * A type is permitted when both are. Pure: ids, names and time are arguments.
 */
#pragma once

#include "common/endpoint.h"
#include "common/hostname.h"
#include "common/tsig.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum permit_form { PERMIT_DELETE, PERMIT_ADD };

enum permit_type { /* what amtnetd writes, by number of RFC 1035, 3596, 4701 */
		   PERMIT_A = 1,
		   PERMIT_PTR = 12,
		   PERMIT_TXT = 16,
		   PERMIT_AAAA = 28,
		   PERMIT_DHCID = 49,
};
const char *permit_type_name(enum permit_type type);

struct permit_question {
	struct endpoint server;
	struct hostname zone;
	struct hostname label; /* one random label, in use by nobody */
	enum permit_type type;
	enum permit_form form;
	const struct tsig_key *key; /* borrowed */
};

enum permit_kind {
	PERMIT_ALLOWED,
	PERMIT_REFUSED,
	PERMIT_BAD_KEY, /* unknown, of another algorithm, or (Knot) without a right to this zone */
	PERMIT_BAD_SECRET,
	PERMIT_CLOCK,       /* the clocks are too far apart: `ahead_s` where the server said */
	PERMIT_NO_ZONE,     /* it is not authoritative for the zone */
	PERMIT_NO_UPDATES,  /* it takes no UPDATE at all: NOTIMP */
	PERMIT_OTHER,       /* another rcode */
	PERMIT_UNTRUSTED,   /* the answer is not signed as it must be */
	PERMIT_SILENT,      /* connected, no answer */
	PERMIT_UNREACHABLE, /* `error` */
};
/* "REFUSED", "NOTAUTH (BADKEY)", ...: what the server said. */
const char *permit_kind_name(enum permit_kind kind);
/* True when it speaks of the right to one type; what else a server says it says to every question. */
bool permit_is_about_rights(enum permit_kind kind);

struct permit_answer {
	enum permit_kind kind;
	int rcode;       /* -1 = no answer */
	int64_t ahead_s; /* the server's clock before ours; 0 = it did not say */
	int error;
};

#define PERMIT_BYTES_MAX (12 + 3 * HOSTNAME_WIRE_MAX + 128 + TSIG_RECORD_MAX)
#define PERMIT_ANSWER_MAX 4096

/* Signed. 0, or what tsig_sign gives. */
int permit_encode(const struct permit_question *question, uint16_t id, uint64_t now_s,
		  uint8_t ret[PERMIT_BYTES_MAX], size_t *ret_length,
		  struct tsig_request *ret_request);

/* Reads any bytes safely; changes them. */
void permit_read(const struct permit_question *question, const struct tsig_request *request,
		 uint64_t now_s, uint8_t *bytes, size_t length, struct permit_answer *ret);
