/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "discovery/listener.h"
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define BURST_PER_PREFIX 40

struct scene {
	struct event_base *base;
	struct listener *listener;
	struct endpoint endpoint;
	bool keep; /* do not release: the hello is not on disk yet */
	struct listener_connection *kept;
	unsigned hellos, refusals;
	enum listener_reason reason;
	uint8_t bytes[HELLO_MAX_BYTES];
	size_t length;
	struct hello decoded;
	struct endpoint peer;
};

static void on_hello(struct listener_connection *connection, const struct listener_hello *hello,
		     void *user)
{
	struct scene *scene = user;

	scene->hellos++;
	memcpy(scene->bytes, hello->bytes, hello->length);
	scene->length = hello->length;
	scene->decoded = *hello->decoded;
	scene->peer = hello->peer;
	if (scene->keep)
		scene->kept = connection;
	else
		listener_release(connection);
}

static void on_refused(enum listener_reason reason, struct endpoint peer, const char *sentence,
		       void *user)
{
	struct scene *scene = user;

	(void)peer;
	assert_true(sentence[0] != '\0');
	scene->refusals++;
	scene->reason = reason;
}

static struct scene *begin(uint32_t max_connections, uint32_t max_per_address,
			   uint32_t time_limit_ms)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	const struct listener_options options = {
		.max_connections = max_connections,
		.admission.max_per_address = max_per_address,
		.admission.max_per_prefix = 20,
		.admission.rate_per_prefix = 1,
		.admission.burst_per_prefix = BURST_PER_PREFIX,
		.time_limit_ms = time_limit_ms,
		.on_hello = on_hello,
		.on_refused = on_refused,
		.user = scene,
	};
	struct err err = {0};

	assert_non_null(scene);
	scene->base = event_base_new();
	assert_int_equal(listener_new(&scene->listener, scene->base, &options), 0);
	assert_int_equal(listener_bind(scene->listener, world_loopback(0), &err), 0);
	assert_int_equal(listener_addresses(scene->listener, &scene->endpoint, 1), 1);
	listener_start(scene->listener);
	return scene;
}

static void end(struct scene *scene)
{
	listener_free(scene->listener);
	event_base_free(scene->base);
	free(scene);
}

static int set_up(void **state)
{
	*state = begin(100, 8, 5000);
	return 0;
}

static int tear_down(void **state)
{
	end(*state);
	return 0;
}

static bool has_answer(void *user)
{
	struct scene *scene = user;

	return scene->hellos + scene->refusals > 0;
}

static bool has_no_connection(void *user)
{
	return listener_status(((struct scene *)user)->listener).connections == 0;
}

static bool has_connection(void *user)
{
	return !has_no_connection(user);
}

static void expect_sample(struct scene *scene)
{
	assert_true(world_wait(scene->base, has_answer, scene));
	assert_int_equal(scene->hellos, 1);
	assert_int_equal(scene->refusals, 0);
	assert_int_equal(scene->length, WORLD_SAMPLE_BYTES);
	assert_memory_equal(scene->bytes, world_sample(), WORLD_SAMPLE_BYTES);
	assert_int_equal(scene->decoded.hash_count, 23);
	assert_true(world_wait(scene->base, has_no_connection, scene));
}

static void expect_refusal(struct scene *scene, enum listener_reason reason)
{
	assert_true(world_wait(scene->base, has_answer, scene));
	assert_int_equal(scene->hellos, 0);
	assert_int_equal(scene->refusals, 1);
	assert_string_equal(listener_reason_names[scene->reason], listener_reason_names[reason]);
	assert_int_equal(listener_status(scene->listener).refused[reason], 1);
	assert_true(world_wait(scene->base, has_no_connection, scene));
}

static void hello_with_fin_is_taken_at_once(void **state)
{
	struct scene *scene = *state;
	int fd = world_connect("127.0.0.7", scene->endpoint);

	world_send(fd, world_sample(), WORLD_SAMPLE_BYTES);
	world_hang_up(fd);
	expect_sample(scene);
	assert_true(addr_equal(scene->peer.addr, addr_ip4(0x7f000007)));
}

