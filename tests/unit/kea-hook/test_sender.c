/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "kea-hook/sender.h"
#include "lease_daemon.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_MS 10000

struct fixture {
	struct lease_daemon daemon;
	struct sender *sender;
	atomic_uint learned; /* hardware addresses told */
};

static void on_learned(const struct lease_learned *told, void *user)
{
	struct fixture *fixture = user;

	atomic_fetch_add(&fixture->learned, told->count);
}

static void start(struct fixture *fixture, size_t ring_bytes)
{
	struct sender_config config = {.socket = fixture->daemon.path,
				       .hello = {.hook_version = "1", .kea_version = "2.2.0"},
				       .ring_bytes = ring_bytes,
				       .stage_bytes = 4 * SENDER_STAGE_BYTES,
				       .stage_tries = UINT_MAX,
				       .retry_base_ms = 2,
				       .retry_max_ms = 20,
				       .on_learned = on_learned,
				       .user = fixture};

	assert_int_equal(sender_new(&fixture->sender, &config, NULL), 0);
}

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){0};
	lease_daemon_init(&fixture.daemon);
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	sender_free(fixture->sender);
	lease_daemon_done(&fixture->daemon);
	return 0;
}

static void push(struct fixture *fixture, uint32_t address)
{
	struct lease_event event = {.change = LEASE_COMMITTED, .address = addr_ip4(address)};

	sender_push(fixture->sender, &event);
}

static void assert_event(struct fixture *fixture, uint64_t seq, uint32_t address)
{
	struct lease_record record = lease_daemon_next(&fixture->daemon);

	assert_int_equal(record.type, LEASE_EVENT);
	assert_int_equal(record.seq, seq);
	assert_true(addr_equal(record.event.address, addr_ip4(address)));
}

/* Looks at the statistics until `done` says so. */
static struct sender_stats wait_for(struct fixture *fixture,
				    bool (*done)(const struct sender_stats *, uint64_t),
				    uint64_t argument)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	uint64_t until_ms = clock_mono_ms() + DEADLINE_MS;
	struct sender_stats stats;

	for (;;) {
		sender_stats(fixture->sender, &stats);
		if (done(&stats, argument))
			return stats;
		assert_true(clock_mono_ms() < until_ms);
		nanosleep(&pause, NULL);
	}
}

static bool has_acked(const struct sender_stats *stats, uint64_t seq)
{
	return stats->acked_seq >= seq;
}

static bool has_sent(const struct sender_stats *stats, uint64_t records)
{
	return stats->sent >= records;
}

static bool is_back_after_a_refusal(const struct sender_stats *stats, uint64_t ignored)
{
	return stats->refusals > 0 && stats->connects > 1;
}

static bool has_made(const struct sender_stats *stats, uint64_t seq)
{
	return stats->last_seq >= seq;
}

static bool has_a_problem(const struct sender_stats *stats, uint64_t ignored)
{
	return stats->problem.text[0] != '\0';
}

static void hello_comes_first_then_events_in_order(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, SENDER_RING_BYTES);
	for (uint32_t i = 1; i <= 100; i++)
		push(fixture, i);
	lease_daemon_listen(&fixture->daemon);
	struct lease_record hello = lease_daemon_greet(&fixture->daemon);
	assert_string_equal(hello.hello.kea_version, "2.2.0");
	assert_in_range(hello.seq, 0, 100);
	for (uint32_t i = 1; i <= 100; i++)
		assert_event(fixture, i, i);
	push(fixture, 101);
	assert_event(fixture, 101, 101);
}

static void what_was_not_acknowledged_is_sent_again_after_a_reconnect(void **state)
{
	struct fixture *fixture = *state;

	lease_daemon_listen(&fixture->daemon);
	start(fixture, SENDER_RING_BYTES);
	struct lease_record hello = lease_daemon_greet(&fixture->daemon);
	for (uint32_t i = 1; i <= 4; i++)
		push(fixture, i);
	for (uint32_t i = 1; i <= 4; i++)
		assert_event(fixture, i, i);
	lease_daemon_ack(&fixture->daemon, hello.boot_id, 2);
	assert_int_equal(wait_for(fixture, has_acked, 2).waiting, 2);
	lease_daemon_hang_up(&fixture->daemon);

	assert_int_equal(lease_daemon_greet(&fixture->daemon).boot_id, hello.boot_id);
	assert_event(fixture, 3, 3);
	assert_event(fixture, 4, 4);
	lease_daemon_ack(&fixture->daemon, hello.boot_id, 4);
	assert_int_equal(wait_for(fixture, has_acked, 4).waiting, 0);
}

