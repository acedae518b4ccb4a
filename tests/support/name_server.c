/* SPDX-License-Identifier: ISC */
#include "tests/support/name_server.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEERS_MAX 64

struct name_server_peer {
	struct name_server *server;
	struct bufferevent *stream;
	bool closing;
};

struct name_server {
	struct event_base *base;
	struct evconnlistener *listener;
	name_server_script *script;
	void *user;
	struct endpoint endpoint;
	unsigned connections;
	int datagrams; /* UDP, on the same port; -1 = closed */
	struct event *datagram_event;
	struct name_server_peer *peers[PEERS_MAX];
};

static void drop(struct name_server_peer *peer)
{
	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (peer->server->peers[i] == peer)
			peer->server->peers[i] = NULL;
	}
	bufferevent_free(peer->stream);
	free(peer);
}

static bool is_there(const struct name_server *server, const struct name_server_peer *peer)
{
	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (server->peers[i] == peer)
			return true;
	}
	return false;
}

static void on_read(struct bufferevent *stream, void *user)
{
	struct name_server_peer *peer = user;
	struct name_server *server = peer->server;
	struct evbuffer *in = bufferevent_get_input(stream);
	uint8_t head[2];

	while (is_there(server, peer) && evbuffer_copyout(in, head, 2) == 2) {
		struct name_server_message message = {.server = server, .peer = peer};

		message.length = (size_t)(head[0] << 8 | head[1]);
		assert(message.length >= 12 && message.length <= sizeof message.bytes);
		if (evbuffer_get_length(in) < 2 + message.length)
			return;
		evbuffer_drain(in, 2);
		evbuffer_remove(in, message.bytes, message.length);
		message.id = (uint16_t)(message.bytes[0] << 8 | message.bytes[1]);
		server->script(server, &message, server->user);
	}
}

static void on_event(struct bufferevent *stream, short what, void *user)
{
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		drop(user);
}

static void on_sent(struct bufferevent *stream, void *user)
{
	struct name_server_peer *peer = user;

	if (peer->closing)
		drop(peer);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
		      int length, void *user)
{
	struct name_server *server = user;
	struct name_server_peer *peer = calloc(1, sizeof *peer);
	const int one = 1;

	server->connections++;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	peer->server = server;
	peer->stream = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(peer->stream, on_read, on_sent, on_event, peer);
	bufferevent_enable(peer->stream, EV_READ | EV_WRITE);
	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (!server->peers[i]) {
			server->peers[i] = peer;
			return;
		}
	}
	abort();
}

static void on_datagram(evutil_socket_t fd, short what, void *user)
{
	struct name_server *server = user;
	struct name_server_message message = {.server = server};
	struct sockaddr_storage from;
	socklen_t size = sizeof from;
	ssize_t length = recvfrom(fd, message.bytes, sizeof message.bytes, 0,
				  (struct sockaddr *)&from, &size);

	assert(length >= 12);
	endpoint_from_sockaddr((struct sockaddr *)&from, &message.from);
	message.length = (size_t)length;
	message.id = (uint16_t)(message.bytes[0] << 8 | message.bytes[1]);
	server->script(server, &message, server->user);
}

static void open_datagrams(struct name_server *server)
{
	struct sockaddr_storage at;
	socklen_t size = endpoint_to_sockaddr(server->endpoint, &at);

	server->datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (bind(server->datagrams, (struct sockaddr *)&at, size) < 0)
		abort();
	server->datagram_event = event_new(server->base, server->datagrams, EV_READ | EV_PERSIST,
					   on_datagram, server);
	event_add(server->datagram_event, NULL);
}

void name_server_refuse_datagrams(struct name_server *server)
{
	if (server->datagrams < 0)
		return;
	event_free(server->datagram_event);
	close(server->datagrams);
	server->datagrams = -1;
}

struct name_server *name_server_new(struct event_base *base, name_server_script *script, void *user)
{
	struct name_server *server = calloc(1, sizeof *server);
	struct endpoint any = {.addr = addr_ip4(INADDR_LOOPBACK), .port = 0};
	struct sockaddr_storage at;
	socklen_t size = endpoint_to_sockaddr(any, &at);

	server->base = base;
	server->script = script;
	server->user = user;
	server->listener = evconnlistener_new_bind(base, on_accept, server, LEV_OPT_CLOSE_ON_FREE,
						   16, (struct sockaddr *)&at, (int)size);
	size = sizeof at;
	if (!server->listener ||
	    getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&at, &size) < 0)
		abort();
	endpoint_from_sockaddr((struct sockaddr *)&at, &server->endpoint);
	open_datagrams(server);
	return server;
}

void name_server_free(struct name_server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < PEERS_MAX; i++) {
		if (server->peers[i])
			drop(server->peers[i]);
	}
	evconnlistener_free(server->listener);
	name_server_refuse_datagrams(server);
	free(server);
}

struct endpoint name_server_endpoint(const struct name_server *server)
{
	return server->endpoint;
}

unsigned name_server_connections(const struct name_server *server)
{
	return server->connections;
}

static size_t skip_name(const uint8_t *bytes, size_t at)
{
	while (bytes[at])
		at += 1 + (size_t)bytes[at];
	return at + 1;
}

static void put_u16(uint8_t *ret, size_t value)
{
	ret[0] = (uint8_t)(value >> 8);
	ret[1] = (uint8_t)value;
}

