/* SPDX-License-Identifier: ISC */
/*
 * lease: the records between the Kea hook and the daemon, as docs/lease-socket.md defines them.
 *
 * One record is one packet of a SOCK_SEQPACKET socket: a fixed little-endian head, then fields of
 * { u16 tag, u16 length, value }. Decoding is strict about the head and known fields, and skips
 * unknown tags. Pure.
 */
#pragma once

#include "common/addr.h"
#include "common/err.h"
#include "common/hostname.h"
#include "common/mac.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEASE_MAGIC 0x4c544d41u /* "AMTL" on the wire */
#define LEASE_VERSION 1
#define LEASE_HEAD_BYTES 36
#define LEASE_RECORD_MAX 2048 /* bytes of one record */
#define LEASE_CLIENT_ID_MAX 255
#define LEASE_OPTION81_MAX 255
#define LEASE_CLASS_MAX 63
#define LEASE_VENDOR_CLASS_MAX 127
#define LEASE_TEXT_MAX 255
#define LEASE_LEARNED_MAX 300 /* hardware addresses of one record */
#define LEASE_LEARNED_BYTES 6 /* of one of them: Ethernet */

enum lease_record_type {
	LEASE_HELLO = 1,   /* hook: who I am; first record of a connection */
	LEASE_EVENT = 2,   /* hook: a lease changed */
	LEASE_GAP = 3,     /* hook: events were lost; reconcile */
	LEASE_ALIVE = 4,   /* hook: nothing new; sent when idle */
	LEASE_ACK = 5,     /* daemon: everything up to `seq` of this boot id is on disk */
	LEASE_REFUSED = 6, /* daemon: I will not talk to you, for this reason; then it closes */
	LEASE_RESYNC = 7,  /* hook: a person asks that the names be compared with the lease store */
	LEASE_LEARNED = 8, /* daemon: hardware addresses of machines that are known to have AMT */
};

enum lease_change {
	LEASE_COMMITTED = 1, /* the client was sent an ACK for a new or changed lease */
	LEASE_RENEWED = 2,   /* the client was sent an ACK for a lease it had */
	LEASE_RELEASED = 3,
	LEASE_EXPIRED = 4,
	LEASE_DECLINED = 5,
};

extern const char *const lease_change_names[]; /* by enum lease_change; [0] is "?" */

/* Bits of lease_event.flags. */
enum {
	LEASE_FLAG_ME = 1 << 0,      /* taken over as an ME client: amtnet owns its DNS */
	LEASE_FLAG_FORWARD = 1 << 1, /* policy wants A or AAAA for `name` */
	LEASE_FLAG_REVERSE = 1 << 2, /* policy wants PTR for `address` */
};

/* Bytes as they came, with a bound of our own. */
struct lease_bytes {
	uint8_t length;
	uint8_t bytes[255];
};

struct lease_event {
	enum lease_change change;
	uint32_t flags;
	struct addr address;
	struct mac mac;
	struct lease_bytes client_id;         /* option 61 without its head; length 0 = none */
	struct hostname name;                 /* the full name that policy decided; "" = none */
	struct hostname suffix;               /* option 15 of the answer; "" = none */
	struct lease_bytes option81_received; /* option data from its flags octet on; 0 = none */
	struct lease_bytes option81_answered;
	struct lease_bytes vendor_class;      /* option 60 */
	char class_name[LEASE_CLASS_MAX + 1]; /* why it was taken over; "" = not an ME client */
	struct addr relay;                    /* giaddr; ADDR_NONE = not relayed */
	uint32_t subnet_id;
	uint32_t lifetime_s; /* valid lifetime given; 0 when the lease ended */
};

struct lease_hello {
	char hook_version[LEASE_TEXT_MAX + 1];
	char kea_version[LEASE_TEXT_MAX + 1];
	char parameters[LEASE_TEXT_MAX + 1]; /* effective ones, for people */
};

/* Bits of lease_learned.flags: the whole table comes as one or more records, FIRST on the first of
 * them and LAST on the last; a record without either adds to it. */
enum {
	LEASE_LEARNED_FIRST = 1 << 0,
	LEASE_LEARNED_LAST = 1 << 1, /* what was known before FIRST and not repeated is to go */
};

struct lease_learned {
	uint32_t flags;
	uint16_t count;
	uint8_t macs[LEASE_LEARNED_MAX][LEASE_LEARNED_BYTES];
};

struct lease_record {
	enum lease_record_type type;
	uint64_t boot_id; /* random, new each time the hook is loaded */
	uint64_t seq; /* of this boot id; EVENT and GAP count up by one from 1, others repeat the
			 last */
	uint64_t time_ms; /* wall clock of the sender */
	union {
		struct lease_hello hello;
		struct lease_event event;
		struct lease_learned learned;
		uint64_t lost;                    /* GAP: events lost, at least 1 */
		char refused[LEASE_TEXT_MAX + 1]; /* REFUSED: the sentence */
	};
};

/* A member that is zero or empty is not sent. Returns the record's length, or 0 when `size` does
 * not suffice (LEASE_RECORD_MAX always does). */
size_t lease_encode(const struct lease_record *record, uint8_t *ret, size_t size);

/* 0, or -EPROTONOSUPPORT for a version that we do not speak, -EINVAL for anything else that is not
 * a record, both with the sentence. *ret is written on success only. */
int lease_decode(const void *bytes, size_t size, struct lease_record *ret, struct err *err);

/* Option 81 (RFC 4702) for a person: the flags that are set, then the name; a full name in wire
 * form ends with a dot: "S E me01.corp.example.", "N (no name)", "E malformed: 040000..."; "-" when
 * empty. */
#define LEASE_OPTION81_TEXT 320
const char *lease_option81_print(const struct lease_bytes *option, char ret[LEASE_OPTION81_TEXT]);
