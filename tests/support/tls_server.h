/* SPDX-License-Identifier: ISC */
/*
 * tls_server: a web server over TLS on 127.0.0.1 with certificates of its own making, for the tests of
 * whoever talks to one. Serves in a thread, one connection after the other. Wants cmocka's headers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS_SERVER_REQUESTS_MAX 16
#define TLS_SERVER_REQUEST_BYTES 8192

enum tls_server_certificate {
	TLS_SERVER_GOOD,       /* for 127.0.0.1, signed by ca.pem */
	TLS_SERVER_OTHER_NAME, /* for another host */
	TLS_SERVER_EXPIRED,
	TLS_SERVER_UNTRUSTED, /* signed by other-ca.pem */
};

struct tls_server_options {
	enum tls_server_certificate certificate;
	bool wants_client;  /* a certificate signed by ca.pem */
	bool slams;         /* whom it does not let in finds the connection reset, the alert lost */
	const char *answer; /* the whole HTTP answer */
};

struct tls_server;

/* Writes ca.pem, other-ca.pem, client.pem and client.key (signed by ca.pem), stranger.pem and
 * stranger.key (by other-ca.pem) into the directory, and serves on *ret_port. */
struct tls_server *tls_server_start(const struct tls_server_options *options, const char *directory,
				    uint16_t *ret_port);
/* Requests that came in, and the text of one of them. */
size_t tls_server_count(struct tls_server *server);
const char *tls_server_request(struct tls_server *server, size_t at);
/* Ends the thread, removes the files. */
void tls_server_stop(struct tls_server *server);
