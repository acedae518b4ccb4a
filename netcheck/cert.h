/* SPDX-License-Identifier: ISC */
/*
 * cert: what a file holds of the provisioning certificate: the chain from the leaf to its root and the
 * facts that firmware looks at. Reads PEM (all certificates and the key in any order) and PKCS #12, also
 * those that older tools made with RC2. Judges nothing. The only file of this folder that sees
 * <openssl/>; no network, no clock.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERT_CHAIN_MAX 16
#define CERT_NAMES_MAX 32
#define CERT_FILE_MAX (1024 * 1024) /* bytes */

enum cert_hash {
	CERT_HASH_OTHER,
	CERT_HASH_MD5,
	CERT_HASH_SHA1,
	CERT_HASH_SHA256,
	CERT_HASH_SHA384,
	CERT_HASH_SHA512,
};

struct cert {
	char subject[256]; /* as "CN = prov.example.com, O = Example" */
	char issuer[256];
	char common_name[256]; /* "" = none */
	int64_t not_before_s;  /* seconds since 1970 */
	int64_t not_after_s;
	bool rsa;
	unsigned key_bits;
	enum cert_hash signature; /* what it was signed with */
	bool authority;           /* CA:TRUE */
	bool self_signed;
	uint8_t sha1[20]; /* of the whole certificate, as hellos carry it for roots */
	uint8_t sha256[32];
	uint8_t sha384[48];
};

struct cert_chain {
	struct cert items[CERT_CHAIN_MAX]; /* leaf first, then each one's issuer */
	size_t count;
	size_t stray;         /* certificates of the file that are not part of the chain */
	bool broken;          /* a certificate names its issuer, but was not signed by it */
	bool has_key;         /* the leaf's private key is in the file */
	bool foreign_key;     /* a private key is there that belongs to no certificate */
	bool usage_provision; /* of the leaf: extended key usage 2.16.840.1.113741.1.2.3 */
	bool usage_server;    /* server authentication */
	bool unit_intel;      /* an OU that is exactly "Intel(R) Client Setup Certificate" */
	char names[CERT_NAMES_MAX][256]; /* DNS names of the subject's alternative names */
	size_t name_count;
};

/* `password` opens PKCS #12 and encrypted keys, NULL = none. 0, -EINVAL (not a certificate, a wrong
 * password, too many), or another negative errno of reading, with the sentence. */
int cert_load(const char *path, const char *password, struct cert_chain *ret, struct err *err);

/* "SHA-256" */
const char *cert_hash_name(enum cert_hash hash);
