/* SPDX-License-Identifier: ISC */
/*
 * hello: the packet that an Intel ME sends to TCP 9971 to ask for provisioning, versions 2 (PSK,
 * with a PID) and 3 (PKI, with root certificate hashes). Little-endian:
 *
 *   0 u16 admin credentials set   2 u16 version   4 u32 retry counter   8 UUID[16]
 *   version 2: 24 PID[8]
 *   version 3: 24 u8 count, then count times { u8 type, u8 length, length bytes }
 *
 * Source: Intel AMT Implementation and Reference Guide, "Setup and Configuration Hello Messages";
 * MeshCentral amtprovisioningserver.js. The bytes are untrusted. Pure; borrows the bytes.
 */
#pragma once

#include "common/err.h"
#include "common/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HELLO_PORT 9971
#define HELLO_HEAD_BYTES 24
#define HELLO_MAX_BYTES 16384 /* what we take at most; every known device stays below 2,300 */
#define HELLO_PID_BYTES 8

enum hello_version {
	HELLO_VERSION_PSK = 2,
	HELLO_VERSION_PKI = 3,
};

enum hello_result {
	HELLO_COMPLETE, /* all of it is there, by its own lengths or because the peer ended */
	HELLO_MORE,     /* good so far; wait for more bytes */
	HELLO_INVALID,  /* will never be a hello; the sentence says why */
};

struct hello {
	bool admin_credentials;
	uint16_t version; /* enum hello_version, or unknown: then only the head is decoded */
	uint32_t retry;
	struct uuid uuid;
	char pid[HELLO_PID_BYTES + 1]; /* version 2; printable ASCII, '?' for anything else */
	unsigned hash_count;           /* version 3 */
	const uint8_t *hashes;         /* version 3: first entry, borrowed */
	size_t hashes_bytes;
	size_t length; /* bytes that the known layout takes; all of `size` for an unknown version */
	size_t trailing; /* bytes after it, kept and relayed unchanged */
};

struct hello_hash {
	uint8_t type; /* 1 SHA-1, 2 SHA-256, 3 SHA-384 by MeshCentral; unknown types are kept */
	uint8_t length;
	const uint8_t *bytes; /* borrowed */
};

/* `ended` says that the peer closed or reset its side: nothing more will come. An unknown version
 * is complete only then. *ret is written on HELLO_COMPLETE, err on HELLO_INVALID. */
enum hello_result hello_decode(const void *bytes, size_t size, bool ended, struct hello *ret,
			       struct err *err);

/* Walks the hashes: start with *at = 0; false at the end. */
bool hello_next_hash(const struct hello *hello, size_t *at, struct hello_hash *ret);

/* Writes a version 3 hello with `count` SHA-256 hashes (a test hello; count may be 0).
 * Returns its length, 0 when `size` does not suffice. */
size_t hello_encode_pki(struct uuid uuid, uint32_t retry, const uint8_t (*sha256)[32], size_t count,
			uint8_t *ret, size_t size);

/* The reserved UUID of amtnet-check's test hellos, "616d746e-6574-4865-6c6c-6f2054657374" (it
 * spells "amtnetHello Test"); the daemon records such a hello but never hands it to a core. */
extern const struct uuid hello_test_uuid;

/* A name for a known root certificate by its SHA-256, NULL where unknown. */
const char *hello_root_name(const uint8_t sha256[32]);
