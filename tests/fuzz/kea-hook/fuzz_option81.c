/* SPDX-License-Identifier: ISC */
/*
 * Option 81, or 39, from a client: the first octet chooses policy and suffix, the rest is the option's
 * data. Whatever comes in, the answer must decode again to the name that was decided, and tell the
 * truth.
 */
#include "kea-hook/option39.h"
#include "kea-hook/option81.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)        \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void check_answer(const struct naming_decision *decision, const struct naming_wish *answer,
			 uint8_t sent)
{
	bool s = (answer->flags & NAMING_S) != 0, n = (answer->flags & NAMING_N) != 0;

	REQUIRE(s == decision->forward);
	REQUIRE(n == (!decision->forward && !decision->reverse));
	REQUIRE((answer->flags & NAMING_E) == (sent & NAMING_E));
	REQUIRE(((answer->flags & NAMING_O) != 0) == (s != ((sent & NAMING_S) != 0)));
	if (decision->source != NAMING_NONE)
		REQUIRE(hostname_equal(&answer->name, &decision->name));
}

static void check_decision(const struct naming_decision *decision, const struct lease_bytes *option)
{
	REQUIRE(strlen(decision->name.text) <= NAMING_NAME_MAX);
	REQUIRE((decision->source == NAMING_NONE) == hostname_is_empty(&decision->name));
	REQUIRE((decision->answer.length == 0) == (option->length == 0 || decision->malformed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lease_bytes option = {0}, host_name = {4, "pc-7"};
	struct naming_policy policy = {
		.from = {NAMING_FROM_CLIENT, NAMING_FROM_HOST_NAME, NAMING_FROM_TEMPLATE},
		.name_template = "me-{mac}"};
	struct hostname domain = {"corp.example"};
	struct mac mac = {1, 6, {2, 0, 0, 0, 0, 1}};
	struct naming_wish wish, answer;
	struct naming_decision decision;

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

	struct naming_client client = {&option, &host_name, &mac, &domain};
	option81_decide(&policy, &client, &decision);
	check_decision(&decision, &option);
	if (decision.answer.length > 0) {
		REQUIRE(option81_decode(&decision.answer, &answer) == 0);
		check_answer(&decision, &answer, option.bytes[0]);
	}
	option39_decide(&policy, &client, &decision);
	check_decision(&decision, &option);
	if (decision.answer.length > 0) {
		REQUIRE(option39_decode(&option, &wish) == 0);
		REQUIRE(option39_decode(&decision.answer, &answer) == 0);
		check_answer(&decision, &answer, wish.flags);
	}
	return 0;
}