static void a_full_ring_becomes_a_gap_with_the_count(void **state)
{
	struct fixture *fixture = *state;
	struct lease_record record;

	start(fixture, 4096);
	for (uint32_t i = 1; i <= 500; i++)
		push(fixture, i);
	(void)wait_for(fixture, has_made, 500);
	lease_daemon_listen(&fixture->daemon);
	lease_daemon_greet(&fixture->daemon);
	record = lease_daemon_next(&fixture->daemon);
	assert_int_equal(record.type, LEASE_GAP);
	assert_int_equal(record.seq, record.lost);
	assert_in_range(record.lost, 1, 499);
	for (uint32_t i = (uint32_t)record.lost + 1; i <= 500; i++)
		assert_event(fixture, i, i);

	struct sender_stats stats;
	sender_stats(fixture->sender, &stats);
	assert_int_equal(stats.lost, record.lost);
	assert_int_equal(stats.waiting, 500 - record.lost);
}

static void stopping_is_fast_though_the_daemon_stalls(void **state)
{
	struct fixture *fixture = *state;

	lease_daemon_listen(&fixture->daemon);
	start(fixture, SENDER_RING_BYTES);
	lease_daemon_accept(&fixture->daemon);
	/* More than a Unix socket holds, so that the sender is blocked by a reader that never
	 * reads. */
	for (uint32_t i = 1; i <= 5000; i++)
		push(fixture, i);
	struct sender_stats stats = wait_for(fixture, has_sent, 100);
	assert_true(stats.waiting > 0);

	uint64_t before_ms = clock_mono_ms();
	sender_free(fixture->sender);
	fixture->sender = NULL;
	assert_in_range(clock_mono_ms() - before_ms, 0, 1000);
}

static void stopping_sends_what_the_daemon_takes(void **state)
{
	struct fixture *fixture = *state;

	lease_daemon_listen(&fixture->daemon);
	start(fixture, SENDER_RING_BYTES);
	lease_daemon_greet(&fixture->daemon);
	push(fixture, 1);
	push(fixture, 2);
	sender_free(fixture->sender);
	fixture->sender = NULL;
	assert_event(fixture, 1, 1);
	assert_event(fixture, 2, 2);
	lease_daemon_expect_close(&fixture->daemon);
}

static void pushing_without_a_daemon_only_counts(void **state)
{
	struct fixture *fixture = *state;
	struct sender_stats stats;

	start(fixture, 64 * 1024);
	for (uint32_t i = 1; i <= 5000; i++)
		push(fixture, i);
	stats = wait_for(fixture, has_made, 5000);
	assert_int_equal(stats.last_seq, 5000);
	assert_int_equal(stats.waiting + stats.lost, 5000);
	stats = wait_for(fixture, has_a_problem, 0);
	assert_false(stats.connected);
	assert_non_null(strstr(stats.problem.text, "lease.sock: No such file"));
}

static void a_refusal_is_kept_and_tried_again(void **state)
{
	struct fixture *fixture = *state;

	lease_daemon_listen(&fixture->daemon);
	start(fixture, SENDER_RING_BYTES);
	push(fixture, 1);
	lease_daemon_accept(&fixture->daemon);
	lease_daemon_refuse(&fixture->daemon, "version 1 is too old");
	lease_daemon_hang_up(&fixture->daemon);
	struct sender_stats stats = wait_for(fixture, is_back_after_a_refusal, 0);
	assert_string_equal(stats.problem.text, "amtnetd refused: version 1 is too old");
	lease_daemon_greet(&fixture->daemon);
	assert_event(fixture, 1, 1);
}

static void a_foolish_daemon_is_hung_up_on(void **state)
{
	struct fixture *fixture = *state;

	lease_daemon_listen(&fixture->daemon);
	start(fixture, SENDER_RING_BYTES);
	push(fixture, 1);
	struct lease_record hello = lease_daemon_greet(&fixture->daemon);
	lease_daemon_ack(&fixture->daemon, hello.boot_id, 99);
	lease_daemon_expect_close(&fixture->daemon);
	lease_daemon_greet(&fixture->daemon);
	lease_daemon_ack(&fixture->daemon, hello.boot_id + 1, 1);
	lease_daemon_expect_close(&fixture->daemon);
	lease_daemon_greet(&fixture->daemon);
	assert_event(fixture, 1, 1);
}

