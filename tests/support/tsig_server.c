/* SPDX-License-Identifier: ISC */
/*
 * tsig_server: the server's side of TSIG, by the code in common/tsig.c: it verifies what nsupdate and knsupdate signed
 * (RFC 8945 5.2, in its order), says NOERROR with a signature of ours, or the error that the RFC wants,
 * and prints one line for each message: "udp|tcp KEY VERDICT". It changes no zone.
 *
 *   tsig_server PORT AHEAD-S {KEY ALGORITHM SECRET}...
 *
 * AHEAD-S is by how much its clock is ahead; SECRET is base64. amtnet itself is a client only, so this
 * includes the file for what a client does not need: a request's digest, an answer's signature.
 */
#include "common/tsig.c"

#include "common/clock.h"
#include "tests/support/key_words.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEYS_MAX 8
#define AT_FLAGS 2
#define FLAG_ANSWER 0x80

struct server {
	struct tsig_key *keys[KEYS_MAX];
	size_t key_count;
	uint64_t ahead_s;
};

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "tsig_server: %s\n", what);
	exit(3);
}

static const struct tsig_key *key_of(const struct server *server, const struct tsig_record *record)
{
	for (size_t i = 0; i < server->key_count; i++) {
		if (name_equal(&record->owner, &server->keys[i]->owner) &&
		    name_equal(&record->algorithm, &server->keys[i]->algorithm))
			return server->keys[i];
	}
	return NULL;
}

/* 0 or the TSIG error; RFC 8945 5.2.1 to 5.2.4. */
static uint16_t judge(const struct tsig_key *key, uint64_t now_s, uint8_t *message,
		      const struct tsig_record *record)
{
	uint64_t apart = now_s > record->time_s ? now_s - record->time_s : record->time_s - now_s;

	if (!key)
		return BADKEY;
	if (record->mac_length < key->mac_length)
		return BADTRUNC;
	if (record->mac_length != key->mac_length || !mac_is_right(key, NULL, message, record))
		return BADSIG;
	return apart > record->fudge ? BADTIME : 0;
}

/* The TSIG of an answer, with a MAC or, where the request's was not right, without one. */
static void put_record(struct wire_writer *writer, const struct tsig_record *record,
		       const uint8_t *mac)
{
	wire_write_bytes(writer, record->owner.bytes, record->owner.length);
	wire_write_u16be(writer, TYPE_TSIG);
	wire_write_u16be(writer, CLASS_ANY);
	wire_write_u32be(writer, 0);
	wire_write_u16be(writer, (uint16_t)(record->algorithm.length + 16 + record->mac_length +
					    record->other_length));
	wire_write_bytes(writer, record->algorithm.bytes, record->algorithm.length);
	wire_write_u48be(writer, record->time_s);
	wire_write_u16be(writer, record->fudge);
	wire_write_u16be(writer, record->mac_length);
	wire_write_bytes(writer, mac, record->mac_length);
	wire_write_u16be(writer, record->original_id);
	wire_write_u16be(writer, record->error);
	wire_write_u16be(writer, record->other_length);
	wire_write_bytes(writer, record->other, record->other_length);
}

/* Head and zone of the request with QR and rcode, then the TSIG; its length. */
static size_t answer(const struct server *server, const struct tsig_key *key,
		     const struct tsig_record *asked, uint16_t error, uint8_t *message, size_t size)
{
	uint64_t now_s = clock_wall_ms() / 1000 + server->ahead_s;
	const uint8_t clock[6] = {(uint8_t)(now_s >> 40), (uint8_t)(now_s >> 32),
				  (uint8_t)(now_s >> 24), (uint8_t)(now_s >> 16),
				  (uint8_t)(now_s >> 8),  (uint8_t)now_s};
	struct tsig_request request = {.mac_length = asked->mac_length};
	struct tsig_record record = *asked;
	uint8_t mac[TSIG_MAC_MAX];
	struct wire_reader reader;
	struct wire_writer writer;
	bool sign = error == 0 || error == BADTIME;

	memcpy(request.mac, asked->mac, sign ? asked->mac_length : 0);
	wire_reader_init(&reader, message, asked->at);
	reader.at = HEAD_BYTES;
	skip_name(&reader);
	wire_read_u32be(&reader);
	message[AT_FLAGS] |= FLAG_ANSWER;
	message[AT_FLAGS + 1] = error ? RCODE_NOTAUTH : 0;
	memset(message + AT_QDCOUNT + 2, 0, 6); /* only the zone is given back */
	record.error = error;
	record.fudge = TSIG_FUDGE_S;
	record.time_s = error == BADTIME ? asked->time_s : now_s;
	record.other = clock;
	record.other_length = error == BADTIME ? sizeof(clock) : 0;
	record.mac_length = sign ? (uint16_t)key->mac_length : 0;
	if (sign && !compute_mac(key, &request, message, reader.at, &record, mac))
		die("no MAC");
	wire_writer_init(&writer, message, size);
	writer.at = reader.at;
	put_record(&writer, &record, mac);
	put_u16(message + AT_ARCOUNT, 1);
	return writer.at;
}

