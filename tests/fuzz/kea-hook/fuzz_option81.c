/* SPDX-License-Identifier: ISC */
/*
 * Option 81 from a client: the first octet chooses policy and suffix, the rest is the option's
 * data. Whatever comes in, the answer must decode again to the name that was decided, and tell the
 * truth.
 */
#include "kea-hook/option81.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)        \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_answer(const struct option81_decision *decision, uint8_t sent)
{
	struct option81 answer;
	bool s, n;

	REQUIRE(option81_decode(&decision->answer, &answer) == 0);
	s = (answer.flags & OPTION81_S) != 0;
	n = (answer.flags & OPTION81_N) != 0;
	REQUIRE(s == decision->forward);
	REQUIRE(n == (!decision->forward && !decision->reverse));
	REQUIRE((answer.flags & OPTION81_E) == (sent & OPTION81_E));
	REQUIRE(((answer.flags & OPTION81_O) != 0) == (s != ((sent & OPTION81_S) != 0)));
	if (decision->source != OPTION81_NO_NAME)
		REQUIRE(hostname_equal(&answer.name, &decision->name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lease_bytes option = {0}, host_name = {4, "pc-7"};
	struct option81_policy policy = {.name_template = "me-{mac}"};
	struct hostname domain = {"corp.example"};
	struct mac mac = {1, 6, {2, 0, 0, 0, 0, 1}};
	struct option81_decision decision;

	if (size < 1 || size > 1 + LEASE_OPTION81_MAX)
		return 0;
	option.length = (uint8_t)(size - 1);
	memcpy(option.bytes, data + 1, size - 1);
	policy.forward = data[0] & 1;
	policy.reverse = data[0] & 2;
	policy.honour_client_no_update = data[0] & 4;
	if (data[0] & 8)
		domain = (struct hostname){0};
	if (data[0] & 16)
		host_name.length = 0;
	if (data[0] & 32)
		mac.length = 0;

	struct option81_client client = {&option, &host_name, &mac, &domain};
	option81_decide(&policy, &client, &decision);
	REQUIRE(strlen(decision.name.text) <= OPTION81_NAME_MAX);
	REQUIRE((decision.source == OPTION81_NO_NAME) == hostname_is_empty(&decision.name));
	if (decision.answer.length > 0)
		check_answer(&decision, option.bytes[0]);
	else
		REQUIRE(option.length == 0 || decision.malformed);
	return 0;
}
