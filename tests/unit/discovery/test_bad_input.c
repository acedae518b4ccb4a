/* SPDX-License-Identifier: ISC */
/*
 * Whatever comes in on the port: every prefix of the sample, every change of a byte of it, every count
 * that lies, other protocols, senders without end, and thousands who say nothing. What is a hello is
 * handed over as it came, the rest is refused by its reason, and memory stays bounded.
 */
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
#include <sys/socket.h>
#include <unistd.h>

#define COUNT_AT 24
#define SAMPLE_HASHES 23

struct scene {
	struct event_base *base;
	struct listener *listener;
	struct endpoint endpoint;
	unsigned answers, hellos;
	enum listener_reason reason;
	uint8_t bytes[HELLO_MAX_BYTES];
	size_t length;
};

static void on_hello(struct listener_connection *connection, const struct listener_hello *hello,
		     void *user)
{
	struct scene *scene = user;

	scene->answers++;
	scene->hellos++;
	scene->reason = LISTENER_REASONS;
	memcpy(scene->bytes, hello->bytes, hello->length);
	scene->length = hello->length;
	listener_release(connection);
}

static void on_refused(enum listener_reason reason, struct endpoint peer, const char *sentence,
		       void *user)
{
	struct scene *scene = user;

	(void)peer;
	assert_true(sentence[0] != '\0');
	scene->answers++;
	scene->reason = reason;
}

static void begin(struct scene *scene, uint32_t max_connections, uint32_t time_limit_ms)
{
	const struct listener_options options = {
		.max_connections = max_connections,
		.admission.max_per_address = max_connections,
		.admission.max_per_prefix = max_connections,
		.time_limit_ms = time_limit_ms,
		.on_hello = on_hello,
		.on_refused = on_refused,
		.user = scene,
	};

	assert_int_equal(listener_new(&scene->listener, scene->base, &options), 0);
	assert_int_equal(listener_bind(scene->listener, world_loopback(0), NULL), 0);
	listener_addresses(scene->listener, &scene->endpoint, 1);
	listener_start(scene->listener);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->base = event_base_new();
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	listener_free(scene->listener);
	event_base_free(scene->base);
	free(scene);
	return 0;
}

static bool is_answered(void *user)
{
	return ((struct scene *)user)->answers > 0;
}

/* Sends it in two pieces (or one) and ends: the answer is in the scene. */
static void say(struct scene *scene, const uint8_t *bytes, size_t length, size_t first)
{
	int fd = world_connect("127.0.0.1", scene->endpoint);

	scene->answers = 0;
	if (first > 0)
		world_send(fd, bytes, first);
	if (first < length) {
		event_base_loop(scene->base, EVLOOP_NONBLOCK);
		send(fd, bytes + first, length - first,
		     MSG_NOSIGNAL); /* refused already, perhaps */
	}
	world_hang_up(fd);
	while (scene->answers == 0)
		assert_true(event_base_loop(scene->base, EVLOOP_ONCE) >= 0);
	assert_int_equal(scene->answers, 1);
}

/* As hello_decode judges these bytes, and never anything else than these bytes. */
static void expect_as_decoded(struct scene *scene, const uint8_t *bytes, size_t length)
{
	struct hello hello;
	bool whole = hello_decode(bytes, length, true, &hello, NULL) == HELLO_COMPLETE;

	assert_int_equal(scene->reason == LISTENER_REASONS, whole);
	if (!whole)
		return;
	assert_int_equal(scene->length, length);
	assert_memory_equal(scene->bytes, bytes, length);
}

static void every_prefix_of_the_sample_is_cut(void **state)
{
	struct scene *scene = *state;

	begin(scene, 100, 5000);
	for (size_t length = 0; length < WORLD_SAMPLE_BYTES; length++) {
		say(scene, world_sample(), length, length / 2);
		assert_int_equal(scene->reason, length == 0 ? LISTENER_EMPTY : LISTENER_CUT);
	}
	say(scene, world_sample(), WORLD_SAMPLE_BYTES, WORLD_SAMPLE_BYTES / 2);
	assert_int_equal(scene->reason, LISTENER_REASONS);
	assert_int_equal(scene->hellos, 1);
}

