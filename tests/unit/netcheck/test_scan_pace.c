/* SPDX-License-Identifier: ISC */
#include "netcheck/scan_pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000)

static const struct scan_pace_options plain = {
	.rate = 1000, .tries = 2, .first_ms = 1000, .final_ms = 3300};

static struct scan_pace *new_pace(const struct scan_pace_options *options, scan_pace_near *near)
{
	struct scan_pace *pace;

	assert_int_equal(scan_pace_new(&pace, options, near, NULL, SECOND), 0);
	return pace;
}

static struct scan_pace_attempt attempt(uint32_t addr, unsigned number, unsigned try,
					uint64_t sent_us)
{
	return (struct scan_pace_attempt){
		.addr = addr_ip4(addr), .number = number, .try = try, .sent_us = sent_us};
}

static void send(struct scan_pace *pace, uint32_t addr, unsigned number, unsigned try)
{
	const struct scan_pace_attempt sent = attempt(addr, number, try, SECOND);

	scan_pace_sent(pace, &sent);
}

static void answer(struct scan_pace *pace, uint32_t addr, unsigned number, unsigned try,
		   uint32_t rtt_us)
{
	const struct scan_pace_attempt answered = attempt(addr, number, try, SECOND);

	scan_pace_answered(pace, &answered, rtt_us);
}

/* Sends as much as it may, looking every millisecond; one of `answered` is answered (0 = none is). */
static unsigned send_for(struct scan_pace *pace, uint64_t from_us, uint64_t to_us,
			 unsigned answered)
{
	unsigned sent = 0;

	for (uint64_t now_us = from_us; now_us < to_us; now_us += 1000)
		for (unsigned room = scan_pace_room(pace, now_us); room > 0; room--) {
			struct scan_pace_attempt one = attempt(0xc0000201, ++sent, 1, now_us);

			scan_pace_sent(pace, &one);
			if (answered && sent % answered == 0)
				scan_pace_answered(pace, &one, 500);
		}
	return sent;
}

static void the_rate_holds_for_each_second(void **state)
{
	struct scan_pace *pace = new_pace(&plain, NULL);
	unsigned sent = send_for(pace, SECOND, 3 * SECOND, 0);

	assert_in_range(sent, 1950, 2060);
	/* An idle minute is no credit for a burst. */
	assert_in_range(scan_pace_room(pace, 60 * SECOND), 1, 51);
	scan_pace_free(pace);
}

static void a_run_begins_low_and_doubles_while_answers_come(void **state)
{
	struct scan_pace_options options = plain;
	struct scan_pace *pace;

	options.start_rate = 200;
	pace = new_pace(&options, NULL);
	assert_in_range(send_for(pace, 1 * SECOND, 2 * SECOND, 50), 195, 212);
	assert_in_range(send_for(pace, 2 * SECOND, 3 * SECOND, 50), 390, 425);
	assert_in_range(send_for(pace, 3 * SECOND, 4 * SECOND, 0), 780, 845);
	/* The last second brought no answer: the rate stays, until one comes. */
	assert_in_range(send_for(pace, 4 * SECOND, 5 * SECOND, 50), 780, 845);
	assert_in_range(send_for(pace, 5 * SECOND, 6 * SECOND, 50), 975, 1055);
	assert_in_range(send_for(pace, 6 * SECOND, 7 * SECOND, 50), 975, 1055);
	scan_pace_free(pace);
}

static unsigned hosts_for(struct scan_pace *pace, uint32_t subnet, uint64_t from_us, uint64_t to_us)
{
	unsigned hosts = 0;

	for (uint64_t now_us = from_us; now_us < to_us; now_us += 1000)
		hosts += scan_pace_host(pace, addr_ip4(subnet | (hosts & 0xff)), now_us);
	return hosts;
}

static bool near_ten(struct addr addr, void *user)
{
	return addr.bytes[0] == 10;
}

static void each_subnet_has_its_own_rate(void **state)
{
	struct scan_pace_options options = plain;
	struct scan_pace *pace;

	options.subnet_rate = 50;
	options.link_rate = 6;
	pace = new_pace(&options, near_ten);
	assert_in_range(hosts_for(pace, 0xc0000200, SECOND, 3 * SECOND), 95, 100);
	assert_in_range(hosts_for(pace, 0xc0000300, SECOND, 3 * SECOND), 95, 100);
	/* Switches count ARP questions: not one more than stated, not even after a rest. */
	assert_in_range(hosts_for(pace, 0x0a000000, SECOND, 6 * SECOND), 28, 30);
	assert_in_range(hosts_for(pace, 0x0a000000, 60 * SECOND, 61 * SECOND), 1, 6);
	scan_pace_free(pace);
}

