/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery/circuit.h"
#include "discovery/relay.h"

#include <errno.h>

#define HOUR_MS 3600000u
#define IN_FLIGHT 8

static const struct delivery_outcome done = {.result = DELIVERY_DONE};
static const struct delivery_outcome refused = {.result = DELIVERY_NO_CONNECT,
						.error = ECONNREFUSED};
static const struct delivery_outcome reset = {.result = DELIVERY_BROKEN, .error = ECONNRESET};

static int set_up(void **state)
{
	struct relay *relay;

	const struct relay_options options = {.give_up_ms = HOUR_MS, .in_flight = IN_FLIGHT};

	if (relay_new(&relay, &options) < 0)
		return -1;
	*state = relay;
	return 0;
}

static int tear_down(void **state)
{
	relay_free(*state);
	return 0;
}

/* Each device at an address of its own. */
static struct relay_task task_of(uint32_t device, int64_t hello)
{
	return (struct relay_task){
		.device = device, .hello = hello, .address = addr_ip4(0x0a000000 + device)};
}

static void push(struct relay *relay, uint32_t device, int64_t hello, uint64_t now_ms)
{
	assert_int_equal(relay_push(relay, task_of(device, hello), 1000, now_ms), DELIVERY_WAITING);
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
	return relay_done(relay, task_of(device, hello), outcome, now_ms, 0);
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
	for (uint32_t i = 0; i < IN_FLIGHT; i++)
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
	for (uint32_t i = 0; i < IN_FLIGHT; i++)
		expect_next(*state, now_ms, i, 100 + i);
	for (uint32_t i = 0; i < IN_FLIGHT; i++)
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
	for (uint32_t i = 0; i < CIRCUIT_AFTER; i++) {
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

/* Another relay than the usual one. */
static struct relay *relay_with(void **state, struct relay_options options)
{
	relay_free(*state);
	*state = NULL;
	options.give_up_ms = HOUR_MS;
	assert_int_equal(relay_new((struct relay **)state, &options), 0);
	return *state;
}

static void new_hello_brings_the_probe_forward(void **state)
{
	uint64_t now_ms = 1000;
	struct relay_task task;

	push(*state, 1, 10, 0);
	for (int i = 0; i < 12; i++) {
		now_ms += relay_wait_ms(*state, now_ms);
		assert_true(relay_next(*state, now_ms, &task));
		relay_done(*state, task, refused, now_ms, 0);
	}
	assert_true(relay_wait_ms(*state, now_ms) > RELAY_WAIT_MAX_MS / 3);
	push(*state, 2, 20, now_ms);
	assert_int_equal(relay_wait_ms(*state, now_ms), CIRCUIT_WAIT_MIN_MS);
	push(*state, 3, 30, now_ms + 10); /* not again within the same second */
	assert_int_equal(relay_wait_ms(*state, now_ms + 10), CIRCUIT_WAIT_MIN_MS - 10);
	relay_hasten(*state, now_ms + 5000);
	assert_int_equal(relay_wait_ms(*state, now_ms + 5000), 0);
}

static void core_is_paced(void **state)
{
	struct relay *relay = relay_with(
		state, (struct relay_options){.in_flight = 8, .interval_ms = 1000});

	push(relay, 1, 10, 100);
	push(relay, 2, 20, 101);
	expect_next(relay, 200, 1, 10);
	expect_none(relay, 1199);
	assert_int_equal(relay_wait_ms(relay, 200), 1000);
	expect_next(relay, 1200, 2, 20);
}

static void one_is_on_its_way_per_address(void **state)
{
	const struct addr there = addr_ip4(0x0a000063);
	struct relay *relay = relay_with(state,
					 (struct relay_options){.in_flight = 8, .hold_ms = 30000});
	struct relay_task first = {.device = 1, .hello = 10, .address = there}, task;
	struct relay_task second = {.device = 2, .hello = 20, .address = there};

	relay_push(relay, first, 1000, 100);
	relay_push(relay, second, 1000, 101);
	push(relay, 3, 30, 102);
	expect_next(relay, 200, 1, 10);
	expect_next(relay, 200, 3, 30); /* the address is taken, others are not */
	second.hello = 21;
	relay_push(relay, second, 1000, 210);
	assert_true(relay_wait_ms(relay, 210) == UINT64_MAX);
	assert_int_equal(relay_done(relay, first, done, 300, 0), DELIVERY_DELIVERED);
	expect_none(relay, 301); /* the core is busy with that address still */
	assert_int_equal(relay_wait_ms(relay, 301), 29999);
	assert_true(relay_next(relay, 30300, &task));
	assert_int_equal(task.hello, 21);
}

static void gate_keeps_back_without_blaming_the_core(void **state)
{
	const struct delivery_outcome silent = {.result = DELIVERY_PORT_SILENT};
	struct relay *relay = relay_with(
		state, (struct relay_options){.in_flight = 1, .interval_ms = 1000, .gate = true});
	struct delivery_outcome last;
	struct relay_task task;

	push(relay, 1, 10, 100);
	push(relay, 2, 20, 101);
	expect_none(relay, 200); /* nothing goes unchecked */
	assert_true(relay_next_check(relay, 200, &task));
	assert_int_equal(task.device, 1);
	relay_checked(relay, task, silent, 300, 0);
	assert_true(relay_waits(relay, task_of(1, 10), &last));
	assert_int_equal(last.result, DELIVERY_PORT_SILENT);
	assert_true(relay_next_check(relay, 300, &task));
	assert_int_equal(task.device, 2);
	relay_checked(relay, task, done, 310, 0);
	expect_next(relay, 310, 2, 20);
	assert_int_equal(answer(relay, 2, 20, done, 311), DELIVERY_DELIVERED);
	assert_int_equal(relay_status(relay).failed, 0);
	assert_int_equal(relay_status(relay).held_back, 1);
	assert_in_range(relay_wait_ms(relay, 311), RELAY_WAIT_MIN_MS / 2 - 11, RELAY_WAIT_MIN_MS);
}

static void old_check_is_made_again(void **state)
{
	struct relay *relay = relay_with(
		state, (struct relay_options){.in_flight = 1, .interval_ms = 60000, .gate = true});
	struct relay_task task;

	for (uint32_t i = 0; i < RELAY_CHECKED_MAX + 3; i++)
		push(relay, i, 100 + i, 50 + i);
	for (uint32_t i = 0; i < RELAY_CHECKED_MAX; i++) {
		assert_true(relay_next_check(relay, 100, &task));
		relay_checked(relay, task, done, 100, 0);
	}
	assert_false(relay_next_check(relay, 100, &task)); /* enough are ready */
	expect_next(relay, 100, 0, 100);
	answer(relay, 0, 100, done, 101);
	expect_none(relay, 60100);
	assert_true(relay_next_check(relay, 60100, &task));
	assert_int_equal(task.device, 1);
}

/* The core takes the hello, and the next connection is refused. */
static void kill_core(struct relay *relay, uint32_t killer, int64_t hello, uint32_t next,
		      uint64_t now_ms)
{
	expect_next(relay, now_ms, killer, hello);
	assert_int_equal(answer(relay, killer, hello, done, now_ms), DELIVERY_DELIVERED);
	push(relay, next, 900 + next, now_ms - 500);
	now_ms += 500;
	if (relay_wait_ms(relay, now_ms) > 0)
		now_ms += relay_wait_ms(relay, now_ms);
	expect_next(relay, now_ms, next, 900 + next);
	assert_int_equal(answer(relay, next, 900 + next, refused, now_ms), DELIVERY_WAITING);
}

static void hello_that_kills_the_core_twice_is_quarantined(void **state)
{
	struct relay *relay = relay_with(state,
					 (struct relay_options){.in_flight = 1, .watch_ms = 2000});
	enum delivery_state changed;
	struct relay_task task;

	push(relay, 1, 10, 1000);
	kill_core(relay, 1, 10, 2, 1000);
	assert_true(relay_next_change(relay, &task, &changed)); /* delivered, and waits again */
	assert_int_equal(task.hello, 10);
	assert_int_equal(changed, DELIVERY_WAITING);
	assert_false(relay_next_change(relay, &task, &changed));
	expect_next(relay, 9000, 2, 902); /* the other one first: it is not suspected */
	answer(relay, 2, 902, done, 9000);
	kill_core(relay, 1, 10, 3, 9100);
	assert_true(relay_next_change(relay, &task, &changed));
	assert_int_equal(changed, DELIVERY_QUARANTINED);
	assert_int_equal(relay_status(relay).quarantined, 1);
	assert_int_equal(relay_status(relay).deaths, 2);
	assert_int_equal(relay_push(relay, task_of(1, 11), 1000, 20000), DELIVERY_QUARANTINED);
	expect_next(relay, 30000, 3, 903);
	answer(relay, 3, 903, done, 30000);
	expect_none(relay, HOUR_MS);
	relay_retry(relay, HOUR_MS);
	assert_true(relay_next_change(relay, &task, &changed));
	assert_int_equal(changed, DELIVERY_WAITING);
	expect_next(relay, HOUR_MS, 1, 11);
}

static void suspect_goes_alone_and_may_clear_itself(void **state)
{
	struct relay *relay = relay_with(state,
					 (struct relay_options){.in_flight = 8, .watch_ms = 2000});

	push(relay, 1, 10, 1000);
	kill_core(relay, 1, 10, 2, 1000);
	expect_next(relay, 9000, 2, 902);
	push(relay, 3, 30, 9000);
	answer(relay, 2, 902, done, 9001);
	expect_next(relay, 9001, 1, 10);
	expect_none(relay, 9002); /* nothing beside it */
	answer(relay, 1, 10, done, 9003);
	expect_none(relay, 9003 + 1999); /* and nothing until it has settled */
	expect_next(relay, 9003 + 2000, 3, 30);
	answer(relay, 3, 30, done, 11100);
	assert_int_equal(relay_status(relay).waiting, 0);
	assert_int_equal(relay_status(relay).quarantined, 0);
}

static void late_failure_is_nobodys_fault(void **state)
{
	struct relay *relay = relay_with(state,
					 (struct relay_options){.in_flight = 1, .watch_ms = 2000});
	enum delivery_state changed;
	struct relay_task task;

	push(relay, 1, 10, 1000);
	expect_next(relay, 1000, 1, 10);
	answer(relay, 1, 10, done, 1000);
	push(relay, 2, 20, 3001);
	expect_next(relay, 3001, 2, 20);
	answer(relay, 2, 20, refused, 3001);
	assert_false(relay_next_change(relay, &task, &changed));
}

static void what_waits_may_be_taken_to_another_core(void **state)
{
	struct relay_task task;
	uint64_t received_ms;
	size_t at = 0;

	push(*state, 1, 10, 100);
	push(*state, 2, 20, 101);
	push(*state, 3, 30, 102);
	expect_next(*state, 102, 1, 10);
	assert_true(relay_take(*state, &at, &task, &received_ms));
	assert_int_equal(task.device, 2); /* not the one on its way */
	assert_int_equal(received_ms, 1000);
	push(*state, 2, 20, 103); /* nobody better: back again */
	assert_true(relay_take(*state, &at, &task, &received_ms));
	assert_int_equal(task.device, 3);
	assert_false(relay_take(*state, &at, &task, &received_ms));
	relay_drop(*state, 2);
	assert_int_equal(relay_status(*state).waiting, 1);
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
		CASE(new_hello_brings_the_probe_forward),
		CASE(core_is_paced),
		CASE(one_is_on_its_way_per_address),
		CASE(gate_keeps_back_without_blaming_the_core),
		CASE(old_check_is_made_again),
		CASE(hello_that_kills_the_core_twice_is_quarantined),
		CASE(suspect_goes_alone_and_may_clear_itself),
		CASE(late_failure_is_nobodys_fault),
		CASE(what_waits_may_be_taken_to_another_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
