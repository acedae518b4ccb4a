/* SPDX-License-Identifier: ISC */
#include "registration_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

struct intent intent;
struct intent_mark mark;
struct registration registration;
struct registration_request request;

struct registration_rules rules;

int reset(void **state)
{
	memset(&mark, 0, sizeof(mark));
	rules = (struct registration_rules){.ttl_s = 1200, .zone.name = {"corp.example"}};
	intent = (struct intent){.kind = INTENT_FORWARD,
				 .wanted = true,
				 .name = {"me.corp.example"},
				 .mac = {.type = 1, .length = 6, .bytes = {2, 0, 0, 0, 0, 1}}};
	return addr_parse("10.81.1.100", &intent.address);
}

struct server_outcome answer(int rcode)
{
	struct server_outcome outcome = {.rcode = rcode};

	outcome.class = rcode ? SERVER_DECISION : SERVER_DONE;
	return outcome;
}

struct server_outcome found(const struct record *dhcid)
{
	struct server_outcome outcome = answer(NOERROR);

	if (dhcid) {
		outcome.answer.count = 1;
		outcome.answer.records[0] = *dhcid;
	}
	return outcome;
}

void begin(enum dns_conflict_mode mode)
{
	rules.mode = mode;
	assert_int_equal(registration_begin(&registration, &intent, &mark, &rules), 0);
}

void sends(const struct server_outcome *last, enum registration_step step)
{
	assert_int_equal(registration_next(&registration, last, &request), REGISTRATION_SEND);
	assert_string_equal(registration_step_name(registration.step),
			    registration_step_name(step));
	assert_int_equal(request.query, registration_step_asks(step));
}

void after(int rcode, enum registration_step step)
{
	struct server_outcome outcome = answer(rcode);

	sends(&outcome, step);
}

void ends(int rcode, enum registration_result result)
{
	struct server_outcome outcome = answer(rcode);

	assert_int_equal(registration_next(&registration, &outcome, &request), result);
}

void has(size_t index, enum update_step step, uint16_t type)
{
	assert_true(index < request.update.count);
	assert_int_equal(request.update.items[index].step, step);
	if (type)
		assert_int_equal(request.update.items[index].record.type, type);
}

struct record dhcid_of(uint8_t last)
{
	struct mac mac = intent.mac;
	struct record record;

	mac.bytes[5] = last;
	assert_int_equal(
		record_dhcid_for_client(mac, &intent.client_id, &intent.name, 1200, &record), 0);
	return record;
}

/* The answer to the question which address stands at the name. */
struct server_outcome address_found(const char *text)
{
	struct server_outcome outcome = answer(NOERROR);
	struct addr address;

	assert_int_equal(addr_parse(text, &address), 0);
	outcome.answer.count = 1;
	outcome.answer.records[0] = record_address(address, 60);
	return outcome;
}
