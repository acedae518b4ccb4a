/* SPDX-License-Identifier: ISC */
#include "tests/unit/dns/door_fixture.h"

#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define MAC_LENGTH 32
#define DEADLINE_MS 10000

static char key_name[] = "amtnet", publish_label[] = "ProvisionServer";
static uint8_t secret[32] = "0123456789abcdef0123456789abcde";

struct name_server_tsig door_tsig(void)
{
	return (struct name_server_tsig){
		.name = "amtnet",
		.algorithm = "hmac-sha256",
		.digest = "SHA256",
		.secret = secret,
		.secret_length = sizeof(secret),
		.mac_length = MAC_LENGTH,
		.time_s = (uint64_t)time(NULL),
		.fudge = 300,
	};
}

size_t door_build(const struct name_server_message *message, int rcode,
		  const struct name_server_tsig *tsig, uint8_t *ret, size_t size)
{
	size_t length = name_server_build(message->bytes, message->length, rcode, 0, ret, size);

	return tsig ? name_server_sign(tsig, message->bytes, message->length, MAC_LENGTH, ret,
				       length, size)
		    : length;
}

void door_answer(struct door *door, const struct name_server_message *message, int rcode)
{
	struct name_server_tsig tsig = door_tsig();
	uint8_t bytes[2048];

	name_server_answer(message, bytes, door_build(message, rcode, &tsig, bytes, sizeof(bytes)));
	door->done += rcode == 0 && !door_is_query(message);
}

bool door_is_query(const struct name_server_message *message)
{
	return (message->bytes[2] >> 3 & 0x0f) == 0;
}

bool door_has_label(const struct name_server_message *message, const char *label)
{
	return memmem(message->bytes, message->length, label, strlen(label));
}

static void on_message(struct name_server *server, const struct name_server_message *message,
		       void *user)
{
	struct door *door = user;

	door->seen++;
	if (door->script)
		door->script(door, message);
	else
		door_answer(door, message, 0);
}

/* The daemon ------------------------------------------------------------------------------------ */

static const struct server_times quick = {
	.connect_ms = 2000, .answer_ms = 100, .datagram_ms = 50, .away_ms = 50, .idle_ms = 60000};

