/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kea-hook/packet6.h"

#include <errno.h>
#include <string.h>

/* A SOLICIT with a DUID-LL, option 39 "S, me01" and a vendor class. */
static const uint8_t solicit[] = {
	1, 0xaa, 0xbb, 0xcc, /* SOLICIT, transaction id */
	0, 1,    0,    10,   0, 3, 0,   1,    2,   0,   0,   0,   0,   1, /* client id */
	0, 39,   0,    6,    1, 4, 'm', 'e',  '0', '1',                   /* FQDN */
	0, 16,   0,    9,    0, 0, 1,   0x37, 0,   3,   'a', 'm', 't',    /* vendor class of 311 */
};

struct message {
	uint8_t bytes[2048];
	size_t size;
};

/* Wraps the message in a RELAY-FORW from this link. */
static void relay(struct message *message, uint8_t link)
{
	uint8_t inner[2048];
	size_t size = message->size;

	memcpy(inner, message->bytes, size);
	memset(message->bytes, 0, 34);
	message->bytes[0] = 12;
	message->bytes[2] = 0x20;
	message->bytes[17] = link;
	memcpy(message->bytes + 34, "\0\22\0\1x", 5); /* interface id, before the message */
	message->bytes[39] = 0;
	message->bytes[40] = 9;
	message->bytes[41] = (uint8_t)(size >> 8);
	message->bytes[42] = (uint8_t)size;
	memcpy(message->bytes + 43, inner, size);
	message->size = 43 + size;
}

static void assert_solicit(const struct packet *packet)
{
	assert_int_equal(packet->client_id.length, 10);
	assert_memory_equal(packet->client_id.bytes, solicit + 8, 10);
	assert_int_equal(packet->option81.length, 6);
	assert_memory_equal(packet->option81.bytes, "\1\4me01", 6);
	assert_int_equal(packet->vendor_class.length, 5);
	assert_memory_equal(packet->vendor_class.bytes, "\0\3amt", 5);
	assert_int_equal(packet->mac.length, 0);
	assert_int_equal(packet->host_name.length, 0);
}

static void a_clients_message_is_read(void **state)
{
	struct packet packet;

	assert_int_equal(packet6_parse(solicit, sizeof(solicit), &packet), 0);
	assert_solicit(&packet);
	assert_int_equal(packet.relay.family, ADDR_NONE);
}

static void a_relayed_message_is_read_with_the_link_next_to_the_client(void **state)
{
	struct message message = {.size = sizeof(solicit)};
	struct packet packet;

	memcpy(message.bytes, solicit, sizeof(solicit));
	relay(&message, 1);
	relay(&message, 2);
	assert_int_equal(packet6_parse(message.bytes, message.size, &packet), 0);
	assert_solicit(&packet);
	assert_int_equal(packet.relay.family, ADDR_IP6);
	assert_int_equal(packet.relay.bytes[15], 1);
}

static void too_many_relays_are_refused(void **state)
{
	struct message message = {.size = sizeof(solicit)};
	struct packet packet;

	memcpy(message.bytes, solicit, sizeof(solicit));
	for (int i = 0; i < PACKET6_RELAYS_MAX; i++)
		relay(&message, 1);
	assert_int_equal(packet6_parse(message.bytes, message.size, &packet), 0);
	relay(&message, 1);
	assert_int_equal(packet6_parse(message.bytes, message.size, &packet), -EINVAL);
}

static void what_is_no_clients_message_is_refused(void **state)
{
	uint8_t reply[] = {13, 0, [33] = 0};
	struct packet packet = {.option81 = {9}};

	assert_int_equal(packet6_parse(solicit, 3, &packet), -EINVAL);
	assert_int_equal(packet6_parse(solicit, 0, &packet), -EINVAL);
	assert_int_equal(packet6_parse(reply, sizeof(reply), &packet), -EINVAL);
	reply[0] = 12; /* a relay without a message */
	assert_int_equal(packet6_parse(reply, sizeof(reply), &packet), -EINVAL);
	assert_int_equal(packet6_parse(reply, 33, &packet), -EINVAL);
	assert_int_equal(packet.option81.length, 9);
}

/* Each cut alone on the heap, so that a sanitizer sees a read behind it. */
static void an_option_over_the_end_ends_the_reading(void **state)
{
	struct packet packet;

	for (size_t size = 4; size < sizeof(solicit); size++) {
		uint8_t *copy = test_malloc(size);

		memcpy(copy, solicit, size);
		assert_int_equal(packet6_parse(copy, size, &packet), 0);
		assert_int_equal(packet.client_id.length, size >= 18 ? 10 : 0);
		assert_int_equal(packet.option81.length, size >= 28 ? 6 : 0);
		test_free(copy);
	}
}

static void what_is_too_long_is_cut(void **state)
{
	static uint8_t message[4 + 4 + 300] = {1, 0, 0, 0, 0, 1, 1, 44};
	struct packet packet;

	assert_int_equal(packet6_parse(message, sizeof(message), &packet), 0);
	assert_int_equal(packet.client_id.length, LEASE_CLIENT_ID_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clients_message_is_read),
		cmocka_unit_test(a_relayed_message_is_read_with_the_link_next_to_the_client),
		cmocka_unit_test(too_many_relays_are_refused),
		cmocka_unit_test(what_is_no_clients_message_is_refused),
		cmocka_unit_test(an_option_over_the_end_ends_the_reading),
		cmocka_unit_test(what_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
