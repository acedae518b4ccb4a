/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery/relay.h"

#include <errno.h>

#define HOUR_MS 3600000u

static const struct delivery_outcome done = {.result = DELIVERY_DONE};
static const struct delivery_outcome refused = {.result = DELIVERY_NO_CONNECT,
						.error = ECONNREFUSED};
static const struct delivery_outcome reset = {.result = DELIVERY_BROKEN, .error = ECONNRESET};

static int set_up(void **state)
{
	struct relay *relay;

	if (relay_new(&relay, HOUR_MS) < 0)
		return -1;
	*state = relay;
	return 0;
}

static int tear_down(void **state)
{
	relay_free(*state);
	return 0;
}

static void push(struct relay *relay, uint32_t device, int64_t hello, uint64_t now_ms)
{
	const struct relay_task task = {.device = device, .hello = hello};

	assert_int_equal(relay_push(relay, task, 1000, now_ms), 0);
}

static void expect_next(struct relay *relay, uint64_t now_ms, uint32_t device, int64_t hello)
{
	struct relay_task task;

	assert_true(relay_next(relay, now_ms, &task));
	assert_int_equal(task.device, device);
	assert_int_equal(task.hello, hello);
}

static void expect_none(struct relay *relay, uint64_t now_ms)
{
	struct relay_task task;

	assert_false(relay_next(relay, now_ms, &task));
}

static enum delivery_state answer(struct relay *relay, uint32_t device, int64_t hello,
				  struct delivery_outcome outcome, uint64_t now_ms)
{
	const struct relay_task task = {.device = device, .hello = hello};

	return relay_done(relay, task, outcome, now_ms, 0);
}

static void newer_hello_replaces_one_that_waits(void **state)
{
	push(*state, 1, 10, 100);
	push(*state, 1, 11, 101);
	expect_next(*state, 101, 1, 11);
	expect_none(*state, 101);
	assert_int_equal(answer(*state, 1, 11, done, 102), DELIVERY_DELIVERED);
	assert_int_equal(relay_status(*state).waiting, 0);
}

static void newer_hello_waits_for_the_one_on_its_way(void **state)
{
	push(*state, 1, 10, 100);
	expect_next(*state, 100, 1, 10);
	push(*state, 1, 11, 101);
	expect_none(*state, 101); /* one in flight per device */
	assert_int_equal(answer(*state, 1, 10, done, 102), DELIVERY_DELIVERED);
	expect_next(*state, 102, 1, 11);
	push(*state, 1, 12, 103);
	assert_int_equal(answer(*state, 1, 11, reset, 104), DELIVERY_REPLACED);
	expect_next(*state, 104, 1, 12); /* a new one does not inherit the wait */
	assert_int_equal(answer(*state, 1, 12, done, 105), DELIVERY_DELIVERED);
}

static void same_hello_again_is_no_news(void **state)
{
	push(*state, 1, 10, 100);
	expect_next(*state, 100, 1, 10);
	push(*state, 1, 10, 101);
	assert_int_equal(answer(*state, 1, 10, done, 102), DELIVERY_DELIVERED);
	expect_none(*state, HOUR_MS);
}

static void at_most_eight_are_in_flight(void **state)
{
	for (uint32_t i = 0; i < 20; i++)
		push(*state, i, 100 + i, 50 + i);
	for (uint32_t i = 0; i < RELAY_IN_FLIGHT_MAX; i++)
		expect_next(*state, 1000, i, 100 + i);
	expect_none(*state, 1000);
	assert_true(relay_wait_ms(*state, 1000) == UINT64_MAX);
	answer(*state, 3, 103, done, 1001);
	assert_int_equal(relay_wait_ms(*state, 1001), 0);
	expect_next(*state, 1001, 8, 108);
}

static void absent_core_gets_single_probes_and_then_everything(void **state)
{
	uint64_t now_ms = 1000, end_ms = 1000 + HOUR_MS;
	unsigned probes = 0;
	struct relay_task task;

	for (uint32_t i = 0; i < 100; i++)
		push(*state, i, 100 + i, 50 + i);
	for (uint32_t i = 0; i < RELAY_IN_FLIGHT_MAX; i++)
		expect_next(*state, now_ms, i, 100 + i);
	for (uint32_t i = 0; i < RELAY_IN_FLIGHT_MAX; i++)
		assert_int_equal(answer(*state, i, 100 + i, refused, now_ms), DELIVERY_WAITING);
	assert_true(relay_status(*state).open);
	for (; now_ms < end_ms; probes++) {
		uint64_t wait_ms = relay_wait_ms(*state, now_ms);

		assert_in_range(wait_ms, RELAY_WAIT_MIN_MS / 2, RELAY_WAIT_MAX_MS);
		now_ms += wait_ms;
		assert_true(relay_next(*state, now_ms, &task));
		expect_none(*state, now_ms + HOUR_MS); /* one probe at a time */
		relay_done(*state, task, refused, now_ms, 0);
	}
	assert_in_range(probes, 15, 40);
	now_ms += relay_wait_ms(*state, now_ms);
	assert_true(relay_next(*state, now_ms, &task));
	relay_done(*state, task, done, now_ms, 0);
	assert_false(relay_status(*state).open);
	for (unsigned i = 1; i < 100; i++) {
		assert_true(relay_next(*state, now_ms, &task));
		relay_done(*state, task, done, now_ms, 0);
	}
	assert_int_equal(relay_status(*state).waiting, 0);
	assert_int_equal(relay_status(*state).delivered, 100);
}

