/* SPDX-License-Identifier: ISC */
/*
 * update: an RFC 2136 UPDATE as a value, several of them as one message, and a plain query. Nothing
 * here signs (common/tsig) or sends (dns/server). UPDATEs are written here, answers are read by ldns.
 * Pure. One of the few files that see <ldns/>.
 */
#pragma once

#include "common/err.h"
#include "common/hostname.h"
#include "dns/record.h"

#include <stddef.h>
#include <stdint.h>

/* RFC 2136 2.4 (prerequisites, with the code where one does not hold) and 2.5 (updates). */
enum update_step {
	UPDATE_NAME_UNUSED,   /* NONE ANY: else YXDOMAIN */
	UPDATE_NAME_IN_USE,   /* ANY ANY: else NXDOMAIN */
	UPDATE_RRSET_UNUSED,  /* NONE type: else YXRRSET */
	UPDATE_RRSET_IN_USE,  /* ANY type: else NXRRSET */
	UPDATE_RRSET_IS,      /* exactly the records given in such steps: else NXRRSET */
	UPDATE_ADD,           /* one record with its TTL */
	UPDATE_DELETE_RRSET,  /* every record of record.type */
	UPDATE_DELETE_RECORD, /* this one, by value */
	UPDATE_DELETE_NAME,   /* everything at the name */
};

struct update_item {
	enum update_step step;
	struct hostname name;
	struct record record; /* type only for the RRset forms; unused for the name forms */
};

#define UPDATE_ITEMS_MAX 60

struct update {
	struct hostname zone;
	size_t count;
	bool full; /* more items were put than fit: update_encode refuses it */
	struct update_item items[UPDATE_ITEMS_MAX];
};

void update_init(struct update *update, const struct hostname *zone);
void update_put(struct update *update, enum update_step step, const struct hostname *name,
		const struct record *record /* NULL for the name forms */);
/* For the RRset forms. */
void update_put_type(struct update *update, enum update_step step, const struct hostname *name,
		     uint16_t type);

/* What update_encode writes at most: zone section, every item with the longest name and data. */
#define UPDATE_BYTES_MAX              \
	(12 + HOSTNAME_WIRE_MAX + 4 + \
	 UPDATE_ITEMS_MAX * (HOSTNAME_WIRE_MAX + 10 + RECORD_RDATA_MAX))

/* Unsigned message; room for the TSIG must be left by the caller. 0, -EINVAL (empty or overfull
 * update, or a name outside the zone), -ENOBUFS. */
int update_encode(const struct update *update, uint16_t id, uint8_t *ret, size_t size,
		  size_t *ret_length);

/*
 * Several updates of one zone as one message. The server applies all of them or none (RFC 2136 3.4);
 * what each of them asks for is looked at first, so they must not depend on each other.
 */
#define UPDATE_MESSAGE_MAX 32768 /* bytes, unsigned */

struct update_section {
	size_t records, length;
	uint8_t bytes[UPDATE_MESSAGE_MAX];
};

struct update_message {
	struct hostname zone;
	size_t count; /* updates in it */
	struct update_section prerequisites, changes;
};

void update_message_init(struct update_message *message, const struct hostname *zone);
/* 0, -EINVAL as update_encode, -ENOBUFS (it does not fit beside the others); nothing is added then. */
int update_message_add(struct update_message *message, const struct update *update);
/* As update_encode. */
int update_message_encode(const struct update_message *message, uint16_t id, uint8_t *ret,
			  size_t size, size_t *ret_length);

int update_encode_query(const struct hostname *name, uint16_t type, uint16_t id, uint8_t *ret,
			size_t size, size_t *ret_length);

#define UPDATE_ANSWER_MAX 4096 /* of a query; larger ones can abort ldns 1.8: refused before that */
#define UPDATE_ANSWER_RECORDS 32

/* Whose zone a name is in, by the answer to a question for its SOA. */
struct update_soa {
	bool found;     /* exactly one SOA in the answer, or in its authority section */
	bool in_answer; /* the name asked about is the zone's own */
	bool alias;     /* a CNAME or DNAME came instead: says nothing of the zone */
	struct hostname zone, mname; /* of names that we could not write they are "" */
};

struct update_answer {
	uint16_t id;
	int opcode;
	int rcode; /* RFC 1035, 2136 */
	bool authoritative;
	bool truncated;
	/* For a query: the answer section's records of the asked name and type. */
	size_t count;
	struct record records[UPDATE_ANSWER_RECORDS];
	struct update_soa soa; /* where the SOA was asked for */
	size_t more; /* further ones that were left out: too many, or RDATA above RECORD_RDATA_MAX */
};

/* `name` and `type` are those that were asked (NULL and 0 for an UPDATE, whose answer says all in its
 * head: RFC 2136 3.8 lets its sections be anything). An answer whose question is another is refused (an
 * error answer may come without a question). Host names in RDATA come out in lower case, so that
 * record_equal_data may compare them with ours. 0, or -EBADMSG with the sentence; *ret is written in
 * both cases. */
int update_decode_answer(const uint8_t *bytes, size_t length, const struct hostname *name,
			 uint16_t type, struct update_answer *ret, struct err *err);

/* "NOERROR", "YXDOMAIN", "BADKEY", ...; "RCODE" for others. */
const char *update_rcode_name(int rcode);
/* One step in words for the debug log: "prerequisite: me.corp.example not in use". Gives `ret` back. */
#define UPDATE_ITEM_TEXT 900
const char *update_item_print(const struct update_item *item, char ret[UPDATE_ITEM_TEXT]);
