/* SPDX-License-Identifier: ISC */
/* Clocks that jump below the door. The linker leads both clocks here. */
#include "door_scene.h"

#include "discovery/door.h"

#define HOUR_MS UINT64_C(3600000)
#define YEARS_MS (24 * 365 * 10 * HOUR_MS)

uint64_t __real_clock_wall_ms(void);
uint64_t __real_clock_mono_ms(void);
uint64_t __wrap_clock_wall_ms(void);
uint64_t __wrap_clock_mono_ms(void);

static int64_t wall_jump_ms;
static uint64_t mono_jump_ms;

uint64_t __wrap_clock_wall_ms(void)
{
	return __real_clock_wall_ms() + (uint64_t)wall_jump_ms;
}

uint64_t __wrap_clock_mono_ms(void)
{
	return __real_clock_mono_ms() + mono_jump_ms;
}

static int begin(void **state)
{
	wall_jump_ms = 0;
	mono_jump_ms = 0;
	return set_up(state);
}

static void hello_that_waits(struct scene *scene)
{
	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "core:waiting (connection refused)");
}

static void expect_delivered(struct scene *scene)
{
	expect_text(scene, "core:waiting (connection refused)"); /* not on its way any more */
	door_relay_expire(scene->discovery);
	expect_text(scene, "core:waiting");
	open_core(scene, CORE_TAKES);
	discovery_relay_retry(scene->discovery, NULL);
	expect_at_core(scene, 1);
	expect_text(scene, "\tcore:delivered\t");
	assert_int_equal(scene->core.hellos[0].length, WORLD_SAMPLE_BYTES);
	assert_memory_equal(scene->core.hellos[0].bytes, world_sample(), WORLD_SAMPLE_BYTES);
}

static void clock_set_forward_gives_nothing_up(void **state)
{
	hello_that_waits(*state);
	wall_jump_ms = (int64_t)YEARS_MS;
	expect_delivered(*state);
}

static void clock_set_back_gives_nothing_up_and_keeps_nothing_for_ever(void **state)
{
	hello_that_waits(*state);
	wall_jump_ms = -(int64_t)YEARS_MS;
	door_relay_expire(((struct scene *)*state)->discovery);
	expect_text(*state, "core:waiting");
	mono_jump_ms = HOUR_MS + 1;
	door_relay_expire(((struct scene *)*state)->discovery);
	expect_text(*state, "core:given-up");
}

static void hello_of_a_time_to_come_is_new_at_the_next_start(void **state)
{
	struct scene *scene = *state;

	wall_jump_ms = (int64_t)YEARS_MS;
	hello_that_waits(scene);
	stop(scene);
	wall_jump_ms = 0;
	start(scene);
	expect_delivered(scene);
}

static void hello_of_before_the_boot_keeps_its_age(void **state)
{
	struct scene *scene = *state;

	hello_that_waits(scene);
	stop(scene);
	wall_jump_ms = (int64_t)HOUR_MS / 2;
	start(scene);
	expect_text(scene, "core:waiting (connection refused)");
	mono_jump_ms = HOUR_MS / 2 + 1000;
	door_relay_expire(scene->discovery);
	expect_text(scene, "core:given-up");
}

/* An hour after the other nothing is asked of it but a try now and then; nothing is lost. */
static void core_away_for_a_day_gets_it_when_it_is_back(void **state)
{
	struct scene *scene = *state;

	stop(scene);
	scene->core_config.give_up_ms = (int64_t)(48 * HOUR_MS);
	start(scene);
	hello_that_waits(scene);
	for (unsigned hour = 0; hour < 24; hour++) {
		mono_jump_ms += HOUR_MS;
		wall_jump_ms += (int64_t)HOUR_MS;
		door_relay_expire(scene->discovery);
		door_relay_pump(scene->discovery);
		expect_text(scene, "\ncore.core.in-flight\t0\n");
	}
	expect_text(scene, "core:waiting (connection refused)");
	expect_delivered(scene);
}

/* The same bytes again are a repetition within a minute of the first, not before it. */
static void clock_set_back_makes_no_hello_a_repetition(void **state)
{
	struct scene *scene = *state;

	hello_that_waits(scene);
	wall_jump_ms = -(int64_t)HOUR_MS;
	say_hello(scene, "127.0.0.1", world_sample(), WORLD_SAMPLE_BYTES);
	expect_text(scene, "core:replaced");
	expect_text(scene, "\nhello.stored\t2\n");
	expect_delivered(scene);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(clock_set_forward_gives_nothing_up),
		CASE(clock_set_back_gives_nothing_up_and_keeps_nothing_for_ever),
		CASE(hello_of_a_time_to_come_is_new_at_the_next_start),
		CASE(hello_of_before_the_boot_keeps_its_age),
		CASE(core_away_for_a_day_gets_it_when_it_is_back),
		CASE(clock_set_back_makes_no_hello_a_repetition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