static void whole_hello_does_not_need_a_fin(void **state)
{
	struct scene *scene = *state;
	int fd = world_connect("127.0.0.1", scene->endpoint);

	world_send(fd, world_sample(), WORLD_SAMPLE_BYTES);
	expect_sample(scene);
	assert_true(world_is_closed(fd));
	close(fd);
}

static void hello_byte_by_byte_is_gathered(void **state)
{
	struct scene *scene = *state;
	int fd = world_connect("127.0.0.1", scene->endpoint);

	for (size_t i = 0; i < WORLD_SAMPLE_BYTES; i++) {
		world_send(fd, world_sample() + i, 1);
		event_base_loop(scene->base, EVLOOP_NONBLOCK);
	}
	world_hang_up(fd);
	expect_sample(scene);
}

static void bytes_before_a_reset_are_a_hello(void **state)
{
	struct scene *scene = *state;
	int fd = world_connect("127.0.0.1", scene->endpoint);

	world_send(fd, world_sample(), WORLD_SAMPLE_BYTES);
	world_reset(fd);
	expect_sample(scene);
}

static void trailing_bytes_are_kept(void **state)
{
	struct scene *scene = *state;
	int fd = world_connect("127.0.0.1", scene->endpoint);

	world_send(fd, world_sample(), WORLD_SAMPLE_BYTES);
	assert_true(world_wait(scene->base, has_connection, scene));
	world_send(fd, "extra", 5);
	assert_true(world_wait(scene->base, has_answer, scene));
	assert_int_equal(scene->hellos, 1);
	assert_int_equal(scene->length, WORLD_SAMPLE_BYTES + 5);
	assert_memory_equal(scene->bytes + WORLD_SAMPLE_BYTES, "extra", 5);
	assert_int_equal(scene->decoded.trailing, 5);
	close(fd);
}

static void early_fin_is_refused(void **state)
{
	struct scene *scene = *state;
	int fd = world_connect("127.0.0.1", scene->endpoint);

	world_send(fd, world_sample(), 100);
	world_hang_up(fd);
	expect_refusal(scene, LISTENER_CUT);
}

static void lying_count_is_refused(void **state)
{
	struct scene *scene = *state;
	int fd = world_connect("127.0.0.1", scene->endpoint);
	uint8_t bytes[25];

	memcpy(bytes, world_sample(), sizeof(bytes)); /* says 23 hashes, brings none */
	world_send(fd, bytes, sizeof(bytes));
	world_hang_up(fd);
	expect_refusal(scene, LISTENER_CUT);
}

static void probe_of_the_port_is_counted_as_empty(void **state)
{
	struct scene *scene = *state;

	world_hang_up(world_connect("127.0.0.1", scene->endpoint));
	expect_refusal(scene, LISTENER_EMPTY);
}

static void too_many_bytes_are_refused(void **state)
{
	struct scene *scene = *state;
	int fd = world_connect("127.0.0.1", scene->endpoint);
	static uint8_t bytes[HELLO_MAX_BYTES + 1];

	memcpy(bytes, world_sample(), WORLD_SAMPLE_BYTES);
	world_send(fd, bytes, sizeof(bytes));
	expect_refusal(scene, LISTENER_TOO_LONG);
	close(fd);
}

static void largest_hello_is_taken(void **state)
{
	struct scene *scene = *state;
	int fd = world_connect("127.0.0.1", scene->endpoint);
	static uint8_t bytes[HELLO_MAX_BYTES];

	memcpy(bytes, world_sample(), WORLD_SAMPLE_BYTES);
	world_send(fd, bytes, sizeof(bytes));
	world_hang_up(fd);
	assert_true(world_wait(scene->base, has_answer, scene));
	assert_int_equal(scene->hellos, 1);
	assert_int_equal(scene->length, HELLO_MAX_BYTES);
}

