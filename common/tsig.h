/* SPDX-License-Identifier: ISC */
/*
 * tsig: RFC 8945 on OpenSSL's EVP_MAC. Signs a request, and judges an answer with every check that the
 * RFC demands of a client, in its order. Time is an argument. Sees no socket and no ldns packet.
 */
#pragma once

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tsig_algorithm {
	TSIG_HMAC_SHA256,
	TSIG_HMAC_SHA384,
	TSIG_HMAC_SHA512,
	TSIG_HMAC_SHA1, /* RFC 8945: not recommended; the configuration warns */
};
extern const char *const tsig_algorithm_names[]; /* "hmac-sha256", ..., NULL */

#define TSIG_FUDGE_S 300
#define TSIG_MAC_MAX 64
#define TSIG_RECORD_MAX (255 + 10 + 16 + 16 + TSIG_MAC_MAX + 8) /* what signing adds at most */

struct tsig_key;
/* 0, or -EINVAL (name that is no host name, empty secret) or -ENOMEM with the sentence. */
int tsig_key_new(struct tsig_key **ret, const char *name, enum tsig_algorithm algorithm,
		 const uint8_t *secret, size_t length, struct err *err);
void tsig_key_free(struct tsig_key *key); /* wipes the secret */
const char *tsig_key_name(const struct tsig_key *key);

/* What the answer's check needs of the request. */
struct tsig_request {
	uint8_t mac[TSIG_MAC_MAX];
	size_t mac_length;
	uint16_t id;
};

/* Appends the TSIG to the message of *length bytes in a buffer of `size` and counts it in ARCOUNT.
 * 0, -ENOBUFS, -EINVAL (no DNS header), -ENOMEM; on failure the message is as it was. */
int tsig_sign(const struct tsig_key *key, uint64_t now_s, uint8_t *message, size_t *length,
	      size_t size, struct tsig_request *ret);

enum tsig_verdict {
	TSIG_GOOD,
	TSIG_UNSIGNED, /* no TSIG: ignore the answer (RFC 8945 5.3) */
	TSIG_FORGED, /* another id, key or algorithm, a MAC that is wrong or cut, or garbage: ignore */
	TSIG_TIME,           /* signed well, but outside the fudge: ignore */
	TSIG_ERROR_HINT,     /* unsigned BADKEY or BADSIG: a hint, never proof */
	TSIG_ERROR_BADTIME,  /* signed BADTIME: *ret_server_s is the server's clock */
	TSIG_ERROR_BADTRUNC, /* signed: the server wants a longer MAC than it got */
};

/* Judges an answer to `request` (RFC 8945 5.3, in its order); reads any bytes safely. On TSIG_GOOD
 * *length is cut to the message without TSIG and ARCOUNT is put right. *ret_error is the TSIG's error
 * field (0 where there is no TSIG that belongs to this key), *ret_server_s is written on BADTIME only. */
enum tsig_verdict tsig_verify(const struct tsig_key *key, const struct tsig_request *request,
			      uint64_t now_s, uint8_t *message, size_t *length, int *ret_error,
			      uint64_t *ret_server_s);
const char *tsig_verdict_text(enum tsig_verdict verdict); /* a sentence for the log */