static void connect_hook(struct door *door)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct lease_record record = {.type = LEASE_HELLO, .boot_id = 7, .seq = door->said};
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length = lease_encode(&record, bytes, sizeof(bytes));

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", door->socket);
	door->hook = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_int_equal(connect(door->hook, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(send(door->hook, bytes, length, 0), length);
}

static void start(struct door *door)
{
	struct err err = {0};

	if (db_open(&door->db, door->path, door->base, &err) < 0 ||
	    dns_new(&door->dns, door->base, door->db, &door->lease, &door->config, &door->publish,
		    &err) < 0)
		fail_msg("%s", err.text);
	server_pool_set_times(door->dns->servers, quick);
	if (dns_start(door->dns, &err) < 0)
		fail_msg("%s", err.text);
	connect_hook(door);
}

static void stop(struct door *door)
{
	close(door->hook);
	dns_free(door->dns);
	db_close(door->db);
}

void door_restart(struct door *door)
{
	stop(door);
	start(door);
}

static void configure(struct door *door)
{
	static const char *const zones[] = {"example", "10.in-addr.arpa"};

	door->key = (struct dns_key_config){.name = key_name,
					    .secret = {.bytes = secret, .length = sizeof(secret)}};
	for (int i = 0; i < 2; i++) {
		door->zones[i].servers = (struct config_list){&door->endpoint, 1};
		door->zones[i].key = door->key.name;
		snprintf(door->zones[i].name.text, sizeof(door->zones[i].name.text), "%s",
			 zones[i]);
	}
	door->config = (struct dns_config){
		.ttl_ms = 600000, .keys = {&door->key, 1}, .zones = {door->zones, 2}};
	door->lease.socket = door->socket;
	door->publish = (struct publish_config){
		.label = publish_label, .ttl_ms = 300000, .interval_ms = 60000};
}

int door_set_up(void **state)
{
	struct door *door = calloc(1, sizeof(*door));

	snprintf(door->directory, sizeof(door->directory), "/tmp/amtnet-door-XXXXXX");
	if (!mkdtemp(door->directory))
		return -1;
	snprintf(door->path, sizeof(door->path), "%s/db", door->directory);
	snprintf(door->socket, sizeof(door->socket), "%s/socket", door->directory);
	door->base = event_base_new();
	door->server = name_server_new(door->base, on_message, door);
	door->endpoint = name_server_endpoint(door->server);
	configure(door);
	start(door);
	*state = door;
	return 0;
}

int door_tear_down(void **state)
{
	struct door *door = *state;
	char file[80];

	stop(door);
	name_server_free(door->server);
	event_base_free(door->base);
	for (int i = 0; i < 3; i++) {
		static const char *const ends[] = {"", "-wal", "-shm"};

		snprintf(file, sizeof(file), "%s%s", door->path, ends[i]);
		unlink(file);
	}
	rmdir(door->directory);
	free(door);
	return 0;
}

/* The hook -------------------------------------------------------------------------------------- */

static void say(struct door *door, enum lease_change change, unsigned number, const char *name)
{
	struct lease_record record = {.type = LEASE_EVENT, .boot_id = 7, .seq = ++door->said};
	uint8_t bytes[LEASE_RECORD_MAX];
	size_t length;

	record.time_ms = clock_wall_ms();
	record.event.change = change;
	record.event.flags = LEASE_FLAG_ME | LEASE_FLAG_FORWARD | LEASE_FLAG_REVERSE;
	record.event.address = addr_ip4(0x0a000000 + number);
	record.event.mac = (struct mac){
		.type = 1, .length = 6, .bytes = {2, [5] = (uint8_t)number}};
	snprintf(record.event.name.text, sizeof(record.event.name.text), "%s", name);
	record.event.lifetime_s = 3600;
	length = lease_encode(&record, bytes, sizeof(bytes));
	assert_int_equal(send(door->hook, bytes, length, 0), length);
}

void door_commit_name(struct door *door, unsigned number, const char *name)
{
	say(door, LEASE_COMMITTED, number, name);
}

void door_release_name(struct door *door, unsigned number, const char *name)
{
	say(door, LEASE_RELEASED, number, name);
}

void door_commit(struct door *door, unsigned number)
{
	char name[40];

	snprintf(name, sizeof(name), "me%u.example", number);
	door_commit_name(door, number, name);
}

static void hear(struct door *door)
{
	uint8_t bytes[LEASE_RECORD_MAX];
	struct lease_record record;
	ssize_t length;

	while ((length = recv(door->hook, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		assert_int_equal(lease_decode(bytes, (size_t)length, &record, NULL), 0);
		if (record.type == LEASE_ACK)
			door->acknowledged = record.seq;
	}
}

/* Waiting --------------------------------------------------------------------------------------- */

static void turn(struct door *door, unsigned wait_ms)
{
	const struct timeval wait = {.tv_usec = (suseconds_t)wait_ms * 1000};

	event_base_loopexit(door->base, &wait);
	event_base_dispatch(door->base);
	hear(door);
}

void door_turn(struct door *door)
{
	turn(door, 100);
}

void door_wait(struct door *door, bool (*is_so)(struct door *door), const char *what)
{
	uint64_t end_ms = clock_mono_ms() + DEADLINE_MS;

	while (!is_so(door)) {
		if (clock_mono_ms() > end_ms)
			fail_msg("not in 10 s: %s", what);
		turn(door, 5);
	}
}

size_t door_count(const struct door *door, enum ledger_state state)
{
	return ledger_count_state(door->dns->ledger, state);
}