static void slow_peer_runs_into_an_absolute_limit(void **state)
{
	struct scene *scene;
	size_t sent = 0;
	int fd;

	(void)state;
	scene = begin(100, 8, 150);
	fd = world_connect("127.0.0.1", scene->endpoint);
	while (scene->refusals == 0 && sent < WORLD_SAMPLE_BYTES - 1) {
		world_send(fd, world_sample() + sent++, 1); /* never silent, never done */
		world_pass(scene->base, 5);
	}
	assert_true(sent < WORLD_SAMPLE_BYTES - 1);
	expect_refusal(scene, LISTENER_TOO_SLOW);
	close(fd);
	end(scene);
}

static bool has_refusal(void *user)
{
	return ((struct scene *)user)->refusals > 0;
}

static void address_gets_no_more_than_its_share(void **state)
{
	struct scene *scene;
	int fds[4];

	(void)state;
	scene = begin(100, 2, 5000);
	for (int i = 0; i < 3; i++)
		fds[i] = world_connect("127.0.0.9", scene->endpoint);
	assert_true(world_wait(scene->base, has_refusal, scene));
	assert_int_equal(scene->reason, LISTENER_PER_ADDRESS);
	assert_int_equal(listener_status(scene->listener).connections, 2);
	fds[3] = world_connect("127.0.0.10", scene->endpoint);
	world_send(fds[3], world_sample(), WORLD_SAMPLE_BYTES);
	scene->refusals = 0;
	assert_true(world_wait(scene->base, has_answer, scene));
	assert_int_equal(scene->hellos, 1);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	end(scene);
}

static void prefix_gets_no_more_than_its_share(void **state)
{
	struct scene *scene;
	int fds[22];

	(void)state;
	scene = begin(100, 2, 5000);
	for (int i = 0; i < 21; i++) {
		char source[20];

		snprintf(source, sizeof(source), "127.3.3.%d", i + 1);
		fds[i] = world_connect(source, scene->endpoint);
	}
	assert_true(world_wait(scene->base, has_refusal, scene));
	assert_int_equal(scene->reason, LISTENER_PER_PREFIX);
	assert_int_equal(listener_status(scene->listener).connections, 20);
	fds[21] = world_connect("127.3.4.1", scene->endpoint); /* the next /24 is not concerned */
	world_send(fds[21], world_sample(), WORLD_SAMPLE_BYTES);
	scene->refusals = 0;
	assert_true(world_wait(scene->base, has_answer, scene));
	assert_int_equal(scene->hellos, 1);
	for (int i = 0; i < 22; i++)
		close(fds[i]);
	end(scene);
}

#define FLOOD 200

static bool has_flood_behind_it(void *user)
{
	struct scene *scene = user;

	return scene->hellos + scene->refusals == FLOOD && has_no_connection(scene);
}

/* One host on all addresses of its network, as fast as it can: it fills its own bucket only. */
static void flood_from_one_network_leaves_the_others_alone(void **state)
{
	struct scene *scene;
	char source[20];
	int fd;

	(void)state;
	scene = begin(100, 8, 5000);
	for (int i = 0; i < FLOOD; i++) {
		snprintf(source, sizeof(source), "127.3.3.%d", i + 1);
		fd = world_connect(source, scene->endpoint);
		world_send(fd, world_sample(), WORLD_SAMPLE_BYTES);
		world_hang_up(fd);
		world_pass(scene->base, 0);
	}
	assert_true(world_wait(scene->base, has_flood_behind_it, scene));
	assert_in_range(scene->hellos, BURST_PER_PREFIX, BURST_PER_PREFIX + 20);
	assert_int_equal(listener_status(scene->listener).refused[LISTENER_RATE], scene->refusals);
	scene->hellos = scene->refusals = 0;
	fd = world_connect("127.3.4.1", scene->endpoint);
	world_send(fd, world_sample(), WORLD_SAMPLE_BYTES);
	world_hang_up(fd);
	expect_sample(scene);
	end(scene);
}

static bool has_two_hellos(void *user)
{
	return ((struct scene *)user)->hellos == 2;
}