size_t name_server_build(const uint8_t *request, size_t length, int rcode, unsigned addresses,
			 uint8_t *ret, size_t size)
{
	static const uint8_t address[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0};
	size_t at = skip_name(request, 12) + 4;

	assert(at <= length && at + addresses * 16 <= size);
	memcpy(ret, request, at);
	ret[2] = (uint8_t)((request[2] & 0x78) | 0x84); /* QR, AA */
	ret[3] = (uint8_t)rcode;
	memset(ret + 6, 0, 6);
	put_u16(ret + 6, addresses);
	for (unsigned i = 1; i <= addresses; i++) {
		memcpy(ret + at, address, sizeof address);
		ret[at + sizeof address] = (uint8_t)i;
		at += sizeof address + 1;
	}
	return at;
}

static size_t put_name(uint8_t *ret, const char *name)
{
	size_t at = 0;

	while (*name) {
		size_t length = strcspn(name, ".");
		ret[at++] = (uint8_t)length;
		memcpy(ret + at, name, length);
		at += length;
		name += length + (name[length] == '.');
	}
	ret[at++] = 0;
	return at;
}

static size_t put_time(uint8_t *ret, const struct name_server_tsig *tsig)
{
	put_u16(ret, tsig->time_s >> 32 & 0xffff);
	put_u16(ret + 2, tsig->time_s >> 16 & 0xffff);
	put_u16(ret + 4, tsig->time_s & 0xffff);
	put_u16(ret + 6, tsig->fudge);
	return 8;
}

/* RFC 8945 4.3.2: request MAC with its length, message, variables. */
static void answer_mac(const struct name_server_tsig *tsig, const uint8_t *request_mac,
		       size_t request_mac_length, const uint8_t *answer, size_t length,
		       uint8_t ret[EVP_MAX_MD_SIZE])
{
	uint8_t *digest = malloc(2 + 64 + length + 600 + tsig->other_length);
	size_t at = 0;

	put_u16(digest, request_mac_length);
	memcpy(digest + 2, request_mac, request_mac_length);
	at = 2 + request_mac_length;
	memcpy(digest + at, answer, length);
	at += length;
	at += put_name(digest + at, tsig->name);
	memcpy(digest + at, "\0\xff\0\0\0\0", 6);
	at += 6;
	at += put_name(digest + at, tsig->algorithm);
	at += put_time(digest + at, tsig);
	put_u16(digest + at, tsig->error);
	put_u16(digest + at + 2, tsig->other_length);
	at += 4;
	if (tsig->other_length)
		memcpy(digest + at, tsig->other, tsig->other_length);
	at += tsig->other_length;
	HMAC(EVP_get_digestbyname(tsig->digest), tsig->secret, (int)tsig->secret_length, digest, at,
	     ret, NULL);
	free(digest);
}

size_t name_server_sign(const struct name_server_tsig *tsig, const uint8_t *request,
			size_t request_length, size_t request_mac_length, uint8_t *answer,
			size_t length, size_t size)
{
	const uint8_t *request_mac = request + request_length - 6 - request_mac_length;
	uint8_t mac[EVP_MAX_MD_SIZE], *data;
	size_t at = length;

	if (!tsig->name)
		return length;
	assert(length + 600 + tsig->other_length <= size);
	answer_mac(tsig, request_mac, request_mac_length, answer, length, mac);
	at += put_name(answer + at, tsig->name);
	memcpy(answer + at, "\0\xfa\0\xff\0\0\0\0", 8);
	data = answer + at + 8;
	at += 10;
	at += put_name(answer + at, tsig->algorithm);
	at += put_time(answer + at, tsig);
	put_u16(answer + at, tsig->mac_length);
	memcpy(answer + at + 2, mac, tsig->mac_length);
	at += 2 + tsig->mac_length;
	memcpy(answer + at, answer, 2); /* original id */
	put_u16(answer + at + 2, tsig->error);
	put_u16(answer + at + 4, tsig->other_length);
	at += 6;
	if (tsig->other_length)
		memcpy(answer + at, tsig->other, tsig->other_length);
	at += tsig->other_length;
	put_u16(data, (size_t)(answer + at - data - 2));
	put_u16(answer + 10, (size_t)(answer[10] << 8 | answer[11]) + 1);
	return at;
}

static void send_to(int fd, struct endpoint to, const uint8_t *bytes, size_t length)
{
	struct sockaddr_storage at;
	socklen_t size = endpoint_to_sockaddr(to, &at);

	sendto(fd, bytes, length, 0, (struct sockaddr *)&at, size);
}

void name_server_answer(const struct name_server_message *message, const uint8_t *answer,
			size_t length)
{
	if (message->peer)
		name_server_send(message->peer, answer, length);
	else
		send_to(message->server->datagrams, message->from, answer, length);
}

void name_server_answer_from_elsewhere(const struct name_server_message *message,
				       const uint8_t *answer, size_t length)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	send_to(fd, message->from, answer, length);
	close(fd);
}

void name_server_send(struct name_server_peer *peer, const uint8_t *answer, size_t length)
{
	uint8_t head[2];

	put_u16(head, length);
	bufferevent_write(peer->stream, head, 2);
	bufferevent_write(peer->stream, answer, length);
}

void name_server_send_raw(struct name_server_peer *peer, const void *bytes, size_t length)
{
	bufferevent_write(peer->stream, bytes, length);
}

void name_server_reset(struct name_server_peer *peer)
{
	const struct linger now = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(bufferevent_getfd(peer->stream), SOL_SOCKET, SO_LINGER, &now, sizeof now);
	drop(peer);
}

void name_server_close(struct name_server_peer *peer)
{
	peer->closing = true;
	if (evbuffer_get_length(bufferevent_get_output(peer->stream)) == 0)
		drop(peer);
}
