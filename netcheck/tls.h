/* SPDX-License-Identifier: ISC */
/*
 * tls: TLS as a stranger that wants to look, not to trust: no certificate is verified, and whatever old
 * firmware speaks is spoken (TLS 1.0, small keys, unsafe renegotiation). Never for secrets. On a
 * non-blocking socket that the caller owns and waits for.
 */
#pragma once

#include <stddef.h>

struct tls;

enum tls_result {
	TLS_DONE,
	TLS_WANT_READ,  /* call again when the socket is readable */
	TLS_WANT_WRITE, /* call again when it is writable */
	TLS_ENDED,      /* the peer closed */
	TLS_FAILED,     /* no TLS, or no common ground */
};

/* `name` is sent to servers that ask for one; NULL = none. 0 or -ENOMEM. */
int tls_new(struct tls **ret, int fd, const char *name);
void tls_free(struct tls *tls);

enum tls_result tls_handshake(struct tls *tls);
enum tls_result tls_write(struct tls *tls, const void *bytes, size_t size);
/* TLS_DONE with *ret_size above zero. */
enum tls_result tls_read(struct tls *tls, void *ret, size_t size, size_t *ret_size);

/* "TLSv1.2", after the handshake. */
const char *tls_version(const struct tls *tls);