static void hello_that_fails_waits_alone(void **state)
{
	push(*state, 1, 10, 100);
	push(*state, 2, 20, 101);
	expect_next(*state, 101, 1, 10);
	assert_int_equal(answer(*state, 1, 10, reset, 102), DELIVERY_WAITING);
	assert_false(relay_status(*state).open);
	expect_next(*state, 102, 2, 20);
	assert_int_equal(answer(*state, 2, 20, done, 103), DELIVERY_DELIVERED);
	expect_none(*state, 103);
	assert_in_range(relay_wait_ms(*state, 103), RELAY_WAIT_MIN_MS / 2 - 1, RELAY_WAIT_MIN_MS);
	expect_next(*state, 102 + RELAY_WAIT_MIN_MS, 1, 10);
}

static void many_failures_in_a_row_open_the_circuit(void **state)
{
	for (uint32_t i = 0; i < RELAY_CIRCUIT_AFTER; i++) {
		push(*state, i, 100 + i, 50);
		expect_next(*state, 60, i, 100 + i);
		assert_false(relay_status(*state).open);
		answer(*state, i, 100 + i, reset, 60);
	}
	assert_true(relay_status(*state).open);
}

static void old_hello_is_given_up_but_not_while_on_its_way(void **state)
{
	struct relay_task task;
	size_t at = 0;

	push(*state, 1, 10, 100);
	push(*state, 2, 20, 100);
	assert_true(relay_next(*state, 100, &task));
	assert_false(relay_expire(*state, 1000 + HOUR_MS - 1, &at, &task));
	at = 0;
	assert_true(relay_expire(*state, 1000 + HOUR_MS, &at, &task));
	assert_false(relay_expire(*state, 1000 + HOUR_MS, &at, &task));
	assert_int_equal(relay_status(*state).given_up, 1);
	assert_int_equal(relay_status(*state).waiting, 1);
}

static void clock_set_back_gives_nothing_up(void **state)
{
	struct relay_task task;
	size_t at = 0;

	push(*state, 1, 10, 100);
	assert_false(relay_expire(*state, 5, &at, &task));
}

static void deleted_hello_leaves_without_blame(void **state)
{
	const struct delivery_outcome gone = {.result = DELIVERY_GONE};

	push(*state, 1, 10, 100);
	expect_next(*state, 100, 1, 10);
	assert_int_equal(answer(*state, 1, 10, gone, 101), DELIVERY_GIVEN_UP);
	assert_int_equal(relay_status(*state).failed, 0);
	assert_int_equal(relay_status(*state).waiting, 0);
}

static void what_waits_says_why(void **state)
{
	const struct relay_task first = {.device = 1, .hello = 10},
				second = {.device = 2, .hello = 20};
	struct delivery_outcome last;
	char text[DELIVERY_TEXT];

	push(*state, 1, 10, 100);
	assert_true(relay_waits(*state, first, &last));
	assert_string_equal(delivery_print(last, text), "not tried yet");
	expect_next(*state, 100, 1, 10);
	answer(*state, 1, 10, refused, 101);
	push(*state, 2, 20, 102);
	assert_true(relay_waits(*state, second, &last)); /* not tried: the core is away */
	assert_string_equal(delivery_print(last, text), "connection refused");
	assert_false(relay_waits(*state, (struct relay_task){.device = 7, .hello = 10}, &last));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(newer_hello_replaces_one_that_waits),
		CASE(newer_hello_waits_for_the_one_on_its_way),
		CASE(same_hello_again_is_no_news),
		CASE(at_most_eight_are_in_flight),
		CASE(absent_core_gets_single_probes_and_then_everything),
		CASE(hello_that_fails_waits_alone),
		CASE(many_failures_in_a_row_open_the_circuit),
		CASE(old_hello_is_given_up_but_not_while_on_its_way),
		CASE(clock_set_back_gives_nothing_up),
		CASE(deleted_hello_leaves_without_blame),
		CASE(what_waits_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