static const char *verdict_name(uint16_t error)
{
	switch (error) {
	case 0:
		return "GOOD";
	case BADSIG:
		return "BADSIG";
	case BADKEY:
		return "BADKEY";
	case BADTIME:
		return "BADTIME";
	default:
		return "BADTRUNC";
	}
}

/* The length of the answer, in place of the message; 0 = none. */
static size_t serve(const struct server *server, const char *way, uint8_t *message, size_t length,
		    size_t size)
{
	uint8_t copy[4096];
	struct tsig_record record;
	const struct tsig_key *key;
	uint16_t error;

	if (length > sizeof(copy) || find_record(message, length, &record) != TSIG_GOOD) {
		printf("%s - UNSIGNED\n", way);
		return 0;
	}
	memcpy(copy, message, length); /* the answer is written over the MAC that it needs */
	record.mac = copy + (record.mac - message);
	key = key_of(server, &record);
	error = judge(key, clock_wall_ms() / 1000 + server->ahead_s, message, &record);
	printf("%s %.*s %s\n", way, record.owner.bytes[0], (const char *)record.owner.bytes + 1,
	       verdict_name(error));
	return answer(server, key, &record, error, message, size);
}

static void serve_datagram(const struct server *server, int fd)
{
	struct sockaddr_in from;
	socklen_t from_length = sizeof(from);
	uint8_t bytes[4096 + TSIG_RECORD_MAX];
	ssize_t got = recvfrom(fd, bytes, 4096, 0, (struct sockaddr *)&from, &from_length);
	size_t length = got > 0 ? serve(server, "udp", bytes, (size_t)got, sizeof(bytes)) : 0;

	if (length)
		sendto(fd, bytes, length, 0, (struct sockaddr *)&from, from_length);
}

/* One message of a connection. */
static void serve_connection(const struct server *server, int listener)
{
	uint8_t bytes[2 + 4096 + TSIG_RECORD_MAX];
	int fd = accept(listener, NULL, NULL);
	size_t length = 0;

	if (fd >= 0 && recv(fd, bytes, 2, MSG_WAITALL) == 2 && get_u16(bytes) <= 4096 &&
	    recv(fd, bytes + 2, get_u16(bytes), MSG_WAITALL) == get_u16(bytes))
		length = serve(server, "tcp", bytes + 2, get_u16(bytes), sizeof(bytes) - 2);
	if (length) {
		put_u16(bytes, (uint16_t)length);
		if (send(fd, bytes, 2 + length, MSG_NOSIGNAL) < 0)
			printf("tcp - GONE\n");
	}
	close(fd);
}

static int open_socket(int type, const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

	address.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 8) < 0))
		die("the port is taken");
	return fd;
}

int main(int argc, char **argv)
{
	static struct server server;
	struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};

	if (argc < 6 || argc % 3)
		die("usage: tsig_server PORT AHEAD-S {KEY ALGORITHM SECRET}...");
	for (int i = 3; i < argc; i += 3) {
		struct tsig_key *key = key_from_words(argv[i], argv[i + 1], argv[i + 2]);

		if (!key || server.key_count == KEYS_MAX)
			die("the key is wrong");
		server.keys[server.key_count++] = key;
	}
	server.ahead_s = strtoul(argv[2], NULL, 10);
	setvbuf(stdout, NULL, _IOLBF, 0);
	fds[0].fd = open_socket(SOCK_DGRAM, argv[1]);
	fds[1].fd = open_socket(SOCK_STREAM, argv[1]);
	printf("ready\n");
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents)
			serve_datagram(&server, fds[0].fd);
		if (fds[1].revents)
			serve_connection(&server, fds[1].fd);
	}
	return 0;
}