static void full_house_makes_others_wait_not_fail(void **state)
{
	struct scene *scene;
	int first, second;

	(void)state;
	scene = begin(1, 8, 5000);
	first = world_connect("127.0.0.1", scene->endpoint);
	second = world_connect("127.0.0.2", scene->endpoint);
	world_send(second, world_sample(), WORLD_SAMPLE_BYTES);
	world_hang_up(second);
	world_pass(scene->base, 20);
	assert_true(listener_status(scene->listener).paused);
	assert_int_equal(scene->hellos, 0);
	world_send(first, world_sample(), WORLD_SAMPLE_BYTES);
	world_hang_up(first);
	assert_true(world_wait(scene->base, has_two_hellos, scene));
	assert_int_equal(scene->refusals, 0);
	assert_true(listener_status(scene->listener).pauses_full >= 1);
	end(scene);
}

static void accepting_resumes_when_descriptors_are_back(void **state)
{
	struct scene *scene = *state;
	struct rlimit limit, none;
	int fd = world_connect("127.0.0.1", scene->endpoint);

	world_send(fd, world_sample(), WORLD_SAMPLE_BYTES);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = (rlim_t)fd + 1; /* all below are in use */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	world_pass(scene->base, 50);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(listener_status(scene->listener).accepted, 0);
	assert_true(listener_status(scene->listener).pauses_descriptors >= 1);
	expect_sample(scene);
	close(fd);
}

static void connection_stays_open_until_released(void **state)
{
	struct scene *scene = *state;
	int fd = world_connect("127.0.0.1", scene->endpoint);

	scene->keep = true;
	world_send(fd, world_sample(), WORLD_SAMPLE_BYTES);
	assert_true(world_wait(scene->base, has_answer, scene));
	world_pass(scene->base, 20);
	assert_false(world_is_closed(fd));
	listener_release(scene->kept);
	assert_true(world_is_closed(fd));
	close(fd);
}

static void stopping_closes_what_is_not_whole(void **state)
{
	struct scene *scene = *state;
	int fd = world_connect("127.0.0.1", scene->endpoint);

	world_send(fd, world_sample(), 100);
	assert_true(world_wait(scene->base, has_connection, scene));
	listener_stop(scene->listener);
	assert_int_equal(listener_status(scene->listener).connections, 0);
	assert_true(world_is_closed(fd));
	close(fd);
}

static void ipv6_socket_takes_ipv6_only(void **state)
{
	struct scene *scene = *state;
	struct endpoint any4 = {.addr = addr_ip4(0)}, any6 = {.addr = {.family = ADDR_IP6}},
			both[3];
	struct err err = {0};
	int result;

	assert_int_equal(listener_bind(scene->listener, any4, &err), 0);
	listener_addresses(scene->listener, both, 3);
	any6.port = both[1].port;
	result = listener_bind(scene->listener, any6, &err);
	if (result == -EAFNOSUPPORT)
		skip();
	assert_int_equal(result, 0); /* the same port twice: only with IPV6_V6ONLY */
	assert_int_equal(listener_bind(scene->listener, any6, &err), -EADDRINUSE);
	assert_non_null(strstr(err.text, "cannot listen on [::]:"));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(hello_with_fin_is_taken_at_once),
		CASE(whole_hello_does_not_need_a_fin),
		CASE(hello_byte_by_byte_is_gathered),
		CASE(bytes_before_a_reset_are_a_hello),
		CASE(trailing_bytes_are_kept),
		CASE(early_fin_is_refused),
		CASE(lying_count_is_refused),
		CASE(probe_of_the_port_is_counted_as_empty),
		CASE(too_many_bytes_are_refused),
		CASE(largest_hello_is_taken),
		cmocka_unit_test(slow_peer_runs_into_an_absolute_limit),
		cmocka_unit_test(address_gets_no_more_than_its_share),
		cmocka_unit_test(prefix_gets_no_more_than_its_share),
		cmocka_unit_test(flood_from_one_network_leaves_the_others_alone),
		cmocka_unit_test(full_house_makes_others_wait_not_fail),
		CASE(accepting_resumes_when_descriptors_are_back),
		CASE(connection_stays_open_until_released),
		CASE(stopping_closes_what_is_not_whole),
		CASE(ipv6_socket_takes_ipv6_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
