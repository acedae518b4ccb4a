/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define DAY_S 86400

/* A certificate with its key. */
struct identity {
	X509 *certificate;
	EVP_PKEY *key;
};

struct tls_server {
	struct tls_server_options options;
	char directory[256];
	int fd;
	SSL_CTX *context;
	struct identity ca, other_ca, server, client, stranger;
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	size_t count;
	char requests[TLS_SERVER_REQUESTS_MAX][TLS_SERVER_REQUEST_BYTES];
};

/* Certificates. */

static void extend(X509 *certificate, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

/* Signed by `issuer`, or by itself where that is NULL. */
static struct identity make(const char *name, const char *alternative, long days,
			    const struct identity *issuer)
{
	struct identity made = {.certificate = X509_new(), .key = EVP_EC_gen("P-256")};
	X509_NAME *subject = X509_get_subject_name(made.certificate);
	static long serial;

	X509_set_version(made.certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(made.certificate), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(made.certificate), -30 * DAY_S);
	X509_gmtime_adj(X509_getm_notAfter(made.certificate), days * DAY_S);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const uint8_t *)name, -1, -1, 0);
	X509_set_issuer_name(made.certificate,
			     issuer ? X509_get_subject_name(issuer->certificate) : subject);
	X509_set_pubkey(made.certificate, made.key);
	extend(made.certificate, NID_basic_constraints, issuer ? "CA:FALSE" : "critical,CA:TRUE");
	if (alternative)
		extend(made.certificate, NID_subject_alt_name, alternative);
	assert_true(X509_sign(made.certificate, issuer ? issuer->key : made.key, EVP_sha256()) > 0);
	return made;
}

static void forget(struct identity *identity)
{
	X509_free(identity->certificate);
	EVP_PKEY_free(identity->key);
}

static const char *path_of(const struct tls_server *server, const char *name, const char *ending,
			   char ret[512])
{
	snprintf(ret, 512, "%s/%s.%s", server->directory, name, ending);
	return ret;
}

static void write_files(const struct tls_server *server, const char *name,
			const struct identity *identity)
{
	char path[512];
	FILE *file = fopen(path_of(server, name, "pem", path), "w");

	assert_non_null(file);
	PEM_write_X509(file, identity->certificate);
	fclose(file);
	file = fopen(path_of(server, name, "key", path), "w");
	assert_non_null(file);
	PEM_write_PrivateKey(file, identity->key, NULL, NULL, 0, NULL, NULL);
	fclose(file);
}

static void make_identities(struct tls_server *server)
{
	enum tls_server_certificate kind = server->options.certificate;

	server->ca = make("amtnet test CA", NULL, 10, NULL);
	server->other_ca = make("another CA", NULL, 10, NULL);
	server->server = make("server",
			      kind == TLS_SERVER_OTHER_NAME ? "DNS:other.example" : "IP:127.0.0.1",
			      kind == TLS_SERVER_EXPIRED ? -1 : 10,
			      kind == TLS_SERVER_UNTRUSTED ? &server->other_ca : &server->ca);
	server->client = make("amtnetd", NULL, 10, &server->ca);
	server->stranger = make("stranger", NULL, 10, &server->other_ca);
	write_files(server, "ca", &server->ca);
	write_files(server, "other-ca", &server->other_ca);
	write_files(server, "client", &server->client);
	write_files(server, "stranger", &server->stranger);
}

/* Serving. */

/* All of the body that Content-Length announces. */
static bool is_whole(const char *request)
{
	const char *body = strstr(request, "\r\n\r\n"),
		   *length = strstr(request, "Content-Length:");

	return body && (!length || strlen(body + 4) >= strtoul(length + 15, NULL, 10));
}

/* Lets the peer read the alert before the connection goes. */
static void linger(const struct tls_server *server, int fd)
{
	const struct timeval limit = {.tv_sec = 5};
	char bytes[1024];

	if (server->options.slams)
		return;
	shutdown(fd, SHUT_WR);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	while (recv(fd, bytes, sizeof(bytes), 0) > 0)
		;
}

static void serve(struct tls_server *server, SSL *ssl)
{
	static char request[TLS_SERVER_REQUEST_BYTES];
	size_t length = 0;
	int count;

	if (SSL_accept(ssl) <= 0) {
		linger(server, SSL_get_fd(ssl));
		return;
	}
	while (length < sizeof(request) - 1 &&
	       (count = SSL_read(ssl, request + length, (int)(sizeof(request) - 1 - length))) > 0) {
		length += (size_t)count;
		request[length] = '\0';
		if (is_whole(request))
			break;
	}
	if (length == 0)
		return;
	pthread_mutex_lock(&server->lock);
	if (server->count < TLS_SERVER_REQUESTS_MAX)
		memcpy(server->requests[server->count++], request, length + 1);
	pthread_mutex_unlock(&server->lock);
	SSL_write(ssl, server->options.answer, (int)strlen(server->options.answer));
	SSL_shutdown(ssl);
}

static void *serve_all(void *user)
{
	struct tls_server *server = user;
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		SSL *ssl = SSL_new(server->context);

		SSL_set_fd(ssl, fd);
		serve(server, ssl);
		SSL_free(ssl);
		close(fd);
	}
	return NULL;
}

static SSL_CTX *make_context(const struct tls_server *server)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	char path[512];

	assert_int_equal(SSL_CTX_use_certificate(context, server->server.certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(context, server->server.key), 1);
	if (!server->options.wants_client)
		return context;
	assert_int_equal(
		SSL_CTX_load_verify_locations(context, path_of(server, "ca", "pem", path), NULL),
		1);
	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	return context;
}

struct tls_server *tls_server_start(const struct tls_server_options *options, const char *directory,
				    uint16_t *ret_port)
{
	struct tls_server *server = calloc(1, sizeof(*server));
	struct sockaddr_in name = {.sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(name);

	assert_non_null(server);
	signal(SIGPIPE, SIG_IGN); /* of peers that left; the daemon does the same */
	server->options = *options;
	snprintf(server->directory, sizeof(server->directory), "%s", directory);
	make_identities(server);
	server->context = make_context(server);
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->fd, (struct sockaddr *)&name, sizeof(name)), 0);
	assert_int_equal(listen(server->fd, 16), 0);
	assert_int_equal(getsockname(server->fd, (struct sockaddr *)&name, &size), 0);
	*ret_port = ntohs(name.sin_port);
	pthread_mutex_init(&server->lock, NULL);
	assert_int_equal(pthread_create(&server->thread, NULL, serve_all, server), 0);
	return server;
}

size_t tls_server_count(struct tls_server *server)
{
	size_t count;

	pthread_mutex_lock(&server->lock);
	count = server->count;
	pthread_mutex_unlock(&server->lock);
	return count;
}

const char *tls_server_request(struct tls_server *server, size_t at)
{
	assert_true(at < tls_server_count(server));
	return server->requests[at];
}

void tls_server_stop(struct tls_server *server)
{
	static const char *const names[] = {"ca", "other-ca", "client", "stranger"};
	char path[512];

	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->fd);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unlink(path_of(server, names[i], "pem", path));
		unlink(path_of(server, names[i], "key", path));
	}
	SSL_CTX_free(server->context);
	forget(&server->ca);
	forget(&server->other_ca);
	forget(&server->server);
	forget(&server->client);
	forget(&server->stranger);
	pthread_mutex_destroy(&server->lock);
	free(server);
}
