/* SPDX-License-Identifier: ISC */
#include "dns/server_window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct server_window window;

static int reset(void **state)
{
	server_window_init(&window);
	return 0;
}

static void quick_answers_open_it_to_its_bound(void **state)
{
	for (int i = 0; i < 200; i++)
		server_window_answered(&window, 1000, 990);
	assert_int_equal(window.size, SERVER_WINDOW_MAX);
}

static void loss_halves_it_once_for_what_was_in_flight_together(void **state)
{
	for (int i = 0; i < 10; i++)
		server_window_lost(&window, 5000);
	assert_int_equal(window.size, SERVER_WINDOW_FIRST / 2);
	server_window_lost(&window, 6000);
	assert_int_equal(window.size, SERVER_WINDOW_FIRST / 4);
}

static void slow_answer_counts_as_a_loss(void **state)
{
	server_window_answered(&window, 10000 + SERVER_WINDOW_SLOW_MS, 10000);
	assert_int_equal(window.size, SERVER_WINDOW_FIRST + 1);
	server_window_answered(&window, 10001 + SERVER_WINDOW_SLOW_MS, 10000);
	assert_int_equal(window.size, (SERVER_WINDOW_FIRST + 1) / 2);
}

static void one_message_always_may_go(void **state)
{
	for (uint64_t now_ms = 1000; now_ms < 60000; now_ms += 1000)
		server_window_lost(&window, now_ms);
	assert_int_equal(window.size, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(quick_answers_open_it_to_its_bound, reset),
		cmocka_unit_test_setup(loss_halves_it_once_for_what_was_in_flight_together, reset),
		cmocka_unit_test_setup(slow_answer_counts_as_a_loss, reset),
		cmocka_unit_test_setup(one_message_always_may_go, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
