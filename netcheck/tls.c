/* SPDX-License-Identifier: ISC */
#include "netcheck/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

struct tls {
	SSL_CTX *context;
	SSL *session;
};

int tls_new(struct tls **ret, int fd, const char *name)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		return -ENOMEM;
	tls->context = SSL_CTX_new(TLS_client_method());
	if (!tls->context)
		goto fail;
	SSL_CTX_set_verify(tls->context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_min_proto_version(tls->context, TLS1_VERSION);
	SSL_CTX_set_cipher_list(tls->context, "ALL:@SECLEVEL=0");
	SSL_CTX_set_options(tls->context, SSL_OP_LEGACY_SERVER_CONNECT |
						  SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
						  SSL_OP_IGNORE_UNEXPECTED_EOF);
	tls->session = SSL_new(tls->context);
	if (!tls->session || SSL_set_fd(tls->session, fd) != 1)
		goto fail;
	if (name)
		SSL_set_tlsext_host_name(tls->session, name);
	*ret = tls;
	return 0;
fail:
	tls_free(tls);
	return -ENOMEM;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_free(tls->session);
	SSL_CTX_free(tls->context);
	free(tls);
	ERR_clear_error();
}

static enum tls_result result_of(struct tls *tls, int returned)
{
	int error = SSL_get_error(tls->session, returned);

	ERR_clear_error();
	switch (error) {
	case SSL_ERROR_NONE:
		return TLS_DONE;
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_ENDED;
	default:
		return TLS_FAILED;
	}
}

enum tls_result tls_handshake(struct tls *tls)
{
	return result_of(tls, SSL_connect(tls->session));
}

enum tls_result tls_write(struct tls *tls, const void *bytes, size_t size)
{
	size_t written;

	return result_of(tls, SSL_write_ex(tls->session, bytes, size, &written));
}

enum tls_result tls_read(struct tls *tls, void *ret, size_t size, size_t *ret_size)
{
	return result_of(tls, SSL_read_ex(tls->session, ret, size, ret_size));
}

const char *tls_version(const struct tls *tls)
{
	return SSL_get_version(tls->session);
}