static void learned_machines_are_raised_and_not_acknowledged(void **state)
{
	struct lease_learned told = {.flags = LEASE_LEARNED_FIRST | LEASE_LEARNED_LAST,
				     .count = 2,
				     .macs = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}}};
	struct fixture *fixture = *state;

	lease_daemon_listen(&fixture->daemon);
	start(fixture, SENDER_RING_BYTES);
	struct lease_record hello = lease_daemon_greet(&fixture->daemon);
	lease_daemon_tell_learned(&fixture->daemon, hello.boot_id, &told);
	push(fixture, 1);
	assert_event(fixture, 1, 1);
	lease_daemon_ack(&fixture->daemon, hello.boot_id, 1);
	(void)wait_for(fixture, has_acked, 1); /* answers are taken in order */
	assert_int_equal(fixture->learned, 2);
}

static void a_resync_is_said_when_the_daemon_is_there(void **state)
{
	struct fixture *fixture = *state;

	start(fixture, SENDER_RING_BYTES);
	push(fixture, 1);
	(void)wait_for(fixture, has_made,
		       1); /* else the first connection may say RESYNC before it */
	sender_resync(fixture->sender);
	lease_daemon_listen(&fixture->daemon);
	lease_daemon_greet(&fixture->daemon);
	assert_event(fixture, 1, 1);
	assert_int_equal(lease_daemon_next(&fixture->daemon).type, LEASE_RESYNC);
	push(fixture, 2);
	assert_event(fixture, 2, 2); /* it is not numbered, and said once */
	sender_resync(fixture->sender);
	struct lease_record record = lease_daemon_next(&fixture->daemon);
	assert_int_equal(record.type, LEASE_RESYNC);
	assert_int_equal(record.seq, 2);
}

#define THREADS 4
#define EACH 2000

static void *push_many(void *argument)
{
	for (uint32_t i = 0; i < EACH; i++)
		push(argument, i + 1);
	return NULL;
}

static void every_event_of_many_threads_arrives_or_is_told_as_lost(void **state)
{
	struct fixture *fixture = *state;
	uint64_t events = 0, lost = 0, last = 0;
	pthread_t threads[THREADS];

	lease_daemon_listen(&fixture->daemon);
	start(fixture, SENDER_RING_BYTES);
	struct lease_record hello = lease_daemon_greet(&fixture->daemon);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, push_many, fixture), 0);
	while (events + lost < (uint64_t)THREADS * EACH) {
		struct lease_record record = lease_daemon_next(&fixture->daemon);

		assert_int_equal(record.seq, ++last);
		if (record.type == LEASE_GAP)
			lost += record.lost;
		else
			events++;
		if (last % 100 == 0)
			lease_daemon_ack(&fixture->daemon, hello.boot_id, last);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	print_message("# %llu events, %llu lost\n", (unsigned long long)events,
		      (unsigned long long)lost);
	assert_int_equal(events + lost, THREADS * EACH);
}

static void the_thread_takes_no_signals(void **state)
{
	struct fixture *fixture = *state;
	sigset_t before, after;

	pthread_sigmask(SIG_SETMASK, NULL, &before);
	start(fixture, SENDER_RING_BYTES);
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	assert_int_equal(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));

	/* With the only other thread blocking it as well, a signal must stay pending. */
	sigset_t usr1, pending;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	kill(getpid(), SIGUSR1); /* to the process: any thread that takes it would */
	sigpending(&pending);
	assert_true(sigismember(&pending, SIGUSR1));
	assert_int_equal(sigtimedwait(&usr1, NULL, &(struct timespec){0}), SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(hello_comes_first_then_events_in_order),
		CASE(what_was_not_acknowledged_is_sent_again_after_a_reconnect),
		CASE(a_full_ring_becomes_a_gap_with_the_count),
		CASE(stopping_is_fast_though_the_daemon_stalls),
		CASE(stopping_sends_what_the_daemon_takes),
		CASE(pushing_without_a_daemon_only_counts),
		CASE(a_refusal_is_kept_and_tried_again),
		CASE(a_foolish_daemon_is_hung_up_on),
		CASE(learned_machines_are_raised_and_not_acknowledged),
		CASE(a_resync_is_said_when_the_daemon_is_there),
		CASE(every_event_of_many_threads_arrives_or_is_told_as_lost),
		CASE(the_thread_takes_no_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