/* What came before a reset is judged as if it had ended there. */
static void reset_in_the_middle_is_a_cut(void **state)
{
	struct scene *scene = *state;

	begin(scene, 100, 5000);
	for (size_t length = 0; length <= WORLD_SAMPLE_BYTES; length += 31) {
		int fd = world_connect("127.0.0.1", scene->endpoint);

		scene->answers = 0;
		if (length > 0)
			world_send(fd, world_sample(), length);
		if (length % 2 == 0)
			event_base_loop(scene->base, EVLOOP_NONBLOCK); /* accepted before */
		world_reset(fd);
		assert_true(world_wait(scene->base, is_answered, scene));
		assert_int_equal(scene->reason, length == 0 ? LISTENER_EMPTY : LISTENER_CUT);
	}
	assert_int_equal(scene->hellos, 0);
}

static void every_changed_byte_is_judged_and_kept(void **state)
{
	static const uint8_t changes[] = {0x01, 0x80, 0xff};
	struct scene *scene = *state;
	uint8_t bytes[WORLD_SAMPLE_BYTES];

	begin(scene, 100, 5000);
	memcpy(bytes, world_sample(), sizeof(bytes));
	for (size_t at = 0; at < sizeof(bytes); at++)
		for (size_t i = 0; i < sizeof(changes); i++) {
			bytes[at] ^= changes[i];
			say(scene, bytes, sizeof(bytes), at);
			expect_as_decoded(scene, bytes, sizeof(bytes));
			bytes[at] ^= changes[i];
		}
	/* A changed digest, UUID or counter is a hello all the same: most of them are. */
	assert_true(scene->hellos > 3 * 32 * SAMPLE_HASHES);
}

/* Fewer than there are: the others are trailing bytes, and kept. More: it never becomes whole. */
static void every_count_that_lies_is_seen_through(void **state)
{
	struct scene *scene = *state;
	uint8_t bytes[WORLD_SAMPLE_BYTES];

	begin(scene, 100, 5000);
	memcpy(bytes, world_sample(), sizeof(bytes));
	for (unsigned count = 0; count <= UINT8_MAX; count++) {
		bytes[COUNT_AT] = (uint8_t)count;
		say(scene, bytes, sizeof(bytes), sizeof(bytes));
		expect_as_decoded(scene, bytes, sizeof(bytes));
		assert_int_equal(scene->reason,
				 count <= SAMPLE_HASHES ? LISTENER_REASONS : LISTENER_CUT);
	}
}

static void other_protocols_are_refused_before_they_end(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} openings[] = {
		{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27},
		{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11}, /* TLS */
		{"SSH-2.0-OpenSSH_9.2\r\n", 21},
		{"\x00\x00\x00\x54\xff\x53\x4d\x42\x72", 9}, /* SMB: waits like a hello */
		{"\x80\x9e\x01\x03\x01", 5},                 /* TLS in an SSLv2 hello */
		{"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", 34},
		{"\x03\x00\x00\x13\x0e\xe0", 6}, /* RDP */
		{"\r\n\r\n", 4},
	};
	struct scene *scene = *state;

	begin(scene, 100, 200);
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		int fd = world_connect("127.0.0.1", scene->endpoint);

		scene->answers = 0;
		world_send(fd, openings[i].bytes, openings[i].length);
		assert_true(world_wait(scene->base, is_answered, scene));
		assert_int_equal(scene->reason, openings[i].bytes[0] == '\0' ? LISTENER_TOO_SLOW
									     : LISTENER_INVALID);
		assert_true(world_is_closed(fd));
		close(fd);
	}
	assert_int_equal(scene->hellos, 0);
}