static void what_is_unanswered_stays_within_a_firewalls_memory(void **state)
{
	struct scan_pace_options options = plain;
	struct scan_pace *pace;

	options.unanswered = 100;
	pace = new_pace(&options, NULL);
	/* Packets under way count as well: none may be one too many. */
	assert_int_equal(send_for(pace, 11 * SECOND, 12 * SECOND, 0), 100);
	assert_true(scan_pace_spent(pace));
	assert_int_equal(scan_pace_room(pace, 130 * SECOND), 0);
	assert_true(scan_pace_room(pace, 145 * SECOND) > 0);
	assert_false(scan_pace_spent(pace));
	scan_pace_free(pace);
}

static void an_answer_gives_its_place_back(void **state)
{
	struct scan_pace_options options = plain;
	struct scan_pace *pace;

	options.unanswered = 100;
	pace = new_pace(&options, NULL);
	/* One of two is answered: the budget lasts for 200. */
	assert_in_range(send_for(pace, 11 * SECOND, 12 * SECOND, 2), 198, 200);
	assert_true(scan_pace_spent(pace));
	scan_pace_free(pace);
}

static void waits_follow_the_round_trip_of_the_subnet(void **state)
{
	const uint32_t near = 0xc0000201, far = 0xc0000301, silent = 0xc0000401;
	struct scan_pace *pace = new_pace(&plain, NULL);

	for (unsigned i = 1; i <= 20; i++) {
		answer(pace, near, i, 1, 500);
		answer(pace, far, i, 1, 300000);
	}
	assert_in_range(scan_pace_wait_us(pace, addr_ip4(near), 1), 50000, 60000);
	assert_in_range(scan_pace_wait_us(pace, addr_ip4(far), 1), 350000, 500000);
	assert_int_equal(scan_pace_wait_us(pace, addr_ip4(silent), 1), 1000000);
	/* The last one waits for routers that look for the host. */
	assert_int_equal(scan_pace_wait_us(pace, addr_ip4(near), 2), 3300000);
	/* Which of two packets was answered is not known. */
	for (unsigned i = 0; i < 50; i++)
		answer(pace, near, 1, 2, 900000);
	assert_in_range(scan_pace_wait_us(pace, addr_ip4(near), 1), 50000, 60000);
	scan_pace_free(pace);
}

/* `count` endpoints were asked once and all but `lost` answered; then the lost ones, second try, as far
 * as endpoint `reach`. */
static struct scan_pace *after_loss(unsigned count, unsigned lost, unsigned reach)
{
	const uint32_t addr = 0xc0000201;
	struct scan_pace *pace = new_pace(&plain, NULL);

	for (unsigned i = 1; i <= count; i++)
		send(pace, addr, i, 1);
	for (unsigned i = 1; i <= count; i++)
		if (i % (count / lost) != 0)
			answer(pace, addr, i, 1, 500);
	for (unsigned i = count / lost; i <= reach; i += count / lost)
		answer(pace, addr, i, 2, 500);
	return pace;
}

static void loss_brings_more_tries(void **state)
{
	struct scan_pace *pace = after_loss(3060, 60, 0);

	assert_int_equal(scan_pace_tries(pace), 2);
	scan_pace_free(pace);
	/* 3060 * 0.02^3 = 0.024 may still be wrong; with a fourth try it is not. */
	pace = after_loss(3060, 60, 3060);
	assert_int_equal(scan_pace_tries(pace), 4);
	scan_pace_free(pace);
}

/* The first silent ports are given up when a tenth of the second tries is through. */
static void loss_is_seen_early_in_a_run(void **state)
{
	struct scan_pace *pace = after_loss(3060, 60, 306);

	assert_in_range(scan_pace_tries(pace), 4, 5);
	scan_pace_free(pace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rate_holds_for_each_second),
		cmocka_unit_test(a_run_begins_low_and_doubles_while_answers_come),
		cmocka_unit_test(each_subnet_has_its_own_rate),
		cmocka_unit_test(what_is_unanswered_stays_within_a_firewalls_memory),
		cmocka_unit_test(an_answer_gives_its_place_back),
		cmocka_unit_test(waits_follow_the_round_trip_of_the_subnet),
		cmocka_unit_test(loss_brings_more_tries),
		cmocka_unit_test(loss_is_seen_early_in_a_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
