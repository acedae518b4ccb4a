/* SPDX-License-Identifier: ISC */
#include "tests/unit/dns/answer.h"

#include <stdbool.h>
#include <string.h>

enum { SOA = 6, A = 1, HEAD = 12, COUNTS_AT = 6 };

struct hostname answer_question(const struct name_server_message *message, unsigned *ret_type)
{
	struct hostname name = {""};
	size_t length = HEAD;
	bool full, changed;

	while (message->bytes[length])
		length += message->bytes[length] + 1u;
	length++;
	hostname_from_wire(message->bytes + HEAD, length - HEAD, &name, &full, &changed);
	*ret_type = (unsigned)(message->bytes[length] << 8 | message->bytes[length + 1]);
	return name;
}

void answer_begin(struct answer *answer, const struct name_server_message *message)
{
	memcpy(answer->bytes, message->bytes, message->length);
	answer->length = message->length;
	answer->bytes[2] = 0x84;
	answer->bytes[3] = 0;
}

static void put(struct answer *answer, enum answer_section section, const struct hostname *owner,
		unsigned type, const uint8_t *data, size_t length)
{
	const uint8_t middle[] = {0, (uint8_t)type, 0, 1, 0, 0, 0, 60, 0, (uint8_t)length};

	answer->length += hostname_to_wire(owner, answer->bytes + answer->length);
	memcpy(answer->bytes + answer->length, middle, sizeof(middle));
	answer->length += sizeof(middle);
	memcpy(answer->bytes + answer->length, data, length);
	answer->length += length;
	answer->bytes[COUNTS_AT + 1 + 2 * (int)section]++;
}

void answer_soa(struct answer *answer, enum answer_section section, const struct hostname *zone)
{
	static const struct hostname mname = {"ns1.example"};
	uint8_t data[2 * HOSTNAME_WIRE_MAX + 20] = {0};
	size_t length = hostname_to_wire(&mname, data);

	length += hostname_to_wire(&mname, data + length);
	put(answer, section, zone, SOA, data, length + 20);
}

void answer_loopback(struct answer *answer, const struct hostname *name)
{
	static const uint8_t loopback[4] = {127, 0, 0, 1};

	put(answer, ANSWER_ANSWER, name, A, loopback, sizeof(loopback));
}