static long resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

/* Sends as much as the socket takes, up to `most`: how much it took until the end came. */
static size_t send_without_end(struct scene *scene, const uint8_t *head, size_t most)
{
	static uint8_t filler[65536];
	int fd = world_connect("127.0.0.1", scene->endpoint);
	size_t sent = 0;

	memcpy(filler, head, COUNT_AT);
	filler[COUNT_AT] = 255;
	for (size_t at = COUNT_AT + 1; at + 1 < sizeof(filler); at += 2)
		filler[at + 1] = 255;
	scene->answers = 0;
	while (sent < most) {
		ssize_t count = send(fd, filler, sizeof(filler), MSG_NOSIGNAL);

		if (count < 0 && errno != EAGAIN)
			break;
		sent += count > 0 ? (size_t)count : 0;
		event_base_loop(scene->base, EVLOOP_NONBLOCK);
	}
	close(fd);
	assert_true(world_wait(scene->base, is_answered, scene));
	assert_int_equal(scene->answers, 1);
	return sent;
}

static void sender_without_end_is_cut_short(void **state)
{
	struct scene *scene = *state;
	uint8_t unknown[COUNT_AT];
	long before;

	begin(scene, 100, 5000);
	memcpy(unknown, world_sample(), sizeof(unknown));
	unknown[2] = 9; /* a version that we do not know: whole at its end only */
	before = resident_bytes();
	assert_true(send_without_end(scene, world_sample(), 1u << 30) < 32u << 20);
	assert_int_equal(scene->reason, LISTENER_TOO_LONG);
	assert_true(send_without_end(scene, unknown, 1u << 30) < 32u << 20);
	assert_int_equal(scene->reason, LISTENER_TOO_LONG);
	assert_true(resident_bytes() - before < 4L << 20);
}

static bool has_no_connection(void *user)
{
	return listener_status(((struct scene *)user)->listener).connections == 0;
}

/* They cost little, others are served meanwhile, and their time ends. */
static void thousands_who_say_nothing_cost_little(void **state)
{
	struct scene *scene = *state;
	struct rlimit limit;
	char source[32];
	long before, grown;
	int count, *fds;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	count = limit.rlim_max >= 21000 ? 10000 : (int)(limit.rlim_max / 2 - 500);
	fds = calloc((size_t)count, sizeof(*fds));
	assert_non_null(fds);
	begin(scene, 20000, 3000);
	say(scene, world_sample(), WORLD_SAMPLE_BYTES, 10); /* what is made once is made */
	before = resident_bytes();
	for (int i = 0; i < count; i++) {
		snprintf(source, sizeof(source), "127.%d.%d.%d", 1 + i / 65536, i / 256 % 256,
			 1 + i % 250);
		fds[i] = world_connect(source, scene->endpoint);
		event_base_loop(scene->base, EVLOOP_NONBLOCK);
	}
	grown = resident_bytes() - before;
	print_message("# %d silent connections: %ld bytes each\n", count, grown / count);
	assert_true(grown / count < 1024); /* AddressSanitizer takes half of it */
	say(scene, world_sample(), WORLD_SAMPLE_BYTES, 10);
	assert_int_equal(scene->reason, LISTENER_REASONS);
	assert_true(world_wait(scene->base, has_no_connection, scene));
	assert_int_equal(listener_status(scene->listener).refused[LISTENER_TOO_SLOW], count);
	for (int i = 0; i < count; i++)
		close(fds[i]);
	free(fds);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(every_prefix_of_the_sample_is_cut),
		CASE(reset_in_the_middle_is_a_cut),
		CASE(every_changed_byte_is_judged_and_kept),
		CASE(every_count_that_lies_is_seen_through),
		CASE(other_protocols_are_refused_before_they_end),
		CASE(sender_without_end_is_cut_short),
		CASE(thousands_who_say_nothing_cost_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
